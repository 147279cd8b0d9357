"""A LibreOffice window on a virtual screen, worked by real clicks of a mouse."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from programs import require
from screens import START_SECONDS, screen, within
from uno_session import connect

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "build" / "screens"
SETTLING, SECONDS, MOMENT = 1.5, 60, 0.05
PATIENCE, CLOSING = 5, 4
_CONTROL = "com.sun.star.drawing.ControlShape"
_ROLE = "com.sun.star.accessibility.AccessibleRole."


class Window:
    """The screen, the office that runs on it, and the document first opened there."""

    def __init__(self, environment: Mapping[str, str], context: Any, document: Any) -> None:
        self._environment = environment
        self._context = context
        self.document = document

    def click(self, caption: str) -> None:
        """Press a form button of the sheet in view, by what stands on it."""
        self._press(self._buttons()[caption])

    def places(self) -> dict[str, tuple[int, int, int, int]]:
        """Give left, top, width and height on the screen of each button of the sheet in view."""
        found = {}
        for caption, one in self._buttons().items():
            at, size = one.getLocationOnScreen(), one.getSize()
            found[caption] = (at.X, at.Y, size.Width, size.Height)
        return found

    def _buttons(self) -> dict[str, Any]:
        controller = self.document.CurrentController
        page = controller.ActiveSheet.DrawPage
        shapes = [page.getByIndex(number) for number in range(page.Count)]
        models = [shape.Control for shape in shapes if shape.ShapeType == _CONTROL]
        return {one.Label: controller.getControl(one).AccessibleContext for one in models}

    def _press(self, accessible: Any) -> None:
        place, size = accessible.getLocationOnScreen(), accessible.getSize()
        x, y = place.X + size.Width // 2, place.Y + size.Height // 2
        command = [require("xdotool"), "mousemove", str(x), str(y), "click", "1"]
        subprocess.run(command, env=self._environment, check=True, timeout=20)

    def text(self, name: str) -> str:
        """Read the cell that a name of the workbook stands for, as it is shown."""
        return self._named(name).String

    def type(self, name: str, text: str) -> None:
        """Type into the cell that a name of the workbook stands for."""
        self._named(name).setString(text)

    def _named(self, name: str) -> Any:
        area = self.document.NamedRanges.getByName(name).getReferredCells()
        return area.getCellByPosition(0, 0)

    def beside(self, name: str, count: int) -> list[int]:
        """Read the numbers from a name's cell to the right."""
        place = self.document.NamedRanges.getByName(name).getReferredCells().RangeAddress
        sheet = self.document.Sheets.getByIndex(place.Sheet)
        cells = [
            sheet.getCellByPosition(place.StartColumn + at, place.StartRow) for at in range(count)
        ]
        return [int(cell.Value) for cell in cells]

    def type_beside(self, sheet: str, label: str, text: str) -> None:
        """Type into the cell to the right of a label."""
        cells = self.document.Sheets.getByName(sheet)
        labels = [row[0] for row in cells.getCellRangeByName("A1:A60").getDataArray()]
        cells.getCellByPosition(1, labels.index(label)).setString(text)

    def mend(self, path: Path, target: Path, cells: Mapping[str, object]) -> None:
        """Open a workbook beside, type over the cells that hold a text, and store it elsewhere."""
        import uno

        def value(name: str, wanted: object) -> Any:
            made = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
            made.Name, made.Value = name, wanted
            return made

        desktop = self._service("com.sun.star.frame.Desktop")
        hidden = (value("Hidden", True),)
        document = desktop.loadComponentFromURL(path.as_uri(), "_blank", 0, hidden)
        for text, wanted in cells.items():
            for sheet in document.Sheets:
                search = sheet.createSearchDescriptor()
                search.SearchString = text
                search.SearchWords = True
                found = sheet.findFirst(search)
                if found is not None and found.String == text:
                    found.setValue(wanted)
        filtered = (value("FilterName", "Calc MS Excel 2007 XML"),)
        document.storeToURL(target.as_uri(), filtered)
        document.close(True)

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        """Read the table below the headings that begin at a name, down to its first blank row."""
        start = self.document.NamedRanges.getByName(name).getReferredCells().RangeAddress
        sheet = self.document.Sheets.getByIndex(start.Sheet)
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        area = sheet.getCellRangeByPosition(
            start.StartColumn, start.StartRow, end.EndColumn, end.EndRow
        )
        headings, *rows = area.getDataArray()
        width = next((at for at, one in enumerate(headings) if one == ""), len(headings))
        filled = []
        for row in rows:
            if not any(one != "" for one in row[:width]):
                break
            filled.append(row[:width])
        return filled

    def wait(self, what: str, condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
        """Look again and again until something is so; gives it, or fails with what is shown."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with suppress(Exception):
                # A sheet that is being written cannot always be read.
                if found := condition():
                    return found
            time.sleep(MOMENT)
        shown = self.photograph(PICTURES / "failed.png")
        raise AssertionError(f"{what}: {self.dialogs()}, see {shown}")

    def dialogs(self) -> list[str]:
        """Read the texts of the message boxes in view."""
        return ["\n".join(_labels(box)) for box in self._boxes()]

    def answer(self, button: str, picture: Path = PICTURES / "message.png") -> str:
        """Wait for a message box, keep its picture, press a button of it; gives what it said."""
        self.wait(button, lambda: any(_button(box, button) for box in self._boxes()))
        boxes = [box for box in self._boxes() if _button(box, button)]
        said = "\n".join(_labels(boxes[0]))
        self.photograph(picture)
        # A box that is still finding its place is missed by a click: who sees it stay clicks again.
        for _ in range(PATIENCE):
            for box in boxes:
                self._press(_button(box, button))
            with suppress(AssertionError):
                self.wait("closed", lambda: not self._boxes(), CLOSING)
                return said
            boxes = [box for box in self._boxes() if _button(box, button)]
        raise AssertionError(f"{button}: the box stays, see {picture}")

    def _boxes(self) -> list[Any]:
        toolkit = self._service("com.sun.star.awt.Toolkit")
        windows = [toolkit.getTopWindow(at) for at in range(toolkit.getTopWindowCount())]
        found = [window.AccessibleContext for window in windows if window.isVisible()]
        return [one for one in found if one and _is(one, "ALERT", "DIALOG")]

    def _service(self, name: str) -> Any:
        return self._context.ServiceManager.createInstanceWithContext(name, self._context)

    def documents(self) -> list[Any]:
        """Give the documents that are open."""
        components = self._service("com.sun.star.frame.Desktop").Components.createEnumeration()
        found = []
        while components.hasMoreElements():
            found.append(components.nextElement())
        return found

    def back(self) -> None:
        """Bring the first document to the front again, its first sheet in view."""
        controller = self.document.CurrentController
        controller.setActiveSheet(self.document.Sheets.getByIndex(0))
        controller.Frame.activate()
        controller.Frame.ContainerWindow.toFront()
        if len(self.documents()) > 1:
            # A click before the others have gone behind it would be theirs.
            time.sleep(SETTLING)

    def photograph(self, path: Path, *, after: float = 0.0) -> Path:
        """Keep a picture of the whole screen, so many seconds later for what is being drawn."""
        time.sleep(after)
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [require("import"), "-window", "root", str(path)]
        subprocess.run(command, env=self._environment, check=True, timeout=60)
        return path


def _is(accessible: Any, *roles: str) -> bool:
    import uno

    return accessible.AccessibleRole in [uno.getConstantByName(_ROLE + one) for one in roles]


def _labels(box: Any) -> list[str]:
    return [one.AccessibleName for one in within(box) if not _is(one, "PUSH_BUTTON")]


def _button(box: Any, name: str) -> Any:
    for one in within(box):
        if _is(one, "PUSH_BUTTON") and one.AccessibleName.replace("~", "") == name:
            return one
    return None


def installed(home: Path, office: Path) -> dict[str, str]:
    """Install Huizong for a person whose home is new; gives the environment to work in."""
    home.mkdir(exist_ok=True)
    code = "from huizong.cli import main; main()"
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "HOME": str(home), "PYTHONPATH": path, "LC_ALL": "C.UTF-8"}
    command = [sys.executable, "-c", code, "install", str(office), "--yes"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=120)
    return environment


@contextmanager
def office_window(path: Path, environment: Mapping[str, str]) -> Iterator[Window]:
    """
    Open a workbook in LibreOffice as a person does, whose settings lie in HOME.

    Skips the test where a program is missing.
    """
    soffice, where = require("soffice"), require("uno")
    require("xdotool")
    if where not in sys.path:
        sys.path.append(where)
    import uno

    with ExitStack() as stack:
        display = stack.enter_context(screen())
        environment = {**environment, "DISPLAY": display}
        pipe = f"huizong{uuid.uuid4().hex[:12]}"
        command = [soffice, "--norestore", "--nologo", "--nodefault"]
        command += [f"--accept=pipe,name={pipe};urp", str(path)]
        process = stack.enter_context(_started(command, environment))
        context = connect(uno, pipe, process)
        window = Window(environment, context, None)
        window.document = window.wait(
            "document", lambda: _shown(window, path), seconds=START_SECONDS
        )
        # A click before the window has drawn its buttons goes to the cell behind them.
        time.sleep(SETTLING)
        yield window


def _shown(window: Window, path: Path) -> Any:
    for one in window.documents():
        if path.resolve().as_uri() == one.URL and one.CurrentController.Frame.ContainerWindow:
            return one
    return None


@contextmanager
def _started(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen]:
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, env=environment, start_new_session=True, **quiet) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                # soffice is a script: what it started goes with it.
                os.killpg(process.pid, signal.SIGKILL)
