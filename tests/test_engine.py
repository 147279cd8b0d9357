"""xlwings, unchanged, works with an open workbook of LibreOffice: cells, names, tables."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xlsxwriter
import xlwings

from attached import attached
from huizong.errors import HuizongError

pytestmark = pytest.mark.libreoffice
DAY, MOMENT = dt.datetime(2026, 3, 31), dt.datetime(2026, 3, 31, 23, 59, 58)


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[xlwings.App]:
    """One LibreOffice for all tests of this module."""
    with attached(tmp_path_factory.mktemp("office")) as app:
        yield app


def workbook(path: Path) -> Path:
    """Write a workbook with names, a table, a link, an error and a protected sheet."""
    with xlsxwriter.Workbook(path) as book:
        first, second = book.add_worksheet("控制台"), book.add_worksheet("二 '表' 一")
        first.add_table(
            "A10:C13",
            {
                "name": "Progress",
                "columns": [{"header": name} for name in ("单位", "状态", "数")],
                "data": [["甲", "未报", 1], ["乙", "待审", 2], ["丙", "待改", 3]],
            },
        )
        first.write_formula("F1", "=1/0", None, "#DIV/0!")
        first.write_formula("F2", "=1<2", None, True)
        first.write_url("F3", "external:收表/甲 社区.xlsx#'表 一'!B3", string="甲")
        second.protect()
        second.write("B2", 7, book.add_format({"locked": False}))
        book.define_name("HZ_SAID", "='控制台'!$B$2")
        book.define_name("HZ_TODO", "='二 ''表'' 一'!$B$2:$C$3")
        book.define_name("HZ_RATE", "=0.5")
    return path


@pytest.fixture
def book(app, tmp_path) -> Iterator[xlwings.Book]:
    """The workbook, open."""
    folder = tmp_path / "收表 文件夹"
    folder.mkdir()
    opened = app.books.open(workbook(folder / "控制台 一.xlsx"))
    yield opened
    opened.close()


@pytest.fixture
def sheet(book) -> xlwings.Sheet:
    """Its first sheet."""
    return book.sheets["控制台"]


@pytest.fixture(scope="module")
def scratch(app, tmp_path_factory) -> Iterator[xlwings.Sheet]:
    """A first sheet for tests that write before they read."""
    opened = app.books.open(workbook(tmp_path_factory.mktemp("scratch") / "草稿.xlsx"))
    yield opened.sheets["控制台"]
    opened.close()


VALUES = (
    1.0, -0.1, 123456789.125, 0.0, "汇总", "000123", "2026-01-01", "TRUE", True, False, None,
    DAY, MOMENT, "一行\n二行", "1e5", "#N/A", "甲 = 乙", " 前后 ",
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_comes_back_as_it_was_written(scratch, value):
    """
    Numbers, texts that look like something else, truths, dates and blanks keep their kind.
    """
    scratch["A1"].value = value

    got = scratch["A1"].value
    assert (got, type(got)) == (value, type(value))


def test_a_table_of_values_comes_back_row_by_row(sheet):
    """
    Rows of mixed values come back at their places, dates of all kinds as dates.
    """
    rows = [[1.0, "甲", True, None], [DAY, MOMENT, None, "乙"], [False, 2.5, DAY, MOMENT]]

    sheet["D20"].value = [*rows[:1], [DAY.date(), MOMENT, None, "乙"], *rows[2:]]

    assert sheet["D20:G22"].value == rows
    assert sheet["D20"].expand("right").value == [1.0, "甲", True]


def test_what_stood_in_a_cell_does_not_colour_what_comes(sheet):
    """
    A number over TRUE is a number, and a date over a date keeps the cell's own way to show it.
    """
    sheet["A1:B1"].value = [True, DAY]
    sheet["B1"].number_format = 'yyyy"年"m"月"d"日"'

    sheet["A1:B1"].value = [5, DAY + dt.timedelta(days=1)]

    assert sheet["A1:B1"].value == [5.0, DAY + dt.timedelta(days=1)]
    assert sheet["B1"].number_format == 'YYYY"年"M"月"D"日"'


def test_number_that_no_calendar_has_is_read_as_a_number(scratch):
    """
    20260401 in a cell that shows dates is the number that was typed.
    """
    scratch["A1"].value = 20260401
    scratch["A1"].number_format = "yyyy-mm-dd"

    assert scratch["A1"].value == 20260401.0


def test_one_value_fills_a_range(sheet):
    """
    One value is written into every cell, and a formula moves along as it does in Excel.
    """
    sheet["A1:B3"].value = 2
    sheet["C1:C3"].formula = "=A1*B1+1"
    sheet["D1:D3"].formula = "=C1+SUM(Progress[数])"

    assert sheet["A1:D3"].value == [[2.0, 2.0, 5.0, 11.0]] * 3
    assert sheet["C3"].formula == "=A3*B3+1"


def test_errors_and_truths_of_formulas(scratch):
    """
    An error is read as nothing, or as its text where asked for, a comparison as true.
    """
    assert scratch["F1"].value is None
    assert scratch["F1"].options(err_to_str=True).value == "#DIV/0!"
    assert scratch["F2"].value is True


FORMULAS = (
    ("=SUM(A1:A2,B1)", 6.0),
    ('=IF(A1>0,"有","无")', "有"),
    ("='二 ''表'' 一'!B2*2", 14.0),
    ("=SUM(Progress[数])", 6.0),
    ('=SUM(Progress[数],LEN("一,二;三"))', 11.0),
    ("=COUNTA(Progress[[#Headers],[单位]],A1)", 2.0),
    ("=HZ_RATE*A2", 1.0),
    ("=TEXT(DATE(2026,3,31),\"yyyy-mm-dd\")", "2026-03-31"),
)  # fmt: skip


@pytest.mark.parametrize(("formula", "result"), FORMULAS, ids=[one[0] for one in FORMULAS])
def test_formulas_are_those_of_excel(scratch, formula, result):
    """
    A formula with commas, sheets, tables and names works, and is read as it was written.
    """
    scratch["A1:B2"].value = [[1, 3], [2, 4]]

    scratch["D1"].formula = formula

    assert scratch["D1"].value == result
    assert scratch["D1"].formula == formula


def test_a_text_with_an_apostrophe_is_no_formula(scratch):
    """
    As in Excel, '=1+1 is the text =1+1; a sign of equality alone is a text too.
    """
    scratch["A1"].value = ["'=1+1", "="]

    assert scratch["A1:B1"].value == ["=1+1", "="]


def test_frames_go_out_and_come_back(sheet):
    """
    A DataFrame with dates, blanks and numbers of numpy is written and read by xlwings' own ways.
    """
    frame = pd.DataFrame(
        {"数": [1.5, np.nan], "日": [pd.Timestamp(DAY), pd.NaT], "是": [True, False]},
        index=pd.Index(["甲", "乙"], name="单位"),
    )

    sheet["H1"].value = frame
    sheet["H5"].value = [[np.int64(3), np.bool_(True), np.datetime64("2026-03-31"), pd.NA]]

    got = sheet["H1"].options(pd.DataFrame, expand="table").value
    assert got.index.tolist() == ["甲", "乙"]
    assert got["是"].tolist() == [True, False]
    assert got["数"].isna().tolist() == [False, True]
    assert got["日"].iloc[0] == DAY
    assert sheet["H5:K5"].value == [3.0, True, DAY, None]


def test_names_lead_to_their_cells(book, sheet):
    """
    A name is found whatever its case, on its own sheet, and can be read through another sheet.
    """
    book.names["HZ_SAID"].refers_to_range.value = "已完成"

    assert sheet["B2"].value == "已完成"
    assert book.sheets[1]["hz_said"].value == "已完成"
    assert book.names["HZ_TODO"].refers_to == "='二 ''表'' 一'!$B$2:$C$3"
    assert book.names["HZ_TODO"].refers_to_range.sheet == book.sheets[1]
    assert [name.name for name in book.names] == ["HZ_RATE", "HZ_SAID", "HZ_TODO"]
    assert "HZ_NOTHING" not in book.names
    with pytest.raises(xlwings.NoSuchObjectError):
        assert book.names["HZ_RATE"].refers_to_range


def test_names_are_added_changed_and_removed(book, sheet):
    """
    A range takes a name, a name takes another range, and a removed name is gone.
    """
    sheet["C1:D2"].name = "新 名".replace(" ", "_")
    book.names["新_名"].refers_to = "='二 ''表'' 一'!$A$1"

    assert book.names["新_名"].refers_to_range.address == "$A$1"
    assert book.sheets[1]["A1"].name.name == "新_名"
    book.names["新_名"].delete()
    assert "新_名" not in book.names
    assert sheet["C1"].name is None


def test_tables_of_the_file_are_tables(scratch):
    """
    A table of the .xlsx has its headings and rows, and a cell knows its table.
    """
    (table,) = scratch.tables

    assert table.name == "Progress"
    assert table.header_row_range.value == ["单位", "状态", "数"]
    assert table.data_body_range.address == "$A$11:$C$13"
    assert scratch["B12"].table == table
    assert scratch["B9"].table is None
    assert scratch["progress"].shape == (3, 3)


def test_a_table_takes_new_rows(sheet):
    """
    Fewer rows leave nothing of the old ones behind, more make the table longer.
    """
    table = sheet.tables["Progress"]

    table.update(pd.DataFrame({"单位": ["丁"], "状态": ["已通过"]}), index=False)

    assert table.range.address == "$A$10:$B$11"
    assert sheet["A10:C13"].value == [
        ["单位", "状态", None],
        ["丁", "已通过", None],
        *[[None] * 3] * 2,
    ]
    table.update(pd.DataFrame({"单位": list("甲乙丙丁戊"), "数": range(5)}), index=False)
    assert sheet["A10"].table.data_body_range.value[4] == ["戊", 4.0]


def test_a_table_is_added(sheet, tmp_path):
    """
    A range becomes a table with a name of its own, in the saved file too.
    """
    sheet["H1"].value = [["甲", "乙"], [1, 2]]

    table = sheet.tables.add(sheet["H1:I2"], name="更多")

    assert table.data_body_range.value == [1.0, 2.0]
    assert [one.name for one in sheet.tables] == ["Progress", "更多"]
    sheet.book.save(tmp_path / "两张表.xlsx")
    saved = openpyxl.load_workbook(tmp_path / "两张表.xlsx")["控制台"].tables
    assert dict(saved.items()) == {"Progress": "A10:C13", "更多": "H1:I2"}


WAYS = (
    ("A1", "down", "$A$2"), ("A2", "down", "$A$4"), ("A4", "down", "$A$10"), ("A1", "up", "$A$1"),
    ("B4", "up", "$B$1"), ("B4", "left", "$A$4"), ("A4", "right", "$B$4"),
    ("C4", "right", "$XFD$4"), ("A13", "down", "$A$1048576"), ("A1048576", "up", "$A$13"),
)  # fmt: skip


@pytest.mark.parametrize(("start", "way", "end"), WAYS)
def test_the_way_of_ctrl_and_an_arrow(scratch, start, way, end):
    """
    From a filled cell to the last of its block, from there to the next block or the edge.
    """
    scratch["A1:B4"].value = [[1, None], [2, None], [None, None], [3, 4]]

    assert scratch[start].end(way).address == end


def test_places(scratch):
    """
    Ranges are found by address, place, corners, slices, and moved and made larger.
    """
    assert scratch[1:3, 0].address == "$A$2:$A$3"
    assert scratch.range((2, 2), (3, 4)).address == "$B$2:$D$3"
    assert scratch["B2"].offset(1, 1).resize(2, 3).address == "$C$3:$E$4"
    assert scratch.range("D4", "B2").get_address(False, True) == "$B2:$D4"
    assert scratch["A:B"].shape == (1048576, 2)
    assert scratch["B2:C3"].last_cell.address == "$C$3"
    assert scratch["B2:C3"](3).address == "$B$3"
    assert scratch["A11"].current_region.address == "$A$10:$C$13"
    assert scratch.used_range.address == "$A$1:$F$13"
    assert scratch["'二 ''表'' 一'!B2"].value == 7.0
    with pytest.raises(xlwings.NoSuchObjectError):
        scratch["没有"]


def test_looks(sheet):
    """
    Tints, letters, widths, heights and number formats are set and read in Excel's measures.
    """
    cell = sheet["B2:C3"]

    cell.color, cell.font.color, cell.font.bold = (255, 0, 128), "#00ff00", True
    cell.font.size, cell.font.name, cell.number_format = 12, "Noto Sans CJK SC", "#,##0.00"
    cell.column_width, cell.row_height, cell.wrap_text = 20, 30, True

    assert (cell.color, cell.font.color, cell.font.bold) == ((255, 0, 128), (0, 255, 0), True)
    assert (cell.font.size, cell.font.name) == (12, "Noto Sans CJK SC")
    assert (cell.number_format, cell.wrap_text) == ("#,##0.00", True)
    assert (cell.column_width, cell.row_height) == pytest.approx((20, 30), abs=0.2)
    assert sheet["A1:B1"].column_width is None
    cell.clear()
    assert (cell.color, cell.font.bold, cell.number_format) == (None, False, "General")


def test_cells_are_emptied_with_or_without_their_looks(sheet):
    """
    What stands in a cell and how it looks are taken away apart.
    """
    sheet["A1:B1"].value, sheet["A1:B1"].color = [5, "=1+1"], "#ffff00"

    sheet["A1"].clear_formats()
    sheet["B1"].clear_contents()

    assert (sheet["A1:B1"].value, sheet["A1"].color) == ([5.0, None], None)
    assert sheet["B1"].color == (255, 255, 0)


def test_links_lead_to_files_beside_the_workbook(book, sheet):
    """
    A link to a file beside the workbook is kept whole, with the place in it; others are as given.
    """
    sheet["A1"].add_hyperlink("退改/甲 社区.xlsx#'表 一'!B3", "打开")
    sheet["A2"].add_hyperlink("#'二 ''表'' 一'!B2", "看")

    beside = (Path(book.fullname).parent / "退改" / "甲 社区.xlsx").as_uri()
    assert (sheet["A1"].value, sheet["A1"].hyperlink) == ("打开", f"{beside}#'表 一'!B3")
    assert sheet["A2"].hyperlink == "#'二 ''表'' 一'!B2"
    assert sheet["F3"].hyperlink.endswith("%20社区.xlsx#'表 一'!B3")
    assert sheet["B1"].hyperlink == ""


def test_locked_cells_are_not_written(book):
    """
    A protected sheet takes values in unlocked cells, and names the place where it takes none.
    """
    sheet = book.sheets[1]

    sheet["B2"].value = 8

    for spoil in (lambda: setattr(sheet["A1:B2"], "value", 9), sheet["A1"].clear_contents):
        with pytest.raises(HuizongError) as refused:
            spoil()
        assert refused.value.code == "error.locked_cells"
        assert refused.value.details["sheet"] == "二 '表' 一"
    assert sheet["B2"].value == 8.0


def test_sheets_come_and_go(book):
    """
    Sheets are added at their places, renamed, hidden, found in any case, and removed.
    """
    book.sheets.add("末", after=book.sheets[-1])
    book.sheets.add("ABC", before="控制台")
    book.sheets["abc"].name = "首"
    book.sheets["末"].visible = False

    assert [sheet.name for sheet in book.sheets] == ["首", "控制台", "二 '表' 一", "末"]
    assert [sheet.visible for sheet in book.sheets] == [True, True, True, False]
    assert book.sheets.active.name == "首"
    book.sheets["首"].delete()
    book.sheets["控制台"].activate()
    assert book.sheets.active.index == 1
    with pytest.raises(xlwings.NoSuchObjectError):
        book.sheets["首"]
