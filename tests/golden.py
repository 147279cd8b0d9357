"""Workbooks as lines of text, compared with a file that a person has read."""

import os
from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell.cell import Cell
from openpyxl.worksheet.worksheet import Worksheet

GOLDEN = Path(__file__).parent / "golden"


def check_golden(name: str, got: str) -> None:
    """Compare a text with the golden file `name`; with RENEW_GOLDEN set, write it instead."""
    path = GOLDEN / name
    if os.environ.get("RENEW_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        path.write_text(got, encoding="utf-8", newline="\n")
    assert got == path.read_text(encoding="utf-8"), (
        f"{name}: RENEW_GOLDEN=1 rewrites it; read the diff"
    )


def as_lines(path: Path, most_rows: int = 60) -> str:
    """Give a workbook as lines: value, number format, bold, locked; widths, merges, page set-up."""
    book = load_workbook(path)
    return "\n".join(line for sheet in book for line in _sheet_lines(sheet, most_rows)) + "\n"


def _sheet_lines(sheet: Worksheet, most_rows: int) -> Iterator[str]:
    page = sheet.page_setup
    yield f"== {sheet.title} ({sheet.sheet_state}) {sheet.dimensions} charts={len(sheet._charts)}"
    yield (
        f"paper={page.paperSize} {page.orientation} fit={page.fitToWidth}x{page.fitToHeight} "
        f"freeze={sheet.freeze_panes} titles={sheet.print_title_rows} "
        f"footer={sheet.oddFooter.center.text}"
    )
    widths = sorted(sheet.column_dimensions.items(), key=lambda item: (len(item[0]), item[0]))
    yield "widths " + " ".join(f"{letters}={dim.width:.1f}" for letters, dim in widths)
    yield "merges " + " ".join(sorted(map(str, sheet.merged_cells.ranges)))
    for row in sheet.iter_rows(max_row=min(sheet.max_row, most_rows)):
        for cell in row:
            if isinstance(cell, Cell) and cell.value is not None:
                yield _cell_line(cell)


def _cell_line(cell: Cell) -> str:
    marks = [cell.number_format] if cell.number_format != "General" else []
    marks += ["bold"] if cell.font.b else []
    marks += [] if cell.protection.locked else ["open"]
    value = str(cell.value).replace("\n", "⏎")
    return f"{cell.coordinate} {value}" + (f"  [{', '.join(marks)}]" if marks else "")


def rules_as_lines(path: Path) -> str:
    """Give what a workbook enforces as lines: protection, print areas, validations."""
    lines = []
    for sheet in load_workbook(path):
        protected = "protected" if sheet.protection.sheet else "open"
        lines.append(f"== {sheet.title} {protected} print={sheet.print_area}")
        lines += [
            f"{rule.sqref} {rule.type} {rule.operator or ''} {rule.formula1} {rule.formula2 or ''}"
            f" ({rule.error or ''})"
            for rule in sheet.data_validations.dataValidation
        ]
    return "\n".join(lines) + "\n"
