"""How an action is done and said: its clock, its office, its exit code, what stopped it."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from huizong.clock import china_now
from huizong.errors import HuizongError, place_of
from huizong.screen import bars, complain
from huizong.texts import say, speak_unless_chosen
from huizong.work import Work, at_work

DONE, WAITS, FAILED = 0, 1, 2


class Told(msgspec.Struct, frozen=True):
    """
    What an action has to say, line by line, and whether someone must act on it.

    `results` are the files or the folder that it was done for, `short` says it in one line where
    the first line does not.
    """

    lines: tuple[str, ...]
    waits: bool = False
    results: tuple[Path, ...] = ()
    short: str = ""


def attempt(action: Callable[[], Any]) -> int:
    """Run an action to its exit code; what stopped it is said in one sentence."""
    try:
        code = action()
    except HuizongError as error:
        complain(str(error))
    except KeyboardInterrupt:
        complain(say("error.stopped"))
    except Exception as error:
        complain(say("error.unexpected", kind=type(error).__name__, place=place_of(error)))
    else:
        return code if isinstance(code, int) else DONE
    return FAILED


def clock(now: str = "") -> dt.datetime:
    """Read a fixed time as typed, else the computer's clock; times are China's."""
    if not now:
        return china_now()
    try:
        return dt.datetime.fromisoformat(now).replace(tzinfo=None)
    except ValueError as error:
        raise HuizongError("error.clock", text=now) from error


@contextlib.contextmanager
def office_at_work(folder: Path, now: str, action: str) -> Iterator[Work]:
    """Open the office in its own language, with a progress bar on the terminal if there is one."""
    with bars() as progress, at_work(folder, clock(now), action, progress) as work:
        speak_unless_chosen(work.office.settings.language)
        for notice in work.notices:
            complain(str(notice))
        yield work
