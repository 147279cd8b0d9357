"""What each button does: an action of the commands, given what is chosen in the open book."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from huizong import acts
from huizong.doing import Told
from huizong.errors import HuizongError
from huizong.open_book import Asked, Choice
from huizong.paperwork import newest
from huizong.safely import told
from huizong.texts import listed, say
from huizong.work import Work

Act = Callable[[Work, Asked], Told]
_TABLES = (".xlsx", ".xlsm", ".csv", ".txt")


def issue(work: Work, asked: Asked) -> Told:
    """Write the blanks, and draft the letters by which they go out."""
    done = acts.issue(work, asked.period, asked.set_code, letters_follow=True)
    return _with_letters(work, done, lambda: acts.hand_out(work, asked.period, asked.set_code))


def send_back(work: Work, asked: Asked) -> Told:
    """Write the correction copies, and draft all letters that answer the units."""
    done = acts.send_back(work, asked.period, set_code=asked.set_code)
    return _with_letters(work, done, lambda: acts.drafts(work, asked.period, asked.set_code))


def papers(work: Work, asked: Asked) -> Told:
    """Write the papers, and draft reminders."""
    done = acts.papers(work, asked.period, asked.set_code)
    return _with_letters(work, done, lambda: acts.remind(work, asked.period, asked.set_code))


def _with_letters(work: Work, done: Told, letters: Callable[[], Told]) -> Told:
    """Draft letters after what a button is for, where the roster has addresses."""
    if not any(unit.mail for unit in work.office.roster):
        return done
    more = letters()
    lines, results = (*done.lines, *more.lines), (*done.results, *more.results)
    return msgspec.structs.replace(done, lines=lines, results=results)


def send(work: Work, asked: Asked) -> Told:
    """Carry out what was chosen on 发件, ask about the drafts, and send what may go."""
    lines = tuple(line for one in asked.choices for line in _carry_out(work, one))
    try:
        done = acts.send(work, asked.period, asked.agree, asked.officer)
    except HuizongError as error:
        # What was approved or chosen before is in the book, and is to be shown.
        return Told((*lines, str(error)), waits=True)
    return Told((*lines, *done.lines), done.waits, done.results, done.short)


def _carry_out(work: Work, choice: Choice) -> Iterator[str]:
    """Do what an officer has chosen about a letter, if it stands as it did then."""
    from huizong import outbox, sending

    if outbox.stamp_of(work.book, choice.key, choice.recipient) != choice.stamp:
        yield say("out.changed", place=choice.place)
        return
    decision = outbox.decision_of(choice.action)
    if not decision:
        yield say("out.no_action", place=choice.place, found=choice.action)
        return
    try:
        done = sending.decide(work, choice.key, decision, choice.recipient)
    except HuizongError as error:
        yield str(error)
    else:
        yield say(f"sending.did_{decision}", to=listed(one.recipient for one in done))


def verify(work: Work, asked: Asked) -> Told:
    """Recompute the last summaries from their own sources and from the files received."""
    made = newest(work.book, asked.period, asked.set_code)
    checked = [acts.verify(work.office.summary_file(one), work.office.originals) for one in made]
    lines = tuple(line for one in checked for line in one.lines)
    return Told(lines, waits=any(one.waits for one in checked))


def history(work: Work, asked: Asked) -> Told:
    """Take in the newest file of 期初; where there is none, write the blank to be filled in."""
    folder = work.office.earlier
    try:
        folder.mkdir(exist_ok=True)
        found = [path for path in folder.iterdir() if _is_table(path)]
        newest = max(found, key=lambda path: path.stat().st_mtime, default=None)
    except OSError as error:
        raise told(error, folder) from error
    if newest:
        return acts.history(work, newest)
    blank = folder / f"{say('history.sheet')}.xlsx"
    return acts.history(work, blank, str(asked.period), blank=True)


def _is_table(path: Path) -> bool:
    return path.suffix.lower() in _TABLES and not path.name.startswith((".", "~"))


def paper(work: Work, asked: Asked) -> Told:
    """Enter the codes typed over 纸质件 in the progress table, or say how all copies stand."""
    from huizong.paper_copies import Noted

    noted = [Noted(one.unit, one.code, one.set_code, one.place) for one in asked.codes]
    return acts.paper(work, asked.period, noted)


# What each button does, by the name of its command, given the office at work and what is asked.
ACTS: Mapping[str, Act] = {
    "issue": issue,
    "collect": lambda work, _: acts.collect(work),
    "fetch": lambda work, _: acts.fetch(work, None, ""),
    "audit": lambda work, asked: acts.audit(work, asked.period),
    "return": send_back,
    "aggregate": lambda work, asked: acts.aggregate(work, asked.period),
    "sign": lambda work, asked: acts.sign(
        work, asked.period, asked.step, asked.officer, asked.reason, asked.set_code
    ),
    "submit": lambda work, asked: acts.submit(work, asked.period, asked.set_code),
    "papers": papers,
    "send": send,
    "close": lambda work, asked: acts.close(work, asked.period, asked.officer, asked.reason),
    "reopen": lambda work, asked: acts.reopen(work, asked.period, asked.officer, asked.reason),
    "verify": verify,
    "history": history,
    "paper": paper,
    "status": lambda work, asked: acts.status(work, asked.period),
    "differences": lambda work, asked: acts.differences(work, asked.period, asked.unit),
    "answer": lambda _work, _asked: Told((say("addin.answering"),)),
}
