"""The office's folder: control workbook, roster, and whom it waits for."""

import datetime as dt
import shutil
from pathlib import Path

import pytest
import xlsxwriter
from msgspec.structs import replace

from huizong.book import open_book
from huizong.control import write_control
from huizong.doctor_office import gather_office
from huizong.errors import HuizongError
from huizong.forms import templates_folder
from huizong.history import Issued, save_issued
from huizong.office import expected_units, init_office, open_office
from huizong.periods import Period
from huizong.records import Unit
from huizong.roster import read_lines, read_roster
from huizong.settings import DRAFT, SMTP, settings_of
from huizong.standing import standing
from huizong.tables import OPTIONS
from huizong.unit_names import find_unit
from huizong.work import at_work

NOW = dt.datetime(2026, 4, 9, 10, 5)
Q1 = Period.parse("2026Q1")
STREET = "990101001000"
HEADINGS = "区划代码,单位名称,上级代码,类别,别名,联系人,电话,邮箱,生效期,失效期,并入代码,应报报表"


def roster_file(
    folder: Path, lines: str, headings: str = HEADINGS, encoding: str = "utf-8"
) -> Path:
    """Write a roster of the given lines as CSV."""
    path = folder / "名册.csv"
    text = "\n".join((headings, *(line.strip() for line in lines.strip().splitlines())))
    path.write_bytes(text.encode(encoding))
    return path


def wrong_of(path: Path) -> list[tuple[str, str, str]]:
    """Read a wrong roster and give (cell, fault, what stands there)."""
    with pytest.raises(HuizongError) as caught:
        read_roster(path)
    assert caught.value.code == "error.roster"
    assert "{" not in str(caught.value)
    return [(wrong.cell, wrong.code, wrong.found) for wrong in caught.value.details["wrong"]]


def test_new_office_reads_back_what_was_written(tmp_path):
    """
    A sample office has a street with fourteen communities, and a second init changes nothing.
    """
    office = init_office(tmp_path / "清河", now=NOW)
    before = office.control.read_bytes()

    assert (office.unit.code, office.unit.name, office.level) == (STREET, "清河街道", "街道")
    assert [unit.code[-3:] for unit in expected_units(office, Q1, "TJ")] == [
        f"{number:03}" for number in range(1, 15)
    ]
    assert office.settings.period == "2026Q2"
    assert all(path.is_dir() for path in (office.inbox, office.originals))
    assert office.book.stat().st_mode & 0o777 == 0o600
    with pytest.raises(HuizongError, match=r"控制台\.xlsm"):
        init_office(tmp_path / "清河", now=NOW)
    assert office.control.read_bytes() == before


def test_same_input_gives_the_same_control_workbook(tmp_path):
    """
    Two offices made at the same moment have equal control workbooks, byte for byte.
    """
    one, other = (init_office(tmp_path / name, now=NOW).control for name in ("甲", "乙"))

    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_roster_of_three_columns_is_enough(tmp_path, encoding):
    """
    Only code, name and parent are required, in any usual encoding; the parent is the office.
    """
    lines = f"""
        990101001001,和平社区,{STREET}
        990101001002,光明社区,{STREET}
    """
    path = roster_file(tmp_path, lines, "区划代码,单位名称,上级代码", encoding)

    office = init_office(tmp_path / "清河街道", roster=path, now=NOW)

    assert (office.unit.code, office.unit.name) == (STREET, "清河街道")
    assert [unit.name for unit in office.roster] == ["和平社区", "光明社区"]


def test_office_that_the_roster_does_not_tell(tmp_path):
    """
    Parents without a common one need --unit, which may stand anywhere in the tree.
    """
    lines = """
        990101001001,和平社区,990101001000
        990101002001,光明社区,990101002000
    """
    path = roster_file(tmp_path, lines)
    with pytest.raises(HuizongError, match="--unit"):
        init_office(tmp_path / "甲", roster=path, now=NOW)
    assert not (tmp_path / "甲").exists()

    tree = """
        990101000000,清江区,990100000000
        990101001000,清河街道,990101000000
        990101002000,东风街道,990101000000
        990101001001,和平社区,990101001000
        990101002001,光明社区,990101002000
    """
    path = roster_file(tmp_path, tree)
    assert init_office(tmp_path / "区", roster=path, now=NOW).level == "区县"
    street = init_office(tmp_path / "街", roster=path, unit=STREET, now=NOW)
    assert [unit.name for unit in expected_units(street, Q1, "TJ")] == ["和平社区"]
    # The folder says it: whose roster names the office above is not that office.
    called = init_office(tmp_path / "东风街道", roster=path, now=NOW)
    assert [unit.name for unit in expected_units(called, Q1, "TJ")] == ["光明社区"]


def test_every_wrong_cell_of_a_roster_is_named(tmp_path):
    """
    Each fault names its cell, what stands there and what is expected; all come at once.
    """
    lines = f"""
        99010100100,和平社区,{STREET}
        990101001002,,{STREET}
        990101001003,光明社区,{STREET},社区,,,,,三月,,,
        990101001004,光明社区,{STREET},社区,东风社区,,,,,,,
        990101001004,东风 社区,{STREET}
        990101001005,松涛社区,{STREET},,,,,,2026-03-01,2026.2.1,,
        990101001006,柳溪社区,{STREET},,,,,,,,990101001999,
        990101001007,枫林社区,{STREET},,,,,,,,990101001008,
        990101001008,双井社区,{STREET},,,,,,,,990101001007,
        990101001009,梅园社区,990101001009
    """
    assert wrong_of(roster_file(tmp_path, lines)) == [
        ("A2", "code", "99010100100"),
        ("B3", "name", ""),
        ("I4", "date", "三月"),
        ("A6", "doubled", "990101001004"),
        ("B6", "same_name", "东风社区"),
        ("C11", "parent_loop", "990101001009"),
        ("J7", "reversed", "2026-02-01"),
        ("K8", "merged_unknown", "990101001999"),
        ("K9", "merge_loop", "990101001008"),
        ("K10", "merge_loop", "990101001007"),
    ]


def test_line_of_a_roster_stays_as_it_was_read(tmp_path):
    """
    The cells of a line are those of the file, and nobody can change them.
    """
    (line,) = read_lines(roster_file(tmp_path, f"990101001001,和平社区,{STREET}"))

    with pytest.raises(TypeError):
        line.cells["code"] = "A9"
    assert line.cells["code"] == "A2"


def test_parent_that_nobody_knows_is_named(tmp_path):
    """
    A parent that is neither in the roster nor the office is a wrong cell.
    """
    lines = f"""
        990101001001,和平社区,{STREET}
        990101001002,光明社区,990101001009
    """
    with pytest.raises(HuizongError, match="C3") as caught:
        init_office(tmp_path / "街", roster=roster_file(tmp_path, lines), unit=STREET, now=NOW)
    assert caught.value.details["wrong"][0].code == "parent_unknown"


def test_roster_as_people_save_it(tmp_path):
    """
    Number codes, dates and texts of dates, blank lines and trailing blanks read the same.
    """
    path = tmp_path / "名册.xlsx"
    with xlsxwriter.Workbook(path, OPTIONS) as book:
        sheet = book.add_worksheet("Sheet1")
        date = book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_string(0, 0, "××街道名册")
        for column, text in enumerate(HEADINGS.split(",")):
            sheet.write_string(2, column, f" {text} ")
        sheet.write_number(4, 0, 990101001001)
        sheet.write_string(4, 1, "和平社区 ")
        sheet.write_number(4, 2, 990101001000)
        sheet.write_string(4, 4, "和平居委会，和平")
        sheet.write_datetime(4, 8, dt.datetime(2026, 3, 1), date)
        sheet.write_number(4, 9, 20261231)
        sheet.write_string(4, 11, "tj、jc")
        sheet.write_string(6, 0, "Ｚ001")
        sheet.write_string(6, 1, "清河股份经济合作社")
        sheet.write_string(6, 2, " 990101001000　")

    first, second = read_roster(path)

    assert first == Unit(
        code="990101001001", name="和平社区", parent=STREET, aliases=("和平居委会", "和平"),
        since=dt.date(2026, 3, 1), until=dt.date(2026, 12, 31), sets=("TJ", "JC"),
    )  # fmt: skip
    assert (second.code, second.parent) == ("Z001", STREET)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("名册.xlsx", b"PK\x03\x04 cut off", "error.workbook_damaged"),
        ("名册.pdf", b"%PDF", "error.roster_kind"),
        ("名册.csv", b"\xff\xff\xff\x80", "error.roster_encoding"),
        ("名册.csv", "代码,名称\n1,2".encode(), "error.roster_headings"),
    ],
)
def test_file_that_is_no_roster(tmp_path, name, content, code):
    """
    A file of another kind is refused with what to do.
    """
    (tmp_path / name).write_bytes(content)

    with pytest.raises(HuizongError) as caught:
        read_roster(tmp_path / name)

    assert caught.value.code == code
    assert str(caught.value)


def test_units_alive_in_the_period_are_expected(tmp_path):
    """
    Fault 35: who was merged away, closed, not yet begun or not asked is not missing.
    """
    lines = f"""
        990101001001,和平社区,{STREET},,,,,,,,,TJ
        990101001002,光明社区,{STREET},,,,,,,,,JC
        990101001003,清河社区,{STREET},,,,,,,2026-02-15,990101001001,
        990101001004,东风社区,{STREET},,,,,,,2026-02-15,,
        990101001005,松涛社区,{STREET},,,,,,2026-04-01,,,
        990101001006,柳溪社区,{STREET},,,,,,,2026-03-31,990101001001,
        990101001007,枫林社区,{STREET},,,,,,,,990101001001,
    """
    office = init_office(tmp_path / "街", roster=roster_file(tmp_path, lines), now=NOW)

    names = [unit.name for unit in expected_units(office, Q1, "TJ")]

    assert names == ["和平社区", "东风社区", "柳溪社区"]


@pytest.mark.parametrize(
    ("name", "code", "offered"),
    [
        ("和平社区", "001", ()),
        ("和平 社区", "001", ()),
        ("和平社区居民委员会", "001", ()),
        ("和平居委会", "001", ()),
        ("平和里", "001", ()),
        ("和平路社区", None, ("001",)),
        ("和平村", None, ("001",)),
        ("和平", None, ("001",)),
        ("A栋社区", "002", ()),
        ("\u0410栋社区", None, ("002",)),
        ("和\u200b平社区", "001", ()),
        ("⾦山社区", "003", ()),
        ("同名社区", None, ("004", "005")),
        ("xyz", None, ()),
    ],
)
def test_names_are_exact_or_offered(name, code, offered):
    """
    Fault 34: variants and aliases match, look-alikes and near names are offered, never decided.
    """
    units = tuple(
        Unit(code=code, name=name, parent=parent, aliases=aliases)
        for code, name, parent, aliases in (
            ("001", "和平社区", "A", ("平和里",)),
            ("002", "A栋社区", "A", ()),
            ("003", "金山社区", "A", ()),
            ("004", "同名社区", "A", ()),
            ("005", "同名社区", "B", ()),
        )
    )
    match = find_unit(units, name)

    assert (match.unit.code if match.unit else None) == code
    found = tuple(unit.code for unit in match.candidates)
    assert set(offered) <= set(found) if code is None else found == ()


def test_settings_as_a_person_types_them():
    """
    Settings are found by their labels in either language; deadlines are days or a day.
    """
    rows = [
        ["设置", ""],
        ["本单位区划代码", 990101001000.0],
        ["本单位名称 ", "清河街道 "],
        ["Language", "English"],
        ["当前报告期", "2026q1"],
        ["使用的报表", "tj， jc"],
        ["报送截止日", "TJ=8；JC 2026Q1＝2026年4月10日"],
        ["发信方式", "smtp "],
        ["Server for sending", "smtp.example.gov.cn:587 starttls"],
    ]
    settings = settings_of(rows, "控制台.xlsx")

    assert (settings.code, settings.name, settings.language) == (STREET, "清河街道", "en")
    assert (settings.period, settings.sets) == ("2026Q1", ("TJ", "JC"))
    assert settings.due("TJ", Q1, 5) == dt.date(2026, 4, 8)
    assert settings.due("JC", Q1, 5) == dt.date(2026, 4, 10)
    assert settings.due("SY", Q1, 4) == dt.date(2026, 4, 6)
    assert settings.send_by == SMTP
    assert settings.send_server == "smtp.example.gov.cn:587 starttls"
    assert settings_of(rows[:3], "控制台.xlsx").send_by == DRAFT


def test_wrong_settings_name_their_cells():
    """
    A wrong setting names sheet, cell, what stands and what is expected.
    """
    rows = [
        ["本单位区划代码", "99"],
        ["语言", "法语"],
        ["当前报告期", "一季度"],
        ["报送截止日", "八天"],
        ["发信方式", "电报"],
        ["发信服务器", "http://smtp"],
        ["报送截止日", "TJ=20260410"],
    ]

    with pytest.raises(HuizongError) as caught:
        settings_of(rows, "控制台.xlsx")

    wrong = [(one.sheet, one.cell, one.code) for one in caught.value.details["wrong"]]
    assert wrong == [
        ("设置", "B1", "code"), ("设置", "B2", "language"), ("设置", "B3", "period"),
        ("设置", "B4", "due"), ("设置", "B5", "send_by"), ("设置", "B6", "send_server"),
        ("设置", "B7", "due"),
    ]  # fmt: skip


def test_form_set_that_nobody_knows_is_refused_by_cell(tmp_path):
    """
    A code of no form set, in the settings or the roster, stops every command with its cell.
    """
    path = roster_file(tmp_path, f"990101001001,和平社区,{STREET},,,,,,,,,tj、统计")
    with pytest.raises(HuizongError) as caught:
        init_office(tmp_path / "甲", roster=path, now=NOW)
    assert [(one.cell, one.found) for one in caught.value.details["wrong"]] == [("L2", "统计")]
    assert not (tmp_path / "甲").exists()

    office = init_office(tmp_path / "乙", now=NOW)
    roster = (office.roster[0], *(replace(one, sets=("TJ表",)) for one in office.roster[1:2]))
    settings = replace(
        office.settings,
        sets=("TJ", "SX"),
        due_days={"JT": 8},
        due_on={("矛盾", "2026Q1"): NOW.date()},
    )
    write_control(office.control, settings, roster, NOW)

    with pytest.raises(HuizongError) as caught, at_work(office.folder, NOW, "status"):
        pass

    wrong = [(one.sheet, one.code, one.found) for one in caught.value.details["wrong"]]
    assert wrong == [
        ("设置", "set_unknown", "SX"), ("设置", "set_unknown", "JT"),
        ("设置", "set_unknown", "矛盾"), ("名册", "set_unknown", "TJ表"),
    ]  # fmt: skip
    facts = gather_office(office.folder, "ext4", libreoffice=False)
    assert facts.settings.code == "error.roster"
    # What a damaged book says was used here is not known: the damage is told, nothing refused.
    data = bytearray(office.book.read_bytes())
    data[-100] ^= 1
    office.book.write_bytes(data)
    with at_work(office.folder, NOW, "status") as work:
        assert work.notices[0].code.startswith("error.book_damaged")
    assert gather_office(office.folder, "ext4", libreoffice=False).settings is None


def test_form_set_that_is_gone_stops_nothing(tmp_path):
    """
    A code of which something was issued or received, but that is installed no more, is told.
    """
    office = init_office(tmp_path / "清河", now=NOW)
    settings = replace(office.settings, sets=("TJ", "QX"))
    write_control(office.control, settings, office.roster, NOW)
    issued = Issued("2025Q4", "QX", "1", STREET, "own", "", "", "表.xlsx", "2026-01-05T09:00:00")
    with open_book(office.book) as book, book.writing():
        save_issued(book, [issued])

    with at_work(office.folder, NOW, "status") as work:
        assert [one.code for one in work.notices] == ["notice.set_gone"]
        assert {one.set_code for one in standing(work, Q1)} == {"TJ"}


def test_init_that_fails_can_be_done_again(tmp_path, monkeypatch):
    """
    A definition that cannot be read stops `init` before anything is an office.
    """
    templates = tmp_path / "templates"
    shutil.copytree(templates_folder(), templates, ignore=shutil.ignore_patterns("*.xlsx"))
    definition = templates / "JC" / "definition.toml"
    text = definition.read_text(encoding="utf-8")
    definition.write_text(text + "\ndue_days = [", encoding="utf-8")
    monkeypatch.setenv("HUIZONG_TEMPLATES", str(templates))
    with pytest.raises(HuizongError):
        init_office(tmp_path / "清河", now=NOW)

    definition.write_text(text, encoding="utf-8")
    assert init_office(tmp_path / "清河", now=NOW).book.exists()


def test_control_workbook_that_cannot_be_read_is_an_office(tmp_path):
    """
    A control workbook that is there and cannot be read is told as that, by its name.
    """
    (tmp_path / "控制台.xlsm").mkdir()
    with pytest.raises(HuizongError) as caught:
        open_office(tmp_path)
    assert caught.value.code == "error.control_closed"
    assert "控制台.xlsm" in str(caught.value)


def test_folder_that_is_no_office(tmp_path):
    """
    A folder without control workbook is refused, and so is one whose sheets were renamed.
    """
    with pytest.raises(HuizongError) as caught:
        open_office(tmp_path)
    assert caught.value.code == "error.no_office"
    with xlsxwriter.Workbook(tmp_path / "控制台.xlsx") as book:
        book.add_worksheet("设置").write_string(0, 0, "x")
    with pytest.raises(HuizongError, match="名册"):
        open_office(tmp_path)
