"""A LibreOffice window on a screen of its own, with a real pointer that clicks in it."""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from programs import require
from uno_session import connect

WIDTH, HEIGHT = 1400, 900
PATIENCE = 30
# How UNO numbers the roles of a message, another dialog, and the buttons in them.
DIALOGS, PUSH_BUTTON = (1, 12), 44
POSITION_AND_SIZE = 15
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="SecureURL"
 oor:op="fuse"><value><it>{trusted}</it></value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="FirstRun" oor:op="fuse"
><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="ShowTipOfTheDay" oor:op="fuse"
><value>false</value></prop></item>
</oor:items>"""


class Window:
    """A workbook open in a window, and the pointer over it."""

    def __init__(self, context: Any, document: Any, env: Mapping[str, str]) -> None:
        self.document = document
        self._context = context
        self._env = env

    def cell(self, name: str) -> Any:
        """Give the first cell of one of the workbook's names."""
        area = self.document.NamedRanges.getByName(name).getReferredCells()
        return area.getCellByPosition(0, 0)

    def buttons(self) -> dict[str, Any]:
        """Give what stands on the sheet's buttons, and the shape of each."""
        page = self.document.CurrentController.ActiveSheet.DrawPage
        shapes = [page.getByIndex(number) for number in range(page.Count)]
        return {one.Control.Label: one for one in shapes if hasattr(one, "Control")}

    def click(self, caption: str) -> None:
        """Click one of the sheet's buttons with the pointer."""
        control = self.document.CurrentController.getControl(self.buttons()[caption].Control)
        self._click(control.AccessibleContext)

    def place(self, caption: str) -> tuple[int, int, int, int]:
        """Give left, top, width and height of a button on the screen."""
        control = self.document.CurrentController.getControl(self.buttons()[caption].Control)
        where = control.AccessibleContext
        at, size = where.getLocationOnScreen(), where.getSize()
        return at.X, at.Y, size.Width, size.Height

    def _click(self, where: Any) -> None:
        at, size = where.getLocationOnScreen(), where.getSize()
        x, y = at.X + size.Width // 2, at.Y + size.Height // 2
        command = [require("xdotool"), "mousemove", str(x), str(y), "click", "1"]
        subprocess.run(command, env=self._env, check=True)

    def press(self, name: str) -> None:
        """Click a button of a dialog, such as OK."""
        self._click(self.wait(lambda: next(self._parts_of_dialogs(_is_button, name), None)))

    def messages(self) -> tuple[str, ...]:
        """Give the texts of the dialogs that are open."""
        return tuple(part.getText() for part in self._parts_of_dialogs(hasattr, "getText"))

    def _parts_of_dialogs(self, wanted: Callable[[Any, str], bool], name: str) -> Iterator[Any]:
        manager = self._context.ServiceManager
        toolkit = manager.createInstanceWithContext("com.sun.star.awt.Toolkit", self._context)
        for number in range(toolkit.getTopWindowCount()):
            top = toolkit.getTopWindow(number).AccessibleContext
            if top.getAccessibleRole() in DIALOGS:
                yield from (part for part in _parts(top) if wanted(part, name))

    def wait(self, wanted: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Give what is wanted as soon as it is there, or fail."""
        deadline = time.monotonic() + seconds
        while not (found := wanted()):
            assert time.monotonic() < deadline, "nothing came of it"
            time.sleep(0.05)
        return found

    def picture(self, path: Path) -> None:
        """Keep what stands on the screen."""
        subprocess.run([require("import"), "-window", "root", path], env=self._env, check=True)


def _parts(context: Any, depth: int = 6) -> Iterator[Any]:
    yield context
    for number in range(context.getAccessibleChildCount() if depth else 0):
        yield from _parts(context.getAccessibleChild(number).AccessibleContext, depth - 1)


def _is_button(context: Any, name: str) -> bool:
    named = (context.AccessibleName or "").replace("~", "") == name
    return named and context.getAccessibleRole() == PUSH_BUTTON


@contextmanager
def window(path: Path, folder: Path, home: Path) -> Iterator[Window]:
    """
    Open a workbook whose folder is trusted in a window; `home` is the home of who sits before it.

    The profile lies in `folder`; skip the test where a program is missing.
    """
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    trusted = path.parent.resolve().as_uri()
    settings.write_text(_SETTINGS.format(trusted=trusted), encoding="utf-8")
    with _screen() as display:
        env = os.environ | {"DISPLAY": display, "HOME": str(home), "LC_ALL": "C.UTF-8"}
        with _office(path, settings.parents[1], env) as (context, document):
            yield Window(context, document, env)


@contextmanager
def _screen() -> Iterator[str]:
    """Start a screen that nobody sees, and give its number."""
    reads, writes = os.pipe()
    # Else the screen starts anew when its last client leaves, and takes along the next one.
    command = [require("Xvfb"), "-noreset", "-displayfd", str(writes), "-nolisten", "tcp"]
    command += ["-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
    with subprocess.Popen(command, pass_fds=[writes], stderr=subprocess.DEVNULL) as server:
        os.close(writes)
        try:
            with os.fdopen(reads) as said:
                yield f":{said.readline().strip()}"
        finally:
            server.terminate()


@contextmanager
def _office(path: Path, profile: Path, env: Mapping[str, str]) -> Iterator[tuple[Any, Any]]:
    require("xdotool")
    soffice, where = require("soffice"), require("uno")
    if where not in sys.path:
        sys.path.append(where)
    import uno

    pipe = f"huizong{uuid.uuid4().hex[:12]}"
    command = [soffice, f"-env:UserInstallation={profile.as_uri()}"]
    command += [f"--accept=pipe,name={pipe};urp", "--norestore", "--nologo", "--nodefault"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    # A session of its own: what is left of it is ended with it, the started Pythons too.
    process = subprocess.Popen([*command, path], env=env, start_new_session=True, **quiet)
    try:
        context = connect(uno, pipe, process)
        yield context, _document(context)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(profile, ignore_errors=True)


def _document(context: Any) -> Any:
    """Wait until the workbook stands in its window, and let that fill the screen."""
    manager = context.ServiceManager
    desktop = manager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        document = desktop.CurrentComponent
        if document is not None and hasattr(document, "Sheets"):
            frame = document.CurrentController.Frame.ContainerWindow
            # No window manager does it.
            frame.setPosSize(0, 0, WIDTH, HEIGHT, POSITION_AND_SIZE)
            time.sleep(0.5)
            return document
        time.sleep(0.1)
    msg = "LibreOffice did not open the workbook"
    raise OSError(msg)
