"""Form sets: what is asked, of whom, how often. Nothing here knows a form's name."""

import os
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from huizong.errors import DefinitionError, HuizongError
from huizong.form_checks import flaws
from huizong.form_shape import Flaw, flaw_of, line_of_entry

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
OfficeLevel = Literal["社区", "街道", "区县", "市", "省"]
LEVELS_OF_OFFICE: tuple[OfficeLevel, ...] = get_args(OfficeLevel)


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
    unit: str = ""
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
    levels: tuple[OfficeLevel, ...] = LEVELS_OF_OFFICE
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
    """
    One column of a ledger or plan; `rule` is the expression of a computed column.

    `minimum` is the least that a number may be: 0 where nothing is ever taken back.
    """

    key: str
    zh: str
    en: str
    type: Literal["text", "int", "decimal", "date", "choice", "percent"] = "text"
    places: int | None = None
    unit: str = ""
    minimum: Decimal | None = msgspec.field(name="min", default=None)
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
    levels: tuple[OfficeLevel, ...] = LEVELS_OF_OFFICE
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
    plan_file: str = msgspec.field(name="plan", default="")
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


class Plan(Record):
    """The plan that all lines share, as it stands in its own file; put into a set when read."""

    ledger: dict[str, Any]
    relations: tuple[dict[str, Any], ...] = ()


def templates_folder() -> Path:
    """
    Find the installed form sets: beside the package, or at the top of a checkout.

    HUIZONG_TEMPLATES names another folder, for an office with form sets of its own.

    Raises:
        HuizongError: If that folder is not there, or holds no form set.
    """
    own = os.environ.get("HUIZONG_TEMPLATES")
    if own:
        if not any(Path(own).glob("*/definition.toml")):
            raise HuizongError("error.no_templates", folder=own)
        return Path(own)
    beside = Path(__file__).parent / "templates"
    return beside if beside.is_dir() else Path(__file__).parents[2] / "templates"


def installed(folder: Path | None = None) -> dict[str, Path]:
    """List the form sets of a templates folder: `{"TJ": …/TJ}`."""
    root = folder or templates_folder()
    return {path.parent.name: path.parent for path in sorted(root.glob("*/definition.toml"))}


def read_installed() -> dict[str, FormSet]:
    """
    Read all installed form sets, by code.

    Raises:
        DefinitionError: If one is wrong, or its folder has another name than its code.
    """
    found = {}
    for name, folder in installed().items():
        form_set = found[name] = read_form_set(folder)
        if form_set.code != name:
            texts = {"definition.toml": (folder / "definition.toml").read_text(encoding="utf-8")}
            flaw = Flaw("definition.folder", (("code", form_set.code),), {"folder": name})
            raise definition_error(flaw, texts, name)
    return found


def read_form_set(folder: Path) -> FormSet:
    """
    Read one definition without its expressions; `language.check` looks into these.

    Raises:
        DefinitionError: If a key is missing, unknown or of a wrong type, or the definition says
            what can never be right (`form_checks`).
    """
    table, text = read_toml(folder / "definition.toml", folder.name)
    texts = {"definition.toml": text}
    if plan_file := str(table.get("plan", "")):
        beside, ours = folder.parent / plan_file, templates_folder() / plan_file
        path = ours if ours.is_file() and not beside.is_file() else beside
        texts[path.name] = _add_plan(table, path, folder.name)
    form_set = shaped({**table, "folder": str(folder)}, FormSet, texts, folder.name)
    for flaw in flaws(form_set):
        raise definition_error(flaw, texts, folder.name)
    return form_set


def read_toml(path: Path, set_code: str, name: str = "") -> tuple[dict[str, Any], str]:
    """
    Read one file of a definition, as a table and as its text; faults call it by `name`.

    Raises:
        DefinitionError: If it is not there or no TOML, with the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text
    except OSError as error:
        raise DefinitionError("definition.missing", set=set_code, file=str(path)) from error
    except UnicodeDecodeError as error:
        name = name or path.name
        raise DefinitionError("definition.encoding", set=set_code, file=name) from error
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+), column (\d+)", str(error))
        line = int(found[1]) if found else len(text.splitlines())
        column = int(found[2]) if found else 1
        stands = (text.splitlines() or [""])[line - 1][column - 1 :][:20].strip()
        raise DefinitionError(
            "definition.toml", set=set_code, file=name or path.name, line=line, what=stands or "——"
        ) from error


def shaped(table: Mapping[str, Any], record: type, texts: Mapping[str, str], set_code: str) -> Any:
    """
    Make a record of a table.

    Raises:
        DefinitionError: If a key is missing, unknown or of a wrong type.
    """
    try:
        return msgspec.convert(table, record)
    except msgspec.ValidationError as error:
        raise definition_error(flaw_of(str(error), table, record), texts, set_code) from error


def definition_error(flaw: Flaw, texts: Mapping[str, str], set_code: str) -> DefinitionError:
    """Say in which file and on which line of a set a mistake stands; `texts` are its files."""
    lines = {name: line_of_entry(text, flaw) for name, text in texts.items()}
    # The plan's own file says its columns without the ledger's code.
    inner = msgspec.structs.replace(flaw, entry=flaw.entry[-1:])
    lines |= {name: line_of_entry(texts[name], inner) for name in [*lines][1:] if not lines[name]}
    file = next((name for name, line in lines.items() if line), next(iter(texts)))
    where = {"set": set_code, "file": file, "line": lines[file], "key": flaw.key}
    return DefinitionError(flaw.code, **{**where, **flaw.details})


def _add_plan(table: dict[str, Any], path: Path, set_code: str) -> str:
    """Put the plan that all lines share into a set, under the set's own code; give its text."""
    found, text = read_toml(path, set_code)
    plan = shaped(found, Plan, {path.name: text}, set_code)
    code = table.get("code", "")
    ledger = {**plan.ledger, "code": f"{code}-P", "kind": "plan"}
    table["ledgers"] = [*table.get("ledgers", []), ledger]
    # Items are ticked off by flow figures (FIGURE); a set of stocks has none.
    indicators = [one for one in table.get("indicators", []) if isinstance(one, dict)]
    flows = any(one.get("time") == "flow" for one in indicators)
    rules = [(one, str(one.get("rule", ""))) for one in plan.relations]
    table["relations"] = [
        *table.get("relations", []),
        *(
            {**one, "rule": rule.replace("PLAN", f"{code}_P")}
            for one, rule in rules
            if flows or "FIGURE(" not in rule
        ),
    ]
    return text
