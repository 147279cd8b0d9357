"""Letters out that came back: a bounce names a recipient whom a letter of ours did not reach."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import msgspec

from huizong.book import Book
from huizong.draft_entries import Drafted, letter_token, newer_about
from huizong.letter_entries import LetterEntry, letters_of
from huizong.letters import BOUNCE, is_ours
from huizong.sending_entries import SENDING, SENT, UNKNOWN, Sending, queue_of, save_sending

# Servers try for five days, and some offices fetch once a week.
LATEST = dt.timedelta(days=14)


def bounces_by_address(book: Book) -> Mapping[str, Sequence[LetterEntry]]:
    """List the bounces that name each address."""
    found: dict[str, list[LetterEntry]] = {}
    for one in letters_of(book, reason=BOUNCE):
        for address in one.letter.failed:
            found.setdefault(address.lower(), []).append(one)
    return found


def come_back(book: Book) -> Mapping[tuple[str, str], str]:
    """
    Give ID and recipient of each letter that came back, with when the bounce did.

    One that was drafted anew since is settled: it is in `came_back` alone.
    """
    return {
        (row.message_id, row.recipient): at
        for row, at in came_back(book).items()
        if not newer_about(book, row.about, row.number)
    }


def came_back(book: Book) -> Mapping[Sending, str]:
    """Give the rows of all letters that ever came back, with when the bounce did."""
    bounces = bounces_by_address(book)
    rows = queue_of(book, states=(SENT,)) if bounces else ()
    return {
        row: bounce.received_at
        for row in rows
        for bounce in bounces.get(row.recipient, ())
        if _tells_of(bounce, row)
    }


def _tells_of(bounce: LetterEntry, row: Sending) -> bool:
    """A bounce that does not say which letter it returns tells of those sent not long before."""
    if bounce.letter.answers:
        return bounce.letter.answers == row.message_id
    came, sent = map(dt.datetime.fromisoformat, (bounce.received_at, row.at))
    return dt.timedelta(0) <= came - sent <= LATEST


def settle_returned(book: Book) -> None:
    """Enter as sent what nobody knew of, where a bounce returns that very letter: it was taken."""
    bounces = bounces_by_address(book)
    for row in queue_of(book, states=(SENDING, UNKNOWN)) if bounces else ():
        answers = {one.letter.answers for one in bounces.get(row.recipient, ())}
        if row.message_id in answers:
            save_sending(book, msgspec.structs.replace(row, state=SENT))


def draft_came_back(
    book: Book, drafted: Drafted, to: Collection[str], bounces: Mapping[str, Sequence[LetterEntry]]
) -> bool:
    """
    Whether a draft that a mail program may have sent came back, by the bounces since.

    Mail programs give letters IDs of their own; one of ours says which letter it was.
    """
    key, token = bytes.fromhex(book.meta("seal_key")), letter_token(drafted.about, drafted.number)
    since = [
        one.letter.answers
        for address in to
        for one in bounces.get(address, ())
        if one.received_at >= drafted.at
    ]
    return any(f".{token}." in answers or not is_ours(key, answers) for answers in since)
