"""The steps of the quarter, the same for the command line and the buttons."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from huizong import circulate, closing, take_in
from huizong import send_back as sending
from huizong.amend import amend
from huizong.answers import Applied, Typed, apply, read_answers
from huizong.caches import with_caches
from huizong.children import Children
from huizong.circulate import Paper
from huizong.closing import refuse_closed
from huizong.desk import Blank
from huizong.entries import Received
from huizong.errors import HuizongError, place_of
from huizong.examine import examine
from huizong.held import held_files
from huizong.history import Closing, Issued, issued_of, save_issued
from huizong.issue import write_issued
from huizong.issuing import blanks_of, refuse_unknown_paper, refuse_unknown_redefined
from huizong.key_files import issue_keys
from huizong.letters_in import open_letters
from huizong.office import expected_units
from huizong.office_lists import carried, keep_unfiled, totals_of, write_papers, write_state
from huizong.paper_copies import Noted, PaperState, register
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.publish import Published, publish
from huizong.records import UNIT
from huizong.safely import beside
from huizong.send_back import SentBack
from huizong.standing_book import sets_in_book
from huizong.take_in import Collected
from huizong.texts import name_of, say
from huizong.unit_levels import role_below
from huizong.unlocking import unlock_waiting
from huizong.work import Work, checked_sets


class Audited(msgspec.Struct, frozen=True):
    """
    How all units stand in a period, by form set, and what the officer's answers came to.

    `totals` are the office's own totals about which something was found, as if of a unit.
    """

    sets: tuple[SetReturns, ...]
    answers: Applied
    status: Path
    findings: Path
    totals: tuple[SetReturns, ...] = ()


def issue(work: Work, period: Period, set_code: str = "") -> tuple[Issued, ...]:
    """Issue the period's blanks to all communities, and one for the office's own figures."""
    refuse_closed(work, period)
    refuse_unknown_paper(work, tuple(checked_sets().values()))
    refuse_unknown_redefined(work, tuple(checked_sets().values()))
    books = _books(work, period, set_code)
    folder = work.office.issued(str(period))
    folder.mkdir(parents=True, exist_ok=True)
    ours = frozenset(one.digest for one in issued_of(work.book, str(period)))
    done: list[Issued] = []
    for number, blanks in enumerate(books, 1):
        done += write_issued(blanks, folder, ours)
        work.progress("issue", number, len(books))
    issue_keys(work, period, set_code)
    with work.book.writing():
        save_issued(work.book, done)
    work.book.record("issued", {"period": str(period), "count": len(done)}, work.at)
    return tuple(done)


def _books(work: Work, period: Period, set_code: str) -> list[list[Blank]]:
    """Lay out the workbooks: one a form set and unit, or one a unit with all that it is asked."""
    joined = work.office.settings.joined and not set_code
    books: dict[tuple[str, ...], list[Blank]] = {}
    for checked in work.sets(period, set_code):
        # Offices below send their summaries; only communities and the office fill in blanks.
        units = [
            unit
            for unit in expected_units(work.office, period, checked.form_set.code)
            if role_below(unit) == UNIT
        ]
        for blank in with_caches(blanks_of(work, checked, period, units)):
            who = (blank.identity.code, blank.identity.role)
            of = who if joined else (*who, blank.identity.set_code)
            books.setdefault(of, []).append(msgspec.structs.replace(blank, joined=joined))
    return list(books.values())


def collect(
    work: Work, files: Sequence[Path] = (), readers: Children | None = None, *, password: str = ""
) -> Collected:
    """
    Take in what lies in 收表 or the given files; answers given meanwhile are read first.

    A password is tried on the workbooks that wait for one.
    """
    take_answers(work, work.office.settings.period)
    open_letters(work)
    collected = take_in.collect(work, files, readers=readers)
    if password:
        collected = _unlocked(work, collected, password, readers)
    if collected.stored:
        counts = {"filed": len(collected.filed), "unfiled": len(collected.unfiled)}
        work.book.record("collected", counts, work.at)
    if not files:
        keep_unfiled(work, collected)
    return collected


def _unlocked(
    work: Work, collected: Collected, password: str, readers: Children | None
) -> Collected:
    tried = unlock_waiting(work, password)
    collected = msgspec.structs.replace(collected, locked=tried.closed)
    if not tried.opened:
        return collected
    inside = take_in.collect(work, (), readers=readers)
    opened = {one.digest for one in tried.opened}
    left = [one for one in collected.unfiled if one.digest not in opened]
    return msgspec.structs.replace(
        collected,
        filed=(*collected.filed, *inside.filed),
        unfiled=(*left, *inside.unfiled),
        archives=(*collected.archives, *tried.opened, *inside.archives),
    )


def take_answers(work: Work, period: str) -> Applied:
    """
    Read the officer's answers: from 审核结果.xlsx, from those written while it was open, and
    from the control workbook where that is open.
    """
    typed: list[Typed] = []
    # What was carried over from the open workbook counts as it stands there now, mended or cleared.
    copied = carried(work) if work.typed is not None else frozenset()
    for path in reversed(beside(work.office.findings)):
        newer = {one.key for one in typed}
        # Somebody else's file under our name holds no answers.
        with contextlib.suppress(HuizongError):
            typed += [one for one in read_answers(path) if one.key not in newer]
    own = [one for one in typed if one.texts not in copied]
    return apply(work.book, (*(work.typed or ()), *own), period, work.at)


def answer(work: Work, period: str, typed: Typed) -> Applied:
    """
    Enter one answer of an officer.

    Raises:
        HuizongError: If it cannot be entered (`error.answer_refused`, saying why).
    """
    # What stands in the list was typed before.
    take_answers(work, period)
    applied = apply(work.book, (typed,), period, work.at)
    if applied.refused:
        raise HuizongError("error.answer_refused", why=str(applied.refused[0]))
    return applied


def audit(work: Work, period: Period) -> Audited:
    """Audit a period, and write who stands how (状态.xlsx) and what was found (审核结果.xlsx)."""
    answers = take_answers(work, str(period))
    take_in.file_held(work)
    sets = tuple(examine(work, checked, period) for checked in work.sets(period))
    status, findings = write_papers(work, period, sets, answers)
    return Audited(sets, answers, status, findings, tuple(totals_of(work, period, sets)))


def send_back(work: Work, period: Period, unit: str = "") -> tuple[SentBack, ...]:
    """Write the correction copies of a period; answers given meanwhile are read first."""
    refuse_closed(work, period)
    take_answers(work, str(period))
    take_in.file_held(work)
    return sending.send_back(work, period, unit)


def papers(work: Work, period: Period) -> tuple[Paper, ...]:
    """
    Write the papers for people about what was issued or received; answers are read first.

    Raises:
        HuizongError: If nothing was (`error.papers_early`): nobody is reminded of that.
    """
    take_answers(work, str(period))
    take_in.file_held(work)
    used = tuple(closing.used_sets(work, period))
    if not used:
        raise HuizongError("error.papers_early", period=name_of(period))
    unused = [one.form_set for one in work.sets(period) if one not in used]
    skipped = (Paper(name_of(one), None, say("circular.not_issued")) for one in unused)
    return (*circulate.papers(work, period, used), *skipped)


def aggregate(work: Work, period: Period) -> tuple[Published, ...]:
    """
    Add up every form set of a period and publish its summary; one that fails stops no other.

    Raises:
        HuizongError: If nothing has passed (`error.nothing_passed`), or, once all the others are
            published, sets failed in a way nobody foresaw (`error.sets_failed`).
    """
    refuse_closed(work, period)
    answers = take_answers(work, str(period))
    sets, published, failed = _publish_sets(work, period)
    if len(sets) == len(work.sets(period)):
        write_papers(work, period, sets, answers)
    if failed:
        raise HuizongError("error.sets_failed", lines="\n".join(failed), published=published)
    return published


def _publish_sets(
    work: Work, period: Period
) -> tuple[tuple[SetReturns, ...], tuple[Published, ...], list[str]]:
    """Audit and publish every form set of which something has passed; say which failed, where."""
    nothing: HuizongError | None = None
    sets: list[SetReturns] = []
    done: list[Published] = []
    failed: list[str] = []
    for checked in work.sets(period):
        try:
            sets.append(examine(work, checked, period))
            published = publish(work, checked, period, sets[-1])
            done.append(published)
            done[-1] = msgspec.structs.replace(published, amended=amend(work, checked, period))
        except HuizongError as error:
            if error.code != "error.nothing_passed":
                raise
            nothing = nothing or error
        except Exception as error:
            told = {"kind": type(error).__name__, "place": place_of(error)}
            failed.append(say("error.set_failed", set=name_of(checked.form_set), **told))
    if nothing and not done and not failed:
        raise nothing
    return tuple(sets), tuple(done), failed


def close(work: Work, period: Period, officer: str, reason: str) -> Closing:
    """Close a period; answers given meanwhile are read first."""
    take_answers(work, str(period))
    take_in.file_held(work)
    return closing.close(work, period, officer, reason)


def reopen(work: Work, period: Period, officer: str, reason: str) -> Closing:
    """Open a closed period again, and take in what waited for it."""
    entered = closing.reopen(work, period, officer, reason)
    take_in.file_held(work)
    return entered


def register_paper(work: Work, period: Period, noted: Sequence[Noted]) -> tuple[PaperState, ...]:
    """Enter paper copies, and write 状态.xlsx anew."""
    done = register(work, period, noted)
    write_state(work, period, sets_in_book(work, period))
    return done


def waiting_files(work: Work, period: Period) -> tuple[Received, ...]:
    """List the files about a period, or about none that they tell, that wait for the officer."""
    return tuple(one for one in held_files(work.book) if one.period in ("", str(period)))
