"""Carry the key of digests down: written beside the blanks, taken in where files are collected."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from huizong.digests import (
    ENDING,
    counts_names,
    key_for_issuing,
    key_of,
    take_key,
    write_key,
)
from huizong.entries import Received, save_files
from huizong.keeping import safe_name
from huizong.letter_entries import claims_of
from huizong.office import reports_in
from huizong.periods import Period
from huizong.records import NOT_A_RETURN, PENDING, SUMMARY, Finding, Unit
from huizong.unit_levels import role_below
from huizong.work import Work

TAKEN, BY_LETTER = "file_key_taken", "file_key_by_letter"
# A key that came by letter waits until a person puts it into 收表: nobody proves who sent it.
HELD = BY_LETTER.removeprefix("file_")


def issue_keys(work: Work, period: Period, set_code: str = "") -> tuple[Path, ...]:
    """Write the key for every office below, if any figure is counted by name; never for others."""
    if not any(counts_names(checked.form_set) for checked in work.sets(period, set_code)):
        return ()
    below = offices_below(work, period)
    if not below:
        return ()
    known = key_of(work.book)
    key = key_for_issuing(work.book, work.office.unit.code, work.at)
    if known is None:
        work.book.record("digest_key_made", {"mark": key.mark}, work.at)
    folder = work.office.issued(str(period))
    paths = tuple(folder / key_file_name(unit) for unit in below)
    for path, unit in zip(paths, below, strict=True):
        write_key(path, key, work.office.unit.code, unit.code)
    return paths


def key_file_name(unit: Unit) -> str:
    """Name the file by which an office below gets the key."""
    return f"去重密钥_{unit.code}_{safe_name(unit.name)}{ENDING}"


def offices_below(work: Work, period: Period) -> tuple[Unit, ...]:
    """List the units that are offices themselves, not communities."""
    own = work.office.unit.code
    return tuple(
        unit
        for unit in work.office.roster
        if unit.parent == own != unit.code
        and role_below(unit) == SUMMARY
        and reports_in(unit, period)
    )


def is_key_file(file: Received) -> bool:
    """Whether a stored file is a key rather than a return."""
    return file.kept_as.endswith(ENDING)


def take_keys(work: Work, files: Sequence[Received]) -> tuple[Received, ...]:
    """Take keys in, oldest first; each file says what became of it and is no return."""
    before = key_of(work.book)
    letters = claims_of(work.book, "")
    done = []
    with work.book.writing():
        for file in files:
            data = (work.office.originals / file.kept_as).read_bytes()
            held = file.digest in letters
            code = BY_LETTER if held else take_key(work.book, data, work.office.unit)
            finding = Finding(code, "info" if code == TAKEN else "note")
            done.append(
                msgspec.structs.replace(
                    file, state=PENDING if held else NOT_A_RETURN,
                    reason=code.removeprefix("file_"), findings=(finding,),
                )
            )  # fmt: skip
        save_files(work.book, done)
        after = key_of(work.book)
        if after and after != before:
            work.book.record("digest_key_taken", {"mark": after.mark}, work.at)
    return tuple(done)
