"""Find in the parts of an .xlsx what calamine does not tell about its cells."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from math import isfinite
from posixpath import dirname, join, normpath
from xml.parsers import expat

from huizong.facts import BookFacts, Cell, Merge, SheetFacts, check_size, loses_its_serial, within
from huizong.refused import Refused
from huizong.xlsx_cells import RawCell, Scan, column_number, scan
from huizong.xlsx_looks import noted_cells, odd_cells, odd_styles
from huizong.xml_parts import local, parse, plain

NUMBER = re.compile(rb"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
# [2]Sheet!A1, '[2]My sheet'!A1 and [2]!Name, but neither Table[2] nor Table[[2019],[2020]].
EXTERNAL = re.compile(rb"(?<![\w.\])])\[(?:[0-9]+|[^\[\]']+\.\w{2,4})\](?:[^'\[\]]|'')*'?!")
SHARED = re.compile(rb'<f [^>]*\bsi="([0-9]+)"')
CORNERS = re.compile(rb"\$?([A-Z]{1,3})\$?([0-9]+)(?::\$?([A-Z]{1,3})\$?([0-9]+))?")
# calamine gives up the whole sheet for an error that it does not know, such as #SPILL!.
KNOWN_ERRORS = frozenset(
    (b"#DIV/0!", b"#N/A", b"#NAME?", b"#NULL!", b"#NUM!", b"#REF!", b"#VALUE!", b"#GETTING_DATA")
)
ERROR_CELL = re.compile(
    rb"(<(?:\w+:)?c\s[^>]*\bt\s*=\s*[\"']e[\"'][^>]*>\s*"
    rb"(?:<(?:\w+:)?f\b[^>]*/>|<(?:\w+:)?f\b[^>]*>[^<]*</[\w:]+\s*>)?\s*<(?:\w+:)?v\s*>)([^<]*)"
)
SHEET_KINDS = {
    "worksheet": "worksheet",
    "chartsheet": "chart",
    "dialogsheet": "dialog",
    "xlMacrosheet": "macro",
    "xlIntlMacrosheet": "macro",
}
MACRO_PARTS = ("xl/vbaProject", "xl/macrosheets/", "xl/activeX/")
LINK_PARTS = ("xl/externalLinks/", "xl/connections", "xl/queryTables/")
SHEET_PART = "xl/worksheets/sheet{}.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
READ_TOO = ("sharedStrings", "styles")


@dataclass(frozen=True, slots=True)
class Tab:
    """One <sheet> of the workbook part."""

    name: str
    visible: str
    relation: str


@dataclass(frozen=True, slots=True)
class OpenedXlsx:
    """The facts of an .xlsx and the plain parts that calamine is to read."""

    facts: BookFacts
    parts: Mapping[str, bytes]


def open_xlsx(parts: Mapping[str, bytes], book: str) -> OpenedXlsx:
    """
    Find the facts of a workbook from its parts, of which `book` is the workbook part.

    Raises:
        Refused: damaged, too_wide or too_many_rows.
    """
    tabs, date1904 = _tabs(plain(parts[book]))
    rels_name = join(dirname(book), "_rels", book.rpartition("/")[2] + ".rels")
    relations = read_relations(_part(parts, rels_name), dirname(book))
    sheets, kept = [], {}
    for kind, target in relations.values():
        if kind in READ_TOO:
            kept[f"xl/{kind}.xml"] = plain(_part(parts, target))
    odd = odd_styles(kept.get("xl/styles.xml", b""))
    for number, tab in enumerate(tabs, 1):
        kind, target = relations.get(tab.relation, ("", ""))
        sheet = plain(_part(parts, target))
        part, facts = _sheet(tab, SHEET_KINDS.get(kind, "worksheet"), sheet, odd)
        kept[SHEET_PART.format(number)] = part
        sheets.append(replace(facts, notes=_notes(parts, target)))
    macros = _any(parts, MACRO_PARTS) or any(sheet.kind == "macro" for sheet in sheets)
    facts = BookFacts(tuple(sheets), macros, _any(parts, LINK_PARTS), date1904)
    kinds = {name: "worksheet" if "sheet" in name else name[3:-4] for name in kept}
    return OpenedXlsx(facts, _skeleton(tabs, date1904, kinds) | kept)


def _skeleton(tabs: Sequence[Tab], date1904: bool, kept: Mapping[str, str]) -> dict[str, bytes]:
    """
    Make the workbook part and all relations anew, in the form that calamine surely knows.

    It fails over kinds of sheets that are new to it.
    """
    sheets = "".join(
        f'<sheet name="{escape(tab.name)}" sheetId="{number}" r:id="{SHEET_PART.format(number)}"/>'
        for number, tab in enumerate(tabs, 1)
    )
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr date1904="{date1904:d}"/>'
    return {
        "_rels/.rels": _relations({"xl/workbook.xml": "officeDocument"}),
        "xl/workbook.xml": f"{book}<sheets>{sheets}</sheets></workbook>".encode(),
        "xl/_rels/workbook.xml.rels": _relations(kept),
    }


def _relations(kinds: Mapping[str, str]) -> bytes:
    links = "".join(
        f'<Relationship Id="{name}" Type="{RELATIONS}/{kind}" Target="/{name}"/>'
        for name, kind in kinds.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{links}</Relationships>'.encode()


def _any(parts: Mapping[str, bytes], starts: tuple[str, ...]) -> bool:
    return any(name.startswith(starts) for name in parts)


def _part(parts: Mapping[str, bytes], name: str) -> bytes:
    if name not in parts:
        raise Refused("damaged", part=name)
    return parts[name]


def _tabs(part: bytes) -> tuple[list[Tab], bool]:
    """Read the tabs of the workbook part in their order, and its date system."""
    tabs: list[Tab] = []
    systems: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "workbookPr":
            systems.append(attributes.get("date1904", "0"))
        elif local(name) == "sheet":
            relation = [value for key, value in attributes.items() if local(key) == "id"]
            state = attributes.get("state", "visible")
            tabs.append(Tab(attributes.get("name", ""), state, "".join(relation)))

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parse(parser, part)
    return tabs, any(value in ("1", "true") for value in systems)


def read_relations(part: bytes, folder: str) -> dict[str, tuple[str, str]]:
    """Read a .rels part as id to (last word of the type, name of the part)."""
    relations: dict[str, tuple[str, str]] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if local(name) == "Relationship" and attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            target = attributes.get("Target", "").replace("\\", "/")
            path = normpath(join("/", folder, target)).lstrip("/")
            relations[attributes.get("Id", "")] = kind, path

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parse(parser, part)
    return relations


def _notes(parts: Mapping[str, bytes], sheet: str) -> frozenset[Cell]:
    """Find the cells with a number in a note; few sheets have notes."""
    folder, name = dirname(sheet), sheet.rpartition("/")[2]
    relations = parts.get(join(folder, "_rels", f"{name}.rels"))
    if not relations or b"/comments" not in relations:
        return frozenset()
    named = read_relations(relations, folder).values()
    found = [noted_cells(_part(parts, target)) for kind, target in named if kind == "comments"]
    return frozenset().union(*found)


def _sheet(tab: Tab, kind: str, part: bytes, odd: Mapping[int, str]) -> tuple[bytes, SheetFacts]:
    """Find the facts of one sheet, and its part in a form that calamine reads."""
    if kind == "chart":
        return part, SheetFacts(tab.name, tab.visible, kind)
    scanned = scan(part)
    facts = sheet_facts(tab.name, tab.visible, kind, scanned)
    if odd:
        filled = {_place(cell) for cell in scanned.cells if cell[4] or cell[5] or cell[6]}
        looks = odd_cells(part, odd).items()
        facts = replace(facts, looks={at: look for at, look in looks if at in filled})
    part = scanned.slim or part
    if any(error.encode() not in KNOWN_ERRORS for error in facts.errors.values()):
        part = ERROR_CELL.sub(rb"\1#VALUE!", part)
    return part, facts


def sheet_facts(name: str, visible: str, kind: str, scanned: Scan) -> SheetFacts:
    """Turn a scan into the facts of a sheet."""
    cells = [cell for cell in scanned.cells if cell[3] or cell[4] or cell[5] or cell[6]]
    rows = {cell[1] for cell in cells}
    height = max(map(int, rows), default=0)
    width = max(map(column_number, {cell[0] for cell in cells}), default=0)
    check_size(name, height, width, len(rows))
    formulas = [cell for cell in cells if cell[3]]
    odd = [cell for cell in cells if cell[5]]
    numbers = [cell for cell in odd if cell[2] in (b"", b"n")]
    return SheetFacts(
        name,
        visible,
        kind,
        height,
        width,
        errors={_place(cell): cell[5].decode() for cell in odd if cell[2] == b"e"},
        formulas=_places(formulas),
        uncached=_places([cell for cell in formulas if _is_uncached(cell)]),
        merges=tuple(_merge(ref) for ref in scanned.merges),
        hidden_rows=frozenset(row - 1 for row in scanned.hidden_rows if row <= height),
        hidden_columns=within(((a - 1, b - 1) for a, b in scanned.hidden_columns), width),
        refused_numbers=_places([cell for cell in numbers if not _is_number(cell[5])]),
        external=_external(formulas),
        lost_serials=_lost_serials(numbers),
    )


def _place(cell: RawCell) -> Cell:
    return int(cell[1]) - 1, column_number(cell[0]) - 1


def _places(cells: Sequence[RawCell]) -> frozenset[Cell]:
    return frozenset(map(_place, cells))


def _is_uncached(cell: RawCell) -> bool:
    # The result "" is written as an empty value of type str.
    return not (cell[4] or cell[5] or cell[6] or cell[2] == b"str")


def _is_number(value: bytes) -> bool:
    return bool(NUMBER.fullmatch(value.strip())) and isfinite(float(value))


def _lost_serials(numbers: Sequence[RawCell]) -> dict[Cell, float]:
    values = {_place(cell): float(cell[5]) for cell in numbers if _is_number(cell[5])}
    return {place: value for place, value in values.items() if loses_its_serial(value)}


def _external(formulas: Sequence[RawCell]) -> frozenset[Cell]:
    """Find the formulas that refer to another file, with those that share such a formula."""
    direct = [cell for cell in formulas if b"[" in cell[3] and _is_external(cell[3])]
    if not direct:
        return frozenset()
    groups = {found[1] for cell in direct if (found := SHARED.match(cell[3]))}
    shared = [cell for cell in formulas if (found := SHARED.match(cell[3])) and found[1] in groups]
    return _places(direct + shared)


def _is_external(formula: bytes) -> bool:
    return bool(EXTERNAL.search(formula.replace(b"&apos;", b"'").replace(b"&#39;", b"'")))


def _merge(ref: bytes) -> Merge:
    found = CORNERS.fullmatch(ref)
    if not found:
        raise Refused("damaged", reason="merge")
    left, top, right, bottom = found.groups()
    right, bottom = right or left, bottom or top
    return int(top) - 1, column_number(left) - 1, int(bottom) - 1, column_number(right) - 1
