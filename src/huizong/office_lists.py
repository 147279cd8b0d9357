"""状态.xlsx and 审核结果.xlsx of a period: how all units and the office's totals stand."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from huizong.aggregate import totals_reading
from huizong.answers import Applied
from huizong.entries import answers_of, files_of, mark_listed
from huizong.findings_paper import write_findings
from huizong.history import last_summary
from huizong.inbox import text_of
from huizong.last_letters import last_letters
from huizong.outbox import outbox_rows
from huizong.paper_copies import shown_states
from huizong.papers import Beside, SetReturns, Unfiled, write_status
from huizong.periods import Period
from huizong.records import Unit, UnitReturn
from huizong.safely import remove_beside
from huizong.settle import settle
from huizong.take_in import Collected
from huizong.texts import listed, say
from huizong.versions import compared
from huizong.work import Work

# Where the book keeps what the last collection left in 收表.
_UNFILED = "unfiled"
# Where it keeps what was typed in the open control workbook and could not be entered.
_CARRIED = "carried"
# How the office's own totals stand in the list of findings: no unit, nothing to report.
TOTALS = "totals"


def keep_unfiled(work: Work, collected: Collected) -> None:
    """Remember what was left in 收表, for the list of files that the audit writes."""
    names = tuple(text_of(path.name) for path in collected.busy)
    left = msgspec.json.encode(Unfiled(len(collected.scan.ignored), names)).decode()
    if left != work.book.meta(_UNFILED):
        work.book.set_meta(_UNFILED, left)


def _unfiled(work: Work) -> Unfiled:
    left = work.book.meta(_UNFILED)
    return msgspec.json.decode(left, type=Unfiled) if left else Unfiled()


def write_papers(
    work: Work, period: Period, sets: Sequence[SetReturns], applied: Applied
) -> tuple[Path, Path]:
    """Write 状态.xlsx and 审核结果.xlsx; answers that were refused stay as they were typed."""
    office = work.office
    files = files_of(work.book)
    typed = {one.typed.key: one.typed.texts[1:] for one in applied.refused}
    _keep_carried(work, applied)
    status = write_state(work, period, sets)
    findings = write_findings(
        office, str(period), [with_summary(work, period, one) for one in sets], files,
        office.findings, work.now, answers=answers_of(work.book), typed=typed,
        refused=list(told_of(applied)),
        versions=compared(work, period, last=True),
    )  # fmt: skip
    mark_listed(work.book)
    for asked, written in ((office.status, status), (office.findings, findings)):
        if asked == written:
            remove_beside(asked)
    return status, findings


def carried(work: Work) -> frozenset[tuple[str, str, str, str]]:
    """Give the refused answers of the open control workbook that 审核结果.xlsx holds as well."""
    kept = work.book.meta(_CARRIED) or "[]"
    return msgspec.json.decode(kept, type=frozenset[tuple[str, str, str, str]])


def _keep_carried(work: Work, applied: Applied) -> None:
    if work.typed is None:
        return
    copied = sorted({one.typed.texts for one in applied.refused if one.typed in work.typed})
    kept = msgspec.json.encode(copied).decode()
    if kept != work.book.meta(_CARRIED):
        work.book.set_meta(_CARRIED, kept)


def told_of(applied: Applied) -> Iterator[str]:
    """Say which answers wait to be mended, and in one line which are of no use any more."""
    yield from map(str, applied.refused)
    if applied.past:
        yield say("answer.past", count=len(applied.past), keys=listed(applied.past))


def write_state(work: Work, period: Period, sets: Sequence[SetReturns]) -> Path:
    """Write 状态.xlsx alone."""
    office = work.office
    return write_status(
        office, str(period), sets, files_of(work.book), office.status, work.now,
        _unfiled(work),
        Beside(shown_states(work, period), last_letters(work, period).beside(sets),
               outbox_rows(work, period)),
    )  # fmt: skip


def with_summary(work: Work, period: Period, returns: SetReturns) -> SetReturns:
    """List the findings about the office's own totals beside those of its units."""
    own = _totals(work, period, returns.code)
    return msgspec.structs.replace(returns, returns=(*returns.returns, own)) if own else returns


def totals_of(work: Work, period: Period, sets: Sequence[SetReturns]) -> Iterator[SetReturns]:
    """Give the totals of the form sets about which something was found, without their units."""
    for one in sets:
        own = _totals(work, period, one.code)
        if own:
            yield msgspec.structs.replace(one, returns=(own,), own=None)


def _totals(work: Work, period: Period, set_code: str) -> UnitReturn | None:
    """What was found in the last summary, by the answers as they are now."""
    summary = last_summary(work.book, str(period), set_code)
    if summary is None or not summary.findings:
        return None
    found = [one.finding for one in summary.findings]
    findings = settle(found, totals_reading(summary), answers_of(work.book))
    name = work.office.unit.name + say("book.summary_mark")
    unit = Unit(code=work.office.unit.code, name=name, parent="")
    return UnitReturn(unit=unit, state=TOTALS, included=True, findings=findings)
