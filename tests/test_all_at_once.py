"""A quarter in which everything that can be sent wrong is sent wrong at once."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from huizong import acts, pipeline
from huizong.book import open_book
from huizong.children import Children
from huizong.entries import files_of
from huizong.office import open_office
from huizong.pipeline import Published
from huizong.read import Read, read_bytes
from huizong.records import UnitReturn
from huizong.texts import say
from huizong.work import at_work
from invariants import cells, kept
from issued import DISPUTES, FIGURES, audited
from issued import sent as other_units_return
from odd_files import encrypted, members, small, with_rows, xlsx, zipped
from patch import retyped, reworked
from street import NOW, PEACE, PERIOD, empty_office, empty_street, office, put, quarter, send

__all__ = ["empty_office", "office"]


class Slip(NamedTuple):
    """What a community types, and the code by which it is told; `blocks` if it must be mended."""

    sheet: str
    cells: dict[str, str]
    code: str
    blocks: bool


RUNS = "t=\"inlineStr\"|<is><t>=cmd|' /C calc'!A0</t></is>"
# By the number of the fault. D8 is TJ01, typed and required; D30 is TJ16; D10 comes from a ledger.
SLIPS = {
    1: Slip(FIGURES, {"D30": "１"}, "repair_text_number", False),
    2: Slip(FIGURES, {"D8": "约8"}, "not_exact", True),
    3: Slip(FIGURES, {"D30": "1件"}, "repair_unit_suffix", False),
    4: Slip(FIGURES, {"D8": "三十五"}, "chinese_number", True),
    5: Slip(FIGURES, {"D8": "同上"}, "required", True),
    6: Slip(FIGURES, {"D8": "1.2万"}, "other_unit", True),
    8: Slip(FIGURES, {"D8": "=-1"}, "negative", True),
    10: Slip(FIGURES, {"D8": "=110101199003071234"}, "digits_lost", True),
    11: Slip(FIGURES, {"D30": "|<f>0+1</f><v>1</v>"}, "formula_value", False),
    12: Slip(FIGURES, {"D8": "|<f>4+5</f>"}, "not_calculated", True),
    13: Slip(FIGURES, {"D8": 't="e"|<v>#REF!</v>'}, "cell_error", True),
    14: Slip(FIGURES, {"D10": "|<f>1+1</f><v>99</v>"}, "stale_result", False),
    15: Slip(FIGURES, {"D8": "=1e400"}, "not_finite", True),
    17: Slip(DISPUTES, {"C6": "😀" * 20_000}, "", False),
    18: Slip(DISPUTES, {"C6": RUNS}, "", False),
    20: Slip(FIGURES, {"A8": "排查次数（改）"}, "name_edited", True),
    26: Slip(DISPUTES, {"B20": "合计", "F20": "=1"}, "total_row", False),
}  # fmt: skip
# Fault 37: whatever a file's name says, its content decides.
ENDINGS = {3: ".et", 11: ".xls", 26: ".csv"}
CODES = {number: f"9901010015{number:02d}" for number in SLIPS}
SILENT = "990101001599"
UNITS = {code: f"第{number}社区" for number, code in CODES.items()} | {SILENT: "未报社区"}


@cache
def files() -> dict[str, tuple[bytes, str]]:
    """Files that are no return of anybody's, with the reason for which each is turned away."""
    dtd = b'<!DOCTYPE x [<!ENTITY a "b">]><'
    parts = members(small())
    sheet = "xl/worksheets/sheet1.xml"
    corners = (
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c>'
    )
    return {
        "空.xlsx": (b"", "empty"),
        "断.xlsx": (small()[:900], "damaged"),
        "加密.xlsx": (encrypted(small(), "secret"), "encrypted"),
        "炸弹.xlsx": (zipped(parts | {"bomb.xml": bytes(50_000_000)}), "too_big"),
        "两角.xlsx": (with_rows(corners), "too_wide"),
        "实体.xlsx": (zipped(parts | {sheet: parts[sheet].replace(b"?>\n<", b"?>" + dtd)}), "dtd"),
        "重名.xlsx": (zipped(parts | {"XL/Workbook.xml": b"x"}), "structure"),
        "出路.xlsx": (zipped(parts | {"../../x.xml": b"x"}), "structure"),
        "逗号.xlsx": ("单位,人数\n和平,3\n".encode("gb18030"), "csv"),
        "网页.xls": (b"<html><table><tr><td>1</td></tr></table></html>", "html"),
        "旧式.xls": (b"<a xmlns='urn:schemas-microsoft-com:office:spreadsheet'/>", "xml2003"),
        "包.rar": (b"Rar!\x1a\x07\x01\x00........", "archive"),
        "图.png": (b"\x89PNG\r\n\x1a\n" + bytes(64), "picture"),
        "说明.pdf": (b"%PDF-1.7 ......", "pdf"),
        "白纸.xlsx": (xlsx(lambda book: book.add_worksheet()), "no_cells"),
        "别的.xlsx": (small(), "not_ours"),
        "别家.xlsx": (other_units_return(), "unknown_unit"),
        "两家.xlsx": (several_units(), "several_units"),
    }  # fmt: skip


def several_units() -> bytes:
    """A workbook with the figures of two units."""

    def copy(book) -> None:
        other = book.copy_worksheet(book[FIGURES])
        cell = next(c for row in other.iter_rows() for c in row if "990101" in str(c.value))
        cell.value = "区划代码：990101001098"

    return reworked(other_units_return(), copy)


IGNORED = ("~$锁.xlsx", "Thumbs.db", "未完.tmp")


class Played(NamedTuple):
    """The quarter: its office, what came of it, how each unit stands, and what was printed."""

    folder: Path
    published: Published
    rows: dict[str, UnitReturn]
    said: str


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Played:
    """Send it all, run the quarter, and hold the invariants against what came of it."""
    folder = empty_street(tmp_path_factory.mktemp("street"), UNITS)
    for number, slip in SLIPS.items():
        path = send(folder, CODES[number])
        content = retyped(path.read_bytes(), slip.sheet, slip.cells)
        path.unlink()
        put(folder, path.stem + ENDINGS.get(number, ".xlsx"), content)
    for name, (content, _) in files().items():
        put(folder, name, content)
    put(folder, "再发一次.xlsx", (folder / "收表" / f"{CODES[1]}.xlsx").read_bytes())
    for name in IGNORED:
        put(folder, name, b"lock")
    received = (content for content, _ in files().values())
    with kept(folder, *received) as said, at_work(folder, NOW, "test") as work:
        said += acts.collect(work).lines
        said += acts.audit(work, PERIOD).lines
        (published,) = pipeline.aggregate(work, PERIOD)
        returns = next(one for one in pipeline.audit(work, PERIOD).sets if one.code == "TJ")
    rows = {one.unit.code: one for one in returns.rows}
    return Played(folder, published, rows, "\n".join(said))


@pytest.mark.parametrize("number", SLIPS)
def test_each_slip_is_told_and_stops_nobody_else(played, number: int):
    """I4, I7: each slip is told by its code, and its unit is in the total unless that blocks."""
    row, slip = played.rows[CODES[number]], SLIPS[number]
    codes = {one.finding.code for one in row.findings}

    assert not slip.code or slip.code in codes
    assert row.included is not slip.blocks


def test_each_file_is_turned_away_for_its_own_reason(played):
    """I2: what is no return of anybody's is in a state of its own, for the reason that it has."""
    with open_book(open_office(played.folder).book) as book:
        found = {file.name: file for file in files_of(book)}

    assert {name: found[name].reason for name in files()} == {
        name: reason for name, (_, reason) in files().items()
    }
    taken = {file.name for file in found.values() if file.state == "adopted"}
    assert taken.isdisjoint(files())


def test_summary_says_whom_it_lacks(played):
    """Fault 35: who has not reported or must mend is named in the summary, and told upward."""
    summary = played.published.summary
    blocked = {CODES[number] for number, slip in SLIPS.items() if slip.blocks}
    result = read_bytes(played.published.path.read_bytes())
    assert isinstance(result, Read)
    (reading,) = result.readings
    (told,) = (one for one in audited(reading).findings[0] if one.code == "incomplete")

    absent = {one.unit.code for one in summary.units if not one.included}
    assert absent == blocked | {SILENT}
    assert (summary.reported, len(summary.units)) == (len(UNITS) - len(absent), len(UNITS))
    assert {part.split()[0] for part in told.details["parts"].split("、")} == absent


def test_stale_result_is_not_what_is_added_up(played):
    """Fault 14: what a formula's cell shows is not added up; what its rows make is."""
    cells = {cell.code: cell.value for cell in _reading(played, CODES[14]).figures}

    assert (
        cells["TJ02"]
        == {cell.code: cell.value for cell in _reading(played, CODES[18]).figures}["TJ02"]
    )


def _reading(played: Played, code: str):
    return next(one.reading for one in played.published.summary.units if one.unit.code == code)


def test_second_copy_is_told_and_counted_once(played):
    """Fault 31: the same file under another name is said to have come before, and counts once."""
    told = say("command.duplicate", file="再发一次.xlsx", when=f"{NOW:%Y-%m-%d %H:%M}")
    told_other = say("command.duplicate", file=f"{CODES[1]}.xlsx", when=f"{NOW:%Y-%m-%d %H:%M}")

    assert (told in played.said) != (told_other in played.said)
    assert played.rows[CODES[1]].version == 1


def test_files_of_the_system_are_counted_on_the_list(played):
    """Fault 48: lock files and the like are no files received; the list says how many lay there."""
    rows = cells(played.folder / "状态.xlsx")["文件"]
    told = " ".join(str(text) for row in rows[:4] for text in row if text)

    assert f"另有 {len(IGNORED)} 个临时文件未收" in told
    assert not {row[1] for row in rows} & set(IGNORED)


@pytest.mark.parametrize("number", ENDINGS)
def test_content_decides_what_a_file_is(played, number: int):
    """Fault 37: a good return under the name of another kind is taken like any other."""
    row = played.rows[CODES[number]]

    assert (row.file, row.included) == (CODES[number] + ENDINGS[number], True)


DEATHS = {
    "segv": "reader_crashed", "abort": "reader_crashed", "panic": "reader_crashed",
    "allocate": "reader_memory", "sleep": "reader_timeout",
}  # fmt: skip


def test_files_that_kill_their_reader(office):
    """
    Fault 45: a file on which the reader crashes, hangs or runs out of memory is sent back by its
    reason, noted in the book, and not read again.
    """
    good = send(office, PEACE)
    for how in DEATHS:
        put(office, f"{how}.xlsx", f"die:{how}".encode())
    with Children(2, "child_stubs:read_or_die", seconds=2) as readers, kept(office):
        published = quarter(office, readers)
        with at_work(office, NOW, "test") as work:
            assert pipeline.collect(work, (), readers).opened == 0
            found = {one.name: (one.state, one.reason) for one in files_of(work.book)}
            noted = [
                f"reader_{d['why']}" for _, what, d in work.book.events() if what == "reader_died"
            ]

    assert found.pop(good.name) == ("adopted", "adopted")
    assert found == {f"{how}.xlsx": ("returned", why) for how, why in DEATHS.items()}
    assert sorted(noted) == sorted(DEATHS.values())
    assert published.summary.reported == 1
