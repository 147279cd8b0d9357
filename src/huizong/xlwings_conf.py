"""The settings file of xlwings, lines of `"NAME","VALUE"`: which Python Excel's buttons start.

Its reader is a macro: it reads the system's code page and puts environment variables in.
"""

import os
from collections.abc import Mapping
from pathlib import Path, PurePath

from huizong.errors import HuizongError

NAME = "INTERPRETER_WIN"
# The nearest comes first. With them the file needs no letter of a Chinese user's name.
_FOLDERS = ("LOCALAPPDATA", "APPDATA", "USERPROFILE")


def pointing(path: Path, python: PurePath, code_page: str) -> bytes:
    """
    Give the file with this interpreter; all other lines stay to the byte.

    Raises:
        HuizongError: If the code page has not all letters of the path (`error.code_page`).
    """
    line = _line(python, code_page)
    lines = _lines(path)
    kept = [one for one in lines if not _names_it(one)]
    if kept and not kept[-1].endswith(b"\n"):
        kept[-1] += b"\r\n"
    return b"".join((*kept, line))


def unpointing(path: Path, python: PurePath, code_page: str) -> bytes | None:
    """Give the file without this interpreter, None if nothing is left; another one stays."""
    ours = _line(python, code_page).strip()
    return b"".join(one for one in _lines(path) if one.strip() != ours) or None


def interpreter_in(path: Path, code_page: str, environment: Mapping[str, str]) -> str:
    """Read the interpreter as the macro does, empty if none is named."""
    for line in _lines(path):
        if _names_it(line):
            value = line.decode(code_page, "replace").strip().split('","')[-1].rstrip('"')
            for name in _FOLDERS:
                value = value.replace(f"%{name}%", environment.get(name, f"%{name}%"))
            return value
    return ""


def with_variables(python: PurePath, environment: Mapping[str, str]) -> str:
    """Write a path with the environment variable of the folder that it is in."""
    for name in _FOLDERS:
        folder = environment.get(name)
        if folder and python.is_relative_to(folder):
            return f"%{name}%\\{python.relative_to(folder)}"
    return str(python)


def _line(python: PurePath, code_page: str) -> bytes:
    value = with_variables(python, os.environ)
    try:
        return f'"{NAME}","{value}"\r\n'.encode(code_page)
    except UnicodeEncodeError as error:
        raise HuizongError(
            "error.code_page", path=python, letter=error.object[error.start]
        ) from error


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True) if path.exists() else []


def _names_it(line: bytes) -> bool:
    return line.split(b",")[0].strip().strip(b'"').upper() == NAME.encode()
