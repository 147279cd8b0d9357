"""Known dirt for the demo: what communities do to their returns, and the right outcome of it."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import msgspec

from huizong.forms import FormSet
from huizong.layout import STATUSES
from huizong.locked import lock
from huizong.records import FigureCell, LedgerRows, Reading
from huizong.sample import read_sample

PASSWORD = "demo-123456"


class Dirt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    One thing that a community does wrong, or oddly, in one period: `place` is office, unit, period.

    `first` is the finding or fate that collecting and auditing must come to; `again` what the
    community does next: `new` sends a right one, `reason` explains, `no` does nothing.
    """

    name: str
    place: tuple[int, int, int]
    first: str
    figure: tuple[str, str] | None = None
    cell: tuple[str, str, str, int] | None = None
    zero: bool = False
    spoil: str = ""
    again: str = "new"


def read_dirt(form_set: FormSet) -> dict[tuple[int, int, int], Dirt]:
    """Read the known dirt of a form set's sample, by office, unit and period."""
    entries = msgspec.convert(read_sample(form_set).get("dirt", []), tuple[Dirt, ...])
    return {one.place: one for one in entries}


def soiled(reading: Reading, dirt: Dirt | None, form_set: FormSet) -> Reading:
    """Type what the community types."""
    if dirt is None:
        return reading
    if dirt.zero:
        return _nothing_happened(reading, form_set)
    if dirt.figure:
        code, typed = dirt.figure
        cells = tuple(
            _typed(cell, typed) if cell.code == code else cell for cell in reading.figures
        )
        reading = msgspec.structs.replace(reading, figures=cells)
    if dirt.cell:
        symbol, key, value, row = dirt.cell
        ledgers = tuple(
            _with_cell(rows, key, value or None, row) if rows.symbol == symbol else rows
            for rows in reading.ledgers
        )
        reading = msgspec.structs.replace(reading, ledgers=ledgers)
    return reading


def _typed(cell: FigureCell, typed: str) -> FigureCell:
    is_number = typed.isascii() and typed.lstrip("-").replace(".", "", 1).isdigit()
    if is_number:
        return FigureCell(cell.code, "number", typed)
    return FigureCell(cell.code, "text", "", "", typed)


def _with_cell(rows: LedgerRows, key: str, value: str | None, row: int) -> LedgerRows:
    cells = list(rows.rows[row])
    cells[rows.keys.index(key)] = value
    changed = (*rows.rows[:row], tuple(cells), *rows.rows[row + 1 :])
    return msgspec.structs.replace(rows, rows=changed)


def _nothing_happened(reading: Reading, form_set: FormSet) -> Reading:
    """Choose 零报告: no figures typed, ledgers without rows."""
    plan = form_set.plan.symbol if form_set.plan else ""
    ledgers = tuple(
        rows
        if rows.symbol == plan
        else msgspec.structs.replace(rows, rows=(), numbers=(), status=STATUSES[1])
        for rows in reading.ledgers
    )
    return msgspec.structs.replace(reading, figures=(), ledgers=ledgers, zero_report=True)


def spoil(kind: str, path: Path) -> None:
    """Do to a good file what its sender did to it."""
    data = path.read_bytes()
    if kind == "encrypt":
        path.write_bytes(lock(data, PASSWORD))
    elif kind == "csv":
        text = io.StringIO()
        csv.writer(text).writerow(["指标名称", "代码", "本期"])
        path.write_text(text.getvalue(), encoding="gb18030")
    elif kind == "cut":
        path.write_bytes(data[: len(data) * 2 // 3])
    elif kind == "twice":
        path.with_name(f"副本_{path.name}").write_bytes(data)
    elif kind == "et":
        path.rename(path.with_suffix(".et"))
    elif kind == "none":
        path.unlink()


def reasons(findings: Mapping[str, str], reading: Reading) -> Reading:
    """Write reasons where the audit asked for them: on 审核说明, or in 备注 for a figure."""
    ids = {subject: text for subject, text in findings.items() if "-" in subject}
    remarks = {subject: text for subject, text in findings.items() if "-" not in subject}
    return msgspec.structs.replace(
        reading,
        explanations={**reading.explanations, **ids},
        remarks={**reading.remarks, **remarks},
    )
