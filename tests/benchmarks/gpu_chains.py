"""Fused chains on a GPU: one pass over memory, as fast as a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.blackscholes import price
from tests.benchmarks.chain import chain
from tests.benchmarks.gpu_libraries import check, contenders, filled, on_device
from tests.benchmarks.gpu_limits import (
    COPY,
    device_copy,
    fraction,
    nbytes_of,
    shown,
    without_limits,
)
from tests.benchmarks.harness import OURS, Settings, race
from tests.benchmarks.libraries import load
from tests.benchmarks.report import Goal, Row

ELEMENTS = 200_000_000


@dataclass(frozen=True, slots=True)
class Case:
    """A function of arrays, and how many it takes and returns."""

    name: str
    function: Callable[..., Any]
    inputs: int
    outputs: int


def _chain(_library: Any, *arrays: Any) -> Any:
    return chain(*arrays)


def _price(library: Any, *arrays: Any) -> Any:
    return price(library, erf_of(library), *arrays)


def erf_of(library: Any) -> Any:
    """Return a library's error function, wherever it has it."""
    elsewhere = {"cupy": "cupyx.scipy.special", "jax.numpy": "jax.scipy.special"}
    name = elsewhere.get(library.__name__)
    return (library.special if name is None else load(name)).erf


CASES = (
    Case("a*b+c-d/e", _chain, 5, 1),
    Case("Black-Scholes", _price, 3, 2),
)


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each case in f64, a copy of as many bytes beside it."""
    n = settings.size(ELEMENTS)
    for case in CASES:
        arrays = on_device([filled(n, seed) for seed in range(case.inputs)])
        nbytes = nbytes_of(arrays) // case.inputs * (case.inputs + case.outputs)
        calls = contenders(case.function, arrays)
        check(calls)
        times = race({**calls, **device_copy(nbytes)}, settings, most=100)
        yield Row(
            name=f"{case.name}, {n:.0e} f64",
            threads=settings.threads,
            ours=times.median(OURS),
            peers=without_limits(times.peers()),
            ratios=without_limits(times.ratios()),
            goals=(
                Goal("of a copy's speed", 0.9, fraction(times, COPY), unit="%"),
                Goal("CuPy", 3.0, times.ratio("CuPy")),
                Goal("torch.compile", 1.0, times.ratio("torch.compile")),
                Goal("JAX", 1.0, times.ratio("JAX")),
            ),
            limit=shown(times, COPY, nbytes, nbytes),
        )
