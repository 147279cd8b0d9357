"""Gather how the units of a period have reported, and what became of every problem raised."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

import msgspec

from huizong.entries import Received, answers_of, files_of, findings_of, readings_of
from huizong.language import CheckedSet
from huizong.pages import foreign
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.records import OWN, TO_MEND, AuditedFinding, Unit, UnitReturn
from huizong.reporting import Issue, Reporting
from huizong.return_sheets import finding_words
from huizong.settle import state_of
from huizong.texts import say
from huizong.work import Work

_RAISED = ("must", "release", "explain", "ask")


def reporting_of(
    work: Work, checked: CheckedSet, period: Period, returns: SetReturns, *, with_contacts: bool
) -> Reporting:
    """
    Say of one form set when units reported, how often they were sent back, and all problems.

    With `with_contacts` problems are owned by persons; no person's name goes up in a summary.
    """
    code = checked.form_set.code
    found = findings_of(work.book, str(period))
    files = [file for file in files_of(work.book, period=str(period), set_code=code) if file.number]
    files.sort(key=lambda file: file.number)
    first: dict[str, str] = {}
    for file in files:
        first.setdefault(file.unit, file.received_at)
    mended = (
        file.unit
        for file in files
        if file.role != OWN and state_of(found.get(file.digest, ())) == TO_MEND
    )
    issues = _issues(work, checked, returns, files, found, with_contacts=with_contacts)
    return Reporting(
        due=returns.due, days=work.office.settings.mend_days, first=first,
        returned=dict(Counter(mended)), issues=tuple(issues),
    )  # fmt: skip


def _issues(
    work: Work, checked: CheckedSet, returns: SetReturns, files: Sequence[Received],
    found: Mapping[str, Sequence[AuditedFinding]], *, with_contacts: bool,
) -> Iterator[Issue]:  # fmt: skip
    """List what was raised in any version of each return, and what has become of it."""
    readings = readings_of(work.book, [file.digest for file in files if found.get(file.digest)])
    answers = answers_of(work.book)
    for entry in returns.rows:
        sent = [one for one in files if one.unit == entry.unit.code]
        raised: dict[str, tuple[Received, AuditedFinding, str]] = {}
        for file, later in zip_longest(sent, sent[1:]):
            for one in found.get(file.digest, ()):
                start = raised[one.key][0] if one.key in raised else file
                raised[one.key] = (start, one, later.received_at if later else "")
        for key, (file, one, gone) in raised.items():
            if one.finding.level not in _RAISED:
                continue
            unit = msgspec.structs.replace(entry, reading=readings.get(file.digest))
            owner = _owner(work, entry.unit, one.finding.level, with_contacts=with_contacts)
            answer = answers.get(key)
            closing = "mended" if gone else one.state
            when = gone or (answer.at if answer else "") or file.received_at
            yield _issue(
                work, checked, unit, file, one, owner, returns.due, closing,
                "" if closing in ("open", "rejected") else when,
            )  # fmt: skip


def _issue(
    work: Work, checked: CheckedSet, entry: UnitReturn, file: Received, one: AuditedFinding,
    owner: str, due: dt.date | None, closing: str, closed: str,
) -> Issue:  # fmt: skip
    finding = one.finding
    place = " ".join(part for part in (foreign(finding.sheet), finding.cell) if part)
    return Issue(
        key=one.key, unit=foreign(entry.unit.name), level=finding.level, place=place,
        text=finding_words(one, checked.form_set, entry),
        owner=owner,
        due=_deadline(file.received_at, work.office.settings.mend_days, due),
        raised=file.received_at, closing=closing,
        officer=one.officer, closed=closed,
    )  # fmt: skip


def _owner(work: Work, unit: Unit, level: str, *, with_contacts: bool) -> str:
    """Name who has to act: the persons in the office's own papers, the units in what goes up."""
    office = work.office
    officer = (office.settings.officer if with_contacts else "") or office.unit.name
    if level == "ask":
        return officer
    owner = (unit.contact if with_contacts else "") or unit.name
    if level == "release":
        return say("circular.owner_and_officer", owner=owner, officer=officer)
    return owner


def _deadline(received: str, days: int, due: dt.date | None) -> dt.date:
    """So many days after the return came, past a weekend, and not before the period's deadline."""
    day = dt.date.fromisoformat(received[:10]) + dt.timedelta(days=days)
    day = max(day, due) if due else day
    return day + dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
