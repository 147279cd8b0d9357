"""Lay out a period's blanks for an office: what its books, settings and units give to each."""

import datetime as dt
from collections.abc import Mapping, Sequence

import msgspec

from huizong.desk import Blank
from huizong.entries import files_of, findings_of
from huizong.errors import HuizongError
from huizong.issue import blanks_for
from huizong.language import CheckedSet
from huizong.past import opening_sources, rows_carried
from huizong.periods import Period
from huizong.records import ADOPTED, OWN, UNIT, Unit
from huizong.restate import moves, pasts_of, redefined_in
from huizong.settle import says_something
from huizong.texts import listed
from huizong.work import Work

Who = tuple[str, str]  # unit code and role
_REASONED = ("explained", "accepted")


def blanks_of(
    work: Work, checked: CheckedSet, period: Period, units: Sequence[Unit]
) -> list[Blank]:
    """Lay out the blanks of these units and, last, of the office's own figures."""
    office, form_set = work.office, checked.form_set
    settings = office.settings
    due: dt.date = settings.due(form_set.code, period, form_set.due_days)
    told = reasons_of(work, checked, period.previous)
    redefined = redefined_in(checked, settings.redefined, period)
    past = pasts_of(work.book, office.roster, checked, period, redefined=settings.redefined)
    carried = rows_carried(
        work.book, period, form_set,
        lambda of: moves(office.roster, form_set.code, of, period).heirs,
    )  # fmt: skip
    opened = opening_sources(work.book, period, form_set)
    return [
        msgspec.structs.replace(
            blank, due=due, issued_at=work.at, issuer=office.unit.name,
            officer=settings.officer, phone=settings.phone,
            seal=work.book.seal(blank.identity), approval=settings.approval,
            valid_to=settings.valid_to, on_paper=settings.paper_ledgers(form_set),
            told=told.get((blank.identity.code, blank.identity.role), {}),
            redefined=redefined,
            opened=opened.get((blank.identity.code, blank.identity.role), ()),
        )
        for blank in blanks_for(checked, period, units, office.unit, past, carried)
    ]  # fmt: skip


def reasons_of(
    work: Work, checked: CheckedSet, period: Period | None
) -> dict[Who, Mapping[str, str]]:
    """Give the reasons that units gave in a period and that counted, by relation."""
    if period is None:
        return {}
    code = checked.form_set.code
    adopted = files_of(work.book, period=str(period), set_code=code, states=(ADOPTED,))
    found = findings_of(work.book, str(period)) if adopted else {}
    known = {rule.id for rule in checked.relations}
    return {
        (file.unit, file.role): {
            one.finding.subject: one.explanation
            for one in found.get(file.digest, ())
            if one.finding.subject in known
            and one.state in _REASONED
            and says_something(one.explanation)
        }
        for file in adopted
        if file.role in (UNIT, OWN)
    }


def refuse_unknown_redefined(work: Work, sets: Sequence[CheckedSet]) -> None:
    """
    Refuse an indicator set as counted otherwise that no installed form set has.

    Raises:
        HuizongError: Naming it (`error.unknown_redefined`).
    """
    known = {code for one in sets for code in one.form_set.by_code}
    wrong = [code for code in work.office.settings.redefined if code not in known]
    if wrong:
        raise HuizongError("error.unknown_redefined", found=listed(wrong))


def refuse_unknown_paper(work: Work, sets: Sequence[CheckedSet]) -> None:
    """
    Refuse a ledger set as kept on paper that no installed form set has.

    Raises:
        HuizongError: Naming it and those that there are (`error.unknown_paper`).
    """
    known = [
        ledger.code for one in sets for ledger in one.form_set.ledgers if ledger.kind == "flow"
    ]
    wrong = [code for code in work.office.settings.on_paper if code not in known]
    if wrong:
        raise HuizongError("error.unknown_paper", found=listed(wrong), known=listed(known))
