"""Numbers of persons in texts: identity numbers of 18 digits, telephones, bank cards."""

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
# Cards of 16 to 19 digits, in one or in fours; their check digit tells them from other numbers.
_CARD = re.compile(
    r"(?<![0-9A-Za-z])(?:[3-69]\d{15,18}|[3-69]\d{3}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?)"
    r"(?![0-9A-Za-z])",
    re.ASCII,
)
# Mostly an office's own, so that it is told and not hidden: 0571-88120001, 电话88120001.
_LANDLINE = re.compile(
    r"(?<![0-9A-Za-z.-])[(（]?0\d{2,3}[)）]?[ -]?[2-8]\d{2,3}[ -]?\d{4}(?![0-9A-Za-z])"
    r"|(?:电话|座机|Tel\.?)[:： ]{0,2}[2-8]\d{6,7}(?![0-9A-Za-z])",
    re.ASCII | re.IGNORECASE,
)
# Without eleven digits a text holds none to hide; nearly all texts are done with this one look.
_DIGITS = re.compile(r"\d(?:[ -]?\d){10}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def masked(text: str) -> str:
    """Hide what looks like a number of a person, but its beginning; all else stays as it is."""
    if not _DIGITS.search(text):
        return text
    plain = text.translate(_FULL_WIDTH)
    found = [*_IDENTITY.finditer(plain), *_MOBILE.finditer(plain), *_cards(plain)]
    if not found:
        return text
    for match in found:
        start, end = match.span()
        shown = start + (6 if end - start >= 18 else 3)
        plain = plain[:shown] + "*" * (end - shown) + plain[end:]
    return plain


def shortened(text: str) -> str:
    """
    Hide the middle of what looks like a number of a person: 110***16, 138****1234, 6222****0128.

    Who knows the number can tell which it is, nobody else.
    """
    plain = text.translate(_FULL_WIDTH)
    plain = _IDENTITY.sub(lambda found: f"{found[0][:3]}***{found[0][-2:]}", plain)
    plain = _MOBILE.sub(lambda found: _middle(found[0], 3, 4), plain)
    for found in reversed([*_cards(plain)]):
        start, end = found.span()
        plain = plain[:start] + _middle(found[0], 4, 4) + plain[end:]
    plain = _LANDLINE.sub(lambda found: f"{found[0][:-4]}****", plain)
    return plain if plain != text.translate(_FULL_WIDTH) else text


def _middle(number: str, first: int, last: int) -> str:
    digits = re.sub(r"\D", "", number.removeprefix("+86").removeprefix("86"))
    return f"{digits[:first]}****{digits[-last:]}"


def kinds_of(text: str) -> Iterator[str]:
    """Name the kind of each number of a person: identity and card (their digits fit), mobile."""
    if not _DIGITS.search(text):
        return
    plain = text.translate(_FULL_WIDTH)
    yield from ("identity" for found in _IDENTITY.findall(plain) if _is_identity(found))
    yield from ("mobile" for _ in _MOBILE.findall(plain))
    yield from ("card" for found in _cards(plain) if not _is_identity(found[0]))


def has_landline(text: str) -> bool:
    """Whether a text holds the number of a telephone that is no mobile."""
    return bool(_LANDLINE.search(text.translate(_FULL_WIDTH)))


def _cards(text: str) -> Iterator[re.Match[str]]:
    for found in _CARD.finditer(text):
        digits = re.sub(r"[ -]", "", found[0])
        # What stands behind the fours may be a number of its own.
        if _fits(digits) or (found[1] and _fits(digits[:16])):
            yield found


def _fits(digits: str) -> bool:
    """Whether the last digit is the check digit of a card (Luhn)."""
    doubled = [int(one) * 2 for one in digits[-2::-2]]
    return (sum(map(int, digits[-1::-2])) + sum(one - 9 * (one > 9) for one in doubled)) % 10 == 0


def _is_identity(text: str) -> bool:
    digits = re.sub(r"[ -]", "", text).upper()
    if len(digits) != len(_WEIGHTS) + 1:
        return False
    try:
        dt.date.fromisoformat(f"{digits[6:10]}-{digits[10:12]}-{digits[12:14]}")
    except ValueError:
        return False
    total = sum(int(one) * weight for one, weight in zip(digits, _WEIGHTS, strict=False))
    return _CHECK[total % 11] == digits[17]
