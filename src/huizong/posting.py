"""What sending letters says: what would leave and to whom, what became of each, what to do."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from huizong import leaving, sending
from huizong.accounts import SMTP, Account, account_of
from huizong.approving import Proposed, approve, approver, proposed, unapproved
from huizong.clock import minute_of
from huizong.come_back import come_back
from huizong.delivery_outlook import Outlook
from huizong.delivery_smtp import Postman
from huizong.doing import Told
from huizong.draft_entries import UPWARD
from huizong.errors import HuizongError
from huizong.letter_writing import units_of
from huizong.passwords import keep_password, password_of
from huizong.periods import Period
from huizong.send_reasons import reason_of
from huizong.sending_entries import SENT, SETTLED, WAITING, Sending, queue_of
from huizong.settings import DRAFT, OUTLOOK
from huizong.texts import listed, say
from huizong.work import Work

# Asks a person whether what is shown may be done.
Agree = Callable[[Sequence[str]], bool]
# An account and its password.
_Login = tuple[Account, str]


def send(
    work: Work, period: Period, agree: Agree, officer: str = "", *, remember: bool = False
) -> Told:
    """Ask whether the drafts of a period may leave; send these and what is due of earlier runs."""
    if work.office.settings.send_by == DRAFT:
        return Told((say("sending.drafts_only"),), waits=True)
    # It is told once: whatever stops this run, it is said before.
    broken = [_row_line(work, one) for one in sending.after_break(work.book, work.at)]
    try:
        told = _send(work, period, agree, officer, remember=remember)
    except HuizongError as stopped:
        if not broken:
            raise
        told = Told((str(stopped),), waits=True)
    return Told((*broken, *told.lines), bool(broken) or told.waits, short=told.short)


def _send(
    work: Work, period: Period, agree: Agree, officer: str, *, remember: bool
) -> Told:  # fmt: skip
    letters = proposed(work, period)
    ready = [one for one in letters if not one.wrong]
    kept_back = [line for one in letters if one.wrong for line in _kept_back(one)]
    lines, login = kept_back, None
    if ready:
        try:
            agreed = agree([*kept_back, *_shown(ready), *_also_due(work)])
        except HuizongError as error:
            if error.code != "error.nobody_agrees":
                raise
            lines = [*kept_back, say("sending.nobody_agrees", count=len(ready))]
        else:
            if not agreed:
                return Told((say("sending.not_agreed"),), waits=True)
            lines, login = [], _approve(work, ready, officer, remember=remember)
    told = _send_due(work, login, remember=remember)
    waits = bool(kept_back or lines) or told.waits
    return Told((*lines, *told.lines), waits, short=told.short)


def _approve(
    work: Work, letters: Sequence[Proposed], officer: str, *, remember: bool
) -> _Login | None:  # fmt: skip
    """Where nobody can type the password nothing is approved."""
    officer = approver(work, officer)
    login = _login(work, remember=remember)
    approve(work, letters, officer)
    return login


def _shown(letters: Sequence[Proposed]) -> Iterator[str]:
    """Show in full to whom each letter goes and what is attached."""
    for number, one in enumerate(letters, 1):
        to = one.file.recipients
        said = {"number": number, "kind": say(f"letter_kind.{one.drafted.kind}"), "name": one.name}
        yield say("sending.letter", to=listed(to), count=len(to), **said)
        when = minute_of(one.drafted.at)
        yield say("sending.subject", subject=one.file.subject or say("letter.no_subject"),
                  files=len(one.file.attachments), when=when)  # fmt: skip
        yield from leaving.lines(one.file.attachments, one.concerns)
    addresses = sum(len(one.file.recipients) for one in letters)
    yield say("sending.in_all", letters=len(letters), addresses=addresses)


def _also_due(work: Work) -> Iterator[str]:
    count = len(sending.due(work))
    if count:
        yield say("sending.also_due", count=count)


def _kept_back(one: Proposed) -> Iterator[str]:
    kind = say(f"letter_kind.{one.drafted.kind}")
    for why in one.wrong:
        yield say("sending.kept_back", kind=kind, name=one.name, file=one.path.name, why=why)


def _send_due(work: Work, login: _Login | None, *, remember: bool) -> Told:
    rows = sending.due(work)
    if not rows:
        last = _counts(work, "this_time", 0)
        return Told((say("sending.nothing_due"), last), _is_open(work), short=last)
    if work.office.settings.send_by == OUTLOOK:
        done, more = _by_outlook(work, rows), ()
    else:
        login = login or _login(work, remember=remember)
        done, more = _by_smtp(work, rows, login, remember=remember)
    lines = [*(_row_line(work, one) for one in done.rows), *more]
    lines += (say("sending.held", to=one.recipient, key=one.key, why=why)
              for one, why in done.held)  # fmt: skip
    if done.stopped:
        lines.append(str(done.stopped))
    last = _counts(work, "this_time", sum(one.state == SENT for one in done.rows))
    return Told((*lines, last), bool(done.stopped) or _is_open(work), short=last)


def _login(work: Work, *, remember: bool) -> _Login | None:
    settings = work.office.settings
    if settings.send_by == OUTLOOK:
        return None
    account = account_of(settings.send_server, settings.mail_user, SMTP)
    return account, password_of(account, work.office.folder, anew=remember)


def _by_smtp(
    work: Work, rows: Sequence[Sending], login: _Login, *, remember: bool
) -> tuple[sending.Sent, tuple[str, ...]]:
    account, password = login
    with Postman(account, password) as post:
        done = sending.send(work, rows, post)
    refused = done.stopped is not None and done.stopped.code == "error.send_login"
    kept = not remember or refused or keep_password(account.name, password)
    return done, () if kept else (say("error.mail_not_kept"),)


def _by_outlook(work: Work, rows: Sequence[Sending]) -> sending.Sent:
    with Outlook() as post:
        return sending.send(work, rows, post)


def queue(work: Work, decision: str = "", key: str = "") -> Told:
    """
    List what is on its way or came back, and what to do about each, once a decision is carried out.

    `key` is that of a letter, or KEY:ADDRESS of one recipient.
    """
    lines = [_row_line(work, one) for one in sending.after_break(work.book, work.at)]
    if decision:
        key, _, recipient = key.replace("：", ":").partition(":")
        done = sending.decide(work, key, decision, recipient.strip().lower())
        lines.append(say(f"sending.did_{decision}", to=listed(one.recipient for one in done)))
    back = come_back(work.book)
    for one in queue_of(work.book):
        if (one.message_id, one.recipient) in back:
            lines.append(_row_line(work, one, back[one.message_id, one.recipient]))
        elif one.state not in SETTLED:
            lines.append(_row_line(work, one))
    drafts = tuple(_unapproved(work))
    sent = len(queue_of(work.book, states=(SENT,))) - len(back)
    last = _counts(work, SENT, sent, len(back))
    return Told((*lines, *drafts, last), _is_open(work) or bool(drafts), short=last)


def _unapproved(work: Work) -> Iterator[str]:
    if work.office.settings.send_by != DRAFT:
        for period, count in unapproved(work).items():
            yield say("sending.unapproved", period=period, count=count)


def _row_line(work: Work, row: Sending, back: str = "") -> str:
    """Say how a letter to one recipient stands; `back` is when it came back."""
    unit = units_of(work).get(row.unit)
    name = say("letter.upper") if row.kind in UPWARD else unit.name if unit else row.unit
    state = "put_off" if row.state == WAITING and row.next_at > work.at else row.state
    return say(
        f"sending.{'bounced' if back else state}",
        kind=say(f"letter_kind.{row.kind}"), name=name, to=row.recipient,
        key=row.key, one=sending.name_of(work.book, row), why=reason_of(row.reply),
        when=minute_of(back or row.next_at),
    )  # fmt: skip


def _counts(work: Work, of: str, sent: int, back: int = 0) -> str:
    """Count what was sent in this run or in all, what came back, and what is not settled yet."""
    counts = Counter(one.state for one in queue_of(work.book) if one.state not in SETTLED)
    counts += Counter(bounced=back)
    named = [say("sending.count", name=say(f"sending_state.{s}"), count=n)
             for s, n in ((of, sent), *counts.items())]  # fmt: skip
    return say("sending.counts", counts=listed(named))


def _is_open(work: Work) -> bool:
    return any(one.state not in SETTLED for one in queue_of(work.book))
