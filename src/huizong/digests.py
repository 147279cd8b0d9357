"""Count names at every level without sending them upward: keyed digests stand in their place.

The key is made at the top, travels down in a small file beside the blanks, never to communities.
"""

import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from huizong.book import Book
from huizong.cells import squash
from huizong.forms import FormSet
from huizong.records import Reading, Unit
from huizong.safely import write_safely

ENDING = ".hzkey"
META = "digest_key"
_MARK, _DIGEST, _SECRET = 8, 32, 64


class DigestKey(msgspec.Struct, frozen=True):
    """The secret that digests are made with, and the office that made it."""

    secret: str
    origin: str
    made_at: str

    @property
    def mark(self) -> str:
        """Tell keys apart without showing them: digests of two keys are never compared."""
        return self._digest("key")[:_MARK]

    def of(self, code: str, name: str) -> str:
        """Work out the digest of a name that is counted under an indicator."""
        return self._digest(f"{code}\0{name}")[:_DIGEST]

    def _digest(self, text: str) -> str:
        return hmac.new(bytes.fromhex(self.secret), text.encode(), hashlib.sha256).hexdigest()


class Counted(msgspec.Struct, frozen=True):
    """How many different names there are, and their digests under the key `mark`."""

    count: int
    digests: tuple[str, ...] = ()
    mark: str = ""


def key_of(book: Book) -> DigestKey | None:
    """Give the office's key; None if it has none."""
    text = book.meta(META)
    return msgspec.json.decode(text, type=DigestKey) if text else None


def save_key(book: Book, key: DigestKey) -> None:
    """Keep a key in the book of record."""
    book.set_meta(META, msgspec.json.encode(key).decode())


def key_for_issuing(book: Book, origin: str, at: str) -> DigestKey:
    """Give the office's key; an office that has none from above is the top and makes one."""
    known = key_of(book)
    if known is None:
        known = DigestKey(secrets.token_hex(_SECRET // 2), origin, at)
        save_key(book, known)
    return known


def count_distinct(
    code: str, names: Sequence[tuple[str, ...]], summaries: Sequence[Reading], key: DigestKey | None
) -> Counted | None:
    """
    Count different names, of this office's own returns and of the summaries from below.

    None if that cannot be told: a summary without digests, digests of two keys, or names beside
    digests without the key that these were made with.
    """
    own = {"\x1f".join(squash(part).casefold() for part in name) for name in names}
    marks = {reading.digest_key for reading in summaries}
    if any(not reading.digests.get(code) for reading in summaries) or len(marks) > 1:
        return None
    if not summaries:
        made = tuple(sorted(key.of(code, name) for name in own)) if key else ()
        return Counted(len(own), made, key.mark if key else "")
    (mark,) = marks
    if own and (key is None or key.mark != mark):
        return None
    found = {digest for reading in summaries for digest in reading.digests[code]}
    found |= {key.of(code, name) for name in own} if key else set()
    return Counted(len(found), tuple(sorted(found)), mark)


def names_of(reading: Reading, symbol: str, keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Give the names in some columns of a ledger, row by row; rows without any are left out."""
    for rows in reading.ledgers:
        if rows.symbol != symbol or any(key not in rows.keys for key in keys):
            continue
        places = [rows.keys.index(key) for key in keys]
        for row in rows.rows:
            name = tuple(row[at] or "" for at in places)
            if any(name):
                yield name


def counts_names(form_set: FormSet) -> bool:
    """Whether a form set has figures that are counted by name."""
    return any(indicator.total == "distinct" for indicator in form_set.indicators)


def write_key(path: Path, key: DigestKey, sender: str, to: str) -> None:
    """Write the key for one office below; only its owner can read the file."""
    told = {
        "huizong": META, "from": sender, "to": to,
        "origin": key.origin, "made_at": key.made_at, "secret": key.secret,
    }  # fmt: skip
    told["check"] = _check(told)
    with write_safely(path) as temp:
        temp.touch(0o600)
        temp.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _check(told: Mapping[str, str]) -> str:
    """A seal under the secret itself: it finds a damaged or edited file, not a forger."""
    text = "\0".join(told[name] for name in ("from", "to", "origin", "made_at"))
    return hmac.new(bytes.fromhex(told["secret"]), text.encode(), hashlib.sha256).hexdigest()


def take_key(book: Book, data: bytes, office: Unit) -> str:
    """
    Take a key that came from the office above; give the finding that says what became of it.

    A key made later replaces an earlier one, and one from above always the office's own.
    """
    try:
        told = json.loads(data)
        key = DigestKey(told["secret"], told["origin"], told["made_at"])
        whole = hmac.compare_digest(_check(told), told["check"]) and len(key.secret) == _SECRET
        dt.datetime.fromisoformat(key.made_at)
    except (ValueError, KeyError, TypeError, UnicodeDecodeError, AttributeError):
        return "file_key_damaged"
    if not whole:
        return "file_key_damaged"
    if told["to"] != office.code or (office.parent and told["from"] != office.parent):
        return "file_key_not_ours"
    known = key_of(book)
    if known and known.origin != office.code and known.made_at > key.made_at:
        return "file_key_older"
    if known != key:
        save_key(book, key)
    return "file_key_taken"
