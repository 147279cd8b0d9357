"""Write the dir stream of a VBA project: which modules there are, and which libraries they use.

Section numbers below are those of [MS-OVBA].
"""

import struct
from collections.abc import Iterator, Mapping
from enum import IntEnum

# Sources are ASCII, which every code page holds alike; this one is on every Windows and macOS,
# while a project in 936 is read wrongly where another code page rules.
CODE_PAGE = 1252
ENCODING = f"cp{CODE_PAGE}"

WIN64 = 3
ENGLISH = 0x409
# 2.3.4.2.3.1, 2.3.4.2.3.2.7: what the specification has written for a cookie.
COOKIE = 0xFFFF

# 2.3.4.2.2: the name and the library of each reference. Excel finds a library by its identifier,
# wherever it lies. Callbacks of a ribbon need that of Office.
LIBRARIES = {
    "stdole": r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0#"
    r"C:\Windows\System32\stdole2.tlb#OLE Automation",
    "Office": r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0#"
    r"C:\Program Files\Common Files\Microsoft Shared\OFFICE16\MSO.DLL"
    r"#Microsoft Office 16.0 Object Library",
}


class Record(IntEnum):
    """The records of the stream by their numbers; a wide one says a text again in UTF-16."""

    # 2.3.4.2.1
    SYSTEM = 0x01
    LANGUAGE = 0x02
    CODE_PAGE = 0x03
    NAME = 0x04
    DESCRIPTION = 0x05
    HELP_FILE = 0x06
    HELP_CONTEXT = 0x07
    FLAGS = 0x08
    VERSION = 0x09
    CONSTANTS = 0x0C
    LANGUAGE_OF_CALLS = 0x14
    CONSTANTS_WIDE = 0x3C
    HELP_FILE_AGAIN = 0x3D
    DESCRIPTION_WIDE = 0x40
    # 2.3.4.2.2
    LIBRARY = 0x0D
    LIBRARY_NAME = 0x16
    LIBRARY_NAME_WIDE = 0x3E
    # 2.3.4.2.3
    MODULES = 0x0F
    MODULES_COOKIE = 0x13
    # 2.3.4.2.3.2
    MODULE_NAME = 0x19
    STREAM_NAME = 0x1A
    MODULE_DESCRIPTION = 0x1C
    MODULE_HELP_CONTEXT = 0x1E
    PROCEDURAL = 0x21
    OF_OBJECTS = 0x22
    MODULE_END = 0x2B
    MODULE_COOKIE = 0x2C
    TEXT_OFFSET = 0x31
    STREAM_NAME_WIDE = 0x32
    MODULE_NAME_WIDE = 0x47
    MODULE_DESCRIPTION_WIDE = 0x48
    # 2.3.4.2
    END = 0x10


def directory(project: str, modules: Mapping[str, bool]) -> bytes:
    """Give the stream, not yet compressed; for each module say whether it is procedural."""
    return b"".join((*_information(project), *_libraries(), *_modules(modules)))


def _information(project: str) -> Iterator[bytes]:
    yield _number(Record.SYSTEM, WIN64)
    yield _number(Record.LANGUAGE, ENGLISH)
    yield _number(Record.LANGUAGE_OF_CALLS, ENGLISH)
    yield _short(Record.CODE_PAGE, CODE_PAGE)
    yield _record(Record.NAME, project.encode(ENCODING))
    yield _in_both(Record.DESCRIPTION, Record.DESCRIPTION_WIDE, "")
    yield _record(Record.HELP_FILE)
    yield _record(Record.HELP_FILE_AGAIN)
    yield _number(Record.HELP_CONTEXT, 0)
    yield _number(Record.FLAGS, 0)
    # This record has 6 bytes where it says 4 (2.3.4.2.1.11).
    yield struct.pack("<HIIH", Record.VERSION, 4, 1, 0)
    yield _in_both(Record.CONSTANTS, Record.CONSTANTS_WIDE, "")


def _libraries() -> Iterator[bytes]:
    for name, library in LIBRARIES.items():
        yield _in_both(Record.LIBRARY_NAME, Record.LIBRARY_NAME_WIDE, name)
        raw = library.encode(ENCODING)
        yield _record(Record.LIBRARY, struct.pack("<I", len(raw)) + raw + bytes(6))


def _modules(modules: Mapping[str, bool]) -> Iterator[bytes]:
    yield _short(Record.MODULES, len(modules))
    yield _short(Record.MODULES_COOKIE, COOKIE)
    for name, procedural in modules.items():
        yield _in_both(Record.MODULE_NAME, Record.MODULE_NAME_WIDE, name)
        yield _in_both(Record.STREAM_NAME, Record.STREAM_NAME_WIDE, name)
        yield _in_both(Record.MODULE_DESCRIPTION, Record.MODULE_DESCRIPTION_WIDE, "")
        # No cache stands before the text.
        yield _number(Record.TEXT_OFFSET, 0)
        yield _number(Record.MODULE_HELP_CONTEXT, 0)
        yield _short(Record.MODULE_COOKIE, COOKIE)
        yield _record(Record.PROCEDURAL if procedural else Record.OF_OBJECTS)
        yield _record(Record.MODULE_END)
    yield _record(Record.END)


def _record(record: Record, content: bytes = b"") -> bytes:
    return struct.pack("<HI", record, len(content)) + content


def _number(record: Record, number: int) -> bytes:
    return _record(record, struct.pack("<I", number))


def _short(record: Record, number: int) -> bytes:
    return _record(record, struct.pack("<H", number))


def _in_both(record: Record, wide: Record, text: str) -> bytes:
    return _record(record, text.encode(ENCODING)) + _record(wide, text.encode("utf-16-le"))
