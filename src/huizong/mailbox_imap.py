"""Letters in a mailbox on a server: IMAP over TLS, read only, whatever breaks is taken up again."""

import contextlib
import datetime as dt
import imaplib
import re
import ssl
import time
from collections.abc import Callable, Collection, Iterator, Sequence

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxLoginError

from huizong.accounts import Account
from huizong.errors import HuizongError
from huizong.letter_store import Incoming
from huizong.letters import MOST_BYTES
from huizong.mailbox_folder import BEGINNING
from huizong.texts import say
from huizong.unreached import no_line, speaks_plainly

FOLDER = "INBOX"
SECONDS = 30.0
# A line that is cut is taken up again so often, after so many seconds.
PAUSES = (0.5, 2.0)
# So many letters are asked for at once, fewer after each cut; of a long one only the beginning.
AT_ONCE = (16, 4, 1)
LONG = 1 << 19
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905
_UID = re.compile(rb"\bUID (\d+)")


def letters_on(
    account: Account, password: str, seen: Collection[str], since: dt.date,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Incoming]:  # fmt: skip
    """
    Give the letters that came since a day and were not seen yet, oldest first.

    Nothing on the server is marked, moved or deleted. A line that is cut is taken up again.

    Raises:
        HuizongError: If the server cannot be reached, its certificate is not good, it refuses the
            password, or the line is cut for good: what came before was given.
    """
    given: set[str] = set()
    for wait, at_once in zip((*PAUSES, None), AT_ONCE, strict=True):
        try:
            with _connected(account, password) as mailbox:
                new = _new_letters(mailbox, account, {*seen, *given}, since)
                for one in _letters(mailbox, new, at_once):
                    given.add(one.place)
                    yield one
            return
        except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
            if wait is None or not _passes(error):
                raise _told(error, account, len(given)) from error
            pause(wait)


@contextlib.contextmanager
def _connected(account: Account, password: str) -> Iterator[BaseMailBox]:
    context = ssl.create_default_context()
    mailbox = _opened(account, context)
    try:
        if account.starttls:
            _begin_tls(mailbox, account, context)
        _log_in(mailbox, account, password)
        # NetEase refuses whoever does not say which program it is.
        if "ID" in mailbox.client.capabilities:
            mailbox.client.xatom("ID", '("name" "huizong" "version" "1")')
        mailbox.folder.set(FOLDER, readonly=True)
        yield mailbox
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error, ImapToolsError):
            mailbox.client.logout()
        with contextlib.suppress(OSError):
            mailbox.client.shutdown()


def _log_in(mailbox: BaseMailBox, account: Account, password: str) -> None:
    try:
        mailbox.login(account.user, password, initial_folder=None)
    except UnicodeEncodeError as error:  # typed in full-width letters, which no server gave out
        details = {"server": account.server, "user": account.user, "count": 0}
        raise HuizongError("error.mail_login", **details) from error


def _begin_tls(mailbox: BaseMailBox, account: Account, context: ssl.SSLContext) -> None:
    """Where the server, or somebody on the way, does not offer TLS, nothing is said to it."""
    if "STARTTLS" not in mailbox.client.capabilities:
        raise HuizongError("error.mail_refused", server=account.server)
    mailbox.client.starttls(context)


def _opened(account: Account, context: ssl.SSLContext) -> BaseMailBox:
    try:
        if account.starttls:
            return MailBoxUnencrypted(account.host, account.port, timeout=SECONDS)
        return MailBox(account.host, account.port, timeout=SECONDS, ssl_context=context)
    except UnicodeError as error:  # such as two dots in a row
        details = {"server": account.server, "why": say("no_line.name"), "count": 0}
        raise HuizongError("error.mail_unreachable", **details) from error
    except imaplib.IMAP4.abort as error:
        # The library's own words, which tell this from a line that broke.
        if "unexpected response" in str(error):
            raise HuizongError("error.mail_no_imap", server=account.server) from error
        raise


def _new_letters(
    mailbox: BaseMailBox, account: Account, seen: Collection[str], since: dt.date
) -> dict[int, str]:
    """List the letters that were not seen yet by their numbers, each with its place."""
    validity = mailbox.client.response("UIDVALIDITY")[1][0] or b"0"
    month = _MONTHS[since.month - 1]
    found = mailbox.uids(f"SINCE {since.day}-{month}-{since.year}", charset=None)
    places = {
        uid: f"{account.name}/{validity.decode()}/{uid}" for uid in sorted(set(map(int, found)))
    }
    return {uid: place for uid, place in places.items() if place not in seen}


def _letters(mailbox: BaseMailBox, places: dict[int, str], at_once: int) -> Iterator[Incoming]:
    """Fetch letters in turn, never more than is kept of any."""
    numbers = tuple(places)
    for first in range(0, len(numbers), at_once):
        uids = numbers[first : first + at_once]
        begun = _fetched(mailbox, uids, LONG)
        for uid in uids:
            data = begun[uid]
            if data is not None and len(data) >= LONG:
                data = _fetched(mailbox, (uid,), MOST_BYTES + 1)[uid]
            # None: another program has deleted it meanwhile.
            if data is not None:
                cut = len(data) > MOST_BYTES
                yield Incoming(places[uid], data[:BEGINNING] if cut else data, cut)


def _fetched(mailbox: BaseMailBox, uids: Sequence[int], most: int) -> dict[int, bytes | None]:
    """Fetch letters without marking them as read, of each at most so many bytes."""
    numbers = ",".join(map(str, uids))
    status, answers = mailbox.client.uid("FETCH", numbers, f"(UID BODY.PEEK[]<0.{most}>)")
    if status != "OK":
        raise imaplib.IMAP4.abort(status)
    return {uid: _body(answers, uid) for uid in uids}


def _body(answers: Sequence[object], uid: int) -> bytes | None:
    """Find a letter's bytes among what the server says, which may tell news of others too."""
    for number, one in enumerate(answers):
        if not isinstance(one, tuple):
            continue
        rest = answers[number + 1] if number + 1 < len(answers) else b""
        told = one[0] + (rest if isinstance(rest, bytes) else b"")
        if (found := _UID.search(told)) and int(found[1]) == uid:
            return one[1]
    return None


def _passes(error: Exception) -> bool:
    """Whether trying again may help: not with a wrong password, which would lock the account."""
    if isinstance(error, MailboxLoginError | ssl.SSLCertVerificationError):
        return False
    return isinstance(error, OSError | imaplib.IMAP4.abort)


def _told(error: Exception, account: Account, count: int) -> HuizongError:
    details = {"server": account.server, "user": account.user, "count": count}
    if isinstance(error, MailboxLoginError):
        return HuizongError("error.mail_login", **details)
    cut = isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    if isinstance(error, ssl.SSLError) and speaks_plainly(error):
        return HuizongError("error.mail_no_tls", **details)
    if isinstance(error, ssl.SSLError) and not cut:
        why = getattr(error, "verify_message", "") or error.reason or ""
        return HuizongError("error.mail_tls", why=why, **details)
    if count or cut or isinstance(error, imaplib.IMAP4.abort):
        return HuizongError("error.mail_broken", **details)
    if isinstance(error, TimeoutError):
        return HuizongError("error.mail_silent", **details)
    if isinstance(error, OSError):
        return HuizongError("error.mail_unreachable", why=no_line(error), **details)
    return HuizongError("error.mail_refused", **details)
