"""Work out what forms work out: figures from ledgers, rates from parts, zero reports."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec
import numpy as np

from huizong.cells import NOT_APPLICABLE, plain
from huizong.findings import named
from huizong.forms import Indicator
from huizong.ground import BLANK, NA, NUMBER, TEXT, Ground, Values, values_of
from huizong.language import CheckedSet, Computed, codes_of
from huizong.layout import STATUSES
from huizong.records import SUMMARY, FigureCell, Finding, LedgerRows, Reading
from huizong.vectors import values

STATE_NAMES = {NUMBER: "number", BLANK: "blank", NA: "na"}
Numbered = tuple[int, Finding]


class Determined(msgspec.Struct, frozen=True):
    """The readings with every determined figure worked out, and what differed from the cells."""

    readings: tuple[Reading, ...]
    ground: Ground
    findings: tuple[Numbered, ...]


def determine(
    checked: CheckedSet, readings: Sequence[Reading],
    ground_of: Callable[[Sequence[Reading]], Ground],
) -> Determined:  # fmt: skip
    """
    Work out every figure that a definition determines, over all returns at once.

    A figure that was typed over stays as typed: the audit judges what stands in the cell. A rate
    is never typed and always worked out. Under a zero report blank flows are 0 and stocks stay.
    """
    findings: list[Numbered] = []
    figures = [{cell.code: cell for cell in reading.figures} for reading in readings]
    ground = ground_of(readings)
    for indicator in checked.form_set.indicators:
        findings += _zero_reports(indicator, readings, figures, ground)
    if findings:
        ground = ground_of(_rebuilt(readings, figures))
    for computed in checked.computed:
        indicator = checked.form_set.by_code[computed.code]
        over = _over_parts(ground, computed, readings)
        state, texts = values(computed.expression, over, computed.scale)
        wanted = _wanted(checked, computed, indicator, readings)
        elsewhere = checked.asked_elsewhere(computed.code)
        for numbered in _put(indicator, figures, readings, state, texts, wanted):
            # The unit's own workbook cannot show what needs another set's figures.
            if not (elsewhere and numbered[1].code in ("stale_result", "formula_gone")):
                findings.append(numbered)
        ground = ground.standing(computed.code, _values(indicator.code, figures))
    return Determined(_rebuilt(readings, figures), ground, tuple(findings))


def rates_of(
    checked: CheckedSet, readings: Sequence[Reading], ground: Ground
) -> list[dict[str, FigureCell]]:
    """Work out the rates alone, from the other figures of each reading."""
    found: list[dict[str, FigureCell]] = [{} for _ in readings]
    for computed in checked.computed:
        if not checked.form_set.by_code[computed.code].computed:
            continue
        states, numbers = values(computed.expression, ground, computed.scale)
        for cells, state, number in zip(found, states, numbers, strict=True):
            value = plain(number) if state == "number" and number is not None else ""
            cells[computed.code] = FigureCell(computed.code, str(state), value)
    return found


def _zero_reports(
    indicator: Indicator, readings: Sequence[Reading], figures: list[dict[str, FigureCell]],
    ground: Ground,
) -> Iterator[Numbered]:  # fmt: skip
    """Fill the blank cells of zero reports; a figure given beside one is contradicted."""
    if indicator.computed:
        return
    said = {"date": "date", "choice": "choice", "text": "choice"}.get(indicator.type, "number")
    for position, reading in enumerate(readings):
        cell = figures[position].get(indicator.code)
        if not reading.zero_report or cell is None:
            continue
        details = {**named(indicator), "found": cell.typed}
        if cell.state == "blank" or (cell.formula and cell.state == said):
            value = _zero_value(indicator, position, ground)
            if value is None or (cell.state == said and cell.value == value):
                continue
            words = {} if indicator.numeric else {"typed": value}
            figures[position][indicator.code] = msgspec.structs.replace(
                cell, state=said, value=value, **words
            )
            yield position, Finding("zero_reported", "info", reading.sheet, cell.cell,
                                    indicator.code, {**details, "value": value})  # fmt: skip
        elif cell.state == "number" and indicator.time == "flow" and cell.value != "0":
            yield position, Finding("zero_with_figures", "must", reading.sheet, cell.cell,
                                    indicator.code, details)  # fmt: skip


def _zero_value(indicator: Indicator, position: int, ground: Ground) -> str | None:
    if indicator.time == "flow":
        return "0" if indicator.numeric else None
    last = ground.figure(indicator.code, "previous")
    known = (NUMBER,) if indicator.numeric else (NUMBER, TEXT)
    return last.texts[position] if last.state[position] in known else None


def _rebuilt(
    readings: Sequence[Reading], figures: Sequence[Mapping[str, FigureCell]]
) -> tuple[Reading, ...]:
    return tuple(
        msgspec.structs.replace(reading, figures=tuple(cells.values()))
        for reading, cells in zip(readings, figures, strict=True)
    )


def _wanted(
    checked: CheckedSet, computed: Computed, indicator: Indicator, readings: Sequence[Reading]
) -> np.ndarray:
    """Tell whose figure may be worked out: all rates; else where the ledgers' states are set."""
    if indicator.computed:
        stated = checked.asked_elsewhere(computed.code)
        return np.array([_may_divide(one, computed.code, stated) for one in readings], dtype=bool)
    symbols = [one.symbol for one in checked.ledgers_of(computed.code) if one.kind != "plan"]
    return np.array(
        [
            reading.identity.role != SUMMARY
            and not reading.zero_report
            and all(_is_set(reading.ledgers, symbol) for symbol in symbols)
            for reading in readings
        ],
        dtype=bool,
    )


def _may_divide(reading: Reading, code: str, stated: bool) -> bool:
    """A summary says itself over which units a rate is; parts of 0 are those of no unit at all."""
    if parts := reading.parts_of(code):
        return any(map(Decimal, parts.values()))
    return reading.identity.role != SUMMARY or not stated


def _over_parts(ground: Ground, computed: Computed, readings: Sequence[Reading]) -> Ground:
    """Put what summaries say of the parts of a rate in place of their totals."""
    said = [reading.parts_of(computed.code) for reading in readings]
    for code in codes_of(computed.expression) if any(said) else ():
        known = ground.figure(code)
        texts, states = known.texts.copy(), known.state.copy()
        for position in (at for at, parts in enumerate(said) if code in parts):
            texts[position], states[position] = said[position][code], NUMBER
        ground = ground.standing(code, values_of(texts, states, "number"))
    return ground


def _is_set(ledgers: Sequence[LedgerRows], symbol: str) -> bool:
    return any(rows.symbol == symbol and rows.status in STATUSES[:2] for rows in ledgers)


def _put(
    indicator: Indicator, figures: list[dict[str, FigureCell]], readings: Sequence[Reading],
    state: np.ndarray, texts: Sequence[Decimal | None], wanted: np.ndarray,
) -> Iterator[Numbered]:  # fmt: skip
    """Put what was worked out into the cells; say where the cell showed something else."""
    for position, cells in enumerate(figures):
        cell = cells.get(indicator.code) or FigureCell(indicator.code, "blank")
        name, number = state[position], texts[position]
        value = plain(number) if name == "number" and number is not None else ""
        nothing = name == "blank" and not indicator.computed
        if not wanted[position] or nothing:
            # A figure that waits for its ledgers, or the 0 that stands for "" in some .xls.
            waits = cell.formula and _is_waiting(readings[position])
            if waits and (not wanted[position] or cell.value == "0"):
                cells[indicator.code] = msgspec.structs.replace(cell, state="blank", value="")
            continue
        if (cell.state, cell.value) == (name, value) and indicator.code in cells:
            continue
        by_hand = readings[position].sheet != "" and not cell.formula
        code = _difference(indicator, cell, str(name), value, by_hand=by_hand)
        if code:
            details = {
                **named(indicator),
                "found": cell.typed,
                "value": NOT_APPLICABLE if name == "na" else value,
            }
            level = "must" if code == "overtyped" else "info"
            sheet = readings[position].sheet
            yield position, Finding(code, level, sheet, cell.cell, indicator.code, details)
        if not _stays(indicator, cell, by_hand=by_hand):
            cells[indicator.code] = msgspec.structs.replace(cell, state=name, value=value)


def _is_waiting(reading: Reading) -> bool:
    """Whether a unit's own figure waits for its ledgers; its formula's result means nothing."""
    return reading.identity.role != SUMMARY and not reading.zero_report


def _stays(indicator: Indicator, cell: FigureCell, *, by_hand: bool) -> bool:
    """What a person typed over a formula stands, and the audit judges it; never so for a rate."""
    return by_hand and not indicator.computed and cell.state != "blank"


def _difference(
    indicator: Indicator, cell: FigureCell, state: str, value: str, *, by_hand: bool
) -> str:
    """Name what differs between a cell and what was worked out; empty if nothing does."""
    if (cell.state, cell.value) == (state, value) or cell.state in ("text", "error"):
        return ""  # the reader has spoken of texts and errors
    if not by_hand:
        # LibreOffice saves a result that is a text, such as ——, as 0 in an .xls.
        text_as_zero = cell.value == "0" and state in ("blank", "na")
        return "stale_result" if cell.cell and not text_as_zero else ""
    if cell.state == "blank":
        return "formula_gone" if cell.cell and state == "number" else ""
    return "rate_typed" if indicator.computed else "overtyped"


def _values(code: str, figures: Sequence[Mapping[str, FigureCell]]) -> Values:
    cells = [one.get(code) for one in figures]
    texts = np.empty(len(cells), dtype=object)
    texts[:] = [(cell.value or None) if cell else None for cell in cells]
    numbers = {name: number for number, name in STATE_NAMES.items()}
    states = [numbers.get(cell.state, TEXT) if cell else BLANK for cell in cells]
    return values_of(texts, np.array(states, dtype=np.int8), "number")
