"""Run the stages of a quarter over an office's returns, and time each of them."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from returns import NOW, OFFICE, OLD, PERIOD, SETS, code_of, open_office_of

from huizong import pipeline, take_in
from huizong.children import Children
from huizong.entries import files_of
from huizong.examine import examine
from huizong.publish import summarise
from huizong.records import Unit
from huizong.unit_returns import with_readings
from huizong.work import Work, at_work


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
    """Take in what is new, audit it and add up, without writing anything for people."""
    with at_work(office, NOW, "bench") as work:
        sets = work.sets(PERIOD)
        collected, collect = _timed(lambda: take_in.collect(work, readers=readers))
        returns, audit = _timed(lambda: [examine(work, one, PERIOD) for one in sets])
        summaries, aggregate = _timed(
            lambda: [
                summarise(work, one, PERIOD, with_readings(work, found), None)
                for one, found in zip(sets, returns, strict=True)
            ]
        )
    assert not collected.unfiled
    assert all(summary.reported for summary in summaries)
    return Times(collect, audit, aggregate, collected.opened)


def _timed(action: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    done = action()
    return done, time.perf_counter() - start


def quarter(office: Path, readers: Children, *, returns: int) -> float:
    """Do what an officer does, all papers and summaries written; give the seconds it takes."""
    with at_work(office, NOW, "bench") as work:
        _, seconds = _timed(lambda: _quarter(work, readers))
        files = files_of(work.book)
    assert len(files) == returns * len(SETS)
    return seconds


def _quarter(work: Work, readers: Children) -> None:
    pipeline.collect(work, readers=readers)
    pipeline.audit(work, PERIOD)
    pipeline.aggregate(work, PERIOD)


def mend(office: Path) -> Path:
    """Put a community's mended return into 收表 in place of the faulty one."""
    path = min((office / "mended").iterdir())
    sent = Path(shutil.copy2(path, office / "收表" / path.name))
    # Mended later than the first was made: the two may be of one size.
    os.utime(sent, (OLD + 60, OLD + 60))
    return sent


def warm(readers: Children, office: Path) -> None:
    """Let each child import what it needs, and read a file."""
    path = str(min((office / "收表").iterdir()))
    for outcome in readers.run([(path,)] * 2 * take_in.PROCESSES):
        assert outcome.value


def issue_seconds(office: Path) -> float:
    """Time the issuing of one workbook, once the formulas of the form sets are compiled."""
    units = [Unit(code=code_of(n), name=f"第{n}社区", parent=OFFICE) for n in range(2)]
    open_office_of(office, OFFICE, units)
    with at_work(office, NOW, "bench") as work:
        count = len(pipeline.issue(work, PERIOD))
        _, seconds = _timed(lambda: pipeline.issue(work, PERIOD))
    return seconds / count
