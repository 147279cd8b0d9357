#!/usr/bin/env python
"""
Edit filled returns at random as people do, read them, print the outcome by kind of edit.

COUNT edits of the file (9000) and OFFICE more through LibreOffice (1000); SEED makes them again,
ONLY=123 or ONLY=office:123 one of them alone, which stays in build/edits. Fails for one wrong
figure, or for more than 2 % refused of those that a person would have read.
"""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from human_edits.judge import Table  # noqa: E402
from human_edits.running import OFFICE, of_files, of_the_office, together  # noqa: E402


def tables(seed: int, files: range, office: range) -> list[Table]:
    """Make the edits of both ways."""
    keep = ROOT / "build" / "edits" if len(files) + len(office) == 1 else None
    with tempfile.TemporaryDirectory() as folder:
        done = [of_files(seed, files, keep)]
        if office:
            done.append(of_the_office(seed, office, Path(folder), keep))
    return done


def ranges() -> tuple[range, range]:
    """Tell which edits are wanted: of the file, and through LibreOffice."""
    where, _, number = os.environ.get("ONLY", "").rpartition(":")
    if number:
        one = range(int(number), int(number) + 1)
        return (range(0), one) if where == OFFICE else (one, range(0))
    return (range(int(os.environ.get("COUNT", "9000"))),
            range(int(os.environ.get("OFFICE", "1000"))))  # fmt: skip


if __name__ == "__main__":
    files, office = ranges()
    if office and not shutil.which("soffice"):
        sys.exit("LibreOffice is missing: install it, or say OFFICE=0")
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(10**6))
    print(f"SEED={seed}", flush=True)
    table = together(*tables(seed, files, office))
    print(table.text())
    sys.exit(0 if table.passed else 1)
