"""
What stands on the terminal: words, questions, and a bar while work goes on, never on one line.

The only module that prints or asks there, so that the bar is off whenever words come.
"""

import contextlib
import getpass
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from huizong.texts import say

if TYPE_CHECKING:
    from rich.progress import Progress


class _Bar:
    """The one bar of the terminal: drawn when work says how far it has come, off for words."""

    def __init__(self) -> None:
        self._drawn: Progress | None = None
        self._tasks: dict[str, int] = {}

    def show(self, what: str, done: int, of: int) -> None:
        """Draw how far work has come; where nobody looks, nothing is drawn."""
        if not sys.stderr.isatty():
            return
        drawn = self._drawn = self._drawn or _begun()
        if what not in self._tasks:
            self._tasks[what] = drawn.add_task(say(f"progress.{what}"), total=of)
        drawn.update(self._tasks[what], completed=done, total=of)

    def hide(self) -> None:
        """Take the bar off; work that goes on draws it again."""
        drawn, self._drawn, self._tasks = self._drawn, None, {}
        if drawn:
            drawn.stop()


_BAR = _Bar()


def _begun() -> "Progress":
    from rich.console import Console
    from rich.progress import Progress

    # Else rich would break, colour and divert what others print.
    drawn = Progress(
        console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
    )
    drawn.start()
    return drawn


@contextlib.contextmanager
def bars() -> Iterator[Callable[[str, int, int], None]]:
    """Give what draws a bar on the terminal; elsewhere it is silent."""
    try:
        yield _BAR.show
    finally:
        _BAR.hide()


def put(*lines: object) -> None:
    """Print lines."""
    _BAR.hide()
    for line in lines:
        print(line, flush=True)


def complain(text: str) -> None:
    """Say what went wrong, where it does not mix with results."""
    _BAR.hide()
    print(text, file=sys.stderr, flush=True)


def ask_line(prompt: str) -> str:
    """Ask for a line, which is seen as it is typed."""
    _BAR.hide()
    return input(prompt)


def ask_hidden(prompt: str) -> str:
    """Ask for a line that is not shown."""
    _BAR.hide()
    return getpass.getpass(prompt)
