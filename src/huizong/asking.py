"""Ask a person at the terminal: a period, a unit, files, an answer; Ctrl-C takes back."""

import os
import shlex
import sys
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from huizong.answers import Typed, action_of
from huizong.errors import HuizongError
from huizong.locked import SHORTEST
from huizong.office import Office
from huizong.paperwork import STEPS
from huizong.periods import Period
from huizong.screen import ask_hidden, ask_line, put
from huizong.texts import listed, say
from huizong.unit_names import find_unit

# What may be decided about a letter on its way, in the order in which it is offered.
LETTER_ACTIONS = ("retry", "cancel", "resend", "arrived")
_DECISIONS = {"1": "accept", "2": "reject", "3": "use"}


class Back(Exception):
    """A person takes back what was asked for; nothing has been done yet."""


class Desk(msgspec.Struct, frozen=True):
    """Where a person sits: the office as saved, the period last worked on, a fixed time or none."""

    office: Office
    period: str
    now: str = ""


def ask(prompt: str) -> str:
    """Ask for anything, or nothing."""
    try:
        return ask_line(prompt).strip()
    except KeyboardInterrupt as error:
        put("")
        raise Back from error


def ask_number(prompt: str) -> str:
    """Ask for a number; one typed full-width is the same."""
    return unicodedata.normalize("NFKC", ask(prompt))


def agreed(lines: Sequence[str], question: str = "install.ask") -> bool:
    """
    Say what would be done, and ask whether it may be; `question` is a text.

    Raises:
        HuizongError: If nobody is there to answer (`error.nobody_agrees`).
    """
    put(*lines)
    try:
        return ask_number(say(question)).lower() in say("install.agreed").split("|")
    except Back:
        return False
    except EOFError as error:
        raise HuizongError("error.nobody_agrees") from error


def ask_password() -> str:
    """
    Ask for the password of workbooks that came; it is not shown and kept nowhere.

    Raises:
        HuizongError: If nobody is there to type it (`error.password_here`).
    """
    if not sys.stdin.isatty():
        raise HuizongError("error.password_here")
    return ask_hidden(say("locked.ask"))


def ask_new_password() -> str:
    """
    Ask twice for a password under which workbooks leave; it is not shown and kept nowhere.

    Raises:
        HuizongError: If nobody is there to type it (`error.password_here`), it is too short
            (`error.password_short`), or the second is another (`error.password_twice`).
    """
    typed = ask_password()
    if len(typed) < SHORTEST:
        raise HuizongError("error.password_short", least=SHORTEST)
    if ask_hidden(say("locked.ask_again")) != typed:
        raise HuizongError("error.password_twice")
    return typed


def ask_install(desk: Desk) -> tuple[Path, Callable[[Sequence[str]], bool]]:
    """Give the office's folder, and how to ask before this computer is changed."""
    return desk.office.folder, agreed


def ask_here(desk: Desk) -> tuple[Path]:
    """Give the office's folder; nothing has to be asked."""
    return (desk.office.folder,)


def ask_period(desk: Desk) -> Period:
    """Ask for the period until it is one; 2026Q1 and 2026年第一季度 are the same."""
    prompt = say("menu.period" if desk.period else "menu.period_first", period=desk.period)
    while True:
        text = unicodedata.normalize("NFKC", ask(prompt)) or desk.period
        if not text:
            raise Back
        try:
            return Period.named(text) or Period.parse(text)
        except HuizongError as error:
            put(error)


def ask_unit(desk: Desk) -> tuple[str]:
    """Ask for one of the office's units, by name or code, until it is one; empty is all."""
    units = (*desk.office.roster, desk.office.unit)
    while text := ask(say("menu.unit")):
        if any(unit.code == text for unit in units):
            return (text,)
        match = find_unit(units, text)
        if match.unit:
            return (match.unit.code,)
        near = listed(unit.name for unit in match.candidates)
        put(say("menu.near_unit" if near else "menu.no_unit", text=text, near=near))
    return ("",)


def ask_files(_desk: Desk) -> tuple[tuple[Path, ...]]:
    """Ask for files, which may be dropped on the window; none is the folder 收表."""
    return (dropped(ask(say("menu.files"))),)


def ask_mailbox(_desk: Desk) -> tuple[Path | None, bool]:
    """Ask for a folder of letters, else for the mailbox; and whether its password is to be kept."""
    typed = ask(say("menu.mailbox"))
    keep = unicodedata.normalize("NFKC", typed) == "1"
    return None if keep or not typed else dropped(typed)[0], keep


def ask_remember(_desk: Desk) -> tuple[bool]:
    """Ask whether the password for sending is to be kept."""
    return (ask_number(say("menu.sending")) == "1",)


def ask_decision(_desk: Desk) -> tuple[str, str]:
    """Ask for a letter on its way and what is to be done about it; without one all are listed."""
    key = ask(say("menu.letter"))
    if not key:
        return "", ""
    decision = {str(n): one for n, one in enumerate(LETTER_ACTIONS, 1)}.get(
        ask_number(say("menu.letter_decision"))
    )
    if not decision:
        raise Back
    return decision, key


def ask_summary(_desk: Desk) -> tuple[Path, Path | None]:
    """Ask for a summary workbook, and for the folder of its files or none."""
    summary = dropped(_needed(say("menu.summary")))
    sources = dropped(ask(say("menu.sources")))
    return summary[0], sources[0] if sources else None


def ask_answer(desk: Desk) -> tuple[Typed]:
    """Ask for what an officer answers to a finding."""
    key = _needed(say("menu.finding")).strip("[]【】").upper()
    decision = _needed(say("menu.decision"))
    action = _DECISIONS.get(unicodedata.normalize("NFKC", decision)) or action_of(decision)
    file = _needed(say("menu.file")) if action == "use" else ""
    if not action:
        raise Back
    officer, reason = ask_grounds(desk)
    return (Typed(key=key, action=action, officer=officer, reason=reason, file=file),)


def ask_grounds(desk: Desk) -> tuple[str, str]:
    """Ask who decides and why."""
    officer = _officer(desk)
    return officer, _needed(say("menu.reason"))


def ask_paper(desk: Desk) -> tuple[tuple[Any, ...]]:
    """Ask for the code on a paper copy; without a unit all copies are listed."""
    # Late: what reads lists of paper copies takes longer to load than the menu to open.
    from huizong.paper_copies import Noted

    (unit,) = ask_unit(desk)
    return ((Noted(unit, _needed(say("menu.paper_code"))),) if unit else (),)


def ask_step(desk: Desk) -> tuple[str, str, str]:
    """Ask for a step of signing, by whom and with what remark; nothing shows where it stands."""
    typed = ask_number(say("menu.step"))
    if not typed:
        return "", "", ""
    step = {str(number): name for number, name in enumerate(STEPS, 1)}.get(typed, typed)
    return step, _officer(desk), ask(say("menu.remark"))


def ask_earlier(_desk: Desk) -> tuple[Path]:
    """Ask for the file of figures of earlier periods."""
    return (dropped(_needed(say("menu.earlier")))[0],)


def _officer(desk: Desk) -> str:
    known = desk.office.settings.officer
    officer = ask(say("menu.officer" if known else "menu.officer_first", officer=known)) or known
    if not officer:
        raise Back
    return officer


def dropped(text: str) -> tuple[Path, ...]:
    """Read the paths that a terminal types when files are dropped on it, quoted or not."""
    if not text or Path(text).exists():
        return (Path(text),) if text else ()
    try:
        # On Windows a backslash is part of the path, and the quotes stay.
        parts = shlex.split(text, posix=os.name != "nt")
    except ValueError:
        parts = [text]
    return tuple(Path(part.strip('"')) for part in parts)


def _needed(prompt: str) -> str:
    """Ask for what cannot be left out: nothing typed takes back."""
    text = ask(prompt)
    if not text:
        raise Back
    return text
