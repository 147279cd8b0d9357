"""Workbooks of LibreOffice for xlwings: open, save, close."""

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from xlwings import base_classes

from huizong.errors import HuizongError
from huizong.uno_bridge import is_spreadsheet, lost, not_written, options, path_of
from huizong.uno_formulas import formula_parser
from huizong.uno_names import Names
from huizong.uno_sheets import Sheets

# LibreOffice's names of what it can write.
FILTERS = {
    ".xlsx": "Calc MS Excel 2007 XML",
    ".xlsm": "Calc MS Excel 2007 VBA XML",
    ".ods": "calc8",
}
# com.sun.star.document.MacroExecMode.NEVER_EXECUTE, UpdateDocMode.NO_UPDATE
_NO_MACROS = _NO_UPDATE = 0


class Books(base_classes.Books):
    """The workbooks that are open."""

    def __init__(self, app: Any) -> None:
        self.app = app

    @property
    def api(self) -> Any:
        """UNO's open documents of every kind."""
        return self.app.api.Components

    def __iter__(self) -> Iterator["Book"]:
        return (Book(self.app, document) for document in self.app.documents())

    def __len__(self) -> int:
        return len(self.app.documents())

    @property
    def active(self) -> "Book":
        """
        The workbook that is in front, or was last.

        Raises:
            HuizongError: If none is open (`error.no_open_book`).
        """
        documents = self.app.documents()
        current = self.app.api.CurrentComponent
        if is_spreadsheet(current):
            return Book(self.app, current)
        if not documents:
            raise HuizongError("error.no_open_book")
        return Book(self.app, documents[0])

    def __call__(self, key: str | int) -> "Book":
        """Give a workbook by its name, its path, or its place counted from 1."""
        if not isinstance(key, str):
            return Book(self.app, self.app.documents()[key - 1])
        for book in self:
            if key.lower() in (book.name.lower(), book.fullname.lower()):
                return book
        raise KeyError(key)

    def add(self) -> "Book":
        """Make an empty workbook."""
        return self._load("private:factory/scalc", "")

    def open(
        self, fullname: str, update_links: Any = None, read_only: Any = None, *_: Any, **__: Any
    ) -> "Book":
        """
        Open a file in a window of its own, its macros asleep; one in use elsewhere, to be read.

        Raises:
            HuizongError: If LibreOffice cannot open it (`error.not_opened`).
        """
        del update_links
        wanted = {"ReadOnly": True} if read_only else {}
        wanted |= {"MacroExecutionMode": _NO_MACROS, "UpdateDocMode": _NO_UPDATE}
        return self._load(Path(fullname).absolute().as_uri(), fullname, **wanted)

    def _load(self, url: str, file: str, **wanted: Any) -> "Book":
        desktop = self.app.api
        document = desktop.loadComponentFromURL(url, "_blank", 0, options(**wanted))
        if document is None or not is_spreadsheet(document):
            raise HuizongError("error.not_opened", file=file)
        return Book(self.app, document)


class Book(base_classes.Book):
    """One open workbook."""

    def __init__(self, app: Any, document: Any) -> None:
        self._app, self._document = app, document
        self._known_as = path_of(document.getURL()) or document.Title

    @property
    def api(self) -> Any:
        """UNO's document."""
        return self._document

    @property
    def app(self) -> Any:
        """The LibreOffice in which it is open."""
        return self._app

    @cached_property
    def parser(self) -> Any:
        """What reads and writes its formulas; to make one takes 30 ms."""
        return formula_parser(self._document)

    def check(self) -> None:
        """
        See that the workbook is still open: a closed one takes everything and keeps nothing.

        Raises:
            HuizongError: If it was closed (`error.book_closed`), or LibreOffice has ended.
        """
        try:
            self._document.getURL()
        except lost() as error:
            self._app.documents()
            name = Path(self._known_as).name
            raise HuizongError("error.book_closed", file=name) from error

    @property
    def fullname(self) -> str:
        """The path; the title of one that was never saved."""
        self.check()
        return path_of(self._document.getURL()) or self._document.Title

    @property
    def name(self) -> str:
        """The name of the file."""
        return Path(self.fullname).name

    @property
    def folder(self) -> str:
        """The folder of the file; of one that was never saved, the working folder."""
        path = path_of(self._document.getURL())
        return str(Path(path).parent if path else Path.cwd())

    @property
    def sheets(self) -> Sheets:
        """Its sheets."""
        self.check()
        return Sheets(self)

    @property
    def names(self) -> Names:
        """Its names, without those of single sheets."""
        self.check()
        return Names(self, self._document)

    def activate(self) -> None:
        """Bring its window to the front."""
        frame = self._document.CurrentController.Frame
        frame.activate()
        frame.ContainerWindow.toFront()

    def save(self, path: str | None = None, password: str | None = None) -> None:
        """
        Save it where it lies, or under another name, of the kind that the name's ending says.

        Raises:
            HuizongError: If it is of no such kind (`error.kind_of_file`) or cannot be written
                (`error.book_not_saved`).
        """
        if password:
            msg = "LibreOffice sets no passwords here"
            raise NotImplementedError(msg)
        self.check()
        target = path or (None if self._document.hasLocation() else f"{self.fullname}.xlsx")
        try:
            if target is None:
                self._document.store()
            else:
                self._save_as(Path(target).absolute())
        except not_written() as error:
            raise HuizongError("error.book_not_saved", file=target or self.fullname) from error

    def _save_as(self, path: Path) -> None:
        kind = FILTERS.get(path.suffix.lower())
        if kind is None:
            raise HuizongError("error.kind_of_file", file=path.name, kinds=" ".join(FILTERS))
        self._document.storeAsURL(path.as_uri(), options(FilterName=kind, Overwrite=True))
        self._known_as = str(path)

    def close(self) -> None:
        """Close it without saving."""
        with contextlib.suppress(lost()):
            self._document.close(True)
