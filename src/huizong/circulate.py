"""Write a period's papers for people into 汇总: bulletin, problems, reminder, figures by unit."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import xlsxwriter

from huizong.circulars import (
    Circular,
    reminder_needed,
    write_bulletin,
    write_issues,
    write_reminder,
)
from huizong.contents import Contents
from huizong.examine import examine
from huizong.history import last_summary
from huizong.keeping import safe_name
from huizong.language import CheckedSet
from huizong.pages import Page
from huizong.papers import SetReturns
from huizong.periods import Period
from huizong.problems import reporting_of
from huizong.publish import summarise
from huizong.safely import write_safely
from huizong.styles import Styles
from huizong.tables import new_workbook
from huizong.texts import name_of, say, spoken
from huizong.unit_returns import with_readings
from huizong.unit_sheets import write_units
from huizong.wholeness import digest_of_file
from huizong.work import Work


class Paper(msgspec.Struct, frozen=True):
    """One paper: what it is called, where it stands, or why it was not written."""

    name: str
    path: Path | None = None
    why: str = ""


def papers(work: Work, period: Period, sets: Sequence[CheckedSet]) -> tuple[Paper, ...]:
    """Write the papers of form sets; a paper that a person has changed is never replaced."""
    done: list[Paper] = []
    for checked in sets:
        returns = examine(work, checked, period)
        done += _papers_of(work, checked, period, returns)
    for path in [one.path for one in done if one.path]:
        record_paper(work, path)
    return tuple(done)


def record_paper(work: Work, path: Path) -> None:
    """Enter what was written, so that a paper that a person has changed is known as one."""
    digest = digest_of_file(path)
    work.book.record("paper", {"file": path.name, "digest": digest}, work.at)


def _papers_of(
    work: Work, checked: CheckedSet, period: Period, returns: SetReturns
) -> Iterator[Paper]:
    circular = _circular(work, checked, period, returns)
    writers: tuple[tuple[str, Callable], ...] = (
        ("bulletin", write_bulletin), ("issues", write_issues), ("reminder", write_reminder),
    )  # fmt: skip
    for key, write in writers:
        if key == "reminder" and not reminder_needed(circular):
            yield Paper(say("circular.reminder"), None, say("circular.nobody_missing"))
            continue
        yield _write(work, checked, period, key, lambda book, w=write: w(book, circular))
    if not any(one.included for one in returns.rows):
        yield Paper(say("circular.units"), None, say("circular.nothing_passed"))
        return
    before = last_summary(work.book, str(period), checked.form_set.code)
    summary = summarise(work, checked, period, with_readings(work, returns), before)
    contents = Contents(summary, checked.form_set)

    def units(book: xlsxwriter.Workbook) -> None:
        write_units(Page(book, say("summary.sheet.units"), Styles(book)), contents)

    yield _write(work, checked, period, "units", units)


def _write(
    work: Work, checked: CheckedSet, period: Period, key: str,
    write: Callable[[xlsxwriter.Workbook], None],
) -> Paper:  # fmt: skip
    name = say(f"circular.{key}")
    with spoken(work.office.settings.language):
        stem = say(
            "circular.file", period=period, code=work.office.unit.code,
            paper=say(f"circular.{key}"), set=safe_name(name_of(checked.form_set)),
        )  # fmt: skip
    safely = write_safely(free_path(work, work.office.summaries(str(period)) / f"{stem}.xlsx"))
    with safely as temp, new_workbook(temp, name, work.now) as book:
        write(book)
    return Paper(name, safely.path)


def free_path(work: Work, path: Path) -> Path:
    """Give the name to write under: another one if the file there is no longer as we wrote it."""
    ours = {details.get("digest") for _, what, details in work.book.events() if what == "paper"}
    for number in range(1, 100):
        target = path if number == 1 else path.with_stem(f"{path.stem}_{number:02}")
        if not target.exists() or digest_of_file(target) in ours:
            return target
    return path


def _circular(work: Work, checked: CheckedSet, period: Period, returns: SetReturns) -> Circular:
    named = msgspec.structs.replace(returns, name=name_of(checked.form_set))
    reporting = reporting_of(work, checked, period, returns, with_contacts=True)
    settings = work.office.settings
    return Circular(
        office=work.office.unit.name, period=str(period), returns=named, now=work.now,
        reporting=reporting, asking=(settings.officer, settings.phone),
    )  # fmt: skip
