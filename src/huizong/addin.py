"""One function a button: what a person clicks in Excel or LibreOffice, by the same actions."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from huizong import acts, button_acts
from huizong.acts import Told, clock
from huizong.errors import HuizongError, place_of
from huizong.open_book import Asked, Opened, read_open, say_result
from huizong.running import run_beside
from huizong.texts import catalogue, say, speak_unless_chosen
from huizong.work import READING, Progress, Work, at_work

if TYPE_CHECKING:
    import xlwings

    from huizong.answers import Applied
    from huizong.progress_table import Table

Act = Callable[[Work, Asked], Told]
# These do one form set alone if one is chosen; all others look at the whole period.
_OF_ONE_SET = ("issue", "audit", "return", "aggregate", "papers")
# What is asked of these is what they say; the others say it on the console.
_ANSWERING = ("verify", "sign", "paper", "status", "differences", "answer", "doctor")
_SHOWN_LINES = 24
_MOST_FILES = 2
_SAID = 300  # characters that the line of the last action has room for


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How an action has ended: what it said, the alert if there is one, what is to be opened."""

    said: str
    alert: str = ""
    failed: bool = False
    results: tuple[Path, ...] = ()


class _Done(msgspec.Struct, frozen=True):
    """What the working thread brings back: all that was said, and the tables to be shown."""

    told: Told
    table: "Table"


def issue() -> None:
    """Write the period's blanks (下发)."""
    press("issue", lambda work, asked: acts.issue(work, asked.period, asked.set_code))


def collect() -> None:
    """Take in what lies in 收表."""
    press("collect", lambda work, _: acts.collect(work))


def audit() -> None:
    """Audit the period's returns (审核)."""
    press("audit", lambda work, asked: acts.audit(work, asked.period))


def send_back() -> None:
    """Write the correction copies (退回修改)."""
    press("return", lambda work, asked: acts.send_back(work, asked.period))


def aggregate() -> None:
    """Make the summaries (生成汇总)."""
    press("aggregate", lambda work, asked: acts.aggregate(work, asked.period))


def sign() -> None:
    """Take the chosen step of signing (送审), or say where it stands."""
    press("sign", lambda work, asked: acts.sign(work, asked.period, asked.step, asked.officer,
                                                asked.reason, asked.set_code))  # fmt: skip


def submit() -> None:
    """Open the summaries that may go up, and their folder (上报)."""
    press("submit", button_acts.submit)


def papers() -> None:
    """Write the papers for people (催报)."""
    press("papers", lambda work, asked: acts.papers(work, asked.period))


def close() -> None:
    """Close the period (定稿锁定)."""
    press("close", lambda work, asked: acts.close(work, asked.period, asked.officer, asked.reason))


def reopen() -> None:
    """Open a closed period again."""
    press("reopen", lambda work, asked: acts.reopen(
        work, asked.period, asked.officer, asked.reason))  # fmt: skip


def verify() -> None:
    """Recompute the last summaries from the files received (核对汇总)."""
    press("verify", button_acts.verify)


def history() -> None:
    """Take in earlier figures from 期初, or write their blank there (期初导入)."""
    press("history", button_acts.history)


def paper() -> None:
    """Enter the codes of paper copies, or say how all of them stand (纸质登记)."""
    press("paper", button_acts.paper)


def status() -> None:
    """Say how the units stand."""
    press("status", lambda work, asked: acts.status(work, asked.period))


def differences() -> None:
    """Say what has changed between the versions of the selected unit's return, or of all."""
    press("differences", lambda work, asked: acts.differences(work, asked.period, asked.unit))


def answer() -> None:
    """Enter the answers that stand in 待办."""
    press("answer", lambda _work, _asked: Told((say("addin.answering"),)))


def run(action: str) -> None:
    """Run the function of a button by the name of its command."""
    {
        "issue": issue, "collect": collect, "audit": audit, "return": send_back,
        "aggregate": aggregate, "sign": sign, "submit": submit, "papers": papers, "close": close,
        "verify": verify, "history": history, "paper": paper, "reopen": reopen, "status": status,
        "differences": differences, "answer": answer,
    }[action]()  # fmt: skip


def press(action: str, act: Act) -> None:
    """Do an action for the workbook that called, and show what came of it."""
    # Only now: with pandas behind it, it takes longer to load than a macro to set the status bar.
    import xlwings

    book = xlwings.Book.caller()
    show(book, perform(book, action, act))


def perform(book: "xlwings.Book", action: str, act: Act) -> Ended:
    """Do an action, and write into the open book what came of it; nothing is opened or alerted."""
    name = name_of(action)

    def tell(text: str) -> None:
        book.app.status_bar = text

    try:
        tell(say("addin.working", name=name, seconds="0.0"))
        opened = read_open(book)
        speak_unless_chosen(opened.office.settings.language)
        done = run_beside(lambda progress: _work(opened, action, act, progress), tell, name)
        ended = _write_back(book, opened, action, done)
    except HuizongError as error:
        ended = _failed(book, action, str(error))
    except Exception as error:
        told = {"kind": type(error).__name__, "place": place_of(error)}
        ended = _failed(book, action, say("error.unexpected", **told))
    finally:
        book.app.status_bar = False
    return ended


def name_of(action: str) -> str:
    """Call an action as its button does, else as the menu."""
    button = f"button.{action}"
    return say(button if button in catalogue() else f"menu.action.{action}")


def _work(opened: Opened, action: str, act: Act, progress: Progress) -> _Done:
    """Do an action in the office as the open book has it; the answers typed there come first."""
    from huizong import pipeline
    from huizong.progress_table import table_of

    office, asked = opened.office, opened.asked
    with at_work(office.folder, clock(), action, progress, office=office) as work:
        work = msgspec.structs.replace(work, typed=opened.typed)
        told = Told(tuple(map(str, work.notices)), waits=bool(work.notices))
        if action not in READING:
            told = _after(told, _answers(pipeline.take_answers(work, str(asked.period))))
        told = _after(told, act(_narrowed(work, action, asked), asked))
        return _Done(told, table_of(work, asked.period, asked.set_code))


def _narrowed(work: Work, action: str, asked: Asked) -> Work:
    """Leave the office the one form set that is chosen, where an action is about form sets."""
    if not asked.set_code or action not in _OF_ONE_SET:
        return work
    settings = msgspec.structs.replace(work.office.settings, sets=(asked.set_code,))
    office = msgspec.structs.replace(work.office, settings=settings)
    return msgspec.structs.replace(work, office=office)


def _answers(applied: "Applied") -> Told:
    """Say how many answers were entered, and which wait to be mended."""
    from huizong.office_lists import told_of

    count = len(applied.entered)
    lines = [say("addin.answers_entered", count=count)] if count else []
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
    from huizong.open_tables import write_tables

    told, table = done.told, done.table
    write_tables(book, table, opened.typed)
    said = _stamped(action, told.short)
    say_result(book, said)
    waiting = [say("addin.waiting", count=len(table.todo))] if told.waits and table.todo else []
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
    """Say when which action said something, as far as a line has room."""
    time = f"{clock():%H:%M}"
    line = say("addin.said", time=time, name=name_of(action), text=text.strip())
    return line if len(line) <= _SAID else f"{line[: _SAID - 1]}…"


def _failed(book: "xlwings.Book", action: str, text: str) -> Ended:
    """Say on the console, where there is one, what has stopped an action."""
    said = _stamped(action, text.partition("\n")[0])
    say_result(book, said)
    return Ended(said=said, alert=text, failed=True)


def show(book: "xlwings.Book", ended: Ended) -> None:
    """Open what an action was done for, and alert the person where something is wrong or waits."""
    open_results(book, ended.results)
    if ended.alert:
        mode = "critical" if ended.failed else "info"
        book.app.alert(ended.alert, title=say("addin.title"), mode=mode)


def open_results(book: "xlwings.Book", results: Sequence[Path]) -> None:
    """Open one or two workbooks in the host; of more, and where it is asked for, the folder."""
    files = [path for path in results if path.is_file()]
    folders = [path for path in results if path.is_dir()]
    if len(files) > _MOST_FILES:
        files, folders = [], [files[0].parent]
    for folder in folders:
        open_folder(folder)
    for file in files:
        book.app.books.open(file)


def open_folder(folder: Path) -> None:
    """Show a folder as the system does; where nothing can, the console names it."""
    if sys.platform == "win32":
        os.startfile(folder)
        return
    program = "open" if sys.platform == "darwin" else "xdg-open"
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([program, folder], capture_output=True, timeout=5, check=False)
