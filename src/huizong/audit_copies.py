"""Returns of different units that say the same: figures or rows copied, or one file for two."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np

from huizong.audit_figures import Audited, Numbered
from huizong.audit_units import groups
from huizong.findings import digest_of, named, told
from huizong.forms import Ledger
from huizong.ground import NUMBER
from huizong.records import Finding, Reading

# A small count says nothing; a figure of two digits or with decimals does.
SMALLEST_TELLING = 10
FEWEST_FIGURES, FEWEST_ROWS = 5, 3  # different figures, or rows, that have to agree
PARTS, OF = 9, 10  # nine in ten: "nearly all"
SHOWN = 12
_FILLED = 3  # columns of a row that says something
Pair = tuple[int, int]


class _Shared(msgspec.Struct, frozen=True):
    """What one return has in common with others: where, what stands there, and whose they are."""

    code: str
    sheet: str
    cell: str
    subject: str
    found: str
    parts: str
    others: tuple[int, ...]


def check_copies(audited: Audited) -> Iterator[Numbered]:
    """
    Units with the same figures or rows are all asked; zero reports and near-empty ones never.

    A whole return that says the same is said once, not figure by figure.
    """
    ledgers = tuple(_telling_ledgers(audited))
    for peers in groups(audited):
        peers = [at for at in peers.tolist() if not audited.readings[at].zero_report]
        rows = {
            one.symbol: {at: _rows(audited.readings[at], one) for at in peers} for one in ledgers
        }
        whole = dict.fromkeys(_same_returns(audited, peers, rows), _codes(audited))
        yield from _of_figures(audited, whole, "same_return")
        alike = _same_figures(audited, peers)
        rest = {pair: codes for pair, codes in alike.items() if pair not in whole}
        yield from _of_figures(audited, rest, "copied_figures")
        for ledger in ledgers:
            yield from _of_rows(audited, ledger, rows[ledger.symbol], {**whole, **alike})


def _codes(audited: Audited) -> list[str]:
    return [
        one.code
        for one in audited.checked.form_set.indicators
        if one.numeric and not one.computed and one.compared
    ]


def _same_returns(
    audited: Audited, peers: Sequence[int], rows: Mapping[str, Mapping[int, Mapping]]
) -> Iterator[Pair]:
    """Find the pairs of units that say the same in every figure, row and text."""
    by_figures: dict[object, list[int]] = defaultdict(list)
    for at in peers:
        by_figures[_figures(audited.readings[at])].append(at)
    by_content: dict[str, list[int]] = defaultdict(list)
    for at in (at for some in by_figures.values() if len(some) > 1 for at in some):
        different = {value for _, _, value in _figures(audited.readings[at]) if _tells(value)}
        entered = sum(len(found[at]) for found in rows.values())
        if len(different) >= FEWEST_FIGURES or entered >= FEWEST_ROWS:
            by_content[_content(audited, at)].append(at)
    for some in by_content.values():
        yield from ((a, b) for number, a in enumerate(some) for b in some[number + 1 :])


def _figures(reading: Reading) -> tuple[tuple[str, str, str], ...]:
    return tuple((cell.code, cell.state, cell.value) for cell in reading.figures)


def _tells(value: str) -> bool:
    """Whether a figure says something by itself: two digits or more, or decimals."""
    return "." in value or len(value.lstrip("-")) > 1


def _same_figures(audited: Audited, peers: Sequence[int]) -> dict[Pair, list[str]]:
    """Find the pairs of units whose telling figures are nearly all the same, with their codes."""
    codes = _codes(audited)
    values = np.array([_telling(audited, code, peers) for code in codes]).reshape(
        len(codes), len(peers)
    )
    telling = values >= 0
    same = np.zeros((len(peers), len(peers)), dtype=np.int32)
    both = same.copy()
    for row, known in zip(values, telling, strict=True):
        same += (row[:, None] == row) & known[:, None]
        both += known[:, None] & known
    counts = telling.sum(axis=0)
    either = counts[:, None] + counts - both
    near = (same >= FEWEST_FIGURES) & (same * OF >= either * PARTS)
    found = {}
    for a, b in np.argwhere(np.triu(near, 1)).tolist():
        shared = np.flatnonzero((values[:, a] == values[:, b]) & telling[:, a])
        if len({audited.ground.figure(codes[at]).texts[peers[a]] for at in shared}) >= (
            FEWEST_FIGURES
        ):
            found[peers[a], peers[b]] = [codes[at] for at in shared]
    return found


def _telling(audited: Audited, code: str, peers: Sequence[int]) -> np.ndarray:
    """Number a figure's telling values, -1 where it says nothing: blank, small, or everybody's."""
    values = audited.ground.figure(code)
    over, base = values.number.over[peers], values.number.base
    known = (values.state[peers] == NUMBER) & (over != 0)
    known &= (abs(over) >= SMALLEST_TELLING * base) | (over % base != 0)
    _, numbers, counts = np.unique(
        np.where(known, over, 0), return_inverse=True, return_counts=True
    )
    usual = counts[numbers] > max(2, len(peers) // 2)
    return np.where(known & ~usual, numbers, -1)


def _content(audited: Audited, position: int) -> str:
    """Boil down all that a unit itself has filled in."""
    reading = audited.readings[position]
    symbols = {one.symbol for one in audited.checked.form_set.ledgers if one.kind != "plan"}
    ledgers = [rows for rows in reading.ledgers if rows.symbol in symbols]
    entered = [(rows.symbol, rows.status, rows.rows) for rows in ledgers]
    said = (_figures(reading), entered, sorted(reading.texts.items()))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _of_figures(
    audited: Audited, pairs: Mapping[Pair, Sequence[str]], code: str
) -> Iterator[Numbered]:
    shared: dict[int, set[str]] = defaultdict(set)
    for pair, codes in pairs.items():
        for position in pair:
            shared[position].update(codes)
    for position, others in _others(pairs).items():
        reading = audited.readings[position]
        cells = [cell for cell in reading.figures if cell.code in shared[position]]
        cells = [cell for cell in cells if cell.value.strip("0.")] or cells
        values = [f"{cell.code} {cell.value}" for cell in cells]
        said = _content(audited, position) if code == "same_return" else values
        yield position, _finding(audited, _Shared(
            code, reading.sheet, cells[0].cell, cells[0].code, _some(values),
            "、".join(cell.cell for cell in cells if cell.cell), others,
        ), **digest_of(said))  # fmt: skip


def _others(pairs: Iterable[Pair]) -> dict[int, tuple[int, ...]]:
    found: dict[int, list[int]] = defaultdict(list)
    for a, b in pairs:
        found[a].append(b)
        found[b].append(a)
    return {position: tuple(others) for position, others in sorted(found.items())}


def _some(texts: Sequence[str]) -> str:
    more = "" if len(texts) <= SHOWN else f"……（{len(texts)}）"
    return "、".join(texts[:SHOWN]) + more


def _telling_ledgers(audited: Audited) -> Iterator[Ledger]:
    """Leave out the plan, which the office wrote, and ledgers of names that units share."""
    by_code = audited.checked.form_set.by_code
    names = {
        symbol
        for code, (symbol, _) in audited.checked.distinct.items()
        if by_code[code].total == "distinct"
    }
    for ledger in audited.checked.form_set.ledgers:
        if ledger.kind != "plan" and ledger.symbol not in names:
            yield ledger


def _of_rows(
    audited: Audited, ledger: Ledger, rows: Mapping[int, Mapping[tuple, int]],
    told: Mapping[Pair, object],
) -> Iterator[Numbered]:  # fmt: skip
    """Find units that have entered the same persons, dates and events."""
    holders: dict[tuple, list[int]] = defaultdict(list)
    for at, found in rows.items():
        for row in found:
            holders[row].append(at)
    usual = max(2, len(rows) // 2)
    shared = Counter(
        (a, b)
        for some in holders.values()
        if 1 < len(some) <= usual
        for number, a in enumerate(some)
        for b in some[number + 1 :]
    )
    pairs = [
        (a, b)
        for (a, b), count in shared.items()
        if count >= FEWEST_ROWS
        and count * OF >= min(len(rows[a]), len(rows[b])) * PARTS
        and (a, b) not in told
    ]
    for position, others in _others(pairs).items():
        theirs = set().union(*(rows[other] for other in others))
        shared = {row: number for row, number in rows[position].items() if row in theirs}
        yield position, _rows_finding(audited, position, ledger, shared, others)


def _rows(reading: Reading, ledger: Ledger) -> dict[tuple, int]:
    """Give the rows that say something, with their numbers: a date or a person among the cells."""
    found = reading.rows_of(ledger.symbol)
    if found is None:
        return {}
    keys = [one.key for one in ledger.columns if one.entry and one.key in found.keys]
    marks = {one.key for one in ledger.columns if one.personal or one.type == "date"}
    places = [(found.keys.index(key), key in marks) for key in keys]
    telling = {}
    for row, number in zip(found.rows, found.numbers, strict=True):
        cells = tuple(row[at] for at, _ in places)
        if sum(map(bool, cells)) >= _FILLED and any(row[at] and mark for at, mark in places):
            telling.setdefault(cells, number)
    return telling


def _rows_finding(
    audited: Audited, position: int, ledger: Ledger, shared: Mapping[tuple, int],
    others: tuple[int, ...],
) -> Finding:  # fmt: skip
    found = audited.readings[position].rows_of(ledger.symbol)
    numbers = sorted(shared.values())
    shown = _some([str(number) for number in numbers])
    details = {**named(ledger), **told("finding.rows", "found", rows=shown),
               "count": str(len(numbers)), **digest_of(sorted(shared, key=repr))}  # fmt: skip
    return _finding(audited, _Shared(
        "copied_rows", found.sheet if found else "", f"A{numbers[0]}", ledger.symbol,
        shown, shown, others,
    ), **details)  # fmt: skip


def _finding(audited: Audited, shared: _Shared, **details: str) -> Finding:
    """What the unit itself has stands in the finding's name; whose else it is may grow."""
    units = sorted((audited.readings[at].identity.code, at) for at in shared.others)
    names = [audited.readings[at].identity.name or code for code, at in units]
    said = {"found": shared.found, "parts": shared.parts, "other": _some(names), **details}
    return Finding(shared.code, "explain", shared.sheet, shared.cell, shared.subject, said)
