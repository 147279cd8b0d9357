"""Put a unit's files up for the choice, with what is known of each."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from huizong.book import Book
from huizong.choosing import Candidate, Choice, choose
from huizong.earlier import readings_now
from huizong.entries import Answer, Received, files_of
from huizong.forms import FormSet
from huizong.history import copies_of
from huizong.records import ADOPTED, PENDING, RETURNED, WAITING, AuditedFinding, Reading
from huizong.settle import state_of


class Replaced(msgspec.Struct, frozen=True):
    """The version of a unit's return that came again, and the one that is in use instead."""

    number: int
    used: Received


def choose_file(
    book: Book, files: Sequence[Received], settled: Mapping[str, tuple[AuditedFinding, ...]],
    told: tuple[Mapping[str, Answer], FormSet],
) -> Choice:  # fmt: skip
    """Choose among a unit's files; a single file needs no comparison. `told`: answers, form set."""
    if len(files) == 1 and not files[0].put_aside:
        return _only(files[0], state_of(settled[files[0].digest]))
    acceptable = {
        file.digest for file in files if state_of(settled[file.digest]) not in ("to_mend", WAITING)
    }
    # A single one is compared with no other.
    compared = [file.digest for file in files] if len(acceptable) > 1 else ()
    readings = readings_now(book, compared, told[1])
    return choose([*_candidates(book, files, acceptable, readings)], *told)


def _candidates(
    book: Book, files: Sequence[Received], acceptable: set[str], readings: Mapping[str, Reading]
) -> Iterator[Candidate]:
    copies = copies_of(book, {one.corrects for one in readings.values()})
    for file in files:
        reading = readings.get(file.digest)
        copy = copies.get(reading.corrects) if reading else None
        yield Candidate(
            digest=file.digest, name=file.name, reading=reading,
            acceptable=file.digest in acceptable,
            received=file.received_at, made=file.made_at, put_aside=_put_aside(file),
            corrects=copy.digest if copy else "",
            may_change=frozenset(copy.cells if copy else ()),
        )  # fmt: skip


def _put_aside(file: Received) -> str:
    if not file.put_aside:
        return ""
    return "rejected" if file.state == RETURNED else "put_aside"


def _only(file: Received, state: str) -> Choice:
    if state == "to_mend":
        return Choice("", ((file.digest, RETURNED, "blocked"),))
    if state == WAITING:
        return Choice("", ((file.digest, PENDING, "asked"),))
    return Choice(file.digest, ((file.digest, ADOPTED, "adopted"),))


def replaced(book: Book, digests: Collection[str]) -> dict[str, Replaced]:
    """Find of these files those that were a return which another one has replaced."""
    found: dict[str, Replaced] = {}
    for file in files_of(book, digests=digests) if digests else ():
        place = {"period": file.period, "set_code": file.set_code, "unit": file.unit}
        if file.number and all(place.values()):
            rivals = files_of(book, **place, states=(ADOPTED,))
            used = [one for one in rivals if one.role == file.role and one.number != file.number]
            found |= {file.digest: Replaced(file.number, used[-1])} if used else {}
    return found
