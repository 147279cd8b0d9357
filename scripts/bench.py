#!/usr/bin/env python
"""
Measure speed: prints `name: value` lines.

SIZES=100,1000,100x100 says how many returns: of one office, or of 100 offices with 100 each.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The checkout itself, not an installed copy; children and pools look there too.
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "benchmarks"), str(ROOT / "tests")]

from measure import measure  # noqa: E402

if __name__ == "__main__":
    sizes, many = [], []
    for size in os.environ.get("SIZES", "100,1000,100x100").split(","):
        count, times, each = size.partition("x")
        if times:
            many.append((int(count), int(each)))
        else:
            sizes.append(int(count))
    folder = Path(os.environ.get("BENCH", ROOT / "build" / "bench"))
    for line in measure(sizes, many, folder):
        print(line, flush=True)
