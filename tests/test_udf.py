"""Worksheet functions look figures up in a real book, and say in the cell what is wrong."""

import inspect
import re
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
import xlwings as xw

import xlwings_for_windows
from huizong import book_figures, udf
from huizong.history import last_summary
from huizong.macros import macros_folder
from huizong.past import Opening, save_opening
from huizong.texts import catalogue
from huizong.udf import HZ, HZ_COVERAGE, HZ_PREV, HZ_RANK, HZ_YOY, number
from huizong.work import at_work
from street import EAST, LIGHT, NOW, PEACE, PERIOD, STREET, UNITS, quarter, readers, send
from street import empty_office as empty_office

FUNCTIONS = (HZ, HZ_PREV, HZ_YOY, HZ_RANK, HZ_COVERAGE)
readers = readers


@pytest.fixture(scope="module")
def office(empty_office, readers) -> Path:
    """A street in which two of three communities have passed, with a summary."""
    sent = [send(empty_office, code, TJ16=text) for code, text in ((PEACE, "7"), (LIGHT, "30"))]
    quarter(empty_office, readers, sent)
    with at_work(empty_office, NOW, "test") as work:
        save_opening(work.book, [Opening(*one, "上年台账") for one in EARLIER])
    return empty_office


# Figures from before: period, set, unit, role, code, value.
EARLIER = (
    ("2025Q4", "TJ", PEACE, "unit", "TJ16", "5"),
    ("2025Q1", "TJ", LIGHT, "unit", "TJ16", "20"),
    ("2025Q1", "TJ", PEACE, "unit", "TJ16", "2"),
    ("2025Q4", "SY", PEACE, "unit", "SY13", "90.5"),
    ("2025Q4", "SY", LIGHT, "unit", "SY13", "99.5"),
    ("2025Q4", "SY", EAST, "unit", "SY13", "90.5"),
)


def said(code: str, **details: object) -> str:
    """Give a text as the office's people read it."""
    return catalogue()[code]["zh"].format(**details)


def test_figure_of_a_unit_by_name_or_code(office):
    """
    A unit is named as on the roster or by its code, even as a number; the indicator by its code.
    """
    for unit in ("和平社区", "和平社区居委会", PEACE, float(PEACE)):
        assert HZ(unit, "TJ16", "2026Q1", str(office)) == 7.0

    assert HZ("光明社区", "tj16", "2026年第一季度", str(office)) == 30.0


def test_period_and_office_may_be_left_out(office):
    """
    Without a period it is that of the settings; without a folder that of the asking workbook.
    """
    book = SimpleNamespace(fullname=str(office / "汇总" / "领导用表.xlsx"))
    cell = SimpleNamespace(sheet=SimpleNamespace(book=book))

    assert HZ("和平社区", "TJ16", caller=cell) == HZ("和平社区", "TJ16", "", str(office))


def test_blank_is_no_zero_and_not_reported_is_said(office):
    """
    A unit that has not reported reads 未报, a figure left blank is an empty text: neither is 0.
    """
    assert HZ("东风社区", "TJ16", "2026Q1", str(office)) == said("state.missing")
    assert HZ("和平社区", "TJ16", "2025Q3", str(office)) == said("state.missing")
    assert HZ_PREV("光明社区", "TJ16", "2026Q1", str(office)) == ""


def test_period_before_and_change_on_the_year(office):
    """
    Last period's figure is given, and the change on the year in percent where the base is enough.
    """
    assert HZ_PREV("和平社区", "TJ16", "2026Q1", str(office)) == 5.0
    assert HZ_YOY("光明社区", "TJ16", "2026Q1", str(office)) == 50.0
    assert HZ_YOY("和平社区", "TJ16", "2026Q1", str(office)) == "——"
    assert HZ_YOY("东风社区", "TJ16", "2026Q1", str(office)) == said("state.missing")


def test_total_is_that_of_the_summary(office):
    """
    The office's own name, its code and 合计 give the total of the summary published last.
    """
    with at_work(office, NOW, "test") as work:
        summary = last_summary(work.book, str(PERIOD), "TJ")
    total = next(one.value for one in summary.totals if one.code == "TJ16")

    for name in ("清河街道", STREET, "合计"):
        assert HZ(name, "TJ16", "2026Q1", str(office)) == float(total) == 37.0
    assert HZ("合计", "TJ16", "2025Q4", str(office)) == said("udf.no_summary")


def test_units_down_and_indicators_across_make_a_table(office):
    """
    A column of units by a row of indicators is a table; a blank stays blank, one fault is one cell.
    """
    units = [["和平社区"], ["光明社区"], [None], ["和平村社"]]
    table = HZ(units, [["TJ16", "TJ99"]], "2026Q1", str(office))

    assert [row[0] for row in table[:3]] == [7.0, 30.0, ""]
    assert table[0][1] == said("udf.no_indicator", text="TJ99")
    assert "和平社区" in table[3][0]
    assert [len(row) for row in table] == [2, 2, 2, 2]


def test_ranges_of_the_same_shape_go_together(office):
    """
    Two columns are read row by row; ranges that do not fit are refused in words.
    """
    two, three = [["和平社区"], ["光明社区"]], [["TJ16"], ["TJ16"], ["TJ16"]]

    assert HZ(two, three[:2], "2026Q1", str(office)) == [[7.0], [30.0]]
    assert HZ(two, three, "2026Q1", str(office)) == said("udf.shapes")


def test_coverage_counts_units_with_the_figure(office):
    """
    Two of three units have the figure.
    """
    assert HZ_COVERAGE("TJ16", "2026Q1", str(office)) == f"2/{len(UNITS)}"


def test_rank_is_for_what_the_form_set_ranks(office):
    """
    The best is the first, equals share their place; cases are never ranked, nor is the office.
    """
    ranks = HZ_RANK([[name] for name in UNITS.values()], "SY13", "2025Q4", str(office))

    assert ranks == [[2.0], [1.0], [2.0]]
    assert HZ_RANK("和平社区", "TJ16", "2026Q1", str(office)) == said("udf.not_ranked")
    assert HZ_RANK("清河街道", "SY13", "2025Q4", str(office)) == said("udf.no_summary")
    assert HZ_RANK("和平社区", "SY13", "2026Q1", str(office)) == said("state.missing")


def test_change_of_the_book_is_seen_at_once(office, readers):
    """
    A book that was changed is read again; one that was not is read once.
    """
    before = HZ("东风社区", "TJ16", "2026Q1", str(office))
    seen = book_figures._looked.cache_info().misses
    again = HZ("东风社区", "TJ16", "2026Q1", str(office))
    assert book_figures._looked.cache_info().misses == seen

    quarter(office, readers, [send(office, EAST, TJ16="9")])

    assert (before, again) == (said("state.missing"),) * 2
    assert HZ("东风社区", "TJ16", "2026Q1", str(office)) == 9.0


def test_nothing_is_written(office):
    """
    Looking changes no byte of the office's folder, not even while another program writes.
    """

    def state() -> dict[Path, tuple[int, bytes]]:
        files = [path for path in office.rglob("*") if path.is_file()]
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}

    before = state()
    book_figures._looked.cache_clear()
    with sqlite3.connect(office / "huizong.db", isolation_level=None) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert HZ("和平社区", "TJ16", "2026Q1", str(office)) == 7.0
        writer.execute("ROLLBACK")
    writer.close()

    assert state() == before


def test_what_keeps_from_looking_is_said(office, tmp_path):
    """
    No office, an unsaved workbook, no such period, a lost, foreign or broken book: words, no error.
    """
    unsaved = SimpleNamespace(sheet=SimpleNamespace(book=SimpleNamespace(fullname="工作簿1")))
    copy = Path(shutil.copytree(office, tmp_path / "清河街道"))

    assert HZ("和平社区", "TJ16", "", str(tmp_path)) == said("udf.no_office", place=tmp_path)
    assert HZ("和平社区", "TJ16", caller=unsaved) == said("udf.not_saved")
    assert HZ("和平社区", "TJ16", "二月", str(office)) == said("udf.no_period", text="二月")
    assert HZ("某某", "TJ16", "", str(office)) == said("udf.no_unit", text="某某")

    _write(copy / "huizong.db", b"no book of record at all" * 99)
    assert "huizong.db" in HZ("和平社区", "TJ16", "", str(copy))
    with sqlite3.connect(tmp_path / "new.db") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    _write(copy / "huizong.db", (tmp_path / "new.db").read_bytes())
    assert "99" in HZ("和平社区", "TJ16", "", str(copy))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def test_what_is_unforeseen_is_said_without_a_traceback():
    """
    A fault of the program itself is one sentence in the cell.
    """
    assert "AttributeError" in HZ("和平社区", "TJ16", caller="no cell at all")


NUMBERS = (
    ("12", 12.0),
    ("0", 0.0),
    ("-3.25", -3.25),
    ("123456789012345", 123456789012345.0),
    ("1234567890123456", "1234567890123456"),
    ("0.1000000000000001", "0.1000000000000001"),
    ("1000000000000000000", 1e18),
    ("——", "——"),
    ("", ""),
)


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_number_that_a_cell_cannot_hold_stays_a_text(text, value):
    """
    A decimal of more than 15 digits is given as its text: a cell would change it silently.
    """
    assert number(text) == value
    assert type(number(text)) is type(value)


def test_macros_are_those_that_xlwings_writes(monkeypatch):
    """
    Functions.bas has for each function the wrapper that xlwings itself would write.
    """
    module = xlwings_for_windows.udfs(monkeypatch)
    monkeypatch.setattr(xw, "func", module.xlfunc)
    monkeypatch.setattr(xw, "arg", module.xlarg)
    functions = [udf._worksheet(one) for one in FUNCTIONS]
    head, _, text = _macros().partition("\n\n")

    assert head.splitlines()[-1] == '#Const App = "Microsoft Excel"'
    assert text.strip() == xlwings_for_windows.wrappers(module, udf.__name__, *functions).strip()
    for function in functions:
        shapes = {one["name"]: one["options"] for one in function.__xlfunc__["args"]}
        assert shapes["indicator"] == shapes["period"] == {"ndim": 2}


def _macros() -> str:
    return (macros_folder() / "Functions.bas").read_bytes().decode("ascii").replace("\r\n", "\n")


def test_every_function_of_the_addin_is_python_of_ours():
    """
    Each function of the macro names one of ours, with its arguments in their order.
    """
    calls = re.findall(r'CallUDF\("([\w.]+)", "(\w+)", Array\(([\w, ]+)\), Active', _macros())

    assert {name for _, name, _ in calls} == {one.__name__ for one in FUNCTIONS}
    for module, name, arguments in calls:
        wanted = [p for p in inspect.signature(getattr(udf, name)).parameters if p != "caller"]
        assert module == udf.__name__
        assert arguments.split(", ") == [*wanted, "Nothing"]
