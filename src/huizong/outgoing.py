"""Look through a workbook that goes to others for numbers of persons, before it goes."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from html import unescape

import msgspec

from huizong.cells import address
from huizong.checkrows import HIDDEN_SHEET
from huizong.personal import kinds_of, masked
from huizong.workbooks import Sheet, open_workbook

# What stands between tags or in quotes: texts of cells, comments, names, headers, properties.
_TEXT = re.compile(r'>([^<]+)<|"([^"]*)"')
# Of a sheet only these: what else stands between its tags are numbers.
_SHEET_TEXT = re.compile(r"<(?:t|(?:odd|even|first)(?:Header|Footer))(?: [^>]*)?>([^<]+)<()")
_HEADINGS = re.compile(r"<(?:odd|even|first)(?:Header|Footer)(?: [^>]*)?>([^<]+)<()")
# The texts of all cells stand in one part, once each.
_CELL_TEXTS = "xl/sharedStrings.xml"


class Spotted(msgspec.Struct, frozen=True, array_like=True):
    """What was found in a workbook: its kind, where it stands, the text with numbers hidden."""

    kind: str
    sheet: str
    cell: str
    text: str = ""


def numbers_of_persons(content: bytes) -> tuple[Spotted, ...]:
    """
    List the cells and other parts of a workbook that hold numbers of persons.

    Figures are none of them: only texts are looked at, not the digits of a total.
    """
    if not any(kind for _, text in part_texts(content) for kind in kinds_of(text)):
        return ()
    texts = (
        *cell_texts(open_workbook(content).sheets),
        *((part, "", text) for part, text in part_texts(content, cells=False)),
    )
    return tuple(
        Spotted(kind, sheet, cell, masked(text))
        for sheet, cell, text in texts
        for kind in kinds_of(text)
    )


def part_texts(content: bytes, *, cells: bool = True) -> Iterator[tuple[str, str]]:
    """Give the texts in each part of an .xlsx, with the name of the part; those of cells or not."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if not name.endswith((".xml", ".rels", ".vml")) or (name == _CELL_TEXTS and not cells):
                continue
            sheet = _SHEET_TEXT if cells else _HEADINGS
            wanted = sheet if name.startswith("xl/worksheets/sheet") else _TEXT
            for found in wanted.finditer(archive.read(name).decode("utf-8", "replace")):
                yield name, unescape(found[1] or found[2] or "")


def cell_texts(sheets: Iterable[Sheet]) -> Iterator[tuple[str, str, str]]:
    """Give the texts in the cells of some sheets: name of the sheet, address, text."""
    for sheet in sheets:
        for row, values in enumerate(sheet.rows):
            for column, value in enumerate(values):
                # Check rows repeat figures as texts; what they stand for stands in its own cell.
                if isinstance(value, str) and not (sheet.name == HIDDEN_SHEET and column == 2):
                    yield sheet.name, address(row, column), value
