"""Check a summary workbook against itself and its sources: which cell is not what was written?"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from huizong.cells import NOT_APPLICABLE, address, exact, plain
from huizong.checkrows import (
    DIGEST_ROW,
    HIDDEN_SHEET,
    IDENTITY_KEYS,
    LEDGER_ROW,
    LETTERS,
    PART_ROW,
    checksum,
    mark,
    split_marks,
)
from huizong.forms import FormSet, installed, read_form_set
from huizong.records import PART, Reading
from huizong.recount import ratio, recount
from huizong.texts import catalogue, say
from huizong.verify_versions import MadeBy, made_by, said_by
from huizong.workbooks import open_workbook

Rows = Sequence[Sequence[object]]
# The founder's engine for rates that are more than plain arithmetic: (set, totals) to rates.
Rates = Callable[[FormSet, Mapping[str, str]], Mapping[str, str]]
_CODE = re.compile(r"[0-9A-F]{4}(?:-[0-9A-F]{4}){3}")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_COLUMN_OF = {letters: column for column, letters in enumerate(LETTERS)}
_IDENTITY = frozenset(
    (*IDENTITY_KEYS, "number", "expected", "reported", "missing", LEDGER_ROW, DIGEST_ROW, PART_ROW)
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One cell that is not what it should be."""

    code: str
    sheet: str = ""
    cell: str = ""
    found: str = ""
    expected: str = ""

    def words(self) -> str:
        """Say it in a sentence."""
        return say(
            f"verify.{self.code}",
            sheet=self.sheet,
            cell=self.cell,
            found=self.found,
            expected=self.expected,
        )


@dataclass(frozen=True, slots=True)
class Verification:
    """
    What came out; `checksum` is the 汇总校验码 worked out anew.

    `personal` are numbers of persons, which make no figure wrong but must not go up.
    """

    faults: tuple[Fault, ...]
    checksum: str = ""
    personal: tuple[Fault, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every cell is what was written."""
        return not self.faults


def verify_file(
    path: Path, form_set: FormSet | None = None, *, recompute_ratios: Rates | None = None
) -> Verification:
    """
    Compare each figure with its check row, the 汇总校验码 with them all, the totals with the units.

    Without `form_set` the installed one of the same code and version is taken; where there is
    none, the totals are not added up again.
    """
    return verify_sheets(_sheets(path), form_set, recompute_ratios=recompute_ratios)


def verify_sheets(
    sheets: Mapping[str, Rows],
    form_set: FormSet | None = None,
    *,
    recompute_ratios: Rates | None = None,
) -> Verification:
    """Do what `verify_file` does with a workbook that is open already: its rows by sheet."""
    book = _Book(sheets)
    if not book.hidden:
        return Verification((Fault("no_summary", HIDDEN_SHEET),))
    code = checksum(row for row in book.hidden if row[0] != "checksum")
    cells = list(_compare_cells(book))
    faults = [*_compare_code(book, code), *cells]
    form_set = form_set or _installed(book.identity)
    # Where a cell is known to be changed, totals that follow from it are not wrong as well.
    if form_set and not cells:
        seen = {(fault.sheet, fault.cell) for fault in faults}
        again = _compare_totals(book, form_set, recompute_ratios)
        faults += [fault for fault in again if (fault.sheet, fault.cell) not in seen]
    return Verification(tuple(faults), code)


def verify_sources(
    path: Path,
    folder: Path,
    read: Callable[[Path, str], Reading],
    form_set: FormSet | None = None,
) -> Verification:
    """
    Look up each file of 来源 by its digest, read it again, and compare it with 分单位.

    `read` must give a file's figures of one form set; it is passed in, since reading is another
    stage. Rates over another set's figures are not in one file, and not compared. A summary made
    by an earlier version is compared under its own codes, if that version is described.
    """
    book = _Book(_sheets(path))
    if not book.hidden:
        return Verification((Fault("no_summary", HIDDEN_SHEET),))
    form_set = form_set or _present(book.identity)
    made = made_by(form_set, book.identity.get("version", "")) if form_set else None
    units = book.units(made.form_set) if made else None
    faults = [] if units else [_unknown(book.identity, form_set)]
    files = _by_digest(folder)
    for place, unit, digest in book.sources():
        found = files.get(digest.partition("+")[0])
        if found is None:
            faults.append(Fault("file_gone", *place, "", digest))
        elif made and units and unit is not None:
            reading = read(found, made.form_set.code)
            faults += _compare_reading(book, units, unit, reading, made)
    return Verification(tuple(faults))


def _unknown(identity: Mapping[str, str], form_set: FormSet | None) -> Fault:
    """Say why the files cannot be compared with a summary: by its set, its version, its sheets."""
    version = identity.get("version", "")
    if form_set is None:
        return Fault("set_unknown", found=identity.get("set", ""))
    if made_by(form_set, version) is None:
        return Fault("version_unknown", found=version, expected=form_set.version)
    return Fault("no_summary", HIDDEN_SHEET)


def _sheets(path: Path) -> dict[str, Rows]:
    return {sheet.name: sheet.rows for sheet in open_workbook(path.read_bytes()).sheets}


def _by_digest(folder: Path) -> dict[str, Path]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in paths}


@dataclass(frozen=True)
class _Units:
    """Where 分单位 has each figure: (row, column) by code, for 合计, 本级, each unit."""

    total: Mapping[str, tuple[int, int]]
    own: Mapping[str, tuple[int, int]]
    units: tuple[Mapping[str, tuple[int, int]], ...]


@dataclass(frozen=True)
class _Book:
    """A summary workbook as read: rows of values by sheet."""

    sheets: Mapping[str, Rows]

    @cached_property
    def hidden(self) -> list[tuple[str, str, str]]:
        """The rows of the hidden sheet, three texts each."""
        rows = self.sheets.get(HIDDEN_SHEET, ())
        return [tuple([*map(_text, row), "", "", ""][:3]) for row in rows]  # type: ignore[misc]

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """Identity of the summary by key."""
        return {key: value for key, value, _ in self.hidden if key in _IDENTITY}

    @property
    def check_rows(self) -> Iterator[tuple[str, int, str]]:
        """Sheet, row counted from 0, marks."""
        for sheet, row, marks in self.hidden:
            if sheet not in _IDENTITY and row.isdigit():
                yield sheet, int(row) - 1, marks

    def name(self, key: str) -> str:
        """Find a sheet by its name in either language."""
        return next((name for name in _both(f"summary.sheet.{key}") if name in self.sheets), "")

    def at(self, sheet: str, row: int, column: int) -> object:
        """Give what stands in a cell; an empty text beyond the edge."""
        rows = self.sheets.get(sheet, ())
        cells = rows[row] if row < len(rows) else ()
        return cells[column] if column < len(cells) else ""

    def find(self, sheet: str, texts: frozenset[str], depth: int = 15) -> tuple[int, int] | None:
        """Find a heading in the first rows of a sheet."""
        for number, row in enumerate(self.sheets.get(sheet, ())[:depth]):
            for column, value in enumerate(row):
                if value in texts:
                    return number, column
        return None

    def units(self, form_set: FormSet) -> _Units | None:
        """Find 合计, 本级 and the units on 分单位, whichever way it is turned."""
        sheet = self.name("units")
        places = {
            code: place
            for code in form_set.by_code
            if (place := self.find(sheet, frozenset((code,)), 15 + len(form_set.by_code) * 2))
        }
        if not places:
            return None
        across = self.find(sheet, _both("summary.heading.total"))
        own = self.find(sheet, _both("summary.heading.own"), 20)
        # Turned, 合计 heads a column left of 本级; else it heads a row above it.
        if across and own and across[0] == own[0]:
            return self._across(sheet, places, across[1], own[0])
        return self._down(sheet, places, across[0]) if across else None

    def _across(
        self, sheet: str, places: Mapping[str, tuple[int, int]], first: int, heading: int
    ) -> _Units:
        names = self.sheets[sheet][heading]
        count = next((at for at, name in enumerate(names) if at > first and not name), len(names))
        columns = [
            {code: (row, at) for code, (row, _) in places.items()} for at in range(first, count)
        ]
        return _Units(columns[0], columns[1], tuple(columns[2:]))

    def _down(self, sheet: str, places: Mapping[str, tuple[int, int]], first: int) -> _Units:
        last = first + 2
        while isinstance(self.at(sheet, last, 0), int | float):
            last += 1
        rows = [
            {code: (at, column) for code, (_, column) in places.items()}
            for at in range(first, last)
        ]
        return _Units(rows[0], rows[1], tuple(rows[2:]))

    def figures(self, sheet: str, places: Mapping[str, tuple[int, int]]) -> dict[str, str]:
        """Give the figures at some places as plain decimals."""
        return {code: _plain(self.at(sheet, *place)) for code, place in places.items()}

    def stated(self) -> dict[str, dict[str, str]]:
        """The parts of the total's own rates that are over a part of the units, as they go up."""
        found: dict[str, dict[str, str]] = {}
        for kind, rate, told in self.hidden:
            key, _, value = told.rpartition("=")
            if kind == LEDGER_ROW and key.startswith(PART):
                found.setdefault(rate, {})[key.removeprefix(PART)] = _plain(value)
        return found

    def parts(self, units: int) -> list[dict[str, dict[str, str]]]:
        """Per unit of 分单位 the parts of the rates that its summary has over a part of its own."""
        found: list[dict[str, dict[str, str]]] = [{} for _ in range(units)]
        for kind, rate, told in self.hidden:
            number, _, said = told.partition(":")
            part, _, value = said.partition("=")
            if kind == PART_ROW and number.isdigit() and 0 < int(number) <= units:
                found[int(number) - 1].setdefault(rate, {})[part] = _plain(value)
        return found

    def sources(self) -> Iterator[tuple[tuple[str, str], int | None, str]]:
        """List the files of 来源: the digest's place, the unit's number (0 is 本级), the digest."""
        sheet, returns = self.name("sources"), self.name("returns")
        head = self.find(sheet, _both("summary.heading.digest"))
        if head is None:
            return
        codes = {_text(row[2]): row[0] for row in self.sheets.get(returns, ()) if len(row) > 2}
        row, column = head[0] + 1, head[1]
        while _text(self.at(sheet, row, column)):
            number = codes.get(_text(self.at(sheet, row, 0)))
            unit = int(number) if isinstance(number, int | float) else 0 if number == "" else None
            place = (sheet, address(row, column))
            yield place, unit, _text(self.at(sheet, row, column))
            row += 1


def _both(code: str) -> frozenset[str]:
    return frozenset(catalogue()[code].values())


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else mark(value)


def _plain(value: object) -> str:
    """Give a figure as a plain decimal, —— as it is, anything else as nothing."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return plain(exact(float(value)))
    text = _text(value)
    return text if text == NOT_APPLICABLE or _NUMBER.fullmatch(text) else ""


def _present(identity: Mapping[str, str]) -> FormSet | None:
    folder = installed().get(identity.get("set", ""))
    return _form_set(folder) if folder else None


def _installed(identity: Mapping[str, str]) -> FormSet | None:
    form_set = _present(identity)
    return form_set if form_set and form_set.version == identity.get("version") else None


@cache
def _form_set(folder: Path) -> FormSet:
    """Read a form set once a process."""
    return read_form_set(folder)


def _compare_code(book: _Book, code: str) -> Iterator[Fault]:
    """The 汇总校验码 printed on 汇总表, and the hidden one, are those of the hidden rows."""
    sheet = book.name("totals")
    if not sheet:
        yield Fault("sheet_gone", say("summary.sheet.totals"))
        return
    printed = [
        (address(number, column), found[0])
        for number, row in enumerate(book.sheets[sheet])
        for column, value in enumerate(row)
        if isinstance(value, str) and (found := _CODE.search(value))
    ]
    for cell, found in printed[-1:] or [("", "")]:
        if found != code:
            yield Fault("checksum", sheet, cell, found, code)
    hidden = next((at for at, row in enumerate(book.hidden) if row[0] == "checksum"), None)
    if hidden is None or book.hidden[hidden][1] != code:
        cell = "" if hidden is None else address(hidden, 1)
        yield Fault("checksum", HIDDEN_SHEET, cell, book.identity.get("checksum", ""), code)


def _compare_cells(book: _Book) -> Iterator[Fault]:
    """Each cell says what its check row says."""
    gone: set[str] = set()
    for sheet, row, marks in book.check_rows:
        if sheet not in book.sheets:
            if sheet not in gone:
                yield Fault("sheet_gone", sheet)
            gone.add(sheet)
            continue
        for letters, expected in split_marks(marks):
            found = book.at(sheet, row, _COLUMN_OF.get(letters, 0))
            if mark(found) != expected:
                yield Fault("changed", sheet, f"{letters}{row + 1}", _text(found), expected)


def _compare_totals(book: _Book, form_set: FormSet, rates: Rates | None) -> Iterator[Fault]:
    """合计, 本级 and 各单位小计 are what the rows of 分单位 add up to."""
    units = book.units(form_set)
    if units is None:
        return
    sheet = book.name("units")
    own = book.figures(sheet, units.own)
    below = [book.figures(sheet, places) for places in units.units]
    parts = book.parts(len(below))
    total = _again(form_set, [own, *below], [{}, *parts], rates)
    subtotal = _again(form_set, below, parts, rates)
    yield from _differing(book, sheet, units.total, total)
    # The level above divides what is stated: the front has to say the same.
    total |= _divided(form_set, book.stated())
    front = book.name("totals")
    for key, expected in (("total", total), ("own", own), ("units", subtotal)):
        yield from _differing(book, front, _front_places(book, front, form_set, key), expected)


def _again(
    form_set: FormSet, figures: Sequence[Mapping[str, str]],
    parts: Sequence[Mapping[str, Mapping[str, str]]], rates: Rates | None,
) -> dict[str, str]:  # fmt: skip
    totals = recount(form_set, figures, parts)
    return totals | dict(rates(form_set, totals)) if rates else totals


def _divided(
    form_set: FormSet, stated: Mapping[str, Mapping[str, str]]
) -> Iterator[tuple[str, str]]:
    for code, parts in stated.items():
        rate = ratio(form_set.by_code[code], parts) if code in form_set.by_code else None
        if rate is not None:
            yield code, rate


def _front_places(
    book: _Book, sheet: str, form_set: FormSet, key: str
) -> dict[str, tuple[int, int]]:
    heading = book.find(sheet, _both(f"summary.heading.{key}"))
    codes = book.find(sheet, _both("summary.heading.code"))
    if heading is None or codes is None:
        return {}
    rows = enumerate(book.sheets[sheet])
    named = {_text(book.at(sheet, row, codes[1])): row for row, _ in rows if row > heading[0]}
    return {code: (named[code], heading[1]) for code in form_set.by_code if code in named}


def _differing(
    book: _Book, sheet: str, places: Mapping[str, tuple[int, int]], expected: Mapping[str, str]
) -> Iterator[Fault]:
    for code, place in places.items():
        if code not in expected:
            continue
        found = book.at(sheet, *place)
        if (_plain(found) or NOT_APPLICABLE) != (expected[code] or NOT_APPLICABLE):
            yield Fault("total", sheet, address(*place), _text(found), expected[code])


def _compare_reading(
    book: _Book, units: _Units, unit: int, reading: Reading, made: MadeBy
) -> Iterator[Fault]:
    """The figures of one file stand in the row (or column) of its unit."""
    sheet = book.name("units")
    places = units.own if unit == 0 else units.units[unit - 1]
    if not any(book.figures(sheet, places).values()):
        return
    for code, value in said_by(reading, made).items():
        if code in places:
            stands = book.at(sheet, *places[code])
            found = _plain(stands) if made.numeric(code) else _text(stands)
            if found != value:
                yield Fault("source_differs", sheet, address(*places[code]), found, value)
