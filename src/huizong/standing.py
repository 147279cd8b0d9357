"""Say how the units stand, from the book alone: answers at once, without judging anything."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from huizong.entries import Received, files_of
from huizong.forms import installed
from huizong.held import held_file, held_files
from huizong.history import standings_of
from huizong.office import Office, expected_units
from huizong.periods import Period
from huizong.personal import masked
from huizong.records import (
    MISSING,
    OWN,
    PASSED,
    PENDING,
    WAITING,
    Unit,
)
from huizong.texts import marked, say
from huizong.unit_levels import role_below
from huizong.work import Work


class Stand(msgspec.Struct, frozen=True):
    """How one unit stands in one form set; `held` is its file that waits for the officer."""

    set_code: str
    unit: str
    name: str
    role: str
    state: str
    late: bool = False
    digest: str = ""
    held: str = ""


def counted(units: Iterable[str], own: Iterable[str]) -> str:
    """Say how many units are in each state and, apart, how the office's own figures stand."""
    parts = [f"{say('state.' + state)} {count}" for state, count in Counter(units).items()]
    for state, count in Counter(own).items():
        told = say("command.own_stands", state=say(f"state.{state}"))
        parts.append(f"{told} {count}" if count > 1 else told)
    return marked("，").join(parts)


def standing(work: Work, period: Period) -> tuple[Stand, ...]:
    """Give every expected unit and the office itself, in the order of the roster."""
    return tuple(_stands(work, period))


def _stands(work: Work, period: Period) -> Iterator[Stand]:
    waiting = held_files(work.book)
    filed = _filed(work, period)
    known_sets = installed()
    wanted = work.office.settings.sets or known_sets
    for code in (one for one in wanted if one in known_sets):
        known = standings_of(work.book, str(period), code)
        for unit, role in _expected(work.office, period, code):
            one = known.get((code, unit.code, role))
            state = one.state if one else MISSING
            if state != PASSED and (code, unit.code, role) in filed:
                state = WAITING
            late = one.late if one else False
            digest = one.digest if one else ""
            held = _held(waiting, period, code, unit) if state == MISSING else ""
            yield Stand(code, unit.code, unit.name, role, state, late, digest, held)


def _filed(work: Work, period: Period) -> set[tuple[str, str, str]]:
    """Give set, unit and role of returns that have come and are not audited yet."""
    files = files_of(work.book, period=str(period), states=(PENDING,))
    return {(one.set_code, one.unit, one.role) for one in files if one.reason == "placed"}


def _held(waiting: Sequence[Received], period: Period, set_code: str, unit: Unit) -> str:
    file = held_file(waiting, str(period), set_code, (unit.code, unit.name))
    return masked(file.name) if file else ""


def _expected(office: Office, period: Period, code: str) -> Iterator[tuple]:
    for unit in expected_units(office, period, code):
        yield unit, role_below(unit)
    yield office.unit, OWN
