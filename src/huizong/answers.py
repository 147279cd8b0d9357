"""What officers decide: read it from the answer columns, weigh it, enter it in the book."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from huizong.book import Book
from huizong.cells import address, clean_text, squash
from huizong.entries import (
    NOT_ACCEPTABLE,
    Answer,
    Received,
    all_findings,
    answered_since,
    files_of,
    is_entered,
    save_answers,
    was_entered,
)
from huizong.errors import HuizongError
from huizong.history import closed_periods
from huizong.records import Finding
from huizong.roster import sheets_of, shown
from huizong.texts import catalogue, listed, say

ACTIONS = ("accept", "reject", "use")
_COLUMNS = ("key", "action", "officer", "reason", "digest")
_SEARCHED_ROWS = 20
_HEAD = 8  # how much of a digest names a file


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """The answer columns of one row, as a person left them."""

    key: str
    action: str = ""
    officer: str = ""
    reason: str = ""
    file: str = ""
    book: str = ""
    sheet: str = ""
    cell: str = ""

    @property
    def texts(self) -> tuple[str, str, str, str]:
        """What was typed about which finding, wherever it stands."""
        return self.key, self.action, self.officer, self.reason


class Refused(msgspec.Struct, frozen=True):
    """An answer that cannot be entered; texts `answer.<code>` say what is wanted."""

    typed: Typed
    code: str
    files: tuple[str, ...] = ()

    def __str__(self) -> str:
        typed = self.typed
        # What comes from the command line stands in no cell.
        where = say("answer.where" if typed.sheet else "answer.numbered",
                    book=typed.book, sheet=typed.sheet, cell=typed.cell, key=typed.key)  # fmt: skip
        found = typed.file if self.code == "no_file" else typed.action
        return where + say(f"answer.{self.code}", found=found, files=listed(self.files))


class Applied(msgspec.Struct, frozen=True):
    """
    What became of the answers: `entered` are new in the book, `refused` wait to be mended.

    `past` are the numbers of findings that stand in a list written before, and are not asked any
    more, or were answered by the command since.
    """

    entered: tuple[Answer, ...]
    refused: tuple[Refused, ...]
    past: tuple[str, ...] = ()


def read_answers(path: Path) -> tuple[Typed, ...]:
    """
    Read all rows of 审核结果.xlsx (both its lists) in which something is answered.

    The same finding may stand on two sheets; the row that is filled in counts.

    Raises:
        HuizongError: If the file cannot be opened or no sheet has the headings.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise HuizongError("error.no_file", path=path) from error
    found = [list(answers_in(path.name, name, rows)) for name, rows in sheets_of(data, path)]
    if all(rows == [None] for rows in found):
        raise HuizongError("error.answers_sheet", file=path.name)
    return tuple(dict.fromkeys(typed for rows in found for typed in rows if typed))


def answers_in(book: str, sheet: str, rows: Sequence[Sequence]) -> Sequence[Typed | None]:
    """Read the answered rows of one sheet, saved or open; `[None]` if it has no answer columns."""
    for top, row in enumerate(rows[:_SEARCHED_ROWS]):
        columns = _columns(row)
        if {"key", "action"} <= columns.keys():
            read = (
                _typed(sheet, number, rows[number], columns) for number in range(top + 1, len(rows))
            )
            return [msgspec.structs.replace(typed, book=book) for typed in read if typed]
    return [None]


def _columns(row: Sequence) -> Mapping[str, int]:
    labels = {squash(str(value)): column for column, value in enumerate(row)}
    return {
        name: labels[squash(word)]
        for name in _COLUMNS
        for word in catalogue()[f"answer.{name}"].values()
        if squash(word) in labels
    }


def _typed(sheet: str, number: int, row: Sequence, columns: Mapping[str, int]) -> Typed | None:
    values = {
        name: clean_text(shown(row[column])) if column < len(row) else ""
        for name, column in columns.items()
    }
    if not values["key"] or not any(values.get(name) for name in ("action", "officer", "reason")):
        return None
    values["file"] = values.pop("digest", "")
    cell = address(number, columns["action"])
    return Typed(**values | {"key": values["key"].upper()}, sheet=sheet, cell=cell)


def action_of(text: str) -> str:
    """Tell what 接受, 退回 or 采用此份 asks for; empty if it is none of them."""
    words = {
        squash(word): action
        for action in ACTIONS
        for word in (action, *catalogue()[f"answer.{action}"].values())
    }
    return words.get(squash(text).lower(), "")


class Question(msgspec.Struct, frozen=True):
    """A finding that may be answered, and the files that it is about."""

    finding: Finding
    period: str
    files: Mapping[str, str] = MappingProxyType({})
    numbers: Mapping[str, int] = MappingProxyType({})

    def named(self) -> tuple[str, ...]:
        """Name each file by the beginning of its digest, by its name and version."""
        return tuple(
            say("answer.file", digest=digest[:_HEAD], name=name, number=self.numbers.get(digest, 0))
            for digest, name in self.files.items()
        )


def questions_of(book: Book, period: str) -> dict[str, Question]:
    """
    List what may be answered: the findings of every period, and of files not yet filed.

    `period` is entered for a file that shows none. 审核结果.xlsx shows one period at a time, and
    an officer may have answered it before auditing another.
    """
    files = files_of(book)
    found = {one.key: Question(one.finding, of) for of, one in all_findings(book)}
    for file in files:
        for finding in file.findings:
            key = finding.key(file.unit, file.period, file.set_code)
            found.setdefault(key, Question(finding, file.period or period))
    return {
        key: _between(one, key, files) if one.finding.code == "two_returns" else one
        for key, one in found.items()
    }


def _between(question: Question, key: str, files: Sequence[Received]) -> Question:
    """Add the files that a choice is between: its finding names the beginnings of their digests."""
    finding = question.finding
    heads = tuple(finding.details.get("found", "").split(","))
    # The entries of one workbook begin alike; only one is of the form set that is asked about.
    rivals = [
        file
        for file in files
        if file.digest.startswith(heads)
        and finding.key(file.unit, file.period, file.set_code) == key
    ]
    return msgspec.structs.replace(
        question, files={file.digest: file.name for file in rivals},
        numbers={file.digest: file.number for file in rivals},
    )  # fmt: skip


def weigh(typed: Typed, questions: Mapping[str, Question], now: str) -> Answer | Refused:
    """Tell whether an answer can be entered (docs: what each level allows)."""
    question = questions.get(typed.key)
    action = action_of(typed.action)
    code = _fault(typed, action, question)
    if code or question is None:
        return Refused(typed, code, question.named() if question else ())
    file = _file(typed.file, question.files) if action == "use" else ""
    return Answer(
        key=typed.key, action=action, officer=typed.officer, reason=typed.reason, file=file,
        period=question.period, at=now, source=f"{typed.sheet} {typed.cell}".strip(),
    )  # fmt: skip


def _fault(typed: Typed, action: str, question: Question | None) -> str:
    if question is None:
        return "unknown_key"
    if not action:
        return "no_action"
    if not typed.officer.strip():
        return "no_officer"
    if not typed.reason.strip():
        return "no_reason"
    finding = question.finding
    if finding.level in ("note", "info"):
        return "nothing"
    if action == "accept" and finding.level == "must":
        return "must"
    if action == "accept" and finding.code == "two_returns":
        return "which"
    if action == "accept" and finding.code in NOT_ACCEPTABLE:
        return "not_acceptable"
    if action == "use" and finding.code != "two_returns":
        return "not_two"
    return "no_file" if action == "use" and not _file(typed.file, question.files) else ""


def _file(wanted: str, files: Mapping[str, str]) -> str:
    """Find the one file that is meant by its digest, the beginning of it, or its name."""
    low = wanted.strip().lower()
    found = [
        digest for digest, name in files.items()
        if (len(low) >= _HEAD and digest.lower().startswith(low)) or Path(wanted).name == name
    ]  # fmt: skip
    return found[0] if len(found) == 1 else ""


def _changes(book: Book, questions: Mapping[str, Question], answer: Answer) -> bool:
    """Whether an answer is new, and about more than sending back what came after the closing."""
    late = questions[answer.key].finding.code == "closed"
    return not late and not is_entered(book, answer)


def apply(book: Book, typed: Sequence[Typed], period: str, now: str) -> Applied:
    """Enter what can be entered, in one transaction; say what is wrong with the rest."""
    questions = questions_of(book, period) if typed else {}
    weighed = [weigh(one, questions, now) for one in typed]
    closed = closed_periods(book)
    weighed = [
        Refused(row, "closed")
        if isinstance(one, Answer) and one.period in closed and _changes(book, questions, one)
        else one
        for row, one in zip(typed, weighed, strict=True)
    ]
    said: dict[str, set[tuple[str, str]]] = {}
    for one in weighed:
        if isinstance(one, Answer):
            said.setdefault(one.key, set()).add((one.action, one.file))
    weighed = [
        Refused(row, "twice") if len(said.get(row.key, ())) > 1 else one
        for row, one in zip(typed, weighed, strict=True)
    ]
    past = _past(book, weighed, typed, questions)
    weighed = [one for row, one in zip(typed, weighed, strict=True) if row.key not in past]
    entered = save_answers(book, [one for one in weighed if isinstance(one, Answer)])
    for answer in entered:
        book.record("answer", {"key": answer.key, "action": answer.action}, now)
    return Applied(entered, _still_refused(weighed), past)


def _past(
    book: Book, weighed: Sequence[Answer | Refused], typed: Sequence[Typed],
    questions: Mapping[str, Question],
) -> tuple[str, ...]:  # fmt: skip
    """Tell which rows of a list are past: what a person types at the command is never."""
    since = answered_since(book)
    past = [
        row.key
        for row, one in zip(typed, weighed, strict=True)
        if row.sheet
        and (row.key not in questions or (row.key in since and _says_nothing_new(book, one)))
    ]
    return tuple(dict.fromkeys(past))


def _says_nothing_new(book: Book, one: Answer | Refused) -> bool:
    return isinstance(one, Refused) or (was_entered(book, one) and not is_entered(book, one))


def _still_refused(weighed: Sequence[Answer | Refused]) -> tuple[Refused, ...]:
    """
    List what waits to be mended; the same answer is told once.

    A finding stands in 待办 of 审核结果.xlsx and of the open control workbook: an answer mended
    in one of them is not held up by what stands in the other.
    """
    good = {one.key for one in weighed if isinstance(one, Answer)}
    refused: dict[tuple[str, ...], Refused] = {}
    for one in weighed:
        if isinstance(one, Refused) and one.typed.key not in good:
            refused.setdefault((*one.typed.texts, one.typed.file, one.code), one)
    return tuple(refused.values())
