"""The written report and 审核说明: one row a relation, its live verdict, the place for a reason."""

from typing import Any

from huizong import layout
from huizong.blank_verdicts import undecided_formula, verdict_words
from huizong.cells import address
from huizong.desk import (
    Asked,
    Desk,
    add_sheet,
    form_title,
    heading,
    unit_name,
)
from huizong.form_styles import lines_needed, tidy
from huizong.language import Rule
from huizong.settle import SHORTEST_REASON
from huizong.texts import name_of, say

LINE = 16  # points that a line of text takes


def report(desk: Desk) -> None:
    """The written report: one block of text a section."""
    sheet = add_sheet(desk, layout.report_sheet(desk.form_set), landscape=False)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 62)
    title = f"{name_of(desk.form_set)} {say('book.report_title')}"
    heading(desk, sheet, 1, title, f"{desk.form_set.code}-T")
    sheet.write_string(4, 0, say("book.section"), desk.styles["heading"])
    sheet.write_string(4, 1, say("book.text"), desk.styles["heading"])
    sheet.set_row(4, 22)
    texts = desk.blank.filling.texts if desk.blank.filling else {}
    for row, section in enumerate(desk.form_set.sections, 5):
        optional = "" if section.required else say("book.text_optional")
        text = tidy(texts.get(section.key, ""))
        sheet.write_string(row, 0, f"{name_of(section)}{optional}", desk.styles["text_label"])
        sheet.write_string(row, 1, text, desk.styles["text_entry"])
        # 409 points is the highest that a row can be.
        sheet.set_row(row, min(409, max(84, LINE * (1 + lines_needed(text, 62)))))
    sheet.freeze_panes(5, 0)


def checks(desk: Desk) -> None:
    """One row a relation: its live verdict, and the place for its explanation."""
    sheet, styles = add_sheet(desk, desk.checks), desk.styles
    told = ("told",) if desk.blank.told else ()
    columns = ("relation", "level", "rule", "result", "explanation", *told)
    for column, width in enumerate((12, 14, 62, 12, 44, 34)[: len(columns)]):
        sheet.set_column(column, column, width)
    title = f"{form_title(desk.form_set)} · {say('book.checks')}"
    sheet.merge_range(0, 0, 0, len(columns) - 1, title, styles["title"])
    sheet.set_row(0, 30)
    for column, key in enumerate(columns):
        sheet.write_string(1, column, say(f"book.{key}"), styles["heading"])
    sheet.set_row(1, 20)
    words = verdict_words(desk)
    for relation, word in zip(desk.blank.checked.relations, words, strict=True):
        _check(desk, sheet, relation, word)
    last = len(desk.checks_rows) + 1
    end = last + len(desk.blank.asked)
    for word, name in ((say("level.must"), "bad"), (say("level.explain"), "warn")):
        sheet.conditional_format(
            2, 3, end, 3,
            {"type": "cell", "criteria": "==", "value": f'"{word}"', "format": styles[name]},
        )  # fmt: skip
    for row, asked in enumerate(desk.blank.asked, last + 1):
        _asked(desk, sheet, row, asked)
    sheet.freeze_panes(2, 0)
    sheet.repeat_rows(1)
    _name_the_unit(desk, sheet)


def _name_the_unit(desk: Desk, sheet: Any) -> None:
    """Say whose it is on every printed page; the sheet itself has no heading for it."""
    period = name_of(desk.blank.period) if desk.blank.period else ""
    shown = f"{unit_name(desk)}　{period}".strip().replace("&", "&&")
    # A header holds 255 characters at most.
    sheet.set_header(f"&R&9{shown[:200]}" if shown else "", {"margin": 0.35})


def _check(desk: Desk, sheet: Any, relation: Rule, word: str) -> None:
    row, styles = desk.checks_rows[relation.id], desk.styles
    sheet.write_string(row, 0, relation.id, styles["centre"])
    sheet.write_string(row, 1, say(f"level.{relation.level}"), styles["wrapped_centre"])
    sheet.write_string(row, 2, name_of(relation), styles["wrapped"])
    if desk.judged(relation.id):
        formula = _verdict_formula(desk, relation, row)
        sheet.write_formula(row, 3, formula, styles["verdict"], word)
    else:
        sheet.write_string(row, 3, word, styles["verdict"])
    explanations = desk.blank.filling.explanations if desk.blank.filling else {}
    reason = tidy(explanations.get(relation.id, ""))
    style = styles["wrapped" if relation.level == "must" else "reason"]
    if reason:
        sheet.write_string(row, 4, reason, style)
    else:
        sheet.write_blank(row, 4, None, style)
    told = _offer(desk, sheet, row, relation)
    level = lines_needed(say(f"level.{relation.level}"), 14)
    lines = max(
        lines_needed(name_of(relation), 62), lines_needed(reason, 44), level,
        lines_needed(told, 36),
    )  # fmt: skip
    sheet.set_row(row, min(409, LINE * lines + 2))


def _offer(desk: Desk, sheet: Any, row: int, relation: Rule) -> str:
    """Show what the unit said last period, in grey; it counts only when chosen or written anew."""
    if not desk.blank.told:
        return ""
    told = tidy(desk.blank.told.get(relation.id, "")) if relation.level != "must" else ""
    if not told:
        sheet.write_blank(row, 5, None, desk.styles["told"])
        return ""
    sheet.write_string(row, 5, told, desk.styles["told"])
    sheet.data_validation(
        row, 4, row, 4,
        {"validate": "list", "source": f"=$F${row + 1}", "show_error": False},
    )  # fmt: skip
    return told


def _asked(desk: Desk, sheet: Any, row: int, asked: Asked) -> None:
    """Ask for the reason of something that is no relation: a great change, a short section."""
    styles = desk.styles
    texts = (asked.label, say("level.explain"), tidy(asked.text))
    for column, (text, style) in enumerate(
        zip(texts, ("centre", "wrapped_centre", "wrapped"), strict=True)
    ):
        sheet.write_string(row, column, text, styles[style])
    given = len(asked.reason.strip()) >= SHORTEST_REASON
    words = say("book.explained"), say("level.explain")
    formula = f'=IF(LEN(TRIM({address(row, 4)}))>={SHORTEST_REASON},"{words[0]}","{words[1]}")'
    sheet.write_formula(row, 3, formula, styles["verdict"], words[0] if given else words[1])
    if asked.reason:
        sheet.write_string(row, 4, tidy(asked.reason), styles["reason"])
    else:
        sheet.write_blank(row, 4, None, styles["reason"])
    lines = max(lines_needed(asked.text, 62), lines_needed(asked.reason, 44))
    sheet.set_row(row, min(409, LINE * lines + 2))


def _verdict_formula(desk: Desk, relation: Rule, row: int) -> str:
    """Turn 0, 0.5, 1 into the words that the unit reads."""
    bad = f'"{say("level.must")}"'
    if relation.level not in ("must", "release"):
        reason = address(row, 4)
        yes, no = say("book.explained"), say("level.explain")
        bad = f'IF(LEN(TRIM({reason}))>={SHORTEST_REASON},"{yes}","{no}")'
    verdict = desk.formulas.verdicts[relation.id]
    words = f'{bad},{undecided_formula(desk, relation)},"{say("book.passed")}"'
    return f"=CHOOSE(2*({verdict})+1,{words})"
