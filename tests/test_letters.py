"""Letters taken apart: names, codings, nesting, machines, bombs; who they say they are from."""

import random
import re
from collections.abc import Iterator

import pytest

import mail_corpus
from huizong import letter_parts
from huizong.letter_names import address_of, bare_name, text_of
from huizong.letter_parts import open_letter
from huizong.letters import (
    Letter,
    NotOpened,
    Opened,
    Proof,
    addresses,
    is_ours,
    is_proved,
    letter_id,
)
from huizong.texts import catalogue
from mail_corpus import report

FORM = b"PK\3\4" + bytes(range(256)) * 20
SAMPLES = tuple(mail_corpus.samples(FORM))
DAMAGED = 300
KINDS = (
    "link", "picture", "text", "bounce", "notice", "receipt", "auto_reply", "letter_parts",
    "letter_deep", "letter_headings", "letter_decoded", "letter_empty",
)  # fmt: skip


def opened(raw: bytes) -> tuple[str, tuple[str, ...]]:
    """Give kind and names of files, or why it is not opened."""
    try:
        result = open_letter(raw)
    except NotOpened as refused:
        return refused.code, ()
    return result.letter.kind, tuple(one.name for one in result.attachments)


def contents(raw: bytes) -> Opened | str:
    """Give all that a letter holds, or why it is not opened."""
    try:
        return open_letter(raw)
    except NotOpened as refused:
        return refused.code


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_letter_is_what_it_is(sample):
    """Fault 51, 52, 53, 54, 55, 58, 61: kind and files of each letter are as declared."""
    assert opened(sample.raw) == (sample.kind, sample.files)


@pytest.mark.parametrize(
    "sample", [one for one in SAMPLES if one.kind == "returns"], ids=lambda sample: sample.name
)
def test_a_form_arrives_byte_for_byte(sample):
    """Fault 53: whatever coding, type and nesting a form comes in, its bytes are its own."""
    inside = [one.data for one in open_letter(sample.raw).attachments]

    forms = [data for data in inside if data.startswith(b"PK") and len(data) == len(FORM)]
    if sample.name not in ("a zip", "winmail.dat that is cut"):
        assert forms
    assert set(forms) <= {FORM}


def test_there_are_sixty_letters_and_each_outcome_has_words():
    """Fault 55: every kind of letter that can be is among them, and is said in both languages."""
    assert len(SAMPLES) > 60
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES)
    assert {sample.kind for sample in SAMPLES} == {"returns", *KINDS}
    assert all(f"letter.{kind}" in catalogue() for kind in KINDS)


def damaged(seed: int) -> Iterator[bytes]:
    """Give letters with bytes changed, cut out or doubled."""
    chance = random.Random(seed)
    small = [one.raw for one in SAMPLES if len(one.raw) < 20_000]
    for _ in range(DAMAGED):
        raw = bytearray(chance.choice(small))
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(raw) + 1)
            raw[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        yield bytes(raw)


def test_a_damaged_letter_is_opened_or_refused_never_a_crash():
    """Fault 58: letters with bytes changed, cut out or doubled are opened or refused by a code."""
    for raw in damaged(7):
        kind, _ = opened(raw)
        assert kind


def test_what_the_parser_need_not_see_changes_nothing(monkeypatch):
    """Whole and damaged letters are taken apart as if all their lines had gone to the parser."""
    whole = [one.raw for one in SAMPLES if len(one.raw) < 1_000_000]
    raws = [*whole, *damaged(8)]
    # As Thunderbird parts them: by letters and digits, right below a file, as long as its lines.
    mark = b"-" * 14 + b"A1b2" * 8
    raws += [raw.replace(b"=_a", mark).replace(b"\n\r\n--" + mark, b"\n--" + mark) for raw in whole]
    quick = [contents(raw) for raw in raws]
    aside = sum(bool(letter_parts._LONG_FILE.search(raw)) for raw in raws)
    monkeypatch.setattr(letter_parts, "_LONG_FILE", re.compile(rb"(?!)"))

    assert quick == [contents(raw) for raw in raws]
    assert aside > DAMAGED / 2


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("heping@qh.cn", "heping@qh.cn"),
        ("Heping <HePing@QH.cn>", "heping@qh.cn"),
        ('"boss@gov.cn" <a@evil.cn>', "a@evil.cn"),
        ("=?utf-8?B?Ym9zc0Bnb3YuY24=?= <a@evil.cn>", "a@evil.cn"),
        ("boss@gov.cn, a@evil.cn", ""),
        ("boss@gov.cn <a@evil.cn>", ""),
        ("boss@gov.cn\r\n a@evil.cn", ""),
        ("=?utf-8?B?Ym9zc0Bnb3YuY24=?=", ""),
        ("", ""),
        ("和平".encode("gbk").decode("ascii", "surrogateescape") + " <a@b.cn>", "a@b.cn"),
        ("丂".encode("gbk").decode("ascii", "surrogateescape") + " <a@b.cn>", "a@b.cn"),
        ("a@b@c.cn", ""),
    ],
)
def test_the_sender_is_one_address_or_none(raw, wanted):
    """Fault 56: a name that looks like an address is no sender, and two senders are none."""
    assert address_of([raw]) == wanted


def test_two_from_headings_are_no_sender():
    """Fault 56: whoever writes From twice is nobody."""
    raw = mail_corpus.letter(head=b"From: boss@gov.cn\r\n")

    assert open_letter(raw).letter.sender == ""


GOOD = "mx.our.cn; dmarc=pass header.from=qh.cn"


def passed(*headings: str, sender: str = "a@qh.cn") -> Letter:
    """Open a letter with these results of checks in it."""
    head = "".join(f"Authentication-Results: {one}\r\n" for one in headings).encode()
    return open_letter(mail_corpus.letter(head=head, sender=sender)).letter


@pytest.mark.parametrize(
    ("headings", "wanted"),
    [
        (("mx.our.cn; dmarc=pass header.from=qh.cn",), True),
        (("mx.our.cn; dkim=pass header.d=qh.cn; spf=fail smtp.mailfrom=qh.cn",), True),
        (("MX.our.cn; spf=pass smtp.mailfrom=a@qh.cn",), True),
        (("mx.our.cn;\r\n\tspf=pass (ok; really) smtp.mailfrom=a@qh.cn",), True),
        ((), False),
        (("mx.evil.cn; dmarc=pass header.from=qh.cn",), False),
        (("mx.our.cn; dmarc=fail header.from=qh.cn",), False),
        (("mx.our.cn; dkim=pass header.d=evil.cn",), False),
        (("mx.our.cn; dkim=pass header.d=evil-qh.cn",), False),
        # The server's own, and one that was in the letter when it came.
        (("mx.our.cn; dmarc=fail header.from=qh.cn", "mx.our.cn; dkim=pass header.d=qh.cn"), False),
        (("mx.our.cn; none", "mx.our.cn; spf=pass smtp.mailfrom=a@qh.cn"), False),
        (("; ; =",), False),
        (("mx.our.cn; dmarc=pass (header.from=qh.cn",), False),
        (("mx.our.cn; dmarc=pass header.from=qh.cn;",), True),
        # The server's own is not understood, or has letters beyond ASCII in it.
        (("mx.our.cn; spf=none smtp.helo=[1.2.3.4]; dmarc=fail header.from=qh.cn", GOOD), False),
        (('"MX.our.cn" ; dmarc=fail header.from=qh.cn', GOOD), False),
        (("mx.our.cn", GOOD), False),
        (("mx.our.cn; dmarc=fail header.from=和平.cn", GOOD), False),
    ],
)  # fmt: skip
def test_only_our_own_server_proves_a_sender(headings, wanted):
    """Fault 56: results of checks that the sender wrote into the letter himself prove nothing."""
    letter = passed(*headings)

    assert is_proved(letter, "mx.our.cn") is wanted
    assert is_proved(letter, "") is True


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (report(("a@qh.cn", "failed"), ("b@qh.cn", "delayed")), ("a@qh.cn",)),
        (report(("a@qh.cn", "delivered"), ("B@qh.cn", "")), ("B@qh.cn",)),
        (report(("\x1b[2J\u202ea@qh.cn", "failed")), ("[2Ja@qh.cn",)),
        (report(("张三@qh.cn", "Failed")), ("张三@qh.cn",)),
        (b"X-Failed-Recipients: a@b.cn, \x1b[3mb@b.cn\r\n" + report(), ("a@b.cn", "[3mb@b.cn")),
    ],
)  # fmt: skip
def test_a_bounce_names_whom_it_did_not_reach(raw, wanted):
    """Fault 61: who was reached or is still tried is not among them, nor what a screen obeys."""
    assert open_letter(raw).letter.failed == wanted


def test_a_bounce_gives_the_id_that_the_letter_was_sent_with():
    """Fault 61: a server that puts its own ID in place of ours keeps ours under another name."""
    for name in ("X-OQ-MSGID", "X-Microsoft-Original-Message-ID", "Message-ID"):
        ids = f"Message-ID: <its@qq.com>\r\n{name}: <ours@qh.cn>\r\n".encode()
        ids = ids if name != "Message-ID" else ids.partition(b"\r\n")[2]
        headings = b"Content-Type: text/rfc822-headers\r\n\r\n" + ids
        whole = b"Content-Type: message/rfc822\r\n\r\n" + ids + b"\r\n"
        answers = [open_letter(report(returned=one)).letter.answers for one in (headings, whole)]
        assert answers == ["<ours@qh.cn>"] * 2, name


def test_a_proof_needs_the_very_domain():
    """Fault 56: a domain that only looks like the sender's is not the sender's."""
    letter = Letter(sender="a@qh.cn", proofs=(Proof("mx", ("qh.cn.evil.cn", "xqh.cn")),))

    assert not is_proved(letter, "mx")


def test_addresses_of_the_roster():
    """A unit may have several addresses, in capitals or not, however they are separated."""
    assert addresses("A@b.cn；c@d.cn, e@f.cn\ng@h.cn") == {"a@b.cn", "c@d.cn", "e@f.cn", "g@h.cn"}
    assert addresses("") == addresses("无") == frozenset()


def test_our_own_letter_is_known_by_its_id():
    """Fault 61: only whoever has the book's key makes an ID that counts as ours."""
    own = letter_id(b"key", "ab12", "qh.cn")

    assert is_ours(b"key", own)
    assert not is_ours(b"other", own)
    assert not is_ours(b"key", own.replace("ab12", "ab13"))
    assert not is_ours(b"key", "<a@b.cn>")


def test_names_never_hold_what_is_unseen():
    """Fault 51: of any name only what a person sees is left, and no folder."""
    assert bare_name("a/b\\c\r\n\0\u202e\u200b.xlsx") == "c.xlsx"
    assert bare_name("../..") == bare_name("/") == bare_name("") == ""
    assert text_of("=?utf-8?B?DQpCY2M6IGFAYi5jbg==?=") == "Bcc: a@b.cn"
