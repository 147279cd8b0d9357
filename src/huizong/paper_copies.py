"""Paper copies: the four digits printed on them against the return that the book has."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from huizong.cells import address, squash
from huizong.entries import files_of, readings_of
from huizong.errors import HuizongError
from huizong.forms import FormSet
from huizong.layout import paper_code
from huizong.office import Office
from huizong.paperwork import Copy, copies_of, save_copies
from huizong.periods import Period
from huizong.records import ADOPTED, SUMMARY, Reading
from huizong.roster import shown
from huizong.standing import Stand, standing
from huizong.table_files import read_apart
from huizong.texts import catalogue, listed, say
from huizong.unit_names import find_unit
from huizong.work import Work, checked_sets

# 未交 已交 不符 须换, and 待核 while there is no return to hold it against.
NONE, MATCHED, DIFFERS, REPLACE, OPEN = "none", "matched", "differs", "replace", "open"
WAITING = (DIFFERS, REPLACE)
_FIELDS = ("unit", "set", "code")
_SEARCHED_ROWS, _DIGITS = 20, 4
Place = tuple[str, str, str]  # set, unit code and role


class PaperState(msgspec.Struct, frozen=True, kw_only=True):
    """
    How the paper of one unit and set stands.

    `codes` are those that the adopted return's paper may show (`digest` is that return), `found`
    the one on the paper.
    """

    set_code: str
    unit: str
    name: str
    role: str
    state: str
    codes: tuple[str, ...] = ()
    found: str = ""
    at: str = ""
    digest: str = ""

    @property
    def place(self) -> Place:
        """Set, unit and role."""
        return self.set_code, self.unit, self.role

    @property
    def expected(self) -> str:
        """The code that is expected, empty while there is no return."""
        return self.codes[0] if self.codes else ""


class Noted(msgspec.Struct, frozen=True):
    """A code that somebody read off a paper: of which unit, and of which set if that was said."""

    unit: str
    code: str
    set_code: str = ""
    where: str = ""


def paper_states(work: Work, period: Period) -> tuple[PaperState, ...]:
    """
    Say of every unit and set how its paper stands, in the order of the roster.

    Summaries from below are left out: they carry a 汇总校验码 of their own.
    """
    codes = _codes(work, period)
    copies = copies_of(work.book, str(period))
    asked = {one.form_set.code for one in work.sets(period)}
    return tuple(
        _state(one, codes, copies.get((one.set_code, one.unit, one.role)))
        for one in standing(work, period)
        if one.role != SUMMARY and one.set_code in asked
    )


def _codes(work: Work, period: Period) -> dict[Place, tuple[str, tuple[str, ...]]]:
    """Give the digest of each adopted return, and the codes that its paper may show."""
    files = {
        file.digest: file for file in files_of(work.book, period=str(period), states=(ADOPTED,))
    }
    known = checked_sets()
    return {
        (file.set_code, file.unit, file.role): (
            digest, codes_of(known[file.set_code].form_set, reading)
        )
        for digest, reading in readings_of(work.book, files).items()
        if (file := files[digest]).set_code in known
    }  # fmt: skip


def codes_of(form_set: FormSet, reading: Reading) -> tuple[str, ...]:
    """
    Give the codes that a return's paper may show: as it stands in its cells, and as counted.

    They differ where a blank counts as 0 (零报告) or a text counts as a number.
    """
    texts = {one.subject for one in reading.findings if one.code.startswith("repair_")}
    counted = {one.code: one for one in reading.figures if one.state == "number"}
    standing = {
        code: one.value
        for code, one in counted.items()
        if (one.typed or one.formula) and code not in texts
    }
    both = (standing, {code: one.value for code, one in counted.items()})
    return tuple(dict.fromkeys(paper_code(form_set, figures) for figures in both))


def _state(
    one: Stand, known: Mapping[Place, tuple[str, tuple[str, ...]]], copy: Copy | None
) -> PaperState:
    digest, codes = known.get((one.set_code, one.unit, one.role), ("", ()))
    state = PaperState(
        set_code=one.set_code, unit=one.unit, name=one.name, role=one.role, state=NONE,
        codes=codes, digest=digest,
    )  # fmt: skip
    if copy is None:
        return state
    found = OPEN if not codes else MATCHED if copy.code in codes else DIFFERS
    if found == DIFFERS and copy.digest not in ("", digest):
        found = REPLACE
    return msgspec.structs.replace(state, state=found, found=copy.code, at=copy.at)


def shown_states(work: Work, period: Period) -> dict[Place, str]:
    """Give the states to be shown; nothing where no paper is handed in."""
    if not copies_of(work.book, str(period)):
        return {}
    return {one.place: one.state for one in paper_states(work, period)}


def register(work: Work, period: Period, noted: Sequence[Noted]) -> tuple[PaperState, ...]:
    """
    Enter paper copies and give how each stands now; nothing is entered if a line is wrong.

    Raises:
        HuizongError: If a unit is not expected to report, a code has no four digits, or the set
            has to be named (`error.paper`, with every line that is wrong).
    """
    states = paper_states(work, period)
    found = [_meant(work.office, states, one) for one in noted]
    wrong = [one for one in found if isinstance(one, str)]
    if wrong:
        raise HuizongError("error.paper", lines="\n".join(f"  {line}" for line in wrong))
    copies = [
        Copy(
            period=str(period), set_code=one.set_code, unit=one.unit, role=one.role,
            code=_digits(line.code), digest=one.digest if _digits(line.code) in one.codes else "",
            at=work.at,
        )
        for one, line in zip(found, noted, strict=True)
    ]  # fmt: skip
    with work.book.writing():
        save_copies(work.book, copies)
        work.book.record("paper_copies", {"period": str(period), "count": len(copies)}, work.at)
    now = {one.place: one for one in paper_states(work, period)}
    return tuple(now[one.place] for one in found)


def _digits(text: str) -> str:
    """Give a code of four digits, empty if it is none."""
    code = unicodedata.normalize("NFKC", text).strip()
    return code if code.isascii() and code.isdigit() and len(code) == _DIGITS else ""


def _meant(office: Office, states: Sequence[PaperState], line: Noted) -> PaperState | str:
    """Find whose paper it is; a sentence if that cannot be told."""
    said = {"unit": line.unit, "code": line.code, "set": line.set_code, "where": line.where}
    if not _digits(line.code):
        return say("paper_copy.digits", **said)
    everyone = (*office.roster, office.unit)
    unit = next((one for one in everyone if one.code == line.unit), None)
    unit = unit or find_unit(everyone, line.unit).unit
    theirs = [one for one in states if unit and one.unit == unit.code]
    if not theirs:
        return say("paper_copy.unit", **said)
    named = [one for one in theirs if not line.set_code or one.set_code == line.set_code.upper()]
    fitting = [one for one in named if _digits(line.code) in one.codes]
    meant = fitting if len(named) > 1 else named
    if len(meant) == 1:
        return meant[0]
    sets = listed(dict.fromkeys(one.set_code for one in theirs))
    return say("paper_copy.set", **{**said, "sets": sets})


def read_list(path: Path) -> tuple[Noted, ...]:
    """
    Read many codes from a sheet or CSV file with the headings 单位 (or 区划代码) and 校验码.

    Raises:
        HuizongError: If it cannot be read or has no such headings (`error.paper_headings`).
    """
    for sheet, rows in read_apart(path):
        for top, row in enumerate(rows[:_SEARCHED_ROWS]):
            columns = _columns(row)
            if {"unit", "code"} <= columns.keys():
                return tuple(_lines(rows, top, columns, sheet))
    raise HuizongError("error.paper_headings", file=path.name)


def _columns(row: Sequence[object]) -> dict[str, int]:
    labels = {squash(str(value)): column for column, value in enumerate(row)}
    return {
        name: labels[squash(word)]
        for name in _FIELDS
        for words in catalogue()[f"paper_copy.{name}_headings"].values()
        for word in reversed(words.split("|"))
        if squash(word) in labels
    }


def _lines(
    rows: Sequence[Sequence], top: int, columns: Mapping[str, int], sheet: str
) -> Iterator[Noted]:
    for number in range(top + 1, len(rows)):
        cells = {
            name: shown(rows[number][column]) if column < len(rows[number]) else ""
            for name, column in columns.items()
        }
        # A list of all units is sent back with the codes of those whose paper has come.
        if cells["code"]:
            where = f"{sheet} {address(number, columns['code'])}"
            # A spreadsheet loses leading zeros.
            code = cells["code"].strip().zfill(_DIGITS)
            yield Noted(cells["unit"], code, cells.get("set", ""), where)
