"""xlwings opens, saves and closes workbooks of LibreOffice, and speaks to the person before it."""

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import python_calamine
import xlsxwriter
import xlwings

from attached import attached
from huizong.errors import HuizongError

pytestmark = pytest.mark.libreoffice


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[xlwings.App]:
    """One LibreOffice for all tests of this module."""
    with attached(tmp_path_factory.mktemp("office")) as app:
        yield app


@pytest.fixture
def path(tmp_path) -> Path:
    """A workbook in a folder with a Chinese name."""
    folder = tmp_path / "收表 文件夹"
    folder.mkdir()
    with xlsxwriter.Workbook(folder / "控制台 一.xlsx") as book:
        book.add_worksheet("控制台").write("A1", "甲")
        book.define_name("HZ_SAID", "='控制台'!$B$1")
    return folder / "控制台 一.xlsx"


@pytest.fixture
def book(app, path) -> Iterator[xlwings.Book]:
    """The workbook, open."""
    opened = app.books.open(path)
    yield opened
    opened.close()


def test_the_book_that_called_is_the_caller(book, path):
    """
    What a button's function asks for is the workbook with the button, by its path.
    """
    book.set_mock_caller()

    caller = xlwings.Book.caller()
    assert (caller, caller.fullname, caller.name) == (book, str(path), path.name)
    assert xlwings.Book(str(path)) == book
    assert xlwings.apps.active == book.app


KINDS = (".xlsx", ".xlsm", ".ods")


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_book_is_read_by_others(book, path, kind):
    """
    Saved under a name it is of the kind that the ending says, and others read what it holds.
    """
    book.sheets["控制台"]["A1:C2"].value = [["汇总", 1.5, True], ["=1/0", "000123", None]]
    target = path.with_name(f"结果 二{kind}")

    book.save(target)

    assert (book.name, book.fullname) == (target.name, str(target))
    read = python_calamine.CalamineWorkbook.from_path(target)
    assert read.sheet_names == ["控制台"]
    head, below = read.get_sheet_by_name("控制台").to_python()
    assert (head, below[1]) == (["汇总", 1.5, True], "000123")
    if kind != ".ods":
        assert openpyxl.load_workbook(target)["控制台"]["A2"].value == "=1/0"


def test_unsaved_edits_stay_until_they_are_saved(app, book, path):
    """
    What is typed stands in the open workbook, in the file only once it is saved.
    """
    book.names["HZ_SAID"].refers_to_range.value = "未存盘"
    assert openpyxl.load_workbook(path)["控制台"]["B1"].value is None

    assert app.books.open(path).sheets[0]["B1"].value == "未存盘"
    book.save()
    assert openpyxl.load_workbook(path)["控制台"]["B1"].value == "未存盘"


def test_a_new_book_gets_its_file_when_it_is_saved(app, tmp_path):
    """
    A workbook without a file has a title, and a path once it is saved.
    """
    book = app.books.add()
    assert not Path(book.fullname).is_absolute()

    book.save(tmp_path / "新 表.xlsx")

    assert Path(book.fullname) == tmp_path / "新 表.xlsx"
    book.close()


def test_what_cannot_be_saved_is_said(book, path):
    """
    A folder that is none and a kind that is not written are said by the file's name.
    """
    for target, code in (
        (path / "甲.xlsx", "error.book_not_saved"),
        (path.with_suffix(".xlsb"), "error.kind_of_file"),
    ):
        with pytest.raises(HuizongError) as refused:
            book.save(target)
        assert (refused.value.code, target.name in str(refused.value)) == (code, True)
    assert book.fullname == str(path)


def test_what_cannot_be_opened_is_said(app, tmp_path):
    """
    A file that is no workbook is refused by its path, and one that is not there by xlwings.
    """
    broken = tmp_path / "坏 的.xlsx"
    broken.write_bytes(b"PK\x03\x04")

    with pytest.raises(HuizongError) as refused:
        app.books.open(broken)
    assert (refused.value.code, refused.value.details["file"]) == ("error.not_opened", str(broken))
    with pytest.raises(FileNotFoundError):
        app.books.open(tmp_path / "没有.xlsx")


def test_a_book_in_use_elsewhere_opens_to_be_read(app, path):
    """
    Where another person has the file open, it is shown read-only and no question is asked.
    """
    lock = path.with_name(f".~lock.{path.name}#")
    lock.write_text(",别人,pc,22.11.2026 01:00,file:///home/b/.config;", encoding="utf-8")

    book = app.books.open(path)

    assert book.api.isReadonly()
    assert book.sheets[0]["A1"].value == "甲"
    book.close()


def test_books_are_found_by_name_path_and_place(app, book, path):
    """
    An open workbook is found by its name in any case and by its path, others are not.
    """
    other = app.books.add()

    assert app.books[path.name.upper()] == app.books[str(path)] == book
    assert len(app.books) == 2
    assert {one.name for one in app.books} == {path.name, other.name}
    assert app.books.active == other
    book.activate()
    other.close()
    assert app.books.active == book
    with pytest.raises(KeyError):
        app.books["没有.xlsx"]


def test_a_closed_book_takes_nothing_silently(app, path):
    """
    LibreOffice takes what is written into a closed workbook and keeps nothing: it is said.
    """
    book = app.books.open(path)
    book.api.close(True)

    for touch in (lambda: book.sheets, lambda: book.names, lambda: book.fullname, book.save):
        with pytest.raises(HuizongError) as closed:
            touch()
        assert closed.value.code == "error.book_closed"
        assert closed.value.details == {"file": path.name}
    book.close()


@pytest.mark.usefixtures("app")
def test_an_office_that_has_ended_is_said(tmp_path):
    """
    When LibreOffice ends while we work, every way to it says so; another one goes on.
    """
    first = xlwings.apps.active
    with attached(tmp_path) as app:
        book = app.books.add()
        impl = app.impl
    for touch in (
        lambda: impl.books.active,
        lambda: setattr(impl, "status_bar", "汇总"),
        lambda: impl.alert("甲", None, "ok", None, None),
        lambda: book.sheets,
    ):
        with pytest.raises(HuizongError) as ended:
            touch()
        assert ended.value.code == "error.office_ended"
    assert first.impl.books is not None


def test_the_status_bar_is_written_and_given_back(app, book):
    """
    Each window shows the text, the same place that the macro writes into, until it is given back.
    """
    assert app.status_bar is False

    with app.properties(status_bar="正在收表 3/14"):
        assert app.status_bar == "正在收表 3/14"
        book.sheets[0]["A1"].value = "乙"

    assert app.status_bar is False


def test_formulas_wait_if_they_are_told_to(app, book):
    """
    Calculation is automatic, manual while asked so, and can be had at once.
    """
    sheet = book.sheets[0]
    sheet["A1:B1"].value = [1, "=A1*2"]

    with app.properties(calculation="manual"):
        assert app.calculation == "manual"
        sheet["A1"].value = 5
        assert sheet["B1"].value == 2.0
        app.calculate()
        assert sheet["B1"].value == 10.0
    assert app.calculation == "automatic"


def test_the_selection_is_that_of_the_window(app, book):
    """
    What is selected is found, also of several areas, and selecting shows the sheet.
    """
    second = book.sheets.add("二 表")
    book.sheets["控制台"]["B2:C3"].select()

    assert app.selection.address == "$B$2:$C$3"
    assert app.selection.sheet == book.sheets.active == book.sheets["控制台"]
    second["A1"].select()
    assert book.selection.get_address(external=True).endswith("二 表'!$A$1")


def test_the_version_is_that_of_libreoffice(app):
    """
    The version has numbers that can be compared.
    """
    assert app.version.major >= 7
    assert len(app.version.value) >= 3


def test_without_a_screen_a_message_is_answered_at_once(app, book):
    """
    A headless LibreOffice shows no box: whatever is asked, the answer is no consent.
    """
    assert book.app.alert("继续？", "汇总", buttons="yes_no") == "cancel"
    assert app.alert("好", mode="critical") == "cancel"
