"""Makes tasks that put work on streams: argument blocks of the stubs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cuda.driver import Driver
from lazydag.backends.cuda.stubs import (
    COPY_HEAD,
    LAUNCH_HEAD,
    MANY_HEAD,
    MARK_HEAD,
    WORD,
)

NONE = -1
"""For an event that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Order:
    """Where work is put, and what it waits for.

    Parameters
    ----------
    stream
        Slot of the stream.
    after
        Slots of events of other streams that it comes after.
    event
        Slot of the event that occurs when it is done; `NONE` if nobody asks.
    context
        Of the device.
    room
        Slot and offset of memory for what a kernel is given.
    failed
        Slot of the address at which the work tells of failures.
    places
        Where slots of the work are, if they are not slots of their own: another slot,
        and the bytes from its start.
    """

    stream: int
    after: tuple[int, ...] = ()
    event: int = NONE
    context: int = 0
    room: tuple[int, int] = (NONE, 0)
    failed: int = NONE
    places: Mapping[int, tuple[int, int]] = field(default_factory=dict)

    def at(self, slot: int, offset: int = 0) -> tuple[int, int]:
        """Return where a byte of a slot is: the slot that holds it, and its offset."""
        held, start = self.places.get(slot, (slot, 0))
        return held, start + offset


def room_nbytes(words: int) -> int:
    """Return the bytes in which a launch writes so many words, and where they are."""
    return WORD * (1 + words)


def launch_block(
    driver: Driver,
    order: Order,
    handle: int,
    grid: tuple[int, int],
    words: NDArray[np.int64],
    operands: Sequence[tuple[int, int]],
) -> NDArray[np.int64]:
    """Return the block of a launch.

    Parameters
    ----------
    handle
        The function's.
    grid
        Number of groups of threads, and threads of each.
    words
        What the kernel is given, with offsets in the place of addresses.
    operands
        For each operand the word of its address, and the slot of its buffer.
    """
    placed = [(word, *order.at(slot)) for word, slot in operands]
    words = words.copy()
    for word, _, offset in placed:
        words[word] += offset
    template = LAUNCH_HEAD
    pairs = template + len(words)
    after = pairs + 2 * len(placed)
    return np.array(
        [
            *common_words(driver, order, after),
            *(driver.launch, handle, *grid, *order.room),
            *(len(words), WORD * template, len(placed), WORD * pairs),
            *words,
            *(number for word, slot, _ in placed for number in (word, slot)),
            *order.after,
        ],
        np.int64,
    )


def launches_block(
    driver: Driver,
    order: Order,
    blocks: Sequence[NDArray[np.int64]],
    times: int = 1,
) -> NDArray[np.int64]:
    """Return the block of several launches, one after the other.

    Parameters
    ----------
    blocks
        Of each, for an order without events.
    times
        How often all of them are launched.
    """
    after = MANY_HEAD + len(blocks)
    first = after + len(order.after)
    places = np.cumsum([first, *map(len, blocks)])[:-1]
    head = [len(blocks), WORD * MANY_HEAD, times, *(WORD * places)]
    words = [*common_words(driver, order, after), *head, *order.after]
    return np.concatenate([np.array(words, np.int64), *blocks])


def copy_block(
    driver: Driver,
    order: Order,
    target: tuple[int, int],
    source: tuple[int, int],
    nbytes: int,
) -> NDArray[np.int64]:
    """Return the block of a copy between two slots, each with an offset in bytes."""
    return np.array(
        [
            *common_words(driver, order, COPY_HEAD),
            *(driver.copy, *order.at(*target), *order.at(*source), nbytes),
            *order.after,
        ],
        np.int64,
    )


def mark_block(driver: Driver, order: Order) -> NDArray[np.int64]:
    """Return the block of an event behind others, and behind what is on a stream."""
    words = [*common_words(driver, order, MARK_HEAD), *order.after]
    return np.array(words, np.int64)


def arrive_block(
    driver: Driver, event: int, context: int, failed: int = NONE
) -> NDArray[np.int64]:
    """Return the block of a task that ends when an event has occurred.

    Parameters
    ----------
    failed
        Slot of a word that is what the task returns; `NONE` if there is none.
    """
    words = [driver.enter, context, driver.synchronize, event, failed]
    return np.array(words, np.int64)


def common_words(driver: Driver, order: Order, after: int) -> list[int]:
    """Return what all blocks begin with; events that come before are from a word on."""
    return [
        *(driver.enter, order.context, driver.wait, driver.record),
        *(order.stream, order.event, len(order.after), WORD * after),
    ]
