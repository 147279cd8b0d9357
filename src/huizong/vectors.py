"""Judge a relation over all returns at once."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from huizong.cells import plain
from huizong.evaluate import Evaluation
from huizong.exact import Exact
from huizong.ground import BLANK, NA, NUMBER, Ground, Header, Returns
from huizong.language import Rule
from huizong.meaning import QUOTIENT_PLACES, facts
from huizong.syntax import Call, Comparison, Each, Figure, Logic, Node, Number, Operation, walk
from huizong.truth import Truth

__all__ = [
    "Ground",
    "Header",
    "Returns",
    "Sides",
    "failing_contents",
    "judge",
    "operands",
    "row_verdicts",
    "values",
]

TRUE, FALSE, UNDECIDED = 1, 0, -1
_STATE_NAMES = {NUMBER: "number", BLANK: "blank", NA: "na"}
_SHOWN_PLACES = 4  # of a quotient, in a message
_LONG = 16  # digits before the point; with its places a Decimal holds 28
# The sign of a comparison that is read from right to left.
_TURNED = {"<=": ">=", ">=": "<=", "<": ">", ">": "<", "=": "=", "<>": "<>"}
_PREFIX = {"previous": "PREV", "year_ago": "YEARAGO", "ytd": "YTD"}


def judge(relation: Rule, ground: Ground) -> np.ndarray:
    """Judge one relation: 1 holds, 0 fails, -1 undecided, one for each return."""
    return _verdicts(Evaluation(ground).truth(relation.expression), len(ground))


def _verdicts(truth: Truth, count: int) -> np.ndarray:
    found = np.where(truth.yes, TRUE, np.where(truth.no, FALSE, UNDECIDED))
    return np.broadcast_to(found, (count,)).astype(np.int8)


def row_verdicts(relation: Rule, ground: Ground) -> tuple[np.ndarray, np.ndarray]:
    """
    Find the rows that fail an EACH: positions of returns, and row numbers of the sheet.

    Both are empty for a relation that is no EACH; `PREV(…)` counts rows of last period's sheet.
    """
    node = relation.expression
    if not isinstance(node, Each):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    table = ground.table(node.source.symbol, previous=node.source.previous)
    failing = Evaluation(ground).of_rows(node).no
    return table.owner[failing], table.numbers[failing]


def failing_contents(relation: Rule, ground: Ground, position: int) -> list[tuple]:
    """
    Give what the failing rows of one return say, and the figures that they are held against.

    The order is that of the contents, not of the sheet; empty for a relation that is no EACH.
    """
    node = relation.expression
    if not isinstance(node, Each):
        return []
    table = ground.table(node.source.symbol, previous=node.source.previous)
    rows = np.flatnonzero(Evaluation(ground).of_rows(node).no & (table.owner == position))
    within = Evaluation(ground, table)
    figures = [
        within.number(part).take(rows).decimals(len(rows))
        for part in walk(node.condition)
        if isinstance(part, Figure) or (isinstance(part, Call) and part.name == "FIGURE")
    ]
    entered = [table.entered(at) for at in rows.tolist()]
    return sorted(zip(entered, *figures, strict=True), key=repr)


def values(expression: Node, ground: Ground, scale: int) -> tuple[np.ndarray, list[Decimal | None]]:
    """
    Work out a determined figure or rate: states (number, blank, na) and decimals.

    It is —— over a base of zero and blank while a part is missing.
    """
    found = Evaluation(ground).computed(expression, len(ground), scale)
    states = np.array([_STATE_NAMES[int(one)] for one in found.state], dtype=object)
    return states, found.number.decimals(len(ground))


@dataclass(frozen=True, slots=True)
class Sides:
    """
    What a failed comparison compared in one return, for its message.

    `operands` are (code, what stands there); `left`, `right` and `difference` are empty where a
    side has no number.
    """

    operands: tuple[tuple[str, str], ...]
    left: str = ""
    sign: str = ""
    right: str = ""
    difference: str = ""


def operands(relation: Rule, ground: Ground, position: int) -> Sides:
    """Tell what stands on both sides of a relation in one return."""
    within = Evaluation(ground)
    figures = (part for part in walk(relation.expression) if isinstance(part, Figure))
    shown = tuple((_label(one), _standing(one, within, position)) for one in dict.fromkeys(figures))
    node = _culprit(relation.expression, within, position)
    if not isinstance(node, Comparison) or facts(node.left).kind not in ("number", "date"):
        return Sides(shown)
    if _constant(node.left) and not _constant(node.right):
        node = Comparison(_TURNED[node.sign], node.right, node.left)
    left, right = (_rounded(part, within, position) for part in (node.left, node.right))
    dates = facts(node.left).kind == "date"
    if left is None or right is None:
        return Sides(shown, _said(left, dates), node.sign, _said(right, dates))
    left, right = _short(left, right), _short(right, left)
    return Sides(shown, _said(left, dates), node.sign, _said(right, dates), plain(left - right))


def _constant(node: Node) -> bool:
    """Whether a side is a limit as written, no figure of the return."""
    return all(isinstance(part, Number | Operation) for part in walk(node))


def _short(value: Decimal, other: Decimal) -> Decimal:
    """Leave a quotient's last places out, unless it would then seem to be 0 or the other side."""
    if value.adjusted() >= _LONG:
        return value
    for places in range(_SHOWN_PLACES, QUOTIENT_PLACES):
        short = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        if value == other or short not in (0, other):
            return short
    return value


def _culprit(node: Node, within: Evaluation, position: int) -> Node:
    """Find the comparison that made a relation fail."""
    if not isinstance(node, Logic):
        return node
    if node.sign == "=>":
        return _culprit(node.parts[1], within, position)
    for part in node.parts:
        no = within.truth(part).no
        if np.broadcast_to(no, (len(within.ground),))[position]:
            return _culprit(part, within, position)
    return _culprit(node.parts[0], within, position)


def _rounded(node: Node, within: Evaluation, position: int) -> Decimal | None:
    return _one(within.number(node).round(facts(node).scale), position)


def _one(number: Exact, position: int) -> Decimal | None:
    return number.take(np.array([position])).decimals(1)[0]


def _said(value: Decimal | None, dates: bool) -> str:
    if value is None:
        return ""
    return str(np.datetime64(int(value) - 719163, "D")) if dates else plain(value)


def _label(figure: Figure) -> str:
    prefix = _PREFIX.get(figure.when, figure.when.upper())
    return figure.code if figure.when == "now" else f"{prefix}({figure.code})"


def _standing(figure: Figure, within: Evaluation, position: int) -> str:
    """What stands in a figure's cell, as a person sees it."""
    if figure.when in ("ytd", "year", "children"):
        value = _one(within.number(figure), position)
        return "" if value is None else plain(value)
    values = within.ground.figure(figure.code, figure.when)
    return "——" if values.state[position] == NA else str(values.texts[position] or "")
