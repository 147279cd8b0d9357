"""What may leave: a draft as an officer has left it, only to addresses that the office knows."""

import datetime as dt
import email
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from email.policy import default
from pathlib import Path

import pytest
from openpyxl import load_workbook

from huizong import acts, approving
from huizong.book import open_book
from huizong.doing import DONE, WAITS
from huizong.draft_entries import SUBMISSION
from huizong.errors import HuizongError
from huizong.letter_writing import Asked, draft
from huizong.letters import Attachment, is_ours
from huizong.office import open_office
from huizong.records import Unit
from huizong.sending_entries import SENT
from huizong.settings import SETTINGS
from huizong.texts import say
from mail_server import taking
from mail_servers import HOST, PASSWORD, USER
from posting_office import (
    MAILS,
    TO,
    UPPER,
    at,
    keyring_with,
    press,
    replace,
    rows,
    street_with_drafts,
)
from street import LIGHT, NOW, PEACE, PERIOD
from terminal import SRC, Terminal

STRANGER = "guest@elsewhere.example.com"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


@pytest.fixture(scope="module")
def drafted(tmp_path_factory) -> Path:
    """A street with drafts."""
    return street_with_drafts(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(drafted, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(drafted, tmp_path / "清河街道"))


def peace(office: Path) -> Path:
    """Give the draft to a unit with two addresses."""
    (path,) = (office / "草稿" / str(PERIOD)).glob("*和平*.eml")
    return path


def proposal(office: Path, change: Callable[[bytes], bytes] = bytes, **more: object):
    """Propose the drafts after one was edited; give that one."""
    path = peace(office)
    path.write_bytes(change(path.read_bytes()))
    with at(office, **more) as work:
        return next(one for one in approving.proposed(work, PERIOD) if one.path == path)


def with_heading(heading: bytes) -> Callable[[bytes], bytes]:
    """Put a heading before the others."""
    return lambda content: heading + b"\r\n" + content


@pytest.mark.parametrize("heading", [b"To", b"Cc", b"Bcc", b"to", b"BCC"])
def test_recipient_that_the_roster_lacks_keeps_a_letter_back(office, heading):
    """Fault 68: in whatever heading it stands, an address that is not the unit's is named."""
    mine, other = MAILS[PEACE][0], TO[0]
    evil = f"{mine}.evil.com"
    before = peace(office).read_bytes()
    for to, named in (
        (STRANGER, STRANGER), (other, other), (evil, evil), (f"x <{STRANGER}>, {mine}", STRANGER)
    ):  # fmt: skip
        peace(office).write_bytes(before)
        one = proposal(office, with_heading(heading + b": " + to.encode()))
        assert one.wrong == (say("sending.stranger", names=named),)


@pytest.mark.parametrize(
    "heading", ["Cc: hp@qh.example.cn; x@y.cn", "Cc: <hp@qh.example.cn", "Cc: a b c", "Bcc: ,",
                "To: 新华社区 ‹周主任 xinhua at xh>", "To: 和平社区 <", "Cc: hp@"]
)  # fmt: skip
def test_addresses_that_cannot_be_read_keep_a_letter_back(office, heading):
    """Fault 68: what is not understood is not guessed, and told once, as it was written."""
    one = proposal(office, with_heading(heading.encode()))

    assert one.wrong == (say("sending.unread", texts=heading.partition(": ")[2]),)


def test_letter_of_somebody_else_or_to_nobody_is_kept_back(office):
    """Fault 68: a letter leaves from the office's own address, and to somebody."""
    foreign = proposal(office, lambda raw: raw.replace(USER.encode(), b"boss@qh.example.gov.cn"))
    nobody = proposal(
        office,
        lambda raw: b"\n".join(
            line for line in raw.splitlines() if not line.startswith((b"To:", b"From:", b" "))
        ),
    )

    boss = say("sending.foreign_sender", sender="boss@qh.example.gov.cn", own=USER)
    assert foreign.wrong == (boss,)
    assert nobody.wrong == (say("sending.nobody"),)


def test_edited_letter_leaves_as_edited(office):
    """
    Fault 68: what an officer wrote into the text, and one recipient taken out, is what leaves; the
    ID is ours whatever the mail program made of it, and nobody sees who got a copy.
    """
    mine = MAILS[PEACE][0]
    text = b"From - Fri Apr 03 09:00:00 2026\nX-Mozilla-Status: 0001\nFCC: imap://me@x/Sent\n"
    text += b"X-Unsent: 1\nTo: " + mine.encode() + b"\nBcc: HP2@QQ.com\nSubject: x\n"
    text += b"Message-ID: <made@by.a.program>\n\n.\nby hand\n"
    with taking() as server, keyring_with(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(server.authority))
        peace(office).write_bytes(text)
        press(office, server.port)
        ((first,), (second,)) = (server.copies(to) for to in MAILS[PEACE])

    message = email.message_from_bytes(first, policy=default)
    with open_book(open_office(office).book) as book:
        assert is_ours(bytes.fromhex(book.meta("seal_key")), message["message-id"])
    assert first == second
    assert first.endswith(b"\r\n\r\n.\r\nby hand\r\n")
    assert message["to"] == mine
    assert sorted(name.lower() for name in message.keys()) == [  # noqa: SIM118
        "date", "from", "message-id", "subject", "to"
    ]  # fmt: skip
    assert message["from"].addresses[0].addr_spec == USER


def test_what_was_overtaken_is_kept_back(office):
    """A reminder of yesterday, and a summary that is not the last, are drafted anew, not sent."""
    write_upward(office)
    with at(office, now=NOW + dt.timedelta(days=1)) as work:
        letters = approving.proposed(work, PERIOD)
    old = say("sending.old_reminder", day=f"{NOW:%Y-%m-%d}")

    assert sorted(one.wrong for one in letters) == sorted(
        [(old,), (old,), (say("sending.old_summary"),)]
    )


def test_letters_stand_in_the_order_of_the_roster(office):
    """Whoever agrees goes through the roster: units stand as they do there."""
    found = {}
    for turned in (False, True):
        with at(office) as work:
            roster = work.office.roster[:: -1 if turned else 1]
            work = replace(work, office=replace(work.office, roster=roster))
            found[turned] = [one.drafted.unit for one in approving.proposed(work, PERIOD)]

    assert found == {False: [LIGHT, PEACE], True: [PEACE, LIGHT]}


def test_what_is_kept_back_is_told_once_and_before_the_question(office):
    """Fault 68: who agrees knows what will not leave, and hears it once."""
    peace(office).write_bytes(with_heading(b"Cc: a b c")(peace(office).read_bytes()))
    shown = []
    with at(office) as work:
        told = acts.send(work, PERIOD, lambda lines: shown.extend(lines))

    assert [number for number, line in enumerate(shown) if "a b c" in line] == [0]
    assert not any("a b c" in line for line in told.lines)
    assert told.waits


def test_address_that_nobody_can_send_to_is_a_stranger(office):
    """Fault 68: what stands in the roster and is no address is not sent to."""
    odd = "和平@qq.com"
    peace(office).write_bytes(b"To: =?utf-8?b?5ZKM5bmz?=@qq.com\r\n\r\nx")
    with at(office) as work:
        roster = tuple(replace(one, mail=odd) if one.code == PEACE else one
                       for one in work.office.roster)  # fmt: skip
        work = replace(work, office=replace(work.office, roster=roster))
        one = next(one for one in approving.proposed(work, PERIOD) if one.path == peace(office))

    assert one.wrong[-1] == say("sending.stranger", names=odd)


def test_draft_that_cannot_be_read_holds_up_no_other(office):
    """What opens for nobody is named, and the others are proposed."""
    locked = peace(office)
    locked.unlink()
    locked.mkdir()
    with at(office) as work:
        letters = approving.proposed(work, PERIOD)

    assert [bool(one.wrong) for one in letters] == [one.path == locked for one in letters]


def test_letter_upward_goes_to_the_office_above_alone(office):
    """Fault 68: a unit's address is a stranger to what goes up."""
    path = write_upward(office)
    path.write_bytes(path.read_bytes().replace(UPPER.encode(), TO[0].encode()))
    with at(office) as work:
        one = next(one for one in approving.proposed(work, PERIOD) if one.path == path)

    assert one.wrong[0] == say("sending.stranger_above", names=TO[0])


def write_upward(office: Path) -> Path:
    """Draft a letter upward, with a file that is no summary of the office's."""
    with at(office) as work:
        upper = Unit(code="990101000000", name="x", parent="", mail=UPPER)
        path = work.office.upward(str(PERIOD)) / "上报.eml"
        asked = Asked(kind=SUBMISSION, unit=upper, about=("a",), path=path, fields=_fields(),
                      attachments=(Attachment("x.xlsx", b"x"),))  # fmt: skip
        return draft(work, PERIOD, asked, again=False).path


def _fields() -> dict[str, str]:
    names = "unit office period officer phone date set version file reported expected absent"
    return dict.fromkeys((*names.split(), "explanations", "checksum", "digest"), "x")


def test_letter_changed_after_approval_does_not_leave(office, monkeypatch):
    """Fault 68: what is sent is what was approved, to whom the roster still knows."""
    with at(office) as work:
        approving.approve(work, approving.proposed(work, PERIOD), "王芳")
    kept = office / rows(office)[TO[0]].kept_as
    kept.chmod(0o600)
    kept.write_bytes(kept.read_bytes() + b"more")
    with taking() as server, keyring_with(), at(office, server.port) as work:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        roster = tuple(replace(one, mail="") if one.code == PEACE else one
                       for one in work.office.roster)  # fmt: skip
        work = replace(work, office=replace(work.office, roster=roster))
        told = acts.send(work, PERIOD, lambda _: pytest.fail("nothing is drafted any more"))

    assert server.accepted == []
    altered = say("sending.altered", file=kept)
    gone = [say("sending.no_more_known", to=to) for to in MAILS[PEACE]]
    assert told.waits
    assert all(any(why in line for line in told.lines) for why in (altered, *gone))


def test_killed_between_file_and_book_is_approved_again(office):
    """
    Fault 67: a letter that lies in the folder and not in the book is written over; a draft that is
    in the book goes with the next run where it could not be removed, unless somebody changed it.
    """
    path, before = peace(office), peace(office).read_bytes()
    approve(office)
    kept = {one.kept_as: (office / one.kept_as).read_bytes() for one in rows(office).values()}
    with open_book(open_office(office).book) as book:
        book.put("DROP TRIGGER sending_stays", [()])
        for table in ("sending", "approval"):
            book.put(f"DELETE FROM {table}", [()])
    path.write_bytes(before)
    again = approve(office)
    path.write_bytes(before)
    left = approve(office)
    path.write_bytes(before + b"mine")
    changed = approve(office)

    assert [len(some) for some in (again, left, changed)] == [1, 0, 0]
    assert path.read_bytes() == before + b"mine"
    assert {str(one.relative_to(office)) for one in (office / "发件").rglob("*.*")} == set(kept)
    assert all((office / name).read_bytes() == data for name, data in kept.items())


def approve(office: Path) -> tuple[approving.Proposed, ...]:
    """Approve all that is drafted; give what was."""
    with at(office) as work:
        letters = approving.proposed(work, PERIOD)
        approving.approve(work, letters, "王芳")
    return letters


def test_who_approves_is_entered(office):
    """Fault 68: who approved it and when stands in the queue; nobody approves without a name."""
    with at(office, officer="") as work, pytest.raises(HuizongError) as caught:
        acts.send(work, PERIOD, lambda _: True)
    with at(office, mail_user="qinghe") as work, pytest.raises(HuizongError) as other:
        acts.send(work, PERIOD, lambda _: True)
    with at(office, officer="") as work:
        approving.approve(work, approving.proposed(work, PERIOD), "李强")

    assert caught.value.code == "error.send_no_officer"
    assert other.value.code == "error.send_no_address"
    assert {(one.approved_by, one.approved_at) for one in rows(office).values()} == {
        ("李强", NOW.isoformat())
    }


def set_up(office: Path, **wanted: str) -> None:
    """Enter settings in the control workbook, as a person does."""
    path = open_office(office).control
    book = load_workbook(path, keep_vba=True)
    labels = {say(f"setting.{name}"): value for name, value in wanted.items()}
    for row in book[SETTINGS].iter_rows():
        if row[0].value in labels:
            row[1].value = labels.pop(row[0].value)
    book.save(path)
    assert not labels


def test_a_person_sends_at_the_terminal(office):
    """
    Fault 68, 76: letters are shown, agreed to and sent; the password is asked for, shown nowhere
    and kept nowhere, and no address stands in the events.
    """
    with taking() as server:
        set_up(office, send_by="SMTP", mail_user=USER, officer="王芳",
               send_server=f"{HOST}:{server.plain} STARTTLS")  # fmt: skip
        env = NO_KEYRING | {"SSL_CERT_FILE": str(server.authority)}
        command = ["mail", "send", office, PERIOD, "--now", NOW.isoformat()]
        with Terminal(command, env) as screen:
            question, prompt = (
                say(code, user=USER).splitlines()[-1] for code in ("sending.ask", "mail.password")
            )
            shown = screen.until(question)
            screen.type("是")
            screen.until(prompt)
            screen.type("")  # nothing is no password: asked for again, and not tried
            screen.until(prompt)
            screen.type(PASSWORD)
            code = screen.end()
            everything, left = screen.shown, screen.seen

    assert all(to in shown for to in TO)
    # Nothing that was said, asked or typed is wiped by a bar, or stands on one line with it.
    sent = [line for line in left if line.startswith(say("sending_state.sent"))]
    assert len(sent) == len(TO)
    assert left[-2].startswith(say("sending.counts", counts="\n").partition("\n")[0])
    assert {f"{question}是", prompt} <= {*left}
    assert code == DONE
    assert server.heard.count("AUTH") == 1
    assert sorted(to for to, _ in server.accepted) == sorted(TO)
    assert {one.state for one in rows(office).values()} == {SENT}
    assert PASSWORD not in everything
    with open_book(open_office(office).book) as book:
        assert "@" not in str(book.events())
    for path in office.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes()


def test_nobody_there_to_agree(office):
    """
    Faults 66, 68: run by the clock, nothing is approved, nor with --yes where nobody can type the
    password; the queue counts the drafts, and lists the letters once they are approved.
    """
    set_up(office, send_by="SMTP", mail_user=USER, officer="王芳", send_server=f"{HOST}:1")
    asked = without_terminal("send", office, str(PERIOD))
    agreed = without_terminal("send", office, str(PERIOD), "--yes")
    counted = without_terminal("queue", office)
    before = rows(office)
    approve(office)
    listed = without_terminal("queue", office)
    several = without_terminal("queue", office, "--cancel", "x", "--retry", "x")

    assert asked.returncode == WAITS
    assert say("sending.nobody_agrees", count=2) in asked.stdout
    wanted = say("error.send_password", user=USER, folder=office)
    assert (agreed.returncode, agreed.stderr.strip()) == (2, wanted)
    assert before == {}
    assert counted.returncode == listed.returncode == WAITS
    assert say("sending.unapproved", period=PERIOD, count=2) in counted.stdout
    assert all(to in listed.stdout for to in TO)
    assert (several.returncode, several.stderr.strip()) == (2, say("error.one_decision"))


def without_terminal(command: str, office: Path, *more: str) -> subprocess.CompletedProcess:
    """Run a command of `huizong mail` where nobody can type."""
    arguments = [sys.executable, "-m", "huizong", "mail", command, str(office), *more]
    env = os.environ | NO_KEYRING | {"PYTHONPATH": str(SRC)}
    return subprocess.run(
        [*arguments, "--now", NOW.isoformat()], env=env, stdin=subprocess.DEVNULL,
        capture_output=True, text=True,
    )  # fmt: skip
