"""Make an office with many communities' filled returns in 收表, once, to be copied and read."""

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import msgspec

import huizong
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.forms import templates_folder
from huizong.history import Issued, save_issued
from huizong.issue import blanks_for
from huizong.language import CheckedSet
from huizong.office import Office, expected_units, init_office, open_office
from huizong.periods import Period
from huizong.records import OWN, FigureCell, Reading
from huizong.sample import fill
from huizong.work import at_work, checked_sets

OFFICE = "990101001000"
PERIOD = Period.parse("2026Q1")
MADE = dt.datetime(2026, 1, 4, 9)
NOW = dt.datetime(2026, 4, 3, 9)
OLD = dt.datetime(2020, 1, 1).timestamp()
ROWS = 20
EVERY = 20  # one return in twenty has a fault
PROCESSES = 2


def office_of(size: int, folder: Path) -> Path:
    """Give the folder of an office whose returns lie in 收表; it is made if it is not there."""
    office = folder / f"{size}-{_stamp()}"
    if not office.exists():
        for old in folder.glob(f"{size}-*"):
            shutil.rmtree(old)
        temp = office.with_suffix(".part")
        _make(size, temp)
        temp.rename(office)
    return office


def _stamp() -> str:
    """Name what the returns depend on: another definition or writer makes other returns."""
    package = Path(huizong.__file__).parent
    sources = [Path(__file__), package / "sample.py", *package.glob("blank*.py")]
    sources += templates_folder().rglob("*.toml")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()[:8]


def _make(size: int, folder: Path) -> None:
    folder.mkdir(parents=True)
    roster = folder / "名册.csv"
    lines = [
        "区划代码,单位名称,上级代码",
        *(f"{code_of(n)},第{n}社区,{OFFICE}" for n in range(size)),
    ]
    roster.write_text("\n".join(lines), encoding="utf-8")
    init_office(folder, roster=roster, unit=OFFICE, now=MADE, sets=("TJ",))
    half = -(-size // PROCESSES)
    parts = [range(start, min(size, start + half)) for start in range(0, size, half)]
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        done = pool.map(_write_part, [folder] * len(parts), parts, [_seals(folder)] * len(parts))
        issued = [one for part in done for one in part]
    with at_work(folder, MADE, "bench") as work, work.book.writing():
        save_issued(work.book, issued)


def code_of(number: int) -> str:
    """Give the region code of a community; codes that end in 000 are sub-districts."""
    return f"99010100{1001 + number + number // 999}"


def _seals(folder: Path) -> dict[str, str]:
    """Seal all identities beforehand: the book is open in one process only."""
    with at_work(folder, MADE, "bench") as work:
        blanks = _blanks(checked_sets()["TJ"], work.office)
        return {one.identity.code: work.book.seal(one.identity) for one in blanks}


def _blanks(checked: CheckedSet, office: Office) -> list[Blank]:
    units = expected_units(office, PERIOD, checked.form_set.code)
    return blanks_for(checked, PERIOD, units, office.unit, {})


def _write_part(folder: Path, numbers: Sequence[int], seals: dict[str, str]) -> list[Issued]:
    """Write some communities' returns, and the mended ones of those that are faulty."""
    office, checked = open_office(folder), checked_sets()["TJ"]
    blanks = [blank for blank in _blanks(checked, office) if blank.identity.role != OWN]
    chosen = [_filled(checked, blanks[number], seals) for number in numbers]
    mended = folder / "mended"
    mended.mkdir(exist_ok=True)
    faulty = [
        msgspec.structs.replace(blank, filling=spoilt(blank.filling, number // EVERY))
        if number % EVERY == 0 else blank
        for number, blank in zip(numbers, chosen, strict=True)
    ]  # fmt: skip
    for number, whole, sent in zip(numbers, with_caches(chosen), with_caches(faulty), strict=True):
        name = f"{sent.identity.code}_{sent.identity.name}.xlsx"
        _write(sent, office.inbox / name)
        if number % EVERY == 0:
            _write(whole, mended / name)
    return [_issued(blank) for blank in chosen]


def _issued(blank: Blank) -> Issued:
    who = blank.identity
    place = (who.period, who.set_code, who.version, who.code, who.role)
    return Issued(*place, blank.seal, "", "", blank.issued_at)


def _filled(checked: CheckedSet, blank: Blank, seals: dict[str, str]) -> Blank:
    filling = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers, ledger_rows=ROWS)
    return msgspec.structs.replace(
        blank, filling=filling, seal=seals[blank.identity.code], issuer="清河街道",
        issued_at=MADE.isoformat(timespec="seconds"), due=dt.date(2026, 4, 7),
    )  # fmt: skip


def spoilt(filling: Reading, kind: int) -> Reading:
    """Put one fault into a return: a text for a number, a blank, or a broken relation."""
    figures = {cell.code: cell for cell in filling.figures}
    if kind % 3 == 0:
        figures["TJ16"] = FigureCell("TJ16", "text", "", "", "约3件")
    elif kind % 3 == 1:
        del figures["TJ16"]
    else:
        figures["TJ17"] = FigureCell("TJ17", "number", "1")
        figures["TJ01"] = FigureCell("TJ01", "number", "2")
    return msgspec.structs.replace(filling, figures=tuple(figures.values()))


def _write(blank: Blank, path: Path) -> None:
    write_blank(blank, path)
    # Older than the clock of any machine: a young file is watched for a moment.
    os.utime(path, (OLD, OLD))
