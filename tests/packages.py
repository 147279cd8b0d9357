"""Look over a workbook as a package of parts: types, relationships, well-formed XML."""

import io
import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from xml.etree import ElementTree

TYPES = "[Content_Types].xml"
_TYPE = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"


def parts_of(data: bytes) -> dict[str, bytes]:
    """Give the parts of a package by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def faults(parts: Mapping[str, bytes]) -> list[str]:
    """List what is wrong with a package, as [ISO 29500-2] has it."""
    broken = [
        name for name in parts if name.endswith((".xml", ".rels")) and not _parsed(parts[name])
    ]
    if broken:
        return [f"{name}: not well-formed" for name in broken]
    return [*_untyped(parts), *_dangling(parts)]


def _parsed(part: bytes) -> bool:
    try:
        ElementTree.fromstring(part)
    except ElementTree.ParseError:
        return False
    return True


def _untyped(parts: Mapping[str, bytes]) -> Iterator[str]:
    """Every part has a type, and every type a part."""
    types = ElementTree.fromstring(parts[TYPES])
    endings = {one.get("Extension") for one in types.iter(f"{_TYPE}Default")}
    named = [str(one.get("PartName")) for one in types.iter(f"{_TYPE}Override")]
    yield from (f"{name}: typed twice" for name in {one for one in named if named.count(one) > 1})
    yield from (f"{name}: typed, not there" for name in named if name[1:] not in parts)
    for name in parts.keys() - {TYPES}:
        if f"/{name}" not in named and name.rpartition(".")[2] not in endings:
            yield f"{name}: no type"


def _dangling(parts: Mapping[str, bytes]) -> Iterator[str]:
    """Every relationship leads to a part, has a name of its own, and every part is led to."""
    reached = {TYPES}
    for name in (name for name in parts if name.endswith(".rels")):
        reached.add(name)
        folder = posixpath.dirname(posixpath.dirname(name))
        relations = list(ElementTree.fromstring(parts[name]).iter(_RELATION))
        if len({one.get("Id") for one in relations}) < len(relations):
            yield f"{name}: a name stands twice"
        for one in relations:
            target = posixpath.normpath(posixpath.join(folder, str(one.get("Target"))))
            reached.add(target.lstrip("/"))
            if one.get("TargetMode") != "External" and target.lstrip("/") not in parts:
                yield f"{name}: leads to {target}, which is not there"
    yield from (f"{name}: nothing leads to it" for name in parts.keys() - reached)
