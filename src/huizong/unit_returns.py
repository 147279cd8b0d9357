"""How every unit stands in a period: by the file chosen, what was found in it, and the clock."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from huizong.choosing import Choice
from huizong.earlier import readings_now
from huizong.entries import Received
from huizong.history import Standing, save_standings, standings_of
from huizong.language import CheckedSet
from huizong.office import expected_units
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.records import (
    OWN,
    PASSED,
    WAITING,
    AuditedFinding,
    Finding,
    Unit,
    UnitReturn,
)
from huizong.settle import state_of
from huizong.texts import name_of
from huizong.unit_levels import role_below
from huizong.work import Work, checked_sets

Place = tuple[str, str]  # unit code and role


def leading(files: Sequence[Received], choice: Choice) -> Received:
    """Give the file by which a unit stands: adopted, proposed, or its newest."""
    wanted = choice.adopted or choice.proposed or files[-1].digest
    return next(file for file in files if file.digest == wanted)


def returns_of(
    work: Work, checked: CheckedSet, period: Period, by_unit: Mapping[Place, Sequence[Received]],
    choices: Mapping[Place, Choice], settled: Mapping[str, tuple[AuditedFinding, ...]],
) -> SetReturns:  # fmt: skip
    """Say how all units and the office's own figures stand, and enter it in the book."""
    form_set, office = checked.form_set, work.office
    due = office.settings.due(form_set.code, period, form_set.due_days)
    people = [(unit, role_below(unit)) for unit in expected_units(office, period, form_set.code)]
    returns = []
    for unit, role in [*people, (office.unit, OWN)]:
        place = (unit.code, role)
        files = by_unit.get(place, ())
        returns.append(_return(work, unit, files, choices.get(place), settled, due))
    _save_standings(work, checked, period, returns)
    return SetReturns(
        code=form_set.code,
        name=name_of(form_set),
        due=due,
        returns=tuple(returns[:-1]),
        own=returns[-1],
    )


def _return(
    work: Work, unit: Unit, files: Sequence[Received], choice: Choice | None,
    settled: Mapping[str, tuple[AuditedFinding, ...]], due: dt.date,
) -> UnitReturn:  # fmt: skip
    """Say how one unit stands, by the file that is adopted, else by its newest."""
    if not files or choice is None:
        return UnitReturn(unit=unit, late=work.now.date() > due)
    file = leading(files, choice)
    findings = settled[file.digest]
    state = state_of(findings)
    if choice.finding:
        state = WAITING
        findings = (*findings, AuditedFinding(choice.key, choice.finding))
    told = (AuditedFinding(f.key(file.unit, file.period, file.set_code), f) for f in choice.told)
    blocked = {digest for digest, _, reason in choice.states if reason == "blocked"}
    refused = refused_after(unit, file, [one for one in files if one.digest in blocked], settled)
    findings = (*findings, *told, *_told_of(refused, file))
    # On time if anything of this unit came in time: mending takes its course.
    late = min(one.received_at for one in files)[:10] > due.isoformat()
    included = state == PASSED and bool(choice.adopted)
    return UnitReturn(
        unit=unit, state=state, late=late, included=included, version=file.number,
        digest=file.digest, file=file.name, received=file.received_at,
        unchecked_seal=file.seal == "unknown", findings=findings, refused=refused,
    )  # fmt: skip


def refused_after(
    unit: Unit, file: Received, blocked: Sequence[Received],
    settled: Mapping[str, tuple[AuditedFinding, ...]],
) -> UnitReturn | None:  # fmt: skip
    """Give the last of the blocked files that is newer than the one by which a unit stands."""
    newer = max(
        (one for one in blocked if one.number > file.number),
        key=lambda one: one.number, default=None,
    )  # fmt: skip
    if newer is None:
        return None
    findings = settled.get(newer.digest, ())
    return UnitReturn(
        unit=unit, state=state_of(findings), version=newer.number, digest=newer.digest,
        file=newer.name, received=newer.received_at, unchecked_seal=newer.seal == "unknown",
        findings=findings,
    )  # fmt: skip


def _told_of(refused: UnitReturn | None, file: Received) -> Iterator[AuditedFinding]:
    """Note beside a return that a newer file was not taken; what is wrong there is that file's."""
    if refused:
        details = {"found": refused.file, "when": refused.received.replace("T", " ")}
        note = Finding("newer_blocked", "note", subject=refused.digest[:8], details=details)
        yield AuditedFinding(note.key(file.unit, file.period, file.set_code), note)


def _save_standings(
    work: Work, checked: CheckedSet, period: Period, returns: Sequence[UnitReturn]
) -> None:
    known = standings_of(work.book, str(period), checked.form_set.code)
    code = checked.form_set.code
    new = [
        Standing(str(period), code, one.unit.code, role, one.state, one.digest, one.late)
        for one, role in zip(returns, _roles(returns), strict=True)
    ]
    changed = [one for one in new if known.get((one.set_code, one.unit, one.role)) != one]
    if changed:
        with work.book.writing():
            save_standings(work.book, changed)


def _roles(returns: Sequence[UnitReturn]) -> Iterator[str]:
    *units, _ = returns
    yield from (role_below(one.unit) for one in units)
    yield OWN


def with_readings(work: Work, returns: SetReturns) -> SetReturns:
    """Put the readings to the returns, for the total."""
    digests = [one.digest for one in returns.rows if one.digest]
    readings = readings_now(work.book, digests, checked_sets()[returns.code].form_set)

    def filled(one: UnitReturn) -> UnitReturn:
        return msgspec.structs.replace(one, reading=readings.get(one.digest))

    return msgspec.structs.replace(
        returns,
        returns=tuple(map(filled, returns.returns)),
        own=filled(returns.own) if returns.own else None,
    )
