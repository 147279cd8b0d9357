"""Exact numbers in vectors: scaled integers over a base, never floats."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import numpy as np

# Products below this stay in int64; beyond it Python's own integers take over.
_SAFE = 2**62
_FEW = 32  # so many numbers are looked at faster one by one
_COMPARE = {
    "=": np.equal,
    "<>": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class Exact(msgspec.Struct, frozen=True, eq=False):
    """Numbers `over / base`, base above zero; those that aren't `known` are undecided."""

    over: np.ndarray
    base: Any  # one int for all, or an array
    known: np.ndarray

    @classmethod
    def of(cls, value: Decimal | int) -> "Exact":
        """Make one number that goes with vectors of any length."""
        number = Decimal(value)
        base = 10 ** max(0, -number.as_tuple().exponent)
        return cls(_array([_over(number, base)])[0:1].reshape(()), base, np.array(True))

    @classmethod
    def parse(cls, texts: Sequence[str], known: np.ndarray) -> "Exact":
        """Read plain decimals; what is no number is unknown."""
        numbers = [_decimal(text) for text in texts]
        places = max((-n.as_tuple().exponent for n in numbers if n is not None), default=0)
        base = 10 ** max(0, places)
        over = _array([0 if n is None else _over(n, base) for n in numbers], base)
        return cls(over, base, known & np.array([n is not None for n in numbers], dtype=bool))

    def take(self, positions: np.ndarray) -> "Exact":
        """Pick and repeat members."""
        if self.over.ndim == 0:
            return self
        base, known = self.base, np.broadcast_to(self.known, self.over.shape)
        if not isinstance(base, int):
            base = np.broadcast_to(base, self.over.shape)[positions]
        return Exact(self.over[positions], base, known[positions])

    def only(self, known: np.ndarray) -> "Exact":
        """Leave undecided what isn't known here either."""
        return msgspec.structs.replace(self, known=self.known & known)

    def __add__(self, other: "Exact") -> "Exact":
        left, right, base = _common(self, other)
        if _top(left) + _top(right) >= _SAFE:
            left, right = left.astype(object), right.astype(object)
        return Exact(left + right, base, self.known & other.known)

    def __neg__(self) -> "Exact":
        return msgspec.structs.replace(self, over=-self.over)

    def __sub__(self, other: "Exact") -> "Exact":
        return self + -other

    def __abs__(self) -> "Exact":
        return msgspec.structs.replace(self, over=abs(self.over))

    def __mul__(self, other: "Exact") -> "Exact":
        base = _times(self.base, other.base)
        return Exact(_times(self.over, other.over), base, self.known & other.known)

    def __truediv__(self, other: "Exact") -> "Exact":
        known = self.known & other.known & (other.over != 0)
        base = _times(self.base, np.where(other.over == 0, 1, abs(other.over)))
        sign = np.where(other.over < 0, -1, 1)
        return Exact(_times(_times(self.over, other.base), sign), base, known)

    def round(self, places: int) -> "Exact":
        """Round half away from zero, as Excel's ROUND does."""
        scale = 10**places
        if isinstance(self.base, int) and scale % self.base == 0:
            return self
        doubled = _times(_times(abs(self.over), 2), scale)
        base = _times(self.base, 2)
        if _top(doubled) + _top(self.base) >= _SAFE:
            doubled = np.asarray(doubled).astype(object)
        rounded = np.asarray((doubled + self.base) // base)
        return Exact(np.where(self.over < 0, -rounded, rounded), scale, self.known)

    def floor(self) -> "Exact":
        """Take the whole number below."""
        return Exact(np.asarray(self.over // self.base), 1, self.known)

    def compare(self, sign: str, other: "Exact") -> np.ndarray:
        """Compare number by number; what is unknown gives anything."""
        left, right, _ = _common(self, other)
        return np.asarray(_COMPARE[sign](left, right), dtype=bool)

    def choose(self, mine: np.ndarray, other: "Exact") -> "Exact":
        """Take my members where `mine`, else the other's."""
        left, right, base = _common(self, other)
        return Exact(np.where(mine, left, right), base, np.where(mine, self.known, other.known))

    def sums(self, owner: np.ndarray, count: int, counted: np.ndarray) -> "Exact":
        """Add up the counted members of each owner; owners stand in order."""
        over, base = self._on_one_base(counted)
        over = np.where(counted, over, 0)
        if _top(over) * max(1, len(over)) >= _SAFE:
            over = over.astype(object)
        ends = np.searchsorted(owner, np.arange(count + 1))
        running = np.concatenate([np.zeros(1, dtype=over.dtype), np.cumsum(over)])
        return Exact(running[ends[1:]] - running[ends[:-1]], base, np.ones(count, dtype=bool))

    def extremes(
        self, owner: np.ndarray, count: int, counted: np.ndarray, *, greatest: bool
    ) -> "Exact":
        """Find the greatest or least counted member of each owner; unknown where there is none."""
        over, base = self._on_one_base(counted)
        over, owner = over[counted], owner[counted]
        found, known = np.zeros(count, dtype=over.dtype), np.zeros(count, dtype=bool)
        if len(owner):
            first = np.flatnonzero(np.diff(owner, prepend=-1))
            found[owner[first]] = (np.maximum if greatest else np.minimum).reduceat(over, first)
            known[owner] = True
        return Exact(found, base, known)

    def _on_one_base(self, counted: np.ndarray) -> tuple[np.ndarray, int]:
        """Bring the counted members of a quotient to one base; the others then mean nothing."""
        over, base = np.broadcast_to(self.over, counted.shape), self.base
        if isinstance(base, int):
            return over, base
        bases = np.broadcast_to(base, counted.shape).astype(object)
        common = math.lcm(*map(int, set(bases[counted].tolist())))
        # The common base of a few rows with prime parts is beyond int64 already.
        return over.astype(object) * (common // np.where(counted, bases, 1)), common

    def fits(self, places: int) -> np.ndarray:
        """Tell which members have no more than so many decimal places."""
        return np.asarray(_times(self.over, 10**places) % self.base == 0, dtype=bool)

    def decimals(self, count: int) -> list[Decimal | None]:
        """Give the members as decimals, None where unknown; the base must be a power of ten."""
        over = np.broadcast_to(self.over, (count,)).tolist()
        known = np.broadcast_to(self.known, (count,)).tolist()
        places = len(str(self.base)) - 1
        return [
            Decimal(f"{one}E-{places}") if is_known else None
            for one, is_known in zip(over, known, strict=True)
        ]


def _decimal(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text) if text else None
    except ArithmeticError:
        return None
    return number if number is not None and number.is_finite() else None


def _over(number: Decimal, base: int) -> int:
    """Say how many parts of `base` a decimal is, whatever the digits of a Decimal's product."""
    over, under = number.as_integer_ratio()
    return over * (base // under)


def _array(values: list[int], base: int = 1) -> np.ndarray:
    """Take int64 where the numbers and their base go into it, else Python's own integers."""
    if base < _SAFE and max(map(abs, values), default=0) < _SAFE:
        return np.array(values, dtype=np.int64)
    return np.array(values, dtype=object)


def _top(values: Any) -> int:
    """The greatest size among integers."""
    values = np.asarray(values)
    if not values.size:
        return 0
    if values.size < _FEW:
        return max(map(abs, values.ravel().tolist()))
    return max(abs(int(values.max())), abs(int(values.min())))


def _times(left: Any, right: Any) -> Any:
    """Multiply integers without overflow."""
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    if _top(left) * _top(right) >= _SAFE:
        left = np.asarray(left).astype(object)
    return np.asarray(left * right)


def _common(left: Exact, right: Exact) -> tuple[np.ndarray, np.ndarray, Any]:
    """Bring two vectors to one base."""
    a, b = left.base, right.base
    if isinstance(a, int) and isinstance(b, int):
        base = math.lcm(a, b)
        return _times(left.over, base // a), _times(right.over, base // b), base
    return _times(left.over, b), _times(right.over, a), _times(a, b)
