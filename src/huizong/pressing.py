"""Press a button: read the open book, do its action beside the host, write back what came of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from huizong.agreeing import agreed
from huizong.button_acts import ACTS
from huizong.doing import Told, clock
from huizong.errors import HuizongError, place_of
from huizong.open_book import Opened, folder_of, read_open, say_result
from huizong.personal import masked
from huizong.running import Questions, run_beside
from huizong.setting_up import doctor
from huizong.texts import action_name, say, speak_unless_chosen
from huizong.work import READING, Progress, at_work

if TYPE_CHECKING:
    import xlwings

    from huizong.answers import Applied, Typed
    from huizong.progress_table import Table

# What is asked of these is what they say; the others say it on the console.
_ANSWERING = ("verify", "sign", "submit", "paper", "differences", "answer", "doctor", "send")
_SHOWN_LINES = 24
_SAID = 300  # characters that the line of the last action has room for


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How an action has ended: what it said, the alert if there is one, what is to be opened."""

    said: str
    alert: str = ""
    failed: bool = False
    results: tuple[Path, ...] = ()


class _Done(msgspec.Struct, frozen=True):
    """
    What the working thread brings back: all that was said, and the tables to be shown.

    `left` are answers in 待办 that were not entered.
    """

    told: Told
    table: "Table"
    left: tuple["Typed", ...]


def perform(book: "xlwings.Book", action: str) -> Ended:
    """Do an action, and write into the open book what came of it; nothing is opened or alerted."""
    name = action_name(action)

    def tell(text: str) -> None:
        book.app.status_bar = text

    try:
        tell(say("addin.working", name=name, seconds="0.0"))
        if action == "doctor":
            folder = folder_of(book)
            ended = _ended(book, action, run_beside(lambda _: doctor(folder), tell, name))
        else:
            opened = read_open(book)
            speak_unless_chosen(opened.office.settings.language)
            questions = Questions(lambda lines: agreed(book, lines))
            opened = _asking(opened, questions)
            done = run_beside(lambda p: _work(opened, action, p), tell, name, questions)
            ended = _write_back(book, opened, action, done)
    except HuizongError as error:
        ended = _failed(book, action, str(error))
    except Exception as error:
        told = {"kind": type(error).__name__, "place": place_of(error)}
        ended = _failed(book, action, say("error.unexpected", **told))
    finally:
        book.app.status_bar = False
    return ended


def _asking(opened: Opened, questions: Questions) -> Opened:
    """Let what works beside the host ask the person before it."""
    asked = msgspec.structs.replace(opened.asked, agree=questions.put)
    return msgspec.structs.replace(opened, asked=asked)


def _work(opened: Opened, action: str, progress: Progress) -> _Done:
    """Do an action in the office as the open book has it; the answers typed there come first."""
    from huizong import pipeline
    from huizong.progress_table import table_of

    office, asked = opened.office, opened.asked
    with at_work(office.folder, clock(), action, progress, office=office) as work:
        work = msgspec.structs.replace(work, typed=opened.typed)
        told = Told(tuple(map(str, work.notices)), waits=bool(work.notices))
        left = opened.typed
        if action not in READING:
            applied = pipeline.take_answers(work, str(asked.period))
            left = tuple(one.typed for one in applied.refused)
            told = _after(told, _answers(applied))
        told = _after(told, ACTS[action](work, asked))
        return _Done(told, table_of(work, asked.period, asked.set_code), left)


def _answers(applied: "Applied") -> Told:
    """Say how many answers were entered, and which wait to be mended."""
    from huizong.office_lists import told_of

    count = len(applied.entered)
    lines = [say("answer.entered", count=count)] if count else []
    lines += told_of(applied)
    return Told(tuple(lines), waits=bool(applied.refused))


def _after(first: Told, then: Told) -> Told:
    """Say one thing after the other, and nothing twice."""
    lines = tuple(line for line in first.lines if line not in then.lines)
    waits = first.waits or then.waits
    short = then.short or next(iter(then.lines), "")
    return Told((*lines, *then.lines), waits, then.results, short)


def _write_back(book: "xlwings.Book", opened: Opened, action: str, done: _Done) -> Ended:
    """Put the tables and the words of an action into the open book."""
    # Only now: with the pipeline behind it.
    from huizong.open_tables import Entered, write_tables

    entered = Entered(
        answers=[one for one in opened.typed if one not in done.left],
        codes=opened.asked.codes if action == "paper" else (),
        choices=opened.asked.choices if action == "send" else (),
    )
    write_tables(book, done.table, entered)
    return _ended(book, action, done.told, done.table.asked)


def _ended(book: "xlwings.Book", action: str, told: Told, todo: int = 0) -> Ended:
    """Say on the console what came of an action; what waits for someone is an alert too."""
    said = _stamped(action, told.short or next(iter(told.lines), ""))
    say_result(book, said)
    waiting = [say("addin.waiting", count=todo)] if told.waits and todo else []
    shown = told.waits or action in _ANSWERING
    alert = "\n".join((*_few(told.lines), *waiting)) if shown else ""
    return Ended(said=said, alert=alert, results=told.results)


def _few(lines: Sequence[str]) -> Sequence[str]:
    """Leave out the middle of what is too long for a message."""
    if len(lines) <= _SHOWN_LINES:
        return lines
    head, tail = _SHOWN_LINES * 2 // 3, _SHOWN_LINES // 3
    left_out = say("addin.left_out", count=len(lines) - head - tail)
    return (*lines[:head], left_out, *lines[-tail:])


def _stamped(action: str, text: str) -> str:
    """Say when which action said something, as far as a line of the console has room."""
    said = {"time": f"{clock():%H:%M}", "name": action_name(action), "text": masked(text.strip())}
    line = say("addin.said", **said)
    return line if len(line) <= _SAID else f"{line[: _SAID - 1]}…"


def _short(text: str) -> str:
    """Give the first line; one that only announces what follows, with the first of that."""
    first, _, rest = text.partition("\n")
    return first + rest.partition("\n")[0].strip() if first.endswith(("：", ":")) else first


def _failed(book: "xlwings.Book", action: str, text: str) -> Ended:
    """Say on the console, where there is one, what has stopped an action."""
    said = _stamped(action, _short(text))
    say_result(book, said)
    return Ended(said=said, alert=text, failed=True)
