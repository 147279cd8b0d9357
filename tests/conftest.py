"""Rules of every test session."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from leaks import found_below, seeded

MARKERS = ("libreoffice", "screen", "validator", "slow")


def pytest_configure(config: pytest.Config) -> None:
    # The last line wins: no exception in pyproject.toml quiets a warning of XlsxWriter.
    config.addinivalue_line("filterwarnings", "error::UserWarning:xlsxwriter")


@pytest.fixture(scope="session", autouse=True)
def temporary_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fault 75: what any process of the session leaves in temporary files is nothing personal."""
    tmp_path_factory.getbasetemp()  # stays where it always is
    folder = Path(tempfile.mkdtemp(prefix="huizong-tests-"))
    folder.chmod(0o755)  # servers of tests run as nobody
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder))
        patch.setattr(tempfile, "tempdir", None)
        yield
    left = found_below(folder, seeded())
    shutil.rmtree(folder, ignore_errors=True)
    assert left == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI say how many tests of each marker really ran."""
    if not os.environ.get("CI"):
        return
    reports = [r for key in ("passed", "failed") for r in terminalreporter.stats.get(key, ())]
    ran = {marker: sum(marker in report.keywords for report in reports) for marker in MARKERS}
    terminalreporter.write_sep("-", "tests run by marker")
    terminalreporter.write_line(", ".join(f"{marker} {count}" for marker, count in ran.items()))
