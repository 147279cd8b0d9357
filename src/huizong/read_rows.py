"""Read the rows of a ledger or plan; nothing is cut off, nothing that is none is counted."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches

from huizong.cells import address, column_letters, plain, read_date, read_figure, squash
from huizong.findings import named
from huizong.forms import Column, Ledger
from huizong.layout import ON_PAPER
from huizong.ledger_states import read_state
from huizong.periods import YEARS
from huizong.records import Finding, LedgerRows, LedgerTotal
from huizong.sheets import (
    cell_fault,
    covered,
    finding,
    is_real_date,
    number_in_date,
    plain_text,
    rows_below,
    saved_as_zero,
)
from huizong.workbooks import Sheet, Workbook

# A spreadsheet keeps 15 digits of what is typed as a number; the rest of an ID number is lost.
LONGEST_NUMBER = 1e15
SHOWN_ROWS = 12
TOTAL = re.compile(r"(?:本页|本表|全部|以上)?(?:合计|小计|总计|共计|累计)|Total|Subtotal")

# A total of some of the rows above is held against nothing.
PARTIAL = ("小计", "本页合计", "本页小计", "Subtotal")

Readers = Sequence[tuple[Column, int]]


@dataclass(frozen=True, slots=True)
class LedgerHeading:
    """The heading row of a ledger sheet: column numbers by key."""

    row: int
    columns: Mapping[str, int]
    findings: tuple[Finding, ...] = ()


@dataclass(slots=True)
class _Taken:
    """The rows taken so far from one sheet, and what was found on the way."""

    book: Workbook
    sheet: Sheet
    under: Mapping[tuple[int, int], object]
    faulty: bool
    numbers: list[int] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    odd: list[tuple[int, str, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def say(self, code: str, level: str, row: int, at: int, column: Column, **more: object) -> None:
        """Note a finding at one cell."""
        details = {"subject": column.key, **named(column), **more}
        self.findings.append(finding(code, level, self.sheet, row, at, **details))

    def strange(self, column: Column, kind: str) -> None:
        """Mark the cell of the row being taken as none of its column's type."""
        self.odd.append((len(self.rows), column.key, kind))


def find_ledger_heading(
    sheet: Sheet, top: Sequence[Sequence[str]], ledger: Ledger
) -> LedgerHeading | None:
    """Find the row that has most of a ledger's column names; at least half of them."""
    names = {squash(name): one.key for one in ledger.columns for name in (one.zh, one.en)}
    best = max(
        range(len(top)), key=lambda row: sum(text in names for text in top[row]), default=None
    )
    if best is None:
        return None
    found: dict[str, list[int]] = {}
    for column, text in enumerate(top[best]):
        if text in names:
            found.setdefault(names[text], []).append(column)
    if 2 * len(found) < len(ledger.columns):
        return None
    columns = {key: places[0] for key, places in found.items()}
    strange = [text for text in top[best] if text and text not in names]
    findings = tuple(_heading_faults(sheet, best, strange, ledger, found))
    return LedgerHeading(best, columns, findings)


def _heading_faults(
    sheet: Sheet, row: int, strange: Sequence[str], ledger: Ledger,
    found: Mapping[str, Sequence[int]],
) -> Iterator[Finding]:  # fmt: skip
    """A column gone, renamed (a near name is offered, never taken), or standing twice."""
    for column in ledger.columns:
        places = found.get(column.key, ())
        common = {"subject": column.key, **named(column)}
        if len(places) > 1:
            yield finding("column_twice", "ask", sheet, row, places[1], **common)
        if places or not column.entry:
            continue
        near = get_close_matches(squash(column.zh), strange, 1, 0.5)
        offered = near[0] if near else "——"
        yield finding("column_missing", "must", sheet, row, 0, offered=offered, **common)


def read_ledger(
    book: Workbook, sheet: Sheet, state: tuple[str, str], heading: LedgerHeading, ledger: Ledger,
) -> tuple[LedgerRows, tuple[Finding, ...]]:  # fmt: skip
    """
    Read every filled row below the heading; rows of totals are left out, checked and listed.

    `state` is what stands in the cell of the ledger's state, and that cell.
    """
    faulty = bool(sheet.errors or sheet.uncached or sheet.refused_numbers)
    under = covered(sheet) if sheet.merges else {}
    taken = _Taken(book, sheet, under, faulty, findings=list(heading.findings))
    # A computed column is worked out again from the others, whatever its cells show.
    keys = tuple(one.key for one in ledger.columns if one.key in heading.columns and not one.rule)
    readers = [(ledger.by_key[key], heading.columns[key]) for key in keys]
    entries = [at for one, at in readers if one.entry]
    for row, cells in rows_below(sheet, heading.row):
        if not any(map(_says, (cells[at] for at in entries if at < len(cells)))) and not (
            faulty and any(cell_fault(sheet, row, at) for at in entries)
        ):
            continue
        if _is_heading(cells, readers):
            continue
        if label := _total_label(cells, readers):
            _leave_total(taken, row, cells, readers, label)
        else:
            _take(taken, row, cells, readers)
    _tell_hidden(taken, readers)
    status, faults = read_state(sheet, state, ledger, len(taken.rows))
    taken.findings += faults
    letters = tuple(column_letters(at) for _, at in readers)
    rows = LedgerRows(
        ledger.symbol, status, sheet.name, keys, letters,
        tuple(taken.numbers), tuple(taken.rows), tuple(taken.odd),
    )  # fmt: skip
    return rows, tuple(taken.findings)


def _says(value: object) -> bool:
    """Whether anything stands in a cell; a blank typed into it is nothing."""
    return value != "" and (value.__class__ is not str or not value.isspace())


def _is_heading(cells: Sequence[object], readers: Readers) -> bool:
    """Tell whether a row names the columns once more, as people do for a second page."""
    filled = [(one, cells[at]) for one, at in readers if at < len(cells) and cells[at] != ""]
    named = sum(
        value.__class__ is str and squash(value) in (squash(one.zh), squash(one.en))
        for one, value in filled
    )
    return named > 1 and 2 * named > len(filled)


def _total_label(cells: Sequence[object], readers: Readers) -> str:
    """Tell whether a row is a total: 合计 or 小计 in its first or second filled cell."""
    filled = (cells[at] for _, at in readers if at < len(cells) and cells[at] != "")
    for value, _ in zip(filled, range(2), strict=False):
        if value.__class__ is str and TOTAL.fullmatch(text := squash(value).rstrip(":")):
            return text
    return ""


def _leave_total(
    taken: _Taken, row: int, cells: Sequence[object], readers: Readers, label: str
) -> None:
    """A row of totals is no entry; an amount in it is held against the rows above."""
    first = readers[0][1]
    taken.findings.append(finding("total_row", "info", taken.sheet, row, first, found=label))
    for index, (column, at) in enumerate(readers):
        value = cells[at] if at < len(cells) else ""
        if not (column.numeric and column.entry and value.__class__ is float) or label in PARTIAL:
            continue
        above = sum((_amount(one[index]) for one in taken.rows), Decimal(0))
        if round(Decimal(value), 6) != round(above, 6):
            more = {"found": plain_text(value), "value": plain(above)}
            taken.say("total_differs", "note", row, at, column, **more)


def _amount(text: str | None) -> Decimal:
    return Decimal(text) if text and text.replace(".", "", 1).lstrip("-").isdigit() else Decimal(0)


def _take(taken: _Taken, row: int, cells: Sequence[object], readers: Readers) -> None:
    values: list[str | None] = []
    for column, at in readers:
        value = cells[at] if at < len(cells) else ""
        fault = cell_fault(taken.sheet, row, at) if taken.faulty else None
        if fault:
            taken.strange(column, "error")
            taken.say(fault[0], "must", row, at, column, found=fault[1])
            values.append(None)
        elif value == "" or value is None:
            values.append(None)
        elif (row, at) in taken.under:
            taken.say("under_merge", "info", row, at, column, found=plain_text(value))
            values.append(None)
        elif column.entry and saved_as_zero(taken.book, taken.sheet, row, at, value):
            if column.numeric:
                taken.say("formula_zero", "info", row, at, column, found=plain_text(value))
            values.append(None)
        else:
            values.append(_cell(taken, row, at, column, value))
    taken.numbers.append(row + 1)
    taken.rows.append(tuple(values))


def _tell_hidden(taken: _Taken, readers: Readers) -> None:
    """Say once which rows and columns with data are hidden; they count like the others."""
    hidden = [str(n) for n in taken.numbers if n - 1 in taken.sheet.hidden_rows]
    if hidden:
        shown = "、".join(hidden[:SHOWN_ROWS])
        taken.findings.append(
            finding("hidden_rows", "info", taken.sheet, int(hidden[0]) - 1, 0,
                    rows=shown, count=len(hidden))
        )  # fmt: skip
    for index, (column, at) in enumerate(readers):
        if at in taken.sheet.hidden_columns and any(row[index] for row in taken.rows):
            taken.say("hidden_column", "info", taken.numbers[0] - 1, at, column)


def _cell(taken: _Taken, row: int, at: int, column: Column, value: object) -> str | None:
    """Read one cell as its column's type wants it; what does not fit is kept and marked odd."""
    if not column.entry:
        # People number their rows as they like; nothing depends on it.
        return plain_text(value) or None
    if column.type == "date":
        return _date(taken, row, at, column, value)
    if column.numeric:
        return _number(taken, row, at, column, value)
    if value.__class__ is float and abs(value) >= LONGEST_NUMBER:
        taken.strange(column, "error")
        taken.say("digits_lost", "must", row, at, column)
        return None
    text = plain_text(value)
    return _choice(taken, row, at, column, text) if column.choices and text else text or None


def _choice(taken: _Taken, row: int, at: int, column: Column, text: str) -> str:
    if text in column.choices:
        return text
    known = {squash(one): one for one in column.choices}
    if squash(text) in known:
        return known[squash(text)]
    expected = "、".join(column.choices)
    taken.say("not_a_choice", "must", row, at, column, found=text, expected=expected)
    return text


def _date(taken: _Taken, row: int, at: int, column: Column, value: object) -> str | None:
    day = read_date(value)
    if day is None or day.year not in YEARS:
        taken.strange(column, "text")
        taken.say("not_date", "must", row, at, column, found=plain_text(value))
        return plain_text(value)
    if not isinstance(value, dt.date):
        taken.say("repair_date", "info", row, at, column, found=plain_text(value), value=day)
    return day.isoformat()


def _number(taken: _Taken, row: int, at: int, column: Column, value: object) -> str | None:
    """Read a number of a ledger; 0 and blank stay two things."""
    if value.__class__ is float and abs(value) < 1e15 and value == int(value):
        return str(int(value))
    hidden = number_in_date(taken.book, taken.sheet, row, at, value)
    if hidden is not None and is_real_date(value):
        taken.strange(column, "text")
        taken.say("date_typed", "must", row, at, column, found=plain_text(value))
        return plain_text(value)
    figure = read_figure(value if hidden is None else hidden, column.unit)
    shown = plain_text(value)
    if figure.state == "number" and figure.value is not None:
        text = plain(figure.value)
        if hidden is not None:
            taken.say("date_format", "info", row, at, column, found=shown, value=text)
        elif figure.repair:
            taken.say(f"repair_{figure.repair}", "info", row, at, column, found=shown, value=text)
        return text
    if figure.state in ("na", "text"):
        taken.strange(column, figure.state)
    if figure.doubt:
        level = "info" if figure.doubt == "placeholder" else "must"
        more = {"found": shown, "hint": figure.hint, "measure": column.unit or "——"}
        taken.say(figure.doubt, level, row, at, column, **more)
    return shown if figure.state == "text" else None


def ledger_totals(rows: LedgerRows, ledger: Ledger) -> Iterator[LedgerTotal]:
    """Count and add up a ledger's rows, free of names, for the levels above."""
    if rows.status == ON_PAPER:
        return
    yield LedgerTotal(ledger.symbol, "rows", str(len(rows.rows)))
    odd = {(position, key) for position, key, _ in rows.odd}
    for column in ledger.columns:
        if column.key not in rows.keys:
            continue
        at = rows.keys.index(column.key)
        if column.choices:
            values = [row[at] for row in rows.rows]
            for choice in column.choices:
                yield LedgerTotal(
                    ledger.symbol, f"count:{column.key}={choice}", str(values.count(choice))
                )
        elif column.numeric and column.entry and ledger.kind != "plan":
            numbers = [
                Decimal(row[at])
                for position, row in enumerate(rows.rows)
                if row[at] is not None and (position, column.key) not in odd
            ]
            yield LedgerTotal(ledger.symbol, f"sum:{column.key}", plain(sum(numbers, Decimal(0))))


def cell_of(rows: LedgerRows, number: int, key: str) -> str:
    """Name the cell of a ledger row's column, such as D7."""
    return (
        f"{rows.columns[rows.keys.index(key)]}{number}"
        if key in rows.keys
        else address(number - 1, 0)
    )
