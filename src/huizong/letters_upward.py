"""Draft the letters that carry summaries to the office above: what they say, what keeps one."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from huizong.closing import Open
from huizong.editions import PERSONAL
from huizong.errors import HuizongError
from huizong.findings import with_sheet
from huizong.history import Made, last_summary
from huizong.keeping import safe_name
from huizong.letter_templates import SUBMISSION
from huizong.letter_writing import Asked, Outcome, draft, fields_of, lines_of, set_name
from huizong.letters import Attachment
from huizong.outgoing import numbers_of_persons
from huizong.paperwork import newest
from huizong.periods import Period
from huizong.ready import ready_to_submit
from huizong.records import AuditedFinding, Summary, Unit
from huizong.texts import marked, name_of, say, spoken
from huizong.wholeness import digest_of_file
from huizong.work import Work


def submissions(
    work: Work, period: Period, set_code: str = "", *, again: bool = False
) -> tuple[tuple[Made, ...], tuple[Outcome, ...]]:
    """
    Give the summaries that may go up, and what became of their letters; all of them or none.

    Raises:
        HuizongError: If there is none, or something keeps one from going (`error.cannot_submit`).
    """
    made = newest(work.book, period, set_code)
    still = [one for of in made for one in _keeping_back(work, period, of)]
    if still:
        lines = "\n".join(f"  {one}" for one in still)
        named = {"period": name_of(period), "lines": lines}
        raise HuizongError("error.cannot_submit", **named, open=tuple(still))
    with spoken(work.office.settings.language):
        asked = [_submission(work, period, one) for one in made]
        done = tuple(draft(work, period, one, again=again) for one in asked)
    return made, done


def _submission(work: Work, period: Period, made: Made) -> Asked:
    summary = last_summary(work.book, made.period, made.set_code)
    file = work.office.summary_file(made)
    name = say("letter.upper")
    fields = fields_of(work, period, name) | {
        "set": set_name(made.set_code), "version": str(made.number), "file": file.name,
        "reported": str(summary.reported), "expected": str(len(summary.units)),
        "absent": lines_of(_absent(summary)), "explanations": lines_of(_explanations(summary)),
        "checksum": made.checksum, "digest": digest_of_file(file),
    }  # fmt: skip
    attached = (file, *_amendment(work, made))
    upper = Unit(code=work.office.unit.parent, name=name, parent="")
    return Asked(
        kind=SUBMISSION, fields=fields, about=(made.period, made.set_code, made.checksum),
        unit=msgspec.structs.replace(upper, mail=work.office.settings.upper_mail),
        path=work.office.upward(made.period) / f"{safe_name(say('letter_kind.submission'))}"
        f"_{file.stem}.eml",
        attachments=tuple(Attachment(one.name, one.read_bytes()) for one in attached),
    )  # fmt: skip


def _amendment(work: Work, made: Made) -> Iterator[Path]:
    """Give the 数据更正单 of a summary that corrects an earlier one, if it is as it was written."""
    for _, what, told in work.book.events():
        if what == "amendment" and told["summary"] == made.path:
            path = work.office.summaries(made.period) / told["file"]
            if path.is_file() and digest_of_file(path) == told["digest"]:
                yield path


def _absent(summary: Summary) -> Iterator[str]:
    """Name the units that are not in the totals, and how they stand."""
    for entry in summary.units:
        if not entry.included:
            yield marked(f"{entry.unit.name}（{say(f'state.{entry.state}')}）")


def _explanations(summary: Summary) -> Iterator[str]:
    """Give the reasons that the units, and the office for its totals, have given."""
    for entry in (*summary.units, *filter(None, (summary.own,))):
        for one in entry.findings if entry.included else ():
            if one.explanation:
                yield marked(f"{entry.unit.name}：") + _reason(one)
    yield from (_reason(one) for one in summary.findings if one.explanation)


def _reason(one: AuditedFinding) -> str:
    return say("letter.reason", text=with_sheet(one.finding), reason=one.explanation)


def _keeping_back(work: Work, period: Period, made: Made) -> Iterator[Open]:
    """Say what keeps a summary back; what was written into its file since is looked through."""
    still = ready_to_submit(work, period, made.set_code)
    yield from still
    if still:
        return
    content = work.office.summary_file(made).read_bytes()
    if hashlib.sha256(content).hexdigest() != made.digest:
        summary = last_summary(work.book, made.period, made.set_code)
        known = sum(one.finding.code == PERSONAL for one in summary.findings)
        count = len(numbers_of_persons(content)) - known
        if count > 0:
            yield Open("personal", {"set": set_name(made.set_code), "count": count})
