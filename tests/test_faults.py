"""Every fault is told to somebody, in both languages, and held by tests that exist."""

import msgspec
import pytest

from faults import Fault, faults, gaps
from huizong.texts import catalogue


def test_every_fault_has_messages_and_tests():
    """Each row of the table names texts of the catalogue and tests that say they hold it."""
    assert list(gaps(faults(), catalogue())) == []


def test_no_fault_of_what_comes_in_is_missing():
    """What people type, what becomes of workbooks, files, letters: each number from 1 to 61."""
    assert set(range(1, 62)) <= set(faults())


@pytest.mark.parametrize(
    ("change", "gap"),
    [
        ({"tests": ()}, "no tests"),
        ({"zh": ""}, "no zh"),
        ({"says": ()}, "no says or why"),
        ({"why": "nobody"}, "no says or why"),
        ({"says": ("finding.nothing",)}, "no text finding.nothing"),
        ({"says": ("finding.two_returns",)}, "nobody asserts finding.two_returns"),
        ({"tests": ("test_gate::test_nothing",)}, "no test test_gate::test_nothing"),
        ({"tests": ("test_gate::test_macros",)}, "test_gate::test_macros says nothing of it"),
    ],
)
def test_a_gap_is_seen(change: dict, gap: str):
    """Whatever a row lacks, or names in vain, is found."""
    whole = Fault(
        zh="数据区过大", en="too wide", says=("finding.file_too_wide",),
        tests=("test_gate::test_opposite_corners",),
    )  # fmt: skip
    assert list(gaps({41: whole}, catalogue())) == []

    found = list(gaps({41: msgspec.structs.replace(whole, **change)}, catalogue()))

    assert f"41: {gap}" in found


def test_a_text_in_one_language_is_a_gap():
    """A message that lacks one of the languages is found."""
    texts = {**catalogue(), "finding.file_too_wide": {"zh": "数据区过大"}}

    assert list(gaps({41: faults()[41]}, texts)) == ["41: no text finding.file_too_wide"]
