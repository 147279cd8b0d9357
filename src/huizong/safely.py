"""Write a file so that the old one stays whole until the new one is."""

import errno
import os
import secrets
from pathlib import Path
from types import TracebackType

from huizong.errors import HuizongError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_OPEN = (errno.EBUSY, errno.ETXTBSY)


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
        self.temp = path.with_name(f".{secrets.token_hex(6)}.part{path.suffix}")

    @property
    def moved(self) -> bool:
        """Whether the target was open, so that it stands under another name."""
        return self.path != self.asked

    def __enter__(self) -> Path:
        try:
            self.asked.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _told(error, self.asked) from error
        return self.temp

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        try:
            if error is None:
                sync(self.temp)
                self.path = _put(self.temp, self.asked)
                sync_folder(self.asked.parent)
            elif cause := _os_error(error):
                raise _told(cause, self.asked) from error
        except OSError as failed:
            raise _told(failed, self.asked) from failed
        finally:
            self.temp.unlink(missing_ok=True)


def _os_error(error: BaseException) -> OSError | None:
    """XlsxWriter wraps what the system said."""
    if not isinstance(error, OSError) and error.args and isinstance(error.args[0], OSError):
        return error.args[0]
    return error if isinstance(error, OSError) else None


def _told(error: OSError, path: Path) -> HuizongError:
    code = "error.disk_full" if error.errno in _FULL else "error.folder_not_writable"
    return HuizongError(code, path=path, folder=path.parent, why=error.strerror or "")


def _put(temp: Path, path: Path) -> Path:
    for number in range(1, 100):
        target = path if number == 1 else path.with_stem(f"{path.stem}_v{number}")
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
