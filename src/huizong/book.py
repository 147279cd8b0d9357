"""The book of record (huizong.db): the only module that knows it is SQLite."""

import contextlib
import datetime as dt
import hashlib
import hmac
import json
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from huizong.cells import plain
from huizong.errors import HuizongError
from huizong.records import Identity
from huizong.safely import sync, sync_folder, temp_beside
from huizong.schema import SCHEMA, SCHEMA_VERSION, UPGRADES
from huizong.wholeness import BACKUPS, damaged, is_whole, mark_changing, mark_whole

SEAL_DIGITS = 16


def create_book(path: Path, now: str) -> None:
    """Make an empty book with its own secret key, readable by its owner only."""
    handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    os.close(handle)
    with contextlib.closing(_connect(path)) as db:
        tables = "\n".join((SCHEMA, *UPGRADES))
        db.executescript(f"BEGIN IMMEDIATE; {tables} PRAGMA user_version = {SCHEMA_VERSION};")
        db.execute("INSERT INTO meta VALUES ('seal_key', ?)", (secrets.token_hex(32),))
        db.execute("INSERT INTO meta VALUES ('chain', '')")
        db.execute("COMMIT")
    with open_book(path) as book, book.writing():
        book.record("made", {}, now)


def _connect(path: Path) -> sqlite3.Connection:
    # No implicit transactions: `writing` says where one begins and ends.
    db = sqlite3.connect(path, timeout=10, isolation_level=None)
    for pragma in ("journal_mode = TRUNCATE", "synchronous = FULL", "foreign_keys = ON"):
        db.execute(f"PRAGMA {pragma}")
    return db


@contextlib.contextmanager
def open_book(path: Path, *, reading: bool = False) -> Iterator["Book"]:
    """
    Open the book for a `with`; it is closed at the end.

    For `reading` a book that was damaged or altered is opened too: its `damage` says so.

    Raises:
        HuizongError: If it is missing, damaged, or of a newer program.
    """
    if not path.exists():
        raise HuizongError("error.book_missing", file=path)
    whole = is_whole(path)
    if whole is False and not reading:
        raise damaged(path, "sum")
    db = book = None
    try:
        if whole is False:
            db = _connect_for_reading(path)
            book = Book(db, path, changed=False)
        else:
            db = _connect(path)
            book = Book(db, path, changed=_bring_up_to_date(db, path))
        book.look_into(whole, reading=reading)
        yield book
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # our own mistake, not the file's
    except sqlite3.OperationalError as error:
        raise _told(error, path) from error
    except sqlite3.DatabaseError as error:
        book = None
        raise damaged(path, str(error)) from error
    finally:
        if db is not None:
            db.close()
        if book is not None and book.changed:
            mark_whole(path)


@contextlib.contextmanager
def look_at_book(path: Path) -> Iterator["Book"]:
    """
    Open the book to look something up while others may be at work; not one byte is written.

    Raises:
        HuizongError: If it is missing, damaged, of another program, or being changed just now.
    """
    if not path.exists():
        raise HuizongError("error.book_missing", file=path)
    db = None
    try:
        db = _connect_for_reading(path)
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            raise HuizongError("error.book_version", file=path, found=version)
        yield Book(db, path)
    except sqlite3.OperationalError as error:
        raise _told(error, path) from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from error
    finally:
        if db is not None:
            db.close()


def _connect_for_reading(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    db.execute("PRAGMA query_only = ON")
    return db


def _told(error: sqlite3.OperationalError, path: Path) -> HuizongError:
    """Say what keeps SQLite from reading or writing just now."""
    code = "error.disk_full" if "full" in str(error) else "error.book_busy"
    return HuizongError(code, path=path, file=path, why=str(error))


def _bring_up_to_date(db: sqlite3.Connection, path: Path) -> bool:
    """Add what a book of an earlier program lacks, in one transaction; a copy is kept first."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        return False
    if not 1 <= version < SCHEMA_VERSION:
        raise HuizongError("error.book_version", file=path, found=version)
    _copy(db, path.parent / BACKUPS / f"{path.stem}-v{version}{path.suffix}")
    missing = "\n".join(UPGRADES[version - 1 :])
    mark_changing(path)
    db.executescript(f"BEGIN IMMEDIATE; {missing} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")
    return True


def _copy(db: sqlite3.Connection, path: Path) -> None:
    """Copy a book whole, even while it is open; owner-only like the book itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = temp_beside(path)
    os.close(os.open(temp, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with contextlib.closing(sqlite3.connect(temp)) as copy:
        db.backup(copy)
    sync(temp)
    temp.replace(path)
    sync_folder(path.parent)


class Book:
    """An open book: transactions, secrets, seals, the chain of events. `entries` fills it."""

    def __init__(self, db: sqlite3.Connection, path: Path, *, changed: bool = False) -> None:
        self._db = db
        self.path = path
        self.changed = changed
        self.damage: HuizongError | None = None
        db.create_aggregate("exact_sum", 1, _ExactSum)

    def look_into(self, whole: bool | None, *, reading: bool) -> None:
        """After a crash nothing but the book itself tells whether it is whole."""
        if whole:
            return
        why = "sum" if whole is False else self._inner_fault()
        # A whole one gets its checksum when it is closed.
        self.changed = not why
        if why:
            self.damage = damaged(self.path, why)
            if not reading:
                raise self.damage

    def _inner_fault(self) -> str:
        found = self.ask("PRAGMA integrity_check(1)")[0][0]
        broken = self.verify_chain()
        return found if found != "ok" else f"event {broken}" if broken else ""

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Do all or nothing; inside another `writing` it is part of that one."""
        if self._db.in_transaction:
            yield
            return
        if self.damage:
            raise self.damage
        if not self.changed:
            mark_changing(self.path)
            self.changed = True
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.in_transaction:
                # Where not even that succeeds, the next opening takes the change back.
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise _told(error, self.path) from error
            raise

    def ask(self, sql: str, values: Sequence[Any] = ()) -> list[tuple]:
        """Run one query and give all its rows."""
        return self._db.execute(sql, values).fetchall()

    def put(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows, in one transaction."""
        with self.writing():
            self._db.executemany(sql, rows)

    def meta(self, key: str) -> str:
        """Give a secret or mark of the book, empty if it has none."""
        found = self.ask("SELECT value FROM meta WHERE key = ?", (key,))
        return found[0][0] if found else ""

    def set_meta(self, key: str, value: str) -> None:
        """Keep a secret or mark."""
        self.put("INSERT OR REPLACE INTO meta VALUES (?, ?)", [(key, value)])

    def seal(self, identity: Identity) -> str:
        """
        Work out the seal of an identity.

        The name is left out: it is a label that the roster may change, code and role are who it is.
        """
        parts = (identity.set_code, identity.version, identity.period, identity.code, identity.role)
        key = bytes.fromhex(self.meta("seal_key"))
        return hmac.new(key, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:SEAL_DIGITS]

    def check_seal(self, identity: Identity, seal: str) -> str:
        """
        Tell `ok`, `wrong` or `unknown`.

        A seal that does not fit is wrong only where this office has issued to that very unit and
        period; elsewhere it may be another office's, which cannot be checked here.
        """
        if seal and hmac.compare_digest(seal.encode(), self.seal(identity).encode()):
            return "ok"
        place = (identity.period, identity.set_code, identity.code, identity.role)
        sql = "SELECT 1 FROM issued WHERE (period, set_code, unit, role) = (?, ?, ?, ?)"
        return "wrong" if seal and self.ask(sql, place) else "unknown"

    def record(self, what: str, details: dict[str, Any], at: str) -> None:
        """Add an event to the chain; details hold codes, counts and digests, no personal values."""
        text = json.dumps(details, ensure_ascii=False, sort_keys=True)
        with self.writing():
            link = _link(self.meta("chain"), at, what, text)
            row = (at, what, text, link)
            self._db.execute("INSERT INTO event (at, what, details, hash) VALUES (?, ?, ?, ?)", row)
            self.set_meta("chain", link)

    def verify_chain(self) -> int:
        """Give the number of the first event that was altered or is missing; 0 if all is well."""
        link, number = "", 0
        rows = self.ask("SELECT id, at, what, details, hash FROM event ORDER BY id")
        for number, (row_id, at, what, details, found) in enumerate(rows, 1):
            link = _link(link, at, what, details)
            if row_id != number or found != link:
                return number
        return 0 if self.meta("chain") == link else number + 1

    def events(self) -> tuple[tuple[str, str, dict[str, Any]], ...]:
        """List all events: at, what, details."""
        rows = self.ask("SELECT at, what, details FROM event ORDER BY id")
        return tuple((at, what, json.loads(details)) for at, what, details in rows)

    def last_event_at(self) -> str:
        """Give the time of the event entered last; empty if there is none."""
        rows = self.ask("SELECT at FROM event ORDER BY id DESC LIMIT 1")
        return rows[0][0] if rows else ""

    def back_up(self, folder: Path, now: dt.datetime) -> Path:
        """Copy the book whole, dated; an earlier copy is never replaced."""
        path = folder / f"{self.path.stem}-{now:%Y%m%d-%H%M%S}{self.path.suffix}"
        number = 1
        while path.exists():
            number += 1
            path = path.with_stem(f"{self.path.stem}-{now:%Y%m%d-%H%M%S}-{number}")
        _copy(self._db, path)
        return path


class _ExactSum:
    """SQL aggregate: the exact sum of decimals kept as texts."""

    def __init__(self) -> None:
        self.sum = Decimal(0)

    def step(self, value: str) -> None:
        self.sum += Decimal(value)

    def finalize(self) -> str:
        return plain(self.sum)


def _link(before: str, *parts: str) -> str:
    return hashlib.sha256("\0".join((before, *parts)).encode()).hexdigest()
