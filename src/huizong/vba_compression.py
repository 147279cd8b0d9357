"""Compress as VBA does, [MS-OVBA] 2.4.1: chunks of 4096 bytes, repeats of what stood before.

The bytes are those that the algorithm of the specification gives. Section numbers below are
those of [MS-OVBA].
"""

import struct
from bisect import bisect
from collections.abc import Iterator

CHUNK = 4096
SHORTEST_COPY = 3
# 2.4.1.1.5: the flag of tokens, the signature 0b011, the size less three.
TOKENS, RAW = 0xB000, 0x3000


def compress(data: bytes) -> bytes:
    """
    Give the compressed container (2.4.1.3.6) of some bytes.

    Raises:
        ValueError: If the last chunk cannot be compressed: stored raw it would grow by zeros.
    """
    chunks = (data[start : start + CHUNK] for start in range(0, len(data), CHUNK))
    return b"\x01" + b"".join(map(_compressed_chunk, chunks))


def _compressed_chunk(chunk: bytes) -> bytes:
    """Write tokens, or the chunk as it is if these need more room (2.4.1.3.7)."""
    content = b"".join(_sequences(chunk))
    if len(content) <= CHUNK:
        return struct.pack("<H", TOKENS | len(content) - 1) + content
    if len(chunk) < CHUNK:
        msg = f"the last {len(chunk)} bytes repeat too little to be compressed"
        raise ValueError(msg)
    return struct.pack("<H", RAW | CHUNK - 1) + chunk


def _sequences(chunk: bytes) -> Iterator[bytes]:
    """Bind eight tokens together behind a byte that says which are copies (2.4.1.1.7)."""
    tokens = list(_tokens(chunk))
    for start in range(0, len(tokens), 8):
        eight = tokens[start : start + 8]
        flags = sum(1 << bit for bit, token in enumerate(eight) if len(token) == 2)
        yield bytes([flags]) + b"".join(eight)


def _tokens(chunk: bytes) -> Iterator[bytes]:
    """Cut a chunk into literal bytes and copies (2.4.1.3.9)."""
    at = 0
    while at < len(chunk):
        length, distance = _longest_match(chunk, at)
        if length < SHORTEST_COPY:
            yield chunk[at : at + 1]
            at += 1
        else:
            # 2.4.1.3.19.1: the farther in the chunk, the more bits the distance takes.
            bits = max(4, (at - 1).bit_length())
            length = min(length, (0xFFFF >> bits) + SHORTEST_COPY)
            yield struct.pack("<H", distance - 1 << 16 - bits | length - SHORTEST_COPY)
            at += length


def _longest_match(chunk: bytes, at: int) -> tuple[int, int]:
    """Find the longest repeat and its distance, of equal ones the nearest (2.4.1.3.19.4)."""

    def found(length: int) -> int:
        return chunk.rfind(chunk[at : at + length], 0, at + length - 1)

    rest, reach = len(chunk) - at, SHORTEST_COPY
    if reach > rest or found(reach) < 0:
        return 0, 0
    while reach < rest and found(reach) >= 0:
        reach = min(2 * reach, rest)
    # What repeats in full repeats in part: the lengths that are found come first.
    lengths = range(SHORTEST_COPY, reach + 1)
    length = SHORTEST_COPY - 1 + bisect(lengths, False, key=lambda length: found(length) < 0)
    return length, at - found(length)
