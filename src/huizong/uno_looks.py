"""How cells look in LibreOffice, in Excel's measures: colours, fonts, widths, heights, links."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from xlwings import base_classes
from xlwings.utils import hex_to_rgb, int_to_rgb

from huizong.uno_bridge import enum

BOLD, NORMAL = 150.0, 100.0
_POINT = 2540 / 72
# Excel counts characters of 7 pixels and a margin of 5, LibreOffice hundredths of a millimetre.
_PIXEL, _CHARACTER, _MARGIN = 2540 / 96, 7, 5
# Chinese letters have their own font, weight and size beside those of Latin ones.
_SCRIPTS = ("", "Asian")

Colour = str | int | Sequence[int] | None


def colour_number(colour: Colour) -> int:
    """Give a colour (#rrggbb, red, green and blue, Excel's number, None) as LibreOffice's."""
    if colour is None:
        return -1
    if isinstance(colour, str):
        colour = hex_to_rgb(colour)
    elif isinstance(colour, int):
        colour = int_to_rgb(colour)
    return int.from_bytes(bytes(colour), "big")


def colour_parts(number: int) -> tuple[int, int, int] | None:
    """Give LibreOffice's colour as red, green and blue; none if it has none."""
    red, green, blue = (number & 0xFFFFFF).to_bytes(3, "big")
    return None if number < 0 else (red, green, blue)


def common(values: set[Any]) -> Any:
    """Give what all have in common, None if they differ."""
    return values.pop() if len(values) == 1 else None


def column_width(columns: Any) -> float | None:
    """Give the width of columns in characters; None if they differ."""
    width = common({columns.getByIndex(at).Width for at in range(columns.Count)})
    return width and round(max(width / _PIXEL - _MARGIN, 0) / _CHARACTER, 2)


def set_column_width(columns: Any, characters: float) -> None:
    """Set the width of columns in characters."""
    columns.Width = round((characters * _CHARACTER + _MARGIN) * _PIXEL)


def row_height(rows: Any) -> float | None:
    """Give the height of rows in points; None if they differ."""
    height = common({rows.getByIndex(at).Height for at in range(rows.Count)})
    return height and round(height / _POINT, 2)


def set_row_height(rows: Any, points: float) -> None:
    """Set the height of rows in points."""
    rows.Height = round(points * _POINT)


def link_target(address: str, folder: str) -> str:
    """Give a link's address as LibreOffice keeps it: whole, for a file beside the workbook too."""
    if urlsplit(address).scheme or address.startswith("#"):
        return address
    path, mark, place = address.partition("#")
    return (Path(folder) / path).resolve().as_uri() + mark + place


def write_link(document: Any, cell: Any, target: str, text: str) -> None:
    """Put a text into a cell that leads somewhere when clicked."""
    field = document.createInstance("com.sun.star.text.TextField.URL")
    field.URL, field.Representation = target, text
    cell.setString("")
    cell.insertTextContent(cell.createTextCursor(), field, False)


def link_of(cell: Any) -> str:
    """Give the address of the first link in a cell, an empty text if it has none."""
    fields = cell.TextFields
    return fields.getByIndex(0).URL if fields.Count else ""


class Font(base_classes.Font):
    """The letters of a range."""

    def __init__(self, cells: Any) -> None:
        self._cells = cells

    @property
    def api(self) -> Any:
        """The range itself, which has the letters' properties."""
        return self._cells

    def _set(self, name: str, value: Any) -> None:
        for script in _SCRIPTS:
            self._cells.setPropertyValue(f"Char{name}{script}", value)

    @property
    def bold(self) -> bool:
        """Whether the letters are bold."""
        return self._cells.CharWeight == BOLD

    @bold.setter
    def bold(self, value: bool) -> None:
        self._set("Weight", BOLD if value else NORMAL)

    @property
    def italic(self) -> bool:
        """Whether the letters slant."""
        return self._cells.CharPosture.value == "ITALIC"

    @italic.setter
    def italic(self, value: bool) -> None:
        self._set("Posture", enum("awt.FontSlant", "ITALIC" if value else "NONE"))

    @property
    def size(self) -> float:
        """The size in points."""
        return self._cells.CharHeight

    @size.setter
    def size(self, value: float) -> None:
        self._set("Height", float(value))

    @property
    def name(self) -> str:
        """The font's name."""
        return self._cells.CharFontName

    @name.setter
    def name(self, value: str) -> None:
        self._set("FontName", value)

    @property
    def color(self) -> tuple[int, int, int] | None:
        """The colour as red, green and blue."""
        return colour_parts(self._cells.CharColor)

    @color.setter
    def color(self, value: Colour) -> None:
        self._cells.CharColor = colour_number(value)
