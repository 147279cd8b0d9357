"""Gather how the units of a period have reported, and what became of every problem raised."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

import msgspec

from huizong.entries import Received, answers_of, files_of, findings_of, readings_of
from huizong.held import held_file, held_files
from huizong.history import copies_made, gone_of
from huizong.language import CheckedSet
from huizong.pages import foreign
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.records import MISSING, OWN, TO_MEND, AuditedFinding, Unit, UnitReturn
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
    copied = copies_made(work.book, [file.digest for file in files])
    back = (
        file.unit
        for file in files
        if file.role != OWN
        and (file.digest in copied or state_of(found.get(file.digest, ())) == TO_MEND)
    )
    issues = _issues(work, checked, returns, files, found, with_contacts=with_contacts)
    return Reporting(
        due=returns.due, days=work.office.settings.mend_days, first=first,
        returned=dict(Counter(back)), issues=tuple(issues), held=_held(work, period, returns),
    )  # fmt: skip


def _held(work: Work, period: Period, returns: SetReturns) -> frozenset[str]:
    waiting = held_files(work.book)
    missing = [one.unit for one in returns.returns if one.state == MISSING]
    return frozenset(
        unit.code
        for unit in missing
        if held_file(waiting, str(period), returns.code, (unit.code, unit.name))
    )


class _Raised(msgspec.Struct, frozen=True):
    """A problem: the file in which it came up, how it is found last, its closing and when."""

    file: Received
    one: AuditedFinding
    closing: str
    when: str


def _issues(
    work: Work, checked: CheckedSet, returns: SetReturns, files: Sequence[Received],
    found: Mapping[str, Sequence[AuditedFinding]], *, with_contacts: bool,
) -> Iterator[Issue]:  # fmt: skip
    """List what was raised in any version of each return, and what has become of it."""
    gone = gone_of(work.book, files[0].period) if files else {}
    asked = [file.digest for file in files if file.digest in gone or found.get(file.digest)]
    readings = readings_of(work.book, asked)
    answers = answers_of(work.book)
    for entry in returns.rows:
        sent = [one for one in files if one.unit == entry.unit.code]
        for key, raised in _of_versions(entry, sent, found, gone).items():
            unit = msgspec.structs.replace(entry, reading=readings.get(raised.file.digest))
            level = raised.one.finding.level
            owner = _owner(work, entry.unit, level, with_contacts=with_contacts)
            answer = answers.get(key)
            when = raised.when or (answer.at if answer else "") or raised.file.received_at
            yield _issue(
                work, checked, unit, raised.file, raised.one, owner, returns.due, raised.closing,
                "" if raised.closing in ("open", "rejected") else when,
            )  # fmt: skip


def _of_versions(
    entry: UnitReturn, sent: Sequence[Received], found: Mapping[str, Sequence[AuditedFinding]],
    gone: Mapping[str, Sequence[tuple[AuditedFinding, str]]],
) -> dict[str, _Raised]:  # fmt: skip
    """Give what was raised; what only a newer file has that was not taken is open with nobody."""
    last = entry.version if entry.refused else None
    taken = [one for one in sent if last is None or one.number <= last]
    raised = _raised(taken, found, gone)
    for key, one in _raised(sent[len(taken) :], found, gone).items():
        still = one.closing in ("open", "rejected")
        raised.setdefault(key, msgspec.structs.replace(one, closing="unused") if still else one)
    return raised


def _raised(
    sent: Sequence[Received], found: Mapping[str, Sequence[AuditedFinding]],
    gone: Mapping[str, Sequence[tuple[AuditedFinding, str]]],
) -> dict[str, _Raised]:  # fmt: skip
    """Go through the versions of a return: the last one that has a problem says how it stands."""
    raised: dict[str, _Raised] = {}
    for file, later in zip_longest(sent, sent[1:]):
        now = [(one, "") for one in found.get(file.digest, ())]
        for one, at in (*now, *gone.get(file.digest, ())):
            if one.finding.level not in _RAISED:
                continue
            start = raised[one.key].file if one.key in raised else file
            closing, when = ("mended", later.received_at) if later else (one.state, "")
            if at and closing in ("open", "rejected"):
                closing, when = "gone", at
            raised[one.key] = _Raised(start, one, closing, when)
    return raised


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
