"""Letters out that came back: a bounce names a recipient for whom the server had taken one."""

import datetime as dt
from collections.abc import Mapping, Sequence

from huizong.book import Book
from huizong.draft_entries import newer_about
from huizong.letter_entries import LetterEntry, letters_of
from huizong.letters import BOUNCE
from huizong.sending_entries import SENT, Sending, queue_of

# Servers try for five days, and some offices fetch once a week.
LATEST = dt.timedelta(days=14)


def come_back(book: Book) -> Mapping[tuple[str, str], str]:
    """
    Give ID and recipient of each letter that came back, with when the bounce did.

    A letter that was drafted anew since is settled.
    """
    bounces = [one for one in letters_of(book) if one.reason == BOUNCE]
    rows = queue_of(book, states=(SENT,)) if bounces else ()
    return {
        (row.message_id, row.recipient): bounce.received_at
        for bounce in bounces
        for address in bounce.letter.failed
        for row in _told_of(bounce, address.lower(), rows)
        if not newer_about(book, row.about, row.number)
    }


def _told_of(bounce: LetterEntry, address: str, rows: Sequence[Sending]) -> Sequence[Sending]:
    """A bounce that does not say which letter it returns tells of those sent not long before."""
    came = dt.datetime.fromisoformat(bounce.received_at)
    theirs = [
        row for row in rows
        if row.recipient == address
        and dt.timedelta(0) <= came - dt.datetime.fromisoformat(row.at) <= LATEST
    ]  # fmt: skip
    named = [row for row in theirs if row.message_id == bounce.letter.answers]
    return named or theirs
