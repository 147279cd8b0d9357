"""Check rows: each row with figures once more, as one text, and the 汇总校验码 over them all."""

import hashlib
from collections.abc import Iterable, Sequence

from huizong.cells import column_letters

# Excel's limits. A check row longer than a cell holds goes on in the next one.
MAX_COLUMNS, MAX_ROWS, MAX_TEXT = 16_384, 1_048_576, 32_767
HIDDEN_SHEET = "_huizong"
# Identity first, one key a row, beginning in A1.
IDENTITY_KEYS = ("huizong", "set", "version", "period", "code", "name", "role", "seal", "checksum")
# The kind of a hidden row that is no check row stands in column A in place of a sheet's name.
LEDGER_ROW = "ledger"
PAPER = "paper"
DIGEST_ROW = "digest"
PART_ROW = "part"

_SHORT = 40
LETTERS = tuple(column_letters(column) for column in range(MAX_COLUMNS))


def mark(value: object) -> str:
    """Say what stands in a cell so that a saved and reopened cell says the same: `12`, `15.5`."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.15g}"
    text = "" if value is None else str(value)
    if len(text) <= _SHORT and text.isprintable() and "|" not in text:
        return text
    # Programs differ in how they save ends of lines and outer blanks.
    same = "\n".join(part.strip() for part in text.splitlines()).strip()
    return "#" + hashlib.sha256(same.encode("utf-8", "replace")).hexdigest()[:16]


def split_marks(text: str) -> list[tuple[str, str]]:
    """Take a check row apart: `D=12|E=15.5` gives D and E with what should stand there."""
    pairs = (part.partition("=") for part in text.split("|") if part)
    return [(letters, should) for letters, _, should in pairs]


def join_marks(marks: Sequence[str]) -> list[str]:
    """Join the marks of a row to texts that a cell can hold; nearly always one."""
    whole = "|".join(marks)
    if len(whole) < MAX_TEXT:
        return [whole]
    middle = len(marks) // 2
    return join_marks(marks[:middle]) + join_marks(marks[middle:])


def checksum(rows: Iterable[Sequence[str]]) -> str:
    """Boil the hidden rows down to sixteen digits in four groups; it finds mistakes, no forgery."""
    whole = hashlib.sha256()
    for row in rows:
        whole.update("\x1f".join(row).encode())
        whole.update(b"\x1e")
    digits = whole.hexdigest()[:16].upper()
    return "-".join(digits[at : at + 4] for at in range(0, 16, 4))
