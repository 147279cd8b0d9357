"""What an officer tripped over once: each test is a thing that a first user found wrong."""

import datetime as dt
from pathlib import Path

import msgspec
import openpyxl
import pytest

from huizong import pipeline
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.entries import Received, files_of
from huizong.findings import with_sheet, words
from huizong.issue import blanks_for
from huizong.office import expected_units, init_office
from huizong.papers import SetReturns, what_to_do
from huizong.past import Opening, past_of_office, save_opening
from huizong.periods import Period
from huizong.records import SUMMARY, FigureCell, Finding
from huizong.reports import audit_lines
from huizong.sample import fill
from huizong.texts import say
from huizong.work import at_work, checked_sets

NOW = dt.datetime(2026, 4, 3, 9)
FIRST, SECOND = Period.parse("2026Q1"), Period.parse("2026Q2")


@pytest.fixture
def office(tmp_path) -> Path:
    """The sample office, with its first quarter issued."""
    folder = tmp_path / "office"
    init_office(folder, now=dt.datetime(2026, 3, 20, 9))
    with at_work(folder, NOW, "test") as work:
        pipeline.issue(work, FIRST, "TJ")
    return folder


def mediation(audited: pipeline.Audited) -> SetReturns:
    """Give how the units stand in mediation, whatever other form sets are installed."""
    return next(one for one in audited.sets if one.code == "TJ")


def test_answers_typed_for_one_period_survive_the_audit_of_another(office, tmp_path):
    """
    审核结果.xlsx shows one period; what was answered there is in the book before it is rewritten.
    """
    odd = next((office / "下发" / "2026Q1").glob("*001003_*"))
    book = openpyxl.load_workbook(odd)
    book["TJ-1 统计表"]["A8"] = "矛盾排查的次数"
    path = tmp_path / "改过名称.xlsx"
    book.save(path)
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (path,))
        pipeline.audit(work, FIRST)
        key = _answer_in_sheet(work.office.findings)
        audited = pipeline.audit(work, SECOND)
        again = pipeline.audit(work, FIRST)

    assert [answer.key for answer in audited.answers.entered] == [key]
    assert say("answer.entered", count=1) in audit_lines(audited)
    found = [one for row in mediation(again).rows for one in row.findings if one.key == key]
    assert [(one.state, one.officer) for one in found] == [("accepted", "王芳")]


def _answer_in_sheet(path: Path) -> str:
    """Type an answer beside the first question of 待办 and give its number."""
    book = openpyxl.load_workbook(path)
    sheet = book["待办"]
    heading = next(row for row in sheet.iter_rows() if row[0].value == "编号")
    columns = {cell.value: cell.column for cell in heading}
    row = heading[0].row + 1
    for name, value in (("处理", "接受"), ("核准人", "王芳"), ("理由", "已电话核实")):
        sheet.cell(row, columns[name]).value = value
    book.save(path)
    return str(sheet.cell(row, 1).value)


@pytest.mark.parametrize(
    ("code", "word"),
    [("picture", "图片"), ("archive", "压缩包"), ("csv", "CSV"), ("empty", "空的")],
)
def test_file_list_says_why_a_file_was_not_taken(code, word):
    """
    状态.xlsx gives each file that was turned away its own reason.
    """
    file = Received(
        digest="0", name="x", source="x", size=1, received_at="2026-04-03", state="returned",
        reason=code, findings=(Finding(f"file_{code}", "must", details={"kind": "zip"}),),
    )  # fmt: skip

    assert word in what_to_do(file)


def test_blank_that_was_worked_in_is_never_written_over(office):
    """
    Issuing again leaves a workbook alone in which somebody has typed, and writes beside it.
    """
    path = next((office / "下发" / "2026Q1").glob("*001002_*"))
    book = openpyxl.load_workbook(path)
    book["TJ-1 统计表"]["D8"] = 6
    book.save(path)
    before = path.read_bytes()
    with at_work(office, NOW, "test") as work:
        pipeline.issue(work, FIRST, "TJ")

    assert path.read_bytes() == before
    assert path.with_name(f"{path.stem}_2.xlsx").exists()
    assert len(list(path.parent.iterdir())) == 16


def test_year_to_date_adds_up_what_there_is(office):
    """
    With one of three earlier quarters in the books, the year so far is that one, told as 1 of 3.
    """
    form_set = checked_sets()["TJ"].form_set
    with at_work(office, NOW, "test") as work:
        code = work.office.unit.code
        figures = [Opening("2026Q3", "TJ", code, SUMMARY, "TJ01", "295", "test")]
        save_opening(work.book, figures)
        past = past_of_office(work.book, code, Period.parse("2026Q4"), form_set)

    assert past.so_far["TJ01"] == ("", "", "295")
    assert "TJ01" not in past.before
    assert (past.periods, past.expected) == (1, 3)


def test_first_quarter_begins_its_year_at_nothing(office):
    """
    In the first quarter the year to date of an issued workbook is the quarter itself.
    """
    path = next((office / "下发" / "2026Q1").glob("*001002_*"))
    sheet = openpyxl.load_workbook(path)["TJ-1 统计表"]

    assert "ROUND(D8+0,0)" in sheet["G8"].value


def test_newer_return_that_is_blocked_is_told_not_hidden(office, tmp_path):
    """
    Fault 32: a correction that must be mended leaves the earlier return in the total, and says why.
    """
    with at_work(office, NOW, "test") as work:
        good = _filled(work, tmp_path / "一.xlsx", "6")
        pipeline.collect(work, (good,))
        assert mediation(pipeline.audit(work, FIRST)).rows[1].included
        bad = _filled(work, tmp_path / "二.xlsx", "-1")
        pipeline.collect(work, (bad,))
        row = mediation(pipeline.audit(work, FIRST)).rows[1]
        states = [file.state for file in files_of(work.book)]

    assert row.included
    assert states == ["adopted", "returned"]
    assert "newer_blocked" in [one.finding.code for one in row.findings]
    assert not any(one.finding.code == "negative" for one in row.findings)
    assert "negative" in [one.finding.code for one in row.refused.findings if one.stands]


def _filled(work, path: Path, rounds: str) -> Path:
    """Fill in a community's return with so many rounds of screening."""
    checked = checked_sets()["TJ"]
    units = expected_units(work.office, FIRST, "TJ")[1:2]
    blank = blanks_for(checked, FIRST, units, work.office.unit, {})[0]
    reading = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers, stated=True)
    figures = tuple(
        FigureCell(cell.code, "number", rounds) if cell.code == "TJ01" else cell
        for cell in reading.figures
    )
    filling = msgspec.structs.replace(
        reading, figures=figures, explanations={"PL-06": "计划数按全年平均安排，本季按实际次数"}
    )
    seal = work.book.seal(blank.identity)
    write_blank(with_caches([msgspec.structs.replace(blank, filling=filling, seal=seal)])[0], path)
    return path


@pytest.mark.parametrize(
    ("code", "sheet", "label", "twice"),
    [
        ("copied_rows", "JC-L1 楼栋单元台账", "楼栋单元台账", "“楼栋单元台账”"),
        ("section_short", "TJ-T 文字报告", "工作成效", "文字报告“"),
    ],
)
def test_a_sheet_is_not_named_twice(code, sheet, label, twice):
    """
    Behind the sheet's name a sentence does not begin with that name again; alone it does.
    """
    finding = Finding(code, "explain", sheet, "", label, {"label": label, "parts": "3"})

    assert words(finding).startswith(twice)
    assert with_sheet(finding).startswith(f"“{sheet}”")
    assert twice not in with_sheet(finding)


def test_no_gap_where_a_total_has_no_cell():
    """
    A finding about a total has no cell, and leaves no doubled blank in its place.
    """
    finding = Finding("change_year", "explain", "汇总表", "", "JC01", {"label": "总户数"})

    assert "  " not in words(finding)


def test_words_name_sign_and_sides():
    """
    A broken relation says what stands there and what it should be, with its sign.
    """
    finding = Finding(
        "relation", "must", "TJ-1 统计表", "D10", "TJ-R05",
        {"relation": "TJ-R05", "rule": "书面协议件数不得大于调解成功件数", "left": "5", "sign": "≤",
         "right": "3", "difference": "2", "operands": "TJ14 5，TJ04 3"},
    )  # fmt: skip

    assert "现为 5，应≤ 3，相差 2" in words(finding)
