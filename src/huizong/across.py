"""Questions between the returns of one period: asked anew when any of them has changed."""

import hashlib
from collections.abc import Collection, Mapping, Sequence

from huizong.audit import audit_across
from huizong.entries import Received, readings_of
from huizong.ground import Header
from huizong.history import closed_periods
from huizong.language import CheckedSet
from huizong.past import figures_at, reading_of
from huizong.periods import Period
from huizong.records import AuditedFinding, Finding, Reading, level_of
from huizong.work import Work

CODES = frozenset(
    (
        "outlier_change", "outlier_level", "slip_change", "slip_level", "copied_figures",
        "copied_rows", "same_return",
    )
)  # fmt: skip
# What has been asked about a figure already need not be asked in other words.
_AGAIN = frozenset(("outlier_change", "outlier_level"))
Judged = tuple[Reading, tuple[Finding, ...]]


def split(
    findings: Sequence[AuditedFinding],
) -> tuple[tuple[AuditedFinding, ...], tuple[AuditedFinding, ...]]:
    """Part what was found in a return alone from what was found beside others."""
    alone = tuple(one for one in findings if one.finding.code not in CODES)
    return alone, tuple(one for one in findings if one.finding.code in CODES)


def questions(
    work: Work, checked: CheckedSet, period: Period, files: Sequence[Received], rules: str,
    told: Mapping[str, Sequence[AuditedFinding]],
) -> dict[str, Judged] | None:  # fmt: skip
    """
    Hold each unit's leading file against those of the others; None where nothing has changed.

    A closed period stands as it was judged. `told` is what was found in each file alone.
    """
    if str(period) in closed_periods(work.book):
        return None
    files = sorted(files, key=lambda file: (file.unit, file.role))
    whole = f"across {period} {checked.form_set.code}"
    stamp = _stamp(rules, files)
    if work.book.ask("SELECT rules FROM audited WHERE digest = ?", (whole,)) == [(stamp,)]:
        return None
    readings = readings_of(work.book, [file.digest for file in files])
    files = [file for file in files if file.digest in readings]
    before = period.previous
    past = figures_at(work.book, before, checked.form_set) if before else {}
    found = audit_across(
        checked,
        [readings[file.digest] for file in files],
        [Header(period, level_of(file.unit)) for file in files],
        [
            reading_of(readings[file.digest].identity, past.get((file.unit, file.role), {}))
            for file in files
        ],
    )
    work.book.put("INSERT OR REPLACE INTO audited VALUES (?, ?)", [(whole, stamp)])
    return {
        file.digest: (readings[file.digest], _not_told(some, told[file.digest]))
        for file, some in zip(files, found, strict=True)
    }


def _stamp(rules: str, files: Sequence[Received]) -> str:
    """Name what the questions depend on: the rules with the past, and the files compared."""
    names = [(file.unit, file.role, file.digest) for file in files]
    return hashlib.sha256(f"{rules} {names}".encode()).hexdigest()[:16]


def _not_told(found: Sequence[Finding], told: Collection[AuditedFinding]) -> tuple[Finding, ...]:
    subjects = {one.finding.subject for one in told if one.finding.level in ("must", "explain")}
    slips = {one.subject for one in found if one.code.startswith("slip")}
    return tuple(
        one for one in found if one.code not in _AGAIN or one.subject not in subjects | slips
    )
