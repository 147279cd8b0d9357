"""Findings in words: where, what stands there, what was expected, what to do, who must do it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from huizong.records import Finding
from huizong.texts import catalogue, language, marked, say

# A detail that has words of its own is kept in both languages, the English under this ending.
ENGLISH = "_en"
# Details that list several things: kept with the Chinese marks.
_LISTS = ("parts", "near", "rows", "operands", "other", "expected", "offered", "columns")


def both(key: str, zh: str, en: str) -> Mapping[str, str]:
    """Give a detail in both languages: a finding is found by one person and read by another."""
    return {key: zh, key + ENGLISH: en} if en else {key: zh}


def named(thing: Any, key: str = "label") -> Mapping[str, str]:
    """Give the name of an indicator, ledger, column or relation as a detail."""
    return both(key, thing.zh.strip(), thing.en.strip())


def told(code: str, key: str = "label", **details: Any) -> Mapping[str, str]:
    """Give a text of the catalogue as a detail."""
    text = catalogue()[code]
    return both(key, text["zh"].format(**details), text["en"].format(**details))


def digest_of(said: object) -> Mapping[str, str]:
    """Give the digest of all that a finding is about: of other contents it is another question."""
    return {"digest": hashlib.sha256(repr(said).encode()).hexdigest()[:16]}


def words(finding: Finding) -> str:
    """Say what is wrong, with what stands there and what was expected."""
    text = say(f"finding.{finding.code}", **_filled(finding))
    # A total has no cell of its own.
    return text if finding.cell else text.replace("  ", " ")


def remedy(finding: Finding) -> str:
    """Say what to do about it; a level's standing advice where the finding has none of its own."""
    own = f"remedy.{finding.code}"
    code = own if own in catalogue() else f"remedy.{finding.level}"
    return say(code, **_filled(finding))


def who(finding: Finding) -> str:
    """Say who must act: the unit, the office, or nobody."""
    return say(f"who.{finding.level}")


def place(finding: Finding) -> str:
    """Name the sheet and cell, as far as there is one."""
    return " ".join(part for part in (finding.sheet, finding.cell) if part)


def with_sheet(finding: Finding) -> str:
    """Say what is wrong, with the sheet before it, for lines that stand alone."""
    gap = " " if language() == "en" else ""
    return f"“{finding.sheet}”{gap}{_beside(finding)}" if finding.sheet else words(finding)


def _beside(finding: Finding) -> str:
    """Say what is wrong behind the sheet's name, which is not said twice."""
    text, name = words(finding), finding.sheet.partition(" ")[2]
    for opening in (f"“{name}”", name) if name else ():
        if text.startswith(opening):
            return text.removeprefix(opening).lstrip(" :")
    return text


def _filled(finding: Finding) -> Mapping[str, str]:
    """A text may name a detail that is not given: an empty text is better than a traceback."""
    given = {"cell": finding.cell, "sheet": finding.sheet, "subject": finding.subject}
    said = {key: text or say("book.empty") for key, text in details_of(finding).items()}
    return dict.fromkeys(KEYS, "") | given | said


def details_of(finding: Finding) -> Mapping[str, str]:
    """Give a finding's details in the language in force."""
    details = dict(finding.details)
    if language() == "en":
        details |= {key: marked(text) for key, text in details.items() if key in _LISTS}
        details |= {
            key.removesuffix(ENGLISH): text
            for key, text in finding.details.items()
            if key.endswith(ENGLISH)
        }
    return details


# Every detail that a text names.
KEYS = (
    "label", "found", "value", "expected", "hint", "measure", "first", "other", "alike", "offered",
    "rows", "low", "high", "places", "left", "right", "difference", "rule", "relation", "parts",
    "unit", "period", "asked", "near", "version", "wanted", "when", "count", "days", "total",
    "length", "least", "why", "sign", "words", "own", "operands", "before", "row",
    "columns", "kind", "times", "most",
)  # fmt: skip


def page(situations: Mapping[str, Sequence[str]]) -> str:
    """
    Lay out docs/findings.md: every finding in words, who acts on it, and what to do.

    `situations` say when a text is said, by its key, as far as they are known.
    """
    texts = catalogue()
    lines = [_HEAD, "| 级别 | 说法 | 谁来办 | 怎么办 |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{level}` | {_both(f'level.{level}')} | {_both(f'who.{level}')} | "
        f"{_both(f'remedy.{level}')} |"
        for level in ("must", "release", "explain", "ask", "note", "info")
    ]
    lines += ["", "| 代码 | 情形 | 中文 | English | 另有的办法 |", "| --- " * 5 + "|"]
    for key, text in texts.items():
        code = key.removeprefix("finding.")
        if code != key:
            own = texts.get(f"remedy.{code}", {}).get("zh", "")
            told = "；".join(situations.get(key, ()))
            cells = (f"`{code}`", told, text["zh"], text["en"], own)
            lines.append("| " + " | ".join(one.replace("|", "\\|") for one in cells) + " |")
    return "\n".join(lines) + "\n"


_HEAD = """# 审核结果里的话（Findings）

由 `make generated` 从 `src/huizong/texts/*.toml` 生成，请勿手改。Generated from the catalogue.

每条结果说明：哪个文件、哪张表、哪一格；现在是什么；应当是什么；怎么办；谁来办。花括号处填入具体内容。
同一代码的级别可随审核关系而定；没有另外办法的，按级别办。
"""


def _both(code: str) -> str:
    text = catalogue()[code]
    return f"{text['zh']} / {text['en']}"
