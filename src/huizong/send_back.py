"""Send back (退回修改): a correction copy for every unit that has to mend or explain something."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from huizong.blank import write_blank
from huizong.blank_problems import lead_of, one_a_cell, write_problems
from huizong.caches import with_caches
from huizong.corrections import filled_as_sent, has_problems, marked, problems_of
from huizong.descent import copy_of
from huizong.desk import Blank, Problem
from huizong.earlier import readings_now
from huizong.errors import HuizongError
from huizong.examine import examine
from huizong.form_styles import Styles
from huizong.history import SentCopy, save_copy
from huizong.issue import file_name
from huizong.issuing import blanks_of
from huizong.keeping import safe_name
from huizong.language import CheckedSet
from huizong.papers import SetReturns, period_name
from huizong.periods import Period
from huizong.records import OWN, SUMMARY, TO_EXPLAIN, TO_MEND, Unit, UnitReturn
from huizong.safely import write_safely
from huizong.tables import new_workbook
from huizong.texts import name_of, say
from huizong.work import Work


class SentBack(msgspec.Struct, frozen=True):
    """One correction copy: whose, where it stands, of which return, what it asks."""

    unit: Unit
    set_code: str
    path: Path
    digest: str
    asks: tuple[Problem, ...]

    @property
    def problems(self) -> int:
        """How many problems it lists."""
        return len(self.asks)


def send_back(work: Work, period: Period, unit: str = "") -> tuple[SentBack, ...]:
    """
    Write the correction copies of a period, of one unit if given; originals stay as they came.

    Raises:
        HuizongError: If the roster has no such unit (`error.unknown_unit`).
    """
    _refuse_unknown(work, unit)
    done: list[SentBack] = []
    for checked in work.sets(period):
        returns = examine(work, checked, period)
        wanted = [one for one in to_send_back(returns) if unit in ("", one.unit.code)]
        done += _send_set(work, checked, period, returns, wanted)
    details = {"period": str(period), "files": [one.path.name for one in done]}
    if done:
        work.book.record("sent_back", details, work.at)
    return tuple(done)


def _refuse_unknown(work: Work, code: str) -> None:
    known = {one.code for one in (*work.office.roster, work.office.unit)}
    if code and code not in known:
        raise HuizongError("error.unknown_unit", code=code)


def to_send_back(returns: SetReturns) -> Iterator[UnitReturn]:
    """Give the returns in which their units have something to mend or explain."""
    # Of two files of a unit the newer may be refused while the earlier stands.
    sent = (one for entry in returns.rows for one in (entry, entry.refused) if one)
    return filter(_is_wanted, sent)


def _is_wanted(entry: UnitReturn) -> bool:
    return entry.state in (TO_MEND, TO_EXPLAIN) and bool(entry.digest) and has_problems(entry)


def _send_set(
    work: Work, checked: CheckedSet, period: Period, returns: SetReturns,
    wanted: Sequence[UnitReturn],
) -> Iterator[SentBack]:  # fmt: skip
    folder = work.office.corrections(str(period))
    readings = readings_now(work.book, [one.digest for one in wanted], checked.form_set)
    entries = [msgspec.structs.replace(one, reading=readings.get(one.digest)) for one in wanted]
    summaries = [one for one in entries if one.reading and one.reading.identity.role == SUMMARY]
    forms = [one for one in entries if one.reading and one not in summaries]
    total = len(summaries) + len(forms)
    for number, (entry, blank) in enumerate(copies(work, checked, period, returns, forms), 1):
        stem = f"{file_name(blank.identity)}_退改{entry.version}"
        safely = write_safely(folder / f"{stem}.xlsx")
        copy = copy_of(entry.digest, blank)
        with safely as temp:
            write_blank(msgspec.structs.replace(blank, corrects=copy.mark), temp)
            save_copy(work.book, copy, work.at)
        work.progress("return", number, total)
        code = checked.form_set.code
        asks = one_a_cell(blank.problems)
        yield SentBack(entry.unit, code, safely.path, entry.digest, asks)
    for entry in summaries:
        yield _list_alone(work, checked, period, entry)


def copies(
    work: Work, checked: CheckedSet, period: Period, returns: SetReturns,
    entries: Sequence[UnitReturn],
) -> Iterator[tuple[UnitReturn, Blank]]:  # fmt: skip
    """Lay out the correction copies of some returns, which carry their readings."""
    own_code = returns.own.unit.code if returns.own else ""
    units = [one.unit for one in entries if one.unit.code != own_code]
    laid = {
        (one.identity.code, one.identity.role): one
        for one in blanks_of(work, checked, period, units)
    }
    blanks = []
    for entry in entries:
        reading = entry.reading
        if reading is None:
            continue
        role = OWN if entry.unit.code == own_code else reading.identity.role
        blanks.append((entry, filled_as_sent(laid[entry.unit.code, role], reading)))
    ready = with_caches([blank for _, blank in blanks])
    for (entry, _), blank in zip(blanks, ready, strict=True):
        yield entry, marked(blank, entry)


def _list_alone(work: Work, checked: CheckedSet, period: Period, entry: UnitReturn) -> SentBack:
    """A summary is mended in the office that made it: it gets the list without a form."""
    found = one_a_cell(problems_of(entry))
    parts = (str(period), entry.unit.code, entry.unit.name, checked.form_set.code)
    stem = "_".join(map(safe_name, parts))
    path = work.office.corrections(str(period)) / f"{stem}_退改{entry.version}.xlsx"
    title = say("correction.title", unit=entry.unit.name, period=period_name(str(period)))
    safely = write_safely(path)
    with safely as temp, new_workbook(temp, title, work.now) as book:
        save_copy(work.book, SentCopy(entry.digest, entry.digest, ()), work.at)
        sheet = book.add_worksheet(say("book.questions"))
        lead = lead_of(name_of(checked.form_set), found)
        write_problems(sheet, Styles(book), title, lead, found, links=False)
    code = checked.form_set.code
    return SentBack(entry.unit, code, safely.path, entry.digest, found)
