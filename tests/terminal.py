"""A program at a real terminal: read what it shows, type, press Ctrl-C."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest

SRC = Path(__file__).parents[1] / "src"
# Whoever waits longer than this waits for ever.
LIMIT = 120
# Python misses what is pressed in the instant before it waits for a line; nobody is so fast.
MOMENT = 0.3
_MOVES = re.compile(r"\x1b\[(\d*)([AK])|([\r\n])|([^\x1b\r\n]+)|\x1b\[[0-9;?]*[a-zA-Z]")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """One run of the program; `shown` is all that has been on the screen, colours taken out."""

    def __init__(
        self, arguments: Sequence[object], env: Mapping[str, str] | None = None,
        program: Sequence[str] = (sys.executable, "-m", "huizong"),
    ) -> None:  # fmt: skip
        self._own, theirs = pty.openpty()
        self._process = subprocess.Popen(
            [*program, *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs,
            start_new_session=True,
            env=os.environ | {"PYTHONPATH": str(SRC), "TERM": "xterm", **(env or {})},
        )  # fmt: skip
        os.close(theirs)
        self._raw = b""
        self._read = 0

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self._own)

    @property
    def shown(self) -> str:
        """All that has been shown."""
        return _ESCAPES.sub("", self._raw.decode(errors="replace"))

    @property
    def seen(self) -> list[str]:
        """The lines that stand on the screen now, what was wiped taken out."""
        return seen(self._raw.decode(errors="replace"))

    def until(self, text: str) -> str:
        """Wait for a text that was not read yet; gives what was shown up to its end."""
        if not self._comes(text, LIMIT):
            pytest.fail(f"{text!r} never came:\n{self.shown[self._read :]}")
        at = self.shown.find(text, self._read) + len(text)
        got, self._read = self.shown[self._read : at], at
        return got

    def _comes(self, text: str, seconds: float) -> bool:
        end = time.monotonic() + seconds
        while self.shown.find(text, self._read) < 0:
            if not self._more(end - time.monotonic()):
                return False
        return True

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self._own, f"{text}\n".encode())

    def stop(self, text: str) -> str:
        """
        Press Ctrl-C, which reaches the program and all that it has started, until a text comes.

        A second time where nothing happens, as a person does: input() may miss the first one when
        it comes in the moment before it waits.
        """
        for _ in range(3):
            time.sleep(MOMENT)
            os.killpg(self._process.pid, signal.SIGINT)
            if self._comes(text, LIMIT / 6):
                break
        return self.until(text)

    def end(self) -> int:
        """Read to the end and give the exit code."""
        while self._more(LIMIT):
            pass
        return self._process.wait(LIMIT)

    def _more(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._own], [], [], max(seconds, 0))
        try:
            data = os.read(self._own, 65536) if ready else b""
        except OSError:
            # Linux says so when the last program has left the terminal.
            return False
        self._raw += data
        return bool(data)


def seen(raw: str) -> list[str]:
    """Lay out what a program sent as a screen does: line up, wipe a line, write over."""
    lines, row, column = [""], 0, 0
    for count, move, end, text in _MOVES.findall(raw):
        if move == "A":
            row = max(row - int(count or 1), 0)
        elif move == "K":
            lines[row] = "" if count == "2" else lines[row][:column]
        elif end == "\r":
            column = 0
        elif end:
            row += 1
            lines += [""] * (row == len(lines))
        else:
            before = lines[row].ljust(column)
            lines[row] = before[:column] + text + before[column + len(text) :]
            column += len(text)
    return lines
