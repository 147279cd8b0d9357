"""Work out, for many workbooks at once, what their formulas will show."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal

import msgspec
import numpy as np

from huizong.cells import NOT_APPLICABLE, plain
from huizong.desk import Blank, Caches, compiled
from huizong.determine import determine
from huizong.evaluate import Evaluation
from huizong.forms import Ledger
from huizong.ground import NA, NUMBER, Ground, Header
from huizong.language import CheckedSet
from huizong.layout import ON_PAPER
from huizong.past import reading_of
from huizong.periods import Period
from huizong.records import FigureCell, LedgerRows, Reading
from huizong.vectors import judge, values


def with_caches(blanks: Sequence[Blank]) -> list[Blank]:
    """Give workbooks of one form set and period the results of all their formulas."""
    if not blanks:
        return []
    checked = blanks[0].checked
    readings = [_reading(blank) for blank in blanks]
    previous = [_figures_only(blank, blank.previous) for blank in blanks]
    year_ago = [_figures_only(blank, blank.year_ago) for blank in blanks]
    headers = [Header(_period(blank), blank.level) for blank in blanks]

    def ground_of(some: Sequence[Reading]) -> Ground:
        return Ground.of({checked.form_set.code: checked}, some, previous, year_ago, headers)

    determined = determine(checked, readings, ground_of)
    ground = determined.ground
    figures = [_shown(reading) for reading in determined.readings]
    to_date = _to_date(checked, blanks, figures, determined.readings, ground)
    live = {name for blank in blanks for name in compiled(checked, blank.level).verdicts}
    verdicts = {rule.id: judge(rule, ground) for rule in checked.relations if rule.id in live}
    rows = list(_computed_cells(checked, ground, len(blanks)))
    return [
        msgspec.structs.replace(
            blank,
            caches=Caches(
                figures[position],
                to_date[position],
                {rule: int(verdict[position]) for rule, verdict in verdicts.items()},
                rows[position],
            ),
        )
        for position, blank in enumerate(blanks)
    ]


def _period(blank: Blank) -> Period:
    # The standard blank is for no period; any will do, nothing in it is filled.
    return blank.period or Period.of(2000, blank.form_set.cycle)


def _reading(blank: Blank) -> Reading:
    """The workbook as a return: what is typed in it, formulas where nothing is, empty ledgers."""
    given = {cell.code: cell for cell in blank.filling.figures} if blank.filling else {}
    figures = tuple(
        given.get(one.code) or FigureCell(one.code, "blank", formula=True)
        for one in blank.form_set.indicators
    )
    filled = {rows.symbol: rows for rows in blank.filling.ledgers} if blank.filling else {}
    ledgers = tuple(
        _on_paper(one)
        if one.symbol in blank.on_paper
        else filled.get(one.symbol) or LedgerRows(one.symbol, "", "", (), ())
        for one in blank.form_set.ledgers
    )
    zero = blank.filling.zero_report if blank.filling else False
    return Reading(identity=blank.identity, figures=figures, ledgers=ledgers, zero_report=zero)


def _on_paper(ledger: Ledger) -> LedgerRows:
    return LedgerRows(ledger.symbol, ON_PAPER, "", (), ())


def _figures_only(blank: Blank, figures: Mapping[str, str]) -> Reading | None:
    return reading_of(blank.identity, figures)


def _shown(reading: Reading) -> dict[str, str]:
    return {
        cell.code: NOT_APPLICABLE if cell.state == "na" else cell.value
        for cell in reading.figures
        if cell.state in ("number", "na", "choice", "date")
    }


def _to_date(
    checked: CheckedSet, blanks: Sequence[Blank], figures: Sequence[Mapping[str, str]],
    readings: Sequence[Reading], ground: Ground,
) -> list[dict[str, str]]:  # fmt: skip
    """Add the year's earlier periods; rates of the year come from the year's parts."""
    found: list[dict[str, str]] = []
    for blank, shown in zip(blanks, figures, strict=True):
        sums: dict[str, str] = {}
        for one in checked.form_set.indicators:
            value = shown.get(one.code, "")
            if one.computed or not one.numeric or not value:
                continue
            if one.time != "flow" or value == NOT_APPLICABLE:
                sums[one.code] = value if one.time != "flow" else ""
            elif one.code in blank.before:
                total = Decimal(value) + Decimal(blank.before[one.code])
                # Rounded as the cell's formula rounds it, half away from zero.
                places = Decimal(1).scaleb(-one.scale)
                sums[one.code] = plain(total.quantize(places, ROUND_HALF_UP))
        found.append(sums)
    headers = [
        Header(header.period, header.level, ytd=_numbers(sums))
        for header, sums in zip(ground.headers, found, strict=True)
    ]
    year = Ground.of({checked.form_set.code: checked}, readings, headers=headers)
    for code in checked.ratios:
        scale = checked.form_set.by_code[code].scale
        states, numbers = values(checked.year_to_date(code), year, scale)
        for sums, state, number in zip(found, states, numbers, strict=True):
            shown = "" if number is None else plain(number)
            sums[code] = NOT_APPLICABLE if state == "na" else shown
    return found


def _numbers(sums: Mapping[str, str]) -> dict[str, str]:
    return {code: value for code, value in sums.items() if value not in ("", NOT_APPLICABLE)}


def _computed_cells(
    checked: CheckedSet, ground: Ground, count: int
) -> Iterator[dict[tuple[str, str, int], str]]:
    """Work out the computed columns of every ledger row, by (symbol, key, position of the row)."""
    found: list[dict[tuple[str, str, int], str]] = [{} for _ in range(count)]
    for computed in checked.columns:
        table = ground.table(computed.ledger)
        cells = Evaluation(ground, table).computed(computed.expression, len(table), computed.scale)
        numbers = cells.number.decimals(len(table))
        rows = zip(table.owner, _positions(table.owner), cells.state, numbers, strict=True)
        for owner, place, state, number in rows:
            if state == NUMBER and number is not None:
                found[owner][computed.ledger, computed.code, place] = plain(number)
            elif state == NA:
                found[owner][computed.ledger, computed.code, place] = NOT_APPLICABLE
    yield from found


def _positions(owner: np.ndarray) -> list[int]:
    """Count each owner's rows from 0."""
    first = np.searchsorted(owner, owner)
    return (np.arange(len(owner)) - first).tolist()
