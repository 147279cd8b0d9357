"""The relation language: a definition's expressions, read, checked and put in order."""

import graphlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path

from msgspec.structs import replace

from huizong.errors import DefinitionError
from huizong.form_shape import Flaw, nearest
from huizong.former import check_versions
from huizong.forms import FormSet, Ledger, Relation, definition_error
from huizong.layout import MOST_OF_SHEET_NAME, odd_sheet_name
from huizong.meaning import Scope, absent_sets, facts, prefix_of, resolve, wrong_kind
from huizong.syntax import (
    Aggregate,
    Cell,
    Comparison,
    Figure,
    Logic,
    Node,
    Number,
    Operation,
    Source,
    parse,
    rebuild,
    walk,
)

# How an entry is called in its definition: by which key, and what that says.
Name = tuple[str, str]
_MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One part of a relation that has a verdict of its own: TJ-R01.1 of TJ-R01."""

    id: str
    relation: Relation
    expression: Node

    @property
    def zh(self) -> str:
        """What it says, in Chinese."""
        return self.relation.zh

    @property
    def en(self) -> str:
        """What it says, in English."""
        return self.relation.en

    @property
    def level(self) -> str:
        """How it is meant: must, release, explain or note."""
        return self.relation.level

    @property
    def codes(self) -> tuple[str, ...]:
        """The indicators that it speaks of, in the order of writing."""
        return codes_of(self.expression)

    @property
    def ledgers(self) -> tuple[str, ...]:
        """The ledgers that it reads."""
        return ledgers_of(self.expression)


@dataclass(frozen=True, slots=True)
class Computed:
    """
    A figure or column that is worked out: by `from`, `ratio` or a column's rule.

    `ledger` is empty for figures. A percentage's expression is already times 100.
    """

    code: str
    expression: Node
    scale: int
    ledger: str = ""


@dataclass(frozen=True, slots=True)
class Dormant:
    """A relation or computed figure that waits for form sets that are not installed."""

    id: str
    rule: str
    sets: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class CheckedSet:
    """
    A form set with its expressions understood.

    `computed` (figures) and `columns` stand in the order of their computation; `lasting` are the
    figures of other sets that it refers to and that do not add up over the year; `distinct` names
    the ledger and columns by which a figure counts names over all units.
    """

    form_set: FormSet
    relations: tuple[Rule, ...]
    dormant: tuple[Dormant, ...]
    computed: tuple[Computed, ...]
    columns: tuple[Computed, ...]
    lasting: frozenset[str] = frozenset()
    distinct: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def others(self) -> tuple[str, ...]:
        """The other sets whose figures or ledgers it looks at, of the same unit and period."""
        return _others(self)

    def asked_elsewhere(self, code: str) -> bool:
        """Whether a figure is worked out from another set's, so that only the office can."""
        return any(one.code == code and others_of(one.expression) for one in self.computed)

    @property
    def ratios(self) -> dict[str, Node]:
        """The expressions of rates, by code."""
        by_code = self.form_set.by_code
        return {one.code: one.expression for one in self.computed if by_code[one.code].ratio}

    @property
    def sources(self) -> dict[str, Node]:
        """The expressions that determine figures (`from`), by code."""
        by_code = self.form_set.by_code
        return {one.code: one.expression for one in self.computed if not by_code[one.code].ratio}

    @property
    def column_rules(self) -> dict[tuple[str, str], Node]:
        """The expressions of computed columns, by ledger symbol and key."""
        return {(one.ledger, one.code): one.expression for one in self.columns}

    def ledgers_of(self, code: str) -> tuple[Ledger, ...]:
        """The ledgers that determine a figure."""
        node = self.sources.get(code)
        symbols = ledgers_of(node) if node is not None else ()
        return tuple(self.form_set.by_symbol[symbol] for symbol in symbols)

    def previous_of(self, code: str) -> tuple[str, ...]:
        """The figures of last period that determine a figure."""
        node = self.sources.get(code)
        parts = walk(node) if node is not None else ()
        found = (part for part in parts if isinstance(part, Figure) and part.when == "previous")
        return tuple(dict.fromkeys(part.code for part in found))

    def year_to_date(self, code: str) -> Node:
        """The expression of a rate over the year so far."""
        return self._to_date(self.ratios[code])

    def _to_date(self, node: Node) -> Node:
        if isinstance(node, Figure) and node.when == "now" and node.code not in self.lasting:
            return replace(node, when="ytd")
        return rebuild(node, self._to_date)


@cache
def _others(checked: CheckedSet) -> tuple[str, ...]:
    nodes = [rule.expression for rule in checked.relations]
    nodes += [one.expression for one in checked.computed]
    return tuple(dict.fromkeys(name for node in nodes for name in others_of(node)))


def is_quotient(node: Node) -> bool:
    """Whether a computed value reads —— over a base of zero."""
    return isinstance(node, Operation) and node.sign == "/"


def _times_100(node: Node) -> Node:
    """Make a percentage of a quotient, which stays a quotient."""
    hundred = Number(Decimal(100))
    if is_quotient(node):
        return Operation("/", Operation("*", node.left, hundred), node.right)
    return Operation("*", node, hundred)


def codes_of(node: Node) -> tuple[str, ...]:
    """Name the indicators in an expression, once each."""
    return tuple(dict.fromkeys(part.code for part in walk(node) if isinstance(part, Figure)))


def ledgers_of(node: Node) -> tuple[str, ...]:
    """Name the ledgers in an expression, once each."""
    return tuple(dict.fromkeys(part.symbol for part in walk(node) if isinstance(part, Source)))


def others_of(node: Node) -> tuple[str, ...]:
    """Name the other sets that an expression looks at, once each."""
    parts = (part for part in walk(node) if isinstance(part, Figure | Source) and part.foreign)
    names = (part.code if isinstance(part, Figure) else part.symbol for part in parts)
    return tuple(dict.fromkeys(map(prefix_of, names)))


def _lasting(nodes: Iterable[Node], installed: Mapping[str, FormSet]) -> frozenset[str]:
    """Name the figures of other sets that are the same for the period and for the year so far."""
    figures = (part for node in nodes for part in walk(node) if isinstance(part, Figure))
    codes = {part.code for part in figures if part.foreign}
    return frozenset(
        code for code in codes if installed[prefix_of(code)].by_code[code].time != "flow"
    )


def check(form_set: FormSet, installed: Mapping[str, FormSet]) -> CheckedSet:
    """
    Read every expression of a form set, and refuse what could never be right.

    Raises:
        DefinitionError: With file, line and key; the codes are in `texts/definition.toml`.
    """
    check_versions(form_set)
    reader = _Reader(form_set, Scope(form_set, installed))
    _refuse_sheet_names(reader)
    rules = tuple(rule for relation in form_set.relations for rule in reader.rules(relation))
    computed = _in_order(reader, tuple(reader.figures()), _parts_of_figure)
    columns = _in_order(reader, tuple(reader.columns()), _parts_of_column)
    _refuse_contradictions(reader, rules)
    lasting = _lasting((one.expression for one in computed), installed)
    distinct = dict(reader.distinct())
    return CheckedSet(form_set, rules, tuple(reader.dormant), computed, columns, lasting, distinct)


def _refuse_sheet_names(reader: "_Reader") -> None:
    """Each ledger has a sheet of its own, in either language."""
    form_set = reader.form_set
    for names in ([one.zh for one in form_set.ledgers], [one.en for one in form_set.ledgers]):
        sheets = [f"{one.code} {name}" for one, name in zip(form_set.ledgers, names, strict=True)]
        sheets = [sheet[:MOST_OF_SHEET_NAME] for sheet in sheets]
        if odd := odd_sheet_name(sheets):
            code = form_set.ledgers[sheets.index(odd)].code
            raise reader.fault(DefinitionError("definition.sheet_name", what=odd), ("code", code))


class _Reader:
    """Reads the expressions of one definition, and knows where each stands."""

    def __init__(self, form_set: FormSet, scope: Scope) -> None:
        self.form_set = form_set
        self.scope = scope
        self.dormant: list[Dormant] = []

    def rules(self, relation: Relation) -> Iterator[Rule]:
        whole = self._read(("id", relation.id), relation.rule, self.scope, "logic")
        if whole is None:
            return
        parts = tuple(_conjuncts(whole))
        for number, part in enumerate(parts, 1):
            yield Rule(f"{relation.id}.{number}" if len(parts) > 1 else relation.id, relation, part)

    def figures(self) -> Iterator[Computed]:
        for one in self.form_set.indicators:
            for text in filter(None, (one.source_rule, one.ratio)):
                node = self._read(("code", one.code), text, self.scope, "number", "date")
                if node is None:
                    continue
                if one.ratio and not is_quotient(node):
                    fault = DefinitionError("definition.no_base", what=text)
                    raise self.fault(fault, ("code", one.code))
                percent = bool(one.ratio) and one.type == "percent"
                yield Computed(one.code, _times_100(node) if percent else node, one.scale)

    def distinct(self) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
        for one in self.form_set.indicators:
            if one.total != "distinct":
                continue
            entry = ("code", one.code)
            node = self._read(entry, f"DISTINCT({one.distinct})", self.scope, "number")
            plain = isinstance(node, Aggregate) and node.where is None and not node.source.previous
            if not plain or node.source.foreign:
                fault = DefinitionError("definition.syntax", what=one.distinct, column=0)
                raise self.fault(fault, entry)
            yield one.code, (node.source.symbol, tuple(cell.key for cell in node.values))

    def columns(self) -> Iterator[Computed]:
        for ledger in self.form_set.ledgers:
            scope = Scope(self.form_set, self.scope.others, ledger)
            for column in ledger.columns:
                if column.rule:
                    node = self._read(("key", column.key), column.rule, scope, "number", "date")
                    if node is not None:
                        node = _times_100(node) if column.type == "percent" else node
                        yield Computed(column.key, node, column.scale, ledger.symbol)

    def _read(self, entry: Name, text: str, scope: Scope, *kinds: str) -> Node | None:
        """Read the expression of an entry; None if it lies dormant."""
        try:
            raw = parse(text)
            if absent := absent_sets(raw, scope):
                self.dormant.append(Dormant(entry[1], text, absent))
                return None
            node = resolve(raw, scope)
            if (kind := facts(node).kind) not in kinds:
                raise wrong_kind(text, kinds, kind)
        except DefinitionError as error:
            error = self._known(error)
            outer = (("code", scope.ledger.code),) if scope.ledger else ()
            raise self.fault(error, *outer, entry) from error
        return node

    def _known(self, error: DefinitionError) -> DefinitionError:
        """Say of a code that is none which one was probably meant."""
        if error.code != "definition.odd_code":
            return error
        what, codes = str(error.details["what"]), self.form_set.by_code
        near = nearest(what.upper(), codes)
        return DefinitionError("definition.unknown_code", what=what, near=near)

    def fault(self, error: DefinitionError, *entry: Name) -> DefinitionError:
        """Add the place of an entry to a fault."""
        folder = Path(self.form_set.folder)
        paths = (folder / "definition.toml", *sorted(folder.parent.glob("common/*.toml")))
        texts = {
            path.name: path.read_text(encoding="utf-8")
            for path in paths
            if self.form_set.folder and path.is_file()
        }
        flaw = Flaw(error.code, entry, error.details)
        return definition_error(flaw, texts or {"definition.toml": ""}, self.form_set.code)


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Logic) and node.sign == "AND":
        for part in node.parts:
            yield from _conjuncts(part)
    else:
        yield node


def _parts_of_figure(one: Computed) -> set[str]:
    # A figure of last period is no part of this one's: TJ20 may stand on PREV(TJ20).
    figures = (part for part in walk(one.expression) if isinstance(part, Figure))
    return {part.code for part in figures if part.when in ("now", "ytd", "year")}


def _parts_of_column(one: Computed) -> set[str]:
    cells = (part for part in walk(one.expression) if isinstance(part, Cell))
    return {f"{one.ledger}.{part.key}" for part in cells if not part.above}


def _in_order(reader: _Reader, found: tuple[Computed, ...], parts: object) -> tuple[Computed, ...]:
    """Put what is computed after its own parts."""
    names = {(f"{one.ledger}.{one.code}" if one.ledger else one.code): one for one in found}
    graph = {name: sorted(parts(one) & names.keys()) for name, one in names.items()}
    try:
        order = tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        circle = " → ".join(error.args[1])
        one = names[error.args[1][0]]
        entry = ("key" if one.ledger else "code", one.code)
        raise reader.fault(DefinitionError("definition.circular", what=circle), entry) from error
    return tuple(names[name] for name in order)


@dataclass(frozen=True, slots=True)
class _Limit:
    """One end of a range that a rule or the definition lays down for a code."""

    value: Decimal
    strict: bool
    upper: bool
    origin: str
    levels: tuple[str, ...]

    def excludes(self, other: "_Limit") -> bool:
        """Whether no value keeps this upper and that lower limit."""
        if not self.upper or other.upper or not set(self.levels) & set(other.levels):
            return False
        touching = self.value == other.value and (self.strict or other.strict)
        return self.value < other.value or touching


def _refuse_contradictions(reader: _Reader, rules: tuple[Rule, ...]) -> None:
    """Refuse ranges that exclude each other, or the range of the definition (communities only)."""
    limits: dict[str, list[_Limit]] = {}
    for one in reader.form_set.indicators:
        for value, upper in ((one.minimum, False), (one.maximum, True)):
            if value is not None:
                limit = _Limit(value, False, upper, "max" if upper else "min", ("社区",))
                limits.setdefault(one.code, []).append(limit)
    for rule in rules:
        for code, limit in _limits_of(rule):
            others = limits.setdefault(code, [])
            for other in others:
                if limit.excludes(other) or other.excludes(limit):
                    what = f"{code}: {limit.origin} / {other.origin} {other.value}"
                    fault = DefinitionError("definition.contradiction", what=what)
                    raise reader.fault(fault, ("id", rule.relation.id))
            others.append(limit)


def _limits_of(rule: Rule) -> Iterator[tuple[str, _Limit]]:
    node = rule.expression
    if not isinstance(node, Comparison):
        return
    left, sign, right = node.left, node.sign, node.right
    if isinstance(left, Number):
        left, sign, right = right, _MIRROR[sign], left
    if isinstance(left, Figure) and left.when == "now" and isinstance(right, Number):
        for upper, signs in ((True, ("<", "<=", "=")), (False, (">", ">=", "="))):
            if sign in signs:
                strict = sign in "<>"
                yield left.code, _Limit(right.value, strict, upper, rule.id, rule.relation.levels)
