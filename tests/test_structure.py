"""Imports go down only, outside packages have one home, the command line answers at once."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

# From the bottom up. A new module is entered here, in the layer whose work it does.
LAYERS = (
    (
        "words",
        "errors texts reporting records periods cells safely exact findings unit_names personal"
        " person_names clock screen unit_levels batches",
    ),
    ("macros", "compound_file vba_compression vba_directory vba_project macros"),
    (
        "definitions",
        "form_shape form_checks forms former syntax meaning language formula_rows formulas layout"
        " numbers_of_people ground truth row_functions evaluate vectors",
    ),
    ("looks", "styles form_styles tables checkrows pages"),
    (
        "opening",
        "letters letter_names letter_kinds letter_parts refused locked facts zips"
        " archives xml_parts xlsx_cells xlsx_looks xlsx_facts xls_facts"
        " ods_facts gate",
    ),
    ("opened", "child children workbooks sheets"),
    (
        "office",
        "console roster table_files settings control_places control_progress control_desk"
        " control_outbox control_roster control"
        " lock wholeness schema book launchers office entries history past digests paperwork"
        " letter_entries accounts passwords unreached draft_entries sending_entries come_back"
        " gone_up held",
    ),
    (
        "parts of stages",
        "desk blank_front blank_figures blank_ledger blank_checks blank determine caches inbox"
        " restate amendments amendment_paper blank_problems corrections differences circulars"
        " placing choosing rivals descent answers settle papers chat findings_paper read_figures"
        " read_identity read_rows read_texts ledger_states read_summary unseen audit_figures"
        " audit_units audit_columns audit_copies audit_relations contents recount total_rates"
        " total_sheets"
        " unit_sheets ledger_sheets return_sheets charts briefing circular_sheets"
        " approval_sheet outgoing keeping notices letter_store mailbox_folder mailbox_imap"
        " letter_templates letter_drafts outgoing_parts leaving_scan draft_files delivery"
        " delivery_smtp delivery_outlook detail_book earlier verify_versions"
        " blank_words blank_verdicts",
    ),
    ("stages", "issue collect read audit aggregate write verify submit"),
    (
        "pipeline",
        "work checking beside key_files issuing rereading take_in across unit_returns examine"
        " editions problems publish versions send_back circulate standing closing openings"
        " opening_blank"
        " amend paper_copies signing ready upward office_lists letters_in unlocking pipeline"
        " fetch standing_book audit_one draft_places letter_writing letters_out letters_amended"
        " enclosures letters_upward letters_issued last_letters leaving approving sending"
        " send_reasons outbox",
    ),
    (
        "showing",
        "reports dictionary definition_book sample filled dirt demo_offices demo mailing"
        " doing setting_up drafting posting acts asking addin_file book_figures remarks trust"
        " pointer install registry excel_facts doctor_machine doctor_office doctor_linux"
        " doctor_windows doctor tracing",
    ),
    (
        "LibreOffice",
        "uno_bridge uno_caller uno_messages uno_values uno_formulas uno_looks uno_places uno_names"
        " uno_range uno_tables uno_sheets uno_books uno_app uno_engine",
    ),
    (
        "open book",
        "progress_table open_book open_tables running agreeing button_acts pressing marks"
        " open_sources",
    ),
    ("faces", "usage cli_definition cli_mail cli addin click udf this_book menu __main__"),
)
RANKS = {module: rank for rank, (_, names) in enumerate(LAYERS) for module in names.split()}
LAYER_OF = {module: layer for layer, names in LAYERS for module in names.split()}

SPOKEN = frozenset(("print", "typer.echo", "input", "getpass.getpass"))
# Where each outside package may be imported: its home first, then others with their reason.
HOMES = {
    "authres": ("letter_kinds",),
    "filelock": ("lock",),
    "imap_tools": ("mailbox_imap",),
    "jinja2": ("letter_templates",),
    "keyring": ("passwords",),
    "lark": ("syntax",),
    # Typed records stand everywhere.
    "msgspec": tuple(RANKS),
    "msoffcrypto": ("locked",),
    # Vectors over all returns: the relations' engine and what stands on it.
    "numpy": (
        "exact",
        "ground",
        "truth",
        "row_functions",
        "evaluate",
        "vectors",
        "numbers_of_people",
        "determine",
        "caches",
        "audit_figures",
        "audit_units",
        "audit_copies",
        "audit_relations",
        "aggregate",
    ),
    "olefile": ("gate",),
    # Outlook's object model, on Windows alone.
    "pythoncom": ("delivery_outlook",),
    "pywintypes": ("delivery_outlook",),
    "openpyxl": ("submit",),  # edits an upper office's own form
    "pandas": ("ground", "evaluate", "row_functions"),
    "python_calamine": ("workbooks",),
    "rich": ("screen",),
    "sqlite3": ("book",),
    "tnefparse": ("letter_parts",),
    "typer": ("cli", "cli_definition", "cli_mail", "usage"),
    # Whoever writes a workbook: the unit's, the office's own, the summary.
    "xlsxwriter": (
        "styles",
        "tables",
        "pages",
        "control",
        "control_desk",
        "control_progress",
        "control_outbox",
        "control_roster",
        "findings_paper",
        "desk",
        "blank",
        "blank_front",
        "blank_figures",
        "blank_problems",
        "circulars",
        "circulate",
        "approval_sheet",
        "write",
        "total_sheets",
        "unit_sheets",
        "addin_file",
        "click",
    ),
    "uno": ("uno_bridge",),
    "win32com": ("delivery_outlook",),
    # What a button does, and the engine that lets xlwings work with LibreOffice.
    "xlwings": (
        "addin",
        "udf",
        "open_book",
        "open_tables",
        "pressing",
        "agreeing",
        "this_book",
        "marks",
        "open_sources",
        "uno_engine",
        "uno_app",
        "uno_books",
        "uno_sheets",
        "uno_range",
        "uno_names",
        "uno_tables",
        "uno_looks",
        "uno_places",
    ),
}
# Half a second each: `huizong --help` and `status` answer before these are imported.
SLOW = frozenset({"numpy", "openpyxl", "pandas", "xlwings"})

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "huizong"
HERE = "tests/test_structure.py"


@dataclass(frozen=True, slots=True)
class Import:
    """One name that a module imports; `at_once` if it is not inside a function."""

    module: str
    line: int
    target: str
    at_once: bool

    @property
    def own(self) -> str | None:
        """The module of ours that is imported, if it is one."""
        package, _, rest = self.target.partition(".")
        name = rest.partition(".")[0]
        return name if package == "huizong" and name in RANKS else None

    def __str__(self) -> str:
        return f"{self.module}, line {self.line}: imports {self.target}"


def modules(package: Path) -> list[tuple[str, Path]]:
    """List the package's files by module; a folder counts as one module."""
    paths = sorted(path.relative_to(package) for path in package.rglob("*.py"))
    return [(path.parts[0].removesuffix(".py"), package / path) for path in paths]


def imports(package: Path) -> list[Import]:
    """List everything that the package's modules import."""
    return [
        Import(module, node.lineno, target, at_once)
        for module, path in modules(package)
        for node, at_once in _import_nodes(ast.parse(path.read_text(encoding="utf-8")), True)
        for target in _targets(node)
    ]


def _import_nodes(node: ast.AST, at_once: bool) -> Iterator[tuple[ast.stmt, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, at_once
        else:
            yield from _import_nodes(child, at_once and not _waits(child))


def _waits(node: ast.AST) -> bool:
    """A function's body runs later, the body of `if TYPE_CHECKING` never."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _targets(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    # A relative import would hide its layer: it comes out as `.name`, which nothing allows.
    module = "." * node.level + (node.module or "")
    return [f"{module}.{a.name}" for a in node.names] if module == "huizong" else [module]


def undeclared_modules(package: Path) -> list[str]:
    """Every module stands in a layer."""
    names = dict.fromkeys(module for module, _ in modules(package))
    return [
        f"{name}: enter it in LAYERS of {HERE}"
        for name in names
        if name not in RANKS and name != "__init__"
    ]


def upward_imports(package: Path) -> list[str]:
    """A module imports only from its own layer and those below; a stage imports no stage."""
    return [
        f"{found}, from {LAYER_OF.get(found.module)} up or across to {LAYER_OF[found.own]}"
        for found in imports(package)
        if found.own and found.own != found.module and not _is_down(found.module, found.own)
    ]


def _is_down(module: str, target: str) -> bool:
    if LAYER_OF.get(module) == "stages" and LAYER_OF[target] == "stages":
        return False
    # `huizong` itself imports nothing; a module in no layer is the business of another guard.
    own = -1 if module == "__init__" else RANKS.get(module, len(LAYERS))
    return own >= RANKS[target]


def import_cycles(package: Path) -> list[str]:
    """Modules of one layer do not import each other in a circle."""
    graph: dict[str, set[str]] = {}
    for found in imports(package):
        if found.own and found.at_once and found.own != found.module:
            graph.setdefault(found.module, set()).add(found.own)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return [" imports ".join(reversed(error.args[1]))]
    return []


def homeless_imports(package: Path) -> list[str]:
    """Each outside package is imported in its home only."""
    return [
        f"{found}: its home is {HOMES.get(name, ())}, see HOMES of {HERE}"
        for found in imports(package)
        if (name := found.target.partition(".")[0]) != "huizong"
        and (name in HOMES or name not in sys.stdlib_module_names)
        and found.module not in HOMES.get(name, ())
    ]


def words_past_the_screen(package: Path) -> list[str]:
    """Whoever prints or asks by itself does so under a bar that wipes it."""
    return [
        f"{module}, line {node.lineno}: {name} is called in screen alone"
        for module, path in modules(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in SPOKEN
        if module != "screen"
    ]


def choices_without_a_value(package: Path) -> list[str]:
    """`a() if b else c()` gives a value; what only does something is an `if`."""
    return [
        f"{module}, line {node.lineno}: write an if"
        for module, path in modules(package)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.IfExp)
    ]


def slow_starts(package: Path) -> list[str]:
    """Nothing that the command line imports at once is slow."""
    reached, queue, found = {"cli"}, ["cli"], imports(package)
    while queue:
        module = queue.pop()
        new = {i.own for i in found if i.module == module and i.at_once and i.own} - reached
        reached |= new
        queue += sorted(new)
    return [
        f"{i}: import it inside the function that needs it"
        for i in found
        if i.module in reached and i.at_once and i.target.partition(".")[0] in SLOW
    ]


def foreign_macros(folder: Path) -> list[str]:
    """Macros are ASCII: the VBA editor keeps text in the code page of its machine."""
    return [
        f"{path.name}: not ASCII"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.read_bytes().isascii()
    ]


def slow_help(source: Path) -> list[str]:
    """`huizong --help`, really run, imports nothing slow."""
    code = "import sys; sys.argv[1:] = ['--help']; from huizong.cli import main; sys.exit(main())"
    command = [sys.executable, "-X", "importtime", "-c", code]
    run = subprocess.run(command, cwd=source, capture_output=True, text=True, check=True)
    lines = (line for line in run.stderr.splitlines() if line.startswith("import time:"))
    imported = {line.rpartition("|")[2].strip() for line in lines}
    return sorted(f"--help imports {name}" for name in imported & SLOW)


GUARDS = (undeclared_modules, upward_imports, import_cycles, homeless_imports, slow_starts,
          words_past_the_screen, choices_without_a_value)  # fmt: skip


@pytest.mark.parametrize("guard", GUARDS)
def test_package_keeps_its_structure(guard):
    """
    The package breaks no rule of its own structure.
    """
    assert guard(PACKAGE) == []


def test_macros_are_ascii():
    """
    No macro or ribbon source holds a character that is not ASCII.
    """
    assert foreign_macros(ROOT / "macros") == []


@pytest.mark.skipif(not (PACKAGE / "cli.py").exists(), reason="there is no command line yet")
def test_help_answers_at_once():
    """
    The installed command line prints its help without pandas and xlwings.
    """
    assert slow_help(PACKAGE.parent) == []


def plant(folder: Path, **sources: str) -> Path:
    """Write a package of one-line modules and give its folder."""
    package = folder / "huizong"
    package.mkdir()
    for name, source in {"__init__": "", **sources}.items():
        (package / f"{name}.py").write_text(source, encoding="utf-8")
    return package


BAD = (
    (undeclared_modules, {"novel": ""}, "novel: enter it in LAYERS"),
    (upward_imports, {"records": "import huizong.cli"}, "from words up or across to faces"),
    (upward_imports, {"cells": "def f():\n from huizong import read"}, "cells, line 2: imports"),
    (upward_imports, {"audit": "from huizong.read import x"}, "from stages up or across to stages"),
    (upward_imports, {"__init__": "import huizong.errors"}, "__init__, line 1"),
    (import_cycles, {"forms": "import huizong.layout", "layout": "import huizong.forms"}, "layout"),
    (homeless_imports, {"audit": "from lark import Lark"}, "audit, line 1: imports lark: its home"),
    (homeless_imports, {"audit": "import sqlite3"}, "its home is ('book',)"),
    (homeless_imports, {"audit": "import requests"}, "its home is ()"),
    (homeless_imports, {"audit": "from . import errors"}, "imports ."),
    (words_past_the_screen, {"menu": "def f():\n print(1)"}, "menu, line 2: print"),
    (words_past_the_screen, {"cli": "typer.echo(1)"}, "cli, line 1: typer.echo"),
    (choices_without_a_value, {"audit": "a() if b else c()"}, "audit, line 1: write an if"),
    (slow_starts, {"cli": "import huizong.read", "read": "import pandas.io"}, "read, line 1"),
    (slow_starts, {"cli": "try:\n import xlwings\nexcept E:\n pass"}, "inside the function"),
)


@pytest.mark.parametrize(("guard", "sources", "words"), BAD)
def test_guard_finds_what_is_planted(guard, sources, words, tmp_path):
    """
    Each guard fails on a package that breaks its rule, and says where.
    """
    (message,) = guard(plant(tmp_path, **sources))

    assert words in message


GOOD = (
    {"cli": "def f():\n import huizong.evaluate", "evaluate": "import pandas"},
    {"cli": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n import huizong.vectors"},
    {"audit": "from huizong.records import Finding\nimport re", "records": "import decimal"},
    {"errors": "def f():\n import huizong.texts", "texts": "import huizong.errors"},
    {"cli": "from huizong import __version__"},
)


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("sources", GOOD)
def test_guard_lets_good_imports_pass(guard, sources, tmp_path):
    """
    Late imports, imports for types only and imports from below are right.
    """
    assert guard(plant(tmp_path, **sources)) == []


def test_guard_of_macros_finds_chinese(tmp_path):
    """
    A macro with a Chinese comment is named.
    """
    (tmp_path / "Host.bas").write_text("' 汇总", encoding="utf-8")

    assert foreign_macros(tmp_path) == ["Host.bas: not ASCII"]


def test_guard_of_help_finds_a_slow_import(tmp_path):
    """
    A command line that imports pandas before it answers is found by running it.
    """
    (tmp_path / "pandas.py").touch()
    plant(tmp_path, cli="import pandas\n\ndef main():\n    return 0")

    assert slow_help(tmp_path) == ["--help imports pandas"]
