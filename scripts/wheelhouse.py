"""Fill wheels/ with all that setup.cmd installs on a Windows without network: `make wheelhouse`.

pip judges markers by the machine that it runs on and would leave out what only Windows needs, so
they are judged here. At the end every wheel's own needs are looked up, and pip tries the install.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from huizong.texts import catalogue

ROOT = Path(__file__).parents[1]
# CPython with 64 bits; setup.cmd takes the newest of them that it finds.
PYTHONS = ("3.12", "3.11")
PLATFORM = "win_amd64"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-qq")
SOURCES = ("pyproject.toml", "README.md", "LICENSE")
FOLDERS = ("src", "templates", "macros", "workbook")
NOT_SOURCES = shutil.ignore_patterns("*.egg-info", "__pycache__")
REQUIREMENTS = "requirements.txt"
# Published as sources alone, in Python alone: their wheels are built here.
WITHOUT_WHEEL = ("authres",)
# What setup.cmd, itself ASCII, has to say before Python can.
NOTES = {"no-python.txt": "launcher.no_python", "failed.txt": "launcher.setup_failed"}


def main() -> None:
    """Fill the folder given, or wheels/, for the Pythons given, or all that are stated."""
    folder = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "wheels"
    pythons = tuple(sys.argv[2:]) or PYTHONS
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.whl"):
        old.unlink()
    pinned, sources = parted((ROOT / REQUIREMENTS).read_text(encoding="utf-8"))
    for python in pythons:
        fetch(for_windows(pinned, python), python, folder)
    pinned += built(sources, folder) + own_wheel(folder)
    (folder / REQUIREMENTS).write_text(pinned, encoding="utf-8", newline="\n")
    for name, code in NOTES.items():
        (folder / name).write_text(both(code), encoding="utf-8", newline="\r\n")
    for python in pythons:
        if wanting := [*missing(folder, python)]:
            sys.exit("\n".join(wanting))
        try_install(folder, python)
    print(f"{folder}: Python {' '.join(pythons)}, {PLATFORM}")


def windows(python: str) -> dict[str, str]:
    """Describe a CPython on Windows, as markers ask for it."""
    return {
        "implementation_name": "cpython", "platform_python_implementation": "CPython",
        "os_name": "nt", "sys_platform": "win32", "platform_system": "Windows",
        "platform_machine": "AMD64", "platform_release": "10", "platform_version": "10.0.19045",
        "python_version": python, "python_full_version": f"{python}.9",
        "implementation_version": f"{python}.9", "extra": "",
    }  # fmt: skip


def for_windows(pinned: str, python: str) -> str:
    """Give the pinned packages that a Python on Windows needs, with hashes, without markers."""
    kept = []
    for block in re.split(r"\n(?=\S)", pinned):
        head, _, hashes = block.partition("--hash")
        if not hashes:
            continue
        wanted = Requirement(head.strip().rstrip("\\"))
        if wanted.marker is None or wanted.marker.evaluate(windows(python)):
            kept.append(f"{wanted.name}{wanted.specifier} \\\n    --hash{hashes.rstrip()}\n")
    return "".join(kept)


def parted(pinned: str) -> tuple[str, str]:
    """Part the pinned packages from those that are published as sources alone."""
    blocks = [f"{one}\n" for one in re.split(r"\n(?=\S)", pinned.rstrip("\n"))]
    sources = [one for one in blocks if one.partition("==")[0] in WITHOUT_WHEEL]
    return "".join(one for one in blocks if one not in sources), "".join(sources)


def built(sources: str, folder: Path) -> str:
    """Build wheels of these packages into the folder; give their lines with their own hashes."""
    with listed(sources) as file:
        run("wheel", "--no-deps", "--require-hashes", "-r", file, "--wheel-dir", folder)
    return "".join(line_of(wheel) for name in WITHOUT_WHEEL for wheel in folder.glob(f"{name}-*"))


def fetch(pinned: str, python: str, folder: Path) -> None:
    """Load the wheels of these packages into the folder."""
    with listed(pinned) as file:
        run("download", "--no-deps", *aimed_at(python), "-r", file, "-d", folder)


def try_install(folder: Path, python: str) -> None:
    """Let pip go through the install, from the folder alone, with all hashes; nothing is done."""
    pinned = for_windows((folder / REQUIREMENTS).read_text(encoding="utf-8"), python)
    with listed(pinned) as file, tempfile.TemporaryDirectory() as target:
        offline = ("--no-index", "--find-links", folder, "--dry-run", "--target", target)
        # pip would hold a wheel's Python against its own, and ask for what it needs on this system:
        # `download` and `missing` have seen to that.
        here = ("--ignore-requires-python", "--no-deps")
        run("install", *here, *offline, *aimed_at(python), "-r", file)


def aimed_at(python: str) -> tuple[str, ...]:
    """Tell pip for what it works."""
    aim = ("--platform", PLATFORM, "--python-version", python, "--implementation", "cp")
    return (*aim, "--only-binary=:all:", "--require-hashes")


def own_wheel(folder: Path) -> str:
    """Build this program's wheel into the folder; give its line with its hash."""
    with tempfile.TemporaryDirectory() as copy:
        # In the checkout setuptools would take old files from a build folder beside the sources.
        for name in SOURCES:
            shutil.copy(ROOT / name, copy)
        for name in FOLDERS:
            shutil.copytree(ROOT / name, Path(copy, name), ignore=NOT_SOURCES)
        run("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, copy)
    (wheel,) = folder.glob("huizong-*.whl")
    return line_of(wheel)


def line_of(wheel: Path) -> str:
    """Pin a wheel that was built here."""
    name, version, *_ = parse_wheel_filename(wheel.name)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f"{name}=={version} \\\n    --hash=sha256:{digest}\n"


def missing(folder: Path, python: str) -> Iterator[str]:
    """Name what a wheel in the folder needs on Windows and is not among the pinned packages."""
    pinned = for_windows((folder / REQUIREMENTS).read_text(encoding="utf-8"), python)
    pairs = re.findall(r"^([\w.-]+)==(\S+)", pinned, re.MULTILINE)
    have = {canonicalize_name(name): Version(version) for name, version in pairs}
    for wheel in sorted(folder.glob("*.whl")):
        name, version, *_ = parse_wheel_filename(wheel.name)
        if have.get(name) != version:
            continue  # of another Python
        for need in map(Requirement, needs(wheel)):
            got = have.get(canonicalize_name(need.name))
            wanted = need.marker is None or need.marker.evaluate(windows(python))
            if wanted and (got is None or got not in need.specifier):
                yield f"Python {python}: {wheel.name} needs {need}, there is {got}"


def needs(wheel: Path) -> list[str]:
    """Read what a wheel says it needs."""
    with zipfile.ZipFile(wheel) as parts:
        (name,) = [one for one in parts.namelist() if re.fullmatch(r"[^/]+/METADATA", one)]
        return Parser().parsestr(parts.read(name).decode()).get_all("Requires-Dist") or []


def both(code: str) -> str:
    """Give a text in both languages."""
    said = catalogue()[code]
    return f"{said['zh']}\n{said['en']}\n"


@contextmanager
def listed(pinned: str) -> Iterator[Path]:
    """Give a requirements file with these lines for a while."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, REQUIREMENTS)
        path.write_text(pinned, encoding="utf-8")
        yield path


def run(*words: object) -> None:
    """Run pip; it says itself what is wrong."""
    if subprocess.run([*PIP, *map(str, words)], check=False).returncode:
        sys.exit(2)


if __name__ == "__main__":
    main()
