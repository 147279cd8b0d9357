"""Time the summary of a thousand units against bare XlsxWriter writing the same cells."""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import openpyxl
import xlsxwriter

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from huizong.write import write_summary  # noqa: E402  the checkout, not an installed copy
from made import made_summary  # noqa: E402

Sheets = list[tuple[str, list[tuple[int, int, object]]]]


def cells_of(path: Path) -> Sheets:
    """List every cell of a workbook, formatted blanks included."""
    book = openpyxl.load_workbook(path)
    return [
        (sheet.title, [(cell.row - 1, cell.column - 1, cell.value) for cell in sorted(
            sheet._cells.values(), key=lambda cell: (cell.row, cell.column))])
        for sheet in book
    ]  # fmt: skip


def write_bare(sheets: Sheets, path: Path) -> None:
    """Write the same values into as many cells, with one format."""
    with xlsxwriter.Workbook(path, {"in_memory": True}) as book:
        style = book.add_format({"border": 1})
        for name, cells in sheets:
            sheet = book.add_worksheet(name)
            for row, column, value in cells:
                if isinstance(value, str):
                    sheet.write_string(row, column, value, style)
                elif value is None:
                    sheet.write_blank(row, column, None, style)
                else:
                    sheet.write_number(row, column, value, style)


def _seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def write_ratio(units: int = 1000, rounds: int = 9) -> float:
    """
    Give the ratio of the best of several runs, taken in turn.

    Processor time of this process: what else the machine does then counts least.
    """
    summary, form_set = made_summary(units=units, missing=units // 100)
    base, mine = [], []
    with tempfile.TemporaryDirectory() as folder:
        ours, bare = Path(folder, "ours.xlsx"), Path(folder, "bare.xlsx")
        write_summary(summary, form_set, ours)
        sheets = cells_of(ours)
        for _ in range(rounds):
            base.append(_seconds(lambda: write_bare(sheets, bare)))
            mine.append(_seconds(lambda: write_summary(summary, form_set, ours)))
    count = sum(len(cells) for _, cells in sheets)
    print(f"{count} cells: bare {min(base):.2f} s, ours {min(mine):.2f} s")
    return min(mine) / min(base)


if __name__ == "__main__":
    print(f"write_ratio_1000: {write_ratio():.2f}")
