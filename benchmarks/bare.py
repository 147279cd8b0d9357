"""What the stages are held against: calamine alone, and a loop of `pandas.read_excel`."""

import time
import warnings
from collections.abc import Sequence
from multiprocessing.pool import Pool
from pathlib import Path

from python_calamine import CalamineWorkbook

SAMPLE = 50


def read_all_sheets(path: str) -> int:
    """Read every sheet of a workbook as plain calamine gives it; the rows stay where they are."""
    with CalamineWorkbook.from_path(path) as book:
        return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def calamine_seconds(pool: Pool, paths: Sequence[Path]) -> float:
    """Time calamine over all files, in the processes of a pool that has begun already."""
    names = list(map(str, paths))
    start = time.perf_counter()
    assert sum(pool.imap_unordered(read_all_sheets, names, chunksize=4)) > 0
    return time.perf_counter() - start


def pandas_seconds(paths: Sequence[Path]) -> tuple[float, int]:
    """Time a pandas loop, over some of the files if they are many, and give the time for all."""
    import pandas as pd

    some = paths[:: -(-len(paths) // SAMPLE)]
    with warnings.catch_warnings():
        # openpyxl says of every workbook that it does not know all of it.
        warnings.simplefilter("ignore")
        pd.read_excel(some[0], sheet_name=None)
        start = time.perf_counter()
        for path in some:
            pd.read_excel(path, sheet_name=None)
    return (time.perf_counter() - start) * len(paths) / len(some), len(some)
