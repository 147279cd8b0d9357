"""What people do to the printed words: names, codes, measures, headings, the hidden sheet."""

from human_edits.draft import CHECKS, FIGURES, FRONT, LEDGER, PLANS, REPORT, TAG, Draft
from human_edits.lines import ALL
from human_edits.returns import MEASURES, UNITS

WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789JC"}
SYNONYMS = {
    "JC01": "家庭总户数", "JC02": "常住人口数", "JC03": "户籍人口（人）", "JC12": "60岁以上老年人",
    "JC13": "未成年人数", "JC04": "楼栋数", "JC05": "单元数", "JC09": "小区数", "JC16": "居民小组",
    "JC06": "面积", "JC15": "绿地面积", "JC14": "绿化率", "JC07": "辖区单位数", "JC08": "网点数",
    "JC10": "工作人员", "JC11": "社区数",
}  # fmt: skip
MEASURE_WORDS = {"户": "万户", "人": "万人", "个": "人", "平方公里": "亩", "平方米": "公顷"}


def blanks_in_a_name(draft: Draft) -> None:
    """Blanks, line breaks and full-width signs in a name change nothing."""
    page, chance = draft.figures, draft.chance
    place = draft.cell(chance.choice(ALL), "name")
    text = page.text(place)
    at = chance.randint(0, len(text))
    blank = chance.choice((" ", "\u3000", "\n", "\u00a0", "  ", "\u200b"))
    page.type(place, (text[:at] + blank + text[at:]).translate(WIDE))


def name_in_other_words(draft: Draft) -> None:
    """Another name for the same row is asked about."""
    code = draft.pick(ALL)
    draft.figures.type(draft.cell(code, "name"), SYNONYMS[code])
    draft.ask(code)


def names_exchanged(draft: Draft) -> None:
    """Two rows that bear each other's names are asked about, both."""
    one, other = draft.pick(ALL), draft.pick(ALL)
    page = draft.figures
    first, second = draft.cell(one, "name"), draft.cell(other, "name")
    names = page.text(first), page.text(second)
    page.type(first, names[1])
    page.type(second, names[0])
    draft.ask(one)
    draft.ask(other)
    draft.open |= {one, other}


def code_written_otherwise(draft: Draft) -> None:
    """jc01, ＪＣ０１ and JC 01 are JC01."""
    code = draft.chance.choice(ALL)
    text = draft.chance.choice((code.lower(), code.translate(WIDE), f"JC {code[2:]}", f" {code} "))
    draft.figures.type(draft.cell(code, "code"), text)


def code_removed(draft: Draft) -> None:
    """A row without its code is offered by its name."""
    code = draft.pick(ALL)
    draft.figures.type(draft.cell(code, "code"), "")
    draft.ask(code)


def code_of_another(draft: Draft) -> None:
    """Two rows with one code: one is asked about, and one is missing."""
    code, other = draft.pick(ALL), draft.pick(ALL)
    draft.figures.type(draft.cell(code, "code"), other)
    draft.ask(code)
    draft.ask(other)
    draft.open |= {code, other, "JC14"}


def code_unknown(draft: Draft) -> None:
    """A row whose code the form does not have is asked about."""
    code = draft.pick(ALL)
    text = draft.chance.choice(("JC99", "JCO1", "01", "TJ01", "JC1"))
    draft.figures.type(draft.cell(code, "code"), text)
    draft.ask(code)
    draft.open |= {code} | ({"JC14"} if code in ("JC06", "JC15") else set())


def measure_changed(draft: Draft) -> None:
    """人 overwritten by 万人 makes another figure of it."""
    code = draft.pick()
    draft.figures.type(draft.cell(code, "measure"), MEASURE_WORDS[MEASURES[code]])
    draft.ask(code)


def blanks_in_a_measure(draft: Draft) -> None:
    """A blank around a measure changes nothing, nor does a measure that is not there."""
    code = draft.chance.choice(tuple(MEASURES))
    text = draft.chance.choice((f" {MEASURES[code]}\u3000", f"（{MEASURES[code]}）", ""))
    draft.figures.type(draft.cell(code, "measure"), text)


def blanks_in_the_heading(draft: Draft) -> None:
    """本 期 is 本期."""
    page, chance = draft.figures, draft.chance
    row = page.heading
    key = chance.choice(("name", "code", "measure", "now", "prev"))
    if key not in page.column_of:
        return
    place = (row, page.column_of[key])
    text = page.text(place)
    page.type(place, f"{text[:1]}{chance.choice((' ', chr(10), chr(0x3000)))}{text[1:]}")


def heading_in_other_words(draft: Draft) -> None:
    """A column whose heading nobody knows cannot be taken."""
    page = draft.figures
    row = page.heading
    key, text = draft.chance.choice(
        (
            ("now", "报告期数"),
            ("name", "项目"),
            ("code", "行次"),
            ("now", ""),
            ("now", "一季度"),
            ("now", "合计"),
        )
    )
    page.type((row, page.column_of[key]), text)
    draft.unread = True
    draft.ask("*")


def period_written_otherwise(draft: Draft) -> None:
    """2026年1季度 is 2026年第一季度."""
    year, quarter = draft.truth.period.split("Q")
    numeral = "一二三四"[int(quarter) - 1]
    text = draft.chance.choice(
        (f"{year}年{numeral}季度", f"{year}年第{quarter}季度", f"{year}年{quarter}季度",
         f"{year} 年 第{numeral}季度", f"{year}Q{quarter}", f"{year}年第{numeral}季度 ")
    )  # fmt: skip
    for name in (FIGURES, LEDGER, PLANS, REPORT):
        page = draft.tab(name).page
        place = next(p for p in sorted(page.cells) if page.text(p).startswith("报告期"))
        page.type(place, f"报告期：{text}")
    page = draft.tab(FRONT).page
    page.type((page.find("报告期")[0], 1), text)


def identity_written_otherwise(draft: Draft) -> None:
    """Blanks in a name or a code, a code typed as a number, change nobody's identity."""
    region, name = draft.truth.region, draft.truth.name
    label, text = draft.chance.choice(
        (("区划代码", f"{region[:6]} {region[6:]}"), ("区划代码", f"{region}\u3000"),
         ("填报单位", f"{name[:2]} {name[2:]}"), ("填报单位", f"{name}\u200b"))
    )  # fmt: skip
    page = draft.figures
    place = next(p for p in sorted(page.cells) if page.text(p).startswith(label))
    if label == "区划代码" and draft.chance.random() < 0.4:
        page.type(place, label)
        page.number((place[0], place[1] + 1), region)
    else:
        page.type(place, f"{label}：{text}")


def label_and_value_apart(draft: Draft) -> None:
    """填报单位 in one cell and the name in the next."""
    page = draft.figures
    label, value = draft.chance.choice(
        (("填报单位", draft.truth.name), ("区划代码", draft.truth.region))
    )
    place = next(p for p in sorted(page.cells) if page.text(p).startswith(label))
    page.type(place, draft.chance.choice((label, f"{label}：", f"{label} :")))
    page.type((place[0], place[1] + 1), value)


def heading_of_another(draft: Draft) -> None:
    """Another community, code or period on one sheet is asked about."""
    label, text = draft.chance.choice(_others(draft))
    names = (FIGURES, LEDGER, PLANS, REPORT)
    page = draft.tab(draft.chance.choice(names)).page
    place = next(p for p in sorted(page.cells) if page.text(p).startswith(label))
    page.type(place, f"{label}：{text}")
    draft.unsure_identity = True
    draft.ask("period", "code", "name", "unit", "region")


def _others(draft: Draft) -> tuple[tuple[str, str], ...]:
    other = next(unit for unit in UNITS if unit.name != draft.truth.name)
    return (
        ("填报单位", other.name), ("区划代码", other.code), ("报告期", "2025年第二季度"),
        ("报告期", "第一季度"), ("填报单位", f"{draft.truth.name}居委会"), ("报告期", ""),
    )  # fmt: skip


def tag_altered(draft: Draft) -> None:
    """The hidden sheet says something else than the heading: a question."""
    page = draft.tab(TAG).page
    key = draft.chance.choice(("period", "code", "name", "role"))
    page.type((page.find(key)[0], 1), draft.chance.choice(("和谐社区", "2020Q1", "own", "")))
    draft.ask(key)
    draft.used.add(TAG)


def tag_lost(draft: Draft) -> None:
    """Other programs drop the hidden sheet, or show it."""
    tab = draft.tab(TAG)
    if draft.chance.random() < 0.5:
        draft.book.tabs.remove(tab)
    else:
        tab.state = draft.chance.choice(("", "hidden"))


def older_version(draft: Draft) -> None:
    """A return on another version of the form is not read by the map of this one."""
    page = draft.tab(FRONT).page
    page.type((page.find("版本")[0], 1), "HZ-JC-1 2024.2")
    draft.unread = True
    draft.ask("JC", "*")


def report_rewritten(draft: Draft) -> None:
    """The written report is taken as it was written."""
    page = draft.tab(REPORT).page
    place = page.find("基本概况")
    text = "辖区共有居民小区若干，人口以常住居民为主。" * draft.chance.randint(3, 40)
    page.type((place[0], place[1] + 1), text)
    draft.truth.texts["overview"] = text


def notes_in_the_margin(draft: Draft) -> None:
    """Words and numbers beside and below the tables are nobody's figures."""
    chance = draft.chance
    page = draft.tab(chance.choice((FIGURES, LEDGER, PLANS, FRONT, CHECKS))).page
    row, column = chance.randint(0, page.height), page.width + chance.randint(1, 5)
    for _ in range(chance.randint(1, 3)):
        page.enter(
            (row, column), chance.choice(("请核对", "12", "张主任已看", "合计", "2026-03-31"))
        )
        row += 1


KINDS = (
    blanks_in_a_name, name_in_other_words, names_exchanged, code_written_otherwise, code_removed,
    code_of_another, code_unknown, measure_changed, blanks_in_a_measure, blanks_in_the_heading,
    heading_in_other_words, period_written_otherwise, identity_written_otherwise,
    label_and_value_apart, heading_of_another,
    tag_altered, tag_lost, older_version, report_rewritten, notes_in_the_margin,
)  # fmt: skip
