"""How the units have reported: when first, how often sent back, and what became of each problem."""

import datetime as dt
from collections.abc import Mapping

import msgspec


class Issue(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the office's 问题清单: a finding with its owner, its date and its closing."""

    key: str
    unit: str
    level: str
    place: str
    text: str
    owner: str
    due: dt.date
    raised: str
    closing: str
    officer: str = ""
    closed: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it is still to be dealt with."""
        return self.closing in ("open", "rejected")


class Reporting(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the papers about one form set and period say beside the units' states.

    `due` is the deadline and `days` are those for mending; `first` (when something first came)
    and `returned` (how often it was sent back) are by unit code. `held` are the codes of units
    without a return whose file waits for the officer: nobody asks them to report.
    """

    due: dt.date | None = None
    days: int = 0
    first: Mapping[str, str] = {}
    returned: Mapping[str, int] = {}
    issues: tuple[Issue, ...] = ()
    held: frozenset[str] = frozenset()
