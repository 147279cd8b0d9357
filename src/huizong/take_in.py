"""Collect: store what lies in 收表, read it in child processes, file it under its unit."""

import contextlib
import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import msgspec

from huizong import collect as collecting
from huizong.archives import Member, Unpacked
from huizong.children import Children, Outcome
from huizong.entries import (
    Received,
    answers_of,
    digest_of,
    entry_key,
    files_of,
    readings_of,
    save_files,
    save_readings,
)
from huizong.findings import told
from huizong.forms import installed, templates_folder
from huizong.held import WITH_PASSWORD, came_under_password
from huizong.history import closings_of, issued_of
from huizong.inbox import Scan, ignored_name, stat_of
from huizong.keeping import keep
from huizong.key_files import HELD as HELD_KEY
from huizong.key_files import is_key_file, take_keys
from huizong.letter_entries import claims_of
from huizong.periods import Period
from huizong.placing import Placing, place
from huizong.read import Read, Refusal, form_sets
from huizong.records import NOT_A_RETURN, PENDING, RETURNED, Finding, Reading
from huizong.rereading import FAILED, read_again
from huizong.rivals import Replaced, replaced
from huizong.safely import RESERVE, require_space
from huizong.work import Work

TASK = "huizong.checking:read_file"
PROCESSES = 2
# Reasons of files that wait for the program itself: stored, but not read or filed yet.
UNREAD = ("stored", "recovered", collecting.IN_ARCHIVE)
# What became of an archive whose files were all taken in.
UNPACKED = "unpacked"
# A paper that an office below has sent with its summary, such as a 数据更正单.
BESIDE = "beside"
# Files with an open question about whose they are, or which period's, take no part until answered.
HELD = frozenset(
    (
        "unknown_unit", "unknown_period", "wrong_period", "name_code_differ", "not_ours_to_collect",
        "not_expected", "identity_contradicts", "identity_differs", "seal_wrong", "closed",
        "sender_unknown", "sender_unproved", "wrong_kind",
    )
)  # fmt: skip
_decode = msgspec.msgpack.Decoder(Read | Refusal | Unpacked).decode


class Collected(msgspec.Struct, frozen=True):
    """
    What a collection did: `filed` and `unfiled` are the files it dealt with, by their state.

    A file with several form sets stands there once for each; `keys` are keys of digests,
    `archives` those that were taken apart: what was in them stands there as files of its own;
    papers beside a summary are among them: nothing is to be done about either;
    `locked` those that the password typed has not opened; `replaced` tells by digest of files
    that came again which version is in use in their stead.
    """

    scan: Scan
    stored: tuple[collecting.Stored, ...]
    filed: tuple[Received, ...]
    unfiled: tuple[Received, ...]
    opened: int = 0
    keys: tuple[Received, ...] = ()
    archives: tuple[Received, ...] = ()
    locked: tuple[Received, ...] = ()
    replaced: Mapping[str, Replaced] = MappingProxyType({})

    @property
    def busy(self) -> tuple[Path, ...]:
        """Files that are still being written; another collection takes them."""
        late = (one.path for one in self.stored if one.fate == "busy")
        return (*self.scan.busy, *late)

    @property
    def known(self) -> int:
        """How many files were dealt with before; those that waited and were filed anew are not."""
        dealt = {file.source for file in (*self.filed, *self.unfiled)}
        return sum(place not in dealt for place in self.scan.seen)


def collect(work: Work, files: Sequence[Path] = (), readers: Children | None = None) -> Collected:
    """
    Take in what lies in 收表 (or `files`): stored before opened, read, filed; nothing is lost.

    `readers` may be kept from an earlier collection; else child processes are started if needed.

    Raises:
        DefinitionError: If a form set is wrong: no return must suffer for it.
    """
    form_sets()
    scan = collecting.scan(work.office, work.book, files)
    sizes = (stat.st_size for path in scan.found if (stat := stat_of(path)))
    require_space(work.office.folder, RESERVE + sum(sizes))
    stored = collecting.store(work.office, work.book, scan.found, work.now)
    keys: list[Received] = []
    placed: list[tuple[Received, Placing]] = []
    opened, held = 0, _held(work, files_of(work.book, states=(PENDING,)))
    again = read_again(work)
    with contextlib.ExitStack() as stack:
        # Twice where there are archives: what was in them waits after the first round.
        while unread := [*again, *_unread(work)]:
            again = []
            keys += take_keys(work, [file for file in unread if is_key_file(file)])
            unread = [file for file in unread if not is_key_file(file)]
            if unread and readers is None:
                readers = stack.enter_context(Children(PROCESSES, TASK))
            # Each is placed while the others are still being read.
            results = _read(work, unread, readers) if unread and readers else ()
            placed += _save(work, itertools.chain(results, held))
            opened, held = opened + len(unread), iter(())
        placed += _save(work, held)
    done = _collected(scan, stored, placed, keys, opened)
    again = [one.digest for one in stored if one.fate == "known"]
    return msgspec.structs.replace(done, replaced=replaced(work.book, again))


def _unread(work: Work) -> list[Received]:
    """
    List what waits to be read.

    What a killed run stored and did not enter comes last: letters and archives that are opened
    again give it its name and its sender.
    """
    waiting = files_of(work.book, states=(PENDING,))
    unread = [file for file in waiting if file.reason in UNREAD]
    held = [file for file in waiting if file.reason == HELD_KEY]
    letters = claims_of(work.book, "") if held else {}
    unread += [file for file in held if file.digest not in letters]
    return unread or list(collecting.sweep(work.office, work.book, work.now))


def _collected(
    scan: Scan, stored: tuple[collecting.Stored, ...],
    placed: Sequence[tuple[Received, Placing]], keys: Sequence[Received], opened: int,
) -> Collected:  # fmt: skip
    archives = tuple(file for file, _ in placed if file.reason in (UNPACKED, BESIDE))
    filed = tuple(file for file, placing in placed if placing.placed)
    left = [file for file, placing in placed if not placing.placed and file not in archives]
    wrong = [file for file in keys if file.reason != "key_taken"]
    taken = tuple(file for file in keys if file.reason == "key_taken")
    return Collected(scan, stored, filed, (*left, *wrong), opened, taken, archives)


def _read(
    work: Work, files: Sequence[Received], readers: Children
) -> Iterator[tuple[Received, Reading | Refusal]]:
    """Read stored files, each in a child process that may die of it."""
    jobs = ((str(work.office.originals / file.kept_as),) for file in files)
    for done, outcome in enumerate(readers.run(jobs), 1):
        work.progress("read", done, len(files))
        for number, result in enumerate(_results(work, files[outcome.index], outcome)):
            file = files[outcome.index]
            if number and isinstance(result, Reading):
                # The first set's entry has the file's own digest, each other one its own beside.
                file = msgspec.structs.replace(
                    file, digest=entry_key(file.digest, result.identity.set_code)
                )
            yield file, result


def _results(work: Work, file: Received, outcome: Outcome) -> tuple[Reading | Refusal, ...]:
    if outcome.value is None:
        died = {"file": file.digest[:16], "why": outcome.why, "kind": outcome.details}
        work.book.record("reader_died", died, work.at)
        return (Refusal(f"reader_{outcome.why}", {}),)
    result = _decode(outcome.value)
    if isinstance(result, Unpacked):
        result = _take_apart(work, file, result)
    return (result,) if isinstance(result, Refusal) else result.readings


def _take_apart(work: Work, archive: Received, unpacked: Unpacked) -> Refusal:
    """Store what an archive holds as files of their own, which the next round reads."""
    if archive.reason == collecting.IN_ARCHIVE:
        return Refusal("archive_inside", {"parts": archive.name})
    wanted = [one for one in unpacked.members if not ignored_name(one.name.rpartition("/")[2])]
    members = {f"{archive.source}/{one.name}": _dated(one, archive) for one in wanted}
    stored = collecting.store_members(work.office, work.book, members, work.now)
    known = sum(one.fate == "known" for one in stored)
    details = {"count": str(len(members)), "parts": "、".join(unpacked.closed)}
    details |= told("unpacked.known", "found", total=known) if known else {}
    return Refusal("archive_inside" if unpacked.closed else UNPACKED, details)


def _dated(member: Member, archive: Received) -> Member:
    """A file without a time of its own is as old as its archive."""
    if member.mtime_ns:
        return member
    made = dt.datetime.fromisoformat(archive.made_at).timestamp()
    return msgspec.structs.replace(member, mtime_ns=int(made) * 10**9)


def file_held(work: Work) -> tuple[Received, ...]:
    """File anew what waited for an answer or for a change of the roster; nothing is read anew."""
    held = _held(work, files_of(work.book, states=(PENDING,)))
    return tuple(file for file, _ in _save(work, held))


def _held(work: Work, waiting: Iterable[Received]) -> Iterator[tuple[Received, Reading | Refusal]]:
    held = {file.digest: file for file in waiting if file.reason in HELD}
    if held:
        for digest, reading in readings_of(work.book, held).items():
            yield held[digest], reading


def _save(
    work: Work, results: Iterable[tuple[Received, Reading | Refusal]]
) -> list[tuple[Received, Placing]]:
    """Enter readings and places in the book, and show each file to people under its unit."""
    answers = answers_of(work.book)
    accepted = frozenset(key for key, answer in answers.items() if answer.action == "accept")
    rejected = frozenset(key for key, answer in answers.items() if answer.action == "reject")
    issued = frozenset((one.period, one.set_code) for one in issued_of(work.book))
    current = _current(issued)
    last = {one.period: one for one in closings_of(work.book)}
    closed = {period: one.at for period, one in last.items() if one.closed}
    claims = claims_of(work.book, work.office.settings.mail_checks)
    placed: list[tuple[Received, Placing]] = []
    readings: dict[str, Reading] = {}
    for file, result in results:
        seal, asked = "", ""
        if isinstance(result, Reading):
            seal = work.book.check_seal(result.identity, result.seal)
            # Corrections of a period that was opened again are waited for, whatever came after.
            if result.identity.period not in last:
                asked = current.get(result.identity.set_code, "")
        placing = place(
            result, work.office, issued, seal, asked,
            digest=file.digest, accepted=accepted, today=work.now.date(), closed=closed,
            claims=claims.get(digest_of(file.digest), ()),
        )  # fmt: skip
        if rejected & set(placing.questions):
            placing = msgspec.structs.replace(placing, state=RETURNED, reason="turned_away")
        placed.append((_entry(file, placing, seal, result), placing))
        if isinstance(result, Reading) and file.reason in UNREAD:
            readings[file.digest] = result
    if not placed:
        return []
    with work.book.writing():
        # Files first: one with several form sets has entries that are new here.
        saved = save_files(work.book, [file for file, _ in placed])
        save_readings(work.book, readings, reader_version())
        work.book.put("DELETE FROM audited WHERE digest = ?", [(digest,) for digest in readings])
        # Within the transaction: a run that is killed here shows them the next time.
        _keep(work, saved)
    return [(file, placing) for file, (_, placing) in zip(saved, placed, strict=True)]


def _current(issued: Collection[tuple[str, str]]) -> dict[str, str]:
    """Tell which period each form set is being collected for: the last that was issued."""
    current: dict[str, str] = {}
    for period, code in sorted(issued, key=lambda one: Period.parse(one[0]).end):
        current[code] = period
    return current


def _entry(file: Received, placing: Placing, seal: str, result: Reading | Refusal) -> Received:
    findings = placing.findings
    if isinstance(result, Refusal):
        level = "note" if placing.state == NOT_A_RETURN or placing.reason == FAILED else "must"
        ours = result.code == "encrypted" and came_under_password(file.name)
        code = WITH_PASSWORD if ours else f"file_{result.code}"
        findings = (Finding(code, level, details=result.details),)
    return msgspec.structs.replace(
        file, state=placing.state, reason=placing.reason, findings=findings,
        period=placing.period, set_code=placing.set_code, role=placing.role,
        unit=placing.unit.code if placing.unit else "", seal=seal,
    )  # fmt: skip


def _keep(work: Work, files: Iterable[Received]) -> None:
    """Show filed returns under 已收/{period}/; the originals stay where they are."""
    units = {unit.code: unit for unit in (*work.office.roster, work.office.unit)}
    for file in files:
        if file.unit in units and file.period and file.state not in (RETURNED, NOT_A_RETURN):
            keep(
                work.office, work.office.originals / file.kept_as, file.period, units[file.unit],
                set_code=file.set_code, number=file.number,
            )  # fmt: skip


def reader_version() -> str:
    """Name the reader and the form sets it read by, so that an old reading is known as one."""
    return "1 " + " ".join(installed(templates_folder()))
