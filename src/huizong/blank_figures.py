"""The statistics sheet of an issued workbook: the official form with its live checks."""

from decimal import Decimal
from typing import Any

from xlsxwriter.utility import quote_sheetname

from huizong import blank_words, layout
from huizong.blank_verdicts import verdict_words
from huizong.blank_words import (
    FIGURE_WIDTH,
    MEASURE_WIDTH,
    NAME_WIDTH,
    cached_word,
    write_word,
)
from huizong.cells import NOT_APPLICABLE, address
from huizong.desk import (
    NO_TEXT,
    Desk,
    add_sheet,
    cached,
    form_title,
    heading,
    is_number,
    typed,
    write_value,
    zero_value,
)
from huizong.form_styles import tidy
from huizong.forms import Indicator
from huizong.records import LEVELS
from huizong.texts import marked, name_of, say

LINE = 16.5  # points of a row
HIGHEST = 409  # points that Excel allows a row
ONE_PAGE = 32  # so many rows are printed on one page


def statistics(desk: Desk) -> None:
    """The form itself: official heading, figures, signatures, check column outside the print."""
    sheet = add_sheet(desk, layout.statistics_sheet(desk.form_set))
    for column, width in enumerate((NAME_WIDTH, 9, MEASURE_WIDTH, *[FIGURE_WIDTH] * 4, 18, 24)):
        sheet.set_column(column, column, width)
    heading(desk, sheet, layout.REMARK, form_title(desk.form_set), desk.form_set.form_no)
    _figure_heading(desk, sheet)
    rows = layout.figure_rows(desk.form_set)
    for row, entry in rows:
        if isinstance(entry, str):
            for column in range(layout.CHECK):
                sheet.write_blank(row, column, None, desk.styles["section_row"])
            sheet.write_string(row, 0, entry, desk.styles["section_row"])
            sheet.set_row(row, LINE)
        else:
            _figure(desk, sheet, row, entry)
    last = _foot(desk, sheet, rows[-1][0] + 1)
    if len(rows) <= ONE_PAGE:
        sheet.fit_to_pages(1, 1)
    sheet.freeze_panes(layout.FIRST_FIGURE_ROW, 1)
    sheet.repeat_rows(4, 5)
    sheet.print_area(0, 0, last, layout.REMARK)


def _figure_heading(desk: Desk, sheet: Any) -> None:
    keys = ("name", "code", "measure", "now", "prev", "year_ago", "ytd", "remark", "check")
    for column, key in enumerate(keys):
        style = desk.styles["heading" if column < layout.CHECK else "outside"]
        sheet.write_string(4, column, say(f"book.{key}"), style)
    sheet.set_row(4, 21)
    for column, letter in enumerate(say("book.letters").split("|")):
        sheet.write_string(5, column, letter, desk.styles["letter"])


def _figure(desk: Desk, sheet: Any, row: int, indicator: Indicator) -> None:
    blank, styles, code = desk.blank, desk.styles, indicator.code
    name = styles["name" if not indicator.indent else "name_indented"]
    measure = blank_words.measure_of(indicator)
    if lines := blank_words.lines_of(desk, indicator):
        sheet.set_row(row, min(HIGHEST, LINE * lines))
    sheet.write_string(row, layout.NAME, name_of(indicator), name)
    sheet.write_string(row, layout.CODE, code, styles["centre"])
    centre = styles["wrapped_centre" if indicator.choices else "centre"]
    sheet.write_string(row, layout.MEASURE, measure, centre)
    look, write = styles.figure(indicator), write_value if indicator.numeric else write_word
    _now(desk, sheet, row, indicator)
    for column, base in ((layout.PREV, blank.previous), (layout.YEAR_AGO, blank.year_ago)):
        write(sheet, row, column, base.get(code, ""), look)
    formula = _ytd_formula(desk, indicator, row)
    if formula:
        sheet.write_formula(row, layout.YTD, formula, look, cached(blank.caches.ytd.get(code)))
    else:
        sheet.write_blank(row, layout.YTD, None, look)
    remark = tidy(blank.filling.remarks.get(code, "")) if blank.filling else ""
    if remark:
        sheet.write_string(row, layout.REMARK, remark, styles["remark"])
    else:
        sheet.write_blank(row, layout.REMARK, None, styles["remark"])
    sheet.write_formula(
        row,
        layout.CHECK,
        _check_formula(desk, indicator, row),
        styles["outside_text"],
        _check_cache(desk, indicator) or NO_TEXT,
    )


def _now(desk: Desk, sheet: Any, row: int, indicator: Indicator) -> None:
    """The figure of this period: typed in, or a locked formula with Python's own result."""
    blank, styles = desk.blank, desk.styles
    code = indicator.code
    value = blank.caches.figures.get(code, "")
    if blank.typed_in(indicator):
        style = styles.figure(indicator, entry=True)
        said = typed(desk, code)
        if said:
            write = write_value if indicator.numeric else write_word
            write(sheet, row, layout.NOW, said, style)
        else:
            kept = cached(value) if indicator.numeric else cached_word(value, indicator)
            sheet.write_formula(row, layout.NOW, _zeroed(desk, indicator), style, kept)
        _validate(desk, sheet, row, indicator)
        return
    formula = _determined(desk, indicator)
    sheet.write_formula(row, layout.NOW, formula, styles.number(indicator.scale), cached(value))


def _determined(desk: Desk, indicator: Indicator) -> str:
    """
    The formula of a figure that is worked out: a rate from its parts, or from its ledgers,
    blank until their states are set.
    """
    if indicator.computed:
        return f"={desk.formulas.figures[indicator.code]}"
    formula = desk.formulas.figures[indicator.code]
    ledgers = desk.formulas.ledgers[indicator.code]
    if not ledgers:
        return _zeroed(desk, indicator, formula)
    full, nothing, _ = layout.status_words()
    ready = ",".join(f'OR(HZ_{symbol}_S="{full}",HZ_{symbol}_S="{nothing}")' for symbol in ledgers)
    return _zeroed(desk, indicator, f'IF(AND({ready}),{formula},"")')


def _zeroed(desk: Desk, indicator: Indicator, otherwise: str = '""') -> str:
    """The formula of a figure that a zero report decides first."""
    zero = f'HZ_{desk.form_set.code}_ZERO="{say("book.zero_yes")}"'
    return f"=IF({zero},{zero_value(indicator)},{otherwise})"


def _validate(desk: Desk, sheet: Any, row: int, indicator: Indicator) -> None:
    """Excel's own check at typing: a number in range with the declared places, or ——."""
    cell = address(row, layout.NOW)
    if not indicator.numeric:
        if wanted := blank_words.validation(indicator, cell):
            sheet.data_validation(row, layout.NOW, row, layout.NOW, wanted)
        return
    low = "" if indicator.minimum is None else f",{cell}>={indicator.minimum}"
    maximum = _maximum(desk, indicator)
    high = "" if maximum is None else f",{cell}<={maximum}"
    formula = (
        f'=OR({cell}="{NOT_APPLICABLE}",AND(ISNUMBER({cell}),'
        f"ROUND({cell},{indicator.scale})={cell}{low}{high}))"
    )
    message = say(
        "book.input_error", places=indicator.scale,
        low=indicator.minimum if indicator.minimum is not None else "—",
        high=indicator.maximum if high else "—",
    )  # fmt: skip
    sheet.data_validation(
        row, layout.NOW, row, layout.NOW,
        {"validate": "custom", "value": formula, "error_type": "stop",
         "error_title": say("book.input_title"), "error_message": message[:255]},
    )  # fmt: skip


def _ytd_formula(desk: Desk, indicator: Indicator, row: int) -> str:
    blank, cell = desk.blank, address(row, layout.NOW)
    if indicator.computed:
        return f"={desk.formulas.to_date[indicator.code]}"
    if not indicator.numeric:
        return ""
    if indicator.time != "flow":
        return f'=IF({cell}="","",{cell})'
    base = blank.before.get(indicator.code)
    return (
        "" if base is None else f'=IF(ISNUMBER({cell}),ROUND({cell}+{base},{indicator.scale}),"")'
    )


def _check_formula(desk: Desk, indicator: Indicator, row: int) -> str:
    """The row's first failure: blank, no number, out of range, then its relations in order."""
    cell, name = address(row, layout.NOW), quote_sheetname(desk.checks)
    chain = '""'
    for relation in reversed(desk.blank.checked.relations):
        if indicator.code in desk.formulas.codes.get(relation.id, ()) and desk.judged(relation.id):
            at = f"{name}!$D${desk.checks_rows[relation.id] + 1}"
            bad = f'OR({at}="{say("level.must")}",{at}="{say("level.explain")}")'
            chain = f'IF({bad},"{relation.id} "&{at},{chain})'
    missing = _missing(desk, indicator) if indicator.required else ""
    if not indicator.numeric:
        return blank_words.check_formula(indicator, cell, missing, chain)
    if desk.blank.typed_in(indicator):
        low = "FALSE" if indicator.minimum is None else f"{cell}<{indicator.minimum}"
        maximum = _maximum(desk, indicator)
        high = "FALSE" if maximum is None else f"{cell}>{maximum}"
        places = say("book.v_whole") if indicator.scale == 0 else say("book.v_places")
        chain = (
            f'IF(OR({low},{high}),"{say("book.v_range")}",'
            f'IF(ROUND({cell},{indicator.scale})<>{cell},"{places}",{chain}))'
        )
    return (
        f'=IF({cell}="","{missing}",IF({cell}="{NOT_APPLICABLE}","",'
        f'IF(NOT(ISNUMBER({cell})),"{say("book.v_number")}",{chain})))'
    )


def _check_cache(desk: Desk, indicator: Indicator) -> str:
    """Work out what the row's check shows, in the same order as its formula."""
    value = desk.blank.caches.figures.get(indicator.code, "") or typed(desk, indicator.code)
    if value == NOT_APPLICABLE:
        return ""
    if not value:
        return _missing(desk, indicator) if indicator.required else ""
    if fault := _fault(desk, indicator, value):
        return fault
    words = dict(zip(desk.checks_rows, verdict_words(desk), strict=True))
    for relation in desk.blank.checked.relations:
        if indicator.code in desk.formulas.codes.get(relation.id, ()) and words[relation.id] in (
            say("level.must"), say("level.explain"),
        ):  # fmt: skip
            return f"{relation.id} {words[relation.id]}"
    return ""


def _missing(desk: Desk, indicator: Indicator) -> str:
    """Say of a blank figure whether it is to be typed or waits for the state of its ledger."""
    by_hand = desk.blank.typed_in(indicator) or not desk.formulas.ledgers[indicator.code]
    return say("book.v_blank" if by_hand else "book.v_status")


def _fault(desk: Desk, indicator: Indicator, value: str) -> str:
    if not indicator.numeric:
        return blank_words.fault_of(indicator, value)
    if not is_number(value):
        return say("book.v_number")
    return _typed_fault(desk, indicator, Decimal(value)) if desk.blank.typed_in(indicator) else ""


def _typed_fault(desk: Desk, indicator: Indicator, value: Decimal) -> str:
    low, high = indicator.minimum, _maximum(desk, indicator)
    if (low is not None and value < low) or (high is not None and value > high):
        return say("book.v_range")
    if value != round(value, indicator.scale):
        return say("book.v_whole" if indicator.scale == 0 else "book.v_places")
    return ""


def _maximum(desk: Desk, indicator: Indicator) -> Decimal | None:
    """Give the upper limit, which holds for communities only and never for a total."""
    return indicator.maximum if desk.blank.level == LEVELS[-1] else None


def _foot(desk: Desk, sheet: Any, row: int) -> int:
    """The four-digit code that ties the stamped paper to the file, and the signatures."""
    first, last = layout.FIRST_FIGURE_ROW, row - 1
    cells = f"{address(first, layout.NOW)}:{address(last, layout.NOW)}"
    weights = {at: weight for at, _, weight in layout.paper_code_weights(desk.form_set)}
    array = "{" + ";".join(str(weights.get(at, 0)) for at in range(first, last + 1)) + "}"
    formula = (
        f"=TEXT(MOD(ROUND(SUMPRODUCT({cells},{array})*1000"
        f'+7*SUMPRODUCT(--ISNUMBER({cells}),{array}),0),9973),"0000")'
    )
    figures = {
        code: value
        for code, value in desk.blank.caches.figures.items()
        if value and value != NOT_APPLICABLE
    }
    code = layout.paper_code(desk.form_set, figures)
    sheet.write_string(
        row,
        0,
        marked(f"{say('book.paper_code')}（{say('book.paper_code_help')}）：").rstrip(),
        desk.styles["small"],
    )
    sheet.write_formula(row, layout.NOW, formula, desk.styles["paper_code"], code)
    signs = ("head", "reviewer", "filler", "phone", "date")
    for column, key in zip((0, 1, 3, 5, 7), signs, strict=True):
        sheet.write_string(
            row + 1, column, marked(f"{say('book.' + key)}：").rstrip(), desk.styles["sign"]
        )
    sheet.set_row(row + 1, 24)
    return row + 1
