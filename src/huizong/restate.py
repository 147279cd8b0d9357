"""The past of units as they are now: merged ones are added up, split ones not comparable."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

import msgspec

from huizong.book import Book
from huizong.cells import NOT_APPLICABLE, plain
from huizong.determine import rates_of
from huizong.forms import Indicator
from huizong.ground import Ground, Header
from huizong.language import CheckedSet, codes_of
from huizong.office import reports_in
from huizong.past import Figures, Past, Who, earlier_periods, past_of_units, reading_of
from huizong.periods import Period
from huizong.records import (
    SUMMARY,
    UNIT,
    Finding,
    Identity,
    Unit,
    level_of,
)


class Moves(msgspec.Struct, frozen=True):
    """
    What became of the units that reported in an earlier period.

    `merged` gives for a unit those whose figures are its own now, itself first if it reported
    then; `split` those that it was a part of, so that its own past is not known.
    """

    merged: Mapping[str, tuple[str, ...]] = {}
    split: Mapping[str, tuple[str, ...]] = {}

    @property
    def heirs(self) -> dict[str, str]:
        """Name for each merged unit the one that carries on its ledgers."""
        return {code: heir for heir, codes in self.merged.items() for code in codes}


def moves(roster: Sequence[Unit], set_code: str, of: Period | None, now: Period) -> Moves:
    """Tell who carries on for whom between two periods, by the roster's dates and successors."""
    if of is None or not any(unit.successors for unit in roster):
        return Moves()
    units = {unit.code: unit for unit in roster}
    asked = (unit for unit in roster if not unit.sets or set_code in unit.sets)
    then = [unit.code for unit in asked if reports_in(unit, of)]
    merged: dict[str, list[str]] = {}
    split: dict[str, list[str]] = {}
    for code in then:
        heirs = _heirs(units[code], units, now)
        if heirs != (code,):
            for heir in heirs:
                (merged if len(heirs) == 1 else split).setdefault(heir, []).append(code)
    whole = {
        heir: (*([heir] if heir in then else ()), *codes)
        for heir, codes in merged.items()
        if heir not in split
    }
    return Moves(whole, {heir: tuple(codes) for heir, codes in split.items()})


def _heirs(unit: Unit, units: Mapping[str, Unit], now: Period) -> tuple[str, ...]:
    """Name the units that report in place of one; itself if it still does."""
    if not unit.successors or reports_in(unit, now):
        return (unit.code,)
    found = (_heirs(units[code], units, now) for code in unit.successors if code in units)
    return tuple(dict.fromkeys(code for codes in found for code in codes))


def pasts_of(
    book: Book, roster: Sequence[Unit], checked: CheckedSet, period: Period,
    units: Collection[str] = (), redefined: Mapping[str, str] = MappingProxyType({}),
) -> dict[Who, Past]:  # fmt: skip
    """
    Give the past of units as they are in `period`, of every one or of these.

    Figures of merged units are added up where all of them are known, and rates worked out from
    the sums; numbers of different names, what is never added up, and what was `redefined` since
    (by code the period from which it counts otherwise) are left blank.
    """
    form_set = checked.form_set
    between = {of: moves(roster, form_set.code, of, period) for of in earlier_periods(period)}

    def restated(of: Period, figures: Mapping[Who, Figures]) -> dict[Who, Figures]:
        hidden = not_comparable(checked, redefined, of, period)
        found = _restated(checked, of, figures, between[of])
        if not hidden:
            return found
        return {
            who: {code: value for code, value in one.items() if code not in hidden}
            for who, one in found.items()
        }

    parts = {code for found in between.values() for one in found.merged.values() for code in one}
    pasts = past_of_units(book, period, form_set, {*units, *parts} if units else (), restated)
    names = {unit.code: unit.name for unit in roster}
    return {who: _told(past, who[0], tuple(between.values()), names) for who, past in pasts.items()}


def not_comparable(
    checked: CheckedSet, redefined: Mapping[str, str], of: Period, now: Period
) -> frozenset[str]:
    """Name the figures that count otherwise now than in an earlier period, and rates over them."""
    changed = {
        code
        for code, since in redefined.items()
        if of.start < Period.parse(since).start <= now.start
    }
    rates = (code for code, parts in checked.ratios.items() if changed & set(codes_of(parts)))
    return frozenset((*changed, *rates)) if changed else frozenset()


def redefined_in(
    checked: CheckedSet, redefined: Mapping[str, str], period: Period
) -> tuple[str, ...]:
    """Say which indicators a period cannot compare with all that came before: TJ02（2026Q2）."""
    earlier = earlier_periods(period)
    return tuple(
        f"{code}（{since}）"
        for code, since in redefined.items()
        if code in checked.form_set.by_code
        and any(code in not_comparable(checked, redefined, of, period) for of in earlier)
    )


def _told(past: Past, code: str, found: Sequence[Moves], names: Mapping[str, str]) -> Past:
    """Name beside a past the units that were merged into this one, or that it was split from."""
    merged = dict.fromkeys(c for one in found for c in one.merged.get(code, ()) if c != code)
    split = dict.fromkeys(c for one in found for c in one.split.get(code, ()))
    if not merged and not split:
        return past
    told = [tuple(names[one] for one in codes) for codes in (merged, split)]
    return msgspec.structs.replace(past, merged=told[0], split=told[1])


def _restated(
    checked: CheckedSet, of: Period, figures: Mapping[Who, Figures], found: Moves
) -> dict[Who, Figures]:
    done = dict(figures)
    for heir, codes in found.merged.items():
        for role in (UNIT, SUMMARY):
            if any((code, role) in figures for code in codes):
                parts = [figures.get((code, role), {}) for code in codes]
                done[heir, role] = _added(checked, of, heir, parts)
    # A unit that was split has nobody to hand its past to; its parts begin without one.
    return done | {(heir, role): {} for heir in found.split for role in (UNIT, SUMMARY)}


def _added(checked: CheckedSet, of: Period, code: str, parts: Sequence[Figures]) -> Figures:
    """Add up the figures of merged units; one that any of them lacks is not known."""
    form_set = checked.form_set
    sums = {}
    for indicator in form_set.indicators:
        values = [figures.get(indicator.code, "") for figures in parts]
        if all(values) and indicator.code not in checked.ratios:
            total = _total(indicator, [value for value in values if value != NOT_APPLICABLE])
            sums |= {indicator.code: total} if total else {}
    identity = Identity(form_set.code, form_set.version, str(of), code, "")
    return sums | rates_from(checked, identity, sums)


def rates_from(checked: CheckedSet, identity: Identity, figures: Figures) -> Figures:
    """Work out the rates of an earlier period from its other figures; —— over a zero base."""
    reading = reading_of(identity, figures)
    if reading is None:
        return {}
    header = Header(Period.parse(identity.period), level_of(identity.code))
    ground = Ground.of({checked.form_set.code: checked}, [reading], headers=[header])
    (rates,) = rates_of(checked, [reading], ground)
    shown = {one: NOT_APPLICABLE if c.state == "na" else c.value for one, c in rates.items()}
    return {one: value for one, value in shown.items() if value}


_WAYS: Mapping[str, Callable] = {"sum": sum, "max": max, "min": min}


def _total(indicator: Indicator, numbers: Sequence[str]) -> str:
    way = _WAYS.get(indicator.total)
    if way is None or not indicator.numeric:
        return ""
    return plain(way(map(Decimal, numbers))) if numbers else NOT_APPLICABLE


def findings_of_past(past: Past, sheet: str) -> tuple[Finding, ...]:
    """Tell which units' figures stand as a unit's past, or why it has none."""
    told = (("past_merged", past.merged), ("past_split", past.split))
    return tuple(
        Finding(code, "info", sheet, details={"other": "、".join(names)})
        for code, names in told
        if names
    )
