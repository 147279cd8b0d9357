"""Evaluate expressions over all returns, or over all rows of a ledger, as vectors."""

from functools import reduce
from typing import Any

import numpy as np
import pandas as pd

from huizong.exact import Exact
from huizong.forms import LEVELS_OF_OFFICE
from huizong.ground import BLANK, ERROR, NA, NUMBER, TEXT, Ground, Table, Values
from huizong.language import is_quotient
from huizong.meaning import facts, prefix_of
from huizong.numbers_of_people import is_certificate, is_identity
from huizong.row_functions import (
    carried,
    figure_named,
    folded,
    grade,
    measure,
    sum_by,
)
from huizong.syntax import (
    Aggregate,
    Among,
    Call,
    Cell,
    Comparison,
    Each,
    Figure,
    Heading,
    Logic,
    Node,
    Number,
    Operation,
    Source,
    Text,
    walk,
)
from huizong.truth import Texts, Truth, combine

_EPOCH = 719163  # 1970-01-01 as an ordinal


class Evaluation:
    """Evaluates over returns, or over the rows of `table` where one is given."""

    def __init__(self, ground: Ground, table: Table | None = None) -> None:
        self.ground = ground
        self.table = table

    def truth(self, node: Node) -> Truth:
        """Evaluate a condition; equal conditions are evaluated once."""
        return self._once("truth", node, self._truth)

    def number(self, node: Node) -> Exact:
        """Evaluate a number or date (as its ordinal)."""
        return self._once("number", node, self._number)

    def _once(self, kind: str, node: Node, work: Any) -> Any:
        key = (kind, self.table, node)
        if key not in self.ground.memo:
            self.ground.memo[key] = work(node)
        return self.ground.memo[key]

    def _truth(self, node: Node) -> Truth:
        match node:
            case Logic(sign, parts):
                return combine(sign, [self.truth(part) for part in parts])
            case Comparison(sign, left, right):
                return self._compared(sign, left, right)
            case Among(value, options):
                return combine("OR", [self._compared("=", value, one) for one in options])
            case Each():
                return self._each(node)
            case Call():
                return self._test(node)
        raise TypeError(node)

    def _compared(self, sign: str, left: Node, right: Node) -> Truth:
        kinds = {facts(left).kind, facts(right).kind}
        if "level" in kinds:
            a, b = self._levels(left), self._levels(right)
            return Truth.decided(a.compare(sign, b), a.known & b.known)
        if "text" in kinds:
            a, b = self.text(left), self.text(right)
            same = np.asarray(a.texts == b.texts, dtype=bool)
            return Truth.decided(same if sign == "=" else ~same, a.known & b.known)
        a, b = (self.number(part).round(facts(part).scale) for part in (left, right))
        return Truth.decided(a.compare(sign, b), a.known & b.known)

    def _levels(self, node: Node) -> Exact:
        if isinstance(node, Text):
            return Exact.of(LEVELS_OF_OFFICE.index(node.value))
        places = [LEVELS_OF_OFFICE.index(one.level) for one in self.ground.headers]
        found = Exact(np.array(places), 1, np.ones(len(places), dtype=bool))
        return self._spread(found)

    def _spread(self, found: Exact) -> Exact:
        """Give each row what its return has."""
        return found if self.table is None else found.take(self.table.owner)

    def values(self, node: Figure | Cell) -> Values:
        """The cells behind a figure of now, previous or year_ago, or behind a column."""
        if isinstance(node, Cell):
            return self._column(node)
        found = self.ground.figure(node.code, node.when)
        if self.table is None:
            return found
        owner = self.table.owner
        return Values(found.texts[owner], found.state[owner], found.number.take(owner))

    def _column(self, cell: Cell) -> Values:
        if cell.entry:
            found = self.table.column(cell.key)
        else:
            found = self._once("column", Cell(cell.key), self._computed_column)
        if not cell.above:
            return found
        above = np.maximum(np.arange(len(self.table)) - 1, 0)
        return Values(found.texts[above], found.state[above], found.number.take(above))

    def _computed_column(self, cell: Cell) -> Values:
        # What a person typed over the formula doesn't count: the column is worked out anew.
        symbol = self.table.ledger.symbol
        rule = self.ground.checked[prefix_of(symbol)].column_rules[symbol, cell.key]
        return self.computed(rule, len(self.table), self.table.ledger.by_key[cell.key].scale)

    def computed(self, node: Node, count: int, scale: int) -> Values:
        """Work out a computed figure or column: —— over a base of zero, else blank if undecided."""
        number = self.number(node).round(scale)
        known = np.broadcast_to(number.known, (count,))
        state = np.where(known, NUMBER, BLANK)
        if is_quotient(node):
            over, base = self.number(node.left), self.number(node.right)
            state = np.where(over.known & base.known & (base.over == 0), NA, state)
        number = Exact(np.broadcast_to(number.over, (count,)), number.base, known)
        texts = np.where(state == NA, "——", None).astype(object)
        return Values(texts, np.broadcast_to(state, (count,)).astype(np.int8), number)

    def text(self, node: Node) -> Texts:
        """Evaluate a text."""
        if isinstance(node, Text):
            return Texts(node.value, np.array(True))
        if isinstance(node, Call):
            return measure(self, node)
        values = self.values(node)
        blank_or_text = np.where(values.state == BLANK, "", values.texts)
        texts = np.where(values.state == NA, "——", blank_or_text)
        if isinstance(node, Cell):
            return Texts(texts, values.state != ERROR)
        return Texts(texts, (values.state == TEXT) | (values.state == NUMBER))

    def _number(self, node: Node) -> Exact:
        match node:
            case Number(value):
                return Exact.of(value)
            case Figure(when="ytd" | "year" | "children"):
                return self._spread(self._given(node))
            case Figure() | Cell():
                values = self.values(node)
                return values.number.only(values.state == NUMBER)
            case Heading(name):
                return self._spread(self.ground.header(name))
            case Operation(sign, left, right):
                return _ARITHMETIC[sign](self.number(left), self.number(right))
            case Aggregate():
                found = Evaluation(self.ground, self._table(node.source))._aggregate(node)
                return self._spread(found)
            case Call():
                return self._call(node)
        raise TypeError(node)

    def _given(self, node: Figure) -> Exact:
        if node.when != "year":
            return self.ground.given(node.when, node.code)
        ends = [header.period.end for header in self.ground.headers]
        return self.ground.given("ytd", node.code).only(np.array([day.month == 12 for day in ends]))

    def _table(self, source: Source) -> Table:
        return self.ground.table(source.symbol, previous=source.previous)

    def _each(self, node: Each) -> Truth:
        within = self._table(node.source)
        rows = self.of_rows(node)
        no, unknown = within.any_of(rows.no), within.any_of(rows.unknown)
        return Truth(~no & ~unknown & ~within.absent, no)

    def of_rows(self, node: Each) -> Truth:
        """Judge each row of an EACH; one that needs the row above holds where there is none."""
        table = self._table(node.source)
        found = Evaluation(self.ground, table).truth(node.condition)
        yes, no = (np.broadcast_to(one, (len(table),)) for one in (found.yes, found.no))
        if any(isinstance(part, Cell) and part.above for part in walk(node.condition)):
            return Truth(yes | ~table.has_above, no & table.has_above)
        return Truth(yes, no)

    def _aggregate(self, node: Aggregate) -> Exact:
        """COUNT, SUM, DISTINCT, MIN, MAX for each return, evaluated over the rows of my table."""
        table = self.table
        everything = np.ones(len(table), dtype=bool)
        where = self.truth(node.where) if node.where else Truth(everything, ~everything)
        counted, doubtful = (
            np.broadcast_to(one, (len(table),)) for one in (where.yes, where.unknown)
        )
        if node.name == "COUNT":
            found = self._tally(counted)
        elif node.name == "DISTINCT":
            found, errors = self._distinct(node, counted)
            doubtful = doubtful | errors
        else:
            found, errors = self._over_values(node, counted)
            doubtful = doubtful | errors
        return found.only(~table.any_of(doubtful) & ~table.absent)

    def _tally(self, rows: np.ndarray) -> Exact:
        count = len(self.table.absent)
        found = np.bincount(self.table.owner[rows], minlength=count)
        return Exact(found, 1, np.ones(count, dtype=bool))

    def _over_values(self, node: Aggregate, counted: np.ndarray) -> tuple[Exact, np.ndarray]:
        """Blanks and —— are passed over; a text counts against it, an error in any row does."""
        number = self.number(node.values[0])
        cells = [part for part in walk(node.values[0]) if isinstance(part, Cell)]
        states = [self.values(cell).state for cell in cells]
        empty = reduce(np.logical_or, [(one == BLANK) | (one == NA) for one in states])
        errors = reduce(np.logical_or, [one == ERROR for one in states])
        texts = reduce(np.logical_or, [one == TEXT for one in states])
        failing = ~np.broadcast_to(number.known, counted.shape) & ~empty & ~errors
        doubtful = errors | (counted & (texts | failing))
        counted = counted & ~empty & number.known
        owner, count = self.table.owner, len(self.table.absent)
        if node.name == "SUM":
            return number.sums(owner, count, counted), doubtful
        return number.extremes(owner, count, counted, greatest=node.name == "MAX"), doubtful

    def _distinct(self, node: Aggregate, counted: np.ndarray) -> tuple[Exact, np.ndarray]:
        """Count different keys; letter case and doubled blanks make no difference."""
        keys, errors, filled = {}, np.zeros(len(self.table), dtype=bool), counted & False
        for position, cell in enumerate(node.values):
            values = self.values(cell)
            keys[position] = folded(values)
            errors = errors | (values.state == ERROR)
            filled = filled | (keys[position] != "")
        counted = counted & filled
        rows = pd.DataFrame({"owner": self.table.owner, **keys})[counted]
        first = ~rows.duplicated().to_numpy()
        count = len(self.table.absent)
        found = np.bincount(rows["owner"].to_numpy()[first], minlength=count)
        return Exact(found, 1, np.ones(count, dtype=bool)), errors

    def _call(self, node: Call) -> Exact:
        name, arguments = node.name, node.arguments
        if name == "IF":
            condition = self.truth(arguments[0])
            yes, no = (self.number(part) for part in arguments[1:])
            return yes.choose(condition.yes, no).only(~condition.unknown)
        if name == "GRADE":
            return grade(self, node)
        if name == "SUMBY":
            return sum_by(self, *arguments)
        if name == "FIGURE":
            return figure_named(self, arguments[0])
        parts = [self.number(part) for part in arguments]
        if name == "ROUND":
            return parts[0].round(facts(node).scale)
        if name == "FLOOR":
            return parts[0].round(9).floor()
        if name == "ABS":
            return abs(parts[0])
        if name == "ADDYEARS":
            return _add_years(*parts)
        if name == "SUM":
            return reduce(lambda left, right: left + right, parts)
        sign = ">=" if name == "MAX" else "<="
        return reduce(
            lambda left, right: left.choose(left.compare(sign, right), right).only(
                left.known & right.known
            ),
            parts,
        )

    def _test(self, node: Call) -> Truth:
        name, first = node.name, node.arguments[0]
        if name in ("BLANK", "NA"):
            return Truth.decided(self._state(first) == (BLANK if name == "BLANK" else NA))
        if name == "FEASIBLE":
            return self._feasible(*(self.number(part) for part in node.arguments[:2]), node)
        values = self.values(first)
        if name == "CARRIED":
            return carried(self, first.key, values)
        valid = {"ID18": is_identity, "CERT20": is_certificate}[name]
        texts = np.where(values.state == TEXT, values.texts, "").astype(str)
        return Truth.decided(valid(texts), values.state == TEXT)

    def _state(self, node: Figure | Cell) -> np.ndarray:
        if isinstance(node, Figure) and node.when in ("ytd", "year", "children"):
            return np.where(self.number(node).known, NUMBER, BLANK)
        return self.values(node).state

    def _feasible(self, rate: Exact, base: Exact, node: Call) -> Truth:
        """Whether some whole number of cases over `base` gives `rate` at these places."""
        places, hundred = int(node.arguments[2].value), Exact.of(100)
        nearest = (rate * base / hundred).round(0)
        found = (nearest / base * hundred).round(places)
        return Truth.decided(found.compare("=", rate.round(places)), found.known & rate.known)


_ARITHMETIC = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
}


def _add_years(day: Exact, years: Exact) -> Exact:
    """Move dates by whole years; 29 February becomes the 28th."""
    known = np.asarray(day.known & years.known)
    days = (np.where(known, day.over, _EPOCH) - _EPOCH).astype("datetime64[D]")
    month = days.astype("datetime64[M]")
    in_month = (days - month).astype(np.int64)
    moved = month + 12 * np.where(known, years.floor().over, 0).astype("timedelta64[M]")
    length = ((moved + 1).astype("datetime64[D]") - moved.astype("datetime64[D]")).astype(np.int64)
    found = moved.astype("datetime64[D]").astype(np.int64) + np.minimum(in_month, length - 1)
    return Exact(found + _EPOCH, 1, known)
