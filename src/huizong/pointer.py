"""The file that tells the buttons' macros which Python to start: one line in the user's home.

On Windows a macro reads it in the system's code page, and puts environment variables in.
"""

from collections.abc import Mapping
from pathlib import Path, PurePath

from huizong.errors import HuizongError

# The nearest comes first. With them the file needs no letter of a Chinese user's name.
_FOLDERS = ("LOCALAPPDATA", "APPDATA", "USERPROFILE")


def pointer_to(python: PurePath, code_page: str, environment: Mapping[str, str]) -> bytes:
    """
    Give the file for an interpreter.

    Raises:
        HuizongError: If the code page has not all letters of its path (`error.code_page`).
    """
    try:
        return f"{_with_variables(python, environment)}\n".encode(code_page)
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise HuizongError("error.code_page", path=python, letter=letter) from error


def read_pointer(path: Path, code_page: str, environment: Mapping[str, str]) -> str:
    """Read which interpreter is named, empty if none is."""
    try:
        line = path.read_bytes().decode(code_page, "replace").partition("\n")[0].strip()
    except OSError:
        return ""
    for name in _FOLDERS:
        line = line.replace(f"%{name}%", environment.get(name, f"%{name}%"))
    return line


def _with_variables(python: PurePath, environment: Mapping[str, str]) -> str:
    for name in _FOLDERS:
        folder = environment.get(name)
        if folder and python.is_relative_to(folder):
            return f"%{name}%\\{python.relative_to(folder)}"
    return str(python)
