"""One rule, two engines: LibreOffice's verdicts and values are Python's, filling for filling."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pytest

from fillings import Filling, filling
from huizong.cells import address
from huizong.language import CheckedSet
from huizong.vectors import judge, values
from random_fillings import ground_of, random_fillings
from relation_books import VALUES, VERDICTS, WRONG, live_rules, live_values, write_book
from relation_sets import alone, cases, constructs, installed
from uno_session import Document, Session, uno_session

pytestmark = [pytest.mark.libreoffice, pytest.mark.slow]

SEED = 20260331
COUNT = 200
SHOWN = {1: 1.0, 0: 0.0, -1: 0.5}


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with uno_session(tmp_path_factory.mktemp("office")) as found:
        yield found


def all_fillings(sets: Mapping[str, CheckedSet], name: str) -> list[Filling]:
    """The written cases of a set, then the random ones."""
    own = next(iter(sets))
    texts = [text for kinds in cases(name)[own].values() for text in kinds.values()]
    written = [filling(text) for text in texts if "ABSENT" not in text]
    print(f"seed {SEED}")
    return written + random_fillings(sets[own], COUNT, random.Random(SEED))


def column(document: Document, sheet: int, place: int, size: int) -> list[object]:
    """Read the results that stand below each other on one sheet."""
    if not size:
        return []
    cells = f"{address(1, place)}:{address(size, place)}"
    return [row[0] for row in document.values(f"F{sheet}", cells)]


def python_verdicts(sets: Mapping[str, CheckedSet], fillings: Sequence[Filling]) -> list[list]:
    """What the vectors say, filling by filling."""
    ground = ground_of(sets, fillings)
    checked = next(iter(sets.values()))
    found = [judge(rule, ground).tolist() for rule in live_rules(checked)]
    return [[SHOWN[verdict] for verdict in one] for one in zip(*found, strict=True)]


def python_values(sets: Mapping[str, CheckedSet], fillings: Sequence[Filling]) -> list[list]:
    """What determined figures should show, filling by filling."""
    ground = ground_of(sets, fillings)
    columns = []
    for one in live_values(next(iter(sets.values()))):
        states, numbers = values(one.expression, ground, one.scale)
        words = {"na": "——", "blank": ""}
        shown = zip(states, numbers, strict=True)
        columns.append([words.get(state, number) for state, number in shown])
    return [
        [float(value) if not isinstance(value, str) else value for value in one]
        for one in zip(*columns, strict=True)
    ]


@pytest.mark.parametrize(
    ("sets", "name"),
    [
        *((partial(alone, code), "relation_cases") for code in installed()),
        (constructs, "construct_cases"),
    ],
    ids=[*installed(), "constructs"],
)
def test_engines_agree(sets, name, session: Session, tmp_path: Path):
    """
    Each live verdict and each determined figure is the same in LibreOffice as in Python.
    """
    found = sets()
    checked = next(iter(found.values()))
    fillings = all_fillings(found, name)
    path = tmp_path / "fillings.xlsx"
    write_book(path, checked, fillings)
    rules, figures = live_rules(checked), live_values(checked)
    wanted, worked_out = python_verdicts(found, fillings), python_values(found, fillings)
    with session.open(path) as document:
        planted = column(document, 0, VERDICTS, len(rules))
        planted += column(document, 0, VALUES, len(figures))
        assert set(planted) == {WRONG}, "loading alone must not recalculate, or nothing is proved"
        document.calculate()
        wrong = []
        for number in range(len(fillings)):
            verdicts = column(document, number, VERDICTS, len(rules))
            for rule, got, want in zip(rules, verdicts, wanted[number], strict=True):
                if got != want:
                    wrong.append((number, rule.id, got, want))
            shown = column(document, number, VALUES, len(figures))
            for one, got, want in zip(figures, shown, worked_out[number], strict=True):
                if got != want:
                    wrong.append((number, one.code, got, want))
        assert wrong == []
        failing = [
            rule.id
            for row, rule in enumerate(rules, 1)
            for number in range(0, len(fillings), 20)
            if document.error(f"F{number}", address(row, VERDICTS))
        ]
        assert failing == []
    seen = {rule.id: Counter(one[at] for one in wanted) for at, rule in enumerate(rules)}
    assert [identity for identity, kinds in seen.items() if not kinds[1.0] or not kinds[0.0]] == []
    print({identity: dict(kinds) for identity, kinds in seen.items()})
