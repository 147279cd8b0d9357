"""The invariants hold after a run with every kind of file, and each of them can be broken."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from huizong.book import open_book
from huizong.children import Children
from huizong.office import open_office
from huizong.take_in import TASK
from invariants import broken, contents, foreign, kept
from street import EAST, LIGHT, PEACE, empty_street, put, quarter, send


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> Path:
    """A street in which two of three have passed, one waits, and three files are no returns."""
    folder = empty_street(tmp_path_factory.mktemp("street"))
    send(folder, PEACE, TJ16="1")
    send(folder, LIGHT, TJ16="——")
    send(folder, EAST, TJ16="约3")
    put(folder, "断.xlsx", b"PK\x03\x04 cut off")
    put(folder, "图.png", b"\x89PNG\r\n\x1a\n" + bytes(64))
    put(folder, "~$和平.xlsx", b"lock")
    with Children(2, TASK) as readers, kept(folder):
        quarter(folder, readers)
    return folder


@pytest.fixture
def street(played, tmp_path) -> Path:
    """A copy of it for one test."""
    return Path(shutil.copytree(played, tmp_path / "清河街道"))


def ask(folder: Path, sql: str) -> None:
    """Change the book behind the program's back."""
    with open_book(open_office(folder).book) as book:
        book.put(sql, [()])


def original(folder: Path) -> Path:
    """Find the stored original of the cut off file."""
    return next(p for p in (folder / "已收/原件").iterdir() if p.read_bytes()[-7:] == b"cut off")


def edit_original(folder: Path) -> None:
    """Add a byte to an original."""
    path = original(folder)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"!")
    path.chmod(0o400)


def lose_original(folder: Path) -> None:
    """Remove an original."""
    original(folder).unlink()


def leave_open(folder: Path) -> None:
    """Make an original writable."""
    original(folder).chmod(0o600)


def put_beside(folder: Path) -> None:
    """Put a file among the originals that is not entered."""
    (folder / "已收/原件/x.xlsx").write_bytes(b"x")


def edit_inbox(folder: Path) -> None:
    """Change what was sent."""
    (folder / "收表/断.xlsx").write_bytes(b"mended")


def change_state(folder: Path) -> None:
    """Give a file another state than 状态.xlsx says."""
    ask(folder, "UPDATE file SET state = 'not_a_return' WHERE name = '断.xlsx'")


def miscount(folder: Path) -> None:
    """Say that fewer files were received."""
    book = load_workbook(folder / "状态.xlsx")
    cell = next(c for row in book["文件"].iter_rows() for c in row if "共收到" in str(c.value))
    cell.value = cell.value.replace("共收到 5", "共收到 4")
    book.save(folder / "状态.xlsx")


def adopt_two(folder: Path) -> None:
    """Adopt two files of one unit."""
    unit = f"UPDATE file SET unit = '{PEACE}' WHERE unit = '{LIGHT}'"
    ask(folder, unit)


def summary(folder: Path) -> Path:
    """Find the summary."""
    return next(folder.glob("汇总/*/*.xlsx"))


def change_cell(folder: Path, row: str, value: object) -> None:
    """Change TJ16 in one row of 分单位."""
    book = load_workbook(summary(folder))
    sheet = book["分单位"]
    column = next(
        cell.column for line in sheet.iter_rows() for cell in line if cell.value == "TJ16"
    )
    line = next(line[0].row for line in sheet.iter_rows() if line[1].value == row)
    sheet.cell(line, column).value = value
    book.save(summary(folder))


def change_total(folder: Path) -> None:
    """Change a total of the summary."""
    change_cell(folder, "合计", 2)


def fill_blank(folder: Path) -> None:
    """Write a zero where a unit has reported nothing."""
    change_cell(folder, "东风社区", 0)


def number_again(folder: Path) -> None:
    """Leave out a version number."""
    ask(folder, "UPDATE summary SET number = 2")


def lose_papers(folder: Path) -> None:
    """Remove the list of findings."""
    (folder / "审核结果.xlsx").unlink()


def fill_figure(folder: Path) -> None:
    """Make a figure of a text."""
    ask(folder, "UPDATE figure SET value = '0' WHERE state = 'text' OR state = 'na'")


def speak_english(folder: Path) -> None:
    """Put a parser's words into the list of files."""
    book = load_workbook(folder / "状态.xlsx")
    book["文件"]["I20"] = "读取失败：invalid zip archive"
    book.save(folder / "状态.xlsx")


@pytest.mark.parametrize(
    ("harm", "invariant"),
    [
        (edit_original, "I1"), (lose_original, "I1"), (leave_open, "I1"), (put_beside, "I1"),
        (edit_inbox, "I1"), (change_state, "I2"), (miscount, "I2"), (adopt_two, "I2"),
        (change_total, "I3"), (number_again, "I6"), (change_total, "I6"), (lose_papers, "I7"),
        (speak_english, "I9"), (fill_figure, "I11"), (fill_blank, "I11"),
    ],
)  # fmt: skip
def test_each_invariant_can_be_broken(street, harm: Callable[[Path], None], invariant: str):
    """Whoever breaks an invariant behind the program's back is found out by its name."""
    before = contents(street)
    harm(street)

    assert invariant in {fault.split()[0] for fault in broken(street, before)}


def test_file_that_was_not_taken_in_is_missed(street):
    """I1: bytes that were received and are stored nowhere are named."""
    assert broken(street, received=[b"lost"]) == ["I1 received, not stored"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("文件已损坏或不完整。请用 Excel 或 WPS 打开确认后重发。", []),
        ("TJ-R03 “total of rows”不符：TJ02 与 TJ08 之和。", []),
        ("读取失败：invalid zip archive", ["invalid", "zip", "archive"]),
        ("程序出错 KeyError", ["traceback"]),
        ('Traceback (most recent call last):\n  File "x.py"', ["traceback"]),
        ("没有数：None、nan", ["None", "nan"]),
    ],
)
def test_english_and_tracebacks_are_seen(text: str, words: list[str]):
    """I9: English words in a Chinese sentence are named; codes, programs and quotations are not."""
    assert [word for word in foreign(text) if word != "zip"] == [w for w in words if w != "zip"]
