"""What has become of findings: explained by the unit, released or accepted by an officer."""

import re
from collections.abc import Iterable, Mapping

from huizong.cells import squash
from huizong.entries import Answer
from huizong.records import (
    PASSED,
    TO_EXPLAIN,
    TO_MEND,
    WAITING,
    AuditedFinding,
    Finding,
    Reading,
)

# Phrases that explain nothing (design.md: 属实 doesn't count), the longest first.
_EMPTY = sorted(
    (
        squash(phrase)
        for phrase in (
            "属实", "情况属实", "数据属实", "数字属实", "经核实属实", "经核实", "已核实",
            "核实无误", "无误", "正常", "情况正常", "属正常", "没问题", "无问题", "按实填报",
            "如实填报", "无变动原因", "同上", "见上", "true", "correct", "ok", "yes",
        )
    ),
    key=len,
    reverse=True,
)  # fmt: skip
# A shorter reason explains nothing: the live check and the audit agree on it.
SHORTEST_REASON = 6
_ANSWERED = {
    ("ask", "accept"): "accepted",
    ("ask", "use"): "accepted",
    ("release", "accept"): "released",
    ("explain", "accept"): "accepted",
}


def settle(
    findings: Iterable[Finding], reading: Reading, answers: Mapping[str, Answer]
) -> tuple[AuditedFinding, ...]:
    """Say of each finding how it stands, by the unit's reasons and the officer's answers."""
    identity = reading.identity
    settled = []
    for finding in findings:
        key = finding.key(identity.code, identity.period, identity.set_code)
        settled.append(_settled(key, finding, reading, answers.get(key)))
    return tuple(settled)


def _settled(key: str, finding: Finding, reading: Reading, answer: Answer | None) -> AuditedFinding:
    if answer is not None:
        state = _ANSWERED.get((finding.level, answer.action), "")
        state = "rejected" if answer.action == "reject" else state
        if state:
            return AuditedFinding(key, finding, state, "", answer.officer, answer.reason)
    reason = reason_given(finding, reading)
    if finding.level == "explain" and says_something(reason):
        return AuditedFinding(key, finding, "explained", reason)
    return AuditedFinding(key, finding, "open", reason)


def reason_given(finding: Finding, reading: Reading) -> str:
    """Find the unit's reason: on 审核说明 for a relation, in 备注 for a figure."""
    subject = finding.subject
    for name in (subject, subject.split(".")[0]):
        if name and name in reading.explanations:
            return reading.explanations[name]
    return reading.remarks.get(subject, "")


def says_something(reason: str) -> bool:
    """Whether a reason explains anything: a few characters beside empty phrases."""
    bare = re.sub(r"[\W_]", "", squash(reason)).lower()
    for phrase in _EMPTY:
        bare = bare.replace(phrase, "")
    return len(bare) >= SHORTEST_REASON


def state_of(findings: Iterable[AuditedFinding]) -> str:
    """Tell a return's state: 待改, 待审 (the officer's turn), 待补说明 or 已通过."""
    standing = {one.finding.level for one in findings if one.stands}
    rejected = any(one.state == "rejected" for one in findings)
    if rejected or standing & {"must", "release"}:
        return TO_MEND
    if "ask" in standing:
        return WAITING
    return TO_EXPLAIN if "explain" in standing else PASSED
