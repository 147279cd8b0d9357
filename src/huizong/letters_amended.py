"""What a letter says of a correction: which figures, and which totals and ranks they move."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

from huizong.amendments import Amendment, Moved
from huizong.forms import FormSet
from huizong.letter_writing import lines_of
from huizong.texts import marked, measure_name, name_of, say

# The paper that is attached has them all.
MOST_LINES = 30


def correction_fields(one: Amendment, form_set: FormSet, paper: str) -> dict[str, str]:
    """Give the fields of a letter that says what a summary corrects in an earlier one."""

    def told(moved: Sequence[Moved]) -> str:
        return lines_of(_capped(moved, lambda each: _line(each, form_set)))

    return {
        "former": str(one.before.number), "paper": paper,
        "why": one.reason or say("letter.corrected"), "figures": told(one.units),
        "totals": told(one.totals), "ranks": told(one.ranks),
    }  # fmt: skip


def _capped(moved: Sequence[Moved], line: Callable[[Moved], str]) -> Iterator[str]:
    left = len(moved) - MOST_LINES
    more = [say("letter.moved_more", count=left)] if left > 0 else []
    return chain(map(line, islice(moved, MOST_LINES)), more)


def _line(one: Moved, form_set: FormSet) -> str:
    indicator = form_set.by_code.get(one.code)
    label = f"{one.code} {name_of(indicator).strip()}" if indicator else say("amendment.all")
    before, after = (value or say("amendment.nothing") for value in (one.before, one.after))
    said = {"whose": one.whose, "label": label, "before": before, "after": after}
    said["measure"] = measure_name(indicator.unit) if indicator else ""
    told = say("letter.moved_why", text=one.told) if one.told else ""
    return marked(say("letter.moved", **said)) + told
