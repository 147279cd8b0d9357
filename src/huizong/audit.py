"""Audit returns: the general rules and every relation, over all returns at once."""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec
import numpy as np

from huizong.cells import plain
from huizong.determine import Determined, determine
from huizong.forms import Indicator, Ledger
from huizong.ground import BLANK, NOTHING_BESIDE, NUMBER, Beside, Ground, Header
from huizong.language import CheckedSet, Rule
from huizong.layout import ON_PAPER, STATUSES, report_sheet
from huizong.read_rows import cell_of
from huizong.records import LEVELS, SUMMARY, Finding, LedgerRows, Reading
from huizong.vectors import judge, operands, row_verdicts

Numbered = tuple[int, Finding]
SMALLEST_BASE = 10  # percent changes are judged from this size on (corrections.md)
SHORTEST_TEXT = 50


class Audited(msgspec.Struct, frozen=True):
    """What a check looks at: the rules, the returns with determined figures, their vectors."""

    checked: CheckedSet
    readings: tuple[Reading, ...]
    headers: tuple[Header, ...]
    ground: Ground
    on_paper: frozenset[str] = frozenset()


class Audit(msgspec.Struct, frozen=True):
    """The outcome: each return with its determined figures, and its findings in order."""

    readings: tuple[Reading, ...]
    findings: tuple[tuple[Finding, ...], ...]


Check = Callable[[Audited], Iterator[Numbered]]


def audit(
    checked: CheckedSet, readings: Sequence[Reading], headers: Sequence[Header],
    previous: Sequence[Reading | None] = (), year_ago: Sequence[Reading | None] = (),
    on_paper: Collection[str] = (), beside: Beside = NOTHING_BESIDE,
) -> Audit:  # fmt: skip
    """
    Audit the returns of one form set; `previous` and `year_ago` stand beside them.

    `on_paper` are the ledgers (symbols) that the office lets its units keep on paper; `beside` is
    what other sets say of the same units.

    The reader's own findings come first, then the checks in their order.
    """
    if not readings:
        return Audit((), ())
    code = checked.form_set.code

    def ground_of(some: Sequence[Reading]) -> Ground:
        sets = {**beside.checked, code: checked}
        return Ground.of(sets, some, previous, year_ago, headers, beside.returns)

    determined: Determined = determine(checked, readings, ground_of)
    audited = Audited(checked, determined.readings, tuple(headers), determined.ground, frozenset(on_paper))
    found: list[list[Finding]] = [list(reading.findings) for reading in readings]
    for position, finding in determined.findings:
        found[position].append(finding)
    for check in CHECKS:
        for position, finding in check(audited):
            found[position].append(finding)
    refused = [any(one.code in _UNREAD for one in reading.findings) for reading in readings]
    return Audit(
        determined.readings,
        tuple(
            reading.findings if unread else tuple(_unique(one))
            for reading, unread, one in zip(readings, refused, found, strict=True)
        ),
    )


# A return with one of these was not read at all: nothing else can be said of it.
_UNREAD = frozenset(("old_version",))


def _unique(findings: Sequence[Finding]) -> Iterator[Finding]:
    seen = set()
    for finding in findings:
        key = (finding.code, finding.subject, finding.sheet, finding.cell)
        if key not in seen:
            seen.add(key)
            yield finding


def _at(audited: Audited, position: int, indicator: Indicator, code: str, level: str, **details: object) -> Numbered:
    """Make a finding at an indicator's cell, with what stands there."""
    reading = audited.readings[position]
    cell = next((one for one in reading.figures if one.code == indicator.code), None)
    texts = {"label": indicator.zh.strip(), "found": cell.typed or cell.value if cell else ""}
    texts |= {key: str(value) for key, value in details.items()}
    place = cell.cell if cell else ""
    return position, Finding(code, level, reading.sheet, place, indicator.code, texts)


def _community(audited: Audited) -> np.ndarray:
    return np.array([header.level == LEVELS[-1] for header in audited.headers], dtype=bool)


def _asked(audited: Audited, indicator: Indicator) -> np.ndarray:
    """Tell which returns are of a level at which the indicator is filled."""
    return np.array([header.level in indicator.levels for header in audited.headers], dtype=bool)


def _numeric(audited: Audited) -> Iterator[Indicator]:
    return (one for one in audited.checked.form_set.indicators if one.numeric)


def check_required(audited: Audited) -> Iterator[Numbered]:
    """Every required figure is filled in (G02); a summary's totals are not asked for."""
    for indicator in audited.checked.form_set.indicators:
        if not indicator.required or indicator.computed:
            continue
        state = audited.ground.figure(indicator.code).state
        for position in np.flatnonzero((state == BLANK) & _asked(audited, indicator)):
            reading = audited.readings[position]
            told = {finding.subject for finding in reading.findings if finding.level == "must"}
            if indicator.code not in told and not _waits(audited, reading, indicator):
                yield _at(audited, int(position), indicator, "required", "must",
                          measure=f"（{indicator.unit}）")  # fmt: skip


def _waits(audited: Audited, reading: Reading, indicator: Indicator) -> bool:
    """Whether a figure is blank because of its ledger: what is wrong there is told there."""
    known = (*STATUSES[:2], ON_PAPER)
    unset = {
        rows.symbol
        for rows in reading.ledgers
        # Where a row holds what cannot be read, or lacks what it must have, that row is told.
        if rows.status not in known or rows.odd or _lacks(audited, rows)
    }
    cell = next((one for one in reading.figures if one.code == indicator.code), None)
    ledgers = audited.checked.ledgers_of(indicator.code) if indicator.source_rule else ()
    return bool(cell and cell.formula and any(one.symbol in unset for one in ledgers))


def _lacks(audited: Audited, rows: LedgerRows) -> bool:
    ledger = audited.checked.form_set.by_symbol[rows.symbol]
    required = [
        rows.keys.index(one.key)
        for one in ledger.columns
        if one.required and one.key in rows.keys
    ]
    return any(row[at] is None for row in rows.rows for at in required)


def check_ledgers(audited: Audited) -> Iterator[Numbered]:
    """The state of every ledger is chosen: nobody knows else whether nothing happened."""
    ledgers = [one for one in audited.checked.form_set.ledgers if one.kind != "plan"]
    for position, reading in enumerate(audited.readings):
        if reading.zero_report:
            continue
        for ledger in ledgers:
            rows = _rows_of(reading, ledger.symbol)
            if rows and rows.status == ON_PAPER:
                yield from _paper(audited, position, ledger, rows)
            # Where there are rows, the reader has asked for the state.
            elif rows and rows.sheet and not rows.rows and rows.status not in STATUSES[:2]:
                details = {"label": ledger.zh, "expected": "、".join(STATUSES[:2])}
                yield position, Finding("ledger_unset", "must", rows.sheet, "", ledger.symbol, details)


def _paper(
    audited: Audited, position: int, ledger: Ledger, rows: LedgerRows
) -> Iterator[Numbered]:
    """Only the office decides that a ledger stays on paper."""
    if ledger.symbol not in audited.on_paper:
        details = {"label": ledger.zh, "found": ON_PAPER, "expected": "、".join(STATUSES[:2])}
        yield position, Finding("ledger_on_paper", "must", rows.sheet, "", ledger.symbol, details)


def check_places(audited: Audited) -> Iterator[Numbered]:
    """Counts are whole, decimals have no more than the declared places (G01)."""
    for indicator in _numeric(audited):
        if indicator.computed:
            continue
        values = audited.ground.figure(indicator.code)
        scaled = values.number.over * 10**indicator.scale
        wrong = (values.state == NUMBER) & (scaled % values.number.base != 0)
        code = "not_whole" if indicator.scale == 0 else "too_many_places"
        for position in np.flatnonzero(wrong):
            yield _at(audited, int(position), indicator, code, "must", places=indicator.scale)


def check_range(audited: Audited) -> Iterator[Numbered]:
    """A figure lies in its range; a community's upper limit is not held against a total (G01)."""
    for indicator in _numeric(audited):
        values = audited.ground.figure(indicator.code)
        numbers = values.state == NUMBER
        over, base = values.number.over, values.number.base
        low, high = indicator.minimum, indicator.maximum
        if low is not None:
            code = "negative" if low == 0 else "out_of_range"
            below = numbers & (over < _least(low, base))
            below &= (over < 0) | _community(audited)
            for position in np.flatnonzero(below):
                yield _at(audited, int(position), indicator, code, "must",
                          low=plain(low), high=_or_dash(high))  # fmt: skip
        if high is not None:
            above = numbers & (over > _most(high, base)) & _community(audited)
            for position in np.flatnonzero(above):
                yield _at(audited, int(position), indicator, "out_of_range", "must",
                          low=_or_dash(low), high=plain(high))  # fmt: skip


def _least(limit: Decimal, base: int) -> int:
    return math.ceil(limit * base)


def _most(limit: Decimal, base: int) -> int:
    return math.floor(limit * base)


def _or_dash(limit: Decimal | None) -> str:
    return "—" if limit is None else plain(limit)


def check_year(audited: Audited) -> Iterator[Numbered]:
    """An area or a sum of money that equals the year of the report is questioned (G14)."""
    for indicator in _numeric(audited):
        if indicator.dimension not in ("area", "money"):
            continue
        values = audited.ground.figure(indicator.code)
        for position in np.flatnonzero(values.state == NUMBER):
            year = audited.headers[position].period.year
            if values.texts[position] == str(year):
                yield _at(audited, int(position), indicator, "equals_year", "explain")


def check_changes(audited: Audited) -> Iterator[Numbered]:
    """Great changes against last year (G07) and last period (G08) want a reason."""
    rules = (("year_ago", "change_year", 50, 0), ("previous", "change_previous", 30, 5))
    for indicator in _numeric(audited):
        if indicator.computed or indicator.time == "ytd":
            continue
        for when, code, percent, least in rules:
            if not _has_own_relation(audited, indicator.code, when):
                yield from _changes(audited, indicator, when, code, percent, least)


def _has_own_relation(audited: Audited, code: str, when: str) -> bool:
    word = {"year_ago": "YEARAGO", "previous": "PREV"}[when]
    return any(f"{word}({code})" in rule.relation.rule for rule in audited.checked.relations)


def _changes(
    audited: Audited, indicator: Indicator, when: str, code: str, percent: int, least: int
) -> Iterator[Numbered]:
    now = audited.ground.figure(indicator.code)
    then = audited.ground.figure(indicator.code, when)
    both = (now.state == NUMBER) & (then.state == NUMBER)
    for position in np.flatnonzero(both):
        new, old = Decimal(now.texts[position]), Decimal(then.texts[position])
        if old <= 0 or max(new, old) < SMALLEST_BASE or abs(new - old) < least:
            continue
        change = (new - old) / old * 100
        if abs(change) > percent:
            yield _at(audited, int(position), indicator, code, "explain",
                      before=plain(old), difference=f"{change:+.1f}")  # fmt: skip


def check_to_date(audited: Audited) -> Iterator[Numbered]:
    """A running total does not fall within a year (G06)."""
    for indicator in _numeric(audited):
        if indicator.time != "ytd" or indicator.computed:
            continue
        now = audited.ground.figure(indicator.code)
        then = audited.ground.figure(indicator.code, "previous")
        for position in np.flatnonzero((now.state == NUMBER) & (then.state == NUMBER)):
            first = audited.headers[position].period.number == 1
            if not first and Decimal(now.texts[position]) < Decimal(then.texts[position]):
                yield _at(audited, int(position), indicator, "falling_ytd", "must",
                          before=then.texts[position])  # fmt: skip


def check_previous(audited: Audited) -> Iterator[Numbered]:
    """The last period's column differs from the book as it is now: worth a look only (G05)."""
    for position, reading in enumerate(audited.readings):
        for cell in reading.previous:
            indicator = audited.checked.form_set.by_code[cell.code]
            then = audited.ground.figure(cell.code, "previous")
            known = indicator.numeric and then.state[position] == NUMBER
            if known and cell.state == "number" and Decimal(cell.value) != Decimal(then.texts[position]):
                texts = {"label": indicator.zh.strip(), "found": cell.value, "expected": then.texts[position]}
                yield position, Finding("previous_differs", "note", reading.sheet, cell.cell, cell.code, texts)


def check_columns(audited: Audited) -> Iterator[Numbered]:
    """Every filled row of a ledger has its required columns; the plan's are a relation's (PL-10)."""
    for ledger in audited.checked.form_set.ledgers:
        required = [column for column in ledger.columns if column.required]
        if ledger.kind == "plan" or not required:
            continue
        for position, reading in enumerate(audited.readings):
            rows = _rows_of(reading, ledger.symbol)
            if rows is not None:
                yield from _blank_columns(position, rows, required)


def _rows_of(reading: Reading, symbol: str) -> LedgerRows | None:
    return next((rows for rows in reading.ledgers if rows.symbol == symbol), None)


def _blank_columns(position: int, rows: LedgerRows, required: Sequence) -> Iterator[Numbered]:
    wrong = {(at, key) for at, key, _ in rows.odd}
    for column in required:
        if column.key not in rows.keys:
            continue
        index = rows.keys.index(column.key)
        for at, row in enumerate(rows.rows):
            if row[index] is None and (at, column.key) not in wrong:
                cell = cell_of(rows, rows.numbers[at], column.key)
                details = {"label": column.zh, "found": ""}
                yield position, Finding("required_column", "must", rows.sheet, cell, column.key, details)


def check_coverage(audited: Audited) -> Iterator[Numbered]:
    """A summary from below names the units that are not in it (G11)."""
    for position, reading in enumerate(audited.readings):
        if reading.identity.role == SUMMARY and reading.reported < reading.expected:
            details = {"expected": str(reading.expected), "found": str(reading.reported),
                       "parts": "、".join(reading.missing)}  # fmt: skip
            yield position, Finding("incomplete", "note", reading.sheet, "", "coverage", details)


_PLACEHOLDER = re.compile(r"\*{2,}|_{2,}|[×]{2,}|[xX]{2,}|20\*\*|[（(]\s*[)）]")
_DEBRIS = re.compile(r"&[a-z]{2,6};|<[a-z/][^>]{0,40}>|\?quot;|\(本站\)|[\w.]+文秘\d*", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
_IDENTITY = re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")


def check_texts(audited: Audited) -> Iterator[Numbered]:
    """The written report is filled in and clean (TX-01, TX-02, TX-03, TX-09)."""
    for position, reading in enumerate(audited.readings):
        if reading.identity.role == SUMMARY:
            continue
        for section in audited.checked.form_set.sections:
            text = reading.texts.get(section.key, "")
            for code, level, found in _text_faults(text, required=section.required):
                details = {"label": section.zh, "found": found, "length": str(len(text)),
                           "least": str(SHORTEST_TEXT)}  # fmt: skip
                sheet = report_sheet(audited.checked.form_set)
                yield position, Finding(code, level, sheet, "", section.key, details)


def _text_faults(text: str, *, required: bool) -> Iterator[tuple[str, str, str]]:
    if required and len(text) < SHORTEST_TEXT:
        yield "section_short", "explain", ""
    patterns = (
        ("section_placeholder", "must", _PLACEHOLDER),
        ("section_debris", "must", _DEBRIS),
        ("section_address", "note", _ADDRESS),
    )
    for code, level, pattern in patterns:
        if found := pattern.search(text):
            yield code, level, found[0]
    if _IDENTITY.search(text):
        # The number itself is never repeated.
        yield "section_identity", "must", ""


def check_relations(audited: Audited) -> Iterator[Numbered]:
    """Every relation of the form set holds, at the levels that it is meant for."""
    for rule in audited.checked.relations:
        verdicts = judge(rule, audited.ground)
        for position in np.flatnonzero(verdicts == 0):
            if audited.headers[position].level in rule.relation.levels:
                yield int(position), _relation(audited, rule, int(position))


def _relation(audited: Audited, rule: Rule, position: int) -> Finding:
    """Say which cells a broken relation is about, what stands on both sides, and the difference."""
    reading = audited.readings[position]
    owners, numbers = row_verdicts(rule, audited.ground)
    lines = [str(number) for number in numbers[owners == position]]
    common = {"relation": rule.id, "rule": rule.zh}
    if lines:
        symbol = rule.ledgers[0]
        ledger = _rows_of(reading, symbol)
        sheet = ledger.sheet if ledger else ""
        return Finding("relation_rows", rule.level, sheet, f"A{lines[0]}", rule.id,
                       {**common, "rows": "、".join(lines[:12]), "found": ",".join(lines)})  # fmt: skip
    parts = operands(rule, audited.ground, position)
    shown = "，".join(f"{name} {value or '—'}" for name, value in parts.operands)
    cells = {figure.code: figure.cell for figure in reading.figures}
    cell = next((cells[code] for code in rule.codes if cells.get(code)), "")
    details = {**common, "operands": shown, "left": parts.left, "right": parts.right,
               "difference": parts.difference, "found": shown}  # fmt: skip
    code = "relation" if parts.left and parts.right else "relation_plain"
    return Finding(code, rule.level, reading.sheet, cell, rule.id, details)


CHECKS: tuple[Check, ...] = (
    check_ledgers,
    check_required,
    check_places,
    check_range,
    check_year,
    check_changes,
    check_to_date,
    check_previous,
    check_columns,
    check_coverage,
    check_texts,
    check_relations,
)


def verdicts_of(audited: Audited) -> Mapping[str, np.ndarray]:
    """Give the verdict of every relation: 1, 0 or -1 for each return."""
    return {rule.id: judge(rule, audited.ground) for rule in audited.checked.relations}
