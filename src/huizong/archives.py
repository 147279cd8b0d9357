"""Open an archive of returns: one level deep, in memory, under caps. For child processes."""

import datetime as dt
from collections.abc import Iterator

import msgspec

from huizong.refused import Refused
from huizong.zips import entries, unpack

MAX_FILES = 200
MAX_BYTES = 100_000_000
# RAR, 7z, gzip and bzip2 are archives by their first bytes; a zip may be a workbook.
_PACKED = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh")
_ZIP = b"PK\3\4"
# macOS puts a second file with properties beside each file.
_SHADOWS = ("__MACOSX/", "._")
_WORKBOOK_PARTS = frozenset(("[Content_Types].xml", "mimetype"))


class Member(msgspec.Struct, frozen=True, array_like=True):
    """A file in an archive: its name with folders, data only; its time, 0 where none is known."""

    name: str
    mtime_ns: int
    data: bytes


class Unpacked(msgspec.Struct, frozen=True, tag="unpacked"):
    """What an archive holds: its files, and the names of archives in it, which stay closed."""

    members: tuple[Member, ...]
    closed: tuple[str, ...] = ()


def unpack_returns(data: bytes) -> Unpacked:
    """
    Take an archive apart, in the order of its directory; nothing is written to disk.

    Raises:
        Refused: As `zips.unpack`; archive_files if there are more than 200, archive if none.
    """
    members = tuple(_members(data))
    if not members:
        raise Refused("archive", kind="zip")
    closed = tuple(one.name for one in members if _is_archive(one.data))
    return Unpacked(tuple(one for one in members if one.name not in closed), closed)


def _members(data: bytes) -> Iterator[Member]:
    listed = [one for one in entries(data) if _is_file(one.name)]
    if len(listed) > MAX_FILES:
        raise Refused("archive_files", count=len(listed), most=MAX_FILES)
    parts = unpack(data, MAX_BYTES)
    for one in listed:
        yield Member(one.name, _mtime(one.stamp), parts[one.name])


def _is_file(name: str) -> bool:
    base = name.rpartition("/")[2]
    return bool(base) and not name.startswith(_SHADOWS) and not base.startswith("._")


def _is_archive(data: bytes) -> bool:
    if not data.startswith(_ZIP):
        return data.startswith(_PACKED)
    try:
        names = {one.name for one in entries(data)}
    except Refused:
        return False  # the reader says what is wrong with it
    return names.isdisjoint(_WORKBOOK_PARTS)


def _mtime(stamp: int) -> int:
    """Read a date and time of DOS, which are local; writers that know none put the first one."""
    date, time = divmod(stamp, 1 << 16)
    try:
        when = dt.datetime(
            1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, time % 32 * 2
        )
    except ValueError:
        return 0
    return 0 if when == dt.datetime(1980, 1, 1) else int(when.timestamp()) * 10**9
