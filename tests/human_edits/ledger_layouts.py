"""What people do to the columns and headings of the ledger, and in the plan."""

import datetime as dt

from human_edits.draft import FIRST_ENTRY, Draft
from human_edits.ledgers import DEPENDENT, entries, put
from human_edits.returns import BUILDINGS, PLAN


def ledger_column_inserted(draft: Draft) -> None:
    """A column of their own in the ledger."""
    page, rows = entries(draft)
    at = draft.chance.randint(0, page.width)
    page.insert_column(at)
    if draft.chance.random() < 0.7:
        page.type((page.heading, at), draft.chance.choice(("备查", "网格", "建成年份", "单元")))
        for row in rows:
            page.number((row, at), "7")


def ledger_columns_shuffled(draft: Draft) -> None:
    """The ledger's columns in another order."""
    page, _ = entries(draft)
    columns = sorted(page.column_of.values())
    mixed = draft.chance.sample(columns, len(columns))
    page.permute_columns(dict(zip(columns, mixed, strict=True)))


def ledger_column_deleted(draft: Draft) -> None:
    """A column that is gone is asked for; the running number is nobody's loss."""
    page, _ = entries(draft)
    key = draft.chance.choice([key for key in page.column_of if key != "note"])
    page.delete_column(page.column_of[key])
    for row in draft.truth.rows[BUILDINGS]:
        row[key] = None
    if key != "seq":
        draft.ask(key)
        draft.unsure_rows.add(BUILDINGS)
        draft.open |= {"JC04", "JC05"} & {DEPENDENT.get(key, "")}


def ledger_heading_in_other_words(draft: Draft) -> None:
    """A column under another name is asked about; blanks in the name are nothing."""
    page, _ = entries(draft)
    key, text = draft.chance.choice(
        (("units", "单元 数"), ("compound", "小 区\n名称"), ("households", "户　数"),
         ("units", "单元"), ("compound", "小区"), ("building_no", "楼号"), ("warden", "楼长"))
    )  # fmt: skip
    page.type((page.heading, page.column_of[key]), text)
    if text in ("单元", "小区", "楼号", "楼长"):
        draft.ask(key)
        draft.unsure_rows.add(BUILDINGS)
        draft.open |= {"JC04", "JC05"} & {DEPENDENT.get(key, "")}


def state_changed(draft: Draft) -> None:
    """Rows in a ledger that is said to have none, or of which nothing is said."""
    page, _ = entries(draft)
    row, column = next(p for p in sorted(page.cells) if page.text(p) == "本台账状态")
    state = draft.chance.choice(("本期无", "未填", "", "纸质备查", "有 ", "有\u3000"))
    page.type((row, column + 1), state)
    if state.strip() != "有":
        draft.ask(BUILDINGS, "JC-L1")
        draft.open |= {"JC04", "JC05"}
        draft.unsure_rows.add(BUILDINGS)


def rows_above_ledger(draft: Draft) -> None:
    """Lines inserted above the ledger's heading."""
    page, _ = entries(draft)
    page.insert_rows(draft.chance.randint(1, page.heading), draft.chance.randint(1, 3))


def ledger_heading_repeated(draft: Draft) -> None:
    """The names of the columns once more, in the middle of the ledger."""
    page, rows = entries(draft)
    at = draft.chance.choice(rows)
    page.insert_rows(at)
    for column in range(page.width):
        page.type((at, column), page.text((page.heading, column)))


def date_in_the_plan(draft: Draft) -> None:
    """2026.3.5 and 2026年3月5日 are dates, 三月初 is none."""
    page = draft.plan
    position = draft.chance.randrange(len(draft.truth.rows[PLAN]))
    row = draft.truth.rows[PLAN][position]
    done, due = (dt.date.fromisoformat(row[key]) for key in ("done_on", "due"))
    day = done + dt.timedelta(draft.chance.randint(0, (due - done).days))
    text = draft.chance.choice(
        (f"{day:%Y.%m.%d}", f"{day.year}年{day.month}月{day.day}日", f"{day:%Y/%m/%d}", "三月初",
         "月底前", f"{day:%m.%d}", "2026.2.30")
    )  # fmt: skip
    page.type((FIRST_ENTRY + position, page.column_of["due"]), text)
    if text.startswith(str(day.year)) and text != "2026.2.30":
        row["due"] = day.isoformat()
        draft.listed.add("due")
    else:
        draft.ask("due")
        draft.unsure_rows.add(PLAN)


def plan_item_added(draft: Draft) -> None:
    """One more item of work."""
    page, rows = draft.plan, draft.truth.rows[PLAN]
    item = dict.fromkeys(rows[0]) | {
        "seq": str(len(rows) + 1), "item": "入户走访", "owner": "居委会", "person": "王某某",
        "status": "进行中", "due": rows[0]["due"],
    }  # fmt: skip
    day = dt.date.fromisoformat(rows[0]["due"])
    shown = item | {"due": str((day - dt.date(1899, 12, 30)).days)}
    row = FIRST_ENTRY + len(rows)
    put(page, row, shown)
    page.style((row, page.column_of["due"]), draft.book.style("14"))
    rows.append(item)


KINDS = (
    ledger_column_inserted,
    ledger_columns_shuffled,
    ledger_column_deleted,
    ledger_heading_in_other_words,
    state_changed,
    rows_above_ledger,
    ledger_heading_repeated,
    date_in_the_plan,
    plan_item_added,
)
