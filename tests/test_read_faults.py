"""What people type in cells (faults.md, part 1): read right, mended and listed, or asked about."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizong.cells import CELL_HOLDS, chinese_number, clean_text, cut, plain, read_figure, squash
from huizong.form_styles import tidy
from huizong.texts import say
from issued import DISPUTES, FIGURES, audited, codes, figures, found, read, sent
from patch import retyped, with_formulas

# D8 is TJ01 (typed, required), D22 is TJ19 (from the ledger, not required), D30 is TJ16.
GOOD = {"TJ01": "8", "TJ02": "7"}


def typed(**cells: str) -> bytes:
    """The sample return with other cells on its statistics sheet."""
    return retyped(sent(), FIGURES, cells)


def told(data: bytes) -> list[tuple[str, str, str]]:
    """Level, code and cell of all that is said of the statistics sheet."""
    findings = audited(read(data)).findings[0]
    return [(one.level, one.code, one.cell) for one in findings if one.sheet == FIGURES]


SPACES = ("", " ", "\u00a0", "\u3000", "\t")


@given(
    number=st.integers(0, 10**12), places=st.sampled_from(("", ".5", ".25")),
    commas=st.booleans(), wide=st.booleans(),
    before=st.sampled_from(SPACES), after=st.sampled_from(SPACES),
)  # fmt: skip
def test_numbers_typed_as_text(
    number: int, places: str, commas: bool, wide: bool, before: str, after: str
):
    """Fault 1: every way to write a number as a text gives the number back, and is listed."""
    text = (f"{number:,}" if commas else str(number)) + places
    if wide:
        text = text.translate({ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789,."})
    figure = read_figure(f"{before}{text}{after}")

    assert (figure.value, figure.repair) == (Decimal(f"{number}{places}"), "text_number")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1 234", "1234"), ("1\u00a0234", "1234"), ("1\u3000234\u3000567", "1234567"),
     ("1 234.5", "1234.5"), ("-5", "-5"), ("1 234件", "1234")],
)  # fmt: skip
def test_groups_of_three_are_joined(text: str, value: str):
    """Fault 1: a blank between groups of three is a thousands mark."""
    assert plain(read_figure(text, "件").value) == value


@pytest.mark.parametrize("text", ["1\u200b2", "\ufeff12", "12\u2060"])
def test_signs_without_width_are_nothing(text: str):
    """Fault 1: what comes along with text copied from a chat changes no number and no label."""
    assert plain(read_figure(text).value) == "12"
    assert squash(f"JC{text[:1]}\u200b") == squash(f"JC{text[:1]}")


@pytest.mark.parametrize("text", ["1\n234", "12\t345", "12²", "①", "⑫", "½", "1³"])
def test_two_lines_and_signs_that_look_like_digits_are_asked_about(text: str):
    """Fault 1: two lines are two numbers, 12² is not 122 and ① may be a footnote."""
    figure = read_figure(text, "件")

    assert (figure.state, figure.value) == ("text", None)
    assert figure.doubt in ("spaced", "not_number")


@pytest.mark.parametrize(
    "text",
    ["12 34", "5 0", "1 2345", "1 23", "1, 234", "1 234 5", "- 5", "12 34件", "1,23", "1,2345",
     "12,34,567", "1..5", "1.2.3", "１２ ３"],
)  # fmt: skip
def test_odd_groups_are_asked_about(text: str):
    """Fault 1: what may be one number or two is never joined."""
    figure = read_figure(text, "件")

    assert figure.value is None
    assert figure.doubt in ("spaced", "other_unit", "not_number", "letters")


def test_text_number_is_counted_and_listed():
    """Fault 1: the figure counts, and the officer sees what stood there."""
    data = typed(D8="１，２３４")

    assert told(data) == [
        ("info", "repair_text_number", "D8"), ("must", "out_of_range", "D8"),
    ]  # fmt: skip
    assert figures(data)["TJ01"] == "1234"


PHRASES = tuple(
    """
    约50 大约50 50左右 50上下 50余 五十余 近百 近50 10+ 50多 50几 几十 数十 上百 若干 不详 50以上
    50以下 >50 <50 ≥50 ≤50 >=50 ~50 ～50 50~60 50-60 50—60 50至60 50到60 三五个 十几 十来个 二三十
    一百多 百余件 若干件 大概50 估计50 50（估） 50(估) 50? 50？ 50！ 至少50 至多50 不足50 超过50
    不到50 50件左右 约五十件 50±5 五六十 半百 好几个 待定 统计中 见附表 详见台账 一些 很多 少量
    """.split()  # noqa: SIM905  a table to be read
)


@pytest.mark.parametrize("phrase", PHRASES)
def test_inexact_figures_are_not_counted(phrase: str):
    """Fault 2: none of these phrases becomes a number."""
    figure = read_figure(phrase, "件")

    assert (figure.state, figure.value) == ("text", None)
    assert figure.doubt


def test_there_are_sixty_phrases():
    """Fault 2: the table has sixty different phrases."""
    assert len(set(PHRASES)) >= 60


def test_inexact_figure_waits_for_the_unit():
    """Fault 2: the cell blocks, and nothing is counted for it."""
    data = typed(D8="约50")

    assert ("must", "not_exact", "D8") in told(data)
    assert "TJ01" not in figures(data)


@pytest.mark.parametrize(
    ("text", "measure", "repair", "doubt"),
    [("12人", "人", "unit_suffix", ""), ("12 人", "人", "unit_suffix", ""),
     ("3户", "户", "unit_suffix", ""), ("１２人", "人", "unit_suffix", ""),
     ("12%", "%", "unit_suffix", ""), ("12人", "件", "", "other_unit"),
     ("12（含退休3）", "人", "", "other_unit"), ("12人(含退休3人)", "人", "", "other_unit"),
     ("1.2万", "元", "", "other_unit"), ("1.2万元", "元", "", "other_unit")],
)  # fmt: skip
def test_units_behind_figures(text: str, measure: str, repair: str, doubt: str):
    """Fault 3: the figure's own unit is taken off; another unit or a bracket asks."""
    figure = read_figure(text, measure)

    assert (figure.repair, figure.doubt) == (repair, doubt)
    assert (figure.value is None) == bool(doubt)


def test_unit_is_taken_off_in_a_return():
    """Fault 3: 8次 in a column of 次 counts as 8; 8人 asks."""
    assert told(typed(D8="8次")) == [("info", "repair_unit_suffix", "D8")]
    assert figures(typed(D8="8次"))["TJ01"] == "8"
    assert told(typed(D8="8人")) == [("must", "other_unit", "D8")]


@pytest.mark.parametrize(
    ("text", "hint"),
    [("三十五", "35"), ("壹佰", "100"), ("十二", "12"), ("二〇二六", "2026"), ("O12", "12"),
     ("l2", "12"), ("1O", "10"), ("两千零三", "2003")],
)  # fmt: skip
def test_characters_and_letters_are_only_suggested(text: str, hint: str):
    """Fault 4: a number in characters or with letters O and l is offered, never taken."""
    figure = read_figure(text, "件")

    assert (figure.state, figure.value, figure.hint) == ("text", None, hint)


def test_no_suggestion_where_none_is_sure():
    """Fault 4: 两千三 may be 2003 or 2300: nothing is suggested."""
    assert (chinese_number("两千三"), chinese_number("一二十")) == (None, None)
    assert read_figure("两千三").doubt == "not_number"


UNFILLED = ("-", "—", "/", "同上", "未填", "", " ", "\u3000")


@pytest.mark.parametrize("token", UNFILLED)
def test_placeholders_are_not_filled_in(token: str):
    """Fault 5: in a required cell they are 未填写, in one that may be blank just a note."""
    required, optional = typed(D8=token), typed(D22=token)

    assert ("must", "required", "D8") in told(required)
    assert "TJ01" not in figures(required)
    assert not [one for one in told(optional) if one[0] == "must"]


@pytest.mark.parametrize(
    ("token", "value"), [("0.0", "0"), ("0", "0"), ("无", "0"), ("没有", "0"), ("０", "0")]
)
def test_words_for_nothing_count_as_the_definition_says(token: str, value: str):
    """Fault 5: 无 and 0.0 are 0 where the form says so, and listed."""
    data = typed(D30=token)

    assert figures(data)["TJ16"] == value
    assert [level for level, _, cell in told(data) if cell == "D30"] == ["info"]


def test_dash_of_the_form_is_not_applicable():
    """Fault 5: —— is an answer of its own: neither 0 nor blank."""
    data = typed(D30="——")
    (reading,) = audited(read(data)).readings

    assert found(data) == []
    assert {cell.state for cell in reading.figures if cell.code == "TJ16"} == {"na"}


def test_date_formatted_count():
    """Fault 9: 12 in a date cell, shown as 1900-01-12, counts as 12 and is listed."""
    for date1904 in (False, True):
        data = dated(date1904=date1904)
        assert figures(data)["TJ01"] == "12", date1904
        assert told(data)[0] == ("info", "date_format", "D8")


def test_date_typed_for_a_count():
    """Fault 9: 1-2 that the spreadsheet made a date of today is no count of 46,024."""
    for serial in ("36526", "46024", "73000"):
        data = dated(date1904=False, value=serial)
        assert told(data)[0] == ("must", "date_typed", "D8"), serial
        assert "TJ01" not in figures(data)
    assert told(dated(date1904=False, value="36525"))[0] == ("info", "date_format", "D8")


def dated(*, date1904: bool, value: str = "12") -> bytes:
    """The sample return with a number in D8, formatted as a date, in one of the date systems."""
    from patch import packed, parts_of

    data = retyped(sent(), FIGURES, {"D8": f"={value}"})
    parts = parts_of(data)
    styles = parts["xl/styles.xml"].decode()
    count = int(styles.partition('<cellXfs count="')[2].partition('"')[0])
    style = '<xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    styles = styles.replace(f'<cellXfs count="{count}">', f'<cellXfs count="{count + 1}">')
    styles = styles.replace("</cellXfs>", f"{style}</cellXfs>")
    name = "xl/worksheets/sheet2.xml"
    head, _, tail = parts[name].decode().partition('<c r="D8"')
    sheet = f'{head}<c r="D8" s="{count}"' + tail[tail.index(" >") :]
    book = parts["xl/workbook.xml"].decode()
    if date1904:
        book = book.replace("<workbookPr ", '<workbookPr date1904="1" ')
    new = {"xl/styles.xml": styles, name: sheet, "xl/workbook.xml": book}
    return packed({**parts, **{key: text.encode() for key, text in new.items()}})


@pytest.mark.parametrize(
    "value", ["=110101199003071234", "=9007199254740994", "=1.10101199003071E+17"]
)
def test_long_numbers_have_lost_digits(value: str):
    """Fault 10: an ID number stored as a number is refused, in figures and in ledgers."""
    data = typed(D8=value)
    assert ("must", "digits_lost", "D8") in told(data)
    assert "TJ01" not in figures(data)

    data = retyped(sent(), DISPUTES, {"C6": value})
    assert found(data) == [("digits_lost", "C6")]
    (rows,) = (one for one in read(data).ledgers if one.symbol == "TJ_L1")
    assert rows.rows[0][rows.keys.index("parties")] is None


def test_formula_instead_of_a_value():
    """Fault 11: a formula's result counts where a figure is to be typed, and is listed."""
    data = typed(D8="|<f>4+5</f><v>9</v>")

    assert told(data) == [("info", "formula_value", "D8")]
    assert figures(data)["TJ01"] == "9"


def test_formula_that_gives_nothing_is_zero():
    """Fault 11: a formula's 0 is a figure, where the file can tell it from a result of no text."""
    data = typed(D30="|<f>2-2</f><v>0</v>")

    assert told(data) == [("info", "formula_value", "D30")]
    assert figures(data)["TJ16"] == "0"


def test_formula_that_was_never_worked_out():
    """Fault 12: it is not blank: the unit opens and saves the file; what can be, is worked out."""
    data = typed(D8="|<f>4+5</f>")
    assert told(data) == [("must", "not_calculated", "D8")]
    assert "TJ01" not in figures(data)

    tool = with_formulas(sent())
    assert {one.code for one in audited(read(tool)).findings[0]} == {"stale_result"}
    assert figures(tool) == figures(sent())


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?"])
def test_error_values_block_their_cell(error: str):
    """Fault 13: an error is no blank; it blocks, and says what stands there."""
    data = typed(D8=f't="e"|<v>{error}</v>')
    (reading,) = audited(read(data)).readings
    (one,) = (one for one in audited(read(data)).findings[0] if one.code == "cell_error")

    assert (one.level, one.cell, one.details["found"]) == ("must", "D8", error)
    assert {cell.state for cell in reading.figures if cell.code == "TJ01"} == {"error"}


def test_error_in_a_ledger():
    """Fault 13: an error in a ledger's row blocks at its cell, and the row still counts."""
    data = retyped(sent(), DISPUTES, {"F7": 't="e"|<f>1/0</f><v>#DIV/0!</v>'})

    assert found(data, "must") == [("cell_error", "F7")]
    assert figures(data)["TJ02"] == figures(sent())["TJ02"]


def test_stale_result_is_mended_and_reported():
    """Fault 14: a determined cell that shows something else is worked out again."""
    data = typed(D10="|<f>COUNT(HZ_TJ_L1_seq)</f><v>99</v>", D25="|<f>1</f><v>12.5</v>")

    assert told(data) == [("info", "stale_result", "D10"), ("info", "stale_result", "D25")]
    assert figures(data) == figures(sent())


def test_overtyped_determined_figure_blocks():
    """Fault 14: a figure typed over its formula stands as typed, blocks, and breaks relations."""
    data = typed(D10="=6")
    got = found(data, "must")

    assert got[0] == ("overtyped", "D10")
    assert codes(audited(read(typed(D10="——"))).findings[0], "must")[0] == ("overtyped", "D10")
    assert figures(data)["TJ02"] == "6"


def test_deleted_formula_is_worked_out_and_reported():
    """Fault 14: where the formula of a determined figure is gone, its ledger still tells it."""
    data = typed(D10="|")

    assert told(data) == [("info", "formula_gone", "D10")]
    assert figures(data) == figures(sent())


def test_rate_typed_by_hand_is_replaced():
    """Fault 14: a rate is never typed: it is worked out from its parts, and this is listed."""
    data = typed(D25="=50")

    assert told(data) == [("info", "rate_typed", "D25")]
    assert figures(data)["TJ05"] == figures(sent())["TJ05"]


@pytest.mark.parametrize("raw", ["NaN", "1e400", "INF", "-INF", "-0", "-0.0"])
def test_numbers_that_are_none(raw: str):
    """Fault 15: the cell is refused."""
    data = typed(D8=f"={raw}")

    assert ("must", "not_finite", "D8") in told(data)
    assert "TJ01" not in figures(data)


@pytest.mark.parametrize(
    "text",
    ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "http://x.cn", "\\\\srv\\x", "＝1", "=1+1"],
)
def test_hostile_texts_stay_texts(text: str):
    """Fault 18: in a ledger they are kept as typed, as texts."""
    data = retyped(sent(), DISPUTES, {"C6": f't="inlineStr"|<is><t>{text}</t></is>'})
    (rows,) = (one for one in read(data).ledgers if one.symbol == "TJ_L1")

    assert rows.rows[0][rows.keys.index("parties")] == text
    assert found(data) == []


@pytest.mark.parametrize(
    ("raw", "read_as"),
    [
        ("😀🎉 感谢", "😀🎉 感谢"), ("甲_x000D_乙", "甲\n乙"), ("甲&#13;&#10;乙", "甲\n乙"),
        ("\u202e反转", "反转"), ("\u200f右起", "右起"), ("好" * 100_000, "好" * 100_000),
        ("喆镕𠮷", "喆镕𠮷"), ("\u00a0前后\u3000", "前后"), ("a\u0301", "a\u0301"),
    ],
    ids=["emoji", "_x000D_", "CRLF", "RLO", "RLM", "long", "rare", "spaces", "combining"],
)  # fmt: skip
def test_odd_texts_are_kept(raw: str, read_as: str):
    """Fault 17: a text in a ledger is kept whole, without what only steers a screen."""
    data = retyped(sent(), DISPUTES, {"C6": f't="inlineStr"|<is><t>{raw}</t></is>'})
    (rows,) = (one for one in read(data).ledgers if one.symbol == "TJ_L1")

    assert rows.rows[0][rows.keys.index("parties")] == read_as


@given(text=st.text(max_size=40), times=st.integers(1, 3000))
def test_texts_fit_into_a_cell(text: str, times: int):
    """Fault 17: whatever is written fits, whole or with the notice at its end, and is clean."""
    clean = clean_text(text * times)
    fitted = cut(clean, "（截断）")

    assert len(fitted.encode("utf-16-le")) <= 2 * CELL_HOLDS
    assert fitted == clean or (fitted.endswith("（截断）") and clean.startswith(fitted[:-4]))
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\ud800-\udfff]", clean
    )


@pytest.mark.parametrize("sign", ["好", "😀"])
def test_cut_text_says_so(sign: str):
    """Fault 17: a text that no cell can hold is cut between characters, and ends in the notice."""
    cut = tidy(sign * 100_000)

    assert cut.endswith(say("summary.cut"))
    assert set(cut.removesuffix(say("summary.cut"))) == {sign}
    assert CELL_HOLDS - 2 < len(cut.encode("utf-16-le")) // 2 <= CELL_HOLDS


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [("三十五", "chinese_number", "35"), ("壹佰", "chinese_number", "100"),
     ("O12", "letters", "12"), ("l2", "letters", "12")],
)  # fmt: skip
def test_suggestion_is_told_and_nothing_counted(text: str, code: str, hint: str):
    """Fault 4: the unit is asked whether it is 35; until it says so the cell has no figure."""
    data = typed(D8=text)
    (one,) = (one for one in read(data).findings if one.cell == "D8")

    assert (one.code, one.level, one.details["hint"]) == (code, "must", hint)
    assert "TJ01" not in figures(data)


def test_placeholders_and_words_for_nothing_are_listed():
    """Fault 5: 同上 is a blank that is listed; 无, where the form counts it as 0, is listed too."""
    assert ("info", "placeholder", "D8") in told(typed(D8="同上"))
    assert ("info", "repair_zero_word", "D30") in told(typed(D30="无"))
