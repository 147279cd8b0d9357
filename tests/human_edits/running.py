"""Make, read and judge many edits, and say how each one that went wrong is made again."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from human_edits.catalogue import Edit, edits
from human_edits.judge import REFUSED, WRONG, Table, Verdict, judged
from human_edits.office import office_edits
from uno_session import uno_session

OFFICE = "office"


def of_files(seed: int, numbers: Iterable[int], keep: Path | None = None) -> Table:
    """Make edits of files and judge them; the edited files stay in the folder `keep`."""
    return table_of(seed, _kept(edits(seed, numbers), keep))


def of_the_office(
    seed: int, numbers: Iterable[int], folder: Path, keep: Path | None = None
) -> Table:
    """Make edits through one LibreOffice and judge them."""
    with uno_session(folder) as session:
        return table_of(seed, _kept(office_edits(session, folder, seed, numbers), keep))


def _kept(made: Iterable[Edit], folder: Path | None) -> Iterator[Edit]:
    for one in made:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            ending = one.names[-1] if one.kind.startswith(OFFICE) else "xlsx"
            path = folder / f"{one.kind}-{one.number}.{ending}"
            path.write_bytes(one.data)
            print(f"{'+'.join(one.names)}: {path}")
        yield one


def table_of(seed: int, made: Iterable[Edit]) -> Table:
    """Judge edits, print those that went wrong, and count all."""
    table = Table()
    for verdict in judged(made):
        table.add(verdict)
        if verdict.outcome in (WRONG, REFUSED):
            print(line(seed, verdict), flush=True)
    return table


def line(seed: int, verdict: Verdict) -> str:
    """Say what went wrong with an edit, and how to make it again."""
    where = f"{OFFICE}:" if verdict.kind.startswith(OFFICE) else ""
    names = "+".join(verdict.names)
    again = f"SEED={seed} ONLY={where}{verdict.number} make edits"
    return f"{verdict.outcome}: {names}: {verdict.why}   # {again}"


def together(*tables: Table) -> Table:
    """Count several tables as one."""
    whole = Table()
    for table in tables:
        whole.counts.update(table.counts)
        whole.due += table.due
        whole.lost += table.lost
    return whole
