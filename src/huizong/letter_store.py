"""Store letters as they come from a mailbox: unchanged, on the disk before they are opened."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from huizong.batches import batches
from huizong.book import Book
from huizong.errors import HuizongError
from huizong.keeping import put_originals
from huizong.letter_entries import REFUSED, LetterEntry, Place, letters_of, save_letters
from huizong.office import Office
from huizong.safely import temp_beside, told

# Brought to the disk together: one by one takes three times as long.
_AT_ONCE, _BYTES_AT_ONCE = 64, 32_000_000
TOO_BIG = "letter_too_big"


class Incoming(msgspec.Struct, frozen=True):
    """A letter in a mailbox, at a place that never holds another; `cut` if only its beginning."""

    place: str
    data: bytes
    cut: bool = False


class Arrived(msgspec.Struct, frozen=True):
    """What came from a mailbox: how many letters, those that are new, and what broke it off."""

    count: int = 0
    new: tuple[LetterEntry, ...] = ()
    broken: HuizongError | None = None


def store_letters(
    office: Office, book: Book, incoming: Iterable[Incoming], now: dt.datetime
) -> Arrived:
    """
    Store letters under their digests, each durable before the book says that it was fetched.

    What came before a mailbox broke off is kept; the rest comes with the next fetching.

    Raises:
        HuizongError: If the disk is full: what is not entered will be fetched again.
    """
    count, new, broken = 0, list[LetterEntry](), []
    letters = _until_broken(incoming, broken)
    for batch in batches(letters, _size, most=_AT_ONCE, size_at_once=_BYTES_AT_ONCE):
        count += len(batch)
        new += _store(office, book, batch, now.isoformat(timespec="seconds"))
    return Arrived(count, tuple(new), broken[0] if broken else None)


def _size(one: Incoming) -> int:
    return len(one.data)


def _until_broken(incoming: Iterable[Incoming], broken: list[HuizongError]) -> Iterator[Incoming]:
    """Give letters until an error of the mailbox, which is kept: what came before it counts."""
    try:
        yield from incoming
    except HuizongError as error:
        broken.append(error)


def _store(office: Office, book: Book, batch: list[Incoming], at: str) -> list[LetterEntry]:
    digests = {one.place: hashlib.sha256(one.data).hexdigest() for one in batch}
    held = {one.digest for one in letters_of(book, digests=digests.values())}
    letters = {digests[one.place]: _entry(digests[one.place], one, at) for one in batch}
    _put_in_place(office.letters, {letters[digests[one.place]].kept_as: one.data for one in batch})
    new = [one for digest, one in letters.items() if digest not in held]
    save_letters(book, new, [Place(place, digest, at) for place, digest in digests.items()])
    return new


def _entry(digest: str, one: Incoming, at: str) -> LetterEntry:
    entry = LetterEntry(
        digest=digest, kept_as=f"{digest[:16]}.eml", size=len(one.data), received_at=at
    )
    return msgspec.structs.replace(entry, state=REFUSED, reason=TOO_BIG) if one.cut else entry


def _put_in_place(folder: Path, files: dict[str, bytes]) -> None:
    """Bring letters and then their names to the disk; one that somebody removed too."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        temps: dict[Path, Path] = {}
        for name, data in files.items():
            if not (folder / name).exists():
                temp = temp_beside(folder / name)
                temp.write_bytes(data)
                temps[temp] = folder / name
        put_originals(folder, temps)
    except OSError as error:
        raise told(error, folder) from error
