"""The records that travel from stage to stage: figures, rows, returns, findings, totals."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Literal

import msgspec

from huizong.reporting import Reporting

UNIT, OWN, SUMMARY = "unit", "own", "summary"

# How a finding stands in the way: must and release block, explain waits for a reason, ask waits
# for the officer, note and info only tell (info lists what was repaired).
FindingLevel = Literal["must", "release", "explain", "ask", "note", "info"]


class Identity(msgspec.Struct, frozen=True):
    """
    Whose figures, of which period: code and role, form set and its version.

    `role` is unit, own (本级: the office's own figures) or summary (an office over its units).
    """

    set_code: str
    version: str
    period: str
    code: str
    name: str
    role: str = UNIT


class FigureCell(msgspec.Struct, frozen=True, array_like=True):
    """
    What stands in the cell of one indicator.

    `state` is number, blank, na (——), text or error; `value` the exact decimal as plain text
    (empty unless number); `typed` what a person sees there, for messages only; `formula`
    whether a formula stands there, so that its cached result can be worked out again.
    """

    code: str
    state: str
    value: str = ""
    cell: str = ""
    typed: str = ""
    formula: bool = False


class LedgerRows(msgspec.Struct, frozen=True, array_like=True):
    """
    The filled rows of one ledger or plan.

    `rows` hold one text a column in the order of `keys`: numbers as plain decimals, dates as
    ISO, None for a blank. `odd` marks the cells that are not of their column's type:
    (position in `rows`, key, kind) with kind text, error or na. `numbers` are sheet rows from 1.
    `status` is 有, 本期无, 未填 or empty; `sheet` and `columns` (letters) place each cell.
    """

    symbol: str
    status: str
    sheet: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    numbers: tuple[int, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    odd: tuple[tuple[int, str, str], ...] = ()


class Finding(msgspec.Struct, frozen=True):
    """One fault or question in one return, at one cell; its words are in the catalogue."""

    code: str
    level: FindingLevel
    sheet: str = ""
    cell: str = ""
    subject: str = ""
    details: Mapping[str, str] = {}

    def key(self, unit: str, period: str, set_code: str) -> str:
        """
        Name it so that the same fault in the same place has the same name next time.

        What is said of several rows or cells is known by the digest of all that stands in them,
        wherever they stand.
        """
        place = (self.sheet, self.cell, self.details.get("found", ""))
        if digest := self.details.get("digest"):
            place = (digest,)
        parts = (unit, period, set_code, self.code, self.subject, *place)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8].upper()


PART = "part:"


class LedgerTotal(msgspec.Struct, frozen=True, array_like=True):
    """
    One figure about a ledger or plan, free of names.

    `key` is `rows` (how many), `sum:COLUMN` (total of a numeric column) or `count:COLUMN=CHOICE`.
    For a rate that is not over all units `symbol` is its code and `key` is `part:CODE`: what of
    that figure belongs to the units that the rate is over.
    """

    symbol: str
    key: str
    value: str

    @property
    def part(self) -> str:
        """The code of the figure of which it is a part of a rate; empty if it is about a ledger."""
        return self.key.removeprefix(PART) if self.key.startswith(PART) else ""


class Reading(msgspec.Struct, frozen=True):
    """
    What one returned workbook says, by content and identity; nothing here is guessed.

    `own` and `previous` are other columns of the statistics sheet, `remarks` its 备注 by code,
    `texts` the report's sections by key, `explanations` the reasons on 审核说明 by relation.
    `left_out` are the codes for which a summary itself says that it has no total.
    `digests` are a summary's names by code, hashed under the key that `digest_key` marks.
    `corrects` is the mark of the correction copy that it was, if it was one.
    """

    identity: Identity
    seal: str = ""
    figures: tuple[FigureCell, ...] = ()
    own: tuple[FigureCell, ...] = ()
    previous: tuple[FigureCell, ...] = ()
    ledgers: tuple[LedgerRows, ...] = ()
    texts: Mapping[str, str] = {}
    remarks: Mapping[str, str] = {}
    explanations: Mapping[str, str] = {}
    ledger_totals: tuple["LedgerTotal", ...] = ()
    findings: tuple[Finding, ...] = ()
    zero_report: bool = False
    sheet: str = ""
    expected: int = 0
    reported: int = 0
    missing: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    digests: Mapping[str, tuple[str, ...]] = {}
    digest_key: str = ""
    corrects: str = ""

    def parts_of(self, rate: str) -> dict[str, str]:
        """Give what a summary says of the parts of a rate; empty if it is over all its units."""
        return {
            one.part: one.value for one in self.ledger_totals if one.symbol == rate and one.part
        }

    def rows_of(self, symbol: str) -> LedgerRows | None:
        """Find the rows of a ledger or plan."""
        return next((rows for rows in self.ledgers if rows.symbol == symbol), None)


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """
    One line of the roster; dates None where open.

    `successors` are the units that it was merged into (one) or split into (several).
    """

    code: str
    name: str
    parent: str
    category: str = ""
    aliases: tuple[str, ...] = ()
    contact: str = ""
    phone: str = ""
    mail: str = ""
    since: dt.date | None = None
    until: dt.date | None = None
    successors: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()

    def belongs_to(self, period_start: dt.date, period_end: dt.date) -> bool:
        """Whether it exists at any time of a period."""
        return (self.since is None or self.since <= period_end) and (
            self.until is None or self.until >= period_start
        )


# States of a unit in a period; texts `state.<name>` say 未报, 待审, 待改, 待补说明, 已通过.
MISSING, WAITING, TO_MEND, TO_EXPLAIN, PASSED = (
    "missing",
    "waiting",
    "to_mend",
    "to_explain",
    "passed",
)

# States of a received file (faults.md I2): 已采用 待处理 已退回 已被新版替代 不是报表; a second
# copy of the same bytes is no file of its own but a sighting.
ADOPTED, PENDING, RETURNED, SUPERSEDED, NOT_A_RETURN = (
    "adopted",
    "pending",
    "returned",
    "superseded",
    "not_a_return",
)


class AuditedFinding(msgspec.Struct, frozen=True):
    """A finding as it stands in the book: named, worded, and what has become of it."""

    key: str
    finding: Finding
    state: str = "open"
    explanation: str = ""
    officer: str = ""
    reason: str = ""

    @property
    def stands(self) -> bool:
        """Whether it still keeps the return from passing."""
        return self.state == "open" and self.finding.level in ("must", "release", "explain", "ask")


class UnitReturn(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a unit (or the office itself, 本级) has sent for a period, as the office's books say.

    `included` means it goes into the total: state passed. `received` is an ISO time. `refused` is
    a newer file of the unit that was not taken, with what was found in that file.
    """

    unit: Unit
    state: str = MISSING
    late: bool = False
    included: bool = False
    version: int = 0
    digest: str = ""
    file: str = ""
    received: str = ""
    unchecked_seal: bool = False
    reading: Reading | None = None
    findings: tuple[AuditedFinding, ...] = ()
    refused: "UnitReturn | None" = None


class Total(msgspec.Struct, frozen=True, kw_only=True):
    """
    One indicator over the office's units and its own figures.

    States: number, na (all said ——), blank (nobody gave a number), not_summed (total = none),
    no_key (distinct, cannot be recounted here). Values are exact plain decimals or "".
    `counted` of `expected` units gave a number or ——; own figures are not counted in either.
    `previous`, `year_ago`, `ytd` are plain decimals, —— or ""; `ytd_coverage` is 1/2, "" if full.
    """

    code: str
    state: str
    value: str = ""
    own: FigureCell | None = None
    counted: int = 0
    expected: int = 0
    previous: str = ""
    year_ago: str = ""
    ytd: str = ""
    ytd_coverage: str = ""


class Change(msgspec.Struct, frozen=True):
    """A figure that differs from the version of the summary before."""

    code: str
    name: str
    before: str
    after: str


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the summary workbook of one form set and period says, ready to write."""

    identity: Identity
    seal: str = ""
    made_at: str
    number: int = 1
    totals: tuple[Total, ...]
    units: tuple[UnitReturn, ...]
    own: UnitReturn | None = None
    ledger_totals: tuple[LedgerTotal, ...] = ()
    findings: tuple[AuditedFinding, ...] = ()
    changes: tuple[Change, ...] = ()
    digests: Mapping[str, tuple[str, ...]] = {}
    digest_key: str = ""
    reporting: Reporting = Reporting()

    @property
    def reported(self) -> int:
        """How many units are in the total; the office's own figures are not counted."""
        return sum(unit.included for unit in self.units)


LEVELS = ("省", "市", "区县", "街道", "社区")
_SIGNIFICANT = (2, 4, 6, 9, 12)


def level_of(code: str) -> str:
    """
    Tell the level of a 12-digit region code by its trailing zeros: 990101001000 is a 街道.

    A code of one's own (no digits) or none at all is a community's.
    """
    if not code.isdigit():
        return LEVELS[-1]
    for level, digits in zip(LEVELS, _SIGNIFICANT, strict=True):
        if not code[digits:].strip("0"):
            return level
    return LEVELS[-1]
