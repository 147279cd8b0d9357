"""The form sets that tests of relations judge, and their cases."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from huizong.forms import installed as folders
from huizong.forms import read_form_set, templates_folder
from huizong.language import CheckedSet, check

DATA = Path(__file__).parent / "data"


@cache
def constructs() -> Mapping[str, CheckedSet]:
    """The made form set KK with one relation for each construct, and its neighbour NN."""
    sets = {name: read_form_set(DATA / "constructs" / name) for name in ("KK", "NN")}
    return {name: check(one, sets) for name, one in sets.items()}


@cache
def installed() -> Mapping[str, CheckedSet]:
    """All installed form sets, each with the plan that all lines share."""
    sets = {code: read_form_set(folder) for code, folder in folders(templates_folder()).items()}
    return {code: check(one, sets) for code, one in sets.items()}


def alone(code: str) -> Mapping[str, CheckedSet]:
    """One installed set first, then the others that it may look at."""
    sets = installed()
    return {code: sets[code], **{name: one for name, one in sets.items() if name != code}}


@cache
def cases(name: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read cases: form set, relation, then valid, invalid or undecided."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
