"""Open a table that somebody has filled in (.xlsx, .csv) in a child process with limits."""

from pathlib import Path

import msgspec

from huizong.children import Children
from huizong.errors import HuizongError
from huizong.roster import read_tables

TASK = "huizong.table_files:tables_of"
Tables = list[tuple[str, list[list[object]]]]


class Opened(msgspec.Struct, frozen=True):
    """The rows of each sheet, dates as ISO texts, or the code of what kept it from being read."""

    tables: Tables = []
    code: str = ""
    details: dict[str, str] = {}


def tables_of(path: str) -> bytes:
    """Read all sheets of one file. The task of a child."""
    try:
        opened = Opened(list(read_tables(Path(path))))
    except HuizongError as error:
        told = {name: str(value) for name, value in error.details.items()}
        opened = Opened(code=error.code, details=told)
    return msgspec.msgpack.encode(opened)


def read_apart(path: Path) -> Tables:
    """
    Give the rows of each sheet of a file; rows start at A1.

    Raises:
        HuizongError: If it is not there, no table, or not to be read.
    """
    with Children(1, TASK) as children:
        (outcome,) = children.run([(str(path),)])
    if outcome.value is None:
        raise HuizongError("error.workbook_damaged", file=path.name, why=outcome.died)
    opened = msgspec.msgpack.decode(outcome.value, type=Opened)
    if opened.code:
        raise HuizongError(opened.code, **opened.details)
    return opened.tables
