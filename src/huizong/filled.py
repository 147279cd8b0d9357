"""Write filled-in workbooks in several processes: for the demo, tests and benchmarks."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from huizong.blank import write_blank
from huizong.desk import Blank
from huizong.work import checked_sets


def write_filled(
    writers: ProcessPoolExecutor, jobs: Sequence[tuple[Blank, Path]]
) -> Iterator[None]:
    """Write each workbook, its results worked out already, to its path; yields once for each."""
    yield from writers.map(write_one, map(_sendable, jobs))


def _sendable(job: tuple[Blank, Path]) -> tuple[str, Blank, Path]:
    """Leave out the checked set: every process has its own; a process is sent plain mappings."""
    blank, path = job
    plain = {
        name: dict(value)
        for name, value in msgspec.structs.asdict(blank).items()
        if isinstance(value, Mapping)
    }
    return blank.form_set.code, msgspec.structs.replace(blank, checked=None, **plain), path


def write_one(job: tuple[str, Blank, Path]) -> None:
    """Write one workbook in a process of its own."""
    code, blank, path = job
    write_blank(msgspec.structs.replace(blank, checked=checked_sets()[code]), path)
