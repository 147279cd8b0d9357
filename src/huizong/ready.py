"""Whether a summary may be submitted: it stands as it was made, signed where that is wanted."""

from collections.abc import Iterator

from huizong.closing import Open, faults_of_summary
from huizong.editions import personal_in
from huizong.history import last_summary
from huizong.paperwork import STEPS, last_made, steps_of
from huizong.periods import Period
from huizong.texts import listed, name_of, say
from huizong.work import Work, checked_sets


def ready_to_submit(work: Work, period: Period, set_code: str) -> tuple[Open, ...]:
    """
    List what keeps the last summary of a form set from being submitted; nothing if it may be.

    Units that are missing do not: the summary names them.
    """
    return tuple(_open(work, period, set_code))


def _open(work: Work, period: Period, set_code: str) -> Iterator[Open]:
    checked = checked_sets()[set_code]
    yield from faults_of_summary(work, checked, period)
    summary = last_summary(work.book, str(period), set_code)
    if summary and (count := personal_in(summary)):
        yield Open("personal", {"set": name_of(checked.form_set), "count": count})
    yield from _unsigned(work, period, set_code)


def unsigned(work: Work, period: Period) -> tuple[Open, ...]:
    """List the summaries of a period that are not signed to the end, where that is wanted."""
    return tuple(one for code in checked_sets() for one in _unsigned(work, period, code))


def _unsigned(work: Work, period: Period, set_code: str) -> Iterator[Open]:
    made = last_made(work.book, str(period), set_code)
    if made is None or not work.office.settings.signing:
        return
    done = {one.step for one in steps_of(work.book, made)}
    steps = [say(f"signing.{step}") for step in STEPS if step not in done]
    if steps:
        name = name_of(checked_sets()[set_code].form_set)
        said = {"set": name, "number": made.number}
        yield Open("unsigned", {**said, "steps": listed(steps)})
