"""What a way of sending is handed, and what it gives back."""

from collections.abc import Callable

import msgspec


class Outbound(msgspec.Struct, frozen=True):
    """One letter to one recipient, as it goes over the line."""

    sender: str
    recipient: str
    content: bytes


class Reply(msgspec.Struct, frozen=True):
    """
    What a server said last about a letter: its code, 0 where it said nothing, and its words.

    `handed_over` once the server has the whole letter, or may have it.
    """

    code: int = 0
    text: str = ""
    handed_over: bool = False


# Hands a letter over; calls what it is given in the last moment before the server can take it.
Post = Callable[[Outbound, Callable[[], None]], Reply]
