"""Monthly, quarterly, half-yearly, yearly and ad hoc form sets, each the whole way."""

import datetime as dt
from pathlib import Path

import msgspec
import openpyxl
import pytest

from huizong import pipeline
from huizong.answers import Typed
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.checking import verify
from huizong.children import Children
from huizong.errors import HuizongError
from huizong.forms import read_form_set
from huizong.issue import planned
from huizong.issuing import blanks_of
from huizong.office import expected_units, init_office
from huizong.past import Opening, save_opening
from huizong.periods import Period
from huizong.records import SUMMARY, UNIT, FigureCell, Reading
from huizong.take_in import TASK
from huizong.work import at_work, checked_sets

STREET, UNITS = "990101001000", {"990101001001": "和平社区", "990101001002": "光明社区"}
PEACE, LIGHT = UNITS
DEFINITION = """
code = "C{kind}"
version = "2026.1"
zh = "{name}样例"
en = "Sample {kind}"
title = "{name}样例统计表"
form_no = "HZ-C{kind}-1"
cycle = "{kind}"
indicators = [
  {{ code = "C{kind}01", zh = "走访次数", en = "Visits", unit = "次", type = "int", time = "flow", required = true, min = 0 }},
  {{ code = "C{kind}02", zh = "在册户数", en = "Households", unit = "户", type = "int", time = "stock", required = true, min = 0 }},
  {{ code = "C{kind}03", zh = "户均走访", en = "Visits a household", unit = "%", type = "percent", time = "flow", total = "ratio", ratio = "C{kind}01 / C{kind}02" }},
]
relations = [
  {{ id = "C{kind}-R01", level = "explain", rule = "C{kind}02 >= PREV(C{kind}02)", zh = "在册户数少于上期，请说明", en = "Fewer households than last period" }},
]
"""  # noqa: E501  the form of a definition
NAMES = {"M": "月报", "Q": "季报", "H": "半年报", "Y": "年报", "D": "临时"}


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """A form set of every cycle in a folder of its own, and child processes that read by them."""
    root = tmp_path_factory.mktemp("templates")
    for kind, name in NAMES.items():
        folder = root / f"C{kind}"
        folder.mkdir()
        text = DEFINITION.format(kind=kind, name=name)
        (folder / "definition.toml").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, Children(2, TASK) as readers:
        patch.setenv("HUIZONG_TEMPLATES", str(root))
        checked_sets.cache_clear()
        yield readers
    checked_sets.cache_clear()


@pytest.fixture
def office(tmp_path) -> Path:
    """A street over two communities."""
    roster = tmp_path / "名册.csv"
    lines = [f"{code},{name},{STREET}" for code, name in UNITS.items()]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
    folder = tmp_path / "清河街道"
    init_office(folder, roster=roster, unit=STREET, now=dt.datetime(2026, 1, 2, 9))
    return folder


def after(period: Period, folder: Path):
    """Open the office two days after a period."""
    return at_work(folder, dt.datetime.combine(period.end, dt.time(9)) + dt.timedelta(2), "test")


def report(work, readers: Children, period: Period) -> None:
    """Both communities and the office report, each one visit and household more."""
    (checked,) = work.sets(period)
    code = checked.form_set.code
    units = expected_units(work.office, period, code)
    for number, blank in enumerate(blanks_of(work, checked, period, units)):
        figures = {"01": 10 + number, "02": 100 + number}
        cells = tuple(
            FigureCell(f"{code}{end}", "number", str(value)) for end, value in figures.items()
        )
        reading = Reading(identity=blank.identity, figures=cells)
        (done,) = with_caches([msgspec.structs.replace(blank, filling=reading)])
        write_blank(done, work.office.inbox / f"{period}_{number}.xlsx")
    pipeline.collect(work, readers=readers)
    for entry in pipeline.audit(work, period).sets[0].rows:
        for one in (found for found in entry.findings if found.stands):
            reason = "已电话核实，原因属实有据"
            typed = Typed(key=one.key, action="accept", officer="王芳", reason=reason)
            pipeline.answer(work, str(period), typed)
    pipeline.audit(work, period)


WHOLE = [
    # cycle, period, the one before, a year ago; the year to date of a flow with both
    ("M", "2026M02", "2026M01", "2025M02", "2026年2月", "66"),
    ("Q", "2026Q2", "2026Q1", "2025Q2", "2026年第二季度", "66"),
    ("H", "2026H2", "2026H1", "2025H2", "2026年下半年", "66"),
    ("Y", "2026Y", "2025Y", "2025Y", "2026年度", "33"),
    ("D", "D20260101-20260215", "", "", "2026.01.01-2026.02.15", "33"),
]


@pytest.mark.parametrize(("kind", "text", "before", "year_ago", "name", "to_date"), WHOLE)
def test_each_cycle_the_whole_way(office, readers, kind, text, before, year_ago, name, to_date):
    """
    Issued, filled in, collected, audited and added up, beside the right periods of the past.
    """
    period = Period.parse(text)
    if before:
        with after(Period.parse(before), office) as work:
            report(work, readers, Period.parse(before))
            pipeline.aggregate(work, Period.parse(before))
    with after(period, office) as work:
        if year_ago != before:
            opening = (year_ago, f"C{kind}", PEACE, UNIT, f"C{kind}01", "7", "旧报表")
            save_opening(work.book, [Opening(*opening)])
        issued = {one.unit: one.path for one in pipeline.issue(work, period)}
        sheet = openpyxl.load_workbook(office / "下发" / text / issued[PEACE]).worksheets[1]
        shown = {row[1].value: [cell.value for cell in row[4:6]] for row in sheet.iter_rows()}
        report(work, readers, period)
        (published,) = pipeline.aggregate(work, period)
    totals = {one.code: one for one in published.summary.totals}
    flow, stock, rate = (totals[f"C{kind}0{number}"] for number in (1, 2, 3))

    past = [10 if before else None, 10 if before == year_ago and before else 7 if before else None]
    assert shown[f"C{kind}01"] == past
    assert any(name in str(cell.value) for row in sheet.iter_rows(max_row=4) for cell in row)
    assert (flow.value, stock.value, rate.value) == ("33", "303", "10.9")
    assert (flow.previous, stock.previous) == (("33", "303") if before else ("", ""))
    assert (flow.ytd, flow.ytd_coverage, stock.ytd) == (to_date, "", "303")
    assert (flow.counted, flow.expected) == (2, 2)
    assert verify(published.path).ok


@pytest.mark.parametrize(
    ("first", "last", "coverage"),
    [("2026M01", "2026M03", "2/3"), ("2026Q1", "2026Q3", "2/3"), ("", "2026H2", "1/2")],
)
def test_absent_period_shows_in_the_year_to_date(office, readers, first, last, coverage):
    """
    A year to date with a period missing adds up what there is and says of how many; the blank of a
    unit leaves it out rather than counting the missing period as nothing.
    """
    if first:
        with after(Period.parse(first), office) as work:
            report(work, readers, Period.parse(first))
            pipeline.aggregate(work, Period.parse(first))
    period = Period.parse(last)
    with after(period, office) as work:
        (checked,) = work.sets(period)
        units = expected_units(work.office, period, checked.form_set.code)
        blank = blanks_of(work, checked, period, units)[0]
        report(work, readers, period)
        (published,) = pipeline.aggregate(work, period)
    flow = published.summary.totals[0]

    assert (flow.ytd, flow.ytd_coverage) == ("66" if first else "33", coverage)
    assert flow.code not in blank.before
    assert (flow.previous, flow.year_ago) == ("", "")


@pytest.mark.usefixtures("readers")
def test_sets_of_other_cycles_are_left_alone(office):
    """
    A month's blanks are those of the monthly set only, whatever else the office collects.
    """
    with after(Period.parse("2026M03"), office) as work:
        issued = pipeline.issue(work, Period.parse("2026M03"))
        sets = {cycle: [one.form_set.code for one in work.sets(Period.parse(of))]
                for cycle, of in (("Q", "2026Q1"), ("Y", "2025Y"))}  # fmt: skip

    assert {one.set_code for one in issued} == {"CM"}
    assert sets == {"Q": ["CQ"], "Y": ["CY"]}


def test_totals_of_an_ad_hoc_period_follow_no_other(office, readers):
    """
    An opening of last year's same days is no past of ad hoc dates: they have none.
    """
    period = Period.parse("D20260101-20260215")
    with after(period, office) as work:
        last = ("D20250101-20250215", "CD", STREET, SUMMARY, "CD01", "9", "旧报表")
        save_opening(work.book, [Opening(*last)])
        report(work, readers, period)
        (published,) = pipeline.aggregate(work, period)

    assert {(one.previous, one.year_ago) for one in published.summary.totals} == {("", "")}


@pytest.mark.parametrize(
    ("text", "quarters"),
    [("2026M05", (2,)), ("2026Q3", (3,)), ("2026H2", (3, 4)), ("2026Y", (1, 2, 3, 4)),
     ("D20260201-20260410", (1, 2)), ("D20261201-20270110", (4,))],
)  # fmt: skip
def test_plan_items_of_all_quarters_of_a_period_stand_in_it(text, quarters):
    """
    A half-year's plan holds the items of both its quarters.
    """
    form_set = read_form_set(Path(__file__).parents[1] / "templates" / "TJ")
    (rows,) = planned(form_set, Period.parse(text))
    wanted = [one.item for one in form_set.plan_items if set(one.quarters) & set(quarters)]

    assert Period.parse(text).quarters == quarters
    assert [row[rows.keys.index("item")] for row in rows.rows] == wanted


@pytest.mark.parametrize("text", ["2026M05", "2026Q3", "2026H2", "2026Y", "D20260201-20260410"])
def test_period_is_read_as_it_is_written(text):
    """
    The name of a period in a heading, in either language, is read as that period.
    """
    period = Period.parse(text)

    assert Period.named(period.zh) == Period.named(period.en) == period


@pytest.mark.parametrize("text", ["2026.02.30-2026.03.01", "2026.03.01-2026.02.01", "2026.01.01"])
def test_dates_that_are_no_period(text):
    """
    A day that does not exist, an end before the start, or one day alone is no period.
    """
    assert Period.named(text) is None


@pytest.mark.parametrize(
    "text",
    ["0000Q1", "9999Q4", "0001Y", "1900M12", "2101H1", "2026Q5", "D00010101-20260101",
     "D20261301-20261302", "D20260102-20260101", ""],
)  # fmt: skip
def test_text_that_is_no_period(text):
    """
    A year that nobody reports about is refused like any other text that is no period.
    """
    with pytest.raises(HuizongError) as caught:
        Period.parse(text)

    assert caught.value.code == "error.period"
    assert Period.named(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [("0001年第一季度", None), ("9999年度", None), ("9999年下半年", None), ("2026年13月", None),
     ("0001.1.1-0001.2.1", None), ("2026.1.1-2026.13.1", None), ("2026年第一季度", "2026Q1"),
     ("２０２６年下半年", "2026H2"), ("2026年3月", "2026M03"), ("2026年度", "2026Y"),
     ("2026.1.1-2026.2.15", "D20260101-20260215"), ("2026m03", "2026M03")],
)  # fmt: skip
def test_period_as_a_heading_has_it(text, code):
    """
    A heading names a period in words, by two dates or in short; what is none names none.
    """
    found = Period.named(text)

    assert (str(found) if found else None) == code
    assert found is None or found.kind == "D" or found.year_ago.year_ago


def test_first_and_last_period_have_neighbours():
    """
    The oldest and the newest year that a period may have still have a year before them.
    """
    assert str(Period.parse("1901Q1").previous) == "1900Q4"
    assert str(Period.parse("2100Q4").year_ago) == "2099Q4"
