"""Where everything stands in an issued workbook, worked out from the form set alone."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from huizong.cells import address, column_letters
from huizong.forms import FormSet, Indicator, Ledger
from huizong.texts import either, name_of, say

NAME, CODE, MEASURE, NOW, PREV, YEAR_AGO, YTD, REMARK, CHECK = range(9)
FIRST_FIGURE_ROW = 6
LEDGER_HEADING_ROW = 4
LAST_LEDGER_ROW = 4999  # formulas reach to row 5,000, so that inserted rows are counted
TAG_SHEET = "_huizong"
_CODES = re.compile(r"[A-Z]+[0-9]+")
STATUSES = ("有", "本期无", "未填")  # as records have them; a workbook says them in its language
ON_PAPER = "纸质备查"  # the state of a ledger that a unit keeps on paper: its totals are typed

# What Excel takes for the name of a sheet; "History" is its own.
MOST_OF_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = frozenset("[]:*?/\\")


@dataclass(frozen=True, slots=True)
class Place:
    """One cell, counted from 0."""

    sheet: str
    row: int
    column: int

    @property
    def cell(self) -> str:
        """Its address, such as D7."""
        return address(self.row, self.column)

    @property
    def reference(self) -> str:
        """Its address as formulas and defined names have it: 'TJ-1 统计表'!$D$7."""
        return f"'{self.sheet}'!${column_letters(self.column)}${self.row + 1}"


def own_sheet(text: str, form_set: FormSet, *, joined: bool) -> str:
    """Name a sheet that every form set has; beside other sets it says whose it is."""
    return f"{form_set.code} {say(text)}" if joined else say(text)


def front_sheet(form_set: FormSet, *, joined: bool = False) -> str:
    """Name the first sheet."""
    return own_sheet("book.front", form_set, joined=joined)


def checks_sheet(form_set: FormSet, *, joined: bool = False) -> str:
    """Name the sheet of relations and reasons."""
    return own_sheet("book.checks", form_set, joined=joined)


def statistics_sheet(form_set: FormSet) -> str:
    """Name the sheet of figures."""
    return say("book.statistics", code=form_set.code)


def ledger_sheet(ledger: Ledger) -> str:
    """Name the sheet of a ledger or plan; a sheet name has 31 characters at most."""
    return f"{ledger.code} {name_of(ledger)}"[:MOST_OF_SHEET_NAME]


def report_sheet(form_set: FormSet) -> str:
    """Name the sheet of the written report."""
    return say("book.report", code=form_set.code)


def odd_sheet_name(names: Iterable[str]) -> str | None:
    """Give the first of these names that no sheet of one workbook could have; None if all could."""
    met = {"history"}
    for name in names:
        units = len(name.encode("utf-16-le", "surrogatepass")) // 2
        if (
            not name.strip()
            or not name.isprintable()
            or units > MOST_OF_SHEET_NAME
            or _NOT_IN_SHEET_NAMES & set(name)
            or "'" in (name[0], name[-1])
            or name.lower() in met
        ):
            return name
        met.add(name.lower())
    return None


def figure_rows(form_set: FormSet) -> tuple[tuple[int, Indicator | str], ...]:
    """List the rows below the heading: a section's title or an indicator, each with its row."""
    rows: list[tuple[int, Indicator | str]] = []
    for indicator in form_set.indicators:
        if indicator.section:
            title = either(indicator.section, indicator.section_en)
            rows.append((FIRST_FIGURE_ROW + len(rows), title))
        rows.append((FIRST_FIGURE_ROW + len(rows), indicator))
    return tuple(rows)


def figure_places(form_set: FormSet) -> dict[str, Place]:
    """Tell the cell of each indicator's figure of this period."""
    sheet = statistics_sheet(form_set)
    return {
        entry.code: Place(sheet, row, NOW)
        for row, entry in figure_rows(form_set)
        if isinstance(entry, Indicator)
    }


def status_words() -> tuple[str, ...]:
    """Give the states of a ledger as the workbook says them, in the order of STATUSES."""
    return tuple(say(f"book.status_{key}") for key in ("full", "none", "unset"))


def status_place(ledger: Ledger) -> Place:
    """Tell the cell in which a ledger's state is chosen."""
    return Place(ledger_sheet(ledger), 3, 4)


def zero_place(form_set: FormSet, *, joined: bool = False) -> Place:
    """Tell the cell of 零报告."""
    return Place(front_sheet(form_set, joined=joined), 7, 1)


def defined_names(form_set: FormSet, *, joined: bool = False) -> dict[str, str]:
    """List every defined name of a form set with what it refers to, as formulas use them."""
    names = {f"HZ_{form_set.code}_ZERO": zero_place(form_set, joined=joined).reference}
    for code, place in figure_places(form_set).items():
        for suffix, column in (("", NOW), ("_P", PREV), ("_Y", YEAR_AGO), ("_A", YTD)):
            names[f"HZ_{code}{suffix}"] = Place(place.sheet, place.row, column).reference
    for ledger in form_set.ledgers:
        names |= _ledger_names(ledger)
    return names


def _ledger_names(ledger: Ledger) -> dict[str, str]:
    sheet = ledger_sheet(ledger)
    first, last = LEDGER_HEADING_ROW + 2, LAST_LEDGER_ROW + 1
    names = {
        f"HZ_{ledger.symbol}_{column.key}": "'{0}'!${1}${2}:${1}${3}".format(
            sheet, column_letters(index), first, last
        )
        for index, column in enumerate(ledger.columns)
    }
    if ledger.kind != "plan":
        names[f"HZ_{ledger.symbol}_S"] = status_place(ledger).reference
    return names


def paper_code_weights(form_set: FormSet) -> tuple[tuple[int, str, int], ...]:
    """
    List (row, code, weight) for the four-digit code of the printed form.

    Weights differ, and 9973 is a prime above them all: two figures swapped, or one digit changed,
    give another code.
    """
    return tuple(
        (place.row, code, (2 * position + 3) ** 2 % 9973)
        for position, (code, place) in enumerate(figure_places(form_set).items())
        if form_set.by_code[code].numeric and not asked_elsewhere(form_set, code)
    )


def asked_elsewhere(form_set: FormSet, code: str) -> bool:
    """Whether a rate needs another set's figures: neither the unit's file nor its paper has it."""
    return any(
        part not in form_set.by_code for part in _CODES.findall(form_set.by_code[code].ratio)
    )


def paper_code(form_set: FormSet, figures: dict[str, str]) -> str:
    """
    Work out the four-digit code of the printed form from the figures that stand in it.

    `figures` are plain decimals by code; blanks and —— are left out and count differently from 0.
    """
    total = sum(
        ((Decimal(figures[code]) * 1000 + 7) * weight)
        for _, code, weight in paper_code_weights(form_set)
        if code in figures
    )
    return f"{int(Decimal(total).to_integral_value(ROUND_HALF_UP)) % 9973:04d}"
