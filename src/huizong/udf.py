"""Worksheet functions: figures of the book of record in the cells of any workbook.

xlwings calls them in Excel; `macros/Functions.bas` hands over the arguments. Whatever goes wrong
is said in the cell. A range in place of one unit, indicator or period gives an array.
"""

import inspect
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlwings as xw

from huizong import book_figures
from huizong.book_figures import Asked, Where, office_at, where_of
from huizong.errors import HuizongError, place_of
from huizong.texts import say, spoken

Value = float | str
Look = Callable[[Where, Asked], str]
# A double holds every decimal of so many digits; Excel shows no more.
DIGITS = 15


def _worksheet(function: Callable) -> Callable:
    """Offer a function to xlwings; what may be a range keeps its rows and columns."""
    for name in {"unit", "indicator", "period"} & inspect.signature(function).parameters.keys():
        function = xw.arg(name, ndim=2)(function)
    return xw.func(function)


@_worksheet
def HZ(unit, indicator, period="", office="", caller=None):
    """Give a unit's figure of a period, from the returns that have passed."""
    return _answered(book_figures.figure, (unit, indicator, period), office, caller)


@_worksheet
def HZ_PREV(unit, indicator, period="", office="", caller=None):
    """Give the figure of the period before, those of merged units together."""
    return _answered(book_figures.before, (unit, indicator, period), office, caller)


@_worksheet
def HZ_YOY(unit, indicator, period="", office="", caller=None):
    """Give the change on the year before in percent, of a rate in points."""
    return _answered(book_figures.change_on_year, (unit, indicator, period), office, caller)


@_worksheet
def HZ_RANK(unit, indicator, period="", office="", caller=None):
    """Give a unit's place among the units, the best is 1."""
    return _answered(book_figures.rank, (unit, indicator, period), office, caller)


@_worksheet
def HZ_COVERAGE(indicator, period="", office="", caller=None):
    """Give how many units have the figure, of how many: 13/14."""
    return _answered(book_figures.coverage, ("*", indicator, period), office, caller)


def _answered(look: Look, given: tuple[Any, ...], office: Any, caller: Any) -> Any:
    """Look up every combination of what was given; a single one is no array."""
    try:
        where = where_of(_folder(office, caller))
        with spoken(office_at(where).settings.language):
            rows = [[_value(look, where, asked) for asked in row] for row in _spread(given)]
    except HuizongError as error:
        return str(error)
    except Exception as error:
        return say("error.unexpected", kind=type(error).__name__, place=place_of(error))
    return rows[0][0] if len(rows) == len(rows[0]) == 1 else rows


def _folder(office: Any, caller: Any) -> Path:
    """Tell where to look for the office: as given, else where the asking workbook lies."""
    if office:
        return Path(str(office))
    fullname = caller.sheet.book.fullname if caller is not None else ""
    if not Path(fullname).is_absolute():
        raise HuizongError("udf.not_saved")
    return Path(fullname)


def _spread(given: tuple[Any, ...]) -> Iterator[list[Asked | None]]:
    """Lay units, indicators and periods out as Excel does: a column by a row is a table."""
    grids = [_grid(one) for one in given]
    height, width = max(map(len, grids)), max(len(grid[0]) for grid in grids)
    if any(len(g) not in (1, height) or len(g[0]) not in (1, width) for g in grids):
        raise HuizongError("udf.shapes")
    for row in range(height):
        cells = (
            [grid[row % len(grid)][column % len(grid[0])] for grid in grids]
            for column in range(width)
        )
        yield [Asked(*texts) if all(texts[:2]) else None for texts in cells]


def _grid(given: Any) -> list[list[str]]:
    """Turn what Excel hands over into rows of texts; codes may come as numbers."""
    rows = given if isinstance(given, list) else [[given]]
    rows = rows if rows and isinstance(rows[0], list) else [rows]
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def _value(look: Look, where: Where, asked: Asked | None) -> Value:
    """Give one cell; a fault of one leaves the others alone."""
    if asked is None:
        return ""
    try:
        return number(look(where, asked))
    except HuizongError as error:
        return str(error)


def number(text: str) -> Value:
    """Give a plain decimal as a number, unless a double would change it: then as the text."""
    try:
        exact = Decimal(text)
    except ArithmeticError:
        return text
    return float(exact) if len(exact.normalize().as_tuple().digits) <= DIGITS else text
