"""Summaries that correct what went up: what the letter says, and which versions are received."""

import datetime as dt
import email
import hashlib
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import msgspec
import pytest

import test_amendments
from huizong import acts, pipeline
from huizong.amend import amended_upward
from huizong.amendments import Moved
from huizong.draft_entries import SUBMISSION, drafts_of
from huizong.entries import files_of
from huizong.history import summaries_of
from huizong.letter_entries import LetterEntry, save_letters
from huizong.letters import BOUNCE, TAKEN_ABOVE, Letter
from huizong.letters_amended import MOST_LINES, correction_fields
from huizong.sending_entries import (
    SENT,
    UNKNOWN,
    Approval,
    Sending,
    queue_of,
    save_approval,
    save_sending,
)
from huizong.texts import say
from huizong.upward import settle_received
from huizong.work import Work, at_work
from test_amendments import CLOSED, LATE, LIGHT, PEACE, Q1, corrected, office, readers, send, settle

__all__ = ["office", "readers"]

UPPER = "zfw@qh.example.gov.cn"


def act(folder: Path, action, now: dt.datetime = LATE, *, send_by: str = "draft", **more: object):
    """Do one action for the first quarter, with an address of the office above."""
    replace = msgspec.structs.replace
    with at_work(folder, now, "test") as work:
        settings = replace(work.office.settings, upper_mail=UPPER, send_by=send_by)
        return action(replace(work, office=replace(work.office, settings=settings)), Q1, **more)


def letters(folder: Path) -> list[EmailMessage]:
    """Read the drafts that go up, in the order in which they were written."""
    paths = sorted(
        (folder / "上报" / str(Q1)).glob("*.eml"), key=lambda one: one.stat().st_mtime_ns
    )
    return [email.message_from_bytes(one.read_bytes(), policy=default) for one in paths]


def attached(message: EmailMessage) -> dict[str, bytes]:
    """Give the attachments of a letter by name."""
    return {one.get_filename(): one.get_content() for one in message.iter_attachments()}


def text(message: EmailMessage) -> str:
    """Give the plain text of a letter."""
    return message.get_body(("plain",)).get_content()


def test_correction_after_submission_says_what_moves(office, readers):
    """
    The first letter carries the summary alone. After a correction the letter says which figures
    changed, from what to what and why, which totals and places they move, and carries the paper.
    """
    act(office, acts.submit)
    paper = corrected(office, readers, {PEACE: (22, 5, 100)})
    act(office, acts.submit)
    act(office, acts.submit)

    first, second = letters(office)
    said = text(second)
    assert len(attached(first)) == 1
    assert attached(second)[paper.name] == paper.read_bytes()
    assert len(attached(second)) == 2
    assert first["message-id"] != second["message-id"]
    lines = [one.partition(". ")[2] for one in said.splitlines() if one[:1].isdigit()]
    assert (
        "和平社区 ZZ01 服务户数：10 → 22 户（漏报三月份十二户；以来函更正的一份为准，已电话核实）"
        in lines
    )
    assert "汇总数 ZZ01 服务户数：45 → 57 户" in lines
    assert "和平社区 ZZ01 服务户数：3 → 1" in lines
    assert "和平社区来函更正" in said
    assert "第 2 版" in second["subject"]
    assert "第 1 版" in second["subject"]


def test_paper_that_was_removed_goes_up_all_the_same(office, readers):
    """
    Where somebody has removed the paper, it is written again for the letter.
    """
    act(office, acts.submit)
    paper = corrected(office, readers, {PEACE: (22, 5, 100)})
    paper.unlink()
    told = act(office, acts.submit)

    assert attached(letters(office)[-1])[paper.name] == paper.read_bytes()
    assert paper.name in [one.name for one in told.results]


def test_paper_that_came_with_a_summary_is_known_above(office, readers):
    """
    The office above is told what the paper is, and asks nobody for a form instead of it.
    """
    paper = corrected(office, readers, {PEACE: (22, 5, 100)})
    with at_work(office, LATE, "test") as work:
        unfiled = pipeline.collect(work, [paper], readers).unfiled
        (file,) = (one for one in files_of(work.book) if one.name == paper.name)

    assert (file.state, file.reason) == ("not_a_return", "beside")
    assert unfiled == ()


def made(folder: Path, readers, visits: int, hour: int):
    """Let two communities report, one of them these visits, and add up."""
    with at_work(folder, CLOSED.replace(hour=hour), "test") as work:
        send(work, Q1, {PEACE: (visits, 5, 100), LIGHT: (20, 3, 100)})
        settle(work, readers, Q1)
        (published,) = pipeline.aggregate(work, Q1)
    return published


def test_correction_of_what_nobody_above_has_is_no_correction(tmp_path, readers):
    """
    Before anything went up a mended summary goes up as the first: nothing there is to be replaced.
    """
    folder = test_amendments.street(tmp_path)
    made(folder, readers, 10, hour=9)
    published = made(folder, readers, 11, hour=10)
    act(folder, acts.submit)

    (letter,) = letters(folder)
    assert published.amended.is_file()
    assert list(attached(letter)) == [published.path.name]


def queued(folder: Path, state: str) -> None:
    """Enter the letter upward into the queue, as approving and sending do."""
    with at_work(folder, LATE, "test") as work:
        (drafted,) = (one for one in drafts_of(work.book, str(Q1)) if one.kind == SUBMISSION)
        common = {"about": drafted.about, "number": drafted.number, "kind": drafted.kind}
        common |= {"unit": "", "period": str(Q1), "kept_as": "1.eml", "digest": drafted.digest}
        common |= {"message_id": "<1@a.cn>", "approved_by": "王芳", "approved_at": work.at}
        save_approval(work.book, Approval(**common), [UPPER])
        save_sending(work.book, Sending(**common, recipient=UPPER, state=state, at=work.at))


@pytest.mark.parametrize(
    ("state", "number"),
    [("", 1), ("refused", 1), ("cancelled", 1), ("bounced", 1), ("sent", 2), ("unknown", 2),
     ("waiting", 2)],
)  # fmt: skip
def test_what_never_left_is_not_corrected(tmp_path, readers, state, number):
    """
    Where the program sends, a version that was drafted only, refused or taken back has not gone
    up, nor has one whose letter came back: the next goes up as the first, and `status` says so.
    What was sent, or may have been, is corrected.
    """
    folder = test_amendments.street(tmp_path)
    made(folder, readers, 10, hour=9)
    act(folder, acts.submit, send_by="smtp")
    if state:
        queued(folder, SENT if state == "bounced" else state)
    if state == "bounced":
        bounce(folder)
    told = [code for _, code in above(folder)]
    made(folder, readers, 11, hour=10)
    act(folder, acts.submit, send_by="smtp")

    assert told == [{"": "drafted_above", "sent": "sent_above"}.get(state, f"queued {state}")]
    assert len(attached(letters(folder)[-1])) == number


def bounce(folder: Path) -> None:
    """Enter what a server answers that cannot deliver to the office above, as fetching does."""
    letter = Letter(sender="mailer-daemon@a.cn", failed=(UPPER,), answers="<1@a.cn>")
    with at_work(folder, LATE, "test") as work:
        entry = LetterEntry(
            digest="b" * 64, kept_as="b.eml", size=1, received_at=work.at, state="opened",
            reason=BOUNCE, letter=letter,
        )  # fmt: skip
        save_letters(work.book, [entry])


def receipt(work: Work, digest: str) -> None:
    """Enter a receipt of the office above, as fetching does."""
    letter = Letter(sender=UPPER, received=(digest,))
    entry = LetterEntry(
        digest=digest[::-1], kept_as=f"{digest}.eml", size=1, received_at=work.at, state="opened",
        reason=TAKEN_ABOVE, letter=letter,
    )  # fmt: skip
    save_letters(work.book, [entry])


@pytest.mark.parametrize("of", ["this", "another"])
def test_receipt_settles_a_letter_of_which_nobody_knew(tmp_path, readers, of):
    """
    What the office above acknowledges has arrived: nobody is asked to send it again.
    """
    folder = test_amendments.street(tmp_path)
    published = made(folder, readers, 10, hour=9)
    act(folder, acts.submit, send_by="smtp")
    queued(folder, UNKNOWN)
    digest = hashlib.sha256(published.path.read_bytes()).hexdigest()
    with at_work(folder, LATE, "test") as work:
        receipt(work, digest if of == "this" else "d" * 64)
        settle_received(work)
        (row,) = queue_of(work.book)

    assert row.state == {"this": SENT, "another": UNKNOWN}[of]


def above(folder: Path) -> list[tuple[int, str]]:
    """Give the versions of which the status says something, and what."""
    begins = {
        say(f"command.{code}", set="ZZ", number=number, when="|").partition("|")[0]: (number, code)
        for number in (1, 2)
        for code in ("taken_above", "sent_above", "drafted_above")
    }
    for state in ("waiting", "refused", "cancelled", "unknown", "bounced"):
        words = {"state": say(f"sending_state.{state}"), "when": "|", "key": "|"}
        text = say("command.queued_above", set="ZZ", number=1, **words).partition("|")[0]
        begins[text] = 1, f"queued {state}"
    lines = act(folder, acts.status).lines
    return [told for line in lines for text, told in begins.items() if line.startswith(text)]


def test_each_version_is_received_for_itself(office, readers):
    """
    A receipt of the first version says nothing of the second, and the other way round.
    """
    nothing = above(office)
    act(office, acts.submit)
    drafted = above(office)
    with at_work(office, LATE, "test") as work:
        receipt(work, summaries_of(work.book, str(Q1))[0].digest)
    first = above(office)
    corrected(office, readers, {PEACE: (22, 5, 100)})
    unsent = above(office)
    act(office, acts.submit)
    waits = above(office)
    with at_work(office, LATE, "test") as work:
        receipt(work, summaries_of(work.book, str(Q1))[1].digest)

    assert nothing == []
    assert drafted == [(1, "drafted_above")]
    assert first == unsent == [(1, "taken_above")]
    assert waits == [(1, "taken_above"), (2, "drafted_above")]
    assert above(office) == [(1, "taken_above"), (2, "taken_above")]


@pytest.mark.parametrize("count", [4, 40])
def test_long_corrections_are_cut_in_the_letter(office, readers, count):
    """
    Of very many figures the letter tells thirty, and how many more stand in the paper.
    """
    act(office, acts.submit)
    corrected(office, readers, {PEACE: (22, 5, 100)})
    with at_work(office, LATE, "test") as work:
        (checked,) = work.sets(Q1)
        one = amended_upward(work, checked, Q1).moved
    many = (Moved(whose="甲", code="ZZ01", before="1", after="2"),) * count
    long = msgspec.structs.replace(one, units=many)
    lines = correction_fields(long, checked.form_set, "单")["figures"].splitlines()

    assert len(lines) == min(count, MOST_LINES + 1)
    assert ("甲" in lines[-1]) is (count <= MOST_LINES)
