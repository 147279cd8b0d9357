"""Tell a correction made in our own copy (退改件) from another return: what the copy let change."""

import hashlib

from huizong import layout
from huizong.desk import Blank
from huizong.history import SentCopy
from huizong.layout import Place


def copy_of(digest: str, blank: Blank) -> SentCopy:
    """Give the entry of a correction copy made of a return; its mark stands in the workbook."""
    cells = tuple(dict.fromkeys(f"{one.sheet}!{one.cell}" for one in _open_places(blank)))
    mark = hashlib.sha256("\n".join((digest, *cells)).encode()).hexdigest()
    return SentCopy(mark[:32], digest, cells)


def _open_places(blank: Blank) -> list[Place]:
    """The marked cells, and the figures that the workbook works out by itself."""
    by_code = blank.form_set.by_code
    figures = layout.figure_places(blank.form_set)
    worked_out = [at for code, at in figures.items() if not blank.typed_in(by_code[code])]
    return [*(Place(one.sheet, one.row, one.column) for one in blank.marks), *worked_out]
