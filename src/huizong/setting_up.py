"""What setting up an office or a computer does and says, and what examining them finds."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from huizong.doing import Told, clock
from huizong.errors import HuizongError
from huizong.texts import say, speak_unless_chosen


def init(folder: Path, roster: Path | None, unit: str | None, now: str) -> Told:
    """Make an office's folder."""
    from huizong.office import init_office

    made = init_office(folder, roster=roster, unit=unit, now=clock(now))
    below = sum(one.parent == made.unit.code for one in made.roster)
    line = say("command.init", folder=folder, name=made.unit.name, code=made.unit.code, units=below)
    return Told((line,) if roster else (line, say("command.init_sample", file=made.control)))


def launchers(folder: Path) -> Told:
    """Write the office's launchers for the Python of this computer."""
    from huizong.launchers import LINUX, WINDOWS, write_launchers
    from huizong.office import open_office

    office = open_office(folder)
    speak_unless_chosen(office.settings.language)
    write_launchers(folder)
    return Told(tuple(say("command.launcher", path=folder / name) for name in (WINDOWS, LINUX)))


def control(folder: Path, now: str) -> Told:
    """Write the control workbook anew, with the settings and the roster that stand in it."""
    from huizong.office import open_office, renew_control

    speak_unless_chosen(open_office(folder).settings.language)
    path, kept = renew_control(folder, clock(now))
    return Told((say("command.control", path=path, kept=kept),))


def install(folder: Path, agree: Callable[[Sequence[str]], bool], *, remove: bool = False) -> Told:
    """Set this computer up for an office's buttons, or take that back, once a person agrees."""
    from huizong import install as setup

    _speak_as(folder)
    where = setup.places()
    due = setup.changes(where, folder, remove=remove)
    if not due:
        return Told((say("install.removed_before" if remove else "install.done_before"),))
    setup.require_closed(where, due)
    said = {"folder": folder.resolve(), "python": where.python}
    lines = [say(f"install.{one.code}", path=one.path, **said) for one in due]
    if not agree(lines):
        return Told((say("install.cancelled"),), waits=True)
    kept = tuple(say("install.kept", path=one.backup) for one in due if one.backup)
    setup.carry_out(where, due)
    return Told((*kept, say("install.removed" if remove else "install.done", **said)))


def doctor(folder: Path | None = None) -> Told:
    """Say what is wrong with this computer, and with an office's folder, and how to mend it."""
    from huizong.doctor import examine

    if folder:
        _speak_as(folder)
    found = examine(folder)
    lines = (line for one in found for line in one.lines())
    mend = sum(one.level == "mend" for one in found)
    last = say("doctor.to_mend", count=mend) if mend else say("doctor.all_well")
    return Told((*lines, last), waits=bool(mend), short=last)


def _speak_as(folder: Path) -> None:
    """Speak an office's language, if its settings can be read."""
    from huizong.office import open_office

    with contextlib.suppress(HuizongError):
        speak_unless_chosen(open_office(folder).settings.language)
