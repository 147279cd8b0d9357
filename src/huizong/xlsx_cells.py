"""Find the cells with content in a sheet part: quickly in the usual form, surely in any other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html import escape
from xml.parsers import expat

from huizong.refused import Refused
from huizong.xml_parts import local, parse

NAMESPACES = (
    b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/spreadsheetml/main",
)
# Letters, row, type, formula element, usual number, other value, inline text. Negative numbers
# and those from 59 to 60 count as other values, for their dates cannot be turned back.
CELL = re.compile(
    rb'<c r="([A-Z]{1,3})([1-9][0-9]{0,6})"'
    rb'(?: s="[0-9]+")?(?: t="([a-zA-Z]+)")?(?: [cv]m="[0-9]+")*>'
    rb'(<f(?: [a-zA-Z0-9]+="[^"<]*")*(?:/>|>[^<]*</f>))?'
    rb"(?:<v>(?:((?!59|60)[0-9]{1,17}(?:\.[0-9]{1,25})?)|([^<]*))</v>|<v/>)?"
    rb"(<is>[^\0]*)?\0"
)
ROOT = re.compile(
    rb'<((?:xm:)?(?:work|macro|dialog)sheet)\b[^>]* xmlns="(?:'
    + b"|".join(map(re.escape, NAMESPACES))
    + rb')"[^>]*>'
)
ROW = re.compile(rb"<row [^>]*>")
ROW_NUMBER = re.compile(rb' r="([0-9]+)"')
COLUMN = re.compile(rb"<col [^>]*>")
COLUMN_ENDS = re.compile(rb' (min|max)="([0-9]+)"')
ADDRESS = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")
HIDDEN = re.compile(rb' hidden="(?:1|true)"')
MERGE = re.compile(rb'<mergeCell ref="([^"]*)"')

RawCell = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]


@dataclass(slots=True)
class Scan:
    """
    The cells with content of one sheet part, and its hidden lines and merges, as written.

    `slim` is a part with these cells alone, empty when only the whole part will do: calamine
    takes most of its time over blank cells with borders, which say nothing.
    """

    cells: list[RawCell] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    merges: list[bytes] = field(default_factory=list)
    slim: bytes = b""


def scan(part: bytes) -> Scan:
    """Scan a plain UTF-8 sheet part."""
    try:
        return quick_scan(part) or sure_scan(part)
    except (ValueError, LookupError) as error:
        raise Refused("damaged", reason="sheet") from error


def quick_scan(part: bytes) -> Scan | None:
    """Scan a part in the form that spreadsheet programs write, or return None for any other."""
    head, rows, tail = _sections(part)
    root = ROOT.search(head)
    if rows is None or not root or sum(map(root[0].count, NAMESPACES)) != 1 or b"xmlns" in rows:
        return None
    # Every cell with content ends with </c>; what stands before it is blank cells and rows, over
    # which bytes.split runs ten times as fast as a regular expression.
    pieces = rows.split(b"</c>")
    # An end tag may hold white space.
    if rows.count(b"</c") != len(pieces) - 1:
        return None
    del pieces[-1]
    ends = [piece[piece.rfind(b"<c ") :] for piece in pieces]
    cells = CELL.findall(b"\0".join(ends) + b"\0")
    hidden_rows = _hidden_rows(rows)
    if len(cells) != len(pieces) or hidden_rows is None:
        return None
    slim = _slim(root, ends)
    return Scan(cells, hidden_rows, list(_hidden_columns(head)), MERGE.findall(tail), slim)


def _sections(part: bytes) -> tuple[bytes, bytes | None, bytes]:
    """Cut a part before and after its rows; no rows (None) if it is not in the usual form."""
    if b"!" in part and b"<!" in part:
        return b"", None, b""
    head, opening, rest = part.partition(b"<sheetData>")
    if not opening:
        head, opening, tail = part.partition(b"<sheetData/>")
        return head, b"" if opening else None, tail
    rows, closing, tail = rest.rpartition(b"</sheetData>")
    return head, rows if closing else None, tail


def _slim(root: re.Match[bytes], ends: list[bytes]) -> bytes:
    # One row is enough, for every cell here has its address.
    cells = b"".join([end + b"</c>" for end in ends])
    start = root[0] + b'<sheetData><row r="1">'
    return start + cells + b"</row></sheetData></" + root[1] + b">"


def _hidden_rows(rows: bytes) -> list[int] | None:
    # Five letters: bytes.find skips faster than with the whole word.
    if b"idden" not in rows:
        return []
    hidden = [row for row in ROW.findall(rows) if HIDDEN.search(row)]
    numbers = [ROW_NUMBER.search(row) for row in hidden]
    if rows.count(b"<row ") != rows.count(b"<row") or None in numbers:
        return None
    return [int(number[1]) for number in numbers]


def _hidden_columns(head: bytes) -> Iterator[tuple[int, int]]:
    for column in COLUMN.findall(head):
        if HIDDEN.search(column):
            ends = dict(COLUMN_ENDS.findall(column))
            yield int(ends[b"min"]), int(ends[b"max"])


def sure_scan(part: bytes) -> Scan:
    """Scan a sheet part in any legal form, with a real parser."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parse(parser, part)
    return reader.scan


class _Reader:
    """Collect a scan from the events of a parser."""

    def __init__(self) -> None:
        self.scan = Scan()
        self.row = self.column = 0
        self.path: list[str] = []
        self.cell: dict[str, str] | None = None
        self.inside = ""
        self.parts: dict[str, str] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        self.path.append(name)
        if self.cell is not None:
            self._start_in_cell(name, attributes)
        elif name == "c" and self.path[-3:-1] == ["sheetData", "row"]:
            self._start_cell(attributes)
        elif name == "row" and self.path[-2] == "sheetData":
            self._start_row(attributes)
        elif name == "col" and _is_true(attributes.get("hidden")):
            self.scan.hidden_columns.append((int(attributes["min"]), int(attributes["max"])))
        elif name == "mergeCell":
            self.scan.merges.append(attributes["ref"].encode())

    def _start_row(self, attributes: dict[str, str]) -> None:
        # Row and cell addresses are optional: without one, the next place is meant.
        self.row = int(attributes.get("r", self.row + 1))
        self.column = 0
        if _is_true(attributes.get("hidden")):
            self.scan.hidden_rows.append(self.row)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self.column += 1
        self.cell, self.parts = attributes, {}
        if "r" in attributes:
            letters, row = _address(attributes["r"])
            self.column, self.row = column_number(letters), row

    def _start_in_cell(self, name: str, attributes: dict[str, str]) -> None:
        if name == "f":
            self.parts["open"] = "".join(f' {key}="{attributes[key]}"' for key in attributes)
        if name in ("f", "v", "is"):
            self.inside = name
            self.parts.setdefault(name, "")

    def text(self, text: str) -> None:
        if self.inside:
            self.parts[self.inside] += text

    def end(self, name: str) -> None:
        name = local(name)
        self.path.pop()
        if name == self.inside:
            self.inside = ""
        elif name == "c" and self.cell is not None and self.path[-2:] == ["sheetData", "row"]:
            self._keep_cell()
            self.cell = None

    def _keep_cell(self) -> None:
        value = self.parts.get("v", "").encode()
        usual = re.fullmatch(rb"(?!59|60)[0-9]{1,17}(?:\.[0-9]{1,25})?", value)
        formula = b""
        if "f" in self.parts:
            text = escape(self.parts["f"], quote=False)
            formula = f"<f{self.parts['open']}>{text}</f>".encode()
        inline = f"<is>{self.parts['is']}".encode() if "is" in self.parts else b""
        letters, kind = column_letters(self.column), self.cell.get("t", "").encode()
        values = (value, b"") if usual else (b"", value)
        self.scan.cells.append((letters, b"%d" % self.row, kind, formula, *values, inline))


def _address(text: str) -> tuple[bytes, int]:
    found = ADDRESS.fullmatch(text)
    if not found:
        raise Refused("damaged", reason="address")
    return found[1].upper().encode(), int(found[2])


def _is_true(value: str | None) -> bool:
    return value in ("1", "true", "on")


@cache
def column_number(letters: bytes) -> int:
    """Return the number of a column from 1: A is 1, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


@cache
def column_letters(number: int) -> bytes:
    """Return the letters of a column counted from 1."""
    letters = b""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = bytes([65 + rest]) + letters
    return letters
