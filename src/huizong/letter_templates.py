"""The words of letters out: templates that the office may edit, filled in by a sandbox."""

from collections.abc import Mapping
from pathlib import Path

import jinja2
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import ImmutableSandboxedEnvironment

from huizong.errors import HuizongError
from huizong.safely import write_safely
from huizong.texts import LANGUAGES, catalogue, language, listed, say, spoken

# The letter of a kind and its fields have these texts: `letter_out.<kind>`, `letter_field.<field>`.
RECEIPT, CORRECTION, REMINDER, REPLY = "receipt", "correction", "reminder", "reply"
ISSUED = "issued"
_ENGINE = ImmutableSandboxedEnvironment(undefined=jinja2.StrictUndefined)


def letter_words(folder: Path, kind: str, fields: Mapping[str, str]) -> tuple[str, str]:
    """
    Give subject and text of a letter by the office's template, which is written if there is none.

    Raises:
        HuizongError: If the template cannot be read (`error.letter_template`, with the line), has
            a name that such letters lack (`error.letter_name`), or makes no letter
            (`error.letter_fails`).
    """
    path = _template(folder, kind, fields)
    subject, _, text = _filled(path, _read(path), fields).strip().partition("\n")
    if not text.strip():
        raise HuizongError("error.letter_fails", file=path)
    # What is not set, such as a telephone, leaves no blank at the end of a line.
    return " ".join(subject.split()), "\n".join(map(str.rstrip, text.strip().splitlines()))


def _template(folder: Path, kind: str, fields: Mapping[str, str]) -> Path:
    """
    Find the office's template, or put ours there; one that it has edited is used in any language.

    Ours, which nobody has touched, stands there in the language of today alone.
    """
    order = dict.fromkeys((language(), *LANGUAGES))
    paths = {folder / f"{catalogue()[f'letter_kind.{kind}'][one]}.txt": one for one in order}
    for path, spoken_in in paths.items():
        if path.exists() and not _is_ours(path, spoken_in, kind, fields):
            return path
    path, *others = paths
    if not path.exists():
        with write_safely(path) as temp:
            temp.write_text(_standard(kind, fields), encoding="utf-8-sig")
    for other in others:
        other.unlink(missing_ok=True)
    return path


def _is_ours(path: Path, spoken_in: str, kind: str, fields: Mapping[str, str]) -> bool:
    with spoken(spoken_in):
        return _read(path).splitlines() == _standard(kind, fields).splitlines()


def _standard(kind: str, fields: Mapping[str, str]) -> str:
    """Give our own template, the fields as names in braces, under a comment that tells these."""
    names = {field: say(f"letter_field.{field}") for field in fields}
    text = say(f"letter_out.{kind}", **{field: f"{{{{ {one} }}}}" for field, one in names.items()})
    note = say("letter_out.help", names=listed(names.values()))
    return f"{{# {note} #}}\n{text.strip()}\n"


def _named(fields: Mapping[str, str]) -> dict[str, str]:
    """Name the fields in every language: an office that changes its own keeps its templates."""
    names = catalogue()
    return {
        names[f"letter_field.{field}"][one]: value
        for field, value in fields.items()
        for one in LANGUAGES
    }


def _read(path: Path) -> str:
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise HuizongError("error.letter_fails", file=path)


def _filled(path: Path, source: str, fields: Mapping[str, str]) -> str:
    values = _named(fields)
    try:
        tree = _ENGINE.parse(source)
        unknown = find_undeclared_variables(tree) - {*values, *_ENGINE.globals}
        template = _ENGINE.from_string(tree)
    except jinja2.TemplateSyntaxError as error:
        raise HuizongError("error.letter_template", file=path, line=error.lineno) from error
    if unknown:
        known = listed(say(f"letter_field.{field}") for field in fields)
        raise HuizongError("error.letter_name", file=path, names=listed(unknown), known=known)
    try:
        return template.render(values)
    except Exception as error:  # a template is a small program of the office's own
        raise HuizongError("error.letter_fails", file=path) from error
