"""Returns as text, for tests of relations: what stands in each cell, one statement a line.

    TJ02 5                  a figure; PREV TJ20 7, YEARAGO, YTD, CHILDREN likewise
    TJ02 ——                 not applicable;  TJ02 #N/A  an error;  TJ02 十来件  a text
    TJ_L1 result=成功 | amount_yuan=300      one row of a ledger; PREV TJ_P … of last period's
    ABSENT TJ_P             the workbook lacks the sheet of a ledger
    PERIOD 2026Q3  LEVEL 街道  EXPECTED 5    the heading, one statement each

Statements may also be divided by semicolons.
"""

import re
from dataclasses import dataclass, field

from huizong.forms import FormSet, Ledger
from huizong.ground import Header
from huizong.periods import Period
from huizong.records import FigureCell, Identity, LedgerRows, Reading

WHEN = {"PREV": "previous", "YEARAGO": "year_ago", "YTD": "ytd", "CHILDREN": "children"}
ERROR, NA = "#N/A", "——"
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
FIRST_ROW = 2
FIRST_QUARTER = Period.parse("2026Q1")


@dataclass
class Filling:
    """What stands in one return, in its past, and beside it."""

    period: Period = FIRST_QUARTER
    level: str = "社区"
    expected: int | None = None
    figures: dict[tuple[str, str], str] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    absent: set[str] = field(default_factory=set)

    def header(self) -> Header:
        """What its office knows beside it."""
        given = {
            when: {code: text for (at, code), text in self.figures.items() if at == when}
            for when in ("ytd", "children")
        }
        return Header(self.period, self.level, self.expected, given["ytd"], given["children"])

    def reading(self, form_set: FormSet, when: str = "now") -> Reading:
        """Give what the reader would say of it."""
        who = Identity(form_set.code, form_set.version, str(self.period), "990101001001", "甲社区")
        figures = tuple(
            figure_cell(one.code, kind_of(one), self.figures.get((when, one.code), ""))
            for one in form_set.indicators
        )
        ledgers = tuple(
            ledger_rows(ledger, self.rows.get((when, ledger.symbol), []))
            for ledger in form_set.ledgers
            if ledger.symbol not in self.absent
        )
        return Reading(who, figures=figures, ledgers=ledgers)


def filling(text: str) -> Filling:
    """Read a return written as text."""
    found = Filling()
    for line in filter(None, (line.strip() for line in re.split(r"[;\n]", text))):
        first, _, rest = line.partition(" ")
        if first == "PERIOD":
            found.period = Period.parse(rest)
        elif first == "LEVEL":
            found.level = rest
        elif first == "ABSENT":
            found.absent.add(rest)
        elif first == "EXPECTED":
            found.expected = int(rest)
        else:
            _add(found, line)
    return found


def _add(found: Filling, line: str) -> None:
    first, _, rest = line.partition(" ")
    when = WHEN.get(first, "now")
    if when != "now":
        first, _, rest = rest.partition(" ")
    if "_" not in first:
        found.figures[when, first] = rest
        return
    cells = (cell.strip().partition("=") for cell in rest.split("|") if cell.strip())
    found.rows.setdefault((when, first), []).append({key: value for key, _, value in cells})


def kind_of(what: object) -> str:
    """Tell number, date or text of an indicator or column."""
    return "number" if what.numeric else "date" if what.type == "date" else "text"


def state_of(kind: str, text: str) -> str:
    """Tell the state of a cell with this text in it."""
    if not text:
        return "blank"
    if text == ERROR:
        return "error"
    if kind == "text":
        return "choice"
    if text == NA:
        return "na"
    fits = (_NUMBER if kind == "number" else _DATE).fullmatch(text)
    return {"number": "number", "date": "date"}[kind] if fits else "text"


def figure_cell(code: str, kind: str, text: str) -> FigureCell:
    """Give what the reader would say of a figure's cell."""
    state = state_of(kind, text)
    if kind == "text" and text == NA:
        state = "na"
    value = text if state in ("number", "date", "choice") else ""
    return FigureCell(code, state, value, "", text)


def ledger_rows(ledger: Ledger, rows: list[dict[str, str]]) -> LedgerRows:
    """Give what the reader would say of a ledger's rows; an empty dict is an empty line."""
    keys = tuple(column.key for column in ledger.columns)
    numbers, taken, odd = [], [], []
    for number, row in enumerate(rows, FIRST_ROW):
        if not row:
            continue
        cells: list[str | None] = []
        for column in ledger.columns:
            state = state_of(kind_of(column), row.get(column.key, ""))
            if state in ("na", "error", "text"):
                odd.append((len(taken), column.key, state))
            cells.append(None if state in ("blank", "na", "error") else row[column.key])
        numbers.append(number)
        taken.append(tuple(cells))
    letters = tuple(f"{chr(65 + at)}" for at in range(len(keys)))
    return LedgerRows(
        ledger.symbol, "有", ledger.zh, keys, letters, tuple(numbers), tuple(taken), tuple(odd)
    )
