"""Find in an .xlsx the cells whose look hides what stands in them, or shows it as another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from huizong.facts import VEILED, Cell
from huizong.refused import Refused
from huizong.xlsx_cells import column_number
from huizong.xml_parts import local, parse

# Without one of these no style of a part can be odd; nearly all parts have none.
_MARKS = (
    b"FFFFFF", b'theme="0"', b'indexed="9"', b'indexed="1"', b"!.", b"\\.", b',"', b",&quot;",
    b",;", b";;", "万".encode(), "亿".encode(),
)  # fmt: skip
_QUOTED = re.compile(r'"[^"]*"|\[[^\]]*\]')
# A comma behind the digits divides by a thousand; 0!.0 puts a point where the number has none.
_SCALED = re.compile(r"[0#?],+(?![0#?,])|[0#?][!\\]\.|[万亿]")
_ADDRESS = re.compile(r"([A-Z]{1,3})([1-9][0-9]*)")
_DIGIT = re.compile(r"\d")
# Notes that we put on cells ourselves begin with the number of their finding.
_OUR_NOTE = re.compile(r"\s*\[[0-9A-F]{8}\]")


@dataclass(slots=True)
class _Styles:
    """The parts of a cell's look, by their numbers."""

    formats: dict[str, str] = field(default_factory=dict)
    white: list[bool] = field(default_factory=list)
    plain: list[bool] = field(default_factory=list)
    looks: list[tuple[str, int, int]] = field(default_factory=list)


def odd_styles(part: bytes) -> dict[int, str]:
    """
    List the cell styles that show something else than what stands there.

    By their number VEILED, where nothing is seen, or the number format, where another number is.
    """
    if not any(mark in part for mark in _MARKS):
        return {}
    styles = _read_styles(part)
    kinds = ((at, _kind(styles, *look)) for at, look in enumerate(styles.looks))
    return {at: kind for at, kind in kinds if kind}


def _kind(styles: _Styles, number_format: str, font: int, fill: int) -> str:
    code = styles.formats.get(number_format, "")
    sections = _QUOTED.sub("", code).split(";")
    if len(sections) > 1 and not sections[0].strip() and '"' not in code:
        return VEILED
    if _at(styles.white, font) and _at(styles.plain, fill):
        return VEILED
    return code if _SCALED.search(code) else ""


def _at(known: list[bool], number: int) -> bool:
    return number < len(known) and known[number]


def _read_styles(part: bytes) -> _Styles:
    styles, path = _Styles(), []

    def start(name: str, attributes: dict[str, str]) -> None:
        path.append(local(name))
        _take(styles, path[-3:], attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: path.pop()
    parse(parser, part)
    return styles


def _take(styles: _Styles, path: list[str], attributes: Mapping[str, str]) -> None:
    match path:
        case [_, "numFmts", "numFmt"]:
            styles.formats[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        case [_, "fonts", "font"]:
            styles.white.append(False)
        case ["fonts", "font", "color"]:
            styles.white[-1] = _is_white(attributes)
        case [_, "fills", "fill"]:
            styles.plain.append(True)
        case ["fills", "fill", "patternFill"]:
            styles.plain[-1] = attributes.get("patternType", "none") == "none"
        case ["fill", "patternFill", "fgColor"]:
            styles.plain[-1] = styles.plain[-1] or _is_white(attributes)
        case [_, "cellXfs", "xf"]:
            look = (int(attributes.get(key, "0")) for key in ("fontId", "fillId"))
            styles.looks.append((attributes.get("numFmtId", "0"), *look))


def _is_white(attributes: Mapping[str, str]) -> bool:
    return (
        attributes.get("rgb", "").upper().endswith("FFFFFF")
        or attributes.get("theme") == "0"
        or attributes.get("indexed") in ("1", "9")
    )


def odd_cells(part: bytes, styles: Mapping[int, str]) -> dict[Cell, str]:
    """Find the cells of a sheet part that have one of some styles, blank ones too."""
    numbers = b"|".join(b"%d" % number for number in styles)
    pattern = rb'<(?:\w+:)?c(?=\s[^>]*\bs="(' + numbers + rb')")\s[^>]*?\br="([A-Z]{1,3})([0-9]+)"'
    return {
        (int(row) - 1, column_number(letters) - 1): styles[int(number)]
        for number, letters, row in re.findall(pattern, part)
    }


def noted_cells(part: bytes) -> frozenset[Cell]:
    """Find the cells of a part of notes on which somebody wrote a number."""
    notes: dict[str, list[str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "comment":
            notes[attributes.get("ref", "")] = []

    def take(text: str) -> None:
        if notes:
            notes[next(reversed(notes))].append(text)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.CharacterDataHandler = take
    parse(parser, part)
    return frozenset(_place(ref) for ref, texts in notes.items() if _holds_number("".join(texts)))


def _holds_number(text: str) -> bool:
    return bool(_DIGIT.search(text)) and not _OUR_NOTE.match(text)


def _place(ref: str) -> Cell:
    found = _ADDRESS.fullmatch(ref.partition(":")[0])
    if not found:
        raise Refused("damaged", reason="note")
    return int(found[2]) - 1, column_number(found[1].encode()) - 1
