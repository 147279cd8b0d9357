"""Checks of the cells of ledgers and plans: filled in, and numbers as their column wants them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from huizong.audit_figures import Audited, Numbered
from huizong.cells import plain
from huizong.findings import named
from huizong.forms import Column, Ledger
from huizong.read_rows import cell_of
from huizong.records import Finding, LedgerRows


def check_columns(audited: Audited) -> Iterator[Numbered]:
    """Every filled row of a ledger has its required columns; the plan's are in PL-10."""
    for ledger in audited.checked.form_set.ledgers:
        if ledger.kind != "plan":
            required = [column for column in ledger.columns if column.required]
            for position, rows in _rows_of_all(audited, ledger):
                yield from ((position, one) for one in _blanks(rows, required))


def check_numbers(audited: Audited) -> Iterator[Numbered]:
    """Counts are whole, amounts have no more than the declared places, nothing is under its min."""
    for ledger in audited.checked.form_set.ledgers:
        numeric = [column for column in ledger.columns if column.numeric and column.entry]
        for position, rows in _rows_of_all(audited, ledger):
            yield from ((position, one) for one in _misfits(rows, numeric))


def _rows_of_all(audited: Audited, ledger: Ledger) -> Iterator[tuple[int, LedgerRows]]:
    for position, reading in enumerate(audited.readings):
        if rows := reading.rows_of(ledger.symbol):
            yield position, rows


def _cells(rows: LedgerRows, columns: Sequence[Column]) -> Iterator[tuple[Column, int, str | None]]:
    """Give the cells of columns, with their row's number; odd ones have a finding already."""
    odd = {(at, key) for at, key, _ in rows.odd}
    for column in columns:
        if column.key in rows.keys:
            index = rows.keys.index(column.key)
            for at, row in enumerate(rows.rows):
                if (at, column.key) not in odd:
                    yield column, rows.numbers[at], row[index]


def _blanks(rows: LedgerRows, required: Sequence[Column]) -> Iterator[Finding]:
    for column, number, text in _cells(rows, required):
        if text is None:
            place = (rows.sheet, cell_of(rows, number, column.key), column.key)
            yield Finding("required_column", "must", *place, named(column))


def _misfits(rows: LedgerRows, numeric: Sequence[Column]) -> Iterator[Finding]:
    for column, number, text in _cells(rows, numeric):
        if text and (code := _misfit(column, text)):
            place = (rows.sheet, cell_of(rows, number, column.key), column.key)
            low = "—" if column.minimum is None else plain(column.minimum)
            details = {**named(column), "found": text, "places": str(column.scale),
                       "low": low, "high": "—"}  # fmt: skip
            yield Finding(code, "must", *place, details)


def _misfit(column: Column, text: str) -> str:
    """Name what is wrong with a number; empty if nothing is. Its size comes before its places."""
    if column.minimum is not None and Decimal(text) < column.minimum:
        return "negative" if column.minimum == 0 else "out_of_range"
    if len(text.partition(".")[2].rstrip("0")) > column.scale:
        return "not_whole" if column.scale == 0 else "too_many_places"
    return ""
