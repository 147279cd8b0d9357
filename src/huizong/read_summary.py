"""Read what a summary workbook carries besides its totals: coverage, ledgers, reasons."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from huizong.cells import squash
from huizong.checkrows import DIGEST_ROW, HIDDEN_SHEET, LEDGER_ROW
from huizong.forms import FormSet
from huizong.records import Finding, LedgerTotal
from huizong.sheets import plain_text, rows_below
from huizong.texts import catalogue
from huizong.workbooks import Sheet, Workbook


def read_summary(
    book: Workbook, form_set: FormSet, office: str, findings: Sequence[Finding]
) -> dict[str, Any]:
    """Give the fields of a Reading that only a summary has; `office` is whose summary it is."""
    hidden = _hidden(book)
    said = dict(row[:2] for row in hidden)
    return {
        "findings": tuple(findings),
        "expected": _count(said, "expected"),
        "reported": _count(said, "reported"),
        "missing": tuple(code for code in said.get("missing", "").split(",") if code),
        "ledger_totals": tuple(_ledger_totals(hidden, form_set)),
        "explanations": dict(_explanations(book, office)),
        **_digests(hidden, form_set),
    }


def _digests(rows: Sequence[tuple[str, str, str]], form_set: FormSet) -> dict[str, Any]:
    """Read the keyed digests of names; those of two keys in one summary are none."""
    found: dict[str, list[str]] = {}
    marks = set()
    for kind, code, told in rows:
        mark, _, digest = told.partition(":")
        if kind == DIGEST_ROW and code in form_set.by_code and mark and digest:
            found.setdefault(code, []).append(digest)
            marks.add(mark)
    if len(marks) != 1:
        return {}
    return {"digests": {code: tuple(one) for code, one in found.items()}, "digest_key": marks.pop()}


def _hidden(book: Workbook) -> list[tuple[str, str, str]]:
    sheet = next((one for one in book.sheets if one.name == HIDDEN_SHEET), None)
    rows = sheet.rows if sheet else []
    return [tuple([*map(plain_text, row), "", "", ""][:3]) for row in rows]  # type: ignore[misc]


def _count(said: Mapping[str, str], key: str) -> int:
    text = said.get(key, "")
    return int(text) if text.isdigit() else 0


def _ledger_totals(
    rows: Sequence[tuple[str, str, str]], form_set: FormSet
) -> Iterator[LedgerTotal]:
    for kind, symbol, told in rows:
        key, _, value = told.rpartition("=")
        known = symbol in form_set.by_symbol or symbol in form_set.by_code
        if kind == LEDGER_ROW and known and _is_number(value):
            yield LedgerTotal(symbol, key, value)


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def _explanations(book: Workbook, office: str) -> Iterator[tuple[str, str]]:
    """Read the office's own reasons from 问题与说明: by relation, of its own totals only."""
    names = {squash(text) for text in catalogue()["summary.sheet.findings"].values()}
    for sheet in book.sheets:
        if squash(sheet.name) in names:
            yield from _reasons(sheet, office)


def _reasons(sheet: Sheet, office: str) -> Iterator[tuple[str, str]]:
    for row, cells in enumerate(sheet.rows[:20]):
        columns = {
            squash(cell): at for at, cell in enumerate(cells) if isinstance(cell, str) and cell
        }
        places = [_column(columns, key) for key in ("relation", "unit", "explanation")]
        if None in places:
            continue
        for _, line in rows_below(sheet, row):
            relation, unit, reason = (
                plain_text(line[at]) if at is not None and at < len(line) else "" for at in places
            )
            if reason and squash(unit) == squash(office):
                yield relation, reason
        return


def _column(columns: Mapping[str, int], key: str) -> int | None:
    texts = catalogue()[f"summary.heading.{key}"].values()
    return next((columns[squash(text)] for text in texts if squash(text) in columns), None)
