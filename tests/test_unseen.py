"""What a person does not see in a workbook is read like the rest, and listed."""

import io

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill

from huizong.workbooks import open_workbook
from huizong.xlsx_looks import odd_styles
from issued import FIGURES, codes, figures, found, read, sent
from odd_files import members, xlsx, zipped
from patch import parts_of, reworked


def looking(cell: str, **look: object) -> bytes:
    """The sample return in which a cell looks otherwise."""

    def change(book: Workbook) -> None:
        for name, value in look.items():
            setattr(book[FIGURES][cell], name, value)

    return reworked(sent(), change)


def told(data: bytes) -> list[tuple[str, str]]:
    """The codes and cells of what the reader says."""
    return codes(read(data).findings)


WHITE = {"font": Font(color="FFFFFFFF"), "fill": PatternFill()}


@pytest.mark.parametrize(
    "look",
    [{"number_format": ";;;"}, {"number_format": ";;"}, WHITE,
     {"font": Font(color="FFFFFFFF"), "fill": PatternFill("solid", fgColor="FFFFFFFF")}],
    ids=[";;;", ";;", "white", "white on white"],
)  # fmt: skip
def test_veiled_figures_count_and_are_listed(look: dict):
    """Fault 16: a number in white letters or a format that shows nothing counts, and is listed."""
    data = looking("D8", **look)

    assert ("veiled", "D8") in told(data)
    assert figures(data) == figures(sent())


@pytest.mark.parametrize(
    "look",
    [{"font": Font(color="FFFFFFFF"), "fill": PatternFill("solid", fgColor="FF1F4E79")},
     {"font": Font(color="FFC00000")}, {"number_format": "0.00;[Red]-0.00;;@"},
     {"number_format": '#,##0"件"'}, {"number_format": "#,##0.00_);(#,##0.00)"}],
    ids=["white on blue", "red", "zeros hidden", "unit", "brackets"],
)  # fmt: skip
def test_usual_looks_are_not_listed(look: dict):
    """Fault 16: what is seen as it stands is not listed."""
    assert told(looking("D8", **look)) == told(looking("D8", font=Font(color="FFC00000")))


@pytest.mark.parametrize(
    "look", ['0!.0,"万"', '0!.0000"万元"', "#,##0,", '0"万元"', "0,,", "0\\.0,"]
)
def test_figures_shown_in_another_unit(look: str):
    """Fault 6: the number underneath counts, and the format in which it is shown is told."""
    data = looking("D26", number_format=look)
    (one,) = (one for one in read(data).findings if one.code == "scaled")

    assert (one.level, one.cell, one.details["found"]) == ("note", "D26", look)
    assert figures(data) == figures(sent())


@pytest.mark.parametrize("text", ["1.2万", "1.2万元", "12000元", "0.5亿"])
def test_figures_typed_in_another_unit(text: str):
    """Fault 6: a text with another unit is asked about, never converted."""
    from patch import retyped

    data = retyped(sent(), FIGURES, {"D8": text})

    assert ("other_unit", "D8") in found(data, "must")
    assert "TJ01" not in figures(data)


def noted(text: str) -> bytes:
    """The sample return with a note on a cell."""
    return looking("D8", comment=Comment(text, "社区"))


def test_numbers_in_notes_are_told_not_counted():
    """Fault 16: a number in a note is told by its cell, never repeated and never counted."""
    data = noted("实际为 25 次")
    (one,) = (one for one in read(data).findings if one.code == "noted")

    assert (one.level, one.cell) == ("note", "D8")
    assert "25" not in str(one.details)
    assert figures(data) == figures(sent())


@pytest.mark.parametrize("text", ["已与调解员核对", "[3F2A9C01] TJ-R03 受理 21 件与分类合计不符"])
def test_notes_without_numbers_and_our_own_are_left(text: str):
    """Fault 16: words alone, and the notes that a correction copy carries, are nothing to tell."""
    assert "noted" not in dict(told(noted(text)))


def test_macros_are_told_and_not_kept():
    """Fault 44: a return with a VBA project counts, says so, and no output carries it on."""
    data = zipped(parts_of(sent()) | {"xl/vbaProject.bin": b"x"})

    assert ("macros", "") in told(data)
    assert figures(data) == figures(sent())


def test_links_to_other_files_are_told():
    """Fault 25: a return linked to other files says so; the results stored in it are used."""
    from patch import retyped

    data = retyped(sent(), FIGURES, {"D8": "|<f>[1]Sheet1!A1</f><v>8</v>"})
    data = zipped(parts_of(data) | {"xl/externalLinks/externalLink1.xml": b"<x/>"})
    said = told(data)

    assert {("other_files", ""), ("from_other_file", "D8")} <= set(said)
    assert figures(data) == figures(sent())


def test_styles_of_our_own_are_not_odd():
    """Fault 16: no style of an issued workbook hides anything, so nothing more is looked for."""
    assert odd_styles(members(sent())["xl/styles.xml"]) == {}


def test_cells_of_an_odd_style_without_content_are_left():
    """Fault 16: a blank cell hides nothing."""

    def fill(book) -> None:
        white = book.add_format({"font_color": "#FFFFFF"})
        sheet = book.add_worksheet("表1")
        sheet.write_blank(0, 0, None, white)
        sheet.write(1, 1, 5, white)

    assert dict(open_workbook(xlsx(fill)).sheets[0].looks) == {(1, 1): "veiled"}


def test_saved_by_another_library_the_note_is_the_same():
    """Fault 16: notes are found wherever their part lies."""
    again = io.BytesIO()
    load_workbook(io.BytesIO(noted("25"))).save(again)

    assert ("noted", "D8") in told(again.getvalue())


@pytest.mark.parametrize("kind", ["chartsheet", "xlMacrosheet", "dialogsheet"])
def test_sheets_of_other_kinds_are_passed_over(kind: str):
    """Fault 24: a copy of the form that says to be another kind of sheet is never read."""

    def copy(book: Workbook) -> None:
        other = book.copy_worksheet(book[FIGURES])
        other.title, other["D8"] = "图", 99

    parts = parts_of(reworked(sent(), copy))
    rels = "xl/_rels/workbook.xml.rels"
    sheets = parts["xl/workbook.xml"].count(b"<sheet ")
    last = f"sheet{sheets}.xml".encode()
    line = next(one for one in parts[rels].split(b"/>") if last in one)
    data = zipped(
        {
            **parts,
            rels: parts[rels].replace(line, line.replace(b'/worksheet"', f'/{kind}"'.encode())),
        }
    )

    assert data != zipped(parts)
    assert "two_sheets" not in dict(told(data))
    assert figures(data) == figures(sent())
