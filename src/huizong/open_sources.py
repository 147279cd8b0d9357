"""Show in the host where a figure of an open summary comes from, and open the returns there."""

from pathlib import Path
from typing import TYPE_CHECKING

from huizong.book import look_at_book
from huizong.book_figures import Where, office_at
from huizong.checkrows import HIDDEN_SHEET
from huizong.entries import Received, files_of
from huizong.errors import HuizongError
from huizong.keeping import kept_name
from huizong.office import Office
from huizong.open_book import plain, rows_of
from huizong.open_tables import formula_of
from huizong.progress_table import Link
from huizong.texts import catalogue, say, speak_unless_chosen
from huizong.tracing import Part, Trace, trace

if TYPE_CHECKING:
    import xlwings

_READ = ("totals", "units", "sources")
_HEADINGS = ("unit", "code", "value", "cell", "version", "file")
_WIDTHS = (24, 16, 14, 26, 8, 46)
_VALUE, _CELL = _HEADINGS.index("value"), _HEADINGS.index("cell")
_TOP = 3  # the row of the headings, counted from 1


def show_sources(book: "xlwings.Book", where: Where | None) -> str:
    """
    List the returns behind the selected figure, each a click away; what is to be said is returned.

    A figure of one unit is opened at once, if the person says yes.
    """
    office = office_at(where) if where else None
    if office:
        speak_unless_chosen(office.settings.language)
    found = _selected(book)
    if not found.parts:
        return say("sources.none", code=found.code, name=found.name)
    paths = [_path(office, one.digest) for one in found.parts]
    if len(found.parts) > 1:
        _list(book.app, found, paths)
        return ""
    return _ask(book.app, found, paths[0])


def _selected(book: "xlwings.Book") -> Trace:
    selection = book.app.selection
    if selection is None or selection.sheet.book != book:
        raise HuizongError("sources.no_figure")
    names = [HIDDEN_SHEET, *(one for key in _READ for one in _called(key))]
    there = [sheet.name for sheet in book.sheets]
    sheets = {name: rows_of(book.sheets[name]) for name in names if name in there}
    return trace(sheets, selection.sheet.name, selection.row, selection.column)


def _called(key: str) -> tuple[str, ...]:
    return tuple(catalogue()[f"summary.sheet.{key}"].values())


def _path(office: Office | None, digest: str) -> Path | None:
    """Find the file of a return as people see it in 已收; None where this office has it not."""
    if office is None or not digest:
        return None
    with look_at_book(office.book) as book:
        found = files_of(book, digests=(digest,))
    path = _kept(office, found[0]) if found else None
    return path if path and path.is_file() else None


def _kept(office: Office, file: Received) -> Path | None:
    units = {unit.code: unit for unit in (*office.roster, office.unit)}
    if file.unit not in units:
        return None
    name = kept_name(file.period, units[file.unit], file.set_code, file.number)
    return office.received(file.period) / f"{name}{Path(file.kept_as).suffix}"


def _ask(app: "xlwings.App", found: Trace, path: Path | None) -> str:
    """Name the one return, and open it at the cell if the person wants it."""
    (part,) = found.parts
    told = {"code": found.code, "name": found.name, "unit": part.unit, "value": part.value}
    text = say("sources.one", **told, file=part.file, sheet=part.sheet, cell=part.cell)
    if path is None:
        return text + say("sources.elsewhere")
    asked = text + say("sources.open")
    if app.alert(asked, title=say("ribbon.sources.label"), buttons="yes_no") == "yes":
        open_at(app, path, part)
    return ""


def open_at(app: "xlwings.App", path: Path, part: Part) -> None:
    """Open a return, so that it cannot be changed, at the cell of the figure."""
    book = app.books.open(path, read_only=True)
    if part.cell and part.sheet in [sheet.name for sheet in book.sheets]:
        book.sheets[part.sheet].activate()
        book.sheets[part.sheet].range(part.cell).select()


def _list(app: "xlwings.App", found: Trace, paths: list[Path | None]) -> None:
    """Write a new workbook with a row for each return, whose cell is a link into it."""
    sheet = app.books.add().sheets[0]
    head = say("sources.title", code=found.code, name=found.name, period=found.period)
    sheet.range("A1").value = [[head], [say("sources.how")]]
    sheet.range((_TOP, 1)).value = [say(f"sources.column_{key}") for key in _HEADINGS]
    cells = sheet.range((_TOP + 1, 1)).resize(len(paths), len(_HEADINGS))
    cells.number_format = "@"
    cells.value = [_row(part) for part in found.parts]
    for column in (_VALUE, _CELL):
        cells.columns[column].number_format = "General"
    cells.columns[_VALUE].value = [[_number(part.value)] for part in found.parts]
    links = [_link(part, path) for part, path in zip(found.parts, paths, strict=True)]
    cells.columns[_CELL].formula = [[formula_of(link)] for link in links]
    for column, width in enumerate(_WIDTHS, 1):
        sheet.range((1, column)).column_width = width
    for row in (1, _TOP):
        sheet.range((row, 1)).resize(1, len(_HEADINGS)).font.bold = True


def _row(part: Part) -> list[str]:
    texts = (part.unit, part.code, "", "", part.version, part.file)
    return [plain(text) for text in texts]


def _number(text: str) -> float | str:
    return float(text) if text[-1:].isdigit() else text


def _link(part: Part, path: Path | None) -> Link | str:
    place = f"{part.sheet}!{part.cell}" if part.cell else say("sources.file")
    return Link(place, path, part.sheet, part.cell) if path else place
