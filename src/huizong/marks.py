"""Mark problems in an open workbook: a sheet that lists them, and tints; both can be taken away.

Nothing that was typed is touched, and what a host keeps from being tinted is only listed.
"""

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from huizong.desk import Problem
from huizong.errors import HuizongError
from huizong.open_book import plain
from huizong.texts import catalogue, say

if TYPE_CHECKING:
    import xlwings

Colour = tuple[int, int, int]
# The same in every language: it is looked for by name.
SHEET = "审核本表"
MUST: Colour = (0xF8, 0xCB, 0xAD)
EXPLAIN: Colour = (0xFF, 0xE6, 0x99)
TINTS = {"must": MUST, "release": MUST, "explain": EXPLAIN}
HEADINGS = ("level", "sheet", "cell", "found", "expected", "text", "colour")
_WIDTHS = (14, 20, 9, 22, 22, 70, 14)
_SHEET, _CELL, _TEXT, _COLOUR = map(HEADINGS.index, ("sheet", "cell", "text", "colour"))
TOP = 3  # the row of the headings, counted from 1
_WINDOWS = os.name == "nt"


def mark(book: "xlwings.Book", problems: Sequence[Problem], said: str) -> None:
    """
    List problems on a sheet of their own, with links to their cells, and tint these.

    Raises:
        HuizongError: If the workbook has another sheet of that name (`this_book.sheet_taken`).
    """
    unmark(book)
    before = [_tinted(book, one) for one in problems]
    sheet = book.sheets.add(SHEET, after=book.sheets[-1])
    # Widths come first: rows grow as high as their words need in the width of the moment.
    for column, width in enumerate(_WIDTHS, 1):
        sheet.range((1, column)).column_width = width
    sheet.range("A1").value = [[_title()], [plain(said)]]
    sheet.range((TOP, 1)).value = [say(f"this_book.column_{key}") for key in HEADINGS]
    if problems:
        rows = [_row(*pair) for pair in zip(problems, before, strict=True)]
        cells = sheet.range((TOP + 1, 1)).resize(len(rows), len(HEADINGS))
        cells.number_format = "@"
        # A cell of the kind text shows no more than 255 characters in older Excels.
        cells.columns[_TEXT].number_format = "General"
        cells.columns[_TEXT].wrap_text = True
        cells.value = rows
        _link(sheet, problems)
    sheet.range((1, 1)).font.bold = True
    sheet.range((TOP, 1)).resize(1, len(HEADINGS)).font.bold = True
    sheet.activate()


def unmark(book: "xlwings.Book") -> bool:
    """
    Take the list away, and give each cell the colour back that it had; whether there was one.

    Raises:
        HuizongError: If the sheet of that name is somebody's own (`this_book.sheet_taken`).
    """
    if SHEET not in [sheet.name for sheet in book.sheets]:
        return False
    sheet = book.sheets[SHEET]
    if sheet.range("A1").value not in catalogue()["this_book.title"].values():
        raise HuizongError("this_book.sheet_taken", sheet=SHEET)
    last = sheet.used_range.last_cell.row
    if last > TOP:
        rows = sheet.range((TOP + 1, 1), (last, len(HEADINGS))).options(ndim=2).value
        for row in rows:
            if row[_COLOUR]:
                _give_back(book, str(row[_SHEET]), str(row[_CELL]), str(row[_COLOUR]))
    sheet.delete()
    return True


def _title() -> str:
    return say("this_book.title")


def _tinted(book: "xlwings.Book", problem: Problem) -> str:
    """Tint a problem's cell, and tell the colour it had; nothing where it could not be tinted."""
    cell = _cell(book, problem.sheet, problem.cell)
    tint = TINTS.get(problem.level)
    if cell is None or tint is None:
        return ""
    before = cell.color
    if before in TINTS.values():
        return ""
    try:
        cell.color = tint
    # A protected sheet: each host has an exception of its own for it.
    except Exception:
        return ""
    if cell.color != tint:
        return ""
    return say("this_book.no_colour") if before is None else "#{:02X}{:02X}{:02X}".format(*before)


def _give_back(book: "xlwings.Book", sheet: str, place: str, colour: str) -> None:
    """Put a colour back, unless somebody has given the cell another one since."""
    cell = _cell(book, sheet, place)
    if cell is not None and cell.color in TINTS.values():
        cell.color = colour if colour.startswith("#") else None


def _cell(book: "xlwings.Book", sheet: str, place: str) -> "xlwings.Range | None":
    """Find the first cell of a place such as D7 or D7:F7."""
    found = re.match(r"[A-Z]{1,3}[1-9]\d*", place)
    if not found or sheet not in [one.name for one in book.sheets]:
        return None
    return book.sheets[sheet].range(found[0])


def _row(problem: Problem, colour: str) -> list[str]:
    level = say(f"summary.level.{problem.level}")
    texts = (level, problem.sheet, problem.cell, problem.found, problem.expected, problem.text)
    return [plain(text) for text in (*texts, colour)]


def _link(sheet: "xlwings.Sheet", problems: Sequence[Problem]) -> None:
    """Let the cells of the list lead to the cells of the problems."""
    for row, one in enumerate(problems, TOP + 1):
        if one.sheet and one.cell:
            place = one.cell.partition(":")[0]
            name = one.sheet.replace("'", "''")
            target = f"#'{name}'{'!' if _WINDOWS else '.'}{place}".replace('"', '""')
            cell = sheet.range((row, _CELL + 1))
            cell.number_format = "General"
            cell.formula = f'=HYPERLINK("{target}","{one.cell}")'
