"""问题清单 of a correction copy: what is wrong, narrow enough for a phone."""

from collections.abc import Sequence
from typing import Any

from xlsxwriter.utility import quote_sheetname

from huizong.desk import Desk, Problem, add_sheet, unit_name
from huizong.form_styles import Styles, lines_needed, tidy
from huizong.texts import marked, name_of, say

# About sixty characters together: that is a telephone held upright.
WIDTHS = (10, 11, 9, 9, 23)
LINE = 14.5


def problems(desk: Desk) -> None:
    """Write 问题清单 as the first sheet of a correction copy; other workbooks have none."""
    blank = desk.blank
    if not blank.problems:
        return
    sheet = add_sheet(desk, say("book.questions"), landscape=False)
    period = name_of(blank.period) if blank.period else ""
    title = say("correction.title", unit=unit_name(desk), period=period)
    late = bool(blank.due) and f"{blank.due}" < blank.issued_at[:10]
    due = say("correction.late" if late else "correction.due", due=blank.due) if blank.due else ""
    lead = lead_of(name_of(desk.form_set), blank.problems) + due
    write_problems(sheet, desk.styles, title, lead, blank.problems, links=True)
    sheet.activate()
    sheet.set_first_sheet()


def lead_of(name: str, found: Sequence[Problem]) -> str:
    """Say how many problems there are of each kind, and what to do with them."""
    levels = [one.level for one in found]
    parts = [
        say("correction.count", level=say(f"level.{level}"), count=levels.count(level))
        for level in dict.fromkeys(levels)
    ]
    return say("correction.lead", set=name, count=len(found), parts=marked("，").join(parts))


def write_problems(
    sheet: Any, styles: Styles, title: str, lead: str, found: Sequence[Problem], *, links: bool
) -> None:
    """Write the list: number, where, what stands there, what should, what to do."""
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    for row, (text, style, points) in enumerate(((title, "title", 21), (lead, "lead", 15))):
        sheet.merge_range(row, 0, row, len(WIDTHS) - 1, text, styles[style])
        per_line = sum(WIDTHS) * (0.62 if style == "title" else 0.95)
        sheet.set_row(row, points * lines_needed(text, per_line) + 6)
    for column, text in enumerate(say("correction.heading").split("|")):
        sheet.write_string(2, column, text, styles["heading"])
    for row, one in enumerate(found, 3):
        _line(sheet, styles, row, one, link=links)
    sheet.freeze_panes(3, 0)
    sheet.repeat_rows(2)


def where_of(one: Problem) -> str:
    """Name sheet and cell shortly: a sheet of ours begins with its number."""
    return f"{one.sheet.partition(' ')[0]} {one.cell}".strip()


def _line(sheet: Any, styles: Styles, row: int, one: Problem, *, link: bool) -> None:
    level = say(f"level.{one.level}")
    key, where = f"{one.key}\n{level}", where_of(one)
    sheet.write_string(row, 0, key, styles["problem_key"])
    if link and one.cell:
        target = f"internal:{quote_sheetname(one.sheet)}!{one.cell}"
        sheet.write_url(row, 1, target, styles["problem_link"], where)
    else:
        sheet.write_string(row, 1, where, styles["problem"])
    texts = (one.found, one.expected, one.text)
    for column, text in enumerate(texts, 2):
        sheet.write_string(row, column, tidy(text)[:400], styles["problem"])
    cells = zip((key, where, *texts), WIDTHS, strict=True)
    lines = max(lines_needed(text[:400], width - 0.5) for text, width in cells)
    sheet.set_row(row, min(409, LINE * lines + 4))
