"""Audit returns: the general rules and every relation, over all returns at once."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import msgspec

from huizong.audit_columns import check_columns, check_numbers
from huizong.audit_copies import check_copies
from huizong.audit_figures import (
    Audited,
    Numbered,
    check_changes,
    check_places,
    check_previous,
    check_range,
    check_required,
    check_to_date,
    check_words,
    check_year,
)
from huizong.audit_relations import check_relations
from huizong.audit_units import check_outliers, check_slips
from huizong.determine import Determined, determine
from huizong.findings import both, digest_of, named
from huizong.forms import Ledger
from huizong.ground import NOTHING_BESIDE, Beside, Ground, Header
from huizong.language import CheckedSet
from huizong.layout import ON_PAPER, STATUSES, report_sheet
from huizong.records import SUMMARY, Finding, LedgerRows, Reading
from huizong.texts import catalogue

SHORTEST_TEXT = 50


class Audit(msgspec.Struct, frozen=True):
    """The outcome: each return with its determined figures, and its findings in order."""

    readings: tuple[Reading, ...]
    findings: tuple[tuple[Finding, ...], ...]


Check = Callable[[Audited], Iterator[Numbered]]


def audit(
    checked: CheckedSet, readings: Sequence[Reading], headers: Sequence[Header],
    previous: Sequence[Reading | None] = (), year_ago: Sequence[Reading | None] = (),
    on_paper: Collection[str] = (), beside: Beside = NOTHING_BESIDE,
) -> Audit:  # fmt: skip
    """
    Audit the returns of one form set; `previous` and `year_ago` stand beside them.

    `on_paper` are the ledgers (symbols) that the office lets its units keep on paper; `beside` is
    what other sets say of the same units.

    The reader's own findings come first, then the checks in their order.
    """
    if not readings:
        return Audit((), ())
    code = checked.form_set.code

    def ground_of(some: Sequence[Reading]) -> Ground:
        sets = {**beside.checked, code: checked}
        return Ground.of(sets, some, previous, year_ago, headers, beside.returns)

    determined: Determined = determine(checked, readings, ground_of)
    audited = Audited(
        checked, determined.readings, tuple(headers), determined.ground, frozenset(on_paper)
    )
    found: list[list[Finding]] = [list(reading.findings) for reading in readings]
    for position, finding in determined.findings:
        found[position].append(finding)
    for check in CHECKS:
        for position, finding in check(audited):
            found[position].append(finding)
    refused = [any(one.code in _UNREAD for one in reading.findings) for reading in readings]
    return Audit(
        determined.readings,
        tuple(
            reading.findings if unread else tuple(_unique(one))
            for reading, unread, one in zip(readings, refused, found, strict=True)
        ),
    )


# A return with one of these was not read at all: nothing else can be said of it.
_UNREAD = frozenset(("old_version",))


def _unique(findings: Sequence[Finding]) -> Iterator[Finding]:
    seen = set()
    for finding in findings:
        key = (finding.code, finding.subject, finding.sheet, finding.cell)
        if key not in seen:
            seen.add(key)
            yield finding


def check_ledgers(audited: Audited) -> Iterator[Numbered]:
    """The state of every ledger is chosen: nobody knows else whether nothing happened."""
    ledgers = [one for one in audited.checked.form_set.ledgers if one.kind != "plan"]
    for position, reading in enumerate(audited.readings):
        if reading.zero_report:
            continue
        for ledger in ledgers:
            rows = reading.rows_of(ledger.symbol)
            if rows and rows.status == ON_PAPER:
                yield from _paper(audited, position, ledger, rows)
            # Where there are rows, the reader has asked for the state.
            elif rows and rows.sheet and not rows.rows and rows.status not in STATUSES[:2]:
                details = {**named(ledger), **_states()}
                place = (rows.sheet, "", ledger.symbol)
                yield position, Finding("ledger_unset", "must", *place, details)


def _paper(audited: Audited, position: int, ledger: Ledger, rows: LedgerRows) -> Iterator[Numbered]:
    """Only the office decides that a ledger stays on paper."""
    if ledger.symbol not in audited.on_paper:
        details = {**named(ledger), "found": ON_PAPER, **_states()}
        yield position, Finding("ledger_on_paper", "must", rows.sheet, "", ledger.symbol, details)


def check_coverage(audited: Audited) -> Iterator[Numbered]:
    """A summary from below names the units that are not in it (G11)."""
    for position, reading in enumerate(audited.readings):
        if reading.identity.role == SUMMARY and reading.reported < reading.expected:
            details = {"expected": str(reading.expected), "found": str(reading.reported),
                       "parts": "、".join(reading.missing)}  # fmt: skip
            yield position, Finding("incomplete", "note", reading.sheet, "", "coverage", details)


_PLACEHOLDER = re.compile(r"\*{2,}|_{2,}|[×]{2,}|[xX]{2,}|20\*\*|[（(]\s*[)）]")
_DEBRIS = re.compile(
    r"&[a-z]{2,6};|<[a-z/][^>]{0,40}>|\?quot;|\(本站\)|[\w.]+文秘\d*", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")


def check_texts(audited: Audited) -> Iterator[Numbered]:
    """The written report is filled in and clean (TX-01, TX-02, TX-03, TX-09)."""
    for position, reading in enumerate(audited.readings):
        if reading.identity.role == SUMMARY:
            continue
        for section in audited.checked.form_set.sections:
            text = reading.texts.get(section.key, "")
            for code, level, found in _text_faults(text, required=section.required):
                details = {**named(section), "found": found, "length": str(len(text)),
                           "least": str(SHORTEST_TEXT), **digest_of(text)}  # fmt: skip
                sheet = report_sheet(audited.checked.form_set)
                yield position, Finding(code, level, sheet, "", section.key, details)


def _text_faults(text: str, *, required: bool) -> Iterator[tuple[str, str, str]]:
    if required and len(text) < SHORTEST_TEXT:
        yield "section_short", "explain", ""
    patterns = (
        ("section_placeholder", "must", _PLACEHOLDER),
        ("section_debris", "must", _DEBRIS),
        ("section_address", "note", _ADDRESS),
    )
    for code, level, pattern in patterns:
        if found := pattern.search(text):
            yield code, level, found[0]
    if _IDENTITY.search(text):
        # The number itself is never repeated.
        yield "section_identity", "must", ""


def _states() -> Mapping[str, str]:
    """The two states that a ledger may be in."""
    texts = [catalogue()[f"book.{code}"] for code in ("status_full", "status_none")]
    return both("expected", "、".join(t["zh"] for t in texts), ", ".join(t["en"] for t in texts))


CHECKS: tuple[Check, ...] = (
    check_ledgers,
    check_required,
    check_words,
    check_places,
    check_range,
    check_year,
    check_changes,
    check_to_date,
    check_previous,
    check_columns,
    check_numbers,
    check_coverage,
    check_texts,
    check_relations,
)


ACROSS: tuple[Check, ...] = (check_slips, check_outliers, check_copies)


def audit_across(
    checked: CheckedSet, readings: Sequence[Reading], headers: Sequence[Header],
    previous: Sequence[Reading | None] = (),
) -> tuple[tuple[Finding, ...], ...]:  # fmt: skip
    """
    Hold the returns of one period against each other: what is found are questions only.

    The order of the returns does not matter.
    """
    found: list[list[Finding]] = [[] for _ in readings]
    if readings:
        ground = Ground.of({checked.form_set.code: checked}, readings, previous, headers=headers)
        audited = Audited(checked, tuple(readings), tuple(headers), ground)
        for check in ACROSS:
            for position, finding in check(audited):
                found[position].append(finding)
    return tuple(map(tuple, found))
