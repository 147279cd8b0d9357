"""Letters that lie in a folder as .eml files, as mail programs save them."""

from collections.abc import Collection, Iterator
from pathlib import Path

from huizong.errors import HuizongError
from huizong.inbox import settled, stat_of, text_of
from huizong.letter_store import Incoming
from huizong.letters import MOST_BYTES

# Of a letter that is too large only the beginning is kept: its headings.
BEGINNING = 64_000
KIND = "folder:"


def letters_below(folder: Path, seen: Collection[str]) -> Iterator[Incoming]:
    """
    Give the letters of a folder and those below it that were not seen yet, in order of names.

    One that is still being written is left for the next time.

    Raises:
        HuizongError: If there is no such folder (`error.mail_folder`).
    """
    if not folder.is_dir():
        raise HuizongError("error.mail_folder", folder=folder)
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() == ".eml")
    stats = [(path, stat) for path in paths if path.is_file() and (stat := stat_of(path))]
    places = {
        path: f"{KIND}{text_of(path.absolute())}|{stat.st_size}|{stat.st_mtime_ns}"
        for path, stat in stats
    }
    found, _ = settled([(path, stat) for path, stat in stats if places[path] not in seen])
    for path in found:
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError:  # gone, or closed to us: the next time
            continue
        cut = len(data) > MOST_BYTES
        yield Incoming(places[path], data[:BEGINNING] if cut else data, cut)
