"""Returns that were read by an earlier definition, as the present one has them."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from huizong.book import Book
from huizong.entries import readings_of
from huizong.former import as_now, known_version
from huizong.forms import FormSet
from huizong.history import issued_of
from huizong.periods import Period
from huizong.records import SUMMARY, FigureCell, Finding, Reading, Summary

# These say that a return was read by another definition than the present one.
EARLIER = frozenset(("former_version", "definition_changed"))
Place = tuple[str, str]  # unit code and role


def readings_now(book: Book, digests: Iterable[str], form_set: FormSet) -> dict[str, Reading]:
    """Give the readings of these files under the codes of the present definition."""
    found = readings_of(book, tuple(digests))
    return {digest: at_present(reading, form_set) for digest, reading in found.items()}


def at_present(reading: Reading, form_set: FormSet) -> Reading:
    """
    Put a reading under the codes of the present definition.

    A version with a description is mapped by it; what is not asked any more is left out and told.
    """
    version = _read_as(reading)
    if version != form_set.version and reading.identity.role != SUMMARY:
        former = known_version(form_set, version)
        if former:
            reading = as_now(reading, form_set, former)
    return _without_the_unknown(reading, form_set)


def _read_as(reading: Reading) -> str:
    """Tell by which version's codes a reading is kept: its own, or what it was mapped to."""
    mapped = [one for one in reading.findings if one.code == "former_version"]
    return str(mapped[-1].details["expected"]) if mapped else reading.identity.version


def _without_the_unknown(reading: Reading, form_set: FormSet) -> Reading:
    cells = (*reading.figures, *reading.own, *reading.previous)
    gone = [one.code for one in cells if one.code not in form_set.by_code]
    gone += [rows.symbol for rows in reading.ledgers if rows.symbol not in form_set.by_symbol]
    gone += [t.symbol for t in reading.ledger_totals if not _is_known(t.symbol, form_set)]
    if not gone:
        return reading
    mapped = any(one.code == "former_version" for one in reading.findings)
    details = {
        "found": reading.identity.version, "expected": form_set.version,
        "parts": "、".join(dict.fromkeys(gone)),
    }  # fmt: skip
    told = Finding("definition_changed", "info", reading.sheet, "", form_set.code, details)
    return msgspec.structs.replace(
        reading,
        figures=_asked(reading.figures, form_set),
        own=_asked(reading.own, form_set),
        previous=_asked(reading.previous, form_set),
        ledgers=tuple(one for one in reading.ledgers if one.symbol in form_set.by_symbol),
        ledger_totals=tuple(
            one for one in reading.ledger_totals if _is_known(one.symbol, form_set)
        ),
        # What a description leaves out is told one by one.
        findings=reading.findings if mapped else (*reading.findings, told),
    )


def _asked(cells: Sequence[FigureCell], form_set: FormSet) -> tuple[FigureCell, ...]:
    return tuple({one.code: one for one in cells if one.code in form_set.by_code}.values())


def _is_known(symbol: str, form_set: FormSet) -> bool:
    # The parts of rates of two sets are told under the rate's code.
    return symbol in form_set.by_symbol or symbol in form_set.by_code


def as_issued(
    book: Book, form_set: FormSet, period: Period, places: Sequence[Place],
    readings: Sequence[Reading],
) -> list[Reading]:  # fmt: skip
    """
    Give readings as the audit judges them: at present, but each by the blank that was issued.

    A figure that came into the form later is asked of nobody who was issued a blank without it.
    """
    issued = _issued_last(book, form_set, period)
    return [
        _by_its_blank(at_present(reading, form_set), form_set, issued.get(place, ""))
        for place, reading in zip(places, readings, strict=True)
    ]


def issued_earlier(book: Book, form_set: FormSet, period: Period) -> Mapping[Place, str]:
    """Name the units that were last issued a blank of another version than the present one."""
    last = _issued_last(book, form_set, period)
    return {place: version for place, version in last.items() if version != form_set.version}


def _issued_last(book: Book, form_set: FormSet, period: Period) -> Mapping[Place, str]:
    ours = (one for one in issued_of(book, str(period)) if one.set_code == form_set.code)
    return {(one.unit, one.role): one.version for one in sorted(ours, key=lambda one: one.at)}


def _by_its_blank(reading: Reading, form_set: FormSet, issued: str) -> Reading:
    version = reading.identity.version
    if issued == form_set.version != version:
        # A blank with the new figures has come since: what is not there is blank now.
        known = {one.code for one in reading.figures}
        new = (FigureCell(code, "blank") for code in form_set.by_code if code not in known)
        reading = msgspec.structs.replace(reading, figures=(*reading.figures, *new))
    level = "info" if issued == version else "must"
    findings = tuple(
        msgspec.structs.replace(one, level=level) if one.code == "former_new" else one
        for one in reading.findings
    )
    return msgspec.structs.replace(reading, findings=findings)


def kept_beside(reading: Reading, before: Reading) -> Reading:
    """Keep in the book, beside the figures of now, those that only the earlier definition had."""
    known = {one.code for one in reading.figures}
    left = (one for one in before.figures if one.code not in known)
    return msgspec.structs.replace(reading, figures=(*reading.figures, *left))


def summary_now(summary: Summary, form_set: FormSet) -> Summary:
    """Give a published summary without the totals that the present definition does not know."""
    totals = tuple(one for one in summary.totals if one.code in form_set.by_code)
    return msgspec.structs.replace(summary, totals=totals)
