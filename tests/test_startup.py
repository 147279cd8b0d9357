"""Commands that only look answer at once: nothing slow is imported for them."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import pytest

from huizong.office import init_office

SRC = Path(__file__).parents[1] / "src"
# Each costs from a tenth of a second to half a second.
SLOW = ("numpy", "pandas", "openpyxl", "xlwings", "lark")
CODE = f"""
import sys
from huizong.cli import main
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print("imported:", *sorted(set(sys.modules) & set({SLOW})))
"""


def imported_by(*arguments: str, code: str = CODE) -> list[str]:
    """Run a command in a process of its own, and list the slow modules that it imported."""
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": str(SRC)},
    )  # fmt: skip
    assert len(run.stdout.splitlines()) > 1, "the command said nothing"
    return run.stdout.splitlines()[-1].split()[1:]


def test_help_imports_nothing_slow():
    """
    `huizong --help` answers without pandas, and without the parser of relations.
    """
    assert imported_by("--help") == []


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_status_imports_nothing_slow(tmp_path, more):
    """
    `huizong status OFFICE PERIOD` answers from the book alone.
    """
    init_office(tmp_path / "清河街道", now=dt.datetime(2026, 4, 3))

    assert imported_by("status", str(tmp_path / "清河街道"), "2026Q1", *more) == []


def test_slow_import_is_seen():
    """
    A command that imports numpy is found by the same look.
    """
    code = CODE.replace("import sys\n", "import sys\nimport numpy\n", 1)

    assert imported_by("--help", code=code) == ["numpy"]


def test_buttons_import_nothing_slow():
    """
    What a button starts can say its first word before pandas, xlwings or the pipeline is there.
    """
    code = f"""
import sys
import huizong.addin
from huizong.texts import say
print(say("addin.working", name=say("menu.action.issue"), seconds=0))
print("imported:", *sorted(set(sys.modules) & set({(*SLOW, "huizong.pipeline")})))
"""

    assert imported_by(code=code) == []
