"""Find one's way on a returned sheet: headings by their words, never by their addresses."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from huizong.cells import address, clean_text, squash
from huizong.gate import Kind
from huizong.records import Finding
from huizong.texts import catalogue
from huizong.workbooks import Sheet, Workbook

HEADING_DEPTH = 40  # rows from the top in which a heading is looked for
# Dates in these years are dates that people type.
MEANT_YEARS = range(2000, 2100)
_MARK = re.compile(r"(?:表号|Form)[:：](.+)")


@cache
def words(key: str) -> frozenset[str]:
    """Give a heading's words in every language, folded for matching."""
    return frozenset(squash(text) for text in catalogue()[f"book.{key}"].values())


def text_at(sheet: Sheet, row: int, column: int) -> str:
    """Give a cell as text, folded for matching; empty beyond the sheet's edge."""
    cells = sheet.rows[row] if row < len(sheet.rows) else ()
    value = cells[column] if column < len(cells) else ""
    return squash(value) if isinstance(value, str) else ""


def folded(sheet: Sheet, depth: int = HEADING_DEPTH) -> list[list[str]]:
    """Fold the texts of the first rows for matching; numbers and dates become empty."""
    return [
        [squash(value) if value.__class__ is str and value else "" for value in row]
        for row in sheet.rows[:depth]
    ]


def form_mark(top: Sequence[Sequence[str]]) -> str:
    """Find the form's number at the top of a sheet: `表号：TJ-L1` gives TJ-L1."""
    for row in top[:8]:
        for text in row:
            if text and (found := _MARK.fullmatch(text)):
                return found[1].upper()
    return ""


LABELS = ("unit", "compiler", "region", "period", "version", "zero", "status")
Labels = Mapping[str, tuple[str, str]]


@cache
def _labels() -> Mapping[str, tuple[str, ...]]:
    """Map each label's words to what they are labels of."""
    every = sorted({word for key in LABELS for word in words(key)})
    return {word: tuple(key for key in LABELS if word in words(key)) for word in every}


def labelled(top: Sequence[Sequence[str]], sheet: Sheet) -> Labels:
    """
    Find what stands behind the labels of a sheet such as 填报单位, in the same cell or right of it.

    Returns for each label that is there, where it is first, the text as typed and its cell.
    """
    known, found = _labels(), {}
    for row, texts in enumerate(top):
        for column, text in enumerate(texts):
            for key in known.get(text.partition(":")[0], ()) if text else ():
                if key not in found:
                    found[key] = _behind(sheet, row, column)
    return found


def _behind(sheet: Sheet, row: int, column: int) -> tuple[str, str]:
    cells = sheet.rows[row]
    parts = re.split("[:：]", str(cells[column]), maxsplit=1)
    if len(parts) == 2 and parts[1].strip():
        return clean_text(parts[1]), address(row, column)
    for right in range(column + 1, min(column + 4, len(cells))):
        if cells[right] not in ("", None):
            return plain_text(cells[right]), address(row, right)
    return "", address(row, column)


def plain_text(value: object) -> str:
    """Show a cell's value as a person sees it: 12 not 12.0, a date as ISO."""
    if isinstance(value, float) and abs(value) < 1e15 and value == int(value):
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return clean_text(str(value)) if value is not None else ""


def covered(sheet: Sheet) -> dict[tuple[int, int], tuple[int, int]]:
    """Map each cell that lies under a merge to the merge's top left cell, which counts."""
    cells: dict[tuple[int, int], tuple[int, int]] = {}
    for top, left, bottom, right in sheet.merges:
        if (bottom - top + 1) * (right - left + 1) > 10_000:
            continue
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                if (row, column) != (top, left):
                    cells[row, column] = (top, left)
    return cells


def finding(
    code: str, level: str, sheet: Sheet, row: int, column: int, **details: object
) -> Finding:
    """Make a finding at one cell."""
    texts = {key: str(value) for key, value in details.items()}
    subject = texts.pop("subject", "")
    return Finding(code, level, sheet.name, address(row, column), subject, texts)


def cell_fault(sheet: Sheet, row: int, column: int) -> tuple[str, str] | None:
    """
    Tell what is wrong with a cell beyond its value: (code, what stands there).

    An error value, a formula without a result, or a number that is none.
    """
    at = (row, column)
    if at in sheet.errors:
        return "cell_error", sheet.errors[at]
    if at in sheet.uncached:
        return "not_calculated", ""
    if at in sheet.refused_numbers:
        return "not_finite", ""
    return None


def number_in_date(
    book: Workbook, sheet: Sheet, row: int, column: int, value: object
) -> float | None:
    """Give back the number that a date format hides: 12 shown as 1900-01-12; None if no date."""
    if isinstance(value, dt.datetime | dt.date | dt.time | dt.timedelta):
        return book.serial(sheet, row, column)
    return None


def saved_as_zero(book: Workbook, sheet: Sheet, row: int, column: int, value: object) -> bool:
    """
    Whether a formula's result may be the empty text: in an .xls LibreOffice saves that as 0
    wherever the cell has a format for numbers or dates.
    """
    if book.kind is not Kind.XLS or (row, column) not in sheet.formulas:
        return False
    number = number_in_date(book, sheet, row, column, value)
    return (value if number is None else number) == 0 and value is not False


def is_real_date(value: object) -> bool:
    """
    Whether what a date format shows is a date that somebody meant, such as 1-2 typed for a range.

    A count in a date cell lies in the years after 1900; one of 36,526 and more may be either.
    """
    return isinstance(value, dt.date) and value.year in MEANT_YEARS


def hidden_cells(sheet: Sheet, row: int, column: int) -> bool:
    """Whether a cell's row or column is hidden."""
    return row in sheet.hidden_rows or column in sheet.hidden_columns


def rows_below(sheet: Sheet, heading: int) -> Iterator[tuple[int, Sequence[object]]]:
    """Go through the rows below a heading that hold anything."""
    for row in range(heading + 1, len(sheet.rows)):
        cells = sheet.rows[row]
        if any(value != "" for value in cells):
            yield row, cells
