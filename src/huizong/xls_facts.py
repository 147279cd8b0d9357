"""Find in the records of an .xls what calamine does not tell about its cells."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from huizong.facts import BookFacts, Cell, Merge, SheetFacts, check_size, loses_its_serial, within
from huizong.refused import Refused

BOF, END, CONTINUE, BOUNDSHEET, FILEPASS, DATEMODE = 0x0809, 0x000A, 0x003C, 0x0085, 0x002F, 0x0022
SUPBOOK, EXTERNSHEET, DDE_LINK = 0x01AE, 0x0017, 0x0023
NUMBER, RK, MULRK, BOOLERR, STRING = 0x0203, 0x027E, 0x00BD, 0x0205, 0x0207
FORMULAS = (0x0006, 0x0206, 0x0406)
TEXTS = (0x00FD, 0x0204, 0x00D6)
ROW, COLINFO, MERGEDCELLS = 0x0208, 0x007D, 0x00E5

OWN_BOOK, ADDINS = 0x0401, 0x3A01
VISIBLE = ("visible", "hidden", "veryHidden")
KINDS = {0: "worksheet", 1: "macro", 2: "chart"}
DIALOG_SHEET = 0x10
WSBOOL = 0x0081
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
# Sizes of the operands of formula tokens in BIFF8, by the token without its class.
OPERANDS = {
    0x01: 4,
    0x02: 4,
    0x1C: 1,
    0x1D: 1,
    0x1E: 2,
    0x1F: 8,
    0x20: 7,
    0x21: 2,
    0x22: 3,
    0x23: 4,
    0x24: 4,
    0x25: 8,
    0x26: 6,
    0x27: 6,
    0x28: 6,
    0x29: 2,
    0x2A: 4,
    0x2B: 8,
    0x2C: 4,
    0x2D: 8,
    0x2E: 2,
    0x2F: 2,
    0x39: 6,
    0x3A: 6,
    0x3B: 10,
    0x3C: 6,
    0x3D: 10,
} | dict.fromkeys((*range(0x03, 0x17),), 0)
STRING_TOKEN, ATTRIBUTE_TOKEN, CHOOSE = 0x17, 0x19, 0x04
SHEET_TOKENS = (0x39, 0x3A, 0x3B, 0x3C, 0x3D)

Record = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True)
class Tab:
    """One BOUNDSHEET record."""

    name: str
    visible: str
    kind: str
    offset: int


@dataclass(slots=True)
class _Found:
    """What was found in the records of one sheet so far."""

    kind: str
    filled_rows: set[int] = field(default_factory=set)
    height: int = 0
    width: int = 0
    errors: dict[Cell, str] = field(default_factory=dict)
    formulas: list[Cell] = field(default_factory=list)
    uncached: list[Cell] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    refused_numbers: list[Cell] = field(default_factory=list)
    external: list[Cell] = field(default_factory=list)
    lost_serials: dict[Cell, float] = field(default_factory=dict)

    def fill(self, row: int, column: int, last: int | None = None) -> None:
        """Note that cells of a row have content."""
        self.filled_rows.add(row)
        self.height = max(self.height, row + 1)
        self.width = max(self.width, (column if last is None else last) + 1)

    def number(self, cell: Cell, value: float) -> None:
        """Note a number, and whether it is one."""
        if not isfinite(value):
            self.refused_numbers.append(cell)
        elif loses_its_serial(value):
            self.lost_serials[cell] = value


def is_encrypted(stream: bytes) -> bool:
    """Tell whether a workbook stream says that its records are encrypted."""
    try:
        for kind, _, _ in _records(stream, 0):
            if kind in (FILEPASS, BOUNDSHEET):
                return kind == FILEPASS
    except (Refused, struct.error):
        pass
    return False


def xls_facts(stream: bytes, *, macros: bool) -> BookFacts:
    """
    Find the facts of a workbook from its stream of records.

    Raises:
        Refused: damaged, too_wide or too_many_rows.
    """
    try:
        return _facts(stream, macros)
    except (struct.error, IndexError, UnicodeError) as error:
        raise Refused("damaged", reason="records") from error


def _records(stream: bytes, at: int) -> Iterator[Record]:
    """Yield (type, offset, content) of one substream, with those of charts inside left out."""
    depth = 0
    while True:
        kind, size = struct.unpack_from("<2H", stream, at)
        begin, at = at, at + 4 + size
        if at > len(stream) or (depth == 0 and kind != BOF):
            raise Refused("damaged", reason="records")
        depth += (kind == BOF) - (kind == END)
        if depth == 0:
            return
        if depth == 1 or kind == BOF:
            yield kind, begin, stream[begin + 4 : at]


def _facts(stream: bytes, macros: bool) -> BookFacts:
    tabs, own, links, date1904 = [], [], [], False
    version, sheet_books = 0, ()
    for kind, begin, content in _records(stream, 0):
        if kind == BOF and begin == 0:
            (version,) = struct.unpack_from("<H", content)
        elif kind == BOUNDSHEET:
            tabs.append(_tab(content, version))
        elif kind == DATEMODE:
            date1904 = content[0] == 1
        elif kind == SUPBOOK:
            (mark,) = struct.unpack_from("<H", content, 2)
            own.append(len(content) == 4 and mark in (OWN_BOOK, ADDINS))
        elif kind == EXTERNSHEET and version == 0x0600:
            count = struct.unpack_from("<H", content)[0]
            sheet_books = struct.unpack_from("<" + "Hhh" * count, content, 2)[::3]
        elif kind == DDE_LINK:
            links.append(begin)
    others = {number for number, is_own in enumerate(own) if not is_own}
    foreign = frozenset(number for number, book in enumerate(sheet_books) if book in others)
    if version not in (0x0500, 0x0600) or not tabs:
        raise Refused("damaged", reason="version")
    sheets = tuple(_sheet(stream, tab, foreign) for tab in tabs if tab.kind != "vba")
    macros = macros or any(sheet.kind == "macro" for sheet in sheets)
    return BookFacts(sheets, macros, bool(others or links), date1904)


def _tab(content: bytes, version: int) -> Tab:
    offset, state, kind, length = struct.unpack_from("<L3B", content)
    name = content[7:]
    if version == 0x0600:
        wide, name = name[0] & 1, name[1:]
        text = name[: length * 2].decode("utf-16-le") if wide else name[:length].decode("latin-1")
    else:
        # calamine knows the code page; the names of old files are taken from it.
        text = ""
    return Tab(text, VISIBLE[min(state & 3, 2)], KINDS.get(kind, "vba"), offset)


def _sheet(stream: bytes, tab: Tab, foreign: frozenset[int]) -> SheetFacts:
    found = _Found(tab.kind)
    waiting: Cell | None = None
    for kind, _, content in _records(stream, tab.offset):
        if kind == STRING:
            waiting = None
        elif kind in FORMULAS:
            if waiting:
                found.uncached.append(waiting)
            waiting = _read_formula(found, content, foreign)
        else:
            _read(found, kind, content)
    if waiting:
        found.uncached.append(waiting)
    check_size(tab.name, found.height, found.width, len(found.filled_rows))
    return SheetFacts(
        tab.name,
        tab.visible,
        found.kind,
        found.height,
        found.width,
        found.errors,
        frozenset(found.formulas),
        frozenset(found.uncached),
        tuple(found.merges),
        frozenset(row for row in found.hidden_rows if row < found.height),
        within(found.hidden_columns, found.width),
        frozenset(found.refused_numbers),
        frozenset(found.external),
        found.lost_serials,
    )


def _read(found: _Found, kind: int, content: bytes) -> None:
    """Take the facts from one record that is no formula."""
    if kind in (NUMBER, RK, BOOLERR, *TEXTS):
        row, column, _ = struct.unpack_from("<3H", content)
        found.fill(row, column)
        _read_value(found, kind, (row, column), content)
    elif kind == MULRK:
        _read_numbers(found, content)
    elif kind == ROW and content[12] & 0x20:
        found.hidden_rows.append(struct.unpack_from("<H", content)[0])
    elif kind == COLINFO and content[8] & 1:
        found.hidden_columns.append(struct.unpack_from("<2H", content))
    elif kind == MERGEDCELLS:
        count = struct.unpack_from("<H", content)[0]
        for top, bottom, left, right in struct.iter_unpack("<4H", content[2 : 2 + 8 * count]):
            found.merges.append((top, left, bottom, right))
    elif kind == WSBOOL and content[0] & DIALOG_SHEET:
        found.kind = "dialog"


def _read_value(found: _Found, kind: int, cell: Cell, content: bytes) -> None:
    if kind == NUMBER:
        found.number(cell, struct.unpack_from("<d", content, 6)[0])
    elif kind == RK:
        found.number(cell, _rk(struct.unpack_from("<L", content, 6)[0]))
    elif kind == BOOLERR and content[7]:
        found.errors[cell] = _error(content[6])


def _error(code: int) -> str:
    return ERRORS.get(code, "#VALUE!")


def _read_numbers(found: _Found, content: bytes) -> None:
    row, first = struct.unpack_from("<2H", content)
    (last,) = struct.unpack_from("<H", content, len(content) - 2)
    found.fill(row, first, last)
    for step, (_, packed) in enumerate(struct.iter_unpack("<HL", content[4:-2])):
        found.number((row, first + step), _rk(packed))


def _rk(packed: int) -> float:
    """Unfold a number that was squeezed into 30 bits."""
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        (value,) = struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))
    return value / 100 if packed & 1 else value


def _read_formula(found: _Found, content: bytes, foreign: frozenset[int]) -> Cell | None:
    """Take the facts from a formula; return its cell when a text is still to follow."""
    row, column = cell = struct.unpack_from("<2H", content)
    result = content[6:14]
    found.fill(row, column)
    found.formulas.append(cell)
    if foreign and _refers_to(content, foreign):
        found.external.append(cell)
    if result[6:] != b"\xff\xff":
        found.number(cell, struct.unpack("<d", result)[0])
    elif result[0] == 2:
        found.errors[cell] = _error(result[2])
    return cell if result[6:] == b"\xff\xff" and result[0] == 0 else None


def _refers_to(content: bytes, foreign: frozenset[int]) -> bool:
    """Tell whether a formula has a token of another file; an unreadable one counts as such."""
    (size,) = struct.unpack_from("<H", content, 20)
    tokens, at = content[22 : 22 + size], 0
    while at < len(tokens):
        token, at = tokens[at], at + 1
        base = token if token < 0x40 else token & 0x1F | 0x20
        if base in SHEET_TOKENS and struct.unpack_from("<H", tokens, at)[0] in foreign:
            return True
        if base == STRING_TOKEN:
            at += 2 + tokens[at] * (2 if tokens[at + 1] & 1 else 1)
        elif base == ATTRIBUTE_TOKEN:
            (operand,) = struct.unpack_from("<H", tokens, at + 1)
            at += 3 + (2 * (operand + 1) if tokens[at] & CHOOSE else 0)
        elif base not in OPERANDS:
            return True
        else:
            at += OPERANDS[base]
    return False
