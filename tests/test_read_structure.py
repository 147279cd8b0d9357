"""What happens to workbooks (faults.md, parts 2 and 3): rows, columns, sheets and identities."""

import contextlib
import io
import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from openpyxl import Workbook, load_workbook

from huizong.audit import audit
from huizong.ground import Header
from huizong.layout import TAG_SHEET, figure_rows
from huizong.periods import Period
from huizong.read import Refusal, read_bytes, read_workbook
from huizong.records import Reading
from huizong.refused import Refused
from huizong.workbooks import Sheet, open_workbook
from huizong.workbooks import Workbook as ReceivedWorkbook
from issued import (
    DISPUTES,
    FIGURES,
    FRONT,
    OTHER,
    PERIOD,
    PLAN,
    SCREENING,
    UNIT,
    audited,
    blank_of,
    figures,
    filled,
    found,
    read,
    refused,
    sent,
    tj,
    written,
)
from patch import packed, parts_of, retyped, reworked

GOOD = figures(sent())


def changed(change: Callable[[Workbook], None]) -> bytes:
    """The sample return after somebody changed it in a spreadsheet."""
    return reworked(sent(), change)


def rows_of(reading: Reading, symbol: str) -> list[tuple[str | None, ...]]:
    """The rows of one ledger without their running numbers."""
    (rows,) = (one for one in reading.ledgers if one.symbol == symbol)
    return [row[1:] for row in rows.rows]


def insert_rows(book: Workbook) -> None:
    """Insert a line into the form, one above it, and one into the ledger."""
    book[FIGURES].insert_rows(12)
    book[FIGURES].insert_rows(5)
    book[DISPUTES].insert_rows(8)


def insert_columns(book: Workbook) -> None:
    """Insert a column before the figures and one before the ledger's dates."""
    book[FIGURES].insert_cols(3)
    book[DISPUTES].insert_cols(2)


def reorder(book: Workbook) -> None:
    """Move the plan in front and shuffle the rows of the form with all their cells."""
    book.move_sheet(PLAN, -4)
    sheet = book[FIGURES]
    rows = [row for row, entry in figure_rows(tj().form_set) if not isinstance(entry, str)]
    values = [[sheet.cell(row + 1, column).value for column in range(1, 10)] for row in rows]
    random.Random(1).shuffle(values)
    for row, cells in zip(rows, values, strict=True):
        for column, value in enumerate(cells, 1):
            sheet.cell(row + 1, column).value = value


def swap_columns(book: Workbook) -> None:
    """Put 本期 where 上年同期 stood, headings and all."""
    sheet = book[FIGURES]
    for row in range(5, sheet.max_row + 1):
        left, right = sheet.cell(row, 4), sheet.cell(row, 6)
        left.value, right.value = right.value, left.value


def rename_sheets(book: Workbook) -> None:
    """Give every sheet another name."""
    for number, sheet in enumerate(book.worksheets):
        if sheet.title != TAG_SHEET:
            sheet.title = f"Sheet{number}"


@pytest.mark.parametrize(
    "change", [insert_rows, insert_columns, reorder, swap_columns, rename_sheets]
)
def test_fields_are_found_wherever_they_stand(change: Callable[[Workbook], None]):
    """Fault 19: after moving rows, columns and sheets about every figure is the right one."""
    data = changed(change)

    assert figures(data) == GOOD
    assert found(data, "must", "ask", "explain") == []
    assert rows_of(read(data), "TJ_L1") == rows_of(read(sent()), "TJ_L1")


def random_edit(rows: list[list[object]], chance: random.Random) -> None:
    """Do to a sheet's cells one of the things that people do to a form."""
    row, column = chance.randrange(3, 30), chance.randrange(9)
    kind = chance.randrange(6)
    if kind == 0:
        rows.insert(row, [""] * 9)
    elif kind == 1:
        del rows[row]
    elif kind in (2, 3):
        for cells in rows:
            cells.insert(column, "") if kind == 2 else cells.__delitem__(slice(column, column + 1))
    elif kind == 4 and rows[row]:
        rows[row][0] = "改过的名称"
    elif len(rows[row]) > 1:
        rows[row][1] = chance.choice(("", "TJ02", "TJ99"))


def edited(book: ReceivedWorkbook, seed: int) -> ReceivedWorkbook:
    """Edit the statistics sheet one to four times at random; its formulas become values."""
    chance = random.Random(seed)

    def change(sheet: Sheet) -> Sheet:
        if sheet.name != FIGURES:
            return sheet
        rows = [list(row) for row in sheet.rows]
        for _ in range(chance.randint(1, 4)):
            random_edit(rows, chance)
        return replace(sheet, rows=rows, formulas=frozenset(), merges=())

    return replace(book, sheets=tuple(map(change, book.sheets)))


def test_a_thousand_random_edits_never_give_a_wrong_figure():
    """Fault 19: after edits at random every figure is right, or the return does not pass."""
    book = open_workbook(sent())
    readings = []
    for seed in range(1000):
        with contextlib.suppress(Refused):  # not ours: no heading or too few codes are left
            readings += read_workbook(edited(book, seed))
    headers = [Header(PERIOD, "社区")] * len(readings)
    done = audit(tj(), readings, headers)
    wrong, passed = [], 0
    for reading, findings in zip(done.readings, done.findings, strict=True):
        if not {"must", "ask", "release"} & {one.level for one in findings}:
            passed += 1
            got = {cell.code: cell.value for cell in reading.figures if cell.state == "number"}
            wrong += [(code, got.get(code)) for code in GOOD if got.get(code) != GOOD[code]]

    assert wrong == []
    assert 50 < passed < 900


def test_row_that_is_gone_is_named():
    """Fault 19: a deleted row is asked for by its name."""
    data = changed(lambda book: book[FIGURES].delete_rows(30))
    (one,) = (one for one in audited(read(data)).findings[0] if one.code == "row_missing")

    assert (one.subject, one.level) == ("TJ16", "must")
    assert "TJ16" not in figures(data)


def test_column_of_a_ledger_that_is_gone():
    """Fault 19: a missing column is named, with the nearest heading."""

    def rename(book: Workbook) -> None:
        book[DISPUTES]["E5"] = "类 型"

    (one,) = (one for one in read(changed(rename)).findings if one.code == "column_missing")
    assert (one.level, one.subject, one.details["label"]) == ("must", "category", "类别")


@pytest.mark.parametrize(
    ("text", "code"),
    [("矛盾纠纷 排查次数", ""), ("矛盾纠纷排查次数\n", ""), ("矛盾纠纷排查数", "name_edited"),
     ("　防止民转刑件数", "name_of_another"), ("", "name_edited")],
)  # fmt: skip
def test_edited_names_are_offered_never_decided(text: str, code: str):
    """Fault 20: blanks don't matter; an edited name asks, the name of another row blocks."""
    data = retyped(sent(), FIGURES, {"A8": text})
    got = [one for one in found(data) if one[0] in ("name_edited", "name_of_another")]

    assert got == ([(code, "B8")] if code else [])
    assert figures(data) == GOOD


@pytest.mark.parametrize(
    ("text", "codes"),
    [("万次", [("measure_edited", "C8")]), (" 次\u3000", []), ("（次）", []), ("", [])],
)
def test_measure_overwritten(text: str, codes: list[tuple[str, str]]):
    """Fault 7: another measure beside a figure asks; blanks, brackets or none change nothing."""
    data = retyped(sent(), FIGURES, {"C8": text})

    assert found(data) == codes
    assert figures(data) == GOOD


def test_code_that_is_gone_is_offered_by_its_name():
    """Fault 20: without its code a row is found by its name, and asked about."""
    assert found(retyped(sent(), FIGURES, {"B8": ""})) == [("code_gone", "B8")]


def test_code_standing_twice_asks():
    """Fault 20: of two rows with one code neither wins silently."""
    data = retyped(sent(), FIGURES, {"B30": "TJ01"})
    got = found(data, "ask", "must")

    assert ("code_twice", "D30") in got
    assert ("row_missing", "B5") in got
    assert figures(data)["TJ01"] == GOOD["TJ01"]


def test_heading_standing_twice_asks():
    """Fault 20: two columns 本期 are not decided by the program."""
    data = retyped(sent(), FIGURES, {"F5": "本 期"})

    assert ("heading_twice", "D5") in found(data, "ask")


def test_value_under_a_merged_cell_is_left_out():
    """Fault 21: what lies under a merge is listed and not counted, in figures and in ledgers."""

    def add_merge(data: bytes, number: int, ref: str) -> bytes:
        parts = parts_of(data)
        name = f"xl/worksheets/sheet{number}.xml"
        text = parts[name].decode()
        merge = f'<mergeCell ref="{ref}"/>'
        count = int(text.partition('<mergeCells count="')[2].partition('"')[0])
        text = text.replace(f'<mergeCells count="{count}">', f'<mergeCells count="{count + 1}">')
        return packed(
            {**parts, name: text.replace("</mergeCells>", f"{merge}</mergeCells>").encode()}
        )

    data = add_merge(sent(), 2, "D30:D31")
    assert ("under_merge", "D31") in found(data, "info")
    assert ("required", "D31") in found(data, "must")
    assert "TJ17" not in figures(data)

    data = add_merge(sent(), 3, "E6:E7")
    assert ("under_merge", "E7") in found(data, "info")
    assert ("required_column", "E7") in found(data, "must")


def test_hidden_rows_columns_and_sheets_are_read_and_listed():
    """Fault 22: nothing hidden is lost, and the officer is told once a sheet."""

    def hide(book: Workbook) -> None:
        book[FIGURES].row_dimensions[8].hidden = True
        book[DISPUTES].row_dimensions[7].hidden = True
        book[DISPUTES].row_dimensions[9].hidden = True
        book[DISPUTES].column_dimensions["F"].hidden = True
        book[SCREENING].sheet_state = "hidden"

    data = changed(hide)
    assert found(data) == [
        ("hidden_sheet", ""), ("hidden_data", "D8"), ("hidden_rows", "A7"), ("hidden_column", "F6"),
    ]  # fmt: skip
    assert figures(data) == GOOD


def test_copied_sheet_with_other_figures_asks():
    """Fault 23: of two sheets of the same form the issued one is read, and the other asks."""

    def copy(book: Workbook) -> None:
        other = book.copy_worksheet(book[FIGURES])
        other.title = f"{FIGURES} (2)"
        other["D8"] = 99
        other = book.copy_worksheet(book[DISPUTES])
        other["C6"] = "另外一人"

    data = changed(copy)
    assert [code for code, _ in found(data, "ask")] == ["two_sheets", "two_sheets"]
    assert figures(data) == GOOD


def test_equal_copy_and_extra_sheets_do_no_harm():
    """Fault 23: an unchanged copy and sheets of the unit's own are passed over."""

    def copy(book: Workbook) -> None:
        book.copy_worksheet(book[FIGURES]).title = f"{FIGURES} (2)"
        book.create_sheet("草稿", 0)["A1"] = "合计"

    assert found(changed(copy)) == []
    assert figures(changed(copy)) == GOOD


def test_deleted_sheet_blocks():
    """Fault 23: a ledger's sheet that is gone is named."""
    data = changed(lambda book: book.remove(book[SCREENING]))

    assert [code for code, _ in found(data, "must")] == ["sheet_missing"]


def test_ledger_without_its_row_of_headings():
    """Fault 23: the sheet is there: its lost headings are told, and no figure that hangs on it."""
    headings = {f"{letter}5": "" for letter in "ABCDEFGHIJKL"}
    data = retyped(sent(), DISPUTES, headings)
    (lost,) = [one for one in audited(read(data)).findings[0] if one.level == "must"]

    assert (lost.code, lost.sheet, lost.cell) == ("heading_missing", DISPUTES, "A5")


def test_total_rows_of_a_ledger_are_left_out():
    """Fault 26: 合计 is no entry and is checked; blank rows don't end a ledger."""
    cells = {"B20": "合计", "F20": "=1", "B25": "2026-03-30", "E25": "邻里", "I25": "成功"}
    data = retyped(sent(), DISPUTES, {**cells, "A30": "注：以上金额为协议金额。"})
    got = found(data, "info", "note")

    assert got[:3] == [("total_row", "A20"), ("total_differs", "F20"), ("repair_date", "B25")]
    assert {code for code, _ in got[3:]} == {"stale_result"}
    assert figures(data)["TJ02"] == str(int(GOOD["TJ02"]) + 1)


@pytest.mark.parametrize("text", ["共计", "本页合计", "累计：", "以上小计"])
def test_other_words_for_a_total(text: str):
    """Fault 26: however it is called, a total is no entry."""
    data = retyped(sent(), DISPUTES, {"C20": text, "F20": "=5"})

    assert ("total_row", "A20") in found(data, "info")
    assert figures(data) == GOOD


def test_lines_of_a_ledger_that_are_no_entries():
    """Fault 26: a typed blank, a repeated heading and a running number are no entries."""
    heading = {"A20": "序号", "B20": "受理日期", "C20": "当事人（脱敏）", "E20": "类别"}
    data = retyped(
        sent(), DISPUTES, {**heading, "B22": " ", "A23": "（九）", "A6": "①", "A7": "1-2"}
    )

    assert found(data) == []
    assert figures(data) == GOOD
    assert rows_of(read(data), "TJ_L1") == rows_of(read(sent()), "TJ_L1")


def test_state_parted_from_its_label():
    """Fault 19: where columns were moved the only cell that says a state is taken."""
    assert found(retyped(sent(), DISPUTES, {"E4": "", "L4": "有"})) == []
    gone = found(retyped(sent(), DISPUTES, {"E4": ""}), "must")
    assert [code for code, _ in gone] == ["status_unset"]


def test_ledger_without_name_and_number():
    """Fault 23: renamed and without its number a ledger is known by its columns."""

    def strip(book: Workbook) -> None:
        book[DISPUTES]["L2"] = ""
        book[DISPUTES].title = "登记簿"

    assert found(changed(strip)) == []
    assert figures(changed(strip)) == GOOD

    def strip_and_swap(book: Workbook) -> None:
        strip(book)
        book["登记簿"]["A2"] = "填报单位：和平社区"

    assert found(changed(strip_and_swap)) == [("identity_differs", "A2")]


def test_row_of_their_own_is_not_added():
    """Fault 26: a row that the form does not have is listed, not counted."""

    def add(book: Workbook) -> None:
        book[FIGURES]["A35"], book[FIGURES]["D35"] = "合计", 55
        book[FIGURES]["A36"], book[FIGURES]["D36"] = "其中：外来人口", 5

    assert found(changed(add)) == [("row_not_ours", "D35"), ("row_not_ours", "D36")]
    assert figures(changed(add)) == GOOD


def long_ledger(rows: int) -> bytes:
    """The sample return with so many rows of disputes, written as raw XML."""
    parts = parts_of(sent())
    name = "xl/worksheets/sheet3.xml"
    head, _, tail = parts[name].decode().partition('<row r="6"')
    tail = tail[tail.index("</sheetData>") :]
    inline = '<c r="{0}{1}" t="inlineStr"><is><t>{2}</t></is></c>'
    cells = (("B", "2026-02-03"), ("E", "邻里"), ("I", "成功"))
    lines = (
        f'<row r="{n}">' + "".join(inline.format(c, n, text) for c, text in cells) + "</row>"
        for n in range(6, 6 + rows)
    )
    return packed({**parts, name: (head + "".join(lines) + tail).encode()})


@pytest.mark.slow
def test_ledgers_of_many_rows():
    """Fault 27: beyond the prepared rows all are read; beyond 50,000 the file is refused."""
    few = long_ledger(20_000)
    assert figures(few)["TJ02"] == "20000"
    for rows in (65_535, 65_536, 65_537):
        assert refused(long_ledger(rows)) == "too_many_rows"


def test_older_version_is_refused_by_name():
    """Fault 28: a return on last year's template is not read; the new one is named."""

    def older(book: Workbook) -> None:
        book[FRONT]["B7"] = "HZ-TJ-1 2025.1"
        book[TAG_SHEET]["B3"] = "2025.1"

    reading = read(changed(older))
    (one,) = audited(reading).findings[0]

    assert (one.code, one.level) == ("old_version", "must")
    assert (one.details["found"], one.details["expected"]) == ("2025.1", tj().form_set.version)
    assert reading.figures == ()


@pytest.mark.parametrize(("row", "subject"), [(4, "period"), (5, "code"), (6, "name"), (7, "role")])
def test_altered_tag_asks(row: int, subject: str):
    """Fault 29: a hidden tag that says something else than the heading asks; it decides nothing."""

    def alter(book: Workbook) -> None:
        book[TAG_SHEET].cell(row, 2).value = "990101001002"

    (one,) = audited(read(changed(alter))).findings[0]
    assert (one.code, one.level, one.subject) == ("identity_contradicts", "ask", subject)
    assert read(changed(alter)).identity == read(sent()).identity


def test_tag_of_another_unit_asks():
    """Fault 29: a tag copied from another community's workbook contradicts the heading."""
    other = load_workbook(io.BytesIO(written(filled(blank_of(OTHER)))))[TAG_SHEET]

    def swap(book: Workbook) -> None:
        for row in range(1, 9):
            book[TAG_SHEET].cell(row, 2).value = other.cell(row, 2).value

    subjects = [one.subject for one in read(changed(swap)).findings]
    assert subjects == ["code", "name"]
    assert read(changed(swap)).identity.code == "990101001001"


def test_every_flipped_byte_of_the_tag_is_seen():
    """Fault 29: whatever letter of the tag is altered, identity or seal no longer agree."""
    tag = {"period": "2026Q1", "code": "990101001001", "name": "光明社区", "role": "unit"}
    for row, (key, text) in enumerate(tag.items(), 4):
        for at in range(len(text)):
            other = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
            data = retyped(sent(), TAG_SHEET, {f"B{row}": other})
            assert [one.subject for one in read(data).findings] == [key], other


def test_lost_tag_is_no_fault():
    """Fault 29: a program that drops hidden sheets leaves a readable return."""
    data = changed(lambda book: book.remove(book[TAG_SHEET]))

    assert found(data) == []
    assert read(data).identity == read(sent()).identity
    assert read(data).seal == ""


def test_sheet_of_another_unit_asks():
    """Fault 29: a ledger pasted in from another community is noticed by its heading."""
    data = retyped(sent(), DISPUTES, {"A2": "填报单位：和平社区"})

    assert found(data) == [("identity_differs", "A2")]


def test_form_of_another_unit_is_one_question():
    """Fault 29: where every sheet says another unit than the form, it is asked once."""
    data = retyped(sent(), FIGURES, {"A2": "填报单位：和平社区", "A3": "区划代码：9901 0100 1002"})
    asked = [one for one in read(data).findings if one.code == "identity_differs"]

    assert [one.subject for one in asked] == ["unit", "region"]
    assert {SCREENING, PLAN} < set(asked[0].details["sheet"].split("”、“"))
    assert read(data).identity.code == OTHER.code


@pytest.mark.parametrize("text", ["报告期：2062年第九季度", "报告期：", "报告期：去年"])
def test_period_that_is_none_asks(text: str):
    """Fault 30: a period that cannot be understood is never guessed."""
    reading = read(retyped(sent(), FIGURES, {"A4": text}))

    assert "unknown_period" in [one.code for one in reading.findings]
    assert reading.identity.period == ""


def test_last_periods_file_is_known_by_its_heading():
    """Fault 30: the period comes from the form, not from the file's time or name."""
    last = Period.parse("2025Q4")

    assert read(written(filled(blank_of(period=last)))).identity.period == "2025Q4"


def test_figures_of_several_units_in_one_workbook_are_refused():
    """Fault 36: a copy of the sheet with another unit's name is never taken for the first's."""

    def copy(book: Workbook) -> None:
        other = book.copy_worksheet(book[FIGURES])
        other.title = f"{FIGURES} (2)"
        name = next(c for row in other.iter_rows() for c in row if "光明社区" in str(c.value))
        name.value = str(name.value).replace("光明社区", "和平社区")
        code = next(c for row in other.iter_rows() for c in row if UNIT.code in str(c.value))
        code.value = str(code.value).replace(UNIT.code, OTHER.code)

    result = read_bytes(changed(copy))

    assert isinstance(result, Refusal)
    assert (result.code, result.details["parts"]) == ("several_units", "光明社区、和平社区")


def test_part_of_a_return_is_refused_by_name():
    """Fault 36: a ledger sent without its sheet of figures is a part, not somebody else's file."""
    result = read_bytes(changed(lambda book: book.remove(book[FIGURES])))

    assert isinstance(result, Refusal)
    assert result.code == "part_only"
    assert DISPUTES in result.details["parts"]
