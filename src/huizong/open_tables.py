"""Write progress, 待办 and what was said into the open control workbook, a block at a time."""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from huizong.answers import Typed
from huizong.console import (
    CONSOLE,
    PROGRESS,
    PROGRESS_COLUMNS,
    TODO,
    TODO_ANSWERS,
    TODO_CELL,
    TODO_DIGEST,
    TODO_SHEET,
    TODO_WIDTHS,
)
from huizong.open_book import plain, typed_in
from huizong.progress_table import Cell, Cells, Link, Table

if TYPE_CHECKING:
    import xlwings

# Excel holds no longer text between quotes in a formula.
LONGEST_TEXT = 255
WINDOWS = os.name == "nt"
_LINKS = tuple(PROGRESS_COLUMNS.index(n) for n in ("return", "findings_link", "correction_link"))
_NUMBERS = (PROGRESS_COLUMNS.index("findings"),)


def write_tables(book: "xlwings.Book", table: Table, read: Sequence[Typed]) -> None:
    """
    Put the tables of an action in place of those before.

    `read` are the answers that the action has dealt with; what a person has typed since stays.
    """
    progress = book.sheets[CONSOLE].range(PROGRESS)
    _write(progress, table.progress, len(PROGRESS_COLUMNS), (*_LINKS, *_NUMBERS))
    if TODO_SHEET in [sheet.name for sheet in book.sheets]:
        since = [typed for typed in typed_in(book) if typed not in read]
        rows = with_typed(table.todo, since)
        _write(book.sheets[TODO_SHEET].range(TODO), rows, len(TODO_WIDTHS), (TODO_CELL,))


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


def _write(
    heading: "xlwings.Range", rows: Sequence[Cells], width: int, general: Sequence[int]
) -> None:
    """
    Write the rows below a heading, over those that stood there; columns are texts but `general`.

    Values go in one block; links are formulas, a block a column.
    """
    height = max(len(rows), _height(heading))
    if not height:
        return
    top = heading.offset(1, 0)
    full = [*rows, *[("",) * width] * (height - len(rows))]
    for column in range(width):
        # Codes and what looks like a formula stay as they are in cells of text.
        kind = "General" if column in general else "@"
        top.offset(0, column).resize(height, 1).number_format = kind
    top.resize(height, width).value = [[_value(cell) for cell in row] for row in full]
    for column in range(width):
        if any(isinstance(row[column], Link) for row in rows):
            cells = top.offset(0, column).resize(height, 1)
            cells.formula = [[formula_of(row[column])] for row in full]


def _height(heading: "xlwings.Range") -> int:
    """Count the rows that stand below a heading."""
    last = heading.sheet.used_range.last_cell.row
    if last <= heading.row:
        return 0
    column = heading.offset(1, 0).resize(last - heading.row, 1).options(ndim=1).value
    blank = (at for at, value in enumerate(column) if value in (None, ""))
    return next(blank, len(column))


def _value(cell: Cell) -> str | int:
    return cell if isinstance(cell, int) else plain(cell.text if isinstance(cell, Link) else cell)


def formula_of(cell: Cell) -> str:
    """Give the formula that opens a file; only its words where the path is too long for one."""
    if not isinstance(cell, Link):
        return str(_value(cell))
    target, words = target_of(cell), plain(cell.text)
    if max(len(target), len(words)) > LONGEST_TEXT:
        return words
    return f"=HYPERLINK({_quoted(target)},{_quoted(words)})"


def target_of(link: Link) -> str:
    """Name a file, and a cell in it, as Excel on Windows and as LibreOffice elsewhere want it."""
    path = str(link.path) if WINDOWS else link.path.as_uri()
    if not link.sheet or not link.cell:
        return path
    sheet = link.sheet.replace("'", "''")
    return f"{path}#'{sheet}'{'!' if WINDOWS else '.'}{link.cell}"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
