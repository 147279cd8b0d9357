"""Choices, texts and dates of a form set of an office's own: asked, read, carried, added up."""

from pathlib import Path

import msgspec
import pytest

from huizong.audit import audit
from huizong.ground import Header
from huizong.past import reading_of
from huizong.periods import Period
from issued import read, written
from libreoffice import convert
from own_set import blank_of, defined, in_use, typed

FULL = {"FX01": "21", "FX02": "0", "FX03": "否", "FX04": "楼道堆物", "FX05": "2026-03-05"}


def states(reading) -> dict[str, tuple[str, str]]:
    """State and value of every figure."""
    return {cell.code: (cell.state, cell.value) for cell in reading.figures}


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods", "xlsx"])
def test_cells_that_nobody_filled_are_blank_in_every_format(kind: str, tmp_path: Path):
    """
    Saved by LibreOffice, untouched numbers, choices, texts and dates stay blank; none is 0.
    """
    checked = defined(tmp_path / "sets")
    path = tmp_path / "blank.xlsx"
    path.write_bytes(written(typed(blank_of(checked), FX02="0")))

    with in_use(tmp_path / "sets"):
        reading = read(convert(path, kind, tmp_path / "out").read_bytes())

    assert states(reading) == {
        "FX01": ("blank", ""),
        "FX02": ("number", "0"),
        "FX03": ("blank", ""),
        "FX04": ("blank", ""),
        "FX05": ("blank", ""),
    }


@pytest.mark.libreoffice
def test_zero_report_saved_as_xls_makes_no_stock_zero(tmp_path: Path):
    """
    A zero report's flows are 0; a stock without a figure of last period stays blank.
    """
    checked = defined(tmp_path / "sets")
    blank = blank_of(checked)
    blank = msgspec.structs.replace(
        blank, filling=msgspec.structs.replace(blank.filling, zero_report=True)
    )
    path = tmp_path / "zero.xlsx"
    path.write_bytes(written(blank))

    with in_use(tmp_path / "sets"):
        reading = read(convert(path, "xls", tmp_path / "out").read_bytes())
    period = Period.parse("2026Q1")
    before = [reading_of(reading.identity, {}), reading_of(reading.identity, {"FX01": "20"})]
    done = audit(checked, [reading] * 2, [Header(period, "社区")] * 2, before)

    without, carried = map(states, done.readings)
    assert without["FX02"] == carried["FX02"] == ("number", "0")
    assert (without["FX01"], carried["FX01"]) == (("blank", ""), ("number", "20"))
    assert [one.subject for one in done.findings[0] if one.code == "required"] == ["FX01", "FX03"]
