"""The tree of a relation, and the parser that builds it. What the names mean is `meaning.py`'s."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import lark
import msgspec

from huizong.errors import DefinitionError

# Every spelling of a comparison that people type, to the one that Excel knows.
_COMPARE = {"!=": "<>", "≠": "<>", "≤": "<=", "≥": ">="}
# Full-width signs, one for one, so that columns in messages stay right.
_FULL_WIDTH = str.maketrans("（），＝＜＞＋－＊／［］：　", "(),=<>+-*/[]: ")
_QUOTED = re.compile("(\"[^\"]*\"|'[^']*'|“[^”]*”|‘[^’]*’)")
# What is meant as a code and is none: in small letters, or with one digit, or four.
_ALMOST_CODE = re.compile(r"[A-Za-z]{2,6}\d+\b")
# Name: fewest and most arguments; None is no limit.
FUNCTIONS: dict[str, tuple[int, int | None]] = {
    "ABS": (1, 1),
    "ADDYEARS": (2, 2),
    "BLANK": (1, 1),
    "CARRIED": (1, 1),
    "CERT20": (1, 1),
    "FEASIBLE": (3, 3),
    "FIGURE": (1, 1),
    "FLOOR": (1, 1),
    "GRADE": (3, None),
    "ID18": (1, 1),
    "IF": (3, 3),
    "MAX": (1, None),
    "MEASURE": (1, 1),
    "MIN": (1, None),
    "NA": (1, 1),
    "ROUND": (2, 2),
    "SUM": (1, None),
    "SUMBY": (2, 2),
}
AGGREGATES = ("COUNT", "SUM", "DISTINCT", "MIN", "MAX")


class Facts(msgspec.Struct, frozen=True):
    """
    What is known of a value before there is one.

    `kind` is number, date, text, level or logic; `scale` the places it is compared at; `measure`
    empty where any unit will do, "count" for counts of anything, else the unit itself.
    """

    kind: str
    scale: int = 0
    measure: str = ""
    choices: tuple[str, ...] = ()


UNKNOWN = Facts("")


class Node(msgspec.Struct, frozen=True, cache_hash=True):
    """A part of a relation; its hash, by which equal parts are worked out once, is kept."""


class Number(Node, frozen=True, cache_hash=True):
    """A number as written."""

    value: Decimal


class Text(Node, frozen=True, cache_hash=True):
    """A text in quotes."""

    value: str


class Figure(Node, frozen=True, cache_hash=True):
    """An indicator; `when` is now, previous, year_ago, ytd, year or children."""

    code: str
    when: str = "now"
    foreign: bool = False
    facts: Facts = UNKNOWN


class Span(Node, frozen=True, cache_hash=True):
    """All figures from one code to another, `TJ08:TJ13`; gone once names are resolved."""

    first: str
    last: str


class Heading(Node, frozen=True, cache_hash=True):
    """A field of the heading, such as QUARTER, LEVEL, PERIOD_START or EXPECTED."""

    name: str


class Source(Node, frozen=True, cache_hash=True):
    """A ledger, of this period or the last; `entry` are the columns that make a row exist."""

    symbol: str
    previous: bool = False
    foreign: bool = False
    entry: tuple[str, ...] = ()


class Cell(Node, frozen=True, cache_hash=True):
    """A column's value in the row that is looked at, or in the row above it."""

    key: str
    above: bool = False
    symbol: str = ""
    entry: bool = True
    facts: Facts = UNKNOWN


class Aggregate(Node, frozen=True, cache_hash=True):
    """COUNT, SUM, DISTINCT, MIN or MAX over the rows of a ledger."""

    name: str
    source: Source
    values: tuple[Node, ...] = ()
    where: Node | None = None


class Each(Node, frozen=True, cache_hash=True):
    """A condition that every row fulfils."""

    source: Source
    condition: Node


class Call(Node, frozen=True, cache_hash=True):
    """A function of its arguments."""

    name: str
    arguments: tuple[Node, ...]


class Operation(Node, frozen=True, cache_hash=True):
    """Arithmetic: + - * /."""

    sign: str
    left: Node
    right: Node


class Comparison(Node, frozen=True, cache_hash=True):
    """`left sign right`; a chain is an AND of these."""

    sign: str
    left: Node
    right: Node


class Among(Node, frozen=True, cache_hash=True):
    """`value IN (options)`."""

    value: Node
    options: tuple[Node, ...]


class Logic(Node, frozen=True, cache_hash=True):
    """AND, OR, NOT, => or <=> of its parts."""

    sign: str
    parts: tuple[Node, ...]


def walk(node: Node) -> Iterator[Node]:
    """Go through a node and all below it, in the order of writing."""
    yield node
    for name in node.__struct_fields__:
        value = getattr(node, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Node):
                yield from walk(part)


def rebuild(node: Node, change: Any) -> Node:
    """Make a copy of a node whose direct parts went through `change`."""
    changed: dict[str, Any] = {}
    for name in node.__struct_fields__:
        value = getattr(node, name)
        if isinstance(value, Node):
            changed[name] = change(value)
        elif isinstance(value, tuple) and any(isinstance(part, Node) for part in value):
            changed[name] = tuple(map(change, value))
    return msgspec.structs.replace(node, **changed) if changed else node


def _logic(sign: str) -> Any:
    return lambda _, items: Logic(sign, tuple(items))


def _arithmetic(sign: str) -> Any:
    return lambda _, items: Operation(sign, *items)


class _Tree(lark.Transformer):
    """Turns what the grammar found into nodes; each method is one name in the grammar."""

    implies, equivalent = _logic("=>"), _logic("<=>")
    any_of, all_of, negate = _logic("OR"), _logic("AND"), _logic("NOT")
    plus, minus, times, over = map(_arithmetic, "+-*/")

    def number(self, items: list) -> Node:
        return Number(Decimal(items[0]))

    def text(self, items: list) -> Node:
        return Text(str(items[0])[1:-1])

    def figure(self, items: list) -> Node:
        return Figure(str(items[0]))

    def header(self, items: list) -> Node:
        return Heading(str(items[0]))

    def column(self, items: list) -> Node:
        return Cell(str(items[0]))

    def above(self, items: list) -> Node:
        return Cell(str(items[0]), above=True)

    def span(self, items: list) -> Node:
        return Span(str(items[0]), str(items[1]))

    def previous(self, items: list) -> Node:
        return Figure(str(items[0]), "previous")

    def at(self, items: list) -> Node:
        names = {"YEARAGO": "year_ago", "YTD": "ytd", "YEAR": "year", "CHILDREN": "children"}
        return Figure(str(items[1]), names[str(items[0])])

    def source(self, items: list) -> Node:
        return Source(str(items[0]))

    def source_previous(self, items: list) -> Node:
        return Source(str(items[0]), previous=True)

    def columns(self, items: list) -> tuple[Node, ...]:
        return tuple(items)

    options = columns

    def where(self, items: list) -> dict[str, Node]:
        return {"where": items[0]}

    def aggregate(self, items: list) -> Node:
        name, source, *rest = items
        values = next((part for part in rest if isinstance(part, tuple)), ())
        where = next((part["where"] for part in rest if isinstance(part, dict)), None)
        expected = {"COUNT": (0,), "DISTINCT": range(1, 99)}.get(str(name), (1,))
        if name not in AGGREGATES or len(values) not in expected:
            raise _wrong(f"{name}({source.symbol}…)", name.column)
        return Aggregate(str(name), source, values, where)

    def call(self, items: list) -> Node:
        name, arguments = str(items[0]), tuple(items[1:])
        fewest, most = FUNCTIONS.get(name, (1, 0))
        if len(arguments) < fewest or (most is not None and len(arguments) > most):
            raise _wrong(f"{name}({len(arguments)})", items[0].column)
        return Call(name, arguments)

    def each(self, items: list) -> Node:
        source, *where, condition = items
        if where:
            condition = Logic("=>", (where[0]["where"], condition))
        return Each(source, condition)

    def compare(self, items: list) -> Node:
        signs = [_COMPARE.get(str(sign), str(sign)) for sign in items[1::2]]
        pairs = zip(signs, items[::2], items[2::2], strict=False)
        chain = tuple(Comparison(sign, left, right) for sign, left, right in pairs)
        return chain[0] if len(chain) == 1 else Logic("AND", chain)

    def between(self, items: list) -> Node:
        value, low, high = items
        return Logic("AND", (Comparison("<=", low, value), Comparison("<=", value, high)))

    def is_in(self, items: list) -> Node:
        return Among(items[0], items[1])

    def not_in(self, items: list) -> Node:
        return Logic("NOT", (Among(items[0], items[1]),))

    def negative(self, items: list) -> Node:
        if isinstance(items[0], Number):
            return Number(-items[0].value)
        return Operation("-", Number(Decimal(0)), items[0])


@cache
def _parser() -> lark.Lark:
    grammar = (files("huizong") / "relations.lark").read_text(encoding="utf-8")
    return lark.Lark(grammar, parser="lalr", transformer=_Tree(), maybe_placeholders=False)


def _wrong(what: str, column: int) -> DefinitionError:
    return DefinitionError("definition.syntax", what=what, column=column)


def parse(rule: str) -> Node:
    """
    Read one expression.

    Raises:
        DefinitionError: If it isn't well formed (`definition.syntax`), with the column.
    """
    text = _narrow(rule)
    try:
        return _parser().parse(text)
    except lark.exceptions.VisitError as error:
        raise error.orig_exc from error
    except lark.exceptions.UnexpectedInput as error:
        column = getattr(error, "column", 0)
        if code := _ALMOST_CODE.match(text, max(column - 1, 0)):
            raise DefinitionError("definition.odd_code", what=code[0]) from error
        at_end = column < 1 or column > len(text)
        raise _wrong("" if at_end else text[column - 1 : column + 11], max(column, 0)) from error


def _narrow(rule: str) -> str:
    """Make full-width signs plain, except inside quotes."""
    parts = _QUOTED.split(rule)
    return "".join(part if at % 2 else part.translate(_FULL_WIDTH) for at, part in enumerate(parts))
