"""The letter last exchanged with each unit, and with the office above: of what kind, how it is."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from huizong.draft_entries import UPWARD, Drafted, about_of, drafts_of, summary_parts
from huizong.history import Made, summaries_of
from huizong.letter_entries import Carried, LetterEntry, carried_files, letters_of, taken_above
from huizong.letters import BOUNCE, FORMS_OR_NOT, RETURNS, TAKEN_ABOVE, addresses
from huizong.paperwork import signed_sets
from huizong.periods import Period
from huizong.records import NOT_A_RETURN, OWN, PENDING
from huizong.take_in import UNPACKED
from huizong.texts import say
from huizong.wholeness import digest_of_file
from huizong.work import Work

IN, OUT = "in", "out"
# How a letter of ours stands: written and its file is there, or is not any more (sent by a mail
# program, or put away), come back …
DRAFT, GONE, BOUNCED = "draft", "gone", "bounced"
# … and one that came: its files are taken in, wait for the officer, or there was none.
FILED, WAITS, NO_FORM = "filed", "waits", "no_form"


class LastLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to or from somebody: its kind (`last_letter.<way>_<kind>`), state and time."""

    way: str
    kind: str
    state: str
    at: str

    @property
    def words(self) -> str:
        """Say which way it went, of what kind it is and of which day."""
        return say(f"last_letter.{self.way}", kind=self._kind(), day=self.at[5:10])

    def _kind(self) -> str:
        return say(f"letter_kind.{self.kind}" if self.way == OUT else f"letter_in.{self.kind}")


class LastLetters(msgspec.Struct, frozen=True):
    """The last letter of each unit by its code, and of each form set with the office above."""

    units: Mapping[str, LastLetter]
    upward: Mapping[str, LastLetter]

    def of(self, set_code: str, unit: str, role: str) -> LastLetter | None:
        """Give the letter that belongs into the row of a unit, or of the office's own figures."""
        return self.upward.get(set_code) if role == OWN else self.units.get(unit)


_Found = tuple[str, LastLetter]


def last_letters(work: Work, period: Period) -> LastLetters:
    """Tell from the book which letters about a period were the last, and how they stand."""
    letters = letters_of(work.book)
    bounced = {
        address.lower(): one.received_at
        for one in letters
        if one.reason == BOUNCE
        for address in one.letter.failed
    }
    units = (*_written(work, period, bounced), *_received(work, period, letters))
    return LastLetters(_newest(units), _newest((*_sent_up(work, period, bounced),)))


def _newest(found: tuple[_Found, ...]) -> Mapping[str, LastLetter]:
    # In the order of time: of several at one time the one entered last.
    return dict(sorted(found, key=lambda one: one[1].at))


def _written(work: Work, period: Period, bounced: Mapping[str, str]) -> Iterator[_Found]:
    """Give the letters to units."""
    mails = {unit.code: unit.mail for unit in work.office.roster}
    for one in drafts_of(work.book, str(period)):
        if one.kind != SUBMISSION:
            yield one.unit, _drafted(work, one, mails.get(one.unit, ""), bounced)


def _sent_up(work: Work, period: Period, bounced: Mapping[str, str]) -> Iterator[_Found]:
    """Give the letters with summaries by their form sets, and the receipts for these."""
    codes = signed_sets(work.book, str(period))
    made = [one for code in codes for one in summaries_of(work.book, str(period), code)]
    known = {about_of(SUBMISSION, (one.period, one.set_code, one.checksum)): one for one in made}
    for one in drafts_of(work.book, str(period)):
        if one.about in known:
            mail = work.office.settings.upper_mail
            yield known[one.about].set_code, _drafted(work, one, mail, bounced)
    receipts = taken_above(work.book)
    for one in made if receipts else ():
        if at := taken_at(work, one, receipts):
            letter = LastLetter(way=IN, kind=TAKEN_ABOVE, state=TAKEN_ABOVE, at=at)
            yield one.set_code, letter


def taken_at(work: Work, made: Made, receipts: Mapping[str, str]) -> str:
    """Tell when the office above acknowledged a summary; empty if it has not."""
    path = work.office.summaries(made.period) / made.path
    # Reasons may have been written into the file before it went up.
    now = digest_of_file(path) if path.is_file() else made.digest
    return receipts.get(now) or receipts.get(made.digest, "")


def _drafted(work: Work, one: Drafted, mail: str, bounced: Mapping[str, str]) -> LastLetter:
    there = (work.office.folder / one.path).exists()
    state = DRAFT if there else GONE
    if any(bounced.get(address, "") >= one.at for address in addresses(mail)):
        state = BOUNCED
    return LastLetter(way=OUT, kind=one.kind, state=state, at=one.at)


def _received(work: Work, period: Period, letters: tuple[LetterEntry, ...]) -> Iterator[_Found]:
    """Give the letters with returns of the period, and those of the units without any."""
    senders: dict[str, list[str]] = {}
    for unit in work.office.roster:
        for address in addresses(unit.mail):
            senders.setdefault(address, []).append(unit.code)
    carried = carried_files(work.book)
    for one in letters:
        wrote = senders.get(one.letter.sender.lower(), ())
        forms = [file for file in carried.get(one.kept_as, ()) if _is_form(file)]
        for file in forms:
            if file.period in ("", str(period)):
                state = WAITS if file.state == PENDING and file.reason != "placed" else FILED
                yield from ((code, _came(one, state)) for code in _units(file, wrote))
        if not forms and one.reason in FORMS_OR_NOT:
            yield from ((code, _came(one, NO_FORM)) for code in wrote)


def _is_form(file: Carried) -> bool:
    return file.state != NOT_A_RETURN and file.reason != UNPACKED


def _units(file: Carried, wrote: Sequence[str]) -> Sequence[str]:
    """A form that does not tell whose it is belongs to whom the letter is from."""
    return (file.unit,) if file.unit else wrote


def _came(one: LetterEntry, state: str) -> LastLetter:
    kind = NO_FORM if state == NO_FORM else RETURNS
    return LastLetter(way=IN, kind=kind, state=state, at=one.received_at)
