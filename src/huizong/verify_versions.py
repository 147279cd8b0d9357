"""By which version's codes a summary tells its figures, and what a return says under them."""

from collections.abc import Mapping

import msgspec

from huizong.cells import NOT_APPLICABLE, plain, read_figure
from huizong.former import as_then, known_version
from huizong.forms import FormSet
from huizong.layout import asked_elsewhere
from huizong.pages import foreign
from huizong.records import FigureCell, Reading


class MadeBy(msgspec.Struct, frozen=True):
    """
    The definition by which a summary was made; `codes` of then by those of now.

    `gone` are codes of then that are not asked any more.
    """

    form_set: FormSet
    now: FormSet
    codes: Mapping[str, str]
    gone: frozenset[str] = frozenset()

    def numeric(self, code: str) -> bool:
        """Whether a code of then stands for numbers; of what is gone nobody knows otherwise."""
        return code in self.gone or self.form_set.by_code[code].numeric


def made_by(form_set: FormSet, version: str) -> MadeBy | None:
    """Give the definition of a summary's version; None if nothing describes that version."""
    if version == form_set.version:
        return MadeBy(form_set, form_set, {code: code for code in form_set.by_code})
    former = known_version(form_set, version)
    if former is None:
        return None
    earlier = {now: then for then, now in former.renamed.items()}
    asked = (code for code in form_set.by_code if code not in former.new)
    codes = {code: earlier.get(code, code) for code in asked}
    gone = frozenset(one.code for one in former.removed)
    return MadeBy(as_then(form_set, former, version), form_set, codes, gone)


def said_by(reading: Reading, made: MadeBy) -> dict[str, str]:
    """Give what a return, read under the codes of now, says under those of the summary."""
    figures = {
        made.codes[cell.code]: _said(cell, numeric=made.now.by_code[cell.code].numeric)
        for cell in reading.figures
        if cell.code in made.codes
        and _in_its_file(made.now, cell)
        and not _carried(reading, cell, made.now)
    }
    # What is not asked any more is told by the reader as it was typed.
    left = {
        one.subject: _typed(str(one.details["found"]))
        for one in reading.findings
        if one.code == "former_removed" and one.subject in made.gone
    }
    return figures | left


def _carried(reading: Reading, cell: FigureCell, form_set: FormSet) -> bool:
    """Whether a zero report left it to the book to say what a stock was last period."""
    stock = form_set.by_code[cell.code].time != "flow"
    return reading.zero_report and stock and cell.state == "blank"


def _said(cell: FigureCell, *, numeric: bool) -> str:
    if cell.state == "na":
        return NOT_APPLICABLE
    if numeric:
        return cell.value if cell.state == "number" else ""
    return foreign(cell.typed)


def _typed(text: str) -> str:
    figure = read_figure(text)
    if figure.state == "na":
        return NOT_APPLICABLE
    return plain(figure.value) if figure.value is not None else ""


def _in_its_file(form_set: FormSet, cell: FigureCell) -> bool:
    """Whether a figure follows from its file alone, not from another set or from last period."""
    rule = form_set.by_code[cell.code].source_rule if cell.formula else ""
    return "PREV(" not in rule and not asked_elsewhere(form_set, cell.code)
