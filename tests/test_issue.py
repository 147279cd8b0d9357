"""The issued workbook: its look, its formulas, what may be typed, in Chinese and in English."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from golden import as_lines, check_golden, rules_as_lines
from huizong import layout
from huizong.cells import column_letters
from huizong.desk import Blank
from huizong.issue import standard_blank, write_standard
from huizong.past import Past
from huizong.texts import speak
from huizong.work import checked_sets
from huizong.workbooks import Sheet, open_workbook
from issued import (
    CHECKS,
    DISPUTES,
    FIGURES,
    FRONT,
    OWN,
    PLAN,
    PREVIOUS,
    TEMPLATES,
    UNIT,
    audited,
    blank_of,
    figures,
    filled,
    found,
    read,
    tj,
    with_figures,
    written,
)
from libreoffice import convert
from programs import require
from uno_session import Document, Session, uno_session
from validator import validate

PAST = Past(previous=PREVIOUS, year_ago={"TJ02": "4"}, before={"TJ01": "7", "TJ02": "11"})
EMPTY = {"figures": (), "ledgers": (), "texts": {}}
# Functions that Excel 2010, WPS and LibreOffice 7 all have.
FUNCTIONS = frozenset(
    """
    ABS AND CHOOSE COUNT COUNTA COUNTIF COUNTIFS EXACT IF IFERROR INT ISBLANK ISERROR ISNUMBER
    ISTEXT LEN MAX MIN MOD NOT OR ROUND ROW SIGN SUM SUMIFS SUMPRODUCT TEXT TRIM
    """.split()  # noqa: SIM905  a table to be read
)


def cases() -> dict[str, Blank]:
    """The workbooks whose formulas are compared: blank, filled, with a past, odd, a zero report."""
    odd = {"TJ01": "6.5", "TJ16": "——", "TJ17": "-1", "TJ20": "99999"}
    return {
        "blank": blank_of(),
        "own": blank_of(OWN),
        "filled": filled(blank_of()),
        "past": filled(blank_of(past=PAST)),
        "odd": with_figures(filled(blank_of()), odd),
        "zero": filled(blank_of(past=PAST), **EMPTY, zero_report=True),
        "explained": filled(
            blank_of(), explanations={"TJ-R09": "两起纠纷当事人外出，约定下月再调。"}
        ),
        "standard": standard_blank(tj()),
    }


def members(data: bytes) -> dict[str, bytes]:
    """Give the parts of a workbook."""
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return {name: parts.read(name) for name in parts.namelist()}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One LibreOffice for all tests of this module."""
    with uno_session(tmp_path_factory.mktemp("office")) as session:
        yield session


def test_plan_is_printed_on_two_readable_pages(tmp_path: Path):
    """The plan's twenty columns stand on two pages at full size, what each row is about on both."""
    path = tmp_path / "issued.xlsx"
    path.write_bytes(written(blank_of()))
    sheet = load_workbook(path)["TJ-P 工作计划"]
    wide = [sheet.column_dimensions[column_letters(n)].width for n in range(20)]
    at = sheet.col_breaks.brk[0].id

    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) in ((2, None), (2, 1))
    assert (sheet.print_title_cols, sheet["D5"].value) == ("$A:$D", "工作项目")
    assert max(sum(wide[:at]), sum((*wide[:4], *wide[at:]))) < 130


@pytest.mark.parametrize("code", ["JC", "SY", "TJ"])
def test_numbers_typed_into_a_ledger_obey_their_column(code: str):
    """
    Fault 8: each number's column lets in what the audit passes: its places, its least value.
    """
    form_set = checked_sets()[code].form_set
    book = load_workbook(next((TEMPLATES / code).glob("*.xlsx")))
    for ledger in form_set.ledgers:
        sheet = book[layout.ledger_sheet(ledger)]
        rules = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}
        for at, column in enumerate(ledger.columns):
            if column.numeric and column.entry:
                cell = f"{column_letters(at)}6"
                low = "" if column.minimum is None else f",{cell}>={column.minimum}"
                rule = f"AND(ISNUMBER({cell}),ROUND({cell},{column.scale})={cell}{low})"
                assert rules[f"{cell}:{column_letters(at)}5000"] == rule


def test_issued_workbook_looks_as_agreed(tmp_path: Path):
    """Item 3: headings, columns, formulas, formats and locks stand as a person has read them."""
    path = tmp_path / "issued.xlsx"
    path.write_bytes(written(blank_of(past=PAST)))

    check_golden("issued.txt", as_lines(path, most_rows=40) + rules_as_lines(path))


def test_equal_input_gives_equal_members():
    """Item 3: the same form set, unit and clock give the same workbook, part by part."""
    assert members(written(filled(blank_of()))) == members(written(filled(blank_of())))


def test_standard_blank_stands_beside_its_definition(tmp_path: Path):
    """Item 3: the standard blank in the folder is the one that its definition makes."""
    kept = TEMPLATES / "TJ" / "TJ-标准空表.xlsx"
    made = write_standard(tj(), tmp_path)

    assert made.name == kept.name
    assert members(made.read_bytes()) == members(kept.read_bytes()), "run: make generated"


def first_sheet(blank: Blank) -> dict[str, object]:
    """The labels of the first sheet with what stands beside them."""
    rows = load_workbook(io.BytesIO(written(blank)))[FRONT].iter_rows(max_col=2, values_only=True)
    return {str(label): value for label, value in rows}


def test_first_sheet_says_whom_to_ask():
    """
    审核人 and 联系电话 of the office stand there as far as they are set; 零报告 stays in its place.
    """
    both = msgspec.structs.replace(blank_of(), officer="王科长", phone="010-5550")
    phone = msgspec.structs.replace(blank_of(), phone="010-5550")

    assert first_sheet(both)["有疑问请问"] == "王科长　电话 010-5550"
    assert first_sheet(phone)["有疑问请问"] == "电话 010-5550"
    assert "有疑问请问" not in first_sheet(blank_of())
    sheet = load_workbook(io.BytesIO(written(both)))[FRONT]
    assert sheet[layout.zero_place(tj().form_set).cell].value == "否"


def test_offices_own_sheet_is_no_total():
    """
    Only the office's own blank says that its units' figures do not belong in it.
    """
    assert "不属于任何社区的数" in first_sheet(blank_of(OWN))["本级怎样填"]
    assert "本级怎样填" not in first_sheet(blank_of())


def test_no_function_beyond_excel_2010():
    """Item 3: every formula, name and rule uses functions that all three programs have."""
    used = set()
    for part in members(written(filled(blank_of(past=PAST)))).values():
        text = part.decode("utf-8", "replace")
        assert "_xlfn" not in text
        formulas = re.findall(r"<(?:f|formula1|formula|definedName)[^>]*>([^<]*)<", text)
        used |= {
            name for formula in formulas
            for name in re.findall(r"([A-Z][A-Z.]+)\(", re.sub(r"&quot;.*?&quot;", "", formula))
        }  # fmt: skip

    assert used <= FUNCTIONS
    assert {"IF", "SUMPRODUCT", "COUNTIF"} <= used


def test_only_entry_cells_are_open():
    """Item 3: every sheet is protected; what a person fills in is open, all else is locked."""
    book = load_workbook(io.BytesIO(written(blank_of())))
    for sheet in book:
        assert sheet.protection.sheet or sheet.title == layout.TAG_SHEET
    opened = {
        sheet.title: {cell.coordinate for row in sheet.iter_rows() for cell in row
                      if not cell.protection.locked}
        for sheet in book
    }  # fmt: skip
    places = layout.figure_places(tj().form_set)
    typed = {"TJ01", "TJ16", "TJ17", "TJ20"}

    assert {places[code].cell for code in typed} == {c for c in opened[FIGURES] if c[0] == "D"}
    assert {cell[0] for cell in opened[FIGURES]} == {"D", "H"}
    assert opened[FRONT] == {"B8"}
    assert opened[layout.TAG_SHEET] == set()
    assert {c[0] for c in opened[CHECKS]} == {"E"}
    ledger = opened[DISPUTES]
    assert {int(cell[1:]) for cell in ledger} == {4, *range(6, 506)}
    assert "P6" not in opened[PLAN]  # the rate is worked out
    assert {"A6", "D6", "T30"} <= opened[PLAN]


def test_ledgers_may_be_sorted_filtered_and_extended():
    """Item 3: protection lets a unit sort, filter, insert and delete rows of a ledger."""
    sheet = load_workbook(io.BytesIO(written(blank_of())))[DISPUTES]

    assert sheet.auto_filter.ref == "A5:L505"
    # The file says what is locked away: False is allowed.
    allowed = ("sort", "autoFilter", "insertRows", "deleteRows")
    assert [getattr(sheet.protection, name) for name in allowed] == [False] * 4


def test_formulas_reach_beyond_the_entry_rows():
    """Item 3: a row far below the 500 prepared ones still counts."""
    names = layout.defined_names(tj().form_set)

    assert names["HZ_TJ_L1_result"].endswith("$I$6:$I$5000")


@pytest.mark.libreoffice
@pytest.mark.slow
@pytest.mark.parametrize("case", list(cases()))
def test_every_cache_is_what_libreoffice_works_out(case: str, office: Session, tmp_path: Path):
    """Item 3: after a full recalculation no formula of any sheet shows anything else."""
    data = written(cases()[case])
    path = tmp_path / "issued.xlsx"
    path.write_bytes(data)
    sheets = [one for one in open_workbook(data).sheets if one.formulas]
    with office.open(path) as document:
        document.calculate()
        wrong = [line for sheet in sheets for line in differences(document, sheet)]

    assert wrong == []
    assert sum(len(sheet.formulas) for sheet in sheets) > 100


def differences(document: Document, sheet: Sheet) -> Iterator[str]:
    """Compare the caches of one sheet with the cells of the recalculated document."""
    height, width = len(sheet.rows), max(map(len, sheet.rows))
    shown = document.values(sheet.name, f"A1:{layout.Place('', height - 1, width - 1).cell}")
    for row, column in sorted(sheet.formulas):
        kept, now = sheet.rows[row][column], shown[row][column]
        same = kept == now or (isinstance(kept, float) and kept == pytest.approx(now))
        if not same:
            yield f"{sheet.name} {layout.Place('', row, column).cell}: {kept!r}, now {now!r}"


@pytest.mark.libreoffice
def test_recalculation_really_happens(office: Session, tmp_path: Path):
    """A planted 777 is seen to change, so the comparison above compares something."""
    path = tmp_path / "planted.xlsx"
    parts = members(written(filled(blank_of())))
    name = "xl/worksheets/sheet2.xml"
    place = layout.figure_places(tj().form_set)["TJ02"].cell
    cell = rf'(<c r="{place}"[^>]*><f>.*?</f><v>)[^<]*'
    planted, count = re.subn(cell, r"\g<1>777", parts[name].decode())
    with zipfile.ZipFile(path, "w") as made:
        for part, content in {**parts, name: planted.encode()}.items():
            made.writestr(part, content)

    with office.open(path) as document:
        before = document.values(FIGURES, f"{place}:{place}")
        document.calculate()
        after = document.values(FIGURES, f"{place}:{place}")

    assert (count, before, after) == (
        1,
        ((777.0,),),
        ((float(figures(path.read_bytes())["TJ02"]),),),
    )


def choose(document: Document, sheet: str, cell: str, text: str) -> None:
    """Type a text into a cell, as a person would."""
    document.component.Sheets.getByName(sheet).getCellRangeByName(cell).setString(text)
    document.calculate()


def column(document: Document) -> dict[str, object]:
    """The figures of this period as the sheet shows them."""
    places = layout.figure_places(tj().form_set)
    return {c: document.values(p.sheet, f"{p.cell}:{p.cell}")[0][0] for c, p in places.items()}


@pytest.mark.libreoffice
def test_zero_report_fills_flows_and_keeps_stocks(office: Session, tmp_path: Path):
    """Item 3: 零报告 makes every flow 0, a stock what it was, a rate over nothing ——."""
    path = tmp_path / "zero.xlsx"
    path.write_bytes(written(blank_of(past=PAST)))
    with office.open(path) as document:
        choose(document, FRONT, layout.zero_place(tj().form_set).cell, "是")
        shown = column(document)

    rates = {"TJ05", "TJ06"}
    assert {shown[code] for code in rates} == {"——"}
    assert shown["TJ20"] == 1.0
    assert {shown[code] for code in shown.keys() - rates - {"TJ20"}} == {0.0}


@pytest.mark.libreoffice
def test_figures_wait_for_the_state_of_their_ledger(office: Session, tmp_path: Path):
    """Item 3: until a ledger's state is chosen its figures are blank; 本期无 makes them 0."""
    path = tmp_path / "status.xlsx"
    path.write_bytes(written(blank_of(past=PAST)))
    status = layout.status_place(tj().form_set.by_symbol["TJ_L1"])
    with office.open(path) as document:
        unset = column(document)
        choose(document, status.sheet, status.cell, "本期无")
        none = column(document)

    assert (unset["TJ02"], unset["TJ15"], unset["TJ20"]) == ("", "", "")
    assert (none["TJ02"], none["TJ15"], none["TJ20"], none["TJ05"]) == (0.0, 0.0, 1.0, "——")


def test_zero_is_printed_as_zero():
    """Item 3: no number format hides a zero."""
    book = load_workbook(io.BytesIO(written(filled(blank_of()))))
    formats = {c.number_format for sheet in book for row in sheet.iter_rows() for c in row}

    assert formats <= {"General", "@", "yyyy-mm-dd", "#,##0", "#,##0.0", "#,##0.00"}


@pytest.mark.libreoffice
def test_prints_on_few_pages(tmp_path: Path):
    """Item 3: one page a sheet, two for the plan; the check column outside the print area."""
    path = tmp_path / "filled.xlsx"
    path.write_bytes(written(filled(blank_of())))
    pdf = convert(path, "pdf", tmp_path / "pdf").read_bytes()

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 8
    sheet = load_workbook(path)[FIGURES]
    assert sheet.print_area == "'TJ-1 统计表'!$A$1:$H$33"


@pytest.mark.validator
def test_microsofts_validator_passes(tmp_path: Path):
    """Item 3: blank, filled and standard workbook and the control workbook are valid."""
    require("validator")
    made: dict[str, Callable[[], bytes]] = {
        name: lambda case=case: written(case) for name, case in cases().items()
    }
    paths = []
    for name, make in made.items():
        paths.append(tmp_path / f"{name}.xlsx")
        paths[-1].write_bytes(make())
    paths.append(TEMPLATES / "TJ" / "TJ-标准空表.xlsx")

    assert validate(paths) == {path: [] for path in paths}


CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def english() -> Iterator[None]:
    """Speak English for one test."""
    speak("en")
    yield
    speak("zh")


@pytest.mark.usefixtures("english")
def test_english_workbook_says_everything_in_english():
    """Item 3: with HUIZONG_LANG=en no text of the program or the definition is Chinese."""
    data = written(blank_of(past=PAST))
    sheets = [one for one in open_workbook(data).sheets if one.name != layout.TAG_SHEET]
    # The names of units, the plan's items and the choices of a ledger are data.
    given = {UNIT.name, "北园街道办事处"}
    texts = {
        (sheet.name, cell)
        for sheet in sheets if not sheet.name.startswith("TJ-P")
        for row in sheet.rows for cell in row if isinstance(cell, str)
    }  # fmt: skip
    chinese = [
        (name, cell) for name, cell in texts
        if CHINESE.search(cell) and not any(one in cell for one in given)
    ]  # fmt: skip

    assert chinese == []
    assert not any(CHINESE.search(sheet.name) for sheet in sheets)


def test_english_workbook_is_read_like_a_chinese_one():
    """Item 3: a return made in English gives the same figures as one made in Chinese."""
    speak("en")
    try:
        data = written(filled(blank_of()))
    finally:
        speak("zh")

    chinese = written(filled(blank_of()))
    assert figures(data) == figures(chinese)
    assert found(data) == found(chinese) == []
    one, other = (audited(read(each)).readings[0] for each in (data, chinese))
    assert [rows.rows for rows in one.ledgers] == [rows.rows for rows in other.ledgers]
    assert one.texts == other.texts
    assert one.identity == other.identity
