"""What the names in a relation mean, and whether its values may stand beside one another."""

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
from msgspec.structs import replace

from huizong.errors import DefinitionError
from huizong.form_shape import nearest
from huizong.forms import LEVELS_OF_OFFICE, Column, FormSet, Indicator, Ledger
from huizong.syntax import (
    Aggregate,
    Among,
    Call,
    Cell,
    Comparison,
    Each,
    Facts,
    Figure,
    Heading,
    Logic,
    Node,
    Number,
    Operation,
    Source,
    Span,
    Text,
    rebuild,
    walk,
)
from huizong.texts import listed, say

# A quotient has no places of its own: it is compared at nine.
QUOTIENT_PLACES = 9
COUNTED = "count"
# Functions that look at a row, or need one column to work on.
_OF_ROWS = ("CARRIED", "CERT20", "FIGURE", "ID18", "MEASURE", "SUMBY")
_OF_COLUMN = (*_OF_ROWS, "GRADE")
_HEADINGS = {
    "LEVEL": Facts("level"),
    "PERIOD_START": Facts("date"),
    "PERIOD_END": Facts("date"),
}
_LOGIC = Facts("logic")


class Scope(msgspec.Struct, frozen=True):
    """Where names are looked up: the own set, the others, and the ledger whose rows are meant."""

    own: FormSet
    others: Mapping[str, FormSet]
    ledger: Ledger | None = None

    def form_set(self, name: str) -> FormSet | None:
        """Find the set that a code or a ledger's name belongs to; None if not installed."""
        prefix = prefix_of(name)
        return self.own if prefix == self.own.code else self.others.get(prefix)

    def is_foreign(self, name: str) -> bool:
        """Whether a code or ledger belongs to another set than the one being read."""
        return prefix_of(name) != self.own.code


def prefix_of(name: str) -> str:
    """Cut a code or a ledger's name down to its set: TJ02 and TJ_L1 are of TJ."""
    return name.split("_")[0].rstrip("0123456789")


def _fault(code: str, what: str, **more: object) -> DefinitionError:
    return DefinitionError(f"definition.{code}", what=what, **more)


def wrong_kind(what: str, wanted: Sequence[str], found: str) -> DefinitionError:
    """Say of what kind a part of an expression should be, and of what kind it is."""
    expected = say("definition.or").join(say(f"definition.kind_of_{kind}") for kind in wanted)
    return _fault("type", what, expected=expected, found=say(f"definition.kind_of_{found}"))


def absent_sets(node: Node, scope: Scope) -> tuple[str, ...]:
    """Name the sets that a relation refers to and that are not installed."""
    names: dict[str, None] = {}
    for part in walk(node):
        for field in ("code", "first", "last", "symbol"):
            name = getattr(part, field, "")
            if name and scope.form_set(name) is None:
                names[prefix_of(name)] = None
    return tuple(names)


def resolve(node: Node, scope: Scope) -> Node:
    """
    Put what the definitions say into each name.

    Raises:
        DefinitionError: If a code, ledger or column is unknown.
    """
    match node:
        case Figure():
            known = _facts_of_indicator(_indicator(node.code, scope))
            return replace(node, foreign=scope.is_foreign(node.code), facts=known)
        case Cell():
            return _resolve_cell(node, scope)
        case Aggregate() | Each():
            ledger = _ledger(node.source.symbol, scope)
            inner = replace(scope, ledger=ledger)
            return rebuild(node, lambda part: resolve(part, inner))
        case Source():
            entry = tuple(column.key for column in scope.ledger.columns if column.entry)
            return replace(node, foreign=scope.is_foreign(node.symbol), entry=entry)
        case Call():
            arguments = [one for part in node.arguments for one in _spread(part, scope)]
            node = replace(node, arguments=tuple(arguments))
    if isinstance(node, Span):
        raise _fault("syntax", f"{node.first}:{node.last}", column=0)
    return rebuild(node, lambda part: resolve(part, scope))


def _spread(node: Node, scope: Scope) -> tuple[Node, ...]:
    """Replace `TJ08:TJ13` by the figures between, in the order of their numbers."""
    if not isinstance(node, Span):
        return (node,)
    first, last = (_indicator(code, scope).code for code in (node.first, node.last))
    prefix = prefix_of(first)
    low, high = int(first[len(prefix) :]), int(last[len(prefix_of(last)) :])
    if high < low or prefix_of(last) != prefix:
        raise _fault("syntax", f"{first}:{last}", column=0)
    codes = (code for code in scope.form_set(first).by_code if prefix_of(code) == prefix)
    numbers = {int(code[len(prefix) :]): code for code in codes}
    return tuple(Figure(numbers[n]) for n in sorted(numbers) if low <= n <= high)


def _indicator(code: str, scope: Scope) -> Indicator:
    indicator = scope.form_set(code).by_code.get(code)
    if indicator is None:
        near = nearest(code, scope.form_set(code).by_code)
        raise _fault("unknown_code", code, near=near)
    return indicator


def _ledger(symbol: str, scope: Scope) -> Ledger:
    ledger = scope.form_set(symbol).by_symbol.get(symbol)
    if ledger is None:
        near = nearest(symbol, scope.form_set(symbol).by_symbol)
        raise _fault("unknown_ledger", symbol, near=near)
    return ledger


def _resolve_cell(node: Cell, scope: Scope) -> Cell:
    column = scope.ledger.by_key.get(node.key) if scope.ledger else None
    if column is None:
        if not scope.ledger and node.key.upper() in scope.own.by_code:
            near = nearest(node.key.upper(), scope.own.by_code)
            raise _fault("unknown_code", node.key, near=near)
        ledger = scope.ledger.symbol if scope.ledger else say("definition.no_ledger")
        near = nearest(node.key, scope.ledger.by_key if scope.ledger else ())
        raise _fault("unknown_column", node.key, ledger=ledger, near=near)
    return replace(
        node, symbol=scope.ledger.symbol, entry=not column.rule, facts=_facts_of_column(column)
    )


def _kind(what: Indicator | Column) -> str:
    return "number" if what.numeric else "date" if what.type == "date" else "text"


def _measure(what: Indicator | Column) -> str:
    # A column without a unit takes it from its row, as the plan's target and actual do.
    if not what.unit or not what.numeric:
        return "%" if what.type == "percent" else ""
    return COUNTED if what.dimension == COUNTED else what.unit


def _facts_of_indicator(one: Indicator) -> Facts:
    scale = one.scale if one.numeric else 0
    return Facts(_kind(one), scale, _measure(one), one.choices)


def _facts_of_column(column: Column) -> Facts:
    scale = column.scale if column.numeric else 0
    return Facts(_kind(column), scale, _measure(column), column.choices)


@cache
def facts(node: Node) -> Facts:
    """
    Tell the kind, places and unit of a resolved node.

    Raises:
        DefinitionError: If its parts may not stand together (`definition.type`, `.dimension`).
    """
    match node:
        case Number(value):
            return Facts("number", max(0, -value.as_tuple().exponent))
        case Text():
            return Facts("text")
        case Figure() | Cell():
            return node.facts
        case Heading(name):
            return _HEADINGS.get(name, Facts("number"))
        case Comparison() | Among():
            return _facts_of_comparison(node)
        case Logic(_, parts):
            return _all_logic(parts)
        case Each(_, condition):
            return _all_logic((condition,))
        case Operation():
            return _facts_of_arithmetic(node)
        case Aggregate():
            return _facts_of_aggregate(node)
    return _facts_of_call(node)


def _measure_name(measure: str) -> str:
    return say("definition.counted") if measure == COUNTED else measure


def _all_logic(parts: tuple[Node, ...]) -> Facts:
    for part in parts:
        _want(part, "logic")
    return _LOGIC


def _want(node: Node, *kinds: str) -> Facts:
    found = facts(node)
    if found.kind not in kinds:
        raise wrong_kind(describe(node), kinds, found.kind)
    return found


def _same_measure(parts: tuple[Node, ...]) -> str:
    measures = {facts(part).measure: part for part in parts if facts(part).measure}
    if len(measures) > 1:
        (left, a), (right, b) = list(measures.items())[:2]
        units = {"expected": _measure_name(left), "found": _measure_name(right)}
        raise _fault("dimension", f"{describe(a)} / {describe(b)}", **units)
    return next(iter(measures), "")


def _facts_of_comparison(node: Comparison | Among) -> Facts:
    left, others = (
        (node.left, (node.right,)) if isinstance(node, Comparison) else (node.value, node.options)
    )
    kind = facts(left).kind
    for other in others:
        pair = {kind, facts(other).kind}
        if "logic" in pair or (len(pair) > 1 and pair != {"level", "text"}):
            raise wrong_kind(describe(other), (kind,), facts(other).kind)
        ordered = isinstance(node, Comparison) and node.sign not in ("=", "<>")
        if ordered and "level" not in pair and kind == "text":
            raise wrong_kind(describe(left), ("number", "date"), kind)
        _refuse_unknown_choice(left, other)
        _refuse_unknown_choice(other, left)
    if kind == "number":
        _same_measure((left, *others))
    return _LOGIC


def _refuse_unknown_choice(value: Node, text: Node) -> None:
    """A text that no drop-down offers would never be met."""
    known = facts(value)
    choices = LEVELS_OF_OFFICE if known.kind == "level" else known.choices
    if choices and isinstance(text, Text) and text.value not in choices:
        raise _fault("choice", text.value, expected=listed(choices))


def _facts_of_arithmetic(node: Operation) -> Facts:
    left, right = _want(node.left, "number", "date"), _want(node.right, "number", "date")
    kinds = (left.kind, right.kind)
    if "date" in kinds:
        if kinds == ("date", "date") and node.sign == "-":
            return Facts("number")
        if kinds == ("date", "number") and node.sign in "+-":
            return Facts("date")
        raise wrong_kind(describe(node), ("number",), "date")
    if node.sign == "/":
        return Facts("number", QUOTIENT_PLACES)
    if node.sign == "*":
        return Facts("number", min(QUOTIENT_PLACES, left.scale + right.scale))
    measure = _same_measure((node.left, node.right))
    return Facts("number", max(left.scale, right.scale), measure)


def _facts_of_aggregate(node: Aggregate) -> Facts:
    if node.where is not None:
        _want(node.where, "logic")
    if node.name in ("COUNT", "DISTINCT"):
        return Facts("number", 0, COUNTED)
    return _want(node.values[0], *(("number",) if node.name == "SUM" else ("number", "date")))


def _facts_of_call(node: Call) -> Facts:
    name, arguments = node.name, node.arguments
    first = arguments[0]
    columns = arguments[: 2 if name == "SUMBY" else 1]
    if name in _OF_COLUMN and not all(isinstance(part, Cell) for part in columns):
        raise _fault("unknown_column", describe(first), ledger=name, near="")
    if name in ("BLANK", "NA"):
        if not isinstance(first, Figure | Cell):
            raise wrong_kind(describe(first), ("code",), facts(first).kind)
        return _LOGIC
    if name in ("CARRIED", "CERT20", "ID18"):
        _want(first, "text")
        return _LOGIC
    if name == "MEASURE":
        return Facts("text")
    if name == "FIGURE":
        # Whichever indicator stands in the row: compared at more places than any has.
        return Facts("number", QUOTIENT_PLACES)
    if name == "GRADE":
        return _facts_of_grade(node)
    if name == "IF":
        _want(first, "logic")
        kind = facts(arguments[1]).kind
        arguments = arguments[1:]
        found = [_want(part, kind) for part in arguments]
    else:
        found = [_want(part, *_accepted(name, at)) for at, part in enumerate(arguments)]
    scale = {"FLOOR": 0, "FEASIBLE": 0, "ADDYEARS": 0}.get(name, max(one.scale for one in found))
    if name == "ROUND":
        scale = _places(arguments[1])
    if name == "FEASIBLE":
        _places(arguments[2])
        return _LOGIC
    measured = arguments if name in ("SUM", "MIN", "MAX", "IF") else arguments[:1]
    return Facts(found[0].kind, scale, _same_measure(measured) if found[0].kind == "number" else "")


def _accepted(name: str, at: int) -> tuple[str, ...]:
    if name == "ADDYEARS" and at == 0:
        return ("date",)
    if name == "SUMBY" and at == 1:
        return ("text",)
    return ("number", "date") if name in ("MIN", "MAX") else ("number",)


def _places(node: Node) -> int:
    if not isinstance(node, Number) or node.value not in range(QUOTIENT_PLACES + 1):
        raise wrong_kind(describe(node), ("places",), facts(node).kind)
    return int(node.value)


def _facts_of_grade(node: Call) -> Facts:
    """GRADE(column, text, number, text, number, …): texts and numbers in turn."""
    pairs = node.arguments[1:]
    if len(pairs) % 2:
        raise wrong_kind(describe(pairs[-1]), ("pairs",), "text")
    for text in pairs[::2]:
        _want(text, "text")
        _refuse_unknown_choice(node.arguments[0], text)
    return Facts("number", max(_want(number, "number").scale for number in pairs[1::2]))


def describe(node: Node) -> str:
    """Name a part of a relation in a message, by what it says first."""
    if isinstance(node, Aggregate):
        return f"{node.name}({node.source.symbol})"
    for part in walk(node):
        for field in ("code", "key", "symbol", "name", "value"):
            if name := getattr(part, field, None):
                return str(name)
    return "0"
