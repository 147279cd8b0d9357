"""Figures from before the office used Huizong (期初导入): read them, name every wrong row."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from huizong.cells import NOT_APPLICABLE, address, plain, read_figure, squash
from huizong.errors import HuizongError
from huizong.forms import Indicator
from huizong.history import closed_periods
from huizong.language import CheckedSet
from huizong.office import reports_in
from huizong.past import Opening, openings_at, save_opening
from huizong.periods import Period
from huizong.records import OWN, SUMMARY, UNIT, Identity, Unit
from huizong.restate import rates_from
from huizong.roster import Wrong, find_headings, read_code, shown
from huizong.table_files import read_apart
from huizong.texts import catalogue, listed, name_of, say
from huizong.unit_levels import role_below
from huizong.work import Work

# Headings are part of the file format: the same in every language.
FIELDS = {
    "报告期": "period",
    "报表制度": "set",
    "单位区划代码": "unit",
    "单位名称": "name",
    "范围": "role",
    "指标代码": "code",
    "指标名称": "label",
    "数值": "value",
    "来源": "source",
}
REQUIRED = ("报告期", "报表制度", "单位区划代码", "指标代码", "数值", "来源")
ROLES = (UNIT, OWN, SUMMARY)


class Row(msgspec.Struct, frozen=True):
    """One row with a figure: what stands in its fields, and where."""

    sheet: str
    values: Mapping[str, object]
    cells: Mapping[str, str]

    def text(self, field: str) -> str:
        """Give a field as the person sees it; empty if there is no such column."""
        return shown(self.values.get(field, ""))

    def wrong(self, field: str, code: str, more: str = "") -> "WrongRow":
        """Say what is wrong in one of its cells; texts `roster.<code>`."""
        cell = self.cells.get(field, self.cells["value"])
        return WrongRow(Wrong(self.sheet, cell, code, self.text(field), more))


class WrongRow(Exception):
    """A row that cannot be taken in, and the one thing that is wrong first in it."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(wrong.code)
        self.wrong = wrong


class Imported(msgspec.Struct, frozen=True):
    """What was taken in: figures as typed, rates worked out from them, rows left blank."""

    figures: int
    rates: int
    blank: int
    periods: tuple[str, ...]


def import_history(work: Work, path: Path) -> Imported:
    """
    Take in the figures of earlier periods, all of them or none.

    Raises:
        HuizongError: If no sheet has the headings (`error.history_headings`), no figure stands
            in any row (`error.history_empty`), or a row is wrong (`error.history`, with `wrong`).
    """
    rows, blank = _rows_of(path)
    found: list[Opening] = []
    wrong: list[Wrong] = []
    first: dict[tuple, Row] = {}
    for row in rows:
        try:
            opening = _opening(work, row)
            twin = first.setdefault(msgspec.structs.astuple(opening)[:5], row)
            if twin is not row:
                raise row.wrong("code", "doubled", twin.cells["code"])
            found.append(opening)
        except WrongRow as error:
            wrong.append(error.wrong)
    if wrong:
        lines = "\n".join(map(str, wrong))
        raise HuizongError(
            "error.history", file=path.name, count=len(wrong), lines=lines, wrong=wrong
        )
    if not found:
        raise HuizongError("error.history_empty", file=path.name)
    return _save(work, path, found, blank)


def _save(work: Work, path: Path, found: Sequence[Opening], blank: int) -> Imported:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with work.book.writing():
        save_opening(work.book, found)
        rates = [rate for checked in work.sets() for rate in _rates(work, checked, found)]
        save_opening(work.book, rates)
        told = {"digest": digest, "count": len(found)}
        work.book.record("history", told, work.at)
    periods = sorted({one.period for one in found}, key=lambda text: Period.parse(text).start)
    return Imported(len(found), len(rates), blank, tuple(periods))


def _rows_of(path: Path) -> tuple[list[Row], int]:
    """Give the rows in which a figure stands, and the number of those in which none does."""
    rows: list[Row] = []
    blank, headed = 0, False
    for sheet, table in read_apart(path):
        found = find_headings(table, FIELDS, REQUIRED)
        if found:
            top, columns = found
            headed = True
            filled = [row for row in _below(sheet, table, top, columns) if any(row.values.values())]
            rows += (row for row in filled if row.text("value"))
            blank += sum(not row.text("value") for row in filled)
    if not headed:
        told = listed(REQUIRED)
        raise HuizongError("error.history_headings", file=path.name, expected=told)
    return rows, blank


def _below(
    sheet: str, table: Sequence[Sequence], top: int, columns: Mapping[str, int]
) -> Iterator[Row]:
    for number in range(top + 1, len(table)):
        line = table[number]
        values = {field: line[at] if at < len(line) else "" for field, at in columns.items()}
        cells = {field: address(number, at) for field, at in columns.items()}
        yield Row(sheet, values, cells)


def _opening(work: Work, row: Row) -> Opening:
    """Read one row; what is wrong first in it is raised."""
    checked = _set(work, row)
    period = _period(work, row, checked)
    unit = _unit(work, row, period)
    role = _role(work, row, unit)
    indicator = _indicator(row, checked)
    value, source = _value(row, indicator), row.text("source")
    if not source:
        raise row.wrong("source", "earlier_source")
    set_code = checked.form_set.code
    return Opening(str(period), set_code, unit.code, role, indicator.code, value, source)


def _set(work: Work, row: Row) -> CheckedSet:
    sets = work.sets()
    wanted = squash(row.text("set")).upper()
    for checked in sets:
        form_set = checked.form_set
        if wanted in (form_set.code, squash(form_set.zh), squash(form_set.title)):
            return checked
    known = listed(f"{one.form_set.code} {name_of(one.form_set)}" for one in sets)
    raise row.wrong("set", "earlier_set", known)


def _period(work: Work, row: Row, checked: CheckedSet) -> Period:
    period = Period.named(row.text("period"))
    if period is None:
        raise row.wrong("period", "earlier_period")
    if period.kind != checked.form_set.cycle:
        raise row.wrong("period", "earlier_cycle", say(f"cycle.{checked.form_set.cycle}"))
    if period.end >= work.now.date():
        raise row.wrong("period", "earlier_not_over")
    if str(period) in closed_periods(work.book):
        raise row.wrong("period", "earlier_closed")
    return period


def _unit(work: Work, row: Row, period: Period) -> Unit:
    code, _ = read_code(row.values["unit"])
    office = work.office
    known = {one.code: one for one in office.roster if one.parent == office.unit.code}
    known[office.unit.code] = office.unit
    if code not in known:
        raise row.wrong("unit", "earlier_unit")
    unit = known[code]
    names = {squash(name) for name in (unit.name, *unit.aliases)}
    if row.text("name") and squash(row.text("name")) not in names:
        raise row.wrong("name", "earlier_name", unit.name)
    if unit is not office.unit and not reports_in(unit, period):
        raise row.wrong("unit", "earlier_not_then", str(period))
    return unit


def _role(work: Work, row: Row, unit: Unit) -> str:
    """The office's own rows say whether they are its own figures or the total over its units."""
    itself = unit.code == work.office.unit.code
    allowed = (OWN, SUMMARY) if itself else (role_below(unit),)
    said = row.text("role")
    if not said and not itself:
        return allowed[0]
    for role in allowed:
        words = catalogue()[f"history.role_{role}"].values()
        if squash(said) in map(squash, words):
            return role
    wanted = listed(say(f"history.role_{role}") for role in allowed)
    raise row.wrong("role", "earlier_role", wanted)


def _indicator(row: Row, checked: CheckedSet) -> Indicator:
    code = squash(row.text("code")).upper()
    indicator = checked.form_set.by_code.get(code)
    if indicator is None:
        raise row.wrong("code", "earlier_code", name_of(checked.form_set))
    names = {squash(indicator.zh), squash(indicator.en)}
    if row.text("label") and squash(row.text("label")) not in names:
        raise row.wrong("label", "earlier_label", name_of(indicator).strip())
    if indicator.computed or not indicator.numeric:
        raise row.wrong("code", "earlier_computed")
    return indicator


def _value(row: Row, indicator: Indicator) -> str:
    figure = read_figure(row.values["value"], indicator.unit, indicator.zero_words)
    if figure.state == "na":
        return NOT_APPLICABLE
    if figure.state != "number" or figure.value is None:
        raise row.wrong("value", "earlier_value", indicator.unit)
    if round(figure.value, indicator.scale) != figure.value:
        raise row.wrong("value", "earlier_places", str(indicator.scale))
    if figure.value < 0 and indicator.minimum is not None and indicator.minimum >= 0:
        raise row.wrong("value", "earlier_negative")
    return plain(Decimal(figure.value))


def _rates(work: Work, checked: CheckedSet, new: Sequence[Opening]) -> Iterator[Opening]:
    """Work out the rates of everybody whose figures were taken in, from all that there is."""
    form_set, source = checked.form_set, say("history.worked_out")
    changed = {(one.period, one.unit, one.role) for one in new if one.set_code == form_set.code}
    for text, unit, role in sorted(changed):
        period = Period.parse(text)
        figures = openings_at(work.book, period, form_set)[unit, role]
        given = {code: value for code, value in figures.items() if code not in checked.ratios}
        identity = Identity(form_set.code, form_set.version, text, unit, "", role)
        for code, value in rates_from(checked, identity, given).items():
            yield Opening(text, form_set.code, unit, role, code, value, source)
