"""Read the sections of the written report, and the reasons on 审核说明."""

from collections.abc import Sequence

from huizong.cells import clean_text, squash
from huizong.forms import FormSet
from huizong.sheets import folded, plain_text, rows_below, words
from huizong.texts import catalogue
from huizong.workbooks import Sheet


def read_texts(sheet: Sheet, form_set: FormSet) -> dict[str, str]:
    """Read the sections of the written report, found by their names."""
    names = {squash(name): one.key for one in form_set.sections for name in (one.zh, one.en)}
    marks = [squash(text) for text in catalogue()["book.text_optional"].values()]
    texts: dict[str, str] = {}
    for row, line in enumerate(folded(sheet, len(sheet.rows))):
        for column, text in enumerate(line[:3]):
            key = names.get(_without(text, marks), "")
            if key and key not in texts:
                cells = sheet.rows[row]
                value = cells[column + 1] if column + 1 < len(cells) else ""
                texts[key] = clean_text(plain_text(value))
    return texts


def _without(text: str, marks: Sequence[str]) -> str:
    for mark in marks:
        text = text.removesuffix(mark)
    return text


def read_explanations(
    sheet: Sheet, top: Sequence[Sequence[str]], form_set: FormSet
) -> dict[str, str] | None:
    """Read the reasons on 审核说明: by relation id; None if it is another sheet."""
    for row, line in enumerate(top):
        if words("explanation").isdisjoint(line):
            continue
        reason = next((at for at, text in enumerate(line) if text in words("explanation")), None)
        number = next((at for at, text in enumerate(line) if text in words("relation")), None)
        if reason is not None and number is not None:
            return _reasons(sheet, row, number, reason, form_set)
    return None


def _reasons(
    sheet: Sheet, heading: int, number: int, reason: int, form_set: FormSet
) -> dict[str, str]:
    ids = {relation.id for relation in form_set.relations}
    # What a correction copy asks besides: about a figure, a ledger, or a section of the report.
    others = {squash(code): code for code in form_set.by_code}
    others |= {squash(name): one.symbol for one in form_set.ledgers for name in (one.zh, one.en)}
    others |= {squash(name): one.key for one in form_set.sections for name in (one.zh, one.en)}
    said = {}
    for _, cells in rows_below(sheet, heading):
        name = squash(str(cells[number])) if number < len(cells) else ""
        text = plain_text(cells[reason]) if reason < len(cells) else ""
        if name.partition(".")[0] in ids and text:
            said[name] = text
        elif name in others and text:
            said[others[name]] = text
    return said
