"""A number that a ledger's column does not allow, the whole way: told, sent back, judged anew."""

import shutil

import openpyxl
import pytest

from huizong import pipeline
from huizong.forms import templates_folder
from huizong.records import PASSED, TO_MEND
from huizong.work import checked_sets
from returned import CODE, PERIOD, at, good, office_of, put, standing, with_cell


def test_negative_amount_is_sent_back_at_its_cell(tmp_path):
    """
    Fault 8: money taken back in a ledger lowers no figure unseen: it is told at the ledger's cell,
    blocks, and stands in the correction copy beside half a service.
    """
    with at(office_of(tmp_path)) as work:
        blank = with_cell(good(work, set_code="SY"), "SY_L2", 0, "amount_yuan", "-5000")
        put(work, with_cell(blank, "SY_L4", 0, "person_times", "2.5"), "和平")
        found = standing(work, set_code="SY")
        (copy,) = [one for one in pipeline.send_back(work, PERIOD) if one.set_code == "SY"]

    told = {one.finding.code: one.finding for one in found.findings if one.stands}
    assert found.state == TO_MEND
    assert {"negative", "not_whole"} <= told.keys()
    assert told["negative"].sheet != told["not_whole"].sheet
    book = openpyxl.load_workbook(copy.path)
    for code in ("negative", "not_whole"):
        assert book[told[code].sheet][told[code].cell].comment


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """A copy of the definitions, which a test may change."""
    folder = shutil.copytree(templates_folder(), tmp_path / "templates")
    monkeypatch.setenv("HUIZONG_TEMPLATES", str(folder))
    checked_sets.cache_clear()
    yield folder
    checked_sets.cache_clear()


def test_changed_column_is_judged_anew(templates, tmp_path):
    """
    Where the definition of a column changes, returns of an open period are held to the new one.
    """
    with at(office_of(tmp_path / "office")) as work:
        put(work, good(work), "和平")
        assert standing(work).state == PASSED
        path = templates / "TJ" / "definition.toml"
        text = path.read_text(encoding="utf-8")
        assert text.count("min = 0, width = 14") == 1
        changed = text.replace("min = 0, width = 14", "min = 900000, width = 14")
        path.write_text(changed, encoding="utf-8")
        checked_sets.cache_clear()
        found = standing(work)

    assert found.unit.code == CODE
    assert "out_of_range" in [one.finding.code for one in found.findings if one.stands]
