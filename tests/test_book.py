"""The book of record: seals, states, figures, the chain of events, one writer."""

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huizong import lock
from huizong.book import create_book, open_book
from huizong.entries import (
    Answer,
    Received,
    answers_of,
    count_files,
    files_of,
    findings_of,
    readings_of,
    save_all_findings,
    save_answers,
    save_files,
    save_readings,
)
from huizong.errors import HuizongError
from huizong.history import (
    Issued,
    Made,
    Standing,
    figures_of,
    last_summary,
    save_issued,
    save_standings,
    save_summary,
    standings_of,
    sum_of,
    summaries_of,
)
from huizong.records import AuditedFinding, FigureCell, Finding, Identity, Reading, Summary

AT = "2026-04-09T10:05:00"
IDENTITY = Identity("TJ", "1", "2026Q1", "990101001001", "和平社区")


@pytest.fixture
def book(tmp_path):
    """An empty open book."""
    create_book(tmp_path / "huizong.db", AT)
    with open_book(tmp_path / "huizong.db") as book:
        yield book


def received(digest: str, **more) -> Received:
    """A file of one unit."""
    place = {"period": "2026Q1", "set_code": "TJ", "unit": "990101001001", "role": "unit"}
    return Received(**{
        "digest": digest, "name": f"{digest}.xlsx", "source": "收表", "size": 1,
        "received_at": AT, **place, **more,
    })  # fmt: skip


def test_book_is_safe_on_disk(book):
    """
    Fault 63: the journal is truncated, every commit is on the disk, others cannot read the file.
    """
    assert book.ask("PRAGMA journal_mode") == [("truncate",)]
    assert book.ask("PRAGMA synchronous") == [(2,)]
    assert book.ask("PRAGMA foreign_keys") == [(1,)]
    assert book.path.stat().st_mode & 0o777 == 0o600


def test_seal_tells_ok_wrong_and_unknown(book):
    """
    Fault 29: a seal fits its code, role, period, set and version only; unissued ones are unknown.
    """
    seal = book.seal(IDENTITY)
    other = Identity("TJ", "1", "2026Q1", "990101001002", "光明社区")
    assert (len(seal), book.check_seal(IDENTITY, seal)) == (16, "ok")
    assert book.check_seal(other, seal) == "unknown"

    save_issued(book, [Issued("2026Q1", "TJ", "1", i.code, "unit", book.seal(i), "d", "p", AT)
                       for i in (IDENTITY, other)])  # fmt: skip

    assert book.check_seal(other, seal) == "wrong"
    assert book.check_seal(other, "") == "unknown"
    for place in range(16):
        flipped = seal[:place] + ("0" if seal[place] != "0" else "1") + seal[place + 1 :]
        assert book.check_seal(IDENTITY, flipped) == "wrong"
    renamed = Identity("TJ", "1", "2026Q1", "990101001001", "和平社区居委会")
    assert book.check_seal(renamed, seal) == "ok"


def test_two_books_have_different_keys(book, tmp_path):
    """
    The seal of another office does not fit.
    """
    create_book(tmp_path / "other.db", AT)
    with open_book(tmp_path / "other.db") as other:
        assert other.seal(IDENTITY) != book.seal(IDENTITY)


def test_file_has_exactly_one_state(book):
    """
    I2: counts of states add up to the files received, and no other state can be entered.
    """
    states = ("adopted", "pending", "returned", "superseded", "not_a_return", "pending")
    save_files(book, [received(f"{n}", state=state) for n, state in enumerate(states)])
    counts = count_files(book)

    assert counts == {
        "adopted": 1, "pending": 2, "returned": 1, "superseded": 1, "not_a_return": 1,
    }  # fmt: skip
    assert sum(counts.values()) == len(files_of(book))
    with pytest.raises(sqlite3.IntegrityError):
        save_files(book, [received("x", state="lost")])


def test_version_numbers_of_a_unit(book):
    """
    Each file of a unit and period gets the next number once, and keeps it.
    """
    first, second = save_files(book, [received("a"), received("b")])
    (third,) = save_files(book, [received("c")])
    save_files(book, files_of(book, digests=["a"]))

    assert [file.number for file in (first, second, third)] == [1, 2, 3]
    assert [file.number for file in files_of(book, unit="990101001001")] == [1, 2, 3]


def test_file_comes_back_as_saved(book):
    """
    What is entered about a file is read back whole, findings too.
    """
    finding = Finding("unknown_unit", "ask", details={"found": "和平路社区"})
    (saved,) = save_files(book, [received("a", findings=(finding,), put_aside=True, seal="ok")])

    assert files_of(book, digests=["a"]) == (saved,)
    assert files_of(book, states=["adopted"]) == ()


def test_all_or_nothing(book):
    """
    A transaction that fails leaves nothing, also from what it called.
    """
    with pytest.raises(RuntimeError), book.writing():  # noqa: PT012  the failure comes second
        save_files(book, [received("a")])
        raise RuntimeError
    assert files_of(book) == ()


def test_chain_of_events_shows_every_change(book):
    """
    Fault 78: an event that is altered, removed or cut off the end is found; none can be changed.
    """
    for number in range(5):
        book.record("collected", {"count": number}, AT)
    assert book.verify_chain() == 0
    with pytest.raises(sqlite3.IntegrityError):
        book.put("UPDATE event SET what = 'x' WHERE id = ?", [(2,)])
    with pytest.raises(sqlite3.IntegrityError):
        book.put("DELETE FROM event WHERE id = ?", [(2,)])

    book.put("DROP TRIGGER event_stays", [()])
    book.put("DROP TRIGGER event_kept", [()])
    book.put("UPDATE event SET details = '{}' WHERE id = ?", [(3,)])
    assert book.verify_chain() == 3
    book.put("DELETE FROM event WHERE id >= ?", [(3,)])
    assert book.verify_chain() == 3


def reading_of(values: list[Decimal], code: str = "TJ01") -> dict[str, Reading]:
    """One reading with one figure for each value."""
    return {
        f"{n}": Reading(IDENTITY, figures=(FigureCell(code, "number", str(value)),))
        for n, value in enumerate(values)
    }


@settings(max_examples=30, deadline=None)
@given(st.lists(st.decimals(-(10**12), 10**12, places=4), min_size=1, max_size=30))
def test_sum_in_sql_is_exact(tmp_path_factory, values):
    """
    Fault 70: the second sum, in SQL, equals the exact sum of adopted and passed returns.
    """
    path = tmp_path_factory.mktemp("book") / "huizong.db"
    create_book(path, AT)
    with open_book(path) as book:
        units = [f"U{n}" for n in range(len(values))]
        save_files(book, [received(f"{n}", unit=u, state="adopted") for n, u in enumerate(units)])
        save_readings(book, reading_of(values), "1")
        save_standings(book, [Standing("2026Q1", "TJ", u, "unit", "passed", f"{n}")
                              for n, u in enumerate(units)])  # fmt: skip
        assert Decimal(sum_of(book, "2026Q1", "TJ", "TJ01", units)) == sum(values)


def test_only_adopted_and_passed_figures_are_history(book):
    """
    Past figures come from adopted files of passed units, as the book is now.
    """
    save_files(book, [received("0", state="adopted"), received("1", unit="B", state="adopted"),
                      received("2", unit="C", state="returned")])  # fmt: skip
    save_readings(book, reading_of([Decimal(5), Decimal(6), Decimal(7)]), "1")
    save_standings(book, [Standing("2026Q1", "TJ", "990101001001", "unit", "passed", "0"),
                          Standing("2026Q1", "TJ", "B", "unit", "to_mend", "1"),
                          Standing("2026Q1", "TJ", "C", "unit", "passed", "")])  # fmt: skip

    assert [(f.unit, f.code, f.value) for f in figures_of(book, "2026Q1", "TJ")] == [
        ("990101001001", "TJ01", "5")
    ]
    assert standings_of(book, "2026Q1")["TJ", "B", "unit"].state == "to_mend"


def test_readings_of_another_reader_are_not_used(book):
    """
    A reading comes back equal, but not for a newer reader.
    """
    save_files(book, [received("0")])
    readings = reading_of([Decimal("1.50")])
    save_readings(book, readings, "reader 1")

    assert readings_of(book, ["0"], "reader 1") == readings
    assert readings_of(book, ["0"], "reader 2") == {}


def test_findings_and_answers(book):
    """
    Findings of a file replace those it had; the last answer is in force, a repeated one is none.
    """
    save_files(book, [received("0")])
    place = ("990101001001", "2026Q1", "TJ")
    audited = AuditedFinding("AB12CD34", Finding("required", "must", cell="D7"))
    for found in ([audited, AuditedFinding("X", audited.finding)], [audited]):
        save_all_findings(book, "1", AT, [("0", place, found)])
    assert findings_of(book, "2026Q1") == {"0": (audited,)}

    answer = Answer(key="K", action="accept", officer="王芳", reason="属实", period="2026Q1")
    assert len(save_answers(book, [answer])) == 1
    assert save_answers(book, [answer]) == ()
    later = Answer(key="K", action="reject", officer="王芳", reason="重报", period="2026Q1")
    save_answers(book, [later])
    assert answers_of(book) == {"K": later}


def test_published_summary_is_never_overwritten(book):
    """
    I6: a number of a summary is used once; the last one is the one in force.
    """
    summary = Summary(identity=IDENTITY, made_at=AT, totals=(), units=())
    for number in (1, 2):
        save_summary(book, Made("2026Q1", "TJ", number, f"v{number}", "d", "c", AT), summary)
    with pytest.raises(sqlite3.IntegrityError):
        save_summary(book, Made("2026Q1", "TJ", 2, "again", "d", "c", AT), summary)

    assert [made.path for made in summaries_of(book, "2026Q1")] == ["v1", "v2"]
    assert last_summary(book, "2026Q1", "TJ") == summary


def test_backup_is_a_whole_book(book, tmp_path):
    """
    A dated copy holds the same seal and files, and only its owner reads it.
    """
    save_files(book, [received("a")])
    path = book.back_up(tmp_path / "备份", dt.datetime(2026, 4, 9, 10, 5))

    assert path.name == "huizong-20260409-100500.db"
    assert path.stat().st_mode & 0o777 == 0o600
    with open_book(path) as copy:
        assert copy.seal(IDENTITY) == book.seal(IDENTITY)
        assert len(files_of(copy)) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "error.book_missing"), (b"no database at all" * 99, "error.book_damaged"),
     (b"", "error.book_version")],
)  # fmt: skip
def test_book_that_cannot_be_used(tmp_path, content, code):
    """
    A missing, damaged or foreign book is refused and never made anew.
    """
    path = tmp_path / "huizong.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HuizongError) as caught, open_book(path):
        pass
    assert caught.value.code == code
    assert path.exists() == (content is not None)


HOLD = """
import sys, time
from pathlib import Path
from huizong import lock
from huizong.errors import HuizongError
try:
    with lock.hold(Path(sys.argv[1]), lock.me("10:03", "汇总")):
        print("runs", flush=True)
        time.sleep(float(sys.argv[2]))
except HuizongError as error:
    print(error.code, error.details["pid"], error.details["since"], flush=True)
"""


def start(folder: Path, seconds: float) -> subprocess.Popen:
    """Start a process that holds the folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", HOLD, str(folder), str(seconds)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_second_process_is_told_who_is_at_work(tmp_path):
    """
    Fault 65: of many starts one runs, the others are told that it is theirs, and since when.
    """
    first = start(tmp_path, 4)
    assert first.stdout.readline() == "runs\n"
    others = [start(tmp_path, 0) for _ in range(6)]

    told = {other.communicate()[0] for other in others}
    first.kill()
    first.communicate()

    assert told == {f"error.locked_here {first.pid} 10:03\n"}


def test_lock_of_a_killed_process_is_free(tmp_path):
    """
    Fault 65: after kill -9 the next start runs at once and learns whose note was left behind.
    """
    first = start(tmp_path, 60)
    first.stdout.readline()
    first.kill()
    first.communicate()

    with lock.hold(tmp_path, lock.me("11:00")) as left:
        assert left.pid == first.pid
    with lock.hold(tmp_path, lock.me("11:01")) as left:
        assert left is None


def test_note_of_another_machine_is_believed_for_a_while(tmp_path):
    """
    Fault 65: on a share without common locks a fresh note of another host holds, an old one not.
    """
    note = tmp_path / lock.NOTE
    note.write_text('{"owner":"王芳","host":"pc-2","pid":1,"since":"10:03"}', encoding="utf-8")
    with pytest.raises(HuizongError, match=r"王芳.*10:03"), lock.hold(tmp_path, lock.me("10:05")):
        pass
    assert note.exists()

    old = note.stat().st_mtime - lock.STALE_AFTER - 1
    os.utime(note, (old, old))
    with lock.hold(tmp_path, lock.me("13:00")) as left:
        assert left.owner == "王芳"


@pytest.mark.parametrize(
    ("age", "code", "advised"),
    [(60, "error.locked", False), (lock.QUIET_AFTER + 60, "error.locked_left", True)],
)
def test_note_may_be_removed_once_it_has_been_quiet(tmp_path, age: int, code: str, advised: bool):
    """
    Only of a note that another computer left a good while ago is its file named, to be deleted.
    """
    note = tmp_path / lock.NOTE
    said = '{"owner":"王芳","host":"pc-2","pid":1,"since":"2026-04-03T10:03:31","action":"history"}'
    note.write_text(said, encoding="utf-8")
    old = note.stat().st_mtime - age
    os.utime(note, (old, old))

    with pytest.raises(HuizongError) as caught, lock.hold(tmp_path, lock.me("2026-04-03T10:30")):
        pass

    assert caught.value.code == code
    assert (str(note) in str(caught.value)) == advised
    assert (caught.value.details["name"], caught.value.details["time"]) == ("期初导入", "10:03")
