"""The command line: one function a command, exit codes, no traceback, two languages."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from huizong.cli import app, run
from huizong.forms import installed
from huizong.texts import speak

NOW = "2026-04-03T09:00:00"
ANSWER = ("answer", "{office}", "2026Q1")


@pytest.fixture(autouse=True)
def chinese():
    """Leave the language as it was."""
    speak("zh")
    yield
    speak("zh")


@pytest.fixture(scope="module")
def issued_once(tmp_path_factory) -> Path:
    """A sample office that has issued one form set for a period."""
    folder = tmp_path_factory.mktemp("cli") / "街道"
    assert call("init", folder, "--now", "2026-03-20T09:00:00") == 0
    told = ("--set", "TJ", "--now", "2026-03-20T09:00:00")
    assert call("issue", folder, "2026Q1", *told) == 0
    return folder


@pytest.fixture
def office(issued_once, tmp_path, capsys) -> Path:
    """That office for one test alone."""
    capsys.readouterr()
    return Path(shutil.copytree(issued_once, tmp_path / "街道"))


def call(*arguments: object) -> int:
    """Run a command in this process."""
    return run(lambda: app([str(one) for one in arguments], standalone_mode=False))


def issued(office: Path, number: int) -> Path:
    """Find the issued workbook of a community, of disputes."""
    (path,) = (office / "下发" / "2026Q1").glob(f"*990101001{number:03}_*_TJ.xlsx")
    return path


def test_issue_writes_one_workbook_a_unit_and_one_of_its_own(tmp_path):
    """
    Every community and the office itself get a blank of each form set.
    """
    roster = tmp_path / "名册.csv"
    roster.write_text("区划代码,单位名称,上级代码\n990101001001,和平社区,990101001000\n", "utf-8")
    office = tmp_path / "街道"
    assert call("init", office, "--roster", roster) == 0
    assert call("issue", office, "2026Q1") == 0
    names = [path.stem for path in (office / "下发" / "2026Q1").iterdir()]

    assert Counter(name.rpartition("_")[2] for name in names) == dict.fromkeys(installed(), 2)


def test_help_is_a_sentence_for_every_command(capsys):
    """
    The list of commands is the one that scripts rely on, each with a sentence.
    """
    call("--help")
    text = capsys.readouterr().out
    commands = ["init", "issue", "collect", "audit", "answer", "return", "differences", "papers"]
    commands += [
        "aggregate",
        "status",
        "verify",
        "dictionary",
        "definition",
        "demo",
        "close",
        "history",
        "reopen",
    ]

    assert [one for one in commands if f"\n  {one} " not in text] == []


def test_blank_sent_back_waits_and_says_where(office, capsys):
    """
    An unfilled blank is filed (0), audited as not passed (1), and each line names a cell.
    """
    path = issued(office, 1)
    assert call("collect", office, path, "--now", NOW) == 0
    assert call("audit", office, "2026Q1", "--now", NOW) == 1
    text = capsys.readouterr().out

    assert "和平社区  待改" in text
    assert "D8" in text


def test_audit_as_json_is_whole(office, capsys):
    """
    `audit --json` gives every unit with its state and its findings with place and remedy.
    """
    call("collect", office, issued(office, 1), "--now", NOW)
    capsys.readouterr()
    call("audit", office, "2026Q1", "--json", "--now", NOW)
    report = json.loads(capsys.readouterr().out)
    (units,) = (one["units"] for one in report["sets"] if one["set"] == "TJ")
    unit = units[0]

    assert (report["period"], unit["state"], len(units)) == ("2026Q1", "to_mend", 15)
    assert {"id", "cell", "text", "remedy", "level"} <= unit["findings"][0].keys()


def test_file_not_filed_waits(office, tmp_path, capsys):
    """
    A file that is no return is named with what to do, and the exit code is 1.
    """
    odd = tmp_path / "报表.xlsx"
    odd.write_text("指标,代码\n受理,1\n", encoding="utf-8")

    assert call("collect", office, odd, "--now", NOW) == 1
    assert "另存为 .xlsx" in capsys.readouterr().out


def test_nothing_passed_cannot_be_added_up(office, capsys):
    """
    Without a single passed return there is no summary, and the exit code is 2.
    """
    assert call("aggregate", office, "2026Q1", "--now", NOW) == 2
    assert "先收表、审核" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("status", "{tmp}/nowhere", "2026Q1"), "控制台"),
        (("status", "{office}", "2026Q9"), "2026Q9"),
        (("issue", "{office}", "2026M01"), "2026M01"),
        (("dictionary", "XX"), "XX"),
        (("verify", "{tmp}/nothing.xlsx"), "nothing.xlsx"),
        ((*ANSWER, "--finding", "0", "--officer", "x", "--reason", "y"), "--accept"),
        (("init", "{office}"), "控制台"),
    ],
)  # fmt: skip
def test_what_cannot_run_says_why(office, tmp_path, capsys, arguments, word):
    """
    A command that cannot run ends with 2 and a sentence in Chinese that names the matter.
    """
    filled = [one.format(tmp=tmp_path, office=office) for one in arguments]

    assert call(*filled) == 2
    told = capsys.readouterr().err
    assert word in told
    assert "Traceback" not in told


def test_status_from_the_book(office, capsys):
    """
    `status` lists every unit, `--json` the same for scripts.
    """
    assert call("status", office, "2026Q1") == 0
    assert capsys.readouterr().out.count("未报") == 15 * len(installed()) + 2
    call("status", office, "2026Q1", "--json")
    assert {one["state"] for one in json.loads(capsys.readouterr().out)} == {"missing"}


def test_english_by_one_switch(capsys):
    """
    `--lang en` changes what is said.
    """
    assert call("--lang", "en", "dictionary", "TJ") == 0
    text = capsys.readouterr().out

    assert "Disputes accepted" in text
    assert "指标词典" not in text


def test_unexpected_fault_is_one_line(capsys):
    """
    A fault of our own is one line with its place, never a traceback, and the exit code is 2.
    """

    def broken():
        msg = "secret value"
        raise ValueError(msg)

    assert run(broken) == 2
    told = capsys.readouterr().err
    assert "test_cli.py" in told
    assert "secret value" not in told


def test_installed_command_answers():
    """
    The program starts as users start it.
    """
    done = subprocess.run(
        [sys.executable, "-c", "from huizong.cli import main; main()", "--help"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0
    assert "收表" in done.stdout
