"""Read a returned workbook: what it says, whose it is, what was repaired. For child processes."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from huizong.cells import address, squash
from huizong.checkrows import PAPER
from huizong.findings import both, named
from huizong.former import as_now, as_then, check_versions, known_version
from huizong.forms import FormSet, Ledger, read_installed
from huizong.gate import Refused
from huizong.layout import (
    LEDGER_HEADING_ROW,
    TAG_SHEET,
    ledger_sheet,
    report_sheet,
    statistics_sheet,
)
from huizong.ledger_states import find_state
from huizong.read_figures import (
    Heading,
    find_rows,
    left_out,
    read_column,
    read_figures,
    read_remarks,
)
from huizong.read_identity import (
    Page,
    heading_agrees,
    identity_of,
    others_front,
    page_of,
    tag_of,
    tags_of,
    version_of,
)
from huizong.read_rows import LedgerHeading, find_ledger_heading, ledger_totals, read_ledger
from huizong.read_summary import read_summary
from huizong.read_texts import read_explanations, read_texts
from huizong.records import Finding, Identity, LedgerRows, Reading
from huizong.sheets import words
from huizong.unseen import unseen
from huizong.workbooks import Sheet, Workbook, open_workbook

Top = Sequence[Sequence[str]]


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """Why a file could not be read as a whole; `code` is a text of the catalogue (`file.…`)."""

    code: str
    details: Mapping[str, str]


class Read(msgspec.Struct, frozen=True, tag="read"):
    """What a file holds: a reading for each form set in it."""

    readings: tuple[Reading, ...]


def read_file(path: str) -> bytes:
    """Read one stored file; the task of a child process. Gives a Read or a Refusal as msgpack."""
    return msgspec.msgpack.encode(read_bytes(Path(path).read_bytes()))


def read_bytes(data: bytes) -> Read | Refusal:
    """Read a workbook's bytes; whatever cannot be read whole is refused by name."""
    try:
        return Read(tuple(read_workbook(open_workbook(data))))
    except Refused as refused:
        return refusal(refused)


def refusal(refused: Refused) -> Refusal:
    """Say why a file was turned away, as a record."""
    return Refusal(refused.code, {key: str(value) for key, value in refused.details.items()})


@cache
def form_sets() -> Mapping[str, FormSet]:
    """
    Read the installed form sets once a process, with what is said of their former versions.

    Raises:
        DefinitionError: If one is wrong.
    """
    found = read_installed()
    for form_set in found.values():
        check_versions(form_set)
    return found


@cache
def _owners() -> Mapping[str, str]:
    """Tell which form set a form's number belongs to."""
    return {
        mark: code
        for code, form_set in form_sets().items()
        for mark in (*(ledger.code for ledger in form_set.ledgers), f"{code}-T")
    }


def read_workbook(book: Workbook) -> Iterator[Reading]:
    """
    Read every form set that stands in a workbook.

    Raises:
        Refused: If there is no statistics sheet of an installed form set (`not_ours`).
    """
    pages = [
        page_of(sheet)
        for sheet in book.sheets
        if sheet.kind == "worksheet" and sheet.name != TAG_SHEET
    ]
    tags = tags_of(book)
    found = False
    for code, form_set in form_sets().items():
        statistics = _statistics(pages, form_set)
        if statistics:
            found = True
            _refuse_several([page for page, _ in statistics])
            own = [page for page in pages if _owners().get(page.mark, code) == code]
            yield _read_set(book, own, tag_of(tags, form_set), form_set, statistics)
    if not found:
        raise _without_figures(pages, tags)


def _refuse_several(pages: Sequence[Page]) -> None:
    """Turn a workbook with the figures of several units away: whose it is would be a guess."""
    units = {}
    for page in pages:
        name, code = page.label("unit")[0], page.label("region")[0]
        if name or code:
            units[squash(code) or squash(name)] = name or code
    if len(units) > 1:
        raise Refused("several_units", parts="、".join(units.values()), count=len(units))


def _without_figures(pages: Sequence[Page], tags: Sequence[Mapping[str, str]]) -> Refused:
    """Tell our own papers, and a return without its sheet of figures, from what is no form."""
    if any(PAPER in tag for tag in tags):
        return Refused("beside")
    names = [page.sheet.name for page in pages if page.mark in _owners()]
    return Refused("part_only", parts="、".join(names)) if names else Refused("not_ours")


def _statistics(pages: Sequence[Page], form_set: FormSet) -> list[tuple[Page, Heading]]:
    """Find the sheets of figures of a form set: a heading, and below it rows of its codes."""
    found = []
    codes = set(form_set.by_code)
    for page in pages:
        if page.heading and 3 * len(page.codes & codes) >= len(codes):
            found.append((page, page.heading))
    # Sources of a summary repeat the codes without figures; the form itself has most of them.
    return found


def _read_set(
    book: Workbook, pages: Sequence[Page], tag: Mapping[str, str], form_set: FormSet,
    statistics: list[tuple[Page, Heading]],
) -> Reading:  # fmt: skip
    chosen, doubts = _one_sheet(statistics, statistics_sheet(form_set), form_set)
    page, heading = chosen
    version = "" if heading.summary else version_of(pages, form_set)
    identity, more = identity_of(page, heading, tag, form_set, version)
    if identity.version != form_set.version and not heading.summary:
        former = known_version(form_set, identity.version)
        if former:
            then = as_then(form_set, former, identity.version)
            return as_now(_read_set(book, pages, tag, then, statistics), form_set, former)
        # Never read by the wrong map: its figures are not taken at all.
        old = _old_version(identity, page, form_set)
        seal = tag.get("seal", "")
        return Reading(identity, seal, sheet=page.sheet.name, findings=(*more, old))
    findings = [*doubts, *more, *_hidden_sheets(pages, form_set, page)]
    findings += unseen(book, _sheets_of(pages, page, form_set))
    zero = _zero_report(pages, form_set)
    rows = find_rows(page.sheet, heading, form_set)
    figures, faults = read_figures(page.sheet, heading, rows, form_set, book=book, zero_report=zero)
    findings += faults
    common = {
        "identity": identity,
        "seal": tag.get("seal", ""),
        "corrects": tag.get("corrects", ""),
        "figures": figures,
        "sheet": page.sheet.name,
        "zero_report": zero,
    }
    if heading.summary:
        common["own"] = read_column(page.sheet, heading, rows, "own", form_set, book=book)
        common["left_out"] = left_out(page.sheet, heading, rows, form_set)
        return Reading(**common, **read_summary(book, form_set, identity.name, findings))
    ledgers = tuple(_ledgers(book, pages, form_set, findings))
    findings += heading_agrees(pages, page, form_set, ledgers)
    return Reading(
        **common,
        previous=read_column(page.sheet, heading, rows, "prev", form_set, book=book),
        remarks=read_remarks(page.sheet, heading, rows),
        ledgers=ledgers,
        texts=_texts(pages, form_set),
        explanations=_explanations(pages, form_set),
        ledger_totals=tuple(
            total
            for rows in ledgers
            for total in ledger_totals(rows, form_set.by_symbol[rows.symbol])
        ),
        findings=tuple(findings),
    )


def _one_sheet(
    found: list[tuple[Page, Heading]], name: str, form_set: FormSet
) -> tuple[tuple[Page, Heading], list[Finding]]:
    """Take the sheet with the issued name, else the first; another one with other cells asks."""
    ranked = sorted(found, key=lambda one: one[0].sheet.name != name)
    first, *others = ranked
    doubts = [
        Finding("two_sheets", "ask", other.sheet.name, "", form_set.form_no,
                {"label": form_set.title, "found": first[0].sheet.name, "other": other.sheet.name})
        for other, heading in others
        if other.sheet.rows != first[0].sheet.rows and heading.summary == first[1].summary
    ]  # fmt: skip
    return first, doubts


def _old_version(identity: Identity, page: Page, form_set: FormSet) -> Finding:
    details = {"found": identity.version, "expected": form_set.version}
    return Finding("old_version", "must", page.sheet.name, "", form_set.code, details)


def _sheets_of(pages: Sequence[Page], main: Page, form_set: FormSet) -> list[Sheet]:
    """The sheet of figures and the ledgers."""
    codes = {ledger.code for ledger in form_set.ledgers}
    return [page.sheet for page in pages if page is main or page.mark in codes]


def _hidden_sheets(pages: Sequence[Page], form_set: FormSet, main: Page) -> Iterator[Finding]:
    """The form's own sheets are read whole; a hidden one is listed."""
    codes = {ledger.code for ledger in form_set.ledgers}
    for page in pages:
        if page.sheet.visible != "visible" and (page is main or page.mark in codes):
            yield Finding("hidden_sheet", "info", page.sheet.name, "", page.mark)


def _zero_report(pages: Sequence[Page], form_set: FormSet) -> bool:
    for page in pages:
        found, _ = page.label("zero")
        if found and not others_front(page, form_set):
            return squash(found) in words("zero_yes")
    return False


def _ledgers(
    book: Workbook, pages: Sequence[Page], form_set: FormSet, findings: list[Finding]
) -> Iterator[LedgerRows]:
    for ledger in form_set.ledgers:
        marked = [page for page in pages if page.mark == ledger.code] or [
            page for page in pages if page.sheet.name == ledger_sheet(ledger)
        ]
        # Renamed, and its number gone: a ledger is still known by the names of its columns.
        places = _with_heading(marked, ledger) or _with_heading(
            [page for page in pages if not page.mark], ledger
        )
        if not places:
            findings.append(_not_read(marked, ledger))
            continue
        places.sort(key=lambda one: one[0].sheet.name != ledger_sheet(ledger))
        page, heading = places[0]
        findings += [
            Finding("two_sheets", "ask", other.sheet.name, "", ledger.code,
                    {**named(ledger), "found": page.sheet.name, "other": other.sheet.name})
            for other, _ in places[1:]
            if other.sheet.rows != page.sheet.rows
        ]  # fmt: skip
        state = find_state(page.sheet, page.top[: heading.row], page.label("status"))
        rows, faults = read_ledger(book, page.sheet, state, heading, ledger)
        findings += faults
        yield rows


def _not_read(pages: Sequence[Page], ledger: Ledger) -> Finding:
    """Say that a ledger's sheet is not there, or that it is and has lost its row of headings."""
    if not pages:
        label = {"label": ledger_sheet(ledger)}
        return Finding("sheet_missing", "must", "", "", ledger.code, label)
    row, first = LEDGER_HEADING_ROW, [one for one in ledger.columns if one.entry][:3]
    expected = both(
        "expected", "、".join(one.zh for one in first), ", ".join(one.en for one in first)
    )
    details = {**named(ledger), **expected, "row": str(row + 1)}
    place = (pages[0].sheet.name, address(row, 0))
    return Finding("heading_missing", "must", *place, ledger.code, details)


def _with_heading(pages: Sequence[Page], ledger: Ledger) -> list[tuple[Page, LedgerHeading]]:
    found = [(page, find_ledger_heading(page.sheet, page.top, ledger)) for page in pages]
    return [(page, heading) for page, heading in found if heading]


def _texts(pages: Sequence[Page], form_set: FormSet) -> dict[str, str]:
    wanted = f"{form_set.code}-T"
    page = next(
        (
            page
            for page in pages
            if page.mark == wanted or page.sheet.name == report_sheet(form_set)
        ),
        None,
    )
    return read_texts(page.sheet, form_set) if page else {}


def _explanations(pages: Sequence[Page], form_set: FormSet) -> dict[str, str]:
    found = [
        (page, said)
        for page in pages
        if (said := read_explanations(page.sheet, page.top, form_set)) is not None
    ]
    # The relations of the plan have the same numbers in every set: the set's own ones decide.
    found.sort(key=lambda one: not _names_relations(one[0], form_set))
    return found[0][1] if found else {}


def _names_relations(page: Page, form_set: FormSet) -> bool:
    own = f"{form_set.code}-"
    return any(
        isinstance(cell, str) and cell.startswith(own) for row in page.sheet.rows for cell in row
    )
