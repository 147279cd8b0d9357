"""Edits made through LibreOffice itself, each saved as .xlsx, .xls or .ods."""

import copy
import random
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from human_edits import desk_figures, desk_ledgers, desk_sheets
from human_edits.catalogue import SEVERAL, Edit
from human_edits.desk import Desk
from human_edits.returns import Return, returns
from uno_session import Session

FORMATS = {"xlsx": "Calc MS Excel 2007 XML", "xls": "MS Excel 97", "ods": "calc8"}
GROUPS = (
    desk_figures.VALUE_KINDS, desk_ledgers.KINDS, desk_figures.FIGURE_KINDS, desk_sheets.KINDS
)  # fmt: skip
KINDS = tuple(kind for group in GROUPS for kind in group)


def office_edits(
    session: Session, folder: Path, seed: int, numbers: Iterable[int]
) -> Iterator[Edit]:
    """Make edits through an open LibreOffice, each saved in one of the three formats."""
    for number in numbers:
        yield office_edit(session, folder, seed, number)


def office_edit(session: Session, folder: Path, seed: int, number: int) -> Edit:
    """Make one edit: three of four are of one kind, the others of two."""
    chance = random.Random(f"office {seed} {number}")
    made = chance.choice(returns())
    kinds = _several(chance) if number % 4 == 3 else (KINDS[number % len(KINDS)],)
    ending = chance.choice(tuple(FORMATS))
    path = folder / f"{number % 20}.{ending}"
    with session.edit(_file(folder, made), path, FORMATS[ending]) as document:
        desk = _desk(session, document.component, made, chance)
        for kind in kinds:
            kind(desk)
    names = (*(kind.__name__ for kind in kinds), ending)
    name = SEVERAL if len(kinds) > 1 else names[0]
    return Edit(number, f"office {name}", names, desk.alone(), path.read_bytes())


def _several(chance: random.Random) -> tuple[Callable[[Desk], None], ...]:
    one, other = sorted(chance.sample(range(len(GROUPS)), 2))
    return chance.choice(GROUPS[one]), chance.choice(GROUPS[other])


def _file(folder: Path, made: Return) -> Path:
    path = folder / f"return{returns().index(made)}.xlsx"
    if not path.exists():
        path.write_bytes(made.data)
    return path


def _desk(session: Session, component: Any, made: Return, chance: random.Random) -> Desk:
    truth = copy.deepcopy(made.truth)
    return Desk(truth, chance, component=component, session=session)
