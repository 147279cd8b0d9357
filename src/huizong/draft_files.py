"""A draft as it stands in its file, which a person may have edited: whom it names, what it has."""

import datetime as dt
import email
import re
from collections.abc import Iterator
from email.message import Message
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
_TEXTS = frozenset(("text/plain", "text/html"))
_AS_CAME = default.clone(refold_source="none", linesep="\r\n")
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
    senders, to = [*_named(message, "from")], [*_named(message, *_TO)]
    by = [one for named in senders for one in named.addresses]
    return DraftFile(
        sender=by[0] if by else "",
        recipients=tuple(dict.fromkeys(one for named in to for one in named.addresses)),
        subject=_text(message, "subject"),
        message_id=_text(message, "message-id"),
        attachments=tuple(attachments_of(message)),
        unread=(*(named.text for named in (*senders, *to) if not named.is_read), *by[1:]),
    )


class _Named(msgspec.Struct, frozen=True):
    """A heading of addresses: as it stands in the file, and as it was read."""

    text: str
    addresses: tuple[str, ...] = ()
    is_read: bool = False


def _named(message: Message, *names: str) -> Iterator[_Named]:
    """Read the headings of some names, in the order of these."""
    for name in names:
        for raw, text in _written(message, name):
            try:
                heading = default.header_fetch_parse(name, raw)
                found = tuple(_decoded(one.addr_spec).lower() for one in heading.addresses)
            except Exception:  # the parser dies of half an address, in many ways
                yield _Named(text)
            else:
                yield _Named(text, found, not heading.defects)


def _written(message: Message, name: str) -> Iterator[tuple[str, str]]:
    """Give headings raw and as a person reads them: the parser marks what it cannot read."""
    for key, raw in message.raw_items():
        if key.lower() == name:
            text = str(default.header_fetch_parse("x-text", _decoded(raw)))
            yield raw, " ".join(text.split())


def _decoded(raw: str) -> str:
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text(message: Message, name: str) -> str:
    return next((text for _, text in _written(message, name)), "")


def draft_id(content: bytes) -> str:
    """Give the ID in the headings with which a draft begins."""
    return _text(BytesHeaderParser(policy=default).parsebytes(content), "message-id")


def attachments_of(message: Message) -> Iterator[Attachment]:
    """Give all that is attached: pictures in the text too, and letters whole, as they came."""
    if message.get_content_maintype() == "message" and message.is_multipart():
        inside = message.get_payload()
        data = b"".join(one.as_bytes(policy=_AS_CAME) for one in inside)
        yield Attachment(message.get_filename() or f"{_text(inside[0], 'subject')}.eml", data)
    elif message.is_multipart():
        for part in message.get_payload():
            yield from attachments_of(part)
    elif message.get_filename() or not _is_text(message):
        yield Attachment(message.get_filename() or "", message.get_payload(decode=True) or b"")


def _is_text(part: Message) -> bool:
    attached = part.get_content_disposition() == "attachment"
    return part.get_content_type() in _TEXTS and not attached


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
