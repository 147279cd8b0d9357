"""电脑检查: what is wrong with a computer is found where it is real, else judged from its facts."""

import ast
import datetime as dt
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path, PureWindowsPath

import msgspec
import pytest

from huizong import doctor_linux, doctor_machine, doctor_office, doctor_windows
from huizong.doctor_linux import LinuxFacts, filesystem_of, locale_of
from huizong.doctor_machine import Answer, MachineFacts, ask_python
from huizong.doctor_office import OfficeFacts, OpenMark, gather_office
from huizong.errors import HuizongError
from huizong.excel_facts import Rule, WindowsFacts, foreign_zone, has_libraries, is_foreign
from huizong.lock import hold, me
from huizong.office import BOOK, init_office
from huizong.remarks import Remark
from huizong.texts import catalogue, say
from huizong.trust import Trust
from programs import require
from terminal import SRC

SOURCE = SRC / "huizong"
NOW = dt.datetime(2026, 4, 3, 9)
MACHINE = MachineFacts(
    child=Answer("huizong", seconds=0.1), temp=Path("/tmp"), temp_free=1 << 40, now=NOW, zone=8
)
LINUX = LinuxFacts(
    soffice="/usr/lib/libreoffice/program/soffice", version="LibreOffice 7.4.7.2 40(Build:2)",
    uno=Answer("uno"), fonts=("Noto Sans CJK SC",), trust=Trust(("file:///办公",)),
    ways=(Path("/办公/清河街道"),), pointer="/usr/bin/python3", pointed=Answer("huizong"),
    locale="zh_CN.UTF-8",
)  # fmt: skip
WINDOWS = WindowsFacts(
    excel="16.0", server='"C:\\Program Files\\Microsoft Office\\Root\\Office16\\EXCEL.EXE" /auto',
    same=True, interpreter="C:\\汇总\\Scripts\\python.exe", answer=Answer("huizong"),
)  # fmt: skip
OFFICE = OfficeFacts(
    folder=Path("/办公/清河街道"), now=NOW, free=1 << 40, filesystem="ext4",
    last="2026-04-03T09:00:00",
)  # fmt: skip


def found(checks: Sequence[Callable[..., Iterator[Remark]]], facts: object) -> list[str]:
    """Judge facts, and give what is not well, with its level."""
    remarks = [remark for check in checks for remark in check(facts)]
    assert all(list(remark.lines()) for remark in remarks)
    return [f"{one.level} {one.code}" for one in remarks if one.level != "good"]


def changed(facts: msgspec.Struct, **changes: object) -> msgspec.Struct:
    """Give facts that differ in something."""
    return msgspec.structs.replace(facts, **changes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"child": Answer(why="Access is denied")}, ["mend child_blocked"]),
        ({"child": Answer("huizong", seconds=9)}, ["note child_slow"]),
        ({"temp_free": -1}, ["mend temp_closed"]),
        ({"temp_free": 1 << 20}, ["mend temp_full"]),
        ({"now": dt.datetime(1980, 1, 1)}, ["mend clock_wrong"]),
        ({"zone": 0.0}, ["note zone"]),
    ],
)
def test_machine(changes, said):
    """
    Antivirus, a full disk, a wrong clock and a foreign time zone are told apart.
    """
    assert found(doctor_machine.CHECKS, changed(MACHINE, **changes)) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"soffice": "", "version": ""}, ["mend no_libreoffice"]),
        ({"soffice": "/snap/bin/libreoffice"}, ["mend boxed_libreoffice"]),
        ({"version": ""}, ["mend dead_libreoffice"]),
        ({"version": "LibreOffice 6.4.7.2"}, ["note old_libreoffice"]),
        ({"version": "LibreOffice 24.2.0"}, []),
        ({"uno": Answer(why="No module named 'uno'")}, ["mend no_uno"]),
        ({"fonts": None}, ["note fonts_unknown"]),
        ({"fonts": ()}, ["mend no_fonts"]),
        ({"trust": Trust()}, ["mend not_trusted"]),
        ({"trust": Trust(), "ways": ()}, []),
        ({"trust": Trust(("file:///办公",), level=0)}, ["note macros_all"]),
        ({"trust": Trust(("file:///办公",), disabled=True)}, ["mend macros_disabled"]),
        (
            {"trust": HuizongError("error.libreoffice_settings", path="x", why="y")},
            ["mend trust_unknown"],
        ),
        ({"pointer": ""}, ["mend no_pointer"]),
        ({"pointed": Answer(why="No module named huizong")}, ["mend pointer_dead"]),
        ({"locale": "C"}, ["mend not_utf8"]),
        ({"locale": "zh_CN.GB18030"}, ["mend not_utf8"]),
        ({"locale": "C.utf8"}, []),
    ],
)
def test_linux(changes, said):
    """
    Whatever keeps LibreOffice's buttons from working is told with its remedy.
    """
    assert found(doctor_linux.CHECKS, changed(LINUX, **changes)) == said


POLICY, OWN = Rule(1, policy=True), Rule(1)
WPS = '"C:\\Users\\甲\\AppData\\Local\\Kingsoft\\WPS Office\\12\\office6\\et.exe" /Automation'


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"excel": "", "server": ""}, ["mend no_excel"]),
        ({"excel": "", "wps": "C:\\WPS", "server": WPS}, ["note only_wps"]),
        ({"server": WPS}, ["mend excel_taken"]),
        ({"rules": {"VBAWarnings": Rule(2)}}, []),
        ({"rules": {"VBAWarnings": Rule(1)}}, ["note macros_all_excel"]),
        ({"rules": {"VBAWarnings": Rule(3)}}, ["mend macros_signed"]),
        ({"rules": {"VBAWarnings": Rule(3, policy=True)}}, ["mend macros_signed_by_policy"]),
        ({"rules": {"VBAWarnings": Rule(4)}}, ["mend macros_off"]),
        ({"rules": {"VBAWarnings": Rule(4, policy=True)}}, ["mend macros_off_by_policy"]),
        ({"rules": {"vbaoff": POLICY}}, ["mend macros_off_by_policy"]),
        ({"rules": {"RequireAddinSig": OWN}}, ["mend addin_signed"]),
        ({"rules": {"requirealwaysonmacrosig": POLICY}}, ["mend addin_signed_by_policy"]),
        ({"rules": {"DisableAllAddins": OWN}}, ["mend addins_off"]),
        ({"rules": {"DisableAllAddins": POLICY}}, ["mend addins_off_by_policy"]),
        ({"rules": {"AllLocationsDisabled": OWN}}, ["mend locations_off"]),
        ({"rules": {"AllLocationsDisabled": POLICY}}, ["mend locations_off_by_policy"]),
        ({"rules": {"RequireAddinSig": Rule(0)}}, []),
        ({"same": None}, ["mend no_addin"]),
        ({"same": False}, ["mend other_addin"]),
        ({"switched_off": True}, ["mend addin_switched_off"]),
        ({"interpreter": ""}, ["mend no_interpreter"]),
        ({"answer": Answer(why="blocked")}, ["mend interpreter_dead"]),
        ({"libraries": False}, ["mend no_libraries"]),
        ({"foreign": (Path("D:/控制台.xlsm"), Path("D:/甲.xlsx"))}, ["mend foreign"]),
        (
            {
                "foreign": (Path("D:/huizong.xlam"),),
                "rules": {"blockcontentexecutionfrominternet": POLICY},
            },
            ["mend foreign_by_policy"],
        ),
        ({"rules": {"blockcontentexecutionfrominternet": POLICY}}, []),
        ({"code_page": 1252}, ["note other_code_page"]),
        ({"code_page": 65001}, []),
    ],
)
def test_windows(changes, said):
    """
    Given what Windows says of Excel, WPS, macros and the add-in, the right fault is told.
    """
    assert found(doctor_windows.CHECKS, changed(WINDOWS, **changes)) == said


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("D:\\汇总", []),
        ("D:\\" + "深" * 125, []),
        ("D:\\" + "深" * 126, ["mend path_long"]),
        ("C:\\Users\\甲\\OneDrive\\汇总", ["mend cloud"]),
    ],
)
def test_path_on_windows(folder, said):
    """
    A path too long for Excel, and one that OneDrive keeps, are told.
    """
    facts = changed(WINDOWS, clouds=("C:\\Users\\甲\\OneDrive",))
    path = PureWindowsPath(folder)

    assert found((lambda one: doctor_windows.check_path(one, path),), facts) == said


@pytest.mark.parametrize(
    ("note", "foreign"),
    [
        ("[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=https://a\r\n", True),
        ("[ZoneTransfer]\nZoneId=4\n", True),
        ("[ZoneTransfer]\nZoneId=1\n", False),
        ("", False),
    ],
)
def test_mark_of_the_web(note, foreign):
    """
    A file is foreign where Windows notes the internet, not the intranet.
    """
    assert foreign_zone(note) is foreign


def test_mark_beside_a_file_is_read(tmp_path):
    """
    The mark is read from the stream beside the file, which elsewhere is a file of that name.
    """
    (tmp_path / "甲.xlsm:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n")

    assert is_foreign(tmp_path / "甲.xlsm")
    assert not is_foreign(tmp_path / "乙.xlsm")


@pytest.mark.parametrize("place", ["env", "env/Scripts"])
def test_libraries_are_looked_for_where_the_macro_does(tmp_path, place):
    """
    xlwings' libraries are there beside the Python or one folder up, both of them, of its version.
    """
    python = tmp_path / "env" / "Scripts" / "python.exe"
    python.parent.mkdir(parents=True)
    names = [f"xlwings{bits}-{version('xlwings')}.dll" for bits in (32, 64)]

    for name in names:
        assert not has_libraries(python)
        (tmp_path / place / name).touch()

    assert has_libraries(python)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"closed": "Read-only file system"}, ["mend folder_closed"]),
        ({"free": 1 << 20}, ["mend folder_full"]),
        ({"filesystem": "cifs"}, ["note share"]),
        ({"filesystem": "fuse.sshfs"}, ["note share"]),
        ({"filesystem": "remote"}, ["note share"]),
        ({"folder": Path("/home/甲/坚果云/汇总")}, ["mend cloud"]),
        ({"folder": Path("/home/甲/OneDrive - 街道/汇总")}, ["mend cloud"]),
        ({"buttons": False}, ["note no_buttons"]),
        ({"settings": HuizongError("error.no_office", folder="x")}, ["mend settings"]),
        ({"last": "2031-01-01T09:00:00"}, ["mend clock_and_book"]),
        ({"marks": (OpenMark(Path(".~lock.控制台.xlsm#"), "甲机", True),)}, ["mend mark_left"]),
        ({"marks": (OpenMark(Path(".~lock.控制台.xlsm#"), "乙机"),)}, ["note open_at"]),
        ({"marks": (OpenMark(Path("~$控制台.xlsm"), ""),)}, ["note open_somewhere"]),
    ],
)
def test_office(changes, said):
    """
    A folder that is closed, full, shared, kept by a cloud or marked as open is told.
    """
    assert found(doctor_office.CHECKS, changed(OFFICE, **changes)) == said


@pytest.fixture
def office(tmp_path) -> Path:
    """An office's folder."""
    folder = tmp_path / "清河 街道"
    init_office(folder, now=NOW)
    return folder


def looked_at(folder: Path) -> list[str]:
    """Really look at an office's folder; give what is not well but for what time brings."""
    facts = gather_office(folder, "ext4", libreoffice=False)
    said = found(doctor_office.CHECKS, facts)
    return [one for one in said if not one.endswith(("clock_and_book", "no_buttons"))]


def test_a_sound_office_is_well(office):
    """
    A fresh office has nothing to be mended, and looking leaves nothing behind.
    """
    before = sorted(path.name for path in office.iterdir())

    assert looked_at(office) == []
    # The lock's own file stays, as after any command.
    after = {path.name for path in office.iterdir()} - {".huizong.lock"}
    assert after == set(before) - {".huizong.lock"}


def test_a_changed_byte_in_the_book_is_told(office):
    """
    A byte that was changed in the book of record is found, and the book not touched.
    """
    data = bytearray((office / BOOK).read_bytes())
    data[-100] ^= 1
    (office / BOOK).write_bytes(data)

    assert looked_at(office) == ["mend book_wrong"]
    assert (office / BOOK).read_bytes() == data


def test_someone_at_work_is_no_fault(office):
    """
    While another is at work in the folder the book is left alone, and that is said.
    """
    with hold(office, me("2026-04-03T09:00:00", "audit")):
        assert looked_at(office) == ["note busy"]


def test_a_folder_that_is_no_office_is_told(tmp_path):
    """
    A folder without control workbook is a remark, not an error.
    """
    assert looked_at(tmp_path) == ["mend settings"]


def test_a_mark_from_another_computer_stays(office):
    """
    LibreOffice's mark names the computer where the file is open.
    """
    (office / ".~lock.控制台.xlsm#").write_text(",甲,乙机,03.04.2026 09:00,file:///x;")
    (office / "~$状态.xlsx").write_bytes(b"\x04")

    assert looked_at(office) == ["note open_at", "note open_somewhere"]


def test_a_mark_left_on_this_computer_is_told(office):
    """
    A mark of this computer was left by a crash where no LibreOffice runs, else it is as it should.
    """
    (office / ".~lock.控制台.xlsm#").write_text(f",甲,{platform.node()},03.04.2026,file:///x;")
    (office / "~$控制台.xlsm").write_bytes(b"\x04")

    assert looked_at(office) == ["mend mark_left"]
    assert gather_office(office, "ext4", libreoffice=True).marks == ()


def test_filesystems_are_told_by_the_nearest_mount():
    """
    The kind of a file system is that of the nearest mount above the folder, as stat says too.
    """
    stat = ["stat", "--file-system", "--format=%T"]
    for folder in (Path("/proc/self"), Path("/dev/shm")):
        told = subprocess.run([*stat, folder], capture_output=True, text=True, check=True)
        assert filesystem_of(folder) == told.stdout.strip()


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        ({"LC_ALL": "", "LC_CTYPE": "zh_CN.UTF-8", "LANG": "C"}, "zh_CN.UTF-8"),
        ({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "C"),
        ({}, "C"),
    ],
)
def test_locale(environment, locale):
    """
    Of the variables that name a locale the first one that is set counts.
    """
    assert locale_of(environment) == locale


def test_python_answers_or_says_why():
    """
    A Python that is asked answers, fails with its last line, or is not there.
    """
    assert ask_python(sys.executable, "print(7)").said == "7"
    assert ask_python(sys.executable, "import nothing_of_that_name").why.startswith("ModuleNotF")
    assert ask_python("/nowhere/python", "print(7)").why


@pytest.mark.libreoffice
def test_command_finds_what_is_really_wrong(tmp_path, office):
    """
    In a fresh home under the C locale four things have to be mended; installed, under UTF-8, none.
    """
    require("soffice")
    require("uno")
    home = tmp_path / "家"
    home.mkdir()

    def run(*words: object, locale: str) -> tuple[int, str]:
        env = os.environ | {"HOME": str(home), "LC_ALL": locale, "PYTHONPATH": str(SRC)}
        env.pop("XDG_CONFIG_HOME", None)
        command = [sys.executable, "-X", "utf8", "-m", "huizong", *map(str, words)]
        done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8")
        return done.returncode, done.stdout

    code, said = run("doctor", office, locale="C")
    assert code == 1
    assert say("doctor.not_utf8", locale="C") in said
    assert say("doctor.not_trusted", folder=office) in said
    assert say("doctor.no_pointer") in said
    marks = [line.partition("］")[0] for line in said.splitlines() if line.startswith("［")]
    assert marks == sorted(marks, key=["［要处理", "［留意", "［正常"].index)

    assert run("install", office, "--yes", locale="C.UTF-8")[0] == 0
    said = run("doctor", office, locale="C.UTF-8")[1]
    assert say("doctor.trusted", folder=office) in said
    assert say("doctor.pointer", python=sys.executable) in said
    assert say("doctor.locale", locale="C.UTF-8") in said


def told_codes() -> Iterator[tuple[str, str]]:
    """Give each code that a check tells as a note or a fault, with its module."""
    for path in sorted(SOURCE.glob("doctor_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("note", "mend"):
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.Constant) and part.value in {
                        code.removeprefix("doctor.") for code in catalogue()
                    }:
                        yield str(part.value), path.stem


def test_every_fault_has_a_remedy():
    """
    What is told as a note or a fault comes with what to do; no remedy stands without its fault.
    """
    codes = {code for code, _ in told_codes()}
    texts = {code.removeprefix("doctor.") for code in catalogue() if code.startswith("doctor.")}

    assert len(codes) > 40
    assert [code for code in sorted(codes) if f"{code}_remedy" not in texts] == [
        "settings",
        "trust_unknown",
    ]
    remedies = [code.removesuffix("_remedy") for code in texts if code.endswith("_remedy")]
    assert [code for code in remedies if code not in texts] == []
