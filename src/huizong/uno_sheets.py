"""Sheets of LibreOffice for xlwings."""

from collections.abc import Iterator
from typing import Any

from xlwings import NoSuchObjectError, base_classes

from huizong.uno_names import Names
from huizong.uno_places import coords_of, hull, is_address
from huizong.uno_range import ALL, CONTENTS, FORMATS, Range
from huizong.uno_tables import Tables


class Sheets(base_classes.Sheets):
    """The sheets of a book."""

    def __init__(self, book: Any) -> None:
        self._book = book

    @property
    def api(self) -> Any:
        """UNO's sheets."""
        return self._book.api.Sheets

    @property
    def active(self) -> "Sheet":
        """The sheet that is seen."""
        return Sheet(self._book, self._book.api.CurrentController.ActiveSheet)

    def __call__(self, key: str | int) -> "Sheet":
        """Give a sheet by its name, or by its place counted from 1."""
        if not isinstance(key, str):
            return Sheet(self._book, self.api.getByIndex(int(key) - 1))
        for name in self.api.ElementNames:
            if name.lower() == key.lower():
                return Sheet(self._book, self.api.getByName(name))
        msg = f"no sheet {key!r} in {self._book.name}"
        raise NoSuchObjectError(msg)

    def __len__(self) -> int:
        return self.api.Count

    def __iter__(self) -> Iterator["Sheet"]:
        return iter([self(at + 1) for at in range(len(self))])

    def __contains__(self, key: str) -> bool:
        return key.lower() in (name.lower() for name in self.api.ElementNames)

    def add(self, before: Any = None, after: Any = None, name: str | None = None) -> "Sheet":
        """Add a sheet and show it: before another, after another, else before the active one."""
        at = after.index if after else (before or self.active).index - 1
        name = name or self._free_name()
        self.api.insertNewByName(name, at)
        self(name).activate()
        return self(name)

    def _free_name(self) -> str:
        number = len(self) + 1
        while f"Sheet{number}" in self:
            number += 1
        return f"Sheet{number}"


class Sheet(base_classes.Sheet):
    """One sheet."""

    def __init__(self, book: Any, api: Any) -> None:
        self._book, self._api = book, api

    @property
    def api(self) -> Any:
        """UNO's sheet."""
        return self._api

    @property
    def book(self) -> Any:
        """The book in which it stands."""
        return self._book

    @property
    def name(self) -> str:
        """What stands on its tab."""
        return self._api.Name

    @name.setter
    def name(self, value: str) -> None:
        self._api.Name = value

    @property
    def index(self) -> int:
        """Its place, counted from 1."""
        return self._api.RangeAddress.Sheet + 1

    @property
    def visible(self) -> bool:
        """Whether its tab is shown."""
        return self._api.IsVisible

    @visible.setter
    def visible(self, value: bool) -> None:
        self._api.IsVisible = bool(value)

    @property
    def names(self) -> Names:
        """The names that hold on this sheet only."""
        return Names(self._book, self._api)

    @property
    def tables(self) -> Tables:
        """Its tables."""
        return Tables(self)

    @property
    def cells(self) -> Range:
        """All its cells."""
        return Range(self, (1, 1, *self.size))

    @property
    def size(self) -> tuple[int, int]:
        """How many rows and columns there are."""
        return self._api.Rows.Count, self._api.Columns.Count

    @property
    def used_size(self) -> tuple[int, int]:
        """How many rows and columns there are up to the last used one."""
        cursor = self._api.createCursor()
        cursor.gotoEndOfUsedArea(False)
        return cursor.RangeAddress.EndRow + 1, cursor.RangeAddress.EndColumn + 1

    @property
    def used_range(self) -> Range:
        """The smallest range that holds all that is used."""
        cursor = self._api.createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return Range(self, coords_of(cursor.RangeAddress))

    def activate(self) -> None:
        """Show this sheet."""
        self._book.api.CurrentController.setActiveSheet(self._api)

    select = activate

    def delete(self) -> None:
        """Remove this sheet."""
        self._book.api.Sheets.removeByName(self.name)

    def clear_contents(self) -> None:
        """Empty all cells and keep their looks."""
        self._api.clearContents(CONTENTS)

    def clear_formats(self) -> None:
        """Take all looks away and keep what stands there."""
        self._api.clearContents(FORMATS)

    def clear(self) -> None:
        """Empty all cells and take their looks away."""
        self._api.clearContents(ALL)

    def autofit(self, axis: str | None = None) -> None:
        """Make columns and rows as large as what they hold; `c` or `r` for one of both."""
        self.used_range.autofit(axis)

    def range(self, first: Any, second: Any = None) -> Range:
        """Give a range by address, name, table, place (row, column), or two of its corners."""
        one = self._one(first)
        return one if second is None else Range(self, hull(one.coords, self._one(second).coords))

    def _one(self, place: Any) -> Range:
        if isinstance(place, Range):
            return place
        if isinstance(place, tuple):
            if 0 in place[:2]:
                msg = "rows and columns are counted from 1"
                raise IndexError(msg)
            return Range(self, place if len(place) == 4 else (*place, 1, 1))
        sheet, _, address = place.rpartition("!")
        if sheet:
            return self._book.sheets(sheet.strip("'").replace("''", "'")).range(address)
        if is_address(place):
            return self.at(self._api.getCellRangeByName(place.replace("$", "")))
        return self._named(place)

    def at(self, cells: Any) -> Range:
        """Give the range of UNO's cells on this sheet."""
        return Range(self, coords_of(cells.RangeAddress))

    def _named(self, name: str) -> Range:
        for names in (self.names, self._book.names):
            if names.contains(name):
                return names(name).refers_to_range
        if self.tables.contains(name):
            return self.tables(name).data_body_range
        msg = f"no range {name!r} in {self._book.name}"
        raise NoSuchObjectError(msg)
