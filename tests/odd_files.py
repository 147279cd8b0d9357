"""Workbooks as units really send them, made on the spot."""

import io
import re
import struct
import zipfile
from collections.abc import Callable

import msoffcrypto.format.ooxml
import pytest
import xlsxwriter

from libreoffice import convert

SHEET = "xl/worksheets/sheet1.xml"
BOOK = "xl/workbook.xml"
RELS = "xl/_rels/workbook.xml.rels"
NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = (
    (NS, "http://purl.oclc.org/ooxml/spreadsheetml/main"),
    (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
    ),
)

Fill = Callable[[xlsxwriter.Workbook], None]


def xlsx(fill: Fill, **options: object) -> bytes:
    """Make an .xlsx, filled by a function."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **options}) as book:
        fill(book)
    return out.getvalue()


def small() -> bytes:
    """One sheet with 1 in A1."""
    return xlsx(lambda book: book.add_worksheet("表1").write(0, 0, 1))


def members(data: bytes) -> dict[str, bytes]:
    """Return the parts of a zip."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(parts: dict[str, bytes]) -> bytes:
    """Make a zip of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, part in parts.items():
            file.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def edited(data: bytes, edits: dict[str, Callable[[str], str | bytes]]) -> bytes:
    """Change parts of a zip by functions on their text."""
    parts = members(data)
    for name, edit in edits.items():
        changed = edit(parts[name].decode())
        parts[name] = changed if isinstance(changed, bytes) else changed.encode()
    return zipped(parts)


def with_rows(rows: str) -> bytes:
    """One sheet whose rows are the given XML."""
    new = f"<sheetData>{rows}</sheetData>"
    return edited(
        small(), {SHEET: lambda text: re.sub("<sheetData>.*</sheetData>", lambda _: new, text)}
    )


def strict(data: bytes) -> bytes:
    """Turn an .xlsx into Strict OOXML, by its names."""

    def rename(text: str) -> str:
        for old, new in STRICT:
            text = text.replace(old, new)
        return text

    parts = members(data)
    names = [name for name in parts if name.endswith((".xml", ".rels"))]
    return edited(data, dict.fromkeys(names, rename))


def prefixed(text: str) -> str:
    """Give every element of a part a prefix, as some programs do."""
    text = re.sub(r"<(/?)(?=[a-zA-Z])", r"<\1x:", text)
    return text.replace("xmlns=", "xmlns:x=", 1)


def encrypted(data: bytes, password: str) -> bytes:
    """Encrypt an .xlsx with a password, as Excel does today."""
    out = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(data)).encrypt(password, out)
    return out.getvalue()


def fill_of_everything(book: xlsxwriter.Workbook) -> None:
    """Errors, formulas, merges, hidden parts, dates, links: one of each, in Chinese sheets."""
    sheet, hidden, deep = (book.add_worksheet(name) for name in ("统计表", "隐藏页", "深藏页"))
    hidden.hide()
    deep.very_hidden()
    hidden.write(0, 0, 1)
    deep.write(1, 1, 2)
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    border = book.add_format({"border": 1})
    sheet.write(2, 1, "a   b\nc")
    sheet.write_formula(3, 1, "=1/0", None, "#DIV/0!")
    sheet.write_formula(3, 2, '="a"&"b"', None, "ab")
    sheet.write_formula(4, 3, "=1+2", None, 3)
    sheet.merge_range("F2:H4", "合并")
    sheet.set_row(6, None, None, {"hidden": True})
    sheet.write(6, 0, 9)
    sheet.set_column("J:XFD", None, None, {"hidden": True})
    sheet.write(8, 9, 3)
    sheet.write(9, 0, True)
    sheet.write(9, 1, 12, date)
    sheet.write(9, 2, 45000.5, date)
    sheet.write(9, 3, -4)
    sheet.write(9, 4, 1 / 3)
    sheet.write_formula(10, 0, "='[其他.xlsx]S'!A1", None, 5)
    sheet.write_formula(10, 1, "=NA()", None, "#N/A")
    for row in range(11, 40):
        for column in range(9):
            sheet.write_blank(row, column, None, border)


def everything() -> bytes:
    """The workbook of everything as .xlsx."""
    return xlsx(fill_of_everything)


def typical_return() -> bytes:
    """Eight sheets with 22,000 bordered blanks, 500 values and 150 formulas."""

    def fill(book: xlsxwriter.Workbook) -> None:
        border = book.add_format({"border": 1, "bg_color": "#FFFFEE"})
        for number in range(8):
            sheet = book.add_worksheet(f"表{number + 1}")
            for row in range(6, 281):
                for column in range(10):
                    sheet.write_blank(row, column, None, border)
            for row in range(6):
                for column in range(10):
                    sheet.write(row, column, f"标题{row}{column}" if row % 2 else row, border)
            for row in range(6, 25):
                sheet.write_formula(row, 11, f"=SUM(A{row}:B{row})", border, row)

    return xlsx(fill)


@pytest.fixture(scope="session")
def converted(tmp_path_factory) -> Callable[[str], bytes]:
    """Give the workbook of everything as LibreOffice writes it in another kind."""
    made: dict[str, bytes] = {}

    def give(kind: str) -> bytes:
        if kind not in made:
            folder = tmp_path_factory.mktemp("converted")
            path = folder / "everything.xlsx"
            path.write_bytes(everything())
            made[kind] = convert(path, kind, folder / kind).read_bytes()
        return made[kind]

    return give


def records(data: bytes) -> list[tuple[int, int]]:
    """List type and place in the file of the records of a small .xls in one piece."""
    at = data.index(b"\x09\x08\x10\x00\x00\x06")
    found = []
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<2H", data, at)
        if kind == 0:
            break
        found.append((kind, at))
        at += 4 + size
    return found


def patched(data: bytes, at: int, new: bytes) -> bytes:
    """Overwrite bytes."""
    return data[:at] + new + data[at + len(new) :]
