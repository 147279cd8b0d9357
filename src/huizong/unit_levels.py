"""Levels of units, and the role in which each reports; by code, an own code's by its category."""

from collections.abc import Sequence

from huizong.records import LEVELS, SUMMARY, UNIT, Unit, level_of


def unit_level(unit: Unit) -> str:
    """Tell a unit's level: by its region code, or for an own code by its category."""
    if unit.code.isdecimal():
        return level_of(unit.code)
    return unit.category if unit.category in LEVELS else LEVELS[-1]


def role_below(unit: Unit) -> str:
    """Name the role in which a unit of the roster reports: a community its own, others a total."""
    return UNIT if unit_level(unit) == LEVELS[-1] else SUMMARY


def office_level(own: Unit, roster: Sequence[Unit]) -> str:
    """Tell an office's level: one with an own code and no category stands over its units."""
    level = unit_level(own)
    if level != LEVELS[-1]:
        return level
    below = (LEVELS.index(unit_level(unit)) for unit in roster if unit.parent == own.code)
    return LEVELS[max(0, min(below, default=len(LEVELS)) - 1)]
