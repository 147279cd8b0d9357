"""The part of xlwings that writes VBA wrappers, which xlwings itself loads on Windows only."""

import importlib.util
import io
import sys
import types
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import xlwings

# What stands between xlwings and Windows; the wrappers need none of it.
_OF_WINDOWS = ("pythoncom", "pywintypes", "win32com", "win32com.client")


def udfs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load `xlwings/udfs.py` as it is installed."""
    for name in _OF_WINDOWS:
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    sys.modules["pythoncom"].CoInitialize = None  # type: ignore[attr-defined]
    sys.modules["win32com.client"].Dispatch = None  # type: ignore[attr-defined]
    path = Path(xlwings.__file__).parent / "udfs.py"
    spec = importlib.util.spec_from_file_location("xlwings.udfs", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wrappers(module: ModuleType, name: str, *functions: Callable) -> str:
    """Give the VBA that xlwings writes for some functions of the module `name`, in an add-in."""
    text = io.StringIO()
    holder = SimpleNamespace(**{function.__name__: function for function in functions})
    module.generate_vba_wrapper(name, holder, text, SimpleNamespace(Name="huizong.xlam"))
    return text.getvalue()
