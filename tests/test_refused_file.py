"""A unit whose return stands sends a newer file that is refused: whose faults, who is told."""

import datetime as dt
import json

import pytest
from openpyxl import load_workbook

from huizong import pipeline
from huizong.console import PROGRESS_COLUMNS
from huizong.progress_table import table_of
from huizong.reports import audit_json, audit_lines
from returned import CODE, PERIOD, SENT, at, good, office_of, put, standing, with_figure

LATER = SENT + dt.timedelta(days=1)
TAKEN, REFUSED = "和平.xlsx", "和平改.xlsx"


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office whose first community has passed, and sent a broken newer file a day later."""
    folder = office_of(tmp_path_factory.mktemp("refused") / "清河街道")
    with at(folder) as work:
        put(work, good(work), "和平")
        standing(work)
    with at(folder, LATER) as work:
        put(work, with_figure(good(work), "TJ16", "约50"), "和平改")
        standing(work)
    return folder


def own(sets):
    """How the community stands in mediation."""
    (returns,) = [one for one in sets if one.code == "TJ"]
    return next(one for one in returns.rows if one.unit.code == CODE)


def rows(path, sheet: str) -> list[list[str]]:
    """All rows of a sheet, as texts."""
    book = load_workbook(path)
    return [["" if c.value is None else str(c.value) for c in row] for row in book[sheet].rows]


def test_faults_belong_to_the_file_that_was_not_taken(office):
    """
    Fault 32: nothing of the refused file stands against the adopted one, in audit and book.
    """
    with at(office, LATER) as work:
        audited = pipeline.audit(work, PERIOD)
        known = pipeline.sets_in_book(work, PERIOD)
    for sets in (audited.sets, known):
        row = own(sets)
        assert (row.state, row.file) == ("passed", TAKEN)
        assert not [one for one in row.findings if one.stands]
        assert (row.refused.state, row.refused.file, row.refused.version) == (
            "to_mend", REFUSED, 2,
        )  # fmt: skip
        assert {one.finding.subject for one in row.refused.findings if one.stands} == {"TJ16"}
    assert own(audited.sets).included


def test_lists_name_the_file_that_was_not_taken(office):
    """
    审核结果 has the fault beside the refused file's name and digest; the console counts none.
    """
    with at(office, LATER) as work:
        row = own(pipeline.audit(work, PERIOD).sets)
        listed = rows(work.office.findings, "审核结果")
        table = table_of(work, PERIOD, "TJ")
    (fault,) = [one for one in row.refused.findings if one.stands]
    (line,) = [one for one in listed if one[0] == fault.key]
    assert line[16].startswith(REFUSED)
    assert line[16] != REFUSED
    assert line[17] == row.refused.digest[:16]
    (progress,) = [one for one in table.progress if one[1] == CODE]
    assert progress[PROGRESS_COLUMNS.index("findings")] == ""


def test_no_open_fault_of_the_refused_file_goes_up(office):
    """
    The summary lists the return with nothing to mend, and the problem as not counted.
    """
    with at(office, LATER) as work:
        refused = own(pipeline.audit(work, PERIOD).sets).refused
        (fault,) = [one for one in refused.findings if one.stands]
        (path,) = [one.path for one in pipeline.aggregate(work, PERIOD)]
    reporting = rows(path, "报送情况")
    heading = next(one for one in reporting if "计入" in one)
    (unit,) = [one for one in reporting if CODE in one]
    told = dict(zip(heading, unit, strict=True))
    assert (told["计入"], told["报送文件"]) == ("是", TAKEN)
    assert (told["必须改"], told["须说明"]) == ("0", "0")
    (problem,) = [one for one in rows(path, "问题清单") if one[2:3] == ["和平社区"]]
    assert problem[1] == fault.key
    assert "未销号" not in problem
    assert not [one for one in rows(path, "问题与说明") if fault.key in one]


def test_unit_is_told_that_its_newer_file_was_not_taken(office):
    """
    Fault 32: 群消息 and the audit name both files; the correction copy is of the newer one.
    """
    with at(office, LATER) as work:
        audited = pipeline.audit(work, PERIOD)
        chat = [one for one in rows(work.office.findings, "群消息") if REFUSED in one[2]]
        sent = [one for one in pipeline.send_back(work, PERIOD) if one.set_code == "TJ"]
        table = table_of(work, PERIOD, "TJ")
    row = own(audited.sets)
    lines = list(audit_lines(audited))
    (head,) = [n for n, line in enumerate(lines) if REFUSED in line]
    assert TAKEN in lines[head]
    assert row.refused.findings[0].key in lines[head + 1]
    assert [one[0] for one in chat] == ["和平社区"]
    assert TAKEN in chat[0][2]
    assert [(one.unit.code, one.path.name.endswith("退改2.xlsx")) for one in sent] == [(CODE, True)]
    (progress,) = [one for one in table.progress if one[1] == CODE]
    assert progress[PROGRESS_COLUMNS.index("correction_link")].path == sent[0].path
    (told,) = [one for one in json.loads(audit_json(audited, PERIOD))["sets"] if one["set"] == "TJ"]
    assert [one["refused"]["file"] for one in told["units"] if one["refused"]] == [REFUSED]
