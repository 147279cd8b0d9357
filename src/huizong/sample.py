"""Make up what a community fills in: from a fixed seed, marked as generated. For demo and tests."""

import datetime as dt
import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from huizong.cells import plain
from huizong.forms import FormSet, Ledger
from huizong.periods import Period
from huizong.records import FigureCell, Identity, LedgerRows, Reading

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜"


def read_sample(form_set: FormSet) -> Mapping[str, Any]:
    """Read how a form set's sample figures are made; empty if it has none."""
    path = Path(form_set.folder) / "sample.toml"
    if not path.exists():
        return {}
    return tomllib.loads(path.read_text(encoding="utf-8"))


def fill(
    form_set: FormSet, identity: Identity, previous: Reading | None = None, *,
    plan: Sequence[LedgerRows] = (), seed: int = 1, stated: bool = False,
    ledger_rows: int = 0,
) -> Reading:  # fmt: skip
    """
    Make up one unit's return for its period; `previous` is what it filled in last time.

    `plan` is what the office issued; its items are ticked off. With `stated`, ledgers follow the
    counts that a document states for the year. `ledger_rows` is how many rows every ledger gets,
    0 to let the sample say.
    """
    sample = read_sample(form_set)
    period = Period.parse(identity.period)
    chance = random.Random(f"{seed} {identity.code} {period}")
    figures = {code: chance.randint(*limits) for code, limits in sample["figures"].items()}
    figures |= _stocks(form_set, sample.get("stocks", {}), chance, period, previous)
    typed = dict(figures)
    figures |= {code: chance.randint(*limits) for code, limits in sample.get("counts", {}).items()}
    ledgers = []
    for made in sample["ledgers"]:
        last = _last_rows(previous, made["symbol"])
        ledger = form_set.by_symbol[made["symbol"]]
        if ledger_rows and "rows_of" in made:
            figures[made["rows_of"]] = ledger_rows
            if made["rows_of"] in typed:
                typed[made["rows_of"]] = ledger_rows
        count = figures[made["rows_of"]] if "rows_of" in made else chance.randint(*made["rows"])
        count = ledger_rows or count
        rule = next(
            (one for one in sample.get("stated", ()) if stated and one["symbol"] == made["symbol"]),
            None,
        )
        if ledger.kind == "stock" and last:
            # What stood there last time still does.
            rows = last
        else:
            rows = _rows(made, rule, chance, period, count)
            rows += [] if rule else _carried(made, chance, period, last)
        ledgers.append(_ledger_rows(ledger, sorted(rows, key=lambda row: row[made["order"]]), "有"))
    figures |= {
        code: len({tuple(row) for row in _columns(ledgers, how["symbol"], how["columns"])})
        for code, how in sample.get("counted", {}).items()
    }
    for planned in plan:
        if form_set.by_symbol[planned.symbol].kind == "plan":
            ledgers.append(_done(planned, figures, period, chance))
    cells = tuple(FigureCell(code, "number", str(value)) for code, value in typed.items())
    return Reading(identity=identity, figures=cells, ledgers=tuple(ledgers), texts=sample["texts"])


def _columns(
    ledgers: Sequence[LedgerRows], symbol: str, keys: Sequence[str]
) -> Iterator[list[str | None]]:
    """Give some columns of a made ledger, row by row."""
    for rows in ledgers:
        if rows.symbol == symbol:
            yield from ([row[rows.keys.index(key)] for key in keys] for row in rows.rows)


def _stocks(
    form_set: FormSet, made: Mapping[str, Any], chance: random.Random, period: Period,
    previous: Reading | None,
) -> dict[str, Any]:  # fmt: skip
    """Make up figures that follow from the last ones, or are a multiple of another figure."""
    cells = previous.figures if previous else ()
    last = {cell.code: Decimal(cell.value) for cell in cells if cell.value}
    found: dict[str, Any] = {}
    for code, how in made.items():
        scale = form_set.by_code[code].scale
        if "grow" in how:
            before = last.get(code, Decimal(0)) if period.number > 1 else Decimal(0)
            value = before + chance.randint(*how["grow"])
        elif code in last:
            drift = how.get("drift", 0)
            value = last[code] * (100 + Decimal(str(chance.uniform(-drift, drift)))) / 100
        elif "of" in how:
            value = Decimal(found[how["of"]]) * Decimal(str(chance.uniform(*how["ratio"])))
        else:
            value = Decimal(chance.randint(*how["range"]))
        found[code] = plain(round(value, scale))
    return found


def _last_rows(previous: Reading | None, symbol: str) -> list[Mapping[str, str | None]]:
    for rows in previous.ledgers if previous else ():
        if rows.symbol == symbol:
            return [dict(zip(rows.keys, row, strict=True)) for row in rows.rows]
    return []


def _rows(
    plan: Mapping[str, Any], rule: Mapping[str, Any] | None, chance: random.Random,
    period: Period, count: int,
) -> list[dict[str, str | None]]:  # fmt: skip
    given: list[str | None] = [None] * count
    if rule:
        number = str(period.number)
        given = [rule["other"]] * rule["rows"][number]
        for value, by_period in rule["values"].items():
            given[: by_period[number]] = [value] * by_period[number]
        chance.shuffle(given)
    rows = []
    for number, value in enumerate(given, 1):
        row: dict[str, str | None] = {rule["column"]: value} if rule else {}
        for column in plan["columns"]:
            if column["kind"] == "serial":
                row[column["key"]] = column["text"].format(number)
            elif column["key"] not in row:
                row[column["key"]] = _value(column, row, chance, period)
        # Columns that depend on the outcome come after it in the sample's order.
        rows.append(row)
    return rows


def _carried(
    plan: Mapping[str, Any],
    chance: random.Random,
    period: Period,
    last: Sequence[Mapping[str, str | None]],
) -> list[dict[str, str | None]]:
    """Enter the cases that were open at the end of last period once more, closed."""
    carry = plan.get("carry")
    if not carry:
        return []
    day = _day(chance, period.start, min(period.end, period.start + dt.timedelta(days=40)))
    return [
        {**row, carry["column"]: carry["closed"], carry["day"]: day.isoformat()}
        for row in last
        if row[carry["column"]] == carry["open"]
    ]


def _value(
    column: Mapping[str, Any], row: Mapping[str, str | None], chance: random.Random, period: Period
) -> str | None:
    """Make up one cell; it may depend on cells before it in the row."""
    if any(row.get(key) != value for key, value in column.get("only", {}).items()):
        return column.get("other")
    if any(row.get(key) == value for key, value in column.get("unless", {}).items()):
        return None
    kind = column["kind"]
    if kind == "day":
        return _day(chance, period.start, period.end).isoformat()
    if kind == "after":
        first = dt.date.fromisoformat(row[column["of"]] or period.start.isoformat())
        day = first + dt.timedelta(days=chance.randint(*column["days"]))
        return min(day, period.end).isoformat()
    if kind == "pick":
        return chance.choices(column["of"], column["weights"])[0]
    if kind == "number":
        return str(chance.randrange(column["low"], column["high"] + 1, column["step"]))
    if kind == "parties":
        return f"{chance.choice(SURNAMES)}某与{chance.choice(SURNAMES)}某"
    return f"{chance.choice(SURNAMES)}某某"


def _day(chance: random.Random, first: dt.date, last: dt.date) -> dt.date:
    return first + dt.timedelta(days=chance.randint(0, (last - first).days))


def _done(
    planned: LedgerRows, figures: Mapping[str, int], period: Period, chance: random.Random
) -> LedgerRows:
    """Tick off the plan that the office issued, each item done in time."""
    rows = []
    items = [dict(zip(planned.keys, row, strict=True)) for row in planned.rows]
    for number, cells in enumerate(items):
        actual = figures.get(cells["indicator"] or "")
        alike = [n for n, one in enumerate(items) if one["indicator"] == cells["indicator"]]
        if actual is not None and len(alike) > 1:
            # Items of one figure share it: each its target, the last one the rest.
            others = sum(int(items[n]["target"] or 0) for n in alike if n != alike[-1])
            actual = actual - others if number == alike[-1] else cells["target"]
        cells |= {
            "person": f"{chance.choice(SURNAMES)}某某",
            "status": "已完成",
            "actual": cells["target"] if actual is None else str(actual),
            "done_on": _day(chance, period.start, period.end).isoformat(),
        }
        rows.append(tuple(cells.values()))
    return msgspec.structs.replace(planned, rows=tuple(rows))


def _ledger_rows(
    ledger: Ledger, rows: Sequence[Mapping[str, str | None]], status: str
) -> LedgerRows:
    keys = tuple(column.key for column in ledger.columns if not column.rule)
    numbered = [{**row, "seq": str(number)} for number, row in enumerate(rows, 1)]
    return LedgerRows(
        ledger.symbol, status, "", keys, ("",) * len(keys),
        tuple(range(5, 5 + len(rows))),
        tuple(tuple(row.get(key) for key in keys) for row in numbered),
    )  # fmt: skip
