"""Recording is cheap: bounds far above what is measured, to catch the quadratic."""

import time

import numpy as np

import lazydag as ld


def seconds_for(count: int) -> float:
    x = y = ld.asarray(np.ones(100))
    start = time.process_time()
    for _ in range(count):
        x = x + y
    return time.process_time() - start


def test_an_operation_costs_microseconds() -> None:
    seconds_for(100)
    assert min(seconds_for(10_000) for _ in range(3)) < 10_000 * 40e-6


def test_a_cached_call_costs_microseconds() -> None:
    x = np.ones(8)
    f = ld.jit(lambda x: x)
    f(x)
    (entry,) = f._entries.variants.entries()
    object.__setattr__(entry, "plan", None)  # the call itself, without the run
    object.__setattr__(entry.traced, "results", None)
    start = time.process_time()
    for _ in range(10_000):
        f(x)
    assert time.process_time() - start < 10_000 * 20e-6
