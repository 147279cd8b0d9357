"""One writer at a time in an office's folder; the second is told who is at work."""

import contextlib
import getpass
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path

import filelock
import msgspec

from huizong.errors import HuizongError
from huizong.safely import temp_beside, told
from huizong.texts import action_name

LOCK, NOTE = ".huizong.lock", ".huizong.who"
# A command takes minutes. A note from another machine that has grown older than this was left
# by a crash; a younger one may stand on a share whose locks do not reach from machine to machine.
STALE_AFTER = 2 * 60 * 60
# So long a run may take; whose note says no more may have been switched off.
QUIET_AFTER = 15 * 60
PATIENCE, MOMENT = 60, 0.05  # so many times, so many seconds apart, a note is looked for


class Holder(msgspec.Struct, frozen=True):
    """Who works in the folder: the note beside the lock."""

    owner: str
    host: str
    pid: int
    since: str
    action: str = ""


def me(now: str, action: str = "") -> Holder:
    """Describe this process."""
    try:
        owner = getpass.getuser()
    except (KeyError, OSError):
        owner = str(os.getpid())
    return Holder(owner, platform.node(), os.getpid(), now, action)


@contextlib.contextmanager
def hold(folder: Path, holder: Holder) -> Iterator[Holder | None]:
    """
    Hold the folder's lock; gives the note that a crashed run left behind, or None.

    Raises:
        HuizongError: If it is held (`error.locked` with owner, host, since, action; of one's own
            on this computer `error.locked_here`, of a note that may be left `error.locked_left`).
    """
    lock = filelock.FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout as error:
        raise _told(folder, _note_coming(folder), holder) from error
    except OSError as error:
        raise told(error, folder / LOCK) from error
    try:
        left = read_note(folder)
        if left and left.host != holder.host and _age(folder) < STALE_AFTER:
            raise _told(folder, left, holder, quiet=_age(folder) > QUIET_AFTER)
        _write_note(folder, holder)
        try:
            yield left
        finally:
            # Left on a disk that is gone, it tells the next start that this one was cut off.
            with contextlib.suppress(OSError):
                (folder / NOTE).unlink(missing_ok=True)
    finally:
        lock.release()


def read_note(folder: Path) -> Holder | None:
    """Read who holds the folder, None if nobody or not to be told."""
    try:
        return msgspec.json.decode((folder / NOTE).read_bytes(), type=Holder)
    except (OSError, msgspec.DecodeError):
        return None


def _note_coming(folder: Path) -> Holder | None:
    """Read the note; who has just taken the lock writes it in the next moment."""
    for _ in range(PATIENCE):
        note = read_note(folder)
        if note:
            return note
        time.sleep(MOMENT)
    return None


def _write_note(folder: Path, holder: Holder) -> None:
    # Under one name, which the next start writes over: killed here, a run has left no note yet.
    temp = folder / f"{NOTE}.part"
    try:
        temp.write_bytes(msgspec.json.encode(holder))
        temp.replace(folder / NOTE)
    except OSError as error:
        with contextlib.suppress(OSError):
            temp.unlink(missing_ok=True)
        raise told(error, folder / NOTE) from error


def _told(
    folder: Path, other: Holder | None, asking: Holder, *, quiet: bool = False
) -> HuizongError:
    """Say who is at work; only a note that nobody's lock stands behind (`quiet`) may be removed."""
    if other is None:
        # The note cannot be read, or has not come.
        return HuizongError("error.locked_by_someone", folder=folder)
    details = msgspec.structs.asdict(other)
    details |= {"name": action_name(other.action), "time": _readable(other.since, asking.since)}
    own = (other.owner, other.host) == (asking.owner, asking.host)
    code = "error.locked_here" if own else "error.locked_left" if quiet else "error.locked"
    return HuizongError(code, **details, note=folder / NOTE)


def _readable(since: str, now: str) -> str:
    """Give the time of day; before today the day too."""
    day, _, rest = since.partition("T")
    return rest[:5] if rest and now.startswith(day) else f"{day} {rest[:5]}".strip()


def _age(folder: Path) -> float:
    """Seconds since the note was written, both by the clock of the disk: hosts' clocks differ."""
    probe = temp_beside(folder / NOTE)
    probe.write_bytes(b"0")
    try:
        return probe.stat().st_mtime - (folder / NOTE).stat().st_mtime
    finally:
        probe.unlink()
