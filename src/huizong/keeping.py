"""What lies in the office's folder for people to see, and whether it is as it was put there."""

import os
import re
import shutil
import unicodedata
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from huizong.book import Book
from huizong.history import Made, all_summaries
from huizong.office import Office
from huizong.records import Unit
from huizong.safely import sync, sync_folder, write_safely
from huizong.wholeness import digest_of_file

_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_AT_ONCE = 16
# What Windows and Office read before they open a file: it came from elsewhere.
_ZONE = b"[ZoneTransfer]\r\nZoneId=3\r\n"


def keep(
    office: Office, original: Path, period: str, unit: Unit, *, set_code: str = "", number: int = 1
) -> Path:
    """Show a stored file to people under 已收/{period}/, named by unit, set and version."""
    folder = office.received(period)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kept_name(period, unit, set_code, number)}{original.suffix}"
    if path.exists() and path.samefile(original):
        return path
    try:
        path.unlink(missing_ok=True)
        path.hardlink_to(original)
    except PermissionError:  # open in another program: what people see there stays
        return path
    except OSError:  # another disk, or one without links
        with write_safely(path) as temp:
            shutil.copyfile(original, temp)
            mark_foreign(temp)
    return path


def kept_name(period: str, unit: Unit, set_code: str, number: int) -> str:
    """Name a filed return, without its kind, so that people can tell it."""
    parts = (period, unit.code, unit.name, set_code, f"第{number}版")
    return "_".join(safe_name(part) for part in parts if part)


def put_originals(folder: Path, temps: Mapping[Path, Path]) -> None:
    """
    Bring files that somebody sent to the disk, and then their names: marked, and read-only.

    All are waited for at once: one after the other takes the disk three times as long. Names that
    a run put there which was killed are waited for too.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(sync, temps))
    for temp, path in temps.items():
        mark_foreign(temp)
        temp.chmod(0o400)
        temp.replace(path)
    sync_folder(folder)


def mark_foreign(path: Path, *, windows: bool = os.name == "nt") -> None:
    """
    Mark a file that somebody sent, so that Excel opens it by double click in protected view.

    The mark is a stream beside the file's content, which only NTFS has; its links share it. It
    was written from the documentation and has not been run on Windows by its authors.
    """
    if not windows:
        return
    try:
        zone_of(path).write_bytes(_ZONE)
    except OSError:  # a USB drive with FAT has no streams
        return


def zone_of(path: Path) -> Path:
    """Name the stream of a file that says where it came from."""
    return path.with_name(f"{path.name}:Zone.Identifier")


def altered(office: Office, book: Book, since: str = "") -> tuple[str, ...]:
    """Name the stored originals, received since then, that are gone or have another digest."""
    sql = "SELECT digest, kept_as FROM file WHERE received_at >= ? ORDER BY rowid"
    return tuple(
        name for digest, name in book.ask(sql, (since,))
        if "+" not in digest and not _is_as_it_was(office.originals / name, digest)
    )  # fmt: skip


def edited(office: Office, book: Book) -> tuple[Made, ...]:
    """List the summaries whose files were changed by hand; those that are gone are not among."""
    return tuple(
        made for made in all_summaries(book)
        if (path := office.summary_file(made)).exists()
        and not _is_as_it_was(path, made.digest)
    )  # fmt: skip


def _is_as_it_was(path: Path, digest: str) -> bool:
    try:
        return digest_of_file(path) == digest
    except OSError:
        return False


def safe_name(text: str) -> str:
    """Make a text fit to be part of a file's name on every system."""
    text = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", text)).strip(" .")
    return text[:40] or "_"
