"""What was true when a letter was drafted and is not any more: such a draft does not leave."""

import datetime as dt
import shutil
from pathlib import Path

import pytest

from huizong import acts, approving, closing, pipeline
from huizong.answers import Typed
from huizong.letter_templates import CORRECTION, ISSUED, RECEIPT, REMINDER, REPLY
from huizong.letter_writing import THERE
from huizong.letters_out import replies
from huizong.records import AuditedFinding
from huizong.texts import say
from mail_corpus import letter, text
from posting_office import MAILS, at, replace, street_with_drafts
from street import LIGHT, NOW, PEACE, PERIOD, send

LATER = NOW + dt.timedelta(hours=1)
TOMORROW = NOW + dt.timedelta(days=1)
DONE = "已电话核实，属正常变化"


@pytest.fixture(scope="module")
def drafted(tmp_path_factory) -> Path:
    """A street with two reminders of today."""
    return street_with_drafts(tmp_path_factory.mktemp("office"))


@pytest.fixture
def office(drafted, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(drafted, tmp_path / "清河街道"))


def offered(office: Path, kind: str, now: dt.datetime = LATER) -> dict[str, tuple[str, ...]]:
    """Give what is wrong with each draft of a kind, by its file."""
    with at(office, now=now) as work:
        found = approving.proposed(work, PERIOD)
    return {one.path.stem: one.wrong for one in found if one.drafted.kind == kind}


def take_in(office: Path, now: dt.datetime = LATER) -> None:
    """Collect, audit, and draft what is to be said about it."""
    with at(office, now=now) as work:
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
        acts.drafts(work, PERIOD)


def findings(office: Path) -> dict[str, AuditedFinding]:
    """Give what is asked about the return of 光明, by its kind."""
    with at(office, now=LATER) as work:
        (returns,) = pipeline.audit(work, PERIOD).sets
        (light,) = [one for one in returns.returns if one.unit.code == LIGHT]
        return {one.finding.code: one for one in light.findings}


def answer(office: Path, code: str, action: str) -> None:
    """Decide about a question as the officer does."""
    typed = Typed(key=findings(office)[code].key, action=action, officer="王芳", reason=DONE)
    with at(office, now=LATER) as work:
        pipeline.answer(work, str(PERIOD), typed)


def fetch(office: Path, sender: str) -> None:
    """Have a letter without a form come by mail."""
    folder = office.parent / "来信"
    folder.mkdir()
    (folder / "1.eml").write_bytes(letter(text("你好"), sender=sender))
    with at(office, now=LATER) as work:
        acts.fetch(work, folder, "")


def test_correction_is_offered_only_while_it_says_what_is_so(office):
    """
    Fault 68: once a problem is settled the letter that lists it is kept back, the one that lists
    the rest leaves; neither does once another return has come in.
    """
    send(office, LIGHT, TJ02="——", TJ01="5")
    take_in(office)
    first = offered(office, CORRECTION)
    answer(office, "relation", "accept")
    between = offered(office, CORRECTION)
    take_in(office)
    second = offered(office, CORRECTION)
    send(office, LIGHT, hour=5)
    with at(office, now=LATER) as work:
        pipeline.collect(work)
    third = offered(office, CORRECTION)

    overtaken = (say("sending.overtaken_correction"),)
    assert [*first.values()] == [()]
    assert [*between.values()] == [overtaken]
    assert [second.pop(one) for one in first] == [overtaken]
    assert [*second.values()] == [()]
    assert [*third.values()] == [overtaken, overtaken]


def test_correction_of_a_closed_period_is_kept_back(office):
    """What is closed is not asked to be mended."""
    send(office, PEACE)
    send(office, LIGHT, TJ02="——", TJ01="5")
    take_in(office)
    with at(office, now=LATER) as work:
        pipeline.aggregate(work, PERIOD)
        closing.close(work, PERIOD, "王芳", "定稿")

    assert [*offered(office, CORRECTION).values()] == [(say("sending.overtaken_correction"),)]


def test_reminder_is_kept_back_once_the_unit_has_reported(office):
    """Fault 68: a unit that reports between the draft and its sending is not reminded that day."""
    before = offered(office, REMINDER)
    send(office, LIGHT)
    with at(office, now=LATER) as work:
        pipeline.collect(work)
    after = offered(office, REMINDER)

    light, peace = sorted(before)
    assert "光明" in light
    assert before == {light: (), peace: ()}
    assert after == {light: (say("sending.overtaken_reminder"),), peace: ()}


def test_nothing_is_asked_again_of_a_unit_that_owes_nothing(office):
    """Fault 68: the answer to a letter without a form is kept back once the form has come."""
    fetch(office, MAILS[LIGHT][0])
    take_in(office)
    before = offered(office, REPLY)
    send(office, LIGHT)
    take_in(office, TOMORROW)

    assert [*before.values()] == [()]
    assert offered(office, REPLY) == dict.fromkeys(before, (say("sending.overtaken_reply"),))


def test_blank_that_was_issued_anew_is_not_handed_out(office):
    """Fault 68: a letter with the blank of a former issue is kept back, and the file is named."""
    with at(office) as work:
        acts.issue(work, PERIOD)
        acts.hand_out(work, PERIOD)
    before = offered(office, ISSUED)
    with at(office, now=LATER, officer="李强") as work:
        acts.issue(work, PERIOD)
        (blank,) = (office / "下发" / str(PERIOD)).glob(f"*{LIGHT}*.xlsx")
    (light, why), (_, peace) = sorted(offered(office, ISSUED, TOMORROW).items())

    assert [*before.values()] == [(), ()]
    assert "光明" in light
    assert why == (say("sending.old_blank", files=blank.name, unit=LIGHT),)
    assert len(peace) == 1


def test_receipt_stands_until_the_return_is_turned_away(office):
    """
    What was received was received, also while it is asked which of two is to be used; what the
    officer has sent away was not.
    """
    send(office, LIGHT, TJ02="——", TJ01="5")
    take_in(office)
    (one,) = offered(office, RECEIPT)
    answer(office, "relation", "accept")
    send(office, LIGHT, hour=5)
    take_in(office)
    waiting = offered(office, RECEIPT)
    answer(office, "two_returns", "reject")
    take_in(office)
    turned_away = offered(office, RECEIPT)

    assert waiting[one] == ()
    assert turned_away[one] == (say("sending.overtaken_receipt"),)


def test_letter_of_a_shared_address_has_one_answer(office):
    """
    Of units with one address the first of the roster is answered, and the letter not again when
    that unit has reported or the roster has another order.
    """
    shared = MAILS[PEACE][0]
    fetch(office, shared)
    found = []
    for turned in (False, True):
        with at(office, now=LATER) as work:
            roster = tuple(replace(one, mail=shared) for one in work.office.roster)
            work = replace(work, office=replace(work.office, roster=roster[:: -1 if turned else 1]))
            found.append([(one.unit, one.fate) for one in replies(work, PERIOD)])
    with at(office) as work:
        units = [one.code for one in work.office.roster if one.parent == work.office.unit.code]

    assert found == [[(units[0], "new")], [(units[-1], THERE)]]
