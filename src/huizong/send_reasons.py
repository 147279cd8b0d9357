"""What a mail server's reply to a letter means to an officer."""

import re

from huizong.texts import say

# What the enhanced codes of mail servers (RFC 3463) mean to an officer, and the plain ones.
_ENHANCED = re.compile(r"\b[45]\.(\d{1,3}\.\d{1,3})\b")
_REASONS = {"1": "address", "2.1": "closed", "2.2": "full", "2.3": "large", "3.4": "large",
            "3.1": "full", "7": "policy"}  # fmt: skip
_BY_CODE = {"421": "later", "450": "later", "451": "later", "452": "later", "550": "address",
            "551": "address", "552": "large", "553": "address", "554": "policy"}  # fmt: skip
# These are no verdicts where a server puts a letter off: many do so with the first from anybody.
_FOR_NOW = frozenset(("address", "policy"))


def reason_of(reply: str) -> str:
    """Say in words what a server's code means, with what it said itself."""
    if not reply:
        return say("send_reason.cut")
    found = _ENHANCED.search(reply)
    kind = (
        _REASONS.get(found[1], "") or _REASONS.get(found[1].partition(".")[0], "") if found else ""
    )
    if reply[0] == "4" and kind in _FOR_NOW:
        kind = "later"
    word = say(f"send_reason.{kind or _BY_CODE.get(reply[:3], 'other')}")
    return say("send_reason.said", word=word, reply=reply)
