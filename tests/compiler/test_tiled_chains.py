"""Random programs of products, factorisations and maps, over tiles of several GPUs."""

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.backends.cuda.memory import placed
from lazydag.compiler import layout_of, plan
from lazydag.compiler.pipeline import PIPELINE
from lazydag.compiler.tiled import MANNER, tiled_ways
from lazydag.cost.estimate import Estimate
from lazydag.ir.graph import Stage
from lazydag.ir.types import F64, ArrayType
from lazydag.passes.place import Place, Way
from tests.devices.machine import attached, devices_of, far_target, take_faults

SIZE = 330
ORDER = 120
PARAMS = 4

#: What makes a matrix of two others; of a like size, whatever those are.
STEPS = {
    "product": lambda x, y: x @ y * (1 / SIZE),
    "turned product": lambda x, y: x.T @ y * (1 / SIZE),
    "map": lambda x, y: ld.tanh(x) - 2 * y,
    "turned map": lambda x, y: ld.sin(x.T) + y,
    "rows": lambda x, y: x + y.mean(axis=0),
    "reversed": lambda x, y: ld.cos(x[::-1, ::-1]) * y,
}
#: What makes one of a definite matrix.
FACTORS = {
    "factor": ld.linalg.cholesky,
    "turned factor": lambda x: ld.linalg.cholesky(x).T,
}
numbers = st.integers(0, 7)
programs = st.lists(
    st.tuples(st.sampled_from(sorted(STEPS | FACTORS)), numbers, numbers),
    min_size=2,
    max_size=6,
)


def program_of(steps):
    """Return a function that does the steps and returns the last two results.

    Its first parameter is added to make matrices definite.
    """

    def program(large, *values):
        found = list(values)
        for name, x, y in steps:
            first, second = found[-1 - x % len(found)], found[-1 - y % len(found)]
            if name in FACTORS:
                definite = ld.tanh(first @ first.T) + large
                found.append(FACTORS[name](definite))
            else:
                found.append(STEPS[name](first, second))
        return found[-1], found[-2]

    return program


def in_tiles(kernel, target):
    """Offer a kernel nothing but all devices, if it can have tiles there."""
    ways = sorted(tiled_ways(kernel, target), key=lambda way: len(way.devices))
    at_once = Estimate(1e-15, "compute")
    return [Way(w.name, w.devices, w.space, w.tile, at_once, 0.0) for w in ways[-1:]]


@contextmanager
def only_in_tiles():
    with pytest.MonkeyPatch.context() as patch:
        place = Place(can_run=lambda _: False, offers=(in_tiles,))
        patch.setitem(PIPELINE, Stage.PLACED, (place,))
        patch.setattr("lazydag.compiler.groups.tile_order", lambda *_: ORDER)
        yield


@settings(max_examples=15)
@given(
    programs,
    st.integers(2, 4),
    st.lists(st.integers(-1, 1), min_size=PARAMS, max_size=PARAMS),
)
def test_any_program_has_the_results_of_the_host(steps, count, lying):
    graph = ld.jit(program_of(steps)).trace(*[ArrayType((SIZE, SIZE), F64)] * PARAMS)
    arrays = list(np.random.default_rng(0).standard_normal((PARAMS, SIZE, SIZE)))
    arrays[0] = SIZE * np.eye(SIZE)
    wanted = plan(graph).run(arrays)
    devices = devices_of("simulated", count)
    with attached(devices), only_in_tiles():
        given_ = [
            array if on < 0 else placed(devices[on], array)
            for array, on in zip(arrays, lying, strict=True)
        ]
        layouts = [layout_of(array) for array in given_]
        found = plan(graph, layouts, far_target(count)).run(given_)
    for one, other in zip(found, wanted, strict=True):
        here = one if isinstance(one, np.ndarray) else one.on_host()
        np.testing.assert_allclose(here, other, rtol=1e-9, atol=1e-9)
    assert not take_faults(devices)


def test_maps_between_programs_are_in_tiles():
    steps = [("factor", 0, 0), ("turned map", 0, 2), ("product", 0, 0), ("map", 0, 1)]
    graph = ld.jit(program_of(steps)).trace(*[ArrayType((SIZE, SIZE), F64)] * PARAMS)
    devices = devices_of("simulated", 3)
    with attached(devices), only_in_tiles():
        planned = plan(graph, target=far_target(3))
    ways = [kernel.attrs.device for kernel in planned.memory.kernels]
    assert ways == [f"gpu:0+gpu:1+gpu:2/{MANNER}"] * len(ways)
    assert len(ways) > len(steps)
