"""The office's account on a mail server, as the settings write it."""

import msgspec

from huizong.errors import HuizongError

IMAP, SMTP = "imap", "smtp"
# The port for TLS at once, and the usual one where it begins within the connection.
_PORTS = {IMAP: (993, 143), SMTP: (465, 587)}
# Nobody speaks TLS at once on the ports that are for beginning without.
_BEGIN_WITHOUT = frozenset((143, 587, 25))
_NOT_SET = {IMAP: "error.mail_not_set", SMTP: "error.send_not_set"}


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
