"""What is told of the letters out: of each recipient alone, of what came back, of what waits."""

import datetime as dt
import shutil
import sys
from io import StringIO
from pathlib import Path

import pytest

from huizong import acts, approving, outbox, sending
from huizong.come_back import come_back
from huizong.errors import HuizongError
from huizong.last_letters import last_letters
from huizong.sending_entries import (
    CANCELLED,
    SENDING,
    SENT,
    UNKNOWN,
    WAITING,
    queue_of,
    save_sending,
)
from huizong.texts import say
from keyrings import own_keyring
from mail_corpus import multipart, text
from posting_office import MAILS, TO, at, replace, rows, states, street_with_drafts
from street import NOW, PEACE, PERIOD

LATER = NOW + dt.timedelta(hours=1)
ONE, OTHER = MAILS[PEACE]


@pytest.fixture(scope="module")
def drafted(tmp_path_factory) -> Path:
    """A street with drafts."""
    return street_with_drafts(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(drafted, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(drafted, tmp_path / "清河街道"))


def approve(office: Path, state: str = WAITING, now: dt.datetime = NOW) -> None:
    """Approve all drafts, and say what became of their letters."""
    with at(office, now=now) as work:
        approving.approve(work, approving.proposed(work, PERIOD), "王芳")
        for row in sending.due(work):
            save_sending(work.book, replace(row, state=state))


def bounce(office: Path, address: str, returned: str = "", now: dt.datetime = LATER) -> None:
    """Fetch what a server answers that cannot deliver."""
    status = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; a.b\r\n\r\n"
    status += f"Final-Recipient: rfc822; {address.upper()}\r\nAction: failed\r\n".encode()
    original = f"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: {returned}\r\n".encode()
    parts = multipart(text("退信"), status, *([original] if returned else []), subtype="report")
    parts = parts.replace(b"/report;", b"/report; report-type=delivery-status;", 1)
    folder = office.parent / f"来信{len(list(office.parent.iterdir()))}"
    folder.mkdir()
    head = f"From: MAILER-DAEMON@a.b\r\nSubject: {folder.name}\r\nMIME-Version: 1.0\r\n".encode()
    (folder / "1.eml").write_bytes(head + parts)
    with at(office, now=now) as work:
        acts.fetch(work, folder, "")


def queue(office: Path, *decision: str, now: dt.datetime = LATER):
    """Show the queue."""
    with at(office, now=now) as work:
        return acts.queue(work, *decision)


def states_shown(office: Path, now: dt.datetime = LATER) -> dict[str, str]:
    """Give the words for the state of each recipient's row on 发件."""
    with at(office, now=now) as work:
        return {row[2]: row[5] for row in outbox.outbox_rows(work, PERIOD)}


def test_letter_that_was_cut_off_is_told_though_the_password_is_missing(office):
    """
    Fault 67: what a broken run may have sent is found once; it is told with what stops this run.
    """
    approve(office, SENDING)
    with at(office) as work:
        (first, *_) = queue_of(work.book)
        save_sending(work.book, replace(first, state=WAITING))
    with own_keyring(), at(office, now=LATER) as work:
        told = acts.send(work, PERIOD, lambda _: pytest.fail("nothing is drafted"))
        unknown = [one.recipient for one in queue_of(work.book, states=(UNKNOWN,))]
        with pytest.raises(HuizongError) as again:
            acts.send(work, PERIOD, lambda _: pytest.fail("nothing is drafted"))

    assert sorted((*unknown, first.recipient)) == sorted(TO)
    assert [any(to in line for line in told.lines[:-1]) for to in unknown] == [True] * 2
    assert told.lines[-1] == str(again.value)
    assert again.value.code == "error.send_password"
    assert told.waits


def test_letter_that_came_back_is_told_until_it_is_written_anew(office):
    """What a bounce names was sent and did not arrive: the queue and 发件 say so, of it alone."""
    approve(office, SENT)
    bounce(office, ONE)
    told, shown = queue(office), states_shown(office)
    with at(office, now=LATER) as work:
        acts.remind(work, PERIOD, again=True, unit=PEACE)

    back = say("sending_state.bounced")
    assert any(back in line and ONE in line for line in told.lines)
    assert not any(OTHER in line or TO[0] in line for line in told.lines)
    assert {to for to, state in shown.items() if state == back} == {ONE}
    assert say("sending.count", name=back, count=1) in told.short
    assert say("sending.count", name=say("sending_state.sent"), count=2) in told.short
    assert back not in states_shown(office).values()
    assert states_shown(office)[ONE] == say("sending_state.bounced_anew")
    assert not any(ONE in line for line in queue(office).lines)


def test_bounce_that_returns_one_of_two_letters_tells_of_that(office):
    """Of two letters to one address the one whose ID is returned came back, and not the other."""
    approve(office, SENT)
    next_day = NOW + dt.timedelta(days=1)
    with at(office, now=next_day) as work:
        acts.remind(work, PERIOD)
    approve(office, SENT, next_day)
    with at(office, now=next_day) as work:
        theirs = [one for one in sending.queue_of(work.book) if one.recipient == ONE]
    bounce(office, ONE, theirs[0].message_id, next_day)
    told = queue(office, now=next_day)

    assert len(theirs) == 2
    named = [line for line in told.lines if ONE in line]
    assert len(named) == 1
    assert theirs[0].key in named[0]


def test_bounce_of_somebody_elses_letter_tells_of_none_of_ours(office):
    """A bounce that returns a letter with a foreign ID, such as the officer's own, is not ours."""
    approve(office, SENT)
    bounce(office, ONE, "<private@qh.example.cn>")

    assert say("sending_state.bounced") not in states_shown(office).values()


def test_bounce_of_a_letter_that_nobody_knew_of_tells_of_that_alone(office):
    """A letter that may have been sent was, if it comes back; another to that address stays."""
    approve(office, UNKNOWN)
    first = rows(office)[ONE]
    next_day = NOW + dt.timedelta(days=1)
    with at(office, now=next_day) as work:
        acts.remind(work, PERIOD)
    approve(office, SENT, next_day)
    bounce(office, ONE, first.message_id, next_day)
    with at(office, now=next_day) as work:
        back = come_back(work.book)
        stands = {(one.message_id, one.recipient): one.state for one in queue_of(work.book)}

    assert set(back) == {(first.message_id, ONE)}
    assert stands[first.message_id, ONE] == SENT
    assert stands[first.message_id, OTHER] == UNKNOWN


def test_draft_that_waits_did_not_come_back(office):
    """A bounce makes the letter that was sent one that came back, not what was drafted since."""
    approve(office, SENT)
    next_day = NOW + dt.timedelta(days=1)
    bounce(office, ONE, now=next_day)
    with at(office, now=next_day) as work:
        sent = last_letters(work, PERIOD).units[PEACE]
        acts.remind(work, PERIOD)
    bounce(office, ONE, now=next_day)
    with at(office, now=next_day) as work:
        drafted = last_letters(work, PERIOD).units[PEACE]

    assert (sent.state, drafted.state) == ("letter_state.bounced", "letter_state.draft")


def test_old_letters_did_not_come_back_by_a_late_bounce(office):
    """A bounce that names no letter says nothing of what was sent long before."""
    approve(office, SENT)
    bounce(office, ONE, now=NOW + dt.timedelta(days=15))

    assert say("sending_state.bounced") not in states_shown(office).values()


def test_one_of_several_recipients_is_decided_about_alone(office):
    """The queue names each recipient of a letter, and what is typed goes for that one."""
    approve(office)
    key = rows(office)[ONE].key
    told = queue(office)
    queue(office, "cancel", f"{key}：{ONE.upper()}")
    with pytest.raises(HuizongError) as nobody:
        queue(office, "cancel", f"{key}:{TO[0]}")
    with pytest.raises(HuizongError) as done:
        queue(office, "cancel", f"{key}:{ONE}")

    assert any(f"--cancel {key}:{ONE}" in line for line in told.lines)
    assert any(f"--cancel {rows(office)[TO[0]].key}" in line and ":" not in line.split("--")[1]
               for line in told.lines)  # fmt: skip
    assert states(office) == {ONE: CANCELLED, OTHER: WAITING, TO[0]: WAITING}
    assert (nobody.value.code, done.value.code) == ("error.queue_unknown", "error.queue_cancel")


def test_nothing_is_approved_where_nobody_can_type_the_password(office, monkeypatch):
    """Without a password the drafts stay drafts, and the queue says how many wait for approval."""
    monkeypatch.setattr(sys, "stdin", StringIO())
    with own_keyring(), at(office) as work, pytest.raises(HuizongError) as caught:
        acts.send(work, PERIOD, lambda _: True)
    told = queue(office)

    assert caught.value.code == "error.send_password"
    assert rows(office) == {}
    assert len(list((office / "草稿" / str(PERIOD)).glob("*.eml"))) == 2
    assert say("sending.unapproved", period=PERIOD, count=2) in told.lines
    approve(office)
    assert not any(str(PERIOD) in line for line in queue(office).lines)


def test_a_run_counts_its_own_letters(office):
    """What a run says it sent and what the queue says was sent are called by other names."""
    approve(office, SENT)
    with own_keyring(), at(office) as work:
        told = acts.send(work, PERIOD, lambda _: True)

    assert say("sending.count", name=say("sending_state.this_time"), count=0) in told.short
    sent = say("sending.count", name=say("sending_state.sent"), count=3)
    assert sent in queue(office).short
