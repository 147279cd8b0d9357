"""A letter as a record: who says it is from, what kind it is, what was in it; our own letters."""

import hashlib
import hmac
import re

import msgspec

# What a letter is to the office. Of those that persons write the attachments are taken in.
RETURNS = "returns"  # with something that may be a form
LINK, PICTURE, TEXT = "link", "picture", "text"  # without
BOUNCE, RECEIPT, AUTO_REPLY, OWN = "bounce", "receipt", "auto_reply", "own"
NOTICE = "notice"  # of a server that has delivered one of ours, or is still trying to
TAKEN_ABOVE, UNPROVED_ABOVE = "taken_above", "unproved_above"  # it names a file that it received
ABOVE = "above"  # from the office above, without a file: nobody is asked for one
FORMLESS = frozenset((LINK, PICTURE, TEXT))
FORMS_OR_NOT = FORMLESS | {RETURNS}
# What becomes of one with files none of which is a form of ours.
NO_FORM = "no_form"
# A stored letter could not be read, as on a share that is away for a moment: it is opened later.
UNREAD = "letter_unread"
# Where letters lie in the office's folder; the files of one have a path below its own.
LETTERS = "已收/邮件"
MOST_BYTES = 40_000_000
# An ID that we gave: a token, and what only the owner of the book's key can make of it.
_OURS = re.compile(r"<hz\.([0-9a-f]+)\.([0-9a-f]{20})@[^@<>\s]+>")
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", re.ASCII)
# How a receipt names the file that was received. It stands in the text, since mail programs drop
# headings that they do not know when they send a draft.
RECEIVED = "HZR-"
_BETWEEN = re.compile(r"[,，;；、\s]+")


class Proof(msgspec.Struct, frozen=True, array_like=True):
    """What one mail server says it has proved: the domains for which a check passed."""

    server: str
    domains: tuple[str, ...]


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """
    What stands in a letter's headings, decoded; none of it is proved.

    `sender` is the one address in From, empty where there is none or are several; `date` ISO, in
    China's time, or empty; `links` the net disks it points to, `failed` whom a bounce names;
    `answers` the ID of the letter that it answers or returns, `received` the digests of files for
    which it has a receipt of this program. Nobody answers a letter of a machine.
    """

    sender: str = ""
    subject: str = ""
    message_id: str = ""
    answers: str = ""
    date: str = ""
    kind: str = TEXT
    proofs: tuple[Proof, ...] = ()
    links: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    by_machine: bool = False
    received: tuple[str, ...] = ()


class Attachment(msgspec.Struct, frozen=True, array_like=True):
    """A file in a letter: its name as data, empty where it has none."""

    name: str
    data: bytes


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """A letter taken apart."""

    letter: Letter
    attachments: tuple[Attachment, ...] = ()


class Unopened(msgspec.Struct, frozen=True, tag="unopened"):
    """Why a letter was not taken apart."""

    code: str


class NotOpened(Exception):
    """A letter that is beyond what letters are; texts `letter.<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Claim(msgspec.Struct, frozen=True):
    """Who a file's letter says it is from, and whether the office's mail server confirms it."""

    sender: str
    proved: bool


def addresses(text: str) -> frozenset[str]:
    """Read the addresses of one cell of the roster."""
    return frozenset(part.lower() for part in _BETWEEN.split(text) if "@" in part)


def is_address(text: str) -> bool:
    """Whether a letter can be sent to an address."""
    return bool(_ADDRESS.fullmatch(text))


def is_proved(letter: Letter, server: str) -> bool:
    """
    Tell whether our own mail server confirms the sender's domain; without one nothing is checked.

    Whoever forges a heading in the server's name adds one to its own: every one has to pass.
    """
    if not server:
        return True
    ours = [proof.domains for proof in letter.proofs if proof.server == server.lower()]
    domain = letter.sender.rpartition("@")[2]
    return bool(ours) and all(domain in domains for domains in ours)


def letter_id(key: bytes, token: str, domain: str) -> str:
    """Make the Message-ID of a letter of ours, by which it is known when it comes back."""
    return f"<hz.{token}.{_mac(key, token)}@{domain}>"


def is_ours(key: bytes, message_id: str) -> bool:
    """Whether a Message-ID is one that we gave; nobody else can make one."""
    found = _OURS.fullmatch(message_id)
    return bool(found) and hmac.compare_digest(found[2], _mac(key, found[1]))


def _mac(key: bytes, token: str) -> str:
    return hmac.new(key, f"letter\0{token}".encode(), hashlib.sha256).hexdigest()[:20]
