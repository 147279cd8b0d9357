"""Audit a period: judge what is new, choose among files, say how every unit stands."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from huizong.across import questions, split
from huizong.audit import audit
from huizong.beside import beside_of, marks_beside
from huizong.choosing import Choice
from huizong.earlier import as_issued, issued_earlier, kept_beside, readings_now
from huizong.entries import (
    Answer,
    Received,
    answers_of,
    files_of,
    findings_of,
    readings_of,
    save_all_findings,
    save_files,
    save_readings,
)
from huizong.ground import Header
from huizong.history import closed_periods, save_gone
from huizong.language import CheckedSet
from huizong.papers import SetReturns
from huizong.past import Past, joined_rows, marks_of_past, reading_of
from huizong.periods import Period
from huizong.records import (
    ADOPTED,
    PENDING,
    AuditedFinding,
    Finding,
    LedgerRows,
    Reading,
)
from huizong.restate import findings_of_past, moves, pasts_of, redefined_in
from huizong.rivals import choose_file
from huizong.settle import settle
from huizong.take_in import HELD, UNREAD, reader_version
from huizong.unit_returns import Place, leading, returns_of
from huizong.work import Work

_NOT_FILED = HELD | frozenset(UNREAD) | {"turned_away"}
Judged = tuple[Reading, tuple[Finding, ...]]  # a return as determined, and what was found in it


def examine(work: Work, checked: CheckedSet, period: Period) -> SetReturns:
    """
    Audit what has not been audited by these rules, then settle how every unit stands.

    Only returns that are new, or whose rules or past have changed, are judged again.
    """
    with work.book.writing():
        files = [
            file
            for file in files_of(work.book, period=str(period), set_code=checked.form_set.code)
            if file.unit and file.reason not in _NOT_FILED
        ]
        rules = _rules(work, checked, period)
        known = dict(work.book.ask("SELECT digest, rules FROM audited"))
        # A closed period stands as it was judged, whatever has changed since.
        closed = str(period) in closed_periods(work.book)
        fresh = [] if closed else [one for one in files if known.get(one.digest) != rules]
        judged = _judge(work, checked, period, fresh, rules) if fresh else {}
        return _settle(work, checked, period, files, judged, rules)


def _rules(work: Work, checked: CheckedSet, period: Period) -> str:
    """Name what a verdict depends on: the definition, the program, the figures of the past."""
    form_set = checked.form_set
    past = [
        (
            marks_of_past(work.book, before, form_set),
            moves(work.office.roster, form_set.code, before, period),
        )
        for before in (period.previous, period.year_ago)
        if before
    ]
    settings = work.office.settings
    chosen = (settings.paper_ledgers(form_set), redefined_in(checked, settings.redefined, period))
    asked = f"{form_set.relations} {form_set.indicators} {form_set.ledgers}"
    stamp = f"{reader_version()} {chosen} {asked} {past}"
    stamp += f" {form_set.version} {issued_earlier(work.book, form_set, period)}"
    if checked.others:
        stamp += f" {marks_beside(work, checked, period)}"
    return hashlib.sha256(stamp.encode()).hexdigest()[:16]


def _judge(
    work: Work, checked: CheckedSet, period: Period, files: Sequence[Received], rules: str
) -> dict[str, Judged]:
    """Judge some files by all rules; determined figures go back into the book."""
    readings = readings_of(work.book, [file.digest for file in files])
    files = [file for file in files if file.digest in readings]
    ordered = [readings[file.digest] for file in files]
    places = [(file.unit, file.role) for file in files]
    work.progress("audit", 0, len(files))
    judged = verdicts(work, checked, period, places, ordered)
    work.progress("audit", len(files), len(files))
    determined = {
        file.digest: kept_beside(reading, before)
        for file, (reading, _), before in zip(files, judged, ordered, strict=True)
        if reading.figures != before.figures
    }
    with work.book.writing():
        save_readings(work.book, determined, reader_version())
        rows = [(file.digest, rules) for file in files]
        work.book.put("INSERT OR REPLACE INTO audited VALUES (?, ?)", rows)
    return {file.digest: one for file, one in zip(files, judged, strict=True)}


def verdicts(
    work: Work, checked: CheckedSet, period: Period, places: Sequence[Place],
    readings: Sequence[Reading],
) -> list[Judged]:  # fmt: skip
    """Judge readings beside what the books say of these units' past; nothing is entered."""
    readings = as_issued(work.book, checked.form_set, period, places, readings)
    who = {unit for unit, _ in places}
    past = pasts_of(
        work.book, work.office.roster, checked, period, who, work.office.settings.redefined
    )
    pasts = [past.get(place, Past()) for place in places]
    last = _last_readings(work, checked, period, places)
    levels = work.office.levels_of(unit for unit, _ in places)
    done = audit(
        checked,
        readings,
        [Header(period, level) for level in levels],
        [
            reading_of(one.identity, p.previous, _ledgers(last.get(place)))
            for one, p, place in zip(readings, pasts, places, strict=True)
        ],
        [reading_of(one.identity, p.year_ago) for one, p in zip(readings, pasts, strict=True)],
        work.office.settings.paper_ledgers(checked.form_set),
        beside_of(work, checked, period, places),
    )
    return [
        (reading, (*findings, *findings_of_past(past_, reading.sheet)))
        for reading, findings, past_ in zip(done.readings, done.findings, pasts, strict=True)
    ]


def _last_readings(
    work: Work, checked: CheckedSet, period: Period, places: Sequence[Place]
) -> dict[Place, Reading]:
    """Give last period's readings, where a relation looks at last period's rows."""
    before = period.previous
    if before is None or not any("PREV(" in rule.relation.rule for rule in checked.relations):
        return {}
    wanted = set(places)
    code = checked.form_set.code
    heirs = moves(work.office.roster, code, before, period).heirs
    sent: dict[Place, list[str]] = defaultdict(list)
    for file in files_of(work.book, period=str(before), set_code=code, states=(ADOPTED,)):
        place = (heirs.get(file.unit, file.unit), file.role)
        if place in wanted:
            sent[place].append(file.digest)
    wanted_files = [one for digests in sent.values() for one in digests]
    readings = readings_now(work.book, wanted_files, checked.form_set)
    found = {}
    for place, digests in sent.items():
        several = [readings[one] for one in digests if one in readings]
        if several:
            found[place] = msgspec.structs.replace(several[0], ledgers=joined_rows(several))
    return found


def _ledgers(last: Reading | None) -> tuple[LedgerRows, ...]:
    return last.ledgers if last else ()


def _settle(
    work: Work, checked: CheckedSet, period: Period, files: Sequence[Received],
    judged: Mapping[str, Judged], rules: str,
) -> SetReturns:  # fmt: skip
    """
    Weigh findings, reasons and answers; choose among files; enter how every unit stands.

    A unit's file is chosen by what was found in it alone, then held against the other units':
    questions between units have no say in which file is compared.
    """
    answers = answers_of(work.book)
    found = findings_of(work.book, str(period))
    known = {file.digest: split(found.get(file.digest, ())) for file in files}
    alone = _brought_up(work, judged, {d: one for d, (one, _) in known.items()}, answers)
    by_unit: dict[Place, list[Received]] = defaultdict(list)
    for file in files:
        by_unit[file.unit, file.role].append(file)
    told = (answers, checked.form_set)
    choices = {place: choose_file(work.book, some, alone, told) for place, some in by_unit.items()}
    chosen = [leading(some, choices[place]) for place, some in by_unit.items()]
    asked = questions(work, checked, period, chosen, rules, alone)
    beside = {d: one if asked is None or d in asked else () for d, (_, one) in known.items()}
    beside = _brought_up(work, asked or {}, beside, answers)
    settled = {digest: (*alone[digest], *beside[digest]) for digest in alone}
    _save_findings(work, files, settled, found)
    for place, some in by_unit.items():
        if any(one.state == "rejected" for file in some for one in beside[file.digest]):
            choices[place] = choose_file(work.book, some, settled, told)
    _save_states(work, files, choices)
    return returns_of(work, checked, period, by_unit, choices, settled)


def _brought_up(
    work: Work, judged: Mapping[str, Judged], known: Mapping[str, tuple[AuditedFinding, ...]],
    answers: Mapping[str, Answer],
) -> dict[str, tuple[AuditedFinding, ...]]:  # fmt: skip
    """Bring the findings of all files up to the answers as they are now."""
    # Without an answer nothing about an earlier finding can have changed since it was entered.
    answered = [
        digest for digest, found in known.items()
        if digest not in judged and any(one.key in answers for one in found)
    ]  # fmt: skip
    again = {
        digest: (reading, tuple(one.finding for one in known[digest]))
        for digest, reading in readings_of(work.book, answered).items()
    } | dict(judged)
    return {
        digest: settle(again[digest][1], again[digest][0], answers) if digest in again else found
        for digest, found in known.items()
    }


def _save_findings(
    work: Work, files: Sequence[Received], settled: Mapping[str, tuple[AuditedFinding, ...]],
    known: Mapping[str, tuple[AuditedFinding, ...]],
) -> None:  # fmt: skip
    items = [
        (file.digest, (file.unit, file.period, file.set_code), settled[file.digest])
        for file in files
        if _by_key(settled[file.digest]) != _by_key(known.get(file.digest, ()))
    ]
    if items:
        save_all_findings(work.book, reader_version(), work.at, items)
        changed = {digest: findings for digest, _, findings in items}
        save_gone(work.book, items[0][1][1], changed, known, work.at)


def _by_key(findings: Sequence[AuditedFinding]) -> dict[str, AuditedFinding]:
    return {one.key: one for one in findings}


def _save_states(work: Work, files: Sequence[Received], choices: Mapping[Place, Choice]) -> None:
    states = {
        digest: (state, reason)
        for choice in choices.values()
        for digest, state, reason in choice.states
    }
    changed = []
    for file in files:
        state, reason = states.get(file.digest, (file.state, file.reason))
        choice = choices[file.unit, file.role]
        findings = file.findings
        if choice.finding and state == PENDING:
            findings = (*(f for f in findings if f.code != "two_returns"), choice.finding)
        new = msgspec.structs.replace(
            file, state=state, reason=reason, findings=findings,
            put_aside=file.put_aside or reason in ("put_aside", "rejected"),
        )  # fmt: skip
        if new != file:
            changed.append(new)
    if changed:
        save_files(work.book, changed)
