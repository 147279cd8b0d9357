"""What drafting letters says: to whom each goes, where its file is, who has no address."""

from collections.abc import Iterator, Sequence

from huizong import leaving, letters_issued, letters_out, letters_upward, pipeline
from huizong.clock import minute_of
from huizong.closing import used_sets
from huizong.doing import Told
from huizong.draft_entries import UPWARD
from huizong.entries import digest_of, files_of
from huizong.errors import HuizongError
from huizong.history import closed_periods
from huizong.letter_writing import (
    ALTERED,
    GONE,
    HELD,
    NEW,
    NOWHERE,
    QUEUED,
    THERE,
    UNDER_WAY,
    Outcome,
    units_of,
)
from huizong.letters_upward import Submitted
from huizong.periods import Period
from huizong.records import PENDING
from huizong.sending_entries import SENT
from huizong.settings import DRAFT
from huizong.texts import listed, name_of, say
from huizong.upward import counted_lines, lay_out
from huizong.work import Work


def drafts(work: Work, period: Period, *, again: bool = False, unit: str = "") -> Told:
    """Draft receipts, replies and, while it is open, the letters with correction copies."""
    _refuse_unknown(work, unit)
    closed = str(period) in closed_periods(work.book)
    copies = () if closed else pipeline.send_back(work, period, unit)
    done = (
        *letters_out.receipts(work, period, again=again, unit=unit),
        *letters_out.replies(work, period, again=again, unit=unit),
        *letters_out.corrections(work, period, copies, again=again, unit=unit),
    )
    if not done:
        return Told(tuple(_nothing(work, period)))
    return _said(work, period, done, "command.no_letters")


def _nothing(work: Work, period: Period) -> Iterator[str]:
    """Say that there is nobody to answer; a return that waits is answered when it is decided."""
    yield say("command.no_letters", period=period)
    files = files_of(work.book, period=str(period), states=(PENDING,))
    if files:
        yield say("command.no_letters_yet", count=len({digest_of(one.digest) for one in files}))


def remind(work: Work, period: Period, *, again: bool = False, unit: str = "") -> Told:
    """
    Draft reminders to those who have sent nothing of what was issued.

    Raises:
        HuizongError: If nothing was issued or received (`error.remind_early`).
    """
    _refuse_unknown(work, unit)
    if not any(used_sets(work, period)):
        raise HuizongError("error.remind_early", period=name_of(period))
    done = letters_out.reminders(work, period, again=again, unit=unit)
    return _said(work, period, done, "command.nobody_to_remind")


def hand_out(
    work: Work, period: Period, set_code: str = "", *, again: bool = False, unit: str = ""
) -> Told:
    """Draft the letters by which the issued blanks go out."""
    _refuse_unknown(work, unit)
    done = letters_issued.issued_letters(work, period, set_code, again=again, unit=unit)
    return _said(work, period, done, "command.no_blanks_to_send")


def _refuse_unknown(work: Work, unit: str) -> None:
    if unit and unit not in units_of(work):
        raise HuizongError("error.unknown_unit", code=unit)


def submit(
    work: Work, period: Period, set_code: str = "", *, again: bool = False, password: str = ""
) -> Told:
    """
    Lay out the summaries that may go up, and draft their letters where the address is set.

    What is in them is said first. With a password they leave under it; it is kept nowhere.
    """
    done = letters_upward.submissions(work, period, set_code, again=again, password=password)
    folder = work.office.upward(str(period))
    # Letters written before hold what was put under another password, or under none.
    new = [one for one in done if not (password and one.before)]
    laid = lay_out([file for one in new for file in one.leaving], folder)
    files = [file for one in done for file in one.files]
    found = leaving.concerns(work, period, files)
    lines = [*counted_lines(work, [one.made for one in done]), *leaving.lines(files, found)]
    lines += [say("submit.laid_out", count=len(new), folder=folder)] if laid else []
    lines += [say("submit.encrypt_hint")] if leaving.is_personal(found) and not password else []
    lines += _upward_lines(work, done)
    if password:
        lines += [say("locked.told")] if new else []
        lines += [say("locked.not_anew")] if len(new) < len(done) else []
    return Told(tuple(lines), results=(*laid, folder))


def _upward_lines(work: Work, done: Sequence[Submitted]) -> Iterator[str]:
    if any(one.letter.fate == NOWHERE for one in done):
        yield say("command.no_upper_mail")
        return
    for one in done:
        yield _line(one.letter)
        if one.other_files():
            yield say("submit.other_files", file=one.letter.path.name)
    yield from _closing(work, [one.letter for one in done])


def _closing(work: Work, done: Sequence[Outcome]) -> Iterator[str]:
    """Say how letters leave, where a draft of one lies there."""
    if any(one.fate in (NEW, THERE) for one in done):
        by_hand = work.office.settings.send_by == DRAFT
        yield say("command.letters_wait" if by_hand else "command.letters_to_send")


def _said(work: Work, period: Period, done: Sequence[Outcome], nothing: str) -> Told:
    if not done:
        return Told((say(nothing, period=period),))
    new = sum(one.fate == NEW for one in done)
    folder = work.office.drafts(str(period))
    head = [say("command.drafted", new=new, folder=folder)] if new else []
    without = tuple(_without(done))
    waits = bool(without) or any(one.fate in (ALTERED, HELD, UNDER_WAY) for one in done)
    told = (_line(one) for one in done if one.fate != NOWHERE and not _is_old(one))
    lines = (*head, *told, *_before(done), *_closing(work, done), *without)
    return Told(lines, waits, (folder,) if new else ())


def _is_old(one: Outcome) -> bool:
    """Whether it was written before, and nothing has to be done about it."""
    sent = one.fate == QUEUED and one.queued.state == SENT
    return sent or one.fate in (THERE, GONE)


def _before(done: Sequence[Outcome]) -> Iterator[str]:
    """Count what was written before; name those whose drafts lie there still."""
    old = [one for one in done if _is_old(one)]
    there = [one for one in old if one.fate == THERE]
    if len(old) > len(there):
        yield say("command.drafts_gone", count=len(old) - len(there))
    if there:
        names = (say("command.draft_of", kind=_kind(one), name=one.name) for one in there)
        yield say("command.drafts_there", count=len(there), names=listed(names))


def _kind(one: Outcome) -> str:
    return say(f"letter_kind.{one.kind}")


def _line(one: Outcome) -> str:
    name, when = one.path.name if one.path else "", minute_of(one.at)
    said = {"kind": _kind(one), "name": one.name, "to": listed(one.to), "file": name, "when": when}
    if one.queued:
        said |= {"key": one.queued.key, "state": say(f"sending_state.{one.queued.state}")}
        said["again"] = "--again" if one.kind in UPWARD else f"--again --unit {one.queued.unit}"
    return say(f"command.draft_{one.fate}", **said)


def _without(done: Sequence[Outcome]) -> Iterator[str]:
    names = dict.fromkeys(one.name for one in done if one.fate == NOWHERE)
    if names:
        yield say("command.no_address", count=len(names), names=listed(names))
