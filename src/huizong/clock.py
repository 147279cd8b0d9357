"""China's time, whatever zone the computer is set to, and whether its clock can be right."""

import datetime as dt

CHINA = dt.timezone(dt.timedelta(hours=8))
# No office had the program before, and none plans so far ahead.
FIRST, LAST = dt.datetime(2026, 1, 1), dt.datetime(2046, 1, 1)
# Clocks of two computers differ by minutes; an office that rests for a year is seldom met.
BACK, AHEAD = dt.timedelta(days=1), dt.timedelta(days=400)


def china_now() -> dt.datetime:
    """Read the computer's clock, to the second."""
    return dt.datetime.now(CHINA).replace(tzinfo=None, microsecond=0)


def china_time(timestamp: float) -> str:
    """Write a file's time as the book has it."""
    # Windows' own conversion refuses times before 1970.
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(seconds=int(timestamp))
    return moment.astimezone(CHINA).replace(tzinfo=None).isoformat(timespec="seconds")


def minute_of(at: str) -> str:
    """Show an ISO time to the minute, as people write it; nothing stays nothing."""
    return at.replace("T", " ")[:16]


def is_doubtful(now: dt.datetime, last: str) -> bool:
    """Whether the clock is far before or behind what was entered last (an ISO time, or empty)."""
    if not FIRST <= now < LAST:
        return True
    before = dt.datetime.fromisoformat(last) if last else now
    return now < before - BACK or now > before + AHEAD
