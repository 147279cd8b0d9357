"""All form sets of a unit in one issued workbook (合并下发)."""

import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from huizong import acts, layout, pipeline
from huizong.blank import write_blanks
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.entries import count_files, files_of
from huizong.errors import HuizongError
from huizong.forms import FormSet
from huizong.history import issued_of
from huizong.issue import blanks_for
from huizong.office import init_office, open_office
from huizong.periods import Period
from huizong.read import read_bytes
from huizong.records import Reading, Unit
from huizong.sample import fill
from huizong.settings import read_control
from huizong.texts import say
from huizong.work import at_work, checked_sets
from huizong.workbooks import open_workbook
from test_issue import differences
from uno_session import Document, Session, uno_session
from validator import validate

PERIOD = Period.parse("2026Q2")
NOW, LATER = dt.datetime(2026, 6, 20, 9), dt.datetime(2026, 7, 3, 9)
STREET = Unit(code="990101001000", name="清河街道", parent="990101000000")
PEACE = Unit(code="990101001001", name="和平社区", parent=STREET.code)
SETS = ("JC", "SY", "TJ")


def joined(*, zero: str = "") -> list[Blank]:
    """The filled blanks of one community, to stand in one workbook; `zero` reports nothing."""
    done = []
    for code in SETS:
        checked = checked_sets()[code]
        blank = blanks_for(checked, PERIOD, [PEACE], STREET, {})[0]
        filling = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers)
        if code == zero:
            filling = Reading(identity=blank.identity, zero_report=True)
        done += with_caches([msgspec.structs.replace(blank, filling=filling, joined=True)])
    return done


def written(blanks: list[Blank]) -> bytes:
    out = io.BytesIO()
    write_blanks(blanks, out)
    return out.getvalue()


@pytest.fixture(scope="module")
def excel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One LibreOffice for all tests of this module."""
    with uno_session(tmp_path_factory.mktemp("excel")) as session:
        yield session


@pytest.mark.parametrize("zero", ["", "TJ"])
def test_each_set_is_read_as_if_it_came_alone(zero):
    """
    Three sets in one workbook give the readings of three workbooks, nothing to report in one too.
    """
    blanks = joined(zero=zero)
    together = read_bytes(written(blanks)).readings
    alone = [
        read_bytes(written([msgspec.structs.replace(one, joined=False)])).readings[0]
        for one in blanks
    ]

    assert [one.identity.set_code for one in together] == list(SETS)
    assert [one.zero_report for one in together] == [code == zero for code in SETS]
    assert list(together) == alone
    assert all(one.figures and not one.findings for one in together)


def test_sheets_say_whose_they_are():
    """
    Sheets that every set has carry its code; names of cells and sheets are never used twice.
    """
    book = load_workbook(io.BytesIO(written(joined())))

    assert [name for name in book.sheetnames if "填报说明" in name] == [
        f"{code} 填报说明" for code in SETS
    ]
    assert [name for name in book.sheetnames if "审核说明" in name] == [
        f"{code} 审核说明" for code in SETS
    ]
    assert {f"HZ_{code}_ZERO" for code in SETS} <= set(book.defined_names)


@pytest.mark.libreoffice
@pytest.mark.slow
def test_every_cache_is_what_libreoffice_works_out(excel, tmp_path):
    """
    No formula looks into another set: recalculated together, all show what they show alone.
    """
    data = written(joined(zero="TJ"))
    path = tmp_path / "joined.xlsx"
    path.write_bytes(data)
    sheets = [one for one in open_workbook(data).sheets if one.formulas]
    with excel.open(path) as document:
        document.calculate()
        wrong = [line for sheet in sheets for line in differences(document, sheet)]

    assert wrong == []
    assert len(sheets) > 6


@pytest.mark.libreoffice
def test_zero_report_of_one_set_leaves_the_others(excel, tmp_path):
    """
    Choosing 零报告 on one first sheet makes that set's flows 0 and no other figure.
    """
    blanks = [msgspec.structs.replace(one, filling=None) for one in joined()]
    path = tmp_path / "joined.xlsx"
    path.write_bytes(written(list(map(_again, blanks))))
    tj, jc = (checked_sets()[code].form_set for code in ("TJ", "JC"))
    place = layout.zero_place(tj, joined=True)
    with excel.open(path) as document:
        before = column(document, jc)
        document.type(place.sheet, place.cell, "是")
        document.calculate()
        flows, others = column(document, tj), column(document, jc)

    assert (flows["TJ01"], flows["TJ02"]) == (0.0, 0.0)
    assert others == before


def column(document: Document, form_set: FormSet) -> dict[str, object]:
    places = layout.figure_places(form_set)
    return {c: document.values(p.sheet, f"{p.cell}:{p.cell}")[0][0] for c, p in places.items()}


def _again(blank: Blank) -> Blank:
    (ready,) = with_caches([blank])
    return ready


@pytest.mark.validator
def test_microsofts_validator_passes(tmp_path):
    """
    A workbook of three sets is valid.
    """
    path = tmp_path / "joined.xlsx"
    path.write_bytes(written(joined()))

    assert validate([path]) == {path: []}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """An office over two communities, one of which is asked for one set only."""
    roster = tmp_path / "名册.csv"
    roster.write_text(
        "区划代码,单位名称,上级代码,应报报表\n"
        f"{PEACE.code},{PEACE.name},{STREET.code},\n"
        f"990101001002,光明社区,{STREET.code},TJ\n",
        encoding="utf-8",
    )
    folder = tmp_path / "清河街道"
    init_office(folder, roster=roster, unit=STREET.code, now=NOW)
    return folder


def choose(folder: Path, text: str) -> None:
    """Set 合并下发 in the control workbook, as a person does."""
    path = open_office(folder).control
    book = load_workbook(path)
    (cell,) = (row[1] for row in book["设置"].iter_rows() if row[0].value == "合并下发")
    cell.value = text
    book.save(path)


@pytest.mark.slow
def test_office_chooses_one_workbook_for_all(office):
    """
    With 合并下发 a unit gets one workbook with the sets that it is asked for, each in the book;
    the one that comes back is filed once for each set and counted once.
    """
    choose(office, "是")
    with at_work(office, NOW, "test") as work:
        said = acts.issue(work, PERIOD).lines
        entries = [(one.unit, one.role, one.set_code) for one in issued_of(work.book)]
    names = sorted(path.name for path in (office / "下发" / "2026Q2").iterdir())
    sent = next(path for path in (office / "下发" / "2026Q2").iterdir() if PEACE.code in path.name)
    (office / "收表" / "和平.xlsx").write_bytes(sent.read_bytes())
    with at_work(office, LATER, "test") as work:
        pipeline.collect(work)
        files = files_of(work.book)
        counted = count_files(work.book)

    assert names == [
        "2026Q2_990101001000_清河街道（本级）_JC+SY+TJ.xlsx",
        "2026Q2_990101001001_和平社区_JC+SY+TJ.xlsx",
        "2026Q2_990101001002_光明社区_TJ.xlsx",
    ]
    assert len(entries) == 7
    folder = office / "下发" / "2026Q2"
    assert said == (say("command.issued", books=3, count=7, folder=folder),)
    assert {(file.set_code, file.seal, file.unit) for file in files} == {
        (code, "ok", PEACE.code) for code in SETS
    }
    assert sum(counted.values()) == 1


def test_one_workbook_each_unless_chosen(office):
    """
    Left blank or 否, every set has a workbook of its own; --set issues one set alone in any case.
    """
    for text in ("", "否"):
        choose(office, text)
        assert read_control(open_office(office).control)[0].joined is False
    choose(office, "是")
    with at_work(office, NOW, "test") as work:
        pipeline.issue(work, PERIOD, "TJ")
    names = [path.name for path in (office / "下发" / "2026Q2").iterdir()]

    assert all(name.endswith("_TJ.xlsx") for name in names)
    assert len(names) == 3


def test_other_words_are_refused(office):
    """
    Neither yes nor no: the cell is named, and nothing is guessed.
    """
    choose(office, "也许")
    with pytest.raises(HuizongError) as caught:
        open_office(office)

    assert "也许" in str(caught.value)
    assert "“设置”B" in str(caught.value)
