"""Letters from a folder: stored, opened, collected; who may report; nothing lost or doubled."""

import hashlib
import os
import shutil
import threading
import time
from collections import Counter
from pathlib import Path

import msgspec
import pytest

import mail_corpus
from huizong import acts, pipeline
from huizong.answers import Typed
from huizong.book import open_book
from huizong.digests import DigestKey, write_key
from huizong.entries import files_of
from huizong.fetch import Fetched, fetch
from huizong.letter_entries import letters_of, places_seen
from huizong.letter_parts import open_letter
from huizong.letter_store import Incoming, store_letters
from huizong.letters import letter_id
from huizong.letters_in import MOST_FROM_ONE, _take_in
from huizong.mailbox_folder import KIND, letters_below
from huizong.mailing import said
from huizong.office import init_office, open_office
from huizong.texts import say
from huizong.work import at_work
from invariants import kept
from mail_corpus import attached, called, letter, text
from street import EAST, LIGHT, NOW, OLD, PEACE, PERIOD, STREET, UNITS, send

MAILS = {PEACE: mail_corpus.SENDER, LIGHT: "guangming@qh.example.cn；GM@qq.com"}


@pytest.fixture(scope="module")
def empty_office(tmp_path_factory) -> Path:
    """A street whose roster has addresses for two of three communities."""
    folder = tmp_path_factory.mktemp("office")
    lines = [f"{code},{name},{STREET},{MAILS.get(code, '')}" for code, name in UNITS.items()]
    head = "区划代码,单位名称,上级代码,邮箱"
    (folder / "名册.csv").write_text("\n".join([head, *lines]), encoding="utf-8")
    init_office(folder / "清河街道", roster=folder / "名册.csv", unit=STREET, now=NOW)
    return folder / "清河街道"


@pytest.fixture
def office(empty_office, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(empty_office, tmp_path / "清河街道"))


def form(office: Path, code: str = PEACE, hour: int = 0) -> bytes:
    """Give the bytes of a unit's return, which then lies nowhere."""
    path = send(office, code, hour=hour)
    data = path.read_bytes()
    path.unlink()
    return data


def put(folder: Path, name: str, raw: bytes) -> Path:
    """Put a letter into a folder, as one saved some time ago."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.eml"
    path.write_bytes(raw)
    os.utime(path, (OLD, OLD))
    return path


def fetched(office: Path, folder: Path, checks: str = "", *, audit: bool = False) -> Fetched:
    """Fetch what lies in a folder, and audit what came if wished."""
    with at_work(office, NOW, "test") as work:
        if checks:
            work = with_checks(work, checks)
        done = fetch(work, letters_below(folder, places_seen(work.book, KIND)))
        if audit:
            pipeline.audit(work, PERIOD)
        return done


def with_checks(work, checks: str):
    """Have the office's mail server check senders."""
    replace = msgspec.structs.replace
    settings = replace(work.office.settings, mail_checks=checks)
    return replace(work, office=replace(work.office, settings=settings))


def outcomes(done: Fetched) -> list[str]:
    """Give what became of the letters."""
    return sorted(outcome for _, outcome in done.outcomes)


def files(office: Path) -> dict[str, tuple[str, str]]:
    """Give state and reason of each file by its name."""
    with open_book(open_office(office).book) as book:
        return {file.name: (file.state, file.reason) for file in files_of(book)}


def mail(data: bytes, name: str = "报表.xlsx", **more: object) -> bytes:
    """Write a letter with one file."""
    return letter(text(), attached(data, called(name)), **more)


def test_all_letters_at_once(office, tmp_path):
    """
    Fault 51, 53, 58, 61: letters of every kind come at once, each has its outcome, the form is
    one file; a second time nothing is new.
    """
    samples = tuple(mail_corpus.samples(form(office)))
    for number, sample in enumerate(samples):
        put(tmp_path / "信", f"{number:03}", sample.raw)
    with kept(office) as lines:
        done = fetched(office, tmp_path / "信", audit=True)
        lines += said(done).lines

    wanted = Counter(sample.kind for sample in {one.raw: one for one in samples}.values())
    assert Counter(outcomes(done)) == wanted + Counter(["no_form"]) - Counter(["returns"])
    used = [file for file in files(office).values() if file == ("adopted", "adopted")]
    assert len(used) == 1
    with open_book(open_office(office).book) as book:
        stored = {one.kept_as: one for one in letters_of(book)}
    raws = {(office / "已收" / "邮件" / name).read_bytes() for name in stored}
    assert raws == {sample.raw for sample in samples}
    again = fetched(office, tmp_path / "信")
    assert (again.arrived.count, again.outcomes) == (0, ())


def test_a_moved_letter_is_known(office, tmp_path):
    """Fault 57: a letter that lies in another folder is the same; a form sent again is told."""
    data = form(office)
    put(tmp_path / "a", "x", mail(data))
    put(tmp_path / "b", "y", mail(data))
    put(tmp_path / "c", "z", mail(data, "又报.xlsx", head=b"Message-ID: <b@c>\r\n"))
    with kept(office) as lines:
        first, second, third = (fetched(office, tmp_path / n, audit=True) for n in "abc")
        lines += [*said(first).lines, *said(second).lines, *said(third).lines]

    assert outcomes(first) == outcomes(third) == ["returns"]
    assert (second.arrived.count, second.arrived.new, second.outcomes) == (1, (), ())
    assert files(office) == {"报表.xlsx": ("adopted", "adopted")}
    assert say("command.duplicate", file="又报.xlsx", when=f"{NOW:%Y-%m-%d %H:%M}") in lines


def test_a_return_in_a_zip_in_a_letter(office, tmp_path):
    """Fault 46, 53: an archive in a letter is opened, one level deep."""
    data = form(office)
    both = {"a.xlsx": data, "内.zip": mail_corpus.packed({"b.xlsx": form(office, LIGHT)})}
    put(tmp_path / "信", "x", mail(mail_corpus.packed(both), "全部.zip"))
    done = fetched(office, tmp_path / "信")

    assert outcomes(done) == ["returns"]
    assert files(office) == {
        "全部.zip": ("returned", "archive_inside"), "a.xlsx": ("pending", "placed")
    }  # fmt: skip


DISTRICT = "990101000000"
SENDERS = (
    (MAILS[PEACE], PEACE, "placed"),
    ("gm@QQ.com", LIGHT, "placed"),
    (MAILS[PEACE], LIGHT, "sender_unknown"),
    ("heping@qh.examp1e.cn", PEACE, "sender_unknown"),
    ("nobody@b.cn", EAST, "sender_unknown"),
    ("", PEACE, "sender_unknown"),
)


def test_who_may_report(office, tmp_path):
    """Fault 56: a return counts when it comes from an address of its unit; others wait."""
    for number, (sender, code, _) in enumerate(SENDERS):
        data = form(office, code, hour=number)
        put(tmp_path / "信", str(number), mail(data, f"{number}.xlsx", sender=sender))
    fetched(office, tmp_path / "信")

    wanted = {f"{n}.xlsx": ("pending", reason) for n, (_, _, reason) in enumerate(SENDERS)}
    assert files(office) == wanted


def test_who_waits_is_told_and_may_be_accepted(office, tmp_path):
    """Fault 56: the officer reads who sent it, accepts it with a reason, and it counts."""
    put(tmp_path / "信", "x", mail(form(office), sender="a@b.cn"))
    with kept(office) as lines, at_work(office, NOW, "test") as work:
        told = acts.fetch(work, tmp_path / "信", "")
        lines += told.lines
        (file,) = files_of(work.book)
        (finding,) = [one for one in file.findings if one.code == "sender_unknown"]
        key = finding.key(file.unit, file.period, file.set_code)
        typed = Typed(key=key, action="accept", officer="王芳", reason="已电话核实")
        pipeline.answer(work, file.period, typed)
        pipeline.audit(work, PERIOD)

    assert told.waits
    assert any("a@b.cn" in line for line in told.lines)
    assert files(office) == {"报表.xlsx": ("adopted", "adopted")}


def test_what_a_person_put_in_the_folder_needs_no_sender(office, tmp_path):
    """Fault 56: a file that came by letter and waits is placed once it lies in 收表 too."""
    data = form(office)
    put(tmp_path / "信", "x", mail(data, sender="a@b.cn"))
    fetched(office, tmp_path / "信")
    path = office / "收表" / "和平.xlsx"
    path.write_bytes(data)
    os.utime(path, (OLD, OLD))
    fetched(office, tmp_path / "信")

    assert files(office) == {"报表.xlsx": ("pending", "placed")}


@pytest.mark.parametrize("zipped", [False, True])
def test_what_a_killed_run_left_is_still_the_senders(office, tmp_path, zipped):
    """Fault 56, 63: a file stored, not entered, by a run that was killed keeps name and sender."""
    data = form(office)
    left = office / "已收" / "原件" / f"{hashlib.sha256(data).hexdigest()[:16]}.xlsx"
    left.write_bytes(data)
    left.chmod(0o400)
    content = (mail_corpus.packed({"a.xlsx": data}), "a.zip") if zipped else (data, "a.xlsx")
    put(tmp_path / "信", "x", mail(*content, sender="a@b.cn"))
    fetched(office, tmp_path / "信")

    assert files(office).pop("a.xlsx") == ("pending", "sender_unknown")


GOOD, BAD = (f"mx.our.cn; dmarc={one} header.from=qh.example.cn" for one in ("pass", "fail"))
RESULTS = (
    ((GOOD,), "placed"),
    ((), "sender_unproved"),
    ((GOOD.replace("our", "evil"),), "sender_unproved"),
    ((BAD, GOOD), "sender_unproved"),
)


def test_forged_results_do_not_help(office, tmp_path):
    """Fault 56: where the office's server checks senders, what it does not confirm waits."""
    for number, (results, _) in enumerate(RESULTS):
        head = "".join(f"Authentication-Results: {one}\r\n" for one in results).encode()
        raw = mail(form(office, hour=number), f"{number}.xlsx", head=head)
        put(tmp_path / "信", str(number), raw)
    fetched(office, tmp_path / "信", checks="mx.our.cn")

    wanted = {f"{n}.xlsx": ("pending", reason) for n, (_, reason) in enumerate(RESULTS)}
    assert files(office) == wanted


def test_a_key_by_letter_waits_for_a_person(office, tmp_path):
    """Fault 56: a key of digests that comes by letter is taken once a person puts it into 收表."""
    key = DigestKey("ab" * 32, DISTRICT, "2026-01-05T09:00:00")
    write_key(tmp_path / "钥.hzkey", key, DISTRICT, STREET)
    data = (tmp_path / "钥.hzkey").read_bytes()
    put(tmp_path / "信", "x", mail(data, "钥.hzkey", sender="district@qh.example.cn"))
    for _ in range(2):
        fetched(office, tmp_path / "信")
        assert files(office) == {"钥.hzkey": ("pending", "key_by_letter")}
    path = office / "收表" / "钥.hzkey"
    path.write_bytes(data)
    os.utime(path, (OLD, OLD))
    with kept(office):
        fetched(office, tmp_path / "信", audit=True)

    assert files(office) == {"钥.hzkey": ("not_a_return", "key_taken")}


def test_our_own_letter_comes_back(office, tmp_path):
    """Fault 61: a letter of ours with a workbook in it is no return."""
    with open_book(open_office(office).book) as book:
        own = letter_id(bytes.fromhex(book.meta("seal_key")), "ab12", "qh.cn")
    raw = mail(form(office), head=f"Message-ID: {own}\r\n".encode())
    put(tmp_path / "信", "x", raw)
    done = fetched(office, tmp_path / "信")

    assert outcomes(done) == ["own"]
    assert files(office) == {}


def test_one_bad_letter_stops_no_other(office, tmp_path):
    """Fault 58: a letter beyond all limits is kept and named, and the return beside it counts."""
    put(tmp_path / "信", "a", mail_corpus.letter(*[b"\r\nx"] * 20_000))
    put(tmp_path / "信", "b", b"From: a@b.cn\r\n\r\n" + bytes(41_000_000))
    put(tmp_path / "信", "c", mail(form(office)))
    done = fetched(office, tmp_path / "信")

    assert outcomes(done) == ["letter_parts", "letter_too_big", "returns"]
    assert files(office) == {"报表.xlsx": ("pending", "placed")}
    sizes = [path.stat().st_size for path in (office / "已收" / "邮件").iterdir()]
    assert max(sizes) < 1_000_000


def test_one_letter_that_no_book_can_hold_is_refused_alone(office):
    """Fault 58: of letters that are taken in together one that fails is refused, no other."""
    raws = [mail(b"%d" % number) for number in range(3)]
    with at_work(office, NOW, "test") as work:
        incoming = [Incoming(f"x/{number}", raw) for number, raw in enumerate(raws)]
        entries = store_letters(work.office, work.book, incoming, NOW).new
        results = [open_letter(raw) for raw in raws]
        far = msgspec.structs.replace(results[1].letter, date="2300-01-01T00:00:00")
        results[1] = msgspec.structs.replace(results[1], letter=far)
        _take_in(work, list(zip(entries, results, strict=True)))
        letters = letters_of(work.book)

    assert [(one.state, one.reason) for one in letters] == [
        ("opened", "returns"), ("refused", "letter_crashed"), ("opened", "returns")
    ]  # fmt: skip
    with open_book(open_office(office).book) as book:
        assert {file.source.split("/")[2] for file in files_of(book)} == {
            entries[0].kept_as, entries[2].kept_as
        }  # fmt: skip


def test_a_stranger_with_too_many_letters_waits(office, tmp_path):
    """
    Fault 58: of 130 letters by one stranger 100 are taken in, the return of a unit beside them
    counts; the others come once the roster knows the sender.
    """
    for number in range(130):
        raw = mail(b"%d" % number, f"{number}.txt", sender="bomb@b.cn")
        put(tmp_path / "信", f"{number:03}", raw)
    put(tmp_path / "信", "200", mail(form(office)))
    done = fetched(office, tmp_path / "信")

    assert Counter(outcomes(done)) == {"returns": 101, "letter_too_many": 30}
    told = say("command.mail_too_many", sender="bomb@b.cn", count=30, most=100)
    assert said(done).lines.count(told) == 1
    assert len(files(office)) == 101
    with at_work(office, NOW, "test") as work:
        roster = tuple(msgspec.structs.replace(u, mail="bomb@b.cn") for u in work.office.roster)
        pipeline.collect(
            msgspec.structs.replace(
                work, office=msgspec.structs.replace(work.office, roster=roster)
            )
        )
    assert len(files(office)) == 131
    with open_book(open_office(office).book) as book:
        assert {one.reason for one in letters_of(book)} == {"returns"}


def test_bounces_and_the_office_above_are_never_too_many(office, tmp_path):
    """Fault 58, 61: all bounces of one postman are read, and all letters of the office above."""
    for number in range(MOST_FROM_ONE + 1):
        put(tmp_path / "信", f"a{number:03}", mail_corpus.report((f"u{number}@b.cn", "failed")))
        above = letter(text(f"第{number}号通知"), sender="zfw@qh.example.gov.cn")
        put(tmp_path / "信", f"b{number:03}", above)
    with at_work(office, NOW, "test") as work:
        settings = msgspec.structs.replace(work.office.settings, upper_mail="ZFW@qh.example.gov.cn")
        changed = msgspec.structs.replace(work.office, settings=settings)
        work = msgspec.structs.replace(work, office=changed)
        done = fetch(work, letters_below(tmp_path / "信", ()))

    assert Counter(outcomes(done)) == dict.fromkeys(("bounce", "above"), MOST_FROM_ONE + 1)


def test_a_letter_that_cannot_be_read_for_a_moment_is_opened_later(office, tmp_path):
    """Fault 62: a stored letter on a share that is away waits, is told, and counts once it can."""
    with at_work(office, NOW, "test") as work:
        store_letters(work.office, work.book, [Incoming("x/1", mail(form(office)))], NOW)
        (path,) = work.office.letters.iterdir()
        path.rename(tmp_path / "away")
        missing = fetch(work, ())
        (tmp_path / "away").rename(path)
        there = fetch(work, ())

    assert (outcomes(missing), outcomes(there)) == (["letter_unread"], ["returns"])
    assert said(missing).waits
    assert say("letter.letter_unread") in said(missing).lines[1]
    assert files(office) == {"报表.xlsx": ("pending", "placed")}


def test_a_letter_that_is_being_saved_waits(office, tmp_path):
    """Fault 49: a letter that grows while it is looked at is taken the next time."""
    path = put(tmp_path / "信", "x", b"")
    raw, done = mail(form(office)), threading.Event()

    def write() -> None:
        with path.open("wb") as file:
            for at in range(0, len(raw), 2000):
                file.write(raw[at : at + 2000])
                file.flush()
                time.sleep(0.05)
        done.set()

    os.utime(path)
    writer = threading.Thread(target=write)
    writer.start()
    first = fetched(office, tmp_path / "信")
    writer.join()
    os.utime(path, (OLD, OLD))
    second = fetched(office, tmp_path / "信")

    assert done.is_set()
    assert first.arrived.count == 0
    assert outcomes(second) == ["returns"]
