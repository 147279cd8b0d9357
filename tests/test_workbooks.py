"""Workbooks: values at their addresses, and the facts that the parser does not tell."""

import datetime as dt
import io
import random
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from child_stubs import open_file
from huizong.children import Children
from huizong.gate import Kind, Refused
from huizong.workbooks import Workbook, open_workbook, serial
from huizong.xlsx_cells import quick_scan, sure_scan
from huizong.xlsx_facts import sheet_facts
from odd_files import (
    BOOK,
    RELS,
    SHEET,
    converted,
    edited,
    encrypted,
    everything,
    members,
    patched,
    prefixed,
    records,
    small,
    strict,
    typical_return,
    with_rows,
    xlsx,
    zipped,
)

__all__ = ["converted"]

KINDS = ["xlsx", "xls", "ods"]


@pytest.fixture(params=[pytest.param(k, marks=pytest.mark.libreoffice) for k in KINDS])
def book(request, converted) -> Workbook:
    """The workbook of everything in each kind."""
    kind = request.param
    return open_workbook(everything() if kind == "xlsx" else converted(kind))


def first(data: bytes):
    """Open a workbook and return its first sheet."""
    return open_workbook(data).sheets[0]


def cells(xml: str):
    """Open a sheet with one row of the given cells."""
    return first(with_rows(f'<row r="1">{xml}</row>'))


def by_calamine_alone(data: bytes) -> list:
    """Read all sheets with calamine, and nothing between."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    count = len(book.sheet_names)
    return [book.get_sheet_by_index(i).to_python(skip_empty_area=False) for i in range(count)]


@pytest.mark.parametrize("make", [everything, typical_return])
def test_values_are_calamines(make):
    """Leaving the blank cells out changes no value and no address."""
    data = make()
    assert [sheet.rows for sheet in open_workbook(data).sheets] == by_calamine_alone(data)


def test_same_values_in_every_kind(book):
    """Text with blanks and line ends, numbers and truth values come through in every kind."""
    rows = book.sheets[0].rows
    assert [rows[1][5], rows[2][1]] == ["合并", "a   b\nc"]
    assert [rows[4][3], rows[6][0], rows[9][3]] == [3, 9, -4]
    assert rows[9][0] == 1


def test_sheets(book):
    """Fault 22: hidden sheets are told; only .xlsx keeps very hidden apart here."""
    deep = "veryHidden" if book.kind is Kind.XLSX else "hidden"
    assert [(sheet.name, sheet.visible) for sheet in book.sheets] == [
        ("统计表", "visible"),
        ("隐藏页", "hidden"),
        ("深藏页", deep),
    ]


def test_errors(book):
    """Fault 13: error cells are named, for the parser shows them as blank."""
    assert book.sheets[0].errors == {(3, 1): "#DIV/0!", (10, 1): "#N/A"}


def test_formulas(book):
    """Fault 11: a formula is told from a number."""
    expected = {(3, 1), (3, 2), (4, 3), (10, 0), (10, 1)}
    # LibreOffice stores TRUE as a formula in the older kinds.
    assert book.sheets[0].formulas - {(9, 0)} == expected


def test_merges(book):
    """Fault 21: merged areas are told, so that what they cover is not added."""
    assert book.sheets[0].merges == ((1, 5, 3, 7),)


def test_hidden_lines(book):
    """Fault 22: hidden rows and columns are told as far as there are values."""
    sheet = book.sheets[0]
    assert (sheet.hidden_rows, sheet.hidden_columns) == ({6}, {9})


def test_external(book):
    """Fault 25: a cell whose formula refers to another file is told."""
    assert book.sheets[0].external == {(10, 0)}


def test_dates_turn_back(book):
    """Fault 9: the count 12 in a date cell is had back, in the date system of each kind."""
    sheet = book.sheets[0]
    assert isinstance(sheet.rows[9][1], dt.date)
    assert [book.serial(sheet, 9, 1), book.serial(sheet, 9, 2)] == [12, 45000.5]


@pytest.mark.parametrize("date1904", [False, True])
@pytest.mark.parametrize("number_format", ["yyyy-mm-dd", "hh:mm", "[h]:mm"])
def test_serial(date1904, number_format):
    """Fault 9: every number that somebody types into a date cell is had back exactly."""
    numbers = [0, 0.5, 1, 12, 12.5, 58, 59, 59.5, 60, 60.5, 61, 366, 45000, 2958465, 3e6, -1, -7.5]

    def fill(made):
        sheet = made.add_worksheet()
        style = made.add_format({"num_format": number_format})
        for row, number in enumerate(numbers):
            sheet.write_number(row, 0, number, style)

    opened = open_workbook(xlsx(fill, date_1904=date1904))
    assert opened.date1904 is date1904
    found = [opened.serial(opened.sheets[0], row, 0) for row in range(len(numbers))]
    assert found == pytest.approx(numbers)


def test_serial_of_a_value_alone():
    """The leap day that Excel believes in moves the days before March 1900."""
    assert serial(dt.date(1900, 2, 28), False) == 59
    assert serial(dt.date(1900, 3, 1), False) == 61
    assert serial(dt.date(1904, 1, 13), True) == 12


def test_number_too_large_for_a_date():
    """Fault 9: a date cell with a number beyond all dates does not lose the sheet."""

    def fill(made):
        sheet = made.add_worksheet()
        sheet.write(0, 0, 1e9, made.add_format({"num_format": "[h]:mm"}))
        sheet.write(0, 1, 5)

    assert first(xlsx(fill)).rows == [[1e9, 5]]


def test_formula_without_result():
    """Fault 12: a formula that was never computed is not blank; the result "" is one."""
    sheet = cells(
        '<c r="A1"><f>1+1</f></c><c r="B1"><f>1+1</f><v></v></c><c r="C1"><f>1+1</f><v/></c>'
        '<c r="D1" t="str"><f>""</f><v></v></c><c r="E1"><f>1+1</f><v>2</v></c>'
    )
    assert sheet.uncached == {(0, 0), (0, 1), (0, 2)}
    assert sheet.formulas == {(0, column) for column in range(5)}


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#SPILL!", "#CALC!"])
def test_errors_new_and_old(error):
    """Fault 13: an error that the parser does not know loses neither its name nor the sheet."""
    sheet = cells(f'<c r="A1" t="e"><f>X</f><v>{error}</v></c><c r="B1"><v>2</v></c>')
    assert (sheet.errors, sheet.rows) == ({(0, 0): error}, [["", 2]])


@pytest.mark.parametrize(
    "cell",
    ["<c\nr='A1' t='e'><v >#SPILL!</v></c >", '<c r="A1" t = "e" ><f>X</f > <v>#SPILL!</v></c>'],
)
def test_new_errors_however_they_are_written(cell):
    """Fault 13: blanks and other quotes inside the tags change nothing."""
    sheet = cells(f'{cell}<c r="B1"><v>2</v></c>')
    assert (sheet.errors, sheet.rows) == ({(0, 0): "#SPILL!"}, [["", 2]])


@pytest.mark.parametrize("value", ["NaN", "INF", "-INF", "1e400", "Infinity", "1,5", "abc"])
def test_no_number(value):
    """Fault 15: what is no finite number in a number's place is refused."""
    sheet = cells(f'<c r="A1"><v>{value}</v></c><c r="B1"><v>2</v></c>')
    assert sheet.refused_numbers == {(0, 0)}


@pytest.mark.parametrize("value", ["-0", "1E-7", "1.5e+3", "-3.25", "60", "12345678901234567890"])
def test_odd_numbers(value):
    """Fault 15: unusual ways to write a number are numbers."""
    sheet = cells(f'<c r="A1"><v>{value}</v></c>')
    assert (sheet.refused_numbers, sheet.rows) == (frozenset(), [[float(value)]])


@pytest.mark.parametrize(
    ("formula", "external"),
    [
        ("[1]Sheet1!A1", True),
        ("SUM(A1,[2]Sheet1!B2)", True),
        ("'[1]My sheet'!A1+1", True),
        ("&apos;[1]My sheet&apos;!A1", True),
        ("[1]!Name", True),
        ("[1]!'/c calc'!A0", True),
        ("'[其他.xlsx]S'!A1", True),
        ("Table1[2019]", False),
        ("Table1[[2018],[2019]]*Sheet2!A1", False),
        ("Table1[2019]*Sheet2!A1", False),
    ],
)
def test_reference_to_another_file(formula, external):
    """Fault 25: other files are told from columns of tables with a number for a name."""
    sheet = cells(f'<c r="A1"><f>{formula}</f><v>1</v></c>')
    assert sheet.external == ({(0, 0)} if external else frozenset())


def test_shared_reference_to_another_file():
    """Fault 25: a formula filled down refers to the other file in every cell."""
    sheet = cells(
        '<c r="A1"><f t="shared" ref="A1:B1" si="0">[1]S!A1</f><v>1</v></c>'
        '<c r="B1"><f t="shared" si="0"/><v>1</v></c><c r="C1"><f t="shared" si="1"/><v>1</v></c>'
    )
    assert sheet.external == {(0, 0), (0, 1)}


def test_chart_sheets_have_no_rows():
    """Fault 24: a chart sheet is told by its kind and has no values."""

    def fill(made):
        made.add_worksheet("数据").write(0, 0, 1)
        chart = made.add_chart({"type": "bar"})
        chart.add_series({"values": "=数据!$A$1:$A$2"})
        made.add_chartsheet("图").set_chart(chart)

    sheets = open_workbook(xlsx(fill)).sheets
    assert [(s.name, s.kind, s.rows) for s in sheets] == [
        ("数据", "worksheet", [[1]]),
        ("图", "chart", []),
    ]


@pytest.mark.parametrize(("word", "kind"), [("xlMacrosheet", "macro"), ("dialogsheet", "dialog")])
def test_other_sheets(word, kind):
    """Fault 24: macro and dialog sheets are told by their kind."""
    data = edited(small(), {RELS: lambda text: text.replace('/worksheet"', f'/{word}"')})
    assert (first(data).kind, first(data).rows) == (kind, [[1]])


@pytest.mark.libreoffice
def test_macro_sheet_in_xls(converted):
    """Fault 44: an .xls with a macro sheet says so."""
    data = converted("xls")
    place = next(at for kind, at in records(data) if kind == 0x85)
    opened = open_workbook(patched(data, place + 9, b"\x01"))
    assert (opened.macros, opened.sheets[0].kind) == (True, "macro")


@pytest.mark.libreoffice
def test_infinite_number_in_xls(converted):
    """Fault 15: NaN in an .xls is refused."""
    data = converted("xls")
    at = data.index(struct.pack("<d", 1 / 3))
    sheet = first(patched(data, at, struct.pack("<d", float("nan"))))
    assert sheet.refused_numbers == {(9, 4)}


def test_strict():
    """Fault 47: Strict OOXML reads as the usual kind does."""
    assert facts_and_rows(strict(everything())) == facts_and_rows(everything())


def test_dates_in_words():
    """Fault 47: Strict files may keep dates as text of type d."""
    sheet = cells('<c r="A1" t="d"><v>2024-01-05</v></c>')
    assert (sheet.rows, sheet.refused_numbers) == ([[dt.date(2024, 1, 5)]], frozenset())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "gb18030"])
def test_encodings(encoding):
    """Fault 47: parts in UTF-16, or in GB18030, read as those in UTF-8; calamine shows nothing."""
    name = "utf-8" if encoding == "utf-8-sig" else encoding

    def encode(text: str) -> bytes:
        return text.replace("UTF-8", name).encode(encoding)

    names = [name for name in members(everything()) if name.startswith("xl/")]
    data = edited(everything(), dict.fromkeys(names, encode))
    assert facts_and_rows(data) == facts_and_rows(everything())


def test_prefixes():
    """Fault 47: elements with a prefix read as those without."""
    sheet_names = [f"xl/worksheets/sheet{number}.xml" for number in (1, 2, 3)]
    data = edited(everything(), dict.fromkeys((BOOK, *sheet_names), prefixed))
    assert facts_and_rows(data) == facts_and_rows(everything())


def test_cells_without_addresses():
    """Fault 47: without addresses the next place is meant."""
    rows = '<row r="3"><c r="C3"><v>1</v></c><c t="e"><v>#N/A</v></c></row>'
    rows += "<row><c><v>3</v></c></row>"
    sheet = first(with_rows(rows))
    assert (sheet.errors, sheet.rows[2][2], sheet.rows[3][0]) == ({(2, 3): "#N/A"}, 1, 3)


@pytest.mark.parametrize("address", ["=1", "A0", "AAAA1", "1", "", "A-1", "A99999999"])
def test_no_address(address):
    """Fault 38: an address that is none is damage; one such file once hung the scan."""
    with pytest.raises(Refused) as caught:
        cells(f'<c r="{address}"><v>1</v></c>')
    assert caught.value.code == "damaged"


def test_cdata_and_comments():
    """Fault 47: a value in CDATA is a value, a cell in a comment is none."""
    sheet = cells('<c r="A1"><v><![CDATA[5]]></v></c><!-- <c r="B1"><v>6</v></c> -->')
    assert sheet.rows == [[5]]


def test_workbook_part_elsewhere():
    """Fault 47: SharePoint calls the workbook part by another name."""
    parts = members(small())
    parts["xl/workbook2.xml"] = parts.pop(BOOK)
    parts["xl/_rels/workbook2.xml.rels"] = parts.pop(RELS)
    for name in ("_rels/.rels", "[Content_Types].xml"):
        parts[name] = parts[name].replace(b"xl/workbook.xml", b"xl/workbook2.xml")
    assert first(zipped(parts)).rows == [[1]]


def test_default_key():
    """Fault 39: a workbook under the default key is read, and said to have been encrypted."""
    opened = open_workbook(encrypted(everything(), "VelvetSweatshop"))
    assert opened.decrypted
    assert [sheet.rows for sheet in opened.sheets] == by_calamine_alone(everything())


ODS = '<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>'


@pytest.mark.libreoffice
@pytest.mark.parametrize(
    ("cell", "rows", "code"),
    [
        (
            '<table:table-cell office:value-type="float" office:value="1"/>',
            1_048_576,
            "too_many_rows",
        ),
        (
            '<table:table-cell table:number-columns-repeated="16384" '
            'office:value-type="float" office:value="1"/>',
            1_000,
            "too_wide",
        ),
    ],
)
def test_repeated_cells_in_ods(converted, cell, rows, code):
    """Fault 40: an .ods unfolds a few bytes into millions of cells; it is refused before that."""
    row = ODS.format(rows=rows, cell=cell)
    data = edited(
        converted("ods"),
        {"content.xml": lambda text: re.sub("(<table:table-row)", row + r"\1", text, count=1)},
    )
    with pytest.raises(Refused) as caught:
        open_workbook(data)
    assert caught.value.code == code


def facts_and_rows(data: bytes) -> list:
    """Return everything about the sheets of a workbook."""
    return list(open_workbook(data).sheets)


def both_ways(part: bytes) -> list:
    """Return the facts of a sheet part by the quick way, if it took it, and by the sure one."""
    scans = [scan for scan in (quick_scan(part), sure_scan(part)) if scan]
    return [sheet_facts("x", "visible", "worksheet", scan) for scan in scans]


@pytest.mark.parametrize("make", [everything, typical_return])
def test_both_ways_agree_on_real_sheets(make):
    """The quick way takes what spreadsheet programs write, and finds what the parser finds."""
    for name, part in members(make()).items():
        if name.startswith("xl/worksheets/sheet"):
            quick, sure = both_ways(part)
            assert quick == sure


PIECES = st.sampled_from(
    [
        '<c r="{a}" s="5"/>',
        '<c r="{a}" s="1"><v>{n}</v></c>',
        '<c r="{a}" t="s"><v>59</v></c>',
        '<c r="{a}" t="e"><v>#REF!</v></c>',
        '<c r="{a}" t="e"><f>A1/0</f><v>#DIV/0!</v></c>',
        '<c r="{a}"><f>[1]S!A1</f><v>{n}</v></c>',
        '<c r="{a}"><f t="shared" ref="A1:A9" si="0">"a>b"</f><v>-{n}</v></c>',
        '<c r="{a}"><f t="shared" si="0"/></c>',
        '<c r="{a}" t="inlineStr"><is><t xml:space="preserve"> a\nb </t></is></c>',
        '<c r="{a}" t="str"><f>""</f><v></v></c>',
        '<c r="{a}"></c>',
        '<c r="{a}"><v>NaN</v></c>',
        '<c r="{a}"><v>60</v></c>',
        # From here on not as programs write it, but legal.
        '<c\nr="{a}"><v>{n}</v></c>',
        '<c r="{a}"><v>{n}</v></c >',
        '<c r="{a}"><v>{n}</v></c\n>',
        "<c><v>{n}</v></c>",
        '<c s="1" r="{a}"><v>{n}</v></c>',
        "<c r='{a}'><v>{n}</v></c>",
        '<c r="{a}" ><v >{n}</v ></c>',
        '<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="{a}">'
        "<x:v>{n}</x:v></x:c>",
    ]
)


@settings(max_examples=300, deadline=None)
@given(
    pieces=st.lists(st.tuples(PIECES, st.integers(0, 99)), max_size=12),
    row=st.sampled_from(['<row r="{r}">', '<row r="{r}" hidden="1">', '<row  hidden="1" r="{r}">']),
)
def test_both_ways_agree(pieces, row):
    """Whatever is legal in a sheet, the quick way either declines it or finds what is there."""
    rows = "".join(
        row.format(r=number) + piece.format(a=f"{'ABC'[n % 3]}{number}", n=n) + "</row>"
        for number, (piece, n) in enumerate(pieces, 1)
    )
    part = members(with_rows(rows))[SHEET]
    found = both_ways(part)
    assert found[0] == found[-1]


def damaged(data: bytes, generator: random.Random) -> bytes:
    """Change up to eight bytes."""
    changed = bytearray(data)
    for _ in range(generator.randint(1, 8)):
        changed[generator.randrange(len(changed))] = generator.randrange(256)
    return bytes(changed)


def damaged_inside(data: bytes, generator: random.Random) -> bytes:
    """Change up to eight bytes of one part, and zip it anew with a right CRC."""
    parts = members(data)
    name = generator.choice([name for name in parts if name.startswith(("xl/", "content"))])
    return zipped(parts | {name: damaged(parts[name], generator)})


MUTANTS = 200


@pytest.mark.slow
@pytest.mark.libreoffice
@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("xlsx", damaged),
        ("xlsx", damaged_inside),
        ("xls", damaged),
        ("ods", damaged),
        ("ods", damaged_inside),
    ],
)
def test_mutants(converted, monkeypatch, tmp_path, kind, spoil):
    """Fault 45: two hundred damaged files hang nothing, and every good one between reads right."""
    monkeypatch.syspath_prepend(str(__file__).rpartition("/")[0])
    data = everything() if kind == "xlsx" else converted(kind)
    generator = random.Random(20260630)
    good = tmp_path / "good"
    good.write_bytes(data)
    jobs = []
    for number in range(MUTANTS):
        path = tmp_path / str(number)
        path.write_bytes(spoil(data, generator))
        jobs += [(str(path),), (str(good),)]
    with Children(2, "child_stubs:open_file") as children:
        found = sorted(children.run(jobs), key=lambda outcome: outcome.index)

    assert [outcome.value for outcome in found[1::2]] == [open_file(str(good))] * MUTANTS
    assert not [o for o in found[::2] if o.details or o.died == "timeout"]
