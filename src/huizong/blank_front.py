"""The first sheet of an issued workbook: who, what, when, 零报告, how to fill in."""

from typing import Any

from xlsxwriter.utility import quote_sheetname

from huizong import layout
from huizong.blank_verdicts import verdict_words
from huizong.clock import minute_of
from huizong.desk import Desk, add_sheet, form_title, unit_name
from huizong.form_styles import lines_needed
from huizong.records import OWN
from huizong.texts import either, language, listed, name_of, say

WIDTHS = (20, 70)
LINE = 16  # points that a line of text takes


def front(desk: Desk) -> None:
    """Who, what, when, how many checks fail now, 零报告, and how to fill in."""
    sheet, style = add_sheet(desk, _name(desk), landscape=False), desk.styles
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.merge_range(0, 0, 0, 1, _title(desk), style["title"])
    sheet.set_row(0, 40)
    for row, (label, value) in enumerate(_facts(desk), 1):
        sheet.write_string(row, 0, label, style["fact_label"])
        sheet.write_string(row, 1, value, style["fact"])
        sheet.set_row(row, 21)
    _zero(desk, sheet)
    row = _failing(desk, sheet, 9)
    row = _asking(desk, sheet, row)
    row = _own(desk, sheet, row)
    how = [say(f"book.how_{n}") for n in range(1, 6)]
    how += [say("book.told_help")] if desk.blank.told else []
    how += [say(f"book.past_{code}", names=listed(names)) for code, names in _pasts(desk) if names]
    row = _list(desk, sheet, row, say("book.how"), how)
    row = _list(desk, sheet, row, say("book.notes"), _notes(desk))
    _contents(desk, sheet, row)
    sheet.freeze_panes(1, 0)


def _name(desk: Desk) -> str:
    return layout.front_sheet(desk.form_set, joined=desk.blank.joined)


def _pasts(desk: Desk) -> tuple[tuple[str, tuple[str, ...]], ...]:
    blank = desk.blank
    return (
        ("merged", blank.merged),
        ("split", blank.split),
        ("opened", blank.opened),
        ("redefined", blank.redefined),
    )


def _title(desk: Desk) -> str:
    mark = "" if desk.blank.identity.code else say("book.template")
    return f"{form_title(desk.form_set)}{mark}"


def _notes(desk: Desk) -> list[str]:
    form_set = desk.form_set
    return list(form_set.notes_in(language()))


def _facts(desk: Desk) -> tuple[tuple[str, str], ...]:
    blank = desk.blank
    period = blank.period
    return (
        (say("book.unit"), unit_name(desk)),
        (say("book.region"), blank.identity.code),
        (say("book.period"), name_of(period) if period else ""),
        (say("book.due"), f"{blank.due:%Y-%m-%d}" if blank.due else ""),
        (say("book.issued_at"), minute_of(blank.issued_at)),
        (say("book.version"), f"{desk.form_set.form_no} {blank.identity.version}"),
    )


def _zero(desk: Desk, sheet: Any) -> None:
    place, style = layout.zero_place(desk.form_set), desk.styles
    chosen = desk.blank.filling and desk.blank.filling.zero_report
    sheet.write_string(place.row, 0, say("book.zero"), style["fact_label"])
    text = say("book.zero_yes") if chosen else say("book.zero_no")
    sheet.write_string(place.row, 1, text, style["fact_choice"])
    sheet.set_row(place.row, 21)
    words = [say("book.zero_yes"), say("book.zero_no")]
    sheet.data_validation(
        place.row, 1, place.row, 1,
        {"validate": "list", "source": words, "error_message": say("book.choice_error")},
    )  # fmt: skip
    sheet.write_blank(place.row + 1, 0, None, style["fact_label"])
    sheet.write_string(place.row + 1, 1, say("book.zero_help"), style["about"])
    sheet.set_row(place.row + 1, LINE * lines_needed(say("book.zero_help"), WIDTHS[1]) + 2)


def _failing(desk: Desk, sheet: Any, row: int) -> int:
    """Count the verdicts of 审核说明, so that the unit sees what is left to do."""
    style, name = desk.styles, quote_sheetname(desk.checks)
    last = len(desk.checks_rows) + 2
    sheet.write_string(row, 0, say("book.failing"), style["fact_label"])
    sheet.set_row(row, 21)
    levels = ("failing_must", "failing_explain", "failing_blank")
    words = (say("level.must"), say("level.explain"), say("book.undecided"))
    verdicts = verdict_words(desk)
    parts = '&"　"&'.join(
        f'"{say("book." + level)} "&COUNTIF({name}!$D$3:$D${last},"{word}")'
        for level, word in zip(levels, words, strict=True)
    )
    shown = "　".join(
        f"{say('book.' + level)} {verdicts.count(word)}"
        for level, word in zip(levels, words, strict=True)
    )
    sheet.write_formula(row, 1, f"={parts}", style["fact"], shown)
    return row + 1


def _asking(desk: Desk, sheet: Any, row: int) -> int:
    """Name whom to ask at the office, as its settings say."""
    blank = desk.blank
    if not (blank.officer or blank.phone):
        return row
    parts = (blank.officer, say("book.ask_phone", phone=blank.phone) if blank.phone else "")
    sheet.write_string(row, 0, say("book.ask"), desk.styles["fact_label"])
    sheet.write_string(row, 1, "　".join(filter(None, parts)), desk.styles["fact"])
    sheet.set_row(row, 21)
    return row + 1


def _own(desk: Desk, sheet: Any, row: int) -> int:
    """Tell the office that its own sheet is no total: its units' figures are added by program."""
    if desk.blank.identity.role != OWN:
        return row
    text = say("book.own_only_help")
    sheet.write_string(row, 0, say("book.own_only"), desk.styles["warning_label"])
    sheet.write_string(row, 1, text, desk.styles["warning"])
    sheet.set_row(row, LINE * lines_needed(text, WIDTHS[1] * 0.9) + 6)
    return row + 1


def _list(desk: Desk, sheet: Any, row: int, title: str, lines: list[str]) -> int:
    if not lines:
        return row
    _section(desk, sheet, row, title)
    for number, line in enumerate(lines, 1):
        text = f"{number}. {line}"
        sheet.merge_range(row + number, 0, row + number, 1, text, desk.styles["paragraph"])
        sheet.set_row(row + number, LINE * lines_needed(text, sum(WIDTHS)) + 2)
    return row + len(lines) + 1


def _section(desk: Desk, sheet: Any, row: int, title: str) -> None:
    sheet.merge_range(row, 0, row, 1, title, desk.styles["section"])
    sheet.set_row(row, 26)


def _contents(desk: Desk, sheet: Any, row: int) -> None:
    _section(desk, sheet, row, say("book.contents"))
    ledgers = [
        (layout.ledger_sheet(one), either(one.help, one.help_en)) for one in desk.form_set.ledgers
    ]
    sheets = [
        (layout.statistics_sheet(desk.form_set), form_title(desk.form_set)),
        *ledgers,
        (layout.report_sheet(desk.form_set), say("book.report_help")),
        (desk.checks, say("book.checks_help")),
    ]
    for at, (name, about) in enumerate(sheets, row + 1):
        target = f"internal:{quote_sheetname(name)}!A1"
        sheet.write_url(at, 0, target, desk.styles["link"], name)
        sheet.write_string(at, 1, about, desk.styles["about"])
        sheet.set_row(at, LINE * lines_needed(about, WIDTHS[1]) + 4)
