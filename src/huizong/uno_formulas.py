"""Formulas as Excel writes them, in LibreOffice: English names, commas, Sheet!A1."""

from typing import Any

# com.sun.star.sheet.AddressConvention.XL_A1 and FormulaLanguage.XL_ENGLISH
_EXCEL_ADDRESSES, _EXCEL_ENGLISH = 1, 4
_ALL = 0x7FFFFFFF


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
        # The parser knows no tables (Table[column]); the cell itself does.
        cell.setFormula(formula)
    else:
        cell.setTokens(parser.parseFormula(formula[1:], cell.CellAddress))


def fill_formula(cells: Any, formula: str, parser: Any) -> None:
    """Put a formula into each cell of a range; relative addresses move along, as in Excel."""
    rows, columns = cells.Rows.Count, cells.Columns.Count
    tokens = parser.parseFormula(formula[1:], cells.getCellByPosition(0, 0).CellAddress)
    for row in range(rows):
        for column in range(columns):
            cells.getCellByPosition(column, row).setTokens(tokens)


def read_formulas(cells: Any, parser: Any) -> tuple[tuple[str, ...], ...]:
    """Read what stands in each cell: its formula with =, else the number or text as typed."""
    return tuple(
        tuple(_formula(cells.getCellByPosition(column, row), text, parser)
              for column, text in enumerate(line))
        for row, line in enumerate(cells.getFormulaArray())
    )  # fmt: skip


def _formula(cell: Any, text: str, parser: Any) -> str:
    # Of tables (Table[column]) the parser would leave the column alone.
    if not text.startswith("=") or "[" in text or cell.Type.value != "FORMULA":
        return text
    return "=" + parser.printFormula(cell.getTokens(), cell.CellAddress)


def describe(parser: Any, named: Any) -> str:
    """Write what a name stands for, as Excel does."""
    return "=" + parser.printFormula(named.getTokens(), named.ReferencePosition)
