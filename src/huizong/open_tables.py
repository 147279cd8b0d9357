"""Write progress, 待办 and what was said into the open control workbook, a block at a time."""

import os
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from huizong.answers import Typed
from huizong.console import (
    CONSOLE,
    OUT,
    OUT_ACTION,
    OUT_KEY,
    OUT_RECIPIENT,
    OUT_SHEET,
    OUT_STAMP,
    OUT_WIDTHS,
    PROGRESS,
    PROGRESS_COLUMNS,
    TODO,
    TODO_ANSWERS,
    TODO_CELL,
    TODO_DIGEST,
    TODO_SHEET,
    TODO_WIDTHS,
)
from huizong.open_book import (
    Choice,
    Code,
    plain,
    progress_width,
    typed_choices,
    typed_codes,
    typed_in,
)
from huizong.progress_table import Cell, Cells, Link, Table

if TYPE_CHECKING:
    import xlwings

# Excel holds no longer text between quotes in a formula.
LONGEST_TEXT = 255
WINDOWS = os.name == "nt"
_LINKS = tuple(PROGRESS_COLUMNS.index(n) for n in ("return", "findings_link", "correction_link"))
_NUMBERS = (PROGRESS_COLUMNS.index("findings"),)


class Entered(msgspec.Struct, frozen=True):
    """What of all that a person has typed in an open book an action has dealt with."""

    answers: Sequence[Typed] = ()
    codes: Sequence[Code] = ()
    choices: Sequence[Choice] = ()


def write_tables(book: "xlwings.Book", table: Table, entered: Entered) -> None:
    """Put the tables of an action in place of those before; what else a person typed stays."""
    codes = [one for one in typed_codes(book) if one not in entered.codes]
    width = progress_width(book)
    rows = [row[:width] for row in with_codes(table.progress, codes)]
    _write(book.sheets[CONSOLE].range(PROGRESS), rows, width, (*_LINKS, *_NUMBERS))
    names = [sheet.name for sheet in book.sheets]
    if TODO_SHEET in names:
        left = [typed for typed in typed_in(book) if typed not in entered.answers]
        todo = book.sheets[TODO_SHEET].range(TODO)
        _write(todo, with_typed(table.todo, left), len(TODO_WIDTHS), (TODO_CELL,))
    if OUT_SHEET in names:
        choices = [one for one in typed_choices(book) if one not in entered.choices]
        rows = with_choices(table.outbox, choices)
        _write(book.sheets[OUT_SHEET].range(OUT), rows, len(OUT_WIDTHS), ())


def with_codes(rows: Sequence[Cells], codes: Sequence[Code]) -> list[Cells]:
    """Keep the codes of paper copies in the rows of their units."""
    typed = {(one.set_code, one.unit): one.code for one in codes}
    at = PROGRESS_COLUMNS.index("paper")
    return [(*row[:at], typed.get(row[:2], row[at]), *row[at + 1 :]) for row in rows]


def with_typed(rows: Sequence[Cells], typed: Sequence[Typed]) -> list[Cells]:
    """Keep what a person has typed in the row of its finding, and of its file."""
    by_place: Mapping[tuple[str, str], Typed] = {(one.key, one.file): one for one in typed}
    kept = []
    for row in rows:
        one = by_place.get((str(row[0]), str(row[TODO_DIGEST])))
        if one:
            texts = (one.action, one.officer, one.reason)
            row = (*row[:TODO_ANSWERS], *texts, *row[TODO_ANSWERS + 3 :])
        kept.append(row)
    return kept


def with_choices(rows: Sequence[Cells], choices: Sequence[Choice]) -> list[Cells]:
    """Keep what a person has chosen about a letter in a row of which nothing has become since."""
    chosen = {(one.key, one.recipient, one.stamp): one.action for one in choices}
    places = (OUT_KEY, OUT_RECIPIENT, OUT_STAMP)
    actions = (chosen.get(tuple(str(row[at]) for at in places), "") for row in rows)
    return [
        (*row[:OUT_ACTION], action, *row[OUT_ACTION + 1 :])
        for row, action in zip(rows, actions, strict=True)
    ]


def _write(
    heading: "xlwings.Range", rows: Sequence[Cells], width: int, general: Sequence[int]
) -> None:
    """
    Write the rows below a heading, over those that stood there; columns are texts but `general`.

    Values go in one block; links are formulas, a block a column.
    """
    sheet, top, left = heading.sheet, heading.row + 1, heading.column
    height = max(len(rows), _height(heading))
    if not height:
        return
    full = [*rows, *[("",) * width] * (height - len(rows))]

    def block(first: int, last: int) -> "xlwings.Range":
        return sheet.range((top, left + first), (top + height - 1, left + last))

    for is_general, run in groupby(range(width), key=lambda column: column in general):
        columns = list(run)
        # Codes and what looks like a formula stay as they are in cells of text.
        block(columns[0], columns[-1]).number_format = "General" if is_general else "@"
    block(0, width - 1).value = [[_value(cell) for cell in row] for row in full]
    for column in general:
        if any(isinstance(row[column], Link) for row in rows):
            block(column, column).formula = [[formula_of(row[column])] for row in full]


def _height(heading: "xlwings.Range") -> int:
    """Count the rows that stand below a heading."""
    sheet, top, left = heading.sheet, heading.row + 1, heading.column
    last = sheet.used_range.last_cell.row
    if last < top:
        return 0
    column = sheet.range((top, left), (last, left)).options(ndim=1).value
    blank = (at for at, value in enumerate(column) if value in (None, ""))
    return next(blank, len(column))


def _value(cell: Cell) -> str | int:
    return cell if isinstance(cell, int) else plain(cell.text if isinstance(cell, Link) else cell)


def formula_of(cell: Cell) -> str:
    """Give the formula that opens a file; only its words where the path is too long for one."""
    if not isinstance(cell, Link):
        return str(_value(cell))
    target = target_of(cell)
    if max(len(target), len(cell.text)) > LONGEST_TEXT:
        return plain(cell.text)
    return f"=HYPERLINK({_quoted(target)},{_quoted(cell.text)})"


def target_of(link: Link) -> str:
    """Name a file, and a cell in it: by a path for Excel on Windows, elsewhere by an address."""
    path = str(link.path) if WINDOWS else link.path.as_uri()
    if not link.sheet or not link.cell:
        return path
    sheet = link.sheet.replace("'", "''")
    return f"{path}#'{sheet}'!{link.cell}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
