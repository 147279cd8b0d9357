"""Why a mail server was not reached, in an officer's words."""

import errno
import socket
import ssl

from huizong.texts import say

# What the system says where no way leads to a server.
_NO_WAY = frozenset((errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN))
# What the TLS library calls an answer that is none of TLS, by its version.
_NO_TLS = frozenset(("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"))


def no_line(error: OSError) -> str:
    """Say why a server was not reached, where the system's own words are for engineers."""
    if isinstance(error, ConnectionRefusedError):
        return say("no_line.refused")
    if isinstance(error, socket.gaierror):
        return say("no_line.name")
    if isinstance(error, ConnectionError):
        return say("no_line.broken")
    return say("no_line.network") if error.errno in _NO_WAY else error.strerror or "——"


def speaks_plainly(error: ssl.SSLError) -> bool:
    """Whether what came instead of TLS is a greeting without."""
    return error.reason in _NO_TLS
