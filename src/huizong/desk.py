"""What the parts of an issued workbook share: its records, its headings, its values."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec
import xlsxwriter

from huizong import layout
from huizong.cells import NOT_APPLICABLE, address
from huizong.form_styles import Styles, lines_needed, page, tidy
from huizong.forms import FormSet, Indicator
from huizong.formula_rows import OfficeOnly, quoted
from huizong.formulas import live, value_formula, verdict_formula
from huizong.language import CheckedSet
from huizong.periods import Period
from huizong.records import LEVELS, Identity, Reading
from huizong.syntax import Node
from huizong.texts import either, marked, name_of, say

# What a unit may do on a protected sheet.
ALLOWED = dict.fromkeys(
    ("sort", "autofilter", "insert_rows", "delete_rows", "format_columns", "format_rows"), True
)


class Caches(msgspec.Struct, frozen=True):
    """
    The results of all formulas, worked out in Python, to stand beside them in the file.

    `figures` and `ytd` by code, `verdicts` by relation id (1, 0, -1), `rows` computed ledger
    cells by (symbol, key, position of the row).
    """

    figures: Mapping[str, str] = MappingProxyType({})
    ytd: Mapping[str, str] = MappingProxyType({})
    verdicts: Mapping[str, int] = MappingProxyType({})
    rows: Mapping[tuple[str, str, int], str] = MappingProxyType({})


class Mark(msgspec.Struct, frozen=True):
    """
    One cell of a correction copy that is tinted while it stands as it was sent.

    `sent` is that value, None to keep the tint; `note` a comment on the cell, if there is one.
    """

    sheet: str
    row: int
    column: int
    level: str
    note: str = ""
    sent: str | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """
    One row of 问题清单: which, where, what stands there, what should, what to do.

    `text` says what is wrong and ends with `remedy`, what to do about it.
    """

    key: str
    level: str
    sheet: str = ""
    cell: str = ""
    found: str = ""
    expected: str = ""
    text: str = ""
    remedy: str = ""


class Asked(msgspec.Struct, frozen=True):
    """A row added to 审核说明: a question about something that is no relation."""

    label: str
    text: str
    reason: str = ""


class Blank(msgspec.Struct, frozen=True, kw_only=True):
    """
    Everything that stands in an issued workbook.

    `previous`, `year_ago` hold plain decimals or —— by code; `before` the sum of the year's
    earlier periods, without the codes that lack one; `merged` and `split` name the units that the
    unit's past is of beside itself, or that it was a part of, `opened` where
    figures come from that were imported (期初). `filling` is what the unit typed, `level` that of
    the unit; the standard blank is a community's.
    `on_paper` are the ledgers (symbols) whose totals alone are filled in, `told` the unit's
    reasons of last period by relation; `marks`, `problems`, `asked` make a correction copy.
    `officer` and `phone` are whom to ask at the office. `joined` says that other form sets stand
    in the same workbook, `corrects` which correction copy it is.
    """

    checked: CheckedSet
    identity: Identity
    level: str = LEVELS[-1]
    seal: str = ""
    due: dt.date | None = None
    issued_at: str = ""
    issuer: str = ""
    officer: str = ""
    phone: str = ""
    approval: str = ""
    valid_to: str = ""
    previous: Mapping[str, str] = MappingProxyType({})
    year_ago: Mapping[str, str] = MappingProxyType({})
    before: Mapping[str, str] = MappingProxyType({})
    merged: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()
    redefined: tuple[str, ...] = ()
    filling: Reading | None = None
    on_paper: tuple[str, ...] = ()
    told: Mapping[str, str] = MappingProxyType({})
    marks: tuple[Mark, ...] = ()
    problems: tuple[Problem, ...] = ()
    asked: tuple[Asked, ...] = ()
    caches: Caches = Caches()
    joined: bool = False
    corrects: str = ""

    @property
    def form_set(self) -> FormSet:
        """The form set that it asks for."""
        return self.checked.form_set

    @property
    def period(self) -> Period | None:
        """The period, None for the standard blank."""
        return Period.parse(self.identity.period) if self.identity.period else None

    def typed_in(self, indicator: Indicator) -> bool:
        """
        Whether a person types the figure: no rule determines it, the rule wants a last period
        that the office does not have, or a ledger that is kept on paper.
        """
        if indicator.computed:
            return False
        if not indicator.source_rule:
            return True
        formulas = compiled(self.checked, self.level)
        if set(formulas.ledgers[indicator.code]) & set(self.on_paper):
            return True
        needed = formulas.previous[indicator.code]
        return any(self.previous.get(code, NOT_APPLICABLE) == NOT_APPLICABLE for code in needed)


class Compiled(msgspec.Struct, frozen=True):
    """The formulas of a form set, the same in every workbook: made once a process."""

    verdicts: Mapping[str, str]
    figures: Mapping[str, str]
    to_date: Mapping[str, str]
    codes: Mapping[str, tuple[str, ...]]
    reads: Mapping[str, tuple[str, ...]]
    ledgers: Mapping[str, tuple[str, ...]]
    previous: Mapping[str, tuple[str, ...]]


@cache
def compiled(checked: CheckedSet, level: str) -> Compiled:
    """Compile every live relation and every determined figure of a form set."""
    by_code = checked.form_set.by_code
    rules = [rule for rule in checked.relations if level in rule.relation.levels and live(rule)]
    return Compiled(
        verdicts={rule.id: verdict_formula(rule) for rule in rules},
        figures={one.code: _value(one.expression, one.scale) for one in checked.computed},
        to_date={
            code: _value(checked.year_to_date(code), by_code[code].scale) for code in checked.ratios
        },
        codes={rule.id: rule.codes for rule in rules},
        reads={rule.id: rule.ledgers for rule in rules},
        ledgers={
            code: tuple(one.symbol for one in checked.ledgers_of(code) if one.kind != "plan")
            for code in by_code
        },
        previous={code: checked.previous_of(code) for code in by_code},
    )


def _value(expression: Node, scale: int) -> str:
    """Compile a determined figure; one that only the office can work out stays blank."""
    try:
        return value_formula(expression, scale)
    except OfficeOnly:
        return '""'


class Desk(msgspec.Struct, frozen=True):
    """The workbook being written: its content, the file, its formats, the rows of 审核说明."""

    blank: Blank
    book: xlsxwriter.Workbook
    styles: Styles
    checks_rows: Mapping[str, int]

    @property
    def form_set(self) -> FormSet:
        """The form set that it asks for."""
        return self.blank.form_set

    @property
    def checks(self) -> str:
        """The name of its sheet of relations."""
        return layout.checks_sheet(self.form_set, joined=self.blank.joined)

    @property
    def formulas(self) -> Compiled:
        """Its formulas."""
        return compiled(self.blank.checked, self.blank.level)

    def judged(self, relation: str) -> bool:
        """Whether the workbook judges a relation itself: live, and no ledger of it on paper."""
        reads = self.formulas.reads.get(relation)
        return reads is not None and not set(reads) & set(self.blank.on_paper)


NOTE_SIZE = {"author": "", "x_scale": 2.2, "font_size": 9, "font_family": 0, "color": "#FFFFE1"}


def add_sheet(desk: Desk, name: str, *, landscape: bool = True) -> Any:
    """Add a protected sheet set up for printing; a correction copy's marks come first of all."""
    sheet = desk.book.add_worksheet(name)
    page(sheet, landscape=landscape)
    sheet.protect("", ALLOWED)
    for mark in desk.blank.marks:
        if mark.sheet == name:
            _mark(desk, sheet, mark)
    return sheet


def _mark(desk: Desk, sheet: Any, mark: Mark) -> None:
    """Tint a cell as long as it is as it was sent, above every other tint of the sheet."""
    cell = address(mark.row, mark.column)
    tint = desk.styles["tint_explain" if mark.level == "explain" else "tint_must"]
    sheet.conditional_format(
        mark.row, mark.column, mark.row, mark.column,
        {"type": "formula", "criteria": _as_sent(cell, mark.sent), "format": tint},
    )  # fmt: skip
    if mark.note:
        note = tidy(mark.note)[:1000]
        lines = lines_needed(note, 36)
        sheet.write_comment(cell, note, {**NOTE_SIZE, "y_scale": max(1, lines / 4)})


def _as_sent(cell: str, sent: str | None) -> str:
    """Ask whether a cell still holds what was sent; a formula holds 255 characters of text."""
    if sent is None:
        return "=TRUE"
    if is_number(sent):
        return f"={cell}={sent}"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", sent):
        year, month, day = map(int, sent.split("-"))
        return f"=OR({cell}=DATE({year},{month},{day}),EXACT({cell},{quoted(sent)}))"
    return f"=EXACT(LEFT({cell},80),{quoted(tidy(sent)[:80])})"


def form_title(form_set: FormSet) -> str:
    """Give the form's official title in the language in force."""
    return either(form_set.title, form_set.title_en)


def heading(desk: Desk, sheet: Any, last: int, title: str, form_no: str) -> None:
    """Title, then who and when at top left, the form's number and standing at top right."""
    blank, style = desk.blank, desk.styles
    sheet.merge_range(0, 0, 0, last, title, style["title"])
    sheet.set_row(0, 30)
    period = name_of(blank.period) if blank.period else ""
    left = (
        ("book.unit", unit_name(desk)),
        ("book.region", blank.identity.code),
        ("book.period", period),
    )
    approval = say("book.internal")
    if blank.approval:
        parts = (("approval", blank.approval), ("valid_to", blank.valid_to))
        approval = "　".join(_labelled(f"book.{key}", value) for key, value in parts)
    right = (
        _labelled("book.form_no", form_no),
        _labelled("book.issuer", blank.issuer),
        approval,
    )
    for row, ((label, value), mark) in enumerate(zip(left, right, strict=True), 1):
        looks = style["identity" if last > 1 else "identity_narrow"]
        sheet.write_string(row, 0, _labelled(label, value), looks)
        sheet.write_string(row, last, mark, style["mark"])


def _labelled(code: str, value: str) -> str:
    return marked(f"{say(code)}：") + value


def unit_name(desk: Desk) -> str:
    """Name whose workbook it is; the office's own figures are marked."""
    own = say("book.own_mark") if desk.blank.identity.role == "own" else ""
    return f"{desk.blank.identity.name}{own}"


def typed(desk: Desk, code: str) -> str:
    """What the unit typed in a cell, as it typed it; empty if nothing or a formula."""
    filling = desk.blank.filling
    if filling is None:
        return ""
    for figure in filling.figures:
        if figure.code == code and not figure.formula:
            if figure.state in ("number", "date"):
                return figure.value
            return NOT_APPLICABLE if figure.state == "na" else tidy(figure.typed)
    return ""


def zero_value(indicator: Indicator) -> str:
    """Compile what a zero report says of a figure: flows are 0, stocks stay as they were."""
    last = f"HZ_{indicator.code}_P"
    if not indicator.numeric:
        return '""' if indicator.time == "flow" else f'IF({last}="","",{last})'
    if indicator.time == "flow":
        return "0"
    return f'IF(ISNUMBER(HZ_{indicator.code}_P),HZ_{indicator.code}_P,"")'


class _NoText(str):
    """
    The result "" of a formula.

    XlsxWriter leaves out the type of a result that equals "", and a formula without type and
    value is one that was never worked out; this one equals nothing.
    """

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


NO_TEXT = _NoText("")


def cached(value: str | None) -> Any:
    """Turn a plain decimal into the number that a formula's result is stored as."""
    if not value:
        return NO_TEXT
    return value if value == NOT_APPLICABLE else float(Decimal(value))


def is_number(value: str) -> bool:
    """Whether a text is a plain decimal such as -12.5."""
    digits = value.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()


def write_value(sheet: Any, row: int, column: int, value: str, style: Any) -> None:
    """Write a plain decimal as a number, —— and any other text as a text, nothing as a blank."""
    if not value:
        sheet.write_blank(row, column, None, style)
    elif is_number(value):
        sheet.write_number(row, column, float(value), style)
    else:
        sheet.write_string(row, column, value, style)
