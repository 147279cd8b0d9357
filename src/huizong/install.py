"""Set a computer up for the buttons: say what would change, then change it, each file as a whole.

Nothing here needs an administrator's rights: every file is in the user's own folders.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from huizong.errors import HuizongError
from huizong.launchers import running_python
from huizong.office import CONTROL
from huizong.pointer import pointer_to
from huizong.safely import sync, sync_folder, temp_beside, told
from huizong.trust import SETTINGS, profile_of, read_trust, running_profiles, trusting, untrusting

ADDIN = "huizong.xlam"
BACKUP = ".huizong.bak"


class Places(msgspec.Struct, frozen=True):
    """
    Where things are for one user of one computer.

    `profile` is LibreOffice's on Linux, `appdata` the folder of programs' data on Windows; the
    other one is None. `source` is the add-in that belongs to this program, `code_page` what Excel's
    macros read text files in.
    """

    home: Path
    python: Path
    source: Path
    profile: Path | None = None
    appdata: Path | None = None
    code_page: str = "utf-8"

    @property
    def pointer(self) -> Path:
        """The file that tells the macros which Python to start."""
        return self.home / ".huizong" / "python.txt"

    @property
    def addin(self) -> Path | None:
        """Where the add-in lies: Excel opens what is in this folder, and trusts it."""
        return self.appdata and self.appdata / "Microsoft" / "Excel" / "XLSTART" / ADDIN


class Change(msgspec.Struct, frozen=True):
    """
    A file as it is to be, None where it is to go; `code` names what is said of it.

    Other programs' settings are `kept` beside as they were. Never an add-in: Excel would open it.
    """

    code: str
    path: Path
    data: bytes | None
    kept: bool = False

    @property
    def backup(self) -> Path | None:
        """Where what stands there now is kept, None if there is nothing to keep."""
        if not self.kept or not self.path.exists():
            return None
        return self.path.with_name(self.path.name + BACKUP)

    @property
    def due(self) -> bool:
        """Whether the file is not yet so."""
        if self.data is None:
            return self.path.exists()
        return not self.path.exists() or self.path.read_bytes() != self.data


def places() -> Places:
    """Tell where things are for the user who asks."""
    python = Path(running_python() or shutil.which("python3") or "python3")
    source = _workbooks() / ADDIN
    if os.name == "nt":
        appdata = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
        return Places(Path.home(), python, source, appdata=appdata, code_page="mbcs")
    return Places(Path.home(), python, source, profile=profile_of(os.environ))


def changes(where: Places, folder: Path, *, remove: bool = False) -> tuple[Change, ...]:
    """
    List what installing for an office, or taking that back, would change; nothing is done.

    Raises:
        HuizongError: If the folder is no office (`error.no_office`), a settings file cannot be
            read, or the package has no add-in (`error.addin_missing`).
    """
    if not remove and where.profile and not _is_office(folder):
        raise HuizongError("error.no_office", folder=folder)
    listed = _removed(where, folder) if remove else _installed(where, folder)
    return tuple(change for change in listed if change.due)


def _installed(where: Places, folder: Path) -> Iterator[Change]:
    if where.profile:
        settings = where.profile / SETTINGS
        yield Change("trust", settings, trusting(settings, ways_to(folder)), kept=True)
    if where.addin:
        yield Change("addin", where.addin, addin_of(where))
    line = pointer_to(where.python, where.code_page, os.environ)
    yield Change("pointer", where.pointer, line)


def _removed(where: Places, folder: Path) -> Iterator[Change]:
    others = False
    if where.profile:
        settings = where.profile / SETTINGS
        if settings.exists():
            yield Change("untrust", settings, untrusting(settings, ways_to(folder)), kept=True)
            others = _trusts_another(settings, folder)
    if where.addin:
        yield Change("no_addin", where.addin, None)
    if not others:
        yield Change("no_pointer", where.pointer, None)


def ways_to(folder: Path) -> tuple[Path, ...]:
    """Give the addresses by which a folder may be opened: as named, and where links lead."""
    ways = (folder.absolute(), folder.resolve())
    return tuple(dict.fromkeys(way for way in ways if ".." not in way.parts))


def _trusts_another(settings: Path, folder: Path) -> bool:
    """Whether another office's folder is trusted: its buttons need the interpreter."""
    own = {one.as_uri() for one in ways_to(folder)}
    others = (one for one in read_trust(settings).addresses if one.rstrip("/") not in own)
    return any(_is_office(Path(unquote(urlsplit(one).path))) for one in others)


def _is_office(folder: Path) -> bool:
    return any((folder / name).exists() for name in CONTROL)


def _workbooks() -> Path:
    """Find the workbooks with macros: beside the package, or at the top of a checkout."""
    beside = Path(__file__).parent / "workbook"
    return beside if beside.is_dir() else Path(__file__).parents[2] / "workbook"


def addin_of(where: Places) -> bytes:
    """Read the add-in that belongs to this program."""
    try:
        return where.source.read_bytes()
    except OSError as error:
        raise HuizongError("error.addin_missing", path=where.source) from error


def require_closed(where: Places, due: Sequence[Change]) -> None:
    """
    Refuse to change LibreOffice's settings while it runs: it would undo that when it ends.

    Raises:
        HuizongError: If it runs with this user's settings (`error.libreoffice_running`).
    """
    if not any(change.code in ("trust", "untrust") for change in due):
        return
    running = {profile.resolve() for profile in running_profiles()}
    if where.profile and where.profile.resolve() in running:
        raise HuizongError("error.libreoffice_running")


def carry_out(where: Places, due: Sequence[Change]) -> None:
    """
    Make the changes; other programs' settings are kept beside as they were.

    Raises:
        HuizongError: If LibreOffice is running, Excel has the add-in open, or the disk is full or
            closed.
    """
    require_closed(where, due)
    for change in due:
        try:
            _carry_out(change)
        except PermissionError as error:
            # Windows says so of a file that a program has open.
            code = "error.install_open" if change.path.exists() else "error.install_denied"
            raise HuizongError(code, path=change.path) from error
        except OSError as error:
            raise told(error, change.path) from error


def _carry_out(change: Change) -> None:
    path = change.path
    path.parent.mkdir(parents=True, exist_ok=True)
    if change.backup:
        shutil.copyfile(path, change.backup)
    if change.data is None:
        path.unlink()
    else:
        _put(path, change.data)
    sync_folder(path.parent)


def _put(path: Path, data: bytes) -> None:
    temp = temp_beside(path)
    try:
        temp.write_bytes(data)
        sync(temp)
        temp.replace(path)
    finally:
        temp.unlink(missing_ok=True)
