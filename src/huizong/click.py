"""What a button's macro starts in LibreOffice: `python -m huizong.click ACTION WORKBOOK`."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import xlsxwriter

from huizong.console import WORKING
from huizong.errors import HuizongError, place_of
from huizong.screen import complain
from huizong.texts import say
from huizong.uno_bridge import documents, path_of, service, uno_errors
from huizong.uno_caller import Caller, calling_office, reach, start
from huizong.uno_messages import Message, ask, front_window, show_status

# The process from which the calling LibreOffice is looked for, if not from our own.
START = "HUIZONG_OFFICE"
DONE, FAILED = 0, 2


def main(action: str, workbook: Path) -> int:
    """Do what a button says with the workbook on which it lies; tell the person what fails."""
    caller = context = None
    try:
        caller = calling_office(int(os.environ.get(START) or os.getppid()))
        context = reach(caller)
        document = find(context, workbook)
        # xlwings and all that stands on it take half a second to load: first a word to the person.
        show_status(document, working(document))
        notice(workbook).unlink(missing_ok=True)
        press(action, document, context, caller.pid)
    except Exception as error:
        words = why(error, workbook, context)
        complain(words)
        if context is None:
            leave_notice(words, workbook, caller)
        elif answers(context):
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
    from huizong import addin
    from huizong.uno_engine import attach

    attach(context, pid).books[path_of(document.getURL())].set_mock_caller()
    addin.run(action)


def working(document: Any) -> str:
    """Give the word of the workbook that says, in its own language, that work has begun."""
    names = document.NamedRanges
    return names.getByName(WORKING).ReferredCells.String if names.hasByName(WORKING) else ""


def why(error: Exception, workbook: Path, context: Any) -> str:
    """Say what kept a button from its work; often it is that the person closed what it is for."""
    if isinstance(error, HuizongError):
        return str(error)
    if context is not None:
        if not answers(context):
            return say("error.office_ended")
        try:
            find(context, workbook)
        except HuizongError as closed:
            return str(closed)
    return say("error.unexpected", kind=type(error).__name__, place=place_of(error))


def answers(context: Any) -> bool:
    """Whether LibreOffice is still there."""
    try:
        service(context, "frame.Desktop")
    except uno_errors():
        return False
    return True


def tell(words: str, workbook: Path, context: Any) -> None:
    """Show a message over the workbook's window, or over none if it is closed."""
    with contextlib.suppress(HuizongError):
        show_status(find(context, workbook), "")
    # Nobody reads it any more if LibreOffice ends behind the message.
    with contextlib.suppress(uno_errors()):
        ask(context, front_window(context), Message(words, say("click.title"), critical=True))


def notice(workbook: Path) -> Path:
    """Name the file that speaks where no message box can."""
    return workbook.with_name(say("click.notice"))


def leave_notice(words: str, workbook: Path, caller: Caller | None) -> None:
    """Write a message beside the workbook, or in a temporary folder, and have it opened."""
    path = notice(workbook)
    try:
        _write_notice(words, path)
    except xlsxwriter.exceptions.FileCreateError:
        path = Path(tempfile.mkdtemp()) / path.name
        _write_notice(words, path)
    if caller:
        start(caller, str(path))


def _write_notice(words: str, path: Path) -> None:
    """A workbook: of a text, a LibreOffice with Calc alone would ask what it is."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.set_column(0, 0, 100)
        sheet.write(0, 0, words, book.add_format({"text_wrap": True, "font_size": 14}))


if __name__ == "__main__":
    # Behind a button nobody types, even where LibreOffice was started in a terminal.
    sys.stdin = None
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
