"""Relations that do not hold: where, what stands on both sides, and who is asked."""

from collections.abc import Iterable, Iterator

import numpy as np

from huizong.audit_figures import Audited, Numbered
from huizong.findings import both, digest_of, named, told
from huizong.language import CheckedSet, Rule, others_of
from huizong.records import SUMMARY, Finding, FindingLevel, Reading
from huizong.vectors import failing_contents, judge, operands, row_verdicts

_SIGNS = {"<=": "≤", ">=": "≥", "<>": "≠", "=": "="}


def check_relations(audited: Audited) -> Iterator[Numbered]:
    """Every relation of the form set holds, at the levels that it is meant for."""
    for rule in audited.checked.relations:
        verdicts = judge(rule, audited.ground)
        for position in map(int, np.flatnonzero(verdicts == 0)):
            meant = audited.headers[position].level in rule.relation.levels
            if meant and _of_the_same_units(audited, rule, position):
                yield position, _relation(audited, rule, position)


def _of_the_same_units(audited: Audited, rule: Rule, position: int) -> bool:
    """A total and that of another set are compared only if the same units are missing in both."""
    mine = audited.readings[position]
    if mine.identity.role != SUMMARY:
        return True
    others = (audited.ground.beside(code, position) for code in others_of(rule.expression))
    covered = (mine.expected, mine.missing)
    return all((one.expected, one.missing) == covered for one in others if one)


def _level(rule: Rule, reading: Reading) -> FindingLevel:
    """Nobody can mend a total whose units have all passed: its office is asked for the reason."""
    asked = rule.level == "must" and reading.identity.role == SUMMARY
    return "explain" if asked else rule.level


def _relation(audited: Audited, rule: Rule, position: int) -> Finding:
    """Say which cells a broken relation is about, what stands on both sides, and the difference."""
    reading = audited.readings[position]
    level = _level(rule, reading)
    owners, numbers = row_verdicts(rule, audited.ground)
    lines = [str(number) for number in numbers[owners == position]]
    common = {"relation": rule.id, **named(rule, "rule")}
    if lines:
        symbol = rule.ledgers[0]
        ledger = reading.rows_of(symbol)
        sheet = ledger.sheet if ledger else ""
        shown = "、".join(lines[:12])
        contents = digest_of(failing_contents(rule, audited.ground, position))
        details = {**common, "rows": shown, **told("finding.rows", "found", rows=shown), **contents}
        return Finding("relation_rows", level, sheet, f"A{lines[0]}", rule.id, details)
    parts = operands(rule, audited.ground, position)
    shown = "，".join(_shown(audited.checked, parts.operands, "zh"))
    english = ", ".join(_shown(audited.checked, parts.operands, "en"))
    cells = {figure.code: figure.cell for figure in reading.figures}
    cell = next((cells[code] for code in rule.codes if cells.get(code)), "")
    sign = _SIGNS.get(parts.sign, parts.sign)
    details = {**common, **both("operands", shown, english), **both("found", shown, english),
               "sign": sign, "left": parts.left, "right": parts.right,
               "difference": parts.difference,
               "expected": f"{sign} {parts.right}" if parts.right else ""}  # fmt: skip
    if rule.ledgers:
        # What was counted in the ledger stands in no figure.
        details |= digest_of((shown, parts.left, parts.right))
    code = "relation" if parts.left and parts.right else "relation_plain"
    return Finding(code, level, reading.sheet, cell, rule.id, details)


def _shown(
    checked: CheckedSet, operands: Iterable[tuple[str, str]], language: str
) -> Iterator[str]:
    """Put an indicator's name before its code: 受理件数 TJ02, 上期 PREV(TJ20) likewise."""
    for operand, value in operands:
        code = operand.rpartition("(")[2].rstrip(")")
        indicator = checked.form_set.by_code.get(code)
        name = (getattr(indicator, language) or indicator.zh) if indicator else ""
        bare = name.strip().removeprefix("其中：").removeprefix("of which ")
        yield f"{bare} {operand} {value or '—'}".strip()
