"""Make XML parts harmless and plain before anything reads them: no DTD, UTF-8, no CDATA."""

import re
from html import escape
from xml.parsers import expat

from huizong.refused import Refused

DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)[\"']")
DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
PLAIN_ENCODINGS = ("utf-8", "utf8", "us-ascii", "ascii")
# Encodings in which markup reads as ASCII; others, such as UTF-7, could hide a DTD.
OTHER_ENCODINGS = ("gb2312", "gbk", "gb18030", "big5", "iso-8859-1", "windows-1252")
WIDE_STARTS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


def utf8(part: bytes) -> bytes:
    """
    Return an XML part as UTF-8, unchanged when it is that already.

    Raises:
        Refused: damaged, structure (an unknown encoding), or dtd.
    """
    if part.startswith(WIDE_STARTS):
        part = _recoded(part, _wide_codec(part))
    elif part.startswith(b"\xef\xbb\xbf"):
        part = part[3:]
    declared = DECLARED.match(part[:200].lstrip())
    encoding = declared[1].decode().lower() if declared else "utf-8"
    if encoding in OTHER_ENCODINGS:
        part = _recoded(part, "gb18030" if encoding.startswith("gb") else encoding)
    elif encoding not in PLAIN_ENCODINGS:
        raise Refused("structure", reason="encoding")
    if b"\0" in part:
        raise Refused("damaged", reason="nul")
    # A single byte is sought first: most parts have none, and memchr is quick.
    if b"!" in part and (b"<!DOCTYPE" in part or b"<!ENTITY" in part):
        raise Refused("dtd")
    return part


def _wide_codec(part: bytes) -> str:
    if part.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-16-le" if part.startswith(b"<\0") else "utf-16-be"


def _recoded(part: bytes, codec: str) -> bytes:
    try:
        return DECLARATION.sub("", part.decode(codec)).encode()
    except UnicodeError as error:
        raise Refused("damaged", reason="encoding") from error


def plain(part: bytes) -> bytes:
    """Return a UTF-8 part without comments and CDATA, for calamine reads CDATA as blank."""
    if b"!" in part and b"<!" in part:
        return _rewritten(part)
    return part


def _rewritten(part: bytes) -> bytes:
    out: list[str] = []
    parser = expat.ParserCreate()
    parser.ordered_attributes = True

    def start(name: str, attributes: list[str]) -> None:
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        quoted = (f' {key}="{_attribute(value)}"' for key, value in pairs)
        out.append(f"<{name}{''.join(quoted)}>")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: out.append(f"</{name}>")
    parser.CharacterDataHandler = lambda text: out.append(escape(text, quote=False))
    parse(parser, part)
    return "".join(out).encode()


def _attribute(value: str) -> str:
    # A parser makes blanks of bare line ends in attributes.
    return escape(value).replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#13;")


def parse(parser: expat.XMLParserType, part: bytes) -> None:
    """Run a parser over a part, and refuse the file when the part is not well formed."""
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise Refused("damaged", reason="xml") from error


def local(name: str) -> str:
    """Return a name without its prefix."""
    return name.rpartition(":")[2]
