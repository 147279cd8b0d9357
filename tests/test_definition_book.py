"""A definition as an Excel workbook: out and in again, the same; faults named by sheet and row."""

import hashlib
import zipfile

import msgspec
import openpyxl
import pytest

from huizong.cli import app, run
from huizong.definition_book import export, import_definition
from huizong.errors import DefinitionError, HuizongError
from huizong.forms import installed, read_form_set
from huizong.issue import write_standard
from huizong.texts import catalogue, speak
from huizong.work import checked_sets
from test_form_sets import EXAMPLE, written

SHEETS = ["报表", "指标", "台账", "审核关系", "计划"]


@pytest.fixture(autouse=True)
def chinese():
    """Leave the language as it was."""
    yield
    speak("zh")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("code", installed())
def test_round_trip_is_equal(code, language, tmp_path):
    """
    Written to Excel and read back, a definition says exactly what it said, in either language.
    """
    speak(language)
    export(code, tmp_path / "set.xlsx")
    again = import_definition(tmp_path / "set.xlsx", tmp_path / code)
    before = read_form_set(installed()[code])

    assert msgspec.structs.replace(again, folder="") == msgspec.structs.replace(before, folder="")


@pytest.mark.parametrize("code", installed())
def test_second_export_is_the_same(code, tmp_path):
    """
    What was imported is exported to the same sheets, and the TOML of a second trip is the same.
    """
    export(code, tmp_path / "one.xlsx")
    import_definition(tmp_path / "one.xlsx", tmp_path / "a" / code)
    first = (tmp_path / "a" / code / "definition.toml").read_text(encoding="utf-8")
    book = openpyxl.load_workbook(tmp_path / "one.xlsx")
    book.save(tmp_path / "saved.xlsx")
    import_definition(tmp_path / "saved.xlsx", tmp_path / "b" / code)

    assert book.sheetnames == SHEETS
    assert (tmp_path / "b" / code / "definition.toml").read_text(encoding="utf-8") == first


def edited(tmp_path, sheet: str, cell: str, value: object):
    """Export TJ and change one cell, as a designer does."""
    export("TJ", tmp_path / "set.xlsx")
    book = openpyxl.load_workbook(tmp_path / "set.xlsx")
    book[sheet][cell] = value
    book.save(tmp_path / "set.xlsx")
    return tmp_path / "set.xlsx"


def column(path, sheet: str, key: str) -> str:
    """Find the letter of a field's column."""
    texts = catalogue()[f"design.{key}"].values()
    row = next(openpyxl.load_workbook(path)[sheet].iter_rows(max_row=1))
    return next(cell.column_letter for cell in row if cell.value in texts)


@pytest.mark.parametrize(
    ("sheet", "field", "value", "code", "line"),
    [
        ("审核关系", "rule", "TJ99 <= TJ03", "definition.unknown_code", 2),
        ("审核关系", "rule", "TJ04 <=", "definition.syntax", 2),
        ("审核关系", "level", "hard", "definition.value", 2),
        ("指标", "min", "九", "definition.value", 2),
        ("指标", "min", 9000, "definition.range", 2),
        ("指标", "code", "TJ02", "definition.double", 3),
        ("指标", "total", "wmean", "definition.total", 2),
        ("指标", "total", "max", "definition.extreme", 2),
    ],
)
def test_fault_is_named_by_sheet_and_row(sheet, field, value, code, line, tmp_path):
    """
    A wrong entry is refused with workbook, sheet and row, and nothing is written.
    """
    export("TJ", tmp_path / "first.xlsx")
    path = edited(tmp_path, sheet, f"{column(tmp_path / 'first.xlsx', sheet, field)}2", value)
    with pytest.raises(DefinitionError) as caught:
        import_definition(path, tmp_path / "TJ")

    assert (caught.value.code, caught.value.details["file"], caught.value.details["line"]) == (
        code, f"set.xlsx {sheet}", line,
    )  # fmt: skip
    assert "{" not in str(caught.value)
    assert not (tmp_path / "TJ" / "definition.toml").exists()


EXCEL = (
    # A cell of the example, what a designer types there, what it is refused for, sheet and row.
    ("指标", "choices", 3, "是、否", "choices_few"),
    ("指标", "choices", 3, "是,否", "choices_few"),
    ("指标", "required", 2, "也许", "value"),
    ("指标", "name_en", 5, None, "missing_key"),
    ("指标", "code", 6, "XF04", "double"),
    ("指标", "code", 6, " XF05", "code"),
    ("计划", "quarters", 3, "1、5", "quarters"),
    ("计划", "quarters", 3, "春、冬", "value"),
    ("计划", "indicator", 2, "XF30", "unknown_code"),
    ("台账", "column_key", 4, "seq", "double_key"),
    ("台账", "column_key", 4, "日期", "column_key"),
    ("审核关系", "rule", 2, "XF5 <= XF04", "unknown_code"),
    ("报表", "due_days", "五天", None, "value"),
    ("报表", "cycle", "季", None, "value"),
)


@pytest.mark.parametrize(("sheet", "field", "row", "value", "code"), EXCEL)
def test_what_designers_mistype_is_refused_at_its_row(sheet, field, row, value, code, tmp_path):
    """
    What Excel lets one type, and no definition can mean, is refused with sheet and row.
    """
    path = example_book(tmp_path)
    book = openpyxl.load_workbook(path)
    if sheet == "报表":
        book[sheet].append([catalogue()[f"design.{field}"]["zh"], row])
        row = book[sheet].max_row
    else:
        book[sheet][f"{column(path, sheet, field)}{row}"] = value
    book.save(path)
    with pytest.raises(DefinitionError) as caught:
        import_definition(path, tmp_path / "again")
    details = caught.value.details

    assert (caught.value.code, details["file"], details["line"]) == (
        f"definition.{code}", f"XF.xlsx {sheet}", row,
    )  # fmt: skip


def example_book(folder):
    """Export the example of the documentation."""
    with pytest.MonkeyPatch.context() as patch:
        written(folder, EXAMPLE)
        patch.setenv("HUIZONG_TEMPLATES", str(folder))
        export("XF", folder / "XF.xlsx")
    return folder / "XF.xlsx"


@pytest.mark.parametrize(
    ("sheet", "field", "row", "typed", "found"),
    [
        ("指标", "required", 8, "√", True),
        ("指标", "required", 8, "Yes", True),
        ("指标", "required", 2, "×", False),
        ("指标", "choices", 3, "是;否", ("是", "否")),
        ("计划", "quarters", 3, "1、4", (1, 4)),
        ("计划", "quarters", 3, "2，3", (2, 3)),
        ("计划", "quarters", 3, 2, (2,)),
    ],
)
def test_what_designers_type_is_understood(sheet, field, row, typed, found, tmp_path):
    """
    A tick is yes, a cross is no, quarters may be divided by any comma.
    """
    path = example_book(tmp_path)
    book = openpyxl.load_workbook(path)
    book[sheet][f"{column(path, sheet, field)}{row}"] = typed
    book.save(path)
    form_set = import_definition(path, tmp_path / "again")
    entries = form_set.plan_items if sheet == "计划" else form_set.indicators

    assert getattr(entries[row - 2], field) == found


def test_example_of_the_documentation_goes_through_excel(tmp_path):
    """
    A choice without a unit of measure is exported and read back as it was.
    """
    again = import_definition(example_book(tmp_path), tmp_path / "again")
    before = read_form_set(tmp_path / "XF")

    assert msgspec.structs.replace(again, folder="") == msgspec.structs.replace(before, folder="")


def test_odd_heading_and_missing_sheet_are_named(tmp_path):
    """
    A heading that is none of ours, a sheet that is gone, and a column without its ledger are named.
    """
    path = edited(tmp_path, "指标", "A1", "代号")
    with pytest.raises(DefinitionError, match="代号"):
        import_definition(path, tmp_path / "TJ")
    path = edited(tmp_path, "台账", "A2", None)
    with pytest.raises(DefinitionError, match="TJ-L1"):
        import_definition(path, tmp_path / "TJ")
    book = openpyxl.load_workbook(path)
    del book["计划"]
    book.save(path)
    with pytest.raises(DefinitionError, match="计划"):
        import_definition(path, tmp_path / "TJ")


def test_existing_definition_is_kept(tmp_path):
    """
    A folder that holds a definition is not written to.
    """
    export("SY", tmp_path / "set.xlsx")
    import_definition(tmp_path / "set.xlsx", tmp_path / "SY")
    with pytest.raises(HuizongError, match=r"definition\.toml"):
        import_definition(tmp_path / "set.xlsx", tmp_path / "SY")


@pytest.mark.parametrize("code", installed())
def test_standard_blank_is_current(code, tmp_path):
    """
    The blank beside a definition is what the definition makes today; if not: `make blanks`.
    """
    made = write_standard(checked_sets()[code], tmp_path)
    kept = installed()[code] / made.name

    assert members(kept) == members(made)


def members(path) -> dict[str, str]:
    """Give the digest of each member of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}


def test_command_line(tmp_path, capsys):
    """
    `definition export` and `definition import` do both ways and say so.
    """
    arguments = ["definition", "export", "jc", str(tmp_path / "JC.xlsx")]
    assert run(lambda: app(arguments, standalone_mode=False)) == 0
    arguments = ["definition", "import", str(tmp_path / "JC.xlsx"), str(tmp_path / "JC")]
    assert run(lambda: app(arguments, standalone_mode=False)) == 0
    assert "16 个指标" in capsys.readouterr().out
    assert run(lambda: app(["definition", "export", "XX", "x.xlsx"], standalone_mode=False)) == 2
