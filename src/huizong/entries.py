"""What stands in the book of record, as records: files, readings, findings, answers, summaries."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType

import msgspec

from huizong.book import Book
from huizong.records import (
    ADOPTED,
    NOT_A_RETURN,
    PENDING,
    RETURNED,
    SUPERSEDED,
    AuditedFinding,
    Finding,
    Reading,
)

# Questions that an officer cannot wave through: the roster or the file has to be mended.
NOT_ACCEPTABLE = frozenset(
    {"unknown_unit", "unknown_period", "not_ours_to_collect", "wrong_kind", "closed"}
)
FILE_STATES = (ADOPTED, PENDING, RETURNED, SUPERSEDED, NOT_A_RETURN)


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """
    A received file; its name is what the sender called it, data only.

    A workbook with several form sets has one entry a set: the first has the file's `digest`, the
    others `entry_key` of it, so that each is audited, adopted and counted on its own.

    `made_at` is the file's own time, `kept_as` its name in 已收/原件, `number` its version among
    the unit's files of the period, `seal` ok, wrong or unknown, `put_aside` an officer's decision.
    """

    digest: str
    name: str
    source: str
    size: int
    received_at: str
    made_at: str = ""
    kept_as: str = ""
    state: str = PENDING
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    period: str = ""
    set_code: str = ""
    unit: str = ""
    role: str = ""
    number: int = 0
    seal: str = ""
    put_aside: bool = False


class Sighting(msgspec.Struct, frozen=True):
    """A path at which some bytes were seen, so that they need not be read again."""

    path: str
    size: int
    mtime_ns: int
    digest: str
    at: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What an officer decided on a finding: accept, reject, or use one file of several."""

    key: str
    action: str
    officer: str
    reason: str
    file: str = ""
    period: str = ""
    at: str = ""
    source: str = ""


# Where the book keeps which answer the list of findings shows last.
_LISTED = "answers_listed"
_reading = msgspec.msgpack.Decoder(Reading).decode
_finding = msgspec.msgpack.Decoder(Finding).decode
_findings = msgspec.msgpack.Decoder(tuple[Finding, ...]).decode
_FILE = ", ".join("details" if f == "findings" else f for f in Received.__struct_fields__)
_PLACES = ", ".join("?" * len(Received.__struct_fields__))


def entry_key(digest: str, set_code: str) -> str:
    """Name the entry of one more form set in a file: its digest with the set behind it."""
    return f"{digest}+{set_code}"


def digest_of(key: str) -> str:
    """Give the digest of the file that an entry stands for."""
    return key.partition("+")[0]


def pack(value: object) -> bytes:
    """Encode a record; a read-only mapping is written as a mapping."""
    return msgspec.msgpack.encode(value, enc_hook=_plain)


def _plain(value: object) -> object:
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(type(value))


def save_files(book: Book, files: Iterable[Received]) -> tuple[Received, ...]:
    """Enter or update files; those that belong to a unit get their version number once."""
    with book.writing():
        saved = tuple(_numbered(book, files))
        # Where a file came from, and when, stays as it was entered first.
        sets = ", ".join(f"{column} = excluded.{column}" for column in _FILE.split(", ")[7:])
        sql = f"INSERT INTO file ({_FILE}) VALUES ({_PLACES})"
        book.put(f"{sql} ON CONFLICT (digest) DO UPDATE SET {sets}", map(_row, saved))
    return saved


def _numbered(book: Book, files: Iterable[Received]) -> Iterable[Received]:
    last: dict[tuple[str, str, str, str], int] = {}
    sql = "SELECT max(number) FROM file WHERE (period, set_code, unit) = (?, ?, ?) AND role = ?"
    for file in files:
        if file.number or not (file.unit and file.period):
            yield file
            continue
        place = (file.period, file.set_code, file.unit, file.role)
        if place not in last:
            last[place] = book.ask(sql, place)[0][0] or 0
        last[place] += 1
        yield msgspec.structs.replace(file, number=last[place])


def _row(file: Received) -> tuple:
    return tuple(
        (pack(file.findings) if file.findings else None) if name == "findings"
        else int(file.put_aside) if name == "put_aside"
        else getattr(file, name)
        for name in Received.__struct_fields__
    )  # fmt: skip


def files_of(
    book: Book, *, period: str = "", set_code: str = "", unit: str = "",
    digests: Collection[str] = (), states: Collection[str] = (),
) -> tuple[Received, ...]:  # fmt: skip
    """List files in the order in which they came, narrowed by what is given."""
    where, values = ["1"], []
    for column, value in (("period", period), ("set_code", set_code), ("unit", unit)):
        if value:
            where.append(f"{column} = ?")
            values.append(value)
    for column, wanted in (("digest", digests), ("state", states)):
        if wanted:
            where.append(f"{column} IN (SELECT value FROM json_each(?))")
            values.append(msgspec.json.encode(sorted(wanted)).decode())
    sql = f"SELECT {_FILE} FROM file WHERE {' AND '.join(where)} ORDER BY received_at, rowid"
    return tuple(map(_file, book.ask(sql, values)))


def _file(row: Sequence) -> Received:
    values = dict(zip(Received.__struct_fields__, row, strict=True))
    values["findings"] = _findings(values["findings"]) if values["findings"] else ()
    values["put_aside"] = bool(values["put_aside"])
    return Received(**values)


def count_files(book: Book) -> dict[str, int]:
    """
    Count the files of each state (I2): the counts add up to the number received.

    A file with several form sets counts by the entry of its first.
    """
    sql = "SELECT state, count(*) FROM file WHERE digest NOT LIKE '%+%' GROUP BY state"
    found = dict(book.ask(sql))
    return {state: found.get(state, 0) for state in FILE_STATES}


def first_seen(book: Book, digests: Collection[str]) -> dict[str, str]:
    """Tell when each of these digests was received first; unknown ones are left out."""
    wanted = msgspec.json.encode(sorted(digests)).decode()
    sql = "SELECT digest, received_at FROM file WHERE digest IN (SELECT value FROM json_each(?))"
    return dict(book.ask(sql, (wanted,)))


def save_sightings(book: Book, sightings: Iterable[Sighting]) -> None:
    """Remember where bytes were seen."""
    sql = "INSERT OR REPLACE INTO sighting VALUES (?, ?, ?, ?, ?)"
    book.put(sql, map(msgspec.structs.astuple, sightings))


def seen_files(book: Book) -> frozenset[tuple[str, int, int]]:
    """Give path, size and time of all files that need not be read again."""
    return frozenset(book.ask("SELECT path, size, mtime_ns FROM sighting"))


def sightings_of(book: Book, digest: str) -> tuple[Sighting, ...]:
    """List where the same bytes were seen, first first."""
    rows = book.ask("SELECT * FROM sighting WHERE digest = ? ORDER BY at, path", (digest,))
    return tuple(Sighting(*row) for row in rows)


def names_seen(book: Book, digests: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Give the names of the paths at which some bytes were seen, by digest, in order."""
    wanted = msgspec.json.encode(sorted(digests)).decode()
    sql = "SELECT digest, path FROM sighting WHERE digest IN (SELECT value FROM json_each(?))"
    found: dict[str, set[str]] = {}
    for digest, path in book.ask(sql, (wanted,)):
        found.setdefault(digest, set()).add(PurePath(path).name)
    return {digest: tuple(sorted(names)) for digest, names in sorted(found.items())}


def save_readings(book: Book, readings: Mapping[str, Reading], read_by: str) -> None:
    """Keep what the reader read, by digest, with its figures for history and for sums in SQL."""
    with book.writing():
        wanted = msgspec.json.encode(sorted(readings)).decode()
        chosen = "(SELECT value FROM json_each(?))"
        book.put(f"DELETE FROM reading WHERE digest IN {chosen}", [(wanted,)])
        rows = ((digest, read_by, pack(reading)) for digest, reading in readings.items())
        book.put("INSERT INTO reading (digest, read_by, blob) VALUES (?, ?, ?)", rows)
        ids = dict(book.ask(f"SELECT digest, id FROM reading WHERE digest IN {chosen}", (wanted,)))
        figures = (
            (ids[digest], figure.code, column, figure.state, figure.value)
            for digest, reading in readings.items()
            for column, figures in (("now", reading.figures), ("own", reading.own))
            for figure in figures
        )
        book.put("INSERT OR REPLACE INTO figure VALUES (?, ?, ?, ?, ?)", figures)


def readings_of(book: Book, digests: Collection[str], read_by: str = "") -> dict[str, Reading]:
    """Give the readings of these files; only those made by the reader `read_by` if given."""
    wanted = msgspec.json.encode(sorted(digests)).decode()
    sql = "SELECT digest, blob FROM reading WHERE digest IN (SELECT value FROM json_each(?))"
    values = (wanted, read_by) if read_by else (wanted,)
    rows = book.ask(sql + (" AND read_by = ?" if read_by else ""), values)
    return {digest: _reading(blob) for digest, blob in rows}


def save_all_findings(
    book: Book, audited: str, at: str,
    items: Sequence[tuple[str, tuple[str, str, str], Sequence[AuditedFinding]]],
) -> None:  # fmt: skip
    """Put the findings of many files (digest; unit, period, set) in place of those they had."""
    rows = (
        (f.key, digest, *place, pack(f.finding), f.state, f.explanation, f.officer, f.reason, at,
         audited)
        for digest, place, findings in items
        for f in findings
    )  # fmt: skip
    with book.writing():
        book.put("DELETE FROM finding WHERE digest = ?", ((digest,) for digest, _, _ in items))
        book.put(f"INSERT OR REPLACE INTO finding VALUES ({', '.join('?' * 12)})", rows)


def findings_of(book: Book, period: str) -> dict[str, tuple[AuditedFinding, ...]]:
    """Give the findings of a period by the file's digest."""
    sql = (
        "SELECT digest, key, blob, state, explanation, officer, reason FROM finding"
        " WHERE period = ? ORDER BY digest, key"
    )
    found: dict[str, list[AuditedFinding]] = {}
    for digest, key, blob, *rest in book.ask(sql, (period,)):
        found.setdefault(digest, []).append(AuditedFinding(key, _finding(blob), *rest))
    return {digest: tuple(findings) for digest, findings in found.items()}


def all_findings(book: Book) -> Iterator[tuple[str, AuditedFinding]]:
    """Go through the findings of every period, each with its period."""
    sql = "SELECT period, key, blob, state, explanation, officer, reason FROM finding ORDER BY key"
    for period, key, blob, *rest in book.ask(sql):
        yield period, AuditedFinding(key, _finding(blob), *rest)


def save_answers(book: Book, answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Enter the answers that are new; the same answer read again from a sheet is not."""
    fields = ("key", "period", "action", "file", "officer", "reason", "at", "source")
    sql = f"INSERT INTO answer ({', '.join(fields)}) VALUES ({', '.join('?' * len(fields))})"
    new = tuple(answer for answer in answers if not is_entered(book, answer))
    book.put(sql, ([getattr(answer, field) for field in fields] for answer in new))
    return new


def is_entered(book: Book, answer: Answer) -> bool:
    """Whether the answer in force says the same."""
    told = ("action", "file", "officer", "reason")
    last = last_answer(book, answer.key)
    return last is not None and all(getattr(last, name) == getattr(answer, name) for name in told)


def was_entered(book: Book, answer: Answer) -> bool:
    """Whether the same was ever answered, in force or not."""
    where = "(key, action, file, officer, reason) = (?, ?, ?, ?, ?)"
    told = (answer.key, answer.action, answer.file, answer.officer, answer.reason)
    return bool(book.ask(f"SELECT 1 FROM answer WHERE {where}", told))


def mark_listed(book: Book) -> None:
    """Remember that the list of findings, as it is written now, shows every answer so far."""
    last = str(book.ask("SELECT coalesce(max(id), 0) FROM answer")[0][0])
    if last != book.meta(_LISTED):
        book.set_meta(_LISTED, last)


def answered_since(book: Book) -> frozenset[str]:
    """Give the findings answered last by the command, later than the list was written."""
    sql = """SELECT key FROM answer WHERE id > ? AND source = ''
        AND id IN (SELECT max(id) FROM answer GROUP BY key)"""
    listed = book.meta(_LISTED)
    return frozenset(key for (key,) in book.ask(sql, (int(listed),))) if listed else frozenset()


_ANSWER = "SELECT key, action, officer, reason, file, period, at, source FROM answer"


def _answer(row: Sequence) -> Answer:
    return Answer(**dict(zip(Answer.__struct_fields__, row, strict=True)))


def last_answer(book: Book, key: str) -> Answer | None:
    """Give the answer in force to a finding."""
    rows = book.ask(f"{_ANSWER} WHERE key = ? ORDER BY id DESC LIMIT 1", (key,))
    return _answer(rows[0]) if rows else None


def answers_of(book: Book, period: str = "") -> dict[str, Answer]:
    """Give the answers in force by the finding's key; a later answer replaces an earlier."""
    sql = f"{_ANSWER} WHERE period = ? OR ? = '' ORDER BY id"
    return {row[0]: _answer(row) for row in book.ask(sql, (period, period))}
