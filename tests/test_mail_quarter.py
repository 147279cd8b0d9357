"""A whole quarter through mail alone: blanks down, returns up, mended, corrected, received."""

import os
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from openpyxl import load_workbook

from clerks import attachments, filled, typed_into
from huizong.book import open_book
from huizong.entries import files_of, findings_of
from huizong.forms import FormSet
from huizong.history import summaries_of
from huizong.letter_entries import OPENED, letters_of
from huizong.office import open_office
from huizong.texts import say
from huizong.work import checked_sets
from invariants import broken
from mail_quarter import (
    CLEAR,
    COMMUNITIES,
    DISTRICT,
    EAST,
    MAILS,
    OFFICES,
    PERIOD,
    STRANGER,
    World,
    mobile,
    seeds,
    send_drafts,
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
        send_drafts(self.world, code)

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
