"""What a correction moves (更正): figures of units, totals, comparisons of any period, ranks."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from huizong.cells import NOT_APPLICABLE, plain
from huizong.contents import change, is_number, plain_value
from huizong.forms import FormSet, Indicator
from huizong.language import codes_of
from huizong.periods import Period
from huizong.records import Summary, Total, UnitReturn
from huizong.recount import ratio
from huizong.syntax import parse
from huizong.texts import listed, say

Who = tuple[str, bool]  # unit code, and whether it is the office itself


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """
    One number before and after; `whose` is a unit, a kind of total or a period.

    `code` is empty where a whole return was taken in or out. `told` says why, or what follows.
    """

    whose: str
    code: str
    before: str
    after: str
    what: str = ""
    told: str = ""
    officer: str = ""

    @property
    def difference(self) -> str:
        """After less before; empty if one of them is no number, as where a return came or went."""
        if not (self.code and is_number(self.before) and is_number(self.after)):
            return ""
        return plain(Decimal(self.after) - Decimal(self.before))


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs between two versions of a summary, and in the periods that look back."""

    before: Summary
    after: Summary
    units: tuple[Moved, ...]
    totals: tuple[Moved, ...]
    comparisons: tuple[Moved, ...]
    ranks: tuple[Moved, ...]
    officer: str = ""
    reason: str = ""


def unit_changes(
    before: Summary, after: Summary, form_set: FormSet, decided: Mapping[str, tuple[str, str]]
) -> Iterator[Moved]:
    """
    Give every figure of a unit that differs; a return that came or went as one line.

    `decided` gives by unit who decided for the newer file, and why.
    """
    for (code, own), (was, now) in _pairs(before, after).items():
        officer, reason = decided.get(code, ("", ""))
        unit = (now or was).unit
        name = unit.name + (say("book.own_mark") if own else "")
        counted = [bool(one and one.included) for one in (was, now)]
        if counted[0] != counted[1]:
            texts = [say(f"amendment.counted_{'yes' if one else 'no'}") for one in counted]
            told = "；".join(filter(None, (_roster(was, now), reason)))
            yield Moved(
                whose=name, code="", before=texts[0], after=texts[1], officer=officer, told=told
            )
        elif was and now and all(counted):
            yield from _figures(name, was, now, form_set, (officer, reason))


def _pairs(
    before: Summary, after: Summary
) -> dict[Who, tuple[UnitReturn | None, UnitReturn | None]]:
    """Give each unit's returns of both versions; None where it was not waited for."""
    old, new = _returns(before), _returns(after)
    return {who: (old.get(who), new.get(who)) for who in (*new, *old)}


def _roster(was: UnitReturn | None, now: UnitReturn | None) -> str:
    """Say that a unit left the units that report in the period, or came to them."""
    return say("amendment.left") if now is None else say("amendment.joined") if was is None else ""


def _returns(summary: Summary) -> dict[Who, UnitReturn]:
    found = {(entry.unit.code, False): entry for entry in summary.units}
    return found | ({(summary.own.unit.code, True): summary.own} if summary.own else {})


def _figures(
    name: str, was: UnitReturn, now: UnitReturn, form_set: FormSet, decided: tuple[str, str]
) -> Iterator[Moved]:
    old, new = figures_of(was), figures_of(now)
    remarks = now.reading.remarks if now.reading else {}
    for indicator in form_set.indicators:
        code = indicator.code
        if old.get(code, "") != new.get(code, ""):
            reasons = dict.fromkeys((*_reasons(indicator, remarks), decided[1]))
            yield Moved(
                whose=name, code=code, before=old.get(code, ""), after=new.get(code, ""),
                told="；".join(filter(None, reasons)), officer=decided[0],
            )  # fmt: skip


def _reasons(indicator: Indicator, remarks: Mapping[str, str]) -> Iterator[str]:
    """Give what the unit has remarked; a rate moves with its parts, and for their reasons."""
    if indicator.ratio:
        codes = codes_of(parse(indicator.ratio))
        yield say("amendment.rate", codes=listed(codes))
        yield from (remarks.get(code, "") for code in codes)
    yield remarks.get(indicator.code, "")


def figures_of(entry: UnitReturn) -> dict[str, str]:
    """Give the figures of a return that is counted, by code: plain decimals, —— or nothing."""
    cells = entry.reading.figures if entry.included and entry.reading else ()
    return {cell.code: plain_value(cell) for cell in cells}


def total_changes(before: Summary, after: Summary, form_set: FormSet) -> Iterator[Moved]:
    """Give the totals and the years to date that differ."""
    old = {total.code: total for total in before.totals}
    for kind in ("value", "ytd"):
        for total in after.totals:
            was, now = getattr(old.get(total.code), kind, ""), getattr(total, kind)
            stands_for_itself = kind == "ytd" and form_set.by_code[total.code].time != "flow"
            if was != now and not stands_for_itself:
                yield Moved(whose=say(f"amendment.{kind}"), code=total.code, before=was, after=now)


def own_comparisons(before: Summary, after: Summary, form_set: FormSet) -> Iterator[Moved]:
    """Give the changes against last period and last year that come out otherwise."""
    old = {total.code: total for total in before.totals}
    for kind in ("previous", "year_ago"):
        for total in after.totals:
            indicator = form_set.by_code[total.code]
            was, now = (
                _change(indicator, old.get(total.code), kind),
                _change(indicator, total, kind),
            )
            if was != now:
                yield Moved(
                    whose=after.identity.period, code=total.code, before=was, after=now,
                    what=say(f"amendment.change_{kind}"),
                )  # fmt: skip


def _change(indicator: Indicator, total: Total | None, kind: str) -> str:
    """Give the change in percent (points for a percentage) that a summary shows."""
    if total is None or not getattr(total, kind):
        return ""
    shown = change(indicator, total.value, getattr(total, kind))
    return "" if shown == NOT_APPLICABLE else shown


def later_comparisons(
    before: Summary, after: Summary, form_set: FormSet, later: Sequence[Summary]
) -> Iterator[Moved]:
    """Give what moves in summaries published for later periods, in which this one is the past."""
    this = Period.parse(after.identity.period)
    old = {total.code: total.value for total in before.totals}
    moved = {
        total.code: (old.get(total.code, ""), total.value)
        for total in after.totals
        if old.get(total.code, "") != total.value
    }
    for summary in later:
        period = Period.parse(summary.identity.period)
        for total in summary.totals:
            if total.code in moved:
                indicator = form_set.by_code[total.code]
                yield from _later(indicator, total, moved[total.code], this, period)
        if this in period.within_year[:-1]:
            yield from _years_to_date(form_set, summary, after, moved)


def _later(
    indicator: Indicator, total: Total, moved: tuple[str, str], this: Period, period: Period
) -> Iterator[Moved]:
    common = {"whose": str(period), "code": indicator.code}
    for kind, of in (("previous", period.previous), ("year_ago", period.year_ago)):
        if of == this:
            then = msgspec.structs.replace(total, **{kind: moved[1]})
            changes = [_change(indicator, one, kind) or NOT_APPLICABLE for one in (total, then)]
            told = say("amendment.follows", kind=say(f"amendment.change_{kind}"),
                       before=changes[0], after=changes[1])  # fmt: skip
            what = say(f"amendment.{kind}")
            yield Moved(**common, before=getattr(total, kind), after=moved[1], what=what, told=told)


def _years_to_date(
    form_set: FormSet, summary: Summary, after: Summary, moved: Mapping[str, tuple[str, str]]
) -> Iterator[Moved]:
    """
    Give the years to date of a later summary as they come out now, rates from summed parts.

    A rate whose parts are no longer of the same units or periods has none.
    """
    old = {total.code: total.ytd for total in summary.totals}
    flows = {one.code for one in form_set.indicators if one.time == "flow" and not one.computed}
    flows &= moved.keys()
    told = {code for code in flows if all(map(is_number, (*moved[code], old.get(code, ""))))}
    new = old | {code: plain(Decimal(old[code]) + _difference(moved[code])) for code in told}
    partial = {one.symbol for one in after.ledger_totals if one.part}
    for one in form_set.indicators:
        parts = flows & {*codes_of(parse(one.ratio))} if one.computed and old.get(one.code) else ()
        if parts:
            rate = ratio(one, new) if parts <= told and one.code not in partial else ""
            new |= {} if rate is None else {one.code: rate}
    for code, value in new.items():
        if value != old[code]:
            yield Moved(
                whose=summary.identity.period, code=code, before=old[code], after=value,
                what=say("amendment.ytd"),
            )  # fmt: skip


def _difference(values: tuple[str, str]) -> Decimal:
    return Decimal(values[1]) - Decimal(values[0])


def rank_changes(before: Summary, after: Summary, form_set: FormSet) -> Iterator[Moved]:
    """Give the units whose place among all has moved, by what the form set allows to rank."""
    for indicator in (one for one in form_set.indicators if one.ranked):
        old, new = _ranks(before, indicator), _ranks(after, indicator)
        for (code, _), (last, one) in _pairs(before, after).items():
            was, now = (ranks.get(code, "") for ranks in (old, new))
            if was != now:
                name = (one or last).unit.name
                yield Moved(whose=name, code=indicator.code, before=was, after=now)


def _ranks(summary: Summary, indicator: Indicator) -> dict[str, str]:
    """Place the units that gave a number; equal numbers share a place."""
    given = {entry.unit.code: figures_of(entry).get(indicator.code, "") for entry in summary.units}
    numbers = {code: Decimal(value) for code, value in given.items() if is_number(value)}
    sign = -1 if indicator.better == "less" else 1
    return {
        code: str(1 + sum(sign * other > sign * value for other in numbers.values()))
        for code, value in numbers.items()
    }
