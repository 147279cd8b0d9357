"""Random fillings of a form set: plausible, and with all that people put into cells."""

import datetime as dt
import random
from collections.abc import Mapping, Sequence

from fillings import ERROR, NA, Filling, kind_of
from huizong.evaluate import Evaluation
from huizong.forms import LEVELS_OF_OFFICE, Column, FormSet, Indicator
from huizong.ground import NUMBER, Ground, Returns
from huizong.language import CheckedSet
from huizong.periods import Period

PERIODS = ("2026Q1", "2026Q2", "2026Q3", "2026Q4", "2026M02", "2026Y")
ODD = (ERROR, NA, "十来件", "若干")
WORDS = ("甲", "乙", "001", "1", "A座", "a座", "*", "甲?", "~乙", "张 三", "张  三", "居委会")


def random_fillings(checked: CheckedSet, count: int, chance: random.Random) -> list[Filling]:
    """Make fillings; in half of them the determined figures agree with the ledgers."""
    found = [_random(checked.form_set, chance) for _ in range(count)]
    agreeing = [one for number, one in enumerate(found) if number % 2]
    ground = ground_of({checked.form_set.code: checked}, agreeing)
    for computed in checked.computed:
        value = Evaluation(ground).computed(computed.expression, len(ground), computed.scale)
        ground = ground.standing(computed.code, value)
        numbers = value.number.decimals(len(ground))
        for one, state, number in zip(agreeing, value.state, numbers, strict=True):
            if state == NUMBER and chance.random() < 0.9:
                one.figures["now", computed.code] = f"{number:f}"
    return found


def ground_of(checked: Mapping[str, CheckedSet], fillings: Sequence[Filling]) -> Ground:
    """Lay fillings out for judging; the first set is their own, the others stand beside it."""
    returns = {
        code: Returns(
            *(
                tuple(one.reading(other.form_set, when) for one in fillings)
                for when in ("now", "previous", "year_ago")
            )
        )
        for code, other in checked.items()
    }
    own = next(iter(checked))
    rest = {code: one for code, one in returns.items() if code != own}
    mine = returns[own]
    headers = [one.header() for one in fillings]
    return Ground.of(checked, mine.now, mine.previous, mine.year_ago, headers, rest)


def _random(form_set: FormSet, chance: random.Random) -> Filling:
    found = Filling(Period.parse(chance.choice(PERIODS)), chance.choice(LEVELS_OF_OFFICE))
    tidy = chance.random() < 0.6
    for one in form_set.indicators:
        for when in ("now", "previous", "year_ago", "ytd"):
            text = _figure(one, chance, tidy)
            if when != "ytd" or text.replace(".", "").lstrip("-").isdigit():
                found.figures[when, one.code] = text
    for ledger in form_set.ledgers:
        rows = found.rows.setdefault(("now", ledger.symbol), [])
        for _ in range(chance.choice((0, 1, 3, 8, 25))):
            entry = (column for column in ledger.columns if column.entry)
            filled = {one.key: _cell(one, found.period, chance, tidy) for one in entry}
            row = {key: text for key, text in filled.items() if text}
            rows.append({} if chance.random() < 0.1 else row)
    return found


def _figure(one: Indicator, chance: random.Random, tidy: bool) -> str:
    if chance.random() < (0.02 if tidy else 0.15):
        return chance.choice((*ODD, ""))
    if kind_of(one) == "number":
        return _number(one.scale, chance)
    if kind_of(one) == "date":
        return str(dt.date(2026, 1, 1) + dt.timedelta(chance.randrange(400)))
    return chance.choice(one.choices or WORDS)


def _number(scale: int, chance: random.Random) -> str:
    if chance.random() < 0.2:
        return "0"
    top = chance.choice((3, 12, 100, 5000))
    places = chance.choice((scale, scale, scale, scale + 1))
    number = round(chance.uniform(-1 if chance.random() < 0.1 else 0, top), places)
    return f"{number:.{places}f}"


def _cell(column: Column, period: Period, chance: random.Random, tidy: bool) -> str:
    if chance.random() < (0.1 if tidy else 0.3):
        return ""
    if not tidy and chance.random() < 0.03:
        return chance.choice(ODD)
    if kind_of(column) == "number":
        return _number(column.scale, chance)
    if kind_of(column) == "date":
        return str(period.start + dt.timedelta(chance.randrange(-20, 110)))
    return chance.choice(column.choices or WORDS)
