"""Ranges of LibreOffice for xlwings."""

from typing import Any

from xlwings import base_classes

from huizong.errors import HuizongError
from huizong.uno_formulas import fill_formula, read_formulas, write_formulas
from huizong.uno_looks import (
    Colour,
    Font,
    colour_number,
    colour_parts,
    column_width,
    link_of,
    link_target,
    row_height,
    set_column_width,
    set_row_height,
    write_link,
)
from huizong.uno_places import Coords, address_of, coords_of, end_of
from huizong.uno_values import format_key, is_formula, read_values, write_values

# com.sun.star.sheet.CellFlags
CONTENTS, FORMATS, ALL = 1 | 2 | 4 | 16, 32 | 64, 1023


class Range(base_classes.Range):
    """A rectangle of cells of one sheet."""

    def __init__(self, sheet: Any, coords: Coords) -> None:
        self.sheet, self.options = sheet, {}
        self._coords = coords
        self._cells = _cells_at(sheet.api, coords)

    @property
    def _document(self) -> Any:
        return self.sheet.book.api

    @property
    def api(self) -> Any:
        """UNO's range."""
        return self._cells

    @property
    def coords(self) -> Coords:
        """First row and column, height and width."""
        return self._coords

    @property
    def row(self) -> int:
        """The first row, counted from 1."""
        return self._coords[0]

    @property
    def column(self) -> int:
        """The first column, counted from 1."""
        return self._coords[1]

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns."""
        return self._coords[2:]

    @property
    def has_array(self) -> bool:
        """Array formulas are left alone."""
        return False

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    def __call__(self, row: int, column: int | None = None) -> "Range":
        """Give one cell, counted from the range's corner; by one number, along the rows."""
        if column is None:
            down, along = divmod(row - 1, self.shape[1])
            row, column = down + 1, along + 1
        return Range(self.sheet, (self.row + row - 1, self.column + column - 1, 1, 1))

    @property
    def address(self) -> str:
        """The address, such as $A$1:$B$2."""
        return self.get_address(True, True, False)

    def get_address(self, row_absolute: bool, col_absolute: bool, external: bool) -> str:
        """Give the address in one of Excel's ways."""
        place = address_of(self._coords, "$" * row_absolute, "$" * col_absolute)
        return f"'[{self.sheet.book.name}]{self.sheet.name}'!{place}" if external else place

    @property
    def raw_value(self) -> list[list[Any]] | None:
        """The values as rows of numbers, texts, dates and truths."""
        texts = self.options.get("err_to_str", False)
        return self._cells and read_values(self._cells, self._document, errors_as_text=texts)

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        self._keep_locked()
        if is_formula(value):
            fill_formula(self._cells, value, self.sheet.book.parser)
            return
        height, width = self.shape
        rows = value if isinstance(value, list | tuple) else [[value] * width] * height
        rows = rows if not rows or isinstance(rows[0], list | tuple) else [rows]
        formulas = write_values(self._cells, self._document, rows)
        write_formulas(self._cells, formulas, self.sheet.book.parser)

    def _keep_locked(self) -> None:
        """
        Refuse to write where a person could not.

        Raises:
            HuizongError: If the sheet is protected and a cell locked (`error.locked_cells`).
        """
        if self.sheet.api.isProtected() and any(
            part.CellProtection.IsLocked for part in self._cells.UniqueCellFormatRanges
        ):
            raise HuizongError("error.locked_cells", sheet=self.sheet.name, place=self.address)

    @property
    def formula(self) -> str | tuple[tuple[str, ...], ...]:
        """What stands in the cells as typed, in Excel's way."""
        rows = read_formulas(self._cells, self.sheet.book.parser)
        return rows[0][0] if len(self) == 1 else rows

    @formula.setter
    def formula(self, value: Any) -> None:
        self.raw_value = value

    formula2 = formula

    def clear_contents(self) -> None:
        """Empty the cells and keep their looks."""
        self._keep_locked()
        self._cells.clearContents(CONTENTS)

    def clear_formats(self) -> None:
        """Take the looks away and keep what stands there."""
        self._cells.clearContents(FORMATS)

    def clear(self) -> None:
        """Empty the cells and take their looks away."""
        self._keep_locked()
        self._cells.clearContents(ALL)

    @property
    def number_format(self) -> str:
        """The number format of the first cell, as in an English Excel."""
        return self._document.NumberFormats.getByKey(self._cells.NumberFormat).FormatString

    @number_format.setter
    def number_format(self, value: str) -> None:
        self._cells.NumberFormat = format_key(self._document, value)

    @property
    def color(self) -> tuple[int, int, int] | None:
        """The tint as red, green and blue."""
        return colour_parts(self._cells.CellBackColor)

    @color.setter
    def color(self, value: Colour) -> None:
        self._cells.CellBackColor = colour_number(value)

    @property
    def font(self) -> Font:
        """The letters."""
        return Font(self._cells)

    @property
    def wrap_text(self) -> bool:
        """Whether long texts take more than one line."""
        return self._cells.IsTextWrapped

    @wrap_text.setter
    def wrap_text(self, value: bool) -> None:
        self._cells.IsTextWrapped = value

    @property
    def column_width(self) -> float | None:
        """The width in characters."""
        return column_width(self._cells.Columns)

    @column_width.setter
    def column_width(self, value: float) -> None:
        set_column_width(self._cells.Columns, value)

    @property
    def row_height(self) -> float | None:
        """The height in points."""
        return row_height(self._cells.Rows)

    @row_height.setter
    def row_height(self, value: float) -> None:
        set_row_height(self._cells.Rows, value)

    def autofit(self, axis: str | None = None) -> None:
        """Make columns and rows as large as what they hold; `c` or `r` for one of both."""
        if axis not in ("r", "rows"):
            self._cells.Columns.OptimalWidth = True
        if axis not in ("c", "columns"):
            self._cells.Rows.OptimalHeight = True

    def select(self) -> None:
        """Select the cells, on their sheet."""
        controller = self._document.CurrentController
        controller.setActiveSheet(self.sheet.api)
        controller.select(self._cells)

    def add_hyperlink(self, address: str, text_to_display: str, screen_tip: str) -> None:
        """Put a link into the first cell; LibreOffice shows no tip of its own."""
        del screen_tip
        self._keep_locked()
        target = link_target(address, self.sheet.book.folder)
        write_link(self._document, self._cells.getCellByPosition(0, 0), target, text_to_display)

    @property
    def hyperlink(self) -> str:
        """Where the first cell leads."""
        return link_of(self._cells.getCellByPosition(0, 0))

    @property
    def current_region(self) -> "Range":
        """All cells around that blanks do not part from these."""
        cursor = self.sheet.api.createCursorByRange(self._cells)
        cursor.collapseToCurrentRegion()
        return Range(self.sheet, coords_of(cursor.RangeAddress))

    @property
    def table(self) -> Any:
        """The table in which the first cell lies."""
        return self.sheet.tables.around(self.row, self.column)

    @property
    def name(self) -> Any:
        """The name of exactly these cells."""
        return self.sheet.book.names.of(self)

    @name.setter
    def name(self, value: str) -> None:
        sheet = self.sheet.name.replace("'", "''")
        self.sheet.book.names.add(value, f"='{sheet}'!{self.address}")

    def end(self, direction: str) -> "Range":
        """Go as Ctrl and an arrow key do."""
        rows, columns = self.sheet.size
        step = 1 if direction in ("down", "right") else -1
        if direction in ("down", "up"):
            row = end_of(self._filled_below(), self.row, step, rows)
            return Range(self.sheet, (row, self.column, 1, 1))
        column = end_of(self._filled_along(), self.column, step, columns)
        return Range(self.sheet, (self.row, column, 1, 1))

    def _filled_below(self) -> list[bool]:
        cells = Range(self.sheet, (1, self.column, self.sheet.used_size[0], 1)).api
        return [row[0] != "" for row in cells.getDataArray()]

    def _filled_along(self) -> list[bool]:
        cells = Range(self.sheet, (self.row, 1, 1, self.sheet.used_size[1])).api
        return [value != "" for value in cells.getDataArray()[0]]


def _cells_at(sheet: Any, coords: Coords) -> Any:
    """A slice of nothing, such as cells[0:0, :], is a range without cells."""
    row, column, height, width = coords
    if not height or not width:
        return None
    return sheet.getCellRangeByPosition(column - 1, row - 1, column + width - 2, row + height - 2)
