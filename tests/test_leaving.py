"""What is to be seen before a letter leaves: persons, hidden things, links, small figures."""

import io
from collections.abc import Callable
from pathlib import Path

import msgspec
import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font

from huizong import pipeline
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.gate import DEFAULT_PASSWORD
from huizong.leaving import Concern, concerns, is_personal, letters_concerns, lines
from huizong.letters import Attachment
from huizong.person_names import names_in
from huizong.sample import fill
from huizong.texts import say
from huizong.work import at_work, checked_sets
from odd_files import encrypted
from patch import packed, parts_of, reworked
from returned import with_cell
from street import (
    EAST,
    LIGHT,
    NOW,
    PEACE,
    PERIOD,
    blank_of,
    empty_street,
    put,
    quarter,
    readers,
    send,
)  # fmt: skip

__all__ = ["readers"]

NAME, OTHER_NAME, MOBILE = "王建国", "欧阳文心", "13800001007"


def named_return(folder: Path, parties: str = f"{NAME}{MOBILE}、李某") -> bytes:
    """A return in whose ledgers two persons stand by their names."""
    blank = blank_of(folder, PEACE)
    reading = fill(checked_sets()["TJ"].form_set, blank.identity,
                   plan=blank.filling.ledgers, ledger_rows=6)  # fmt: skip
    blank = msgspec.structs.replace(blank, filling=reading)
    blank = with_cell(blank, "TJ_L1", 0, "parties", parties)
    blank = with_cell(blank, "TJ_L2", 0, "person", OTHER_NAME)
    out = io.BytesIO()
    (ready,) = with_caches([blank])
    write_blank(ready, out)
    return out.getvalue()


@pytest.fixture(scope="module")
def office(tmp_path_factory, readers) -> Path:
    """A street whose summary is made: two units in it, one of them with names, one to be mended."""
    folder = empty_street(tmp_path_factory.mktemp("office"))
    put(folder, "和平.xlsx", named_return(folder))
    send(folder, LIGHT, TJ02="——", TJ01="5")
    send(folder, EAST, TJ16="2")
    quarter(folder, readers)
    with at_work(folder, NOW, "test") as work:
        pipeline.send_back(work, PERIOD)
    return folder


def summary_of(office: Path) -> bytes:
    """The bytes of the only summary."""
    (path,) = (office / "汇总" / str(PERIOD)).glob("*.xlsx")
    return path.read_bytes()


def copy_of(office: Path) -> bytes:
    """The bytes of the only correction copy, which goes to LIGHT."""
    (path,) = (office / "退改" / str(PERIOD)).glob("*.xlsx")
    return path.read_bytes()


def look(office: Path, content: bytes, unit: str = "") -> tuple[Concern, ...]:
    """Look through one file as if it were attached to a letter."""
    with at_work(office, NOW, "test") as work:
        return concerns(work, PERIOD, [Attachment("附件.xlsx", content)], unit)


def test_summary_as_it_was_made_names_nobody(office):
    """
    Fault 74: the summary of returns with names and telephones holds none; it is listed with
    its size.
    """
    file = Attachment("附件.xlsx", summary_of(office))
    found = look(office, file.data)

    assert not is_personal(found)
    assert {one.code for one in found} == {"small"}
    (first, *_) = lines([file], found)
    assert "附件.xlsx" in first
    assert f"{-(-len(file.data) // 1024)}" in first


def hide_rows(book: Workbook) -> None:
    """Hide three rows, of which two are neighbours."""
    for row in (4, 5, 8):
        book["分单位"].row_dimensions[row].hidden = True


def hide_column(book: Workbook) -> None:
    """Hide one column."""
    book["分单位"].column_dimensions["E"].hidden = True


def hide_sheet(book: Workbook) -> None:
    """Add a sheet that is not shown."""
    sheet = book.create_sheet("备查")
    sheet["A1"], sheet.sheet_state = 1, "veryHidden"


def whiten(book: Workbook) -> None:
    """Write white on white."""
    sheet = book.create_sheet("白")
    sheet["B2"] = 1
    sheet["B2"].font = Font(color="FFFFFFFF")


def linked(book: Workbook) -> None:
    """Put two links out of the file, and one within it, which is none."""
    sheet = book["来源"]
    sheet["H40"], sheet["H41"], sheet["H42"] = "甲", '=HYPERLINK("https://x.cn","乙")', "丙"
    sheet["H40"].hyperlink = "https://pan.example.cn/s/1"
    sheet["H42"].hyperlink = "#汇总表!A1"


def put_cell(text: object) -> Callable[[Workbook], None]:
    """Write something into a cell in which nothing stood."""

    def plant(book: Workbook) -> None:
        book["汇总表"]["Z40"] = text

    return plant


def put_author(book: Workbook) -> None:
    """Leave one's own name in the file's properties, as programs do."""
    book.properties.lastModifiedBy = NAME


def put_note(book: Workbook) -> None:
    """Write a note on a cell."""
    book["汇总表"]["C9"].comment = Comment("已与街道核对", "经办人")


PLANTS = (
    (put_cell("当事人110101199003072316"), {("identity", "汇总表", "Z40")}),
    (put_cell("138 0000 1007"), {("mobile", "汇总表", "Z40")}),
    (put_cell(13800001007), {("mobile", "汇总表", "Z40")}),
    (put_cell("卡号6222021234567890128"), {("card", "汇总表", "Z40")}),
    (put_cell("0571-88120001"), {("landline", "汇总表", "Z40")}),
    (put_cell(f"由{NAME}调解"), {("name", "汇总表", "Z40")}),
    (put_cell(OTHER_NAME), {("name", "汇总表", "Z40")}),
    (put_author, {("name", "docProps/core.xml", "")}),
    (put_note, {("comment", "汇总表", "C9")}),
    (hide_rows, {("hidden_rows", "分单位", "4:5"), ("hidden_rows", "分单位", "8:8")}),
    (hide_column, {("hidden_columns", "分单位", "E:E")}),
    (hide_sheet, {("hidden_sheet", "备查", "")}),
    (whiten, {("veiled", "白", "B2")}),
    (linked, {("link", "来源", "H40"), ("link", "来源", "H41")}),
    (put_cell("='[别的.xlsx]表'!A1"), {("other_file", "汇总表", "Z40")}),
)  # fmt: skip


PARTS = (
    ("xl/vbaProject.bin", "macro"),
    ("xl/activeX/activeX1.bin", "macro"),
    ("xl/embeddings/oleObject1.bin", "embedded"),
    ("xl/media/image1.png", "picture"),
    ("xl/pivotCache/pivotCacheRecords1.xml", "pivot"),
    ("xl/connections.xml", "other_file"),
)


@pytest.fixture(scope="module")
def looked(office) -> list[tuple[Concern, ...]]:
    """What is found in the summary with each of the plants, then with each of the parts."""
    content = summary_of(office)
    files = [reworked(content, plant) for plant, _ in PLANTS]
    files += [packed({**parts_of(content), part: b"<a/>"}) for part, _ in PARTS]
    with at_work(office, NOW, "test") as work:
        letters = [("", [Attachment("附件.xlsx", file)]) for file in files]
        found = letters_concerns(work, PERIOD, letters)
    return [tuple(one for one in some if one.code != "small") for some in found]


@pytest.mark.parametrize("number", range(len(PLANTS)))
def test_what_a_person_put_into_a_summary_is_found(looked, number):
    """
    Faults 69, 74: numbers, names of the ledgers, hidden parts, notes and links are each told by
    their cell, and their values are not repeated.
    """
    found, (_, expected) = looked[number], PLANTS[number]

    assert {(one.code, one.sheet, one.cell) for one in found} == expected
    said = "\n".join(lines([Attachment("附件.xlsx", b"")], found))
    for secret in (NAME, OTHER_NAME, "1007", "2316", "0128", "88120001", "pan.example"):
        assert secret not in said
    for _, sheet, cell in expected:
        assert sheet in said
        assert cell in said


@pytest.mark.parametrize("number", range(len(PARTS)))
def test_parts_beside_the_sheets_are_told(looked, number):
    """
    Fault 74: macros, embedded files, pictures, the rows behind a pivot table and connections are
    told by the part of the file.
    """
    part, code = PARTS[number]

    assert [(one.code, one.sheet) for one in looked[len(PLANTS) + number]] == [(code, part)]


def test_files_that_cannot_be_looked_into_are_told(office):
    """
    Fault 74: a workbook with a password, a picture and an older kind of workbook are told,
    and nobody is said to be absent from them.
    """
    content = summary_of(office)
    files = [
        Attachment("密.xlsx", encrypted(content, "Qinghe-2026")),
        Attachment("图.png", b"\x89PNG\r\n\x1a\n"),
        Attachment("旧.xlsx", encrypted(content, DEFAULT_PASSWORD)),
    ]
    with at_work(office, NOW, "test") as work:
        found = concerns(work, PERIOD, files)

    assert [(one.code, one.file) for one in found if one.code != "small"] == [
        ("locked", "密.xlsx"), ("unread", "图.png"), ("other_kind", "旧.xlsx"),
    ]  # fmt: skip
    assert say("leaving.persons_no") not in "".join(lines(files[:2], found))


def test_own_ledger_goes_back_without_alarm(office):
    """
    Fault 74: a correction copy holds what the unit has written, which is no concern when it goes
    back there; a name of another unit is.
    """
    back = look(office, copy_of(office), LIGHT)
    wrong = look(office, put_name(copy_of(office)), LIGHT)
    own = look(office, put_name(copy_of(office)), PEACE)

    whole = [Attachment("退改.xlsx", named_return(office))]
    with at_work(office, NOW, "test") as work:
        returned = concerns(work, PERIOD, whole, PEACE)

    assert back == ()
    assert [(one.code, one.sheet) for one in wrong] == [("name", "TJ-L1 纠纷调解登记簿")]
    assert {one.code for one in own} == {"own"}
    assert {one.code for one in returned} == {"own"}
    assert say("leaving.persons_own") in "".join(lines(whole, returned))
    assert len(list(lines(whole, returned))) == 1


def test_places_are_counted_once():
    """
    Of many places the first are named, and the number is said once.
    """
    found = [
        Concern(code="identity", file="a.xlsx", sheet="S", cell=f"D{n}") for n in range(30, 46)
    ]
    (_, line) = lines([Attachment("a.xlsx", b"")], found)

    assert line.count("16") == 1
    assert "D35" in line
    assert "D36" not in line


def put_name(content: bytes) -> bytes:
    """Type the name of a person of another unit's ledger into a copy."""

    def plant(book: Workbook) -> None:
        book["TJ-L1 纠纷调解登记簿"]["J40"] = NAME

    return reworked(content, plant)


def test_officers_and_office_telephones_are_no_concern(office):
    """
    Who signs for the office, and the telephones that it gives to everybody, may stand in a letter.
    """
    content = reworked(summary_of(office), put_cell(f"{NAME} 0571-88120001"))
    with at_work(office, NOW, "test") as work:
        settings = msgspec.structs.replace(
            work.office.settings, officer=NAME, phone="0571-88120001"
        )
        work = msgspec.structs.replace(
            work, office=msgspec.structs.replace(work.office, settings=settings)
        )
        found = concerns(work, PERIOD, [Attachment("附件.xlsx", content)])

    assert {one.code for one in found} == {"small"}


def test_small_figures_are_named_by_their_cells(office):
    """
    Fault 74: a sensitive figure of one or two in 分单位 is told by its cell, no other is; it is no
    concern in what goes to a unit.
    """
    found = look(office, summary_of(office))
    sheet = openpyxl.load_workbook(io.BytesIO(summary_of(office)))["分单位"]

    assert found
    for one in found:
        assert (one.code, one.sheet, one.subject) == ("small", "分单位", "TJ16")
        assert 0 < sheet[one.cell].value < 3
    column = found[0].cell[0]
    all_of = {f"{column}{row}" for row in range(1, sheet.max_row + 1)
              if sheet[f"{column}{row}"].value in (1, 2)}  # fmt: skip
    assert {one.cell for one in found} == all_of
    assert look(office, summary_of(office), PEACE) == ()


def test_letters_are_looked_through_together(office):
    """
    Many letters are looked through in one go, each with its own.
    """
    wanted = Attachment("一.xlsx", reworked(summary_of(office), put_note))
    with at_work(office, NOW, "test") as work:
        found = letters_concerns(work, PERIOD, [
            (LIGHT, [Attachment("甲.xlsx", copy_of(office))]), ("", [wanted]), (EAST, []),
        ])  # fmt: skip

    assert [len(one) for one in found] == [0, 1 + len(look(office, summary_of(office))), 0]


def test_names_are_told_from_other_words():
    """
    A name is a surname with one or two characters, a compound surname, or parts with dots; words
    of office, titles and what units have masked themselves are none.
    """
    told = {
        "王建国": ["王建国"], "张和平": ["张和平"], "张三和李四": ["张三", "李四"],
        "欧阳文心": ["欧阳文心"], "阿依古丽·买买提": ["阿依古丽·买买提"],
        "王建国同志13800001007": ["王建国"], "朱某与何某": [], "张某与李建国": ["李建国"],
        "居委会": [], "网格员": [], "王主任": [], "": [],
    }  # fmt: skip

    assert {text: list(names_in(text)) for text in told} == told
