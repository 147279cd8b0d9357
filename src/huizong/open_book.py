"""The open control workbook: what a person has set and typed, saved or not, and what is shown."""

import datetime as dt
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from huizong.answers import Typed, answers_in
from huizong.cells import address
from huizong.console import (
    CONSOLE,
    FILE,
    OFFICER,
    OUT,
    OUT_ACTION,
    OUT_KEY,
    OUT_RECIPIENT,
    OUT_SHEET,
    OUT_STAMP,
    OUT_WIDTHS,
    PERIOD,
    PROGRESS,
    PROGRESS_COLUMNS,
    REASON,
    SAID,
    SETS,
    STEP,
    TODO_SHEET,
)
from huizong.errors import HuizongError
from huizong.forms import installed, read_form_set
from huizong.office import Office, make_office
from huizong.paperwork import STEPS
from huizong.periods import Period
from huizong.roster import SHEET, shown
from huizong.running import nobody
from huizong.settings import SETTINGS, control_of
from huizong.texts import catalogue, listed, name_of

if TYPE_CHECKING:
    import xlwings

Rows = list[list[Any]]


class Code(msgspec.Struct, frozen=True):
    """A code on a paper copy, typed in the row of its unit: for which form set, in which cell."""

    unit: str
    code: str
    set_code: str
    place: str


class Choice(msgspec.Struct, frozen=True):
    """
    What an officer has chosen about a letter on its way, in which cell of 发件.

    `stamp` stands in its row as long as nothing has become of the letter since.
    """

    key: str
    recipient: str
    stamp: str
    action: str
    place: str


class Asked(msgspec.Struct, frozen=True):
    """
    What a person has chosen on the console; `unit` is the one whose row is selected.

    `agree` shows lines to the person and tells whether they may be carried out.
    """

    period: Period
    set_code: str = ""
    officer: str = ""
    step: str = ""
    reason: str = ""
    unit: str = ""
    codes: tuple[Code, ...] = ()
    choices: tuple[Choice, ...] = ()
    agree: Callable[[Sequence[str]], bool] = nobody


class Opened(msgspec.Struct, frozen=True):
    """An open control workbook as it stands: the office, what is asked, the answers typed."""

    office: Office
    asked: Asked
    typed: tuple[Typed, ...]


def read_open(book: "xlwings.Book") -> Opened:
    """
    Read the open control workbook as it stands, unsaved edits included.

    Raises:
        HuizongError: If it lies in no folder, is no control workbook, or a cell is wrong.
    """
    folder = folder_of(book)
    if folder is None:
        raise HuizongError("error.book_in_no_folder", file=book.name)
    if PERIOD not in [name.name for name in book.names]:
        raise HuizongError("error.no_console", file=book.name, console=FILE)
    names = [sheet.name for sheet in book.sheets]
    sheets = {name: rows_of(book.sheets[name]) for name in (SETTINGS, SHEET) if name in names}
    settings, roster = control_of(sheets, book.name)
    office = make_office(folder, settings, roster)
    return Opened(office, _asked(book, settings.period), typed_in(book))


def folder_of(book: "xlwings.Book") -> Path | None:
    """Give the folder in which an open book lies; none if it was never saved."""
    folder = Path(book.fullname).parent
    return folder if folder.is_absolute() else None


def say_result(book: "xlwings.Book", text: str) -> None:
    """Put the words of the last action on the console, if it is one."""
    if SAID in [name.name for name in book.names]:
        book.sheets[CONSOLE].range(SAID).value = plain(text)


def plain(text: str) -> str:
    """
    Keep what a file or a person brings from being taken for a formula.

    As in Excel, a leading apostrophe says that what follows is text, and is not shown.
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "'")) else text


def rows_of(sheet: "xlwings.Sheet") -> Rows:
    """Give the cells of a sheet from A1 on, as the reader of saved files gives them."""
    last = sheet.used_range.last_cell
    cells = sheet.range((1, 1), (last.row, last.column))
    return [list(map(_value, row)) for row in cells.options(ndim=2, err_to_str=True).value]


def _value(value: Any) -> Any:
    """A blank is an empty text, a day without a time of day a date."""
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date()
    return "" if value is None else value


def typed_in(book: "xlwings.Book") -> tuple[Typed, ...]:
    """Read the answers that stand in 待办."""
    if TODO_SHEET not in [sheet.name for sheet in book.sheets]:
        return ()
    found = answers_in(book.name, TODO_SHEET, rows_of(book.sheets[TODO_SHEET]))
    return tuple(typed for typed in found if typed)


def _asked(book: "xlwings.Book", usual: str) -> Asked:
    console = book.sheets[CONSOLE]
    texts = {name: _text(console.range(name).value) for name in (PERIOD, SETS, STEP)}
    period = unicodedata.normalize("NFKC", texts[PERIOD]) or usual
    if not period:
        raise HuizongError("error.no_period")
    return Asked(
        period=Period.named(period) or Period.parse(period),
        set_code=_set_code(texts[SETS]),
        officer=_text(console.range(OFFICER).value),
        step=_step(texts[STEP]),
        reason=_text(console.range(REASON).value),
        unit=_selected(book),
        codes=typed_codes(book),
        choices=typed_choices(book),
    )


def _text(value: Any) -> str:
    return shown("" if value is None else _value(value))


def _set_code(text: str) -> str:
    """Give the form set that is chosen, empty for all."""
    if text in ("", *catalogue()["console.all_sets"].values()):
        return ""
    code = text.split()[0].upper()
    if code in installed():
        return code
    known = {code: read_form_set(path) for code, path in installed().items()}
    named = [code for code, one in known.items() if text in (one.zh, one.en)]
    if not named:
        sets = listed(f"{code} {name_of(one)}" for code, one in known.items())
        raise HuizongError("error.unknown_set", set=text, known=sets)
    return named[0]


def _step(text: str) -> str:
    """Give the step of signing that is chosen, empty for none."""
    words = {word: step for step in STEPS for word in catalogue()[f"signing.{step}"].values()}
    return words.get(text, text)


def progress_width(book: "xlwings.Book") -> int:
    """Count the columns of the progress table: a workbook made before has fewer."""
    heading = book.sheets[CONSOLE].range(PROGRESS)
    headings = heading.resize(1, len(PROGRESS_COLUMNS)).options(ndim=1).value
    blank = (at for at, text in enumerate(headings) if not _text(text))
    return next(blank, len(PROGRESS_COLUMNS))


def _progress_rows(book: "xlwings.Book") -> Mapping[int, tuple[str, ...]]:
    """Give the filled rows of the progress table by their numbers, as texts."""
    console = book.sheets[CONSOLE]
    heading, last = console.range(PROGRESS), console.used_range.last_cell.row
    top, left = heading.row + 1, heading.column
    if last < top:
        return {}
    block = console.range((top, left), (last, left + progress_width(book) - 1))
    rows: dict[int, tuple[str, ...]] = {}
    for number, row in enumerate(block.options(ndim=2).value, top):
        texts = tuple(map(_text, row))
        if not texts[0]:
            break
        rows[number] = texts
    return rows


def _selected(book: "xlwings.Book") -> str:
    """Give the unit in whose row of the progress table the cursor stands."""
    selection = book.app.selection
    if selection is None or selection.sheet.name != CONSOLE or selection.sheet.book != book:
        return ""
    row = _progress_rows(book).get(selection.row)
    return row[PROGRESS_COLUMNS.index("unit")] if row else ""


def typed_codes(book: "xlwings.Book") -> tuple[Code, ...]:
    """Read the codes that were typed over the states of paper copies."""
    column = PROGRESS_COLUMNS.index("paper")
    left = book.sheets[CONSOLE].range(PROGRESS).column
    found = []
    for number, row in _progress_rows(book).items():
        code = unicodedata.normalize("NFKC", row[column])
        if code.isdecimal():
            place = f"{CONSOLE} {address(number - 1, left + column - 1)}"
            found.append(Code(row[1], code, row[0], place))
    return tuple(found)


def typed_choices(book: "xlwings.Book") -> tuple[Choice, ...]:
    """Read what was chosen about the letters in 发件; a workbook made before has none."""
    if OUT_SHEET not in [sheet.name for sheet in book.sheets]:
        return ()
    sheet = book.sheets[OUT_SHEET]
    top, last = sheet.range(OUT).row + 1, sheet.used_range.last_cell.row
    if last < top:
        return ()
    rows = sheet.range((top, 1), (last, len(OUT_WIDTHS))).options(ndim=2).value
    found = []
    for number, row in enumerate(rows, top):
        texts = tuple(map(_text, row))
        if texts[OUT_KEY] and texts[OUT_ACTION]:
            named = (texts[at] for at in (OUT_KEY, OUT_RECIPIENT, OUT_STAMP, OUT_ACTION))
            found.append(Choice(*named, f"{OUT_SHEET} {address(number - 1, OUT_ACTION)}"))
    return tuple(found)
