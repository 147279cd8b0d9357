"""Headings of letters out, by chance and by hand: what was written is what every reader reads."""

import email
import random
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import getaddresses

import pytest

from huizong.draft_files import as_sent, draft_id, read_draft
from huizong.letter_drafts import Draft, eml
from huizong.letters import Attachment, is_address
from huizong.letters_out import reminders
from huizong.office import init_office
from huizong.work import at_work
from street import NOW, PERIOD, STREET

LETTERS = 150
HAN = "和平社区居民委员会光明东风街道办事处清河新村桥头中共政法喆镕𠮷"
NAMES = (HAN, f"{HAN}（）()“”\"',，;；:<>@\\ 第1A.·", 'Heping Office (1), "of" <x@y>; =?_')
ATOM = "abcdefghijklmnopqrstuvwxyz0123456789.-_+'"
DOMAINS = ("qq.com", "139.com", "qh.example.gov.cn", f"{'a-long-part.' * 14}example.gov.cn")
OWN, ID = "hz@qh.example.gov.cn", "<hz.ab.cd@qh.example.gov.cn>"


def chances() -> Iterator[Draft]:
    """Make letters of every sort to one to five addresses, the same in every run."""
    chance = random.Random(20260403)

    def some(letters: str, most: int) -> str:
        text = "".join(chance.choice(letters) for _ in range(chance.randint(1, most)))
        return " ".join(text.split())

    def address() -> str:
        local = some(ATOM, chance.choice((6, 60))).strip(".").replace("..", ".") or "x"
        return f"{local}@{chance.choice(DOMAINS)}"

    for _ in range(LETTERS):
        letters = chance.choice(NAMES)
        found = sorted({address() for _ in range(chance.randint(1, 5))})
        yield Draft(
            sender=OWN, name=some(letters, 40), to=tuple(filter(is_address, found)),
            subject=some(letters, 90), text="甲", at=NOW, message_id=ID,
            thread=tuple(f"<{some('abcXYZ019.$=?_-', 150)}@b.cn>" for _ in range(2)),
            attachments=(Attachment(f"{some(HAN, 30)}（1）.xlsx", b"P"),)[: chance.randint(0, 1)],
        )  # fmt: skip


def plain(text: str) -> str:
    """Decode a name; the library's new reader leaves a blank where an encoded one was folded."""
    return str(make_header(decode_header(text)))


def readings(raw: bytes) -> dict[str, object]:
    """Read a letter as we do, as the library does, and as it did before."""
    ours, old = read_draft(raw), email.message_from_bytes(raw)
    new = email.message_from_bytes(raw, policy=default)
    return {
        "to": ours.recipients,
        "to, new": tuple(one.addr_spec for one in new["to"].addresses),
        "to, old": tuple(one for _, one in getaddresses([old["to"]])),
        "names": {plain(name) for name, _ in getaddresses([old["to"]])},
        "subject": ours.subject,
        "subject, new": new["subject"].strip(),
        "own": (ours.sender, ours.message_id, draft_id(raw)),
        "thread": (*new["references"].split(), new["in-reply-to"].strip()),
        "files": ours.attachments,
        "unread": (*ours.unread, *new["to"].defects),
        "lines": raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998,
    }


def wanted(draft: Draft) -> dict[str, object]:
    """Give what was written, as `readings` has it."""
    return {
        "to": draft.to, "to, new": draft.to, "to, old": draft.to, "names": {draft.name},
        "subject": draft.subject, "subject, new": draft.subject, "own": (OWN, ID, ID),
        "thread": (*draft.thread, draft.thread[-1]), "files": draft.attachments,
        "unread": (), "lines": True,
    }  # fmt: skip


def test_headings_are_read_as_they_were_written():
    """
    Fault 69: every recipient, by our reader and by the library's two, under whatever name; so are
    the subject, the thread and the names of files, as a draft and as it is sent.
    """
    wrong = []
    for draft in chances():
        for raw in (eml(draft), as_sent(eml(draft), OWN, ID, NOW)):
            found, told = readings(raw), wanted(draft)
            wrong += [(key, told[key], found[key]) for key in told if found[key] != told[key]]

    assert {len(one.to) for one in chances()} == {1, 2, 3, 4, 5}
    assert wrong == []


ODD = (
    "<", "和平社区 <", "hp@", "hp@qh.example.cn <", "\\", ".:undisclosed-recipients:;@ <",
    "=?gb2312?B?.<a@b.cn> \t,", ".?=,\"", " .]\"\"\r\n =?utf-8?q?x?=", ":<a@b.cn=?gb2312?B? x",
    "undisclosed-recipients:;\\>.a@b.cn", "\\@ [ ", '"和平', "hp@qh.example.cn；hp2@qq.com",
    "和平@qq.com",
)  # fmt: skip


@pytest.mark.parametrize("heading", ["From", "To", "Cc", "Bcc"])
@pytest.mark.parametrize("text", ODD)
def test_half_an_address_is_told_as_it_stands(heading, text):
    """Fault 68: whatever stands for an address, the draft is read, and what cannot be is given."""
    file = read_draft(f"{heading}: {text}\r\nSubject: 催报\r\n\r\n甲".encode())

    assert file.unread == (" ".join(str(make_header(decode_header(text))).split()),)
    assert file.subject == "催报"
    "".join((*file.recipients, file.sender)).encode()


@pytest.mark.parametrize("text", ["<\t)().[", '<<"a@[1.2.3.4].=?utf-8?B?5byg?=', "<", ""])
def test_id_of_no_form_is_read_as_it_stands(text):
    """An ID that only another mail program understands keeps no draft from being read."""
    raw = f"Message-ID: {text}\r\nTo: a@b.cn\r\n\r\nx".encode()

    assert draft_id(raw) == read_draft(raw).message_id
    assert read_draft(raw).recipients == ("a@b.cn",)


def test_letter_in_a_draft_is_an_attachment():
    """
    Fault 68: a letter that is forwarded as a file is one file, whole; so is a text that is attached
    without a name. What stands in the letter itself is none.
    """
    inner = EmailMessage(policy=SMTP)
    inner["Subject"] = "转：名单"
    inner.set_content("张三 13812345678")
    inner.add_attachment(b"P", maintype="application", subtype="zip", filename="a.zip")
    outer = EmailMessage(policy=SMTP)
    outer["To"] = "a@b.cn"
    outer.set_content("甲")
    outer.add_alternative("<p>甲</p>", subtype="html")
    outer.make_mixed()
    outer.attach(_nameless(b"13812345678"))
    outer.add_attachment(inner)
    text, forwarded = read_draft(outer.as_bytes()).attachments

    assert text == Attachment("", b"13812345678")
    assert forwarded.name == "转：名单.eml"
    assert read_draft(forwarded.data).attachments == (Attachment("a.zip", b"P"),)
    assert "张三 13812345678".encode() in forwarded.data


def _nameless(data: bytes) -> EmailMessage:
    part = EmailMessage(policy=SMTP)
    part.set_content(data, "text", "plain", disposition="attachment")
    return part


def test_names_and_addresses_as_people_type_them_stop_no_letter(tmp_path):
    """
    A name that is broken in its cell is one line; an address that no letter can go to is as good as
    none; every other unit gets its letter.
    """
    roster = tmp_path / "名册.csv"
    names = ("和平\n社区", "光明\u2028 社区", "East\nCommunity", "东风社区")
    mails = ("hp@qh.example.cn", "gm@qh.example.cn", "east@qh.example.cn", "wang..li@163.com")
    lines = [f'9901010010{n:02},"{name}",{STREET},{mail}'
             for n, (name, mail) in enumerate(zip(names, mails, strict=True), 1)]  # fmt: skip
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,邮箱", *lines]), encoding="utf-8")
    office = tmp_path / "清河街道"
    init_office(office, roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    with at_work(office, NOW, "test") as work:
        found = [(one.name, one.to) for one in reminders(work, PERIOD)]

    assert found == [("和平社区", mails[:1]), ("光明社区", mails[1:2]),
                     ("East Community", mails[2:3]), ("东风社区", ())]  # fmt: skip
