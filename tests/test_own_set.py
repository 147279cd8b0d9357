"""Choices, texts and dates of a form set of an office's own: asked, read, carried, added up."""

from pathlib import Path

import msgspec
import openpyxl
import pytest

from huizong.aggregate import aggregate
from huizong.audit import audit
from huizong.caches import with_caches
from huizong.dictionary import lines
from huizong.ground import Header
from huizong.past import Past, reading_of
from huizong.periods import Period
from huizong.records import PASSED, SUMMARY, Identity, Reading, UnitReturn
from huizong.verify_versions import made_by, said_by
from huizong.write import write_summary
from issued import OTHER, OWN, UNIT, read, written
from libreoffice import convert
from own_set import blank_of, defined, in_use, typed
from uno_session import uno_session

SHEET = "FX-1 统计表"
LONG = "楼道堆物反复，物业与居民配合不够；地下车库充电线路老化，已报街道应急办，下季度回头看。"
FULL = {"FX01": "21", "FX02": "0", "FX03": "否", "FX04": LONG, "FX05": "2026-03-05"}
BEFORE = {"FX01": "20", "FX03": "是", "FX04": "东区第 3", "FX05": "2026-01-02"}


def zeroed(blank):
    """The blank with a zero report chosen, with the results of its formulas."""
    filling = msgspec.structs.replace(blank.filling, zero_report=True)
    return with_caches([msgspec.structs.replace(blank, filling=filling)])[0]


def judged(tmp_path: Path, blank, previous=None):
    """Write, read and audit one return; give the reading with its findings."""
    with in_use(tmp_path / "sets"):
        reading = read(written(blank))
    header = Header(Period.parse("2026Q1"), "社区")
    past = [reading_of(reading.identity, previous)] if previous else [None]
    done = audit(blank.checked, [reading], [header], past)
    return done.readings[0], done.findings[0]


def states(reading) -> dict[str, tuple[str, str]]:
    """State and value of every figure."""
    return {cell.code: (cell.state, cell.value) for cell in reading.figures}


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods", "xlsx"])
def test_cells_that_nobody_filled_are_blank_in_every_format(kind: str, tmp_path: Path):
    """
    Saved by LibreOffice, untouched numbers, choices, texts and dates stay blank; none is 0.
    """
    checked = defined(tmp_path / "sets")
    path = tmp_path / "blank.xlsx"
    path.write_bytes(written(typed(blank_of(checked), FX02="0")))

    with in_use(tmp_path / "sets"):
        reading = read(convert(path, kind, tmp_path / "out").read_bytes())

    assert states(reading) == {
        "FX01": ("blank", ""),
        "FX02": ("number", "0"),
        "FX03": ("blank", ""),
        "FX04": ("blank", ""),
        "FX05": ("blank", ""),
    }


@pytest.mark.libreoffice
def test_zero_report_saved_as_xls_makes_no_stock_zero(tmp_path: Path):
    """
    A zero report's flows are 0; a stock without a figure of last period stays blank.
    """
    checked = defined(tmp_path / "sets")
    path = tmp_path / "zero.xlsx"
    path.write_bytes(written(zeroed(blank_of(checked))))

    with in_use(tmp_path / "sets"):
        reading = read(convert(path, "xls", tmp_path / "out").read_bytes())
    period = Period.parse("2026Q1")
    before = [reading_of(reading.identity, {}), reading_of(reading.identity, {"FX01": "20"})]
    done = audit(checked, [reading] * 2, [Header(period, "社区")] * 2, before)

    without, carried = map(states, done.readings)
    assert without["FX02"] == carried["FX02"] == ("number", "0")
    assert (without["FX01"], carried["FX01"]) == (("blank", ""), ("number", "20"))
    asked = [one.subject for one in done.findings[0] if one.code.startswith("required")]
    assert asked == ["FX01", "FX03"]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """One LibreOffice."""
    with uno_session(tmp_path_factory.mktemp("office")) as session:
        yield session


TYPED = [
    # cell, what is typed, what the row's check says
    ("D9", "否", ""),
    ("D9", "有的", "请从选项中选"),
    ("D9", "", "未填写"),
    ("D10", "楼道堆物", ""),
    ("D11", 46086, ""),
    ("D11", "昨天", "请填日期"),
    ("D11", "——", ""),
    ("D9", "——", ""),
]


@pytest.mark.libreoffice
def test_live_check_knows_answers_from_other_words(session, tmp_path):
    """
    An option, a text and a day pass; another word, and what is no day, are told at once.
    """
    path = tmp_path / "blank.xlsx"
    path.write_bytes(written(blank_of(defined(tmp_path / "sets"))))
    said = []
    with session.edit(path, tmp_path / "typed.xlsx") as book:
        for cell, value, _ in TYPED:
            book.type(SHEET, cell, value)
            book.calculate()
            said.append(book.values(SHEET, f"I{cell[1:]}")[0][0])

    assert said == [check for _, _, check in TYPED]


@pytest.mark.libreoffice
@pytest.mark.parametrize("case", ["blank", "full", "other", "zero"])
def test_cells_show_what_libreoffice_works_out(case, session, tmp_path):
    """
    Figures, years to date, checks and the paper's code are stored as their formulas give them.
    """
    blank = blank_of(defined(tmp_path / "sets"), "2026Q2", previous=BEFORE)
    other = {**FULL, "FX03": "有的", "FX05": "昨天"}
    made = {"full": typed(blank, **FULL), "other": typed(blank, **other), "zero": zeroed(blank)}
    path = tmp_path / "return.xlsx"
    path.write_bytes(written(made.get(case, blank)))

    with session.open(path) as book:
        stored = book.values(SHEET, "A7:I12")
        book.calculate()
        assert book.values(SHEET, "A7:I12") == stored


def test_form_shows_the_options_and_takes_long_texts(tmp_path):
    """
    Options stand in place of the measure and in a list; a text is read from the left, wrapped.
    """
    path = tmp_path / "full.xlsx"
    blank = blank_of(defined(tmp_path / "sets"), "2026Q2", previous=BEFORE)
    path.write_bytes(written(typed(blank, **FULL)))
    sheet = openpyxl.load_workbook(path)[SHEET]
    lists = {str(one.sqref): one.formula1 for one in sheet.data_validations.dataValidation}

    assert sheet["C9"].value == "是／否"
    assert lists["D9"] == '"是,否,——"'
    assert [sheet[cell].value for cell in ("E9", "E10")] == ["是", "东区第 3"]
    for cell in ("D10", "E10"):
        look = sheet[cell].alignment
        assert (look.horizontal, look.wrap_text) == ("left", True)
    assert sheet.row_dimensions[10].height > 8 * 16


WORDS = {
    "no option": ({"FX03": "有的"}, [("not_a_choice", "D9")]),
    "written wider": ({"FX03": " 是　"}, []),
    "not applicable": ({"FX03": "——"}, []),
    "no day": ({"FX05": "昨天"}, [("not_date", "D11")]),
    "blank": ({"FX03": ""}, [("required_word", "D9")]),
}


@pytest.mark.parametrize("case", WORDS)
def test_audit_knows_answers_from_other_words(case, tmp_path):
    """
    What is none of the options, or no day, must be mended; a blank choice is asked for as one.
    """
    change, expected = WORDS[case]
    said = {code: text for code, text in {**FULL, **change}.items() if text}
    _, findings = judged(tmp_path, typed(blank_of(defined(tmp_path / "sets")), **said))

    assert [(one.code, one.cell) for one in findings if one.level == "must"] == expected
    assert all("是" in str(one.details["expected"]) for one in findings if one.cell == "D9")


def test_zero_report_carries_answers_over(tmp_path):
    """
    Choices, texts and days stay as they were last period, in the workbook and in the audit.
    """
    blank = zeroed(blank_of(defined(tmp_path / "sets"), "2026Q2", previous=BEFORE))
    reading, findings = judged(tmp_path, blank, BEFORE)

    assert {code: value for code, (_, value) in states(reading).items()} == BEFORE | {"FX02": "0"}
    assert [one for one in findings if one.level == "must"] == []


def test_dictionary_names_the_options(tmp_path):
    """
    Whoever prints the dictionary reads what may be chosen.
    """
    defined(tmp_path / "sets")
    with in_use(tmp_path / "sets"):
        assert any("FX03" in line and "是／否" in line for line in lines("FX"))


def test_summary_counts_answers_and_shows_long_texts(tmp_path):
    """
    Who answered is counted as such; in 分单位 a long text is read from the left, wrapped.
    """
    checked = defined(tmp_path / "sets")
    returns = []
    for unit, figures in ((UNIT, FULL), (OTHER, {"FX01": "3"})):
        cells = typed(blank_of(checked), **figures).filling.figures
        reading = Reading(Identity("FX", "2026.1", "2026Q1", unit.code, unit.name), figures=cells)
        returns.append(UnitReturn(unit=unit, state=PASSED, included=True, reading=reading))
    who = Identity("FX", "2026.1", "2026Q1", OWN.code, OWN.name, SUMMARY)
    done = aggregate(checked, who, returns, None, Past(), lambda some: [{} for _ in some],
                     made_at="2026-04-05T09:00:00")  # fmt: skip
    write_summary(done, checked.form_set, tmp_path / "汇总.xlsx")

    counted = {one.code: one.counted for one in done.totals}
    assert counted == {"FX01": 2, "FX02": 1, "FX03": 1, "FX04": 1, "FX05": 1}
    cells = [
        cell
        for row in openpyxl.load_workbook(tmp_path / "汇总.xlsx")["分单位"]
        for cell in row
        if cell.value == LONG
    ]
    assert len(cells) == 1
    # A text without an alignment of its own stands at the left.
    assert (cells[0].alignment.horizontal, cells[0].alignment.wrap_text) == (None, True)


FRONT, CHECKS = "填报说明", "审核说明"
BASES = {
    # last period's figures, what is typed, the relation FX01 >= PREV(FX01)
    "no base, filled": ({}, FULL, "不适用"),
    "no base, blank": ({}, {}, "待填"),
    "base, blank": (BEFORE, {}, "待填"),
    "base, filled": (BEFORE, FULL, "通过"),
}


@pytest.mark.libreoffice
@pytest.mark.parametrize("case", BASES)
def test_relation_without_a_base_is_not_waited_for(case, session, tmp_path):
    """
    Where last period has no figure nothing can be filled in for it: 待填 comes down to 0.
    """
    past, figures, expected = BASES[case]
    blank = blank_of(defined(tmp_path / "sets"), "2026Q2", **({"previous": past} if past else {}))
    path = tmp_path / "return.xlsx"
    path.write_bytes(written(typed(blank, **figures)))

    with session.open(path) as book:
        for _ in range(2):
            assert book.values(CHECKS, "D3")[0][0] == expected
            told = book.values(FRONT, "B10")[0][0]
            assert told.endswith("1" if expected == "待填" else "0")
            book.calculate()


def test_what_the_book_carried_over_is_not_held_against_the_file(tmp_path):
    """
    A zero report whose form showed no figure of last period says nothing of its stocks.
    """
    checked = defined(tmp_path / "sets")
    with in_use(tmp_path / "sets"):
        zero, blank = (read(written(one(blank_of(checked)))) for one in (zeroed, lambda some: some))
    made = made_by(checked.form_set, "2026.1")

    assert said_by(zero, made) == {"FX02": "0"}
    assert said_by(blank, made) == dict.fromkeys(("FX01", "FX02", "FX03", "FX04", "FX05"), "")
