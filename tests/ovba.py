"""Read a VBA project by [MS-OVBA] alone: containers, records, hidden fields, and the sources."""

import re
import struct
from dataclasses import dataclass

import compound
from compound import demand


@dataclass(frozen=True)
class Source:
    """A module as it was read."""

    name: str
    procedural: bool
    text: bytes


def modules(data: bytes) -> list[Source]:
    """Read every module of a project; refuse a project that is against the specifications."""
    streams = compound.read(data)
    version = streams["VBA/_VBA_PROJECT"]
    demand(len(version) == 7 and version[:5] == b"\xcc\x61\xff\xff\x00", "version")
    listed = directory(decompress(streams["VBA/dir"]))
    demand(len(streams) == 4 + len(listed), "streams")
    return [
        Source(name, procedural, decompress(streams[f"VBA/{name}"])) for name, procedural in listed
    ]


def decompress(container: bytes) -> bytes:
    """Give the bytes of a compressed container, 2.4.1.3.1."""
    demand(container[:1] == b"\x01", "container")
    at, out = 1, b""
    while at < len(container):
        (header,) = struct.unpack_from("<H", container, at)
        demand(header >> 12 & 7 == 3, "chunk signature")
        end = at + (header & 0xFFF) + 3
        demand(end <= len(container), "chunk size")
        content = container[at + 2 : end]
        demand(header >> 15 or len(content) == 4096, "raw chunk size")
        chunk = _tokens(content) if header >> 15 else content
        demand(len(chunk) == 4096 or (end == len(container) and chunk), "chunk length")
        at, out = end, out + chunk
    return out


def _tokens(content: bytes) -> bytes:
    chunk, at = bytearray(), 0
    while at < len(content):
        flags, at = content[at], at + 1
        demand(at < len(content), "sequence without tokens")
        for bit in range(8):
            if at == len(content):
                demand(flags >> bit == 0, "flags beyond tokens")
                break
            if flags >> bit & 1:
                distance, length = _copy(content[at : at + 2], len(chunk))
                demand(distance <= len(chunk), "copy from before")
                for _ in range(length):
                    chunk.append(chunk[-distance])
                at += 2
            else:
                chunk.append(content[at])
                at += 1
    demand(len(chunk) <= 4096, "chunk length")
    return bytes(chunk)


def _copy(raw: bytes, before: int) -> tuple[int, int]:
    """Split a copy token: the smallest number of bits, at least 4, that count what is before."""
    (token,) = struct.unpack("<H", raw)
    bits = next(bits for bits in range(4, 13) if 1 << bits >= before)
    return (token >> 16 - bits) + 1, (token & 0xFFFF >> bits) + 3


def spelled_out(data: bytes) -> bytes:
    """Compress one chunk, step by step as 2.4.1.3.7 to 2.4.1.3.19.4 say; slow."""
    body, at = b"", 0
    while at < len(data):
        flags, tokens = 0, b""
        for bit in range(8):
            if at < len(data):
                best, length = _matching(data, at)
                if length:
                    bits = max(4, (at - 1).bit_length())
                    length = min(length, (0xFFFF >> bits) + 3)
                    tokens += struct.pack("<H", (at - best - 1 << 16 - bits) + length - 3)
                    flags |= 1 << bit
                else:
                    tokens, length = tokens + data[at : at + 1], 1
                at += length
        body += bytes([flags]) + tokens
    demand(len(body) <= 4096, "too long for this")
    return b"\x01" + struct.pack("<H", 0xB000 + len(body) - 1) + body


def _matching(data: bytes, at: int) -> tuple[int, int]:
    best, best_length = 0, 0
    for candidate in range(at - 1, -1, -1):
        length = 0
        while at + length < len(data) and data[candidate + length] == data[at + length]:
            length += 1
        if length > best_length:
            best, best_length = candidate, length
    return (best, best_length) if best_length >= 3 else (0, 0)


INFORMATION = (0x01, 0x4A, 0x02, 0x14, 0x03, 0x04, 0x05, 0x40, 0x06, 0x3D, 0x07, 0x08, 0x09)
OF_MODULE = (0x19, 0x47, 0x1A, 0x32, 0x1C, 0x48, 0x31, 0x1E, 0x2C)


def records(raw: bytes) -> list[tuple[int, bytes]]:
    """Cut the dir stream into records by number."""
    at, found = 0, []
    while at < len(raw):
        number, size = struct.unpack_from("<HI", raw, at)
        # PROJECTVERSION has two bytes more than it says.
        size += 2 * (number == 0x09)
        demand(at + 6 + size <= len(raw), "record size")
        found.append((number, raw[at + 6 : at + 6 + size]))
        at += 6 + size
    return found


def directory(raw: bytes) -> list[tuple[str, bool]]:
    """Give the modules of a dir stream, with whether they are procedural, 2.3.4.2."""
    listed = records(raw)
    numbers = [number for number, _ in listed]
    head = numbers.index(0x09) + 1
    demand(tuple(numbers[:head]) == tuple(n for n in INFORMATION if n != 0x4A), "information")
    demand(numbers[head : head + 2] == [0x0C, 0x3C], "constants")
    values = dict(listed[:head])
    demand(values[0x02] == values[0x14] == b"\x09\x04\0\0", "language")
    start = numbers.index(0x0F)
    demand(numbers[head + 2 : start] == [0x16, 0x3E, 0x0D] * ((start - head - 2) // 3), "library")
    (count,) = struct.unpack("<H", listed[start][1])
    demand(listed[start + 1] == (0x13, b"\xff\xff"), "cookie")
    rest = listed[start + 2 :]
    demand(len(rest) == 11 * count + 1 and rest[-1] == (0x10, b""), "end")
    return [_module(rest[11 * number : 11 * number + 11]) for number in range(count)]


def _module(group: list[tuple[int, bytes]]) -> tuple[str, bool]:
    numbers, values = [number for number, _ in group], dict(group)
    demand(tuple(numbers[:9]) == OF_MODULE and numbers[10] == 0x2B, "module")
    demand(numbers[9] in (0x21, 0x22), "module kind")
    name = values[0x19].decode("ascii")
    demand(values[0x1A] == values[0x19], "stream name")
    demand(values[0x47] == values[0x32] == name.encode("utf-16-le"), "wide name")
    demand(values[0x31] == values[0x1E] == bytes(4) and values[0x2C] == b"\xff\xff", "module")
    return name, numbers[9] == 0x21


def decrypt(field: str, identity: str) -> bytes:
    """Give what a hidden field of the PROJECT stream says, 2.4.3.3."""
    raw = bytes.fromhex(field)
    seed, key = raw[0], sum(identity.encode("ascii")) % 256
    demand(raw[1] ^ seed == 2 and raw[2] ^ seed == key, "key")
    clear, last = b"", key
    for at in range(3, len(raw)):
        last = raw[at] ^ (raw[at - 2] + last) % 256
        clear += bytes([last])
    content = clear[(seed & 6) // 2 :]
    demand(len(content) == 4 + int.from_bytes(content[:4], "little"), "hidden length")
    return content[4:]


def exported(text: str) -> str:
    """Give a class as the VBA editor exports it."""
    text = re.sub(
        r"^Attribute VB_(Base|TemplateDerived|Customizable) = .*\r\n", "", text, flags=re.M
    )
    return "VERSION 1.0 CLASS\r\nBEGIN\r\n  MultiUse = -1  'True\r\nEND\r\n" + text


def code(text: str) -> list[str]:
    """Give the lines of code, without those that only a file or only LibreOffice has."""
    added = re.compile(r"(Attribute |Rem Attribute |Option VBASupport|Option ClassModule).*")
    return [line for line in text.splitlines() if line.strip() and not added.match(line)]
