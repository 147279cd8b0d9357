"""What people do in LibreOffice to whole sheets."""

from human_edits.desk import Desk
from human_edits.draft import CHECKS, FIGURES, FRONT, LEDGER, PLANS, REPORT, TAG

SHEETS = (FRONT, FIGURES, LEDGER, PLANS, REPORT, CHECKS)


def sheets_renamed(desk: Desk) -> None:
    """A sheet is known by what stands in it."""
    for name in desk.chance.sample(SHEETS, 2):
        new = f"新{desk.chance.randint(1, 9)}-{name[-2:]}"
        desk.component.Sheets.getByName(desk.names[name]).setName(new)
        desk.names[name] = new


def sheets_moved(desk: Desk) -> None:
    """The sheets in another order."""
    for name in desk.chance.sample(SHEETS, 3):
        desk.component.Sheets.moveByName(desk.names[name], desk.chance.randint(0, 7))


def sheet_copied(desk: Desk) -> None:
    """A copy in which nothing differs does no harm."""
    name = desk.chance.choice((FIGURES, PLANS, REPORT, FRONT))
    desk.component.Sheets.copyByName(desk.names[name], f"{name} (2)", desk.chance.randint(0, 7))


def sheet_copied_and_changed(desk: Desk) -> None:
    """A copy with another figure: nobody can tell which one counts."""
    place = desk.cell(desk.pick(("JC01", "JC07", "JC08")))
    desk.component.Sheets.copyByName(desk.names[FIGURES], "定稿", desk.chance.randint(0, 7))
    desk.put(desk.component.Sheets.getByName("定稿"), place, "7")
    desk.ask("定稿", desk.names[FIGURES])


def sheet_replaced_by_its_copy(desk: Desk) -> None:
    """The form copied, and its first copy deleted: the same figures."""
    desk.component.Sheets.copyByName(desk.names[FIGURES], "统计表", desk.chance.randint(0, 7))
    desk.component.Sheets.removeByName(desk.names[FIGURES])
    desk.names[FIGURES] = "统计表"


def ledger_replaced_by_its_copy(desk: Desk) -> None:
    """The ledger copied, and its first copy deleted: what was worked out from it is an error."""
    desk.component.Sheets.copyByName(desk.names[LEDGER], "台账", desk.chance.randint(0, 7))
    desk.component.Sheets.removeByName(desk.names[LEDGER])
    desk.names[LEDGER] = "台账"
    desk.ask("JC04")
    desk.ask("JC05")


def sheets_hidden_and_added(desk: Desk) -> None:
    """A hidden sheet, a sheet of their own."""
    desk.sheet(desk.chance.choice((LEDGER, PLANS, CHECKS))).IsVisible = False
    desk.component.Sheets.insertNewByName("草稿", desk.chance.randint(0, 7))
    desk.put(desk.component.Sheets.getByName("草稿"), (3, 3), "合计")


def sheet_deleted(desk: Desk) -> None:
    """The checks, the first sheet and the hidden sheet are not needed."""
    desk.component.Sheets.removeByName(desk.names[desk.chance.choice((CHECKS, TAG))])


KINDS = (
    sheets_renamed, sheets_moved, sheet_copied, sheet_copied_and_changed,
    sheet_replaced_by_its_copy, ledger_replaced_by_its_copy, sheets_hidden_and_added, sheet_deleted,
)  # fmt: skip
