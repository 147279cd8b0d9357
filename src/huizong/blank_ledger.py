"""A ledger or plan of an issued workbook: entry rows, checks at typing, a table that grows."""

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from huizong import layout
from huizong.cells import address, column_letters
from huizong.desk import Desk, add_sheet, cached, heading, write_value
from huizong.form_styles import lines_needed, tidy
from huizong.forms import Column, Ledger
from huizong.formulas import row_formula
from huizong.records import LedgerRows
from huizong.styles import split_pages
from huizong.texts import name_of, say

# Characters: more on one page would be too small to read; so many stand on both of two pages.
_ONE_PAGE, _ON_BOTH = 150, 36
# Rows: so many fit on one page, of which so many may be filled with text.
_ONE_HIGH, _FEW = 25, 12
SHOWN_ROWS = 20  # rows drawn (and printed) from the start; more appear as they are filled


def write_ledger(desk: Desk, ledger: Ledger) -> None:
    """A sheet of rows: entry cells open for the first rows, formulas reaching to row 5,000."""
    sheet = add_sheet(desk, layout.ledger_sheet(ledger))
    last = len(ledger.columns) - 1
    split = _split([one.width for one in ledger.columns])
    # What stands above the rows stays on the first page.
    heading(desk, sheet, split[1] - 1 if split else last, name_of(ledger), ledger.code)
    _status(desk, sheet, ledger)
    top = layout.LEDGER_HEADING_ROW
    for column, one in enumerate(ledger.columns):
        sheet.set_column(column, column, one.width)
        style = desk.styles["heading_required" if one.required else "heading"]
        sheet.write_string(top, column, name_of(one), style)
    names = (lines_needed(name_of(one), one.width) for one in ledger.columns)
    sheet.set_row(top, 15 * max(2, *names))
    if ledger.symbol in desk.blank.on_paper:
        _kept_on_paper(desk, sheet, ledger)
        return
    _rows(desk, sheet, ledger)
    _validate_columns(sheet, ledger)
    _draw_rows(desk, sheet, ledger)
    sheet.autofilter(top, 0, top + ledger.rows, last)
    sheet.freeze_panes(top + 1, 2)
    sheet.repeat_rows(top)
    if split:
        few = len(rows.rows) <= _FEW if (rows := _filled(desk, ledger)) else True
        # Without this the empty rows, which hold formulas, are two more pages.
        split_pages(sheet, *split, tall=int(few and ledger.rows <= _ONE_HIGH))


def _split(widths: Sequence[float]) -> tuple[int, int] | None:
    """
    Tell how a wide ledger is printed on two pages: how many columns on both, where one ends.

    What the row is about stands on both; the rest is parted so that both are about as wide. Where
    only one column is the rest it cannot be parted: one page it is.
    """
    if sum(widths) <= _ONE_PAGE:
        return None
    keep = sum(width <= _ON_BOTH for width in itertools.accumulate(widths)) or 1
    both = sum(widths[:keep])
    parts = range(keep + 1, len(widths))
    if not parts:
        return None
    at = min(parts, key=lambda one: max(sum(widths[:one]), both + sum(widths[one:])))
    return keep, at


def _kept_on_paper(desk: Desk, sheet: Any, ledger: Ledger) -> None:
    """Say that no row is wanted here: the unit types the totals and keeps the ledger on paper."""
    row, last = layout.LEDGER_HEADING_ROW + 1, len(ledger.columns) - 1
    text = say("book.on_paper_help")
    sheet.merge_range(row, 0, row, last, text, desk.styles["paragraph"])
    sheet.set_row(row, 8 + 16 * lines_needed(text, sum(one.width for one in ledger.columns)))
    sheet.freeze_panes(row, 2)


def _status(desk: Desk, sheet: Any, ledger: Ledger) -> None:
    """The ledger's state stands in the heading's second row; a plan has none."""
    place = layout.status_place(ledger)
    if ledger.kind == "plan":
        return
    if ledger.symbol in desk.blank.on_paper:
        sheet.write_string(place.row, place.column - 1, say("book.status"), desk.styles["label"])
        sheet.write_string(place.row, place.column, say("book.status_paper"), desk.styles["centre"])
        return
    rows = _filled(desk, ledger)
    words = layout.status_words()
    known = rows.status if rows and rows.status in layout.STATUSES else layout.STATUSES[2]
    status = words[layout.STATUSES.index(known)]
    sheet.write_string(place.row, place.column - 1, say("book.status"), desk.styles["label"])
    sheet.write_string(place.row, place.column, status, desk.styles["choice"])
    sheet.write_string(
        place.row, place.column + 1, say("book.status_help"), desk.styles["hint_line"]
    )
    sheet.data_validation(
        place.row, place.column, place.row, place.column,
        {"validate": "list", "source": list(words), "error_message": say("book.choice_error")},
    )  # fmt: skip


def _filled(desk: Desk, ledger: Ledger) -> LedgerRows | None:
    filling = desk.blank.filling
    return filling.rows_of(ledger.symbol) if filling else None


def _rows(desk: Desk, sheet: Any, ledger: Ledger) -> None:
    rows = _filled(desk, ledger)
    filled = rows.rows if rows else ()
    keys = rows.keys if rows else ()
    first = layout.LEDGER_HEADING_ROW + 1
    drawn = [desk.styles.entry(column, drawn=True) for column in ledger.columns]
    plain = [desk.styles.entry(column, drawn=False) for column in ledger.columns]
    computed = [index for index, column in enumerate(ledger.columns) if column.rule]
    for position in range(max(ledger.rows, len(filled))):
        row, styles = first + position, drawn if position < SHOWN_ROWS else plain
        values = dict(zip(keys, filled[position], strict=True)) if position < len(filled) else {}
        for index, column in enumerate(ledger.columns):
            value = values.get(column.key)
            if value is None:
                sheet.write_blank(row, index, None, styles[index])
            else:
                _write_entry(sheet, row, index, column, value, styles[index])
        for index in computed:
            _computed_cell(desk, sheet, ledger, index, position, styles[index])
        if values:
            _fit(sheet, row, ledger, values)


def _fit(sheet: Any, row: int, ledger: Ledger, values: Mapping[str, str | None]) -> None:
    """Make a row of issued or sent text high enough for it; programs fit rows only at typing."""
    wrapped = (column for column in ledger.columns if not column.numeric and column.type != "date")
    lines = max((lines_needed(values.get(one.key) or "", one.width) for one in wrapped), default=1)
    if lines > 1:
        sheet.set_row(row, min(409, 15 * lines + 2))


def _computed_cell(
    desk: Desk, sheet: Any, ledger: Ledger, index: int, position: int, style: Any
) -> None:
    column, row = ledger.columns[index], layout.LEDGER_HEADING_ROW + 1 + position
    cells = {one.key: address(row, at) for at, one in enumerate(ledger.columns)}
    rule = desk.blank.checked.column_rules[ledger.symbol, column.key]
    result = desk.blank.caches.rows.get((ledger.symbol, column.key, position))
    sheet.write_formula(row, index, f"={row_formula(rule, column, cells)}", style, cached(result))


def _validate_columns(sheet: Any, ledger: Ledger) -> None:
    first, last = layout.LEDGER_HEADING_ROW + 1, layout.LAST_LEDGER_ROW
    for index, column in enumerate(ledger.columns):
        rule = _validation(column, address(first, index))
        if rule:
            sheet.data_validation(first, index, last, index, rule)


def _draw_rows(desk: Desk, sheet: Any, ledger: Ledger) -> None:
    """
    Draw borders and tint for every row in use, and the one below it: a table that grows, so that
    empty rows are not printed by the page.
    """
    first = layout.LEDGER_HEADING_ROW + 1 + SHOWN_ROWS
    last = layout.LAST_LEDGER_ROW
    used = ",".join(
        f"${column_letters(at)}{first}:${column_letters(at)}{first + 1}"
        for at, column in enumerate(ledger.columns)
        if column.entry
    )
    rule = f"=COUNTA({used})>0"
    for index, column in enumerate(ledger.columns):
        sheet.conditional_format(
            first, index, last, index,
            {"type": "formula", "criteria": rule,
             "format": desk.styles["row_entry" if column.entry else "row_fixed"]},
        )  # fmt: skip


def _write_entry(sheet: Any, row: int, index: int, column: Column, value: str, style: Any) -> None:
    if column.type == "date":
        try:
            sheet.write_datetime(row, index, dt.datetime.fromisoformat(value), style)
            return
        except ValueError:
            pass
    if column.numeric:
        write_value(sheet, row, index, value, style)
    else:
        sheet.write_string(row, index, tidy(value), style)


def _validation(column: Column, first: str) -> dict[str, Any] | None:
    """Excel's own check at typing, for a ledger's column whose first cell is `first`."""
    if column.choices:
        error = say("book.choice_error")
        return {"validate": "list", "source": list(column.choices), "error_message": error}
    if column.type == "date":
        return {
            "validate": "date", "criteria": "between",
            "minimum": dt.date(1990, 1, 1), "maximum": dt.date(2099, 12, 31),
            "error_message": say("book.date_error"),
        }  # fmt: skip
    if column.numeric and column.entry:
        return _number_rule(column, first)
    return None


def _number_rule(column: Column, first: str) -> dict[str, Any]:
    """Let in what the audit lets pass: a number of the declared places, not under its least."""
    low = "" if column.minimum is None else f",{first}>={column.minimum}"
    kind = ("whole" if column.scale == 0 else "places") + ("_from" if low else "")
    text = say(f"book.column_{kind}", places=column.scale, low=column.minimum)
    return {
        "validate": "custom",
        "value": f"=AND(ISNUMBER({first}),ROUND({first},{column.scale})={first}{low})",
        "error_title": say("book.input_title"), "error_message": text,
    }  # fmt: skip
