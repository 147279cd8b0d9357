"""The offices of the demo: a district, three sub-districts, 42 communities; all names made up."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec

from huizong.cells import plain
from huizong.desk import Blank
from huizong.determine import rates_of
from huizong.errors import HuizongError
from huizong.ground import Ground, Header
from huizong.language import CheckedSet
from huizong.office import init_office
from huizong.past import Opening
from huizong.periods import Period
from huizong.records import SUMMARY, FigureCell, Identity, Reading, level_of
from huizong.texts import say

DISTRICT = ("990101000000", "临江区")
STREETS = ("清河街道", "南湖街道", "东岭街道")
COMMUNITIES = (
    "和平 光明 清河 东风 春柳 向阳 永安 望江 石桥 梅园 双井 松涛 柳溪 枫林",
    "南湖 滨水 荷花 渔港 月亮湾 长堤 芦苇 白鹭 湖心 碧波 青石 码头 河口 新港",
    "东岭 山门 杏林 竹海 茶园 云台 半坡 红叶 泉眼 石磨 槐荫 古塔 岭上 松风",
)
# The community whose year adds up to what a document states: the first of the first office.
STATED = (0, 0)
READ_ME = "演示说明.txt"


class Site(msgspec.Struct, frozen=True):
    """One sub-district of the demo: its folder, its units, and what they last filled in."""

    number: int
    folder: Path
    filled: dict[str, Reading] = {}


def clear(folder: Path) -> None:
    """
    Empty the folder of an earlier demo.

    Raises:
        HuizongError: If it holds anything else (`error.demo_folder`).
    """
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / READ_ME).exists():
        raise HuizongError("error.demo_folder", folder=folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()


def init_district(folder: Path, set_code: str, now: dt.datetime) -> None:
    """Make the district's office over its sub-districts."""
    lines = [f"{street_code(n)},{name},{DISTRICT[0]},街道" for n, name in enumerate(STREETS)]
    lines = [f"{DISTRICT[0]},{DISTRICT[1]},990100000000,区县", *lines]
    _init(folder, lines, DISTRICT[0], set_code, now)


def init_street(folder: Path, number: int, set_code: str, now: dt.datetime) -> Site:
    """Make a sub-district's office over its communities."""
    code = street_code(number)
    lines = [f"{code},{STREETS[number]},{DISTRICT[0]},街道"]
    lines += [
        f"{code[:9]}{at:03},{name}社区,{code},社区"
        for at, name in enumerate(COMMUNITIES[number].split(), 1)
    ]
    path = folder / STREETS[number]
    _init(path, lines, code, set_code, now)
    return Site(number, path, {})


def street_code(number: int) -> str:
    """Give the region code of a sub-district."""
    return f"{DISTRICT[0][:6]}{number + 1:03}000"


def _init(folder: Path, lines: Sequence[str], code: str, set_code: str, now: dt.datetime) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    roster = folder.parent / f"名册_{code}.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,类别", *lines]), encoding="utf-8-sig")
    init_office(folder, roster=roster, unit=code, now=now, sets=(set_code,))
    roster.unlink()


def openings(
    site: Site, blanks: Sequence[Blank], period: Period, checked: CheckedSet
) -> Iterator[Opening]:
    """Give everybody's figures of an earlier quarter, and the office's totals over them."""
    code = checked.form_set.code
    totals: dict[str, Decimal] = {}
    for number, blank in enumerate(blanks):
        stated = (site.number, number) == STATED
        source = say("demo.stated") if stated else say("demo.generated")
        identity = blank.identity
        for indicator, value in blank.caches.figures.items():
            yield Opening(str(period), code, identity.code, identity.role, indicator, value, source)
            if checked.form_set.by_code[indicator].total == "sum" and value[-1:].isdigit():
                totals[indicator] = totals.get(indicator, Decimal(0)) + Decimal(value)
    office = street_code(site.number)
    cells = tuple(FigureCell(one, "number", plain(total)) for one, total in totals.items())
    summed = Reading(identity=Identity(code, "", str(period), office, "", SUMMARY), figures=cells)
    ground = Ground.of({code: checked}, [summed], headers=[Header(period, level_of(office))])
    (rates,) = rates_of(checked, [summed], ground)
    for cell in (*cells, *rates.values()):
        if cell.value:
            yield Opening(
                str(period), code, office, SUMMARY, cell.code, cell.value, say("demo.generated")
            )
