"""All kinds of edits, and the draws of one or several from a seed."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from human_edits import (
    figures,
    figures_asked,
    ledger_layouts,
    ledgers,
    lines,
    sheets,
    words,
)
from human_edits.draft import Draft, Expected, draft_of
from human_edits.returns import returns

Kind = Callable[[Draft], None]
GROUPS: tuple[tuple[Kind, ...], ...] = (
    (*figures.KINDS, *figures_asked.KINDS),
    (*ledgers.KINDS, *ledger_layouts.KINDS),
    lines.KINDS,
    words.KINDS,
    sheets.KINDS,
)
KINDS = tuple(kind for group in GROUPS for kind in group)
# After these nothing is left that another edit could change.
ALONE = frozenset((
    lines.needed_column_deleted, lines.column_twice, words.heading_in_other_words,
    words.older_version, lines.form_pasted_below, sheets.figures_deleted, sheets.ledger_deleted,
))  # fmt: skip
SEVERAL = "several"


@dataclass(frozen=True)
class Edit:
    """An edited return: its number and kind, what must come of it, and the workbook's bytes."""

    number: int
    kind: str
    names: tuple[str, ...]
    draft: Expected
    data: bytes


def edits(seed: int, numbers: Iterable[int]) -> Iterator[Edit]:
    """Make the edits of a seed with these numbers; each is the same whatever others are made."""
    for number in numbers:
        yield edit(seed, number)


def kinds_of(number: int, chance: random.Random) -> tuple[Kind, ...]:
    """Choose what is done: three of four edits are of one kind, the others of two or three."""
    return _several(chance) if number % 4 == 3 else (KINDS[number % len(KINDS)],)


def edit(seed: int, number: int) -> Edit:
    """Make one edit."""
    chance = random.Random(f"{seed} {number}")
    draft = draft_of(chance.choice(returns()), chance)
    kinds = kinds_of(number, chance)
    for kind in kinds:
        kind(draft)
    draft.finish()
    names = tuple(kind.__name__ for kind in kinds)
    return Edit(number, SEVERAL if len(names) > 1 else names[0], names, draft, draft.book.packed())


def _several(chance: random.Random) -> tuple[Kind, ...]:
    """One kind each of two or three groups, in the order in which they leave each other room."""
    chosen = sorted(chance.sample(range(len(GROUPS)), chance.randint(2, 3)))
    return tuple(chance.choice([kind for kind in GROUPS[at] if kind not in ALONE]) for at in chosen)
