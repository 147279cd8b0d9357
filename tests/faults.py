"""The faults by number: what each is, the messages that tell it, the tests that hold it."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

TESTS = Path(__file__).parent
TABLE = TESTS / "data" / "faults.toml"


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    One way in which things go wrong.

    `says` are keys of the catalogue; where they are none, `why` says why nobody need be told.
    `tests` are written module::function, without the ending of the file.
    """

    zh: str
    en: str
    says: tuple[str, ...]
    tests: tuple[str, ...]
    why: str = ""


def faults() -> Mapping[int, Fault]:
    """Read the table."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {int(number): msgspec.convert(row, Fault) for number, row in table.items()}


def situations() -> Mapping[str, tuple[str, ...]]:
    """Give the situations in which each message is said, by the key of the message."""
    found: dict[str, tuple[str, ...]] = {}
    for fault in faults().values():
        for key in fault.says:
            found[key] = (*found.get(key, ()), fault.zh)
    return found


def gaps(table: Mapping[int, Fault], texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Say what each row lacks, or names in vain."""
    for number, fault in table.items():
        lacks = [name for name in ("zh", "en", "tests") if not getattr(fault, name)]
        if bool(fault.says) == bool(fault.why):
            lacks.append("says or why")
        yield from (f"{number}: no {name}" for name in lacks)
        for key in fault.says:
            if not all(texts.get(key, {}).get(language) for language in ("zh", "en")):
                yield f"{number}: no text {key}"
        yield from (f"{number}: {told}" for told in _odd_tests(number, fault.tests))
        yield from (f"{number}: nobody asserts {key}" for key in fault.says if _silent(key, fault))


def _odd_tests(number: int, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        module, _, function = name.partition("::")
        docstring = tests_of(module).get(function)
        if docstring is None:
            yield f"no test {name}"
        elif str(number) not in _numbers(docstring):
            yield f"{name} says nothing of it"


def _numbers(docstring: str) -> frozenset[str]:
    """The faults that a test's docstring names before its first colon."""
    head = docstring.strip().partition(":")[0]
    known = head.startswith(("Fault ", "Faults "))
    return frozenset(head.replace(",", " ").split()) if known else frozenset()


def _silent(key: str, fault: Fault) -> bool:
    """Whether no module of its tests speaks of a message, by its code or a part of it."""
    code = key.rpartition(".")[2]
    parts = {code, code.removeprefix("file_"), code.removeprefix("repair_")}
    words = {word for name in fault.tests for word in words_of(name.partition("::")[0])}
    return not parts & words and not any(key in word for word in words)


@cache
def tests_of(module: str) -> Mapping[str, str]:
    """Give the docstrings of a module's tests by their names; none for no module."""
    return {
        node.name: ast.get_docstring(node) or ""
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


@cache
def words_of(module: str) -> frozenset[str]:
    """Give the texts that a module of tests writes out."""
    return frozenset(
        node.value
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def _tree(module: str) -> ast.Module:
    path = TESTS / f"{module}.py"
    return ast.parse(path.read_text(encoding="utf-8") if path.is_file() else "")
