"""The workbook in front: audited as it stands (审核本表), or asked for its sources (查来源).

It is never saved, and what a person typed in it stays.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import xlwings

from huizong.book_figures import Where, office_at, where_of
from huizong.doing import clock
from huizong.errors import HuizongError, place_of
from huizong.marks import mark as put_marks
from huizong.marks import unmark as take_marks_away
from huizong.office import Office
from huizong.running import run_beside
from huizong.texts import listed, say, speak_unless_chosen

if TYPE_CHECKING:
    from huizong.audit_one import Judged

# What LibreOffice calls the workbooks of Excel.
_XLSX = "Calc MS Excel 2007 XML"


def run(action: str) -> None:
    """Do what a button of the group 当前工作簿 says with the workbook that called."""
    book = xlwings.Book.caller()
    failed = True
    try:
        text = ACTIONS[action](book)
        failed = False
    except HuizongError as error:
        text = str(error)
    except Exception as error:
        text = say("error.unexpected", kind=type(error).__name__, place=place_of(error))
    finally:
        book.app.status_bar = False
    if text:
        mode = "critical" if failed else "info"
        book.app.alert(text, title=say("addin.title"), mode=mode)


def mark(book: xlwings.Book) -> str:
    """Audit the workbook as it stands, mark in it what is wrong, and say how much that is."""
    office = office_of(book)
    take_marks_away(book)

    def show(text: str) -> None:
        book.app.status_bar = text

    with tempfile.TemporaryDirectory() as folder:
        copy = copy_as_it_stands(book, Path(folder))
        judged = run_beside(
            lambda progress: _audited(office, copy, progress), show, say("ribbon.mark.label")
        )
    said = "\n".join(map(summed_up, judged))
    put_marks(book, [problem for one in judged for problem in one.problems], said)
    return said


def _audited(office: Office, copy: Path, progress: Callable) -> Sequence["Judged"]:
    # Only now: with pandas behind it, it takes longer to load than a word in the status bar.
    from huizong.audit_one import audit_one

    return audit_one(office, copy, clock(), progress)


def summed_up(judged: "Judged") -> str:
    """Say whose workbook it is, how it stands, and how many problems of each kind it has."""
    from huizong.audit_one import counts_of

    counts = listed(
        say("this_book.count", level=say(f"summary.level.{level}"), count=count)
        for level, count in counts_of(judged)
    )
    who = judged.identity
    told = {"unit": who.name or who.code, "period": who.period, "set": who.set_code}
    state = say(f"state.{judged.state}")
    return say("this_book.audited", **told, state=state, counts=counts or say("this_book.none"))


def unmark(book: xlwings.Book) -> str:
    """Take the marks of an audit away again."""
    return "" if take_marks_away(book) else say("this_book.no_marks")


def sources(book: xlwings.Book) -> str:
    """Tell which units and cells the selected figure of a summary comes from."""
    from huizong.open_sources import show_sources

    return show_sources(book, where_of_book(book))


ACTIONS: Mapping[str, Callable[[xlwings.Book], str]] = {
    "mark": mark,
    "unmark": unmark,
    "sources": sources,
}


def office_of(book: xlwings.Book) -> Office:
    """
    Open the office in whose folder the workbook lies, else that of another open workbook.

    Raises:
        HuizongError: If there is none (`this_book.no_office`).
    """
    where = where_of_book(book)
    if where is None:
        raise HuizongError("this_book.no_office")
    office = office_at(where)
    speak_unless_chosen(office.settings.language)
    return office


def where_of_book(book: xlwings.Book) -> Where | None:
    """Find the office by the folders of the workbook, then of the others that are open."""
    for one in (book, *book.app.books):
        place = Path(one.fullname)
        try:
            if place.is_absolute():
                return where_of(place)
        except HuizongError:
            continue
    return None


def copy_as_it_stands(book: xlwings.Book, folder: Path) -> Path:
    """
    Write a copy of an open workbook with all that is not saved yet; the workbook stays as it is.

    The object model of xlwings has no such thing: each host has its own.
    """
    if hasattr(book.api, "storeToURL"):
        from huizong.uno_bridge import options

        path = folder / f"{Path(book.name).stem}.xlsx"
        book.api.storeToURL(path.as_uri(), options(FilterName=_XLSX))
        return path
    path = folder / (book.name if Path(book.name).suffix else f"{book.name}.xlsx")
    book.api.SaveCopyAs(str(path))
    return path
