"""Draft the letters that carry summaries to the office above: what they say, what keeps one."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from huizong.amend import amended_upward
from huizong.closing import Open
from huizong.draft_entries import AMENDED, SUBMISSION, summary_parts
from huizong.draft_files import read_draft
from huizong.editions import PERSONAL
from huizong.enclosures import details_of, locked
from huizong.errors import HuizongError
from huizong.findings import with_sheet
from huizong.history import Made, last_summary
from huizong.keeping import safe_name
from huizong.letter_writing import (
    BEFORE,
    THERE,
    Asked,
    Outcome,
    draft,
    fields_of,
    lines_of,
    set_name,
)
from huizong.letters import Attachment
from huizong.letters_amended import correction_fields
from huizong.outgoing import numbers_of_persons
from huizong.paperwork import newest
from huizong.periods import Period
from huizong.ready import ready_to_submit
from huizong.records import AuditedFinding, Summary, Unit
from huizong.texts import listed, marked, name_of, say, spoken
from huizong.wholeness import digest_of_file
from huizong.work import Work, checked_sets


class Submitted(msgspec.Struct, frozen=True):
    """
    A summary that goes up, the files of its letter, and what became of the letter.

    `files` can be looked into, `leaving` are the same as they leave: under the password, if any.
    """

    made: Made
    files: tuple[Attachment, ...]
    leaving: tuple[Attachment, ...]
    letter: Outcome

    @property
    def before(self) -> bool:
        """Whether its letter was written before, with what was to be attached then."""
        return self.letter.fate in BEFORE

    def other_files(self) -> bool:
        """Whether a draft that lies there has other files than would be attached to it now."""
        if self.letter.fate != THERE:
            return False
        return set(read_draft(self.letter.path.read_bytes()).attachments) != set(self.files)


def submissions(
    work: Work, period: Period, set_code: str = "", *, again: bool = False, password: str = ""
) -> tuple[Submitted, ...]:
    """
    Draft the letters of the summaries that may go up; all of them or none.

    With a password every file is put under it; the letter says that it comes by another way.

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
        plain = [_submission(work, period, one) for one in made]
        asked = [_locked(one, password) for one in plain] if password else plain
        done = [draft(work, period, one, again=again) for one in asked]
    files = ([one.attachments for one in some] for some in (plain, asked))
    return tuple(map(Submitted, made, *files, done))


def _locked(asked: Asked, password: str) -> Asked:
    files = tuple(locked(one, password) for one in asked.attachments)
    fields = asked.fields
    for plain, file in zip(asked.attachments, files, strict=True):
        named = ((key, fields[key]) for key in ("file", "paper") if key in fields)
        fields = fields | {key: text.replace(plain.name, file.name) for key, text in named}
    foot = say("letter.locked")
    return msgspec.structs.replace(asked, attachments=files, fields=fields, foot=foot)


def _submission(work: Work, period: Period, made: Made) -> Asked:
    summary = last_summary(work.book, made.period, made.set_code)
    file = work.office.summary_file(made)
    name = _upper_name(work)
    fields = fields_of(work, period, name) | {
        "set": set_name(made.set_code), "version": str(made.number),
        "reported": str(summary.reported), "expected": str(len(summary.units)),
        "absent": lines_of(_absent(summary)), "explanations": lines_of(_explanations(summary)),
        "checksum": made.checksum, "digest": digest_of_file(file),
    }  # fmt: skip
    kind, attached, details = SUBMISSION, [file], details_of(work, made)
    fields["file"] = listed((file.name, *(one.name for one in details)))
    checked = checked_sets()[made.set_code]
    if corrected := amended_upward(work, checked, period):
        kind = AMENDED
        attached.append(corrected.paper)
        fields |= correction_fields(corrected.moved, checked.form_set, corrected.paper.name)
    upper = Unit(code=work.office.unit.parent, name=name, parent="")
    return Asked(
        kind=kind, fields=fields, about=summary_parts(made),
        unit=msgspec.structs.replace(upper, mail=work.office.settings.upper_mail),
        path=work.office.upward(made.period) / f"{safe_name(say(f'letter_kind.{kind}'))}"
        f"_{file.stem}.eml",
        attachments=(*(Attachment(one.name, one.read_bytes()) for one in attached), *details),
    )  # fmt: skip


def _upper_name(work: Work) -> str:
    """Give the name of the office above, where the roster has it."""
    above = work.office.unit.parent
    return next((one.name for one in work.office.roster if one.code == above), say("letter.upper"))


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
    summary = last_summary(work.book, made.period, made.set_code)
    known = sum(one.finding.code == PERSONAL for one in summary.findings)
    count = max(_written_in(work.office.summary_file(made), made.digest) - known, 0)
    if corrected := amended_upward(work, checked_sets()[made.set_code], period):
        count += _written_in(corrected.paper, corrected.digest)
    if count:
        yield Open("personal", {"set": set_name(made.set_code), "count": count})


def _written_in(file: Path, digest: str) -> int:
    """Count the numbers of persons in a file that somebody has worked in since it was made."""
    return 0 if digest_of_file(file) == digest else len(numbers_of_persons(file.read_bytes()))
