"""The same returns by letter and from a folder: what letters cost beside the files in them."""

import os
import shutil
import time
from email.message import EmailMessage
from pathlib import Path

import msgspec
from returns import NOW, OLD

from huizong import pipeline
from huizong.children import Children
from huizong.letter_store import store_letters
from huizong.mailbox_folder import letters_in
from huizong.work import Work, at_work

SENDER = "shequ@example.cn"
TYPE = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


def mail_ratio(office: Path, temp: Path, readers: Children) -> tuple[float, float]:
    """
    Give the seconds of fetching and filing letters, and what letters cost over files alone.

    The second is opening and filing over collecting the same files; storing what is transferred
    is left out of it.
    """
    letters, copies = temp / "letters", (temp / "by_mail", temp / "by_hand")
    _write_letters(office, letters)
    for copy in copies:
        shutil.copytree(office, copy)
    shutil.rmtree(copies[0] / "收表")
    (copies[0] / "收表").mkdir()
    transfer, by_mail = _seconds(copies[0], readers, letters)
    _, by_hand = _seconds(copies[1], readers, None)
    for folder in (letters, *copies):
        shutil.rmtree(folder)
    return transfer + by_mail, by_mail / by_hand


def _write_letters(office: Path, folder: Path) -> None:
    folder.mkdir()
    for path in sorted((office / "收表").iterdir()):
        letter = EmailMessage()
        letter["From"], letter["Subject"] = SENDER, path.stem
        letter.set_content("报表见附件。")
        letter.add_attachment(
            path.read_bytes(), maintype=TYPE[0], subtype=TYPE[1], filename=path.name
        )
        target = folder / f"{path.stem}.eml"
        target.write_bytes(letter.as_bytes())
        os.utime(target, (OLD, OLD))


def _seconds(office: Path, readers: Children, letters: Path | None) -> tuple[float, float]:
    """Time the transfer of letters, if there are any, and what comes after it."""
    with at_work(office, NOW, "bench") as opened:
        work = _with_addresses(opened)
        start = time.perf_counter()
        if letters:
            store_letters(work.office, work.book, letters_in(letters, ()), NOW)
        stored = time.perf_counter()
        collected = pipeline.collect(work, readers=readers)
        done = time.perf_counter()
    assert collected.filed
    assert not collected.unfiled
    return stored - start, done - stored


def _with_addresses(work: Work) -> Work:
    """Have every unit send from one address."""
    replace = msgspec.structs.replace
    roster = tuple(replace(unit, mail=SENDER) for unit in work.office.roster)
    return replace(work, office=replace(work.office, roster=roster))
