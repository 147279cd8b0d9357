"""Setting a computer up for the buttons: LibreOffice's trust, the interpreter, the add-in."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest
import xlsxwriter

from huizong import install, setting_up
from huizong.errors import HuizongError
from huizong.install import ADDIN, Places, carry_out, changes
from huizong.launchers import running_python, windows_launcher
from huizong.menu import ACTIONS
from huizong.office import init_office
from huizong.pointer import pointer_to, read_pointer
from huizong.texts import say
from huizong.trust import SETTINGS, Trust, profile_of, read_trust, trusting, untrusting
from huizong.vba_project import Kind, Module, Project, write_project
from programs import require
from screens import screen, within
from terminal import SRC, Terminal
from uno_session import connect

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items'
    ' xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">'
)
SCRIPTING = '<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name='
# As LibreOffice writes them: a type in a name space of its own, a line break in a value.
OTHERS = (
    '<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooLocale" oor:op="fuse">'
    "<value>zh-CN</value></prop></item>",
    '<item oor:path="/org.openoffice.Office.Recovery"><prop oor:name="a" oor:op="fuse"'
    ' oor:type="xs:string"><value>甲&amp;乙\n&#13;</value></prop></item>',
    f'{SCRIPTING}"MacroSecurityLevel" oor:op="fuse"><value>1</value></prop></item>',
)
THEIRS = "file:///srv/a&amp;b"
TRUSTED = (
    f'{SCRIPTING}"SecureURL" oor:op="fuse"><value><it>{THEIRS}</it>'
    "<it>file:///home/%E7%8E%8B</it></value></prop></item>"
)


def settings(path: Path, *items: str) -> Path:
    """Write settings of LibreOffice with these items."""
    path.write_text("\n".join((HEAD, *items, "</oor:items>")), encoding="utf-8")
    return path


def test_a_folder_is_added_to_others(tmp_path):
    """
    A trusted folder comes to those that are trusted already; all else stays to the byte.
    """
    path = settings(tmp_path / "xcu", OTHERS[0], TRUSTED, *OTHERS[1:])

    made = trusting(path, [Path("/办公/清河 街道")])
    path.write_bytes(made)

    ours = Path("/办公/清河 街道").as_uri()
    assert read_trust(path) == Trust(("file:///srv/a&b", "file:///home/%E7%8E%8B", ours), 1)
    assert THEIRS in made.decode()
    assert [one in made.decode() for one in OTHERS] == [True] * 3
    assert trusting(path, [Path("/办公/清河 街道")]) == made


def test_a_folder_is_taken_back(tmp_path):
    """
    Taking a folder back leaves the others; the last one takes the item with it.
    """
    path = settings(tmp_path / "xcu", *OTHERS, TRUSTED)
    path.write_bytes(trusting(path, [Path("/a"), Path("/b")]))

    path.write_bytes(untrusting(path, [Path("/a"), Path("/b")]))
    assert len(read_trust(path).addresses) == 2
    path.write_bytes(untrusting(path, [Path("/srv/a&b"), Path("/home/王")]))

    assert read_trust(path).addresses == ("file:///srv/a&b",)
    own = settings(tmp_path / "own", *OTHERS)
    before = own.read_bytes()
    own.write_bytes(trusting(own, [Path("/a")]))
    assert untrusting(own, [Path("/a")]).replace(b"\n", b"") == before.replace(b"\n", b"")


def test_trust_reaches_below_a_folder_only():
    """
    A trusted folder covers what is below it, not what only begins like it; spelling may differ.
    """
    trust = Trust(("file:///home/%E7%8E%8B/", "file:///srv/a b"))

    assert trust.covers(Path("/home/王/清河街道"))
    assert trust.covers(Path("/srv/a b"))
    assert not trust.covers(Path("/home/王芳"))
    assert not trust.covers(Path("/srv"))
    assert not Trust().covers(Path("/srv"))


@pytest.mark.parametrize("text", ["", "<oor:items", f"{HEAD}</oor:other>", "\x00"])
def test_damaged_settings_are_refused(tmp_path, text):
    """
    Settings of LibreOffice that cannot be read are named and left as they are.
    """
    path = tmp_path / "xcu"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(HuizongError) as caught:
        trusting(path, [Path("/a")])

    assert (caught.value.code, caught.value.details["path"]) == ("error.libreoffice_settings", path)


def test_settings_that_a_person_arranged_are_not_lost(tmp_path):
    """
    Two values in one item, which LibreOffice does not write, are read, added to and kept.
    """
    both = (
        f'{SCRIPTING}"MacroSecurityLevel"><value>3</value></prop><prop oor:name="SecureURL">'
        "<value><it>file:///srv</it></value></prop></item>"
    )
    path = settings(tmp_path / "xcu", both)

    path.write_bytes(trusting(path, [Path("/a")]))

    assert read_trust(path) == Trust(("file:///srv", "file:///a"), 3)


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """The home of a user who has never started LibreOffice."""
    folder = tmp_path / "王 芳"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return folder


@pytest.fixture
def office(tmp_path) -> Path:
    """An office's folder."""
    folder = tmp_path / "清河 街道"
    init_office(folder, now=dt.datetime(2026, 4, 3))
    return folder


def yes(_: object) -> bool:
    """Agree."""
    return True


def test_fresh_home_is_set_up_and_taken_back(home, office):
    """
    Installing trusts the office and names this Python, again changes nothing, removing takes back.
    """
    xcu, pointer = home / ".config/libreoffice/4" / SETTINGS, home / ".huizong/python.txt"

    assert not setting_up.install(office, yes).waits
    assert read_trust(xcu).covers(office)
    assert pointer.read_text(encoding="utf-8") == f"{running_python()}\n"
    stamp = xcu.stat().st_mtime_ns
    setting_up.install(office, yes)
    assert xcu.stat().st_mtime_ns == stamp

    setting_up.install(office, yes, remove=True)
    assert read_trust(xcu) == Trust()
    assert not pointer.exists()
    assert setting_up.install(office, yes, remove=True).lines == (say("install.removed_before"),)


def test_nothing_is_done_without_a_yes(home, office):
    """
    A person who does not agree finds the home as it was, and is told what would have been done.
    """
    asked: list[str] = []

    told = setting_up.install(office, lambda lines: bool(asked.extend(lines)))

    assert told.waits
    assert len(asked) == 2
    assert list(home.iterdir()) == []


def test_what_was_there_is_kept_beside(home, office):
    """
    LibreOffice's settings as they were stand beside those that were changed.
    """
    xcu = home / ".config/libreoffice/4" / SETTINGS
    xcu.parent.mkdir(parents=True)
    before = settings(xcu, *OTHERS, TRUSTED).read_bytes()

    setting_up.install(office, yes)

    assert xcu.with_name(xcu.name + install.BACKUP).read_bytes() == before
    assert len(read_trust(xcu).addresses) == 3


def test_a_second_office_keeps_the_interpreter(home, office, tmp_path):
    """
    Taking one office back leaves the other one trusted, and its buttons with their Python.
    """
    other = tmp_path / "东风街道"
    init_office(other, now=dt.datetime(2026, 4, 3))
    setting_up.install(office, yes)
    setting_up.install(other, yes)

    setting_up.install(office, yes, remove=True)

    assert (home / ".huizong/python.txt").exists()
    trust = read_trust(home / ".config/libreoffice/4" / SETTINGS)
    assert (trust.covers(other), trust.covers(office)) == (True, False)


def test_a_folder_that_is_no_office_is_not_trusted(home, tmp_path):
    """
    Only an office's folder is trusted: not one that happens to be the current one.
    """
    with pytest.raises(HuizongError) as caught:
        setting_up.install(tmp_path, yes)

    assert caught.value.code == "error.no_office"
    assert list(home.iterdir()) == []


def test_a_link_is_trusted_by_both_names(home, office, tmp_path):
    """
    An office that is opened through a link is trusted under the link's name and its own.
    """
    link = tmp_path / "链接"
    link.symlink_to(office)

    setting_up.install(link, yes)

    trust = read_trust(home / ".config/libreoffice/4" / SETTINGS)
    assert trust.addresses == (link.as_uri(), office.as_uri())


def test_nobody_there_to_agree(home, office):
    """
    Without a terminal and without --yes the command asks in vain, changes nothing and fails.
    """
    command = [sys.executable, "-m", "huizong", "install", str(office)]
    env = os.environ | {"PYTHONPATH": str(SRC), "HOME": str(home)}

    run = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    assert (run.returncode, say("error.nobody_agrees") in run.stderr) == (2, True)
    assert not (home / ".config").exists()


def test_menu_installs_and_checks(home, office):
    """
    From the menu a person is asked, agrees with 1, and the check finds the office trusted.
    """
    numbers = {action.name: str(number) for number, action in enumerate(ACTIONS, 1)}
    with Terminal(["menu", office], {"HOME": str(home)}) as terminal:
        terminal.until(say("menu.choose"))
        terminal.type(numbers["install"])
        terminal.until(say("install.ask").splitlines()[-1])
        terminal.type("1")
        terminal.until(say("menu.back"))
        terminal.type(numbers["doctor"])
        terminal.until(say("doctor.trusted", folder=office))
        terminal.until(say("menu.back"))
        terminal.type("0")
        assert terminal.end() == 0

    assert read_trust(home / ".config/libreoffice/4" / SETTINGS).covers(office)


def test_windows_launcher_reads_what_install_writes(windows):
    """
    汇总.cmd finds the Python of an install in the file that names it.
    """
    place = PureWindowsPath("%USERPROFILE%", windows.pointer.relative_to(windows.home))

    assert f'set "NAMED={place}"\r\n'.encode() in windows_launcher("")


@pytest.fixture
def windows(tmp_path) -> Places:
    """A user of Windows; the folders are made here, the rest is what Windows would say."""
    (tmp_path / "package.xlam").write_bytes(b"add-in")
    return Places(
        home=tmp_path, python=Path("C:/程序/python.exe"), source=tmp_path / "package.xlam",
        appdata=tmp_path / "AppData", code_page="cp936",
    )  # fmt: skip


def test_excels_add_in_is_put_in_place_and_taken_back(windows, tmp_path):
    """
    The add-in goes where Excel opens it, alone; the interpreter is named in Excel's code page.
    """
    carry_out(windows, changes(windows, tmp_path))

    assert windows.addin
    assert windows.addin.read_bytes() == b"add-in"
    assert [path.name for path in windows.addin.parent.iterdir()] == [ADDIN]
    assert windows.pointer.read_bytes() == "C:/程序/python.exe\n".encode("cp936")
    assert read_pointer(windows.pointer, "cp936", {}) == "C:/程序/python.exe"
    assert changes(windows, tmp_path) == ()

    carry_out(windows, changes(windows, tmp_path, remove=True))
    assert not windows.addin.exists()
    assert read_pointer(windows.pointer, "cp936", {}) == ""


def test_an_add_in_of_another_version_is_replaced(windows, tmp_path):
    """
    An old add-in is replaced, without a copy that Excel would open beside it.
    """
    carry_out(windows, changes(windows, tmp_path))
    windows.source.write_bytes(b"newer")

    due = changes(windows, tmp_path)
    carry_out(windows, due)

    assert [change.code for change in due] == ["addin"]
    assert windows.addin
    assert [path.read_bytes() for path in windows.addin.parent.iterdir()] == [b"newer"]


def test_a_package_without_add_in_says_so(windows, tmp_path):
    """
    Where the package has no add-in nothing at all is changed.
    """
    windows.source.unlink()

    with pytest.raises(HuizongError) as caught:
        changes(windows, tmp_path)

    assert caught.value.code == "error.addin_missing"
    assert not windows.pointer.exists()


def test_paths_of_a_chinese_user_need_no_chinese_letters(tmp_path):
    """
    Below a user's own folder the file names the variable, which the macro puts in again.
    """
    user = "C:\\Users\\王芳"
    environment = {"LOCALAPPDATA": f"{user}\\AppData\\Local", "USERPROFILE": user}
    python = PureWindowsPath(f"{user}\\AppData\\Local\\huizong\\Scripts\\python.exe")

    line = pointer_to(python, "cp1252", environment)
    (tmp_path / "python.txt").write_bytes(line)

    assert line == b"%LOCALAPPDATA%\\huizong\\Scripts\\python.exe\n"
    assert read_pointer(tmp_path / "python.txt", "cp1252", environment) == str(python)
    assert pointer_to(PureWindowsPath("D:\\py.exe"), "cp936", environment) == b"D:\\py.exe\n"


def test_a_letter_that_the_code_page_lacks_is_named():
    """
    A path that Excel could not read is refused, with the letter.
    """
    with pytest.raises(HuizongError) as caught:
        pointer_to(PureWindowsPath("D:\\𠮷\\python.exe"), "cp936", {})

    assert (caught.value.code, caught.value.details["letter"]) == ("error.code_page", "𠮷")


RAN = """Private Sub Workbook_Open()
    ThisWorkbook.Worksheets(1).Range("A1").Value = 7
End Sub
""".replace("\n", "\r\n")


def with_macro(path: Path) -> Path:
    """Write a workbook whose macro puts 7 into A1 when it is opened."""
    opened = Module("ThisWorkbook", Kind.WORKBOOK, RAN)
    project = path.with_suffix(".bin")
    project.write_bytes(write_project(Project("HuiZong", (opened, Module("Sheet1", Kind.SHEET)))))
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("甲")
        book.add_vba_project(str(project))
    return path


class Window:
    """
    A LibreOffice with a window, started as its user starts it: with the home's own settings.

    What lives in it is asked for anew each time: it must not be looked at once it has ended.
    """

    def __init__(self, context: Any, environment: dict[str, str], group: int) -> None:
        make = context.ServiceManager.createInstanceWithContext
        self._desktop = make("com.sun.star.frame.Desktop", context)
        self._toolkit = make("com.sun.star.awt.Toolkit", context)
        self._environment = environment
        self._group = group

    @contextmanager
    def opening(self, path: Path) -> Iterator[None]:
        """Open one more workbook, as a double click does: that waits until it is open."""
        command = [require("soffice"), str(path)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with subprocess.Popen(
            command, env=self._environment, process_group=self._group, **quiet
        ) as second:
            yield
            assert second.wait(60) == 0

    def first_cell(self, path: Path) -> str | None:
        """Give A1 of an open workbook, None while it is not open."""
        found = self._desktop.Components.createEnumeration()
        while found.hasMoreElements():
            book = found.nextElement()
            if path.as_uri() == book.URL:
                return book.Sheets.getByIndex(0).getCellByPosition(0, 0).String
        return None

    def warns(self) -> bool:
        """Whether an alert is shown."""
        return bool(self._alerts())

    def press_ok(self) -> None:
        """Press the only button of the alert."""
        from com.sun.star.accessibility.AccessibleRole import PUSH_BUTTON

        parts = (part for alert in self._alerts() for part in within(alert))
        next(part for part in parts if part.AccessibleRole == PUSH_BUTTON).doAccessibleAction(0)

    def _alerts(self) -> list[Any]:
        from com.sun.star.accessibility.AccessibleRole import ALERT

        windows = map(self._toolkit.getTopWindow, range(self._toolkit.getTopWindowCount()))
        shown = (window.getAccessibleContext() for window in windows)
        return [one for one in shown if one and one.AccessibleRole == ALERT]


@contextmanager
def window_of(home: Path, path: Path) -> Iterator[Window]:
    """Start LibreOffice with a workbook."""
    sys.path += [require("uno")] * (require("uno") not in sys.path)
    import uno

    pipe = f"huizong{uuid.uuid4().hex[:12]}"
    command = [require("soffice"), "--norestore", "--nologo", f"--accept=pipe,name={pipe};urp"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with screen() as display:
        env = os.environ | {"HOME": str(home), "DISPLAY": display}
        with subprocess.Popen([*command, path], env=env, process_group=0, **quiet) as office:
            try:
                yield Window(connect(uno, pipe, office), env, office.pid)
            finally:
                os.killpg(office.pid, signal.SIGKILL)


def wait_for(condition: Callable[[], Any]) -> Any:
    """Wait until something is so, and give it."""
    end = time.monotonic() + 60
    while not (found := condition()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.2)
    return found


@pytest.mark.screen
@pytest.mark.libreoffice
def test_libreoffice_runs_macros_of_the_installed_office_only(home, office, tmp_path):
    """
    In a fresh home an office's workbook opens without a warning and its macro runs; one from
    elsewhere shows the warning and does not run. While LibreOffice runs installing is refused.
    """
    ours, other = with_macro(office / "按钮.xlsm"), with_macro(tmp_path / "别处.xlsm")
    setting_up.install(office, yes)

    with window_of(home, ours) as window:
        assert wait_for(lambda: window.first_cell(ours)) == "7"
        assert not window.warns()

        with window.opening(other):
            wait_for(window.warns)
            window.press_ok()
        wait_for(lambda: window.first_cell(other) is not None)
        assert (window.first_cell(other), window.warns()) == ("", False)

        with pytest.raises(HuizongError) as caught:
            setting_up.install(office, yes, remove=True)
        assert caught.value.code == "error.libreoffice_running"
    assert read_trust(profile_of(os.environ) / SETTINGS).covers(office)
