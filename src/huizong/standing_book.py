"""How all units stand with their findings, as the book has it: nothing is audited anew."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from huizong.entries import Received, files_of, findings_of
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.records import RETURNED, AuditedFinding, Unit, UnitReturn
from huizong.standing import Stand, standing
from huizong.texts import name_of
from huizong.unit_returns import refused_after
from huizong.work import Work

Place = tuple[str, str, str]  # set, unit code and role


class _Known(msgspec.Struct, frozen=True):
    """What the book knows of a period: the files of each place, the findings of each file."""

    files: Mapping[Place, Sequence[Received]]
    findings: Mapping[str, tuple[AuditedFinding, ...]]


def sets_in_book(work: Work, period: Period) -> tuple[SetReturns, ...]:
    """Give what the last audit gave, and what has come since then as to be audited (待审)."""
    files: dict[Place, list[Received]] = defaultdict(list)
    for file in files_of(work.book, period=str(period)):
        files[file.set_code, file.unit, file.role].append(file)
    known = _Known(files, findings_of(work.book, str(period)))
    stands: dict[str, list[Stand]] = defaultdict(list)
    for one in standing(work, period):
        stands[one.set_code].append(one)
    sets = []
    for checked in work.sets(period):
        form_set = checked.form_set
        due = work.office.settings.due(form_set.code, period, form_set.due_days)
        day = work.now.date()
        *returns, own = (_return(one, known, due, day) for one in stands[form_set.code])
        sets.append(
            SetReturns(
                code=form_set.code, name=name_of(form_set), due=due, returns=tuple(returns), own=own
            )
        )
    return tuple(sets)


def _return(stand: Stand, known: _Known, due: dt.date, today: dt.date) -> UnitReturn:
    """Put the file that a unit stands by to its state; one not audited yet is its last."""
    unit = Unit(code=stand.unit, name=stand.name, parent="")
    files = known.files.get((stand.set_code, stand.unit, stand.role), ())
    placed = [one for one in files if one.reason == "placed"]
    by_digest = {one.digest: one for one in (*placed[-1:], *files)}
    file = by_digest.get(stand.digest) or next(iter(placed[-1:]), None)
    if file is None:
        return UnitReturn(unit=unit, state=stand.state, late=today > due)
    findings = (*known.findings.get(file.digest, ()), *_choices(file))
    blocked = [one for one in files if (one.state, one.reason) == (RETURNED, "blocked")]
    return UnitReturn(
        unit=unit, state=stand.state, version=file.number, digest=file.digest, file=file.name,
        late=min(one.received_at for one in files)[:10] > due.isoformat(),
        received=file.received_at, findings=findings, unchecked_seal=file.seal == "unknown",
        refused=refused_after(unit, file, blocked, known.findings),
    )  # fmt: skip


def _choices(file: Received) -> tuple[AuditedFinding, ...]:
    """Give the question which of several files is to be used, as long as it is open."""
    if file.reason != "two_returns":
        return ()
    asked = [one for one in file.findings if one.code == "two_returns"]
    key = (file.unit, file.period, file.set_code)
    return tuple(AuditedFinding(one.key(*key), one) for one in asked)
