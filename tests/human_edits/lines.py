"""Rows and columns of the sheet of figures: inserted, deleted, moved, hidden, merged."""

from decimal import Decimal

from human_edits.draft import Draft
from human_edits.returns import MEASURES, REQUIRED, WORKED_OUT

# The largest value that the form takes without a question.
LARGEST = {"JC03": 150_000, "JC16": 500, "JC08": 5_000}
ALL = (*MEASURES, "JC04", "JC05", "JC14", "JC11")


def rows_inserted(draft: Draft) -> None:
    """Blank rows above the heading, between figures, below them."""
    page = draft.figures
    for _ in range(draft.chance.randint(1, 3)):
        page.insert_rows(draft.chance.randint(1, page.height), draft.chance.randint(1, 4))


def row_of_notes_inserted(draft: Draft) -> None:
    """A line of words between the figures."""
    page, chance = draft.figures, draft.chance
    at = chance.randint(page.heading + 2, page.height)
    page.insert_rows(at)
    text = chance.choice(
        ("注：以上数据截至期末", "以下由网格员填报", "（一）", "说明见备注", "小计")
    )
    page.type((at, chance.choice((0, 2, 3, 7))), text)


def row_of_their_own(draft: Draft) -> None:
    """A row that the form does not have, with a number, is not added to anything."""
    page, chance = draft.figures, draft.chance
    at = chance.randint(page.heading + 2, page.height)
    page.insert_rows(at)
    page.type((at, page.column_of["name"]), chance.choice(("其中：外来人口", "合计", "暂住人口")))
    page.number((at, page.column_of["now"]), str(chance.randint(1, 999)))


def title_row_deleted(draft: Draft) -> None:
    """A section's title, the line 甲乙丙, the foot."""
    page = draft.figures
    gone = [row for row in range(page.heading + 1, page.height) if row not in page.row_of.values()]
    page.delete_row(draft.chance.choice(gone))


def figure_row_deleted(draft: Draft) -> None:
    """A row that is gone is asked for."""
    code = draft.pick(ALL)
    draft.figures.delete_row(draft.figures.row_of[code])
    draft.ask_figure(code)
    if code not in MEASURES:
        draft.open.add(code)


def rows_shuffled(draft: Draft) -> None:
    """The rows of the form in another order, with all their cells."""
    page = draft.figures
    rows = sorted(page.row_of.values())
    mixed = draft.chance.sample(rows, len(rows))
    page.permute_rows(dict(zip(rows, mixed, strict=True)))


def row_moved(draft: Draft) -> None:
    """One row cut and put elsewhere."""
    page = draft.figures
    old = draft.chance.choice(sorted(page.row_of.values()))
    new = draft.chance.randint(page.heading + 2, page.height - 1)
    between = range(min(old, new), max(old, new) + 1)
    step = -1 if new > old else 1
    page.permute_rows({row: new if row == old else row + step for row in between})


def column_inserted(draft: Draft) -> None:
    """A blank column anywhere, or one with notes."""
    page, chance = draft.figures, draft.chance
    at = chance.randint(0, page.width)
    page.insert_column(at)
    if chance.random() < 0.5:
        page.type((page.row_of["JC01"], at), chance.choice(("核", "√", "已核对", "8")))
        page.number((page.row_of["JC02"], at), "77")


def columns_swapped(draft: Draft) -> None:
    """Two columns change places, headings and all."""
    page = draft.figures
    one, other = draft.chance.sample(sorted(page.column_of.values()), 2)
    page.permute_columns({one: other, other: one})


def columns_shuffled(draft: Draft) -> None:
    """All columns in another order."""
    page = draft.figures
    columns = list(range(page.width))
    mixed = draft.chance.sample(columns, len(columns))
    page.permute_columns(dict(zip(columns, mixed, strict=True)))


def spare_column_deleted(draft: Draft) -> None:
    """Last period, last year, the year so far, the remarks or the checks are gone."""
    page = draft.figures
    spare = ("prev", "year_ago", "ytd", "remark", "audit")
    key = draft.chance.choice([key for key in spare if key in page.column_of])
    page.delete_column(page.column_of[key])
    if key == "remark":
        draft.truth.remarks.clear()


def needed_column_deleted(draft: Draft) -> None:
    """Without names, codes or figures nothing can be taken."""
    page = draft.figures
    key = draft.chance.choice(("name", "code", "now"))
    page.delete_column(page.column_of[key])
    draft.unread = True
    draft.ask("*")


def column_twice(draft: Draft) -> None:
    """Two columns of one name: nobody can tell which one counts."""
    page, chance = draft.figures, draft.chance
    key = chance.choice(("now", "code", "name"))
    title = page.text((page.heading, page.column_of[key]))
    spare = chance.choice([one for one in ("prev", "year_ago", "ytd") if one in page.column_of])
    page.type((page.heading, page.column_of[spare]), title)
    draft.ask(*ALL, page_name(draft))
    draft.open |= set(ALL)


def page_name(draft: Draft) -> str:
    """What the sheet of figures is called now."""
    return draft.tab("JC-1 统计表").name


def heading_repeated(draft: Draft) -> None:
    """The names of the columns once more, for a second page."""
    page = draft.figures
    at = draft.chance.randint(page.heading + 3, page.height)
    page.insert_rows(at)
    for column in range(page.width):
        page.type((at, column), page.text((page.heading, column)))


def form_pasted_below(draft: Draft) -> None:
    """The form once more below itself: each code stands twice, and nobody can tell which counts."""
    page, chance = draft.figures, draft.chance
    down = page.height + chance.randint(1, 5)
    copies = {(row + down, column): cell for (row, column), cell in page.cells.items()}
    page.cells |= copies
    for code in page.row_of:
        draft.ask(code)
    page.number((page.row_of["JC07"] + down, page.column_of["now"]), str(chance.randint(1, 90)))
    draft.open |= {"JC14"}


def rows_hidden(draft: Draft) -> None:
    """Hidden rows count like the others."""
    page = draft.figures
    for code in draft.chance.sample(sorted(page.row_of), draft.chance.randint(1, 5)):
        page.hidden_rows.add(page.row_of[code])


def columns_hidden(draft: Draft) -> None:
    """Hidden columns count like the others."""
    page = draft.figures
    page.hidden_columns.add(draft.chance.choice(sorted(page.column_of.values())))


def cells_merged_over_blanks(draft: Draft) -> None:
    """A figure's cell merged with a blank one right of it holds its figure still."""
    page = draft.figures
    code = draft.pick()
    row, column = draft.cell(code)
    if page.text((row, column + 1)) == "":
        page.cells.pop((row, column + 1), None)
        page.merges.append((row, column, row, column + 1))


def cells_merged_over_a_value(draft: Draft) -> None:
    """What lies under a merge nobody can see: it is not counted."""
    page = draft.figures
    pairs = [
        (upper, lower)
        for upper, row in page.row_of.items()
        for lower, below in page.row_of.items()
        if below == row + 1 and lower in MEASURES and not {upper, lower} & draft.used
        and upper not in WORKED_OUT
    ]  # fmt: skip
    if not pairs:
        return
    upper, lower = draft.chance.choice(pairs)
    draft.used |= {upper, lower}
    row, column = draft.cell(upper)
    page.merges.append((row, column, row + 1, column))
    if lower in REQUIRED:
        draft.ask_figure(lower)
    else:
        draft.truth.typed[lower] = ""


def value_cut_and_pasted(draft: Draft) -> None:
    """A figure moved to the cell of another: one is missing, and one has its neighbour's."""
    required = sorted(REQUIRED - {"JC06", "JC02"})
    code = draft.pick(required)
    other = draft.pick([one for one in LARGEST if one not in draft.used])
    value = draft.truth.typed[code]
    draft.figures.number(draft.cell(code), "")
    draft.figures.number(draft.cell(other), value)
    draft.ask_figure(code)
    draft.truth.typed[other] = value
    if Decimal(value) > LARGEST[other]:
        draft.ask(other)


def value_put_beside(draft: Draft) -> None:
    """A figure in the next column is not in its place."""
    code = draft.pick(sorted(REQUIRED))
    row, column = draft.cell(code)
    draft.figures.number((row, column), "")
    draft.figures.number((row, draft.figures.column_of["ytd"]), draft.truth.typed[code])
    draft.ask_figure(code)


def moved_as_a_whole(draft: Draft) -> None:
    """The whole form moved down and to the right."""
    page, chance = draft.figures, draft.chance
    down, right = chance.randint(0, 12), chance.randint(0, 6)
    page.move(lambda place: (place[0] + down, place[1] + right))


KINDS = (
    rows_inserted, row_of_notes_inserted, row_of_their_own, title_row_deleted, figure_row_deleted,
    rows_shuffled, row_moved, rows_hidden, heading_repeated, form_pasted_below,
    column_inserted, columns_swapped, columns_shuffled, spare_column_deleted,
    needed_column_deleted, column_twice, columns_hidden, cells_merged_over_blanks,
    cells_merged_over_a_value, value_cut_and_pasted, value_put_beside, moved_as_a_whole,
)  # fmt: skip
