"""Look into 收表: what is new there, what is still being written, what is no return at all."""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from stat import S_ISREG

import msgspec

from huizong.book import Book
from huizong.entries import seen_files
from huizong.errors import HuizongError
from huizong.office import Office

YOUNG = 5.0
UNCHANGED_FOR = 0.3
_SYSTEM = frozenset(("thumbs.db", "desktop.ini", ".ds_store"))
_LATEST = (1 << 63) - 1
_TEMPORARY = (".tmp", ".part", ".crdownload", ".download")


class Scan(msgspec.Struct, frozen=True):
    """
    What lies there: `found` is new, `busy` is still being written, `seen` was known
    before, by its place.

    `ignored` are (path, why), why being lock_file, temporary, system_file, hidden or not_a_file.
    """

    found: tuple[Path, ...]
    ignored: tuple[tuple[Path, str], ...]
    busy: tuple[Path, ...]
    seen: tuple[str, ...]

    @property
    def known(self) -> int:
        """How many were seen before."""
        return len(self.seen)


def text_of(path: Path | str) -> str:
    """Give a path as text that every file and database holds, whatever bytes its names have."""
    if str(path).isprintable():  # a byte that is no UTF-8 comes as a surrogate, which is not
        return str(path)
    return "/".join(map(_decoded, os.fsencode(path).split(b"/")))


def _decoded(name: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        with contextlib.suppress(UnicodeDecodeError):
            return name.decode(encoding)
    return name.decode("utf-8", "backslashreplace")


def place_of(office: Office, path: Path) -> str:
    """Name a path in the book: below the office's folder without it, so that it may move."""
    absolute = os.path.abspath(path)  # noqa: PTH100  resolve() would follow links
    base = os.path.abspath(office.folder)  # noqa: PTH100
    return place_below(PurePath(absolute), PurePath(base))


def place_below(path: PurePath, folder: PurePath) -> str:
    """Name a path as the book does on every system: with slashes, a folder's part left out."""
    inside = path.relative_to(folder) if path.is_relative_to(folder) else path
    return text_of(inside.as_posix())


def scan(office: Office, book: Book, files: Sequence[Path] = ()) -> Scan:
    """
    List what is new in 收表 or at the given paths (row 48, 49).

    Raises:
        HuizongError: If a given path does not exist (`error.no_file`).
    """
    seen = seen_files(book)
    new: list[tuple[Path, os.stat_result]] = []
    ignored: list[tuple[Path, str]] = []
    seen_again: list[str] = []
    for path, place, stat in _entries(office, files):
        why = _why_ignored(os.path.basename(path), stat)  # noqa: PTH119  a Path costs ten times this
        if why or not stat:
            ignored.append((Path(path), why))
        elif (place, stat.st_size, changed_at(stat)) in seen:
            seen_again.append(place)
        else:
            new.append((Path(path), stat))
    found, busy = settled(new)
    return Scan(found, tuple(ignored), busy, tuple(seen_again))


def _entries(
    office: Office, files: Sequence[Path]
) -> Iterator[tuple[str, str, os.stat_result | None]]:
    if not files:
        yield from _below(str(office.inbox), place_of(office, office.inbox))
    for path in files:
        if path.is_dir():
            yield from _below(str(path), place_of(office, path))
        elif not os.path.lexists(path):
            raise HuizongError("error.no_file", path=path)
        else:
            yield str(path), place_of(office, path), stat_of(path)


def _below(folder: str, prefix: str) -> Iterator[tuple[str, str, os.stat_result | None]]:
    """Walk a folder in the order of names; links to folders are not followed, they may circle."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise HuizongError("error.folder_not_readable", folder=text_of(folder)) from error
    for entry in entries:
        place = f"{prefix}/{text_of(entry.name)}"
        if not entry.is_dir(follow_symlinks=False):
            yield entry.path, place, stat_of(entry)
        elif entry.name.startswith("."):
            yield entry.path, place, None
        else:
            yield from _below(entry.path, place)


def stat_of(path: Path | os.DirEntry) -> os.stat_result | None:
    """Give a file's size and time, None if it is gone or closed to us."""
    try:
        return path.stat()
    except OSError:
        return None


def _why_ignored(name: str, stat: os.stat_result | None) -> str:
    # A pipe or a device would never end; a broken link has nothing.
    odd = not stat or not S_ISREG(stat.st_mode)
    return ignored_name(name) or ("not_a_file" if odd else "")


def ignored_name(name: str) -> str:
    """Say why a file of this name is no return (row 48); empty if it may be one."""
    low = name.lower()
    if low.startswith("~$") or (low.startswith(".~lock.") and low.endswith("#")):
        return "lock_file"
    if low in _SYSTEM:
        return "system_file"
    if low.endswith(_TEMPORARY):
        return "temporary"
    return "hidden" if low.startswith(".") else ""


def settled(
    new: Sequence[tuple[Path, os.stat_result]],
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """
    Part files that are still from those that are still being written.

    One wait for all young files together. A young archive without its end is given until it is
    no longer young; then it is what it is, and the reader says that it is damaged.
    """
    last = {path: stat for path, stat in new if is_young(stat)}
    busy: list[Path] = []
    waiting = list(last)
    # By this machine's own clock: a file whose time lies in the future stays young for ever.
    until = time.monotonic() + YOUNG
    while waiting:
        time.sleep(UNCHANGED_FOR)
        still: list[Path] = []
        for path in waiting:
            before, now = last[path], stat_of(path)
            if now is None or not same_stat(before, now):
                busy.append(path)
            elif time.monotonic() < until and is_young(now) and not _complete(path):
                still.append(path)
        waiting = still
    return tuple(path for path, _ in new if path not in busy), tuple(busy)


def changed_at(stat: os.stat_result) -> int:
    """Give a file's time in nanoseconds; of one beyond 2262 the last that the book can hold."""
    return max(-_LATEST, min(stat.st_mtime_ns, _LATEST))


def is_young(stat: os.stat_result) -> bool:
    """Whether it was written just now, or by its clock later, so that it may still change."""
    return time.time() - stat.st_mtime < YOUNG


def just_changed(stat: os.stat_result) -> bool:
    """Whether it has changed since `scan` waited and found it at rest."""
    return 0 <= time.time() - stat.st_mtime < UNCHANGED_FOR


def same_stat(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether a file has kept its size and time."""
    return (one.st_size, one.st_mtime_ns) == (other.st_size, other.st_mtime_ns)


def _complete(path: Path) -> bool:
    """Whether an archive has its end; other kinds show no end."""
    try:
        with path.open("rb") as file:
            if file.read(2) != b"PK":
                return True
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 65557))
            return b"PK\x05\x06" in file.read()
    except OSError:
        return True
