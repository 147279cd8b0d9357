"""Which file of a unit that has sent nothing else waits for the officer, or was refused."""

import re
from collections.abc import Sequence

from huizong.book import Book
from huizong.entries import Received, files_of
from huizong.records import NOT_A_RETURN, PENDING, RETURNED
from huizong.texts import say

# What is found in a workbook that its sender has put under a password for the way.
WITH_PASSWORD = "file_password"


def sent_in_vain(
    files: Sequence[Received], period: str, set_code: str, unit: tuple[str, str]
) -> Received | None:
    """Find the last file that seems to be a unit's and was not taken: by its code or its name."""
    code, name = unit
    # The name of 新和平社区 is not that of 和平社区.
    named = re.compile(rf"{code}|(?<![^\W_]){re.escape(name)}")
    found = [
        file for file in files
        if file.state in (PENDING, RETURNED, NOT_A_RETURN)
        and file.set_code in ("", set_code)
        and file.period in ("", period)
        and (file.unit == code or (not file.unit and named.search(file.name)))
    ]  # fmt: skip
    return max(found, key=lambda file: file.received_at, default=None)


def held_file(
    files: Sequence[Received], period: str, set_code: str, unit: tuple[str, str]
) -> Received | None:
    """Find the last file of a unit that waits for the officer."""
    return sent_in_vain(list(filter(waits, files)), period, set_code, unit)


def held_files(book: Book) -> tuple[Received, ...]:
    """List all files that wait for the officer."""
    return tuple(filter(waits, files_of(book, states=(PENDING, RETURNED))))


def waits(file: Received) -> bool:
    """Whether it is for the officer to go on: to answer, or to type the password of a file."""
    asked = file.state == PENDING and file.reason not in ("placed", "two_returns")
    return asked or wants_password(file)


def wants_password(file: Received) -> bool:
    """Whether a file came under a password that its sender tells the officer."""
    return any(one.code == WITH_PASSWORD for one in file.findings)


def came_under_password(name: str) -> bool:
    """Whether a file has the name of one that an office below has put under a password."""
    return say("locked.file", name="", ending="") in name
