"""A summary workbook that was changed after it was made: every changed cell is named."""

import hashlib
import re
import zipfile
from pathlib import Path

import msgspec
import pytest

from huizong.cells import address
from huizong.checking import read_file, verify
from huizong.checkrows import HIDDEN_SHEET, LETTERS, checksum, join_marks, mark, split_marks
from huizong.errors import HuizongError
from huizong.read import Read
from huizong.records import Reading
from huizong.recount import recount
from huizong.verify import Fault, verify_file, verify_sheets, verify_sources
from huizong.workbooks import open_workbook
from huizong.write import write_summary
from issued import blank_of, filled, written
from made import made_return, made_summary, tj

FIGURES = (
    "汇总表",
    "分单位",
    "台账汇总",
    "计划执行",
    "报送情况",
    "图表",
    "简报",
    "来源",
    "问题与说明",
    "报送情况通报",
    "问题清单",
    "催报通知",
)


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    """A summary of three units, one of them missing."""
    path = tmp_path_factory.mktemp("summary") / "汇总.xlsx"
    write_summary(*made_summary(units=3, missing=1), path)
    return path


@pytest.fixture
def sheets(path):
    """Its rows by sheet, free to be changed."""
    return {
        sheet.name: [list(row) for row in sheet.rows]
        for sheet in open_workbook(path.read_bytes()).sheets
    }


def figure_cells(sheets) -> list[tuple[str, int, int]]:
    """List every cell with a digit that is a figure or speaks of figures: all but headings."""
    checked = {
        (sheet, int(row) - 1, LETTERS.index(letters))
        for sheet, row, marks in (line[:3] for line in sheets[HIDDEN_SHEET] if len(line) > 2)
        if sheet in FIGURES
        for letters, _ in split_marks(marks)
    }
    return [
        (name, row, column)
        for name in FIGURES
        for row, cells in enumerate(sheets[name])
        for column, value in enumerate(cells)
        if isinstance(value, float)
        or ((name, row, column) in checked and re.search(r"\d", str(value)))
    ]


def other_digit(value: object) -> object:
    """Change one digit, as a slip of the finger does."""
    if isinstance(value, float):
        return value + 1
    return re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), str(value), count=1)


def test_untouched_summary_is_sound(path):
    """
    A workbook as it was written has no fault.
    """
    assert verify_file(path).ok


def test_every_changed_figure_is_named(sheets):
    """
    One digit changed in any figure of any sheet is found at its own cell.
    """
    cells = figure_cells(sheets)
    for name, row, column in cells:
        rows = sheets[name]
        value = rows[row][column]
        rows[row][column] = other_digit(value)
        faults = verify_sheets(sheets, tj()).faults
        rows[row][column] = value

        assert (name, address(row, column)) in {(one.sheet, one.cell) for one in faults}
    assert {name for name, _, _ in cells} == set(FIGURES)
    assert len(cells) > 500


def test_every_number_has_its_check_row(sheets):
    """
    No number stands on a visible sheet outside the check rows.
    """
    checked = {
        (line[0], int(line[1]) - 1, LETTERS.index(letters))
        for line in sheets[HIDDEN_SHEET]
        if line[0] in FIGURES
        for letters, _ in split_marks(line[2])
    }

    assert {
        (name, row, column)
        for name in FIGURES
        for row, cells in enumerate(sheets[name])
        for column, value in enumerate(cells)
        if isinstance(value, float)
    } <= checked


def rezip(source: Path, target: Path, change) -> None:
    """Copy a workbook, with each member through `change(name, bytes)`."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))


def patched(source: Path, target: Path, number: int) -> str:
    """Change the middle number of a sheet in its XML; give its cell."""
    places = []

    def change(name: str, part: bytes) -> bytes:
        if name != f"xl/worksheets/sheet{number}.xml":
            return part
        cells = list(re.finditer(rb'<c r="([A-Z]+\d+)"(?: s="\d+")?><v>([^<]+)</v></c>', part))
        found = cells[len(cells) // 2]
        places.append(found[1].decode())
        return part[: found.start(2)] + str(float(found[2]) + 1).encode() + part[found.end(2) :]

    rezip(source, target, change)
    return places[0]


@pytest.mark.parametrize("number", [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12])
def test_figure_changed_in_the_file_is_named(number, path, tmp_path):
    """
    The same through the file itself: the middle number of each sheet, patched in its XML.
    """
    cell = patched(path, tmp_path / "a.xlsx", number)

    assert cell in {fault.cell for fault in verify_file(tmp_path / "a.xlsx").faults}


def test_a_changed_summary_is_told_when_it_is_read(path, tmp_path):
    """
    A summary that comes from below says with its figures which cell was changed; a whole one none.
    """
    cell = patched(path, tmp_path / "a.xlsx", 1)
    found = [
        [(one.sheet, one.cell) for one in reading.findings if one.code == "seal_summary"]
        for file in (path, tmp_path / "a.xlsx")
        for reading in msgspec.msgpack.decode(read_file(str(file)), type=Read).readings
    ]

    assert found[0] == []
    assert ("汇总表", cell) in found[1]


def test_code_changed_on_paper_is_found(sheets):
    """
    Another 汇总校验码 at the foot of 汇总表 is named with its cell.
    """
    rows = sheets["汇总表"]
    row = next(number for number, cells in enumerate(rows) if "汇总校验码" in str(cells[0]))
    rows[row][0] = "汇总校验码：0000-0000-0000-0000"
    (fault,) = verify_sheets(sheets, tj()).faults

    assert (fault.code, fault.sheet, fault.cell) == ("checksum", "汇总表", address(row, 0))


def test_check_row_changed_with_its_figure_breaks_the_code(sheets):
    """
    Who changes a total and its check row alike is betrayed by the code and by the units.
    """
    row = next(number for number, cells in enumerate(sheets["汇总表"]) if cells[1] == "TJ02")
    total = sheets["汇总表"][row][3]
    sheets["汇总表"][row][3] = total + 1
    line = next(one for one in sheets[HIDDEN_SHEET] if one[:2] == ["汇总表", str(row + 1)])
    line[2] = line[2].replace(f"D={total:g}|", f"D={total + 1:g}|")
    faults = verify_sheets(sheets, tj()).faults

    assert [fault.code for fault in faults] == ["checksum", "checksum", "total"]
    assert faults[-1] == Fault("total", "汇总表", f"D{row + 1}", f"{total + 1:g}", f"{total:g}")


def test_figure_put_where_none_was_is_named(sheets):
    """
    A number typed into the empty row of a unit that is not counted is found.
    """
    row = next(number for number, cells in enumerate(sheets["分单位"]) if cells[2] == "未报")
    sheets["分单位"][row][5] = 7.0

    assert ("分单位", address(row, 5)) in {
        (one.sheet, one.cell) for one in verify_sheets(sheets).faults
    }


def test_reasons_may_still_be_written(sheets):
    """
    The place for the office's own 说明 is open: filling it is no fault.
    """
    rows = sheets["问题与说明"]
    row = next(number for number, cells in enumerate(rows) if cells[0] == "9A8B7C6D")
    rows[row][5] = "另行说明。"

    assert verify_sheets(sheets, tj()).ok


def test_sheet_that_is_gone_is_named(sheets):
    """
    A deleted sheet is one fault, not one for each of its rows.
    """
    del sheets["台账汇总"]

    assert verify_sheets(sheets, tj()).faults == (Fault("sheet_gone", "台账汇总"),)


def test_workbook_without_hidden_sheet_is_no_summary(sheets):
    """
    Without the hidden sheet nothing can be said.
    """
    del sheets[HIDDEN_SHEET]

    assert [one.code for one in verify_sheets(sheets).faults] == ["no_summary"]


def test_rates_can_come_from_another_engine(sheets):
    """
    What the caller works out in place of the simple ratios is what counts.
    """
    faults = verify_sheets(
        sheets, tj(), recompute_ratios=lambda _set, _totals: {"TJ05": "12.3"}
    ).faults

    assert {(one.code, one.expected) for one in faults} == {("total", "12.3")}
    assert {one.sheet for one in faults} == {"汇总表", "分单位"}


def test_turned_sheet_is_added_up_too(tmp_path):
    """
    With more than 200 units the totals of the turned 分单位 are recomputed as well.
    """
    summary, form_set = made_summary(units=201, missing=0)
    totals = tuple(
        msgspec.structs.replace(one, value="1") if one.code == "TJ19" else one
        for one in summary.totals
    )
    write_summary(msgspec.structs.replace(summary, totals=totals), form_set, tmp_path / "a.xlsx")
    faults = verify_file(tmp_path / "a.xlsx", form_set).faults

    assert [(one.code, one.sheet, one.found) for one in faults] == [
        ("total", "分单位", "1"),
        ("total", "汇总表", "1"),
    ]


@pytest.fixture
def sourced(tmp_path):
    """A summary whose files really lie in a folder; reading them gives what was summed."""
    summary, form_set = made_summary(units=3, missing=1)
    folder, readings = tmp_path / "原件", {}
    folder.mkdir()

    def lay(entry):
        if entry.reading is None:
            return entry
        content = entry.unit.code.encode()
        (folder / f"{entry.unit.code}.xlsx").write_bytes(content)
        readings[f"{entry.unit.code}.xlsx"] = entry.reading
        return msgspec.structs.replace(entry, digest=hashlib.sha256(content).hexdigest())

    summary = msgspec.structs.replace(
        summary, units=tuple(map(lay, summary.units)), own=lay(summary.own)
    )
    write_summary(summary, form_set, tmp_path / "汇总.xlsx")
    return tmp_path / "汇总.xlsx", folder, readings


def test_sources_that_agree(sourced):
    """
    Every file is there and says what stands in 分单位.
    """
    path, folder, readings = sourced

    assert verify_sources(path, folder, lambda file, _: readings[file.name]).ok


def test_source_that_is_gone_is_named(sourced):
    """
    A file that is not in the folder any more is named by its digest.
    """
    path, folder, readings = sourced
    (folder / "990101001002.xlsx").unlink()
    (fault,) = verify_sources(path, folder, lambda file, _: readings[file.name]).faults

    assert (fault.code, fault.sheet) == ("file_gone", "来源")
    assert fault.expected == hashlib.sha256(b"990101001002").hexdigest()


@pytest.mark.parametrize(
    ("file", "row"), [("990101001001.xlsx", "安宁社区"), ("990101001000.xlsx", "本级")]
)
def test_source_that_differs_is_named(file, row, sourced):
    """
    A file that says another figure than 分单位 is found at the unit's own cell.
    """
    path, folder, readings = sourced

    def read(found: Path, _: str) -> Reading:
        reading = readings[found.name]
        if found.name != file:
            return reading
        changed = (msgspec.structs.replace(reading.figures[0], value="77"), *reading.figures[1:])
        return msgspec.structs.replace(reading, figures=changed)

    (fault,) = verify_sources(path, folder, read).faults
    rows = next(one.rows for one in open_workbook(path.read_bytes()).sheets if one.name == "分单位")

    assert (fault.code, fault.expected) == ("source_differs", "77")
    assert rows[int(fault.cell[1:]) - 1][1] == row


@pytest.mark.parametrize("value", [12.0, 15.5, -0.3, 1e15, 0.0, 123456789012.34, 100000.0])
def test_mark_survives_the_way_through_text(value):
    """
    A number marked, written with 17 digits and read again has the same mark.
    """
    assert mark(float(f"{value:.17g}")) == mark(value)


def test_marks_of_a_row_come_apart_again():
    """
    A long check row is split into several texts and loses nothing.
    """
    marks = [f"{letters}={number}" for number, letters in enumerate(LETTERS)]
    texts = join_marks(marks)

    assert len(texts) > 1
    assert [f"{a}={b}" for text in texts for a, b in split_marks(text)] == marks


def test_checksum_depends_on_every_place():
    """
    The same texts in other cells have another code.
    """
    assert checksum([("a", "bc")]) != checksum([("ab", "c")])
    assert checksum([("a",), ("b",)]) != checksum([("b",), ("a",)])
    assert re.fullmatch(r"[0-9A-F]{4}(-[0-9A-F]{4}){3}", checksum([]))


def test_ratio_is_rounded_half_up_and_only_once():
    """
    A rate comes from summed parts: 1 of 16 is 6.3, a zero base reads ——.
    """
    parts = {"TJ02": "16", "TJ04": "1", "TJ03": "0"}

    assert recount(tj(), [parts])["TJ05"] == "6.3"
    assert recount(tj(), [parts | {"TJ02": "0"}])["TJ05"] == "——"
    assert recount(tj(), [])["TJ02"] == ""


def test_faults_have_words():
    """
    Every fault that a verification can name has its sentence.
    """
    codes = (
        "checksum",
        "changed",
        "total",
        "sheet_gone",
        "no_summary",
        "file_gone",
        "source_differs",
    )

    for code in codes:
        assert "{" not in Fault(code, "汇总表", "D9", "1", "2").words()


def test_made_units_keep_the_relations():
    """
    The figures that these tests stand on add up as the form set demands.
    """
    import random

    for seed in range(20):
        reading = made_return(1, random.Random(seed)).reading
        value = {cell.code: float(cell.value or 0) for cell in reading.figures}

        assert value["TJ02"] == sum(value[f"TJ{number:02}"] for number in range(8, 14))
        assert value["TJ02"] == value["TJ03"] + value["TJ07"] + value["TJ21"]


def test_return_of_a_unit_is_no_summary(tmp_path):
    """
    A unit's return is said to be one, instead of listing all that a summary would have.
    """
    path = tmp_path / "和平社区.xlsx"
    path.write_bytes(written(filled(blank_of())))
    with pytest.raises(HuizongError) as caught:
        verify(path)
    assert caught.value.code == "error.return_no_summary"
