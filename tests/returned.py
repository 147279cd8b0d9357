"""An office in which units have sent returns: with faults, mended, in versions."""

import datetime as dt
from pathlib import Path

import msgspec

from huizong import pipeline
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.issuing import blanks_of
from huizong.office import expected_units, init_office
from huizong.periods import Period
from huizong.records import FigureCell, LedgerRows, Reading, UnitReturn
from huizong.sample import fill
from huizong.work import Work, at_work, checked_sets

PERIOD = Period.parse("2026Q1")
ISSUED = dt.datetime(2026, 3, 20, 9)
SENT = dt.datetime(2026, 4, 3, 10)
CODE = "990101001001"


def office_of(folder: Path, now: dt.datetime = ISSUED) -> Path:
    """Make a sample office of fourteen communities."""
    init_office(folder, now=now)
    return folder


def good(work: Work, code: str = CODE, period: Period = PERIOD, set_code: str = "TJ") -> Blank:
    """Fill in one community's blank without a fault."""
    checked = checked_sets()[set_code]
    units = [one for one in expected_units(work.office, period, set_code) if one.code == code]
    blank = blanks_of(work, checked, period, units)[0]
    reading = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers)
    return msgspec.structs.replace(blank, filling=reading)


def changed(blank: Blank, **parts: object) -> Blank:
    """Replace parts of what was filled in."""
    return msgspec.structs.replace(blank, filling=msgspec.structs.replace(blank.filling, **parts))


def with_figure(blank: Blank, code: str, typed: str) -> Blank:
    """Type something into a figure's cell."""
    number = typed.lstrip("-").replace(".", "", 1).isdigit()
    cell = FigureCell(code, "number" if number else "text", typed if number else "", "", typed)
    cells = [one for one in blank.filling.figures if one.code != code]
    return changed(blank, figures=(*cells, cell))


def rows_of(reading: Reading, symbol: str) -> LedgerRows:
    """Find a ledger's rows."""
    return next(one for one in reading.ledgers if one.symbol == symbol)


def with_cell(blank: Blank, symbol: str, row: int, key: str, value: str | None) -> Blank:
    """Type something into a ledger's cell."""
    ledgers = []
    for rows in blank.filling.ledgers:
        if rows.symbol == symbol:
            cells = [list(one) for one in rows.rows]
            cells[row][rows.keys.index(key)] = value
            rows = msgspec.structs.replace(rows, rows=tuple(map(tuple, cells)))
        ledgers.append(rows)
    return changed(blank, ledgers=tuple(ledgers))


def put(work: Work, blank: Blank, name: str) -> Path:
    """Put a workbook into 收表."""
    path = work.office.inbox / f"{name}.xlsx"
    (ready,) = with_caches([blank])
    write_blank(ready, path)
    return path


def standing(
    work: Work, period: Period = PERIOD, code: str = CODE, set_code: str = "TJ"
) -> UnitReturn:
    """Collect and audit; tell how one unit stands."""
    pipeline.collect(work)
    done = pipeline.audit(work, period)
    returns = next(one for one in done.sets if one.code == set_code)
    return next(one for one in returns.rows if one.unit.code == code)


def at(folder: Path, now: dt.datetime = SENT):
    """Open the office."""
    return at_work(folder, now, "test")
