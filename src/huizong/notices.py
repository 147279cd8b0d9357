"""What a person should know before work begins: a clock that is wrong, files changed by hand."""

import datetime as dt
from collections.abc import Iterator, Mapping

import msgspec

from huizong.book import Book
from huizong.clock import is_doubtful, minute_of
from huizong.forms import installed, templates_folder
from huizong.history import sets_ever, sets_since
from huizong.keeping import altered, edited
from huizong.office import Office
from huizong.roster import refused
from huizong.texts import listed, say

# So many are named; the rest are counted.
NAMED = 5
# Originals of this quarter and the last are looked at each time, older ones by the check of a
# summary against its sources.
IN_USE = dt.timedelta(days=200)


class Notice(msgspec.Struct, frozen=True):
    """Something to know; `code` names its words."""

    code: str
    details: Mapping[str, object]

    def __str__(self) -> str:
        details = {k: listed(v) if isinstance(v, tuple) else v for k, v in self.details.items()}
        return say(self.code, **details)


def notices_of(office: Office, book: Book, now: dt.datetime, *, reading: bool) -> Iterator[Notice]:
    """Look at the book, the clock and the files; originals only where their figures are used."""
    if book.damage:
        yield Notice(book.damage.code, book.damage.details)
    else:
        yield from sets_gone(office, book)
    last = book.last_event_at()
    if is_doubtful(now, last):
        told = {"now": f"{now:%Y-%m-%d %H:%M}", "last": minute_of(last) or "——"}
        yield Notice("notice.clock", told)
    for made in edited(office, book):
        yield Notice("notice.summary_edited", {"file": made.path, "number": made.number})
    since = (now - IN_USE).isoformat(timespec="seconds")
    if not book.damage:
        yield from sets_missed(office, book, since)
    names = () if reading else altered(office, book, since)
    if names:
        told = {"count": len(names), "files": tuple(names[:NAMED])}
        yield Notice("notice.original_altered", told)


def sets_gone(office: Office, book: Book) -> tuple[Notice, ...]:
    """
    Tell which cells name form sets that were used here and are installed no more.

    Raises:
        HuizongError: If cells name what never was one (`error.roster`, naming the cells).
    """
    unknown = office.settings.unknown_sets
    used = sets_ever(book) if unknown else ()
    wrong = [one for one in unknown if one.found not in used]
    if wrong:
        raise refused(office.control.name, wrong)
    return tuple(
        Notice("notice.set_gone", {"sheet": one.sheet, "cell": one.cell, "set": one.found})
        for one in unknown
    )


def sets_missed(office: Office, book: Book, since: str) -> Iterator[Notice]:
    """Tell which form sets were in use until lately and are installed no more."""
    settings = office.settings
    named = {one.found for one in settings.unknown_sets}
    gone = sets_since(book, since) - installed().keys() - named
    gone &= frozenset(settings.sets) or gone
    if gone:
        told = {"sets": tuple(sorted(gone)), "folder": str(templates_folder())}
        yield Notice("notice.sets_missed", told)
