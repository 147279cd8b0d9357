"""A screen that nobody sees, and what stands in the windows on it."""

import os
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from programs import require

WIDTH, HEIGHT = 1400, 900
START_SECONDS, MANY = 90, 60


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
