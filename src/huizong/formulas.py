"""Compile relations to formulas of the issued workbook: 1 holds, 0.5 undecided, 0 fails.

Only functions that Excel 2010, WPS and LibreOffice 7 share, and no array entry.
"""

from collections.abc import Callable, Mapping

from huizong.forms import LEVELS_OF_OFFICE, Column
from huizong.formula_rows import (
    OfficeOnly,
    Piece,
    compile_aggregate,
    compile_each,
    quoted,
    rounded,
)
from huizong.language import Rule, is_quotient
from huizong.meaning import facts
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
    Text,
)

LONGEST = 8192
DEEPEST = 64
NOT_APPLICABLE = "——"
_SUFFIX = {"now": "", "previous": "_P", "year_ago": "_Y", "ytd": "_A"}
_HEADINGS = {
    "QUARTER": "HZ_QUARTER",
    "LEVEL": "HZ_LEVEL",
    "PERIOD_START": "HZ_START",
    "PERIOD_END": "HZ_END",
    "DAYS": "HZ_DAYS",
}
_LEVELS = "{" + ",".join(map(quoted, LEVELS_OF_OFFICE)) + "}"


def live(relation: Rule) -> bool:
    """Whether a relation can be judged in the issued workbook itself."""
    try:
        verdict_formula(relation)
    except OfficeOnly:
        return False
    return True


def verdict_formula(relation: Rule) -> str:
    """
    Compile a relation to 1, 0.5 or 0.

    Raises:
        OfficeOnly: If it speaks of what doesn't stand in the workbook.
    """
    return _fitting(_verdict(relation.expression, _no_cell))


def value_formula(expression: Node, scale: int) -> str:
    """Compile a determined figure or rate: —— over a base of zero, "" while a part is missing."""
    return _fitting(_value(expression, scale, _no_cell))


def row_formula(expression: Node, column: Column, cell_of: Mapping[str, str]) -> str:
    """Compile a computed column for one row, whose cells `cell_of` names by key."""
    return _fitting(_value(expression, column.scale, lambda cell: cell_of[cell.key]))


def _fitting(formula: str) -> str:
    """Refuse what Excel couldn't hold."""
    depth = deepest = 0
    for sign in formula:
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    if len(formula) >= LONGEST or deepest >= DEEPEST:
        raise OfficeOnly(formula[:80])
    return formula


def _no_cell(cell: Cell) -> str:
    raise OfficeOnly(cell)


def _value(node: Node, scale: int, name: Callable[[Cell], str]) -> str:
    if is_quotient(node):
        over, base = number(node.left, name), number(node.right, name)
        value = f"IF({base.text}=0,{quoted(NOT_APPLICABLE)},ROUND({_over(over, base)},{scale}))"
        pieces = (over, base)
    else:
        pieces = (number(node, name),)
        value = f"ROUND({pieces[0].text},{scale})"
    return _guarded(value, pieces, '""')


def _guarded(value: str, pieces: tuple[Piece, ...], otherwise: str) -> str:
    """Give `value` if all its names are numbers and nothing fails."""
    names = tuple(dict.fromkeys(name for piece in pieces for name in piece.names))
    if names:
        value = f"IF(COUNT({','.join(names)})={len(names)},{value},{otherwise})"
    if any(piece.may_fail for piece in pieces):
        value = f"IFERROR({value},{otherwise})"
    return value


def _over(left: Piece, right: Piece) -> str:
    return f"{left.inside(2)}/{right.inside(3)}"


def _verdict(node: Node, name: Callable[[Cell], str]) -> str:
    match node:
        case Logic(sign, parts):
            return _logic(sign, [_verdict(part, name) for part in parts])
        case Comparison():
            return _compared(node, name)
        case Among(value, options):
            return _logic("OR", [_compared(Comparison("=", value, one), name) for one in options])
        case Each():
            return compile_each(node, number)
        case Call("BLANK", (figure,)):
            return f'IFERROR(--({_figure(figure, name)}=""),0)'
        case Call("NA", (figure,)):
            return f"IFERROR(--({_figure(figure, name)}={quoted(NOT_APPLICABLE)}),0)"
        case Call("FEASIBLE", arguments):
            return _feasible(*(number(part, name) for part in arguments))
    raise OfficeOnly(node)


def _logic(sign: str, parts: list[str]) -> str:
    if sign == "NOT":
        return f"1-{_factor(parts[0])}"
    if sign == "=>":
        return f"MAX(1-{_factor(parts[0])},{parts[1]})"
    if sign == "<=>":
        return f"MIN({_logic('=>', parts)},{_logic('=>', parts[::-1])})"
    function = "MIN" if sign == "AND" else "MAX"
    return parts[0] if len(parts) == 1 else f"{function}({','.join(parts)})"


def _compared(node: Comparison, name: Callable[[Cell], str]) -> str:
    kinds = {facts(node.left).kind, facts(node.right).kind}
    if "level" in kinds:
        return _level(node)
    if "text" in kinds:
        return _same_text(node, name)
    left, right = number(node.left, name), number(node.right, name)
    test = f"--({rounded(left, node.left)}{node.sign}{rounded(right, node.right)})"
    return _guarded(test, (left, right), "0.5")


def _level(node: Comparison) -> str:
    left, sign, right = node.left, node.sign, node.right
    if isinstance(left, Text):
        left, right = right, left
        sign = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
    if not isinstance(right, Text):
        raise OfficeOnly(node)
    place = LEVELS_OF_OFFICE.index(right.value) + 1
    return f"--(MATCH(HZ_LEVEL,{_LEVELS},0){sign}{place})"


def _same_text(node: Comparison, name: Callable[[Cell], str]) -> str:
    """Compare texts letter by letter; a figure that is blank or —— leaves it undecided."""
    figures = [part for part in (node.left, node.right) if isinstance(part, Figure)]
    sides = [
        quoted(part.value) if isinstance(part, Text) else _figure(part, name)
        for part in (node.left, node.right)
    ]
    test = f"--EXACT({sides[0]},{sides[1]})"
    if node.sign == "<>":
        test = f"1-EXACT({sides[0]},{sides[1]})"
    names = [_figure(figure, name) for figure in figures]
    empty = ",".join(f'{one}="",{one}={quoted(NOT_APPLICABLE)}' for one in names)
    return f"IFERROR(IF(OR({empty}),0.5,{test}),0.5)" if names else test


def _feasible(rate: Piece, base: Piece, places: Piece) -> str:
    """Whether the nearest whole number of cases gives just this rate."""
    nearest = f"ROUND({rate.inside(2)}*{base.inside(2)}/100,0)"
    found = f"ROUND({nearest}/{base.inside(3)}*100,{places.text})"
    test = f"--({found}=ROUND({rate.text},{places.text}))"
    failing = Piece("", may_fail=True)
    return _guarded(test, (rate, base, failing), "0.5")


def number(node: Node, name: Callable[[Cell], str]) -> Piece:
    """Compile a number or date; `name` names the cells of a row."""
    in_rows = name is not _no_cell
    match node:
        case Number(value):
            return Piece(f"{value:f}", 3 if value >= 0 else 1, whole=True)
        case Figure() | Cell():
            return _leaf(node, name)
        case Heading(heading):
            if heading not in _HEADINGS:
                raise OfficeOnly(node)
            return Piece(_HEADINGS[heading], whole=True)
        case Operation():
            return _arithmetic(node, name)
        case Aggregate() if not in_rows:
            return compile_aggregate(node, number)
        case Call():
            return _call(node, name)
    raise OfficeOnly(node)


def _figure(node: Node, name: Callable[[Cell], str]) -> str:
    if isinstance(node, Cell):
        return name(node)
    if not isinstance(node, Figure) or node.foreign or node.when not in _SUFFIX:
        raise OfficeOnly(node)
    return f"HZ_{node.code}{_SUFFIX[node.when]}"


def _leaf(node: Figure | Cell, name: Callable[[Cell], str]) -> Piece:
    if isinstance(node, Figure) and node.when == "year" and not node.foreign:
        # The year's figure is the year to date once the last period of the year is there.
        text = f"HZ_{node.code}_A"
        return Piece(f"{text}/(MONTH(HZ_END)=12)", 2, (text,), may_fail=True)
    text = _figure(node, name)
    if facts(node).kind == "date":
        return Piece(f"INT({text})", 3, (text,), whole=True)
    return Piece(text, 3, (text,))


def _arithmetic(node: Operation, name: Callable[[Cell], str]) -> Piece:
    left, right = number(node.left, name), number(node.right, name)
    names = left.names + right.names
    fails = left.may_fail or right.may_fail or node.sign == "/"
    if node.sign == "/":
        return Piece(_over(left, right), 2, names, fails)
    if node.sign == "*":
        return Piece(f"{left.inside(2)}*{right.inside(2)}", 2, names, fails)
    whole = left.whole and right.whole and facts(node).scale == 0
    # What is taken away is bracketed like a factor, or its own minus would turn.
    right_text = right.inside(2) if node.sign == "-" or right.text.startswith("-") else right.text
    return Piece(f"{left.text}{node.sign}{right_text}", 1, names, fails, whole)


def _call(node: Call, name: Callable[[Cell], str]) -> Piece:
    if node.name == "GRADE":
        return _grade(node, name)
    if node.name == "IF":
        return _choice(node, name)
    parts = [number(part, name) for part in node.arguments]
    names = tuple(one for part in parts for one in part.names)
    fails = any(part.may_fail for part in parts)
    first = parts[0].text
    if node.name == "ROUND":
        return Piece(f"ROUND({first},{parts[1].text})", 3, names, fails, whole=True)
    if node.name == "FLOOR":
        # Nine places first: 0.29*100 is a little less than 29 in floats.
        return Piece(f"INT(ROUND({first},9))", 3, names, fails, whole=True)
    if node.name == "ABS":
        return Piece(f"ABS({first})", 3, names, fails, parts[0].whole)
    if name is not _no_cell and node.name != "SUM":
        raise OfficeOnly(node)
    if node.name == "ADDYEARS":
        return Piece(f"EDATE({first},12*{parts[1].inside(2)})", 3, names, fails, whole=True)
    if node.name in ("MIN", "MAX", "SUM"):
        if name is not _no_cell:
            return Piece("+".join(part.text for part in parts), 1, names, fails)
        text = f"{node.name}({','.join(part.text for part in parts)})"
        return Piece(text, 3, names, fails, all(part.whole for part in parts))
    raise OfficeOnly(node)


def _choice(node: Call, name: Callable[[Cell], str]) -> Piece:
    """IF, whose other branch needs no value: CHOOSE works out one branch only."""
    if name is not _no_cell:
        raise OfficeOnly(node)
    verdict = _verdict(node.arguments[0], name)
    pieces = [number(part, name) for part in node.arguments[1:]]
    yes, no = (_guarded(piece.text, (piece,), "NA()") for piece in pieces)
    return Piece(f"CHOOSE(1+2*{_factor(verdict)},{no},NA(),{yes})", 3, may_fail=True)


def _factor(verdict: str) -> str:
    return f"({verdict})" if verdict.startswith(("1-", "--")) else verdict


def _grade(node: Call, name: Callable[[Cell], str]) -> Piece:
    """GRADE: the number beside the text that stands in the cell; dividing fails without one."""
    cell, *pairs = node.arguments
    tests = [f"EXACT({_figure(cell, name)},{quoted(text.value)})" for text in pairs[::2]]
    worth = "+".join(f"{t}*{n.value:f}" for t, n in zip(tests, pairs[1::2], strict=True))
    return Piece(f"({worth})/({'+'.join(tests)})", 2, may_fail=True)
