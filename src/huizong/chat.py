"""群消息: a few lines for each unit that has something to do, to be pasted into a chat."""

import datetime as dt
from collections.abc import Iterator, Sequence

from huizong import findings as wording
from huizong.clock import minute_of
from huizong.entries import Received
from huizong.held import sent_in_vain, waits
from huizong.papers import SetReturns, period_name, what_to_do
from huizong.records import (
    MISSING,
    TO_EXPLAIN,
    TO_MEND,
    Finding,
    UnitReturn,
)
from huizong.tables import Table
from huizong.texts import say

CHAT_LINES = 6
# What a unit itself has to mend or to explain, the gravest first.
_THEIRS = ("must", "release", "explain")


def chat_of(
    period: str, one: SetReturns, unit: UnitReturn, now: dt.datetime,
    files: Sequence[Received] = (),
) -> str:  # fmt: skip
    """
    Give the few lines for a unit that has something to do; empty if it has nothing.

    A unit whose only file was held or turned away, among `files`, is told that, not to report.
    """
    said = {"unit": unit.unit.name, "period": period_name(period), "set": one.name}
    if unit.state == MISSING:
        sent = sent_in_vain(files, period, one.code, (unit.unit.code, unit.unit.name))
        if sent:
            code = "paper.chat_held" if waits(sent) else "paper.chat_refused"
            return say(code, **said, file=sent.name, why=what_to_do(sent).partition("\n")[0])
        late = one.due is not None and now.date() > one.due
        due = one.due or "——"
        return say("paper.chat_missing_late" if late else "paper.chat_missing", **said, due=due)
    if unit.state not in (TO_MEND, TO_EXPLAIN):
        return ""
    head, end = say("paper.chat_head", **said, count=len(_theirs(unit))), say("paper.chat_end")
    return "\n".join((head, *_chat_lines(unit), end))


def _chat_of_refused(period: str, one: SetReturns, unit: UnitReturn) -> str:
    """Tell a unit that its newer file was not taken and the earlier one stands as it did."""
    refused = unit.refused
    if refused is None or refused.state != TO_MEND:
        return ""
    said = {"unit": unit.unit.name, "period": period_name(period), "set": one.name}
    said |= {"file": refused.file, "when": minute_of(refused.received)}
    head = say("paper.chat_refused_newer", **said, earlier=unit.file, count=len(_theirs(refused)))
    return "\n".join((head, *_chat_lines(refused), say("paper.chat_refused_end")))


def _chat_lines(unit: UnitReturn) -> Iterator[str]:
    theirs = _theirs(unit)
    for number, finding in enumerate(theirs[:CHAT_LINES], 1):
        yield say("paper.chat_line", number=number, words=wording.with_sheet(finding))
    if len(theirs) > CHAT_LINES:
        yield say("paper.chat_tail", count=len(theirs) - CHAT_LINES)


def _theirs(unit: UnitReturn) -> list[Finding]:
    """List what a unit itself has to mend or to explain, the gravest first."""
    theirs = [
        found.finding for found in unit.findings
        if found.stands and found.finding.level in _THEIRS
    ]  # fmt: skip
    return sorted(theirs, key=lambda finding: _THEIRS.index(finding.level))


def write_chat(
    table: Table, period: str, sets: Sequence[SetReturns], now: dt.datetime,
    files: Sequence[Received],
) -> None:  # fmt: skip
    """Write the messages of a period, a row each; a unit may have one about each of two files."""
    table.title(say("paper.chat_title"))
    table.headings(say("paper.chat_heading").split("|"))
    for one in sets:
        for unit in one.returns:
            texts = (
                chat_of(period, one, unit, now, files), _chat_of_refused(period, one, unit)
            )  # fmt: skip
            for text in filter(None, texts):
                state = say(f"state.{unit.state}")
                table.line((unit.unit.name, state, text), ("text", "centre", "text"))
    table.page()
