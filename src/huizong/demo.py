"""Play two quarters of a district over three sub-districts with 14 communities each."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from huizong import pipeline
from huizong.answers import Typed
from huizong.caches import with_caches
from huizong.children import Children
from huizong.demo_offices import (
    DISTRICT,
    READ_ME,
    STATED,
    STREETS,
    Site,
    clear,
    init_district,
    init_street,
    openings,
)
from huizong.desk import Blank
from huizong.dirt import Dirt, read_dirt, reasons, soiled, spoil
from huizong.entries import Received, files_of
from huizong.filled import write_filled
from huizong.issue import blanks_for, file_name
from huizong.language import CheckedSet
from huizong.office import expected_units
from huizong.past import Past, save_opening
from huizong.periods import Period
from huizong.pipeline import Audited
from huizong.publish import Published
from huizong.records import (
    TO_EXPLAIN,
    TO_MEND,
    FigureCell,
    Finding,
    Identity,
    Reading,
    UnitReturn,
)
from huizong.restate import pasts_of
from huizong.sample import fill
from huizong.send_back import copies
from huizong.take_in import PROCESSES, TASK
from huizong.texts import say
from huizong.unit_returns import with_readings
from huizong.work import Progress, Work, at_work, checked_sets, silent

PERIODS = (Period.parse("2025Q3"), Period.parse("2025Q4"))
OFFICER = "演示员"


def demo_set() -> str:
    """The form set of the demo: the first installed one whose sample has known dirt."""
    return next(code for code, checked in checked_sets().items() if read_dirt(checked.form_set))


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
    clear(folder)
    checked = checked_sets()[demo_set()]
    start = dt.datetime(2025, 9, 20, 9)
    district = folder / DISTRICT[1]
    init_district(district, checked.form_set.code, start)
    sites = tuple(
        init_street(folder, number, checked.form_set.code, start) for number in range(len(STREETS))
    )
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


def _open_books(stage: _Stage, site: Site) -> None:
    """Enter the quarters before the demo as opening figures, generated and marked as such."""
    first = PERIODS[0]
    year_ago = [period.year_ago for period in PERIODS if period.year_ago]
    earlier = [*year_ago, *first.within_year[:-1]]
    with at_work(site.folder, dt.datetime(2025, 9, 20, 10), "demo") as work:
        for period in earlier:
            blanks = _filled(stage, site, work, period, {})
            save_opening(work.book, openings(site, blanks, period, stage.checked))
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


def _quarter(
    stage: _Stage, site: Site, number: int, period: Period
) -> list[tuple[str, str, str, str]]:
    """Issue, fill, collect, audit; then mend, explain and answer until all that can has passed."""
    issued_at = dt.datetime.combine(period.end - dt.timedelta(days=10), dt.time(9))
    sent_at = dt.datetime.combine(period.end + dt.timedelta(days=3), dt.time(10))
    dirt = read_dirt(stage.checked.form_set)
    mine = (site.number, number)
    here = {unit: one for (at, unit, when), one in dirt.items() if (at, when) == mine}
    with at_work(site.folder, issued_at, "demo", stage.progress) as work:
        pipeline.issue(work, period, stage.code)
    with at_work(site.folder, sent_at, "demo", stage.progress) as work:
        past = pasts_of(work.book, work.office.roster, stage.checked, period)
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
            blank = msgspec.structs.replace(blank, filling=changed)
        sent.append((blank, file_name(blank.identity), one.spoil if one else None))
    _write(stage, work, sent)


def _of_last_period(work: Work, blank: Blank, last: Mapping[str, Reading]) -> Blank:
    """Fill in last period's form once more, with something changed so that it is another file."""
    period = Period.parse(blank.identity.period).previous
    identity = msgspec.structs.replace(blank.identity, period=str(period))
    reading = last[_who(blank.identity)]
    return msgspec.structs.replace(
        blank, identity=identity, seal=work.book.seal(identity),
        filling=msgspec.structs.replace(
            reading, remarks={blank.form_set.indicators[0].code: "补充说明：与上次报送略有不同"}
        ),
    )  # fmt: skip


def _write(stage: _Stage, work: Work, sent: Sequence[tuple[Blank, str, str | None]]) -> None:
    """Write files in two processes, then do to them what their senders did."""
    blanks = with_caches([blank for blank, _, _ in sent])
    paths = [work.office.inbox / f"{name}.xlsx" for _, name, _ in sent]
    jobs = list(zip(blanks, paths, strict=True))
    for number, _ in enumerate(write_filled(stage.writers, jobs), 1):
        stage.progress("fill", number, len(jobs))
    for (_, path), (_, _, kind) in zip(jobs, sent, strict=True):
        if kind:
            spoil(kind, path)


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
    files = files_of(work.book)
    for file in files:
        for finding in file.findings:
            if file.state != "pending" or finding.level != "ask":
                continue
            key = finding.key(file.unit, file.period, file.set_code)
            use = _newest(files, finding) if finding.code == "two_returns" else ""
            typed = Typed(
                key=key, action="use" if use else "reject", officer=OFFICER,
                reason="演示：经电话核实", file=use,
            )  # fmt: skip
            pipeline.answer(work, str(period), typed)


def _newest(files: Sequence[Received], finding: Finding) -> str:
    """Of the files that a choice is between, give the digest of the newest."""
    heads = tuple(finding.details["found"].split(","))
    return max((f for f in files if f.digest.startswith(heads)), key=lambda f: f.made_at).digest


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
        reason = "演示：已逐单位核实，汇总数有据可查"
        typed = Typed(key=one.key, action="accept", officer=OFFICER, reason=reason)
        pipeline.answer(work, str(period), typed)
    (published,) = pipeline.aggregate(work, period)
    return published


def _district_quarter(stage: _Stage, district: Path, period: Period) -> list[Path]:
    """The same program one level up: the sub-districts' summaries are its returns."""
    now = dt.datetime.combine(period.end + dt.timedelta(days=9), dt.time(9))
    with at_work(district, now, "demo", stage.progress) as work:
        pipeline.issue(work, period, stage.code)
        own = _own_return(stage, work, period)
        pipeline.collect(work, readers=stage.readers)
        audited = pipeline.audit(work, period)
        row = audited.sets[0].rows[-1]
        if row.state != "passed" and own.filling:
            told = msgspec.structs.replace(own, filling=reasons(_asked(row), own.filling))
            _write(stage, work, [(told, f"{file_name(own.identity)}_改", None)])
            pipeline.collect(work, readers=stage.readers)
            pipeline.audit(work, period)
        return [_published(work, period).path]


def _own_return(stage: _Stage, work: Work, period: Period) -> Blank:
    """The district fills in its own figures: nothing of this line happens there itself."""
    past = pasts_of(work.book, work.office.roster, stage.checked, period)
    blanks = blanks_for(stage.checked, period, (), work.office.unit, past)
    blank = _sealed(work, blanks[0], work.now)
    one = Dirt("own", (0, 0, 0), "", zero=True)
    reading = fill(
        stage.checked.form_set, blank.identity, plan=blank.filling.ledgers if blank.filling else ()
    )
    zero = soiled(reading, one, stage.checked.form_set)
    # A stock without a last period cannot follow from it; nothing stands there.
    stocks = [
        FigureCell(indicator.code, "number", "0")
        for indicator in stage.checked.form_set.indicators
        if indicator.time == "stock" and blank.typed_in(indicator)
    ]
    zero = msgspec.structs.replace(zero, figures=tuple(stocks))
    filled = msgspec.structs.replace(blank, filling=zero)
    _write(stage, work, [(filled, file_name(blank.identity), None)])
    return filled


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
