"""发件: the letters that were approved, a row of texts for each recipient, the open ones first."""

from collections.abc import Iterator

from huizong.book import Book
from huizong.cells import squash
from huizong.clock import minute_of
from huizong.come_back import came_back, come_back
from huizong.draft_entries import UPWARD
from huizong.periods import Period
from huizong.personal import masked
from huizong.send_reasons import reason_of
from huizong.sending import DECISIONS
from huizong.sending_entries import (
    GIVEN_UP,
    REFUSED,
    SETTLED,
    UNKNOWN,
    WAITING,
    Sending,
    queue_of,
    rows_of,
)
from huizong.texts import catalogue, say
from huizong.work import Work

_FIRST = (UNKNOWN, REFUSED, GIVEN_UP, "bounced")


def outbox_rows(work: Work, period: Period) -> tuple[tuple[str, ...], ...]:
    """Give the letters of a period, and those of others that are not settled yet."""
    back, ever = come_back(work.book), came_back(work.book)
    rows = [
        one for one in queue_of(work.book)
        if one.period == str(period) or one.state not in SETTLED or _place(one) in back
    ]  # fmt: skip
    names = {one.code: one.name for one in work.office.roster}
    newest = sorted(rows, key=lambda one: one.at, reverse=True)
    states = {
        one: "bounced" if _place(one) in back else "bounced_anew" if one in ever else one.state
        for one in newest
    }
    newest.sort(key=lambda one: _rank(states[one]))
    return tuple(tuple(_cells(work, one, states[one], names)) for one in newest)


def _place(one: Sending) -> tuple[str, str]:
    return one.message_id, one.recipient


def _rank(state: str) -> int:
    """What an officer has to decide stands first, what is settled last."""
    return 0 if state in _FIRST else 2 if state in (*SETTLED, "bounced_anew") else 1


def _cells(work: Work, one: Sending, state: str, names: dict[str, str]) -> Iterator[str]:
    later = one.state == WAITING and one.next_at > work.at
    yield one.key
    yield masked(say("letter.upper") if one.kind in UPWARD else names.get(one.unit, one.unit))
    yield one.recipient
    kind = say(f"letter_kind.{one.kind}")
    yield masked(say("out.letter", kind=kind, subject=one.subject) if one.subject else kind)
    yield masked(one.files)
    yield say(f"sending_state.{state}")
    yield minute_of(one.at)
    yield minute_of(one.next_at) if later else ""
    yield _remark(one, "later" if later else state)
    yield ""
    yield _stamp(one)


def _stamp(one: Sending) -> str:
    return f"{one.state} {one.tries} {one.at}"


def stamp_of(book: Book, key: str, recipient: str) -> str:
    """Give what stands in a row as long as nothing becomes of it; empty if there is none."""
    stamps = [_stamp(one) for one in rows_of(book, key) if one.recipient == recipient]
    return stamps[0] if len(stamps) == 1 else ""


def decision_of(text: str) -> str:
    """Tell what 重试, 取消, 确认重发 or 已送到 asks for; empty if it is none of them."""
    words = {
        squash(word): one for one in DECISIONS for word in catalogue()[f"out_action.{one}"].values()
    }
    return words.get(squash(text), "")


def _remark(one: Sending, state: str) -> str:
    """Say what an officer should know or do."""
    when = minute_of(one.approved_at)
    return say(f"out_remark.{state}", why=reason_of(one.reply), officer=one.approved_by, when=when)
