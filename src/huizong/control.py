"""Write the control workbook (控制台.xlsm) of a new office; afterwards a person keeps it."""

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from huizong import console
from huizong.control_desk import write_desk
from huizong.control_outbox import write_outbox
from huizong.control_roster import list_of, write_roster
from huizong.macros import macro_module
from huizong.records import Unit
from huizong.settings import CHOICES, LANGUAGES, SETTING_NAMES, SETTINGS, Settings
from huizong.styles import Styles
from huizong.tables import Table, answer_choices, lines_needed, new_workbook
from huizong.texts import catalogue, say
from huizong.vba_project import Kind, Module, Project, write_project

SHEETS, TODO_LINES = 6, 500
_FIRST_SETTING = 3  # rows above the settings: title, note, heading


def write_control(path: Path, settings: Settings, roster: Sequence[Unit], now: dt.datetime) -> None:
    """Write the control workbook of a new office, with its macros."""
    with new_workbook(path, say("control.title"), now) as book:
        styles = Styles(book)
        write_desk(book, settings, setting_cells(), now)
        _write_todo(book, styles)
        write_outbox(book, styles)
        write_roster(book, styles, roster)
        _write_settings(book, styles, settings)
        _write_help(book, styles)
        book.add_vba_project(io.BytesIO(write_project(project())), is_stream=True)


def project() -> Project:
    """Give the macros of the control workbook: a module of each sheet, and what the buttons run."""
    sheets = (Module(f"Sheet{number}", Kind.SHEET) for number in range(1, SHEETS + 1))
    own = (macro_module(name) for name in ("Host", "Buttons"))
    return Project("HuizongConsole", (Module("ThisWorkbook", Kind.WORKBOOK), *sheets, *own))


def setting_cells() -> dict[str, str]:
    """Give the address of each setting's value, by its name."""
    first = _FIRST_SETTING + 1
    return {name: f"{SETTINGS}!$B${row}" for row, name in enumerate(SETTING_NAMES, first)}


def _block(table: Table, title: str, prefix: str) -> None:
    """Write a titled table of the texts `prefix.1`, `prefix.2`…, one part a column."""
    table.row += 1
    table.sheet.write_string(table.row, 0, say(title), table.styles("block"))
    table.sheet.set_row(table.row, 24)
    table.row += 1
    headings = say(f"{prefix}_heading").split("|")
    table.headings(headings, keep=False)
    _widen(table, table.row - 1, headings, "heading")
    for number in range(1, 100):
        if f"{prefix}.{number}" not in catalogue():
            return
        texts = say(f"{prefix}.{number}").split("|")
        _widen(table, table.line(texts), texts, "text")


def _widen(table: Table, row: int, texts: Sequence[str], style: str) -> None:
    """Let the last text of a row take the columns that are left."""
    last, right = len(texts) - 1, len(table.widths) - 1
    if last < right:
        table.sheet.merge_range(row, last, row, right, texts[-1], table.styles(style))
        lines = lines_needed(texts[-1], sum(table.widths[last:]) - 1.5)
        table.sheet.set_row(row, 15 * lines + 9)


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
            table.sheet.data_validation(row, 1, row, 1, list_of(choices))
    table.page()


def _choices(name: str) -> tuple[str, ...]:
    if name == "language":
        return tuple(LANGUAGES)
    if name in CHOICES:
        return tuple(say(f"{name}.{key}") for key in CHOICES[name])
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
    if name in CHOICES:
        return say(f"{name}.{value or CHOICES[name][0]}")
    if isinstance(value, bool):
        return say("book.zero_yes" if value else "book.zero_no")
    return "、".join(value) if isinstance(value, tuple) else str(value)


def _write_todo(book: xlsxwriter.Workbook, styles: Styles) -> None:
    """Lay out what waits for the officer; the buttons fill it in."""
    table = Table(book, styles, console.TODO_SHEET, console.TODO_WIDTHS, console.TODO_SPLIT)
    table.title(say("paper.todo_title"))
    table.note(say("console.todo_help"))
    table.headings(say("paper.findings_heading").split("|"))
    answers, digest, top = console.TODO_ANSWERS, console.TODO_DIGEST, table.row
    for column, width in enumerate(table.widths):
        table.sheet.set_column(column, column, width, styles("note", "@"))
    table.sheet.set_column(digest, digest, 10, None, {"hidden": True})
    table.sheet.data_validation(top, answers, top + TODO_LINES, answers, answer_choices())
    for columns, look in (((0, digest), "lined"), ((answers, answers + 2), "answer")):
        place = (top, columns[0], top + TODO_LINES, columns[1])
        rule = {"type": "formula", "criteria": f'=$A{top + 1}<>""', "format": styles(look)}
        table.sheet.conditional_format(*place, rule)
    table.sheet.autofilter(top - 1, 0, top + TODO_LINES, digest)
    table.page()
    book.define_name(console.TODO, f"={console.TODO_SHEET}!$A${top}")


def _write_help(book: xlsxwriter.Workbook, styles: Styles) -> None:
    table = Table(book, styles, console.HELP, (24, 44, 62))
    table.title(say("control.help"))
    table.note(say("control.about"), "middle")
    _block(table, "control.steps", "control.step")
    _block(table, "control.questions", "control.answer")
    _block(table, "control.folder", "control.place")
    table.page(landscape=False)
