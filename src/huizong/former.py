"""Former versions of a form set: read a return on an older template, map it to the present one."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

from huizong.findings import both, named
from huizong.form_shape import Flaw, doubled, nearest
from huizong.forms import FormSet, Indicator, Ledger, definition_error, read_toml, shaped
from huizong.records import FigureCell, Finding, Reading


class Removed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A figure that was asked then and is no more."""

    code: str
    zh: str
    en: str


class Former(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    How a former version differed: the file `versions/VERSION.toml` of a form set.

    `renamed` gives present codes by those of then, `names` the wording of then by present code,
    `new` what was not asked, `columns` the headings of then by ledger and key, `new_columns` what
    a ledger had not. A version that is `refused` cannot be mapped.
    """

    refused: bool = False
    renamed: Mapping[str, str] = {}
    names: Mapping[str, str] = {}
    new: tuple[str, ...] = ()
    removed: tuple[Removed, ...] = ()
    columns: Mapping[str, Mapping[str, str]] = {}
    new_columns: Mapping[str, tuple[str, ...]] = {}


@cache
def former_versions(folder: str) -> Mapping[str, Former]:
    """
    Read the former versions of the form set in a folder, by version.

    Raises:
        DefinitionError: If a file is no such description.
    """
    return {path.stem: _described(path) for path in _files(folder)}


def _files(folder: str) -> tuple[Path, ...]:
    return tuple(sorted(Path(folder, "versions").glob("*.toml"))) if folder else ()


def _described(path: Path) -> Former:
    set_code, name = path.parent.parent.name, f"versions/{path.name}"
    table, text = read_toml(path, set_code, name)
    return shaped(table, Former, {name: text}, set_code)


def check_versions(form_set: FormSet) -> None:
    """
    Refuse a description of a former version by which no return could be read.

    Raises:
        DefinitionError: With the file, and the code that cannot be.
    """
    for version, former in former_versions(form_set.folder).items():
        path = Path(form_set.folder, "versions", f"{version}.toml")
        texts = {f"versions/{path.name}": path.read_text(encoding="utf-8-sig")}
        for flaw in _flaws(form_set, former, version):
            raise definition_error(flaw, texts, form_set.code)


def _flaws(form_set: FormSet, former: Former, version: str) -> Iterator[Flaw]:
    """List what a description says of figures, ledgers and columns that there are not."""
    if version == form_set.version:
        yield Flaw("definition.version_now", details={"what": version})
    codes = form_set.by_code
    named = {"new": former.new, "names": former.names, "renamed": former.renamed.values()}
    for key, found in named.items():
        for code in found:
            if code not in codes:
                yield _unknown("unknown_code", key, code, codes)
    for code in former.new:
        if code in former.renamed.values():
            yield Flaw("definition.new_renamed", (("new", ""),), {"key": "new", "what": code})
    ledgers = {one.code: one for one in form_set.ledgers}
    for key, found in (("columns", former.columns), ("new_columns", former.new_columns)):
        for code, columns in found.items():
            if code not in ledgers:
                yield _unknown("unknown_ledger", key, code, ledgers)
                continue
            known = ledgers[code].by_key
            for column in columns:
                if column not in known:
                    yield _unknown("unknown_column", key, column, known, ledger=code)
    if twice := doubled(_codes_then(form_set, former)):
        yield Flaw("definition.then_double", (("code", twice),), {"what": twice})


def _unknown(code: str, key: str, what: str, known: Iterable[str], **more: str) -> Flaw:
    details = {"key": key, "what": what, "near": nearest(what, known), **more}
    return Flaw(f"definition.{code}", ((key, ""),), details)


def _codes_then(form_set: FormSet, former: Former) -> list[str]:
    then = {now: code for code, now in former.renamed.items()}
    kept = [one.code for one in form_set.indicators if one.code not in former.new]
    return [then.get(code, code) for code in kept] + [one.code for one in former.removed]


def known_version(form_set: FormSet, version: str) -> Former | None:
    """Give how a version differed, None if it is not known or cannot be mapped."""
    former = former_versions(form_set.folder).get(version)
    return None if former is None or former.refused else former


def as_then(form_set: FormSet, former: Former, version: str) -> FormSet:
    """Give the form set as a reader of that version's returns needs it."""
    codes = {now: then for then, now in former.renamed.items()}
    kept = (
        msgspec.structs.replace(
            one, code=codes.get(one.code, one.code), zh=former.names.get(one.code, one.zh)
        )
        for one in form_set.indicators
        if one.code not in former.new
    )
    removed = (
        Indicator(code=one.code, zh=one.zh, en=one.en, unit="", type="text", time="flow")
        for one in former.removed
    )
    ledgers = tuple(_ledger_then(one, former) for one in form_set.ledgers)
    return msgspec.structs.replace(
        form_set, version=version, indicators=(*kept, *removed), ledgers=ledgers
    )


def _ledger_then(ledger: Ledger, former: Former) -> Ledger:
    names = former.columns.get(ledger.code, {})
    absent = former.new_columns.get(ledger.code, ())
    columns = tuple(
        msgspec.structs.replace(one, zh=names.get(one.key, one.zh))
        for one in ledger.columns
        if one.key not in absent
    )
    return msgspec.structs.replace(ledger, columns=columns)


def as_now(reading: Reading, form_set: FormSet, former: Former) -> Reading:
    """Put a reading of a former version under the present codes; what was done is listed."""
    gone = {one.code for one in former.removed}
    figures = tuple(_renamed(one, former) for one in reading.figures if one.code not in gone)
    asked = tuple(FigureCell(code, "blank") for code in former.new)
    findings = tuple(
        msgspec.structs.replace(one, subject=former.renamed.get(one.subject, one.subject))
        for one in reading.findings
        if one.subject not in gone
    )
    return msgspec.structs.replace(
        reading,
        figures=(*figures, *asked),
        previous=tuple(_renamed(one, former) for one in reading.previous if one.code not in gone),
        remarks={former.renamed.get(code, code): text for code, text in reading.remarks.items()},
        findings=(*findings, *_mapped(reading, form_set, former)),
    )


def _renamed(cell: FigureCell, former: Former) -> FigureCell:
    return msgspec.structs.replace(cell, code=former.renamed.get(cell.code, cell.code))


def _mapped(reading: Reading, form_set: FormSet, former: Former) -> Iterator[Finding]:
    """List what was taken under another code or name, what was not taken, what is still asked."""
    version = {"found": reading.identity.version, "expected": form_set.version}
    yield Finding("former_version", "info", reading.sheet, "", form_set.code, version)
    removed = {one.code: one for one in former.removed}
    for cell in reading.figures:
        code = former.renamed.get(cell.code, cell.code)
        if cell.code in removed and cell.state != "blank":
            details = {**named(removed[cell.code]), "found": cell.typed}
            yield Finding("former_removed", "info", reading.sheet, cell.cell, cell.code, details)
        elif code != cell.code or code in former.names:
            one = form_set.by_code[code]
            details = {**named(one), **both("first", *_then(cell.code, former, one))}
            yield Finding("former_renamed", "info", reading.sheet, cell.cell, code, details)
    for code in former.new:
        one = form_set.by_code[code]
        if one.required and not one.computed:
            details = {**named(one), "version": reading.identity.version}
            yield Finding("former_new", "must", reading.sheet, "", code, details)


def _then(code: str, former: Former, now: Indicator) -> tuple[str, str]:
    """Say how a figure was called then: its code and the wording of that time."""
    return f"{code} {former.names.get(now.code, now.zh).strip()}", f"{code} {now.en.strip()}"
