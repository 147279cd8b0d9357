"""A filled return that is open in LibreOffice."""

from dataclasses import dataclass
from typing import Any

from human_edits.draft import FIGURES, LEDGER, Expected
from human_edits.returns import BUILDINGS
from uno_session import Session

DEPTH, BREADTH = 60, 26  # where a text is looked for


@dataclass(kw_only=True)
class Desk(Expected):
    """A filled return that is open in LibreOffice."""

    component: Any
    session: Session

    def sheet(self, name: str) -> Any:
        """A sheet by the name that it has now."""
        return self.component.Sheets.getByName(self.names[name])

    def __post_init__(self) -> None:
        self.names = {name: name for name in self.component.Sheets.ElementNames}
        for name in self.names:
            self.component.Sheets.getByName(name).unprotect("")

    def find(self, sheet: Any, text: str) -> tuple[int, int]:
        """Find a text near the top left; a label is found by its start."""
        area = sheet.getCellRangeByPosition(0, 0, BREADTH - 1, DEPTH - 1).getDataArray()
        for exact in (True, False):
            for row, cells in enumerate(area):
                for column, value in enumerate(cells):
                    if value == text or (not exact and str(value).startswith(text)):
                        return row, column
        raise LookupError(text)

    def cell(self, code: str, heading: str = "本期") -> tuple[int, int]:
        """Where a figure stands."""
        sheet = self.sheet(FIGURES)
        return self.find(sheet, code)[0], self.find(sheet, heading)[1]

    def put(self, sheet: Any, place: tuple[int, int], value: str) -> None:
        """Type a number, a text, or nothing."""
        cell = sheet.getCellByPosition(place[1], place[0])
        if value.replace(".", "", 1).isdigit():
            cell.setValue(float(value))
        else:
            cell.setString(value)

    def move(self, sheet: Any, area: tuple[int, int, int, int], to: tuple[int, int]) -> None:
        """Cut (top, left, bottom, right) and paste it at a cell."""
        top, left, bottom, right = area
        source = sheet.getCellRangeByPosition(left, top, right, bottom).getRangeAddress()
        target = sheet.getCellByPosition(to[1], to[0]).getCellAddress()
        sheet.moveRange(target, source)

    def entries(self) -> tuple[Any, int, int]:
        """The ledger's sheet, the row of its first entry, and how many there are."""
        sheet = self.sheet(LEDGER)
        return sheet, self.find(sheet, "序号")[0] + 1, len(self.truth.rows[BUILDINGS])

    def column(self, title: str) -> int:
        """A column of the ledger."""
        return self.find(self.sheet(LEDGER), title)[1]
