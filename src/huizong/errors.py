"""Faults of the run. A unit's mistake is a finding, never an exception."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any


class HuizongError(Exception):
    """Something kept a command from running; `code` names its words in the catalogue of texts."""

    def __init__(self, code: str, /, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details: Mapping[str, Any] = details

    def __str__(self) -> str:
        # Imported late: the catalogue itself raises this error for a text that does not exist.
        from huizong.texts import say

        return say(self.code, **self.details)


class DefinitionError(HuizongError):
    """
    A form set is wrong; details carry what is wrong, and where as far as it is known.

    That is `set`, `file`, `line` (0 if unknown) and `key`; the words have them as `place`.
    """

    def __str__(self) -> str:
        from huizong.texts import marked, say

        names = (name for name in ("set", "file", "line", "key") if self.details.get(name))
        parts = [say(f"definition.at_{name}", **{name: self.details[name]}) for name in names]
        return say(self.code, **{**self.details, "place": marked("，").join(parts)})


def place_of(error: BaseException) -> str:
    """Tell where a fault of our own lies, for the next developer; never what stood in a cell."""
    last = error.__traceback__
    while last and last.tb_next:
        last = last.tb_next
    return f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "?"
