"""Random graphs on several devices at once: the bits are those of the host."""

import numpy as np
import pytest
from hypothesis import given, settings

import lazydag as ld
from lazydag.compiler import plan
from lazydag.ir.attrs import KernelAttrs
from lazydag.ir.ops import Kind
from lazydag.ir.types import F64, ArrayType
from tests.compiler.test_plans import assert_same_bits
from tests.devices.machine import attached, devices_of, far_target, take_faults
from tests.strategies import arrays_for, graphs, seeds

KINDS = (Kind.ELEMENTWISE, Kind.MOVEMENT, Kind.REDUCTION, Kind.SOURCE, Kind.WRITE)
GPUS = 2


@pytest.fixture(
    scope="module", params=["simulated", pytest.param("real", marks=pytest.mark.gpu)]
)
def devices(request):
    found = devices_of(request.param, GPUS)
    with attached(found):
        yield found


@settings(max_examples=25)
@given(graph=graphs(kinds=KINDS), seed=seeds)
def test_any_graph_has_the_same_bits(devices, graph, seed):
    arrays = arrays_for(graph, seed)
    found = plan(graph, target=far_target(GPUS)).run(arrays)
    assert_same_bits(found, plan(graph).run(arrays))
    assert not take_faults(devices)


def test_what_is_computed_on_both_meets(devices):
    @ld.jit
    def program(x, y):
        x, y = (ld.exp(x) * y).to_device("gpu:0"), (ld.sin(y) + x).to_device("gpu:1")
        return (x @ y.T).to_device("gpu:1").sum(1).to_device("cpu"), (x + y).sum()

    graph = program.trace(*[ArrayType((300, 200), F64)] * 2)
    planned = plan(graph, target=far_target(GPUS))
    attrs = (node.attrs for node in planned.graphs[-1].nodes())
    used = {each.device for each in attrs if isinstance(each, KernelAttrs)}
    assert used >= {"gpu:0", "gpu:1"}
    x, y = np.random.default_rng(0).standard_normal((2, 300, 200))
    u, v = np.exp(x) * y, np.sin(y) + x
    for _ in range(3):
        found = planned.run([x, y])
        np.testing.assert_allclose(found[0], (u @ v.T).sum(1), rtol=1e-9)
        np.testing.assert_allclose(found[1], (u + v).sum(), rtol=1e-9)
    assert not take_faults(devices)
