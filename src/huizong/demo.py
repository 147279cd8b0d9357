"""Play two quarters of a district over three sub-districts with 14 communities each."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import MappingProxyType

import msgspec

from huizong import pipeline
from huizong.answers import Typed
from huizong.blank import write_blank
from huizong.caches import with_caches
from huizong.children import Children
from huizong.desk import Asked, Blank, Mark, Problem
from huizong.dirt import Dirt, read_dirt, reasons, soiled, spoil
from huizong.entries import files_of
from huizong.errors import HuizongError
from huizong.examine import with_readings
from huizong.forms import installed, read_form_set
from huizong.issue import blanks_for, file_name
from huizong.language import CheckedSet
from huizong.office import expected_units, init_office
from huizong.past import Opening, Past, past_of_units, save_opening
from huizong.periods import Period
from huizong.pipeline import Audited
from huizong.publish import Published
from huizong.records import SUMMARY, TO_EXPLAIN, TO_MEND, FigureCell, Identity, Reading, UnitReturn
from huizong.sample import fill
from huizong.send_back import copies
from huizong.take_in import PROCESSES, TASK
from huizong.texts import say
from huizong.work import Progress, Work, at_work, checked_sets, silent

DISTRICT = ("990101000000", "临江区")
STREETS = ("清河街道", "南湖街道", "东岭街道")
COMMUNITIES = (
    ["和平", "光明", "清河", "东风", "春柳", "向阳", "永安", "望江", "石桥", "梅园", "双井", "松涛", "柳溪", "枫林"],
    ["南湖", "滨水", "荷花", "渔港", "月亮湾", "长堤", "芦苇", "白鹭", "湖心", "碧波", "青石", "码头", "河口", "新港"],
    ["东岭", "山门", "杏林", "竹海", "茶园", "云台", "半坡", "红叶", "泉眼", "石磨", "槐荫", "古塔", "岭上", "松风"],
)
PERIODS = (Period.parse("2025Q3"), Period.parse("2025Q4"))
# The community whose year adds up to what a document states: the first of the first office.
STATED = (0, 0)
OFFICER = "演示员"
READ_ME = "演示说明.txt"


def demo_set() -> str:
    """The form set of the demo: the first installed one whose sample has known dirt."""
    return next(code for code, folder in installed().items() if read_dirt(read_form_set(folder)))


class Site(msgspec.Struct, frozen=True):
    """One sub-district of the demo: its folder, its units, and what they last filled in."""

    number: int
    folder: Path
    filled: dict[str, Reading] = {}


class Played(msgspec.Struct, frozen=True):
    """What the demo made, for its closing list and for its test."""

    district: Path
    sites: tuple[Site, ...]
    outcomes: tuple[tuple[str, str, str, str], ...]
    summaries: tuple[Path, ...]


def play(folder: Path, progress: Progress = silent) -> Played:
    """
    Make the folders and play both quarters, from issuing to the district's summary.

    An earlier demo in the same folder is replaced; any other folder with something in it is not.

    Raises:
        HuizongError: If the folder holds something else (`error.demo_folder`).
    """
    _clear(folder)
    checked = checked_sets()[demo_set()]
    start = dt.datetime(2025, 9, 20, 9)
    district = folder / DISTRICT[1]
    _init_district(district, start)
    sites = tuple(_init_street(folder, number, start) for number in range(len(STREETS)))
    outcomes: list[tuple[str, str, str, str]] = []
    summaries: list[Path] = []
    with Children(PROCESSES, TASK) as readers, ProcessPoolExecutor(PROCESSES) as writers:
        stage = _Stage(checked, readers, writers, progress)
        for site in sites:
            _open_books(stage, site)
        for number, period in enumerate(PERIODS):
            for site in sites:
                outcomes += _quarter(stage, site, number, period)
                summaries += _publish(site, period, district)
            summaries += _district_quarter(stage, district, period)
    _explain(folder, outcomes, summaries)
    return Played(district, sites, tuple(outcomes), tuple(summaries))


class _Stage(msgspec.Struct, frozen=True):
    """What all scenes share."""

    checked: CheckedSet
    readers: Children
    writers: ProcessPoolExecutor
    progress: Progress

    @property
    def code(self) -> str:
        """The form set's code."""
        return self.checked.form_set.code


def _clear(folder: Path) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / READ_ME).exists():
        raise HuizongError("error.demo_folder", folder=folder)
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def _init_district(folder: Path, now: dt.datetime) -> None:
    lines = [f"{_street_code(n)},{name},{DISTRICT[0]},街道" for n, name in enumerate(STREETS)]
    _init(folder, [f"{DISTRICT[0]},{DISTRICT[1]},990100000000,区县", *lines], DISTRICT[0], now)


def _init_street(folder: Path, number: int, now: dt.datetime) -> Site:
    code = _street_code(number)
    lines = [f"{code},{STREETS[number]},{DISTRICT[0]},街道"]
    lines += [
        f"{code[:9]}{at:03},{name}社区,{code},社区" for at, name in enumerate(COMMUNITIES[number], 1)
    ]
    path = folder / STREETS[number]
    _init(path, lines, code, now)
    return Site(number, path, {})


def _street_code(number: int) -> str:
    return f"{DISTRICT[0][:6]}{number + 1:03}000"


def _init(folder: Path, lines: Sequence[str], code: str, now: dt.datetime) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    roster = folder.parent / f"名册_{code}.csv"
    roster.write_text("\n".join(["区划代码,单位名称,上级代码,类别", *lines]), encoding="utf-8-sig")
    init_office(folder, roster=roster, unit=code, now=now, sets=(demo_set(),))
    roster.unlink()


def _open_books(stage: _Stage, site: Site) -> None:
    """Enter the quarters before the demo as opening figures, generated and marked as such."""
    first = PERIODS[0]
    year_ago = [period.year_ago for period in PERIODS if period.year_ago]
    earlier = [*year_ago, *first.within_year[:-1]]
    with at_work(site.folder, dt.datetime(2025, 9, 20, 10), "demo") as work:
        for period in earlier:
            blanks = _filled(stage, site, work, period, {})
            save_opening(work.book, _openings(site, blanks, period))
            _remember(site, blanks)


def _filled(
    stage: _Stage, site: Site, work: Work, period: Period, past: Mapping[tuple[str, str], Past]
) -> list[Blank]:
    """Fill in everybody's blank, following on what was filled in last."""
    units = expected_units(work.office, period, stage.code)
    blanks = blanks_for(stage.checked, period, units, work.office.unit, past)
    return with_caches([_fill(stage, site, number, blank) for number, blank in enumerate(blanks)])


def _fill(stage: _Stage, site: Site, number: int, blank: Blank) -> Blank:
    reading = fill(
        stage.checked.form_set, blank.identity, site.filled.get(_who(blank.identity)),
        plan=blank.filling.ledgers if blank.filling else (),
        stated=(site.number, number) == STATED,
    )  # fmt: skip
    return msgspec.structs.replace(blank, filling=reading)


def _who(identity: Identity) -> str:
    return f"{identity.code} {identity.role}"


def _remember(site: Site, blanks: Sequence[Blank]) -> None:
    for blank in blanks:
        if blank.filling:
            site.filled[_who(blank.identity)] = blank.filling


def _openings(site: Site, blanks: Sequence[Blank], period: Period) -> Iterator[Opening]:
    totals: dict[str, float] = {}
    for number, blank in enumerate(blanks):
        source = "生成" if (site.number, number) != STATED else "D3:L127（全年数；分季为生成）"
        identity = blank.identity
        for code, value in blank.caches.figures.items():
            yield Opening(str(period), identity.set_code, identity.code, identity.role, code, value, source)
            indicator = blank.form_set.by_code[code]
            if indicator.total == "sum" and value[-1:].isdigit():
                totals[code] = totals.get(code, 0) + float(value)
    office = _street_code(site.number)
    for code, total in totals.items():
        value = f"{total:.10g}"
        yield Opening(str(period), blanks[0].identity.set_code, office, SUMMARY, code, value, "生成")


def _quarter(
    stage: _Stage, site: Site, number: int, period: Period
) -> list[tuple[str, str, str, str]]:
    """Issue, fill, collect, audit; then mend, explain and answer until all that can has passed."""
    issued_at = dt.datetime.combine(period.end - dt.timedelta(days=10), dt.time(9))
    sent_at = dt.datetime.combine(period.end + dt.timedelta(days=3), dt.time(10))
    dirt = read_dirt(stage.checked.form_set)
    here = {unit: one for (at, unit, when), one in dirt.items() if (at, when) == (site.number, number)}
    with at_work(site.folder, issued_at, "demo", stage.progress) as work:
        pipeline.issue(work, period, stage.code)
    with at_work(site.folder, sent_at, "demo", stage.progress) as work:
        past = past_of_units(work.book, period, stage.checked.form_set)
        last = dict(site.filled)
        blanks = _filled(stage, site, work, period, past)
        blanks = [_sealed(work, blank, issued_at) for blank in blanks]
        _remember(site, blanks)
        _send(stage, work, blanks, here, last)
        collected = pipeline.collect(work, readers=stage.readers)
        audited = pipeline.audit(work, period)
        outcomes = list(_outcomes(period, here, collected, audited, blanks, work))
    for day in (1, 2):
        with at_work(site.folder, sent_at + dt.timedelta(days=day), "demo", stage.progress) as work:
            _answer(work, period)
            pipeline.send_back(work, period)
            _send_again(stage, work, blanks, here, audited)
            pipeline.collect(work, readers=stage.readers)
            audited = pipeline.audit(work, period)
    return outcomes


def _sealed(work: Work, blank: Blank, at: dt.datetime) -> Blank:
    """Give a filled blank what the issued one had: seal, deadline, sender."""
    settings, form_set = work.office.settings, blank.form_set
    period = Period.parse(blank.identity.period)
    return msgspec.structs.replace(
        blank, seal=work.book.seal(blank.identity), issued_at=at.isoformat(),
        due=settings.due(form_set.code, period, form_set.due_days), issuer=work.office.unit.name,
    )  # fmt: skip


def _send(
    stage: _Stage, work: Work, blanks: Sequence[Blank], dirt: Mapping[int, Dirt],
    last: Mapping[str, Reading],
) -> None:  # fmt: skip
    """Put everybody's file into 收表, as each of them sends it."""
    form_set = stage.checked.form_set
    sent = []
    for number, blank in enumerate(blanks):
        one = dirt.get(number)
        if one and one.spoil == "last":
            blank = _of_last_period(work, blank, last)
        elif one and one.spoil == "two":
            sent.append((blank, f"{file_name(blank.identity)}_先", None))
        if one and blank.filling:
            changed = soiled(blank.filling, one, form_set)
            blank = with_caches([msgspec.structs.replace(blank, filling=changed)])[0]
        sent.append((blank, file_name(blank.identity), one.spoil if one else None))
    _write(stage, work, sent)


def _of_last_period(work: Work, blank: Blank, last: Mapping[str, Reading]) -> Blank:
    """Fill in last period's form once more, with something changed so that it is another file."""
    period = Period.parse(blank.identity.period).previous
    identity = msgspec.structs.replace(blank.identity, period=str(period))
    reading = last[_who(blank.identity)]
    again = msgspec.structs.replace(
        blank, identity=identity, seal=work.book.seal(identity),
        filling=msgspec.structs.replace(
            reading, remarks={blank.form_set.indicators[0].code: "补充说明：与上次报送略有不同"}
        ),
    )  # fmt: skip
    return with_caches([again])[0]


def _write(
    stage: _Stage, work: Work, sent: Sequence[tuple[Blank, str, str | None]]
) -> None:
    """Write files in two processes, then do to them what their senders did."""
    jobs = [(blank, work.office.inbox / f"{name}.xlsx") for blank, name, _ in sent]
    done = stage.writers.map(write_packed, [(_packed(blank), path) for blank, path in jobs])
    for number, _ in enumerate(done, 1):
        stage.progress("fill", number, len(jobs))
    for (_, path), (_, _, kind) in zip(jobs, sent, strict=True):
        if kind:
            spoil(kind, path)


def _packed(blank: Blank) -> bytes:
    """Send a blank to another process without its checked set, which that has itself."""
    fields = {
        name: getattr(blank, name) for name in blank.__struct_fields__ if name != "checked"
    }
    return msgspec.msgpack.encode(
        {**fields, "caches": None, "set": blank.form_set.code}, enc_hook=_plain
    )


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, MappingProxyType) else str(value)


def write_packed(job: tuple[bytes, Path]) -> None:
    """Write one workbook in a process of its own."""
    fields = msgspec.msgpack.decode(job[0])
    checked = checked_sets()[fields.pop("set")]
    fields.pop("caches")
    due = fields.pop("due")
    blank = Blank(
        checked=checked,
        identity=msgspec.convert(fields.pop("identity"), Identity),
        filling=msgspec.convert(fields.pop("filling"), Reading),
        due=dt.date.fromisoformat(due) if due else None,
        marks=msgspec.convert(fields.pop("marks"), tuple[Mark, ...]),
        problems=msgspec.convert(fields.pop("problems"), tuple[Problem, ...]),
        asked=msgspec.convert(fields.pop("asked"), tuple[Asked, ...]),
        **fields,
    )
    write_blank(with_caches([blank])[0], job[1])


def _outcomes(
    period: Period, dirt: Mapping[int, Dirt], collected: pipeline.Collected,
    audited: Audited, blanks: Sequence[Blank], work: Work,
) -> Iterator[tuple[str, str, str, str]]:  # fmt: skip
    """Say what became of each piece of known dirt: period, unit, what, outcome."""
    returns = audited.sets[0].rows
    files = {file.digest: file for file in files_of(work.book)}
    for number, one in sorted(dirt.items()):
        unit = returns[number]
        seen = {found.finding.code for found in unit.findings} | {unit.state}
        code = blanks[number].identity.code
        for file in files.values():
            if code in file.name:
                seen |= {finding.code for finding in file.findings}
        if any(done.fate == "known" and code in done.name for done in collected.stored):
            seen.add("duplicate")
        outcome = one.first if one.first in seen else "/".join(sorted(seen))
        yield str(period), unit.unit.name, one.first, outcome


def _answer(work: Work, period: Period) -> None:
    """The officer decides: of two files the newer, a file of another period goes back."""
    for file in files_of(work.book):
        for finding in file.findings:
            if file.state != "pending" or finding.level != "ask":
                continue
            key = finding.key(file.unit, file.period, file.set_code)
            action = "accept" if finding.code == "two_returns" else "reject"
            typed = Typed(key=key, action=action, officer=OFFICER, reason="演示：经电话核实")
            pipeline.answer(work, str(period), typed)


def _send_again(
    stage: _Stage, work: Work, blanks: Sequence[Blank], dirt: Mapping[int, Dirt], audited: Audited
) -> None:
    """Units mend what they must and explain what they are asked to, in their correction copies."""
    returns = with_readings(work, audited.sets[0])
    wanted = [one for one in returns.rows if one.reading and one.state in (TO_MEND, TO_EXPLAIN)]
    period = Period.parse(blanks[0].identity.period)
    laid = copies(work, stage.checked, period, returns, wanted)
    copied = {_who(copy.identity): copy for _, copy in laid}
    sent = []
    for number, (blank, unit) in enumerate(zip(blanks, audited.sets[0].rows, strict=True)):
        one = dirt.get(number)
        if unit.state == "passed" or (one and one.spoil == "none") or blank.filling is None:
            continue
        filling = blank.filling
        if one and one.again != "new":
            filling = soiled(filling, one, stage.checked.form_set)
        filling = reasons(_asked(unit), filling)
        again = copied.get(_who(blank.identity), blank)
        again = msgspec.structs.replace(again, filling=filling)
        sent.append((again, f"{file_name(blank.identity)}_改{work.now:%d}", None))
    _write(stage, work, sent)


def _asked(unit: UnitReturn) -> dict[str, str]:
    """Give a reason for everything that waits for one."""
    return {
        one.finding.subject: "演示说明：情况属实，本期辖区内物业交接，相关纠纷集中发生，已逐件登记"
        for one in unit.findings
        if one.finding.level == "explain"
    }


def _publish(site: Site, period: Period, district: Path) -> list[Path]:
    """Add up, explain what the totals ask, and hand the summary to the district."""
    now = dt.datetime.combine(period.end + dt.timedelta(days=8), dt.time(15))
    with at_work(site.folder, now, "demo") as work:
        published = _published(work, period)
    copy = district / "收表" / published.path.name
    copy.write_bytes(published.path.read_bytes())
    return [published.path]


def _published(work: Work, period: Period) -> Published:
    (published,) = pipeline.aggregate(work, period)
    standing = [one for one in published.summary.findings if one.stands]
    if not standing:
        return published
    for one in standing:
        typed = Typed(key=one.key, action="accept", officer=OFFICER, reason="演示：已逐单位核实，汇总数属实有据")
        pipeline.answer(work, str(period), typed)
    (published,) = pipeline.aggregate(work, period)
    return published


def _district_quarter(stage: _Stage, district: Path, period: Period) -> list[Path]:
    """The same program one level up: the sub-districts' summaries are its returns."""
    now = dt.datetime.combine(period.end + dt.timedelta(days=9), dt.time(9))
    with at_work(district, now, "demo", stage.progress) as work:
        pipeline.issue(work, period, stage.code)
        _own_return(stage, work, period)
        pipeline.collect(work, readers=stage.readers)
        pipeline.audit(work, period)
        return [_published(work, period).path]


def _own_return(stage: _Stage, work: Work, period: Period) -> None:
    """The district fills in its own figures: nothing of this line happens there itself."""
    blanks = blanks_for(stage.checked, period, (), work.office.unit, past_of_units(work.book, period, stage.checked.form_set))
    blank = _sealed(work, blanks[0], work.now)
    if blank.filling is None:
        return
    one = Dirt("own", (0, 0, 0), "", zero=True)
    reading = fill(stage.checked.form_set, blank.identity, plan=blank.filling.ledgers)
    zero = soiled(reading, one, stage.checked.form_set)
    # A stock without a last period cannot follow from it; nothing stands there.
    stocks = [
        FigureCell(indicator.code, "number", "0")
        for indicator in stage.checked.form_set.indicators
        if indicator.time == "stock" and blank.typed_in(indicator)
    ]
    zero = msgspec.structs.replace(zero, figures=tuple(stocks))
    _write(stage, work, [(msgspec.structs.replace(blank, filling=zero), file_name(blank.identity), None)])


def _explain(
    folder: Path, outcomes: Sequence[tuple[str, str, str, str]], summaries: Sequence[Path]
) -> None:
    lines = [say("demo.about"), ""]
    lines += ["  ".join((*outcome[:3], "→", outcome[3])) for outcome in outcomes]
    lines += ["", *(str(path.relative_to(folder)) for path in summaries)]
    (folder / READ_ME).write_text("\n".join(lines) + "\n", encoding="utf-8")


def closing_lines(played: Played) -> Iterator[str]:
    """Say what there is to open, and what became of the known dirt."""
    right = sum(wanted == outcome for _, _, wanted, outcome in played.outcomes)
    yield say("demo.dirt", right=right, count=len(played.outcomes))
    yield say("demo.open")
    street = played.sites[0].folder
    period = str(PERIODS[-1])
    for key, path in (
        ("issued", street / "下发" / period),
        ("inbox", street / "收表"),
        ("status", street / "状态.xlsx"),
        ("findings", street / "审核结果.xlsx"),
        ("summary", played.summaries[-len(played.sites) - 1]),
        ("district", played.summaries[-1]),
        ("all", played.district.parent / READ_ME),
    ):
        yield f"  {say('demo.' + key)}  {path}"
