"""Search files for what must not stand in them, in whatever they are wrapped."""

import email
import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from email.policy import default
from pathlib import Path

# What tests put into returns and letters, or type as a password; one for each clerk.
CLERKS = range(1, 7)
PASSWORD = "long-and-secret-4711"
IDENTITY, MOBILE = "110101199003072316", "1380000"


def seeded() -> tuple[str, ...]:
    """Give all that tests seed and that must not lie about."""
    numbers = (one for number in CLERKS for one in (identity(number), mobile(number)))
    return (*numbers, IDENTITY, MOBILE, PASSWORD)


def identity(number: int) -> str:
    """Make up an identity number of a place that does not exist, with its right check digit."""
    digits = f"99010119900307{number:03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(one) * weight for one, weight in zip(digits, weights, strict=True))
    return digits + "10X98765432"[total % 11]


def mobile(number: int) -> str:
    """Make up a telephone number."""
    return f"1390000{4000 + number * 11}"


def found_below(folder: Path, wanted: Iterable[str]) -> list[tuple[str, str]]:
    """List the files below a folder, by path, whose name or contents hold one of these."""
    pattern = re.compile("|".join(map(re.escape, wanted)))
    return sorted(
        {
            (path.relative_to(folder).as_posix(), one)
            for path in folder.rglob("*")
            for text in (path.name, *(texts_of(path.read_bytes()) if path.is_file() else ()))
            for one in pattern.findall(text)
        }
    )


def texts_of(data: bytes) -> Iterator[str]:
    """Give what stands in a file: as it is, in its parts if it is an archive or a letter."""
    yield data.decode("latin-1")
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield from texts_of(archive.read(name))
    elif b"\nContent-Type:" in data[:20_000]:
        message = email.message_from_bytes(data, policy=default)
        yield str(message["subject"])
        for part in message.walk():
            yield part.get_filename() or ""
            if not part.is_multipart():
                yield from texts_of(part.get_payload(decode=True) or b"")
