"""Letters from a real mail server: over TLS alone, read only, taken up again wherever it breaks."""

import contextlib
import datetime as dt
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from openpyxl import load_workbook

import mail_corpus
from huizong import mailbox_imap, pipeline
from huizong.accounts import Account, account_of
from huizong.book import open_book
from huizong.doing import DONE, WAITS
from huizong.entries import files_of
from huizong.errors import HuizongError
from huizong.letter_entries import letters_of, places_seen
from huizong.letter_store import store_letters
from huizong.mailbox_imap import letters_on
from huizong.office import open_office
from huizong.settings import SETTINGS
from huizong.texts import say
from huizong.work import at_work
from invariants import kept
from mail_corpus import as_sent, attached, called, letter, text
from mail_servers import HOST, PASSWORD, USER, Line, Server, make_certificate, running
from street import NOW, PEACE, PERIOD, empty_office, office, send
from terminal import Terminal

__all__ = ["empty_office", "office"]

SINCE = dt.date(2026, 1, 1)
LETTERS = tuple(
    as_sent(
        letter(text(f"第{number}封"), attached(bytes([number]) * size, called(f"{number}.bin")))
    )
    for number, size in enumerate((10, 3_000, 100, 60_000, 1))
)
# So many places at which the line is cut, by bytes.
CUTS = 24


@pytest.fixture(scope="module")
def running_server() -> Iterator[Server]:
    """One server for all tests of this module."""
    with running() as server:
        yield server


@pytest.fixture
def server(running_server, monkeypatch) -> Server:
    """The server with five letters, whose certificate this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(running_server.authority))
    running_server.empty()
    running_server.deliver(*LETTERS)
    return running_server


def account(port: int, *, starttls: bool = False) -> Account:
    """Name the mailbox on this machine."""
    return Account(HOST, port, USER, starttls)


def on(who: Account, seen=(), password: str = PASSWORD) -> Iterator[mailbox_imap.Incoming]:
    """Give the letters of a mailbox; nobody waits between two tries."""
    return letters_on(who, password, seen, SINCE, pause=lambda _: None)


def stored(folder: Path, who: Account) -> HuizongError | None:
    """Fetch and store letters; give what broke it off."""
    office = open_office(folder)
    with open_book(office.book) as book:
        seen = places_seen(book, f"{who.name}/")
        return store_letters(office, book, on(who, seen), NOW).broken


def kept_letters(folder: Path) -> list[bytes]:
    """Give the letters in the book, in the order in which they came, as they lie on the disk."""
    office = open_office(folder)
    with open_book(office.book) as book:
        return [(office.letters / one.kept_as).read_bytes() for one in letters_of(book)]


def refused(who: Account, **more: str) -> str:
    """Give the code of the error with which fetching ends."""
    with pytest.raises(HuizongError) as caught:
        list(on(who, **more))
    return caught.value.code


@pytest.mark.parametrize("starttls", [False, True])
def test_letters_come_over_tls(server, starttls):
    """Fault 59: all letters come byte for byte; none on the server is marked as read."""
    port = server.plain if starttls else server.port
    found = [one.data for one in on(account(port, starttls=starttls))]

    assert found == list(LETTERS)
    assert server.marks() == [""] * len(LETTERS)


def test_what_was_seen_is_not_fetched_again(server, office):
    """Fault 59: a second time only what is new comes."""
    who = account(server.port)
    assert stored(office, who) is None
    server.deliver(LETTERS[0].replace(b"Subject:", b"Subject: x"))
    with open_book(open_office(office).book) as book:
        new = list(on(who, places_seen(book, f"{who.name}/")))

    assert len(new) == 1


def test_letters_from_before_the_office_stay(server):
    """Only letters since a day are fetched; older ones are none of the office's business."""
    before = dt.datetime(2025, 12, 1).timestamp()
    os.utime(server.letters()[0], (before, before))

    assert len(list(on(account(server.port)))) == len(LETTERS) - 1


def test_letters_numbered_anew_are_known(server, office):
    """Fault 59: where the server counts anew, letters come again and are the same letters."""
    who = account(server.port)
    stored(office, who)
    server.forget()
    with open_book(open_office(office).book) as book:
        before = places_seen(book, f"{who.name}/")
    assert stored(office, who) is None
    with open_book(open_office(office).book) as book:
        after = places_seen(book, f"{who.name}/")

    assert len(after) == 2 * len(before) == 2 * len(LETTERS)
    assert sorted(kept_letters(office)) == sorted(LETTERS)


def test_a_letter_beyond_the_limit_is_cut(server):
    """Fault 58: of a letter of 41 MB only the beginning is kept, the others come."""
    server.deliver(b"From: a@b.cn\r\n\r\n" + b"x" * 41_000_000)
    found = list(on(account(server.port)))

    assert [one.cut for one in found] == [False] * len(LETTERS) + [True]
    assert len(found[-1].data) < 100_000


def test_a_line_that_is_cut_is_taken_up_again(server):
    """Fault 59: after a cut in the midst of a letter the rest comes by itself, each letter once."""
    line = Line(server.port, after_bytes=[6_000, 20_000])
    with line.open() as port:
        found = [one.data for one in on(account(port))]

    assert found == list(LETTERS)
    assert line.connections == 3


@pytest.fixture(params=[1, 2])
def at_once(request, monkeypatch) -> int:
    """So many letters are asked for at once, and of the longer ones first the beginning."""
    monkeypatch.setattr(mailbox_imap, "AT_ONCE", (request.param,) * 3)
    monkeypatch.setattr(mailbox_imap, "LONG", 2_000)
    return request.param


def traffic(server: Server) -> Line:
    """Tell how much passes when all letters are fetched without a cut."""
    line = Line(server.port)
    with line.open() as port:
        assert [one.data for one in on(account(port))] == list(LETTERS)
    return line


def broken_off(office: Path, line: Line) -> tuple[list[bytes], HuizongError | None]:
    """Fetch over a line that is cut at every try; give what is kept, and what is said."""
    with line.open() as port:
        broken = stored(office, account(port))
        return kept_letters(office), broken


def test_no_letter_is_lost_or_doubled_after_any_command(server, office, at_once, tmp_path):
    """
    Fault 59: the line is cut for good after every command; what came is kept, in its order, and
    the next fetching brings the rest, each letter once.
    """
    reached = set()
    for count in range(traffic(server).sendings):
        folder = Path(shutil.copytree(office, tmp_path / f"c{count}"))
        found, broken = broken_off(folder, Line(server.port, after_sendings=[count, 0, 0]))
        reached.add(len(found))
        assert found == list(LETTERS[: len(found)])
        assert len(found) == len(LETTERS) or broken.code == "error.mail_broken"
        assert stored(folder, account(server.port)) is None
        assert kept_letters(folder) == list(LETTERS)
    assert len(reached) > len(LETTERS) / at_once
    assert server.marks() == [""] * len(LETTERS)


def test_no_letter_is_lost_or_doubled_at_any_byte(server, office, tmp_path):
    """Fault 59: the same for a line that is cut in the midst of what the server says."""
    passed = traffic(server).passed
    for number in range(CUTS):
        folder = Path(shutil.copytree(office, tmp_path / f"b{number}"))
        after = 1 + passed * number // CUTS
        found, broken = broken_off(folder, Line(server.port, after_bytes=[after, 1, 1]))
        assert found == list(LETTERS[: len(found)])
        assert len(found) == len(LETTERS) or broken.code == "error.mail_broken"
        assert stored(folder, account(server.port)) is None
        assert kept_letters(folder) == list(LETTERS)
    assert server.marks() == [""] * len(LETTERS)


def test_letters_are_asked_for_together(server, monkeypatch):
    """Many short letters cost no more commands than one: a far server is not waited for by each."""
    together = traffic(server).sendings
    monkeypatch.setattr(mailbox_imap, "AT_ONCE", (1, 1, 1))

    assert traffic(server).sendings == together + len(LETTERS) - 1


def test_a_line_that_breaks_often_brings_letter_by_letter(server):
    """Fault 59: where several together never come through, those that are short come at last."""
    line = Line(server.port, after_bytes=[30_000] * 3)
    with line.open() as port:
        letters = on(account(port))
        found = [next(letters).data for _ in LETTERS[:3]]
        with pytest.raises(HuizongError):
            next(letters)

    assert found == list(LETTERS[:3])


@pytest.mark.usefixtures("at_once")
def test_a_letter_deleted_meanwhile_is_left_out(server):
    """Fault 59: what another program deletes while letters are fetched is no error."""
    found = on(account(server.port))
    first = next(found)
    server.letters()[3].unlink()

    assert [first.data, *(one.data for one in found)] == [*LETTERS[:3], LETTERS[4]]


@pytest.mark.parametrize("password", ["wrong", "ｓｅｃｒｅｔ"])
def test_a_wrong_password_is_tried_once(server, password):
    """
    Fault 60: a refused password, and one in full-width letters, is told, and not tried again,
    which would lock the account.
    """
    line = Line(server.port)
    with line.open() as port:
        assert refused(account(port), password=password) == "error.mail_login"

    assert line.connections == 1


def test_a_certificate_that_nobody_signed_is_refused(server, monkeypatch, tmp_path):
    """Fault 60: where the certificate is not good, no password is sent."""
    make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    before = (server.folder / "log").read_text().count("Login:")

    assert refused(account(server.port)) == "error.mail_tls"
    assert refused(account(server.plain, starttls=True)) == "error.mail_tls"
    assert (server.folder / "log").read_text().count("Login:") == before


@contextlib.contextmanager
def plain_server(greeting: bytes, answer: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A server that says the same to whatever it hears; gives its port and what it heard."""
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                with client, contextlib.suppress(OSError):
                    client.sendall(greeting)
                    while data := client.recv(4096):
                        heard.append(data)
                        client.sendall(answer.replace(b"TAG", data.split(b" ")[0]))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_no_password_goes_over_a_plain_line():
    """Fault 60: a server that offers no TLS, or somebody who takes the offer away, gets nothing."""
    answer = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nTAG OK done\r\n"
    with plain_server(b"* OK ready\r\n", answer) as (port, heard):
        assert refused(account(port, starttls=True)) == "error.mail_refused"
        assert refused(account(port)) == "error.mail_no_tls"

    assert PASSWORD.encode() not in b"".join(heard)
    assert b"LOGIN" not in b"".join(heard)


def test_a_server_that_is_none_for_fetching_is_called_that():
    """Fault 60: what greets as a server for sending is no line that broke: its port is wrong."""
    with plain_server(b"220 mail.example.cn ESMTP\r\n", b"500 ?\r\n") as (port, heard):
        assert refused(account(port, starttls=True)) == "error.mail_no_imap"

    assert heard == []


def test_a_name_that_no_server_can_have_is_told():
    """Fault 60: a name of a server with two dots in a row is one that is not found."""
    assert refused(Account("imap..cn", 993, USER)) == "error.mail_unreachable"


def test_a_server_that_is_silent_is_left(monkeypatch):
    """Fault 60: nobody waits for ever for a server that says nothing, or is not there."""
    monkeypatch.setattr(mailbox_imap, "SECONDS", 0.2)
    with plain_server(b"", b"") as (port, _):
        assert refused(account(port)) == "error.mail_silent"
        assert refused(account(port, starttls=True)) == "error.mail_silent"
    assert refused(account(port)) == "error.mail_unreachable"


def test_news_of_other_letters_are_no_letter():
    """Fault 59: what the server says of others between the lines is not taken for the letter."""
    news = (b"7 (FLAGS (\\Seen) UID 12)", (b"3 (UID 5 BODY[]<0> {3}", b"abc"), b")")

    assert mailbox_imap._body(news, 5) == b"abc"
    assert mailbox_imap._body(news, 12) is None
    assert mailbox_imap._body([(b"3 (BODY[]<0> {3}", b"abc"), b" UID 5)"], 5) == b"abc"
    assert mailbox_imap._body([None], 5) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("imap.qq.com", Account("imap.qq.com", 993, USER)),
        ("imap.qq.com:1993", Account("imap.qq.com", 1993, USER)),
        ("imap.qq.com:143", Account("imap.qq.com", 143, USER, True)),
        ("imap.qq.com STARTTLS", Account("imap.qq.com", 143, USER, True)),
        ("imap.qq.com:1143 starttls", Account("imap.qq.com", 1143, USER, True)),
    ],
)
def test_servers_as_people_write_them(text, wanted):
    """A port is usual where none is named, and no port means a line without TLS."""
    assert account_of(text, USER) == wanted


def set_mailbox(office: Path, server: str) -> None:
    """Enter the mailbox on sheet 设置, as a person does, and a unit's address in the roster."""
    path = open_office(office).control
    book = load_workbook(path, keep_vba=path.suffix == ".xlsm")
    wanted = {say("setting.mail_server"): server, say("setting.mail_user"): USER}
    for row in book[SETTINGS].iter_rows():
        if row[0].value in wanted:
            row[1].value = wanted.pop(row[0].value)
    rows = list(book["名册"].iter_rows())
    heading = next(row for row in rows if "邮箱" in [cell.value for cell in row])
    column = [cell.value for cell in heading].index("邮箱")
    next(row for row in rows if row[0].value == PEACE)[column].value = mail_corpus.SENDER
    book.save(path)
    assert not wanted


def test_a_person_fetches_at_the_terminal(server, office):
    """
    Faults 60, 76: the password is asked for, shown nowhere and kept nowhere; the return in the
    mailbox is filed, and a second time nothing is new.
    """
    path = send(office, PEACE)
    data = path.read_bytes()
    path.unlink()
    server.deliver(letter(text(), attached(data, called("报表.xlsx"))))
    set_mailbox(office, f"{HOST}:{server.port}")
    shown, codes, left = "", [], []
    with kept(office) as lines:
        for _ in range(2):
            env = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
            with Terminal(["mail", "fetch", office, "--now", NOW.isoformat()], env) as screen:
                screen.until(say("mail.password", user=USER))
                screen.type(PASSWORD)
                codes.append(screen.end())
                shown += screen.shown
                left.append(screen.seen)
        with at_work(office, NOW, "audit") as work:
            pipeline.audit(work, PERIOD)
        lines.append(shown)

    with open_book(open_office(office).book) as book:
        assert [file.state for file in files_of(book) if file.name == "报表.xlsx"] == ["adopted"]
        events = str(book.events())
    # The other five letters hold no form.
    assert codes == [WAITS, DONE]
    # No bar has wiped the question or the end of what was said.
    assert [lines[0] for lines in left] == [say("mail.password", user=USER)] * 2
    assert all(lines[-2] for lines in left)
    assert PASSWORD not in shown
    assert "@" not in events
    for path in office.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes()


def test_what_is_missing_is_said(office):
    """Fault 60: without settings, or where nobody can type a password, it says what to do."""
    for server, code in (("", "error.mail_not_set"), ("imap.qq.com", "error.mail_password")):
        if server:
            set_mailbox(office, server)
        env = os.environ | {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        assert _without_terminal(office, env) == say(code, user=USER, folder=office)


def _without_terminal(office: Path, env) -> str:
    command = [sys.executable, "-m", "huizong", "mail", "fetch", str(office)]
    env = env | {"PYTHONPATH": str(Path(__file__).parents[1] / "src")}
    run = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert run.returncode == 2
    return run.stderr.strip()
