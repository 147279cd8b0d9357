"""The add-in is built from its sources, and every button of its tab has a macro and words."""

import re
import warnings
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xlwings

import ovba
from huizong import addin, addin_file, console, this_book
from huizong.addin_file import TAB, TAB_NAMES, addin_project, build_addin, tab
from huizong.button_acts import ACTS
from huizong.macros import macros_folder
from huizong.texts import catalogue
from huizong.vba_project import Kind, stored_text
from packages import TYPES, faults, parts_of
from uno_session import uno_session
from validator import validate

with warnings.catch_warnings():
    # oletools calls pyparsing by names of old.
    warnings.simplefilter("ignore")
    from oletools.olevba import VBA_Parser

ROOT = Path(__file__).parents[1]
BUILT = ROOT / "workbook" / addin_file.FILE
XLWINGS = Path(xlwings.__file__).parent
# LibreOffice has no type for an add-in: it is told how to read one.
KIND = "Calc MS Excel 2007 VBA XML"


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    """The parts of the add-in, built anew."""
    return parts_of(build_addin())


@pytest.fixture(scope="module")
def controls() -> list[ElementTree.Element]:
    """The controls of the tab, with their words."""
    root = ElementTree.fromstring(tab((macros_folder() / "customUI14.xml").read_bytes()))
    return [one for one in root.iter() if one.get("id")]


def test_built_file_is_that_of_the_sources(parts):
    """
    workbook/huizong.xlam is what `make generated` writes, member by member.
    """
    assert parts_of(BUILT.read_bytes()) == parts


def test_same_sources_give_the_same_bytes():
    """
    Building twice gives the same bytes: there is no clock in them.
    """
    assert build_addin() == build_addin()


def test_modules_of_xlwings_are_as_installed(parts):
    """
    RunPython and the Dictionary class are the installed ones, byte for byte.
    """
    read = {module.name: module.text for module in ovba.modules(parts["xl/vbaProject.bin"])}

    assert read["xlwings"] == (XLWINGS / "xlwings_custom_addin.bas").read_bytes()
    assert (
        ovba.exported(read["Dictionary"].decode()).encode()
        == (XLWINGS / "addin" / "Dictionary.cls").read_bytes()
    )
    assert f'XLWINGS_VERSION As String = "{xlwings.__version__}"'.encode() in read["xlwings"]


def test_every_module_comes_back(parts):
    """
    oletools and our own reader give every module equal to its source.
    """
    wanted = {module.name: stored_text(module) for module in addin_project().modules}
    data = parts["xl/vbaProject.bin"]
    parser = VBA_Parser("vbaProject.bin", data)
    by_oletools = {Path(name).stem: text for *_, name, text in parser.extract_all_macros()}
    parser.close()

    assert by_oletools == wanted
    assert {module.name: module.text.decode() for module in ovba.modules(data)} == wanted
    assert wanted["Ribbon"] == (ROOT / "macros" / "Ribbon.bas").read_bytes().decode()


@pytest.mark.libreoffice
def test_libreoffice_reads_every_module(tmp_path):
    """
    LibreOffice opens the add-in when told what it is, and lists every module with its code.
    """
    path = tmp_path / addin_file.FILE
    path.write_bytes(build_addin())
    with (
        uno_session(tmp_path) as session,
        session.open(path, macros=True, kind=KIND) as book,
    ):
        macros = book.macros(addin_file.PROJECT)
        sheets = book.sheets

    assert sheets == (addin_file.SETTINGS, addin_file.WORDS)
    assert {name: ovba.code(text) for name, text in macros.items()} == {
        module.name: ovba.code(stored_text(module)) for module in addin_project().modules
    }


def test_package_is_sound(parts):
    """
    Every part has a type and is led to; the types of workbook and tab are those of an add-in.
    """
    assert faults(parts) == []
    assert addin_file.ADDIN_TYPE in parts[TYPES]
    assert parts[TAB].startswith(b"<?xml")


SPOILT = (
    (TAB, b"<customUI", "not well-formed"),
    ("_rels/.rels", None, "nothing leads to it"),
    ("xl/sharedStrings.xml", None, "is not there"),
    ("customUI/odd.png", b"x", "no type"),
)


@pytest.mark.parametrize(("name", "content", "word"), SPOILT)
def test_look_over_a_package_finds_what_is_wrong(name, content, word, parts):
    """
    Broken XML, lost relationships, lost parts and parts without a type are found.
    """
    spoilt = {**parts, name: content} if content else {k: v for k, v in parts.items() if k != name}

    assert any(word in fault for fault in faults(spoilt))


@pytest.mark.validator
def test_validator_passes_the_addin_and_sees_a_wrong_tab(parts, tmp_path):
    """
    Microsoft's validator finds nothing in the add-in, but an attribute that no button has.
    """
    good, bad = tmp_path / "good.xlam", tmp_path / "bad.xlam"
    good.write_bytes(build_addin())
    spoilt = {**parts, TAB: parts[TAB].replace(b"imageMso", b"imageOdd", 1)}
    bad.write_bytes(addin_file.packed(spoilt))

    found = validate([good, bad])

    assert found[good] == []
    assert any("imageOdd" in message for message in found[bad])


def test_every_control_has_its_words(controls):
    """
    Every control has a label, every button an icon, a tip and an explanation, in both languages.
    """
    names = [one.get("id") for one in controls]
    assert len(set(names)) == len(names)
    for one in controls:
        assert one.get("label"), one.get("id")
        if one.tag in (f"{{{TAB_NAMES}}}button", f"{{{TAB_NAMES}}}menu"):
            assert one.get("imageMso"), one.get("id")
            for key in ("tip", "more"):
                assert set(catalogue()[f"ribbon.{one.get('id')}.{key}"]) == {"zh", "en"}
            assert len(one.get("screentip", "")) <= 1024
            assert one.get("supertip")


def test_words_are_those_of_controls(controls):
    """
    No text of the tab is left without its control.
    """
    ids = {one.get("id") for one in controls}
    parts = (code.split(".") for code in catalogue() if code.startswith("ribbon."))

    assert {part[1] for part in parts} == ids


def test_every_button_of_the_control_workbook_stands_on_the_tab(controls):
    """
    The tab has the ten actions of the control workbook, and the rare ones in its menu.
    """
    ids = {str(one.get("id")) for one in controls}
    (menu,) = (one for one in controls if one.tag == f"{{{TAB_NAMES}}}menu")

    assert set(console.BUTTONS) <= ids
    assert set(console.RARE_BUTTONS) <= {str(one.get("id")) for one in menu}


def test_every_button_does_something(controls):
    """
    Each button's action is one of those that Python has for it, and none of them lacks a button.
    """
    actions: dict[str | None, set[str]] = {}
    for one in controls:
        actions.setdefault(one.get("onAction"), set()).add(str(one.get("id")))

    # The doctor looks at a computer on which no office may be open.
    assert actions["HuizongQuarter"] == {*ACTS, "doctor"}
    assert actions["HuizongThisBook"] == set(this_book.ACTIONS)
    assert re.findall(r'RunIn "(\w+)"', _source("Ribbon")) == ["this_book", "addin"]
    assert callable(addin.run)


def test_every_callback_is_a_public_sub(controls):
    """
    What a button calls is a public Sub of the ribbon's module that takes a control.
    """
    subs = re.findall(
        r"^Public Sub (\w+)\(control As IRibbonControl\)\r$", _source("Ribbon"), re.MULTILINE
    )

    assert {one.get("onAction") for one in controls} - {None} == set(subs)


def _source(name: str) -> str:
    return (ROOT / "macros" / f"{name}.bas").read_bytes().decode("ascii")


def test_macro_asks_for_words_that_stand_in_the_addin(parts):
    """
    Every cell that the macro reads or writes has its name in the add-in, with its words.
    """
    named = set(re.findall(r'"(HZ_\w+)"', _source("Ribbon")))
    book = parts["xl/workbook.xml"].decode()
    strings = parts["xl/sharedStrings.xml"].decode()

    assert named == {addin_file.PYTHON, *addin_file.SAID}
    assert set(re.findall(r'definedName name="(\w+)"', book)) == named
    assert all(catalogue()[code]["zh"] in strings for code in addin_file.SAID.values())


def test_settings_are_those_that_xlwings_asks_for(parts):
    """
    xlwings' module looks for a sheet of this name and for these keys.
    """
    source = (XLWINGS / "xlwings_custom_addin.bas").read_text(encoding="ascii")
    (name,) = re.findall(r'PROJECT_NAME As String = "(\w+)"', source)
    strings = parts["xl/sharedStrings.xml"].decode()

    assert f"{name}.conf" == addin_file.SETTINGS
    for key in addin_file.CONFIGURED:
        assert f'GetConfig("{key}"' in source
        assert f"<t>{key}</t>" in strings


def test_modules_of_the_project_have_one_kind_of_sheet_for_each_sheet(parts):
    """
    The project has one module for each sheet, by the sheet's code name.
    """
    sheets = [one.name for one in addin_project().modules if one.kind is Kind.SHEET]
    names = [f"xl/worksheets/sheet{number}.xml" for number in range(1, len(sheets) + 1)]

    assert [re.findall(r'codeName="(\w+)"', parts[name].decode())[0] for name in names] == sheets


def test_no_procedure_stands_in_one_line():
    """
    LibreOffice drops every procedure that ends in the line in which it begins.
    """
    sources = sorted((ROOT / "macros").glob("*.bas"))
    lines = [line for path in sources for line in path.read_text(encoding="ascii").splitlines()]

    assert [line for line in lines if re.match(r".*\b(Sub|Function)\b.*:\s*End \1", line)] == []
    assert len(sources) >= 5
