"""What people do in LibreOffice to the ledger."""

from human_edits.desk import Desk
from human_edits.draft import LEDGER
from human_edits.returns import BUILDINGS, Row


def entry_inserted(desk: Desk) -> None:
    """A row inserted into the ledger, and filled in."""
    sheet, first, count = desk.entries()
    position = desk.chance.randint(1, count)
    sheet.Rows.insertByIndex(first + position, 1)
    row: Row = dict.fromkeys(desk.truth.rows[BUILDINGS][0]) | {
        "compound": "新华里", "building_no": f"{desk.chance.randint(30, 99)}幢",
        "units": str(desk.chance.randint(1, 6)),
    }  # fmt: skip
    for title, key in (("小区名称", "compound"), ("楼栋号", "building_no"), ("单元数", "units")):
        desk.put(sheet, (first + position, desk.column(title)), row[key])
    desk.truth.rows[BUILDINGS].insert(position, row)


def entry_deleted(desk: Desk) -> None:
    """A row of the ledger deleted."""
    sheet, first, count = desk.entries()
    position = desk.chance.randrange(count)
    sheet.Rows.removeByIndex(first + position, 1)
    desk.truth.rows[BUILDINGS].pop(position)


def entry_moved(desk: Desk) -> None:
    """A row of the ledger cut and put elsewhere."""
    sheet, first, count = desk.entries()
    old, new = desk.chance.sample(range(count), 2)
    sheet.Rows.insertByIndex(first + new, 1)
    source = first + old + (old >= new)
    desk.move(sheet, (source, 0, source, 14), (first + new, 0))
    sheet.Rows.removeByIndex(source, 1)
    rows = desk.truth.rows[BUILDINGS]
    entry = rows[old]
    rows.insert(new, entry)
    rows.pop(old + (old >= new))


def entry_cut_over_another(desk: Desk) -> None:
    """A row of the ledger cut and pasted over another, which is gone then."""
    sheet, first, count = desk.entries()
    old, new = desk.chance.sample(range(count), 2)
    desk.move(sheet, (first + old, 0, first + old, 14), (first + new, 0))
    rows = desk.truth.rows[BUILDINGS]
    rows[new] = rows[old]
    rows.pop(old)


def entry_copied(desk: Desk) -> None:
    """A row of the ledger copied below the last one: the same building counts once."""
    sheet, first, count = desk.entries()
    position = desk.chance.randrange(count)
    row = first + position
    source = sheet.getCellRangeByPosition(0, row, 14, row).getRangeAddress()
    sheet.copyRange(sheet.getCellByPosition(0, first + count).getCellAddress(), source)
    desk.truth.rows[BUILDINGS].append(dict(desk.truth.rows[BUILDINGS][position]))


def entries_sorted(desk: Desk) -> None:
    """The ledger sorted by units, falling; equal ones keep their order."""
    sheet, first, count = desk.entries()
    left = desk.column("序号")
    key = desk.session.struct(
        "com.sun.star.table.TableSortField", Field=desk.column("单元数") - left, IsAscending=False
    )
    area = sheet.getCellRangeByPosition(left, first, left + 9, first + count - 1)
    keys = desk.session.typed("[]com.sun.star.table.TableSortField", (key,))
    how = {"SortFields": keys, "ContainsHeader": False}
    area.sort(
        tuple(
            desk.session.struct("com.sun.star.beans.PropertyValue", Name=name, Value=value)
            for name, value in how.items()
        )
    )
    desk.truth.rows[BUILDINGS].sort(key=lambda row: -int(row["units"] or 0))


def total_row_added(desk: Desk) -> None:
    """A total below the ledger, with a formula."""
    sheet, first, count = desk.entries()
    desk.put(
        sheet,
        (first + count + 1, desk.column("小区名称")),
        desk.chance.choice(("合计", "合 计", "总计：")),
    )
    units = desk.column("单元数")
    cell = sheet.getCellByPosition(units, first + count + 1)
    letter = chr(65 + units)
    cell.setFormula(f"=SUM({letter}{first + 1}:{letter}{first + count})")


def blank_rows_in_the_ledger(desk: Desk) -> None:
    """Blank rows in and above the ledger."""
    sheet, first, count = desk.entries()
    sheet.Rows.insertByIndex(first + desk.chance.randrange(count), desk.chance.randint(1, 3))
    sheet.Rows.insertByIndex(desk.chance.randint(1, 4), 1)
    desk.used.add(BUILDINGS)


def ledger_column_inserted(desk: Desk) -> None:
    """A column of their own in the ledger."""
    sheet, first, count = desk.entries()
    at = desk.chance.randint(0, 9)
    sheet.Columns.insertByIndex(at, 1)
    desk.put(sheet, (first - 1, at), "网格")
    for row in range(first, first + count):
        desk.put(sheet, (row, at), "5")


def ledger_column_cut_and_inserted(desk: Desk) -> None:
    """A column of the ledger cut and put elsewhere."""
    sheet, first, _ = desk.entries()
    column = desk.column(desk.chance.choice(("楼栋长", "单元数", "户数", "小区名称")))
    to = desk.chance.randint(0, 10)
    sheet.Columns.insertByIndex(to, 1)
    column += column >= to
    desk.move(sheet, (first - 1, column, first + 500, column), (first - 1, to))


def ledger_moved_as_a_whole(desk: Desk) -> None:
    """The ledger cut and pasted further down and to the right."""
    sheet = desk.sheet(LEDGER)
    desk.move(sheet, (0, 0, 504, 12), (desk.chance.randint(1, 6), desk.chance.randint(0, 4)))


def cells_merged_in_ledger(desk: Desk) -> None:
    """One compound merged over two buildings leaves the lower one without a compound."""
    sheet, first, count = desk.entries()
    row, column = first + desk.chance.randrange(count - 1), desk.column("小区名称")
    sheet.getCellByPosition(column, row + 1).setString("")
    sheet.getCellRangeByPosition(column, row, column, row + 1).merge(True)
    desk.ask("compound")
    desk.unsure_rows.add(BUILDINGS)
    desk.open.add("JC04")


def ledger_filtered(desk: Desk) -> None:
    """What a filter hides counts."""
    sheet, first, count = desk.entries()
    area = sheet.getCellRangeByPosition(desk.column("序号"), first - 1, 9, first + count - 1)
    how = area.createFilterDescriptor(True)
    how.ContainsHeader = True
    wanted = desk.session.struct(
        "com.sun.star.sheet.TableFilterField", Field=3, IsNumeric=True, NumericValue=2.0,
        Operator=desk.session.enum("com.sun.star.sheet.FilterOperator", "GREATER"),
    )  # fmt: skip
    how.setFilterFields((wanted,))
    area.filter(how)


KINDS = (
    entry_inserted, entry_deleted, entry_moved, entry_cut_over_another, entry_copied,
    entries_sorted, total_row_added, blank_rows_in_the_ledger, ledger_column_inserted,
    ledger_column_cut_and_inserted,
    ledger_moved_as_a_whole, cells_merged_in_ledger, ledger_filtered,
)  # fmt: skip
