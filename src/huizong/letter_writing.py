"""Write one letter as a draft into the office's folder, once for what it is about."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from huizong.draft_entries import (
    UPWARD,
    Drafted,
    about_of,
    is_as_drafted,
    last_draft,
    letter_token,
    save_draft,
)
from huizong.draft_places import lying
from huizong.keeping import safe_name
from huizong.letter_drafts import Draft, eml, is_id
from huizong.letter_templates import letter_words
from huizong.letters import Attachment, Letter, addresses, is_address, letter_id
from huizong.papers import period_name
from huizong.periods import Period
from huizong.personal import masked
from huizong.records import Unit
from huizong.safely import free_name, write_safely
from huizong.sending_entries import ON_ITS_WAY, Sending, rows_about, worst_of
from huizong.texts import name_of, say
from huizong.work import Work, checked_sets

# What became of a letter: written now; written before, and its file is there, is not any more (sent
# by a mail program, or put away), or it was approved; not written again, for the earlier one may
# still arrive; not written, for the unit has no address, or for what should be attached is not as
# we made it, or for a file of the unit waits for the officer.
NEW, THERE, GONE, QUEUED, UNDER_WAY = "new", "there", "gone", "queued", "under_way"
NOWHERE, ALTERED, HELD = "nowhere", "altered", "held"
BEFORE = frozenset((THERE, GONE, QUEUED, UNDER_WAY))
_NO_DOMAIN = "huizong.invalid"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of one letter: to whom, at which addresses, in which file, written when.

    `queued` is how the one stands that was approved before.
    """

    kind: str
    unit: str
    name: str
    fate: str
    to: tuple[str, ...] = ()
    path: Path | None = None
    at: str = ""
    queued: Sending | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """
    A letter to be drafted: to whom, what it is `about`, what it says, what it answers.

    `foot` stands under the text whatever the office makes of the words.
    """

    kind: str
    unit: Unit
    about: tuple[str, ...]
    path: Path
    fields: dict[str, str]
    attachments: tuple[Attachment, ...] = ()
    answered: Letter | None = None
    foot: str = ""


def draft_all(
    work: Work, period: Period, asked: Iterable[Asked | Outcome], *, again: bool, unit: str = ""
) -> tuple[Outcome, ...]:
    """Write the drafts that are asked for, or only those to one unit."""
    some = [one for one in asked if unit in ("", _code(one))]
    return tuple(
        one if isinstance(one, Outcome) else draft(work, period, one, again=again) for one in some
    )


def _code(one: Asked | Outcome) -> str:
    return one.unit if isinstance(one, Outcome) else one.unit.code


def draft(work: Work, period: Period, asked: Asked, *, again: bool) -> Outcome:
    """Write one draft unless it was written before; the file first, so that the book names it."""
    to = _recipients(asked)
    unit = asked.unit
    outcome = {"kind": asked.kind, "unit": unit.code, "name": unit.name, "to": to}
    if not to:
        return Outcome(**outcome, fate=NOWHERE)
    about = about_of(asked.kind, *asked.about)
    last = last_draft(work.book, about)
    on_its_way = [one for one in rows_about(work.book, about) if one.state in ON_ITS_WAY]
    if last and again and on_its_way:
        return Outcome(**outcome, fate=UNDER_WAY, at=last.at, queued=worst_of(on_its_way))
    if last and not again:
        return Outcome(**outcome, at=last.at, **_before(work, last))
    number = last.number + 1 if last else 1
    letter = _letter(work, asked, to, letter_token(about, number))
    path, digest = _write(work, asked.path, about, letter)
    drafted = Drafted(
        about=about, number=number, kind=asked.kind, unit=asked.unit.code, period=str(period),
        path=path.relative_to(work.office.folder).as_posix(), digest=digest, at=work.at,
    )  # fmt: skip
    with work.book.writing():
        save_draft(work.book, drafted)
        work.book.record("drafted", {"kind": asked.kind, "digest": digest}, work.at)
    return Outcome(**outcome, fate=NEW, path=path, at=work.at)


def _before(work: Work, last: Drafted) -> dict[str, object]:
    """Tell what became of a draft."""
    path = work.office.folder / last.path
    if rows := rows_about(work.book, last.about, last.number):
        return {"fate": QUEUED, "path": path, "queued": worst_of(rows)}
    return {"fate": THERE if lying(work, last) else GONE, "path": path}


def _write(work: Work, path: Path, about: str, letter: Draft) -> tuple[Path, str]:
    content = eml(letter)
    safely = write_safely(_place(work, path, about, letter))
    with safely as temp:
        temp.write_bytes(content)
    return safely.path, hashlib.sha256(content).hexdigest()


def _place(work: Work, path: Path, about: str, letter: Draft) -> Path:
    """
    Leave alone a letter about something else, and what a person made of one about the same.

    A killed run may have left this very one.
    """
    if not path.exists():
        return path
    there = path.read_bytes()
    ours = is_as_drafted(work.book, about, hashlib.sha256(there).hexdigest())
    return path if ours or letter.message_id.encode() in there else free_name(path)


def _letter(work: Work, asked: Asked, to: tuple[str, ...], token: str) -> Draft:
    subject, text = letter_words(work.office.templates, asked.kind, asked.fields)
    if asked.foot:
        text += f"\n\n{asked.foot}"
    user = work.office.settings.mail_user
    sender = user if is_address(user) else ""
    key = bytes.fromhex(work.book.meta("seal_key"))
    return Draft(
        sender=sender, name=asked.unit.name, to=to, subject=subject, text=text,
        at=work.now, message_id=letter_id(key, token, own_domain(work)),
        thread=tuple(_thread(asked.answered)), attachments=asked.attachments,
    )  # fmt: skip


def own_domain(work: Work) -> str:
    """Give the domain of the office's address, or one that is nobody's."""
    user = work.office.settings.mail_user
    return user.rpartition("@")[2] if is_address(user) else _NO_DOMAIN


def _thread(answered: Letter | None) -> Iterator[str]:
    if answered and is_id(answered.message_id):
        yield from (one for one in (answered.answers, answered.message_id) if is_id(one))


def _recipients(asked: Asked) -> tuple[str, ...]:
    """Only addresses of the roster or the settings; of several the one that wrote."""
    known = tuple(sorted(filter(is_address, addresses(asked.unit.mail))))
    wrote = asked.answered.sender.lower() if asked.answered else ""
    return (wrote,) if wrote in known else known


def known_addresses(work: Work, unit: str, kind: str) -> frozenset[str]:
    """Give the addresses to which a letter may go: those of its unit, or of the office above."""
    if kind in UPWARD:
        text = work.office.settings.upper_mail
    else:
        text = next((one.mail for one in units_of(work).values() if one.code == unit), "")
    return frozenset(filter(is_address, addresses(text)))


def fields_of(work: Work, period: Period, name: str) -> dict[str, str]:
    """Give what every letter may say."""
    settings = work.office.settings
    return {
        "unit": name, "office": work.office.unit.name, "period": period_name(str(period)),
        "officer": settings.officer, "phone": settings.phone, "date": f"{work.now:%Y-%m-%d}",
    }  # fmt: skip


def lines_of(texts: Iterator[str]) -> str:
    """Put one after the other on lines, numbered; say so where there is none."""
    lines = [f"{number}. {masked(text)}" for number, text in enumerate(texts, 1)]
    return "\n".join(lines) or say("letter.none")


def units_of(work: Work) -> dict[str, Unit]:
    """Give the units below the office by their codes."""
    own = work.office.unit.code
    return {one.code: one for one in work.office.roster if one.parent == own and one.code != own}


def set_name(code: str) -> str:
    """Give the name of a form set by its code."""
    return name_of(checked_sets()[code].form_set)


def draft_path(work: Work, period: Period, kind: str, *parts: str) -> Path:
    """Name the file of a draft to a unit."""
    names = (say(f"letter_kind.{kind}"), *parts)
    return work.office.drafts(str(period)) / f"{'_'.join(map(safe_name, names))}.eml"
