"""Write a VBA project, the vbaProject.bin of a workbook, as [MS-OVBA] describes it.

Everything that depends on a version of Excel is left out: Excel compiles the sources when it
opens the workbook. Section numbers below are those of [MS-OVBA].
"""

import re
import struct
import uuid
from enum import Enum

import msgspec

from huizong.compound_file import write_compound_file
from huizong.vba_compression import compress
from huizong.vba_directory import ENCODING, directory

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
# Streams that stand beside those of the modules.
TAKEN = frozenset({"dir"})
WRONG_LETTER = re.compile(r"[^\t -~\r\n]|\r(?!\n)|(?<!\r)\n|(?<=[^\n])\Z")

NAMED = 'Attribute VB_Name = "{}"\r\n'
# What an exported class begins with; importing it, the editor drops the first lines.
CLASS_HEAD = re.compile(
    r"VERSION 1\.0 CLASS\r\nBEGIN\r\n(?:[^\r]*\r\n)*?END\r\n"
    r"(Attribute VB_Name = \"\w+\"\r\n)"
    r"((?:Attribute VB_(?:GlobalNameSpace|Creatable|PredeclaredId|Exposed) = \w+\r\n){4})"
)

# 2.4.3: any byte will do; with this one no byte stands there for nothing.
SEED = 0


class Kind(Enum):
    """What a module belongs to."""

    WORKBOOK = "workbook"
    SHEET = "sheet"
    STANDARD = "standard"
    CLASS = "class"


# 2.3.1: a module's line in the PROJECT stream.
PROJECT_LINES = {
    Kind.WORKBOOK: "Document={}/&H00000000",
    Kind.SHEET: "Document={}/&H00000000",
    Kind.STANDARD: "Module={}",
    Kind.CLASS: "Class={}",
}
# The base class behind each kind of object.
BASE = 'Attribute VB_Base = "0{{{}}}"\r\n'
BASES = {
    Kind.WORKBOOK: BASE.format("00020819-0000-0000-C000-000000000046"),
    Kind.SHEET: BASE.format("00020820-0000-0000-C000-000000000046"),
    Kind.CLASS: BASE.format("FCFB3D2A-A0FA-1068-A738-08002B3371B5"),
}
OF_DOCUMENT = (
    "Attribute VB_GlobalNameSpace = False\r\n"
    "Attribute VB_Creatable = False\r\n"
    "Attribute VB_PredeclaredId = True\r\n"
    "Attribute VB_Exposed = True\r\n"
    "Attribute VB_TemplateDerived = False\r\n"
    "Attribute VB_Customizable = True\r\n"
)
# These the editor leaves out when it exports a class, and adds when it imports one.
OF_CLASS = "Attribute VB_TemplateDerived = False\r\nAttribute VB_Customizable = False\r\n"


class Module(msgspec.Struct, frozen=True):
    """
    A module and its source, ASCII with CRLF.

    The source of a standard or class module is the file that the VBA editor exports. That of
    the workbook or of a sheet is its code alone, and its name is the object's code name.
    """

    name: str
    kind: Kind
    source: str = ""


class Project(msgspec.Struct, frozen=True):
    """A project with its modules, in the order in which the VBA editor lists them."""

    name: str
    modules: tuple[Module, ...]


def write_project(project: Project) -> bytes:
    """
    Give the bytes of vbaProject.bin; the same project gives the same bytes.

    Raises:
        ValueError: If a name or a source is not what a project can hold; it names the module.
    """
    _check(project)
    streams = {module.name: _module_stream(module) for module in project.modules}
    # 2.3.4.1: a version that no Excel has, so that none looks for what it would have cached.
    streams["_VBA_PROJECT"] = struct.pack("<HHBH", 0x61CC, 0xFFFF, 0, 1)
    procedural = {module.name: module.kind is Kind.STANDARD for module in project.modules}
    streams["dir"] = compress(directory(project.name, procedural))
    properties, names = _properties(project), _both_names(project)
    return write_compound_file({"VBA": streams, "PROJECT": properties, "PROJECTwm": names})


def stored_text(module: Module) -> str:
    """
    Give a module's text as it stands in the project, with what only a project says (2.3.4.3).

    Raises:
        ValueError: If the file is of another kind or has another name.
    """
    named, text = NAMED.format(module.name), module.source
    if module.kind in (Kind.WORKBOOK, Kind.SHEET):
        return named + BASES[module.kind] + OF_DOCUMENT + text
    if module.kind is Kind.CLASS:
        head = CLASS_HEAD.match(text)
        if head is None:
            msg = f"{module.name}: does not begin like a class that the VBA editor exports"
            raise ValueError(msg)
        text = head[1] + BASES[Kind.CLASS] + head[2] + OF_CLASS + text[head.end() :]
    if not text.startswith(named):
        msg = f"{module.name}: the source does not begin with {named.strip()}"
        raise ValueError(msg)
    return text


def _check(project: Project) -> None:
    """Every name is an identifier of its own, every source text in ASCII with CRLF."""
    names = [project.name, *(module.name for module in project.modules)]
    for name in names:
        if not NAME.fullmatch(name) or name.lower() in TAKEN:
            msg = f"{name!r} cannot name a project or module"
            raise ValueError(msg)
    if len({name.lower() for name in names}) < len(names):
        msg = f"a name stands twice: {', '.join(names)}"
        raise ValueError(msg)
    kinds = [module.kind for module in project.modules]
    if kinds.count(Kind.WORKBOOK) != 1 or Kind.SHEET not in kinds:
        msg = f"{project.name}: needs one module of the workbook and one for each sheet"
        raise ValueError(msg)
    for module in project.modules:
        if wrong := WRONG_LETTER.search(module.source):
            line = module.source.count("\n", 0, wrong.start()) + 1
            found = wrong[0] or "end of the source"
            msg = f"{module.name}, line {line}: {found!r}, not ASCII in lines that end with CRLF"
            raise ValueError(msg)


def _module_stream(module: Module) -> bytes:
    """Compress a module's text; no cache stands before it (2.3.4.3)."""
    text = stored_text(module).encode(ENCODING)
    try:
        return compress(text)
    except ValueError as error:
        msg = f"{module.name}: {error}"
        raise ValueError(msg) from error


def _properties(project: Project) -> bytes:
    """Write the PROJECT stream (2.3.1): visible to all, protected by nothing."""
    identity = f"{{{uuid.uuid5(uuid.NAMESPACE_URL, project.name)}}}".upper()
    lines = (
        f'ID="{identity}"',
        *(PROJECT_LINES[module.kind].format(module.name) for module in project.modules),
        f'Name="{project.name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{_encrypted(bytes(4), identity)}"',
        f'DPB="{_encrypted(bytes(1), identity)}"',
        f'GC="{_encrypted(bytes([0xFF]), identity)}"',
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{module.name}=0, 0, 0, 0, C" for module in project.modules),
    )
    return "".join(f"{line}\r\n" for line in lines).encode(ENCODING)


def _encrypted(data: bytes, identity: str) -> str:
    """Hide some bytes as the protection of a project is hidden (2.4.3.2), in hexadecimal."""
    key = sum(identity.encode(ENCODING)) & 0xFF
    out = bytearray((SEED, SEED ^ 2, SEED ^ key))
    before = key
    for byte in bytes((SEED & 6) // 2) + struct.pack("<I", len(data)) + data:
        out.append(byte ^ (out[-2] + before) & 0xFF)
        before = byte
    return out.hex().upper()


def _both_names(project: Project) -> bytes:
    """Write the PROJECTwm stream (2.3.3): each name in the code page and in UTF-16."""
    both = (
        module.name.encode(ENCODING) + b"\0" + module.name.encode("utf-16-le") + b"\0\0"
        for module in project.modules
    )
    return b"".join(both) + b"\0\0"
