"""Formulas as Excel writes them, in LibreOffice: English names, commas, Sheet!A1."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from huizong.uno_bridge import enum

# com.sun.star.sheet.AddressConvention.XL_A1 and FormulaLanguage.XL_ENGLISH
_EXCEL_ADDRESSES, _EXCEL_ENGLISH = 1, 4
_ALL = 0x7FFFFFFF
# Texts and the names of columns, whose commas part nothing; a quote in a text is written twice.
_TEXT = r'"(?:[^"]|"")*"'
_KEPT = rf"{_TEXT}|\[[^\[\]]*\]"
# A function of texts alone, such as =HYPERLINK("a","b").
_OF_TEXTS = re.compile(rf"=[A-Z]+\({_TEXT}(?:,{_TEXT})*\)")


def formula_parser(document: Any) -> Any:
    """Make the parser of a document that reads and writes formulas as Excel does."""
    parser = document.createInstance("com.sun.star.sheet.FormulaParser")
    parser.CompileEnglish = True
    parser.FormulaConvention = _EXCEL_ADDRESSES
    # Without these names a comma is no separator (Err:508).
    names = document.createInstance("com.sun.star.sheet.FormulaOpCodeMapper")
    parser.OpCodeMap = names.getAvailableMappings(_EXCEL_ENGLISH, _ALL)
    return parser


def write_formula(cell: Any, formula: str, parser: Any) -> None:
    """Put a formula into a cell."""
    if "[" in formula:
        # The parser knows no tables (Table[column]); the cell itself does, with its own commas.
        cell.setFormula(_exchanged(formula, ",", ";"))
    else:
        cell.setTokens(parser.parseFormula(formula[1:], cell.CellAddress))


def write_formulas(cells: Any, places: Sequence[tuple[int, int, str]], parser: Any) -> None:
    """
    Put formulas into a range at their column and row.

    Those of texts alone go a run of one column at a time: hundreds of links are seconds otherwise.
    """
    simple = sorted(place for place in places if _OF_TEXTS.fullmatch(place[2]))
    for column, row, formula in places:
        if not _OF_TEXTS.fullmatch(formula):
            write_formula(cells.getCellByPosition(column, row), formula, parser)
    runs = groupby(enumerate(simple), key=lambda one: (one[1][0], one[1][1] - one[0]))
    for (column, _), run in runs:
        rows, formulas = zip(*(place[1:] for _, place in run), strict=True)
        part = cells.getCellRangeByPosition(column, rows[0], column, rows[-1])
        part.setFormulaArray(tuple((_exchanged(one, ",", ";"),) for one in formulas))


def fill_formula(cells: Any, formula: str, parser: Any) -> None:
    """Put a formula into each cell of a range; relative addresses move along, as in Excel."""
    first, rows, columns = cells.getCellByPosition(0, 0), cells.Rows.Count, cells.Columns.Count
    write_formula(first, formula, parser)
    if "[" in formula:
        # Tokens forget the table: LibreOffice fills by itself, the first cell's looks too.
        cells.getCellRangeByPosition(0, 0, 0, rows - 1).fillAuto(_fill_to("BOTTOM"), 1)
        cells.fillAuto(_fill_to("RIGHT"), 1)
        return
    tokens = first.getTokens()
    for row in range(rows):
        for column in range(columns):
            cells.getCellByPosition(column, row).setTokens(tokens)


def _fill_to(side: str) -> Any:
    return enum("sheet.FillDirection", f"TO_{side}")


def _exchanged(formula: str, sign: str, other: str) -> str:
    """Exchange what parts arguments: Excel's comma, or the semicolon that cells take and give."""
    return re.sub(f"{_KEPT}|{sign}", lambda found: other if found[0] == sign else found[0], formula)


def read_formulas(cells: Any, parser: Any) -> tuple[tuple[str, ...], ...]:
    """Read what stands in each cell: its formula with =, else the number or text as typed."""
    return tuple(
        tuple(_formula(cells.getCellByPosition(column, row), text, parser)
              for column, text in enumerate(line))
        for row, line in enumerate(cells.getFormulaArray())
    )  # fmt: skip


def _formula(cell: Any, text: str, parser: Any) -> str:
    if not text.startswith("=") or cell.Type.value != "FORMULA":
        return text
    # Of tables (Table[column]) the parser would leave the column alone.
    if "[" in text:
        return _exchanged(text, ";", ",")
    return "=" + parser.printFormula(cell.getTokens(), cell.CellAddress)


def describe(parser: Any, named: Any) -> str:
    """Write what a name stands for, as Excel does."""
    return "=" + parser.printFormula(named.getTokens(), named.ReferencePosition)
