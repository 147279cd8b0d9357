"""Put things together that are brought to the disk together."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")


def batches(
    items: Iterable[Item], size: Callable[[Item], int], *, most: int, size_at_once: int
) -> Iterator[list[Item]]:
    """Give items in lists of `most`, fewer where they have the size for one writing before."""
    batch: list[Item] = []
    room = size_at_once
    for one in items:
        batch.append(one)
        room -= size(one)
        if len(batch) >= most or room <= 0:
            yield batch
            batch, room = [], size_at_once
    if batch:
        yield batch
