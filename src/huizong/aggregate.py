"""Add the units' figures up: exact totals, ratios of summed parts, coverage, own figures beside."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

import msgspec
import numpy as np

from huizong.cells import NOT_APPLICABLE, plain
from huizong.digests import Counted, DigestKey, count_distinct, names_of
from huizong.forms import FormSet, Indicator
from huizong.language import CheckedSet
from huizong.past import Past
from huizong.records import (
    SUMMARY,
    AuditedFinding,
    Change,
    Identity,
    LedgerTotal,
    Reading,
    Summary,
    Total,
    UnitReturn,
)
from huizong.total_rates import Place, Rates, Sources, as_cell, as_reading, cell_of, with_rates


class _Column(msgspec.Struct, frozen=True):
    """One indicator over the included returns: scaled integers where there is a number."""

    values: np.ndarray
    numbers: np.ndarray
    not_applicable: np.ndarray


def aggregate(
    checked: CheckedSet, identity: Identity, units: Sequence[UnitReturn], own: UnitReturn | None,
    past: Past, rates: Rates, *, made_at: str, number: int = 1, seal: str = "",
    before: Summary | None = None, key: DigestKey | None = None,
    beside: Mapping[Place, Mapping[str, Decimal]] = MappingProxyType({}),
) -> Summary:  # fmt: skip
    """
    Make the summary of one form set and period; only units that have passed are added.

    Sums are exact whatever the order of the units; the office's own figures (本级) are added to
    the total and shown beside it, and count in no coverage. Names count once under `key`; without
    it nothing about them goes upward. `beside` are figures of other sets by unit, for rates over
    the same units.
    """
    form_set = checked.form_set
    included = [unit for unit in units if unit.included]
    own_in = own if own is not None and own.included else None
    everyone = [*included, *([own_in] if own_in else [])]
    names = {code: _names(checked, code, everyone, key) for code in checked.distinct}
    totals = [
        _total(indicator, included, own_in, len(units), past, names.get(indicator.code))
        for indicator in form_set.indicators
    ]
    sources = Sources(checked=checked, identity=identity, included=included, own=own_in,
                      past=past, beside=beside, rates=rates)  # fmt: skip
    totals, parts = with_rates(sources, totals)
    digests = {code: one.digests for code, one in names.items() if one and one.digests}
    mark = next((one.mark for one in names.values() if one and one.digests), "")
    return Summary(
        identity=identity,
        seal=seal,
        made_at=made_at,
        number=number,
        totals=tuple(totals),
        units=tuple(units),
        own=own,
        ledger_totals=_ledger_totals(everyone) + parts,
        changes=_changes(form_set, before, totals),
        digests=digests,
        digest_key=mark,
    )


def _names(
    checked: CheckedSet, code: str, returns: Sequence[UnitReturn], key: DigestKey | None
) -> Counted | None:
    """Count the different names of all returns; None where a return does not tell its own."""
    symbol, keys = checked.distinct[code]
    summaries: list[Reading] = []
    names: list[tuple[str, ...]] = []
    for one in returns:
        cell = cell_of(one, code)
        if one.reading is None:
            continue
        below = one.reading.identity.role == SUMMARY
        if below and (cell is None or cell.state not in ("number", "na")):
            return None  # it could not be told there either
        if cell is None or cell.state != "number" or not Decimal(cell.value):
            continue
        if below:
            if len(set(one.reading.digests.get(code, ()))) != Decimal(cell.value):
                return None
            summaries.append(one.reading)
            continue
        told = list(names_of(one.reading, symbol, keys))
        if not told:
            return None  # the ledger is kept on paper
        names += told
    return count_distinct(code, names, summaries, key)


def _column(indicator: Indicator, returns: Sequence[UnitReturn]) -> _Column:
    cells = [cell_of(one, indicator.code) for one in returns]
    states = np.array([cell.state if cell else "blank" for cell in cells], dtype=object)
    numbers = states == "number"
    scaled = [
        int(Decimal(cell.value).scaleb(indicator.scale)) if cell and cell.state == "number" else 0
        for cell in cells
    ]
    # Python integers: a total may not overflow, and summing objects is exact.
    return _Column(np.array(scaled, dtype=object), numbers, states == "na")


def _total(
    indicator: Indicator, included: Sequence[UnitReturn], own: UnitReturn | None, expected: int,
    past: Past, names: Counted | None = None,
) -> Total:  # fmt: skip
    own_cell = cell_of(own, indicator.code) if own else None
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
    if indicator.total == "distinct" and names is None:
        return Total(state="no_key", counted=counted, **common)
    state, value = "number", ""
    if not column.numbers.any():
        state = "na" if column.not_applicable.any() else "blank"
    elif indicator.total == "distinct" and names is not None:
        value = str(names.count)
    else:
        value = plain(Decimal(_over(indicator, column)).scaleb(-indicator.scale))
    ytd, coverage = _to_date(indicator, NOT_APPLICABLE if state == "na" else value, past)
    return Total(
        state=state, value=value, counted=counted, ytd=ytd, ytd_coverage=coverage, **common
    )


def _counted(indicator: Indicator, included: Sequence[UnitReturn]) -> int:
    cells = (cell_of(one, indicator.code) for one in included)
    answered = ("number", "na", "choice", "date")
    return sum(cell is not None and cell.state in answered for cell in cells)


def _over(indicator: Indicator, column: _Column) -> int:
    """Bring the units' numbers together as the definition says."""
    numbers = column.values[column.numbers]
    if indicator.total == "max":
        return numbers.max()
    if indicator.total == "min":
        return numbers.min()
    return numbers.sum()


def _to_date(indicator: Indicator, value: str, past: Past) -> tuple[str, str]:
    """Add up the year's periods of a flow; one without it shows as coverage 1/2, —— does not."""
    if indicator.time != "flow":
        return ("" if value == NOT_APPLICABLE else value), ""
    given = (*past.so_far.get(indicator.code, ("",) * past.expected), value)
    have = list(filter(None, given))
    numbers = [Decimal(one) for one in have if one != NOT_APPLICABLE]
    if not numbers:
        return "", ""
    return plain(sum(numbers)), "" if len(have) == len(given) else f"{len(have)}/{len(given)}"


def totals_reading(summary: Summary) -> Reading:
    """Give the totals as a return of the office's own level, to be audited as one."""
    totals = as_reading(summary.identity, {one.code: as_cell(one) for one in summary.totals})
    return msgspec.structs.replace(totals, ledger_totals=summary.ledger_totals)


def _ledger_totals(returns: Iterable[UnitReturn]) -> tuple[LedgerTotal, ...]:
    sums: dict[tuple[str, str], Decimal] = {}
    for one in returns:
        for total in one.reading.ledger_totals if one.reading else ():
            key = (total.symbol, total.key)
            if total.part:
                continue
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
