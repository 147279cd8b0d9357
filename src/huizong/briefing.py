"""简报: one A4 page for the leader, every word of it from the figures."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from huizong.clock import minute_of
from huizong.contents import Contents, change, first_pass, light, some
from huizong.forms import Indicator
from huizong.pages import Page, Value, figure, foreign, lines_needed
from huizong.records import MISSING, Total
from huizong.recount import rounded
from huizong.styles import change_format, set_up_page
from huizong.texts import measure_name, name_of, say
from huizong.total_sheets import set_title, short_name, total_value

_WIDTHS = (28, 9, 12, 12, 13.5, 12, 13.5, 7)
_LAST = len(_WIDTHS) - 1
_ACROSS = sum(_WIDTHS)
MOST_KEYS, MOST_POINTS = 10, 6
_LINE = 19


def write_briefing(page: Page, contents: Contents) -> None:
    """Write the page: reporting, key figures, problems, next steps, what the leader decides."""
    page.widths(_WIDTHS)
    row = _write_title(page, contents)
    row = _write_part(page, row, "reporting", [reporting_words(contents)])
    row = _write_key_figures(page, row, contents)
    row = _write_part(page, row, "problems", _numbered(problems(contents)))
    row = _write_part(page, row, "next", _numbered(next_steps(contents)))
    row = _write_part(page, row, "decide", _numbered(decisions(contents)))
    row = _write_lines(page, row)
    set_up_page(page.sheet, _ACROSS, landscape=False)
    page.sheet.fit_to_pages(1, 1)
    page.sheet.print_area(0, 0, row - 1, _LAST)


def _write_title(page: Page, contents: Contents) -> int:
    page.sheet.set_row(0, 40)
    title = re.sub("统计表$", "", set_title(contents))
    page.merged(
        0,
        (0, _LAST),
        say("summary.briefing.title", set=title, period=contents.period_name),
        "title",
    )
    made = minute_of(contents.summary.made_at)
    words = say(
        "summary.briefing.by", name=contents.office, date=made[:10], number=contents.summary.number
    )
    page.merged(1, (0, _LAST), words, "middle")
    page.sheet.set_row(1, 18)
    return 2


def _write_part(page: Page, row: int, key: str, paragraphs: list[str]) -> int:
    """Write a heading and its paragraphs, each as high as its text needs."""
    page.say(row, 0, say(f"summary.briefing.{key}"), "block")
    page.sheet.set_row(row, 27)
    for number, text in enumerate(paragraphs, 1):
        page.merged(row + number, (0, _LAST), text, "paragraph")
        page.sheet.set_row(row + number, _LINE * lines_needed(text, _ACROSS * 0.9) + 3)
    return row + len(paragraphs) + 1


def _numbered(points: Iterator[str]) -> list[str]:
    found = list(points)
    if not found:
        return [say("summary.briefing.none")]
    return [f"{number}. {text}" for number, text in enumerate(found[:MOST_POINTS], 1)]


def percent(part: int, whole: int) -> str:
    """Give a share in percent, rounded once; —— of nothing."""
    return f"{rounded(Fraction(part, whole) * 100, 1)}%" if whole else "——"


def reporting_words(contents: Contents) -> str:
    """Say who has reported, in time and at the first attempt."""
    units = contents.summary.units
    words = say(
        "summary.briefing.reported",
        expected=contents.expected,
        received=contents.received,
        reported=contents.summary.reported,
        in_time=percent(sum(one.state != MISSING and not one.late for one in units), len(units)),
        first=percent(sum(map(first_pass, units)), contents.received),
    )
    if contents.missing:
        count = len(contents.missing)
        words += say("summary.briefing.missing", count=count, names=some(contents.missing, 8))
    if not contents.complete:
        mark = f"{contents.summary.reported}/{contents.expected}"
        words += say("summary.briefing.unfinished", mark=mark)
    return words + "".join(contents.left_out())


def key_figures(contents: Contents) -> list[tuple[Indicator, Total]]:
    """Pick the ten figures that the form set marks as key."""
    keys = [one for one in contents.form_set.indicators if one.key and one.code in contents.totals]
    return [(one, contents.totals[one.code]) for one in keys[:MOST_KEYS]]


def _write_key_figures(page: Page, row: int, contents: Contents) -> int:
    page.say(row, 0, say("summary.briefing.figures"), "block")
    page.sheet.set_row(row, 27)
    keys = (
        "indicator",
        "measure",
        "now",
        "previous",
        "on_previous",
        "year_ago",
        "on_year",
        "light",
    )
    page.sheet.set_row(row + 1, 30)
    row = page.headings(row + 1, (say(f"summary.heading.{key}") for key in keys))
    for indicator, total in key_figures(contents):
        row = _write_key_figure(page, row, indicator, total)
    note = say("summary.briefing.lights")
    page.merged(row, (0, _LAST), note, "note")
    page.sheet.set_row(row, 13 * lines_needed(note, _ACROSS))
    return row + 1


def _write_key_figure(page: Page, row: int, indicator: Indicator, total: Total) -> int:
    now = total.value or ("——" if total.state == "na" else "")
    colour = light(indicator, total.value)
    text, centre, number = (
        page.styles("text"), page.styles("centre"), page.styles.number(indicator.scale),
    )  # fmt: skip
    points = indicator.type == "percent"
    places, suffix = (indicator.scale, say("summary.points")) if points else (1, "%")
    moved = page.styles("number", change_format(places, suffix))
    values: tuple[Value, ...] = (
        short_name(indicator),
        measure_name(indicator.unit),
        total_value(total),
        figure(total.previous),
        figure(change(indicator, now, total.previous)),
        figure(total.year_ago),
        figure(change(indicator, now, total.year_ago)),
        say(f"summary.light.{colour}") if colour else "——",
    )
    bold = page.styles.number(indicator.scale, "total_number")
    styles = (text, centre, bold, number, moved, number, moved, page.styles(colour or "centre"))
    page.line(row, values, styles)
    page.sheet.set_row(row, 9 + 13 * lines_needed(short_name(indicator), 28))
    return row + 1


def problems(contents: Contents) -> Iterator[str]:
    """Name what went wrong: who is missing or late, lights, findings, the plan."""
    units = list(zip(contents.names, contents.summary.units, strict=True))
    if contents.missing:
        count = len(contents.missing)
        yield say("summary.briefing.problem_missing", count=count, names=some(contents.missing))
    late = tuple(name for name, one in units if one.late and one.state != MISSING)
    if late:
        yield say("summary.briefing.problem_late", count=len(late), names=some(late))
    waiting = tuple(name for name, one in units if not one.included and one.state != MISSING)
    if waiting:
        yield say("summary.briefing.problem_waiting", count=len(waiting), names=some(waiting))
    for colour in ("red", "amber"):
        found = [
            say(
                "summary.briefing.lit",
                name=short_name(one),
                value=f"{Decimal(total.value):.{one.scale}f}",
                unit=measure_name(one.unit),
            )
            for one, total in key_figures(contents)
            if light(one, total.value) == colour
        ]
        if found:
            yield say(f"summary.briefing.problem_{colour}", figures=say("summary.and").join(found))
    yield from _questioned(contents)
    items = contents.undone
    if items:
        names = tuple(dict.fromkeys(name for name, _ in items))
        yield say(
            "summary.briefing.problem_plan",
            count=len(items),
            units=len(names),
            names=some(names, 3),
        )


def _questioned(contents: Contents) -> Iterator[str]:
    """Name the relations that most units had to explain or have still open."""
    named = {relation.id: relation for relation in contents.form_set.relations}
    counted: Counter[str] = Counter()
    for entry in contents.summary.units:
        subjects = dict.fromkeys(
            one.finding.subject
            for one in entry.findings
            if one.finding.level in ("must", "release", "explain") and one.finding.subject in named
        )
        counted.update(subjects.keys())
    for subject, count in counted.most_common(2):
        # The rule's words end in what the unit is to do; the leader needs only what is wrong.
        name = re.sub("，请[^，]*$", "", name_of(named[subject]))
        yield say("summary.briefing.problem_rule", name=name, count=count, id=subject)


def next_steps(contents: Contents) -> Iterator[str]:
    """Say what the office does next about each kind of problem."""
    if contents.missing:
        yield say("summary.briefing.step_missing", names=some(contents.missing))
    if any(not one.included and one.state != MISSING for one in contents.summary.units):
        yield say("summary.briefing.step_waiting")
    poor = [
        short_name(one)
        for one, total in key_figures(contents)
        if light(one, total.value) in ("red", "amber")
    ]
    if poor:
        yield say("summary.briefing.step_light", names=say("summary.and").join(poor))
    count = len(contents.undone)
    if count:
        yield say("summary.briefing.step_plan", count=count)
    yield say("summary.briefing.step_next")


def decisions(contents: Contents) -> Iterator[str]:
    """List what only the leader can decide."""
    entries = [one for one in (*contents.summary.units, contents.summary.own) if one]
    waiting = [
        foreign(entry.unit.name)
        for entry in entries
        if any(one.stands and one.finding.level == "release" for one in entry.findings)
    ]
    if waiting:
        yield say("summary.briefing.decide_release", names=some(tuple(waiting)))
    if not contents.complete:
        mark = f"{contents.summary.reported}/{contents.expected}"
        yield say("summary.briefing.decide_unfinished", mark=mark)
    unexplained = sum(one.stands for one in contents.summary.findings)
    if unexplained:
        yield say("summary.briefing.decide_explain", count=unexplained)
    if contents.summary.changes:
        yield say("summary.briefing.decide_changes", count=len(contents.summary.changes))
    yield say("summary.briefing.decide_send")


def _write_lines(page: Page, row: int) -> int:
    """Write the lines on which the leader writes."""
    for key, height in (("opinion", 96), ("sign", 28)):
        page.sheet.set_row(row, height)
        style = page.styles("line")
        page.sheet.write_string(row, 0, say(f"summary.briefing.{key}"), style)
        for column in range(1, _LAST + 1):
            page.sheet.write_blank(row, column, None, style)
        row += 1
    return row
