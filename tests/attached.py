"""A LibreOffice of the tests' own that xlwings works with, as it does when a button was clicked."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import xlwings

from huizong.uno_engine import attach
from uno_session import uno_session


@contextmanager
def attached(folder: Path) -> Iterator[xlwings.App]:
    """Start LibreOffice in `folder` and attach xlwings to it; leave xlwings as it was."""
    before = xlwings.engines.active
    with uno_session(folder) as session:
        try:
            yield attach(session.context, os.getpid())
        finally:
            xlwings.engines.active = before
            if hasattr(xlwings.Book, "_mock_caller"):
                del xlwings.Book._mock_caller
