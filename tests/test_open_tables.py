"""What the buttons show in the open control workbook, from the book of record alone."""

import re
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from huizong import acts, addin, pipeline
from huizong.agreeing import PAGE, pages
from huizong.answers import Typed, apply
from huizong.button_acts import ACTS
from huizong.console import (
    BUTTONS,
    PROGRESS_COLUMNS,
    RARE_BUTTONS,
    TODO_ANSWERS,
    TODO_CELL,
    TODO_DIGEST,
    TODO_WIDTHS,
)
from huizong.errors import HuizongError
from huizong.open_book import Choice, plain
from huizong.open_tables import formula_of, target_of, with_choices, with_typed
from huizong.progress_table import Cell, Link, Table, table_of
from huizong.records import PASSED, TO_MEND, WAITING
from huizong.running import EVERY, Questions, run_beside
from huizong.texts import say
from huizong.work import Progress, at_work
from huizong.workbooks import open_workbook
from street import EAST, LIGHT, NOW, PEACE, PERIOD, UNITS, empty_office, office, readers, send

ROOT = Path(__file__).parents[1]
__all__ = ("empty_office", "office", "readers")


def shown(table: Table, *names: str) -> list[tuple[Cell, ...]]:
    """Give some columns of the progress of mediation."""
    places = [PROGRESS_COLUMNS.index(name) for name in names]
    return [tuple(row[at] for at in places) for row in table.progress if row[0] == "TJ"]


def text_of(cell: Cell) -> str:
    """Give what a person reads in a cell."""
    return cell.text if isinstance(cell, Link) else str(cell)


def cell_of(link: Link) -> str:
    """Give what stands in the cell that a link opens."""
    sheet = next(s for s in open_workbook(link.path.read_bytes()).sheets if s.name == link.sheet)
    return str(sheet.rows[int(link.cell[1:]) - 1][0])


def saved(office: Path, number: int = 0) -> list[tuple[str, ...]]:
    """Give the rows of a sheet of 审核结果.xlsx, the first of which is 待办."""
    sheet = open_workbook((office / "审核结果.xlsx").read_bytes()).sheets[number]
    width = len(TODO_WIDTHS)
    rows = [tuple(map(str, (*row, *[""] * width)[:width])) for row in sheet.rows]
    heading = next(at for at, row in enumerate(rows) if row[0] == say("paper.findings_heading")[:2])
    return [row for row in rows[heading + 1 :] if row[0]]


def test_progress_follows_the_quarter(office, readers):
    """
    A return that has come waits for the audit, then stands as the audit says, with its links.
    """
    send(office, PEACE, TJ16="1")
    send(office, LIGHT, TJ16=None)
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        collected = table_of(work, PERIOD)
        listed = acts.status(work, PERIOD).short
        pipeline.audit(work, PERIOD)
        pipeline.send_back(work, PERIOD)
        audited = table_of(work, PERIOD)

    waiting, missing = say(f"state.{WAITING}"), say("state.missing")
    assert shown(collected, "unit", "state")[:3] == [
        (PEACE, waiting), (LIGHT, waiting), (EAST, missing),
    ]  # fmt: skip
    assert f"{waiting} 2" in listed
    assert shown(audited, "state", "findings")[:3] == [
        (say(f"state.{PASSED}"), ""), (say(f"state.{TO_MEND}"), 1), (missing, ""),
    ]  # fmt: skip
    (good, *_), (mend, findings, copy), *_ = shown(
        audited, "return", "findings_link", "correction_link"
    )
    assert [link.path.parent.parent.name for link in (good, mend)] == ["已收", "已收"]
    assert (findings.path.name, findings.sheet) == ("审核结果.xlsx", say("paper.findings_sheet"))
    assert cell_of(findings) == next(row[0] for row in saved(office, 1) if row[1] == UNITS[LIGHT])
    assert "退改1" in copy.path.name
    assert all(link.path.is_file() for link in (good, mend, findings, copy))


def test_progress_counts_every_expected_unit_once(office):
    """
    Each form set has a row for every expected unit and one for the office itself.
    """
    with at_work(office, NOW, "test") as work:
        every, one = table_of(work, PERIOD), table_of(work, PERIOD, "TJ")
        sets = [checked.form_set.code for checked in work.sets(PERIOD)]

    assert [row[0] for row in every.progress] == [c for c in sets for _ in range(len(UNITS) + 1)]
    assert len(one.progress) == len(UNITS) + 1
    assert len({row[:2] for row in every.progress}) == len(every.progress)


def test_todo_is_that_of_the_findings_paper(office, readers):
    """
    待办 of the open workbook has the same rows, after an audit, as that of 审核结果.xlsx.
    """
    send(office, PEACE, "和平一", TJ16="1")
    send(office, PEACE, "和平二", TJ16="9")
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)
        rows = table_of(work, PERIOD).todo
        key = str(rows[0][0])
        digests = [str(row[TODO_DIGEST]) for row in rows]
        used = Typed(key=key, action="采用此份", officer="王芳", reason="后一份", file=digests[1])
        pipeline.answer(work, str(PERIOD), used)
        answered = table_of(work, PERIOD).todo

    opened = slice(TODO_CELL, TODO_CELL + 1)
    assert len(rows) == 2
    for row, kept in zip(rows, saved(office), strict=True):
        texts = [text_of(cell) for cell in row]
        texts[opened] = kept[opened]
        assert tuple(texts) == kept
    assert [row[TODO_ANSWERS] for row in answered] == ["", "采用此份"]


def test_typed_meanwhile_stays():
    """
    What was typed while an action ran stands in the row of its finding and file afterwards.
    """
    width = len(TODO_WIDTHS)
    row = ("K1", *[""] * (width - 2), "aaaa")
    other = ("K1", *[""] * (width - 2), "bbbb")
    typed = Typed(key="K1", action="接受", officer="王芳", reason="属实", file="bbbb")

    kept = with_typed([row, other], [typed])

    assert kept[0] == row
    assert kept[1][TODO_ANSWERS : TODO_ANSWERS + 3] == ("接受", "王芳", "属实")


def test_answer_mended_in_one_place_counts(office, readers):
    """
    A finding stands in two workbooks: an answer that is whole in one of them is entered.
    """
    send(office, PEACE, "和平一", TJ16="1")
    send(office, PEACE, "和平二", TJ16="9")
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)
        row = table_of(work, PERIOD).todo[0]
        said = {"key": str(row[0]), "action": "采用此份", "file": str(row[TODO_DIGEST])}
        half = Typed(**said, sheet="待办", cell="N5")
        whole = Typed(**said, officer="王芳", reason="后一份", sheet="待办", cell="N4")
        applied = apply(work.book, [half, whole], str(PERIOD), work.at)

    assert [one.key for one in applied.entered] == [said["key"]]
    assert applied.refused == ()


def test_answer_cleared_in_the_open_book_is_taken_back(office, readers):
    """
    A refused answer stays in 审核结果.xlsx until it is cleared in 待办 of the open workbook.
    """
    send(office, PEACE, "和平一", TJ16="1")
    send(office, PEACE, "和平二", TJ16="9")
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)
        key = str(table_of(work, PERIOD).todo[0][0])
        place = {"book": "控制台.xlsm", "sheet": "待办", "cell": "N9"}
        typed = Typed(key=key, action="同意", **place)

        def audited(*answers: Typed) -> tuple[list[str], set[str]]:
            """What an audit refuses from the open book, by workbook, and what the file keeps."""
            opened = msgspec.structs.replace(work, typed=answers)
            refused = pipeline.audit(opened, PERIOD).answers.refused
            assert all(one.typed.book in str(one) for one in refused)
            return [one.typed.book for one in refused], {r[TODO_ANSWERS] for r in saved(office)}

        assert audited(typed) == (["控制台.xlsm"], {"同意"})
        closed = pipeline.audit(work, PERIOD).answers.refused
        assert {one.typed.book for one in closed} == {"审核结果.xlsx"}
        assert all("审核结果.xlsx" in str(one) for one in closed)
        assert audited() == ([], {""})
        _type_in_file(office, "同意")
        assert audited()[0] == ["审核结果.xlsx"]


def _type_in_file(office: Path, text: str) -> None:
    """Type an answer into the first row of 待办 in 审核结果.xlsx."""
    path = office / "审核结果.xlsx"
    book = load_workbook(path)
    sheet = book["待办"]
    top = next(row[0].row for row in sheet.iter_rows() if row[0].value == "编号")
    sheet.cell(top + 1, TODO_ANSWERS + 1).value = text
    book.save(path)


@pytest.mark.parametrize(
    ("link", "formula"),
    [
        (Link("看", Path("/office/收表/a b.xlsx")),
         '=HYPERLINK("file:///office/%E6%94%B6%E8%A1%A8/a%20b.xlsx","看")'),
        (Link('第"1"版', Path("/x.xlsx"), "TJ's 表", "D7"),
         "=HYPERLINK(\"file:///x.xlsx#'TJ''s 表'!D7\",\"第\"\"1\"\"版\")"),
        (Link("=1+1", Path("/x.xlsx")), '=HYPERLINK("file:///x.xlsx","=1+1")'),
        (Link("看", Path("/" + "长" * 60)), "看"),
    ],
)  # fmt: skip
def test_links_are_formulas(link, formula):
    """
    A link is a formula that opens a file at a cell; a path too long for one leaves the words.
    """
    assert formula_of(link) == formula


def test_links_on_windows_are_paths(monkeypatch):
    """
    On Windows a link names the file by its path.
    """
    monkeypatch.setattr("huizong.open_tables.WINDOWS", True)
    link = Link("看", Path("收表/a b.xlsx"), "TJ-1 统计表", "D7")

    assert target_of(link) == f"{Path('收表/a b.xlsx')}#'TJ-1 统计表'!D7"


@pytest.mark.parametrize("text", ["=1+1", "+A1", "-A1", "@SUM(A1)", "'x"])
def test_texts_are_no_formulas(text):
    """
    What a file brings is never worked out as a formula in the officer's workbook.
    """
    assert plain(text) == f"'{text}"


def test_progress_is_shown_while_work_goes_on():
    """
    The newest progress is said, by the caller's thread, while the work is going on.
    """
    said: list[tuple[str, int]] = []
    again = threading.Event()

    def show(text: str) -> None:
        said.append((text, threading.get_ident()))
        if len(said) > 3:
            again.set()

    def job(progress: Progress) -> int:
        progress("read", 1, 9)
        progress("read", 2, 9)
        assert again.wait(60)
        return threading.get_ident()

    worker = run_beside(job, show, "收表")

    texts = [text for text, _ in said]
    newest = say("addin.progress", name="收表", what=say("progress.read"), done=2, of=9, seconds="")
    assert EVERY <= 0.5
    assert {who for _, who in said} == {threading.get_ident()} != {worker}
    assert texts[-1].startswith(newest.partition("，")[0])
    assert len(set(texts)) == len(texts)


def test_fault_of_the_work_reaches_the_caller():
    """
    What stops the work is raised where it was asked for.
    """

    def job(_: Progress) -> None:
        raise HuizongError("error.no_period")

    with pytest.raises(HuizongError):
        run_beside(job, lambda _: None, "收表")


def test_question_of_the_work_is_asked_by_the_caller():
    """
    The thread that works waits for the answer, which the caller's thread gets from the person.
    """
    asked: list[tuple[int, tuple[str, ...]]] = []

    def ask(lines: Sequence[str]) -> bool:
        asked.append((threading.get_ident(), tuple(lines)))
        return len(asked) == 1

    questions = Questions(ask)
    answers = run_beside(
        lambda _: (questions.put(["甲"]), questions.put(["乙"])), lambda _: None, "发信", questions
    )

    assert answers == (True, False)
    assert asked == [(threading.get_ident(), ("甲",)), (threading.get_ident(), ("乙",))]


def test_nobody_waits_for_an_answer_that_cannot_come():
    """
    When the person cannot be asked any more, what was asked is answered with no.
    """
    answers: list[bool] = []

    def ask(_: Sequence[str]) -> bool:
        raise HuizongError("error.office_ended")

    questions = Questions(ask)

    with pytest.raises(HuizongError):
        run_beside(
            lambda _: answers.append(questions.put(["甲"])), lambda _: None, "发信", questions
        )

    assert answers == [False]


@pytest.mark.parametrize("count", [1, PAGE, PAGE + 1, 3 * PAGE])
def test_all_that_is_to_be_agreed_to_is_shown(count):
    """
    Every line stands on one of the pages, in its order, and only the last page asks.
    """
    lines = [f"第 {number} 封" for number in range(count)]

    found = list(pages(lines))

    shown = [line for page in found for line in page.splitlines() if line in lines]
    assert shown == lines
    assert [say("agree.ask") in page for page in found] == [*[False] * (len(found) - 1), True]
    assert all(len(page.splitlines()) <= PAGE + 2 for page in found)


ROW = ("1a2b-1", "和平社区", "hp@qh.example.cn", "催报", "", "待发", "9:00", *[""] * 3, "waiting 0")
CHOICE = Choice("1a2b-1", "hp@qh.example.cn", "waiting 0", "取消", "发件 J4")


@pytest.mark.parametrize(
    ("changed", "kept"),
    [({}, "取消"), ({"stamp": "sent 1"}, ""), ({"recipient": "x@y.cn"}, ""), ({"key": "2"}, "")],
)
def test_choice_about_a_letter_stays_while_nothing_becomes_of_it(changed, kept):
    """
    What was chosen stays in the row of its letter and recipient, until that row is another.
    """
    ((*_, action, _stamp),) = with_choices([ROW], [msgspec.structs.replace(CHOICE, **changed)])

    assert action == kept


def test_every_button_has_its_function():
    """
    What the control workbook and the ribbon call is there, one function a button.
    """
    ribbon = (ROOT / "macros" / "customUI14.xml").read_text(encoding="ascii")
    actions = {*BUTTONS, *RARE_BUTTONS, *_QUARTER.findall(ribbon)}
    functions = {"send_back" if action == "return" else action for action in actions}

    assert {*ACTS, "doctor"} == actions
    assert all(callable(getattr(addin, name)) for name in functions)


_QUARTER = re.compile(r'<button id="(\w+)"[^>]* onAction="HuizongQuarter"')
