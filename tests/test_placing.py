"""Whose, when, which; and the choice among several files of one unit."""

import datetime as dt
from itertools import permutations

import msgspec
import pytest

from huizong.choosing import Candidate, choose
from huizong.entries import Answer
from huizong.office import Office, sample_roster
from huizong.periods import Period
from huizong.placing import place
from huizong.records import FigureCell, Finding, Identity, LedgerRows, Reading, Unit
from huizong.settings import Settings

TODAY = dt.date(2026, 4, 9)
STREET = "990101001000"


def office() -> Office:
    """The sample street, with a unit that was merged away and one that is asked for another set."""
    extra = (
        Unit(code="990101001015", name="老街社区", parent=STREET,
             until=dt.date(2026, 2, 1), successors=("990101001001",)),
        Unit(code="990101001016", name="新苑社区", parent=STREET, sets=("JC",)),
        Unit(code="990101002001", name="别街社区", parent="990101002000"),
    )  # fmt: skip
    roster = (*sample_roster(), *extra)
    settings = Settings(code=STREET, name="清河街道")
    return Office(folder=None, unit=roster[0], level="街道", roster=roster, settings=settings)


def district() -> Office:
    """A district over the sample street."""
    own = Unit(code="990101000000", name="清江区", parent="")
    settings = Settings(code=own.code, name=own.name)
    return Office(folder=None, unit=own, level="区县", roster=sample_roster(), settings=settings)


def reading(
    code: str = "990101001001", name: str = "和平社区", role: str = "unit",
    period: str = "2026Q1", findings: tuple[Finding, ...] = (),
) -> Reading:  # fmt: skip
    """A reading of one unit."""
    return Reading(Identity("TJ", "1", period, code, name, role), findings=findings)


CASES = (
    ("和平社区", {}, "placed", "990101001001"),
    ("usual suffix", {"name": "和平社区居民委员会"}, "placed", "990101001001"),
    ("name alone", {"code": ""}, "placed", "990101001001"),
    ("name of another", {"name": "光明社区"}, "name_code_differ", "990101001001"),
    ("unknown code", {"code": "990101001099"}, "unknown_unit", None),
    ("unknown name alone", {"code": "", "name": "和平路社区"}, "unknown_unit", None),
    ("invisible space", {"code": "", "name": "和\u200b平社区"}, "placed", "990101001001"),
    ("look-alike alone", {"code": "", "name": "和乎社区"}, "unknown_unit", None),
    ("other office", {"code": "990101002001", "name": "别街社区"}, "not_ours_to_collect",
     "990101002001"),
    ("merged away", {"code": "990101001015", "name": "老街社区"}, "not_expected", "990101001015"),
    ("other set", {"code": "990101001016", "name": "新苑社区"}, "not_expected", "990101001016"),
    ("own figures", {"code": STREET, "name": "清河街道", "role": "own"}, "placed", STREET),
    ("office as unit", {"code": STREET, "name": "清河街道"}, "wrong_kind", STREET),
    ("own of a unit", {"role": "own"}, "wrong_kind", "990101001001"),
    ("summary of a community", {"role": "summary"}, "wrong_kind", "990101001001"),
    ("typed date", {"period": "2062Q1"}, "wrong_period", "990101001001"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason", "code"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_whose_and_when(changes, reason, code):
    """
    Faults 30 and 34: the visible heading decides against the roster; whatever is in doubt waits.
    """
    got = place(reading(**changes), office(), (), "ok", today=TODAY)

    assert (got.state, got.reason) == ("pending", reason)
    assert (got.unit.code if got.unit else None) == code
    assert got.placed == (reason == "placed")
    assert len(got.questions) == (0 if got.placed else 1)


def test_unknown_unit_offers_near_names():
    """
    Fault 34: near candidates are offered in the finding.
    """
    (finding,) = place(reading(code="", name="和平路社区"), office(), (), "ok").findings

    assert (finding.code, finding.level) == ("unknown_unit", "ask")
    assert finding.details["found"] == "和平路社区"
    assert "和平社区（990101001001）" in finding.details["near"]


def test_summary_of_a_street_is_a_return_of_the_district():
    """
    A summary from the level below is placed there, unchecked while its seal cannot be known.
    """
    got = place(reading(STREET, "清河街道", "summary"), district(), (), "unknown", today=TODAY)

    assert (got.placed, got.unchecked_seal, got.role) == (True, True, "summary")
    assert [(f.code, f.level) for f in got.findings] == [("seal_unknown", "info")]


@pytest.mark.parametrize(
    ("asked", "issued", "period", "reason"),
    [
        ("2026Q1", (), "2026Q1", "placed"),
        ("2026Q2", (), "2026Q1", "wrong_period"),
        ("", {("2026Q3", "TJ")}, "2026Q3", "placed"),
        ("", {("2026Q1", "TJ")}, "2026Q3", "wrong_period"),
        ("", {("2026Q1", "TJ")}, "2025Q4", "placed"),
    ],
)
def test_period_is_the_one_in_the_workbook(asked, issued, period, reason):
    """
    Fault 30: a period that was not asked for, or lies in the future and was not issued, waits.
    """
    got = place(reading(period=period), office(), issued, "ok", asked, today=TODAY)

    assert got.reason == reason


@pytest.mark.parametrize("code", ["identity_contradicts", "identity_differs", "unknown_period"])
def test_tag_against_heading_asks(code):
    """
    Fault 29: what the reader found to contradict holds the file.
    """
    found = Finding(code, "ask", "TJ-1", "B3", "code", {"found": "光明", "expected": "和平"})

    assert place(reading(findings=(found,)), office(), (), "ok").reason == code


def test_wrong_seal_asks_until_an_officer_accepts():
    """
    Fault 29: a seal that contradicts waits; the officer's acceptance is for that file only.
    """
    first = place(reading(), office(), (), "wrong", digest="aaaaaaaa")
    other = place(reading(), office(), (), "wrong", digest="bbbbbbbb", accepted=first.questions)
    again = place(reading(), office(), (), "wrong", digest="aaaaaaaa", accepted=first.questions)

    assert (first.reason, other.reason, again.reason) == ("seal_wrong", "seal_wrong", "placed")


def test_unknown_unit_cannot_be_waved_through():
    """
    Fault 34: accepting does not make an unknown unit known.
    """
    unknown = reading(code="990101001099")
    keys = place(unknown, office(), (), "ok", digest="a").questions

    assert place(unknown, office(), (), "ok", digest="a", accepted=keys).reason == "unknown_unit"


@pytest.mark.parametrize(
    ("code", "state"),
    [("not_ours", "not_a_return"), ("damaged", "returned"), ("encrypted", "returned")],
)
def test_file_that_was_not_read(code, state):
    """
    A workbook without our forms is no return; one that cannot be read goes back.
    """

    class Refusal:
        pass

    refusal = Refusal()
    refusal.code = code
    got = place(refusal, office(), (), "unknown")

    assert (got.state, got.reason, got.unit) == (state, code, None)


def candidate(name: str, value: str, made: str, acceptable: bool = True, **more) -> Candidate:
    """A file of 和平社区 with one figure and one ledger row."""
    figures = (FigureCell("TJ01", "number", value, "D8", value),)
    rows = LedgerRows(
        "TJ_L1", "有", "台账", ("seq", "date"), ("A", "B"), (6,), (("1", "2026-01-05"),)
    )
    identity = Identity("TJ", "1", "2026Q1", "990101001001", "和平社区")
    return Candidate(
        digest=name * 16, name=f"{name}.xlsx", acceptable=acceptable, made=made,
        reading=Reading(identity, figures=figures, ledgers=(rows,), sheet="TJ-1"), **more,
    )  # fmt: skip


def states(files: tuple[Candidate, ...], **answers: Answer) -> dict[str, str]:
    """The state and reason of each file by its letter, the same in every order of arrival."""
    outcomes = []
    for order in permutations(files):
        arrived = [
            Candidate(
                **{f: getattr(c, f) for f in c.__struct_fields__} | {"received": f"2026-04-0{n}"}
            )
            for n, c in enumerate(order, 1)
        ]
        choice = choose(arrived, answers.get("answers"))
        assert [digest for digest, _, _ in choice.states] == [c.digest for c in arrived]
        outcomes.append({d[0]: f"{state} {reason}" for d, state, reason in choice.states})
    assert all(outcome == outcomes[0] for outcome in outcomes)
    return dict(sorted(outcomes[0].items()))


A, B, C = (candidate(n, v, m) for n, v, m in (("a", "12", "1"), ("b", "15", "2"), ("c", "12", "3")))
BLOCKED = candidate("x", "99", "4", acceptable=False)
OLD_BLOCKED = candidate("w", "98", "0", acceptable=False)


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        ((A,), {"a": "adopted adopted"}),
        ((A, C), {"a": "superseded equal", "c": "adopted adopted"}),
        ((A, B), {"a": "pending two_returns", "b": "pending two_returns"}),
        ((A, B, C), dict.fromkeys("abc", "pending two_returns")),
        ((A, BLOCKED), {"a": "adopted adopted", "x": "returned blocked"}),
        ((A, OLD_BLOCKED), {"a": "adopted adopted", "w": "superseded older"}),
        ((BLOCKED, OLD_BLOCKED), {"w": "superseded older", "x": "returned blocked"}),
        ((A, B, BLOCKED, OLD_BLOCKED), {
            "a": "pending two_returns", "b": "pending two_returns", "w": "superseded older",
            "x": "returned blocked",
        }),
    ],
)  # fmt: skip
def test_all_orders_of_arrival_give_the_same_state(files, outcome):
    """
    Fault 32: a blocked file doesn't compete, equal ones settle, different ones wait, in any order.
    """
    assert states(files) == outcome


OPEN = frozenset({"TJ-1!D8"})


def copied(name: str, value: str, made: str, of: str, *, may_change=OPEN, **more) -> Candidate:
    """A file made in our correction copy of another."""
    return candidate(name, value, made, corrects=of * 16, may_change=may_change, **more)


@pytest.mark.parametrize(
    ("files", "outcome"),
    [
        # In the copy of the very one; in a copy of a copy, also where the one between is blocked.
        ((A, copied("b", "15", "2", "a")), {"a": "superseded corrected", "b": "adopted adopted"}),
        ((A, copied("b", "15", "2", "a"), copied("c", "16", "3", "b")), {
            "a": "superseded corrected", "b": "superseded corrected", "c": "adopted adopted",
        }),
        ((A, copied("b", "15", "2", "a", acceptable=False), copied("c", "16", "3", "b")), {
            "a": "superseded corrected", "b": "superseded older", "c": "adopted adopted",
        }),
        # Its age, which a copied folder loses, does not matter.
        ((A, copied("b", "15", "0", "a")), {"a": "superseded corrected", "b": "adopted adopted"}),
        # A third one, or two made of the same one, are still a question.
        ((A, copied("b", "15", "2", "a"), candidate("d", "20", "3")), {
            "a": "superseded corrected", "b": "pending two_returns", "d": "pending two_returns",
        }),
        ((A, copied("b", "15", "2", "a"), copied("c", "16", "3", "a")), {
            "a": "superseded corrected", "b": "pending two_returns", "c": "pending two_returns",
        }),
        # So is a change beside the marked cells, a copy of another, an emptied cell.
        ((A, copied("b", "15", "2", "a", may_change=frozenset({"TJ-1!D9"}))),
            dict.fromkeys("ab", "pending two_returns")),
        ((A, copied("b", "15", "2", "x")), dict.fromkeys("ab", "pending two_returns")),
        ((A, copied("b", "", "2", "a")), dict.fromkeys("ab", "pending two_returns")),
        # What an officer has put aside is no step between.
        ((A, copied("b", "15", "2", "a", put_aside="put_aside"), copied("c", "16", "3", "b")), {
            "a": "pending two_returns", "b": "superseded put_aside", "c": "pending two_returns",
        }),
    ],
)  # fmt: skip
def test_correction_in_our_copy_takes_the_place(files, outcome):
    """
    Fault 32: what was mended in our copy of a return, in marked cells alone, is no second return.
    """
    assert states(files) == outcome


def test_correction_says_what_it_changed():
    """
    Fault 32: that a correction took the place of a return is told, with the cells it changed.
    """
    (told,) = choose((A, copied("b", "15", "2", "a"))).told

    assert (told.code, told.level, told.details["found"]) == ("corrected", "info", "a.xlsx")
    assert told.details["parts"] == "TJ01 D8：12 / 15"


def test_question_names_the_cells_that_differ():
    """
    Fault 32: the newest is proposed, the differences are listed cell by cell.
    """
    changed = candidate("b", "15", "2")
    rows = changed.reading.ledgers[0]
    more = LedgerRows(rows.symbol, rows.status, rows.sheet, rows.keys, rows.columns, (6, 7),
                      (("1", "2026-01-06"), ("2", "2026-02-01")))  # fmt: skip
    figures = Reading(changed.reading.identity, figures=changed.reading.figures, ledgers=(more,),
                      sheet="TJ-1")  # fmt: skip
    other = Candidate(digest="b" * 16, name="b.xlsx", acceptable=True, made="2", reading=figures)
    choice = choose((A, other))

    assert [(d.label, d.cell, d.values) for d in choice.differences] == [
        ("TJ01", "D8", ("12", "15")),
        ("TJ_L1 第 1 行 date", "B6", ("2026-01-05", "2026-01-06")),
        ("TJ_L1 第 2 行 date", "B7", ("", "2026-02-01")),
    ]
    assert (choice.adopted, choice.proposed) == ("", "b" * 16)
    assert (choice.finding.code, choice.finding.level) == ("two_returns", "ask")
    assert choice.finding.details["parts"].startswith("TJ01 D8：12 / 15；")


def answered(action: str, file: str = "") -> dict[str, Answer]:
    """An officer's answer to the question between a and b."""
    key = choose((A, B)).key
    answer = Answer(key=key, action=action, file=file, officer="王芳", reason="电话核实")
    return {key: answer}


@pytest.mark.parametrize(
    ("action", "file", "outcome"),
    [
        ("use", "a.xlsx", {"a": "adopted adopted", "b": "superseded put_aside"}),
        ("use", "A" * 16, {"a": "adopted adopted", "b": "superseded put_aside"}),
        ("use", "z.xlsx", {"a": "pending two_returns", "b": "pending two_returns"}),
        ("accept", "", {"a": "superseded put_aside", "b": "adopted adopted"}),
        ("reject", "", {"a": "returned rejected", "b": "returned rejected"}),
    ],
)
def test_officer_decides(action, file, outcome):
    """
    Fault 32: use one, accept the proposed one, or reject both; the other one is kept.
    """
    assert states((A, B), answers=answered(action, file)) == outcome


def test_chosen_entry_of_one_form_set_is_used():
    """The entry of a further form set, whose name ends in the set's code, can be chosen."""
    first, second = (msgspec.structs.replace(one, digest=f"{one.digest}+SY") for one in (A, B))
    key = choose((first, second)).key
    use = Answer(key=key, action="use", file=second.digest, officer="王芳", reason="电话核实")

    assert choose((first, second), {key: use}).adopted == second.digest


def test_decision_is_for_these_files_only():
    """
    Fault 32: a third file asks anew; the file that was put aside stays aside.
    """
    third = candidate("d", "20", "5")
    put_aside = candidate("b", "15", "2", put_aside="put_aside")

    assert states((A, B, third), answers=answered("use", "a.xlsx")) == dict.fromkeys(
        "abd", "pending two_returns"
    )
    assert states((A, put_aside)) == {"a": "adopted adopted", "b": "superseded put_aside"}
    assert states((A, put_aside, third)) == {
        "a": "pending two_returns", "b": "superseded put_aside", "d": "pending two_returns",
    }  # fmt: skip


def test_periods_are_named_as_people_do():
    """
    A return of another period names both in words, in either language; what is no period stands.
    """
    (asked,) = place(reading(period="2025Q4"), office(), (), "ok", "2026Q1").findings
    assert asked.details["period"] == "2025年第四季度"
    assert asked.details["asked"] == "2026年第一季度"
    assert asked.details["asked_en"] == Period.parse("2026Q1").en
    assert (asked.details["found"], asked.details["expected"]) == ("2025Q4", "2026Q1")
    (odd,) = place(reading(period="？"), office(), (), "ok", "2026Q1").findings
    assert odd.details["period"] == "？"
