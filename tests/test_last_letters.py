"""The letter last exchanged with each unit and with the office above, and how it stands."""

import hashlib
import shutil
from email import message_from_bytes
from pathlib import Path

import openpyxl
import pytest

from huizong import acts, pipeline
from huizong.last_letters import LastLetters, last_letters
from huizong.letters import RETURNS
from huizong.locked import lock
from huizong.office import init_office, open_office
from huizong.settings import SETTINGS
from huizong.texts import say
from huizong.work import at_work
from huizong.workbooks import open_workbook
from mail_corpus import attached, called, letter, multipart, text
from street import EAST, LIGHT, NOW, PEACE, PERIOD, STREET, UNITS, send

MAILS = {PEACE: "hp@qh.example.cn", LIGHT: "gm@qh.example.cn", EAST: "df@qh.example.cn"}
UPPER = "zfw@qh.example.gov.cn"
# The day after, so that what comes is later than what was written.
TOMORROW = NOW.replace(day=NOW.day + 1)


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """A street of three that have addresses; one has reported by letter, the others not."""
    folder = tmp_path_factory.mktemp("office")
    lines = [f"{code},{name},{STREET},{MAILS[code]}" for code, name in UNITS.items()]
    roster = folder / "名册.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,邮箱", *lines]), encoding="utf-8")
    office = folder / "清河街道"
    init_office(office, roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    set_upper(office)
    peace = send(office, PEACE)
    raw = letter(text(), attached(peace.read_bytes(), called("报表.xlsx")), sender=MAILS[PEACE])
    peace.unlink()
    fetch(office, raw)
    with at_work(office, NOW, "test") as work:
        pipeline.audit(work, PERIOD)
    return office


def set_upper(office: Path) -> None:
    """Write the address of the office above into the control workbook."""
    path = open_office(office).control
    book = openpyxl.load_workbook(path, keep_vba=True)
    for row in book[SETTINGS].iter_rows():
        if row[0].value == say("setting.upper_mail"):
            row[1].value = UPPER
    book.save(path)


@pytest.fixture
def office(begun, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(begun, tmp_path / "清河街道"))


def fetch(office: Path, *letters: bytes, now=NOW) -> None:
    """Fetch letters from a folder."""
    folder = office.parent / "信"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number, raw in enumerate(letters):
        (folder / f"{number}.eml").write_bytes(raw)
    with at_work(office, now, "test") as work:
        acts.fetch(work, folder, "")


def act(office: Path, *actions, now=NOW) -> None:
    """Do actions for the period."""
    for action in actions:
        with at_work(office, now, "test") as work:
            action(work, PERIOD)


def last(office: Path) -> LastLetters:
    """Give the last letters."""
    with at_work(office, NOW, "test") as work:
        return last_letters(work, PERIOD)


def states(office: Path) -> dict[str, tuple[str, str, str]]:
    """Give way, kind and state of each unit's last letter."""
    return {
        code: (one.way, one.kind, one.state.removeprefix("letter_state."))
        for code, one in last(office).units.items()
    }


def bounce(address: str, returned: str = "") -> bytes:
    """Write what a mail server answers when it cannot deliver."""
    status = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.b\r\n\r\n"
    status += b"Final-Recipient: rfc822; " + address.encode() + b"\r\nAction: failed\r\n"
    head = b"From: MAILER-DAEMON@a.b\r\nSubject: back\r\nMIME-Version: 1.0\r\n"
    original = f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {returned}\r\n".encode()
    parts = multipart(text("退信"), status, *([original] if returned else []), subtype="report")
    kind = b"multipart/report; report-type=delivery-status;"
    return head + parts.replace(b"multipart/report;", kind, 1)


def test_what_came_and_what_was_written(office):
    """
    A return by letter is the unit's last; then drafts are, until their files are taken away.
    """
    came = states(office)
    act(office, acts.remind)
    reminded = states(office)
    for path in (office / "草稿" / str(PERIOD)).glob("*.eml"):
        path.unlink()
    act(office, acts.drafts)

    assert came == {PEACE: ("in", "returns", "filed")}
    assert reminded == came | dict.fromkeys((LIGHT, EAST), ("out", "reminder", "draft"))
    assert states(office) == {
        PEACE: ("out", "receipt", "draft"),
        LIGHT: ("out", "reminder", "gone"),
        EAST: ("out", "reminder", "gone"),
    }


def test_what_comes_back_is_told_of_whom_it_was_sent_to(office):
    """
    A bounce makes the letter before it one that came back; a letter written since is none.
    """
    act(office, acts.remind)
    fetch(office, bounce(MAILS[LIGHT].upper()), now=TOMORROW)
    back = states(office)
    act(office, acts.remind, now=TOMORROW.replace(hour=23))

    assert back[LIGHT] == ("out", "reminder", "bounced")
    assert back[EAST] == ("out", "reminder", "draft")
    assert states(office)[LIGHT] == ("out", "reminder", "draft")


def test_bounce_that_returns_another_letter_of_ours_tells_of_that(office):
    """
    Of two drafts that a mail program sent, the one whose ID a bounce returns came back.
    """
    act(office, acts.remind, acts.drafts)
    (receipt,) = (office / "草稿" / str(PERIOD)).glob("*收到*.eml")
    own = message_from_bytes(receipt.read_bytes())["message-id"]
    fetch(office, bounce(MAILS[LIGHT], own), now=TOMORROW)
    other = states(office)[LIGHT]
    fetch(office, bounce(MAILS[LIGHT], "<of.a.mail.program@qh.cn>"), now=TOMORROW)

    assert other == ("out", "reminder", "draft")
    assert states(office)[LIGHT] == ("out", "reminder", "bounced")


def test_letters_of_units_without_a_form_and_of_strangers(office):
    """
    A letter without a form is its sender's last; a form by a stranger waits under its unit.
    """
    path = send(office, EAST)
    stranger = letter(text(), attached(path.read_bytes(), called("a.xlsx")), sender="x@y.cn")
    path.unlink()
    fetch(office, letter(text("好的"), sender=MAILS[LIGHT]), stranger, now=TOMORROW)

    assert states(office) == {
        PEACE: ("in", "returns", "filed"),
        LIGHT: ("in", "no_form", "no_form"),
        EAST: ("in", "returns", "waits"),
    }


def test_file_that_cannot_be_opened_is_not_taken_in(office):
    """
    A letter of which a workbook is under a password, or no workbook, is 打不开, not 已收.
    """
    data = send(office, LIGHT).read_bytes()
    (office / "收表" / f"{LIGHT}.xlsx").unlink()
    locked = attached(lock(data, "qinghe2026"), called("报表.xlsx"))
    broken = attached(data[: len(data) // 2], called("报表.xlsx"))
    fetch(office, letter(text(), locked, sender=MAILS[LIGHT]))
    fetch(office, letter(text(), broken, sender=MAILS[EAST]))

    assert states(office)[LIGHT] == ("in", RETURNS, "unopened")
    assert states(office)[EAST] == ("in", RETURNS, "unopened")
    assert states(office)[PEACE] == ("in", RETURNS, "filed")


def test_letter_upward_until_its_receipt(office):
    """
    The letter with the summary stands in the office's own row of its form set, then its receipt.
    """
    act(office, pipeline.aggregate, acts.submit)
    written = last(office).upward
    (summary,) = (office / "上报" / str(PERIOD)).glob("*.xlsx")
    mark = "HZR-" + hashlib.sha256(summary.read_bytes()).hexdigest()
    fetch(office, letter(text(f"已收到\n\n{mark}\n"), sender=UPPER), now=TOMORROW)

    assert {code: (one.kind, one.state) for code, one in written.items()} == {
        "TJ": ("submission", "letter_state.draft")
    }
    assert [one.state for one in last(office).upward.values()] == ["letter_state.taken_above"]


def test_list_of_who_has_reported_shows_the_letters(office):
    """
    状态.xlsx has the letters in the rows of their units, in words.
    """
    act(office, acts.remind, pipeline.audit)
    (sheet, *_) = open_workbook((office / "状态.xlsx").read_bytes()).sheets
    rows = [row for row in sheet.rows if LIGHT in row]
    words = say("last_letter.out", kind=say("letter_kind.reminder"), day=f"{NOW:%m-%d}")

    assert [words in row and say("letter_state.draft") in row for row in rows] == [True]
