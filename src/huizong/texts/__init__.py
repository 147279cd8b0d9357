"""Every word that a user sees, in Chinese and English, by id: one catalogue, one switch."""

import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

from huizong.errors import HuizongError

LANGUAGES = ("zh", "en")
_chosen = os.environ.get("HUIZONG_LANG") in LANGUAGES
_language = os.environ["HUIZONG_LANG"] if _chosen else LANGUAGES[0]


def speak(language: str) -> None:
    """Say everything from now on in a language: `zh` or `en`."""
    global _language  # noqa: PLW0603  the one switch: a person's choice, not data
    _language = language if language in LANGUAGES else LANGUAGES[0]


def choose(language: str) -> None:
    """
    Speak a language for the whole run, whatever the offices have set.

    Raises:
        HuizongError: If there is no such language (`error.language`).
    """
    global _chosen  # noqa: PLW0603  as above
    if language not in LANGUAGES:
        raise HuizongError("error.language", text=language)
    speak(language)
    _chosen = True


def speak_unless_chosen(language: str) -> None:
    """Speak an office's language, unless a person has chosen one for this run."""
    if not _chosen:
        speak(language)


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Speak a language for a while: files are named in the office's own, whoever looks at them."""
    before = _language
    speak(language)
    try:
        yield
    finally:
        speak(before)


def language() -> str:
    """Name the language in force."""
    return _language


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Read all texts once: `{"finding.required": {"zh": …, "en": …}, …}`."""
    texts: dict[str, Mapping[str, str]] = {}
    for part in sorted(files(__package__).iterdir(), key=lambda part: part.name):
        if part.name.endswith(".toml"):
            _flatten(tomllib.loads(part.read_text(encoding="utf-8")), "", texts)
    return texts


def _flatten(table: Mapping[str, Any], prefix: str, into: dict[str, Mapping[str, str]]) -> None:
    for key, value in table.items():
        if "zh" in value:
            into[prefix + key] = value
        else:
            _flatten(value, f"{prefix}{key}.", into)


class _Count(int):
    """A number that chooses the form of its noun: {count:letter|letters}."""

    def __format__(self, form: str) -> str:
        one, bar, many = form.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if bar else super().__format__(form)


def say(code: str, /, **details: Any) -> str:
    """Put the text `code` into the language in force, with its details filled in."""
    text = catalogue().get(code)
    if text is None:
        msg = f"no text {code!r}"
        raise KeyError(msg) if code == "error.no_text" else HuizongError("error.no_text", code=code)
    return text[_language].format_map({
        name: _Count(value) if type(value) is int else value for name, value in details.items()
    })  # fmt: skip


def action_name(action: str) -> str:
    """Call an action as its button does, else as the menu; one that has no words as it stands."""
    codes = (f"button.{action}", f"menu.action.{action}")
    return next((say(code) for code in codes if code in catalogue()), action)


def either(zh: str, en: str) -> str:
    """Choose a definition's own text in the language in force; Chinese where it has no English."""
    return (en if _language == "en" else "") or zh


_MARKS = (("、", ", "), ("，", ", "), ("；", "; "), ("：", ": "), ("（", " ("), ("）", ")"),
          ("～", "–"), ("／", "/"))  # fmt: skip


def marked(text: str) -> str:
    """Put the marks of Chinese lists, labels and brackets into those of the language in force."""
    if _language == "en":
        for mark, english in _MARKS:
            text = text.replace(mark, english)
    return text


def listed(parts: Iterable[str]) -> str:
    """Put several things one after the other."""
    return marked("、").join(parts)


def measure_name(unit: str) -> str:
    """Give the name of a unit of measure in the language in force, as far as it is known."""
    return say(f"measure.{unit}") if f"measure.{unit}" in catalogue() else unit


def name_of(thing: Any) -> str:
    """Give the name of an indicator, ledger, column or form set in the language in force."""
    return either(thing.zh, thing.en)
