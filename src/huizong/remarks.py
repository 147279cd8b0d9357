"""What the doctor says of a computer: how it stands, and how to mend what is wrong."""

from collections.abc import Iterator, Mapping

import msgspec

from huizong.texts import catalogue, say

# What keeps something from working; what works, but should be known; what is well.
LEVELS = ("mend", "note", "good")


class Remark(msgspec.Struct, frozen=True):
    """
    One thing that was looked at, and its level.

    `code` names its words, and those of its remedy.
    """

    code: str
    level: str
    details: Mapping[str, object]

    def lines(self) -> Iterator[str]:
        """Say it, and below it what to do."""
        yield say(f"doctor.level_{self.level}", text=say(f"doctor.{self.code}", **self.details))
        if self.level != "good" and f"doctor.{self.code}_remedy" in catalogue():
            yield say("doctor.remedy", text=say(f"doctor.{self.code}_remedy", **self.details))


def good(code: str, **details: object) -> Remark:
    """Say that something is as it should be."""
    return Remark(code, "good", details)


def note(code: str, **details: object) -> Remark:
    """Say what should be known."""
    return Remark(code, "note", details)


def mend(code: str, **details: object) -> Remark:
    """Say what has to be mended."""
    return Remark(code, "mend", details)
