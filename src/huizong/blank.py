"""Write the workbook of one unit: blank, or filled with what it sent (a correction copy)."""

import datetime as dt
import io
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import xlsxwriter

from huizong import layout
from huizong.blank_checks import checks, report
from huizong.blank_figures import statistics
from huizong.blank_front import front
from huizong.blank_ledger import write_ledger
from huizong.blank_problems import problems
from huizong.desk import Blank, Desk
from huizong.form_styles import Styles
from huizong.periods import Period
from huizong.tables import OPTIONS
from huizong.texts import either, listed, name_of


def write_blank(blank: Blank, path: Path | BinaryIO) -> None:
    """Write the workbook of one form set, unit and period; equal input gives equal members."""
    write_blanks((blank,), path)


def write_blanks(blanks: Sequence[Blank], path: Path | BinaryIO) -> None:
    """
    Write the form sets of one unit and period into one workbook, one behind the other.

    Where there are several, each is marked as `joined`, so that its sheets say whose they are.
    """
    first = blanks[0]
    made = dt.datetime.fromisoformat(first.issued_at or "2026-01-01T00:00:00").replace(tzinfo=None)
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, OPTIONS) as book:
        title = listed(name_of(one.form_set) for one in blanks[1:] and blanks)
        book.set_properties(
            {
                "title": title or either(first.form_set.title, first.form_set.title_en),
                "created": made,
            }
        )
        book.set_calc_mode("auto")
        styles = Styles(book)
        for blank in blanks:
            _write_set(blank, book, styles)
        _tag(book, blanks)
        for name, value in _header_names(first):
            book.define_name(name, value)
    if isinstance(path, Path):
        path.write_bytes(content.getvalue())
    else:
        path.write(content.getvalue())


def _write_set(blank: Blank, book: xlsxwriter.Workbook, styles: Styles) -> None:
    rows = {relation.id: row for row, relation in enumerate(blank.checked.relations, 2)}
    desk = Desk(blank, book, styles, rows)
    problems(desk)
    front(desk)
    statistics(desk)
    for ledger in blank.form_set.ledgers:
        write_ledger(desk, ledger)
    report(desk)
    checks(desk)
    for name, reference in layout.defined_names(blank.form_set, joined=blank.joined).items():
        book.define_name(name, f"={reference}")


def _header_names(blank: Blank) -> tuple[tuple[str, str], ...]:
    """Header fields are constants of the workbook: dates as serials, the level as a text."""
    period = blank.period or Period.of(2000, blank.form_set.cycle)
    return (
        ("HZ_START", f"={_serial(period.start)}"),
        ("HZ_END", f"={_serial(period.end)}"),
        ("HZ_QUARTER", f"={period.quarter}"),
        ("HZ_DAYS", f"={(period.end - period.start).days + 1}"),
        ("HZ_LEVEL", f'="{blank.level}"'),
    )


def _serial(day: dt.date) -> int:
    return (day - dt.date(1899, 12, 30)).days


def _tag(book: xlsxwriter.Workbook, blanks: Sequence[Blank]) -> None:
    """
    The identity once more, hidden and sealed: a hint for the reader, never the authority.

    Names stand in the first column, and in each further one what they are for one form set.
    """
    sheet = book.add_worksheet(layout.TAG_SHEET)
    for column, blank in enumerate(blanks, 1):
        identity = blank.identity
        lines = (
            ("huizong", "return"),
            ("set", identity.set_code),
            ("version", identity.version),
            ("period", identity.period),
            ("code", identity.code),
            ("name", identity.name),
            ("role", identity.role),
            ("seal", blank.seal),
            *([("corrects", blank.corrects)] if blank.corrects else ()),
        )
        for row, (key, value) in enumerate(lines):
            sheet.write_string(row, 0, key)
            sheet.write_string(row, column, value)
    sheet.very_hidden()
