"""Files that were not read for a fault of the program or of a form set: they are read again."""

from collections.abc import Iterator

import msgspec

from huizong.collect import STORED
from huizong.entries import Received, digest_of, files_of, readings_of
from huizong.former import known_version
from huizong.read import form_sets
from huizong.records import PENDING
from huizong.work import Work

# The program failed over a file, which need not be damaged; and, why one could not be taken then.
FAILED, UNMAPPED = "reader_failed", "old_version"


def read_again(work: Work) -> list[Received]:
    """List, as if they had just been stored, files that may be read now though not before."""
    failed = [one for one in files_of(work.book, states=(PENDING,)) if one.reason == FAILED]
    mapped = set(_mapped_since(work))
    files = files_of(work.book, digests=mapped) if mapped else ()
    return [
        msgspec.structs.replace(file, state=PENDING, reason=STORED) for file in (*failed, *files)
    ]


def _mapped_since(work: Work) -> Iterator[str]:
    """Name the files on a version that was not described when they came, and is by now."""
    # Of such a file no figure was taken.
    rows = work.book.ask("SELECT digest FROM reading WHERE id NOT IN (SELECT reading FROM figure)")
    for digest, reading in readings_of(work.book, [row[0] for row in rows]).items():
        form_set = form_sets().get(reading.identity.set_code)
        unmapped = any(one.code == UNMAPPED for one in reading.findings)
        if unmapped and form_set and known_version(form_set, reading.identity.version):
            yield digest_of(digest)
