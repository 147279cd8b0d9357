"""How the units stand, on the front sheet of the control workbook: counts, chart and table."""

from collections.abc import Mapping
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from huizong import console
from huizong.cells import address
from huizong.control_places import (
    COUNTED,
    COUNTS,
    FIRST,
    HEADINGS,
    HEIGHTS,
    KEY_COLUMNS,
    KEY_HEIGHTS,
    KEYS,
    LAST,
    LEFT,
    LETTER_COLOURS,
    LINE,
    PAPER_COLOURS,
    PIXELS,
    RIGHT,
    SCREEN,
    STATE_COLOURS,
    count_column,
    fixed,
    progress_column,
)
from huizong.records import MISSING, PASSED
from huizong.styles import Styles
from huizong.texts import catalogue, say

# Deeper than the tints of the cells, and still apart in grey.
_BARS = {"red": "#D98880", "amber": "#E5B84B", "green": "#7DB38A"}


def write_progress(book: Workbook, sheet: Worksheet, styles: Styles, own: str) -> None:
    """Write counts and chart over an empty table; `own` is the cell of the office's own code."""
    _write_counts(sheet, styles, own)
    _write_table(sheet, styles)
    _draw_chart(book, sheet)


def _write_counts(sheet: Worksheet, styles: Styles, own: str) -> None:
    """Count the units by state; the office itself, if it stands in the table, is not one."""
    sheet.write_string(COUNTS, LEFT, say("console.progress"), styles("block"))
    for name in console.COUNTED:
        colour = "red" if name == "late" else STATE_COLOURS.get(name, "")
        look = styles(f"count_{colour}" if colour else "count")
        sheet.write_string(COUNTED, count_column(name), _label(name), styles("count_label"))
        sheet.write_formula(COUNTS, count_column(name), _count(name, own), look, 0)
    expected, missing = (address(COUNTS, count_column(name)) for name in console.COUNTED[:2])
    sheet.write_string(COUNTED, RIGHT, say("console.reported"), styles("count_label"))
    ratio = f'={expected}-{missing}&"/"&{expected}'
    sheet.write_formula(COUNTS, RIGHT, ratio, styles("count"), "0/0")


def _label(name: str) -> str:
    if name == "late":
        return say("mark.late")
    return say(f"state.{name}" if name in STATE_COLOURS else "console.expected")


def _count(name: str, own: str) -> str:
    """Give the formula of one count."""
    units = f'({_rows("unit")}<>"")*({_rows("unit")}<>{own}&"")'
    if name == "late":
        return f'=SUMPRODUCT({units}*({_rows("late")}<>""))'
    if name not in STATE_COLOURS:
        return f"=SUMPRODUCT({units})"
    words = "+".join(f'({_rows("state")}="{word}")' for word in _words(f"state.{name}"))
    return f"=SUMPRODUCT({units}*({words}))"


def _words(code: str) -> tuple[str, ...]:
    """Give a word in all languages: that of the office may change after this was written."""
    return tuple(dict.fromkeys(catalogue()[code].values()))


def _rows(name: str) -> str:
    column = progress_column(name)
    return f"{fixed(FIRST, column)}:{fixed(LAST, column)}"


def _write_table(sheet: Worksheet, styles: Styles) -> None:
    for column, heading in enumerate(say("console.progress_heading").split("|"), LEFT):
        sheet.write_string(HEADINGS, column, heading, styles("heading"))
    sheet.autofilter(HEADINGS, LEFT, LAST, RIGHT)
    for name, words, colours in (
        ("state", "state.", STATE_COLOURS),
        ("paper", "paper_state.", PAPER_COLOURS),
        ("letter_state", "", LETTER_COLOURS),
    ):
        looks = {f"{words}{state}": styles(colour) for state, colour in colours.items()}
        colour_by_words(sheet, (FIRST, LAST, progress_column(name)), looks)
    late = progress_column("late")
    told = {"type": "no_blanks", "format": styles("late")}
    sheet.conditional_format(FIRST, late, LAST, late, told)
    unit = address(FIRST, progress_column("unit"))
    lined = {"type": "formula", "criteria": f'=${unit}<>""', "format": styles("filled")}
    sheet.conditional_format(FIRST, LEFT, LAST, RIGHT, lined)


def colour_by_words(
    sheet: Worksheet, place: tuple[int, int, int], looks: Mapping[str, Format]
) -> None:
    """Colour cells by the words that stand in them; `place` is first and last row, and column."""
    first, last, column = place
    cell = f"${address(first, column)}"
    for code, look in looks.items():
        either = ",".join(f'{cell}="{word}"' for word in _words(code))
        rule = {"type": "formula", "criteria": f"=OR({either})", "format": look}
        sheet.conditional_format(first, column, last, column, rule)


def _draw_chart(book: Workbook, sheet: Worksheet) -> None:
    """Draw a bar for each state, to the right of the buttons."""
    chart = book.add_chart({"type": "column"})
    first, last = count_column(MISSING), count_column(PASSED)
    font = {"name": SCREEN["font_name"], "size": 9, "color": "#595959"}
    series: dict[str, Any] = {
        "categories": [console.CONSOLE, COUNTED, first, COUNTED, last],
        "values": [console.CONSOLE, COUNTS, first, COUNTS, last],
        "points": [{"fill": {"color": _BARS[colour]}} for colour in STATE_COLOURS.values()],
        "data_labels": {"value": True, "font": font | {"bold": True}},
        "gap": 70,
    }
    chart.add_series(series)
    chart.set_title({"name": say("console.chart"), "name_font": font | {"bold": False}})
    chart.set_legend({"none": True})
    chart.set_x_axis({"num_font": font, "line": {"color": LINE}, "major_tick_mark": "none"})
    chart.set_y_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
    chart.set_chartarea({"border": {"color": LINE}})
    across = slice(LEFT + KEY_COLUMNS, RIGHT + 1)
    high = sum(HEIGHTS[row] for row in range(KEYS, KEYS + len(KEY_HEIGHTS)))
    chart.set_size({"width": sum(PIXELS[across]), "height": high - 4})
    sheet.insert_chart(KEYS, LEFT + KEY_COLUMNS, chart)
