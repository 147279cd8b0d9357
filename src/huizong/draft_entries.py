"""The letters out in the book of record: which were drafted, so that none is written twice."""

import hashlib
from collections.abc import Sequence

import msgspec

from huizong.book import Book
from huizong.history import Made

# The letters that carry a summary upward: the first, and one that corrects what went up before.
SUBMISSION, AMENDED = "submission", "amended"
UPWARD = (SUBMISSION, AMENDED)


class Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """
    A draft that was written: what it is about, and the how-many-eth letter about that it is.

    `path` is the file below the office's folder, `digest` what it was when it was written.
    """

    about: str
    number: int
    kind: str
    unit: str
    period: str
    path: str
    digest: str
    at: str


_DRAFT = ", ".join(Drafted.__struct_fields__)


def about_of(kind: str, *parts: str) -> str:
    """Name what a letter is about, the same for the same parts."""
    return hashlib.sha256("\0".join((kind, *parts)).encode()).hexdigest()[:24]


def summary_parts(made: Made) -> tuple[str, str, str]:
    """Name one version of a summary, as what a letter upward is about."""
    return made.period, made.set_code, made.checksum


def drafted_upward(book: Book, made: Made) -> Drafted | None:
    """Give the last letter that carries a version of a summary upward, if one was drafted."""
    # What was a first letter may have become one that corrects.
    found = (last_draft(book, about_of(kind, *summary_parts(made))) for kind in reversed(UPWARD))
    return max(filter(None, found), key=lambda one: one.at, default=None)


def save_draft(book: Book, drafted: Drafted) -> None:
    """Enter a draft; one written again takes the place of the former."""
    sql = f"INSERT OR REPLACE INTO draft ({_DRAFT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    book.put(sql, [msgspec.structs.astuple(drafted)])


def last_draft(book: Book, about: str) -> Drafted | None:
    """Give the draft about something that was written last."""
    rows = book.ask(
        f"SELECT {_DRAFT} FROM draft WHERE about = ? ORDER BY number DESC LIMIT 1", (about,)
    )
    return _drafted(rows[0]) if rows else None


def _drafted(row: Sequence) -> Drafted:
    return Drafted(**dict(zip(Drafted.__struct_fields__, row, strict=True)))


def drafts_of(book: Book, period: str = "") -> tuple[Drafted, ...]:
    """Give all drafts, of one period or all, in the order of their writing, receipts first."""
    order = "at, kind <> 'receipt', number"
    where = f"WHERE ? IN ('', period) ORDER BY {order}"
    return tuple(map(_drafted, book.ask(f"SELECT {_DRAFT} FROM draft {where}", (period,))))


def letter_token(about: str, number: int) -> str:
    """Name a letter in its ID."""
    return f"{about}{number:02x}"


def newer_about(book: Book, about: str, number: int) -> Drafted | None:
    """Give the draft that has replaced an earlier one about the same thing, if one has."""
    last = last_draft(book, about)
    return last if last and last.number > number else None


def newer_at_its_place(book: Book, drafted: Drafted) -> bool:
    """Whether another draft was written later to where one was."""
    sql = "SELECT 1 FROM draft WHERE path = ? AND (at, number) > (?, ?)"
    return bool(book.ask(sql, (drafted.path, drafted.at, drafted.number)))


def is_as_drafted(book: Book, about: str, digest: str) -> bool:
    """Whether a file is a draft about something as we wrote it, unchanged by a person."""
    return bool(book.ask("SELECT 1 FROM draft WHERE (about, digest) = (?, ?)", (about, digest)))
