"""Add the units' figures up: exact totals, ratios of summed parts, coverage, own figures beside."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec
import numpy as np

from huizong.cells import NOT_APPLICABLE, plain
from huizong.forms import FormSet, Indicator
from huizong.language import CheckedSet
from huizong.past import Past
from huizong.records import (
    AuditedFinding,
    Change,
    FigureCell,
    Identity,
    LedgerTotal,
    Reading,
    Summary,
    Total,
    UnitReturn,
)

# Works out the rates of readings from their other figures: the same engine as the audit's.
Rates = Callable[[Sequence[Reading]], Sequence[Mapping[str, FigureCell]]]


class _Column(msgspec.Struct, frozen=True):
    """One indicator over the included returns: scaled integers where there is a number."""

    values: np.ndarray
    numbers: np.ndarray
    not_applicable: np.ndarray


def aggregate(
    checked: CheckedSet, identity: Identity, units: Sequence[UnitReturn], own: UnitReturn | None,
    past: Past, rates: Rates, *, made_at: str, number: int = 1, seal: str = "",
    before: Summary | None = None,
) -> Summary:  # fmt: skip
    """
    Make the summary of one form set and period; only units that have passed are added.

    Sums are exact whatever the order of the units; the office's own figures (本级) are added to
    the total and shown beside it, and count in no coverage.
    """
    form_set = checked.form_set
    included = [unit for unit in units if unit.included]
    own_in = own if own is not None and own.included else None
    totals = [
        _total(indicator, included, own_in, len(units), past) for indicator in form_set.indicators
    ]
    totals = _with_rates(form_set, identity, totals, rates)
    return Summary(
        identity=identity,
        seal=seal,
        made_at=made_at,
        number=number,
        totals=tuple(totals),
        units=tuple(units),
        own=own,
        ledger_totals=_ledger_totals([*included, *([own_in] if own_in else [])]),
        changes=_changes(form_set, before, totals),
    )


def _column(indicator: Indicator, returns: Sequence[UnitReturn]) -> _Column:
    cells = [_cell(one, indicator.code) for one in returns]
    states = np.array([cell.state if cell else "blank" for cell in cells], dtype=object)
    numbers = states == "number"
    scaled = [
        int(Decimal(cell.value).scaleb(indicator.scale)) if cell and cell.state == "number" else 0
        for cell in cells
    ]
    # Python integers: a total may not overflow, and summing objects is exact.
    return _Column(np.array(scaled, dtype=object), numbers, states == "na")


def _cell(one: UnitReturn, code: str) -> FigureCell | None:
    if one.reading is None:
        return None
    return next((figure for figure in one.reading.figures if figure.code == code), None)


def _total(
    indicator: Indicator,
    included: Sequence[UnitReturn],
    own: UnitReturn | None,
    expected: int,
    past: Past,
) -> Total:
    own_cell = _cell(own, indicator.code) if own else None
    common = {
        "code": indicator.code,
        "own": own_cell,
        "expected": expected,
        "previous": past.previous.get(indicator.code, ""),
        "year_ago": past.year_ago.get(indicator.code, ""),
    }
    if indicator.computed or not indicator.numeric or indicator.total == "none":
        state = "blank" if indicator.computed else "not_summed"
        return Total(state=state, counted=_counted(indicator, included), **common)
    column = _column(indicator, [*included, *([own] if own else [])])
    counted = int((column.numbers | column.not_applicable)[: len(included)].sum())
    if indicator.total == "distinct":
        return Total(state="no_key", counted=counted, **common)
    if not column.numbers.any():
        state = "na" if column.not_applicable.any() else "blank"
        return Total(state=state, counted=counted, **common)
    value = plain(Decimal(_over(indicator, column)).scaleb(-indicator.scale))
    ytd, coverage = _to_date(indicator, value, past)
    return Total(
        state="number", value=value, counted=counted, ytd=ytd, ytd_coverage=coverage, **common
    )


def _counted(indicator: Indicator, included: Sequence[UnitReturn]) -> int:
    cells = (_cell(one, indicator.code) for one in included)
    return sum(cell is not None and cell.state in ("number", "na") for cell in cells)


def _over(indicator: Indicator, column: _Column) -> int:
    """Bring the units' numbers together as the definition says."""
    numbers = column.values[column.numbers]
    if indicator.total == "max":
        return numbers.max()
    if indicator.total == "min":
        return numbers.min()
    return numbers.sum()


def _to_date(indicator: Indicator, value: str, past: Past) -> tuple[str, str]:
    """Add the year's earlier periods to a flow; a missing one shows as coverage 1/2."""
    if indicator.time != "flow":
        return value, ""
    earlier, have = past.so_far.get(indicator.code, ("0", 0))
    coverage = "" if have == past.expected else f"{have + 1}/{past.expected + 1}"
    return plain(Decimal(value) + Decimal(earlier)), coverage


def _with_rates(
    form_set: FormSet, identity: Identity, totals: Sequence[Total], rates: Rates
) -> list[Total]:
    """Work out every rate of the total, and of the year to date, from summed parts."""
    now = _as_reading(identity, {total.code: (total.state, total.value) for total in totals})
    year = _as_reading(
        identity, {total.code: ("number" if total.ytd else "blank", total.ytd) for total in totals}
    )
    this, to_date = rates([now, year])
    coverage = next((total.ytd_coverage for total in totals if total.ytd), "")
    done = []
    for total in totals:
        if form_set.by_code[total.code].computed:
            cell, ytd = this[total.code], to_date[total.code]
            total = msgspec.structs.replace(
                total, state=cell.state, value=cell.value, ytd=_shown(ytd), ytd_coverage=coverage
            )
        done.append(total)
    return done


def _shown(cell: FigureCell) -> str:
    return NOT_APPLICABLE if cell.state == "na" else cell.value


def _as_reading(identity: Identity, figures: Mapping[str, tuple[str, str]]) -> Reading:
    cells = (FigureCell(code, state, value) for code, (state, value) in figures.items())
    return Reading(identity=identity, figures=tuple(cells))


def totals_reading(summary: Summary) -> Reading:
    """Give the totals as a return of the office's own level, to be audited as one."""
    return _as_reading(
        summary.identity, {total.code: (total.state, total.value) for total in summary.totals}
    )


def _ledger_totals(returns: Iterable[UnitReturn]) -> tuple[LedgerTotal, ...]:
    sums: dict[tuple[str, str], Decimal] = {}
    for one in returns:
        for total in one.reading.ledger_totals if one.reading else ():
            key = (total.symbol, total.key)
            sums[key] = sums.get(key, Decimal(0)) + Decimal(total.value)
    return tuple(LedgerTotal(*key, plain(value)) for key, value in sums.items())


def _changes(
    form_set: FormSet, before: Summary | None, totals: Sequence[Total]
) -> tuple[Change, ...]:
    """List the totals that differ from the version of the summary before this one."""
    if before is None:
        return ()
    old = {total.code: total.value for total in before.totals}
    return tuple(
        Change(
            total.code,
            form_set.by_code[total.code].zh.strip(),
            old.get(total.code, ""),
            total.value,
        )
        for total in totals
        if old.get(total.code, "") != total.value
    )


def with_findings(summary: Summary, findings: Iterable[AuditedFinding]) -> Summary:
    """Put the findings about the totals themselves into a summary."""
    return msgspec.structs.replace(summary, findings=tuple(findings))
