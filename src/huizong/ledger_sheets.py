"""台账汇总 and 计划执行: what the ledgers and plans add up to, without any name of a person."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from huizong.contents import DONE, Contents, rows_of
from huizong.forms import Column, Ledger
from huizong.layout import STATUSES, status_words
from huizong.pages import ROW_HEIGHT, Page, Value, figure, foreign
from huizong.records import LedgerTotal, UnitReturn
from huizong.recount import Fraction, rounded
from huizong.styles import set_up_page
from huizong.texts import measure_name, name_of, say
from huizong.total_sheets import set_name, write_head

# With more units than this each table begins on a page of its own.
_FEW = 16
Keys = tuple[tuple[str, Column | None], ...]


def ledger_keys(ledger: Ledger) -> Keys:
    """List what is known of a ledger: how many rows, sums of figures, counts by choice."""
    keys: list[tuple[str, Column | None]] = [("rows", None)]
    for column in ledger.columns:
        if column.personal or column.key == "seq":
            continue
        if column.numeric and not column.rule and column.type != "percent":
            keys.append((f"sum:{column.key}", column))
        keys += [(f"count:{column.key}={choice}", column) for choice in column.choices]
    return tuple(keys)


def _values(totals: tuple[LedgerTotal, ...], symbol: str) -> Mapping[str, str]:
    return {total.key: total.value for total in totals if total.symbol == symbol}


def _unit_values(entry: UnitReturn | None, symbol: str) -> Mapping[str, str]:
    """What the return of one unit says of a ledger; nothing if it is not in the totals."""
    if entry is None or entry.reading is None or not entry.included:
        return {}
    return _values(entry.reading.ledger_totals, symbol)


def write_ledgers(page: Page, contents: Contents) -> None:
    """Write 台账汇总: a table for each ledger."""
    ledgers = [one for one in contents.form_set.ledgers if one.kind != "plan"]
    most = max((len(ledger_keys(one)) for one in ledgers), default=1)
    across = page.widths([5, 22, 9, *_widths(ledgers, contents, max(most, 6))])
    title = say("summary.title_ledgers", set=set_name(contents))
    row = write_head(page, contents, title, 2 + max(most, 6))
    breaks = []
    for number, ledger in enumerate(ledgers):
        if number and len(contents.summary.units) > _FEW:
            breaks.append(row + 1)
        row = _write_ledger(page, row + 1, ledger, contents)
    page.sheet.set_h_pagebreaks(breaks)
    page.say(row, 0, say("summary.note_ledgers"))
    page.sheet.freeze_panes(0, 2)
    set_up_page(page.sheet, across)


def _widths(ledgers: list[Ledger], contents: Contents, columns: int) -> list[float]:
    """Find how wide the columns of all tables must be for their largest figures."""
    widths = [8.5] * columns
    for ledger in ledgers:
        values = _values(contents.summary.ledger_totals, ledger.symbol)
        for at, (key, column) in enumerate(ledger_keys(ledger)):
            places = column.scale if column and key.startswith("sum:") else 0
            digits = f"{Decimal(values.get(key) or 0):,.{places}f}"
            widths[at] = max(widths[at], len(digits) * 1.1 + 2.5)
    return widths


def _write_ledger(page: Page, row: int, ledger: Ledger, contents: Contents) -> int:
    page.say(row, 0, name_of(ledger), "block")
    keys = ledger_keys(ledger)
    row = _write_ledger_headings(page, row + 1, keys)
    scales = [column.scale if key.startswith("sum:") else 0 for key, column in keys]
    own = contents.summary.own
    total = _values(contents.summary.ledger_totals, ledger.symbol)
    lines: list[tuple[str, Value, Value, Value, Mapping[str, str]]] = [
        ("total_", None, say("summary.heading.total"), None, total),
        (
            "",
            None,
            say("summary.heading.own"),
            _status(own, ledger),
            _unit_values(own, ledger.symbol),
        ),
        *_unit_lines(contents, ledger),
    ]
    formats = {
        kind: [
            page.styles(f"{kind}centre"),
            page.styles(f"{kind}text"),
            page.styles(f"{kind}centre"),
            *(page.styles.number(scale, f"{kind}number") for scale in scales),
        ]
        for kind in ("total_", "", "grey_")
    }
    for kind, number, name, status, values in lines:
        figures = (figure(values[key]) if key in values else None for key, _ in keys)
        page.line(row, (number, name, status, *figures), formats[kind])
        page.fit(row, (str(name), 21))
        row += 1
    return row


def _unit_lines(
    contents: Contents, ledger: Ledger
) -> Iterator[tuple[str, Value, Value, Value, Mapping[str, str]]]:
    pairs = zip(contents.summary.units, contents.names, strict=True)
    for number, (entry, name) in enumerate(pairs, 1):
        state = _status(entry, ledger) if entry.included else say(f"state.{entry.state}")
        kind = "" if entry.included else "grey_"
        yield kind, float(number), name, state, _unit_values(entry, ledger.symbol)


def _status(entry: UnitReturn | None, ledger: Ledger) -> str:
    rows = rows_of(entry, ledger) if entry else None
    if rows is None:
        return ""
    if rows.status in STATUSES:
        return status_words()[STATUSES.index(rows.status)]
    return foreign(rows.status)


def _heading_of(key: str, column: Column | None) -> str:
    """Say what a column counts: rows, the rows of one choice, or what its cells add up to."""
    if column is None:
        return say("summary.heading.rows")
    _, _, choice = key.partition("=")
    summed = say("summary.sum_of", unit=measure_name(column.unit))
    return choice or summed.replace("（）", "").replace(" ()", "")


def _write_ledger_headings(page: Page, row: int, keys: Keys) -> int:
    """Write two rows: a column's name over its choices."""
    style = page.styles("heading")
    fixed = [say(f"summary.heading.{key}") for key in ("number", "unit", "ledger_status")]
    texts = [_heading_of(key, column) for key, column in keys]
    for column, text in enumerate((*fixed, texts[0])):
        page.sheet.merge_range(row, column, row + 1, column, text, style)
    page.sheet.set_row(row, ROW_HEIGHT)
    page.sheet.set_row(row + 1, ROW_HEIGHT)
    at = 3
    for column, width in _groups(keys):
        if column and width > 1:
            page.sheet.merge_range(row, at, row, at + width - 1, name_of(column), style)
        elif column:
            page.sheet.write_string(row, at, name_of(column), style)
            page.fit(row, (name_of(column), 8))
        at += width
    for column, text in enumerate(texts[1:], 4):
        page.sheet.write_string(row + 1, column, text, style)
    page.fit(row + 1, *((text, 7.5) for text in texts))
    return row + 2


def _groups(keys: Keys) -> list[tuple[Column | None, int]]:
    """Count how many keys stand under each column."""
    groups: list[tuple[Column | None, int]] = []
    for _, column in keys:
        if groups and groups[-1][0] is column:
            groups[-1] = (column, groups[-1][1] + 1)
        else:
            groups.append((column, 1))
    return groups


def write_plan(page: Page, contents: Contents) -> None:
    """Write 计划执行: items and their status by unit, then what was put off or is not done."""
    across = page.widths([5, 22, 9, 11, 9.5, 9.5, 9.5, 9.5, 9.5, 11, 32])
    title = say("summary.title_plan", set=set_name(contents))
    row = write_head(page, contents, title, 10)
    top = row
    row = _write_plan_table(page, row, contents)
    page.sheet.freeze_panes(top + 1, 2)
    if len(contents.summary.units) > _FEW:
        page.sheet.set_h_pagebreaks([row + 1])
    row = _write_undone(page, row + 1, contents)
    set_up_page(page.sheet, across)


def _write_plan_table(page: Page, row: int, contents: Contents) -> int:
    statuses = contents.statuses
    heading = (
        *(say(f"summary.heading.{key}") for key in ("number", "unit", "state", "items")),
        *statuses,
        say("summary.heading.done_rate"),
    )
    page.sheet.set_row(row, 30)
    row = page.headings(row, heading)
    formats = {
        kind: [
            page.styles(f"{kind}centre"),
            page.styles(f"{kind}text"),
            page.styles(f"{kind}centre"),
            *[page.styles.number(0, f"{kind}number")] * (1 + len(statuses)),
            page.styles.number(1, f"{kind}number"),
        ]
        for kind in ("total_", "", "grey_")
    }
    for kind, number, name, state, counts in _plan_lines(contents):
        values = (figure(value) for value in _plan_values(counts, statuses))
        page.line(row, (number, name, state, *values), formats[kind])
        page.fit(row, (str(name), 21))
        row += 1
    return row


def _plan_lines(contents: Contents) -> Iterator[tuple[str, Value, str, str, Mapping[str, int]]]:
    """合计, 本级 and each unit: items by status, `""` counting them all."""
    statuses = contents.statuses
    own = contents.summary.own
    units = [plan_counts(entry, contents) for entry in contents.summary.units]
    ours = plan_counts(own, contents) if own else {}
    total = {key: sum(one.get(key, 0) for one in (ours, *units)) for key in ("", *statuses)}
    yield "total_", None, say("summary.heading.total"), "", total
    yield "", None, say("summary.heading.own"), "", ours
    entries = zip(contents.summary.units, contents.names, units, strict=True)
    for number, (entry, name, counts) in enumerate(entries, 1):
        state = "" if entry.included else say(f"state.{entry.state}")
        yield "" if entry.included else "grey_", float(number), name, state, counts


def plan_counts(entry: UnitReturn, contents: Contents) -> dict[str, int]:
    """Count a return's plan items by status; under `""` all of them. Empty if not in the totals."""
    plan = contents.form_set.plan
    if plan is None or not entry.included or entry.reading is None:
        return {}
    known = _values(entry.reading.ledger_totals, plan.symbol)
    if known:
        counts = {one: int(known.get(f"count:status={one}", 0)) for one in contents.statuses}
        return {"": int(Decimal(known.get("rows", "0")))} | counts
    rows = rows_of(entry, plan)
    if rows is None or "status" not in rows.keys:
        return {}
    at = rows.keys.index("status")
    found = [row[at] for row in rows.rows]
    return {"": len(found)} | {one: found.count(one) for one in contents.statuses}


def done_rate(counts: Mapping[str, int]) -> str:
    """Give the share of items done in percent; —— without items, nothing without a plan."""
    if not counts:
        return ""
    items = counts[""]
    return str(rounded(Fraction(counts.get(DONE, 0), items) * 100, 1)) if items else "——"


def _plan_values(counts: Mapping[str, int], statuses: tuple[str, ...]) -> list[str]:
    if not counts:
        return [""] * (len(statuses) + 2)
    return [*(str(counts.get(key, 0)) for key in ("", *statuses)), done_rate(counts)]


def _write_undone(page: Page, row: int, contents: Contents) -> int:
    page.say(row, 0, say("summary.undone"), "block")
    row += 1
    keys = ("number", "unit", "state", "item", "owner", "due", "reason")
    spans = ((0, 0), (1, 1), (2, 2), (3, 5), (6, 7), (8, 9), (10, 10))
    items = contents.undone
    _spanned(page, row, spans, [say(f"summary.heading.{key}") for key in keys], "heading")
    page.sheet.set_row(row, 20)
    row += 1
    for number, (name, item) in enumerate(items, 1):
        values = [
            str(number),
            name,
            *(item.get(key, "") for key in ("status", "item", "owner", "due", "reason")),
        ]
        row = _write_undone_item(page, row, spans, values)
    if not items:
        page.say(row, 0, say("summary.none_undone"))
    return row + 1


def _write_undone_item(
    page: Page, row: int, spans: tuple[tuple[int, int], ...], values: list[str]
) -> int:
    _spanned(page, row, spans, values, "text")
    page.fit(row, *zip(values, (5, 21, 8, 29, 18, 20, 31), strict=True))
    return row + 1


def _spanned(
    page: Page, row: int, spans: tuple[tuple[int, int], ...], values: list[str], style: str
) -> None:
    for (first, last), value in zip(spans, values, strict=True):
        if last > first:
            page.merged(row, (first, last), value, style)
        else:
            middle = style == "text" and first in (0, 2)
            page.line(row, (value,), (page.styles("centre" if middle else style),), first)
