"""Files under a password: opened once it is typed, each of them, whatever they are called."""

import os
from pathlib import Path

import pytest

from huizong import acts
from huizong.book import open_book
from huizong.entries import files_of
from huizong.locked import lock
from huizong.office import init_office, open_office
from huizong.work import at_work
from street import LIGHT, NOW, OLD, PEACE, STREET, UNITS, send

PASSWORD = "eight characters"


@pytest.fixture
def office(tmp_path) -> Path:
    """A street of three."""
    lines = [f"{code},{name},{STREET}" for code, name in UNITS.items()]
    roster = tmp_path / "名册.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
    init_office(tmp_path / "清河街道", roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    return tmp_path / "清河街道"


def collect(office: Path, password: str = "") -> None:
    """Collect what lies in 收表."""
    with at_work(office, NOW, "test") as work:
        acts.collect(work, password=password)


def test_two_of_one_name_are_both_taken_in(office):
    """Two units put encrypted files of one name into 收表, one after the other: both count."""
    for hour, code in enumerate((PEACE, LIGHT)):
        path = send(office, code)
        data = path.read_bytes()
        path.unlink()
        locked = office / "收表" / "报表_加密.xlsx"
        locked.write_bytes(lock(data, PASSWORD))
        os.utime(locked, (OLD + hour,) * 2)
        collect(office)
        locked.unlink()
    collect(office, PASSWORD)
    with open_book(open_office(office).book) as book:
        files = files_of(book)

    assert sorted((file.unit, file.state, file.reason) for file in files) == sorted(
        [(PEACE, "pending", "placed"), (LIGHT, "pending", "placed")]
        + [("", "not_a_return", "unpacked")] * 2
    )
