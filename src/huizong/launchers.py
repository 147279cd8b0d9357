"""Write what opens the menu by double click: 汇总.cmd for Windows, 汇总.desktop for Linux."""

import itertools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from huizong.safely import write_safely
from huizong.texts import catalogue, say

WINDOWS, LINUX = "汇总.cmd", "汇总.desktop"

# cmd reads a file line by line in the code page in force: up to `chcp` all is ASCII. No labels,
# since cmd looks for them by byte and may stop inside a character.
_CMD = """@echo off
chcp 65001 >nul
setlocal
set "PYTHONUTF8=1"
set "PYTHON={python}"
if defined PYTHON if not exist "%PYTHON%" set "PYTHON="
set "NAMED=%USERPROFILE%\\.huizong\\python.txt"
if not exist "%NAMED%" set "NAMED=nul"
if not defined PYTHON for /f "usebackq delims=" %%P in ("%NAMED%") do call set "PYTHON=%%P"
if defined PYTHON if not exist "%PYTHON%" set "PYTHON="
set "ASK=import huizong, sys; print(sys.executable)"
if not defined PYTHON for /f "delims=" %%P in ('py -3 -c "%ASK%" 2^>nul') do set "PYTHON=%%P"
if not defined PYTHON for /f "delims=" %%P in ('python -c "%ASK%" 2^>nul') do set "PYTHON=%%P"
if not defined PYTHON (
  echo {missing}
  pause
  exit /b 2
)
"%PYTHON%" -m huizong menu "%~f0" %*
if errorlevel 2 pause
"""

_SHELL = (
    'P="{python}"; L="{launcher}"; [ -x "$P" ] || P=python3; '
    '"$P" -c "import huizong" 2>/dev/null || {{ echo "{missing}"; read -r _; exit 2; }}; '
    '"$P" -m huizong menu "$L" "$@" || {{ [ $? = 1 ] || read -r _; }}'
)

_DESKTOP = """[Desktop Entry]
Type=Application
Version=1.0
Name={name}
Name[zh_CN]={name_zh}
Comment={comment}
Comment[zh_CN]={comment_zh}
Exec=sh -c {shell} huizong %k %F
Icon=x-office-spreadsheet
Terminal=true
Categories=Office;
"""


def write_launchers(folder: Path) -> None:
    """Write both launchers into an office's folder; each names the Python that is running now."""
    python = running_python()
    windows = os.name == "nt"
    for name, data in (
        (WINDOWS, windows_launcher(python if windows else "")),
        (LINUX, linux_launcher("" if windows else python, folder.resolve() / LINUX)),
    ):
        with write_safely(folder / name) as temp:
            temp.write_bytes(data)
            # File managers start only what may be executed.
            temp.chmod(0o755)


def windows_launcher(python: str) -> bytes:
    """Give a batch file that starts the menu of the folder it lies in: UTF-8, CRLF."""
    missing = _batch(say("launcher.missing"))
    text = _CMD.format(python=python.replace("%", "%%"), missing=missing)
    return text.replace("\n", "\r\n").encode()


def linux_launcher(python: str, launcher: Path) -> bytes:
    """
    Give a desktop entry that starts the menu of the folder it lies in.

    Not every desktop tells where an entry lies: then it is where it was written.
    """
    script = _SHELL.format(
        python=_shell(python), launcher=_shell(str(launcher)),
        missing=_shell(say("launcher.missing")),
    )  # fmt: skip
    words = {
        f"{key}{suffix}": catalogue()[f"launcher.{key}"][language]
        for key in ("name", "comment")
        for language, suffix in (("en", ""), ("zh", "_zh"))
    }
    return _DESKTOP.format(shell=_exec_word(script), **words).encode()


def office_and_files(given: Sequence[Path]) -> tuple[Path, tuple[Path, ...]]:
    """
    Tell the office's folder from the files dropped on its launcher.

    A launcher at the head of what is given stands for the folder it lies in; of two the second
    counts: the first is where it lay when it was written, the second where the desktop sees it.
    """
    places = [_path(one) for one in given]
    heads = list(itertools.takewhile(_is_launcher, places))
    if not heads:
        return places[0], tuple(places[1:])
    return heads[-1].parent, tuple(places[len(heads) :])


def _is_launcher(path: Path) -> bool:
    return path.name in (WINDOWS, LINUX)


def _path(place: Path) -> Path:
    """Some desktops name a file by its address; a path has lost one of its slashes."""
    address = urlsplit(str(place))
    return Path(unquote(address.path)) if address.scheme == "file" else place


def running_python() -> str:
    """Name the Python that runs, empty inside a program that only embeds one."""
    python = Path(sys.executable or "")
    if not python.name.lower().startswith("python"):
        return ""
    return str(python.with_name(python.name.lower().replace("pythonw", "python")))


def _batch(text: str) -> str:
    """Quote what `echo` says inside a block."""
    return "".join(f"^{char}" if char in "^&|<>()" else char for char in text).replace("%", "%%")


def _shell(text: str) -> str:
    """Quote text that stands in double quotes of a shell script."""
    return "".join(f"\\{char}" if char in '\\"$`' else char for char in text)


def _exec_word(text: str) -> str:
    """Quote one word of `Exec`: first as the word, then as a value of the file."""
    return f'"{_shell(text)}"'.replace("\\", "\\\\").replace("%", "%%")
