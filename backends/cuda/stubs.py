"""Tasks for GPUs as native kernels: launches, copies, and waiting for what they do.

All work on streams. A stub first lets its stream wait for events of others, then puts
its work on the stream, then records an event that others wait for. Streams and events
are handles in the table of buffers, so that runs of one plan do not share them.

The functions are in the engine's language; see `lazydag.runtime.engine.memory`. A block
is 64-bit words, whose places are the constants below.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from lazydag.backends.cpu.native import native
from lazydag.runtime.engine.memory import call32, load, load32, store

WORD: Final = 8

# What stubs have in common: addresses of the driver's functions, the device's context,
# slots, and the number of events that are waited for, whose slots end the block.
ENTER: Final = 0
CONTEXT: Final = 8
WAIT: Final = 16
RECORD: Final = 24
STREAM: Final = 32
EVENT: Final = 40
COUNT: Final = 48
FIRST: Final = 56

# A launch: the driver's function, the kernel's handle, the number of groups of threads
# and the threads of each; where in which slot its words are written, and how many they
# are; the places in the block of its words and of its operands, and how many these are.
LAUNCH: Final = 64
HANDLE: Final = 72
GRID: Final = 80
THREADS: Final = 88
ROOM: Final = 96
ROOM_OFFSET: Final = 104
WORDS: Final = 112
TEMPLATE: Final = 120
OPERANDS: Final = 128
PAIRS: Final = 136
LAUNCH_HEAD: Final = 18

# A copy: the driver's function, slot and offset of the target and of the source, bytes.
COPY: Final = 64
TARGET: Final = 72
SOURCE: Final = 88
NBYTES: Final = 104
COPY_HEAD: Final = 14

# A mark has nothing else.
MARK_HEAD: Final = 8

# Many launches: the number of their blocks, the place in this block of a list of their
# places, and how many times all are put on the stream. They wait for no events.
BLOCKS: Final = 64
PLACES: Final = 72
TIMES: Final = 80
MANY_HEAD: Final = 11

# An arrival: the driver's function instead of `WAIT`, the slot of the event, and that
# of a word that tells of failures; negative if there is none.
SYNCHRONIZE: Final = 16
ARRIVED: Final = 24
FAILED: Final = 32


def base(bases: int, slot: int) -> int:
    """Return what the table of buffers has for a slot."""
    return load(bases + WORD * slot)


def begin(block: int, bases: int) -> int:
    """Let the stream wait for all events that come before."""
    code = call32(load(block + ENTER), load(block + CONTEXT))
    stream = base(bases, load(block + STREAM))
    at = block + load(block + FIRST)
    last = at + WORD * load(block + COUNT)
    while at < last and code == 0:
        code = call32(load(block + WAIT), stream, base(bases, load(at)), 0)
        at += WORD
    return code


def end(block: int, bases: int) -> int:
    """Record the event that others wait for, if there is one."""
    event = load(block + EVENT)
    if event < 0:
        return 0
    stream = base(bases, load(block + STREAM))
    return call32(load(block + RECORD), base(bases, event), stream)


def write_words(block: int, bases: int, words: int) -> None:
    """Write what a kernel is given: the template, with addresses of operands."""
    count = load(block + WORDS)
    template = block + load(block + TEMPLATE)
    k = 0
    while k < count:
        store(words + WORD * k, load(template + WORD * k))
        k += 1
    pair = block + load(block + PAIRS)
    last = pair + 2 * WORD * load(block + OPERANDS)
    while pair < last:
        at = words + WORD * load(pair)
        store(at, load(at) + base(bases, load(pair + WORD)))
        pair += 2 * WORD


def launch(block: int, bases: int) -> int:
    """Put a kernel on a stream."""
    code = begin(block, bases)
    if code != 0:
        return code
    # The driver wants an array of pointers to arguments: it has one.
    room = base(bases, load(block + ROOM)) + load(block + ROOM_OFFSET)
    words = room + WORD
    store(room, words)
    write_words(block, bases, words)
    grid = load(block + GRID)
    threads = load(block + THREADS)
    stream = base(bases, load(block + STREAM))
    function = load(block + LAUNCH)
    handle = load(block + HANDLE)
    code = call32(function, handle, grid, 1, 1, threads, 1, 1, 0, stream, room, 0)
    if code != 0:
        return code
    return end(block, bases)


def launches(block: int, bases: int) -> int:
    """Put kernels on a stream, one after the other, and all of them again."""
    code = begin(block, bases)
    first = block + load(block + PLACES)
    last = first + WORD * load(block + BLOCKS)
    times = load(block + TIMES)
    while times > 0 and code == 0:
        at = first
        while at < last and code == 0:
            code = launch(block + load(at), bases)
            at += WORD
        times -= 1
    if code != 0:
        return code
    return end(block, bases)


def copy(block: int, bases: int) -> int:
    """Put a copy on a stream."""
    code = begin(block, bases)
    if code != 0:
        return code
    target = base(bases, load(block + TARGET)) + load(block + TARGET + WORD)
    source = base(bases, load(block + SOURCE)) + load(block + SOURCE + WORD)
    stream = base(bases, load(block + STREAM))
    code = call32(load(block + COPY), target, source, load(block + NBYTES), stream)
    if code != 0:
        return code
    return end(block, bases)


def mark(block: int, bases: int) -> int:
    """Put nothing on a stream but its event, behind those that come before."""
    code = begin(block, bases)
    if code != 0:
        return code
    return end(block, bases)


def arrive(block: int, bases: int) -> int:
    """Return after an event, with what the work before it told of failures."""
    code = call32(load(block + ENTER), load(block + CONTEXT))
    if code != 0:
        return code
    code = call32(load(block + SYNCHRONIZE), base(bases, load(block + ARRIVED)))
    failed = load(block + FAILED)
    if code != 0 or failed < 0:
        return code
    return load32(base(bases, failed))


_FUNCTIONS: Final = (
    *(base, begin, end, write_words),
    *(launch, launches, copy, mark, arrive),
)


@cache
def stub_addresses() -> dict[str, int]:
    """Return the addresses of the kernels by name."""
    entries = ("launch", "launches", "copy", "mark", "arrive")
    return dict(zip(entries, native(_FUNCTIONS, entries), strict=True))
