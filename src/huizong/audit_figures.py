"""The general rules about figures: filled in, in range, in step with the past (domain C.0.7)."""

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

import msgspec
import numpy as np

from huizong.cells import plain
from huizong.findings import both, named, told
from huizong.forms import Indicator
from huizong.ground import BLANK, NUMBER, Ground, Header
from huizong.language import CheckedSet
from huizong.layout import ON_PAPER, STATUSES
from huizong.records import LEVELS, SUMMARY, FigureCell, Finding, LedgerRows, Reading
from huizong.texts import catalogue

Numbered = tuple[int, Finding]
SMALLEST_BASE = 10  # percent changes are judged from this size on (corrections.md)


class Audited(msgspec.Struct, frozen=True):
    """What a check looks at: the rules, the returns with determined figures, their vectors."""

    checked: CheckedSet
    readings: tuple[Reading, ...]
    headers: tuple[Header, ...]
    ground: Ground
    on_paper: frozenset[str] = frozenset()


def found_at(
    audited: Audited, position: int, indicator: Indicator, code: str, level: str, **details: object
) -> Numbered:
    """Make a finding at an indicator's cell, with what stands there."""
    reading = audited.readings[position]
    cell = next((one for one in reading.figures if one.code == indicator.code), None)
    texts = {**named(indicator), "found": cell.typed or cell.value if cell else ""}
    texts |= {key: str(value) for key, value in details.items()}
    place = cell.cell if cell else ""
    return position, Finding(code, level, reading.sheet, place, indicator.code, texts)


def _community(audited: Audited) -> np.ndarray:
    return np.array([header.level == LEVELS[-1] for header in audited.headers], dtype=bool)


def _asked(audited: Audited, indicator: Indicator) -> np.ndarray:
    """Tell which returns are of a level at which the indicator is filled."""
    return np.array([header.level in indicator.levels for header in audited.headers], dtype=bool)


def _numeric(audited: Audited) -> Iterator[Indicator]:
    return (one for one in audited.checked.form_set.indicators if one.numeric)


def check_required(audited: Audited) -> Iterator[Numbered]:
    """Every required figure is filled in (G02), but what a summary itself says it cannot say."""
    for indicator in audited.checked.form_set.indicators:
        if not indicator.required or indicator.computed:
            continue
        state = audited.ground.figure(indicator.code).state
        for position in np.flatnonzero((state == BLANK) & _asked(audited, indicator)):
            reading = audited.readings[position]
            if all(one.code != indicator.code for one in reading.figures):
                continue  # the form had no such cell when it was read
            if indicator.code not in _told(reading) and not _waits(audited, reading, indicator):
                yield found_at(
                    audited, int(position), indicator,
                    "required" if indicator.numeric else "required_word", "must",
                    **(_measure(indicator) if indicator.numeric else _wanted(indicator)),
                )  # fmt: skip


def _told(reading: Reading) -> frozenset[str]:
    """Name the figures of which it is said already why they are blank."""
    told = (
        finding.subject
        for finding in reading.findings
        # What came into the form after the blank was issued is told as that.
        if finding.level == "must" or finding.code == "former_new"
    )
    return frozenset((*told, *reading.left_out))


def _measure(indicator: Indicator) -> Mapping[str, str]:
    english = catalogue().get(f"measure.{indicator.unit}", {}).get("en", indicator.unit)
    return both("measure", f"（{indicator.unit}）", f" ({english})")


def _wanted(indicator: Indicator) -> Mapping[str, str]:
    """Say what is to be put into a cell that holds no number."""
    parts = "、".join(indicator.choices)
    return told(f"book.wanted_{indicator.type}", "expected", parts=parts)


def check_words(audited: Audited) -> Iterator[Numbered]:
    """A choice is one of its options, a date is a day."""
    for indicator in audited.checked.form_set.indicators:
        code = {"choice": "not_a_choice", "date": "not_date"}.get(indicator.type)
        for position, reading in enumerate(audited.readings if code else ()):
            cell = next((one for one in reading.figures if one.code == indicator.code), None)
            if code and cell and _is_odd(indicator, cell):
                expected = {"expected": "、".join(indicator.choices)} if indicator.choices else {}
                yield found_at(audited, position, indicator, code, "must", **expected)


def _is_odd(indicator: Indicator, cell: FigureCell) -> bool:
    if indicator.type == "date":
        return cell.state == "text"
    return cell.state == "choice" and cell.value not in indicator.choices


def _waits(audited: Audited, reading: Reading, indicator: Indicator) -> bool:
    """Whether a figure is blank because of its ledger: what is wrong there is told there."""
    known = (*STATUSES[:2], ON_PAPER)
    # A ledger that could not be read is told; so is a row that holds what cannot be read, or lacks
    # what it must have.
    whole = {
        rows.symbol
        for rows in reading.ledgers
        if rows.status in known and not rows.odd and not _lacks(audited, rows)
    }
    cell = next((one for one in reading.figures if one.code == indicator.code), None)
    ledgers = audited.checked.ledgers_of(indicator.code) if indicator.source_rule else ()
    return bool(cell and cell.formula and any(one.symbol not in whole for one in ledgers))


def _lacks(audited: Audited, rows: LedgerRows) -> bool:
    ledger = audited.checked.form_set.by_symbol[rows.symbol]
    required = [
        rows.keys.index(one.key) for one in ledger.columns if one.required and one.key in rows.keys
    ]
    return any(row[at] is None for row in rows.rows for at in required)


def check_places(audited: Audited) -> Iterator[Numbered]:
    """Counts are whole, decimals have no more than the declared places (G01)."""
    for indicator in _numeric(audited):
        if indicator.computed:
            continue
        values = audited.ground.figure(indicator.code)
        wrong = (values.state == NUMBER) & ~values.number.fits(indicator.scale)
        code = "not_whole" if indicator.scale == 0 else "too_many_places"
        for position in np.flatnonzero(wrong):
            yield found_at(audited, int(position), indicator, code, "must", places=indicator.scale)


def check_range(audited: Audited) -> Iterator[Numbered]:
    """A figure lies in its range; a community's upper limit is not held against a total (G01)."""
    for indicator in _numeric(audited):
        values = audited.ground.figure(indicator.code)
        numbers = values.state == NUMBER
        over, base = values.number.over, values.number.base
        low, high = indicator.minimum, indicator.maximum
        if low is not None:
            code = "negative" if low == 0 else "out_of_range"
            below = numbers & (over < _least(low, base))
            below &= (over < 0) | _community(audited)
            for position in np.flatnonzero(below):
                yield found_at(audited, int(position), indicator, code, "must",
                          low=plain(low), high=_or_dash(high))  # fmt: skip
        if high is not None:
            above = numbers & (over > _most(high, base)) & _community(audited)
            for position in np.flatnonzero(above):
                yield found_at(audited, int(position), indicator, "out_of_range", "must",
                          low=_or_dash(low), high=plain(high))  # fmt: skip


def _least(limit: Decimal, base: int) -> int:
    return math.ceil(Fraction(limit) * base)


def _most(limit: Decimal, base: int) -> int:
    return math.floor(Fraction(limit) * base)


def _or_dash(limit: Decimal | None) -> str:
    return "—" if limit is None else plain(limit)


def check_year(audited: Audited) -> Iterator[Numbered]:
    """An area or a sum of money that equals the year of the report is questioned (G14)."""
    for indicator in _numeric(audited):
        if indicator.dimension not in ("area", "money"):
            continue
        values = audited.ground.figure(indicator.code)
        for position in np.flatnonzero(values.state == NUMBER):
            year = audited.headers[position].period.year
            if values.texts[position] == str(year):
                yield found_at(audited, int(position), indicator, "equals_year", "explain")


def check_changes(audited: Audited) -> Iterator[Numbered]:
    """Great changes against last year (G07) and last period (G08) want a reason."""
    rules = (("year_ago", "change_year", 50, 0), ("previous", "change_previous", 30, 5))
    for indicator in _numeric(audited):
        if indicator.computed or indicator.time == "ytd":
            continue
        for when, code, percent, least in rules:
            if not _has_own_relation(audited, indicator.code, when):
                yield from _changes(audited, indicator, when, code, percent, least)


def _has_own_relation(audited: Audited, code: str, when: str) -> bool:
    word = {"year_ago": "YEARAGO", "previous": "PREV"}[when]
    return any(f"{word}({code})" in rule.relation.rule for rule in audited.checked.relations)


def _changes(
    audited: Audited, indicator: Indicator, when: str, code: str, percent: int, least: int
) -> Iterator[Numbered]:
    now = audited.ground.figure(indicator.code)
    then = audited.ground.figure(indicator.code, when)
    both = (now.state == NUMBER) & (then.state == NUMBER)
    for position in np.flatnonzero(both):
        new, old = Decimal(now.texts[position]), Decimal(then.texts[position])
        if old <= 0 or max(new, old) < SMALLEST_BASE or abs(new - old) < least:
            continue
        change = (new - old) / old * 100
        if abs(change) > percent:
            yield found_at(audited, int(position), indicator, code, "explain",
                      before=plain(old), difference=f"{change:+.1f}")  # fmt: skip


def check_to_date(audited: Audited) -> Iterator[Numbered]:
    """
    A running total does not fall within a year (G06).

    A summary's may where units have come or gone: nobody can mend it, so its office is asked.
    """
    for indicator in _numeric(audited):
        if indicator.time != "ytd" or indicator.computed:
            continue
        now = audited.ground.figure(indicator.code)
        then = audited.ground.figure(indicator.code, "previous")
        for position in np.flatnonzero((now.state == NUMBER) & (then.state == NUMBER)):
            first = audited.headers[position].period.number == 1
            if first or Decimal(now.texts[position]) >= Decimal(then.texts[position]):
                continue
            total = audited.readings[position].identity.role == SUMMARY
            code, level = ("falling_total", "explain") if total else ("falling_ytd", "must")
            yield found_at(audited, int(position), indicator, code, level,
                      before=then.texts[position])  # fmt: skip


def check_previous(audited: Audited) -> Iterator[Numbered]:
    """The last period's column differs from the book as it is now: worth a look only (G05)."""
    for position, reading in enumerate(audited.readings):
        for cell in reading.previous:
            indicator = audited.checked.form_set.by_code[cell.code]
            then = audited.ground.figure(cell.code, "previous")
            known = then.texts[position] if then.state[position] == NUMBER else None
            if known is None or not indicator.numeric or cell.state != "number":
                continue
            if Decimal(cell.value) != Decimal(known):
                texts = {**named(indicator), "found": cell.value, "expected": known}
                place = (reading.sheet, cell.cell, cell.code)
                yield position, Finding("previous_differs", "note", *place, texts)
