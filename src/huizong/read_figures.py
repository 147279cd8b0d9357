"""Read the figures of a statistics sheet, found by its heading and the codes of its rows."""

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import copysign

from huizong.cells import NOT_APPLICABLE, Figure, address, plain, read_date, read_figure, squash
from huizong.findings import named
from huizong.forms import FormSet, Indicator
from huizong.records import FigureCell, Finding
from huizong.sheets import (
    cell_fault,
    covered,
    finding,
    folded,
    hidden_cells,
    is_real_date,
    number_in_date,
    plain_text,
    saved_as_zero,
    text_at,
    words,
)
from huizong.texts import catalogue
from huizong.workbooks import Sheet, Workbook

_DOUBT_LEVEL = {"placeholder": "info"}


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a statistics sheet has its columns: row of the heading, column by key."""

    row: int
    columns: Mapping[str, int]
    doubled: tuple[str, ...] = ()

    @property
    def summary(self) -> bool:
        """Whether it is the sheet of a summary (合计) rather than of a unit (本期)."""
        return "now" not in self.columns

    @property
    def value(self) -> int:
        """The column of the figures."""
        return self.columns["total" if self.summary else "now"]


def find_heading(top: Sequence[Sequence[str]]) -> Heading | None:
    """Find the heading row of a statistics sheet: 指标名称, 代码, 计量单位 and 本期 or 合计."""
    keys = {"name": words("name"), "code": words("code"), "measure": words("measure")}
    keys |= {"prev": words("prev"), "now": words("now"), "remark": words("remark")}
    keys |= {"total": frozenset(("合计", "Total")), "own": frozenset(("本级", "Own"))}
    keys |= {"coverage": frozenset(map(squash, catalogue()["summary.heading.coverage"].values()))}
    for row, texts in enumerate(top):
        if keys["name"].isdisjoint(texts) or keys["code"].isdisjoint(texts):
            continue
        found = {
            key: [at for at, text in enumerate(texts) if text in known]
            for key, known in keys.items()
        }
        if found["now"] or found["total"]:
            columns = {key: places[0] for key, places in found.items() if places}
            doubled = tuple(key for key in ("code", "now", "name") if len(found[key]) > 1)
            return Heading(row, columns, doubled)
    return None


@dataclass(slots=True)
class Rows:
    """Rows of the sheet by indicator code, with what was wrong in finding them."""

    found: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def read_figures(
    sheet: Sheet, heading: Heading, rows: Rows, form_set: FormSet, *,
    book: Workbook, zero_report: bool,
) -> tuple[tuple[FigureCell, ...], tuple[Finding, ...]]:  # fmt: skip
    """Read every indicator's figure of this period, with what was repaired or is in doubt."""
    findings = list(rows.findings)
    for key in heading.doubled:
        place = (heading.row, heading.columns[key])
        findings.append(finding("heading_twice", "ask", sheet, *place, label=key))
    under = covered(sheet)
    figures = []
    for indicator in form_set.indicators:
        row = rows.found.get(indicator.code)
        if row is None:
            figures.append(FigureCell(indicator.code, "blank"))
            continue
        figure, more = _figure(
            sheet, row, heading.value, indicator, book=book, under=under, zero_report=zero_report
        )
        figures.append(figure)
        findings += more
    return tuple(figures), tuple(findings)


def read_column(
    sheet: Sheet, heading: Heading, rows: Rows, key: str, form_set: FormSet, *, book: Workbook
) -> tuple[FigureCell, ...]:
    """Read another column of the same rows (本级, 上期), without findings of its own."""
    column = heading.columns.get(key)
    if column is None:
        return ()
    cells = (
        _figure(sheet, rows.found[code], column, indicator, book=book)[0]
        for code, indicator in form_set.by_code.items()
        if code in rows.found
        and sheet.rows[rows.found[code]][column : column + 1] not in ([""], [])
    )
    return tuple(cell for cell in cells if cell.state != "blank")


def left_out(sheet: Sheet, heading: Heading, rows: Rows, form_set: FormSet) -> tuple[str, ...]:
    """
    Name the totals that a summary says it does not have, and says why.

    A word may stand in place of a total that its definition does not add up, and nothing where
    no unit gave a figure (0/14). A cell that was emptied is neither.
    """
    column = heading.columns.get("coverage")
    found = []
    for code, row in rows.found.items():
        indicator, word = form_set.by_code[code], text_at(sheet, row, heading.value)
        counted = text_at(sheet, row, column) if column is not None else ""
        unsaid = sheet.rows[row][heading.value : heading.value + 1] in ([""], [])
        if word in _words_of(indicator) or (unsaid and counted.startswith("0/")):
            found.append(code)
    return tuple(found)


def _words_of(indicator: Indicator) -> frozenset[str]:
    """The words that may stand in place of an indicator's total."""
    if indicator.total == "distinct":
        return _no_total("no_key")
    summed = indicator.numeric and indicator.total != "none"
    return frozenset() if summed else _no_total("not_summed")


def read_remarks(sheet: Sheet, heading: Heading, rows: Rows) -> dict[str, str]:
    """Read what the unit wrote in 备注, by code."""
    column = heading.columns.get("remark")
    if column is None:
        return {}
    found = {}
    for code, row in rows.found.items():
        cells = sheet.rows[row]
        if column < len(cells) and cells[column] != "":
            found[code] = plain_text(cells[column])
    return found


def find_rows(sheet: Sheet, heading: Heading, form_set: FormSet) -> Rows:
    """Find the row of each indicator by its code, held against its name."""
    rows = Rows()
    names = {squash(name): one.code for one in form_set.indicators for name in (one.zh, one.en)}
    code_at, name_at = heading.columns["code"], heading.columns["name"]
    for row, texts in enumerate(folded(sheet, len(sheet.rows))[heading.row + 1 :], heading.row + 1):
        code = texts[code_at].upper() if code_at < len(texts) else ""
        name = texts[name_at] if name_at < len(texts) else ""
        if code in form_set.by_code:
            _take_row(rows, sheet, heading, row, form_set.by_code[code], name, names)
        elif name in names and not code:
            _offer_row(rows, sheet, heading, row, names[name])
        elif not name.startswith(tuple(words("paper_code"))):
            _leave_row(rows, sheet, heading, row, name or code)
    missing = [one for one in form_set.indicators if one.code not in rows.found]
    rows.findings += [
        finding("row_missing", "must", sheet, heading.row, code_at, subject=one.code, **named(one))
        for one in missing
    ]
    return rows


def _take_row(
    rows: Rows, sheet: Sheet, heading: Heading, row: int,
    indicator: Indicator, name: str, names: Mapping[str, str],
) -> None:  # fmt: skip
    """A row with a known code: its name has to agree; an edited name is offered, never decided."""
    column = heading.columns["code"]
    if indicator.code in rows.found:
        first = address(rows.found[indicator.code], heading.value)
        rows.findings.append(
            finding(
                "code_twice", "ask", sheet, row, heading.value, subject=indicator.code, first=first
            )
        )
        return
    rows.found[indicator.code] = row
    _check_measure(rows, sheet, heading, row, indicator)
    if names.get(name) == indicator.code:
        return
    if name in names:
        other = names[name]
        rows.findings.append(
            finding("name_of_another", "must", sheet, row, column, subject=indicator.code,
                    found=name, other=other, **named(indicator, "expected"))
        )  # fmt: skip
    else:
        alike = difflib.SequenceMatcher(None, name, squash(indicator.zh)).ratio()
        rows.findings.append(
            finding("name_edited", "ask", sheet, row, column, subject=indicator.code,
                    found=name, alike=round(100 * alike), **named(indicator, "expected"))
        )  # fmt: skip


def _check_measure(
    rows: Rows, sheet: Sheet, heading: Heading, row: int, indicator: Indicator
) -> None:
    """The measure printed beside a figure is the form's: 万人 over 人 makes it another figure."""
    column = heading.columns.get("measure")
    if column is None or not indicator.numeric:
        return  # in place of a measure stand the options of a choice
    printed = text_at(sheet, row, column).strip("()")
    if printed and printed not in _measures(indicator.unit):
        rows.findings.append(
            finding("measure_edited", "ask", sheet, row, column, subject=indicator.code,
                    found=printed, expected=indicator.unit, **named(indicator))
        )  # fmt: skip


@cache
def _measures(unit: str) -> frozenset[str]:
    """The ways in which a measure is printed, folded for matching."""
    names = catalogue().get(f"measure.{unit}", {}).values()
    return frozenset(squash(text) for text in (unit, *names))


def _offer_row(rows: Rows, sheet: Sheet, heading: Heading, row: int, code: str) -> None:
    if code in rows.found:
        return
    rows.found[code] = row
    rows.findings.append(
        finding(
            "code_gone", "ask", sheet, row, heading.columns["code"], subject=code, expected=code
        )
    )


def _leave_row(rows: Rows, sheet: Sheet, heading: Heading, row: int, name: str) -> None:
    """A row that is none of ours is never added up; it is listed if it holds a figure."""
    cells = sheet.rows[row]
    value = cells[heading.value] if heading.value < len(cells) else ""
    if isinstance(value, float):
        rows.findings.append(
            finding(
                "row_not_ours",
                "note",
                sheet,
                row,
                heading.value,
                label=name,
                found=plain_text(value),
            )
        )


def _figure(
    sheet: Sheet, row: int, column: int, indicator: Indicator, *, book: Workbook,
    under: Collection[tuple[int, int]] = (), zero_report: bool = False,
) -> tuple[FigureCell, list[Finding]]:  # fmt: skip
    cells = sheet.rows[row]
    value = cells[column] if column < len(cells) else ""
    place = address(row, column)
    formula = (row, column) in sheet.formulas
    common = {"subject": indicator.code, **named(indicator), "found": plain_text(value)}
    fault = cell_fault(sheet, row, column)
    determined = bool(indicator.computed or indicator.source_rule)
    fault = fault or _minus_nothing(value, formula)
    if fault and fault[0] == "not_calculated" and determined:
        # It is worked out again from its parts in any case.
        return FigureCell(indicator.code, "blank", "", place, "", formula), []
    if fault:
        code, shown = fault
        common["found"] = shown
        cell = FigureCell(indicator.code, "error", "", place, shown, formula)
        return cell, [finding(code, "must", sheet, row, column, **common)]
    findings = []
    if (row, column) in under:
        findings.append(finding("under_merge", "info", sheet, row, column, **common))
        return FigureCell(
            indicator.code, "blank", "", place, "", formula
        ), findings if value != "" else []
    if value.__class__ is str and squash(value) in _no_total("no_key", "not_summed"):
        # A summary's total that could not be worked out: nothing stands there.
        return FigureCell(indicator.code, "blank", "", place, "", formula), []
    nothing = saved_as_zero(book, sheet, row, column, value)
    if not indicator.numeric:
        return _other_figure("" if nothing else value, indicator, place, formula), []
    number = number_in_date(book, sheet, row, column, value)
    if number is not None:
        common["value"] = plain_text(number)
        if is_real_date(value):
            cell = FigureCell(indicator.code, "text", "", place, common["found"], formula)
            return cell, [finding("date_typed", "must", sheet, row, column, **common)]
        findings.append(finding("date_format", "info", sheet, row, column, **common))
        del common["value"]
        value = number
    figure = read_figure(value, indicator.unit, indicator.zero_words)
    # A zero report says of flows that they are 0; a stock's formula takes last period's figure,
    # which is put in again.
    known = indicator.time == "flow" if zero_report else determined
    if nothing and not known:
        # The issued formula of a cell that nobody filled in: blank is not zero, the unit is asked.
        if not indicator.required and not zero_report:
            findings.append(finding("formula_zero", "info", sheet, row, column, **common))
        return FigureCell(indicator.code, "blank", "", place, "", formula), findings
    findings += _remarks(sheet, row, column, figure, indicator, common, formula and not zero_report)
    text = plain(figure.value) if figure.value is not None else ""
    typed = NOT_APPLICABLE if figure.state == "na" else common["found"]
    return FigureCell(indicator.code, figure.state, text, place, typed, formula), findings


@cache
def _no_total(*words: str) -> frozenset[str]:
    texts = catalogue()
    return frozenset(squash(text) for word in words for text in texts[f"summary.{word}"].values())


def _minus_nothing(value: object, formula: bool) -> tuple[str, str] | None:
    """Nobody types -0: the file was made or changed by something else; a result may be -0."""
    if formula or value.__class__ is not float or value or copysign(1, value) > 0:
        return None
    return "not_finite", "-0"


def _other_figure(value: object, indicator: Indicator, place: str, formula: bool) -> FigureCell:
    """A figure that is a date, a choice or a text."""
    if indicator.type == "date" and value != NOT_APPLICABLE:
        day = read_date(value)
        state = "date" if day else ("blank" if value == "" else "text")
        return FigureCell(
            indicator.code, state, day.isoformat() if day else "", place, plain_text(value), formula
        )
    text = plain_text(value)
    if squash(text) == squash(NOT_APPLICABLE):
        return FigureCell(indicator.code, "na", "", place, text, formula)
    same = {squash(one): one for one in indicator.choices}.get(squash(text), text)
    return FigureCell(indicator.code, "choice" if text else "blank", same, place, text, formula)


def _remarks(
    sheet: Sheet, row: int, column: int, figure: Figure, indicator: Indicator,
    common: Mapping[str, str], formula: bool,
) -> Iterator[Finding]:  # fmt: skip
    """List what was mended on reading, and what could not be taken as a figure."""
    if figure.repair:
        value = plain(figure.value) if figure.value is not None else ""
        yield finding(f"repair_{figure.repair}", "info", sheet, row, column, value=value, **common)
    if figure.doubt:
        level = _DOUBT_LEVEL.get(figure.doubt, "must")
        yield finding(figure.doubt, level, sheet, row, column, hint=figure.hint,
                      measure=indicator.unit, **common)  # fmt: skip
    determined = indicator.computed or indicator.source_rule
    if formula and not determined and figure.state == "number":
        yield finding("formula_value", "info", sheet, row, column, **common)
    if (row, column) in sheet.external:
        yield finding("from_other_file", "note", sheet, row, column, **common)
    if hidden_cells(sheet, row, column) and figure.state == "number":
        yield finding("hidden_data", "info", sheet, row, column, **common)
