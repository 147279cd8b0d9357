"""Two languages by one switch: nothing that a person sees is left in the other one."""

import ast
import contextlib
import datetime as dt
import functools
import html
import io
import re
import string
import tomllib
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import xlsxwriter

from huizong import pipeline
from huizong.cli import app, run
from huizong.console import CONSOLE, HELP, TODO_SHEET
from huizong.findings import _HEAD
from huizong.forms import FormSet, installed, read_form_set
from huizong.layout import STATUSES
from huizong.records import LEVELS, Reading
from huizong.roster import FIELDS, SHEET
from huizong.settings import LANGUAGES as LANGUAGE_NAMES
from huizong.settings import SETTINGS
from huizong.texts import LANGUAGES, catalogue, say, speak, spoken
from huizong.verify import verify_file
from huizong.write import summary_bytes
from issued import audited, blank_of, filled, read, written
from made import made_summary
from returned import PERIOD, at, good, put, with_figure

SOURCE = Path(__file__).parents[1] / "src" / "huizong"

# Letters alone: where a mark reaches a person, the period played in English finds it.
HAN = re.compile(r"[\u3400-\u9fff]")
# Characters and punctuation marks that only Chinese text has; a wide blank is a blank.
CHINESE = re.compile(r"[\u2e80-\u2fff\u3001-\u9fff\uff00-\uffef]")


@pytest.fixture(params=LANGUAGES)
def language(request) -> Iterator[str]:
    """Speak each language in turn."""
    speak(request.param)
    yield request.param
    speak("zh")


def fields(text: str) -> set[str]:
    """The names that a text asks for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def unlike(texts: dict[str, dict[str, str]]) -> Iterator[str]:
    """Texts that lack a language, or ask for other things in one than in the other."""
    for code, said in texts.items():
        if len({bool(said.get(one)) for one in LANGUAGES}) == 2:
            yield f"{code}: one language is missing"
        elif fields(said["zh"]) != fields(said["en"]):
            yield f"{code}: {fields(said['zh']) ^ fields(said['en'])}"


def test_texts_stand_in_both_languages_and_ask_for_the_same():
    """
    Every text has Chinese and English, with the same details in both.
    """
    assert list(unlike(catalogue())) == []


def test_guard_of_texts_finds_what_is_planted():
    """
    A text without English and one with another detail are found.
    """
    planted = {"a": {"zh": "甲"}, "b": {"zh": "{x}", "en": "{y}"}, "c": {"zh": "乙", "en": "c"}}

    assert [one.partition(":")[0] for one in unlike(planted)] == ["a", "b"]


def test_one_thing_is_not_said_as_many():
    """In English a noun follows its number."""
    with spoken("en"):
        one, more = (say("sending.in_all", letters=n, addresses=n + 1) for n in (1, 2))
        assert (one, more) == ("1 letter to 2 addresses.", "2 letters to 3 addresses.")


# What a person answers at the terminal: as wide as it is, the answer goes on the same line.
PROMPTS = (
    "sending.ask", "install.ask", "locked.ask", "locked.ask_again", "mail.password",
    *(f"menu.{name}" for name in (
        "choose", "back", "period", "files", "unit", "finding", "decision", "file", "officer",
        "reason", "summary", "paper_code", "step", "remark", "earlier", "sources", "mailbox",
        "sending", "letter", "letter_decision",
    )),
)  # fmt: skip


@pytest.mark.usefixtures("language")
@pytest.mark.parametrize("prompt", PROMPTS)
def test_prompt_stands_on_one_line(prompt):
    """A terminal of 80 columns never breaks a question in the midst of a phrase."""
    asked = say(prompt, period="2026Q1", officer="王芳", user="qinghe").splitlines()[-1]
    width = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in asked)

    assert width < 76


def commands(command=None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All commands of the command line, by the words that call them."""
    import typer

    command = command or typer.main.get_command(app)
    yield path
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*path, name))


@pytest.mark.parametrize("path", list(commands()))
def test_help_is_in_one_language(path, language, capsys):
    """
    The help of every command is in the language chosen: headings, commands, options.
    """
    assert call("--lang", language, *path, "--help") == 0
    told = capsys.readouterr().out

    assert foreign(told, language) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("issue",), "missing"),
        (("issue", "x", "2026Q1", "--nonsense"), "no_option"),
        (("issue", "x", "2026Q1", "--set"), "option_value"),
        (("audit", "x", "2026Q1", "--json=3"), "option_value"),
        (("issue", "x", "2026Q1", "too", "many"), "extra"),
        (("isue",), "no_command"),
        (("definition", "exprt"), "no_command"),
    ],
)
def test_complaints_of_the_parser_are_in_one_language(words, code, language, capsys):
    """
    Words that the command line cannot read are answered from the catalogue, with exit code 2.
    """
    assert call("--lang", language, *words) == 2
    told = capsys.readouterr().err
    said = re.sub(r"\\{\w+\\}", ".*", re.escape(catalogue()[f"usage.{code}"][language]))

    assert re.match(said, told)
    assert foreign(told, language) == []


def test_language_that_is_not_there_is_refused(capsys):
    """
    `--lang fr` is refused, and says what there is.
    """
    assert call("--lang", "fr", "status", "x", "2026Q1") == 2
    assert "zh" in capsys.readouterr().err


# English names, so that whatever is Chinese in what is shown was left behind by the program.
ROSTER = """区划代码,单位名称,上级代码,类别
990101001000,Clearwater,990101000000,街道
990101001001,Heping,990101001000,社区
990101001002,Guangming,990101001000,社区
"""
NOW = dt.datetime(2026, 4, 3, 9)
STEPS = (
    ("collect",), ("audit", "2026Q1"), ("return", "2026Q1"), ("papers", "2026Q1"),
    ("aggregate", "2026Q1"), ("status", "2026Q1"), ("differences", "2026Q1"),
)  # fmt: skip


@pytest.fixture(scope="module")
def played(tmp_path_factory) -> tuple[Path, str, frozenset[str]]:
    """One period of two communities in English, with faults: folder, words said, words typed."""
    folder = tmp_path_factory.mktemp("english") / "office"
    roster = folder.with_name("roster.csv")
    roster.write_text(ROSTER, encoding="utf-8")
    call("--lang", "en", "--help")
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        call("init", folder, "--roster", roster, "--now", NOW.isoformat())
        with at(folder) as work:
            # Three form sets, one unit: every kind of sheet, at the price of a few workbooks.
            pipeline.issue(work, PERIOD)
            blanks = [good(work, set_code=set_code) for set_code in installed()]
            for blank in blanks:
                put(work, blank, f"Heping_{blank.form_set.code}")
            spoilt = good(work, "990101001002")
            for code, typed in (("TJ01", "7.5"), ("TJ02", "about 50"), ("TJ16", ""), ("TJ04", "3")):
                spoilt = with_figure(spoilt, code, typed)
            put(work, spoilt, "Guangming_TJ")
            (work.office.inbox / "notes.csv").write_text("1,2\n")
        for name, *more in STEPS:
            call(name, folder, *more, "--now", NOW.isoformat())
    speak("zh")
    typed = frozenset(text for one in (*blanks, spoilt) for text in typed_in(one.filling))
    return folder, told.getvalue(), typed


def typed_in(reading: Reading) -> Iterator[str]:
    """What a community has typed into ledgers and reports."""
    yield from reading.texts.values()
    for rows in reading.ledgers:
        yield from (cell for row in rows.rows for cell in row if cell)


def test_a_period_in_english_says_no_chinese(played):
    """
    What the commands of a whole period say in English is English but for files and folders.
    """
    folder, told, _ = played
    # Files keep the names of the office's own language.
    said = re.sub(r"/[^\s/]+/2026Q1/\S+\.xlsx", "", told.replace(str(folder), ""))
    known = all_of(data())
    lines = [line for line in said.splitlines() if CHINESE.search(known.sub("", line))]

    assert "The program failed" not in told
    assert lines == []


def test_a_period_in_english_writes_no_chinese(played):
    """
    Every workbook of the period is English in every cell, list, note, header and chart.
    """
    folder, _, typed = played
    books = [path for path in sorted(folder.rglob("*.xlsx")) if path.parent.parent.name != "已收"]
    left = [f"{path.name}: {text}" for path in books for text in chinese_in(path, typed)]

    assert len(books) > 30
    assert not left, "\n".join(left)


def test_guard_of_workbooks_finds_what_is_planted(tmp_path):
    """
    A Chinese word in a cell, a sheet's name, a list and a header is found.
    """
    path = tmp_path / "x.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("审核")
        sheet.write_string(0, 0, "请核对")
        sheet.data_validation(1, 0, 1, 0, {"validate": "list", "source": ["同意"]})
        sheet.set_header("&C页眉")

    assert {"审核", "请核对", '"同意"', "&C页眉"} <= set(chinese_in(path))


def chinese_in(path: Path, typed: Iterable[str] = ()) -> list[str]:
    """All texts of a workbook that hold Chinese, but for what is data."""
    known = all_of([*typed, *data()])
    found = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/theme") and name.endswith((".xml", ".vml")):
                text = archive.read(name).decode("utf-8")
                for match in re.finditer(r'>([^<]+)<|="([^"]*)"', text):
                    shown = html.unescape(match[1] or match[2] or "")
                    if CHINESE.search(shown) and CHINESE.search(known.sub("", shown)):
                        found[shown] = name
    return list(found)


@functools.cache
def data() -> tuple[str, ...]:
    """
    What stays Chinese in English texts, each with its reason.

    Choices of ledgers, because relations compare with them and returns of both languages must add
    up; four letters that part names in formulas, which names in a formula and cannot be typed;
    the plan's standard items and the words of samples, because communities type them; names
    of folders, files, fonts, levels and roster columns, because they are looked up by them.
    """
    form_sets = [read_form_set(folder) for folder in installed().values()]
    ledgers = [ledger for one in form_sets for ledger in one.ledgers]
    words = {choice for one in ledgers for column in one.columns for choice in column.choices}
    words |= {
        text
        for one in form_sets
        for item in one.plan_items
        for text in msgspec.structs.astuple(item)
    }
    words |= {f"【HZ】{PERIOD}_990101001000_{one.zh}_汇总" for one in form_sets}
    words |= {
        *"龗龘龖靐",
        *FILES,
        *FONTS,
        *LEVELS,
        *STATUSES,
        *FIELDS,
        SHEET,
        SETTINGS,
        CONSOLE,
        HELP,
        TODO_SHEET,
    }
    words |= set(catalogue()["control.categories"]["zh"].split("|")) | set(LANGUAGE_NAMES)
    return tuple(filter(_is_text, words))


FONTS = ("宋体", "仿宋", "黑体", "楷体")
FILES = (
    "收表",
    "下发",
    "已收",
    "原件",
    "退改",
    "汇总",
    "上报",
    "备份",
    "状态.xlsx",
    "审核结果.xlsx",
)


def _is_text(word: object) -> bool:
    return isinstance(word, str) and bool(word)


def all_of(words: Iterable[str]) -> re.Pattern[str]:
    """Find any of the words, the longest first."""
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def call(*words: object) -> int:
    """Run a command in this process."""
    typed = [str(word) for word in words]
    return run(lambda: app(typed, prog_name="huizong", standalone_mode=False))


def foreign(told: str, language: str) -> list[str]:
    """What stands in the other language: Chinese characters, or the English help texts."""
    if language == "en":
        # Folders have one name in every language.
        return CHINESE.findall(re.sub("收表|备份", "", told))
    texts = (text for code, text in catalogue().items() if code.startswith(("help.", "usage.")))
    return [one["en"] for one in texts if len(one["en"]) > 5 and one["en"] in told]


# Modules in which Chinese is what people type or what is looked up, never what they are told.
TYPED = {
    "cells": "how figures and dates are typed",
    "periods": "how periods are typed, and their Chinese name",
    "settle": "phrases that explain nothing",
    "unit_names": "endings of units' names",
    "roster": "columns of the roster, looked up by name",
    "settings": "a sheet, languages, marks between what is typed",
    "syntax": "full-width signs that are typed for others",
    "sample": "what communities type into samples",
    "dirt": "what the demo's communities type",
    "demo": "what the demo's people type, and its folders",
    "demo_offices": "the demo's units and files",
    "office": "folders, and the sample's units",
    "control_desk": "folders, to which it links",
    "openings": "columns of the file of earlier figures, looked up by name",
    "definition_book": "sheets and columns of a definition, looked up by name",
    "forms": "units of measure and levels of definitions",
    "person_names": "surnames, and the words around names",
    "doctor_office": "names of cloud drives, looked for in paths",
}
# Single texts elsewhere that are looked up or compared, never told.
KEPT = {
    # Folders, sheets, columns of the roster; fonts; levels, states, a choice of the plan.
    *("备份", "已收/邮件", "控制台", "帮助", "区划代码", "上级代码", "并入代码", "类别"),
    *("宋体", "仿宋", "黑体", "微软雅黑", "待办", "发件", "审核本表", "控制台.xlsm", "控制台.xlsx"),
    *(*LEVELS, *STATUSES, "纸质备查", "已完成"),
    # What people head their rows with, and how formats name large units.
    *("合计", "小计", "总计", "本页合计", "本页小计", "合计:", "本级", "其中：", "万", "亿"),
    # Names of files: the same whichever language the next run speaks.
    *("汇总.cmd", "汇总.desktop", "状态.xlsx", "审核结果.xlsx", "去重密钥_", "_退改", "（本级）"),
    *("【HZ】", "_汇总_v", "第", "版"),
    # Parts names in a formula and is never shown.
    *("龘龖靐", '&"龗"&'),
    # The printed list of findings, in both languages side by side.
    *("| 级别 | 说法 | 谁来办 | 怎么办 |", "| 代码 | 情形 | 中文 | English | 另有的办法 |", _HEAD),
}


def left_in_code(folder: Path) -> list[str]:
    """Chinese in the code that is neither looked up nor put into the language in force."""
    return [
        f"{path.name}:{line}: {text}"
        for path in sorted(folder.glob("*.py"))
        if path.stem not in TYPED
        for line, text in literals(ast.parse(path.read_text(encoding="utf-8")))
        if HAN.search(text) and text not in KEPT
    ]


def literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """All texts but docstrings, patterns, and what `marked` turns into the language in force."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            if not isinstance(node, ast.Expr):
                yield child.lineno, child.value
        elif not (isinstance(child, ast.Call) and ast.unparse(child.func) in PASSED):
            yield from literals(child)


PASSED = ("marked", "re.compile", "re.sub", "re.split", "both")


def test_no_sentence_is_left_in_the_code():
    """
    No Chinese text in the code reaches a person past the catalogue.
    """
    assert left_in_code(SOURCE) == []


def test_guard_of_code_finds_what_is_planted(tmp_path):
    """
    A Chinese sentence in a function is found; a docstring and what is marked are not.
    """
    text = '"""模块。"""\n\n\ndef f(x):\n    """函数。"""\n    return marked(f"{x}：") + "请核对"\n'
    (tmp_path / "planted.py").write_text(text, encoding="utf-8")

    assert left_in_code(tmp_path) == ["planted.py:6: 请核对"]


BOTH_WAYS = (("zh", "en"), ("en", "zh"))


@pytest.mark.parametrize(("written_in", "read_in"), BOTH_WAYS)
def test_summary_is_read_above_in_the_other_language(written_in, read_in, tmp_path):
    """
    A summary says the same to an office that works in the other language, and holds there.
    """
    path = tmp_path / "summary.xlsx"
    summary, form_set = made_summary()
    speak(written_in)
    path.write_bytes(summary_bytes(summary, form_set)[0])
    here = read(path.read_bytes())
    speak(read_in)
    there, verification = read(path.read_bytes()), verify_file(path)
    speak("zh")

    assert len(there.figures) == len(form_set.indicators)
    assert there == here
    assert there.identity.role == "summary"
    assert verification.faults == ()


@pytest.mark.parametrize(("written_in", "read_in"), BOTH_WAYS)
def test_return_is_read_in_the_other_language(written_in, read_in):
    """
    A workbook issued and filled in in one language reads the same in the other, without a fault.
    """
    speak(written_in)
    data = written(filled(blank_of()))
    here = read(data)
    speak(read_in)
    there = read(data)
    speak("zh")

    assert there == here
    assert audited(there).findings[0] == ()
    assert {rows.status for rows in there.ledgers if rows.symbol != "TJ_P"} <= {*STATUSES, ""}


def lacking(form_set: FormSet) -> Iterator[str]:
    """What a form set says in Chinese only; choices and the plan's items are data."""
    measured = [*form_set.indicators, *(c for one in form_set.ledgers for c in one.columns)]
    things = [form_set, *form_set.ledgers, *form_set.relations, *form_set.sections, *measured]
    yield from (one.zh for one in things if not one.en)
    yield from (one.unit for one in measured if one.unit not in KNOWN_SIGNS | measures())
    for one in form_set.indicators:
        pairs = ((one.section, one.section_en), (one.definition, one.definition_en))
        yield from (zh for zh, en in pairs if zh and not en)
    yield from (one.help for one in form_set.ledgers if one.help and not one.help_en)
    if len(form_set.notes) != len(form_set.notes_en) or not form_set.title_en:
        yield form_set.title


KNOWN_SIGNS = {"", "%"}


def measures() -> set[str]:
    """The units of measure that have English."""
    return {code.removeprefix("measure.") for code in catalogue() if code.startswith("measure.")}


@pytest.mark.parametrize("folder", list(installed().values()), ids=lambda folder: folder.name)
def test_every_form_set_is_in_both_languages(folder):
    """
    Figures, ledgers, columns, relations, sections, notes and measures of a form set have English.
    """
    assert list(lacking(read_form_set(folder))) == []


def test_guard_of_form_sets_finds_what_is_planted():
    """
    A relation without English and an unknown measure are found.
    """
    form_set = read_form_set(installed()["TJ"])
    first, *others = form_set.relations
    mute = msgspec.structs.replace(first, en="")
    odd = msgspec.structs.replace(form_set.indicators[0], unit="箩")
    planted = msgspec.structs.replace(
        form_set, relations=(mute, *others), indicators=(odd, *form_set.indicators[1:])
    )

    assert list(lacking(planted)) == [first.zh, "箩"]


def test_no_text_is_written_twice():
    """
    An id stands in one file of texts only: of two the second would silently be said for both.
    """
    ids = [
        code
        for path in sorted((SOURCE / "texts").glob("*.toml"))
        for code in _ids(tomllib.loads(path.read_text(encoding="utf-8")), "")
    ]
    assert [code for code, count in Counter(ids).items() if count > 1] == []


def _ids(table: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for key, value in table.items():
        if "zh" in value:
            yield prefix + key
        else:
            yield from _ids(value, f"{prefix}{key}.")
