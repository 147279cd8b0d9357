"""Rates of a total: over the same units in all their parts, in the period and in the year."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from huizong.cells import NOT_APPLICABLE, plain
from huizong.language import CheckedSet, codes_of
from huizong.past import Past
from huizong.records import (
    PART,
    SUMMARY,
    FigureCell,
    Identity,
    LedgerTotal,
    Reading,
    Total,
    UnitReturn,
)

Place = tuple[str, str]  # unit code and role
# Works out the rates of readings from their other figures: the same engine as the audit's.
Rates = Callable[[Sequence[Reading]], Sequence[Mapping[str, FigureCell]]]


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the rates of a total come from, beside the totals: the returns that are in it, the past.

    `beside` are figures of other sets by unit, for rates of two sets.
    """

    checked: CheckedSet
    identity: Identity
    included: Sequence[UnitReturn]
    own: UnitReturn | None
    past: Past
    beside: Mapping[Place, Mapping[str, Decimal]]
    rates: Rates


class _Parts(msgspec.Struct, frozen=True):
    """
    The parts of one rate over the returns that gave them all, `counted` of them units'.

    `partial` says that others gave some of the parts, so that the totals are no parts of the rate;
    without `sums` there is no rate.
    """

    counted: int
    partial: bool
    sums: Mapping[str, str]


def with_rates(
    sources: Sources, totals: Sequence[Total]
) -> tuple[list[Total], tuple[LedgerTotal, ...]]:
    """
    Work out every rate of a total, now and over the year, and what goes upward of its parts.

    A unit that gave only some of the parts is in none of them.
    """
    parts = {code: _parts(sources, code) for code in sources.checked.ratios}
    now = as_reading(sources.identity, {one.code: as_cell(one) for one in totals})
    year = as_reading(
        sources.identity, {one.code: ("number" if one.ytd else "blank", one.ytd) for one in totals}
    )
    this, to_date = sources.rates([now, year])
    by_code = {one.code: one for one in totals}
    done = []
    for total in totals:
        code = total.code
        if code in parts and parts[code].partial:
            total = _of_parts(sources, total, parts[code])
        elif code in parts:
            coverage = _coverage(sources, code, by_code)
            total = msgspec.structs.replace(
                total, state=this[code].state, value=this[code].value,
                ytd="" if coverage is None else _shown(to_date[code]), ytd_coverage=coverage or "",
            )  # fmt: skip
        done.append(total)
    return done, tuple(_upward(sources, parts))


def _parts(sources: Sources, code: str) -> _Parts:
    codes = codes_of(sources.checked.ratios[code])
    returns = [*sources.included, *([sources.own] if sources.own else [])]
    given = [_given(sources, one, code) for one in returns]
    whole = [numbers for numbers in given if len(numbers) == len(codes)]
    counted = sum(len(numbers) == len(codes) for numbers in given[: len(sources.included)])
    partial = sources.checked.asked_elsewhere(code) or any(
        0 < len(numbers) < len(codes) or (one.reading and one.reading.parts_of(code))
        for one, numbers in zip(returns, given, strict=True)
    )
    if not whole or not _add_up(sources, codes):
        return _Parts(counted, partial, {})
    sums = {part: plain(sum(numbers[part] for numbers in whole)) for part in codes}
    return _Parts(counted, partial, sums)


def _add_up(sources: Sources, codes: Sequence[str]) -> bool:
    """Whether the parts over some of the units are sums; names and rates cannot be added."""
    known = sources.checked.form_set.by_code
    own = [known[code] for code in codes if code in known]
    return all(one.total == "sum" and not one.computed for one in own)


def _given(sources: Sources, one: UnitReturn, code: str) -> dict[str, Decimal]:
    """Give the numbers that a return has for the parts of a rate."""
    if one.reading is None:
        return {}
    said, role = one.reading.parts_of(code), one.reading.identity.role
    if said:
        # Parts of 0 under a blank rate are those of no unit at all.
        stands = cell_of(one, code) is not None and cell_of(one, code).state != "blank"
        numbers = {part: Decimal(value) for part, value in said.items()}
        return numbers if stands or any(numbers.values()) else {}
    if role == SUMMARY and sources.checked.asked_elsewhere(code):
        return {}
    found = dict(sources.beside.get((one.unit.code, role), {}))
    codes = codes_of(sources.checked.ratios[code])
    cells = (cell_of(one, part) for part in codes)
    found |= {cell.code: Decimal(cell.value) for cell in cells if cell and cell.state == "number"}
    return {part: found[part] for part in codes if part in found}


def _of_parts(sources: Sources, total: Total, parts: _Parts) -> Total:
    """Work out a rate from what all the same units said; over the year only if nothing is added."""
    if not parts.sums:
        return msgspec.structs.replace(
            total, state="blank", value="", ytd="", counted=parts.counted, ytd_coverage=""
        )
    sums = {part: ("number", value) for part, value in parts.sums.items()}
    (rate,) = sources.rates([as_reading(sources.identity, sums)])
    cell = rate[total.code]
    adds = any(_adds_up_over_the_year(sources.checked, part) for part in sums)
    lasts = not adds or not sources.past.expected
    return msgspec.structs.replace(
        total, state=cell.state, value=cell.value, counted=parts.counted,
        ytd=_shown(cell) if lasts else "", ytd_coverage="",
    )  # fmt: skip


def _adds_up_over_the_year(checked: CheckedSet, code: str) -> bool:
    one = checked.form_set.by_code.get(code)
    return one.time == "flow" if one else code not in checked.lasting


def _coverage(sources: Sources, code: str, totals: Mapping[str, Total]) -> str | None:
    """
    Say which part of the year a rate over the year is of, as its parts do.

    None where its parts are not of the same periods, or an earlier period's not of the same units.
    """
    past, by_code = sources.past, sources.checked.form_set.by_code
    codes = codes_of(sources.checked.ratios[code])
    flows = [part for part in codes if by_code[part].time == "flow"]
    had = {_periods(past, totals[part]) for part in flows}
    if any(by_code[part].time == "ytd" for part in codes):
        had.add((True,) * (past.expected + 1))
    if len(had) > 1 or (flows and code in past.partial):
        return None
    return totals[flows[0]].ytd_coverage if flows else ""


def _periods(past: Past, total: Total) -> tuple[bool, ...]:
    """Tell in which periods of the year a flow was given: as a number or as ——."""
    earlier = past.so_far.get(total.code, ("",) * past.expected)
    return (*map(bool, earlier), total.state in ("number", "na"))


def _upward(sources: Sources, parts: Mapping[str, _Parts]) -> Iterator[LedgerTotal]:
    """
    Give the parts of each rate that is not over all units: the level above divides the same.

    Parts of 0 stand for those of no unit: else the level above would take the totals for them.
    """
    for code, one in parts.items():
        sums = one.sums
        if not sums and not sources.checked.asked_elsewhere(code):
            sums = dict.fromkeys(codes_of(sources.checked.ratios[code]), "0")
        if one.partial:
            for part, value in sums.items():
                yield LedgerTotal(code, f"{PART}{part}", value)


def _shown(cell: FigureCell) -> str:
    return NOT_APPLICABLE if cell.state == "na" else cell.value


def as_reading(identity: Identity, figures: Mapping[str, tuple[str, str]]) -> Reading:
    """Lay figures (state and value by code) out as a return."""
    cells = (FigureCell(code, state, value) for code, (state, value) in figures.items())
    return Reading(identity=identity, figures=tuple(cells))


def as_cell(total: Total) -> tuple[str, str]:
    """A total that says a word in place of a figure is blank to whoever judges it."""
    return (
        "number" if total.value else total.state if total.state == "na" else "blank"
    ), total.value


def cell_of(one: UnitReturn, code: str) -> FigureCell | None:
    """Find a figure in a return."""
    if one.reading is None:
        return None
    return next((figure for figure in one.reading.figures if figure.code == code), None)
