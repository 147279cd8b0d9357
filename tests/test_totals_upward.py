"""What an office may honestly say of its totals, and what the office above makes of it."""

import datetime as dt
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import openpyxl
import pytest

from huizong import pipeline
from huizong.answers import Typed
from huizong.desk import Blank
from huizong.history import closed_periods, last_summary, summaries_of
from huizong.issuing import blanks_of
from huizong.office import init_office
from huizong.periods import Period
from huizong.read import read_bytes
from huizong.read_figures import Rows, find_heading, find_rows, left_out, read_figures
from huizong.ready import ready_to_submit
from huizong.records import PASSED, TO_MEND, AuditedFinding, Summary, UnitReturn
from huizong.sample import fill
from huizong.sheets import folded
from huizong.work import Work, at_work, checked_sets
from huizong.workbooks import open_workbook
from relation_sets import constructs
from returned import PERIOD, SENT, at, good, put, with_figure

SECOND, LATER = Period.parse("2026Q2"), dt.datetime(2026, 7, 3, 10)
COMMUNITIES = {"990101001001": "和平社区", "990101001002": "光明社区"}
STREET, DISTRICT, CITY = "990101001000", "990101000000", "990100000000"
WHO, WHY = "王芳", "光明社区本季缺报，已电话核实"


def office_over(
    folder: Path, code: str, units: dict[str, str], sets: Sequence[str] = ("SY",)
) -> Path:
    """Make an office that collects double support (SY), or other sets, from these units."""
    roster = folder.with_suffix(".csv")
    lines = [f"{unit},{name},{code}" for unit, name in units.items()]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
    init_office(folder, roster=roster, unit=code, now=SENT, sets=tuple(sets))
    return folder


def accept(work: Work, period: Period, findings: Sequence[AuditedFinding]) -> None:
    """Answer what an officer may answer; what must be mended is not."""
    for one in findings:
        if one.stands and one.finding.level in ("explain", "release", "ask"):
            typed = Typed(key=one.key, action="accept", officer=WHO, reason=WHY)
            pipeline.answer(work, str(period), typed)


def quarter(work: Work, period: Period, reached: dict[str, str]) -> Summary:
    """Take in the communities' returns, add up, and give the reasons for what is asked."""
    for code, figure in reached.items():
        put(work, with_figure(good(work, code, period, "SY"), "SY18", figure), f"{period}{code}")
    settled(work, period)
    return last_summary(work.book, str(period), "SY")


def settled(work: Work, period: Period) -> None:
    """Collect, answer, add up, answer what is asked of the totals, and add up again."""
    pipeline.collect(work)
    for sent in pipeline.audit(work, period).sets:
        for row in sent.rows:
            accept(work, period, row.findings)
    for made in pipeline.aggregate(work, period):
        accept(work, period, made.summary.findings)
    pipeline.aggregate(work, period)


def taken_in(work: Work, period: Period, path: Path) -> UnitReturn:
    """Put a summary from below into 收表, audit it, and tell how its unit stands."""
    shutil.copy(path, work.office.inbox / path.name)
    pipeline.collect(work)
    (sent,) = pipeline.audit(work, period).sets
    return next(row for row in sent.rows if row.digest)


def summary_path(folder: Path, period: Period = PERIOD, code: str = "SY") -> Path:
    """The last version of an office's summary."""
    with at(folder) as work:
        return work.office.summary_file(summaries_of(work.book, str(period), code)[-1])


def of(findings: Sequence[AuditedFinding], subject: str) -> list[tuple[str, str, str]]:
    return [
        (one.finding.code, one.finding.level, one.state)
        for one in findings
        if one.finding.subject == subject
    ]


def test_fewer_units_than_last_quarter(tmp_path):
    """
    Where a unit is missing a total to date falls: its office says why, closes, and goes up.

    The reason goes up with the figure, and the summary passes in the district as it is.
    """
    street = office_over(tmp_path / "清河街道", STREET, COMMUNITIES)
    with at(street) as work:
        quarter(work, PERIOD, dict.fromkeys(COMMUNITIES, "500"))
    with at(street, LATER) as work:
        made = quarter(work, SECOND, {"990101001001": "600"})
        assert (made.reported, len(made.units)) == (1, 2)
        assert of(made.findings, "SY18") == [("falling_total", "explain", "accepted")]
        assert ready_to_submit(work, SECOND, "SY") == ()
        pipeline.close(work, SECOND, WHO, "审定")
        assert str(SECOND) in closed_periods(work.book)

    first, second = (summary_path(street, period) for period in (PERIOD, SECOND))
    district = office_over(tmp_path / "临江区", DISTRICT, {STREET: "清河街道"})
    with at(district, LATER) as work:
        taken_in(work, PERIOD, first)
        got = taken_in(work, SECOND, second)

    assert of(got.findings, "SY18") == [("falling_total", "explain", "explained")]
    assert got.state == PASSED


@pytest.mark.parametrize(
    ("sent", "asked"),
    [(["990101001001"], ()), ([*COMMUNITIES], (("relation", "explain", "accepted"),))],
)
def test_totals_of_two_sets(tmp_path, sent, asked):
    """
    More people reached than live there is asked only where both totals are of the same units.

    The office's own figures are in one of the two here. The district that receives both summaries
    sees by their coverage whether they go together.
    """
    street = office_over(tmp_path / "清河街道", STREET, COMMUNITIES, ("JC", "SY"))
    with at(street) as work:
        for code in sent:
            put(work, good(work, code, PERIOD, "JC"), f"基本情况{code}")
        for code in COMMUNITIES:
            put(work, with_figure(good(work, code, PERIOD, "SY"), "SY18", "3000"), code)
        put(work, with_figure(own_blank(work, "SY"), "SY18", "20000"), "本级")
        settled(work, PERIOD)
        made = last_summary(work.book, str(PERIOD), "SY")
        assert {one.code: one.value for one in made.totals}["SY18"] == "26000"
        assert of(made.findings, "SY-R08") == list(asked)
        assert ready_to_submit(work, PERIOD, "SY") == ()

    paths = [summary_path(street, code=code) for code in ("JC", "SY")]
    district = office_over(tmp_path / "临江区", DISTRICT, {STREET: "清河街道"}, ("JC", "SY"))
    with at(district) as work:
        for path in paths:
            shutil.copy(path, work.office.inbox)
        pipeline.collect(work)
        for _ in range(2):
            sets = {one.code: one for one in pipeline.audit(work, PERIOD).sets}

    (got,) = sets["SY"].returns
    assert sets["JC"].returns[0].included
    assert got.state == PASSED
    assert of(got.findings, "SY-R08") == [(*one[:2], "explained") for one in asked]


def own_blank(work: Work, set_code: str) -> Blank:
    """Fill in the blank for the office's own figures without a fault."""
    checked = checked_sets()[set_code]
    blank = blanks_of(work, checked, PERIOD, [])[-1]
    filled = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers)
    return msgspec.structs.replace(blank, filling=filled)


@pytest.fixture(scope="module")
def district(tmp_path_factory) -> Path:
    """A district whose names cannot be recounted: its sub-district has no key from above."""
    folder = tmp_path_factory.mktemp("offices")
    street = office_over(folder / "清河街道", STREET, COMMUNITIES)
    with at(street) as work:
        quarter(work, PERIOD, dict.fromkeys(COMMUNITIES, "500"))
    district = office_over(folder / "临江区", DISTRICT, {STREET: "清河街道"})
    path = summary_path(street)
    with at(district) as work:
        taken_in(work, PERIOD, path)
        made = quarter(work, PERIOD, {})
    assert {one.code: one.state for one in made.totals}["SY03"] == "no_key"
    return district


def test_a_total_that_cannot_be_recounted_stops_nothing_above(district, tmp_path):
    """
    A district says 不可去重 of one figure: it passes, its others are counted, and the city says it.
    """
    city = office_over(tmp_path / "市", CITY, {DISTRICT: "临江区"})
    path = summary_path(district)
    with at_work(city, SENT, "test") as work:
        got = taken_in(work, PERIOD, path)
        assert (got.state, got.included) == (PASSED, True)
        made = quarter(work, PERIOD, {})

    with at(district) as work:
        below = last_summary(work.book, str(PERIOD), "SY")
    states = {one.code: (one.state, one.value) for one in made.totals}
    assert states == {one.code: (one.state, one.value) for one in below.totals}
    assert states["SY03"] == ("no_key", "")
    assert states["SY18"] == ("number", "1000")


@pytest.mark.parametrize("text", [None, "不可去重"])
def test_emptied_total_is_told(district, tmp_path, text):
    """
    A total that was emptied, or has another figure's word in its place, is asked for by name.
    """
    path = tmp_path / "改.xlsx"
    book = openpyxl.load_workbook(summary_path(district))
    sheet = book["汇总表"]
    (row,) = (row for row in sheet.iter_rows() if row[1].value == "SY02")
    row[3].value = text
    book.save(path)
    city = office_over(tmp_path / "市", CITY, {DISTRICT: "临江区"})
    with at_work(city, SENT, "test") as work:
        got = taken_in(work, PERIOD, path)

    asked = [one.finding.subject for one in got.findings if one.finding.code == "required"]
    assert (asked, got.state) == (["SY02"], TO_MEND)


def test_what_a_summary_leaves_out_is_read(district):
    """
    The total without a key (SY03) is read as left out, and the rate that the coverage says 0/1 of.
    """
    (reading,) = read_bytes(summary_path(district).read_bytes()).readings

    assert reading.left_out == ("SY03", "SY17")


def test_words_in_place_of_totals(tmp_path):
    """
    逐单位列示 stands for a date or a choice, 不可去重 for names; elsewhere both are wrong.

    No figure is read where a word stands, and nothing is wrong with the cell.
    """
    rows = [
        ["指标名称", "代码", "计量单位", "合计", "覆盖"],
        ["户数", "KK01", "户", 12, "2/2"],
        ["人数", "KK02", "人", "逐单位列示", "2/2"],
        ["件数", "KK03", "件", "不可去重", "2/2"],
        ["次数", "KK04", "次", None, "0/2"],
        ["经费", "KK07", "万元", None, "2/2"],
        ["结论", "KK08", "", "逐单位列示", "2/2"],
        ["命名日期", "KK09", "", "逐单位列示", "2/2"],
    ]
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "汇总.xlsx")
    opened = open_workbook((tmp_path / "汇总.xlsx").read_bytes())
    form_set, sheet = constructs()["KK"].form_set, opened.sheets[0]
    heading = find_heading(folded(sheet))
    found = find_rows(sheet, heading, form_set)
    figures, faults = read_figures(
        sheet, heading, Rows(found.found), form_set, book=opened, zero_report=False
    )

    assert left_out(sheet, heading, found, form_set) == ("KK04", "KK08", "KK09")
    states = {one.code: one.state for one in figures if one.code in found.found}
    assert states == dict.fromkeys(found.found, "blank") | {"KK01": "number"}
    assert faults == ()
