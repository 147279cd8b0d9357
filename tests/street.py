"""A street with three communities, and the returns that they send to it."""

import datetime as dt
import os
import shutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
import pytest

from huizong import pipeline
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.children import Children
from huizong.desk import Blank
from huizong.issue import blanks_for
from huizong.office import init_office, open_office
from huizong.periods import Period
from huizong.records import FigureCell
from huizong.sample import fill
from huizong.take_in import TASK
from huizong.work import at_work, checked_sets

PERIOD = Period.parse("2026Q1")
NOW = dt.datetime(2026, 4, 3, 9)
OLD = dt.datetime(2026, 4, 1).timestamp()
STREET = "990101001000"
UNITS = {"990101001001": "和平社区", "990101001002": "光明社区", "990101001003": "东风社区"}
PEACE, LIGHT, EAST = UNITS


@pytest.fixture(scope="module")
def readers():
    """Child processes that all tests of this module share."""
    with Children(2, TASK) as readers:
        yield readers


def empty_street(folder: Path, units: Mapping[str, str] = UNITS) -> Path:
    """Make a street with three communities, or with others, which has received nothing."""
    roster = folder / "名册.csv"
    lines = [f"{code},{name},{STREET}" for code, name in units.items()]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
    init_office(folder / "清河街道", roster=roster, unit=STREET, now=NOW)
    return folder / "清河街道"


@pytest.fixture(scope="module")
def empty_office(tmp_path_factory) -> Path:
    """A street with three communities, which has received nothing."""
    return empty_street(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(empty_office, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(empty_office, tmp_path / "清河街道"))


@cache
def blank_of(folder: Path, code: str) -> Blank:
    """Lay out the blank of one community."""
    office = open_office(folder)
    units = [unit for unit in office.roster if unit.code == code]
    return blanks_for(checked_sets()["TJ"], PERIOD, units, office.unit, {})[0]


def send(folder: Path, code: str, name: str = "", hour: int = 0, **figures: str | None) -> Path:
    """Put a community's return into 收表, as old as `hour` says; None leaves a figure blank."""
    blank = blank_of(folder, code)
    plan = blank.filling.ledgers
    filling = fill(checked_sets()["TJ"].form_set, blank.identity, plan=plan, ledger_rows=6)
    cells = {cell.code: cell for cell in filling.figures}
    cells |= {key: _typed(key, value or "") for key, value in figures.items()}
    filling = msgspec.structs.replace(
        filling, figures=tuple(cell for cell in cells.values() if cell.value or cell.typed)
    )
    # Another hour makes other bytes, whatever the figures are.
    issued = f"2026-01-05T{hour:02}:00:00"
    (done,) = with_caches([msgspec.structs.replace(blank, filling=filling, issued_at=issued)])
    path = folder / "收表" / f"{name or code}.xlsx"
    write_blank(done, path)
    os.utime(path, (OLD + 3600 * hour,) * 2)
    return path


def _typed(code: str, text: str) -> FigureCell:
    if text.lstrip("-").replace(".", "", 1).isdigit():
        return FigureCell(code, "number", text)
    return FigureCell(code, "na" if text == "——" else "text", typed=text)


def put(folder: Path, name: str, content: bytes) -> Path:
    """Put any file into 收表."""
    path = folder / "收表" / name
    path.write_bytes(content)
    os.utime(path, (OLD, OLD))
    return path


def send_all(folder: Path) -> list[Path]:
    """Put one good return of each community into 收表."""
    return [send(folder, code, TJ16=str(number)) for number, code in enumerate(UNITS, 1)]


def quarter(folder: Path, readers: Children, *batches: list[Path]) -> pipeline.Published:
    """Collect (in batches if given), audit and aggregate."""
    with at_work(folder, NOW, "test") as work:
        for batch in batches or [[]]:
            pipeline.collect(work, batch, readers)
        pipeline.audit(work, PERIOD)
        (published,) = pipeline.aggregate(work, PERIOD)
    return published
