"""An office that sends its letters by a server: with drafts, and with a password in a keyring."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from huizong import acts, approving, pipeline, sending
from huizong.accounts import SMTP, Account
from huizong.book import open_book
from huizong.delivery_smtp import Postman
from huizong.doing import Told
from huizong.office import init_office, open_office
from huizong.passwords import SERVICE
from huizong.sending_entries import Sending, queue_of
from huizong.work import Work, at_work
from keyrings import Keyring, own_keyring
from mail_servers import HOST, PASSWORD, USER
from street import LIGHT, NOW, PEACE, PERIOD, STREET, UNITS

MAILS = {PEACE: ("hp@qh.example.cn", "hp2@qq.com"), LIGHT: ("guangming@qh.example.cn",)}
# In the order in which letters are written and sent.
TO = (*MAILS[LIGHT], *reversed(MAILS[PEACE]))
UPPER = "zfw@qh.example.gov.cn"
replace = msgspec.structs.replace


@contextmanager
def keyring_with() -> Iterator[Keyring]:
    """Use a keyring that knows the password of the account."""
    with own_keyring() as ring:
        ring.set_password(SERVICE, f"{SMTP}:{USER}@{HOST}", PASSWORD)
        yield ring


def street_with_drafts(folder: Path) -> Path:
    """Make a street of three that have sent nothing: two are reminded, one has no address."""
    lines = [
        f"{c},{name},{STREET},{'；'.join(MAILS.get(c, ()))}" for c, name in reversed(UNITS.items())
    ]
    roster = folder / "名册.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,邮箱", *lines]), encoding="utf-8")
    office = folder / "清河街道"
    init_office(office, roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    with at(office) as work:
        pipeline.issue(work, PERIOD)
        acts.remind(work, PERIOD)
    return office


@contextmanager
def at(office: Path, port: int = 1, now: dt.datetime = NOW, **more: object) -> Iterator[Work]:
    """Open the office with the settings of one that sends by a server."""
    settings = {"mail_user": USER, "officer": "王芳", "upper_mail": UPPER, "send_by": SMTP}
    settings |= {"send_server": f"{HOST}:{port}"} | more
    with at_work(office, now, "test") as work:
        changed = replace(work.office.settings, **settings)
        yield replace(work, office=replace(work.office, settings=changed))


def press(office: Path, port: int, now: dt.datetime = NOW, *, yes: bool = True) -> Told:
    """Send as an officer does who agrees to all, or to nothing."""
    with at(office, port, now) as work:
        return acts.send(work, PERIOD, lambda _: yes)


def run(office: Path, port: int, now: dt.datetime = NOW, *, starttls: bool = False) -> sending.Sent:
    """Approve what is drafted and send what is due, on a line to be told."""
    with at(office, port, now) as work:
        sending.after_break(work.book, work.at)
        approving.approve(work, approving.proposed(work, PERIOD), "王芳")
        account = Account(HOST, port, USER, starttls, SMTP)
        with Postman(account, PASSWORD, lambda _: None) as post:
            return sending.send(work, sending.due(work), post)


def rows(office: Path) -> dict[str, Sending]:
    """Give the queue by recipient."""
    with open_book(open_office(office).book) as book:
        return {one.recipient: one for one in queue_of(book)}


def states(office: Path) -> dict[str, str]:
    """Give the state of the letter to each recipient."""
    return {to: one.state for to, one in rows(office).items()}
