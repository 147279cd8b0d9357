"""Take in what units sent: store it unchanged before anything is opened, and file it by name."""

import contextlib
import datetime as dt
import hashlib
import io
import os
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import msgspec

from huizong.archives import Member
from huizong.book import Book
from huizong.clock import china_time
from huizong.entries import (
    Received,
    Sighting,
    files_of,
    first_seen,
    save_files,
    save_sightings,
    sightings_of,
)
from huizong.inbox import (
    Scan,
    changed_at,
    is_young,
    just_changed,
    place_of,
    same_stat,
    scan,
    stat_of,
)
from huizong.keeping import put_originals
from huizong.office import Office
from huizong.personal import masked
from huizong.safely import told
from huizong.wholeness import digest_of_file

__all__ = (
    "Scan",
    "Stored",
    "scan",
    "store",
    "store_members",
    "sweep",
    "uncollected",
)

# Why a file waits that has not been read yet: as it came, or out of an archive.
STORED, IN_ARCHIVE = "stored", "in_archive"
_CHUNK = 1 << 20
_SHEETS = (".xlsx", ".xlsm", ".xls", ".xltx", ".ods", ".et", ".ett", ".csv")
_KINDS = frozenset((*_SHEETS, ".hzkey", ".zip", ".rar", ".7z", ".pdf", ".doc", ".docx"))


class Stored(msgspec.Struct, frozen=True):
    """
    One path after storing: fate is new, known (the same bytes are there already) or busy.

    `first_at` is when these bytes came first; `kept` the stored original.
    """

    path: Path
    fate: str
    digest: str = ""
    name: str = ""
    size: int = 0
    kept: Path | None = None
    first_at: str = ""


class _Copy(msgspec.Struct, frozen=True):
    """Bytes in a temporary file, not yet under their own name; `place` is the book's for them."""

    place: str
    temp: Path
    digest: str
    size: int
    mtime_ns: int
    reason: str = STORED

    @property
    def name(self) -> str:
        """How a file is called from now on: no number of a person; its place is kept as it came."""
        return masked(unicodedata.normalize("NFC", self.place.rpartition("/")[2]))


def store(
    office: Office, book: Book, paths: Sequence[Path], now: dt.datetime
) -> tuple[Stored, ...]:
    """
    Store the bytes of each path under their digest, durable before this returns (I1, row 50).

    The same bytes are stored once; a path whose bytes changed since `scan` saw it is busy.

    Raises:
        HuizongError: If the disk is full: nothing of this batch is entered, nothing is lost.
    """

    def copy(path: Path, temp: Path) -> _Copy | None:
        return _copy(path, place_of(office, path), temp)

    return _store(office, book, paths, copy, now)


def store_members(
    office: Office, book: Book, members: Mapping[str, Member], now: dt.datetime,
    *, reason: str = IN_ARCHIVE,
) -> tuple[Stored, ...]:  # fmt: skip
    """
    Store the files of an archive like files received, by their places: the archive's with theirs.

    Places are text: as paths, names such as `C:x` or `CON` would lead away from it on Windows.
    They wait as `in_archive`, so that an archive among them is not taken apart again; those of a
    letter wait as `stored`, so that it is.

    Raises:
        HuizongError: If the disk is full: none is entered.
    """

    def write(place: str, temp: Path) -> _Copy:
        return _written(place, members[place], temp, reason)

    return _store(office, book, tuple(members), write, now)


def _store(
    office: Office, book: Book, sources: Sequence[Path | str],
    copy_to: Callable[..., _Copy | None], now: dt.datetime,
) -> tuple[Stored, ...]:  # fmt: skip
    at = now.isoformat(timespec="seconds")
    folder = office.originals
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_parts(folder)
        part = f".part-{os.getpid()}-"
        copied = {one: copy_to(one, folder / f"{part}{n}") for n, one in enumerate(sources)}
        copies = {copy.digest: copy for copy in reversed(copied.values()) if copy}
        held = files_of(book, digests=copies.keys()) if copies else ()
        known = {file.digest: file for file in held}
        new = {d: _received(copy, at) for d, copy in copies.items() if d not in known}
        if copies:
            _put_in_place(folder, copies, known | new)
    except OSError as error:
        raise told(error, folder) from error
    finally:
        # On a disk that is gone they stay until the next start.
        with contextlib.suppress(OSError):
            _remove_parts(folder)
    with book.writing():
        save_files(book, reversed(new.values()))
        save_sightings(book, [_sighting(c, at) for c in copied.values() if c])
    firsts = {copies[digest].place for digest in new}
    return tuple(
        _stored(Path(one), copy, (known | new)[copy.digest], folder, is_new=copy.place in firsts)
        if copy
        else Stored(Path(one), "busy")
        for one, copy in copied.items()
    )


def _put_in_place(folder: Path, copies: Mapping[str, _Copy], files: Mapping[str, Received]) -> None:
    """Give the copies their own names; an original that somebody removed is put there again."""
    targets = {digest: folder / files[digest].kept_as for digest in copies}
    gone = {copies[d].temp: path for d, path in targets.items() if not path.exists()}
    put_originals(folder, gone)


def _stored(path: Path, copy: _Copy, file: Received, folder: Path, *, is_new: bool) -> Stored:
    fate, kept = "new" if is_new else "known", folder / file.kept_as
    return Stored(path, fate, copy.digest, copy.name, copy.size, kept, file.received_at)


def _remove_parts(folder: Path) -> None:
    """Under the office's lock every part in the folder is ours or a dead run's."""
    for temp in folder.glob(".part-*"):
        temp.unlink(missing_ok=True)


def _copy(path: Path, place: str, temp: Path) -> _Copy | None:
    """Copy bytes aside and work out their digest; None if the file is in use or changing."""
    digest = hashlib.sha256()
    try:
        source = path.open("rb", buffering=0)
    except OSError:
        return None
    with source, temp.open("xb", buffering=0) as target:
        before = os.fstat(source.fileno())
        while True:
            try:
                chunk = source.read(_CHUNK)
            except OSError:  # a sharing violation, or a drive that went away
                return None
            if not chunk:
                break
            digest.update(chunk)
            _write_all(target, chunk)
    after = stat_of(path)
    if after is None or not same_stat(before, after) or just_changed(after):
        return None
    if is_young(after) and _digest(path) != digest.hexdigest():
        return None
    return _Copy(place, temp, digest.hexdigest(), after.st_size, changed_at(after))


def _written(place: str, member: Member, temp: Path, reason: str) -> _Copy:
    with temp.open("xb", buffering=0) as target:
        _write_all(target, member.data)
    digest = hashlib.sha256(member.data).hexdigest()
    return _Copy(place, temp, digest, len(member.data), member.mtime_ns, reason)


def _write_all(target: io.FileIO, chunk: bytes) -> None:
    """A disk that fills up takes a part of a chunk before it refuses."""
    view = memoryview(chunk)
    while view:
        view = view[target.write(view) :]


def _digest(path: Path) -> str:
    try:
        return digest_of_file(path)
    except OSError:
        return ""


def uncollected(office: Office, book: Book) -> tuple[Path, ...]:
    """
    List what lies in 收表 and has not been taken in.

    A copy of the whole folder has other times: bytes seen at the same place are no news.
    """
    return tuple(path for path in scan(office, book).found if not _was_seen(office, book, path))


def _was_seen(office: Office, book: Book, path: Path) -> bool:
    place = place_of(office, path)
    return any(one.path == place for one in sightings_of(book, _digest(path)))


def _kept_name(copy: _Copy) -> str:
    """The stored name owes nothing to the sender but a known ending."""
    ending = PurePosixPath(copy.place.rstrip(" .")).suffix.lower()
    return copy.digest[:16] + (ending if ending in _KINDS else ".bin")


def _received(copy: _Copy, at: str) -> Received:
    return Received(
        digest=copy.digest, name=copy.name, source=copy.place, size=copy.size, received_at=at,
        made_at=china_time(copy.mtime_ns / 10**9), kept_as=_kept_name(copy), reason=copy.reason,
    )  # fmt: skip


def _sighting(copy: _Copy, at: str) -> Sighting:
    return Sighting(copy.place, copy.size, copy.mtime_ns, copy.digest, at)


def sweep(office: Office, book: Book, now: dt.datetime) -> tuple[Received, ...]:
    """
    Enter the originals that a run stored and was killed before it could enter.

    Only after what waits was read: what is still in 收表, a letter or an archive has its name then.
    """
    folder = office.originals
    entered = {name for (name,) in book.ask("SELECT kept_as FROM file")}
    at = now.isoformat(timespec="seconds")
    with os.scandir(folder) as entries:
        names = sorted(e.name for e in entries if e.is_file() and not e.name.startswith("."))
    lost = [_recovered(office, folder / name, at) for name in names if name not in entered]
    # A copy that a person made of an original is no file received.
    known = first_seen(book, {file.digest for file in lost}) if lost else {}
    found = {file.digest: file for file in lost if file.digest not in known}
    return save_files(book, found.values()) if found else ()


def _recovered(office: Office, path: Path, at: str) -> Received:
    stat = path.stat()
    made = china_time(stat.st_mtime)
    return Received(
        digest=_digest(path), name=path.name, source=place_of(office, path), size=stat.st_size,
        received_at=at, made_at=made, kept_as=path.name, reason="recovered",
    )  # fmt: skip
