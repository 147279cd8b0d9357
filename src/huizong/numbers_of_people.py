"""Numbers that carry their own check: citizens' identity numbers, disability certificates."""

import numpy as np

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = np.array([ord(sign) for sign in "10X98765432"])
_ZERO = ord("0")


def _signs(texts: np.ndarray, length: int) -> np.ndarray:
    """Spread texts over a matrix of code points; longer ones are cut, shorter end in 0."""
    cut = np.char.upper(texts.astype(str)).astype(f"U{length}")
    return np.ascontiguousarray(cut).view(np.uint32).reshape(len(texts), length).astype(np.int64)


def is_identity(texts: np.ndarray) -> np.ndarray:
    """Test 18-digit identity numbers: digits, a real date of birth, the check digit."""
    if not len(texts):
        return np.zeros(0, dtype=bool)
    signs = _signs(texts, 18)
    digits = signs[:, :17] - _ZERO
    sound = ((digits >= 0) & (digits <= 9)).all(axis=1) & (np.char.str_len(texts) == 18)
    digits = np.where(sound[:, None], digits, 0)
    check = _CHECK[(digits @ _WEIGHTS) % 11]
    return sound & (signs[:, 17] == check) & _is_date(digits[:, 6:14])


def _is_date(digits: np.ndarray) -> np.ndarray:
    year = digits[:, :4] @ np.array([1000, 100, 10, 1])
    month, day = digits[:, 4] * 10 + digits[:, 5], digits[:, 6] * 10 + digits[:, 7]
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    lengths = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    longest = lengths[np.clip(month, 0, 12)] + (leap & (month == 2))
    return (year >= 1800) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= longest)


def is_certificate(texts: np.ndarray) -> np.ndarray:
    """Test disability certificates: an identity number, the kind (1-7) and the grade (1-4)."""
    if not len(texts):
        return np.zeros(0, dtype=bool)
    signs = _signs(texts, 20)
    kind, grade = signs[:, 18] - _ZERO, signs[:, 19] - _ZERO
    sound = (kind >= 1) & (kind <= 7) & (grade >= 1) & (grade <= 4)
    return sound & (np.char.str_len(texts) == 20) & is_identity(texts.astype("U18"))
