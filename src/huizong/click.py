"""What a button's macro starts in LibreOffice: `python -m huizong.click ACTION WORKBOOK`."""

import importlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from huizong.console import WORKING
from huizong.errors import HuizongError, place_of
from huizong.texts import say
from huizong.uno_bridge import documents, lost, path_of, service
from huizong.uno_caller import Caller, calling_office, reach
from huizong.uno_messages import Message, ask, show_status, window_of

# The process from which the calling LibreOffice is looked for, if not from our own.
START = "HUIZONG_OFFICE"
DONE, FAILED = 0, 2
# `return` is a word of Python.
FUNCTIONS = {"return": "send_back"}


def main(action: str, workbook: Path) -> int:
    """Do what a button says with the workbook on which it lies; tell the person what fails."""
    caller = context = None
    try:
        caller = calling_office(int(os.environ.get(START) or os.getppid()))
        context = reach(caller)
        notice(workbook).unlink(missing_ok=True)
        press(action, find(context, workbook), context, caller.pid)
    except Exception as error:
        words = why(error)
        print(words, file=sys.stderr)
        if context is None:
            leave_notice(words, workbook, caller)
        else:
            tell(words, workbook, context)
        return FAILED
    return DONE


def find(context: Any, workbook: Path) -> Any:
    """
    Find the open document of a file.

    Raises:
        HuizongError: If it is not open (`error.book_closed`).
    """
    for document in documents(service(context, "frame.Desktop")):
        path = path_of(document.getURL())
        if path and os.path.realpath(path) == os.path.realpath(workbook):
            return document
    raise HuizongError("error.book_closed", file=workbook.name)


def press(action: str, document: Any, context: Any, pid: int) -> None:
    """Make the document the caller of xlwings, and call the button's function."""
    # To import xlwings and all that stands on it takes half a second: first a word to the person.
    show_status(document, working(document))
    from huizong.uno_engine import attach

    attach(context, pid).books[path_of(document.getURL())].set_mock_caller()
    getattr(importlib.import_module("huizong.addin"), FUNCTIONS.get(action, action))()


def working(document: Any) -> str:
    """Give the word of the workbook that says, in its own language, that work has begun."""
    names = document.NamedRanges
    return names.getByName(WORKING).ReferredCells.String if names.hasByName(WORKING) else ""


def why(error: Exception) -> str:
    """Say what kept a button from its work."""
    if isinstance(error, HuizongError):
        return str(error)
    return say("error.unexpected", kind=type(error).__name__, place=place_of(error))


def tell(words: str, workbook: Path, context: Any) -> None:
    """Show a message over the workbook's window, or over none if it is closed."""
    try:
        document = find(context, workbook)
    except HuizongError:
        document = None
    except lost():
        return
    if document:
        show_status(document, "")
    message = Message(words, say("click.title"), critical=True)
    ask(context, document and window_of(document), message)


def notice(workbook: Path) -> Path:
    """Name the text file that speaks where no message box can."""
    return workbook.with_name(say("click.notice"))


def leave_notice(words: str, workbook: Path, caller: Caller | None) -> None:
    """Write a message beside the workbook, and have LibreOffice open it if there is one."""
    path = notice(workbook)
    try:
        path.write_text(words + "\n", encoding="utf-8-sig")
    except OSError:
        path = Path(tempfile.gettempdir()) / path.name
        path.write_text(words + "\n", encoding="utf-8-sig")
    if caller:
        subprocess.Popen([caller.program, *caller.profile, path], stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
