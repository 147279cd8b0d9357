"""A book, an original or a summary that somebody or something changed: told, never counted."""

import datetime as dt
import os
import random
import shutil
import sqlite3
import time
from pathlib import Path

import pytest

from fault_runs import seed
from huizong import pipeline
from huizong.acts import collect, status, verify
from huizong.book import open_book
from huizong.doing import clock, office_at_work
from huizong.errors import HuizongError
from huizong.keeping import altered, mark_foreign, zone_of
from huizong.office import open_office
from huizong.wholeness import DAYS_KEPT, copies, sum_of
from huizong.work import at_work
from street import NOW, PERIOD, empty_street, quarter, readers, send_all
from test_crashes import figures

__all__ = ["readers"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, readers) -> Path:
    """A street whose quarter is collected, audited and added up."""
    folder = empty_street(tmp_path_factory.mktemp("office"))
    send_all(folder)
    quarter(folder, readers)
    return folder


@pytest.fixture
def office(finished, tmp_path) -> Path:
    """A copy of the finished street for one test."""
    return Path(shutil.copytree(finished, tmp_path / "清河街道"))


def flip(path: Path, at: int, bit: int = 0) -> None:
    """Change one bit of a file, as a bad disk does."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << bit
    mode = path.stat().st_mode
    path.chmod(0o600)
    path.write_bytes(content)
    path.chmod(mode)


def notices(folder: Path, action: str = "collect", now: dt.datetime = NOW) -> list[str]:
    """Begin a command, and give what is told before it."""
    with at_work(folder, now, action) as work:
        return [one.code for one in work.notices]


def refusal(folder: Path, action: str = "collect") -> HuizongError:
    """Begin a command that is refused."""
    with pytest.raises(HuizongError) as caught, at_work(folder, NOW, action):
        pass
    return caught.value


def test_any_flipped_bit_of_the_book_is_told(office):
    """
    Fault 78: whichever bit of the book flips, nothing is collected or added up from it.
    """
    book = open_office(office).book
    chance = random.Random(seed())
    size = book.stat().st_size
    for at in chance.sample(range(size), 60 if not os.environ.get("HUIZONG_ALL") else 4000):
        bit = chance.randrange(8)
        flip(book, at, bit)
        assert refusal(office).code == "error.book_damaged_has_copy", (at, bit)
        flip(book, at, bit)

    assert notices(office) == []


def test_damaged_book_can_be_looked_at_and_put_back(office, readers, capsys):
    """
    Fault 78: with a damaged book 状态 and the check of a summary still work and say so; the copy
    that is named, put in its place, comes to the same figures.
    """
    book, before = open_office(office).book, figures(office)
    with sqlite3.connect(book) as db:
        db.execute("UPDATE figure SET value = '4' WHERE code = 'TJ16' AND value = '3'")
    error = refusal(office, "aggregate")
    (summary,) = (office / "汇总" / "2026Q1").glob("*.xlsx")

    with office_at_work(office, NOW.isoformat(), "status") as work:
        assert [one.code for one in work.notices] == ["error.book_damaged_has_copy"]
        assert len(status(work, PERIOD).lines) > 3
        with pytest.raises(HuizongError):
            work.book.set_meta("chain", "")
    assert not verify(summary).waits
    assert error.details["copy"] in capsys.readouterr().err

    shutil.copyfile(office / error.details["copy"], book)
    assert not quarter(office, readers).new
    assert figures(office) == before


def test_older_copy_gets_back_what_came_since(tmp_path, readers):
    """
    Fault 78: a copy of an earlier day is taken, and what was received since is entered anew from
    the originals: nothing is lost.
    """
    office = empty_street(tmp_path)
    paths = send_all(office)
    quarter(office, readers, paths[:2])
    (early,) = copies(open_office(office).book)
    kept = early.read_bytes()
    with at_work(office, NOW + dt.timedelta(days=1), "collect") as work:
        pipeline.collect(work, (), readers)
    assert len(copies(open_office(office).book)) == 2
    for path in paths:
        path.unlink()

    open_office(office).book.write_bytes(kept)
    published = quarter(office, readers)

    assert published.summary.reported == 3
    with open_book(open_office(office).book) as book:
        assert altered(open_office(office), book) == ()


@pytest.mark.parametrize("damage", ["event", "cut", "page"])
def test_book_that_crashed_looks_into_itself(office, damage):
    """
    Fault 78: where a crash has left no checksum, an altered event, a book cut short and a broken
    page are found all the same.
    """
    book = open_office(office).book
    if damage == "event":
        with sqlite3.connect(book) as db:
            db.execute("DROP TRIGGER event_stays")
            db.execute("UPDATE event SET what = 'x' WHERE id = 2")
    elif damage == "cut":
        book.write_bytes(book.read_bytes()[: book.stat().st_size // 2])
    else:
        content = bytearray(book.read_bytes())
        content[4096 * 3 : 4096 * 4] = bytes(4096)
        book.write_bytes(content)
    sum_of(book).unlink()

    assert refusal(office).code == "error.book_damaged_has_copy"


def test_copies_of_two_weeks_are_kept(office):
    """
    Fault 78: each day that changes the book leaves one copy, the last fourteen stay, and a copy
    of a closing is never removed.
    """
    book = open_office(office).book
    with open_book(book) as opened:
        closing = opened.back_up(book.parent / "备份", NOW)
    for day in range(1, DAYS_KEPT + 4):
        with at_work(office, NOW + dt.timedelta(days=day), "answer") as work:
            work.book.record("answered", {}, work.at)

    names = [path.name for path in copies(book)]
    assert (len(names), closing.name in names) == (DAYS_KEPT + 1, True)
    assert copies(book)[-1].stat().st_mode & 0o777 == 0o600
    assert copies(book)[-1].read_bytes() == book.read_bytes()


def test_edited_summary_is_told_and_left_alone(office, readers):
    """
    Fault 77: a summary that somebody has changed is said to be, and never overwritten.
    """
    (summary,) = (office / "汇总" / "2026Q1").glob("*.xlsx")
    flip(summary, 2000)
    content = summary.read_bytes()

    assert notices(office, "status") == ["notice.summary_edited"]
    quarter(office, readers)
    assert summary.read_bytes() == content


def test_summary_that_is_gone_is_written_again(office, readers):
    """
    Fault 77: a version that was removed comes back byte for byte, and no new one is made.
    """
    (summary,) = (office / "汇总" / "2026Q1").glob("*.xlsx")
    content = summary.read_bytes()
    summary.unlink()

    published = quarter(office, readers)

    assert (published.new, published.path, summary.read_bytes()) == (False, summary, content)


def test_edited_original_is_named(office):
    """
    Fault 77: an original that was changed or removed is named when its figures are used.
    """
    first, second = sorted((office / "已收" / "原件").glob("*.xlsx"))[:2]
    flip(first, 100)
    second.unlink()

    with at_work(office, NOW, "aggregate") as work:
        (notice,) = work.notices

    assert (notice.code, notice.details["count"]) == ("notice.original_altered", 2)
    assert first.name in str(notice)
    assert second.name in str(notice)


@pytest.mark.parametrize(
    ("year", "doubtful"), [(1980, True), (2026, False), (2027, True), (2038, True), (2062, True)]
)
def test_wrong_clock_is_told_and_changes_nothing(office, readers, year, doubtful):
    """
    Fault 72: in 1980, 2038 and 2062 a doubtful date is told; files, figures and periods are as
    they were, since periods are what the forms say.
    """
    now, before = NOW.replace(year=year, month=12), figures(office)

    assert notices(office, now=now) == ["notice.clock"] * doubtful
    with at_work(office, now, "aggregate") as work:
        pipeline.collect(work, (), readers)
        pipeline.audit(work, PERIOD)
        (published,) = pipeline.aggregate(work, PERIOD)

    assert published.summary.totals == before[0][0]
    assert [one.state for one in published.summary.units] == ["passed"] * 3


def test_time_is_that_of_china(monkeypatch, tmp_path):
    """
    Fault 72: wherever the computer believes to be, the time is China's, also that of a file.
    """
    told = []
    for zone in ("America/New_York", "Asia/Shanghai"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        folder = tmp_path / zone.replace("/", "_")
        folder.mkdir()
        office = empty_street(folder)
        send_all(office)
        with at_work(office, NOW, "collect") as work:
            collect(work)
            told.append(sorted(work.book.ask("SELECT name, made_at FROM file")))
        assert abs(clock() - dt.datetime.now(dt.UTC).replace(tzinfo=None)).total_seconds() < 28860
        assert clock() > dt.datetime.now(dt.UTC).replace(tzinfo=None) + dt.timedelta(hours=7.9)
    monkeypatch.delenv("TZ")
    time.tzset()

    assert told[0] == told[1]


def test_sent_files_are_marked_as_foreign(tmp_path):
    """
    Fault 80: the mark that Windows reads is written beside a file, in its very bytes; elsewhere
    none is.
    """
    path = tmp_path / "和平社区.xlsx"
    path.write_bytes(b"x")
    mark_foreign(path, windows=False)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]

    mark_foreign(path, windows=True)

    assert zone_of(path).name == "和平社区.xlsx:Zone.Identifier"
    assert zone_of(path).read_bytes() == b"[ZoneTransfer]\r\nZoneId=3\r\n"
    assert path.read_bytes() == b"x"
