"""The office's account on a mail server, as the settings write it; its password is asked for."""

import errno
import socket
import ssl
import sys
from pathlib import Path

import msgspec

from huizong.errors import HuizongError
from huizong.passwords import kept_password
from huizong.screen import ask_hidden, put
from huizong.texts import say

IMAP, SMTP = "imap", "smtp"
# The port for TLS at once, and the usual one where it begins within the connection.
_PORTS = {IMAP: (993, 143), SMTP: (465, 587)}
# Nobody speaks TLS at once on the ports that are for beginning without.
_BEGIN_WITHOUT = frozenset((143, 587, 25))
_NOT_SET = {IMAP: "error.mail_not_set", SMTP: "error.send_not_set"}
_NOT_KEPT = {IMAP: "error.mail_password", SMTP: "error.send_password"}


# What the system says where no way leads to a server.
_NO_WAY = frozenset((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN))
# What the TLS library calls an answer that is none of TLS, by its version.
_NO_TLS = frozenset(("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"))


class Account(msgspec.Struct, frozen=True):
    """A user on a mail server; `starttls` where TLS begins within the connection."""

    host: str
    port: int
    user: str
    starttls: bool = False
    protocol: str = IMAP

    @property
    def name(self) -> str:
        """How the book and the keyring call it."""
        return f"{self.protocol}:{self.user}@{self.host}"

    @property
    def server(self) -> str:
        """How people call the server."""
        return f"{self.host}:{self.port}"


def account_of(server: str, user: str, protocol: str = IMAP) -> Account:
    """
    Read an account from the settings.

    Raises:
        HuizongError: If server or user is not set (`error.mail_not_set`, `error.send_not_set`).
    """
    if not server or not user:
        raise HuizongError(_NOT_SET[protocol])
    place, _, starttls = server.partition(" ")
    host, _, port = place.partition(":")
    at_once, within = _PORTS[protocol]
    number = int(port or (within if starttls else at_once))
    return Account(host, number, user, bool(starttls) or number in _BEGIN_WITHOUT, protocol)


def password_of(account: Account, folder: Path, *, anew: bool = False) -> str:
    """
    Take a password from the keyring, else ask; it is never written anywhere by us.

    Raises:
        HuizongError: If nobody is there to type it (`error.mail_password`, `error.send_password`);
            it says how to keep it, with the office's folder.
    """
    kept = "" if anew else kept_password(account.name)
    if kept:
        return kept
    # A program without a window of its own has no input at all.
    if not (sys.stdin and sys.stdin.isatty()):
        raise HuizongError(_NOT_KEPT[account.protocol], user=account.user, folder=folder)
    try:
        return _typed(say("mail.password", user=account.user))
    except EOFError as error:
        raise HuizongError(_NOT_KEPT[account.protocol], user=account.user, folder=folder) from error


def _typed(prompt: str) -> str:
    """Ask until something is typed: a server would count nothing as a wrong password."""
    while not (typed := ask_hidden(prompt)):
        put(say("mail.password_empty"))
    return typed


def no_line(error: OSError) -> str:
    """Say why a server was not reached, where the system's own words are for engineers."""
    if isinstance(error, ConnectionRefusedError):
        return say("no_line.refused")
    if isinstance(error, socket.gaierror):
        return say("no_line.name")
    if isinstance(error, ConnectionError):
        return say("no_line.broken")
    return say("no_line.network") if error.errno in _NO_WAY else error.strerror or "——"


def speaks_plainly(error: ssl.SSLError) -> bool:
    """Whether what came instead of TLS is a greeting without."""
    return error.reason in _NO_TLS
