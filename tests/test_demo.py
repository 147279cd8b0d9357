"""The whole way: two quarters of a district, played once, and what must be true of it."""

import datetime as dt
import hashlib
from decimal import Decimal
from pathlib import Path

import pytest

from huizong.checking import verify
from huizong.demo import PERIODS, STREETS, Played, play
from huizong.editions import Published
from huizong.examine import examine
from huizong.history import last_summary
from huizong.office import init_office, open_office
from huizong.pipeline import audit, collect
from huizong.publish import publish
from huizong.read import Read, read_bytes
from huizong.records import Reading, Summary
from huizong.work import Work, at_work, checked_sets
from huizong.workbooks import open_workbook

pytestmark = pytest.mark.slow
LAST = str(PERIODS[-1])
NOW = dt.datetime(2026, 2, 1, 9)


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Played:
    """The demo, played in an empty folder."""
    return play(tmp_path_factory.mktemp("demo") / "demo")


def reading_of(path: Path) -> Reading:
    """Read a workbook as the collection does."""
    result = read_bytes(path.read_bytes())
    assert isinstance(result, Read)
    return result.readings[0]


def summary_of(folder: Path, period: str = LAST) -> Summary:
    """Give the last summary of an office from its book."""
    with at_work(folder, NOW, "test") as work:
        found = last_summary(work.book, period, "TJ")
    assert found is not None
    return found


def test_known_dirt_comes_out_as_it_should(played):
    """
    Every dirty return of the demo gets the outcome that its definition states.
    """
    wrong = [outcome for outcome in played.outcomes if outcome[2] != outcome[3]]

    assert len(played.outcomes) == 20
    assert wrong == []


def test_district_is_the_sum_of_its_sub_districts(played):
    """
    The district's total of every summed figure is the sum of the three summaries and its own.
    """
    district = summary_of(played.district)
    streets = [summary_of(site.folder) for site in played.sites]
    by_code = checked_sets()["TJ"].form_set.by_code

    for total in district.totals:
        if by_code[total.code].total == "sum":
            values = [next(t.value for t in s.totals if t.code == total.code) for s in streets]
            own = total.own.value if total.own and total.own.value else "0"
            assert Decimal(total.value) == sum(map(Decimal, [*values, own])), total.code


def test_rates_come_from_summed_parts(played):
    """
    The district's success rate is successful over accepted, not a mean of rates.
    """
    totals = {total.code: total.value for total in summary_of(played.district).totals}
    exact = Decimal(totals["TJ04"]) / Decimal(totals["TJ02"]) * 100

    assert abs(Decimal(totals["TJ05"]) - exact) <= Decimal("0.05")


def test_stated_year_is_41_accepted_and_39_settled(played):
    """
    The community of the document reaches 41 disputes accepted and 39 settled over the year.
    """
    street = played.sites[0].folder
    (path,) = (street / "已收" / LAST).glob("*990101001001*")
    sheet = next(one for one in open_workbook(path.read_bytes()).sheets if "统计表" in one.name)
    heading = next(row for row in sheet.rows if "本年累计" in row)
    at, code = heading.index("本年累计"), heading.index("代码")
    year = {row[code]: row[at] for row in sheet.rows if len(row) > at}

    assert (year["TJ02"], year["TJ04"], year["TJ05"]) == (41, 39, 95.1)


def test_missing_community_is_named(played):
    """
    A total over 13 of 14 says so and names the one that is missing.
    """
    summary = summary_of(played.sites[1].folder)
    absent = [one.unit.name for one in summary.units if not one.included]

    assert (summary.reported, len(summary.units), absent) == (13, 14, ["新港社区"])


def test_district_names_what_is_missing_two_levels_down(played):
    """
    The district has all three summaries, and still says that one covers 13 of 14, and who lacks.
    """
    sheet = open_workbook(played.summaries[-1].read_bytes()).sheets[0]
    head = " ".join(str(cell) for row in sheet.rows[:6] for cell in row)

    assert "南湖街道只含 13/14，缺：990101002014 新港社区" in head


def test_own_figures_are_in_every_total(played):
    """
    In the demo every office's own figures have passed and stand in its totals.
    """
    for folder in (played.district, *(site.folder for site in played.sites)):
        own = summary_of(folder).own
        assert own is not None
        assert own.included, folder.name


def test_summaries_verify_against_their_sources(played):
    """
    Every summary of the demo holds against itself and against the files it came from.
    """
    offices = [played.district, *(site.folder for site in played.sites)]
    for path in played.summaries:
        office = next(one for one in offices if one in path.parents)
        assert verify(path, office / "已收").faults == (), path.name


def test_files_are_in_one_state_each_and_add_up(played):
    """
    Every file in 收表 is stored unchanged under its digest, and the states add up (I1, I2).
    """
    for site in played.sites:
        office = open_office(site.folder)
        with at_work(site.folder, NOW, "test") as work:
            entered = dict(work.book.ask("SELECT digest, state FROM file"))
        digests = {
            hashlib.sha256(path.read_bytes()).hexdigest()
            for path in office.inbox.iterdir()
            if not path.name.startswith(("~$", "."))
        }
        stored = {hashlib.sha256(p.read_bytes()).hexdigest() for p in office.originals.iterdir()}
        # One sender put a file over an earlier one: it is gone from 收表, not from the originals.
        assert digests <= stored
        assert stored == set(entered)


def test_running_again_changes_nothing(played):
    """
    Collecting, auditing and adding up once more gives the same summary and no new version.
    """
    site = played.sites[2]
    before = summary_of(site.folder)
    with at_work(site.folder, NOW, "test") as work:
        assert collect(work).stored == ()
        audit(work, PERIODS[-1])
        again = _publish(work)

    assert not again.new
    assert again.summary == before


def test_city_adds_up_the_district_without_a_change_of_code(played, tmp_path):
    """
    The same program one level up: a city over one district that reported and one that did not.
    """
    city = _city(tmp_path)
    path = played.summaries[-1]
    (city / "收表" / path.name).write_bytes(path.read_bytes())
    with at_work(city, NOW, "test") as work:
        assert len(collect(work).filed) == 1
        audit(work, PERIODS[-1])
        made = _publish(work)

    district = {total.code: total.value for total in summary_of(played.district).totals}
    assert {total.code: total.value for total in made.summary.totals} == district
    assert (made.summary.reported, len(made.summary.units)) == (1, 2)
    assert reading_of(made.path).identity.code == "990100000000"


def _publish(work: Work) -> Published:
    checked = checked_sets()["TJ"]
    return publish(work, checked, PERIODS[-1], examine(work, checked, PERIODS[-1]))


def _city(tmp_path: Path) -> Path:
    roster = tmp_path / "roster.csv"
    lines = ("区划代码,单位名称,上级代码", "990100000000,东江市,990000000000")
    districts = ("990101000000,临江区,990100000000", "990102000000,山南区,990100000000")
    roster.write_text("\n".join((*lines, *districts)), encoding="utf-8")
    init_office(tmp_path / "city", roster=roster, unit="990100000000", now=NOW)
    return tmp_path / "city"


def test_no_name_goes_upward(played):
    """
    No surname with 某 from a ledger, no party, no mediator stands in any summary.
    """
    for path in played.summaries:
        book = open_workbook(path.read_bytes())
        texts = [str(cell) for sheet in book.sheets for row in sheet.rows for cell in row]
        assert [text for text in texts if "某" in text] == []


def test_sub_districts_are_three(played):
    """
    A district over three sub-districts with 14 communities each.
    """
    assert len(played.sites) == len(STREETS) == 3
    for site in played.sites:
        office = open_office(site.folder)
        assert sum(unit.parent == office.unit.code for unit in office.roster) == 14
