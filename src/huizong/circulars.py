"""Papers for people (报送情况通报, 问题清单, 催报通知): who reported; cases are never ranked."""

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec
import xlsxwriter

from huizong.clock import minute_of
from huizong.contents import first_pass, some
from huizong.pages import foreign
from huizong.papers import SetReturns, period_name
from huizong.records import MISSING, PASSED, TO_EXPLAIN, TO_MEND, UnitReturn
from huizong.recount import Fraction, rounded
from huizong.reporting import Issue, Reporting
from huizong.styles import Styles
from huizong.tables import Table, fit, lines_needed
from huizong.texts import listed, say

_PARAGRAPH = 19  # points of a line of a letter
BULLETIN_WIDTHS = (6, 26, 18, 9, 10, 10, 14)
BULLETIN_LOOKS = ("centre", "text", *["centre"] * 5)
ISSUE_WIDTHS = (5, 10, 14, 11, 14, 42, 14, 11, 11, 14, 11)
REMINDER_WIDTHS = (8, 40, 20, 20)
REMINDER_LOOKS = ("centre", "text", "centre", "centre")


class Circular(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the papers of one form set and period say.

    `asking` is whom to ask, and the telephone; empty in a summary, which leaves the office.
    """

    office: str
    period: str
    returns: SetReturns
    now: dt.datetime
    reporting: Reporting
    asking: tuple[str, str] = ("", "")

    @property
    def said(self) -> dict[str, object]:
        """What every text of these papers names."""
        units = self.returns.returns
        return {
            "period": period_name(self.period), "set": self.returns.name,
            "due": self.returns.due or "——", "now": f"{self.now:%Y-%m-%d %H:%M}",
            "expected": len(units), "received": sum(one.state != MISSING for one in units),
        }  # fmt: skip

    def names(self, *states: str) -> tuple[str, ...]:
        """Name the units in some states, in the roster's order."""
        units = self.returns.returns
        return tuple(foreign(one.unit.name) for one in units if one.state in states)

    def is_held(self, entry: UnitReturn) -> bool:
        """Whether a unit has no return yet, but a file that waits for the officer."""
        return entry.state == MISSING and entry.unit.code in self.reporting.held

    @property
    def missing(self) -> tuple[str, ...]:
        """Name the units of which nothing has come."""
        units = self.returns.returns
        return tuple(
            foreign(one.unit.name)
            for one in units
            if one.state == MISSING and not self.is_held(one)
        )

    @property
    def held(self) -> tuple[str, ...]:
        """Name the units whose file waits for the officer."""
        return tuple(foreign(one.unit.name) for one in self.returns.returns if self.is_held(one))


def percent(part: int, whole: int) -> str:
    """Give a share in percent; —— of nothing."""
    return f"{rounded(Fraction(part, whole) * 100, 1)}%" if whole else "——"


def write_bulletin(book: xlsxwriter.Workbook, one: Circular) -> None:
    """Write 报送情况通报: rates of reporting, then every unit in the roster's order."""
    table = Table(book, Styles(book), say("circular.bulletin"), BULLETIN_WIDTHS)
    table.title(say("circular.bulletin_title", **one.said))
    _letter(table, (say("circular.everyone"), bulletin_text(one)))
    table.headings(say("circular.bulletin_heading").split("|"))
    for number, entry in enumerate(one.returns.returns, 1):
        table.line(bulletin_line(one, number, entry), BULLETIN_LOOKS)
    table.note(say("circular.bulletin_note"), "note")
    _sign(table, one)
    table.page(landscape=False)


def bulletin_text(one: Circular) -> str:
    """Say in a paragraph who has reported, in time and at the first attempt."""
    units = one.returns.returns
    in_time = sum(entry.state != MISSING and not entry.late for entry in units)
    first = sum(map(first_pass, units))
    said = one.said
    received = int(str(said["received"]))
    returned = sum(one.reporting.returned.values())
    text = say(
        "circular.bulletin_text", **said, in_time=in_time, rate=percent(in_time, len(units)),
        first=first, first_rate=percent(first, received), returned=returned,
        passed=len(one.names(PASSED)),
    )  # fmt: skip
    late = tuple(foreign(e.unit.name) for e in units if e.late and e.state != MISSING)
    for key, names in (("missing", one.missing), ("held", one.held), ("late", late)):
        if names:
            text += say(f"circular.bulletin_{key}", count=len(names), names=_all(names))
    return text


def _all(names: Sequence[str]) -> str:
    return some(tuple(names), len(names))


def bulletin_line(one: Circular, number: int, entry: UnitReturn) -> tuple[str, ...]:
    """Give a unit's row of the bulletin."""
    yes, no = say("circular.yes"), say("circular.no")
    if entry.state == MISSING:
        state = say("circular.held" if one.is_held(entry) else "state.missing")
        return (str(number), foreign(entry.unit.name), "", "", "", "", state)
    return (
        str(number),
        foreign(entry.unit.name),
        minute_of(one.reporting.first.get(entry.unit.code, entry.received)),
        no if entry.late else yes,
        yes if first_pass(entry) else no,
        str(one.reporting.returned.get(entry.unit.code, 0)),
        say(f"state.{entry.state}"),
    )


def write_issues(book: xlsxwriter.Workbook, one: Circular) -> None:
    """Write 问题清单: every problem of the period with its owner, date and closing."""
    table = Table(book, Styles(book), say("circular.issues"), ISSUE_WIDTHS)
    table.title(say("circular.issues_title", **one.said))
    table.note(issues_text(one))
    table.headings(say("circular.issues_heading").split("|"))
    for number, issue in enumerate(one.reporting.issues, 1):
        table.line(issue_line(number, issue), issue_looks(issue, one.now.date()))
    if not one.reporting.issues:
        table.note(say("circular.issues_none"))
    last = max(table.row - 1, table.heading + 1)
    table.sheet.autofilter(table.heading, 0, last, len(ISSUE_WIDTHS) - 1)
    table.page()


def issues_text(one: Circular) -> str:
    """Say how many problems there are, and until when they are to be mended."""
    issues = one.reporting.issues
    still = sum(issue.is_open for issue in issues)
    counts = {"count": len(issues), "open": still, "closed": len(issues) - still}
    return say("circular.issues_text", now=one.said["now"], days=one.reporting.days, **counts)


def issue_line(number: int, issue: Issue) -> tuple[str, ...]:
    """Give a row of the list of problems."""
    return (
        str(number), issue.key, issue.unit, say(f"level.{issue.level}"), issue.place, issue.text,
        issue.owner, str(issue.due), issue.raised[:10],
        say(f"circular.closed_{issue.closing}", officer=issue.officer), issue.closed[:10],
    )  # fmt: skip


def issue_looks(issue: Issue, today: dt.date) -> list[str]:
    """Name the formats of a row: what is open stands out, red once its date has passed."""
    plain = "text" if issue.is_open else "grey_text"
    centre = "centre" if issue.is_open else "grey_centre"
    looks = [centre, centre, plain, centre, plain, plain, plain, centre, centre, plain, centre]
    if issue.is_open:
        looks[9] = "red" if today > issue.due else "amber"
    return looks


def reminder_needed(one: Circular) -> bool:
    """Whether anybody is missing or has to send again."""
    return bool(one.missing or one.names(TO_MEND, TO_EXPLAIN))


def write_reminder(book: xlsxwriter.Workbook, one: Circular) -> None:
    """Write 催报通知, before the deadline or after it, naming who is missing."""
    table = Table(book, Styles(book), say("circular.reminder"), REMINDER_WIDTHS)
    table.title(reminder_title(one))
    _letter(table, (say("circular.everyone"), *reminder_texts(one)))
    table.headings(say("circular.reminder_heading").split("|"), keep=False)
    for line in reminder_lines(one):
        table.line(line, REMINDER_LOOKS)
    _sign(table, one)
    table.page(landscape=False)


def _is_after(one: Circular) -> bool:
    return one.returns.due is not None and one.now.date() > one.returns.due


def reminder_title(one: Circular) -> str:
    """Give the title: of a notice before the deadline, of a reminder after it."""
    return say(f"circular.reminder_{'after' if _is_after(one) else 'before'}_title", **one.said)


def reminder_lines(one: Circular) -> Iterator[tuple[str, ...]]:
    """Give a row for each unit that has something to send, the missing ones first."""
    asked = [e for e in one.returns.returns if e.state in (MISSING, TO_MEND, TO_EXPLAIN)]
    asked = [e for e in asked if not one.is_held(e)]
    asked.sort(key=lambda entry: entry.state != MISSING)
    for number, entry in enumerate(asked, 1):
        state, due = say(f"state.{entry.state}"), str(one.returns.due or "")
        yield str(number), foreign(entry.unit.name), state, due


def reminder_texts(one: Circular) -> tuple[str, ...]:
    """Give the paragraphs of the reminder."""
    after = _is_after(one)
    missing, mending = one.missing, one.names(TO_MEND, TO_EXPLAIN)
    due = one.returns.due
    days = abs((one.now.date() - due).days) if due else 0
    texts: list[str] = []
    if missing:
        code = f"circular.reminder_{'after' if after else 'before'}"
        texts.append(say(code, **one.said, days=days, count=len(missing), names=_all(missing)))
    elif not one.held:
        texts.append(say("circular.reminder_all", **one.said))
    if one.held:
        texts.append(say("circular.bulletin_held", count=len(one.held), names=_all(one.held)))
    if mending:
        texts.append(say("circular.reminder_mend", count=len(mending), names=_all(mending)))
    if any(one.asking):
        officer, phone = one.asking
        who = listed(filter(None, (officer, say("book.ask_phone", phone=phone) if phone else "")))
        texts.append(say("circular.reminder_ask", who=who))
    return tuple(texts)


def _letter(table: Table, paragraphs: Sequence[str]) -> None:
    """Write the paragraphs of a letter, the first without, the others with the usual indent."""
    for number, text in enumerate(paragraphs):
        # The kit cleans blanks at the beginning away; a letter's paragraph begins with two.
        shown = f"　　{fit(text)}" if number else fit(text)
        last = len(table.widths) - 1
        table.sheet.merge_range(table.row, 0, table.row, last, shown, table.styles("paragraph"))
        lines = lines_needed(shown, sum(table.widths) * 0.85)
        table.sheet.set_row(table.row, _PARAGRAPH * lines + 4)
        table.row += 1


def _sign(table: Table, one: Circular) -> None:
    table.row += 1
    table.note(say("circular.sign", office=one.office, date=f"{one.now:%Y-%m-%d}"), "right")
