"""Closing a period and opening it again: what must be settled, what waits, what is refused."""

import datetime as dt
import hashlib
import os
import re
import shutil
import sqlite3

import msgspec
import openpyxl
import pytest

from huizong import acts, pipeline
from huizong.answers import Typed
from huizong.book import SCHEMA_VERSION, UPGRADES, create_book, open_book
from huizong.cli import app, run
from huizong.entries import files_of
from huizong.errors import HuizongError
from huizong.history import closed_periods, closings_of, summaries_of
from huizong.inbox import scan
from huizong.office import init_office, open_office
from huizong.periods import Period
from huizong.records import ADOPTED, PENDING, RETURNED
from huizong.texts import say
from huizong.wholeness import sum_of
from returned import PERIOD, SENT, at, good, put, with_figure

STREET, OTHER = "990101001000", "990101001002"
LATER, LAST = SENT + dt.timedelta(days=20), SENT + dt.timedelta(days=21)
OFFICER, REASON = "王芳", "第一季度数据已经主任审定"


@pytest.fixture
def office(tmp_path):
    """A street that uses one form set, over two communities, of which one has reported."""
    roster = tmp_path / "名册.csv"
    lines = ["990101001001,和平社区", "990101001002,光明社区"]
    rows = [f"{line},{STREET}" for line in lines]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *rows]), encoding="utf-8")
    folder = tmp_path / "清河街道"
    init_office(folder, roster=roster, unit=STREET, now=dt.datetime(2026, 3, 20, 9), sets=("TJ",))
    with at(folder) as work:
        put(work, good(work), "和平")
        pipeline.collect(work)
    return folder


@pytest.fixture
def closed(office):
    """The same, added up and closed."""
    with at(office) as work:
        pipeline.audit(work, PERIOD)
        pipeline.aggregate(work, PERIOD)
        pipeline.close(work, PERIOD, OFFICER, REASON)
    return office


def refused(work, period: Period = PERIOD) -> list[str]:
    """Try to close a period; say by code what is still open."""
    with pytest.raises(HuizongError) as caught:
        pipeline.close(work, period, OFFICER, REASON)
    assert caught.value.code == "error.cannot_close"
    return [one.code for one in caught.value.details["open"]]


def test_closing_is_refused_while_something_is_open(office):
    """
    No summary, a summary that is no longer right, files not collected, two returns: all are named.
    """
    with at(office) as work:
        pipeline.audit(work, PERIOD)
        assert refused(work) == ["no_summary"]
        assert refused(work, Period.parse("2026Q3")) == ["nothing"]
        pipeline.aggregate(work, PERIOD)
        put(work, good(work, OTHER), "光明")
        assert refused(work) == ["inbox"]
        pipeline.collect(work)
        assert refused(work) == ["outdated"]
        put(work, with_figure(good(work, OTHER), "TJ16", "3"), "光明二")
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)

        assert refused(work) == ["files", "outdated"]
        assert closed_periods(work.book) == {}


def test_copied_folder_can_be_closed(office, tmp_path):
    """
    In a copy of the folder, whose files have other times, nothing waits; what is new still does.
    """
    with at(office) as work:
        pipeline.audit(work, PERIOD)
        pipeline.aggregate(work, PERIOD)
    copy = tmp_path / "备用" / "清河街道"
    shutil.copytree(office, copy)
    (path,) = (copy / "收表").glob("*.xlsx")
    os.utime(path, (SENT.timestamp(), SENT.timestamp()))
    with at(copy) as work:
        assert scan(work.office, work.book).found == (path,)
        content = path.read_bytes()
        path.write_bytes(content + b"\0")
        assert refused(work) == ["inbox"]
        path.write_bytes(content)
        os.utime(path, (SENT.timestamp(), SENT.timestamp()))
        pipeline.close(work, PERIOD, OFFICER, REASON)

        assert list(closed_periods(work.book)) == ["2026Q1"]


def test_closing_mentions_a_summary_that_is_not_signed(office):
    """
    Where the office wants summaries signed, closing says which steps are missing, and closes.
    """
    settings = msgspec.structs.replace(open_office(office).settings, signing="apart")
    with at(office) as work:
        pipeline.audit(work, PERIOD)
        pipeline.aggregate(work, PERIOD)
        wanting = msgspec.structs.replace(work.office, settings=settings)
        told = acts.close(
            msgspec.structs.replace(work, office=wanting), PERIOD, OFFICER, REASON
        )  # fmt: skip
        closed = list(closed_periods(work.book))

    assert (closed, told.waits, len(told.lines)) == (["2026Q1"], True, 2)
    assert all(say(f"signing.{step}") in told.lines[1] for step in ("draft", "check", "sign"))


def test_closing_is_refused_for_an_altered_summary(office):
    """
    A digit typed into the summary keeps the period open; a reason written beside does not.
    """
    with at(office) as work:
        pipeline.audit(work, PERIOD)
        (published,) = pipeline.aggregate(work, PERIOD)
        _type(published.path, "问题与说明", "F40", "已向社区核实")
        with pytest.raises(HuizongError) as caught:
            pipeline.close(work, PERIOD, " ", REASON)
        assert caught.value.code == "error.closing_nameless"
        _type(published.path, "汇总表", _total(published.path, "TJ16"), 4711)
        assert refused(work) == ["altered"]
        published.path.unlink()
        pipeline.aggregate(work, PERIOD)
        pipeline.close(work, PERIOD, OFFICER, REASON)

        assert list(closed_periods(work.book)) == ["2026Q1"]


def _total(path, code: str) -> str:
    """Find the cell of a total."""
    for row in openpyxl.load_workbook(path)["汇总表"].iter_rows():
        if row[1].value == code:
            return row[3].coordinate
    raise AssertionError(code)


def _type(path, sheet: str, cell: str, value: object) -> None:
    book = openpyxl.load_workbook(path)
    book[sheet][cell] = value
    book.save(path)


def test_closing_keeps_a_dated_copy_of_the_book(closed):
    """
    The copy in 备份 holds the summary; the chain of events holds its digest, and no name.
    """
    (copy,) = (closed / "备份").glob("huizong-20260403-100000.db")
    with open_book(copy) as book:
        assert [made.number for made in summaries_of(book, "2026Q1")] == [1]
    with at(closed) as work:
        (event,) = [details for _, what, details in work.book.events() if what == "closed"]
        (closing,) = closings_of(work.book)
        broken = work.book.verify_chain()

    assert event["backup"] == closing.backup == copy.name
    assert event["period"] == "2026Q1"
    assert OFFICER not in str(event)
    assert (closing.officer, closing.reason, broken) == (OFFICER, REASON, 0)


def test_nothing_changes_in_a_closed_period(closed):
    """
    Issuing, sending back, adding up, answering and closing once more are refused by name.
    """
    steps = (
        lambda work: pipeline.issue(work, PERIOD),
        lambda work: pipeline.send_back(work, PERIOD),
        lambda work: pipeline.aggregate(work, PERIOD),
        lambda work: pipeline.close(work, PERIOD, OFFICER, REASON),
    )
    with at(closed, LATER) as work:
        for step in steps:
            with pytest.raises(HuizongError) as caught:
                step(work)
            assert caught.value.code == "error.closed"
            assert caught.value.details["officer"] == OFFICER


def test_correction_of_a_closed_period_waits_until_it_is_opened(closed):
    """
    Fault 33: the later file is stored and filed, and waits; opened again, it is summed up.
    """
    with at(closed, LATER) as work:
        before = pipeline.audit(work, PERIOD).sets[0].returns[0]
        put(work, with_figure(good(work), "TJ16", "9"), "和平更正")
        collected = pipeline.collect(work)
        pipeline.audit(work, PERIOD)
        (late,) = [file for file in files_of(work.book) if file.name.startswith("和平更正")]
        told = acts.audit(work, PERIOD)
        again = pipeline.audit(work, PERIOD).sets[0].returns[0]
        shown = (closed / "已收" / "2026Q1").glob("*和平*")

        assert [one.reason for one in collected.unfiled] == ["closed"]
        assert (late.state, late.reason, late.unit, late.number) == (
            PENDING, "closed", good(work).identity.code, 2,
        )  # fmt: skip
        assert (again.digest, again.state) == (before.digest, before.state)
        assert told.waits
        assert "和平更正.xlsx" in told.lines[0]
        assert len(list(shown)) == 2
        pipeline.reopen(work, PERIOD, OFFICER, "和平社区来函更正")
        pipeline.audit(work, PERIOD)
        assert _states(work) == {"和平.xlsx": PENDING, "和平更正.xlsx": PENDING}
        _take_newer(work)
        (published,) = pipeline.aggregate(work, PERIOD)
        assert _states(work)["和平更正.xlsx"] == ADOPTED
        assert not any("和平更正.xlsx" in line for line in acts.audit(work, PERIOD).lines)
        assert published.summary.number == 2
        assert "TJ16" in [change.code for change in published.summary.changes]
        pipeline.close(work, PERIOD, OFFICER, "更正后再次定稿")
        assert [one.closed for one in closings_of(work.book, "2026Q1")] == [True, False, True]


def _states(work) -> dict[str, str]:
    return {file.name: file.state for file in files_of(work.book)}


def _take_newer(work) -> None:
    returns = pipeline.audit(work, PERIOD).sets[0]
    (key,) = [
        one.key for row in returns.returns for one in row.findings
        if one.finding.code == "two_returns"
    ]  # fmt: skip
    typed = Typed(
        key=key, action="use", officer=OFFICER, reason="以更正的为准", file="和平更正.xlsx"
    )
    pipeline.answer(work, str(PERIOD), typed)


def test_late_correction_may_be_sent_back(closed):
    """
    What came too late cannot be accepted, and can be rejected without opening the period.
    """
    with at(closed, LATER) as work:
        put(work, with_figure(good(work), "TJ16", "9"), "和平更正")
        (late,) = pipeline.collect(work).unfiled
        (finding,) = [one for one in late.findings if one.code == "closed"]
        key = finding.key(late.unit, late.period, late.set_code)
        typed = Typed(key=key, action="accept", officer=OFFICER, reason="请采用更正的一份")
        with pytest.raises(HuizongError):
            pipeline.answer(work, str(PERIOD), typed)
        typed = Typed(key=key, action="reject", officer=OFFICER, reason="不再更正，下期调整")
        pipeline.answer(work, str(PERIOD), typed)
        pipeline.audit(work, PERIOD)

        assert _states(work)["和平更正.xlsx"] == RETURNED


def test_correction_of_an_opened_period_is_awaited_after_the_next_was_issued(closed):
    """
    Once the first quarter is open again its corrections are no returns of a wrong period.
    """
    with at(closed, LAST) as work:
        correction = with_figure(good(work), "TJ16", "9")
        pipeline.issue(work, Period.parse("2026Q2"))
        put(work, correction, "和平更正")
        assert pipeline.collect(work).unfiled[0].reason == "closed"
        pipeline.reopen(work, PERIOD, OFFICER, "和平社区来函更正")

        (file,) = [one for one in files_of(work.book) if one.name == "和平更正.xlsx"]
        assert file.reason == "placed"


def test_closing_by_the_command_line(office, capsys):
    """
    `close` says what is open (2), then closes (0); `status` tells who did; `reopen` undoes it.
    """
    given = ("--officer", OFFICER, "--reason", REASON, "--now", LATER.isoformat())
    period = (str(office), "2026Q1")
    assert call("close", *period, *given) == 2
    assert "还没有生成汇总" in capsys.readouterr().err
    call("audit", *period, "--now", LATER.isoformat())
    assert call("aggregate", *period, "--now", LATER.isoformat()) == 0
    assert call("close", *period, *given) == 0
    assert call("aggregate", *period, "--now", LATER.isoformat()) == 2
    assert OFFICER in capsys.readouterr().err
    call("status", *period)
    assert REASON in capsys.readouterr().out
    assert call("reopen", *period, *given) == 0
    assert call("reopen", *period, *given) == 2
    assert call("aggregate", *period, "--now", LATER.isoformat()) == 0


def call(*arguments: str) -> int:
    return run(lambda: app(list(arguments), standalone_mode=False))


def test_book_of_an_earlier_program_is_brought_up_to_date(tmp_path):
    """
    A book of version 1 gets the newer tables and loses nothing; a copy as it was is kept.
    """
    path = tmp_path / "huizong.db"
    create_book(path, "2026-04-09T10:05:00")
    with open_book(path) as book:
        key, events = book.meta("seal_key"), book.events()
    with sqlite3.connect(path) as db:
        for table in re.findall(r"CREATE TABLE (\w+)", "".join(UPGRADES)):
            db.execute(f"DROP TABLE {table}")
        db.execute("PRAGMA user_version = 1")
    sum_of(path).unlink()  # programs of version 1 put no checksum beside it
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    with open_book(path) as book:
        assert (book.meta("seal_key"), book.events(), closings_of(book)) == (key, events, ())
        assert book.ask("PRAGMA user_version") == [(SCHEMA_VERSION,)]
    with sqlite3.connect(tmp_path / "备份" / "huizong-v1.db") as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (1,)

    assert 1 + len(UPGRADES) == SCHEMA_VERSION
    assert hashlib.sha256(path.read_bytes()).hexdigest() != old
