"""What an office with Windows and without network installs from: setup.cmd and its wheels."""

import os
import re
import runpy
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from programs import require
from terminal import SRC

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "wheelhouse.py"
WHEELHOUSE = runpy.run_path(str(SCRIPT))
PINNED = (ROOT / "requirements.txt").read_text(encoding="utf-8")
SETUP = (ROOT / "setup.cmd").read_bytes()


def names(python: str) -> dict[str, str]:
    """Give the packages that a Python on Windows gets, with their versions."""
    return dict(re.findall(r"^(\S+)==(\S+)", WHEELHOUSE["for_windows"](PINNED, python), re.M))


def test_windows_gets_what_only_windows_needs():
    """
    Markers are judged for Windows: pywin32 is in, appscript is out, numpy stands there once.
    """
    for python in WHEELHOUSE["PYTHONS"]:
        got = names(python)
        assert {"pywin32", "colorama", "xlwings", "pandas"} <= set(got)
        assert not {"appscript", "psutil"} & set(got)
        assert list(got).count("numpy") == 1
        lines = WHEELHOUSE["for_windows"](PINNED, python)
        assert lines.count("--hash=sha256:") >= len(got)
        assert ";" not in lines


def wheel(folder: Path, name: str, *needs: str) -> None:
    """Write a wheel that holds only what it needs."""
    lines = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as parts:
        parts.writestr(f"{name}-1.0.dist-info/METADATA", f"Name: {name}\nVersion: 1.0\n{lines}")


def test_a_missing_need_is_named(tmp_path):
    """
    What a wheel needs on Windows must be pinned, in a version that it takes; extras need not.
    """
    wheel(tmp_path, "a", 'b>=2; sys_platform == "win32"', 'c; sys_platform == "linux"')
    wheel(tmp_path, "b", "a==1.0", 'd; extra == "more"', 'e; python_version < "3.12"')
    lines = "".join(f"{name}==1.0 \\\n    --hash=sha256:00\n" for name in "ab")
    (tmp_path / "requirements.txt").write_text(lines, encoding="utf-8")

    told = [*WHEELHOUSE["missing"](tmp_path, "3.11")]

    assert [line.partition("needs ")[2].split(",")[0].split(";")[0] for line in told] == [
        "b>=2",
        "e",
    ]
    assert len([*WHEELHOUSE["missing"](tmp_path, "3.12")]) == 1


@pytest.mark.slow
def test_wheels_install_without_network(tmp_path):
    """
    The wheels of one Python are loaded, need nothing else, and pip finds its way through them.
    """
    require("package index")
    command = [sys.executable, SCRIPT, tmp_path, "3.11"]

    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(SRC)})

    (own,) = tmp_path.glob("huizong-*.whl")
    with zipfile.ZipFile(own) as parts:
        made = {Path(one).name for one in parts.namelist() if re.match(r"huizong/\w+\.py$", one)}
    assert made == {path.name for path in (SRC / "huizong").glob("*.py")}
    wheels = {path.name.partition("-")[0] for path in tmp_path.glob("*.whl")}
    assert {"huizong", "pywin32", "numpy"} <= wheels
    assert {one.name for one in tmp_path.glob("*.txt")} == {
        *WHEELHOUSE["NOTES"],
        WHEELHOUSE["REQUIREMENTS"],
    }
    listed = (tmp_path / "requirements.txt").read_text(encoding="utf-8")
    assert re.search(r"^huizong==\S+ \\\n    --hash=sha256:[0-9a-f]{64}\n\Z", listed, re.M)
    next(tmp_path.glob("pywin32*.whl")).unlink()
    with pytest.raises(SystemExit):
        WHEELHOUSE["try_install"](tmp_path, "3.11")


def test_setup_is_what_cmd_reads():
    """
    ASCII with CRLF, no label and no `goto`, which cmd looks for by byte; no quote stands open.
    """
    assert SETUP.isascii()
    assert SETUP.count(b"\n") == SETUP.count(b"\r\n")
    lines = SETUP.decode("ascii").splitlines()
    assert [line for line in lines if line.startswith(":") or "goto" in line.lower()] == []
    assert [line for line in lines if line.count('"') % 2] == []
    assert max(map(len, lines)) < 1000


def test_setup_installs_offline_and_with_hashes():
    """
    pip takes the wheels beside it only, each with its hash; the Pythons are those of the wheels.
    """
    text = SETUP.decode("ascii")

    (pip,) = re.findall(r"-m pip install (.*)", text)
    assert {"--no-index", "--require-hashes", "--only-binary=:all:"} <= set(pip.split())
    assert re.findall(r"in \(([\d. ]+)\)", text) == [" ".join(WHEELHOUSE["PYTHONS"])]
    first, last = sorted(tuple(map(int, one.split("."))) for one in WHEELHOUSE["PYTHONS"])
    assert f"{first} <= sys.version_info < {(last[0], last[1] + 1)}" in text
    named = set(re.findall(r"%WHEELS%.([\w.-]+\.txt)", text))
    assert named == {*WHEELHOUSE["NOTES"], WHEELHOUSE["REQUIREMENTS"]}


def test_setup_asks_python_what_it_means():
    """
    The line by which setup.cmd asks a Python prints its path, or nothing if it is of no use.
    """
    (check,) = re.findall(r'set "CHECK=(.*)"', SETUP.decode("ascii"))
    said = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    ).stdout.strip()

    fits = f"{sys.version_info.major}.{sys.version_info.minor}" in WHEELHOUSE["PYTHONS"]
    assert said == (sys.executable if fits else "")
    old = check.replace("sys.version_info", "(3, 9)")
    run = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""
