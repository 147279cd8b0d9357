"""Write filled-in workbooks in several processes: for the demo, tests and benchmarks."""

import datetime as dt
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.desk import Blank
from huizong.records import Identity, Reading
from huizong.work import checked_sets


def write_filled(
    writers: ProcessPoolExecutor, jobs: Sequence[tuple[Blank, Path]]
) -> Iterator[None]:
    """Write each workbook to its path, in any of the processes; yields once for each."""
    yield from writers.map(write_packed, [(_packed(blank), path) for blank, path in jobs])


def _packed(blank: Blank) -> bytes:
    """Send a blank to another process without its checked set, which that has itself."""
    fields = {name: getattr(blank, name) for name in blank.__struct_fields__ if name != "checked"}
    return msgspec.msgpack.encode(
        {**fields, "caches": None, "set": blank.form_set.code}, enc_hook=str
    )


def write_packed(job: tuple[bytes, Path]) -> None:
    """Write one workbook in a process of its own."""
    fields = msgspec.msgpack.decode(job[0])
    checked = checked_sets()[fields.pop("set")]
    fields.pop("caches")
    due = fields.pop("due")
    blank = Blank(
        checked=checked,
        identity=msgspec.convert(fields.pop("identity"), Identity),
        filling=msgspec.convert(fields.pop("filling"), Reading),
        due=dt.date.fromisoformat(due) if due else None,
        **fields,
    )
    write_blank(with_caches([blank])[0], job[1])
