"""What fetching letters says on the terminal."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from huizong import reports
from huizong.accounts import account_of
from huizong.clock import minute_of
from huizong.doing import Told
from huizong.errors import HuizongError
from huizong.fetch import WITHOUT_FORM, Fetched
from huizong.fetch import fetch as take_letters
from huizong.letter_entries import OPENED, LetterEntry, begun_at, places_seen
from huizong.letters import BOUNCE, RETURNS
from huizong.letters_in import MOST_FROM_ONE, TOO_MANY
from huizong.mailbox_folder import KIND, letters_below
from huizong.mailbox_imap import letters_on
from huizong.passwords import keep_password, password_of
from huizong.personal import masked
from huizong.texts import listed, say
from huizong.work import Work


def fetch(
    work: Work, folder: Path | None = None, since: str = "", *, remember: bool = False
) -> Told:
    """Fetch from a folder, or from the mailbox of the settings, and say what came."""
    if folder:
        return said(take_letters(work, letters_below(folder, places_seen(work.book, KIND))))
    settings = work.office.settings
    account = account_of(settings.mail_server, settings.mail_user)
    first = _first_day(work, since)
    password = password_of(account, work.office.folder, anew=remember)
    seen = places_seen(work.book, f"{account.name}/")
    told = said(take_letters(work, letters_on(account, password, seen, first)))
    if not remember or keep_password(account.name, password):
        return told
    return Told((*told.lines, say("error.mail_not_kept")), told.waits)


def _first_day(work: Work, since: str) -> dt.date:
    """Letters count from a day before the office was made: a server's day may be another zone's."""
    try:
        return dt.date.fromisoformat(since or begun_at(work.book)[:10]) - dt.timedelta(days=1)
    except ValueError as error:
        raise HuizongError("error.since", text=since) from error


def said(done: Fetched) -> Told:
    """Say what came, what is to be done about each letter, and what was collected."""
    counts = Counter(_group(entry, outcome) for entry, outcome in done.outcomes)
    new = len(done.outcomes)
    head = say("command.mail_fetched", count=done.arrived.count, new=new, **_zeros(counts))
    collected = done.collected
    lines = [head, *_letter_lines(done)]
    if done.arrived.broken:
        lines.append(str(done.arrived.broken))
    lines += reports.collected_lines(collected)
    for name, at in done.known:
        lines.append(say("command.duplicate", file=name, when=minute_of(at)))
    left = counts["none"] + counts["refused"] or collected.unfiled or collected.busy
    return Told(tuple(lines), waits=bool(left or done.arrived.broken))


def _zeros(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in ("returns", "none", "others", "refused")}


def _group(entry: LetterEntry, outcome: str) -> str:
    if entry.state != OPENED:
        return "refused"
    if outcome == RETURNS:
        return "returns"
    return "none" if outcome in WITHOUT_FORM else "others"


def _letter_lines(done: Fetched) -> Iterator[str]:
    many = Counter(one.letter.sender for one, outcome in done.outcomes if outcome == TOO_MANY)
    for sender, count in many.items():
        name = sender or say("letter.no_sender")
        yield say("command.mail_too_many", sender=name, count=count, most=MOST_FROM_ONE)
    for entry, outcome in done.outcomes:
        if outcome not in (RETURNS, TOO_MANY):
            letter = entry.letter
            yield say(
                "command.mail_letter",
                subject=masked(letter.subject) or say("letter.no_subject"),
                sender=letter.sender or say("letter.no_sender"),
                kept=entry.kept_as,
                text=_words(entry, outcome),
            )


def _words(entry: LetterEntry, outcome: str) -> str:
    if outcome == BOUNCE and not entry.letter.failed:
        return say("letter.bounce_nobody")
    details = {"links": listed(entry.letter.links), "failed": listed(entry.letter.failed)}
    return say(f"letter.{outcome}", **details)
