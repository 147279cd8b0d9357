"""Tell from the sheets of a summary which units and cells one of its figures comes from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from huizong.checkrows import HIDDEN_SHEET
from huizong.errors import HuizongError
from huizong.forms import FormSet, installed, read_form_set
from huizong.texts import catalogue

Rows = Sequence[Sequence[Any]]
Wanted = Callable[[str], bool]  # whether a name of 分单位 is asked for
_FILE = ("region", "unit", "version", "file", "digest", "received")
_ADDRESS = ("code", "indicator", "address", "other_addresses")


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one unit gave to a figure, and where in which file it stands; empty if not known."""

    unit: str
    code: str = ""
    value: str = ""
    file: str = ""
    version: str = ""
    digest: str = ""
    sheet: str = ""
    cell: str = ""


class Trace(msgspec.Struct, frozen=True):
    """Where a figure of a summary comes from."""

    period: str
    set_code: str
    code: str
    name: str
    parts: tuple[Part, ...]


def trace(sheets: Mapping[str, Rows], sheet: str, row: int, column: int) -> Trace:
    """
    Trace the figure in a cell, counted from 1.

    Raises:
        HuizongError: If the workbook is no summary, or the cell is none of this period's figures.
    """
    said = {str(line[0]): _text(line[1]) for line in sheets.get(HIDDEN_SHEET, ()) if len(line) > 1}
    form_set = _form_set(said.get("set", ""))
    units = next((sheets[name] for name in _names("units") if name in sheets), None)
    if form_set is None or units is None or said.get("role") != "summary":
        raise HuizongError("sources.no_summary")
    code, wanted = _asked(sheets, sheet, row - 1, column - 1)
    indicator = form_set.by_code.get(code)
    if indicator is None:
        raise HuizongError("sources.no_figure")
    shown = [(name, value) for name, value in _values(units, code) if wanted(name)]
    if not shown:
        raise HuizongError("sources.no_figure")
    where = next((sheets[name] for name in _names("sources") if name in sheets), ())
    parts = tuple(_parts(where, shown, code, said.get("code", "")))
    return Trace(said.get("period", ""), form_set.code, code, indicator.zh.strip(), parts)


def _form_set(code: str) -> FormSet | None:
    folder = installed().get(code)
    return read_form_set(folder) if folder else None


def _names(key: str) -> tuple[str, ...]:
    return tuple(catalogue()[f"summary.sheet.{key}"].values())


def _heads(key: str) -> tuple[str, ...]:
    return tuple(catalogue()[f"summary.heading.{key}"].values())


def _is_own(name: str) -> bool:
    return name in _heads("own")


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _at(rows: Rows, row: int, column: int) -> str:
    return _text(rows[row][column]) if row < len(rows) and column < len(rows[row]) else ""


def _asked(sheets: Mapping[str, Rows], sheet: str, row: int, column: int) -> tuple[str, Wanted]:
    """Tell which indicator a cell is about, and whose figures are in it."""
    rows = sheets.get(sheet, ())
    if sheet in _names("totals"):
        return _in_totals(rows, row, column)
    if sheet in _names("units"):
        return _in_units(rows, row, column)
    raise HuizongError("sources.no_figure")


def _in_totals(rows: Rows, row: int, column: int) -> tuple[str, Wanted]:
    """Of the columns of 汇总表 these are of this period; the others are of earlier summaries."""
    head, at = _heading(rows, "code")
    whose: Mapping[str, Wanted] = {
        "total": lambda _: True,
        "own": _is_own,
        "units": lambda name: not _is_own(name),
    }
    if row <= head + 1:
        raise HuizongError("sources.no_figure")
    for key, wanted in whose.items():
        if _at(rows, head, column) in _heads(key):
            return _at(rows, row, at), wanted
    raise HuizongError("sources.other_column", column=_at(rows, head, column))


def _in_units(rows: Rows, row: int, column: int) -> tuple[str, Wanted]:
    """分单位 has units as rows, or of very many as columns."""
    head, at = _heading(rows, "code")
    across = _is_across(rows, head)
    code, who = _at(rows, head, column), _at(rows, row, 1)
    if across:
        code, who = _at(rows, row, at), _at(rows, head, column)
    if not who or row <= head + 1:
        raise HuizongError("sources.no_figure")
    return code, lambda name: who in (name, *_heads("total"))


def _is_across(rows: Rows, head: int) -> bool:
    return _at(rows, head, 0) in _heads("figure")


def _heading(rows: Rows, key: str) -> tuple[int, int]:
    """Find the row and the column of a heading."""
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells[:3]):
            if _text(cell) in _heads(key):
                return row, column
    raise HuizongError("sources.no_summary")


def _values(rows: Rows, code: str) -> list[tuple[str, str]]:
    """Give what each unit, and the office itself, has in 分单位 for an indicator."""
    head, at = _heading(rows, "code")
    if _is_across(rows, head):
        line = next((row for row in range(head, len(rows)) if _at(rows, row, at) == code), head)
        pairs = [(_at(rows, head, c), _at(rows, line, c)) for c in range(4, len(rows[head]))]
    else:
        column = [_text(cell) for cell in rows[head]].index(code)
        lines = range(head + 2, len(rows))
        pairs = [(_at(rows, line, 1), _at(rows, line, column)) for line in lines]
    return [(name, value) for name, value in pairs if name and name not in _heads("total")]


def _parts(
    sources: Rows, shown: Sequence[tuple[str, str]], code: str, office: str
) -> Iterator[Part]:
    """Put to each unit's figure the file and the cell that it was read from."""
    files: dict[str, list[Mapping[str, str]]] = {}
    for file in _table(sources, _FILE):
        own = file["region"] == office
        files.setdefault(_heads("own")[0] if own else file["unit"], []).append(file)
    addresses = next((one for one in _table(sources, _ADDRESS) if one["code"] == code), {})
    for name, value in shown:
        # Units of one name stand on both sheets in the same order.
        known = files.get(_heads("own")[0] if _is_own(name) else name)
        file = known.pop(0) if known and value else {}
        if value:
            place = "" if _is_own(name) else _place(addresses, file.get("region", ""))
            yield _part(name, value, file, place)


def _part(name: str, value: str, file: Mapping[str, str], place: str) -> Part:
    sheet, _, cell = place.rpartition("!")
    return Part(
        unit=name, code=file.get("region", ""), value=value, file=file.get("file", ""),
        version=file.get("version", ""), digest=file.get("digest", ""), sheet=sheet, cell=cell,
    )  # fmt: skip


def _table(rows: Rows, keys: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """Read the rows below some headings, by the headings' keys, up to a blank one."""
    for head, cells in enumerate(rows):
        texts = [_text(cell) for cell in cells]
        columns = {key: _index(texts, _heads(key)) for key in keys}
        if None in columns.values():
            continue
        for line in rows[head + 1 :]:
            if not _text(line[0]):
                return
            yield {key: _text(line[at]) for key, at in columns.items() if at is not None}
        return


def _index(texts: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((at for at, text in enumerate(texts) if text in wanted), None)


def _place(addresses: Mapping[str, str], region: str) -> str:
    """Find a unit's own address among those that differ, else the common one."""
    for one in filter(None, addresses.get("other_addresses", "").split("; ")):
        address, _, codes = one.rpartition(": ")
        if region in codes.split():
            return address
    return addresses.get("address", "")
