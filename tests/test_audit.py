"""The audit: every general check fires and keeps quiet, and says what an officer needs."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal

import msgspec
import pytest

from fillings import figure_cell, filling
from huizong.audit import Audit, audit
from huizong.audit_columns import check_numbers
from huizong.audit_figures import Audited
from huizong.cells import address, column_letters
from huizong.entries import Answer
from huizong.findings import words
from huizong.forms import Column, Ledger
from huizong.ground import Beside, Header, Returns
from huizong.periods import Period
from huizong.records import (
    PASSED,
    SUMMARY,
    TO_EXPLAIN,
    TO_MEND,
    WAITING,
    FigureCell,
    Finding,
    Identity,
    LedgerRows,
    Reading,
)
from huizong.settle import says_something, settle, state_of
from huizong.texts import spoken
from huizong.work import checked_sets
from issued import (
    DISPUTES,
    FIGURES,
    PERIOD,
    audited,
    blank_of,
    codes,
    filled,
    read,
    sent,
    tj,
    written,
)

STREET = "990101001000"
AMOUNT = "F"  # the column 涉及金额 of the disputes
LONG = (
    "本季度按计划完成各项工作，社区调委会坚持每半月排查一次，纠纷受理及时，"
    "协议履行良好，群众比较满意，没有发生激化。"
)


def returned(**figures: str) -> Reading:
    """The sample return with other figures typed in their cells."""
    reading = read(sent())
    cells = {cell.code: cell for cell in reading.figures}
    for code, text in figures.items():
        new = figure_cell(code, "number", text)
        place = cells[code]
        cells[code] = msgspec.structs.replace(
            new, cell=place.cell, formula=code not in ("TJ01", "TJ16", "TJ17", "TJ20")
        )
    return msgspec.structs.replace(reading, figures=tuple(cells.values()))


def past(**figures: str) -> Reading:
    """Figures of an earlier period, as the books have them."""
    cells = tuple(FigureCell(code, "number", text) for code, text in figures.items())
    return Reading(Identity("TJ", "", "", "", ""), figures=cells)


def disputes(*rows: Mapping[str, str]) -> LedgerRows:
    """The ledger of disputes with these rows, from row 6 on."""
    keys = tuple(column.key for column in tj().form_set.by_symbol["TJ_L1"].columns)
    usual = {"accepted_on": "2026-02-03", "category": "邻里", "result": "成功"}
    cells = tuple(tuple({**usual, **row}.get(key) or None for key in keys) for row in rows)
    places = tuple(range(6, 6 + len(rows)))
    return LedgerRows("TJ_L1", "有", DISPUTES, keys, tuple("ABCDEFGHIJKL"), places, cells)


def with_rows(reading: Reading, rows: LedgerRows) -> Reading:
    """Put a ledger in place of the return's own."""
    kept = tuple(rows if one.symbol == rows.symbol else one for one in reading.ledgers)
    return msgspec.structs.replace(reading, ledgers=kept)


def of(done: Audit, *wanted: str) -> list[tuple[str, str]]:
    """Codes and cells of the findings with certain codes, on the statistics sheet or a ledger."""
    return [one for one in codes(done.findings[0]) if one[0] in wanted]


def one_of(done: Audit, code: str) -> Finding:
    """The only finding with a code."""
    (found,) = (one for one in done.findings[0] if one.code == code)
    return found


def test_sample_return_passes():
    """The return that the other tests change has no finding."""
    assert audited(returned()).findings == ((),)


def test_required_figures():
    """Fault 5, G02: a required blank is said once; —— and 0 are answers; optional blanks pass."""
    assert of(audited(returned(TJ01="")), "required") == [("required", "D8")]
    assert of(audited(returned(TJ01="——")), "required") == []
    assert of(audited(returned(TJ16="0")), "required") == []


@pytest.mark.parametrize(
    ("code", "figure", "wanted"),
    [("TJ01", "8.5", ["not_whole"]), ("TJ01", "8", []), ("TJ01", "8.0", []),
     ("TJ15", "4.57", []), ("TJ15", "4.575", ["too_many_places"])],
)  # fmt: skip
def test_decimal_places(code: str, figure: str, wanted: list[str]):
    """Fault 8, G01: counts are whole, decimals have the declared places at most."""
    reading = returned(**{code: figure})
    typed = tuple(msgspec.structs.replace(cell, formula=False) for cell in reading.figures)
    done = audited(msgspec.structs.replace(reading, figures=typed))

    assert [one for one, _ in of(done, "not_whole", "too_many_places")] == wanted


@pytest.mark.parametrize("odd", ["33.3333333333333", f"0.{'0' * 25}1", "1" * 30])
def test_odd_number_is_nobody_elses_fault(odd: str):
    """
    A unit's number with many digits is said of that unit only, in whatever company.
    """
    checked = checked_sets()["JC"]
    mine, others = (
        filling(f"JC06 1; JC15 {text}").reading(checked.form_set) for text in (odd, "200000")
    )
    done = audit(checked, [mine, others], [Header(PERIOD, "社区")] * 2)
    found = [[one.code for one in some if one.subject == "JC15"] for some in done.findings]

    assert found == [["out_of_range" if odd[0] == "1" else "too_many_places"], []]


@pytest.mark.parametrize(
    ("figure", "wanted"),
    [("0", []), ("-1", ["negative"]), ("200", []), ("201", ["out_of_range"])],
)
def test_range_of_a_community(figure: str, wanted: list[str]):
    """Fault 8, G01: both ends of TJ01's range, 0 to 200."""
    done = audited(returned(TJ01=figure))

    assert [code for code, _ in of(done, "negative", "out_of_range")] == wanted


def test_upper_limit_is_for_communities_only():
    """A street's total may be above what one community may have; below 0 nobody's may be."""
    for figure, wanted in (("201", []), ("-1", ["negative"])):
        reading = returned(TJ01=figure)
        done = audit(tj(), [reading], [Header(PERIOD, "街道")])
        assert [one for one, _ in of(done, "negative", "out_of_range")] == wanted


def test_figure_equal_to_the_year():
    """G14: an amount that equals the year of the report is questioned, a count is not."""

    def typed(**figures: str) -> Reading:
        reading = returned(**figures)
        cells = tuple(msgspec.structs.replace(cell, formula=False) for cell in reading.figures)
        return msgspec.structs.replace(reading, figures=cells)

    assert of(audited(typed(TJ15="2026")), "equals_year") == [("equals_year", "D28")]
    assert of(audited(typed(TJ15="2025")), "equals_year") == []
    assert of(audited(typed(TJ02="2026")), "equals_year") == []


@pytest.mark.parametrize(
    ("now", "before", "wanted"),
    [("16", "10", True), ("15", "10", False), ("5", "10", False), ("4", "10", True),
     ("9", "2", False), ("10", "2", True), ("12", "0", False)],
)  # fmt: skip
def test_change_against_last_year(now: str, before: str, wanted: bool):
    """G07: more than half up or down wants a reason, from ten on and over a base."""
    done = audited(returned(TJ01=now), None, past(TJ01=before))

    assert bool(of(done, "change_year")) == wanted


@pytest.mark.parametrize(
    ("now", "before", "wanted"),
    [("20", "15", True), ("19", "15", False), ("13", "10", False), ("26", "20", False),
     ("27", "20", True), ("9", "4", False), ("15", "20", False), ("13", "20", True)],
)  # fmt: skip
def test_change_against_last_period(now: str, before: str, wanted: bool):
    """G08: more than 30 % and five or more against last period, from ten on."""
    done = audited(returned(TJ01=now), past(TJ01=before))

    assert bool(of(done, "change_previous")) == wanted


def test_changes_leave_relations_of_their_own_alone():
    """A figure whose change is a relation of the form set is not questioned twice."""
    done = audited(returned(TJ02="60"), None, past(TJ02="20"))

    assert of(done, "change_year") == []


def test_last_periods_column_is_held_against_the_book():
    """G05: a past figure that was corrected since is worth a look, never a block."""
    cells = (FigureCell("TJ01", "number", "6", "E8"),)
    reading = msgspec.structs.replace(returned(), previous=cells)

    (one,) = audited(reading, past(TJ01="7")).findings[0]
    assert (one.code, one.level, one.cell) == ("previous_differs", "note", "E8")
    assert (one.details["found"], one.details["expected"]) == ("6", "7")
    assert audited(reading, past(TJ01="6")).findings == ((),)


def test_required_columns_of_a_ledger():
    """Every filled row has its required columns; an optional one may stay blank."""
    done = audited(with_rows(returned(), disputes({}, {"category": "", "mediator": ""})))

    assert of(done, "required_column") == [("required_column", "E7")]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [({"amount_yuan": "5000"}, []), ({"amount_yuan": "0"}, []), ({"amount_yuan": "33.50"}, []),
     ({"amount_yuan": "-0.01"}, ["negative"]), ({"amount_yuan": "-5000"}, ["negative"]),
     ({"amount_yuan": "33.505"}, ["too_many_places"]), ({"amount_yuan": None}, []),
     ({"amount_yuan": "9" * 40 + ".5"}, []), ({"amount_yuan": "9" * 40 + ".501"},
                                              ["too_many_places"])],
)  # fmt: skip
def test_numbers_in_a_ledger(typed: Mapping[str, str], wanted: list[str]):
    """Fault 8: an amount under its least value, or with too many places, is told at its cell."""
    done = audited(with_rows(returned(), disputes({}, typed)))

    found = [one for one in done.findings[0] if one.subject == "amount_yuan"]
    assert [(one.code, one.level, one.cell) for one in found] == [
        (code, "must", f"{AMOUNT}7") for code in wanted
    ]


def test_counts_and_plan_numbers_are_whole():
    """
    Fault 8: half a case, half a quarter and a negative budget are told; a target may be negative,
    and text in a number's cell is told by the reader alone.
    """
    ledgers = tj().form_set.by_symbol
    counts = _rows("TJ_L2", {"found": "2.5"}, {"found": "2"}, {"found": "-1"}, {"found": "many"})
    counts = msgspec.structs.replace(counts, odd=((3, "found", "text"),))
    plan = _rows("TJ_P", {"quarter": "1.5", "target": "-5"}, {"budget_yuan": "-1"})
    done = audited(with_rows(with_rows(returned(), counts), plan))

    assert of(done, "negative", "not_whole", "too_many_places") == [
        ("not_whole", _at(ledgers["TJ_L2"], "found", 6)),
        ("negative", _at(ledgers["TJ_L2"], "found", 8)),
        ("not_whole", _at(ledgers["TJ_P"], "quarter", 6)),
        ("negative", _at(ledgers["TJ_P"], "budget_yuan", 7)),
    ]
    (half, *_) = (one for one in done.findings[0] if one.code == "not_whole")
    assert (half.details["found"], half.subject) == ("2.5", "found")


def test_least_value_that_is_not_nothing():
    """A column may have another least value than 0: what is under it is out of range."""
    column = Column(key="n", zh="数", en="N", type="int", minimum=Decimal(2))
    rows = LedgerRows("L", "有", "台账", ("n",), ("B",), (6, 7), (("1",), ("2",)))
    form_set = msgspec.structs.replace(
        tj().form_set, ledgers=(Ledger(code="L", zh="账", en="L", columns=(column,)),)
    )
    reading = Reading(Identity("TJ", "", "2026Q1", "", ""), ledgers=(rows,))
    some = Audited(dataclasses.replace(tj(), form_set=form_set), (reading,), (), None)

    ((position, one),) = check_numbers(some)
    assert (position, one.code, one.cell, one.details["low"]) == (0, "out_of_range", "B6", "2")


def _rows(symbol: str, *rows: Mapping[str, str]) -> LedgerRows:
    """Some rows of a ledger, from row 6 on."""
    keys = tuple(column.key for column in tj().form_set.by_symbol[symbol].columns)
    cells = tuple(tuple(row.get(key) for key in keys) for row in rows)
    letters = tuple(map(column_letters, range(len(keys))))
    return LedgerRows(symbol, "有", symbol, keys, letters, tuple(range(6, 6 + len(rows))), cells)


def _at(ledger: Ledger, key: str, row: int) -> str:
    return address(row - 1, [column.key for column in ledger.columns].index(key))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [(LONG, []), (LONG[:50], []), (LONG[:49], ["section_short"]), ("", ["section_short"]),
     (LONG + "××社区", ["section_placeholder"]), (LONG + "____", ["section_placeholder"]),
     (LONG + "（  ）", ["section_placeholder"]), (LONG + "&nbsp;", ["section_debris"]),
     (LONG + "<p>", ["section_debris"]), (LONG + "www.x.cn", ["section_address"]),
     (LONG + "110101199003071234", ["section_identity"]), (LONG + "13800138000", [])],
)  # fmt: skip
def test_written_report(text: str, wanted: list[str]):
    """TX-01, 02, 03, 09: long enough, no placeholders, web debris, addresses or ID numbers."""
    reading = returned()
    reading = msgspec.structs.replace(reading, texts={**reading.texts, "measures": text})

    assert [one.code for one in audited(reading).findings[0]] == wanted


def test_id_number_is_never_repeated():
    """Row 75: the finding about an ID number does not hold it."""
    texts = {**returned().texts, "measures": LONG + "110101199003071234"}
    done = audited(msgspec.structs.replace(returned(), texts=texts))

    assert "110101" not in words(one_of(done, "section_identity"))


def test_relation_says_where_what_and_by_how_much():
    """A broken relation names sheet, cell, both sides, the difference and what stands there."""
    before = int(next(one.value for one in returned().figures if one.code == "TJ02"))
    reading = returned(TJ02=str(before + 2))
    cells = tuple(msgspec.structs.replace(one, formula=False) for one in reading.figures)
    done = audited(msgspec.structs.replace(reading, figures=cells))
    (one,) = (each for each in done.findings[0] if each.subject == "TJ-R03")

    assert (one.level, one.sheet, one.cell) == ("must", FIGURES, "D10")
    wanted = {"left": str(before + 2), "right": str(before), "difference": "2"}
    assert {key: one.details[key] for key in wanted} == wanted
    assert f"TJ02 {before + 2}" in words(one)
    assert "TJ08 " in words(one)


def test_relation_of_rows_names_the_rows():
    """A rule for each row names the sheet and the numbers of the rows that break it."""
    done = audited(with_rows(returned(), disputes({}, {"accepted_on": "2026-04-02"}, {})))
    (one,) = (each for each in done.findings[0] if each.subject == "TJ-R17")

    assert (one.level, one.sheet, one.cell, one.details["rows"]) == ("must", DISPUTES, "A7", "7")


def rows_key(*rows: Mapping[str, str], empty: int = 0) -> str:
    """The name of the question about rows mediated before they were accepted."""
    ledger = disputes(*rows)
    places = tuple(number + empty for number in ledger.numbers)
    done = audited(with_rows(returned(), msgspec.structs.replace(ledger, numbers=places)))
    (one,) = (each for each in done.findings[0] if each.subject == "TJ-R18")
    return one.key("990101001001", "2026Q1", "TJ")


def test_question_about_rows_is_known_by_what_stands_in_them():
    """
    The same failing rows have the same name wherever they stand; other rows, or more, another.

    An officer's answer is an answer to the rows that he has seen.
    """
    odd, other = ({"mediated_on": day, "parties": "甲与乙"} for day in ("2026-02-01", "2026-01-31"))
    key = rows_key(odd, {})

    assert rows_key({}, odd, empty=4) == key
    assert len({key, rows_key(other), rows_key({**odd, "parties": "丙与丁"}), rows_key(odd, other),
                rows_key(*[odd] * 13), rows_key(*[odd] * 40)}) == 6  # fmt: skip


def test_question_about_rows_is_known_in_every_language():
    """A question that an officer has answered has the same name when the other language is set."""
    odd = {"mediated_on": "2026-02-01"}
    texts = {**returned().texts, "measures": "短"}
    short = msgspec.structs.replace(returned(), texts=texts)

    def keys() -> set[str]:
        return {rows_key(odd), one_of(audited(short), "section_short").key("", "", "")}

    chinese = keys()
    with spoken("en"):
        assert keys() == chinese


def test_what_was_counted_in_a_ledger_belongs_to_the_question():
    """One item in the plan is another question than two, though no figure says how many."""
    plan = next(one for one in returned().ledgers if one.symbol == "TJ_P")

    def key(count: int) -> str:
        rows = {"rows": plan.rows[:count], "numbers": plan.numbers[:count], "odd": ()}
        done = audited(with_rows(returned(), msgspec.structs.replace(plan, **rows)))
        (one,) = (each for each in done.findings[0] if each.subject == "PL-04")
        return one.key("990101001001", "2026Q1", "TJ")

    assert key(1) != key(2)


def total(text: str, set_code: str = "SY", *missing: str) -> Reading:
    """A summary of two units with these totals, without those that are missing."""
    reading = filling(text).reading(checked_sets()[set_code].form_set)
    identity = msgspec.structs.replace(reading.identity, code=STREET, role=SUMMARY)
    return msgspec.structs.replace(
        reading, identity=identity, expected=2, reported=2 - len(missing), missing=missing
    )


def of_total(mine: Reading, *beside: Reading, before: Reading | None = None) -> list[tuple]:
    """What is asked of a summary whose district looks at the other sets' summaries beside it."""
    sets = checked_sets()
    others = {one.identity.set_code: Returns((one,)) for one in beside}
    done = audit(
        sets[mine.identity.set_code], [mine], [Header(Period.parse("2026Q2"), "街道")], [before],
        beside=Beside(sets, others),
    )  # fmt: skip
    return [(one.code, one.level, one.subject) for one in done.findings[0]
            if one.subject in ("SY18", "SY-R08", "SY-R09", "TJ-R03")]  # fmt: skip


def test_total_that_nobody_can_mend_is_a_question():
    """
    A total whose parts have passed breaks a rule for a reason: its office is asked, not told.

    One unit may say —— where the others give figures, and units come and go between quarters.
    """
    kinds = "; ".join(f"TJ{number:02} 1" for number in range(8, 14))

    assert of_total(total(f"TJ02 7; {kinds}", "TJ")) == [("relation", "explain", "TJ-R03")]
    assert of_total(total("SY18 600"), before=total("SY18 1000")) == [
        ("falling_total", "explain", "SY18")
    ]


def test_totals_of_other_units_are_not_compared():
    """
    Totals of two sets are compared where the same units are missing in both, else neither is wrong.
    """
    assert of_total(total("SY18 9000"), total("JC02 8619", "JC", "光明社区")) == []
    assert of_total(total("SY18 9000"), total("JC02 8619", "JC")) == [
        ("relation", "explain", "SY-R08")
    ]
    assert of_total(total("SY18 9000", "SY", "光明社区"), total("JC02 8619", "JC", "光明社区")) == [
        ("relation", "explain", "SY-R08")
    ]


def test_undecided_relations_say_nothing():
    """A rule over a blank is undecided: the required-check alone speaks."""
    got = {one.code for one in audited(returned(TJ16="")).findings[0]}

    assert got == {"required"}


def test_levels_decide_who_is_judged():
    """A relation for communities (TJ-R10) is not held against a street."""
    reading = returned(TJ01="5")
    community = audit(tj(), [reading], [Header(PERIOD, "社区")]).findings[0]
    street = audit(tj(), [reading], [Header(PERIOD, "街道")]).findings[0]

    assert "TJ-R10" in {one.subject for one in community}
    assert "TJ-R10" not in {one.subject for one in street}


def test_zero_report_is_filled_in():
    """A zero report makes blank flows 0 and lists them; a figure beside it contradicts."""
    data = written(filled(blank_of(), figures=(), ledgers=(), zero_report=True))
    done = audited(read(data), past(TJ20="2"))
    got = {cell.code: cell.value for cell in done.readings[0].figures}

    assert (got["TJ01"], got["TJ02"], got["TJ20"]) == ("0", "0", "2")
    typed = [FigureCell("TJ01", "number", "3", "D8", "3"), *done.readings[0].figures[1:]]
    contradicted = msgspec.structs.replace(read(data), figures=tuple(typed))
    assert of(audited(contradicted), "zero_with_figures") == [("zero_with_figures", "D8")]


def test_many_returns_are_judged_like_one():
    """Judged together returns get the findings that each gets alone, in order."""
    readings = [returned(), returned(TJ01="5"), returned(TJ01=""), returned(TJ17="1")]
    together = audit(tj(), readings, [Header(PERIOD, "社区")] * 4)

    assert together.findings == tuple(audited(one).findings[0] for one in readings)
    assert audit(tj(), [], []).findings == ()


def answer(finding: Finding, action: str) -> dict[str, Answer]:
    """An officer's answer to a finding of the sample return."""
    key = finding.key("990101001001", "2026Q1", "TJ")
    return {
        key: Answer(
            key=key, action=action, officer="王副主任", reason="已电话核实", period="2026Q1",
            at="2026-04-03T10:00:00",
        )
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "counts"),
    [("属实", False), ("情况属实。", False), ("经核实，属实", False), ("无误", False), ("", False),
     ("同上", False), ("OK", False), ("本季度外来人口增加，纠纷增多", True),
     ("春节前后只排查了五次", True), ("。。。。。。。", False), ("情况属实，情况属实", False)],
)  # fmt: skip
def test_reasons_that_explain_nothing(reason: str, counts: bool):
    """An explanation says something: 属实 and its like don't count."""
    assert says_something(reason) == counts


def test_explained_findings_pass():
    """A question with a reason on 审核说明 or in 备注 is explained, with its words."""
    done = audited(returned(TJ01="5"))
    reason = "春节前后只排查了五次"
    silent = settle(done.findings[0], returned(), {})
    said = msgspec.structs.replace(returned(), explanations={"TJ-R10": reason, "PL-06": reason})
    told = settle(done.findings[0], said, {})

    assert {one.finding.subject for one in silent} == {"TJ-R10", "PL-06"}
    assert (state_of(silent), state_of(told)) == (TO_EXPLAIN, PASSED)
    assert {(one.state, one.explanation) for one in told} == {("explained", reason)}


MUST = Finding("required", "must", FIGURES, "D8", "TJ01")
RELEASE = Finding("relation", "release", FIGURES, "D8", "G13")
EXPLAIN = Finding("relation", "explain", FIGURES, "D8", "TJ-R10")
ASK = Finding("two_sheets", "ask", FIGURES, "", "TJ")
NOTE = Finding("previous_differs", "note", FIGURES, "E8", "TJ01")


@pytest.mark.parametrize(
    ("findings", "state"),
    [((), PASSED), ((NOTE,), PASSED), ((MUST,), TO_MEND), ((RELEASE,), TO_MEND),
     ((EXPLAIN,), TO_EXPLAIN), ((ASK,), WAITING), ((ASK, EXPLAIN), WAITING),
     ((EXPLAIN, MUST, ASK), TO_MEND)],
)  # fmt: skip
def test_states_of_a_return(findings: tuple[Finding, ...], state: str):
    """待改 before 待审 before 待补说明; notes keep nobody from passing."""
    assert state_of(settle(findings, returned(), {})) == state


@pytest.mark.parametrize(
    ("finding", "action", "became", "state"),
    [(RELEASE, "accept", "released", PASSED), (EXPLAIN, "accept", "accepted", PASSED),
     (ASK, "accept", "accepted", PASSED), (MUST, "accept", "open", TO_MEND),
     (ASK, "reject", "rejected", TO_MEND), (EXPLAIN, "reject", "rejected", TO_MEND)],
)  # fmt: skip
def test_answers_of_an_officer(finding: Finding, action: str, became: str, state: str):
    """An officer releases, accepts or rejects; nobody accepts what must be mended."""
    (one,) = settle([finding], returned(), answer(finding, action))

    assert (one.state, state_of([one])) == (became, state)
    assert (one.officer == "王副主任") == (became != "open")


def test_answer_belongs_to_its_finding():
    """Another figure in the same cell is another finding: an old answer does not cover it."""
    first = msgspec.structs.replace(EXPLAIN, details={"found": "TJ01 5"})
    second = msgspec.structs.replace(EXPLAIN, details={"found": "TJ01 4"})
    (one,) = settle([second], returned(), answer(first, "accept"))

    assert one.state == "open"


def test_other_period_other_book():
    """The same return judged in the fourth quarter has other dates out of its period."""
    reading = returned()
    done = audit(tj(), [reading], [Header(Period.parse("2025Q4"), "社区")])

    assert "TJ-R17" in {one.subject for one in done.findings[0]}
