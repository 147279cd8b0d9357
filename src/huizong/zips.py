"""Take a zip apart in memory under strict caps, and put chosen parts together again."""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from huizong.refused import Refused

MAX_ENTRIES = 2_000
MAX_BYTES = 300_000_000
MAX_RATIO = 200
RATIO_FROM = 1_000_000

END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
CENTRAL = struct.Struct("<4s6H3L5H2L")
LOCAL = struct.Struct("<4s5H3L2H")

STORED, DEFLATED, AES = 0, 8, 99
ENCRYPTED, UTF8 = 0x0001, 0x0800


_OTHER_SCRIPTS = re.compile("[\u0080-\u0fff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the central directory, not to be trusted before it is inflated."""

    name: str
    raw_name: bytes
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    stamp: int


def entries(data: bytes) -> list[Entry]:
    """
    List what the central directory says, unchecked against the content.

    Raises:
        Refused: damaged, encrypted, structure or too_big.
    """
    return _entries(data)[1]


def unpack(data: bytes, most: int = MAX_BYTES) -> dict[str, bytes]:
    """
    Inflate every part of a zip once and check it, `most` bytes in all; nothing goes to disk.

    Raises:
        Refused: damaged, encrypted, structure or too_big.
    """
    start, listed = _entries(data)
    parts, room, last_end = {}, most, 0
    for entry in sorted(listed, key=lambda entry: entry.offset):
        begin = _content_start(data, entry)
        end = begin + entry.packed
        if entry.offset < last_end:
            raise Refused("structure", reason="overlap")
        if end > start:
            raise Refused("damaged", reason="entry_end")
        last_end = end
        part = _inflate(data[begin:end], entry, room)
        room -= len(part)
        if not entry.name.endswith("/"):
            parts[entry.name] = part
    return parts


def _entries(data: bytes) -> tuple[int, list[Entry]]:
    """Read the central directory; return where it starts and what it lists."""
    start, size, count = _directory(data)
    if count > MAX_ENTRIES:
        raise Refused("too_big", entries=count)
    try:
        listed = list(_walk(data[start : start + size], count))
    except struct.error as error:
        raise Refused("damaged", reason="directory") from error
    names = [entry.name.lower() for entry in listed]
    if len(set(names)) != len(names):
        raise Refused("structure", reason="duplicate")
    if listed and min(entry.offset for entry in listed) != 0:
        raise Refused("damaged", reason="junk_in_front")
    return start, listed


def _directory(data: bytes) -> tuple[int, int, int]:
    """Find the start, the size and the count of the central directory."""
    at = data.rfind(b"PK\5\6", max(0, len(data) - 65_557))
    if at < 0 or at + END.size > len(data):
        raise Refused("damaged", reason="no_directory")
    _, disk, first_disk, _, count, size, start, comment = END.unpack_from(data, at)
    if disk or first_disk or at + END.size + comment > len(data):
        raise Refused("damaged", reason="directory")
    directory_end = at
    if data[max(0, at - 20) : max(0, at - 16)] == b"PK\6\7":
        (directory_end,) = struct.unpack_from("<Q", data, at - 12)
        if data[directory_end : directory_end + 4] != b"PK\6\6":
            raise Refused("damaged", reason="directory")
        *_, count, size, start = END64.unpack_from(data.ljust(directory_end + 56), directory_end)
    if start + size != directory_end:
        raise Refused("damaged", reason="junk_in_front")
    return start, size, count


def _walk(directory: bytes, count: int) -> Iterator[Entry]:
    at = 0
    for _ in range(count):
        head = CENTRAL.unpack_from(directory, at)
        signature, made_by, _, flags, method, time, date, crc, packed, size = head[:10]
        name_length, extra_length, comment_length, _, _, attributes, offset = head[10:]
        if signature != b"PK\1\2":
            raise Refused("damaged", reason="directory")
        name_end = at + CENTRAL.size + name_length
        raw_name = directory[at + CENTRAL.size : name_end]
        extra = directory[name_end : name_end + extra_length]
        if 0xFFFFFFFF in (packed, size, offset):
            size, packed, offset = _zip64(extra, size, packed, offset)
        if flags & ENCRYPTED or method == AES:
            raise Refused("encrypted")
        if method not in (STORED, DEFLATED):
            raise Refused("structure", reason="method")
        # The upper half holds Unix modes in zips made on Unix: a symbolic link could point out.
        if made_by >> 8 == 3 and attributes >> 28 == 0o12:
            raise Refused("structure", reason="symlink")
        name, stamp = _safe_name(raw_name, flags), date << 16 | time
        yield Entry(name, raw_name, method, crc, packed, size, offset, stamp)
        at = name_end + extra_length + comment_length


def _zip64(extra: bytes, *values: int) -> list[int]:
    """Replace the sizes that did not fit in 32 bits by those of the zip64 field."""
    at = 0
    while at + 4 <= len(extra):
        field, length = struct.unpack_from("<2H", extra, at)
        if field == 1:
            wide = struct.iter_unpack("<Q", extra[at + 4 : at + 4 + length // 8 * 8])
            return [next(wide, (0,))[0] if value == 0xFFFFFFFF else value for value in values]
        at += 4 + length
    raise Refused("damaged", reason="zip64")


def _safe_name(raw: bytes, flags: int) -> str:
    name = _decoded(raw, flags)
    # Some .NET writers separate folders with a backslash.
    name = name.replace("\\", "/")
    unsafe = name.startswith("/") or name[1:2] == ":" or ".." in name.split("/")
    if not name or unsafe or any(letter < " " for letter in name):
        raise Refused("structure", reason="name")
    return name


def _decoded(raw: bytes, flags: int) -> str:
    """Windows in China writes names in its code page, macOS in UTF-8 without saying so."""
    for encoding in ("utf-8", "gb18030"):
        try:
            name = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        # A few words in GBK, such as 联通, are letters of other scripts when read as UTF-8.
        if flags & UTF8 or encoding == "gb18030" or not _OTHER_SCRIPTS.search(name):
            return name
    return raw.decode("cp437")


def _content_start(data: bytes, entry: Entry) -> int:
    if entry.offset + LOCAL.size > len(data):
        raise Refused("damaged", reason="entry")
    head = LOCAL.unpack_from(data, entry.offset)
    name_start = entry.offset + LOCAL.size
    if head[0] != b"PK\3\4":
        raise Refused("damaged", reason="entry")
    if data[name_start : name_start + head[9]] != entry.raw_name:
        raise Refused("structure", reason="two_names")
    return name_start + head[9] + head[10]


def _inflate(raw: bytes, entry: Entry, room: int) -> bytes:
    """Inflate one entry under the caps, and hold it against its declared size and CRC."""
    cap = min(room, max(RATIO_FROM, MAX_RATIO * entry.packed))
    if entry.size > cap:
        raise Refused("too_big", part=entry.name, bytes=entry.size)
    part = raw if entry.method == STORED else _inflated(raw, entry, cap)
    if len(part) > cap:
        raise Refused("too_big", part=entry.name, bytes=len(part))
    if len(part) != entry.size or zlib.crc32(part) != entry.crc:
        raise Refused("damaged", part=entry.name)
    return part


def _inflated(raw: bytes, entry: Entry, cap: int) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        part = inflater.decompress(raw, cap + 1)
    except zlib.error as error:
        raise Refused("damaged", part=entry.name) from error
    if len(part) <= cap and (not inflater.eof or inflater.unused_data):
        raise Refused("damaged", part=entry.name)
    return part


def repack(parts: Mapping[str, bytes]) -> bytes:
    """Put parts into a new zip without compression."""
    out, directory, offset = [], [], 0
    for name, part in parts.items():
        raw_name, crc, size = name.encode(), zlib.crc32(part), len(part)
        common = (20, UTF8, STORED, 0, 0x21, crc, size, size, len(raw_name), 0)
        out += LOCAL.pack(b"PK\3\4", *common), raw_name, part
        directory += CENTRAL.pack(b"PK\1\2", 20, *common, 0, 0, 0, 0, offset), raw_name
        offset += LOCAL.size + len(raw_name) + size
    size, count = sum(map(len, directory)), len(parts)
    end = END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)
    return b"".join((*out, *directory, end))
