"""The control workbook: built from its sources, read back by others, and its buttons clicked."""

import re
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pytest

import ovba
from huizong import console
from huizong.control import project, write_control
from huizong.control_places import PERIODS
from huizong.errors import HuizongError
from huizong.macros import macros_folder
from huizong.office import (
    init_office,
    open_office,
    renew_control,
    sample_roster,
    write_sample_control,
)
from huizong.settings import SETTINGS, Settings, read_control
from huizong.texts import catalogue, spoken
from huizong.vba_project import stored_text
from office_window import installed, office_window
from packages import faults, parts_of
from screens import HEIGHT, WIDTH
from street import LIGHT, NOW, STREET, empty_street
from uno_session import Session, uno_session
from validator import validate

with warnings.catch_warnings():
    # oletools calls pyparsing by names of old.
    warnings.simplefilter("ignore")
    from oletools.olevba import VBA_Parser

OLD = Path(__file__).parent / "data" / "control" / "before-letters.xlsm"
BUILT = Path(__file__).parents[1] / "workbook" / "huizong.xlsm"
ACTIONS = (*console.BUTTONS, *console.RARE_BUTTONS)
MACRO = "{urn:schemas-microsoft-com:office:excel}FmlaMacro"
FIELDS = (console.PERIOD, console.SETS, console.OFFICER, console.STEP, console.REASON)


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """The sample's control workbook, built anew."""
    path = tmp_path_factory.mktemp("sample") / console.FILE
    write_sample_control(path)
    return path


def in_english(path: Path) -> Path:
    """Write the sample's control workbook for an office that speaks English."""
    roster = sample_roster()
    settings = Settings(code=roster[0].code, name="Qinghe", language="en", period="2026Q1")
    with spoken("en"):
        write_control(path, settings, roster, NOW)
    return path


def test_built_file_is_that_of_the_sources(sample):
    """
    workbook/huizong.xlsm is what `make workbook` writes, member by member, and a sound package.
    """
    parts = parts_of(sample.read_bytes())

    assert parts_of(BUILT.read_bytes()) == parts
    assert faults(parts) == []


@pytest.mark.parametrize(
    ("period", "first"), [("", "2026Q1"), ("D20250401-20250415", "2025Q1"), ("2027M03", "2027Q1")]
)
def test_periods_to_choose_where_no_quarter_is_set(tmp_path, period, first):
    """
    With no period or one of days in the settings, those of its year or of now can be chosen.
    """
    settings = Settings(code="990101001000", name="清河街道", period=period)
    write_control(tmp_path / console.FILE, settings, sample_roster(), NOW)

    sheet = openpyxl.load_workbook(tmp_path / console.FILE, data_only=True)[console.CONSOLE]
    assert sheet.cell(1, PERIODS + 1).value == first


def test_every_module_comes_back(sample):
    """
    oletools and our own reader give every module equal to its source.
    """
    data = parts_of(sample.read_bytes())["xl/vbaProject.bin"]
    parser = VBA_Parser("vbaProject.bin", data)
    by_oletools = {Path(name).stem: text for *_, name, text in parser.extract_all_macros()}
    parser.close()
    wanted = {module.name: stored_text(module) for module in project().modules}

    assert by_oletools == wanted
    assert {module.name: module.text.decode() for module in ovba.modules(data)} == wanted
    for name in ("Host", "Buttons"):
        assert wanted[name].encode() == (macros_folder() / f"{name}.bas").read_bytes()


def test_every_button_runs_the_macro_of_its_action(sample):
    """
    The buttons call the macros in their order, and each macro its action.
    """
    drawing = ElementTree.fromstring(parts_of(sample.read_bytes())["xl/drawings/vmlDrawing1.vml"])
    called = [one.text.removeprefix("[0]!") for one in drawing.iter(MACRO)]
    source = (macros_folder() / "Buttons.bas").read_text(encoding="ascii")
    macros = dict(re.findall(r'Public Sub (\w+)\(\)\s+Huizong "(\w+)"\s+End Sub', source))

    assert [macros[name] for name in called] == list(ACTIONS)
    assert len(macros) == len(ACTIONS) == source.count("Public Sub ")


@pytest.mark.validator
def test_microsofts_validator_finds_nothing(sample, tmp_path):
    """
    The control workbook is valid in both languages.
    """
    books = [sample, in_english(tmp_path / "English.xlsm")]

    assert validate(books) == {book: [] for book in books}


def test_openpyxl_finds_names_table_and_rules(sample):
    """
    Every name leads to a cell, the roster is a table, and what a person fills in has its rules.
    """
    book = openpyxl.load_workbook(sample, keep_vba=True)
    front = book[console.CONSOLE]
    validated = {cell.coord for one in front.data_validations.dataValidation for cell in one.sqref}
    at = {name: one.attr_text.split("!")[1].replace("$", "")
          for name, one in book.defined_names.items()}  # fmt: skip

    assert {*FIELDS, console.SAID, console.COUNTS, console.PROGRESS, console.TODO} < at.keys()
    assert validated == {at[name] for name in FIELDS[:-1]}
    assert front.freeze_panes == f"A{front[at[console.PROGRESS]].row + 1}"
    (table,) = book["名册"].tables.values()
    assert table.ref == f"A3:L{3 + len(sample_roster())}"
    assert book[console.TODO_SHEET][at[console.TODO]].value == "编号"


def test_unit_typed_below_the_roster_is_read(tmp_path):
    """
    A line typed below the table, with its code as a text, is a unit like the others.
    """
    office = init_office(tmp_path / "清河街道", now=NOW)
    book = openpyxl.load_workbook(office.control, keep_vba=True)
    book["名册"].append(("990101001099", "新城社区", STREET))
    book.save(office.control)

    _, roster = read_control(office.control)
    assert [unit.code for unit in roster] == [*(u.code for u in office.roster), "990101001099"]


def test_control_workbook_of_old_is_read_until_there_is_a_new_one(tmp_path):
    """
    An office with 控制台.xlsx only is opened from it; where both stand, 控制台.xlsm counts.
    """
    office = init_office(tmp_path / "清河街道", now=NOW)
    old = office.folder / console.OLD_FILE
    book = openpyxl.load_workbook(office.control)
    for row in book["名册"].iter_rows():
        if row[0].value == LIGHT:
            row[1].value = "旧簿社区"
    book.save(old)
    kept = office.control.rename(tmp_path / console.FILE)

    of_old = open_office(office.folder)
    path_of_old = of_old.control
    shutil.move(kept, office.folder)
    of_new = open_office(office.folder)

    assert path_of_old == old
    assert "旧簿社区" in {unit.name for unit in of_old.roster}
    assert of_new.control == office.folder / console.FILE
    assert "旧簿社区" not in {unit.name for unit in of_new.roster}


# Set, unit, name, state, late: one of each state, one late, one in the other language, and the
# office's own figures, which are not those of a unit.
PROGRESS = (
    ("TJ", "990101001001", "和平社区", "passed", ""),
    ("TJ", "990101001002", "光明社区", "to_mend", ""),
    ("TJ", "990101001003", "清河社区", "to_explain", ""),
    ("JC", "990101001001", "和平社区", "missing", "late"),
    ("JC", "990101001002", "光明社区", "waiting", ""),
    ("JC", "990101001003", "清河社区", "passed", ""),
    ("JC", STREET, "清河街道（本级）", "passed", "late"),
)


@pytest.fixture(scope="module")
def libreoffice(tmp_path_factory) -> Iterator[Session]:
    """One LibreOffice for this module's tests."""
    with uno_session(tmp_path_factory.mktemp("libreoffice")) as session:
        yield session


@pytest.mark.libreoffice
def test_libreoffice_reads_every_module(sample, libreoffice):
    """
    LibreOffice lists every module with the code of its source.
    """
    with libreoffice.open(sample, macros=True) as book:
        macros = book.macros(project().name)

    assert {name: ovba.code(text) for name, text in macros.items()} == {
        module.name: ovba.code(stored_text(module)) for module in project().modules
    }


@pytest.mark.libreoffice
@pytest.mark.parametrize("language", ["zh", "en"])
def test_counts_follow_the_progress_and_add_up(sample, libreoffice, language):
    """
    The counts are those of the table below, in whichever language its states are written.
    """
    states = {one: catalogue()[f"state.{one}"][language] for *_, one, _ in PROGRESS}
    with libreoffice.open(sample) as book:
        names = book.component.NamedRanges
        counts, table = (
            names.getByName(name).getReferredCells().getRangeAddress()
            for name in (console.COUNTS, console.PROGRESS)
        )
        front = book.component.Sheets.getByName(console.CONSOLE)
        for row, line in enumerate(PROGRESS, table.StartRow + 1):
            for column, text in enumerate(line, table.StartColumn):
                written = states.get(text, text)
                front.getCellByPosition(column, row).setString(written)
        book.calculate()
        columns = range(counts.StartColumn, counts.StartColumn + len(console.COUNTED))
        got = [front.getCellByPosition(column, counts.StartRow).Value for column in columns]

    assert got == [6, 1, 1, 1, 1, 2, 1]
    assert got[0] == sum(got[1:6])


def _noting(folder: Path) -> Path:
    """Make an interpreter that writes down in the home what it is asked for."""
    interpreter = folder / "解释器 3" / "python"
    interpreter.parent.mkdir()
    interpreter.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> "$HOME/asked"\n', encoding="utf-8")
    interpreter.chmod(0o755)
    return interpreter


@pytest.mark.screen
@pytest.mark.slow
def test_clicked_button_starts_the_named_python(tmp_path):
    """
    Every button stands on the first screen; one click starts the interpreter that the home names,
    with action and workbook. Where none is named, the macro says so and nothing else.
    """
    folder = empty_street(tmp_path).rename(tmp_path / "办公 目录")
    home, texts = tmp_path / "主目录", catalogue()
    environment = installed(home, folder)
    asked, named = home / "asked", home / ".huizong" / "python.txt"
    named.write_text(f"{_noting(tmp_path)}\n", encoding="utf-8")
    with office_window(folder / console.FILE, environment) as front:
        places = front.places()
        front.click(texts["button.return"]["zh"])
        front.wait("asked", lambda: asked.read_text("utf-8").count("\n") == 4)
        named.unlink()
        front.click(texts["button.history"]["zh"])
        told = front.answer("OK")

    assert list(places) == [texts[f"button.{action}"]["zh"] for action in ACTIONS]
    assert all(x > 0 and x + wide < WIDTH and y > 0 and y + high < HEIGHT / 2
               for x, y, wide, high in places.values())  # fmt: skip
    book = folder / console.FILE
    assert asked.read_text("utf-8").splitlines() == ["-m", "huizong.click", "return", str(book)]
    assert texts["console.no_python"]["zh"] in told


def test_control_workbook_of_before_is_written_anew(tmp_path):
    """
    One made before letters has the same settings and roster when it is written anew, and all that
    a new one has; what stood there is kept. While it is open nothing is done.
    """
    office = init_office(tmp_path / "清河街道", now=NOW)
    book = openpyxl.load_workbook(OLD, keep_vba=True)
    typed = {"phone": "0123-4567890", "sets": "TJ、JC", "due": "TJ=9；JC 2026Q1=2026-04-10",
             "signing": "要（三人不同）", "redefined": "TJ02 2026Q2", "joined": "是"}  # fmt: skip
    for row in book[SETTINGS].iter_rows():
        for name, text in typed.items():
            if row[0].value == catalogue()[f"setting.{name}"]["zh"]:
                row[1].value = text
    book.save(office.control)
    before, wanted = office.control.read_bytes(), read_control(office.control)

    mark = office.folder / f".~lock.{console.FILE}#"
    mark.touch()
    with pytest.raises(HuizongError) as still_open:
        renew_control(office.folder, NOW)
    mark.unlink()
    path, kept = renew_control(office.folder, NOW)

    assert still_open.value.code == "error.control_open"
    assert kept.read_bytes() == before
    assert kept.parent == office.backups
    assert read_control(path) == wanted
    assert wanted[0].phone == typed["phone"]
    assert {console.OUT, console.PROGRESS} <= openpyxl.load_workbook(path).defined_names.keys()
    assert [one.name for one in office.folder.glob("控制台*")] == [console.FILE]
