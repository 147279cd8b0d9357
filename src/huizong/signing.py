"""Sign a version of a summary in three steps (送审, 审核, 签发); a new version starts anew."""

from pathlib import Path

import msgspec

from huizong.approval_sheet import write_approval
from huizong.circulate import free_path, record_paper
from huizong.closing import faults_of_summary
from huizong.contents import Contents
from huizong.errors import HuizongError
from huizong.history import Made, last_summary, summaries_of
from huizong.keeping import safe_name
from huizong.paperwork import STEPS, Step, next_step, save_step, steps_of
from huizong.periods import Period
from huizong.safely import write_safely
from huizong.tables import new_workbook
from huizong.texts import listed, name_of, say, spoken
from huizong.work import Work, checked_sets


class Signed(msgspec.Struct, frozen=True):
    """A step that was taken, and where the 送审单 stands."""

    step: Step
    path: Path


def sign(work: Work, period: Period, step: str, officer: str, note: str, only: str = "") -> Signed:
    """
    Take the next step on the last version of a summary, and write its 送审单 as of that step.

    Raises:
        HuizongError: If there is no summary (or it is not said of which set), nobody is named,
            it is another step's turn, three people are wanted, or the summary is not what the
            returns add up to (`error.sign_…`, `error.cannot_sign`).
    """
    made = _meant(work, period, only.upper())
    steps = steps_of(work.book, made)
    _refuse(work, made, steps, step, officer.strip())
    faults = list(faults_of_summary(work, checked_sets()[made.set_code], period))
    if faults:
        lines = "\n".join(f"  {one}" for one in faults)
        raise HuizongError("error.cannot_sign", lines=lines)
    taken = Step(
        period=made.period, set_code=made.set_code, number=made.number, checksum=made.checksum,
        step=step, officer=officer.strip(), note=note.strip(), at=work.at,
    )  # fmt: skip
    with work.book.writing():
        save_step(work.book, taken)
        told = {"period": made.period, "set": made.set_code, "number": made.number, "step": step}
        work.book.record("signed", {**told, "checksum": made.checksum}, work.at)
    return Signed(taken, _write(work, made, (*steps, taken)))


def _meant(work: Work, period: Period, only: str) -> Made:
    sets = dict.fromkeys(one.set_code for one in summaries_of(work.book, str(period), only))
    if not sets:
        raise HuizongError("error.sign_nothing", period=name_of(period))
    if len(sets) > 1:
        raise HuizongError("error.sign_set", period=name_of(period), sets=listed(sets))
    return summaries_of(work.book, str(period), next(iter(sets)))[-1]


def _refuse(work: Work, made: Made, steps: tuple[Step, ...], step: str, officer: str) -> None:
    if step not in STEPS:
        raise HuizongError("error.sign_step", found=step)
    said = {"step": say(f"signing.{step}"), "set": made.set_code, "number": made.number}
    if not officer:
        raise HuizongError("error.sign_nameless", **said)
    due = next_step(steps)
    if not due:
        raise HuizongError("error.sign_done", **said, officer=steps[-1].officer)
    if step != due:
        raise HuizongError("error.sign_order", **said, due=say(f"signing.{due}"))
    own = next((one for one in steps if one.officer == officer), None)
    if own and work.office.settings.signing == "apart":
        taken = say(f"signing.{own.step}")
        raise HuizongError("error.sign_same", officer=officer, step=taken)


def _write(work: Work, made: Made, steps: tuple[Step, ...]) -> Path:
    form_set = checked_sets()[made.set_code].form_set
    summary = last_summary(work.book, made.period, made.set_code)
    with spoken(work.office.settings.language):
        stem = say(
            "signing.file", period=made.period, code=work.office.unit.code,
            set=safe_name(name_of(form_set)), number=made.number,
            step=safe_name(say(f"signing.{steps[-1].step}")),
        )  # fmt: skip
    safely = write_safely(free_path(work, work.office.summaries(made.period) / f"{stem}.xlsx"))
    with safely as temp, new_workbook(temp, say("signing.sheet"), work.now) as book:
        write_approval(book, Contents(summary, form_set), made.checksum, steps)
    record_paper(work, safely.path)
    return safely.path
