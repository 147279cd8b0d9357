"""What the steps of the quarter have to say, line by line, and an audit as JSON."""

import json
from collections.abc import Callable, Iterable, Iterator

from huizong.clock import minute_of
from huizong.contents import some
from huizong.differences import Compared
from huizong.earlier import EARLIER
from huizong.entries import Received
from huizong.findings import place, remedy, who, with_sheet, words
from huizong.findings_paper import remedy_of_total
from huizong.held import wants_password
from huizong.office_lists import told_of
from huizong.paper_copies import PaperState
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.personal import masked
from huizong.pipeline import Audited
from huizong.publish import Published
from huizong.records import MISSING, WAITING, AuditedFinding, Finding, Summary, UnitReturn
from huizong.rivals import Replaced
from huizong.safely import stands_beside
from huizong.standing import counted
from huizong.take_in import BESIDE, UNPACKED, Collected
from huizong.texts import catalogue, listed, say

# Files of which their state would say something else: nothing is wrong with an archive that was
# opened, and nobody has sent back what wants a password.
_SHOWN = {UNPACKED: "opened", BESIDE: "beside", "encrypted": "unopened"}


def collected_lines(done: Collected) -> Iterator[str]:
    """Say how many files were filed, and of every file that was not what it is and what to do."""
    yield say("command.collected", filed=len(done.filed), unfiled=len(done.unfiled),
              known=done.known, ignored=len(done.scan.ignored), busy=len(done.busy))  # fmt: skip
    yield from (say("command.key_taken", file=file.name) for file in done.keys)
    # A workbook with several form sets is one file to whoever reads this.
    yield from dict.fromkeys(_unfiled_lines(done))


def _unfiled_lines(done: Collected) -> Iterator[str]:
    yield from map(unfiled_line, (*done.archives, *done.unfiled))
    yield from (say("locked.wrong", file=file.name) for file in done.locked)
    yield from (say("command.busy", file=path.name) for path in done.busy)
    for one in done.stored:
        if one.fate == "known":
            yield _known_line(one.name, one.first_at, done.replaced.get(one.digest))


def _known_line(name: str, first_at: str, replaced: Replaced | None) -> str:
    """Say of a file that came before that it counts once, or that another counts in its stead."""
    told = {"file": name, "when": minute_of(first_at)}
    if replaced is None:
        return say("command.duplicate", **told)
    told |= {"set": replaced.used.set_code, "number": replaced.number}
    told |= {"used": replaced.used.number, "since": minute_of(replaced.used.received_at)}
    return say("command.duplicate_replaced", **told)


def unfiled_line(file: Received) -> str:
    """Say of one file that was not filed what it is and what to do."""
    told = [f for f in file.findings if f.level in ("ask", "must", "note")]
    text = " ".join(f"{words(finding)} {remedy(finding)}" for finding in told)
    state = say(f"file_state.{_SHOWN.get(file.reason, file.state)}")
    text += f" {say('beside.place', file=file.kept_as)}" if file.reason == BESIDE else ""
    return say("command.unfiled", file=file.name, state=state, text=text)


def held_lines(files: Iterable[Received]) -> Iterator[str]:
    """Say of the files that wait for the officer what is asked, with the key of each question."""
    for file in files:
        code = "command.held_set" if file.set_code else "command.held"
        yield say(code, file=masked(file.name), set=file.set_code)
        if wants_password(file):
            yield from (f"  {words(one)} {remedy(one)}" for one in file.findings)
        asked = [one for one in file.findings if one.level == "ask"]
        keys = [one.key(file.unit, file.period, file.set_code) for one in asked]
        yield from _finding_lines(map(AuditedFinding, keys, asked))


def someone_must_act(audited: Audited) -> bool:
    """
    Whether a block or a missing explanation stands anywhere, of a unit or of the totals, or an
    answer was refused.
    """
    standing = any(
        one.stands
        for sets in (*audited.sets, *audited.totals)
        for unit in sets.rows
        for file in (unit, unit.refused)
        for one in (file.findings if file else ())
    )
    return standing or bool(audited.answers.refused)


def audit_lines(audited: Audited) -> Iterator[str]:
    """Say what each unit has to do, then the counts, then where the papers are."""
    for sets in audited.sets:
        for unit in sets.rows:
            open_ = _standing(unit)
            if open_:
                own = say("book.own_mark") if unit is sets.own else ""
                yield f"{unit.unit.name}{own}  {say('state.' + unit.state)}"
                yield from _finding_lines(open_)
            if unit.refused:
                yield from _refused_lines(unit, unit.refused)
        yield counts_line(sets)
        yield from earlier_lines(sets)
    for sets in audited.totals:
        yield from _totals_lines(sets)
    if entered := len(audited.answers.entered):
        yield say("answer.entered", count=entered)
    yield from told_of(audited.answers)
    for path in (audited.status, audited.findings):
        if stands_beside(path):
            yield say("command.moved", path=path.name)
    yield say("command.papers", status=audited.status, findings=audited.findings)


def _standing(unit: UnitReturn) -> list[AuditedFinding]:
    return [one for one in unit.findings if one.stands]


def _finding_lines(
    findings: Iterable[AuditedFinding], how: Callable[[Finding], str] = remedy
) -> Iterator[str]:
    for one in findings:
        told = f"{with_sheet(one.finding)} {how(one.finding)}"
        yield f"  [{one.key}] {_level(one)} {told}"


def _refused_lines(unit: UnitReturn, refused: UnitReturn) -> Iterator[str]:
    """Say that a newer file was not taken and why, and that the earlier one stands as it did."""
    yield say(
        "command.newer_refused", unit=unit.unit.name, state=say(f"state.{unit.state}"),
        file=refused.file, when=minute_of(refused.received), earlier=unit.file,
    )  # fmt: skip
    yield from _finding_lines(_standing(refused))


def _totals_lines(sets: SetReturns) -> Iterator[str]:
    """Say what is asked about the office's own totals, and that the office has to answer it."""
    open_ = [one for unit in sets.rows for one in _standing(unit)]
    if open_:
        yield say("command.totals_asked", set=sets.name, count=len(open_))
    yield from _finding_lines(open_, remedy_of_total)


def counts_line(sets: SetReturns) -> str:
    """Say how many units of a form set stand how."""
    own = (sets.own.state,) if sets.own else ()
    counts = counted((unit.state for unit in sets.returns), own)
    return say("command.audited", set=sets.name, counts=counts)


def earlier_lines(sets: SetReturns) -> Iterator[str]:
    """Say once how many returns of a form set were made or read by an earlier definition."""
    told = [
        next((one.finding for one in unit.findings if one.finding.code in EARLIER), None)
        for unit in sets.rows
    ]
    versions = dict.fromkeys(str(one.details["found"]) for one in told if one)
    if versions:
        count = sum(one is not None for one in told)
        yield say("command.earlier", set=sets.name, count=count, versions=listed(tuple(versions)))


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
        "refused": _unit(unit.refused) if unit.refused else None,
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


def open_totals(one: Published) -> int:
    """Count what stands about the totals, which only the office can settle."""
    levels = ("must", "release", "explain")
    return sum(told.stands and told.finding.level in levels for told in one.summary.findings)


def published_lines(one: Published) -> Iterator[str]:
    """Say which summary was written, what changed in it and what is still open about it."""
    summary = one.summary
    yield say("command.published" if one.new else "command.unchanged",
              path=one.path, number=summary.number, checksum=one.checksum,
              reported=summary.reported, expected=len(summary.units))  # fmt: skip
    yield from _uncounted_lines(summary)
    if one.moved:
        yield say("command.moved", path=one.path.name)
    if count := open_totals(one):
        yield say("command.totals_open", path=one.path.name, count=count)
    if one.personal:
        yield say("command.not_upward", path=one.path.name, count=one.personal)
    for change in summary.changes if one.new else ():
        yield say("command.change", code=change.code, name=change.name,
                  before=change.before or "——", after=change.after or "——")  # fmt: skip
    if one.new and summary.number > 1 and not summary.changes:
        parts = listed(say(f"command.part_{part}") for part in one.differs)
        yield say("command.only_parts" if parts else "command.file_gone", parts=parts)
    if one.amended:
        yield say("command.amended", path=one.amended)


def waits_for_officer(one: Published) -> bool:
    """Whether a unit is not in the totals because the officer has not settled its files yet."""
    return any(unit.state == WAITING for unit in one.summary.units)


def _uncounted_lines(summary: Summary) -> Iterator[str]:
    """Name the units that are not in the totals, by their states."""
    for state in dict.fromkeys(unit.state for unit in summary.units if not unit.included):
        names = [unit.unit.name for unit in summary.units if unit.state == state]
        code = "command.uncounted_waits" if state == WAITING else "command.uncounted"
        yield say(code, state=say(f"state.{state}"), names=some(tuple(names), len(names)))


def compared_lines(one: Compared) -> Iterator[str]:
    """Say which cells of a return changed from one version to the next."""
    yield say("command.versions", name=one.name, set=one.set_code, old=one.old, new=one.new,
              count=len(one.differences))  # fmt: skip
    for other in one.differences:
        before, after = (value or say("differences.empty") for value in other.values)
        place = f"{other.sheet} {other.cell}".strip()
        yield say("command.difference", label=other.label, place=place, before=before, after=after)


def paper_line(one: PaperState) -> str:
    """Say how the paper copy of a unit stands, and why."""
    said = {"set": one.set_code, "unit": one.unit, "name": one.name, "found": one.found}
    said |= {"expected": one.expected or "——", "state": say(f"paper_state.{one.state}")}
    why = f"paper_copy.{one.state}_why"
    return say("paper_copy.line", **said) + (say(why, **said) if why in catalogue() else "")
