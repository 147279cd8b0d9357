"""Show on the terminal how far long work has come."""

import contextlib
import sys
from collections.abc import Iterator

from huizong.texts import say
from huizong.work import Progress, silent


@contextlib.contextmanager
def bars() -> Iterator[Progress]:
    """Give a progress that draws bars on a terminal; elsewhere it is silent."""
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import Progress as Bars

    with Bars(console=Console(stderr=True), transient=True) as drawn:
        tasks: dict[str, int] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = drawn.add_task(say(f"progress.{what}"), total=of)
            drawn.update(tasks[what], completed=done, total=of)

        yield show
