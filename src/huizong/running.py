"""Run long work beside the host: a thread works, the caller alone speaks to the host."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from queue import Empty, SimpleQueue
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


class Questions:
    """What the thread that works asks a person, who sits before the thread that shows."""

    def __init__(self, ask: Callable[[Sequence[str]], bool]) -> None:
        self._ask = ask
        self._open: SimpleQueue[Sequence[str]] = SimpleQueue()
        self._answers: SimpleQueue[bool] = SimpleQueue()
        self._closed = False

    def put(self, lines: Sequence[str]) -> bool:
        """Ask, and wait for the answer; when nobody can be asked any more it is no."""
        self._open.put(lines)
        while not self._closed:
            try:
                return self._answers.get(timeout=EVERY)
            except Empty:
                continue
        return False

    def pass_on(self) -> None:
        """Ask the person what has been put."""
        if not self._open.empty():
            self._answers.put(self._ask(self._open.get()))

    def close(self) -> None:
        """Let nobody wait for an answer."""
        self._closed = True


def nobody(_: Sequence[str]) -> bool:
    """Agree to nothing: who answers where nobody can be asked."""
    return False


def run_beside(
    job: Callable[[Progress], Result], show: Callable[[str], None], action: str,
    questions: Questions | None = None,
) -> Result:  # fmt: skip
    """
    Run a job in a thread of its own, and show twice a second and more how far it has come.

    What the job puts to the person is asked here, by the caller's thread.
    """
    heard, begun = _Heard(), time.monotonic()
    questions = questions or Questions(nobody)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(job, heard.hear)
        try:
            show(_words(action, heard.newest, 0))
            while wait([running], timeout=EVERY).not_done:
                questions.pass_on()
                show(_words(action, heard.newest, time.monotonic() - begun))
        finally:
            questions.close()
        return running.result()


def _words(action: str, newest: tuple[str, int, int] | None, seconds: float) -> str:
    told = {"name": action, "seconds": f"{seconds:.1f}"}
    if newest is None:
        return say("addin.working", **told)
    what, done, of = newest
    return say("addin.progress", **told, what=say(f"progress.{what}"), done=done, of=of)
