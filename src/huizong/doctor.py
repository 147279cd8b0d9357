"""电脑检查: look at this computer and at an office's folder, and say what has to be mended."""

import os
from collections.abc import Iterator
from pathlib import Path

from huizong import doctor_linux, doctor_machine, doctor_office, doctor_windows
from huizong.doctor_linux import filesystem_of, gather_linux
from huizong.excel_facts import drive_of, gather_windows
from huizong.remarks import LEVELS, Remark
from huizong.trust import running_profiles


def examine(folder: Path | None) -> tuple[Remark, ...]:
    """
    Look at everything, and give what has to be mended first.

    A folder that is no office is a remark, not an error.
    """
    machine = doctor_machine.gather_machine()
    found = [remark for check in doctor_machine.CHECKS for remark in check(machine)]
    found += _windows(folder) if os.name == "nt" else _linux(folder)
    if folder:
        filesystem = drive_of(folder) if os.name == "nt" else filesystem_of(folder)
        office = doctor_office.gather_office(
            folder.resolve(), filesystem, libreoffice=any(running_profiles())
        )
        found += [remark for check in doctor_office.CHECKS for remark in check(office)]
    # One thing may be seen twice: a folder by its name and by the program that copies it.
    once = {(one.code, str(one.details)): one for one in found}.values()
    return tuple(sorted(once, key=lambda one: LEVELS.index(one.level)))


def _linux(folder: Path | None) -> Iterator[Remark]:
    facts = gather_linux(folder)
    for check in doctor_linux.CHECKS:
        yield from check(facts)


def _windows(folder: Path | None) -> Iterator[Remark]:
    facts = gather_windows(folder)
    for check in doctor_windows.CHECKS:
        yield from check(facts)
    if folder:
        yield from doctor_windows.check_path(facts, folder.resolve())
