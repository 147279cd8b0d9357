"""The buttons, on an open control workbook in a real LibreOffice: what they read, do and write."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlwings

from attached import attached
from huizong import console, pipeline
from huizong.addin import open_results
from huizong.book import open_book
from huizong.cli import main
from huizong.clock import china_now
from huizong.console import PROGRESS_COLUMNS, TODO_ANSWERS
from huizong.doing import FAILED
from huizong.entries import answers_of
from huizong.office import init_office, open_office
from huizong.open_book import folder_of, read_open
from huizong.personal import kinds_of
from huizong.pressing import Ended, perform
from huizong.settings import SETTINGS
from huizong.texts import say
from huizong.work import at_work
from street import EAST, LIGHT, PEACE, PERIOD, STREET, UNITS, send
from terminal import SRC

pytestmark = pytest.mark.libreoffice


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[xlwings.App]:
    """One LibreOffice for all tests of this module."""
    with attached(tmp_path_factory.mktemp("libreoffice")) as app:
        yield app


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A street with three communities that uses one form set; its control workbook as made."""
    folder = tmp_path_factory.mktemp("made")
    lines = [
        "区划代码,单位名称,上级代码",
        *(f"{code},{name},{STREET}" for code, name in UNITS.items()),
    ]
    roster = folder / "名册.csv"
    roster.write_text("\n".join(lines), encoding="utf-8")
    init_office(folder / "清河街道", roster=roster, unit=STREET, now=china_now(), sets=("TJ",))
    return folder / "清河街道"


@pytest.fixture
def office(made, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(made, tmp_path / "清河街道"))


@pytest.fixture
def book(app, office) -> Iterator[xlwings.Book]:
    """Its control workbook, open, with the first quarter chosen and not saved."""
    opened = app.books.open(office / console.FILE)
    set_field(opened, console.PERIOD, str(PERIOD))
    set_field(opened, console.OFFICER, "王芳")
    set_field(opened, console.REASON, "季度定稿")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def asked(made, tmp_path_factory) -> Path:
    """The street with a question: two returns of one unit, under odd names, that differ."""
    folder = Path(shutil.copytree(made, tmp_path_factory.mktemp("asked") / "清河街道"))
    send(folder, PEACE, "=1+1 13912345678 一", TJ16="1")
    send(folder, PEACE, "=1+1 13912345678 二", TJ16="9")
    with at_work(folder, china_now(), "test") as work:
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
    return folder


@pytest.fixture
def question(app, asked, tmp_path) -> Iterator[xlwings.Book]:
    """The control workbook of a copy of that street, open, with its question in 待办."""
    folder = Path(shutil.copytree(asked, tmp_path / "清河街道"))
    opened = app.books.open(folder / console.FILE)
    set_field(opened, console.PERIOD, str(PERIOD))
    press(opened, "status")
    yield opened
    opened.close()


def set_field(book: xlwings.Book, name: str, text: str) -> None:
    """Type into a field of the console."""
    book.sheets[console.CONSOLE].range(name).value = text


def set_setting(book: xlwings.Book, name: str, text: str) -> str:
    """Type into a cell of 设置, and give its address."""
    sheet = book.sheets[SETTINGS]
    labels = sheet.range("A1:A40").value
    cell = sheet.range((labels.index(say(f"setting.{name}")) + 1, 2))
    cell.value = text
    return cell.get_address(False, False)


def said(book: xlwings.Book) -> str:
    """Give the words of the last action on the console."""
    return str(book.sheets[console.CONSOLE].range(console.SAID).value)


def progress(book: xlwings.Book) -> list[dict[str, object]]:
    """Give the rows of the progress table."""
    sheet = book.sheets[console.CONSOLE]
    top = sheet.range(console.PROGRESS).offset(1, 0)
    rows = top.resize(20, len(PROGRESS_COLUMNS)).value
    return [dict(zip(PROGRESS_COLUMNS, row, strict=True)) for row in rows if row[0]]


def todo(book: xlwings.Book) -> list[list[object]]:
    """Give the rows of 待办."""
    top = book.sheets[console.TODO_SHEET].range(console.TODO).offset(1, 0)
    rows = top.resize(20, len(console.TODO_WIDTHS)).value
    return [row for row in rows if row[0]]


def answer(book: xlwings.Book, row: int, *texts: str) -> None:
    """Type into the answer columns of a row of 待办."""
    top = book.sheets[console.TODO_SHEET].range(console.TODO)
    top.offset(row, TODO_ANSWERS).resize(1, 3).value = list(texts)


def digest(path: Path) -> str:
    """Name the bytes of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def press(book: xlwings.Book, *actions: str) -> Ended:
    """Press buttons one after the other, and give how the last has ended."""
    for action in actions:
        ended = perform(book, action)
        assert not ended.failed, ended.alert
    return ended


def test_open_workbook_says_what_the_saved_one_says(book, office):
    """
    Settings and roster of the open workbook are the records of the saved file.
    """
    assert read_open(book).office == open_office(office)


def test_unsaved_settings_count_and_are_not_saved(book, office):
    """
    What is typed in 设置 counts at once; the file on the disk stays as the person saved it.
    """
    before = digest(office / console.FILE)
    set_setting(book, "name", "新河街道")

    press(book, "issue")

    issued = sorted((office / "下发" / str(PERIOD)).glob("*本级*.xlsx"))
    assert ["新河街道" in path.name for path in issued] == [True]
    assert digest(office / console.FILE) == before
    assert open_office(office).unit.name != "新河街道"


def test_unsaved_answers_count(question):
    """
    What is typed in 待办 of the open workbook is in the book of record after the next action.
    """
    book, office = question, folder_of(question)
    before = digest(office / console.FILE)
    rows = todo(book)
    answer(book, 2, "采用此份", "王芳", "后一份是更正")

    ended = press(book, "audit")

    with open_book(office / "huizong.db") as record:
        (entered,) = answers_of(record).values()
    assert len(rows) == 2
    assert (entered.action, entered.officer, entered.file[:16]) == ("use", "王芳", rows[1][-1])
    assert todo(book) == []
    assert not ended.failed
    assert progress(book)[0]["state"] == say("state.passed")
    assert digest(office / console.FILE) == before


def test_refused_answers_stay_and_are_told(question):
    """
    An answer without a reason is not entered, stays where it was typed, and the alert names it.
    """
    answer(question, 1, "采用此份", "王芳", "")

    ended = press(question, "collect")

    assert say("answer.no_reason", found="", files="") in ended.alert
    assert [row[TODO_ANSWERS : TODO_ANSWERS + 3] for row in todo(question)] == [
        ["采用此份", "王芳", None], [None, None, None],
    ]  # fmt: skip


def test_half_an_answer_stays_when_the_progress_is_refreshed(question):
    """
    刷新进度 only looks: what is being typed in 待办 is neither read nor lost.
    """
    answer(question, 2, "采用此份", "王芳", "")

    ended = press(question, "status")

    assert ended.alert == ""
    assert [row[TODO_ANSWERS] for row in todo(question)] == [None, "采用此份"]


def test_wrong_setting_is_an_alert(book, office):
    """
    A wrong cell is named in the alert and on the console; nothing is done.
    """
    cell = set_setting(book, "mend_days", "九十九天")

    ended = perform(book, "issue")

    assert ended.failed
    assert SETTINGS in ended.alert
    assert cell in ended.alert
    assert "九十九天" in ended.alert
    assert say("button.issue") in said(book)
    assert not list((office / "下发").iterdir())
    assert book.app.status_bar is False


AT_WORK = """
import sys
from pathlib import Path
from huizong.lock import Holder, hold
with hold(Path(sys.argv[1]), Holder("李明", "二楼的电脑", 1, "2026-04-03T09:00:00", "audit")):
    print("at work", flush=True)
    sys.stdin.read()
"""


def test_second_click_is_told_who_is_at_work(book, office):
    """
    While another process works in the folder, the alert says whose and where; nothing is done.
    """
    command = [sys.executable, "-c", AT_WORK, str(office)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(SRC)}, **pipes) as first:
        assert first.stdout.readline()
        ended = perform(book, "issue")
        first.stdin.close()

    assert ended.failed
    assert "李明" in ended.alert
    assert "二楼的电脑" in ended.alert
    assert not list((office / "下发").iterdir())


def test_button_in_another_workbook_is_told_where_to_press(app, tmp_path):
    """
    In a workbook that is no control workbook the alert names the one that is.
    """
    openpyxl.Workbook().save(tmp_path / "别的.xlsx")
    other = app.books.open(tmp_path / "别的.xlsx")
    ended = perform(other, "issue")
    other.close()

    assert ended.failed
    assert "别的.xlsx" in ended.alert
    assert console.FILE in ended.alert


def test_doctor_needs_no_office(app, tmp_path):
    """
    电脑检查 looks at the computer from any workbook, and says what it found.
    """
    openpyxl.Workbook().save(tmp_path / "别的.xlsx")
    other = app.books.open(tmp_path / "别的.xlsx")
    ended = perform(other, "doctor")
    other.close()

    assert not ended.failed
    assert len(ended.alert.splitlines()) > 1


def test_fault_of_our_own_is_told_without_its_text(book, office):
    """
    Something nobody foresaw is told by its kind and place; the words of the fault are not shown.
    """
    (office / "huizong.db").write_bytes(b"no book of record at all, 13912345678")

    ended = perform(book, "issue")

    assert ended.failed
    assert "Traceback" not in ended.alert
    assert not list(kinds_of(ended.alert))


def test_status_bar_moves_while_a_long_action_runs(book):
    """
    The status bar says something new again and again, and is the host's own again at the end.
    """
    seen: list[object] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.02):
            seen.append(book.app.status_bar)

    # Of all form sets, so that it takes its time.
    set_setting(book, "sets", "")
    watching = threading.Thread(target=watch)
    watching.start()
    press(book, "issue")
    ended.set()
    watching.join()

    texts = list(dict.fromkeys(text for text in seen if text))
    assert len(texts) > 2
    assert all(say("button.issue") in str(text) for text in texts)
    assert book.app.status_bar is False


def test_progress_adds_up_and_links_open(book, office):
    """
    The table has every expected unit, the counts add up to them, and links lead to files.
    """
    send(office, PEACE, TJ16="1")
    send(office, LIGHT, TJ16=None)

    press(book, "collect", "audit", "return")

    rows = progress(book)
    assert [row["unit"] for row in rows] == [PEACE, LIGHT, EAST, STREET]
    assert [row["state"] for row in rows] == [
        say(f"state.{state}") for state in ("passed", "to_mend", "missing", "missing")
    ]
    counts = book.sheets[console.CONSOLE].range(console.COUNTS).resize(1, len(console.COUNTED))
    expected, *states, _ = counts.value
    assert expected == sum(states) == len(UNITS)
    for name in ("return", "findings_link", "correction_link"):
        assert linked(book, 2, name).is_file()


def linked(book: xlwings.Book, row: int, name: str) -> Path:
    """Give the file to which a link of the progress table leads."""
    top = book.sheets[console.CONSOLE].range(console.PROGRESS)
    formula = top.offset(row, PROGRESS_COLUMNS.index(name)).formula
    target = formula.removeprefix('=HYPERLINK("').partition('"')[0].partition("#")[0]
    return next(path for path in folder_of(book).rglob("*.xlsx") if path.as_uri() == target)


def book_folder(book: xlwings.Book) -> Path:
    """Give the office's folder."""
    return Path(book.fullname).parent


def test_no_personal_numbers_are_shown(question):
    """
    A telephone number in a file's name is hidden in 待办 and in the progress.
    """
    rows = [*todo(question), *(row.values() for row in progress(question))]
    shown = [str(cell) for row in rows for cell in row]

    assert any("139****" in cell for cell in shown)
    assert not [cell for cell in shown if list(kinds_of(cell))]


def test_texts_of_files_are_no_formulas(question):
    """
    What looks like a formula in a file's name is shown, never worked out.
    """
    assert [str(row[-2])[:4] for row in todo(question)] == ["=1+1", "=1+1"]


def test_codes_of_paper_copies_are_typed_over_their_states(book, office):
    """
    Four digits typed in the column 纸质件 stay until they are entered; then it says how it stands.
    """
    send(office, PEACE, TJ16="1")
    press(book, "collect", "audit")
    code = next(line for line in perform(book, "paper").alert.splitlines() if PEACE in line)
    digits = next(part for part in code.split() if part.isdigit() and len(part) == 4)
    sheet = book.sheets[console.CONSOLE]
    cell = sheet.range(console.PROGRESS).offset(1, PROGRESS_COLUMNS.index("paper"))
    cell.value = digits

    press(book, "status")
    kept = cell.value
    press(book, "paper")

    assert kept == digits
    assert cell.value == say("paper_state.matched")


def test_differences_are_those_of_the_selected_unit(question):
    """
    With the cursor in a unit's row its versions are compared; elsewhere those of all units.
    """
    sheet = question.sheets[console.CONSOLE]
    top = sheet.range(console.PROGRESS)
    sheet.activate()
    top.offset(2, 2).select()
    other = press(question, "differences")
    top.offset(1, 2).select()
    own = press(question, "differences")
    sheet.range(console.SAID).select()
    every = press(question, "differences")

    assert UNITS[PEACE] in own.alert
    assert UNITS[PEACE] not in other.alert
    assert every.alert == own.alert


def test_earlier_figures_come_from_their_folder(book, office):
    """
    The first click writes the blank into 期初, the next takes in the file that lies there.
    """
    blank = press(book, "history")
    unfilled = perform(book, "history")

    assert [path.parent for path in blank.results] == [office / "期初"]
    assert unfilled.failed
    assert blank.results[0].name in unfilled.alert


def test_links_of_a_column_are_written_as_they_are(book):
    """
    Many links at once keep their commas and quotes.
    """
    cells = book.sheets[console.TODO_SHEET].range("Z1:Z3")
    links = [f'=HYPERLINK("file:///{n}, a.xlsx","第""{n}"", 版")' for n in "12"]

    cells.formula = [[links[0]], [""], [links[1]]]

    assert [formula for (formula,) in cells.formula] == [links[0], "", links[1]]
    assert cells.value == ['第"1", 版', None, '第"2", 版']


@pytest.mark.slow
def test_submit_refuses_with_what_is_open(book, office):
    """
    A summary that is not signed where that is wanted does not go up; the alert says what is left.
    """
    set_setting(book, "signing", say("signing.yes"))
    send(office, PEACE, TJ16="1")
    press(book, "collect", "audit", "aggregate")

    refused = perform(book, "submit")
    for step in ("draft", "check", "sign"):
        set_field(book, console.STEP, say(f"signing.{step}"))
        press(book, "sign")
    allowed = press(book, "submit")

    assert refused.failed
    assert "1/3" in allowed.alert
    assert all(UNITS[code] in allowed.alert for code in (EAST, LIGHT))
    assert UNITS[PEACE] not in allowed.alert
    assert say("signing.draft") in refused.alert
    assert allowed.results[-1] == office / "上报" / str(PERIOD)
    (made,) = (office / "汇总" / str(PERIOD)).glob("*汇总_v01.xlsx")
    (laid,) = (office / "上报" / str(PERIOD)).iterdir()
    assert (laid.name, digest(laid)) == (made.name, digest(made))


def test_form_set_goes_by_code_and_by_name(book):
    """
    A form set is chosen by its code, its name, or both, as the list offers it.
    """
    asked = []
    for text in ("JC", "jc", "社区基本情况", "JC 社区基本情况", ""):
        set_field(book, console.SETS, text)
        asked.append(read_open(book).asked.set_code)

    assert asked == ["JC"] * 4 + [""]


def test_line_of_the_last_action_gives_the_first_reason(book):
    """
    Closing an open period is refused, and the console's line holds what is to be done first.
    """
    ended = perform(book, "close")

    first, reason, *_ = ended.alert.splitlines()
    assert first.endswith("：")
    assert said(book).endswith(first + reason.strip())
    assert said(book) == ended.said


def test_results_are_opened_in_the_host(app, book, tmp_path):
    """
    A workbook that an action was done for is opened; of many, none is.
    """
    files = []
    for number in range(3):
        files.append(tmp_path / f"{number}.xlsx")
        openpyxl.Workbook().save(files[-1])
    before = len(app.books)

    open_results(book, files[:1])
    app.books["0.xlsx"].close()

    assert len(app.books) == before


def test_one_form_set_alone(book, office):
    """
    A form set chosen on the console is the only one that is worked on and shown.
    """
    set_setting(book, "sets", "")
    set_field(book, console.SETS, "社区基本情况")

    press(book, "issue")

    names = [path.stem for path in (office / "下发" / str(PERIOD)).glob("*.xlsx")]
    assert {name.rpartition("_")[2] for name in names} == {"JC"}
    assert {row["set"] for row in progress(book)} == {"JC"}


COMMANDS = {
    "issue": ("issue", "{office}", "{period}"),
    "collect": ("collect", "{office}"),
    "audit": ("audit", "{office}", "{period}"),
    "return": ("return", "{office}", "{period}"),
    "papers": ("papers", "{office}", "{period}"),
    "aggregate": ("aggregate", "{office}", "{period}"),
    "sign": ("sign", "{office}", "{period}", "--step", "draft", "--officer", "王芳",
             "--note", "季度定稿"),
    "close": ("close", "{office}", "{period}", "--officer", "王芳", "--reason", "季度定稿"),
    "reopen": ("reopen", "{office}", "{period}", "--officer", "王芳", "--reason", "季度定稿"),
    "history": ("history", "{office}", "{office}/期初/期初数.xlsx", "--blank",
                "--period", "{period}"),
}  # fmt: skip


@pytest.mark.slow
def test_buttons_write_what_the_commands_write(book, office, tmp_path):
    """
    Each action gives the same files by its button and by its command, member by member.
    """
    set_field(book, console.STEP, say("signing.draft"))
    for action, command in COMMANDS.items():
        if action == "collect":
            send(office, PEACE, TJ16="1")
            send(office, LIGHT, TJ16=None)
            send(office, EAST, TJ16="3")
        twin = Path(shutil.copytree(office, tmp_path / action / office.name))
        ended = perform(book, action)
        words = [word.format(office=twin, period=PERIOD) for word in command]
        with pytest.raises(SystemExit) as stop:
            main([*words, "--now", time_of(office, twin)])

        assert not ended.failed, ended.alert
        assert stop.value.code != FAILED
        assert contents(office) == contents(twin), action


def time_of(office: Path, before: Path) -> str:
    """Give the one time that an action took from the clock: what stands in the office since."""
    return max((times_in(office) - times_in(before)).elements())


def times_in(office: Path) -> Counter[str]:
    """List the times of events in the book, and those at which workbooks were made."""
    with open_book(office / "huizong.db") as record:
        told = [at for at, _, _ in record.events()]
    for path in office.rglob("*.xlsx"):
        with zipfile.ZipFile(path) as archive:
            told += _CREATED.findall(archive.read("docProps/core.xml").decode())
    return Counter(told)


_CREATED = re.compile('W3CDTF">([0-9T:-]+)Z</dcterms:created')
# The book of record and its copies, the workbook in which buttons are pressed, locks.
_NOT_COMPARED = re.compile(r"huizong\.db.*|备份|\..*|控制台.*")


def contents(folder: Path) -> dict[str, object]:
    """Give all files of an office: workbooks by their members, others by their bytes."""
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_dir() or any(_NOT_COMPARED.fullmatch(part) for part in name.parts):
            continue
        found[str(name)] = members(path) if zipfile.is_zipfile(path) else path.read_bytes()
    return found


def members(path: Path) -> dict[str, bytes]:
    """Give the members of a workbook."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
