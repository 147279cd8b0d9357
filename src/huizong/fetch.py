"""Fetch letters: stored as they come, opened, and what is in them collected with the rest."""

from collections.abc import Iterable

import msgspec

from huizong import pipeline
from huizong.come_back import settle_returned
from huizong.letter_entries import UNOPENED, LetterEntry, files_below, known_below, letters_of
from huizong.letter_store import Arrived, Incoming, store_letters
from huizong.letters import FORMLESS, NO_FORM, RETURNS
from huizong.personal import masked
from huizong.records import NOT_A_RETURN
from huizong.safely import RESERVE, require_space
from huizong.take_in import UNPACKED, Collected
from huizong.upward import settle_received
from huizong.work import Work

WITHOUT_FORM = FORMLESS | {NO_FORM}


class Fetched(msgspec.Struct, frozen=True):
    """
    What a fetching did: letters that came, each with its outcome, and what was collected.

    `known` are the files in them that had come before, by name, with when that was.
    """

    arrived: Arrived
    outcomes: tuple[tuple[LetterEntry, str], ...]
    collected: Collected
    known: tuple[tuple[str, str], ...] = ()


def fetch(work: Work, incoming: Iterable[Incoming]) -> Fetched:
    """
    Take in what a mailbox has; nothing is lost or doubled, wherever it breaks off.

    Raises:
        HuizongError: If the mailbox gives nothing for a reason that it names.
    """
    require_space(work.office.folder, RESERVE)
    arrived = store_letters(work.office, work.book, incoming, work.now)
    if arrived.broken and not arrived.count:
        raise arrived.broken
    waiting = letters_of(work.book, state=UNOPENED)
    collected = pipeline.collect(work)
    settle_returned(work.book)
    settle_received(work)
    wanted = {one.digest for one in (*waiting, *arrived.new)}
    letters = letters_of(work.book, digests=wanted) if wanted else ()
    if letters:
        counts = {"letters": arrived.count, "new": len(arrived.new)}
        work.book.record("fetched", counts, work.at)
    outcomes = tuple((one, outcome(work, one)) for one in letters)
    known = tuple(
        (masked(name), at)
        for letter in letters
        for name, at in known_below(work.book, letter.place)
    )
    return Fetched(arrived, outcomes, collected, known)


def outcome(work: Work, letter: LetterEntry) -> str:
    """Tell what became of a letter: its kind, why it was refused, or that no file is a form."""
    if letter.reason != RETURNS:
        return letter.reason
    files = files_below(work.book, letter.place)
    forms = [state for state, reason in files if state != NOT_A_RETURN and reason != UNPACKED]
    return RETURNS if forms else NO_FORM
