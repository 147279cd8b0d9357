"""Numbers of persons in texts: identity numbers of 18 digits and mobile telephones."""

import datetime as dt
import re
from collections.abc import Iterator

_FULL_WIDTH = str.maketrans("０１２３４５６７８９Ｘｘ", "0123456789Xx")
# As people group them; digits before or behind would make another number of it.
_IDENTITY = re.compile(
    r"(?<![0-9A-Za-z])\d{6}[ -]?(?:18|19|20)\d{6}[ -]?\d{3}[\dXx](?![0-9A-Za-z])", re.ASCII
)
_MOBILE = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}(?![0-9A-Za-z])", re.ASCII
)
# Without eleven digits a text holds neither; nearly all texts are done with this one look.
_DIGITS = re.compile(r"\d(?:[ -]?\d){10}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def masked(text: str) -> str:
    """Hide what looks like a number of a person, but its beginning; all else stays as it is."""
    if not _DIGITS.search(text):
        return text
    plain = text.translate(_FULL_WIDTH)
    found = [*_IDENTITY.finditer(plain), *_MOBILE.finditer(plain)]
    if not found:
        return text
    for match in found:
        start, end = match.span()
        shown = start + (6 if end - start >= 18 else 3)
        plain = plain[:shown] + "*" * (end - shown) + plain[end:]
    return plain


def kinds_of(text: str) -> Iterator[str]:
    """Name the kind of each number of a person: identity (its check digit fits) or mobile."""
    if not _DIGITS.search(text):
        return
    plain = text.translate(_FULL_WIDTH)
    yield from ("identity" for found in _IDENTITY.findall(plain) if _is_identity(found))
    yield from ("mobile" for _ in _MOBILE.findall(plain))


def _is_identity(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text).upper()
    try:
        dt.date.fromisoformat(f"{digits[6:10]}-{digits[10:12]}-{digits[12:14]}")
    except ValueError:
        return False
    total = sum(int(one) * weight for one, weight in zip(digits, _WEIGHTS, strict=False))
    return _CHECK[total % 11] == digits[17]
