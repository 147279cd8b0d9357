"""What goes up beside a summary: ledgers left out, masked or whole, and all under a password."""

import email
import io
import shutil
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import msgspec
import openpyxl
import pytest

from huizong import acts, pipeline
from huizong.book import open_book
from huizong.cli import app, run
from huizong.detail_book import Details, details_bytes, masked_personal
from huizong.doing import Told
from huizong.entries import files_of
from huizong.errors import HuizongError
from huizong.history import last_summary
from huizong.leaving import PERSONAL, concerns
from huizong.letters import Attachment
from huizong.locked import lock, unlock
from huizong.office import init_office, open_office
from huizong.refused import Refused
from huizong.settings import settings_of
from huizong.texts import say
from huizong.work import at_work, checked_sets
from patch import parts_of
from street import (
    EAST,
    LIGHT,
    NOW,
    PERIOD,
    STREET,
    empty_street,
    put,
    quarter,
    readers,
    send,
)
from terminal import Terminal
from test_leaving import MOBILE, NAME, OTHER_NAME, named_return
from uno_session import uno_session

__all__ = ["readers"]

UPPER, OWN = "zfw@qh.example.gov.cn", "hz@qh.example.gov.cn"
PASSWORD = "Qinghe-2026-七月"


@pytest.fixture(scope="module")
def summed(tmp_path_factory, readers) -> Path:
    """A street whose summary is made: two units in it, one of them with names, one to be mended."""
    folder = empty_street(tmp_path_factory.mktemp("office"))
    put(folder, "和平.xlsx", named_return(folder))
    send(folder, LIGHT, TJ02="——", TJ01="5")
    send(folder, EAST, TJ16="2")
    quarter(folder, readers)
    return folder


@pytest.fixture
def office(summed, tmp_path) -> Path:
    """A copy of the street for one test."""
    return Path(shutil.copytree(summed, tmp_path / "清河街道"))


def act(office: Path, action, rows: str = "none", **more: object) -> Told:
    """Do one action for the period with 上报明细 as given."""
    replace = msgspec.structs.replace
    with at_work(office, NOW, "test") as work:
        told = {"upper_mail": UPPER, "mail_user": OWN, "ledger_rows": rows}
        settings = replace(work.office.settings, **told)
        return action(replace(work, office=replace(work.office, settings=settings)), PERIOD, **more)


def letter(office: Path) -> EmailMessage:
    """The only letter upward."""
    (path,) = (office / "上报" / str(PERIOD)).glob("*.eml")
    return email.message_from_bytes(path.read_bytes(), policy=default)


def attached(message: EmailMessage) -> dict[str, bytes]:
    """What is attached to a letter, by name."""
    return {part.get_filename(): part.get_content() for part in message.iter_attachments()}


def persons(told: Told) -> list[str]:
    """What is said of each file that goes up: whether persons are in it."""
    words = {say(f"leaving.{code}"): code for code in ("persons_yes", "persons_no")}
    files = [line for line in told.lines if "KB" in line]
    return [words[line.rpartition("：")[2]] for line in files]


def rows_of(content: bytes, sheet: str) -> list[list[object]]:
    """The rows of a workbook's sheet below its headings."""
    rows = [list(row) for row in openpyxl.load_workbook(io.BytesIO(content))[sheet].values]
    first = next(at for at, row in enumerate(rows) if row[:2] == ["序号", "单位"])
    return rows[first + 1 :]


def test_ledgers_stay_here_unless_they_are_asked_for(office):
    """
    By default the letter carries the summary alone, which has no row of a ledger.
    """
    told = act(office, acts.submit)

    (name,) = attached(letter(office))
    assert "明细" not in name
    assert persons(told) == ["persons_no"]
    assert say("submit.encrypt_hint") not in told.lines
    assert not any(path.stem.endswith("明细") for path in office.rglob("*.xlsx"))


def test_ledgers_go_up_as_they_stand(office):
    """
    照附: a workbook beside the summary has each row of the returns in it, with its unit, figures as
    figures; what is not in the summary is not in it; the officer is told that persons are in it.
    """
    told = act(office, acts.submit, rows="whole")

    (content,) = [data for name, data in attached(letter(office)).items() if "明细" in name]
    rows = rows_of(content, "TJ-L1 明细")
    assert {row[1] for row in rows} == {"和平社区", "东风社区"}
    assert [row[0] for row in rows] == [str(number) for number in range(1, 13)]
    assert rows[0][3] == f"{NAME}{MOBILE}、李某"
    assert all(isinstance(row[6], int | float) for row in rows)
    assert persons(told) == ["persons_no", "persons_yes"]
    assert say("submit.encrypt_hint") in told.lines
    laid = [path for path in told.results if path.stem.endswith("明细")]
    assert [path.read_bytes() for path in laid] == [content]


def test_ledgers_go_up_without_names(office):
    """
    Fault 74: 隐去: of names the surname is left, of numbers the ends, in every column; a scan finds
    no person in the workbook.
    """
    told = act(office, acts.submit, rows="masked")

    (content,) = [data for name, data in attached(letter(office)).items() if "明细" in name]
    rows = rows_of(content, "TJ-L1 明细")
    whole = "".join(str(cell) for sheet in openpyxl.load_workbook(io.BytesIO(content))
                    for row in sheet.values for cell in row)  # fmt: skip
    assert rows[0][3] == "王*138****1007、李某"
    assert not any(secret in whole for secret in (NAME, OTHER_NAME, MOBILE))
    assert "欧阳*" in whole
    with at_work(office, NOW, "test") as work:
        found = concerns(work, PERIOD, [Attachment("明细.xlsx", content)])
    assert not {one.code for one in found} & PERSONAL
    assert persons(told) == ["persons_no", "persons_no"]


def test_draft_with_other_files_is_told(office):
    """
    Where the choice has changed since the letter was written, the officer learns that the draft has
    other files; a letter written anew has them.
    """
    first = act(office, acts.submit)
    same = act(office, acts.submit)
    other = act(office, acts.submit, rows="masked")
    (path,) = (office / "上报" / str(PERIOD)).glob("*.eml")
    path.unlink()
    act(office, acts.submit, rows="masked", again=True)

    said = say("submit.other_files", file=path.name)
    assert [said in told.lines for told in (first, same, other)] == [False, False, True]
    assert len(attached(letter(office))) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("王建国", "王*"), ("王建国、欧阳文心", "王*、欧阳*"), ("张三和李四", "张*和李*"),
        ("110101199003072316", "110***16"), ("138 0000 1007", "138****1007"),
        ("6222021234561111117", "6222****1117"), ("0571-88120001", "0571-8812****"),
        ("8812345", "***45"), ("朱某与何某", "朱某与何某"), ("张某与李建国", "张某与李*"),
        ("John Smith", "J*"), ("", ""),
    ],
)  # fmt: skip
def test_a_column_of_persons_is_masked(text, expected):
    """
    Fault 74: whatever stands in a column of persons, no whole name and no whole number is left.
    """
    assert masked_personal(text) == expected


@pytest.mark.parametrize("masked", [False, True])
def test_formulas_in_ledgers_go_up_as_texts(office, masked):
    """
    Fault 69: what looks like a formula or a link in a ledger is a text in the workbook.
    """
    hostile = (
        '=HYPERLINK("http://x.cn/?"&A1,"点")',
        "=1+1",
        "+A1",
        "@SUM(A1)",
        "http://x.cn/",
        "-2",
    )
    replace = msgspec.structs.replace
    with at_work(office, NOW, "test") as work:
        summary = last_summary(work.book, str(PERIOD), "TJ")
    (first, *others) = summary.units
    (ledger, *more) = first.reading.ledgers
    width = len(ledger.keys)
    rows = (hostile * 2)[:width], hostile[::-1] * 2
    ledger = replace(ledger, rows=tuple(tuple(row[:width]) for row in rows))
    reading = replace(first.reading, ledgers=(ledger, *more))
    summary = replace(summary, units=(replace(first, reading=reading), *others))
    content = details_bytes(Details(summary, checked_sets()["TJ"].form_set, "", masked=masked))

    cells = [
        c for sheet in openpyxl.load_workbook(io.BytesIO(content)) for row in sheet for c in row
    ]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    assert b"<f>" not in b"".join(parts_of(content).values())
    assert masked or {"=1+1", hostile[0]} <= {cell.value for cell in cells}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "none"), ("不附", "none"), ("隐去", "masked"), ("照附", "whole"), ("Whole", "whole")],
)
def test_setting_is_read(text, expected):
    """
    上报明细 is one of three words, in either language; blank is 不附.
    """
    rows = [["单位代码", STREET], ["单位名称", "清河街道"], [say("setting.ledger_rows"), text]]
    rows[0][0], rows[1][0] = say("setting.code"), say("setting.name")

    assert settings_of(rows, "控制台.xlsm").ledger_rows == expected
    with pytest.raises(HuizongError) as error:
        settings_of([*rows[:2], [rows[2][0], "有时"]], "控制台.xlsm")
    assert "B3" in str(error.value)


def test_letter_under_a_password_comes_back_as_a_receipt(office, tmp_path):
    """
    Fault 39: the summary leaves under a password, the letter says that it comes by another way; the
    office above is told what it needs, takes it in with the password, and its receipt is known. The
    password lies nowhere.
    """
    told = act(office, acts.submit, rows="whole", password=PASSWORD)
    (summary,) = (office / "汇总" / str(PERIOD)).glob("*.xlsx")
    files = attached(letter(office))
    district = district_of(tmp_path)
    wanted = act(district, lambda work, _: acts.fetch(work, office / "上报" / str(PERIOD), ""))
    orders = say("remedy.file_password")
    found = act(district, lambda work, _: files_of(work.book))
    act(district, acts.drafts)
    reminded, stands = act(district, acts.remind), act(district, acts.status)
    wrong = act(district, lambda work, _: acts.collect(work, password="another one"))
    taken = act(district, lambda work, _: acts.collect(work, password=PASSWORD))
    again = act(district, lambda work, _: acts.collect(work, password=PASSWORD))
    act(district, pipeline.audit)
    act(district, acts.drafts)
    (receipt,) = (district / "草稿" / str(PERIOD)).glob("*.eml")
    raw = receipt.read_bytes()
    (tmp_path / "回").mkdir()
    (tmp_path / "回" / "1.eml").write_bytes(raw.replace(OWN.encode(), UPPER.encode(), 1))
    act(office, lambda work, _: acts.fetch(work, tmp_path / "回", ""))

    assert all("_加密" in name for name in files)
    assert summary.read_bytes() in [unlock(data, PASSWORD) for data in files.values()]
    assert say("letter.locked") in letter(office).get_body(("plain",)).get_content()
    assert say("locked.told") in told.lines
    assert say("submit.encrypt_hint") not in told.lines
    assert all(name in letter(office).get_body(("plain",)).get_content() for name in files)
    assert summary.name not in letter(office).get_body(("plain",)).get_content()
    assert not tuple((district / "草稿").rglob("*催报*"))
    assert any(STREET in line and "_加密" in line for line in stands.lines)
    assert any("_加密" in line for line in reminded.lines)
    assert all(sum(name in line and orders in line for line in wanted.lines) == 1 for name in files)
    assert {finding.code for one in found for finding in one.findings} == {"file_password"}
    assert not any(say("file_state.returned") in line for line in wanted.lines)
    assert not any(say("remedy.file_encrypted") in line for line in wanted.lines)
    assert not tuple((district / "草稿").rglob("*请重发*"))
    assert any(line == say("locked.wrong", file=name) for line in wrong.lines for name in files)
    assert not any("密码不对" in line for line in (*taken.lines, *again.lines))
    assert (wanted.waits, wrong.waits, taken.waits, again.waits) == (True, True, False, False)
    assert any(say("file_state.beside") in line for line in taken.lines)
    with open_book(open_office(district).book) as book:
        filed = [one for one in files_of(book) if one.unit == STREET]
        assert [one.name for one in filed] == [f"{summary.stem}_加密.xlsx"]
        assert book.ask("SELECT state FROM standing WHERE unit = ?", (STREET,)) == [("passed",)]
    assert [say("command.taken_above", set="TJ", number=1, when="2026-04-03 09:00")] == [
        line for line in act(office, acts.status).lines if "上级已收" in line
    ]
    for folder in (office, district):
        for path in folder.rglob("*"):
            assert not path.is_file() or PASSWORD.encode() not in path.read_bytes()


def district_of(folder: Path) -> Path:
    """The office above, which knows the street's address."""
    roster = folder / "区.csv"
    line = f"{STREET},清河街道,{STREET[:6]}000000,{OWN}"
    roster.write_text(f"区划代码,单位名称,上级代码,邮箱\n{line}", encoding="utf-8")
    init_office(folder / "区", roster=roster, unit=f"{STREET[:6]}000000", now=NOW, sets=("TJ",))
    act(folder / "区", pipeline.issue)
    return folder / "区"


@pytest.mark.libreoffice
def test_libreoffice_opens_what_is_under_a_password(office, tmp_path):
    """
    What leaves under a password opens in LibreOffice with it, and with no other.
    """
    (summary,) = (office / "汇总" / str(PERIOD)).glob("*.xlsx")
    path = tmp_path / "密.xlsx"
    path.write_bytes(lock(summary.read_bytes(), PASSWORD))
    with uno_session(tmp_path) as soffice, soffice.open(path, password=PASSWORD) as document:
        assert list(document.sheets) == openpyxl.load_workbook(summary).sheetnames
    with pytest.raises(Refused):
        unlock(path.read_bytes(), "another one")


def test_letter_written_before_is_not_put_under_a_password(office):
    """
    Where the letter was written before, nothing is encrypted and the officer is told so.
    """
    act(office, acts.submit)
    before = letter(office).as_bytes()
    told = act(office, acts.submit, password=PASSWORD)

    assert say("locked.not_anew") in told.lines
    assert letter(office).as_bytes() == before
    assert not list(office.rglob("*_加密.xlsx"))


def test_a_password_is_typed_twice_and_never_shown(office, capfd):
    """
    The command asks at the terminal, twice, shows nothing of it, and refuses one that is
    short or typed otherwise; without a terminal it says what to do.
    """
    arguments = ["submit", office, str(PERIOD), "--encrypt", "--now", NOW.isoformat()]
    with Terminal(arguments) as screen:
        screen.until(say("locked.ask"))
        screen.type("short")
        short = screen.end()
    with Terminal(arguments) as screen:
        screen.until(say("locked.ask"))
        screen.type(PASSWORD)
        screen.until(say("locked.ask_again"))
        screen.type(PASSWORD + "x")
        other = screen.end()
        shown = screen.shown
    commands = ([str(one) for one in arguments], ["collect", str(office), "--password"])
    without = [run(lambda words=words: app(words, standalone_mode=False)) for words in commands]
    assert (short, other, *without) == (2, 2, 2, 2)
    assert capfd.readouterr().err.count(say("error.password_here")) == 2
    assert PASSWORD not in shown
    assert say("error.password_twice") in shown
    assert not list(office.rglob("*_加密.xlsx"))
