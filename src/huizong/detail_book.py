"""明细: the ledger rows of the returns in a summary as a workbook beside it, whole or masked."""

import datetime as dt
import io
import re
from collections.abc import Collection, Iterator, Sequence

import msgspec

from huizong.contents import is_number, rows_of
from huizong.forms import Column, FormSet, Ledger
from huizong.pages import figure
from huizong.papers import period_name
from huizong.person_names import mask_column, without_names
from huizong.personal import shortened
from huizong.records import Summary, UnitReturn
from huizong.styles import Styles
from huizong.tables import Table, mark_paper, workbook_in
from huizong.texts import listed, name_of, say

_NUMBER_WIDTH, _UNIT_WIDTH = 6, 18
# Other numbers in a column of persons, such as short telephones.
_DIGITS = re.compile(r"\d{5,}")


class Details(msgspec.Struct, frozen=True):
    """
    What a workbook of ledger rows is made of.

    `names` are those to be masked in columns that are no names; `masked` whether any is.
    """

    summary: Summary
    form_set: FormSet
    checksum: str
    names: frozenset[str] = frozenset()
    masked: bool = False


def details_bytes(details: Details) -> bytes:
    """
    Make the workbook, a sheet a ledger; nothing if no return in the summary has a row.

    Ledgers whose rows this office does not have, such as an upper office's, have no sheet.
    """
    ledgers = [one for one in details.form_set.ledgers if one.kind != "plan"]
    filled = [one for one in ledgers if any(True for _ in _lines(details, one))]
    if not filled:
        return b""
    content = io.BytesIO()
    made_at = dt.datetime.fromisoformat(details.summary.made_at)
    title = name_of(details.form_set)
    with workbook_in(content, title, made_at) as book:
        styles = Styles(book)
        for ledger in filled:
            columns = _columns(ledger)
            widths = (_NUMBER_WIDTH, _UNIT_WIDTH, *(max(one.width, 9) for one in columns))
            sheet = say("details.sheet", code=ledger.code)
            _write(Table(book, styles, sheet, widths), details, ledger)
        mark_paper(book, "details")
    return content.getvalue()


def _write(table: Table, details: Details, ledger: Ledger) -> None:
    columns = _columns(ledger)
    _write_head(table, details, ledger)
    heads = (say("details.number"), say("details.unit"), *map(name_of, columns))
    table.headings([one.strip() for one in heads])
    top = table.row - 1
    looks = ["centre", "text", *("number" if one.numeric else "text" for one in columns)]
    for number, (unit, texts) in enumerate(_lines(details, ledger), 1):
        row = table.line((str(number), unit, *texts), looks)
        for at, (column, text) in enumerate(zip(columns, texts, strict=True), 2):
            # A figure that has been typed as a text stays one.
            if column.numeric and _is_figure(text):
                table.sheet.write(row, at, figure(text), table.styles.number(column.scale))
    table.sheet.autofilter(top, 0, table.row - 1, len(heads) - 1)
    table.page()


def _write_head(table: Table, details: Details, ledger: Ledger) -> None:
    summary, who = details.summary, details.summary.identity
    said = {"period": period_name(who.period), "set": name_of(details.form_set)}
    table.title(say("details.title", **said, ledger=name_of(ledger)))
    about = {"office": who.name, "code": who.code, "checksum": details.checksum}
    counts = {"reported": summary.reported, "expected": len(summary.units)}
    table.note(say("details.made_of", **about, **counts, number=summary.number))
    table.note(say("details.masked" if details.masked else "details.whole"))
    rows = {unit for unit, _ in _lines(details, ledger)}
    none = [name for name, _ in _returns(summary) if name not in rows]
    if none:
        table.note(say("details.nothing", names=listed(none)))


def _columns(ledger: Ledger) -> Sequence[Column]:
    return [one for one in ledger.columns if one.key != "seq"]


def _returns(summary: Summary) -> Iterator[tuple[str, UnitReturn]]:
    """Give the returns that are in the totals, the office's own first."""
    if summary.own and summary.own.included:
        yield say("summary.heading.own"), summary.own
    yield from ((one.unit.name, one) for one in summary.units if one.included)


def _lines(details: Details, ledger: Ledger) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the rows of a ledger, each with its unit, in the order of the columns."""
    columns = _columns(ledger)
    for name, entry in _returns(details.summary):
        rows = rows_of(entry, ledger)
        for row in rows.rows if rows else ():
            known = dict(zip(rows.keys, row, strict=True))
            yield name, tuple(_shown(known.get(one.key) or "", one, details) for one in columns)


def _shown(text: str, column: Column, details: Details) -> str:
    if not details.masked:
        return text
    return masked_personal(text) if column.personal else _without(text, details.names)


def masked_personal(text: str) -> str:
    """Mask what stands in a column of persons: names, and numbers of any kind."""
    return mask_column(_DIGITS.sub(lambda found: f"***{found[0][-2:]}", shortened(text)))


def _without(text: str, names: Collection[str]) -> str:
    return without_names(shortened(text), names)


def _is_figure(text: str) -> bool:
    return is_number(text) and bool(re.fullmatch(r"-?\d+(\.\d+)?", text))
