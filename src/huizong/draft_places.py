"""Which draft a file in the office's folder is: what its own ID says, else where it was written."""

import contextlib
from pathlib import Path

from huizong.draft_entries import Drafted, letter_token, newer_at_its_place
from huizong.draft_files import draft_id
from huizong.letters import is_ours
from huizong.work import Work

_MOST_HEADINGS = 1 << 16


def lying(work: Work, drafted: Drafted) -> Path | None:
    """Give the file of a draft; none if it is gone, or another draft came to lie in its place."""
    path = work.office.folder / drafted.path
    if not path.exists():
        return None
    key, found = bytes.fromhex(work.book.meta("seal_key")), _id(path)
    if is_ours(key, found):
        token = letter_token(drafted.about, drafted.number)
        return path if f".{token}." in found else None
    # A mail program gave it an ID of its own.
    return None if newer_at_its_place(work.book, drafted) else path


def _id(path: Path) -> str:
    with contextlib.suppress(OSError), path.open("rb") as file:
        return draft_id(file.read(_MOST_HEADINGS))
    return ""
