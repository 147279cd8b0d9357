"""图表: native charts over small tables on the same sheet, readable without colour."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from huizong.contents import Contents, is_number, plain_value
from huizong.forms import Indicator
from huizong.pages import Page, Value, figure, width_of
from huizong.return_sheets import STATES, state_counts
from huizong.styles import HEI, SONG, set_up_page
from huizong.texts import measure_name, say
from huizong.total_sheets import set_name, short_name, write_head

# More units than this and the chart shows the largest only.
MOST_BARS, LARGEST = 30, 20
_MOST_KEYS = 6
# Below this an axis counts by ones: of units there are no halves.
_FEW = 10
# Characters of 8 points that fit side by side under a chart.
_AXIS = 80
# Two charts beside each other on twelve columns of 89 pixels, fourteen rows of 20 pixels high.
_WIDTH, _HEIGHT = 526, 276
_COLUMNS, _CHART_ROWS = 12, 14
_TABLES_ROW = 34
# The tables stand below in two columns; a category takes three of the sheet's.
_LEFT, _RIGHT, _NAME = 0, 6, 3
_BLACK, _WHITE = "#262626", "#FFFFFF"
# Solid, striped, white: three series that a black-and-white printer keeps apart.
_FILLS: tuple[Mapping[str, Any], ...] = (
    MappingProxyType({"fill": {"color": "#44546A"}, "border": {"color": _BLACK}}),
    MappingProxyType(
        {
            "pattern": {
                "pattern": "wide_upward_diagonal",
                "fg_color": "#44546A",
                "bg_color": _WHITE,
            },
            "border": {"color": _BLACK},
        }
    ),
    MappingProxyType({"fill": {"color": _WHITE}, "border": {"color": _BLACK}}),
)


# The columns of a total that are compared, and their headings `summary.heading.<name>`.
_PERIODS = MappingProxyType({"value": "now", "previous": "previous", "year_ago": "year_ago"})


@dataclass(frozen=True)
class Table:
    """The figures of one chart: a heading, then a row a category."""

    title: str
    kind: str
    headings: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    places: int = 0
    axis: str = ""
    category_axis: str = ""
    by_unit: bool = False


def write_charts(page: Page, contents: Contents) -> None:
    """Write the charts two by two on the first page, and their figures on the next."""
    page.widths([12] * _COLUMNS)
    row = write_head(
        page, contents, say("summary.title_charts", set=set_name(contents)), _COLUMNS - 1
    )
    tables = [one for one in _tables(contents) if one.rows]
    for chart_row in range(row, _TABLES_ROW):
        page.sheet.set_row(chart_row, 15)
    free = {_LEFT: _TABLES_ROW, _RIGHT: _TABLES_ROW}
    for number, table in enumerate(tables):
        place = (row + number // 2 * (_CHART_ROWS + 1), number % 2 * 6)
        side = _LEFT if table.by_unit else _RIGHT
        _write_chart(page, place, table, (free[side] + 2, side))
        free[side] = _write_table(page, (free[side], side), table)
    page.sheet.set_h_pagebreaks([_TABLES_ROW])
    set_up_page(page.sheet, 12 * _COLUMNS)


def main_indicator(contents: Contents) -> Indicator | None:
    """Choose the count charted by unit: a key figure with items below it, else the first."""
    counts = [
        one
        for one in contents.form_set.indicators
        if one.key and one.total == "sum" and one.numeric
    ]
    return next((one for one in counts if parts_of(one, contents)), counts[0] if counts else None)


def parts_of(whole: Indicator, contents: Contents) -> tuple[Indicator, ...]:
    """List the indented indicators right below another."""
    indicators = contents.form_set.indicators
    parts = []
    for one in indicators[indicators.index(whole) + 1 :]:
        if one.indent <= whole.indent:
            break
        parts.append(one)
    return tuple(parts)


def _tables(contents: Contents) -> list[Table]:
    main = main_indicator(contents)
    tables = [_reporting(contents)]
    if main:
        tables.append(_by_unit(contents, main))
        tables.append(_composition(contents, main))
    return [*tables, _comparison(contents)]


def _reporting(contents: Contents) -> Table:
    rows = zip(
        (say(f"state.{state}") for state in STATES), map(float, state_counts(contents)), strict=True
    )
    return Table(
        say("summary.chart.reporting", expected=contents.expected),
        "bar",
        (say("summary.heading.state"), say("summary.chart.units")),
        tuple(rows) if contents.expected else (),
        axis=say("summary.chart.units"),
        category_axis=say("summary.heading.state"),
    )


def _by_unit(contents: Contents, main: Indicator) -> Table:
    """One bar a unit in the roster's order; of very many units the largest, in the same order."""
    found = [
        (name, plain_value(figures[main.code]))
        for name, figures in zip(contents.names, contents.figures, strict=True)
        if main.code in figures and figures[main.code].state == "number"
    ]
    title = say("summary.chart.by_unit", name=short_name(main))
    if len(found) > MOST_BARS:
        order = sorted(range(len(found)), key=lambda at: (-Decimal(found[at][1]), at))
        found = [found[at] for at in sorted(order[:LARGEST])]
        title = say("summary.chart.largest", name=short_name(main), count=LARGEST)
    return Table(
        title,
        "column",
        (say("summary.heading.unit"), say("summary.chart.value_in", unit=measure_name(main.unit))),
        tuple((name, figure(value)) for name, value in found),
        main.scale,
        measure_name(main.unit),
        say("summary.heading.unit"),
        by_unit=True,
    )


def _composition(contents: Contents, main: Indicator) -> Table:
    parts = [(one, contents.totals.get(one.code)) for one in parts_of(main, contents)]
    return Table(
        say("summary.chart.composition", name=short_name(main)),
        "bar",
        (say("summary.heading.indicator"), say("summary.heading.total")),
        tuple(
            (short_name(one), figure(total.value))
            for one, total in parts
            if total and is_number(total.value)
        ),
        main.scale,
        measure_name(main.unit),
        say("summary.chart.kind"),
    )


def _comparison(contents: Contents) -> Table:
    """This period, last period and last year for the key counts."""
    keys = [one for one in contents.form_set.indicators if one.key and one.type == "int"]
    found = [(one, contents.totals[one.code]) for one in keys if one.code in contents.totals]
    shown = [(one, total) for one, total in found if is_number(total.value)][:_MOST_KEYS]
    # A period of which nothing is known has no bars, and no place in the legend.
    periods = [key for key in _PERIODS if any(is_number(getattr(t, key)) for _, t in shown)]
    return Table(
        say("summary.chart.comparison"),
        "bar",
        (
            say("summary.heading.indicator"),
            *(say(f"summary.heading.{_PERIODS[key]}") for key in periods),
        ),
        tuple(
            (
                _shorter(one),
                *(
                    figure(value) if is_number(value := getattr(total, key)) else None
                    for key in periods
                ),
            )
            for one, total in shown
        ),
        axis=say("summary.chart.value"),
        category_axis=say("summary.heading.indicator"),
    )


def _shorter(indicator: Indicator) -> str:
    """The name of an indicator without what stands in brackets, for the axis of a chart."""
    return re.sub(r"（[^）]*）| \([^)]*\)", "", short_name(indicator))


def _write_table(page: Page, place: tuple[int, int], table: Table) -> int:
    """Write the figures of a chart and give the row after them."""
    row, side = place
    page.say(row, side, table.title, "block")
    style = page.styles("heading")
    page.sheet.merge_range(row + 1, side, row + 1, side + _NAME - 1, table.headings[0], style)
    for column, heading in enumerate(table.headings[1:], side + _NAME):
        page.sheet.write_string(row + 1, column, heading, style)
    number = page.styles.number(table.places)
    row += 2
    for name, *values in table.rows:
        page.merged(row, (side, side + _NAME - 1), str(name), "text")
        page.line(row, values, [number] * len(values), side + _NAME)
        row += 1
    return row + 1


def _write_chart(page: Page, place: tuple[int, int], table: Table, first: tuple[int, int]) -> None:
    """Draw a table whose first category stands at `first`."""
    top, names = first
    last = top + len(table.rows) - 1
    chart = page.book.add_chart({"type": table.kind})
    several = len(table.headings) > 2
    for number, heading in enumerate(table.headings[1:]):
        column = names + _NAME + number
        chart.add_series(
            {
                "name": heading,
                "categories": [page.name, top, names, last, names],
                "values": [page.name, top, column, last, column],
                "gap": 60,
                "overlap": -5 if several else 0,
                "data_labels": {"value": True, "font": _font(8)},
                **_FILLS[number],
            }
        )
    _dress(chart, table, several=several)
    chart.set_size({"width": _WIDTH, "height": _HEIGHT})
    options = {"x_offset": 4, "y_offset": 4, "description": table.title}
    page.sheet.insert_chart(*place, chart, options)


def _font(size: float, **more: Any) -> dict[str, Any]:
    return {"name": SONG, "size": size, "color": _BLACK, "bold": False, **more}


def _dress(chart: Any, table: Table, *, several: bool) -> None:
    """Give a chart its title, the titles of its axes and its legend."""
    chart.set_title({"name": table.title, "name_font": _font(12) | {"name": HEI}, "overlay": False})
    category = {
        "name": table.category_axis,
        "name_font": _font(9),
        "num_font": _category_font(table),
    }
    value = {
        "name": table.axis,
        "name_font": _font(9),
        "num_font": _font(8),
        "min": 0 if _no_negative(table.rows) else None,
        "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}},
    }
    if _greatest(table.rows) < _FEW:
        value |= {"major_unit": 1}
    if table.kind == "bar":
        # A bar chart counts from below: reversed, the first row is on top as in its table.
        category |= {"reverse": True}
        value |= {"label_position": "high"}
    # XlsxWriter's x axis is the one across, whichever of the two that is.
    chart.set_x_axis(value if table.kind == "bar" else category)
    chart.set_y_axis(category if table.kind == "bar" else value)
    chart.set_legend({"position": "bottom", "font": _font(9)} if several else {"none": True})
    chart.set_chartarea({"border": {"color": "#7F7F7F"}})


def _category_font(table: Table) -> dict[str, Any]:
    """Turn the labels where side by side they would run into each other."""
    many = len(table.rows) > _MOST_KEYS
    long = sum(width_of(str(row[0])) + 2 for row in table.rows) > _AXIS
    return _font(8, rotation=-45) if many and long and table.kind == "column" else _font(8)


def _greatest(rows: Sequence[Sequence[Value]]) -> float:
    return max((value for row in rows for value in row if isinstance(value, float)), default=0)


def _no_negative(rows: Sequence[Sequence[Value]]) -> bool:
    return all(not isinstance(value, float) or value >= 0 for row in rows for value in row)
