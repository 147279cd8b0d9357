"""The office's folder: where things lie, who the office is, and which units it waits for."""

import datetime as dt
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from huizong import console
from huizong.book import BACKUPS, create_book
from huizong.errors import HuizongError
from huizong.forms import installed
from huizong.history import Made
from huizong.launchers import write_launchers
from huizong.letters import LETTERS
from huizong.periods import Period
from huizong.records import Unit, level_of
from huizong.roster import Line, read_lines, refuse_unknown_parents, refused, unknown_sets
from huizong.safely import free_name, is_open, told, write_safely
from huizong.settings import Settings, read_control
from huizong.texts import language, listed, marked
from huizong.unit_levels import office_level, unit_level

CONTROL = (console.FILE, console.OLD_FILE)
BOOK = "huizong.db"


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """One office: its folder, who it is, its units and settings. All its paths are named here."""

    folder: Path
    unit: Unit
    level: str
    roster: tuple[Unit, ...]
    settings: Settings

    @property
    def inbox(self) -> Path:
        """Where people put what units send; nothing in it is ever changed."""
        return self.folder / "收表"

    @property
    def originals(self) -> Path:
        """Every byte ever received, under its digest."""
        return self.folder / "已收" / "原件"

    @property
    def letters(self) -> Path:
        """Every letter ever received, under its digest."""
        return self.folder / LETTERS

    @property
    def control(self) -> Path:
        """The control workbook."""
        return next(
            (p for n in CONTROL if (p := self.folder / n).exists()), self.folder / CONTROL[0]
        )

    @property
    def earlier(self) -> Path:
        """Where people put figures of earlier periods, for the button that takes them in."""
        return self.folder / "期初"

    @property
    def book(self) -> Path:
        """The book of record."""
        return self.folder / BOOK

    @property
    def status(self) -> Path:
        """The list of who has reported."""
        return self.folder / "状态.xlsx"

    @property
    def findings(self) -> Path:
        """The list of findings, with the officer's answers."""
        return self.folder / "审核结果.xlsx"

    @property
    def backups(self) -> Path:
        """Dated copies of the book."""
        return self.folder / BACKUPS

    def issued(self, period: str) -> Path:
        """Blanks of a period, to be sent to the units."""
        return self.folder / "下发" / period

    def received(self, period: str) -> Path:
        """What was received for a period, under the units' names."""
        return self.folder / "已收" / period

    def corrections(self, period: str) -> Path:
        """Correction copies, to be sent back."""
        return self.folder / "退改" / period

    def summaries(self, period: str) -> Path:
        """Summary workbooks."""
        return self.folder / "汇总" / period

    def summary_file(self, made: Made) -> Path:
        """The workbook of a summary that was published."""
        return self.summaries(made.period) / made.path

    def upward(self, period: str) -> Path:
        """What goes to the office above."""
        return self.folder / "上报" / period

    def drafts(self, period: str) -> Path:
        """Letters to the units that wait for the officer, who sends them."""
        return self.folder / "草稿" / period

    def outbox(self, period: str) -> Path:
        """Letters that were approved, as they are sent."""
        return self.folder / "发件" / period

    @property
    def templates(self) -> Path:
        """The words of letters, which the office may edit."""
        return self.folder / "信函模板"

    def levels_of(self, codes: Iterable[str]) -> list[str]:
        """Tell the level of each code; one that the roster has no more by the code alone."""
        known = {unit.code: unit_level(unit) for unit in (*self.roster, self.unit)}
        return [known.get(code) or level_of(code) for code in codes]


_FOLDERS = ("下发", "收表", "已收/原件", "退改", "汇总", "上报", "草稿")


def init_office(
    folder: Path, *, roster: Path | None = None, unit: str | None = None, now: dt.datetime,
    sets: tuple[str, ...] = (),
) -> Office:  # fmt: skip
    """
    Make the folder of an office: control workbook, book of record, folders.

    `sets` are the form sets in use, empty for all installed.

    Raises:
        HuizongError: If there is an office already, the roster is wrong, or nothing tells who
            the office is (`error.office_unknown`).
    """
    # Late: only here a workbook is written; every other command answers without.
    from huizong.control import write_control

    for name in (*CONTROL, BOOK):
        if (folder / name).exists():
            raise HuizongError("error.office_exists", folder=folder, file=name)
    lines = read_lines(roster) if roster else tuple(Line(unit) for unit in sample_roster())
    units = tuple(line.unit for line in lines)
    own = _own_unit(units, unit, folder)
    refuse_unknown_parents(lines, own.code, roster.name if roster else CONTROL[0])
    if roster and (unknown := [*unknown_sets(lines, installed())]):
        raise refused(roster.name, unknown)
    settings = Settings(
        code=own.code, name=own.name, period=str(_quarter(now)), sets=sets, language=language()
    )  # fmt: skip
    try:
        # What units send is personal: in a folder that is made here only its owner reads.
        folder.mkdir(0o700, parents=True, exist_ok=True)
        for name in _FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise told(error, folder) from error
    with write_safely(folder / CONTROL[0]) as temp:
        write_control(temp, settings, units, now)
        # Only now: a book without a control workbook is no office, and would keep one from being.
        create_book(folder / BOOK, now.isoformat(timespec="seconds"))
    write_launchers(folder)
    return open_office(folder)


def open_office(folder: Path) -> Office:
    """
    Open an office from its control workbook, as a person has saved it.

    Raises:
        HuizongError: If there is none, or a line in it is wrong (sheet, cell, what is expected).
    """
    path = next((p for n in CONTROL if (p := folder / n).exists()), None)
    if path is None:
        raise HuizongError("error.no_office", folder=folder)
    settings, roster = read_control(path)
    return make_office(folder, settings, roster)


def make_office(folder: Path, settings: Settings, roster: tuple[Unit, ...]) -> Office:
    """Make the record of an office from its settings and roster, saved or in an open book."""
    if not any(unit.parent == settings.code for unit in roster):
        raise HuizongError("error.office_without_units", code=settings.code)
    own = next((unit for unit in roster if unit.code == settings.code), None)
    if own is None:
        own = Unit(code=settings.code, name=settings.name, parent="")
    level = office_level(own, roster)
    category = own.category if unit_level(own) == level else level
    own = msgspec.structs.replace(own, name=settings.name, category=category)
    return Office(folder=folder, unit=own, level=level, roster=roster, settings=settings)


def _own_unit(units: Sequence[Unit], code: str | None, folder: Path) -> Unit:
    """
    Find who the office is: as said, else by the folder's name, else the one over all others.
    """
    by_code = {unit.code: unit for unit in units}
    if code is None:
        called = [unit for unit in units if unit.name == folder.resolve().name]
        if len(called) == 1 and any(unit.parent == called[0].code for unit in units):
            return called[0]
        tops = [unit for unit in units if unit.parent not in by_code]
        parents = Counter(unit.parent for unit in tops)
        with_units = [top for top in tops if any(unit.parent == top.code for unit in units)]
        if len(tops) == 1 and with_units:
            return tops[0]
        if len(parents) != 1:
            said = listed(marked(f"{parent}（{count}）") for parent, count in parents.items())
            raise HuizongError("error.office_unknown", found=said)
        (code,) = parents
    if code in by_code:
        return by_code[code]
    # Nothing else names the office yet; the settings sheet asks a person to look at it.
    name = folder.resolve().name
    named = any(unicodedata.east_asian_width(char) == "W" for char in name)
    return Unit(code=code, name=name if named else code, parent="")


def _quarter(now: dt.datetime) -> Period:
    return Period.of(now.year, "Q", (now.month - 1) // 3 + 1)


_SAMPLE_NAMES = (
    *("和平", "光明", "清河", "东风", "春柳", "向阳", "永安"),
    *("望江", "石桥", "梅园", "双井", "松涛", "柳溪", "枫林"),
)


def sample_roster() -> tuple[Unit, ...]:
    """Make up a sub-district with fourteen communities, in a province that does not exist."""
    street = Unit(code="990101001000", name="清河街道", parent="990101000000", category="街道")
    communities = (
        Unit(
            code=f"990101001{number:03}",
            name=f"{name}社区",
            parent=street.code,
            category="社区",
            aliases=(f"{name}社区居委会",),
        )
        for number, name in enumerate(_SAMPLE_NAMES, 1)
    )
    return (street, *communities)


def renew_control(folder: Path, now: dt.datetime) -> tuple[Path, Path]:
    """
    Write the control workbook as it is made now, from its own settings and roster.

    Give where it stands, and where the one before is kept, with all that a person added to it.

    Raises:
        HuizongError: If it is open in a program (`error.control_open`), or cannot be read.
    """
    from huizong.control import write_control  # late, as above

    office = open_office(folder)
    before, target = office.control, folder / console.FILE
    if is_open(before):
        raise HuizongError("error.control_open", file=before)
    settings, roster = read_control(before)
    kept = write_safely(free_name(office.backups / before.name))
    with kept as temp:
        temp.write_bytes(before.read_bytes())
    with write_safely(target) as temp:
        write_control(temp, settings, roster, now)
    return target, kept.path


def write_sample_control(path: Path) -> None:
    """Write the control workbook of the sample's sub-district, as `init` without a roster does."""
    from huizong.control import write_control  # late, as above

    made = dt.datetime(2026, 1, 4)
    own, *_ = roster = sample_roster()
    settings = Settings(code=own.code, name=own.name, period=str(_quarter(made)))
    write_control(path, settings, roster, made)


def expected_units(office: Office, period: Period, set_code: str) -> tuple[Unit, ...]:
    """
    List the units that the office waits for, in the order of the roster.

    Direct children that report in the period and are asked for the set.
    """
    return tuple(
        unit
        for unit in office.roster
        if unit.parent == office.unit.code
        and unit.code != office.unit.code
        and reports_in(unit, period)
        and (not unit.sets or set_code in unit.sets)
    )


def reports_in(unit: Unit, period: Period) -> bool:
    """
    Whether a unit reports for a period: it exists, and is not merged away.

    One that was merged or split before the period's end does not; its successors do.
    """
    merged = bool(unit.successors) and (unit.until is None or unit.until < period.end)
    return unit.belongs_to(period.start, period.end) and not merged
