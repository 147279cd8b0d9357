"""电脑检查 on Windows: Excel or WPS, rules for macros, the add-in, its Python, paths.

Every check judges facts that it is given; `excel_facts` gathers them.
"""

from collections.abc import Iterator
from pathlib import PurePath, PureWindowsPath

from huizong.excel_facts import WindowsFacts
from huizong.remarks import Remark, good, mend, note

# Excel opens no longer path; our own names below an office's folder are no longer than this.
LONGEST_PATH, LONGEST_NAME = 218, 90
# Values of VBAWarnings: 2, the default, asks.
_ALL, _SIGNED, _NONE = 1, 3, 4


def check_excel(facts: WindowsFacts) -> Iterator[Remark]:
    """There is an Excel, and nothing else answers to its name."""
    server = PureWindowsPath(facts.server.strip('"').lower()).parts
    if facts.excel and any(part.startswith(("wps", "kingsoft", "et.exe")) for part in server):
        yield mend("excel_taken", server=facts.server)
    elif facts.excel:
        yield good("excel", version=facts.excel)
    elif facts.wps:
        yield note("only_wps", folder=facts.wps)
    else:
        yield mend("no_excel")


def check_macros(facts: WindowsFacts) -> Iterator[Remark]:
    """Macros may run, once a person has agreed."""
    rule = facts.rules.get("VBAWarnings")
    off = facts.rules.get("vbaoff")
    by_policy = "_by_policy" if (rule and rule.policy) or off else ""
    if off and off.value:
        yield mend("macros_off_by_policy")
    elif rule and rule.value == _NONE:
        yield mend(f"macros_off{by_policy}")
    elif rule and rule.value == _SIGNED:
        yield mend(f"macros_signed{by_policy}")
    elif rule and rule.value == _ALL:
        yield note("macros_all_excel")
    else:
        yield good("macros_asked")


def check_addin_rules(facts: WindowsFacts) -> Iterator[Remark]:
    """Add-ins that nobody has signed may run from the folder that Excel trusts."""
    for name, code in (
        ("RequireAddinSig", "addin_signed"),
        ("requirealwaysonmacrosig", "addin_signed"),
        ("DisableAllAddins", "addins_off"),
        ("AllLocationsDisabled", "locations_off"),
    ):
        rule = facts.rules.get(name)
        if rule and rule.value:
            yield mend(code + ("_by_policy" if rule.policy else ""), rule=name)


def check_addin(facts: WindowsFacts) -> Iterator[Remark]:
    """The add-in is in its place, is this program's, and is not switched off."""
    if facts.same is None:
        yield mend("no_addin", path=facts.addin)
    elif not facts.same:
        yield mend("other_addin", path=facts.addin)
    elif facts.switched_off:
        yield mend("addin_switched_off", path=facts.addin)
    else:
        yield good("addin", path=facts.addin)


def check_interpreter(facts: WindowsFacts) -> Iterator[Remark]:
    """Excel's buttons find a Python that has this program."""
    if not facts.interpreter:
        yield mend("no_interpreter")
    elif not facts.answer.said:
        yield mend("interpreter_dead", python=facts.interpreter, why=facts.answer.why)
    elif not facts.libraries:
        yield mend("no_libraries", python=facts.interpreter)
    else:
        yield good("interpreter", python=facts.interpreter)


def check_foreign(facts: WindowsFacts) -> Iterator[Remark]:
    """No file with macros is marked as one from the internet."""
    rule = facts.rules.get("blockcontentexecutionfrominternet")
    for path in facts.foreign:
        if path.suffix.lower() in (".xlsm", ".xlam"):
            yield mend("foreign_by_policy" if rule and rule.policy else "foreign", path=path)


def check_code_page(facts: WindowsFacts) -> Iterator[Remark]:
    """Chinese stands in the code page that Excel reads text files in."""
    if facts.code_page in (936, 54936, 65001):
        yield good("code_page", number=facts.code_page)
    else:
        yield note("other_code_page", number=facts.code_page)


def check_path(facts: WindowsFacts, folder: PurePath) -> Iterator[Remark]:
    """The folder's path leaves room for names below it, and OneDrive has not taken it."""
    length = len(str(folder))
    if length + LONGEST_NAME > LONGEST_PATH:
        yield mend("path_long", folder=folder, length=length, most=LONGEST_PATH - LONGEST_NAME)
    below = str(folder).casefold()
    if any(below.startswith(cloud.casefold()) for cloud in facts.clouds):
        yield mend("cloud", folder=folder)


CHECKS = (
    check_excel,
    check_macros,
    check_addin_rules,
    check_addin,
    check_interpreter,
    check_foreign,
    check_code_page,
)
