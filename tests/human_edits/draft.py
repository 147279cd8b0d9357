"""A return being edited: the workbook, what a person reads in it, and what must be asked."""

import copy
import random
from collections.abc import Collection
from dataclasses import dataclass, field, fields

from human_edits.books import Book, Tab, opened
from human_edits.grid import Page, Place
from human_edits.returns import (
    BUILDINGS,
    MEASURES,
    PLAN,
    WORKED_OUT,
    Return,
    Truth,
    form,
)

FIGURES = "JC-1 统计表"
LEDGER = "JC-L1 楼栋单元台账"
PLANS = "JC-P 工作计划"
REPORT = "JC-T 文字报告"
FRONT = "填报说明"
CHECKS = "审核说明"
TAG = "_huizong"
HEADING = 4  # the row of the column names, on every sheet that has them
FIRST_ENTRY = 5
COLUMNS = ("name", "code", "measure", "now", "prev", "year_ago", "ytd", "remark", "audit")
KEPT, REPAIRED, ASKED = "kept", "repaired", "asked"


@dataclass
class Expected:
    """
    What a person reads in a return, and what must come of it.

    `listed` are figures that must be named in a notice; each of `asked` is a set of names
    (figure, column, sheet or cell) of which a question must bear one. An asked figure holds
    nothing, or what stands in its cell; `open` ones nobody can tell while the return waits.
    `unread` means that nothing of the return may be taken.
    """

    truth: Truth
    chance: random.Random
    listed: set[str] = field(default_factory=set)
    asked: list[frozenset[str]] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    unsure_rows: set[str] = field(default_factory=set)
    unsure_identity: bool = False
    unread: bool = False
    used: set[str] = field(default_factory=set)

    @property
    def outcome(self) -> str:
        """What a person would say should become of it."""
        return ASKED if self.asked else REPAIRED if self.listed else KEPT

    def alone(self) -> "Expected":
        """Give it without the workbook that was edited."""
        return Expected(**{one.name: getattr(self, one.name) for one in fields(Expected)})

    def pick(self, codes: Collection[str] = tuple(MEASURES)) -> str:
        """Choose a figure that no other edit has touched."""
        code = self.chance.choice([code for code in codes if code not in self.used])
        self.used.add(code)
        return code

    def ask(self, *names: str) -> None:
        """One question must be put that bears one of these names."""
        self.asked.append(frozenset(names))

    def ask_figure(self, code: str, stands: str = "") -> None:
        """The figure is asked about; `stands` is what its cell holds for everyone to see."""
        self.ask(code)
        self.truth.typed[code] = stands
        self.open |= {"JC14"} if code in ("JC06", "JC15") else set()


@dataclass(kw_only=True)
class Draft(Expected):
    """A filled return that a person is editing in its file."""

    book: Book
    old_results: dict[str, str] = field(default_factory=dict)
    typed_over: dict[str, str] = field(default_factory=dict)
    no_formula: set[str] = field(default_factory=set)
    order: list[str] = field(default_factory=list)
    copied: bool = False

    @property
    def figures(self) -> Page:
        """The sheet of figures."""
        return self._page(FIGURES)

    @property
    def ledger(self) -> Page:
        """The sheet of the ledger."""
        return self._page(LEDGER)

    @property
    def plan(self) -> Page:
        """The sheet of the plan."""
        return self._page(PLANS)

    def tab(self, name: str) -> Tab:
        """The tab that was issued under a name, whatever it is called now."""
        return self.tabs[name]

    def __post_init__(self) -> None:
        self.tabs = {tab.name: tab for tab in self.book.tabs}
        self.issued = self.truth.figures()

    def _page(self, name: str) -> Page:
        page = self.tabs[name].page
        if not page.column_of:
            _mark(page, name)
        return page

    def cell(self, code: str, column: str = "now") -> Place:
        """Where a figure stands now."""
        return self.figures.row_of[code], self.figures.column_of[column]

    def finish(self) -> None:
        """Let the spreadsheet work its formulas out, or leave old results in them."""
        # A copy of the form shows the old results too.
        stale = self.copied or self.chance.random() < 0.5
        results = self.truth.figures()
        for code in WORKED_OUT:
            if self.unread or code in self.open or code not in self.figures.row_of:
                continue
            if code in self.old_results or code in self.no_formula:
                self.listed |= {code} if results[code] else set()
            elif code in self.typed_over:
                self._settle(code, results[code])
            elif results[code] != self.issued[code]:
                self._change(code, results[code], stale)

    def _settle(self, code: str, value: str) -> None:
        """A result typed over its formula: right, or no longer right."""
        if self.typed_over[code] == value:
            return
        if code == "JC14":
            self.listed.add(code)
        else:
            self.truth.overtyped[code] = self.typed_over[code]
            self.ask(code)

    def _change(self, code: str, value: str, stale: bool) -> None:
        if stale:
            self.listed.add(code)
        else:
            self._result(code, value)

    def _result(self, code: str, value: str) -> None:
        place = self.cell(code)
        formula, _, _ = self.figures.cells[place].inside.partition("<v>")
        kind = "" if value else "str"
        self.figures.put(place, kind, f"{formula}<v>{value}</v>")


def _mark(page: Page, name: str) -> None:
    """Note where codes and columns stand in an issued sheet."""
    page.heading = HEADING
    if name == FIGURES:
        page.column_of = {key: at for at, key in enumerate(COLUMNS)}
        codes = {page.text((row, 1)): row for row in range(HEADING + 1, page.height)}
        page.row_of = {code: row for code, row in codes.items() if code.startswith("JC")}
    else:
        ledger = form().form_set.by_symbol[BUILDINGS if name == LEDGER else PLAN]
        page.column_of = {column.key: at for at, column in enumerate(ledger.columns)}


def draft_of(made: Return, chance: random.Random) -> Draft:
    """Open a filled return for editing."""
    return Draft(copy.deepcopy(made.truth), chance, book=opened(made.data))
