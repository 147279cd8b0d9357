"""Read the registry of Windows: the only module that does. Nothing is ever written there."""

from collections.abc import Iterator
from typing import Any

USER, MACHINE, CLASSES = "HKEY_CURRENT_USER", "HKEY_LOCAL_MACHINE", "HKEY_CLASSES_ROOT"


def value(hive: str, key: str, name: str = "") -> Any:
    """Give a value, None if there is none or it may not be read; without a name the key's own."""
    import winreg  # type: ignore[import-not-found,unused-ignore]

    # A program of 32 bits has its keys in a part of their own.
    for view in (winreg.KEY_WOW64_64KEY, winreg.KEY_WOW64_32KEY):
        try:
            with winreg.OpenKey(getattr(winreg, hive), key, 0, winreg.KEY_READ | view) as opened:
                return winreg.QueryValueEx(opened, name)[0]
        except OSError:
            continue
    return None


def values(hive: str, key: str) -> Iterator[Any]:
    """Give all values of a key, none if there is no such key."""
    import winreg  # type: ignore[import-not-found,unused-ignore]

    try:
        with winreg.OpenKey(getattr(winreg, hive), key) as opened:
            for number in range(winreg.QueryInfoKey(opened)[1]):
                yield winreg.EnumValue(opened, number)[1]
    except OSError:
        return
