"""Questions between the returns of one period: asked anew when any of them has changed."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence

from huizong.audit import audit_across
from huizong.earlier import readings_now
from huizong.entries import Received, digest_of, names_seen
from huizong.ground import Header
from huizong.history import closed_periods
from huizong.language import CheckedSet
from huizong.past import figures_at, reading_of
from huizong.periods import Period
from huizong.records import AuditedFinding, Finding, Reading
from huizong.work import Work

CODES = frozenset(
    (
        "outlier_change", "outlier_level", "slip_change", "slip_level", "copied_figures",
        "copied_rows", "same_return", "sent_as_other",
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
    names = _names(work, files)
    stamp = _stamp(rules, files, names)
    if work.book.ask("SELECT rules FROM audited WHERE digest = ?", (whole,)) == [(stamp,)]:
        return None
    readings = readings_now(work.book, [file.digest for file in files], checked.form_set)
    files = [file for file in files if file.digest in readings]
    before = period.previous
    past = figures_at(work.book, before, checked.form_set) if before else {}
    levels = work.office.levels_of(file.unit for file in files)
    found = audit_across(
        checked,
        [readings[file.digest] for file in files],
        [Header(period, level) for level in levels],
        [
            reading_of(readings[file.digest].identity, past.get((file.unit, file.role), {}))
            for file in files
        ],
    )
    work.book.put("INSERT OR REPLACE INTO audited VALUES (?, ?)", [(whole, stamp)])
    return {
        file.digest: (
            readings[file.digest],
            (*_not_told(some, told[file.digest]), *_sent_as_other(work, file, names)),
        )
        for file, some in zip(files, found, strict=True)
    }


def _stamp(rules: str, files: Sequence[Received], names: Mapping[str, Sequence[str]]) -> str:
    """Name what the questions depend on: the rules with the past, and the files compared."""
    compared = [(file.unit, file.role, file.digest) for file in files]
    return hashlib.sha256(f"{rules} {compared} {names}".encode()).hexdigest()[:16]


def _names(work: Work, files: Sequence[Received]) -> dict[str, tuple[str, ...]]:
    """Give the names under which the bytes of a file came, where they came under several."""
    wanted = {digest_of(file.digest) for file in files}
    found = names_seen(work.book, wanted)
    return {digest: names for digest, names in found.items() if len(names) > 1}


def _sent_as_other(
    work: Work, file: Received, names: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """Ask about the very same file that came once more under another unit's name or code."""
    units = {unit.code: unit for unit in work.office.roster}
    own = units.get(file.unit)
    others = [unit for code, unit in units.items() if code != file.unit]
    for name in names.get(digest_of(file.digest), ()):
        if own is None or own.name in name or own.code in name:
            continue
        meant = [unit.name for unit in others if unit.name in name or unit.code in name]
        if meant:
            details = {"found": name, "other": "、".join(meant)}
            yield Finding("sent_as_other", "explain", subject=name, details=details)


def _not_told(found: Sequence[Finding], told: Collection[AuditedFinding]) -> tuple[Finding, ...]:
    subjects = {one.finding.subject for one in told if one.finding.level in ("must", "explain")}
    slips = {one.subject for one in found if one.code.startswith("slip")}
    return tuple(
        one for one in found if one.code not in _AGAIN or one.subject not in subjects | slips
    )
