"""The text sources of the macros: beside the package, or at the top of a checkout."""

from pathlib import Path

from huizong.vba_project import Kind, Module


def macros_folder() -> Path:
    """Find the sources."""
    beside = Path(__file__).parent / "macros"
    return beside if beside.is_dir() else Path(__file__).parents[2] / "macros"


def macro_module(name: str) -> Module:
    """Read a standard module, as the VBA editor exports it."""
    # Bytes: reading as text would turn CRLF into LF.
    source = (macros_folder() / f"{name}.bas").read_bytes()
    return Module(name, Kind.STANDARD, source.decode("ascii"))
