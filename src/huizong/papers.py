"""状态.xlsx: who has reported, and what has become of every file received."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from huizong import findings as wording
from huizong.clock import minute_of
from huizong.console import OUT_ACTION, OUT_SHEET, OUT_WIDTHS
from huizong.control_places import LETTER_COLOURS
from huizong.entries import FILE_STATES, Received, digest_of
from huizong.office import Office
from huizong.periods import Period
from huizong.personal import masked
from huizong.records import (
    ADOPTED,
    MISSING,
    NOT_A_RETURN,
    OWN,
    PASSED,
    PENDING,
    RETURNED,
    TO_EXPLAIN,
    TO_MEND,
    UNIT,
    WAITING,
    UnitReturn,
)
from huizong.safely import write_safely
from huizong.styles import Styles
from huizong.tables import Table, new_workbook
from huizong.texts import catalogue, language, marked, say

UNIT_STATES = (MISSING, WAITING, TO_MEND, TO_EXPLAIN, PASSED)
_COLOURS = {
    MISSING: "red", TO_MEND: "red", TO_EXPLAIN: "amber", WAITING: "amber", PASSED: "green",
    ADOPTED: "green", PENDING: "amber", RETURNED: "red",
}  # fmt: skip
_PAPER_COLOURS = {"matched": "green", "differs": "red", "replace": "red", "open": "amber"}


class SetReturns(msgspec.Struct, frozen=True, kw_only=True):
    """How all units stand in one form set, in the order of the roster; own figures last."""

    code: str
    name: str
    due: dt.date | None = None
    returns: tuple[UnitReturn, ...] = ()
    own: UnitReturn | None = None

    @property
    def rows(self) -> tuple[UnitReturn, ...]:
        """The units and, after them, the office itself."""
        return (*self.returns, self.own) if self.own else self.returns


class Unfiled(msgspec.Struct, frozen=True):
    """What lies in 收表 and was not taken: ignored files are counted, busy ones named."""

    ignored: int = 0
    busy: tuple[str, ...] = ()


# A row of the list: form set, unit, and whether it is the office's own.
Row = tuple[str, str, str]


class Beside(msgspec.Struct, frozen=True):
    """
    What stands beside the returns: how paper copies are where any are handed in, the words and the
    state of the letters that were the last to go or come, and all letters on their way.
    """

    copies: Mapping[Row, str] = MappingProxyType({})
    letters: Mapping[Row, tuple[str, str]] = MappingProxyType({})
    outbox: Sequence[Sequence[str]] = ()


def period_name(period: str) -> str:
    """Say a period in the language in force."""
    parsed = Period.parse(period)
    return parsed.en if language() == "en" else parsed.zh


def count_states(states: Iterable[str], order: Sequence[str], prefix: str) -> str:
    """Say how many there are of each state, in a fixed order, the zeros too: they add up."""
    counts = Counter(states)
    each = (say("paper.count", name=say(f"{prefix}.{s}"), count=counts[s]) for s in order)
    return say("paper.joint").join(each)


def counts_of(one: SetReturns) -> str:
    """Say in a line how a form set stands."""
    return say(
        "paper.status_counts",
        set=one.name,
        expected=len(one.returns),
        reported=sum(unit.state != MISSING for unit in one.returns),
        states=count_states((unit.state for unit in one.returns), UNIT_STATES, "state"),
        late=sum(unit.late for unit in one.returns),
    )


def write_status(
    office: Office, period: str, sets: Sequence[SetReturns], files: Sequence[Received],
    path: Path, now: dt.datetime, unfiled: Unfiled | None = None,
    beside: Beside | None = None,
) -> Path:  # fmt: skip
    """Write 状态.xlsx and give where it stands: another name if it is open in a program."""
    beside = beside or Beside()
    safely = write_safely(path)
    title = say("paper.status_title", office=office.unit.name, period=period_name(period))
    with safely as temp, new_workbook(temp, title, now) as book:
        styles = Styles(book)
        units = Table(book, styles, say("paper.status_sheet"), _UNIT_WIDTHS)
        _write_units(units, title, sets, beside, now)
        _write_files(
            Table(book, styles, say("paper.files_sheet"), _FILE_WIDTHS),
            office, files, unfiled or Unfiled(),
        )  # fmt: skip
        if beside.outbox:
            _write_outbox(Table(book, styles, OUT_SHEET, _OUT_WIDTHS), beside.outbox)
    return safely.path


_UNIT_WIDTHS = (6, 7, 15, 20, 12, 7, 12, 17, 30, 6, 8, 8, 8, 9, 18, 12, 14)
_UNIT_STYLES = (
    "centre", "centre", "centre", "text", "", "centre", "centre", "centre", "text", "centre",
    "centre", "centre", "centre", "centre", "centre", "centre", "text",
)  # fmt: skip
_PAPER, _LETTER = 13, 15  # the columns of the states of paper copies and of letters
_OUT_WIDTHS = OUT_WIDTHS[:OUT_ACTION]  # 状态.xlsx is not answered in
_FILE_WIDTHS = (6, 34, 34, 17, 12, 20, 10, 7, 50)


def _write_units(
    table: Table, title: str, sets: Sequence[SetReturns], beside: Beside, now: dt.datetime
) -> None:
    table.title(title)
    for one in sets:
        table.note(counts_of(one), "strong")
    table.note(say("paper.made", now=f"{now:%Y-%m-%d %H:%M}"))
    table.headings(say("paper.status_heading").split("|"))
    number = 0
    for one in sets:
        for unit in one.rows:
            number += 1
            styles = [name or _COLOURS[unit.state] for name in _UNIT_STYLES]
            row = (one.code, unit.unit.code, OWN if one.own is unit else UNIT)
            copy, (letter, state) = beside.copies.get(row, ""), beside.letters.get(row, ("", ""))
            styles[_PAPER] = _PAPER_COLOURS.get(copy, "centre")
            styles[_LETTER] = LETTER_COLOURS.get(state, "centre")
            texts = _unit_line(number, one, unit, (copy, letter, state))
            table.line([masked(text) for text in texts], styles)
    last = max(table.row - 1, table.heading + 1)
    table.sheet.autofilter(table.heading, 0, last, len(_UNIT_WIDTHS) - 1)
    table.page()


def _unit_line(
    number: int, one: SetReturns, unit: UnitReturn, beside: tuple[str, str, str]
) -> tuple[str, ...]:
    copy, letter, state = beside
    standing = Counter(found.finding.level for found in unit.findings if found.stands)
    blocking = standing["must"] + standing["release"]
    numbers = (blocking, standing["explain"], standing["ask"])
    own = one.own is unit
    return (
        str(number),
        one.code,
        unit.unit.code,
        unit.unit.name + (catalogue()["book.own_mark"][language()] if own else ""),
        say(f"state.{unit.state}"),
        say("mark.late") if unit.late else "",
        str(one.due or ""),
        minute_of(unit.received),
        unit.file,
        str(unit.version or ""),
        *(str(count or "") for count in numbers),
        say(f"paper_state.{copy}") if copy else "",
        letter,
        say(state) if state else "",
        say("mark.unchecked") if unit.unchecked_seal else "",
    )


def _write_files(table: Table, office: Office, files: Sequence[Received], unfiled: Unfiled) -> None:
    table.title(say("paper.files_title"))
    # A workbook with several form sets has a line for each, and counts once.
    received = [file for file in files if file.digest == digest_of(file.digest)]
    counts = count_states((file.state for file in received), FILE_STATES, "file_state")
    said = {"total": len(received), "states": counts}
    busy = len(unfiled.busy)
    table.note(say("paper.files_counts", **said, ignored=unfiled.ignored, busy=busy), "strong")
    for name in unfiled.busy:
        table.note(marked(f"{masked(name)}：") + say("ignored.busy"))
    table.headings(say("paper.files_heading").split("|"))
    names = {unit.code: unit.name for unit in (*office.roster, office.unit)}
    for number, file in enumerate(files, 1):
        colour = _COLOURS.get(file.state, "grey_centre")
        styles = ("centre", "text", "code", "centre", colour, "text", "centre", "centre", "text")
        table.line([masked(text) for text in _file_line(number, file, names)], styles)
    table.sheet.autofilter(table.heading, 0, max(table.row - 1, table.heading + 1), 8)
    table.page()


def _file_line(number: int, file: Received, names: Mapping[str, str]) -> tuple[str, ...]:
    return (
        str(number),
        file.name,
        file.source,
        minute_of(file.received_at),
        say(f"file_state.{file.state}"),
        names.get(file.unit, file.unit),
        file.period,
        file.set_code,
        what_to_do(file),
    )


def _write_outbox(table: Table, rows: Sequence[Sequence[str]]) -> None:
    """List the letters on their way, as 发件 of the control workbook does."""
    table.title(say("out.title"))
    width = len(_OUT_WIDTHS)
    table.headings(say("out.heading").split("|")[:width])
    for row in rows:
        table.line(row[:width])
    table.page()


def what_to_do(file: Received) -> str:
    """Say why a file stands as it does, and what is to be done about it."""
    turned_away = [f for f in file.findings if f.code.startswith("file_")]
    if turned_away or (file.state == PENDING and file.findings):
        asked = [f for f in file.findings if f.level == "ask"]
        told = turned_away or asked or file.findings
        return "\n".join(f"{wording.words(f)}{wording.remedy(f)}" for f in told)
    texts = catalogue()
    for code in (f"file_reason.{file.reason}", f"file.{file.reason}"):
        if code in texts:
            return say(code)
    unreadable = file.state in (RETURNED, NOT_A_RETURN)
    return say("file_reason.unreadable") if unreadable else ""
