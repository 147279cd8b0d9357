"""Every relation of the installed sets: a return that keeps it, one that breaks it, one open."""

import numpy as np
import pytest

from fillings import filling
from huizong.language import CheckedSet
from huizong.vectors import judge, row_verdicts
from random_fillings import ground_of
from relation_sets import alone, cases, installed

VERDICTS = {"valid": 1, "invalid": 0, "undecided": -1}


def gaps(checked: CheckedSet, found: dict) -> list[str]:
    """List relations without all their cases, and cases without a relation."""
    wanted = {f"{rule.id}: {kind}" for rule in checked.relations for kind in VERDICTS}
    written = {f"{identity}: {kind}" for identity, kinds in found.items() for kind in kinds}
    return sorted(wanted ^ written)


ALL = [
    (code, identity, kind, text)
    for code, relations in cases("relation_cases").items()
    for identity, kinds in relations.items()
    for kind, text in kinds.items()
]


def test_every_relation_has_its_cases():
    """
    No relation lacks a case, and no case a relation.
    """
    for code, checked in installed().items():
        assert gaps(checked, cases("relation_cases")[code]) == []


def test_the_guard_sees_gaps():
    """
    A missing case and a case for nothing are both found.
    """
    checked = installed()["TJ"]
    found = {key: dict(kinds) for key, kinds in cases("relation_cases")["TJ"].items()}
    del found["PL-03"]["invalid"]
    found["TJ-R99"] = {"valid": ""}
    assert gaps(checked, found) == ["PL-03: invalid", "TJ-R99: valid"]


@pytest.mark.parametrize(("code", "identity", "kind", "text"), ALL)
def test_relation_judges(code, identity, kind, text):
    """
    The return of the case gets the verdict that the case says.
    """
    checked = installed()[code]
    (rule,) = (rule for rule in checked.relations if rule.id == identity)
    assert judge(rule, ground_of(alone(code), [filling(text)])).tolist() == [VERDICTS[kind]]


def test_failing_rows_are_named():
    """
    An EACH says which rows of the sheet fail, of which return; others are not named.
    """
    checked = installed()["TJ"]
    (rule,) = (rule for rule in checked.relations if rule.id == "TJ-R17")
    late, fine = "TJ_L1 accepted_on=2026-04-02", "TJ_L1 accepted_on=2026-03-02"
    texts = (fine, f"{fine};{late}", f"{late};{fine};{late}")
    ground = ground_of({"TJ": checked}, [filling(text) for text in texts])
    owners, rows = row_verdicts(rule, ground)
    assert list(zip(owners.tolist(), rows.tolist(), strict=True)) == [(1, 3), (2, 2), (2, 4)]


@pytest.mark.parametrize("code", installed())
def test_order_of_returns_makes_no_difference(code):
    """
    Returns judged in another order get the same verdicts.
    """
    checked = installed()[code]
    found = [filling(text) for own, _, _, text in ALL if own == code]
    order = np.random.default_rng(3).permutation(len(found))
    straight = ground_of(alone(code), found)
    shuffled = ground_of(alone(code), [found[at] for at in order])
    for rule in checked.relations:
        assert (judge(rule, straight)[order] == judge(rule, shuffled)).all(), rule.id
