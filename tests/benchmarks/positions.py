"""Elements at positions: read, and written or added up one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load_jax, load_lazydag
from tests.benchmarks.report import Goal, Row

Function = Callable[..., Any]


def read(x: Any, where: Any) -> Any:
    """Return elements, or rows."""
    return x[where]


def columns(x: Any, where: Any) -> Any:
    """Return columns."""
    return x[:, where]


def assign(x: Any, where: Any, value: Any) -> Any:
    """Return a copy with some elements written."""
    x = x + 0.0
    x[where] = value
    return x


def add(x: Any, where: Any, value: Any) -> Any:
    """Return a copy with values added to elements, as often as they come."""
    x = x + 0.0
    np.add.at(x, where, value)
    return x


def cases(settings: Settings) -> Iterator[tuple[str, Function, list[Any]]]:
    """Yield what is measured: its name, the function and its arguments."""
    rng, n = np.random.default_rng(0), settings.size(1_000_000)
    ranks, sources = rng.normal(size=n // 10), rng.integers(0, n // 10, n)
    weights = rng.normal(size=n)
    yield "1e6 of 1e5 elements", read, [ranks, sources]
    yield "a permutation of 1e6", read, [weights, rng.permutation(n)]
    centres, labels = rng.normal(size=(16, 8)), rng.integers(0, 16, n // 5)
    yield "rows of 8, of 16", read, [centres, labels]
    words, text = rng.normal(size=(10_000, 256)), rng.integers(0, 10_000, n // 100)
    yield "rows of 256, of 10,000", read, [words, text]
    yield "256 columns of 1000 rows", columns, [words[:1000], rng.permutation(256)]
    yield "x[i] = v, 1e6 into 1e5", assign, [ranks, sources, weights]
    yield "add.at, 1e6 into 1e5", add, [ranks, sources, weights]
    rows = words[: n // 100][np.arange(n // 100) % 10_000]
    yield "add.at, rows of 256", add, [words, text, rows]


def rows(settings: Settings) -> Iterator[Row]:
    """Measure all cases."""
    for name, function, arguments in cases(settings):
        times = race(dict(contenders(function, arguments)), settings, least=9)
        yield Row(
            name=name,
            threads=settings.threads,
            ours=times.median(OURS),
            peers=times.peers(),
            ratios=times.ratios(),
            goals=(Goal("NumPy", 1.0, times.ratio("NumPy")),),
        )


def contenders(function: Function, arguments: list[Any]) -> Iterator[tuple[str, Call]]:
    """Yield each library's call."""
    wanted = function(*arguments)
    yield "NumPy", lambda: function(*arguments)
    ld, jax = load_lazydag(), load_jax()
    if ld is not None:
        jitted = ld.jit(function)
        np.testing.assert_array_equal(np.asarray(jitted(*arguments)), wanted)
        yield OURS, lambda: jitted(*arguments)
    if jax is not None and function in JAX:
        fast, held = jax.jit(JAX[function]), [jax.numpy.asarray(a) for a in arguments]
        yield "JAX", lambda: fast(*held).block_until_ready()


#: The functions as one writes them for JAX, whose arrays do not change.
JAX: dict[Function, Function] = {
    read: read,
    columns: columns,
    assign: lambda x, where, value: x.at[where].set(value),
    add: lambda x, where, value: x.at[where].add(value),
}
