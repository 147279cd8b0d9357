"""A missing program skips on a person's machine and fails under CI; XlsxWriter's warnings raise."""

import pytest
import xlsxwriter

from programs import FINDERS, require


@pytest.fixture
def _nothing_installed(monkeypatch):
    monkeypatch.setitem(FINDERS, "soffice", lambda: None)


@pytest.mark.usefixtures("_nothing_installed")
def test_missing_program_skips_for_a_person(monkeypatch):
    """
    Without CI, a missing program skips the test and says which.
    """
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="soffice is missing"):
        require("soffice")


@pytest.mark.usefixtures("_nothing_installed")
def test_missing_program_fails_under_ci(monkeypatch):
    """
    Under CI, a missing program fails the test.
    """
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="soffice is missing"):
        require("soffice")


def test_warning_of_xlsxwriter_is_an_error(tmp_path):
    """
    What XlsxWriter only warns of stops a test.
    """
    book = xlsxwriter.Workbook(tmp_path / "book.xlsx")
    sheet = book.add_worksheet()

    with pytest.raises(UserWarning, match="single cell"):
        sheet.merge_range("A1:A1", "", book.add_format())
    book.close()
