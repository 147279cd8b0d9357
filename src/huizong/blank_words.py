"""The cells of a statistics sheet that hold a choice, a text or a date: looks and live checks."""

import datetime as dt
from typing import Any

from huizong.cells import NOT_APPLICABLE, read_date
from huizong.desk import NO_TEXT, Desk, typed
from huizong.form_styles import DAY, lines_needed, tidy
from huizong.forms import Indicator
from huizong.formula_rows import quoted
from huizong.texts import marked, measure_name, name_of, say

NAME_WIDTH, MEASURE_WIDTH, FIGURE_WIDTH = 38, 11, 13
# A list in a cell's validation holds 255 characters in all.
LONGEST_LIST = 255
_FIRST_DAY = dt.date(1899, 12, 30)


def measure_of(indicator: Indicator) -> str:
    """Give what stands under 计量单位: the options of a choice, else the measure."""
    return marked("／").join(indicator.choices) or measure_name(indicator.unit)


def lines_of(desk: Desk, indicator: Indicator) -> int:
    """
    Tell how many lines a row takes; 0 leaves it to the program, which makes a row without a height
    of its own as high as what is typed.
    """
    name = lines_needed(name_of(indicator), NAME_WIDTH)
    if indicator.choices:
        name = max(name, lines_needed(measure_of(indicator), MEASURE_WIDTH))
    if indicator.type != "text":
        return name
    blank, code = desk.blank, indicator.code
    now = typed(desk, code) or blank.caches.figures.get(code, "")
    words = [now, blank.previous.get(code, ""), blank.year_ago.get(code, "")]
    return max(name, *(lines_needed(text, FIGURE_WIDTH) for text in words)) if any(words) else 0


def write_word(sheet: Any, row: int, column: int, value: str, style: Any) -> None:
    """Write a text as it is, never as a number; a day as a date, nothing as a blank."""
    day = read_date(value) if value[:4].isdigit() and value.count("-") == 2 else None
    if not value:
        sheet.write_blank(row, column, None, style)
    elif day and style.num_format == DAY:
        sheet.write_datetime(row, column, dt.datetime(day.year, day.month, day.day), style)
    else:
        sheet.write_string(row, column, tidy(value), style)


def cached_word(value: str, indicator: Indicator) -> Any:
    """Turn a word into what a formula's result is stored as; a day is its serial number."""
    day = read_date(value) if indicator.type == "date" else None
    return (day - _FIRST_DAY).days if day else value or NO_TEXT


def validation(indicator: Indicator, cell: str) -> dict[str, Any] | None:
    """Excel's own check at typing: one of the options, a day, or any text."""
    options = [*indicator.choices, NOT_APPLICABLE]
    if indicator.type == "choice" and len(",".join(options)) <= LONGEST_LIST:
        return {
            "validate": "list", "source": options,
            "error_title": say("book.choice_title"), "error_message": say("book.choice_error"),
        }  # fmt: skip
    if indicator.type == "date":
        return {
            "validate": "custom", "value": f'=OR({cell}="{NOT_APPLICABLE}",{_is_day(cell)})',
            "error_title": say("book.date_title"), "error_message": say("book.date_error"),
        }  # fmt: skip
    return None


def _is_day(cell: str) -> str:
    return f"IF(ISNUMBER({cell}),{cell}>=DATE(2000,1,1),FALSE)"


def check_formula(indicator: Indicator, cell: str, missing: str, chain: str) -> str:
    """Compile the row's check: blank, none of the options, no day, then its relations."""
    chain = _checked(indicator, cell, chain)
    return f'=IF({cell}="","{missing}",IF({cell}="{NOT_APPLICABLE}","",{chain}))'


def _checked(indicator: Indicator, cell: str, chain: str) -> str:
    if indicator.type == "choice":
        known = ",".join(f"EXACT({cell},{quoted(one)})" for one in indicator.choices)
        return f'IF(OR({known}),{chain},"{say("book.v_choice")}")'
    if indicator.type == "date":
        return f'IF({_is_day(cell)},{chain},"{say("book.v_date")}")'
    return chain


def fault_of(indicator: Indicator, value: str) -> str:
    """Work out what the check says of a word itself, as its formula does."""
    if indicator.type == "choice" and value not in indicator.choices:
        return say("book.v_choice")
    if indicator.type == "date" and read_date(value) is None:
        return say("book.v_date")
    return ""
