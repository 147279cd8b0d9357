"""What a macro starts finds the LibreOffice that called, and tells a person what fails."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
import xlwings

from attached import attached_to, caller_of
from huizong import click, console
from huizong.errors import HuizongError
from huizong.uno_bridge import connect, load_uno, path_of
from huizong.uno_caller import calling_office, reach
from programs import require
from street import UNITS, empty_street
from test_structure import SLOW
from uno_session import Session, uno_session

SOURCE = Path(click.__file__).parents[1]


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Iterator[Session]:
    """One LibreOffice for all tests of this module."""
    with uno_session(tmp_path_factory.mktemp("office")) as session:
        yield session


@pytest.fixture
def app(office) -> Iterator[xlwings.App]:
    """The LibreOffice for xlwings."""
    with attached_to(office, caller_of(office).pid) as app:
        yield app


@pytest.fixture
def workbook(tmp_path) -> Path:
    """A workbook in a folder with a Chinese name; nobody has opened it."""
    folder = tmp_path / "收表 文件夹"
    folder.mkdir()
    with xlsxwriter.Workbook(folder / "控制台.xlsx") as book:
        book.add_worksheet("控制台").write("A1", "正在准备……")
        book.define_name("HZ_WORKING", "='控制台'!$A$1")
    return folder / "控制台.xlsx"


def clicked(workbook: Path, pid: int) -> subprocess.CompletedProcess:
    """Start what a macro starts, as if it had been started by a process."""
    command = [sys.executable, "-m", "huizong.click", "status", str(workbook)]
    environment = {**os.environ, click.START: str(pid), "PYTHONPATH": str(SOURCE)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_nothing_slow_stands_before_the_first_word():
    """
    The program that a macro starts begins without pandas and xlwings.
    """
    code = "import sys, huizong.click; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True
    )

    assert "huizong.uno_bridge" in run.stdout.split()
    assert SLOW & set(run.stdout.split()) == set()


def test_the_nearest_office_above_is_the_caller(tmp_path):
    """
    Among the processes above it is the nearest soffice.bin that called, with its own profile.
    """
    shell = tmp_path / "程序 一" / "soffice.bin"
    shell.parent.mkdir()
    shutil.copy("/bin/sh", shell)
    code = (
        "import os; from huizong.uno_caller import calling_office;"
        "c = calling_office(os.getppid()); print(c.pid == os.getppid(), c.program, *c.profile)"
    )
    # A second command after it keeps the shell from giving its place to Python.
    inner = f'"{sys.executable}" -c "{code}"; true'
    outer = [
        shell,
        "-c",
        '"$0" -c "$1" "$0" "$2"; true',
        shell,
        inner,
        "-env:UserInstallation=file:///甲",
    ]

    run = subprocess.run(outer, cwd=SOURCE, capture_output=True, text=True, check=True)

    assert run.stdout.split() == [
        "True", *str(shell.with_name("soffice")).split(), "-env:UserInstallation=file:///甲"
    ]  # fmt: skip


def test_without_an_office_above_nobody_has_called():
    """
    Started by hand, where no LibreOffice is above, it says so.
    """
    with pytest.raises(HuizongError) as none:
        calling_office(1)

    assert none.value.code == "error.no_caller"


@pytest.mark.libreoffice
def test_the_office_that_called_is_reached(office, workbook):
    """
    A running LibreOffice that listens elsewhere is asked to listen for us, twice without harm.
    """
    caller = caller_of(office)
    with office.open(workbook) as document:
        first, second = reach(caller), reach(caller)

        for context in (first, second):
            found = click.find(context, workbook)
            assert found.getURL() == document.component.getURL()
            assert click.working(found) == "正在准备……"
    assert caller.is_running()


@pytest.mark.libreoffice
def test_of_two_offices_each_is_reached_by_its_own_process(office, workbook, tmp_path):
    """
    With two LibreOffices running, the one that called is reached and not the other.
    """
    with uno_session(tmp_path) as other, other.open(workbook):
        assert click.find(reach(caller_of(other)), workbook)
        with pytest.raises(HuizongError) as closed:
            click.find(reach(caller_of(office)), workbook)

    assert closed.value.code == "error.book_closed"


@pytest.mark.libreoffice
def test_a_workbook_is_found_by_its_file(office, workbook, tmp_path):
    """
    A link to the folder leads to the same open document; another file of its name does not.
    """
    (tmp_path / "快捷").symlink_to(workbook.parent)
    with office.open(workbook):
        found = click.find(office.context, tmp_path / "快捷" / workbook.name)
        assert path_of(found.getURL()) == str(workbook)
        with pytest.raises(HuizongError):
            click.find(office.context, tmp_path / workbook.name)


@pytest.mark.libreoffice
def test_a_closed_workbook_is_told(office, workbook):
    """
    Clicked and closed at once: what failed is said, and nothing is left beside the workbook.
    """
    run = clicked(workbook, caller_of(office).pid)

    assert (run.returncode, "控制台.xlsx" in run.stderr) == (2, True)
    assert [path.name for path in workbook.parent.iterdir()] == [workbook.name]


@pytest.mark.libreoffice
def test_an_office_that_has_ended_is_told_beside_the_workbook(workbook, tmp_path):
    """
    If LibreOffice does not answer, the message lies beside the workbook and opens in Calc.
    """
    with uno_session(tmp_path / "a") as session:
        caller = caller_of(session)
    assert not caller.is_running()
    with pytest.raises(HuizongError) as silent:
        connect(caller.pipe, 5, caller.is_running)
    assert silent.value.code == "error.no_answer"

    click.leave_notice(str(silent.value), workbook, None)

    sheet = openpyxl.load_workbook(click.notice(workbook)).active
    assert sheet["A1"].value == str(silent.value)


@pytest.mark.libreoffice
def test_what_fails_is_said_by_its_cause(office, workbook):
    """
    The same error is one of ours while the workbook is open, and after that the closing of it.
    """
    spoilt = ValueError("内部")
    with office.open(workbook):
        open_words = click.why(spoilt, workbook, office.context)
    closed_words = click.why(spoilt, workbook, office.context)

    assert "ValueError" in open_words
    assert "内部" not in open_words
    assert workbook.name in closed_words
    assert "ValueError" not in closed_words


def test_started_by_hand_it_leaves_a_message(workbook):
    """
    Without a LibreOffice to tell, the message lies beside the workbook.
    """
    run = clicked(workbook, 1)

    assert run.returncode == 2
    assert openpyxl.load_workbook(click.notice(workbook)).active["A1"].value == run.stderr.strip()


@pytest.mark.libreoffice
def test_a_button_does_its_work_in_the_open_workbook(app, tmp_path):
    """
    The action runs with the workbook that is open, what came of it stands there, unsaved, and a
    message of the click before is gone.
    """
    control = empty_street(tmp_path) / console.FILE
    before = control.read_bytes()
    click.leave_notice("上一次", control, None)
    book = app.books.open(control)
    said, progress = (book.names[name].refers_to_range for name in (console.SAID, console.PROGRESS))

    run = clicked(control, app.pid)

    assert (run.returncode, run.stderr) == (0, "")
    assert said.value
    rows = progress.offset(1).resize(3, len(console.PROGRESS_COLUMNS)).value
    assert [row[console.PROGRESS_COLUMNS.index("name")] for row in rows] == list(UNITS.values())
    assert control.read_bytes() == before
    assert not click.notice(control).exists()
    book.close()


def test_a_message_is_left_elsewhere_if_the_folder_is_gone(tmp_path, monkeypatch):
    """
    Where the workbook's folder cannot be written to, the message lies in a temporary one.
    """
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    click.leave_notice("一句话", tmp_path / "拔掉的盘" / "控制台.xlsm", None)

    (left,) = tmp_path.glob("*/*.xlsx")
    assert openpyxl.load_workbook(left).active["A1"].value == "一句话"


def test_without_uno_it_says_what_to_install():
    """
    A Python that finds no UNO names itself and the package that is missing.
    """
    code = (
        "import sys; sys.modules['uno'] = None\n"
        "from huizong.errors import HuizongError\nfrom huizong.uno_bridge import load_uno\n"
        "try:\n load_uno()\nexcept HuizongError as error:\n print(error.code, error)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True
    )

    assert run.stdout.startswith("error.no_uno ")
    assert sys.executable in run.stdout
    assert "python3-uno" in run.stdout


@pytest.mark.libreoffice
@pytest.mark.usefixtures("office")
def test_uno_is_found_and_hides_nothing_of_ours():
    """
    The folder in which Debian keeps UNO stands behind all of our own.
    """
    assert load_uno().__name__ == "uno"
    assert sys.path.index(require("uno")) > sys.path.index(str(Path(pytest.__file__).parents[1]))
