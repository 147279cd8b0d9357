"""发件, the sheet of the control workbook for the letters on their way; the buttons fill it in."""

from xlsxwriter.workbook import Workbook

from huizong import console
from huizong.control_places import LETTER_COLOURS, LOOKS
from huizong.control_progress import colour_by_words
from huizong.styles import FORMATS, Styles
from huizong.tables import Table
from huizong.texts import say

LINES = 2000
_COLOURS = ("green", "amber", "red")
# What an officer may choose about a letter; texts `out_action.<name>`.
ACTIONS = ("retry", "cancel", "resend", "arrived")


def write_outbox(book: Workbook, styles: Styles) -> None:
    """Lay out an empty sheet with its dropdown and its colours."""
    table = Table(book, styles, console.OUT_SHEET, console.OUT_WIDTHS[: console.OUT_STAMP])
    table.title(say("out.title"))
    table.note(say("out.help"))
    table.headings(say("out.heading").split("|"))
    table.sheet.write_string(table.row - 1, console.OUT_STAMP, say("out.stamp"), styles("heading"))
    top, action = table.row, console.OUT_ACTION
    last = top + LINES - 1
    for column, width in enumerate(table.widths):
        table.sheet.set_column(column, column, width, styles("note", "@"))
    table.sheet.set_column(console.OUT_STAMP, console.OUT_STAMP, 10, None, {"hidden": True})
    words = [say(f"out_action.{one}") for one in ACTIONS]
    choices = {"validate": "list", "source": words, "error_type": "stop"}
    table.sheet.data_validation(top, action, last, action, choices)
    # LibreOffice takes the first rule that holds, so a colour has its lines with it.
    colours = Styles(book, {one: {**FORMATS["lined"], **LOOKS[one]} for one in _COLOURS})
    looks = {state: colours(one) for state, one in LETTER_COLOURS.items()}
    colour_by_words(table.sheet, (top, last, console.OUT_STATE), looks)
    for columns, look in (((0, action - 1), "lined"), ((action, action), "answer")):
        rule = {"type": "formula", "criteria": f'=$A{top + 1}<>""', "format": styles(look)}
        table.sheet.conditional_format(top, columns[0], last, columns[1], rule)
    table.sheet.autofilter(top - 1, 0, last, action)
    table.page()
    book.define_name(console.OUT, f"={console.OUT_SHEET}!$A${top}")
