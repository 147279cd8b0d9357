"""What actions say: every file counted once, own figures apart, no form set left unsaid."""

import shutil

import msgspec
import pytest

from huizong import acts, pipeline
from huizong.asking import agreed
from huizong.entries import files_of
from huizong.records import ADOPTED, MISSING, PASSED, SUPERSEDED
from huizong.standing import counted
from huizong.texts import name_of, say
from huizong.work import at_work, checked_sets
from returned import PERIOD, at, good, office_of, put
from street import NOW, PEACE, empty_street, send


@pytest.fixture
def office(tmp_path):
    """An office with all form sets, to which one return of mediation was sent that passes."""
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        put(work, good(work), "和平")
        pipeline.collect(work)
    return folder


def test_file_that_waits_is_counted_once(office):
    """A file that was known and is dealt with again is not among those known besides."""
    with at(office) as work:
        blank = good(work)
        unknown = msgspec.structs.replace(blank.identity, code="990101001099", name="不知名社区")
        put(work, msgspec.structs.replace(blank, identity=unknown), "不知名")
        pipeline.collect(work)
        again = pipeline.collect(work)

    assert again.unfiled
    assert again.scan.known == 2
    assert again.known + len(again.filed) + len(again.unfiled) == 2


def test_own_figures_are_named_apart():
    """The office itself is not one of the units that are counted."""
    units, own = say(f"state.{MISSING}"), say("command.own_stands", state=say(f"state.{MISSING}"))

    assert counted([MISSING, PASSED, MISSING], [MISSING]).split("，") == [
        f"{units} 2", f"{say('state.' + PASSED)} 1", own,
    ]  # fmt: skip


def test_sets_that_were_not_added_up_are_named(office):
    """Of several form sets one has passed: the others are named, in the one line too."""
    with at(office) as work:
        told = acts.aggregate(work, PERIOD)

    others = [name_of(one.form_set) for code, one in checked_sets().items() if code != "TJ"]
    assert len(told.results) == 1
    assert all(name in told.lines[-1] and name in told.short for name in others)


def test_papers_are_counted_in_one_line(office):
    """The line of the last action says how many papers there are and in which folder."""
    with at(office) as work:
        told = acts.papers(work, PERIOD)

    folder = work.office.summaries(str(PERIOD))
    assert told.short == say("command.papers_written", count=len(told.results), folder=folder)
    assert len(told.results) > 1


@pytest.mark.parametrize(
    ("typed", "yes"),
    [("1", True), ("是", True), ("Y", True), ("ｙ", True), ("", False), ("不", False)],
)
def test_agreeing_in_words(monkeypatch, typed: str, yes):
    """A person agrees with 1, 是 or y; anything else takes nothing for granted."""
    monkeypatch.setattr("builtins.input", lambda _prompt: typed)

    assert agreed(["……"]) is yes


def test_earlier_version_that_comes_again(tmp_path):
    """
    An earlier version sent again under another name is told as that; the later one stays in use.
    """
    folder = empty_street(tmp_path)
    first, second = (send(folder, PEACE, f"{hour}", hour=hour) for hour in (0, 1))
    again = folder / "收表" / "又报.xlsx"
    with at_work(folder, NOW, "test") as work:
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
        (used,) = files_of(work.book, unit=PEACE, states=(ADOPTED,))
        shutil.copy2(first, again)
        told = acts.collect(work)
        states = [one.state for one in files_of(work.book, unit=PEACE)]

    said = {"when": f"{NOW:%Y-%m-%d %H:%M}", "since": f"{NOW:%Y-%m-%d %H:%M}"}
    assert used.name == second.name
    assert told.lines[-1] == say(
        "command.duplicate_replaced", file=again.name, set="TJ", number=3 - used.number,
        used=used.number, **said,
    )  # fmt: skip
    assert sorted(states) == [ADOPTED, SUPERSEDED]
