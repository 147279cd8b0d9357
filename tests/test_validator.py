"""The validator passes what XlsxWriter writes and finds what Excel would repair."""

import shutil
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from validator import validate

pytestmark = pytest.mark.validator
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """A workbook with one figure, by XlsxWriter alone."""
    path = tmp_path / "汇总 表.xlsx"
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("报表").write("A1", 1)
    return path


def misplace(source: Path, target: Path) -> None:
    """Copy a workbook with an element before the sheet's data that belongs behind it."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == SHEET:
                part = part.replace(b"<sheetData>", b"<mergeCells/><sheetData>")
            new.writestr(name, part)


def test_only_the_misplaced_element_is_found(plain, tmp_path):
    """
    One call judges several files: the plain ones pass, the planted fault is named with its part.
    """
    copy, bad = tmp_path / "copy.xlsx", tmp_path / "bad.xlsx"
    shutil.copy(plain, copy)
    misplace(plain, bad)

    got = validate([plain, bad, copy])

    assert got[plain] == got[copy] == []
    assert list(got) == [plain, bad, copy]
    assert SHEET in got[bad][0]
    assert "sheetData" in got[bad][0]


def test_file_that_is_no_workbook_does_not_pass(tmp_path):
    """
    What cannot be opened has a message too.
    """
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"no zip")

    assert validate([path])[path]
