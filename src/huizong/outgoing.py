"""Look through a workbook that goes to others for numbers of persons, before it goes."""

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape

import msgspec

from huizong.cells import address
from huizong.checkrows import HIDDEN_SHEET
from huizong.personal import kinds_of, masked
from huizong.workbooks import open_workbook

# What stands between tags or in quotes: texts of cells, comments, names, headers, properties.
_TEXT = re.compile(r'>([^<]+)<|"([^"]*)"')
# Of a sheet only these: what else stands between its tags are numbers.
_SHEET_TEXT = re.compile(r"<(?:t|(?:odd|even|first)(?:Header|Footer))(?: [^>]*)?>([^<]+)<()")


class Spotted(msgspec.Struct, frozen=True):
    """A number of a person: its kind, where it stands, and the text with the number hidden."""

    kind: str
    sheet: str
    cell: str
    text: str


def numbers_of_persons(content: bytes) -> tuple[Spotted, ...]:
    """
    List the cells and other parts of a workbook that hold identity or telephone numbers.

    Figures are none of them: only texts are looked at, not the digits of a total.
    """
    parts = [one for one in _parts(content) if one.kind]
    if not parts:
        return ()
    cells = tuple(_cells(content))
    # The texts of all cells stand in one part, once each.
    return (*cells, *(one for one in parts if one.sheet != "xl/sharedStrings.xml"))


def _parts(content: bytes) -> Iterator[Spotted]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if not name.endswith((".xml", ".rels", ".vml")):
                continue
            wanted = _SHEET_TEXT if name.startswith("xl/worksheets/sheet") else _TEXT
            for found in wanted.finditer(archive.read(name).decode("utf-8", "replace")):
                text = unescape(found[1] or found[2] or "")
                for kind in kinds_of(text):
                    yield Spotted(kind, name, "", masked(text))


def _cells(content: bytes) -> Iterator[Spotted]:
    for sheet in open_workbook(content).sheets:
        for row, values in enumerate(sheet.rows):
            for column, value in enumerate(values):
                # Check rows repeat figures as texts; what they stand for stands in its own cell.
                if isinstance(value, str) and not (sheet.name == HIDDEN_SHEET and column == 2):
                    for kind in kinds_of(value):
                        yield Spotted(kind, sheet.name, address(row, column), masked(value))
