"""Returns on former versions: mapped by a stored mapping, or refused with the new one named."""

import shutil
import tomllib
from pathlib import Path

import pytest

from former import VERSIONS, former_return
from huizong.errors import DefinitionError
from huizong.former import former_versions, known_version
from huizong.forms import installed, read_form_set
from issued import audited, read

SHIPPED = tomllib.loads((VERSIONS / "shipped.toml").read_text(encoding="utf-8"))
MAPPED = [
    (code, version)
    for code, versions in SHIPPED.items()
    for version in versions[:-1]
    if not former_versions(str(installed()[code]))[version].refused
]


def kept(code: str, version: str) -> bytes:
    """The return that is kept of a former version."""
    return (VERSIONS / code / f"{version}.xlsx").read_bytes()


def unmapped(shipped: dict[str, list[str]]) -> list[str]:
    """Versions that nobody has said anything about."""
    faults = []
    for code, folder in installed().items():
        *former, last = shipped.get(code, ["none"])
        if last != read_form_set(folder).version:
            faults.append(f"{code}: the present version is not the last of shipped.toml")
        known = former_versions(str(folder))
        faults += [f"{code}: versions/{one}.toml" for one in former if one not in known]
        faults += [f"{code}: {one} was never shipped" for one in known if one not in former]
    return faults


def test_every_version_ever_shipped_is_mapped_or_refused():
    """
    Whoever changes a form set's version says how the one before is read.
    """
    assert unmapped(SHIPPED) == []


def test_guard_of_versions_finds_what_is_planted():
    """
    A new version that is not listed, and an old one without its file, are found.
    """
    planted = {**SHIPPED, "JC": ["2025.9", "2026.1"], "SY": ["2026.1", "2026.2"]}

    assert unmapped(planted) == [
        "JC: versions/2025.9.toml",
        "SY: the present version is not the last of shipped.toml",
        "SY: versions/2026.1.toml",
    ]


@pytest.mark.parametrize(("code", "version"), MAPPED)
def test_kept_return_is_what_the_program_wrote(code, version):
    """
    The return that is kept reads as one written anew from the definition of its time.
    """
    assert read(kept(code, version)) == read(former_return(code, version))


def test_return_on_a_former_version_is_read_under_the_present_codes():
    """
    Figures are taken from their cells; a renamed one and one no longer asked are listed.
    """
    reading = read(kept("TJ", "2025.4"))
    figures = {one.code: (one.value, one.cell) for one in reading.figures}
    listed = [(one.code, one.subject, one.cell) for one in reading.findings if one.level == "info"]

    assert list(figures)[-2:] == ["TJ20", "TJ21"]
    assert (figures["TJ02"], figures["TJ19"]) == (("10", "D10"), ("0", "D21"))
    assert "TJ18" not in figures
    assert listed == [
        ("former_version", "TJ", ""),
        ("former_renamed", "TJ19", "D21"),
        ("former_removed", "TJ18", "D22"),
    ]


def test_figures_that_were_not_asked_then_must_be_filled_in():
    """
    What the present version requires and the former did not ask blocks, once for each figure.
    """
    findings = audited(read(kept("TJ", "2025.4"))).findings[0]
    blocked = [(one.code, one.subject) for one in findings if one.level == "must"]

    assert blocked == [("former_new", "TJ20"), ("former_new", "TJ21")]


def test_rows_of_a_ledger_are_read_by_the_headings_of_then():
    """
    A column that was called otherwise is read under its present key.
    """
    reading = read(kept("TJ", "2025.4"))
    rows = next(one for one in reading.ledgers if one.symbol == "TJ_L1")

    assert len(rows.rows) == 10
    assert {row[rows.keys.index("result")] for row in rows.rows} == {"成功"}


def form_set_with(folder: Path, text: str):
    """A form set whose version 2024.1 is described by a text."""
    shutil.copytree(installed()["TJ"], folder / "TJ")
    (folder / "TJ" / "versions" / "2024.1.toml").write_text(text, encoding="utf-8")
    return read_form_set(folder / "TJ")


def test_refused_version_is_not_mapped(tmp_path):
    """
    A version that says it is refused, and one that is not known, have no mapping.
    """
    form_set = form_set_with(tmp_path, "refused = true")

    assert known_version(form_set, "2024.1") is None
    assert known_version(form_set, "1999.1") is None
    assert known_version(form_set, "2025.4")


def test_wrong_description_is_named(tmp_path):
    """
    A description with a key that it may not have is named as a file.
    """
    form_set = form_set_with(tmp_path, 'renamd = { TJ01 = "TJ02" }')

    with pytest.raises(DefinitionError) as raised:
        known_version(form_set, "2024.1")
    assert raised.value.details["file"] == "versions/2024.1.toml"
