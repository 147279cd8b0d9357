"""Hand letters to a mail server: SMTP over TLS, one recipient at a time."""

import contextlib
import re
import select
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator

from huizong.accounts import Account
from huizong.delivery import Outbound, Reply
from huizong.errors import HuizongError
from huizong.personal import masked
from huizong.unreached import no_line, speaks_plainly

SECONDS = 60.0
# A letter may be looked through for long when it is whole: who does not wait does not know.
SECONDS_AT_END = 600.0
# No letter takes longer, however slowly a server speaks.
SECONDS_IN_ALL = 1800.0
# A line that is cut is taken up again so often, after so many seconds.
PAUSES = (0.5, 2.0)
_BLOCK = 65536
_DOTS = re.compile(rb"^\.", re.MULTILINE)
# An address instead of a name: to look for this computer's name may take minutes, and tells it.
_US = "[127.0.0.1]"


class Cut(Exception):
    """The line broke before the server could have the whole letter."""


class Postman:
    """Hands letters over on one connection, which is made when it is needed and when it broke."""

    def __init__(
        self, account: Account, password: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._account, self._password, self._pause = account, password, pause
        self._client: smtplib.SMTP | None = None

    def __enter__(self) -> "Postman":
        return self

    def __exit__(self, *_: object) -> None:
        if self._client:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._client.quit()
        self._leave()

    def __call__(self, letter: Outbound, at_the_end: Callable[[], None]) -> Reply:
        """
        Hand over one letter; a line that breaks before its end is taken up again.

        Raises:
            HuizongError: If the server cannot be reached, is not who it says, or refuses the
                password: no letter can be handed over.
        """
        for wait in (*PAUSES, None):
            client = self._client = self._client or self._connected()
            try:
                with _at_most(client):
                    reply = _hand_over(client, letter, at_the_end)
            except Cut:
                self._leave()
            except BaseException:
                # Whatever is said now, the server would take for more of the letter.
                self._leave()
                raise
            else:
                if reply.code in (0, 421) or (reply.handed_over and reply.code // 100 != 2):
                    self._leave()
                return reply
            if wait is not None:
                self._pause(wait)
        return Reply()

    def _connected(self) -> smtplib.SMTP:
        for wait in (*PAUSES, None):
            try:
                return _connect(self._account, self._password)
            except (OSError, smtplib.SMTPException, UnicodeError) as error:
                if wait is None or not _passes(error):
                    raise _told(error, self._account) from error
                self._pause(wait)
        raise AssertionError

    def _leave(self) -> None:
        if self._client:
            self._client.close()
        self._client = None


def _connect(account: Account, password: str) -> smtplib.SMTP:
    """Nothing but a greeting is said before the line is closed to others."""
    context = ssl.create_default_context()
    place = {"host": account.host, "port": account.port, "local_hostname": _US, "timeout": SECONDS}
    if account.starttls:
        client = smtplib.SMTP(**place)
    else:
        client = smtplib.SMTP_SSL(**place, context=context)
    try:
        with _at_most(client):
            if account.starttls:
                client.starttls(context=context)
            _log_in(client, account.user, password)
    except BaseException:
        client.close()
        raise
    return client


def _log_in(client: smtplib.SMTP, user: str, password: str) -> None:
    """Say the password once: the library would say a wrong one once in every way offered."""
    client.ehlo_or_helo_if_needed()
    offered = client.esmtp_features.get("auth", "").split()
    client.user, client.password = user, password
    for way, step in (("PLAIN", client.auth_plain), ("LOGIN", client.auth_login)):
        if way in offered:
            client.auth(way, step)
            return
    client.noop()  # a reply that was cut short offers nothing either
    raise smtplib.SMTPNotSupportedError


@contextlib.contextmanager
def _at_most(client: smtplib.SMTP) -> Iterator[None]:
    """Pull the cable where a server that says one letter a minute would be heard for days."""

    def pull() -> None:
        with contextlib.suppress(OSError):
            if client.sock:
                # Not as TLS does it, which takes the line from who reads on it.
                socket.socket.shutdown(client.sock, socket.SHUT_RDWR)

    timer = threading.Timer(SECONDS_IN_ALL, pull)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _hand_over(client: smtplib.SMTP, letter: Outbound, at_the_end: Callable[[], None]) -> Reply:
    """
    Go through one transaction; what is said after the letter's end decides, or nothing does.

    Raises:
        Cut: If the line breaks before the end.
    """
    refused = _begin(client, letter)
    if refused:
        return refused
    at_the_end()
    if _speaks(client.sock):  # while the book was written: it has heard enough, or is gone
        return _early(client)
    try:
        client.sock.settimeout(SECONDS_AT_END)
        client.send(b".\r\n")
        code, text = client.getreply()
        client.sock.settimeout(SECONDS)
    except (OSError, smtplib.SMTPException):
        return Reply(handed_over=True)
    return Reply(code, _words(text), handed_over=True)


def _begin(client: smtplib.SMTP, letter: Outbound) -> Reply | None:
    """Send all but the end of a letter; give the reply that refuses it, if one does."""
    try:
        if client.rset()[0] != 250:  # what an earlier letter has left
            raise Cut
        for wanted, step in _steps(client, letter):
            code, text = step()
            if code // 100 != wanted:
                return Reply(code, _words(text))
        content = _DOTS.sub(b"..", letter.content)
        for at in range(0, len(content), _BLOCK):
            client.send(content[at : at + _BLOCK])
    except (OSError, smtplib.SMTPException) as error:
        raise Cut from error
    return None


def _steps(
    client: smtplib.SMTP, letter: Outbound
) -> Iterator[tuple[int, Callable[[], tuple[int, bytes]]]]:
    """Go through what is said before the letter, each with the kind of reply that goes on."""
    options = [f"SIZE={len(letter.content)}"] if client.has_extn("size") else []
    if client.has_extn("8bitmime") and not letter.content.isascii():
        options.append("BODY=8BITMIME")
    yield 2, lambda: client.mail(letter.sender, options)
    yield 2, lambda: client.rcpt(letter.recipient)
    yield 3, lambda: client.docmd("DATA")


def _speaks(wire: socket.socket) -> bool:
    """Whether a server says something, or leaves, before its turn."""
    return bool(select.select([wire], [], [], 0)[0])


def _early(client: smtplib.SMTP) -> Reply:
    """Hear what a server says against a letter that has no end yet."""
    try:
        code, text = client.getreply()
    except (OSError, smtplib.SMTPException):
        return Reply()
    finally:
        client.close()
    return Reply(code, _words(text))


def _words(text: bytes) -> str:
    return " ".join(text.decode("utf-8", "replace").split())


def _passes(error: Exception) -> bool:
    """Whether trying again may help: not with a wrong password, which would lock the account."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return True
    return isinstance(error, OSError) and not isinstance(
        error, smtplib.SMTPException | ssl.SSLCertVerificationError
    )


def _told(error: Exception, account: Account) -> HuizongError:
    details = {"server": account.server, "user": account.user}
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return HuizongError("error.send_silent", **details)
    if isinstance(error, smtplib.SMTPServerDisconnected | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return HuizongError("error.send_broken", **details)
    if isinstance(error, smtplib.SMTPConnectError) and error.smtp_code < 0:  # no number at all
        return HuizongError("error.send_no_smtp", **details)
    if isinstance(error, smtplib.SMTPResponseException):
        refused = isinstance(error, smtplib.SMTPAuthenticationError) and error.smtp_code >= 500
        code = "error.send_login" if refused else "error.send_refused"
        return HuizongError(code, why=masked(_words(_bytes(error.smtp_error))), **details)
    if isinstance(error, UnicodeError):  # no server knows such a password
        return HuizongError("error.send_login", why="", **details)
    if isinstance(error, smtplib.SMTPException):
        return HuizongError("error.send_refused", why="——", **details)
    if isinstance(error, ssl.SSLError) and speaks_plainly(error):
        return HuizongError("error.send_no_tls", **details)
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", "") or error.reason or "——"
        return HuizongError("error.send_tls", why=why, **details)
    return HuizongError("error.send_unreachable", why=no_line(error), **details)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
