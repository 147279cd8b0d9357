"""The password of the office's mailbox: asked for, or in the system's keyring, or nowhere."""

import sys
from pathlib import Path

import keyring
from keyring.errors import KeyringError

from huizong.accounts import IMAP, SMTP, Account
from huizong.errors import HuizongError
from huizong.screen import ask_hidden, put
from huizong.texts import say

SERVICE = "huizong"
_NOT_KEPT = {IMAP: "error.mail_password", SMTP: "error.send_password"}


def kept_password(account: str) -> str:
    """Give the password that the keyring keeps; empty where there is none, or no keyring."""
    try:
        return keyring.get_password(SERVICE, account) or ""
    except (KeyringError, RuntimeError):
        return ""


def keep_password(account: str, password: str) -> bool:
    """Keep a password in the system's keyring; tell whether there is one that took it."""
    try:
        keyring.set_password(SERVICE, account, password)
    except (KeyringError, RuntimeError):
        return False
    return kept_password(account) == password


def password_of(account: Account, folder: Path, *, anew: bool = False) -> str:
    """
    Take a password from the keyring, else ask; it is never written anywhere by us.

    Raises:
        HuizongError: If nobody is there to type it (`error.mail_password`, `error.send_password`);
            it says how to keep it, with the office's folder.
    """
    kept = "" if anew else kept_password(account.name)
    if kept:
        return kept
    # A program without a window of its own has no input at all.
    if not (sys.stdin and sys.stdin.isatty()):
        raise HuizongError(_NOT_KEPT[account.protocol], user=account.user, folder=folder)
    try:
        return _typed(say("mail.password", user=account.user))
    except EOFError as error:
        raise HuizongError(_NOT_KEPT[account.protocol], user=account.user, folder=folder) from error


def _typed(prompt: str) -> str:
    """Ask until something is typed: a server would count nothing as a wrong password."""
    while not (typed := ask_hidden(prompt)):
        put(say("mail.password_empty"))
    return typed
