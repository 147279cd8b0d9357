"""What holds after every run, whatever came in: asked of an office's folder, by other means."""

import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from openpyxl import load_workbook

from huizong.book import open_book
from huizong.checking import reading_of
from huizong.entries import FILE_STATES, files_of, readings_of
from huizong.forms import installed, read_form_set
from huizong.history import last_summary, summaries_of
from huizong.office import Office, open_office
from huizong.records import ADOPTED, Summary
from huizong.texts import catalogue
from huizong.verify import verify_file, verify_sources

Cells = list[tuple[object, ...]]
# Words that stand in Chinese sentences of offices, and what a message may quote.
OURS = frozenset(
    "excel wps ods csv xml pdf xlsx xls xlsm et zip rar gz html huizong db status json".split()  # noqa: SIM905
)
# What stands in quotes; names of files, folders, digests; a command to be typed.
QUOTED = re.compile(
    r"“[^”]*”|huizong [a-z]+|--[a-z]+|[\w./\\-]*\.[A-Za-z]{2,5}\b|/[\w/.-]+|\b[0-9A-Fa-f]{4,}\b"
)
CODE = re.compile(r"\b[A-Z]{1,4}[-_]?[A-Z]?\d*(?:-[A-Z]\d+)?\b")


@contextmanager
def kept(folder: Path, *received: bytes) -> Iterator[list[str]]:
    """
    Run what is inside, then assert all invariants of the office in `folder`.

    `received` are contents that must be stored besides what lies in 收表. Whatever the run says on
    the terminal may be put into the list that is given: it is read for English and tracebacks.
    """
    before = contents(folder)
    said: list[str] = []
    yield said
    faults = broken(folder, before, received, said)
    assert not faults, "\n".join(faults)


def contents(folder: Path) -> dict[Path, bytes]:
    """Remember every byte in 收表 and 汇总, of which nothing may ever change."""
    places = (path for name in ("收表", "汇总") for path in (folder / name).rglob("*"))
    return {path: path.read_bytes() for path in sorted(places) if path.is_file()}


def broken(
    folder: Path, before: Mapping[Path, bytes] | None = None,
    received: Iterable[bytes] = (), said: Iterable[str] = (),
) -> list[str]:  # fmt: skip
    """List every invariant that does not hold, each with what breaks it."""
    office = open_office(folder)
    return [
        *_changed(before or {}),
        *_stored(office, received),
        *_states(office),
        *_sums(office),
        *_numbers(office),
        *_reports(office),
        *(f"I9 {word}: {text}" for text in [*said, *_papers(office)] for word in foreign(text)),
        *_blanks(office),
    ]


def _changed(before: Mapping[Path, bytes]) -> Iterator[str]:
    """I1, I6: what lay in 收表 and 汇总 lies there still, byte for byte."""
    for path, content in before.items():
        if not path.is_file() or path.read_bytes() != content:
            yield f"I1 or I6: {path.name} was changed or is gone"


def _stored(office: Office, received: Iterable[bytes]) -> list[str]:
    """I1: whatever was received lies under its digest, read-only, and is entered."""
    with open_book(office.book) as book:
        entered = {file.digest: file for file in files_of(book) if "+" not in file.digest}
        seen = {digest for (digest,) in book.ask("SELECT digest FROM sighting")}
    faults = []
    for digest, file in entered.items():
        path = office.originals / file.kept_as
        if not path.is_file() or _digest(path.read_bytes()) != digest:
            faults.append(f"I1 {file.name}: its original is gone or altered")
        elif path.stat().st_mode & 0o222:
            faults.append(f"I1 {file.name}: its original can be written to")
    stored = {path.name for path in office.originals.iterdir() if not path.name.startswith(".")}
    faults += [f"I1 {name}: not entered" for name in stored - {f.kept_as for f in entered.values()}]
    faults += [f"I1 {digest}: seen, not entered" for digest in seen - set(entered)]
    faults += ["I1 received, not stored" for one in received if _digest(one) not in entered]
    return faults


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _states(office: Office) -> Iterator[str]:
    """I2: every file is in one of five states, in the book and on 状态.xlsx, and they add up."""
    with open_book(office.book) as book:
        files = files_of(book)
        rivals = Counter(
            (one.period, one.set_code, one.unit, one.role) for one in files if one.state == ADOPTED
        )
    yield from (f"I2 {one.name}: {one.state}" for one in files if one.state not in FILE_STATES)
    yield from (f"I2 {place}: {n} files are adopted" for place, n in rivals.items() if n > 1)
    if not office.status.is_file():
        return
    words = {catalogue()[f"file_state.{state}"]["zh"]: state for state in FILE_STATES}
    listed = Counter(words.get(state, "") for state in _states_listed(office.status))
    if listed != Counter(file.state for file in files):
        yield f"I2 状态.xlsx lists {dict(listed)}"
    told = " ".join(text for row in cells(office.status)["文件"][:4] for text in row if text)
    received = [file for file in files if "+" not in file.digest]
    counts = [int(n) for n in re.findall(r"(?:已采用|待处理|已退回|替代|不是报表) (\d+)", told)]
    if sum(counts) != len(received) or f"共收到 {len(received)} 份" not in told:
        yield f"I2 {len(received)} were received; 状态.xlsx says: {told}"


def _states_listed(path: Path) -> list[str]:
    rows = cells(path)["文件"]
    heading = next(at for at, row in enumerate(rows) if row[0] == "序号")
    return [str(row[4]) for row in rows[heading + 1 :] if row[0]]


def _sums(office: Office) -> Iterator[str]:
    """I3: each summary holds against itself and its sources, and adds up in plain arithmetic."""
    for path, summary in _published(office):
        form_set = read_form_set(installed()[summary.identity.set_code])
        faults = [*verify_file(path, form_set).faults]
        if not faults:
            faults += verify_sources(path, office.originals, reading_of, form_set).faults
        yield from (f"I3 {path.name} {fault.cell}: {fault.words()}" for fault in faults)
        sums = {one.code for one in form_set.indicators if one.total == "sum"}
        for code, total, parts in columns(cells(path)["分单位"], sums):
            if _number(total) != sum(filter(None, map(_number, parts)), Decimal(0)):
                yield f"I3 {path.name} {code}: {total} is not the sum of {parts}"


def columns(rows: Cells, wanted: Iterable[str]) -> Iterator[tuple[str, object, list[object]]]:
    """Go through 分单位: code, what stands as its total, and what stands for 本级 and each unit."""
    heading = next(row for row in rows if "代码" in row)
    first = next(at for at, row in enumerate(rows) if row[1] == "合计")
    lines = [rows[first + 1]]
    lines += [row for row in rows[first + 2 :] if isinstance(row[0], int | float)]
    for code in wanted:
        if code in heading:
            at = heading.index(code)
            yield code, rows[first][at], [row[at] for row in lines]


def _number(value: object) -> Decimal | None:
    return Decimal(str(value)) if isinstance(value, int | float) else None


def _published(office: Office) -> Iterator[tuple[Path, Summary]]:
    """Give the last summary of each period and form set."""
    with open_book(office.book) as book:
        made = {(one.period, one.set_code): one for one in summaries_of_all(book)}
        for (period, set_code), one in made.items():
            summary = last_summary(book, period, set_code)
            assert summary is not None
            yield office.summaries(period) / one.path, summary


def summaries_of_all(book):
    """List the published summaries of every period."""
    periods = [period for (period,) in book.ask("SELECT DISTINCT period FROM summary")]
    return [one for period in sorted(periods) for one in summaries_of(book, period)]


def _numbers(office: Office) -> Iterator[str]:
    """I6: versions are numbered without a gap, each in a file of its own that is as it was."""
    with open_book(office.book) as book:
        made = summaries_of_all(book)
    counts: Counter[tuple[str, str]] = Counter()
    for one in made:
        counts[one.period, one.set_code] += 1
        path = office.summaries(one.period) / one.path
        if one.number != counts[one.period, one.set_code]:
            yield f"I6 {one.path}: number {one.number}"
        if not path.is_file() or _digest(path.read_bytes()) != one.digest:
            yield f"I6 {one.path}: gone or altered"
    if len({(one.period, one.path) for one in made}) != len(made):
        yield "I6 two versions share a file"


def _reports(office: Office) -> Iterator[str]:
    """I7: the run has ended with its lists."""
    yield from (f"I7 no {p.name}" for p in (office.status, office.findings) if not p.is_file())


def _papers(office: Office) -> Iterator[str]:
    """Every sentence that the run has written for people."""
    for path in (office.status, office.findings):
        if path.is_file():
            for rows in cells(path).values():
                yield from (one for row in rows for one in row if isinstance(one, str))


def foreign(text: str) -> list[str]:
    """Name what no officer should read: a traceback, or English in a Chinese sentence."""
    if "Traceback" in text or re.search(r"\b\w+(?:Error|Exception)\b", text):
        return ["traceback"]
    if not re.search(r"[\u4e00-\u9fff]", text):
        return []  # a name, a code, a number
    bare = CODE.sub(" ", QUOTED.sub(" ", text))
    words = re.findall(r"(?<![A-Za-z])[A-Za-z]{3,}(?![A-Za-z])", bare)
    return [word for word in words if word.lower() not in OURS]


def _blanks(office: Office) -> Iterator[str]:
    """I11: blank, ——, text and error have no value; who is not in the total has empty cells."""
    with open_book(office.book) as book:
        sql = "SELECT code, value FROM figure WHERE state IN ('blank', 'na', 'text', 'error')"
        yield from (f"I11 {code}: {value}" for code, value in book.ask(sql) if value)
    for path, summary in _published(office):
        with open_book(office.book) as book:
            readings = readings_of(book, [one.digest for one in summary.units if one.digest])
        wanted = [
            {cell.code: cell.state for cell in readings[one.digest].figures}
            if one.included and one.digest in readings
            else {}
            for one in summary.units
        ]
        codes = [total.code for total in summary.totals]
        for code, _, (_, *values) in columns(cells(path)["分单位"], codes):
            for unit, states, value in zip(summary.units, wanted, values, strict=True):
                state = states.get(code, "blank")
                if state == "blank" and value is not None:
                    yield f"I11 {unit.unit.name} {code}: {value} where nothing was reported"
                if state == "number" and not isinstance(value, int | float):
                    yield f"I11 {unit.unit.name} {code}: {value} where a number was reported"


def cells(path: Path) -> dict[str, Cells]:
    """Read a workbook of ours by another library: what stands in its cells, by sheet."""
    return _cells(path.read_bytes())


@lru_cache(maxsize=8)
def _cells(content: bytes) -> dict[str, Cells]:
    # Read-only, a quarter of the time: a workbook of ours has no rows out of order.
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
