"""The blank for figures from before the office used Huizong: a row a unit and indicator."""

from collections.abc import Iterator
from pathlib import Path

from huizong.desk import write_value
from huizong.forms import Indicator
from huizong.history import adopted_of, last_summary
from huizong.language import CheckedSet
from huizong.office import reports_in
from huizong.openings import FIELDS
from huizong.past import earlier_periods, openings_at
from huizong.periods import Period
from huizong.records import OWN, SUMMARY, Unit
from huizong.safely import write_safely
from huizong.styles import Styles
from huizong.tables import Table, new_workbook
from huizong.texts import name_of, say
from huizong.unit_levels import role_below, unit_level
from huizong.work import Work

_WIDTHS = (10, 12, 16, 22, 9, 9, 36, 14, 26)
_LOOKS = ("centre", "text", "centre", "text", "centre", "centre", "text")
Line = tuple[tuple[str, ...], str, int]  # texts, value, places


def write_history_blank(work: Work, period: Period, path: Path) -> tuple[Path, int]:
    """
    Write the blank for all that a period is compared with; give where it stands, and its rows.

    What was received or published needs no row; what was imported before stands in its row.
    """
    lines = [line for checked in work.sets(period) for line in _lines(work, checked, period)]
    target = write_safely(path)
    title = say("history.title", office=work.office.unit.name)
    with target as temp, new_workbook(temp, title, work.now) as book:
        table = Table(book, Styles(book), say("history.sheet"), _WIDTHS)
        table.title(title)
        table.note(say("history.help"))
        table.headings(tuple(FIELDS))
        for texts, value, places in lines:
            row = table.line(texts, _LOOKS)
            look = table.styles.number(places, "input")
            write_value(table.sheet, row, len(texts), value, look)
            table.sheet.write_blank(row, len(texts) + 1, None, table.styles("input"))
        table.sheet.autofilter(table.heading, 0, max(table.row - 1, table.row), len(_WIDTHS) - 1)
        table.page()
    return target.path, len(lines)


def _lines(work: Work, checked: CheckedSet, period: Period) -> Iterator[Line]:
    form_set = checked.form_set
    for of in sorted(earlier_periods(period)):
        known = openings_at(work.book, of, form_set)
        for unit, role in _missing(work, checked, of):
            figures = known.get((unit.code, role), {})
            for indicator in form_set.indicators:
                if _asked(indicator, unit, role):
                    yield (
                        (
                            str(of), form_set.code, unit.code, unit.name,
                            say(f"history.role_{role}"), indicator.code, name_of(indicator).strip(),
                        ),
                        figures.get(indicator.code, ""),
                        indicator.scale,
                    )  # fmt: skip


def _missing(work: Work, checked: CheckedSet, of: Period) -> Iterator[tuple[Unit, str]]:
    """Give who has no figures of its own in an earlier period: units, 本级, and the total."""
    office, code = work.office, checked.form_set.code
    received = adopted_of(work.book, str(of), code)
    for unit in office.roster:
        asked = unit.parent == office.unit.code and (not unit.sets or code in unit.sets)
        who = (unit.code, role_below(unit))
        if asked and unit.code != office.unit.code and reports_in(unit, of) and who not in received:
            yield unit, who[1]
    if (office.unit.code, OWN) not in received:
        yield office.unit, OWN
    if last_summary(work.book, str(of), code) is None:
        yield office.unit, SUMMARY


def _asked(indicator: Indicator, unit: Unit, role: str) -> bool:
    if indicator.computed or not indicator.numeric:
        return False
    if role == SUMMARY:
        return indicator.total != "none"
    return unit_level(unit) in indicator.levels and (role == OWN or not indicator.own_only)
