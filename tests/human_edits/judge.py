"""Hold what came out of a return against what a person would say."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from huizong.audit import audit
from huizong.cells import squash
from huizong.ground import Header
from huizong.periods import Period
from huizong.read import Read, Refusal, read_bytes
from huizong.records import Finding, Reading, level_of
from human_edits.catalogue import Edit
from human_edits.draft import ASKED, KEPT, REPAIRED, Expected
from human_edits.returns import UNTOLD, form

REFUSED, WRONG = "refused", "wrong"
OUTCOMES = (KEPT, REPAIRED, ASKED, REFUSED, WRONG)
BLOCKING = frozenset(("must", "ask", "release"))
Reader = Callable[[bytes], Read | Refusal]
BATCH = 100
MOST_REFUSED = 0.02


@dataclass(frozen=True)
class Verdict:
    """What became of an edit that was to be kept, repaired or asked about, and why."""

    number: int
    kind: str
    names: tuple[str, ...]
    due: str
    outcome: str
    why: str = ""


def _verdict(edit: Edit, outcome: str, why: str = "") -> Verdict:
    return Verdict(edit.number, edit.kind, edit.names, edit.draft.outcome, outcome, why)


def judged(edits: Iterable[Edit], reader: Reader = read_bytes) -> Iterator[Verdict]:
    """Read, audit and judge edited returns, a batch at a time."""
    batch: list[Edit] = []
    for edit in edits:
        batch.append(edit)
        if len(batch) == BATCH:
            yield from _judge_all(batch, reader)
            batch = []
    yield from _judge_all(batch, reader)


def _judge_all(edits: Sequence[Edit], reader: Reader) -> Iterator[Verdict]:
    results = [reader(edit.data) for edit in edits]
    readings = [one.readings[0] for one in results if isinstance(one, Read)]
    done = audit(form(), readings, [_header(one) for one in readings])
    pairs = zip(done.readings, done.findings, strict=True)
    for edit, result in zip(edits, results, strict=True):
        if isinstance(result, Refusal):
            yield refused(edit, result.code)
        else:
            yield judge(edit, *next(pairs))


def _header(reading: Reading) -> Header:
    period = reading.identity.period or "2026Q1"
    return Header(Period.parse(period), level_of(reading.identity.code))


def refused(edit: Edit, code: str) -> Verdict:
    """Judge a return of which nothing was read."""
    return _verdict(edit, ASKED) if edit.draft.unread else _verdict(edit, REFUSED, code)


def judge(edit: Edit, reading: Reading, findings: Sequence[Finding]) -> Verdict:
    """Tell what became of an edit from what was read and found."""
    draft = edit.draft
    blocking = [one for one in findings if one.level in BLOCKING]
    if wrong := list(_wrong(draft, reading, findings)):
        return _verdict(edit, WRONG, "; ".join(wrong))
    if draft.outcome == ASKED:
        return _verdict(edit, ASKED)
    if blocking:
        return _verdict(edit, REFUSED, "; ".join(_named(one) for one in blocking))
    return _verdict(edit, draft.outcome)


def _named(finding: Finding) -> str:
    return f"{finding.code} {finding.sheet} {finding.cell} {finding.subject}"


def _wrong(draft: Expected, reading: Reading, findings: Sequence[Finding]) -> Iterator[str]:
    blocking = [one for one in findings if one.level in BLOCKING]
    yield from _not_asked(draft, blocking)
    yield from _not_listed(draft, findings)
    if draft.unread:
        yield from (f"{c.code} was taken" for c in reading.figures if c.value and not blocking)
        return
    yield from _wrong_figures(draft, reading, waits=bool(blocking))
    if blocking and draft.outcome != ASKED:
        return  # refused: nothing of it is taken
    yield from _wrong_rows(draft, reading)
    truth, identity = draft.truth, reading.identity
    seen = squash(identity.name), identity.code, identity.period
    if not draft.unsure_identity and seen != (truth.name, truth.region, truth.period):
        yield f"identity {identity}"
    if dict(reading.texts) != truth.texts:
        yield f"texts {reading.texts}"
    named = frozenset().union(*draft.asked) | draft.open
    for code, text in truth.remarks.items():
        if code not in named and reading.remarks.get(code) != text:
            yield f"remark of {code} is {reading.remarks.get(code)}"


def _not_asked(draft: Expected, blocking: Sequence[Finding]) -> Iterator[str]:
    for names in draft.asked:
        if not any(names & {one.subject, one.sheet, one.cell, one.code, "*"} for one in blocking):
            yield f"no question about {'/'.join(sorted(names))}"


def _not_listed(draft: Expected, findings: Sequence[Finding]) -> Iterator[str]:
    told = {one.subject for one in findings}
    yield from (f"{name} mended without a word" for name in sorted(draft.listed - told))


def _wrong_figures(draft: Expected, reading: Reading, *, waits: bool) -> Iterator[str]:
    """
    An asked figure holds what stands in its cell, or nothing; any other what it should.

    A return that waits may have a figure too few, never another one.
    """
    cells = {cell.code: cell for cell in reading.figures}
    asked = frozenset().union(*draft.asked)
    for code, expected in draft.truth.figures().items():
        cell = cells.get(code)
        found = _shown(cell.state, cell.value) if cell else ""
        if code in draft.open or (not found and (waits or code in asked)):
            continue
        if found != expected:
            yield f"{code} is {found or 'blank'}, not {expected or 'blank'}"


def _shown(state: str, value: str) -> str:
    return {"number": value, "na": "——"}.get(state, "")


def _wrong_rows(draft: Expected, reading: Reading) -> Iterator[str]:
    found = {one.symbol: one for one in reading.ledgers}
    for symbol, rows in draft.truth.rows.items():
        if symbol in draft.unsure_rows:
            continue
        got = found.get(symbol)
        if got is None:
            yield f"{symbol} is gone"
            continue
        wanted = [{key: row.get(key) for key in got.keys} for row in rows]
        told = [{key for key, text in row.items() if text != UNTOLD} for row in wanted]
        told += [set(got.keys)] * (len(got.rows) - len(told))
        seen = [
            {key: text if key in keys else UNTOLD for key, text in zip(got.keys, row, strict=True)}
            for row, keys in zip(got.rows, told, strict=False)
        ]
        if seen != wanted:
            differ = [n for n, (a, b) in enumerate(zip(seen, wanted, strict=False)) if a != b]
            yield f"{symbol} has {len(seen)} rows of {len(wanted)}, differing {differ[:3]}"


@dataclass
class Table:
    """How many edits of each kind had which outcome."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    due: int = 0
    lost: int = 0

    def add(self, verdict: Verdict) -> None:
        """Count one."""
        self.counts[verdict.kind, verdict.outcome] += 1
        if verdict.due != ASKED:
            self.due += 1
            self.lost += verdict.outcome == REFUSED

    @property
    def passed(self) -> bool:
        """Whether no figure was wrong, and few that are plain to a person were refused."""
        return self.wrong == 0 and self.share_refused <= MOST_REFUSED

    @property
    def wrong(self) -> int:
        """How many had a wrong figure."""
        return sum(count for (_, outcome), count in self.counts.items() if outcome == WRONG)

    @property
    def share_refused(self) -> float:
        """Of those to be kept or repaired, which share was refused."""
        return self.lost / self.due if self.due else 0.0

    def text(self) -> str:
        """Lay it out: a line a kind, a column an outcome."""
        kinds = sorted({kind for kind, _ in self.counts})
        lines = ["".join((f"{'kind':34}", *(f"{one:>10}" for one in (*OUTCOMES, "all"))))]
        lines += [self._line(kind, [kind]) for kind in kinds]
        lines += [self._line("all", kinds)]
        lines += [f"wrong: {self.wrong}; refused of {self.due} to be kept or repaired: "
                  f"{self.lost} ({self.share_refused:.2%})"]  # fmt: skip
        return "\n".join(lines)

    def _line(self, name: str, kinds: Sequence[str]) -> str:
        counts = [sum(self.counts[kind, outcome] for kind in kinds) for outcome in OUTCOMES]
        return "".join((f"{name:34}", *(f"{count:10}" for count in (*counts, sum(counts)))))
