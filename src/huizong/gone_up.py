"""Which versions of a summary have gone to the office above, by what the book knows of letters."""

from huizong.book import Book
from huizong.come_back import come_back
from huizong.draft_entries import Drafted, drafted_upward
from huizong.history import Made
from huizong.sending_entries import CANCELLED, GIVEN_UP, REFUSED, SENT, rows_about
from huizong.settings import DRAFT

_NOT_GONE = frozenset((CANCELLED, REFUSED, GIVEN_UP))


def went_up(book: Book, made: Made, send_by: str) -> bool:
    """
    Whether a version has gone up, or is about to, with a letter that did not come back.

    What becomes of a draft in a mail program nobody knows: where these send, it counts as sent.
    """
    drafted = drafted_upward(book, made)
    if drafted is None:
        return False
    rows, back = rows_about(book, drafted.about), come_back(book)
    on_its_way = (
        one.state not in _NOT_GONE and (one.message_id, one.recipient) not in back for one in rows
    )
    return any(on_its_way) or (not rows and send_by == DRAFT)


def sent_at(book: Book, drafted: Drafted | None) -> str:
    """Tell when the program has sent a letter; empty if it has not, or a mail program may have."""
    rows = rows_about(book, drafted.about) if drafted else ()
    return max((one.at for one in rows if one.state == SENT), default="")
