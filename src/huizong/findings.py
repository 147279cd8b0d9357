"""Findings in words: where, what stands there, what was expected, what to do, who must do it."""

from collections.abc import Mapping

from huizong.records import Finding
from huizong.texts import catalogue, say


def words(finding: Finding) -> str:
    """Say what is wrong, with what stands there and what was expected."""
    return say(f"finding.{finding.code}", **_filled(finding))


def remedy(finding: Finding) -> str:
    """Say what to do about it; a level's standing advice where the finding has none of its own."""
    own = f"remedy.{finding.code}"
    code = own if own in catalogue() else f"remedy.{finding.level}"
    return say(code, **_filled(finding))


def who(finding: Finding) -> str:
    """Say who must act: the unit, the office, or nobody."""
    return say(f"who.{finding.level}")


def place(finding: Finding) -> str:
    """Name the sheet and cell, as far as there is one."""
    return " ".join(part for part in (finding.sheet, finding.cell) if part)


def _filled(finding: Finding) -> Mapping[str, str]:
    """A text may name a detail that is not given: an empty text is better than a traceback."""
    given = {"cell": finding.cell, "sheet": finding.sheet, "subject": finding.subject}
    return dict.fromkeys(KEYS, "") | given | dict(finding.details)


# Every detail that a text names.
KEYS = (
    "label", "found", "value", "expected", "hint", "measure", "first", "other", "alike", "offered",
    "rows", "low", "high", "places", "left", "right", "difference", "rule", "relation", "parts",
    "unit", "period", "asked", "near", "version", "wanted", "when", "count", "days", "total",
    "length", "least", "why", "words", "own", "operands", "before", "row",
)  # fmt: skip
