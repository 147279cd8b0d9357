"""Late corrections: the paper says which figures, totals, comparisons and ranks move."""

import datetime as dt
import re
from pathlib import Path

import msgspec
import openpyxl
import pytest

from huizong import acts, pipeline
from huizong.amend import amended_upward
from huizong.answers import Typed
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.children import Children
from huizong.console import FILE
from huizong.entries import last_answer
from huizong.errors import DefinitionError
from huizong.examine import examine
from huizong.forms import read_form_set
from huizong.history import last_summary
from huizong.issuing import blanks_of
from huizong.letters_amended import correction_fields
from huizong.office import expected_units, init_office
from huizong.paperwork import STEPS
from huizong.periods import Period
from huizong.publish import publish
from huizong.records import FigureCell, Reading
from huizong.reports import audit_lines, someone_must_act
from huizong.signing import sign
from huizong.take_in import TASK
from huizong.texts import say, speak
from huizong.work import at_work, checked_sets
from validator import validate

STREET = "990101001000"
UNITS = {"990101001001": "和平社区", "990101001002": "光明社区", "990101001003": "东风社区"}
PEACE, LIGHT, EAST = UNITS
Q1, Q2 = Period.parse("2026Q1"), Period.parse("2026Q2")
CLOSED, SECOND, LATE = (dt.datetime(2026, *day) for day in ((4, 8, 9), (7, 3, 9), (7, 6, 9)))
DEFINITION = """
code = "ZZ"
version = "2026.1"
zh = "服务样例"
en = "Sample"
title = "服务样例统计表"
form_no = "HZ-ZZ-1"
indicators = [
  { code = "ZZ01", zh = "服务户数", en = "Families", unit = "户", type = "int", time = "flow", required = true, min = 0, better = "more", ranked = true },
  { code = "ZZ02", zh = "受理案件", en = "Cases", unit = "件", type = "int", time = "flow", required = true, min = 0, better = "less" },
  { code = "ZZ03", zh = "在册户数", en = "Households", unit = "户", type = "int", time = "stock", required = true, min = 0 },
  { code = "ZZ04", zh = "服务面", en = "Coverage", unit = "%", type = "percent", time = "flow", total = "ratio", ratio = "ZZ01 / ZZ03", better = "more" },
]
"""  # noqa: E501  the form of a definition
FIRST = {PEACE: (10, 5, 100), LIGHT: (20, 3, 100), EAST: (15, 4, 100), STREET: (0, 0, 0)}


@pytest.fixture(scope="module")
def readers(tmp_path_factory):
    """A form set of which one indicator may be ranked, and child processes that read by it."""
    root = tmp_path_factory.mktemp("templates")
    (root / "ZZ").mkdir()
    (root / "ZZ" / "definition.toml").write_text(DEFINITION, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch, Children(2, TASK) as readers:
        patch.setenv("HUIZONG_TEMPLATES", str(root))
        checked_sets.cache_clear()
        yield readers
    checked_sets.cache_clear()


def street(tmp_path: Path) -> Path:
    """A street with three communities, which has received nothing."""
    roster = tmp_path / "名册.csv"
    lines = [f"{code},{name},{STREET}" for code, name in UNITS.items()]
    roster.write_text("\n".join(["区划代码,单位名称,上级代码", *lines]), encoding="utf-8")
    folder = tmp_path / "清河街道"
    init_office(folder, roster=roster, unit=STREET, now=dt.datetime(2026, 3, 20, 9))
    return folder


@pytest.fixture
def office(tmp_path, readers) -> Path:
    """A street whose first quarter is closed, and whose second is added up."""
    folder = street(tmp_path)
    with at_work(folder, CLOSED, "test") as work:
        send(work, Q1, FIRST)
        settle(work, readers, Q1)
        pipeline.aggregate(work, Q1)
        pipeline.close(work, Q1, "王芳", "已经审定")
    with at_work(folder, SECOND, "test") as work:
        send(work, Q2, {**FIRST, PEACE: (20, 5, 100), LIGHT: (30, 3, 100)})
        settle(work, readers, Q2)
        pipeline.aggregate(work, Q2)
    return folder


def send(work, period: Period, figures: dict[str, tuple[int, ...]], remark: str = "") -> None:
    """Put returns with these figures into 收表."""
    (checked,) = work.sets(period)
    units = expected_units(work.office, period, "ZZ")
    for blank in blanks_of(work, checked, period, units):
        typed = figures.get(blank.identity.code)
        if typed is None:
            continue
        cells = tuple(
            FigureCell(f"ZZ0{at}", "number", str(value)) for at, value in enumerate(typed, 1)
        )
        remarks = {"ZZ01": remark} if remark else {}
        reading = Reading(identity=blank.identity, figures=cells, remarks=remarks)
        (done,) = with_caches([msgspec.structs.replace(blank, filling=reading)])
        name = f"{period}_{blank.identity.code}_{work.now:%m%d%H}.xlsx"
        write_blank(done, work.office.inbox / name)


def settle(work, readers: Children, period: Period, *, totals: bool = False) -> None:
    """Collect and audit; accept whatever is asked (of totals if wished), of two the newer."""
    pipeline.collect(work, readers=readers)
    found = [one for entry in pipeline.audit(work, period).sets[0].rows for one in entry.findings]
    if totals:
        found += last_summary(work.book, str(period), "ZZ").findings
    for one in (one for one in found if one.stands):
        reason = "以来函更正的一份为准，已电话核实"
        choice = one.finding.code == "two_returns"
        newer = one.finding.details["proposed"] if choice else ""
        action = "use" if choice else "accept"
        typed = Typed(key=one.key, action=action, officer="李强", reason=reason, file=newer)
        pipeline.answer(work, str(period), typed)
    pipeline.audit(work, period)


def corrected(folder: Path, readers: Children, figures: dict) -> Path | None:
    """A correction of the first quarter comes after the second; give the paper made of it."""
    with at_work(folder, LATE, "test") as work:
        send(work, Q1, figures, "漏报三月份十二户")
        pipeline.collect(work, readers=readers)
        pipeline.reopen(work, Q1, "王芳", "和平社区来函更正")
        settle(work, readers, Q1)
        (published,) = pipeline.aggregate(work, Q1)
    return published.amended


def sections(path: Path) -> dict[str, list[tuple]]:
    """Read the rows of each section of the paper, without their numbers."""
    found: dict[str, list[tuple]] = {}
    for row in openpyxl.load_workbook(path).active.iter_rows(values_only=True):
        title = str(row[0] or "")[:2]
        if title in ("一、", "二、", "三、", "四、", "五、"):
            found[title[0]] = []
        elif found and str(row[0] or "").isdigit():
            list(found.values())[-1].append(row[1:])
    return found


def test_paper_lists_what_moves(office, readers):
    """
    Faults 33: the figures with their reason and officer, totals, comparisons of both quarters,
    the rank of what may be ranked; households and cases did not move and are not there.
    """
    path = corrected(office, readers, {PEACE: (22, 5, 100)})
    found = sections(path)
    reason = "漏报三月份十二户；以来函更正的一份为准，已电话核实"
    label = "ZZ01 服务户数"

    assert path.name == "2026Q1_990101001000_服务样例_数据更正单_v02.xlsx"
    assert path.parent == office / "汇总" / "2026Q1"
    assert found["二"] == [
        ("和平社区", label, "户", 10, 22, 12, reason, "李强"),
        (
            "和平社区",
            "ZZ04 服务面",
            "%",
            10,
            22,
            12,
            f"由 ZZ01、ZZ03 计算，随之变动；{reason}",
            "李强",
        ),
    ]
    assert [row[:6] for row in found["三"]] == [
        ("汇总数", label, "户", 45, 57, 12),
        ("汇总数", "ZZ04 服务面", "%", 15, 19, 4),
        ("本年累计", label, "户", 45, 57, 12),
        ("本年累计", "ZZ04 服务面", "%", 15, 19, 4),
    ]
    assert [row[:6] for row in found["四"]] == [
        ("2026年第二季度", label, "上期", 45, 57, 12),
        ("2026年第二季度", "ZZ04 服务面", "上期", 15, 19, 4),
        ("2026年第二季度", label, "本年累计", 110, 122, 12),
        ("2026年第二季度", "ZZ04 服务面", "本年累计", 36.7, 40.7, 4),
    ]
    assert "44.4 → 14.0" in found["四"][0][6]
    assert [row[:6] for row in found["五"]] == [
        ("和平社区", label, "名次", 3, 1, -2),
        ("光明社区", label, "名次", 1, 2, 1),
        ("东风社区", label, "名次", 2, 3, 1),
    ]


@pytest.mark.validator
def test_paper_is_a_valid_workbook(office, readers):
    """
    Microsoft's validator has nothing to say about the paper.
    """
    path = corrected(office, readers, {PEACE: (22, 5, 100)})

    assert validate([path]) == {path: []}


def test_later_returns_are_told_of_the_changed_past(office, readers):
    """
    G05: the second quarter's return shows the old last period; it is told, and still passes.
    """
    corrected(office, readers, {PEACE: (22, 5, 100)})
    with at_work(office, LATE, "test") as work:
        entry = pipeline.audit(work, Q2).sets[0].returns[0]
        note, *_ = [f.finding for f in entry.findings if f.finding.code == "previous_differs"]
        (again,) = pipeline.aggregate(work, Q2)

    assert (entry.unit.code, entry.state) == (PEACE, "passed")
    assert (note.level, note.details["found"], note.details["expected"]) == ("note", "10", "22")
    assert again.summary.totals[0].previous == "57"
    assert again.amended is None


def test_cases_are_never_ranked(office, readers):
    """
    Fewer cases would move the places: there is no rank of cases, and the paper says so.
    """
    path = corrected(office, readers, {PEACE: (10, 1, 100)})

    assert sections(path)["五"] == []
    assert "案件、纠纷不排名" in "".join(
        str(cell) for row in openpyxl.load_workbook(path).active.values for cell in row if cell
    )


def test_paper_is_written_once(office, readers):
    """
    A paper that was made is not made again, whatever has become of it.
    """
    path = corrected(office, readers, {PEACE: (22, 5, 100)})
    path.unlink()
    with at_work(office, LATE, "test") as work:
        (again,) = pipeline.aggregate(work, Q1)
        assert (again.new, again.amended, path.exists()) == (False, None, False)
        papers = [told for _, what, told in work.book.events() if what == "amendment"]
        pipeline.close(work, Q1, "王芳", "更正后再次定稿")

    assert [told["file"] for told in papers] == [path.name]


@pytest.mark.parametrize("step", ["aggregate", "close"])
def test_paper_that_a_killed_run_left_out_is_made(office, readers, step):
    """
    A run killed between the summary and its paper leaves none; the next step makes it.
    """
    with at_work(office, LATE, "test") as work:
        send(work, Q1, {PEACE: (22, 5, 100)}, "漏报三月份十二户")
        pipeline.collect(work, readers=readers)
        pipeline.reopen(work, Q1, "王芳", "和平社区来函更正")
        settle(work, readers, Q1)
        (checked,) = work.sets(Q1)
        publish(work, checked, Q1, examine(work, checked, Q1))
        folder = work.office.summaries(str(Q1))
        left = list(folder.glob("*更正单*"))
        if step == "aggregate":
            (published,) = pipeline.aggregate(work, Q1)
            assert not published.new
        else:
            pipeline.close(work, Q1, "王芳", "更正后再次定稿")
        (path,) = folder.glob("*更正单*")

    assert left == []
    assert sections(path)["二"][0][:6] == ("和平社区", "ZZ01 服务户数", "户", 10, 22, 12)


def test_unit_no_longer_counted_is_a_line_without_difference(office, readers):
    """
    A correction of which nobody has chosen yet takes its unit out of the total: the paper says so.
    """
    with at_work(office, LATE, "test") as work:
        send(work, Q1, {PEACE: (22, 5, 100)})
        pipeline.collect(work, readers=readers)
        pipeline.reopen(work, Q1, "王芳", "和平社区来函更正")
        pipeline.audit(work, Q1)
        (published,) = pipeline.aggregate(work, Q1)
        told = acts.aggregate(work, Q1)
    found = sections(published.amended)
    left = say("command.uncounted_waits", state=say("state.waiting"), names="和平社区")

    assert left in told.lines
    assert told.waits
    assert [row[:6] for row in found["二"]] == [
        ("和平社区", "全部指标", "", "计入", "未计入", None)
    ]
    assert found["三"][0][:6] == ("汇总数", "ZZ01 服务户数", "户", 45, 35, -10)


def _until(folder: Path, day: dt.date | None) -> None:
    """The officer enters in the saved control workbook until when 和平社区 reports."""
    path = folder / FILE
    book = openpyxl.load_workbook(path)
    rows = {row[0].value: row for row in book["名册"].iter_rows()}
    at = [cell.value for cell in rows["区划代码"]].index("失效期")
    rows[PEACE][at].value = day
    book.save(path)


def test_unit_that_left_the_roster_is_named(office, readers):
    """
    A unit that the roster ends before a closed period takes its figures, and its place, out of it;
    when it is put back, the next paper says that it is counted anew.
    """
    papers = []
    for hour, day in ((9, dt.date(2025, 12, 31)), (10, None)):
        _until(office, day)
        with at_work(office, LATE.replace(hour=hour), "test") as work:
            pipeline.reopen(work, Q1, "王芳", "核对名册")
            settle(work, readers, Q1)
            (published,) = pipeline.aggregate(work, Q1)
            papers.append(sections(published.amended))
            (checked,) = work.sets(Q1)
            moved = amended_upward(work, checked, Q1).moved
            letter = correction_fields(moved, checked.form_set, "更正单")["figures"]
            assert "和平社区" in letter
            pipeline.close(work, Q1, "王芳", "更正后再次定稿")
    gone, back = papers

    assert [row[:6] for row in gone["二"]] == [("和平社区", "全部指标", "", "计入", "未计入", None)]
    assert [row[:6] for row in back["二"]] == [("和平社区", "全部指标", "", "未计入", "计入", None)]
    assert gone["二"][0][6] != back["二"][0][6] != ""
    assert gone["三"][0][:6] == ("汇总数", "ZZ01 服务户数", "户", 45, 35, -10)
    assert back["三"][0][:6] == ("汇总数", "ZZ01 服务户数", "户", 35, 45, 10)
    assert [row[:5] for row in gone["五"]] == [("和平社区", "ZZ01 服务户数", "名次", 3, "空")]


def versions(path: Path) -> str:
    """Read between which versions of the summary a paper stands."""
    cells = (str(cell) for row in openpyxl.load_workbook(path).active.values for cell in row)
    return re.search(r"第 \d+ 版 → 第 \d+ 版", " ".join(cells))[0]


def test_paper_compares_with_the_closed_version(office, readers):
    """
    A version made while nobody had chosen loses nothing: the next paper starts at the closed one.
    """
    with at_work(office, LATE, "test") as work:
        send(work, Q1, {PEACE: (22, 5, 100)})
        pipeline.collect(work, readers=readers)
        pipeline.reopen(work, Q1, "王芳", "和平社区来函更正")
        pipeline.audit(work, Q1)
        (between,) = pipeline.aggregate(work, Q1)
        settle(work, readers, Q1)
        (published,) = pipeline.aggregate(work, Q1)
    row, *_ = sections(published.amended)["二"]

    assert versions(between.amended) == "第 1 版 → 第 2 版"
    assert versions(published.amended) == "第 1 版 → 第 3 版"
    assert row[:6] == ("和平社区", "ZZ01 服务户数", "户", 10, 22, 12)


def test_paper_compares_with_the_signed_version(office, readers):
    """
    In a quarter that was signed and never closed, two corrections are told against what was signed.
    """
    papers = []
    with at_work(office, SECOND, "test") as work:
        settle(work, readers, Q2, totals=True)
        pipeline.aggregate(work, Q2)
        for step in STEPS:
            sign(work, Q2, step, "王芳", "")
    for hour, cases in ((10, 6), (11, 7)):
        with at_work(office, LATE.replace(hour=hour), "test") as work:
            send(work, Q2, {PEACE: (20, cases, 100)})
            settle(work, readers, Q2)
            (published,) = pipeline.aggregate(work, Q2)
            papers.append(published.amended)

    assert [versions(path) for path in papers] == ["第 2 版 → 第 3 版", "第 2 版 → 第 4 版"]
    assert [sections(path)["二"][0][3:5] for path in papers] == [(5, 6), (5, 7)]


def test_late_returns_before_closing_are_no_correction(tmp_path, readers):
    """
    A unit that comes late makes a new version without a paper; a mended one makes a paper.
    """
    folder = street(tmp_path)
    papers = []
    for day, figures in ((8, {PEACE: (10, 5, 100)}), (9, {LIGHT: (20, 3, 100)}),
                         (10, {PEACE: (11, 5, 100)})):  # fmt: skip
        with at_work(folder, dt.datetime(2026, 4, day, 9), "test") as work:
            send(work, Q1, figures)
            settle(work, readers, Q1)
            (published,) = pipeline.aggregate(work, Q1)
            papers.append(published.amended)

    assert papers[:2] == [None, None]
    assert sections(papers[2])["二"][0][:6] == ("和平社区", "ZZ01 服务户数", "户", 10, 11, 1)


def test_paper_in_english(office, readers):
    """
    The paper speaks the language in force, and its figures are the same.
    """
    speak("en")
    try:
        path = corrected(office, readers, {PEACE: (22, 5, 100)})
    finally:
        speak("zh")
    rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    (line,) = [row for row in rows if row[0] == "1" and row[1] == "和平社区" and row[6] == 12]

    assert line[2] == "ZZ01 Families"


def test_ranked_indicator_says_which_way_is_better(tmp_path):
    """
    A definition that ranks without saying what is better is refused, with its line.
    """
    (tmp_path / "ZZ").mkdir()
    text = DEFINITION.replace('better = "more", ranked', "ranked")
    (tmp_path / "ZZ" / "definition.toml").write_text(text, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        read_form_set(tmp_path / "ZZ")

    assert (caught.value.code, caught.value.details["line"]) == ("definition.rank", 9)


def typed_in(path: Path, key: str, *answer: str) -> None:
    """Type an answer beside a finding in the list of all."""
    book = openpyxl.load_workbook(path)
    heading, *rows = (row for row in book["审核结果"].iter_rows() if row[0].value)
    while heading[0].value != "编号":
        heading, *rows = rows
    columns = [[cell.value for cell in heading].index(n) for n in ("处理", "核准人", "理由")]
    for row in rows:
        if row[0].value == key:
            for column, text in zip(columns, answer, strict=True):
                row[column].value = text
    book.save(path)


def test_audit_names_what_is_asked_about_totals(office):
    """
    Questions about the totals are told by the audit too, until each of them is answered.
    """
    with at_work(office, SECOND, "test") as work:
        audited = pipeline.audit(work, Q2)
        keys = [one.key for one in last_summary(work.book, str(Q2), "ZZ").findings if one.stands]
        lines = list(audit_lines(audited))
        assert keys
        assert [key for key in keys if not any(f"[{key}]" in line for line in lines)] == []
        assert sum(say("paper.totals_explain") in line for line in lines) == len(keys)
        assert someone_must_act(audited)
        for key in keys:
            told = {"officer": "李强", "reason": "第二季度集中走访"}
            pipeline.answer(work, str(Q2), Typed(key=key, action="accept", **told))
        audited = pipeline.audit(work, Q2)

    assert not someone_must_act(audited)
    assert not any(key in line for line in audit_lines(audited) for key in keys)


def test_what_was_answered_by_the_command_is_past_in_the_list(office):
    """
    A row of the list whose finding was answered by the command since is no complaint and no new
    answer: it is told in one line, once; typed anew in the new list, it counts.
    """
    with at_work(office, SECOND, "test") as work:
        path = pipeline.audit(work, Q2).findings
        (key,) = (o.key for o in last_summary(work.book, str(Q2), "ZZ").findings if o.stands)

        def after(*answer: str, command: str = "") -> tuple:
            typed_in(path, key, *answer)
            if command:
                told = Typed(key=key, action="reject", officer="李强", reason=command)
                pipeline.answer(work, str(Q2), told)
            answers = pipeline.audit(work, Q2).answers
            refused = [one.code for one in answers.refused]
            return answers.past, refused, last_answer(work.book, key).action

        incomplete = after("接受", "王芳", "", command="请各社区再核")
        overruled = after("接受", "王芳", "已核实原因", command="仍请各社区再核")
        later = after("接受", "王芳", "已核实原因")

    assert incomplete == overruled == ((key,), [], "reject")
    assert later == ((), [], "accept")
