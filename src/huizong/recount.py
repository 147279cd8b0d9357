"""Add up a second time, plainly and apart from `aggregate`: sums, extremes, ratios of sums."""

import ast
import operator
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from huizong.cells import NOT_APPLICABLE, plain
from huizong.forms import FormSet, Indicator

_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class NotPlain(Exception):
    """An expression has more in it than codes, numbers and the four operations."""


def recount(form_set: FormSet, returns: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """
    Total the figures of some returns (`{"TJ02": "12"}`, —— where not applicable).

    A code is absent where this simple second way cannot tell: distinct counts, weighted means,
    ratios with functions in them.
    """
    columns: dict[str, list[str]] = {indicator.code: [] for indicator in form_set.indicators}
    for figures in returns:
        for code, value in figures.items():
            columns[code].append(value)
    totals = {
        indicator.code: _total(indicator, columns[indicator.code])
        for indicator in form_set.indicators
        if indicator.numeric and indicator.total in ("sum", "max", "min")
    }
    rates = {
        indicator.code: ratio(indicator, totals)
        for indicator in form_set.indicators
        if indicator.total == "ratio"
    }
    return totals | {code: rate for code, rate in rates.items() if rate is not None}


def _total(indicator: Indicator, values: list[str]) -> str:
    numbers = [Decimal(value) for value in values if value not in ("", NOT_APPLICABLE)]
    if not numbers:
        return NOT_APPLICABLE if NOT_APPLICABLE in values else ""
    if indicator.total == "sum":
        return plain(sum(numbers, Decimal(0)))
    return plain(max(numbers) if indicator.total == "max" else min(numbers))


def ratio(indicator: Indicator, totals: Mapping[str, str]) -> str | None:
    """
    Work out a rate from summed parts, rounded half up once; —— over a zero base.

    None where its expression is not plain arithmetic over known totals.
    """
    try:
        tree = ast.parse(indicator.ratio, mode="eval").body
        value = _evaluate(tree, totals) * (100 if indicator.type == "percent" else 1)
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


def _evaluate(node: ast.expr, totals: Mapping[str, str]) -> Fraction:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        calculate = _OPERATORS[type(node.op)]
        return calculate(_evaluate(node.left, totals), _evaluate(node.right, totals))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return Fraction(str(node.value))
    if isinstance(node, ast.Name):
        return _part(totals[node.id])
    raise NotPlain


def _part(value: str) -> Fraction:
    # A blank or —— leaves the rate without a base: it reads ——, as a zero base does.
    if value in ("", NOT_APPLICABLE):
        raise ZeroDivisionError
    return Fraction(value)
