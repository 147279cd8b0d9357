"""Two languages by one switch: nothing that a person sees is left in the other one."""

import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from huizong.cli import app, run
from huizong.texts import LANGUAGES, catalogue, speak

SOURCE = Path(__file__).parents[1] / "src" / "huizong"
# Characters and punctuation marks that only Chinese text has.
CHINESE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef\u3000-\u303f]")


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


def call(*words: str) -> int:
    """Run a command in this process."""
    return run(lambda: app(words, prog_name="huizong", standalone_mode=False))


def foreign(told: str, language: str) -> list[str]:
    """What stands in the other language: Chinese characters, or the English help texts."""
    if language == "en":
        return CHINESE.findall(told.replace("收表", ""))
    texts = (text for code, text in catalogue().items() if code.startswith(("help.", "usage.")))
    return [one["en"] for one in texts if len(one["en"]) > 5 and one["en"] in told]
