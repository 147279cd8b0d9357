"""Whatever stops a command can be said: each error is raised with all that its words ask for."""

import ast
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

from huizong.texts import catalogue

SOURCE = Path(__file__).parents[1] / "src" / "huizong"
# Made of their set, file, line and key where they are said.
COMPLETED = frozenset({"place"})


def raised(source: str) -> Iterator[tuple[int, str, set[str] | None]]:
    """Find where errors are made: line, code, names of details (None where they are unpacked)."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", "")
        codes = [one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
        if name in ("HuizongError", "DefinitionError"):
            given = {keyword.arg for keyword in node.keywords if keyword.arg}
            whole = all(keyword.arg for keyword in node.keywords)
            for code in codes:
                yield node.lineno, str(code), given if whole else None


def gaps(source: str, texts: Mapping[str, Mapping[str, str]]) -> list[str]:
    """List the errors whose words are missing, or ask for what is not given."""
    found = []
    for line, code, given in raised(source):
        if "." not in code or code.endswith("."):
            continue
        if code not in texts:
            found.append(f"line {line}: no text {code}")
            continue
        asked = {
            name
            for text in texts[code].values()
            for _, name, _, _ in string.Formatter().parse(text)
            if name
        }
        if code.startswith("definition."):
            asked -= COMPLETED
        if given is not None and asked - given:
            found.append(f"line {line}: {code} is not given {sorted(asked - given)}")
    return found


def test_every_error_can_be_said():
    """
    No error is raised without a word that its text, in either language, asks for.
    """
    found = {
        path.name: gaps(path.read_text(encoding="utf-8"), catalogue())
        for path in sorted(SOURCE.glob("*.py"))
    }

    assert {name: some for name, some in found.items() if some} == {}


def test_an_error_that_lacks_a_word_is_seen():
    """
    The search finds what is missing, and lets through what is unpacked from a mapping.
    """
    texts = {"error.x": {"zh": "{a}{b}", "en": "{a}"}}

    assert gaps('raise HuizongError("error.x", a=1)', texts) == [
        "line 1: error.x is not given ['b']"
    ]
    assert gaps('raise HuizongError("error.x", a=1, b=2)', texts) == []
    assert gaps('raise HuizongError("error.x", **told)', texts) == []
    assert gaps('raise HuizongError("error.y")', texts) == ["line 1: no text error.y"]
