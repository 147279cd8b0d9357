"""The benchmark runs, and says every figure that is promised; how fast is no business of a test."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from programs import require

SCRIPT = Path(__file__).parents[1] / "scripts" / "bench.py"
OF_EACH_SIZE = (
    "read_ratio", "calamine_seconds", "collect_seconds", "audit_seconds", "aggregate_seconds",
    "files_per_second", "peak_mb", "rerun_opened", "rerun_share", "times_pandas", "status_seconds",
    "write_ratio", "mail_seconds", "transfer_seconds", "mail_ratio", "mail_computing_ratio",
)  # fmt: skip
LINE = re.compile(r"([a-z_0-9]+): ([0-9.e+-]+)(?:  # .*)?")


@pytest.mark.slow
def test_bench_prints_every_figure(tmp_path):
    """
    All lines are `name: value`, no name is missing, and one file is opened again.
    """
    require("dovecot")
    environment = os.environ | {"SIZES": "3,2x2", "BASES": "4", "BENCH": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, str(SCRIPT)], env=environment, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout[-500:] + run.stderr[-3000:]
    lines = [LINE.fullmatch(line) for line in run.stdout.splitlines()]
    assert all(lines), run.stdout
    figures = {line[1]: float(line[2]) for line in lines if line}
    assert set(figures) == {f"{name}_3" for name in OF_EACH_SIZE} | {
        "help_seconds", "issue_ms_per_workbook", "quarter_seconds_3", "quarter_seconds_4",
        "peak_mb_4", "growth_4_over_3", "click_seconds_14",
    }  # fmt: skip
    assert figures["rerun_opened_3"] == 1
    assert all(value > 0 for value in figures.values())
