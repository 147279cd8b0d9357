"""The queue of letters out in the book of record: what was approved, what became of each."""

from collections.abc import Collection, Iterable, Sequence

import msgspec

from huizong.book import Book

# Approved, also to be tried again at `next_at`; handed over just now; taken; refused for good; put
# off too long; nobody knows whether it was taken; taken back by the officer.
WAITING, SENDING, SENT = "waiting", "sending", "sent"
REFUSED, GIVEN_UP, UNKNOWN, CANCELLED = "refused", "given_up", "unknown", "cancelled"
# Nothing is left to be done about these.
SETTLED = frozenset((SENT, CANCELLED))
# These may still reach somebody, or have.
ON_ITS_WAY = frozenset((WAITING, SENDING, UNKNOWN))
_WORST_FIRST = (REFUSED, GIVEN_UP, UNKNOWN, SENDING, WAITING, SENT, CANCELLED)


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """
    A letter that may go: a draft (`about`, `number`) as it stood when somebody approved it.

    `kept_as` is its file below the office's folder, `digest` what is in it: these bytes are sent.
    `subject` and `files`, the names of what is attached, are as it stood too.
    """

    message_id: str
    about: str
    number: int
    kind: str
    unit: str
    period: str
    kept_as: str
    digest: str
    approved_by: str
    approved_at: str
    subject: str = ""
    files: str = ""

    @property
    def key(self) -> str:
        """How people call the letter."""
        return f"{self.about[:8]}-{self.number}"


class Sending(Approval, frozen=True, kw_only=True):
    """
    A letter on its way to one recipient, in the `state` that it has since `at`.

    `since` is when the server put it off first, `reply` what the server said last, without
    numbers of persons; `next_at` is empty, or when it is tried again.
    """

    recipient: str
    state: str = WAITING
    tries: int = 0
    since: str = ""
    next_at: str = ""
    reply: str = ""
    at: str = ""


_APPROVAL = ", ".join(Approval.__struct_fields__)
_STATE = ("state", "tries", "since", "next_at", "reply", "at")
_SENDING = f"{', '.join(f'a.{name}' for name in Approval.__struct_fields__)}, recipient"
_ROWS = f"SELECT {_SENDING}, {', '.join(_STATE)} FROM sending JOIN approval AS a USING (message_id)"


def save_approval(book: Book, approval: Approval, recipients: Iterable[str]) -> None:
    """Put a letter into the queue, once for each recipient; none can be there already."""
    places = ", ".join("?" * len(Approval.__struct_fields__))
    with book.writing():
        sql = f"INSERT INTO approval ({_APPROVAL}) VALUES ({places})"
        book.put(sql, [msgspec.structs.astuple(approval)])
        sql = "INSERT INTO sending VALUES (?, ?, ?, 0, '', '', '', ?)"
        rows = ((approval.message_id, to, WAITING, approval.approved_at) for to in recipients)
        book.put(sql, rows)


def save_sending(book: Book, sending: Sending) -> None:
    """Enter what became of a letter to one recipient, durably."""
    values = [getattr(sending, name) for name in _STATE]
    sql = f"UPDATE sending SET ({', '.join(_STATE)}) = (?, ?, ?, ?, ?, ?)"
    where = "WHERE (message_id, recipient) = (?, ?)"
    book.put(f"{sql} {where}", [(*values, sending.message_id, sending.recipient)])


def queue_of(book: Book, *, states: Collection[str] = (), period: str = "") -> tuple[Sending, ...]:
    """List the letters in the queue, one row a recipient, in the order of their approval."""
    wanted = msgspec.json.encode(sorted(states)).decode()
    where = (
        "WHERE (? = '[]' OR state IN (SELECT value FROM json_each(?))) AND ? IN ('', period)"
        " ORDER BY a.rowid, sending.rowid"
    )
    return _rows(book, where, (wanted, wanted, period))


def rows_of(book: Book, key: str) -> tuple[Sending, ...]:
    """Give the rows of one letter, by what people call it or by its ID."""
    where = "WHERE ? IN (message_id, substr(about, 1, 8) || '-' || number) ORDER BY sending.rowid"
    return _rows(book, where, (key,))


def rows_about(book: Book, about: str, number: int = 0) -> tuple[Sending, ...]:
    """Give the rows of all letters about something, or of one."""
    where = "WHERE about = ? AND ? IN (0, number) ORDER BY number, sending.rowid"
    return _rows(book, where, (about, number))


def worst_of(rows: Sequence[Sending]) -> Sending:
    """Of several recipients give the row that an officer should know of."""
    return min(rows, key=lambda one: _WORST_FIRST.index(one.state))


def _rows(book: Book, where: str, values: tuple) -> tuple[Sending, ...]:
    names = (*Approval.__struct_fields__, "recipient", *_STATE)
    rows = book.ask(f"{_ROWS} {where}", values)
    return tuple(Sending(**dict(zip(names, row, strict=True))) for row in rows)
