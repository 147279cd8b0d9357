"""What a letter says of a correction: which figures, and which totals and ranks they move."""

from collections.abc import Iterator, Sequence

from huizong.amendments import Amendment, Moved
from huizong.forms import FormSet
from huizong.letter_writing import lines_of
from huizong.texts import marked, measure_name, name_of, say

# The paper that is attached has them all.
MOST_LINES = 30


def correction_fields(one: Amendment, form_set: FormSet, paper: str) -> dict[str, str]:
    """Give the fields of a letter that says what a summary corrects in an earlier one."""
    return {
        "former": str(one.before.number), "paper": paper,
        "why": one.reason or say("letter.corrected"),
        "figures": lines_of(_lines(one.units, form_set)),
        "totals": lines_of(_lines(one.totals, form_set)),
        "ranks": lines_of(_lines(one.ranks, form_set, measured=False)),
    }  # fmt: skip


def _lines(moved: Sequence[Moved], form_set: FormSet, *, measured: bool = True) -> Iterator[str]:
    for one in moved[:MOST_LINES]:
        indicator = form_set.by_code.get(one.code)
        label = f"{one.code} {name_of(indicator).strip()}" if indicator else say("amendment.all")
        measure = measure_name(indicator.unit) if indicator and measured else ""
        before, after = (value or say("amendment.nothing") for value in (one.before, one.after))
        said = {"whose": one.whose, "label": label, "before": before, "after": after}
        told = say("letter.moved_why", text=one.told) if one.told else ""
        yield marked(say("letter.moved", **said, measure=measure).rstrip()) + told
    if len(moved) > MOST_LINES:
        yield say("letter.moved_more", count=len(moved) - MOST_LINES)
