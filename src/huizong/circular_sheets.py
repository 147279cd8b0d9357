"""报送情况通报, 问题清单 and 催报通知 as sheets of the summary: the same words as on paper."""

import datetime as dt
from collections.abc import Sequence

from huizong import circulars
from huizong.circulars import Circular
from huizong.contents import Contents
from huizong.pages import LINE_HEIGHT, Page, Value, figure, foreign, lines_needed
from huizong.papers import SetReturns
from huizong.styles import set_up_page
from huizong.texts import name_of, say

_LINE = 19  # points of a line of a letter
_RETURNED = 5  # the bulletin's column of 退回次数


def circular_of(contents: Contents) -> Circular:
    """Give what the papers say, as of the making of the summary."""
    summary, reporting = contents.summary, contents.summary.reporting
    returns = SetReturns(
        code=summary.identity.set_code, name=name_of(contents.form_set), due=reporting.due,
        returns=summary.units, own=summary.own,
    )  # fmt: skip
    now = dt.datetime.fromisoformat(summary.made_at).replace(tzinfo=None)
    period = summary.identity.period
    return Circular(
        office=contents.office, period=period, returns=returns, now=now, reporting=reporting
    )


def is_reminding(contents: Contents) -> bool:
    """Whether nothing has come of some units: only then there is a sheet 催报通知."""
    return bool(circular_of(contents).missing)


def write_bulletin(page: Page, contents: Contents) -> None:
    """Write 报送情况通报: rates of reporting, then every unit in the roster's order."""
    one, across = circular_of(contents), page.widths(circulars.BULLETIN_WIDTHS)
    title = say("circular.bulletin_title", **one.said)
    paragraphs = (say("circular.everyone"), circulars.bulletin_text(one))
    row = _letter(page, title, paragraphs, circulars.BULLETIN_WIDTHS)
    top = row
    row = page.headings(row, say("circular.bulletin_heading").split("|"))
    page.sheet.set_row(top, 2 * LINE_HEIGHT + 6)
    for number, entry in enumerate(one.returns.returns, 1):
        line = circulars.bulletin_line(one, number, entry)
        row = _line(
            page, row, line, circulars.BULLETIN_LOOKS, circulars.BULLETIN_WIDTHS, (_RETURNED,)
        )
    note = say("circular.bulletin_note")
    row = _paragraph(page, row, note, circulars.BULLETIN_WIDTHS, "note")
    _sign(page, row, one, len(circulars.BULLETIN_WIDTHS) - 1)
    set_up_page(page.sheet, across, (top, top), landscape=False)


def write_issues(page: Page, contents: Contents) -> None:
    """Write 问题清单: every problem of the period with its owner, date and closing."""
    one, across = circular_of(contents), page.widths(circulars.ISSUE_WIDTHS)
    last = len(circulars.ISSUE_WIDTHS) - 1
    page.merged(0, (0, last), say("circular.issues_title", **one.said), "title")
    page.sheet.set_row(0, 32)
    page.merged(1, (0, last), circulars.issues_text(one), "left")
    top = row = 2
    row = page.headings(row, say("circular.issues_heading").split("|"))
    page.sheet.freeze_panes(row, 3)
    for number, issue in enumerate(one.reporting.issues, 1):
        looks = circulars.issue_looks(issue, one.now.date())
        line = circulars.issue_line(number, issue)
        row = _line(page, row, line, looks, circulars.ISSUE_WIDTHS)
    if not one.reporting.issues:
        page.say(row, 0, say("circular.issues_none"))
    page.sheet.autofilter(top, 0, max(row - 1, top + 1), last)
    set_up_page(page.sheet, across, (top, top))


def write_reminder(page: Page, contents: Contents) -> None:
    """Write 催报通知, before the deadline or after it, naming who is missing."""
    one, across = circular_of(contents), page.widths(circulars.REMINDER_WIDTHS)
    paragraphs = (say("circular.everyone"), *circulars.reminder_texts(one))
    row = _letter(page, circulars.reminder_title(one), paragraphs, circulars.REMINDER_WIDTHS)
    row = page.headings(row, say("circular.reminder_heading").split("|"))
    for line in circulars.reminder_lines(one):
        row = _line(page, row, line, circulars.REMINDER_LOOKS, circulars.REMINDER_WIDTHS)
    _sign(page, row, one, len(circulars.REMINDER_WIDTHS) - 1)
    set_up_page(page.sheet, across, landscape=False)


def _letter(page: Page, title: str, paragraphs: Sequence[str], widths: Sequence[float]) -> int:
    """Write the title and the paragraphs, the first without, the others with an indent."""
    page.merged(0, (0, len(widths) - 1), title, "title")
    page.sheet.set_row(0, 34)
    row = 1
    for number, text in enumerate(paragraphs):
        row = _paragraph(page, row, f"　　{text}" if number else text, widths, "paragraph")
    return row


def _paragraph(page: Page, row: int, text: str, widths: Sequence[float], style: str) -> int:
    page.merged(row, (0, len(widths) - 1), text, style)
    page.sheet.set_row(row, _LINE * lines_needed(text, sum(widths) * 0.85) + 4)
    return row + 1


def _line(
    page: Page, row: int, texts: Sequence[str], looks: Sequence[str], widths: Sequence[float],
    counts: Sequence[int] = (),
) -> int:  # fmt: skip
    """Write a row of texts; its number, and what it counts, are figures."""
    shown = [foreign(text) for text in texts]
    values: list[Value] = [*shown]
    for column in (0, *counts):
        values[column] = figure(shown[column])
    page.line(row, values, [page.styles(look) for look in looks])
    # Signs that begin no line, and figures that are not parted, take more than they fill.
    page.fit(row, *((text, width * 0.88 - 1) for text, width in zip(shown, widths, strict=True)))
    return row + 1


def _sign(page: Page, row: int, one: Circular, last: int) -> None:
    text = say("circular.sign", office=one.office, date=f"{one.now:%Y-%m-%d}")
    page.merged(row + 1, (0, last), text, "right")
