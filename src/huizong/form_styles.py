"""Formats and page set-up of issued workbooks, by name."""

import math
import unicodedata
from typing import Any

from huizong.cells import clean_text, cut
from huizong.forms import Column, Indicator
from huizong.texts import say

# Families that every Chinese Windows has; other systems fall back to their own CJK font.
SONG, HEI = "宋体", "黑体"
TINT, GREY, RULE = "#FFF8DC", "#F2F2F2", "#808080"
BASE = {"font_name": SONG, "font_size": 10.5, "valign": "vcenter"}
CELL = {**BASE, "border": 1, "border_color": RULE}
OPEN = {"locked": False, "bg_color": TINT}

DAY = "yyyy-mm-dd"
NARROW = 9  # columns below this width are centred

NAMED: dict[str, dict[str, Any]] = {
    "title": {**BASE, "font_name": HEI, "font_size": 16, "align": "center"},
    "identity": {**BASE, "font_size": 10},
    "mark": {**BASE, "font_size": 9, "align": "right"},
    "identity_narrow": {**BASE, "font_size": 10, "shrink": True},
    "label": {**BASE, "bold": True, "align": "right"},
    "fact_label": {**CELL, "bold": True, "align": "center", "bg_color": GREY},
    "fact": {**CELL, "align": "left", "indent": 1},
    "fact_choice": {**CELL, **OPEN, "align": "left", "indent": 1, "bold": True},
    "hint": {**BASE, "font_size": 9, "font_color": "#595959", "text_wrap": True},
    "hint_line": {**BASE, "font_size": 9, "font_color": "#595959"},
    "link": {**CELL, "font_color": "#1F4E79", "underline": 1, "align": "center"},
    "about": {**CELL, "font_size": 9, "font_color": "#595959", "text_wrap": True, "indent": 1},
    "section": {**BASE, "font_name": HEI, "font_size": 11, "valign": "bottom"},
    "paragraph": {**BASE, "text_wrap": True},
    "choice": {**CELL, **OPEN, "align": "center"},
    "heading": {**CELL, "bold": True, "align": "center", "text_wrap": True, "bg_color": GREY},
    "heading_required": {
        **CELL, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#E2EFDA"
    },
    "letter": {**CELL, "font_size": 9, "align": "center"},
    "section_row": {**CELL, "bold": True, "bg_color": GREY},
    "name": {**CELL, "text_wrap": True},
    "name_indented": {**CELL, "indent": 1, "text_wrap": True},
    "centre": {**CELL, "align": "center"},
    "wrapped_centre": {**CELL, "align": "center", "text_wrap": True},
    "wrapped": {**CELL, "text_wrap": True},
    "reason": {**CELL, **OPEN, "text_wrap": True},
    "remark": {**CELL, **OPEN, "text_wrap": True, "font_size": 9},
    "verdict": {**CELL, "align": "center"},
    "outside": {**BASE, "font_size": 9, "font_color": "#C00000", "bold": True},
    "outside_text": {**BASE, "font_size": 9, "font_color": "#C00000"},
    "small": {**BASE, "font_size": 9},
    "paper_code": {**BASE, "font_name": "Consolas", "bold": True, "align": "right"},
    "sign": {**BASE, "valign": "bottom"},
    "text_label": {**CELL, "bold": True, "valign": "top", "text_wrap": True},
    "text_entry": {**CELL, **OPEN, "valign": "top", "text_wrap": True},
    "told": {**CELL, "text_wrap": True, "font_size": 9, "font_color": "#7F7F7F"},
    "problem": {**CELL, "text_wrap": True, "valign": "top"},
    "problem_key": {**CELL, "text_wrap": True, "valign": "top", "font_size": 9},
    "problem_link": {
        **CELL, "text_wrap": True, "valign": "top", "font_color": "#1F4E79", "underline": 1
    },
    "lead": {**BASE, "text_wrap": True, "bold": True},
    "warning": {**CELL, "bold": True, "font_color": "#C00000", "text_wrap": True, "indent": 1},
    "warning_label": {
        **CELL, "bold": True, "font_color": "#C00000", "align": "center", "bg_color": GREY
    },
    "tint_must": {"bg_color": "#F8CBAD"},
    "tint_explain": {"bg_color": "#FFE699"},
    "bad": {"font_color": "#C00000", "bold": True},
    "warn": {"font_color": "#9C5700"},
    "row_entry": {"bg_color": TINT, "border": 1, "border_color": RULE},
    "row_fixed": {"border": 1, "border_color": RULE},
}  # fmt: skip


class Styles:
    """The formats of one workbook, each made when first asked for."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, ...], Any] = {}

    def __getitem__(self, name: str) -> Any:
        return self._make((name,), NAMED[name])

    def number(self, places: int, *, entry: bool = False) -> Any:
        """Give the format of a figure with so many places; zeros are shown as 0."""
        look = {**CELL, "align": "right", "indent": 1, "num_format": number_format(places)}
        return self._make(("number", str(places), str(entry)), {**look, **(OPEN if entry else {})})

    def figure(self, indicator: Indicator, *, entry: bool = False) -> Any:
        """Give the format of an indicator's cell: a number, or a text, day or choice."""
        if indicator.numeric:
            return self.number(indicator.scale, entry=entry)
        looks = {
            "text": {"align": "left", "indent": 1, "num_format": "@"},
            "date": {"align": "center", "num_format": DAY},
            "choice": {"align": "center"},
        }
        look = {**CELL, "text_wrap": True, **looks[indicator.type], **(OPEN if entry else {})}
        return self._make(("figure", indicator.type, str(entry)), look)

    def entry(self, column: Column, *, drawn: bool) -> Any:
        """Give the format of a ledger's column; rows below the first ones are drawn by need."""
        look = {**BASE, "font_size": 10, "locked": not column.entry and column.key != "seq"}
        if drawn:
            look |= NAMED["row_entry" if column.entry else "row_fixed"]
        if column.type == "date":
            look |= {"num_format": DAY, "align": "center"}
        elif column.numeric:
            # An amount has its places; a target is of any unit and shows what was typed.
            places = number_format(column.scale) if column.unit or column.rule else "General"
            wide = column.width >= NARROW
            look |= {"num_format": places, "align": "right" if wide else "center"}
            look |= {"indent": 1} if wide else {}
        else:
            look |= {"num_format": "@" if column.type == "text" else "General", "text_wrap": True}
            if column.choices or column.width < NARROW:
                look["align"] = "center"
        return self._make(("entry", *sorted(f"{key}={value}" for key, value in look.items())), look)

    def _make(self, key: tuple[str, ...], look: dict[str, Any]) -> Any:
        if key not in self._made:
            self._made[key] = self._book.add_format(look)
        return self._made[key]


def number_format(places: int) -> str:
    """Write thousands with commas and always the declared places."""
    return "#,##0" + ("." + "0" * places if places else "")


def lines_needed(text: str, width: float) -> int:
    """Tell how many lines a text fills in a column; a Chinese character is two letters wide."""
    return sum(max(1, math.ceil(_width(line) / max(1, width - 1))) for line in text.split("\n"))


def _width(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(sign) in "FWA") for sign in line)


def tidy(text: str) -> str:
    """Clean a text for a cell and cut it at what a cell can hold."""
    return cut(clean_text(text), say("summary.cut"))


def page(sheet: Any, *, landscape: bool) -> None:
    """Set up A4, one page wide, 25 mm for binding, page numbers; tints are not printed."""
    sheet.set_paper(9)
    if landscape:
        sheet.set_landscape()
    sheet.set_margins(left=25 / 25.4, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer(f'&C&"{SONG},Regular"&9{say("book.page")}', {"margin": 0.35})
    sheet.center_horizontally()
    sheet.fit_to_pages(1, 0)
    sheet.print_black_and_white()
    sheet.hide_gridlines(2)
