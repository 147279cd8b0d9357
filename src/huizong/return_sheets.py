"""问题与说明, 报送情况 and 来源: what became of each return, and where each figure stands."""

import re
from collections.abc import Iterator

from huizong.clock import minute_of
from huizong.contents import Contents
from huizong.findings import words
from huizong.forms import FormSet
from huizong.pages import Page, Value, figure, foreign
from huizong.records import (
    MISSING,
    PASSED,
    TO_EXPLAIN,
    TO_MEND,
    WAITING,
    AuditedFinding,
    UnitReturn,
)
from huizong.styles import set_up_page
from huizong.texts import catalogue, marked, name_of, say
from huizong.total_sheets import set_name, write_head

STATES = (PASSED, TO_EXPLAIN, TO_MEND, WAITING, MISSING)
# What is only told about repairs (info) stays in the office's own books.
LEVELS = ("must", "release", "explain", "ask", "note")
_COUNTED = ("must", "release", "explain", "note")
_FINDING_HEADINGS = (
    "key", "relation", "unit", "level", "text", "explanation", "handled", "place",
)  # fmt: skip
_FINDING_WIDTHS = (10, 9, 18, 13, 48, 30, 18, 14)


def write_findings(page: Page, contents: Contents) -> None:
    """Write 问题与说明: the summary's own first, for the upper office reads their 说明."""
    across = page.widths(_FINDING_WIDTHS)
    row = write_head(page, contents, say("summary.title_findings", set=set_name(contents)), 7)
    top = row
    page.sheet.set_row(row, 22)
    row = page.headings(row, (say(f"summary.heading.{key}") for key in _FINDING_HEADINGS))
    page.sheet.freeze_panes(row, 3)
    for name, audited, reading in _findings(contents):
        text = finding_words(audited, contents.form_set, reading)
        row = _write_finding(page, row, name, audited, text, own=reading is None)
    if row == top + 1:
        page.say(row, 0, say("summary.no_findings"))
    else:
        page.sheet.autofilter(top, 0, row - 1, len(_FINDING_HEADINGS) - 1)
    set_up_page(page.sheet, across, (top, top))


def _findings(contents: Contents) -> Iterator[tuple[str, AuditedFinding, UnitReturn | None]]:
    summary = contents.summary
    for audited in summary.findings:
        if audited.finding.level in LEVELS:
            yield contents.office, audited, None
    entries = list(zip(contents.names, summary.units, strict=True))
    if summary.own:
        entries.insert(0, (say("summary.heading.own"), summary.own))
    for name, entry in entries:
        for audited in entry.findings:
            if audited.finding.level in LEVELS:
                yield name, audited, entry


def finding_words(audited: AuditedFinding, form_set: FormSet, entry: UnitReturn | None) -> str:
    """Give the words of a finding, but not what stands in a column that holds personal matters."""
    if _is_personal(audited, form_set, entry):
        return say("summary.personal", cell=foreign(audited.finding.cell))
    return foreign(words(audited.finding))


def _is_personal(audited: AuditedFinding, form_set: FormSet, entry: UnitReturn | None) -> bool:
    finding = audited.finding
    for rows in entry.reading.ledgers if entry and entry.reading else ():
        ledger = form_set.by_symbol.get(rows.symbol)
        if rows.sheet != finding.sheet or ledger is None:
            continue
        letters = re.sub(r"[^A-Z]", "", finding.cell.partition(":")[0])
        if letters in rows.columns:
            column = ledger.by_key.get(rows.keys[rows.columns.index(letters)])
            return column is None or column.personal
    return False


def _write_finding(
    page: Page, row: int, name: str, audited: AuditedFinding, text: str, *, own: bool
) -> int:
    finding = audited.finding
    styles = page.styles
    plain = styles("text")
    explanation = foreign(audited.explanation)
    place = " ".join(part for part in (foreign(finding.sheet), foreign(finding.cell)) if part)
    values = (
        audited.key,
        foreign(finding.subject),
        name,
        say(f"summary.level.{finding.level}"),
        text,
    )
    page.line(row, values, (styles("code"), styles("code"), plain, styles("centre"), plain))
    # The office may still write its reasons here, so the column has no check row.
    page.say(row, 5, explanation, "input" if own else "text")
    page.line(row, (handled(audited), place), (plain, plain), 6)
    texts = (text, explanation, handled(audited), name, place, values[3])
    page.fit(row, *zip(texts, (46, 29, 17, 17, 13, 12), strict=True))
    return row + 1


def handled(audited: AuditedFinding) -> str:
    """Say what has become of a finding, and by whom."""
    code = f"summary.handled.{audited.state}"
    text = say(code) if code in catalogue() else foreign(audited.state)
    if audited.officer:
        text += say("summary.by", officer=foreign(audited.officer))
    return marked(f"{text}：") + foreign(audited.reason) if audited.reason else text


_RETURN_HEADINGS = (
    "number", "unit", "region", "state", "counted", "late", "version", "file", "received",
    "must", "release", "explain", "note", "seal",
)  # fmt: skip
_RETURN_WIDTHS = (5, 22, 14, 11, 11, 7, 7, 42, 18, 8, 12, 8, 8, 8)


def write_returns(page: Page, contents: Contents) -> None:
    """Write 报送情况: each unit's state, with counts that add up."""
    across = page.widths(_RETURN_WIDTHS)
    row = write_head(page, contents, say("summary.title_returns", set=set_name(contents)), 13)
    row = _write_counts(page, row, contents)
    top = row
    page.sheet.set_row(row, 42)
    row = page.headings(row, (say(f"summary.heading.{key}") for key in _RETURN_HEADINGS))
    page.sheet.freeze_panes(row, 2)
    formats = _return_formats(page, "")
    grey = _return_formats(page, "grey_")
    entries = list(zip(contents.names, contents.summary.units, strict=True))
    for number, (name, entry) in enumerate(entries, 1):
        page.line(
            row, (float(number), name, *_return_values(entry)), formats if entry.included else grey
        )
        page.fit(row, (name, 21), (entry.file, 41))
        row += 1  # fmt: skip
    if contents.summary.own:
        values = (say("summary.heading.own"), *_return_values(contents.summary.own))
        page.line(row, ("", *values), formats)
        row += 1
    row = _write_changes(page, row + 1, contents)
    _write_pasts(page, row + 1, contents)
    set_up_page(page.sheet, across, (top, top))


_PASTS = ("past_merged", "past_split", "past_opened", "past_redefined")


def _write_pasts(page: Page, row: int, contents: Contents) -> None:
    """Write whose past was restated after a change of the roster, or imported."""
    told = [
        say("summary.past_of", unit=name, text=foreign(words(audited.finding)))
        for name, findings in (
            (contents.office, contents.summary.findings),
            *zip(contents.names, (one.findings for one in contents.summary.units), strict=True),
        )
        for audited in findings
        if audited.finding.code in _PASTS
    ]
    for at, text in enumerate([say("summary.pasts"), *told] if told else []):
        page.say(row + at, 0, text, "left" if at else "block")


def _write_changes(page: Page, row: int, contents: Contents) -> int:
    """Write the figures that differ from the version before, if there are any."""
    if not contents.summary.changes:
        return row
    page.say(row, 0, say("summary.changes", number=contents.summary.number - 1), "block")
    keys = ("number", "indicator", "code", "before", "after")
    row = page.headings(row + 1, (say(f"summary.heading.{key}") for key in keys))
    centre = page.styles("centre")
    for number, one in enumerate(contents.summary.changes, 1):
        indicator = contents.form_set.by_code.get(one.code)
        form = page.styles.number(indicator.scale if indicator else 0)
        name = foreign(one.name)
        values = (float(number), name, one.code, figure(one.before), figure(one.after))
        page.line(row, values, (centre, page.styles("text"), centre, form, form))
        page.fit(row, (name, 21))
        row += 1
    return row


def state_counts(contents: Contents) -> list[int]:
    """Count the units in each state, in the order of `STATES`."""
    return [sum(entry.state == state for entry in contents.summary.units) for state in STATES]


def _write_counts(page: Page, row: int, contents: Contents) -> int:
    """Write one line that adds up: 应报 14 = 已通过 13 + …"""
    parts = (
        say("summary.state_count", state=say(f"state.{state}"), count=count)
        for state, count in zip(STATES, state_counts(contents), strict=True)
    )
    late = sum(entry.late for entry in contents.summary.units)
    text = say("summary.counts", expected=contents.expected, parts=" + ".join(parts), late=late)
    page.merged(row, (0, len(_RETURN_HEADINGS) - 1), text, "strong")
    page.sheet.set_row(row, 20)
    return row + 1


def _return_formats(page: Page, kind: str) -> list:
    text, centre = page.styles(f"{kind}text"), page.styles(f"{kind}centre")
    number = page.styles.number(0, f"{kind}number")
    return [*(centre, text, *[centre] * 5, text, centre), *[number] * 4, centre]


def _return_values(entry: UnitReturn) -> tuple[Value, ...]:
    levels = [audited.finding.level for audited in entry.findings]
    received = entry.state != MISSING
    return (
        entry.unit.code,
        say(f"state.{entry.state}"),
        say("summary.yes") if entry.included else "",
        say("summary.late") if entry.late else "",
        float(entry.version) if received else None,
        foreign(entry.file),
        minute_of(entry.received),
        *(float(levels.count(level)) if received else None for level in _COUNTED),
        say("summary.unchecked") if entry.unchecked_seal else "",
    )


_SOURCE_WIDTHS = (14, 22, 7, 42, 70, 20)


def write_sources(page: Page, contents: Contents) -> None:
    """Write 来源: the files, where in them each indicator stands, and the rules."""
    across = page.widths(_SOURCE_WIDTHS)
    row = write_head(page, contents, say("summary.title_sources", set=set_name(contents)), 5)
    row = _write_files(page, row, contents)
    row = _write_addresses(page, row + 1, contents)
    _write_rules(page, row + 1, contents)
    set_up_page(page.sheet, across)


def _write_files(page: Page, row: int, contents: Contents) -> int:
    keys = ("region", "unit", "version", "file", "digest", "received")
    row = page.headings(row, (say(f"summary.heading.{key}") for key in keys))
    code, text, number = page.styles("code"), page.styles("text"), page.styles("centre")
    formats = (code, text, number, text, code, code)
    own = contents.summary.own
    for entry in (*((own,) if own else ()), *contents.summary.units):
        if entry.digest:
            values = (
                entry.unit.code, foreign(entry.unit.name), float(entry.version),
                foreign(entry.file), entry.digest, minute_of(entry.received),
            )  # fmt: skip
            page.line(row, values, formats)
            row += 1
    return row


def _write_addresses(page: Page, row: int, contents: Contents) -> int:
    """Write the address of each indicator: the common one, then the returns that differ."""
    page.say(row, 0, say("summary.addresses"), "block")
    keys = ("code", "indicator", "address", "other_addresses")
    row = _spread_headings(page, row + 1, keys, ((0, 0), (1, 2), (3, 3), (4, 5)))
    found: dict[str, dict[str, list[str]]] = {one.code: {} for one in contents.form_set.indicators}
    for entry, figures in zip(contents.summary.units, contents.figures, strict=True):
        sheet = entry.reading.sheet if entry.reading else ""
        for code, cell in figures.items():
            if code in found:
                found[code].setdefault(f"{sheet}!{cell.cell}", []).append(entry.unit.code)
    style = page.styles("text")
    for indicator in contents.form_set.indicators:
        addresses = found[indicator.code]
        common = max(addresses, key=lambda one: len(addresses[one]), default="")
        others = "; ".join(
            f"{at}: {' '.join(codes)}" for at, codes in addresses.items() if at != common
        )
        page.line(row, (indicator.code,), (style,))
        page.merged(row, (1, 2), name_of(indicator).strip(), "text")
        page.line(row, (foreign(common),), (style,), 3)
        page.merged(row, (4, 5), foreign(others), "text")
        page.fit(row, (name_of(indicator).strip(), 28), (others, 88))
        row += 1
    return row


def _write_rules(page: Page, row: int, contents: Contents) -> None:
    page.say(row, 0, say("summary.rules", version=contents.form_set.version), "block")
    keys = ("relation", "rule_name", "rule", "level")
    row = _spread_headings(page, row + 1, keys, ((0, 0), (1, 2), (3, 4), (5, 5)))
    for relation in contents.form_set.relations:
        level = say(f"summary.level.{relation.level}")
        row = _write_rule(page, row, relation.id, name_of(relation), relation.rule, level)
    for indicator in contents.form_set.indicators:
        way = say(f"summary.way.{indicator.total}")
        rule = indicator.ratio or indicator.distinct or way
        row = _write_rule(page, row, indicator.code, name_of(indicator).strip(), rule, way)


def _write_rule(page: Page, row: int, code: str, name: str, rule: str, level: str) -> int:
    page.line(row, (code,), (page.styles("code"),))
    page.merged(row, (1, 2), name, "text")
    page.merged(row, (3, 4), rule, "code")
    page.line(row, (level,), (page.styles("text"),), 5)
    page.fit(row, (name, 28), (rule, 118), (level, 19))
    return row + 1


def _spread_headings(
    page: Page, row: int, keys: tuple[str, ...], spans: tuple[tuple[int, int], ...]
) -> int:
    for key, (first, last) in zip(keys, spans, strict=True):
        text, style = say(f"summary.heading.{key}"), page.styles("heading")
        if last > first:
            page.sheet.merge_range(row, first, row, last, text, style)
        else:
            page.sheet.write_string(row, first, text, style)
    return row + 1
