"""What a rule looks up for each row of a ledger: other rows, other figures, last period."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from huizong.exact import Exact
from huizong.forms import Indicator
from huizong.ground import BLANK, ERROR, NA, TEXT, Values
from huizong.meaning import prefix_of
from huizong.syntax import Call, Cell, Figure, Node
from huizong.truth import Texts, Truth

if TYPE_CHECKING:
    from huizong.evaluate import Evaluation


def carried(within: "Evaluation", key: str, values: Values) -> Truth:
    """Whether a row of this period's ledger has the same text."""
    now = within.ground.table(within.table.ledger.symbol)
    here = pd.MultiIndex.from_arrays([now.owner, folded(now.column(key))])
    wanted = pd.MultiIndex.from_arrays([within.table.owner, folded(values)])
    known = (values.state == TEXT) & ~now.absent[within.table.owner]
    return Truth.decided(np.asarray(wanted.isin(here)), known)


def grade(within: "Evaluation", node: Call) -> Exact:
    cell, *pairs = node.arguments
    texts = within.text(cell)
    found = Exact.of(0).only(np.array(False))
    for text, number in zip(pairs[::2], pairs[1::2], strict=True):
        same = np.asarray(texts.texts == text.value, dtype=bool) & texts.known
        found = within.number(number).choose(same, found)
    return found


def sum_by(within: "Evaluation", amount: Node, key: Cell) -> Exact:
    """Add up `amount` over the rows of the return that have the same key."""
    names = folded(within.values(key))
    group = pd.MultiIndex.from_arrays([within.table.owner, names]).factorize()[0]
    order = np.argsort(group, kind="stable")
    number, state = within.number(amount), within.values(amount).state
    count = int(group.max(initial=-1)) + 1
    numbers = number.take(order)
    sums = numbers.sums(group[order], count, np.asarray(numbers.known))
    odd = np.zeros(count, dtype=bool)
    odd[group[(state == TEXT) | (state == ERROR)]] = True
    return sums.only(~odd).take(group)


def _named(within: "Evaluation", key: Cell) -> Iterator[tuple[Indicator, np.ndarray]]:
    """Give the codes that stand in a column, each with the rows that it stands in."""
    values = within.values(key)
    own = within.ground.checked[prefix_of(within.table.ledger.symbol)].form_set.by_code
    codes, unique = pd.factorize(values.texts)
    for number, code in enumerate(unique):
        if indicator := own.get(str(code).strip()):
            yield indicator, codes == number


def figure_named(within: "Evaluation", key: Cell) -> Exact:
    """The flow figure whose code stands in the column; undecided for any other."""
    found = Exact(np.zeros(len(within.table), dtype=np.int64), 1, np.zeros(len(within.table), bool))
    for indicator, rows in _named(within, key):
        if indicator.time == "flow" and indicator.numeric:
            found = within.number(Figure(indicator.code)).choose(rows, found)
    return found


def measure(within: "Evaluation", node: Call) -> Texts:
    texts = np.full(len(within.table), "", dtype=object)
    for indicator, rows in _named(within, node.arguments[0]):
        texts[rows] = indicator.unit
    return Texts(texts, texts != "")


def folded(values: Values) -> np.ndarray:
    """
    Make texts comparable as keys: case folded, blanks trimmed and single; "" where blank.

    —— is a key like any text, as it is in the workbook's formula.
    """
    texts = np.where(values.state == NA, "——", values.texts)
    codes, unique = pd.factorize(np.where(values.state == BLANK, None, texts))
    # One more at the end: there the code -1 of a blank lands.
    lower = [str(text).casefold() for text in [*unique, ""]]
    keys = [" ".join(filter(None, text.split(" "))) for text in lower]
    return np.array(keys, dtype=object)[codes]
