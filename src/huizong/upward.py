"""What goes to the office above: laid out in 上报, whom each summary lacks, what was received."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from huizong.clock import minute_of
from huizong.come_back import come_back
from huizong.draft_entries import UPWARD, Drafted, drafted_upward
from huizong.gone_up import sent_at
from huizong.history import Made, last_summary, summaries_of
from huizong.letter_entries import taken_above
from huizong.letters import Attachment
from huizong.periods import Period
from huizong.safely import free_name, told, write_safely
from huizong.sending_entries import SENT, UNKNOWN, queue_of, rows_about, save_sending, worst_of
from huizong.settings import DRAFT
from huizong.texts import listed, say
from huizong.wholeness import digest_of_file
from huizong.work import Work


def counted_lines(work: Work, made: Sequence[Made]) -> Iterator[str]:
    """Say of each summary that may go up how many units it counts, and which are missing."""
    for one in made:
        summary = last_summary(work.book, one.period, one.set_code)
        said = {"file": one.path, "reported": summary.reported, "expected": len(summary.units)}
        missing = [unit.unit.name for unit in summary.units if not unit.included]
        code = "submit.lacks" if missing else "submit.whole"
        yield say(code, **said, names=listed(missing))


def above_lines(work: Work, period: Period) -> Iterator[str]:
    """Say of each version of a summary that went up whether the office above has received it."""
    known, bounced = taken_above(work.book), come_back(work.book)
    for made in summaries_of(work.book, str(period)):
        drafted = drafted_upward(work.book, made)
        at = taken_at(work, made, known)
        if at or drafted:
            said = {"set": made.set_code, "number": made.number}
            yield _above(work, drafted, at, bounced, said)


def _above(
    work: Work, drafted: Drafted | None, at: str, bounced: Mapping[tuple[str, str], str],
    said: dict[str, object],
) -> str:  # fmt: skip
    """Tell how the letter with one version stands; one that came back did not arrive."""
    if at:
        return say("command.taken_above", **said, when=minute_of(at))
    rows = rows_about(work.book, drafted.about, drafted.number)
    for row in rows:
        if back := bounced.get((row.message_id, row.recipient)):
            state = say("sending_state.bounced")
            return say(
                "command.queued_above", **said, state=state, when=minute_of(back), key=row.key
            )
    if sent := sent_at(work.book, drafted):
        return say("command.sent_above", **said, when=minute_of(sent))
    if rows:
        row = worst_of(rows)
        state = say(f"sending_state.{row.state}")
        return say("command.queued_above", **said, state=state, when=minute_of(row.at), key=row.key)
    code = "drafted_above" if work.office.settings.send_by == DRAFT else "unsent_above"
    return say(f"command.{code}", **said, when=minute_of(drafted.at))


def taken_at(work: Work, made: Made, receipts: Mapping[str, str]) -> str:
    """Tell when the office above acknowledged a summary; empty if it has not."""
    path = work.office.summary_file(made)
    # Reasons may have been written into the file before it went up.
    now = digest_of_file(path) if receipts and path.is_file() else made.digest
    return receipts.get(now) or receipts.get(made.digest, "")


def settle_received(work: Work) -> None:
    """Call sent what may have been sent, once the office above has acknowledged what it carried."""
    rows = [one for one in queue_of(work.book, states=(UNKNOWN,)) if one.kind in UPWARD]
    receipts = taken_above(work.book) if rows else {}
    periods = {row.period for row in rows}
    made = [one for period in periods for one in summaries_of(work.book, period)]
    letters = [drafted_upward(work.book, one) for one in made if taken_at(work, one, receipts)]
    there = {one.about for one in letters if one}
    for row in rows:
        if row.about in there:
            save_sending(work.book, msgspec.structs.replace(row, state=SENT, at=work.at))


def lay_out(files: Sequence[Attachment], folder: Path) -> tuple[Path, ...]:
    """
    Put files into a folder, where each stands once; what a person changed there is kept.

    Raises:
        HuizongError: If the folder cannot be written to or the disk is full.
    """
    return tuple(_laid(one.data, folder / one.name) for one in files)


def _laid(content: bytes, target: Path) -> Path:
    try:
        if target.exists() and target.read_bytes() == content:
            return target
    except OSError as error:
        raise told(error, target) from error
    safely = write_safely(free_name(target))
    with safely as temp:
        temp.write_bytes(content)
    return safely.path
