"""Where the figures of a summary come from, by its own sheets."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from huizong.errors import HuizongError
from huizong.layout import figure_places
from huizong.tracing import trace
from huizong.work import checked_sets
from huizong.workbooks import open_workbook
from street import LIGHT, PEACE, UNITS, quarter, readers, send
from street import empty_office as empty_office

readers = readers


@pytest.fixture(scope="module")
def sheets(empty_office, readers, tmp_path_factory) -> dict[str, list]:
    """The sheets of a summary of two communities out of three."""
    folder = Path(shutil.copytree(empty_office, tmp_path_factory.mktemp("year") / "清河街道"))
    sent = [send(folder, PEACE, TJ16="5"), send(folder, LIGHT, TJ16="0")]
    path = quarter(folder, readers, sent).path
    return {sheet.name: sheet.rows for sheet in open_workbook(path.read_bytes()).sheets}


def find(rows: list, *wanted: str) -> tuple[int, int]:
    """Give row and column, counted from 1, of the cell that stands by two texts."""
    row, column = wanted
    at = next(n for n, cells in enumerate(rows, 1) if row in cells[:2])
    return at, next(cells.index(column) for cells in rows if column in cells) + 1


def test_every_total_is_the_sum_of_its_parts(sheets):
    """
    The parts of every added figure add up to it, and each names the unit's own cell and file.
    """
    form_set = checked_sets()["TJ"].form_set
    added = [one for one in form_set.indicators if one.total == "sum"]
    places = figure_places(form_set)
    assert len(added) > 10
    for one in added:
        row, column = find(sheets["汇总表"], one.code, "合计")
        found = trace(sheets, "汇总表", row, column)

        total = sheets["汇总表"][row - 1][column - 1]
        assert sum(Decimal(part.value) for part in found.parts) == Decimal(str(total))
        assert [(p.unit, p.code) for p in found.parts] == [(UNITS[c], c) for c in (PEACE, LIGHT)]
        assert {(p.sheet, p.cell) for p in found.parts} == {
            (places[one.code].sheet, places[one.code].cell)
        }
        assert all(len(part.digest.partition("+")[0]) == 64 for part in found.parts)


def test_zero_is_a_part_and_a_blank_is_none(sheets):
    """
    A unit that reported 0 is named, one that has not reported is not.
    """
    found = trace(sheets, "汇总表", *find(sheets["汇总表"], "TJ16", "各单位小计"))

    assert [(part.unit, part.value) for part in found.parts] == [
        ("和平社区", "5"),
        ("光明社区", "0"),
    ]
    assert trace(sheets, "分单位", *find(sheets["分单位"], "东风社区", "TJ16")).parts == ()
    assert trace(sheets, "汇总表", *find(sheets["汇总表"], "TJ16", "本级")).parts == ()


def test_row_of_the_total_in_units_is_every_unit(sheets):
    """
    On 分单位 the row 合计 has all units, a unit's row that unit alone.
    """
    total = trace(sheets, "分单位", *find(sheets["分单位"], "合计", "TJ16"))
    one = trace(sheets, "分单位", *find(sheets["分单位"], "光明社区", "TJ16"))

    assert [part.unit for part in total.parts] == ["和平社区", "光明社区"]
    assert [part.unit for part in one.parts] == ["光明社区"]
    assert (one.code, one.period, one.set_code) == ("TJ16", "2026Q1", "TJ")


HIDDEN = [["set", "TJ"], ["role", "summary"], ["period", "2026Q1"], ["code", "990101001000"]]
ACROSS = """
指标|代码|计量单位|合计|本级|和平社区|和平社区|光明社区
|||3/3||||
防止民转刑件数|TJ16|件|10|1|2|3|4
"""
SOURCES = """
区划代码|单位|版本|报送文件|指纹（SHA-256）|收到时间
990101001000|清河街道|1|本级.xlsx|d0|2026-04-03
990101001001|和平社区|1|甲.xlsx|d1|2026-04-03
990101001004|和平社区|2|丁.xlsx|d4|2026-04-03
990101001002|光明社区|1|乙.xlsx|d2|2026-04-03
|||||
代码|指标名称||位置（工作表!单元格）|位置不同的单位|
TJ16|防止民转刑件数||统计表!D23|统计表!D24: 990101001004; 表!二!E9: 990101001002|
"""


def rows_of(text: str) -> list[list[str]]:
    """Read a table from its text."""
    return [line.split("|") for line in text.strip().splitlines()]


def test_units_as_columns_and_addresses_that_differ():
    """
    Of very many units each is a column; units of one name keep their order, each its own cell.
    """
    sheets = {"_huizong": HIDDEN, "分单位": rows_of(ACROSS), "来源": rows_of(SOURCES)}

    parts = trace(sheets, "分单位", 3, 4).parts

    assert [(p.unit, p.value, p.digest, p.sheet, p.cell) for p in parts] == [
        ("本级", "1", "d0", "", ""),
        ("和平社区", "2", "d1", "统计表", "D23"),
        ("和平社区", "3", "d4", "统计表", "D24"),
        ("光明社区", "4", "d2", "表!二", "E9"),
    ]
    assert [part.value for part in trace(sheets, "分单位", 3, 5).parts] == ["1"]
    assert [part.value for part in trace(sheets, "分单位", 3, 8).parts] == ["4"]


@pytest.mark.parametrize(("row", "column"), [(1, 4), (2, 4), (3, 3), (3, 20), (99, 4)])
def test_cell_that_is_no_figure_is_refused(row, column):
    """
    Headings, measures and cells beside the table are no figures.
    """
    sheets = {"_huizong": HIDDEN, "分单位": rows_of(ACROSS), "来源": rows_of(SOURCES)}

    with pytest.raises(HuizongError) as raised:
        trace(sheets, "分单位", row, column)

    assert raised.value.code == "sources.no_figure"


@pytest.mark.parametrize("lost", ["_huizong", "分单位"])
def test_workbook_that_is_no_summary_is_refused(lost):
    """
    Without its hidden sheet or its 分单位 a workbook is no summary.
    """
    sheets = {"_huizong": HIDDEN, "分单位": rows_of(ACROSS), "汇总表": []}

    with pytest.raises(HuizongError) as raised:
        trace({name: rows for name, rows in sheets.items() if name != lost}, "汇总表", 5, 5)

    assert raised.value.code == "sources.no_summary"
