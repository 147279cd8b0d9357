"""Filled returns of the smallest form, and what a person reads in them."""

import datetime as dt
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from pathlib import Path

import msgspec

from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.forms import read_form_set
from huizong.issue import blanks_for
from huizong.language import CheckedSet, check
from huizong.past import Past
from huizong.periods import Period
from huizong.records import LedgerRows, Unit
from huizong.sample import fill

TEMPLATES = Path(__file__).parents[2] / "templates"
OFFICE = Unit(code="990101001000", name="北园街道", parent="990101000000")
UNITS = tuple(
    Unit(code=f"99010100100{number}", name=name, parent=OFFICE.code)
    for number, name in enumerate(("光明社区", "和平社区", "东风社区", "向阳社区"), 1)
)
PERIODS = ("2026Q1", "2026Q3", "2027Q4")
# What is typed into the form, and the measure printed beside it.
MEASURES = {
    "JC01": "户", "JC02": "人", "JC03": "人", "JC12": "人", "JC13": "人", "JC09": "个",
    "JC16": "个", "JC06": "平方公里", "JC15": "平方米", "JC07": "个", "JC08": "个", "JC10": "人",
}  # fmt: skip
REQUIRED = frozenset(("JC01", "JC02", "JC12", "JC13", "JC09", "JC06", "JC07", "JC10"))
DECIMALS = {"JC06": 3, "JC15": 1}
WORKED_OUT = ("JC04", "JC05", "JC14")
UNTOLD = "*"  # whatever stands there is right
BUILDINGS, PLAN = "JC_L1", "JC_P"

Row = dict[str, str | None]


@dataclass
class Truth:
    """What a person reads in a return: plain decimals, ——, or an empty text for a blank."""

    name: str
    region: str
    period: str
    typed: dict[str, str]
    rows: dict[str, list[Row]]
    texts: dict[str, str]
    remarks: dict[str, str] = field(default_factory=dict)
    # Results that stand as typed although the form would work them out.
    overtyped: dict[str, str] = field(default_factory=dict)

    def figures(self) -> dict[str, str]:
        """Give every figure; those that the form works out are counted here by hand."""
        buildings = self.rows[BUILDINGS]
        pairs = {(one["compound"], one["building_no"]) for one in buildings}
        units = sum(Decimal(one["units"] or 0) for one in buildings if is_number(one["units"]))
        found = {**self.typed, "JC04": str(len(pairs)), "JC05": str(units), "JC11": "1"}
        return {**found, "JC14": self._coverage(), **self.overtyped}

    def _coverage(self) -> str:
        green, area = self.typed["JC15"], self.typed["JC06"]
        if not (is_number(green) and is_number(area) and Decimal(area)):
            return ""
        percent = Decimal(green) / (Decimal(area) * 10_000)
        return shortest(percent.quantize(Decimal("0.1"), ROUND_HALF_UP))


def is_number(text: str | None) -> bool:
    """Whether a text is a plain decimal."""
    try:
        return text is not None and Decimal(text).is_finite()
    except InvalidOperation:
        return False


def shortest(value: Decimal) -> str:
    """Write a decimal without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Return:
    """A filled workbook as it was made, and what a person reads in it."""

    data: bytes
    truth: Truth


@cache
def form() -> CheckedSet:
    """The smallest form set: sixteen figures, one ledger, a plan."""
    form_set = read_form_set(TEMPLATES / "JC")
    return check(form_set, {"JC": form_set})


@cache
def returns() -> tuple[Return, ...]:
    """Make the filled returns that are edited: several units and periods, with and without past."""
    return tuple(_made())


def _made() -> Iterator[Return]:
    for number, (unit, period) in enumerate((u, p) for p in PERIODS for u in UNITS):
        before = _past(number) if number % 3 else None
        past = {(unit.code, "unit"): before} if before else {}
        blank, _ = blanks_for(form(), Period.parse(period), [unit], OFFICE, past)
        filling = fill(form().form_set, blank.identity, plan=blank.filling.ledgers)
        blank = msgspec.structs.replace(
            blank, filling=filling, due=dt.date(2026, 4, 7), issuer="北园街道办事处",
            issued_at="2026-03-20T09:00:00",
        )  # fmt: skip
        yield Return(_written(blank), _truth(blank, unit))


def _past(seed: int) -> Past:
    chance = random.Random(seed)
    last = {code: str(chance.randrange(3, 4000)) for code in MEASURES}
    return Past(previous=last, year_ago={code: f"{value}1" for code, value in last.items()})


def _written(blank: Blank) -> bytes:
    (ready,) = with_caches([blank])
    out = io.BytesIO()
    write_blank(ready, out)
    return out.getvalue()


def _truth(blank: Blank, unit: Unit) -> Truth:
    filling = blank.filling
    typed = dict.fromkeys(MEASURES, "") | {cell.code: cell.value for cell in filling.figures}
    return Truth(
        unit.name, unit.code, blank.identity.period, typed,
        {one.symbol: _rows(one) for one in filling.ledgers}, dict(filling.texts),
    )  # fmt: skip


def _rows(ledger: LedgerRows) -> list[Row]:
    return [dict(zip(ledger.keys, row, strict=True)) for row in ledger.rows]
