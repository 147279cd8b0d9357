"""Draft the letters of a period to the units: receipts, correction copies, reminders."""

from collections.abc import Iterator, Sequence

from huizong.entries import Received, digest_of, files_of
from huizong.letter_entries import letter_with
from huizong.letter_templates import CORRECTION, RECEIPT, REMINDER
from huizong.letter_writing import (
    Asked,
    Outcome,
    draft,
    draft_path,
    fields_of,
    lines_of,
    set_name,
    units_of,
)
from huizong.letters import Attachment
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.personal import masked
from huizong.records import ADOPTED, MISSING, OWN, RETURNED, SUPERSEDED
from huizong.send_back import SentBack
from huizong.standing_book import sets_in_book
from huizong.texts import listed, say, spoken
from huizong.work import Work


def receipts(work: Work, period: Period, *, again: bool = False) -> tuple[Outcome, ...]:
    """Draft a receipt for every return that was taken in; what waits for the officer gets none."""
    with spoken(work.office.settings.language):
        asked = list(_receipts(work, period))
        return tuple(draft(work, period, one, again=again) for one in asked)


def corrections(
    work: Work, period: Period, copies: Sequence[SentBack], *, again: bool = False
) -> tuple[Outcome, ...]:
    """Draft the letters that carry correction copies, in answer to the letters they came by."""
    with spoken(work.office.settings.language):
        units = units_of(work)
        asked = [_correction(work, period, one) for one in copies if one.unit.code in units]
        return tuple(draft(work, period, one, again=again) for one in asked)


def reminders(work: Work, period: Period, *, again: bool = False) -> tuple[Outcome, ...]:
    """Draft a reminder, one a day, to every unit that has sent nothing for some form set."""
    with spoken(work.office.settings.language):
        asked = list(_reminders(work, period))
        return tuple(draft(work, period, one, again=again) for one in asked)


def _receipts(work: Work, period: Period) -> Iterator[Asked]:
    units = units_of(work)
    by_file: dict[tuple[str, str], list[Received]] = {}
    for file in files_of(work.book, period=str(period), states=(ADOPTED, RETURNED, SUPERSEDED)):
        if file.unit in units and file.role != OWN and file.number:
            by_file.setdefault((file.unit, digest_of(file.digest)), []).append(file)
    for (code, digest), files in by_file.items():
        answered = letter_with(work.book, digest)
        if answered and answered.by_machine:
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
        )  # fmt: skip


def _correction(work: Work, period: Period, copy: SentBack) -> Asked:
    unit, answered = units_of(work)[copy.unit.code], letter_with(work.book, digest_of(copy.digest))
    texts = (f"{one.sheet} {one.cell} {one.text}".strip() for one in copy.asks)
    fields = {
        "set": set_name(copy.set_code), "count": str(copy.problems), "problems": lines_of(texts),
    }  # fmt: skip
    return Asked(
        kind=CORRECTION, unit=unit, fields=fields_of(work, period, unit.name) | fields,
        about=(unit.code, copy.digest, *sorted({one.key for one in copy.asks})),
        path=work.office.drafts(str(period)) / f"{copy.path.stem}.eml",
        attachments=(Attachment(copy.path.name, copy.path.read_bytes()),), answered=answered,
    )  # fmt: skip


def _reminders(work: Work, period: Period) -> Iterator[Asked]:
    units = units_of(work)
    missing: dict[str, list[SetReturns]] = {}
    for one in sets_in_book(work, period):
        for entry in one.returns:
            if entry.state == MISSING:
                missing.setdefault(entry.unit.code, []).append(one)
    today = f"{work.now:%Y-%m-%d}"
    for code, sets in missing.items():
        fields = fields_of(work, period, units[code].name)
        fields |= {"count": str(len(sets)), "missing": lines_of(_due(work, one) for one in sets)}
        yield Asked(
            kind=REMINDER, unit=units[code], fields=fields,
            about=(code, str(period), today, *sorted(one.code for one in sets)),
            path=draft_path(work, period, REMINDER, units[code].name, today),
        )  # fmt: skip


def _due(work: Work, one: SetReturns) -> str:
    """Say of a form set when it is due, and how many days are left or gone."""
    if one.due is None:
        return one.name
    days = (one.due - work.now.date()).days
    code = "letter_due.before" if days > 0 else "letter_due.after" if days < 0 else "letter_due.day"
    return say(code, set=one.name, due=one.due, days=abs(days))
