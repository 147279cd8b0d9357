"""Draft the letters by which a period's blanks go out: what each unit is asked, and by when."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from huizong.closing import refuse_closed
from huizong.errors import HuizongError
from huizong.history import Issued, issued_of
from huizong.key_files import key_file_name, offices_below
from huizong.letter_templates import ISSUED
from huizong.letter_writing import (
    ALTERED,
    Asked,
    Outcome,
    draft_all,
    draft_path,
    fields_of,
    lines_of,
    set_name,
    units_of,
)
from huizong.letters import Attachment, is_address
from huizong.periods import Period
from huizong.records import UNIT, Unit
from huizong.texts import name_of, say, spoken
from huizong.wholeness import digest_of_file
from huizong.work import Work, checked_sets


def issued_letters(
    work: Work, period: Period, set_code: str = "", *, again: bool = False, unit: str = ""
) -> tuple[Outcome, ...]:
    """
    Draft a letter with its blanks to every community, and to every office below a letter that
    asks for its summary; form sets that the office has ceased to use are not asked for.

    Raises:
        HuizongError: If the period is closed (`error.closed`), or nothing of these sets was
            issued (`error.not_issued`).
    """
    refuse_closed(work, period)
    used = [one.form_set.code for one in work.sets(period, set_code)]
    issued = [one for one in issued_of(work.book, str(period)) if one.set_code in used]
    if not issued:
        raise HuizongError("error.not_issued", period=name_of(period))
    with spoken(work.office.settings.language):
        asked = [*_with_blanks(work, period, issued), *_for_summaries(work, period, issued)]
        return draft_all(work, period, asked, again=again, unit=unit)


def _with_blanks(work: Work, period: Period, issued: Sequence[Issued]) -> Iterator[Asked | Outcome]:
    """A blank that somebody has worked in is nobody's blank: such a unit gets no letter."""
    units = units_of(work)
    by_unit: dict[str, list[Issued]] = {}
    for one in issued:
        if one.role == UNIT and one.unit in units:
            by_unit.setdefault(one.unit, []).append(one)
    folder = work.office.issued(str(period))
    for code, some in by_unit.items():
        digests = {folder / one.path: one.digest for one in some}
        altered = [path for path, digest in digests.items() if not _is_whole(path, digest)]
        if altered:
            yield Outcome(
                kind=ISSUED, unit=code, name=units[code].name, fate=ALTERED, path=altered[0]
            )
            continue
        versions = {one.set_code: one.version for one in some}
        yield _asked(work, period, units[code], versions, tuple(digests), "blank")


def _is_whole(path: Path, digest: str) -> bool:
    return path.is_file() and digest_of_file(path) == digest


def _for_summaries(work: Work, period: Period, issued: Sequence[Issued]) -> Iterator[Asked]:
    versions = {one.set_code: one.version for one in issued}
    for unit in offices_below(work, period):
        wanted = {code: one for code, one in versions.items() if not unit.sets or code in unit.sets}
        key = work.office.issued(str(period)) / key_file_name(unit)
        if wanted:
            how = "key" if key.is_file() else "summary"
            yield _asked(work, period, unit, wanted, (key,) if how == "key" else (), how)


def _asked(
    work: Work, period: Period, unit: Unit, versions: dict[str, str], paths: tuple[Path, ...],
    how: str,
) -> Asked:  # fmt: skip
    named = (f"{code} {version}" for code, version in sorted(versions.items()))
    fields = {
        "asked": lines_of(_due(work, period, code) for code in versions),
        "count": str(len(versions)), "how": _how(work, how),
    }  # fmt: skip
    return Asked(
        kind=ISSUED, unit=unit, fields=fields_of(work, period, unit.name) | fields,
        # Blanks issued anew are the same letter, unless the officer wants another.
        about=(unit.code, str(period), *named),
        path=draft_path(work, period, ISSUED, unit.name),
        attachments=tuple(Attachment(one.name, one.read_bytes()) for one in paths),
    )  # fmt: skip


def _how(work: Work, how: str) -> str:
    """Say how to report: a summary by which way, to which address."""
    if how == "blank":
        return say("letter.how_blank")
    user = work.office.settings.mail_user
    mail = say("letter.mail_to", mail=user) if is_address(user) else say("letter.mail_back")
    asked = say("letter.how_summary", mail=mail)
    return f"{asked}\n\n{say('letter.how_key')}" if how == "key" else asked


def _due(work: Work, period: Period, code: str) -> str:
    days = checked_sets()[code].form_set.due_days
    due = work.office.settings.due(code, period, days)
    return say("letter.asked", set=set_name(code), due=due)
