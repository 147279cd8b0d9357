"""What goes up beside a summary: its ledgers as the office chooses, all under a password or not."""

from pathlib import Path

from huizong.detail_book import Details, details_bytes
from huizong.history import Made, last_summary
from huizong.leaving import ledger_names
from huizong.letters import Attachment
from huizong.locked import lock
from huizong.settings import LEFT_OUT, MASKED
from huizong.texts import say
from huizong.work import Work, checked_sets


def details_of(work: Work, made: Made) -> tuple[Attachment, ...]:
    """Give the workbook of ledger rows beside a summary; none where it is left out or has none."""
    chosen = work.office.settings.ledger_rows
    if chosen == LEFT_OUT:
        return ()
    summary = last_summary(work.book, made.period, made.set_code)
    entries = (*filter(None, (summary.own,)), *summary.units)
    readings = [one.reading for one in entries if one.included and one.reading]
    content = details_bytes(
        Details(
            summary, checked_sets()[made.set_code].form_set, made.checksum,
            names=ledger_names(readings), masked=chosen == MASKED,
        )
    )  # fmt: skip
    name = say("details.file", name=Path(made.path).stem)
    return (Attachment(name, content),) if content else ()


def locked(file: Attachment, password: str) -> Attachment:
    """Put a file under a password, under a name that says so."""
    path = Path(file.name)
    name = say("locked.file", name=path.stem, ending=path.suffix)
    return Attachment(name, lock(file.data, password))
