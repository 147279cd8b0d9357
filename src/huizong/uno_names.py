"""Defined names of LibreOffice for xlwings."""

from collections.abc import Iterator
from typing import Any

from xlwings import NoSuchObjectError, base_classes

from huizong.uno_bridge import struct
from huizong.uno_formulas import describe


class Names(base_classes.Names):
    """The names of a book, or those of one sheet; upper and lower case are the same."""

    def __init__(self, book: Any, owner: Any) -> None:
        self._book, self._owner = book, owner

    @property
    def api(self) -> Any:
        """UNO's names."""
        return self._owner.NamedRanges

    def __call__(self, key: str | int) -> "Name":
        """Give a name, or the one at a place counted from 1."""
        found = self._find(key) if isinstance(key, str) else self.api.ElementNames[key - 1]
        if not found:
            raise KeyError(key)
        return Name(self._book, self.api, found)

    def _find(self, key: str) -> str:
        return next((name for name in self.api.ElementNames if name.lower() == key.lower()), "")

    def contains(self, name_or_index: str) -> bool:
        """Whether there is such a name."""
        return bool(self._find(name_or_index))

    def snapshot(self) -> list[tuple[str, "Name"]]:
        """Give all names with what they are."""
        return [(name, Name(self._book, self.api, name)) for name in self.api.ElementNames]

    def __len__(self) -> int:
        return self.api.Count

    def __iter__(self) -> Iterator["Name"]:
        return (name for _, name in self.snapshot())

    def add(self, name: str, refers_to: str) -> "Name":
        """Define a name by a formula in Excel's way; one that exists is defined anew."""
        if not self.contains(name):
            self.api.addNewByName(name, "0", struct("table.CellAddress"), 0)
        self(name).refers_to = refers_to
        return self(name)

    def of(self, cells: Any) -> "Name | None":
        """Find the first name of exactly these cells."""
        address = cells.api.AbsoluteName
        return next((name for name in self if name.cells_address == address), None)


class Name(base_classes.Name):
    """One defined name."""

    def __init__(self, book: Any, names: Any, name: str) -> None:
        self._book, self._names = book, names
        self._api = names.getByName(name)

    @property
    def api(self) -> Any:
        """UNO's name."""
        return self._api

    @property
    def name(self) -> str:
        """The name itself."""
        return self._api.Name

    @name.setter
    def name(self, value: str) -> None:
        self._api.Name = value

    @property
    def refers_to(self) -> str:
        """What it stands for: a formula in Excel's way."""
        return describe(self._book.parser, self._api)

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        formula = value.removeprefix("=")
        self._api.setTokens(self._book.parser.parseFormula(formula, struct("table.CellAddress")))

    @property
    def cells_address(self) -> str:
        """The address in LibreOffice's way, an empty text if it stands for no cells."""
        cells = self._api.ReferredCells
        return cells.AbsoluteName if cells else ""

    @property
    def refers_to_range(self) -> Any:
        """
        The cells that it stands for.

        Raises:
            NoSuchObjectError: If it stands for something else.
        """
        cells = self._api.ReferredCells
        if cells is None:
            msg = f"{self.name} stands for no cells: {self._api.Content}"
            raise NoSuchObjectError(msg)
        return self._book.sheets(cells.Spreadsheet.Name).at(cells)

    def delete(self) -> None:
        """Remove the name."""
        self._names.removeByName(self._api.Name)
