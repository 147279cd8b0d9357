"""Build the Excel add-in, huizong.xlam: the ribbon's tab, worksheet functions, xlwings' RunPython.

It comes from text sources: those in `macros/`, and the modules of the installed xlwings as they
are, so that VBA and Python are of one version.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import xlsxwriter

from huizong.console import NO_PYTHON, WORKING
from huizong.macros import macro_module, macros_folder
from huizong.tables import OPTIONS
from huizong.texts import LANGUAGES, catalogue, say, spoken
from huizong.vba_project import Kind, Module, Project, write_project

FILE = "huizong.xlam"
PROJECT = "HuizongAddIn"
# xlwings reads the settings of an add-in on a sheet of this name; it is in its module.
SETTINGS = "myaddin.conf"
# The macro fills in the first; nothing is imported from the folder of a workbook.
CONFIGURED = {"INTERPRETER_WIN": "", "ADD_WORKBOOK_TO_PYTHONPATH": "false"}
WORDS = "huizong"
# The cell for the interpreter, and the words that the macro says by itself.
PYTHON, NO_BOOK = "HZ_PYTHON", "HZ_NO_BOOK"
SAID = {WORKING: "console.working", NO_PYTHON: "console.no_python", NO_BOOK: "macro.no_book"}

# What xlwings has for add-ins: the caller is the active workbook, not the add-in itself.
RUN_PYTHON, DICTIONARY = "xlwings_custom_addin.bas", "addin/Dictionary.cls"
CREATED = dt.datetime(2026, 1, 1)

TAB = "customUI/customUI14.xml"
TAB_NAMES = "http://schemas.microsoft.com/office/2009/07/customui"
# Where the words of a control stand: a button's label is that of the control workbook.
ATTRIBUTES = {
    "label": ("button.{}", "ribbon.{}.label"),
    "screentip": ("ribbon.{}.tip",),
    "supertip": ("ribbon.{}.more",),
}
TYPES, RELATIONS = "[Content_Types].xml", "_rels/.rels"
# [MS-OFFMACRO2] 2.2.1: what makes a workbook an add-in; [MS-CUSTOMUI2] 2.1: the part of the tab.
WORKBOOK_TYPE = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
ADDIN_TYPE = b"application/vnd.ms-excel.addin.macroEnabled.main+xml"
TAB_RELATION = (
    b'<Relationship Id="rIdTab" Target="' + TAB.encode() + b'" '
    b'Type="http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"/>'
)


def build_addin() -> bytes:
    """Give the bytes of the add-in, the same for the same sources and version of xlwings."""
    parts = _workbook(write_project(addin_project()))
    parts[TYPES] = _replaced(parts[TYPES], WORKBOOK_TYPE, ADDIN_TYPE)
    end = b"</Relationships>"
    parts[RELATIONS] = _replaced(parts[RELATIONS], end, TAB_RELATION + end)
    parts[TAB] = tab((macros_folder() / "customUI14.xml").read_bytes())
    return packed(parts)


def addin_project() -> Project:
    """Give the VBA project: our modules, and those of xlwings as they are installed."""
    return Project(
        PROJECT,
        (
            Module("ThisWorkbook", Kind.WORKBOOK, _text(macros_folder() / "AddIn.bas")),
            Module("Sheet1", Kind.SHEET),
            Module("Sheet2", Kind.SHEET),
            macro_module("Ribbon"),
            macro_module("Functions"),
            Module("xlwings", Kind.STANDARD, _text(_installed() / RUN_PYTHON)),
            Module("Dictionary", Kind.CLASS, _text(_installed() / DICTIONARY)),
        ),
    )


def _installed() -> Path:
    """Find xlwings without importing it, which takes half a second."""
    return Path(find_spec("xlwings").origin).parent


def _text(path: Path) -> str:
    # Bytes: reading as text would turn CRLF into LF.
    return path.read_bytes().decode("ascii")


def tab(source: bytes) -> bytes:
    """Put the words of the catalogue into the ribbon's tab, by the ids of its controls."""
    ElementTree.register_namespace("", TAB_NAMES)
    root = ElementTree.fromstring(source)
    with spoken(LANGUAGES[0]):
        for control in root.iter():
            name = control.get("id")
            for attribute, codes in ATTRIBUTES.items():
                known = [code for code in codes if code.format(name) in catalogue()]
                if known:
                    control.set(attribute, say(known[0].format(name)))
    return ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _workbook(project: bytes) -> dict[str, bytes]:
    """Write the two sheets that the macros read, and give the parts of the workbook."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, OPTIONS) as book:
        book.set_properties({"title": FILE, "created": CREATED})
        book.add_vba_project(io.BytesIO(project), True)
        book.set_vba_name("ThisWorkbook")
        _sheet(book, SETTINGS, CONFIGURED, {PYTHON: 0})
        with spoken(LANGUAGES[0]):
            words = {name: say(code) for name, code in SAID.items()}
        _sheet(book, WORDS, words, {name: row for row, name in enumerate(SAID)})
    with zipfile.ZipFile(content) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _sheet(
    book: xlsxwriter.Workbook, name: str, rows: Mapping[str, str], names: Mapping[str, int]
) -> None:
    """Write pairs in the columns A and B, and name some cells of B."""
    sheet = book.add_worksheet(name)
    sheet.set_vba_name()
    for row, pair in enumerate(rows.items()):
        sheet.write_row(row, 0, pair)
    for cell, row in names.items():
        book.define_name(cell, f"='{name}'!$B${row + 1}")


def _replaced(part: bytes, old: bytes, new: bytes) -> bytes:
    if part.count(old) != 1:
        msg = f"{old.decode()} stands {part.count(old)} times"
        raise ValueError(msg)
    return part.replace(old, new)


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Pack the parts of a workbook, without a clock."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return content.getvalue()
