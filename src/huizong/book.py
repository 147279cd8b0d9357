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
from huizong.safely import sync, sync_folder

BACKUPS = "备份"
SEAL_DIGITS = 16
_STATES = "'adopted', 'pending', 'returned', 'superseded', 'not_a_return'"
SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE issued (
    period TEXT NOT NULL, set_code TEXT NOT NULL, version TEXT NOT NULL, unit TEXT NOT NULL,
    role TEXT NOT NULL, seal TEXT NOT NULL, digest TEXT NOT NULL, path TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (period, set_code, unit, role, version)) STRICT;
CREATE TABLE file (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL, size INTEGER NOT NULL,
    received_at TEXT NOT NULL, made_at TEXT NOT NULL, kept_as TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ({_STATES})), reason TEXT NOT NULL, details BLOB,
    period TEXT NOT NULL, set_code TEXT NOT NULL, unit TEXT NOT NULL, role TEXT NOT NULL,
    number INTEGER NOT NULL, seal TEXT NOT NULL, put_aside INTEGER NOT NULL) STRICT;
CREATE INDEX file_of ON file (period, set_code, unit);
CREATE TABLE sighting (
    path TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    digest TEXT NOT NULL REFERENCES file, at TEXT NOT NULL,
    PRIMARY KEY (path, digest)) STRICT, WITHOUT ROWID;
CREATE TABLE reading (
    id INTEGER PRIMARY KEY, digest TEXT NOT NULL UNIQUE REFERENCES file, read_by TEXT NOT NULL,
    blob BLOB NOT NULL) STRICT;
CREATE TABLE figure (
    reading INTEGER NOT NULL REFERENCES reading ON DELETE CASCADE, code TEXT NOT NULL,
    col TEXT NOT NULL, state TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (reading, code, col)) STRICT, WITHOUT ROWID;
CREATE TABLE finding (
    key TEXT NOT NULL, digest TEXT NOT NULL, unit TEXT NOT NULL,
    period TEXT NOT NULL, set_code TEXT NOT NULL, blob BLOB NOT NULL,
    state TEXT NOT NULL CHECK
        (state IN ('open', 'explained', 'released', 'accepted', 'rejected', 'closed')),
    explanation TEXT NOT NULL, officer TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    audited TEXT NOT NULL, PRIMARY KEY (digest, key)) STRICT, WITHOUT ROWID;
CREATE INDEX finding_of ON finding (period, set_code, key);
CREATE TABLE answer (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL, period TEXT NOT NULL, action TEXT NOT NULL,
    file TEXT NOT NULL, officer TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL,
    source TEXT NOT NULL) STRICT;
CREATE INDEX answer_to ON answer (key);
CREATE TABLE standing (
    period TEXT NOT NULL, set_code TEXT NOT NULL, unit TEXT NOT NULL, role TEXT NOT NULL,
    state TEXT NOT NULL, digest TEXT NOT NULL, late INTEGER NOT NULL,
    PRIMARY KEY (period, set_code, unit, role)) STRICT, WITHOUT ROWID;
CREATE TABLE audited (digest TEXT PRIMARY KEY, rules TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE opening (
    period TEXT NOT NULL, set_code TEXT NOT NULL, unit TEXT NOT NULL, role TEXT NOT NULL,
    code TEXT NOT NULL, value TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (period, set_code, unit, role, code)) STRICT, WITHOUT ROWID;
CREATE TABLE summary (
    period TEXT NOT NULL, set_code TEXT NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL,
    digest TEXT NOT NULL, checksum TEXT NOT NULL, made_at TEXT NOT NULL, blob BLOB NOT NULL,
    PRIMARY KEY (period, set_code, number)) STRICT;
CREATE TABLE event (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, details TEXT NOT NULL,
    hash TEXT NOT NULL) STRICT;
CREATE TRIGGER event_stays BEFORE UPDATE ON event
    BEGIN SELECT raise(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_kept BEFORE DELETE ON event
    BEGIN SELECT raise(ABORT, 'events are never removed'); END;
"""
# What was added since: a book of version n lacks what stands from UPGRADES[n - 1] on. Append only.
UPGRADES = (
    """CREATE TABLE closing (
    id INTEGER PRIMARY KEY, period TEXT NOT NULL, closed INTEGER NOT NULL, officer TEXT NOT NULL,
    reason TEXT NOT NULL, at TEXT NOT NULL, backup TEXT NOT NULL) STRICT;""",
)
SCHEMA_VERSION = 1 + len(UPGRADES)


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
def open_book(path: Path) -> Iterator["Book"]:
    """
    Open the book for a `with`; it is closed at the end.

    Raises:
        HuizongError: If it is missing, damaged, or of a newer program.
    """
    if not path.exists():
        raise HuizongError("error.book_missing", file=path)
    db = None
    try:
        db = _connect(path)
        _bring_up_to_date(db, path)
        yield Book(db, path)
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # our own mistake, not the file's
    except sqlite3.OperationalError as error:
        if "full" in str(error):
            raise HuizongError("error.disk_full", path=path) from error
        raise HuizongError("error.book_busy", file=path, why=str(error)) from error
    except sqlite3.DatabaseError as error:
        raise HuizongError("error.book_damaged", file=path, why=str(error)) from error
    finally:
        if db is not None:
            db.close()


def _bring_up_to_date(db: sqlite3.Connection, path: Path) -> None:
    """Add what a book of an earlier program lacks, in one transaction; a copy is kept first."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA_VERSION:
        return
    if not 1 <= version < SCHEMA_VERSION:
        raise HuizongError("error.book_version", file=path, found=version)
    _copy(db, path.parent / BACKUPS / f"{path.stem}-v{version}{path.suffix}")
    missing = "\n".join(UPGRADES[version - 1 :])
    db.executescript(f"BEGIN IMMEDIATE; {missing} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;")


def _copy(db: sqlite3.Connection, path: Path) -> None:
    """Copy a book whole, even while it is open; owner-only like the book itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temp = path.with_suffix(".part")
    temp.unlink(missing_ok=True)
    os.close(os.open(temp, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with contextlib.closing(sqlite3.connect(temp)) as copy:
        db.backup(copy)
    sync(temp)
    temp.replace(path)
    sync_folder(path.parent)


class Book:
    """An open book: transactions, secrets, seals, the chain of events. `entries` fills it."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self.path = path
        db.create_aggregate("exact_sum", 1, _ExactSum)

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Do all or nothing; inside another `writing` it is part of that one."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
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
