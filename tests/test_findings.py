"""Words: every text fills in, every code has its words, the printed list is current."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults import situations
from huizong.findings import KEYS, page, place, remedy, who, words
from huizong.records import Finding
from huizong.texts import catalogue, say, speak
from issued import DISPUTES, FIGURES, audited, blank_of, read, sent, written
from patch import retyped, reworked, with_formulas

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "huizong"
LEVELS = ("must", "release", "explain", "ask", "note", "info")
CODES = [key.removeprefix("finding.") for key in catalogue() if key.startswith("finding.")]
# Chinese forms space out two characters to the width of three.
SPACED = frozenset(("book.form_no",))
# Children name how they died.
FORMER = {"reader_timeout", "reader_memory", "reader_crashed", "reader_failed"}


def fields(text: str) -> set[str]:
    """The names that a text asks for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.fixture(params=["zh", "en"])
def spoken(request: pytest.FixtureRequest) -> Iterator[str]:
    """Say everything in one language, then in the other."""
    speak(request.param)
    yield request.param
    speak("zh")


def slips(text: str) -> list[str]:
    """What no person should read: braces, double blanks, empty quotes and brackets."""
    return re.findall(r"[{}]|(?<! )  (?! )|“”|‘’|（\s*）|\(\)|：。|，。|  +$", text)


def details(text: str) -> dict[str, str | int]:
    """Fill in a text: words, and numbers where a noun follows them."""
    parts = [(name, form) for _, name, form, _ in string.Formatter().parse(text) if name]
    return {name: 7 if "|" in (form or "") else "甲" for name, form in parts}


def faults_of(code: str) -> Iterator[str]:
    """What is wrong with one text, in either language, once it is filled in."""
    for language in ("en", "zh"):
        text = catalogue()[code][language]
        speak(language)
        filled = say(code, **details(text))
        # Lines of the command line are indented.
        if code not in SPACED and slips(filled.lstrip(" ")):
            yield f"{code}: {filled}"
        yield from (f"{code}: {name}" for name in fields(text) if not name.isidentifier())


def test_every_text_is_whole():
    """Each text stands in both languages, asks for names only, and fills in without a slip."""
    assert [fault for code in catalogue() for fault in faults_of(code)] == []


def test_a_slip_is_seen():
    """The search for slips finds each kind of them."""
    for text in ("{x}", "a  b", "“”", "（ ）", "()", "：。", "，。"):
        assert slips(text), text


def test_findings_ask_for_known_details():
    """A finding's text asks for nothing that a finding cannot say."""
    known = {*KEYS, "cell", "sheet", "subject"}
    asked = {
        name for key, texts in catalogue().items()
        for text in texts.values() for name in fields(text)
        if key.startswith(("finding.", "remedy.", "who."))
    }  # fmt: skip

    assert asked - known == set()


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_has_a_remedy_and_somebody(level: str):
    """What to do and who must do it is said for every level."""
    finding = Finding("required", level)

    assert remedy(finding)
    assert who(finding)
    assert say(f"level.{level}")


class Raised(ast.NodeVisitor):
    """Collect the codes that the source gives to findings."""

    def __init__(self) -> None:
        self.codes: set[str] = set()

    def visit_Call(self, node: ast.Call) -> None:
        """Look at calls that make a finding, wherever they take its code."""
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        position = {"Finding": 0, "finding": 0, "_ask": 0, "Refused": 0, "found_at": 3}.get(name)
        if name == "say" and isinstance(node.func, ast.Attribute):
            position = 0
        if position is not None and len(node.args) > position:
            prefix = "file_" if name == "Refused" else ""
            self.codes |= {prefix + one for one in constants(node.args[position])}
        for keyword in node.keywords:
            if keyword.arg in ("doubt", "repair"):
                prefix = "repair_" if keyword.arg == "repair" else ""
                self.codes |= {prefix + one for one in constants(keyword.value) if one}
        self.generic_visit(node)


def constants(node: ast.AST) -> set[str]:
    """The texts that an expression may be, as far as they stand there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    if isinstance(node, ast.IfExp):
        return constants(node.body) | constants(node.orelse)
    return set()


def raised() -> set[str]:
    """All codes that are given to findings in the source."""
    found = Raised()
    for path in sorted(SOURCE.glob("*.py")):
        # Answers and own refusals of other stages have texts of another kind.
        if path.stem not in ("answers", "verify"):
            found.visit(ast.parse(path.read_text(encoding="utf-8")))
    return found.codes


def test_every_code_that_is_raised_has_words():
    """No finding is raised that the catalogue cannot say."""
    assert raised() - set(CODES) == set()
    assert {"required", "code_twice", "digits_lost", "file_damaged", "repair_date"} <= raised()


def test_no_words_without_a_code():
    """No finding stands in the catalogue that nothing raises."""
    texts = {
        node.value
        for path in SOURCE.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }  # fmt: skip
    unsaid = [
        code for code in CODES
        if not {code, code.removeprefix("file_"), code.removeprefix("repair_")} & (texts | FORMER)
    ]  # fmt: skip

    assert [code for code in unsaid if code.removeprefix("file_reader_") == code] == []


def odd_returns() -> Iterator[bytes]:
    """Returns with many kinds of faults."""
    yield written(blank_of())
    for text in ("约50", "12 34", "8人", "三十五", "两千三", "O12", "1234", "8.5", "=cmd", "—"):
        yield retyped(sent(), FIGURES, {"D8": text})
    yield retyped(sent(), FIGURES, {"D10": "=3", "D25": "=50", "B30": "TJ01", "A8": "", "A4": ""})
    yield retyped(sent(), FIGURES, {"D8": 't="e"|<v>#REF!</v>', "D10": "|", "F5": "本期"})
    cells = {"B6": "昨天", "E7": "其他", "F8": "约1", "C9": "=110101199003071234", "B20": "合计"}
    yield retyped(sent(), DISPUTES, {**cells, "F20": "=1", "A2": "填报单位：", "E4": "本期无"})
    yield retyped(sent(), DISPUTES, {"E5": "种类", "F5": "", "I6": "", "B7": "2026-05-01"})
    yield with_formulas(sent())
    yield reworked(sent(), lambda book: book.remove(book[DISPUTES]))
    yield reworked(sent(), lambda book: setattr(book[DISPUTES], "sheet_state", "hidden"))


@pytest.mark.usefixtures("spoken")
def test_findings_of_odd_returns_read_well():
    """What a unit really reads has no slip, in either language, and names its place."""
    findings = [one for data in odd_returns() for one in audited(read(data)).findings[0]]
    sentences = [f"{place(one)} {words(one)}{remedy(one)}" for one in findings]

    assert len({one.code for one in findings}) > 30
    assert [(text, slips(text)) for text in sentences if slips(text)] == []


def test_printed_list_is_current():
    """docs/findings.md is what the catalogue says."""
    kept = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")

    assert kept == page(situations()), "run: make generated"
