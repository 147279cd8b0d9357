"""Write the summary workbook. Its sheets are lists of blocks, in the order of `SHEETS`."""

import datetime as dt
import gc
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from xlsxwriter import Workbook

from huizong import (
    briefing,
    charts,
    circular_sheets,
    ledger_sheets,
    return_sheets,
    total_sheets,
    unit_sheets,
)
from huizong.checkrows import (
    DIGEST_ROW,
    HIDDEN_SHEET,
    LEDGER_ROW,
    MAX_COLUMNS,
    MAX_ROWS,
    PART_ROW,
    checksum,
)
from huizong.contents import Contents
from huizong.errors import HuizongError
from huizong.forms import FormSet
from huizong.pages import Page, foreign
from huizong.records import Summary
from huizong.safely import write_safely
from huizong.styles import Styles
from huizong.tables import OPTIONS
from huizong.texts import say

# Sheet by sheet: the id of its name, and what writes it.
SHEETS: tuple[tuple[str, Callable[[Page, Contents], None]], ...] = (
    ("totals", total_sheets.write_totals),
    ("units", unit_sheets.write_units),
    ("ledgers", ledger_sheets.write_ledgers),
    ("plan", ledger_sheets.write_plan),
    ("findings", return_sheets.write_findings),
    ("returns", return_sheets.write_returns),
    ("charts", charts.write_charts),
    ("briefing", briefing.write_briefing),
    ("bulletin", circular_sheets.write_bulletin),
    ("issues", circular_sheets.write_issues),
    ("reminder", circular_sheets.write_reminder),
    ("sources", return_sheets.write_sources),
)
FORMAT_VERSION = "1"


def write_summary(summary: Summary, form_set: FormSet, path: Path) -> str:
    """Write the summary workbook and give its 汇总校验码."""
    content, code = summary_bytes(summary, form_set)
    with write_safely(path) as beside:
        beside.write_bytes(content)
    return code


def summary_bytes(summary: Summary, form_set: FormSet) -> tuple[bytes, str]:
    """
    Make the summary workbook: the file's content, and its 汇总校验码.

    The same summary gives the same bytes: the only time in them is `made_at`.

    Raises:
        HuizongError: If it would pass Excel's limits (`summary.too_wide`, `summary.too_long`).
    """
    contents = Contents(summary, form_set)
    _refuse_too_big(contents)
    content = io.BytesIO()
    with warnings.catch_warnings(), _no_collecting():
        # XlsxWriter only warns where it drops what does not fit.
        warnings.simplefilter("error")
        book = Workbook(content, OPTIONS)
        code = _write_book(book, contents)
        book.close()
    return content.getvalue(), code


@contextmanager
def _no_collecting() -> Iterator[None]:
    """
    Keep the garbage collector away from a hundred thousand cells, none of which is garbage.

    It would walk over them again and again: a tenth of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _write_book(book: Workbook, contents: Contents) -> str:
    summary = contents.summary
    created = dt.datetime.fromisoformat(summary.made_at).replace(tzinfo=None)
    title = say("summary.title", set=total_sheets.set_title(contents), period=contents.period_name)
    book.set_properties({"title": title, "author": "", "created": created})
    styles = Styles(book)
    sheets = [(key, write) for key, write in SHEETS if _is_wanted(key, contents)]
    pages = [Page(book, say(f"summary.sheet.{key}"), styles) for key, _ in sheets]
    hidden = book.add_worksheet(HIDDEN_SHEET)
    for page, (_, write) in zip(pages, sheets, strict=True):
        write(page, contents)
    rows = [
        *((*pair, "") for pair in identity(summary)),
        *((LEDGER_ROW, one.symbol, f"{one.key}={one.value}") for one in summary.ledger_totals),
        *(
            (DIGEST_ROW, code, f"{summary.digest_key}:{digest}")
            for code, digests in summary.digests.items()
            for digest in digests
        ),
        *_parts(contents),
        *(row for page in pages for row in page.check_rows()),
    ]
    code = checksum(rows)
    total_sheets.write_code(pages[0], code)
    for number, row in enumerate(_with_code(rows, code)):
        for column, text in enumerate(row):
            if text:
                hidden.write_string(number, column, text)
    hidden.hide()
    pages[0].sheet.activate()
    return code


def _parts(contents: Contents) -> Iterator[tuple[str, str, str]]:
    """Give the parts of rates that units' own summaries have over a part of their units."""
    for number, rates in enumerate(contents.parts, 1):
        for code, parts in rates.items():
            for part, value in parts.items():
                yield PART_ROW, code, f"{number}:{part}={value}"


def _is_wanted(key: str, contents: Contents) -> bool:
    return key != "reminder" or circular_sheets.is_reminding(contents)


def identity(summary: Summary) -> list[tuple[str, str]]:
    """List what the hidden sheet says of the summary's identity, without the 汇总校验码."""
    who = summary.identity
    missing = ",".join(
        f"{entry.unit.code} {foreign(entry.unit.name)}"
        for entry in summary.units
        if not entry.included
    )
    return [
        ("huizong", FORMAT_VERSION),
        ("set", who.set_code),
        ("version", who.version),
        ("period", who.period),
        ("code", who.code),
        ("name", foreign(who.name)),
        ("role", who.role),
        ("seal", summary.seal),
        ("number", str(summary.number)),
        ("expected", str(len(summary.units))),
        ("reported", str(summary.reported)),
        ("missing", missing),
    ]


def _with_code(rows: list[tuple[str, str, str]], code: str) -> list[tuple[str, str, str]]:
    """Put the code behind the seal, where readers look for it."""
    at = [row[0] for row in rows].index("seal") + 1
    return [*rows[:at], ("checksum", code, ""), *rows[at:]]


def _refuse_too_big(contents: Contents) -> None:
    """Say before writing that Excel could not hold it."""
    units = len(contents.summary.units)
    columns = max(units, len(contents.form_set.indicators)) + 10
    findings = sum(len(entry.findings) for entry in contents.summary.units)
    plans = sum(
        len(rows.rows)
        for entry in contents.summary.units
        if entry.reading
        for rows in entry.reading.ledgers
    )
    if columns > MAX_COLUMNS:
        raise HuizongError("summary.too_wide", count=columns, most=MAX_COLUMNS)
    issues = len(contents.summary.reporting.issues)
    rows = 10 * (units + 20) + findings + plans + issues + len(contents.summary.findings)
    if rows > MAX_ROWS:
        raise HuizongError("summary.too_long", count=rows, most=MAX_ROWS)
