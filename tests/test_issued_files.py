"""Where issued workbooks stand: beside one that is open, under names that every system takes."""

import dataclasses
from pathlib import Path

import msgspec
import pytest

from huizong import pipeline
from huizong.blank import write_blank
from huizong.history import issued_of
from huizong.key_files import key_file_name
from huizong.letter_writing import NEW
from huizong.letters_issued import issued_letters
from huizong.office import init_office
from huizong.records import Unit
from huizong.wholeness import digest_of_file
from huizong.work import at_work
from issued import blank_of
from street import LIGHT, NOW, PEACE, PERIOD, STREET

NAMES = {PEACE: "和平社区（含A/B两区）", LIGHT: '光明?*"|社区'}


@pytest.fixture
def office(tmp_path) -> Path:
    """A street with two communities whose names no file can have, and their addresses."""
    roster = tmp_path / "名册.csv"
    lines = [f'{code},"{name.replace(chr(34), chr(34) * 2)}",{STREET},{code}@example.cn'
             for code, name in NAMES.items()]  # fmt: skip
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,邮箱", *lines]), encoding="utf-8")
    init_office(tmp_path / "清河街道", roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    return tmp_path / "清河街道"


def test_names_that_no_file_can_have(office):
    """
    A name with /, ?, *, " or | makes no folder: its blank stands among the others and goes out.
    """
    with at_work(office, NOW, "issue") as work:
        pipeline.issue(work, PERIOD)
        letters = issued_letters(work, PERIOD)

    folder = office / "下发" / "2026Q1"
    named = sorted(path.name.split("_", 2)[2] for path in folder.glob("*社区*"))
    assert named == ["光明____社区_TJ.xlsx", "和平社区（含A_B两区）_TJ.xlsx"]
    assert [one.fate for one in letters] == [NEW, NEW]
    assert [path for path in folder.iterdir() if path.is_dir()] == []
    assert "/" not in key_file_name(Unit(code=STREET, name=NAMES[PEACE], parent=""))


@pytest.mark.parametrize("mark", ["~$", ".~lock."])
def test_blank_that_is_open_is_written_beside(office, mark):
    """
    While a program has the last blank open, or has left its mark, the book names the new one.
    """
    with at_work(office, NOW, "issue") as work:
        before = {one.unit: one for one in pipeline.issue(work, PERIOD)}
        folder = work.office.issued(str(PERIOD))
        # The mark of one whose file is there, and of one whose file is gone.
        for code in NAMES:
            name = before[code].path
            (folder / f"{mark}{name}{'#' if mark != '~$' else ''}").touch()
        (folder / before[LIGHT].path).unlink()

        pipeline.issue(work, PERIOD)

        after = {one.unit: one for one in issued_of(work.book, str(PERIOD))}
    assert all(after[code].path != before[code].path for code in NAMES)
    assert all(digest_of_file(folder / one.path) == one.digest for one in after.values())
    assert digest_of_file(folder / before[PEACE].path) == before[PEACE].digest


def test_ledger_with_one_wide_column(tmp_path):
    """A ledger whose last column alone is wider than a page is written."""
    blank = blank_of()
    form_set = blank.checked.form_set
    first, *others = form_set.ledgers
    *narrow, last = first.columns
    replace = msgspec.structs.replace
    columns = (*(replace(one, width=2) for one in narrow), replace(last, width=140))
    ledgers = (replace(first, columns=columns), *others)
    checked = dataclasses.replace(blank.checked, form_set=replace(form_set, ledgers=ledgers))

    write_blank(replace(blank, checked=checked), tmp_path / "表.xlsx")

    assert (tmp_path / "表.xlsx").stat().st_size
