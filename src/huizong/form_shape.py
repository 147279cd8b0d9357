"""What is wrong with the shape of a definition: which entry, which key, what may stand there."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Any, Literal, get_args, get_origin

import msgspec

from huizong.texts import catalogue, listed, say

# What an entry is called by, the first that it has.
_NAMES = ("code", "id", "key", "item", "zh")
# Keys whose headings, in the definition's workbook, are called otherwise in the catalogue.
_HEADINGS = {"zh": "name_zh", "en": "name_en"}
# Where a definition was read from is no key of it.
_OURS = "folder"
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")


class Flaw(msgspec.Struct, frozen=True):
    """
    One mistake in a definition; `code` names its words.

    `entry` names what it is about from the outermost on: a ledger by its code, then a column by
    its key; `nth` tells several of one name apart.
    """

    code: str
    entry: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, Any] = {}
    nth: int = 1

    @property
    def key(self) -> str:
        """The name of what it is about."""
        return self.entry[-1][1] if self.entry else ""


def flaw_of(why: str, table: Mapping[str, Any], record: type) -> Flaw:
    """Say what is wrong where msgspec says so (`… - at `$.indicators[3].type``)."""
    value, kind, entry, name = table, record, (), ""
    path = why.partition("`$")[2]
    for key, number in _STEP.findall(path):
        if number:
            value, kind = value[int(number)], _inner(kind)
            entry = (*entry, *_named(value, number))
        elif isinstance(value, dict) and key in value:
            value, kind, name = value[key], _types(kind).get(key, Any), key
    if isinstance(value, dict) and _is_record(kind):
        return _wrong_keys(value, kind, entry)
    entry = entry or ((name, ""),)
    if name == "total":
        return _wrong_total(entry, value)
    found = {"what": field_name(name), "found": _shown(value), "expected": wanted(kind)}
    return Flaw("definition.value", entry, found)


def _is_record(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _types(kind: Any) -> dict[str, Any]:
    if not _is_record(kind):
        return {}
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def _inner(kind: Any) -> Any:
    arguments = get_args(kind)
    return arguments[0] if get_origin(kind) is tuple and arguments else Any


def _named(value: Any, number: str) -> tuple[tuple[str, str], ...]:
    """Name an entry; one that has no name yet goes by its number."""
    if not isinstance(value, dict):
        return ()
    name = next((name for name in _NAMES if isinstance(value.get(name), str)), "")
    return ((name, value[name]),) if name else (("", say("definition.nth", nth=int(number) + 1)),)


def _wrong_keys(value: Mapping[str, Any], kind: Any, entry: tuple[tuple[str, str], ...]) -> Flaw:
    fields = msgspec.structs.fields(kind)
    known = [field.encode_name for field in fields if field.name != _OURS]
    strange = [key for key in value if key not in (*known, _OURS)]
    ways = get_args(_types(kind).get("total"))
    if strange and ways and value.get("total", "sum") not in ways:
        return _wrong_total(entry, value["total"])
    if strange:
        near = nearest(strange[0], known)
        found = {"what": strange[0], "near": near, "expected": listed(known)}
        return Flaw("definition.unknown_key", entry or ((strange[0], ""),), found)
    required = [field.encode_name for field in fields if field.required]
    missing = [field_name(key, kind) for key in required if key not in value]
    found = {"what": listed(missing), "expected": listed(required)}
    return Flaw("definition.missing_key", entry, found)


def _wrong_total(entry: tuple[tuple[str, str], ...], value: Any) -> Flaw:
    """A mean and the latest are ways that people look for: how each is done is told."""
    return Flaw("definition.total", entry, {"what": _shown(value)})


def nearest(name: str, known: Iterable[str]) -> str:
    """Ask for the name that was probably meant; empty if none is like it."""
    found = difflib.get_close_matches(name, list(known), 1, 0.8)
    return say("definition.near", name=found[0]) if found else ""


def field_name(key: str, record: type | None = None) -> str:
    """Name a key with the heading that it has in the definition's workbook."""
    column = key == "key" and record is not None and "total" not in _types(record)
    heading = f"design.{'column_key' if column else _HEADINGS.get(key, key)}"
    return say("definition.field", key=key, name=say(heading)) if heading in catalogue() else key


def wanted(kind: Any) -> str:
    """Say what may be written where a value of this type stands."""
    if get_origin(kind) is Literal:
        return listed(str(one) for one in get_args(kind) if one != "")
    if get_origin(kind) is tuple:
        return say("definition.kind_list", kind=wanted(get_args(kind)[0]))
    if get_args(kind) and NoneType in get_args(kind):
        return wanted(get_args(kind)[0])
    name = getattr(kind, "__name__", "")
    names = {"str": "text", "int": "whole", "float": "number", "Decimal": "number", "bool": "yes"}
    return say(f"definition.kind_{names.get(name, 'table')}")


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{…}"
    return "[…]" if isinstance(value, list) else str(value)


def line_of_entry(text: str, flaw: Flaw) -> int:
    """Find the line on which an entry of a definition stands; 0 if it is not found."""
    at = 0
    *outer, last = flaw.entry or (("", ""),)
    for name, value in outer:
        at = _after(text, name, value, at, 1)
        if at < 0:
            return 0
    at = _after(text, *last, at, flaw.nth)
    return text.count("\n", 0, at) + 1 if at > 0 else 0


def _after(text: str, name: str, value: str, at: int, nth: int) -> int:
    """Give the end of the nth `name = "value"` (or, without a value, of a line's `name =`)."""
    if not name:
        return -1
    quoted = re.escape(value).replace('"', r"\\?\"")
    wanted = rf"\b{name}\s*=\s*[\"']{quoted}[\"']" if value else rf"^\s*{name}\s*="
    found = list(re.compile(wanted, re.MULTILINE).finditer(text, at))
    return found[nth - 1].end() if len(found) >= nth else -1


def doubled(names: Sequence[str]) -> str:
    """Give the first of several names that stands twice; empty if none does."""
    return next((name for at, name in enumerate(names) if name in names[:at]), "")
