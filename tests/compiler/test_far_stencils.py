"""Stencils on a device: the bits of NumPy's slices."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.compiler import plan
from tests.array.control.test_stencils import CASES, RULES, expected, five
from tests.compiler.test_far_control import SLOW, control_of, device

__all__ = ["device"]


def swept(device, function, *arrays):
    """Return what a stencil gives on the device."""
    planned = plan(ld.jit(function).trace(*arrays), target=SLOW)
    assert control_of(planned)
    results = [planned.run(arrays)[0] for _ in range(2)]
    assert np.array_equal(*results, equal_nan=True)
    assert not device.faults
    return results[0]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_values_are_those_of_slices(device, data):
    point, ndim, radius = data.draw(st.sampled_from(CASES))
    most = {1: 60, 2: 20, 3: 8}[ndim]
    shape = tuple(data.draw(st.integers(1, most)) for _ in range(ndim))
    boundary = data.draw(
        st.sampled_from(RULES)
        | st.lists(st.sampled_from(RULES), min_size=ndim, max_size=ndim)
    )
    steps = data.draw(st.integers(1, 6))
    u = np.random.default_rng(sum(shape)).standard_normal(shape)
    sweep = ld.stencil(point, boundary=boundary)
    found = swept(device, lambda x: sweep(x, steps=steps), u)
    assert np.array_equal(found, expected(point, [u], boundary, radius, steps))


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_others_stay_as_they_are(device, steps):
    rng = np.random.default_rng(0)
    u, force = rng.standard_normal((2, 12, 9))

    def function(u, force, scale):
        def point(u, force):
            return five(u) + scale * force[0, 0] - force[1, 0]

        sweep = ld.stencil(point, boundary="clamp")
        return sweep(u.T, force, steps=steps) * 2.0

    graph = ld.jit(function).trace(u, force.T, np.array(0.5))
    wanted = plan(graph).run([u, force.T, np.array(0.5)])[0]
    assert np.array_equal(swept(device, function, u, force.T, np.array(0.5)), wanted)
