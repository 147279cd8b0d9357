"""The wheel carries every module, text, form set and macro of the checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SUFFIXES = (".py", ".toml", ".lark")


def files_below(folder: Path) -> set[str]:
    """Name the files of a folder and its folders, without what Python leaves there."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in paths if path.suffix != ".pyc"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy to build from: setuptools keeps old files in a build folder beside the sources."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    for name in ("src", "templates", "macros", "workbook"):
        ignored = shutil.ignore_patterns("*.egg-info", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def test_wheel_is_complete(checkout, tmp_path):
    """
    A file missing here needs its package or suffix in `[tool.setuptools]` of pyproject.toml.
    """
    command = [sys.executable, "-m", "pip", "wheel", "-qq", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", tmp_path, checkout], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        got = {name for name in archive.namelist() if ".dist-info/" not in name}

    modules = {name for name in files_below(ROOT / "src/huizong") if name.endswith(SUFFIXES)}
    folders = {
        f"{folder}/{name}" for folder in ("templates", "macros", "workbook")
        for name in files_below(ROOT / folder)
    }  # fmt: skip
    assert got == {f"huizong/{name}" for name in modules | folders}
