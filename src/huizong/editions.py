"""Write one version of a summary: entered in the book, then in its place, never over another."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec

from huizong.aggregate import totals_reading
from huizong.entries import answers_of, save_all_findings
from huizong.history import Made, save_summary
from huizong.keeping import safe_name
from huizong.language import CheckedSet
from huizong.outgoing import Spotted, numbers_of_persons
from huizong.records import Finding, Summary
from huizong.safely import free_name, write_safely
from huizong.settle import settle
from huizong.texts import LANGUAGES, say, spoken
from huizong.work import Work
from huizong.write import summary_bytes

# The finding that keeps a summary from going up until an officer has looked at it.
PERSONAL = "personal_number"


def personal_in(summary: Summary) -> int:
    """Count the numbers of persons in a summary that nobody has released."""
    return sum(one.stands and one.finding.code == PERSONAL for one in summary.findings)


class Published(msgspec.Struct, frozen=True):
    """
    One summary: where it stands, its 汇总校验码, whether it is new, its 数据更正单 if any.

    `differs` names the parts in which it differs from the version before.
    """

    summary: Summary
    path: Path
    checksum: str
    new: bool
    amended: Path | None = None
    differs: tuple[str, ...] = ()

    @property
    def personal(self) -> int:
        """How many numbers of persons stand in it that nobody has released: it must not go up."""
        return personal_in(self.summary)

    @property
    def moved(self) -> bool:
        """Whether a file that is not ours, or is open, has the usual name."""
        return not self.path.stem.endswith(f"_v{self.summary.number:02}")


def is_there(work: Work, checked: CheckedSet, summary: Summary, made: Made) -> bool:
    """
    Write a published version anew, byte for byte, if its file is gone; tell whether it is there.

    A run that was killed between entering it and giving the file its name left it so.
    """
    path = work.office.summary_file(made)
    if path.exists():
        return True
    for language in LANGUAGES:
        with spoken(language):
            content, _ = summary_bytes(summary, checked.form_set)
        if hashlib.sha256(content).hexdigest() == made.digest:
            with write_safely(path) as temp:
                temp.write_bytes(content)
            return True
    # Another version of the program writes other bytes: that would be another summary.
    return False


def write_edition(work: Work, checked: CheckedSet, summary: Summary) -> Published:
    """Write a new version: entered in the book first, so that no file is there that it misses."""
    period = summary.identity.period
    # Another name than the usual, if a file that we did not enter has it.
    path = free_name(work.office.summaries(period) / summary_name(checked, summary))
    work.progress("write", 0, 1)
    content, checksum = summary_bytes(summary, checked.form_set)
    found = [_finding(one) for one in numbers_of_persons(content)]
    if found != [one.finding for one in summary.findings if one.finding.code == PERSONAL]:
        # Asked in the summary as well, where what was found is hidden.
        summary = with_personal(work, summary, found)
        content, checksum = summary_bytes(summary, checked.form_set)
    digest = hashlib.sha256(content).hexdigest()
    code = checked.form_set.code
    with write_safely(path) as temp:
        temp.write_bytes(content)
        made = Made(period, code, summary.number, path.name, digest, checksum, work.at)
        _enter(work, made, summary)
    work.progress("write", 1, 1)
    return Published(summary, path, checksum, new=True)


def _finding(one: Spotted) -> Finding:
    details = {"kind": say(f"personal.{one.kind}"), "found": one.text}
    return Finding(PERSONAL, "ask", one.sheet, one.cell, details=details)


def with_personal(work: Work, summary: Summary, found: Sequence[Finding]) -> Summary:
    """Ask of each number of a person in a summary whether it may go up."""
    others = [one for one in summary.findings if one.finding.code != PERSONAL]
    asked = settle(found, totals_reading(summary), answers_of(work.book))
    return msgspec.structs.replace(summary, findings=(*others, *asked))


def _enter(work: Work, made: Made, summary: Summary) -> None:
    with work.book.writing():
        save_summary(work.book, made, summary)
        # Beside those of files, so that the officer's answers find them.
        place = (summary.identity.code, made.period, made.set_code)
        entry = (f"summary {made.period} {made.set_code}", place, summary.findings)
        save_all_findings(work.book, "", work.at, [entry])
        told = {"file": made.path, "digest": made.digest, "checksum": made.checksum}
        work.book.record("summary", told, work.at)


def summary_name(checked: CheckedSet, summary: Summary) -> str:
    """Name a summary: 【HZ】2026Q1_990101001000_矛盾纠纷调解_汇总_v01.xlsx."""
    identity = summary.identity
    line = safe_name(checked.form_set.zh)
    return f"【HZ】{identity.period}_{identity.code}_{line}_汇总_v{summary.number:02}.xlsx"
