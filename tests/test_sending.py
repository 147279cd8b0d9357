"""Letters are sent by a real server: each once a recipient, and what became of it is told."""

import datetime as dt
import errno
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from huizong import acts, delivery_smtp
from huizong.accounts import SMTP, Account
from huizong.delivery import Outbound
from huizong.delivery_smtp import Postman
from huizong.errors import HuizongError
from huizong.send_reasons import reason_of
from huizong.sending_entries import CANCELLED, GIVEN_UP, REFUSED, SENT, UNKNOWN, WAITING
from huizong.texts import say
from huizong.unreached import no_line
from mail_server import CUT, LOST, MUTE, SILENT, MailServer, taking
from mail_servers import HOST, PASSWORD, USER, make_certificate
from posting_office import (
    MAILS,
    TO,
    at,
    keyring_with,
    press,
    rows,
    run,
    states,
    street_with_drafts,
)
from street import NOW, PERIOD, UNITS
from test_mail_imap import plain_server

ONE, *OTHERS = TO
HOUR = dt.timedelta(hours=1)


@pytest.fixture(scope="module")
def running_server() -> Iterator[MailServer]:
    """One server for all tests of this module."""
    with taking() as running:
        yield running


@pytest.fixture
def server(running_server, monkeypatch) -> Iterator[MailServer]:
    """The server, whose certificate this machine trusts, and whose password a keyring knows."""
    monkeypatch.setenv("SSL_CERT_FILE", str(running_server.authority))
    monkeypatch.setattr(delivery_smtp, "PAUSES", (0.0, 0.0))
    running_server.forget()
    with keyring_with():
        yield running_server


@pytest.fixture(scope="module")
def drafted(tmp_path_factory) -> Path:
    """A street with drafts."""
    return street_with_drafts(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(drafted, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(drafted, tmp_path / "清河街道"))


@pytest.mark.parametrize("starttls", [False, True])
def test_each_letter_leaves_once(server, office, starttls):
    """
    Fault 67: every recipient gets the letter as it was approved, over TLS, and a second run sends
    nothing.
    """
    port = server.plain if starttls else server.port
    for _ in range(2):
        run(office, port, starttls=starttls)

    kept = {rows(office)[to].recipient: office / rows(office)[to].kept_as for to in TO}
    assert [to for to, _ in server.accepted] == list(TO)
    assert all(data == kept[to].read_bytes() for to, data in server.accepted)
    assert states(office) == dict.fromkeys(TO, SENT)


def test_two_clicks_send_once(server, office):
    """Fault 67: pressed twice, the second time nothing is asked and nothing is sent."""
    first, second = press(office, server.port), press(office, server.port)

    assert len(server.accepted) == len(TO)
    assert not first.waits
    assert not second.waits
    assert list((office / "草稿").rglob("*.eml")) == []


def test_nothing_leaves_without_agreement(server, office):
    """Fault 68: recipients are shown in full; who does not agree has sent nothing."""
    shown: list[str] = []
    with at(office, server.port) as work:
        told = acts.send(work, PERIOD, lambda lines: bool(shown.extend(lines)))

    assert told.waits
    assert all(to in "\n".join(shown) for to in TO)
    assert rows(office) == {}
    assert server.heard == []


def test_drafts_stay_drafts_unless_the_office_says_otherwise(server, office):
    """By the usual setting nothing is sent and nobody is asked."""
    with at(office, server.port, send_by="draft") as work:
        told = acts.send(work, PERIOD, lambda _: pytest.fail("nobody is to be asked"))

    assert told.waits
    assert server.heard == []


@pytest.mark.parametrize(
    ("where", "reply", "state"),
    [
        ("MAIL", "421 4.3.2 closing", WAITING),
        ("RCPT", "450 4.2.0 greylisted", WAITING),
        ("DATA", "451 4.3.0 busy", WAITING),
        (".", "452 4.2.2 mailbox full", WAITING),
        ("RCPT", "550 5.1.1 no such user", REFUSED),
        ("MAIL", "552 5.3.4 too large", REFUSED),
        ("DATA", "554 5.7.1 no", REFUSED),
        (".", "552 5.2.2 mailbox full", REFUSED),
        (".", "354 what", UNKNOWN),
    ],
)
def test_one_refused_recipient_stops_no_other(server, office, where, reply, state):
    """
    Fault 66: what a server has against one letter is that row's state, in its own words; the
    others leave, and a letter put off is tried again half an hour later.
    """
    server.answers[where] = [reply]
    run(office, server.port)

    row = rows(office)[ONE]
    assert (row.state, row.reply) == (state, reply)
    assert [to for to, _ in server.accepted] == OTHERS
    assert row.next_at == ("2026-04-03T09:30:00" if state == WAITING else "")
    again = run(office, server.port, NOW + HOUR)
    assert [one.state for one in again.rows] == ([SENT] if state == WAITING else [])


def test_put_off_longer_each_time_until_it_is_given_up(server, office):
    """Fault 66: greylisting is waited for, never less than half an hour, and four days at most."""
    server.answers[f"RCPT {ONE}"] = ["450 4.2.0 later"] * 50
    now, waits = NOW, []
    run(office, server.port)
    while rows(office)[ONE].state == WAITING:
        before, now = now, dt.datetime.fromisoformat(rows(office)[ONE].next_at)
        waits.append(now - before)
        assert run(office, server.port, now - dt.timedelta(seconds=1)).rows == ()
        run(office, server.port, now)

    assert waits[0] == HOUR / 2
    assert waits == sorted(waits)
    assert rows(office)[ONE].state == GIVEN_UP
    assert dt.timedelta(days=4) <= now - NOW < dt.timedelta(days=5)
    assert server.copies(ONE) == []


@pytest.mark.parametrize("answer", [LOST, MUTE, CUT])
def test_nobody_knows_what_came_of_a_letter_without_reply(server, office, monkeypatch, answer):
    """
    Fault 67: a line that ends after the letter's end leaves it unknown; it is shown so, and never
    sent again by itself.
    """
    monkeypatch.setattr(delivery_smtp, "SECONDS_AT_END", 0.2)
    server.answers[f". {ONE}"] = [answer]
    run(office, server.port)
    told = press(office, server.port, NOW + dt.timedelta(days=1))

    assert states(office) == {ONE: UNKNOWN} | dict.fromkeys(OTHERS, SENT)
    assert len(server.copies(ONE)) == (answer != CUT)
    assert told.waits
    assert server.heard.count(f"RCPT {ONE}") == 1


def test_officer_decides_about_the_unknown(server, office):
    """
    Fault 67: only when an officer says so it leaves once more, as the same letter; or it is entered
    as arrived.
    """
    server.answers["."] = [CUT, LOST]
    run(office, server.port)
    lost, there = rows(office)[ONE], rows(office)[OTHERS[0]]
    with at(office) as work:
        acts.queue(work, "resend", lost.key)
        acts.queue(work, "arrived", there.message_id)
    run(office, server.port)

    assert states(office) == dict.fromkeys(TO, SENT)
    assert [len(server.copies(to)) for to in TO] == [1, 1, 1]
    assert lost.message_id.encode() in server.copies(ONE)[0]


def test_decisions_fit_the_state(server, office):
    """Fault 67: what was sent can be neither cancelled nor sent again; what was refused can."""
    server.answers[f"RCPT {ONE}"] = ["550 5.1.1 no"]
    run(office, server.port)
    refused, sent = rows(office)[ONE], rows(office)[OTHERS[0]]
    for decision in ("cancel", "retry", "resend", "arrived"):
        with at(office) as work, pytest.raises(HuizongError) as caught:
            acts.queue(work, decision, sent.key)
        assert caught.value.code == f"error.queue_{decision}"
    with at(office) as work, pytest.raises(HuizongError) as caught:
        acts.queue(work, "cancel", "12345678-1")
    assert caught.value.code == "error.queue_unknown"

    for decision, state in (("cancel", CANCELLED), ("retry", WAITING)):
        with at(office) as work:
            acts.queue(work, decision, refused.key)
        assert rows(office)[ONE].state == state
    run(office, server.port)
    assert len(server.copies(ONE)) == 1


@pytest.mark.parametrize("where", ["MAIL", "RCPT", "DATA"])
def test_a_line_cut_before_the_end_is_taken_up_again(server, office, where):
    """Fault 66: until its end nobody has the letter: it is begun anew, and leaves once."""
    server.answers[where] = [CUT, CUT]
    run(office, server.port)

    assert states(office) == dict.fromkeys(TO, SENT)
    assert [to for to, _ in server.accepted] == list(TO)


def test_a_letter_that_always_breaks_the_line_holds_up_no_other(server, office):
    """Fault 66: it waits on, and is tried with the next run."""
    server.answers[f"RCPT {ONE}"] = [CUT] * 3
    done = run(office, server.port)

    assert done.stopped is None
    assert states(office) == {ONE: WAITING} | dict.fromkeys(OTHERS, SENT)
    run(office, server.port)
    assert len(server.copies(ONE)) == 1


def test_early_words_of_a_server_are_heard(server):
    """Fault 66: who refuses in the midst of a letter is not sent its end."""
    letter = Outbound(USER, ONE, (b"x" * 70 + b"\r\n") * 300_000)
    with refusing_early(server) as port, postman(port) as post:
        reply = post(letter, lambda: time.sleep(0.2))

    assert (reply.code, reply.handed_over) == (552, False)


@contextmanager
def refusing_early(server: MailServer) -> Iterator[int]:
    """A server that has heard enough of a letter after its first bytes."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(server.authority, server.authority.with_name("key.pem"))
    says = {b"EHLO": b"250-x\r\n250 AUTH PLAIN", b"AUTH": b"235 ok", b"DATA": b"354 go"}

    def serve(listener: socket.socket) -> None:
        client, _ = listener.accept()
        with suppress(OSError), context.wrap_socket(client, server_side=True) as wire:
            wire.sendall(b"220 ready\r\n")
            with wire.makefile("rb") as heard:
                for line in heard:
                    wire.sendall(says.get(line[:4].upper(), b"250 ok") + b"\r\n")
                    if line[:4].upper() == b"DATA":
                        heard.read(1_000)
                        wire.sendall(b"552 5.3.4 too large\r\n")
                        while heard.read(65_536):
                            pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
    thread.join()


def postman(port: int) -> Postman:
    """Somebody who carries letters to the server and does not wait between two tries."""
    return Postman(Account(HOST, port, USER, protocol=SMTP), PASSWORD, lambda _: None)


def refused(office: Path, port: int, **more: object) -> str:
    """Give the code of the error that stops a run before anything was sent."""
    done = run(office, port, **more)
    assert done.rows == ()
    assert states(office) == dict.fromkeys(TO, WAITING)
    return done.stopped.code


def test_a_wrong_password_is_said_once(server, office, monkeypatch):
    """Fault 66: a refused password is told, and not tried again; all letters still wait."""
    monkeypatch.setattr("posting_office.PASSWORD", "wrong")

    assert refused(office, server.port) == "error.send_login"
    assert server.heard.count("AUTH") == 1


@pytest.mark.parametrize("starttls", [False, True])
def test_a_certificate_that_nobody_signed_is_refused(
    server, office, monkeypatch, tmp_path, starttls
):
    """Fault 66: where the certificate is not good, neither password nor letter is sent."""
    make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    port = server.plain if starttls else server.port

    assert refused(office, port, starttls=starttls) == "error.send_tls"
    assert set(server.heard) <= {"EHLO", "STARTTLS"}


def test_nothing_goes_over_a_plain_line(office):
    """Fault 66: a server that offers no TLS, or somebody who takes the offer away, gets nothing."""
    with plain_server(b"220 ready\r\n", b"250 AUTH PLAIN LOGIN\r\n") as (port, heard):
        assert refused(office, port, starttls=True) == "error.send_refused"
        assert refused(office, port) == "error.send_no_tls"

    assert b"AUTH" not in b"".join(heard)
    assert b"MAIL" not in b"".join(heard)


def test_a_server_that_is_silent_or_gone_is_left(office, monkeypatch):
    """Fault 66: nobody waits for ever; all letters still wait."""
    monkeypatch.setattr(delivery_smtp, "SECONDS", 0.2)
    with plain_server(b"", b"") as (port, _):
        assert refused(office, port) == "error.send_silent"
        assert refused(office, port, starttls=True) == "error.send_silent"
    assert refused(office, port) == "error.send_unreachable"


def test_a_server_that_is_none_for_sending_is_called_that(office):
    """Fault 66: a port for fetching, and one that begins without encryption, are told apart."""
    with plain_server(b"* OK IMAP4 ready\r\n", b"* BAD ?\r\n") as (port, heard):
        assert refused(office, port, starttls=True) == "error.send_no_smtp"
        assert refused(office, port) == "error.send_no_tls"

    assert PASSWORD.encode() not in b"".join(heard)


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "refused"),
        (socket.gaierror(-2, "Name or service not known"), "name"),
        (OSError(errno.EHOSTUNREACH, "No route to host"), "network"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "network"),
        (ConnectionResetError(104, "Connection reset by peer"), "broken"),
    ],
)
def test_why_a_server_is_not_reached_has_words(error, why):
    """The system's own English words are not shown to an officer."""
    assert no_line(error) == say(f"no_line.{why}")


def test_a_server_silent_in_the_midst_is_left(server, office, monkeypatch):
    """Fault 66: silence after a command is a line that broke."""
    monkeypatch.setattr(delivery_smtp, "SECONDS", 0.3)
    server.answers[f"RCPT {ONE}"] = [SILENT] * 3
    run(office, server.port)

    assert states(office) == {ONE: WAITING} | dict.fromkeys(OTHERS, SENT)


def test_a_server_that_speaks_too_slowly_is_left(server, monkeypatch):
    """Fault 66: a byte now and then keeps nobody waiting for ever."""
    server.pause = 0.01
    monkeypatch.setattr(delivery_smtp, "SECONDS_IN_ALL", 0.2)
    with pytest.raises(HuizongError) as caught, postman(server.port) as post:
        post(Outbound(USER, ONE, b"x\r\n"), lambda: None)

    assert caught.value.code == "error.send_broken"
    assert server.accepted == []


def test_what_became_of_a_letter_is_told_in_words(server, office):
    """
    Fault 66: each letter that did not leave is named with what the server said and what to do; a
    telephone number in a server's words is hidden.
    """
    server.answers |= {
        f"RCPT {TO[0]}": ["550 5.1.1 no such user, call 13812345678"],
        f"RCPT {TO[1]}": ["450 4.2.0 later"] * 2,
        f". {TO[2]}": [LOST],
    }
    first = press(office, server.port)
    later = press(office, server.port, NOW + dt.timedelta(days=5))
    refused = "550 5.1.1 no such user, call 138********"

    assert first.lines[0] == line(office, "refused", TO[0], "address", refused)
    assert first.lines[1].startswith(
        line(office, "put_off", TO[1], "later", "450 4.2.0 later")[:40]
    )
    assert first.lines[2] == line(office, "unknown", TO[2])
    assert later.lines[0] == line(office, "given_up", TO[1], "later", "450 4.2.0 later")


def line(office: Path, state: str, to: str, reason: str = "", reply: str = "") -> str:
    """Say what is said of a letter."""
    why = say("send_reason.said", word=say(f"send_reason.{reason}"), reply=reply) if reason else ""
    row = rows(office)[to]
    one = f"{row.key}:{to}" if len(MAILS[row.unit]) > 1 else row.key
    said = {"name": UNITS[row.unit], "to": to, "key": row.key, "one": one, "why": why}
    kind = say("letter_kind.reminder")
    return say(f"sending.{state}", kind=kind, **said, when=row.next_at)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("552 5.2.2 over quota", "full"),
        ("552 5.3.4 size", "large"),
        ("552 no", "large"),
        ("550 5.2.1 disabled", "closed"),
        ("550 5.7.1 spam", "policy"),
        ("554 no", "policy"),
        ("550-mx.qq.com 550 Mailbox not found", "address"),
        ("421 busy", "later"),
        ("451 4.7.1 greylisted", "later"),
        ("450 4.1.8 unknown for now", "later"),
        ("452 4.2.2 over quota", "full"),
        ("599 ?", "other"),
        ("", "cut"),
    ],
)
def test_codes_of_servers_have_words(reply, reason):
    """A server's code is put into words that an officer can act on; its own stand behind."""
    assert reason_of(reply).startswith(say(f"send_reason.{reason}"))
