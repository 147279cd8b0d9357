"""What relations are judged over: the returns of many units, as vectors made when needed."""

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np
import pandas as pd

from huizong.exact import Exact
from huizong.forms import Column, Indicator, Ledger
from huizong.language import CheckedSet
from huizong.layout import ON_PAPER
from huizong.meaning import prefix_of
from huizong.periods import Period
from huizong.records import FigureCell, LedgerRows, Reading

NUMBER, BLANK, NA, TEXT, ERROR = range(5)
_STATES = {
    "number": NUMBER, "date": NUMBER, "blank": BLANK, "na": NA, "text": TEXT, "choice": TEXT,
    "error": ERROR,
}  # fmt: skip
_FEW = 256


class Header(msgspec.Struct, frozen=True):
    """
    What a return's heading says, and what its office knows beside it.

    `expected` is the number of units below that should report; `ytd` the figures of the year up
    to and with this period, without those whose coverage has gaps; `children` the sums over the
    units below; `workdays` overrides Monday to Friday where holidays are known.
    """

    period: Period
    level: str
    expected: int | None = None
    ytd: Mapping[str, Any] | None = None
    children: Mapping[str, Any] | None = None
    workdays: int | None = None


@dataclass(frozen=True, slots=True)
class Returns:
    """The readings of one form set: of this period, the last, and a year ago; None where absent."""

    now: tuple[Reading | None, ...]
    previous: tuple[Reading | None, ...] = ()
    year_ago: tuple[Reading | None, ...] = ()

    def at(self, when: str) -> tuple[Reading | None, ...]:
        """The readings of now, previous or year_ago, one for each return."""
        return getattr(self, when) or (None,) * len(self.now)


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What other form sets say of the same units and period, in the same order as theirs."""

    checked: Mapping[str, CheckedSet] = field(default_factory=dict)
    returns: Mapping[str, Returns] = field(default_factory=dict)


NOTHING_BESIDE = Beside()


class Values(msgspec.Struct, frozen=True, eq=False):
    """One figure or column: its texts, and the state of each cell."""

    texts: np.ndarray
    state: np.ndarray
    number: Exact


class Table:
    """The filled rows of one ledger over all returns, in the order of returns and of the sheet."""

    def __init__(self, ledger: Ledger, readings: Sequence[Reading | None]) -> None:
        self.ledger = ledger
        found = [_rows_of(ledger.symbol, reading) for reading in readings]
        self._parts = tuple(rows for rows in found if rows is not None)
        sizes = [len(rows.rows) if rows is not None else 0 for rows in found]
        self._odd: dict[str, list[tuple[int, str]]] = {}
        self._find_odd()
        self._keep = self._filled(sum(sizes))
        self.absent = np.array([rows is None for rows in found], dtype=bool)
        self.owner = np.repeat(np.arange(len(found)), sizes)[self._keep]
        numbers = [number for rows in self._parts for number in rows.numbers]
        self.numbers = np.array(numbers, dtype=np.int64)[self._keep]
        self._found = found
        self._places = np.concatenate([np.arange(0), *map(np.arange, sizes)])[self._keep]
        self._columns: dict[str, Values] = {}

    def __len__(self) -> int:
        return len(self.owner)

    def column(self, key: str) -> Values:
        """Read one column; it is parsed once."""
        if key not in self._columns:
            column = self.ledger.by_key[key]
            texts = self._texts(key)
            state = np.where(pd.isna(texts), BLANK, TEXT if kind_of(column) == "text" else NUMBER)
            for position, kind in self._odd.get(key, ()):
                state[position] = _STATES[kind]
            values = values_of(texts[self._keep], state[self._keep], kind_of(column))
            self._columns[key] = values
        return self._columns[key]

    def _texts(self, key: str) -> np.ndarray:
        found: list[str | None] = []
        for rows in self._parts:
            if key in rows.keys:
                at = rows.keys.index(key)
                found += [row[at] for row in rows.rows]
            else:
                found += [None] * len(rows.rows)
        texts = np.empty(len(found), dtype=object)
        texts[:] = found
        return texts

    def _find_odd(self) -> None:
        """Place the odd cells of all returns, by column."""
        start = 0
        for rows in self._parts:
            for at, key, kind in rows.odd:
                self._odd.setdefault(key, []).append((start + at, kind))
            start += len(rows.rows)

    def _filled(self, size: int) -> np.ndarray:
        """Which rows exist: any column that a person fills is filled."""
        count = [len(row) - row.count(None) for rows in self._parts for row in rows.rows]
        filled = np.array(count, dtype=np.int64).reshape(size)
        for column in self.ledger.columns:
            if not column.entry:
                filled -= ~pd.isna(self._texts(column.key))
        keep = filled > 0
        for column in self.ledger.columns:
            # An error is no blank, though the reader keeps no text of it.
            if column.entry:
                keep[[position for position, _ in self._odd.get(column.key, ())]] = True
        return keep

    @cached_property
    def has_above(self) -> np.ndarray:
        """Whether the row directly above is filled too."""
        same = (self.owner[1:] == self.owner[:-1]) & (self.numbers[1:] == self.numbers[:-1] + 1)
        return np.concatenate([np.zeros(min(1, len(self)), dtype=bool), same])

    def entered(self, at: int) -> tuple[str | None, ...]:
        """Give what a person has entered in a row, in the order of the ledger's columns."""
        rows = self._found[self.owner[at]]
        cells = dict(zip(rows.keys, rows.rows[self._places[at]], strict=True))
        return tuple(cells.get(one.key) for one in self.ledger.columns if one.entry)

    def any_of(self, rows: np.ndarray) -> np.ndarray:
        """Tell which returns have one of these rows."""
        found = np.zeros(len(self.absent), dtype=bool)
        found[self.owner[rows]] = True
        return found


def _rows_of(symbol: str, reading: Reading | None) -> LedgerRows | None:
    """A ledger kept on paper is absent: what is tied to it stays undecided."""
    rows = reading.rows_of(symbol) if reading else None
    return None if rows is None or rows.status == ON_PAPER else rows


def kind_of(what: Indicator | Column) -> str:
    """Tell how its cells are read: as number, date or text."""
    return "number" if what.numeric else "date" if what.type == "date" else "text"


def values_of(texts: np.ndarray, state: np.ndarray, kind: str) -> Values:
    """Parse texts of one kind (number, date, text); what doesn't parse counts as text."""
    state = state.astype(np.int8)
    if kind == "text":
        unknown = np.zeros(len(texts), dtype=bool)
        return Values(texts, state, Exact(np.zeros(len(texts), dtype=np.int64), 1, unknown))
    numeric = state == NUMBER
    codes, unique = _distinct(np.where(numeric, texts, None))
    if kind == "date":
        unique = [str(day) if (day := _ordinal(text)) else "" for text in unique]
    # One more at the end, unknown: there the code -1 of a blank lands.
    parsed = Exact.parse([*unique, ""], np.ones(len(unique) + 1, dtype=bool)).take(codes)
    state = np.where(numeric & ~parsed.known, TEXT, state).astype(np.int8)
    return Values(texts, state, parsed)


def _distinct(texts: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Give each text the place of its like among the different ones, -1 to None."""
    if len(texts) > _FEW:
        codes, unique = pd.factorize(texts)
        return codes, list(map(str, unique))
    # Finding equal ones among a few takes longer than parsing them all.
    present = np.array([text is not None for text in texts], dtype=bool)
    return np.where(present, np.arange(len(texts)), -1), [str(text or "") for text in texts]


def _ordinal(text: str) -> int | None:
    try:
        return dt.date.fromisoformat(text[:10]).toordinal()
    except ValueError:
        return None


class Ground:
    """Many returns of one form set, their pasts, and the other sets of the same units."""

    def __init__(
        self,
        checked: Mapping[str, CheckedSet],
        returns: Mapping[str, Returns],
        headers: Sequence[Header],
        own: str,
    ) -> None:
        self.checked = checked
        self.headers = tuple(headers)
        self.own = own
        self._returns = returns
        self._figures: dict[Hashable, Values] = {}
        self._tables: dict[Hashable, Table] = {}
        self._headings: dict[str, Exact] = {}
        self.memo: dict[Hashable, Any] = {}

    @classmethod
    def of(
        cls,
        checked_sets: Mapping[str, CheckedSet],
        readings: Sequence[Reading],
        previous: Sequence[Reading | None] = (),
        year_ago: Sequence[Reading | None] = (),
        headers: Sequence[Header] = (),
        others: Mapping[str, Returns] = MappingProxyType({}),
    ) -> "Ground":
        """
        Lay out the returns of one form set.

        `previous` and `year_ago` stand beside `readings`, None where there is none; `others` are
        the returns of other sets of the same units, in the same order.
        """
        own = readings[0].identity.set_code if readings else next(iter(checked_sets), "")
        returns = Returns(tuple(readings), tuple(previous), tuple(year_ago))
        return cls(checked_sets, {**others, own: returns}, headers, own)

    def __len__(self) -> int:
        return len(self.headers)

    def beside(self, code: str, position: int) -> Reading | None:
        """Give what the same unit has sent of another form set."""
        returns = self._returns.get(code)
        return returns.now[position] if returns else None

    def _readings(self, name: str, when: str) -> tuple[Reading | None, ...]:
        returns = self._returns.get(prefix_of(name))
        return returns.at(when) if returns else (None,) * len(self)

    def figure(self, code: str, when: str = "now") -> Values:
        """One figure of all returns: of now, previous or year_ago."""
        if (code, when) not in self._figures:
            cells = tuple(_cells(code, self._readings(code, when)))
            texts = np.empty(len(cells), dtype=object)
            texts[:] = [(cell.value or cell.typed or None) if cell else None for cell in cells]
            kind = self._kind(code)
            states = np.array([_STATES[cell.state] if cell else BLANK for cell in cells])
            if kind == "text":
                states[states == NUMBER] = TEXT  # an answer of the past that ends in a digit
            self._figures[code, when] = values_of(texts, states, kind)
        return self._figures[code, when]

    def _kind(self, code: str) -> str:
        checked = self.checked.get(prefix_of(code))
        # Another set's figure where only this set is looked at: it is blank.
        return kind_of(checked.form_set.by_code[code]) if checked else "number"

    def standing(self, code: str, values: Values) -> "Ground":
        """The same ground with one figure put in place of what the returns say."""
        other = Ground(self.checked, self._returns, self.headers, self.own)
        other._figures = {**self._figures, (code, "now"): values}
        other._tables, other._headings = self._tables, self._headings
        return other

    def header(self, name: str) -> Exact:
        """A field of the heading as numbers: dates are ordinals."""
        if name not in self._headings:
            self._headings[name] = Exact.parse(
                *_known([_heading(name, one) for one in self.headers])
            )
        return self._headings[name]

    def given(self, name: str, code: str) -> Exact:
        """A figure that the headings carry: ytd or children."""
        found = [(getattr(one, name) or {}).get(code) for one in self.headers]
        return Exact.parse(*_known(found))

    def table(self, symbol: str, *, previous: bool = False) -> Table:
        """The rows of a ledger, of this period or the last."""
        if (symbol, previous) not in self._tables:
            readings = self._readings(symbol, "previous" if previous else "now")
            ledger = self.checked[prefix_of(symbol)].form_set.by_symbol[symbol]
            self._tables[symbol, previous] = Table(ledger, readings)
        return self._tables[symbol, previous]


def _known(values: list[Any]) -> tuple[list[str], np.ndarray]:
    texts = ["" if value is None else str(value) for value in values]
    return texts, np.array([text != "" for text in texts], dtype=bool)


def _heading(name: str, header: Header) -> int | None:
    period = header.period
    if name == "WORKDAYS":
        if header.workdays is not None:
            return header.workdays
        return int(np.busday_count(period.start, period.end + dt.timedelta(1)))
    return {
        "QUARTER": period.quarter,
        "PERIOD_START": period.start.toordinal(),
        "PERIOD_END": period.end.toordinal(),
        "DAYS": (period.end - period.start).days + 1,
        "EXPECTED": header.expected,
    }[name]


def _cells(code: str, readings: Sequence[Reading | None]) -> Iterator[FigureCell | None]:
    """Find a figure in each return: nearly always in the same place."""
    place = 0
    for reading in readings:
        figures = reading.figures if reading else ()
        if place >= len(figures) or figures[place].code != code:
            place = next((at for at, cell in enumerate(figures) if cell.code == code), len(figures))
        yield figures[place] if place < len(figures) else None
