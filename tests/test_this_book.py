"""审核本表 and 查来源 on workbooks that are open in LibreOffice, with edits nobody has saved."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import xlsxwriter
import xlwings

from attached import attached
from huizong import marks, pipeline, this_book
from huizong.audit_one import audit_one
from huizong.desk import Problem
from huizong.entries import findings_of
from huizong.errors import HuizongError
from huizong.layout import figure_places
from huizong.office import open_office
from huizong.texts import catalogue
from huizong.work import at_work, checked_sets, silent
from street import NOW, PEACE, PERIOD, quarter, readers, send, send_all
from street import empty_office as empty_office

pytestmark = pytest.mark.libreoffice
readers = readers


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[xlwings.App]:
    """One LibreOffice for all tests of this module."""
    with attached(tmp_path_factory.mktemp("libreoffice")) as app:
        yield app


@pytest.fixture
def office(empty_office, tmp_path) -> Path:
    """A street of three communities."""
    return Path(shutil.copytree(empty_office, tmp_path / "清河街道"))


@pytest.fixture
def sent(office, app) -> Iterator[xlwings.Book]:
    """A community's return, open."""
    book = app.books.open(send(office, PEACE, TJ16="7"))
    yield book
    book.close()


def place(code: str) -> tuple[str, str]:
    """Name the sheet and the cell of a figure."""
    found = figure_places(checked_sets()["TJ"].form_set)[code]
    return found.sheet, found.cell


def listed(book: xlwings.Book) -> list[list[str]]:
    """Give the rows of the list of problems."""
    sheet = book.sheets[marks.SHEET]
    last = sheet.used_range.last_cell.row
    rows = sheet.range((marks.TOP + 1, 1), (max(last, marks.TOP + 1), 7)).options(ndim=2).value
    return [row for row in rows if row[0]]


def test_unsaved_edit_is_audited_and_listed(sent, office):
    """
    A figure spoilt on the screen is found with its cell and what stands there; no file changes.
    """
    sheet, cell = place("TJ16")
    path = Path(sent.fullname)
    kept = (path, office / "huizong.db")
    before = [file.read_bytes() for file in kept]
    clean = this_book.mark(sent)
    sent.sheets[sheet].range(cell).value = "约七件"

    said = this_book.mark(sent)

    assert clean != said
    assert [row[1:4] for row in listed(sent) if row[2] == cell] == [[sheet, cell, "约七件"]]
    assert [file.read_bytes() for file in kept] == before
    assert Path(sent.fullname) == path


@pytest.fixture
def small(app, tmp_path) -> Iterator[xlwings.Book]:
    """A workbook with figures, a formula, a tint of its own, and a protected sheet."""
    path = tmp_path / "小表.xlsx"
    with xlsxwriter.Workbook(path) as made:
        sheet, locked = made.add_worksheet("一 '表' 二"), made.add_worksheet("锁定")
        sheet.write_column("A1", (1, 2, "=1+1", "约七件"))
        sheet.write("B1", 5, made.add_format({"bg_color": "#99CCFF"}))
        locked.write("A1", 7)
        locked.protect()
    book = app.books.open(path)
    yield book
    book.close()


def problem(sheet: str, cell: str, level: str = "must") -> Problem:
    """Make a problem of a cell."""
    return Problem(key="A1", level=level, sheet=sheet, cell=cell, found="=1", text="请改。" * 99)


FIRST = "一 '表' 二"
PROBLEMS = (
    problem(FIRST, "B1"), problem(FIRST, "A1:A2"), problem(FIRST, "A4", "explain"),
    problem(FIRST, "A4"), problem("锁定", "A1"), problem(FIRST, "A3", "note"),
    problem("没有这张", "A1"), problem(FIRST, ""),
)  # fmt: skip


def state_of(book: xlwings.Book) -> list[tuple]:
    """Give all that stands in the small workbook, and every tint."""
    return [
        (one.name, one.range("A1:B5").formula, [cell.color for cell in one.range("A1:B5")])
        for one in book.sheets
        if one.name != marks.SHEET
    ]


def test_marks_are_taken_away_and_nothing_typed_has_changed(small):
    """
    The list has every problem, cells that may be are tinted; without them all is as it was.
    """
    before = state_of(small)

    marks.mark(small, PROBLEMS, "共 8 处")
    rows, during = listed(small), state_of(small)
    link = small.sheets[marks.SHEET].range("C4").formula
    taken = (marks.unmark(small), marks.unmark(small))

    assert [(row[1], row[2]) for row in rows] == [(p.sheet, p.cell or None) for p in PROBLEMS]
    assert [row[3] for row in rows] == ["=1"] * len(PROBLEMS)
    assert [row[6] for row in rows[:4]] == ["#99CCFF", "无色", "无色", None]
    assert [one[:2] for one in during] == [one[:2] for one in before]
    assert [during[0][2][at] for at in (0, 1, 6)] == [marks.MUST, marks.MUST, marks.EXPLAIN]
    assert during[1] == before[1]
    assert "#'一 ''表'' 二'" in link
    assert (state_of(small), taken) == (before, (True, False))


def test_colour_given_since_stays(small):
    """
    A tint that a person has changed since is the person's.
    """
    marks.mark(small, PROBLEMS, "")
    small.sheets[0].range("B1").color = (1, 2, 3)

    marks.unmark(small)

    assert small.sheets[0].range("B1").color == (1, 2, 3)
    assert small.sheets[0].range("A1").color is None


def test_marking_again_forgets_no_colour(small):
    """
    A second list takes the place of the first; the colours from before both come back.
    """
    before = state_of(small)
    marks.mark(small, PROBLEMS, "")
    marks.mark(small, PROBLEMS[:1], "")

    assert len(listed(small)) == 1
    marks.unmark(small)
    assert state_of(small) == before


def test_sheet_of_somebodys_own_stays(small):
    """
    A sheet of that name that is not ours is neither deleted nor written over.
    """
    small.sheets.add(marks.SHEET).range("A1").value = "我的表"

    for function in (lambda: marks.mark(small, (), ""), lambda: marks.unmark(small)):
        with pytest.raises(HuizongError) as raised:
            function()
        assert raised.value.code == "this_book.sheet_taken"

    assert small.sheets[marks.SHEET].range("A1").value == "我的表"


def test_findings_are_those_of_the_quarter(office, app, readers, tmp_path):
    """
    What is listed is what `audit` enters in the book for the same file, marked or not.
    """
    path = send(office, PEACE, TJ16="", TJ01="6.5")
    book = app.books.open(path)
    try:
        this_book.mark(book)
        rows = listed(book)
        copy = this_book.copy_as_it_stands(book, tmp_path)
    finally:
        book.close()
    (again,) = audit_one(open_office(office), copy, NOW, silent)
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, [path], readers)
        pipeline.audit(work, PERIOD)
        (found,) = findings_of(work.book, str(PERIOD)).values()

    asked = [
        one for one in found if one.finding.level in ("must", "release", "explain", "ask", "note")
    ]
    assert {(row[1], row[2]) for row in rows} == {
        (one.finding.sheet, one.finding.cell or None) for one in asked
    }
    assert len(rows) == len(asked) == len(again.problems) >= 2
    assert [(row[1], row[2]) for row in rows] == [
        (one.sheet, one.cell or None) for one in again.problems
    ]


def test_what_cannot_be_audited_is_said(published, app, tmp_path):
    """
    A summary, a workbook of another kind, one without an office.
    """
    office = published.parents[2]
    for path, code in (
        (published, "this_book.is_summary"),
        (office / "审核结果.xlsx", "this_book.unreadable"),
    ):
        book = app.books.open(path)
        with pytest.raises(HuizongError) as raised:
            this_book.mark(book)
        book.close()
        assert raised.value.code == code

    alone = app.books.open(shutil.copy(office / "收表" / f"{PEACE}.xlsx", tmp_path / "单独.xlsx"))
    with pytest.raises(HuizongError) as raised:
        this_book.mark(alone)
    assert raised.value.code == "this_book.no_office"
    alone.close()


def test_office_of_another_open_workbook_is_taken(office, app, tmp_path):
    """
    A return outside the office's folder is audited for the office whose workbook is open too.
    """
    path = Path(shutil.copy(send(office, PEACE, TJ16="7"), tmp_path / "邮件附件.xlsx"))
    control = app.books.open(next(office.glob("控制台.xls*")))
    book = app.books.open(path)

    said = this_book.mark(book)

    assert "和平社区" in said
    book.close()
    control.close()


@pytest.fixture(scope="module")
def published(empty_office, readers, tmp_path_factory) -> Path:
    """The summary of three communities, in their street's folder."""
    folder = Path(shutil.copytree(empty_office, tmp_path_factory.mktemp("year") / "清河街道"))
    return quarter(folder, readers, send_all(folder)).path


@pytest.fixture
def summary(published, app) -> Iterator[xlwings.Book]:
    """The summary, open."""
    book = app.books.open(published)
    yield book
    book.close()


def cell_of(sheet: xlwings.Sheet, row_text: str, heading: str) -> xlwings.Range:
    """Find the cell in the row and the column of two texts."""
    rows = sheet.used_range.options(ndim=2).value
    row = next(at for at, cells in enumerate(rows, 1) if row_text in cells[:2])
    column = next(cells.index(heading) for cells in rows if heading in cells) + 1
    return sheet.range((row, column))


def test_sources_of_a_total_are_listed_with_links(summary, app):
    """
    A total's units stand in a new workbook with value, file and cell, each a link to the file.
    """
    totals = summary.sheets["汇总表"]
    totals.activate()
    cell_of(totals, "TJ16", "合计").select()
    before = set(app.books)

    assert this_book.sources(summary) == ""

    (made,) = [book for book in app.books if book not in before]
    rows = made.sheets[0].range("A4:F6").value
    formulas = [row[0] for row in made.sheets[0].range("D4:D6").formula]
    made.close()
    assert [row[0] for row in rows] == ["和平社区", "光明社区", "东风社区"]
    assert [row[2] for row in rows] == [1.0, 2.0, 3.0]
    assert all(row[3] == "!".join(place("TJ16")) for row in rows)
    assert all("HYPERLINK" in one for one in formulas)


def test_source_of_one_unit_is_opened_at_its_cell(summary, app, monkeypatch):
    """
    On 分单位 a unit's own return is opened read-only, at the cell of the figure.
    """
    units = summary.sheets["分单位"]
    units.activate()
    cell_of(units, "光明社区", "TJ16").select()
    asked: list[str] = []
    monkeypatch.setattr(xlwings.App, "alert", lambda _, prompt, **__: asked.append(prompt) or "yes")
    before = set(app.books)

    assert this_book.sources(summary) == ""

    (opened,) = [book for book in app.books if book not in before]
    sheet, cell = place("TJ16")
    selected = app.selection
    assert opened.api.isReadonly()
    assert (selected.sheet.name, selected.address.replace("$", "")) == (sheet, cell)
    assert selected.value == 2.0
    assert "光明社区" in asked[0]
    opened.close()


NO_FIGURES = (
    ("汇总表", "TJ16", "上年同期", "sources.other_column"),
    ("汇总表", "TJ16", "代码", "sources.other_column"),
    ("报送情况", "", "", "sources.no_figure"),
    ("分单位", "", "", "sources.no_figure"),
)


@pytest.mark.parametrize(("name", "row", "heading", "code"), NO_FIGURES)
def test_cell_without_sources_is_said(summary, name, row, heading, code):
    """
    Earlier figures, headings and other sheets have no sources of this period.
    """
    sheet = summary.sheets[name]
    sheet.activate()
    (cell_of(sheet, row, heading) if row else sheet.range("A2")).select()

    with pytest.raises(HuizongError) as raised:
        this_book.sources(summary)

    assert raised.value.code == code


def test_button_says_what_went_wrong(sent, monkeypatch):
    """
    A button on a workbook that is no summary alerts, and leaves the status bar free.
    """
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(
        xlwings.App, "alert", lambda _, prompt, mode, **__: said.append((mode, prompt))
    )
    sent.set_mock_caller()

    this_book.run("sources")
    this_book.run("unmark")
    this_book.run("no such action")

    assert said[0] == ("critical", catalogue()["sources.no_summary"]["zh"])
    assert said[1] == ("info", catalogue()["this_book.no_marks"]["zh"])
    assert "KeyError" in said[2][1]


def test_copy_of_excel_is_its_own(tmp_path):
    """
    Excel writes the copy by itself, of the kind that the workbook is; a new workbook is .xlsx.
    """
    written: list[Path] = []

    class Excel:
        """What Excel offers in place of LibreOffice's storeToURL."""

        @staticmethod
        def SaveCopyAs(path: str) -> None:
            written.append(Path(path))

    for name, copied in (("下发表.xlsm", "下发表.xlsm"), ("工作簿1", "工作簿1.xlsx")):
        book = SimpleNamespace(api=Excel, name=name)
        assert this_book.copy_as_it_stands(book, tmp_path) == tmp_path / copied

    assert written == [tmp_path / "下发表.xlsm", tmp_path / "工作簿1.xlsx"]
