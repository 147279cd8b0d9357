"""A draft as it stands in its file, which a person may have edited: whom it names, what it has."""

import datetime as dt
import email
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default
from email.utils import format_datetime

import msgspec

from huizong.clock import CHINA
from huizong.letters import Attachment

_ENDS = re.compile(rb"\r\n|\r|\n")
_FIELD = re.compile(rb"\r\n(?![ \t])")
# Whom a letter goes to; Bcc is seen by nobody else and never leaves.
_TO = ("to", "cc", "bcc")
# What we set anew, and what mail programs note in drafts for themselves: folders, accounts.
_STAYS = frozenset(
    ("bcc", "date", "message-id", "x-unsent", "fcc", "x-account-key", "x-identity-key")
)
_STAY = ("resent-", "x-mozilla-")


class DraftFile(msgspec.Struct, frozen=True):
    """
    What stands in a draft: from whom, to whom, its subject and attachments.

    `unread` are headings of addresses that cannot be read; `recipients` are lower case, each once.
    """

    sender: str
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    attachments: tuple[Attachment, ...]
    unread: tuple[str, ...] = ()


def read_draft(content: bytes) -> DraftFile:
    """Read a draft, however it was edited."""
    message = email.message_from_bytes(content, policy=default)
    headings = [(name, one) for name in ("from", *_TO) for one in message.get_all(name, ())]
    written = [one for name in ("from", *_TO) for one in _written(message, name)]
    senders = [str(one.addr_spec) for name, h in headings if name == "from" for one in h.addresses]
    to = (str(one.addr_spec).lower() for name, h in headings if name in _TO for one in h.addresses)
    return DraftFile(
        sender=senders[0].lower() if senders else "",
        recipients=tuple(dict.fromkeys(to)),
        subject=" ".join(str(message["subject"] or "").split()),
        message_id=str(message["message-id"] or "").strip(),
        attachments=tuple(attachments_of(message)),
        unread=(*(text for text, (_, one) in zip(written, headings, strict=True) if one.defects),
                *senders[1:]),
    )  # fmt: skip


def _written(message: EmailMessage, name: str) -> Iterator[str]:
    """Give headings as they stand in the file: the parser puts marks for what it cannot read."""
    for key, raw in message.raw_items():
        if key.lower() == name:
            plain = raw.encode("ascii", "surrogateescape").decode("utf-8", "replace")
            yield " ".join(str(default.header_factory("x-text", plain)).split())


def draft_id(content: bytes) -> str:
    """Give the ID in the headings with which a draft begins."""
    headings = BytesHeaderParser(policy=default).parsebytes(content)
    return str(headings["message-id"] or "").strip()


def attachments_of(message: EmailMessage) -> Iterator[Attachment]:
    """Give all that is attached, pictures in the text too."""
    for part in message.walk():
        text = part.get_content_maintype() == "text" and not part.get_filename()
        if not part.is_multipart() and not text:
            yield Attachment(part.get_filename() or "", part.get_payload(decode=True) or b"")


def as_sent(content: bytes, sender: str, message_id: str, at: dt.datetime) -> bytes:
    """
    Give the bytes that are sent: those of the draft, with its own ID and the time of approval.

    What only a draft has, and whom nobody else may see, is taken out; the text stays as it is.
    """
    head, _, body = _ENDS.sub(b"\r\n", content).lstrip(b"\r\n").partition(b"\r\n\r\n")
    fields = [one for one in _FIELD.split(head) if _leaves(_name(one))]
    if not any(_name(one) == "from" for one in fields):
        fields.insert(0, b"From: " + sender.encode())
    date = format_datetime(at.replace(tzinfo=CHINA))
    fields += [f"Date: {date}".encode(), b"Message-ID: " + message_id.encode()]
    text = b"\r\n".join(fields) + b"\r\n\r\n" + body
    return text if text.endswith(b"\r\n") else text + b"\r\n"


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().decode("ascii", "replace").lower()


def _leaves(name: str) -> bool:
    # A line without a name: how Thunderbird begins what it saves.
    return name not in _STAYS and not name.startswith(_STAY) and " " not in name
