"""The buttons for letters, on an open control workbook in a real LibreOffice."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings

from attached import attached as attached_office
from huizong import console
from huizong.console import PROGRESS_COLUMNS
from huizong.office import init_office
from huizong.open_book import progress_width
from huizong.passwords import SERVICE
from huizong.pressing import perform
from huizong.settings import SETTINGS
from huizong.texts import say
from keyrings import Keyring, own_keyring
from mail_corpus import SENDER, attached, called, letter, text
from mail_servers import HOST, PASSWORD, USER, Server, running
from street import LIGHT, NOW, PEACE, PERIOD, STREET, UNITS, empty_street, send

pytestmark = pytest.mark.libreoffice

# As it was made before there were columns for letters, a sheet for them and their buttons.
OLD = Path(__file__).parent / "data" / "control" / "before-letters.xlsm"


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[xlwings.App]:
    """One LibreOffice for all tests of this module."""
    with attached_office(tmp_path_factory.mktemp("libreoffice")) as app:
        yield app


@pytest.fixture(scope="module")
def running_server() -> Iterator[Server]:
    """One mail server that gives letters out, for all tests of this module."""
    with running() as server:
        yield server


@pytest.fixture
def server(running_server, monkeypatch) -> Server:
    """An empty mailbox on a server whose certificate this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(running_server.authority))
    running_server.empty()
    return running_server


@pytest.fixture
def ring() -> Iterator[Keyring]:
    """A keyring that keeps nothing yet."""
    with own_keyring() as ring:
        yield ring


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A street with three communities."""
    return empty_street(tmp_path_factory.mktemp("made"))


@pytest.fixture
def office(made, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(made, tmp_path / "清河街道"))


@pytest.fixture
def book(app, office) -> Iterator[xlwings.Book]:
    """Its control workbook, open, one form set in use."""
    opened = app.books.open(office / console.FILE)
    opened.sheets[console.CONSOLE].range(console.PERIOD).value = str(PERIOD)
    set_beside(opened, say("setting.sets"), "TJ")
    yield opened
    opened.close()


def set_beside(book: xlwings.Book, label: str, value: str) -> None:
    """Type into the cell of 设置 beside a label."""
    sheet = book.sheets[SETTINGS]
    labels = sheet.range("A1:A40").value
    sheet.range((labels.index(label) + 1, 2)).value = value


def set_mail(book: xlwings.Book, unit: str, address: str) -> None:
    """Type a unit's address into the roster."""
    rows = book.sheets["名册"].used_range.value
    heading = next(row for row in rows if "邮箱" in row)
    place = next(number for number, row in enumerate(rows, 1) if row[0] == unit)
    book.sheets["名册"].range((place, heading.index("邮箱") + 1)).value = address


def progress(book: xlwings.Book) -> list[dict[str, object]]:
    """Give the rows of the progress table."""
    top = book.sheets[console.CONSOLE].range(console.PROGRESS).offset(1, 0)
    rows = top.resize(20, len(PROGRESS_COLUMNS)).value
    return [dict(zip(PROGRESS_COLUMNS, row, strict=True)) for row in rows if row[0]]


def set_mailbox(book: xlwings.Book, server: Server) -> None:
    """Type the mailbox into 设置, and save nothing."""
    set_beside(book, say("setting.mail_server"), f"{HOST}:{server.port}")
    set_beside(book, say("setting.mail_user"), USER)


def test_password_that_is_kept_nowhere_is_told(book, office, server, ring):
    """
    Nobody can type behind a button: it says with which command or menu the password is kept.
    """
    set_mailbox(book, server)

    ended = perform(book, "fetch")

    assert ended.failed
    assert ended.alert == say("error.mail_password", user=USER, folder=office)
    assert f'huizong mail fetch "{office}" --remember' in ended.alert
    assert ring.kept == {}


def test_fetched_letters_stand_in_the_progress(book, office, server, ring):
    """
    收邮件 takes the mailbox's returns in, with settings and addresses as they stand unsaved, and
    shows who wrote what; a second time there is nothing new.
    """
    set_mailbox(book, server)
    set_mail(book, PEACE, SENDER)
    set_mail(book, LIGHT, "gm@qh.example.cn")
    ring.set_password(SERVICE, f"imap:{USER}@{HOST}", PASSWORD)
    path = send(office, PEACE)
    with_form = letter(text(), attached(path.read_bytes(), called("报表.xlsx")))
    path.unlink()
    server.deliver(with_form, letter(text("好的"), sender="gm@qh.example.cn"))

    first, again = perform(book, "fetch"), perform(book, "fetch")

    assert not first.failed
    assert say("letter.text") in first.alert
    assert not again.failed
    assert again.alert == ""
    assert {row["unit"]: row["letter_state"] for row in progress(book)} == {
        PEACE: say("letter_state.filed"), LIGHT: say("letter_state.no_form"),
        **dict.fromkeys((*list(UNITS)[2:], STREET)),
    }  # fmt: skip
    assert progress(book)[0]["letter"].startswith(say("last_letter.in", kind="报表", day=""))


def test_control_workbook_of_before_goes_on(app, tmp_path):
    """
    In one without the columns for letters the others are written as ever, and nothing beside them.
    """
    office = init_office(tmp_path / "清河街道", now=NOW)
    shutil.copy(OLD, office.folder / console.FILE)
    old = app.books.open(office.folder / console.FILE)
    try:
        ended = perform(old, "status")
        width, rows = progress_width(old), progress(old)
    finally:
        old.close()

    assert not ended.failed
    assert width == PROGRESS_COLUMNS.index("letter")
    assert {row["unit"] for row in rows} == {unit.code for unit in (*office.roster, office.unit)}
    assert {row[name] for row in rows for name in PROGRESS_COLUMNS[width:]} == {None}
