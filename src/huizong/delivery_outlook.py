"""Hand letters to Outlook on this Windows computer, which sends them from its own account."""

import email
import tempfile
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from huizong.delivery import Outbound, Reply
from huizong.draft_files import attachments_of
from huizong.errors import HuizongError
from huizong.keeping import safe_name

# How Outlook's object model calls a new letter, and the headings that it has no names for.
MAIL_ITEM = 0
_HEADINGS = {
    "message-id": "http://schemas.microsoft.com/mapi/proptag/0x1035001F",
    "in-reply-to": "http://schemas.microsoft.com/mapi/proptag/0x1042001F",
    "references": "http://schemas.microsoft.com/mapi/proptag/0x1039001F",
}


class Outlook:
    """Hands letters over to a running Outlook, or to one that it starts."""

    def __enter__(self) -> "Outlook":
        """
        Find Outlook.

        Raises:
            HuizongError: If this computer has none (`error.no_outlook`).
        """
        try:
            import pythoncom
            import pywintypes
            from win32com.client import Dispatch
        except ImportError as error:
            raise HuizongError("error.no_outlook") from error
        # A button works in a thread of its own, and each has to say that it will use COM.
        pythoncom.CoInitialize()
        self._leave, self._fails = pythoncom.CoUninitialize, pywintypes.com_error
        try:
            self._program = Dispatch("Outlook.Application")
        except pywintypes.com_error as error:
            self._leave()
            raise HuizongError("error.no_outlook") from error
        return self

    def __exit__(self, *_: object) -> None:
        """Outlook stays as it is: it sends what lies in its outbox."""
        self._program = None
        self._leave()

    def __call__(self, letter: Outbound, at_the_end: Callable[[], None]) -> Reply:
        """
        Hand over one letter; that Outlook took it is all that is known of it.

        Raises:
            HuizongError: If Outlook does not take what is to be in it (`error.outlook_refused`).
        """
        message = email.message_from_bytes(letter.content, policy=default)
        with tempfile.TemporaryDirectory() as folder:
            try:
                item = self._made(message, letter.recipient, Path(folder))
            except self._fails as error:
                raise HuizongError("error.outlook_refused") from error
            at_the_end()
            try:
                item.Send()
            except self._fails:  # a person said no, or Outlook died: who knows
                return Reply(handed_over=True)
        return Reply(250, "Outlook", handed_over=True)

    def _made(self, message: EmailMessage, recipient: str, folder: Path) -> Any:
        item = self._program.CreateItem(MAIL_ITEM)
        item.To = recipient
        item.Subject = str(message["subject"] or "")
        for kind, name in (("plain", "Body"), ("html", "HTMLBody")):
            body = message.get_body((kind,))
            if body:
                setattr(item, name, body.get_content())
        for heading, name in _HEADINGS.items():
            if message[heading]:
                item.PropertyAccessor.SetProperty(name, str(message[heading]))
        for number, one in enumerate(attachments_of(message), 1):
            # Each in a folder of its own: two may have one name.
            path = folder / str(number) / safe_name(one.name or str(number))
            path.parent.mkdir()
            path.write_bytes(one.data)
            item.Attachments.Add(str(path))
        return item
