"""A plan of a thousand kernels that do next to nothing: what each launch costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.benchmarks.gpu_libraries import DEVICE, filled, on_device, with_cupy
from tests.benchmarks.harness import OURS, Settings, race
from tests.benchmarks.libraries import load_lazydag
from tests.benchmarks.report import Goal, Row

STEPS = 500
ELEMENTS = 1000


def step(library: Any, x: Any) -> Any:
    """Return what needs two kernels: a sum, and what depends on all of it."""
    return x / library.sum(x)


def many(library: Any, x: Any, steps: int) -> Any:
    """Return the result of so many steps."""
    for _ in range(steps):
        x = step(library, x)
    return x


def rows(settings: Settings) -> Iterator[Row]:
    """Measure the replay of a plan, by kernel."""
    ld, steps = load_lazydag(), max(1, int(STEPS * min(1.0, settings.scale)))
    arrays = on_device([filled(ELEMENTS, 0)])

    @ld.jit  # type: ignore[untyped-decorator]
    def jitted(x: Any) -> Any:
        return many(ld, x, steps)

    def ours() -> Any:
        with ld.scope(DEVICE):
            return jitted(*arrays)

    kernels = 2 * steps
    peer = with_cupy(lambda library, x: many(library, x, steps), arrays)
    calls = {OURS: ours} if peer is None else {OURS: ours, "CuPy": peer}
    times = race(calls, settings)
    each = {name: sum(t) / len(t) / kernels for name, t in times.rounds.items()}
    ours_each = each.pop(OURS, None)
    yield Row(
        name=f"replay of a plan of {kernels} kernels, a kernel",
        threads=settings.threads,
        ours=ours_each,
        peers=each,
        ratios=times.ratios(),
        goals=(Goal("a kernel", 3e-6, ours_each, at_most=True, unit="s"),),
    )
