"""The letter last exchanged with each unit, and with the office above: of what kind, how it is."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from huizong.come_back import bounces_by_address, come_back, draft_came_back
from huizong.draft_entries import UPWARD, Drafted, drafted_upward, drafts_of
from huizong.history import summaries_of
from huizong.letter_entries import Carried, LetterEntry, carried_files, letters_of, taken_above
from huizong.letters import FORMS_OR_NOT, NO_FORM, RETURNS, TAKEN_ABOVE, addresses
from huizong.papers import Row, SetReturns
from huizong.periods import Period
from huizong.records import NOT_A_RETURN, OWN, PENDING, RETURNED, UNIT
from huizong.sending_entries import Sending, queue_of, worst_of
from huizong.settings import DRAFT as BY_HAND
from huizong.take_in import UNPACKED
from huizong.texts import say
from huizong.upward import taken_at
from huizong.work import Work

IN, OUT = "in", "out"
# How a letter of ours stands: written and its file is there, or is not any more (sent by a mail
# program, or put away), come back …
DRAFT, GONE, BOUNCED = "letter_state.draft", "letter_state.gone", "letter_state.bounced"
# … and one that came: its files are taken in, wait for the officer, could not be opened (of
# several the worst counts), or there was none.
CAME = FILED, WAITS, UNOPENED = (
    "letter_state.filed", "letter_state.waits", "letter_state.unopened",
)  # fmt: skip
EMPTY, RECEIVED_ABOVE = "letter_state.no_form", "letter_state.taken_above"


class LastLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A letter to or from somebody: its kind, the code of the words for its state, its time."""

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

    def beside(self, sets: Sequence[SetReturns]) -> dict[Row, tuple[str, str]]:
        """Give words and state of the letter in each row that has one."""
        rows = ((one.code, row.unit.code, OWN if row is one.own else UNIT)
                for one in sets for row in one.rows)  # fmt: skip
        return {row: (found.words, found.state) for row in rows if (found := self.of(*row))}


_Found = tuple[str, LastLetter]


class _Sent(msgspec.Struct, frozen=True):
    """What the book knows of letters out: the queue of each, what came back, and the bounces."""

    queue: Mapping[tuple[str, int], Sequence[Sending]]
    back: Collection[tuple[str, str]]
    bounces: Mapping[str, Sequence[LetterEntry]]


def last_letters(work: Work, period: Period) -> LastLetters:
    """Tell from the book which letters about a period were the last, and how they stand."""
    sent = _sent(work, period)
    # What is written answers what has come: of the same time it is the later.
    units = (*_received(work, period), *_written(work, period, sent))
    return LastLetters(_newest(units), _newest(tuple(_sent_up(work, period, sent))))


def _sent(work: Work, period: Period) -> _Sent:
    queue: dict[tuple[str, int], list[Sending]] = {}
    for one in queue_of(work.book, period=str(period)):
        queue.setdefault((one.about, one.number), []).append(one)
    return _Sent(queue, come_back(work.book), bounces_by_address(work.book))


def _newest(found: tuple[_Found, ...]) -> Mapping[str, LastLetter]:
    return dict(sorted(found, key=lambda one: one[1].at))


def _written(work: Work, period: Period, sent: _Sent) -> Iterator[_Found]:
    """Give the letters to units."""
    mails = {unit.code: unit.mail for unit in work.office.roster}
    for one in drafts_of(work.book, str(period)):
        if one.kind not in UPWARD:
            yield one.unit, _ours(work, one, mails.get(one.unit, ""), sent)


def _sent_up(work: Work, period: Period, sent: _Sent) -> Iterator[_Found]:
    """Give the letters with summaries by their form sets, and the receipts for these."""
    receipts = taken_above(work.book)
    for made in summaries_of(work.book, str(period)):
        if drafted := drafted_upward(work.book, made):
            yield made.set_code, _ours(work, drafted, work.office.settings.upper_mail, sent)
        if at := taken_at(work, made, receipts):
            yield made.set_code, LastLetter(way=IN, kind=TAKEN_ABOVE, state=RECEIVED_ABOVE, at=at)


def _ours(work: Work, one: Drafted, mail: str, sent: _Sent) -> LastLetter:
    """Tell how a letter of ours stands; of several recipients the worst counts."""
    rows = sent.queue.get((one.about, one.number), ())
    if any((row.message_id, row.recipient) in sent.back for row in rows):
        state = BOUNCED
    elif rows:
        state = f"sending_state.{worst_of(rows).state}"
    else:
        state = _of_draft(work, one, mail, sent)
    at = max((row.at for row in rows), default=one.at)
    return LastLetter(way=OUT, kind=one.kind, state=state, at=at)


def _of_draft(work: Work, one: Drafted, mail: str, sent: _Sent) -> str:
    """What a mail program does with a draft nobody sees; where we send, it is not sent."""
    by_hand = work.office.settings.send_by == BY_HAND
    if by_hand and draft_came_back(work.book, one, addresses(mail), sent.bounces):
        return BOUNCED
    return DRAFT if (work.office.folder / one.path).exists() else GONE


def _received(work: Work, period: Period) -> Iterator[_Found]:
    """Give the letters with returns of the period, and those of the units without any."""
    senders: dict[str, list[str]] = {}
    for unit in work.office.roster:
        for address in addresses(unit.mail):
            senders.setdefault(address, []).append(unit.code)
    carried = carried_files(work.book)
    for one in letters_of(work.book):
        wrote = senders.get(one.letter.sender.lower(), ())
        forms = [file for file in carried.get(one.kept_as, ()) if _is_form(file)]
        # Of the same letter what comes last is shown.
        for file in sorted(forms, key=lambda file: CAME.index(_state(file))):
            if file.period in ("", str(period)):
                yield from ((code, _came(one, _state(file))) for code in _units(file, wrote))
        if not forms and one.reason in FORMS_OR_NOT:
            yield from ((code, _came(one, EMPTY)) for code in wrote)


def _is_form(file: Carried) -> bool:
    return file.state != NOT_A_RETURN and file.reason != UNPACKED


def _state(file: Carried) -> str:
    if file.state == PENDING and file.reason != "placed":
        return WAITS
    # What an officer has turned away was read, and so was what tells whose it is.
    unread = file.state == RETURNED and not file.unit and file.reason != "turned_away"
    return UNOPENED if unread else FILED


def _units(file: Carried, wrote: Sequence[str]) -> Sequence[str]:
    """A form that does not tell whose it is belongs to whom the letter is from."""
    return (file.unit,) if file.unit else wrote


def _came(one: LetterEntry, state: str) -> LastLetter:
    kind = NO_FORM if state == EMPTY else RETURNS
    return LastLetter(way=IN, kind=kind, state=state, at=one.received_at)
