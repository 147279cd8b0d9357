"""Cells of a sheet, written once: clean text, exact figures, and the marks for its check rows."""

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from huizong.cells import NOT_APPLICABLE, clean_text, cut
from huizong.checkrows import LETTERS, MAX_TEXT, join_marks, mark
from huizong.personal import masked
from huizong.styles import Styles
from huizong.texts import say

Value = float | str | None
# Without the wrapper that looks for addresses such as "A1": a third of the time of a call.
_write_number = Worksheet.write_number.__wrapped__
_write_string = Worksheet.write_string.__wrapped__
_write_blank = Worksheet.write_blank.__wrapped__
# A float keeps 15 digits; a longer figure stays a text, exact.
_FLOAT_DIGITS = 15
ROW_HEIGHT, LINE_HEIGHT = 18, 13
# XML has no place for these.
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")


def figure(text: str) -> Value:
    """Give a figure of a record as a cell holds it: a float, —— or nothing."""
    if not text or text == NOT_APPLICABLE:
        return text or None
    if len(text) > _FLOAT_DIGITS and len(re.sub(r"\D", "", text).strip("0")) > _FLOAT_DIGITS:
        return text
    return float(text) + 0.0


def foreign(text: str) -> str:
    """Make a text that somebody else wrote fit for a cell: clean, no numbers of persons, cut."""
    return _cleaned(text) if len(text) < _SHORT else _clean(text)


def _clean(text: str) -> str:
    if text.isprintable() and len(text) < MAX_TEXT:
        clean = text.strip()
    else:
        clean = _NOT_XML.sub("", clean_text(text)).replace("\r\n", "\n").replace("\r", "\n")
    if any(map(str.isdigit, clean)):
        clean = masked(clean)
    # Programs read a line end in `_x000D_`; a zero-width space keeps it the text that it was.
    clean = clean.replace("_x", "_\u200bx") if "_x" in clean else clean
    return cut(clean, say("summary.cut"))


# Names stand on seven sheets; short texts are kept clean once.
_SHORT = 100
_cleaned = lru_cache(20_000)(_clean)


def width_of(text: str) -> int:
    """Count the columns of characters that a text needs: a Chinese character needs two."""
    # In GBK a character has as many bytes as it is columns wide.
    return len(text) if text.isascii() else len(text.encode("gbk", "replace"))


def lines_needed(text: str, width: float) -> int:
    """Estimate how many lines a text takes in a cell of so many characters."""
    if 2 * len(text) <= width and "\n" not in text:
        return 1
    return sum(max(1, math.ceil(width_of(part) / width)) for part in text.split("\n"))


class Page:
    """One sheet being written. What `line` and `merged` write goes into its check rows as well."""

    def __init__(self, book: Workbook, name: str, styles: Styles) -> None:
        self.book = book
        self.sheet: Worksheet = book.add_worksheet(name)
        self.styles = styles
        self.sheet.set_default_row(ROW_HEIGHT)
        # Where the 汇总校验码 goes, which is known only when all sheets are written.
        self.code_row = 0
        self._marks: dict[int, list[str]] = {}

    @property
    def name(self) -> str:
        """The sheet's name."""
        return self.sheet.name

    def say(self, row: int, column: int, text: str, style: str = "left") -> None:
        """Write a label, which is no figure and has no check row."""
        if text:
            self.sheet.write_string(row, column, text, self.styles(style))
        else:
            self.sheet.write_blank(row, column, None, self.styles(style))

    def merged(self, row: int, columns: tuple[int, int], text: str, style: str) -> None:
        """Write a text over several columns, checked like a figure."""
        first, last = columns
        self.sheet.merge_range(row, first, row, last, "", self.styles(style))
        self.say(row, first, text, style)
        self._marks.setdefault(row, []).append(f"{LETTERS[first]}={mark(text)}")

    def headings(self, row: int, texts: Iterable[str], style: str = "heading") -> int:
        """Write a row of headings and give the next row."""
        for column, text in enumerate(texts):
            self.say(row, column, text, style)
        return row + 1

    def line(
        self, row: int, values: Iterable[Value], formats: Sequence[Format], first: int = 0
    ) -> None:
        """Write figures and texts side by side; the hot loop of the whole writer."""
        sheet = self.sheet
        marks = self._marks.setdefault(row, [])
        for column, (value, style) in enumerate(zip(values, formats, strict=False), first):
            if value.__class__ is float:
                _write_number(sheet, row, column, value, style)
                marks.append(f"{LETTERS[column]}={value:.15g}")
            elif value:
                _write_string(sheet, row, column, value, style)
                marks.append(f"{LETTERS[column]}={mark(value)}")
            else:
                _write_blank(sheet, row, column, None, style)
                marks.append(f"{LETTERS[column]}=")

    def fit(self, row: int, *texts: tuple[str, float]) -> None:
        """Make a row high enough for some wrapped texts, each with the width of its cell."""
        if all(2 * len(text) <= width and "\n" not in text for text, width in texts):
            return
        lines = max(lines_needed(text, width) for text, width in texts)
        if lines > 1:
            # Excel allows no row above 409 points.
            self.sheet.set_row(row, min(405, 6 + LINE_HEIGHT * lines))

    def widths(self, widths: Sequence[float]) -> float:
        """Set the widths of the columns from A and give their sum."""
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        return sum(widths)

    def check_rows(self) -> list[tuple[str, str, str]]:
        """List the check rows: sheet, row counted from 1, marks."""
        return [
            (self.name, str(row + 1), text)
            for row, marks in sorted(self._marks.items())
            for text in join_marks(marks)
        ]
