"""Hold the versions of a unit's return against each other: what was changed, cell by cell."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from huizong.differences import Compared, differences
from huizong.entries import Received, files_of, readings_of
from huizong.errors import HuizongError
from huizong.language import CheckedSet
from huizong.periods import Period
from huizong.records import OWN
from huizong.work import Work


def compared(
    work: Work, period: Period, unit: str = "", *, last: bool = False
) -> tuple[Compared, ...]:
    """
    Compare each version of a return with the one before; of every unit, or of one.

    With `last` only the last two versions of each are compared.

    Raises:
        HuizongError: If the roster has no such unit (`error.unknown_unit`).
    """
    names = {one.code: one.name for one in (*work.office.roster, work.office.unit)}
    if unit and unit not in names:
        raise HuizongError("error.unknown_unit", code=unit)
    found: list[Compared] = []
    for checked in work.sets(period):
        for files in _versions(work, checked, period, unit):
            name = names.get(files[0].unit, files[0].unit)
            found += _compare(work, checked, files[-2:] if last else files, name)
    return tuple(found)


def count_versions(work: Work, period: Period, unit: str) -> int:
    """Count the files of one unit in a period."""
    return len([file for file in files_of(work.book, period=str(period), unit=unit) if file.number])


def _versions(
    work: Work, checked: CheckedSet, period: Period, unit: str
) -> Iterator[list[Received]]:
    """Give the files of each unit that has sent more than one, in the roster's order."""
    code = checked.form_set.code
    by_place: dict[tuple[str, str], list[Received]] = defaultdict(list)
    for file in files_of(work.book, period=str(period), set_code=code, unit=unit):
        if file.unit and file.number:
            by_place[file.unit, file.role].append(file)
    order = {one.code: at for at, one in enumerate(work.office.roster)}
    several = [files for files in by_place.values() if len(files) > 1]
    several.sort(key=lambda files: (files[0].role == OWN, order.get(files[0].unit, len(order))))
    for files in several:
        yield sorted(files, key=lambda file: file.number)


def _compare(
    work: Work, checked: CheckedSet, files: Sequence[Received], name: str
) -> Iterator[Compared]:
    readings = readings_of(work.book, [file.digest for file in files])
    for old, new in pairwise(files):
        if old.digest in readings and new.digest in readings:
            pair = (readings[old.digest], readings[new.digest])
            found = tuple(differences(pair, checked.form_set, words=True))
            yield Compared(old.unit, name, checked.form_set.code, old.number, new.number, found)
