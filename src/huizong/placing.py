"""Whose, when, which: file a reading under its unit and period, or say why it waits."""

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from huizong.cells import squash
from huizong.entries import NOT_ACCEPTABLE
from huizong.errors import HuizongError
from huizong.findings import both, told
from huizong.letters import Claim, addresses
from huizong.office import Office, reports_in
from huizong.periods import Period
from huizong.records import (
    NOT_A_RETURN,
    OWN,
    PENDING,
    RETURNED,
    Finding,
    Identity,
    Reading,
    Unit,
)
from huizong.unit_levels import role_below
from huizong.unit_names import find_unit, name_key

# Questions of the reader about whose a workbook is; they hold the file like our own.
IDENTITY_QUESTIONS = frozenset({"identity_contradicts", "identity_differs", "unknown_period"})


# What is no workbook of ours at all; everything else may be sent again.
_FAILED = "reader_failed"  # the program's own fault: the file waits for a better one
_NO_RETURNS = frozenset({"not_ours", "picture", "pdf", "other_kind", "unpacked", "beside"})


class Placing(msgspec.Struct, frozen=True):
    """
    Where one received workbook belongs.

    `state` is pending until the audit has spoken; `reason` is placed, or the code of the first
    question that holds it. `questions` are the keys of those findings.
    """

    state: str
    reason: str
    unit: Unit | None = None
    role: str = ""
    period: str = ""
    set_code: str = ""
    unchecked_seal: bool = False
    findings: tuple[Finding, ...] = ()
    questions: tuple[str, ...] = ()

    @property
    def placed(self) -> bool:
        """Whether it may be audited as this unit's return."""
        return self.reason == "placed"

    def key(self, finding: Finding) -> str:
        """Name one of its findings."""
        return finding.key(self.unit.code if self.unit else "", self.period, self.set_code)


def place(
    reading: Reading | object,
    office: Office,
    issued: Collection[tuple[str, str]],
    seal_state: str,
    period: str = "",
    *,
    digest: str = "",
    accepted: Collection[str] = (),
    today: dt.date | None = None,
    closed: Mapping[str, str] = MappingProxyType({}),
    claims: Sequence[Claim] = (),
) -> Placing:
    """
    Tell whose return it is, of which period, or why it has to wait (rows 29, 30, 34).

    `reading` may be a refusal of the reader (`code`, `details`). `issued` are the (period, set)
    that this office has issued; `period` the one asked for, empty to take what was issued or is
    not in the future; `accepted` the keys that an officer has accepted; `closed` tells since when
    a period is closed: what comes for it waits (row 33). `claims` are the senders of a file that
    came by letter: one of them has to be the unit's (row 56).
    """
    if not isinstance(reading, Reading):
        return _refused(reading)
    identity = reading.identity
    unit, doubts = _whose(identity, office)
    findings = [f for f in reading.findings if f.code in IDENTITY_QUESTIONS]
    findings += doubts
    findings += _late(identity, closed)
    findings += _when(identity, issued, period, today)
    if unit:
        findings += _which(identity, unit, office)
        findings += _sent(unit, claims)
    findings += _sealed(seal_state)
    named = tuple(
        f if f.subject else msgspec.structs.replace(f, subject=digest[:8]) for f in findings
    )
    draft = Placing(
        PENDING, "placed", unit, identity.role, identity.period, identity.set_code,
        seal_state == "unknown", named,
    )  # fmt: skip
    open_ = [
        f for f in named
        if f.level == "ask" and (f.code in NOT_ACCEPTABLE or draft.key(f) not in accepted)
    ]  # fmt: skip
    keys = tuple(draft.key(finding) for finding in open_)
    reason = open_[0].code if open_ else "placed"
    return msgspec.structs.replace(draft, reason=reason, questions=keys)


def _refused(refusal: object) -> Placing:
    code = getattr(refusal, "code", "not_ours")
    if code == _FAILED:
        return Placing(PENDING, code)
    return Placing(NOT_A_RETURN if code in _NO_RETURNS else RETURNED, code)


def _whose(identity: Identity, office: Office) -> tuple[Unit | None, tuple[Finding, ...]]:
    """The code in the visible heading says whose it is; the name must agree with it."""
    shown = f"{identity.name}（{identity.code}）" if identity.code else identity.name
    if identity.code == office.unit.code:
        unit: Unit | None = office.unit
    else:
        unit = next((one for one in office.roster if one.code == identity.code), None)
    if unit is None:
        match = find_unit(office.roster, identity.name)
        if match.unit and not identity.code:
            return match.unit, ()
        near = (match.unit,) if match.unit else match.candidates
        offered = "、".join(f"{one.name}（{one.code}）" for one in near) or "——"
        return None, (_ask("unknown_unit", found=shown, near=offered),)
    if not _called(unit, identity.name):
        found, label = identity.code, identity.name
        return unit, (_ask("name_code_differ", found=found, expected=unit.name, label=label),)
    return unit, ()


def _called(unit: Unit, name: str) -> bool:
    names = (unit.name, *unit.aliases)
    return squash(name) in map(squash, names) or name_key(name) in map(name_key, names)


def _ask(code: str, **details: str) -> Finding:
    return Finding(code, "ask", details=MappingProxyType(details))


def _when(
    identity: Identity, issued: Collection[tuple[str, str]], asked: str, today: dt.date | None
) -> Iterator[Finding]:
    """The period stands in the workbook; the time of the file says nothing (row 30)."""
    if not identity.period:  # the reader has asked already
        return
    if asked:
        if identity.period != asked:
            yield _wrong_period(identity.period, (asked,))
    elif (identity.period, identity.set_code) not in issued and today:
        try:
            begun = Period.parse(identity.period).start <= today
        except HuizongError:
            begun = False
        if not begun:
            known = sorted({p for p, code in issued if code == identity.set_code})
            yield _wrong_period(identity.period, known)


def _wrong_period(found: str, wanted: Sequence[str]) -> Finding:
    """Periods are named as people do; what the finding is known by stays in short."""
    said = {**_periods("period", (found,)), **_periods("asked", wanted)}
    return _ask("wrong_period", found=found, expected="、".join(wanted) or "——", **said)


def _periods(key: str, codes: Sequence[str]) -> Mapping[str, str]:
    names = [_names(code) for code in codes] or [("——", "——")]
    return both(key, "、".join(zh for zh, _ in names), ", ".join(en for _, en in names))


def _names(code: str) -> tuple[str, str]:
    try:
        period = Period.parse(code)
    except HuizongError:
        return code, code
    return period.zh, period.en


def _which(identity: Identity, unit: Unit, office: Office) -> Iterator[Finding]:
    """Own figures come from the office itself, summaries from offices below, forms from others."""
    shown = f"{unit.name}（{unit.code}）"
    itself = unit.code == office.unit.code
    below = unit.parent == office.unit.code
    if not (itself or below):
        yield _ask("not_ours_to_collect", found=shown)
        return
    role = OWN if itself else role_below(unit)
    if identity.role != role:
        kinds = {**told(f"kind.{identity.role}", "found"), **told(f"kind.{role}", "expected")}
        yield _ask("wrong_kind", unit=shown, **kinds)
        return
    if unit.sets and identity.set_code not in unit.sets:
        yield _ask("not_expected", found=shown, expected="、".join(unit.sets))
    elif not itself and not _reports(unit, identity.period):
        names = [one.name for one in office.roster if one.code in unit.successors]
        yield _ask("not_expected", found=shown, expected="、".join(names) or "——")


def _late(identity: Identity, closed: Mapping[str, str]) -> Iterator[Finding]:
    """A correction of a closed period waits until an officer has opened the period again."""
    if identity.period in closed:
        when = closed[identity.period].replace("T", " ")
        yield _ask("closed", period=identity.period, when=when)


def _sent(unit: Unit, claims: Sequence[Claim]) -> Iterator[Finding]:
    """Who may report for a unit by letter stands in the roster; a From alone proves nothing."""
    known = [one for one in claims if one.sender in addresses(unit.mail)]
    if claims and not known:
        yield _ask("sender_unknown", found=claims[0].sender or "——", label=unit.name)
    elif claims and not any(one.proved for one in known):
        yield _ask("sender_unproved", found=known[0].sender, label=unit.name)


def _reports(unit: Unit, period: str) -> bool:
    try:
        return reports_in(unit, Period.parse(period))
    except HuizongError:
        return True


def _sealed(state: str) -> Iterator[Finding]:
    if state == "wrong":
        yield _ask("seal_wrong")
    elif state == "unknown":
        yield Finding("seal_unknown", "info")
