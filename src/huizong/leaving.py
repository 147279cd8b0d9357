"""What an officer has to see before a letter leaves: its files in full, and what is in them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from huizong.children import Children
from huizong.entries import answers_of, files_of, readings_of
from huizong.forms import Ledger
from huizong.leaving_scan import OWN_DATA, TASK, Sought
from huizong.letters import Attachment
from huizong.outgoing import Spotted
from huizong.periods import Period
from huizong.person_names import names_in
from huizong.records import ADOPTED, LedgerRows, Reading
from huizong.texts import listed, say
from huizong.work import Work, checked_sets

PERSONAL = frozenset(("identity", "mobile", "card", "name"))
# What keeps a file from being looked through; nobody can say then whether persons are in it.
CLOSED = frozenset(("locked", "unread", "died"))
_SHOWN, _PROCESSES = 6, 2
_decode = msgspec.msgpack.Decoder(tuple[Spotted, ...]).decode


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    """
    One thing in a file that an officer should see before it leaves; its values are not repeated.

    `code` is one of the texts `leaving.<code>`, `sheet` a sheet or, where no cell is, a part of
    the file; `subject` the indicator of a small figure.
    """

    code: str
    file: str
    sheet: str = ""
    cell: str = ""
    subject: str = ""

    @property
    def place(self) -> str:
        """Where it stands, as people say it."""
        return " ".join(filter(None, (self.sheet, self.cell, self.subject)))


def concerns(
    work: Work, period: Period, attachments: Sequence[Attachment], unit: str = ""
) -> tuple[Concern, ...]:
    """
    Look through the files of one letter, each in a child process, in their order.

    `unit` is the code of the unit that it goes to, empty for the office above: that persons are in
    what the unit has written itself is told once (`OWN_DATA`), for it goes back there.
    """
    return letters_concerns(work, period, [(unit, attachments)])[0]


def letters_concerns(
    work: Work, period: Period, letters: Sequence[tuple[str, Sequence[Attachment]]]
) -> list[tuple[Concern, ...]]:
    """Look through the files of many letters: (unit or none, files); concerns letter by letter."""
    found: list[list[Concern]] = [[] for _ in letters]
    files = [(at, one) for at, (_, some) in enumerate(letters) for one in some]
    if not files:
        return [() for _ in letters]
    sought = _packed(work, period, [unit for unit, _ in letters])
    with Children(min(_PROCESSES, len(files)), TASK) as children:
        jobs = ((one.data, sought[letters[at][0]]) for at, one in files)
        spotted: dict[int, tuple[Spotted, ...]] = {}
        for done, one in enumerate(children.run(jobs), 1):
            spotted[one.index] = _decode(one.value) if one.value else (Spotted("died", "", ""),)
            work.progress("look", done, len(files))
    for number, (at, file) in enumerate(files):
        found[at] += (_concern(file, one) for one in spotted[number])
    return [tuple(some) for some in found]


def _concern(file: Attachment, one: Spotted) -> Concern:
    return Concern(code=one.kind, file=file.name, sheet=one.sheet, cell=one.cell, subject=one.text)


def is_personal(found: Iterable[Concern]) -> bool:
    """Whether persons are named in what leaves, by name or number."""
    return any(one.code in PERSONAL for one in found)


def lines(attachments: Sequence[Attachment], found: Sequence[Concern]) -> Iterator[str]:
    """Say of each file how large it is, whether persons are in it, and what else is to be seen."""
    for file in attachments:
        own = [one for one in found if one.file == file.name]
        closed = any(one.code in CLOSED for one in own)
        code = "unknown" if closed else _persons(own)
        size = f"{-(-len(file.data) // 1024):,}"
        persons = say(f"leaving.persons_{code}")
        yield say("leaving.file", file=file.name, size=size, persons=persons)
        for kind in dict.fromkeys(one.code for one in own if one.code != OWN_DATA):
            yield _line([one for one in own if one.code == kind])


def _persons(found: Sequence[Concern]) -> str:
    if is_personal(found):
        return "yes"
    return "own" if any(one.code == OWN_DATA for one in found) else "no"


def _line(some: Sequence[Concern]) -> str:
    """Say one kind of thing once, with its first places."""
    places = [*dict.fromkeys(one.place for one in some if one.place)]
    more = say("leaving.more") if len(places) > _SHOWN else ""
    return say(f"leaving.{some[0].code}", count=len(some), places=listed(places[:_SHOWN]) + more)


def _packed(work: Work, period: Period, units: Iterable[str]) -> dict[str, bytes]:
    """Pack what is looked for, for each unit that something goes to."""
    files = files_of(work.book, period=str(period))
    readings = readings_of(work.book, [one.digest for one in files])
    read = [(one, readings[one.digest]) for one in files if one.digest in readings]
    names = ledger_names(reading for one, reading in read if one.state == ADOPTED)
    packed: dict[str, bytes] = {}
    for unit in dict.fromkeys(units):
        sent = [reading for one, reading in read if unit and one.unit == unit]
        sought = Sought(
            names=names - ledger_names(sent) - _officers(work), own=_texts(sent),
            own_names=ledger_names(sent),
            public=tuple(_public(work)), sensitive=frozenset(() if unit else _sensitive()),
        )  # fmt: skip
        packed[unit] = msgspec.msgpack.encode(sought)
    return packed


def ledger_names(readings: Iterable[Reading]) -> frozenset[str]:
    """Give the names of persons in the columns of names of some ledgers and plans."""
    form_sets = {code: one.form_set for code, one in checked_sets().items()}
    found: set[str] = set()
    for reading in readings:
        form_set = form_sets.get(reading.identity.set_code)
        for rows in reading.ledgers if form_set else ():
            found.update(_names_of(rows, form_set.by_symbol.get(rows.symbol)))
    # Words of the forms themselves may look like names: 党员, 单位.
    words = msgspec.json.encode(tuple(form_sets.values())).decode()
    return frozenset(name for name in found if name not in words)


def _names_of(rows: LedgerRows, ledger: Ledger | None) -> Iterator[str]:
    columns = ledger.by_key if ledger else {}
    named = [at for at, key in enumerate(rows.keys) if key in columns and columns[key].personal]
    for row in rows.rows:
        for at in named:
            yield from names_in(row[at] or "")


def _officers(work: Work) -> frozenset[str]:
    """Give the names that stand in papers of office: who answers a question signs with it."""
    answered = {one.officer for one in answers_of(work.book).values()}
    return frozenset((work.office.settings.officer, *answered))


def _texts(readings: Iterable[Reading]) -> frozenset[str]:
    """Give all that somebody has typed into some returns."""
    return frozenset(
        text
        for one in readings
        for text in (
            *(cell for rows in one.ledgers for row in rows.rows for cell in row),
            *one.texts.values(), *one.remarks.values(), *one.explanations.values(),
        )
        if text
    )  # fmt: skip


def _public(work: Work) -> Iterator[str]:
    """Give the telephones that an office gives everybody."""
    phones = (work.office.settings.phone, *(one.phone for one in work.office.roster))
    yield from sorted({one for one in phones if one}, key=len, reverse=True)


def _sensitive() -> Iterator[str]:
    """Give the sensitive indicators that count persons, households or cases."""
    for checked in checked_sets().values():
        for one in checked.form_set.indicators:
            if one.sensitive and one.of_persons:
                yield one.code
