"""How our workbooks look: named formats, fonts and paper, shared by all that write one."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from huizong.texts import say

# Chinese Windows has all three. Elsewhere the character set (134, GB 2312) makes Excel, WPS and
# LibreOffice take another Chinese font in place of one without Chinese.
SONG, FANG_SONG, HEI = "宋体", "仿宋", "黑体"
_SONG = {"font_name": SONG, "font_size": 10, "font_charset": 134, "valign": "vcenter"}
_FANG_SONG = _SONG | {"font_name": FANG_SONG, "font_size": 12}
_HEI = _SONG | {"font_name": HEI}
_BOX = {"border": 1, "border_color": "#404040"}
_HEADING = _HEI | _BOX | {"align": "center", "text_wrap": True, "bg_color": "#DCE6F1"}
_TEXT = _SONG | _BOX | {"text_wrap": True}
_NUMBER = _SONG | _BOX | {"align": "right"}
_GREY = {"font_color": "#7F7F7F", "bg_color": "#EDEDED"}

FORMATS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "title": _HEI | {"font_size": 18, "align": "center"},
        "left": _SONG,
        "right": _SONG | {"align": "right"},
        "middle": _SONG | {"align": "center"},
        "strong": _SONG | {"bold": True, "text_wrap": True},
        "note": _SONG | {"font_size": 9, "text_wrap": True, "valign": "top"},
        "block": _HEI | {"font_size": 12},
        "heading": _HEADING,
        "column": _SONG | _BOX | {"font_size": 9, "align": "center"},
        "section": _HEI | _BOX | {"bg_color": "#F2F2F2"},
        "text": _TEXT,
        "indented": _TEXT | {"indent": 1},
        "indented_more": _TEXT | {"indent": 2},
        "centre": _TEXT | {"align": "center"},
        "number": _NUMBER,
        "input": _TEXT | {"bg_color": "#FFF9DB", "locked": False},
        "total_text": _TEXT | {"bold": True, "bg_color": "#F2F2F2"},
        "total_centre": _TEXT | {"bold": True, "bg_color": "#F2F2F2", "align": "center"},
        "total_number": _NUMBER | {"bold": True, "bg_color": "#F2F2F2"},
        "grey_text": _TEXT | _GREY,
        "grey_centre": _TEXT | _GREY | {"align": "center"},
        "grey_number": _NUMBER | _GREY,
        "code": _TEXT | {"font_size": 9},
        "paragraph": _FANG_SONG | {"text_wrap": True},
        "line": _FANG_SONG | {"bottom": 1, "valign": "top"},
        "green": _TEXT | {"align": "center", "bold": True, "bg_color": "#C6E6C9"},
        "amber": _TEXT | {"align": "center", "bold": True, "bg_color": "#FFE699"},
        "red": _TEXT | {"align": "center", "bold": True, "bg_color": "#F4B6B6"},
        # For rows that are filled in later: only what a conditional format can hold.
        "lined": _BOX,
        "answer": _BOX | {"bg_color": "#FFF9DB"},
    }
)

A3, A4 = 8, 9
# Millimetres: a width of one character, and what A4 and A3 leave across between the margins.
_CHARACTER = 1.9
_MARGINS = {"left": 25, "right": 12, "top": 15, "bottom": 17}
_ACROSS = {(A4, True): 260, (A3, True): 383, (A4, False): 173}
# Below this a page shrunk to its width can no longer be read.
_SMALLEST_SCALE = 0.72


def number_format(places: int) -> str:
    """Give the number format of so many decimal places; a zero prints as 0."""
    digits = "#,##0" + ("." + "0" * places if places else "")
    # `_ ` keeps a blank's distance to the border. LibreOffice loses an indent at the right.
    return f"{digits}_ ;-{digits}_ ;{digits}_ ;@_ "


def change_format(places: int = 1, suffix: str = "") -> str:
    """Give the number format of a change: always signed, zero without a sign."""
    digits = "0" + ("." + "0" * places if places else "") + (f'"{suffix}"' if suffix else "")
    return f"+{digits}_ ;-{digits}_ ;{digits}_ ;@_ "


class Styles:
    """The named formats of one workbook, each made once, in the order in which they are asked."""

    def __init__(self, book: Workbook, formats: Mapping[str, Mapping[str, Any]] = FORMATS) -> None:
        self._book = book
        self._formats = formats
        self._made: dict[tuple[str, str], Format] = {}

    def __call__(self, name: str, num_format: str = "") -> Format:
        """Give the format `name`, with a number format if one is given."""
        key = (name, num_format)
        if key not in self._made:
            more = {"num_format": num_format} if num_format else {}
            self._made[key] = self._book.add_format({**self._formats[name], **more})
        return self._made[key]

    def number(self, places: int, name: str = "number") -> Format:
        """Give the format of figures with so many decimal places."""
        return self(name, number_format(places))


def set_up_page(
    sheet: Worksheet, width: float, repeat: tuple[int, int] | None = None, *, landscape: bool = True
) -> None:
    """
    Set up paper, margins, footer and repeated heading rows for columns of `width` characters.

    One page wide on A4; on A3 where A4 would be too small to read; several pages wide beyond that.
    """
    paper = _paper(width) if landscape else A4
    sheet.set_paper(paper)
    if landscape:
        sheet.set_landscape()
    else:
        sheet.set_portrait()
    inches = {side: round(millimetres / 25.4, 2) for side, millimetres in _MARGINS.items()}
    sheet.set_margins(**inches)
    sheet.set_footer("&C" + say("summary.page"))
    sheet.center_horizontally()
    sheet.print_black_and_white()
    if width * _CHARACTER * _SMALLEST_SCALE <= _ACROSS[paper, landscape]:
        sheet.fit_to_pages(1, 0)
    if repeat:
        sheet.repeat_rows(*repeat)


def split_pages(sheet: Worksheet, keep: int, at: int, *, tall: int = 0) -> None:
    """
    Print on two pages of A4 side by side: columns from `at` on stand beside the first `keep`.

    Excel shrinks to two pages and then breaks where the first is full: for that the columns before
    `at` must not be much narrower than those of the other page. `tall` is how many pages follow
    each other downwards, 0 as many as it takes.
    """
    sheet.set_paper(A4)
    sheet.fit_to_pages(2, tall)
    sheet.set_v_pagebreaks([at])
    sheet.repeat_columns(0, keep - 1)
    sheet.print_across()


def _paper(width: float) -> int:
    return A4 if width * _CHARACTER * _SMALLEST_SCALE <= _ACROSS[A4, True] else A3
