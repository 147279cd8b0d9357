"""Which file of a unit that has sent nothing else waits for the officer, or was refused."""

import re
from collections.abc import Sequence

from huizong.entries import Received
from huizong.records import NOT_A_RETURN, PENDING, RETURNED


def sent_in_vain(
    files: Sequence[Received], period: str, set_code: str, unit: tuple[str, str]
) -> Received | None:
    """Find the last file that seems to be a unit's and was not taken: by its code or its name."""
    code, name = unit
    # The name of 新和平社区 is not that of 和平社区.
    named = re.compile(rf"{code}|(?<![^\W_]){re.escape(name)}")
    found = [
        file for file in files
        if file.state in (PENDING, RETURNED, NOT_A_RETURN)
        and file.set_code in ("", set_code)
        and file.period in ("", period)
        and (file.unit == code or (not file.unit and named.search(file.name)))
    ]  # fmt: skip
    return max(found, key=lambda file: file.received_at, default=None)


def held_file(
    files: Sequence[Received], period: str, set_code: str, unit: tuple[str, str]
) -> Received | None:
    """Find the last file of a unit that waits for the officer."""
    waiting = [one for one in files if one.state == PENDING and one.reason != "placed"]
    return sent_in_vain(waiting, period, set_code, unit)
