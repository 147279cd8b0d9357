"""Write the 数据更正单 of a summary's newest version, once, beside the summary."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from huizong.amendment_paper import write_amendment
from huizong.amendments import (
    Amendment,
    later_comparisons,
    own_comparisons,
    rank_changes,
    total_changes,
    unit_changes,
)
from huizong.entries import answers_of, files_of
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
from huizong.paperwork import STEPS
from huizong.past import earlier_periods
from huizong.periods import Period
from huizong.records import Summary
from huizong.safely import write_safely
from huizong.texts import name_of, say, spoken
from huizong.wholeness import digest_of_file
from huizong.work import Work

_EVENT = "amendment"


def amend(work: Work, checked: CheckedSet, period: Period) -> Path | None:
    """
    Write the paper for the newest version if it corrects an earlier one, and give its path.

    It is held against the last version that went up (closed or signed), whatever was made between;
    before that against the version before, and late returns alone are no correction then. A paper
    that could not be written is written the next time; written once, it is left alone.
    """
    form_set = checked.form_set
    made = summaries_of(work.book, str(period), form_set.code)
    if len(made) < 2 or _written(work, made[-1].path):
        return None
    gone = _gone_up(work, made)
    earlier = [one.number for one in made[:-1]]
    base = max(gone & set(earlier), default=earlier[-1])
    one = _amendment(work, checked, period, base, made[-1].number)
    corrected = any(moved.code for moved in one.units)
    if not (one.units and (corrected or base in gone)):
        return None
    with spoken(work.office.settings.language):
        stem = say(
            "amendment.file", period=period, code=work.office.unit.code, number=made[-1].number,
            set=safe_name(name_of(form_set)),
        )  # fmt: skip
    target = write_safely(work.office.summaries(str(period)) / f"{stem}.xlsx")
    with target as temp:
        write_amendment(one, form_set, temp, work.now)
    digest = digest_of_file(target.path)
    told = {"file": target.path.name, "digest": digest, "summary": made[-1].path}
    work.book.record(_EVENT, told, work.at)
    return target.path


def _written(work: Work, summary: str) -> bool:
    events = work.book.events()
    return any(what == _EVENT and told["summary"] == summary for _, what, told in events)


def _gone_up(work: Work, made: Sequence[Made]) -> set[int]:
    """Number the versions that stood when the period was closed, or that were signed to the end."""
    numbers = {one.path: one.number for one in made}
    period, set_code = made[-1].period, made[-1].set_code
    signed = {"period": period, "set": set_code, "step": STEPS[-1]}
    gone: set[int] = set()
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
        summary_of(work.book, str(period), form_set.code, number) for number in (old, new)
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
            yield summary


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
