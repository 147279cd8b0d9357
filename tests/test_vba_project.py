"""VBA projects hold their sources, as three other readers and LibreOffice say."""

import hashlib
import io
import random
import re
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

import olefile
import pytest
import xlsxwriter
import xlwings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import compound
import ovba
from huizong.vba_compression import compress
from huizong.vba_project import Kind, Module, Project, stored_text, write_project
from uno_session import Session, uno_session
from validator import validate

with warnings.catch_warnings():
    # oletools calls pyparsing by names of old.
    warnings.simplefilter("ignore")
    from oletools.olevba import VBA_Parser, decompress_stream

XLWINGS = Path(xlwings.__file__).parent
WORKBOOK = Module("ThisWorkbook", Kind.WORKBOOK)
SHEET = Module("Sheet1", Kind.SHEET)
HEAD = (
    "VERSION 1.0 CLASS\r\nBEGIN\r\n  MultiUse = -1  'True\r\nEND\r\n"
    'Attribute VB_Name = "{}"\r\n'
    "Attribute VB_GlobalNameSpace = False\r\nAttribute VB_Creatable = False\r\n"
    "Attribute VB_PredeclaredId = False\r\nAttribute VB_Exposed = False\r\n"
)


def standard(name: str, code: str = "") -> Module:
    """Make a standard module."""
    return Module(name, Kind.STANDARD, f'Attribute VB_Name = "{name}"\r\n{code}')


def class_module(name: str, code: str = "") -> Module:
    """Make a class module as the VBA editor exports it."""
    return Module(name, Kind.CLASS, HEAD.format(name) + code)


def project(*modules: Module) -> Project:
    """Make a project of a workbook with one sheet and these modules."""
    return Project("HuiZong", (WORKBOOK, SHEET, *modules))


def by_oletools(data: bytes) -> dict[str, str]:
    """Read the sources with oletools."""
    parser = VBA_Parser("vbaProject.bin", data)
    found = {Path(name).stem: text for *_, name, text in parser.extract_all_macros()}
    parser.close()
    return found


def by_olefile(data: bytes) -> dict[str, bytes]:
    """Read the streams with olefile, which refuses what it thinks a defect."""
    with olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_UNSURE) as file:
        return {"/".join(path): file.openstream(path).read() for path in file.listdir()}


def assert_read_back(made: Project) -> bytes:
    """Every reader gives every module, of its kind, with its text; and the file is sound."""
    data = write_project(made)
    read = ovba.modules(data)
    texts = {module.name: module.text.decode("ascii") for module in read}
    assert texts == {module.name: stored_text(module) for module in made.modules}
    assert [module.name for module in read] == [module.name for module in made.modules]
    assert {module.name for module in read if module.procedural} == {
        module.name for module in made.modules if module.kind is Kind.STANDARD
    }
    assert by_oletools(data) == texts
    assert by_olefile(data) == compound.read(data)
    for module in made.modules:
        assert _source(module.kind, texts[module.name]) == module.source
    return data


def _source(kind: Kind, text: str) -> str:
    """Give the source that a text in a project was made of."""
    if kind is Kind.CLASS:
        return ovba.exported(text)
    if kind is Kind.STANDARD:
        return text
    head = re.match(r"(Attribute VB_\w+ = .*\r\n){8}", text)
    assert head
    return text[head.end() :]


def test_workbook_sheets_module_and_class_come_back():
    """
    Modules of all four kinds come back equal to their sources.
    """
    code = 'Option Explicit\r\n\r\nPublic Sub Collect()\r\n\tRunPython "x"\r\nEnd Sub\r\n'
    opened = Module("ThisWorkbook", Kind.WORKBOOK, "Private Sub Workbook_Open()\r\nEnd Sub\r\n")
    second = Module("Sheet2", Kind.SHEET, "' two\r\n")

    modules = (opened, SHEET, second, standard("Buttons", code), class_module("Counter", code))

    assert_read_back(Project("HuiZong", modules))


def test_modules_have_the_attributes_that_excel_gives():
    """
    Excel's own modules of a workbook, a sheet and a class have the attributes that ours have.
    """
    excel = _excels_modules("quickstart_standalone.xlsm", "ThisWorkbook", "Sheet1", "Dictionary")
    dictionary = Module("Dictionary", Kind.CLASS, _installed("addin/Dictionary.cls"))

    for module in (WORKBOOK, SHEET, dictionary):
        head = re.match(r"(Attribute VB_\w+ = .*\r\n)+", excel[module.name])
        assert head
        assert stored_text(module).startswith(head[0])


def _excels_modules(book: str, *names: str) -> dict[str, str]:
    """Read modules of a workbook that comes with xlwings, behind their caches."""
    with zipfile.ZipFile(XLWINGS / book) as parts:
        streams = by_olefile(parts.read("xl/vbaProject.bin"))
    offsets = dict(_offsets(ovba.records(ovba.decompress(streams["VBA/dir"]))))
    return {
        name: ovba.decompress(streams[f"VBA/{name}"][offsets[name] :]).decode() for name in names
    }


def _offsets(records: list[tuple[int, bytes]]) -> Iterator[tuple[str, int]]:
    name = ""
    for number, content in records:
        if number == 0x19:
            name = content.decode()
        elif number == 0x31:
            yield name, int.from_bytes(content, "little")


def _installed(name: str) -> str:
    return (XLWINGS / name).read_bytes().decode("ascii")


@pytest.fixture(scope="module")
def with_xlwings() -> Project:
    """A project with the RunPython module and the Dictionary class of the installed xlwings."""
    return project(
        Module("xlwings", Kind.STANDARD, _installed("xlwings.bas")),
        Module("Dictionary", Kind.CLASS, _installed("addin/Dictionary.cls")),
        Module("WebHelpers", Kind.STANDARD, _installed("addin/WebHelpers.bas")),
    )


def test_modules_of_xlwings_survive(with_xlwings):
    """
    The unmodified modules of xlwings, the longest of 117 KB, come back to the last letter.
    """
    assert_read_back(with_xlwings)


def test_records_are_those_of_excel():
    """
    The dir stream has the records that Excel writes for a project and for each of its modules.
    """
    excel = _excels_records("quickstart.xlsm")
    modules = (WORKBOOK, SHEET, standard("Module1"), Module("Sheet2", Kind.SHEET))
    data = write_project(Project("VBAProject", modules))

    ours = ovba.records(ovba.decompress(compound.read(data)["VBA/dir"]))

    # COMPATVERSION is of newer Excels only; then come the libraries, then the modules.
    numbers, excels = ([number for number, _ in records] for records in (ours, excel))
    information = [number for number in excels[: excels.index(0x16)] if number != 0x4A]
    assert numbers[: numbers.index(0x16)] == information
    assert numbers[numbers.index(0x0F) :] == excels[excels.index(0x0F) :]


def test_libraries_and_code_page_are_those_of_excel():
    """
    The code page and the library of Office are as Excel writes them, that of OLE as it is known.
    """
    excel = _excels_records("quickstart.xlsm")
    ours = ovba.records(ovba.decompress(compound.read(write_project(project()))["VBA/dir"]))
    (code_page,) = (content for number, content in ours if number == 0x03)
    ole, office = (content for number, content in ours if number == 0x0D)

    assert (0x03, code_page) in excel
    assert (0x0D, office) in excel
    assert ole[4:].startswith(b"*\\G{00020430-0000-0000-C000-000000000046}#2.0#0#")
    assert [content for number, content in ours if number == 0x16] == [b"stdole", b"Office"]


def _excels_records(book: str) -> list[tuple[int, bytes]]:
    with zipfile.ZipFile(XLWINGS / book) as parts:
        streams = by_olefile(parts.read("xl/vbaProject.bin"))
    return ovba.records(ovba.decompress(streams["VBA/dir"]))


NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,30}", fullmatch=True)
LINES = st.lists(st.text(st.characters(codec="ascii", exclude_categories=("Cc",))), max_size=12)
CODE = st.builds(
    lambda lines, times: "".join(f"{line}\r\n" for line in lines) * times,
    LINES,
    st.sampled_from((1, 1, 9, 90)),
)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Draw a project with some sheets and modules of both kinds, with names of their own."""
    names = draw(st.lists(NAMES, min_size=3, max_size=12, unique_by=str.lower))
    names = [name for name in names if name.lower() not in ("dir", "huizong")]
    kinds = [Kind.WORKBOOK, Kind.SHEET, *draw(st.permutations(list(Kind)[1:])) * 10]
    modules = []
    for name, kind in zip(names, kinds, strict=False):
        source, code = {Kind.STANDARD: standard, Kind.CLASS: class_module}.get(kind), draw(CODE)
        modules.append(source(name, code) if source else Module(name, kind, code))
    return Project("HuiZong", tuple(modules))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(projects())
def test_any_project_comes_back(made):
    """
    Projects of up to twelve modules with any ASCII text come back whole.
    """
    assert_read_back(made)


def test_two_hundred_modules_and_sheets_come_back():
    """
    A project of 60 sheets, 80 modules and 60 classes comes back in its order.
    """
    sheets = [Module(f"Sheet{number}", Kind.SHEET) for number in range(1, 61)]
    modules = [standard(f"M{number}", f"' {number}\r\n") for number in range(80)]
    classes = [class_module(f"C{number}", f"' {number}\r\n") for number in range(60)]
    mixed = [module for group in zip(sheets, modules, classes, strict=False) for module in group]

    assert_read_back(Project("HuiZong", (WORKBOOK, *mixed, *modules[60:])))


def test_large_modules_come_back():
    """
    Modules above 64 KB come back, whether they repeat everything or nothing.
    """
    noise = random.Random(5)
    head = len(standard("Noise").source)
    lines = ("'" + "".join(map(chr, noise.choices(range(33, 127), k=125))) for _ in range(576))
    # A last chunk that is full: it is stored raw like those before.
    text = "\r\n".join(lines)[: 4096 * 18 - head - 2] + "\r\n"
    made = project(standard("Noise", text), standard("Same", "x = 1\r\n" * 30_000))

    data = assert_read_back(made)

    assert len(made.modules[2].source) == 4096 * 18
    assert len(compound.read(data)["VBA/Noise"]) > 72_000
    assert len(compound.read(data)["VBA/Same"]) < 1_000


BYTES = st.binary(max_size=600) | st.binary(max_size=40).map(lambda data: data * 400)
PARTS = st.lists(BYTES, max_size=8).map(b"".join)


@settings(max_examples=60, deadline=None)
@given(PARTS)
def test_containers_decompress_to_what_they_were(data):
    """
    What is compressed comes back by two decompressors; only a long last chunk may be refused.
    """
    try:
        container = compress(data)
    except ValueError:
        assert len(data) % 4096 > 3640
        return

    assert ovba.decompress(container) == data
    assert bytes(decompress_stream(bytearray(container))) == data


@settings(max_examples=60, deadline=None)
@given(st.text("ab\n", min_size=1, max_size=150) | st.text(min_size=1, max_size=60))
def test_containers_are_those_of_the_algorithm(text):
    """
    The bytes are those that the algorithm of the specification gives, step by step.
    """
    data = text.encode()

    assert compress(data) == ovba.spelled_out(data)


# [MS-OVBA] 3.2.1, 3.2.2, 3.2.3
EXAMPLES = (
    (
        b"abcdefghijklmnopqrstuv.",
        "0119B000616263646566676800696A6B6C6D6E6F70007172737475762E",
    ),
    (
        b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa",
        "012FB000236161616263646582660070616768696A013808616B6C00206D6E6F70"
        "06710270040072737475761077 78797A002C",
    ),
    (b"a" * 73, "0103B002614500"),
)


@pytest.mark.parametrize(("data", "container"), EXAMPLES)
def test_examples_of_the_specification(data, container):
    """
    The specification's own examples come out as it prints them, and come back.
    """
    assert compress(data) == bytes.fromhex(container)
    assert ovba.decompress(bytes.fromhex(container)) == data


def test_protection_says_that_there_is_none():
    """
    The hidden fields say: not protected, no password, visible; hidden with the project's key.
    """
    text = compound.read(write_project(project()))["PROJECT"].decode("ascii")
    fields = dict(re.findall(r'^(ID|CMG|DPB|GC)="(.*)"\r$', text, re.MULTILINE))

    said = {name: ovba.decrypt(fields[name], fields["ID"]) for name in ("CMG", "DPB", "GC")}

    assert said == {"CMG": bytes(4), "DPB": bytes(1), "GC": b"\xff"}
    assert re.fullmatch(r"\{[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}\}", fields["ID"])
    assert [len(fields[name]) for name in ("CMG", "DPB", "GC")] == [22, 16, 16]


def test_decryption_reads_the_examples_of_the_specification():
    """
    The decryption that judges ours reads [MS-OVBA] 3.1.6, and refuses another project's fields.
    """
    identity = "{917DED54-440B-4FD1-A5C1-74ACF261E600}"

    assert ovba.decrypt("0705D8E3D8EDDBF1DBF1DBF1DBF1", identity) == bytes(4)
    assert ovba.decrypt("0E0CD1ECDFF4E7F5E7F5E7", identity) == bytes(1)
    assert ovba.decrypt("1517CAF1D6F9D7F9D706", identity) == b"\xff"
    with pytest.raises(compound.BrokenFile, match="key"):
        ovba.decrypt("1517CAF1D6F9D7F9D706", identity.replace("9", "8"))


def test_project_stream_lists_every_module():
    """
    The PROJECT stream has one line for each module by its kind, PROJECTwm each name twice.
    """
    streams = compound.read(write_project(project(standard("Buttons"), class_module("Cls"))))
    lines = streams["PROJECT"].decode("ascii").split("\r\n")

    assert lines[1:6] == [
        "Document=ThisWorkbook/&H00000000",
        "Document=Sheet1/&H00000000",
        "Module=Buttons",
        "Class=Cls",
        'Name="HuiZong"',
    ]
    assert lines[lines.index("[Workspace]") + 1 :] == [
        *(f"{name}=0, 0, 0, 0, C" for name in ("ThisWorkbook", "Sheet1", "Buttons", "Cls")),
        "",
    ]
    assert streams["PROJECTwm"].startswith(b"ThisWorkbook\0T\0h\0i\0s\0W\0")
    assert streams["PROJECTwm"].endswith(b"\0\0Cls\0C\0l\0s\0\0\0\0\0")


PRINT_DIGEST = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from huizong.vba_project import Kind, Module, Project, write_project
sheets = (Module(name, Kind.SHEET) for name in ("Sheet1", "A"))
modules = (Module("ThisWorkbook", Kind.WORKBOOK), *sheets)
print(hashlib.sha256(write_project(Project("HuiZong", modules))).hexdigest())
"""


def test_same_project_gives_the_same_bytes(monkeypatch):
    """
    Neither the clock nor the order of hashes has any part in the bytes.
    """
    source = str(Path(__file__).parent.parent / "src")
    said = set()
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        command = [sys.executable, "-c", PRINT_DIGEST, source]
        said.add(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    made = Project("HuiZong", (WORKBOOK, SHEET, Module("A", Kind.SHEET)))

    assert said == {hashlib.sha256(write_project(made)).hexdigest() + "\n"}


REFUSED = (
    (project(standard("Buttons", "' 汇总\r\n")), "Buttons, line 2: '汇'"),
    (project(standard("Buttons", "x\ny\r\n")), r"Buttons, line 2: '\\n'"),
    (project(standard("Buttons", "x\r\ny\rz\r\n")), r"Buttons, line 3: '\\r'"),
    (project(standard("Buttons", "x\r\nEnd Sub")), "Buttons, line 3: 'end"),
    (project(standard("Buttons", "x\0\r\n")), r"Buttons, line 2: '\\x00'"),
    (project(Module("Buttons", Kind.STANDARD, "Sub A()\r\n")), "Buttons: the source"),
    (project(Module("Buttons", Kind.STANDARD, standard("Other").source)), "Buttons: the source"),
    (project(Module("Cls", Kind.CLASS, standard("Cls").source)), "Cls: does not begin"),
    (project(Module("Cls", Kind.CLASS, class_module("Other").source)), "Cls: the source"),
    (project(standard("Buttons"), standard("BUTTONS")), "twice"),
    (project(standard("HUIZONG")), "twice"),
    (project(standard("Dir")), "'Dir' cannot name"),
    (project(standard("x" * 32)), "cannot name"),
    (project(standard("汇总")), "'汇总' cannot name"),
    (Project("a b", (WORKBOOK, SHEET)), "'a b' cannot name"),
    (Project("HuiZong", (WORKBOOK,)), "one for each sheet"),
    (Project("HuiZong", (SHEET,)), "module of the workbook"),
    (Project("HuiZong", (WORKBOOK, Module("Other", Kind.WORKBOOK), SHEET)), "of the workbook"),
)


@pytest.mark.parametrize(("made", "words"), REFUSED)
def test_what_a_project_cannot_hold_is_refused_by_name(made, words):
    """
    Other letters, line ends, names and kinds are refused, with the module and the line.
    """
    with pytest.raises(ValueError, match=words):
        write_project(made)


def test_last_chunk_that_would_grow_is_refused():
    """
    Noise of nearly 4096 letters at the end would come back with zeros: it is refused by name.
    """
    noise = "".join(map(chr, random.Random(6).choices(range(33, 127), k=3900)))

    with pytest.raises(ValueError, match="Noise: the last"):
        write_project(project(standard("Noise", f"'{noise}\r\n")))


BROKEN_CONTAINERS = (
    ("02", "container"),
    ("0119C000", "chunk signature"),
    ("0119B00061", "chunk size"),
    ("0103300061626364", "raw chunk size"),
    ("0100B000", "sequence without tokens"),
    ("0101B00261", "flags beyond tokens"),
    ("0102B0010000", "copy from before"),
)


@pytest.mark.parametrize(("container", "word"), BROKEN_CONTAINERS)
def test_decompressor_refuses_broken_containers(container, word):
    """
    The decompressor that judges ours refuses what is against the specification.
    """
    with pytest.raises(compound.BrokenFile, match=word):
        ovba.decompress(bytes.fromhex(container))


def macro_book(path: Path, made: Project) -> Path:
    """Write a workbook with a sheet for each of the project's."""
    with xlsxwriter.Workbook(path) as book:
        for number in range(sum(module.kind is Kind.SHEET for module in made.modules)):
            book.add_worksheet(f"报表{number + 1}")
        book.add_vba_project(io.BytesIO(write_project(made)), True)
    return path


COUNTING = project(
    Module("Sheet2", Kind.SHEET, "Public Sub Nothing_()\r\nEnd Sub\r\n"),
    standard(
        "Buttons",
        "Option Explicit\r\nPublic Sub Mark()\r\n    Dim c As New Counter\r\n    c.Add 21\r\n"
        '    c.Add 21\r\n    ThisWorkbook.Worksheets(2).Range("B3").Value = c.Total\r\n'
        "End Sub\r\n",
    ),
    class_module(
        "Counter",
        "Public Total As Long\r\nPublic Sub Add(n As Long)\r\n    Total = Total + n\r\nEnd Sub\r\n",
    ),
)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One LibreOffice for this module's tests."""
    with uno_session(tmp_path_factory.mktemp("office")) as session:
        yield session


def _without_attributes(text: str) -> str:
    return re.sub(r"^Attribute .*\n", "", text.replace("\r\n", "\n"), flags=re.MULTILINE)


def _basic(text: str) -> str:
    """Drop what LibreOffice puts before and behind a module's text."""
    head = re.match(
        r"(Rem Attribute VBA_ModuleType=.*|Option VBASupport 1|Option ClassModule)\n", text
    )
    return _basic(text[head.end() :]) if head else text[:-1]


def _many() -> Project:
    """Make a project of eight sheets, thirty modules, ten classes and a module above 64 KB."""
    sheets = (Module(f"Sheet{n}", Kind.SHEET, f"' sheet {n}\r\n") for n in range(1, 9))
    modules = (standard(f"M{n}", f"Sub S{n}()\r\nEnd Sub\r\n") for n in range(30))
    classes = (class_module(f"C{n}", f"Public P{n} As Long\r\n") for n in range(10))
    lines = "".join(f"' line {n} of very many\r\n" for n in range(3000))
    return Project("HuiZong", (WORKBOOK, *sheets, *modules, *classes, standard("Long", lines)))


@pytest.mark.libreoffice
@pytest.mark.parametrize("fixture", ["counting", "xlwings", "many"])
def test_libreoffice_reads_every_module(fixture, with_xlwings, office, tmp_path):
    """
    LibreOffice lists every module with the code of its source.
    """
    made = {"counting": COUNTING, "xlwings": with_xlwings, "many": _many()}[fixture]
    assert_read_back(made)

    with office.open(macro_book(tmp_path / "汇总.xlsm", made), macros=True) as book:
        got = {name: _basic(text) for name, text in book.macros("HuiZong").items()}

    assert got == {module.name: _without_attributes(stored_text(module)) for module in made.modules}


@pytest.mark.libreoffice
def test_libreoffice_runs_a_macro(office, tmp_path):
    """
    A macro that uses a class module writes its result into the second sheet.
    """
    with office.open(macro_book(tmp_path / "汇总.xlsm", COUNTING), macros=True) as book:
        before = book.values("报表2", "B3")
        book.run("HuiZong.Buttons.Mark")
        after = book.values("报表2", "B3")

    assert (before, after) == ((("",),), ((42.0,),))


@pytest.mark.validator
def test_workbook_with_macros_is_valid(with_xlwings, tmp_path):
    """
    Microsoft's validator finds nothing in a workbook that carries our project.
    """
    books = [
        macro_book(tmp_path / "a.xlsm", COUNTING),
        macro_book(tmp_path / "b.xlsm", with_xlwings),
    ]

    assert validate(books) == {book: [] for book in books}
