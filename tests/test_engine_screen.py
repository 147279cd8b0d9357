"""What LibreOffice shows to a person: message boxes with their answers, and what a click failed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import xlsxwriter

from attached import attached_to, caller_of
from huizong import click
from screens import SECONDS, box, screen, waited
from uno_session import Session, uno_session

pytestmark = [pytest.mark.libreoffice, pytest.mark.screen]
SOURCE = Path(click.__file__).parents[1]


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """One screen for all tests of this module."""
    with screen() as number:
        yield number


@pytest.fixture(scope="module")
def office(display, tmp_path_factory) -> Iterator[Session]:
    """One LibreOffice with windows for all tests of this module."""
    with uno_session(tmp_path_factory.mktemp("office"), display) as session:
        yield session


@pytest.fixture
def workbook(tmp_path) -> Path:
    """A workbook that nobody has opened."""
    with xlsxwriter.Workbook(tmp_path / "控制台.xlsx") as book:
        book.add_worksheet("控制台")
    return tmp_path / "控制台.xlsx"


ANSWERS = (
    ("ok", "OK", "ok"), ("ok_cancel", "Cancel", "cancel"), ("yes_no", "Yes", "yes"),
    ("yes_no_cancel", "No", "no"),
)  # fmt: skip


@pytest.mark.parametrize(("buttons", "pressed", "answer"), ANSWERS)
def test_a_message_is_answered_by_a_button(office, buttons, pressed, answer):
    """
    The box has the text and the buttons asked for, and the answer is the button pressed.
    """
    with attached_to(office, os.getpid()) as app, ThreadPoolExecutor(1) as pool:
        book = app.books.add()
        asked = pool.submit(app.alert, "确定要定稿吗？", f"汇总 {buttons}", buttons)

        shown = waited(lambda: box(office, f"汇总 {buttons}"))
        assert "确定要定稿吗？" in shown
        shown[pressed].doAccessibleAction(0)

        assert asked.result(SECONDS) == answer
        book.close()


def test_a_click_on_a_closed_workbook_is_told_in_a_box(office, workbook):
    """
    The workbook was closed at once: a box over what is open names it, and waits for OK.
    """
    command = [sys.executable, "-m", "huizong.click", "status", str(workbook)]
    pid = str(caller_of(office).pid)
    environment = {**os.environ, click.START: pid, "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        shown = waited(lambda: box(office, "汇总"))
        assert any(workbook.name in text for text in shown)
        assert process.poll() is None

        shown["OK"].doAccessibleAction(0)

        assert process.wait(SECONDS) == click.FAILED


def test_a_message_beside_the_workbook_is_opened(office, workbook):
    """
    Where no box can be shown, the LibreOffice that called opens the message by itself.
    """
    click.leave_notice("请安装 python3-uno", workbook, caller_of(office))

    with attached_to(office, os.getpid()) as app:
        opened = waited(
            lambda: [one for one in app.books if one.fullname == str(click.notice(workbook))]
        )
        assert opened[0].sheets[0]["A1"].value == "请安装 python3-uno"
        opened[0].close()
