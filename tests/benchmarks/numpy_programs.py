"""The programs of ``examples/programs``, run by lazydag, NumPy and JAX."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.harness import OURS, Call, Prepared, Settings, race
from tests.benchmarks.libraries import load_jax, load_lazydag
from tests.benchmarks.report import Goal, Row, show_seconds

EXAMPLES = Path(__file__).parents[2] / "examples"

Function = Callable[..., Any]


@dataclass(slots=True)
class Result:
    """What was measured of all programs: how often others take our time."""

    warm: dict[str, list[float]] = field(default_factory=dict)
    first: list[float] = field(default_factory=list)

    def mean(self, peer: str) -> float | None:
        """Return the geometric mean of the ratios to a peer."""
        ratios = self.warm.get(peer)
        return statistics.geometric_mean(ratios) if ratios else None


def rows(settings: Settings) -> Iterator[Row]:
    """Measure each program, then say how they do together."""
    sys.path.insert(0, str(EXAMPLES))
    from programs.problems import PROBLEMS

    with tempfile.TemporaryDirectory() as cache:
        # First calls compile: nothing is left of earlier runs.
        os.environ["LAZYDAG_CACHE_DIR"] = cache
        warm_up()
        result = Result()
        for problem in PROBLEMS.values():
            yield program_row(problem, settings, result)
        yield mean_row(settings, result)


def warm_up() -> None:
    """Do what a process does once: load compilers and start threads."""
    if (ld := load_lazydag()) is not None:
        ld.jit(lambda x: (x + 1.0).sum())(np.ones(100_000))
    if (jax := load_jax()) is not None:
        jax.jit(lambda x: (x + 1.0).sum())(jax.numpy.ones(1000))


def functions(name: str, settings: Settings) -> dict[str, Function]:
    """Return a program as each contender has it."""
    from programs.loading import with_lazydag, with_numpy

    found: dict[str, Function] = {"NumPy": with_numpy(name)}
    if load_lazydag() is not None:
        found[OURS] = with_lazydag(name)
    if load_jax() is not None:
        from tests.benchmarks.jax_programs import jitted

        found["JAX"] = jitted(name)
    return {name: f for name, f in found.items() if settings.wants(name)}


def program_row(problem: Any, settings: Settings, result: Result) -> Row:
    """Measure one program; the first calls come first."""
    arguments = problem.make(
        np.random.default_rng(0), settings.size(problem.size), problem.steps
    )
    calls = {
        name: on_copies(function, arguments, name)
        for name, function in functions(problem.name, settings).items()
    }
    firsts = {name: first_call(call) for name, call in calls.items() if name != "NumPy"}
    check(calls, problem)
    times = race(calls, settings, least=5, most=20)
    for peer, ratio in times.ratios().items():
        result.warm.setdefault(peer, []).append(ratio)
    both = firsts.get("JAX"), firsts.get(OURS)
    if both[0] and both[1]:
        result.first.append(both[0] / both[1])
    return Row(
        name=problem.name,
        threads=settings.threads,
        ours=times.median(OURS),
        peers=times.peers(),
        ratios=times.ratios(),
        goals=(Goal("NumPy", 1.0, times.ratio("NumPy")),),
        note="first call "
        + ", ".join(f"{n} {show_seconds(s)}" for n, s in firsts.items()),
    )


def mean_row(settings: Settings, result: Result) -> Row:
    """Return the geometric means over all programs."""
    first = statistics.geometric_mean(result.first) if result.first else None
    means = {peer: result.mean(peer) or 0.0 for peer in result.warm}
    listed = ", ".join(f"{mean:.2f}x {peer}" for peer, mean in means.items())
    return Row(
        name="NumPy programs, geometric mean",
        threads=settings.threads,
        ours=None,
        peers={},
        ratios={},
        goals=(
            Goal("NumPy", 4.0 if settings.threads > 1 else 2.5, result.mean("NumPy")),
            Goal("JAX", 1.0, result.mean("JAX")),
            Goal("JAX's first calls", 5.0, first),
        ),
        note=listed,
    )


def on_copies(function: Function, arguments: tuple[Any, ...], name: str) -> Prepared:
    """Return the call on copies of the arguments, which programs may write into."""
    if name == "JAX":
        return Prepared(lambda: None, partial(function, *on_device(arguments)))
    own = [x.copy() if isinstance(x, np.ndarray) else x for x in arguments]

    def restore() -> None:
        for target, value in zip(own, arguments, strict=True):
            if isinstance(target, np.ndarray):
                target[...] = value

    return Prepared(restore, partial(function, *own))


def on_device(arguments: tuple[Any, ...]) -> list[Any]:
    """Return the arguments with arrays of JAX's."""
    jax = load_jax()
    return [jax.numpy.asarray(x) if isinstance(x, np.ndarray) else x for x in arguments]


def first_call(call: Prepared) -> float:
    """Return the seconds of the first call."""
    call.before()
    start = time.perf_counter()
    call.call()
    return time.perf_counter() - start


def check(calls: dict[str, Prepared], problem: Any) -> None:
    """Raise AssertionError where what a program returns differs from NumPy's."""
    found = {name: returned(call) for name, call in calls.items()}
    expected = found.get("NumPy", [])
    for name, values in found.items():
        for ours, theirs in zip(values, expected, strict=False):
            scale = max(1.0, float(np.abs(theirs).max()))
            np.testing.assert_allclose(
                ours, theirs, rtol=0, atol=1e-6 * scale, err_msg=name
            )


def returned(call: Call) -> list[Any]:
    """Return what a call returns, as NumPy arrays; nothing for one that only writes."""
    found = call()
    values = found if isinstance(found, tuple) else (found,)
    return [np.asarray(x) for x in values if x is not None]
