"""What the registry and the files of Windows say of Excel, WPS, their rules and our add-in."""

import ctypes
import os
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec

from huizong.doctor_machine import Answer, ask_python
from huizong.errors import HuizongError
from huizong.install import ADDIN, Places, addin_of, places
from huizong.pointer import read_pointer
from huizong.registry import CLASSES, MACHINE, USER, value, values

OURS = "import huizong, win32com; print('huizong')"
# Excel 2016 and newer, 2013, 2010.
_VERSIONS = ("16.0", "15.0", "14.0")
_EXCEL_CLASS = r"CLSID\{00024500-0000-0000-C000-000000000046}\LocalServer32"
# Where each rule for macros stands below `Office\16.0`.
_RULES = {
    "VBAWarnings": r"Excel\Security",
    "blockcontentexecutionfrominternet": r"Excel\Security",
    "RequireAddinSig": r"Excel\Security",
    "DisableAllAddins": r"Excel\Security",
    "AllLocationsDisabled": r"Excel\Security\Trusted Locations",
    "requirealwaysonmacrosig": r"Common\Security",
    "vbaoff": "Common",
}
# What Windows notes on a file that came from the internet, or from another computer.
_ZONE = ":Zone.Identifier"
_DRIVE_REMOTE = 4


class Rule(msgspec.Struct, frozen=True):
    """A rule for macros; one set by `policy` only an administrator can change."""

    value: int
    policy: bool = False


class WindowsFacts(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is known of a computer with Windows.

    `excel` is its version, `wps` its folder, `server` the program that answers to Excel's name.
    `same` is None where the add-in is missing. `libraries` says whether what worksheet functions
    call lies where the macro looks for it. `foreign` are files marked as from elsewhere.
    """

    excel: str = ""
    wps: str = ""
    server: str = ""
    rules: Mapping[str, Rule] = {}
    addin: Path = Path(ADDIN)
    same: bool | None = None
    switched_off: bool = False
    interpreter: str = ""
    answer: Answer = Answer()
    libraries: bool = True
    foreign: tuple[Path, ...] = ()
    code_page: int = 936
    clouds: tuple[str, ...] = ()


def gather_windows(folder: Path | None) -> WindowsFacts:
    """Look at this computer, and at the workbooks of an office's folder."""
    where = places()
    excel = next(filter(_has_excel, _VERSIONS), "")
    interpreter = read_pointer(where.pointer, where.code_page, os.environ)
    workbooks = tuple(folder.glob("*.xls[mx]")) if folder else ()
    return WindowsFacts(
        excel=excel,
        wps=str(value(USER, r"Software\Kingsoft\Office\6.0\Common", "InstallRoot") or ""),
        server=str(value(CLASSES, _EXCEL_CLASS) or ""),
        rules=dict(_rules(excel or _VERSIONS[0])),
        addin=where.addin or Path(ADDIN),
        same=_same(where),
        switched_off=_switched_off(excel),
        interpreter=interpreter,
        answer=ask_python(interpreter, OURS) if interpreter else Answer(),
        libraries=has_libraries(Path(interpreter)),
        foreign=tuple(path for path in (where.addin, *workbooks) if path and is_foreign(path)),
        code_page=ctypes.windll.kernel32.GetACP(),  # type: ignore[attr-defined,unused-ignore]
        clouds=tuple(one for name, one in os.environ.items() if name.startswith("ONEDRIVE")),
    )


def drive_of(folder: Path) -> str:
    """Name the kind of drive that a folder lies on: `remote`, or nothing to be said of."""
    root = folder.resolve().anchor
    kind = ctypes.windll.kernel32.GetDriveTypeW(root)  # type: ignore[attr-defined,unused-ignore]
    return "remote" if root.startswith("\\\\") or kind == _DRIVE_REMOTE else ""


def is_foreign(path: Path) -> bool:
    """Whether Windows notes that a file came from the internet, so that its macros are blocked."""
    try:
        return foreign_zone(Path(f"{path}{_ZONE}").read_text(errors="replace"))
    except OSError:
        return False


def foreign_zone(note: str) -> bool:
    """Tell from the note's text: zones 3 and 4 are the internet and what is restricted."""
    zones = (line.partition("=")[2] for line in note.splitlines() if line.startswith("ZoneId="))
    return any(zone.strip() in ("3", "4") for zone in zones)


def has_libraries(python: Path) -> bool:
    """Whether xlwings' libraries lie beside a Python, or above it in an environment."""
    names = [f"xlwings{bits}-{version('xlwings')}.dll" for bits in (32, 64)]
    places_of = (python.parent, python.parent.parent)
    return all(any((place / name).exists() for place in places_of) for name in names)


def _has_excel(number: str) -> bool:
    # Not by Excel.Application\CurVer: WPS puts its own there.
    key = rf"SOFTWARE\Microsoft\Office\{number}\Excel\InstallRoot"
    folder = value(MACHINE, key, "Path")
    return bool(folder) and Path(folder, "EXCEL.EXE").exists()


def _rules(number: str) -> Iterator[tuple[str, Rule]]:
    places_of = (
        (USER, rf"Software\Policies\Microsoft\Office\{number}", True),
        (MACHINE, rf"Software\Policies\Microsoft\Office\{number}", True),
        (USER, rf"Software\Microsoft\Office\{number}", False),
    )
    for name, below in _RULES.items():
        for hive, key, policy in places_of:
            found = value(hive, rf"{key}\{below}", name)
            if isinstance(found, int):
                yield name, Rule(found, policy)
                break


def _same(where: Places) -> bool | None:
    if where.addin is None or not where.addin.exists():
        return None
    try:
        return where.addin.read_bytes() == addin_of(where)
    except (OSError, HuizongError):
        return False


def _switched_off(number: str) -> bool:
    """Excel switches off what it thinks has brought it down; names are kept in UTF-16."""
    key = rf"Software\Microsoft\Office\{number}\Excel\Resiliency\DisabledItems"
    name = ADDIN.encode("utf-16-le")
    return any(name in one.lower() for one in values(USER, key) if isinstance(one, bytes))
