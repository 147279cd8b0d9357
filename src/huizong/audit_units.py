"""Figures held against those of the other units: far off, or mixed up by ten thousand (G13)."""

import math
from collections.abc import Iterator

import numpy as np

from huizong.audit_figures import SMALLEST_BASE, Audited, Numbered, found_at
from huizong.cells import exact, plain
from huizong.forms import Indicator
from huizong.ground import NUMBER, Values
from huizong.records import OWN

# Of fewer units nobody can say what is usual.
FEWEST_UNITS = 8
# How far from the middle is far: so many robust deviations, and at least so many times.
DEVIATIONS = 6
CHANGED_TIMES, LEVEL_TIMES = 3, 10
_MAD = 1.4826  # makes the median absolute deviation a standard deviation
# 10,000 times, give or take a change of ten times.
LEAST_SLIP, MOST_SLIP = 1_000, 100_000


def check_outliers(audited: Audited) -> Iterator[Numbered]:
    """
    A figure that moved, or stands, far from those of the other units is a question.

    Its change since last period is compared where it has one, else the figure itself. Rare counts
    (a median below the smallest base), rates and running totals are never compared.
    """
    for indicator in audited.checked.form_set.indicators:
        plainly = indicator.numeric and not indicator.computed and indicator.time != "ytd"
        if not plainly or not indicator.compared:
            continue
        now, then = _sizes(audited, indicator)
        for peers in groups(audited):
            yield from _moved(audited, indicator, now, then, peers)
            yield from _standing(audited, indicator, now, then, peers)


def groups(audited: Audited) -> Iterator[np.ndarray]:
    """Give the positions of units that may be compared; the office's own figures stand alone."""
    roles = np.array([reading.identity.role for reading in audited.readings])
    for role in sorted(set(roles.tolist()) - {OWN}):
        yield np.flatnonzero(roles == role)


def _sizes(audited: Audited, indicator: Indicator) -> tuple[np.ndarray, np.ndarray]:
    """Give a figure of now and of last period as floats, NaN where there is no usual number."""
    ground = audited.ground
    return tuple(_floats(ground.figure(indicator.code, when)) for when in ("now", "previous"))


def _floats(values: Values) -> np.ndarray:
    sizes = np.asarray(values.number.over, dtype=float) / values.number.base
    return np.where((values.state == NUMBER) & (sizes >= 0), sizes, np.nan)


def _moved(
    audited: Audited, indicator: Indicator, now: np.ndarray, then: np.ndarray, peers: np.ndarray
) -> Iterator[Numbered]:
    """Compare changes since last period, on a scale on which doubling and halving are alike."""
    peers = peers[~np.isnan(now[peers]) & (then[peers] > 0)]
    new, old = now[peers], then[peers]
    larger = np.maximum(new, old)
    if len(peers) < FEWEST_UNITS or np.median(larger) < SMALLEST_BASE:
        return
    change = np.log((new + 1) / (old + 1))
    middle = np.median(change)
    expected = old * np.exp(middle)
    counting = np.sqrt(1 / (expected + 1) + 1 / (old + 1))
    far = _far(change, counting, CHANGED_TIMES) & (larger >= SMALLEST_BASE)
    far &= abs(new - expected) >= SMALLEST_BASE
    for position, before in zip(peers[far], old[far], strict=True):
        yield found_at(audited, int(position), indicator, "outlier_change", "explain",
                       before=_plain(before), times=_plain(np.exp(middle)),
                       count=len(peers))  # fmt: skip


def _standing(
    audited: Audited, indicator: Indicator, now: np.ndarray, then: np.ndarray, peers: np.ndarray
) -> Iterator[Numbered]:
    """Compare the figures themselves, for units without a last period."""
    peers = peers[~np.isnan(now[peers])]
    size = now[peers]
    if len(peers) < FEWEST_UNITS or np.median(size) < SMALLEST_BASE:
        return
    counting = np.sqrt(1 / np.median(size))
    far = _far(np.log(size + 1), counting, LEVEL_TIMES) & np.isnan(then[peers])
    for position in peers[far]:
        yield found_at(audited, int(position), indicator, "outlier_level", "explain",
                       expected=_plain(np.median(size)), count=len(peers))  # fmt: skip


def _far(sizes: np.ndarray, counting: np.ndarray | float, times: int) -> np.ndarray:
    """Tell what lies far from the median: by the units' spread, by chance, by so many times."""
    away = abs(sizes - np.median(sizes))
    spread = np.maximum(_MAD * np.median(away), counting)
    return away > np.maximum(DEVIATIONS * spread, math.log(times))


def check_slips(audited: Audited) -> Iterator[Numbered]:
    """Money or an area about 10,000 times, or a 10,000th of, what is usual: 元 for 万元 (G13)."""
    for indicator in audited.checked.form_set.indicators:
        if indicator.dimension not in ("area", "money") or indicator.computed:
            continue
        now, then = _sizes(audited, indicator)
        for position in np.flatnonzero(_slipped(now, then)):
            yield _slip(audited, int(position), indicator, "slip_change", now, then[position])
        for peers in groups(audited) if indicator.compared else ():
            filled = peers[now[peers] > 0]
            if len(filled) < FEWEST_UNITS:
                continue
            usual = float(np.median(now[filled]))
            for position in filled[_slipped(now[filled], usual) & ~(then[filled] > 0)]:
                yield _slip(audited, int(position), indicator, "slip_level", now, usual)


def _slipped(now: np.ndarray, usual: np.ndarray | float) -> np.ndarray:
    above = (now >= LEAST_SLIP * usual) & (now <= MOST_SLIP * usual)
    below = (usual >= LEAST_SLIP * now) & (usual <= MOST_SLIP * now)
    return (above | below) & (now > 0) & (usual > 0)


def _slip(
    audited: Audited, position: int, indicator: Indicator, code: str, now: np.ndarray, usual: float
) -> Numbered:
    times = now[position] / usual
    said = f"{times:,.0f}" if times > 1 else f"1/{1 / times:,.0f}"
    return found_at(
        audited, position, indicator, code, "explain",
        expected=_plain(usual), times=said, measure=indicator.unit,
    )  # fmt: skip


def _plain(size: float) -> str:
    return plain(round(exact(float(size)), 2))
