"""Versions of a return, reasons with a memory, releases by name, ledgers on paper."""

import datetime as dt

import msgspec
import pytest
from openpyxl import load_workbook

from huizong import pipeline
from huizong import work as working
from huizong.differences import differences
from huizong.errors import HuizongError
from huizong.history import last_summary
from huizong.issuing import blanks_of, reasons_of
from huizong.language import check
from huizong.layout import ON_PAPER
from huizong.office import expected_units, open_office
from huizong.periods import Period
from huizong.read import read_bytes
from huizong.records import FigureCell, Identity, LedgerRows, Reading
from huizong.settings import SETTINGS
from huizong.work import checked_sets
from huizong.workbooks import open_workbook
from issued import CHECKS, DISPUTES, FIGURES, SCREENING, read
from returned import (
    CODE,
    PERIOD,
    SENT,
    at,
    changed,
    good,
    office_of,
    put,
    standing,
    with_cell,
    with_figure,
)

NEXT = Period.parse("2026Q2")
REASON = "物业交接期间纠纷集中，已逐件登记"


@pytest.fixture
def office(tmp_path):
    """A sample office."""
    return office_of(tmp_path / "清河街道")


def ledger(*rows: tuple[str, str]) -> Reading:
    """A return with one ledger of (parties, result) rows."""
    keys = ("seq", "parties", "result")
    numbered = tuple((str(n), *row) for n, row in enumerate(rows, 1))
    numbers = tuple(range(6, 6 + len(rows)))
    found = LedgerRows("TJ_L1", "有", "L1", keys, ("A", "C", "I"), numbers, numbered)
    figures = (FigureCell("TJ01", "number", "6", "D8", "6"),)
    identity = Identity("TJ", "2026.1", "2026Q1", CODE, "和平社区")
    return Reading(identity, figures=figures, ledgers=(found,), sheet="S")


def told(*readings: Reading) -> list[tuple[str, str, tuple[str, ...]]]:
    """Give label, cell and values of what differs."""
    return [(one.label, one.cell, one.values) for one in differences(readings)]


def test_row_put_between_moves_no_other():
    """
    A row put in between differs alone; the rows below it, one further down, do not.
    """
    one = ledger(("甲与乙", "成功"), ("丙与丁", "成功"))
    other = ledger(("甲与乙", "成功"), ("戊与己", "不成功"), ("丙与丁", "成功"))

    assert told(one, other) == [
        ("TJ_L1 第 3 行 parties", "C7", ("", "戊与己")),
        ("TJ_L1 第 3 行 result", "I7", ("", "不成功")),
    ]


def test_what_is_not_applicable_is_the_same_however_it_was_stored():
    """
    LibreOffice stores the —— of a formula as 0 in an .xls: no difference from another file's.
    """
    one, other = (
        msgspec.structs.replace(ledger(), figures=(FigureCell("TJ19", "na", "", "D21", typed),))
        for typed in ("——", "0")
    )

    assert told(one, other) == []


def test_changed_cell_differs_alone():
    """
    A changed cell is one difference, with where it stands now.
    """
    one = ledger(("甲与乙", "成功"), ("丙与丁", "成功"))
    other = ledger(("甲与乙", "成功"), ("丙与丁", "不成功"))

    assert told(one, other) == [("TJ_L1 第 2 行 result", "I7", ("成功", "不成功"))]
    assert told(one, one) == []


def test_versions_of_a_return_are_listed(office, capsys):
    """
    `huizong differences` and 审核结果 list old and new of a unit's second version.
    """
    from huizong.cli import app

    with at(office) as work:
        put(work, with_figure(good(work), "TJ16", "约50"), "和平")
        standing(work)
    with at(office, SENT + dt.timedelta(days=1)) as work:
        put(work, with_figure(good(work), "TJ16", "2"), "和平改")
        assert standing(work).version == 2
        path = work.office.findings
    app(["differences", str(office), "2026Q1", "--unit", CODE], standalone_mode=False)
    text = capsys.readouterr().out
    rows = [[c.value for c in row] for row in load_workbook(path)["版本差异"].iter_rows()]

    assert "第 1 版 → 第 2 版" in text
    assert "TJ16 防止民转刑件数 TJ-1 统计表 D30：约50 → 2" in text
    assert ["和平社区", "TJ", "1", "2", FIGURES, "D30", "TJ16 防止民转刑件数", "约50", "2"] in rows


def test_one_version_has_nothing_to_compare(office, capsys):
    """
    A unit that has sent once is said to have; an unknown unit is refused.
    """
    from huizong.cli import app

    with at(office) as work:
        put(work, good(work), "和平")
        standing(work)
    app(["differences", str(office), "2026Q1", "--unit", CODE], standalone_mode=False)
    assert "只报过 1 版" in capsys.readouterr().out
    with pytest.raises(HuizongError) as caught:
        app(["differences", str(office), "2026Q1", "--unit", "1"], standalone_mode=False)
    assert caught.value.code == "error.unknown_unit"


def explained(work, reason: str) -> str:
    """Send a return that has to explain a relation, with a reason; tell the unit's state."""
    blank = with_figure(good(work), "TJ17", "1")
    put(work, changed(blank, explanations={"TJ-R11": reason}), "和平")
    return standing(work).state


@pytest.mark.parametrize(
    ("reason", "state", "offered"),
    [
        (REASON, "passed", {"TJ-R11": REASON}),
        ("情况属实", "to_explain", {}),
        ("", "to_explain", {}),
    ],
)
def test_reason_that_counted_is_offered_next_time(office, reason, state, offered):
    """
    Last period's reason stands in grey beside the same relation and does not count; empty phrases
    neither count nor are offered.
    """
    with at(office) as work:
        assert explained(work, reason) == state
        tj = checked_sets()["TJ"]
        assert reasons_of(work, tj, PERIOD).get((CODE, "unit"), {}) == offered
        pipeline.issue(work, NEXT, "TJ")
        (path,) = work.office.issued("2026Q2").glob(f"*{CODE}_*TJ.xlsx")
    sheet = load_workbook(path)[CHECKS]
    rows = {row[0].value: row for row in sheet.iter_rows()}

    line = [cell.value for cell in rows["TJ-R11"]]
    assert line[4:] == ([None, REASON] if offered else [None])
    assert read(path.read_bytes()).explanations == {}
    if offered:
        assert rows["TJ-R11"][5].font.color.rgb == "FF7F7F7F"
        assert any("$F$" in (one.formula1 or "") for one in sheet.data_validations.dataValidation)


def test_reason_of_last_period_counts_once_confirmed(office):
    """
    In the next period the offered reason alone does not explain; written in its place it does.
    """
    with at(office) as work:
        explained(work, REASON)
        pipeline.issue(work, NEXT, "TJ")
    with at(office, dt.datetime(2026, 7, 3, 9)) as work:
        blank = with_figure(good(work, period=NEXT), "TJ17", "1")
        assert blank.told == {"TJ-R11": REASON}
        put(work, blank, "二季度")
        assert standing(work, NEXT).state == "to_explain"
        put(work, changed(blank, explanations={"TJ-R11": REASON}), "二季度改")
        assert standing(work, NEXT).state == "passed"


@pytest.fixture
def releasing(monkeypatch):
    """Turn TJ-R11 into a relation that only a named officer can release."""
    tj = checked_sets()["TJ"]
    relations = tuple(
        msgspec.structs.replace(one, level="release") if one.id == "TJ-R11" else one
        for one in tj.form_set.relations
    )
    form_set = msgspec.structs.replace(tj.form_set, relations=relations)
    changed_set = check(form_set, {"TJ": form_set})
    sets = {"TJ": changed_set}
    monkeypatch.setattr(working, "checked_sets", lambda: sets)
    monkeypatch.setattr(pipeline, "checked_sets", lambda: sets)


@pytest.mark.usefixtures("releasing")
@pytest.mark.parametrize("accept", [True, False])
def test_release_by_a_named_officer(office, accept):
    """
    A 准强制 finding blocks though it is explained, until an officer releases it by name; then the
    return passes and the summary names who and why. A rejected one goes back.
    """
    with at(office) as work:
        assert explained(work, REASON) == "to_mend"
        entry = standing(work)
        (one,) = [f for f in entry.findings if f.finding.subject == "TJ-R11"]
        assert (one.finding.level, one.stands) == ("release", True)
        with pytest.raises(HuizongError):
            pipeline.answer(
                work, "2026Q1", pipeline.Typed(key=one.key, action="accept", reason="x")
            )
        action = "accept" if accept else "reject"
        typed = pipeline.Typed(key=one.key, action=action, officer="王芳", reason="专题报告已收")
        pipeline.answer(work, "2026Q1", typed)
        assert standing(work).state == ("passed" if accept else "to_mend")
        if not accept:
            assert [len(pipeline.send_back(work, PERIOD))] == [1]
            return
        (made,) = pipeline.aggregate(work, PERIOD)
        summary = last_summary(work.book, "2026Q1", "TJ")
    told = [
        row for row in load_workbook(made.path)["问题与说明"].iter_rows() if row[0].value == one.key
    ]

    assert summary.units[0].included
    assert "已核准（王芳）：专题报告已收" in [cell.value for cell in told[0]]


def keep_on_paper(office, *codes: str) -> None:
    """Set ledgers as kept on paper, as a person does in the control workbook."""
    path = open_office(office).control
    book = load_workbook(path)
    row = next(r for r in book[SETTINGS].iter_rows() if r[0].value == "只填合计的台账")
    row[1].value = "、".join(codes)
    book.save(path)


def on_paper(work, figures: dict[str, str] | None = None):
    """A return in which the disputes are kept on paper and only their totals are typed."""
    tj = checked_sets()["TJ"]
    (blank, _) = blanks_of(
        work, tj, PERIOD, [u for u in expected_units(work.office, PERIOD, "TJ") if u.code == CODE]
    )
    sample = good(work).filling
    typed = {"TJ02": "5", "TJ08": "5", "TJ09": "0", "TJ10": "0", "TJ11": "0", "TJ12": "0",
             "TJ13": "0", "TJ03": "5", "TJ04": "5", "TJ21": "0", "TJ07": "0", "TJ19": "0",
             "TJ14": "2", "TJ15": "0"} | (figures or {})  # fmt: skip
    cells = tuple(
        FigureCell(code, "number", value, "", value) for code, value in typed.items() if value
    )
    rows = tuple(one for one in sample.ledgers if one.symbol != "TJ_L1")
    filling = msgspec.structs.replace(sample, figures=(*sample.figures, *cells), ledgers=rows)
    return msgspec.structs.replace(blank, filling=filling)


def test_ledger_on_paper_makes_its_figures_inputs(office):
    """
    只填合计: the ledger says 纸质备查, its figures are open cells, its ties are not judged.
    """
    keep_on_paper(office, "TJ-L1")
    with at(office) as work:
        pipeline.issue(work, PERIOD, "TJ")
        (path,) = work.office.issued("2026Q1").glob(f"*{CODE}_*TJ.xlsx")
    book = load_workbook(path)

    assert book[DISPUTES]["E4"].value == "纸质备查"
    assert not book[FIGURES]["D10"].protection.locked
    assert book[SCREENING]["E4"].value == "未填"
    results = {row[0].value: row[3].value for row in book[CHECKS].iter_rows()}
    assert results["TJ-R06.1"] == "纸质备查"
    assert str(results["TJ-R03"]).startswith("=")
    assert read(path.read_bytes()).ledgers[0].status == ON_PAPER


@pytest.mark.parametrize(
    ("figures", "state", "codes"),
    [
        ({}, "passed", set()),
        ({"TJ02": ""}, "to_mend", {"required"}),
        ({"TJ02": "6"}, "to_mend", {"relation"}),
    ],
)
def test_totals_of_a_ledger_on_paper_are_judged_without_it(office, figures, state, codes):
    """
    Totals pass without a single row; a missing one is required, and relations among figures hold.
    """
    keep_on_paper(office, "TJ-L1")
    with at(office) as work:
        put(work, on_paper(work, figures), "和平")
        entry = standing(work)

    found = {
        one.finding.code for one in entry.findings if one.stands and one.finding.level == "must"
    }
    assert (entry.state, found) == (state, codes)


def test_only_the_office_puts_a_ledger_on_paper(office):
    """
    A return that says 纸质备查 where the office wants rows has to be mended.
    """
    keep_on_paper(office, "TJ-L1")
    with at(office) as work:
        put(work, on_paper(work), "和平")
        assert standing(work).state == "passed"
    keep_on_paper(office)
    with at(office) as work:
        entry = standing(work)

    assert "ledger_on_paper" in {one.finding.code for one in entry.findings if one.stands}


def test_copy_of_a_return_on_paper_stays_on_paper(office):
    """
    The correction copy keeps typed totals and the ledger's state.
    """
    keep_on_paper(office, "TJ-L1")
    with at(office) as work:
        put(work, on_paper(work, {"TJ02": "6"}), "和平")
        standing(work)
        (copy,) = pipeline.send_back(work, PERIOD)
    book = load_workbook(copy.path)

    assert (book[DISPUTES]["E4"].value, book[FIGURES]["D10"].value) == ("纸质备查", 6)


def test_totals_on_paper_add_up(office):
    """
    Typed totals go into the summary; the ledger's counts have none of this unit.
    """
    keep_on_paper(office, "TJ-L1")
    with at(office) as work:
        put(work, on_paper(work), "和平")
        standing(work)
        made = next(one for one in pipeline.aggregate(work, PERIOD) if one.path.name.count("纠纷"))
    totals = {one.code: one.value for one in made.summary.totals}
    counted = {(one.symbol, one.key) for one in made.summary.ledger_totals}

    assert totals["TJ02"] == "5"
    assert ("TJ_L1", "rows") not in counted
    assert ("TJ_L2", "rows") in counted
    assert read_bytes(made.path.read_bytes())
    assert open_workbook(made.path.read_bytes())


def test_unknown_ledger_on_paper_is_refused(office):
    """
    A setting that names no flow ledger stops issuing, and names those that there are.
    """
    keep_on_paper(office, "TJ-L9")
    with at(office) as work, pytest.raises(HuizongError) as caught:
        pipeline.issue(work, PERIOD, "TJ")

    assert "TJ-L9" in str(caught.value)
    assert "TJ-L1" in str(caught.value)


def test_cell_changed_by_hand_is_found_between_versions(office):
    """
    Texts, remarks and reasons are compared too.
    """
    with at(office) as work:
        one = good(work)
        other = changed(with_cell(one, "TJ_L1", 0, "result", "不成功"), remarks={"TJ01": "含夜查"})
        pair = (one.filling, other.filling)
        found = list(differences(pair, checked_sets()["TJ"].form_set, words=True))

    assert [one.label for one in found] == ["纠纷调解登记簿 第 1 行 结果", "备注 TJ01"]
