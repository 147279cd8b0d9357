"""Tasks that behave as badly as a parser can, run through real children."""

import ctypes
import os
import signal
import sys
import time
from pathlib import Path


def answer(word: str) -> bytes:
    """Return the word."""
    return word.encode()


def misbehave(how: str, path: str = "") -> bytes:
    """Do what the first argument says; any other word is returned."""
    actions = {
        "sleep": lambda: time.sleep(60),
        "spin": _spin,
        "fork": lambda: _fork(path),
        "fork_and_die": lambda: (_fork(path), os.kill(os.getpid(), signal.SIGSEGV)),
        "allocate": lambda: bytearray(3 << 30),
        "segv": lambda: ctypes.string_at(0),
        "abort": os.abort,
        "panic": _panic,
        "raise": lambda: 1 / 0,
        "print": lambda: print("noise", flush=True) or print("noise", file=sys.stderr, flush=True),
        "exit": lambda: sys.exit(3),
        "flaky": lambda: _die_once(path),
        "large": lambda: b"x" * 10_000_000,
        "pid": lambda: str(os.getpid()).encode(),
    }
    result = actions.get(how, lambda: how.encode())()
    return result if isinstance(result, bytes) else b"survived"


def size(content: bytes) -> bytes:
    """Return the length of what was sent."""
    return str(len(content)).encode()


def _spin() -> None:
    while True:
        pass


def _fork(path: str) -> None:
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
        os._exit(0)
    Path(path).write_text(str(pid))


class _Panic(BaseException):
    """As pyo3's PanicException: no Exception."""


def _panic() -> None:
    raise _Panic


def _die_once(path: str) -> bytes:
    if not Path(path).exists():
        Path(path).touch()
        os.abort()
    return b"second time"


def open_file(path: str) -> bytes:
    """Open a workbook as the real task does, and say in a word what came of it."""
    from huizong.gate import Refused
    from huizong.workbooks import open_workbook

    try:
        book = open_workbook(Path(path).read_bytes())
    except Refused as refused:
        return f"refused {refused.code}".encode()
    return repr([(sheet.name, sheet.rows) for sheet in book.sheets]).encode()


def read_or_die(path: str) -> bytes:
    """Read a received file as the real task does; one that says so kills its reader."""
    from huizong.checking import read_file

    content = Path(path).read_bytes()
    if content.startswith(b"die:"):
        return misbehave(content[4:].decode())
    return read_file(path)
