"""The progress of the units and what waits for the officer, as rows of cells for an open book."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from huizong.console import PROGRESS_COLUMNS, TODO_ANSWERS, TODO_CELL
from huizong.entries import Answer, Received, answers_of, files_of
from huizong.errors import HuizongError
from huizong.findings_paper import Row, rows_of, texts_of, todo_rows
from huizong.keeping import kept_name
from huizong.last_letters import last_letters
from huizong.office_lists import with_summary
from huizong.outbox import outbox_rows
from huizong.paper_copies import shown_states
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.personal import masked
from huizong.records import OWN, UNIT, UnitReturn
from huizong.roster import sheets_of
from huizong.standing_book import sets_in_book
from huizong.texts import say
from huizong.work import Work


class Link(msgspec.Struct, frozen=True):
    """A cell that opens a file, at a cell of it (sheet and cell) if one is given."""

    text: str
    path: Path
    sheet: str = ""
    cell: str = ""


Cell = str | int | Link
Cells = tuple[Cell, ...]


class Table(msgspec.Struct, frozen=True):
    """What is written into the open control workbook after an action."""

    progress: tuple[Cells, ...]
    todo: tuple[Cells, ...]
    outbox: tuple[Cells, ...] = ()

    @property
    def asked(self) -> int:
        """How many questions of 待办 have no answer; a choice between files is one."""
        typed = slice(TODO_ANSWERS, TODO_ANSWERS + 3)
        answered = {row[0] for row in self.todo if any(row[typed])}
        return len({row[0] for row in self.todo} - answered)


class _Office(msgspec.Struct, frozen=True):
    """
    What the rows are made from: the office at work, a period, and all files by digest.

    `listed` is where each finding stands in 审核结果.xlsx: sheet and cell by its key.
    """

    work: Work
    period: Period
    files: Mapping[str, Received]
    listed: Mapping[str, tuple[str, str]]

    def path_of(self, digest: str) -> Path | None:
        """Give where people see a file: filed under its unit, else among the originals."""
        file = self.files.get(digest)
        if file is None:
            return None
        office = self.work.office
        units = {one.code: one for one in (*office.roster, office.unit)}
        path = office.originals / file.kept_as
        if file.unit in units and file.number:
            name = kept_name(file.period, units[file.unit], file.set_code, file.number)
            filed = office.received(file.period) / f"{name}{path.suffix}"
            path = filed if filed.exists() else path
        return path if path.exists() else None


def table_of(work: Work, period: Period, only: str = "") -> Table:
    """Give the progress of all form sets, or of one, and what waits in all of them."""
    sets = sets_in_book(work, period)
    shown = [one for one in sets if only in ("", one.code)]
    files = {file.digest: file for file in files_of(work.book)}
    office = _Office(work, period, files, _listed(work.office.findings))
    outbox = outbox_rows(work, period)
    return Table(tuple(_progress(office, shown)), tuple(_todo(office, sets)), outbox)


def _progress(office: _Office, sets: Sequence[SetReturns]) -> Iterator[Cells]:
    papers = shown_states(office.work, office.period)
    folder = office.work.office.corrections(str(office.period))
    copies = sorted(folder.glob("*.xlsx"))
    letters = last_letters(office.work, office.period)
    for one in sets:
        for unit in one.rows:
            role = OWN if one.own is unit else UNIT
            paper = papers.get((one.code, unit.unit.code, role), "")
            copy = _copy_among(copies, one.code, unit.refused or unit)
            letter = letters.of(one.code, unit.unit.code, role)
            cells = {
                "set": one.code,
                "unit": unit.unit.code,
                "name": masked(unit.unit.name + (say("book.own_mark") if role == OWN else "")),
                "state": say(f"state.{unit.state}"),
                "late": say("mark.late") if unit.late else "",
                "paper": say(f"paper_state.{paper}") if paper else "",
                "findings": sum(found.stands for found in unit.findings) or "",
                "return": _filed(office, unit),
                "findings_link": _findings(office, unit),
                "correction_link": Link(say("table.correction"), copy) if copy else "",
                "letter": letter.words if letter else "",
                "letter_state": say(letter.state) if letter else "",
            }
            yield tuple(cells[name] for name in PROGRESS_COLUMNS)


def _filed(office: _Office, unit: UnitReturn) -> Cell:
    path = office.path_of(unit.digest)
    return Link(say("table.version", number=unit.version), path) if path else ""


def _findings(office: _Office, unit: UnitReturn) -> Cell:
    """Link to the first line about a unit in 审核结果.xlsx as it was written last."""
    places = (office.listed[one.key] for one in unit.findings if one.key in office.listed)
    first = min(places, key=lambda place: int(place[1][1:]), default=None)
    return Link(say("table.findings"), office.work.office.findings, *first) if first else ""


def _listed(path: Path) -> dict[str, tuple[str, str]]:
    """Tell where the findings stand in 审核结果.xlsx; nowhere if it cannot be read."""
    try:
        sheets = sheets_of(path.read_bytes(), path)
    except (OSError, HuizongError):
        return {}
    name = say("paper.findings_sheet")
    rows = next((rows for sheet, rows in sheets if sheet == name), ())
    return {str(row[0]): (name, f"A{number}") for number, row in enumerate(rows, 1) if row}


def _copy_among(copies: Sequence[Path], set_code: str, unit: UnitReturn) -> Path | None:
    """Find the correction copy of the version that a unit stands by."""
    last = f"_{set_code}_退改{unit.version}.xlsx"
    code = f"_{unit.unit.code}_"
    return next((one for one in copies if code in one.name and one.name.endswith(last)), None)


def _todo(office: _Office, sets: Sequence[SetReturns]) -> Iterator[Cells]:
    """Give the rows of 待办 as they stand in 审核结果.xlsx, with a link to each cell."""
    work, period = office.work, office.period
    every = [with_summary(work, period, one) for one in sets]
    answers = answers_of(work.book)
    files = tuple(office.files.values())
    rows = rows_of(str(period), every, files, answers, work.office)
    for row in todo_rows(rows, files):
        texts = texts_of(_chosen(row, answers.get(row.key)))
        typed = range(TODO_ANSWERS, TODO_ANSWERS + 3)
        cells: list[Cell] = [t if at in typed else masked(t) for at, t in enumerate(texts)]
        path = office.path_of(row.digest)
        if path:
            sheet, cell = texts[TODO_CELL - 1], texts[TODO_CELL]
            cells[TODO_CELL] = Link(cell or say("table.open"), path, sheet, cell)
        yield tuple(cells)


def _chosen(row: Row, answer: Answer | None) -> Row:
    """Of files that were chosen from, show the answer beside the one that was chosen."""
    if answer is None or answer.file in ("", row.digest):
        return row
    return msgspec.structs.replace(row, action="", officer="", reason="")
