"""The bridge to a running LibreOffice: connect, make its structs. The only home of `uno`."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from huizong.errors import HuizongError

# Debian keeps UNO with its own Python, other makers beside LibreOffice itself.
DEBIAN = Path("/usr/lib/python3/dist-packages")
_PAUSE = 0.02


def load_uno(program: Path = DEBIAN) -> Any:
    """
    Import `uno`, from the folder of LibreOffice's programs if it is nowhere else.

    Raises:
        HuizongError: If there is none (`error.no_uno`).
    """
    for folder in ("", str(DEBIAN), str(program)):
        # At the end: the folders of the system must not hide packages of our own environment.
        if folder and folder not in sys.path:
            sys.path.append(folder)
        try:
            import uno
        except ImportError:
            continue
        return uno
    raise HuizongError("error.no_uno", python=sys.executable)


def connect(pipe: str, seconds: float, alive: Callable[[], bool] = lambda: True) -> Any:
    """
    Connect to the LibreOffice that listens at a pipe, and give its component context.

    Raises:
        HuizongError: If none listens in time, or it is gone (`error.no_answer`).
    """
    uno = load_uno()
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
    address = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
    deadline = time.monotonic() + seconds
    while True:
        try:
            return resolver.resolve(address)
        except _fault("connection.NoConnectException") as error:
            if time.monotonic() > deadline or not alive():
                raise HuizongError("error.no_answer") from error
            time.sleep(_PAUSE)


def _fault(name: str) -> type[Exception]:
    return load_uno().getClass(f"com.sun.star.{name}")


def uno_errors() -> type[Exception]:
    """Give what all errors of LibreOffice are."""
    return _fault("uno.Exception")


def lost() -> type[Exception]:
    """Give the error of a document that is closed, and of an office that has ended."""
    return _fault("lang.DisposedException")


def not_written() -> type[Exception]:
    """Give the error of a file that cannot be written."""
    return _fault("io.IOException")


def service(context: Any, name: str) -> Any:
    """Make one of LibreOffice's services."""
    return context.ServiceManager.createInstanceWithContext(f"com.sun.star.{name}", context)


def struct(name: str, **fields: Any) -> Any:
    """Make one of UNO's structs."""
    made = load_uno().createUnoStruct(f"com.sun.star.{name}")
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def enum(kind: str, name: str) -> Any:
    """Give one of UNO's enumerated values."""
    return load_uno().Enum(f"com.sun.star.{kind}", name)


def options(**named: Any) -> tuple[Any, ...]:
    """Make the named options that UNO's methods take."""
    return tuple(struct("beans.PropertyValue", Name=n, Value=v) for n, v in named.items())


def path_of(url: str) -> str:
    """Give the path of a document by its address; one without a file has none."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme == "file" else ""


def documents(desktop: Any) -> Iterator[Any]:
    """Give each open spreadsheet."""
    components = desktop.Components.createEnumeration()
    while components.hasMoreElements():
        component = components.nextElement()
        if is_spreadsheet(component):
            yield component


def is_spreadsheet(component: Any) -> bool:
    """Tell a spreadsheet from LibreOffice's other windows."""
    supports = getattr(component, "supportsService", None)
    return bool(supports and supports("com.sun.star.sheet.SpreadsheetDocument"))
