"""A district, two sub-districts and six communities that have nothing but mail between them."""

import contextlib
import datetime as dt
import email
import io
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from openpyxl import load_workbook

from clerks import Clerk, Row, Typed
from huizong.accounts import IMAP, SMTP
from huizong.cli import app, run
from huizong.forms import FormSet
from huizong.office import init_office, open_office
from huizong.passwords import SERVICE
from huizong.periods import Period
from huizong.settings import SETTINGS
from huizong.texts import say
from keyrings import Keyring, own_keyring
from leaks import CLERKS, PASSWORD, identity, mobile
from mail_server import MailServer, taking
from mail_servers import HOST, Server, running

PERIOD = Period.parse("2026Q1")
DISTRICT, CLEAR, EAST = "990101000000", "990101001000", "990101002000"
# One sub-district sends its drafts from a mail program, the other offices by the program's own way.
BY_HAND = CLEAR
OFFICES = {DISTRICT: "青河区", CLEAR: "清河街道", EAST: "东湖街道"}
COMMUNITIES = {
    "990101001001": "和平社区", "990101001002": "光明社区", "990101001003": "东风社区",
    "990101002001": "春柳社区", "990101002002": "向阳社区", "990101002003": "永安社区",
}  # fmt: skip
MAILS = {code: f"u{code}@mail.example.cn" for code in (*OFFICES, *COMMUNITIES)}
STRANGER = "somebody@home.example.cn"
KINDS = {
    "TJ08": "婚姻家庭", "TJ09": "邻里", "TJ10": "房屋拆迁", "TJ11": "物业环境",
    "TJ12": "劳动合同消费", "TJ13": "损害赔偿及其他",
}  # fmt: skip
WORDS = (
    "成立工作小组，成员分片包干，网格员收集信息，每月开一次例会研究疑难纠纷，责任落实到人到户，"
    "逐件登记、逐件回访，群众反映良好，没有发生因调解不及时而激化的案件。"
)


def seeds() -> tuple[str, ...]:
    """Give all numbers of persons that the clerks type or write, and the password of all."""
    return (*(one for number in CLERKS for one in (identity(number), mobile(number))), PASSWORD)


def typed(number: int, cases: int, form_set: FormSet, plan: int = 4) -> Typed:
    """Give what the clerk of a community types: its cases, its rounds, its plan, its report."""
    rounds = 6 + number % 3
    done = {1: rounds, 2: 3}
    return Typed(
        {"TJ01": str(rounds), "TJ16": str(number), "TJ17": "0", "TJ20": str(int(cases > 8))},
        {
            "TJ_L1": tuple(_case(number, at, cases) for at in range(1, cases + 1)),
            "TJ_L2": tuple(_round(number, at) for at in range(1, rounds + 1)),
            "TJ_P": tuple(
                {"person": "李某", "status": "已完成", "actual": str(done.get(at, 1)),
                 "done_on": f"2026-03-{10 + number + at}"}
                for at in range(1, plan + 1)
            ),
        },
        {one.key: f"{number}号社区{one.zh}：{WORDS}" for one in form_set.sections},
    )  # fmt: skip


def _case(number: int, at: int, cases: int) -> Row:
    day = f"2026-{1 + (number + at) % 3:02}-{5 + number + at:02}"
    row = {
        "seq": str(at), "accepted_on": day, "parties": f"张某与李某{identity(number)}",
        "source": "申请", "category": list(KINDS.values())[(number * at) % len(KINDS)],
        "amount_yuan": str(1_000 * at + 37 * number), "mediator": f"王某 {mobile(number)}",
        "result": "成功", "mediated_on": day, "agreement": "书面" if at % 2 else "口头",
    }  # fmt: skip
    if cases > 8 and at == cases:  # of so many one is still pending
        del row["mediated_on"]
        row |= {"result": "调解中", "agreement": "无"}
    return row


def _round(number: int, at: int) -> Row:
    day = f"2026-{1 + at % 3:02}-{4 + number + at:02}"
    return {"seq": str(at), "date": day, "grid": f"第{number}网格", "person": "赵某",
            "found": "1", "action": "就地劝解"}  # fmt: skip


def summed(returns: Mapping[str, Typed]) -> dict[str, Decimal]:
    """Add up what the clerks typed, by nothing of the program's."""
    totals: dict[str, Decimal] = {}
    for one in returns.values():
        for code, value in _figures(one).items():
            totals[code] = totals.get(code, Decimal(0)) + value
    for code, part in (("TJ05", "TJ04"), ("TJ06", "TJ03")):
        rate = totals[part] * 100 / totals["TJ02"]
        totals[code] = rate.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return totals


def _figures(one: Typed) -> dict[str, Decimal]:
    cases = one.rows["TJ_L1"]
    won = [row for row in cases if row["result"] == "成功"]
    yuan = sum(Decimal(row["amount_yuan"]) for row in won)
    counts = {code: [r for r in cases if r["category"] == kind] for code, kind in KINDS.items()} | {
        "TJ02": cases, "TJ03": won, "TJ04": won, "TJ19": (), "TJ21": (),
        "TJ07": [row for row in cases if row["result"] == "调解中"],
        "TJ14": [row for row in won if row["agreement"] == "书面"],
    }  # fmt: skip
    figures = {code: Decimal(len(rows)) for code, rows in counts.items()}
    figures |= {code: Decimal(value) for code, value in one.figures.items()}
    figures["TJ15"] = (yuan / 10_000).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return figures


@dataclass
class World:
    """The offices' folders, the servers between them, and all that was ever said by a command."""

    folder: Path
    boxes: Server
    post: MailServer
    said: list[str] = field(default_factory=list)

    def office(self, code: str) -> Path:
        """Give the folder of an office."""
        return self.folder / OFFICES[code]

    def run(self, code: str, command: str, *more: str, now: str = "") -> str:
        """Give a command as the officer types it; what it says is kept, and given."""
        words = command.split()
        period = [] if words[-1] in ("fetch", "collect") else [str(PERIOD)]
        line = [*words, str(self.office(code)), *period, *more, "--now", f"2026-{now}"]
        out = io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            ended = run(lambda: app(line, prog_name="huizong", standalone_mode=False))
        self.said.append(out.getvalue())
        assert ended in (0, 1), out.getvalue()
        return out.getvalue()

    def clerk(self, code: str) -> Clerk:
        """Give the clerk of a community, or whoever reads an office's mailbox."""
        name = COMMUNITIES.get(code) or OFFICES[code]
        return Clerk(
            name, MAILS[code], PASSWORD, self.boxes.port, self.post.port, str(self.boxes.authority)
        )

    def letters(self) -> list[tuple[str, str]]:
        """List what lies in all mailboxes: whose it is, and the letter's Message-ID."""
        return [
            (path.parent.parent.name, _read(path)["message-id"].strip())
            for user in (*MAILS.values(), STRANGER)
            for path in self.boxes.letters(user)
        ]


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=default)


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """Run both servers, and make the three offices."""
    with own_keyring() as ring, running() as boxes, taking(boxes.folder) as post:
        post.users = dict.fromkeys((*MAILS.values(), STRANGER), PASSWORD)
        post.passes_on = lambda to, data: boxes.deliver(data, to=to)
        one = World(folder, boxes, post)
        for code in OFFICES:
            _make_office(one, code, ring)
        yield one


def _make_office(world: World, code: str, ring: Keyring) -> None:
    below = {CLEAR: OFFICES[CLEAR], EAST: OFFICES[EAST]}
    if code != DISTRICT:
        below = {one: name for one, name in COMMUNITIES.items() if one[:9] == code[:9]}
    lines = [f"{one},{name},{code},{MAILS[one]}" for one, name in below.items()]
    roster = world.folder / f"{code}.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,邮箱", *lines]), encoding="utf-8")
    init_office(
        world.office(code), roster=roster, unit=code, now=dt.datetime(2026, 3, 20, 9), sets=("TJ",)
    )
    _set(
        world.office(code),
        mail_server=f"{HOST}:{world.boxes.port}", mail_user=MAILS[code],
        upper_mail="" if code == DISTRICT else MAILS[DISTRICT],
        send_by=None if code == BY_HAND else "SMTP",
        send_server=None if code == BY_HAND else f"{HOST}:{world.post.port}",
    )  # fmt: skip
    for protocol in (IMAP, SMTP):
        ring.set_password(SERVICE, f"{protocol}:{MAILS[code]}@{HOST}", PASSWORD)


def _set(office: Path, **settings: str | None) -> None:
    """Enter settings in the control workbook, as a person does."""
    path = open_office(office).control
    book = load_workbook(path, keep_vba=True)
    wanted = {say(f"setting.{name}"): value for name, value in settings.items()}
    for row in book[SETTINGS].iter_rows():
        if row[0].value in wanted:
            row[1].value = wanted.pop(row[0].value)
    book.save(path)
    assert not wanted


def send(world: World, code: str, now: str) -> None:
    """Send what was drafted: by the program, or each draft opened in a mail program."""
    if code == BY_HAND:
        _send_by_hand(world, code)
    else:
        world.run(code, "mail send", "--yes", "--officer", "王芳", now=now)


def _send_by_hand(world: World, code: str) -> None:
    office = open_office(world.office(code))
    context = ssl.create_default_context(cafile=str(world.boxes.authority))
    paths = [*office.drafts(str(PERIOD)).glob("*.eml"), *office.upward(str(PERIOD)).glob("*.eml")]
    with smtplib.SMTP_SSL(HOST, world.post.port, context=context) as server:
        server.login(MAILS[code], PASSWORD)
        for path in sorted(paths, key=lambda one: one.stat().st_mtime_ns):
            message = _read(path)
            del message["X-Unsent"]
            server.send_message(message)
            path.unlink()
