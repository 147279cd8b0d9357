"""发信 and 发件: what an officer agrees to leaves, through a real mail server, and nothing else."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import xlwings

from attached import attached_to
from huizong import console, pipeline
from huizong.console import OUT_ACTION, OUT_RECIPIENT, OUT_STATE, OUT_WIDTHS, PROGRESS_COLUMNS
from huizong.office import init_office
from huizong.passwords import SERVICE
from huizong.pressing import Ended, perform
from huizong.settings import SETTINGS
from huizong.texts import say
from huizong.work import at_work
from keyrings import Keyring, own_keyring
from mail_server import LOST, MailServer, taking
from mail_servers import HOST, PASSWORD, USER
from screens import SECONDS, box, screen, waited
from street import LIGHT, NOW, PEACE, PERIOD, STREET, UNITS
from uno_session import Session, uno_session

pytestmark = [pytest.mark.libreoffice, pytest.mark.screen]

MAILS = {PEACE: "hp@qh.example.cn", LIGHT: "gm@qh.example.cn"}
SENT, UNKNOWN, REFUSED, WAITING, CANCELLED = (
    f"sending_state.{one}" for one in ("sent", "unknown", "refused", "waiting", "cancelled")
)


@pytest.fixture(scope="module")
def window(tmp_path_factory) -> Iterator[Session]:
    """One LibreOffice with windows, on a screen that nobody sees."""
    with screen() as display, uno_session(tmp_path_factory.mktemp("office"), display) as session:
        yield session


@pytest.fixture(scope="module")
def app(window) -> Iterator[xlwings.App]:
    """The same, for xlwings."""
    with attached_to(window, os.getpid()) as app:
        yield app


@pytest.fixture(scope="module")
def taking_server() -> Iterator[MailServer]:
    """One mail server for all tests of this module."""
    with taking() as server:
        yield server


@pytest.fixture
def server(taking_server, monkeypatch) -> MailServer:
    """The server, which has taken nothing yet; this machine trusts its certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(taking_server.authority))
    taking_server.forget()
    return taking_server


@pytest.fixture(autouse=True)
def ring() -> Iterator[Keyring]:
    """A keyring that keeps the password."""
    with own_keyring() as ring:
        ring.set_password(SERVICE, f"smtp:{USER}@{HOST}", PASSWORD)
        yield ring


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A street with three communities, two of which have an address."""
    folder = tmp_path_factory.mktemp("made")
    lines = [f"{code},{name},{STREET},{MAILS.get(code, '')}" for code, name in UNITS.items()]
    roster = folder / "名册.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,邮箱", *lines]), encoding="utf-8")
    init_office(folder / "清河街道", roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    with at_work(folder / "清河街道", NOW, "test") as work:
        pipeline.issue(work, PERIOD)
    return folder / "清河街道"


@pytest.fixture
def office(made, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(made, tmp_path / "清河街道"))


@pytest.fixture
def book(app, office, server) -> Iterator[xlwings.Book]:
    """Its control workbook, open, with reminders drafted and the server set; nothing is saved."""
    opened = app.books.open(office / console.FILE)
    opened.sheets[console.CONSOLE].range(console.PERIOD).value = str(PERIOD)
    opened.sheets[console.CONSOLE].range(console.OFFICER).value = "王芳"
    sheet = opened.sheets[SETTINGS]
    labels = sheet.range("A1:A40").value
    typed = {"mail_user": USER, "send_by": "SMTP", "send_server": f"{HOST}:{server.port}"}
    for name, value in typed.items():
        sheet.range((labels.index(say(f"setting.{name}")) + 1, 2)).value = value
    perform(opened, "papers")
    yield opened
    opened.close()


def drafts(office: Path) -> int:
    """Count the drafts."""
    return len(list((office / "草稿" / str(PERIOD)).glob("*.eml")))


def pressed(window: Session, book: xlwings.Book, *answers: str) -> tuple[Ended, list[str]]:
    """Press 发信 and answer its boxes; gives how it ended and what each box said."""
    said = []
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(perform, book, "send")
        for answer in answers:
            shown = waited(lambda: box(window, say("addin.title")) or running.done())
            assert shown is not True, running.result().alert
            said.append("\n".join(shown))
            waited(lambda given=answer, text=said[-1]: _answered(window, given, text))
        return running.result(SECONDS), said


def _answered(window: Session, answer: str, text: str) -> bool:
    """Press a button of a box until it is gone: one that is just being drawn hears nothing."""
    shown = box(window, say("addin.title"))
    if "\n".join(shown) != text:
        return True
    shown[answer].doAccessibleAction(0)
    return False


def outbox(book: xlwings.Book) -> dict[str, list[str]]:
    """Give the rows of 发件 by their recipients."""
    top = book.sheets[console.OUT_SHEET].range(console.OUT).offset(1, 0)
    rows = top.resize(20, len(OUT_WIDTHS)).value
    return {row[OUT_RECIPIENT]: row for row in rows if row[0]}


def states(book: xlwings.Book) -> dict[str, str]:
    """Give the states in 发件 by their recipients."""
    return {to: row[OUT_STATE] for to, row in outbox(book).items()}


def choose(book: xlwings.Book, recipient: str, action: str) -> None:
    """Choose what is to be done about a letter."""
    at = list(outbox(book)).index(recipient) + 1
    book.sheets[console.OUT_SHEET].range(console.OUT).offset(at, OUT_ACTION).value = action


def told(**codes: str) -> dict[str, str]:
    """Name states by the codes of their words: 和平, 光明."""
    return {MAILS[unit]: say(codes[name]) for unit, name in ((PEACE, "peace"), (LIGHT, "light"))}


def letter_states(book: xlwings.Book) -> list[object]:
    """Give the letter states of the progress table."""
    top = book.sheets[console.CONSOLE].range(console.PROGRESS).offset(1, 0)
    rows = top.resize(3, len(PROGRESS_COLUMNS)).value
    return [row[PROGRESS_COLUMNS.index("letter_state")] for row in rows]


def test_what_is_agreed_to_leaves(book, office, server, window):
    """
    The box names every recipient; yes sends each one letter, and 发件 and the progress say so. A
    second press has nothing to ask and nothing to send.
    """
    before = drafts(office)
    ended, (said,) = pressed(window, book, "Yes")
    again, _ = pressed(window, book)

    assert before == len(MAILS)
    assert all(mail in said for mail in MAILS.values())
    assert say("agree.ask") in said
    assert not ended.failed
    assert sorted(to for to, _ in server.accepted) == sorted(MAILS.values())
    assert drafts(office) == 0
    assert states(book) == told(peace=SENT, light=SENT)
    assert letter_states(book) == [say(SENT), say(SENT), None]
    assert not again.failed


def test_what_is_not_agreed_to_stays(book, office, server, window):
    """
    No sends nothing and approves nothing: the drafts lie there, and the next press asks again.
    """
    ended, _ = pressed(window, book, "No")
    pressed(window, book, "No")

    assert say("sending.not_agreed") in ended.alert
    assert server.heard == []
    assert drafts(office) == len(MAILS)
    assert outbox(book) == {}


def test_what_is_chosen_is_carried_out(book, server, window):
    """
    A letter that may have left is sent again only when that is chosen, one that was put off is
    cancelled; what was chosen about a letter that has changed since is told and not done.
    """
    server.answers = {f". {MAILS[PEACE]}": [LOST], f". {MAILS[LIGHT]}": ["451 later"]}
    pressed(window, book, "Yes")
    first = states(book)
    pressed(window, book)
    untouched = server.copies(MAILS[PEACE])
    choose(book, MAILS[PEACE], "确认重发")
    choose(book, MAILS[LIGHT], "取消")
    refreshed = perform(book, "status")
    kept = {row[OUT_ACTION] for row in outbox(book).values()}
    pressed(window, book)

    assert first == told(peace=UNKNOWN, light=WAITING)
    assert len(untouched) == 1
    assert not refreshed.failed
    assert kept == {"确认重发", "取消"}
    assert len(server.copies(MAILS[PEACE])) == 2
    assert server.copies(MAILS[LIGHT]) == []
    assert states(book) == told(peace=SENT, light=CANCELLED)
    assert {row[OUT_ACTION] for row in outbox(book).values()} == {None}


def test_choice_about_what_has_changed_is_not_carried_out(book, office, server, window):
    """
    Somebody else has dealt with the letter meanwhile: what was chosen is told, and not done.
    """
    server.answers = {f". {MAILS[PEACE]}": [LOST]}
    pressed(window, book, "Yes")
    choose(book, MAILS[PEACE], "确认重发")
    (key, *_) = outbox(book)[MAILS[PEACE]]
    decide(office, key)
    ended, _ = pressed(window, book)

    assert say("out.changed", place="发件 J4") in ended.alert
    assert len(server.copies(MAILS[PEACE])) == 1
    assert states(book) == told(peace=SENT, light=SENT)


def decide(office: Path, key: str) -> None:
    """Settle a letter by the command: it has arrived."""
    from huizong.cli import app as commands
    from huizong.cli import run

    run(lambda: commands(["mail", "queue", str(office), "--arrived", key], standalone_mode=False))
