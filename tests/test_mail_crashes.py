"""Fetching letters is killed, or its disk fails, at any change: no letter is lost or doubled."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import mail_corpus
from fault_runs import KILLED, Runs, runs, sample
from huizong.book import open_book
from huizong.entries import files_of
from huizong.letter_entries import letters_of
from huizong.office import init_office, open_office
from huizong.texts import catalogue
from invariants import broken
from mail_corpus import attached, called, letter, text
from street import LIGHT, NOW, PEACE, STREET, UNITS, send
from test_mail_folder import put

STEPS = ("letters", "audit")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Runs]:
    """Give a process in which disks fail."""
    with runs(tmp_path_factory.mktemp("runs")) as run:
        yield run


@pytest.fixture(scope="module")
def street(tmp_path_factory) -> Path:
    """A folder with an office and four letters: a return, one in a zip, one without, a bomb."""
    folder = tmp_path_factory.mktemp("street")
    lines = [f"{code},{name},{STREET},{mail_corpus.SENDER}" for code, name in UNITS.items()]
    head = "区划代码,单位名称,上级代码,邮箱"
    (folder / "名册.csv").write_text("\n".join([head, *lines]), encoding="utf-8")
    office = folder / "清河街道"
    init_office(office, roster=folder / "名册.csv", unit=STREET, now=NOW, sets=("TJ",))
    forms = []
    for code in (PEACE, LIGHT):
        path = send(office, code)
        forms.append(path.read_bytes())
        path.unlink()
    archive = mail_corpus.packed({"光明.xlsx": forms[1]})
    put(folder / "信", "1", letter(text(), attached(forms[0], called("和平.xlsx"))))
    put(folder / "信", "2", letter(text(), attached(archive, called("光明.zip"))))
    put(folder / "信", "3", letter(text("已报")))
    put(folder / "信", "4", letter(*[b"\r\nx"] * 6_000))
    return folder


def copied(street: Path, folder: Path) -> Path:
    """Copy office and letters; give the office."""
    return Path(shutil.copytree(street, folder)) / "清河街道"


def held(office: Path) -> tuple[list[tuple[str, str, bytes]], list[tuple[str, str, str]]]:
    """Give the letters and files in the book, each with its state and what lies on the disk."""
    opened = open_office(office)
    with open_book(opened.book) as book:
        letters = [
            (one.state, one.reason, (opened.letters / one.kept_as).read_bytes())
            for one in letters_of(book)
        ]
        files = [(one.name, one.state, one.reason) for one in files_of(book)]
    return sorted(letters), sorted(files)


@pytest.fixture(scope="module")
def spared(run, street, tmp_path_factory) -> tuple[Path, tuple[str, ...]]:
    """The same where nothing happened, and the changes that its run made."""
    office = copied(street, tmp_path_factory.mktemp("spared") / "x")
    ended = run.run(office, steps=STEPS)
    assert ended.code == 0, ended.said
    return office, ended.points


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "count"), [("kill", 7), ("full", 3)])
def test_no_letter_is_lost_or_doubled_after_a_crash(run, street, spared, tmp_path, fault, count):
    """
    Fault 62, 63: fetching that is killed, or whose disk is full, at its n-th change is done again;
    letters, files and their states are those of a run where nothing happened.
    """
    letters, files = held(spared[0])
    assert len(letters) == 4
    assert [name for name, state, _ in files if state == "adopted"] == ["光明.xlsx", "和平.xlsx"]
    for at in sample(spared[1], count):
        office = copied(street, tmp_path / str(at))
        ended = run.run(office, fault, at, steps=STEPS)
        assert ended.code == (-KILLED if fault == "kill" else ended.code)
        if ended.code == 2:
            beginning = catalogue()["error.disk_full"]["zh"].partition("{")[0]
            assert ended.said.startswith(beginning)
        again = run.run(office, steps=STEPS)

        assert again.code == 0, again.said
        assert held(office) == (letters, files), spared[1][at - 1]
        assert broken(office) == []
        assert [path.name for path in office.rglob(".*.part*")] == []
        shutil.rmtree(office.parent)
