"""Write a period's papers for people into 汇总: bulletin, problems, reminder, figures by unit."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

import msgspec
import xlsxwriter

from huizong.circulars import (
    Circular,
    Issue,
    reminder_needed,
    write_bulletin,
    write_issues,
    write_reminder,
)
from huizong.contents import Contents
from huizong.entries import Received, answers_of, files_of, findings_of, readings_of
from huizong.examine import examine, with_readings
from huizong.history import last_summary
from huizong.keeping import safe_name
from huizong.language import CheckedSet
from huizong.pages import Page, foreign
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.publish import summarise
from huizong.records import OWN, TO_MEND, AuditedFinding, Unit, UnitReturn
from huizong.return_sheets import finding_words
from huizong.safely import write_safely
from huizong.settle import state_of
from huizong.styles import Styles
from huizong.tables import new_workbook
from huizong.texts import name_of, say
from huizong.unit_sheets import write_units
from huizong.work import Work

_RAISED = ("must", "release", "explain", "ask")


class Paper(msgspec.Struct, frozen=True):
    """One paper: what it is called, where it stands, or why it was not written."""

    name: str
    path: Path | None = None
    why: str = ""


def papers(work: Work, period: Period) -> tuple[Paper, ...]:
    """Write the papers of every form set; a paper that a person has changed is never replaced."""
    done: list[Paper] = []
    for checked in work.sets(period):
        returns = examine(work, checked, period)
        done += _papers_of(work, checked, period, returns)
    for path in [one.path for one in done if one.path]:
        record_paper(work, path)
    return tuple(done)


def record_paper(work: Work, path: Path) -> None:
    """Enter what was written, so that a paper that a person has changed is known as one."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    work.book.record("paper", {"file": path.name, "digest": digest}, work.at)


def _papers_of(
    work: Work, checked: CheckedSet, period: Period, returns: SetReturns
) -> Iterator[Paper]:
    circular = _circular(work, checked, period, returns)
    writers: tuple[tuple[str, Callable], ...] = (
        ("bulletin", write_bulletin), ("issues", write_issues), ("reminder", write_reminder),
    )  # fmt: skip
    for key, write in writers:
        if key == "reminder" and not reminder_needed(circular):
            yield Paper(say("circular.reminder"), None, say("circular.nobody_missing"))
            continue
        yield _write(work, checked, period, key, lambda book, w=write: w(book, circular))
    if not any(one.included for one in returns.rows):
        yield Paper(say("circular.units"), None, say("circular.nothing_passed"))
        return
    before = last_summary(work.book, str(period), checked.form_set.code)
    summary = summarise(work, checked, period, with_readings(work, returns), before)
    contents = Contents(summary, checked.form_set)

    def units(book: xlsxwriter.Workbook) -> None:
        write_units(Page(book, say("summary.sheet.units"), Styles(book)), contents)

    yield _write(work, checked, period, "units", units)


def _write(
    work: Work, checked: CheckedSet, period: Period, key: str,
    write: Callable[[xlsxwriter.Workbook], None],
) -> Paper:  # fmt: skip
    name = say(f"circular.{key}")
    stem = say(
        "circular.file", period=period, code=work.office.unit.code, paper=name,
        set=safe_name(name_of(checked.form_set)),
    )  # fmt: skip
    safely = write_safely(free_path(work, work.office.summaries(str(period)) / f"{stem}.xlsx"))
    with safely as temp, new_workbook(temp, name, work.now) as book:
        write(book)
    return Paper(name, safely.path)


def free_path(work: Work, path: Path) -> Path:
    """Give the name to write under: another one if the file there is no longer as we wrote it."""
    ours = {details.get("digest") for _, what, details in work.book.events() if what == "paper"}
    for number in range(1, 100):
        target = path if number == 1 else path.with_stem(f"{path.stem}_{number:02}")
        if not target.exists() or hashlib.sha256(target.read_bytes()).hexdigest() in ours:
            return target
    return path


def _circular(work: Work, checked: CheckedSet, period: Period, returns: SetReturns) -> Circular:
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
    return Circular(
        office=work.office.unit.name, period=str(period), returns=_named(checked, returns),
        now=work.now, first=first, returned=Counter(mended),
        issues=tuple(_issues(work, checked, returns, files, found)),
    )  # fmt: skip


def _named(checked: CheckedSet, returns: SetReturns) -> SetReturns:
    return msgspec.structs.replace(returns, name=name_of(checked.form_set))


def _issues(
    work: Work, checked: CheckedSet, returns: SetReturns, files: Sequence[Received],
    found: Mapping[str, Sequence[AuditedFinding]],
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
            answer = answers.get(key)
            closing = "mended" if gone else one.state
            when = gone or (answer.at if answer else "") or file.received_at
            yield _issue(
                work, checked, unit, file, one, returns.due, closing,
                "" if closing in ("open", "rejected") else when,
            )  # fmt: skip


def _issue(
    work: Work, checked: CheckedSet, entry: UnitReturn, file: Received, one: AuditedFinding,
    due: dt.date | None, closing: str, closed: str,
) -> Issue:  # fmt: skip
    finding = one.finding
    place = " ".join(part for part in (foreign(finding.sheet), finding.cell) if part)
    return Issue(
        key=one.key, unit=foreign(entry.unit.name), level=finding.level, place=place,
        text=finding_words(one, checked.form_set, entry),
        owner=_owner(work, entry.unit, finding.level),
        due=_deadline(file.received_at, work.office.settings.mend_days, due),
        raised=file.received_at, closing=closing,
        officer=one.officer, closed=closed,
    )  # fmt: skip


def _owner(work: Work, unit: Unit, level: str) -> str:
    officer = work.office.settings.officer or work.office.unit.name
    if level == "ask":
        return officer
    owner = unit.contact or unit.name
    if level == "release":
        return say("circular.owner_and_officer", owner=owner, officer=officer)
    return owner


def _deadline(received: str, days: int, due: dt.date | None) -> dt.date:
    """So many days after the return came, past a weekend, and not before the period's deadline."""
    day = dt.date.fromisoformat(received[:10]) + dt.timedelta(days=days)
    day = max(day, due) if due else day
    return day + dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)
