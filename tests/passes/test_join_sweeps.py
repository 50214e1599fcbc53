"""Stencils of stencils become one of more sweeps, if nothing else wants the first."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import lazydag as ld
from lazydag.compiler import host_target, stages
from lazydag.ir.attrs import StencilAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.reference import evaluate_graph
from lazydag.ir.verify import verify
from lazydag.passes.join_sweeps import JoinSweeps

smooth = ld.stencil(lambda u: (u[-1] + 2 * u[0] + u[1]) / 4, boundary="clamp")
other = ld.stencil(lambda u: (u[-1] + 2 * u[0] + u[1]) / 4, boundary="wrap")
wave = ld.stencil(
    lambda now, before, c: (now[1] + c[0] * now[-1] - before[0], now[0]),
    boundary="reflect",
)


def chain(u: Any, v: Any, c: Any) -> Any:
    for _ in range(9):
        u = smooth(u)
    return smooth(u, steps=3)


def loop(u: Any, v: Any, c: Any) -> Any:
    return smooth(ld.fori_loop(0, 5, lambda i, x: smooth(x, steps=2), u))


def two(u: Any, v: Any, c: Any) -> Any:
    u, v = ld.fori_loop(0, 4, lambda i, x: wave(*x, c), wave(u, v, c))
    return wave(u, v, c)


def kept(u: Any, v: Any, c: Any) -> Any:
    first = smooth(u)
    return smooth(smooth(first)) + first


def returned(u: Any, v: Any, c: Any) -> Any:
    first = smooth(u)
    return first, smooth(first)


def different(u: Any, v: Any, c: Any) -> Any:
    return other(smooth(u))


def crossed(u: Any, v: Any, c: Any) -> Any:
    for _ in range(2):
        v, u = wave(u, v, c)
    return u, v


def more_in_the_loop(u: Any, v: Any, c: Any) -> Any:
    return ld.fori_loop(0, 3, lambda i, x: smooth(x) + 1.0, u)


def taking_turns(u: Any, v: Any, c: Any) -> Any:
    return ld.fori_loop(0, 3, lambda i, x: (smooth(x[1]), smooth(x[0])), (u, v))


def steps_of(graph: Graph) -> list[int]:
    attrs = [node.attrs for node in graph.nodes()]
    return sorted({a.steps for a in attrs if isinstance(a, StencilAttrs)})


@pytest.mark.parametrize(
    ("program", "steps"),
    [
        (chain, [12]),
        (loop, [11]),
        (two, [6]),
        (kept, [1, 2]),
        (returned, [1]),
        (different, [1]),
        (crossed, [1]),
        (more_in_the_loop, []),
        (taking_turns, []),
    ],
)
def test_sweeps_are_joined(program: Callable[..., Any], steps: list[int]) -> None:
    arrays = list(np.random.default_rng(0).standard_normal((3, 40)))
    traced = ld.jit(program).trace(*arrays)
    joined = JoinSweeps()(traced, host_target())
    verify(joined)
    assert steps_of(joined) == steps
    wanted = evaluate_graph(traced, arrays)
    for found, value in zip(evaluate_graph(joined, arrays), wanted, strict=True):
        assert np.array_equal(found, value)
    planned = stages(traced, checked=True)[-1]
    for found, value in zip(evaluate_graph(planned, arrays), wanted, strict=True):
        assert np.array_equal(found, value)
