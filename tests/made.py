"""Made summaries: seeded figures that keep the relations of the form set, and findings on them."""

import datetime as dt
import random
from decimal import Decimal
from functools import cache
from pathlib import Path

import msgspec

from huizong.forms import FormSet, read_form_set
from huizong.ledger_sheets import ledger_keys
from huizong.records import (
    MISSING,
    PASSED,
    SUMMARY,
    TO_EXPLAIN,
    AuditedFinding,
    Change,
    FigureCell,
    Finding,
    Identity,
    LedgerRows,
    LedgerTotal,
    Reading,
    Summary,
    Total,
    Unit,
    UnitReturn,
)
from huizong.recount import recount
from huizong.reporting import Issue, Reporting

OFFICE = "990101001000"
MADE_AT = "2026-04-08T10:30:00"
TEMPLATES = Path(__file__).parents[1] / "templates"
KINDS = ("TJ08", "TJ09", "TJ10", "TJ11", "TJ12", "TJ13")
_NAMES = (
    "安宁",
    "长青",
    "东湖",
    "丰泽",
    "光明",
    "和平",
    "花园",
    "吉祥",
    "康乐",
    "莲塘",
    "梅林",
    "南苑",
    "平安",
    "青山",
)
# Nothing of this may go upward: it stands in columns of ledgers, contacts and typed cells.
SECRETS = (
    "赵铁柱",
    "钱桂花",
    "孙得胜",
    "13800138000",
    "440103199001011234",
    "liulaoshi@example.com",
    "李秘书",
    "周调解",
    "吴排查",
    "郑责任",
    "家住三单元",
    "13912345678",
)


@cache
def tj() -> FormSet:
    """The form set that the made summaries follow."""
    return read_form_set(TEMPLATES / "TJ")


def figures_of(rng: random.Random, *, size: int = 12) -> dict[str, str]:
    """Make the figures of one unit: kinds add up to those accepted, and so do the outcomes."""
    kinds = [rng.randint(0, size // 3) for _ in KINDS]
    accepted = sum(kinds)
    pending = rng.randint(0, min(2, accepted))
    ended = rng.randint(0, min(1, accepted - pending))
    mediated = accepted - pending - ended
    good = max(0, mediated - rng.choice((0, 0, 0, 1)))
    money = Decimal(rng.randint(0, 90_000)) / 100 if good else Decimal(0)
    whole = {
        "TJ01": rng.randint(6, 12),
        "TJ02": accepted,
        **dict(zip(KINDS, kinds, strict=True)),
        "TJ03": mediated,
        "TJ04": good,
        "TJ21": ended,
        "TJ07": pending,
        "TJ19": rng.randint(0, 2),
        "TJ20": pending + rng.randint(0, 2),
        "TJ14": rng.randint(0, good),
        "TJ15": f"{money:.2f}".rstrip("0").rstrip("."),
        "TJ16": rng.randint(0, 1),
        "TJ17": 0,
    }
    plain = {code: str(value) for code, value in whole.items()}
    return plain | recount(tj(), [plain])


def cells_of(figures: dict[str, str]) -> tuple[FigureCell, ...]:
    """Put figures into the cells of the issued form."""
    codes = [one.code for one in tj().indicators]
    return tuple(
        FigureCell(
            code,
            "na" if figures[code] == "——" else "number",
            "" if figures[code] == "——" else figures[code],
            f"D{9 + at}",
            figures[code],
        )
        for at, code in enumerate(codes)
    )


def ledgers_of(rng: random.Random) -> tuple[LedgerRows, ...]:
    """Make the ledgers and the plan of one unit, names of persons and all."""
    form_set = tj()
    disputes, screening, plan = (form_set.by_symbol[one] for one in ("TJ_L1", "TJ_L2", "TJ_P"))
    rows = {
        "TJ_L1": {
            "accepted_on": "2026-02-03",
            "parties": SECRETS[0],
            "mediator": SECRETS[7],
            "category": "邻里",
            "result": "成功",
        },
        "TJ_L2": {
            "date": "2026-01-15",
            "grid": SECRETS[10],
            "person": SECRETS[8],
            "found": "2",
            "action": SECRETS[1],
        },
    }
    ledgers = [
        LedgerRows(
            one.symbol,
            "有",
            one.code,
            tuple(column.key for column in one.columns),
            tuple("ABCDEFGHIJKL"[: len(one.columns)]),
            (5,),
            (tuple(rows[one.symbol].get(column.key) for column in one.columns),),
        )
        for one in (disputes, screening)
    ]
    items = [
        {
            "item": item.item,
            "owner": item.owner,
            "person": SECRETS[9],
            "due": "2026-03-31",
            "status": (status := rng.choice(("已完成",) * 8 + ("进行中", "延期"))),
            "reason": ""
            if status == "已完成"
            else rng.choice(
                (
                    "天气原因，改在四月上旬进行。",
                    "与街道统一行动合并，四月开展；已与司法所商定时间和人员。",
                )
            ),
            "evidence": SECRETS[2],
            "note": SECRETS[10],
        }
        for item in form_set.plan_items[:4]
    ]
    keys = tuple(column.key for column in plan.columns)
    made = tuple(tuple(item.get(key) for key in keys) for item in items)
    return (
        *ledgers,
        LedgerRows(
            "TJ_P", "", "TJ-P", keys, tuple("ABCDEFGHIJKLMNOPQRST"), tuple(range(5, 9)), made
        ),
    )


def ledger_totals_of(rng: random.Random, figures: dict[str, str]) -> tuple[LedgerTotal, ...]:
    """Say what the ledgers add up to, in step with the figures."""
    kinds = zip(tj().by_symbol["TJ_L1"].by_key["category"].choices, KINDS, strict=True)
    known = {
        ("TJ_L1", "rows"): figures["TJ02"],
        **{("TJ_L1", f"count:category={kind}"): figures[code] for kind, code in kinds},
        ("TJ_L1", "count:result=成功"): figures["TJ04"],
        ("TJ_L1", "sum:amount_yuan"): str(int(Decimal(figures["TJ15"]) * 10000)),
        ("TJ_L2", "rows"): figures["TJ01"],
    }
    return tuple(
        LedgerTotal(ledger.symbol, key, known.get((ledger.symbol, key)) or str(rng.randint(0, 9)))
        for ledger in tj().ledgers
        if ledger.kind != "plan"
        for key, _ in ledger_keys(ledger)
    )


def made_return(at: int, rng: random.Random) -> UnitReturn:
    """Make the return of the unit number `at`: passed, with a few findings."""
    code = f"990101001{at % 1000:03d}" if at < 1000 else f"99010100{at:04d}"
    rounds, which = divmod(at - 1, len(_NAMES))
    name = f"{_NAMES[which]}{'一二三四五六七八九十'[rounds % 10] if rounds > 0 else ''}社区"
    figures = figures_of(rng)
    digest = f"{rng.getrandbits(256):064x}"
    contact = {"contact": SECRETS[6], "phone": SECRETS[3], "mail": SECRETS[5]}
    return UnitReturn(
        unit=Unit(code=code, name=name, parent=OFFICE, category="社区", **contact),
        state=PASSED,
        late=at % 11 == 5,
        included=True,
        version=1 + (at % 6 == 3),
        digest=digest,
        file=f"{name}_矛盾纠纷调解_2026Q1.xlsx",
        received=f"2026-04-0{1 + at % 6}T0{at % 9 + 1}:15:42",
        unchecked_seal=at % 13 == 7,
        reading=Reading(
            Identity("TJ", "2026.1", "2026Q1", code, name),
            figures=cells_of(figures),
            ledgers=ledgers_of(rng),
            ledger_totals=ledger_totals_of(rng, figures),
            texts={"cases": SECRETS[4]},
            sheet="TJ-1 统计表",
        ),
        findings=_findings(at),
    )


def _findings(at: int) -> tuple[AuditedFinding, ...]:
    found = []
    if at % 5 == 2:
        details = {
            "relation": "TJ-R12",
            "rule": "受理件数比上年同期增减超过 50%，请说明原因",
            "left": "0.75",
            "right": "0.5",
            "difference": "0.25",
            "operands": "TJ02=21，上年同期=12",
        }
        finding = Finding("relation", "explain", "TJ-1 统计表", "D10", "TJ-R12", details)
        found.append(
            AuditedFinding(
                f"{at:04X}AB12",
                finding,
                "explained",
                f"拆迁启动，邻里纠纷集中。联系人 {SECRETS[11]}",
            )
        )
    if at % 7 == 3:
        details = {"relation": "G13", "rule": "协议涉及金额疑似单位错误", "operands": "TJ15=900"}
        finding = Finding("relation_plain", "release", "TJ-1 统计表", "D26", "G13", details)
        found.append(
            AuditedFinding(
                f"{at:04X}CD34", finding, "released", "", "王副主任", "经核对合同，金额属实"
            )
        )
    if at % 7 == 4:
        details = {"label": "当事人（脱敏）", "found": SECRETS[0]}
        finding = Finding("not_date", "note", "TJ-L1", "C5", "TJ_L1", details)
        found.append(AuditedFinding(f"{at:04X}EF56", finding))
    return tuple(found)


def made_summary(units: int = 14, missing: int = 1, seed: int = 7) -> tuple[Summary, FormSet]:
    """
    Make the summary of an office over `units`, the last `missing` of which have sent nothing.

    The one before them (from 14 on) waits for an explanation and is not in the totals either
    way of counting when `missing` is 1: 12 of 14 would say less than the classic 13 of 14.
    """
    rng = random.Random(seed)
    form_set = tj()
    returns = [made_return(at, rng) for at in range(1, units + 1)]
    for at in range(max(0, units - missing), units):
        returns[at] = UnitReturn(unit=returns[at].unit, state=MISSING, late=True)
    own = made_return(0, rng)
    own_figures = dict.fromkeys((one.code for one in form_set.indicators), "0") | {
        "TJ02": "3",
        "TJ08": "3",
        "TJ03": "3",
        "TJ04": "3",
    }
    own_figures |= recount(form_set, [own_figures])
    own = msgspec.structs.replace(
        own,
        unit=Unit(code=OFFICE, name="清河街道（本级）", parent="990101000000"),
        findings=(),
        file="清河街道（本级）_矛盾纠纷调解_2026Q1.xlsx",
        reading=msgspec.structs.replace(
            own.reading,
            figures=cells_of(own_figures),
            ledger_totals=ledger_totals_of(rng, own_figures),
        ),
    )
    return summarise(tuple(returns), own), form_set


def summarise(units: tuple[UnitReturn, ...], own: UnitReturn) -> Summary:
    """Total made returns, plainly."""
    form_set, rng = tj(), random.Random(len(units))
    included = [one for one in (own, *units) if one.included]
    values = [{cell.code: cell.value or "——" for cell in one.reading.figures} for one in included]
    totals = recount(form_set, values)
    counted = sum(one.included for one in units)
    own_cells = {cell.code: cell for cell in own.reading.figures}
    explain = Finding(
        "relation",
        "explain",
        "汇总表",
        "D9",
        "TJ-R12",
        {
            "relation": "TJ-R12",
            "rule": "受理件数比上年同期增减超过 50%，请说明原因",
            "left": "0.62",
            "right": "0.5",
            "difference": "0.12",
            "operands": "TJ02",
        },
    )
    return Summary(
        identity=Identity("TJ", "2026.1", "2026Q1", OFFICE, "清河街道办事处", SUMMARY),
        seal="3f" * 16,
        made_at=MADE_AT,
        number=2,
        changes=(Change("TJ02", tj().by_code["TJ02"].zh, "150", totals["TJ02"]),) if units else (),
        totals=tuple(
            _total(one.code, totals[one.code], own_cells[one.code], counted, len(units), rng)
            for one in form_set.indicators
        ),
        units=units,
        own=own,
        ledger_totals=_add_ledgers(included),
        findings=(
            AuditedFinding(
                "9A8B7C6D", explain, "explained", "旧城改造集中拆迁，婚姻家庭和房屋纠纷增多。"
            ),
        ),
        reporting=_reporting(units),
    )


def _reporting(units: tuple[UnitReturn, ...]) -> Reporting:
    """When the units reported, and two problems of each that has findings: one open, one closed."""
    known = {"level": "must", "place": "TJ-1 统计表 D9", "text": "应为 21，现填 12。"}
    dates = {"due": dt.date(2026, 4, 7), "raised": "2026-04-03T09:05:00"}
    open_ = [
        Issue(key=f"A1B2C3{number:02}", unit=one.unit.name, owner=one.unit.name,
              closing="open", **known, **dates)
        for number, one in enumerate(units) if one.findings
    ]  # fmt: skip
    closed = [
        msgspec.structs.replace(
            one, key=f"F{one.key[1:]}", closing="accepted", officer="王芳", closed="2026-04-05"
        )
        for one in open_
    ]
    received = {one.unit.code: one.received for one in units if one.received}
    return Reporting(
        due=dt.date(2026, 4, 7), days=3, first=received, returned=dict.fromkeys(received, 1),
        issues=(*open_, *closed),
    )  # fmt: skip


def _total(
    code: str, value: str, own: FigureCell, counted: int, expected: int, rng: random.Random
) -> Total:
    indicator = tj().by_code[code]
    if value in ("", "——"):
        state = "na" if value else "blank"
        return Total(code=code, state=state, own=own, counted=counted, expected=expected)
    number = Decimal(value)
    spread = Decimal(rng.randint(70, 130)) / 100 if indicator.type != "percent" else Decimal("0.97")
    before = str(round(number * spread, indicator.scale))
    ago = str(round(number * (spread - Decimal("0.05")), indicator.scale))
    year = value
    return Total(
        code=code,
        state="number",
        value=value,
        own=own,
        counted=counted,
        expected=expected,
        previous=before,
        year_ago=ago,
        ytd=year,
    )


def _add_ledgers(returns: list[UnitReturn]) -> tuple[LedgerTotal, ...]:
    sums: dict[tuple[str, str], int] = {}
    for one in returns:
        for total in one.reading.ledger_totals:
            key = (total.symbol, total.key)
            sums[key] = sums.get(key, 0) + int(total.value)
    return tuple(LedgerTotal(symbol, key, str(value)) for (symbol, key), value in sums.items())


__all__ = ["MADE_AT", "OFFICE", "SECRETS", "TO_EXPLAIN", "made_return", "made_summary", "tj"]
