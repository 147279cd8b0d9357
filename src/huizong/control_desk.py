"""控制台, the front sheet of the control workbook: what a person chooses, presses and opens."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from huizong import console
from huizong.cells import address
from huizong.control_places import (
    COLUMN_LOOKS,
    FIELD_COLUMNS,
    FIELDS,
    FIRST,
    HEAD,
    HEADINGS,
    HEIGHTS,
    HIDDEN,
    KEY_COLUMNS,
    KEY_HEIGHTS,
    KEYS,
    LABELS,
    LEFT,
    LINKS,
    LOOKS,
    PERIODS,
    PIXELS,
    RIGHT,
    ROW_HEIGHT,
    RULE,
    SAID,
    fixed,
    named_places,
)
from huizong.control_progress import write_progress
from huizong.forms import installed, read_form_set
from huizong.paperwork import STEPS
from huizong.periods import Period
from huizong.roster import SHEET
from huizong.settings import SETTINGS, Settings
from huizong.styles import Styles, set_up_page
from huizong.texts import name_of, say

# A character's width on the screen, by which paper is chosen.
_CHARACTER = 7


def write_desk(
    book: Workbook, settings: Settings, cells: Mapping[str, str], now: dt.datetime
) -> None:
    """Write the front sheet; `cells` says where the settings of each name stand."""
    styles = Styles(book, LOOKS)
    sheet = book.add_worksheet(console.CONSOLE)
    _lay_out(sheet, styles)
    _write_head(sheet, styles, settings, cells)
    _write_fields(sheet, styles, settings, cells)
    _write_buttons(sheet)
    _write_links(sheet, styles)
    write_progress(book, sheet, styles, cells["code"])
    _write_hidden(sheet, Period.parse(settings.period).year if settings.period else now.year)
    for name, place in named_places().items():
        book.define_name(name, f"={console.CONSOLE}!{fixed(*place)}")
    sheet.activate()


def _lay_out(sheet: Worksheet, styles: Styles) -> None:
    sheet.hide_gridlines(2)
    sheet.set_default_row(ROW_HEIGHT * 0.75)
    for row, height in HEIGHTS.items():
        sheet.set_row_pixels(row, height)
    for column, pixels in enumerate(PIXELS):
        inside = LEFT <= column <= RIGHT
        style = styles(COLUMN_LOOKS[column - LEFT]) if inside else None
        sheet.set_column_pixels(column, column, pixels, style)
    sheet.set_column(HIDDEN, PERIODS, 20, None, {"hidden": True})
    # Above the table the looks of its columns would show.
    for row in range(HEADINGS):
        for column in range(LEFT, RIGHT + 1):
            sheet.write_blank(row, column, None, styles("rule" if row == RULE else "plain"))
    sheet.freeze_panes(FIRST, 0)
    set_up_page(sheet, sum(PIXELS) / _CHARACTER, (HEADINGS, HEADINGS))
    sheet.fit_to_pages(1, 0)


def _write_head(
    sheet: Worksheet, styles: Styles, settings: Settings, cells: Mapping[str, str]
) -> None:
    head = say("console.head")
    sheet.merge_range(HEAD, LEFT, HEAD, RIGHT - 2, "", styles("head"))
    formula = f'={cells["name"]}&"{head}"'
    sheet.write_formula(HEAD, LEFT, formula, styles("head"), settings.name + head)
    sheet.merge_range(HEAD, RIGHT - 1, HEAD, RIGHT, "", styles("code"))
    formula = f'={cells["code"]}&""'
    sheet.write_formula(HEAD, RIGHT - 1, formula, styles("code"), settings.code)


def _write_fields(
    sheet: Worksheet, styles: Styles, settings: Settings, cells: Mapping[str, str]
) -> None:
    labels = say("console.fields").split("|")
    for (left, right), label in zip(FIELD_COLUMNS.values(), labels, strict=True):
        sheet.write_string(LABELS, left, label, styles("label"))
        if right > left:
            sheet.merge_range(FIELDS, left, FIELDS, right, "", styles("typed"))
        sheet.write_blank(FIELDS, left, None, styles("choice" if left == right else "typed"))
    choice = styles("choice")
    # Those of the settings, until others are chosen here.
    for name, setting in ((console.PERIOD, "period"), (console.OFFICER, "officer")):
        formula, value = f'={cells[setting]}&""', getattr(settings, setting)
        sheet.write_formula(FIELDS, FIELD_COLUMNS[name][0], formula, choice, value)
    for name, text in ((console.SETS, "console.all_sets"), (console.STEP, f"signing.{STEPS[0]}")):
        sheet.write_string(FIELDS, FIELD_COLUMNS[name][0], say(text), choice)
    for name, validation in _validations(settings).items():
        left, _ = FIELD_COLUMNS[name]
        sheet.data_validation(FIELDS, left, FIELDS, left, validation)


def _validations(settings: Settings) -> dict[str, dict[str, Any]]:
    known = {code: name_of(read_form_set(path)) for code, path in installed().items()}
    sets = {code: known.get(code, "") for code in settings.sets} or known
    told = say("console.sets_help", sets="\n".join(" ".join(one) for one in sets.items()))
    periods = f"={fixed(0, PERIODS)}:{fixed(len(_PERIODS) - 1, PERIODS)}"
    steps = [say(f"signing.{step}") for step in STEPS]
    return {
        console.PERIOD: _choice(periods, say("console.period_help")),
        console.SETS: _choice([say("console.all_sets"), *_named(sets)], told[:_LONGEST_PROMPT]),
        console.OFFICER: {"validate": "any", "input_message": say("console.officer_help")},
        console.STEP: _choice(steps, say("console.step_help")),
    }


_LONGEST_PROMPT = _LONGEST_LIST = 255


def _named(sets: Mapping[str, str]) -> Sequence[str]:
    """Give code and name of each form set to choose from, or the codes where names do not fit."""
    named = [" ".join(one).strip() for one in sets.items()]
    listed = ",".join((say("console.all_sets"), *named))
    commas = listed.count(",") > len(named)
    return list(sets) if commas or len(listed) > _LONGEST_LIST else named


def _choice(source: str | Sequence[str], told: str) -> dict[str, Any]:
    # What is not listed may be right: a month, a form set that came later.
    return {
        "validate": "list", "source": source, "input_message": told, "error_type": "information",
    }  # fmt: skip


def _write_buttons(sheet: Worksheet) -> None:
    """Put the buttons of the quarter into two rows, and the rarer ones below, less high."""
    rows = [row for row, height in enumerate(KEY_HEIGHTS, KEYS) if height > _SPACING]
    for number, action in enumerate(console.BUTTONS):
        _write_button(sheet, rows[number // KEY_COLUMNS], LEFT + number % KEY_COLUMNS, action)
    for column, action in enumerate(console.RARE_BUTTONS, LEFT):
        _write_button(sheet, rows[-1], column, action)


def _write_button(sheet: Worksheet, row: int, column: int, action: str) -> None:
    button = {
        "macro": f"Do{action.capitalize()}", "caption": say(f"button.{action}"),
        "width": PIXELS[column] - _SPACING, "height": HEIGHTS[row] - _SPACING,
    }  # fmt: skip
    sheet.insert_button(row, column, button)


_SPACING = 6


def _write_links(sheet: Worksheet, styles: Styles) -> None:
    """Write what opens folders, lists and the other sheets, and the line of the last action."""
    targets = (
        *(f"external:{folder}" for folder in ("收表", "下发", "退改", "汇总", "上报", "草稿")),
        "external:审核结果.xlsx",
        *(
            f"internal:'{name}'!A1"
            for name in (console.TODO_SHEET, console.OUT_SHEET, SHEET, SETTINGS, console.HELP)
        ),
    )
    captions = say("console.links").split("|")
    for column, (target, caption) in enumerate(zip(targets, captions, strict=True), LEFT):
        sheet.write_url(LINKS, column, target, styles("link"), caption)
    sheet.merge_range(SAID, LEFT, SAID, RIGHT, say("console.said"), styles("said"))


# Years before or after that of the chosen period, and what can be chosen of each.
_PERIODS = tuple(
    (years, part)
    for years, parts in ((0, "Q1 Q2 Q3 Q4 H1 H2 Y"), (-1, "Q1 Q2 Q3 Q4 Y"), (1, "Q1 Q2"))
    for part in parts.split()
)


def _write_hidden(sheet: Worksheet, year: int) -> None:
    """Write what the macro says by itself, and the periods around a year or the one chosen."""
    for name in ("working", "no_python", "no_addin"):
        row, column = named_places()[f"HZ_{name.upper()}"]
        sheet.write_string(row, column, say(f"console.{name}"))
    chosen = f"IFERROR(VALUE(LEFT({address(FIELDS, LEFT)},4)),{year})"
    for row, (years, part) in enumerate(_PERIODS):
        formula = f'={chosen}+{years}&"{part}"'
        sheet.write_formula(row, PERIODS, formula, None, f"{year + years}{part}")
