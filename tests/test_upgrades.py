"""What is read from odd files is written down: a library that reads otherwise shows as a diff."""

import importlib.metadata
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from golden import check_golden
from huizong.read import Refusal, read_bytes
from huizong.refused import Refused
from huizong.workbooks import open_workbook
from issued import DISPUTES, FIGURES, sent
from odd_files import (
    edited,
    encrypted,
    everything,
    members,
    prefixed,
    small,
    strict,
    typical_return,
    with_rows,
    zipped,
)
from patch import retyped, reworked, with_formulas

ROOT = Path(__file__).parents[1]
RAW = ("NaN", "1e400", "-0", "1E3", "12.0000000000000001", "0.1", "123456789012345678", "1,234")
TYPED = (
    "12人",
    "约50",
    "三十五",
    "O12",
    "—",
    "１２３４",
    "12 34",
    "2026-03-31",
    "=1+1",
    "a" * 40000,
)


def files() -> Iterator[tuple[str, bytes]]:
    """Give odd files by name: kinds of workbooks, and returns with odd cells."""
    whole = everything()
    yield "small", small()
    yield "strict", strict(small())
    yield "strict everything", strict(whole)
    yield "everything", whole
    yield "everything, prefixed", _every_part(whole, prefixed)
    yield "everything by openpyxl", reworked(whole, lambda _: None)
    yield "everything, formulas without results", with_formulas(whole)
    yield "typical return", typical_return()
    yield "encrypted, default key", encrypted(small(), "VelvetSweatshop")
    yield "encrypted, a password", encrypted(small(), "geheim")
    yield "cut", whole[: len(whole) // 2]
    yield "no sheets", zipped({k: v for k, v in members(small()).items() if "sheet1" not in k})
    yield "rows out of order", with_rows('<row r="3"><c r="A3"><v>3</v></c></row><row r="1"/>')
    yield "text, html, csv", b"<html><table><tr><td>1</td></tr></table></html>"
    for raw in RAW:
        yield f"cell {raw}", retyped(sent(), FIGURES, {"D8": f"|<v>{raw}</v>"})
    for typed in TYPED:
        yield f"typed {typed[:12]}", retyped(sent(), FIGURES, {"D8": f" {typed}"})
    yield "error in a ledger", retyped(sent(), DISPUTES, {"F6": 't="e"|<v>#REF!</v>'})
    yield "formula without a result", retyped(sent(), FIGURES, {"D8": "|<f>1+1</f>"})


def _as_text(typed: str) -> str:
    return f't="inlineStr"|<is><t>{typed}</t></is>'


def _every_part(data: bytes, change: Callable[[str], str]) -> bytes:
    names = [name for name in members(data) if "worksheets/sheet" in name and "rels" not in name]
    return edited(data, dict.fromkeys(names, change))


def outcome(data: bytes) -> Iterator[str]:
    """Say what becomes of a file: what its sheets hold, or what a return has in the odd cell."""
    result = read_bytes(data)
    if isinstance(result, Refusal):
        yield from _contents(data)
        yield f"  {result.code}"
        return
    # Of a return only the odd cell: all else changes with its form set.
    for reading in result.readings:
        told = sorted(f"{one.code} {one.cell}" for one in reading.findings)
        yield "  " + ("; ".join(told) or "nothing found")
        odd = [cell for cell in reading.figures if cell.cell == "D8"]
        yield from (f"  D8 is {cell.state} {cell.value} {cell.typed[:20]!r}" for cell in odd)


def _contents(data: bytes) -> Iterator[str]:
    try:
        sheets = open_workbook(data).sheets
    except Refused:
        return
    for sheet in sheets:
        values = [repr(value) for row in sheet.rows for value in row if value not in ("", None)]
        shown = " ".join(values[:15])
        yield f"  {sheet.name}: {len(values)} values: {shown}"


def test_outcomes_are_those_written_down():
    """
    Fault 73: whatever is read from odd files is what a person has looked at before: a library
    that reads otherwise changes golden/outcomes.txt.
    """
    lines = [line for name, data in files() for line in (name, *outcome(data))]

    check_golden("outcomes.txt", "\n".join(lines) + "\n")


def test_a_changed_reading_is_seen():
    """
    Fault 73: one digit in one cell makes another outcome.
    """
    one, other = (
        list(outcome(retyped(sent(), FIGURES, {"D8": f"={value}"}))) for value in (41, 42)
    )

    assert one != other


def pinned(name: str) -> dict[str, tuple[str, int]]:
    """Read a list of pinned packages: version and number of hashes by name."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", text, flags=re.IGNORECASE)
    found = (re.match(r"([\w.-]+)==([\w.+-]+)", one) for one in entries)
    return {
        match[1]: (match[2], entry.count("--hash=sha256:"))
        for match, entry in zip(found, entries, strict=True)
        if match
    }


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_packages_are_pinned_with_hashes(name):
    """
    Fault 73: every package that is installed has one version and the hashes of its files, and the
    readers that these tests ran with have these very versions.
    """
    packages = pinned(name)

    assert len(packages) > 5
    assert [one for one, (_, hashes) in packages.items() if not hashes] == []
    text = (ROOT / name).read_text(encoding="utf-8")
    assert len(re.findall(r"^[\w.-]+(?!==)[<>~]", text, flags=re.MULTILINE)) == 0
    for reader in ("python-calamine", "openpyxl", "olefile", "msoffcrypto-tool", "xlsxwriter"):
        if reader in packages:
            assert importlib.metadata.version(reader) == packages[reader][0]
