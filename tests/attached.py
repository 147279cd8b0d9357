"""A LibreOffice of the tests' own that xlwings works with, as it does when a button was clicked."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xlwings

from huizong.uno_caller import PROGRAM, Caller, calling_office
from huizong.uno_engine import attach
from uno_session import Session, uno_session


@contextmanager
def attached(folder: Path) -> Iterator[xlwings.App]:
    """Start LibreOffice in `folder` and attach xlwings to it; leave xlwings as it was."""
    with uno_session(folder) as session, attached_to(session, os.getpid()) as app:
        yield app


@contextmanager
def attached_to(session: Session, pid: int) -> Iterator[xlwings.App]:
    """Attach xlwings to a running LibreOffice; leave xlwings as it was."""
    before = xlwings.engines.active
    try:
        yield attach(session.context, pid)
    finally:
        xlwings.engines.active = before
        if hasattr(xlwings.Book, "_mock_caller"):
            del xlwings.Book._mock_caller


def caller_of(session: Session) -> Caller:
    """Find the process of a running LibreOffice, which a macro would have above it."""
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            words = _command(process)
            if words and Path(words[0]).name == PROGRAM and any(session.pipe in w for w in words):
                return calling_office(int(process.name))
    raise LookupError(session.pipe)


def _command(process: Path) -> list[str]:
    try:
        return (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return []
