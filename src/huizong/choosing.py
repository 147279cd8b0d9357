"""Choose among the files that one unit has sent for one period and set."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import msgspec

from huizong.differences import Difference, differences, figures_of
from huizong.entries import Answer
from huizong.forms import FormSet
from huizong.records import ADOPTED, PENDING, RETURNED, SUPERSEDED, Finding, Reading

SHOWN_DIFFERENCES = 12


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """
    One of the files of a unit, period and set.

    `acceptable` if nothing in it blocks; only several of these need their `reading`. `made` and
    `received` are ISO times; `put_aside` the reason of an earlier decision against it (put_aside
    or rejected), empty if there is none. `corrects` is the digest of the file of whose correction
    copy it was made, `may_change` the cells (sheet!address) that the copy let change.
    """

    digest: str
    name: str
    reading: Reading | None
    acceptable: bool
    received: str = ""
    made: str = ""
    put_aside: str = ""
    corrects: str = ""
    may_change: frozenset[str] = frozenset()


class Correction(msgspec.Struct, frozen=True):
    """A file made in our correction copy of `before`, and what it changed there."""

    before: Candidate
    changes: tuple[Difference, ...]


class Choice(msgspec.Struct, frozen=True):
    """
    What has become of all files of one unit, period and set.

    `states` are (digest, state, reason) in the order of the candidates; reasons put_aside and
    rejected are an officer's decision, to be kept. `proposed` is the newest of several, `told`
    what is said of the file that leads.
    """

    adopted: str
    states: tuple[tuple[str, str, str], ...]
    finding: Finding | None = None
    key: str = ""
    proposed: str = ""
    differences: tuple[Difference, ...] = ()
    told: tuple[Finding, ...] = ()


def choose(
    candidates: Sequence[Candidate], answers: Mapping[str, Answer] | None = None,
    form_set: FormSet | None = None,
) -> Choice:  # fmt: skip
    """
    Choose among the files of one unit, period and set (row 32).

    A blocked file does not compete, nor one that was mended in our own copy of it, in marked cells
    alone. Of the others, if acceptable, the newest is adopted where figures are equal; with
    different figures none is, until an officer has answered the finding's key. `form_set` names
    what differs.
    """
    ordered = sorted(candidates, key=_age)
    able = [c for c in ordered if c.acceptable and not c.put_aside]
    made = _corrections(ordered, form_set) if len(able) > 1 else {}
    mended = {digest for c in able for digest in _line(c.digest, made)}
    rivals = [c for c in able if c.digest not in mended]
    decided = {c.digest: (SUPERSEDED, "corrected") for c in able if c.digest in mended}
    decided |= {c.digest: (_DECIDED[c.put_aside], c.put_aside) for c in ordered if c.put_aside}
    if len(rivals) < 2 or len({figures_of(c.reading) for c in rivals}) == 1:
        newest = rivals[-1].digest if rivals else ""
        decided |= {c.digest: (SUPERSEDED, "equal") for c in rivals[:-1]}
        decided |= {newest: (ADOPTED, "adopted")} if newest else {}
        choice = _choice(candidates, ordered, decided, newest)
        return msgspec.structs.replace(choice, told=_corrected(made.get(newest)))
    found = tuple(differences([c.reading for c in rivals], form_set))
    finding = _two_returns(rivals, found)
    identity = rivals[0].reading.identity
    key = finding.key(identity.code, identity.period, identity.set_code)
    adopted, answered = _answered(rivals, (answers or {}).get(key))
    decided |= answered or {c.digest: (PENDING, "two_returns") for c in rivals}
    choice = _choice(candidates, ordered, decided, adopted)
    if answered:
        return msgspec.structs.replace(choice, key=key, differences=found)
    return msgspec.structs.replace(
        choice, finding=finding, key=key, proposed=rivals[-1].digest, differences=found
    )


_DECIDED = {"put_aside": SUPERSEDED, "rejected": RETURNED}


def _age(candidate: Candidate) -> tuple[str, str, str]:
    """The file's own time first: the order in which files arrive must not matter."""
    return candidate.made or candidate.received, candidate.received, candidate.digest


def _choice(
    candidates: Sequence[Candidate], ordered: Sequence[Candidate],
    decided: Mapping[str, tuple[str, str]], adopted: str,
) -> Choice:  # fmt: skip
    """Give each blocked file its state: to be mended if it is the newest of all, else old."""
    live = [c for c in ordered if not c.put_aside]
    states = dict(decided)
    for candidate in live:
        if candidate.digest not in states:
            newest = candidate is live[-1]
            states[candidate.digest] = (RETURNED, "blocked") if newest else (SUPERSEDED, "older")
    return Choice(adopted, tuple((c.digest, *states[c.digest]) for c in candidates))


def _answered(
    rivals: Sequence[Candidate], answer: Answer | None
) -> tuple[str, dict[str, tuple[str, str]]]:
    """Carry out an officer's decision; nothing if there is none that fits."""
    if answer is None:
        return "", {}
    if answer.action == "reject":
        return "", {c.digest: (RETURNED, "rejected") for c in rivals}
    wanted = rivals[-1].digest if answer.action == "accept" else _meant(rivals, answer.file)
    if not wanted:
        return "", {}
    states = {c.digest: (SUPERSEDED, "put_aside") for c in rivals}
    return wanted, states | {wanted: (ADOPTED, "adopted")}


def _meant(rivals: Sequence[Candidate], file: str) -> str:
    """Find the one file that an answer names by digest, its beginning, or name."""
    found = [
        c.digest for c in rivals
        if (len(file) >= 8 and c.digest.lower().startswith(file.lower())) or c.name == file
    ]  # fmt: skip
    return found[0] if len(found) == 1 else ""


def _corrections(ordered: Sequence[Candidate], form_set: FormSet | None) -> dict[str, Correction]:
    """Find the files made in our copy of another, in which nothing else was touched."""
    known = {c.digest: c for c in ordered if c.reading and not c.put_aside}
    made = {}
    for one in known.values():
        before = known.get(one.corrects)
        if before:
            changes = tuple(differences((before.reading, one.reading), form_set))
            if all(_let(change, one) for change in changes):
                made[one.digest] = Correction(before, changes)
    return made


def _let(change: Difference, made: Candidate) -> bool:
    """Whether the copy let a cell change; one that was emptied, or a row put in, it did not."""
    return bool(change.values[-1]) and f"{change.sheet}!{change.cell}" in made.may_change


def _line(digest: str, made: Mapping[str, Correction]) -> Iterator[str]:
    """Go back from a file over those that it descends from."""
    while digest in made:
        digest = made[digest].before.digest
        yield digest


def _corrected(correction: Correction | None) -> tuple[Finding, ...]:
    if correction is None or not correction.changes:
        return ()
    before = correction.before
    details = {"found": before.name, "when": before.received.replace("T", " "),
               "parts": _listed(correction.changes)}  # fmt: skip
    subject = before.digest[:8]
    return (Finding("corrected", "info", subject=subject, details=MappingProxyType(details)),)


def _listed(found: Sequence[Difference]) -> str:
    parts = "；".join(map(str, found[:SHOWN_DIFFERENCES]))
    return f"{parts}；……（{len(found)}）" if len(found) > SHOWN_DIFFERENCES else parts


def _two_returns(rivals: Sequence[Candidate], found: Sequence[Difference]) -> Finding:
    newest = rivals[-1]
    digests = sorted(c.digest for c in rivals)
    details = {
        "unit": newest.reading.identity.name,
        "when": (newest.received or newest.made).replace("T", " "),
        "parts": _listed(found),
        "count": str(len(found)),
        "files": "；".join(sorted(c.name for c in rivals)),
        "proposed": newest.name,
        # Part of the finding's name: another file makes it another question.
        "found": ",".join(digest[:16] for digest in digests),
    }
    return Finding("two_returns", "ask", details=MappingProxyType(details))
