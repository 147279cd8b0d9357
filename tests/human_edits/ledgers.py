"""What people do to the entries of the ledger."""

from human_edits.draft import FIRST_ENTRY, Draft
from human_edits.grid import Page
from human_edits.returns import BUILDINGS, UNTOLD, Row

DEPENDENT = {"compound": "JC04", "building_no": "JC04", "units": "JC05"}


def entries(draft: Draft) -> tuple[Page, list[int]]:
    """The ledger's sheet and the rows of its entries, in the order of the truth's rows."""
    page = draft.ledger
    if not page.row_of:
        count = len(draft.truth.rows[BUILDINGS])
        page.row_of = {f"#{number}": FIRST_ENTRY + number for number in range(count)}
        draft.order = [f"#{number}" for number in range(count)]
    return page, [page.row_of[key] for key in draft.order]


def put(page: Page, row: int, entry: Row) -> None:
    for key, value in entry.items():
        page.enter((row, page.column_of[key]), value or "")


def _new(draft: Draft, number: int) -> Row:
    chance = draft.chance
    row: Row = dict.fromkeys(draft.truth.rows[BUILDINGS][0])
    return row | {
        "seq": str(number), "compound": chance.choice(("上品天成", "新华里", "恒源小区")),
        "building_no": f"{chance.randint(20, 99)}幢", "units": str(chance.randint(1, 6)),
        "households": chance.choice((None, "24", "36")),
        "has_property_mgmt": chance.choice((None, "有", "无")),
    }  # fmt: skip


def _add(draft: Draft, position: int, row: int, entry: Row) -> None:
    """Enter a row into the sheet and into what a person reads there."""
    page = draft.ledger
    put(page, row, entry)
    key = f"+{len(page.row_of)}"
    page.row_of[key] = row
    draft.order.insert(position, key)
    draft.truth.rows[BUILDINGS].insert(position, entry)


def entry_appended(draft: Draft) -> None:
    """New buildings below the last one, sometimes after blank lines."""
    _, rows = entries(draft)
    for _ in range(draft.chance.randint(1, 4)):
        _, rows = entries(draft)
        _add(draft, len(rows), rows[-1] + draft.chance.randint(1, 3), _new(draft, len(rows) + 1))


def entry_inserted(draft: Draft) -> None:
    """A new building in the middle."""
    page, rows = entries(draft)
    position = draft.chance.randrange(len(rows))
    page.insert_rows(rows[position])
    _add(draft, position, rows[position], _new(draft, 99))


def entry_deleted(draft: Draft) -> None:
    """A building that is gone, its line deleted or emptied."""
    page, rows = entries(draft)
    position = draft.chance.randrange(len(rows))
    draft.truth.rows[BUILDINGS].pop(position)
    key = draft.order.pop(position)
    if draft.chance.random() < 0.5:
        page.delete_row(rows[position])
    else:
        del page.row_of[key]
        for column in page.column_of.values():
            page.number((rows[position], column), "")


def entries_sorted(draft: Draft) -> None:
    """The buildings in another order."""
    page, rows = entries(draft)
    mixed = draft.chance.sample(rows, len(rows))
    page.permute_rows(dict(zip(rows, mixed, strict=True)))
    _sort(draft)


def _sort(draft: Draft) -> None:
    """Bring the truth's rows in the order of the sheet."""
    page = draft.ledger
    pairs = sorted(
        zip(draft.order, draft.truth.rows[BUILDINGS], strict=True),
        key=lambda one: page.row_of[one[0]],
    )
    draft.order = [key for key, _ in pairs]
    draft.truth.rows[BUILDINGS] = [row for _, row in pairs]


def blank_lines_between(draft: Draft) -> None:
    """Blank lines don't end a ledger."""
    page, rows = entries(draft)
    for _ in range(draft.chance.randint(1, 3)):
        page.insert_rows(draft.chance.choice(rows), draft.chance.randint(1, 3))
        _, rows = entries(draft)


def total_row(draft: Draft) -> None:
    """A total is no building."""
    page, rows = entries(draft)
    chance = draft.chance
    row = rows[-1] + chance.randint(1, 4)
    text = chance.choice(
        ("合计", "总计", "小计", "合　计", "合计：", " 合 计 ", "共计", "本页合计", "累计")
    )
    page.type((row, page.column_of[chance.choice(("seq", "compound", "building_no"))]), text)
    total = sum(int(one["units"] or 0) for one in draft.truth.rows[BUILDINGS])
    page.number((row, page.column_of["units"]), str(total + chance.choice((0, 0, 1))))
    page.number((row, page.column_of["households"]), "1000")


def cell_retyped(draft: Draft) -> None:
    """Another number, name or choice in a cell of the ledger."""
    page, rows = entries(draft)
    position, key = a_cell(
        draft, ("compound", "building_no", "units", "households", "warden", "note")
    )
    numeric = key in ("units", "households")
    value = str(draft.chance.randint(1, 60)) if numeric else f"改{draft.chance.randint(1, 9)}"
    page.enter((rows[position], page.column_of[key]), value)
    draft.truth.rows[BUILDINGS][position][key] = value


def a_cell(draft: Draft, keys: tuple[str, ...]) -> tuple[int, str]:
    position = draft.chance.randrange(len(draft.truth.rows[BUILDINGS]))
    return position, draft.chance.choice(keys)


def number_as_text_in_ledger(draft: Draft) -> None:
    """3个, ３, 1,200 in a column of numbers are read and listed."""
    page, rows = entries(draft)
    position, key = a_cell(draft, ("units", "households"))
    measure = {"units": "个", "households": "户"}[key]
    value = str(draft.chance.randint(1, 3000))
    text = draft.chance.choice(
        (f"{value}{measure}", f" {int(value):,}", f"{value} ", f"{value} {measure}")
    )
    page.type((rows[position], page.column_of[key]), text)
    draft.truth.rows[BUILDINGS][position][key] = value
    draft.listed.add(key)


def odd_number_in_ledger(draft: Draft) -> None:
    """约3, 三, 3人 in a column of numbers are asked about."""
    page, rows = entries(draft)
    position, key = a_cell(draft, ("units", "households"))
    text = draft.chance.choice(("约3", "三", "3人", "3-4", "O3", "不详", "3+1", "同户主"))
    page.type((rows[position], page.column_of[key]), text)
    ask_cell(draft, key)


def error_in_ledger(draft: Draft) -> None:
    """#N/A and formulas without a result are asked about."""
    page, rows = entries(draft)
    position, key = a_cell(draft, ("compound", "building_no", "units", "households", "note"))
    kind, inside = draft.chance.choice(
        (("e", "<v>#N/A</v>"), ("e", "<f>1/0</f><v>#DIV/0!</v>"), ("", "<f>1+1</f>"))
    )
    page.put((rows[position], page.column_of[key]), kind, inside)
    ask_cell(draft, key)


def needed_cell_emptied(draft: Draft) -> None:
    """A building without a compound, number or units is asked about."""
    page, rows = entries(draft)
    position, key = a_cell(draft, ("compound", "building_no", "units"))
    page.type((rows[position], page.column_of[key]), draft.chance.choice(("", " ")))
    ask_cell(draft, key)


def ask_cell(draft: Draft, key: str) -> None:
    draft.ask(key)
    draft.unsure_rows.add(BUILDINGS)
    draft.open |= {"JC04", "JC05"} & {DEPENDENT.get(key, "")}


def unknown_choice(draft: Draft) -> None:
    """A word that is no choice is asked about; blanks around a choice are nothing."""
    page, rows = entries(draft)
    position, key = a_cell(draft, ("has_property_mgmt", "has_security_door"))
    text = draft.chance.choice(("有 ", "\u3000无", "没有", "√", "是", "有物业"))
    page.type((rows[position], page.column_of[key]), text)
    if text.strip() in ("有", "无"):
        draft.truth.rows[BUILDINGS][position][key] = text.strip()
    else:
        ask_cell(draft, key)


def cells_merged_in_ledger(draft: Draft) -> None:
    """One compound merged over several buildings leaves the lower ones without a compound."""
    page, rows = entries(draft)
    position = draft.chance.randrange(len(rows) - 1)
    column = page.column_of["compound"]
    if rows[position + 1] != rows[position] + 1:
        return
    page.merges.append((rows[position], column, rows[position + 1], column))
    page.cells.pop((rows[position + 1], column), None)
    ask_cell(draft, "compound")


def ledger_lines_hidden(draft: Draft) -> None:
    """What a filter hides counts."""
    page, rows = entries(draft)
    page.hidden_rows |= set(draft.chance.sample(rows, draft.chance.randint(1, len(rows))))
    if draft.chance.random() < 0.3:
        page.hidden_columns.add(page.column_of["units"])


def note_below_ledger(draft: Draft) -> None:
    """A remark under the ledger, under 序号, is no building."""
    page, rows = entries(draft)
    row = rows[-1] + draft.chance.randint(1, 6)
    page.type(
        (row, page.column_of["seq"]),
        draft.chance.choice(("注：以上为期末数。", "制表人：", "以下空白")),
    )


def running_numbers_otherwise(draft: Draft) -> None:
    """People number their rows as they like, and further down than there are rows."""
    page, rows = entries(draft)
    for number, row in enumerate((*rows, rows[-1] + 1, rows[-1] + 2), 1):
        shown = draft.chance.choice(("{}", "（{}）", "{}.", "①", "一", "1-{}")).replace(
            "{}", str(number)
        )
        page.enter((row, page.column_of["seq"]), shown)
    for row in draft.truth.rows[BUILDINGS]:
        row["seq"] = UNTOLD


def blanks_in_empty_rows(draft: Draft) -> None:
    """A blank typed into an empty row is nothing."""
    page, rows = entries(draft)
    for _ in range(draft.chance.randint(1, 5)):
        row = rows[-1] + draft.chance.randint(1, 9)
        page.type((row, draft.chance.choice(tuple(page.column_of.values()))), " ")


def formulas_in_ledger(draft: Draft) -> None:
    """A formula in the ledger counts as its result."""
    page, rows = entries(draft)
    position, key = a_cell(draft, ("units", "compound", "building_no"))
    value = draft.truth.rows[BUILDINGS][position][key] or ""
    kind = "" if value.isdigit() else "str"
    page.put((rows[position], page.column_of[key]), kind, f"<f>K1</f><v>{value}</v>")


KINDS = (
    entry_appended,
    entry_inserted,
    entry_deleted,
    entries_sorted,
    blank_lines_between,
    total_row,
    cell_retyped,
    number_as_text_in_ledger,
    odd_number_in_ledger,
    error_in_ledger,
    needed_cell_emptied,
    unknown_choice,
    cells_merged_in_ledger,
    ledger_lines_hidden,
    note_below_ledger,
    running_numbers_otherwise,
    blanks_in_empty_rows,
    formulas_in_ledger,
)
