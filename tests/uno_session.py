"""One headless LibreOffice for a test session: load workbooks, recalculate, read cells."""

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from programs import require

START_SECONDS = 60
XLSX = "Calc MS Excel 2007 XML"
_HIDDEN = {"Hidden": True, "ReadOnly": True}
# MacroExecMode.ALWAYS_EXECUTE_NO_WARN
_MACROS = {"MacroExecutionMode": 4}


class Document:
    """A workbook opened in LibreOffice."""

    def __init__(self, component: Any) -> None:
        self.component = component

    def calculate(self) -> None:
        """Work out every formula anew; loading alone keeps what the file says."""
        self.component.calculateAll()

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of the sheets."""
        return tuple(self.component.Sheets.ElementNames)

    def values(self, sheet: str, place: str) -> tuple[tuple[Any, ...], ...]:
        """Read a range as rows of numbers and texts; a blank is an empty text."""
        return self.component.Sheets.getByName(sheet).getCellRangeByName(place).getDataArray()

    def error(self, sheet: str, place: str) -> int:
        """Give LibreOffice's error number of a cell's formula, 0 if it has none."""
        return self.component.Sheets.getByName(sheet).getCellRangeByName(place).getError()

    def formula(self, sheet: str, place: str) -> str:
        """Give a cell's formula as LibreOffice understood it."""
        return self.component.Sheets.getByName(sheet).getCellRangeByName(place).getFormula()

    def macros(self, project: str) -> dict[str, str]:
        """Read the text of each module of a VBA project, as LibreOffice runs it."""
        library = self.component.BasicLibraries.getByName(project)
        return {name: library.getByName(name) for name in library.ElementNames}

    def run(self, macro: str) -> None:
        """Run a macro, such as Project.Module.Sub."""
        address = f"vnd.sun.star.script:{macro}?language=Basic&location=document"
        self.component.getScriptProvider().getScript(address).invoke((), (), ())

    def type(self, sheet: str, cell: str, value: object) -> None:
        """Type a number or a text into a cell, as a person does; a locked cell stays as it was."""
        place = self.component.Sheets.getByName(sheet).getCellRangeByName(cell)
        if isinstance(value, int | float):
            place.setValue(value)
        else:
            place.setString(str(value))


class Session:
    """A running LibreOffice."""

    def __init__(self, desktop: Any, uno: Any, context: Any, pipe: str) -> None:
        self._desktop = desktop
        self._uno = uno
        self.context, self.pipe = context, pipe

    def _value(self, name: str, wanted: object) -> Any:
        return self.struct("com.sun.star.beans.PropertyValue", Name=name, Value=wanted)

    @contextmanager
    def open(
        self, path: Path, *, macros: bool = False, kind: str = "", password: str = ""
    ) -> Iterator[Document]:
        """Load a workbook (of this kind), its macros too if so asked, and close it again."""
        wanted = _HIDDEN | _MACROS if macros else _HIDDEN
        wanted = wanted | {"FilterName": kind} if kind else wanted
        wanted = wanted | {"Password": password} if password else wanted
        options = tuple(self._value(name, value) for name, value in wanted.items())
        uri = path.resolve().as_uri()
        component = self._desktop.loadComponentFromURL(uri, "_blank", 0, options)
        if component is None:
            msg = f"LibreOffice did not load {path.name}"
            raise OSError(msg)
        try:
            yield Document(component)
        finally:
            component.close(True)

    @contextmanager
    def edit(self, path: Path, target: Path, kind: str = XLSX) -> Iterator[Document]:
        """Load a workbook, and store it under another name and as another kind at the end."""
        hidden = (self._value("Hidden", True),)
        component = self._desktop.loadComponentFromURL(path.resolve().as_uri(), "_blank", 0, hidden)
        try:
            yield Document(component)
            component.storeToURL(target.resolve().as_uri(), (self._value("FilterName", kind),))
        finally:
            component.close(True)

    def struct(self, name: str, **fields: object) -> Any:
        """Make one of UNO's structs."""
        made = self._uno.createUnoStruct(name)
        for field, value in fields.items():
            setattr(made, field, value)
        return made

    def enum(self, kind: str, name: str) -> Any:
        """Give one of UNO's enumerated values."""
        return self._uno.Enum(kind, name)

    def typed(self, kind: str, value: object) -> Any:
        """Give a value the type that UNO cannot guess, such as a sequence of structs."""
        return self._uno.Any(kind, value)


@contextmanager
def uno_session(folder: Path, display: str = "") -> Iterator[Session]:
    """
    Start LibreOffice with a profile of its own in `folder`; skip the test without it.

    It has windows on the screen `display`, and none if there is no screen.
    """
    soffice, where = require("soffice"), require("uno")
    # At the end: Debian's folder holds other packages, which must not hide those of the tests.
    if where not in sys.path:
        sys.path.append(where)
    import uno

    pipe = f"huizong{uuid.uuid4().hex[:12]}"
    profile = (folder / "profile").resolve().as_uri()
    command = [soffice, f"-env:UserInstallation={profile}", f"--accept=pipe,name={pipe};urp"]
    command += ["--norestore", "--nologo", "--nodefault"]
    command += [] if display else ["--headless", "--invisible"]
    nothing, environment = subprocess.DEVNULL, {**os.environ, "DISPLAY": display}
    with subprocess.Popen(command, stdout=nothing, stderr=nothing, env=environment) as process:
        try:
            context = connect(uno, pipe, process)
            desktop = context.ServiceManager.createInstanceWithContext(
                "com.sun.star.frame.Desktop", context
            )
            yield Session(desktop, uno, context, pipe)
            _quit(desktop)
            process.wait(20)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if process.poll() is None:
                process.kill()


def connect(uno: Any, pipe: str, process: subprocess.Popen) -> Any:
    """Connect with the LibreOffice that listens at a pipe, once it does."""
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext(
        "com.sun.star.bridge.UnoUrlResolver", local
    )
    address = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return resolver.resolve(address)
        except Exception:
            # UNO's exceptions have no base that could be named before its types are loaded.
            if time.monotonic() > deadline or process.poll() not in (None, 0):
                raise
            time.sleep(0.2)


def _quit(desktop: Any) -> None:
    try:
        desktop.terminate()
    except Exception:
        # The bridge breaks while LibreOffice leaves: that is what was asked for.
        return
