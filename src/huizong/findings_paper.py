"""审核结果.xlsx: every finding, what waits for the officer, and the sheets beside them."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import xlsxwriter

from huizong import findings as wording
from huizong.chat import write_chat
from huizong.clock import minute_of
from huizong.console import TODO_ANSWERS, TODO_DIGEST, TODO_SPLIT, TODO_WIDTHS
from huizong.differences import Compared
from huizong.entries import Answer, Received
from huizong.office import Office
from huizong.papers import SetReturns, period_name
from huizong.records import (
    PENDING,
    AuditedFinding,
    Finding,
    UnitReturn,
)
from huizong.safely import write_safely
from huizong.styles import Styles
from huizong.tables import Table, answer_choices, new_workbook
from huizong.texts import say

_ORDER = {level: n for n, level in enumerate(("must", "release", "ask", "explain", "note", "info"))}
# What only the officer can settle.
_OFFICERS = ("ask", "release")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the lists: a finding of a unit's file, or of a file that is not filed."""

    key: str
    unit: str
    period: str
    audited: AuditedFinding
    file: str = ""
    digest: str = ""
    action: str = ""
    officer: str = ""
    reason: str = ""
    of_totals: bool = False
    set_code: str = ""

    @property
    def waits(self) -> bool:
        """Whether it is the officer's turn."""
        levels = (*_OFFICERS, "explain") if self.of_totals else _OFFICERS
        return self.audited.state == "open" and self.audited.finding.level in levels

    @property
    def answered(self) -> bool:
        """Whether something stands in its answer columns."""
        return bool(self.action or self.officer or self.reason)


def rows_of(
    period: str, sets: Sequence[SetReturns], files: Sequence[Received],
    answers: Mapping[str, Answer], office: Office,
) -> tuple[Row, ...]:  # fmt: skip
    """List all findings: unfiled files first, then the units in order, what blocks first."""
    rows = [*_file_rows(files, office)]
    listed = {row.key for row in rows}
    for one in sets:
        for unit in one.rows:
            rows += [row for row in _unit_rows(period, one.code, unit) if row.key not in listed]
    return tuple(_with_answer(row, answers.get(row.key)) for row in rows)


def _file_rows(files: Sequence[Received], office: Office) -> Iterator[Row]:
    names = {unit.code: unit.name for unit in (*office.roster, office.unit)}
    told: set[str] = set()
    for file in files:
        if file.state != PENDING:
            continue
        for finding in file.findings:
            key = finding.key(file.unit, file.period, file.set_code)
            # Each of the files that a choice is between has the same question.
            if finding.level == "ask" and not (finding.code == "two_returns" and key in told):
                told.add(key)
                yield Row(
                    key=key, unit=names.get(file.unit, ""), period=file.period,
                    audited=AuditedFinding(key, finding), file=file.name, digest=file.digest,
                    set_code=file.set_code,
                )  # fmt: skip


def _unit_rows(period: str, set_code: str, unit: UnitReturn) -> Iterator[Row]:
    for found in sorted(unit.findings, key=lambda found: _ORDER[found.finding.level]):
        yield Row(
            key=found.key, unit=unit.unit.name, period=period, audited=found, file=unit.file,
            digest=unit.digest, of_totals=unit.state == "totals", set_code=set_code,
        )  # fmt: skip
    refused = unit.refused
    if refused:
        name = say("paper.not_taken", file=refused.file)
        standing = tuple(one for one in refused.findings if one.stands)
        its_own = msgspec.structs.replace(refused, file=name, findings=standing)
        yield from _unit_rows(period, set_code, its_own)


def _with_answer(row: Row, answer: Answer | None) -> Row:
    if answer is None:
        return row
    action = say(f"answer.{answer.action}")
    return msgspec.structs.replace(row, action=action, officer=answer.officer, reason=answer.reason)


def todo_rows(rows: Iterable[Row], files: Sequence[Received]) -> Iterator[Row]:
    """List what waits for the officer; a choice between files is a row for each of them."""
    for row in rows:
        if not row.waits:
            continue
        heads = row.audited.finding.details.get("found", "").split(",")
        # The entries of one workbook begin alike; a choice is between those of its own form set.
        rivals = [
            file for file in files
            if file.digest.startswith(tuple(heads)) and file.set_code == row.set_code
        ]  # fmt: skip
        if row.audited.finding.code != "two_returns" or not rivals:
            yield row
        for file in rivals if row.audited.finding.code == "two_returns" else ():
            yield msgspec.structs.replace(row, file=_choice(file), digest=file.digest)


def _choice(file: Received) -> str:
    """Name a file to choose so that the newest is told from the others of its name."""
    when = minute_of(file.received_at)
    return say("paper.choice", file=file.name, number=file.number, when=when)


def write_findings(
    office: Office, period: str, sets: Sequence[SetReturns], files: Sequence[Received],
    path: Path, now: dt.datetime, *, answers: Mapping[str, Answer] | None = None,
    typed: Mapping[str, tuple[str, str, str]] | None = None, refused: Sequence[str] = (),
    versions: Sequence[Compared] = (),
) -> Path:  # fmt: skip
    """
    Write 审核结果.xlsx and give where it stands: another name if it is open in a program.

    Call it only after the answers typed in the file before are in the book. `typed` (action,
    officer, reason by key) are answers that could not be entered, kept as they were typed, and
    `refused` says why. `versions` are the last two of every unit that has sent several.
    """
    rows = rows_of(period, sets, files, answers or {}, office)
    kept = typed or {}
    safely = write_safely(path)
    title = say("paper.findings_title", office=office.unit.name, period=period_name(period))
    with safely as temp, new_workbook(temp, title, now) as book:
        styles = Styles(book)
        waiting = tuple(todo_rows(rows, files))
        sheets = (say("paper.todo_sheet"), say("paper.findings_sheet"), say("paper.chat_sheet"))
        told = _todo_notes(waiting, refused)
        _write_rows(book, styles, sheets[0], say("paper.todo_title"), waiting, told, kept)
        _write_rows(book, styles, sheets[1], title, rows, (say("paper.findings_help"),), kept)
        write_chat(Table(book, styles, sheets[2], (20, 12, 86)), period, sets, now, files)
        _write_versions(Table(book, styles, say("differences.sheet"), _VERSIONS), versions)
    return safely.path


def _todo_notes(waiting: Sequence[Row], refused: Sequence[str]) -> tuple[str, ...]:
    """Count what is to be answered; a choice between files is one, however many rows it has."""
    if not waiting and not refused:
        return (say("paper.todo_none"),)
    answered = {row.key for row in waiting if row.answered}
    count = len({row.key for row in waiting} - answered)
    notes = [say("paper.todo_count", count=count, help=say("paper.findings_help"))]
    notes += [say("paper.todo_answered", count=len(answered))] if answered else []
    return (*notes, *refused)


def _write_rows(
    book: xlsxwriter.Workbook, styles: Styles, name: str, title: str, rows: Sequence[Row],
    notes: Sequence[str], typed: Mapping[str, tuple[str, str, str]],
) -> None:  # fmt: skip
    table = Table(book, styles, name, TODO_WIDTHS, TODO_SPLIT)
    table.title(title)
    for note in notes:
        table.note(note)
    table.headings(say("paper.findings_heading").split("|"))
    for row in rows:
        settled = row.audited.state != "open"
        plain = "grey_text" if settled else "text"
        looks = [plain] * len(TODO_WIDTHS)
        looks[TODO_ANSWERS : TODO_ANSWERS + 3] = [
            "grey_text" if row.audited.finding.level in ("note", "info") else "input"
        ] * 3
        table.line(texts_of(row, typed.get(row.key)), looks)
    last = max(table.row - 1, table.heading + 1)
    if rows:
        place = (table.heading + 1, TODO_ANSWERS, last, TODO_ANSWERS)
        table.sheet.data_validation(*place, answer_choices())
    table.sheet.autofilter(table.heading, 0, last, TODO_DIGEST)
    table.sheet.set_column(TODO_DIGEST, TODO_DIGEST, 10, None, {"hidden": True})
    table.page()


def texts_of(row: Row, typed: tuple[str, str, str] | None = None) -> tuple[str, ...]:
    """Give the texts of one row; `typed` is an answer that could not be entered yet."""
    finding = row.audited.finding
    details = wording.details_of(finding)
    return (
        row.key,
        row.unit,
        row.period,
        row.set_code,
        say(f"level.{finding.level}"),
        finding.sheet,
        finding.cell,
        "" if finding.code == "two_returns" else details.get("found", ""),
        details.get("expected", ""),
        wording.words(finding),
        remedy_of_total(finding) if row.of_totals else wording.remedy(finding),
        say("who.ask") if row.of_totals else wording.who(finding),
        row.audited.explanation,
        *(typed or (row.action, row.officer, row.reason)),
        row.file,
        row.digest[:16],
    )


def remedy_of_total(finding: Finding) -> str:
    """Say what to do about a total: nobody typed it, its questions are the office's."""
    if finding.level in ("must", "release", "explain"):
        return say(f"paper.totals_{finding.level}")
    return wording.remedy(finding)


_VERSIONS = (20, 7, 6, 6, 22, 9, 44, 22, 22)


def _write_versions(table: Table, versions: Sequence[Compared]) -> None:
    """List what changed between the last two versions of each return."""
    table.title(say("differences.title"))
    if not versions:
        table.note(say("differences.none"))
    table.headings(say("differences.heading").split("|"))
    centre = ("text", "centre", "centre", "centre", "text", "centre", "text", "text", "text")
    empty = say("differences.empty")
    for one in versions:
        start = (one.name, one.set_code, str(one.old), str(one.new))
        for other in one.differences:
            values = (value or empty for value in other.values)
            table.line((*start, other.sheet, other.cell, other.label, *values), centre)
    table.sheet.autofilter(table.heading, 0, max(table.row - 1, table.heading + 1), 8)
    table.page()
