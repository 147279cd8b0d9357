"""Form sets: what is asked, of whom, how often. Nothing here knows a form's name."""

import os
import re
import tomllib
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal, get_args

import msgspec

from huizong.errors import DefinitionError

# What a unit of measure measures. Counts of anything may be compared with one another
# (corrections.md); all that is not listed here is a count.
DIMENSIONS = {
    "元": "money",
    "万元": "money",
    "亿元": "money",
    "万美元": "money",
    "平方米": "area",
    "万平方米": "area",
    "平方公里": "area",
    "亩": "area",
    "%": "percent",
    "‰": "percent",
    "公里": "length",
    "米": "length",
    "小时": "duration",
}
# What counts persons, households or cases: of one or two of them somebody may know who they are.
_OF_PERSONS = frozenset(("人", "名", "户", "人次", "户次", "件", "起"))

Level = Literal["must", "release", "explain", "note"]
# How units become a total. No mean and no latest: a mean is a rate of two figures that add up.
Way = Literal["sum", "ratio", "distinct", "max", "min", "none"]
LEVELS_OF_OFFICE = ("社区", "街道", "区县", "市", "省")


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A frozen part of a definition; unknown keys are refused."""


class Measured(Record):
    """What indicators and columns have in common: a `type`, `places` and a `unit` of measure."""

    @property
    def scale(self) -> int:
        """Decimal places that it is given with."""
        if self.places is not None:
            return self.places
        return {"decimal": 2, "percent": 1}.get(self.type, 0)

    @property
    def dimension(self) -> str:
        """What its unit measures: money, area, percent, length, duration or count."""
        return DIMENSIONS.get(self.unit, "count")

    @property
    def numeric(self) -> bool:
        """Whether it holds a number."""
        return self.type in ("int", "decimal", "percent")


class Indicator(Measured, kw_only=True):
    """
    One figure of a statistics form.

    `total` says how units add up; `ratio` is the expression of a computed rate (over its parts);
    `source_rule` (key `from`) is the expression over ledgers that determines the figure.
    `minimum` and `maximum` hold for communities only, never for a total. `compared` says whether
    units are held against each other, `ranked` whether they are put in order by it, the way that
    `better` says: never by cases and disputes.
    """

    code: str
    zh: str
    en: str
    unit: str
    type: Literal["int", "decimal", "percent", "date", "choice", "text"]
    time: Literal["stock", "flow", "ytd"]
    total: Way = "sum"
    places: int | None = None
    ratio: str = ""
    distinct: str = ""
    source_rule: str = msgspec.field(name="from", default="")
    required: bool = False
    minimum: Decimal | None = msgspec.field(name="min", default=None)
    maximum: Decimal | None = msgspec.field(name="max", default=None)
    levels: tuple[str, ...] = LEVELS_OF_OFFICE
    own_only: bool = False
    zero_words: tuple[str, ...] = ("无", "没有")
    choices: tuple[str, ...] = ()
    section: str = ""
    section_en: str = ""
    indent: int = 0
    key: bool = False
    green: Decimal | None = None
    amber: Decimal | None = None
    better: Literal["", "more", "less"] = ""
    sensitive: bool = False
    ranked: bool = False
    compared: bool = True
    source: str = ""
    definition: str = ""
    definition_en: str = ""

    @property
    def computed(self) -> bool:
        """Whether it is a rate, worked out from its parts and never typed."""
        return bool(self.ratio)

    @property
    def of_persons(self) -> bool:
        """Whether it counts persons, households or cases."""
        return self.unit in _OF_PERSONS


class Column(Measured, kw_only=True):
    """One column of a ledger or plan; `rule` is the expression of a computed column."""

    key: str
    zh: str
    en: str
    type: Literal["text", "int", "decimal", "date", "choice", "percent"] = "text"
    places: int | None = None
    unit: str = ""
    choices: tuple[str, ...] = ()
    required: bool = False
    public: bool = False
    personal: bool = False
    rule: str = ""
    width: float = 12
    help: str = ""

    @property
    def entry(self) -> bool:
        """Whether a person fills it: not the running number, not computed."""
        return self.key != "seq" and not self.rule


class Ledger(Record, kw_only=True, dict=True):
    """A form of rows. `kind` is flow (new every period), stock (carried over) or plan."""

    code: str
    zh: str
    en: str
    columns: tuple[Column, ...]
    kind: Literal["flow", "stock", "plan"] = "flow"
    rows: int = 500
    title: str = ""
    help: str = ""
    help_en: str = ""

    @property
    def symbol(self) -> str:
        """Its name in relations: TJ-L1 is TJ_L1."""
        return self.code.replace("-", "_")

    @cached_property
    def by_key(self) -> dict[str, Column]:
        """Columns by key."""
        return {column.key: column for column in self.columns}


class Relation(Record, kw_only=True, dict=True):
    """
    One rule of a form set: `rule` in our language, `source` the catalogue's wording.

    `level` is how it is meant: must 强制, release 准强制, explain 核实, note 提示. `levels` are the
    office levels whose returns it is run on; `remedy` overrides the standing advice.
    """

    id: str
    level: Level
    rule: str
    zh: str
    en: str
    source: str = ""
    levels: tuple[str, ...] = LEVELS_OF_OFFICE
    special_report: bool = False
    scope: Literal["return", "units"] = "return"


class PlanItem(Record, kw_only=True):
    """A work item that stands in the issued plan: in `quarters`, with its suggested target."""

    item: str
    quarters: tuple[int, ...] = (1, 2, 3, 4)
    measure: str = ""
    milestone: str = ""
    target: int | None = None
    unit: str = ""
    indicator: str = ""
    owner: str = ""
    partners: str = ""


class TextSection(Record, kw_only=True):
    """One section of the written report."""

    key: str
    zh: str
    en: str
    required: bool = True


class FormSet(Record, kw_only=True, dict=True):
    """The definition of one line's forms."""

    code: str
    version: str
    zh: str
    en: str
    title: str
    title_en: str = ""
    form_no: str
    owner: str = ""
    cycle: Literal["M", "Q", "H", "Y", "D"] = "Q"
    due_days: int = 5
    indicators: tuple[Indicator, ...]
    ledgers: tuple[Ledger, ...] = ()
    relations: tuple[Relation, ...] = ()
    plan_items: tuple[PlanItem, ...] = ()
    sections: tuple[TextSection, ...] = ()
    notes: tuple[str, ...] = ()
    notes_en: tuple[str, ...] = ()
    folder: str = ""

    def notes_in(self, language: str) -> tuple[str, ...]:
        """Give the notes in a language; Chinese where there is no other."""
        return (self.notes_en if language == "en" else ()) or self.notes

    @cached_property
    def by_code(self) -> dict[str, Indicator]:
        """Indicators by code."""
        return {indicator.code: indicator for indicator in self.indicators}

    @cached_property
    def by_symbol(self) -> dict[str, Ledger]:
        """Ledgers and the plan by their name in relations."""
        return {ledger.symbol: ledger for ledger in self.ledgers}

    @property
    def plan(self) -> Ledger | None:
        """The work plan, if the set has one."""
        return next((ledger for ledger in self.ledgers if ledger.kind == "plan"), None)


def templates_folder() -> Path:
    """
    Find the installed form sets: beside the package, or at the top of a checkout.

    HUIZONG_TEMPLATES names another folder, for an office with form sets of its own.
    """
    own = os.environ.get("HUIZONG_TEMPLATES")
    if own:
        return Path(own)
    beside = Path(__file__).parent / "templates"
    return beside if beside.is_dir() else Path(__file__).parents[2] / "templates"


def installed(folder: Path | None = None) -> dict[str, Path]:
    """List the form sets of a templates folder: `{"TJ": …/TJ}`."""
    root = folder or templates_folder()
    return {path.parent.name: path.parent for path in sorted(root.glob("*/definition.toml"))}


def read_form_set(folder: Path) -> FormSet:
    """
    Read one definition, its shape only; `language.check` looks into its expressions.

    Raises:
        DefinitionError: If a key is missing, unknown, of a wrong type, or a code stands twice.
    """
    path = folder / "definition.toml"
    table, text = _toml(path)
    plan_file = table.pop("plan", None)
    if plan_file:
        beside = folder.parent / plan_file
        _add_plan(table, beside if beside.is_file() else templates_folder() / plan_file)
    try:
        form_set = msgspec.convert({**table, "folder": str(folder)}, FormSet)
    except msgspec.ValidationError as error:
        raise _wrong_shape(path, text, table, str(error)) from error
    _refuse_doubles(form_set, path, text)
    _refuse_extremes(form_set, path, text)
    _refuse_ranges(form_set, path, text)
    _refuse_ranks(form_set, path, text)
    return form_set


def _toml(path: Path) -> tuple[dict, str]:
    try:
        text = path.read_text(encoding="utf-8")
        return tomllib.loads(text), text
    except OSError as error:
        raise DefinitionError("definition.missing", file=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else 0
        raise DefinitionError(
            "definition.toml", file=path.name, line=line, why=str(error)
        ) from error


def _add_plan(table: dict, path: Path) -> None:
    """Put the plan that all lines share into a set, under the set's own code."""
    plan, _ = _toml(path)
    code = table.get("code", "")
    ledger = {**plan["ledger"], "code": f"{code}-P", "kind": "plan"}
    table["ledgers"] = [*table.get("ledgers", []), ledger]
    # Items are ticked off by flow figures (FIGURE); a set of stocks has none.
    flows = any(one.get("time") == "flow" for one in table.get("indicators", []))
    table["relations"] = [
        *table.get("relations", []),
        *(
            {**rule, "rule": rule["rule"].replace("PLAN", f"{code}_P")}
            for rule in plan["relations"]
            if flows or "FIGURE(" not in rule["rule"]
        ),
    ]


def line_of(text: str, needle: str, nth: int = 1) -> int:
    """Find the line of the `nth` place where `needle` stands in a definition; 0 if nowhere."""
    lines = [number for number, line in enumerate(text.splitlines(), 1) if needle in line]
    return lines[nth - 1] if len(lines) >= nth else 0


def _wrong_shape(path: Path, text: str, table: dict, why: str) -> DefinitionError:
    """Say which entry msgspec means by `$.indicators[3].type`, with its line."""
    key, line = "", 0
    if found := re.search(r"\$\.(\w+)\[(\d+)\]", why):
        entry = table[found[1]][int(found[2])]
        name = next((field for field in ("code", "id", "key", "item") if field in entry), "")
        key = str(entry.get(name, "")) or found[0]
        line = line_of(text, f'"{entry.get(name)}"') if name else 0
        if found[1] == "indicators" and (way := entry.get("total", "sum")) not in get_args(Way):
            return DefinitionError("definition.total", file=path.name, line=line, key=key, what=way)
    elif found := re.search(r"field `(\w+)`", why):
        key, line = found[1], line_of(text, f"{found[1]} =")
    return DefinitionError("definition.shape", file=path.name, line=line, key=key, why=why)


def _refuse_doubles(form_set: FormSet, path: Path, text: str) -> None:
    codes = [indicator.code for indicator in form_set.indicators]
    codes += [ledger.code for ledger in form_set.ledgers]
    codes += [relation.id for relation in form_set.relations]
    for code in codes:
        if codes.count(code) > 1:
            line = line_of(text, f'"{code}"', 2)
            raise DefinitionError("definition.double", file=path.name, line=line, key=code)


def _refuse_extremes(form_set: FormSet, path: Path, text: str) -> None:
    """A flow adds up over the year: the greatest of several periods would be added to another."""
    for one in form_set.indicators:
        if one.time == "flow" and one.total in ("max", "min"):
            line = line_of(text, f'"{one.code}"')
            raise DefinitionError(
                "definition.extreme", file=path.name, line=line, key=one.code, what=one.total
            )


def _refuse_ranks(form_set: FormSet, path: Path, text: str) -> None:
    for one in form_set.indicators:
        if one.ranked and not one.better:
            line = line_of(text, f'"{one.code}"')
            raise DefinitionError("definition.rank", file=path.name, line=line, key=one.code)


def _refuse_ranges(form_set: FormSet, path: Path, text: str) -> None:
    for one in form_set.indicators:
        limits = (one.minimum, one.maximum)
        if None not in limits and limits[0] > limits[1]:
            line = line_of(text, f'"{one.code}"')
            raise DefinitionError(
                "definition.range", file=path.name, line=line, key=one.code,
                minimum=one.minimum, maximum=one.maximum,
            )  # fmt: skip
