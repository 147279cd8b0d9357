"""What a person sees at once in LibreOffice: the status bar and message boxes."""

from typing import Any

import msgspec

from huizong.uno_bridge import enum, service

# com.sun.star.awt.MessageBoxButtons and MessageBoxResults
BUTTONS = {"ok": 1, "ok_cancel": 2, "yes_no": 3, "yes_no_cancel": 4}
ANSWERS = ("cancel", "ok", "yes", "no")


class Message(msgspec.Struct, frozen=True):
    """A message box: its text, and the buttons with which a person answers it."""

    text: str
    title: str
    buttons: str = "ok"
    critical: bool = False

    @property
    def kind(self) -> str:
        """Which of LibreOffice's boxes shows it; the plain one has an OK button only."""
        if self.critical:
            return "ERRORBOX"
        return "INFOBOX" if self.buttons == "ok" else "QUERYBOX"


def show_status(document: Any, text: str) -> None:
    """Write into the status bar of a workbook's window; an empty text gives it back."""
    if document.CurrentController is None:
        return
    # The controller's own, which the macro has started: one of ours would lie beside it.
    indicator = document.CurrentController.StatusIndicator
    if text:
        indicator.start(text, 0)
    else:
        indicator.end()


def front_window(context: Any) -> Any:
    """Give LibreOffice's window that is in front, or was last; none if it has none."""
    frame = service(context, "frame.Desktop").getCurrentFrame()
    return frame and frame.ContainerWindow


def ask(context: Any, window: Any, message: Message) -> str:
    """Show a message over a window, or over none, and wait: ok, cancel, yes or no."""
    kind = enum("awt.MessageBoxType", message.kind)
    toolkit, buttons = service(context, "awt.Toolkit"), BUTTONS[message.buttons]
    box = toolkit.createMessageBox(window, kind, buttons, message.title, message.text)
    try:
        return ANSWERS[box.execute()]
    finally:
        # Else LibreOffice keeps it, out of sight, as long as it runs.
        box.dispose()
