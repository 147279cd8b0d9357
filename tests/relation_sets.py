"""The form sets that tests of relations judge, and their cases."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

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
    """The installed form set TJ, with the plan that all lines share."""
    one = read_form_set(templates_folder() / "TJ")
    return {"TJ": check(one, {})}


@cache
def cases(name: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    """Read cases: form set, relation, then valid, invalid or undecided."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))
