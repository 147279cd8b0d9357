"""Texts in the headings of letters, as their writers meant them: names, subjects, addresses."""

import base64
import binascii
import contextlib
import itertools
import quopri
import re
import unicodedata
from collections.abc import Iterator, Sequence
from email.message import Message
from email.policy import Compat32
from email.utils import getaddresses

LONGEST, LONGEST_NAME = 4_000, 120
# An encoded word (RFC 2047), with the language that RFC 2231 allows.
_WORD = re.compile(r"=\?([\w.:+-]+)(?:\*[\w-]*)?\?([bBqQ])\?([^?]*)\?=")
# Whoever writes gb2312 means the whole of GBK: 喆 and 镕 are not in GB 2312.
_GB = frozenset(("gb2312", "gbk", "cp936", "ms936", "x-gbk", "gb_2312-80", "gb18030", "hz-gb-2312"))
_ADDRESS = re.compile(r"[^\s<>,;@]+@[^\s<>,;@]+")
_FOLDERS = re.compile(r"[\\/]")
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


class AsCame(Compat32):
    """Give headings as they came: the usual policy loses the bytes of those not in ASCII."""

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002
        return value


def text_of(raw: str) -> str:
    """Decode a heading: encoded words as labelled, bare bytes as UTF-8 or GBK."""
    raw = re.sub(r"[\r\n]+", "", raw[:LONGEST])
    runs = itertools.groupby(_pieces(raw), key=lambda piece: piece[0])
    # A character may be cut in two by the end of a word: its bytes are joined before.
    text = "".join(decoded(b"".join(data for _, data in run), label) for label, run in runs)
    return printable(text)


def _pieces(raw: str) -> Iterator[tuple[str, bytes]]:
    """Give label and bytes of each encoded word and of what stands between them."""
    at = 0
    for word in _WORD.finditer(raw):
        between = raw[at : word.start()]
        # Blanks between two encoded words are only there to fold the line.
        if between.strip() or (between and not at):
            yield "", _bytes(between)
        yield word[1].lower(), _word_bytes(word)
        at = word.end()
    if raw[at:]:
        yield "", _bytes(raw[at:])


def _word_bytes(word: re.Match) -> bytes:
    data = _bytes(word[3])
    if word[2] in "qQ":
        return quopri.decodestring(data.replace(b"_", b" "))
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return _bytes(word[0])


def _bytes(text: str) -> bytes:
    """Give back the bytes of a heading, as the parser has kept them."""
    return text.encode("utf-8", "surrogateescape")


def decoded(data: bytes, label: str = "") -> str:
    """Decode bytes as they are labelled, else as UTF-8 or GBK; nothing raises."""
    label = label.lower().strip("\"' ")
    first = "gb18030" if label in _GB else label
    for name in (first, "utf-8", "gb18030"):
        with contextlib.suppress(LookupError, ValueError):
            if name:
                return data.decode(name)
    return data.decode("gb18030" if first == "gb18030" else "utf-8", "replace")


def file_name(part: Message) -> str:
    """Give the name of an attachment, free of folders and unseen characters; empty if none."""
    for name, heading in (("filename", "content-disposition"), ("name", "content-type")):
        given = [value for key, value in part.get_params((), heading) if key.lower() == name]
        # Whoever writes a name twice writes it for old programs first.
        extended = [value for value in given if isinstance(value, tuple)]
        if given:
            return bare_name(_parameter(*extended[0]) if extended else text_of(given[0]))
    return ""


def _parameter(label: str | None, _language: str | None, value: str) -> str:
    """Decode a parameter of RFC 2231, whose bytes come as Latin 1; a bare one may be a word."""
    data = value.encode("latin-1", "surrogateescape")
    return decoded(data, label) if label else text_of(data.decode("ascii", "surrogateescape"))


def bare_name(text: str) -> str:
    """Take the last part of a path, as data: what is unseen or too long is left out."""
    name = printable(_FOLDERS.split(printable(text))[-1])
    if len(name) <= LONGEST_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    if dot and len(ending) <= 8:
        return f"{stem[: LONGEST_NAME - len(ending) - 1]}.{ending}"
    return name[:LONGEST_NAME]


def printable(text: str) -> str:
    """Leave out what nobody sees: controls, marks that turn the writing around."""
    kept = (char for char in text if unicodedata.category(char) not in _UNSEEN)
    return unicodedata.normalize("NFC", "".join(kept)).strip(" .")


def address_of(raws: Sequence[str]) -> str:
    """Give the one address in From; empty where there is none, or are several."""
    if len(raws) != 1 or len(raws[0]) > LONGEST:
        return ""
    # GBK may have an @ as second byte: characters first.
    raw = raws[0] if raws[0].isascii() else decoded(_bytes(raws[0]))
    try:
        found = [address for _, address in getaddresses([raw]) if address]
    except RecursionError:  # brackets in brackets
        return ""
    one = printable(found[0]).lower() if len(found) == 1 else ""
    return one if _ADDRESS.fullmatch(one) else ""
