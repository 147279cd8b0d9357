"""The figures of the benchmark, each measured in turn with what it is held against."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, redirect_stdout
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path
from statistics import median

import bare
import stages
from clicks import COMMUNITIES, click_seconds
from letters import mail_costs
from offices import quarter_of_many
from returns import PERIOD, office_of
from write import write_ratio

from huizong.children import Children
from huizong.take_in import PROCESSES, TASK

ROUNDS = 3
SRC = Path(__file__).parents[1] / "src"


def measure(sizes: Sequence[int], many: Sequence[tuple[int, int]], folder: Path) -> Iterator[str]:
    """
    Give the lines of the report, as soon as each is known.

    `sizes` are single offices with so many returns; `many` are so many offices with so many
    returns each, and the office above them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as name, ExitStack() as stack:
        temp = Path(name)
        readers = stack.enter_context(Children(PROCESSES, TASK))
        whole: dict[int, float] = {}
        # First, for the memory of a process never shrinks.
        for count, each in many:
            size = count * each
            whole[size] = quarter_of_many(count, each, folder, temp, readers)
            yield _line(f"quarter_seconds_{size}", whole[size], "with all papers and summaries")
            yield _line(f"peak_mb_{size}", _peak_mb(), "this process and its children")
        pool = stack.enter_context(get_context("spawn").Pool(PROCESSES))
        for size in sizes:
            office = office_of(size, folder)
            yield from _reading(size, office, temp, pool, readers)
            seconds = _quarter(office, temp / "quarter", readers, size)
            yield _line(f"quarter_seconds_{size}", seconds, "with all papers and summaries")
            yield from _mail(size, office, temp)
            if size == max(sizes):
                for larger, all_seconds in whole.items():
                    yield _line(f"growth_{larger}_over_{size}", all_seconds / seconds)
        yield _line("issue_ms_per_workbook", 1000 * stages.issue_seconds(temp / "issue"))
        yield _line(
            f"click_seconds_{COMMUNITIES}", click_seconds(folder, temp / "click"), "a summary"
        )
    yield _line("help_seconds", _command("--help"))
    for size in sizes:
        # What it says beside is for who runs it alone.
        with redirect_stdout(sys.stderr):
            ratio = write_ratio(size)
        yield _line(f"write_ratio_{size}", ratio)


def _quarter(office: Path, copy: Path, readers: Children, size: int) -> float:
    shutil.copytree(office, copy)
    seconds = stages.quarter(copy, readers, returns=size)
    shutil.rmtree(copy)
    return seconds


def _line(name: str, value: float, comment: str = "") -> str:
    number = f"{value}" if isinstance(value, int) else f"{value:.3g}"
    return f"{name}: {number}" + (f"  # {comment}" if comment else "")


def _reading(size: int, office: Path, temp: Path, pool: Pool, readers: Children) -> Iterator[str]:
    """Compare the stages with calamine alone, then with a second run, then with pandas."""
    paths = sorted((office / "收表").iterdir())
    stages.warm(readers, office)
    pool.map(bare.read_all_sheets, list(map(str, paths)), chunksize=4)
    alone, first, again = [], [], []
    for turn in range(ROUNDS if size > 300 else 2 * ROUNDS + 1):
        copy = Path(shutil.copytree(office, temp / f"{size}-{turn}"))
        alone.append(bare.calamine_seconds(pool, paths))
        first.append(stages.run(copy, readers))
        stages.mend(copy)
        again.append(stages.run(copy, readers))
    best = min(first, key=lambda times: times.all)
    # The middle one of pairs measured one after the other: the machine has other things to do.
    ratios = [times.all / seconds for times, seconds in zip(first, alone, strict=True)]
    yield _line(f"read_ratio_{size}", median(ratios), " ".join(f"{one:.2f}" for one in ratios))
    yield _line(f"calamine_seconds_{size}", min(alone))
    for stage in ("collect", "audit", "aggregate"):
        yield _line(f"{stage}_seconds_{size}", getattr(best, stage))
    yield _line(f"files_per_second_{size}", size / best.all)
    yield _line(f"peak_mb_{size}", _peak_mb(), "this process and its children")
    yield _line(f"rerun_opened_{size}", max(times.opened for times in again))
    shares = [second.to_audit / times.to_audit for times, second in zip(first, again, strict=True)]
    yield _line(f"rerun_share_{size}", median(shares), " ".join(f"{one:.3f}" for one in shares))
    seconds, count = bare.pandas_seconds(paths)
    yield _line(f"times_pandas_{size}", seconds / best.all, f"pandas read {count} of {size} files")
    yield _line(f"status_seconds_{size}", _command("status", str(copy), str(PERIOD)))
    for turn in temp.glob(f"{size}-*"):
        shutil.rmtree(turn)


def _mail(size: int, office: Path, temp: Path) -> Iterator[str]:
    """Compare fetching letters with collecting the same files and the bare transfer."""
    costs = mail_costs(office, temp, ROUNDS)
    letters = median(one.letters.wall for one in costs)
    yield _line(f"mail_seconds_{size}", letters, "letters fetched, opened and filed")
    yield _line(f"transfer_seconds_{size}", median(one.transfer.wall for one in costs))
    ratios = [one.ratio for one in costs]
    yield _line(f"mail_ratio_{size}", median(ratios), " ".join(f"{one:.2f}" for one in ratios))
    computing = [one.computing_ratio for one in costs]
    told = " ".join(f"{one:.2f}" for one in computing)
    yield _line(f"mail_computing_ratio_{size}", median(computing), told)


def _peak_mb() -> float:
    """Add up the largest memory of this process and each of its living children, on Linux."""
    children = Path("/proc/self/task").glob("*/children")
    numbers = ["self", *(number for path in children for number in path.read_text().split())]
    peaks = (Path("/proc", number, "status").read_text() for number in numbers)
    lines = [line.split() for text in peaks for line in text.splitlines()]
    return sum(int(words[1]) for words in lines if words[0] == "VmHWM:") / 1024


def _command(*arguments: str) -> float:
    """Time the start and end of a command: the best of three."""
    code = "from huizong.cli import main; main()"
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        command = [sys.executable, "-c", code, *arguments]
        subprocess.run(command, cwd=SRC, check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return min(seconds)
