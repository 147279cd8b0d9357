"""What an action does and says: the same words on the command line and in the menu."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from huizong.doing import Told
from huizong.history import closed_periods
from huizong.paperwork import signed_sets, signing_lines
from huizong.periods import Period
from huizong.records import OWN
from huizong.texts import listed, name_of, say
from huizong.work import Work

# The pipeline takes longer to load than `status` to answer: it is imported where it is used.
if TYPE_CHECKING:
    from huizong.paper_copies import Noted


def issue(work: Work, period: Period, set_code: str = "", *, letters_follow: bool = False) -> Told:
    """Write the period's blanks, and say how they go out unless letters follow by themselves."""
    from huizong import pipeline

    issued = pipeline.issue(work, period, set_code)
    folder = work.office.issued(str(period))
    books = len({one.path for one in issued})
    line = say("command.issued", books=books, count=len(issued), folder=folder)
    own = work.office.unit.code
    mailed = sum(bool(one.mail) for one in work.office.roster if one.parent == own)
    then = say("command.issued_then", count=mailed, period=period)
    lines = (line, then) if mailed and not letters_follow else (line,)
    return Told(lines, results=(folder,), short=line)


def collect(work: Work, files: tuple[Path, ...] = (), *, password: str = "") -> Told:
    """
    Take in returns from 收表 or from given files; what was not filed waits for someone.

    A password is tried on the workbooks that wait for one.
    """
    from huizong import pipeline, reports

    done = pipeline.collect(work, files, password=password)
    waits = bool(done.unfiled or done.busy or done.locked)
    return Told(tuple(reports.collected_lines(done)), waits=waits)


def fetch(work: Work, folder: Path | None, since: str, *, remember: bool = False) -> Told:
    """Fetch letters from the mailbox, or from a folder, and take in what is in them."""
    from huizong import mailing

    return mailing.fetch(work, folder, since, remember=remember)


def audit(work: Work, period: Period, *, as_json: bool = False) -> Told:
    """Audit a period's returns."""
    from huizong import pipeline, reports

    done = pipeline.audit(work, period)
    held = pipeline.waiting_files(work, period)
    waits = bool(held) or reports.someone_must_act(done)
    if as_json:
        return Told((reports.audit_json(done, period),), waits=waits)
    lines = (*reports.held_lines(held), *reports.audit_lines(done))
    return Told(lines, waits, short=" ".join(map(reports.counts_line, done.sets)))


def answer(work: Work, period: Period, typed: Any) -> Told:
    """Enter one answer of an officer, an `answers.Typed`."""
    from huizong import pipeline

    pipeline.answer(work, str(period), typed)
    return Told((say("command.answered", key=typed.key),))


def send_back(work: Work, period: Period, unit: str = "", set_code: str = "") -> Told:
    """Write a correction copy for every unit that has to mend or explain something."""
    from huizong import pipeline

    done = pipeline.send_back(work.for_set(set_code, period), period, unit)
    if not done:
        return Told((say("command.nothing_to_return", period=period),))
    folder = work.office.corrections(str(period))
    head = say("command.returned", count=len(done), folder=folder)
    copies = (
        say("command.returned_one", name=one.unit.name, count=one.problems, path=one.path.name)
        for one in done
    )
    return Told((head, *copies), results=(folder,))


def differences(work: Work, period: Period, unit: str = "") -> Told:
    """List cell by cell what changed between the versions of a unit's return."""
    from huizong import reports, versions

    found = versions.compared(work, period, unit)
    if found:
        return Told(tuple(line for one in found for line in reports.compared_lines(one)))
    if not unit:
        return Told((say("differences.none", period=period),))
    count = versions.count_versions(work, period, unit)
    return Told((say("command.one_version", name=unit, period=period, count=count),))


def drafts(
    work: Work, period: Period, set_code: str = "", *, again: bool = False, unit: str = ""
) -> Told:
    """Draft receipts and the letters that carry correction copies."""
    from huizong import drafting

    return drafting.drafts(work.for_set(set_code, period), period, again=again, unit=unit)


def hand_out(
    work: Work, period: Period, set_code: str = "", *, again: bool = False, unit: str = ""
) -> Told:
    """Draft the letters by which the issued blanks go out."""
    from huizong import drafting

    return drafting.hand_out(work, period, set_code, again=again, unit=unit)


def remind(
    work: Work, period: Period, set_code: str = "", *, again: bool = False, unit: str = ""
) -> Told:
    """Draft reminders to the units that have sent nothing."""
    from huizong import drafting

    return drafting.remind(work.for_set(set_code, period), period, again=again, unit=unit)


def submit(
    work: Work, period: Period, set_code: str = "", *, again: bool = False, password: str = ""
) -> Told:
    """Name the summaries that may go up, and draft the letters that carry them."""
    from huizong import drafting

    return drafting.submit(work, period, set_code, again=again, password=password)


def send(
    work: Work, period: Period | None, agree: Callable[[Sequence[str]], bool],
    officer: str = "", *, remember: bool = False,
) -> Told:  # fmt: skip
    """Send the drafts that an officer agrees to, and what is due of earlier runs."""
    from huizong import posting

    of = period or Period.parse(work.office.settings.period)
    return posting.send(work, of, agree, officer, remember=remember)


def queue(work: Work, decision: str = "", key: str = "") -> Told:
    """List the letters on their way; carry out what the officer has decided about one."""
    from huizong import posting

    return posting.queue(work, decision, key)


def papers(work: Work, period: Period, set_code: str = "") -> Told:
    """Write the bulletin, the problems, the reminder and the figures by unit."""
    from huizong import pipeline

    done = pipeline.papers(work.for_set(set_code, period), period)
    lines = (
        say("command.paper" if one.path else "command.paper_skipped",
            path=one.path, name=one.name, why=one.why)
        for one in done
    )  # fmt: skip
    written = tuple(one.path for one in done if one.path)
    folder = work.office.summaries(str(period))
    short = say("command.papers_written", count=len(written), folder=folder)
    return Told(tuple(lines), results=written, short=short)


def aggregate(work: Work, period: Period) -> Told:
    """Add up what has passed, and write the summary workbooks."""
    from huizong import pipeline, reports

    published = pipeline.aggregate(work, period)
    lines = tuple(line for one in published for line in reports.published_lines(one))
    waits = any(
        one.personal or reports.open_totals(one) or reports.waits_for_officer(one)
        for one in published
    )
    made = [one.summary.identity.set_code for one in published]
    left = [name_of(one.form_set) for one in work.sets(period) if one.form_set.code not in made]
    short = ""
    if left:
        out = say("command.left_out", names=listed(left))
        short = say("command.made_some", sets=listed(made), left=out)
        lines = (*lines, out)
    return Told(lines, waits, tuple(one.path for one in published), short)


def history(work: Work, file: Path, period: str = "", *, blank: bool = False) -> Told:
    """Import the figures of earlier periods, or write the blank for them."""
    if blank:
        from huizong.opening_blank import write_history_blank

        of = Period.parse(period or work.office.settings.period)
        path, count = write_history_blank(work, of, file)
        return Told((say("command.history_blank", count=count, path=path),), results=(path,))
    from huizong.openings import import_history

    done = import_history(work, file)
    periods = listed(done.periods)
    told = {"count": done.figures, "rates": done.rates, "blank": done.blank, "periods": periods}
    return Told((say("command.history", **told),))


def paper(work: Work, period: Period, noted: Sequence["Noted"] = ()) -> Told:
    """Enter paper copies if any are given; say how the paper of these, or of all units, stands."""
    from huizong import paper_copies, pipeline, reports

    if noted:
        states = pipeline.register_paper(work, period, noted)
    else:
        states = paper_copies.paper_states(work, period)
    counts = Counter(one.state for one in states)
    each = (say("paper.count", name=say(f"paper_state.{s}"), count=n) for s, n in counts.items())
    last = say("paper_copy.counts", counts=say("paper.joint").join(each))
    waits = any(one.state in paper_copies.WAITING for one in states)
    return Told((*map(reports.paper_line, states), last), waits, short=last)


def sign(
    work: Work, period: Period, step: str, officer: str, note: str, set_code: str = ""
) -> Told:
    """Take a step of signing, or say which are taken where none is named."""
    from huizong import ready, signing

    if step:
        done = signing.sign(work, period, step, officer, note, set_code)
        name = say(f"signing.{done.step.step}")
        line = say("signing.entered", step=name, officer=done.step.officer, path=done.path)
        return Told((line,), results=(done.path,))
    lines = list(signing_lines(work.book, str(period)))
    open_ = [
        one
        for code in signed_sets(work.book, str(period))
        for one in ready.ready_to_submit(work, period, code)
    ]
    lines += [str(one) for one in open_] or [say("signing.ready")] if lines else []
    return Told(tuple(lines or [say("error.sign_nothing", period=period)]), waits=bool(open_))


def close(work: Work, period: Period, officer: str, reason: str) -> Told:
    """Close a period."""
    from huizong import pipeline, ready

    done = pipeline.close(work, period, officer, reason)
    line = say("command.closed", period=period, backup=work.office.backups / done.backup)
    still = ready.unsigned(work, period)
    return Told((line, *map(str, still)), waits=bool(still))


def reopen(work: Work, period: Period, officer: str, reason: str) -> Told:
    """Open a closed period again."""
    from huizong import pipeline

    pipeline.reopen(work, period, officer, reason)
    return Told((say("command.reopened", period=period),))


def status(work: Work, period: Period, *, as_json: bool = False) -> Told:
    """Say how the units stand, from the book alone."""
    from huizong.standing import counted, standing
    from huizong.upward import above_lines

    stands = standing(work, period)
    if as_json:
        return Told((msgspec.json.format(msgspec.json.encode(stands), indent=2).decode(),))
    units = [one for one in stands if one.role != OWN]
    lines = (
        f"{one.set_code}  {one.unit}  {one.name}  {say('state.' + one.state)}"
        f" {say('mark.late') if one.late else ''}".rstrip()
        + (say("command.stands_held", file=one.held) if one.held else "")
        for one in stands
    )
    last = counted((one.state for one in units), (one.state for one in stands if one.role == OWN))
    more = (*_signed(work, period), *above_lines(work, period), *_closed(work, period))
    return Told((*lines, last, *more), short=last)


def _signed(work: Work, period: Period) -> Iterator[str]:
    if work.office.settings.signing:
        yield from signing_lines(work.book, str(period))


def _closed(work: Work, period: Period) -> Iterator[str]:
    closing = closed_periods(work.book).get(str(period))
    if closing:
        when = closing.at.replace("T", " ")
        yield say("command.closed_mark", period=period, when=when, officer=closing.officer,
                  reason=closing.reason)  # fmt: skip


def verify(summary: Path, sources: Path | None = None) -> Told:
    """Recompute a summary from its own sources, and from the files if given."""
    from huizong import checking

    verification = checking.verify(summary, sources)
    if verification.ok:
        lines = (say("command.verified", file=summary.name, checksum=verification.checksum),)
    else:
        lines = tuple(fault.words() for fault in verification.faults)
    persons = tuple(fault.words() for fault in verification.personal)
    return Told((*lines, *persons), waits=bool(persons) or not verification.ok)
