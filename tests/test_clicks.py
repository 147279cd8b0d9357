"""A quarter of an office by its buttons: a real window, a real mouse, the files on the disk."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from huizong import console
from huizong.console import COUNTED, COUNTS, OFFICER, PROGRESS, PROGRESS_COLUMNS, REASON, SAID, STEP
from huizong.history import closed_periods, last_summary
from huizong.records import MISSING, PASSED, TO_MEND
from huizong.settings import SETTINGS
from huizong.texts import name_of, say
from huizong.work import at_work, checked_sets
from huizong.workbooks import open_workbook
from office_window import PICTURES, Window, installed, office_window
from returned import good, put, with_figure
from street import LIGHT, NOW, PEACE, PERIOD, STREET, UNITS, empty_street

pytestmark = [pytest.mark.libreoffice, pytest.mark.screen, pytest.mark.slow]

OK = "OK"
# Their blanks take longer than a second program needs to start.
MANY = UNITS | {f"{STREET[:9]}{number}": f"第{number}社区" for number in range(101, 161)}
HELD = ".huizong.who"  # stands while somebody works in the folder
TYPED = "十来件"
TJ = name_of(checked_sets()["TJ"].form_set)


class Desk:
    """The office's folder, and the window in which its control workbook is open."""

    def __init__(self, folder: Path, window: Window) -> None:
        self.folder = folder
        self.window = window

    def press(self, action: str, alert: str = "") -> str:
        """Click a button and wait for its work; gives what it said in a message box, if it did."""
        self.window.back()
        before = self.window.text(SAID)
        self.window.click(say(f"button.{action}"))
        picture = PICTURES / f"{action}-message.png"
        said = self.window.answer(alert, picture) if alert else ""
        self.window.wait(action, lambda: self.window.text(SAID) != before and self.idle())
        self.window.wait("no box", lambda: not self.window.dialogs())
        self.window.photograph(PICTURES / f"{action}.png")
        return said

    def idle(self) -> bool:
        """Whether nobody works in the folder, and the status bar is LibreOffice's again."""
        return not (self.folder / HELD).exists()

    def states(self) -> dict[str, str]:
        """Tell how each unit stands in the progress table."""
        at = PROGRESS_COLUMNS.index("state")
        return {str(row[1]): row[at] for row in self.window.rows(PROGRESS)}

    def counts(self) -> dict[str, int]:
        """Read the counts above the progress table."""
        return dict(zip(COUNTED, self.window.beside(COUNTS, len(COUNTED)), strict=True))

    def set(self, name: str, value: str) -> None:
        """Change a setting in the open book, and save nothing."""
        self.window.type_beside(SETTINGS, say(f"setting.{name}"), value)

    def digest(self) -> str:
        """Tell the bytes of the control workbook on the disk."""
        return hashlib.sha256((self.folder / console.FILE).read_bytes()).hexdigest()


@contextmanager
def _at_desk(folder: Path, units: Mapping[str, str] = UNITS) -> Iterator[Desk]:
    """Install Huizong for a person whose home is new, and open the control workbook."""
    office = empty_street(folder, units)
    environment = installed(folder / "家", office)
    with office_window(office / console.FILE, environment) as window:
        yield Desk(office, window)


@pytest.fixture
def desk(tmp_path):
    """A person who sits at the open control workbook of a new office."""
    with _at_desk(tmp_path) as desk:
        yield desk


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """The same, for tests that leave nothing behind for one another."""
    with _at_desk(tmp_path_factory.mktemp("desk"), MANY) as desk:
        desk.set("sets", "TJ")
        desk.window.type(console.PERIOD, str(PERIOD))
        yield desk


def test_error_is_told_in_a_message(shared):
    """
    What cannot be done is said in a box and on the console, and nothing is made.
    """
    told = shared.press("aggregate", OK)

    assert say("error.nothing_passed", period=name_of(PERIOD), set=TJ) in told
    assert not list((shared.folder / "汇总" / str(PERIOD)).glob("*.xlsx"))


def test_mail_is_asked_for_where_none_is_set(shared):
    """
    收邮件 and 发信 say what has to be set first.
    """
    fetched = shared.press("fetch", OK)
    sent = shared.press("send", OK)

    assert say("error.mail_not_set") in fetched
    assert say("sending.drafts_only") in sent


def test_unsaved_edits_count_and_stay_unsaved(shared):
    """
    A telephone typed into 设置 stands in what is issued; the workbook on the disk is as it was.
    """
    on_disk = shared.digest()
    shared.set("phone", "0123-4567890")
    shared.press("issue")

    (path, *_) = (shared.folder / "下发" / str(PERIOD)).glob("*.xlsx")
    texts = {str(value) for sheet in open_workbook(path.read_bytes()).sheets
             for row in sheet.rows for value in row}  # fmt: skip
    assert any("0123-4567890" in text for text in texts)
    assert shared.digest() == on_disk
    assert shared.window.document.isModified()


def test_second_click_is_told_who_is_at_work(shared):
    """
    A second click while the first does its work says who works, and the work is done.
    """
    for path in (shared.folder / "下发").rglob("*.xlsx"):
        path.unlink()
    shared.window.click(say("button.issue"))
    shared.window.wait("at work", lambda: not shared.idle())
    shared.window.click(say("button.issue"))
    told = shared.window.answer(OK)
    issued = shared.folder / "下发" / str(PERIOD)
    shared.window.wait(
        "issue", lambda: shared.idle() and len(list(issued.glob("*.xlsx"))) > len(MANY)
    )

    assert say("button.issue") in told
    shared.window.wait("no box", lambda: not shared.window.dialogs())


def test_quarter_by_its_buttons(desk):
    """
    Issue, drop filled files in, collect, audit, correction copy, mend, aggregate, sign, close.

    The progress table, the findings and the summary on the disk are right at each step.
    """
    folder, window = desk.folder, desk.window
    desk.set("sets", "TJ")
    desk.set("signing", say("signing.yes"))
    window.type(console.PERIOD, str(PERIOD))
    on_disk = desk.digest()

    desk.press("issue")
    assert len(list((folder / "下发" / str(PERIOD)).glob("*.xlsx"))) == len(UNITS) + 1
    assert Counter(desk.states().values())[say(f"state.{MISSING}")] == len(UNITS) + 1

    _send(folder)
    desk.press("collect")
    assert len(list((folder / "已收" / str(PERIOD)).glob("*.xlsx"))) == len(UNITS)

    said = desk.press("audit", OK)
    assert PEACE in said or UNITS[PEACE] in said
    states = desk.states()
    assert states[PEACE] == say(f"state.{TO_MEND}")
    assert states[LIGHT] == say(f"state.{PASSED}")
    _add_up(desk.counts())

    desk.press("return")
    (copy,) = (folder / "退改" / str(PERIOD)).glob("*.xlsx")
    window.mend(copy, folder / "收表" / copy.name, {TYPED: 12})
    desk.press("collect")
    desk.press("audit")
    assert {desk.states()[code] for code in UNITS} == {say(f"state.{PASSED}")}
    _add_up(desk.counts())

    desk.press("aggregate")
    (path,) = (folder / "汇总" / str(PERIOD)).glob("【HZ】*.xlsx")
    window.wait("summary", lambda: [one for one in window.documents() if path.name in one.Title])
    window.photograph(PICTURES / "summary.png", after=2)
    for step in ("draft", "check", "sign"):
        window.type(OFFICER, f"经办{step}")
        window.type(STEP, say(f"signing.{step}"))
        desk.press("sign", OK)
    window.type(REASON, "一季度定稿")
    desk.press("close")

    assert desk.digest() == on_disk
    with at_work(folder, NOW, "test") as work:
        summary = last_summary(work.book, str(PERIOD), "TJ")
        assert summary.reported == len(UNITS)
        assert str(PERIOD) in closed_periods(work.book)


def _send(folder: Path) -> None:
    """Put a filled workbook of each community into 收表, one with a text for a number."""
    with at_work(folder, NOW, "test") as work:
        for code, name in UNITS.items():
            blank = good(work, code, PERIOD)
            put(work, with_figure(blank, "TJ16", TYPED) if code == PEACE else blank, name)


def _add_up(counts: dict[str, int]) -> None:
    states = [counts[name] for name in COUNTED[1:-1]]
    assert counts["expected"] == sum(states)
