"""Which unit a name means: exact after folding, never a guess."""

import difflib
from collections.abc import Sequence

import msgspec

from huizong.cells import squash
from huizong.records import Unit

_SUFFIXES = (
    ("社区居民委员会", "社区居委会", "居民委员会", "居委会", "社区"),
    ("村民委员会", "村委会", "村"),
    ("街道办事处", "街道办", "街道"),
)


class Match(msgspec.Struct, frozen=True):
    """What a name may mean: the unit, or near candidates for a person to choose from."""

    unit: Unit | None = None
    candidates: tuple[Unit, ...] = ()


def name_key(name: str) -> str:
    """Fold a unit's name: 和平社区居委会, 和平居委会 and 和平 社区 are one; 和平村 is another."""
    text = squash(name)
    for number, suffixes in enumerate(_SUFFIXES):
        for suffix in suffixes:
            if text.endswith(suffix) and len(text) > len(suffix):
                return f"{text.removesuffix(suffix)}\0{number}"
    return text


def _bare(name: str) -> str:
    return name_key(name).partition("\0")[0]


def find_unit(roster: Sequence[Unit], name: str) -> Match:
    """
    Find the unit of a name: exact after folding, over names, aliases and usual suffixes.

    A near name (or one that several units share) is offered, never decided.
    """
    for fold in (squash, name_key):
        key = fold(name)
        found = [u for u in roster if key in {fold(n) for n in (u.name, *u.aliases)}]
        if len(found) == 1:
            return Match(found[0])
        if found:
            return Match(None, tuple(found))
    # Without endings: every community is half like 某某社区.
    names = {_bare(n): unit for unit in roster for n in (unit.name, *unit.aliases)}
    near = difflib.get_close_matches(_bare(name), names, n=3, cutoff=0.5)
    return Match(None, tuple({names[n].code: names[n] for n in near}.values()))
