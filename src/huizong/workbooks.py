"""Open a received workbook. Called only inside a child process: the parser may bring it down."""

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from python_calamine import CalamineError, CalamineWorkbook

from huizong.facts import Cell, Merge, SheetFacts
from huizong.gate import Admitted, Kind, admit
from huizong.refused import Refused
from huizong.zips import repack, unpack

Value = float | int | str | bool | dt.date | dt.time | dt.datetime | dt.timedelta

DAY = dt.timedelta(days=1)
EPOCH_1900 = dt.datetime(1899, 12, 30)
EPOCH_1904 = dt.datetime(1904, 1, 1)
LEAP_BUG_ENDS = dt.datetime(1900, 3, 1)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its values from A1 on, and the facts of its cells, (row, column) from 0."""

    name: str
    visible: str
    kind: str
    rows: list[list[Value]]
    errors: Mapping[Cell, str]
    formulas: frozenset[Cell]
    uncached: frozenset[Cell]
    merges: tuple[Merge, ...]
    hidden_rows: frozenset[int]
    hidden_columns: frozenset[int]
    refused_numbers: frozenset[Cell]
    external: frozenset[Cell]
    lost_serials: Mapping[Cell, float]
    looks: Mapping[Cell, str]
    notes: frozenset[Cell]


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook as received."""

    kind: Kind
    sheets: tuple[Sheet, ...]
    macros: bool
    external_links: bool
    date1904: bool
    decrypted: bool

    def serial(self, sheet: Sheet, row: int, column: int) -> float:
        """Return the number that was typed into a cell which shows it as a date or a time."""
        lost = sheet.lost_serials.get((row, column))
        if lost is not None:
            return lost
        value = sheet.rows[row][column]
        return serial(value, self.date1904, leap_bug=self.kind is not Kind.ODS)


def serial(value: Value, date1904: bool, *, leap_bug: bool = True) -> float:
    """
    Turn a date or a time back into the number which it shows: 1900-01-12 is 12.

    Two numbers cannot be had back from the value alone: 60 (shown as 1900-02-28, taken as 59) and
    any below zero (shown as midnight); `Workbook.serial` knows these from the file.
    """
    if isinstance(value, dt.timedelta):
        return value / DAY
    if isinstance(value, dt.time):
        return (dt.datetime.combine(EPOCH_1900, value) - EPOCH_1900) / DAY
    if not isinstance(value, dt.date):
        return float(value)
    if not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)
    days = (value - (EPOCH_1904 if date1904 else EPOCH_1900)) / DAY
    # Excel believes in a 29 February 1900, so the days before it count one less.
    bug = leap_bug and not date1904 and value < LEAP_BUG_ENDS
    return days - 1 if bug else days


def open_workbook(data: bytes) -> Workbook:
    """
    Open a workbook from its bytes.

    Raises:
        Refused: With the code of the reason.
    """
    admitted = admit(data)
    return Workbook(
        kind=admitted.kind,
        sheets=_read(admitted),
        macros=admitted.macros,
        external_links=admitted.external_links,
        date1904=admitted.facts.date1904,
        decrypted=admitted.decrypted,
    )


def _read(admitted: Admitted) -> tuple[Sheet, ...]:
    try:
        return _sheets(admitted.data, admitted)
    except OverflowError:
        # A number that no date can hold in a date cell fails the whole sheet; without its styles
        # the workbook has plain numbers only.
        if admitted.kind not in (Kind.XLSX, Kind.XLSM):
            raise Refused("damaged", reason="date") from None
        parts = {n: p for n, p in unpack(admitted.data).items() if not n.endswith("styles.xml")}
        return _sheets(repack(parts), admitted)


def _sheets(data: bytes, admitted: Admitted) -> tuple[Sheet, ...]:
    facts = admitted.facts.sheets
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = book.sheet_names
        if len(names) != len(facts):
            raise Refused("structure", reason="sheets")
        sheets = map(partial(_sheet, book), range(len(facts)), names, facts)
        return tuple(sheets)
    except (CalamineError, ValueError) as error:
        raise Refused("damaged", reason="parser") from error


def _sheet(book: CalamineWorkbook, index: int, name: str, facts: SheetFacts) -> Sheet:
    if facts.name and facts.name != name:
        raise Refused("structure", reason="sheets")
    return Sheet(
        name,
        facts.visible,
        facts.kind,
        _rows(book, index, facts),
        facts.errors,
        facts.formulas,
        facts.uncached,
        facts.merges,
        facts.hidden_rows,
        facts.hidden_columns,
        facts.refused_numbers,
        facts.external,
        facts.lost_serials,
        facts.looks,
        facts.notes,
    )


def _rows(book: CalamineWorkbook, index: int, facts: SheetFacts) -> list[list[Value]]:
    if facts.kind == "chart" or not facts.height:
        return []
    # calamine drops leading blank rows and columns unless told not to; addresses would shift.
    return book.get_sheet_by_index(index).to_python(skip_empty_area=False)
