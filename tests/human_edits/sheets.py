"""What people do to whole sheets: renamed, copied, moved, hidden, added, deleted."""

from human_edits.books import Tab
from human_edits.draft import CHECKS, FIGURES, FRONT, LEDGER, PLANS, REPORT, TAG, Draft
from human_edits.ledgers import entries

SHEETS = (FRONT, FIGURES, LEDGER, PLANS, REPORT, CHECKS)
EMPTY = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    "<sheetData></sheetData></worksheet>"
)
FREE_NAMES = ("Sheet1", "统计表(定稿)", "光明 表1", "1", "JC-1 统计表（改）", "新工作表", "附件&1")


def renamed(draft: Draft) -> None:
    """A sheet is known by what stands in it."""
    names = draft.chance.sample(FREE_NAMES, 3)
    for name, new in zip(
        draft.chance.sample(SHEETS, draft.chance.randint(1, 3)), names, strict=False
    ):
        draft.tab(name).name = new


def moved(draft: Draft) -> None:
    """The sheets in another order."""
    draft.chance.shuffle(draft.book.tabs)


def hidden(draft: Draft) -> None:
    """Hidden sheets are read like the others."""
    for name in draft.chance.sample(SHEETS[1:], draft.chance.randint(1, 2)):
        draft.tab(name).state = draft.chance.choice(("hidden", "veryHidden"))


def copied(draft: Draft) -> None:
    """A copy in which nothing differs does no harm."""
    name = draft.chance.choice(SHEETS)
    draft.copied = name == FIGURES
    _add(draft, draft.tab(name).copied(f"{draft.tab(name).name} (2)"))


def copied_and_changed(draft: Draft) -> None:
    """A copy with another figure: nobody can tell which one counts."""
    tab = draft.tab(FIGURES).copied(f"{draft.tab(FIGURES).name} (2)")
    code = draft.pick(("JC01", "JC07", "JC08", "JC16"))
    tab.page.number(draft.cell(code), f"{draft.truth.typed[code]}{draft.chance.randint(0, 9)}")
    _add(draft, tab)
    draft.ask(tab.name)


def ledger_copied_and_changed(draft: Draft) -> None:
    """A copy of the ledger with another row: nobody can tell which one counts."""
    page, rows = entries(draft)
    tab = draft.tab(LEDGER).copied(f"{draft.tab(LEDGER).name} (2)")
    tab.page.type((rows[0], page.column_of["compound"]), "另一小区")
    _add(draft, tab)
    draft.ask(tab.name)


def _add(draft: Draft, tab: Tab) -> None:
    draft.book.tabs.insert(draft.chance.randint(0, len(draft.book.tabs)), tab)


def sheet_of_their_own(draft: Draft) -> None:
    """A draft or a list of the unit's own is none of the form's sheets."""
    tab = Tab(draft.chance.choice(("草稿", "Sheet9", "通讯录")), EMPTY)
    for row in range(draft.chance.randint(0, 30)):
        for column in range(5):
            tab.page.enter(
                (row, column), draft.chance.choice(("JC01", "合计", "12", "本期", "代码"))
            )
    _add(draft, tab)


def ledger_deleted(draft: Draft) -> None:
    """A ledger that is gone is asked for."""
    draft.book.tabs.remove(draft.tab(LEDGER))
    draft.ask("JC_L1", "JC-L1")
    draft.open |= {"JC04", "JC05"}
    draft.unsure_rows.add("JC_L1")


def figures_deleted(draft: Draft) -> None:
    """Without the sheet of figures nothing can be taken."""
    draft.book.tabs.remove(draft.tab(FIGURES))
    draft.unread = True
    draft.ask("*")


def spare_sheets_deleted(draft: Draft) -> None:
    """The first sheet, the checks and the hidden sheet are not needed."""
    spare = (FRONT, CHECKS) if TAG in draft.used else (FRONT, CHECKS, TAG)
    gone = draft.chance.sample(spare, draft.chance.randint(1, len(spare)))
    draft.book.tabs = [tab for tab in draft.book.tabs if tab not in map(draft.tab, gone)]


def number_of_form_lost(draft: Draft) -> None:
    """表号 is gone from a ledger, and sometimes its name too: its columns tell which it is."""
    page, _ = entries(draft)
    page.type(next(p for p in sorted(page.cells) if "JC-L1" in page.text(p)), "")
    if draft.chance.random() < 0.5:
        draft.tab(LEDGER).name = "台账"


def written_by_another_program(draft: Draft) -> None:
    """The same workbook as other programs write it: prefixes, no addresses, another date system."""
    draft.book.manner = draft.chance.choice(("prefix", "quotes", "bare"))


KINDS = (
    renamed, moved, hidden, copied, copied_and_changed, ledger_copied_and_changed,
    sheet_of_their_own, ledger_deleted, figures_deleted, spare_sheets_deleted, number_of_form_lost,
    written_by_another_program,
)  # fmt: skip
