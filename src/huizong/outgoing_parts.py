"""Find in the parts of an .xlsx what leaves with it unseen: notes, links, macros, other files."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from posixpath import dirname, join, normpath
from xml.parsers import expat

import msgspec

from huizong.outgoing import Spotted
from huizong.texts import catalogue
from huizong.xml_parts import local, parse, utf8
from huizong.zips import unpack

_MARKUP = (".xml", ".rels", ".vml")
# Parts of a workbook by what their names begin with. A pivot table keeps the rows it was made of.
_PARTS = (
    ("macro", ("xl/vbaProject", "xl/activeX/", "xl/macrosheets/")),
    ("embedded", ("xl/embeddings/",)),
    ("picture", ("xl/media/",)),
    ("pivot", ("xl/pivotCache/pivotCacheRecords",)),
    ("other_file", ("xl/externalLinks/externalLink", "xl/connections", "xl/queryTables/")),
)
# HYPERLINK() to a place outside the workbook, where it is not made up of cells.
_OUTSIDE = re.compile(r'HYPERLINK\(\s*"(?!#)', re.IGNORECASE)
# Notes that we put on cells of correction copies: the number of their finding, or our own words.
_OUR_NOTE = re.compile(r"\s*\[[0-9A-F]{8}\]")
_OUR_WORDS = ("say_why", "rejected", "formula_back")


class _Relation(msgspec.Struct, frozen=True):
    """One line of a .rels part: the last word of its type, its target, whether that is outside."""

    key: str
    kind: str
    target: str
    outside: bool


def unseen_parts(content: bytes) -> Iterator[Spotted]:
    """
    List notes and links by their cells, and what else a workbook carries beside its sheets.

    Raises:
        Refused: If a part cannot be read.
    """
    parts = {
        name: utf8(part) if name.lower().endswith(_MARKUP) else part
        for name, part in unpack(content).items()
    }
    for part, sheet in _sheets(parts).items():
        yield from _links(parts, part, sheet)
        yield from _notes(parts, part, sheet)
    for kind, starts in _PARTS:
        yield from (Spotted(kind, name, "") for name in sorted(parts) if name.startswith(starts))
    yield from _outside(parts)


def _sheets(parts: Mapping[str, bytes]) -> dict[str, str]:
    """Give the names of the sheets by their parts, in the order of the tabs."""
    whole = _relations(parts, "")
    book = next((one.target for one in whole if one.kind == "officeDocument"), "")
    targets = {one.key: one.target for one in _relations(parts, book)}
    return {
        targets.get(_value(attributes, "id"), ""): attributes.get("name", "")
        for name, attributes, _ in _elements(parts.get(book, b""))
        if name == "sheet"
    }


def _links(parts: Mapping[str, bytes], part: str, sheet: str) -> Iterator[Spotted]:
    outside = {one.key for one in _relations(parts, part) if one.outside}
    content = parts.get(part, b"")
    # Nearly all sheets have neither, and are long.
    if not outside and b"HYPERLINK(" not in content.upper():
        return
    formulas: list[str] = []
    for name, attributes, text in _elements(content):
        if name == "hyperlink" and _value(attributes, "id") in outside:
            yield Spotted("link", sheet, attributes.get("ref", ""))
        elif name == "f":
            formulas.append(text)
        elif name == "c":
            if any(map(_OUTSIDE.search, formulas)):
                yield Spotted("link", sheet, attributes.get("r", ""))
            formulas.clear()


def _notes(parts: Mapping[str, bytes], part: str, sheet: str) -> Iterator[Spotted]:
    for relation in _relations(parts, part):
        if relation.kind in ("comments", "threadedComment"):
            for cell, text in _notes_in(parts.get(relation.target, b"")):
                if not (_OUR_NOTE.match(text) or text.startswith(_our_words())):
                    yield Spotted("comment", sheet, cell)


@cache
def _our_words() -> tuple[str, ...]:
    texts = (catalogue()[f"correction.{code}"].values() for code in _OUR_WORDS)
    return tuple(one.partition("{")[0] for some in texts for one in some)


def _notes_in(part: bytes) -> Iterator[tuple[str, str]]:
    """Give the notes of a part by their cells; an element's text comes when it ends."""
    texts: list[str] = []
    for name, attributes, text in _elements(part):
        if name in ("comment", "threadedComment"):
            yield attributes.get("ref", ""), "".join((*texts, text))
            texts = []
        elif name in ("t", "text"):
            texts.append(text)


def _outside(parts: Mapping[str, bytes]) -> Iterator[Spotted]:
    """Templates, pictures and the like that are fetched from elsewhere."""
    for name in sorted(parts):
        if name.endswith(".rels") and "externalLinks/" not in name:
            for one in _read_relations(parts[name], ""):
                if one.outside and one.kind != "hyperlink":
                    yield Spotted("other_file", name, "")


def _relations(parts: Mapping[str, bytes], part: str) -> tuple[_Relation, ...]:
    name = join(dirname(part), "_rels", f"{part.rpartition('/')[2]}.rels")
    return tuple(_read_relations(parts.get(name, b""), dirname(part)))


def _read_relations(part: bytes, folder: str) -> Iterator[_Relation]:
    for name, attributes, _ in _elements(part):
        if name == "Relationship":
            target = attributes.get("Target", "")
            # Some programs write a place in the workbook itself as if it were outside.
            outside = attributes.get("TargetMode") == "External" and not target.startswith("#")
            kind = attributes.get("Type", "").rpartition("/")[2]
            part = normpath(join("/", folder, target)).lstrip("/")
            yield _Relation(attributes.get("Id", ""), kind, part, outside)


def _value(attributes: Mapping[str, str], name: str) -> str:
    """Give an attribute whatever the prefix of its name space."""
    return next((value for key, value in attributes.items() if local(key) == name), "")


def _elements(part: bytes) -> list[tuple[str, dict[str, str], str]]:
    """List the elements of a part, each when it ends, with the text directly in it."""
    found: list[tuple[str, dict[str, str], str]] = []
    open_: list[tuple[str, dict[str, str], list[str]]] = []
    if not part:
        return found
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, attributes: open_.append((name, attributes, []))
    parser.CharacterDataHandler = lambda text: open_[-1][2].append(text) if open_ else None

    def end(_: str) -> None:
        name, attributes, texts = open_.pop()
        found.append((local(name), attributes, "".join(texts)))

    parser.EndElementHandler = end
    parse(parser, part)
    return found
