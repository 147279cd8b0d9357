"""Papers for people: bulletin, list of problems, reminder, figures by unit."""

import datetime as dt

import msgspec
import pytest
from openpyxl import load_workbook

from huizong import acts, pipeline
from huizong.control import write_control
from huizong.errors import HuizongError
from huizong.office import init_office, open_office
from huizong.read import read_bytes
from huizong.texts import name_of, say, speak, spoken
from huizong.verify import verify_file
from huizong.work import checked_sets
from returned import PERIOD, SENT, at, good, office_of, put, standing, with_figure
from validator import validate

OTHER, THIRD = "990101001002", "990101001003"
LATER = SENT + dt.timedelta(days=1)
AFTER = dt.datetime(2026, 4, 9, 9)


@pytest.fixture
def office(tmp_path):
    """An office: one unit passed at once, one mended, one has still to mend, eleven are missing."""
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        put(work, good(work), "和平")
        put(work, with_figure(good(work, OTHER), "TJ16", "约50"), "光明")
        put(work, with_figure(good(work, THIRD), "TJ17", "1"), "清河")
        standing(work)
    with at(folder, LATER) as work:
        put(work, with_figure(good(work, OTHER), "TJ16", "2"), "光明改")
        standing(work)
    return folder


def made(office, now=LATER) -> dict[str, list[list[object]]]:
    """Write the papers of TJ; give the rows of each by its name."""
    with at(office, now) as work:
        paths = [
            one.path
            for one in pipeline.papers(work, PERIOD)
            if one.path and "纠纷" in one.path.name
        ]
    return {
        path.stem.rpartition("_")[2]: [
            [c.value for c in row] for row in load_workbook(path).active.iter_rows()
        ]
        for path in paths
    }


def texts(rows: list[list[object]]) -> str:
    """All that a sheet says."""
    return "\n".join(str(cell) for row in rows for cell in row if cell)


def test_bulletin_tells_rates_in_the_rosters_order(office):
    """
    按时率, 一次通过率 and 退回次数; units stand as on the roster, whoever was better.
    """
    rows = made(office)["报送情况通报"]
    text = texts(rows)
    units = [row[1] for row in rows if row[0] and str(row[0]).isdigit()]

    assert "应报 14 个单位，已报 3 个，按时报送 3 个，按时率 21.4%" in text
    assert "一次通过 1 个，一次通过率 33.3%；共退回 1 次；现已通过 2 个" in text
    assert units[:4] == ["和平社区", "光明社区", "清河社区", "东风社区"]
    assert next(row for row in rows if row[1] == "光明社区")[3:] == ["是", "否", "1", "已通过"]
    assert "未报 11 个" in text


def test_return_of_which_a_copy_was_made_was_sent_back(office):
    """退回次数 counts a return that only wants a reason once a correction copy of it is made."""
    counts = {row[1]: row[5] for row in made(office)["报送情况通报"]}
    with at(office, LATER) as work:
        pipeline.send_back(work, PERIOD)
        pipeline.send_back(work, PERIOD)
    after = {row[1]: row[5] for row in made(office)["报送情况通报"]}

    assert (counts["清河社区"], after["清河社区"], after["光明社区"]) == ("0", "1", "1")


def test_problems_have_owner_date_and_closing(office):
    """
    A mended problem is closed on the day of the mended version; an open one has owner and day.
    """
    rows = made(office)["问题清单"]
    lines = {row[2]: row for row in rows if row[0] and str(row[0]).isdigit()}

    assert lines["光明社区"][9:] == ["已改正销号", "2026-04-04"]
    assert lines["清河社区"][6:] == ["清河社区", "2026-04-06", "2026-04-03", "未销号", ""]
    assert "共 2 个问题，已销号 1 个，未销号 1 个" in texts(rows)


def test_released_or_accepted_is_closed_by_name(office):
    """
    What an officer accepts is closed under the officer's name.
    """
    with at(office, LATER) as work:
        entry = standing(work, code=THIRD)
        (one,) = [f for f in entry.findings if f.stands]
        pipeline.answer(
            work,
            "2026Q1",
            pipeline.Typed(key=one.key, action="accept", officer="王芳", reason="已附报告"),
        )
    rows = made(office)["问题清单"]

    assert next(row for row in rows if row[2] == "清河社区")[9:] == [
        "已采纳销号（王芳）",
        "2026-04-04",
    ]


def test_reminder_before_and_after_the_deadline(office):
    """
    Before the deadline it asks, after it urges; who is missing is named both times.
    """
    before = texts(made(office)["催报通知"])
    after = texts(made(office, AFTER)["催报通知"])

    assert "关于按时报送2026年第一季度矛盾纠纷调解报表的通知" in before
    assert "2026-04-06，还有 2 天" in before
    assert "2026年第一季度矛盾纠纷调解报表催报通知" in after
    assert "2026-04-06 已过 3 天" in after
    for text in (before, after):
        assert "尚有 11 个未报：东风社区、" in text
        assert "须改正或补充说明后重报的单位 1 个：清河社区" in text


def test_figures_by_unit_are_those_of_the_summary(office):
    """
    分单位 is the summary's own sheet: total first, then the units.
    """
    paper = made(office)["分单位"]
    with at(office, LATER) as work:
        path = next(p.path for p in pipeline.aggregate(work, PERIOD) if "纠纷" in p.path.name)
    sheet = [[c.value for c in row] for row in load_workbook(path)["分单位"].iter_rows()]

    assert [row[1:] for row in paper if row[0] or row[1]][3:9] == [
        row[1:] for row in sheet if row[0] or row[1]
    ][3:9]


def test_what_a_person_changed_is_not_replaced(office):
    """
    A paper edited by hand stays; the new one stands beside it.
    """
    made(office)
    with at(office, LATER) as work:
        path = next(work.office.summaries("2026Q1").glob("*纠纷*催报通知.xlsx"))
    book = load_workbook(path)
    book.active["A1"] = "已由王芳修改"
    book.save(path)
    edited = path.read_bytes()
    made(office, AFTER)
    made(office, AFTER)

    assert path.read_bytes() == edited
    assert sorted(p.name for p in path.parent.glob("*纠纷*催报通知*")) == [
        path.name, path.name.replace(".xlsx", "_02.xlsx"),
    ]  # fmt: skip


def test_nothing_passed_no_figures_by_unit(tmp_path):
    """
    Where nothing has passed there is no table of figures, and it is said why.
    """
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        put(work, with_figure(good(work), "TJ16", "约50"), "和平")
        standing(work)
        done = [one for one in pipeline.papers(work, PERIOD) if not one.path]

    assert [one.why for one in done if one.name == "分单位"] == ["还没有一份通过审核。"]


def test_nobody_is_reminded_of_what_was_not_issued(tmp_path):
    """
    Before anything is issued there are no papers; of two form sets only the one issued has some.
    """
    folder = office_of(tmp_path / "清河街道")
    with at(folder) as work:
        with pytest.raises(HuizongError) as early:
            pipeline.papers(work, PERIOD)
        written = [*folder.glob("汇总/*/*.xlsx")]
        pipeline.issue(work, PERIOD, "JC")
        done = pipeline.papers(work, PERIOD)

    assert (early.value.code, written) == ("error.papers_early", [])
    assert {one.path.stem.split("_")[2] for one in done if one.path} == {"社区基本情况"}
    names = {name_of(one.form_set) for one in checked_sets().values()} - {"社区基本情况"}
    assert names <= {one.name for one in done if not one.path}


def test_papers_in_english(office):
    """
    The papers speak the language in force; their files keep the names of the office's own.
    """
    speak("en")
    try:
        with at(office, LATER) as work:
            done = [one.path for one in pipeline.papers(work, PERIOD) if one.path]
        path = next(one for one in done if "调解_报送情况通报" in one.name)
        text = texts([[c.value for c in row] for row in load_workbook(path).active.iter_rows()])
        assert "21.4%" in text
        assert "bulletin on returns" in text
    finally:
        speak("zh")


@pytest.mark.validator
def test_papers_pass_the_validator(office):
    """
    Every paper passes Microsoft's Open XML SDK validator.
    """
    with at(office, LATER) as work:
        paths = [one.path for one in pipeline.papers(work, PERIOD) if one.path]
    assert not any(validate(paths).values())


def set_in_control(office, *, contact: str = "", **changes: object) -> None:
    """Change settings, and the contact of every unit, as the office would."""
    known = open_office(office)
    settings = msgspec.structs.replace(known.settings, **changes)
    units = [msgspec.structs.replace(one, contact=contact) for one in known.roster]
    write_control(known.control, settings, units, SENT)


def test_reminder_names_whom_to_ask_and_the_summary_does_not(office):
    """
    审核人 and 联系电话 stand under the office's own reminder, never in a summary that leaves it.
    """
    set_in_control(office, officer="王科长", phone="010-5550")
    with at(office, LATER) as work:
        (published,) = pipeline.aggregate(work, PERIOD)
    book = load_workbook(published.path)
    sheet = texts([[c.value for c in row] for row in book["催报通知"].iter_rows()])
    paper = texts(made(office)["催报通知"])

    assert "王科长" in paper
    assert "010-5550" in paper
    assert "尚有 11 个未报" in sheet
    assert "王科长" not in sheet
    assert "010-5550" not in sheet


def test_days_for_mending_are_a_setting(office):
    """
    整改期限 moves the date of a problem, past a weekend, and the list says so.
    """
    set_in_control(office, mend_days=10)
    rows = made(office)["问题清单"]
    lines = {row[2]: row for row in rows if row[0] and str(row[0]).isdigit()}

    assert lines["清河社区"][7] == "2026-04-13"
    assert "时限为收到报表后 10 天" in texts(rows)


def test_papers_are_sheets_of_the_summary(office):
    """
    通报, 问题清单 and 催报通知 stand in the summary with the same rows as on paper.
    """
    own = made(office)
    with at(office, LATER) as work:
        (path,) = [one.path for one in pipeline.aggregate(work, PERIOD)]
    book = load_workbook(path)
    for name in ("报送情况通报", "问题清单", "催报通知"):
        told = [
            ["" if cell.value is None else str(cell.value) for cell in row]
            for row in book[name].iter_rows()
        ]
        paper = [["" if cell is None else str(cell) for cell in row] for row in own[name]]
        lines = [row for row in told if row[0].isdigit()]
        assert lines == [row for row in paper if row[0].isdigit()]
        assert lines
    assert verify_file(path).ok
    assert validate([path]) == {path: []}


def test_summary_names_units_not_persons(office):
    """
    In the office's own list a person owns a problem; in the summary, which goes up, the unit does.
    """
    set_in_control(office, contact="郑某某", officer="王某某")
    assert "郑某某" in texts(made(office)["问题清单"])
    with at(office, LATER) as work:
        (path,) = [one.path for one in pipeline.aggregate(work, PERIOD)]
    book = load_workbook(path)
    said = "\n".join(
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value
    )

    assert "郑某某" not in said
    assert "王某某" not in said
    owners = [row[6].value for row in book["问题清单"].iter_rows(min_row=4)]
    assert owners == ["光明社区", "清河社区"]


def test_no_reminder_in_a_summary_without_missing_units(tmp_path):
    """
    When everyone has sent something, the summary has no sheet 催报通知.
    """
    roster = tmp_path / "名册.csv"
    rows = ["区划代码,单位名称,上级代码", "990101001001,和平社区,990101001000"]
    roster.write_text("\n".join(rows), encoding="utf-8")
    folder = tmp_path / "清河街道"
    init_office(folder, roster=roster, unit="990101001000", now=SENT, sets=("TJ",))
    with at(folder) as work:
        put(work, good(work), "和平")
        standing(work)
        (one,) = pipeline.aggregate(work, PERIOD)
    names = load_workbook(one.path).sheetnames

    assert "催报通知" not in names
    assert {"报送情况通报", "问题清单"} <= set(names)


def test_summary_with_papers_is_read_one_level_up(office):
    """
    The sheets beside the figures do not disturb the reader: totals and coverage come through.
    """
    with at(office, LATER) as work:
        (one,) = pipeline.aggregate(work, PERIOD)
    (reading,) = read_bytes(one.path.read_bytes()).readings

    assert (reading.expected, reading.reported) == (14, 2)
    totals = {t.code: t.value for t in one.summary.totals if t.state == "number"}
    assert {c.code: c.value for c in reading.figures if c.state == "number"} == totals
    assert not [f for f in reading.findings if f.level != "info"]


def test_language_makes_no_other_summary_and_no_other_papers(office):
    """
    Looked at in English, a summary is what it was, gone or not; papers keep the office's names.
    """
    folder = office / "汇总"
    with at(office, LATER) as work:
        first = pipeline.aggregate(work, PERIOD)
        pipeline.papers(work, PERIOD)
    before = sorted(folder.rglob("*.xlsx"))
    with spoken("en"), at(office, LATER) as work:
        again = pipeline.aggregate(work, PERIOD)
        first[0].path.unlink()
        third = pipeline.aggregate(work, PERIOD)
        pipeline.papers(work, PERIOD)

    assert [one.new for one in (*first, *again, *third)] == [True, False, False]
    assert {one.checksum for one in (*again, *third)} == {first[0].checksum}
    assert sorted(folder.rglob("*.xlsx")) == before


def test_version_without_a_moved_total_says_what_differs(office):
    """
    Another return that has still to be mended moves no total: the message names the parts.
    """
    with at(office, LATER) as work:
        pipeline.aggregate(work, PERIOD)
    with at(office, LATER + dt.timedelta(days=1)) as work:
        put(work, with_figure(good(work, THIRD), "TJ17", "2"), "清河又")
        standing(work)
        told = acts.aggregate(work, PERIOD).lines

    named = [line for line in told if say("command.part_units") in line]
    assert len(named) == 1
    missing = say("state.missing")
    assert any(f"（{missing}）：东风社区" in line for line in told)
