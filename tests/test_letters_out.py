"""Letters out as drafts: who gets one, what it says, what it answers; never twice."""

import email
import hashlib
import shutil
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import msgspec
import pytest

from huizong import acts, pipeline
from huizong.book import open_book
from huizong.button_acts import ACTS
from huizong.cli import app, run
from huizong.doing import WAITS, Told
from huizong.draft_entries import AMENDED, SUBMISSION
from huizong.errors import HuizongError
from huizong.history import Closing, save_closing
from huizong.letter_drafts import Draft, eml
from huizong.letter_templates import CORRECTION, ISSUED, RECEIPT, REMINDER, REPLY, letter_words
from huizong.letter_writing import lines_of
from huizong.letters import Attachment, is_ours
from huizong.office import init_office, open_office
from huizong.open_book import Asked
from huizong.periods import Period
from huizong.records import Unit
from huizong.texts import catalogue, say, spoken
from huizong.work import Work, at_work
from mail_corpus import attached, called, letter, text
from street import EAST, LIGHT, NOW, PEACE, PERIOD, STREET, UNITS, empty_street, send

MAILS = {PEACE: "hp@qh.example.cn；HP2@qq.com", LIGHT: "guangming@qh.example.cn"}
UPPER = "zfw@qh.example.gov.cn"
LONG_ID = f"<PH0PR{'A' * 90}@PH0PR01.namprd01.prod.outlook.com>"
PICTURE = attached(b"\x89PNG\r\n\x1a\n", called("报表.png"), b"image/png")
FOREIGN = attached(b"a,b\n1,2\n", called("别的.csv"))
FIELDS = dict.fromkeys(("unit", "office", "period", "officer", "phone", "date"), "甲")
FIELDS |= {"count": "1", "missing": "1. 乙"}
EVERY_FIELD = {
    one.partition(".")[2]: "甲" for one in catalogue() if one.startswith("letter_field.")
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory) -> Path:
    """
    A street of three: one wrote a letter with its return, one's return is to be mended, one is
    missing and has no address.
    """
    folder = tmp_path_factory.mktemp("office")
    lines = [f"{code},{name},{STREET},{MAILS.get(code, '')}" for code, name in UNITS.items()]
    roster = folder / "名册.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,邮箱", *lines]), encoding="utf-8")
    office = folder / "清河街道"
    init_office(office, roster=roster, unit=STREET, now=NOW, sets=("TJ",))
    peace = send(office, PEACE)
    raw = letter(
        text(), attached(peace.read_bytes(), called("报表.xlsx")), sender="HP2@qq.com",
        head=f"Message-ID: {LONG_ID}\r\n".encode(),
    )  # fmt: skip
    peace.unlink()
    (folder / "信").mkdir()
    (folder / "信" / "1.eml").write_bytes(raw)
    send(office, LIGHT, TJ02="——", TJ01="5")
    with at_work(office, NOW, "test") as work:
        acts.fetch(work, folder / "信", "")
        pipeline.audit(work, PERIOD)
    return office


@pytest.fixture
def office(collected, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(collected, tmp_path / "清河街道"))


def act(
    office: Path, action, upper: str = UPPER, send_by: str = "draft", **more: object
) -> Told:  # fmt: skip
    """Do one action for the period, with an address of the office above."""
    replace = msgspec.structs.replace
    with at_work(office, NOW, "test") as work:
        told = {"upper_mail": upper, "send_by": send_by, "mail_user": "hz@qh.example.gov.cn"}
        settings = replace(work.office.settings, **told)
        return action(replace(work, office=replace(work.office, settings=settings)), PERIOD, **more)


def letters(office: Path, folder: str = "草稿") -> dict[str, EmailMessage]:
    """Read the drafts by the names of their files."""
    return {
        path.stem: email.message_from_bytes(path.read_bytes(), policy=default)
        for path in sorted((office / folder / str(PERIOD)).glob("*.eml"))
    }


def body(message: EmailMessage, kind: str = "plain") -> str:
    """Give the text of a letter, plain or as HTML."""
    return message.get_body((kind,)).get_content()


def test_receipt_answers_the_letter(office):
    """
    Fault 68: a receipt goes to the address that wrote, in the thread of its letter, with the
    digest of the return; it is known as ours when it comes back.
    """
    act(office, acts.drafts)

    (name,) = [name for name in letters(office) if name.startswith("收到_和平社区")]
    message = letters(office)[name]
    with open_book(open_office(office).book) as book:
        key = bytes.fromhex(book.meta("seal_key"))
        (digest,) = book.ask("SELECT digest FROM file WHERE unit = ?", (PEACE,))[0]
    assert [one.addr_spec for one in message["to"].addresses] == ["hp2@qq.com"]
    assert message["in-reply-to"] == LONG_ID
    assert message["references"].split()[-1] == LONG_ID
    assert message["x-unsent"] == "1"
    assert digest in body(message)
    assert digest in body(message, "html")
    assert is_ours(key, message["message-id"])
    assert say("letter.mark_unit", mark="|").partition("|")[0] in body(message)
    assert all(line == line.rstrip() for line in body(message).splitlines())


def test_correction_copy_is_attached(office):
    """
    A return that is to be mended goes back with its correction copy, byte for byte, and the list.
    """
    act(office, acts.drafts)

    (message,) = [one for name, one in letters(office).items() if name.startswith("退改_光明社区_")]
    (part,) = message.iter_attachments()
    copy = office / "退改" / str(PERIOD) / part.get_filename()
    assert [one.addr_spec for one in message["to"].addresses] == [MAILS[LIGHT]]
    assert part.get_content() == copy.read_bytes()
    assert "TJ" in body(message)


def test_letter_without_a_form_has_a_reply_ready(office, tmp_path):
    """
    Fault 55: who owes a return and sent a picture, words or what is no workbook is answered in the
    thread of the letter, once; strangers, machines and those with nothing due are not.
    """
    machine = b"Auto-Submitted: auto-replied\r\n"
    wrote = [
        wrote_without(1, LIGHT, PICTURE), wrote_without(2, LIGHT, FOREIGN), wrote_without(3, LIGHT),
        wrote_without(4, PEACE), wrote_without(5, "x@y.cn"), wrote_without(6, LIGHT, head=machine),
    ]  # fmt: skip
    fetch(office, saved(tmp_path / "信", *wrote))

    act(office, acts.drafts)
    again = act(office, acts.drafts)

    replies = [one for name, one in letters(office).items() if name.startswith("请重发")]
    whys = {say("letter_reply.picture"), say("letter_reply.text"), say("remedy.file_csv")}
    assert len(replies) == len(whys)
    assert {why for why in whys for one in replies if why in body(one)} == whys
    assert {one["to"].addresses[0].addr_spec for one in replies} == {MAILS[LIGHT]}
    assert {one["in-reply-to"] for one in replies} == {
        f"<no-form-{n}@qh.example.cn>" for n in "123"
    }
    assert again.results == ()


def wrote_without(number: int, who: str, *parts: bytes, head: bytes = b"") -> bytes:
    """Write a letter without a form."""
    sender = MAILS.get(who, who).partition("；")[0]
    head += f"Message-ID: <no-form-{number}@qh.example.cn>\r\n".encode()
    return letter(text("报数见附件。"), *parts, head=head, sender=sender)


def test_buttons_draft_the_letters_too(office):
    """
    Where the roster has addresses, 下发 and 退回修改 draft the letters that belong to them.
    """
    wanted = {"issue": {"issued": 2}, "return": {"issued": 2, "receipt": 2, "correction": 1}}
    for button, kinds in wanted.items():
        told = act(office, lambda work, of, button=button: ACTS[button](work, Asked(period=of)))

        names = {say(f"letter_kind.{kind}"): count for kind, count in kinds.items()}
        found = {kind: sum(kind in name for name in letters(office)) for kind in names}
        assert found == names
        assert office / "草稿" / str(PERIOD) in told.results


def test_reminder_only_to_those_missing(office):
    """
    Who has reported is not reminded; who has no address is named, not forgotten.
    """
    without = act(office, acts.remind)
    code = run(lambda: app(["remind", str(office), str(PERIOD)], standalone_mode=False))
    put_mail(office, EAST, "df@qh.example.cn")
    told = act(office, acts.remind)

    assert without.waits
    assert code == WAITS
    assert UNITS[EAST] in without.lines[-1]
    assert [name.split("_")[1] for name in letters(office)] == [UNITS[EAST]]
    assert not told.waits


def test_unit_whose_file_waits_is_not_reminded(office, tmp_path):
    """
    A return of an unknown sender is the officer's to look at: its unit is named, not asked to
    report; audit, status, the paper 催报通知 and the bulletin say so, until it is answered.
    """
    put_mail(office, EAST, "df@qh.example.cn")
    east = send(office, EAST)
    raw = letter(text(), attached(east.read_bytes(), called("东风报表.xlsx")), sender="x@qq.com")
    east.unlink()
    fetch(office, saved(tmp_path / "信", raw))
    audited, stands, reminded = (act(office, one) for one in (acts.audit, acts.status, acts.remind))
    with at_work(office, NOW, "test") as work:
        (held,) = pipeline.waiting_files(work, PERIOD)
    (asked,) = [one.key(EAST, str(PERIOD), "TJ") for one in held.findings if one.level == "ask"]

    assert (held.unit, held.name) == (EAST, "东风报表.xlsx")
    assert any(asked in line for line in audited.lines)
    assert say("command.held_set", file=held.name, set="TJ") in audited.lines
    (stand,) = [line for line in stands.lines if EAST in line]
    assert stand.endswith(say("command.stands_held", file=held.name))
    assert not [name for name in letters(office) if UNITS[EAST] in name]
    assert reminded.waits
    said = {"kind": say("letter_kind.reminder"), "name": UNITS[EAST], "file": held.name}
    assert say("command.draft_held", **said) in reminded.lines
    reminder, bulletin = papers_of(office)
    core = say("circular.bulletin_held", count=1, names=UNITS[EAST])
    assert all(core in paper for paper in (reminder, bulletin))
    assert reminder.count(UNITS[EAST]) == 1
    assert say("circular.held") in bulletin.split("\n")


def papers_of(office: Path) -> tuple[str, str]:
    """Write the papers of TJ and give all words of 催报通知 and of 报送情况通报."""
    import openpyxl

    with at_work(office, NOW, "test") as work:
        written = [one.path for one in pipeline.papers(work, PERIOD) if one.path]
    said: dict[str, str] = {}
    for path in written:
        if "矛盾纠纷" in path.name:
            rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
            said[path.stem.rpartition("_")[2]] = "\n".join(str(v) for r in rows for v in r if v)
    return said[say("circular.reminder")], said[say("circular.bulletin")]


def put_mail(office: Path, code: str, mail: str) -> None:
    """Write an address into the roster of the control workbook."""
    import openpyxl

    path = open_office(office).control
    book = openpyxl.load_workbook(path, keep_vba=True)
    sheet = book["名册"]
    for row in sheet.iter_rows():
        texts = [str(cell.value or "") for cell in row]
        if "邮箱" in texts:
            column = texts.index("邮箱")
        if code in texts[:1]:
            row[column].value = mail
    book.save(path)


def test_draft_is_written_once(office):
    """
    A second run writes nothing while the draft lies there nor when it was sent; asked for again
    it is another letter with an ID of its own.
    """
    act(office, acts.drafts)
    first = letters(office)
    (office / "草稿" / str(PERIOD) / f"{min(first)}.eml").unlink()
    act(office, acts.drafts)
    second = letters(office)
    act(office, acts.drafts, again=True)
    third = letters(office)

    assert set(second) == set(first) - {min(first)}
    assert {name: one["message-id"] for name, one in second.items()} == {
        name: first[name]["message-id"] for name in second
    }
    ids = {one["message-id"] for one in (*first.values(), *third.values())}
    assert len(ids) == 2 * len(first)


@pytest.mark.parametrize(
    ("send_by", "closing"),
    [("draft", "letters_wait"), ("smtp", "letters_to_send"), ("outlook", "letters_to_send")],
)
def test_what_is_said_about_drafts(office, send_by, closing):
    """
    Only new drafts are listed, old ones are counted and named while they are there; the way of
    sending is named, and nothing about drafts is said where none lies there.
    """
    new = act(office, acts.drafts, send_by=send_by)
    old = act(office, acts.drafts, send_by=send_by)
    written = sorted((office / "草稿" / str(PERIOD)).glob("*.eml"))
    for path in written:
        path.unlink()
    gone = act(office, acts.drafts, send_by=send_by)

    assert all(any(path.name in line for line in new.lines) for path in written)
    assert not any(".eml" in line for line in (*old.lines, *gone.lines))
    assert len(old.lines) == 2
    assert all(UNITS[one] in old.lines[0] for one in (PEACE, LIGHT))
    assert new.lines[-1] == old.lines[-1] == say(f"command.{closing}")
    assert gone.lines == (say("command.drafts_gone", count=len(written)),)


def test_nobody_to_answer_yet(tmp_path):
    """
    Where two returns of a unit wait for the officer nothing is written, and that is why.
    """
    office = empty_street(tmp_path)
    nothing = act(office, acts.drafts)
    for hour in (1, 2):
        send(office, PEACE, f"和平{hour}", hour, TJ16=str(hour))
    act(office, lambda work, _: pipeline.collect(work))
    act(office, pipeline.audit)
    waiting = act(office, acts.drafts)

    head = say("command.no_letters", period=PERIOD)
    assert nothing.lines == (head,)
    assert waiting.lines == (head, say("command.no_letters_yet", count=2))


def test_draft_of_a_killed_run_is_written_over(office):
    """
    A draft that the book does not know yet is the same letter again; one that a person has
    changed stays when there is another letter to write.
    """
    act(office, acts.drafts)
    name = min(letters(office))
    with open_book(open_office(office).book) as book:
        book.put("DELETE FROM draft", [()])
    act(office, acts.drafts)
    same = letters(office)
    path = office / "草稿" / str(PERIOD) / f"{name}.eml"
    path.write_bytes(b"Subject: mine\r\n\r\n")
    act(office, acts.drafts, again=True)

    assert len(same) == 3
    assert path.read_bytes().startswith(b"Subject: mine")
    assert f"{name}_v2" in letters(office)


def test_submission_carries_the_summary(office):
    """
    The letter upward has the summary as it stands, its check code, and who is not in it.
    """
    act(office, pipeline.aggregate)
    told = act(office, acts.submit)

    (message,) = letters(office, "上报").values()
    (part,) = message.iter_attachments()
    content = told.results[0].read_bytes()
    with open_book(open_office(office).book) as book:
        ((checksum,),) = book.ask("SELECT checksum FROM summary")
    assert part.get_content() == content
    assert part.get_filename() == told.results[0].name
    assert [one.addr_spec for one in message["to"].addresses] == [UPPER]
    for wanted in (checksum, UNITS[LIGHT], UNITS[EAST], hashlib.sha256(content).hexdigest()):
        assert wanted in body(message)
    assert not told.waits


def test_letter_upward_names_the_office_above(office):
    """
    It goes to the office above by the name that the roster has.
    """
    above = Unit(code="990101000000", name="青河区政法委", parent="")

    def submit(work: Work, period: Period) -> Told:
        unit = msgspec.structs.replace(work.office.unit, parent=above.code)
        roster = (*work.office.roster, above)
        named = msgspec.structs.replace(work.office, unit=unit, roster=roster)
        work = msgspec.structs.replace(work, office=named)
        pipeline.aggregate(work, period)
        return acts.submit(work, period)

    act(office, submit)

    (letter_up,) = letters(office, "上报").values()
    assert letter_up["to"].addresses[0].display_name == above.name
    assert above.name in body(letter_up)


def test_nothing_goes_upward_that_may_not(office):
    """
    Without a summary, or with one that a later return has overtaken, no letter is written.
    """
    with pytest.raises(HuizongError) as nothing:
        act(office, acts.submit)
    act(office, pipeline.aggregate)
    send(office, EAST)
    with at_work(office, NOW, "test") as work:
        pipeline.collect(work)
    with pytest.raises(HuizongError) as overtaken:
        act(office, acts.submit)

    assert nothing.value.code == "error.sign_nothing"
    assert overtaken.value.code == "error.cannot_submit"
    assert letters(office, "上报") == {}


def test_without_the_upper_address_the_summary_is_named(office):
    """
    Fault 68: an office that has not set the address learns that its summary may go, and what is
    missing.
    """
    (done,) = act(office, pipeline.aggregate)
    told = act(office, acts.submit, upper="")

    assert told.results[0].read_bytes() == done.path.read_bytes()
    assert told.lines[-1] == say("command.no_upper_mail")
    assert letters(office, "上报") == {}


def test_lists_hide_numbers_of_persons():
    """
    Identity and telephone numbers in what units wrote are not repeated in a letter.
    """
    said = lines_of(iter(["当事人 110101199003072316", "电话 13800001007", "减少 12 件"]))

    assert "110101199003072316" not in said
    assert "13800001007" not in said
    assert "减少 12 件" in said


def template(folder: Path, words: str, encoding: str = "utf-8") -> None:
    """Put a template of reminders into a folder."""
    (folder / f"{say('letter_kind.reminder')}.txt").write_text(words, encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_office_writes_its_own_words(tmp_path, encoding):
    """
    The first time our words are put beside; what the office makes of them is what is sent.
    """
    standard = letter_words(tmp_path, REMINDER, FIELDS)
    template(tmp_path, "喆：{{ 单位 }}\n\n{{ 缺报报表 }}，{{ period }}\n", encoding)

    assert "乙" in standard[1]
    assert letter_words(tmp_path, REMINDER, FIELDS) == ("喆：甲", "1. 乙，甲")


def test_templates_follow_the_language_and_are_never_doubled(tmp_path):
    """
    Words that nobody has touched are those of the language of today, in one file; what the office
    has made of them is used in every language, under the name that it has.
    """
    kinds = (CORRECTION, ISSUED, RECEIPT, REMINDER, REPLY, SUBMISSION, AMENDED)
    called = [catalogue()[f"letter_kind.{kind}"] for kind in kinds]
    names = {one: {f"{name[one]}.txt" for name in called} for one in ("zh", "en")}

    def written(language: str) -> set[str]:
        with spoken(language):
            for kind in kinds:
                letter_words(tmp_path, kind, EVERY_FIELD)
        return {path.name for path in tmp_path.iterdir()}

    there = [written(one) for one in ("zh", "en", "en", "zh")]
    template(tmp_path, "喆：{{ 单位 }}\n\n{{ 缺报报表 }}\n")
    with spoken("en"):
        own = letter_words(tmp_path, REMINDER, FIELDS)

    assert there == [names["zh"], names["en"], names["en"], names["zh"]]
    assert own == ("喆：甲", "1. 乙")
    assert written("en") == names["en"] - {"Reminder.txt"} | {"催报.txt"}
    assert written("zh") == names["zh"]


def test_blanks_are_handed_out_by_mail(office):
    """
    Each community with an address gets its blank, byte for byte, with the day on which it is due;
    a second time nothing is written, who has no address is named.
    """
    act(office, pipeline.issue)
    told = act(office, acts.hand_out)
    again = act(office, acts.hand_out)

    sent = {name: one for name, one in letters(office).items() if name.startswith("下发")}
    for code in (PEACE, LIGHT):
        (message,) = [one for name, one in sent.items() if UNITS[code] in name]
        (part,) = message.iter_attachments()
        blank = office / "下发" / str(PERIOD) / part.get_filename()
        assert code in blank.name
        assert part.get_content() == blank.read_bytes()
        assert "2026-04-06" in body(message)
        assert {one.addr_spec for one in message["to"].addresses} <= {
            one.lower() for one in MAILS[code].split("；")
        }
    assert len(sent) == 2
    assert told.waits
    assert UNITS[EAST] in told.lines[-1]
    assert [one for one in again.lines if "下发_" in one and "还在" not in one] == []


def test_blank_that_was_worked_in_is_not_handed_out(office):
    """
    Whose blank is not as it was issued gets no letter, and is named; the others get theirs.
    """
    act(office, pipeline.issue)
    (path,) = (office / "下发" / str(PERIOD)).glob(f"*{PEACE}*")
    path.write_bytes(path.read_bytes() + b"x")
    told = act(office, acts.hand_out)

    assert [name for name in letters(office) if name.startswith("下发")] == [f"下发_{UNITS[LIGHT]}"]
    assert told.waits
    assert [one for one in told.lines if path.name in one]


def test_nothing_is_handed_out_before_it_is_issued(office):
    """
    Without blanks there is nothing to send, and it says what to do.
    """
    with pytest.raises(HuizongError) as error:
        act(office, acts.hand_out)

    assert error.value.code == "error.not_issued"


def test_nobody_is_reminded_of_a_quarter_that_was_never_issued(office):
    """
    A mistyped period makes no reminders: nothing was asked for.
    """
    with pytest.raises(HuizongError) as error, at_work(office, NOW, "test") as work:
        acts.remind(work, Period.parse("2026Q4"))

    assert error.value.code == "error.remind_early"
    assert not (office / "草稿" / "2026Q4").exists()


def test_only_form_sets_in_use_are_handed_out(office):
    """
    Blanks issued before the office narrowed its form sets stay where they are; a closed period
    is not handed out at all.
    """
    with at_work(office, NOW, "test") as work:
        settings = msgspec.structs.replace(work.office.settings, sets=("JC", "TJ"))
        both = msgspec.structs.replace(work.office, settings=settings)
        pipeline.issue(msgspec.structs.replace(work, office=both), PERIOD)
    act(office, acts.hand_out)
    sent = [one for name, one in letters(office).items() if name.startswith("下发")]
    with at_work(office, NOW, "test") as work, work.book.writing():
        save_closing(work.book, Closing(str(PERIOD), True, "王芳", "已审定", work.at, ""))
    with pytest.raises(HuizongError) as error:
        act(office, acts.hand_out, again=True)

    assert [len(list(one.iter_attachments())) for one in sent] == [1, 1]
    assert error.value.code == "error.closed"


def test_offices_below_are_asked_for_their_summaries(tmp_path):
    """
    An office below gets no blank: it is asked for its summary, with the key for counting by name
    where a form set needs one.
    """
    roster = tmp_path / "区.csv"
    district = f"{STREET[:6]}000000"
    line = f"{STREET},清河街道,{district},hz@qh.example.gov.cn"
    roster.write_text(f"区划代码,单位名称,上级代码,邮箱\n{line}", encoding="utf-8")
    attached = {}
    for sets in (("TJ",), ("SY", "TJ")):
        folder = tmp_path / "+".join(sets)
        init_office(folder, roster=roster, unit=district, now=NOW, sets=sets)
        act(folder, pipeline.issue)
        act(folder, acts.hand_out)
        (message,) = letters(folder).values()
        attached[sets] = [one.get_filename() for one in message.iter_attachments()]
        assert body(message).count("前报送") == len(sets)
        assert "hz@qh.example.gov.cn" in body(message)

    assert attached[("TJ",)] == []
    assert [name.rpartition(".")[2] for name in attached[("SY", "TJ")]] == ["hzkey"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("题\n\n{{ 单位 }}{{ 局长 }}", "error.letter_name", "局长"),
        ("题\n\n{{ 单位", "error.letter_template", 3),
        ("题\n\n{{ 单位 | 大写 }}", "error.letter_template", 3),
        ("题\n\n{{ 单位.__class__.__mro__ }}", "error.letter_fails", None),
        ("题\n\n{{ 单位.没有 }}", "error.letter_fails", None),
        ("题\n\n{{ 1 / 0 }}", "error.letter_fails", None),
        ("题", "error.letter_fails", None),
    ],
)
def test_template_that_is_wrong_is_told(tmp_path, words, code, told):
    """
    A name that letters lack, braces left open, code that reaches out, and no text are told.
    """
    template(tmp_path, words)
    with pytest.raises(HuizongError) as error:
        letter_words(tmp_path, REMINDER, FIELDS)

    assert error.value.code == code
    assert told is None or told in error.value.details.values()
    assert "没有" not in str(error.value.details.get("known", ""))


def test_draft_is_read_as_it_was_written():
    """
    Fault 69: names of any length survive the file's headings, HTML shows text as text, equal
    letters are equal bytes.
    """
    name = "【HZ】2026Q1_990101001001_喆镕社区居民委员会_矛盾纠纷调解_退改3.xlsx"
    draft = Draft(
        sender="hz@qh.example.gov.cn", name="喆镕社区居民委员会" * 4, to=("a@b.cn", "c@d.cn"),
        subject="矛盾纠纷调解" * 20, text="甲 <b>&amp;\n乙", at=NOW, message_id="<hz.ab.cd@b.cn>",
        thread=(LONG_ID, "<2@x.cn>"), attachments=(Attachment(name, bytes(range(256))),),
    )  # fmt: skip
    message = email.message_from_bytes(eml(draft), policy=default)
    (part,) = message.iter_attachments()

    to = str(make_header(decode_header(email.message_from_bytes(eml(draft))["to"])))
    assert to.count(draft.name) == len(draft.to)
    assert [one.addr_spec for one in message["to"].addresses] == [*draft.to]
    assert message["subject"] == draft.subject
    assert eml(draft).count(LONG_ID.encode()) == 1
    assert message["references"].split() == [*draft.thread]
    assert message["date"].datetime.isoformat() == "2026-04-03T09:00:00+08:00"
    assert (part.get_filename(), part.get_content()) == (name, bytes(range(256)))
    assert body(message).splitlines() == draft.text.splitlines()
    assert "甲 &lt;b&gt;&amp;amp;<br>" in body(message, "html")
    assert eml(draft) == eml(draft)
    assert max(map(len, eml(draft).splitlines())) < 999


@pytest.mark.slow
def test_receipt_from_above_is_known(office, tmp_path):
    """
    The office above takes the letter in as the sub-district's return, its receipt comes back, and
    the status says so; from anybody else the same receipt is not believed.
    """
    act(office, pipeline.aggregate)
    act(office, acts.submit)
    district = tmp_path / "区"
    roster = tmp_path / "区.csv"
    line = f"{STREET},清河街道,{STREET[:6]}000000,hz@qh.example.gov.cn"
    roster.write_text(f"区划代码,单位名称,上级代码,邮箱\n{line}", encoding="utf-8")
    init_office(district, roster=roster, unit=f"{STREET[:6]}000000", now=NOW, sets=("TJ",))
    fetch(district, office / "上报" / str(PERIOD))
    act(district, pipeline.audit)
    act(district, acts.drafts)
    (receipt,) = letters(district).values()
    raw = receipt.as_bytes().replace(b"hz@qh.example.gov.cn", b"x@y.cn", 1)

    assert say("letter.mark", mark="|").partition("|")[0] in body(receipt)
    forged = fetch(office, saved(tmp_path / "冒充", raw))
    before = status(office)
    fetch(office, saved(tmp_path / "信", raw.replace(b"x@y.cn", UPPER.encode(), 1)))

    assert receipt["to"].addresses[0].addr_spec == "hz@qh.example.gov.cn"
    assert any(say("letter.unproved_above") in one for one in forged.lines)
    assert [say("command.taken_above", set="TJ", number=1, when="2026-04-03 09:00")] == [
        one for one in status(office) if one not in before
    ]


def saved(folder: Path, *raws: bytes) -> Path:
    """Put letters into a folder of their own."""
    folder.mkdir()
    for number, raw in enumerate(raws, 1):
        (folder / f"{number}.eml").write_bytes(raw)
    return folder


def fetch(office: Path, folder: Path) -> Told:
    """Fetch the letters of a folder."""
    return act(office, lambda work, _: acts.fetch(work, folder, ""))


def status(office: Path) -> tuple[str, ...]:
    """Say how the units stand."""
    return act(office, acts.status).lines
