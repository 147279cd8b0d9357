"""Open the letters that were stored, in child processes, and take their attachments in."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterator, Sequence

import msgspec

from huizong.archives import Member
from huizong.batches import batches
from huizong.children import Children, Outcome
from huizong.clock import CHINA
from huizong.collect import STORED, store_members
from huizong.history import all_summaries
from huizong.letter_entries import (
    OPENED,
    REFUSED,
    UNOPENED,
    LetterEntry,
    letters_of,
    save_letters,
)
from huizong.letters import (
    ABOVE,
    FORMLESS,
    FORMS_OR_NOT,
    OWN,
    TAKEN_ABOVE,
    TEXT,
    UNPROVED_ABOVE,
    UNREAD,
    Letter,
    Opened,
    Unopened,
    addresses,
    is_ours,
    is_proved,
)
from huizong.texts import say, spoken
from huizong.work import Work

TASK = "huizong.letter_parts:open_file"
PROCESSES = 2
# Stored together: one by one costs the disk several times as much.
_AT_ONCE, _BYTES_AT_ONCE = 500, 16_000_000
# Of a sender whom the roster does not know no more are taken in at a time; the rest waits.
MOST_FROM_ONE = 100
TOO_MANY = "letter_too_many"
_Result = tuple[LetterEntry, Opened | Unopened]
_decode = msgspec.msgpack.Decoder(Opened | Unopened).decode


def open_letters(work: Work) -> tuple[LetterEntry, ...]:
    """
    Open the letters that wait; their attachments are files received from then on.

    Killed at any moment it is done again for the letters that the book does not call opened: the
    same files are known by their digests.
    """
    mails = (*(unit.mail for unit in work.office.roster), work.office.settings.upper_mail)
    known = {address for mail in mails for address in addresses(mail)}
    waiting = (*letters_of(work.book, state=UNOPENED), *_released(work, known))
    if not waiting:
        return ()
    done: list[LetterEntry] = []
    counts: Counter[str] = Counter()
    with Children(PROCESSES, TASK) as children:
        jobs = ((str(work.office.letters / one.kept_as),) for one in waiting)
        outcomes = ((waiting[one.index], _result(one)) for one in children.run(jobs))
        for batch in batches(outcomes, _size, most=_AT_ONCE, size_at_once=_BYTES_AT_ONCE):
            done += _take_in(work, [_within(one, known, counts) for one in batch])
            work.progress("letters", len(done), len(waiting))
    return tuple(done)


def _released(work: Work, known: Collection[str]) -> Iterator[LetterEntry]:
    """Give the letters that were too many, of senders whom the roster knows by now."""
    refused = letters_of(work.book, state=REFUSED, reason=TOO_MANY)
    return (one for one in refused if one.letter.sender in known)


def _within(one: _Result, known: Collection[str], counts: Counter[str]) -> _Result:
    """Leave out the files of a letter by a stranger who has sent too many."""
    entry, result = one
    # Bounces and the like all come from one postman, and nothing in them is taken in.
    if not isinstance(result, Opened) or result.letter.kind not in FORMS_OR_NOT:
        return one
    if result.letter.sender in known:
        return one
    counts[result.letter.sender] += 1
    if counts[result.letter.sender] <= MOST_FROM_ONE:
        return one
    letter = msgspec.structs.replace(result.letter, kind=TOO_MANY)
    return entry, Opened(letter)


def _result(outcome: Outcome) -> Opened | Unopened:
    if outcome.value is None:
        return Unopened(f"letter_{outcome.died}")
    return _decode(outcome.value)


def _size(one: _Result) -> int:
    result = one[1]
    return sum(len(each.data) for each in result.attachments) if isinstance(result, Opened) else 0


def _take_in(work: Work, batch: Sequence[_Result]) -> Sequence[LetterEntry]:
    """Take letters in together; where one has what no book can hold, each by itself."""
    try:
        return _taken(work, batch)
    except (ValueError, ArithmeticError):
        if len(batch) > 1:
            return [one for each in batch for one in _take_in(work, [each])]
    return _taken(work, [(batch[0][0], Unopened("letter_crashed"))])


def _taken(work: Work, batch: Sequence[_Result]) -> Sequence[LetterEntry]:
    opened = [_opened(work, entry, result) for entry, result in batch]
    members = {
        f"{entry.place}/{number}/{name}": member
        for entry, (_, result) in zip(opened, batch, strict=True)
        if isinstance(result, Opened) and entry.reason in FORMS_OR_NOT
        for number, (name, member) in enumerate(_members(work, result), 1)
    }
    if members:
        store_members(work.office, work.book, members, work.now, reason=STORED)
    save_letters(work.book, opened)
    return opened


def _opened(work: Work, entry: LetterEntry, result: Opened | Unopened) -> LetterEntry:
    if isinstance(result, Unopened):
        state = UNOPENED if result.code == UNREAD else REFUSED
        return msgspec.structs.replace(entry, state=state, reason=result.code)
    letter = msgspec.structs.replace(result.letter, kind=_kind(work, result.letter))
    state = REFUSED if letter.kind == TOO_MANY else OPENED
    return msgspec.structs.replace(entry, state=state, reason=letter.kind, letter=letter)


def _kind(work: Work, letter: Letter) -> str:
    """Tell our own letters that come back, and those of the office above, from others."""
    key, settings = bytes.fromhex(work.book.meta("seal_key")), work.office.settings
    if is_ours(key, letter.message_id):
        return OWN
    above = letter.sender.lower() in addresses(settings.upper_mail)
    if letter.kind not in FORMLESS or not letter.received:
        return ABOVE if above and letter.kind == TEXT else letter.kind
    if above and is_proved(letter, settings.mail_checks):
        return TAKEN_ABOVE
    # Units quote our own receipts when they answer.
    sent_up = {one.digest for one in all_summaries(work.book)}
    return UNPROVED_ABOVE if above or sent_up & {*letter.received} else letter.kind


def _members(work: Work, opened: Opened) -> Iterator[tuple[str, Member]]:
    """Give the attachments by name, each as old as its letter."""
    date = opened.letter.date
    made = dt.datetime.fromisoformat(date) if date else work.now
    stamp = int(made.replace(tzinfo=CHINA).timestamp()) * 10**9
    with spoken(work.office.settings.language):
        for number, one in enumerate(opened.attachments, 1):
            name = one.name or say("letter.nameless", number=number)
            yield name, Member(name, stamp, one.data)
