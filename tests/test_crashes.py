"""A disk that fails, a run that is killed, at any change: nothing is lost, invariants hold."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fault_runs import KILLED, Ended, Runs, runs, sample
from huizong.book import open_book
from huizong.history import last_summary, summaries_of
from huizong.keeping import altered
from huizong.office import init_office, open_office
from huizong.texts import catalogue
from invariants import broken, contents, foreign
from street import NOW, STREET, UNITS, put, send_all
from test_pipeline import said, standing

FULL, CLOSED = (("error.disk_full", "error.summary_disk_full"),
                ("error.folder_not_writable", "error.book_busy"))  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Runs]:
    """Give a process in which disks fail."""
    with runs(tmp_path_factory.mktemp("runs")) as run:
        yield run


@pytest.fixture(scope="module")
def office(tmp_path_factory) -> Path:
    """A street that collects one form set; three returns and a damaged file lie in 收表."""
    folder = tmp_path_factory.mktemp("office") / "清河街道"
    roster = folder.parent / "名册.csv"
    lines = [f"{code},{name},{STREET}" for code, name in UNITS.items()]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
    init_office(folder, roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    send_all(folder)
    put(folder, "断.xlsx", b"PK\x03\x04 cut off")
    return folder


@pytest.fixture(scope="module")
def spared(run, office, tmp_path_factory) -> tuple[Path, Ended]:
    """The same street where nothing happened, and how its run ended."""
    folder = Path(shutil.copytree(office, tmp_path_factory.mktemp("spared") / office.name))
    return folder, run.run(folder)


def told_by(codes: tuple[str, ...], text: str) -> bool:
    """Whether a text is one of these messages, whatever it names."""
    beginnings = (catalogue()[code]["zh"].partition("{")[0] for code in codes)
    middles = ("汇总未生成", "没有写成", "暂时不能读写")
    return any(text.startswith(one) for one in beginnings) and any(one in text for one in middles)


def check_like(folder: Path, spared: Path) -> None:
    """An office has come to the very same figures, states and files as the one that was spared."""
    assert shown(folder) == shown(spared)
    assert standing(folder) == standing(spared)
    for one in (folder, spared):
        with open_book(open_office(one).book) as book:
            assert altered(open_office(one), book) == ()
            assert book.verify_chain() == 0
    assert figures(folder) == figures(spared)


def figures(folder: Path) -> tuple[object, list[tuple[str, str]]]:
    """Give what the last summary says, and the versions there are."""
    with open_book(open_office(folder).book) as book:
        made = summaries_of(book, "2026Q1")
        return said(last_summary(book, "2026Q1", "TJ")), [(one.path, one.digest) for one in made]


def shown(folder: Path) -> dict[str, bytes]:
    """Give the files of an office by name, the book's own and the lock left out."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): b"" if path.suffix == ".db" else path.read_bytes()
        for path in paths
        if not path.name.startswith((".huizong", "huizong.db"))
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "codes", "count"),
    [("full", FULL, 7), ("gone", CLOSED, 4), ("read_only", CLOSED, 2)],
)
def test_disk_fails_at_the_nth_change(run, office, spared, tmp_path, fault, codes, count):
    """
    Fault 62: a disk that is full, gone or read-only from its n-th change on is told in a sentence,
    leaves every old file whole and no temporary one; the next run comes to the same figures.
    """
    untold = []
    for at in sample(spared[1].points, count):
        folder = Path(shutil.copytree(office, tmp_path / f"{at}"))
        before = contents(folder)
        ended = run.run(folder, fault, at)
        if ended.code and not told_by(codes, ended.said):
            untold.append((at, spared[1].points[at - 1], ended))
        assert foreign(ended.said.replace(str(folder), "")) == []
        if fault == "full":
            assert temporary(folder) == []

        again = run.run(folder)

        assert (again.code, temporary(folder)) == (0, []), (at, again)
        check_like(folder, spared[0])
        assert broken(folder, before) == []
        shutil.rmtree(folder)
    assert untold == []


def temporary(folder: Path) -> list[str]:
    """List the temporary files that are left."""
    return [path.name for path in folder.rglob(".*") if ".part" in path.name]


@pytest.mark.slow
def test_killed_at_the_nth_change(run, office, spared, tmp_path):
    """
    Fault 63: after kill -9 at its n-th change, in the midst of a write, the next start says so,
    removes what was left, and comes to the same figures, states and files.
    """
    for at in sample(spared[1].points, 8):
        folder = Path(shutil.copytree(office, tmp_path / f"{at}"))
        before = contents(folder)
        assert run.run(folder, "kill", at).code == -KILLED
        noted = (folder / ".huizong.who").exists()

        again = run.run(folder)

        assert (again.code, temporary(folder)) == (0, []), (at, again)
        assert ("notice.resumed" in again.said) == noted
        check_like(folder, spared[0])
        assert broken(folder, before) == []
        shutil.rmtree(folder)


def test_too_little_space_is_told_before_anything_begins(run, office, tmp_path):
    """
    Fault 62: where the disk has hardly any room left, nothing is begun, and how much is needed is
    told.
    """
    folder = Path(shutil.copytree(office, tmp_path / "full"))
    before = shown(folder)

    ended = run.run(folder, free=5 << 20)

    assert (ended.code, shown(folder)) == (2, before)
    assert catalogue()["error.no_space"]["zh"].partition("{")[0] in ended.said
    assert "5 MB" in ended.said
