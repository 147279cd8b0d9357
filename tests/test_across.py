"""Returns of one period held against each other: questions, and silence where there is none."""

import dataclasses
import datetime as dt
import random
import shutil
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from huizong import pipeline
from huizong.across import CODES
from huizong.audit import audit_across
from huizong.audit_copies import FEWEST_FIGURES, FEWEST_ROWS
from huizong.audit_units import FEWEST_UNITS
from huizong.corrections import marked
from huizong.desk import Blank
from huizong.examine import examine
from huizong.findings import words
from huizong.ground import Header
from huizong.issue import blanks_for
from huizong.periods import Period
from huizong.problems import reporting_of
from huizong.records import (
    OWN,
    PASSED,
    SUMMARY,
    TO_EXPLAIN,
    TO_MEND,
    UNIT,
    FigureCell,
    Finding,
    Identity,
    LedgerRows,
    Reading,
    Unit,
    UnitReturn,
)
from huizong.sample import fill
from huizong.settle import settle
from huizong.texts import spoken
from huizong.work import Work, checked_sets
from returned import CODE, PERIOD, SENT, at, changed, good, office_of, put, standing

OTHER = "990101001002"
# Seven figures of TJ that are typed, with cells as they stand in the form.
FIGURES = {
    "TJ01": "12", "TJ02": "35", "TJ08": "11", "TJ09": "13", "TJ15": "9.87", "TJ16": "24",
    "TJ20": "17",
}  # fmt: skip
CELLS = {code: f"D{8 + number}" for number, code in enumerate(FIGURES)}


def return_of(number: int, figures: Mapping[str, str], *, role: str = UNIT, **parts) -> Reading:
    """One unit's return with these figures."""
    who = Identity("TJ", "1", str(PERIOD), f"99010100{1001 + number}", f"第{number}社区", role)
    cells = tuple(
        FigureCell(code, "number" if value else "blank", value, CELLS.get(code, ""), value)
        for code, value in figures.items()
    )
    return Reading(who, figures=cells, sheet="TJ-1 统计表", **parts)


def questions(
    readings: Sequence[Reading], previous: Sequence[Reading | None] = ()
) -> list[tuple[Finding, ...]]:
    """Hold them against each other."""
    headers = [Header(PERIOD, "社区")] * len(readings)
    return list(audit_across(checked_sets()["TJ"], readings, headers, previous))


def asked(found: Sequence[Sequence[Finding]]) -> dict[int, list[tuple[str, str]]]:
    """Codes and cells of the questions, by position."""
    return {at: [(one.code, one.cell) for one in some] for at, some in enumerate(found) if some}


def many(values: Sequence[str], code: str = "TJ02") -> list[Reading]:
    """Units that differ in one figure."""
    return [return_of(at, {code: value}) for at, value in enumerate(values)]


USUAL = ("40", "44", "36", "42", "39", "41", "45")


@pytest.mark.parametrize(
    ("value", "far"), [("424", True), ("423", False), ("3", True), ("4", False)]
)
def test_level_far_from_other_units(value, far):
    """Without a past the figure itself is compared: more than ten times off the median is asked."""
    found = questions(many([*USUAL, value]))

    assert asked(found) == ({7: [("outlier_level", "D9")]} if far else {})


@pytest.mark.parametrize(("value", "far"), [("180", True), ("110", False)])
def test_change_unlike_that_of_other_units(value, far):
    """With a past its change is compared with the others' changes, not its size."""
    sizes = (20, 80, 300, 45, 60, 33, 500, 40)
    before = many([str(size) for size in sizes])
    now = many([*(str(round(size * 1.1)) for size in sizes[:-1]), value])

    assert asked(questions(now, before)) == ({7: [("outlier_change", "D9")]} if far else {})


def test_what_moves_with_all_is_not_asked():
    """Where every unit has tripled, the one that has not is asked."""
    sizes = (50, 80, 300, 45, 60, 33, 500, 90)
    before = many([str(size) for size in sizes])
    now = many([*(str(size * 3) for size in sizes[:-1]), "20"])

    assert asked(questions(now, before)) == {7: [("outlier_change", "D9")]}


def test_too_few_units():
    """Of fewer than eight units nobody can say what is usual."""
    assert len(USUAL) + 1 == FEWEST_UNITS
    assert asked(questions(many([*USUAL[:-1], "9000"]))) == {}


@pytest.mark.parametrize(("others", "asks"), [("9", False), ("10", True)])
def test_rare_counts_are_never_compared(others, asks):
    """Where the median is below ten, a large count is no question."""
    found = questions(many([*[others] * 7, "900"]))

    assert bool(asked(found)) is asks


def test_form_set_may_switch_it_off():
    """A figure with `compared = false` is held against nobody's."""
    checked = checked_sets()["TJ"]
    indicators = tuple(
        msgspec.structs.replace(one, compared=False) for one in checked.form_set.indicators
    )
    form_set = msgspec.structs.replace(checked.form_set, indicators=indicators)
    quiet = dataclasses.replace(checked, form_set=form_set)
    readings = many([*USUAL, "4000"])
    headers = [Header(PERIOD, "社区")] * len(readings)

    assert asked(questions(readings)) != {}
    assert not any(audit_across(quiet, readings, headers))


@pytest.mark.parametrize(
    ("now", "before", "asks"),
    [("9870", "9.87", True), ("9869", "9.87", False), ("98700", "9.87", True),
     ("950000", "9.5", True), ("950001", "9.5", False), ("9.5", "9500", True),
     ("9.5", "9499", False), ("9.87", "0", False), ("0", "9.87", False)],
)  # fmt: skip
def test_amount_ten_thousand_times_last_period(now, before, asks):
    """Fault 7: from a thousand to a hundred thousand times, either way, an amount asks."""
    found = questions(many([now], "TJ15"), many([before], "TJ15"))

    assert asked(found) == ({0: [("slip_change", "D12")]} if asks else {})


def test_slip_names_both_figures_and_the_unit():
    """Fault 7: the question says what stands there, what stood there, how many times, and 万元."""
    ((one,),) = questions(many(["98700"], "TJ15"), many(["9.87"], "TJ15"))

    assert all(part in words(one) for part in ("D12", "98700", "9.87", "10,000", "万元"))
    assert one.level == "explain"


def test_counts_have_no_unit_to_mix_up():
    """A count of ten thousand times is no slip of 元 and 万元."""
    assert asked(questions(many(["50000"], "TJ02"), many(["5"], "TJ02"))) == {}


@pytest.mark.parametrize(("value", "code"), [("50000", "slip_level"), ("400", "")])
def test_amount_against_the_median_of_units(value, code):
    """Fault 7: without a past an amount is compared with what eight units or more have."""
    values = ["4.5", "5", "6.2", "5.5", "4", "5.1", "4.9", value]
    found = questions(many(values, "TJ15"))

    assert [one.code for one in found[7] if one.code.startswith("slip")] == [code] * bool(code)
    assert not any(found[:7])
    few = questions(many(values[1:], "TJ15"))
    assert not any(few)


def test_own_figures_are_compared_with_no_unit():
    """The office's own figures are held against their own past only."""
    own = return_of(9, {"TJ02": "9000"}, role=OWN)

    assert asked(questions([*many(USUAL), many(["43"])[0], own])) == {}


def test_copied_figures_are_asked_of_both():
    """Both units are asked, each told the other's name, the cells and what stands there."""
    others = [return_of(at, {code: str(int(float(v)) + at * 3) for code, v in FIGURES.items()})
              for at in range(2, 6)]  # fmt: skip
    found = questions([return_of(0, FIGURES), return_of(1, {**FIGURES, "TJ19": "3"}), *others])

    assert asked(found) == {0: [("copied_figures", "D8")], 1: [("copied_figures", "D8")]}
    first, second = found[0][0], found[1][0]
    assert (first.details["other"], second.details["other"]) == ("第1社区", "第0社区")
    assert first.details["parts"] == "、".join(CELLS.values())
    assert "TJ15 9.87" in first.details["found"]


@pytest.mark.parametrize(("same", "asks"), [(FEWEST_FIGURES, True), (FEWEST_FIGURES - 1, False)])
def test_few_figures_that_agree_say_nothing(same, asks):
    """Five different telling figures have to agree; with four, and small counts, it is chance."""
    figures = dict(list(FIGURES.items())[:same]) | {"TJ17": "1", "TJ19": "2", "TJ21": "3"}
    other = {**figures, "TJ17": "2"}

    assert bool(asked(questions([return_of(0, figures), return_of(1, other)]))) is asks


def test_one_difference_in_seven_is_no_copy():
    """Nine in ten have to agree: of seven telling figures all, of ten nine."""
    seven = questions([return_of(0, FIGURES), return_of(1, {**FIGURES, "TJ02": "36"})])
    ten = {**FIGURES, "TJ10": "21", "TJ11": "22", "TJ12": "23"}
    nine = questions([return_of(0, ten), return_of(1, {**ten, "TJ02": "36"})])

    assert asked(seven) == {}
    assert set(asked(nine)) == {0, 1}


def test_one_number_many_times_is_no_copy():
    """The same figure in every cell is one figure, not seven."""
    figures = dict.fromkeys(FIGURES, "12")
    others = {**figures, "TJ17": "1"}

    assert asked(questions([return_of(0, figures), return_of(1, others)])) == {}


def test_what_most_units_have_says_nothing():
    """A figure that more than half of the units share is not copied from a neighbour."""
    readings = [return_of(at, {**FIGURES, "TJ17": str(at)}) for at in range(6)]

    assert asked(questions(readings)) == {}


def test_zero_reports_are_never_asked():
    """Nothing to report is the same in every unit, whatever stands there."""
    readings = [return_of(at, FIGURES, zero_report=True) for at in range(2)]

    assert asked(questions(readings)) == {}


def rows(count: int, **parts) -> tuple[LedgerRows, ...]:
    """Disputes with date, parties and kind, from row 6 on."""
    keys = ("seq", "accepted_on", "parties", "category")
    cells = tuple(
        (str(at), f"2026-02-{at + 1:02}", f"甲{at}与乙{at}", "邻里") for at in range(count)
    )
    ledger = LedgerRows(
        "TJ_L1",
        "有",
        "TJ-L1 纠纷调解登记簿",
        keys,
        tuple("ABCD"),
        tuple(range(6, 6 + count)),
        cells,
    )
    return (msgspec.structs.replace(ledger, **parts),)


def with_rows(number: int, ledgers: tuple[LedgerRows, ...], **figures: str) -> Reading:
    return return_of(number, figures, ledgers=ledgers)


@pytest.mark.parametrize(("count", "asks"), [(FEWEST_ROWS, True), (FEWEST_ROWS - 1, False)])
def test_same_rows_in_two_ledgers(count, asks):
    """Three rows with the same date and persons are asked of both, by number, without a name."""
    found = questions([with_rows(0, rows(count), TJ02="3"), with_rows(1, rows(count), TJ02="4")])

    assert asked(found) == ({at: [("copied_rows", "A6")] for at in (0, 1)} if asks else {})
    if asks:
        assert found[0][0].details["parts"] == "6、7、8"
        assert "甲" not in words(found[0][0])


def test_a_shared_row_among_others_is_no_copy():
    """Where less than nine in ten rows of the shorter ledger agree, nobody is asked."""
    (mine,) = rows(6)
    theirs = tuple(
        row if at < 5 else (row[0], "2026-03-30", "丙与丁", "邻里")
        for at, row in enumerate(mine.rows)
    )
    readings = [with_rows(0, (mine,)), with_rows(1, rows(6, rows=theirs))]

    assert asked(questions(readings)) == {}


def test_rows_without_date_or_person_say_nothing():
    """Rows of kinds and numbers alone may well be the same."""
    bare = rows(5, rows=(("1", None, None, "邻里"),) * 5)

    assert asked(questions([with_rows(0, bare), with_rows(1, bare)])) == {}


def test_whole_return_with_another_name():
    """A return that says the same in every cell is asked once, not figure by figure."""
    found = questions([return_of(at, FIGURES, ledgers=rows(4)) for at in range(2)])

    assert asked(found) == {at: [("same_return", "D8")] for at in (0, 1)}


def test_near_empty_returns_are_never_the_same():
    """Returns with a few small counts and two rows say nothing."""
    few = {"TJ01": "6", "TJ02": "2", "TJ17": "0", "TJ20": "1"}
    readings = [return_of(at, few, ledgers=rows(2)) for at in range(3)]

    assert asked(questions(readings)) == {}


def test_order_of_units_does_not_matter():
    """Shuffled returns get the same questions, word for word and under the same names."""
    chance = random.Random(7)
    readings = [
        *many([*USUAL, "4000"]),
        *(return_of(at, FIGURES, ledgers=rows(4)) for at in (20, 21, 22)),
        return_of(30, {"TJ15": "98700"}),
        *(return_of(at, {"TJ15": f"{at / 10}"}) for at in range(41, 50)),
    ]

    def by_unit(some: Sequence[Reading]) -> dict[str, list[tuple[str, str]]]:
        return {
            one.identity.code: sorted((f.key(one.identity.code, "", ""), words(f)) for f in found)
            for one, found in zip(some, questions(some), strict=True)
        }

    expected = by_unit(readings)
    assert sum(map(bool, expected.values())) == 5
    for _ in range(5):
        chance.shuffle(readings)
        assert by_unit(readings) == expected


def test_question_keeps_its_name_when_more_units_send():
    """A third unit with the same figures makes no new question of the first."""
    two = questions([return_of(at, FIGURES, ledgers=rows(4)) for at in range(2)])
    three = questions([return_of(at, FIGURES, ledgers=rows(4)) for at in range(3)])

    assert two[0][0].key("1", "", "") == three[0][0].key("1", "", "")
    assert three[0][0].details["other"] == "第1社区、第2社区"


def test_question_is_known_by_all_that_is_shared():
    """
    Of many shared rows or figures the last one counts too, in either language, wherever it stands.
    """
    (mine,) = rows(15)
    moved = msgspec.structs.replace(mine, numbers=tuple(at + 3 for at in mine.numbers))
    last = (*mine.rows[-1][:2], "丙与丁", "邻里")
    other = msgspec.structs.replace(mine, rows=(*mine.rows[:-1], last))

    def key(ledger: LedgerRows, second: str = "4") -> str:
        found = questions([with_rows(0, (ledger,), TJ02="3"), with_rows(1, (ledger,), TJ02=second)])
        assert len(found[0]) == 1
        return found[0][0].key("1", "", "")

    assert key(moved) == key(mine) != key(other)
    assert key(mine, "3") != key(other, "3")
    chinese = key(mine)
    with spoken("en"):
        assert key(mine) == chinese


def test_generated_returns_are_quiet():
    """Two quarters of made-up returns of all form sets, 14 units each, get no question."""
    before, now = Period.parse("2026Q1"), Period.parse("2026Q2")
    for checked in checked_sets().values():
        whole = {}
        for period in (before, now):
            whole[period] = [
                fill(
                    checked.form_set,
                    Identity(checked.form_set.code, "", str(period), f"99010100{1001 + at}", ""),
                    whole[before][at] if period is now else None,
                )
                for at in range(14)
            ]
        headers = [Header(now, "社区")] * 14
        assert not any(audit_across(checked, whole[before], headers))
        assert not any(audit_across(checked, whole[now], headers, whole[before]))


# In an office


def copied(work: Work, code: str = OTHER) -> Blank:
    """A neighbour's filling under another unit's heading."""
    return changed(good(work, code), **_filling(good(work)))


def _filling(blank: Blank) -> dict[str, object]:
    return {"figures": blank.filling.figures, "ledgers": blank.filling.ledgers}


def states(work: Work) -> dict[str, str]:
    """States of the units of TJ that have sent something, by audit anew."""
    pipeline.collect(work)
    returns = pipeline.audit(work, PERIOD).sets
    (tj,) = (one for one in returns if one.code == "TJ")
    return {one.unit.code: one.state for one in tj.returns if one.digest}


def beside(one: UnitReturn) -> list[tuple[str, str, str]]:
    """Codes, numbers and states of the questions between units."""
    return [(f.finding.code, f.key, f.state) for f in one.findings if f.finding.code in CODES]


def test_both_units_wait_for_a_reason_and_one_may_mend(tmp_path):
    """A copy makes both wait; when the copier sends its own figures, neither is asked any more."""
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        put(work, good(work), "和平")
        assert states(work) == {CODE: PASSED}
        put(work, copied(work), "光明")
        assert states(work) == {CODE: TO_EXPLAIN, OTHER: TO_EXPLAIN}
        assert states(work) == {CODE: TO_EXPLAIN, OTHER: TO_EXPLAIN}
    with at(folder, SENT + dt.timedelta(days=1)) as work:
        put(work, good(work, OTHER), "光明改")
        pipeline.collect(work)
        first = standing(work)
        assert (first.state, beside(first)) == (PASSED, [])


def issues(work: Work) -> list[tuple[str, str, str]]:
    """Unit, closing and day of closing of every row of 问题清单."""
    checked = checked_sets()["TJ"]
    returns = examine(work, checked, PERIOD)
    found = reporting_of(work, checked, PERIOD, returns, with_contacts=False).issues
    return [(one.unit, one.closing, one.closed[:10]) for one in found]


def test_question_that_another_unit_mended_is_closed_in_the_list(tmp_path):
    """问题清单 forgets no question: mended elsewhere it is closed that day, asked anew it opens."""
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        put(work, good(work), "和平")
        put(work, copied(work), "光明")
        states(work)
        assert issues(work) == [("和平社区", "open", ""), ("光明社区", "open", "")]
    with at(folder, SENT + dt.timedelta(days=1)) as work:
        put(work, good(work, OTHER), "光明改")
        states(work)
        both = [("和平社区", "gone", "2026-04-04"), ("光明社区", "mended", "2026-04-04")]
        assert issues(work) == both
        states(work)
        assert issues(work) == both
    with at(folder, SENT + dt.timedelta(days=2)) as work:
        blank = copied(work)
        put(work, changed(blank, texts={}), "光明又抄")
        states(work)
        assert issues(work)[0] == ("和平社区", "open", "")


def test_officers_answer_stays_when_others_send(tmp_path):
    """What the officer has accepted stays accepted, audit after audit, whoever sends next."""
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        put(work, good(work), "和平")
        put(work, copied(work), "光明")
        states(work)
        ((_, key, _),) = beside(standing(work))
        answer = pipeline.Typed(key=key, action="accept", officer="王芳", reason="已电话核实")
        pipeline.answer(work, str(PERIOD), answer)
        assert states(work) == {CODE: PASSED, OTHER: TO_EXPLAIN}
        third = "990101001003"
        put(work, good(work, third), "清河")
        assert states(work) == {CODE: PASSED, OTHER: TO_EXPLAIN, third: PASSED}
        assert beside(standing(work)) == [("same_return", key, "accepted")]


def test_rejected_copy_goes_back(tmp_path):
    """The officer may send one of the two back; the other still waits."""
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        put(work, good(work), "和平")
        put(work, copied(work), "光明")
        states(work)
        ((_, key, _),) = beside(standing(work, code=OTHER))
        answer = pipeline.Typed(key=key, action="reject", officer="王芳", reason="抄自和平")
        pipeline.answer(work, str(PERIOD), answer)
        for _ in range(2):
            assert states(work) == {CODE: TO_EXPLAIN, OTHER: TO_MEND}


def test_same_file_under_another_units_name(tmp_path):
    """Fault 31: the same bytes under a neighbour's name are a question; under any other, none."""
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        path = put(work, good(work), "和平社区一季度")
        assert states(work) == {CODE: PASSED}
        shutil.copyfile(path, path.with_name("和平社区一季度（副本）.xlsx"))
        shutil.copyfile(path, path.with_name("调解表.xlsx"))
        assert states(work) == {CODE: PASSED}
        shutil.copyfile(path, path.with_name("光明社区一季度.xlsx"))
        assert states(work) == {CODE: TO_EXPLAIN}
        ((code, key, _),) = beside(standing(work))
        assert code == "sent_as_other"
        answer = pipeline.Typed(key=key, action="accept", officer="王芳", reason="名称写错")
        pipeline.answer(work, str(PERIOD), answer)
        assert states(work) == {CODE: PASSED}


def test_nothing_is_judged_again_without_change(tmp_path):
    """A second audit writes nothing about questions between units."""
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        put(work, good(work), "和平")
        put(work, copied(work), "光明")
        states(work)
        count = "SELECT total_changes()"
        before = work.book.ask(count)
        (first,) = (examine(work, one, PERIOD) for one in work.sets(PERIOD, "TJ"))
        assert work.book.ask(count) == before
        (second,) = (examine(work, one, PERIOD) for one in work.sets(PERIOD, "TJ"))
        assert first == second


def test_reason_about_copied_rows_is_read_back():
    """The correction copy asks for the reason by the ledger's name, and it counts when read."""
    checked = checked_sets()["TJ"]
    unit = Unit(code=CODE, name="和平社区", parent="990101001000")
    blank, _ = blanks_for(checked, PERIOD, [unit], unit, {})
    found = questions([with_rows(0, rows(3), TJ02="3"), with_rows(1, rows(3), TJ02="4")])
    reading = msgspec.structs.replace(with_rows(0, rows(3)), identity=blank.identity)
    entry = UnitReturn(unit=unit, findings=settle(found[0], reading, {}), reading=reading)
    (one,) = marked(blank, entry).asked
    said = msgspec.structs.replace(reading, explanations={"TJ_L1": "两社区共同调解的三件纠纷"})

    assert one.label == "纠纷调解登记簿"
    assert [f.state for f in settle(found[0], said, {})] == ["explained"]


def test_sub_districts_are_held_against_each_other():
    """One level up the summaries are the units: copied figures and slips are asked there too."""
    streets = [return_of(at, FIGURES, role=SUMMARY) for at in range(2)]
    streets += [return_of(5, {"TJ15": "98700"}, role=SUMMARY)]
    before = [None, None, return_of(5, {"TJ15": "9.87"}, role=SUMMARY)]

    assert asked(questions(streets, before)) == {
        0: [("same_return", "D8")], 1: [("same_return", "D8")], 2: [("slip_change", "D12")],
    }  # fmt: skip
