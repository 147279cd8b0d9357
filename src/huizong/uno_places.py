"""Places on a sheet: rectangles counted from 1, their addresses, the way of Ctrl and arrows."""

import re
from collections.abc import Sequence
from typing import Any

from xlwings.utils import col_name

_CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]+"
_ADDRESS = re.compile(
    rf"{_CELL}(:{_CELL})?|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}|\$?[0-9]+:\$?[0-9]+"
)

# First row and column, counted from 1, and how many of each.
Coords = tuple[int, int, int, int]


def coords_of(area: Any) -> Coords:
    """Give the place of UNO's address of a range."""
    height, width = area.EndRow - area.StartRow + 1, area.EndColumn - area.StartColumn + 1
    return area.StartRow + 1, area.StartColumn + 1, height, width


def is_address(text: str) -> bool:
    """Tell an address (B2, $A$1:C3, A:B, 1:2) from a name."""
    return bool(_ADDRESS.fullmatch(text))


def address_of(coords: Coords, row_mark: str = "$", column_mark: str = "$") -> str:
    """Write the address of a place, such as $A$1:$B$2."""
    row, column, height, width = coords
    corners = [(row, column), (row + height - 1, column + width - 1)]
    names = [f"{column_mark}{col_name(c)}{row_mark}{r}" for r, c in corners]
    return ":".join(names[: 1 if height == width == 1 else 2])


def hull(one: Coords, other: Coords) -> Coords:
    """Give the smallest place that holds two."""
    row, column = min(one[0], other[0]), min(one[1], other[1])
    below = max(one[0] + one[2], other[0] + other[2])
    beside = max(one[1] + one[3], other[1] + other[3])
    return row, column, below - row, beside - column


def end_of(filled: Sequence[bool], at: int, step: int, last: int) -> int:
    """
    Go as Ctrl and an arrow key do, along cells of which it is known whether they are filled.

    From within what is filled to its end; else to the next that is filled, or to the edge.
    """

    def is_filled(place: int) -> bool:
        return 0 < place <= len(filled) and filled[place - 1]

    edge = last if step > 0 else 1
    if is_filled(at) and is_filled(at + step):
        while is_filled(at + step):
            at += step
        return at
    ahead = range(at + step, len(filled) + 1 if step > 0 else 0, step)
    return next((place for place in ahead if is_filled(place)), edge)
