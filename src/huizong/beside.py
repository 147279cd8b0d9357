"""Figures asked once and used by another set: what the book says of the same unit and period."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from huizong.earlier import readings_now
from huizong.forms import FormSet
from huizong.ground import NOTHING_BESIDE, Beside, Returns
from huizong.history import adopted_of, figures_of, last_summary
from huizong.language import CheckedSet, ledgers_of, others_of
from huizong.past import Past, marks_of_past, reading_of
from huizong.periods import Period
from huizong.records import SUMMARY, FigureCell, Identity, Reading, Summary
from huizong.restate import pasts_of
from huizong.syntax import Figure, walk
from huizong.work import Work, checked_sets

Place = tuple[str, str]  # unit code and role


def beside_of(work: Work, checked: CheckedSet, period: Period, places: Sequence[Place]) -> Beside:
    """
    Give what other sets say of these units: adopted and passed returns only.

    A set that is not installed has no say; one that the unit has not sent leaves it open.
    """
    if not checked.others:
        return NOTHING_BESIDE
    wanted = {code: one for code, one in checked_sets().items() if code in checked.others}
    returns = {code: _returns(work, checked, one, period, places) for code, one in wanted.items()}
    return Beside(checked_sets(), returns)


def _returns(
    work: Work, checked: CheckedSet, other: CheckedSet, period: Period, places: Sequence[Place]
) -> Returns:
    form_set = other.form_set
    # A summary says itself which units are in it.
    whole = _reads_rows(checked, form_set) or any(role == SUMMARY for _, role in places)
    now = _now(work, form_set, period, whole=whole)
    past: Mapping[Place, Past] = {}
    if _looks_back(checked, form_set):
        who = {unit for unit, _ in places}
        past = pasts_of(
            work.book, work.office.roster, other, period, who, work.office.settings.redefined
        )
    pasts = [past.get(place, Past()) for place in places]
    return Returns(
        tuple(now.get(place) for place in places),
        tuple(
            reading_of(_identity(form_set, period, place), one.previous)
            for place, one in zip(places, pasts, strict=True)
        ),
        tuple(
            reading_of(_identity(form_set, period, place), one.year_ago)
            for place, one in zip(places, pasts, strict=True)
        ),
    )


def _now(work: Work, form_set: FormSet, period: Period, *, whole: bool) -> dict[Place, Reading]:
    """Give the other set's returns; whole readings only where more than figures is looked at."""
    if whole:
        adopted = adopted_of(work.book, str(period), form_set.code)
        readings = readings_now(work.book, adopted.values(), form_set)
        return {place: readings[digest] for place, digest in adopted.items() if digest in readings}
    cells: dict[Place, list[FigureCell]] = {}
    for one in figures_of(work.book, str(period), form_set.code):
        if one.column == "now":
            cell = FigureCell(one.code, one.state, one.value)
            cells.setdefault((one.unit, one.role), []).append(cell)
    return {place: _reading(form_set, period, place, found) for place, found in cells.items()}


def _reading(
    form_set: FormSet, period: Period, place: Place, cells: Sequence[FigureCell]
) -> Reading:
    return Reading(identity=_identity(form_set, period, place), figures=tuple(cells))


def _identity(form_set: FormSet, period: Period, place: Place) -> Identity:
    return Identity(form_set.code, form_set.version, str(period), place[0], "", place[1])


def _nodes(checked: CheckedSet, form_set: FormSet) -> list:
    nodes = [rule.expression for rule in checked.relations]
    nodes += [one.expression for one in checked.computed]
    return [node for node in nodes if form_set.code in others_of(node)]


def _reads_rows(checked: CheckedSet, form_set: FormSet) -> bool:
    nodes = _nodes(checked, form_set)
    return any(symbol in form_set.by_symbol for node in nodes for symbol in ledgers_of(node))


def _looks_back(checked: CheckedSet, form_set: FormSet) -> bool:
    return any(
        isinstance(part, Figure) and part.foreign and part.when in ("previous", "year_ago")
        for node in _nodes(checked, form_set)
        for part in walk(node)
    )


def marks_beside(work: Work, checked: CheckedSet, period: Period) -> list:
    """List what the figures of the other sets come from: other marks mean another verdict."""
    periods = [one for one in (period, period.previous, period.year_ago) if one]
    sets = [one.form_set for code, one in checked_sets().items() if code in checked.others]
    return [marks_of_past(work.book, one, form_set) for form_set in sets for one in periods]


def figures_beside(
    work: Work, checked: CheckedSet, period: Period
) -> dict[Place, dict[str, Decimal]]:
    """Give the numbers of the other sets by unit, for rates over the same units."""
    found: dict[Place, dict[str, Decimal]] = {}
    for code in checked.others:
        for one in figures_of(work.book, str(period), code):
            if one.column == "now" and one.state == "number":
                found.setdefault((one.unit, one.role), {})[one.code] = Decimal(one.value)
    return found


def with_coverage(totals: Reading, summary: Summary) -> Reading:
    """Say which units are not in the totals of a summary, as its file will say it."""
    missing = tuple(one.unit.code for one in summary.units if not one.included)
    return msgspec.structs.replace(
        totals, expected=len(summary.units), reported=summary.reported, missing=missing
    )


def totals_beside(work: Work, checked: CheckedSet, period: Period) -> Beside:
    """Give the office's own totals of the other sets, as last published, beside its totals."""
    returns = {}
    for code in checked.others:
        summary = last_summary(work.book, str(period), code)
        if summary and code in checked_sets():
            form_set = checked_sets()[code].form_set
            cells = [
                FigureCell(t.code, t.state, t.value)
                for t in summary.totals
                if t.state in ("number", "na")
            ]
            place = (summary.identity.code, SUMMARY)
            reading = with_coverage(_reading(form_set, period, place, cells), summary)
            returns[code] = Returns((reading,))
    return Beside(checked_sets(), returns) if checked.others else NOTHING_BESIDE
