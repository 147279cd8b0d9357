"""The letters out in the book of record: which were drafted, so that none is written twice."""

import msgspec

from huizong.book import Book


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


def save_draft(book: Book, drafted: Drafted) -> None:
    """Enter a draft; one written again takes the place of the former."""
    sql = f"INSERT OR REPLACE INTO draft ({_DRAFT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    book.put(sql, [msgspec.structs.astuple(drafted)])


def last_draft(book: Book, about: str) -> Drafted | None:
    """Give the draft about something that was written last."""
    rows = book.ask(
        f"SELECT {_DRAFT} FROM draft WHERE about = ? ORDER BY number DESC LIMIT 1", (about,)
    )
    return Drafted(**dict(zip(Drafted.__struct_fields__, rows[0], strict=True))) if rows else None


def is_as_drafted(book: Book, digest: str) -> bool:
    """Whether a file is a draft as we wrote it, unchanged by a person."""
    return bool(book.ask("SELECT 1 FROM draft WHERE digest = ?", (digest,)))
