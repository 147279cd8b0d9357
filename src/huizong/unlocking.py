"""Open the workbooks that came under a password, once it is typed; what is in them is taken in."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import msgspec

from huizong import collect as collecting
from huizong.archives import Member
from huizong.children import Children
from huizong.clock import CHINA
from huizong.entries import Received, files_of, save_files
from huizong.locked import unlock
from huizong.records import NOT_A_RETURN, RETURNED, Finding
from huizong.refused import Refused
from huizong.take_in import UNPACKED
from huizong.work import Work

TASK = "huizong.unlocking:unlock_file"
# Why the reader turned such a file away.
LOCKED = "encrypted"


class Tried(msgspec.Struct, frozen=True):
    """The files that a password has opened, entered as such, and those that it has not."""

    opened: tuple[Received, ...] = ()
    closed: tuple[Received, ...] = ()


def unlock_file(path: str, password: str) -> bytes:
    """Give what is in one stored file, nothing if the password is another. The task of a child."""
    try:
        return unlock(Path(path).read_bytes(), password)
    except Refused:
        return b""


def unlock_waiting(work: Work, password: str) -> Tried:
    """
    Try a password on every file that waits for one; what is in it is stored as a file of its own.

    The original stays as it came; nobody needs the password again, and it is kept nowhere.
    """
    waiting = [f for f in files_of(work.book, states=(RETURNED,)) if f.reason == LOCKED]
    contents = _contents(work, waiting, password)
    opened = [file for file in waiting if contents[file.digest]]
    if opened:
        members = dict(_member(file, contents[file.digest]) for file in opened)
        reason = collecting.STORED
        collecting.store_members(work.office, work.book, members, work.now, reason=reason)
        save_files(work.book, map(_entry, opened))
    closed = tuple(file for file in waiting if not contents[file.digest])
    return Tried(tuple(map(_entry, opened)), closed)


def _contents(work: Work, files: Sequence[Received], password: str) -> dict[str, bytes]:
    if not files:
        return {}
    jobs = ((str(work.office.originals / one.kept_as), password) for one in files)
    with Children(1, TASK) as children:
        return {files[one.index].digest: one.value or b"" for one in children.run(jobs)}


def _member(file: Received, content: bytes) -> tuple[str, Member]:
    """
    Name what is in a file, as old as it is, by a place below its own: its letter stays known.

    Two files of one name may come to one place one after the other: the digest tells them apart.
    """
    made = dt.datetime.fromisoformat(file.made_at or file.received_at).replace(tzinfo=CHINA)
    member = Member(file.name, int(made.timestamp()) * 10**9, content)
    return f"{file.source}/{file.digest[:16]}/{file.name}", member


def _entry(file: Received) -> Received:
    told = Finding("file_unlocked", "note")
    return msgspec.structs.replace(file, state=NOT_A_RETURN, reason=UNPACKED, findings=(told,))
