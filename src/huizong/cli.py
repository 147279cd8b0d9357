"""The command line: parse, call one function, print; 0 done, 1 someone must act, 2 failed."""

import contextlib
import datetime as dt
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from huizong.errors import HuizongError
from huizong.texts import say, speak

DONE, WAITS, FAILED = 0, 1, 2

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="汇总：下发、收表、审核、汇总、上报。 Issue, collect, audit and add up forms.",
)  # fmt: skip

definitions = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="报表制度的工作簿。 A form set's definition in Excel.",
)
app.add_typer(definitions, name="definition")

Folder = Annotated[Path, typer.Argument(metavar="OFFICE", help="收表文件夹 / the office's folder")]
PeriodText = Annotated[
    str, typer.Argument(metavar="PERIOD", help="报告期 / period: 2026Q1, 2026M03")
]
Now = Annotated[str, typer.Option("--now", help="固定时间 / fix the clock: 2026-04-06T09:00:00")]
AsJson = Annotated[bool, typer.Option("--json", help="机器可读 / machine-readable")]


@app.callback()
def main_options(
    lang: Annotated[str, typer.Option("--lang", help="zh / en")] = "",
) -> None:
    """汇总：下发、收表、审核、汇总、上报。 Issue, collect, audit and add up forms."""
    if lang:
        speak(lang)


@app.command()
def init(
    office: Folder,
    roster: Annotated[Path | None, typer.Option(help="名册 / roster, .xlsx or .csv")] = None,
    unit: Annotated[str | None, typer.Option(help="本单位区划代码 / the office's own code")] = None,
    now: Now = "",
) -> None:
    """新建收表文件夹。 Make an office's folder with its control workbook."""
    from huizong.office import init_office

    made = init_office(office, roster=roster, unit=unit, now=_clock(now))
    below = sum(one.parent == made.unit.code for one in made.roster)
    _say("command.init", folder=office, name=made.unit.name, code=made.unit.code, units=below)


@app.command()
def issue(
    office: Folder, period: PeriodText,
    set_code: Annotated[str, typer.Option("--set", help="只下发此条线 / this form set only")] = "",
    now: Now = "",
) -> None:  # fmt: skip
    """下发空表。 Write the period's blanks, one a unit."""
    from huizong import pipeline

    with _work(office, now, "issue") as work:
        issued = pipeline.issue(work, _period(period), set_code)
        _say("command.issued", count=len(issued), folder=work.office.issued(str(_period(period))))


@app.command()
def collect(
    office: Folder,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="文件；不给则收“收表”")
    ] = None,
    now: Now = "",
) -> int:
    """收表。 Take in returns from 收表 or from given files."""
    from huizong import pipeline

    with _work(office, now, "collect") as work:
        done = pipeline.collect(work, tuple(files or ()))
        _say("command.collected", filed=len(done.filed), unfiled=len(done.unfiled),
             known=done.scan.known, ignored=len(done.scan.ignored),
             busy=len(done.busy))  # fmt: skip
        for file in done.keys:
            _say("command.key_taken", file=file.name)
        for line in pipeline.unfiled_lines(done):
            typer.echo(line)
    return WAITS if done.unfiled or done.busy else DONE


@app.command()
def audit(office: Folder, period: PeriodText, json_: AsJson = False, now: Now = "") -> int:
    """审核。 Audit a period's returns, and say what each unit has to do."""
    from huizong import pipeline, reports

    with _work(office, now, "audit") as work:
        done = pipeline.audit(work, _period(period))
        if json_:
            typer.echo(reports.audit_json(done, _period(period)))
        else:
            for line in reports.audit_lines(done):
                typer.echo(line)
    return WAITS if reports.someone_must_act(done) else DONE


@app.command()
def answer(
    office: Folder, period: PeriodText,
    finding: Annotated[str, typer.Option(help="编号 / the finding's number")],
    officer: Annotated[str, typer.Option(help="核准人 / who decides")],
    reason: Annotated[str, typer.Option(help="理由 / why")],
    accept: Annotated[bool, typer.Option("--accept", help="接受、核准 / accept")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="退回 / send back")] = False,
    use: Annotated[str, typer.Option(help="采用此份 / use this file of several")] = "",
    now: Now = "",
) -> None:  # fmt: skip
    """答复一条审核结果。 Answer what a finding asks the officer."""
    from huizong import pipeline
    from huizong.answers import Typed

    action = "accept" if accept else "reject" if reject else "use" if use else ""
    if accept + reject + bool(use) != 1:
        raise HuizongError("error.one_action")
    with _work(office, now, "answer") as work:
        typed = Typed(key=finding.upper(), action=action, officer=officer, reason=reason, file=use)
        pipeline.answer(work, str(_period(period)), typed)
        _say("command.answered", key=finding.upper())


@app.command("return")
def return_(
    office: Folder, period: PeriodText,
    unit: Annotated[str, typer.Option(help="只退这个单位（区划代码）/ this unit only")] = "",
    now: Now = "",
) -> None:  # fmt: skip
    """退回修改。 Write a correction copy for every unit that has to mend or explain something."""
    from huizong import pipeline

    with _work(office, now, "return") as work:
        done = pipeline.send_back(work, _period(period), unit)
        if not done:
            _say("command.nothing_to_return", period=_period(period))
            return
        folder = work.office.corrections(str(_period(period)))
        _say("command.returned", count=len(done), folder=folder)
        for one in done:
            _say("command.returned_one", name=one.unit.name, count=one.problems, path=one.path.name)


@app.command()
def differences(
    office: Folder, period: PeriodText,
    unit: Annotated[str, typer.Option(help="区划代码 / region code; blank: every unit")] = "",
    now: Now = "",
) -> None:  # fmt: skip
    """版本差异。 List cell by cell what changed between the versions of a unit's return."""
    from huizong import versions

    with _work(office, now, "differences") as work:
        found = versions.compared(work, _period(period), unit)
        count = versions.count_versions(work, _period(period), unit) if unit else 0
    if not found:
        code = "command.one_version" if unit else "differences.none"
        _say(code, name=unit, period=_period(period), count=count)
    for one in found:
        _say("command.versions", name=one.name, set=one.set_code, old=one.old, new=one.new,
             count=len(one.differences))  # fmt: skip
        for other in one.differences:
            before, after = (value or say("differences.empty") for value in other.values)
            place = f"{other.sheet} {other.cell}".strip()
            _say("command.difference", label=other.label, place=place, before=before, after=after)


@app.command()
def papers(office: Folder, period: PeriodText, now: Now = "") -> None:
    """通报与清单。 Write the bulletin, the problems, the reminder and the figures by unit."""
    from huizong import pipeline

    with _work(office, now, "papers") as work:
        for one in pipeline.papers(work, _period(period)):
            code = "command.paper" if one.path else "command.paper_skipped"
            _say(code, path=one.path, name=one.name, why=one.why)


@app.command()
def aggregate(office: Folder, period: PeriodText, now: Now = "") -> int:
    """生成汇总。 Add up what has passed, and write the summary workbook."""
    from huizong import pipeline

    with _work(office, now, "aggregate") as work:
        published = pipeline.aggregate(work, _period(period))
    for one in published:
        summary = one.summary
        code = "command.published" if one.new else "command.unchanged"
        _say(code, path=one.path, number=summary.number, checksum=one.checksum,
             reported=summary.reported, expected=len(summary.units))  # fmt: skip
        for change in summary.changes if one.new else ():
            _say("command.change", code=change.code, name=change.name,
                 before=change.before or "——", after=change.after or "——")  # fmt: skip
    return DONE


@app.command()
def status(office: Folder, period: PeriodText, json_: AsJson = False, now: Now = "") -> None:
    """报送情况。 Say how the units stand, from the book alone."""
    from huizong.standing import standing

    with _work(office, now, "status") as work:
        stands = standing(work, _period(period))
    if json_:
        typer.echo(json.dumps([_as_dict(one) for one in stands], ensure_ascii=False, indent=2))
        return
    for one in stands:
        late = say("mark.late") if one.late else ""
        typer.echo(
            f"{one.set_code}  {one.unit}  {one.name}  {say('state.' + one.state)} {late}".rstrip()
        )
    counts = Counter(one.state for one in stands)
    typer.echo("，".join(f"{say('state.' + state)} {count}" for state, count in counts.items()))


@app.command()
def verify(
    summary: Annotated[Path, typer.Argument(metavar="SUMMARY", help="汇总簿 / a summary workbook")],
    sources: Annotated[
        Path | None, typer.Option(help="原件所在文件夹 / folder of the files")
    ] = None,
) -> int:
    """核对汇总簿。 Recompute a summary from its own sources, and from the files if given."""
    from huizong import checking

    verification = checking.verify(summary, sources)
    for fault in verification.faults:
        typer.echo(fault.words())
    if verification.ok:
        _say("command.verified", file=summary.name, checksum=verification.checksum)
    return DONE if verification.ok else WAITS


@app.command()
def dictionary(
    set_code: Annotated[str, typer.Argument(metavar="SET", help="条线代号 / form set")],
) -> None:
    """指标词典。 Print a form set's indicators, ledgers and relations."""
    from huizong.dictionary import lines

    for line in lines(set_code):
        typer.echo(line)


@definitions.command("export")
def export_definition(
    set_code: Annotated[str, typer.Argument(metavar="SET", help="条线代号 / form set")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="工作簿 / workbook, .xlsx")],
) -> None:
    """导出报表制度。 Write a form set's definition to an Excel workbook."""
    from huizong.definition_book import export

    export(set_code, file)
    _say("command.exported", set=set_code.upper(), file=file)


@definitions.command("import")
def import_definition(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="工作簿 / workbook, .xlsx")],
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="写入的文件夹 / folder to write to")
    ],
) -> None:
    """读入报表制度。 Check a definition's workbook, and write it as definition.toml."""
    from huizong import definition_book

    form_set = definition_book.import_definition(file, folder)
    _say("command.imported", set=form_set.code, folder=folder, indicators=len(form_set.indicators),
         relations=len(form_set.relations))  # fmt: skip


@definitions.command("blanks")
def standard_blanks(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="写到别处 / folder to write to")
    ] = None,
) -> None:
    """重做标准空表。 Write each form set's standard blank beside its definition."""
    from huizong.issue import write_standard
    from huizong.work import checked_sets

    for checked in checked_sets().values():
        typer.echo(write_standard(checked, folder))


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="演示文件夹 / folder to fill")],
) -> None:
    """演示：一个区、三个街道、两个季度。 A district over three sub-districts, two quarters."""
    from huizong.demo import closing_lines, play
    from huizong.progress import bars

    with bars() as progress:
        played = play(folder, progress)
    for line in closing_lines(played):
        typer.echo(line)


def _as_dict(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__struct_fields__}


def _say(code: str, /, **details: Any) -> None:
    typer.echo(say(code, **details))


def _clock(now: str) -> dt.datetime:
    """Read `--now`, else the computer's clock; times are China's."""
    zone = dt.timezone(dt.timedelta(hours=8))
    if not now:
        return dt.datetime.now(zone).replace(tzinfo=None, microsecond=0)
    try:
        return dt.datetime.fromisoformat(now).replace(tzinfo=None)
    except ValueError as error:
        raise HuizongError("error.clock", text=now) from error


def _period(text: str) -> Any:
    from huizong.periods import Period

    return Period.parse(text)


@contextlib.contextmanager
def _work(folder: Path, now: str, action: str) -> Iterator[Any]:
    """Open the office with a progress bar on the terminal, if there is one."""
    from huizong.progress import bars
    from huizong.work import at_work

    with bars() as progress, at_work(folder, _clock(now), action, progress) as work:
        speak(work.office.settings.language) if not _chosen() else None
        yield work


def _chosen() -> bool:
    """Whether the language was chosen for this run, by --lang or HUIZONG_LANG."""
    import os

    return "--lang" in sys.argv or "HUIZONG_LANG" in os.environ


def main(arguments: list[str] | None = None) -> None:
    """Run a command; nobody ever sees a traceback."""
    sys.exit(run(lambda: app(arguments, standalone_mode=False)))


def run(command: Callable[[], Any]) -> int:
    """Run a command to its exit code; what stopped it is said in one sentence."""
    try:
        code = command()
    except HuizongError as error:
        typer.echo(str(error), err=True)
        return FAILED
    except typer.Exit as stop:
        return stop.exit_code
    except TyperException as error:
        error.show()
        return FAILED
    except (typer.Abort, KeyboardInterrupt):
        typer.echo(say("error.stopped"), err=True)
        return FAILED
    except Exception as error:
        # Where, for the next developer; never what stood in a cell.
        last = error.__traceback__
        while last and last.tb_next:
            last = last.tb_next
        place = f"{Path(last.tb_frame.f_code.co_filename).name}:{last.tb_lineno}" if last else "?"
        typer.echo(say("error.unexpected", kind=type(error).__name__, place=place), err=True)
        return FAILED
    return code if isinstance(code, int) else DONE
