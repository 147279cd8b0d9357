"""The commands below `huizong mail`: letters in, letters out, the queue."""

from pathlib import Path
from typing import Annotated

import typer

from huizong import acts
from huizong.doing import office_at_work
from huizong.errors import HuizongError
from huizong.periods import Period
from huizong.usage import (
    GROUP,
    Again,
    Command,
    Folder,
    Now,
    OneUnit,
    PeriodText,
    SetCode,
    show,
    tell,
)

mail = typer.Typer(**GROUP)


@mail.command(cls=Command)
def fetch(
    office: Folder,
    folder: Annotated[Path | None, typer.Option()] = None,
    since: Annotated[str, typer.Option()] = "",
    remember: Annotated[bool, typer.Option("--remember")] = False,
    now: Now = "",
) -> int:  # fmt: skip
    """Fetch new letters, and collect what is in them."""
    with office_at_work(office, now, "fetch") as work:
        return tell(acts.fetch(work, folder, since, remember=remember))


@mail.command("hand-out", cls=Command)
def hand_out(
    office: Folder, period: PeriodText,
    set_code: SetCode = "",
    unit: OneUnit = "",
    again: Again = False,
    now: Now = "",
) -> int:  # fmt: skip
    """Draft the letters by which the issued blanks go out."""
    with office_at_work(office, now, "hand_out") as work:
        return tell(acts.hand_out(work, Period.parse(period), set_code, again=again, unit=unit))


@mail.command(cls=Command)
def drafts(
    office: Folder, period: PeriodText,
    set_code: SetCode = "",
    unit: OneUnit = "",
    again: Again = False,
    now: Now = "",
) -> int:  # fmt: skip
    """Draft receipts, and letters with the correction copies."""
    with office_at_work(office, now, "drafts") as work:
        return tell(acts.drafts(work, Period.parse(period), set_code, again=again, unit=unit))


@mail.command(cls=Command)
def send(
    office: Folder,
    period: Annotated[str, typer.Argument(metavar="[PERIOD]")] = "",
    officer: Annotated[str, typer.Option()] = "",
    remember: Annotated[bool, typer.Option("--remember")] = False,
    yes: Annotated[bool, typer.Option("--yes")] = False,
    now: Now = "",
) -> int:  # fmt: skip
    """Send the drafts that an officer agrees to, and what is due of earlier runs."""
    from functools import partial

    from huizong.asking import agreed

    agree = show if yes else partial(agreed, question="sending.ask")
    with office_at_work(office, now, "send") as work:
        of = Period.parse(period) if period else None
        return tell(acts.send(work, of, agree, officer, remember=remember))


@mail.command(cls=Command)
def queue(
    office: Folder,
    cancel: Annotated[str, typer.Option()] = "",
    retry: Annotated[str, typer.Option()] = "",
    resend: Annotated[str, typer.Option()] = "",
    arrived: Annotated[str, typer.Option()] = "",
    now: Now = "",
) -> int:
    """List the letters on their way, and decide about one."""
    typed = {"cancel": cancel, "retry": retry, "resend": resend, "arrived": arrived}
    chosen = [(decision, key) for decision, key in typed.items() if key]
    if len(chosen) > 1:
        raise HuizongError("error.one_decision")
    with office_at_work(office, now, "queue") as work:
        return tell(acts.queue(work, *(chosen[0] if chosen else ())))
