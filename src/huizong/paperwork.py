"""What the book knows of paper: copies with their codes (纸质件), and who signed which summary."""

from collections.abc import Iterable, Iterator

import msgspec

from huizong.book import Book
from huizong.clock import minute_of
from huizong.errors import HuizongError
from huizong.history import Made, summaries_of
from huizong.periods import Period
from huizong.texts import name_of, say

STEPS = ("draft", "check", "sign")  # 送审 审核 签发


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """
    A paper copy as it came: the four digits printed on it.

    `digest` is the return that it fitted then, empty if none.
    """

    period: str
    set_code: str
    unit: str
    role: str
    code: str
    digest: str
    at: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of signing a version of a summary, which `number` and `checksum` name."""

    period: str
    set_code: str
    number: int
    checksum: str
    step: str
    officer: str
    note: str
    at: str


def save_copies(book: Book, copies: Iterable[Copy]) -> None:
    """Enter paper copies; earlier ones of the same unit stay in the book."""
    sql = f"INSERT INTO paper ({_COPY}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    book.put(sql, map(msgspec.structs.astuple, copies))


def copies_of(book: Book, period: str) -> dict[tuple[str, str, str], Copy]:
    """Give the paper copy that came last of each set, unit and role."""
    rows = book.ask(f"SELECT {_COPY} FROM paper WHERE period = ? ORDER BY id", (period,))
    copies = (Copy(**dict(zip(Copy.__struct_fields__, row, strict=True))) for row in rows)
    return {(one.set_code, one.unit, one.role): one for one in copies}


def save_step(book: Book, step: Step) -> None:
    """Enter a step of signing; none is ever changed."""
    sql = f"INSERT INTO signature ({_STEP}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    book.put(sql, [msgspec.structs.astuple(step)])


def steps_of(book: Book, made: Made) -> tuple[Step, ...]:
    """List the steps of one version of a summary; another version has none of them."""
    version = (made.period, made.set_code, made.number, made.checksum)
    where = "(period, set_code, number, checksum) = (?, ?, ?, ?)"
    rows = book.ask(f"SELECT {_STEP} FROM signature WHERE {where} ORDER BY id", version)
    return tuple(Step(**dict(zip(Step.__struct_fields__, row, strict=True))) for row in rows)


def next_step(steps: Iterable[Step]) -> str:
    """Name the step that is due; empty when all are done."""
    done = {one.step for one in steps}
    return next((step for step in STEPS if step not in done), "")


def last_made(book: Book, period: str, set_code: str) -> Made | None:
    """Give the version of a summary that was published last."""
    made = summaries_of(book, period, set_code)
    return made[-1] if made else None


def signed_sets(book: Book, period: str) -> tuple[str, ...]:
    """Name the form sets of which there is a summary to be signed."""
    return tuple(dict.fromkeys(one.set_code for one in summaries_of(book, period)))


def newest(book: Book, period: Period, set_code: str = "") -> tuple[Made, ...]:
    """
    Give the summaries of a period that were published last, of each form set or of one.

    Raises:
        HuizongError: If there is none (`error.sign_nothing`).
    """
    sets = [code for code in signed_sets(book, str(period)) if set_code in ("", code)]
    made = tuple(summaries_of(book, str(period), code)[-1] for code in sets)
    if not made:
        raise HuizongError("error.sign_nothing", period=name_of(period))
    return made


def signing_lines(book: Book, period: str) -> Iterator[str]:
    """Say of every summary which steps are taken, and which is due."""
    for code in signed_sets(book, period):
        made = summaries_of(book, period, code)[-1]
        steps = steps_of(book, made)
        yield say("signing.head", set=code, number=made.number, checksum=made.checksum)
        for one in steps:
            at = minute_of(one.at)
            said = {"step": say(f"signing.{one.step}"), "officer": one.officer, "note": one.note}
            yield say("signing.step_line", at=at, **said).rstrip()
        due = next_step(steps)
        yield say("signing.due", step=say(f"signing.{due}")) if due else say("signing.all_done")


_COPY = ", ".join(Copy.__struct_fields__)
_STEP = ", ".join(Step.__struct_fields__)
