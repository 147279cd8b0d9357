"""Units merged, split, renamed and new: their past as they are now (corrections.md 9)."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import msgspec
import openpyxl
import pytest

from huizong import pipeline
from huizong.answers import Typed
from huizong.blank import write_blank
from huizong.book import create_book, open_book
from huizong.caches import with_caches
from huizong.console import FILE
from huizong.errors import HuizongError
from huizong.issuing import blanks_of
from huizong.office import expected_units, init_office
from huizong.past import Opening, joined_rows, rows_carried, save_opening
from huizong.periods import Period
from huizong.records import SUMMARY, UNIT, FigureCell, Identity, LedgerRows, Reading, Unit
from huizong.restate import moves, pasts_of, redefined_in
from huizong.roster import read_roster
from huizong.sample import fill
from huizong.work import at_work, checked_sets

STREET = "990101001000"
PEACE, LIGHT, EAST, WEST, NEW = (f"99010100100{number}" for number in range(1, 6))
Q4, Q1, Q2, Q3 = (Period.parse(one) for one in ("2025Q4", "2026Q1", "2026Q2", "2026Q3"))
MERGED, BEGUN = dt.date(2026, 5, 15), dt.date(2026, 5, 16)


def unit(code: str, name: str, **more: object) -> Unit:
    return Unit(code=code, name=name, parent=STREET, category="社区", **more)


MERGERS = (
    unit(PEACE, "和平社区", until=MERGED, successors=(LIGHT,)),
    unit(LIGHT, "光明社区"),
    unit(EAST, "东风社区", until=MERGED, successors=(WEST, NEW)),
    unit(WEST, "西苑社区", since=BEGUN),
    unit(NEW, "新村社区", since=BEGUN),
)


@pytest.fixture
def book(tmp_path):
    """An empty open book."""
    create_book(tmp_path / "huizong.db", "2026-07-01T09:00:00")
    with open_book(tmp_path / "huizong.db") as book:
        yield book


def opened(book, period: Period, code: str, set_code: str = "TJ", **figures: str) -> None:
    """Enter figures of an earlier period."""
    save_opening(
        book,
        (Opening(str(period), set_code, code, UNIT, one, value, "旧报表")
         for one, value in figures.items()),
    )  # fmt: skip


def past(book, code: str, period: Period = Q2, set_code: str = "TJ", units=()):
    return pasts_of(book, MERGERS, checked_sets()[set_code], period, units)[code, UNIT]


@pytest.mark.parametrize("units", [(), (LIGHT,)])
def test_merged_units_have_the_sum_of_their_pasts(book, units):
    """
    Flows and stocks are added up, rates worked out from the sums, whoever is asked for.
    """
    opened(book, Q1, PEACE, TJ02="12", TJ03="10", TJ04="10", TJ15="1.5", TJ20="2")
    opened(book, Q1, LIGHT, TJ02="8", TJ03="8", TJ04="4", TJ15="0.25", TJ20="1")
    opened(book, Period.parse("2025Q2"), PEACE, TJ02="——")
    opened(book, Period.parse("2025Q2"), LIGHT, TJ02="5")
    found = past(book, LIGHT, units=units)

    assert found.merged == ("和平社区",)
    assert {code: found.previous[code] for code in ("TJ02", "TJ15", "TJ20", "TJ05")} == {
        "TJ02": "20", "TJ15": "1.75", "TJ20": "3", "TJ05": "70",
    }  # fmt: skip
    assert found.year_ago["TJ02"] == "5"
    assert (found.before["TJ02"], found.so_far["TJ02"]) == ("20", ("20",))


def test_figure_that_one_of_them_lacks_is_not_known(book):
    """
    A sum over half of the merged units is none: the figure stays blank, never the other's alone.
    """
    opened(book, Q1, PEACE, TJ02="12")
    opened(book, Q1, LIGHT, TJ02="8", TJ03="8")
    opened(book, Q4, LIGHT, TJ02="9")
    found = past(book, LIGHT)

    assert found.previous["TJ02"] == "20"
    assert "TJ03" not in found.previous
    assert past(book, LIGHT, Q1).previous["TJ02"] == "9"


def test_different_names_are_not_added(book):
    """
    The same army unit may be paired with both: the merged number of different names is blank.
    """
    opened(book, Q1, PEACE, "SY", SY03="3", SY04="2", SY18="100")
    opened(book, Q1, LIGHT, "SY", SY03="3", SY04="1", SY18="50")
    found = past(book, LIGHT, set_code="SY")

    assert "SY03" not in found.previous
    assert (found.previous["SY04"], found.previous["SY18"]) == ("3", "150")
    assert "SY17" not in found.previous


def test_split_unit_leaves_no_past(book):
    """
    The parts of a split unit begin without a past, and say of whom they were a part.
    """
    opened(book, Q1, EAST, TJ02="12")
    for code in (WEST, NEW):
        found = past(book, code)
        assert (found.previous, found.split, found.before) == ({}, ("东风社区",), {})


def test_merging_is_over_after_the_first_period_together(book):
    """
    A quarter later the last period is the merged unit's own; a year ago still is the sum.
    """
    opened(book, Q2, LIGHT, TJ02="30")
    opened(book, Period.parse("2025Q3"), LIGHT, TJ02="8")
    opened(book, Period.parse("2025Q3"), PEACE, TJ02="7")
    found = past(book, LIGHT, Q3)

    assert (found.previous["TJ02"], found.year_ago["TJ02"]) == ("30", "15")


def test_chains_of_mergers_end_with_who_reports():
    """
    Merged into one that was merged in turn: the last one carries on for all of them.
    """
    chain = (
        unit(PEACE, "和平社区", until=dt.date(2026, 2, 1), successors=(LIGHT,)),
        unit(LIGHT, "光明社区", until=MERGED, successors=(EAST,)),
        unit(EAST, "东风社区"),
        unit(NEW, "新村社区", sets=("SY",), until=MERGED, successors=(EAST,)),
    )

    assert moves(chain, "TJ", Q4, Q2).merged == {EAST: (EAST, PEACE, LIGHT)}
    assert moves(chain, "TJ", Q1, Q2).merged == {EAST: (EAST, LIGHT)}
    assert moves(chain, "TJ", Q4, Q1).merged == {LIGHT: (LIGHT, PEACE)}
    assert moves(chain, "SY", Q1, Q2).merged == {EAST: (EAST, LIGHT, NEW)}


def test_rows_of_merged_ledgers_stand_below_one_another():
    """
    Rows, their numbers and the marks of odd cells move down together.
    """
    keys, columns = ("seq", "name"), ("A", "B")
    one = LedgerRows("L", "有", "L", keys, columns, (5,), (("1", "甲"),), ((0, "name", "na"),))
    other = LedgerRows("L", "有", "L", keys, columns, (5,), (("1", "乙"),), ((0, "name", "text"),))
    identity = Identity("TJ", "2026.1", "2026Q1", PEACE, "")
    (rows,) = joined_rows([Reading(identity, ledgers=(one,)), Reading(identity, ledgers=(other,))])

    assert rows.rows == (("1", "甲"), ("1", "乙"))
    assert rows.odd == ((0, "name", "na"), (1, "name", "text"))


def test_rows_of_two_versions_stand_under_their_columns():
    """
    Merged units that reported on two versions of a form lose no row: each cell keeps its column.
    """
    one = LedgerRows("L", "有", "L", ("seq", "name"), ("A", "B"), (5,), (("1", "甲"),))
    other = LedgerRows(
        "L", "有", "L", ("name", "seq", "day"), ("A", "B", "C"), (7,),
        (("乙", "1", "2026-01-05"),), ((0, "day", "text"),),
    )  # fmt: skip
    identity = Identity("TJ", "2026.1", "2026Q1", PEACE, "")
    (rows,) = joined_rows([Reading(identity, ledgers=(one,)), Reading(identity, ledgers=(other,))])

    assert (rows.keys, rows.columns) == (("seq", "name", "day"), ("A", "B", "C"))
    assert rows.rows == (("1", "甲", None), ("1", "乙", "2026-01-05"))
    assert (rows.numbers, rows.odd) == ((5, 7), ((1, "day", "text"),))


def office_of(tmp_path: Path, lines: str) -> Path:
    """Make an office over the units of a roster."""
    roster = tmp_path / "名册.csv"
    roster.write_text(lines, encoding="utf-8")
    folder = tmp_path / "清河街道"
    init_office(folder, roster=roster, unit=STREET, now=dt.datetime(2026, 6, 20), sets=("SY",))
    return folder


HEAD = "区划代码,单位名称,上级代码,别名,生效期,失效期,并入代码\n"
ROSTER = HEAD + (
    f"{PEACE},和平社区,{STREET},,,2026-05-15,{LIGHT}\n"
    f"{LIGHT},光明新区社区,{STREET},,,,\n"
    f"{EAST},东风社区,{STREET},,,2026-05-15,{WEST}、{NEW}\n"
    f"{WEST},西苑社区,{STREET},,2026-05-16,,\n"
    f"{NEW},新村社区,{STREET},,2026-05-16,,\n"
)


def test_roster_tells_merged_and_split_units(tmp_path):
    """
    One successor or several stand in 并入代码; the merged and split units report no more.
    """
    folder = office_of(tmp_path, ROSTER)
    with at_work(folder, dt.datetime(2026, 6, 20), "test") as work:
        units = {one.code: one.successors for one in work.office.roster}
        reporting = [one.code for one in expected_units(work.office, Q2, "SY")]

    assert (units[PEACE], units[EAST]) == ((LIGHT,), (WEST, NEW))
    assert reporting == [LIGHT, WEST, NEW]
    assert read_roster(tmp_path / "名册.csv")[2].successors == (WEST, NEW)


def test_merger_is_told_from_the_blank_to_the_summary(tmp_path):
    """
    The whole way: blanks with the restated past, rows of both ledgers, notices, published totals.
    """
    folder = office_of(tmp_path, ROSTER)
    now = dt.datetime(2026, 7, 3, 9)
    checked = checked_sets()["SY"]
    with at_work(folder, now, "test") as work:
        _report(work, Q1, (PEACE, LIGHT, EAST))
        own = Opening("2026Q1", "SY", STREET, SUMMARY, "SY04", "4711", "已报区民政局")
        save_opening(work.book, [own])
        issued = {one.unit: one.path for one in pipeline.issue(work, Q2)}
        fronts = {
            code: _texts(folder / "下发" / "2026Q2" / issued[code]) for code in (LIGHT, WEST, NEW)
        }
        blanks = {b.identity.code: b for b in blanks_of(work, checked, Q2, _units(work))}
        firsts = {code: blank.previous for code, blank in blanks.items()}
        heirs = lambda of: moves(work.office.roster, "SY", of, Q2).heirs  # noqa: E731
        rows = rows_carried(work.book, Q2, checked.form_set, heirs)
        alone = rows_carried(work.book, Q2, checked.form_set)
        _report(work, Q2, (LIGHT, WEST, NEW))
        audited = pipeline.audit(work, Q2).sets[0].returns
        (published,) = pipeline.aggregate(work, Q2)

    assert "和平社区已并入本单位" in fronts[LIGHT]
    assert "由东风社区拆分而来" in fronts[WEST]
    assert "由东风社区拆分而来" in fronts[NEW]
    assert Decimal(firsts[LIGHT]["SY04"]) > 0
    assert firsts[WEST] == {}
    counts = {(who[0], one.symbol): len(one.rows) for who, some in alone.items() for one in some}
    (joined,) = [one for one in rows[LIGHT, UNIT] if one.symbol == "SY_L1"]
    assert len(joined.rows) == counts[PEACE, "SY_L1"] + counts[LIGHT, "SY_L1"]
    told = {
        one.unit.code: [f.finding.code for f in one.findings if f.finding.level == "info"]
        for one in audited
    }
    assert "past_merged" in told[LIGHT]
    assert "past_split" in told[WEST]
    totals = {one.code: one.previous for one in published.summary.totals}
    assert totals["SY04"] == "4711"
    assert "上期与同期数的来历" in _texts(published.path)


def _units(work) -> list[Unit]:
    return list(expected_units(work.office, Q2, "SY"))


def _report(work, period: Period, codes) -> None:
    """Everybody sends a return of one period; all that is asked is accepted."""
    checked = checked_sets()["SY"]
    units = [one for one in expected_units(work.office, period, "SY") if one.code in codes]
    for blank in blanks_of(work, checked, period, units):
        reading = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers)
        # A running total does not fall, and the merged unit's begins with the sum of both.
        reached = FigureCell("SY18", "number", str(1000 * period.number))
        figures = (*(one for one in reading.figures if one.code != "SY18"), reached)
        reading = msgspec.structs.replace(reading, figures=figures)
        (done,) = with_caches([msgspec.structs.replace(blank, filling=reading)])
        who = f"{period}_{blank.identity.code}_{blank.identity.role}"
        write_blank(done, work.office.inbox / f"{who}.xlsx")
    pipeline.collect(work)
    for row in pipeline.audit(work, period).sets[0].rows:
        for one in row.findings:
            if one.stands:
                typed = Typed(
                    key=one.key, action="accept", officer="王芳", reason="已电话核实，原因属实有据"
                )
                pipeline.answer(work, str(period), typed)
    pipeline.audit(work, period)


def _texts(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    cells = (cell.value for sheet in book for row in sheet.iter_rows() for cell in row)
    return "\n".join(str(cell) for cell in cells if cell)


def test_renamed_unit_keeps_its_past_and_its_old_name_is_asked_about(tmp_path):
    """
    Same code, new name: the past is its own; a return under the old name asks, under an alias not.
    """
    old = HEAD + f"{LIGHT},光明社区,{STREET},,,,\n{NEW},新村社区,{STREET},,2026-05-16,,\n"
    folder = office_of(tmp_path, old)
    now = dt.datetime(2026, 7, 3, 9)
    with at_work(folder, now, "test") as work:
        save_opening(work.book, [Opening("2026Q1", "SY", LIGHT, UNIT, "SY04", "3", "旧报表")])
        _send(work, LIGHT)
    reasons = []
    for alias in ("", "光明社区"):
        _rename(folder, alias)
        with at_work(folder, now, "test") as work:
            done = pipeline.collect(work)
            reasons += [one.reason for one in done.filed] + [one.reason for one in done.unfiled]
            blanks = blanks_of(work, checked_sets()["SY"], Q2, _units(work))
    previous = {blank.identity.code: dict(blank.previous) for blank in blanks[:-1]}

    assert reasons == ["name_code_differ", "placed"]
    assert previous == {LIGHT: {"SY04": "3"}, NEW: {}}
    assert all(blank.before == {} for blank in blanks if blank.identity.code == NEW)


def _send(work, code: str) -> None:
    checked = checked_sets()["SY"]
    units = [one for one in expected_units(work.office, Q2, "SY") if one.code == code]
    blank = blanks_of(work, checked, Q2, units)[0]
    reading = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers)
    (done,) = with_caches([msgspec.structs.replace(blank, filling=reading)])
    write_blank(done, work.office.inbox / f"{code}.xlsx")


def _rename(folder: Path, alias: str) -> None:
    """The officer changes a name in the saved control workbook."""
    path = folder / FILE
    book = openpyxl.load_workbook(path)
    sheet = book["名册"]
    for row in sheet.iter_rows():
        if row[0].value == LIGHT:
            row[1].value, row[4].value = "阳光社区", alias or None
    book.save(path)


def test_indicator_that_counts_otherwise_is_not_comparable(book):
    """
    From the period set on, earlier figures of it, and rates over it, are blank; later ones count.
    """
    for of in ("2025Q2", "2025Q3", "2025Q4", "2026Q1", "2026Q2"):
        opened(book, Period.parse(of), LIGHT, TJ02="8", TJ04="4", TJ05="50")
    checked, changed = checked_sets()["TJ"], {"TJ02": "2026Q2"}

    def at(period: Period):
        return pasts_of(book, (), checked, period, redefined=changed)[LIGHT, UNIT]

    assert dict(at(Q2).previous) == {"TJ04": "4"}
    assert at(Q2).so_far["TJ02"] == ("",)
    assert at(Q3).previous["TJ02"] == "8"
    assert dict(at(Q3).year_ago) == {"TJ04": "4"}
    assert at(Q3).so_far["TJ02"] == ("", "8")
    assert at(Q1).previous["TJ02"] == "8"
    assert redefined_in(checked, changed, Q3) == ("TJ02（2026Q2）",)
    assert redefined_in(checked, changed, Q1) == ()


def test_settings_tell_what_counts_otherwise(tmp_path):
    """
    口径变更 is read from the control workbook; a wrong entry is named, an unknown code refused,
    and blank and summary say what is not comparable.
    """
    folder = office_of(tmp_path, HEAD + f"{LIGHT},光明社区,{STREET},,,,\n")
    now = dt.datetime(2026, 7, 3, 9)
    codes = []
    for typed in ("SY04：2026年", "SY99 2026Q2", "SY04 2026Q2；SY05 2026Q2"):
        _set_redefined(folder, typed)
        try:
            with at_work(folder, now, "test") as work:
                path = pipeline.issue(work, Q2)[0].path
                opening = Opening("2026Q1", "SY", STREET, SUMMARY, "SY04", "9", "旧报表")
                save_opening(work.book, [opening])
                _report(work, Q2, (LIGHT,))
                (published,) = pipeline.aggregate(work, Q2)
        except HuizongError as error:
            codes.append(error.code)
    told = [one.finding.details["other"] for one in published.summary.findings
            if one.finding.code == "past_redefined"]  # fmt: skip

    assert codes == ["error.roster", "error.unknown_redefined"]
    assert "SY04（2026Q2）、SY05（2026Q2）起口径有变" in _texts(folder / "下发" / "2026Q2" / path)
    assert told == ["SY04（2026Q2）、SY05（2026Q2）"]
    assert {one.previous for one in published.summary.totals} == {""}


def _set_redefined(folder: Path, text: str) -> None:
    path = folder / FILE
    book = openpyxl.load_workbook(path)
    for row in book["设置"].iter_rows():
        if row[0].value == "口径变更":
            row[1].value = text
    book.save(path)
