"""Three-valued logic over vectors: surely so, surely not, undecided."""

from functools import reduce
from typing import Any

import msgspec
import numpy as np


class Truth(msgspec.Struct, frozen=True, eq=False):
    """Where a condition surely holds and where it surely fails; elsewhere it is undecided."""

    yes: np.ndarray
    no: np.ndarray

    @property
    def unknown(self) -> np.ndarray:
        """Where it is undecided."""
        return ~self.yes & ~self.no

    @classmethod
    def decided(cls, yes: np.ndarray, known: Any = True) -> "Truth":
        """Make one of tests that count only where they are known."""
        return cls(yes & known, ~yes & known)


class Texts(msgspec.Struct, frozen=True, eq=False):
    """Texts, and where they are known."""

    texts: Any
    known: Any


def combine(sign: str, parts: list[Truth]) -> Truth:
    """Join three-valued truths by AND, OR, NOT, => or <=>."""
    if sign == "NOT":
        return Truth(parts[0].no, parts[0].yes)
    if sign == "=>":
        return combine("OR", [combine("NOT", parts[:1]), parts[1]])
    if sign == "<=>":
        return combine("AND", [combine("=>", parts), combine("=>", parts[::-1])])
    yes, no = [part.yes for part in parts], [part.no for part in parts]
    if sign == "AND":
        return Truth(reduce(np.logical_and, yes), reduce(np.logical_or, no))
    return Truth(reduce(np.logical_or, yes), reduce(np.logical_and, no))
