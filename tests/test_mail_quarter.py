"""A whole quarter through mail alone: blanks down, returns up, mended, corrected, received."""

import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from openpyxl import load_workbook

from clerks import attachments, filled, typed_into
from huizong.book import open_book
from huizong.entries import files_of
from huizong.forms import FormSet
from huizong.history import summaries_of
from huizong.letter_entries import OPENED, letters_of
from huizong.office import open_office
from huizong.records import ADOPTED, RETURNED, SUPERSEDED
from huizong.sending_entries import SENT, queue_of
from huizong.texts import say
from huizong.work import checked_sets
from invariants import broken
from leaks import PASSWORD, found_below, mobile, texts_of
from mail_quarter import (
    BY_HAND,
    CLEAR,
    COMMUNITIES,
    DISTRICT,
    EAST,
    MAILS,
    OFFICES,
    PERIOD,
    STRANGER,
    World,
    seeds,
    send,
    summed,
    typed,
    world,
)

PEACE, LIGHT, WIND, WILLOW, SUN, CALM = COMMUNITIES
# A blank of years ago: another version, and no seal yet.
OLD_VERSION = {"填报说明": {"B7": "HZ-TJ-1 2019.1"}, "_huizong": {"B3": "2019.1", "B8": ""}}
NUMBERS = {code: number for number, code in enumerate(COMMUNITIES, 1)}


class Quarter:
    """What happened: the world as it was left, and what each clerk typed in the end."""

    def __init__(self, world: World, form_set: FormSet) -> None:
        self.world, self.form_set = world, form_set
        self.typed = {code: self._typed(code) for code in COMMUNITIES}

    def _typed(self, code: str, more: int = 0):
        number = NUMBERS[code]
        return typed(number, 4 + number + more, self.form_set)

    def letter(self, code: str, kind: str) -> EmailMessage:
        """Find the newest letter of a kind in a clerk's mailbox."""
        word = {"issued": "下发", "correction": "请修改", "reminder": "请报送"}[kind]
        return [one for one in self.world.clerk(code).letters() if word in one["subject"]][-1]

    def answer(self, code: str, kind: str = "issued", sender: str = "", spoilt=None) -> None:
        """Fill in the workbook of a letter, and answer with it."""
        letter, clerk = self.letter(code, kind), self.world.clerk(code)
        blank = self.letter(code, "issued") if kind == "reminder" else letter
        ((_, data),) = attachments(blank)
        data = filled(data, self.typed[code], self.form_set)
        data = typed_into(data, spoilt or {})
        # People put telephones into names of files, subjects and letters.
        phone = mobile(NUMBERS[code])
        clerk.answer(
            letter, f"报表见附件，电话 {phone}", {f"{clerk.name}{phone}.xlsx": data}, sender
        )

    def office(self, code: str, *commands: str, now: str) -> None:
        """Give an office's commands, one after the other, and send what was drafted."""
        for command in commands:
            self.world.run(code, command, now=now)
        send(self.world, code, now)

    def decide(self, code: str, about: str, action: str, now: str) -> None:
        """Answer the one question of a kind that an office is asked, after a telephone call."""
        with open_book(open_office(self.world.office(code)).book) as book:
            asked = [
                (file.digest, one.key(file.unit, file.period, file.set_code))
                for file in files_of(book, states=("pending",))
                for one in file.findings
                if one.code == about
            ]
        newest, key = asked[-1]
        assert {key for _, key in asked} == {key}
        words = ("--finding", key, "--officer", "王芳", "--reason", "已电话核实，以来函为准")
        choice = ("--use", newest) if action == "use" else (f"--{action}",)
        self.world.run(code, "answer", *words, *choice, now=now)


def play(quarter: Quarter) -> None:
    """Let the quarter happen."""
    quarter.office(DISTRICT, "issue", "mail hand-out", now="03-21T09:00")
    for street in (CLEAR, EAST):
        quarter.office(street, "mail fetch", "issue", "mail hand-out", now="03-22T09:00")
    quarter.answer(PEACE)
    quarter.answer(LIGHT, spoilt=OLD_VERSION)
    quarter.answer(WILLOW, sender=STRANGER)
    right = quarter.typed[SUN]
    quarter.typed[SUN] = typed(NUMBERS[SUN], 9, quarter.form_set, plan=3)  # a row is not filled in
    quarter.answer(SUN)
    quarter.typed[SUN] = right
    quarter.answer(CALM)
    for street in (CLEAR, EAST):
        quarter.office(street, "mail fetch", "audit", "mail drafts", now="04-02T09:00")
    quarter.decide(EAST, "sender_unknown", "reject", now="04-03T09:00")
    quarter.answer(LIGHT, "correction")
    quarter.answer(SUN, "correction")
    quarter.answer(WILLOW)  # told by telephone that nobody knows that mailbox
    for street in (CLEAR, EAST):
        quarter.office(street, "mail fetch", "audit", "mail drafts", "remind", now="04-07T09:00")
    quarter.answer(WIND, "reminder")
    for street in (CLEAR, EAST):
        commands = ("mail fetch", "audit", "mail drafts", "aggregate", "submit")
        quarter.office(street, *commands, now="04-08T09:00")
    quarter.office(DISTRICT, "mail fetch", "audit", "mail drafts", "aggregate", now="04-09T09:00")
    correct(quarter)


def correct(quarter: Quarter) -> None:
    """A community corrects its figures after they have gone up to the district."""
    quarter.office(EAST, "mail fetch", now="04-10T09:00")
    quarter.typed[CALM] = quarter._typed(CALM, more=-2)
    quarter.answer(CALM)
    quarter.office(EAST, "mail fetch", "audit", now="04-11T09:00")
    quarter.decide(EAST, "two_returns", "use", now="04-11T09:10")
    quarter.office(EAST, "audit", "mail drafts", "aggregate", "submit", now="04-11T09:20")
    quarter.office(DISTRICT, "mail fetch", "audit", now="04-12T09:00")
    quarter.decide(DISTRICT, "two_returns", "use", now="04-12T09:10")
    quarter.office(DISTRICT, "audit", "mail drafts", "aggregate", now="04-12T09:20")
    for street in (CLEAR, EAST):
        quarter.office(street, "mail fetch", now="04-13T09:00")


@pytest.fixture(scope="module")
def quarter(tmp_path_factory) -> Iterator[Quarter]:
    """The quarter, played once; whatever any process puts into a temporary file lies in 临时."""
    folder = tmp_path_factory.mktemp("quarter")
    (folder / "临时").mkdir()
    with world(folder) as made, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(made.boxes.authority))
        patch.setenv("TMPDIR", str(folder / "临时"))
        patch.setattr(tempfile, "tempdir", None)
        played = Quarter(made, checked_sets()["TJ"].form_set)
        play(played)
        yield played


def ids(letters: list[EmailMessage]) -> list[str]:
    """Give the Message-IDs of letters."""
    return [one["message-id"].strip() for one in letters]


def ours(quarter: Quarter, code: str) -> list[EmailMessage]:
    """Give the letters of offices in a mailbox."""
    return [one for one in quarter.world.clerk(code).letters() if "<hz." in one["message-id"]]


def test_figures_at_the_district_are_those_that_clerks_typed(quarter):
    """
    Every total in the district's last summary is the sum of what the six clerks typed in the end.
    """
    office = open_office(quarter.world.office(DISTRICT))
    with open_book(office.book) as book:
        made = summaries_of(book, str(PERIOD))
    sheet = load_workbook(office.summary_file(made[-1]), data_only=True)["汇总表"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    heading = next(row for row in rows if "合计" in row or "汇总数" in row)
    totals = {
        row[1]: row[heading.index("合计")] for row in rows if row[1] in quarter.form_set.by_code
    }

    wanted = summed(quarter.typed)
    assert {code: str(value) for code, value in totals.items()} == {
        code: f"{value.normalize():f}" for code, value in wanted.items()
    }
    assert len(made) == 2


def test_nobody_got_anything_twice(quarter):
    """
    Over all mailboxes no letter lies twice in one; the stranger's mailbox got none.
    """
    letters = quarter.world.letters()

    assert max(Counter(letters).values()) == 1
    assert not [user for user, _ in letters if user == STRANGER]
    assert len({one for _, one in letters}) == len(letters)


@pytest.mark.parametrize("code", OFFICES)
def test_every_letter_is_in_one_state(quarter, code):
    """
    Each letter in an office's mailbox was opened, once; each draft of the office was sent, once,
    to the one whom it is for; and all else that must hold of an office holds.
    """
    folder = quarter.world.office(code)
    with open_book(open_office(folder).book) as book:
        came = letters_of(book)
        queue = queue_of(book)
        drafted = book.ask("SELECT unit, about, number FROM draft")
    there = quarter.world.clerk(code).letters()

    assert {one.state for one in came} == {OPENED}
    assert sorted(one.letter.message_id for one in came) == sorted(ids(there))
    delivered = quarter.world.letters()
    for unit, about, number in drafted:
        token = f"<hz.{about}{number:02x}."
        to = [user for user, one in delivered if one.startswith(token)]
        assert to == [MAILS[unit or DISTRICT]]
    assert len(queue) == (0 if code == BY_HAND else len(drafted))
    assert {one.state for one in queue} <= {SENT}
    assert broken(folder) == []


def test_receipts_name_every_return(quarter):
    """
    Whoever reported has a receipt in the thread of each letter with a return, with its digest; a
    letter from a mailbox that nobody knows has none.
    """
    for street in (CLEAR, EAST):
        with open_book(open_office(quarter.world.office(street)).book) as book:
            files = files_of(book, states=(ADOPTED, RETURNED, SUPERSEDED))
        for code in (one for one in COMMUNITIES if one[:9] == street[:9]):
            receipts = [one for one in ours(quarter, code) if "已收到" in one["subject"]]
            texts = [one.get_body(("plain",)).get_content() for one in receipts]
            mine = [one.digest for one in files if one.unit == code and one.reason != "turned_away"]
            assert len(receipts) == len(mine) == {LIGHT: 2, SUN: 2, CALM: 2}.get(code, 1)
            assert all(sum(digest in text for text in texts) == 1 for digest in mine)
            assert all(one["in-reply-to"] for one in receipts)


def test_returned_copies_were_mended(quarter):
    """
    The copies that went back with what is to be mended came back mended, and count.
    """
    for street, code in ((CLEAR, LIGHT), (EAST, SUN)):
        with open_book(open_office(quarter.world.office(street)).book) as book:
            files = files_of(book, unit=code)
        assert [one.state for one in files] == [SUPERSEDED, ADOPTED]
        assert "退改" in next(attachments(quarter.letter(code, "correction")))[0]


def test_only_who_is_late_was_reminded(quarter):
    """
    After the deadline the one community that had sent nothing is reminded, and nobody else; its
    return came late.
    """
    status = quarter.world.run(CLEAR, "status", now="04-13T10:00").splitlines()
    subjects = {
        code: [one["subject"] for one in ours(quarter, code) if "请报送" in one["subject"]]
        for code in COMMUNITIES
    }

    assert [code for code, some in subjects.items() if some] == [WIND]
    assert len(subjects[WIND]) == 1
    late = "\n".join(one for one in status if say("mark.late") in one)
    assert COMMUNITIES[WIND] in late
    assert COMMUNITIES[PEACE] not in late


def test_each_version_was_received_above(quarter):
    """
    The corrected summary came with its paper, and the status tells of both versions that the
    district has received them.
    """
    told = quarter.world.run(EAST, "status", now="04-13T10:00")
    letters = [one for one in quarter.world.clerk(DISTRICT).letters() if "东湖" in one["subject"]]
    names = [[name for name, _ in attachments(one)] for one in letters]

    for number, day in ((1, "04-10"), (2, "04-13")):
        when = f"2026-{day} 09:00"
        assert say("command.taken_above", set="TJ", number=number, when=when) in told
    assert [len(some) for some in names] == [1, 2]
    assert "数据更正单" in names[1][1]
    assert "永安社区 TJ02" in letters[1].get_body(("plain",)).get_content()


def test_running_everything_again_sends_nothing(quarter):
    """
    Every command of the quarter once more: no letter is written or sent.
    """
    before = quarter.world.letters()
    for code in OFFICES:
        commands = ["mail hand-out", "mail fetch", "audit", "mail drafts", "remind", "aggregate"]
        commands += ["submit"] if code != DISTRICT else []
        quarter.office(code, *commands, now="04-14T09:00")

    assert quarter.world.letters() == before


# Where stands what units sent, as they sent it, and what goes back to the same unit.
THEIRS = ("已收", "退改", "huizong.db", "备份")


def test_the_search_sees_what_was_typed(quarter):
    """
    All numbers of persons that the clerks typed or wrote are found in what was received.
    """
    found = {one for code in OFFICES for _, one in found_below(quarter.world.office(code), seeds())}

    assert found == set(seeds()) - {PASSWORD}


@pytest.mark.parametrize("code", OFFICES)
def test_no_number_of_a_person_lies_about(quarter, code):
    """
    Fault 75: but for what was received and what goes back to the same unit, no file of an office
    has an identity or telephone number in it or in its name; those only its owner reads.
    """
    folder = quarter.world.office(code)
    left = [
        (path, one)
        for path, one in found_below(folder, seeds())
        if path.partition("/")[0] not in THEIRS and "退改" not in path
    ]

    assert left == []
    assert not [path for path in folder.rglob("*") if any(one in path.name for one in seeds())]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    books = [folder / "huizong.db", *(folder / "备份").glob("*.db")]
    assert {stat.S_IMODE(book.stat().st_mode) for book in books} == {0o600}


def test_no_number_of_a_person_is_said_or_written(quarter):
    """
    Fault 75: nothing that a command says has one, nor a letter of an office, but for the copy that
    goes back to the unit which typed it; temporary files are gone.
    """
    wanted = list(seeds())
    said = "\n".join(quarter.world.said)
    assert [one for one in wanted if one in said] == []
    for code in (*OFFICES, *COMMUNITIES):
        for letter in ours(quarter, code):
            parts = [part for part in letter.walk() if "退改" not in (part.get_filename() or "")]
            texts = [
                text
                for part in parts
                if not part.is_multipart()
                for text in (part.get_filename() or "", *texts_of(part.get_payload(decode=True)))
            ]
            whole = "\n".join((*map(str, letter.values()), *texts))
            assert [one for one in wanted if one in whole] == []
    assert list((quarter.world.folder / "临时").iterdir()) == []


def test_no_password_lies_anywhere(quarter):
    """
    Fault 76: the password of the mailboxes is in no file of an office, no temporary file, not in
    what the server has logged, and was never said.
    """
    assert found_below(quarter.world.folder, [PASSWORD]) == []
    assert PASSWORD not in (quarter.world.boxes.folder / "log").read_text()
    assert PASSWORD not in "\n".join(quarter.world.said)
