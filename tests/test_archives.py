"""Archives of returns: one level is opened in memory, and each file in it is one of its own."""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from huizong import pipeline
from huizong.archives import MAX_FILES, unpack_returns
from huizong.book import open_book
from huizong.entries import files_of, sightings_of
from huizong.office import open_office
from huizong.refused import Refused
from huizong.work import at_work
from huizong.zips import entries
from invariants import kept
from odd_files import small, zipped
from street import NOW, PERIOD, UNITS, empty_office, office, put, quarter, readers, send, send_all

__all__ = ["empty_office", "office", "readers"]


def packed(files: Mapping[str, bytes], encoding: str = "gb18030") -> bytes:
    """Make a zip as Windows in China does: names in its code page, or in another, unmarked."""
    raw = {name: name.encode(encoding) for name in files}
    # Place holders of the same length: zipfile itself marks every name that is not ASCII.
    held = {name: chr(97 + at) * len(raw[name]) for at, name in enumerate(files)}
    data = zipped({held[name]: content for name, content in files.items()})
    for name, holder in held.items():
        data = data.replace(holder.encode(), raw[name])
    return data


def taken(folder: Path) -> dict[str, tuple[str, str]]:
    """Give state and reason of each file by its name."""
    with open_book(open_office(folder).book) as book:
        return {file.name: (file.state, file.reason) for file in files_of(book)}


def returns(folder: Path) -> dict[str, bytes]:
    """Give the returns of all communities, which are not in 收表 then."""
    paths = send_all(folder)
    found = {f"{UNITS[path.stem]}.xlsx": path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    return found


def refusal(data: bytes) -> str:
    """Give the code with which an archive is turned away."""
    with pytest.raises(Refused) as caught:
        unpack_returns(data)
    return caught.value.code


def test_returns_in_an_archive_are_files_of_their_own(office, readers):
    """
    Fault 46: three returns with Chinese names in a zip are stored, adopted and added up like three
    files; the zip is kept, and is no return.
    """
    files = returns(office)
    extra = {"__MACOSX/._和平社区.xlsx": b"x", "~$和平社区.xlsx": b"x", "说明.pdf": b"%PDF-1.7 ..."}
    archive = put(office, "全部.zip", packed(files | extra))
    with kept(office, *files.values(), archive.read_bytes()):
        published = quarter(office, readers)

    assert taken(office) == {
        "全部.zip": ("not_a_return", "unpacked"), "说明.pdf": ("not_a_return", "pdf"),
        **dict.fromkeys(files, ("adopted", "adopted")),
    }  # fmt: skip
    assert published.summary.reported == 3
    with kept(office):
        assert quarter(office, readers).new is False


def test_what_came_before_is_not_counted_again(office, readers):
    """Fault 46: a return that lies in 收表 and in a zip is one file, seen at two places."""
    alone = send(office, next(iter(UNITS)))
    put(office, "全部.zip", packed({"街道/和平.xlsx": alone.read_bytes()}))
    with kept(office):
        quarter(office, readers)

    assert len(taken(office)) == 2
    with open_book(open_office(office).book) as book:
        digest = next(one.digest for one in files_of(book) if one.name == alone.name)
        places = {one.path for one in sightings_of(book, digest)}
    assert places == {f"收表/{alone.name}", "收表/全部.zip/街道/和平.xlsx"}


def test_archive_in_an_archive_stays_closed(office, readers):
    """Fault 46: the inner zip is named and left; what lies beside it is taken all the same."""
    files = returns(office)
    first, *others = files
    inner = packed({name: files[name] for name in others})
    put(office, "外.zip", packed({first: files[first], "内.zip": inner, "旧.rar": b"Rar!\x1a\x07"}))
    with kept(office), at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)

    assert taken(office) == {
        first: ("adopted", "adopted"), "外.zip": ("returned", "archive_inside"),
    }  # fmt: skip
    with open_book(open_office(office).book) as book:
        (told,) = (one.findings[0] for one in files_of(book) if one.name == "外.zip")
    assert (told.code, told.details["parts"]) == ("file_archive_inside", "内.zip、旧.rar")


def test_archive_of_a_killed_run_is_opened_again(office, readers):
    """Fault 46: where a run was killed after storing what was in it, nothing is doubled or lost."""
    files = returns(office)
    put(office, "全部.zip", packed(files))
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        work.book.put("DELETE FROM reading", [()])
        again = "UPDATE file SET state = 'pending', unit = '', period = '', reason = "
        work.book.put(again + "CASE name WHEN '全部.zip' THEN 'stored' ELSE 'in_archive' END", [()])
    with kept(office):
        quarter(office, readers)

    assert taken(office)["全部.zip"] == ("not_a_return", "unpacked")
    assert {taken(office)[name] for name in files} == {("adopted", "adopted")}


def test_damaged_file_in_an_archive_stops_no_other(office, readers):
    """Fault 46: one damaged workbook in a zip is sent back, the others are added up."""
    files = returns(office)
    first, *others = files
    put(office, "全部.zip", packed(files | {first: files[first][:2000]}))
    with kept(office):
        quarter(office, readers)

    assert taken(office)[first] == ("returned", "damaged")
    assert {taken(office)[name] for name in others} == {("adopted", "adopted")}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped({f"{n}.xlsx": b"x" for n in range(MAX_FILES + 1)}), "archive_files"),
        (zipped({f"{n}.xlsx": b"" for n in range(10_000)}), "too_big"),
        (zipped({"a.xlsx": small(), "../b.xlsx": small()}), "structure"),
        (zipped({"a.xlsx": bytes(50_000_000)}), "too_big"),
        (zipped({"只有文件夹/": b""}), "archive"),
    ],
    ids=["201", "10000", "path", "bomb", "empty"],
)
def test_archives_that_are_not_opened(data: bytes, code: str):
    """Fault 46: too many files, a way out of the folder, a bomb or nothing at all is refused."""
    assert refusal(data) == code


def test_archive_of_two_hundred_is_opened():
    """Fault 46: as many files as are allowed come out, in their order."""
    names = [f"{n}.xlsx" for n in range(MAX_FILES)]

    found = unpack_returns(zipped(dict.fromkeys(names, b"x")))

    assert [one.name for one in found.members] == names


def test_archive_with_a_password():
    """Fault 46: an encrypted zip says that it wants a password."""
    data = zipped({"a.xlsx": small()})
    locked = data.replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0")

    assert refusal(locked) == "encrypted"


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
@pytest.mark.parametrize("name", ["和平社区.xlsx", "联通.xlsx", "喆镕社区/表 1.xlsx", "a.xlsx"])
def test_names_in_archives(name: str, encoding: str):
    """Fault 46: names in the code page of Windows and in unmarked UTF-8 come out as they were."""
    assert [one.name for one in entries(packed({name: b"x"}, encoding))] == [name]


def test_file_in_an_archive_has_its_own_time():
    """Fault 46: what was changed last in the zip is known by its own time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, year in (("a.xlsx", 2026), ("b.xlsx", 1980)):
            date = (year, 3, 31, 10, 30, 0) if year > 1980 else (1980, 1, 1, 0, 0, 0)
            file.writestr(zipfile.ZipInfo(name, date), b"x")
    first, second = unpack_returns(out.getvalue()).members

    assert dt.datetime.fromtimestamp(first.mtime_ns / 1e9) == dt.datetime(2026, 3, 31, 10, 30)
    assert second.mtime_ns == 0
