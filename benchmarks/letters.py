"""The same returns by letter and from a folder: what letters cost beside the files in them."""

import datetime as dt
import imaplib
import os
import resource
import shutil
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from unittest import mock

import msgspec
from returns import NOW

from huizong import fetch, pipeline
from huizong.accounts import Account
from huizong.mailbox_imap import letters_on
from huizong.work import Work, at_work
from mail_servers import HOST, PASSWORD, USER, running

SENDER = "shequ@example.cn"
TYPE = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
SINCE = dt.date(2020, 1, 1)
# Letters that the bare transfer asks for at once.
AT_ONCE = 50


class Cost(msgspec.Struct, frozen=True):
    """Seconds by the clock, and of computing by this process and the children it has ended."""

    wall: float
    computing: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.wall + other.wall, self.computing + other.computing)


class Costs(msgspec.Struct, frozen=True):
    """What fetching and filing letters costs, the same files from a folder, the bare transfer."""

    letters: Cost
    files: Cost
    transfer: Cost

    @property
    def ratio(self) -> float:
        """Letters over files and transfer."""
        return self.letters.wall / (self.files + self.transfer).wall

    @property
    def computing_ratio(self) -> float:
        """The same by seconds of computing, which other work on the machine hardly moves."""
        return self.letters.computing / (self.files + self.transfer).computing


def mail_costs(office: Path, temp: Path, rounds: int) -> Sequence[Costs]:
    """Fetch an office's returns from a mail server, and collect them from its folder, in turn."""
    with running() as server, mock.patch.dict(os.environ, SSL_CERT_FILE=str(server.authority)):
        server.deliver(*_letters(office))
        account = Account(HOST, server.port, USER)
        return [_costs(office, temp, account) for _ in range(rounds)]


def _costs(office: Path, temp: Path, account: Account) -> Costs:
    by_mail, by_hand = (temp / name for name in ("by_mail", "by_hand"))
    for copy in (by_mail, by_hand):
        shutil.copytree(office, copy)
    for path in (by_mail / "收表").iterdir():
        path.unlink()
    transfer = _cost(lambda: _transfer(account))
    letters = _collected(by_mail, lambda work: _fetched(work, account))
    files = _collected(by_hand, pipeline.collect)
    for copy in (by_mail, by_hand):
        shutil.rmtree(copy)
    return Costs(letters, files, transfer)


def _letters(office: Path) -> Iterator[bytes]:
    for path in sorted((office / "收表").iterdir()):
        letter = EmailMessage()
        letter["From"], letter["Subject"] = SENDER, path.stem
        letter.set_content("报表见附件。")
        letter.add_attachment(
            path.read_bytes(), maintype=TYPE[0], subtype=TYPE[1], filename=path.name
        )
        yield letter.as_bytes()


def _transfer(account: Account) -> None:
    """Let all letters come from the server, and do nothing with them."""
    context = ssl.create_default_context()
    with imaplib.IMAP4_SSL(account.host, account.port, ssl_context=context) as client:
        client.login(account.user, PASSWORD)
        count = int(client.select(readonly=True)[1][0])
        for first in range(1, count + 1, AT_ONCE):
            _, found = client.fetch(f"{first}:{min(count, first + AT_ONCE - 1)}", "(BODY.PEEK[])")
            assert all(one[1] for one in found if isinstance(one, tuple))


def _fetched(work: Work, account: Account) -> object:
    return fetch.fetch(work, letters_on(account, PASSWORD, (), SINCE)).collected


def _collected(office: Path, collect: Callable[[Work], object]) -> Cost:
    """Tell what it costs to take in all returns of an office, nothing of it begun."""
    with at_work(office, NOW, "bench") as opened:
        work, collected = _with_addresses(opened), []
        cost = _cost(lambda: collected.append(collect(work)))
    assert collected[0].filed
    assert not collected[0].unfiled
    return cost


def _cost(action: Callable[[], object]) -> Cost:
    start, used = time.perf_counter(), _computing()
    action()
    return Cost(time.perf_counter() - start, _computing() - used)


def _computing() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def _with_addresses(work: Work) -> Work:
    """Have every unit send from one address."""
    replace = msgspec.structs.replace
    roster = tuple(replace(unit, mail=SENDER) for unit in work.office.roster)
    return replace(work, office=replace(work.office, roster=roster))
