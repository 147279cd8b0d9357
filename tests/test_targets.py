"""Targets that are open, starts at the same moment, addends and figures that are out of line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from huizong import lock, pipeline
from huizong.acts import audit
from huizong.answers import Typed
from huizong.entries import answers_of, pack, readings_of
from huizong.errors import HuizongError
from huizong.history import summaries_of
from huizong.past import Opening, save_opening
from huizong.safely import write_safely
from huizong.texts import say
from huizong.work import at_work
from street import (
    EAST,
    NOW,
    PERIOD,
    empty_office,
    office,
    quarter,
    readers,
    send_all,
)

__all__ = ["empty_office", "office", "readers"]


@pytest.mark.parametrize("mark", [".~lock.{}#", "~${}"])
def test_open_target_is_written_beside(tmp_path, mark):
    """
    Fault 64: where LibreOffice, Excel or WPS has put its mark beside a file, the file stays as it
    is, and the next name is taken; when it is closed the usual name is.
    """
    path = tmp_path / "状态.xlsx"
    path.write_bytes(b"old")
    sign = tmp_path / mark.format(path.name)
    sign.write_bytes(b"")

    with (safely := write_safely(path)) as temp:
        temp.write_bytes(b"new")

    assert (safely.moved, safely.path.name) == (True, "状态_v2.xlsx")
    assert (path.read_bytes(), safely.path.read_bytes()) == (b"old", b"new")
    sign.unlink()
    with (safely := write_safely(path)) as temp:
        temp.write_bytes(b"newer")
    assert (safely.moved, path.read_bytes()) == (False, b"newer")


def test_answers_in_the_list_beside_count(office, readers):
    """
    Fault 64: while 审核结果.xlsx is open the list is written beside it and said to be; an answer
    typed there counts, and once the first is closed there is one list again.
    """
    send_all(office)
    enter_last_year(office, EAST, "100")
    sign = office / ".~lock.审核结果.xlsx#"
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)
        sign.write_bytes(b"")
        told = audit(work, PERIOD)
    beside = office / "审核结果_v2.xlsx"
    assert say("command.moved", path="审核结果_v2.xlsx") in told.lines

    (key,) = type_answers(beside)
    sign.unlink()
    with at_work(office, NOW, "test") as work:
        done = pipeline.audit(work, PERIOD)
        assert answers_of(work.book)[key].officer == "王主任"

    assert (done.findings.name, beside.exists()) == ("审核结果.xlsx", False)
    states = [one.state for sets in done.sets if sets.code == "TJ" for one in sets.returns]
    assert states == ["passed"] * 3


def enter_last_year(folder: Path, code: str, value: str) -> None:
    """Enter last year's accepted disputes of a community, which its return is held against."""
    with at_work(folder, NOW, "test") as work:
        save_opening(work.book, [Opening("2025Q1", "TJ", code, "unit", "TJ02", value, "年报")])


def type_answers(path: Path) -> list[str]:
    """Type the officer's answer behind every finding that waits for a reason, as a person does."""
    book = load_workbook(path)
    sheet = book.worksheets[1]
    head = next(row for row in sheet.iter_rows() if any(cell.value == "编号" for cell in row))
    columns = {str(cell.value): cell.column for cell in head if cell.value}
    keys = []
    for row in range(head[0].row + 1, sheet.max_row + 1):
        key = sheet.cell(row, columns["编号"]).value
        if key and "说明" in str(sheet.cell(row, columns["级别"]).value):
            for name, text in (("处理", "接受"), ("核准人", "王主任"), ("理由", "去年集中排查")):
                sheet.cell(row, columns[name], text)
            keys.append(str(key))
    book.save(path)
    return keys


START = """
import sys, time
from pathlib import Path
from huizong import lock
from huizong.errors import HuizongError
print("ready", flush=True)
sys.stdin.readline()
try:
    with lock.hold(Path(sys.argv[1]), lock.me("10:03", "汇总")):
        print("runs", flush=True)
        sys.stdin.readline()
except HuizongError as error:
    print(error.code, error.details["owner"] != "", error.details["host"], flush=True)
"""


def test_of_twenty_starts_at_once_one_runs(tmp_path):
    """
    Fault 65: of twenty processes that start at the same moment one runs, and nineteen are refused.
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", START, str(tmp_path)]
    pipe = subprocess.PIPE
    starts = [
        subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, text=True)
        for _ in range(20)
    ]
    for one in starts:
        assert one.stdout.readline() == "ready\n"
    for one in starts:
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.stdout.readline().split() for one in starts]
    for one in starts:
        one.communicate("end\n")

    assert sorted(len(words) for words in told) == [1] + [3] * 19
    assert [words for words in told if len(words) == 1] == [["runs"]]
    assert {words[0] for words in told if len(words) == 3} == {"error.locked_here"}
    assert lock.read_note(tmp_path) is None


def note(folder: Path, **parts: object) -> Path:
    """Leave a note of somebody at work."""
    told = {"owner": "王芳", "host": lock.me("").host, "pid": 1, "since": "10:03", **parts}
    path = folder / lock.NOTE
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def test_number_of_a_process_that_lives_again_keeps_nobody_out(tmp_path):
    """
    Fault 65: a note left by a crash on this computer, whose process number another process has
    now, is no lock.
    """
    note(tmp_path, pid=os.getpid())

    with lock.hold(tmp_path, lock.me("10:05")) as left:
        assert left.owner == "王芳"


@pytest.mark.parametrize("since", ["09:03", "11:03", "1980-01-01T00:00:00"])
def test_clock_of_the_other_computer_does_not_matter(tmp_path, since):
    """
    Fault 65: whether the other computer's clock is an hour behind or ahead, its lock is as old as
    the disk says.
    """
    path = note(tmp_path, host="pc-2", since=since)
    with pytest.raises(HuizongError) as caught, lock.hold(tmp_path, lock.me("10:05")):
        pass
    assert (caught.value.code, caught.value.details["since"]) == ("error.locked", since)

    old = path.stat().st_mtime - lock.STALE_AFTER - 1
    os.utime(path, (old, old))
    with lock.hold(tmp_path, lock.me("10:05")) as left:
        assert left.host == "pc-2"


def test_changed_addend_in_either_place_stops_the_summary(office, readers):
    """
    Fault 70: each figure stands in the book twice, as read and as a row; one of them changed makes
    the two sums differ, and nothing is published.
    """
    send_all(office)
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)
        (digest,) = work.book.ask("SELECT digest FROM file WHERE unit = ?", (EAST,))[0]
        (whole,) = work.book.ask("SELECT blob FROM reading WHERE digest = ?", (digest,))[0]
        reading = readings_of(work.book, [digest])[digest]
        figures = tuple(
            msgspec.structs.replace(cell, value="30") if cell.code == "TJ16" else cell
            for cell in reading.figures
        )
        changed = pack(msgspec.structs.replace(reading, figures=figures))
        for blob, code in ((changed, "error.sums_differ"), (whole, "")):
            work.book.put("UPDATE reading SET blob = ? WHERE digest = ?", [(blob, digest)])
            if code:
                with pytest.raises(HuizongError) as caught:
                    pipeline.aggregate(work, PERIOD)
                assert caught.value.code == code
                assert summaries_of(work.book, str(PERIOD)) == ()
        assert pipeline.aggregate(work, PERIOD)[0].new


def test_extreme_figure_needs_a_named_approver(office, readers):
    """
    Fault 79: a figure far from last year's does not get into the total on its own, nor by the
    answer of nobody or without a reason; a named officer's is kept with the summary.
    """
    send_all(office)
    enter_last_year(office, EAST, "100000")
    waiting = quarter(office, readers)
    (asked,) = [f for unit in waiting.summary.units for f in unit.findings if f.stands]
    with at_work(office, NOW, "test") as work:
        for officer, reason in (("", "去年集中排查"), ("　", "去年集中排查"), ("王主任", " ")):
            typed = Typed(key=asked.key, action="accept", officer=officer, reason=reason)
            with pytest.raises(HuizongError) as caught:
                pipeline.answer(work, str(PERIOD), typed)
            code = "answer.no_reason" if officer == "王主任" else "answer.no_officer"
            assert say(code) in str(caught.value)
        typed = Typed(key=asked.key, action="accept", officer="王主任", reason="去年集中排查")
        pipeline.answer(work, str(PERIOD), typed)
    passed = quarter(office, readers)

    assert (waiting.summary.reported, passed.summary.reported) == (2, 3)
    (named,) = [f for unit in passed.summary.units for f in unit.findings if f.key == asked.key]
    assert (named.state, named.officer) == ("accepted", "王主任")
