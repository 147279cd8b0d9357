"""Decide by content whether a received file may be read, before any parser sees its cells."""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from huizong.facts import BookFacts
from huizong.locked import unlock
from huizong.ods_facts import ods_facts
from huizong.refused import Refused
from huizong.xls_facts import is_encrypted, xls_facts
from huizong.xlsx_facts import open_xlsx, read_relations
from huizong.xml_parts import plain, utf8
from huizong.zips import repack, unpack

__all__ = ["Admitted", "Kind", "Refused", "admit"]


class Kind(StrEnum):
    """The kinds of workbook that are read."""

    XLSX = "xlsx"
    XLSM = "xlsm"
    XLS = "xls"
    ODS = "ods"


@dataclass(frozen=True, slots=True)
class Admitted:
    """A file that passed; `data` is what a parser may see, rebuilt from the parts looked at."""

    kind: Kind
    data: bytes
    decrypted: bool
    facts: BookFacts

    @property
    def macros(self) -> bool:
        """Tell whether the file carries macros or controls."""
        return self.facts.macros

    @property
    def external_links(self) -> bool:
        """Tell whether the file refers to other files or connections."""
        return self.facts.external_links


# Excel encrypts write-protected workbooks with this password and opens them without asking.
DEFAULT_PASSWORD = "VelvetSweatshop"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ODS_TYPES = (
    b"application/vnd.oasis.opendocument.spreadsheet",
    b"application/vnd.oasis.opendocument.spreadsheet-template",
)
# What calamine needs of an .ods.
ODS_PARTS = ("mimetype", "META-INF/manifest.xml", "content.xml", "styles.xml", "settings.xml")
XML_NAMES = (".xml", ".rels", ".vml")
# LibreOffice itself writes DTDs into its Basic modules, which nothing here reads.
ODS_SCRIPTS = ("basic/", "dialogs/", "scripts/")

STARTS = (
    (b"Rar!\x1a\x07", "archive", "rar"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "7z"),
    (b"\x1f\x8b", "archive", "gz"),
    (b"%PDF", "pdf", "pdf"),
    (b"\x89PNG", "picture", "png"),
    (b"\xff\xd8\xff", "picture", "jpeg"),
    (b"GIF8", "picture", "gif"),
    (b"BM", "picture", "bmp"),
    (b"II*\0", "picture", "tiff"),
    (b"MM\0*", "picture", "tiff"),
)
HTML = re.compile(rb"(?i)<(?:!doctype\s+html|html|table|head|body|meta)\b|^mime-version:")
XML_2003 = b"urn:schemas-microsoft-com:office:spreadsheet"


def admit(data: bytes) -> Admitted:
    """
    Look a file over, and return it with its facts when it may be read.

    Raises:
        Refused: With the code of the first reason against it.
    """
    if not data:
        raise Refused("empty")
    if data.startswith(b"PK\3\4"):
        return _admit_zip(unpack(data), decrypted=False)
    if data.startswith(COMPOUND):
        return _admit_compound(data)
    raise _refusal(data)


def _refusal(data: bytes) -> Refused:
    """Name a file that is no workbook."""
    for start, code, name in STARTS:
        if data.startswith(start):
            return Refused(code, kind=name)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Refused("picture", kind="webp")
    # A few bytes may be the start of a workbook, and a copy that was cut off leaves zeros.
    cut_off = COMPOUND.startswith(data) or b"PK\3\4".startswith(data) or not data.strip(b"\0")
    if cut_off or b"PK\3\4" in data or COMPOUND in data:
        return Refused("damaged", reason="junk_in_front")
    return _refused_text(data)


def _refused_text(data: bytes) -> Refused:
    text = _as_text(data)
    if text is None:
        return Refused("other_kind", kind="")
    head = text[:4_000].encode().lstrip(b"\xef\xbb\xbf \t\r\n")
    if HTML.search(head):
        return Refused("html")
    if head.startswith(b"<") and XML_2003 in text.encode():
        return Refused("xml2003")
    return Refused("other_kind", kind="xml") if head.startswith(b"<?xml") else Refused("csv")


def _as_text(data: bytes) -> str | None:
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\0-\x08\x0e-\x1a]", text):
            return text
    return None


def _admit_zip(parts: dict[str, bytes], *, decrypted: bool) -> Admitted:
    if "content.xml" in parts and parts.get("mimetype", b"").strip() in ODS_TYPES:
        return _admit_ods(parts)
    if "[Content_Types].xml" not in parts or "_rels/.rels" not in parts:
        names = [name for name in parts if name.lower().endswith((".xlsx", ".xls", ".et"))]
        raise Refused("archive", kind="zip", workbooks=len(names))
    _make_utf8(parts)
    relations = read_relations(parts["_rels/.rels"], "")
    book = next((target for kind, target in relations.values() if kind == "officeDocument"), "")
    if not book.endswith(".xml") or b"spreadsheetml" not in parts.get(book, b""):
        raise Refused("other_kind", kind=book.rpartition("/")[2])
    return _admit_xlsx(parts, book, decrypted)


def _make_utf8(parts: dict[str, bytes]) -> None:
    for name, part in parts.items():
        if name.lower().endswith(XML_NAMES):
            parts[name] = utf8(part)


def _admit_xlsx(parts: Mapping[str, bytes], book: str, decrypted: bool) -> Admitted:
    opened = open_xlsx(parts, book)
    facts = opened.facts
    _check_cells(facts)
    return Admitted(
        kind=Kind.XLSM if facts.macros else Kind.XLSX,
        data=repack(opened.parts),
        decrypted=decrypted,
        facts=facts,
    )


def _admit_ods(parts: dict[str, bytes]) -> Admitted:
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise Refused("encrypted")
    read = {name: part for name, part in parts.items() if not name.lower().startswith(ODS_SCRIPTS)}
    _make_utf8(read)
    read["content.xml"] = plain(read["content.xml"])
    facts = ods_facts(parts, read["content.xml"])
    _check_cells(facts)
    kept = {name: read[name] for name in ODS_PARTS if name in read}
    return Admitted(Kind.ODS, repack(kept), decrypted=False, facts=facts)


def _check_cells(facts: BookFacts) -> None:
    if not any(sheet.height for sheet in facts.sheets):
        raise Refused("no_cells", sheets=len(facts.sheets))


def _admit_compound(data: bytes) -> Admitted:
    streams = _open_compound(data)
    if streams.encrypted_package:
        return _admit_zip(unpack(unlock(data, DEFAULT_PASSWORD)), decrypted=True)
    if streams.workbook is None:
        raise Refused("other_kind", kind=streams.first)
    decrypted = is_encrypted(streams.workbook)
    if decrypted:
        data = unlock(data, DEFAULT_PASSWORD)
        streams = _open_compound(data)
    facts = xls_facts(streams.workbook, macros=streams.macros)
    _check_cells(facts)
    return Admitted(Kind.XLS, data, decrypted, facts)


@dataclass(frozen=True, slots=True)
class _Streams:
    """What a compound file holds."""

    workbook: bytes | None
    encrypted_package: bool
    macros: bool
    first: str


def _open_compound(data: bytes) -> _Streams:
    # Imported late: few files are .xls, and a child starts twice as fast without.
    import olefile

    try:
        with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_INCORRECT) as ole:
            _check_complete(ole, len(data))
            names = [name for name in ("Workbook", "Book") if ole.exists(name)]
            return _Streams(
                workbook=ole.openstream(names[0]).read() if names else None,
                encrypted_package=ole.exists("EncryptedPackage"),
                macros=ole.exists("_VBA_PROJECT_CUR") or ole.exists("Macros"),
                first=(ole.listdir(streams=True, storages=True) or [[""]])[0][0],
            )
    # olefile lets many kinds of exception escape from a damaged file.
    except Exception as error:
        raise Refused("damaged", reason="compound") from error


def _check_complete(ole, size: int) -> None:
    """Refuse a compound file that is shorter than its own table of sectors says."""
    used = [number for number, following in enumerate(ole.fat) if following != 0xFFFFFFFF]
    if (max(used, default=0) + 1) * ole.sectorsize >= size:
        raise Refused("damaged", reason="cut_off")
