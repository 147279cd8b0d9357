"""Figures from before the office used Huizong: the blank, what is taken in, what is refused."""

import datetime as dt
import shutil
from pathlib import Path

import openpyxl
import pytest

from huizong import pipeline
from huizong.answers import Typed
from huizong.cli import app, run
from huizong.errors import HuizongError
from huizong.history import last_summary
from huizong.issuing import blanks_of
from huizong.office import expected_units, init_office
from huizong.opening_blank import write_history_blank
from huizong.openings import FIELDS, import_history
from huizong.past import figures_at, past_of_office
from huizong.periods import Period
from huizong.records import OWN, SUMMARY, UNIT
from huizong.work import at_work, checked_sets
from returned import good, put

STREET, PEACE, LIGHT = "990101001000", "990101001001", "990101001002"
FIRST, LAST = Period.parse("2026Q2"), Period.parse("2026Q1")
NOW = dt.datetime(2026, 7, 2, 9)
SOURCE = "2026年第一季度纸质报表"


@pytest.fixture(scope="module")
def empty_office(tmp_path_factory) -> Path:
    """A street of two communities that begins with the second quarter."""
    folder = tmp_path_factory.mktemp("openings")
    roster = folder / "名册.csv"
    lines = [f"{PEACE},和平社区,{STREET},和平居委会", f"{LIGHT},光明社区,{STREET},"]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,别名", *lines]), encoding="utf-8")
    init_office(folder / "清河街道", roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    return folder / "清河街道"


@pytest.fixture
def office(empty_office, tmp_path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(empty_office, tmp_path / "清河街道"))


def at(folder: Path):
    return at_work(folder, NOW, "test")


def row(**more: str) -> dict[str, str]:
    """A good row, with some of its fields otherwise."""
    good_row = {
        "period": "2026Q1", "set": "TJ", "unit": PEACE, "name": "和平社区", "role": "",
        "code": "TJ02", "label": "", "value": "12", "source": SOURCE,
    }  # fmt: skip
    return good_row | more


def table(path: Path, *rows: dict[str, str]) -> Path:
    """Write rows as a CSV file with the headings in its first line."""
    lines = [",".join(FIELDS), *(",".join(one[field] for field in FIELDS.values()) for one in rows)]
    path.write_text("\n".join(lines), encoding="gb18030")
    return path


def openings(work) -> list[tuple]:
    sql = "SELECT period, unit, role, code, value FROM opening ORDER BY unit, role, code"
    return work.book.ask(sql)


def test_blank_filled_in_and_imported(office, tmp_path):
    """
    The blank asks for units, 本级 and totals of all earlier periods; what is filled in is the past.
    """
    path = tmp_path / "期初.xlsx"
    with at(office) as work:
        _, count = write_history_blank(work, FIRST, path)
        asked = _fill(path, {(PEACE, "TJ02"): 12, (PEACE, "TJ04"): "9", (LIGHT, "TJ02"): "——",
                             (STREET, "TJ02"): 40})  # fmt: skip
        done = import_history(work, path)
        figures = figures_at(work.book, LAST, checked_sets()["TJ"].form_set)
        totals = past_of_office(work.book, STREET, FIRST, checked_sets()["TJ"].form_set)
        again, _ = write_history_blank(work, FIRST, tmp_path / "再.xlsx")
        kept = [one[7] for one in _rows(again) if (one[2], one[5]) == (PEACE, "TJ02")]
        event = work.book.events()[-1]

    assert {one[0] for one in asked} == {"2025Q2", "2026Q1"}
    assert {(one[2], one[4]) for one in asked} == {
        (PEACE, "本单位"), (LIGHT, "本单位"), (STREET, "本级"), (STREET, "合计"),
    }  # fmt: skip
    assert not [one for one in asked if one[5] == "TJ05"]  # a rate
    assert (len(asked), done.figures, done.blank) == (count, 5, count - 5)
    assert figures[PEACE, UNIT] == {"TJ02": "12", "TJ04": "9", "TJ05": "75"}
    assert figures[LIGHT, UNIT]["TJ02"] == "——"
    assert (figures[STREET, OWN]["TJ02"], figures[STREET, SUMMARY]["TJ02"]) == ("40", "40")
    assert totals.previous["TJ02"] == "40"
    assert kept == [None, 12]
    assert event[1:] == ("history", event[2] | {"count": 5})


def _rows(path: Path) -> list[list]:
    sheet = openpyxl.load_workbook(path).active
    rows = [[cell.value for cell in one] for one in sheet.iter_rows()]
    top = next(number for number, one in enumerate(rows) if one[0] == "报告期")
    return rows[top + 1 :]


def _fill(path: Path, figures: dict[tuple[str, str], object]) -> list[list]:
    """Type figures of the first quarter into a blank, with their source; give its rows."""
    asked = _rows(path)
    book = openpyxl.load_workbook(path)
    for one in book.active.iter_rows():
        value = figures.get((one[2].value, one[5].value))
        if one[0].value == "2026Q1" and value is not None:
            one[7].value, one[8].value = value, SOURCE
    book.save(path)
    return asked


WRONG = [
    ({"period": "一季度"}, "A2", "earlier_period"),
    ({"period": "2026M03"}, "A2", "earlier_cycle"),
    ({"period": "2026Q3"}, "A2", "earlier_not_over"),
    ({"set": "SY"}, "B2", "earlier_set"),
    ({"unit": "990101001009"}, "C2", "earlier_unit"),
    ({"unit": "和平社区"}, "C2", "earlier_unit"),
    ({"name": "光明社区"}, "D2", "earlier_name"),
    ({"role": "合计"}, "E2", "earlier_role"),
    ({"unit": STREET, "name": ""}, "E2", "earlier_role"),
    ({"code": "TJ99"}, "F2", "earlier_code"),
    ({"code": "TJ05"}, "F2", "earlier_computed"),
    ({"label": "矛盾纠纷排查次数"}, "G2", "earlier_label"),
    ({"value": "约12"}, "H2", "earlier_value"),
    ({"value": "12户"}, "H2", "earlier_value"),
    ({"value": "1.5"}, "H2", "earlier_places"),
    ({"value": "-1"}, "H2", "earlier_negative"),
    ({"source": ""}, "I2", "earlier_source"),
]


def test_one_wrong_row_keeps_all_out(office, tmp_path):
    """
    All wrong rows are named at once, a row given twice too, and nothing is taken in.
    """
    rows = [row(**fields) for fields, _, _ in WRONG]
    path = table(tmp_path / "旧数.csv", *rows, row(), row())
    with at(office) as work:
        with pytest.raises(HuizongError) as caught:
            import_history(work, path)
        entered = openings(work)
    expected = [(f"{cell[0]}{number}", code) for number, (_, cell, code) in enumerate(WRONG, 2)]
    last = len(WRONG) + 3

    assert [(one.cell, one.code) for one in caught.value.details["wrong"]] == [
        *expected, (f"F{last}", "doubled"),
    ]  # fmt: skip
    assert entered == []
    assert all(one.more in str(one) for one in caught.value.details["wrong"])


def test_names_as_people_write_them(office, tmp_path):
    """
    A period in words, a form set by its name, an alias, thousands: taken as what they say.
    """
    rows = (
        row(period="2026年第一季度", set="矛盾纠纷调解", name="和平居委会", value="1 234"),
        row(unit=STREET, name="清河街道", role="本级", code="TJ15", value="0.50"),
    )
    with at(office) as work:
        done = import_history(work, table(tmp_path / "旧数.csv", *rows))
        entered = openings(work)

    assert (done.figures, done.periods) == (2, ("2026Q1",))
    assert entered == [
        ("2026Q1", STREET, OWN, "TJ15", "0.5"), ("2026Q1", PEACE, UNIT, "TJ02", "1234"),
    ]  # fmt: skip


def test_later_row_replaces_and_return_wins(office, tmp_path):
    """
    Importing again corrects an opening; a return received later comes before it, and its rows
    are no longer asked for.
    """
    form_set = checked_sets()["TJ"].form_set
    with at(office) as work:
        import_history(work, table(tmp_path / "一.csv", row(), row(unit=LIGHT, name="")))
        import_history(work, table(tmp_path / "二.csv", row(value="13")))
        first = figures_at(work.book, LAST, form_set)
        sent = good(work, PEACE, LAST)
        put(work, sent, "和平")
        pipeline.collect(work)
        pipeline.audit(work, LAST)
        then = figures_at(work.book, LAST, form_set)
        write_history_blank(work, FIRST, tmp_path / "再.xlsx")
        asked = {(one[0], one[2]) for one in _rows(tmp_path / "再.xlsx")}

    assert (first[PEACE, UNIT]["TJ02"], first[LIGHT, UNIT]["TJ02"]) == ("13", "12")
    assert len(then[PEACE, UNIT]) > 10
    assert then[LIGHT, UNIT]["TJ02"] == "12"
    assert ("2026Q1", PEACE) not in asked
    assert {("2025Q2", PEACE), ("2026Q1", LIGHT)} <= asked


def test_source_is_told_on_blank_and_summary(office, tmp_path):
    """
    Who compares with an imported figure reads where it comes from, in the blank and the summary.
    """
    rows = (row(), row(unit=STREET, name="", role="合计", value="40", source="上报区里的汇总表"))
    with at(office) as work:
        import_history(work, table(tmp_path / "旧数.csv", *rows))
        units = expected_units(work.office, FIRST, "TJ")
        opened = [blank.opened for blank in blanks_of(work, checked_sets()["TJ"], FIRST, units)]
        put(work, good(work, PEACE, FIRST), "和平")
        pipeline.collect(work)
        _accept(work)
        pipeline.aggregate(work, FIRST)
        summary = last_summary(work.book, str(FIRST), "TJ")
    (told,) = [one.finding for one in summary.findings if one.finding.code == "past_opened"]

    assert opened == [(SOURCE,), (), ()]
    assert told.details == {"other": "上报区里的汇总表"}
    assert next(one.previous for one in summary.totals if one.code == "TJ02") == "40"


def _accept(work) -> None:
    for entry in pipeline.audit(work, FIRST).sets[0].rows:
        for one in entry.findings:
            if one.stands:
                reason = "已电话核实，原因属实有据"
                typed = Typed(key=one.key, action="accept", officer="王芳", reason=reason)
                pipeline.answer(work, str(FIRST), typed)
    pipeline.audit(work, FIRST)


def test_file_that_is_no_table_of_earlier_figures(office, tmp_path):
    """
    No headings, no figure, no workbook, no file: each is said, and nothing is entered.
    """
    (tmp_path / "别的.csv").write_text("甲,乙\n1,2", encoding="utf-8")
    (tmp_path / "坏的.xlsx").write_bytes(b"PK\x03\x04" + b"x" * 400)
    table(tmp_path / "空的.csv", row(value=""))
    codes = []
    for name in ("别的.csv", "空的.csv", "坏的.xlsx", "没有.xlsx"):
        with at(office) as work, pytest.raises(HuizongError) as caught:
            import_history(work, tmp_path / name)
        codes.append(caught.value.code)

    assert codes == [
        "error.history_headings", "error.history_empty", "error.workbook_damaged", "error.no_file",
    ]  # fmt: skip


@pytest.mark.parametrize(("cell", "found"), [("#REF!", "#REF!"), ("=1+1", "=…")])
def test_error_value_is_not_taken_for_a_blank(cell, found, office, tmp_path):
    """
    An error value, or a formula without a result, is a wrong row; nothing is entered.
    """
    book = openpyxl.Workbook()
    for at_row, one in enumerate((row(), row(code="TJ03", value=cell))):
        if not at_row:
            book.active.append(list(FIELDS))
        book.active.append([one[field] for field in FIELDS.values()])
    book.save(tmp_path / "旧数.xlsx")
    with at(office) as work:
        with pytest.raises(HuizongError) as caught:
            import_history(work, tmp_path / "旧数.xlsx")
        (wrong,) = caught.value.details["wrong"]
        assert (wrong.cell, wrong.code, wrong.found) == ("H3", "earlier_value", found)
        assert openings(work) == []


def test_history_by_the_command_line(office, tmp_path, capsys):
    """
    `history --blank` writes the blank, `history` takes it in (0) or names what is wrong (2).
    """
    now = ("--now", NOW.isoformat())
    path = str(tmp_path / "期初.xlsx")
    assert call("history", str(office), path, "--blank", "--period", "2026Q2", *now) == 0
    _fill(Path(path), {(PEACE, "TJ02"): 12})
    assert call("history", str(office), path, *now) == 0
    assert "2026Q1" in capsys.readouterr().out
    _fill(Path(path), {(PEACE, "TJ02"): "十来件"})
    assert call("history", str(office), path, *now) == 2
    assert "十来件" in capsys.readouterr().err


def call(*arguments: str) -> int:
    return run(lambda: app(list(arguments), standalone_mode=False))
