"""The menu at a real terminal, its launchers, and what a person may type."""

import datetime as dt
import os
import re
import shlex
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import filelock
import pytest

from huizong import pipeline
from huizong.asking import dropped
from huizong.errors import HuizongError
from huizong.launchers import (
    LINUX,
    WINDOWS,
    linux_launcher,
    office_and_files,
    windows_launcher,
    write_launchers,
)
from huizong.lock import LOCK, hold, me
from huizong.menu import ACTIONS
from huizong.office import init_office, sample_roster
from huizong.texts import say, speak
from huizong.unit_names import find_unit
from programs import require
from returned import PERIOD, at, good, put
from terminal import LIMIT, SRC, Terminal

CODES = ("990101001001", "990101001002")
ROSTER = """区划代码,单位名称,上级代码,类别
990101001000,清河街道,990101000000,街道
990101001001,和平社区,990101001000,社区
990101001002,光明社区,990101001000,社区
"""
NUMBERS = {action.name: str(number) for number, action in enumerate(ACTIONS, 1)}
SENT = "2026-04-03T09:00:00"


@pytest.fixture(params=["zh", "en"])
def language(request) -> Iterator[str]:
    """Speak each language in turn; what the test expects is said in it too."""
    speak(request.param)
    yield request.param
    speak("zh")


@pytest.fixture
def office(tmp_path) -> Path:
    """An office with two communities that uses one form set."""
    roster = tmp_path / "名册.csv"
    roster.write_text(ROSTER, encoding="utf-8")
    folder = tmp_path / "清河 街道"
    init_office(folder, roster=roster, now=dt.datetime(2026, 3, 20, 9), sets=("TJ",))
    return folder


def choose(terminal: Terminal, name: str, *answers: str) -> str:
    """Choose an action, answer what it asks, and give what came of it."""
    terminal.type(NUMBERS[name])
    for answer in answers:
        terminal.type(answer)
    return terminal.until(say("menu.back"))


def test_quarter_by_numbers(office, tmp_path, language):
    """
    A period is issued, returned, audited and added up by numbers alone, in either language.
    """
    with Terminal(["menu", office, "--now", SENT], {"HUIZONG_LANG": language}) as terminal:
        terminal.until(say("menu.choose"))
        issued = choose(terminal, "issue", "")
        with at(office) as work:
            sent = [put(work, good(work, code), f"{code} 报") for code in CODES]
        files = [str(file.rename(tmp_path / file.name)) for file in sent]
        collected = choose(terminal, "collect", shlex.join(files))
        audited = choose(terminal, "audit", "2026Q1")
        summed = choose(terminal, "aggregate", "")
        stands = choose(terminal, "status", "")
        terminal.type("0")
        assert terminal.end() == 0

    folder = office / "下发" / "2026Q1"
    assert say("command.issued", books=3, count=3, folder=folder) in issued
    assert say("command.collected", filed=2, unfiled=0, known=0, ignored=0, busy=0) in collected
    places = {"status": office / "状态.xlsx", "findings": office / "审核结果.xlsx"}
    assert say("command.papers", **places) in audited
    assert stands.count(say("state.passed")) == 3
    assert len(list((office / "汇总" / "2026Q1").glob("*.xlsx"))) == 1
    assert "2/2" in summed
    assert "Traceback" not in terminal.shown


def test_wrong_input_is_answered_and_ctrl_c_returns(office):
    """
    What is no number of the list, no period, no unit is said so; Ctrl-C and Enter lead back.
    """
    with Terminal(["menu", office]) as terminal:
        terminal.until(say("menu.choose"))
        terminal.type("九十九")
        terminal.until(say("menu.unknown", text="九十九", last=len(ACTIONS)))
        terminal.until(say("menu.back"))
        terminal.type(NUMBERS["return"])
        terminal.type("2026Q9")
        terminal.until("2026Q9")
        terminal.type("2026年第一季度")
        terminal.until(say("menu.unit"))
        terminal.type("和评社区")
        terminal.until("和平社区")
        terminal.type("和平居委会")
        terminal.until(say("command.nothing_to_return", period="2026Q1"))
        terminal.until(say("menu.back"))
        terminal.type(NUMBERS["answer"])
        terminal.until("2026Q1")
        terminal.stop(say("menu.cancelled"))
        terminal.until(say("menu.back"))
        terminal.stop(say("menu.choose"))
        terminal.stop(say("menu.interrupted"))
        terminal.until(say("menu.choose"))
        terminal.type("０")
        assert terminal.end() == 0

    assert "Traceback" not in terminal.shown


def test_work_that_is_stopped_leads_back(office):
    """
    Ctrl-C while blanks are written stops the work in one sentence and leaves the menu open.
    """
    with Terminal(["menu", office]) as terminal:
        terminal.until(say("menu.choose"))
        terminal.type(NUMBERS["issue"])
        terminal.type("2026Q1")
        terminal.until(say("menu.working", name=say("menu.action.issue")))
        terminal.stop(say("error.stopped"))
        terminal.until(say("menu.back"))
        issued = choose(terminal, "issue", "2026Q1")
        terminal.type("0")
        assert terminal.end() == 0

    assert say("command.issued", books=3, count=3, folder=office / "下发" / "2026Q1") in issued
    assert "Traceback" not in terminal.shown


def test_what_cannot_run_keeps_the_menu_open(office):
    """
    A sum of nothing says why in one sentence, and the next action can be chosen.
    """
    with Terminal(["menu", office]) as terminal:
        terminal.until(say("menu.choose"))
        told = choose(terminal, "aggregate", "2026Q1")
        choose(terminal, "status", "")
        terminal.type("0")
        assert terminal.end() == 0

    assert say("error.nothing_passed", period=PERIOD.zh, set="矛盾纠纷调解") in told


def test_files_dropped_are_collected_first(office, tmp_path):
    """
    The launcher names itself and the files dropped on it: its folder is the office's.
    """
    with at(office) as work:
        pipeline.issue(work, PERIOD)
        sent = put(work, good(work), "报").rename(tmp_path / "和平 报.xlsx")
    with Terminal(["menu", office / LINUX, sent, "--now", SENT]) as terminal:
        told = terminal.until(say("menu.back"))
        terminal.type("0")
        assert terminal.end() == 0

    assert say("command.collected", filed=1, unfiled=0, known=0, ignored=0, busy=0) in told


def test_folder_that_is_no_office_says_so(tmp_path):
    """
    Opened beside no control workbook, the menu ends with 2 and says where it looked.
    """
    with Terminal(["menu", tmp_path / WINDOWS]) as terminal:
        assert terminal.end() == 2

    assert say("error.no_office", folder=tmp_path) in terminal.shown


@pytest.mark.parametrize(
    ("typed", "paths"),
    [
        ("", []),
        ("/a/报 表.xlsx", ["/a/报", "表.xlsx"]),
        ("'/a/报 表.xlsx' /b.xlsx", ["/a/报 表.xlsx", "/b.xlsx"]),
        (r"/a/报\ 表.xlsx", ["/a/报 表.xlsx"]),
        ('"/a/报 表.xlsx"', ["/a/报 表.xlsx"]),
        ("/a/it's.xlsx", ["/a/it's.xlsx"]),
    ],
)
def test_paths_as_terminals_type_them(typed, paths):
    """
    A dropped path comes quoted, with backslashes or bare, several with blanks between them.
    """
    assert [str(path) for path in dropped(typed)] == paths


def test_path_typed_with_blanks_is_one_file(tmp_path):
    """
    What is there as it was typed is one file.
    """
    path = tmp_path / "一 二.xlsx"
    path.touch()

    assert dropped(str(path)) == (path,)


HOME = Path("/home/王 芳/清河%街道")
FILE = Path("/tmp/报.xlsx")


@pytest.mark.parametrize(
    ("given", "folder", "files"),
    [
        ([HOME], HOME, ()),
        ([HOME, FILE], HOME, (FILE,)),
        ([HOME / WINDOWS, FILE], HOME, (FILE,)),
        ([Path("/old") / LINUX, FILE], Path("/old"), (FILE,)),
        ([Path("/old") / LINUX, HOME / LINUX, FILE], HOME, (FILE,)),
        ([Path("/old") / LINUX, Path((HOME / LINUX).as_uri())], HOME, ()),
        ([HOME / LINUX, Path(FILE.as_uri())], HOME, (FILE,)),
    ],
)
def test_launcher_stands_for_its_folder(given, folder, files):
    """
    A launcher named by path or address is the office's folder, where it lies now if that is known.
    """
    assert office_and_files(given) == (folder, files)


def test_windows_launcher_is_bytes_that_cmd_reads(office):
    """
    ASCII until the code page is UTF-8, CRLF throughout, no label, the folder's own path first.
    """
    data = (office / WINDOWS).read_bytes()
    lines = data.decode("utf-8").split("\r\n")

    assert data.count(b"\n") == data.count(b"\r\n")
    assert not data.startswith(b"\xef\xbb\xbf")
    assert lines[:2] == ["@echo off", "chcp 65001 >nul"]
    assert [line for line in lines if line.startswith(":") or "goto" in line] == []
    assert '"%PYTHON%" -m huizong menu "%~f0" %*' in lines
    assert lines[-2:] == ["if errorlevel 2 pause", ""]


def test_windows_launcher_quotes_what_cmd_would_take_for_its_own():
    """
    A per cent sign in the path of Python and a bracket in a sentence stay what they are.
    """
    speak("zh")
    data = windows_launcher(r"C:\Users\100%王\python.exe").decode()
    (told,) = re.findall("  echo (.*)\r\n", data)

    assert 'set "PYTHON=C:\\Users\\100%%王\\python.exe"' in data
    assert not re.search(r"(?<!\^)[&|<>()]", told)


def test_desktop_entry_is_valid(office):
    """
    The entry passes the desktop's own validator, and may be executed.
    """
    program = require("desktop-file-validate")
    done = subprocess.run([program, office / LINUX], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")
    assert os.access(office / LINUX, os.X_OK)


# The desktop opens a terminal of its choice; this one types and writes down what it shows.
XTERM = """#!/bin/sh
[ "$1" = -e ] && shift
printf '4\n\n0\n' | "$@" >"$SHOWN.part" 2>&1
mv "$SHOWN.part" "$SHOWN"
"""


def test_desktop_entry_opens_the_menu_of_its_folder(office, tmp_path):
    """
    Started by the desktop with a file dropped on it, it collects the file and opens the menu.
    """
    program = require("gio")
    moved = office.rename(tmp_path / "搬到 $HOME%这里")
    write_launchers(moved)
    terminal, shown = tmp_path / "bin" / "xterm", tmp_path / "shown.txt"
    terminal.parent.mkdir()
    terminal.write_text(XTERM)
    terminal.chmod(0o755)
    dropped_file = tmp_path / "不是 报表.xlsx"
    dropped_file.write_text("x")
    env = {"PATH": f"{terminal.parent}:{os.environ['PATH']}", "SHOWN": str(shown)}
    subprocess.run(
        [program, "launch", moved / LINUX, dropped_file], check=True, cwd="/",
        env=os.environ | env | {"PYTHONPATH": str(SRC)},
    )  # fmt: skip
    wait_for(shown)

    told = shown.read_text()
    assert "不是 报表.xlsx" in told
    assert "990101001001" in told


def wait_for(path: Path) -> None:
    """Wait until a file is there; the desktop does not wait for what it started."""
    end = time.monotonic() + LIMIT
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} never came"
        time.sleep(0.1)


def test_linux_launcher_quotes_the_path_of_python():
    """
    Quotes, dollars and per cent signs in the path of Python stay what they are.
    """
    entry = linux_launcher('/opt/a"b$c%d/python3', HOME).decode()
    (line,) = re.findall("^Exec=(.*)$", entry, re.MULTILINE)
    word = re.fullmatch(r'sh -c "(.*)" huizong %k %F', line.replace("\\\\", "\\"))[1]
    script = re.sub(r'\\([\\"$`])', r"\1", word).replace("%%", "%")

    first = script.split(";", 1)[0]
    done = subprocess.run(["sh", "-c", f'{first}; printf %s "$P"'], capture_output=True, check=True)
    assert done.stdout.decode() == '/opt/a"b$c%d/python3'


def test_close_and_paper_and_signing_by_numbers(office):
    """
    What comes after the summary is asked and said as on the command line, with the same refusals.
    """
    with Terminal(["menu", office, "--now", SENT]) as terminal:
        terminal.until(say("menu.choose"))
        paper = choose(terminal, "paper", "2026Q1", "和平社区", "1234")
        signing = choose(terminal, "sign", "", "")
        closed = choose(terminal, "close", "", "王芳", "全部核对")
        reopened = choose(terminal, "reopen", "", "王芳", "更正")
        terminal.type(NUMBERS["history"])
        terminal.type("")
        terminal.until(say("menu.cancelled"))
        terminal.until(say("menu.back"))
        terminal.type("0")
        assert terminal.end() == 0

    assert "990101001001" in paper
    assert say("error.sign_nothing", period="2026Q1") in signing
    assert PERIOD.zh in closed.rpartition(say("menu.working", name=say("menu.action.close")))[2]
    told = reopened.rpartition(say("menu.working", name=say("menu.action.reopen")))[2]
    assert say("error.not_closed", period=PERIOD.zh) in told
    assert "Traceback" not in terminal.shown


def test_letters_by_numbers(office):
    """
    收邮件, 发信 and 发件 ask what they need, and say what the commands say.
    """
    with Terminal(["menu", office, "--now", SENT]) as terminal:
        terminal.until(say("menu.choose"))
        fetched = choose(terminal, "fetch", "1")
        sent = choose(terminal, "send", "2026Q1", "")
        listed = choose(terminal, "queue", "")
        settled = choose(terminal, "queue", "1a2b3c4d-1", "4")
        terminal.type("0")
        assert terminal.end() == 0

    assert say("error.mail_not_set") in fetched
    assert say("sending.drafts_only") in sent
    assert say("sending_state.sent") in listed
    assert say("error.queue_unknown", key="1a2b3c4d-1") in settled


def test_near_names_are_those_that_share_more_than_their_ending():
    """
    和评社区 is near 和平社区 only: that others end in 社区 too makes them no nearer.
    """
    match = find_unit(sample_roster(), "和评社区")

    assert [unit.name for unit in match.candidates] == ["和平社区"]


def test_lock_without_a_note_names_nobody(tmp_path):
    """
    Who cannot be told yet is not shown as a question mark.
    """
    with filelock.FileLock(tmp_path / LOCK), pytest.raises(HuizongError) as raised:
        hold(tmp_path, me("2026-04-03T09:00:00")).__enter__()

    assert raised.value.code == "error.locked_by_someone"
