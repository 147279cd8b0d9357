"""送审单: one page with the key figures of a summary, its checksum, and who has signed it."""

from collections.abc import Mapping, Sequence

import xlsxwriter

from huizong.briefing import key_figures
from huizong.clock import minute_of
from huizong.contents import Contents, is_number, some
from huizong.desk import write_value
from huizong.pages import foreign
from huizong.paperwork import STEPS, Step
from huizong.styles import Styles
from huizong.tables import Table, fit
from huizong.texts import measure_name, name_of, say
from huizong.total_sheets import short_name

_WIDTHS = (30, 11, 21, 16, 16)
_SIGNATURE = 44  # points: room to sign by hand
_SHOWN = 10


def write_approval(
    book: xlsxwriter.Workbook, contents: Contents, checksum: str, steps: Sequence[Step]
) -> None:
    """Write the page; what is still to be done is left blank, to be signed by hand."""
    table = Table(book, Styles(book), say("signing.sheet"), _WIDTHS)
    said = {"period": contents.period_name, "set": name_of(contents.form_set)}
    table.title(say("signing.title", **said))
    date = minute_of(contents.summary.made_at)
    table.note(say("signing.by", office=contents.office, date=date), "middle")
    _write_about(table, contents, checksum)
    _write_figures(table, contents)
    _write_steps(table, {one.step: one for one in steps})
    table.note(say("signing.note"), "note")
    table.page(landscape=False)
    table.sheet.fit_to_pages(1, 1)


def _write_about(table: Table, contents: Contents, checksum: str) -> None:
    summary = contents.summary
    table.headings(say("signing.about_heading").split("|"), keep=False)
    numbers = (str(contents.expected), str(summary.reported))
    line = (name_of(contents.form_set), str(summary.number), checksum, *numbers)
    table.line(line, ("text", *["centre"] * 4))
    if contents.not_included:
        names = some(contents.not_included, _SHOWN)
        table.note(say("signing.missing", names=names), "strong")


def _write_figures(table: Table, contents: Contents) -> None:
    _block(table, say("signing.figures"))
    table.headings(say("signing.figures_heading").split("|"), keep=False)
    for indicator, total in key_figures(contents):
        now = total.value or say("book.empty")
        values = (now, total.previous or "——", total.year_ago or "——")
        measure = measure_name(indicator.unit)
        row = table.line((short_name(indicator), measure, "", "", ""), ("text", *["centre"] * 4))
        for column, value in enumerate(values, 2):
            number = is_number(value)
            style = table.styles.number(indicator.scale) if number else table.styles("centre")
            write_value(table.sheet, row, column, value, style)


def _write_steps(table: Table, done: Mapping[str, Step]) -> None:
    _block(table, say("signing.steps"))
    table.headings(say("signing.steps_heading").split("|"), keep=False)
    for key in STEPS:
        one = done.get(key)
        said = (one.officer, minute_of(one.at), one.note) if one else ("", "", "")
        line = (say(f"signing.{key}"), *map(foreign, said), "")
        row = table.line(line, ("centre", "centre", "centre", "text", "text"))
        height = max(_SIGNATURE, 15 * table.lines(tuple(map(fit, line))) + 5)
        table.sheet.set_row(row, height)


def _block(table: Table, text: str) -> None:
    table.row += 1
    table.sheet.write_string(table.row, 0, text, table.styles("block"))
    table.sheet.set_row(table.row, 22)
    table.row += 1
