"""Figures of the book of record, looked up one by one: nothing is written, nobody is kept out.

The book is read once for each of its states; a file that has changed is read again.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import msgspec

from huizong.book import Book, look_at_book
from huizong.cells import NOT_APPLICABLE, squash
from huizong.contents import change
from huizong.errors import HuizongError
from huizong.forms import Indicator
from huizong.history import last_summary, standings_of
from huizong.language import CheckedSet
from huizong.office import BOOK, CONTROL, Office, expected_units, open_office
from huizong.past import Figures, Past, figures_at
from huizong.periods import Period
from huizong.records import MISSING, OWN, Summary, Unit
from huizong.restate import pasts_of
from huizong.texts import catalogue, listed, say
from huizong.unit_names import find_unit
from huizong.work import checked_sets

KEPT = 32  # periods and sets, in all of a workbook's cells


class Stamp(msgspec.Struct, frozen=True):
    """A file in one state of its own."""

    path: Path
    changed: int
    size: int


class Where(msgspec.Struct, frozen=True):
    """An office's folder with the files that it is read from, as they are now."""

    folder: Path
    files: tuple[Stamp, ...]


class Looked(msgspec.Struct, frozen=True):
    """
    A period of one form set as the book has it.

    `figures` and `pasts` are those of the units by code, the office's own under `OWN`.
    """

    units: tuple[Unit, ...]
    states: Mapping[str, str]
    figures: Mapping[str, Figures]
    pasts: Mapping[str, Past]
    summary: Summary | None


class Asked(msgspec.Struct, frozen=True):
    """Whose figure, of which period."""

    unit: str
    indicator: str
    period: str = ""


def where_of(place: Path) -> Where:
    """
    Find the office of a file or folder: the nearest folder over it with a book of record.

    Raises:
        HuizongError: If there is none (`udf.no_office`).
    """
    folder = next((one for one in (place, *place.parents) if (one / BOOK).is_file()), None)
    if folder is None:
        raise HuizongError("udf.no_office", place=place)
    paths = (folder / name for name in (BOOK, *CONTROL))
    return Where(folder, tuple(_stamp(path) for path in paths if path.is_file()))


@lru_cache(maxsize=8)
def office_at(where: Where) -> Office:
    """
    Open the office as its control workbook was saved last.

    Raises:
        HuizongError: If a line in it is wrong.
    """
    return open_office(where.folder)


def _stamp(path: Path) -> Stamp:
    stat = path.stat()
    return Stamp(path, stat.st_mtime_ns, stat.st_size)


def figure(where: Where, asked: Asked) -> str:
    """Give a figure as a plain decimal, ——, empty where blank, else how the unit stands."""
    one, looked = _look(where, asked)
    office = office_at(where)
    who = _who(office, looked, asked.unit)
    if who == office.unit.code:
        return _total(looked, one.code)
    return looked.figures[who].get(one.code, "") if who in looked.figures else _state(looked, who)


def before(where: Where, asked: Asked) -> str:
    """Give the figure of the period before, as the units are now; empty where there is none."""
    return _past(where, asked, "previous")


def change_on_year(where: Where, asked: Asked) -> str:
    """Give the change on the year before in percent, of a percentage in points."""
    now = figure(where, asked)
    if not _is_decimal(now):
        return now
    one, _ = _look(where, asked)
    return change(one, now, _past(where, asked, "year_ago"))


def rank(where: Where, asked: Asked) -> str:
    """Give a unit's place among all that have the figure; the best is the first, equals share."""
    one, looked = _look(where, asked)
    if not one.ranked:
        return say("udf.not_ranked")
    who = _who(office_at(where), looked, asked.unit)
    numbers = {
        unit.code: Decimal(value)
        for unit in looked.units
        if _is_decimal(value := looked.figures.get(unit.code, {}).get(one.code, ""))
    }
    if who not in numbers:
        own = figure(where, asked)
        return say("udf.no_rank") if _is_decimal(own) else own
    sign = -1 if one.better == "less" else 1
    return str(1 + sum(sign * value > sign * numbers[who] for value in numbers.values()))


def coverage(where: Where, asked: Asked) -> str:
    """Give how many units gave a number or ——, of how many: 13/14."""
    one, looked = _look(where, asked)
    given = sum(bool(looked.figures.get(unit.code, {}).get(one.code)) for unit in looked.units)
    return f"{given}/{len(looked.units)}"


def _is_decimal(text: str) -> bool:
    return text[-1:].isdigit()


def _past(where: Where, asked: Asked, which: str) -> str:
    one, looked = _look(where, asked)
    office = office_at(where)
    who = _who(office, looked, asked.unit)
    if who == office.unit.code:
        totals = looked.summary.totals if looked.summary else ()
        return next((getattr(total, which) for total in totals if total.code == one.code), "")
    return getattr(looked.pasts.get(who, Past()), which).get(one.code, "")


def _total(looked: Looked, code: str) -> str:
    if looked.summary is None:
        return say("udf.no_summary")
    total = next((one for one in looked.summary.totals if one.code == code), None)
    if total is None or total.state == "blank":
        return ""
    if total.state == "na":
        return NOT_APPLICABLE
    return total.value if total.state == "number" else say(f"summary.{total.state}")


def _state(looked: Looked, who: str) -> str:
    return say(f"state.{looked.states.get(who, MISSING)}")


def _look(where: Where, asked: Asked) -> tuple[Indicator, Looked]:
    """Find what is asked for, in the book as it is now."""
    office = office_at(where)
    checked, one = _indicator(office, asked.indicator)
    return one, _looked(where, checked.form_set.code, _period(office, asked.period))


def _period(office: Office, text: str) -> Period:
    wanted = text or office.settings.period
    period = Period.named(wanted)
    if period is None:
        raise HuizongError("udf.no_period", text=wanted)
    return period


def _indicator(office: Office, text: str) -> tuple[CheckedSet, Indicator]:
    """Find an indicator by its code or by its whole name."""
    wanted, folded = text.strip().upper(), squash(text)
    sets = [
        one for code, one in checked_sets().items()
        if not office.settings.sets or code in office.settings.sets
    ]  # fmt: skip
    found = [
        (one, indicator)
        for one in sets
        for indicator in one.form_set.indicators
        if indicator.code == wanted or folded in (squash(indicator.zh), squash(indicator.en))
    ]
    exact = [pair for pair in found if pair[1].code == wanted] or found
    if len(exact) != 1:
        names = listed(indicator.code for _, indicator in exact)
        code = "udf.several_indicators" if exact else "udf.no_indicator"
        raise HuizongError(code, text=text, names=names)
    return exact[0]


def _who(office: Office, looked: Looked, text: str) -> str:
    """Find a unit by code or name: its code, `OWN` for 本级, the office's code for the total."""
    for key, who in (("own", OWN), ("total", office.unit.code)):
        if squash(text) in map(squash, catalogue()[f"summary.heading.{key}"].values()):
            return who
    units = (*looked.units, office.unit, *office.roster)
    by_code = {unit.code: unit for unit in units}
    if text.strip() in by_code:
        return text.strip()
    match = find_unit(tuple(by_code.values()), text)
    if match.unit is None:
        names = listed(unit.name for unit in match.candidates)
        code = "udf.near_units" if names else "udf.no_unit"
        raise HuizongError(code, text=text, names=names)
    return match.unit.code


@lru_cache(maxsize=KEPT)
def _looked(where: Where, set_code: str, period: Period) -> Looked:
    office = office_at(where)
    with look_at_book(office.book) as book:
        return _read(book, office, checked_sets()[set_code], period)


def _read(book: Book, office: Office, checked: CheckedSet, period: Period) -> Looked:
    form_set, settings = checked.form_set, office.settings
    units = expected_units(office, period, form_set.code)
    standings = standings_of(book, str(period), form_set.code)
    pasts = pasts_of(book, office.roster, checked, period, (), settings.redefined)
    return Looked(
        units=units,
        states={_key(unit, role): one.state for (_, unit, role), one in standings.items()},
        figures={_key(*who): one for who, one in figures_at(book, period, form_set).items()},
        pasts={_key(*who): one for who, one in pasts.items()},
        summary=last_summary(book, str(period), form_set.code),
    )


def _key(unit: str, role: str) -> str:
    return OWN if role == OWN else unit
