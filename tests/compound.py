"""Read a compound file by [MS-CFB] alone, and refuse whatever is against it."""

import struct
from itertools import pairwise

SECTOR, MINI = 512, 64
FREE, END, FAT, DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
NONE = 0xFFFFFFFF
FIXED = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", bytes(16), 0x3E, 3, 0xFFFE, 9, 6, 0, 0, 0)


class BrokenFile(Exception):
    """The file is against the specification; its word says in what."""


def demand(holds: object, word: str) -> None:
    """Refuse the file unless this holds."""
    if not holds:
        raise BrokenFile(word)


def read(data: bytes) -> dict[str, bytes]:
    """
    Give every stream by its path, such as `VBA/dir`.

    Raises:
        BrokenFile: At the first thing that is against the specification.
    """
    return _File(data).streams


class _File:
    def __init__(self, data: bytes) -> None:
        self.data = data
        demand(len(data) % SECTOR == 0 and len(data) >= 3 * SECTOR, "length")
        head = struct.unpack_from("<8s16s6H10I", data)
        demand(head[:10] == FIXED and head[12:14] == (0, 4096), "header")
        fat_count, directory, mini_start, mini_count = head[10], head[11], head[14], head[15]
        self.claimed: set[int] = set()
        self.fat: list[int] = []
        self.fat = self._fat(fat_count, head[16], head[17])
        entries = self._content(self._chain(directory))
        self.entries = [_Entry(entries[at : at + 128]) for at in range(0, len(entries), 128)]
        root = self.entries[0]
        demand((root.kind, root.name) == (5, "Root Entry"), "root")
        self.mini_fat = _numbers(self._content(self._chain(mini_start)))
        demand(len(self.mini_fat) == mini_count * 128, "mini fat count")
        self.mini_stream = self._content(self._chain(root.start))
        demand(root.size % MINI == 0 and root.size <= len(self.mini_stream), "mini stream")
        demand(root.size // MINI <= len(self.mini_fat), "mini stream")
        demand(set(self.mini_fat[root.size // MINI :]) <= {FREE}, "mini fat tail")
        self.mini_claimed: set[int] = set()
        self.reached: set[int] = {0}
        self.streams = dict(self._storage(root, ""))
        self._nothing_left()

    def _fat(self, count: int, difat_start: int, difat_count: int) -> list[int]:
        places, at, found = _numbers(self.data[76:SECTOR]), difat_start, []
        while at != END:
            demand(at < len(self.data) // SECTOR - 1 and at not in found, "difat chain")
            found.append(at)
            *more, at = _numbers(self._sector(at))
            places += more
        demand(len(found) == difat_count, "difat count")
        demand(set(places[count:]) <= {FREE}, "fat count")
        fat = [number for place in places[:count] for number in _numbers(self._sector(place))]
        demand(all(fat[place] == FAT for place in places[:count]), "fat mark")
        demand(all(fat[place] == DIFAT for place in found), "difat mark")
        self.claimed.update(places[:count], found)
        demand(len(self.claimed) == count + difat_count, "fat twice")
        return fat

    def _sector(self, number: int) -> bytes:
        demand(number < len(self.data) // SECTOR - 1, "beyond the file")
        return self.data[(number + 1) * SECTOR : (number + 2) * SECTOR]

    def _chain(self, at: int) -> list[int]:
        chain = []
        while at != END:
            demand(at < len(self.fat), "beyond the file")
            demand(at not in self.claimed, "crossed chains")
            self.claimed.add(at)
            chain.append(at)
            at = self.fat[at]
        return chain

    def _content(self, chain: list[int]) -> bytes:
        return b"".join(map(self._sector, chain))

    def _storage(self, entry: "_Entry", path: str):
        family = list(self._family(entry.child)) if entry.child != NONE else []
        demand(entry.child == NONE or self.entries[entry.child].black, "red top")
        self._height(entry.child)
        keys = [(len(member.wide), capitals(member.name)) for member in family]
        demand(all(one < next_ for one, next_ in pairwise(keys)), "order")
        for member in family:
            demand(not set(member.name) & set("/\\:!"), "name")
            if member.kind == 1:
                demand((member.start, member.size) == (0, 0), "storage with content")
                yield from self._storage(member, f"{path}{member.name}/")
            else:
                demand(member.child == NONE, "stream with a child")
                yield path + member.name, self._stream(member)

    def _family(self, number: int):
        demand(number < len(self.entries) and number not in self.reached, "tree")
        self.reached.add(number)
        entry = self.entries[number]
        demand(entry.kind in (1, 2), "kind")
        if entry.left != NONE:
            yield from self._family(entry.left)
        yield entry
        if entry.right != NONE:
            yield from self._family(entry.right)

    def _height(self, number: int) -> int:
        """Count the black entries on every way down: as many on each, no two red in a row."""
        if number == NONE:
            return 0
        entry = self.entries[number]
        below = [child for child in (entry.left, entry.right) if child != NONE]
        demand(entry.black or all(self.entries[child].black for child in below), "red on red")
        left, right = self._height(entry.left), self._height(entry.right)
        demand(left == right, "uneven")
        return left + entry.black

    def _stream(self, entry: "_Entry") -> bytes:
        demand(entry.times == (0, 0), "stream with a time")
        if entry.size == 0:
            demand(entry.start == END, "empty stream with a sector")
            return b""
        if entry.size >= 4096:
            content, unit = self._content(self._chain(entry.start)), SECTOR
        else:
            content, unit = self._mini_content(entry.start), MINI
        demand(len(content) == -(-entry.size // unit) * unit, "stream length")
        demand(not any(content[entry.size :]), "stream tail")
        return content[: entry.size]

    def _mini_content(self, at: int) -> bytes:
        parts = []
        while at != END:
            demand(at * MINI < self.entries[0].size, "beyond the mini stream")
            demand(at not in self.mini_claimed, "crossed mini chains")
            self.mini_claimed.add(at)
            parts.append(self.mini_stream[at * MINI : (at + 1) * MINI])
            at = self.mini_fat[at]
        return b"".join(parts)

    def _nothing_left(self) -> None:
        for number, entry in enumerate(self.entries):
            blank = bytes(68) + b"\xff" * 12 + bytes(48)
            demand(number in self.reached or entry.raw == blank, "entry out of reach")
        count = len(self.data) // SECTOR - 1
        demand(self.claimed == set(range(count)), "sector out of reach")
        demand(set(self.fat[count:]) <= {FREE}, "fat tail")
        demand(len(self.mini_claimed) == self.entries[0].size // MINI, "mini sector out of reach")


class _Entry:
    def __init__(self, raw: bytes) -> None:
        fields = struct.unpack("<64sH2B3I16sI2QIQ", raw)
        text, length, self.kind, color, self.left, self.right, self.child = fields[:7]
        self.raw, self.times, (self.start, self.size) = raw, fields[9:11], fields[11:]
        self.name, self.black = "", True
        if self.kind == 0:
            return
        demand(color in (0, 1) and fields[7:9] == (bytes(16), 0), "entry")
        demand(4 <= length <= 64 and length % 2 == 0, "name length")
        self.black, self.wide = bool(color), text[: length - 2]
        demand(not any(text[length - 2 :]), "name tail")
        self.name = self.wide.decode("utf-16-le")


def capitals(name: str) -> list[int]:
    """Give the units of UTF-16 in capitals, one for each; a pair is left as it is."""
    units = struct.unpack(f">{len(name.encode('utf-16-be')) // 2}H", name.encode("utf-16-be"))
    return [_capital(unit) for unit in units]


def _capital(unit: int) -> int:
    capital = chr(unit).upper()
    return ord(capital) if len(capital) == 1 and ord(capital) <= 0xFFFF else unit


def _numbers(raw: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(raw) // 4}I", raw))
