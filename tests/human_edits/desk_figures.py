"""What people do in LibreOffice to the sheet of figures."""

from human_edits.desk import Desk
from human_edits.draft import FIGURES
from human_edits.returns import MEASURES, REQUIRED

REMARK = "备注"
MOVABLE = ("上期", "上年同期", "本年累计", "备注", "本期", "计量单位")


def rows_inserted(desk: Desk) -> None:
    """Blank rows between figures and above them."""
    sheet = desk.sheet(FIGURES)
    for _ in range(desk.chance.randint(1, 3)):
        sheet.Rows.insertByIndex(desk.chance.randint(1, 28), desk.chance.randint(1, 3))


def row_cut_and_inserted(desk: Desk) -> None:
    """A figure's row cut and put elsewhere in the form."""
    sheet = desk.sheet(FIGURES)
    row = desk.find(sheet, desk.chance.choice(tuple(MEASURES)))[0]
    first = desk.find(sheet, "指标名称")[0] + 2
    to = desk.chance.randint(first, first + 18)
    sheet.Rows.insertByIndex(to, 1)
    row += row >= to
    desk.move(sheet, (row, 0, row, 12), (to, 0))
    sheet.Rows.removeByIndex(row, 1)


def title_row_deleted(desk: Desk) -> None:
    """The title of a section is gone."""
    sheet = desk.sheet(FIGURES)
    title = desk.chance.choice(
        ("一、户数人口", "二、楼栋小区", "三、面积绿化", "四、单位队伍", "甲")
    )
    sheet.Rows.removeByIndex(desk.find(sheet, title)[0], 1)


def figure_row_deleted(desk: Desk) -> None:
    """A row that is gone is asked for; what others work out from it is an error now."""
    code = desk.pick()
    sheet = desk.sheet(FIGURES)
    sheet.Rows.removeByIndex(desk.find(sheet, code)[0], 1)
    desk.ask_figure(code)


def column_inserted(desk: Desk) -> None:
    """A blank column anywhere in the form."""
    desk.sheet(FIGURES).Columns.insertByIndex(desk.chance.randint(0, 8), desk.chance.randint(1, 2))


def column_cut_and_inserted(desk: Desk) -> None:
    """A column cut and put elsewhere in the form."""
    sheet = desk.sheet(FIGURES)
    column = desk.find(sheet, desk.chance.choice(MOVABLE))[1]
    to = desk.chance.randint(0, 9)
    sheet.Columns.insertByIndex(to, 1)
    column += column >= to
    top = desk.find(sheet, "指标名称")[0]
    desk.move(sheet, (top, column, top + 30, column), (top, to))


def spare_column_deleted(desk: Desk) -> None:
    """Last year or the remarks are gone."""
    sheet = desk.sheet(FIGURES)
    title = desk.chance.choice(("上年同期", REMARK))
    sheet.Columns.removeByIndex(desk.find(sheet, title)[1], 1)


def form_moved_as_a_whole(desk: Desk) -> None:
    """The whole form cut and pasted further down and to the right."""
    sheet = desk.sheet(FIGURES)
    desk.move(sheet, (0, 0, 40, 10), (desk.chance.randint(1, 9), desk.chance.randint(0, 5)))


def cells_merged_over_blanks(desk: Desk) -> None:
    """A figure's cell merged with the blank remarks, far right of it, or with a blank below."""
    sheet = desk.sheet(FIGURES)
    code = desk.pick(("JC13", "JC16", "JC10"))
    row, column = desk.cell(code, REMARK)
    sheet.getCellRangeByPosition(column, row, column, row + 1).merge(True)


def cells_merged_over_a_value(desk: Desk) -> None:
    """What lies under a merge nobody can see: it is not counted."""
    sheet = desk.sheet(FIGURES)
    upper, lower = desk.chance.choice((("JC01", "JC02"), ("JC02", "JC03"), ("JC09", "JC16")))
    if {upper, lower} & desk.used:
        return
    desk.used |= {upper, lower}
    (row, column), (below, _) = desk.cell(upper), desk.cell(lower)
    if below != row + 1:
        return
    sheet.getCellRangeByPosition(column, row, column, below).merge(True)
    if lower in REQUIRED:
        desk.ask_figure(lower)
    else:
        desk.truth.typed[lower] = ""


def value_cut_and_pasted(desk: Desk) -> None:
    """A figure cut and pasted over another: one is missing, and one has its neighbour's."""
    sheet = desk.sheet(FIGURES)
    code, other = desk.pick(("JC09", "JC10")), desk.pick(("JC16", "JC08"))
    (row, column), place = desk.cell(code), desk.cell(other)
    desk.move(sheet, (row, column, row, column), place)
    desk.truth.typed[other] = desk.truth.typed[code]
    desk.ask_figure(code)


def value_copied_and_pasted(desk: Desk) -> None:
    """A figure copied over another."""
    sheet = desk.sheet(FIGURES)
    code, other = desk.pick(("JC09", "JC10")), desk.pick(("JC16", "JC08"))
    row, column = desk.cell(code)
    to_row, to_column = desk.cell(other)
    source = sheet.getCellRangeByPosition(column, row, column, row).getRangeAddress()
    target = sheet.getCellByPosition(to_column, to_row).getCellAddress()
    sheet.copyRange(target, source)
    desk.truth.typed[other] = desk.truth.typed[code]


def cells_shifted_right(desk: Desk) -> None:
    """A cell inserted before a figure pushes it out of its column."""
    sheet = desk.sheet(FIGURES)
    code = desk.pick(("JC01", "JC09", "JC10", "JC12"))
    row, column = desk.cell(code)
    area = sheet.getCellRangeByPosition(column, row, column, row).getRangeAddress()
    sheet.insertCells(area, desk.session.enum("com.sun.star.sheet.CellInsertMode", "RIGHT"))
    desk.ask_figure(code)


def figure_retyped(desk: Desk) -> None:
    """Another number typed for a figure; what follows from it is worked out anew."""
    code = desk.pick(("JC01", "JC07", "JC08", "JC16", "JC15"))
    value = str(int(float(desk.truth.typed[code]) * 0.9) + desk.chance.randint(0, 3))
    desk.put(desk.sheet(FIGURES), desk.cell(code), value)
    desk.truth.typed[code] = value


def text_typed(desk: Desk) -> None:
    """A number with its unit behind it, or a phrase."""
    code = desk.pick(("JC01", "JC07", "JC08", "JC16"))
    value = desk.truth.typed[code]
    if desk.chance.random() < 0.5:
        desk.put(desk.sheet(FIGURES), desk.cell(code), f"{value}{MEASURES[code]}")
        desk.listed.add(code)
    else:
        desk.put(desk.sheet(FIGURES), desk.cell(code), f"约{value}")
        desk.ask_figure(code)


def rows_and_columns_hidden(desk: Desk) -> None:
    """Hidden rows and columns count like the others."""
    sheet = desk.sheet(FIGURES)
    for code in desk.chance.sample(tuple(MEASURES), 3):
        sheet.Rows.getByIndex(desk.find(sheet, code)[0]).IsVisible = False
    sheet.Columns.getByIndex(desk.find(sheet, desk.chance.choice(MOVABLE))[1]).IsVisible = False


FIGURE_KINDS = (
    rows_inserted, row_cut_and_inserted, title_row_deleted, figure_row_deleted, column_inserted,
    column_cut_and_inserted, spare_column_deleted, form_moved_as_a_whole,
    cells_merged_over_blanks, cells_merged_over_a_value, rows_and_columns_hidden,
)  # fmt: skip
VALUE_KINDS = (
    value_cut_and_pasted, value_copied_and_pasted, cells_shifted_right, figure_retyped, text_typed
)  # fmt: skip
