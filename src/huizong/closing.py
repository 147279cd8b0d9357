"""Close a period (定稿锁定) once its summaries stand, and open it again for a correction."""

from collections.abc import Iterator

import msgspec

from huizong import collect as collecting
from huizong.amend import amend
from huizong.checking import verify
from huizong.entries import files_of
from huizong.errors import HuizongError
from huizong.examine import examine
from huizong.history import (
    Closing,
    Made,
    closed_periods,
    issued_of,
    last_summary,
    save_closing,
    summaries_of,
)
from huizong.language import CheckedSet
from huizong.periods import Period
from huizong.publish import is_current
from huizong.records import PENDING
from huizong.texts import listed, name_of, say
from huizong.wholeness import digest_of_file
from huizong.work import Work


class Open(msgspec.Struct, frozen=True):
    """What keeps a period from being closed; texts `closing.<code>` say what is to be done."""

    code: str
    details: dict[str, object]

    def __str__(self) -> str:
        return say(f"closing.{self.code}", **self.details)


def close(work: Work, period: Period, officer: str, reason: str) -> Closing:
    """
    Close a period: a copy of the book is kept, later returns wait, nothing is made anew.

    Raises:
        HuizongError: If it is closed already, nobody or no reason is named, or something is open
            that must not be (`error.cannot_close`, with all of it).
    """
    _refuse_nameless(officer, reason)
    refuse_closed(work, period)
    still = tuple(open_of(work, period))
    if still:
        lines = "\n".join(f"  {one}" for one in still)
        raise HuizongError("error.cannot_close", period=name_of(period), lines=lines, open=still)
    for checked in used_sets(work, period):
        # A run killed between a summary and its 数据更正单 left none; there is no next one now.
        amend(work, checked, period)
    backup = work.book.back_up(work.office.backups, work.now)
    closing = Closing(str(period), True, officer, reason, work.at, backup.name)
    digest = digest_of_file(backup)
    return _enter(work, closing, {"backup": backup.name, "digest": digest})


def reopen(work: Work, period: Period, officer: str, reason: str) -> Closing:
    """
    Open a closed period again: what waits is taken in by the next collection or audit.

    Raises:
        HuizongError: If it is not closed (`error.not_closed`), or nobody or no reason is named.
    """
    _refuse_nameless(officer, reason)
    if str(period) not in closed_periods(work.book):
        raise HuizongError("error.not_closed", period=name_of(period))
    return _enter(work, Closing(str(period), False, officer, reason, work.at), {})


def refuse_closed(work: Work, period: Period) -> None:
    """
    Refuse to change anything in a closed period.

    Raises:
        HuizongError: If it is closed (`error.closed`, saying since when and by whom).
    """
    closing = closed_periods(work.book).get(str(period))
    if closing:
        when = closing.at.replace("T", " ")
        raise HuizongError(
            "error.closed", period=name_of(period), code=period, when=when, officer=closing.officer
        )


def _refuse_nameless(officer: str, reason: str) -> None:
    if not (officer.strip() and reason.strip()):
        raise HuizongError("error.closing_nameless")


def _enter(work: Work, closing: Closing, more: dict[str, str]) -> Closing:
    """Enter it; the chain of events holds what and when, the names stand beside it."""
    with work.book.writing():
        save_closing(work.book, closing)
        what = "closed" if closing.closed else "reopened"
        work.book.record(what, {"period": closing.period, **more}, work.at)
    return closing


def open_of(work: Work, period: Period) -> Iterator[Open]:
    """List what is still open in a period, form set by form set."""
    waiting = collecting.uncollected(work.office, work.book)
    if waiting:
        yield Open("inbox", {"count": len(waiting)})
    used = list(used_sets(work, period))
    if not used:
        yield Open("nothing", {"period": name_of(period)})
    for checked in used:
        yield from _open_in(work, checked, period)


def used_sets(work: Work, period: Period) -> Iterator[CheckedSet]:
    """Give the form sets that were issued or reported in a period."""
    issued = {one.set_code for one in issued_of(work.book, str(period))}
    received = {file.set_code for file in files_of(work.book, period=str(period)) if file.unit}
    for checked in work.sets(period):
        if checked.form_set.code in issued | received:
            yield checked


def _open_in(work: Work, checked: CheckedSet, period: Period) -> Iterator[Open]:
    form_set = checked.form_set
    said = {"set": name_of(form_set), "period": period}
    examine(work, checked, period)
    files = files_of(work.book, period=str(period), set_code=form_set.code, states=(PENDING,))
    if files:
        names = listed(file.name for file in files)
        yield Open("files", {**said, "count": len(files), "names": names})
    yield from faults_of_summary(work, checked, period)


def faults_of_summary(work: Work, checked: CheckedSet, period: Period) -> Iterator[Open]:
    """Say what is wrong with the last summary of a form set, or that there is none."""
    form_set = checked.form_set
    said = {"set": name_of(form_set), "period": period}
    summary = last_summary(work.book, str(period), form_set.code)
    if summary is None:
        yield Open("no_summary", said)
        return
    if not is_current(work, checked, period, summary):
        yield Open("outdated", {**said, "number": summary.number})
    made = summaries_of(work.book, str(period), form_set.code)[-1]
    if not _untouched(work, made):
        yield Open("altered", {**said, "file": made.path})
    standing = [one.key for one in summary.findings if one.stands]
    if standing:
        yield Open("totals", {**said, "count": len(standing), "keys": listed(standing)})


def _untouched(work: Work, made: Made) -> bool:
    """Whether a summary says what it said when it was made; reasons may have been written in."""
    path = work.office.summary_file(made)
    if not path.is_file():
        return False
    same = digest_of_file(path) == made.digest
    return same or verify(path).ok
