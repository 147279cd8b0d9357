"""Add up a second time, plainly and apart from `aggregate`: sums, extremes, ratios of sums."""

import ast
import operator
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from huizong.cells import NOT_APPLICABLE, plain
from huizong.forms import FormSet, Indicator

Figures = Mapping[str, str]
_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class NotPlain(Exception):
    """An expression has more in it than codes, numbers and the four operations."""


class _Missing(Exception):
    """A part of a rate is blank or not applicable."""


def recount(
    form_set: FormSet, returns: Sequence[Figures], parts: Sequence[Mapping[str, Figures]] = ()
) -> dict[str, str]:
    """
    Total the figures of some returns (`{"TJ02": "12"}`, —— where not applicable).

    `parts` are, by return and rate, what a summary says belongs to the units of that rate.
    A code is absent where this simple second way cannot tell: distinct counts, rates of two sets,
    ratios with functions in them.
    """
    totals = {
        indicator.code: _total(indicator, [one.get(indicator.code) for one in returns])
        for indicator in form_set.indicators
        if indicator.numeric and indicator.total in ("sum", "max", "min")
    }
    for indicator in form_set.indicators:
        if indicator.total == "ratio":
            said = [one.get(indicator.code, {}) for one in parts] or [{}] * len(returns)
            rate = _rate(form_set, indicator, totals, list(zip(returns, said, strict=True)))
            totals |= {} if rate is None else {indicator.code: rate}
    return totals


def _total(indicator: Indicator, values: list[str | None]) -> str:
    numbers = [Decimal(value) for value in values if _is_number(value)]
    if not numbers:
        return NOT_APPLICABLE if NOT_APPLICABLE in values else ""
    if indicator.total == "sum":
        return plain(sum(numbers, Decimal(0)))
    return plain(max(numbers) if indicator.total == "max" else min(numbers))


def _is_number(value: str | None) -> bool:
    return value not in (None, "", NOT_APPLICABLE)


def _rate(
    form_set: FormSet, indicator: Indicator, totals: Figures,
    returns: Sequence[tuple[Figures, Figures]],
) -> str | None:  # fmt: skip
    """Divide the sums of those returns that gave all parts of a rate; blank if there is none."""
    names = _names(indicator)
    if not all(name in totals for name in names):
        return None
    # A rate that stands blank over parts that were said is over no unit at all.
    stand = [
        (said or figures) for figures, said in returns if not said or figures.get(indicator.code)
    ]
    given = [[figures.get(name) for name in names] for figures in stand]
    whole = [one for one in given if all(map(_is_number, one))]
    if not whole:
        return ""
    if any(form_set.by_code[name].total != "sum" for name in names):
        some = any(any(map(_is_number, one)) for one in given if one not in whole)
        return "" if some or any(said for _, said in returns) else ratio(indicator, totals)
    columns = zip(names, zip(*whole, strict=True), strict=True)
    return ratio(indicator, {name: plain(sum(map(Decimal, column))) for name, column in columns})


def _names(indicator: Indicator) -> tuple[str, ...]:
    """Name the figures of a rate; a name that is none (a function) is no total either."""
    try:
        tree = ast.parse(indicator.ratio, mode="eval")
    except SyntaxError:
        return (indicator.ratio,)
    return tuple(dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)))


def ratio(indicator: Indicator, totals: Figures) -> str | None:
    """
    Work out a rate from summed parts, rounded half up once; —— over a zero base.

    Blank while a part is no number; None where its expression is not plain arithmetic over totals.
    """
    try:
        tree = ast.parse(indicator.ratio, mode="eval").body
        value = _evaluate(tree, totals) * (100 if indicator.type == "percent" else 1)
    except _Missing:
        return ""
    except ZeroDivisionError:
        return NOT_APPLICABLE
    except (NotPlain, SyntaxError, KeyError):
        return None
    return plain(rounded(value, indicator.scale))


def rounded(value: Fraction, places: int) -> Decimal:
    """Round a fraction half up, away from zero, without a float on the way."""
    scaled = value * 10**places
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    whole += 2 * rest >= scaled.denominator
    return (
        (Decimal(whole) * (-1 if scaled < 0 else 1))
        .scaleb(-places)
        .quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    )


def _evaluate(node: ast.expr, totals: Figures) -> Fraction:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        calculate = _OPERATORS[type(node.op)]
        return calculate(_evaluate(node.left, totals), _evaluate(node.right, totals))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.Name):
        return _part(totals[node.id])
    raise NotPlain


def _part(value: str) -> Fraction:
    if not _is_number(value):
        raise _Missing
    return Fraction(value)
