"""审核本表 and 查来源 on workbooks that are open in LibreOffice, with edits nobody has saved."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings

from attached import attached
from huizong import marks, pipeline, this_book
from huizong.entries import findings_of
from huizong.errors import HuizongError
from huizong.layout import figure_places
from huizong.texts import catalogue
from huizong.work import at_work, checked_sets
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


def state_of(book: xlwings.Book) -> dict[str, object]:
    """Give what stands in the upper part of each sheet, and the tints of the figures."""
    return {
        sheet.name: (
            sheet.range("A1:N60").api.getFormulaArray(),
            [cell.color for cell in sheet.range("D7:D30")],
        )
        for sheet in book.sheets
        if sheet.name != marks.SHEET
    }


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


def test_marks_are_taken_away_and_nothing_typed_has_changed(sent):
    """
    Values, formulas and colours are after 清除标记 what they were before 审核本表.
    """
    sheet, cell = place("TJ16")
    sent.sheets[sheet].range(cell).value = "约七件"
    before = state_of(sent)

    this_book.mark(sent)
    during = state_of(sent)
    said = this_book.unmark(sent)

    assert {name: one[0] for name, one in during.items()} == {
        name: one[0] for name, one in before.items()
    }
    assert during[sheet][1] != before[sheet][1]
    assert state_of(sent) == before
    assert said == ""
    assert this_book.unmark(sent) == catalogue()["this_book.no_marks"]["zh"]


def test_colour_given_since_stays(sent):
    """
    A tint that a person has changed since is the person's.
    """
    sheet, cell = place("TJ16")
    sent.sheets[sheet].range(cell).value = "约七件"
    this_book.mark(sent)
    sent.sheets[sheet].range(cell).color = (1, 2, 3)

    this_book.unmark(sent)

    assert sent.sheets[sheet].range(cell).color == (1, 2, 3)


def test_findings_are_those_of_the_quarter(office, app, readers):
    """
    What is listed has the keys that `audit` enters in the book for the same file.
    """
    path = send(office, PEACE, TJ16="", TJ01="6.5")
    book = app.books.open(path)
    try:
        this_book.mark(book)
        rows = listed(book)
    finally:
        book.close()
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
    assert len(rows) == len(asked) >= 2


def test_what_cannot_be_audited_is_said(published, app, tmp_path):
    """
    A summary, a workbook of another kind, one without an office, one with a sheet of that name.
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
    alone.sheets.add(marks.SHEET).range("A1").value = "我的表"
    with pytest.raises(HuizongError) as raised:
        marks.mark(alone, (), "")
    assert raised.value.code == "this_book.sheet_taken"
    assert alone.sheets[marks.SHEET].range("A1").value == "我的表"
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
