"""A workbook taken apart into its sheets, and put together again as some program would."""

import copy
import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape

from huizong.xlsx_cells import column_number
from human_edits.grid import MERGES, TEXT, Cell, Page
from patch import packed, parts_of

_ROW = re.compile(r'<row r="(\d+)"([^>]*?)(?:/>|>(.*?)</row>)', re.DOTALL)
_CELL = re.compile(
    r'<c r="([A-Z]+)(\d+)"(?: s="(\d+)")?(?: t="(\w+)")?(?:/>|>(.*?)</c>)', re.DOTALL
)
_TAB = re.compile(r'<sheet name="([^"]*)" sheetId="(\d+)"(?: state="(\w+)")? r:id="(\w+)"/>')
_STRING = re.compile(r"<si>(.*?)</si>", re.DOTALL)
_MERGE = re.compile(r'<mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"/>')
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
CUSTOM = {";;;": ";;;", "万": '0!.0,"万"'.replace('"', "&quot;")}


@dataclass
class Tab:
    """One tab of the workbook: its name, state and part, taken apart when it is edited."""

    name: str
    part: str
    strings: tuple[str, ...] = ()
    state: str = ""
    edited: Page | None = None

    @property
    def page(self) -> Page:
        """The page to edit."""
        if self.edited is None:
            read = _page(self.part, self.strings)
            self.edited = Page(
                read.head, read.tail, dict(read.cells), list(read.merges), read.strings
            )
        return self.edited

    def copied(self, name: str) -> "Tab":
        """Give a copy of the tab as it is now."""
        return Tab(name, self.xml(), self.strings)

    def xml(self) -> str:
        """Write the sheet's part; one that nobody has touched stays byte for byte."""
        return self.edited.xml() if self.edited else self.part


@dataclass
class Book:
    """A workbook: its tabs in order, and the parts that edits leave alone."""

    parts: dict[str, bytes]
    tabs: list[Tab]
    manner: str = ""

    def tab(self, name: str) -> Tab:
        """Find a tab."""
        return next(one for one in self.tabs if one.name == name)

    def packed(self) -> bytes:
        """Write the workbook."""
        parts = {name: part for name, part in self.parts.items() if "worksheets/" not in name}
        sheets, links, types = "", "", ""
        for number, tab in enumerate(self.tabs, 1):
            state = f' state="{tab.state}"' if tab.state else ""
            name = escape(tab.name)
            sheets += f'<sheet name="{name}" sheetId="{number}"{state} r:id="rSheet{number}"/>'
            path = f"worksheets/edited{number}.xml"
            links += f'<Relationship Id="rSheet{number}" Type="{RELATION}" Target="{path}"/>'
            types += f'<Override PartName="/xl/{path}" ContentType="{SHEET_TYPE}"/>'
            parts[f"xl/{path}"] = _in_manner(tab.xml(), self.manner).encode()
        self._replace(
            parts, "xl/workbook.xml", r"<sheets>.*</sheets>", f"<sheets>{sheets}</sheets>"
        )
        self._replace(
            parts, "xl/_rels/workbook.xml.rels", "</Relationships>", f"{links}</Relationships>"
        )
        self._replace(parts, "[Content_Types].xml", "</Types>", f"{types}</Types>")
        return packed(parts)

    def style(self, number_format: str) -> str:
        """Give the number of a style with a number format: a built-in one, or one of its own."""
        text = self.parts["xl/styles.xml"].decode()
        if not number_format.isdigit():
            own = f'<numFmt numFmtId="199" formatCode="{CUSTOM[number_format]}"/>'
            text = text.replace("</numFmts>", f"{own}</numFmts>")
            number_format = "199"
        count = int(re.search(r'<cellXfs count="(\d+)"', text)[1])
        style = f'<xf numFmtId="{number_format}" fontId="0" fillId="0" borderId="0" xfId="0"'
        text = text.replace(f'<cellXfs count="{count}"', f'<cellXfs count="{count + 1}"')
        text = text.replace("</cellXfs>", f'{style} applyNumberFormat="1"/></cellXfs>')
        self.parts["xl/styles.xml"] = text.encode()
        return str(count)

    def _replace(self, parts: dict[str, bytes], name: str, pattern: str, new: str) -> None:
        text = parts[name].decode()
        text = re.sub(r'<(?:Override|Relationship) [^>]*worksheets/sheet\d+\.xml"[^>]*/>', "", text)
        parts[name] = re.sub(pattern, lambda _: new, text, flags=re.DOTALL).encode()


def _in_manner(xml: str, manner: str) -> str:
    """Write a sheet as some other program would."""
    if manner == "prefix":
        xml = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", xml)
        return xml.replace(' xmlns="', ' xmlns:x="')
    if manner == "quotes":
        return re.sub(r'<c r="(\w+)"', r"<c r='\1' ", xml)
    if manner == "bare":
        return xml.replace("<c ", "<c\n").replace("</c>", "</c\n>").replace("<v>", "<v >")
    return xml


def opened(data: bytes) -> Book:
    """Take a workbook apart; its tabs are the caller's own."""
    parts, tabs = _taken_apart(data)
    return Book(dict(parts), [copy.copy(tab) for tab in tabs])


@lru_cache(maxsize=64)
def _taken_apart(data: bytes) -> tuple[dict[str, bytes], list[Tab]]:
    parts = parts_of(data)
    strings = tuple(
        unescape("".join(TEXT.findall(one)))
        for one in _STRING.findall(parts["xl/sharedStrings.xml"].decode())
    )
    tabs = [
        Tab(unescape(name), parts[f"xl/worksheets/sheet{number}.xml"].decode(), strings, state)
        for name, number, state, _ in _TAB.findall(parts["xl/workbook.xml"].decode())
    ]
    return parts, tabs


@lru_cache(maxsize=64)
def _page(text: str, strings: tuple[str, ...]) -> Page:
    head, _, rest = text.partition("<sheetData>")
    body, _, tail = rest.partition("</sheetData>")
    cells = {}
    for _, _, inside in _ROW.findall(body):
        for letters, row, style, kind, content in _CELL.findall(inside):
            place = (int(row) - 1, column_number(letters.encode()) - 1)
            cells[place] = Cell(style, kind, content)
    merges = [
        (int(top) - 1, column_number(left.encode()) - 1, int(bottom) - 1,
         column_number(right.encode()) - 1)
        for left, top, right, bottom in _MERGE.findall(tail)
    ]  # fmt: skip
    tail = MERGES.sub("<MERGES/>", tail) if merges else _with_place(tail)
    return Page(head, tail, cells, merges, strings)


def _with_place(tail: str) -> str:
    """Merged cells come after protection and filter, before what else a sheet has."""
    at = max(
        (found.end() for found in re.finditer(r"<(?:sheetProtection|autoFilter)[^>]*/>", tail)),
        default=0,
    )
    return f"{tail[:at]}<MERGES/>{tail[at:]}"
