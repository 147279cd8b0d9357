"""The places of the control workbook (控制台) that the buttons, the macros and Python agree on."""

from huizong.records import MISSING, PASSED, TO_EXPLAIN, TO_MEND, WAITING

FILE = "控制台.xlsm"
# What offices had before there were buttons; read where there is no other.
OLD_FILE = "控制台.xlsx"

# Sheets, the same in every language; 设置 and 名册 are named in `settings` and `roster`.
CONSOLE, TODO_SHEET, OUT_SHEET, HELP = "控制台", "待办", "发件", "帮助"

# Names of the workbook. A person chooses or types in these cells of the first sheet …
PERIOD = "HZ_PERIOD"
SETS = "HZ_SETS"
OFFICER = "HZ_OFFICER"
STEP = "HZ_STEP"
REASON = "HZ_REASON"
# … here the buttons write what came of the last action, and how the units stand …
SAID = "HZ_SAID"
PROGRESS = "HZ_PROGRESS"
TODO = "HZ_TODO"
OUT = "HZ_OUT"
# … and these are formulas over the progress, and what the macro says by itself.
COUNTS = "HZ_COUNTS"
WORKING = "HZ_WORKING"
NO_PYTHON = "HZ_NO_PYTHON"
NO_ADDIN = "HZ_NO_ADDIN"

# The columns of the progress table; HZ_PROGRESS is the left cell of their headings. New ones come
# last: a control workbook made before has the first of them.
PROGRESS_COLUMNS = (
    "set",
    "unit",
    "name",
    "state",
    "late",
    "paper",
    "findings",
    "return",
    "findings_link",
    "correction_link",
    "letter",
    "letter_state",
)
# What HZ_COUNTS and the cells to its right count; the states add up to the first.
COUNTED = ("expected", MISSING, WAITING, TO_MEND, TO_EXPLAIN, PASSED, "late")

# What the buttons do, by the names of the commands, as they stand on the sheet.
BUTTONS = (
    "issue",
    "collect",
    "fetch",
    "audit",
    "return",
    "aggregate",
    "sign",
    "submit",
    "papers",
    "send",
    "close",
    "doctor",
)
RARE_BUTTONS = ("status", "verify", "paper", "history", "reopen")

# 待办 has the columns of the sheet of that name in 审核结果.xlsx: widths, the cell of the return,
# the first of the three answers, and the file's digest, which is hidden.
TODO_WIDTHS = (10, 14, 9, 6, 11, 12, 7, 10, 10, 44, 26, 11, 18, 10, 9, 20, 20, 20)
TODO_CELL, TODO_ANSWERS, TODO_DIGEST = 6, 13, 17
# On paper where and what stand on one page, who does what about it on the page beside.
TODO_SPLIT = (2, 10)

# The letters on their way (发件): number, unit, recipient, letter, files, state, since when, tried
# again when, what is to be said, what the officer has chosen, and by what a row is known not to
# have changed since, which is hidden.
OUT_WIDTHS = (12, 14, 24, 28, 26, 11, 15, 15, 30, 10, 10)
OUT_KEY, OUT_RECIPIENT, OUT_STATE, OUT_ACTION, OUT_STAMP = 0, 2, 5, 9, 10
