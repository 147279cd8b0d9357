"""What people type in a cell, made clean once: numbers, dates, texts, addresses."""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

NOT_APPLICABLE = "——"
# 2**53: beyond it a spreadsheet has already lost the last digits (an ID number typed as a number).
LARGEST_EXACT = 9007199254740992
# The longest text that a cell holds, in units of UTF-16.
CELL_HOLDS = 32_767

# Zero width signs come along with what is copied from web pages and chats.
_SPACES = re.compile(r"[\s\u200b-\u200d\u2060\ufeff]+")
_ZERO_WIDTH = dict.fromkeys((*range(0x200B, 0x200E), 0x2060, 0xFEFF))
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_DASHES = re.compile(r"[-—–―─]{2,}")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:( )\d{3})(?:\1\d{3})*(?:\.\d+)?")
_INNER_SPACE = re.compile(r"(?<=[\d.,+-])\s+(?=[\d.,])")
_ABOUT = re.compile(
    r"约|大约|左右|余|近|多|以上|以下|上下|大概|几|数[十百千万]|若干|不足|不到|超过|估|至少|至多"
    r"|\+$|[<>≈≥≤~～±]|\d[-—–至到]\d"
)
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]+")
_DIGITS = {
    digit: value
    for value, digits in enumerate(
        ("零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖")
    )
    for digit in digits
}
_TENS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_UNFILLED = frozenset({"-", "—", "–", "/", "\\", "无", "同上", "未填"})
# Control and direction characters, lone surrogates and what XML cannot hold.
_CONTROLS = dict.fromkeys(
    (
        *range(9), 11, 12, *range(14, 32), *range(127, 160), 0x200E, 0x200F, *range(0x202A, 0x202F),
        *range(0x2066, 0x206A), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF,
    )
)  # fmt: skip
_CONTROL = re.compile("[" + "".join(map(chr, _CONTROLS)) + "]")


@dataclass(frozen=True, slots=True)
class Figure:
    """
    One cell that should hold a figure.

    `state` is number, blank, na (——), text or error; `repair` names what was mended on the way,
    `doubt` why a text could not be taken as a figure, `hint` what it may have meant.
    """

    state: str
    value: Decimal | None = None
    repair: str = ""
    doubt: str = ""
    hint: str = ""


BLANK = Figure("blank")
NA = Figure("na")


@lru_cache(maxsize=8192)
def squash(text: str) -> str:
    """Fold a label for matching: NFKC, no white space; the same labels come with every file."""
    return _SPACES.sub("", unicodedata.normalize("NFKC", text))


def clean_text(text: str) -> str:
    """Keep a text as typed, without control and direction characters and outer white space."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (text.translate(_CONTROLS) if _CONTROL.search(text) else text).strip()


def cut(text: str, notice: str) -> str:
    """Cut a text at what a cell holds, which counts an emoji as two, and end it with a notice."""
    if 2 * len(text) <= CELL_HOLDS or len(text.encode("utf-16-le")) <= 2 * CELL_HOLDS:
        return text
    kept = text.encode("utf-16-le")[: 2 * (CELL_HOLDS - len(notice))]
    return kept.decode("utf-16-le", "ignore") + notice


def exact(value: float) -> Decimal:
    """Give a spreadsheet's float as the decimal that the spreadsheet shows (15 digits)."""
    number = Decimal(f"{value:.15g}")
    return number + 0 if number else Decimal(0)


def plain(value: Decimal) -> str:
    """Write a decimal without exponent and without trailing zeros: `1234.5`."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def read_figure(value: object, measure: str = "", zero_words: Sequence[str] = ()) -> Figure:
    """
    Read what stands in the cell of a figure; never guess (faults.md 1-5, 10).

    `measure` is the unit that may follow the digits; `zero_words` are the words that the
    definition counts as 0.
    """
    if value is None or value == "":
        return BLANK
    if isinstance(value, bool):
        return Figure("text", doubt="not_number")
    if isinstance(value, int | float):
        return _from_float(float(value))
    return _from_text(str(value), measure, zero_words)


def _from_float(value: float) -> Figure:
    if value != value or value in (float("inf"), float("-inf")):
        return Figure("text", doubt="not_finite")
    if abs(value) > LARGEST_EXACT:
        return Figure("text", doubt="digits_lost")
    return Figure("number", exact(value))


def _from_text(typed: str, measure: str, zero_words: Sequence[str]) -> Figure:
    cleaned = clean_text(typed.translate(_ZERO_WIDTH))
    spaced = _SPACES.sub(" ", unicodedata.normalize("NFKC", cleaned)).strip()
    text = spaced.replace(" ", "")
    if not text:
        return BLANK
    if _DASHES.fullmatch(text):
        return NA
    if text in zero_words:
        return Figure("number", Decimal(0), repair="zero_word")
    if text in _UNFILLED:
        return Figure("blank", doubt="placeholder")
    digits = spaced.removesuffix(measure).rstrip() if measure else spaced
    apart = "\n" in cleaned or "\t" in cleaned
    if _INNER_SPACE.search(digits) and (apart or not _GROUPED.fullmatch(digits)):
        # '12 34' may be 1234, or 12 and 34: only groups of three in one line are joined.
        return Figure("text", doubt=_why_not(text, "spaced"))
    if any(unicodedata.category(sign) == "No" for sign in cleaned):
        # 12² is no 122, and ① may be a footnote.
        return Figure("text", doubt="not_number")
    if _NUMBER.fullmatch(text):
        return _checked(Decimal(text.replace(",", "")), "text_number")
    if measure and text.endswith(measure) and _NUMBER.fullmatch(text[: -len(measure)]):
        return _checked(Decimal(text[: -len(measure)].replace(",", "")), "unit_suffix")
    hint = _hint(text)
    return Figure("text", doubt=_why_not(text, "" if hint else "not_number"), hint=hint)


def _checked(value: Decimal, repair: str) -> Figure:
    if abs(value) > LARGEST_EXACT:
        return Figure("text", doubt="digits_lost")
    return Figure("number", value, repair=repair)


def _why_not(text: str, otherwise: str) -> str:
    """Say why a text is no figure; `otherwise` where it is all digits, or has no suggestion."""
    if _ABOUT.search(text):
        return "not_exact"
    if otherwise and _NUMBER.fullmatch(text):
        return otherwise
    if _CHINESE.fullmatch(text):
        return otherwise or "chinese_number"
    if _LETTERS.fullmatch(text):
        return otherwise or "letters"
    if re.match(r"[+-]?[\d,.]+\D", text):
        return "other_unit"
    return "not_number"


_LETTERS = re.compile(r"(?=.*\d)(?=.*[OoIl])[\dOoIl.]+")


def _hint(text: str) -> str:
    if _CHINESE.fullmatch(text):
        number = chinese_number(text)
        return "" if number is None else str(number)
    if _LETTERS.fullmatch(text):
        return text.translate(str.maketrans("OoIl", "0011")).lstrip("0") or "0"
    return ""


def chinese_number(text: str) -> int | None:
    """Read 三十五 or 壹佰 as a suggestion; None if it is no well-formed number."""
    if re.search("[百佰千仟万亿][^零〇十拾百佰千仟万亿]$", text):
        return None  # 两千三 is said for 2300
    if len(text) > 1 and all(sign in _DIGITS for sign in text):
        return int("".join(str(_DIGITS[sign]) for sign in text))
    total = section = 0
    digit: int | None = None
    for sign in text:
        if sign in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[sign]
        elif sign in _TENS:
            section += (1 if digit is None else digit) * _TENS[sign]
            digit = None
        elif sign in "万亿":
            total = (total + section + (digit or 0)) * (10_000 if sign == "万" else 100_000_000)
            section, digit = 0, None
        else:
            return None
    return total + section + (digit or 0)


_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")


def read_date(value: object) -> dt.date | None:
    """Read a date cell: a real date, or a text such as 2026-3-5, 2026.3.5, 2026年3月5日."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if not isinstance(value, str):
        return None
    found = _DATE.fullmatch(squash(value))
    try:
        return dt.date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def column_letters(column: int) -> str:
    """Name a column counted from 0: 0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(row: int, column: int) -> str:
    """Name a cell counted from 0: (6, 3) is D7."""
    return f"{column_letters(column)}{row + 1}"
