"""Find the programs that some tests need; the one place where a missing one skips or fails."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

VALIDATOR = Path(__file__).parent / "validator" / "node_modules" / "@xarsh"
# Debian's UNO belongs to its own Python; a virtual environment appends this folder to its path.
UNO = Path("/usr/lib/python3/dist-packages")


def _validator() -> str | None:
    """The package for this kind of machine carries the program; npm installs only that one."""
    found = sorted(VALIDATOR.glob("ooxml-validator-*/ooxml-validator*"))
    return str(found[0]) if found else None


def _uno() -> str | None:
    return str(UNO) if (UNO / "uno.py").exists() else None


def _index() -> str | None:
    """Where pip loads packages from; without network nothing comes."""
    name = "et-xmlfile"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "-qq", "--no-deps", "--dest", folder]
        got = subprocess.run([*command, name], capture_output=True, timeout=60, check=False)
    return name if got.returncode == 0 else None


FINDERS: Mapping[str, Callable[[], str | None]] = {
    "dovecot": lambda: shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin"),
    "gcc": lambda: shutil.which("gcc"),
    "soffice": lambda: shutil.which("soffice"),
    "pdftoppm": lambda: shutil.which("pdftoppm"),
    "xdotool": lambda: shutil.which("xdotool"),
    "Xvfb": lambda: shutil.which("Xvfb"),
    "import": lambda: shutil.which("import"),
    "desktop-file-validate": lambda: shutil.which("desktop-file-validate"),
    "strace": lambda: shutil.which("strace"),
    "gio": lambda: shutil.which("gio"),
    "uno": _uno,
    "validator": _validator,
    "package index": _index,
}


def require(program: str) -> str:
    """Give the path of a program; where it is missing skip the test, and under CI fail it."""
    where = FINDERS[program]()
    if where:
        return where
    msg = f"{program} is missing: make test installs it, see scripts/"
    if os.environ.get("CI"):
        pytest.fail(msg)
    pytest.skip(msg)
