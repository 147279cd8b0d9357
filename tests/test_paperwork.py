"""Paper copies held against returns; a summary signed in three steps before it is submitted."""

import datetime as dt
import zipfile

import msgspec
import openpyxl
import pytest

from huizong import pipeline
from huizong.cli import app, run
from huizong.control import write_control
from huizong.errors import HuizongError
from huizong.history import summaries_of
from huizong.layout import paper_code
from huizong.letters import Attachment
from huizong.office import init_office, open_office
from huizong.paper_copies import Noted, codes_of, paper_states, read_list
from huizong.paperwork import copies_of, signing_lines, steps_of
from huizong.read import read_bytes
from huizong.ready import ready_to_submit
from huizong.records import FigureCell, Identity, Reading
from huizong.settings import read_control
from huizong.signing import sign
from huizong.styles import number_format
from huizong.upward import counted_lines, lay_out
from huizong.work import checked_sets
from returned import CODE, ISSUED, PERIOD, SENT, at, changed, good, put, with_figure
from validator import validate

STREET, OTHER = "990101001000", "990101001002"
LATER = SENT + dt.timedelta(days=1)
TJ = "TJ-1 统计表"


@pytest.fixture
def office(tmp_path):
    """A street with one form set over two communities, of which one has passed."""
    roster = tmp_path / "名册.csv"
    rows = [f"{code},{name},{STREET}" for code, name in ((CODE, "和平社区"), (OTHER, "光明社区"))]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *rows]), encoding="utf-8")
    folder = tmp_path / "清河街道"
    init_office(folder, roster=roster, unit=STREET, now=ISSUED, sets=("TJ",))
    with at(folder) as work:
        put(work, good(work), "和平")
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
    return folder


def printed(path) -> str:
    """The check code at the foot of a workbook's statistics sheet, as it is printed."""
    sheet = openpyxl.load_workbook(path, data_only=True)[TJ]
    ((row, column),) = [
        (cell.row, 4) for cells in sheet.iter_rows() for cell in cells
        if isinstance(cell.value, str) and cell.value.startswith("校验码")
    ]  # fmt: skip
    return sheet.cell(row, column).value


def stands(folder, now=SENT) -> dict[str, str]:
    """State of the paper by unit."""
    with at(folder, now) as work:
        return {one.unit: one.state for one in paper_states(work, PERIOD)}


def enter(folder, *noted: Noted, now=SENT) -> list[str]:
    """Register paper copies; give their states."""
    with at(folder, now) as work:
        return [one.state for one in pipeline.register_paper(work, PERIOD, noted)]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 9973:04}"


def test_code_on_the_paper_is_that_of_the_return(office):
    """What the workbook prints at its foot is what the list expects, and makes the paper 已交."""
    code = printed(office / "收表" / "和平.xlsx")

    assert stands(office) == {CODE: "none", OTHER: "none", STREET: "none"}
    assert enter(office, Noted("和平社区", code)) == ["matched"]
    assert stands(office) == {CODE: "matched", OTHER: "none", STREET: "none"}


def test_other_code_differs_and_is_told_with_both(office, capsys):
    """A paper of another version is 不符; both codes are said, and the exit code asks to act."""
    code = printed(office / "收表" / "和平.xlsx")
    wrong = other_than(code)
    arguments = ["paper", str(office), "2026Q1", "--unit", CODE, "--code", wrong]

    assert run(lambda: app(arguments, standalone_mode=False)) == 1
    said = capsys.readouterr().out
    assert all(text in said for text in (code, wrong, "不符"))
    assert enter(office, Noted(CODE, code)) == ["matched"]


def test_paper_is_entered_without_a_new_audit(office):
    """状态.xlsx says after a paper is entered what it said after the audit, but for the paper."""
    with at(office) as work:
        put(work, with_figure(good(work), "TJ16", "2"), "和平改")
        put(work, with_figure(good(work, OTHER), "TJ16", "约50"), "光明")
        pipeline.collect(work)
        status = pipeline.audit(work, PERIOD).status
        before = said_of_units(status)
        pipeline.register_paper(work, PERIOD, (Noted(CODE, "0000"),))
        after = said_of_units(status)

    assert [row["待核"] for row in before if row["区划代码"] == CODE] == ["1"]
    assert [row["必须改"] for row in before if row["区划代码"] == OTHER] == ["1"]
    assert {row["纸质件"] for row in before} == {""}
    assert "未交" in {row["纸质件"] for row in after}
    assert [row | {"纸质件": ""} for row in after] == [row | {"纸质件": ""} for row in before]


def said_of_units(path) -> list[dict[str, str]]:
    """Read the rows of 状态.xlsx by their headings."""
    rows = [[cell.value or "" for cell in row] for row in openpyxl.load_workbook(path).active]
    top = next(number for number, row in enumerate(rows) if "区划代码" in row)
    return [dict(zip(rows[top], row, strict=True)) for row in rows[top + 1 :]]


def test_corrected_return_wants_a_new_paper(office):
    """When a mended return with other figures is adopted, the paper has to be replaced."""
    enter(office, Noted(CODE, printed(office / "收表" / "和平.xlsx")))
    with at(office, LATER) as work:
        path = put(work, with_figure(good(work), "TJ16", "2"), "和平改")
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
        (waiting,) = (r for s in pipeline.audit(work, PERIOD).sets for r in s.returns
                      if r.unit.code == CODE)  # fmt: skip
        (key,) = (f.key for f in waiting.findings if f.finding.code == "two_returns")
        answer = pipeline.Typed(
            key=key, action="use", officer="王芳", reason="更正", file="和平改.xlsx"
        )
        pipeline.answer(work, "2026Q1", answer)
        pipeline.audit(work, PERIOD)

    assert stands(office, LATER)[CODE] == "replace"
    assert enter(office, Noted(CODE, printed(path)), now=LATER) == ["matched"]


def test_paper_that_comes_before_the_file_waits(office):
    """A paper without a return to hold it against is kept, and judged once there is one."""
    with at(office) as work:
        path = put(work, good(work, OTHER), "光明")
    code = printed(path)
    assert enter(office, Noted(OTHER, code)) == ["open"]
    with at(office, LATER) as work:
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)

    assert stands(office, LATER)[OTHER] == "matched"


def test_status_shows_the_paper(office):
    """状态.xlsx has a column 纸质件, empty until a first paper has come."""

    def column() -> list[object]:
        sheet = openpyxl.load_workbook(office / "状态.xlsx").worksheets[0]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        (top,) = (row for row in rows if "纸质件" in row)
        return [row[top.index("纸质件")] for row in rows[rows.index(top) + 1 :]]

    assert column() == ["", "", ""]
    enter(office, Noted(CODE, "0000"))
    assert column() == ["不符", "未交", "未交"]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_many_are_entered_from_a_list(office, tmp_path, kind):
    """A list of units and codes is entered whole; lines without a code are left out."""
    code = printed(office / "收表" / "和平.xlsx")
    rows = [("单位", "校验码"), ("和平社区", code), (OTHER, ""), (STREET, "１２３")]
    path = tmp_path / f"纸质件.{kind}"
    if kind == "csv":
        path.write_text("\n".join(map(",".join, rows)), encoding="gb18030")
    else:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)

    assert enter(office, *read_list(path)) == ["matched", "open"]
    with at(office) as work:
        assert [one.code for one in copies_of(work.book, "2026Q1").values()] == [code, "0123"]


def test_nothing_is_entered_while_a_line_is_wrong(office):
    """An unknown unit, letters, two or five digits stop the list; every wrong line is named."""
    wrong = [Noted("不知名社区", "1234", "", "表 B2"), Noted(CODE, "12345", "", "表 B3"),
             Noted(CODE, "12a4", "", "表 B4"), Noted(CODE, "12", "", "控制台 G17")]  # fmt: skip
    with at(office) as work:
        with pytest.raises(HuizongError) as caught:
            pipeline.register_paper(work, PERIOD, [Noted(CODE, "1234"), *wrong])
        assert caught.value.code == "error.paper"
        assert all(line.where in str(caught.value) for line in wrong)
        assert copies_of(work.book, "2026Q1") == {}


def test_list_without_headings(tmp_path):
    """A list without 校验码 is refused by name."""
    path = tmp_path / "名单.csv"
    path.write_text("单位,备注\n和平社区,1234\n", encoding="utf-8")
    with pytest.raises(HuizongError) as caught:
        read_list(path)
    assert caught.value.code == "error.paper_headings"


def test_set_is_found_by_its_code(tmp_path):
    """Of several form sets the one is meant whose code it is; else it has to be named."""
    folder = tmp_path / "清河街道"
    init_office(folder, now=ISSUED)
    with at(folder) as work:
        put(work, good(work), "和平")
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
    code = printed(folder / "收表" / "和平.xlsx")

    assert enter(folder, Noted(CODE, code)) == ["matched"]
    with at(folder) as work, pytest.raises(HuizongError) as caught:
        pipeline.register_paper(work, PERIOD, [Noted(CODE, other_than(code))])
    assert "--set" in str(caught.value)
    assert enter(folder, Noted(CODE, other_than(code), "tj")) == ["differs"]


def test_zero_report_may_show_either_code():
    """Blanks that count as 0 are not on the paper: the code with and without them is good."""
    form_set = checked_sets()["TJ"].form_set
    cells = (
        FigureCell("TJ01", "number", "0"),
        FigureCell("TJ02", "number", "0", formula=True),
        FigureCell("TJ16", "number", "0", typed="0"),
    )
    reading = Reading(Identity("TJ", "", "2026Q1", CODE, ""), figures=cells, zero_report=True)
    shown, counted = codes_of(form_set, reading)

    assert shown == paper_code(form_set, {"TJ02": "0", "TJ16": "0"})
    assert counted == paper_code(form_set, {"TJ01": "0", "TJ02": "0", "TJ16": "0"})
    assert shown != counted


def test_paper_of_a_zero_report_matches(office):
    """The code that a zero report's workbook prints is among those expected of it."""
    with at(office) as work:
        blank = good(work, OTHER)
        plan = tuple(one for one in blank.filling.ledgers if one.symbol == "TJ_P")
        stock = FigureCell("TJ20", "number", "0", "", "0")
        blank = changed(blank, figures=(stock,), ledgers=plan, zero_report=True)
        path = put(work, blank, "光明零报告")
        (reading,) = read_bytes(path.read_bytes()).readings
        assert reading.zero_report
        pipeline.collect(work)
        pipeline.audit(work, PERIOD)
        (one,) = (one for one in paper_states(work, PERIOD) if one.unit == OTHER)
    assert printed(path) in one.codes


# Signing


def signed(work, step: str, officer: str, note: str = ""):
    return sign(work, PERIOD, step, officer, note)


def refusal(work, step: str, officer: str) -> str:
    with pytest.raises(HuizongError) as caught:
        signed(work, step, officer)
    return caught.value.code


def wants(folder, signing: str) -> None:
    """Set 送审 in the control workbook, as the office would."""
    office = open_office(folder)
    settings = msgspec.structs.replace(office.settings, signing=signing)
    write_control(office.control, settings, office.roster, ISSUED)
    assert read_control(office.control)[0].signing == signing


def test_steps_are_taken_in_order(office):
    """送审, 审核, 签发: no step is left out or taken twice; nobody signs namelessly."""
    with at(office) as work:
        assert refusal(work, "draft", "李明") == "error.sign_nothing"
        pipeline.aggregate(work, PERIOD)
        assert refusal(work, "check", "王芳") == "error.sign_order"
        assert refusal(work, "draft", " ") == "error.sign_nameless"
        assert refusal(work, "approve", "王芳") == "error.sign_step"
        for step in ("draft", "check", "sign"):
            signed(work, step, "李明")
        assert refusal(work, "sign", "王芳") == "error.sign_done"


def test_three_people_where_the_office_wants_so(office):
    """With 要（三人不同） nobody takes two steps; with 要 one may."""
    wants(office, "apart")
    with at(office) as work:
        pipeline.aggregate(work, PERIOD)
        signed(work, "draft", "李明")
        assert refusal(work, "check", "李明") == "error.sign_same"
        signed(work, "check", "王芳")
        assert refusal(work, "sign", "李明") == "error.sign_same"
        signed(work, "sign", "赵军")


def test_new_version_starts_anew(office):
    """What was signed is one version: another return makes another, unsigned."""
    wants(office, "yes")
    with at(office) as work:
        (one,) = pipeline.aggregate(work, PERIOD)
        for step in ("draft", "check", "sign"):
            signed(work, step, "李明")
        assert ready_to_submit(work, PERIOD, "TJ") == ()
        put(work, good(work, OTHER), "光明")
        pipeline.collect(work)
        assert refusal(work, "draft", "李明") == "error.sign_done"
        pipeline.aggregate(work, PERIOD)
        assert [one.code for one in ready_to_submit(work, PERIOD, "TJ")] == ["unsigned"]
        assert refusal(work, "check", "王芳") == "error.sign_order"
        signed(work, "draft", "李明")
        (_, line, due) = signing_lines(work.book, "2026Q1")
        assert "李明" in line
        assert "审核" in due
    assert one.summary.number == 1


def test_outdated_or_altered_summary_is_not_signed(office):
    """Before anybody signs, the summary has to be what the returns add up to, and untouched."""
    with at(office) as work:
        (one,) = pipeline.aggregate(work, PERIOD)
        put(work, good(work, OTHER), "光明")
        pipeline.collect(work)
        assert refusal(work, "draft", "李明") == "error.cannot_sign"
        (one,) = pipeline.aggregate(work, PERIOD)
        one.path.unlink()
        assert refusal(work, "draft", "李明") == "error.cannot_sign"
        assert [x.code for x in ready_to_submit(work, PERIOD, "TJ")] == ["altered"]


def test_without_the_setting_nobody_has_to_sign(office):
    """Where the office does not want it, an unsigned summary may go; none at all may not."""
    with at(office) as work:
        assert [one.code for one in ready_to_submit(work, PERIOD, "TJ")] == ["no_summary"]
        pipeline.aggregate(work, PERIOD)
        assert ready_to_submit(work, PERIOD, "TJ") == ()


def test_what_goes_up_says_whom_it_lacks_and_lies_in_its_folder(office):
    """A summary of one unit of two says so and names the other; 上报 gets one copy of it, whole."""
    with at(office) as work:
        (one,) = pipeline.aggregate(work, PERIOD)
        (line,) = counted_lines(work, summaries_of(work.book, str(PERIOD)))
        file = Attachment(one.path.name, one.path.read_bytes())
        (copy,) = lay_out([file], office / "上报")
        assert lay_out([file], office / "上报") == (copy,)

    assert "1/2" in line
    assert "光明社区" in line
    assert "和平社区" not in line
    assert list((office / "上报").iterdir()) == [copy]
    assert (copy.name, copy.read_bytes()) == (one.path.name, one.path.read_bytes())

    copy.write_bytes(b"somebody's")
    (beside,) = lay_out([file], office / "上报")
    assert copy.read_bytes() == b"somebody's"
    assert beside.read_bytes() == one.path.read_bytes()


def test_approval_is_one_page_with_figures_and_names(office):
    """送审单 shows version, checksum, ten key figures and steps, on one A4 page, validly."""
    with at(office) as work:
        (one,) = pipeline.aggregate(work, PERIOD)
        first = signed(work, "draft", "李明", "数据已核")
        second = signed(work, "check", "王芳")
    assert [one.path.stem.rpartition("_")[2] for one in (first, second)] == ["送审", "审核"]
    sheet = openpyxl.load_workbook(second.path).active
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]

    assert {one.checksum, "李明", "数据已核", "王芳", "未计入：光明社区。"} <= set(texts)
    # One page high is what a sheet that is fitted to pages has where it says nothing else.
    assert (sheet.page_setup.paperSize, sheet.page_setup.fitToHeight) == (9, None)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert sheet.page_setup.orientation == "portrait"
    keys = [i for i in checked_sets()["TJ"].form_set.indicators if i.key][:10]
    assert sum(any(text == i.zh.strip() for text in texts) for i in keys) >= 8
    with zipfile.ZipFile(second.path) as archive:
        assert archive.testzip() is None
    assert validate([second.path]) == {second.path: []}


def test_approval_shows_figures_as_the_summary_does(office):
    """The key figures of the 送审单 are numbers with thousands separators and their places."""
    with at(office) as work:
        (one,) = pipeline.aggregate(work, PERIOD)
        path = signed(work, "draft", "李明").path
    form_set = checked_sets()["TJ"].form_set
    scales = {i.zh.strip(): i.scale for i in form_set.indicators if i.key}
    totals = {form_set.by_code[t.code].zh.strip(): t.value for t in one.summary.totals}
    rows = openpyxl.load_workbook(path).active.iter_rows()
    shown = {row[0].value: row[2] for row in rows if row[0].value in scales}

    assert shown
    for name, cell in shown.items():
        assert (cell.data_type, float(totals[name])) == ("n", cell.value)
        assert cell.number_format == number_format(scales[name])
    assert number_format(0).startswith("#,##0")


def test_changed_approval_is_kept(office):
    """A 送审单 in which somebody has written, or that is open, is left by the next step."""
    with at(office) as work:
        pipeline.aggregate(work, PERIOD)
        first = signed(work, "draft", "李明").path
        book = openpyxl.load_workbook(first)
        book.active["A30"] = "手写"
        book.save(first)
        first.with_name(f".~lock.{first.name}#").touch()
        second = signed(work, "check", "王芳").path
        # Somebody else's file has the name of the last one.
        taken = second.with_stem(second.stem.replace("审核", "签发"))
        taken.write_bytes(b"notes")
        third = signed(work, "sign", "赵强").path
    assert second.name == first.name.replace("_送审.", "_审核.")
    assert openpyxl.load_workbook(first).active["A30"].value == "手写"
    assert (taken.read_bytes(), third.stem) == (b"notes", f"{taken.stem}_02")


def test_chain_of_events_names_no_signer(office):
    """The book says who signed beside the chain; the chain itself holds steps and codes only."""
    with at(office) as work:
        (one,) = pipeline.aggregate(work, PERIOD)
        signed(work, "draft", "李明")
        (event,) = (details for _, what, details in work.book.events() if what == "signed")
        assert event == {"period": "2026Q1", "set": "TJ", "number": 1, "step": "draft",
                         "checksum": one.checksum}  # fmt: skip
        (made,) = summaries_of(work.book, "2026Q1")
        assert [step.officer for step in steps_of(work.book, made)] == ["李明"]
        assert work.book.verify_chain() == 0


def test_command_says_where_it_stands(office, capsys):
    """`sign` without a step lists versions, steps and what is lacking; `status` says so too."""
    wants(office, "yes")
    with at(office) as work:
        pipeline.aggregate(work, PERIOD)
    base = ["sign", str(office), "2026Q1"]
    assert run(lambda: app(base, standalone_mode=False)) == 1
    assert "送审、审核、签发" in capsys.readouterr().out
    for step in ("draft", "check", "sign"):
        arguments = [*base, "--step", step, "--officer", "李明"]
        assert run(lambda a=arguments: app(a, standalone_mode=False)) == 0
    assert run(lambda: app(base, standalone_mode=False)) == 0
    capsys.readouterr()
    assert run(lambda: app(["status", *base[1:]], standalone_mode=False)) == 0
    assert "签发：李明" in capsys.readouterr().out
