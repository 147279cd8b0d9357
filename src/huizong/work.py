"""An office at work: its folder locked, its book open, its form sets checked, its clock fixed."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from huizong.answers import Typed
from huizong.book import Book, open_book
from huizong.errors import HuizongError
from huizong.forms import read_installed
from huizong.lock import Holder, hold, me
from huizong.notices import Notice, notices_of
from huizong.office import Office, open_office
from huizong.periods import Period
from huizong.safely import RESERVE, disk_told, require_space, sweep
from huizong.texts import listed
from huizong.wholeness import keep_copy

if TYPE_CHECKING:
    from huizong.language import CheckedSet

# Told how far a long piece of work has come: what it is, how many are done, of how many.
Progress = Callable[[str, int, int], None]


def silent(_what: str, _done: int, _of: int) -> None:
    """Show no progress."""


class Work(msgspec.Struct, frozen=True):
    """
    What every step of the pipeline needs; `now` is the only clock.

    `typed` are answers that stand in the open control workbook, saved or not; None if it
    is not open.
    """

    office: Office
    book: Book
    now: dt.datetime
    progress: Progress = silent
    notices: tuple[Notice, ...] = ()
    typed: tuple[Typed, ...] | None = None

    @property
    def at(self) -> str:
        """The time as the book has it."""
        return self.now.isoformat(timespec="seconds")

    def sets(self, period: Period | None = None, only: str = "") -> "tuple[CheckedSet, ...]":
        """
        Give the form sets that the office uses, for periods of this kind.

        A set that looks at another's figures comes after it.

        Raises:
            HuizongError: If none is left (`error.no_set`).
        """
        wanted = self.office.settings.sets
        found = tuple(
            checked
            for code, checked in checked_sets().items()
            if (not wanted or code in wanted)
            and (not only or code == only)
            and (period is None or checked.form_set.cycle == period.kind)
        )
        if not found:
            raise HuizongError("error.no_set", set=only or listed(wanted), period=period or "")
        return _after_others(found)

    def for_set(self, set_code: str, period: Period) -> "Work":
        """
        Give the same work for one form set; for all that the office uses where none is named.

        Raises:
            HuizongError: If the office does not use it for periods of this kind (`error.no_set`).
        """
        if not set_code:
            return self
        self.sets(period, set_code)
        settings = msgspec.structs.replace(self.office.settings, sets=(set_code,))
        office = msgspec.structs.replace(self.office, settings=settings)
        return msgspec.structs.replace(self, office=office)


def _after_others(found: "tuple[CheckedSet, ...]") -> "tuple[CheckedSet, ...]":
    """Put each set behind those whose figures it uses; where they use each other, as they stand."""
    by_code = {one.form_set.code: one for one in found}
    ordered: dict[str, CheckedSet] = {}
    met: set[str] = set()

    def put(code: str) -> None:
        if code in by_code and code not in met:
            met.add(code)
            for other in by_code[code].others:
                put(other)
            ordered[code] = by_code[code]

    for code in by_code:
        put(code)
    return tuple(ordered.values())


@cache
def checked_sets() -> "Mapping[str, CheckedSet]":
    """Load and check the installed form sets once a process."""
    # Only now: the parser of relations takes longer to load than `status` to answer.
    from huizong.language import check

    form_sets = read_installed()
    return {code: check(form_set, form_sets) for code, form_set in form_sets.items()}


# These change nothing, and so may look into a book that is damaged.
READING = frozenset(("status", "differences"))


@contextlib.contextmanager
def at_work(
    folder: Path, now: dt.datetime, action: str, progress: Progress = silent,
    *, office: Office | None = None,
) -> Iterator[Work]:  # fmt: skip
    """
    Open an office for a command and keep others out while it runs.

    `office` is what an open control workbook says; else the saved one is read.

    Raises:
        HuizongError: If there is no office, someone else is at work, the disk is full or closed,
            or the book is damaged (then `READING` still works, with a notice).
    """
    office = office or open_office(folder)
    reading = action in READING
    who = me(now.isoformat(timespec="seconds"), action)
    with disk_told(folder), hold(folder, who) as left:
        if not reading:
            require_space(folder, RESERVE + 2 * _size(office.book))
        with open_book(office.book, reading=reading) as book:
            notices = (*_after_crash(office, left), *notices_of(office, book, now, reading=reading))
            yield Work(office, book, now, progress, notices)
        if book.changed:
            keep_copy(office.book, now.date())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _after_crash(office: Office, left: Holder | None) -> Iterator[Notice]:
    """Sweep away what a run that was cut off has left; the book has mended itself."""
    if left:
        sweep(office.folder)
        details = {"owner": left.owner, "host": left.host, "since": left.since}
        yield Notice("notice.resumed", details)
