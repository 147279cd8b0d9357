"""电脑检查, an office's folder: can it be written, is it one, is anything in it left over."""

import contextlib
import datetime as dt
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from huizong.book import Book, open_book
from huizong.clock import china_now, is_doubtful, minute_of
from huizong.errors import HuizongError
from huizong.lock import hold, me
from huizong.notices import sets_gone
from huizong.office import BOOK, CONTROL, Office, open_office
from huizong.remarks import Remark, good, mend, note
from huizong.safely import RESERVE, temp_beside

# Folders that a program copies elsewhere while we write in them.
CLOUDS = (
    "onedrive", "坚果云", "nutstore", "百度网盘", "baidusyncdisk", "baidunetdisk", "wps云盘",
    "wpsdrive", "dropbox", "icloud", "腾讯微云", "weiyun",
)  # fmt: skip
# Whose locks need not reach from one computer to the other.
SHARES = ("nfs", "cifs", "smb", "9p", "sshfs", "davfs", "gvfs", "rclone", "remote")


WITH_BUTTONS = next(name for name in CONTROL if name.endswith(".xlsm"))


class OpenMark(msgspec.Struct, frozen=True):
    """The mark that a program put beside a file; `left` if that program has gone."""

    path: Path
    host: str
    left: bool = False


class OfficeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an office's folder; what is wrong is told in words, empty if nothing."""

    folder: Path
    now: dt.datetime
    closed: str = ""
    free: int = 0
    filesystem: str = ""
    marks: tuple[OpenMark, ...] = ()
    settings: HuizongError | None = None
    book: HuizongError | None = None
    buttons: bool = True
    last: str = ""


def gather_office(folder: Path, filesystem: str, *, libreoffice: bool) -> OfficeFacts:
    """
    Look at an office's folder; the book is looked into under the office's lock.

    `libreoffice` says whether one runs on this computer.
    """
    facts = OfficeFacts(
        folder=folder, now=china_now(), closed=_closed(folder), filesystem=filesystem,
        marks=tuple(_marks(folder, libreoffice)), buttons=(folder / WITH_BUTTONS).exists(),
    )  # fmt: skip
    with contextlib.suppress(OSError):
        facts = msgspec.structs.replace(facts, free=shutil.disk_usage(folder).free)
    try:
        office = open_office(folder)
    except HuizongError as error:
        return msgspec.structs.replace(facts, settings=error)
    try:
        who = me(facts.now.isoformat(timespec="seconds"), "doctor")
        with hold(folder, who), open_book(folder / BOOK, reading=True) as book:
            facts = msgspec.structs.replace(facts, book=book.damage, last=book.last_event_at())
            unknown = None if book.damage else _unknown_sets(office, book)
            return msgspec.structs.replace(facts, settings=unknown)
    except HuizongError as error:
        return msgspec.structs.replace(facts, book=error)


def _unknown_sets(office: Office, book: Book) -> HuizongError | None:
    try:
        sets_gone(office, book)
    except HuizongError as error:
        return error
    return None


def _closed(folder: Path) -> str:
    """Say why nothing can be written into a folder."""
    probe = temp_beside(folder / "0")
    try:
        probe.write_bytes(b"0")
        probe.unlink()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _marks(folder: Path, libreoffice: bool) -> Iterator[OpenMark]:
    """
    List the marks of files that are open elsewhere, or not at all.

    LibreOffice names the computer in its mark, Excel and WPS do not; the control workbook is open
    wherever buttons are used, and never written by us.
    """
    here = platform.node()
    for path in sorted(folder.glob(".~lock.*#")):
        fields = path.read_text(encoding="utf-8", errors="replace").split(",")
        host = fields[2] if len(fields) > 2 else ""
        if host != here or not libreoffice:
            yield OpenMark(path, host, left=host == here)
    for path in sorted(folder.glob("~$*")):
        if path.name.removeprefix("~$") not in CONTROL:
            yield OpenMark(path, "")


def check_folder(facts: OfficeFacts) -> Iterator[Remark]:
    """The folder can be written, and its disk has room."""
    if facts.closed:
        yield mend("folder_closed", folder=facts.folder, why=facts.closed)
    elif facts.free < RESERVE:
        free, needed = facts.free >> 20, RESERVE >> 20
        yield mend("folder_full", folder=facts.folder, free=free, needed=needed)
    else:
        yield good("folder", folder=facts.folder)


def check_settings(facts: OfficeFacts) -> Iterator[Remark]:
    """The folder is an office, with a control workbook that can be read and has buttons."""
    if facts.settings:
        yield mend("settings", why=facts.settings)
    elif not facts.buttons:
        yield note("no_buttons", file=WITH_BUTTONS)


def check_book(facts: OfficeFacts) -> Iterator[Remark]:
    """The book of record is whole, and nobody else is at work."""
    if facts.settings:
        return
    if facts.book is None:
        yield good("book", file=facts.folder / BOOK)
    elif facts.book.code.startswith("error.locked"):
        yield note("busy", why=facts.book)
    else:
        yield mend("book_wrong", why=facts.book)


def check_last(facts: OfficeFacts) -> Iterator[Remark]:
    """The clock is not far from what was entered last."""
    if facts.last and is_doubtful(facts.now, facts.last):
        last = minute_of(facts.last)
        yield mend("clock_and_book", now=f"{facts.now:%Y-%m-%d %H:%M}", last=last)


def check_marks(facts: OfficeFacts) -> Iterator[Remark]:
    """No mark of an open file is left over."""
    for mark in facts.marks:
        if mark.left:
            yield mend("mark_left", file=mark.path.name)
        elif mark.host:
            yield note("open_at", file=mark.path.name, host=mark.host)
        else:
            yield note("open_somewhere", file=mark.path.name)


def check_place(facts: OfficeFacts) -> Iterator[Remark]:
    """The folder lies on a disk of this computer, and no other program copies it."""
    parts = [part.casefold() for part in facts.folder.parts]
    cloud = any(name in part for part in parts for name in CLOUDS)
    if cloud:
        yield mend("cloud", folder=facts.folder)
    if any(name in facts.filesystem for name in SHARES):
        yield note("share", folder=facts.folder, kind=facts.filesystem)


CHECKS = (check_folder, check_settings, check_book, check_last, check_marks, check_place)
