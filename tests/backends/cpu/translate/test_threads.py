"""Atomics of translated code under threads that run at the same time."""

import ctypes
from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from lazydag.backends.cpu.objects import Compiler
from tests.backends.cpu.translate.programs import in_native

THREADS = 4
ROUNDS = 20_000

COUNTERS = {
    "atomic_add": "atomic_add(p, 1)",
    "atomic_add32": "atomic_add32(p, 1)",
    "compare_swap": """
        seen = load_relaxed(p)
        while not compare_swap(p, seen, seen + 1):
            seen = load_relaxed(p)""",
    "lock": """
        while atomic_swap(p + 64, 1):
            pause()
        store(p, load(p) + 1)
        store_release(p + 64, 0)""",
    "bits": """
        bit = 1 << worker
        if atomic_or(p + 64, bit) & bit == 0 and atomic_and(p + 64, ~bit) & bit != 0:
            atomic_add(p, 1)""",
}


def run_threads(
    function: Callable[..., int], address: int, rounds: int = ROUNDS
) -> None:
    """Call a function from several threads at the same time."""
    start = Barrier(THREADS)

    def work(worker: int) -> None:
        start.wait(20)
        function(address, rounds, worker)

    threads = [Thread(target=work, args=(w,), daemon=True) for w in range(THREADS)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
        assert not t.is_alive()


@pytest.mark.parametrize("name", COUNTERS)
def test_counts_are_exact(name: str, compiler: Compiler) -> None:
    text = f"""
def f(p: int, n: int, worker: int) -> None:
    while n > 0:
        {COUNTERS[name].strip()}
        n -= 1
"""
    cells = (ctypes.c_int64 * 16)()
    run_threads(in_native(text, compiler), ctypes.addressof(cells))
    assert cells[0] == THREADS * ROUNDS
    assert cells[8] == 0


def test_two_threads_never_both_come_first(compiler: Compiler) -> None:
    # Each announces itself and looks for the other: only a sequentially consistent
    # store and load let at least one of them see the other.
    text = """
def f(p: int, n: int, worker: int) -> None:
    if worker > 1:
        return
    mine = p + worker * 64
    other = p + 64 - worker * 64
    i = 1
    while i <= n:
        atomic_store(mine, i)
        saw = atomic_load(other)
        store(p + 256 + worker * 8, saw < i)
        atomic_add(p + 128, 1)
        while load_acquire(p + 128) < 2 * i:
            pause()
        if load(p + 256) + load(p + 264) == 2:
            atomic_add(p + 192, 1)
        atomic_add(p + 320, 1)
        while load_acquire(p + 320) < 2 * i:
            pause()
        i += 1
"""
    cells = (ctypes.c_int64 * 48)()
    run_threads(in_native(text, compiler), ctypes.addressof(cells), 4_000)
    assert cells[24] == 0


def test_a_waiting_loop_looks_again(compiler: Compiler) -> None:
    text = """
def f(p: int) -> int:
    n = 0
    while load_relaxed(p) == 0:
        n += 1
    return n
"""
    cell = ctypes.c_int64()
    function = in_native(text, compiler)
    waiting = Thread(target=function, args=(ctypes.addressof(cell),), daemon=True)
    waiting.start()
    waiting.join(0.01)
    cell.value = 1
    waiting.join(20)
    assert not waiting.is_alive()
