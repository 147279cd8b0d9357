"""What the book of record keeps for later: issued workbooks, standings, summaries, past figures."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from huizong.book import Book
from huizong.entries import pack
from huizong.records import ADOPTED, PASSED, AuditedFinding, Summary


class Issued(msgspec.Struct, frozen=True):
    """One workbook that this office has issued."""

    period: str
    set_code: str
    version: str
    unit: str
    role: str
    seal: str
    digest: str
    path: str
    at: str


class Standing(msgspec.Struct, frozen=True):
    """How a unit stands in a period, so that `status` need not audit again."""

    period: str
    set_code: str
    unit: str
    role: str
    state: str
    digest: str = ""
    late: bool = False


class Made(msgspec.Struct, frozen=True):
    """One summary that was published."""

    period: str
    set_code: str
    number: int
    path: str
    digest: str
    checksum: str
    made_at: str


class Closing(msgspec.Struct, frozen=True):
    """A period closed (定稿锁定) or opened again: by whom, why, and the copy of the book made."""

    period: str
    closed: bool
    officer: str
    reason: str
    at: str
    backup: str = ""


class SentCopy(msgspec.Struct, frozen=True):
    """
    One correction copy: its mark, the return it was made of, the cells that may change in it.

    `cells` are sheet!address: those marked, and those worked out.
    """

    mark: str
    digest: str
    cells: tuple[str, ...]


class PastFigure(msgspec.Struct, frozen=True):
    """A figure of a period as the book has it now; `column` is now or own."""

    unit: str
    role: str
    code: str
    column: str
    state: str
    value: str


_audited = msgspec.msgpack.Decoder(AuditedFinding).decode
_summary = msgspec.msgpack.Decoder(Summary).decode


def save_standings(book: Book, standings: Iterable[Standing]) -> None:
    """Keep how the units stand."""
    sql = "INSERT OR REPLACE INTO standing VALUES (?, ?, ?, ?, ?, ?, ?)"
    book.put(sql, map(msgspec.structs.astuple, standings))


def standings_of(
    book: Book, period: str, set_code: str = ""
) -> dict[tuple[str, str, str], Standing]:
    """Give the standings of a period by (set, unit, role)."""
    sql = "SELECT * FROM standing WHERE period = ? AND (set_code = ? OR ? = '')"
    rows = book.ask(sql, (period, set_code, set_code))
    standings = (Standing(*row[:6], bool(row[6])) for row in rows)
    return {(one.set_code, one.unit, one.role): one for one in standings}


def save_issued(book: Book, issued: Iterable[Issued]) -> None:
    """Enter what was issued."""
    sql = "INSERT OR REPLACE INTO issued VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    book.put(sql, map(msgspec.structs.astuple, issued))


def issued_of(book: Book, period: str = "") -> tuple[Issued, ...]:
    """List what was issued, of one period if given."""
    sql = "SELECT * FROM issued WHERE period = ? OR ? = '' ORDER BY period, set_code, unit, role"
    return tuple(Issued(*row) for row in book.ask(sql, (period, period)))


def save_summary(book: Book, made: Made, summary: Summary) -> None:
    """Enter a published summary; a number is never used twice (I6)."""
    row = (*msgspec.structs.astuple(made), pack(summary))
    book.put("INSERT INTO summary VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [row])


def summaries_of(book: Book, period: str, set_code: str = "") -> tuple[Made, ...]:
    """List the published summaries of a period, oldest first."""
    columns = ", ".join(Made.__struct_fields__)
    sql = f"SELECT {columns} FROM summary WHERE period = ? AND (set_code = ? OR ? = '')"
    rows = book.ask(sql + " ORDER BY set_code, number", (period, set_code, set_code))
    return tuple(Made(*row) for row in rows)


def all_summaries(book: Book) -> tuple[Made, ...]:
    """List the published summaries of every period, oldest first."""
    columns = ", ".join(Made.__struct_fields__)
    rows = book.ask(f"SELECT {columns} FROM summary ORDER BY period, set_code, number")
    return tuple(Made(*row) for row in rows)


def summary_of(book: Book, period: str, set_code: str, number: int) -> Summary:
    """Give one published version of a summary."""
    sql = "SELECT blob FROM summary WHERE (period, set_code, number) = (?, ?, ?)"
    return _summary(book.ask(sql, (period, set_code, number))[0][0])


def summarised_periods(book: Book, set_code: str) -> tuple[str, ...]:
    """List the periods of which a summary was published."""
    sql = "SELECT DISTINCT period FROM summary WHERE set_code = ? ORDER BY period"
    return tuple(period for (period,) in book.ask(sql, (set_code,)))


def last_summary(book: Book, period: str, set_code: str) -> Summary | None:
    """Give the summary of a period that was published last."""
    sql = "SELECT blob FROM summary WHERE (period, set_code) = (?, ?) ORDER BY number DESC LIMIT 1"
    rows = book.ask(sql, (period, set_code))
    return _summary(rows[0][0]) if rows else None


def sets_ever(book: Book) -> frozenset[str]:
    """Give the form sets of which anything was ever issued or received."""
    rows = book.ask("SELECT set_code FROM issued UNION SELECT set_code FROM file")
    return frozenset(code for (code,) in rows if code)


def sets_since(book: Book, since: str) -> frozenset[str]:
    """Give the form sets of which anything was issued or received since then."""
    sql = (
        "SELECT set_code FROM issued WHERE at >= ? "
        "UNION SELECT set_code FROM file WHERE received_at >= ?"
    )
    return frozenset(code for (code,) in book.ask(sql, (since, since)) if code)


def save_copy(book: Book, copy: SentCopy, at: str) -> None:
    """Enter a correction copy; the same one written again is the same entry."""
    cells = msgspec.json.encode(copy.cells).decode()
    sql = "INSERT OR IGNORE INTO sent_back VALUES (?, ?, ?, ?)"
    book.put(sql, [(copy.mark, copy.digest, cells, at)])


def copies_of(book: Book, marks: Collection[str]) -> dict[str, SentCopy]:
    """Give the correction copies with these marks, as far as this office has made them."""
    wanted = msgspec.json.encode(sorted(marks)).decode()
    sql = (
        "SELECT mark, digest, cells FROM sent_back"
        " WHERE mark IN (SELECT value FROM json_each(?))"
    )  # fmt: skip
    rows = book.ask(sql, (wanted,))
    decode = msgspec.json.Decoder(tuple[str, ...]).decode
    return {mark: SentCopy(mark, digest, decode(cells)) for mark, digest, cells in rows}


def copies_made(book: Book, digests: Collection[str]) -> frozenset[str]:
    """Tell of which of these returns a correction copy was made."""
    wanted = msgspec.json.encode(sorted(digests)).decode()
    sql = "SELECT digest FROM sent_back WHERE digest IN (SELECT value FROM json_each(?))"
    return frozenset(digest for (digest,) in book.ask(sql, (wanted,)))


def save_gone(
    book: Book, period: str, found: Mapping[str, Sequence[AuditedFinding]],
    before: Mapping[str, Sequence[AuditedFinding]], at: str,
) -> None:  # fmt: skip
    """
    Keep the questions that are no longer asked of a file, by digest; those asked again are not.

    Of a file that stays as it is that happens where another unit's return has changed.
    """
    asked = {digest: {one.key for one in some} for digest, some in found.items()}
    rows = [
        (digest, one.key, period, pack(one), at)
        for digest in found
        for one in before.get(digest, ())
        if one.key not in asked[digest] and one.finding.level not in ("note", "info")
    ]
    again = [(digest, key) for digest, keys in asked.items() for key in keys]
    with book.writing():
        book.put("DELETE FROM gone WHERE (digest, key) = (?, ?)", again)
        book.put("INSERT OR REPLACE INTO gone VALUES (?, ?, ?, ?, ?)", rows)


def gone_of(book: Book, period: str) -> dict[str, list[tuple[AuditedFinding, str]]]:
    """Give the questions of a period that are no longer asked, each with when, by digest."""
    found = defaultdict(list)
    sql = "SELECT digest, blob, at FROM gone WHERE period = ? ORDER BY digest, at, key"
    for digest, blob, at in book.ask(sql, (period,)):
        found[digest].append((_audited(blob), at))
    return found


_ADOPTED_FIGURES = f"""
    FROM file JOIN reading USING (digest) JOIN figure ON figure.reading = reading.id
    JOIN standing AS s ON s.digest = file.digest
    WHERE file.state = '{ADOPTED}' AND s.state = '{PASSED}'
      AND file.period = ? AND file.set_code = ?"""


def figures_of(
    book: Book, period: str, set_code: str, units: Collection[str] = ()
) -> tuple[PastFigure, ...]:
    """List the figures of adopted and passed returns, of these units if given."""
    columns = "file.unit, file.role, figure.code, col, figure.state, value"
    order = "ORDER BY file.unit, file.role, figure.code, col"
    values = [period, set_code]
    which = ""
    if units:
        which = "AND file.unit IN (SELECT value FROM json_each(?))"
        values.append(msgspec.json.encode(sorted(units)).decode())
    sql = f"SELECT {columns} {_ADOPTED_FIGURES} {which} {order}"
    return tuple(PastFigure(*row) for row in book.ask(sql, values))


def judged_of(book: Book, period: str, set_code: str) -> list[tuple[str, str]]:
    """List adopted and passed returns with the rules they were judged by: these make figures."""
    sql = f"""SELECT file.digest, audited.rules FROM file JOIN audited USING (digest)
        JOIN standing AS s ON s.digest = file.digest
        WHERE file.state = '{ADOPTED}' AND s.state = '{PASSED}'
        AND file.period = ? AND file.set_code = ? ORDER BY file.digest"""
    return book.ask(sql, (period, set_code))


def adopted_of(book: Book, period: str, set_code: str) -> dict[tuple[str, str], str]:
    """Name the adopted and passed return of each unit and role, by its digest."""
    sql = f"""SELECT file.unit, file.role, file.digest FROM file
        JOIN standing AS s ON s.digest = file.digest
        WHERE file.state = '{ADOPTED}' AND s.state = '{PASSED}'
        AND file.period = ? AND file.set_code = ? ORDER BY file.unit, file.role"""
    rows = book.ask(sql, (period, set_code))
    return {(unit, role): digest for unit, role, digest in rows}


def sum_of(book: Book, period: str, set_code: str, code: str, units: Collection[str]) -> str:
    """Add up one figure over these units in SQL alone: the independent second sum."""
    sql = (
        f"SELECT exact_sum(value) {_ADOPTED_FIGURES} AND figure.state = 'number'"
        " AND figure.code = ? AND col = 'now' AND file.role <> 'own'"
        " AND file.unit IN (SELECT value FROM json_each(?))"
    )
    wanted = msgspec.json.encode(sorted(units)).decode()
    return book.ask(sql, (period, set_code, code, wanted))[0][0]


def save_closing(book: Book, closing: Closing) -> None:
    """Enter that a period was closed or opened again; earlier entries stay."""
    columns = ", ".join(Closing.__struct_fields__)
    sql = f"INSERT INTO closing ({columns}) VALUES (?, ?, ?, ?, ?, ?)"
    book.put(sql, [msgspec.structs.astuple(closing)])


def closings_of(book: Book, period: str = "") -> tuple[Closing, ...]:
    """List when a period (or any) was closed and opened again, oldest first."""
    columns = ", ".join(Closing.__struct_fields__)
    sql = f"SELECT {columns} FROM closing WHERE period = ? OR ? = '' ORDER BY id"
    rows = book.ask(sql, (period, period))
    return tuple(Closing(of, bool(closed), *rest) for of, closed, *rest in rows)


def closed_periods(book: Book) -> dict[str, Closing]:
    """Give the periods that are closed now, each with its closing."""
    last = {one.period: one for one in closings_of(book)}
    return {period: one for period, one in last.items() if one.closed}
