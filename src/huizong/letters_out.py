"""Draft the letters of a period to the units: receipts, replies, correction copies, reminders."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from huizong.clock import minute_of
from huizong.corrections import has_problems, problems_of
from huizong.desk import Problem
from huizong.draft_entries import about_of
from huizong.entries import Received, answers_of, digest_of, files_of, readings_of
from huizong.fetch import WITHOUT_FORM, outcome
from huizong.findings import remedy, words
from huizong.held import held_file, held_files, wants_password
from huizong.history import closed_periods, issued_of
from huizong.letter_entries import OPENED, LetterEntry, letter_with, letters_of
from huizong.letter_templates import CORRECTION, RECEIPT, REMINDER, REPLY
from huizong.letter_writing import (
    HELD,
    Asked,
    Outcome,
    draft_all,
    draft_path,
    fields_of,
    lines_of,
    set_name,
    units_of,
)
from huizong.letters import LETTERS, RECEIVED, Attachment, addresses
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.personal import masked
from huizong.records import (
    ADOPTED,
    MISSING,
    OWN,
    RETURNED,
    SUPERSEDED,
    TO_EXPLAIN,
    TO_MEND,
    UNIT,
    Unit,
    UnitReturn,
)
from huizong.send_back import SentBack, to_send_back
from huizong.settle import settle
from huizong.standing_book import sets_in_book
from huizong.texts import listed, say, spoken
from huizong.unit_levels import role_below
from huizong.work import Work

# What an officer has sent away: whoever sent it, nothing was received from the unit.
_NOT_THEIRS = ("turned_away", "rejected")
_TAKEN = (ADOPTED, RETURNED, SUPERSEDED)


def receipts(
    work: Work, period: Period, *, again: bool = False, unit: str = ""
) -> tuple[Outcome, ...]:
    """Draft a receipt for every return that was taken in; what waits for the officer gets none."""
    with spoken(work.office.settings.language):
        asked = _receipts(work, period)
        return draft_all(work, period, asked, again=again, unit=unit)


def replies(
    work: Work, period: Period, *, again: bool = False, unit: str = ""
) -> tuple[Outcome, ...]:
    """Draft a reply to each letter, of a unit that owes one, in which no return could be read."""
    with spoken(work.office.settings.language):
        asked = _replies(work, period)
        return draft_all(work, period, asked, again=again, unit=unit)


def corrections(
    work: Work, period: Period, copies: Sequence[SentBack], *, again: bool = False, unit: str = ""
) -> tuple[Outcome, ...]:
    """Draft the letters that carry correction copies, in answer to the letters they came by."""
    with spoken(work.office.settings.language):
        units = units_of(work)
        asked = [_correction(work, period, one) for one in copies if one.unit.code in units]
        return draft_all(work, period, asked, again=again, unit=unit)


def reminders(
    work: Work, period: Period, *, again: bool = False, unit: str = ""
) -> tuple[Outcome, ...]:
    """Draft a reminder, one a day, to every unit that has sent nothing for some form set."""
    with spoken(work.office.settings.language):
        asked = _reminders(work, period)
        return draft_all(work, period, asked, again=again, unit=unit)


def still_asked(work: Work, period: Period) -> frozenset[tuple[str, str]]:
    """
    Name what letters of a period are about that are true as the book stands now, with their units:
    another that was drafted before has been overtaken.
    """
    # What waits for a decision that is still open was received all the same.
    letters = (
        *_receipts(work, period, ()), *_replies(work, period), *_reminders(work, period)
    )  # fmt: skip
    asked = ((one.kind, one.unit.code, one.about) for one in letters if isinstance(one, Asked))
    return frozenset(
        (about_of(kind, *about), unit) for kind, unit, about in (*asked, *_to_mend(work, period))
    )


def _to_mend(work: Work, period: Period) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    if str(period) in closed_periods(work.book):
        return
    wanted = [one for of in sets_in_book(work, period) for one in to_send_back(of)]
    for one in filter(has_problems, _as_answered(work, wanted)):
        unit = one.unit.code
        yield CORRECTION, unit, _about_return(unit, one.digest, problems_of(one))


def _as_answered(work: Work, returns: Sequence[UnitReturn]) -> Iterator[UnitReturn]:
    """Bring findings up to what the officer has answered since the last audit."""
    answers = answers_of(work.book)
    answered = {one.digest for one in returns if any(f.key in answers for f in one.findings)}
    readings = readings_of(work.book, sorted(answered))
    for one in returns:
        reading, found = readings.get(one.digest), one.findings
        if reading:
            found = settle([finding.finding for finding in found], reading, answers)
        yield msgspec.structs.replace(one, findings=found)


def _about_return(unit: str, digest: str, problems: Iterable[Problem]) -> tuple[str, ...]:
    """Name a return and what is asked about it; a row of a list may stand for several problems."""
    return unit, digest, *sorted({key for one in problems for key in one.key.splitlines()})


def _receipts(
    work: Work, period: Period, states: Collection[str] = _TAKEN
) -> Iterator[Asked]:  # fmt: skip
    units = units_of(work)
    by_file: dict[tuple[str, str], list[Received]] = {}
    for file in files_of(work.book, period=str(period), states=states):
        theirs = file.unit in units and file.role != OWN and file.reason not in _NOT_THEIRS
        if theirs and file.number:
            by_file.setdefault((file.unit, digest_of(file.digest)), []).append(file)
    for (code, digest), files in by_file.items():
        answered = letter_with(work.book, digest)
        wanted = work.office.settings.sets
        unwanted = wanted and not any(one.set_code in wanted for one in files)
        if unwanted or (answered and answered.by_machine):
            continue
        sets, version = listed(set_name(one.set_code) for one in files), str(files[0].number)
        fields = {
            "sets": sets, "file": masked(files[0].name), "version": version, "digest": digest,
            "received": files[0].received_at.replace("T", " "),
        }  # fmt: skip
        parts = (units[code].name, sets, f"v{version}", digest[:8])
        yield Asked(
            kind=RECEIPT, unit=units[code], about=(code, digest), answered=answered,
            path=draft_path(work, period, RECEIPT, *parts),
            fields=fields_of(work, period, units[code].name) | fields,
            foot=say(_mark_for(units[code]), mark=RECEIVED + digest),
        )  # fmt: skip


def _mark_for(unit: Unit) -> str:
    """An office below has this program, which reads the mark; a community has none."""
    return "letter.mark_unit" if role_below(unit) == UNIT else "letter.mark"


def _replies(work: Work, period: Period) -> Iterator[Asked]:
    owing, returned = _owing(work, period), _returned_letters(work)
    begun = min((one.at for one in issued_of(work.book, str(period))), default="")
    for entry in letters_of(work.book, state=OPENED):
        unit = owing.get(entry.letter.sender)
        if unit is None or entry.received_at < begun or entry.letter.by_machine:
            continue
        came = outcome(work, entry)
        files = returned.get(entry.kept_as, ())
        problems = [say(f"letter_reply.{came}")] if came in WITHOUT_FORM else map(_returned, files)
        if came in WITHOUT_FORM or files:
            yield _reply(work, period, unit, entry, lines_of(problems))


def _owing(work: Work, period: Period) -> dict[str, Unit]:
    """
    Give by their addresses the units whose returns are missing or to be mended; of several with one
    address the first of the roster.
    """
    units, sets = units_of(work), sets_in_book(work, period)
    states = (MISSING, TO_MEND, TO_EXPLAIN)
    codes = {one.unit.code for of in sets for one in of.returns if one.state in states}
    owing: dict[str, Unit] = {}
    for code, unit in units.items():
        for mail in addresses(unit.mail) if code in codes else ():
            owing.setdefault(mail, unit)
    return owing


def _returned_letters(work: Work) -> dict[str, list[Received]]:
    """Give by their letters the files that could not be read as anybody's return."""
    files: dict[str, list[Received]] = {}
    for one in files_of(work.book, states=(RETURNED,)):
        if one.source.startswith(f"{LETTERS}/") and not (one.unit or wants_password(one)):
            files.setdefault(one.source.split("/")[2], []).append(one)
    return files


def _returned(file: Received) -> str:
    told = (f"{words(finding)} {remedy(finding)}" for finding in file.findings)
    return say("letter_reply.returned", file=file.name, text=" ".join(told))


def _reply(work: Work, period: Period, unit: Unit, entry: LetterEntry, problems: str) -> Asked:
    fields = {
        "subject": masked(entry.letter.subject or say("letter.no_subject")),
        "received": minute_of(entry.received_at), "problems": problems,
    }  # fmt: skip
    return Asked(
        # One letter has one answer, whichever of the units with its address owes something.
        kind=REPLY, unit=unit, about=(entry.digest,), answered=entry.letter,
        path=draft_path(work, period, REPLY, unit.name, entry.digest[:8]),
        fields=fields_of(work, period, unit.name) | fields,
    )  # fmt: skip


def _correction(work: Work, period: Period, copy: SentBack) -> Asked:
    unit, answered = units_of(work)[copy.unit.code], letter_with(work.book, digest_of(copy.digest))
    texts = (f"{one.sheet} {one.cell} {one.text}".strip() for one in copy.asks)
    fields = {
        "set": set_name(copy.set_code), "count": str(copy.problems), "problems": lines_of(texts),
    }  # fmt: skip
    return Asked(
        kind=CORRECTION, unit=unit, fields=fields_of(work, period, unit.name) | fields,
        about=_about_return(unit.code, copy.digest, copy.asks),
        path=draft_path(work, period, CORRECTION, *_copy_parts(copy)),
        attachments=(Attachment(copy.path.name, copy.path.read_bytes()),), answered=answered,
    )  # fmt: skip


def _copy_parts(copy: SentBack) -> tuple[str, ...]:
    """Name a letter as the others are, and as the copy that it carries: the last part tells it."""
    return copy.unit.name, set_name(copy.set_code), copy.path.stem.rpartition("_")[2]


def _reminders(work: Work, period: Period) -> Iterator[Asked | Outcome]:
    """No unit is reminded of what it has sent and the officer has not looked at: it is named."""
    units, waiting = units_of(work), held_files(work.book)
    missing: dict[str, list[SetReturns]] = {}
    held: dict[str, Received] = {}
    for one in sets_in_book(work, period):
        for entry in one.returns:
            if entry.state == MISSING:
                unit = entry.unit
                file = held_file(waiting, str(period), one.code, (unit.code, unit.name))
                if file:
                    held[unit.code] = file
                else:
                    missing.setdefault(unit.code, []).append(one)
    for code, file in held.items():
        name = masked(file.name)
        yield Outcome(kind=REMINDER, unit=code, name=units[code].name, fate=HELD, path=Path(name))
    for code, sets in missing.items():
        yield _reminder(work, period, units[code], sets)


def _reminder(work: Work, period: Period, unit: Unit, sets: Sequence[SetReturns]) -> Asked:
    today = f"{work.now:%Y-%m-%d}"
    fields = fields_of(work, period, unit.name)
    fields |= {"count": str(len(sets)), "missing": lines_of(_due(work, one) for one in sets)}
    return Asked(
        kind=REMINDER, unit=unit, fields=fields,
        about=(unit.code, str(period), today, *sorted(one.code for one in sets)),
        path=draft_path(work, period, REMINDER, unit.name, today),
    )  # fmt: skip


def _due(work: Work, one: SetReturns) -> str:
    """Say of a form set when it is due, and how many days are left or gone."""
    if one.due is None:
        return one.name
    days = (one.due - work.now.date()).days
    code = "letter_due.before" if days > 0 else "letter_due.after" if days < 0 else "letter_due.day"
    return say(code, set=one.name, due=one.due, days=abs(days))
