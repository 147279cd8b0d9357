"""The state of a ledger (有, 本期无, 未填, 纸质备查): found on its sheet, held against its rows."""

from collections.abc import Mapping, Sequence
from functools import cache

from huizong.cells import address, squash
from huizong.findings import named
from huizong.forms import Ledger
from huizong.layout import ON_PAPER, STATUSES
from huizong.records import Finding
from huizong.sheets import plain_text, words
from huizong.workbooks import Sheet


@cache
def _states() -> Mapping[str, str]:
    """The states of a ledger by the words that a workbook has for them."""
    keys = zip((*STATUSES, ON_PAPER), ("full", "none", "unset", "paper"), strict=True)
    return {word: name for name, key in keys for word in words(f"status_{key}")}


def find_state(
    sheet: Sheet, top: Sequence[Sequence[str]], labelled: tuple[str, str]
) -> tuple[str, str]:
    """
    Find what stands for a ledger's state, and its cell: behind its label, as `labelled` says.

    Columns moved about part them; the only cell above the heading that says a state is taken then,
    and two decide nothing. `top` are the folded texts above the heading.
    """
    if squash(labelled[0]) in _states():
        return labelled
    places = [
        (row, column)
        for row, texts in enumerate(top)
        for column, text in enumerate(texts)
        if text in _states()
    ]
    if len(places) != 1:
        return labelled
    ((row, column),) = places
    return plain_text(sheet.rows[row][column]), address(row, column)


def read_state(
    sheet: Sheet, state: tuple[str, str], ledger: Ledger, rows: int
) -> tuple[str, tuple[Finding, ...]]:
    """Read a ledger's state and hold it against the number of its rows; a plan has none."""
    if ledger.kind == "plan":
        return STATUSES[0] if rows else "", ()
    found, cell = state
    status = _states().get(squash(found), "")
    code = _fault(status, rows)
    details = {"found": found, "rows": str(rows), **named(ledger)}
    place = (sheet.name, cell, ledger.symbol)
    return status, (Finding(code, "must", *place, details),) if code else ()


def _fault(status: str, rows: int) -> str:
    full, nothing, _ = STATUSES
    if rows and status != full:
        return "status_contradicts" if status in (nothing, ON_PAPER) else "status_unset"
    return "status_without_rows" if not rows and status == full else ""
