"""Audit one workbook by itself, as the quarter's audit would; nothing of it is entered."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import msgspec

from huizong.archives import Unpacked
from huizong.book import look_at_book
from huizong.children import Children
from huizong.corrections import problems_of
from huizong.desk import Problem
from huizong.entries import answers_of
from huizong.errors import HuizongError
from huizong.examine import verdicts
from huizong.findings import words
from huizong.office import Office
from huizong.periods import Period
from huizong.read import Read, Refusal
from huizong.records import SUMMARY, Finding, Identity, Reading, Unit, UnitReturn
from huizong.settle import settle, state_of
from huizong.take_in import TASK
from huizong.work import Progress, Work, checked_sets

_decode = msgspec.msgpack.Decoder(Read | Refusal | Unpacked).decode


class Judged(msgspec.Struct, frozen=True):
    """What an audit of one form set in a workbook comes to: whose it is, its state, problems."""

    identity: Identity
    state: str
    problems: tuple[Problem, ...]


def audit_one(
    office: Office, path: Path, now: dt.datetime, progress: Progress
) -> tuple[Judged, ...]:
    """
    Read a workbook and judge every form set in it, beside the past that the office's book has.

    Raises:
        HuizongError: If it cannot be read (`this_book.unreadable`), is a summary or has no period.
    """
    progress("read", 0, 1)
    readings = _readings(path)
    progress("read", 1, 1)
    with look_at_book(office.book) as book:
        work = Work(office, book, now, progress)
        return tuple(_judged(work, reading) for reading in readings)


def _readings(path: Path) -> tuple[Reading, ...]:
    """Read in a child: what stands in an open workbook may have come from anywhere."""
    with Children(1, TASK) as readers:
        (outcome,) = readers.run([(str(path),)])
    died = Refusal(f"reader_{outcome.why}", {})
    result = died if outcome.value is None else _decode(outcome.value)
    if isinstance(result, Unpacked):
        result = Refusal("not_ours", {})
    if isinstance(result, Refusal):
        finding = Finding(f"file_{result.code}", "must", details=result.details)
        raise HuizongError("this_book.unreadable", why=words(finding))
    return result.readings


def _judged(work: Work, reading: Reading) -> Judged:
    identity = reading.identity
    period = Period.named(identity.period)
    if identity.role == SUMMARY:
        raise HuizongError("this_book.is_summary")
    if period is None:
        raise HuizongError("this_book.no_period")
    place = (identity.code, identity.role)
    work.progress("audit", 0, 1)
    checked = checked_sets()[identity.set_code]
    ((reading, findings),) = verdicts(work, checked, period, [place], [reading])
    settled = settle(findings, reading, answers_of(work.book))
    unit = Unit(code=identity.code, name=identity.name, parent="")
    entry = UnitReturn(unit=unit, reading=reading, findings=settled)
    work.progress("audit", 1, 1)
    return Judged(identity, state_of(settled), problems_of(entry))


def counts_of(judged: Judged) -> Iterator[tuple[str, int]]:
    """Count the problems of each level, the graver first."""
    for level in ("must", "release", "explain", "ask", "note"):
        count = sum(one.level == level for one in judged.problems)
        if count:
            yield level, count
