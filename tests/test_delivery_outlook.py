"""
Letters handed to Outlook, which no test machine has: what is said to its object model, in what
order. A stand-in keeps what it was told; whether Outlook understands it is not shown here.
"""

import sys
import tempfile
import threading
import types
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from huizong import acts
from huizong.errors import HuizongError
from huizong.letter_templates import ISSUED
from huizong.letter_writing import Asked, draft
from huizong.letters import Attachment
from huizong.records import Unit
from huizong.sending_entries import SENDING, SENT, UNKNOWN, WAITING, queue_of
from huizong.settings import OUTLOOK
from posting_office import MAILS, TO, at, states, street_with_drafts
from street import LIGHT, PERIOD

DATA = b"PK a workbook"
IN_USE: list[int] = []  # by which threads COM is used


class ComError(Exception):
    """What Outlook raises."""


class Item:
    """A new letter in Outlook: remembers all that is put into it."""

    def __init__(self, sent: Callable[["Item"], None]) -> None:
        self.headings: dict[str, str] = {}
        self.files: list[tuple[str, bytes]] = []
        self.PropertyAccessor = types.SimpleNamespace(SetProperty=self.headings.__setitem__)
        self.Attachments = types.SimpleNamespace(Add=self._attach)
        self._sent = sent

    def _attach(self, path: str) -> None:
        self.files.append((Path(path).name, Path(path).read_bytes()))

    def Send(self) -> None:
        self._sent(self)


@pytest.fixture
def outlook(monkeypatch) -> Callable[[Callable[[Item], None] | None], None]:
    """Have an Outlook on this machine that does with each letter what it is told."""

    def has(sent: Callable[[Item], None] | None) -> None:
        program = types.SimpleNamespace(CreateItem=lambda kind: [Item(sent)][kind])
        client = types.ModuleType("win32com.client")
        client.Dispatch = lambda name: _dispatched(name, program if sent else None)
        com = types.ModuleType("pythoncom")
        com.CoInitialize = lambda: IN_USE.append(threading.get_ident())
        com.CoUninitialize = lambda: IN_USE.remove(threading.get_ident())
        errors = types.ModuleType("pywintypes")
        errors.com_error = ComError
        for name, module in (("win32com", types.ModuleType("win32com")), ("pythoncom", com),
                             ("win32com.client", client), ("pywintypes", errors)):  # fmt: skip
            monkeypatch.setitem(sys.modules, name, module)

    return has


def _dispatched(name: str, program: object) -> object:
    """Give Outlook, if there is one, to a thread that has said that it will use COM."""
    if threading.get_ident() not in IN_USE or not program:
        raise ComError
    return {"Outlook.Application": program}[name]


@pytest.fixture
def office(tmp_path) -> Path:
    """A street with two drafts, and one more with two files of one name."""
    office = street_with_drafts(tmp_path)
    with at(office) as work:
        unit = Unit(code=LIGHT, name="光明社区", parent="", mail=MAILS[LIGHT][0])
        names = "unit office period officer phone date count asked how"
        asked = Asked(
            kind=ISSUED, unit=unit, about=("x",), fields=dict.fromkeys(names.split(), "甲"),
            path=work.office.drafts(str(PERIOD)) / "附件.eml",
            attachments=(Attachment("表.xlsx", DATA), Attachment("表.xlsx", DATA * 2)),
        )  # fmt: skip
        draft(work, PERIOD, asked, again=False)
    return office


def press(office: Path):
    """Send by Outlook what is drafted and due."""
    with at(office, send_by=OUTLOOK) as work:
        return acts.send(work, PERIOD, lambda _: True)


def test_outlook_gets_each_letter_once(office, outlook):
    """
    Fault 67: a letter a recipient, with its text, files and thread; the book says that it may be
    gone before Outlook can send it, and nothing stays behind in temporary folders.
    """
    items: list[Item] = []
    seen: list[list[str]] = []
    before = set(Path(tempfile.gettempdir()).iterdir())
    with at(office, send_by=OUTLOOK) as work:

        def send(item: Item) -> None:
            items.append(item)
            seen.append([one.recipient for one in queue_of(work.book, states=(SENDING,))])

        outlook(send)
        told = acts.send(work, PERIOD, lambda _: True)
    press(office)

    assert sorted(one.To for one in items) == sorted((*TO, MAILS[LIGHT][0]))
    assert seen == [[one.To] for one in items]
    assert not told.waits
    assert set(states(office).values()) == {SENT}
    (whole,) = [one for one in items if one.files]
    assert whole.files == [("表.xlsx", DATA), ("表.xlsx", DATA * 2)]
    assert "甲" in whole.Subject + whole.Body + whole.HTMLBody
    assert any(one.startswith("<hz.") for one in whole.headings.values())
    assert not {path for path in set(Path(tempfile.gettempdir()).iterdir()) - before
                if any(path.rglob("*.xlsx"))}  # fmt: skip


def test_letter_that_outlook_fails_to_send_is_unknown(office, outlook):
    """Fault 67: where sending fails nobody knows; it is not tried again by itself."""
    asked: list[str] = []

    def fail(item: Item) -> None:
        asked.append(item.To)
        raise ComError

    outlook(fail)
    press(office)
    press(office)

    assert len(asked) == len(TO) + 1
    assert set(states(office).values()) == {UNKNOWN}


def test_outlook_is_used_from_the_thread_of_a_button(office, outlook):
    """A button works in a thread of its own, which says that it uses COM, and when it is done."""
    items: list[Item] = []
    outlook(items.append)
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(press, office).result()

    assert not told.waits
    assert len(items) == len(TO) + 1
    assert IN_USE == []


def test_outlook_that_does_not_start_is_told(office, outlook):
    """Fault 66: where Windows finds no Outlook it is said what to set instead."""
    outlook(None)
    with pytest.raises(HuizongError) as caught:
        press(office)

    assert caught.value.code == "error.no_outlook"
    assert IN_USE == []


def test_without_outlook_letters_wait(office):
    """Fault 66: on a computer without Outlook it is said what to set instead."""
    with at(office, send_by=OUTLOOK) as work, pytest.raises(HuizongError) as caught:
        acts.send(work, PERIOD, lambda _: True)

    assert caught.value.code == "error.no_outlook"
    assert set(states(office).values()) == {WAITING}
