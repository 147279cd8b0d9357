"""Find in the content of an .ods what calamine does not tell about its cells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from xml.parsers import expat

from huizong.facts import MAX_ROWS, BookFacts, Cell, Merge, SheetFacts, check_size, within
from huizong.refused import Refused
from huizong.xml_parts import local, parse

ERROR = re.compile(r"#(?:DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|VALUE!)|(?:Err|错误)[:：]\d+")
EXTERNAL = re.compile(r"['\"]#|\bDDE\(|\[\.?'?(?:file|https?|ftp):")
CELL_NAMES = ("table-cell", "covered-table-cell")
MACRO_FOLDERS = ("Basic/", "Scripts/")
NUMBERS = ("float", "percentage", "currency")


@dataclass(slots=True)
class _Found:
    """What was found of one table so far; repeated rows and columns are counted, not unfolded."""

    name: str
    visible: str
    row: int = 0
    column: int = 0
    header_columns: int = 0
    height: int = 0
    width: int = 0
    filled_rows: int = 0
    row_repeat: int = 1
    row_is_filled: bool = False
    row_cells: list[tuple[str, int, int, str]] = field(default_factory=list)
    errors: dict[Cell, str] = field(default_factory=dict)
    marks: dict[str, set[Cell]] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)

    def facts(self) -> SheetFacts:
        """Close the table."""
        formulas, uncached, refused, external = (
            frozenset(self.marks.get(mark, ()))
            for mark in ("formula", "uncached", "refused", "external")
        )
        return SheetFacts(
            self.name,
            self.visible,
            "worksheet",
            self.height,
            self.width,
            self.errors,
            formulas,
            uncached,
            tuple(self.merges),
            within(self.hidden_rows, self.height),
            within(self.hidden_columns, self.width),
            refused,
            external,
        )


def ods_facts(parts: Mapping[str, bytes], content: bytes) -> BookFacts:
    """
    Find the facts of a workbook from its content part, already plain.

    Raises:
        Refused: damaged, too_wide or too_many_rows.
    """
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parse(parser, content)
    except (ValueError, LookupError) as error:
        raise Refused("damaged", reason="sheet") from error
    macros = any(name.startswith(MACRO_FOLDERS) for name in parts)
    links = reader.links or any(sheet.external for sheet in reader.sheets)
    return BookFacts(tuple(reader.sheets), macros, links, reader.date1904)


class _Reader:
    """Collect facts from the events of a parser."""

    def __init__(self) -> None:
        self.sheets: list[SheetFacts] = []
        self.hidden_styles: set[str] = set()
        self.style = ""
        self.links = self.date1904 = False
        self.path: list[str] = []
        self.found: _Found | None = None
        self.cell: dict[str, str] | None = None
        self.cell_depth = 0
        self.text: str | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        name = local(name)
        self.path.append(name)
        attributes = _without_prefixes(attributes)
        if self.path[1:2] == ["automatic-styles"]:
            self._style(name, attributes)
        elif name == "null-date":
            self.date1904 = attributes.get("date-value", "").startswith("1904")
        elif name == "table" and self.path[-2] == "spreadsheet":
            hidden = attributes.get("style-name") in self.hidden_styles
            self.found = _Found(attributes.get("name", ""), "hidden" if hidden else "visible")
        elif name in ("table-source", "dde-link"):
            self.links = True
        elif self.found and self.cell is None:
            self._in_table(name, attributes)
        elif self.cell is not None and name == "p":
            self.text = self.text or ""

    def _style(self, name: str, attributes: dict[str, str]) -> None:
        if name == "style":
            self.style = attributes.get("name", "")
        elif name == "table-properties" and attributes.get("display") == "false":
            self.hidden_styles.add(self.style)

    def _in_table(self, name: str, attributes: dict[str, str]) -> None:
        found = self.found
        hidden = attributes.get("visibility") in ("collapse", "filter")
        if name == "table-column":
            repeat = _repeat(attributes, "columns")
            if hidden:
                first = found.header_columns
                found.hidden_columns.append((first, first + repeat - 1))
            found.header_columns += repeat
        elif name == "table-row":
            found.row_repeat, found.column = _repeat(attributes, "rows"), 0
            found.row_is_filled = False
            if hidden:
                found.hidden_rows.append((found.row, found.row + found.row_repeat - 1))
        elif name in CELL_NAMES:
            self.cell, self.cell_depth, self.text = attributes, len(self.path), None

    def characters(self, text: str) -> None:
        if self.cell is not None and "annotation" not in self.path and "p" in self.path:
            self.text = (self.text or "") + text

    def end(self, name: str) -> None:
        name, depth = local(name), len(self.path)
        self.path.pop()
        if self.cell is not None and depth == self.cell_depth:
            self._close_cell()
        elif self.found and name == "table-row" and self.cell is None:
            self._close_row()
        elif self.found and name == "table" and self.path[-1] == "spreadsheet":
            self.sheets.append(self.found.facts())
            self.found = None

    def _close_row(self) -> None:
        found = self.found
        if found.row_is_filled:
            found.filled_rows += found.row_repeat
            found.height = found.row + found.row_repeat
            check_size(found.name, found.height, found.width, found.filled_rows)
        found.row += found.row_repeat

    def _close_cell(self) -> None:
        found, cell, text = self.found, self.cell, self.text
        self.cell = None
        repeat = _repeat(cell, "columns")
        left, found.column = found.column, found.column + repeat
        if "number-columns-spanned" in cell or "number-rows-spanned" in cell:
            _note_merge(found, left, cell)
        if not (text or "formula" in cell or "value-type" in cell):
            return
        found.row_is_filled = True
        found.width = max(found.width, found.column)
        height = found.row + found.row_repeat
        check_size(found.name, height, found.width, min(found.row_repeat, MAX_ROWS + 1))
        _note_cell(found, range(found.row, height), range(left, found.column), cell, text)


def _without_prefixes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return attributes by local name, with the error type that LibreOffice keeps apart."""
    plain = {local(key): value for key, value in attributes.items()}
    types = [value for key, value in attributes.items() if local(key) == "value-type"]
    if "error" in types:
        plain["value-type"] = "error"
    return plain


def _repeat(attributes: Mapping[str, str], what: str) -> int:
    return max(1, int(attributes.get(f"number-{what}-repeated", "1")))


def _note_merge(found: _Found, left: int, cell: Mapping[str, str]) -> None:
    columns = int(cell.get("number-columns-spanned", "1"))
    rows = int(cell.get("number-rows-spanned", "1"))
    if columns > 1 or rows > 1:
        found.merges.append((found.row, left, found.row + rows - 1, left + columns - 1))


def _note_cell(
    found: _Found, rows: range, columns: range, cell: Mapping[str, str], text: str | None
) -> None:
    """Note what is odd about a cell, at every place where it is repeated."""
    marks = list(_marks(cell, text))
    error = ERROR.fullmatch((text or "").strip()) if _may_be_error(cell) else None
    if not marks and not error:
        return
    places = {(row, column) for row in rows for column in columns}
    for mark in marks:
        found.marks.setdefault(mark, set()).update(places)
    if error:
        found.errors |= dict.fromkeys(sorted(places), error[0])


def _may_be_error(cell: Mapping[str, str]) -> bool:
    return "formula" in cell or cell.get("value-type") == "error"


def _marks(cell: Mapping[str, str], text: str | None) -> list[str]:
    marks = []
    formula = cell.get("formula")
    if formula is not None:
        marks.append("formula")
        # The result "" has no type either, but an empty paragraph.
        if "value-type" not in cell and text is None:
            marks.append("uncached")
        if EXTERNAL.search(formula):
            marks.append("external")
    if cell.get("value-type") in NUMBERS and not _is_number(cell.get("value", "")):
        marks.append("refused")
    return marks


def _is_number(value: str) -> bool:
    try:
        return isfinite(float(value))
    except ValueError:
        return False
