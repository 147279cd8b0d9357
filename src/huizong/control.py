"""Write the control workbook (控制台.xlsx) of a new office; afterwards a person keeps it."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from huizong.cells import address
from huizong.records import Unit
from huizong.roster import FIELDS, SHEET
from huizong.settings import LANGUAGES, SETTING_NAMES, SETTINGS, SIGNING, Settings
from huizong.styles import Styles
from huizong.tables import Table, new_workbook
from huizong.texts import catalogue, say

CONSOLE, HELP = "控制台", "帮助"
ROSTER_LINES = 1000
_FIRST_SETTING = 3  # rows above the settings: title, note, heading


def write_control(path: Path, settings: Settings, roster: Sequence[Unit], now: dt.datetime) -> None:
    """Write the control workbook of a new office."""
    with new_workbook(path, say("control.title"), now) as book:
        styles = Styles(book)
        _write_console(book, styles, settings)
        _write_settings(book, styles, settings)
        _write_roster(book, styles, roster)
        _write_help(book, styles)


def _write_console(book: xlsxwriter.Workbook, styles: Styles, settings: Settings) -> None:
    table = Table(book, styles, CONSOLE, (24, 34, 56))
    table.title(say("control.title"))
    table.note(say("control.about"), "middle")
    table.row += 1
    for name in ("name", "code", "period"):
        row = table.line((say(f"setting.{name}"), "", ""), "left")
        # What the settings say now, not what they said when this was written.
        formula = f'={SETTINGS}!$B${SETTING_NAMES.index(name) + _FIRST_SETTING + 1}&""'
        table.sheet.write_formula(row, 1, formula, styles("strong"), getattr(settings, name))
    _block(table, "control.steps", "control.step")
    _block(table, "control.folder", "control.place")
    table.page(landscape=False)


def _block(table: Table, title: str, prefix: str) -> None:
    """Write a titled table of the texts `prefix.1`, `prefix.2`…, one part a column."""
    table.row += 1
    table.sheet.write_string(table.row, 0, say(title), table.styles("block"))
    table.sheet.set_row(table.row, 24)
    table.row += 1
    table.headings(say(f"{prefix}_heading").split("|"), keep=False)
    for number in range(1, 100):
        if f"{prefix}.{number}" not in catalogue():
            return
        table.line(say(f"{prefix}.{number}").split("|"))


def _write_settings(book: xlsxwriter.Workbook, styles: Styles, settings: Settings) -> None:
    table = Table(book, styles, SETTINGS, (22, 36, 66))
    table.title(say("control.settings"))
    table.note(say("control.settings_help"))
    table.headings(say("control.settings_heading").split("|"))
    for name in SETTING_NAMES:
        label, told = say(f"setting.{name}"), say(f"setting.{name}_help")
        row = table.line((label, "", told))
        table.sheet.write_string(row, 1, _setting_text(settings, name), styles("input", "@"))
        choices = _choices(name)
        if choices:
            table.sheet.data_validation(row, 1, row, 1, _list(choices))
    table.page()


def _choices(name: str) -> tuple[str, ...]:
    if name == "language":
        return tuple(LANGUAGES)
    if name == "signing":
        return tuple(say(f"signing.{key}") for key in SIGNING)
    return (say("book.zero_yes"), say("book.zero_no")) if name == "joined" else ()


def _setting_text(settings: Settings, name: str) -> str:
    if name == "language":
        return next(word for word, code in LANGUAGES.items() if code == settings.language)
    if name == "due":
        days = [f"{code}={count}" for code, count in settings.due_days.items()]
        days += [f"{code} {period}={day}" for (code, period), day in settings.due_on.items()]
        return "；".join(days)
    value = getattr(settings, name)
    if name == "redefined":
        return "；".join(f"{code} {period}" for code, period in value.items())
    if name == "signing":
        return say(f"signing.{value or 'no'}")
    if isinstance(value, bool):
        return say("book.zero_yes" if value else "book.zero_no")
    return "、".join(value) if isinstance(value, tuple) else str(value)


def _write_roster(book: xlsxwriter.Workbook, styles: Styles, roster: Sequence[Unit]) -> None:
    table = Table(book, styles, SHEET, (16, 24, 16, 16, 24, 12, 16, 22, 13, 13, 16, 16))
    # Whole columns as text: a code typed later stays as typed, twelve digits and all.
    for column, width in enumerate(table.widths):
        table.sheet.set_column(column, column, width, styles("left", "@"))
    table.title(say("control.roster"))
    table.note(say("control.roster_help"))
    table.headings(tuple(FIELDS))
    top = table.row
    text = styles("text", "@")
    for row, unit in enumerate(roster, top):
        for column, field in enumerate(FIELDS.values()):
            table.sheet.write_string(row, column, _roster_text(unit, field), text)
    _validate_roster(table.sheet, top, top + max(ROSTER_LINES, 2 * len(roster)))
    table.sheet.freeze_panes(top, 2)
    table.sheet.autofilter(top - 1, 0, top - 1 + len(roster), len(FIELDS) - 1)
    table.page()


def _roster_text(unit: Unit, field: str) -> str:
    value = getattr(unit, field)
    if isinstance(value, tuple):
        return "、".join(value)
    return "" if value is None else str(value)


def _validate_roster(sheet: Worksheet, top: int, last: int) -> None:
    for label in ("区划代码", "上级代码", "并入代码"):
        column = list(FIELDS).index(label)
        cell = address(top, column)
        told = {"error_title": label, "error_message": say("control.code_wanted")}
        several = f",LEN({cell})>24" if label == "并入代码" else ""
        rule = f'=OR(LEN({cell})=12,LEFT({cell},1)="Z"{several})'
        wanted = {"validate": "custom", "value": rule, **told}
        sheet.data_validation(top, column, last, column, wanted)
    column = list(FIELDS).index("类别")
    sheet.data_validation(top, column, last, column, _list(say("control.categories").split("|")))


def _list(choices: Sequence[str]) -> dict[str, object]:
    return {"validate": "list", "source": list(choices), "error_type": "information"}


def _write_help(book: xlsxwriter.Workbook, styles: Styles) -> None:
    table = Table(book, styles, HELP, (34, 90))
    table.title(say("control.help"))
    _block(table, "control.questions", "control.answer")
    table.page(landscape=False)
