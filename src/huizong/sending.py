"""Send what was approved: each letter at most once a recipient, whatever breaks, and wherever."""

import contextlib
import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from huizong.book import Book
from huizong.clock import minute_of
from huizong.delivery import Outbound, Post, Reply
from huizong.draft_entries import newer_about
from huizong.draft_files import read_draft
from huizong.errors import HuizongError
from huizong.letter_writing import known_addresses
from huizong.personal import masked
from huizong.sending_entries import (
    CANCELLED,
    GIVEN_UP,
    REFUSED,
    SENDING,
    SENT,
    UNKNOWN,
    WAITING,
    Sending,
    queue_of,
    rows_of,
    save_sending,
)
from huizong.texts import say
from huizong.work import Work

# A server that puts a letter off is asked again after so long, each time longer; then no more.
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(minutes=30), dt.timedelta(hours=12)
AT_MOST = dt.timedelta(days=4)
MOST_WORDS = 200
# What an officer may decide about a letter: in which states, what becomes of it, else what is said.
DECISIONS = {
    "cancel": ((WAITING, REFUSED, GIVEN_UP), CANCELLED, "error.queue_cancel"),
    "retry": ((WAITING, REFUSED, GIVEN_UP, CANCELLED), WAITING, "error.queue_retry"),
    "resend": ((UNKNOWN,), WAITING, "error.queue_resend"),
    "arrived": ((UNKNOWN,), SENT, "error.queue_arrived"),
}
_replace = msgspec.structs.replace


class Sent(msgspec.Struct, frozen=True):
    """
    What a run has done: rows as they stand now, and what stopped it before all were tried.

    `held` are rows that were not tried, each with the reason.
    """

    rows: tuple[Sending, ...] = ()
    held: tuple[tuple[Sending, str], ...] = ()
    stopped: HuizongError | None = None


def after_break(book: Book, at: str) -> tuple[Sending, ...]:
    """Call unknown what a run that was cut off had just handed over: only a person may tell."""
    broken = tuple(_replace(one, state=UNKNOWN, at=at) for one in queue_of(book, states=(SENDING,)))
    with book.writing() if broken else contextlib.nullcontext():
        for one in broken:
            save_sending(book, one)
    return broken


def due(work: Work) -> tuple[Sending, ...]:
    """List what is to be sent now: approved, and not to be tried later."""
    waiting = queue_of(work.book, states=(WAITING,))
    return tuple(one for one in waiting if one.next_at <= work.at)


def send(work: Work, rows: Sequence[Sending], post: Post) -> Sent:
    """Hand letters over one after the other, and enter what became of each before the next."""
    done: list[Sending] = []
    held: list[tuple[Sending, str]] = []
    for number, row in enumerate(rows):
        work.progress("sending", number, len(rows))
        try:
            letter = _letter(work, row)
            if isinstance(letter, str):
                held.append((row, letter))
            else:
                done.append(_hand_over(work, row, letter, post))
        except HuizongError as stopped:
            return Sent(tuple(done), tuple(held), stopped)
    return Sent(tuple(done), tuple(held))


def _letter(work: Work, row: Sending) -> Outbound | str:
    """Take the letter as it was approved, or say why it may not leave any more."""
    path = work.office.folder / row.kept_as
    content = b""
    with contextlib.suppress(OSError):
        content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != row.digest:
        return say("sending.altered", file=path)
    if row.recipient not in known_addresses(work, row.unit, row.kind):
        return say("sending.no_more_known", to=row.recipient)
    return Outbound(read_draft(content).sender, row.recipient, content)


def _hand_over(work: Work, row: Sending, letter: Outbound, post: Post) -> Sending:
    """The book says that a letter may be gone before it can be."""

    def at_the_end() -> None:
        save_sending(work.book, _replace(row, state=SENDING, at=work.at))

    now = _outcome(row, post(letter, at_the_end), work.now)
    save_sending(work.book, now)
    return now


def _outcome(row: Sending, reply: Reply, now: dt.datetime) -> Sending:
    """Read a server's last word: taken, refused, put off, or nothing that tells."""
    at = now.isoformat(timespec="seconds")
    words = f"{reply.code} {masked(reply.text)}"[:MOST_WORDS] if reply.code else ""
    row = _replace(row, tries=row.tries + 1, at=at, reply=words)
    kind = reply.code // 100
    if kind == 5:
        return _replace(row, state=REFUSED)
    if kind == 4:
        return _put_off(row, now)
    if not reply.handed_over:  # cut before its end: nobody has it
        return _replace(row, state=WAITING)
    return _replace(row, state=SENT if kind == 2 else UNKNOWN)


def _put_off(row: Sending, now: dt.datetime) -> Sending:
    since = dt.datetime.fromisoformat(row.since) if row.since else now
    if now - since >= AT_MOST:
        return _replace(row, state=GIVEN_UP)
    pause = min(FIRST_PAUSE * 2 ** min(row.tries - 1, 8), LONGEST_PAUSE)
    at = (now + pause).isoformat(timespec="seconds")
    return _replace(row, state=WAITING, since=since.isoformat(timespec="seconds"), next_at=at)


def name_of(book: Book, row: Sending) -> str:
    """Name a letter to one recipient so that an officer can decide about it alone."""
    several = len(rows_of(book, row.message_id)) > 1
    return f"{row.key}:{row.recipient}" if several else row.key


def decide(work: Work, key: str, decision: str, recipient: str = "") -> tuple[Sending, ...]:
    """
    Do with a letter, or with it to one recipient, what an officer has decided: one of DECISIONS.

    Raises:
        HuizongError: If there is no such letter, or none of its rows is in a state for that.
    """
    rows = [one for one in rows_of(work.book, key) if recipient in ("", one.recipient)]
    if len({one.message_id for one in rows}) != 1:
        raise HuizongError("error.queue_unknown", key=key)
    states, after, otherwise = DECISIONS[decision]
    chosen = [one for one in rows if one.state in states]
    if not chosen:
        found = say(f"sending_state.{rows[0].state}")
        raise HuizongError(otherwise, key=key, state=found)
    newer = newer_about(work.book, rows[0].about, rows[0].number)
    if after == WAITING and newer:
        file = Path(newer.path).name
        raise HuizongError("error.queue_newer", key=key, when=minute_of(newer.at), file=file)
    anew = {"tries": 0, "since": "", "next_at": ""} if after == WAITING else {"next_at": ""}
    done = tuple(_replace(one, state=after, at=work.at, **anew) for one in chosen)
    with work.book.writing():
        for one in done:
            save_sending(work.book, one)
        told = {"decision": decision, "digest": rows[0].digest, "to": len(done)}
        work.book.record("queue", told, work.at)
    return done
