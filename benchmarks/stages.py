"""Run the stages of a quarter over an office's returns, and time each of them."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from returns import NOW, PERIOD

from huizong import take_in
from huizong.children import Children
from huizong.examine import examine, with_readings
from huizong.pipeline import issue
from huizong.publish import summarise
from huizong.work import at_work, checked_sets


class Times(msgspec.Struct, frozen=True):
    """Seconds of the stages of one run, and how many files it opened."""

    collect: float
    audit: float
    aggregate: float
    opened: int

    @property
    def to_audit(self) -> float:
        """From the files to the verdicts."""
        return self.collect + self.audit

    @property
    def all(self) -> float:
        """From the files to the sums."""
        return self.to_audit + self.aggregate


def run(office: Path, readers: Children) -> Times:
    """Take in what is new, audit it and add up, without writing the summary."""
    checked = checked_sets()["TJ"]
    with at_work(office, NOW, "bench") as work:
        collected, collect = _timed(lambda: take_in.collect(work, readers=readers))
        returns, audit = _timed(lambda: examine(work, checked, PERIOD))
        summary, aggregate = _timed(
            lambda: summarise(work, checked, PERIOD, with_readings(work, returns), None)
        )
    assert not collected.unfiled
    assert summary.reported > 0
    return Times(collect, audit, aggregate, collected.opened)


def _timed(action: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    done = action()
    return done, time.perf_counter() - start


def mend(office: Path) -> Path:
    """Put a community's mended return into 收表 in place of the faulty one."""
    path = min((office / "mended").iterdir())
    return Path(shutil.copy2(path, office / "收表" / path.name))


def warm(readers: Children, office: Path) -> None:
    """Let each child import what it needs, and read a file."""
    path = str(min((office / "收表").iterdir()))
    for outcome in readers.run([(path,)] * 2 * take_in.PROCESSES):
        assert outcome.value


def issue_seconds(office: Path) -> float:
    """Time the issuing of one workbook, once the formulas of the form set are compiled."""
    from huizong.office import init_office

    init_office(office, now=NOW, sets=("TJ",))
    with at_work(office, NOW, "bench") as work:
        count = len(issue(work, PERIOD))
        _, seconds = _timed(lambda: issue(work, PERIOD))
    return seconds / count
