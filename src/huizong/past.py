"""What the books say of earlier periods: last period, a year ago, the year so far."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from huizong.book import Book
from huizong.cells import NOT_APPLICABLE, plain
from huizong.entries import readings_of
from huizong.forms import FormSet, Ledger
from huizong.history import adopted_of, figures_of, judged_of, last_summary
from huizong.periods import Period
from huizong.records import SUMMARY, FigureCell, Identity, LedgerRows, Reading

Figures = Mapping[str, str]
Who = tuple[str, str]  # unit code and role
Restated = Callable[[Period, Mapping[Who, Figures]], dict[Who, Figures]]


class Past(msgspec.Struct, frozen=True):
    """
    What the books say of earlier periods, as plain decimals or —— by code.

    `before` adds up the year's earlier periods, without the codes that lack one of them;
    `so_far` gives the flows of each, blank where one has none; `partial` are the rates that one
    of them had over a part of its units. `periods` of `expected` earlier periods have figures.
    `merged` names the units whose figures are in it beside the unit's own, `split` those that the
    unit was a part of.
    """

    previous: Figures = {}
    year_ago: Figures = {}
    before: Figures = {}
    so_far: Mapping[str, tuple[str, ...]] = {}
    periods: int = 0
    expected: int = 0
    merged: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    partial: frozenset[str] = frozenset()


class Opening(msgspec.Struct, frozen=True):
    """One figure from before the office used Huizong (期初导入), with where it comes from."""

    period: str
    set_code: str
    unit: str
    role: str
    code: str
    value: str
    source: str


def save_opening(book: Book, figures: Iterable[Opening]) -> None:
    """Enter figures from before the office used Huizong; a later entry replaces an earlier."""
    with book.writing():
        book.put(
            "INSERT OR REPLACE INTO opening VALUES (?, ?, ?, ?, ?, ?, ?)",
            (msgspec.structs.astuple(figure) for figure in figures),
        )


def earlier_periods(period: Period) -> tuple[Period, ...]:
    """List the periods that a period is compared with, or adds up with in its year."""
    known = (period.previous, period.year_ago, *period.within_year[:-1])
    return tuple(dict.fromkeys(of for of in known if of))


def past_of_units(
    book: Book, period: Period, form_set: FormSet, units: Collection[str] = (),
    restated: Restated | None = None,
) -> dict[Who, Past]:  # fmt: skip
    """
    Give the past of every unit, or of these, and of the office's own figures.

    `restated` turns the figures of a period into those of the units as they are now.
    """
    figures = {of: figures_at(book, of, form_set, units) for of in earlier_periods(period)}
    if restated:
        figures = {of: restated(of, found) for of, found in figures.items()}
    everyone = sorted({who for found in figures.values() for who in found})

    def at(of: Period | None, who: Who) -> Figures:
        return figures.get(of, {}).get(who, {})

    return {
        who: _past(
            form_set,
            at(period.previous, who),
            at(period.year_ago, who),
            [at(of, who) for of in period.within_year[:-1]],
        )
        for who in everyone
    }


def past_of_office(
    book: Book, code: str, period: Period, form_set: FormSet,
    hidden: Callable[[Period], Collection[str]] = lambda _: (),
) -> Past:  # fmt: skip
    """
    Give the past of the office's own totals, from what it published or entered as opening.

    `hidden` names the codes that are not comparable with those of an earlier period.
    """

    def at(of: Period | None) -> Figures:
        known = _totals(book, code, of, form_set) if of else {}
        without = hidden(of) if of else ()
        return {one: value for one, value in known.items() if one not in without}

    within = period.within_year[:-1]
    past = _past(form_set, at(period.previous), at(period.year_ago), [at(of) for of in within])
    return msgspec.structs.replace(past, partial=_partial(book, within, form_set))


def _partial(book: Book, periods: Iterable[Period], form_set: FormSet) -> frozenset[str]:
    """Name the rates that a published summary had over a part of its units."""
    published = (last_summary(book, str(of), form_set.code) for of in periods)
    said = (one for summary in published if summary for one in summary.ledger_totals)
    return frozenset(one.symbol for one in said if one.part)


def _totals(book: Book, code: str, of: Period, form_set: FormSet) -> Figures:
    published = last_summary(book, str(of), form_set.code)
    if published is None:
        return openings_at(book, of, form_set).get((code, SUMMARY), {})
    return {
        total.code: NOT_APPLICABLE if total.state == "na" else total.value
        for total in published.totals
        if total.state in ("number", "na")
    }


def _past(form_set: FormSet, previous: Figures, year_ago: Figures, earlier: list[Figures]) -> Past:
    before: dict[str, str] = {}
    so_far: dict[str, tuple[str, ...]] = {}
    for indicator in form_set.indicators:
        values = tuple(figures.get(indicator.code, "") for figures in earlier)
        numbers = [value for value in values if value and value != NOT_APPLICABLE]
        if not indicator.numeric or indicator.time != "flow":
            continue
        so_far[indicator.code] = values
        if len(numbers) == len(values):
            before[indicator.code] = plain(sum(map(Decimal, numbers), Decimal(0)))
    have = sum(bool(figures) for figures in earlier)
    return Past(previous, year_ago, before, so_far, have, len(earlier))


def nothing_before(form_set: FormSet, period: Period) -> Past:
    """Give the past of a unit that has none: in a year's first period its sums begin at 0."""
    return _past(form_set, {}, {}, [{} for _ in period.within_year[:-1]])


def rows_carried(
    book: Book, period: Period, form_set: FormSet,
    heirs: Callable[[Period], Mapping[str, str]] = lambda _: {},
) -> dict[Who, tuple[LedgerRows, ...]]:  # fmt: skip
    """
    Give the rows of stock ledgers as every unit last reported them, at most a year ago.

    They stand in the next blank, so that a unit enters only what has changed. `heirs` tells for
    a period who carries on the ledgers of merged units.
    """
    stocks = {ledger.symbol: ledger for ledger in form_set.ledgers if ledger.kind == "stock"}
    found: dict[Who, tuple[LedgerRows, ...]] = {}
    oldest, before = period.year_ago, period.previous
    while stocks and before and oldest and before.start >= oldest.start:
        adopted, moved = adopted_of(book, str(before), form_set.code), heirs(before)
        sent: dict[Who, list[str]] = {}
        for (unit, role), digest in adopted.items():
            sent.setdefault((moved.get(unit, unit), role), []).append(digest)
        sent = {who: digests for who, digests in sent.items() if who not in found}
        readings = readings_of(book, [one for digests in sent.values() for one in digests])
        for who, digests in sent.items():
            found[who] = tuple(
                _carried(rows, stocks[rows.symbol])
                for rows in joined_rows([readings[one] for one in digests if one in readings])
                if rows.symbol in stocks and rows.rows
            )
        before = before.previous
    return found


def joined_rows(readings: Sequence[Reading]) -> tuple[LedgerRows, ...]:
    """Put the rows of merged units below one another, ledger by ledger, each under its column."""
    found: dict[str, LedgerRows] = {}
    for rows in (rows for reading in readings for rows in reading.ledgers):
        first = found.get(rows.symbol)
        found[rows.symbol] = _joined(first, rows) if first else rows
    return tuple(found.values())


def _joined(first: LedgerRows, rows: LedgerRows) -> LedgerRows:
    """Two versions of a form may have other columns: what one of them lacks is blank there."""
    letters = dict(zip(rows.keys, rows.columns, strict=True))
    letters |= dict(zip(first.keys, first.columns, strict=True))
    keys = (*first.keys, *(key for key in rows.keys if key not in first.keys))
    laid = tuple(
        tuple(map(dict(zip(some.keys, row, strict=True)).get, keys))
        for some in (first, rows)
        for row in some.rows
    )
    below = tuple((len(first.rows) + at, key, kind) for at, key, kind in rows.odd)
    return msgspec.structs.replace(
        first, keys=keys, columns=tuple(letters[key] for key in keys), rows=laid,
        numbers=first.numbers + rows.numbers, odd=first.odd + below,
        status=first.status if first.rows else rows.status,
    )  # fmt: skip


def _carried(rows: LedgerRows, ledger: Ledger) -> LedgerRows:
    """Put the rows of a ledger below one another again, numbered anew."""
    keys = tuple(column.key for column in ledger.columns if not column.rule)
    given = (dict(zip(rows.keys, row, strict=True)) for row in rows.rows)
    laid = tuple(
        tuple(str(number) if key == "seq" else row.get(key) for key in keys)
        for number, row in enumerate(given, 1)
    )
    numbers = tuple(range(1, len(laid) + 1))
    return LedgerRows(ledger.symbol, "有", "", keys, ("",) * len(keys), numbers, laid)


def marks_of_past(book: Book, period: Period, form_set: FormSet) -> list[tuple]:
    """List what the figures of a period come from: other marks mean that they may have changed."""
    sql = "SELECT * FROM opening WHERE (period, set_code) = (?, ?) ORDER BY unit, role, code"
    openings = book.ask(sql, (str(period), form_set.code))
    return [*judged_of(book, str(period), form_set.code), *openings]


def figures_at(
    book: Book, period: Period, form_set: FormSet, units: Collection[str] = ()
) -> dict[Who, Figures]:
    """Give the figures of one period as the book is now; openings where nothing was received."""
    found: dict[Who, dict[str, str]] = {}
    for figure in figures_of(book, str(period), form_set.code, units):
        if figure.column == "now" and figure.state in ("number", "na", "choice", "date"):
            value = NOT_APPLICABLE if figure.state == "na" else figure.value
            found.setdefault((figure.unit, figure.role), {})[figure.code] = value
    return {**openings_at(book, period, form_set), **found}


def reading_of(
    identity: Identity, figures: Figures, ledgers: tuple[LedgerRows, ...] = ()
) -> Reading | None:
    """Lay the books' figures of an earlier period out as a return; None if there are none."""
    cells = tuple(FigureCell(code, _state(value), value) for code, value in figures.items())
    return Reading(identity=identity, figures=cells, ledgers=ledgers) if cells else None


def _state(value: str) -> str:
    """Tell a number or date from —— and words; what it is to be, its indicator knows."""
    return "na" if value == NOT_APPLICABLE else "number" if value[-1:].isdigit() else "choice"


def opening_sources(book: Book, period: Period, form_set: FormSet) -> dict[Who, tuple[str, ...]]:
    """Name where the openings come from that a period is compared with, by whose they are."""
    found: dict[Who, dict[str, None]] = {}
    sql = "SELECT unit, role, code, source FROM opening WHERE (period, set_code) = (?, ?)"
    for of in earlier_periods(period):
        received = set(adopted_of(book, str(of), form_set.code))
        published = last_summary(book, str(of), form_set.code)
        if published:
            received.add((published.identity.code, SUMMARY))
        for unit, role, code, source in book.ask(sql, (str(of), form_set.code)):
            indicator = form_set.by_code.get(code)  # openings outlive what the form asks
            if indicator and (unit, role) not in received and not indicator.computed:
                found.setdefault((unit, role), {})[source] = None
    return {who: tuple(sources) for who, sources in found.items()}


def openings_at(book: Book, period: Period, form_set: FormSet) -> dict[Who, Figures]:
    """Give the figures of a period that were entered as openings (期初导入)."""
    found: dict[Who, dict[str, str]] = {}
    sql = "SELECT unit, role, code, value FROM opening WHERE (period, set_code) = (?, ?)"
    for unit, role, code, value in book.ask(sql, (str(period), form_set.code)):
        found.setdefault((unit, role), {})[code] = value
    return found
