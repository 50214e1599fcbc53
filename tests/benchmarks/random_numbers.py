"""Random numbers: drawn and kept, and drawn inside of what uses them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tests.benchmarks.harness import OURS, Call, Settings, race
from tests.benchmarks.libraries import load_jax, load_lazydag
from tests.benchmarks.report import Goal, Row

Function = Callable[..., Any]


def quarter(rng: Any, n: int) -> Any:
    """Return the share of points of a square that are in a quarter of a disc."""
    x, y = rng.random(n), rng.random(n)
    return (x * x + y * y < 1.0).mean()


#: What is measured, for a generator and a number of numbers.
CASES: dict[str, Function] = {
    "fractions": lambda rng, n: rng.random(n),
    "fractions, 1000 rows": lambda rng, n: rng.random((1000, n // 1000)),
    "fractions, f32": lambda rng, n: rng.random(n, dtype=np.float32),
    "normal numbers": lambda rng, n: rng.normal(size=n),
    "integers below 1000": lambda rng, n: rng.integers(0, 1000, size=n),
    "pi by points": quarter,
}
JAX: dict[str, Callable[[Any, Any, int], Any]] = {
    "fractions": lambda jax, key, n: jax.random.uniform(key, (n,)),
    "normal numbers": lambda jax, key, n: jax.random.normal(key, (n,)),
    "integers below 1000": lambda jax, key, n: jax.random.randint(key, (n,), 0, 1000),
}


def rows(settings: Settings) -> Iterator[Row]:
    """Measure all cases."""
    for name in CASES:
        times = race(dict(contenders(name, settings)), settings, least=9)
        goal = 1.5 if settings.threads > 1 else 1.0
        peer = "NumPy" if settings.threads > 1 else "NumPy, Philox"
        yield Row(
            name=name,
            threads=settings.threads,
            ours=times.median(OURS),
            peers=times.peers(),
            ratios=times.ratios(),
            goals=(Goal(peer, goal, times.ratio(peer)),),
        )


def contenders(name: str, settings: Settings) -> Iterator[tuple[str, Call]]:
    """Yield each library's call."""
    function, n = CASES[name], settings.size(1_000_000)
    default = np.random.default_rng(1)
    counting = np.random.Generator(np.random.Philox(1))
    yield "NumPy", lambda: function(default, n)
    yield "NumPy, Philox", lambda: function(counting, n)
    ld, jax = load_lazydag(), load_jax()
    if ld is not None:
        rng, jitted = ld.random.default_rng(1), ld.jit(lambda rng: function(rng, n))
        yield OURS, lambda: jitted(rng)
    if jax is not None and name in JAX:
        key, fast = jax.random.key(1), jax.jit(lambda key: JAX[name](jax, key, n))
        yield "JAX", lambda: fast(key).block_until_ready()
