"""One function a button: what a person clicks in Excel or LibreOffice, by the same actions."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from huizong.pressing import Ended, perform
from huizong.texts import say

if TYPE_CHECKING:
    import xlwings

_MOST_FILES = 2


def issue() -> None:
    """Write the period's blanks (下发)."""
    run("issue")


def collect() -> None:
    """Take in what lies in 收表."""
    run("collect")


def fetch() -> None:
    """Fetch letters, and take in what is in them (收邮件)."""
    run("fetch")


def audit() -> None:
    """Audit the period's returns (审核)."""
    run("audit")


def send_back() -> None:
    """Write the correction copies (退回修改)."""
    run("return")


def aggregate() -> None:
    """Make the summaries (生成汇总)."""
    run("aggregate")


def sign() -> None:
    """Take the chosen step of signing (送审)."""
    run("sign")


def submit() -> None:
    """Open the summaries that may go up, and their folder (上报)."""
    run("submit")


def papers() -> None:
    """Write the papers for people (催报)."""
    run("papers")


def send() -> None:
    """Carry out what was chosen on 发件, and send what the officer agrees to (发信)."""
    run("send")


def close() -> None:
    """Close the period (定稿锁定)."""
    run("close")


def doctor() -> None:
    """Look at this computer and at the office's folder (电脑检查)."""
    run("doctor")


def reopen() -> None:
    """Open a closed period again (重新开放)."""
    run("reopen")


def verify() -> None:
    """Recompute the last summaries from the files received (核对汇总)."""
    run("verify")


def history() -> None:
    """Take in earlier figures from 期初, or write their blank there (期初导入)."""
    run("history")


def paper() -> None:
    """Enter the codes of paper copies, or say how all of them stand (纸质登记)."""
    run("paper")


def status() -> None:
    """Say how the units stand (报送情况)."""
    run("status")


def differences() -> None:
    """Say what has changed between the versions of the selected unit's return, or of all."""
    run("differences")


def answer() -> None:
    """Enter the answers that stand in 待办."""
    run("answer")


def run(action: str) -> None:
    """Do what a button says for the workbook that called, and show what came of it."""
    # Only now: with pandas behind it, it takes longer to load than a macro to set the status bar.
    import xlwings

    book = xlwings.Book.caller()
    show(book, perform(book, action))


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
