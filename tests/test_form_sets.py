"""What a form set is refused for when it is read: with set, file, line, code and what is wanted."""

# Definitions stand one indicator a line, as in templates/.
# ruff: noqa: E501

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from huizong.errors import DefinitionError, HuizongError
from huizong.former import Former
from huizong.forms import (
    Column,
    FormSet,
    Indicator,
    Ledger,
    PlanItem,
    Relation,
    TextSection,
    installed,
    read_form_set,
    read_installed,
    templates_folder,
)
from huizong.language import check
from huizong.texts import spoken

DOCS = Path(__file__).parents[1] / "docs" / "forms.md"
(EXAMPLE,) = re.findall(r"```toml\n(code = .*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
# A sentence of a library in English, inside ours in Chinese.
ENGLISH = re.compile(r"[a-z]+ [a-z]+ [a-z]+")


def written(folder: Path, text: str, name: str = "XF") -> Path:
    """Write a definition into a folder of templates, beside the plan that all lines share."""
    shutil.copytree(templates_folder() / "common", folder / "common", dirs_exist_ok=True)
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "definition.toml").write_text(text, encoding="utf-8")
    return folder / name


def read(folder: Path, text: str) -> FormSet:
    """Read a definition as a command does: its shape, what it says, its expressions."""
    form_set = read_form_set(written(folder, text))
    check(form_set, {"XF": form_set})
    return form_set


def refused(folder: Path, text: str) -> DefinitionError:
    """Give why a definition is refused; the words are plain in both languages."""
    with pytest.raises(DefinitionError) as caught:
        read(folder, text)
    with spoken("en"):
        assert not re.search(r"\{\w", str(caught.value))
    assert not re.search(r"\{\w", str(caught.value))
    assert not ENGLISH.search(str(caught.value)), str(caught.value)
    return caught.value


def test_example_of_the_documentation_is_right(tmp_path):
    """
    The full example of docs/forms.md is read, its expressions too.
    """
    form_set = read(tmp_path, EXAMPLE)

    assert len(form_set.indicators) == 7
    assert [one.code for one in form_set.ledgers] == ["XF-L1", "XF-P"]


def test_smallest_example_is_right(tmp_path):
    """
    The keys that are required are enough.
    """
    text = "\n".join(f'{key} = "XF"' for key in ("code", "version", "zh", "en", "title", "form_no"))
    one = '{ code = "XF01", zh = "数", en = "N", unit = "个", type = "int", time = "flow" }'

    assert read(tmp_path, f"{text}\nindicators = [{one}]\n").by_code["XF01"].total == "sum"


RATE = 'total = "ratio", ratio = "XF05 / XF04"'
SPENT = 'unit = "万元", type = "decimal", time = "flow"'
OFFICER = 'type = "choice", choices = ["是", "否"]'
FAULTY = {
    # Rates and totals.
    "rate without ratio": (RATE, 'total = "ratio"', "ratio_missing", "XF06"),
    "rate that is added up": (RATE, 'ratio = "XF05 / XF04"', "ratio_total", "XF06"),
    "rate and from": (RATE, f'{RATE}, from = "XF05"', "ratio_and_from", "XF06"),
    "percentages added up": (RATE, "min = 0", "percent_sum", "XF06"),
    "distinct by nothing": (SPENT, f'{SPENT}, total = "distinct"', "distinct_missing", "XF07"),
    "distinct that is added up": (SPENT, f'{SPENT}, distinct = "XF_L1[place]"', "distinct_total", "XF07"),
    "mean of units": (SPENT, f'{SPENT}, total = "wmean"', "total", "XF07"),
    "greatest of a flow": (SPENT, f'{SPENT}, total = "max"', "extreme", "XF07"),
    # Names, codes, keys.
    "blank name": ('zh = "消防投入"', 'zh = ""', "blank", "XF07"),
    "blank title": ('title = "消防安全巡查情况统计表"', 'title = " "', "blank", ""),
    "code in small letters": ('code = "XF07"', 'code = "xf07"', "code", "xf07"),
    "code with one digit": ('code = "XF07"', 'code = "XF7"', "code", "XF7"),
    "code of another set": ('code = "XF07"', 'code = "TJ07"', "code", "TJ07"),
    "ledger without a dash": ('code = "XF-L1"', 'code = "XFL1"', "code", "XFL1"),
    "set of another code": ('code = "XF"', 'code = "XY"', "codes_differ", "XY"),
    "limits without a way": ('better = "more", green', "green", "light_alone", "XF06"),
    "amber alone": ("green = 95, ", "", "light_alone", "XF06"),
    "limits upside down": ("green = 95", "green = 75", "light_order", "XF06"),
    "fewer are better": ('better = "more", green', 'better = "less", green', "light_order", "XF06"),
    "set in small letters": ('code = "XF"', 'code = "xf"', "set_code", "xf"),
    "key of a column in Chinese": ('key = "person"', 'key = "巡查人"', "column_key", "巡查人"),
    "code twice": ('code = "XF05"', 'code = "XF04"', "double", "XF04"),
    "relation twice": ('id = "XF-R02"', 'id = "XF-R01"', "double", "XF-R01"),
    "column twice": ('key = "person"', 'key = "date"', "double_key", "date"),
    "section twice": ('key = "problems"', 'key = "measures"', "double_key", "measures"),
    # Choices, units, levels.
    "choice of nothing": (OFFICER, 'type = "choice"', "choices_few", "XF02"),
    "choices in one": (OFFICER, 'type = "choice", choices = ["是、否"]', "choices_few", "XF02"),
    "choice twice": (OFFICER, 'type = "choice", choices = ["是", "是"]', "choice_twice", "XF02"),
    "blank choice": (OFFICER, 'type = "choice", choices = ["是", ""]', "blank", "XF02"),
    "choices of a text": (OFFICER, 'type = "text", choices = ["是", "否"]', "choices_idle", "XF02"),
    "column that chooses of nothing": (', choices = ["有", "无"]', "", "choices_few", "hazard"),
    "number without unit": ('unit = "个", ', "", "no_unit", "XF01"),
    "level of no office": (SPENT, f'{SPENT}, levels = ["社曲"]', "value", "XF07"),
    "relation at no office": ('id = "XF-R01",', 'id = "XF-R01", levels = ["乡镇"],', "value", "XF-R01"),
    # The plan.
    "fifth quarter": ("quarters = [1, 4]", "quarters = [1, 5]", "quarters", "冬春火灾防控"),
    "item of no figure": ('indicator = "XF03"', 'indicator = "XF30"', "unknown_code", "每月消防巡查"),
    "items without a plan": ('plan = "common/plan.toml"\n', "", "no_plan", "每月消防巡查"),
    "plan that is not there": ("common/plan.toml", "common/plna.toml", "missing", ""),
    # Shape.
    "key missing": ('en = "Spent", ', "", "missing_key", "XF07"),
    "code missing": ('code = "XF07", ', "", "missing_key", "消防投入"),
    "key of the set missing": ('en = "Fire safety"\n', "", "missing_key", ""),
    "key misspelt": ("amber = 80", "ambre = 80", "unknown_key", "XF06"),
    "key of the set misspelt": ("owner =", "onwer =", "unknown_key", ""),
    "no type": ('type = "decimal"', 'type = "number"', "value", "XF07"),
    "least value in words": ("max = 500", 'max = "五百"', "value", "XF01"),
    "no cycle": ('owner = "街道应急办"', 'cycle = "季"', "value", ""),
    "places of a column": ('key = "place",', 'key = "place", places = "二",', "value", "place"),
    "indicators that are none": ("indicators = [\n", 'indicators = [ "XF00",\n', "value", ""),
    "quote missing": ('zh = "消防投入"', 'zh = "消防投入', "toml", ""),
    "Chinese quotes": ('zh = "消防投入"', "zh = “消防投入”", "toml", ""),
    "range upside down": ("max = 5000", "max = -1", "range", "XF03"),
    # Expressions.
    "code that there is not": ("XF05 <= XF04", "XF05 <= XF40", "unknown_code", "XF-R01"),
    "code with too few digits": ("XF05 <= XF04", "XF5 <= XF04", "unknown_code", "XF-R01"),
    "code in small letters there": ("XF05 <= XF04", "xf05 <= XF04", "unknown_code", "XF-R01"),
    "date beside a text": ("mended_on >= date", "mended_on >= place", "type", "XF-R03"),
    "money beside a count": ("XF05 <= XF04", "XF07 <= XF04", "dimension", "XF-R01"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTY)
def test_mistake_is_refused_at_its_line(case, tmp_path):
    """
    Each mistake is refused with its code, and the line is that on which it was made.
    """
    right, wrong, code, key = FAULTY[case]
    assert right in EXAMPLE
    text = EXAMPLE.replace(right, wrong, 1)
    error = refused(tmp_path, text)
    line = EXAMPLE[: EXAMPLE.index(right)].count("\n") + 1

    assert (error.code, error.details.get("key", "")) == (f"definition.{code}", key)
    if case in ("key of the set missing", "items without a plan", "plan that is not there"):
        return  # what is not there has no line
    assert (error.details["set"], error.details["file"]) == ("XF", "definition.toml")
    assert error.details["line"] in (line, line + wrong.count("\n"))


VERSIONS = {
    "unknown key": ('neww = ["XF07"]', "unknown_key", ""),
    "text for a list": ('new = "XF07"', "value", ""),
    "new that is not asked": ('new = ["XF99"]', "unknown_code", "new"),
    "renamed to nothing": ('renamed = { XF08 = "XF99" }', "unknown_code", "renamed"),
    "name of nothing": ('names = { XF99 = "数" }', "unknown_code", "names"),
    "new and renamed": ('new = ["XF07"]\nrenamed = { XF08 = "XF07" }', "new_renamed", "new"),
    "removed without its name": ('removed = [{ code = "XF10", en = "N" }]', "missing_key", "XF10"),
    "removed that is asked": ('removed = [{ code = "XF05", zh = "数", en = "N" }]', "then_double", "XF05"),
    "columns of no ledger": ('columns.XF-L9 = { date = "日期" }', "unknown_ledger", "columns"),
    "no such column": ('columns.XF-L1 = { day = "日期" }', "unknown_column", "columns"),
    "new column of no ledger": ('new_columns = { XF-L9 = ["date"] }', "unknown_ledger", "new_columns"),
    "no such new column": ('new_columns = { XF-L1 = ["day"] }', "unknown_column", "new_columns"),
    "no TOML": ("new = [", "toml", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", VERSIONS)
def test_mistake_about_a_former_version_is_refused(case, tmp_path):
    """
    What is wrong in versions/ is refused when the definition is loaded, not when a return comes.
    """
    text, code, key = VERSIONS[case]
    folder = written(tmp_path, EXAMPLE)
    (folder / "versions").mkdir()
    (folder / "versions" / "2025.1.toml").write_text(f"# 当时\n{text}\n", encoding="utf-8")
    error = refused(tmp_path, EXAMPLE)

    assert (error.code, error.details.get("key", "")) == (f"definition.{code}", key)
    assert (error.details["set"], error.details["file"]) == ("XF", "versions/2025.1.toml")


def test_present_version_is_no_former_one(tmp_path):
    """
    A description of the present version says that somebody forgot to change the version.
    """
    folder = written(tmp_path, EXAMPLE)
    (folder / "versions").mkdir()
    (folder / "versions" / "2026.1.toml").write_text('new = ["XF07"]', encoding="utf-8")

    assert refused(tmp_path, EXAMPLE).code == "definition.version_now"


def test_description_of_a_former_version_is_taken(tmp_path):
    """
    New, removed and renamed figures, and the wording of then, may be described together.
    """
    folder = written(tmp_path, EXAMPLE)
    (folder / "versions").mkdir()
    (folder / "versions" / "2025.1.toml").write_text(
        'new = ["XF07"]\nremoved = [{ code = "XF09", zh = "数", en = "N" }]\n'
        'renamed = { XF08 = "XF05" }\nnames = { XF01 = "单位数" }\n'
        'columns.XF-L1 = { place = "地点" }\nnew_columns = { XF-L1 = ["person"] }\n',
        encoding="utf-8",
    )

    assert read(tmp_path, EXAMPLE)


def test_mistake_in_the_shared_plan_is_found_there(tmp_path):
    """
    A wrong column of the plan is named with the line of plan.toml.
    """
    written(tmp_path, EXAMPLE)
    plan = tmp_path / "common" / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    plan.write_text(text.replace('type = "choice", choices', "choices"), encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_form_set(tmp_path / "XF")
    details = caught.value.details

    assert (caught.value.code, details["file"], details["key"]) == (
        "definition.choices_idle", "plan.toml", "status",
    )  # fmt: skip
    assert text.splitlines()[details["line"] - 1].strip().startswith('{ key = "status"')


def test_folder_of_another_name_is_refused(tmp_path, monkeypatch):
    """
    A set stands in the folder of its code: two folders with one code cannot be told apart.
    """
    written(tmp_path, EXAMPLE, "XY")
    monkeypatch.setenv("HUIZONG_TEMPLATES", str(tmp_path))
    with pytest.raises(DefinitionError) as caught:
        read_installed()

    assert (caught.value.code, caught.value.details["line"]) == ("definition.folder", 1)


@pytest.mark.parametrize("there", [False, True])
def test_templates_that_are_not_there_are_refused(there, tmp_path, monkeypatch):
    """
    HUIZONG_TEMPLATES must name a folder with form sets, else no command runs.
    """
    folder = tmp_path / "forms"
    if there:
        folder.mkdir()
    monkeypatch.setenv("HUIZONG_TEMPLATES", str(folder))
    with pytest.raises(HuizongError) as caught:
        installed()

    assert caught.value.code == "error.no_templates"


RECORDS = (FormSet, Indicator, Ledger, Column, Relation, PlanItem, TextSection, Former)


@pytest.mark.parametrize("record", RECORDS)
def test_every_key_is_documented(record):
    """
    docs/forms.md names each key of a definition, and shows in bold those that are required.
    """
    text = DOCS.read_text(encoding="utf-8")
    keys = {one.encode_name: one.required for one in msgspec.structs.fields(record)}
    unsaid = [key for key in keys if key != "folder" and f"`{key}`" not in text]
    plain = [key for key, required in keys.items() if required and f"**`{key}`**" not in text]

    assert (unsaid, plain) == ([], [])


def test_description_in_the_documentation_is_right(tmp_path):
    """
    The former version that docs/forms.md shows is one of the example.
    """
    (text,) = re.findall(r"```toml\n(new = .*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    folder = written(tmp_path, EXAMPLE)
    (folder / "versions").mkdir()
    (folder / "versions" / "2025.4.toml").write_text(text, encoding="utf-8")

    assert read(tmp_path, EXAMPLE)
