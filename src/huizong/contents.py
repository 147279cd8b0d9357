"""What the sheets of a summary have in common: figures by unit, who is missing, changes, lights."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from huizong.cells import NOT_APPLICABLE
from huizong.forms import FormSet, Indicator, Ledger
from huizong.layout import asked_elsewhere
from huizong.pages import foreign
from huizong.periods import Period
from huizong.records import MISSING, PASSED, FigureCell, LedgerRows, Summary, Total, UnitReturn
from huizong.recount import recount, rounded
from huizong.texts import language, listed, say

# Under this a change in percent says nothing (2 instead of 1 is no doubling).
MINIMUM_BASE = 10
DONE = "已完成"
Ratio = Callable[[Indicator, Mapping[str, str]], str | None]


@dataclass(frozen=True)
class Contents:
    """A summary with its form set, and what more than one sheet asks of the two."""

    summary: Summary
    form_set: FormSet

    @cached_property
    def period(self) -> Period:
        """The reporting period."""
        return Period.parse(self.summary.identity.period)

    def left_out(self) -> list[str]:
        """Say what the totals lack beside whole units: own figures, and units below those below."""
        said = []
        own = self.summary.own
        if own is not None and not own.included and own.state != MISSING:
            said.append(say("summary.own_left_out", state=say(f"state.{own.state}")))
        for unit in self.summary.units:
            below = unit.reading
            if unit.included and below is not None and below.reported < below.expected:
                mark = f"{below.reported}/{below.expected}"
                names = foreign(listed(below.missing))
                told = {"unit": foreign(unit.unit.name), "mark": mark, "names": names}
                said.append(say("summary.below_left_out", **told))
        return said

    @property
    def period_name(self) -> str:
        """The period as a heading has it."""
        return self.period.en if language() == "en" else self.period.zh

    @cached_property
    def office(self) -> str:
        """The name of the office whose summary it is."""
        return foreign(self.summary.identity.name)

    @cached_property
    def totals(self) -> Mapping[str, Total]:
        """Totals by code."""
        return {total.code: total for total in self.summary.totals}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the units, fit to print."""
        return tuple(foreign(entry.unit.name) for entry in self.summary.units)

    @cached_property
    def not_included(self) -> tuple[str, ...]:
        """Names of the units that are not in the totals."""
        pairs = zip(self.names, self.summary.units, strict=True)
        return tuple(name for name, entry in pairs if not entry.included)

    @cached_property
    def missing(self) -> tuple[str, ...]:
        """Names of the units that have sent nothing."""
        pairs = zip(self.names, self.summary.units, strict=True)
        return tuple(name for name, entry in pairs if entry.state == MISSING)

    @property
    def expected(self) -> int:
        """How many units should report."""
        return len(self.summary.units)

    @property
    def received(self) -> int:
        """How many units have sent something."""
        return self.expected - len(self.missing)

    @property
    def complete(self) -> bool:
        """Whether every unit is in the totals."""
        return self.summary.reported == self.expected

    @cached_property
    def figures(self) -> tuple[Mapping[str, FigureCell], ...]:
        """Per unit its figures by code; empty for a unit that is not in the totals."""
        return tuple(
            {cell.code: cell for cell in entry.reading.figures}
            if entry.included and entry.reading
            else {}
            for entry in self.summary.units
        )

    @cached_property
    def units_alone(self) -> Mapping[str, str]:
        """The units added up without the office's own figures, by code."""
        known = self.form_set.by_code
        figures = [
            {code: plain_value(cell) for code, cell in unit.items() if code in known}
            for unit in self.figures
        ]
        return recount(self.form_set, figures, self.parts)

    @cached_property
    def parts(self) -> tuple[Mapping[str, Mapping[str, str]], ...]:
        """Per unit the parts of each rate that its summary has over a part of its units."""
        known = self.form_set
        computed = [one.code for one in known.indicators if one.computed]
        rates = [code for code in computed if not asked_elsewhere(known, code)]
        return tuple(
            {code: parts for code in rates if (parts := entry.reading.parts_of(code))}
            if entry.included and entry.reading
            else {}
            for entry in self.summary.units
        )

    def lacking(self, code: str) -> tuple[str, ...]:
        """Names of the units in the totals that left one figure blank, and of those not in them."""
        good = ("number", "na")
        return tuple(
            name
            for name, figures in zip(self.names, self.figures, strict=True)
            if (cell := figures.get(code)) is None or cell.state not in good
        )

    @cached_property
    def undone(self) -> tuple[tuple[str, Mapping[str, str]], ...]:
        """The plan items that are not done, by unit: public columns only."""
        plan = self.form_set.plan
        if plan is None:
            return ()
        entries = list(zip(self.names, self.summary.units, strict=True))
        if self.summary.own:
            entries.insert(0, (say("summary.heading.own"), self.summary.own))
        return tuple(
            (name, item)
            for name, entry in entries
            if entry.included and (rows := rows_of(entry, plan))
            for item in _undone_items(rows, plan)
        )

    @cached_property
    def statuses(self) -> tuple[str, ...]:
        """The choices of the plan's status column."""
        plan = self.form_set.plan
        column = plan.by_key.get("status") if plan else None
        return column.choices if column else ()


def _undone_items(rows: LedgerRows, plan: Ledger) -> Iterator[Mapping[str, str]]:
    """Give the items of one plan that are not done, without what is not public."""
    if "status" not in rows.keys:
        return
    status = rows.keys.index("status")
    columns = [
        (key, at)
        for at, key in enumerate(rows.keys)
        if (column := plan.by_key.get(key)) and column.public and not column.personal
    ]
    for row in rows.rows:
        if row[status] != DONE:
            yield {key: foreign(row[at] or "") for key, at in columns}


def plain_value(cell: FigureCell) -> str:
    """Give a figure as a plain decimal, —— where not applicable, else nothing."""
    return cell.value if cell.state == "number" else NOT_APPLICABLE if cell.state == "na" else ""


def rows_of(entry: UnitReturn, ledger: Ledger) -> LedgerRows | None:
    """Find the rows of a ledger or plan in a return."""
    return entry.reading.rows_of(ledger.symbol) if entry.reading else None


def is_number(text: str) -> bool:
    """Whether a value of a record is a figure, not —— and not blank."""
    return bool(text) and text != NOT_APPLICABLE


def change(indicator: Indicator, now: str, before: str) -> str:
    """
    Give the change in percent, for a percentage in points; —— where the base is too small.
    """
    if not (is_number(now) and is_number(before)):
        return NOT_APPLICABLE if now else ""
    new, old = Decimal(now), Decimal(before)
    if indicator.type == "percent":
        return str(new - old)
    if not old or max(abs(new), abs(old)) < MINIMUM_BASE:
        return NOT_APPLICABLE
    return str(rounded(Fraction(new - old) / Fraction(abs(old)) * 100, 1))


def light(indicator: Indicator, value: str) -> str:
    """Name the light of a figure by its limits: green, amber, red, or nothing without limits."""
    if indicator.green is None or not indicator.better or not is_number(value):
        return ""
    amber = indicator.green if indicator.amber is None else indicator.amber
    sign = 1 if indicator.better == "more" else -1
    number = sign * Decimal(value)
    if number >= sign * indicator.green:
        return "green"
    return "amber" if number >= sign * amber else "red"


def some(names: tuple[str, ...], most: int = 5) -> str:
    """Name the first few and say how many there are: 甲社区、乙社区等7个."""
    shown = say("summary.and").join(names[:most])
    return shown if len(names) <= most else say("summary.some", names=shown, count=len(names))


def first_pass(entry: UnitReturn) -> bool:
    """Whether a unit's first file has passed."""
    return entry.state == PASSED and entry.version == 1
