"""Change workbooks as people and programs do: cells in the XML itself, sheets by openpyxl."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from html import escape

from openpyxl import Workbook, load_workbook


def parts_of(data: bytes) -> dict[str, bytes]:
    """Give the parts of a workbook, in their order."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Make a workbook of parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()


def part_of(parts: Mapping[str, bytes], sheet: str) -> str:
    """Find the part of a sheet by its tab; XlsxWriter numbers them in order."""
    names = re.findall(r'<sheet name="([^"]*)"', parts["xl/workbook.xml"].decode())
    return f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"


def retyped(data: bytes, sheet: str, cells: Mapping[str, str]) -> bytes:
    """
    Replace cells by raw XML, all else stays byte for byte.

    A value is the inside of `<c>` with its attributes before a `|`: `t="e"|<v>#REF!</v>`,
    `|<f>1+1</f>`; anything else is typed as a text, or as a number after `=`: `=12`.
    """
    parts = parts_of(data)
    name = part_of(parts, sheet)
    text = parts[name].decode()
    for cell, value in cells.items():
        text = _one(text, cell, value)
    return packed({**parts, name: text.encode()})


def _one(text: str, cell: str, value: str) -> str:
    if value.startswith("="):
        value = f"|<v>{value[1:]}</v>"
    elif "|" not in value:
        value = f't="inlineStr"|<is><t xml:space="preserve">{escape(value)}</t></is>'
    attributes, _, inside = value.partition("|")
    pattern = re.compile(rf'<c r="{cell}"( s="\d+")?[^>]*?(?:/>|>.*?</c>)', re.DOTALL)

    def put(found: re.Match[str]) -> str:
        return f'<c r="{cell}"{found[1] or ""} {attributes}>{inside}</c>'

    text, count = pattern.subn(put, text, count=1)
    assert count == 1, f"no cell {cell}"
    return text


def reworked(data: bytes, change: Callable[[Workbook], None]) -> bytes:
    """
    Let openpyxl change a workbook and save it, as other tools do.

    It keeps either formulas or results, so the results are kept here: what a person sees.
    """
    book = load_workbook(io.BytesIO(data), data_only=True)
    change(book)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_formulas(data: bytes) -> bytes:
    """Let openpyxl save a workbook with its formulas: their results are lost."""
    book = load_workbook(io.BytesIO(data))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
