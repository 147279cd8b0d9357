"""What a file says about its cells beyond their values, the same for every format."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from huizong.refused import Refused

MAX_AREA = 5_000_000
MAX_ROWS = 50_000

# The look of a cell in which nothing is seen: white on white, or a format that shows nothing.
VEILED = "veiled"

Cell = tuple[int, int]
Merge = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """The facts of one sheet; cells are (row, column) from 0, merges (top, left, bottom, right)."""

    name: str
    visible: str = "visible"
    kind: str = "worksheet"
    height: int = 0
    width: int = 0
    errors: Mapping[Cell, str] = field(default_factory=dict)
    formulas: frozenset[Cell] = frozenset()
    uncached: frozenset[Cell] = frozenset()
    merges: tuple[Merge, ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    refused_numbers: frozenset[Cell] = frozenset()
    external: frozenset[Cell] = frozenset()
    # calamine maps 59 and 60 to one day and every negative date to midnight.
    lost_serials: Mapping[Cell, float] = field(default_factory=dict)
    # VEILED, or the number format that shows another number; notes are those that hold a number.
    looks: Mapping[Cell, str] = field(default_factory=dict)
    notes: frozenset[Cell] = frozenset()


@dataclass(frozen=True, slots=True)
class BookFacts:
    """The facts of one workbook, with its sheets in the order of their tabs."""

    sheets: tuple[SheetFacts, ...]
    macros: bool
    external_links: bool
    date1904: bool


def check_size(sheet: str, height: int, width: int, filled_rows: int) -> None:
    """Refuse a sheet with too many filled rows, or too wide an area from A1 to its last value."""
    if filled_rows > MAX_ROWS:
        raise Refused("too_many_rows", sheet=sheet, rows=filled_rows)
    # From A1, not from the first value: that is the grid which calamine builds.
    if height * width > MAX_AREA:
        raise Refused("too_wide", sheet=sheet, rows=height, columns=width)


def within(ranges: Iterable[tuple[int, int]], end: int) -> frozenset[int]:
    """Return the members of inclusive ranges that lie before the end."""
    return frozenset(n for first, last in ranges for n in range(first, min(last + 1, end)))


def loses_its_serial(number: float) -> bool:
    """Tell whether a number in a date cell cannot be had back from the date."""
    return number < 0 or 59 <= number < 61
