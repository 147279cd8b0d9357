"""A fault of ours is no fault of a return: it waits, or nothing begins, and it is read again."""

import datetime as dt

import pytest

from huizong import pipeline
from huizong.blank import write_blank
from huizong.children import Children
from huizong.entries import files_of
from huizong.errors import DefinitionError
from huizong.former import former_versions
from huizong.issue import blanks_for
from huizong.office import expected_units, init_office
from huizong.periods import Period
from huizong.work import at_work
from invariants import kept
from own_set import DEFINITION, defined, in_use, typed
from street import NOW, PEACE, STREET, UNITS, empty_office, office, put, quarter, send  # noqa: F401

Q1 = Period.parse("2026Q1")
TASK = "child_stubs:read_or_die"


def states(folder) -> dict[str, tuple[str, str]]:
    """State and reason of each file, by name."""
    with at_work(folder, NOW, "test") as work:
        return {one.name: (one.state, one.reason) for one in files_of(work.book)}


def test_file_over_which_the_program_fails_is_read_again(office):  # noqa: F811
    """
    Fault 45: a file over which the reader fails waits, is not sent back, and is tried each time.
    """
    failing = put(office, "raise.xlsx", b"die:raise")
    good = send(office, PEACE)
    with Children(1, TASK, seconds=5) as readers, kept(office):
        quarter(office, readers)
        with at_work(office, NOW, "test") as work:
            again = pipeline.collect(work, (), readers)

    assert [(one.name, one.state) for one in again.unfiled] == [(failing.name, "pending")]
    assert again.opened == 1
    assert states(office) == {
        failing.name: ("pending", "reader_failed"), good.name: ("adopted", "adopted"),
    }  # fmt: skip
    with at_work(office, NOW, "test") as work:
        # By now the program can: the stored bytes are what counts.
        kept_as = files_of(work.book, states=("pending",))
        (path,) = [work.office.originals / f.kept_as for f in kept_as if f.name == failing.name]
        path.chmod(0o600)
        path.write_bytes(good.read_bytes())
        with Children(1, TASK, seconds=5) as readers:
            pipeline.collect(work, (), readers)

    assert states(office)[failing.name] == ("pending", "placed")


@pytest.fixture
def sent_on_2026_1(tmp_path):
    """An office with a set of its own, of which a community has sent a return on version 2026.1."""
    root = tmp_path / "forms"
    checked = defined(root)
    with in_use(root):
        roster = tmp_path / "名册.csv"
        lines = [f"{code},{name},{STREET}" for code, name in UNITS.items()]
        roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
        init_office(tmp_path / "清河街道", roster=roster, unit=STREET, now=NOW)
        with at_work(tmp_path / "清河街道", NOW, "test") as work:
            (unit,) = [one for one in expected_units(work.office, Q1, "FX") if one.code == PEACE]
            blank, *_ = blanks_for(checked, Q1, [unit], work.office.unit, {})
            write_blank(typed(blank, FX01="21", FX02="3", FX03="是"), work.office.inbox / "甲.xlsx")
    return root, tmp_path / "清河街道"


LATER = DEFINITION.replace('version = "2026.1"', 'version = "2026.2"')


def collected(root, folder) -> list[tuple[str, str, str]]:
    """Collect and audit by the form sets as they stand; give the files, and how PEACE stands."""
    with in_use(root), at_work(folder, NOW + dt.timedelta(hours=1), "test") as work:
        pipeline.collect(work)
        (done,) = pipeline.audit(work, Q1).sets
        files = files_of(work.book)
        (peace,) = [one.state for one in done.rows if one.unit.code == PEACE]
        return [(one.name, one.state, peace) for one in files]


def test_wrong_definition_stops_collecting_before_anything_is_read(sent_on_2026_1):
    """
    What is wrong in versions/ stops the command; mended, the same file is taken as it came.
    """
    root, folder = sent_on_2026_1
    defined(root, LATER, v2026_1="")
    described = root / "FX" / "versions" / "2026.1.toml"
    described.write_text('neww = ["FX01"]', encoding="utf-8")
    former_versions.cache_clear()
    with in_use(root), at_work(folder, NOW, "test") as work:
        with pytest.raises(DefinitionError) as caught:
            pipeline.collect(work)
        assert files_of(work.book) == ()
    defined(root, LATER, v2026_1="refused = false")

    assert caught.value.details["file"] == "versions/2026.1.toml"
    assert [state for _, state, _ in collected(root, folder)] == ["adopted"]


def test_return_on_a_version_that_is_described_later_is_read_again(sent_on_2026_1):
    """
    A return refused because nobody had described its version is taken once somebody has.
    """
    root, folder = sent_on_2026_1
    defined(root, LATER)
    (before,) = collected(root, folder)
    defined(root, LATER, v2026_1="refused = false")
    (after,) = collected(root, folder)

    assert (before[2], after[2]) == ("to_mend", "passed")


def test_set_that_is_not_installed_any_more_is_told(sent_on_2026_1):
    """
    Where the book has returns of a set that is not installed, every command says so.
    """
    root, folder = sent_on_2026_1
    collected(root, folder)
    with in_use(root), at_work(folder, NOW, "status") as work:
        assert work.notices == ()
    with at_work(folder, NOW, "status") as work:
        (notice,) = work.notices

    assert (notice.code, notice.details["sets"]) == ("notice.sets_missed", ("FX",))
    with at_work(folder, NOW + dt.timedelta(days=300), "status") as work:
        # Long ago is no news.
        assert "notice.sets_missed" not in [one.code for one in work.notices]
