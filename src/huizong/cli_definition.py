"""The commands below `huizong definition`: form sets in Excel, standard blanks."""

from pathlib import Path
from typing import Annotated

import typer

from huizong.screen import put
from huizong.texts import say
from huizong.usage import GROUP, Command

definitions = typer.Typer(**GROUP)


@definitions.command("export", cls=Command)
def export_definition(
    set_code: Annotated[str, typer.Argument(metavar="SET")],
    file: Annotated[Path, typer.Argument(metavar="FILE")],
) -> None:
    """Write a form set's definition to an Excel workbook."""
    from huizong.definition_book import export

    export(set_code, file)
    put(say("command.exported", set=set_code.upper(), file=file))


@definitions.command("import", cls=Command)
def import_definition(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    folder: Annotated[Path, typer.Argument(metavar="DIR")],
) -> None:
    """Check a definition's workbook, and write it as definition.toml."""
    from huizong import definition_book

    form_set = definition_book.import_definition(file, folder)
    put(
        say("command.imported", set=form_set.code, folder=folder,
            indicators=len(form_set.indicators), relations=len(form_set.relations))
    )  # fmt: skip


@definitions.command("blanks", cls=Command)
def standard_blanks(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]")] = None,
) -> None:
    """Write each form set's standard blank beside its definition."""
    from huizong.issue import write_standard
    from huizong.work import checked_sets

    for checked in checked_sets().values():
        put(write_standard(checked, folder))
