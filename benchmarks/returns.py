"""Make offices with many communities' filled returns in 收表, to be copied and read."""

import datetime as dt
import hashlib
import os
import random
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

import msgspec

import huizong
from huizong.blank import write_blanks
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.forms import templates_folder
from huizong.history import Issued, save_issued
from huizong.issue import blanks_for
from huizong.layout import figure_places
from huizong.office import init_office
from huizong.periods import Period
from huizong.records import FigureCell, Identity, Reading, Unit
from huizong.sample import fill
from huizong.work import at_work, checked_sets

SETS = ("JC", "SY", "TJ")
OFFICE = "990101001000"
DISTRICT = "990101000000"
PERIOD = Period.parse("2026Q1")
MADE = dt.datetime(2026, 1, 4, 9)
NOW = dt.datetime(2026, 4, 3, 9)
OLD = dt.datetime(2020, 1, 1).timestamp()
ROWS = 20  # filled rows of every ledger
EVERY = 20  # one return in twenty has a fault
# Figures that are typed, and of which no other is worked out within a return.
SHIFTED = ("JC01", "JC02", "JC03", "JC12", "JC13", "JC15", "SY01", "SY18")
# Places, each a text by itself, for headings have such words too.
PLACES = ("广场<", ">营区<", "民小区<", "活动室<")
BASES = int(os.environ.get("BASES", "40"))
PROCESSES = 2
# Stands in the base files in place of a community; every return gets its own by stamping.
BASE = Unit(code="990999999001", name="第零零零零社区", parent=OFFICE)


def office_of(size: int, folder: Path) -> Path:
    """Give the folder of an office whose returns lie in 收表; it is made if it is not there."""
    bases = bases_in(folder)
    office = folder / f"{size}-{bases.name.partition('-')[2]}"
    if not office.exists():
        for old in folder.glob(f"{size}-*"):
            shutil.rmtree(old)
        temp = office.with_suffix(".part")
        with writers() as pool:
            make_office(temp, OFFICE, size, bases, pool)
        temp.rename(office)
    return office


def bases_in(folder: Path) -> Path:
    """Give the folder of the base files, made once for a definition and a writer."""
    bases = folder / f"bases-{_stamp()}"
    if not bases.exists():
        for old in folder.glob("bases-*"):
            shutil.rmtree(old)
        temp = bases.with_suffix(".part")
        temp.mkdir(parents=True)
        with writers() as pool:
            list(pool.map(_write_bases, [temp] * PROCESSES, range(PROCESSES)))
        temp.rename(bases)
    return bases


def _stamp() -> str:
    """Name what the returns depend on: another definition or writer makes other returns."""
    package = Path(huizong.__file__).parent
    sources = [Path(__file__), package / "sample.py", *package.glob("blank*.py")]
    sources += templates_folder().rglob("*.toml")
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()[:8]


def writers() -> ProcessPoolExecutor:
    """Start the processes that write and stamp returns."""
    return ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"))


def _write_bases(folder: Path, first: int) -> None:
    """Write some base files, each whole; of those that are to be faulty also a spoilt one."""
    for number in range(first, BASES, PROCESSES):
        blanks = [_filled(code, number) for code in SETS]
        _write(blanks, folder / f"{number:02}.xlsx")
        if number % EVERY == 0:
            spoilt_ones = [_spoilt(blank, number // EVERY) for blank in blanks]
            _write(spoilt_ones, folder / f"{number:02}-spoilt.xlsx")


def _filled(code: str, seed: int) -> Blank:
    checked = checked_sets()[code]
    blank = blanks_for(checked, PERIOD, [BASE], BASE, {})[0]
    filling = fill(
        checked.form_set, blank.identity, plan=blank.filling.ledgers, seed=seed, ledger_rows=ROWS
    )
    return msgspec.structs.replace(
        blank, filling=filling, seal=_base_seal(code), issuer="清河街道", joined=True,
        issued_at=MADE.isoformat(timespec="seconds"), due=dt.date(2026, 4, 7),
    )  # fmt: skip


def _base_seal(code: str) -> str:
    return f"seal of {code}"


def _spoilt(blank: Blank, kind: int) -> Blank:
    if blank.identity.set_code != "TJ":
        return blank
    return msgspec.structs.replace(blank, filling=spoilt(blank.filling, kind))


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


def _write(blanks: Sequence[Blank], path: Path) -> None:
    write_blanks([ready for blank in blanks for ready in with_caches([blank])], path)


def make_office(folder: Path, code: str, size: int, bases: Path, pool: ProcessPoolExecutor) -> None:
    """Make an office over communities whose returns lie in 收表, stamped from the base files."""
    units = [Unit(code=code_of(n, code), name=f"第{n}社区", parent=code) for n in range(size)]
    open_office_of(folder, code, units)
    issued = _issue(folder, units)
    (folder / "mended").mkdir()
    jobs = list(_jobs(folder, units, issued, bases))
    list(pool.map(_stamp_all, [jobs[n::PROCESSES] for n in range(PROCESSES)]))


def open_office_of(folder: Path, code: str, units: Sequence[Unit]) -> None:
    """Make an empty office over some units."""
    folder.mkdir(parents=True, exist_ok=True)
    roster = folder / "名册.csv"
    lines = ["区划代码,单位名称,上级代码", *(f"{u.code},{u.name},{u.parent}" for u in units)]
    roster.write_text("\n".join(lines), encoding="utf-8")
    init_office(folder, roster=roster, unit=code, now=MADE, sets=SETS)


def code_of(number: int, office: str = OFFICE) -> str:
    """Give the region code of a community; codes that end in 000 are sub-districts."""
    return f"{int(office) + 1 + number + number // 999}"


def _issue(folder: Path, units: Sequence[Unit]) -> dict[str, dict[str, str]]:
    """Enter the blanks of all units in the book as issued; give their seals by unit and set."""
    seals: dict[str, dict[str, str]] = {}
    with at_work(folder, MADE, "bench") as work, work.book.writing():
        for code in SETS:
            version = checked_sets()[code].form_set.version
            for unit in units:
                identity = Identity(code, version, str(PERIOD), unit.code, unit.name)
                seals.setdefault(unit.code, {})[code] = work.book.seal(identity)
        save_issued(work.book, _entries(units, seals))
    return seals


def _entries(units: Sequence[Unit], seals: Mapping[str, Mapping[str, str]]) -> Iterator[Issued]:
    at = MADE.isoformat(timespec="seconds")
    for unit in units:
        for code, seal in seals[unit.code].items():
            version = checked_sets()[code].form_set.version
            yield Issued(str(PERIOD), code, version, unit.code, "unit", seal, "", "", at)


class Job(msgspec.Struct, frozen=True):
    """One return to be stamped: from which base file, what stands in place of what in it."""

    base: Path
    path: Path
    words: dict[str, str]
    more: int


def _jobs(
    folder: Path, units: Sequence[Unit], seals: Mapping[str, Mapping[str, str]], bases: Path
) -> Iterator[Job]:
    """List what is to be stamped: base file, return, what stands in place of what."""
    # Other bases in every office, so that no two add up to the same; the first one is faulty.
    chance = random.Random(f"bench {units[0].code}")
    chosen = [0, *(chance.randrange(BASES) for _ in units[1:])]
    used: Counter[int] = Counter()
    for number, (unit, base) in enumerate(zip(units, chosen, strict=True)):
        # Persons and places of their own and, below, figures: nobody has copied anything.
        words = {own: own.replace("<", f"{number}<") for own in PLACES} | {"某": f"某{number}"}
        words |= {BASE.code: unit.code, BASE.name: unit.name}
        words |= {_base_seal(code): seal for code, seal in seals[unit.code].items()}
        name = f"{unit.code}_{unit.name}.xlsx"
        faulty = base % EVERY == 0
        whole = bases / f"{base:02}.xlsx"
        sent = bases / f"{base:02}-spoilt.xlsx" if faulty else whole
        yield Job(sent, folder / "收表" / name, words, _more(used[base]))
        if faulty:
            yield Job(whole, folder / "mended" / name, words, _more(used[base]))
        used[base] += 1


def _more(again: int) -> int:
    """How much is added to the figures of a base file that is used again: enough to tell."""
    return again + 10 if again else 0


def _stamp_all(jobs: Sequence[Job]) -> None:
    places = _shifted_places()
    for job in jobs:
        out = zipfile.ZipFile(job.path, "w", zipfile.ZIP_DEFLATED)
        with zipfile.ZipFile(job.base) as parts, out:
            for name in parts.namelist():
                data = parts.read(name)
                for before, after in job.words.items():
                    data = data.replace(before.encode(), after.encode())
                for cell in places.get(name, ()):
                    data = _shift(data, cell, job.more)
                out.writestr(name, data)
        # Older than the clock of any machine: a young file is watched for a moment.
        os.utime(job.path, (OLD, OLD))


def _shifted_places() -> dict[str, list[str]]:
    """Give the cells whose figures are made different, by the part of the workbook."""
    places: dict[str, list[str]] = {}
    sheets = 0
    for code in SETS:
        form_set = checked_sets()[code].form_set
        # Behind the first sheet of each set stand its figures.
        part = f"xl/worksheets/sheet{sheets + 2}.xml"
        found = figure_places(form_set)
        places[part] = [found[one].cell for one in SHIFTED if one in found]
        sheets += len(form_set.ledgers) + 4
    return places


def _shift(part: bytes, cell: str, more: int) -> bytes:
    """Add to a figure that was typed; nothing that is worked out depends on it."""
    pattern = rb'(<c r="%s"[^>]*><v>)([0-9.]+)(</v>)' % cell.encode()

    def added(found: re.Match[bytes]) -> bytes:
        value = Decimal(found[2].decode()) + more
        return found[1] + str(value).encode() + found[3]

    done, count = re.subn(pattern, added, part)
    assert count == 1, cell
    return done
