"""Numbers of persons are known in any spelling, and hidden where texts are repeated."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huizong.personal import has_landline, kinds_of, masked

IDENTITY, MOBILE = "110101199003072316", "13800001111"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def with_check_digit(digits: str) -> str:
    """Finish an identity number by its definition: the weighted sum is 1 modulo 11."""
    total = sum(int(one) * weight for one, weight in zip(digits, WEIGHTS, strict=True))
    return digits + next(c for v, c in enumerate("0123456789X") if (total + v) % 11 == 1)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (IDENTITY, "identity"),
        ("身份证" + IDENTITY + "。", "identity"),
        ("110101 19900307 2316", "identity"),
        ("１１０１０１１９９００３０７２３１６", "identity"),
        (MOBILE, "mobile"),
        ("电话138 0000 1111", "mobile"),
        ("138-0000-1111", "mobile"),
        ("+86 13800001111", "mobile"),
        ("１３８００００１１１１", "mobile"),
        ("6222021234561111117", "card"),
        ("卡号 6222 0212 3456 1111 117。", "card"),
        ("4111-1111-1111-1111", "card"),
    ],
)
def test_numbers_in_any_spelling(text, kind):
    """
    Fault 74: an identity number and a mobile number are known however they are spaced or typed,
    and not a digit behind their beginning is left of them.
    """
    assert list(kinds_of(text)) == [kind]
    assert list(kinds_of(masked(text))) == []
    assert not any(part in masked(text) for part in ("1111", "2316", "１１１１", "２３１６"))


@pytest.mark.parametrize(
    "text",
    [
        "990101001001", "110101199003072317", "110101199013072316", "12800001111", "1380000111",
        "138000011112", "F13800001111", "6222021234561111119", "4111-1111-1111-1112",
        "1234-5678-9012-3456", "2026-04-03 09:15",
        "D=12|E=15.5", "3f13800001111a", "010-88881111",
    ],
)  # fmt: skip
def test_other_numbers_are_let_through(text):
    """
    Fault 74: codes of regions, digests, times, land lines, and identity numbers and cards whose
    date or check digit is wrong, are no numbers of persons.
    """
    assert list(kinds_of(text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0571-88120001", True), ("（0571）88120001转8001", True), ("010 8888 1111", True),
        ("电话：88120001", True), ("０５７１-８８１２０００１", True), ("990101001001", False),
        ("2026-01-05 09:15", False), ("0.12345678901", False), ("88120001", False),
    ],
)  # fmt: skip
def test_land_lines_are_known(text, expected):
    """
    Fault 74: a land line is known by its area code, or by the word before it.
    """
    assert has_landline(text) == expected


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)), st.integers(0, 999))
def test_every_identity_number_is_known(born, number):
    """
    Fault 74: whoever was born in any year from 1900 to 2099 is known by the number.
    """
    text = with_check_digit(f"440306{born:%Y%m%d}{number:03}")

    assert list(kinds_of(text)) == ["identity"]
    assert text[6:] not in masked(text)


@given(st.text("０1１3８48-X x人+|=", max_size=30))
def test_masked_text_keeps_its_length(text):
    """
    Fault 74: hiding changes digits to stars one by one, and twice is once.
    """
    assert masked(masked(text)) == masked(text)
    assert len(masked(text)) == len(text)
