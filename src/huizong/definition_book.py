"""A form set's definition as one Excel workbook, for designers: from TOML and back."""

import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from huizong.cells import squash
from huizong.errors import DefinitionError, HuizongError
from huizong.forms import (
    Column,
    FormSet,
    Indicator,
    Ledger,
    PlanItem,
    Relation,
    TextSection,
    installed,
    read_form_set,
    read_installed,
)
from huizong.language import check
from huizong.roster import sheets_of
from huizong.safely import write_safely
from huizong.sheets import plain_text
from huizong.styles import Styles
from huizong.tables import Table, new_workbook
from huizong.texts import catalogue, listed, say

# Names of the five sheets: people who work in Excel speak of them by these.
FORM, FIGURES, LEDGERS, RELATIONS, PLAN = "报表", "指标", "台账", "审核关系", "计划"
SHEETS = {
    FIGURES: ("indicators", Indicator),
    RELATIONS: ("relations", Relation),
    PLAN: ("plan_items", PlanItem),
}
# A row of 报表 says one thing about the set; several rows of one name make a list.
_NAME, _VALUE = "field", "value"
_SECTION = "sections"
_JOIN = "；"
# Fields whose heading has another name in the catalogue.
_LABELS = {"zh": "name_zh", "en": "name_en"}
_FIELDS = {"column_key": "key", "name_zh": "zh", "name_en": "en"}
_WIDE = frozenset(
    ("definition", "definition_en", "from", "ratio", "rule", "source", "measure", "help", "help_en")
)
_MADE = dt.datetime(2026, 1, 1)
# Where an entry was read from, kept beside its fields until it is written.
_ROW = "#"
_YES, _NO = ("√", "✓", "✔", "true", "1", "y"), ("×", "✗", "false", "0", "n")
_BETWEEN = re.compile(r"[；;\n]")
_BETWEEN_NUMBERS = re.compile(r"[；;、，,\s]+")
Place = tuple[str, int]  # sheet and row
Record = type[msgspec.Struct]
Rows = Sequence[Sequence[Any]]


def export(set_code: str, path: Path) -> None:
    """
    Write an installed definition to a workbook.

    Raises:
        HuizongError: If the set is not installed (`error.unknown_set`).
    """
    folder = installed().get(set_code.upper())
    if folder is None:
        raise HuizongError("error.unknown_set", set=set_code, known=listed(installed()))
    table = tomllib.loads((folder / "definition.toml").read_text(encoding="utf-8"))
    with write_safely(path) as temp, new_workbook(temp, str(table["title"]), _MADE) as book:
        styles = Styles(book)
        _write(book, styles, FORM, [_NAME, _VALUE, *_keys(TextSection)], list(_form_rows(table)))
        for name in (FIGURES, LEDGERS, RELATIONS, PLAN):
            keys = _ledger_keys() if name == LEDGERS else _keys(SHEETS[name][1])
            rows = list(_ledger_rows(table)) if name == LEDGERS else table.get(SHEETS[name][0], [])
            _write(book, styles, name, keys, rows)


def _keys(record: Record) -> list[str]:
    """List the fields of a part of a definition, by their names in TOML."""
    return [field.encode_name for field in msgspec.structs.fields(record)]


def _ledger_keys() -> list[str]:
    """The ledger's own row and its columns share one heading."""
    own = [key for key in _keys(Ledger) if key not in ("columns", "code", *_keys(Column))]
    return ["code", *_keys(Column), *own]


def _form_rows(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for key, value in table.items():
        if key in ("indicators", "relations", "plan_items", "ledgers", _SECTION):
            continue
        for one in value if isinstance(value, list) else [value]:
            yield {_NAME: say(_label(key)), _VALUE: one}
    for section in table.get(_SECTION, []):
        yield {_NAME: say(f"design.{_SECTION}"), **section}


def _ledger_rows(table: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for ledger in table.get("ledgers", []):
        yield {key: value for key, value in ledger.items() if key != "columns"}
        for column in ledger["columns"]:
            yield {"code": ledger["code"], **column}


def _write(
    book: Any, styles: Styles, name: str, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> None:
    widths = [36 if key in _WIDE else 22 if key in ("zh", "en", "value") else 11 for key in keys]
    table = Table(book, styles, name, widths)
    table.headings([say(_label(key, name)) for key in keys])
    text, number = styles("text"), styles("number")
    for row, entry in enumerate(rows, table.row):
        for column, key in enumerate(keys):
            value = entry.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                table.sheet.write_number(row, column, value, number)
            elif value not in (None, ""):
                table.sheet.write_string(row, column, _shown(value), text)
    table.page()


def _label(key: str, sheet: str = "") -> str:
    """Name the text of a field's heading."""
    # A ledger's column and a report's section have a key; an indicator may be a key figure.
    if key == "key" and sheet in (FORM, LEDGERS):
        return "design.column_key"
    return f"design.{_LABELS.get(key, key)}"


def _shown(value: Any) -> str:
    """Show a value as a designer types it; outer blanks stay, they indent names."""
    if isinstance(value, bool):
        return say("design.yes") if value else say("design.no")
    return _JOIN.join(map(str, value)) if isinstance(value, list) else str(value)


def import_definition(path: Path, folder: Path) -> FormSet:
    """
    Read a definition's workbook, check it as any definition, and write it as TOML into a folder.

    Raises:
        DefinitionError: If it is no definition, with sheet and row of the entry at fault.
        HuizongError: If the folder holds a definition already (`error.definition_exists`).
    """
    target = folder / "definition.toml"
    if target.exists():
        raise HuizongError("error.definition_exists", folder=folder)
    if not path.is_file():
        raise HuizongError("error.no_file", path=path)
    sheets = dict(sheets_of(path.read_bytes(), path))
    lines = list(_lines(_read(sheets, path.name)))
    with write_safely(target) as temp:
        temp.write_text("\n".join(text for text, _ in lines) + "\n", encoding="utf-8")
    try:
        form_set = read_form_set(folder)
        check(form_set, {**read_installed(), form_set.code: form_set})
    except DefinitionError as error:
        target.unlink()
        raise _placed(error, [place for _, place in lines], path.name) from error
    return form_set


def _placed(error: DefinitionError, places: Sequence[Place], file: str) -> DefinitionError:
    """Say where in the workbook the entry stands that a fault is about; one line is one row."""
    line = error.details.get("line", 0)
    if error.details.get("file") != "definition.toml":
        return error
    sheet, row = places[line - 1] if line else (FORM, 0)
    details = {**error.details, "set": "", "file": f"{file} {sheet}".strip(), "line": row}
    return DefinitionError(error.code, **details)


def _read(sheets: Mapping[str, Rows], file: str) -> dict[str, Any]:
    missing = [name for name in (FORM, FIGURES, LEDGERS, RELATIONS, PLAN) if name not in sheets]
    if missing:
        raise DefinitionError("definition.sheet", file=file, what=listed(missing))
    table = _form(sheets[FORM], file)
    for name, (key, record) in SHEETS.items():
        rows = [_typed(entry, record) for entry in _entries(sheets[name], name, file)]
        if rows:
            table[key] = rows
    if ledgers := _ledgers(sheets[LEDGERS], file):
        table["ledgers"] = ledgers
    return table


def _entries(rows: Rows, name: str, file: str) -> Iterator[dict[str, Any]]:
    """Read the rows below the heading, by field; blanks are left out."""
    known = _labels()
    heading = (
        [known.get(squash(cell), "") if isinstance(cell, str) else "" for cell in rows[0]]
        if rows
        else []
    )
    strange = [
        str(cell)
        for cell, key in zip(rows[0] if rows else (), heading, strict=True)
        if cell != "" and not key
    ]
    if strange or not any(heading):
        raise DefinitionError(
            "definition.heading",
            file=f"{file} {name}",
            line=1,
            what=listed(strange) or "——",
        )
    for number, row in enumerate(rows[1:], 2):
        entry = {
            key: cell
            for key, cell in zip(heading, row, strict=False)
            if key and cell not in ("", None)
        }
        if entry:
            yield {**entry, _ROW: (name, number)}


def _labels() -> dict[str, str]:
    """Every heading in either language, and the field's own name."""
    found: dict[str, str] = {}
    for code, texts in catalogue().items():
        prefix, _, key = code.partition(".")
        if prefix == "design":
            field = _FIELDS.get(key, key)
            found |= {squash(text): field for text in (*texts.values(), field)}
    return found


def _form(rows: Rows, file: str) -> dict[str, Any]:
    table: dict[str, Any] = {_ROW: {}}
    known = _labels()
    types = _types(FormSet)
    for entry in _entries(rows, FORM, file):
        name, (_, row) = str(entry.pop(_NAME, "")), entry[_ROW]
        key = known.get(squash(name), "")
        table[_ROW].setdefault(key, row)
        if key == _SECTION:
            table.setdefault(key, []).append(_typed(entry, TextSection))
        elif key not in types:
            what = name or "——"
            raise DefinitionError("definition.heading", file=f"{file} {FORM}", line=row, what=what)
        elif "tuple" in types[key]:
            table.setdefault(key, []).append(_text(entry.get(_VALUE, "")))
        else:
            table[key] = _value(entry.get(_VALUE, ""), types[key])
    return table


def _ledgers(rows: Rows, file: str) -> list[dict[str, Any]]:
    """A row without a column's key is the ledger itself; the rows below it are its columns."""
    ledgers: dict[str, dict[str, Any]] = {}
    own = {*_keys(Ledger), _ROW} - {"columns"}
    for entry in _entries(rows, LEDGERS, file):
        code = _text(entry.get("code", ""))
        if "key" not in entry:
            ledgers[code] = {
                **_typed({k: v for k, v in entry.items() if k in own}, Ledger),
                "columns": [],
            }
        elif code not in ledgers:
            sheet, row = entry[_ROW]
            raise DefinitionError(
                "definition.column",
                file=f"{file} {sheet}", line=row, key=code, what=_text(entry["key"]),
            )  # fmt: skip
        else:
            entry.pop("code", None)
            ledgers[code]["columns"].append(_typed(entry, Column))
    return list(ledgers.values())


def _types(record: Record) -> dict[str, str]:
    return {field.encode_name: str(field.type) for field in msgspec.structs.fields(record)}


def _typed(entry: Mapping[str, Any], record: Record) -> dict[str, Any]:
    types = _types(record)
    return {
        key: value if key == _ROW else _value(value, types.get(key, "str"))
        for key, value in entry.items()
    }


def _value(value: Any, kind: str) -> Any:
    """Read a cell as its field wants it: a list, yes or no, a number, else a text as it is."""
    if "tuple" in kind and "int" in kind:
        parts = filter(None, _BETWEEN_NUMBERS.split(_text(value)))
        return [int(part) if part.isdecimal() else part for part in parts]
    if "tuple" in kind:
        return [part for part in _BETWEEN.split(_text(value)) if part]
    if "bool" in kind:
        return _yes_or_no(_text(value))
    if any(name in kind for name in ("Decimal", "int", "float")) and "Literal" not in kind:
        return _number(value)
    return _text(value)


def _yes_or_no(text: str) -> bool | str:
    """Read what people write for yes and no; anything else is refused when the set is read."""
    words = {
        squash(word).casefold(): meant
        for code, more, meant in (("yes", _YES, True), ("no", _NO, False))
        for word in (*catalogue()[f"design.{code}"].values(), *more)
    }
    return words.get(squash(text).casefold(), text)


def _number(value: Any) -> Any:
    text = _text(value).strip()
    try:
        number = float(text)
    except ValueError:
        return text  # refused with its key when the definition is read
    return int(number) if number == int(number) else number


def _text(value: Any) -> str:
    # A text is kept as typed, outer blanks and all; a number that should be a text becomes one.
    return value if isinstance(value, str) else plain_text(value)


def to_toml(table: Mapping[str, Any]) -> str:
    """Write a definition as TOML, one indicator, relation or item on one line."""
    return "\n".join(text for text, _ in _lines(table)) + "\n"


def _lines(table: Mapping[str, Any]) -> Iterator[tuple[str, Place]]:
    """Write the lines of a definition, each with its sheet and row in the workbook."""
    rows = table.get(_ROW, {})
    for key, value in _said(table):
        if not (isinstance(value, list) and value and isinstance(value[0], dict | str)):
            yield f"{key} = {_toml(value)}", (FORM, rows.get(key, 0))
    for key, value in _said(table):
        if isinstance(value, list) and value and key != "ledgers":
            here = (FORM, rows.get(key, 0))
            yield from (("", here), (f"{key} = [", here))
            yield from ((f"  {_toml(one)},", _place(one, here)) for one in value)
            yield "]", here
    for ledger in table.get("ledgers", []):
        here = _place(ledger, (LEDGERS, 0))
        yield from (("", here), ("[[ledgers]]", here))
        said = [(key, value) for key, value in _said(ledger) if key != "columns"]
        yield from ((f"{key} = {_toml(value)}", here) for key, value in said)
        yield "columns = [", here
        yield from ((f"  {_toml(one)},", _place(one, here)) for one in ledger["columns"])
        yield "]", here


def _said(entry: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in entry.items() if key != _ROW]


def _place(entry: Any, otherwise: Place) -> Place:
    return entry.get(_ROW, otherwise) if isinstance(entry, dict) else otherwise


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(one)}" for key, one in _said(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False)
