"""Look through one file that is to leave, whatever it is: the task of a child process."""

import re
from collections.abc import Collection, Iterator, Sequence

import msgspec

from huizong.cells import address
from huizong.checkrows import HIDDEN_SHEET, mark
from huizong.facts import VEILED
from huizong.gate import Kind
from huizong.outgoing import Spotted, cell_texts, part_texts
from huizong.outgoing_parts import unseen_parts
from huizong.person_names import found_names
from huizong.personal import has_landline, kinds_of
from huizong.refused import Refused
from huizong.texts import catalogue
from huizong.workbooks import Sheet, Workbook, open_workbook

TASK = "huizong.leaving_scan:scan_file"
# Persons are in what the receiver has written itself.
OWN_DATA = "own"
# Fewer persons than this can be told by who knows the place.
FEW = 3
# A telephone typed as a number; a figure of an office is never so large.
_MOBILE_TYPED = 10**10


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is looked for beside numbers of persons: `names`, and `sensitive` indicators by code.

    `own` are texts that the receiver has written, `own_names` the names in its ledgers, `public`
    what stands in a letter's head.
    """

    names: frozenset[str] = frozenset()
    sensitive: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()
    own_names: frozenset[str] = frozenset()
    public: tuple[str, ...] = ()


def scan_file(content: bytes, sought: bytes) -> bytes:
    """Give what was spotted in a file, packed, for a packed `Sought`."""
    found = tuple(_scan(content, msgspec.msgpack.decode(sought, type=Sought)))
    return msgspec.msgpack.encode(found)


def _scan(content: bytes, sought: Sought) -> Iterator[Spotted]:
    try:
        book = open_workbook(content)
        parts = () if _is_other(book) else tuple(unseen_parts(content))
    except Refused as refused:
        yield Spotted("locked" if refused.code == "encrypted" else "unread", "", "")
        return
    texts = (*cell_texts(book.sheets), *_typed_numbers(book.sheets))
    if any(_of_receiver(text, sought) for _, _, text in texts):
        yield Spotted(OWN_DATA, "", "")
    for sheet, cell, text in texts:
        yield from _of_text(sheet, cell, text, sought)
    if _is_other(book):
        yield Spotted("other_kind", "", "")
    else:
        # The same numbers and names stand in several attributes of one part.
        yield from dict.fromkeys(_between_tags(content, sought))
    for sheet in book.sheets:
        yield from _hidden(sheet)
    yield from parts
    yield from small_cells(book.sheets, sought.sensitive)


def _is_other(book: Workbook) -> bool:
    """Whether it is an older kind, whose notes and links cannot be told."""
    return book.decrypted or book.kind not in (Kind.XLSX, Kind.XLSM)


def _of_receiver(text: str, sought: Sought) -> bool:
    """Whether persons are in it whom the receiver itself has written of."""
    numbers = text in sought.own and any(kinds_of(text))
    return numbers or bool(found_names(text, sought.own_names))


def _of_text(sheet: str, cell: str, text: str, sought: Sought) -> Iterator[Spotted]:
    if text in sought.own:
        return
    yield from (Spotted(kind, sheet, cell) for kind in dict.fromkeys(kinds_of(text)))
    plain = text
    for known in sought.public:
        plain = plain.replace(known, " ")
    if has_landline(plain):
        yield Spotted("landline", sheet, cell)
    if found_names(plain, sought.names):
        yield Spotted("name", sheet, cell)


def _typed_numbers(sheets: Sequence[Sheet]) -> Iterator[tuple[str, str, str]]:
    for sheet in sheets:
        for row, values in enumerate(sheet.rows):
            for column, value in enumerate(values):
                if isinstance(value, int | float) and value >= _MOBILE_TYPED:
                    yield sheet.name, address(row, column), mark(value)


def _between_tags(content: bytes, sought: Sought) -> Iterator[Spotted]:
    """What stands in properties, notes, names and headers, where no cell is."""
    for part, text in part_texts(content, cells=False):
        yield from _of_text(part, "", text, sought)


def _hidden(sheet: Sheet) -> Iterator[Spotted]:
    if sheet.visible != "visible" and sheet.name != HIDDEN_SHEET:
        yield Spotted("hidden_sheet", sheet.name, "")
    for row in _runs(sheet.hidden_rows):
        yield Spotted("hidden_rows", sheet.name, f"{row[0] + 1}:{row[1] + 1}")
    for first, last in _runs(sheet.hidden_columns):
        letters = (re.sub(r"\d", "", address(0, column)) for column in (first, last))
        yield Spotted("hidden_columns", sheet.name, ":".join(letters))
    for place in sorted(place for place, look in sheet.looks.items() if look == VEILED):
        yield Spotted("veiled", sheet.name, address(*place))
    for place in sorted(sheet.external):
        yield Spotted("other_file", sheet.name, address(*place))


def _runs(numbers: Collection[int]) -> Iterator[tuple[int, int]]:
    """Give the runs of neighbours: {1, 2, 3, 7} is 1 to 3, and 7."""
    first = last = None
    for number in sorted(numbers):
        if first is None:
            first = number
        elif number != last + 1:
            yield first, last
            first = number
        last = number
    if first is not None:
        yield first, last


def small_cells(sheets: Sequence[Sheet], codes: Collection[str]) -> Iterator[Spotted]:
    """List the figures of 分单位, its totals too, that count one person or two."""
    names = catalogue()["summary.sheet.units"].values()
    for sheet in sheets if codes else ():
        if sheet.name in names:
            for row, values in enumerate(sheet.rows):
                for column, value in enumerate(values):
                    if value in codes:
                        yield from _small(sheet, row, column, str(value))


def _small(sheet: Sheet, row: int, column: int, code: str) -> Iterator[Spotted]:
    """Units stand below a code, or, where they are very many, to the right of it."""
    across = column == 1
    places = (
        [(row, other) for other in range(column + 2, len(sheet.rows[row]))]
        if across
        else [(other, column) for other in range(row + 1, len(sheet.rows))]
    )
    for place in places:
        value = sheet.rows[place[0]][place[1]] if place[1] < len(sheet.rows[place[0]]) else ""
        if isinstance(value, int | float) and 0 < value < FEW:
            yield Spotted("small", sheet.name, address(*place), code)
