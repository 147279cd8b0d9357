"""The command line: parse, run one action, print; 0 done, 1 someone must act, 2 failed."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from huizong import acts
from huizong.acts import DONE, FAILED, WAITS, Told, attempt, office_at_work
from huizong.errors import HuizongError
from huizong.periods import Period
from huizong.texts import choose, say

# What the parser makes of Ctrl-C.
INTERRUPTED = 130

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
        choose(lang)


@app.command()
def init(
    office: Folder,
    roster: Annotated[Path | None, typer.Option(help="名册 / roster, .xlsx or .csv")] = None,
    unit: Annotated[str | None, typer.Option(help="本单位区划代码 / the office's own code")] = None,
    now: Now = "",
) -> int:
    """新建收表文件夹。 Make an office's folder with its control workbook."""
    return _tell(acts.init(office, roster, unit, now))


@app.command()
def issue(
    office: Folder, period: PeriodText,
    set_code: Annotated[str, typer.Option("--set", help="只下发此条线 / this form set only")] = "",
    now: Now = "",
) -> int:  # fmt: skip
    """下发空表。 Write the period's blanks, one a unit."""
    with office_at_work(office, now, "issue") as work:
        return _tell(acts.issue(work, Period.parse(period), set_code))


@app.command()
def collect(
    office: Folder,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="文件；不给则收“收表”")
    ] = None,
    now: Now = "",
) -> int:
    """收表。 Take in returns from 收表 or from given files."""
    with office_at_work(office, now, "collect") as work:
        return _tell(acts.collect(work, tuple(files or ())))


@app.command()
def audit(office: Folder, period: PeriodText, json_: AsJson = False, now: Now = "") -> int:
    """审核。 Audit a period's returns, and say what each unit has to do."""
    with office_at_work(office, now, "audit") as work:
        return _tell(acts.audit(work, Period.parse(period), as_json=json_))


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
) -> int:  # fmt: skip
    """答复一条审核结果。 Answer what a finding asks the officer."""
    from huizong.answers import Typed

    action = "accept" if accept else "reject" if reject else "use"
    if accept + reject + bool(use) != 1:
        raise HuizongError("error.one_action")
    with office_at_work(office, now, "answer") as work:
        typed = Typed(key=finding.upper(), action=action, officer=officer, reason=reason, file=use)
        return _tell(acts.answer(work, Period.parse(period), typed))


@app.command("return")
def return_(
    office: Folder, period: PeriodText,
    unit: Annotated[str, typer.Option(help="只退这个单位（区划代码）/ this unit only")] = "",
    now: Now = "",
) -> int:  # fmt: skip
    """退回修改。 Write a correction copy for every unit that has to mend or explain something."""
    with office_at_work(office, now, "return") as work:
        return _tell(acts.send_back(work, Period.parse(period), unit))


@app.command()
def differences(
    office: Folder, period: PeriodText,
    unit: Annotated[str, typer.Option(help="区划代码 / region code; blank: every unit")] = "",
    now: Now = "",
) -> int:  # fmt: skip
    """版本差异。 List cell by cell what changed between the versions of a unit's return."""
    with office_at_work(office, now, "differences") as work:
        return _tell(acts.differences(work, Period.parse(period), unit))


@app.command()
def papers(office: Folder, period: PeriodText, now: Now = "") -> int:
    """通报与清单。 Write the bulletin, the problems, the reminder and the figures by unit."""
    with office_at_work(office, now, "papers") as work:
        return _tell(acts.papers(work, Period.parse(period)))


@app.command()
def aggregate(office: Folder, period: PeriodText, now: Now = "") -> int:
    """生成汇总。 Add up what has passed, and write the summary workbook."""
    with office_at_work(office, now, "aggregate") as work:
        return _tell(acts.aggregate(work, Period.parse(period)))


@app.command()
def history(
    office: Folder,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="期初数 / figures, .xlsx or .csv")],
    blank: Annotated[bool, typer.Option("--blank", help="写空表 / write the blank")] = False,
    period: Annotated[
        str, typer.Option(help="首个报告期，空表用 / the first period, for the blank")
    ] = "",
    now: Now = "",
) -> int:  # fmt: skip
    """期初导入。 Import figures of earlier periods, or write the blank for them."""
    with office_at_work(office, now, "history") as work:
        return _tell(acts.history(work, file, period, blank=blank))


@app.command()
def close(
    office: Folder, period: PeriodText,
    officer: Annotated[str, typer.Option(help="核准人 / who decides")],
    reason: Annotated[str, typer.Option(help="理由 / why")],
    now: Now = "",
) -> int:  # fmt: skip
    """定稿锁定。 Close a period: its summaries stand, later returns wait."""
    with office_at_work(office, now, "close") as work:
        return _tell(acts.close(work, Period.parse(period), officer, reason))


@app.command()
def reopen(
    office: Folder, period: PeriodText,
    officer: Annotated[str, typer.Option(help="核准人 / who decides")],
    reason: Annotated[str, typer.Option(help="理由 / why")],
    now: Now = "",
) -> int:  # fmt: skip
    """解除定稿。 Open a closed period again for a correction."""
    with office_at_work(office, now, "reopen") as work:
        return _tell(acts.reopen(work, Period.parse(period), officer, reason))


@app.command()
def status(office: Folder, period: PeriodText, json_: AsJson = False, now: Now = "") -> int:
    """报送情况。 Say how the units stand, from the book alone."""
    with office_at_work(office, now, "status") as work:
        return _tell(acts.status(work, Period.parse(period), as_json=json_))


@app.command()
def verify(
    summary: Annotated[Path, typer.Argument(metavar="SUMMARY", help="汇总簿 / a summary workbook")],
    sources: Annotated[
        Path | None, typer.Option(help="原件所在文件夹 / folder of the files")
    ] = None,
) -> int:
    """核对汇总簿。 Recompute a summary from its own sources, and from the files if given."""
    return _tell(acts.verify(summary, sources))


@app.command()
def menu(
    office: Annotated[
        Path, typer.Argument(metavar="[OFFICE]", help="收表文件夹 / folder")
    ] = Path(),
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="先收这些文件 / files to collect"),
    ] = None,
    now: Now = "",
) -> int:
    """菜单：按序号办理。 A menu of all actions."""
    from huizong.launchers import office_and_files
    from huizong.menu import run_menu

    folder, dropped = office_and_files((office, *(files or ())))
    return run_menu(folder, dropped, now)


@app.command()
def launchers(office: Folder) -> int:
    """重做双击启动文件。 Write the office's two launchers anew, for this computer."""
    return _tell(acts.launchers(office))


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
    typer.echo(say("command.exported", set=set_code.upper(), file=file))


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
    typer.echo(
        say("command.imported", set=form_set.code, folder=folder,
            indicators=len(form_set.indicators), relations=len(form_set.relations))
    )  # fmt: skip


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


def _tell(told: Told) -> int:
    """Print what an action said, and give the exit code."""
    for line in told.lines:
        typer.echo(line)
    return WAITS if told.waits else DONE


def main(arguments: list[str] | None = None) -> None:
    """Run a command; nobody ever sees a traceback."""
    sys.exit(run(lambda: app(arguments, standalone_mode=False)))


def run(command: Callable[[], Any]) -> int:
    """Run a command to its exit code; what stopped it is said in one sentence."""
    return attempt(lambda: _parsed(command))


def _parsed(command: Callable[[], Any]) -> Any:
    """Run what the parser calls; what it has against the words typed, it says itself."""
    try:
        code = command()
    except typer.Exit as stop:
        return stop.exit_code
    except TyperException as error:
        error.show()
        return FAILED
    except typer.Abort as error:
        raise KeyboardInterrupt from error
    if code == INTERRUPTED:
        raise KeyboardInterrupt
    return code
