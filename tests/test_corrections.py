"""Correction copies: what was sent, its problems in their cells, mended and taken back."""

import datetime as dt
import io

import msgspec
import pytest
from openpyxl import load_workbook

from huizong import pipeline, versions
from huizong.blank_problems import WIDTHS, one_a_cell
from huizong.corrections import filled_as_sent
from huizong.desk import Blank, Problem
from huizong.entries import files_of
from huizong.errors import HuizongError
from huizong.records import FigureCell
from huizong.send_back import SentBack
from huizong.texts import say, speak
from huizong.versions import compared
from issued import CHECKS, DISPUTES, FIGURES, read
from returned import (
    CODE,
    PERIOD,
    SENT,
    at,
    changed,
    good,
    office_of,
    put,
    rows_of,
    standing,
    with_cell,
    with_figure,
)
from uno_session import uno_session
from validator import validate

LIST = "问题清单"


@pytest.fixture
def office(tmp_path):
    """A sample office."""
    return office_of(tmp_path / "清河街道")


def faulty(work):
    """A return with a fault of each kind: figure, ledger cells, rows, report, plan."""
    blank = with_figure(good(work), "TJ16", "约50")
    blank = with_figure(blank, "TJ17", "1")
    blank = with_cell(blank, "TJ_L1", 2, "result", None)
    blank = with_cell(blank, "TJ_L1", 3, "accepted_on", "三月五日")
    blank = with_cell(blank, "TJ_L1", 1, "mediated_on", "2026-01-01")
    texts = {**blank.filling.texts, "next": "待定"}
    return changed(blank, texts=texts, remarks={"TJ01": "含夜间排查"})


def sent_back(work) -> SentBack:
    """The one correction copy of the office."""
    (one,) = pipeline.send_back(work, PERIOD)
    return one


def column(sheet, number: int) -> list[str]:
    """A column of 问题清单 below its heading."""
    return [str(row[number].value or "") for row in sheet.iter_rows(min_row=4)]


def test_copy_holds_what_was_sent_and_lists_its_problems(office):
    """
    Every problem has its number, place, what stands there, what should, what to do; what was
    typed stands as it was typed.
    """
    with at(office) as work:
        path = put(work, faulty(work), "和平")
        original = path.read_bytes()
        entry = standing(work)
        copy = sent_back(work)
        (file,) = files_of(work.book)
        kept = (work.office.originals / file.kept_as).read_bytes()
    book = load_workbook(copy.path)
    sheet = book[LIST]

    assert (entry.state, copy.problems, kept) == ("to_mend", 6, original)
    assert book.sheetnames[0] == LIST
    assert sum(WIDTHS) <= 62
    assert column(sheet, 1)[:3] == ["TJ-1 D30", "TJ-L1 I8", "TJ-L1 B9"]
    assert column(sheet, 2)[:3] == ["约50", "（空）", "三月五日"]
    assert column(sheet, 3)[0] == "填数"
    assert [one.split("\n")[0] for one in column(sheet, 0)[:1]] == [
        one.key for one in entry.findings if one.finding.subject == "TJ16"
    ]
    assert book[FIGURES]["D30"].value == "约50"
    assert book[DISPUTES]["B9"].value == "三月五日"
    assert book[FIGURES]["H8"].value == "含夜间排查"
    assert "约50" in book[FIGURES]["D30"].comment.text


def test_one_row_for_what_one_cell_asks():
    """
    Questions of one cell that ask for the same are one row with all their numbers, asked once.
    """
    wrong = [("A1", "explain", "D9"), ("B2", "must", "D9"), ("C3", "explain", "D9"),
             ("D4", "explain", "D10"), ("E5", "explain", "")]  # fmt: skip
    problems = [
        Problem(key=key, level=level, sheet="JC-1 统计表", cell=cell, found="5",
                expected=f"≥ {key}", text=f"{key} 不对。请核对。", remedy="请核对。")
        for key, level, cell in wrong
    ]  # fmt: skip
    first, must, other, whole = one_a_cell(problems)

    assert (first.key, first.found, first.expected) == ("A1\nC3", "5", "≥ A1\n≥ C3")
    assert first.text == "A1 不对。\nC3 不对。请核对。"
    assert (must, other, whole) == (problems[1], problems[3], problems[4])
    long = [msgspec.structs.replace(one, text="长" * 300 + one.remedy) for one in problems[::2]]
    assert one_a_cell(long) == tuple(long)


def test_copy_read_at_once_says_the_same(office):
    """
    A copy that nobody has mended is read to the very same figures, rows, texts and reasons.
    """
    with at(office) as work:
        blank = faulty(work)
        path = put(work, blank, "和平")
        standing(work)
        first, again = read(path.read_bytes()), read(sent_back(work).path.read_bytes())

    assert [(c.code, c.state, c.value, c.typed) for c in again.figures] == [
        (c.code, c.state, c.value, c.typed) for c in first.figures
    ]
    assert [(r.symbol, r.status, r.keys, r.rows, r.odd) for r in again.ledgers] == [
        (r.symbol, r.status, r.keys, r.rows, r.odd) for r in first.ledgers
    ]
    assert (again.texts, again.remarks) == (first.texts, first.remarks)
    assert again.identity == first.identity
    assert [one.code for one in again.findings] == [one.code for one in first.findings]


def test_problems_follow_their_cells_when_rows_have_moved(office):
    """
    Rows put in between by the sender move its addresses; the copy says its own.
    """
    with at(office) as work:
        path = put(work, faulty(work), "和平")
        book = load_workbook(path)
        book[DISPUTES].insert_rows(7)
        book[FIGURES].insert_rows(7, 2)
        book.save(path)
        entry = standing(work)
        cells = {one.finding.subject: one.finding.cell for one in entry.findings}
        sheet = load_workbook(sent_back(work).path)[LIST]

    # One row further down in what was sent, in its old place in the copy.
    assert (cells["result"], cells["accepted_on"]) == ("I9", "B10")
    assert column(sheet, 1)[:3] == ["TJ-1 D30", "TJ-L1 I8", "TJ-L1 B9"]
    assert "I8" in column(sheet, 4)[1]
    # Of rows that a relation is about, each is named by its new number.
    of_rows = [one.finding for one in entry.findings if one.finding.subject == "TJ-R18"]
    (line,) = (number for number, text in enumerate(column(sheet, 4)) if "TJ-R18" in text)
    assert [one.details["rows"] for one in of_rows] == ["8"]
    assert (column(sheet, 1)[line][-1], column(sheet, 2)[line]) == ("7", "第 7 行")


def test_figure_typed_over_a_formula_gets_its_formula_back(office):
    """
    What was typed over a determined figure is told in the list; the cell is a formula again.
    """
    with at(office) as work:
        path = put(work, good(work), "和平")
        book = load_workbook(path)
        book[FIGURES]["D10"] = 99
        book.save(path)
        entry = standing(work)
        sheet = load_workbook(copy := sent_back(work).path)

    assert "overtyped" in {one.finding.code for one in entry.findings}
    assert str(sheet[FIGURES]["D10"].value).startswith("=")
    assert any("已恢复为公式" in text for text in column(sheet[LIST], 4))
    assert copy.name.endswith("_退改1.xlsx")


def test_own_formula_of_the_sender_stays_a_figure(office):
    """
    A sum that the sender typed as a formula comes back as its result, not as a blank.
    """
    cell = FigureCell("TJ01", "number", "9", "D8", "9", formula=True)
    with at(office) as work:
        blank = good(work)
        sent = msgspec.structs.replace(blank.filling, figures=(cell,))
        filled = filled_as_sent(blank, sent)

    assert filled.filling.figures == (msgspec.structs.replace(cell, formula=False),)


def test_who_has_passed_gets_no_copy(office):
    """
    A faultless return is not sent back; an unknown unit is refused by name.
    """
    with at(office) as work:
        put(work, good(work), "和平")
        other = with_figure(good(work, "990101001002"), "TJ16", "约50")
        put(work, other, "光明")
        standing(work)
        done = pipeline.send_back(work, PERIOD)
        alone = pipeline.send_back(work, PERIOD, "990101001001")
        with pytest.raises(HuizongError) as caught:
            pipeline.send_back(work, PERIOD, "1")

    assert [one.unit.name for one in done] == ["光明社区"]
    assert alone == ()
    assert caught.value.code == "error.unknown_unit"


def test_rejected_by_the_officer_is_in_the_list(office):
    """
    What an officer rejects goes back with the officer's name and grounds.
    """
    with at(office) as work:
        put(work, with_figure(good(work), "TJ17", "1"), "和平")
        entry = standing(work)
        key = next(one.key for one in entry.findings if one.finding.subject == "TJ-R11")
        typed = pipeline.Typed(key=key, action="reject", officer="王芳", reason="请附专题报告")
        pipeline.answer(work, str(PERIOD), typed)
        sheet = load_workbook(sent_back(work).path)[LIST]

    assert "街道退回（王芳）：请附专题报告" in column(sheet, 4)[0]


def test_explanation_asked_for_a_report_section_has_its_row(office):
    """
    What is no relation gets a row on 审核说明, and the reason written there is read.
    """
    with at(office) as work:
        blank = good(work)
        put(work, changed(blank, texts={**blank.filling.texts, "next": "待定"}), "和平")
        assert standing(work).state == "to_explain"
        path = sent_back(work).path
        book = load_workbook(path)
        row = next(r for r in book[CHECKS].iter_rows() if r[0].value == "下步打算")
        row[4].value = "社区正在换届，下步打算由新班子研究后补报"
        out = work.office.inbox / "和平改.xlsx"
        book.save(out)
        entry = standing(work)

    assert entry.state == "passed"
    assert [
        (one.state, one.explanation[:4]) for one in entry.findings if one.finding.subject == "next"
    ] == [("explained", "社区正在")]


def asked_to_explain(work):
    """A return of which one figure is questioned; TJ17 is what it hangs on."""
    put(work, with_figure(good(work), "TJ17", "1"), "和平")
    return standing(work)


def mended(work, path, **cells: int):
    """Mend a correction copy in some cells of its figures, and send it."""
    book = load_workbook(path)
    for cell, number in cells.items():
        book[FIGURES][cell] = number
    book.save(work.office.inbox / "和平改.xlsx")
    entry = standing(work)
    return entry, [(file.state, file.reason) for file in files_of(work.book)]


def test_mended_in_marked_cells_it_takes_the_place(office):
    """
    A figure mended in our copy, where it is marked, is no second return: it is told what changed.
    """
    with at(office) as work:
        before = asked_to_explain(work)
        entry, states = mended(work, sent_back(work).path, D31=0)
        (told,) = (one.finding for one in entry.findings if one.finding.code == "corrected")
        (versions,) = compared(work, PERIOD, CODE)

    assert (before.state, entry.state, entry.included) == ("to_explain", "passed", True)
    assert states == [("superseded", "corrected"), ("adopted", "adopted")]
    assert told.details["parts"] == "TJ17 民转刑案件数 D31：1 / 0"
    assert [(one.cell, one.values) for one in versions.differences] == [("D31", ("1", "0"))]


def test_changed_beside_the_marked_cells_it_asks(office):
    """
    Whoever changes in our copy a figure that nobody questioned has sent another return.
    """
    with at(office) as work:
        asked_to_explain(work)
        entry, states = mended(work, sent_back(work).path, D31=0, D8=77)

    assert entry.state == "waiting"
    assert states == [("pending", "two_returns")] * 2


def test_mark_of_a_copy_that_was_never_sent_back_is_nothing(office):
    """
    The mark in a workbook counts for what the book of record says of it, and for nothing else.
    """
    with at(office) as work:
        asked_to_explain(work)
        path = sent_back(work).path
        work.book.put("DELETE FROM sent_back", [()])
        entry, _ = mended(work, path, D31=0)

    assert entry.state == "waiting"


def test_english_copy(office):
    """
    The whole copy speaks English, and is read as it is in Chinese.
    """
    speak("en")
    try:
        with at(office) as work:
            put(work, faulty(work), "和平")
            standing(work)
            path = sent_back(work).path
            book = load_workbook(path)
            assert book.sheetnames[0] == say("book.questions") == "To mend"
            heading = [cell.value for cell in book["To mend"][3]]
            assert heading == ["No.", "Where", "Found", "Expected", "What to do"]
            assert read(path.read_bytes()).explanations == {}
    finally:
        speak("zh")


def day_of(blank: Blank, row: int, key: str) -> int:
    """A date of the ledger as Excel counts days."""
    rows = rows_of(blank.filling, "TJ_L1")
    day = dt.date.fromisoformat(rows.rows[row][rows.keys.index(key)])
    return (day - dt.date(1899, 12, 30)).days


@pytest.mark.libreoffice
@pytest.mark.slow
def test_mended_in_libreoffice_it_passes(office, tmp_path):
    """
    Fault, correction copy, mended cell by cell in LibreOffice, collected, passed.
    """
    with at(office) as work:
        put(work, faulty(work), "和平")
        assert standing(work).state == "to_mend"
        mediated = day_of(good(work), 1, "mediated_on")
        accepted = day_of(good(work), 3, "accepted_on")
        copy = sent_back(work).path
        mended = work.office.inbox / "和平_改好.xlsx"
        with uno_session(tmp_path) as session, session.edit(copy, mended) as book:
            book.type(FIGURES, "D30", 2)
            book.type(FIGURES, "D31", 0)
            book.type(DISPUTES, "I8", "成功")
            book.type(DISPUTES, "B9", accepted)
            book.type(DISPUTES, "H7", mediated)
            book.type("TJ-T 文字报告", "B11", "下一步继续做好排查和调解工作。" * 5)
            book.calculate()
        later = SENT + dt.timedelta(days=1)
    with at(office, later) as work:
        entry = standing(work)
        again = pipeline.send_back(work, PERIOD)
        changed = versions.compared(work, PERIOD)

    assert [(f.finding.code, f.finding.subject, f.state) for f in entry.findings if f.stands] == []
    assert (entry.state, entry.version, again) == ("passed", 2, ())
    changed_cells = {one.cell for one in changed[0].differences}
    assert {"D30", "D31", "I8", "B9", "H7"} <= changed_cells
    assert rows_of(read(mended.read_bytes()), "TJ_L1").status == "有"


@pytest.mark.validator
def test_copies_pass_the_validator(office):
    """
    Notes, tints and links pass Microsoft's Open XML SDK validator.
    """
    with at(office) as work:
        put(work, faulty(work), "和平")
        standing(work)
        assert not any(validate([sent_back(work).path]).values())


def test_same_input_gives_the_same_copy(office):
    """
    I5: a copy made twice is equal member by member.
    """
    with at(office) as work:
        put(work, faulty(work), "和平")
        standing(work)
        one = sent_back(work).path.read_bytes()
        assert io.BytesIO(sent_back(work).path.read_bytes()).read() == one
