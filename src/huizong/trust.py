"""LibreOffice's settings of a user: which folders' macros it runs, and whether it is running.

LibreOffice writes the file anew when it ends, from what it read when it began.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import msgspec

from huizong.errors import HuizongError

SETTINGS = Path("user", "registrymodifications.xcu")
# What LibreOffice takes where nobody has chosen: macros run in trusted folders only.
DEFAULT_LEVEL = 2
_NAMES = "http://openoffice.org/2001/registry"
_OOR = f"{{{_NAMES}}}"
_SCRIPTING = "/org.openoffice.Office.Common/Security/Scripting"
_EMPTY = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<oor:items xmlns:oor="{_NAMES}" xmlns:xs="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n</oor:items>\n'
)
_TRUSTED = re.compile(
    rf'<item oor:path="{_SCRIPTING}">\s*<prop oor:name="SecureURL"[^>]*>.*?</prop>\s*</item>\n?',
    re.DOTALL,
)
_TRUST = (
    f'<item oor:path="{_SCRIPTING}"><prop oor:name="SecureURL" oor:op="fuse">'
    "<value>{}</value></prop></item>\n"
)


class Trust(msgspec.Struct, frozen=True):
    """Whose macros LibreOffice runs: the trusted addresses, the level 0 to 3, or none at all."""

    addresses: tuple[str, ...] = ()
    level: int = DEFAULT_LEVEL
    disabled: bool = False

    def covers(self, folder: Path) -> bool:
        """Whether a folder is trusted, by itself or with one above it."""
        ways = [unquote(one).rstrip("/") for one in self.addresses]
        wanted = unquote(folder.as_uri())
        return any(way and (wanted + "/").startswith(way + "/") for way in ways)


def read_trust(path: Path) -> Trust:
    """
    Read the settings; a LibreOffice that was never started has none, and takes its own.

    Raises:
        HuizongError: If the file cannot be read (`error.libreoffice_settings`).
    """
    return _trust_in(_text_of(path), path)


def trusting(path: Path, folders: Sequence[Path]) -> bytes:
    """Give the settings file with these folders trusted too; all else in it stays to the byte."""
    text = _text_of(path)
    before = _trust_in(text, path).addresses
    added = [one.as_uri() for one in folders if one.as_uri() not in before]
    return _with(text, (*before, *added), path).encode()


def untrusting(path: Path, folders: Sequence[Path]) -> bytes:
    """Give the settings file without these folders; those above and below them stay."""
    text = _text_of(path)
    gone = {folder.as_uri() for folder in folders}
    left = [one for one in _trust_in(text, path).addresses if one.rstrip("/") not in gone]
    return _with(text, left, path).encode()


def profile_of(environment: Mapping[str, str]) -> Path:
    """Name the folder where LibreOffice keeps a user's settings."""
    home = environment.get("HOME") or str(Path.home())
    return Path(environment.get("XDG_CONFIG_HOME") or Path(home, ".config"), "libreoffice", "4")


def running_profiles() -> Iterator[Path]:
    """Name the profile of each LibreOffice that this user runs now."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "comm").read_text().strip() != "soffice.bin":
                continue
            words = os.fsdecode((process / "cmdline").read_bytes()).split("\0")
            lines = os.fsdecode((process / "environ").read_bytes()).split("\0")
        except OSError:
            continue  # ended meanwhile, or another user's
        chosen = [word for word in words if word.startswith("-env:UserInstallation=")]
        if chosen:
            yield Path(unquote(urlsplit(chosen[-1].partition("=")[2]).path))
        else:
            yield profile_of(dict(line.split("=", 1) for line in lines if "=" in line))


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return _EMPTY
    except (OSError, UnicodeDecodeError) as error:
        raise HuizongError("error.libreoffice_settings", path=path, why=error) from error


def _trust_in(text: str, path: Path) -> Trust:
    try:
        items = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise HuizongError("error.libreoffice_settings", path=path, why=error) from error
    # Of two values the later one counts.
    values = {
        prop.get(f"{_OOR}name"): [it.text or "" for it in prop.iterfind("value/it")]
        or [(prop.findtext("value") or "").strip()]
        for item in items.iterfind("item")
        if item.get(f"{_OOR}path") == _SCRIPTING
        for prop in item.iterfind("prop")
    }
    level = values.get("MacroSecurityLevel", [""])[0]
    return Trust(
        addresses=tuple(one for one in values.get("SecureURL", ()) if one),
        level=int(level) if level.isdecimal() else DEFAULT_LEVEL,
        disabled=values.get("DisableMacrosExecution") == ["true"],
    )


def _with(text: str, addresses: Sequence[str], path: Path) -> str:
    """Put the trusted addresses in; what was written is read again before anyone relies on it."""
    if tuple(addresses) == _trust_in(text, path).addresses:
        return text
    values = "".join(f"<it>{escape(one)}</it>" for one in addresses)
    head, end, tail = _TRUSTED.sub("", text).rpartition("</oor:items>")
    made = head + (_TRUST.format(values) if addresses else "") + end + tail
    if _trust_in(made, path).addresses != tuple(addresses):
        raise HuizongError("error.libreoffice_settings", path=path, why="SecureURL")
    return made
