"""Small tables for the office's own workbooks (控制台, 状态, 审核结果): one kit for all three."""

import contextlib
import datetime as dt
import io
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from huizong.cells import clean_text, cut
from huizong.checkrows import HIDDEN_SHEET, MAX_ROWS, PAPER
from huizong.errors import HuizongError
from huizong.styles import Styles, set_up_page, split_pages
from huizong.texts import say

# In memory: what units sent never lies in temporary files of the system. Texts stay texts.
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


@contextlib.contextmanager
def new_workbook(path: Path, title: str, now: dt.datetime) -> Iterator[xlsxwriter.Workbook]:
    """Make a workbook in which every text stays a text; equal input gives equal bytes."""
    # In memory to its end: of a disk that is full, a zip file half written complains by itself.
    content = io.BytesIO()
    with workbook_in(content, title, now) as book:
        yield book
    path.write_bytes(content.getvalue())


@contextlib.contextmanager
def workbook_in(content: io.BytesIO, title: str, now: dt.datetime) -> Iterator[xlsxwriter.Workbook]:
    """Do what `new_workbook` does, in memory."""
    with xlsxwriter.Workbook(content, OPTIONS) as book:
        book.set_properties({"title": title, "created": now.replace(tzinfo=None)})
        book.set_size(2000, 1200)
        yield book


def mark_paper(book: xlsxwriter.Workbook, paper: str) -> None:
    """Mark a paper that goes up beside a summary, so that the office above knows it for none."""
    sheet = book.add_worksheet(HIDDEN_SHEET)
    sheet.write_row(0, 0, (PAPER, paper))
    sheet.hide()


class Table:
    """
    One sheet with a title, an optional note, a heading row and rows of texts.

    `split` (keep, at) prints it on two pages side by side, the first `keep` columns on both.
    """

    def __init__(
        self, book: xlsxwriter.Workbook, styles: Styles, name: str, widths: Sequence[float],
        split: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        self.sheet: Worksheet = book.add_worksheet(name)
        self.styles = styles
        self.widths = widths
        self.split = split
        self.row = 0
        self.sheet.hide_gridlines(2)
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)

    def title(self, text: str) -> None:
        """Write the title over the whole width."""
        self._across(text, "title", 34)

    def note(self, text: str, style: str = "left") -> None:
        """Write a line of explanation over the whole width, as high as it needs."""
        # Beside the columns that stand on both pages: on the second it would be cut off.
        first = self.split[0] if self.split else 0
        lines = lines_needed(text, sum(self._front()[first:]) - 4)
        self._across(text, style, 15 * lines + 4, first)

    def _across(self, text: str, style: str, height: float, first: int = 0) -> None:
        self.sheet.set_row(self.row, height)
        last = len(self._front()) - 1
        self.sheet.merge_range(self.row, first, self.row, last, fit(text), self.styles(style))
        self.row += 1

    def _front(self) -> Sequence[float]:
        """The columns of the first page: what stands above the table does not reach farther."""
        return self.widths[: self.split[1]] if self.split else self.widths

    def headings(self, texts: Sequence[str], *, keep: bool = True) -> None:
        """Write the heading row; `keep` freezes it and prints it on every page."""
        for column, text in enumerate(texts):
            self.sheet.write_string(self.row, column, text, self.styles("heading"))
        self.sheet.set_row(self.row, 15 * self.lines(texts) + 9)
        if keep:
            self.sheet.freeze_panes(self.row + 1, 0)
            self.heading = self.row
        self.row += 1

    def line(self, texts: Sequence[str], styles: Sequence[str] | str = "text") -> int:
        """Write one row of texts and give its number."""
        if self.row >= MAX_ROWS:
            # XlsxWriter would leave out the rest without a word.
            raise HuizongError("error.too_many_rows", sheet=self.sheet.name, most=MAX_ROWS)
        names = [styles] * len(texts) if isinstance(styles, str) else styles
        for column, (text, name) in enumerate(zip(texts, names, strict=True)):
            self.sheet.write_string(self.row, column, fit(text), self.styles(name))
        self.sheet.set_row(self.row, min(15 * self.lines(texts) + 5, 400))
        self.row += 1
        return self.row - 1

    def lines(self, texts: Sequence[str]) -> int:
        """Estimate the lines of the highest cell of a row."""
        return max(lines_needed(t, w - 1.5) for t, w in zip(texts, self.widths, strict=False))

    def page(self, *, landscape: bool = True) -> None:
        """Set up the paper, at the end."""
        top = getattr(self, "heading", None)
        repeat = None if top is None else (top, top)
        across = 1 if self.split else sum(self.widths)
        set_up_page(self.sheet, across, repeat, landscape=landscape)
        if self.split:
            split_pages(self.sheet, *self.split)
        else:
            self.sheet.fit_to_pages(1, 0)


def answer_choices() -> dict[str, object]:
    """Give the validation of the column in which an officer answers a finding."""
    words = [say(f"answer.{action}") for action in ("accept", "reject", "use")]
    return {"validate": "list", "source": words, "error_type": "stop"}


def fit(text: str) -> str:
    """Make a text fit for a cell."""
    clean = clean_text(text)
    return cut(clean, say("summary.cut"))


def lines_needed(text: str, width: float) -> int:
    """Estimate the lines that a text takes in a cell of so many characters."""
    return sum(max(1, math.ceil(_width(part) / max(width, 1))) for part in text.split("\n"))


def _width(text: str) -> int:
    """A Chinese character is as wide as two others, and as long in this encoding."""
    return len(text.encode("gb18030", "replace"))
