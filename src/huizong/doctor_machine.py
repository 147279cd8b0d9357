"""电脑检查, what every computer needs: child processes, room for temporary files, the time."""

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from huizong.clock import CHINA, china_now, is_doubtful
from huizong.remarks import Remark, good, mend, note

# A Python starts in a tenth of a second; one that is looked through by antivirus in a few.
SLOW_SECONDS, PATIENCE = 5, 60
# Room for the largest archive of returns that is opened.
TEMP_NEEDED = 500 << 20


class Answer(msgspec.Struct, frozen=True):
    """What came of a Python that was started: what it printed, or why it did not."""

    said: str = ""
    why: str = ""
    seconds: float = 0


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a computer, whatever system it runs."""

    child: Answer
    temp: Path
    temp_free: int  # bytes; below zero where nothing can be written
    now: dt.datetime
    zone: float  # hours before UTC


def gather_machine() -> MachineFacts:
    """Look at this computer."""
    temp = Path(tempfile.gettempdir())
    offset = dt.datetime.now().astimezone().utcoffset() or dt.timedelta()
    return MachineFacts(
        child=ask_python(sys.executable, "print('huizong')"),
        temp=temp,
        temp_free=_room(temp),
        now=china_now(),
        zone=offset / dt.timedelta(hours=1),
    )


def ask_python(python: str, code: str) -> Answer:
    """Run a line of Python in a process of its own."""
    began = time.monotonic()
    # No console window on Windows, where a button's Python has none.
    flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        run = subprocess.run(
            [python, "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors="replace", timeout=PATIENCE, check=False, creationflags=flags,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer(why=getattr(error, "strerror", None) or type(error).__name__)
    seconds = time.monotonic() - began
    if run.returncode:
        last = run.stderr.strip().splitlines()[-1:] or [str(run.returncode)]
        return Answer(why=last[0], seconds=seconds)
    return Answer(run.stdout.strip(), seconds=seconds)


def _room(folder: Path) -> int:
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"0")
        return shutil.disk_usage(folder).free
    except OSError:
        return -1


def check_child(facts: MachineFacts) -> Iterator[Remark]:
    """A Python can start another one: workbooks from outside are opened only there."""
    if not facts.child.said:
        yield mend("child_blocked", python=sys.executable, why=facts.child.why)
    elif facts.child.seconds > SLOW_SECONDS:
        yield note("child_slow", python=sys.executable, seconds=round(facts.child.seconds))
    else:
        yield good("child")


def check_temp(facts: MachineFacts) -> Iterator[Remark]:
    """There is room for temporary files."""
    if facts.temp_free < 0:
        yield mend("temp_closed", folder=facts.temp)
    elif facts.temp_free < TEMP_NEEDED:
        free, needed = facts.temp_free >> 20, TEMP_NEEDED >> 20
        yield mend("temp_full", folder=facts.temp, free=free, needed=needed)
    else:
        yield good("temp", folder=facts.temp, free=facts.temp_free >> 20)


def check_clock(facts: MachineFacts) -> Iterator[Remark]:
    """The clock can be right, and is China's."""
    now = f"{facts.now:%Y-%m-%d %H:%M}"
    if is_doubtful(facts.now, ""):
        yield mend("clock_wrong", now=now)
    elif facts.zone != CHINA.utcoffset(None) / dt.timedelta(hours=1):
        yield note("zone", now=now, zone=f"{facts.zone:+g}")
    else:
        yield good("clock", now=now)


CHECKS = (check_child, check_temp, check_clock)
