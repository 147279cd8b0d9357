"""Write fillings into workbooks, one sheet each, with the formulas of their form set."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from fillings import ERROR, Filling, kind_of, state_of
from huizong.cells import column_letters
from huizong.forms import Ledger
from huizong.formulas import OfficeOnly, live, row_formula, value_formula, verdict_formula
from huizong.language import CheckedSet, Computed, Rule

WRONG = 777
LAST_ROW = 40
VERDICTS, VALUES, FIRST_LEDGER = 8, 9, 11
SUFFIXES = {"now": "", "previous": "_P", "year_ago": "_Y", "ytd": "_A"}


def live_rules(checked: CheckedSet) -> tuple[Rule, ...]:
    """The relations that the workbook itself can judge."""
    return tuple(rule for rule in checked.relations if live(rule))


def live_values(checked: CheckedSet) -> tuple[Computed, ...]:
    """The determined figures that the workbook itself can work out."""
    return tuple(one for one in checked.computed if _compiles(one))


def _compiles(one: Computed) -> bool:
    try:
        value_formula(one.expression, one.scale)
    except OfficeOnly:
        return False
    return True


def write_book(path: Path, checked: CheckedSet, fillings: Sequence[Filling]) -> None:
    """Write one sheet a filling: cells as typed, every formula with a wrong cached value."""
    with xlsxwriter.Workbook(path) as book:
        for number, filling in enumerate(fillings):
            _write_sheet(book, f"F{number}", checked, filling)


def _write_sheet(book: Any, name: str, checked: CheckedSet, filling: Filling) -> None:
    sheet = book.add_worksheet(name)
    form_set = checked.form_set
    _write_heading(book, sheet, filling)
    for row, one in enumerate(form_set.indicators, 1):
        for column, (when, suffix) in enumerate(SUFFIXES.items(), 1):
            _type(sheet, row, column, kind_of(one), filling.figures.get((when, one.code), ""))
            place = f"${column_letters(column)}${row + 1}"
            book.define_name(f"{name}!HZ_{one.code}{suffix}", f"={name}!{place}")
    at = FIRST_LEDGER
    for ledger in form_set.ledgers:
        rows = filling.rows.get(("now", ledger.symbol), [])
        _write_ledger(book, sheet, checked, ledger, at, rows)
        at += len(ledger.columns) + 1
    for row, rule in enumerate(live_rules(checked), 1):
        sheet.write_formula(row, VERDICTS, f"={verdict_formula(rule)}", None, WRONG)
    for row, one in enumerate(live_values(checked), 1):
        formula = value_formula(one.expression, one.scale)
        sheet.write_formula(row, VALUES, f"={formula}", None, WRONG)


def _write_heading(book: Any, sheet: Any, filling: Filling) -> None:
    period = filling.period
    fields = {
        "QUARTER": period.quarter,
        "LEVEL": filling.level,
        "START": serial(period.start),
        "END": serial(period.end),
        "DAYS": (period.end - period.start).days + 1,
    }
    for row, (name, value) in enumerate(fields.items(), 1):
        sheet.write(row, 6, value)
        book.define_name(f"{sheet.name}!HZ_{name}", f"={sheet.name}!$G${row + 1}")


def _write_ledger(
    book: Any, sheet: Any, checked: CheckedSet, ledger: Ledger, at: int, rows: list[dict[str, str]]
) -> None:
    letters = {column.key: column_letters(at + n) for n, column in enumerate(ledger.columns)}
    for column in ledger.columns:
        place = f"${letters[column.key]}$2:${letters[column.key]}${LAST_ROW}"
        name = f"{sheet.name}!HZ_{ledger.symbol}_{column.key}"
        book.define_name(name, f"={sheet.name}!{place}")
    for row in range(1, LAST_ROW):
        typed = rows[row - 1] if row <= len(rows) else {}
        for n, column in enumerate(ledger.columns):
            if column.rule:
                rule = checked.column_rules[ledger.symbol, column.key]
                cells = {key: f"{letter}{row + 1}" for key, letter in letters.items()}
                formula = row_formula(rule, column, cells)
                sheet.write_formula(row, at + n, f"={formula}", None, WRONG)
            else:
                _type(sheet, row, at + n, kind_of(column), typed.get(column.key, ""))


def _type(sheet: Any, row: int, column: int, kind: str, text: str) -> None:
    """Put into a cell what a person would have typed there."""
    state = state_of(kind, text)
    if text == ERROR:
        sheet.write_formula(row, column, "=NA()", None, ERROR)
    elif state == "number":
        sheet.write_number(row, column, float(text))
    elif state == "date":
        sheet.write_number(row, column, serial(dt.date.fromisoformat(text)))
    elif text:
        sheet.write_string(row, column, text)


def serial(day: dt.date) -> int:
    """The number that a spreadsheet keeps for a day."""
    return (day - dt.date(1899, 12, 30)).days
