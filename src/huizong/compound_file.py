"""Write a compound file as [MS-CFB] describes it: version 3, sectors of 512 bytes, no clock.

Section numbers below are those of [MS-CFB].
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

# Streams by their names, and storages within a storage.
Storage = Mapping[str, "bytes | Storage"]
_Named = tuple[str, bytes | Storage]

SECTOR, MINI_SECTOR = 512, 64
# 2.2: a stream of this size or above has sectors of its own.
MINI_CUTOFF = 4096

# 2.1: special values in the tables of sectors.
FREE, END_OF_CHAIN, FAT_SECTOR, DIFAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
# 2.6: no sibling, no child.
NO_STREAM = 0xFFFFFFFF
# 2.6.1: kinds of directory entries, and their colours.
UNUSED, STORAGE, STREAM, ROOT = 0, 1, 2, 5
RED, BLACK = 0, 1

HEADER = struct.Struct("<8s16s6H10I")
ENTRY = struct.Struct("<64sH2B3I16sI2QIQ")
SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NUMBERS_A_SECTOR = SECTOR // 4
FAT_SECTORS_IN_HEADER = 109

LONGEST_NAME = 31
FORBIDDEN = frozenset("/\\:!\0")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an entry stands in the tree of its siblings."""

    color: int
    left: int = NO_STREAM
    right: int = NO_STREAM


@dataclass(slots=True)
class _Sectors:
    """Contents cut into sectors of one size, with the table that chains them (2.3, 2.4)."""

    size: int
    content: bytearray = field(default_factory=bytearray)
    table: list[int] = field(default_factory=list)

    def add(self, data: bytes) -> int:
        """Append a chain and return its first sector."""
        if not data:
            return END_OF_CHAIN
        first, count = len(self.table), -(-len(data) // self.size)
        self.content += data.ljust(count * self.size, b"\0")
        self.table += [*range(first + 1, first + count), END_OF_CHAIN]
        return first


def write_compound_file(root: Storage) -> bytes:
    """
    Give the bytes of a compound file with these storages (mappings) and streams (bytes).

    The same content gives the same bytes, in whatever order the names come.

    Raises:
        ValueError: If a name is empty, too long, has a forbidden letter or stands twice.
    """
    nodes, families = _walk(root)
    sectors, small = _Sectors(SECTOR), _Sectors(MINI_SECTOR)
    starts = [_store(node, sectors, small) for _, node in nodes]
    starts[0] = sectors.add(small.content)
    directory = sectors.add(_directory(nodes, families, starts, len(small.content)))
    mini_fat = _numbers(small.table)
    mini_fat_start = sectors.add(mini_fat)
    fat, difat, places = _tables(sectors.table)
    header = HEADER.pack(
        *(SIGNATURE, bytes(16), 0x003E, 3, 0xFFFE, 9, 6, 0),
        *(0, 0, len(fat) // SECTOR, directory, 0, MINI_CUTOFF),
        *(mini_fat_start, len(mini_fat) // SECTOR),
        len(sectors.table) + len(fat) // SECTOR if difat else END_OF_CHAIN,
        len(difat) // SECTOR,
    )
    in_header = _numbers(places[:FAT_SECTORS_IN_HEADER], FAT_SECTORS_IN_HEADER)
    return b"".join((header, in_header, sectors.content, fat, difat))


def _walk(root: Storage) -> tuple[list[_Named], list[range]]:
    """List all storages and streams, children together; and the children of each."""
    nodes: list[_Named] = [("Root Entry", root)]
    families = []
    # The list grows while it is read: each storage puts its children behind.
    for _, node in nodes:
        first = len(nodes)
        if not isinstance(node, bytes):
            nodes += _sorted(node)
        families.append(range(first, len(nodes)))
    return nodes, families


def _sorted(storage: Storage) -> list[_Named]:
    keys = {name: _key(name) for name in storage}
    if len(set(keys.values())) < len(keys):
        msg = f"two names differ in nothing but capitals: {sorted(storage)}"
        raise ValueError(msg)
    return sorted(storage.items(), key=lambda item: keys[item[0]])


def _key(name: str) -> tuple[int, bytes]:
    """Order siblings as 2.6.4 does: the shorter first, then letter by letter in capitals."""
    length = len(name.encode("utf-16-be")) // 2
    if not 1 <= length <= LONGEST_NAME or FORBIDDEN & set(name):
        msg = f"no name for a stream or storage: {name!r}"
        raise ValueError(msg)
    return length, "".join(map(_capital, name)).encode("utf-16-be")


def _capital(letter: str) -> str:
    """Take the simple conversion: one unit of UTF-16 gives one, what has two stays as it is."""
    capital = letter.upper()
    return capital if len(capital) == 1 and max(letter, capital) <= "\uffff" else letter


def _store(node: bytes | Storage, sectors: _Sectors, small: _Sectors) -> int:
    if not isinstance(node, bytes):
        return 0
    return (small if len(node) < MINI_CUTOFF else sectors).add(node)


def _directory(
    nodes: Sequence[_Named],
    families: Sequence[range],
    starts: Sequence[int],
    mini_size: int,
) -> bytes:
    """Pack the directory's entries (2.6.1) and fill its last sector with unused ones."""
    places = {0: _Place(BLACK)}
    for family in families:
        # All levels but an unfinished last one are black: every path has as many black entries.
        places |= _tree(family, (len(family) + 1).bit_length() - 1)
    entries = []
    for number, (name, node) in enumerate(nodes):
        kind = STREAM if isinstance(node, bytes) else STORAGE if number else ROOT
        size = len(node) if kind == STREAM else 0 if number else mini_size
        child = _top(families[number])
        entries.append(_entry(name, kind, places[number], child, starts[number], size))
    unused = ENTRY.pack(b"", 0, UNUSED, 0, *[NO_STREAM] * 3, bytes(16), 0, 0, 0, 0, 0)
    return b"".join(entries) + unused * (-len(entries) % (SECTOR // ENTRY.size))


def _tree(family: range, black: int) -> Iterator[tuple[int, _Place]]:
    """Place sorted siblings in a tree whose first levels, `black` of them, are black (2.6.4)."""
    if family:
        middle = len(family) // 2
        left, right = family[:middle], family[middle + 1 :]
        yield family[middle], _Place(BLACK if black > 0 else RED, _top(left), _top(right))
        yield from _tree(left, black - 1)
        yield from _tree(right, black - 1)


def _top(family: range) -> int:
    return family[len(family) // 2] if family else NO_STREAM


def _entry(name: str, kind: int, place: _Place, child: int, start: int, size: int) -> bytes:
    raw = name.encode("utf-16-le") + b"\0\0"
    links = (place.color, place.left, place.right, child)
    return ENTRY.pack(raw, len(raw), kind, *links, bytes(16), 0, 0, 0, start, size)


def _tables(table: Sequence[int]) -> tuple[bytes, bytes, range]:
    """Give the FAT (2.3) and DIFAT (2.5) behind the content, and where the FAT's sectors stand."""
    fat, difat = 0, 0
    while fat * NUMBERS_A_SECTOR < len(table) + fat + difat:
        fat += 1
        difat = -(-max(0, fat - FAT_SECTORS_IN_HEADER) // (NUMBERS_A_SECTOR - 1))
    places = range(len(table), len(table) + fat)
    numbers = [*table, *[FAT_SECTOR] * fat, *[DIFAT_SECTOR] * difat]
    return _numbers(numbers), b"".join(_difat(places, difat)), places


def _difat(places: range, count: int) -> Iterator[bytes]:
    room = NUMBERS_A_SECTOR - 1
    for index in range(count):
        first = FAT_SECTORS_IN_HEADER + index * room
        following = places.stop + index + 1 if index + 1 < count else END_OF_CHAIN
        yield _numbers(places[first : first + room], room) + struct.pack("<I", following)


def _numbers(numbers: Sequence[int], multiple: int = NUMBERS_A_SECTOR) -> bytes:
    """Pack numbers, and free ones behind until there is a multiple."""
    free = [FREE] * (-len(numbers) % multiple)
    return struct.pack(f"<{len(numbers) + len(free)}I", *numbers, *free)
