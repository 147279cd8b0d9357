"""Which LibreOffice has called: found among the processes above, and asked to listen."""

import contextlib
import os
import subprocess
from pathlib import Path
from typing import Any

import msgspec

from huizong.errors import HuizongError
from huizong.uno_bridge import connect, load_uno

PROGRAM = "soffice.bin"
WAIT_SECONDS = 10.0
_PROCESSES = Path("/proc")


class Caller(msgspec.Struct, frozen=True):
    """A running LibreOffice: its process, its start program, and the options of its profile."""

    pid: int
    program: Path
    profile: tuple[str, ...] = ()

    @property
    def pipe(self) -> str:
        """The pipe at which this very process listens for us."""
        return f"huizong{self.pid}"

    def is_running(self) -> bool:
        """Whether the process is still there."""
        return _arguments(self.pid) != []


def calling_office(pid: int) -> Caller:
    """
    Find the nearest LibreOffice among a process and those above it.

    Raises:
        HuizongError: If there is none (`error.no_caller`).
    """
    while pid > 1:
        arguments = _arguments(pid)
        if arguments and Path(arguments[0]).name == PROGRAM:
            profile = tuple(one for one in arguments if one.startswith("-env:"))
            return Caller(pid, Path(arguments[0]).with_name("soffice"), profile)
        pid = _parent(pid)
    raise HuizongError("error.no_caller")


def _arguments(pid: int) -> list[str]:
    """Give a process's command; one that has ended, or waits for its parent to notice, has none."""
    try:
        line = (_PROCESSES / str(pid) / "cmdline").read_bytes()
    except OSError:
        return []
    return [os.fsdecode(part) for part in line.split(b"\0") if part]


def _parent(pid: int) -> int:
    try:
        status = (_PROCESSES / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # The name in brackets may hold blanks and brackets of its own.
    return int(status.rpartition(")")[2].split()[1])


def reach(caller: Caller) -> Any:
    """
    Connect to the LibreOffice that has called, and give its component context.

    Raises:
        HuizongError: If UNO is missing (`error.no_uno`) or it does not answer (`error.no_answer`).
    """
    load_uno(caller.program.parent)
    try:
        return connect(caller.pipe, 0)
    except HuizongError:
        start(caller, f"--accept=pipe,name={caller.pipe};urp;")
    return connect(caller.pipe, WAIT_SECONDS, caller.is_running)


def start(caller: Caller, *arguments: str) -> None:
    """
    Start the program again: it hands what it is told to the one that runs already, and ends.

    Raises:
        HuizongError: If it cannot be started (`error.no_answer`).
    """
    nothing = subprocess.DEVNULL
    command = [str(caller.program), *caller.profile, *arguments]
    try:
        # A session of its own: it outlives us where it has to open a window first.
        process = subprocess.Popen(
            command, stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True
        )
    except OSError as error:
        raise HuizongError("error.no_answer") from error
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(WAIT_SECONDS)
