"""The whole way from 收表 to the summary: laws of summing, crashes, files that are bad."""

import os
import shutil
import signal
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from huizong import pipeline
from huizong.answers import Typed
from huizong.book import open_book
from huizong.children import Children
from huizong.entries import count_files, files_of
from huizong.errors import HuizongError
from huizong.history import summaries_of
from huizong.keeping import altered
from huizong.office import init_office, open_office
from huizong.past import Opening, save_opening
from huizong.records import Summary
from huizong.work import at_work
from returned import SENT, at, good
from returned import put as put_return
from street import (
    EAST,
    NOW,
    PERIOD,
    empty_office,
    office,
    put,
    quarter,
    readers,
    send,
    send_all,
)

__all__ = ["empty_office", "office", "readers"]


def escalations(published: pipeline.Published) -> str:
    """Give the total of TJ16, which the tests send as 1, 2 and 3."""
    return next(total.value for total in published.summary.totals if total.code == "TJ16")


def said(summary: Summary) -> object:
    """Give what a summary says, without the names and times of files."""
    units = [(one.unit.code, one.state, one.included, one.digest) for one in summary.units]
    return summary.totals, units, summary.ledger_totals


def standing(folder: Path) -> dict[str, str]:
    """Give the state of each file by its name."""
    with open_book(open_office(folder).book) as book:
        return {file.name: file.state for file in files_of(book)}


def summaries(folder: Path) -> list[str]:
    """List the published workbooks by their versions."""
    return sorted(path.stem[-3:] for path in folder.glob("汇总/*/*.xlsx"))


def test_sum_is_that_of_the_parts(office, readers):
    """
    Three returns with 1, 2 and 3 make 6.
    """
    send_all(office)

    published = quarter(office, readers)

    assert escalations(published) == "6"
    assert (published.summary.reported, published.new) == (3, True)


def test_order_of_files_does_not_matter(office, readers, tmp_path):
    """
    I5: the same returns, one after the other in any order or all at once, say the same.
    """
    paths = send_all(office)
    found = []
    for number, order in enumerate(permutations(path.name for path in paths)):
        copy = Path(shutil.copytree(office, tmp_path / str(number)))
        batches = [[copy / "收表" / name] for name in order]
        found.append(said(quarter(copy, readers, *batches).summary))
    at_once = said(quarter(office, readers).summary)

    assert len(found) == 6
    assert all(one == at_once for one in found)


def test_second_run_changes_nothing(office, readers):
    """
    I5, I6: the same commands again open nothing, say the same and write no new version.
    """
    send_all(office)
    first = quarter(office, readers)
    before = standing(office)

    with at_work(office, NOW, "test") as work:
        collected = pipeline.collect(work, (), readers)
    again = quarter(office, readers)

    assert (collected.opened, collected.stored, collected.scan.known) == (0, (), 3)
    assert (again.new, again.path, again.checksum) == (False, first.path, first.checksum)
    assert said(again.summary) == said(first.summary)
    assert standing(office) == before
    assert summaries(office) == ["v01"]


def test_changed_return_makes_a_new_version(office, readers):
    """
    I6: what has come since is in v02, which lists what it changed; v01 stays as it was.
    """
    send_all(office)
    (office / "收表" / f"{EAST}.xlsx").rename(office.parent / "later.xlsx")
    first = quarter(office, readers)
    content = first.path.read_bytes()
    (office.parent / "later.xlsx").rename(office / "收表" / f"{EAST}.xlsx")

    second = quarter(office, readers)

    assert summaries(office) == ["v01", "v02"]
    assert (second.new, second.summary.number) == (True, 2)
    assert [(c.before, c.after) for c in second.summary.changes if c.code == "TJ16"] == [("3", "6")]
    assert first.path.read_bytes() == content


def test_mended_return_replaces_the_blocked_one(office, readers):
    """
    A return with a blank required figure is not counted; the mended one that follows is.
    """
    send_all(office)
    send(office, EAST, TJ16=None)
    assert escalations(quarter(office, readers)) == "3"
    send(office, EAST, "改好了", hour=1, TJ16="3")

    published = quarter(office, readers)

    assert (escalations(published), published.summary.reported) == ("6", 3)
    assert standing(office)[f"{EAST}.xlsx"] == "superseded"
    assert standing(office)["改好了.xlsx"] == "adopted"


def test_same_figures_sent_twice_count_once(office, readers):
    """
    Of two files with equal figures the newer is adopted and the other superseded, in any order.
    """
    send_all(office)
    send(office, EAST, "晚一份", hour=2, TJ16="3")
    send(office, EAST, "早一份", hour=1, TJ16="3")

    published = quarter(office, readers)

    assert escalations(published) == "6"
    states = standing(office)
    assert [states[f"{name}.xlsx"] for name in (EAST, "早一份", "晚一份")] == [
        "superseded", "superseded", "adopted",
    ]  # fmt: skip


def test_superseded_return_is_not_counted(office, readers):
    """
    Two files that differ wait for the officer; the one that is used counts, the other does not.
    """
    send_all(office)
    send(office, EAST, "改过", hour=1, TJ16="5")
    waiting = quarter(office, readers)
    (asked,) = [f for unit in waiting.summary.units for f in unit.findings if f.stands]
    assert (escalations(waiting), asked.finding.code) == ("3", "two_returns")
    with at_work(office, NOW, "test") as work:
        typed = Typed(
            key=asked.key, action="use", officer="王主任", reason="以改过的为准", file="改过.xlsx"
        )
        pipeline.answer(work, str(PERIOD), typed)

    published = quarter(office, readers)

    assert escalations(published) == "8"
    states = standing(office)
    assert (states["改过.xlsx"], states[f"{EAST}.xlsx"]) == ("adopted", "superseded")


def state_of(folder: Path, readers: Children, code: str) -> str:
    """Audit once more, and give how a community stands."""
    with at_work(folder, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        sets = pipeline.audit(work, PERIOD).sets
    (audited,) = (one for one in sets if one.code == "TJ")
    return next(one.state for one in audited.returns if one.unit.code == code)


def enter_opening(folder: Path, code: str, value: str) -> None:
    """Enter last year's accepted disputes of a community."""
    with at_work(folder, NOW, "test") as work:
        opening = Opening("2025Q1", "TJ", code, "unit", "TJ02", value, "年报")
        save_opening(work.book, [opening])


def test_changed_past_is_judged_anew(office, readers):
    """
    A return is judged again when a figure of last year is entered, or entered anew, and then only.
    """
    send_all(office)
    assert state_of(office, readers, EAST) == "passed"
    enter_opening(office, EAST, "100")
    assert state_of(office, readers, EAST) == "to_explain"
    enter_opening(office, EAST, "6")

    assert state_of(office, readers, EAST) == "passed"


def test_answer_is_weighed_without_reading_again(office, readers):
    """
    A question that the officer accepts later no longer keeps the return from passing.
    """
    send_all(office)
    enter_opening(office, EAST, "100")
    waiting = quarter(office, readers)
    (asked,) = [f for unit in waiting.summary.units for f in unit.findings if f.stands]
    with at_work(office, NOW, "test") as work:
        typed = Typed(key=asked.key, action="accept", officer="王主任", reason="去年集中排查")
        pipeline.answer(work, str(PERIOD), typed)

    published = quarter(office, readers)

    assert (escalations(waiting), escalations(published)) == ("3", "6")


BAD = {
    "空.xlsx": b"",
    "断.xlsx": b"PK\x03\x04 cut off",
    "图.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "说明.txt": "本期没有".encode(),
}


def test_bad_files_never_stop_the_others(office, readers):
    """
    I2, I7: what cannot be read is in a state of its own, and all the others are added up.
    """
    for name, content in BAD.items():
        put(office, name, content)
    send_all(office)

    published = quarter(office, readers)

    assert escalations(published) == "6"
    states = standing(office)
    assert {states[name] for name in BAD} <= {"returned", "not_a_return"}
    with open_book(open_office(office).book) as book:
        assert sum(count_files(book).values()) == len(BAD) + 3


def test_sums_that_differ_stop_the_summary(office, readers):
    """
    I3: a figure that was altered in the book makes the second sum differ; nothing is published.
    """
    send_all(office)
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)
        sql = "UPDATE figure SET value = '4' WHERE code = 'TJ16' AND value = '3'"
        work.book.put(sql, [()])
        with pytest.raises(HuizongError) as caught:
            pipeline.aggregate(work, PERIOD)
        assert caught.value.code == "error.sums_differ"
        assert summaries_of(work.book, str(PERIOD)) == ()
    assert summaries(office) == []


def test_closed_folder_enters_no_summary(office, readers):
    """
    Where the summary cannot be written none is entered; the next run makes it the first version.
    """
    send_all(office)
    (office / "汇总" / "2026Q1").write_bytes(b"in the way")
    with pytest.raises(HuizongError) as caught:
        quarter(office, readers)
    assert caught.value.code == "error.folder_not_writable"
    (office / "汇总" / "2026Q1").unlink()

    assert quarter(office, readers).summary.number == 1
    assert summaries(office) == ["v01"]


def test_open_summary_is_written_beside(office, readers, tmp_path):
    """
    Fault 64: where another program holds a file of that name, the summary stands beside it, and
    the book names the file that was written.
    """
    send_all(office)
    held = quarter(Path(shutil.copytree(office, tmp_path / "other")), readers).path
    target = office / "汇总" / "2026Q1" / held.name
    target.parent.mkdir()
    target.write_bytes(b"old")
    # A mount point answers "busy" to a rename, as Windows does for a file that is open.
    if not shutil.which("mount") or subprocess.run(["mount", "--bind", held, target]).returncode:
        pytest.skip("a file that is held fast needs root")
    try:
        published = quarter(office, readers)
    finally:
        subprocess.run(["umount", target], check=True)

    assert published.path == target.with_stem(f"{target.stem}_v2")
    assert target.read_bytes() == b"old"
    assert not quarter(office, readers).new


RUN = """
import os, signal, sys
from pathlib import Path
from huizong import pipeline
from huizong.work import at_work
from test_pipeline import NOW, PERIOD
left = int(sys.argv[2])

def progress(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

with at_work(Path(sys.argv[1]), NOW, "test", progress) as work:
    pipeline.collect(work)
    pipeline.audit(work, PERIOD)
    pipeline.aggregate(work, PERIOD)
"""


@pytest.mark.slow
def test_killed_at_every_step_and_run_again(office, readers, tmp_path):
    """
    Fault 63: runs killed at their first, second, third… step, then a whole one: the result, the
    counts and the files are those of an office where nothing happened (I1 to I7).
    """
    send_all(office)
    put(office, "断.xlsx", BAD["断.xlsx"])
    spared = Path(shutil.copytree(office, tmp_path / "spared"))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    killed = 0
    for step in range(1, 30):
        command = [sys.executable, "-c", RUN, str(office), str(step)]
        code = subprocess.run(command, env=environment).returncode
        if code == 0:
            break
        assert code == -signal.SIGKILL
        killed += 1
    assert killed >= 4, "hardly a run was killed: nothing was tried"

    after, wanted = quarter(office, readers), quarter(spared, readers)

    assert said(after.summary) == said(wanted.summary)
    assert standing(office) == standing(spared)
    assert shown(office) == shown(spared)
    with open_book(open_office(office).book) as book:
        assert altered(open_office(office), book) == ()
        assert book.verify_chain() == 0


def shown(folder: Path) -> list[str]:
    """List the files that an office has, without its own workings."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(str(p.relative_to(folder)) for p in paths if not p.name.startswith(".huizong"))


def test_set_that_fails_stops_no_other(tmp_path):
    """
    I7: a figure in the book that is none fails the sum of its set; the set after it is published.
    """
    folder = tmp_path / "清河街道"
    roster = tmp_path / "名册.csv"
    roster.write_text("区划代码,单位名称,上级代码\n990101001001,和平社区,990101001000", "utf-8")
    init_office(folder, roster=roster, unit="990101001000", now=SENT, sets=("JC", "TJ"))
    with at(folder) as work:
        for code in ("JC", "TJ"):
            put_return(work, good(work, set_code=code), code)
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
        work.book.put("UPDATE figure SET value = ? WHERE code = 'JC02'", [("十二",)])
        with pytest.raises(HuizongError) as caught:
            pipeline.aggregate(work, PERIOD)
        made = [one.set_code for one in summaries_of(work.book, str(PERIOD))]

    assert (caught.value.code, made) == ("error.sets_failed", ["TJ"])
