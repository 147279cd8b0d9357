"""Write the 数据更正单 of a summary's newest version, once, beside the summary."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from huizong.amendment_paper import write_amendment
from huizong.amendments import (
    Amendment,
    later_comparisons,
    own_comparisons,
    rank_changes,
    total_changes,
    unit_changes,
)
from huizong.earlier import summary_now
from huizong.entries import answers_of, files_of
from huizong.gone_up import went_up
from huizong.history import (
    Made,
    closings_of,
    last_summary,
    summaries_of,
    summarised_periods,
    summary_of,
)
from huizong.keeping import safe_name
from huizong.language import CheckedSet
from huizong.letter_entries import taken_above
from huizong.paperwork import STEPS
from huizong.past import earlier_periods
from huizong.periods import Period
from huizong.records import Summary
from huizong.safely import write_safely
from huizong.texts import name_of, say, spoken
from huizong.wholeness import digest_of_file
from huizong.work import Work

_EVENT = "amendment"


class Corrected(msgspec.Struct, frozen=True):
    """What moved, the paper that says so, and that paper's digest when it was made."""

    moved: Amendment
    paper: Path
    digest: str


def amend(work: Work, checked: CheckedSet, period: Period) -> Path | None:
    """
    Write the paper for the newest version if it corrects an earlier one, and give its path.

    It is held against the last version that went up, whatever was made between;
    before that against the version before, and late returns alone are no correction then. A paper
    that could not be written is written the next time; written once, it is left alone.
    """
    form_set = checked.form_set
    made = summaries_of(work.book, str(period), form_set.code)
    if len(made) < 2 or _written(work, made[-1].path):
        return None
    base, gone = _base(work, made)
    one = _amendment(work, checked, period, base, made[-1].number)
    corrected = any(moved.code for moved in one.units)
    if not (one.units and (corrected or gone)):
        return None
    with spoken(work.office.settings.language):
        stem = say(
            "amendment.file", period=period, code=work.office.unit.code, number=made[-1].number,
            set=safe_name(name_of(form_set)),
        )  # fmt: skip
    path, digest = _write(work, checked, one, work.office.summaries(str(period)) / f"{stem}.xlsx")
    told = {"file": path.name, "digest": digest, "summary": made[-1].path}
    work.book.record(_EVENT, told, work.at)
    return path


def amended_upward(work: Work, checked: CheckedSet, period: Period) -> Corrected | None:
    """
    Tell what the newest version corrects in one that went up.

    A paper that somebody has removed is written again; one that was worked in stays as it is.
    """
    made = summaries_of(work.book, str(period), checked.form_set.code)
    if len(made) < 2:
        return None
    base, gone = _base(work, made)
    one = _amendment(work, checked, period, base, made[-1].number)
    if not (gone and one.units):
        return None
    amend(work, checked, period)
    told = _written(work, made[-1].path)
    path = work.office.summaries(str(period)) / told["file"]
    if not path.is_file():
        path, digest = _write(work, checked, one, path)
        told = {**told, "digest": digest}
    return Corrected(one, path, told["digest"])


def _write(work: Work, checked: CheckedSet, one: Amendment, path: Path) -> tuple[Path, str]:
    target = write_safely(path)
    with target as temp:
        write_amendment(one, checked.form_set, temp, work.now)
    return target.path, digest_of_file(target.path)


def _written(work: Work, summary: str) -> dict[str, str]:
    """Give what was recorded of the paper of a version; nothing if it has none."""
    events = work.book.events()
    return next((t for _, w, t in events if w == _EVENT and t["summary"] == summary), {})


def _base(work: Work, made: Sequence[Made]) -> tuple[int, bool]:
    """Number the version that the newest is held against, and tell whether that went up."""
    gone = _gone_up(work, made)
    earlier = [one.number for one in made[:-1]]
    base = max(gone & set(earlier), default=earlier[-1])
    return base, base in gone


def _gone_up(work: Work, made: Sequence[Made]) -> set[int]:
    """
    Number the versions that went up: with a letter, signed to the end, or when the period closed.
    """
    numbers = {one.path: one.number for one in made}
    period, set_code = made[-1].period, made[-1].set_code
    signed = {"period": period, "set": set_code, "step": STEPS[-1]}
    received, send_by = taken_above(work.book), work.office.settings.send_by
    gone = {
        one.number for one in made if one.digest in received or went_up(work.book, one, send_by)
    }
    last = 0
    for _, what, told in work.book.events():
        if what == "summary":
            last = numbers.get(told["file"], last)
        elif what == "closed" and told["period"] == period:
            gone.add(last)
        elif what == "signed" and signed.items() <= told.items():
            gone.add(told["number"])
    return gone


def _amendment(work: Work, checked: CheckedSet, period: Period, old: int, new: int) -> Amendment:
    form_set = checked.form_set
    before, after = (
        summary_now(summary_of(work.book, str(period), form_set.code, number), form_set)
        for number in (old, new)
    )
    later = tuple(_later(work, checked, period))
    opened = [one for one in closings_of(work.book, str(period)) if not one.closed]
    return Amendment(
        before=before,
        after=after,
        units=tuple(unit_changes(before, after, form_set, _decided(work, checked, period))),
        totals=tuple(total_changes(before, after, form_set)),
        comparisons=(
            *own_comparisons(before, after, form_set),
            *later_comparisons(before, after, form_set, later),
        ),
        ranks=tuple(rank_changes(before, after, form_set)),
        officer=opened[-1].officer if opened else "",
        reason=opened[-1].reason if opened else "",
    )


def _later(work: Work, checked: CheckedSet, period: Period) -> Iterator[Summary]:
    """Give the last summaries of the periods that look back at this one, in their order."""
    periods = map(Period.parse, summarised_periods(work.book, checked.form_set.code))
    for other in sorted(one for one in periods if period in earlier_periods(one)):
        summary = last_summary(work.book, str(other), checked.form_set.code)
        if summary:
            yield summary_now(summary, checked.form_set)


def _decided(work: Work, checked: CheckedSet, period: Period) -> dict[str, tuple[str, str]]:
    """Give by unit the officer who chose among its files, and why."""
    answers = answers_of(work.book)
    found: dict[str, tuple[str, str]] = {}
    for file in files_of(work.book, period=str(period), set_code=checked.form_set.code):
        for finding in file.findings:
            answer = answers.get(finding.key(file.unit, file.period, file.set_code))
            if answer and finding.code == "two_returns":
                found[file.unit] = (answer.officer, answer.reason)
    return found
