"""The summary workbook: what stands on its sheets, and what never does."""

import datetime as dt
import re
import zipfile
from functools import cache
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from golden import as_lines, check_golden
from huizong.checkrows import MAX_TEXT
from huizong.contents import Contents, change, light
from huizong.errors import HuizongError
from huizong.pages import figure, foreign
from huizong.read import read_bytes
from huizong.records import FigureCell
from huizong.return_sheets import finding_words
from huizong.texts import speak
from huizong.verify import verify_file
from huizong.workbooks import open_workbook
from huizong.write import SHEETS, write_summary
from libreoffice import convert
from made import OFFICE, SECRETS, made_summary, tj

HOSTILE = (
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1",
    "http://evil.example/x",
    "https://x.cn",
    "\\\\srv\\x",
    "mailto:a@b.cn",
    "internal:Sheet2!A1",
    "external:c:\\x.xlsx",
    "ftp://x",
    "{=SUM(A1)}",
    "\t=1",
    "\r\n=1",
    "=",
    "==",
    "'=1",
    '"=1',
    "file:///etc/passwd",
    '=HYPERLINK("http://x")',
    '=WEBSERVICE("http://x")',
    "=IMPORTXML(1)",
    "1e5",
    "00123",
    "1/2",
    "2026-01-01",
    "TRUE",
    "#REF!",
    "\x00\x01\x1f",
    "\u202egpj.exe",
    "\u2066x\u2069",
    "\ud800",
    "\ufffe",
    "_x000D_",
    "<b>&amp;</b>",
    "]]>",
    "😀🚜",
    "a\x0bb\x0cc",
    "]" * 40,
)


@pytest.fixture
def written(tmp_path):
    """Write a summary and give its path."""

    def write(summary=None, name="汇总.xlsx", **how) -> Path:
        form_set = tj()
        if summary is None:
            summary, form_set = made_summary(**how)
        path = tmp_path / name
        write_summary(summary, form_set, path)
        return path

    return write


@pytest.fixture
def english():
    """Speak English for one test."""
    speak("en")
    yield
    speak("zh")


def parts(path: Path) -> dict[str, bytes]:
    """Give the members of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def opened(path: Path) -> dict[str, list[list[object]]]:
    """Give the rows of each sheet; read once, however often a test looks into it."""
    return {sheet.name: sheet.rows for sheet in open_workbook(path.read_bytes()).sheets}


def row_of(path: Path, sheet: str, first: object) -> list[object]:
    """Give the first row of a sheet that begins with a value (in any of its first three cells)."""
    rows = ([None if one == "" else one for one in row] for row in opened(path)[sheet])
    return next(row for row in rows if first in row[:3])


def test_summary_as_lines_of_text(written):
    """
    Every sheet looks as a person has once read it.
    """
    check_golden("summary.txt", as_lines(written(units=5, missing=1)))


def test_same_summary_gives_the_same_members(written):
    """
    Writing the same summary twice gives the same bytes in every part.
    """
    first, second = written(name="a.xlsx"), written(name="b.xlsx")

    assert parts(first) == parts(second)


def test_headings_that_readers_rely_on(written):
    """
    指标名称, 代码, 计量单位, 合计 and 本级 stand in one row of 汇总表, in this order.
    """
    assert row_of(written(), "汇总表", "指标名称") == [
        "指标名称",
        "代码",
        "计量单位",
        "合计",
        "本级",
        "各单位小计",
        "覆盖",
        "上期",
        "上年同期",
        "同比增减(%)",
        "本年累计",
        "累计覆盖",
        "备注",
    ]


def test_total_is_own_figures_and_units(written):
    """
    合计 = 本级 + 各单位小计, as numbers; the rates come from summed parts.
    """
    path = written()
    _, _, _, total, own, units, *_ = row_of(path, "汇总表", "TJ02")
    success = row_of(path, "汇总表", "TJ04")[3]
    rate = row_of(path, "汇总表", "TJ05")[3]

    assert total == own + units
    assert rate == pytest.approx(success / total * 100, abs=0.05)


def test_thirteen_of_fourteen_names_the_missing(written):
    """
    A total over 13 of 14 says so and the sheet names the unit that is missing.
    """
    path = written(units=14, missing=1)
    values = [str(value) for row in opened(path)["汇总表"] for value in row if value]
    top = next(value for value in values if value.startswith("应报 14"))

    assert "未齐（13/14），未计入：青山社区。" in top
    assert row_of(path, "汇总表", "TJ02")[6] == "13/14"
    assert row_of(path, "汇总表", "TJ02")[-1] == "未齐（13/14）"


def test_figure_left_blank_by_one_unit_names_it(written):
    """
    Where one figure lacks another unit than the rest, its row says which.
    """
    summary, _ = made_summary(units=3, missing=0)
    cut = summary.units[1].reading
    figures = tuple(
        one if one.code != "TJ14" else FigureCell("TJ14", "blank") for one in cut.figures
    )
    units = list(summary.units)
    units[1] = msgspec.structs.replace(
        units[1], reading=msgspec.structs.replace(cut, figures=figures)
    )
    totals = tuple(
        one if one.code != "TJ14" else msgspec.structs.replace(one, counted=2)
        for one in summary.totals
    )
    path = written(msgspec.structs.replace(summary, units=tuple(units), totals=totals))

    assert row_of(path, "汇总表", "TJ14")[-1] == "未齐（2/3），缺长青社区"
    assert row_of(path, "汇总表", "TJ02")[-1] is None


@pytest.mark.parametrize(
    ("state", "shown"),
    [("not_summed", "逐单位列示"), ("no_key", "不可去重"), ("blank", None), ("na", "——")],
)
def test_totals_that_are_no_number(state, shown, written):
    """
    A total without a number shows its word, nothing becomes zero.
    """
    summary, _ = made_summary(units=2, missing=0)
    totals = tuple(
        msgspec.structs.replace(one, state=state, value="") if one.code == "TJ16" else one
        for one in summary.totals
    )
    path = written(msgspec.structs.replace(summary, totals=totals))

    assert row_of(path, "汇总表", "TJ16")[3] == shown


def test_unit_not_in_the_total_has_empty_cells(written):
    """
    分单位 names a unit that is not counted, with its state and no figure.
    """
    row = row_of(written(), "分单位", "青山社区")

    assert row[:3] == [14, "青山社区", "未报"]
    assert set(row[3:]) == {None}


def test_counts_of_returns_add_up(written):
    """
    应报 is the sum of the units in each state.
    """
    rows = opened(written(units=14, missing=3))["报送情况"]
    line = next(row[0] for row in rows if row[0] and str(row[0]).startswith("应报"))
    expected, *states = map(int, re.findall(r"\d+", line.partition("；")[0]))

    assert expected == sum(states) == 14


@pytest.mark.parametrize("units", [0, 1, 14, 42, 250])
def test_any_number_of_units(units, written):
    """
    From none to very many, every sheet is there and the workbook agrees with itself.
    """
    path = written(units=units, missing=min(1, units))

    assert list(opened(path)) == [
        "汇总表",
        "分单位",
        "台账汇总",
        "计划执行",
        "问题与说明",
        "报送情况",
        "图表",
        "简报",
        "报送情况通报",
        "问题清单",
        *(["催报通知"] if units else []),
        "来源",
        "_huizong",
    ]
    assert verify_file(path).faults == ()


def test_very_many_units_stand_side_by_side(written):
    """
    Past 200 units 分单位 is turned: indicators as rows, with the same figures.
    """
    path = written(units=201, missing=0)
    row = row_of(path, "分单位", "TJ02")

    assert row[1] == "TJ02"
    assert row[3] == row_of(path, "汇总表", "TJ02")[3] == row[4] + sum(row[5:206])


def test_charts_are_native_and_titled(written):
    """
    Four charts have a title and titled axes.
    """
    charts = [part for name, part in parts(written()).items() if name.startswith("xl/charts/chart")]

    assert len(charts) == 4
    assert all(part.count(b"<c:title>") == 3 for part in charts)


def test_briefing_is_one_page_with_lights_in_words(written):
    """
    简报 is A4 portrait, one page, with ten key figures whose light is a word too.
    """
    sheet = load_workbook(written())["简报"]
    texts = [value for row in sheet.values for value in row if isinstance(value, str)]

    # XlsxWriter leaves out what is 1 anyway.
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (None, None)
    assert (int(sheet.page_setup.paperSize), sheet.page_setup.orientation) == (9, "portrait")
    assert {"绿", "红"} <= set(texts)
    assert any("缺报 1 个：青山社区" in text for text in texts)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    """
    Fault 18: a text loses control and direction characters, and is what it was otherwise.
    """
    got = foreign(text)

    assert not re.search(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe]", got
    )


def test_hostile_texts_make_no_formula_and_no_link(written):
    """
    Fault 18: forty-one hostile texts as names, files and reasons leave no formula, link or
    relation outward.
    """
    summary, _ = made_summary(units=len(HOSTILE), missing=0)
    units = tuple(
        msgspec.structs.replace(
            one,
            unit=msgspec.structs.replace(one.unit, name=text),
            file=text,
            findings=tuple(
                msgspec.structs.replace(found, explanation=text, reason=text, officer=text)
                for found in one.findings
            ),
        )
        for one, text in zip(summary.units, HOSTILE, strict=True)
    )
    path = written(msgspec.structs.replace(summary, units=units))
    found = parts(path)

    assert not [name for name, part in found.items() if b"<f>" in part or b"<f " in part]
    assert not [name for name, part in found.items() if b"<hyperlink" in part]
    assert not [name for name, part in found.items() if b"TargetMode" in part]
    assert verify_file(path).faults == ()


@pytest.mark.libreoffice
def test_hostile_texts_are_texts_in_libreoffice(written, tmp_path):
    """
    Fault 18: opened and saved by LibreOffice, the names of hostile units are the same texts.
    """
    summary, _ = made_summary(units=len(HOSTILE), missing=0)
    units = tuple(
        msgspec.structs.replace(one, unit=msgspec.structs.replace(one.unit, name=text))
        for one, text in zip(summary.units, HOSTILE, strict=True)
    )
    path = written(msgspec.structs.replace(summary, units=units))
    again = convert(path, "xlsx", tmp_path / "again")
    names, kept = ([cell.value for cell in _names(one)] for one in (path, again))

    assert {cell.data_type for cell in _names(again)} <= {"s", "n"}
    assert [one for one in kept if one is not None] == [one for one in names if one is not None]


def _names(path):
    """The cells of 分单位 in which units are named."""
    return [row[1] for row in load_workbook(path)["分单位"].iter_rows(min_row=10)]


def test_long_text_is_cut_with_a_notice():
    """
    A text that no cell can hold ends in the words that it was cut.
    """
    got = foreign("好" * 100_000)

    assert len(got) == MAX_TEXT
    assert got.endswith("（原文过长，此处截断）")


def test_personal_matters_stay_below(written):
    """
    Of names and numbers planted in twelve places of the returns none is in any part of the file.
    """
    found = parts(written(units=14, missing=0))

    for secret in SECRETS:
        assert not [name for name, part in found.items() if secret.encode() in part], secret


@pytest.mark.usefixtures("english")
def test_english(written):
    """
    One switch turns every heading and sheet name to English, and the workbook still agrees.
    """
    path = written(units=3)

    assert list(opened(path))[:3] == ["Summary", "By unit", "Ledgers"]
    assert row_of(path, "Summary", "Indicator")[:5] == [
        "Indicator",
        "Code",
        "Unit",
        "Total",
        "Own",
    ]
    assert verify_file(path).faults == ()


def test_properties_come_from_the_record(written):
    """
    The file says when the summary was made, not who sat at which machine when.
    """
    properties = load_workbook(written()).properties

    assert properties.created == dt.datetime(2026, 4, 8, 10, 30)
    assert not properties.creator


def test_too_many_units_are_refused_before_writing(tmp_path, monkeypatch):
    """
    A summary wider than a sheet is refused with its number of columns, and no file is begun.
    """
    summary, form_set = made_summary(units=1, missing=0)
    monkeypatch.setattr("huizong.write.MAX_COLUMNS", 20)

    with pytest.raises(HuizongError, match="超过 Excel 的上限 20 列"):
        write_summary(summary, form_set, tmp_path / "a.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_sheet_names_fit():
    """
    No sheet has a name that Excel refuses, in either language.
    """
    from huizong.texts import catalogue

    names = [name for key, _ in SHEETS for name in catalogue()[f"summary.sheet.{key}"].values()]

    assert all(0 < len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)


@pytest.mark.parametrize(
    ("code", "now", "before", "wanted"),
    [
        ("TJ02", "15", "10", "50.0"),
        ("TJ02", "9", "3", "——"),
        ("TJ02", "10", "0", "——"),
        ("TJ02", "10", "——", "——"),
        ("TJ02", "", "10", ""),
        ("TJ05", "95.1", "90", "5.1"),
        ("TJ15", "100.05", "99", "1.1"),
    ],
)
def test_change_has_a_minimum_base(code, now, before, wanted):
    """
    A change needs a base and one side of at least 10; a rate changes in points.
    """
    assert change(tj().by_code[code], now, before) == wanted


@pytest.mark.parametrize(
    ("code", "value", "wanted"),
    [
        ("TJ05", "95", "green"),
        ("TJ05", "94.9", "amber"),
        ("TJ05", "89.9", "red"),
        ("TJ17", "0", "green"),
        ("TJ17", "1", "red"),
        ("TJ02", "3", ""),
        ("TJ05", "——", ""),
    ],
)
def test_lights_follow_the_limits(code, value, wanted):
    """
    Green and amber are reached at their limits; without limits there is no light.
    """
    assert light(tj().by_code[code], value) == wanted


def test_figure_too_long_for_a_float_stays_exact():
    """
    Beyond fifteen digits a figure is written as text, digit for digit.
    """
    assert figure("12345678901234.5") == 12345678901234.5
    assert figure("1234567890123456.7") == "1234567890123456.7"
    assert figure("") is None


def test_plan_counts_only_what_is_in_the_totals():
    """
    A unit that is missing has no plan items.
    """
    from huizong.ledger_sheets import plan_counts

    contents = Contents(*made_summary(units=2, missing=1))

    assert plan_counts(contents.summary.units[0], contents)[""] == 4
    assert plan_counts(contents.summary.units[1], contents) == {}


@pytest.mark.parametrize(("units", "language"), [(14, "zh"), (14, "en"), (201, "zh")])
def test_summary_is_a_return_one_level_up(units, language, written):
    """
    The upper office reads the same totals, own figures, coverage, ledgers and reasons.
    """
    summary, _ = made_summary(units=units, missing=1)
    speak(language)
    path = written(summary)
    speak("zh")
    (got,) = read_bytes(path.read_bytes()).readings

    assert got.findings == ()
    assert (got.identity.code, got.identity.role, got.seal) == (OFFICE, "summary", summary.seal)
    assert {one.code: one.value for one in got.figures} == {
        one.code: one.value for one in summary.totals
    }
    assert {one.code: one.value for one in got.own} == {
        one.code: one.own.value for one in summary.totals
    }
    assert (got.expected, got.reported) == (units, units - 1)
    last = summary.units[-1].unit
    assert got.missing == (f"{last.code} {last.name}",)
    assert got.ledger_totals == summary.ledger_totals
    assert list(got.explanations) == ["TJ-R12"]


def test_figure_with_personal_column_is_not_repeated():
    """
    What stands in a ledger's column of persons is named by its cell only.
    """
    summary, form_set = made_summary(units=4, missing=0)
    entry = summary.units[3]
    text = finding_words(entry.findings[0], form_set, entry)

    assert "C5" in text
    assert SECRETS[0] not in text
