"""What others typed comes out as texts, never as formulas or links, within Excel's limits."""

import io
import re
import zipfile
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import msgspec
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from xlsxwriter.exceptions import XlsxWriterException

from huizong import pipeline
from huizong.answers import Typed
from huizong.blank import write_blank
from huizong.book import open_book
from huizong.caches import with_caches
from huizong.checkrows import MAX_COLUMNS, MAX_ROWS
from huizong.errors import DefinitionError, HuizongError
from huizong.language import check
from huizong.layout import odd_sheet_name
from huizong.office import init_office, open_office
from huizong.past import Opening, save_opening
from huizong.sample import fill
from huizong.styles import Styles
from huizong.tables import Table, new_workbook
from huizong.work import at_work, checked_sets
from huizong.write import summary_bytes
from made import made_summary, tj
from returned import with_cell
from street import LIGHT, NOW, PEACE, PERIOD, STREET, UNITS, blank_of, readers, send

__all__ = ["readers"]

BEGINNINGS = ("=", "+", "-", "@", "＝", "\t=", "'=", '=cmd|"/C calc"!A0;')
PAYLOADS = ("HYPERLINK(0)", "1+1", "http://x.cn/危", "\\\\srv\\x危", "mailto:a@x.cn危")
HOSTILE = tuple(beginning + payload for beginning in BEGINNINGS for payload in PAYLOADS)


@pytest.fixture(scope="module")
def attacked(tmp_path_factory, readers) -> Path:
    """A street with hostile names, whose communities sent hostile texts, after its quarter."""
    folder = tmp_path_factory.mktemp("office") / "清河街道"
    roster = folder.parent / "名册.csv"
    names = dict(zip(UNITS, ("=1+1社区", "+HYPERLINK(0)社区", "@SUM(1)社区"), strict=True))
    lines = [f"{code},{name},{STREET}" for code, name in names.items()]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
    init_office(folder, roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    _send_hostile(folder, PEACE)
    send(folder, LIGHT, "=cmd_calc", TJ16="=1+1")
    with at_work(folder, NOW, "test") as work:
        save_opening(work.book, [Opening("2025Q1", "TJ", PEACE, "unit", "TJ02", "100", "=1+1")])
        pipeline.collect(work, (), readers)
        sets = pipeline.audit(work, PERIOD).sets
        pipeline.send_back(work, PERIOD)
        asked = [one for unit in sets[0].rows for one in unit.findings if one.stands]
        for one in asked:
            if one.finding.level == "explain":
                typed = Typed(
                    key=one.key, action="accept", officer="=王芳", reason="+1+1核过了可以"
                )
                pipeline.answer(work, str(PERIOD), typed)
        pipeline.aggregate(work, PERIOD)
        pipeline.papers(work, PERIOD)
        pipeline.audit(work, PERIOD)
    return folder


def _send_hostile(folder: Path, code: str) -> None:
    blank = blank_of(folder, code)
    form_set = checked_sets()["TJ"].form_set
    reading = fill(form_set, blank.identity, plan=blank.filling.ledgers, ledger_rows=6)
    keys = [one.code for one in form_set.indicators]
    texts = {key: f"{text}{' '.join(HOSTILE)}" for key, text in reading.texts.items()}
    remarks = dict(zip(keys, HOSTILE, strict=False))
    reading = msgspec.structs.replace(reading, texts=texts, remarks=remarks)
    blank = msgspec.structs.replace(blank, filling=reading)
    for row, text in enumerate(HOSTILE[:6]):
        blank = with_cell(blank, "TJ_L1", row, "parties", text)
        blank = with_cell(blank, "TJ_P", 0, "note", text)
    (ready,) = with_caches([blank])
    write_blank(ready, folder / "收表" / "=1+1.xlsx")


def outputs(folder: Path) -> Iterator[Path]:
    """Give all workbooks that the office has written after its returns came."""
    yield from (folder / name for name in ("状态.xlsx", "审核结果.xlsx"))
    for name in ("汇总", "退改"):
        yield from sorted((folder / name).rglob("*.xlsx"))


def formulas(path: Path) -> list[str]:
    """List the formulas of a workbook's cells."""
    with zipfile.ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if "worksheets/sheet" in name]
        found = [archive.read(name).decode() for name in sheets if not name.endswith(".rels")]
    return [unescape(one) for text in found for one in re.findall(r"<f[^>]*>([^<]*)</f>", text)]


def test_hostile_texts_come_out_as_texts(attacked):
    """
    Fault 69: forty texts that begin like formulas or links, in names, cells, remarks, reports and
    answers, are in every workbook that we write strings: no formula, no link, no other file.
    """
    seen: set[str] = set()
    kinds = {path.parent.parent.name or path.name for path in outputs(attacked)}
    for path in outputs(attacked):
        for formula in formulas(path):
            assert not any(text.lstrip("=+-@") == formula for text in HOSTILE), (path, formula)
            assert not re.search(r"HYPERLINK|cmd|://|srv", formula), (path, formula)
        with zipfile.ZipFile(path) as archive:
            rels = [archive.read(one).decode() for one in archive.namelist() if ".rels" in one]
        assert not any('TargetMode="External"' in one for one in rels), path
        for sheet in load_workbook(path):
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell.value, str) and cell.data_type != "f":
                        seen |= {text for text in HOSTILE if text.strip() in cell.value}
    assert {"汇总", "退改"} <= kinds
    assert len(seen) > 35
    assert any("=王芳" in str(cell) for cell in _texts(attacked / "审核结果.xlsx"))


def _texts(path: Path) -> list[str]:
    book = load_workbook(path)
    return [str(c.value) for sheet in book for row in sheet.iter_rows() for c in row if c.value]


def test_a_formula_of_ours_is_seen(attacked):
    """
    Fault 69: the search finds formulas where there are some: in the correction copy.
    """
    copies = sorted((attacked / "退改").rglob("*.xlsx"))
    assert len(copies) == 2
    assert len(formulas(copies[0])) > 50
    assert all(not formulas(path) for path in outputs(attacked) if path not in copies)


def test_hostile_texts_in_the_log_are_one_line_each(attacked):
    """
    Fault 69: events hold no text that anybody sent; whatever they hold is on one line.
    """
    with open_book(open_office(attacked).book) as book:
        told = [text for (text,) in book.ask("SELECT details FROM event")]

    assert told
    assert all(text.isprintable() for text in told)
    assert not any(text in one for one in told for text in HOSTILE if "危" in text)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text("abA一𠮷'[]:*?/\\ \n\u202e", max_size=36)
        | st.sampled_from(["History", "HISTORY", "表", "a" * 31, "a" * 32, "𠮷" * 16]),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_names_of_sheets_that_we_accept_are_names_for_excel(names):
    """
    Fault 71: whatever names we take for sheets, the writer takes as well; what it refuses we have
    refused before anything is written.
    """
    book = xlsxwriter.Workbook(io.BytesIO())
    try:
        for name in names:
            book.add_worksheet(name)
        refused = False
    except XlsxWriterException:
        refused = True

    if odd_sheet_name(names) is None:
        assert not refused
    if refused:
        assert odd_sheet_name(names) is not None


@pytest.mark.parametrize("name", ["甲/乙", "[一]", "什么?", "'引'", "甲:乙", "a\nb"])
def test_ledger_that_cannot_name_a_sheet_is_refused(name):
    """
    Fault 71: a definition with such a ledger is refused with its place when it is read.
    """
    form_set = tj()
    ledgers = (msgspec.structs.replace(form_set.ledgers[0], zh=name), *form_set.ledgers[1:])
    odd = msgspec.structs.replace(form_set, ledgers=ledgers)
    if name.startswith("'"):
        name = name[:-1]

    with pytest.raises(DefinitionError) as caught:
        check(odd, {"TJ": odd})

    assert caught.value.code == "definition.sheet_name"
    assert name in caught.value.details["what"]
    assert str(caught.value)


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path):
    """
    Fault 71: a list longer than a sheet is refused, never cut short.
    """
    path = tmp_path / "x.xlsx"

    def write() -> None:
        with new_workbook(path, "x", NOW) as book:
            table = Table(book, Styles(book), "表", (10,))
            table.row = MAX_ROWS - 1
            table.line(["最后一行"])
            table.line(["多出的一行"])

    with pytest.raises(HuizongError) as caught:
        write()

    assert caught.value.code == "error.too_many_rows"
    assert str(MAX_ROWS) in str(caught.value)
    assert not path.exists()


def test_more_units_than_columns_are_refused():
    """
    Fault 71: a summary over more units than a sheet has columns is refused before it is written.
    """
    summary, form_set = made_summary(units=3)
    units = (summary.units[0],) * (MAX_COLUMNS + 1)

    with pytest.raises(HuizongError) as caught:
        summary_bytes(msgspec.structs.replace(summary, units=units), form_set)

    assert caught.value.code == "summary.too_wide"
