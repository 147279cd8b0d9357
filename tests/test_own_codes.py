"""Offices with a code of their own, such as a development zone, from below and from above."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from huizong import pipeline
from huizong.answers import Typed
from huizong.issuing import blanks_of
from huizong.letters_issued import issued_letters
from huizong.letters_out import reminders
from huizong.office import Office, expected_units, init_office, open_office
from huizong.openings import import_history
from huizong.placing import place
from huizong.records import PASSED, SUMMARY, Identity, Reading
from huizong.standing import standing
from huizong.work import Work, checked_sets
from returned import PERIOD, at, good, put

NOW = dt.datetime(2026, 4, 3, 9)
DISTRICT, STREET, ZONE = "990101000000", "990101001000", "Z001"
PARTS = ("Z101", "Z102")


def office_at(folder: Path, code: str, *lines: str) -> Path:
    """Make an office from the lines of its roster: code, name, office above, category."""
    folder.mkdir()
    roster = folder / "名册.csv"
    heading = "区划代码,单位名称,上级代码,类别,邮箱"
    roster.write_text("\n".join((heading, *lines)), encoding="utf-8")
    init_office(folder / "office", roster=roster, unit=code, now=NOW, sets=("SY",))
    return folder / "office"


def zone_at(folder: Path, *lines: str) -> Path:
    """Make the office of the zone, over two communities that have codes of their own too."""
    below = (f"{code},园区{code}社区,{ZONE},社区," for code in PARTS)
    return office_at(folder, ZONE, *lines, *below)


def accept_all(work: Work, findings) -> None:
    """Settle whatever stands, as an officer does."""
    for one in findings:
        if one.stands:
            typed = Typed(key=one.key, action="accept", officer="王芳", reason="已电话核实属实")
            pipeline.answer(work, str(PERIOD), typed)


def added_up(work: Work) -> pipeline.Published:
    """Collect, audit, settle, add up."""
    pipeline.collect(work)
    for _ in range(2):
        (done,) = pipeline.audit(work, PERIOD).sets
        accept_all(work, [one for row in done.rows for one in row.findings])
    (published,) = pipeline.aggregate(work, PERIOD)
    return published


@pytest.fixture(scope="module")
def district(tmp_path_factory) -> Path:
    """A district over a sub-district and a zone."""
    return office_at(
        tmp_path_factory.mktemp("zone") / "临江区",
        DISTRICT,
        f"{STREET},清河街道,{DISTRICT},街道,qinghe@example.org",
        f"{ZONE},高新园区,{DISTRICT},街道,zone@example.org",
    )


def test_zone_is_counted_like_any_sub_district(district, tmp_path):
    """
    The key goes down to the zone, its summary comes up, is expected, audited and added up; only who
    has sent none is reminded.
    """
    zone = zone_at(tmp_path / "高新园区", f"{ZONE},高新园区,{DISTRICT},街道,")
    with at(district, NOW) as work:
        issued = pipeline.issue(work, PERIOD)
        assert [(one.unit, one.role) for one in issued] == [(DISTRICT, "own")]
        letters = issued_letters(work, PERIOD)
        assert [one.unit for one in letters] == [STREET, ZONE]
        (key,) = work.office.issued(str(PERIOD)).glob("*Z001*")
    shutil.copy(key, zone / "收表")
    with at(zone) as work:
        for code in PARTS:
            put(work, good(work, code, set_code="SY"), code)
        below = added_up(work)
    shutil.copy(below.path, district / "收表")
    with at(district) as work:
        above = added_up(work)
        stands = {one.unit: one for one in standing(work, PERIOD)}
        asked = reminders(work, PERIOD)

    assert [one.unit for one in asked] == [STREET]
    assert (stands[ZONE].role, stands[ZONE].state) == (SUMMARY, PASSED)
    assert (above.summary.reported, len(above.summary.units)) == (1, 2)
    values = {one.code: (one.state, one.value) for one in below.summary.totals}
    assert {one.code: (one.state, one.value) for one in above.summary.totals} == values
    assert values["SY03"][0] == values["SY04"][0] == "number"


@pytest.mark.parametrize("line", [(), (f"{ZONE},高新园区,{DISTRICT},街道,",)])
def test_own_figures_of_the_zone_are_a_sub_districts(tmp_path, line):
    """
    The zone's own blank is a sub-district's, said so by its category or by who is below it.
    """
    with at(zone_at(tmp_path / "高新园区", *line)) as work:
        checked = checked_sets()["SY"]
        units = expected_units(work.office, PERIOD, "SY")
        laid = blanks_of(work, checked, PERIOD, units)

        assert [one.level for one in laid] == ["社区", "社区", "街道"]
        assert work.office.level == "街道"
        assert work.office.levels_of((ZONE, PARTS[0], "990101001099")) == ["街道", "社区", "社区"]


def reading(code: str, name: str, role: str) -> Reading:
    """What came from a unit."""
    return Reading(Identity("SY", "1", str(PERIOD), code, name, role))


@pytest.mark.parametrize(
    ("code", "name", "role", "reason"),
    [
        (ZONE, "高新园区", "summary", "placed"),
        (ZONE, "高新园区", "unit", "wrong_kind"),
        (STREET, "清河街道", "summary", "placed"),
        (STREET, "清河街道", "unit", "wrong_kind"),
        (STREET, "清河街道", "own", "wrong_kind"),
    ],
)
def test_offices_below_report_by_summaries(district, code, name, role, reason):
    """
    What is no summary of an office below is never counted, so it waits and says so.
    """
    office: Office = open_office(district)
    assert place(reading(code, name, role), office, (), "ok").reason == reason


def test_earlier_figures_of_the_zone_are_totals(district, tmp_path):
    """
    Figures of before that are imported for a zone are those that its summary gave.
    """
    path = tmp_path / "期初.csv"
    rows = f"2025Q4,SY,{ZONE},SY02,5,上年台账"
    heading = "报告期,报表制度,单位区划代码,指标代码,数值,来源"
    path.write_text(f"{heading}\n{rows}\n", encoding="utf-8")
    with at(district) as work:
        import_history(work, path)
        kept = work.book.ask("SELECT unit, role FROM opening WHERE code = 'SY02'")

    assert kept == [(ZONE, SUMMARY)]
