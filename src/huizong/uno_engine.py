"""The engine through which xlwings drives LibreOffice."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import xlwings

from huizong.uno_app import App, Apps

NAME = "libreoffice"


def attach(context: Any, pid: int) -> xlwings.App:
    """Let xlwings work with a LibreOffice that we are connected to, from now on."""
    engine = xlwings.engines.engines_by_name.get(NAME)
    if engine is None:
        engine = xlwings.Engine(impl=Engine())
        xlwings.engines.add(engine)
    engine.activate()
    app = App(engine.impl, context, pid)
    engine.impl.apps.join(app)
    return xlwings.App(impl=app)


class Engine:
    """What xlwings asks of an engine: its programs, and how values are taken and given."""

    name = NAME
    type = "desktop"

    def __init__(self) -> None:
        self.apps = Apps()

    @staticmethod
    def prepare_xl_data_element(value: Any, options: Any) -> Any:
        """Make a value of numpy or pandas one of Python; what is missing is a blank."""
        del options
        if value is None or _is_missing(value):
            return None
        dtype = getattr(value, "dtype", None)
        if dtype is None:
            return value
        return (value.astype("datetime64[us]") if dtype.kind == "M" else value).item()

    @staticmethod
    def clean_value_data(
        data: list[list[Any]], datetime_builder: Callable[..., Any], empty_as: Any,
        number_builder: Callable[[float], Any] | None, err_to_str: bool,
    ) -> list[list[Any]]:  # fmt: skip
        """Give what was read as the caller asked for it: dates, numbers, blanks."""
        del err_to_str

        def clean(value: Any) -> Any:
            if value is None or value == "":
                return empty_as
            if isinstance(value, dt.datetime):
                return _build(value, datetime_builder)
            if number_builder is not None and type(value) is float:
                return number_builder(value)
            return value

        return [[clean(value) for value in row] for row in data]


def _is_missing(value: Any) -> bool:
    try:
        return bool(value != value)
    except TypeError:
        # pandas' NA is neither equal to itself nor unequal.
        return True


def _build(moment: dt.datetime, builder: Callable[..., Any]) -> Any:
    return builder(
        year=moment.year, month=moment.month, day=moment.day, hour=moment.hour,
        minute=moment.minute, second=moment.second, microsecond=moment.microsecond,
    )  # fmt: skip
