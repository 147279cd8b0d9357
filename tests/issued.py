"""Issued workbooks for tests: made once a session, blank or filled in with sample figures."""

import datetime as dt
import io
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import msgspec

from huizong.audit import Audit, audit
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.forms import read_form_set
from huizong.ground import Header
from huizong.issue import blanks_for
from huizong.language import CheckedSet, check
from huizong.past import Past
from huizong.periods import Period
from huizong.read import Read, Refusal, read_bytes
from huizong.records import FigureCell, Finding, Reading, Unit, level_of
from huizong.sample import fill

TEMPLATES = Path(__file__).parents[1] / "templates"
PERIOD = Period.parse("2026Q1")
UNIT = Unit(code="990101001001", name="光明社区", parent="990101001000")
OTHER = Unit(code="990101001002", name="和平社区", parent="990101001000")
OWN = Unit(code="990101001000", name="北园街道", parent="990101000000")
FIGURES = "TJ-1 统计表"
DISPUTES = "TJ-L1 纠纷调解登记簿"
SCREENING = "TJ-L2 排查台账"
PLAN = "TJ-P 工作计划"
CHECKS = "审核说明"
FRONT = "填报说明"
PREVIOUS = {"TJ02": "9", "TJ20": "1", "TJ01": "6"}


@cache
def tj() -> CheckedSet:
    """The form set that the tests issue."""
    form_set = read_form_set(TEMPLATES / "TJ")
    return check(form_set, {"TJ": form_set})


def blank_of(unit: Unit = UNIT, period: Period = PERIOD, past: Past | None = None) -> Blank:
    """Lay out the blank of one unit, without the caches of its formulas."""
    known = {(unit.code, "unit"): past} if past else {}
    blank, own = blanks_for(tj(), period, [unit], OWN, known)
    return msgspec.structs.replace(
        own if unit is OWN else blank, due=dt.date(2026, 4, 7), issued_at="2026-03-20T09:00:00",
        issuer="北园街道办事处",
    )  # fmt: skip


def filled(blank: Blank, **changes: object) -> Blank:
    """Fill a blank in with sample figures; `changes` replace parts of the filling."""
    filling = fill(tj().form_set, blank.identity, plan=blank.filling.ledgers)
    return msgspec.structs.replace(blank, filling=msgspec.structs.replace(filling, **changes))


def with_figures(blank: Blank, figures: Mapping[str, str]) -> Blank:
    """Type figures into a filled blank; `——` and words are typed as they stand."""
    cells = {cell.code: cell for cell in blank.filling.figures}
    for code, text in figures.items():
        state = "na" if text == "——" else "number" if text[-1:].isdigit() else "text"
        cells[code] = FigureCell(code, state, text if state == "number" else "", typed=text)
    filling = msgspec.structs.replace(blank.filling, figures=tuple(cells.values()))
    return msgspec.structs.replace(blank, filling=filling)


def written(blank: Blank) -> bytes:
    """Give a workbook's bytes, with the caches of its formulas."""
    (ready,) = with_caches([blank])
    out = io.BytesIO()
    write_blank(ready, out)
    return out.getvalue()


@cache
def sent() -> bytes:
    """The workbook of 光明社区, filled in without a fault."""
    return written(filled(blank_of()))


def read(data: bytes) -> Reading:
    """Read a workbook that has to be readable."""
    result = read_bytes(data)
    assert isinstance(result, Read), result
    (reading,) = result.readings
    return reading


def refused(data: bytes) -> str:
    """Read a workbook that has to be refused; give the reason's code."""
    result = read_bytes(data)
    assert isinstance(result, Refusal), result
    return result.code


def audited(
    reading: Reading, previous: Reading | None = None, year_ago: Reading | None = None
) -> Audit:
    """Audit one return alone."""
    period = Period.parse(reading.identity.period) if reading.identity.period else PERIOD
    header = Header(period, level_of(reading.identity.code))
    return audit(tj(), [reading], [header], [previous], [year_ago])


def found(data: bytes, *levels: str) -> list[tuple[str, str]]:
    """Read and audit a workbook: the codes and cells of its findings, of some levels or all."""
    return codes(audited(read(data)).findings[0], *levels)


def codes(findings: Iterable[Finding], *levels: str) -> list[tuple[str, str]]:
    """Give code and cell of findings."""
    return [(one.code, one.cell) for one in findings if not levels or one.level in levels]


def figures(data: bytes) -> dict[str, str]:
    """Read and audit a workbook: the figures that would be counted, by code."""
    (reading,) = audited(read(data)).readings
    return {cell.code: cell.value for cell in reading.figures if cell.state == "number"}
