"""Ask the person before the open book whether something may be done: all of it shown, yes or no."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from huizong.texts import say

if TYPE_CHECKING:
    import xlwings

# So many lines a box has room for; of more there are several, one after the other.
PAGE = 20


def agreed(book: "xlwings.Book", lines: Sequence[str]) -> bool:
    """Show everything, page by page; whoever says no to one page agrees to nothing."""
    title = say("addin.title")
    answers = (
        book.app.alert(page, title=title, buttons="yes_no", mode="info") for page in pages(lines)
    )
    return all(answer == "yes" for answer in answers)


def pages(lines: Sequence[str]) -> Iterator[str]:
    """Give what each box says; the last asks, those before lead on."""
    found = [lines[at : at + PAGE] for at in range(0, len(lines), PAGE)]
    for number, page in enumerate(found, 1):
        code = "agree.ask" if number == len(found) else "agree.next"
        asked = say(code, number=number, of=len(found))
        yield "\n".join((*page, "", asked))
