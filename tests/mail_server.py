"""
A real server that takes letters, on this machine: TLS or STARTTLS, a password, and what it is told
to answer. `mail_servers` has the server that gives letters out, and the line that breaks.
"""

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from mail_servers import HOST, PASSWORD, USER, free_port, make_certificate

# Instead of a reply: the end of the line, or nothing ever. LOST and MUTE are the same after a
# letter was taken: the server has it, and its reply never arrives.
CUT, SILENT, LOST, MUTE = "cut", "silent", "lost", "mute"
MOST_BYTES = 40_000_000
Answer = str | Callable[[], None]


@dataclass
class MailServer:
    """
    A running server; `accepted` holds each letter that it took as (recipient, bytes).

    `answers` are given instead of its own, one after the other: by a command (AUTH, MAIL, RCPT,
    DATA, QUIT, or `.` for a whole letter), alone or with a recipient behind it (`RCPT a@b.cn`). An
    answer is a reply, one of CUT, SILENT, LOST, MUTE, or a function called before its own reply.
    """

    authority: Path
    port: int
    plain: int
    users: dict[str, str] = field(default_factory=lambda: {USER: PASSWORD})
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    # Called with each letter that was taken: recipient and bytes.
    passes_on: Callable[[str, bytes], None] = lambda _recipient, _data: None
    # Seconds before every byte of a reply.
    pause: float = 0.0

    def forget(self) -> None:
        """Begin anew: nothing accepted, nothing to be answered otherwise."""
        for kept in (self.accepted, self.answers, self.heard):
            kept.clear()
        self.pause = 0.0

    def copies(self, recipient: str) -> list[bytes]:
        """Give the letters that were accepted for a recipient."""
        return [data for to, data in self.accepted if to == recipient]

    def answer_to(self, command: str, recipient: str = "") -> Answer | None:
        """Take the next answer to a command; None is the server's own."""
        for key in (f"{command} {recipient}", command):
            if self.answers.get(key):
                return self.answers[key].pop(0)
        return None


@contextlib.contextmanager
def taking(certified: Path | None = None) -> Iterator[MailServer]:
    """Run a server that takes letters, with a certificate of its own or that of another server."""
    with tempfile.TemporaryDirectory(prefix="huizong-smtp-") as name:
        folder = certified or Path(name)
        if not certified:
            make_certificate(folder)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        server = MailServer(folder / "cert.pem", free_port(), free_port())
        with (
            _listening(server, server.port, ssl_context=context, auth_require_tls=False),
            _listening(server, server.plain, tls_context=context, require_starttls=True),
        ):
            yield server


@contextlib.contextmanager
def _listening(server: MailServer, port: int, **how: object) -> Iterator[None]:
    controller = _Controller(
        _Handler(server), hostname="127.0.0.1", port=port, server_hostname=HOST,
        authenticator=_authenticator(server), data_size_limit=MOST_BYTES, timeout=60, **how,
    )  # fmt: skip
    controller.start()
    server.heard.clear()  # starting, it has spoken to itself
    try:
        yield
    finally:
        controller.stop()


def _authenticator(server: MailServer) -> Callable[..., AuthResult]:
    def proved(
        _server: SMTP, _session: Session, _envelope: Envelope, _way: str, data: LoginPassword
    ) -> AuthResult:
        known = server.users.get(data.login.decode())
        return AuthResult(success=known == data.password.decode(), handled=False, auth_data=data)

    return proved


class _Controller(Controller):
    """Listens on one port."""

    def factory(self) -> SMTP:
        return _Wire(self.handler, **self.SMTP_kwargs)


class _Handler:
    """Takes letters from who has said its password."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    async def handle_MAIL(
        self, _: SMTP, session: Session, envelope: Envelope, sender: str, _options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = sender
        return "250 OK"

    async def handle_DATA(self, wire: "_Wire", _: Session, envelope: Envelope) -> str:
        return await wire.taken(envelope)


class _Wire(SMTP):
    """One connection, on which the server says what it was told to."""

    event_handler: _Handler

    async def push(self, status: str | bytes) -> None:
        server = self.event_handler.server
        if not server.pause:
            await super().push(status)
            return
        text = status if isinstance(status, bytes) else status.encode()
        for byte in text + b"\r\n":
            await asyncio.sleep(server.pause)
            self._writer.write(bytes((byte,)))
            await self._writer.drain()

    async def smtp_EHLO(self, hostname: str) -> None:
        await self._answered("EHLO", super().smtp_EHLO, hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        await self._answered("STARTTLS", super().smtp_STARTTLS, arg)

    async def smtp_AUTH(self, arg: str) -> None:
        await self._answered("AUTH", super().smtp_AUTH, arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        await self._answered("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        await self._answered("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg: str) -> None:
        await self._answered("DATA", super().smtp_DATA, arg)

    async def smtp_QUIT(self, arg: str) -> None:
        await self._answered("QUIT", super().smtp_QUIT, arg)

    async def _answered(
        self, command: str, own: Callable[[str], Awaitable[None]], arg: str | None
    ) -> None:
        server = self.event_handler.server
        recipient = arg.partition("<")[2].partition(">")[0] if arg and command == "RCPT" else ""
        server.heard.append(f"{command} {recipient}".strip())
        answer = await self._unless_mute(server.answer_to(command, recipient))
        if answer:
            await self.push(answer)
        else:
            await own(arg)

    async def taken(self, envelope: Envelope) -> str:
        """Keep a letter, unless it is told to refuse it."""
        server = self.event_handler.server
        (recipient,) = envelope.rcpt_tos
        server.heard.append(f". {recipient}")
        answer = server.answer_to(".", recipient)
        refused = isinstance(answer, str) and answer not in (LOST, MUTE)
        if not refused or answer.startswith("2"):
            server.accepted.append((recipient, envelope.content))
            server.passes_on(recipient, envelope.content)
        return await self._unless_mute(answer) or "250 2.0.0 kept"

    async def _unless_mute(self, answer: Answer | None) -> str:
        """Give a reply, empty for the usual one; or cut the line, or never say a word."""
        if answer in (CUT, LOST):
            self.transport.abort()
        if answer in (CUT, LOST, SILENT, MUTE):
            await asyncio.Event().wait()
        if callable(answer):
            answer()
            return ""
        return answer or ""
