"""Sleeping and waking.

Threads sleep at *places*. Who wants to sleep announces it, looks for work once more,
and then waits for a token; who made work takes back an announcement and sends a token
for it. So a thread either sees the work or is seen, nobody is woken twice, and while
nobody sleeps, waking costs one load.

``SLEEPERS`` + tokens, sent or about to be sent, is the number of threads that announced
and have not left.
"""

from __future__ import annotations

from typing import Final

from lazydag.runtime.engine.memory import (
    atomic_add,
    atomic_load,
    call,
    call32,
    compare_swap,
    load,
    pause,
    store,
)
from lazydag.runtime.engine.words import (
    FUTEX,
    HELPERS,
    LOCK_FUNCTION,
    OWN_PLACE,
    PLACE_CONDITION,
    PLACE_MUTEX,
    PLACE_TIME,
    PLACE_ZERO,
    REALTIME_FUNCTION,
    SLEEPERS,
    TOKENS,
    UNLOCK_FUNCTION,
    WAIT,
    WAIT_FUNCTION,
    WAIT_FUTEX,
    WAIT_PTHREAD,
    WAKE_FUNCTION,
)

FUTEX_WAIT_PRIVATE: Final = 128
FUTEX_WAKE_PRIVATE: Final = 129
SECOND_NS: Final = 1_000_000_000
MILLISECOND_NS: Final = 1_000_000
FOREVER_MS: Final = 0xFFFFFFFF


def call_help(pool: int, job: int, count: int) -> None:
    """Wake up to `count` sleepers who could work for a job: its leader, helpers."""
    place = load(job + OWN_PLACE)
    if place == 0:
        return
    if atomic_load(place + SLEEPERS) > 0:
        count -= wake(pool, place, 1)
    if count > 0 and atomic_load(pool + HELPERS + SLEEPERS) > 0:
        wake(pool, pool + HELPERS, count)


def wake(pool: int, place: int, count: int) -> int:
    """Wake up to `count` of those who sleep at a place; return how many."""
    woken = 0
    sleepers = atomic_load(place + SLEEPERS)
    while woken < count and sleepers > 0:
        woken += compare_swap(place + SLEEPERS, sleepers, sleepers - 1)
        sleepers = atomic_load(place + SLEEPERS)
    if woken > 0:
        atomic_add(place + TOKENS, woken)
        send(pool, place, woken)
    return woken


def announce(place: int) -> None:
    """Say that this thread is about to sleep; it looks for work once more now."""
    atomic_add(place + SLEEPERS, 1)


def retract(pool: int, place: int) -> None:
    """Take the announcement back, or the token that somebody sent for it.

    That token may have been meant for another who sleeps, since tokens have no owners:
    it is sent on, because who retracts has work and does not look for more.
    """
    while True:
        sleepers = atomic_load(place + SLEEPERS)
        if sleepers > 0:
            if compare_swap(place + SLEEPERS, sleepers, sleepers - 1) == 1:
                return
        elif take_token(place) == 1:
            wake(pool, place, 1)
            return
        pause()


def take_token(place: int) -> int:
    """Take a token; return 0 if there is none."""
    tokens = atomic_load(place + TOKENS)
    while tokens > 0:
        if compare_swap(place + TOKENS, tokens, tokens - 1) == 1:
            return 1
        tokens = atomic_load(place + TOKENS)
    return 0


def sleep(pool: int, place: int) -> None:
    """Sleep, once announced, until woken."""
    while take_token(place) == 0:
        wait(pool, place, 0)


def doze(pool: int, place: int, nanoseconds: int) -> int:
    """Sleep, once announced, until woken (1), interrupted or for some time (0)."""
    wait(pool, place, nanoseconds)
    if take_token(place) == 1:
        return 1
    retract(pool, place)
    return 0


def wait(pool: int, place: int, nanoseconds: int) -> None:
    """Ask the system to wait while there are no tokens; 0 ns: without end.

    May return at any time.
    """
    kind = load(pool + WAIT)
    if kind == WAIT_FUTEX:
        wait_futex(pool, place, nanoseconds)
    elif kind == WAIT_PTHREAD:
        wait_pthread(pool, place, nanoseconds)
    else:
        limit = nanoseconds // MILLISECOND_NS if nanoseconds > 0 else FOREVER_MS
        call32(load(pool + WAIT_FUNCTION), place + TOKENS, place + PLACE_ZERO, 8, limit)


def wait_futex(pool: int, place: int, nanoseconds: int) -> None:
    """Wait by Linux's system call, while the low half of the tokens is 0."""
    limit = 0
    if nanoseconds > 0:
        limit = place + PLACE_TIME
        store(limit, nanoseconds // SECOND_NS)
        store(limit + 8, nanoseconds % SECOND_NS)
    word = place + TOKENS
    system = load(pool + WAIT_FUNCTION)
    call(system, load(pool + FUTEX), word, FUTEX_WAIT_PRIVATE, 0, limit, 0, 0)


def wait_pthread(pool: int, place: int, nanoseconds: int) -> None:
    """Wait for the place's condition; an endless wait ends every second."""
    limit = place + PLACE_TIME
    if nanoseconds == 0:
        nanoseconds = SECOND_NS
    call32(load(pool + LOCK_FUNCTION), place + PLACE_MUTEX)
    if atomic_load(place + TOKENS) == 0:
        call32(load(pool + REALTIME_FUNCTION), 0, limit)
        nanoseconds += load(limit + 8)
        store(limit, load(limit) + nanoseconds // SECOND_NS)
        store(limit + 8, nanoseconds % SECOND_NS)
        condition = place + PLACE_CONDITION
        call32(load(pool + WAIT_FUNCTION), condition, place + PLACE_MUTEX, limit)
    call32(load(pool + UNLOCK_FUNCTION), place + PLACE_MUTEX)


def send(pool: int, place: int, count: int) -> None:
    """Ask the system to wake threads that wait for tokens."""
    kind = load(pool + WAIT)
    function = load(pool + WAKE_FUNCTION)
    if kind == WAIT_FUTEX:
        word = place + TOKENS
        call(function, load(pool + FUTEX), word, FUTEX_WAKE_PRIVATE, count, 0, 0, 0)
        return
    if kind == WAIT_PTHREAD:
        call32(load(pool + LOCK_FUNCTION), place + PLACE_MUTEX)
    while count > 0:
        # pthread_cond_signal of the condition, or WakeByAddressSingle of the tokens
        target = PLACE_CONDITION if kind == WAIT_PTHREAD else TOKENS
        call32(function, place + target)
        count -= 1
    if kind == WAIT_PTHREAD:
        call32(load(pool + UNLOCK_FUNCTION), place + PLACE_MUTEX)
