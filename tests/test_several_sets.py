"""Several form sets at once: figures asked once, names counted once, ledgers carried over."""

import datetime as dt
import io
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import msgspec
import openpyxl
import pytest

from huizong import pipeline
from huizong.aggregate import aggregate
from huizong.answers import Typed
from huizong.audit import audit
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.checking import verify
from huizong.desk import Blank
from huizong.digests import DigestKey, count_distinct, key_of, take_key, write_key
from huizong.entries import count_files, files_of
from huizong.ground import Beside, Header, Returns
from huizong.history import last_summary
from huizong.issue import blanks_for
from huizong.issuing import blanks_of
from huizong.office import expected_units, init_office
from huizong.past import Past, rows_carried
from huizong.periods import Period
from huizong.publish import expected_communities
from huizong.read import Read, read_bytes
from huizong.records import FigureCell, LedgerRows, Reading, Summary, Unit, UnitReturn
from huizong.sample import fill
from huizong.work import Work, at_work, checked_sets
from huizong.workbooks import open_workbook

PERIOD = Period.parse("2026Q2")
ISSUED, SENT, LATER = (dt.datetime(2026, *day) for day in ((6, 20, 9), (7, 3, 10), (7, 4, 10)))
CITY, DISTRICT = "990100000000", "990101000000"
STREET, STREET2 = "990101001000", "990101002000"
UNITS = (
    "武警一中队", "武警七中队", "武警八中队", "消防大队", "通信站", "警卫连", "江防一队",
    "江防二队", "干休所警卫班",
)  # fmt: skip


def office_of(
    folder: Path, code: str, units: Iterable[tuple[str, str, str]], sets=("JC", "SY")
) -> Path:
    """Make an office over some units: (code, name, category)."""
    above = DISTRICT if code != DISTRICT else CITY
    lines = ["区划代码,单位名称,上级代码,类别,应报报表", f"{code},{folder.name},{above},,"]
    # Cooperatives have no residents: they are asked for double support only.
    lines += [
        f"{unit},{name},{code},{category},{'' if unit.isdigit() else 'SY'}"
        for unit, name, category in units
    ]
    roster = folder.with_suffix(".csv")
    roster.write_text("\n".join(lines), encoding="utf-8")
    init_office(folder, roster=roster, unit=code, now=ISSUED, sets=sets)
    return folder


def communities(street: str, count: int) -> list[tuple[str, str, str]]:
    return [(f"{street[:9]}{at:03}", f"第{at}社区", "社区") for at in range(1, count + 1)]


def filled(
    work: Work, set_code: str, *, units: Mapping[str, Sequence[str]] | None = None
) -> list[Blank]:
    """Fill in everybody's blank of one set; `units` are the army units that each is paired with."""
    checked = checked_sets()[set_code]
    people = expected_units(work.office, PERIOD, set_code)
    blanks = []
    for blank in blanks_of(work, checked, PERIOD, people):
        reading = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers)
        if units is not None:
            names = units.get(blank.identity.code, ()) if blank.identity.role == "unit" else ()
            reading = with_names(reading, names)
        blanks.append(msgspec.structs.replace(blank, filling=reading))
    return blanks


def with_names(reading: Reading, names: Sequence[str]) -> Reading:
    """Pair with these army units and no others."""
    ledgers = []
    for rows in reading.ledgers:
        if rows.symbol == "SY_L1":
            at = rows.keys.index("unit")
            made = tuple(
                tuple(name if n == at else None for n in range(len(rows.keys))) for name in names
            )
            rows = msgspec.structs.replace(
                rows,
                rows=made,
                numbers=tuple(range(6, 6 + len(made))),
                status="有" if made else "本期无",
            )
        ledgers.append(rows)
    return msgspec.structs.replace(reading, ledgers=tuple(ledgers))


def send(work: Work, blanks: Iterable[Blank]) -> None:
    """Put workbooks into 收表."""
    for blank in with_caches(list(blanks)):
        name = f"{blank.identity.code}_{blank.identity.role}_{blank.identity.set_code}.xlsx"
        write_blank(blank, work.office.inbox / name)


def accept_all(work: Work) -> None:
    """Give a reason for whatever is asked of an officer."""
    done = pipeline.audit(work, PERIOD)
    for returns in done.sets:
        for one in (found for unit in returns.rows for found in unit.findings if found.stands):
            typed = Typed(
                key=one.key, action="accept", officer="王芳", reason="已电话核实，原因属实有据"
            )
            pipeline.answer(work, str(PERIOD), typed)


def totals(summary: Summary) -> dict[str, str]:
    return {one.code: one.value if one.state == "number" else one.state for one in summary.totals}


def published(work: Work, set_code: str) -> Summary:
    """Add up, and give the last summary of one set."""
    pipeline.aggregate(work, PERIOD)
    found = last_summary(work.book, str(PERIOD), set_code)
    assert found is not None
    return found


def paired(street: str, first: int, count: int) -> dict[str, list[str]]:
    """Pair 14 communities with 9 army units so that every unit is met more than once."""
    return {
        f"{street[:9]}{at:03}": [UNITS[(first + at) % count], UNITS[(first + at + 3) % count]]
        for at in range(1, 15)
    }


@pytest.fixture(scope="module")
def district(tmp_path_factory):
    """A district over two sub-districts; the first has 14 communities and 12 cooperatives."""
    root = tmp_path_factory.mktemp("offices")
    top = office_of(
        root / "临江区", DISTRICT, [(STREET, "清河街道", "街道"), (STREET2, "南湖街道", "街道")]
    )
    cooperatives = [
        (f"Z0{at:02}", f"第{at}股份经济合作社", "股份经济合作社") for at in range(1, 13)
    ]
    one = office_of(root / "清河街道", STREET, [*communities(STREET, 14), *cooperatives])
    two = office_of(root / "南湖街道", STREET2, communities(STREET2, 2))
    return top, one, two


def report(folder: Path, units: Mapping[str, Sequence[str]]) -> None:
    """Fill in, collect, audit and accept both sets of an office."""
    with at_work(folder, SENT, "test") as work:
        send(work, filled(work, "JC"))
        send(work, filled(work, "SY", units=units))
        pipeline.collect(work)
        accept_all(work)


@pytest.mark.slow
def test_nine_army_units_are_nine_at_every_level(district):
    """
    9 units paired with 14 communities and 12 cooperatives are 9 at the sub-district, and at the
    district, which gets no name but what the key makes of it; without the key nothing is added.
    """
    top, one, two = district
    pairs = paired(STREET, 0, 9) | {
        f"Z0{at:02}": [UNITS[at % 9], UNITS[(at + 2) % 9]] for at in range(1, 13)
    }
    report(one, pairs)
    report(two, {f"{STREET2[:9]}001": UNITS[:2], f"{STREET2[:9]}002": UNITS[1:3]})
    with at_work(top, ISSUED, "test") as work:
        pipeline.issue(work, PERIOD)
        mark = key_of(work.book).mark
    # The sub-districts have no key yet: they count the names they have, and send none upward.
    for folder, expected in ((one, "9"), (two, "3")):
        with at_work(folder, SENT, "test") as work:
            made = published(work, "SY")
            assert (totals(made)["SY03"], made.digests) == (expected, {})
    assert totals(hand_up(top, (one, two)))["SY03"] == "no_key"
    # The key comes down, and is never given to communities.
    for folder in (one, two):
        (path,) = (top / "下发" / str(PERIOD)).glob(f"*{folder.name}.hzkey")
        (folder / "收表" / path.name).write_bytes(path.read_bytes())
        with at_work(folder, LATER, "test") as work:
            collected = pipeline.collect(work)
            assert [file.reason for file in collected.keys] == ["key_taken"]
            assert key_of(work.book).mark == mark
            made = published(work, "SY")
            assert (len(made.digests["SY03"]), made.digest_key) == (int(totals(made)["SY03"]), mark)
        assert list((folder / "下发").rglob("*.hzkey")) == []
    made = hand_up(top, (one, two))
    assert totals(made)["SY03"] == "9"
    assert {one.unit.name: figure(one.reading, "SY03") for one in made.units} == {
        "清河街道": "9",
        "南湖街道": "3",
    }


def hand_up(top: Path, below: Sequence[Path]) -> Summary:
    """Hand the newest summaries up, and add up there."""
    with at_work(top, LATER, "test") as work:
        for folder in below:
            for set_code in ("社区基本情况", "双拥工作"):
                path = sorted((folder / "汇总" / str(PERIOD)).glob(f"*{set_code}*.xlsx"))[-1]
                (work.office.inbox / path.name).write_bytes(path.read_bytes())
        pipeline.collect(work)
        accept_all(work)
        return published(work, "SY")


def figure(reading: Reading, code: str) -> str:
    return next(cell.value for cell in reading.figures if cell.code == code)


@pytest.mark.slow
def test_no_army_unit_is_named_upward(district):
    """
    Neither sheets nor hidden rows of any summary hold an army unit's name; digests only.
    """
    for folder in district:
        for path in (folder / "汇总").rglob("*.xlsx"):
            book = open_workbook(path.read_bytes())
            cells = [str(cell) for sheet in book.sheets for row in sheet.rows for cell in row]
            assert [cell for cell in cells if any(name in cell for name in UNITS)] == [], path.name


@pytest.mark.slow
def test_summaries_of_two_sets_verify(district):
    """
    Summaries hold against themselves and against their files, rates of two sets included.
    """
    for folder in district:
        for path in sorted((folder / "汇总").rglob("*双拥*.xlsx"))[-1:]:
            assert verify(path, folder / "已收").faults == (), path.name


@pytest.mark.slow
def test_rate_of_two_sets_is_of_the_same_units(district):
    """
    SY17 is SY18 over the residents of the same units, at the sub-district and above it:
    cooperatives, which have no residents, are in neither part.
    """
    top, one, two = district
    reached = residents = Decimal(0)
    for folder in (one, two):
        with at_work(folder, LATER, "test") as work:
            sy, jc = (last_summary(work.book, str(PERIOD), code) for code in ("SY", "JC"))
        own = [unit.reading for unit in (*sy.units, sy.own) if unit.unit.code.isdigit()]
        here = sum(Decimal(figure(reading, "SY18")) for reading in own)
        there = Decimal(totals(jc)["JC02"])
        assert abs(Decimal(totals(sy)["SY17"]) - here / there * 100) <= Decimal("0.05")
        reached, residents = reached + here, residents + there
    with at_work(top, LATER, "test") as work:
        above = totals(last_summary(work.book, str(PERIOD), "SY"))
    assert Decimal(above["SY18"]) > reached
    assert abs(Decimal(above["SY17"]) - reached / residents * 100) <= Decimal("0.05")


@pytest.mark.slow
def test_only_communities_count_as_subordinate(district):
    """
    The sub-district has 14 communities, whatever cooperatives there are (JC11, JC-R09).
    """
    with at_work(district[1], LATER, "test") as work:
        made = last_summary(work.book, str(PERIOD), "JC")

    assert totals(made)["JC11"] == "14"
    assert [one for one in made.findings if one.finding.subject == "JC-R09"] == []


@pytest.mark.parametrize(("communities", "told"), [("2", False), ("1", True)])
def test_missing_community_is_a_note(communities, told):
    """
    JC-R09 holds the communities against those that should report, cooperatives apart; a difference
    never blocks.
    """
    units = [UnitReturn(unit=Unit(code=code, name="", parent="", category=kind)) for code, kind in (
        ("990101001001", "社区"), ("990101001002", ""), ("Z001", "股份经济合作社"))]  # fmt: skip
    expected = expected_communities("街道", units)
    jc = Reading(
        identity=msgspec.structs.replace(sy_return().identity, set_code="JC", role="summary"),
        figures=(FigureCell("JC11", "number", communities),),
    )
    done = audit(checked_sets()["JC"], [jc], [Header(PERIOD, "街道", expected=expected)])

    assert expected == 2
    assert [one.level for one in done.findings[0] if one.subject == "JC-R09"] == ["note"] * told


@pytest.mark.slow
def test_stock_ledger_comes_filled(district):
    """
    The next blank carries the rows as last reported, for that unit only, with the state set.
    """
    form_set = checked_sets()["SY"].form_set
    after = Period.parse("2026Q3")
    with at_work(district[1], LATER, "test") as work:
        carried = rows_carried(work.book, after, form_set)
        units = expected_units(work.office, after, "SY")
        blank = blanks_of(work, checked_sets()["SY"], after, units)[0]
    (rows,) = carried[blank.identity.code, "unit"]
    names = [row[rows.keys.index("unit")] for row in rows.rows]
    issued = next(one for one in blank.filling.ledgers if one.symbol == "SY_L1")
    out = io.BytesIO()
    write_blank(with_caches([blank])[0], out)
    (reading,) = read_bytes(out.getvalue()).readings
    got = next(one for one in reading.ledgers if one.symbol == "SY_L1")

    assert names == [UNITS[1], UNITS[4]]
    assert issued == rows
    assert (got.status, [row[got.keys.index("unit")] for row in got.rows]) == ("有", names)
    assert (
        figure(audit(checked_sets()["SY"], [reading], [Header(after, "社区")]).readings[0], "SY03")
        == "2"
    )


def two_sets(*, sheets_first: str = "JC") -> bytes:
    """One workbook with two sets: the sheets of the second pasted behind the first's, as values."""
    unit = Unit(code="990101001001", name="第1社区", parent=STREET)
    own = Unit(code=STREET, name="清河街道", parent=DISTRICT)
    books = []
    for code in (sheets_first, "SY" if sheets_first == "JC" else "JC"):
        checked = checked_sets()[code]
        blank = blanks_for(checked, PERIOD, [unit], own, {})[0]
        reading = fill(checked.form_set, blank.identity, plan=blank.filling.ledgers)
        out = io.BytesIO()
        write_blank(with_caches([msgspec.structs.replace(blank, filling=reading)])[0], out)
        books.append(openpyxl.load_workbook(out, data_only=True))
    first, second = books
    for sheet in second.worksheets:
        if sheet.title != "_huizong":
            copy = first.create_sheet(
                sheet.title if sheet.title not in first else f"{sheet.title}2"
            )
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.value is not None and type(cell).__name__ != "MergedCell":
                        copy.cell(
                            cell.row, cell.column, cell.value
                        ).number_format = cell.number_format
    out = io.BytesIO()
    first.save(out)
    return out.getvalue()


@pytest.mark.parametrize("first", ["JC", "SY"])
def test_one_workbook_with_two_sets_is_read_as_two(first):
    """
    Each set gets its own reading: its version, its figures, its zero report and its reasons.
    """
    result = read_bytes(two_sets(sheets_first=first))
    assert isinstance(result, Read)
    found = {one.identity.set_code: one for one in result.readings}

    assert {code: one.identity.version for code, one in found.items()} == {
        "JC": "2026.1",
        "SY": "2026.1",
    }
    assert all(
        not one.findings or {f.level for f in one.findings} <= {"info", "note"}
        for one in found.values()
    )
    assert [len(one.ledgers) for one in (found["JC"], found["SY"])] == [2, 5]


@pytest.mark.slow
def test_one_workbook_with_two_sets_is_filed_twice(tmp_path):
    """
    Both sets are adopted from one file, which is stored and counted once.
    """
    folder = office_of(tmp_path / "清河街道", STREET, communities(STREET, 2))
    with at_work(folder, ISSUED, "test") as work:
        pipeline.issue(work, PERIOD)
    with at_work(folder, SENT, "test") as work:
        (work.office.inbox / "两套.xlsx").write_bytes(two_sets())
        collected = pipeline.collect(work)
        accept_all(work)
        pipeline.audit(work, PERIOD)
        files = files_of(work.book)
        made = {code: published(work, code) for code in ("JC", "SY")}
        counted = count_files(work.book)

    assert [(file.set_code, file.state) for file in files] == [("JC", "adopted"), ("SY", "adopted")]
    assert len(collected.filed) == 2
    assert sum(counted.values()) == 1
    assert {code: one.reported for code, one in made.items()} == {"JC": 1, "SY": 1}
    assert totals(made["SY"])["SY17"] not in ("", "blank")
    assert sum(1 for _ in (folder / "已收" / "原件").iterdir()) == 1


def sy_return(**figures: str) -> Reading:
    identity = blanks_for(
        checked_sets()["SY"], PERIOD, [], Unit(code="990101001001", name="甲", parent=""), {}
    )[0].identity
    cells = tuple(FigureCell(code, "number", value) for code, value in figures.items())
    return Reading(identity=identity, figures=cells, sheet="")


@pytest.mark.parametrize(
    ("residents", "rate", "broken"),
    [("8958", "85", False), ("7000", "108.8", True), (None, "", False)],
)
def test_relation_across_sets(residents, rate, broken):
    """
    SY17 and SY-R08 use the residents of the profile; where that was not sent they say nothing.
    """
    jc = None if residents is None else Reading(
        identity=msgspec.structs.replace(sy_return().identity, set_code="JC"),
        figures=(FigureCell("JC02", "number", residents),),
    )  # fmt: skip
    beside = Beside(checked_sets(), {"JC": Returns((jc,))})
    done = audit(
        checked_sets()["SY"], [sy_return(SY18="7614")], [Header(PERIOD, "社区")], beside=beside
    )

    assert figure(done.readings[0], "SY17") == rate
    assert any(one.subject == "SY-R08" for one in done.findings[0]) == broken


@pytest.mark.slow
def test_profile_sent_later_is_used(tmp_path):
    """
    A double-support return that came first is judged anew once its profile has passed.
    """
    folder = office_of(tmp_path / "清河街道", STREET, communities(STREET, 1))
    with at_work(folder, ISSUED, "test") as work:
        pipeline.issue(work, PERIOD)
    with at_work(folder, SENT, "test") as work:
        send(work, filled(work, "SY")[:1])
        pipeline.collect(work)
        accept_all(work)
        before = totals(published(work, "SY"))["SY17"]
        send(work, filled(work, "JC")[:1])
        pipeline.collect(work)
        accept_all(work)
        after = totals(published(work, "SY"))["SY17"]

    assert before == "blank"
    assert Decimal(after) > 0


KEY = DigestKey("ab" * 32, DISTRICT, "2026-06-20T09:00:00")
OTHER = DigestKey("cd" * 32, DISTRICT, "2026-06-21T09:00:00")


def summary_with(key: DigestKey | None, *names: str) -> Reading:
    digests = {"SY03": tuple(key.of("SY03", name) for name in names)} if key else {}
    return Reading(
        identity=sy_return().identity, digests=digests, digest_key=key.mark if key else ""
    )


@pytest.mark.parametrize(
    ("names", "below", "key", "count"),
    [
        (["A", "B", "A"], [], None, 2),
        (["A", "Ａ", " a"], [], KEY, 1),
        ([], [(KEY, "a", "b"), (KEY, "b", "c")], KEY, 3),
        ([], [(KEY, "a", "b"), (KEY, "b", "c")], None, 3),
        (["c", "d"], [(KEY, "a", "b"), (KEY, "b", "c")], KEY, 4),
        (["c", "d"], [(KEY, "a", "b")], None, None),
        (["c", "d"], [(KEY, "a", "b")], OTHER, None),
        ([], [(KEY, "a", "b"), (OTHER, "b", "c")], KEY, None),
        ([], [(KEY, "a", "b"), (None,)], KEY, None),
    ],
)
def test_names_count_once_or_not_at_all(names, below, key, count):
    """
    Different names are counted over digests of one key only; else nothing is said, never a sum.
    """
    summaries = [summary_with(made, *told) for made, *told in below]
    found = count_distinct("SY03", [(name,) for name in names], summaries, key)

    assert (found.count if found else None) == count


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, "file_key_taken"),
        ({"to": STREET2}, "file_key_not_ours"),
        ({"sender": "990102000000"}, "file_key_not_ours"),
        ({"spoil": True}, "file_key_damaged"),
        ({"text": b"\xff"}, "file_key_damaged"),
    ],
)
def test_key_file_is_checked(tmp_path, change, code):
    """
    A key is taken only whole, from the office above, and by the office it is for.
    """
    folder = office_of(tmp_path / "清河街道", STREET, communities(STREET, 1))
    path = tmp_path / "key.hzkey"
    write_key(path, KEY, change.get("sender", DISTRICT), change.get("to", STREET))
    data = change.get("text") or path.read_bytes()
    data = data.replace(b"ab", b"ac") if change.get("spoil") else data
    with at_work(folder, SENT, "test") as work:
        assert take_key(work.book, data, work.office.unit) == code
        assert (key_of(work.book) == KEY) == (code == "file_key_taken")
    assert path.stat().st_mode & 0o077 == 0


def test_older_key_is_left(tmp_path):
    """
    A key that was made earlier does not replace the one in use.
    """
    folder = office_of(tmp_path / "清河街道", STREET, communities(STREET, 1))
    path = tmp_path / "key.hzkey"
    with at_work(folder, SENT, "test") as work:
        for key, code in ((OTHER, "file_key_taken"), (KEY, "file_key_older")):
            write_key(path, key, DISTRICT, STREET)
            assert take_key(work.book, path.read_bytes(), work.office.unit) == code
        assert key_of(work.book) == OTHER


def test_no_rows_no_names():
    """
    A ledger kept on paper gives no names: the total cannot be told, and is never a sum.
    """
    checked = checked_sets()["SY"]
    unit = Unit(code="990101001001", name="甲", parent="")
    rows = LedgerRows("SY_L1", "只填合计", "", ("unit",), ("A",))
    reading = msgspec.structs.replace(sy_return(SY03="2"), ledgers=(rows,))
    entry = UnitReturn(unit=unit, included=True, state="passed", reading=reading)

    def rates(some):
        return [{code: FigureCell(code, "blank") for code in checked.ratios} for _ in some]

    made = aggregate(
        checked,
        reading.identity,
        [entry, entry],
        None,
        Past(),
        rates,
        made_at="2026-07-03T10:00:00",
    )

    assert totals(made)["SY03"] == "no_key"
