"""The lists for the office: what they say, and that answers typed in them come back."""

import datetime as dt
import re

import pytest
from openpyxl import load_workbook

from huizong.answers import Typed, action_of, read_answers
from huizong.cells import squash
from huizong.chat import chat_of
from huizong.console import TODO_ANSWERS
from huizong.entries import Answer, Received
from huizong.findings_paper import rows_of, todo_rows, write_findings
from huizong.office import init_office
from huizong.papers import SetReturns, Unfiled, write_status
from huizong.progress_table import Table
from huizong.records import AuditedFinding, Finding, Unit, UnitReturn
from huizong.reports import held_lines
from huizong.roster import sheets_of
from huizong.texts import catalogue, say, speak
from validator import validate

NOW = dt.datetime(2026, 4, 9, 10, 5)
STATES = ("missing", "to_mend", "passed", "to_explain", "waiting")
TWO = Finding("two_returns", "ask", details={
    "unit": "和平社区", "when": "2026-04-03 10:02", "parts": "TJ01 D8：12 / 15",
    "found": "a" * 16 + "," + "b" * 16,
})  # fmt: skip


def finding(level: str, code: str = "relation", **details: str) -> AuditedFinding:
    """An open finding with its own key."""
    told = {"found": "12", "expected": "13", "left": "12", "right": "13", "difference": "-1",
            "relation": "TJ-R03", "rule": "TJ02 = …", "operands": "TJ02=12", "label": "受理纠纷",
            "before": "5", "value": "12"}  # fmt: skip
    one = Finding(code, level, "TJ-1 统计表", "D8", level, told | details)
    return AuditedFinding(one.key("U", "2026Q1", "TJ"), one)


def unit_return(number: int, state: str, *findings: AuditedFinding) -> UnitReturn:
    """How one unit stands."""
    unit = Unit(code=f"990101001{number:03}", name=f"第{number}社区", parent="990101001000")
    file = "" if state == "missing" else f"{unit.name}.xlsx"
    return UnitReturn(unit=unit, state=state, late=state == "missing", file=file, findings=findings)


def file(letter: str, state: str = "adopted", **more) -> Received:
    """A received file."""
    return Received(**{
        "digest": letter * 64, "name": f"{letter}.xlsx", "source": f"收表/{letter}.xlsx", "size": 1,
        "received_at": "2026-04-03T10:02:00", "state": state, "period": "2026Q1", **more,
    })  # fmt: skip


@pytest.fixture
def office(tmp_path):
    """A sample office."""
    return init_office(tmp_path / "清河街道", now=NOW)


@pytest.fixture
def sets():
    """A form set with a unit of each state."""
    found = {"to_mend": (finding("info", "repair_date"), finding("must"), finding("release")),
             "to_explain": (finding("explain", "change_year"),),
             "waiting": (AuditedFinding("TWO", TWO),)}  # fmt: skip
    returns = tuple(unit_return(n, s, *found.get(s, ())) for n, s in enumerate(STATES, 1))
    return (SetReturns(code="TJ", name="调解季报", due=dt.date(2026, 4, 8), returns=returns),)


UNKNOWN = Finding("unknown_unit", "ask", details={"found": "和平路", "near": "和平社区"})
FILES = (
    file("a", "pending", reason="two_returns", unit="990101001005", set_code="TJ", number=1),
    file(
        "b", "pending", reason="two_returns", unit="990101001005", set_code="TJ", number=2,
        name="a.xlsx", received_at="2026-04-05T08:00:00",
    ),
    file("c", "pending", reason="unknown_unit", findings=(UNKNOWN,)),
    file("d", "not_a_return", reason="not_ours"),
    file("e", "returned", reason="damaged"),
    file("f"),
)  # fmt: skip


def sheets(path) -> dict[str, list[list]]:
    """Read a workbook of ours."""
    return dict(sheets_of(path.read_bytes(), path))


def column(rows: list[list], heading: str) -> list[str]:
    """Give a column of a list below its heading."""
    top = next(n for n, row in enumerate(rows) if heading in row)
    return [row[rows[top].index(heading)] for row in rows[top + 1 :]]


def test_status_names_every_unit_and_adds_up(office, sets):
    """
    Fault 35: each unit has one state, missing ones are named, the counts add up.
    """
    path = write_status(office, "2026Q1", sets, FILES, office.status, NOW, Unfiled(3, ("x.xlsx",)))
    units, files = sheets(path).values()

    assert column(units, "状态") == ["未报", "待改", "已通过", "待补说明", "待审"]
    assert column(units, "逾期") == ["逾期", "", "", "", ""]
    assert (
        "应报 5 个，已报 4 个；未报 1、待审 1、待改 1、待补说明 1、已通过 1；逾期 1 个"
        in units[1][0]
    )
    assert column(files, "状态") == ["待处理", "待处理", "待处理", "不是报表", "已退回", "已采用"]
    assert "共收到 6 份：已采用 1、待处理 3、已退回 1、已被新版替代 0、不是报表 1" in files[1][0]
    assert "3 个临时文件未收，1 个文件稍后再试" in files[1][0]
    assert all(column(files, "怎么办")[:5])


def test_todo_holds_what_waits_for_the_officer(office, sets):
    """
    Fault 32: a choice between two files is a row for each, with version and time even where both
    have one name; what the unit has to do is not there.
    """
    rows = rows_of("2026Q1", sets, FILES, {}, office)

    assert [(row.audited.finding.code, row.file) for row in todo_rows(rows, FILES)] == [
        ("unknown_unit", "c.xlsx"), ("relation", "第2社区.xlsx"),
        ("two_returns", say("paper.choice", file="a.xlsx", number=1, when="2026-04-03 10:02")),
        ("two_returns", say("paper.choice", file="a.xlsx", number=2, when="2026-04-05 08:00")),
    ]  # fmt: skip


def test_choice_between_two_files_stands_once_for_each(office):
    """Two workbooks with two form sets are two choices of two files, each of its own set."""
    both = [
        file(letter, "pending", reason="two_returns", unit="990101001001", findings=(TWO,),
             set_code=code, digest=letter * 64 + ("+SY" if code == "SY" else ""))
        for letter in "ab" for code in ("JC", "SY")
    ]  # fmt: skip
    rows = rows_of("2026Q1", (), both, {}, office)

    assert sorted((row.set_code, row.digest[:1]) for row in todo_rows(rows, both)) == [
        ("JC", "a"), ("JC", "b"), ("SY", "a"), ("SY", "b"),
    ]  # fmt: skip


def test_findings_are_listed_with_what_to_do(office, sets):
    """
    A row a finding: level, cell, found, expected, wrong, what to do and who; blocking ones first.
    """
    path = write_findings(office, "2026Q1", sets, FILES, office.findings, NOW)
    rows = sheets(path)["审核结果"]

    assert column(rows, "级别")[1:4] == ["必须改", "必须改（特殊情况街道核准）", "已自动处理"]
    assert column(rows, "现为")[1:3] == ["12", "12"]
    assert column(rows, "应为")[1:3] == ["13", "13"]
    assert all(column(rows, "问题"))
    assert all(column(rows, "怎么办"))
    assert all(column(rows, "谁来办"))


def test_question_of_one_workbook_stands_for_each_of_its_sets(office):
    """A workbook with two form sets is asked about twice; each row says of which set."""
    asked = Finding("wrong_period", "ask", subject="aaaaaaaa")
    both = [
        file("a", "pending", reason="wrong_period", unit="990101001001", findings=(asked,),
             set_code=code, digest="a" * 64 + ("+SY" if code == "SY" else ""))
        for code in ("JC", "SY")
    ]  # fmt: skip
    rows = sheets(write_findings(office, "2026Q1", (), both, office.findings, NOW))["待办"]

    assert column(rows, "报表") == ["JC", "SY"]
    assert len(set(column(rows, "编号"))) == 2
    heads = [line for line in held_lines(both) if not line.startswith(" ")]
    assert heads == [say("command.held_set", file=both[0].name, set=code) for code in ("JC", "SY")]


def test_choice_between_files_is_one_question(office):
    """Of two files to choose from one is wanted: 待办 counts it once, and no more when answered."""
    asked = TWO
    both = [
        file(name, "pending", reason="two_returns", unit="990101001001", findings=(asked,),
             digest=name * 64, period="2026Q1", set_code="TJ")
        for name in "ab"
    ]  # fmt: skip
    key = asked.key("990101001001", "2026Q1", "TJ")
    used = Answer(key=key, action="use", officer="王芳", reason="后一份有误", file="a" * 64)

    def notes(answers: dict[str, Answer]) -> list[str]:
        path = write_findings(office, "2026Q1", (), both, office.findings, NOW, answers=answers)
        return [str(cell) for row in sheets(path)["待办"] for cell in row]

    told = say("paper.findings_help")
    assert say("paper.todo_count", count=1, help=told) in notes({})
    assert say("paper.todo_count", count=0, help=told) in notes({key: used})
    assert say("paper.todo_answered", count=1) in notes({key: used})
    blank = ["K", *[""] * 20]
    answered = [*blank[:TODO_ANSWERS], "采用此份", "王芳", "后一份有误", ""]
    other = ["L", *[""] * 20]
    assert Table((), (tuple(blank), tuple(blank), tuple(other))).asked == 2
    assert Table((), (tuple(blank), tuple(answered), tuple(other))).asked == 1


def test_question_about_a_total_is_the_offices(office):
    """Of a total nobody is told to send it again: the office answers, or finds the unit."""
    found = tuple(finding(level) for level in ("must", "release", "explain", "ask"))
    totals = SetReturns(code="TJ", name="调解季报", own=unit_return(1, "totals", *found))
    rows = sheets(write_findings(office, "2026Q1", (totals,), (), office.findings, NOW))["审核结果"]

    assert set(column(rows, "谁来办")) == {say("who.ask")}
    assert column(rows, "怎么办") == [
        *(say(f"paper.totals_{level}") for level in ("must", "release")), say("remedy.ask"),
        say("paper.totals_explain"),
    ]  # fmt: skip


def test_findings_are_printed_on_two_readable_pages(office, sets):
    """On paper the list is two pages wide, hardly shrunk, number and unit on both."""
    path = write_findings(office, "2026Q1", sets, FILES, office.findings, NOW)
    sheet = load_workbook(path)["待办"]

    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (2, 0)
    assert [one.id for one in sheet.col_breaks.brk] == [10]
    assert sheet.print_title_cols == "$A:$B"
    wide = [
        one.width
        for one in sheet.column_dimensions.values()
        for _ in range(one.min, one.max + 1)
        if not one.hidden
    ]
    assert max(sum(wide[:10]), sum((*wide[:2], *wide[10:]))) < min(150, sum(wide[:11]))


def test_typed_answers_come_back(office, sets):
    """
    Answers in the book, and those that could not be entered, stand where they were typed.
    """
    must, release = (found.key for found in sets[0].returns[1].findings[1:])
    answers = {release: Answer(key=release, action="accept", officer="王芳", reason="拆迁属实")}
    path = write_findings(
        office, "2026Q1", sets, FILES, office.findings, NOW, answers=answers,
        typed={must: ("接受", "李明", "")}, refused=("待办 M4：没有写理由。",),
    )  # fmt: skip

    read = {typed.key: typed for typed in read_answers(path)}
    assert (read[release].action, read[release].officer) == ("接受", "王芳")
    assert (read[must].action, read[must].officer, read[must].reason) == ("接受", "李明", "")
    assert "没有写理由" in str(sheets(path)["待办"])
    assert isinstance(read[must], Typed)


def test_answers_of_an_english_list_come_back(office, sets):
    """
    The list in English is read by its own headings, and its words mean the same.
    """
    key = sets[0].returns[1].findings[2].key
    answer = Answer(key=key, action="accept", officer="Wang", reason="demolition")
    speak("en")
    try:
        path = write_findings(
            office, "2026Q1", sets, FILES, office.findings, NOW, answers={key: answer}
        )
        read = {typed.key: typed for typed in read_answers(path)}
    finally:
        speak("zh")

    assert (read[key].action, action_of(read[key].action)) == ("accept", "accept")


@pytest.mark.parametrize(
    ("sent", "told", "not_told"),
    [
        (file("c", "pending", reason="unknown_unit", unit="990101001001"), "暂不必重报", "请今天"),
        (file("e", "returned", reason="damaged", name="报表_第1社区.xlsx"), "不能采用", "请今天"),
        (file("e", "returned", reason="damaged", name="第2社区.xlsx"), "请今天报送", "e.xlsx"),
        (file("e", "returned", name="新第1社区.xlsx"), "请今天报送", "e.xlsx"),
        (file("e", "returned", set_code="JC", unit="990101001001"), "请今天报送", "e.xlsx"),
        (file("e", "superseded", unit="990101001001"), "请今天报送", "e.xlsx"),
    ],
)
def test_unit_whose_file_was_not_taken_is_told_that(sets, sent, told, not_told):
    """
    Nobody is asked to report who has: the message names the file and why it was not taken.
    """
    (one,) = sets
    text = chat_of("2026Q1", one, one.returns[0], NOW, (sent,))

    assert told in text
    assert not_told not in text
    assert (sent.name in text) == ("请今天" not in told)


def test_chat_lines(sets):
    """
    Each unit with something to do gets a few lines; who has passed gets none.
    """
    (one,) = sets
    lines = [chat_of("2026Q1", one, unit, NOW) for unit in one.returns]

    assert lines[0] == "第1社区：2026年第一季度调解季报已过截止日 2026-04-08，请今天报送。"
    assert lines[1].startswith("第2社区：2026年第一季度调解季报有 2 处需要处理：\n1. ")
    assert [bool(line) for line in lines] == [True, True, False, True, False]
    many = unit_return(9, "to_mend", *(finding("must", found=str(n)) for n in range(9)))
    assert "其余 3 处见退改件" in chat_of("2026Q1", one, many, NOW)


def test_same_input_gives_the_same_bytes(office, sets, tmp_path):
    """
    I5: the lists are equal byte for byte, and nothing in them is a formula or a link.
    """
    hostile = (file("a", name='=HYPERLINK("http://x")', reason="=1+1"),)
    one, other = (
        write_status(office, "2026Q1", sets, hostile, tmp_path / name, NOW).read_bytes()
        for name in ("1.xlsx", "2.xlsx")
    )
    assert one == other
    assert b"<f>" not in one


def test_office_texts_are_whole():
    """
    Every text of the office has both languages, with the same details.
    """
    for code, text in catalogue().items():
        if code.startswith(("error.", "roster.", "setting.", "answer.", "paper.", "file_reason.")):
            assert text.keys() >= {"zh", "en"}, code
            zh, en = (set(re.findall(r"{(\w+)", text[language])) for language in ("zh", "en"))
            assert zh == en, code
            assert "  " not in text["zh"], code


def test_answer_words_are_one_word_each():
    """
    The three words of the answer column cannot be mistaken for one another.
    """
    words = [
        squash(w) for a in ("accept", "reject", "use") for w in catalogue()[f"answer.{a}"].values()
    ]
    assert len(words) == len(set(words))


@pytest.mark.validator
def test_lists_pass_the_validator(office, sets):
    """
    The control workbook and both lists pass Microsoft's Open XML SDK validator.
    """
    paths = [
        office.control,
        write_status(office, "2026Q1", sets, FILES, office.status, NOW),
        write_findings(office, "2026Q1", sets, FILES, office.findings, NOW),
    ]
    assert not any(validate(paths).values())
