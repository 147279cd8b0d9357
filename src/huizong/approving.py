"""Approve letters out: a draft as it stands is held against the roster, then put into the queue."""

import contextlib
import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec

from huizong.clock import minute_of
from huizong.draft_entries import (
    UPWARD,
    Drafted,
    drafted_upward,
    drafts_of,
    letter_token,
    newer_about,
)
from huizong.draft_files import DraftFile, as_sent, read_draft
from huizong.draft_places import lying
from huizong.errors import HuizongError
from huizong.history import closed_periods, issued_of
from huizong.leaving import Concern, letters_concerns
from huizong.letter_templates import CORRECTION, ISSUED, RECEIPT, REMINDER, REPLY
from huizong.letter_writing import known_addresses, own_domain, units_of
from huizong.letters import MOST_BYTES, is_address, is_ours, letter_id
from huizong.letters_out import still_asked
from huizong.paperwork import last_made, signed_sets
from huizong.periods import Period
from huizong.safely import write_safely
from huizong.sending_entries import Approval, queue_of, save_approval
from huizong.texts import listed, say
from huizong.work import Work

# What such a letter says may have changed since it was drafted.
_OF_THE_DAY = (RECEIPT, REPLY, CORRECTION, REMINDER)


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """
    A draft that may be approved, as its file stands just now.

    `name` is whom it is for; `wrong` says why it may not leave, empty if it may; `concerns` what an
    officer should see in its files before.
    """

    drafted: Drafted
    path: Path
    name: str
    content: bytes
    file: DraftFile
    wrong: tuple[str, ...]
    concerns: tuple[Concern, ...] = ()


def proposed(work: Work, period: Period) -> tuple[Proposed, ...]:
    """
    List the drafts of a period that lie in the office's folder and were never approved.

    Raises:
        HuizongError: If the office has no address to send from (`error.send_no_address`).
    """
    if not is_address(work.office.settings.mail_user):
        raise HuizongError("error.send_no_address", user=work.office.settings.mail_user or "——")
    letters, asked = [], still_asked(work, period)
    for drafted, path, approval in _lying(work, str(period)):
        if approval:
            _remove(work, path, approval)
        else:
            letters.append(_proposed(work, drafted, path, asked))
    order = {code: number for number, code in enumerate(units_of(work))}
    letters.sort(key=lambda one: order.get(_unit(one.drafted), -1))
    sought = letters_concerns(
        work, period, [(_unit(one.drafted), () if one.wrong else one.file.attachments)
                       for one in letters]
    )  # fmt: skip
    return tuple(
        msgspec.structs.replace(one, concerns=found)
        for one, found in zip(letters, sought, strict=True)
    )


def unapproved(work: Work) -> Counter[str]:
    """Count by their periods the drafts that nobody has approved yet."""
    lie = [one for one, _, approval in _lying(work) if not approval]
    return Counter(one.period for one in lie if not newer_about(work.book, one.about, one.number))


def _lying(work: Work, period: str = "") -> Iterator[tuple[Drafted, Path, Approval | None]]:
    """Give the drafts that lie in the office's folder, with their approval if they have one."""
    approved = {(one.about, one.number): one for one in queue_of(work.book, period=period)}
    for drafted in drafts_of(work.book, period):
        if path := lying(work, drafted):
            yield drafted, path, approved.get((drafted.about, drafted.number))


def _unit(drafted: Drafted) -> str:
    return "" if drafted.kind in UPWARD else drafted.unit


def _proposed(
    work: Work, drafted: Drafted, path: Path, asked: Collection[tuple[str, str]]
) -> Proposed:
    content, unreadable = _content(path)
    file = read_draft(content[:MOST_BYTES])
    unit = units_of(work).get(drafted.unit)
    name = say("letter.upper") if drafted.kind in UPWARD else unit.name if unit else drafted.unit
    wrong = unreadable or (
        *_too_big(content), *_wrong_headings(work, drafted, file),
        *_outdated(work, drafted, asked), *_old_blanks(work, drafted, file),
    )  # fmt: skip
    return Proposed(
        drafted=drafted, path=path, name=name, content=content, file=file, wrong=wrong
    )  # fmt: skip


def _content(path: Path) -> tuple[bytes, tuple[str, ...]]:
    """Read a draft; one that cannot be read holds up no other."""
    try:
        return path.read_bytes(), ()
    except OSError as error:
        return b"", (say("sending.unreadable", why=error.strerror or "——"),)


def _too_big(content: bytes) -> Iterator[str]:
    if len(content) > MOST_BYTES:
        yield say("sending.too_big", size=len(content) >> 20, most=MOST_BYTES // 1_000_000)


def _wrong_headings(work: Work, drafted: Drafted, file: DraftFile) -> Iterator[str]:
    own = work.office.settings.mail_user.lower()
    if file.sender not in ("", own):
        yield say("sending.foreign_sender", sender=file.sender, own=own)
    if file.unread:
        yield say("sending.unread", texts=listed(file.unread))
    elif not file.recipients:
        yield say("sending.nobody")
    known = known_addresses(work, drafted.unit, drafted.kind)
    # Of a heading that cannot be read the parser makes words without a sign.
    strangers = [one for one in file.recipients if one not in known and "@" in one]
    if strangers:
        code = "sending.stranger_above" if drafted.kind in UPWARD else "sending.stranger"
        yield say(code, names=listed(strangers))


def _outdated(
    work: Work, drafted: Drafted, asked: Collection[tuple[str, str]]
) -> Iterator[str]:  # fmt: skip
    """
    A letter may be overtaken by another about the same, a reminder by the next day, a summary by
    its next version, and whatever was asked by what has come or was decided since.
    """
    if newer := newer_about(work.book, drafted.about, drafted.number):
        yield say("sending.replaced", when=minute_of(newer.at), file=Path(newer.path).name)
    if drafted.kind == REMINDER and drafted.at[:10] != f"{work.now:%Y-%m-%d}":
        yield say("sending.old_reminder", day=drafted.at[:10])
    elif drafted.kind in _OF_THE_DAY and (drafted.about, drafted.unit) not in asked:
        yield say(f"sending.overtaken_{drafted.kind}")
    if drafted.kind in UPWARD and drafted.about not in _newest_upward(work, drafted.period):
        yield say("sending.old_summary")


def _old_blanks(work: Work, drafted: Drafted, file: DraftFile) -> Iterator[str]:
    """A letter has the blanks as they were issued last, and goes out while the period is open."""
    if drafted.kind != ISSUED:
        return
    if drafted.period in closed_periods(work.book):
        yield say("sending.closed")
    issued = {Path(one.path).name: one.digest for one in issued_of(work.book, drafted.period)}
    digests = {one.name: hashlib.sha256(one.data).hexdigest() for one in file.attachments}
    old = [name for name, digest in digests.items() if issued.get(name, digest) != digest]
    if old:
        yield say("sending.old_blank", files=listed(old), unit=drafted.unit)


def _newest_upward(work: Work, period: str) -> frozenset[str]:
    """Name what the letters are about that carry the last version of each summary."""
    made = (last_made(work.book, period, code) for code in signed_sets(work.book, period))
    last = (drafted_upward(work.book, of) for of in made if of)
    return frozenset(one.about for one in last if one)


def approver(work: Work, officer: str) -> str:
    """
    Tell who approves: whoever is named, else the officer of the settings.

    Raises:
        HuizongError: If nobody is named (`error.send_no_officer`).
    """
    who = officer or work.office.settings.officer
    if not who:
        raise HuizongError("error.send_no_officer")
    return who


def approve(work: Work, letters: Sequence[Proposed], officer: str) -> int:
    """
    Put letters into the queue, each durable before its draft goes; give how many recipients.

    Killed at any moment, each letter is a draft still or in the queue.

    Raises:
        HuizongError: If nobody is named who approves (`error.send_no_officer`), or the disk fails.
    """
    officer = approver(work, officer)
    for one in letters:
        _remove(work, one.path, _approve(work, one, officer))
    return sum(len(one.file.recipients) for one in letters)


def _remove(work: Work, path: Path, approval: Approval) -> None:
    """Take away a draft that is in the queue, lest somebody sends it by hand, unless it changed."""
    with contextlib.suppress(OSError):  # open in a mail program
        at = dt.datetime.fromisoformat(approval.approved_at)
        own = work.office.settings.mail_user
        content = as_sent(path.read_bytes(), own, approval.message_id, at)
        if hashlib.sha256(content).hexdigest() == approval.digest:
            path.unlink()


def _approve(work: Work, one: Proposed, officer: str) -> Approval:
    own, message_id = work.office.settings.mail_user, _message_id(work, one)
    content = as_sent(one.content, own, message_id, work.now)
    drafted, digest = one.drafted, hashlib.sha256(content).hexdigest()
    # No other letter has this name: a killed run's file is written over, and nobody else's.
    name = f"{one.path.stem}_{drafted.about[:8]}-{drafted.number}.eml"
    safely = write_safely(work.office.outbox(drafted.period) / name)
    with safely as temp:
        temp.write_bytes(content)
    safely.path.chmod(0o400)
    approval = Approval(
        message_id=message_id, about=drafted.about, number=drafted.number, kind=drafted.kind,
        unit=drafted.unit, period=drafted.period,
        kept_as=safely.path.relative_to(work.office.folder).as_posix(), digest=digest,
        approved_by=officer, approved_at=work.at, subject=one.file.subject,
        files=listed(file.name for file in one.file.attachments),
    )  # fmt: skip
    told_of = {"kind": drafted.kind, "digest": digest, "to": len(one.file.recipients)}
    with work.book.writing():
        save_approval(work.book, approval, one.file.recipients)
        work.book.record("approved", told_of, work.at)
    return approval


def _message_id(work: Work, one: Proposed) -> str:
    """Keep the ID that the draft has, if it is ours: some mail programs give another."""
    key, found = bytes.fromhex(work.book.meta("seal_key")), one.file.message_id
    token = letter_token(one.drafted.about, one.drafted.number)
    ours = is_ours(key, found) and f".{token}." in found
    return found if ours else letter_id(key, token, own_domain(work))
