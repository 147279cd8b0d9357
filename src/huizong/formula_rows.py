"""Formulas over the rows of a ledger: which rows fulfil a condition, and sums and counts of them.

All are products inside SUMPRODUCT, which every program works out row by row without array entry;
IF and IFERROR would want it. `ISNUMBER(1/(test))` is 1 where the test holds and 0 where it doesn't
or where a cell is an error.
"""

from collections.abc import Callable
from dataclasses import dataclass

from huizong.meaning import facts
from huizong.syntax import (
    Aggregate,
    Among,
    Call,
    Cell,
    Comparison,
    Each,
    Logic,
    Node,
    Number,
    Operation,
    Source,
    walk,
)

OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


class OfficeOnly(Exception):
    """A relation has no formula: something in it doesn't stand in the workbook."""


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A number as formula text.

    `binding`: 3 an atom, 2 a product, 1 a sum. `names` must all be numbers; it `may_fail` with an
    error where it is undecided; a `whole` one needs no rounding.
    """

    text: str
    binding: int = 3
    names: tuple[str, ...] = ()
    may_fail: bool = False
    whole: bool = False

    def inside(self, binding: int) -> str:
        """Its text, in brackets if it binds less than what stands around it."""
        return self.text if self.binding >= binding else f"({self.text})"


@dataclass(frozen=True, slots=True)
class Rows:
    """A condition over rows: 1 where it surely holds, 1 where it surely fails, both as factors."""

    true: str
    false: str

    @property
    def unknown(self) -> str:
        """1 where it is undecided."""
        return f"(1-{self.true}-{self.false})"


def quoted(text: str) -> str:
    """Write a text as Excel does."""
    return '"' + text.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class RowCompiler:
    """
    Compiles conditions over the rows of one ledger.

    `number` compiles a numeric expression, given how to name a cell. `shifted` is set where
    ABOVE is used: then rows are taken from the second on, beside the one above each.
    """

    source: Source
    number: Callable[[Node, Callable[[Cell], str]], Piece]
    shifted: bool = False

    def name(self, cell: Cell) -> str:
        """Name the cells of a column."""
        whole = f"HZ_{self.source.symbol}_{cell.key}"
        if not self.shifted:
            return whole
        if cell.above:
            return f"INDEX({whole},1):INDEX({whole},ROWS({whole})-1)"
        return f"INDEX({whole},2):INDEX({whole},ROWS({whole}))"

    def exists(self) -> str:
        """1 where any entry column of the row is filled (and of the row above, if that is used)."""
        rows = [False, True] if self.shifted else [False]
        return "*".join(self._filled(above) for above in rows)

    def _filled(self, above: bool) -> str:
        blank = "*".join(f"ISBLANK({self.name(Cell(key, above))})" for key in self.source.entry)
        return f"(1-{blank})"

    def condition(self, node: Node) -> Rows:
        """Compile a condition."""
        match node:
            case Logic(sign, parts):
                return _combine(sign, [self.condition(part) for part in parts])
            case Comparison(sign, left, right):
                if facts(left).kind in ("text", "level"):
                    same = self._same_text((left, right))
                    return same if sign == "=" else Rows(same.false, same.true)
                return self._compared(node)
            case Among(value, options):
                if facts(value).kind == "text":
                    return self._same_text((value, *options))
                pairs = [self._compared(Comparison("=", value, one)) for one in options]
                return _combine("OR", pairs)
            case Call("BLANK", (cell,)):
                return self._blank(cell)
            case Call("NA", (cell,)):
                true = f"ISNUMBER(1/EXACT({self.name(cell)},{quoted('——')}))"
                return Rows(true, f"(1-{true})")
        raise OfficeOnly(node)

    def _blank(self, cell: Cell) -> Rows:
        name = self.name(cell)
        true = f"ISBLANK({name})"
        if not cell.entry:
            true = f"ISERROR(1/LEN({name}))*(1-ISERROR({name}))"
        return Rows(true, f"(1-{true})")

    def _same_text(self, parts: tuple[Node, ...]) -> Rows:
        first, *others = [self._text(part) for part in parts]
        same = "+".join(f"EXACT({first},{other})" for other in others)
        inner = same if len(others) == 1 else f"({same})"
        return Rows(f"ISNUMBER(1/{inner})", f"ISNUMBER(1/(1-{inner}))")

    def _text(self, node: Node) -> str:
        if isinstance(node, Cell):
            return self.name(node)
        value = getattr(node, "value", None)
        if not isinstance(value, str):
            raise OfficeOnly(node)
        return quoted(value)

    def _compared(self, node: Comparison) -> Rows:
        left, right = (self.number(part, self.name) for part in (node.left, node.right))
        guard = "".join(f"ISNUMBER({name})*" for name in dict.fromkeys(left.names + right.names))
        sides = rounded(left, node.left), rounded(right, node.right)

        def test(sign: str) -> str:
            return f"ISNUMBER(1/({guard}({sides[0]}{sign}{sides[1]})))"

        return Rows(test(node.sign), test(OPPOSITE[node.sign]))


def rounded(piece: Piece, node: Node) -> str:
    """Round one side of a comparison to its declared places."""
    return piece.text if piece.whole else f"ROUND({piece.text},{facts(node).scale})"


def _combine(sign: str, parts: list[Rows]) -> Rows:
    if sign == "NOT":
        return Rows(parts[0].false, parts[0].true)
    if sign == "=>":
        left, right = parts
        return Rows(_any([left.false, right.true]), f"{left.true}*{right.false}")
    if sign == "<=>":
        return _combine("AND", [_combine("=>", parts), _combine("=>", parts[::-1])])
    all_true, all_false = "*".join(p.true for p in parts), "*".join(p.false for p in parts)
    if sign == "AND":
        return Rows(all_true, _any([part.false for part in parts]))
    return Rows(_any([part.true for part in parts]), all_false)


def _any(factors: list[str]) -> str:
    return f"SIGN({'+'.join(factors)})"


def on_empty(node: Node | None) -> frozenset[float]:
    """Tell what a condition may say of an empty row: 1, 0 or 0.5."""
    match node:
        case None:
            return frozenset({1})
        case Logic(sign, parts):
            found = [on_empty(part) for part in parts]
            return _outcomes(sign, found)
        case Call("BLANK"):
            return frozenset({1})
        case Call("NA"):
            return frozenset({0})
        case Among(value, options) if isinstance(value, Cell) and facts(value).kind == "text":
            return frozenset({int(any(getattr(one, "value", "") == "" for one in options))})
        case Comparison(sign, Cell() as cell, right) if facts(cell).kind == "text":
            if isinstance(value := getattr(right, "value", None), str):
                return frozenset({int((value == "") == (sign == "="))})
    if any(isinstance(part, Cell) for part in walk(node)) and _is_number(node):
        return frozenset({0.5})
    return frozenset({0, 0.5, 1})


def _is_number(node: Node) -> bool:
    side = node.left if isinstance(node, Comparison) else getattr(node, "value", node)
    return facts(side).kind in ("number", "date")


def _outcomes(sign: str, parts: list[frozenset[float]]) -> frozenset[float]:
    if sign == "NOT":
        return frozenset(1 - value for value in parts[0])
    if sign == "=>":
        parts = [frozenset(1 - value for value in parts[0]), parts[1]]
    if sign == "<=>":
        return frozenset({0, 0.5, 1})
    choose = min if sign == "AND" else max
    found = parts[0]
    for part in parts[1:]:
        found = frozenset(choose(a, b) for a in found for b in part)
    return found


def total(*factors: str) -> str:
    """Add up a product over the rows; a lone test is made a number first."""
    factors = tuple(filter(None, factors))
    sole = len(factors) == 1 and factors[0].startswith("IS")
    return f"SUMPRODUCT({'--' if sole else ''}{'*'.join(factors)})"


def compile_each(node: Each, number: Callable) -> str:
    """Compile EACH to 1, 0.5 or 0."""
    shifted = any(isinstance(part, Cell) and part.above for part in walk(node.condition))
    rows = _compiler(node.source, number, shifted=shifted)
    condition, empty = rows.condition(node.condition), on_empty(node.condition)
    exists = rows.exists()
    failing = total(exists if 0 in empty or shifted else "", condition.false)
    open_rows = total(exists if 0.5 in empty or shifted else "", condition.unknown)
    return f"IF({failing}>0,0,IF({open_rows}>0,0.5,1))"


def _compiler(source: Source, number: Callable, *, shifted: bool = False) -> RowCompiler:
    if source.previous or source.foreign:
        raise OfficeOnly(source)
    return RowCompiler(source, number, shifted)


def compile_aggregate(node: Aggregate, number: Callable) -> Piece:
    """Compile COUNT, SUM, DISTINCT, MIN or MAX; an error where it is undecided."""
    rows = _compiler(node.source, number)
    empty = on_empty(node.where)
    where = rows.condition(node.where) if node.where is not None else None
    counted = [rows.exists()] if 1 in empty and node.name in ("COUNT", "DISTINCT") else []
    doubts = []
    if where is not None:
        counted.append(where.true)
        doubts.append(total(rows.exists() if 0.5 in empty else "", where.unknown))
    if node.name == "COUNT":
        value, whole = total(*counted), True
    elif node.name == "DISTINCT":
        names = [rows.name(cell) for cell in _cells(node.values)]
        value, whole = _distinct(names, counted), True
        # LibreOffice joins an error to a text as if it were blank.
        doubts += [total(f"ISERROR({name})") for name in names]
    else:
        names, factor = _factors(node.values[0], rows)
        value, whole = _summed(node, names, counted) + factor, False
        doubts += [total(*counted, f'ISTEXT({n})*({n}<>"")*({n}<>"——")') for n in names]
    if node.name in ("MIN", "MAX"):
        value = f"{value}/(COUNT({names[0]})>0)"
    if doubts:
        value = f"{value}/({'+'.join(doubts)}=0)"
    return Piece(value, 2 if "/" in value or "*" in value else 3, may_fail=True, whole=whole)


def _cells(values: tuple[Node, ...]) -> tuple[Cell, ...]:
    if not all(isinstance(value, Cell) for value in values):
        raise OfficeOnly(values)
    return values


def _factors(node: Node, rows: RowCompiler) -> tuple[list[str], str]:
    """Take apart a product of columns and numbers; other expressions would trip over texts."""
    match node:
        case Cell():
            return [rows.name(node)], ""
        case Number(value):
            return [], f"*{value}"
        case Operation("*", left, right):
            (a, x), (b, y) = _factors(left, rows), _factors(right, rows)
            return a + b, x + y
        case Operation("/", left, Number(value)):
            names, factor = _factors(left, rows)
            return names, f"{factor}/{value}"
    raise OfficeOnly(node)


def _summed(node: Aggregate, names: list[str], counted: list[str]) -> str:
    if not names or (node.name != "SUM" and (counted or len(names) > 1)):
        raise OfficeOnly(node)
    if len(names) == 1 and not counted:
        return f"{node.name}({names[0]})"
    numbers = [f"ISNUMBER({name})" for name in names]
    # The columns stand as arguments of their own: there SUMPRODUCT takes texts for nothing.
    return f"SUMPRODUCT({'*'.join([*counted, *numbers, '1'])},{','.join(names)})"


def _distinct(names: list[str], counted: list[str]) -> str:
    """
    Count the rows that are the first with their key.

    MATCH takes * ? ~ for wild cards, LibreOffice only in ranges, and control characters are as
    nothing to it: rare characters stand for them, and between the parts of a key.
    """
    parts = [f"TRIM({name})" for name in names]
    chosen = "*".join([*counted, f"(LEN({'&'.join(parts)})>0)"])
    key = '&"龗"&'.join([chosen, *parts])
    for sign, other in zip("~*?", "龘龖靐", strict=True):
        key = f'SUBSTITUTE({key},"{sign}","{other}")'
    row = f"ROW({names[0]})-MIN(ROW({names[0]}))+1"
    return f"SUMPRODUCT({chosen}*(MATCH({key},{key},0)={row}))"
