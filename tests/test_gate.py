"""The gate: what a file is, by its content, and what is turned away before it is parsed."""

import io
import struct
import zipfile

import pytest

from huizong.gate import COMPOUND, Kind, Refused, admit
from odd_files import (
    BOOK,
    RELS,
    SHEET,
    converted,
    edited,
    encrypted,
    everything,
    members,
    patched,
    records,
    small,
    strict,
    with_rows,
    xlsx,
    zipped,
)

__all__ = ["converted"]


def refusal(data: bytes) -> str:
    """Return the code with which a file is refused."""
    with pytest.raises(Refused) as caught:
        admit(data)
    return caught.value.code


def cell(address: str, value: str = "<v>1</v>") -> str:
    """Write one cell in a row of its own."""
    row = address.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return f'<row r="{row}"><c r="{address}">{value}</c></row>'


def test_kinds():
    """Fault 37: xlsx is known by its content, whatever its name."""
    assert admit(small()).kind is Kind.XLSX
    assert admit(strict(small())).kind is Kind.XLSX


@pytest.mark.libreoffice
@pytest.mark.parametrize("kind", ["xls", "ods"])
def test_other_kinds(converted, kind):
    """Fault 37: xls and ods are known by their content; WPS .et is the former."""
    assert admit(converted(kind)).kind == kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"P", "damaged"),
        (COMPOUND[:5], "damaged"),
        (b"hi", "csv"),
        (b"\1\2", "other_kind"),
        (b"\0" * 4096, "damaged"),
        ("单位,人数\n和平,3\n".encode("gb18030"), "csv"),
        ("\ufeff单位\t人数\n和平\t3\n".encode("utf-16"), "csv"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "html"),
        (b"\xef\xbb\xbf<!DOCTYPE html><html></html>", "html"),
        (b"MIME-Version: 1.0\nContent-Type: multipart/related\n", "html"),
        (b'<?xml?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "xml2003"),
        (b'<?xml version="1.0"?><note>no workbook</note>', "other_kind"),
        (b"Rar!\x1a\x07\x01\x00........", "archive"),
        (b"7z\xbc\xaf\x27\x1c........", "archive"),
        (b"\x89PNG\r\n\x1a\n....", "picture"),
        (b"\xff\xd8\xff\xe0....JFIF", "picture"),
        (b"%PDF-1.7 ......", "pdf"),
        (bytes(range(256)) * 4, "other_kind"),
    ],
)
def test_no_workbook(data, code):
    """Fault 37: what is no workbook is refused by the name of what it is."""
    assert refusal(data) == code


def test_plain_zip():
    """Fault 46: a zip without a workbook inside its parts is an archive."""
    assert refusal(zipped({"a.xlsx": small(), "b.xlsx": small()})) == "archive"


def test_other_office_files():
    """A Word document and an .xlsb are zips with the same skeleton, but no workbook for us."""
    word = edited(
        small(), {"_rels/.rels": lambda text: text.replace("xl/workbook.xml", "word/document.xml")}
    )
    binary = edited(
        small(), {"_rels/.rels": lambda text: text.replace("workbook.xml", "workbook.bin")}
    )
    assert [refusal(word), refusal(binary)] == ["other_kind", "other_kind"]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
@pytest.mark.libreoffice
def test_truncated(converted, kind):
    """Fault 38: cut off at any 512 bytes, a file is refused, never partly read."""
    data = everything() if kind == "xlsx" else converted(kind)
    codes = {refusal(data[:end]) for end in range(512, len(data), 512)}

    assert codes == {"damaged"}


def test_junk_in_front():
    """Fault 38: bytes before the zip, as broken mail programs leave, are damage."""
    assert refusal(b"\r\n\r\n" + small()) == "damaged"
    assert refusal(b"PK\3\4" + b"x" * 100 + small()) == "damaged"


def test_bytes_behind_the_end_do_no_harm():
    """A mail gateway that adds a line end spoils nothing that is checked."""
    assert admit(small() + b"\r\n").kind is Kind.XLSX


def test_wrong_crc():
    """Fault 38: a part that does not fit its CRC is damage."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for name, part in members(small()).items():
            file.writestr(name, part)
    assert refusal(data.getvalue().replace(b"<v>1</v>", b"<v>7</v>")) == "damaged"


def test_encrypted():
    """Fault 39: the default key opens a file without asking, any other password refuses it."""
    assert refusal(encrypted(small(), "secret")) == "encrypted"
    admitted = admit(encrypted(small(), "VelvetSweatshop"))
    assert (admitted.kind, admitted.decrypted) == (Kind.XLSX, True)


@pytest.mark.libreoffice
def test_encrypted_xls(converted):
    """Fault 39: an .xls whose records are encrypted is refused by that name."""
    data = converted("xls")
    (_, first), (_, second), *_ = records(data)
    marked = patched(data, second, struct.pack("<H", 0x002F))

    assert first < second
    assert refusal(marked) == "encrypted"


def test_encrypted_ods():
    """Fault 39: an encrypted .ods says so in its manifest."""
    data = zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": b"cipher",
            "META-INF/manifest.xml": b"<manifest><encryption-data/></manifest>",
        }
    )
    assert refusal(data) == "encrypted"


def test_bomb_by_ratio():
    """Fault 40: a part that grows two hundred times is not inflated further."""
    parts = members(small())
    parts["xl/worksheets/sheet1.xml"] = b" " * 50_000_000
    assert refusal(zipped(parts)) == "too_big"


def test_bomb_with_a_small_declared_size():
    """Fault 40: what the directory says of the size is not believed."""
    parts = members(small()) | {"bomb.bin": b"\0" * 50_000_000}
    data = zipped(parts)
    honest, lie = struct.pack("<L", 50_000_000), struct.pack("<L", 100)
    assert refusal(data.replace(honest, lie)) == "too_big"


def test_bomb_of_many_entries():
    """Fault 40: more than two thousand entries are refused unread."""
    assert refusal(zipped({f"{n}.xml": b"" for n in range(2_001)})) == "too_big"


def test_overlapping_entries():
    """Fault 40: two entries that share their bytes, as in bombs without nesting, are refused."""
    data = zipped({"a.xml": b"x" * 1000, "b.xml": b"x" * 1000})
    second = data.index(b"PK\3\4", 4)
    directory = data.index(b"PK\1\2", data.index(b"PK\1\2") + 4)
    assert data[directory + 42 : directory + 46] == struct.pack("<L", second)
    assert refusal(patched(data, directory + 42, bytes(4))) == "structure"


@pytest.mark.parametrize(
    "name", ["../../x.xml", "/etc/x.xml", "C:/x.xml", "xl/../../x.xml", "a\x01b", "..\\x.xml"]
)
def test_names_that_lead_out(name):
    """Fault 43: a name that leads out of the folder is refused, though nothing is extracted."""
    assert refusal(zipped(members(small()) | {name: b"x"})) == "structure"


def test_duplicate_names():
    """Fault 43: two parts of one name are refused, also when they differ in case."""
    assert refusal(zipped(members(small()) | {"XL/Workbook.xml": b"x"})) == "structure"


def test_symlink():
    """Fault 43: a symbolic link in the zip is refused."""
    out = io.BytesIO(small())
    with zipfile.ZipFile(out, "a") as file:
        link = zipfile.ZipInfo("xl/link.xml")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        file.writestr(link, "/etc/passwd")
    assert refusal(out.getvalue()) == "structure"


def test_two_names_for_one_entry():
    """Fault 43: an entry whose two names differ would be read differently by two programs."""
    data = small()
    at = data.index(b"xl/styles.xml")
    assert refusal(patched(data, at, b"xl/stylez.xml")) == "structure"


def test_opposite_corners():
    """Fault 41: two cells at opposite corners are refused before the parser sees them."""
    with pytest.raises(Refused) as caught:
        admit(with_rows(cell("A1") + cell("XFD1048576")))
    assert caught.value.code == "too_wide"
    assert caught.value.details == {"sheet": "表1", "rows": 1048576, "columns": 16384}


def test_blank_cells_do_not_count():
    """Fault 41: styled blank cells to the last corner make no area."""
    far = '<row r="1048576"><c r="XFD1048576" s="1"/><c r="A1048576"></c></row>'
    assert admit(with_rows(cell("A1") + far)).facts.sheets[0].height == 1


@pytest.mark.parametrize("rows", [50_000, 50_001])
def test_too_many_rows(rows):
    """Fault 27: a sheet with more than 50,000 filled rows is refused whole, never cut."""
    data = with_rows("".join(cell(f"A{row}") for row in range(1, rows + 1)))
    if rows > 50_000:
        assert refusal(data) == "too_many_rows"
    else:
        assert admit(data).facts.sheets[0].height == rows


DTD = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("name", [SHEET, BOOK, "xl/styles.xml", RELS, "docProps/core.xml"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_dtd(name, encoding):
    """Fault 42: a DTD in any part, in any encoding, is refused."""

    def add(text: str) -> bytes:
        declared = text.replace("UTF-8", encoding[:6])
        return declared.replace("?>", "?>" + DTD, 1).encode(encoding)

    assert refusal(edited(small(), {name: add})) == "dtd"


def test_unknown_encoding():
    """Fault 42: an encoding in which markup does not look like markup could hide a DTD."""
    hidden = edited(small(), {SHEET: lambda text: text.replace("UTF-8", "UTF-7")})
    assert refusal(hidden) == "structure"


@pytest.mark.libreoffice
def test_dtd_in_ods(converted):
    """Fault 42: the content of an .ods has no DTD either."""
    data = edited(converted("ods"), {"content.xml": lambda text: text.replace("?>", "?>" + DTD, 1)})
    assert refusal(data) == "dtd"


def test_macros():
    """Fault 44: a VBA project, a macro sheet and an ActiveX control are all said to be macros."""
    with_vba = zipped(members(small()) | {"xl/vbaProject.bin": b"x"})
    with_control = zipped(members(small()) | {"xl/activeX/activeX1.xml": b"<x/>"})
    macro_sheet = edited(
        small(), {RELS: lambda text: text.replace('/worksheet"', '/xlMacrosheet"')}
    )
    for data in (with_vba, with_control, macro_sheet):
        assert (admit(data).kind, admit(data).macros) == (Kind.XLSM, True)
    assert not admit(small()).macros


def test_external_links():
    """Fault 25: links to other files and data connections are told."""
    linked = zipped(members(small()) | {"xl/externalLinks/externalLink1.xml": b"<x/>"})
    connected = zipped(members(small()) | {"xl/connections.xml": b"<x/>"})
    answers = [admit(data).external_links for data in (linked, connected, small())]
    assert answers == [True, True, False]


def test_no_cells():
    """Fault 47: a workbook without any value is a failure, not an empty return."""
    assert refusal(xlsx(lambda book: book.add_worksheet())) == "no_cells"


def test_missing_sheet_part():
    """Fault 38: a workbook that lacks a part it names is damaged."""
    parts = members(small())
    del parts[SHEET]
    assert refusal(zipped(parts)) == "damaged"


def test_parser_sees_only_what_was_checked():
    """Fault 44: what goes on to the parser has no macros, pictures or links any more."""
    data = zipped(members(small()) | {"xl/vbaProject.bin": b"x", "xl/media/a.png": b"y"})
    names = set(members(admit(data).data))
    assert not [name for name in names if "vba" in name or "media" in name or "docProps" in name]
