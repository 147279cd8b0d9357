"""The relation language: what can be written, and what a definition is refused for."""

# Definitions stand one indicator a line, as in templates/.
# ruff: noqa: E501

from pathlib import Path

import pytest

from huizong.errors import DefinitionError
from huizong.forms import FormSet, read_form_set, templates_folder
from huizong.language import CheckedSet, check
from huizong.syntax import Comparison, Figure, Logic, Number, parse, walk

DATA = Path(__file__).parent / "data"

HEAD = """
code = "AA"
version = "1"
zh = "甲"
en = "A"
title = "甲"
form_no = "HZ-AA-1"
"""
INDICATORS = """
indicators = [
  { code = "AA01", zh = "次数", en = "Times", unit = "次", type = "int", time = "flow", min = 0, max = 200 },
  { code = "AA02", zh = "件数", en = "Cases", unit = "件", type = "int", time = "flow" },
  { code = "AA03", zh = "金额", en = "Amount", unit = "万元", type = "decimal", time = "flow" },
  { code = "AA04", zh = "补助", en = "Grant", unit = "元", type = "decimal", time = "flow" },
  { code = "AA05", zh = "面积", en = "Area", unit = "平方米", type = "decimal", time = "stock" },
  { code = "AA06", zh = "比例", en = "Share", unit = "%", type = "percent", time = "flow", total = "none" },
  { code = "AA07", zh = "日期", en = "Day", unit = "", type = "date", time = "stock" },
  { code = "AA08", zh = "结论", en = "Result", unit = "", type = "choice", choices = ["是", "否"], time = "stock" },
  { code = "AA12", zh = "其他", en = "Other", unit = "件", type = "int", time = "flow" },
"""
LEDGER = """
[[ledgers]]
code = "AA-L1"
zh = "台账"
en = "Ledger"
columns = [
  { key = "seq", zh = "序号", en = "No.", type = "int" },
  { key = "day", zh = "日期", en = "Day", type = "date" },
  { key = "kind", zh = "类别", en = "Kind", type = "choice", choices = ["甲", "乙"] },
  { key = "yuan", zh = "金额", en = "Amount", type = "decimal", unit = "元" },
  { key = "note", zh = "备注", en = "Note" },
"""


def form_set(folder: Path, rule: str = "", *, extra: str = "", column: str = "") -> FormSet:
    """Write a small definition with one relation, R1, and read it."""
    relations = f"""relations = [
  {{ id = "R1", level = "must", rule = {_toml(rule)}, zh = "关系", en = "Rule" }},
]""" if rule else ""  # fmt: skip
    text = f"{HEAD}{INDICATORS}{extra}\n]\n{relations}\n{LEDGER}{column}\n]\n"
    home = folder / "AA"
    home.mkdir(exist_ok=True)
    (home / "definition.toml").write_text(text, encoding="utf-8")
    return read_form_set(home)


def _toml(text: str) -> str:
    return f"'''{text}'''"


def checked(folder: Path, rule: str) -> CheckedSet:
    """Check a definition with this one relation."""
    return check(form_set(folder, rule), {})


READABLE = (
    "AA01 = 1",
    "AA01 = SUM(AA01:AA02)",
    "MAX(AA01:AA02) <= 3",
    "1.5 <= AA02/AA01 <= 5",
    "AA01 BETWEEN 1 AND 5 AND AA02 = 1",
    "AA01 IN (1, 2) OR AA02 NOT IN (3)",
    "AA01 > 0 <=> AA02 > 0",
    "AA01 = 0 => (AA02 = 0 AND NOT AA12 > 0)",
    "-AA01 - -3 <= -(AA02 + 1) * 2",
    "PREV(AA01) + YEARAGO(AA01) + YTD(AA01) + YEAR(AA01) + CHILDREN(AA01) = 0",
    "QUARTER = 1 => AA01 <= DAYS",
    "AA01 >= WORKDAYS AND AA02 = EXPECTED",
    "LEVEL = '街道' OR LEVEL >= \"区县\"",
    "AA07 - PERIOD_START < 30 AND AA07 <= PERIOD_END + 1",
    "AA07 = ADDYEARS(PERIOD_END, 3)",
    "AA08 = '是' OR BLANK(AA08) OR NA(AA08)",
    "AA01 = COUNT(AA_L1)",
    "AA01 = COUNT(AA_L1 WHERE kind = '甲' AND NOT BLANK(day))",
    "AA04 = SUM(AA_L1[yuan])",
    "AA03 = ROUND(SUM(AA_L1[yuan * 2] WHERE kind <> '甲') / 10000, 2)",
    "AA01 = DISTINCT(AA_L1[day, kind] WHERE yuan > 0)",
    "MAX(AA_L1[yuan]) - MIN(AA_L1[yuan]) < 5",
    "EACH(AA_L1, yuan >= 0)",
    "EACH(AA_L1 WHERE kind = '甲', yuan = ABOVE(yuan) + 1)",
    "EACH(PREV(AA_L1), CARRIED(note))",
    "EACH(AA_L1, SUMBY(yuan, note) = FIGURE(note))",
    "EACH(AA_L1, kind = MEASURE(note) OR ID18(note) OR CERT20(note))",
    "EACH(AA_L1, yuan = GRADE(kind, '甲', 1, '乙', 0.7))",
    "FEASIBLE(AA06, AA01, 1)",
    "AA01 = IF(QUARTER > 1, FLOOR(0.1 * AA02), 0)",
    "ABS(AA06 - ROUND(AA01 / AA02 * 100, 1)) <= 0.1",
)


@pytest.mark.parametrize("rule", READABLE)
def test_what_can_be_written(rule, tmp_path):
    """
    Every construct of the language is read and passes the checks of kind and unit.
    """
    assert checked(tmp_path, rule).relations


@pytest.mark.parametrize(
    ("full", "plain"),
    [
        ("（AA01＋AA02）＝3", "(AA01+AA02)=3"),
        ("AA01 ≤ 3", "AA01 <= 3"),
        ("AA01 ≠ 3", "AA01 <> 3"),
        ("AA01 != 3", "AA01 <> 3"),
        ("AA08 ＝ “是”", 'AA08 = "是"'),
        ("AA08 = ‘是’", "AA08 = '是'"),
        ("AA01 × 2 ÷ 3 ＞ 1", "AA01 * 2 / 3 > 1"),
        ("MAX（AA01，AA02）＜5", "MAX(AA01,AA02)<5"),
    ],
)
def test_full_width_signs(full, plain):
    """
    Full-width punctuation means the same as plain.
    """
    assert parse(full) == parse(plain)


def test_signs_inside_quotes_stay():
    """
    A text keeps its full-width brackets and commas.
    """
    assert parse("AA08 = '（是），'").right.value == "（是），"


def test_ranges_go_by_number(tmp_path):
    """
    A range holds every code of its numbers, wherever the codes stand in the definition.
    """
    extra = """
      { code = "AA14", zh = "后", en = "Late", unit = "件", type = "int", time = "flow" },
      { code = "AA13", zh = "中", en = "Between", unit = "件", type = "int", time = "flow" },
    """
    found = check(form_set(tmp_path, "AA01 = SUM(AA12:AA14)", extra=extra), {})
    assert found.relations[0].codes == ("AA01", "AA12", "AA13", "AA14")


def test_precedence():
    """
    NOT binds before AND, AND before OR, OR before =>.
    """
    node = parse("NOT AA01 = 1 AND AA02 = 2 OR AA03 = 3 => AA04 = 4")
    assert node.sign == "=>"
    assert node.parts[0].sign == "OR"
    assert node.parts[0].parts[0].sign == "AND"
    assert node.parts[0].parts[0].parts[0].sign == "NOT"


def test_a_minus_belongs_to_its_number():
    """
    A number may be negative, and subtraction stays on the left.
    """
    assert parse("AA01 = -1") == Comparison("=", Figure("AA01"), Number(-1))
    left = parse("AA01 - AA02 - 1 = 0").left
    assert left.sign == "-"
    assert left.left == parse("AA01 - AA02 = 0").left


def test_top_level_ands_are_split(tmp_path):
    """
    Each part of an AND has a verdict of its own; inside EACH it stays one.
    """
    found = checked(tmp_path, "AA01 = 1 AND (AA02 = 2 AND 0 < AA12 < 9)")
    assert [rule.id for rule in found.relations] == ["R1.1", "R1.2", "R1.3", "R1.4"]
    assert len(checked(tmp_path, "EACH(AA_L1, yuan > 0 AND yuan < 9)").relations) == 1


def test_what_is_not_installed_lies_dormant(tmp_path):
    """
    A relation across to a set that isn't installed waits; it is no fault.
    """
    found = checked(tmp_path, "AA01 <= ZZ07 AND AA02 = COUNT(YY_L1)")
    assert found.relations == ()
    assert [(one.id, one.sets) for one in found.dormant] == [("R1", ("ZZ", "YY"))]


def test_order_of_computation(tmp_path):
    """
    A figure is computed after those that it stands on; last period's figure is no such part.
    """
    extra = """
      { code = "AA20", zh = "率", en = "Rate", unit = "%", type = "percent", time = "flow", total = "ratio", ratio = "AA21 / AA02" },
      { code = "AA21", zh = "存", en = "Stock", unit = "件", type = "int", time = "stock", from = "PREV(AA21) + AA22" },
      { code = "AA22", zh = "增", en = "New", unit = "件", type = "int", time = "flow", from = "COUNT(AA_L1)" },
    """
    found = check(form_set(tmp_path, extra=extra), {})
    assert [one.code for one in found.computed] == ["AA22", "AA21", "AA20"]
    assert found.previous_of("AA21") == ("AA21",)
    assert [ledger.code for ledger in found.ledgers_of("AA22")] == ["AA-L1"]
    assert {part.when for part in walk(found.year_to_date("AA20")) if isinstance(part, Figure)} == {
        "ytd"
    }


FAULTY = (
    ("AA01 >", "syntax", ">"),
    ("AA01 = 1 AND", "syntax", "AND"),
    ("FOO(AA01) = 1", "syntax", "FOO(1)"),
    ("ABS(AA01, 2) = 1", "syntax", "ABS(2)"),
    ("SUM(AA_L1) = 1", "syntax", "SUM(AA_L1…)"),
    ("COUNT(AA_L1[yuan]) = 1", "syntax", "COUNT(AA_L1…)"),
    ("AA01 = SUM(AA12:AA01)", "syntax", "AA12:AA01"),
    ("AA01:AA02 = 1", "syntax", "AA01:AA02"),
    ("= AA01 = 1", "syntax", "= AA01 = 1"),
    ("AA09 = 1", "unknown_code", "AA09"),
    ("AA01 = SUM(AA01:AA09)", "unknown_code", "AA09"),
    ("AA01 = COUNT(AA_L9)", "unknown_ledger", "AA_L9"),
    ("AA01 = SUM(AA_L1[yen])", "unknown_column", "yen"),
    ("AA01 = yuan", "unknown_column", "yuan"),
    ("EACH(AA_L1, yuan = SUMBY(2, note))", "unknown_column", "2"),
    ("AA01 = 'x'", "type", "x"),
    ("AA01 + AA02", "type", "AA01 + AA02"),
    ("AA01 AND AA02 = 1", "type", "AA01"),
    ("AA07 + AA07 = 1", "type", "AA07"),
    ("AA07 = 3", "type", "3"),
    ("AA07 * 2 = 4", "type", "AA07"),
    ("AA08 > '是'", "type", "AA08"),
    ("AA08 + 1 = 2", "type", "AA08"),
    ("(AA01 = 1) = 1", "type", "1"),
    ("ROUND(AA01, AA02) = 1", "type", "AA02"),
    ("BLANK(AA01 + 1)", "type", "AA01"),
    ("EACH(AA_L1, ID18(yuan))", "type", "yuan"),
    ("EACH(AA_L1, yuan = GRADE(kind, '甲', 1, '乙'))", "type", "乙"),
    ("AA01 = COUNT(AA_L1 WHERE yuan)", "type", "yuan"),
    ("AA03 = AA04", "dimension", "AA03 / AA04"),
    ("AA03 = SUM(AA_L1[yuan])", "dimension", "AA03 / SUM(AA_L1)"),
    ("AA01 <= AA03", "dimension", "AA01 / AA03"),
    ("AA05 + AA01 = 1", "dimension", "AA05 / AA01"),
    ("AA06 >= AA01", "dimension", "AA06 / AA01"),
    ("MAX(AA01, AA05) = 1", "dimension", "AA01 / AA05"),
    ("AA08 = '也许'", "choice", "也许"),
    ("EACH(AA_L1, kind IN ('甲', '丙'))", "choice", "丙"),
    ("LEVEL = '乡镇'", "choice", "乡镇"),
    ("AA01 >= 300", "contradiction", "AA01: R1 / max 200"),
    ("AA01 < 0", "contradiction", "AA01: R1 / min 0"),
    ("250 <= AA01", "contradiction", "AA01: R1 / max 200"),
    ("AA02 > 5 AND AA02 <= 5", "contradiction", "AA02: R1.2 / R1.1 5"),
    ("AA02 = 5 AND AA02 = 6", "contradiction", "AA02: R1.2 / R1.1 5"),
)


@pytest.mark.parametrize(("rule", "code", "what"), FAULTY)
def test_what_is_refused(rule, code, what, tmp_path):
    """
    A wrong relation is refused with its file, line, id and what is wrong.
    """
    one = form_set(tmp_path, rule)
    with pytest.raises(DefinitionError) as caught:
        check(one, {})
    details = caught.value.details
    assert (caught.value.code, details["what"]) == (f"definition.{code}", what)
    text = (tmp_path / "AA" / "definition.toml").read_text(encoding="utf-8").splitlines()
    assert (details["file"], details["key"]) == ("definition.toml", "R1")
    assert '"R1"' in text[details["line"] - 1]
    assert str(caught.value)


def test_counts_of_anything_compare(tmp_path):
    """
    Counts may be compared whatever is counted; a factor makes any unit free.
    """
    assert checked(tmp_path, "AA01 <= AA02 AND AA03 * 10000 = AA04 AND AA04 / 10000 <= AA01 * 2")


def test_limits_of_other_levels_do_not_contradict(tmp_path):
    """
    A definition's range is a community's: a relation run on other levels only may leave it.
    """
    one = form_set(tmp_path, "AA01 >= 300")
    path = Path(one.folder) / "definition.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('zh = "关系"', 'levels = ["街道"], zh = "关系"'), encoding="utf-8")
    assert check(read_form_set(Path(one.folder)), {}).relations


COMPUTED = (
    ('total = "ratio", ratio = "AA01 - AA02"', "", "no_base", "AA20"),
    ('total = "ratio", ratio = "AA20 / AA02"', "", "circular", "AA20"),
    ('from = "AA20 + 1"', "", "circular", "AA20"),
    ('from = "YTD(AA20) + 1"', "", "circular", "AA20"),
    ('from = "COUNT(AA_L2)"', "", "unknown_ledger", "AA20"),
    ('from = "AA01 = 1"', "", "type", "AA20"),
    ("", '{ key = "rest", zh = "余", en = "Rest", type = "decimal", rule = "rest + 1" },', "circular", "rest"),
    ("", '{ key = "rest", zh = "余", en = "Rest", type = "decimal", rule = "yen + 1" },', "unknown_column", "rest"),
)  # fmt: skip


@pytest.mark.parametrize(("figure", "column", "code", "key"), COMPUTED)
def test_computed_figures_and_columns_are_refused(figure, column, code, key, tmp_path):
    """
    A wrong `from`, ratio or column rule is refused at its own line.
    """
    extra = ""
    if figure:
        extra = f'{{ code = "AA20", zh = "算", en = "Sum", unit = "件", type = "int", time = "flow", {figure} }},'
    one = form_set(tmp_path, extra=extra, column=column)
    with pytest.raises(DefinitionError) as caught:
        check(one, {})
    assert (caught.value.code, caught.value.details["key"]) == (f"definition.{code}", key)
    text = (tmp_path / "AA" / "definition.toml").read_text(encoding="utf-8").splitlines()
    assert f'"{key}"' in text[caught.value.details["line"] - 1]
    assert str(caught.value)


def test_a_circle_of_three(tmp_path):
    """
    A circle is named with all its members.
    """
    extra = "".join(
        f'{{ code = "AA3{n}", zh = "算", en = "S", unit = "件", type = "int", time = "flow", from = "AA3{n % 3 + 1} + 1" }},\n'
        for n in (1, 2, 3)
    )
    with pytest.raises(DefinitionError) as caught:
        check(form_set(tmp_path, extra=extra), {})
    assert set(caught.value.details["what"].split(" → ")) == {"AA31", "AA32", "AA33"}


def test_faults_of_the_plan_name_its_file(tmp_path):
    """
    A fault in the plan that all lines share is found in plan.toml.
    """
    one = form_set(tmp_path)
    (tmp_path / "common").mkdir()
    plan = """
[ledger]
zh = "计划"
en = "Plan"
columns = [{ key = "item", zh = "项目", en = "Item" }]

[[relations]]
id = "PL-1"
level = "must"
rule = "EACH(PLAN, NOT BLANK(nothing))"
zh = "空"
en = "Blank"
"""
    (tmp_path / "common" / "plan.toml").write_text(plan, encoding="utf-8")
    path = Path(one.folder) / "definition.toml"
    path.write_text(
        f'plan = "common/plan.toml"\n{path.read_text(encoding="utf-8")}', encoding="utf-8"
    )
    with pytest.raises(DefinitionError) as caught:
        check(read_form_set(Path(one.folder)), {})
    details = caught.value.details
    assert (details["file"], details["line"], details["key"]) == ("plan.toml", 8, "PL-1")


def test_installed_sets_are_right():
    """
    Every installed form set is read and checked without a fault.
    """
    sets = {
        path.parent.name: read_form_set(path.parent)
        for path in templates_folder().glob("*/definition.toml")
    }
    for one in sets.values():
        assert check(one, sets).relations


def test_and_inside_implication_is_not_split(tmp_path):
    """
    Only a top-level AND is split.
    """
    (rule,) = checked(tmp_path, "AA01 = 0 => AA02 = 0 AND AA12 = 0").relations
    assert isinstance(rule.expression, Logic)


@pytest.mark.parametrize(
    ("total", "code"),
    [
        ('total = "wmean", weight = "AA01"', "total"),
        ('weight = "AA01", total = "wmean"', "total"),
        ('total = "latest"', "total"),
        ('total = "mean"', "total"),
        ('total = "max"', "extreme"),
        ('total = "min"', "extreme"),
    ],
)
def test_totals_that_would_be_wrong_are_refused(total, code, tmp_path):
    """
    A mean or a latest is no total, and the greatest of a period adds up over no year: refused at
    the indicator's own line.
    """
    extra = (
        '{ code = "AA20", zh = "数", en = "Figure", unit = "件", type = "int", time = "flow", '
        f"{total} }},"
    )
    with pytest.raises(DefinitionError) as caught:
        form_set(tmp_path, extra=extra)
    details = caught.value.details
    assert (caught.value.code, details["file"], details["key"]) == (
        f"definition.{code}", "definition.toml", "AA20",
    )  # fmt: skip
    text = (tmp_path / "AA" / "definition.toml").read_text(encoding="utf-8").splitlines()
    assert '"AA20"' in text[details["line"] - 1]
    assert details["what"] in str(caught.value)


@pytest.mark.parametrize("total", ["max", "min"])
def test_extremes_of_stocks_are_totals(total, tmp_path):
    """
    A figure of the period alone may be the greatest or least of the units.
    """
    extra = (
        '{ code = "AA20", zh = "数", en = "Figure", unit = "件", type = "int", time = "stock", '
        f'total = "{total}" }},'
    )
    assert form_set(tmp_path, extra=extra).by_code["AA20"].total == total
