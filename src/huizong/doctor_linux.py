"""电脑检查 on Linux: LibreOffice, its Python bridge, Chinese fonts, trust, the locale."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from huizong.doctor_machine import PATIENCE, Answer, ask_python
from huizong.errors import HuizongError
from huizong.install import places, ways_to
from huizong.pointer import read_pointer
from huizong.remarks import Remark, good, mend, note
from huizong.trust import SETTINGS, Trust, read_trust

# The oldest that was seen to work.
OLDEST = (7, 4)
_UNO = "import sys; sys.path.append('/usr/lib/python3/dist-packages'); import uno; print('uno')"
_OURS = "import huizong; print('huizong')"
# LibreOffice in a box of its own can start no program outside it.
_BOXES = ("/snap/", "/flatpak/")


class LinuxFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a computer with Linux; `ways` are the addresses of the office's folder."""

    soffice: str = ""
    version: str = ""
    uno: Answer = Answer()
    fonts: tuple[str, ...] | None = None  # None where it cannot be told
    trust: Trust | HuizongError = Trust()
    ways: tuple[Path, ...] = ()
    pointer: str = ""
    pointed: Answer = Answer()
    locale: str = ""


def gather_linux(folder: Path | None) -> LinuxFacts:
    """Look at this computer, and whether an office's folder is trusted."""
    where = places()
    soffice = shutil.which("soffice") or shutil.which("libreoffice") or ""
    pointer = read_pointer(where.pointer, where.code_page, {})
    return LinuxFacts(
        soffice=os.path.realpath(soffice) if soffice else "",
        version=_output(soffice, "--version") or "" if soffice else "",
        uno=ask_python(sys.executable, _UNO),
        fonts=_fonts(),
        trust=_trust(where.profile / SETTINGS) if where.profile else Trust(),
        ways=ways_to(folder) if folder else (),
        pointer=pointer,
        pointed=ask_python(pointer, _OURS) if pointer else Answer(),
        locale=locale_of(os.environ),
    )


def locale_of(environment: Mapping[str, str]) -> str:
    """Name the locale that letters are read in; of three variables the first one counts."""
    found = (environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG"))
    return next(filter(None, found), "C")


def filesystem_of(folder: Path) -> str:
    """Name the kind of the file system that a folder lies on."""
    kind, longest = "", ""
    for line in Path("/proc/mounts").read_text(errors="replace").splitlines():
        _, place, found = line.split(" ")[:3]
        place = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), place)
        if len(place) >= len(longest) and folder.resolve().is_relative_to(place):
            kind, longest = found, place
    return kind


def _output(*command: str) -> str | None:
    """Give what a program prints, None if there is no such program."""
    try:
        run = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return run.stdout.strip()


def _fonts() -> tuple[str, ...] | None:
    found = _output("fc-list", ":lang=zh-cn", "family")
    return None if found is None else tuple(sorted(set(found.splitlines())))


def _trust(path: Path) -> Trust | HuizongError:
    try:
        return read_trust(path)
    except HuizongError as error:
        return error


def check_libreoffice(facts: LinuxFacts) -> Iterator[Remark]:
    """LibreOffice is there, not too old, and not in a box of its own."""
    number = re.search(r"(\d+)\.(\d+)(\.\d+)*", facts.version)
    if not facts.soffice:
        yield mend("no_libreoffice")
    elif any(box in facts.soffice for box in _BOXES):
        yield mend("boxed_libreoffice", path=facts.soffice)
    elif number is None:
        yield mend("dead_libreoffice", path=facts.soffice)
    elif tuple(map(int, number.groups()[:2])) < OLDEST:
        yield note("old_libreoffice", version=number[0])
    else:
        yield good("libreoffice", version=number[0], path=facts.soffice)


def check_uno(facts: LinuxFacts) -> Iterator[Remark]:
    """This Python can speak with LibreOffice."""
    if facts.uno.said:
        yield good("uno")
    else:
        yield mend("no_uno", why=facts.uno.why)


def check_fonts(facts: LinuxFacts) -> Iterator[Remark]:
    """There are fonts with Chinese letters."""
    if facts.fonts is None:
        yield note("fonts_unknown")
    elif not facts.fonts:
        yield mend("no_fonts")
    else:
        yield good("fonts", count=len(facts.fonts), name=facts.fonts[0].partition(",")[0])


def check_trust(facts: LinuxFacts) -> Iterator[Remark]:
    """LibreOffice runs the macros of the office's folder."""
    trust = facts.trust
    if isinstance(trust, HuizongError):
        yield mend("trust_unknown", why=trust)
        return
    if trust.disabled:
        yield mend("macros_disabled")
    if trust.level == 0:
        yield note("macros_all")
    missing = [way for way in facts.ways if not trust.covers(way)]
    if missing:
        yield mend("not_trusted", folder=missing[0])
    elif facts.ways:
        yield good("trusted", folder=facts.ways[0])


def check_pointer(facts: LinuxFacts) -> Iterator[Remark]:
    """The macro finds a Python that has this program."""
    if not facts.pointer:
        yield mend("no_pointer")
    elif not facts.pointed.said:
        yield mend("pointer_dead", python=facts.pointer, why=facts.pointed.why)
    else:
        yield good("pointer", python=facts.pointer)


def check_locale(facts: LinuxFacts) -> Iterator[Remark]:
    """Chinese names of files can be read."""
    if facts.locale.lower().replace("-", "").endswith("utf8"):
        yield good("locale", locale=facts.locale)
    else:
        yield mend("not_utf8", locale=facts.locale)


CHECKS = (check_libreoffice, check_uno, check_fonts, check_trust, check_pointer, check_locale)
