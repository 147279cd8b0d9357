"""Take a raw letter apart, in a child process: its headings, and the files in it, under caps."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from secrets import token_hex

import msgspec
from tnefparse import TNEF
from tnefparse.tnef import TNEFAttachment

from huizong.letter_kinds import (
    date_of,
    failed_of,
    heading,
    is_of_machine,
    kind_by_headings,
    proofs_of,
    returned_id,
)
from huizong.letter_names import AsCame, address_of, bare_name, decoded, file_name
from huizong.letters import (
    BOUNCE,
    FORMS_OR_NOT,
    LINK,
    MOST_BYTES,
    NOTICE,
    PICTURE,
    RECEIVED,
    RETURNS,
    TEXT,
    UNREAD,
    Attachment,
    Letter,
    NotOpened,
    Opened,
    Unopened,
)

MOST_DECODED, MOST_HEADINGS = 32_000_000, 256_000
MOST_PARTS, MOST_LINES, DEEPEST = 100, 5_000, 10
MOST_RECEIVED = 20
_LINK_TEXT = 200_000
_RECEIVED = re.compile(rf"\b{RECEIVED}([0-9a-f]{{64}})\b")
_TNEF = b"\x78\x9f\x3e\x22"
_LONG_NAME = 0x3707  # PR_ATTACH_LONG_FILENAME
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_PDF = b"%PDF"
# Parts that are no files of anybody's: signatures, and what stands beside a file of a Mac.
_WRAPPING = frozenset(
    (
        "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
        "application/applefile", "text/rfc822-headers", "message/delivery-status",
        "message/disposition-notification",
    )
)  # fmt: skip
# Net disks and the links that mail services put in place of a large attachment.
_DISKS = re.compile(
    rb"https?://[\w.-]*?\b(pan\.baidu\.com|pan\.quark\.cn|alipan\.com|aliyundrive\.com|weiyun\.com"
    rb"|mail\.qq\.com/cgi-bin/ftnexs|wx\.mail\.qq\.com/ftn|mail\.qq\.com/ftn|dashi\.163\.com"
    rb"|mail\.163\.com/large|fs\.163\.com|u\.163\.com|cloud\.189\.cn|yun\.139\.com|caiyun\.139\.com"
    rb"|115\.com|123pan\.com|lanzou\w*\.com|drive\.weixin\.qq\.com|docs\.qq\.com|kdocs\.cn"
    rb"|ctfile\.com|feijipan\.com|cowtransfer\.com|wenshushu\.cn)",
    re.I,
)
# Lines of base64, in which nothing begins or ends that a parser could find.
_LONG_FILE = re.compile(rb"^(?:[A-Za-z0-9+/=]{40,}+\r?\n){32,}+", re.M)
# Stands in place of them for a moment; no sender can know it.
_MARK = token_hex(20).encode()
_MARKED = re.compile(rf"{_MARK.decode()}(\d+)")


class _Contents(msgspec.Struct):
    """What was found in a letter so far."""

    attachments: list[Attachment]
    links: list[str]
    pictures: int = 0
    parts: int = 0
    size: int = 0
    received: list[str] = []

    def add(self, name: str, data: bytes) -> None:
        """Add a file, unless all together are too large."""
        self.size += len(data)
        if self.size > MOST_DECODED:
            raise NotOpened("letter_decoded")
        self.pictures += data.startswith((*_IMAGES, _PDF))
        self.attachments.append(Attachment(name, data))


def open_file(path: str) -> bytes:
    """Open one stored letter; the task of a child. Gives an Opened or an Unopened as msgpack."""
    try:
        result = open_letter(Path(path).read_bytes())
    except NotOpened as refused:
        result = Unopened(refused.code)
    except OSError:
        result = Unopened(UNREAD)
    return msgspec.msgpack.encode(result)


def open_letter(data: bytes) -> Opened:
    """
    Take a letter apart.

    Raises:
        NotOpened: letter_too_big, letter_headings, letter_parts, letter_deep or letter_decoded, if
            it is beyond what letters are; letter_empty if it has no headings.
    """
    _refuse_bombs(data)
    contents = _Contents([], [])
    try:
        message = _parsed(data)
        if not message.keys():
            raise NotOpened("letter_empty")
        _look_into(message, 0, contents)
        return _opened(message, contents)
    except RecursionError as error:
        raise NotOpened("letter_deep") from error


def _refuse_bombs(data: bytes) -> None:
    """Refuse before parsing what would take the parser too long."""
    if len(data) > MOST_BYTES:
        raise NotOpened("letter_too_big")
    end = re.search(rb"\r?\n\r?\n", data)
    if (end.start() if end else len(data)) > MOST_HEADINGS:
        raise NotOpened("letter_headings")
    if data.count(b"\n--") > MOST_LINES:
        raise NotOpened("letter_parts")


def _parsed(data: bytes) -> Message:
    """Parse a letter; long files are put aside before, for the parser goes line by line."""
    files: list[str] = []

    def aside(found: re.Match[bytes]) -> bytes:
        lines = found[0].rstrip()
        files.append(lines.decode())
        return b"%s%d%s" % (_MARK, len(files) - 1, found[0][len(lines) :])

    message = message_from_bytes(_LONG_FILE.sub(aside, data), policy=AsCame())
    for part in message.walk() if files else ():
        # Not by get_payload: undecoded it gives no bytes beyond ASCII as they came.
        if isinstance(part._payload, str):
            part._payload = _MARKED.sub(lambda found: files[int(found[1])], part._payload)
    return message


def _opened(message: Message, contents: _Contents) -> Opened:
    sender = address_of(message.get_all("from") or [])
    kind = kind_by_headings(message, sender) or _kind(contents)
    letter = Letter(
        sender=sender,
        subject=heading(message, "subject"),
        message_id=heading(message, "message-id"),
        answers=(kind == BOUNCE and returned_id(message)) or heading(message, "in-reply-to"),
        received=tuple(dict.fromkeys(contents.received))[:MOST_RECEIVED],
        date=date_of(message),
        kind=kind,
        proofs=tuple(proofs_of(message)),
        links=tuple(dict.fromkeys(contents.links)),
        failed=failed_of(message) if kind == BOUNCE else (),
        by_machine=is_of_machine(message) or kind in (BOUNCE, NOTICE),
    )
    return Opened(letter, tuple(contents.attachments) if kind in FORMS_OR_NOT else ())


def _kind(contents: _Contents) -> str:
    if any(not one.data.startswith((*_IMAGES, _PDF)) for one in contents.attachments):
        return RETURNS
    if contents.links:
        return LINK
    return PICTURE if contents.pictures else TEXT


def _look_into(top: Message, depth: int, contents: _Contents) -> None:
    """Go through the parts of a letter and of those inside it, without recursion."""
    waiting = [(top, depth, False)]
    while waiting:
        part, depth, related = waiting.pop()
        contents.parts += 1
        if contents.parts > MOST_PARTS:
            raise NotOpened("letter_parts")
        if depth > DEEPEST:
            raise NotOpened("letter_deep")
        kind = part.get_content_type()
        if kind in _WRAPPING:
            continue
        if part.is_multipart():
            related = kind == "multipart/related"
            inner = [(one, depth + 1, related) for one in part.get_payload()]
            waiting += reversed(inner)
        else:
            waiting += [(one, depth + 1, False) for one in _leaf(part, related, contents)]


def _leaf(part: Message, related: bool, contents: _Contents) -> Iterator[Message]:
    """Take in one part without parts; a letter that was put in as a file is given back."""
    name, data = file_name(part), part.get_payload(decode=True) or b""
    attached = heading(part, "content-disposition").lower().startswith("attachment")
    if part.get_content_maintype() == "text" and not name and not attached:
        _read_text(data, part, contents)
    elif data.startswith(_IMAGES) and not attached and (related or "content-id" in part):
        # A picture in the text: a logo, or a photograph of the form.
        contents.pictures += 1
    elif data.startswith(_TNEF):
        _add_tnef(name, data, contents)
    elif name.lower().endswith(".eml") and (inside := _parsed(data)):
        yield inside
    elif data or name:
        contents.add(name, data)


def _read_text(data: bytes, part: Message, contents: _Contents) -> None:
    label = part.get_param("charset", "")
    text = decoded(data[:_LINK_TEXT], label if isinstance(label, str) else "")
    contents.links += [found[1].decode().lower() for found in _DISKS.finditer(text.encode())]
    contents.received += _RECEIVED.findall(text)


def _add_tnef(name: str, data: bytes, contents: _Contents) -> None:
    """Open a winmail.dat; one that is damaged is taken in as it is."""
    try:
        found = [(_tnef_name(one), bytes(one.data)) for one in TNEF(data).attachments]
    except Exception:  # the parser says it in many ways
        found = []
    for inner, content in found or [(name, data)]:
        contents.add(inner, content)


def _tnef_name(attachment: TNEFAttachment) -> str:
    names = [one.data for one in attachment.mapi_attrs if one.name == _LONG_NAME]
    raw = names[0] if names else attachment._name
    text = decoded(raw) if isinstance(raw, bytes) else str(raw)
    return bare_name(text.strip("\0"))
