"""What all commands share: arguments, help and complaints in the language in force, the answer."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from huizong.doing import DONE, WAITS, Told
from huizong.errors import HuizongError
from huizong.screen import put
from huizong.texts import catalogue, say


def _in_capitals(code: str) -> str:
    """Codes of form sets are in capitals, however they are typed."""
    return code.strip().upper()


# What several commands take.
Folder = Annotated[Path, typer.Argument(metavar="OFFICE")]
PeriodText = Annotated[str, typer.Argument(metavar="PERIOD")]
SetCode = Annotated[str, typer.Option("--set", callback=_in_capitals)]
Now = Annotated[str, typer.Option("--now")]
Again = Annotated[bool, typer.Option("--again")]
OneUnit = Annotated[str, typer.Option("--unit")]
AsJson = Annotated[bool, typer.Option("--json")]


class Command(TyperCommand):
    """A command whose help is in the catalogue: `help.NAME`, `option.NAME` of its parameters."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write usage, what it does, arguments, options."""
        _write_help(self, ctx, formatter)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words typed; those that are too many are named."""
        ctx.allow_extra_args = True
        rest = super().parse_args(ctx, args)
        if rest:
            raise HuizongError("usage.extra", text=" ".join(map(str, rest)))
        return rest


class Group(TyperGroup):
    """A command with commands below it."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write usage, what it is for, options, commands."""
        _write_help(self, ctx, formatter)
        rows = [(name, say(f"help.{name}")) for name in self.list_commands(ctx)]
        _write_rows(formatter, "commands", rows)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that was typed, or say which are near."""
        known = self.list_commands(ctx)
        if args[0] not in known and not args[0].startswith("-"):
            near = get_close_matches(args[0], known, 3, 0.5) or known
            raise HuizongError("usage.no_command", text=args[0], near=" ".join(near))
        return super().resolve_command(ctx, args)


def _write_help(command: Any, ctx: Any, formatter: Any) -> None:
    pieces = " ".join(_pieces(command, ctx))
    formatter.write_usage(ctx.command_path, pieces, prefix=f"{say('usage.usage')} ")
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(say(f"help.{command.name if ctx.parent else 'huizong'}"))
    params = [one for one in command.get_params(ctx) if not getattr(one, "hidden", False)]
    for kind in ("argument", "option"):
        rows = [_row(command, one) for one in params if one.param_type_name == kind]
        _write_rows(formatter, f"{kind}s", rows)


def _write_rows(formatter: Any, heading: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(say(f"usage.{heading}").removesuffix(":")):
            formatter.write_dl(rows)


def _pieces(command: Any, ctx: Any) -> Iterator[str]:
    yield say("usage.with_options")
    for param in command.get_params(ctx):
        if param.param_type_name == "argument":
            yield _metavar(param)
    if isinstance(command, Group):
        yield say("usage.with_command")


def _row(command: Any, param: Any) -> tuple[str, str]:
    named = f"option.{command.name}.{param.name}"
    text = say(named if named in catalogue() else f"option.{param.name}")
    if param.param_type_name == "argument":
        return _metavar(param), text
    value = "" if param.is_flag or param.name == "help" else f" {param.name.upper()}"
    needed = f" {say('usage.required')}" if param.required else ""
    return ", ".join(param.opts) + value, text + needed


def _metavar(param: Any) -> str:
    name = param.metavar or param.name.upper()
    return name if param.required or name.startswith("[") else f"[{name}]"


def complaint(error: TyperException) -> str:
    """
    Say what the parser has against the words typed, and where the help is.

    The parser's own sentences are English; its errors are told apart by their names, since the
    classes are not public.
    """
    kind = type(error).__name__
    ctx = getattr(error, "ctx", None)
    if kind == "NoArgsIsHelpError":
        return error.format_message()
    param = getattr(error, "param", None)
    what = (
        (_metavar(param) if not param.opts[0].startswith("-") else param.opts[0]) if param else ""
    )
    option = getattr(error, "option_name", "")
    code = {
        "MissingParameter": "usage.missing",
        "NoSuchOption": "usage.no_option",
        "BadOptionUsage": "usage.option_value",
        "BadParameter": "usage.bad_value",
    }.get(kind, "usage.wrong")
    if f"usage.what_{what}" in catalogue():
        what = say(f"usage.what_{what}")
    told = say(code, what=what or option, text=error.message)
    return f"{told}\n{say('usage.try', command=ctx.command_path)}" if ctx else told


# Help and its headings are texts of the catalogue, found by the names of commands and parameters.
GROUP = {"cls": Group, "no_args_is_help": True, "rich_markup_mode": None}


def tell(told: Told) -> int:
    """Print what an action said, and give the exit code."""
    put(*told.lines)
    return WAITS if told.waits else DONE


def show(lines: Sequence[str]) -> bool:
    """Agree beforehand: what is done is only said."""
    put(*lines)
    return True
