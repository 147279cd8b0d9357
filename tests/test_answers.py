"""Answers of officers: read from the columns they type in, weighed, entered once."""

import datetime as dt

import msgspec
import pytest
import xlsxwriter

from huizong.answers import Question, Refused, Typed, apply, read_answers, weigh
from huizong.book import create_book, open_book
from huizong.entries import Answer, Received, answers_of, save_all_findings, save_files
from huizong.errors import HuizongError
from huizong.records import AuditedFinding, Finding
from huizong.tables import OPTIONS

AT = "2026-04-09T10:05:00"
TWO = Finding("two_returns", "ask", details={"found": "a" * 16 + "," + "b" * 16})


def question(level: str = "release", code: str = "relation") -> Question:
    """A question of one level."""
    return Question(Finding(code, level), "2026Q1")


@pytest.mark.parametrize(
    ("level", "code", "typed", "outcome"),
    [
        ("release", "relation", ("接受", "王芳", "拆迁属实"), "accept"),
        ("explain", "change_year", (" 接 受", "王芳", "新增小区"), "accept"),
        ("ask", "seal_wrong", ("accept", "王芳", "电话核实"), "accept"),
        ("must", "relation", ("退回", "王芳", "请重报"), "reject"),
        ("must", "relation", ("接受", "王芳", "急"), "refused must"),
        ("ask", "unknown_unit", ("接受", "王芳", "是和平"), "refused not_acceptable"),
        ("release", "relation", ("同意", "王芳", "x"), "refused no_action"),
        ("release", "relation", ("", "王芳", "x"), "refused no_action"),
        ("release", "relation", ("接受", "", "x"), "refused no_officer"),
        ("release", "relation", ("接受", "王芳", ""), "refused no_reason"),
        ("info", "repair_date", ("接受", "王芳", "x"), "refused nothing"),
        ("ask", "seal_wrong", ("采用此份", "王芳", "x"), "refused not_two"),
        ("ask", "two_returns", ("接受", "王芳", "x"), "refused which"),
    ],
)
def test_what_each_level_allows(level, code, typed, outcome):
    """
    An answer needs a known word, a name and grounds; what must be mended is never accepted.
    """
    action, officer, reason = typed
    row = Typed(key="K", action=action, officer=officer, reason=reason, sheet="待办", cell="M5")

    got = weigh(row, {"K": question(level, code)}, AT)

    said = f"refused {got.code}" if isinstance(got, Refused) else got.action
    assert said == outcome
    if isinstance(got, Refused):
        assert "M5" in str(got)
        assert "{" not in str(got)


@pytest.mark.parametrize(
    ("file", "chosen"),
    [("a" * 16, "a" * 64), ("和平.xlsx", "a" * 64), ("收表/和平.xlsx", "a" * 64),
     ("", None), ("c" * 16, None), ("没有.xlsx", None)],
)  # fmt: skip
def test_one_of_two_files_is_named(file, chosen):
    """
    Fault 32: 采用此份 names one of the files in question, by digest or by name.
    """
    files = {"a" * 64: "和平.xlsx", "b" * 64: "和平改.xlsx"}
    row = Typed(key="K", action="采用此份", officer="王芳", reason="后一份有误", file=file)

    got = weigh(row, {"K": Question(TWO, "2026Q1", files)}, AT)

    assert (got.file if isinstance(got, Answer) else None) == chosen


@pytest.mark.parametrize(("action", "file"), [("accept", ""), ("use", "2")])
def test_refused_choice_names_the_files(action, file):
    """An answer that does not say which of two files is refused with both, by digest and name."""
    files = {"a" * 64: "和平.xlsx", "b" * 64: "和平改.xlsx"}
    row = Typed(key="K", action=action, officer="王芳", reason="后一份有误", file=file)

    got = weigh(row, {"K": Question(TWO, "2026Q1", files, {"a" * 64: 1, "b" * 64: 2})}, AT)

    assert isinstance(got, Refused)
    assert all(
        part in str(got) for part in ("aaaaaaaa", "和平.xlsx", "1", "bbbbbbbb", "和平改.xlsx")
    )
    assert "工作表" not in str(got)


def test_file_of_another_form_set_is_no_choice(tmp_path):
    """Of a workbook with two form sets the entry of the set that is asked about is used."""
    create_book(tmp_path / "huizong.db", AT)
    files = [
        Received(
            digest=digest, name=f"{digest[0]}.xlsx", source="s", size=1, received_at=AT,
            unit="U", period="2026Q1", set_code=digest[65:] or "JC", findings=(TWO,),
        )
        for digest in ("a" * 64, "a" * 64 + "+SY", "b" * 64, "b" * 64 + "+SY")
    ]  # fmt: skip
    with open_book(tmp_path / "huizong.db") as book:
        save_files(book, files)
        key = TWO.key("U", "2026Q1", "SY")
        typed = Typed(key=key, action="use", officer="王芳", reason="后一份有误", file="b.xlsx")

        (answer,) = apply(book, [typed], "2026Q1", AT).entered

    assert answer.file == "b" * 64 + "+SY"


def sheet_of(path, rows, name="待办"):
    """Write a list as the office gets it, with rows (编号, 处理, 核准人, 理由, 指纹)."""
    with xlsxwriter.Workbook(path, OPTIONS) as book:
        sheet = book.add_worksheet(name)
        sheet.write_string(0, 0, "等待审核人处理的事项")
        for number, row in enumerate((("编号", "处理", "核准人", "理由", "指纹"), *rows), 2):
            for column, text in enumerate(row):
                sheet.write_string(number, column, text)
    return path


def test_answered_rows_are_read(tmp_path):
    """
    Rows in which nothing was typed are left out; a half-filled row is read and named.
    """
    path = sheet_of(tmp_path / "审核结果.xlsx", (
        ("AB12CD34", "接受", " 王芳 ", "拆迁属实", ""),
        ("00000001", "", "", "", ""),
        ("ab12cd35", "", "李明", "", "ffff"),
    ))  # fmt: skip

    assert [(t.key, t.action, t.officer, t.reason, t.file, t.cell) for t in read_answers(path)] == [
        ("AB12CD34", "接受", "王芳", "拆迁属实", "", "B4"),
        ("AB12CD35", "", "李明", "", "ffff", "B6"),
    ]


def test_no_file_has_no_answers(tmp_path):
    """
    Before the first audit there is nothing to read; a foreign workbook is refused.
    """
    assert read_answers(tmp_path / "审核结果.xlsx") == ()
    with xlsxwriter.Workbook(tmp_path / "x.xlsx") as book:
        book.add_worksheet().write_string(0, 0, "x")
    with pytest.raises(HuizongError) as caught:
        read_answers(tmp_path / "x.xlsx")
    assert caught.value.code == "error.answers_sheet"


def test_answers_are_entered_once(tmp_path):
    """
    Good answers are entered though others are refused, and the same sheet read again adds none.
    """
    create_book(tmp_path / "huizong.db", AT)
    with open_book(tmp_path / "huizong.db") as book:
        save_files(book, [Received(digest="d", name="x", source="s", size=1, received_at=AT)])
        found = [AuditedFinding(key, Finding("relation", "release")) for key in ("A", "B", "C")]
        save_all_findings(book, "1", AT, [("d", ("U", "2026Q1", "TJ"), found)])
        good = Typed(key="A", action="接受", officer="王芳", reason="属实", sheet="待办", cell="M4")
        typed = (
            good,
            Typed(key="B", action="接受", officer="", reason="x"),
            Typed(key="X", action="接受", officer="王芳", reason="x"),
            Typed(key="C", action="接受", officer="王芳", reason="x", sheet="待办"),
            Typed(key="C", action="退回", officer="王芳", reason="x", sheet="审核结果"),
        )
        applied = apply(book, typed, "2026Q1", AT)

        assert [answer.key for answer in applied.entered] == ["A"]
        assert [(one.typed.key, one.code) for one in applied.refused] == [
            ("B", "no_officer"), ("X", "unknown_key"), ("C", "twice"), ("C", "twice"),
        ]  # fmt: skip
        assert apply(book, typed, "2026Q1", AT).entered == ()
        assert answers_of(book)["A"].source == "待办 M4"
        assert [what for _, what, _ in book.events()] == ["made", "answer"]


def test_row_of_a_list_about_what_is_gone_is_past(tmp_path):
    """
    A finding that has vanished since the list was written is no complaint; at the command it is.
    """
    create_book(tmp_path / "huizong.db", AT)
    row = Typed(key="GONE", action="接受", officer="王芳", reason="属实", sheet="待办", cell="M5")
    with open_book(tmp_path / "huizong.db") as book:
        listed = apply(book, [row, msgspec.structs.replace(row, sheet="审核结果")], "2026Q1", AT)
        command = apply(book, [msgspec.structs.replace(row, sheet="", cell="")], "2026Q1", AT)

    assert (listed.past, listed.refused) == (("GONE",), ())
    assert [one.code for one in command.refused] == ["unknown_key"]


def test_question_of_an_unfiled_file_can_be_answered(tmp_path):
    """
    Fault 29: a file that waits because of its seal is answered by the key of its finding.
    """
    create_book(tmp_path / "huizong.db", AT)
    finding = Finding("seal_wrong", "ask", subject="dddddddd")
    file = Received(
        digest="d", name="x", source="s", size=1, received_at=AT, findings=(finding,),
        unit="U", period="2026Q1", set_code="TJ",
    )  # fmt: skip
    key = finding.key("U", "2026Q1", "TJ")
    with open_book(tmp_path / "huizong.db") as book:
        save_files(book, [file])
        typed = Typed(key=key, action="接受", officer="王芳", reason="电话核实")

        assert [
            a.key for a in apply(book, [typed], "2026Q1", str(dt.date(2026, 4, 9))).entered
        ] == [key]
