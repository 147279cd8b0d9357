"""The roster (名册): read it as people save it, and name every wrong line."""

import csv
import datetime as dt
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from huizong.cells import address, clean_text, read_date, squash
from huizong.errors import HuizongError
from huizong.records import Unit
from huizong.texts import listed, say

if TYPE_CHECKING:
    from huizong.workbooks import Sheet

SHEET = "名册"
# What is shown of a formula without a result.
NO_RESULT = "=…"
# Headings are part of the file format: the same in every language.
FIELDS = {
    "区划代码": "code",
    "单位名称": "name",
    "上级代码": "parent",
    "类别": "category",
    "别名": "aliases",
    "联系人": "contact",
    "电话": "phone",
    "邮箱": "mail",
    "生效期": "since",
    "失效期": "until",
    "并入代码": "successors",
    "应报报表": "sets",
}
REQUIRED = ("区划代码", "单位名称", "上级代码")
_CODE = re.compile(r"\d{12}|Z[0-9A-Z-]*")
_BETWEEN = re.compile(r"[,，、;；/|\s]+")
_BETWEEN_NAMES = re.compile(r"[,，、;；|\n]+")
_SEARCHED_ROWS = 20


class Wrong(msgspec.Struct, frozen=True):
    """One wrong cell of a table that a person keeps; texts `roster.<code>` say what is wanted."""

    sheet: str
    cell: str
    code: str
    found: str
    more: str = ""

    def __str__(self) -> str:
        where = say("roster.where", sheet=self.sheet, cell=self.cell, found=self.found)
        return where + say(f"roster.{self.code}", more=self.more)


class Line(msgspec.Struct, frozen=True):
    """One filled line: its unit, and the cell of each field."""

    unit: Unit
    cells: Mapping[str, str] = MappingProxyType({})


def read_roster(path: Path) -> tuple[Unit, ...]:
    """Read the units of a roster; see `read_lines`."""
    return tuple(line.unit for line in read_lines(path))


def read_lines(path: Path) -> tuple[Line, ...]:
    """
    Read a roster from .xlsx (sheet 名册, else the one with the headings) or .csv.

    Raises:
        HuizongError: `error.roster`, with `wrong`: every wrong cell, what stands there and what
            is expected; `error.roster_headings` if the three required columns are not found.
    """
    for sheet, rows in read_tables(path):
        found = find_headings(rows, FIELDS, REQUIRED)
        if found:
            return lines_of(rows, sheet, path.name)
    raise HuizongError("error.roster_headings", file=path.name, expected=listed(REQUIRED))


def read_tables(path: Path) -> Iterator[tuple[str, list[list]]]:
    """Give each sheet of a workbook of ours, 名册 first, or the one table of a CSV file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HuizongError("error.no_file", path=path) from error
    if data[:2] == b"PK":
        yield from sorted(sheets_of(data, path, faults=True), key=lambda sheet: sheet[0] != SHEET)
    elif path.suffix.lower() in (".csv", ".txt"):
        yield path.name, _csv_rows(data, path)
    else:
        raise HuizongError("error.roster_kind", file=path.name)


def sheets_of(data: bytes, path: Path, *, faults: bool = False) -> list[tuple[str, list[list]]]:
    """Open a workbook that our own office keeps; rows start at A1, with error values if wished."""
    # Late: the gate behind it costs time that `status` does not have without a workbook.
    from huizong.refused import Refused
    from huizong.workbooks import open_workbook

    try:
        sheets = open_workbook(data).sheets
        return [(sheet.name, _with_faults(sheet) if faults else sheet.rows) for sheet in sheets]
    except Refused as error:
        raise HuizongError("error.workbook_damaged", file=path.name, why=error.code) from error


def _with_faults(sheet: "Sheet") -> list[list]:
    """Give the rows with what stands in cells that the parser leaves blank: #REF! or `=…`."""
    rows = [list(row) for row in sheet.rows]
    faults = dict.fromkeys(sheet.uncached, NO_RESULT) | dict(sheet.errors)
    for (row, column), fault in faults.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        line = rows[row]
        line.extend("" for _ in range(column + 1 - len(line)))
        line[column] = line[column] or fault
    return rows


def _csv_rows(data: bytes, path: Path) -> list[list]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        first = text.split("\n", 1)[0]
        delimiter = max("\t;,", key=first.count)
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    raise HuizongError("error.roster_encoding", file=path.name)


def find_headings(
    rows: Sequence[Sequence], fields: Mapping[str, str], required: Sequence[str]
) -> tuple[int, dict[str, int]] | None:
    """Find the heading row and the column of each field, by the fields' labels."""
    for number, row in enumerate(rows[:_SEARCHED_ROWS]):
        labels = {squash(str(value)): column for column, value in reversed([*enumerate(row)])}
        if all(label in labels for label in required):
            return number, {fields[label]: labels[label] for label in fields if label in labels}
    return None


def lines_of(rows: Sequence[Sequence], sheet: str, file: str) -> tuple[Line, ...]:
    """Read the lines of one table, or raise with all that is wrong in it."""
    found = find_headings(rows, FIELDS, REQUIRED)
    if not found:
        raise HuizongError("error.roster_headings", file=file, expected=listed(REQUIRED))
    top, columns = found
    lines: list[Line] = []
    wrong: list[Wrong] = []
    for number in range(top + 1, len(rows)):
        if any(clean_text(str(value)) for value in rows[number]):
            line = _line(rows[number], number, columns, sheet, wrong)
            if line:
                lines.append(line)
    wrong += [fault for check in CHECKS for fault in check(lines, sheet)]
    if wrong or not lines:
        raise refused(file, wrong or [Wrong(sheet, address(top + 1, 0), "empty", "")])
    return tuple(lines)


def refuse_unknown_parents(lines: Sequence[Line], own: str, file: str) -> None:
    """Every parent stands in the roster, or is the office itself or above it."""
    parents = {line.unit.code: line.unit.parent for line in lines}
    known = {*parents, own, *_above(own, parents)}
    wrong = [
        Wrong(SHEET, line.cells.get("parent", ""), "parent_unknown", line.unit.parent)
        for line in lines
        if line.unit.parent not in known
    ]
    if wrong:
        raise refused(file, wrong)


def unknown_sets(lines: Sequence[Line], known: Collection[str]) -> Iterator[Wrong]:
    """List the cells that name a form set which is not installed, one entry a code."""
    for line in lines:
        for code in line.unit.sets:
            if code not in known:
                yield Wrong(SHEET, line.cells.get("sets", ""), "set_unknown", code, listed(known))


def _above(code: str, parents: dict[str, str]) -> set[str]:
    """All codes above one, the last of them outside the roster."""
    above: set[str] = set()
    while code in parents and parents[code] not in above:
        code = parents[code]
        above.add(code)
    return above


def refused(file: str, wrong: Sequence[Wrong]) -> HuizongError:
    """Say all that is wrong in one error."""
    lines = "\n".join(map(str, wrong))
    return HuizongError("error.roster", file=file, count=len(wrong), lines=lines, wrong=wrong)


def _line(
    row: Sequence, number: int, columns: dict[str, int], sheet: str, wrong: list[Wrong]
) -> Line | None:
    cells = {field: address(number, column) for field, column in columns.items()}
    values: dict[str, object] = {}
    before = len(wrong)
    for field, column in columns.items():
        value = row[column] if column < len(row) else ""
        values[field], code = _READERS.get(field, _text)(value)
        if code:
            wrong.append(Wrong(sheet, cells[field], code, shown(value)))
    return Line(Unit(**values), MappingProxyType(cells)) if len(wrong) == before else None


def shown(value: object) -> str:
    """Show a cell's value in a message as the person sees it."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_text(str(value))


def _text(value: object) -> tuple[str, str]:
    return shown(value), ""


def _name(value: object) -> tuple[str, str]:
    """Read a name on one line; where Alt+Enter broke a Chinese one in its cell no space belongs."""
    lines = shown(value).splitlines()
    text = (" " if shown(value).isascii() else "").join(line.strip() for line in lines)
    return text, "" if text else "name"


def read_code(value: object) -> tuple[str, str]:
    """Read a code from a text or number cell: twelve digits, or an own code beginning with Z."""
    text = squash(shown(value)).upper()
    return text, "" if _CODE.fullmatch(text) else "code"


def _codes(value: object) -> tuple[tuple[str, ...], str]:
    """Read no code, one (merged into it) or several (split into them)."""
    read = [read_code(part) for part in _BETWEEN.split(shown(value)) if part]
    return tuple(code for code, _ in read), next((fault for _, fault in read if fault), "")


def _date(value: object) -> tuple[dt.date | None, str]:
    text = squash(shown(value))
    if not text:
        return None, ""
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    day = read_date(value) or read_date(text)
    return day, "" if day else "date"


def _names(value: object) -> tuple[tuple[str, ...], str]:
    parts = (part.strip() for part in _BETWEEN_NAMES.split(shown(value)))
    return tuple(part for part in parts if part), ""


def _sets(value: object) -> tuple[tuple[str, ...], str]:
    parts = _BETWEEN.split(shown(value).upper())
    return tuple(squash(part) for part in parts if part), ""


_READERS: dict[str, Callable[[object], tuple[object, str]]] = {
    "code": read_code,
    "name": _name,
    "parent": read_code,
    "aliases": _names,
    "since": _date,
    "until": _date,
    "successors": _codes,
    "sets": _sets,
}


def check_doubled(lines: Sequence[Line], sheet: str) -> Iterator[Wrong]:
    """A code stands once."""
    first: dict[str, str] = {}
    for line in lines:
        code, cell = line.unit.code, line.cells["code"]
        if code in first:
            yield Wrong(sheet, cell, "doubled", code, first[code])
        first.setdefault(code, cell)


def check_names(lines: Sequence[Line], sheet: str) -> Iterator[Wrong]:
    """No two units below one parent have the same name or alias at the same time."""
    seen: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        for name in dict.fromkeys(map(squash, (line.unit.name, *line.unit.aliases))):
            others = seen.setdefault((line.unit.parent, name), [])
            for other in others:
                if _together(line.unit, other.unit):
                    more = f"{other.cells['name']}（{other.unit.code} {other.unit.name}）"
                    yield Wrong(sheet, line.cells["name"], "same_name", name, more)
                    break
            others.append(line)


def _together(one: Unit, other: Unit) -> bool:
    earliest, latest = dt.date.min, dt.date.max
    return one.belongs_to(other.since or earliest, other.until or latest)


def check_parents(lines: Sequence[Line], sheet: str) -> Iterator[Wrong]:
    """A unit is not its own parent, and no chain of parents closes."""
    parents = {line.unit.code: line.unit.parent for line in lines}
    for line in lines:
        if _in_loop(line.unit.code, parents):
            yield Wrong(sheet, line.cells["parent"], "parent_loop", line.unit.parent)


def _in_loop(code: str, following: dict[str, str]) -> bool:
    """Whether following the links from a code comes back to it."""
    at, steps = following.get(code, ""), 0
    while at and at != code and steps <= len(following):
        at, steps = following.get(at, ""), steps + 1
    return at == code


def check_dates(lines: Sequence[Line], sheet: str) -> Iterator[Wrong]:
    """A unit does not end before it begins."""
    for line in lines:
        since, until = line.unit.since, line.unit.until
        if since and until and until < since:
            yield Wrong(sheet, line.cells["until"], "reversed", str(until), str(since))


def check_merging(lines: Sequence[Line], sheet: str) -> Iterator[Wrong]:
    """A unit merges into others of the roster, and not in a circle."""
    following = {line.unit.code: line.unit.successors for line in lines}
    for line in lines:
        for target in line.unit.successors:
            if target not in following:
                yield Wrong(sheet, line.cells["successors"], "merged_unknown", target)
            elif line.unit.code in _all_after(target, following):
                yield Wrong(sheet, line.cells["successors"], "merge_loop", target)


def _all_after(code: str, following: Mapping[str, Sequence[str]]) -> set[str]:
    """Give a unit and all that came after it, however far."""
    after: set[str] = set()
    queue = [code]
    while queue:
        at = queue.pop()
        if at not in after:
            after.add(at)
            queue += following.get(at, ())
    return after


CHECKS = (check_doubled, check_names, check_parents, check_dates, check_merging)
