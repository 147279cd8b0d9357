"""A definition that changes while a period is open: nothing stops, nobody is asked anew."""

import datetime as dt
import shutil
from pathlib import Path

import msgspec
import pytest

from huizong import pipeline
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.checking import reading_of, verify
from huizong.entries import all_findings
from huizong.issuing import blanks_of
from huizong.office import expected_units, init_office
from huizong.periods import Period
from huizong.records import PASSED, TO_MEND, FigureCell, Reading
from huizong.reports import audit_lines
from huizong.verify import verify_sources
from huizong.work import at_work
from own_set import DEFINITION, defined, in_use

STREET, UNITS = "990101001000", {"990101001001": "光明社区", "990101001002": "和平社区"}
Q1, Q2 = Period.parse("2026Q1"), Period.parse("2026Q2")
FIRST, SECOND, LATER = (dt.datetime(2026, *day, 9) for day in ((4, 3), (7, 3), (7, 4)))
FIGURES = {"FX01": "21", "FX02": "3", "FX03": "是"}

DRILLS = next(line for line in DEFINITION.splitlines() if "FX02" in line)
REMOVED = DEFINITION.replace(DRILLS + "\n", "")
ADDED = DRILLS.replace("FX02", "FX06").replace("消防演练次数", "充电点数")
LATER_VERSION = REMOVED.replace('version = "2026.1"', 'version = "2026.2"').replace(
    "\n]\nrelations", f"\n{ADDED}\n]\nrelations"
)
DESCRIBED = 'new = ["FX06"]\nremoved = [{ code = "FX02", zh = "消防演练次数", en = "Drills" }]\n'


def report(work, period: Period, figures=FIGURES) -> None:
    """Both communities and the office fill in the blanks that they were issued."""
    pipeline.issue(work, period)
    (checked,) = work.sets(period)
    units = expected_units(work.office, period, "FX")
    for blank in blanks_of(work, checked, period, units):
        cells = tuple(
            FigureCell(code, "number" if text.isdigit() else "choice", text, "", text)
            for code, text in figures.items()
        )
        reading = Reading(identity=blank.identity, figures=cells)
        (done,) = with_caches([msgspec.structs.replace(blank, filling=reading)])
        write_blank(done, work.office.inbox / f"{period}_{blank.identity.code}.xlsx")
    pipeline.collect(work)


def states(work, period: Period = Q2) -> list[str]:
    """How the communities and the office stand."""
    (done,) = pipeline.audit(work, period).sets
    return [one.state for one in done.rows]


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    """An office whose second quarter is collected and open; in it last period's figures stand."""
    tmp_path = tmp_path_factory.mktemp("office")
    defined(tmp_path / "sets")
    roster = tmp_path / "名册.csv"
    lines = [f"{code},{name},{STREET}" for code, name in UNITS.items()]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
    folder = tmp_path / "清河街道"
    with in_use(tmp_path / "sets"):
        init_office(folder, roster=roster, unit=STREET, now=dt.datetime(2026, 1, 2, 9))
        for period, now in ((Q1, FIRST), (Q2, SECOND)):
            with at_work(folder, now, "test") as work:
                report(work, period)
                assert states(work, period) == [PASSED] * 3
                pipeline.aggregate(work, period)
    return folder


@pytest.fixture
def office(collected, tmp_path) -> Path:
    """A copy of it, to work in."""
    return shutil.copytree(collected, tmp_path / collected.name)


CHANGES = {
    "described": (LATER_VERSION, {"v2026_1": DESCRIBED}),
    "undescribed": (LATER_VERSION, {}),
    "same version": (REMOVED, {}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_figure_removed_in_an_open_period_stops_nothing(change, office, tmp_path):
    """
    Audit and aggregation of what was collected before go on; it is told once, and asked of nobody.
    """
    text, former = CHANGES[change]
    defined(tmp_path / "sets", text, **former)

    with in_use(tmp_path / "sets"), at_work(office, LATER, "test") as work:
        audited = pipeline.audit(work, Q2)
        told = [line for line in audit_lines(audited) if "2026.1" in line]
        (published,) = pipeline.aggregate(work, Q2)

    (done,) = audited.sets
    assert [one.state for one in done.rows] == [PASSED] * 3
    assert len(told) == 1
    totals = {one.code: one.value for one in published.summary.totals}
    assert totals["FX01"] == "63"
    assert "FX02" not in totals
    assert totals.get("FX06", "") == ""


def test_earlier_figures_stay_in_the_book(office, tmp_path):
    """
    What the new definition does not ask is kept, and counts again when the old one is put back.
    """
    for text, former in (CHANGES["described"], (DEFINITION, {})):
        defined(tmp_path / "sets", text, **former)
        with in_use(tmp_path / "sets"), at_work(office, LATER, "test") as work:
            pipeline.audit(work, Q2)
            (published,) = pipeline.aggregate(work, Q2)

    assert {one.code: one.value for one in published.summary.totals}["FX02"] == "9"


def test_new_figure_is_asked_of_who_was_issued_a_blank_with_it(office, tmp_path):
    """
    Nobody who has the older blank is asked; after the new blank is issued, everybody is.
    """
    text, former = CHANGES["described"]
    defined(tmp_path / "sets", text, **former)

    with in_use(tmp_path / "sets"), at_work(office, LATER, "test") as work:
        before = states(work)
        pipeline.issue(work, Q2)
        after = states(work)
        asked = {one.finding.subject for _, one in all_findings(work.book) if one.stands}

    assert before == [PASSED] * 3
    assert after == [TO_MEND] * 3
    assert asked == {"FX06"}


def summary_of(office: Path) -> Path:
    """The summary of the first quarter, made under the first definition."""
    (path,) = (office / "汇总" / "2026Q1").glob("*汇总*_v01.xlsx")
    return path


@pytest.mark.parametrize(
    ("change", "faults"), [("described", set()), ("undescribed", {"version_unknown"})]
)
def test_summary_of_an_earlier_version_is_compared_with_its_files(change, faults, office, tmp_path):
    """
    By the description of its version its files agree; without one it is said what is lacking.
    """
    text, former = CHANGES[change]
    defined(tmp_path / "sets", text, **former)

    with in_use(tmp_path / "sets"):
        done = verify(summary_of(office), office / "已收" / "原件")

    assert {one.code for one in done.faults} == faults


@pytest.mark.parametrize("code", ["FX01", "FX02", "FX03"])
def test_file_that_says_otherwise_is_found_in_an_earlier_summary(code, office, tmp_path):
    """
    A number, one that is not asked any more, and a choice that differ are named, in every unit.
    """
    text, former = CHANGES["described"]
    defined(tmp_path / "sets", text, **former)

    def other(path: Path, set_code: str) -> Reading:
        reading = reading_of(path, set_code)
        figures = [
            msgspec.structs.replace(one, value="77", typed="77") if one.code == code else one
            for one in reading.figures
        ]
        findings = [
            msgspec.structs.replace(one, details={**one.details, "found": "77"})
            if one.subject == code
            else one
            for one in reading.findings
        ]
        return msgspec.structs.replace(reading, figures=tuple(figures), findings=tuple(findings))

    with in_use(tmp_path / "sets"):
        done = verify_sources(summary_of(office), office / "已收" / "原件", other)

    assert [(one.code, one.expected) for one in done.faults] == [("source_differs", "77")] * 3
