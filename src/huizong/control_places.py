"""The grid of the control workbook's front sheet: what stands where, how high and in which look."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from huizong import console
from huizong.cells import column_letters
from huizong.records import MISSING, PASSED, TO_EXPLAIN, TO_MEND, WAITING
from huizong.styles import FORMATS

# A screen's font, not paper's; other systems than Windows take one of theirs.
SCREEN = {"font_name": "微软雅黑", "font_size": 10, "font_charset": 134, "valign": "vcenter"}
DARK, LINE, GREY = "#44546A", "#BFC7D1", "#7F7F7F"
_CENTRE = SCREEN | {"align": "center"}
_COUNT = _CENTRE | {"font_size": 16, "bold": True, "bottom": 1, "bottom_color": LINE}
_LABEL = SCREEN | {"font_size": 9, "font_color": GREY}
_ENTRY = {"bg_color": FORMATS["input"]["bg_color"], "border": 1, "border_color": LINE}
LOOKS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "plain": SCREEN,
        "head": SCREEN | {"font_size": 18, "bold": True, "font_color": DARK},
        "code": _LABEL | {"align": "right"},
        "rule": {"top": 5, "top_color": DARK},
        "label": _LABEL | {"valign": "bottom"},
        "choice": _CENTRE | _ENTRY,
        "typed": SCREEN | _ENTRY | {"indent": 1},
        "link": _CENTRE | {"font_color": "#1F4E79", "bottom": 1, "bottom_color": LINE},
        "said": SCREEN | {"bg_color": "#F2F2F2", "text_wrap": True, "indent": 1},
        "block": SCREEN | {"font_size": 12, "bold": True, "font_color": DARK},
        "count_label": _LABEL | {"align": "center", "valign": "bottom"},
        "count": _COUNT,
        "count_red": _COUNT | {"font_color": "#B03030"},
        "count_amber": _COUNT | {"font_color": "#9C6500"},
        "count_green": _COUNT | {"font_color": "#2E7D32"},
        "heading": _CENTRE | {"bold": True, "font_color": "#FFFFFF", "bg_color": DARK},
        # Codes stay the texts that they are, whoever writes them.
        "text_column": SCREEN | {"num_format": "@", "shrink": True},
        "centre_column": _CENTRE | {"num_format": "@", "shrink": True},
        "number_column": _CENTRE,
        "link_column": _CENTRE | {"font_color": "#1F4E79", "underline": 1},
        "filled": {"bottom": 1, "bottom_color": "#D9DEE5"},
        "late": {"bold": True, "font_color": "#B03030"},
        **{name: {"bg_color": FORMATS[name]["bg_color"]} for name in ("green", "amber", "red")},
    }
)
STATE_COLOURS = {
    MISSING: "red", WAITING: "amber", TO_MEND: "red", TO_EXPLAIN: "amber", PASSED: "green",
}  # fmt: skip
PAPER_COLOURS = {"matched": "green", "differs": "red", "replace": "red", "open": "amber"}
LETTER_COLOURS = {
    "letter_state.filed": "green", "letter_state.taken_above": "green",
    "letter_state.waits": "amber", "letter_state.no_form": "red", "letter_state.bounced": "red",
    "letter_state.unopened": "red",
    "sending_state.sent": "green", "sending_state.waiting": "amber",
    "sending_state.unknown": "amber", "sending_state.refused": "red",
    "sending_state.given_up": "red",
}  # fmt: skip

# Columns B to M hold everything; A is a margin, O and P are hidden. The first six are equally
# wide, since a button fills each: a button between columns is drawn askew where fonts differ.
LEFT, RIGHT = 1, len(console.PROGRESS_COLUMNS)
KEY_COLUMNS = 6
PIXELS = (6, *(88,) * KEY_COLUMNS, 54, 58, 50, 58, 104, 76, 6)
COLUMN_LOOKS = (
    "centre_column", "centre_column", "text_column", "centre_column", "centre_column",
    "centre_column", "number_column", "link_column", "link_column", "link_column",
    "centre_column", "centre_column",
)  # fmt: skip
HIDDEN, PERIODS = RIGHT + 2, RIGHT + 3

# Rows from the top; those of the buttons begin at KEYS.
HEAD, RULE, LABELS, FIELDS, GAP, KEYS = 0, 1, 2, 3, 4, 5
KEY_HEIGHTS = (41, 41, 6, 33)
LINKS = KEYS + len(KEY_HEIGHTS)
SAID, COUNTED, COUNTS, SPACE, HEADINGS, FIRST = range(LINKS + 1, LINKS + 7)
HEIGHTS = {
    HEAD: 36, RULE: 5, LABELS: 18, FIELDS: 26, GAP: 8,
    **dict(enumerate(KEY_HEIGHTS, KEYS)), LINKS: 24, SAID: 36, COUNTED: 20, COUNTS: 30,
    SPACE: 8, HEADINGS: 25,
}  # fmt: skip
ROW_HEIGHT = 21
PROGRESS_ROWS = 5000
LAST = FIRST + PROGRESS_ROWS - 1

# First and last column of each field that a person fills in.
FIELD_COLUMNS = {
    console.PERIOD: (1, 1), console.SETS: (2, 2), console.OFFICER: (3, 3), console.STEP: (4, 4),
    console.REASON: (5, RIGHT),
}  # fmt: skip


def count_column(name: str) -> int:
    """Give the column of a count: they end one before the last column, which shows a ratio."""
    return RIGHT - len(console.COUNTED) + console.COUNTED.index(name)


def progress_column(name: str) -> int:
    """Give a column of the progress table."""
    return LEFT + console.PROGRESS_COLUMNS.index(name)


def fixed(row: int, column: int) -> str:
    """Name a cell for good: (6, 3) is $D$7."""
    return f"${column_letters(column)}${row + 1}"


def named_places() -> dict[str, tuple[int, int]]:
    """Give row and column of each of the workbook's names on this sheet."""
    return {name: (FIELDS, left) for name, (left, _) in FIELD_COLUMNS.items()} | {
        console.SAID: (SAID, LEFT),
        console.COUNTS: (COUNTS, count_column(console.COUNTED[0])),
        console.PROGRESS: (HEADINGS, LEFT),
        console.WORKING: (0, HIDDEN),
        console.NO_PYTHON: (1, HIDDEN),
        console.NO_ADDIN: (2, HIDDEN),
    }
