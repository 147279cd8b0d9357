"""Whether the book of record is whole: its checksum beside it, its last whole copies in 备份."""

import contextlib
import datetime as dt
import hashlib
import re
import shutil
from pathlib import Path

from huizong.errors import HuizongError
from huizong.safely import sync_folder, write_safely

BACKUPS = "备份"
DAYS_KEPT = 14
_DAILY = re.compile(r"-\d{8}$")


def sum_of(path: Path) -> Path:
    """Name the file that holds a book's checksum."""
    return path.with_name(f".{path.stem}.sum")


def is_whole(path: Path) -> bool | None:
    """
    Tell whether every byte is what it was when the book was closed; None if that is not known.

    While it is being changed, and after a crash, there is no checksum; SQLite then mends it, and
    the book looks into itself. A book put back from 备份 is whole.
    """
    try:
        told = sum_of(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    if len(told) != 64 or _is_unfinished(path):
        return None
    found = digest_of_file(path)
    return found == told or any(digest_of_file(copy) == found for copy in copies(path))


def _is_unfinished(path: Path) -> bool:
    """A journal with something in it is a change that the next opening takes back."""
    journal = path.with_name(path.name + "-journal")
    return journal.exists() and journal.stat().st_size > 0


def digest_of_file(path: Path) -> str:
    """Give a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def mark_changing(path: Path) -> None:
    """Take the checksum away, durably, before the first change."""
    told = sum_of(path)
    if told.exists():
        told.unlink()
        sync_folder(path.parent)


def mark_whole(path: Path) -> None:
    """Put the checksum of a closed book beside it; where that fails the book is only not known."""
    if _is_unfinished(path):
        return
    with contextlib.suppress(HuizongError, OSError), write_safely(sum_of(path)) as temp:
        temp.write_text(digest_of_file(path) + "\n", encoding="ascii")


def copies(path: Path) -> list[Path]:
    """List the copies in 备份, oldest first."""
    found = (path.parent / BACKUPS).glob(f"{path.stem}-*{path.suffix}")
    return sorted(found, key=lambda copy: (copy.stat().st_mtime_ns, copy.name))


def keep_copy(path: Path, today: dt.date) -> None:
    """
    Copy a closed book byte for byte into 备份, one copy a day for two weeks.

    Nothing depends on it: a disk too full for it is told by the next command.
    """
    target = path.parent / BACKUPS / f"{path.stem}-{today:%Y%m%d}{path.suffix}"
    with contextlib.suppress(HuizongError, OSError):
        with write_safely(target) as temp:
            temp.touch(0o600)
            shutil.copyfile(path, temp)
        daily = [copy for copy in copies(path) if _DAILY.search(copy.stem)]
        for copy in daily[:-DAYS_KEPT]:
            copy.unlink()


def damaged(path: Path, why: str) -> HuizongError:
    """Say that a book cannot be relied on, and which copy to put in its place."""
    found = copies(path)
    code = "error.book_damaged_has_copy" if found else "error.book_damaged"
    copy = f"{BACKUPS}/{found[-1].name}" if found else ""
    return HuizongError(code, file=path, copy=copy, why=why)
