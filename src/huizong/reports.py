"""What an audit has to say on the terminal, and as JSON."""

import json
from collections.abc import Iterator

from huizong.findings import place, remedy, who, with_sheet, words
from huizong.findings_paper import remedy_of_total
from huizong.office_lists import told_of
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.pipeline import Audited
from huizong.records import MISSING, AuditedFinding, UnitReturn
from huizong.safely import stands_beside
from huizong.texts import marked, say


def someone_must_act(audited: Audited) -> bool:
    """
    Whether a block or a missing explanation stands anywhere, of a unit or of the totals, or an
    answer was refused.
    """
    standing = any(
        one.stands
        for sets in (*audited.sets, *audited.totals)
        for unit in sets.rows
        for one in unit.findings
    )
    return standing or bool(audited.answers.refused)


def audit_lines(audited: Audited) -> Iterator[str]:
    """Say what each unit has to do, then the counts, then where the papers are."""
    for sets in audited.sets:
        for unit in sets.rows:
            open_ = [one for one in unit.findings if one.stands]
            if open_:
                yield f"{unit.unit.name}  {say('state.' + unit.state)}"
                for one in open_:
                    told = f"{with_sheet(one.finding)} {remedy(one.finding)}"
                    yield f"  [{one.key}] {_level(one)} {told}"
        yield counts_line(sets)
    for sets in audited.totals:
        yield from _totals_lines(sets)
    yield from told_of(audited.answers)
    for path in (audited.status, audited.findings):
        if stands_beside(path):
            yield say("command.moved", path=path.name)
    yield say("command.papers", status=audited.status, findings=audited.findings)


def _totals_lines(sets: SetReturns) -> Iterator[str]:
    """Say what is asked about the office's own totals, and that the office has to answer it."""
    open_ = [one for unit in sets.rows for one in unit.findings if one.stands]
    if open_:
        yield say("command.totals_asked", set=sets.name, count=len(open_))
    for one in open_:
        told = f"{with_sheet(one.finding)} {remedy_of_total(one.finding)}"
        yield f"  [{one.key}] {_level(one)} {told}"


def counts_line(sets: SetReturns) -> str:
    """Say how many units of a form set stand how."""
    states = [unit.state for unit in sets.rows]
    counts = marked("，").join(
        f"{say('state.' + state)} {states.count(state)}" for state in dict.fromkeys(states)
    )
    return say("command.audited", set=sets.name, counts=counts)


def _level(one: AuditedFinding) -> str:
    return say(f"level.{one.finding.level}")


def audit_json(audited: Audited, period: Period) -> str:
    """Give every unit with its state and findings as JSON; `stands` marks what is still open."""
    report = {
        "period": str(period),
        "sets": [
            {"set": sets.code, "units": [_unit(unit) for unit in sets.rows]}
            for sets in audited.sets
        ],
        "totals": [
            {"set": sets.code, "findings": [_finding(one) for one in unit.findings]}
            for sets in audited.totals
            for unit in sets.rows
        ],
    }
    return json.dumps(report, ensure_ascii=False, indent=2)


def _unit(unit: UnitReturn) -> dict[str, object]:
    return {
        "code": unit.unit.code,
        "name": unit.unit.name,
        "state": unit.state,
        "late": unit.late,
        "included": unit.included,
        "version": unit.version,
        "file": unit.file if unit.state != MISSING else "",
        "findings": [_finding(one) for one in unit.findings],
    }


def _finding(one: AuditedFinding) -> dict[str, object]:
    finding = one.finding
    return {
        "id": one.key,
        "code": finding.code,
        "level": finding.level,
        "state": one.state,
        "stands": one.stands,
        "sheet": finding.sheet,
        "cell": finding.cell,
        "place": place(finding),
        "subject": finding.subject,
        "found": finding.details.get("found", ""),
        "expected": finding.details.get("expected", ""),
        "text": words(finding),
        "remedy": remedy(finding),
        "who": who(finding),
        "explanation": one.explanation,
        "officer": one.officer,
        "reason": one.reason,
    }
