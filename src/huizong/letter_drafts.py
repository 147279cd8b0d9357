"""A letter out as a draft: an .eml file that opens in the mail program ready to be sent."""

import datetime as dt
import re
from email.header import Header
from email.headerregistry import Address, BaseHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from html import escape
from pathlib import PurePath

import msgspec

from huizong.clock import CHINA
from huizong.letters import Attachment

_TYPES = {".xlsx": "vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_ID = re.compile(r"<[!-;=?-~]+>")
_IDS = ("message-id", "in-reply-to", "references")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """
    A letter to be sent, from an address or none, to addresses under one name.

    `message_id` is its own; `thread` are the IDs before it, that of the answered letter last.
    """

    sender: str
    name: str
    to: tuple[str, ...]
    subject: str
    text: str
    at: dt.datetime
    message_id: str
    thread: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class _Whole(EmailPolicy):
    """
    The usual policy would encode an ID that is longer than a line, and so break the thread; after
    the Chinese name of one address it would encode the comma, and parts of the next.
    """

    def fold_binary(self, name: str, value: str | BaseHeader) -> bytes:
        if name.lower() in _IDS:
            folded = "\n ".join(value.split())
        elif name.lower() == "to":
            folded = ",\n ".join(map(_folded, value.addresses))
        else:
            return super().fold_binary(name, value)
        return f"{name}: {folded}\n".replace("\n", self.linesep).encode()


def _folded(one: Address) -> str:
    """Write an address on a line of its own below its name, which is encoded whatever it is."""
    name = Header(one.display_name, "utf-8", header_name="To").encode()
    return f"{name}\n <{one.addr_spec}>" if name else one.addr_spec


def is_id(text: str) -> bool:
    """Whether something is the ID of a letter, and nothing else."""
    return bool(_ID.fullmatch(text))


def eml(draft: Draft) -> bytes:
    """Write the file of a draft: plain text and HTML, the attachments as workbooks."""
    message = EmailMessage(policy=_Whole(linesep="\r\n"))
    # The mail programs that know it open the file as a letter to be sent, not as one received.
    message["X-Unsent"] = "1"
    message["Date"] = draft.at.replace(tzinfo=CHINA)
    if draft.sender:
        message["From"] = Address(addr_spec=draft.sender)
    message["To"] = tuple(Address(draft.name, addr_spec=one) for one in draft.to)
    message["Subject"] = draft.subject
    message["Message-ID"] = draft.message_id
    if draft.thread:
        message["In-Reply-To"] = draft.thread[-1]
        message["References"] = " ".join(draft.thread)
    message.set_content(draft.text + "\n", cte="base64")
    message.add_alternative(_html(draft.text), subtype="html", cte="base64")
    for one in draft.attachments:
        kind = _TYPES.get(PurePath(one.name).suffix.lower(), "octet-stream")
        message.add_attachment(one.data, maintype="application", subtype=kind, filename=one.name)
    # No base64 has an underscore; the same letter is the same bytes.
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_huizong_{number}")
    return message.as_bytes()


def _html(text: str) -> str:
    lines = "<br>\n".join(escape(line) for line in text.splitlines())
    return f'<html><head><meta charset="utf-8"></head><body>\n<p>{lines}</p>\n</body></html>\n'
