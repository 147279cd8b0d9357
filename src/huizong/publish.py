"""Make the summary of a period: totals checked a second way, written beside earlier versions."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

import msgspec

from huizong.aggregate import aggregate, totals_reading, with_findings
from huizong.audit import audit
from huizong.beside import figures_beside, totals_beside, with_coverage
from huizong.cells import plain
from huizong.determine import rates_of
from huizong.digests import key_of
from huizong.editions import PERSONAL, Published, is_there, with_personal, write_edition
from huizong.entries import answers_of
from huizong.errors import HuizongError
from huizong.examine import examine
from huizong.ground import Beside, Ground, Header, Returns
from huizong.history import last_summary, sum_of, summaries_of
from huizong.language import CheckedSet
from huizong.papers import SetReturns
from huizong.past import opening_sources, past_of_office, reading_of
from huizong.periods import Period
from huizong.problems import reporting_of
from huizong.records import (
    LEVELS,
    MISSING,
    SUMMARY,
    AuditedFinding,
    FigureCell,
    Finding,
    Identity,
    Reading,
    Summary,
    UnitReturn,
)
from huizong.restate import not_comparable, redefined_in
from huizong.settle import settle
from huizong.syntax import Figure, walk
from huizong.texts import name_of
from huizong.unit_levels import unit_level
from huizong.unit_returns import with_readings
from huizong.work import Work, checked_sets

# The parts of a summary by which a new version is explained; texts `command.part_<name>`.
PARTS = ("totals", "units", "own", "ledger_totals", "findings", "reporting")


def publish(work: Work, checked: CheckedSet, period: Period, returns: SetReturns) -> Published:
    """
    Add up what has passed and write the summary; an earlier version is never overwritten.

    `returns` are the form set's, as the audit has just left them. Where nothing has changed since
    the last version, that one is given and none is written.

    Raises:
        HuizongError: If nothing has passed (`error.nothing_passed`), or a second sum in SQL
            differs from the first (`error.sums_differ`): then nothing is published.
    """
    try:
        return _publish(work, checked, period, with_readings(work, returns))
    except HuizongError as error:
        if error.code != "error.disk_full":
            raise
        told = {"set": name_of(checked.form_set), "period": name_of(period), **error.details}
        raise HuizongError("error.summary_disk_full", **told) from error


def _publish(work: Work, checked: CheckedSet, period: Period, returns: SetReturns) -> Published:
    if not any(one.included for one in returns.rows):
        raise HuizongError(
            "error.nothing_passed", period=name_of(period), set=name_of(checked.form_set)
        )
    before = last_summary(work.book, str(period), checked.form_set.code)
    summary = _anew(work, checked, period, returns, before)
    _second_sum(work, checked, period, returns, summary)
    earlier = summaries_of(work.book, str(period), checked.form_set.code)
    stands = bool(before and earlier) and is_there(work, checked, before, earlier[-1])
    if stands and _same(before, summary):
        path = work.office.summary_file(earlier[-1])
        return Published(before, path, earlier[-1].checksum, new=False)
    differs = _differs(before, summary)
    return msgspec.structs.replace(write_edition(work, checked, summary), differs=differs)


def is_current(work: Work, checked: CheckedSet, period: Period, summary: Summary) -> bool:
    """Whether a summary says what the returns, as they stand now, add up to."""
    returns = with_readings(work, examine(work, checked, period))
    now = _anew(work, checked, period, returns, summary)
    return _same(_timeless(summary), _timeless(now))


def _anew(
    work: Work, checked: CheckedSet, period: Period, returns: SetReturns, before: Summary | None
) -> Summary:
    """Add up, and keep in mind what was found in the last version's file."""
    summary = summarise(work, checked, period, returns, before)
    if before is None:
        return summary
    told = [one.finding for one in before.findings if one.finding.code == PERSONAL]
    return with_personal(work, summary, told)


def _timeless(summary: Summary) -> Summary:
    """That a missing unit is late by now changes nothing in what was added up."""
    own = _never_late(summary.own) if summary.own else None
    return msgspec.structs.replace(summary, units=tuple(map(_never_late, summary.units)), own=own)


def _never_late(one: UnitReturn) -> UnitReturn:
    return msgspec.structs.replace(one, late=False) if one.state == MISSING else one


def summarise(
    work: Work, checked: CheckedSet, period: Period, returns: SetReturns, before: Summary | None
) -> Summary:
    """Add up, then audit the totals as a return of the office's own level."""
    form_set, office = checked.form_set, work.office
    identity = Identity(
        form_set.code, form_set.version, str(period), office.unit.code, office.unit.name, SUMMARY
    )
    header = Header(
        period, office.level, expected=expected_communities(office.level, returns.returns),
        children=_children(checked, returns),
    )  # fmt: skip
    redefined = office.settings.redefined
    past = past_of_office(
        work.book, office.unit.code, period, form_set,
        lambda of: not_comparable(checked, redefined, of, period),
    )  # fmt: skip
    summary = aggregate(
        checked, identity, returns.returns, returns.own, past, _rates(checked, header),
        made_at=work.at, number=before.number + 1 if before else 1,
        seal=work.book.seal(identity), before=before, key=key_of(work.book),
        beside=figures_beside(work, checked, period) if checked.others else {},
    )  # fmt: skip
    # Who has to act is named by unit: no person's name goes up.
    reporting = reporting_of(work, checked, period, returns, with_contacts=False)
    summary = msgspec.structs.replace(summary, reporting=reporting)
    beside = totals_beside(work, checked, period)
    return with_findings(summary, _own_findings(work, checked, summary, header, before, beside))


def expected_communities(level: str, returns: Sequence[UnitReturn]) -> int:
    """Count the units that should report; over communities only these, no cooperatives (JC-R09)."""
    units = [one.unit for one in returns]
    if level == LEVELS[-2]:
        units = [unit for unit in units if (unit.category or unit_level(unit)) == LEVELS[-1]]
    return len(units)


def _children(checked: CheckedSet, returns: SetReturns) -> dict[str, str]:
    """Add up what the relations ask of the units below: of all that are in the total, 本级 too."""
    nodes = (part for rule in checked.relations for part in walk(rule.expression))
    codes = {part.code for part in nodes if isinstance(part, Figure) and part.when == "children"}
    sums: dict[str, Decimal] = {}
    for one in returns.rows:
        for cell in one.reading.figures if one.included and one.reading else ():
            if cell.code in codes and cell.state == "number":
                sums[cell.code] = sums.get(cell.code, Decimal(0)) + Decimal(cell.value)
    return {code: plain(value) for code, value in sums.items()}


def _rates(
    checked: CheckedSet, header: Header
) -> Callable[[Sequence[Reading]], Sequence[Mapping[str, FigureCell]]]:
    def rates(readings: Sequence[Reading]) -> Sequence[Mapping[str, FigureCell]]:
        sets = {**checked_sets(), checked.form_set.code: checked}
        # A rate of two sets finds all its parts in the one reading that is handed in.
        others = {code: Returns(tuple(readings)) for code in checked.others}
        headers = [header] * len(readings)
        ground = Ground.of(sets, readings, headers=headers, others=others)
        return rates_of(checked, readings, ground)

    return rates


def _own_findings(
    work: Work, checked: CheckedSet, summary: Summary, header: Header, before: Summary | None,
    beside: Beside,
) -> tuple[AuditedFinding, ...]:  # fmt: skip
    """Judge the totals; the officer's reasons are the explanations that go up with them."""
    reading = with_coverage(totals_reading(summary), summary)
    previous = _as_past(summary, "previous")
    year_ago = _as_past(summary, "year_ago")
    done = audit(checked, [reading], [header], [previous], [year_ago], beside=beside)
    findings = [
        finding
        for finding in done.findings[0]
        # What is missing in a total is said by its coverage.
        if finding.code not in ("required", "required_word", "incomplete")
    ] + _opened(work, checked, summary, header.period)
    told = {one.key: one for one in before.findings} if before else {}
    # An officer's reason for a total goes up with it as the office's own explanation.
    settled = [
        msgspec.structs.replace(one, explanation=one.explanation or one.reason)
        for one in settle(findings, reading, answers_of(work.book))
    ]
    return tuple(
        msgspec.structs.replace(told[one.key], finding=one.finding)
        if one.stands and one.key in told and not told[one.key].stands
        else one
        for one in settled
    )


def _opened(work: Work, checked: CheckedSet, summary: Summary, period: Period) -> list[Finding]:
    """Tell which totals of earlier periods were imported, and which are not comparable."""
    sources = opening_sources(work.book, period, checked.form_set)
    told = {
        "past_opened": sources.get((summary.identity.code, SUMMARY), ()),
        "past_redefined": redefined_in(checked, work.office.settings.redefined, period),
    }
    return [
        Finding(code, "info", details={"other": "、".join(names)})
        for code, names in told.items()
        if names
    ]


def _as_past(summary: Summary, column: str) -> Reading | None:
    values = ((total.code, getattr(total, column)) for total in summary.totals)
    return reading_of(summary.identity, {code: value for code, value in values if value})


def _second_sum(
    work: Work, checked: CheckedSet, period: Period, returns: SetReturns, summary: Summary
) -> None:
    """Add every sum up again in SQL, from the book; nothing is published if one differs."""
    expected = {one.unit.code for one in returns.returns if one.included}
    for total in summary.totals:
        indicator = checked.form_set.by_code[total.code]
        if total.state != "number" or indicator.total != "sum":
            continue
        second = Decimal(
            sum_of(work.book, str(period), checked.form_set.code, total.code, expected) or 0
        )
        own = total.own if returns.own and returns.own.included else None
        if own and own.state == "number":
            second += Decimal(own.value)
        if second != Decimal(total.value):
            raise HuizongError(
                "error.sums_differ", label=name_of(indicator).strip(), code=total.code,
                first=total.value, second=plain(second),
            )  # fmt: skip


def _same(before: Summary, now: Summary) -> bool:
    """Whether two versions say the same, apart from numbers, times and the language of words."""
    return _content(before) == _content(now)


def _content(summary: Summary) -> Summary:
    # A problem is known by its key; its words are of the language in which it was listed.
    issues = tuple(
        msgspec.structs.replace(one, text="", owner="") for one in summary.reporting.issues
    )
    reporting = msgspec.structs.replace(summary.reporting, issues=issues)
    return msgspec.structs.replace(summary, made_at="", number=0, changes=(), reporting=reporting)


def _differs(before: Summary | None, now: Summary) -> tuple[str, ...]:
    """Name the parts in which a version differs from the one before."""
    if before is None:
        return ()
    old, new = _content(before), _content(now)
    return tuple(part for part in PARTS if getattr(old, part) != getattr(new, part))
