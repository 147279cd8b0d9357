"""Lay out what may go to the office above in 上报, and say whom each summary lacks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from huizong.history import Made, last_summary
from huizong.safely import free_name, told, write_safely
from huizong.texts import listed, say
from huizong.work import Work


def counted_lines(work: Work, made: Sequence[Made]) -> Iterator[str]:
    """Say of each summary that may go up how many units it counts, and which are missing."""
    for one in made:
        summary = last_summary(work.book, one.period, one.set_code)
        said = {"file": one.path, "reported": summary.reported, "expected": len(summary.units)}
        missing = [unit.unit.name for unit in summary.units if not unit.included]
        code = "submit.lacks" if missing else "submit.whole"
        yield say(code, **said, names=listed(missing))


def lay_out(summaries: Sequence[Path], folder: Path) -> tuple[Path, ...]:
    """
    Copy summaries into a folder, where each stands once; what a person changed there is kept.

    Raises:
        HuizongError: If the folder cannot be written to or the disk is full.
    """
    return tuple(_copied(path, folder / path.name) for path in summaries)


def _copied(summary: Path, target: Path) -> Path:
    try:
        content = summary.read_bytes()
        if target.exists() and target.read_bytes() == content:
            return target
    except OSError as error:
        raise told(error, target) from error
    safely = write_safely(free_name(target))
    with safely as temp:
        temp.write_bytes(content)
    return safely.path
