"""The server that takes the tests' letters: what it takes, and that it answers as it was told."""

import smtplib
import ssl
from collections.abc import Iterator

import pytest

from mail_server import CUT, LOST, SILENT, MailServer, taking
from mail_servers import HOST, PASSWORD, USER

TO = "zfw@qh.example.gov.cn"
LETTER = b"Subject: x\r\n\r\n.\r\nend\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    """One server for all tests of this module."""
    with taking() as server:
        yield server


@pytest.fixture(params=["tls", "starttls"])
def client(server, request) -> Iterator[smtplib.SMTP]:
    """A program that speaks to it over TLS, and has not said its password."""
    server.forget()
    context = ssl.create_default_context(cafile=server.authority)
    if request.param == "tls":
        client = smtplib.SMTP_SSL(HOST, server.port, context=context, timeout=5)
    else:
        client = smtplib.SMTP(HOST, server.plain, timeout=5)
        client.starttls(context=context)
    yield client
    client.close()


def test_letters_are_kept_byte_for_byte(server, client):
    """What is sent with a password is kept with its recipient, lines with a single dot too."""
    with pytest.raises(smtplib.SMTPSenderRefused):
        client.sendmail(USER, [TO], LETTER)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(USER, "wrong")
    client.login(USER, PASSWORD)
    client.sendmail(USER, [TO], LETTER)

    assert server.accepted == [(TO, LETTER)]
    assert server.heard[-3:] == [f"RCPT {TO}", "DATA", f". {TO}"]


def test_it_answers_as_it_was_told(server, client):
    """A refusal comes as often as it stands there, for that recipient; then it takes letters."""
    client.login(USER, PASSWORD)
    server.answers |= {f"RCPT {TO}": ["450 4.2.0 later"], ".": ["552 5.3.4 too large"]}
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail(USER, [TO], LETTER)
    with pytest.raises(smtplib.SMTPDataError):
        client.sendmail(USER, [TO], LETTER)
    client.sendmail(USER, [TO], LETTER)

    assert server.accepted == [(TO, LETTER)]


@pytest.mark.parametrize(
    ("where", "what", "kept"), [("MAIL", CUT, 0), (".", CUT, 0), (".", LOST, 1)]
)
def test_the_line_ends_where_it_is_told(server, client, where, what, kept):
    """A letter is kept or not as the test wants, and its sender never hears of it."""
    client.login(USER, PASSWORD)
    server.answers[where] = [what]
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail(USER, [TO], LETTER)

    assert len(server.copies(TO)) == kept


def test_it_is_silent_where_it_is_told(server, client):
    """Who waits for a silent server waits as long as it wants to."""
    client.login(USER, PASSWORD)
    client.sock.settimeout(0.2)
    server.answers["DATA"] = [SILENT]
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail(USER, [TO], LETTER)

    assert server.accepted == []
