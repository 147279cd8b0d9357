"""Tables (ListObjects of an .xlsx) for xlwings: LibreOffice keeps them as database ranges."""

from collections.abc import Iterator
from typing import Any

from xlwings import NoSuchObjectError, base_classes

from huizong.uno_bridge import struct
from huizong.uno_places import coords_of
from huizong.uno_range import Range


class Tables(base_classes.Tables):
    """The tables of one sheet."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    @property
    def api(self) -> Any:
        """UNO's database ranges, those of all sheets."""
        return self._sheet.book.api.DatabaseRanges

    def __iter__(self) -> Iterator["Table"]:
        ranges = (self.api.getByName(name) for name in self.api.ElementNames)
        at = self._sheet.index - 1
        return iter([Table(self._sheet, one) for one in ranges if one.DataArea.Sheet == at])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __call__(self, key: str | int) -> "Table":
        """Give a table by its name, or by its place counted from 1."""
        tables = list(self)
        if not isinstance(key, str):
            return tables[key - 1]
        for table in tables:
            if table.name.lower() == key.lower():
                return table
        msg = f"no table {key!r} on {self._sheet.name}"
        raise NoSuchObjectError(msg)

    def __contains__(self, key: str) -> bool:
        return self.contains(key)

    def contains(self, name: str) -> bool:
        """Whether there is such a table on this sheet."""
        return any(table.name.lower() == name.lower() for table in self)

    def around(self, row: int, column: int) -> "Table | None":
        """Find the table in which a cell lies."""
        return next((table for table in self if table.holds(row, column)), None)

    def add(self, source: Any, name: str | None = None, **given: Any) -> "Table":
        """Make a table of a range; LibreOffice knows no styles of tables."""
        name = name or self._free_name()
        self.api.addNewByName(name, source.impl.api.RangeAddress)
        made = self(name)
        made.api.ContainsHeader = given["has_headers"]
        made.api.AutoFilter = given["has_headers"]
        return made

    def _free_name(self) -> str:
        number = 1
        while self.api.hasByName(f"Table{number}"):
            number += 1
        return f"Table{number}"


class Table(base_classes.Table):
    """One table."""

    def __init__(self, sheet: Any, api: Any) -> None:
        self._sheet, self._api = sheet, api

    @property
    def api(self) -> Any:
        """UNO's database range."""
        return self._api

    @property
    def parent(self) -> Any:
        """The sheet on which it stands."""
        return self._sheet

    @property
    def name(self) -> str:
        """Its name."""
        return self._api.Name

    @name.setter
    def name(self, value: str) -> None:
        self._api.Name = value

    display_name = name

    @property
    def range(self) -> Range:
        """Headings and rows."""
        return Range(self._sheet, coords_of(self._api.DataArea))

    @property
    def header_row_range(self) -> Range | None:
        """The headings; none if it has none."""
        row, column, _, width = self.range.coords
        return Range(self._sheet, (row, column, 1, width)) if self._api.ContainsHeader else None

    @property
    def data_body_range(self) -> Range | None:
        """The rows below the headings; none if there are none."""
        row, column, height, width = self.range.coords
        head = int(self._api.ContainsHeader)
        if height == head:
            return None
        return Range(self._sheet, (row + head, column, height - head, width))

    @property
    def show_headers(self) -> bool:
        """Whether it has headings."""
        return self._api.ContainsHeader

    @property
    def show_autofilter(self) -> bool:
        """Whether its headings have buttons to filter."""
        return self._api.AutoFilter

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self._api.AutoFilter = value

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell lies in it."""
        top, left, height, width = self.range.coords
        return top <= row < top + height and left <= column < left + width

    def resize(self, cells: Any) -> None:
        """Give it other cells; what stands in them stays."""
        row, column, height, width = cells.impl.coords
        self._api.DataArea = struct(
            "table.CellRangeAddress", Sheet=self._sheet.index - 1, StartRow=row - 1,
            StartColumn=column - 1, EndRow=row + height - 2, EndColumn=column + width - 2,
        )  # fmt: skip
