"""A form set of an office's own: numbers beside a choice, a text and a date."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from huizong import read, verify
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.former import former_versions
from huizong.forms import read_form_set
from huizong.issue import blanks_for
from huizong.language import CheckedSet, check
from huizong.past import Past
from huizong.periods import Period
from huizong.records import FigureCell
from huizong.work import checked_sets
from issued import OWN, UNIT

DEFINITION = """
code = "FX"
version = "2026.1"
zh = "消防安全"
en = "Fire safety"
title = "消防安全情况统计表"
form_no = "HZ-FX-1"
indicators = [
  { code = "FX01", zh = "重点单位数", en = "Premises", unit = "个", type = "int", time = "stock", required = true, min = 0 },
  { code = "FX02", zh = "消防演练次数", en = "Drills", unit = "次", type = "int", time = "flow", required = true, min = 0 },
  { code = "FX03", zh = "是否配备专职管理员", en = "Warden", unit = "——", type = "choice", time = "stock", total = "none", choices = ["是", "否"], required = true },
  { code = "FX04", zh = "突出隐患情况", en = "Hazards", unit = "——", type = "text", time = "stock", total = "none" },
  { code = "FX05", zh = "最近一次演练日期", en = "Last drill", unit = "——", type = "date", time = "stock", total = "none" },
]
relations = [
  { id = "FX-R01", level = "explain", rule = "FX01 >= PREV(FX01)", zh = "重点单位数少于上期，请说明", en = "Fewer premises than last period" },
]
"""  # noqa: E501  the form of a definition


def defined(root: Path, text: str = DEFINITION, **former: str) -> CheckedSet:
    """Put the definition into a folder of form sets, with descriptions of former versions."""
    former_versions.cache_clear()
    versions = root / "FX" / "versions"
    shutil.rmtree(versions, ignore_errors=True)
    versions.mkdir(parents=True)
    (root / "FX" / "definition.toml").write_text(text, encoding="utf-8")
    for version, described in former.items():
        path = versions / f"{version.removeprefix('v').replace('_', '.')}.toml"
        path.write_text(described, encoding="utf-8")
    form_set = read_form_set(root / "FX")
    return check(form_set, {"FX": form_set})


@contextmanager
def in_use(root: Path) -> Iterator[None]:
    """Let the program take its form sets from a folder, as it stands now."""
    kept = (checked_sets, read.form_sets, read._owners, verify._form_set)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUIZONG_TEMPLATES", str(root))
        for one in kept:
            one.cache_clear()
        yield
    for one in kept:
        one.cache_clear()


def blank_of(checked: CheckedSet, period: str = "2026Q1", **past: dict[str, str]) -> Blank:
    """Lay out the blank of one community, with figures of its past."""
    known = {(UNIT.code, "unit"): Past(**past)} if past else {}
    return blanks_for(checked, Period.parse(period), [UNIT], OWN, known)[0]


def typed(blank: Blank, **figures: str) -> Blank:
    """Type into the cells of a blank, as it would be read."""
    by_code = blank.form_set.by_code
    states = {"choice": "choice", "text": "choice", "date": "date"}
    cells = tuple(
        FigureCell(code, states.get(by_code[code].type, "number"), text, "", text)
        for code, text in figures.items()
    )
    filling = msgspec.structs.replace(blank.filling, figures=cells)
    return with_caches([msgspec.structs.replace(blank, filling=filling)])[0]
