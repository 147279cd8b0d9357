"""Check summaries in child processes: what others sent is never opened in this one."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from huizong.archives import Unpacked, unpack_returns
from huizong.children import Children
from huizong.errors import HuizongError
from huizong.gate import Refused
from huizong.outgoing import numbers_of_persons
from huizong.periods import Period
from huizong.read import Read, Refusal, read_bytes, read_workbook, refusal
from huizong.records import SUMMARY, Finding, Reading, level_of
from huizong.verify import Fault, Verification, verify_file, verify_sheets, verify_sources
from huizong.workbooks import open_workbook

SHOWN = 12
A_RETURN = "a_return"  # why a file is not checked: a unit's return was given


class Checked(msgspec.Struct, frozen=True):
    """What a check came to: faults as (code, sheet, cell, found, expected), or why it failed."""

    faults: tuple[tuple[str, str, str, str, str], ...] = ()
    personal: tuple[tuple[str, str, str, str, str], ...] = ()
    checksum: str = ""
    refused: str = ""
    details: Mapping[str, str] = {}


def read_file(path: str) -> bytes:
    """
    Read one stored file; the task of a child. Gives a Read, a Refusal or an Unpacked as msgpack.

    A summary is checked against itself too; an archive is taken apart.
    """
    data = Path(path).read_bytes()
    try:
        book = open_workbook(data)
        readings = tuple(read_workbook(book))
    except Refused as refused:
        packed = refused.details.get("kind") == "zip"
        return msgspec.msgpack.encode(_unpacked(data) if packed else refusal(refused))
    if any(reading.identity.role == SUMMARY for reading in readings):
        faults = verify_sheets({sheet.name: sheet.rows for sheet in book.sheets}).faults
        readings = tuple(_with_faults(reading, faults) for reading in readings)
    return msgspec.msgpack.encode(Read(readings))


def _unpacked(data: bytes) -> Unpacked | Refusal:
    try:
        return unpack_returns(data)
    except Refused as refused:
        return refusal(refused)


def _with_faults(reading: Reading, faults: tuple[Fault, ...]) -> Reading:
    """A summary that contradicts itself is a question: which cell was changed after it was made?"""
    found = tuple(
        Finding("seal_summary", "must", fault.sheet, fault.cell, fault.code,
                {"found": fault.found, "expected": fault.expected, "why": fault.words()})
        for fault in faults[:SHOWN]
    )  # fmt: skip
    return msgspec.structs.replace(reading, findings=(*reading.findings, *found))


def check_file(path: str, sources: str) -> bytes:
    """Verify one summary, and its sources if a folder is given. The task of a child."""
    try:
        verification = verify_file(Path(path))
        faults = list(verification.faults)
        if sources and not faults:
            faults += verify_sources(Path(path), Path(sources), reading_of).faults
    except Refused as refused:
        return msgspec.msgpack.encode(Checked(refused=refused.code))
    if faults and _is_return(Path(path).read_bytes()):
        return msgspec.msgpack.encode(Checked(refused=A_RETURN))
    rows = tuple((f.code, f.sheet, f.cell, f.found, f.expected) for f in faults)
    spotted = numbers_of_persons(Path(path).read_bytes())
    persons = tuple((one.kind, one.sheet, one.cell, one.text, "") for one in spotted[:SHOWN])
    return msgspec.msgpack.encode(Checked(rows, persons, verification.checksum))


def _is_return(data: bytes) -> bool:
    """Whether a workbook is what a unit fills in, and no summary at all."""
    result = read_bytes(data)
    return isinstance(result, Read) and all(r.identity.role != SUMMARY for r in result.readings)


def reading_of(path: Path, set_code: str) -> Reading:
    """
    Read a stored file's figures of one form set as they are counted, worked out anew.

    Raises:
        Refused: If it cannot be read.
    """
    result = read_bytes(path.read_bytes())
    if isinstance(result, Refusal):
        raise Refused(result.code)
    readings = {reading.identity.set_code: reading for reading in result.readings}
    return _worked_out(readings.get(set_code, result.readings[0]))


def _worked_out(reading: Reading) -> Reading:
    """A cell may show a result that is out of date, or nothing under a zero report."""
    # Imported late: reading needs none of it, and a child starts faster without.
    from huizong.audit import audit
    from huizong.ground import Header
    from huizong.work import checked_sets

    identity = reading.identity
    header = Header(Period.parse(identity.period), level_of(identity.code))
    past = msgspec.structs.replace(reading, figures=reading.previous)
    done = audit(checked_sets()[identity.set_code], [reading], [header], [past], [None])
    return done.readings[0]


def verify(path: Path, sources: Path | None = None) -> Verification:
    """
    Verify a summary in a child process, against itself and against the files it came from.

    Raises:
        HuizongError: If it cannot be read at all (`error.not_a_summary`).
    """
    if not path.is_file():
        raise HuizongError("error.no_file", path=path)
    with Children(1, "huizong.checking:check_file", seconds=600) as children:
        (outcome,) = children.run([(str(path), str(sources or ""))])
    if outcome.value is None:
        raise HuizongError("error.not_a_summary", file=path.name, why=outcome.died)
    checked = msgspec.msgpack.decode(outcome.value, type=Checked)
    if checked.refused == A_RETURN:
        raise HuizongError("error.return_no_summary", file=path.name)
    if checked.refused:
        raise HuizongError("error.not_a_summary", file=path.name, why=checked.refused)
    faults, persons = (
        tuple(Fault(*one) for one in rows) for rows in (checked.faults, checked.personal)
    )
    return Verification(faults, checked.checksum, persons)
