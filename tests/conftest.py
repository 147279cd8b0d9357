"""Rules of every test session."""

import os

import pytest

MARKERS = ("libreoffice", "screen", "validator", "slow")


def pytest_configure(config: pytest.Config) -> None:
    # The last line wins: no exception in pyproject.toml quiets a warning of XlsxWriter.
    config.addinivalue_line("filterwarnings", "error::UserWarning:xlsxwriter")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI say how many tests of each marker really ran."""
    if not os.environ.get("CI"):
        return
    reports = [r for key in ("passed", "failed") for r in terminalreporter.stats.get(key, ())]
    ran = {marker: sum(marker in report.keywords for report in reports) for marker in MARKERS}
    terminalreporter.write_sep("-", "tests run by marker")
    terminalreporter.write_line(", ".join(f"{marker} {count}" for marker, count in ran.items()))
