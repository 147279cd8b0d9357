"""What people type for a figure that has to be asked about."""

from human_edits.draft import Draft
from human_edits.figures import PLACEHOLDERS, WIDE, dated
from human_edits.returns import DECIMALS, MEASURES, REQUIRED

COUNTS = tuple(code for code in MEASURES if code not in DECIMALS)
PHRASES = (
    "约{}", "大约{}", "{}左右", "{}余", "{}多", "近{}", "{}以上", "至少{}", "不足{}", "{}+", "~{}",
    "{}上下", ">{}", "{}-{}", "上百", "几十", "若干", "数十", "十几", "不详", "{}?", "估计{}",
    "待定",
)  # fmt: skip
CHINESE = ("三十五", "壹佰", "一百二十", "十二", "二〇二六", "两千三", "半百", "一百零八", "叁拾")
ERRORS = ("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!")


def other_unit_behind(draft: Draft) -> None:
    """12人 where households are counted, 1.2万, or a number with a bracket."""
    code = draft.pick()
    others = [one for one in ("人", "户", "件", "元", "万", "万人") if one != MEASURES[code]]
    value = draft.truth.typed[code]
    text = draft.chance.choice(
        (f"{value}{draft.chance.choice(others)}", "1.2万", f"{value}（含2）")
    )
    draft.figures.type(draft.cell(code), text)
    draft.ask_figure(code)


def not_exact(draft: Draft) -> None:
    """约50, 50左右, 近百, 若干."""
    code = draft.pick()
    value = draft.truth.typed[code]
    draft.figures.type(draft.cell(code), draft.chance.choice(PHRASES).replace("{}", value))
    draft.ask_figure(code)


def chinese_number(draft: Draft) -> None:
    """三十五 may be suggested, never taken."""
    code = draft.pick()
    draft.figures.type(draft.cell(code), draft.chance.choice(CHINESE))
    draft.ask_figure(code)


def letters_for_digits(draft: Draft) -> None:
    """O12, l2, 1O: a letter is no digit."""
    code = draft.pick()
    text = draft.chance.choice(("O12", "l2", "1O", "I5", "2o", "12l", "S5", "B8"))
    draft.figures.type(draft.cell(code), text)
    draft.ask_figure(code)


def ill_formed_number(draft: Draft) -> None:
    """1,23 and 12 34 may be one number or two."""
    code = draft.pick()
    text = draft.chance.choice(
        ("1,23", "12 34", "1..5", "1.2.3", "12,34,567", "5 0", "1，2345", "12;5", "3、4", "1e3",
         "5/8", "12=", "—5—", "5%5", "（12）", "12。5", "^5", "1\n234", "12\n5", "12²", "①", "⑫",
         "½", "12\t345")
    )  # fmt: skip
    draft.figures.type(draft.cell(code), text)
    draft.ask_figure(code)


def nothing_filled_in(draft: Draft) -> None:
    """A blank, a dash, a slash or 同上 in a cell that has to be filled."""
    code = draft.pick(sorted(REQUIRED))
    draft.figures.type(draft.cell(code), draft.chance.choice(PLACEHOLDERS))
    draft.ask_figure(code)


def date_for_a_count(draft: Draft) -> None:
    """1-2 that the spreadsheet has made the second of January is no count of 46,024."""
    code = draft.pick(("JC01", "JC02", "JC03", "JC15"))
    dated(draft, code, str(draft.chance.randint(45292, 46500)))
    draft.ask_figure(code)


def formula_without_result(draft: Draft) -> None:
    """A formula that was never worked out is neither blank nor zero."""
    code = draft.pick()
    inside = draft.chance.choice(("<f>1+2</f>", "<f>SUM(D8:D9)</f><v/>", "<f>D8</f><v></v>"))
    draft.figures.put(draft.cell(code), "", inside)
    draft.ask_figure(code)


def error_value(draft: Draft) -> None:
    """#REF! where a figure should stand."""
    code = draft.pick()
    error = draft.chance.choice(ERRORS)
    formula = draft.chance.choice(("", "<f>K1/0</f>"))
    draft.figures.put(draft.cell(code), "e", f"{formula}<v>{error}</v>")
    draft.ask_figure(code)


def number_that_is_none(draft: Draft) -> None:
    """NaN, 1e400 and INF in the file, or minus nothing."""
    code = draft.pick()
    raw = draft.chance.choice(("NaN", "1e400", "INF", "-INF", "-1e999", "-0", "-0.0"))
    draft.figures.put(draft.cell(code), "", f"<v>{raw}</v>")
    draft.ask_figure(code)


def negative(draft: Draft) -> None:
    """Fewer than none."""
    code = draft.pick()
    value = str(-draft.chance.randint(1, 500))
    shown = draft.chance.choice((value, value.translate(WIDE)))
    draft.figures.enter(draft.cell(code), shown)
    draft.ask_figure(code, stands=value)


def part_of_a_person(draft: Draft) -> None:
    """12.5 people."""
    code = draft.pick(COUNTS)
    value = f"{draft.truth.typed[code]}.{draft.chance.choice((5, 25, 1, 75))}"
    draft.figures.enter(draft.cell(code), draft.chance.choice((value, f"{value}{MEASURES[code]}")))
    draft.ask_figure(code, stands=value)


def identity_number(draft: Draft) -> None:
    """A number of eighteen digits has lost its last ones."""
    code = draft.pick()
    value = str(draft.chance.randint(10**17, 10**18 - 1))
    draft.figures.enter(draft.cell(code), value)
    draft.ask_figure(code)


def yes_or_no(draft: Draft) -> None:
    """TRUE is no figure."""
    code = draft.pick()
    draft.figures.put(draft.cell(code), "b", "<v>1</v>")
    draft.ask_figure(code)


def overtyped(draft: Draft) -> None:
    """A number typed over a formula stands, and is asked about."""
    code = draft.pick(("JC04", "JC05"))
    value = str(int(draft.truth.figures()[code]) + draft.chance.choice((-3, -1, 1, 7)))
    draft.figures.number(draft.cell(code), value)
    draft.typed_over[code] = value


KINDS = (
    other_unit_behind,
    not_exact,
    chinese_number,
    letters_for_digits,
    ill_formed_number,
    nothing_filled_in,
    date_for_a_count,
    formula_without_result,
    error_value,
    number_that_is_none,
    negative,
    part_of_a_person,
    identity_number,
    yes_or_no,
    overtyped,
)
