"""The command line: parse, run one action, print; 0 done, 1 someone must act, 2 failed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from huizong import acts, setting_up
from huizong.cli_definition import definitions
from huizong.cli_mail import mail
from huizong.doing import FAILED, attempt, office_at_work
from huizong.errors import HuizongError
from huizong.periods import Period
from huizong.screen import bars, complain, put
from huizong.texts import choose
from huizong.usage import (
    GROUP,
    Again,
    AsJson,
    Command,
    Folder,
    Group,
    Now,
    OneUnit,
    PeriodText,
    SetCode,
    complaint,
    show,
    tell,
)

# What the parser makes of Ctrl-C.
INTERRUPTED = 130

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, **GROUP)
app.add_typer(definitions, name="definition")
app.add_typer(mail, name="mail")


def _choose(language: str) -> None:
    if language:
        choose(language)


# Eager: help that is asked for behind it comes in the language chosen.
Language = Annotated[str, typer.Option("--lang", is_eager=True, callback=_choose)]


@app.callback(cls=Group)
def main_options(lang: Language = "") -> None:
    """Issue, collect, audit and add up forms."""


@app.command(cls=Command)
def init(
    office: Folder,
    roster: Annotated[Path | None, typer.Option()] = None,
    unit: Annotated[str | None, typer.Option()] = None,
    now: Now = "",
) -> int:
    """Make an office's folder with its control workbook."""
    return tell(setting_up.init(office, roster, unit, now))


@app.command(cls=Command)
def issue(
    office: Folder, period: PeriodText,
    set_code: SetCode = "",
    now: Now = "",
) -> int:  # fmt: skip
    """Write the period's blanks, one a unit."""
    with office_at_work(office, now, "issue") as work:
        return tell(acts.issue(work, Period.parse(period), set_code))


@app.command(cls=Command)
def collect(
    office: Folder,
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...")] = None,
    password: Annotated[bool, typer.Option("--password")] = False,
    now: Now = "",
) -> int:
    """Take in returns from 收表 or from given files."""
    from huizong.asking import ask_password

    typed = ask_password() if password else ""
    with office_at_work(office, now, "collect") as work:
        return tell(acts.collect(work, tuple(files or ()), password=typed))


@app.command(cls=Command)
def audit(office: Folder, period: PeriodText, json_: AsJson = False, now: Now = "") -> int:
    """Audit a period's returns, and say what each unit has to do."""
    with office_at_work(office, now, "audit") as work:
        return tell(acts.audit(work, Period.parse(period), as_json=json_))


@app.command(cls=Command)
def answer(
    office: Folder, period: PeriodText,
    finding: Annotated[str, typer.Option()],
    officer: Annotated[str, typer.Option()],
    reason: Annotated[str, typer.Option()],
    accept: Annotated[bool, typer.Option("--accept")] = False,
    reject: Annotated[bool, typer.Option("--reject")] = False,
    use: Annotated[str, typer.Option()] = "",
    now: Now = "",
) -> int:  # fmt: skip
    """Answer what a finding asks the officer."""
    from huizong.answers import Typed

    action = "accept" if accept else "reject" if reject else "use"
    if accept + reject + bool(use) != 1:
        raise HuizongError("error.one_action")
    with office_at_work(office, now, "answer") as work:
        typed = Typed(key=finding.upper(), action=action, officer=officer, reason=reason, file=use)
        return tell(acts.answer(work, Period.parse(period), typed))


@app.command("return", cls=Command)
def return_(
    office: Folder, period: PeriodText,
    unit: Annotated[str, typer.Option()] = "",
    set_code: SetCode = "",
    now: Now = "",
) -> int:  # fmt: skip
    """Write a correction copy for every unit that has to mend or explain something."""
    with office_at_work(office, now, "return") as work:
        return tell(acts.send_back(work, Period.parse(period), unit, set_code))


@app.command(cls=Command)
def differences(
    office: Folder, period: PeriodText,
    unit: Annotated[str, typer.Option()] = "",
    now: Now = "",
) -> int:  # fmt: skip
    """List cell by cell what changed between the versions of a unit's return."""
    with office_at_work(office, now, "differences") as work:
        return tell(acts.differences(work, Period.parse(period), unit))


@app.command(cls=Command)
def papers(office: Folder, period: PeriodText, set_code: SetCode = "", now: Now = "") -> int:
    """Write the bulletin, the problems, the reminder and the figures by unit."""
    with office_at_work(office, now, "papers") as work:
        return tell(acts.papers(work, Period.parse(period), set_code))


@app.command(cls=Command)
def aggregate(office: Folder, period: PeriodText, now: Now = "") -> int:
    """Add up what has passed, and write the summary workbook."""
    with office_at_work(office, now, "aggregate") as work:
        return tell(acts.aggregate(work, Period.parse(period)))


@app.command(cls=Command)
def paper(
    office: Folder, period: PeriodText,
    unit: Annotated[str, typer.Option()] = "",
    code: Annotated[str, typer.Option()] = "",
    set_code: SetCode = "",
    file: Annotated[Path | None, typer.Option()] = None,
    now: Now = "",
) -> int:  # fmt: skip
    """Hold the codes on paper copies against the returns, and say who owes one."""
    from huizong.paper_copies import Noted, read_list

    if bool(unit) != bool(code):
        raise HuizongError("error.paper_pair")
    noted = read_list(file) if file else (Noted(unit, code, set_code),) if unit else ()
    with office_at_work(office, now, "paper") as work:
        return tell(acts.paper(work, Period.parse(period), noted))


@app.command(cls=Command)
def sign(
    office: Folder, period: PeriodText,
    step: Annotated[str, typer.Option()] = "",
    officer: Annotated[str, typer.Option()] = "",
    note: Annotated[str, typer.Option()] = "",
    set_code: SetCode = "",
    now: Now = "",
) -> int:  # fmt: skip
    """Take a step on the last summary; without one say where it stands."""
    with office_at_work(office, now, "sign") as work:
        return tell(acts.sign(work, Period.parse(period), step, officer, note, set_code))


@app.command(cls=Command)
def submit(
    office: Folder, period: PeriodText,
    set_code: SetCode = "",
    again: Again = False,
    encrypt: Annotated[bool, typer.Option("--encrypt")] = False,
    now: Now = "",
) -> int:  # fmt: skip
    """Draft the letter that carries the summary upward, if it may go."""
    from huizong.asking import ask_new_password

    asked = {"again": again, "password": ask_new_password() if encrypt else ""}
    with office_at_work(office, now, "submit") as work:
        return tell(acts.submit(work, Period.parse(period), set_code, **asked))


@app.command(cls=Command)
def remind(
    office: Folder, period: PeriodText,
    set_code: SetCode = "",
    unit: OneUnit = "",
    again: Again = False,
    now: Now = "",
) -> int:  # fmt: skip
    """Draft reminders to the units that have sent nothing."""
    with office_at_work(office, now, "remind") as work:
        return tell(acts.remind(work, Period.parse(period), set_code, again=again, unit=unit))


@app.command(cls=Command)
def history(
    office: Folder, file: Annotated[Path, typer.Argument(metavar="FILE")],
    blank: Annotated[bool, typer.Option("--blank")] = False,
    period: Annotated[str, typer.Option()] = "",
    now: Now = "",
) -> int:  # fmt: skip
    """Import figures of earlier periods, or write the blank for them."""
    with office_at_work(office, now, "history") as work:
        return tell(acts.history(work, file, period, blank=blank))


@app.command(cls=Command)
def close(
    office: Folder, period: PeriodText,
    officer: Annotated[str, typer.Option()],
    reason: Annotated[str, typer.Option()],
    now: Now = "",
) -> int:  # fmt: skip
    """Close a period: its summaries stand, later returns wait."""
    with office_at_work(office, now, "close") as work:
        return tell(acts.close(work, Period.parse(period), officer, reason))


@app.command(cls=Command)
def reopen(
    office: Folder, period: PeriodText,
    officer: Annotated[str, typer.Option()],
    reason: Annotated[str, typer.Option()],
    now: Now = "",
) -> int:  # fmt: skip
    """Open a closed period again for a correction."""
    with office_at_work(office, now, "reopen") as work:
        return tell(acts.reopen(work, Period.parse(period), officer, reason))


@app.command(cls=Command)
def status(office: Folder, period: PeriodText, json_: AsJson = False, now: Now = "") -> int:
    """Say how the units stand, from the book alone."""
    with office_at_work(office, now, "status") as work:
        return tell(acts.status(work, Period.parse(period), as_json=json_))


@app.command(cls=Command)
def verify(
    summary: Annotated[Path, typer.Argument(metavar="SUMMARY")],
    sources: Annotated[Path | None, typer.Option()] = None,
) -> int:
    """Recompute a summary from its own sources, and from the files if given."""
    return tell(acts.verify(summary, sources))


@app.command(cls=Command)
def menu(
    office: Annotated[Path, typer.Argument(metavar="[OFFICE]")] = Path(),
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]..."),
    ] = None,
    now: Now = "",
) -> int:
    """A menu of all actions."""
    from huizong.launchers import office_and_files
    from huizong.menu import run_menu

    folder, dropped = office_and_files((office, *(files or ())))
    return run_menu(folder, dropped, now)


@app.command(cls=Command)
def launchers(office: Folder) -> int:
    """Write the office's two launchers anew, for this computer."""
    return tell(setting_up.launchers(office))


@app.command(cls=Command)
def control(office: Folder, now: Now = "") -> int:
    """Write the control workbook anew, with its settings and its roster."""
    return tell(setting_up.control(office, now))


@app.command(cls=Command)
def install(
    office: Annotated[Path, typer.Argument(metavar="[OFFICE]")] = Path(),
    yes: Annotated[bool, typer.Option("--yes")] = False,
    remove: Annotated[bool, typer.Option("--remove")] = False,
) -> int:
    """Set this computer up for the buttons, once a person agrees."""
    from huizong.asking import agreed

    return tell(setting_up.install(office, show if yes else agreed, remove=remove))


@app.command(cls=Command)
def doctor(
    office: Annotated[Path | None, typer.Argument(metavar="[OFFICE]")] = None,
) -> int:
    """Say what is wrong with this computer, and how to mend it."""
    return tell(setting_up.doctor(office))


@app.command(cls=Command)
def dictionary(
    set_code: Annotated[str, typer.Argument(metavar="SET")],
) -> None:
    """Print a form set's indicators, ledgers and relations."""
    from huizong.dictionary import lines

    put(*lines(set_code))


@app.command(cls=Command)
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
) -> None:
    """A district over three sub-districts, two quarters."""
    from huizong.demo import closing_lines, play

    with bars() as progress:
        played = play(folder, progress)
    put(*closing_lines(played))


def main(arguments: list[str] | None = None) -> None:
    """Run a command; nobody ever sees a traceback."""
    sys.exit(run(lambda: app(arguments, prog_name="huizong", standalone_mode=False)))


def run(command: Callable[[], Any]) -> int:
    """Run a command to its exit code; what stopped it is said in one sentence."""
    return attempt(lambda: _parsed(command))


def _parsed(command: Callable[[], Any]) -> Any:
    """Run what the parser calls; what it has against the words typed, it says itself."""
    try:
        code = command()
    except typer.Exit as stop:
        return stop.exit_code
    except TyperException as error:
        complain(complaint(error))
        return FAILED
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return code
