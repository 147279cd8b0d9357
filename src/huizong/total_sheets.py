"""汇总表: the totals, on the form that the units filled."""

import re

from xlsxwriter.format import Format

from huizong.cells import NOT_APPLICABLE
from huizong.contents import Contents, change, some
from huizong.forms import Indicator
from huizong.language import codes_of
from huizong.pages import Page, Value, figure, foreign, lines_needed
from huizong.records import FigureCell, Total
from huizong.styles import change_format, set_up_page
from huizong.syntax import parse
from huizong.texts import either, language, measure_name, name_of, say

_HEADINGS = (
    "indicator",
    "code",
    "measure",
    "total",
    "own",
    "units",
    "coverage",
    "previous",
    "year_ago",
    "change",
    "ytd",
    "ytd_coverage",
    "remark",
)
_WIDTHS = (33, 7, 8.5, 12, 11, 12, 8, 12, 12, 13, 12.5, 8, 20)
_LAST = len(_HEADINGS) - 1
# States of a total that have a word in place of a figure.
_WORDS = {"not_summed": "summary.not_summed", "no_key": "summary.no_key"}


def set_title(contents: Contents) -> str:
    """The title of the form, in the language in force."""
    form_set = contents.form_set
    return form_set.en if language() == "en" else form_set.title


def set_name(contents: Contents) -> str:
    """The name of the line, for the titles of the other sheets."""
    return name_of(contents.form_set)


def write_totals(page: Page, contents: Contents) -> None:
    """Write 汇总表."""
    widths = list(_WIDTHS)
    for column, values in ((3, "value"), (10, "ytd"), (7, "previous"), (8, "year_ago")):
        texts = (getattr(total, values) for total in contents.summary.totals)
        # Thousands separators, places and bold take more room than the plain digits.
        needed = max((len(text) * 4 / 3 + 3 for text in texts), default=0)
        widths[column] = max(widths[column], needed)
    across = page.widths(widths)
    row = write_head(page, contents, set_title(contents), _LAST)
    row = _write_coverage(page, row, contents)
    top = row
    page.sheet.set_row(row, 30)
    row = page.headings(row, (say(f"summary.heading.{key}") for key in _HEADINGS))
    row = page.headings(
        row, (*say("book.letters").split("|")[:3], *map(str, range(1, 11))), "column"
    )
    page.sheet.freeze_panes(row, 2)
    for indicator in contents.form_set.indicators:
        row = _write_section(page, row, indicator, _LAST)
        row = _write_total(page, row, indicator, contents)
    row = _write_notes(page, row, contents)
    _write_signatures(page, row + 1)
    set_up_page(page.sheet, across, (top, top + 1))
    page.sheet.set_selection(top + 2, 3, top + 2, 3)


def write_head(page: Page, contents: Contents, title: str, last: int) -> int:
    """Write title, form number and maker at the right, whose figures and when at the left."""
    who = contents.summary.identity
    page.sheet.set_row(0, 32)
    page.merged(0, (0, last), title, "title")
    rows = (
        (
            say("summary.office", name=contents.office),
            say("summary.form_no", text=contents.form_set.form_no),
        ),
        (
            say("summary.region", code=who.code),
            say("summary.maker", name=contents.office),
        ),
        (say("summary.period", name=contents.period_name), say("summary.internal")),
    )
    for number, (left, right) in enumerate(rows, 1):
        page.line(number, (left,), (page.styles("left"),))
        page.line(number, (right,), (page.styles("right"),), last)
    return len(rows) + 1


def _write_coverage(page: Page, row: int, contents: Contents) -> int:
    """Write how many should report, have reported and are in the totals, and who is missing."""
    words = say(
        "summary.coverage",
        expected=contents.expected,
        received=contents.received,
        reported=contents.summary.reported,
    )
    if contents.expected and not contents.complete:
        words += say("summary.unfinished_missing", mark=_mark(contents), names=_names(contents))
    words += "".join(contents.left_out())
    page.merged(row, (0, _LAST), words, "strong")
    page.sheet.set_row(row, 15 * lines_needed(words, sum(_WIDTHS)) + 3)
    return row + 1


def _mark(contents: Contents) -> str:
    return f"{contents.summary.reported}/{contents.expected}"


def _names(contents: Contents) -> str:
    return some(contents.not_included, 40)


def _write_section(page: Page, row: int, indicator: Indicator, last: int) -> int:
    if not indicator.section:
        return row
    style = page.styles("section")
    page.sheet.write_string(row, 0, either(indicator.section, indicator.section_en), style)
    for column in range(1, last + 1):
        page.sheet.write_blank(row, column, None, style)
    return row + 1


def _write_total(page: Page, row: int, indicator: Indicator, contents: Contents) -> int:
    """Write one indicator; one that has no total yet still has its row."""
    total = contents.totals.get(indicator.code) or Total(code=indicator.code, state="blank")
    number = page.styles.number(indicator.scale)
    centre = page.styles("centre")
    values = (
        name_of(indicator),
        indicator.code,
        measure_name(indicator.unit),
        total_value(total),
        own_value(total.own),
        _units_value(indicator, total, contents),
        f"{total.counted}/{total.expected}",
        figure(total.previous),
        figure(total.year_ago),
        figure(change(indicator, total.value or _na(total), total.year_ago)),
        figure(total.ytd),
        total.ytd_coverage,
    )
    page.line(
        row,
        values,
        (
            page.styles(("text", "indented", "indented_more")[min(indicator.indent, 2)]),
            centre,
            centre,
            page.styles.number(indicator.scale, "total_number"),
            number,
            number,
            centre,
            number,
            number,
            change_style(page, indicator),
            number,
            centre,
        ),
    )
    remark = _remark(indicator, total, contents)
    page.say(row, _LAST, remark, "text")
    page.fit(row, (name_of(indicator), 32 - indicator.indent), (remark, 19))
    return row + 1


def _na(total: Total) -> str:
    return NOT_APPLICABLE if total.state == "na" else ""


def change_style(page: Page, indicator: Indicator) -> Format:
    """The format of a change: signed percent, or points where the figure itself is a percentage."""
    if indicator.type == "percent":
        return page.styles("number", change_format(indicator.scale, say("summary.points")))
    return page.styles("number", change_format())


def total_value(total: Total) -> Value:
    """What stands in the cell of a total: the figure, ——, a word, or nothing."""
    if total.state in _WORDS:
        return say(_WORDS[total.state])
    return figure(total.value) if total.state == "number" else _na(total) or None


def own_value(cell: FigureCell | None) -> Value:
    """What stands in the cell of one unit's or the office's own figure."""
    if cell is None:
        return None
    if cell.state == "number":
        return figure(cell.value)
    return NOT_APPLICABLE if cell.state == "na" else foreign(cell.typed) or None


def _units_value(indicator: Indicator, total: Total, contents: Contents) -> Value:
    """The units without 本级."""
    if total.state in _WORDS:
        return say(_WORDS[total.state])
    if indicator.code in contents.units_alone:
        return figure(contents.units_alone[indicator.code])
    no_own = total.own is None or total.own.state != "number"
    return total_value(total) if no_own else NOT_APPLICABLE


def _remark(indicator: Indicator, total: Total, contents: Contents) -> str:
    """Say what is unfinished about a total, or why its rate over the year is blank."""
    words = (_unfinished(indicator, total, contents), _no_rate_to_date(indicator, total, contents))
    return say("summary.semicolon").join(filter(None, words))


def _unfinished(indicator: Indicator, total: Total, contents: Contents) -> str:
    """Name who is missing where it is not the same as on top."""
    if total.counted >= total.expected or total.state in _WORDS:
        return ""
    words = say("summary.unfinished", mark=f"{total.counted}/{total.expected}")
    lacking = contents.lacking(indicator.code)
    if lacking == contents.not_included:
        return words
    return words + say("summary.lacking", names=some(lacking, 3))


def _no_rate_to_date(indicator: Indicator, total: Total, contents: Contents) -> str:
    """A rate over the year is left out where its parts are of other periods or units."""
    if not indicator.computed or total.ytd:
        return ""
    parts = [contents.totals.get(code) for code in codes_of(parse(indicator.ratio))]
    given = all(one is not None and one.ytd for one in parts)
    return say("summary.no_rate_to_date") if given else ""


def _write_notes(page: Page, row: int, contents: Contents) -> int:
    """Write how the figures are to be read."""
    own = contents.form_set.notes_in(language())
    notes = [say("summary.note_totals"), say("summary.note_change"), *own]
    for number, note in enumerate(notes, 1):
        text = f"{number}. {note}"
        page.sheet.merge_range(row, 0, row, _LAST, text, page.styles("note"))
        page.sheet.set_row(row, 13 * lines_needed(text, sum(_WIDTHS) * 1.05))
        row += 1
    return row


def _write_signatures(page: Page, row: int) -> None:
    keys = ("head", "auditor", "filler", "phone", "date")
    for key, column in zip(keys, (0, 1, 4, 7, 10), strict=True):
        page.say(row, column, say(f"summary.sign.{key}"))
    page.code_row = row + 1


def write_code(page: Page, code: str) -> None:
    """Write the 汇总校验码 at the foot of 汇总表, and what it is good for."""
    row = page.code_row
    page.sheet.set_row(row, 20)
    page.say(row, 0, say("summary.checksum", code=code), "left")
    page.say(row, 4, say("summary.checksum_note"), "left")


def short_name(indicator: Indicator) -> str:
    """The name of an indicator for a narrow column: without indentation and 其中：."""
    return re.sub(r"^(其中[：:]|of which )", "", name_of(indicator).strip())
