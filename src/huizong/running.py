"""Run long work beside the host: a thread works, the caller alone speaks to the host."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

from huizong.texts import say
from huizong.work import Progress

EVERY = 0.4  # seconds
Result = TypeVar("Result")


class _Heard:
    """The newest progress: written by the thread that works, read by the one that shows."""

    def __init__(self) -> None:
        self.newest: tuple[str, int, int] | None = None

    def hear(self, what: str, done: int, of: int) -> None:
        self.newest = (what, done, of)


def run_beside(
    job: Callable[[Progress], Result], show: Callable[[str], None], action: str
) -> Result:
    """Run a job in a thread of its own, and show twice a second and more how far it has come."""
    heard, begun = _Heard(), time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(job, heard.hear)
        show(_words(action, heard.newest, 0))
        while wait([running], timeout=EVERY).not_done:
            show(_words(action, heard.newest, time.monotonic() - begun))
        return running.result()


def _words(action: str, newest: tuple[str, int, int] | None, seconds: float) -> str:
    told = {"name": action, "seconds": f"{seconds:.1f}"}
    if newest is None:
        return say("addin.working", **told)
    what, done, of = newest
    return say("addin.progress", **told, what=say(f"progress.{what}"), done=done, of=of)
