"""Taking in files: found, stored before they are opened, never lost, never changed."""

import datetime as dt
import hashlib
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import unicodedata
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath

import msgspec
import pytest

from huizong.archives import Member
from huizong.book import open_book
from huizong.collect import scan, store, store_members, sweep
from huizong.entries import count_files, files_of, save_files, sightings_of
from huizong.errors import HuizongError
from huizong.inbox import place_below
from huizong.keeping import altered, keep, safe_name
from huizong.office import Office, init_office
from huizong.safely import write_safely

NOW = dt.datetime(2026, 4, 9, 10, 5)
LATER = dt.datetime(2026, 4, 9, 10, 30)
OLD = time.time() - 3600
WINDOWS = PureWindowsPath(r"C:\Huizong\清河街道")


@pytest.fixture
def office(tmp_path) -> Office:
    """A sample office."""
    return init_office(tmp_path / "清河街道", now=NOW)


@pytest.fixture
def book(office):
    """Its open book."""
    with open_book(office.book) as book:
        yield book


def put(office: Office, name: str, content: bytes | None = None, age: float = 3600) -> Path:
    """Put a file into 收表, as old as is said."""
    path = office.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(name.encode() if content is None else content)
    os.utime(path, (time.time() - age,) * 2)
    return path


def take(office: Office, book, now: dt.datetime = NOW):
    """Scan and store what is new."""
    return store(office, book, scan(office, book).found, now)


def whole(office: Office, book, contents: set[bytes]) -> None:
    """I1, I2: every byte received is stored under its digest, once, in one state, and no more."""
    stored = {path.read_bytes() for path in office.originals.iterdir()}
    digests = {hashlib.sha256(content).hexdigest() for content in contents}
    assert stored == contents
    assert {file.digest for file in files_of(book)} == digests
    assert sum(count_files(book).values()) == len(list(office.originals.iterdir())) == len(digests)
    assert altered(office, book) == ()


def test_files_of_the_system_are_ignored_and_counted(office, book):
    """
    Fault 48: lock files, temporary and hidden files are no returns; links that circle are left.
    """
    for name in ("~$和平.xlsx", ".~lock.和平.xlsx#", "和平.xlsx.tmp", "Thumbs.db", "desktop.ini",
                 ".DS_Store", ".隐藏.xlsx", "和平.xlsx", "微信/光明.xlsx"):  # fmt: skip
        put(office, name)
    os.mkfifo(office.inbox / "管道")
    (office.inbox / "圈").symlink_to(office.inbox)
    (office.inbox / "断").symlink_to(office.inbox / "没有")

    found = scan(office, book)

    assert [path.name for path in found.found] == ["和平.xlsx", "光明.xlsx"]
    assert sorted((path.name, why) for path, why in found.ignored) == [
        (".DS_Store", "system_file"), (".~lock.和平.xlsx#", "lock_file"),
        (".隐藏.xlsx", "hidden"), ("Thumbs.db", "system_file"), ("desktop.ini", "system_file"),
        ("~$和平.xlsx", "lock_file"), ("和平.xlsx.tmp", "temporary"), ("圈", "not_a_file"),
        ("断", "not_a_file"), ("管道", "not_a_file"),
    ]  # fmt: skip


def test_stored_before_opened_and_never_changed(office, book):
    """
    I1: every byte lies read-only under its digest; the sender's file is as it was.
    """
    path = put(office, "和平.xlsx", b"PK and so on")
    before = path.stat()

    (stored,) = take(office, book)

    assert (stored.fate, stored.name, stored.first_at) == (
        "new",
        "和平.xlsx",
        "2026-04-09T10:05:00",
    )
    assert stored.digest == hashlib.sha256(b"PK and so on").hexdigest()
    assert stored.kept.name == f"{stored.digest[:16]}.xlsx"
    assert stored.kept.read_bytes() == b"PK and so on"
    assert stored.kept.stat().st_mode & 0o777 == 0o400
    after = path.stat()
    assert (before.st_mtime_ns, before.st_size, before.st_ino) == (
        after.st_mtime_ns, after.st_size, after.st_ino,
    )  # fmt: skip
    whole(office, book, {b"PK and so on"})


def test_unchanged_file_is_known(office, book):
    """
    A second run reads nothing again; one changed file is the only new one, the folder may move.
    """
    for name in ("甲.xlsx", "乙.xlsx"):
        put(office, name)
    take(office, book)
    assert (scan(office, book).found, scan(office, book).known) == ((), 2)

    changed = put(office, "甲.xlsx", b"other")
    assert scan(office, book).found == (changed,)
    whole_folder = office.folder.rename(office.folder.with_name("搬家"))
    with open_book(whole_folder / "huizong.db") as moved:
        there = init_office_like(office, whole_folder)
        assert scan(there, moved).known == 1


def init_office_like(office: Office, folder: Path) -> Office:
    """The same office in another place."""
    return Office(
        folder=folder, unit=office.unit, level=office.level, roster=office.roster,
        settings=office.settings,
    )  # fmt: skip


def test_same_bytes_are_stored_once(office, book):
    """
    Fault 31: a copy under another name is a sighting of the first, in one run or the next.
    """
    put(office, "和平.xlsx", b"same")
    put(office, "和平 副本.xlsx", b"same")
    first = take(office, book)
    put(office, "微信/和平(1).xls", b"same")
    (again,) = take(office, book, LATER)

    assert sorted(stored.fate for stored in first) == ["known", "new"]
    assert (again.fate, again.first_at) == ("known", "2026-04-09T10:05:00")
    assert len(sightings_of(book, again.digest)) == 3
    whole(office, book, {b"same"})


def test_file_that_is_still_growing_is_left_for_later(office, book):
    """
    Fault 49: a file that changes while it is looked at is busy and is taken when it is whole.
    """
    growing = put(office, "大.xlsx", b"PK", age=0)
    quiet = put(office, "静.xlsx", b"quiet", age=0)
    stop = threading.Event()

    def write_on() -> None:
        with growing.open("ab", buffering=0) as file:
            while not stop.wait(0.02):
                file.write(b"more")

    writer = threading.Thread(target=write_on)
    writer.start()
    found = scan(office, book)
    stop.set()
    writer.join()

    assert (found.busy, found.found) == ((growing,), (quiet,))
    store(office, book, found.found, NOW)
    os.utime(growing, (OLD, OLD))
    take(office, book)
    whole(office, book, {b"quiet", growing.read_bytes()})


def test_file_that_changes_while_it_is_copied_is_busy(office, book):
    """
    Fault 49: what was found but changes before the copy is done is not taken half.
    """
    path = put(office, "大.xlsx", os.urandom(1 << 20), age=0)
    found = scan(office, book).found
    stop = threading.Event()

    def write_on() -> None:
        with path.open("r+b", buffering=0) as file:
            while not stop.is_set():
                file.write(os.urandom(64))

    writer = threading.Thread(target=write_on)
    writer.start()
    time.sleep(0.05)
    (stored,) = store(office, book, found, NOW)
    stop.set()
    writer.join()

    assert stored.fate == "busy"
    whole(office, book, set())


def test_young_archive_without_its_end_gets_time(office, book):
    """
    Fault 49: a young .xlsx without its end is waited for, then taken as the damaged file it is.
    """
    put(office, "断.xlsx", b"PK\x03\x04 cut off", age=4)
    began = time.monotonic()

    assert len(scan(office, book).found) == 1
    assert time.monotonic() - began > 0.5


NAMES = (
    "很" * 80 + "/" + "长" * 83 + ".xlsx", "😀.xlsx",
    "CON.xlsx", "点.xlsx.", "空 .xlsx ", "A.XLSX", "a.xlsx",
    unicodedata.normalize("NFC", "é.xlsx"), unicodedata.normalize("NFD", "é.xlsx"),
    "x..xlsx..", "a\nb.xlsx", "\u202exslx.exe", "'; DROP TABLE file; --.xlsx", "無鍵",
)  # fmt: skip


def test_names_are_data_only(office, book):
    """
    Fault 50: whatever a file is called, it lies under its digest and its name is only remembered.
    """
    paths = [put(office, f"d{n}/{name}") for n, name in enumerate(NAMES)]
    raw = os.fsencode(office.inbox) + "/和平.xlsx".encode("gb18030")
    Path(os.fsdecode(raw)).write_bytes(b"gbk")
    os.utime(raw, (OLD, OLD))

    stored = take(office, book)

    assert len(stored) == len(NAMES) + 1
    whole(office, book, {path.read_bytes() for path in paths} | {b"gbk"})
    kept = {path.name for path in office.originals.iterdir()}
    assert all(name[:16].isalnum() and name[16:] in (".xlsx", ".bin") for name in kept)
    assert "和平.xlsx" in {file.name for file in files_of(book)}
    assert scan(office, book).found == ()


@pytest.mark.parametrize(
    ("path", "folder", "place"),
    [
        (WINDOWS / "收表" / "东 片" / "a.xlsx", WINDOWS, "收表/东 片/a.xlsx"),
        (PureWindowsPath(r"c:\HUIZONG\清河街道\收表\a.xlsx"), WINDOWS, "收表/a.xlsx"),
        (PureWindowsPath(r"E:\a.xlsx"), WINDOWS, "E:/a.xlsx"),
        (PureWindowsPath(r"\\nas\报表\a.xlsx"), WINDOWS, "//nas/报表/a.xlsx"),
        (PureWindowsPath(r"C:\Huizong\清河街道2\a.xlsx"), WINDOWS, "C:/Huizong/清河街道2/a.xlsx"),
        (PurePosixPath(r"/o/收表/a\b.xlsx"), PurePosixPath("/o"), r"收表/a\b.xlsx"),
    ],
)  # fmt: skip
def test_place_in_the_book_is_the_same_on_every_system(path, folder, place):
    """
    A book that was made on Windows names its files as one made elsewhere, so that they are known.
    """
    assert place_below(path, folder) == place


def test_members_stay_below_their_letter_whatever_their_names(office, book):
    """
    Fault 50: names that lead elsewhere as paths of Windows are text below the place of a letter.
    """
    names = ("C:x.xlsx", "a:b.xlsx", "CON.xlsx", "NUL", "x.xlsx. .", "..xlsx", r"a\..\b.xlsx")
    members = {
        f"已收/邮件/{n}.eml/1/{name}": Member(name, 0, name.encode())
        for n, name in enumerate(names)
    }
    stored = store_members(office, book, members, NOW)

    assert {file.source for file in files_of(book)} == {*members}
    assert {one.path for file in files_of(book) for one in sightings_of(book, file.digest)} == {
        *members
    }
    assert [one.kept.suffix for one in stored] == [".xlsx"] * 3 + [".bin"] + [".xlsx"] * 3


@pytest.mark.parametrize("year", [2300, 1965])
def test_file_of_a_time_that_cannot_be_is_taken(office, book, year):
    """
    Fault 72: a file whose time lies beyond what the book can hold, or before 1970, stops nothing.
    """
    path = put(office, "a.xlsx")
    os.utime(path, (dt.datetime(year, 1, 1, tzinfo=dt.UTC).timestamp(),) * 2)
    (stored,) = take(office, book)

    assert (stored.fate, scan(office, book).known) == ("new", 1)


def test_missing_path_is_said(office, book):
    """
    A path that was typed wrong stops the command before anything is done.
    """
    with pytest.raises(HuizongError) as caught:
        scan(office, book, [office.inbox / "没有.xlsx"])
    assert caught.value.code == "error.no_file"


def test_given_paths_may_lie_anywhere(office, book, tmp_path):
    """
    Files and folders outside the office are taken by path, and known the second time.
    """
    outside = tmp_path / "U盘" / "和平.xlsx"
    outside.parent.mkdir()
    outside.write_bytes(b"x")
    os.utime(outside, (OLD, OLD))

    store(office, book, scan(office, book, [outside]).found, NOW)

    assert scan(office, book, [outside.parent]).known == 1
    whole(office, book, {b"x"})


def test_edited_original_is_found(office, book):
    """
    Fault 77: a stored original that somebody edited or removed is named.
    """
    for name in ("甲.xlsx", "乙.xlsx", "丙.xlsx"):
        put(office, name)
    first, second, _ = take(office, book)
    first.kept.chmod(0o600)
    first.kept.write_bytes(b"edited")
    second.kept.unlink()

    assert set(altered(office, book)) == {first.kept.name, second.kept.name}


def test_filed_copy_has_the_units_name(office, book):
    """
    A recognised return lies under 已收 by period and unit, and is the same bytes.
    """
    put(office, "x.xlsx", b"return")
    (stored,) = take(office, book)

    path = keep(office, stored.kept, "2026Q1", office.roster[1], set_code="TJ", number=2)

    assert path.name == "2026Q1_990101001001_和平社区_TJ_第2版.xlsx"
    assert path.read_bytes() == b"return"
    assert keep(office, stored.kept, "2026Q1", office.roster[1], set_code="TJ", number=2) == path


@pytest.mark.parametrize(
    ("text", "name"),
    [("和平/社区", "和平_社区"), ("a:b*c?", "a_b_c_"), ("点. ", "点"), ("\x00..", "_"), ("", "_")],
)
def test_names_for_people_fit_every_system(text, name):
    """
    Fault 50: a unit's name never becomes a path, and fits Windows.
    """
    assert safe_name(text) == name


STORE = """
import datetime as dt, sys
from pathlib import Path, PurePosixPath, PureWindowsPath
from huizong.book import open_book
from huizong.collect import scan, store
from huizong.office import open_office
office = open_office(Path(sys.argv[1]))
with open_book(office.book) as book:
    found = scan(office, book).found
    print("go", flush=True)
    store(office, book, found, dt.datetime(2026, 4, 9))
    print("done", flush=True)
"""


def run_and_kill(office: Office, seconds: float) -> bool:
    """Run a collection in a process of its own, kill it, tell whether it had come to its end."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", STORE, str(office.folder)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    return "done" in process.communicate()[0]


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost(office):
    """
    Fault 63: kill -9 during the storing, again and again, then a run: I1 and I2 hold.
    """
    random.seed(63)
    contents: set[bytes] = set()
    unfinished = 0
    for turn in range(15):
        for number in range(120):
            content = b"%d-%d" % (turn, number) * 500
            put(office, f"{turn}-{number}.xlsx", content)
            contents.add(content)
        unfinished += not run_and_kill(office, random.random() * 0.12)
    assert unfinished, "every run had come to its end: nothing was tried"

    with open_book(office.book) as book:
        take(office, book)
        sweep(office, book, NOW)
        whole(office, book, contents)
        assert not list(office.originals.glob(".part-*"))
        assert {file.reason for file in files_of(book)} <= {"stored", "recovered"}


def test_original_stored_by_a_dead_run_is_entered(office, book):
    """
    Fault 63: bytes that a killed run stored but did not enter are entered, though their source
    has gone.
    """
    content = b"orphan"
    digest = hashlib.sha256(content).hexdigest()
    (office.originals / f"{digest[:16]}.xlsx").write_bytes(content)
    (office.originals / ".part-1-0").write_bytes(b"half")

    store(office, book, (), NOW)
    sweep(office, book, NOW)

    assert [(file.digest, file.reason) for file in files_of(book)] == [(digest, "recovered")]
    whole(office, book, {content})


def test_persons_among_the_originals(office, book):
    """
    Fault 77: a copy that somebody made of an original changes nothing; an original that somebody
    removed is stored again when its bytes come again.
    """
    put(office, "甲.xlsx", b"one")
    (stored,) = take(office, book)
    (file,) = files_of(book)
    save_files(book, [msgspec.structs.replace(file, state="adopted", reason="adopted")])
    shutil.copy(stored.kept, stored.kept.with_name("甲 副本.xlsx"))
    take(office, book)
    assert count_files(book)["adopted"] == 1

    stored.kept.unlink()
    put(office, "甲 又一次.xls", b"one")
    (again,) = take(office, book)
    assert (again.fate, again.kept) == ("known", stored.kept)
    assert altered(office, book) == ()


@contextmanager
def small_disk(folder: Path, size: str):
    """Mount a real small disk, or skip where we may not."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_loses_nothing(office, book):
    """
    Fault 62: a full disk stops the batch; what was there stays, nothing half is left, and with
    room again all is taken.
    """
    with small_disk(office.folder / "已收", "256k"):
        contents = [os.urandom(100_000) for _ in range(4)]
        put(office, "0.xlsx", contents[0])
        take(office, book)
        for number in (1, 2, 3):
            put(office, f"{number}.xlsx", contents[number])
        with pytest.raises(HuizongError) as caught:
            take(office, book)
        assert caught.value.code == "error.disk_full"
        whole(office, book, {contents[0]})

        remount = ["mount", "-o", "remount,size=2m", str(office.folder / "已收")]
        subprocess.run(remount, check=True)
        take(office, book)
        whole(office, book, set(contents))


def test_full_disk_keeps_the_old_file(tmp_path):
    """
    Fault 62: a file that no longer fits leaves the old one whole and no temporary file.
    """
    with small_disk(tmp_path / "disk", "64k"):
        path = tmp_path / "disk" / "状态.xlsx"
        path.write_bytes(b"old")
        with pytest.raises(HuizongError) as caught, write_safely(path) as temp:
            temp.write_bytes(os.urandom(100_000))
        assert caught.value.code == "error.disk_full"
        assert [p.name for p in path.parent.iterdir()] == ["状态.xlsx"]
        assert path.read_bytes() == b"old"


def test_open_target_gets_the_next_name(tmp_path):
    """
    Fault 64: a target that the system holds fast is written beside as _v2, and it is said.
    """
    path, held = tmp_path / "状态.xlsx", tmp_path / "held"
    path.write_bytes(b"old")
    held.write_bytes(b"held")
    # A mount point answers "busy" to a rename, as Windows does for a file that is open.
    command = ["mount", "--bind", str(held), str(path)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("holding a file fast needs root")
    try:
        safely = write_safely(path)
        with safely as temp:
            temp.write_bytes(b"new")
    finally:
        subprocess.run(["umount", str(path)], check=True)

    assert (safely.moved, safely.path.name) == (True, "状态_v2.xlsx")
    assert (path.read_bytes(), safely.path.read_bytes()) == (b"old", b"new")
    assert len(list(tmp_path.iterdir())) == 3
