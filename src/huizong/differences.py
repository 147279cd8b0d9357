"""What differs between the returns of one unit, cell by cell: labels, places, contents."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

import msgspec

from huizong.cells import NOT_APPLICABLE
from huizong.forms import FormSet
from huizong.personal import masked
from huizong.records import FigureCell, LedgerRows, LedgerTotal, Reading
from huizong.texts import marked, name_of, say

Cell = tuple[str, str, str, str, bool]  # label, sheet, cell, content, and whether of a person
_NOWHERE = ("", "", "", False)


class Difference(msgspec.Struct, frozen=True):
    """A cell in which returns differ; `values` are what each of them says."""

    label: str
    sheet: str
    cell: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        empty = say("differences.empty")
        values = " / ".join(value or empty for value in self.values)
        return marked(f"{self.label} {self.cell}：") + values


class Compared(msgspec.Struct, frozen=True):
    """Two versions of a unit's return side by side."""

    unit: str
    name: str
    set_code: str
    old: int
    new: int
    differences: tuple[Difference, ...]


def differences(
    readings: Sequence[Reading], form_set: FormSet | None = None, *, words: bool = False
) -> Iterator[Difference]:
    """
    Give every cell in which returns differ; a row put in between moves no other.

    `form_set` names columns and indicators; with `words` texts, remarks and reasons count too.
    """
    numbers = [_row_numbers(readings, symbol) for symbol in _symbols(readings)]
    named = dict(zip(_symbols(readings), numbers, strict=True))
    columns = []
    for position, reading in enumerate(readings):
        rows = {symbol: found[position] for symbol, found in named.items()}
        cells = [*_cells(reading, rows, form_set), *(_words(reading, form_set) if words else ())]
        columns.append({label: rest for label, *rest in cells})
    for label in dict.fromkeys(label for column in columns for label in column):
        found = [column.get(label, _NOWHERE) for column in columns]
        values = tuple(content for _, _, content, _ in found)
        if len(set(values)) > 1:
            # Where it stands now; where it stood, if it is gone.
            sheet, cell = next((one[:2] for one in reversed(found) if any(one[:2])), ("", ""))
            yield Difference(label, sheet, cell, tuple(map(_shown, found)))


def _shown(found: Sequence) -> str:
    """Give what stands in a cell as it may be told: nothing of a person."""
    _, _, content, personal = found
    return say("differences.personal") if content and personal else masked(content)


def figures_of(reading: Reading) -> frozenset[tuple[str, str]]:
    """Give everything by which two returns are told apart; places and words do not count."""
    rows = {one.symbol: tuple(range(1, len(one.rows) + 1)) for one in reading.ledgers}
    return frozenset((label, content) for label, _, _, content, _ in _cells(reading, rows, None))


def _symbols(readings: Sequence[Reading]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rows.symbol for one in readings for rows in one.ledgers))


def _row_numbers(readings: Sequence[Reading], symbol: str) -> list[tuple[int, ...]]:
    """Number the rows of a ledger so that the same row has the same number in every return."""
    found: list[tuple[int, ...]] = []
    before: list[tuple[str | None, ...]] = []
    last = 0
    for reading in readings:
        rows = reading.rows_of(symbol)
        now = [_without_number(rows, row) for row in rows.rows] if rows else []
        numbers: list[int] = []
        for kind, i1, i2, j1, j2 in SequenceMatcher(
            None, before, now, autojunk=False
        ).get_opcodes():
            kept = list(found[-1][i1:i2]) if kind != "insert" and found else []
            for at in range(j2 - j1):
                if at >= len(kept):
                    last += 1
                numbers.append(kept[at] if at < len(kept) else last)
        found.append(tuple(numbers))
        before = now
    return found


def _without_number(rows: LedgerRows, row: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """A row without its running number, which moves when another is put before it."""
    return tuple(None if key == "seq" else cell for key, cell in zip(rows.keys, row, strict=True))


def _cells(
    reading: Reading, rows: Mapping[str, Sequence[int]], form_set: FormSet | None
) -> Iterator[Cell]:
    for mark, figures in (("", reading.figures), (say("book.own_mark"), reading.own)):
        for figure in figures:
            if figure.state != "blank":
                content = _content(figure)
                name = _figure(figure.code, form_set) + mark
                yield name, reading.sheet, figure.cell, content, False
    if reading.zero_report and form_set:
        yield say("book.zero"), "", "", say("book.zero_yes"), False
    for ledger in reading.ledgers:
        yield from _ledger_cells(ledger, rows[ledger.symbol], form_set)
    for total in () if reading.ledgers else reading.ledger_totals:
        yield _total(total, form_set), "", "", total.value, False


def _content(figure: FigureCell) -> str:
    """Give what a cell says; —— is that, whatever a program has stored for it."""
    if figure.state == "na":
        return NOT_APPLICABLE
    return figure.value if figure.state == "number" else figure.typed or figure.state


def _figure(code: str, form_set: FormSet | None) -> str:
    indicator = form_set.by_code.get(code) if form_set else None
    return f"{code} {name_of(indicator).strip()}" if indicator else code


def _total(total: LedgerTotal, form_set: FormSet | None) -> str:
    """Say what a summary tells of a ledger."""
    kind, _, key = total.key.partition(":")
    ledger = form_set.by_symbol.get(total.symbol) if form_set else None
    if ledger is None:
        return f"{total.symbol} {key or kind}"
    column, _, choice = key.partition("=")
    called = name_of(ledger.by_key[column]) if column in ledger.by_key else column
    return say(f"differences.total_{kind}", ledger=name_of(ledger), column=called, choice=choice)


def _ledger_cells(
    rows: LedgerRows, numbers: Sequence[int], form_set: FormSet | None
) -> Iterator[Cell]:
    ledger = form_set.by_symbol.get(rows.symbol) if form_set else None
    name = name_of(ledger) if ledger else rows.symbol
    yield say("differences.status", ledger=name), rows.sheet, "", rows.status, False
    for number, place, row in zip(numbers, rows.numbers, rows.rows, strict=False):
        for letter, key, content in zip(rows.columns, rows.keys, row, strict=False):
            if content and key != "seq":
                column = ledger.by_key.get(key) if ledger else None
                called = name_of(column) if column else key
                label = say("differences.row", ledger=name, number=number, column=called)
                personal = bool(column and column.personal)
                yield label, rows.sheet, f"{letter}{place}" if letter else "", content, personal


def _words(reading: Reading, form_set: FormSet | None) -> Iterator[Cell]:
    sections = {one.key: name_of(one) for one in form_set.sections} if form_set else {}
    for key, text in reading.texts.items():
        yield say("differences.text", name=sections.get(key, key)), "", "", text, False
    for code, text in reading.remarks.items():
        yield say("differences.remark", code=code), "", "", text, False
    for code, text in reading.explanations.items():
        yield say("differences.reason", code=code), "", "", text, False
