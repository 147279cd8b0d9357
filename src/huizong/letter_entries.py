"""The letters in the book of record: where they were fetched from, what they are, who wrote."""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from huizong.book import Book
from huizong.letters import LETTERS, TAKEN_ABOVE, Claim, Letter, is_proved

# Stored, not yet taken apart; taken apart; beyond what letters are.
UNOPENED, OPENED, REFUSED = "stored", "opened", "refused"


class LetterEntry(msgspec.Struct, frozen=True, kw_only=True):
    """
    A letter that was received: stored as `kept_as` under its digest, unchanged.

    `reason` is its kind once it is opened, or why it was refused.
    """

    digest: str
    kept_as: str
    size: int
    received_at: str
    state: str = UNOPENED
    reason: str = UNOPENED
    letter: Letter = Letter()

    @property
    def place(self) -> str:
        """The path below which its files stand in the book."""
        return f"{LETTERS}/{self.kept_as}"


class Place(msgspec.Struct, frozen=True):
    """Where some letter was fetched from, so that it need not be fetched again."""

    place: str
    digest: str
    at: str


class Carried(msgspec.Struct, frozen=True):
    """A file that came in a letter: whose it is and of which period, if it tells; its state."""

    unit: str
    period: str
    state: str
    reason: str


_letter = msgspec.msgpack.Decoder(Letter).decode
_COLUMNS = "digest, kept_as, size, received_at, state, reason, blob"


def save_letters(book: Book, letters: Iterable[LetterEntry], places: Iterable[Place] = ()) -> None:
    """Enter or update letters, and remember where they were fetched from."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in ("state", "reason", "blob"))
    sql = f"INSERT INTO letter ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    with book.writing():
        book.put(f"{sql} ON CONFLICT (digest) DO UPDATE SET {changed}", map(_row, letters))
        rows = map(msgspec.structs.astuple, places)
        book.put("INSERT OR REPLACE INTO letter_place VALUES (?, ?, ?)", rows)


def _row(one: LetterEntry) -> tuple:
    *plain, letter = msgspec.structs.astuple(one)
    return (*plain, msgspec.msgpack.encode(letter))


def letters_of(
    book: Book, *, state: str = "", reason: str = "", digests: Collection[str] = ()
) -> tuple[LetterEntry, ...]:
    """List letters in the order in which they came, narrowed by what is given."""
    wanted = msgspec.json.encode(sorted(digests)).decode()
    sql = (
        f"SELECT {_COLUMNS} FROM letter WHERE ? IN ('', state) AND ? IN ('', reason)"
        " AND (? = '[]' OR digest IN (SELECT value FROM json_each(?))) ORDER BY rowid"
    )
    rows = book.ask(sql, (state, reason, wanted, wanted))
    return tuple(map(_entry, rows))


def _entry(row: Sequence) -> LetterEntry:
    values = dict(zip(LetterEntry.__struct_fields__, row, strict=True))
    return LetterEntry(**values | {"letter": _letter(values["letter"])})


def places_seen(book: Book, mailbox: str) -> frozenset[str]:
    """Give the places in one mailbox from which letters need not be fetched again."""
    sql = "SELECT place FROM letter_place WHERE place >= ? AND place < ?"
    return frozenset(place for (place,) in book.ask(sql, (mailbox, f"{mailbox}\U0010ffff")))


def _below(place: str) -> tuple[str, str]:
    """Give the bounds of all paths below a place: as text, `0` is what comes after the slash."""
    return f"{place}/", f"{place}0"


def files_below(book: Book, place: str) -> tuple[tuple[str, str], ...]:
    """Give state and reason of each file that came in one letter, in its archives too."""
    sql = (
        "SELECT DISTINCT f.digest, f.state, f.reason FROM sighting AS s JOIN file AS f"
        " ON f.digest = s.digest WHERE s.path >= ? AND s.path < ?"
    )
    return tuple(row[1:] for row in book.ask(sql, _below(place)))


def carried_files(book: Book) -> Mapping[str, tuple[Carried, ...]]:
    """Tell of every letter, by the name under which it is kept, which files came in it."""
    sql = (
        "SELECT s.path, f.unit, f.period, f.state, f.reason FROM sighting AS s"
        " JOIN file AS f ON f.digest = s.digest WHERE s.path >= ? AND s.path < ? ORDER BY s.path"
    )
    found: dict[str, list[Carried]] = {}
    for path, *file in book.ask(sql, _below(LETTERS)):
        found.setdefault(path.split("/")[2], []).append(Carried(*file))
    return {name: tuple(files) for name, files in found.items()}


def known_below(book: Book, place: str) -> tuple[tuple[str, str], ...]:
    """Give the names of a letter's files that had come before, each with when that was."""
    sql = (
        "SELECT s.path, f.received_at FROM sighting AS s JOIN file AS f ON f.digest = s.digest"
        " WHERE s.path >= ? AND s.path < ? AND NOT (f.source >= ? AND f.source < ?) ORDER BY s.path"
    )
    ends = _below(place)
    return tuple((path.rpartition("/")[2], at) for path, at in book.ask(sql, (*ends, *ends)))


def letter_with(book: Book, digest: str) -> Letter | None:
    """Give the letter by which a file came first; None if it came by none."""
    sql = (
        "SELECT path FROM sighting WHERE digest = ? AND path >= ? AND path < ?"
        " ORDER BY at, path LIMIT 1"
    )
    found = book.ask(sql, (digest, *_below(LETTERS)))
    name = found[0][0].split("/")[2] if found else ""
    rows = book.ask("SELECT blob FROM letter WHERE kept_as = ?", (name,))
    return _letter(rows[0][0]) if rows else None


def taken_above(book: Book) -> Mapping[str, str]:
    """Tell by digest which files the office above has acknowledged, and when that came."""
    sql = "SELECT blob, received_at FROM letter WHERE reason = ? ORDER BY received_at DESC"
    rows = book.ask(sql, (TAKEN_ABOVE,))
    return {digest: at for blob, at in rows for digest in _letter(blob).received}


def begun_at(book: Book) -> str:
    """Tell since when the office has its book: earlier letters are none of its business."""
    return book.ask("SELECT at FROM event ORDER BY id LIMIT 1")[0][0]


def claims_of(book: Book, server: str) -> Mapping[str, tuple[Claim, ...]]:
    """
    Tell by digest who sent the files that came by letter alone, and whether it is proved.

    A file that lay in 收表 too is not among them: a person put it there.
    """
    inside = "SELECT digest FROM sighting WHERE path >= ? AND path < ?"
    sql = f"SELECT digest, path FROM sighting WHERE digest IN ({inside}) ORDER BY at, path"
    paths: dict[str, list[str]] = {}
    for digest, path in book.ask(sql, _below(LETTERS)):
        paths.setdefault(digest, []).append(path)
    by_letters = {
        digest: {path.split("/")[2]: None for path in found}
        for digest, found in paths.items()
        if all(path.startswith(f"{LETTERS}/") for path in found)
    }
    letters = {one.kept_as: one.letter for one in letters_of(book)} if by_letters else {}
    return {
        digest: tuple(
            Claim(letters[name].sender, is_proved(letters[name], server))
            for name in names
            if name in letters
        )
        for digest, names in by_letters.items()
    }
