"""Rates of a total: over the units that gave all their parts, at every level and over the year."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from huizong import pipeline
from huizong.aggregate import aggregate, totals_reading
from huizong.amendments import later_comparisons
from huizong.answers import Typed
from huizong.audit import audit
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.checking import verify
from huizong.contents import Contents
from huizong.desk import Blank
from huizong.forms import read_form_set
from huizong.ground import Header
from huizong.history import last_summary
from huizong.issuing import blanks_of
from huizong.language import check
from huizong.office import expected_units, init_office
from huizong.past import Past, past_of_office
from huizong.periods import Period
from huizong.publish import _rates
from huizong.read import Read, read_bytes
from huizong.records import (
    PASSED,
    SUMMARY,
    UNIT,
    FigureCell,
    Identity,
    LedgerTotal,
    Reading,
    Summary,
    Total,
    Unit,
    UnitReturn,
)
from huizong.sample import fill
from huizong.texts import say
from huizong.verify import verify_file
from huizong.work import Work, at_work, checked_sets
from huizong.workbooks import open_workbook
from huizong.write import summary_bytes

Q1, Q2 = Period.parse("2026Q1"), Period.parse("2026Q2")
ISSUED, SENT = dt.datetime(2026, 3, 20, 9), dt.datetime(2026, 4, 3, 10)
DISTRICT, STREET, STREET2 = "990101000000", "990101001000", "990101002000"
STREETS = {STREET: "清河街道", STREET2: "南湖街道"}


def cells(figures: dict[str, str]) -> tuple[FigureCell, ...]:
    states = {"": "blank", "——": "na"}
    return tuple(
        FigureCell(code, states.get(value, "number"), "" if value in states else value)
        for code, value in figures.items()
    )


def returned(code: str, set_code: str, period: Period = Q1, **figures: str) -> UnitReturn:
    """What a unit has sent, its rates worked out."""
    identity = Identity(set_code, "2026.1", str(period), code, code)
    reading = Reading(identity=identity, figures=cells(figures))
    return of(audit(checked_sets()[set_code], [reading], [Header(period, "社区")]).readings[0])


def of(reading: Reading) -> UnitReturn:
    unit = Unit(code=reading.identity.code, name=reading.identity.code, parent="")
    return UnitReturn(unit=unit, state=PASSED, included=True, reading=reading)


def added_up(
    units: Iterable[UnitReturn], set_code: str = "JC", period: Period = Q1,
    past: Past | None = None, code: str = STREET,
) -> Summary:  # fmt: skip
    checked = checked_sets()[set_code]
    identity = Identity(set_code, "2026.1", str(period), code, code, SUMMARY)
    rates = _rates(checked, Header(period, "街道"))
    past = past or Past(expected=len(period.within_year) - 1)
    return aggregate(checked, identity, tuple(units), None, past, rates,
                     made_at="2026-04-05T09:00:00")  # fmt: skip


def total(summary: Summary, code: str) -> Total:
    return next(one for one in summary.totals if one.code == code)


def handed_up(summary: Summary, folder: Path) -> UnitReturn:
    """Write a summary and read it as the office above does."""
    content, _ = summary_bytes(summary, checked_sets()[summary.identity.set_code].form_set)
    (folder / "上报.xlsx").write_bytes(content)
    assert verify_file(folder / "上报.xlsx").faults == ()
    result = read_bytes(content)
    assert isinstance(result, Read)
    done = audit(checked_sets()["JC"], result.readings, [Header(Q1, "街道")])
    assert [one.code for one in done.findings[0]] == []
    return of(done.readings[0])


WHOLE = {"JC06": "2", "JC15": "1000000"}
SOME = {"JC06": "3", "JC15": ""}


def test_rate_is_over_the_units_that_gave_all_parts():
    """
    A unit without green area is in neither part of the green coverage rate, which says 1/2.
    """
    made = added_up([returned("1", "JC", **WHOLE), returned("2", "JC", **SOME)])
    rate = total(made, "JC14")

    assert (total(made, "JC06").value, total(made, "JC15").value) == ("5", "1000000")
    assert (rate.value, rate.ytd, rate.counted, rate.expected) == ("50", "50", 1, 2)
    assert set(made.ledger_totals) == {
        LedgerTotal("JC14", "part:JC06", "2"), LedgerTotal("JC14", "part:JC15", "1000000"),
    }  # fmt: skip


def test_not_applicable_part_leaves_a_unit_out_of_a_rate():
    """
    —— is no number either: the area of who has it for green is in no base.
    """
    made = added_up([returned("1", "JC", **WHOLE), returned("2", "JC", JC06="3", JC15="——")])

    assert (total(made, "JC14").value, total(made, "JC14").counted) == ("50", 1)


@pytest.mark.parametrize("second", [WHOLE, {}], ids=["all give all", "one gives none"])
def test_nothing_is_said_of_parts_that_are_the_totals(second):
    """
    Where whoever gave one part gave them all, the totals are the parts and nothing more goes up.
    """
    made = added_up([returned("1", "JC", **WHOLE), returned("2", "JC", **second)])

    assert total(made, "JC14").value == "50"
    assert made.ledger_totals == ()


def test_parts_of_no_common_unit_make_no_rate(tmp_path):
    """
    Area of one unit and green of another give no rate, here nor one level up.
    """
    apart = [returned("1", "JC", JC06="3", JC15=""), returned("2", "JC", JC06="", JC15="900000")]
    made = added_up(apart)
    below = handed_up(made, tmp_path)
    above = added_up([below, returned(STREET2, "JC", **WHOLE)], code=DISTRICT)

    assert (total(made, "JC14").state, total(made, "JC14").counted) == ("blank", 0)
    assert {one.value for one in made.ledger_totals} == {"0"}
    assert (total(above, "JC14").value, total(above, "JC14").counted) == ("50", 1)
    assert total(added_up([below], code=DISTRICT), "JC14").state == "blank"


def test_upper_levels_divide_the_same_parts(tmp_path):
    """
    What each office hands up is accepted above and divided anew, however many levels there are.
    """
    made = added_up([returned("1", "JC", **WHOLE), returned("2", "JC", **SOME)])
    units = [handed_up(made, tmp_path), returned(STREET2, "JC", JC06="1", JC15="200000")]
    above = added_up(units, code=DISTRICT)
    top = added_up([handed_up(above, tmp_path)], code="990100000000")

    assert [cell.value for cell in units[0].reading.figures if cell.code == "JC14"] == ["50"]
    for summary in (above, top):
        assert (total(summary, "JC14").value, total(summary, "JC06").value) == ("40", "6")
        assert summary.ledger_totals == (
            LedgerTotal("JC14", "part:JC15", "1200000"), LedgerTotal("JC14", "part:JC06", "3"),
        )  # fmt: skip
        contents = Contents(summary, checked_sets()["JC"].form_set)
        assert contents.units_alone["JC14"] == "40"
    assert handed_up(top, tmp_path).reading.figures


def test_wrong_rate_over_stated_parts_is_named(tmp_path):
    """
    The rate of a total that does not follow from what the units' summaries say is found.
    """
    made = added_up([returned("1", "JC", **WHOLE), returned("2", "JC", **SOME)])
    above = added_up([handed_up(made, tmp_path)], code=DISTRICT)
    # 20 is what the totals alone would give.
    totals = [
        msgspec.structs.replace(one, value="20") if one.code == "JC14" else one
        for one in above.totals
    ]
    wrong = msgspec.structs.replace(above, totals=tuple(totals))
    content, _ = summary_bytes(wrong, checked_sets()["JC"].form_set)
    (tmp_path / "a.xlsx").write_bytes(content)
    faults = verify_file(tmp_path / "a.xlsx").faults

    assert {(one.code, one.sheet, one.found, one.expected) for one in faults} == {
        ("total", "汇总表", "20", "50"), ("total", "分单位", "20", "50"),
    }  # fmt: skip


def test_own_totals_are_judged_by_the_rate_that_is_shown():
    """
    The audit of an office's own totals sees the rate over the same units, not that of the totals.
    """
    made = added_up([returned("1", "JC", **WHOLE), returned("2", "JC", **SOME)])
    done = audit(checked_sets()["JC"], [totals_reading(made)], [Header(Q1, "街道")])

    assert [c.value for c in done.readings[0].figures if c.code == "JC14"] == ["50"]


def test_units_alone_are_blank_where_the_total_is():
    """
    A rate without one of its parts is blank in 各单位小计 as in the total, never ——.
    """
    made = added_up([returned("1", "JC", JC06="1", JC15="")])

    assert total(made, "JC14").state == "blank"
    assert Contents(made, checked_sets()["JC"].form_set).units_alone["JC14"] == ""


GREATEST = """
code = "AA"
version = "2026.1"
zh = "样例"
en = "Sample"
title = "样例统计表"
form_no = "HZ-AA-1"
indicators = [
  { code = "AA01", zh = "最大一场人数", en = "Most", unit = "人", type = "int", time = "stock", total = "max" },
  { code = "AA02", zh = "座位", en = "Seats", unit = "个", type = "int", time = "stock" },
  { code = "AA03", zh = "最满一场", en = "Rate", unit = "%", type = "percent", time = "stock", total = "ratio", ratio = "AA01 / AA02" },
]
"""  # noqa: E501  the form of a definition


@pytest.mark.parametrize(
    ("figures", "rate"),
    [
        ([("30", "100"), ("50", "100")], "25"),
        ([("30", "100"), ("50", "")], ""),
        ([("30", "100"), ("", "")], "30"),
    ],
)
def test_parts_that_are_no_sums_are_of_all_units_or_none(figures, rate, tmp_path):
    """
    The greatest of all units belongs to no part of them: the rate is blank where one lacks a part.
    """
    (tmp_path / "AA").mkdir()
    (tmp_path / "AA" / "definition.toml").write_text(GREATEST, encoding="utf-8")
    checked = check(read_form_set(tmp_path / "AA"), {})
    identity = Identity("AA", "2026.1", str(Q1), STREET, "", SUMMARY)

    def added(units: list[UnitReturn]) -> Summary:
        rates = _rates(checked, Header(Q1, "街道"))
        return aggregate(checked, identity, units, None, Past(), rates, made_at="2026-04-05T09:00")

    units = [
        of(Reading(msgspec.structs.replace(identity, role=UNIT), figures=cells(given)))
        for given in (dict(zip(("AA01", "AA02"), pair, strict=True)) for pair in figures)
    ]
    made = added(units)
    totals = msgspec.structs.replace(totals_reading(made), identity=identity)
    above = added([of(totals)])

    assert [total(one, "AA03").value for one in (made, above)] == [rate, rate]
    for one in (made, above):
        assert Contents(one, checked.form_set).units_alone["AA03"] == rate
    assert [one.value for one in made.ledger_totals] == ([] if rate else ["0", "0"])


def past(**earlier: tuple[str, ...]) -> Past:
    return Past(so_far=earlier, expected=len(next(iter(earlier.values()))))


TJ = {"TJ02": "10", "TJ03": "10", "TJ04": "9"}


@pytest.mark.parametrize(
    ("earlier", "rates"),
    [
        (past(TJ02=("10",), TJ03=("8",), TJ04=("8",)), [("85", ""), ("90", "")]),
        (past(TJ02=("10",), TJ03=("8",), TJ04=("",)), [("", ""), ("90", "")]),
        (past(TJ02=("",), TJ03=("",), TJ04=("",)), [("90", "1/2"), ("100", "1/2")]),
        # Two of three each, but not the same two.
        (past(TJ02=("", "10"), TJ03=("8", ""), TJ04=("", "8")), [("85", "2/3"), ("", "")]),
        (past(TJ02=("10",), TJ03=("8",), TJ04=("——",)), [("45", ""), ("90", "")]),
    ],
    ids=["whole", "one part lacks", "all lack", "other periods", "not applicable"],
)
def test_rate_to_date_is_of_the_same_periods(earlier, rates):
    """
    A rate over the year is blank where its parts are not of the same periods, else told as they.
    """
    period = Q2 if earlier.expected == 1 else Period.parse("2026Q3")
    made = added_up([returned("1", "TJ", period, **TJ)], "TJ", period, earlier)

    assert [(total(made, code).ytd, total(made, code).ytd_coverage) for code in ("TJ05", "TJ06")] \
        == rates  # fmt: skip
    assert (total(made, "TJ05").value, total(made, "TJ06").value) == ("90", "100")


def test_rate_to_date_is_of_the_same_units():
    """
    A rate that was or is over a part of the units adds up to none over the year.
    """
    whole = past(TJ02=("10",), TJ03=("8",), TJ04=("8",))
    units = [returned("1", "TJ", Q2, **TJ), returned("2", "TJ", Q2, TJ02="4", TJ03="4", TJ04="")]
    made = added_up(units, "TJ", Q2, whole)
    then = msgspec.structs.replace(whole, partial=frozenset(("TJ05",)))
    after = added_up(units[:1], "TJ", Q2, then)

    assert [(total(made, code).value, total(made, code).ytd) for code in ("TJ05", "TJ06")] == [
        ("90", ""), ("100", "91.7"),
    ]  # fmt: skip
    assert [(total(after, code).value, total(after, code).ytd) for code in ("TJ05", "TJ06")] == [
        ("90", ""), ("100", "90"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("earlier", "now", "to_date"),
    [
        ("5", "", ("5", "1/2")),
        ("5", "——", ("5", "")),
        ("——", "3", ("3", "")),
        ("——", "", ("", "")),
        ("", "", ("", "")),
        ("5", "3", ("8", "")),
    ],
)
def test_year_to_date_stands_without_a_number_now(earlier, now, to_date):
    """
    What was given earlier in the year stays, a blank now told as 1/2; —— is no absent period.
    """
    given = past(TJ19=(earlier,))
    made = added_up([returned("1", "TJ", Q2, TJ02="1", TJ19=now)], "TJ", Q2, given)

    assert (total(made, "TJ19").ytd, total(made, "TJ19").ytd_coverage) == to_date


def test_rate_without_a_year_to_date_says_why():
    """
    汇总表 tells why the year to date of a rate is blank, and of nothing else.
    """
    units = [returned("1", "TJ", Q2, **TJ)]
    made = added_up(units, "TJ", Q2, past(TJ02=("10",), TJ03=("8",), TJ04=("",)))
    content, _ = summary_bytes(made, checked_sets()["TJ"].form_set)
    rows = next(one.rows for one in open_workbook(content).sheets if one.name == "汇总表")

    assert [row[1] for row in rows if say("summary.no_rate_to_date") in row] == ["TJ05"]


def test_correction_of_other_figures_leaves_a_rate_alone():
    """
    A figure that was corrected earlier in the year moves no rate of which it is no part.
    """
    form_set = checked_sets()["JC"].form_set
    before, after = (added_up([returned("1", "JC", JC01=value, **WHOLE)]) for value in ("5", "6"))
    later = [returned("1", "JC", Q2, JC01="6", **WHOLE), returned("2", "JC", Q2, **SOME)]
    moved = later_comparisons(before, after, form_set, [added_up(later, period=Q2)])

    assert [one.code for one in moved] == ["JC01"]


def test_correction_that_leaves_a_part_blank_ends_a_rate_to_date():
    """
    Once a unit's part is gone, later years to date of the rate are none; of other rates they move.
    """
    form_set = checked_sets()["TJ"].form_set
    one, other = returned("1", "TJ", **TJ), {"TJ02": "4", "TJ03": "2"}
    before = added_up([one, returned("2", "TJ", TJ04="2", **other)], "TJ")
    after = added_up([one, returned("2", "TJ", TJ04="", TJ02="5", TJ03="2")], "TJ")
    earlier = past(TJ02=("14",), TJ03=("12",), TJ04=("11",))
    later = added_up([returned("1", "TJ", Q2, **TJ)], "TJ", Q2, earlier)
    moved = {(one.code, one.before, one.after)
             for one in later_comparisons(before, after, form_set, [later])
             if one.what == say("amendment.ytd")}  # fmt: skip

    assert moved == {
        ("TJ02", "24", "25"), ("TJ04", "20", "18"), ("TJ05", "83.3", ""), ("TJ06", "91.7", "88"),
    }  # fmt: skip


def test_rate_above_what_is_stated_of_its_parts_is_named(tmp_path):
    """
    汇总表 says the rate of the parts that go upward: with other parts it is at fault.
    """
    made = added_up([returned("1", "JC", **WHOLE), returned("2", "JC", **SOME)])
    other = [msgspec.structs.replace(one, value="4") if one.part == "JC06" else one
             for one in made.ledger_totals]  # fmt: skip
    wrong = msgspec.structs.replace(made, ledger_totals=tuple(other))
    content, _ = summary_bytes(wrong, checked_sets()["JC"].form_set)
    (tmp_path / "a.xlsx").write_bytes(content)
    faults = verify_file(tmp_path / "a.xlsx").faults

    assert [(one.code, one.sheet, one.expected) for one in faults] == [("total", "汇总表", "25")]


def office_of(folder: Path, code: str, above: str, units: dict[str, str]) -> Path:
    """Make an office that collects the community profile."""
    lines = ["区划代码,单位名称,上级代码", f"{code},{folder.name},{above}"]
    lines += [f"{one},{name},{code}" for one, name in units.items()]
    roster = folder.with_suffix(".csv")
    roster.write_text("\n".join(lines), encoding="utf-8")
    init_office(folder, roster=roster, unit=code, now=ISSUED, sets=("JC",))
    return folder


def filled(work: Work, figures: Iterable[tuple[str, str]]) -> Iterable[Blank]:
    """Fill in the communities' blanks, with these areas and green areas."""
    checked = checked_sets()["JC"]
    issued = blanks_of(work, checked, Q1, expected_units(work.office, Q1, "JC"))
    blanks = [one for one in issued if one.identity.role == UNIT]
    for blank, (area, green) in zip(blanks, figures, strict=True):
        reading = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers)
        yield with_green(msgspec.structs.replace(blank, filling=reading), area, green)


def with_green(blank: Blank, area: str, green: str) -> Blank:
    """Type an area and a green area; an empty text leaves the cell blank."""
    figures = {cell.code: cell for cell in blank.filling.figures}
    typed = {"JC06": area, "JC15": green}
    figures |= {code: FigureCell(code, "number", value) for code, value in typed.items()}
    kept = tuple(one for one in figures.values() if one.value or one.code not in typed)
    return msgspec.structs.replace(
        blank, filling=msgspec.structs.replace(blank.filling, figures=kept)
    )


def published(work: Work) -> Path:
    """Collect, accept whatever is asked, and add up."""
    pipeline.collect(work)
    for entry in pipeline.audit(work, Q1).sets[0].rows:
        for one in (found for found in entry.findings if found.stands):
            assert one.finding.level not in ("must", "release"), one.finding
            typed = Typed(
                key=one.key, action="accept", officer="王芳", reason="已电话核实，属实有据"
            )
            pipeline.answer(work, str(Q1), typed)
    pipeline.audit(work, Q1)
    (made,) = pipeline.aggregate(work, Q1)
    return made.path


@pytest.mark.slow
def test_rate_over_fewer_units_the_whole_way(tmp_path):
    """
    One of two communities leaves the green area blank: the street's rate is the other's and says
    1/2, the district accepts it and divides what the three communities with both figures said.
    """
    below = {code: {f"{code[:9]}00{n}": f"第{n}社区" for n in (1, 2)} for code in (STREET, STREET2)}
    street, other = (
        office_of(tmp_path / name, code, DISTRICT, below[code]) for code, name in STREETS.items()
    )
    top = office_of(tmp_path / "临江区", DISTRICT, "990100000000", STREETS)
    given = {street: (("0.889", "366501.4"), ("0.528", "")),
             other: (("0.5", "100000"), ("0.25", "25000"))}  # fmt: skip
    for folder, figures in given.items():
        with at_work(folder, SENT, "test") as work:
            for number, blank in enumerate(with_caches(list(filled(work, figures)))):
                write_blank(blank, work.office.inbox / f"{number}.xlsx")
            path = published(work)
            sheets = {sheet.name: sheet.rows for sheet in open_workbook(path.read_bytes()).sheets}
            rate = next(row for row in sheets["汇总表"] if "JC14" in row[:3])
            assert verify(path, folder / "已收").faults == ()
            then = past_of_office(
                work.book, work.office.unit.code, Q2, checked_sets()["JC"].form_set
            )
            assert then.partial == ({"JC14"} if folder == street else set())
            assert ((rate[3], rate[6]) == (41.2, "1/2")) == (folder == street)
            (top / "收表" / path.name).write_bytes(path.read_bytes())
    with at_work(top, SENT, "test") as work:
        path = published(work)
        made = last_summary(work.book, str(Q1), "JC")
    rates = {one.unit.code: next(c.value for c in one.reading.figures if c.code == "JC14")
             for one in made.units}  # fmt: skip

    assert rates == {STREET: "41.2", STREET2: "16.7"}
    # (366501.4 + 100000 + 25000) / (0.889 + 0.5 + 0.25) km², not over 2.167.
    assert total(made, "JC14").value == "30"
    assert total(made, "JC06").value == "2.167"
    assert {one.finding.code for unit in made.units for one in unit.findings} <= {"seal_unchecked"}
    assert verify(path, top / "已收").faults == ()
