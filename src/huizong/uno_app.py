"""A running LibreOffice for xlwings: its status bar, its message boxes, its workbooks."""

from collections.abc import Iterator
from typing import Any

from xlwings import base_classes

from huizong.errors import HuizongError
from huizong.uno_books import Books
from huizong.uno_bridge import documents, lost, options, service, uno_errors
from huizong.uno_messages import Message, ask, front_window, show_status

AUTOMATIC, MANUAL = "automatic", "manual"


class Apps(base_classes.Apps):
    """The running LibreOffices that we are connected to; the newest connection first."""

    def __init__(self) -> None:
        self._apps: list[App] = []

    def join(self, app: "App") -> None:
        """Enter one more; a new connection to the same process takes the old one's place."""
        self._apps = [app, *(one for one in self._apps if one.pid != app.pid)]

    def keys(self) -> list[int]:
        """Give the numbers of the processes."""
        return [app.pid for app in self._apps]

    @staticmethod
    def cleanup() -> None:
        """Nothing is left behind: no LibreOffice was started by us."""

    def __iter__(self) -> Iterator["App"]:
        return iter(self._apps)

    def __len__(self) -> int:
        return len(self._apps)

    def __getitem__(self, pid: int) -> "App":
        return self._apps[self.keys().index(pid)]


class App(base_classes.App):
    """One running LibreOffice. It belongs to the person before it: we never end it."""

    # Kept and given back; LibreOffice has nothing of the kind, or it would stay so if we fail.
    screen_updating = display_alerts = enable_events = interactive = True
    visible = True
    hwnd = None

    def __init__(self, engine: Any, context: Any, pid: int) -> None:
        self._engine, self._context, self._pid = engine, context, pid
        self._desktop = service(context, "frame.Desktop")
        self._status: str | bool = False

    @property
    def engine(self) -> Any:
        """The engine for all LibreOffices."""
        return self._engine

    @property
    def api(self) -> Any:
        """UNO's desktop."""
        return self._desktop

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._pid

    @property
    def version(self) -> str:
        """The version, such as 7.4.7.2."""
        provider = service(self._context, "configuration.ConfigurationProvider")
        access = provider.createInstanceWithArguments(
            "com.sun.star.configuration.ConfigurationAccess",
            options(nodepath="/org.openoffice.Setup/Product"),
        )
        return access.getByName("ooSetupVersionAboutBox")

    def documents(self) -> list[Any]:
        """
        List UNO's open spreadsheets.

        Raises:
            HuizongError: If LibreOffice has ended (`error.office_ended`).
        """
        try:
            return list(documents(self._desktop))
        except uno_errors() as error:
            raise HuizongError("error.office_ended") from error

    @property
    def books(self) -> Books:
        """The open workbooks."""
        return Books(self)

    @property
    def selection(self) -> Any:
        """The selected cells; of several areas the first, and none of other things."""
        book = self.books.active
        chosen = book.api.CurrentSelection
        if hasattr(chosen, "RangeAddresses"):
            chosen = chosen.getByIndex(0)
        if not hasattr(chosen, "RangeAddress"):
            return None
        return book.sheets(chosen.Spreadsheet.Name).at(chosen)

    def activate(self, steal_focus: bool = False) -> None:
        """Bring the window of the active workbook to the front."""
        del steal_focus
        self.books.active.activate()

    @property
    def calculation(self) -> str:
        """Whether formulas follow each change: automatic or manual."""
        automatic = all(one.isAutomaticCalculationEnabled() for one in self.documents())
        return AUTOMATIC if automatic else MANUAL

    @calculation.setter
    def calculation(self, value: str) -> None:
        for document in self.documents():
            document.enableAutomaticCalculation(value != MANUAL)

    def calculate(self) -> None:
        """Work out every formula of every workbook anew."""
        for document in self.documents():
            document.calculateAll()

    @property
    def status_bar(self) -> str | bool:
        """What we have written into the status bar; False if LibreOffice has it."""
        return self._status

    @status_bar.setter
    def status_bar(self, value: str | bool | None) -> None:
        self._status = value or False
        for document in self.documents():
            show_status(document, str(value) if value else "")

    def alert(
        self, prompt: str, title: str | None, buttons: str, mode: str | None, callback: Any
    ) -> str:
        """Show a message and wait for a button: ok, cancel, yes or no."""
        del callback
        message = Message(prompt, title or "LibreOffice", buttons, mode == "critical")
        self.documents()
        try:
            return ask(self._context, front_window(self._context), message)
        except lost() as error:
            raise HuizongError("error.office_ended") from error
