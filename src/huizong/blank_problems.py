"""问题清单 of a correction copy: what is wrong, narrow enough for a phone."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from xlsxwriter.utility import quote_sheetname

from huizong.desk import Desk, Problem, add_sheet, unit_name
from huizong.form_styles import Styles, lines_needed, tidy
from huizong.texts import marked, name_of, say

# About sixty characters together: that is a telephone held upright.
WIDTHS = (10, 11, 9, 9, 23)
LINE = 14.5
_LONGEST = 400  # characters of a text


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
    found = one_a_cell(blank.problems)
    lead = lead_of(name_of(desk.form_set), found) + due
    write_problems(sheet, desk.styles, title, lead, found, links=True)
    sheet.activate()
    sheet.set_first_sheet()


def one_a_cell(found: Sequence[Problem]) -> tuple[Problem, ...]:
    """Put the problems of a cell that ask for the same into one row, with all their numbers."""
    rows: dict[tuple[str, ...], list[Problem]] = {}
    for one in found:
        alike = bool(one.cell) and one.text.endswith(one.remedy)
        place = (one.sheet, one.cell, one.level, one.remedy)
        rows.setdefault(place if alike else (one.key,), []).append(one)
    return tuple(row for some in rows.values() for row in _joined(some))


def _joined(some: Sequence[Problem]) -> Sequence[Problem]:
    """Join what a row of the list holds; longer ones stay rows of their own."""
    short = len(some) > 1 and sum(len(one.text) for one in some) <= _LONGEST
    return (_one_row(some),) if short else some


def _one_row(some: Sequence[Problem]) -> Problem:
    def lines(texts: Iterable[str]) -> str:
        return "\n".join(dict.fromkeys(filter(None, texts)))

    first = some[0]
    wrong = lines(one.text.removesuffix(first.remedy) for one in some)
    return msgspec.structs.replace(
        first, key=lines(one.key for one in some), found=lines(one.found for one in some),
        expected=lines(one.expected for one in some), text=wrong + first.remedy,
    )  # fmt: skip


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
        sheet.write_string(row, column, tidy(text)[:_LONGEST], styles["problem"])
    cells = zip((key, where, *texts), WIDTHS, strict=True)
    lines = max(lines_needed(text[:_LONGEST], width - 0.5) for text, width in cells)
    sheet.set_row(row, min(409, LINE * lines + 4))
