"""Reporting periods: quarters, months, halves, years and ad hoc dates."""

import datetime as dt
import re
from dataclasses import dataclass

from huizong.errors import HuizongError

# Dates outside these years are slips, or numbers that a date format hides.
YEARS = range(1901, 2101)
# Months that a period of each kind covers; an ad hoc period (D) is a pair of dates instead.
_MONTHS = {"M": 1, "Q": 3, "H": 6, "Y": 12}
_PATTERN = re.compile(r"(\d{4})(?:Q([1-4])|M(0[1-9]|1[0-2])|H([12])|Y)")
_AD_HOC = re.compile(r"D(\d{8})-(\d{8})")
_DAY = r"(\d{4})[-.年](\d{1,2})[-.月](\d{1,2})日?"
_DATES = re.compile(f"{_DAY}[-—–~至]+{_DAY}")
_NUMERAL = "一二三四"
_NAMED = re.compile(r"(\d{4})年(?:第?([一二三四1-4])季度|([上下])半年|(\d{1,2})月份?|年?度?)")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A reporting period such as 2026Q1; `number` counts within the year, from 1."""

    start: dt.date
    end: dt.date
    kind: str

    @classmethod
    def parse(cls, text: str) -> "Period":
        """
        Read `2026Q1`, `2026M03`, `2026H1`, `2026Y` or `D20260101-20260215`.

        Raises:
            HuizongError: If the text is none of these (`error.period`).
        """
        folded = text.strip().upper()
        if (found := _PATTERN.fullmatch(folded)) and int(found[1]) in YEARS:
            number = next((int(group) for group in found.groups()[1:] if group), 1)
            return cls.of(int(found[1]), folded[4], number)
        try:
            return _ad_hoc(folded)
        except ValueError as error:
            raise HuizongError("error.period", text=text) from error

    @classmethod
    def of(cls, year: int, kind: str, number: int = 1) -> "Period":
        """Build the `number`-th period of `kind` (M, Q, H, Y) of a year."""
        months = _MONTHS[kind]
        first = (number - 1) * months + 1
        after = dt.date(year + (first + months > 12), (first + months - 1) % 12 + 1, 1)
        return cls(dt.date(year, first, 1), after - dt.timedelta(days=1), kind)

    @property
    def year(self) -> int:
        """The year it belongs to: the one it starts in."""
        return self.start.year

    @property
    def number(self) -> int:
        """Which one it is within its year, from 1; an ad hoc period is always 1."""
        return 1 if self.kind == "D" else (self.start.month - 1) // _MONTHS[self.kind] + 1

    @property
    def quarter(self) -> int:
        """The quarter that its last day falls in."""
        return (self.end.month - 1) // 3 + 1

    @property
    def quarters(self) -> tuple[int, ...]:
        """All quarters that it touches, those of its own year."""
        last = self.quarter if self.end.year == self.year else 4
        return tuple(range((self.start.month - 1) // 3 + 1, last + 1))

    @property
    def previous(self) -> "Period | None":
        """The period of the same kind just before; an ad hoc period has none."""
        if self.kind == "D":
            return None
        if self.number > 1:
            return Period.of(self.year, self.kind, self.number - 1)
        return Period.of(self.year - 1, self.kind, 12 // _MONTHS[self.kind])

    @property
    def year_ago(self) -> "Period | None":
        """The same period of last year; an ad hoc period has none."""
        return None if self.kind == "D" else Period.of(self.year - 1, self.kind, self.number)

    @property
    def within_year(self) -> "tuple[Period, ...]":
        """All periods of its kind from the start of the year up to itself."""
        if self.kind == "D":
            return (self,)
        return tuple(Period.of(self.year, self.kind, n) for n in range(1, self.number + 1))

    @classmethod
    def named(cls, text: str) -> "Period | None":
        """Read a period as a heading has it (2026年第一季度, two dates) or as a code, else None."""
        folded = re.sub(r"\s", "", text)
        if dates := _DATES.fullmatch(folded):
            year, month, day, *end = map(int, dates.groups())
            folded = f"D{year:04}{month:02}{day:02}-{end[0]:04}{end[1]:02}{end[2]:02}"
        found = _NAMED.fullmatch(folded)
        try:
            if not found:
                return cls.parse(folded)
            year, quarter, half, month = found.groups()
            if quarter:
                return cls.parse(f"{year}Q{'一二三四1234'.index(quarter) % 4 + 1}")
            if half:
                return cls.parse(f"{year}H{'上下'.index(half) + 1}")
            return cls.parse(f"{year}M{int(month):02}" if month else f"{year}Y")
        except HuizongError:
            return None

    @property
    def zh(self) -> str:
        """Its name as a form's heading has it."""
        year = f"{self.year}年"
        if self.kind == "Q":
            return f"{year}第{_NUMERAL[self.number - 1]}季度"
        if self.kind == "H":
            return f"{year}{'上下'[self.number - 1]}半年"
        if self.kind == "D":
            return f"{self.start:%Y.%m.%d}-{self.end:%Y.%m.%d}"
        return f"{year}{self.number}月" if self.kind == "M" else f"{year}度"

    @property
    def en(self) -> str:
        """Its name in English texts."""
        return str(self)

    def __str__(self) -> str:
        if self.kind == "D":
            return f"D{self.start:%Y%m%d}-{self.end:%Y%m%d}"
        return f"{self.year}" + {"Y": "Y", "M": f"M{self.number:02}"}.get(
            self.kind, f"{self.kind}{self.number}"
        )


def _ad_hoc(text: str) -> Period:
    found = _AD_HOC.fullmatch(text)
    if not found:
        raise ValueError(text)
    start, end = (dt.datetime.strptime(day, "%Y%m%d").date() for day in found.groups())
    if end < start or start.year not in YEARS or end.year not in YEARS:
        raise ValueError(text)
    return Period(start, end, "D")
