"""Letters drafted anew: of several about one thing one leaves, and none is lost unsaid."""

import shutil
from pathlib import Path

import pytest

from huizong import acts, approving, sending
from huizong.draft_entries import SUBMISSION, drafts_of
from huizong.draft_files import read_draft
from huizong.errors import HuizongError
from huizong.letter_writing import Asked, draft
from huizong.records import Unit
from huizong.sending_entries import CANCELLED, SENT, save_sending
from huizong.texts import say
from posting_office import MAILS, TO, at, replace, rows, states, street_with_drafts
from street import LIGHT, NOW, PEACE, PERIOD

FIELDS = dict.fromkeys(
    ("unit", "office", "period", "officer", "phone", "date", "set", "version", "file", "reported",
     "expected", "absent", "explanations", "checksum", "digest"), "x",
)  # fmt: skip


@pytest.fixture(scope="module")
def drafted(tmp_path_factory) -> Path:
    """A street with drafts."""
    return street_with_drafts(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(drafted, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(drafted, tmp_path / "清河街道"))


def again(office: Path, **more: object):
    """Write the reminders anew."""
    with at(office) as work:
        return acts.remind(work, PERIOD, again=True, **more)


def offered(office: Path) -> list[tuple[str, int, tuple[str, ...]]]:
    """Give unit, number and what is wrong of each draft that is proposed."""
    with at(office) as work:
        letters = approving.proposed(work, PERIOD)
    return sorted((one.drafted.unit, one.drafted.number, one.wrong) for one in letters)


def approve(office: Path) -> None:
    """Approve all that may be."""
    with at(office) as work:
        good = [one for one in approving.proposed(work, PERIOD) if not one.wrong]
        approving.approve(work, good, "王芳")


def enter(office: Path, state: str) -> None:
    """Say of all letters what became of them."""
    with at(office) as work:
        for row in sending.due(work):
            save_sending(work.book, replace(row, state=state))


def files(office: Path) -> list[Path]:
    """Give the drafts that lie there."""
    return sorted((office / "草稿" / str(PERIOD)).glob("*.eml"))


def test_draft_written_again_is_offered_once(office):
    """Of drafts about one thing the last is offered; those deleted never come back."""
    again(office)
    twice = offered(office)
    for path in files(office):
        path.unlink()
    gone = offered(office)
    again(office)

    assert twice == sorted([(LIGHT, 2, ()), (PEACE, 2, ())])
    assert gone == []
    assert offered(office) == sorted([(LIGHT, 3, ()), (PEACE, 3, ())])
    approve(office)
    assert sorted(rows(office)) == sorted(TO)
    assert all(one.number == 3 for one in rows(office).values())
    assert files(office) == []


def test_draft_that_was_edited_is_told_of_and_stays(office):
    """What a person wrote into a draft that another has replaced lies there, named and unsent."""
    path = next(one for one in files(office) if "和平" in one.name)
    mine = path.read_bytes() + b"mine"
    path.write_bytes(mine)
    again(office)
    newer = next(one for one in files(office) if "和平" in one.name and one != path)
    replaced = say("sending.replaced", when=f"{NOW:%Y-%m-%d %H:%M}", file=newer.name)

    assert offered(office) == sorted([(LIGHT, 2, ()), (PEACE, 1, (replaced,)), (PEACE, 2, ())])
    approve(office)
    assert path.read_bytes() == mine
    assert {one.number for one in rows(office).values()} == {2}


def test_draft_with_an_id_of_a_mail_program_is_the_last_at_its_place(office):
    """An ID that is not ours says nothing: the file is the last that was written there."""
    for path in files(office):
        path.unlink()
    again(office)
    for path in files(office):
        content = path.read_bytes()
        path.write_bytes(
            content.replace(read_draft(content).message_id.encode(), b"<made@by.a.program>")
        )

    assert offered(office) == sorted([(LIGHT, 2, ()), (PEACE, 2, ())])


def test_draft_written_after_one_was_sent_stays_until_it_is_approved(office):
    """A draft with the very words of a letter that has gone is another letter: it is not swept."""
    approve(office)
    enter(office, SENT)
    told = again(office)

    assert len(files(office)) == 2
    assert offered(office) == sorted([(LIGHT, 2, ()), (PEACE, 2, ())])
    assert len(files(office)) == 2
    assert not [line for line in told.lines if say("sending_state.sent") in line]


def test_nothing_is_written_again_while_the_earlier_may_still_arrive(office):
    """What waits has to be cancelled first, and once another is written it is never retried."""
    approve(office)
    held = again(office)
    (key,) = {one.key for one in rows(office).values() if one.unit == LIGHT}
    with at(office) as work:
        for one in {one.key for one in rows(office).values()}:
            sending.decide(work, one, "cancel")
        before = acts.remind(work, PERIOD)
    between = files(office)
    again(office)
    with at(office) as work, pytest.raises(HuizongError) as caught:
        sending.decide(work, key, "retry")

    assert held.waits
    assert any(key in line and "--cancel" in line for line in held.lines)
    assert between == []
    assert any(say("sending_state.cancelled") in line for line in before.lines)
    assert offered(office) == sorted([(LIGHT, 2, ()), (PEACE, 2, ())])
    assert caught.value.code == "error.queue_newer"
    assert set(states(office).values()) == {CANCELLED}


def test_letters_about_other_things_are_not_written_over(office):
    """Two letters whose drafts would have the same name are two files, and both are offered."""
    unit = Unit(code=LIGHT, name="光明社区", parent="", mail=MAILS[LIGHT][0])
    with at(office) as work:
        path = work.office.drafts(str(PERIOD)) / "下发.eml"
        asked = Asked(kind=SUBMISSION, unit=unit, about=("a",), path=path, fields=FIELDS)
        first = draft(work, PERIOD, asked, again=False)
        second = draft(work, PERIOD, replace(asked, about=("b",)), again=False)
        third = draft(work, PERIOD, asked, again=True)

    assert first.path == third.path != second.path
    assert len(offered(office)) == len(files(office)) == 4


def test_one_unit_is_written_to_alone(office):
    """With a unit named no other gets a letter, and a unit that is not there is said."""
    again(office, unit=LIGHT)
    with pytest.raises(HuizongError) as caught:
        again(office, unit="1")

    assert offered(office) == sorted([(LIGHT, 2, ()), (PEACE, 1, ())])
    assert caught.value.code == "error.unknown_unit"


def test_what_became_of_the_earlier_letter_is_told(office):
    """A letter that was approved is not called sent or deleted, but as the queue has it."""
    approve(office)
    enter(office, "refused")
    with at(office) as work:
        told = acts.remind(work, PERIOD)
        numbers = [one.number for one in drafts_of(work.book)]

    state = say("sending_state.refused")
    assert sum(state in line for line in told.lines) == len(numbers) == 2
    assert any(f"--again --unit {LIGHT}" in line for line in told.lines)
    assert set(states(office).values()) == {"refused"}
