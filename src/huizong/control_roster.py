"""名册, the roster of the control workbook: a table of units, with its rules."""

from collections.abc import Sequence

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from huizong.cells import address
from huizong.records import Unit
from huizong.roster import FIELDS, SHEET
from huizong.styles import Styles
from huizong.tables import Table
from huizong.texts import say

LINES = 1000
NAME = "HZ_ROSTER"
_WIDTHS = (16, 24, 16, 16, 24, 12, 16, 22, 13, 13, 16, 16)


def write_roster(book: Workbook, styles: Styles, roster: Sequence[Unit]) -> None:
    """Write the units as a table that grows when a person types below it."""
    table = Table(book, styles, SHEET, _WIDTHS)
    # Whole columns as text: a code typed later stays as typed, twelve digits and all.
    for column, width in enumerate(table.widths):
        table.sheet.set_column(column, column, width, styles("left", "@"))
    table.title(say("control.roster"))
    table.note(say("control.roster_help"))
    table.headings(tuple(FIELDS))
    top, text = table.row, styles("text", "@")
    headings = [{"header": name, "header_format": styles("heading")} for name in FIELDS]
    last = top + max(len(roster), 1) - 1
    table.sheet.add_table(
        top - 1, 0, last, len(FIELDS) - 1, {"name": NAME, "style": None, "columns": headings}
    )
    for row, unit in enumerate(roster, top):
        for column, field in enumerate(FIELDS.values()):
            table.sheet.write_string(row, column, _text(unit, field), text)
    _validate(table.sheet, top, top + max(LINES, 2 * len(roster)))
    table.sheet.freeze_panes(top, 2)
    table.page()


def _text(unit: Unit, field: str) -> str:
    value = getattr(unit, field)
    if isinstance(value, tuple):
        return "、".join(value)
    return "" if value is None else str(value)


def _validate(sheet: Worksheet, top: int, last: int) -> None:
    for label in ("区划代码", "上级代码", "并入代码"):
        column = list(FIELDS).index(label)
        wanted = {"validate": "custom", "value": _rule(label, top, last), "error_title": label}
        wanted["error_message"] = say("control.code_wanted")
        sheet.data_validation(top, column, last, column, wanted)
    column = list(FIELDS).index("类别")
    sheet.data_validation(top, column, last, column, list_of(say("control.categories").split("|")))


def _rule(label: str, top: int, last: int) -> str:
    """Give the rule of a column of codes: its form, and for the unit's own that it stands once."""
    column = list(FIELDS).index(label)
    cell = address(top, column)
    several = f",LEN({cell})>24" if label == "并入代码" else ""
    form = f'OR(LEN({cell})=12,LEFT({cell},1)="Z"{several})'
    if label != "区划代码":
        return f"={form}"
    column_of = f"$A${top + 1}:$A${last + 1}"
    return f"=AND({form},SUMPRODUCT(--({column_of}={cell}))=1)"


def list_of(choices: Sequence[str]) -> dict[str, object]:
    """Give the validation of a cell with usual choices; others may be right."""
    return {"validate": "list", "source": list(choices), "error_type": "information"}
