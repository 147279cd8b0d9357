"""Whose a return is: unit, period, version by its visible headings; the hidden tag is a hint."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from huizong.cells import squash
from huizong.findings import told
from huizong.forms import FormSet
from huizong.layout import TAG_SHEET
from huizong.periods import Period
from huizong.read_figures import Heading, find_heading
from huizong.records import OWN, SUMMARY, UNIT, Finding, Identity, LedgerRows
from huizong.sheets import Labels, folded, form_mark, labelled
from huizong.texts import catalogue
from huizong.workbooks import Sheet, Workbook


class Page(msgspec.Struct, frozen=True):
    """
    A sheet with its first rows folded for matching, and the form's number that it shows.

    `heading` is that of a sheet of figures, `codes` what stands below it; both for all form sets.
    """

    sheet: Sheet
    top: list[list[str]]
    labels: Labels
    mark: str
    heading: Heading | None = None
    codes: frozenset[str] = frozenset()

    def label(self, key: str) -> tuple[str, str]:
        """Give what stands behind a label and its cell; two empty texts if it is nowhere."""
        return self.labels.get(key, ("", ""))


def page_of(sheet: Sheet) -> Page:
    """Look at a sheet once for all form sets: its labels, its number, a heading of figures."""
    top = folded(sheet)
    heading = find_heading(top)
    codes: frozenset[str] = frozenset()
    if heading:
        column = heading.columns["code"]
        codes = frozenset(
            squash(row[column]).upper()
            for row in sheet.rows[heading.row + 1 :]
            if column < len(row) and isinstance(row[column], str)
        )
    return Page(sheet, top, labelled(top, sheet), form_mark(top), heading, codes)


def tags_of(book: Workbook) -> list[Mapping[str, str]]:
    """Read the hidden sheet, a form set in each column behind the names; a hint, no authority."""
    rows = next((sheet.rows[:40] for sheet in book.sheets if sheet.name == TAG_SHEET), ())
    named = [row for row in rows if len(row) > 1 and row[0] != ""]
    width = min(40, max(map(len, named), default=0))
    return [
        {str(row[0]): str(row[column]) for row in named if column < len(row)}
        for column in range(1, width)
    ]


def identity_of(
    page: Page, heading: Heading, tag: Mapping[str, str], form_set: FormSet, version: str
) -> tuple[Identity, list[Finding]]:
    """Take the identity from the visible heading; a hidden tag that says otherwise asks."""
    name, name_cell = page.label("unit")
    if not name_cell:
        name, name_cell = page.label("compiler")
    code, code_cell = page.label("region")
    period_text, period_cell = page.label("period")
    role = SUMMARY if heading.summary else UNIT
    for mark in catalogue()["book.own_mark"].values():
        if name.endswith(mark.strip()):
            name, role = name.removesuffix(mark.strip()).strip(), OWN
    period = Period.named(period_text)
    findings = []
    if period is None:
        shown = {"found": period_text}
        findings.append(
            Finding("unknown_period", "ask", page.sheet.name, period_cell, "period", shown)
        )
    version = version or tag.get("version") or form_set.version
    identity = Identity(form_set.code, version, str(period or ""), squash(code), name, role)
    cells = {"period": period_cell, "code": code_cell, "name": name_cell, "role": name_cell}
    return identity, findings + list(_tag_agrees(identity, tag, page.sheet.name, cells))


def tag_of(tags: Sequence[Mapping[str, str]], form_set: FormSet) -> Mapping[str, str]:
    """What the hidden sheet says of one set; of another in the same workbook it says nothing."""
    own = (tag for tag in tags if tag.get("set", form_set.code) == form_set.code)
    return next(own, {})


def version_of(pages: Sequence[Page], form_set: FormSet) -> str:
    """Read the version that the first sheet shows behind the form's number: `HZ-TJ-1 2026.1`."""
    shown = [text.split() for page in pages if (text := page.label("version")[0])]
    own = [parts for parts in shown if _same_form(parts[0], form_set)]
    # A first sheet that somebody has shortened still says the version of its one set.
    found = own or [parts for parts in shown if len(parts) == 1]
    return found[0][-1] if found else ""


def _same_form(number: str, form_set: FormSet) -> bool:
    return squash(number).upper() == squash(form_set.form_no).upper()


def others_front(page: Page, form_set: FormSet) -> bool:
    """Whether a sheet is the first sheet of another set in the same workbook."""
    text, _ = page.label("version")
    return bool(text) and len(text.split()) > 1 and not _same_form(text.split()[0], form_set)


_LABELS = {"period": "book.period", "code": "book.region", "name": "book.unit", "role": "book.unit"}


def _tag_agrees(
    identity: Identity, tag: Mapping[str, str], sheet: str, cells: Mapping[str, str]
) -> Iterator[Finding]:
    if not tag:
        return
    for key, cell in cells.items():
        seen, hidden = getattr(identity, key), tag.get(key, "")
        if squash(seen) != squash(hidden):
            details = {**told(_LABELS[key]), "found": hidden,
                       "expected": seen}  # fmt: skip
            yield Finding("identity_contradicts", "ask", sheet, cell, key, details)


def heading_agrees(
    pages: Sequence[Page], main: Page, form_set: FormSet, ledgers: Sequence[LedgerRows]
) -> Iterator[Finding]:
    """Every sheet's heading names the same unit and period as the statistics sheet."""
    marks = {ledger.code for ledger in form_set.ledgers} | {f"{form_set.code}-T"}
    read = {rows.sheet for rows in ledgers}
    others = [
        page
        for page in pages
        if page.mark in marks or page.sheet.name in read or page.label("zero")[1]
    ]
    for key in ("unit", "region", "period"):
        yield from _differs(key, main, [page for page in others if page is not main])


def _differs(key: str, main: Page, pages: Sequence[Page]) -> Iterator[Finding]:
    """Ask once for all sheets that say the same: a workbook of another unit is one question."""
    expected, _ = main.label(key)
    places: dict[str, list[tuple[str, str]]] = {}
    for page in pages:
        found, cell = page.label(key)
        if cell and squash(found) != squash(expected):
            places.setdefault(found, []).append((page.sheet.name, cell))
    for found, where in places.items():
        sheets = {"sheet": "”、“".join(sheet for sheet, _ in where)} if len(where) > 1 else {}
        details = {**told(f"book.{key}"), "found": found, "expected": expected, **sheets}
        yield Finding("identity_differs", "ask", *where[0], key, details)
