"""What people type for a figure that can be read."""

from decimal import Decimal

from human_edits.draft import Draft
from human_edits.returns import MEASURES, REQUIRED, WORKED_OUT, is_number, shortest

# A zero is nothing unusual here; the others have a smallest value or stand under a division.
MAY_BE_ZERO = ("JC03", "JC12", "JC13", "JC09", "JC16", "JC07", "JC08")
OPTIONAL = tuple(code for code in MEASURES if code not in REQUIRED)
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789,.-"}
SPACES = (" ", "\u00a0", "\u3000", "\t", "  ")
# Signs without a width that come along with copied text.
UNSEEN = ("\u200e", "\u200b", "\ufeff", "\u202c", "\n")
PLACEHOLDERS = ("-", "—", "/", "同上", "未填", " ", "\u3000", "")
DATES = "14"  # a built-in number format


def new_value(draft: Draft, code: str) -> str:
    """Give a figure another value that breaks no rule of the form."""
    old, chance = Decimal(draft.truth.typed[code]), draft.chance
    if code == "JC06":
        return shortest((old * Decimal(chance.randint(100, 120)) / 100).quantize(Decimal("0.001")))
    if code == "JC15":
        return shortest((old * Decimal(chance.randint(60, 99)) / 100).quantize(Decimal("0.1")))
    if code == "JC10":
        return str(chance.randint(1, 200))
    if code in ("JC01", "JC02"):
        return str(int(old) + chance.randint(0, 40))
    return str(chance.randint(1, max(1, int(old))))


def retyped(draft: Draft) -> None:
    """Another number, typed as a number."""
    code = draft.pick()
    value = new_value(draft, code)
    shown = draft.chance.choice((value, f"{float(value)!r}", f"{float(value):.6e}"))
    shown = shown if Decimal(shown) == Decimal(value) else value
    draft.figures.number(draft.cell(code), shown)
    draft.truth.typed[code] = value


def number_as_text(draft: Draft) -> None:
    """A number that is a text: commas, full-width digits, blanks, a leading apostrophe."""
    code, chance = draft.pick(), draft.chance
    value = new_value(draft, code)
    text = chance.choice((value, f"{Decimal(value):,}", f"{Decimal(value):,}".replace(",", " ")))
    text = chance.choice((text, text, f"+{text}", f"0{value}"))
    if chance.random() < 0.5:
        text = text.translate(WIDE)
    text = chance.choice(("", *SPACES)) + text + chance.choice(("", *SPACES, *UNSEEN))
    if chance.random() < 0.1:
        inside = f"<f>TEXT(K1,0)</f><v>{value}</v>"
        draft.figures.put(draft.cell(code), "str", inside)
    else:
        draft.figures.type(draft.cell(code), text)
    draft.truth.typed[code] = value
    draft.listed.add(code)


def own_unit_behind(draft: Draft) -> None:
    """12人 where people are counted."""
    code = draft.pick()
    value, measure = new_value(draft, code), MEASURES[code]
    text = draft.chance.choice((f"{value}{measure}", f"{value} {measure}", f"{value}{measure} "))
    draft.figures.type(draft.cell(code), draft.chance.choice((text, text.translate(WIDE))))
    draft.truth.typed[code] = value
    draft.listed.add(code)


def nothing_where_it_may_be(draft: Draft) -> None:
    """A blank, a dash, a slash or 同上 in a cell that may stay blank: blank, never zero."""
    code = draft.pick(OPTIONAL)
    draft.figures.type(draft.cell(code), draft.chance.choice(PLACEHOLDERS))
    draft.truth.typed[code] = ""


def word_for_zero(draft: Draft) -> None:
    """无 and 没有 are 0, as the form says; 0 and 0.0 too."""
    code = draft.pick(MAY_BE_ZERO)
    text = draft.chance.choice(("无", "没有", "0.0", "0", "０", " 无 ", "0.00"))
    draft.figures.type(draft.cell(code), text)
    draft.truth.typed[code] = "0"
    draft.listed.add(code)


def zero(draft: Draft) -> None:
    """A zero is a figure."""
    code = draft.pick(MAY_BE_ZERO)
    draft.figures.number(draft.cell(code), draft.chance.choice(("0", "0.0", "0E0")))
    draft.truth.typed[code] = "0"


def not_applicable(draft: Draft) -> None:
    """—— is an answer: neither zero nor blank."""
    code = draft.pick(("JC03", "JC09", "JC16", "JC07", "JC08"))
    draft.figures.type(draft.cell(code), draft.chance.choice(("——", " —— ", "—— ", "--", "———")))
    draft.truth.typed[code] = "——"


def count_in_a_date_cell(draft: Draft) -> None:
    """12 in a cell with a date format shows 1900-01-12 and is 12."""
    code = draft.pick(("JC12", "JC13", "JC09", "JC16", "JC07", "JC08", "JC10"))
    value = draft.chance.choice((new_value(draft, code), "59", "60", "61", "1"))
    if Decimal(value) > Decimal(draft.truth.typed[code]) and code in ("JC12", "JC13"):
        value = "1"
    dated(draft, code, value)
    draft.truth.typed[code] = value
    draft.listed.add(code)


def another_number_format(draft: Draft) -> None:
    """However it is shown, as percent, in 万, hidden or as text: the number is what was typed."""
    code = draft.pick()
    number_format = draft.chance.choice(("9", "10", "2", "4", "49", "11", "12", ";;;", "万"))
    value = new_value(draft, code)
    place = draft.cell(code)
    draft.figures.style(place, draft.book.style(number_format))
    draft.figures.number(place, value)
    draft.truth.typed[code] = value


def formula_with_result(draft: Draft) -> None:
    """A formula typed for a figure counts as its result, and is listed."""
    code = draft.pick()
    value = new_value(draft, code)
    if draft.chance.random() < 0.1 and code in MAY_BE_ZERO:
        value = "0"
    text = draft.chance.choice(("SUM(1,2)", f"{value}+0", "D9-D10", "ROUND(K1,0)"))
    raw = f"{float(value):.17g}" if draft.chance.random() < 0.5 else value
    draft.figures.put(draft.cell(code), "", f"<f>{text}</f><v>{raw}</v>")
    draft.truth.typed[code] = value
    draft.listed.add(code)


def result_left_old(draft: Draft) -> None:
    """A result that was not worked out again is worked out by the reader, and listed."""
    code = draft.pick(WORKED_OUT)
    page, place = draft.figures, draft.cell(code)
    formula, _, _ = page.cells[place].inside.partition("<v>")
    old = str(draft.chance.randint(200, 900))
    page.put(place, "", f"{formula}<v>{old}</v>")
    draft.old_results[code] = old


def overtyped_with_the_same(draft: Draft) -> None:
    """The right number typed over a formula is right."""
    code = draft.pick(WORKED_OUT)
    value = draft.truth.figures()[code]
    if is_number(value):
        draft.figures.number(draft.cell(code), value)
        draft.typed_over[code] = value


def formula_deleted(draft: Draft) -> None:
    """Where the formula is gone the ledger still tells the figure."""
    code = draft.pick(WORKED_OUT)
    draft.figures.number(draft.cell(code), "")
    draft.no_formula.add(code)


def pasted_as_values(draft: Draft) -> None:
    """All formulas of the form turned into what they showed: the same figures."""
    page = draft.figures
    for place, cell in page.cells.items():
        _, formula, result = cell.inside.rpartition("</f>")
        if formula:
            page.put(place, cell.kind, result)
    draft.typed_over |= {code: draft.issued[code] for code in WORKED_OUT if code not in draft.used}


def remark_written(draft: Draft) -> None:
    """A remark beside a figure changes nothing, whatever it says."""
    code = draft.chance.choice(tuple(MEASURES))
    text = draft.chance.choice(("含外来人口", "=1+1", "12", "约50", "同上", "JC02", "合计", "本期"))
    draft.figures.type(draft.cell(code, "remark"), text)
    draft.truth.remarks[code] = text


def dated(draft: Draft, code: str, value: str) -> None:
    place = draft.cell(code)
    draft.figures.style(place, draft.book.style(DATES))
    draft.figures.number(place, value)


KINDS = (
    retyped,
    number_as_text,
    own_unit_behind,
    nothing_where_it_may_be,
    word_for_zero,
    zero,
    not_applicable,
    count_in_a_date_cell,
    another_number_format,
    formula_with_result,
    result_left_old,
    overtyped_with_the_same,
    formula_deleted,
    pasted_as_values,
    remark_written,
)
