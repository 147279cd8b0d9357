"""A screen that nobody sees, what stands in the windows on it, and the message boxes."""

import os
import select
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from huizong.uno_bridge import service
from programs import require
from uno_session import Session

WIDTH, HEIGHT = 1400, 900
START_SECONDS, MANY, SECONDS = 90, 60, 30


@contextmanager
def screen() -> Iterator[str]:
    """Start a screen that nobody sees, and give its number; skips the test where none can be."""
    out, into = os.pipe()
    command = [require("Xvfb"), "-displayfd", str(into), "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
    # Reset when its last client leaves, it now and then keeps the next from starting.
    command += ["-nolisten", "tcp", "-noreset"]
    with (
        subprocess.Popen(command, pass_fds=[into], stderr=subprocess.DEVNULL) as process,
        os.fdopen(out) as number,
    ):
        os.close(into)
        try:
            ready, _, _ = select.select([number], [], [], START_SECONDS)
            assert ready, "Xvfb did not start"
            yield f":{number.readline().strip()}"
        finally:
            process.kill()


def within(accessible: Any) -> Iterator[Any]:
    """Give all that stands in a window; of a sheet's cells the first of them."""
    for at in range(min(accessible.getAccessibleChildCount(), MANY)):
        child = accessible.getAccessibleChild(at).getAccessibleContext()
        yield child
        yield from within(child)


def waited(found: Callable[[], Any]) -> Any:
    """Look for something until it is there."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if got := found():
            return got
        time.sleep(0.1)
    raise TimeoutError


def box(session: Session, title: str) -> dict[str, Any]:
    """Find the message box of a title: what stands in it, by its text."""
    toolkit = service(session.context, "awt.Toolkit")
    for at in range(toolkit.getTopWindowCount()):
        window = toolkit.getTopWindow(at).getAccessibleContext()
        if window and window.getAccessibleName() == title:
            return {one.getAccessibleName().replace("~", ""): one for one in within(window)}
    return {}
