"""The password of the office's mailbox: in the system's keyring or nowhere; the only home of it."""

import keyring
from keyring.errors import KeyringError

SERVICE = "huizong"


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
