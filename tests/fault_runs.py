"""Run a quarter in a process whose disk fails, or which is killed, at the n-th change it makes."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from programs import require

# As in the enum of faults.c.
FAULTS = {"none": 0, "full": 1, "gone": 2, "read_only": 3, "kill": 4}
KILLED = 9
SOURCE = Path(__file__).with_name("faults.c")

SERVER = """
import ctypes, datetime as dt, json, os, sys, tempfile
from pathlib import Path
from huizong import pipeline
from huizong.children import Children
from huizong.doing import attempt
from huizong.fetch import fetch
from huizong.letter_entries import places_seen
from huizong.mailbox_folder import KIND, letters_below
from huizong.periods import Period
from huizong.take_in import TASK
from huizong.work import at_work, checked_sets
import huizong.blank, huizong.write
import posting_office
checked_sets()
tempfile.gettempdir()  # the first time it is asked, Python tries it out
arm = ctypes.CDLL(None).faults_arm
arm.argtypes = [ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_int, ctypes.c_long]

def quarter(order):
    period, now = Period.parse(order["period"]), dt.datetime.fromisoformat(order["now"])
    for step in order["steps"]:
        if step == "send":
            posting_office.run(Path(order["office"]), order["port"], now)
            continue
        with at_work(Path(order["office"]), now, step) as work:
            for notice in work.notices:
                print(notice.code)
            if step == "collect":
                with Children(1, TASK) as readers:
                    pipeline.collect(work, (), readers)
            elif step == "letters":
                seen = places_seen(work.book, KIND)
                fetch(work, letters_below(Path(order["office"]).parent / "信", seen))
            else:
                getattr(pipeline, step)(work, period)

for line in sys.stdin:
    order = json.loads(line)
    if not (child := os.fork()):
        told = os.open(order["said"], os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        os.dup2(told, 1), os.dup2(told, 2)
        Path(order["pid"]).write_text(str(os.getpid()))
        trace = os.open(order["trace"], os.O_CREAT | os.O_TRUNC | os.O_WRONLY)
        arm(order["below"].encode(), order["at"], order["fault"], trace, order["free"])
        code = attempt(lambda: quarter(order))
        sys.stdout.flush(), sys.stderr.flush()
        os._exit(code)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Ended(msgspec.Struct, frozen=True):
    """How a run ended: exit code (negative if killed), what it said, the changes it made."""

    code: int
    said: str
    points: tuple[str, ...]


def temporary_of(folder: Path) -> Path:
    """Name the folder that the runs take for the system's temporary files."""
    return folder / "tmp"


class Runs:
    """A process that is ready to run: each run is a fork of it, which saves its start."""

    def __init__(self, process: subprocess.Popen, folder: Path) -> None:
        self._process, self._folder = process, folder

    @property
    def temporary(self) -> Path:
        """The folder of temporary files."""
        return temporary_of(self._folder)

    def run(
        self, office: Path, fault: str = "none", at: int = 0, *, free: int = -1,
        below: Path | None = None,
        steps: Sequence[str] = ("collect", "audit", "aggregate"), now: str = "2026-04-03T09:00:00",
        port: int = 0,
    ) -> Ended:  # fmt: skip
        """
        Run the steps of a quarter; from the change number `at` below a folder on it fails.

        `port` is that of the server to which the step `send` hands letters.
        """
        order = {
            "office": str(office), "below": str(below or office),
            "at": at, "fault": FAULTS[fault], "free": free,
            "steps": list(steps), "now": now, "period": "2026Q1", "port": port,
            "pid": str(self._folder / "pid"),
            "said": str(self._folder / "said"), "trace": str(self._folder / "trace"),
        }  # fmt: skip
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        said = (self._folder / "said").read_text(encoding="utf-8")
        points = (self._folder / "trace").read_text(encoding="utf-8").splitlines()
        return Ended(code, said, tuple(points))

    def kill(self) -> None:
        """Kill the run that goes on just now."""
        os.kill(int((self._folder / "pid").read_text()), KILLED)


@contextmanager
def runs(folder: Path) -> Iterator[Runs]:
    """Build faults.c, and start a process with it that waits for runs."""
    library = folder / "faults.so"
    temporary_of(folder).mkdir()
    build = [require("gcc"), "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE)]
    subprocess.run([*build, "-ldl", "-lpthread"], check=True)
    environment = os.environ | {
        "LD_PRELOAD": str(library),
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        # A fork takes along only the thread that forks.
        "OPENBLAS_NUM_THREADS": "1",
        "TMPDIR": str(temporary_of(folder)),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Runs(process, folder)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def sample(points: Sequence[str], count: int) -> tuple[int, ...]:
    """
    Choose changes to fail at, numbered from 1: all with HUIZONG_ALL=1, else `count` of them.

    Of each kind of change to each kind of file one comes before any kind has two. The seed is
    printed; HUIZONG_SEED repeats a sample.
    """
    if os.environ.get("HUIZONG_ALL"):
        return tuple(range(1, len(points) + 1))
    chance = random.Random(seed())
    groups: dict[str, list[int]] = {}
    for number, point in enumerate(points, 1):
        groups.setdefault(_kind(point), []).append(number)
    for numbers in groups.values():
        chance.shuffle(numbers)
    order = sorted(groups.values(), key=lambda _: chance.random())
    ranked = [numbers[rank] for rank in range(len(points)) for numbers in order
              if rank < len(numbers)]  # fmt: skip
    return tuple(sorted(ranked[:count]))


def _kind(point: str) -> str:
    """Name a change by its call, and its file by folder and ending."""
    call, _, path = point.partition(" ")
    folder, _, name = path.rpartition("/")
    return f"{call} {folder} {name.rpartition('.')[2] if '.part' not in name else 'part'}"


def seed() -> int:
    """Give the seed of this session's samples; a test that fails shows it in its output."""
    chosen = int(os.environ.get("HUIZONG_SEED", "0")) or _SEED
    print(f"HUIZONG_SEED={chosen}")
    return chosen


_SEED = random.SystemRandom().randrange(1, 1 << 31)
