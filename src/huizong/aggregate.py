"""Add the units' figures up: exact totals, ratios of summed parts, coverage, own figures beside."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

import msgspec
import numpy as np

from huizong.cells import NOT_APPLICABLE, plain
from huizong.digests import Counted, DigestKey, count_distinct, names_of
from huizong.forms import FormSet, Indicator
from huizong.language import CheckedSet, codes_of
from huizong.past import Past
from huizong.records import (
    SUMMARY,
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
Place = tuple[str, str]  # unit code and role
Rates = Callable[[Sequence[Reading]], Sequence[Mapping[str, FigureCell]]]


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
    totals = _with_rates(form_set, identity, totals, rates)
    parts = {code: _parts(checked, code, included, beside) for code in _of_two_sets(checked)}
    whole = {code: _parts(checked, code, everyone, beside) for code in parts}
    totals = [
        _of_parts(checked, total, identity, len(parts[total.code]), whole[total.code], rates)
        if total.code in parts
        else total
        for total in totals
    ]
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
        ledger_totals=_ledger_totals(everyone) + _part_totals(whole),
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
        cell = _cell(one, code)
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


def _of_two_sets(checked: CheckedSet) -> tuple[str, ...]:
    return tuple(code for code in checked.ratios if checked.asked_elsewhere(code))


def _parts(
    checked: CheckedSet, code: str, returns: Sequence[UnitReturn],
    beside: Mapping[Place, Mapping[str, Decimal]],
) -> list[dict[str, Decimal]]:  # fmt: skip
    """
    Give, for every return that has them all, the figures that a rate of two sets is made of.

    A unit that has sent only one of the two sets is in neither part of the rate.
    """
    codes = codes_of(checked.ratios[code])
    found = []
    for one in returns:
        said = one.reading.ledger_totals if one.reading else ()
        own = {t.key.partition(":")[2]: Decimal(t.value) for t in said if t.symbol == code}
        role = one.reading.identity.role if one.reading else ""
        if role != SUMMARY and not own:
            other = beside.get((one.unit.code, role), {})
            cells = {part: _cell(one, part) for part in codes}
            numbers = {
                part: Decimal(c.value) for part, c in cells.items() if c and c.state == "number"
            }
            own = {part: value for part, value in {**other, **numbers}.items() if part in codes}
        if len(own) == len(codes):
            found.append(own)
    return found


def _of_parts(
    checked: CheckedSet, total: Total, identity: Identity, counted: int,
    parts: Sequence[Mapping[str, Decimal]], rates: Rates,
) -> Total:  # fmt: skip
    """Work out a rate of two sets from what all the same units said in both."""
    if not parts:
        return msgspec.structs.replace(total, state="blank", value="", ytd="", counted=0)
    sums = {part: ("number", plain(sum(one[part] for one in parts))) for part in parts[0]}
    (rate,) = rates([_as_reading(identity, sums)])
    cell, by_code = rate[total.code], checked.form_set.by_code
    lasts = all(part not in by_code or by_code[part].time != "flow" for part in sums)
    return msgspec.structs.replace(
        total,
        state=cell.state,
        value=cell.value,
        counted=counted,
        ytd=_shown(cell) if lasts else "",
    )


def _part_totals(
    parts: Mapping[str, Sequence[Mapping[str, Decimal]]],
) -> tuple[LedgerTotal, ...]:
    return tuple(
        LedgerTotal(code, f"part:{part}", plain(sum(one[part] for one in found)))
        for code, found in parts.items()
        if found
        for part in found[0]
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
    indicator: Indicator, included: Sequence[UnitReturn], own: UnitReturn | None, expected: int,
    past: Past, names: Counted | None = None,
) -> Total:  # fmt: skip
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
    if indicator.total == "distinct" and names is None:
        return Total(state="no_key", counted=counted, **common)
    if not column.numbers.any():
        state = "na" if column.not_applicable.any() else "blank"
        return Total(state=state, counted=counted, **common)
    if indicator.total == "distinct" and names is not None:
        value = str(names.count)
    else:
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
    now = _as_reading(identity, {total.code: _as_cell(total) for total in totals})
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
    return _as_reading(summary.identity, {total.code: _as_cell(total) for total in summary.totals})


def _as_cell(total: Total) -> tuple[str, str]:
    """A total that says a word in place of a figure is blank to whoever judges it."""
    return (
        "number" if total.value else total.state if total.state == "na" else "blank"
    ), total.value


def _ledger_totals(returns: Iterable[UnitReturn]) -> tuple[LedgerTotal, ...]:
    sums: dict[tuple[str, str], Decimal] = {}
    for one in returns:
        for total in one.reading.ledger_totals if one.reading else ():
            key = (total.symbol, total.key)
            if total.key.startswith("part:"):
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
