"""Issue the period's blanks: one workbook a unit, and one for the office's own figures."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from huizong.blank import write_blank, write_blanks
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.forms import FormSet
from huizong.history import Issued
from huizong.keeping import safe_name
from huizong.language import CheckedSet
from huizong.past import Past, nothing_before
from huizong.periods import Period
from huizong.records import OWN, UNIT, Identity, LedgerRows, Reading, Unit
from huizong.safely import is_open, write_safely
from huizong.texts import say
from huizong.unit_levels import unit_level
from huizong.wholeness import digest_of_file


def blanks_for(
    checked: CheckedSet, period: Period, units: Sequence[Unit], own: Unit,
    past: Mapping[tuple[str, str], Past],
    carried: Mapping[tuple[str, str], tuple[LedgerRows, ...]] = MappingProxyType({}),
) -> list[Blank]:  # fmt: skip
    """
    Lay out the blanks of all units and of the office itself, with what the books say.

    `carried` are the rows of stock ledgers as each reported them last.
    """
    form_set = checked.form_set
    plan = planned(form_set, period)
    none = nothing_before(form_set, period)
    people = [*((unit, UNIT) for unit in units), (own, OWN)]
    return [
        _blank(
            checked, period, unit, role, past.get((unit.code, role), none),
            (*carried.get((unit.code, role), ()), *plan),
        )
        for unit, role in people
    ]  # fmt: skip


def _blank(
    checked: CheckedSet,
    period: Period,
    unit: Unit,
    role: str,
    past: Past,
    rows: tuple[LedgerRows, ...],
) -> Blank:
    form_set = checked.form_set
    identity = Identity(form_set.code, form_set.version, str(period), unit.code, unit.name, role)
    return Blank(
        checked=checked,
        identity=identity,
        level=unit_level(unit),
        previous=past.previous,
        year_ago=past.year_ago,
        before=past.before,
        merged=past.merged,
        split=past.split,
        filling=Reading(identity=identity, ledgers=rows),
    )


def planned(form_set: FormSet, period: Period) -> tuple[LedgerRows, ...]:
    """Give the rows that stand in the issued plan: the items of the period's quarters."""
    if form_set.plan is None:
        return ()
    keys = tuple(column.key for column in form_set.plan.columns if not column.rule)
    quarters = set(period.quarters)
    items = [item for item in form_set.plan_items if quarters & set(item.quarters)]
    rows = []
    for number, item in enumerate(items, 1):
        quarter = max(quarters & set(item.quarters))
        target = None if item.target is None else str(item.target)
        given = {
            "seq": str(number), "quarter": str(quarter), "milestone": item.milestone,
            "item": item.item, "measure": item.measure, "target": target, "unit": item.unit,
            "indicator": item.indicator, "owner": item.owner, "partners": item.partners,
            "due": period.end.isoformat(),
        }  # fmt: skip
        rows.append(tuple(given.get(key) or None for key in keys))
    symbol = form_set.plan.symbol
    numbers = tuple(range(1, len(rows) + 1))
    return (LedgerRows(symbol, "", "", keys, ("",) * len(keys), numbers, tuple(rows)),)


def standard_blank(checked: CheckedSet) -> Blank:
    """Lay out the standard blank of a form set, for no unit and no period."""
    form_set = checked.form_set
    identity = Identity(form_set.code, form_set.version, "", "", "")
    (blank,) = with_caches([Blank(checked=checked, identity=identity)])
    return blank


def write_standard(checked: CheckedSet, folder: Path | None = None) -> Path:
    """Write the standard blank, beside its definition if nowhere else: people look there."""
    code = checked.form_set.code
    path = (folder or Path(checked.form_set.folder)) / f"{code}-{say('book.standard')}.xlsx"
    write_blank(standard_blank(checked), path)
    return path


def write_issued(blanks: Sequence[Blank], folder: Path, ours: Collection[str] = ()) -> list[Issued]:
    """
    Write one issued workbook and give its entries for the book of record, one a form set.

    `ours` are the digests of what this office has issued: a file of the name that is none of
    them has been worked in, and is left alone.
    """
    sets = "+".join(blank.identity.set_code for blank in blanks)
    first = msgspec.structs.replace(blanks[0].identity, set_code=sets)
    path = _free(folder / f"{file_name(first)}.xlsx", ours)
    safely = write_safely(path)
    with safely as temp:
        write_blanks(blanks, temp)
    digest = digest_of_file(safely.path)
    return [_entry(blank, digest, safely.path.name) for blank in blanks]


def _entry(blank: Blank, digest: str, name: str) -> Issued:
    identity = blank.identity
    return Issued(
        identity.period, identity.set_code, identity.version, identity.code, identity.role,
        blank.seal, digest, name, blank.issued_at,
    )  # fmt: skip


def _free(path: Path, ours: Collection[str]) -> Path:
    """Find a name that no program has open, and that only we have written under."""
    number, free = 1, path
    while is_open(free) or (free.exists() and digest_of_file(free) not in ours):
        number += 1
        free = path.with_name(f"{path.stem}_{number}{path.suffix}")
    return free


def file_name(identity: Identity) -> str:
    """Name a workbook so that people can tell it: period, code, unit, form set."""
    own = "（本级）" if identity.role == OWN else ""
    name = safe_name(identity.name)
    return f"{identity.period}_{identity.code}_{name}{own}_{identity.set_code}"
