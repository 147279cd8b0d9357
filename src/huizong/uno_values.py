"""Values of Python in cells of LibreOffice, and back: dates, truth, errors, blanks."""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import groupby
from numbers import Number
from typing import Any

from huizong.uno_bridge import struct

# Kinds of number formats (com.sun.star.util.NumberFormat).
DATE, LOGICAL = 2, 1024
GENERAL = 0
# A date of its own has no format; without one it would show as a number.
DAY, MOMENT, TRUTH = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss", "BOOLEAN"
_DAY_MILLISECONDS = 86_400_000

Rows = Sequence[Sequence[Any]]


def read_values(cells: Any, document: Any, *, errors_as_text: bool = False) -> list[list[Any]]:
    """Read the values of a range, row by row; an error is None, or its text if so asked."""
    rows = [list(row) for row in cells.getDataArray()]
    top, left = cells.RangeAddress.StartRow, cells.RangeAddress.StartColumn
    midnight = _midnight(document)
    for kind, area in _formatted(cells, document, DATE | LOGICAL):
        for row in rows[area.StartRow - top : area.EndRow - top + 1]:
            for at in range(area.StartColumn - left, area.EndColumn - left + 1):
                if isinstance(row[at], float):
                    row[at] = bool(row[at]) if kind & LOGICAL else _moment(row[at], midnight)
    if errors_as_text:
        _name_errors(rows, cells)
    return rows


def _formatted(cells: Any, document: Any, kinds: int) -> Iterator[tuple[int, Any]]:
    formats = document.NumberFormats
    for part in cells.UniqueCellFormatRanges:
        kind = formats.getByKey(part.NumberFormat).Type
        if kind & kinds:
            for area in part.RangeAddresses:
                yield kind, area


def _midnight(document: Any) -> dt.datetime:
    day = document.NullDate
    return dt.datetime(day.Year, day.Month, day.Day)


def _moment(serial: float, midnight: dt.datetime) -> dt.datetime | float:
    # A double holds no more than milliseconds of a day in our century.
    try:
        return midnight + dt.timedelta(milliseconds=round(serial * _DAY_MILLISECONDS))
    except OverflowError:
        # 20260401, typed where dates stand, is a number of days that no calendar has.
        return serial


def _name_errors(rows: list[list[Any]], cells: Any) -> None:
    for at, row in enumerate(rows):
        for column, value in enumerate(row):
            if value is None:
                row[column] = cells.getCellByPosition(column, at).String


def write_values(cells: Any, document: Any, rows: Rows) -> list[tuple[int, int, str]]:
    """
    Write rows of values into a range of their size.

    Give the formulas among them, which are yet to be written, with column and row.
    """
    midnight = _midnight(document)
    _forget_truth(cells, document)
    cells.setDataArray(tuple(tuple(_plain(value, midnight) for value in row) for row in rows))
    places = [
        (column, row, value)
        for row, line in enumerate(rows)
        for column, value in enumerate(line)
        if not isinstance(value, float) and (is_formula(value) or _format_of(value))
    ]
    _format(cells, document, [(at, name, row) for at, row, v in places if (name := _format_of(v))])
    return [place for place in places if is_formula(place[2])]


def is_formula(value: Any) -> bool:
    """Tell a formula from a text."""
    return isinstance(value, str) and value.startswith("=") and len(value) > 1


def _plain(value: Any, midnight: dt.datetime) -> float | str:
    """Give a value as LibreOffice takes it: a number or a text; a blank is an empty text."""
    if isinstance(value, float):
        return value
    if value is None or is_formula(value):
        return ""
    if isinstance(value, dt.date):
        return _serial(value, midnight)
    # As in Excel, a leading apostrophe says that what follows is text.
    return float(value) if isinstance(value, Number) else str(value).removeprefix("'")


def _serial(day: dt.date, midnight: dt.datetime) -> float:
    whole = day if isinstance(day, dt.datetime) else dt.datetime.combine(day, dt.time())
    return (whole.replace(tzinfo=None) - midnight) / dt.timedelta(days=1)


def _format_of(value: Any) -> str:
    if isinstance(value, bool):
        return TRUTH
    if isinstance(value, dt.datetime) and value.time() != dt.time():
        return MOMENT
    return DAY if isinstance(value, dt.date) else ""


def _forget_truth(cells: Any, document: Any) -> None:
    """A number written where TRUE stood would show as TRUE."""
    formats = document.NumberFormats
    for part in cells.UniqueCellFormatRanges:
        if formats.getByKey(part.NumberFormat).Type & LOGICAL:
            part.NumberFormat = GENERAL


def _format(cells: Any, document: Any, places: list[tuple[int, str, int]]) -> None:
    """Format dates and truths; a run of one column in one call, since each call costs 0.1 ms."""
    runs = groupby(enumerate(sorted(places)), key=lambda one: (*one[1][:2], one[1][2] - one[0]))
    for (column, name, _), run in runs:
        rows = [place[2] for _, place in run]
        part = cells.getCellRangeByPosition(column, rows[0], column, rows[-1])
        if name == TRUTH:
            part.NumberFormat = format_key(document, name)
        else:
            _format_days(part, document, name)


def _format_days(part: Any, document: Any, name: str) -> None:
    """A cell that shows dates already keeps its own way."""
    formats = document.NumberFormats
    for one in list(part.UniqueCellFormatRanges):
        if not formats.getByKey(one.NumberFormat).Type & DATE:
            one.NumberFormat = format_key(document, name)


def format_key(document: Any, name: str) -> int:
    """Find the key of a number format, written as in an English Excel; enter it if it is new."""
    english = struct("lang.Locale", Language="en", Country="US")
    key = document.NumberFormats.queryKey(name, english, False)
    return key if key >= 0 else document.NumberFormats.addNew(name, english)
