"""Write a file so that the old one stays whole until the new one is."""

import contextlib
import errno
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from huizong.errors import HuizongError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_OPEN = (errno.EBUSY, errno.ETXTBSY)
# What a disk, a drive or a share answers that is full, closed or gone.
_DISK = (
    *_FULL, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ENOTDIR, errno.ENODEV,
    errno.ENXIO, errno.ESTALE, errno.EHOSTDOWN, errno.ENETDOWN, errno.ENETUNREACH,
)  # fmt: skip
# What a command may write beside copies of files: papers, a summary, the journal of the book.
RESERVE = 32 << 20
_TEMP = re.compile(r"\.[0-9a-f]{12}\.part(\.\w+)?")


def write_safely(path: Path) -> "Safely":
    """
    Give a temporary path to write to, which takes the place of `path` at the end of the `with`.

    If the target is open in another program, the next free name (`_v2`) is taken: `path` of the
    object says which, `moved` that it happened.

    Raises:
        HuizongError: If the disk is full or the folder closed; the old file is as it was.
    """
    return Safely(path)


class Safely:
    """One safe writing: temporary file in the same folder, fsync, rename, fsync of the folder."""

    def __init__(self, path: Path) -> None:
        self.asked = self.path = path
        self.temp = temp_beside(path)

    @property
    def moved(self) -> bool:
        """Whether the target was open, so that it stands under another name."""
        return self.path != self.asked

    def __enter__(self) -> Path:
        try:
            self.asked.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise told(error, self.asked) from error
        return self.temp

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if error is None:
                sync(self.temp)
                self.path = _put(self.temp, self.asked)
                sync_folder(self.asked.parent)
            elif isinstance(error, OSError):
                raise told(error, self.asked) from error
        except OSError as failed:
            raise told(failed, self.asked) from failed
        finally:
            # A disk that is gone keeps it; the next start sweeps it away.
            with contextlib.suppress(OSError):
                self.temp.unlink(missing_ok=True)


def temp_beside(path: Path) -> Path:
    """Name a temporary file in the folder of a file; `sweep` knows it by its name."""
    return path.with_name(f".{secrets.token_hex(6)}.part{path.suffix}")


def sweep(folder: Path) -> int:
    """Remove the temporary files that killed runs left below a folder; give how many."""
    left = [path for path in folder.rglob(".*.part*") if _TEMP.fullmatch(path.name)]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def told(error: OSError, path: Path) -> HuizongError:
    """Say of a fault of the disk that `path` was not written."""
    code = "error.disk_full" if error.errno in _FULL else "error.folder_not_writable"
    return HuizongError(code, path=path, folder=path.parent, why=error.strerror or "")


@contextlib.contextmanager
def disk_told(folder: Path) -> Iterator[None]:
    """Say in words what a disk that is full, closed or gone does to work below a folder."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK:
            raise
        raise told(error, Path(str(error.filename or folder / "."))) from error


def require_space(folder: Path, needed: int) -> None:
    """
    Refuse to begin what the disk has no room for.

    Raises:
        HuizongError: If fewer bytes are free (`error.no_space`).
    """
    free = shutil.disk_usage(folder).free
    if free < needed:
        megabytes = {"free": free >> 20, "needed": -(-needed >> 20)}
        raise HuizongError("error.no_space", folder=folder, **megabytes)


def is_open(path: Path) -> bool:
    """Whether LibreOffice, Excel or WPS has a file open: each puts a mark of its own beside it."""
    marks = (f".~lock.{path.name}#", f"~${path.name}")
    return any(path.with_name(mark).exists() for mark in marks)


def numbered(path: Path) -> Iterator[Path]:
    """Give the names for a file one after the other: X, X_v2, X_v3…"""
    yield path
    yield from (path.with_stem(f"{path.stem}_v{number}") for number in range(2, 100))


def beside(path: Path) -> list[Path]:
    """List a file and those that were written beside it while it was open, the newest last."""
    found = [one for one in numbered(path) if one.exists()]
    return sorted(found, key=lambda one: one.stat().st_mtime_ns)


def stands_beside(path: Path) -> bool:
    """Whether a file was written beside the one that was asked for."""
    return bool(re.search(r"_v\d+$", path.stem))


def remove_beside(path: Path) -> None:
    """Remove what was written beside a file of ours while it was open: it is written anew."""
    for one in beside(path):
        if one != path and not is_open(one):
            with contextlib.suppress(OSError):
                one.unlink()


def free_name(path: Path) -> Path:
    """
    Find the first name that no file has, and that no program has open.

    Raises:
        HuizongError: If a hundred are taken (`error.target_open`).
    """
    for target in numbered(path):
        if not target.exists() and not is_open(target):
            return target
    raise HuizongError("error.target_open", path=path)


def _put(temp: Path, path: Path) -> Path:
    for target in numbered(path):
        if is_open(target):
            continue
        try:
            return temp.replace(target)
        except OSError as error:
            if not isinstance(error, PermissionError) and error.errno not in _OPEN:
                raise
    raise HuizongError("error.target_open", path=path)


def sync(path: Path) -> None:
    """Wait until a file's bytes are on the disk."""
    # Windows flushes only what is open for writing; a read-only file elsewhere opens for reading.
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Wait until a folder's names are on the disk; Windows neither needs nor allows it."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
