"""What a person has set in the control workbook: read as saved, every wrong cell named."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec

from huizong.cells import address, clean_text, read_date, squash
from huizong.errors import HuizongError
from huizong.forms import FormSet, installed
from huizong.letters import addresses, is_address
from huizong.periods import Period
from huizong.records import Unit
from huizong.roster import (
    SHEET,
    Wrong,
    lines_of,
    read_code,
    refuse_unknown_parents,
    refused,
    sheets_of,
    shown,
    unknown_sets,
)
from huizong.texts import catalogue, listed, say

SETTINGS = "设置"
# 不要, 要, 要（三人不同）: whether a summary is signed before it is submitted.
SIGNING = ("no", "yes", "apart")
# 草稿, SMTP, Outlook: how approved letters leave.
SEND_BY = DRAFT, SMTP, OUTLOOK = "draft", "smtp", "outlook"
# 不附, 隐去, 照附: whether ledgers go up beside the summary.
LEDGER_ROWS = LEFT_OUT, MASKED, WHOLE = "none", "masked", "whole"
# Settings of which one of a few words is chosen; texts `<name>.<key>`, the first is the usual one.
CHOICES = MappingProxyType({"signing": SIGNING, "send_by": SEND_BY, "ledger_rows": LEDGER_ROWS})
USUAL_DAYS, MOST_DAYS = 3, 90  # for mending
_LATEST = 366  # days after a period to the deadline
# imap.example.gov.cn, imap.example.gov.cn:993, imap.example.gov.cn:143 STARTTLS
_SERVER = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?( STARTTLS)?", re.IGNORECASE)
LANGUAGES = {"中文": "zh", "English": "en"}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """
    What the office's person has set.

    `sets` are the form sets in use, empty for all installed; `due_days` the days from the end of
    a period to the deadline, by set, `due_on` fixed deadlines by (set, period), `on_paper` the
    codes of ledgers that units keep on paper (只填合计); `joined` puts all form sets of a unit
    into one issued workbook (合并下发). `signing` is whether a summary is signed before it is
    submitted (送审): "", yes, or apart where three different officers have to; `mend_days` are
    the days for mending (整改期限), `redefined` tells by indicator from which period on it counts
    otherwise than before (口径变更). `mail_server` is the IMAP server, `mail_user` the account on
    it, `mail_checks` the name by which it signs its checks of senders, empty if it makes none;
    `upper_mail` is where summaries go, addresses of the office above; `send_by` is how letters
    leave (发信方式), `send_server` the SMTP server; `ledger_rows` is whether ledgers go up
    (上报明细). `unknown_sets` are the cells, of the roster too, that name form sets which are
    not installed: whether that is wrong the book of record knows.
    """

    code: str
    name: str
    language: str = "zh"
    period: str = ""
    sets: tuple[str, ...] = ()
    due_days: Mapping[str, int] = MappingProxyType({})
    due_on: Mapping[tuple[str, str], dt.date] = MappingProxyType({})
    officer: str = ""
    phone: str = ""
    approval: str = ""
    valid_to: str = ""
    on_paper: tuple[str, ...] = ()
    joined: bool = False
    signing: str = ""
    mend_days: int = USUAL_DAYS
    redefined: Mapping[str, str] = MappingProxyType({})
    mail_server: str = ""
    mail_user: str = ""
    mail_checks: str = ""
    upper_mail: str = ""
    send_by: str = DRAFT
    send_server: str = ""
    ledger_rows: str = LEFT_OUT
    unknown_sets: tuple[Wrong, ...] = ()

    def paper_ledgers(self, form_set: FormSet) -> tuple[str, ...]:
        """Give the ledgers (symbols) of a form set of which only the totals are filled in."""
        flows = (one for one in form_set.ledgers if one.kind == "flow")
        return tuple(one.symbol for one in flows if one.code in self.on_paper)

    def due(self, set_code: str, period: Period, due_days: int) -> dt.date:
        """Give the deadline: a fixed day, else so many days after the period, past a weekend."""
        fixed = self.due_on.get((set_code, str(period)))
        if fixed:
            return fixed
        day = period.end + dt.timedelta(days=self.due_days.get(set_code, due_days))
        return day + dt.timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


# The settings in the order of the sheet; texts `setting.<name>` and `setting.<name>_help`.
SETTING_NAMES = (
    "code",
    "name",
    "language",
    "period",
    "sets",
    "due",
    "officer",
    "phone",
    "approval",
    "valid_to",
    "on_paper",
    "joined",
    "signing",
    "mend_days",
    "redefined",
    "mail_server",
    "mail_user",
    "mail_checks",
    "upper_mail",
    "send_by",
    "send_server",
    "ledger_rows",
)


def read_control(path: Path) -> tuple[Settings, tuple[Unit, ...]]:
    """
    Read settings and roster as a person has saved them.

    Raises:
        HuizongError: If the file cannot be read, a sheet is missing or a line is wrong.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise HuizongError("error.no_office", folder=path.parent) from error
    except OSError as error:
        told = {"file": path, "why": error.strerror or type(error).__name__}
        raise HuizongError("error.control_closed", **told) from error
    return control_of(dict(sheets_of(data, path, faults=True)), path.name)


def control_of(
    sheets: Mapping[str, Sequence[Sequence]], file: str
) -> tuple[Settings, tuple[Unit, ...]]:
    """
    Read settings and roster from the rows of their sheets, saved or in an open book.

    Raises:
        HuizongError: If a sheet is missing or a line is wrong.
    """
    for name in (SETTINGS, SHEET):
        if name not in sheets:
            raise HuizongError("error.control_sheet", file=file, sheet=name)
    settings = settings_of(sheets[SETTINGS], file)
    lines = lines_of(sheets[SHEET], SHEET, file)
    refuse_unknown_parents(lines, settings.code, file)
    unknown = (*settings.unknown_sets, *unknown_sets(lines, installed()))
    settings = msgspec.structs.replace(settings, unknown_sets=unknown)
    return settings, tuple(line.unit for line in lines)


def settings_of(rows: Sequence[Sequence], file: str) -> Settings:
    """Read the settings from the rows of their sheet, or raise with all that is wrong."""
    labels = {
        squash(word): name
        for name in SETTING_NAMES
        for word in catalogue()[f"setting.{name}"].values()
    }
    values: dict[str, object] = {}
    wrong: list[Wrong] = []
    unknown: list[Wrong] = []
    for number, row in enumerate(rows):
        name = labels.get(squash(str(row[0]))) if row else None
        if name:
            value = row[1] if len(row) > 1 else ""
            got, fault = _READERS.get(name, _plain)(value)
            read = got if name == "due" else {name: got}
            values |= read
            if fault:
                wrong.append(Wrong(SETTINGS, address(number, 1), fault, shown(value)))
            unknown += _unknown_sets(read, address(number, 1))
    missing = [n for n in ("code", "name") if not values.get(n) and not wrong]
    wrong += [Wrong(SETTINGS, "B", "setting_missing", "", say(f"setting.{n}")) for n in missing]
    if wrong:
        raise refused(file, wrong)
    return Settings(**values, unknown_sets=tuple(unknown))


def _unknown_sets(read: Mapping[str, Any], cell: str) -> Iterator[Wrong]:
    """List what one setting names that is no installed form set."""
    named = (
        *read.get("sets", ()),
        *read.get("due_days", ()),
        *(code for code, _ in read.get("due_on", ())),
    )
    known = installed()
    for code in dict.fromkeys(named):
        if code not in known:
            yield Wrong(SETTINGS, cell, "set_unknown", code, listed(known))


def _plain(value: object) -> tuple[str, str]:
    return shown(value), ""


def _language(value: object) -> tuple[str, str]:
    text = shown(value) or "中文"
    code = LANGUAGES.get(text, text.lower())
    return code, "" if code in LANGUAGES.values() else "language"


def _period(value: object) -> tuple[str, str]:
    text = shown(value)
    try:
        return (str(Period.parse(text)) if text else ""), ""
    except HuizongError:
        return "", "period"


def _sets(value: object) -> tuple[tuple[str, ...], str]:
    return tuple(part for part in _parts(shown(value).upper()) if part), ""


def _yes(value: object) -> tuple[bool, str]:
    text = shown(value)
    yes, no = (catalogue()[f"book.zero_{key}"].values() for key in ("yes", "no"))
    return text.lower() in yes, "" if text.lower() in (*yes, *no, "") else "yes_no"


def _parts(text: str) -> list[str]:
    for mark in "，,;；、\n":
        text = text.replace(mark, " ")
    return text.split()


def _due(value: object) -> tuple[dict[str, object], str]:
    """Read `TJ=8；TJ 2026Q1=2026-04-10`: days after the period, or a day for one period."""
    days: dict[str, int] = {}
    fixed: dict[tuple[str, str], dt.date] = {}
    text = clean_text(shown(value))
    for mark in "，,;、\n":
        text = text.replace(mark, "；")
    for part in filter(None, map(str.strip, text.replace("＝", "=").split("；"))):
        left, _, right = part.partition("=")
        words, day = left.upper().split(), read_date(right.strip())
        if len(words) == 1 and (count := _whole(right.strip(), range(_LATEST + 1))) is not None:
            days[words[0]] = count
        elif len(words) == 2 and day and not _period(words[1])[1]:
            fixed[words[0], _period(words[1])[0]] = day
        else:
            return {}, "due"
    return {"due_days": MappingProxyType(days), "due_on": MappingProxyType(fixed)}, ""


def _signing(value: object) -> tuple[str, str]:
    found, fault = _chosen("signing", value)
    return ("" if found == "no" else found), fault


def _chosen(name: str, value: object) -> tuple[str, str]:
    """Read a setting of which a word is chosen, in any language."""
    keys, words = CHOICES[name], catalogue()
    known = {_plainly(word): key for key in keys for word in words[f"{name}.{key}"].values()}
    found = known.get(_plainly(value), "")
    return found or keys[0], "" if found or not shown(value) else name


def _plainly(value: object) -> str:
    return squash(shown(value)).lower()


def _days(value: object) -> tuple[int, str]:
    text = shown(value)
    if not text:
        return USUAL_DAYS, ""
    days = _whole(text, range(1, MOST_DAYS + 1))
    return (days or 0, "" if days else "days")


def _whole(text: str, allowed: range) -> int | None:
    """Read a whole number of days, if it is one of those allowed."""
    good = text.isdecimal() and len(text) <= len(str(allowed.stop))
    return int(text) if good and int(text) in allowed else None


def _redefined(value: object) -> tuple[Mapping[str, str], str]:
    """Read `TJ02 2026Q2；SY04 2026Q1`: from when an indicator counts otherwise than before."""
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, re.split("[；;，,、\n]", shown(value)))):
        code, _, text = part.upper().partition(" ")
        period, fault = _period(text)
        if fault or not period:
            return {}, "redefined"
        found[code] = period
    return MappingProxyType(found), ""


def _mail_server(value: object) -> tuple[str, str]:
    text = shown(value)
    return text, "" if not text or _SERVER.fullmatch(text) else "mail_server"


def _send_server(value: object) -> tuple[str, str]:
    text, fault = _mail_server(value)
    return text, fault and "send_server"


def _upper_mail(value: object) -> tuple[str, str]:
    text = shown(value)
    found = addresses(text)
    good = bool(found) == bool(text) and all(map(is_address, found))
    return text, "" if good else "upper_mail"


_READERS = {
    "code": read_code,
    "language": _language,
    "period": _period,
    "sets": _sets,
    "due": _due,
    "on_paper": _sets,
    "joined": _yes,
    "signing": _signing,
    "mend_days": _days,
    "redefined": _redefined,
    "mail_server": _mail_server,
    "upper_mail": _upper_mail,
    "send_by": partial(_chosen, "send_by"),
    "ledger_rows": partial(_chosen, "ledger_rows"),
    "send_server": _send_server,
}
