"""Clerks of communities: what they type into a blank that came, and their mail programs."""

import datetime as dt
import email
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from email.utils import make_msgid
from html import escape

from imap_tools import MailBox

from huizong.cells import address
from huizong.forms import FormSet
from huizong.layout import (
    LEDGER_HEADING_ROW,
    figure_places,
    ledger_sheet,
    report_sheet,
    status_place,
)
from mail_servers import HOST
from patch import packed, part_of, parts_of

Row = Mapping[str, str]
_CELL = re.compile(r'<c r="([A-Z]+\d+)"( s="\d+")?[^>]*?(?:/>|>.*?</c>)', re.DOTALL)
_EPOCH = dt.date(1899, 12, 30)
_REPORT_ROW = 5


@dataclass(frozen=True)
class Typed:
    """What a clerk types: figures by code, rows of ledgers by symbol, sections of the report."""

    figures: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, tuple[Row, ...]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def filled(blank: bytes, typed: Typed, form_set: FormSet) -> bytes:
    """Fill in a blank in its file; all else stays byte for byte, and no formula is worked out."""
    cells: dict[str, dict[str, str]] = {}
    places = figure_places(form_set)
    for code, value in typed.figures.items():
        cells.setdefault(places[code].sheet, {})[places[code].cell] = value
    for symbol, rows in typed.rows.items():
        cells.setdefault(ledger_sheet(form_set.by_symbol[symbol]), {}).update(
            _ledger(form_set, symbol, rows)
        )
    at = {section.key: _REPORT_ROW + number for number, section in enumerate(form_set.sections)}
    cells[report_sheet(form_set)] = {address(at[key], 1): text for key, text in typed.texts.items()}
    return typed_into(blank, cells)


def _ledger(form_set: FormSet, symbol: str, rows: tuple[Row, ...]) -> dict[str, str]:
    ledger = form_set.by_symbol[symbol]
    columns = {column.key: at for at, column in enumerate(ledger.columns)}
    cells = {
        address(LEDGER_HEADING_ROW + number, columns[key]): value
        for number, row in enumerate(rows, 1)
        for key, value in row.items()
    }
    if ledger.kind != "plan":
        cells[status_place(ledger).cell] = "有"
    return cells


def typed_into(book: bytes, cells: Mapping[str, Mapping[str, str]]) -> bytes:
    """Type into cells of sheets: numbers and days as numbers, anything else as text."""
    parts = parts_of(book)
    for sheet, wanted in cells.items():
        name, left = part_of(parts, sheet), dict(wanted)

        def put(found: re.Match[str], left: dict[str, str] = left) -> str:
            value = left.pop(found[1], None)
            return found[0] if value is None else _cell(found[1], found[2] or "", value)

        parts[name] = _CELL.sub(put, parts[name].decode()).encode()
        assert not left, (sheet, left)
    return packed(parts)


def _cell(cell: str, style: str, value: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        value = str((dt.date.fromisoformat(value) - _EPOCH).days)
    if re.fullmatch(r"-?\d+(\.\d+)?", value) and len(value) < 11:
        return f'<c r="{cell}"{style}><v>{value}</v></c>'
    inside = f'<is><t xml:space="preserve">{escape(value)}</t></is>'
    return f'<c r="{cell}"{style} t="inlineStr">{inside}</c>'


@dataclass(frozen=True)
class Clerk:
    """A person with a mail program, which gets letters by IMAP and sends them by SMTP."""

    name: str
    address: str
    password: str
    imap: int
    smtp: int
    authority: str

    def letters(self) -> list[EmailMessage]:
        """Give all letters in the mailbox, oldest first."""
        with MailBox(HOST, self.imap, ssl_context=self._context()) as mailbox:
            mailbox.login(self.address, self.password)
            found = [one.obj.as_bytes() for one in mailbox.fetch(mark_seen=False)]
        return [email.message_from_bytes(one, policy=default) for one in found]

    def answer(
        self, letter: EmailMessage, text: str, files: Mapping[str, bytes], sender: str = ""
    ) -> None:
        """Answer a letter with files; from another mailbox if one is named."""
        message = EmailMessage()
        message["From"] = sender or self.address
        message["To"] = letter["from"]
        message["Subject"] = f"回复：{letter['subject']}"
        message["Message-ID"] = make_msgid(domain=self.address.partition("@")[2])
        message["In-Reply-To"] = letter["message-id"]
        message.set_content(text)
        for name, data in files.items():
            message.add_attachment(
                data, maintype="application", subtype="vnd.ms-excel", filename=name
            )
        with smtplib.SMTP_SSL(HOST, self.smtp, context=self._context()) as server:
            server.login(sender or self.address, self.password)
            server.send_message(message)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.authority)


def attachments(letter: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """Give the files of a letter, as they are saved from it."""
    for part in letter.iter_attachments():
        yield part.get_filename(), part.get_payload(decode=True)
