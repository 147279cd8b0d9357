"""The queue in the book: each letter once a recipient, and what was sent is over."""

import sqlite3
from collections.abc import Iterator

import msgspec
import pytest

from huizong.book import Book, create_book, open_book
from huizong.sending_entries import (
    SENDING,
    SENT,
    UNKNOWN,
    WAITING,
    Approval,
    queue_of,
    rows_of,
    save_approval,
    save_sending,
)

LETTER = Approval(
    message_id="<hz.1.2@qh.example.cn>", about="a1b2c3d4e5f6", number=1, kind="reminder",
    unit="990101001001", period="2026Q1", kept_as="发件/2026Q1/x.eml", digest="d" * 64,
    approved_by="王芳", approved_at="2026-04-03T09:00:00",
)  # fmt: skip
TO = ("hp@qh.example.cn", "hp2@qq.com")
replace = msgspec.structs.replace


@pytest.fixture
def book(tmp_path) -> Iterator[Book]:
    """A book with one letter to two recipients."""
    create_book(tmp_path / "huizong.db", "2026-01-01T00:00:00")
    with open_book(tmp_path / "huizong.db") as book:
        save_approval(book, LETTER, TO)
        yield book


def put(book: Book, state: str, number: int = 0) -> None:
    """Enter another state for one recipient."""
    save_sending(book, replace(queue_of(book)[number], state=state, tries=1))


def test_letter_stands_once_a_recipient(book):
    """Each recipient has a row with all that is known of the letter; each waits."""
    rows = queue_of(book)

    assert [one.recipient for one in rows] == list(TO)
    assert {one.state for one in rows} == {WAITING}
    assert rows[0].kept_as == LETTER.kept_as
    assert rows_of(book, "a1b2c3d4-1") == rows_of(book, LETTER.message_id) == rows


def test_draft_is_approved_once(book):
    """Fault 67: neither a draft nor an ID comes into the queue a second time."""
    again = replace(LETTER, kept_as="发件/2026Q1/y.eml")
    for one in (again, replace(again, message_id="<other@x>"), replace(again, number=2)):
        with pytest.raises(sqlite3.IntegrityError):
            save_approval(book, one, TO)

    assert len(queue_of(book)) == 2


def test_only_what_waits_is_sent(book):
    """Fault 67: what is unknown or sent cannot be handed over, what was sent never changes."""
    put(book, SENDING)
    put(book, UNKNOWN)
    put(book, SENDING, 1)
    put(book, SENT, 1)
    for number, state in ((0, SENDING), (1, SENDING), (1, WAITING)):
        with pytest.raises(sqlite3.IntegrityError):
            put(book, state, number)
    with pytest.raises(sqlite3.IntegrityError):
        book.put("DELETE FROM sending", [()])

    assert [one.state for one in queue_of(book)] == [UNKNOWN, SENT]


def test_queue_is_narrowed(book):
    """The queue is listed by states and by period."""
    put(book, UNKNOWN, 1)

    assert [one.recipient for one in queue_of(book, states=(UNKNOWN,))] == [TO[1]]
    assert len(queue_of(book, period="2026Q1", states=(UNKNOWN, WAITING))) == 2
    assert queue_of(book, period="2026Q2") == ()
