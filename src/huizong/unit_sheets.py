"""分单位: the units side by side, as rows for print or, of very many, as columns."""

from xlsxwriter.format import Format

from huizong.contents import Contents
from huizong.forms import Indicator
from huizong.pages import Page, lines_needed
from huizong.styles import Styles, set_up_page
from huizong.texts import either, measure_name, name_of, say
from huizong.total_sheets import own_value, short_name, total_value, write_head

# Past so many units a table with one row a unit is turned: indicators as rows.
MOST_UNIT_ROWS = 200


def _title(contents: Contents) -> str:
    """The form's own title: its line's name may already say 情况."""
    form_set = contents.form_set
    return say("summary.title_units", set=either(form_set.title, form_set.title_en))


def write_units(page: Page, contents: Contents) -> None:
    """Write 分单位: units as rows, or as columns where there are very many."""
    if len(contents.summary.units) > MOST_UNIT_ROWS:
        _write_across(page, contents)
    else:
        _write_down(page, contents)


def _write_down(page: Page, contents: Contents) -> None:
    """Write units as rows, 合计 first, then 本级, then the units in the roster's order."""
    indicators = contents.form_set.indicators
    last = 2 + len(indicators)
    widths = [5, 22, 9, *(_figure_width(one, contents) for one in indicators)]
    across = page.widths(widths)
    row = write_head(page, contents, _title(contents), last)
    top = row
    row = _write_unit_headings(page, row, contents, widths)
    page.sheet.freeze_panes(row, 3)
    totals = [contents.totals.get(one.code) for one in indicators]
    page.line(
        row,
        (
            None,
            say("summary.heading.total"),
            _of(contents),
            *(one and total_value(one) for one in totals),
        ),
        _unit_formats(page, contents, "total_"),
    )
    row += 1
    own = [own_value(one.own) if one else None for one in totals]
    page.line(
        row, (None, say("summary.heading.own"), None, *own), _unit_formats(page, contents, "")
    )
    row += 1
    normal, grey = (_unit_formats(page, contents, kind) for kind in ("", "grey_"))
    codes = tuple(one.code for one in indicators)
    wordy = [at for at, one in enumerate(indicators) if one.type == "text"]
    for number, (entry, name, figures) in enumerate(
        zip(contents.summary.units, contents.names, contents.figures, strict=True), 1
    ):
        values = [own_value(figures.get(code)) for code in codes]
        texts = [(str(values[at]), widths[3 + at] - 1) for at in wordy if values[at]]
        state = say(f"state.{entry.state}") if not entry.included else None
        page.fit(row, (name, 21), *texts)
        page.line(row, (float(number), name, state, *values), normal if entry.included else grey)
        row += 1
    page.say(row, 0, say("summary.note_grey"), "left")
    set_up_page(page.sheet, across, (top, top + 2))


def _of(contents: Contents) -> str:
    return f"{contents.summary.reported}/{contents.expected}"


def _figure_width(indicator: Indicator, contents: Contents) -> float:
    total = contents.totals.get(indicator.code)
    digits = len(total.value) * 4 / 3 + 3 if total else 0
    least = {"text": 26, "date": 11}.get(indicator.type, 8.5)
    return max(least, digits)


def _write_unit_headings(page: Page, row: int, contents: Contents, widths: list[float]) -> int:
    """Write three rows of headings: names, codes, measures."""
    indicators = contents.form_set.indicators
    fixed = [say(f"summary.heading.{key}") for key in ("number", "unit", "state")]
    names = [short_name(one) for one in indicators]
    lines = max(map(lines_needed, names, (width * 0.9 for width in widths[3:])), default=1)
    page.sheet.set_row(row, max(30, 13.5 * lines))
    page.headings(row, (*fixed, *names))
    page.headings(
        row + 1, ("", say("summary.heading.code"), "", *(one.code for one in indicators)), "column"
    )
    page.headings(
        row + 2,
        ("", say("summary.heading.measure"), "", *(measure_name(one.unit) for one in indicators)),
        "column",
    )
    return row + 3


def _unit_formats(page: Page, contents: Contents, kind: str) -> list[Format]:
    styles = page.styles
    figures = [_figure_format(styles, one, kind) for one in contents.form_set.indicators]
    return [styles(f"{kind}centre"), styles(f"{kind}text"), styles(f"{kind}centre"), *figures]


def _figure_format(styles: Styles, indicator: Indicator, kind: str) -> Format:
    """Give the format of a figure: a text is read from the left, a choice and a day stand alone."""
    if indicator.numeric:
        return styles.number(indicator.scale, f"{kind}number")
    return styles(f"{kind}text" if indicator.type == "text" else f"{kind}centre")


def _write_across(page: Page, contents: Contents) -> None:
    """Write indicators as rows and units as columns."""
    units = contents.summary.units
    widths = [34, 7, 8.5, 12, 11, *(9.5 for _ in units)]
    page.widths(widths[:5])
    page.sheet.set_column(5, 4 + len(units), 9.5)
    row = write_head(page, contents, _title(contents), 12)
    top = row
    fixed = [
        # Not 指标名称: a reader would take this sheet for the form itself.
        say(f"summary.heading.{key}")
        for key in ("figure", "code", "measure", "total", "own")
    ]
    lines = max(map(lines_needed, contents.names, (8 for _ in units)))
    page.sheet.set_row(row, 13.5 * lines)
    row = page.headings(row, (*fixed, *contents.names))
    states = ("" if one.included else say(f"state.{one.state}") for one in units)
    row = page.headings(row, ("", "", "", _of(contents), "", *states), "column")
    page.sheet.freeze_panes(row, 5)
    for indicator in contents.form_set.indicators:
        row = _write_indicator_across(page, row, indicator, contents)
    page.say(row, 0, say("summary.note_grey"), "left")
    set_up_page(page.sheet, sum(widths), (top, top + 1))
    page.sheet.repeat_columns(0, 4)


def _write_indicator_across(page: Page, row: int, indicator: Indicator, contents: Contents) -> int:
    total = contents.totals.get(indicator.code)
    centre = page.styles("centre")
    normal, grey, bold = (
        _figure_format(page.styles, indicator, kind) for kind in ("", "grey_", "total_")
    )
    code = indicator.code
    page.line(
        row,
        (
            name_of(indicator),
            code,
            measure_name(indicator.unit),
            total and total_value(total),
            total and own_value(total.own),
            *(own_value(figures.get(code)) for figures in contents.figures),
        ),
        (
            page.styles("text"),
            centre,
            centre,
            bold,
            normal,
            *(normal if entry.included else grey for entry in contents.summary.units),
        ),
    )
    return row + 1
