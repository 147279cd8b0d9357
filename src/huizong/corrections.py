"""Correction copies (退改件): a fresh blank with what was sent, problems marked in its cells."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from huizong import layout
from huizong.cells import NOT_APPLICABLE
from huizong.desk import Asked, Blank, Mark, Problem
from huizong.findings import details_of, remedy, told, words
from huizong.forms import Ledger
from huizong.language import Rule
from huizong.layout import Place
from huizong.records import (
    AuditedFinding,
    FigureCell,
    Finding,
    LedgerRows,
    Reading,
    UnitReturn,
)
from huizong.syntax import Cell, Comparison, Figure, walk
from huizong.texts import name_of, say

_ORDER = ("must", "release", "explain", "note")
_TINTED = ("must", "release", "explain")
REPORT_ROW, REASON = 5, 4  # the first section of the report; the column of reasons on 审核说明
_NOT_LESS = {"<=": "≤ ", "<": "< ", ">=": "≥ ", ">": "> ", "<>": "≠ "}


def filled_as_sent(blank: Blank, reading: Reading) -> Blank:
    """Fill a blank with what the sender typed, as it was typed; formulas are the blank's own."""
    if reading.identity.version != blank.identity.version and not reading.figures:
        return blank  # its cells were never read
    plan = blank.form_set.plan
    sent = {rows.symbol for rows in reading.ledgers}
    issued = blank.filling.ledgers if blank.filling else ()
    kept = [rows for rows in issued if plan and rows.symbol == plan.symbol not in sent]
    filling = Reading(
        identity=blank.identity,
        figures=tuple(_as_typed(cell, zero=reading.zero_report) for cell in reading.figures),
        ledgers=(*map(_with_dashes, reading.ledgers), *kept),
        texts=reading.texts,
        remarks=reading.remarks,
        explanations=reading.explanations,
        zero_report=reading.zero_report,
    )
    return msgspec.structs.replace(blank, filling=filling)


def _as_typed(cell: FigureCell, *, zero: bool) -> FigureCell:
    """A result of the sender's own formula becomes a figure; an error was never typed."""
    if cell.state == "error":
        return msgspec.structs.replace(cell, state="blank", typed="")
    own = cell.formula and cell.state in ("number", "na", "text") and not zero
    return msgspec.structs.replace(cell, formula=False) if own else cell


def _with_dashes(rows: LedgerRows) -> LedgerRows:
    """Put the —— back that the reader keeps as a mark only."""
    cells = [list(row) for row in rows.rows]
    for at, key, kind in rows.odd:
        if kind == "na":
            cells[at][rows.keys.index(key)] = NOT_APPLICABLE
    return msgspec.structs.replace(rows, rows=tuple(map(tuple, cells)))


def has_problems(entry: UnitReturn) -> bool:
    """Whether there is anything that the unit has to do."""
    return any(_concerns(one) and one.finding.level != "note" for one in entry.findings)


def _concerns(one: AuditedFinding) -> bool:
    """Whether a finding is the unit's business: it stands, was rejected, or is to be noted."""
    if one.state == "rejected":
        return True
    level = one.finding.level
    return level == "note" or (one.stands and level in _TINTED)


def problems_of(entry: UnitReturn) -> tuple[Problem, ...]:
    """List the problems of a return that is no issued workbook, in its own cells."""
    return tuple(
        _problem(one, one.finding, "") for one in _ordered(entry.findings) if _concerns(one)
    )


def _ordered(findings: Sequence[AuditedFinding]) -> list[AuditedFinding]:
    return sorted(findings, key=lambda one: _rank(one.finding))


def _rank(finding: Finding) -> int:
    return _ORDER.index(finding.level) if finding.level in _ORDER else 0


def marked(blank: Blank, entry: UnitReturn) -> Blank:
    """Add problems, tints, notes and places for reasons; the blank's formulas are worked out."""
    moving = _Moving(blank, entry.reading or Reading(identity=blank.identity))
    asked = tuple(moving.asked(entry.findings))
    problems: list[tuple[tuple[int, ...], Problem]] = []
    marks: dict[tuple[str, int, int], Mark] = {}
    for one in _ordered(entry.findings):
        if not _concerns(one):
            continue
        finding, places = moving.moved(one.finding)
        problem = _problem(one, finding, moving.sign(finding))
        problems.append((moving.order(finding, places), problem))
        for mark in moving.marks(one, problem, places):
            known = marks.get((mark.sheet, mark.row, mark.column))
            marks[mark.sheet, mark.row, mark.column] = _joined(known, mark) if known else mark
    found = [problem for _, problem in sorted(problems, key=lambda pair: pair[0])]
    return msgspec.structs.replace(
        blank, problems=tuple(found), marks=tuple(marks.values()), asked=asked
    )


def _joined(first: Mark, other: Mark) -> Mark:
    """Two problems of one cell: the graver tint, both notes."""
    note = "\n".join(dict.fromkeys(filter(None, (first.note, other.note))))
    return msgspec.structs.replace(first, note=note)


def _problem(one: AuditedFinding, finding: Finding, sign: str) -> Problem:
    text = f"{words(finding)}{remedy(finding)}"
    if one.state == "rejected":
        text = say("correction.rejected", officer=one.officer, reason=one.reason) + text
    if finding.code == "overtyped":
        text += say("correction.formula_back")
    return Problem(
        key=one.key, level=finding.level, sheet=finding.sheet, cell=finding.cell,
        found=_found(finding), expected=_expected(finding, sign), text=text,
        remedy=remedy(finding),
    )  # fmt: skip


def _found(finding: Finding) -> str:
    details = details_of(finding)
    if details.get("left"):
        return details["left"]
    shown = details.get("found", "")
    if finding.code == "relation_rows":
        return say("correction.rows", rows=details.get("rows", shown))
    if finding.code == "section_short":
        return say("correction.length", length=details.get("length", ""))
    return shown or say("correction.none_found")


def _expected(finding: Finding, sign: str) -> str:
    """Say in a few characters what was wanted, as far as that can be said."""
    details = details_of(finding)
    given = details.get("expected") or details.get("value") or details.get("hint")
    if given:
        return given
    if details.get("right"):
        wanted = f"{sign}{details['right']}"
        return say("correction.or_reason", wanted=wanted) if finding.level == "explain" else wanted
    if details.get("low") and details.get("high"):
        return say("correction.between", low=details["low"], high=details["high"])
    if finding.level == "explain":
        return say("correction.a_reason")
    return say(_WANTED[finding.code]) if finding.code in _WANTED else ""


_WANTED = {
    "required": "correction.a_number", "required_column": "correction.a_value",
    "not_whole": "correction.whole", "not_exact": "correction.a_number",
    "not_number": "correction.a_number", "other_unit": "correction.a_number",
    "cell_error": "correction.a_value", "spaced": "correction.a_number",
    "not_date": "correction.a_date",
}  # fmt: skip


@dataclass(frozen=True)
class _Moving:
    """Moves findings from the sender's cells to those of a fresh blank, by what they are about."""

    blank: Blank
    reading: Reading

    @cached_property
    def _figures(self) -> Mapping[str, Place]:
        return layout.figure_places(self.blank.form_set)

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.blank.checked.relations}

    @cached_property
    def _sections(self) -> Mapping[str, int]:
        return {one.key: at for at, one in enumerate(self.blank.form_set.sections)}

    @cached_property
    def _by_sheet(self) -> Mapping[str, tuple[Ledger, LedgerRows]]:
        by_symbol = self.blank.form_set.by_symbol
        return {
            rows.sheet: (by_symbol[rows.symbol], rows)
            for rows in self.reading.ledgers
            if rows.sheet and rows.symbol in by_symbol
        }

    def moved(self, finding: Finding) -> tuple[Finding, tuple[Place, ...]]:
        """Give a finding as the copy has it, and the cells that it is about."""
        rule = self._rules.get(finding.subject)
        if rule and finding.code == "relation_rows":
            return self._moved_rows(finding, rule)
        places = tuple(self._places(finding, rule))
        if not places:
            known = finding.sheet in self._by_sheet
            sheet = layout.ledger_sheet(self._by_sheet[finding.sheet][0]) if known else ""
            return msgspec.structs.replace(finding, sheet=sheet or finding.sheet, cell=""), ()
        first = places[0]
        return msgspec.structs.replace(finding, sheet=first.sheet, cell=first.cell), places

    def _places(self, finding: Finding, rule: Rule | None) -> Iterator[Place]:
        subject = finding.subject
        if subject in self._figures:
            yield self._figures[subject]
        elif rule:
            codes = (one.code for one in walk(rule.expression) if _is_now(one))
            yield from (self._figures[one] for one in dict.fromkeys(codes) if one in self._figures)
        elif finding.sheet in self._by_sheet and finding.cell:
            yield from self._in_ledger(finding)
        elif subject in self._sections:
            sheet = layout.report_sheet(self.blank.form_set)
            yield Place(sheet, REPORT_ROW + self._sections[subject], 1)
        else:
            named = (
                one for one in self.blank.form_set.ledgers
                if subject in (one.symbol, one.code) and one.kind != "plan"
            )  # fmt: skip
            yield from map(layout.status_place, named)

    def _in_ledger(self, finding: Finding) -> Iterator[Place]:
        ledger, rows = self._by_sheet[finding.sheet]
        found = re.match(r"([A-Z]+)(\d+)", finding.cell)
        if not found:
            return
        letters, number = found[1], int(found[2])
        keys = [one.key for one in ledger.columns]
        key = finding.subject if finding.subject in keys else ""
        if letters in rows.columns:
            key = rows.keys[rows.columns.index(letters)]
        if finding.subject == ledger.symbol and ledger.kind != "plan":
            yield layout.status_place(ledger)
        elif number in rows.numbers:
            column = keys.index(key) if key in keys else 0
            yield self._row(ledger, rows.numbers.index(number), column)
        elif finding.subject in keys:
            # What is wrong with the column itself is mended by the fresh heading.
            at = keys.index(finding.subject)
            yield Place(layout.ledger_sheet(ledger), layout.LEDGER_HEADING_ROW, at)

    @staticmethod
    def _row(ledger: Ledger, position: int, column: int) -> Place:
        row = layout.LEDGER_HEADING_ROW + 1 + position
        return Place(layout.ledger_sheet(ledger), row, column)

    def _moved_rows(self, finding: Finding, rule: Rule) -> tuple[Finding, tuple[Place, ...]]:
        """Rows are consecutive in the copy: say their new numbers, and mark their cells."""
        pair = self._by_sheet.get(finding.sheet)
        numbers = map(int, re.findall(r"\d+", finding.details.get("rows", "")))
        positions = (
            [pair[1].numbers.index(n) for n in numbers if n in pair[1].numbers] if pair else []
        )
        if pair is None or not positions:
            return finding, ()
        ledger = pair[0]
        used = {one.key for one in walk(rule.expression) if isinstance(one, Cell)}
        columns = [at for at, one in enumerate(ledger.columns) if one.entry and one.key in used]
        places = tuple(
            self._row(ledger, at, column) for at in positions for column in columns or [0]
        )
        shown = [str(layout.LEDGER_HEADING_ROW + 2 + at) for at in positions]
        rows = "、".join(shown)
        details = {**finding.details, "rows": rows, **told("finding.rows", "found", rows=rows)}
        moved = msgspec.structs.replace(
            finding, sheet=places[0].sheet, cell=places[0].cell, details=details
        )
        return moved, places

    def order(self, finding: Finding, places: Sequence[Place]) -> tuple[int, ...]:
        """What blocks comes first, then the order of sheets and rows."""
        form_set = self.blank.form_set
        sheets = [
            layout.statistics_sheet(form_set), *map(layout.ledger_sheet, form_set.ledgers),
            layout.report_sheet(form_set),
        ]  # fmt: skip
        sheet = sheets.index(finding.sheet) if finding.sheet in sheets else len(sheets)
        first = (places[0].row, places[0].column) if places else (0, 0)
        return (_rank(finding), sheet, *first)

    def sign(self, finding: Finding) -> str:
        """Say how the right side of a broken comparison binds: ≤ 9."""
        rule = self._rules.get(finding.subject)
        node = rule.expression if rule else None
        return _NOT_LESS.get(node.sign, "") if isinstance(node, Comparison) else ""

    def marks(
        self, one: AuditedFinding, problem: Problem, places: Sequence[Place]
    ) -> Iterator[Mark]:
        """Tint the cells of a problem, with a note on the first, and the place of its reason."""
        if problem.level not in _TINTED and one.state != "rejected":
            return
        level = "explain" if problem.level == "explain" and one.state != "rejected" else "must"
        note = f"[{problem.key}] {problem.text}"
        for number, place in enumerate(places):
            at = (place.sheet, place.row, place.column)
            yield Mark(*at, level, "" if number else note, self._sent(place))
        if problem.level == "explain":
            yield from self._reason_marks(one.finding)

    def _reason_marks(self, finding: Finding) -> Iterator[Mark]:
        row, sent = self._reason_row(finding)
        if row:
            note = say("correction.say_why")
            yield Mark(layout.checks_sheet(self.blank.form_set), row, REASON, "explain", note, sent)

    def _reason_row(self, finding: Finding) -> tuple[int, str]:
        rules = tuple(self._rules)
        said = self.blank.filling.explanations if self.blank.filling else {}
        if finding.subject in rules:
            return rules.index(finding.subject) + 2, said.get(finding.subject, "")
        for at, (subject, asked) in enumerate(self._asked_by.items(), len(rules) + 2):
            if subject == finding.subject:
                return at, asked.reason
        return 0, ""

    @cached_property
    def _asked_by(self) -> dict[str, Asked]:
        return {}

    def asked(self, findings: Sequence[AuditedFinding]) -> Iterator[Asked]:
        """Give what 审核说明 asks besides its relations; reasons given once stay where they are."""
        for one in findings:
            subject = one.finding.subject
            ledgers = self.blank.form_set.by_symbol
            known = subject in self._figures or subject in self._sections or subject in ledgers
            if one.finding.level != "explain" or not known or subject in self._asked_by:
                continue
            said = self.reading.explanations.get(subject) or self.reading.remarks.get(subject, "")
            finding, _ = self.moved(one.finding)
            self._asked_by[subject] = Asked(self._label(subject), words(finding), said)
        yield from self._asked_by.values()

    def _label(self, subject: str) -> str:
        named = {one.key: one for one in self.blank.form_set.sections}
        named |= self.blank.form_set.by_symbol
        return name_of(named[subject]) if subject in named else subject

    def _sent(self, place: Place) -> str | None:
        """What stands in a cell of the copy, as a comparison has it; None if nobody knows."""
        filling = self.blank.filling
        by_place = {(one.sheet, one.row): code for code, one in self._figures.items()}
        code = by_place.get((place.sheet, place.row))
        if code and place.column == layout.NOW:
            return self._sent_figure(code)
        for ledger in self.blank.form_set.ledgers:
            if place.sheet == layout.ledger_sheet(ledger):
                return _sent_cell(ledger, place, filling.ledgers if filling else ())
        return None

    def _sent_figure(self, code: str) -> str:
        cached = self.blank.caches.figures.get(code, "")
        if not self.blank.typed_in(self.blank.form_set.by_code[code]) or cached:
            return cached
        cells = self.blank.filling.figures if self.blank.filling else ()
        return next((one.typed for one in cells if one.code == code), "")


def _sent_cell(ledger: Ledger, place: Place, ledgers: Sequence[LedgerRows]) -> str | None:
    rows = next((one for one in ledgers if one.symbol == ledger.symbol), None)
    position = place.row - layout.LEDGER_HEADING_ROW - 1
    if rows is None or position < 0:
        status = place == layout.status_place(ledger)
        return _status_word(rows) if status and rows else None
    key = ledger.columns[place.column].key
    if position >= len(rows.rows) or key not in rows.keys:
        return ""
    return rows.rows[position][rows.keys.index(key)] or ""


def _status_word(rows: LedgerRows) -> str:
    known = layout.STATUSES.index(rows.status) if rows.status in layout.STATUSES else 2
    return layout.status_words()[known]


def _is_now(node: object) -> bool:
    return isinstance(node, Figure) and node.when == "now" and not node.foreign
