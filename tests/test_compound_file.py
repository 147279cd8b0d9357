"""Compound files hold what was put into them, and a strict reader finds nothing wrong."""

import io
import random
import struct

import olefile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compound
from huizong.compound_file import write_compound_file

# Around a mini sector, a sector and the size from which a stream has sectors of its own.
SIZES = st.sampled_from((0, 1, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 9000))
CONTENTS = SIZES.map(lambda size: random.Random(size).randbytes(size))
LETTERS = st.sampled_from("aAzZß_19éÉ汇\U0001d49c \x05")
NAMES = st.text(LETTERS, min_size=1, max_size=15)


def distinct(storage: dict) -> dict:
    """Keep one of the names that differ in capitals only."""
    named = {tuple(compound.capitals(name)): name for name in storage}
    return {name: storage[name] for name in named.values()}


STORAGES = st.recursive(
    st.dictionaries(NAMES, CONTENTS, max_size=12).map(distinct),
    lambda inner: st.dictionaries(NAMES, CONTENTS | inner, max_size=4).map(distinct),
    max_leaves=4,
)


def paths(storage: dict, path: str = "") -> dict[str, bytes]:
    """Give each stream by its path."""
    found = {}
    for name, item in storage.items():
        if isinstance(item, bytes):
            found[path + name] = item
        else:
            found |= paths(item, f"{path}{name}/")
    return found


def by_olefile(data: bytes) -> dict[str, bytes]:
    """Read with olefile, which refuses what it thinks a defect."""
    with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_UNSURE) as file:
        return {"/".join(path): file.openstream(path).read() for path in file.listdir()}


@settings(max_examples=40, deadline=None)
@given(STORAGES)
def test_storages_of_any_shape_come_back(storage):
    """
    Streams of every size, in storages within storages, come back under their names.
    """
    data = write_compound_file(storage)

    assert compound.read(data) == paths(storage) == by_olefile(data)


@pytest.mark.parametrize("count", range(1, 40))
def test_tree_of_any_number_of_siblings_is_balanced(count):
    """
    Every number of streams gives a tree in order, without red on red, of one black height.
    """
    storage = {f"{'x' * (number % 5)}{number}": b"%d" % number for number in range(count)}

    assert compound.read(write_compound_file(storage)) == storage


# Three more sectors hold the rest; the header has room for 109 FAT sectors, a DIFAT sector for 127.
@pytest.mark.parametrize(
    ("sectors", "difat"),
    [(109 * 127 - 3, 0), (109 * 127 - 2, 1), (236 * 127 - 4, 1), (236 * 127 - 3, 2)],
)
def test_large_files_have_a_difat(sectors, difat):
    """
    A file of more than 7 MB keeps the places of its FAT in sectors of their own, and no sooner.
    """
    storage = {"large": random.Random(sectors).randbytes(sectors * 512), "small": b"x"}

    data = write_compound_file(storage)

    assert compound.read(data) == storage == by_olefile(data)
    assert struct.unpack_from("<I", data, 72) == (difat,)


def test_order_of_names_does_not_matter():
    """
    The same streams in another order give the same bytes.
    """
    names = {"b": b"1", "A": b"2", "long": {"x": b"3", "Y": b"4"}}
    turned = {"long": {"Y": b"4", "x": b"3"}, "A": b"2", "b": b"1"}

    assert write_compound_file(names) == write_compound_file(turned)


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        ({"": b""}, "no name"),
        ({"x" * 32: b""}, "no name"),
        ({"\U0001d49c" * 16: b""}, "no name"),
        ({"a/b": b""}, "no name"),
        ({"VBA": {"nul\0": b""}}, "no name"),
        ({"dir": b"", "DIR": b""}, "two names"),
    ],
)
def test_names_that_cannot_be_are_refused(storage, words):
    """
    An empty, too long, forbidden or repeated name is refused.
    """
    with pytest.raises(ValueError, match=words):
        write_compound_file(storage)


def planted(data: bytes, at: int, kind: str, value: int) -> bytes:
    """Put another number into a file."""
    raw = bytearray(data)
    struct.pack_into(kind, raw, at, value)
    return bytes(raw)


# A file of eight sectors of content, then the mini stream, the directory, the mini FAT, the FAT.
SAMPLE = {
    "big": bytes(4096),
    "tiny": b"1234",
    "st": {"a": b"a" * 65, "b": b"b", "c": b"", "d": b"d"},
}
MINI_STREAM, ENTRIES, MINI_FAT, FAT = (512 * (1 + sector) for sector in (8, 9, 11, 12))
FAULTS = (
    (24, "<H", 0x3F, "header"),
    (44, "<I", 2, "beyond the file"),
    (48, "<I", 0, "root"),
    (64, "<I", 2, "mini fat count"),
    (72, "<I", 1, "difat count"),
    (80, "<I", 3, "fat count"),
    (FAT, "<I", 0xFFFFFFFE, "stream length"),
    (FAT + 12, "<I", 1, "crossed chains"),
    (FAT + 28, "<I", 99, "beyond the file"),
    (FAT + 48, "<I", 0xFFFFFFFF, "fat mark"),
    (FAT + 60, "<I", 1, "fat tail"),
    (MINI_FAT, "<I", 0xFFFFFFFF, "beyond the mini stream"),
    (MINI_STREAM + 63, "<B", 1, "stream tail"),
    (ENTRIES + 66, "<B", 2, "root"),
    (ENTRIES + 120, "<Q", 9, "mini stream"),
    (ENTRIES + 128 + 67, "<B", 0, "uneven"),
    (ENTRIES + 128 + 66, "<B", 0, "kind"),
    (ENTRIES + 128 * 2 + 67, "<B", 0, "red top"),
    (ENTRIES + 128 * 4, "<H", ord("c"), "order"),
    (ENTRIES + 128 * 4, "<H", ord("!"), "name"),
    (ENTRIES + 128 * 5 + 67, "<B", 0, "red on red"),
    (ENTRIES + 128 * 6 + 67, "<B", 0, "red top"),
    (ENTRIES + 128 * 5 + 68, "<I", 0xFFFFFFFF, "entry out of reach"),
    (ENTRIES + 128 * 5 + 76, "<I", 1, "stream with a child"),
    (ENTRIES + 128 * 7 + 116, "<I", 3, "crossed mini chains"),
    (ENTRIES + 128 * 6 + 116, "<I", 0, "empty stream with a sector"),
    (ENTRIES + 128 * 2 + 10, "<H", 1, "name tail"),
    (ENTRIES + 128 * 2 + 64, "<H", 5, "name length"),
    (ENTRIES + 128 * 2 + 67, "<B", 7, "entry"),
    (MINI_FAT + 120, "<I", 5, "mini fat tail"),
    (FAT + 36, "<I", 0xFFFFFFFE, "tree"),
    (ENTRIES + 128 * 2 + 68, "<I", 2, "tree"),
    (ENTRIES + 128 * 2 + 72, "<I", 0xFFFFFFFF, "uneven"),
    (ENTRIES + 128 * 3 + 108, "<Q", 1, "stream with a time"),
    (ENTRIES + 128 * 3 + 120, "<Q", 65, "stream length"),
    (ENTRIES + 128 + 120, "<Q", 9, "storage with content"),
)


def test_sample_is_as_the_faults_suppose():
    """
    Without a planted fault the sample is right.
    """
    assert compound.read(write_compound_file(SAMPLE)) == paths(SAMPLE)


@pytest.mark.parametrize(("at", "kind", "value", "word"), FAULTS)
def test_reader_finds_what_is_planted(at, kind, value, word):
    """
    The reader that judges the files refuses each of these faults for its own reason.
    """
    with pytest.raises(compound.BrokenFile, match=word):
        compound.read(planted(write_compound_file(SAMPLE), at, kind, value))


def test_reader_finds_what_is_cut_off_or_put_behind():
    """
    A file must be made of whole sectors, each of which belongs to something.
    """
    data = write_compound_file(SAMPLE)

    with pytest.raises(compound.BrokenFile, match="length"):
        compound.read(data[:-1])
    with pytest.raises(compound.BrokenFile, match="sector out of reach"):
        compound.read(data + bytes(512))


def test_reader_finds_a_broken_difat():
    """
    A DIFAT sector that is not marked as one, or that leads on in a circle, is refused.
    """
    data = write_compound_file({"large": bytes(110 * 127 * 512)})
    (place,) = struct.unpack_from("<I", data, 68)
    fat = 512 + (place - 1) * 512 + place % 128 * 4

    with pytest.raises(compound.BrokenFile, match="difat chain"):
        compound.read(planted(data, (place + 2) * 512 - 4, "<I", place))
    with pytest.raises(compound.BrokenFile, match="difat mark"):
        compound.read(planted(data, fat, "<I", 0xFFFFFFFE))
