"""The menu opened by double click: numbered actions, done and told as on the command line."""

import contextlib
import importlib
import signal
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from huizong import acts, setting_up
from huizong.asking import (
    Back,
    Desk,
    agreed,
    ask_answer,
    ask_decision,
    ask_earlier,
    ask_files,
    ask_grounds,
    ask_here,
    ask_install,
    ask_mailbox,
    ask_number,
    ask_paper,
    ask_period,
    ask_remember,
    ask_step,
    ask_summary,
    ask_unit,
)
from huizong.doing import DONE, Told, attempt, office_at_work
from huizong.errors import HuizongError
from huizong.office import open_office
from huizong.periods import Period
from huizong.screen import put
from huizong.texts import say, speak_unless_chosen
from huizong.work import Work

EXIT = "0"


class Action(msgspec.Struct, frozen=True):
    """
    One line of the menu: what it does, given the office at work, a period and what more it asks.

    What needs no office is given neither an office nor a period.
    """

    name: str
    act: Callable[..., Told]
    more: Callable[[Desk], tuple[Any, ...]] | None = None
    period: bool = True
    office: bool = True


def _fetch(work: Work, folder: Path | None, remember: bool) -> Told:
    return acts.fetch(work, folder, "", remember=remember)


def _send(work: Work, period: Period, remember: bool) -> Told:
    agree = partial(agreed, question="sending.ask")
    return acts.send(work, period, agree, remember=remember)


ACTIONS = (
    Action("issue", acts.issue),
    Action("collect", acts.collect, ask_files, period=False),
    Action("audit", acts.audit),
    Action("status", acts.status),
    Action("answer", acts.answer, ask_answer),
    Action("return", acts.send_back, ask_unit),
    Action("differences", acts.differences, ask_unit),
    Action("aggregate", acts.aggregate),
    Action("papers", acts.papers),
    Action("fetch", _fetch, ask_mailbox, period=False),
    Action("hand_out", acts.hand_out),
    Action("drafts", acts.drafts),
    Action("remind", acts.remind),
    Action("send", _send, ask_remember),
    Action("queue", acts.queue, ask_decision, period=False),
    Action("paper", acts.paper, ask_paper),
    Action("sign", acts.sign, ask_step),
    Action("submit", acts.submit),
    Action("close", acts.close, ask_grounds),
    Action("reopen", acts.reopen, ask_grounds),
    Action("verify", acts.verify, ask_summary, period=False, office=False),
    Action("history", acts.history, ask_earlier, period=False),
    Action("install", setting_up.install, ask_install, period=False, office=False),
    Action("doctor", setting_up.doctor, ask_here, period=False, office=False),
)
_BY_NUMBER = {str(number): action for number, action in enumerate(ACTIONS, 1)}
_COLLECT = next(action for action in ACTIONS if action.name == "collect")


def run_menu(folder: Path, files: Sequence[Path] = (), now: str = "") -> int:
    """
    Collect the files dropped on the launcher, then offer the actions until a person leaves.

    Raises:
        HuizongError: If the folder is no office.
    """
    desk = _sit_down(folder, now)
    # Where the terminal is closed or the input ends, that is an exit.
    with contextlib.suppress(EOFError):
        typed = ""
        if files:
            _perform(desk, _COLLECT, [tuple(files)])
            typed = _pause()
        while (typed := typed or _choose(desk)) != EXIT:
            with contextlib.suppress(HuizongError):
                # The settings may have been saved meanwhile; if wrongly, the action says so.
                desk = _sit_down(folder, now, desk.period)
            desk = _serve(desk, typed)
            typed = _pause()
    put(say("menu.bye"))
    return DONE


def _sit_down(folder: Path, now: str, period: str = "") -> Desk:
    office = open_office(folder)
    speak_unless_chosen(office.settings.language)
    return Desk(office, period or office.settings.period, now)


def _choose(desk: Desk) -> str:
    """Show the actions until something is typed."""
    unit = desk.office.unit
    while True:
        head = say("menu.title", name=unit.name, code=unit.code, folder=desk.office.folder)
        put("", head, "")
        for number, action in _BY_NUMBER.items():
            put(f"  {number:>2}  {say(f'menu.action.{action.name}')}")
        put(f"  {EXIT:>2}  {say('menu.exit')}", "")
        try:
            if typed := ask_number(say("menu.choose")):
                return typed
        except Back:
            put(say("menu.interrupted"))


def _pause() -> str:
    """Leave the result on the screen; gives what is typed for the next step."""
    try:
        return ask_number(say("menu.back"))
    except Back:
        return ""


def _serve(desk: Desk, typed: str) -> Desk:
    """Ask what the chosen action needs and do it; gives the desk with the period worked on."""
    action = _BY_NUMBER.get(typed)
    if action is None:
        put(say("menu.unknown", text=typed, last=len(ACTIONS)))
        return desk
    asked: list[Any] = []
    try:
        if action.period:
            asked.append(ask_period(desk))
            desk = msgspec.structs.replace(desk, period=str(asked[0]))
        if action.more:
            asked += action.more(desk)
    except Back:
        put(say("menu.cancelled"))
    else:
        _perform(desk, action, asked)
    return desk


def _perform(desk: Desk, action: Action, asked: Sequence[Any]) -> None:
    """Do one action and say what came of it, or in one sentence why it could not be done."""
    put(say("menu.working", name=say(f"menu.action.{action.name}")))
    attempt(lambda: _tell(desk, action, asked))


def _tell(desk: Desk, action: Action, asked: Sequence[Any]) -> None:
    _load()
    if action.office:
        with office_at_work(desk.office.folder, desk.now, action.name) as work:
            told = action.act(work, *asked)
    else:
        told = action.act(*asked)
    put(*told.lines)
    if told.waits:
        put(say("menu.waits"))


def _load() -> None:
    """
    Load what the actions need; Ctrl-C waits until that is done.

    A library that is stopped while it is loaded cannot be loaded again in the same process.
    """
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        importlib.import_module("huizong.pipeline")
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
