"""A sheet taken apart into cells that can be typed over and moved about."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape, unescape

from huizong.cells import address, column_letters

TEXT = re.compile(r"<t[^>]*>([^<]*)</t>")
MERGES = re.compile(r"<mergeCells.*?</mergeCells>")
_COLUMNS = re.compile(r"<cols>.*?</cols>")

Place = tuple[int, int]


@dataclass(frozen=True)
class Cell:
    """One cell: number of its style, type, and what stands inside the element."""

    style: str = ""
    kind: str = ""
    inside: str = ""


@dataclass
class Page:
    """
    One sheet; rows and columns from 0.

    `row_of` and `column_of` know where a code and a column have gone.
    """

    head: str
    tail: str
    cells: dict[Place, Cell]
    merges: list[tuple[int, int, int, int]]
    strings: tuple[str, ...]
    row_of: dict[str, int] = field(default_factory=dict)
    column_of: dict[str, int] = field(default_factory=dict)
    heading: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    @property
    def height(self) -> int:
        """How many rows there are."""
        return max((row for row, _ in self.cells), default=-1) + 1

    @property
    def width(self) -> int:
        """How many columns there are."""
        return max((column for _, column in self.cells), default=-1) + 1

    def text(self, place: Place) -> str:
        """Give the text of a cell, or what stands there as a number."""
        cell = self.cells.get(place, Cell())
        if cell.kind == "s":
            return self.strings[int(cell.inside[3:-4])]
        found = TEXT.search(cell.inside) or re.search(r"<v>([^<]*)</v>", cell.inside)
        return unescape(found[1]) if found else ""

    def find(self, text: str) -> Place:
        """Find the cell with a text."""
        return next(place for place in sorted(self.cells) if self.text(place) == text)

    def put(self, place: Place, kind: str, inside: str) -> None:
        """Put raw content in a cell; its style stays."""
        self.cells[place] = Cell(self.cells.get(place, Cell()).style, kind, inside)

    def type(self, place: Place, text: str) -> None:
        """Type a text."""
        inside = f'<is><t xml:space="preserve">{escape(text)}</t></is>'
        self.put(place, "inlineStr" if text else "", inside if text else "")

    def number(self, place: Place, value: str) -> None:
        """Type a number; an empty text clears the cell."""
        self.put(place, "", f"<v>{value}</v>" if value else "")

    def enter(self, place: Place, value: str) -> None:
        """Type what a person types: a number if it is one."""
        plain = re.fullmatch(r"-?\d+(\.\d+)?", value)
        (self.number if plain else self.type)(place, value)

    def style(self, place: Place, style: str) -> None:
        """Change a cell's style."""
        cell = self.cells.get(place, Cell())
        self.cells[place] = Cell(style, cell.kind, cell.inside)

    def move(self, where: Callable[[Place], Place | None]) -> None:
        """Move every cell, merge and mark; None is a place that is gone."""
        moved = {where(place): cell for place, cell in sorted(self.cells.items())}
        self.cells = {place: cell for place, cell in moved.items() if place}
        ends = [(where(one[:2]), where(one[2:])) for one in self.merges]
        self.merges = [first + last for first, last in ends if first and last and first <= last]
        self.heading = (where((self.heading, 0)) or (0, 0))[0]
        rows = {code: where((row, 0)) for code, row in self.row_of.items()}
        self.row_of = {code: place[0] for code, place in rows.items() if place}
        columns = {key: where((0, column)) for key, column in self.column_of.items()}
        self.column_of = {key: place[1] for key, place in columns.items() if place}
        self.hidden_rows = {p[0] for row in self.hidden_rows if (p := where((row, 0)))}
        self.hidden_columns = {p[1] for c in self.hidden_columns if (p := where((0, c)))}

    def insert_rows(self, at: int, count: int = 1) -> None:
        """Insert blank rows before a row."""
        self.move(lambda place: (place[0] + count * (place[0] >= at), place[1]))

    def delete_row(self, at: int) -> None:
        """Delete a row."""
        self.move(lambda place: None if place[0] == at else (place[0] - (place[0] > at), place[1]))

    def insert_column(self, at: int) -> None:
        """Insert a blank column before a column."""
        self.move(lambda place: (place[0], place[1] + (place[1] >= at)))

    def delete_column(self, at: int) -> None:
        """Delete a column."""
        self.move(lambda place: None if place[1] == at else (place[0], place[1] - (place[1] > at)))

    def permute_rows(self, order: dict[int, int]) -> None:
        """Send rows to the places of others."""
        self.move(lambda place: (order.get(place[0], place[0]), place[1]))

    def permute_columns(self, order: dict[int, int]) -> None:
        """Send columns to the places of others."""
        self.move(lambda place: (place[0], order.get(place[1], place[1])))

    def xml(self) -> str:
        """Write the sheet's part."""
        rows: dict[int, list[str]] = {}
        for (row, column), cell in sorted(self.cells.items()):
            rows.setdefault(row, []).append(_cell(row, column, cell))
        for row in self.hidden_rows:
            rows.setdefault(row, [])
        body = "".join(self._row(row, rows[row]) for row in sorted(rows))
        return f"{self._head()}<sheetData>{body}</sheetData>{self._tail()}"

    def _row(self, row: int, cells: list[str]) -> str:
        hidden = ' hidden="1"' if row in self.hidden_rows else ""
        return f'<row r="{row + 1}"{hidden}>{"".join(cells)}</row>'

    def _head(self) -> str:
        if not self.hidden_columns:
            return self.head
        columns = "".join(
            f'<col min="{at + 1}" max="{at + 1}" width="9" hidden="1" customWidth="1"/>'
            for at in sorted(self.hidden_columns)
        )
        return _COLUMNS.sub(f"<cols>{columns}</cols>", self.head)

    def _tail(self) -> str:
        refs = "".join(
            f'<mergeCell ref="{address(*one[:2])}:{address(*one[2:])}"/>' for one in self.merges
        )
        merges = f'<mergeCells count="{len(self.merges)}">{refs}</mergeCells>' if refs else ""
        return MERGES.sub("", self.tail).replace("<MERGES/>", merges)


def _cell(row: int, column: int, cell: Cell) -> str:
    style = f' s="{cell.style}"' if cell.style else ""
    kind = f' t="{cell.kind}"' if cell.kind else ""
    end = f">{cell.inside}</c>" if cell.inside else "/>"
    return f'<c r="{column_letters(column)}{row + 1}"{style}{kind}{end}'
