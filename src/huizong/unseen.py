"""Tell what a person does not see in a workbook: veiled cells, notes, macros, other files."""

from collections.abc import Iterator, Mapping, Sequence

from huizong.cells import address
from huizong.facts import VEILED, Cell
from huizong.records import Finding
from huizong.workbooks import Sheet, Workbook

SHOWN = 6


def unseen(book: Workbook, sheets: Sequence[Sheet]) -> Iterator[Finding]:
    """List it once for the workbook, once for each sheet of a form; nothing of it is left out."""
    if book.macros:
        yield Finding("macros", "note")
    if book.external_links:
        yield Finding("other_files", "note")
    for sheet in sheets:
        yield from _looks(sheet)
        if sheet.notes:
            yield _finding("noted", "note", sheet, sheet.notes)


def _looks(sheet: Sheet) -> Iterator[Finding]:
    kinds: dict[str, list[Cell]] = {}
    for place, look in sorted(sheet.looks.items()):
        # A format changes numbers only; a heading in white on white is nobody's concern.
        if _is_number(sheet, *place):
            kinds.setdefault(look, []).append(place)
    for look, places in kinds.items():
        if look == VEILED:
            yield _finding("veiled", "info", sheet, places)
        else:
            yield _finding("scaled", "note", sheet, places, {"found": look})


def _is_number(sheet: Sheet, row: int, column: int) -> bool:
    cells = sheet.rows[row] if row < len(sheet.rows) else ()
    return column < len(cells) and isinstance(cells[column], int | float)


def _finding(
    code: str, level: str, sheet: Sheet, places: Sequence[Cell] | frozenset[Cell],
    details: Mapping[str, str] = {},
) -> Finding:  # fmt: skip
    names = [address(*place) for place in sorted(places)]
    more = {"columns": "、".join(names[:SHOWN]), "count": str(len(names)), **details}
    return Finding(code, level, sheet.name, names[0], code, more)
