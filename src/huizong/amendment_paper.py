"""数据更正单: the paper that says what a correction changes, for the officer and the leader."""

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from huizong.amendments import Amendment, Moved
from huizong.desk import is_number, write_value
from huizong.forms import FormSet
from huizong.pages import foreign
from huizong.papers import period_name
from huizong.styles import Styles, number_format
from huizong.tables import Table, lines_needed, mark_paper, new_workbook
from huizong.texts import measure_name, name_of, say

_WIDTHS = (6, 20, 30, 9, 12, 12, 11, 26, 11)
_LAST = len(_WIDTHS) - 1
_Describe = Callable[[Moved], tuple[str, str]]  # what stands in the columns 计量单位 and 说明


def write_amendment(one: Amendment, form_set: FormSet, path: Path, now: dt.datetime) -> None:
    """Write the paper: why, which figures, which totals, comparisons and ranks, who signs."""
    said = {
        "set": name_of(form_set), "period": period_name(one.after.identity.period),
        "office": foreign(one.after.identity.name), "code": one.after.identity.code,
        "old": one.before.number, "new": one.after.number, "now": f"{now:%Y-%m-%d %H:%M}",
    }  # fmt: skip
    with new_workbook(path, say("amendment.title", **said), now) as book:
        table = Table(book, Styles(book), say("amendment.name"), _WIDTHS)
        table.title(say("amendment.title", **said))
        _pair(table, say("amendment.office", **said), say("amendment.versions", **said))
        _pair(table, say("amendment.region", **said), say("amendment.made", **said))
        _section(table, "reason")
        _paragraph(table, _reason(one))
        sheet = _Sheet(table, form_set)
        sheet.units(one.units)
        sheet.totals(one.totals)
        sheet.comparisons(one.comparisons)
        sheet.ranks(one.ranks)
        _signatures(table)
        table.page()
        table.sheet.repeat_rows(0, 2)
        mark_paper(book, "amendment")


def _pair(table: Table, left: str, right: str) -> None:
    """Write a line with one text at the left and one at the right."""
    table.sheet.write_string(table.row, 0, left, table.styles("left"))
    table.sheet.write_string(table.row, _LAST, right, table.styles("right"))
    table.sheet.set_row(table.row, 18)
    table.row += 1


def _section(table: Table, key: str) -> None:
    table.sheet.write_string(table.row, 0, say(f"amendment.{key}"), table.styles("block"))
    table.sheet.set_row(table.row, 26)
    table.row += 1


def _paragraph(table: Table, text: str) -> None:
    table.sheet.merge_range(table.row, 0, table.row, _LAST, text, table.styles("text"))
    table.sheet.set_row(table.row, max(34, 16 * lines_needed(text, sum(_WIDTHS) - 4) + 6))
    table.row += 1


def _reason(one: Amendment) -> str:
    if not one.reason:
        return say("amendment.before_closing")
    return say("amendment.because", officer=foreign(one.officer), reason=foreign(one.reason))


class _Sheet:
    """The four tables of the paper, on one grid of columns."""

    def __init__(self, table: Table, form_set: FormSet) -> None:
        self._table = table
        self._form_set = form_set

    def units(self, moved: Sequence[Moved]) -> None:
        """Which figures of which units, why, and who decided."""
        _section(self._table, "units")
        self._headings("units_heading", spread=False)
        for number, one in enumerate(moved, 1):
            told = (foreign(one.told), foreign(one.officer))
            self._row(number, one, self._measure(one.code), told)

    def totals(self, moved: Sequence[Moved]) -> None:
        """Which totals, with what units are they counted."""
        self._some("totals", moved, lambda one: (self._measure(one.code), one.told))

    def comparisons(self, moved: Sequence[Moved]) -> None:
        """Which comparisons, of this period and of later ones."""
        named = [msgspec.structs.replace(one, whose=period_name(one.whose)) for one in moved]
        self._some("comparisons", named, lambda one: (one.what, one.told))

    def ranks(self, moved: Sequence[Moved]) -> None:
        """Which places among the units; no line where nothing may be ranked."""
        self._some("ranks", moved, lambda _: (say("amendment.place"), ""))

    def _some(self, key: str, moved: Sequence[Moved], describe: _Describe) -> None:
        _section(self._table, key)
        if not moved:
            self._table.note(say(f"amendment.no_{key}"))
            return
        self._headings(f"{key}_heading", spread=True)
        for number, one in enumerate(moved, 1):
            measure, told = describe(one)
            self._row(number, one, measure, (told,))

    def _headings(self, key: str, *, spread: bool) -> None:
        texts = say(f"amendment.{key}").split("|")
        row = self._table.row
        self._table.headings(texts[: _LAST - 1] if spread else texts, keep=False)
        if spread:
            style = self._table.styles("heading")
            self._table.sheet.merge_range(row, _LAST - 1, row, _LAST, texts[-1], style)

    def _measure(self, code: str) -> str:
        return measure_name(self._form_set.by_code[code].unit) if code else ""

    def _row(self, number: int, one: Moved, measure: str, told: tuple[str, ...]) -> None:
        table, row = self._table, self._table.row
        indicator = self._form_set.by_code.get(one.code)
        label = f"{one.code} {name_of(indicator).strip()}" if indicator else say("amendment.all")
        looks = ("centre", "text", "text", "centre")
        texts = (str(number), foreign(one.whose), label, measure)
        for column, (text, look) in enumerate(zip(texts, looks, strict=True)):
            table.sheet.write_string(row, column, text, table.styles(look))
        self._numbers(row, one, indicator.scale if indicator else 0)
        if len(told) == 1:
            style = table.styles("text")
            table.sheet.merge_range(row, _LAST - 1, row, _LAST, told[0], style)
        else:
            for column, text in enumerate(told, _LAST - 1):
                table.sheet.write_string(row, column, text, table.styles("text"))
        widths = (_WIDTHS[1], _WIDTHS[2], sum(_WIDTHS[_LAST - 1 :]) if len(told) == 1 else 26)
        lines = max(map(lines_needed, (one.whose, label, told[0]), (w - 1.5 for w in widths)))
        table.sheet.set_row(row, 15 * lines + 5)
        table.row += 1

    def _numbers(self, row: int, one: Moved, scale: int) -> None:
        """Write before, after and the difference with as many places as any of them has."""
        values = (one.before, one.after, one.difference)
        places = [len(v.partition(".")[2]) for v in values if is_number(v)]
        style = self._table.styles("number", number_format(max((*places, scale))))
        centre = self._table.styles("centre")
        for column, value in enumerate(values, 4):
            shown = value or say("amendment.nothing") if column < 6 else value
            write_value(
                self._table.sheet, row, column, shown, style if is_number(value) else centre
            )


def _signatures(table: Table) -> None:
    table.row += 1
    for column, key in zip((0, 2, 4, 7), ("drafted", "checked", "signed", "date"), strict=True):
        style = table.styles("left")
        table.sheet.write_string(table.row, column, say(f"amendment.{key}"), style)
    table.sheet.set_row(table.row, 26)
    table.row += 1
    table.note(say("amendment.note"), "note")
