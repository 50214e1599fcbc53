"""Loops on devices in one plan with tile programs on them."""

import numpy as np
import pytest

import lazydag as ld
from tests.devices.machine import devices_of, running_on, take_faults


@pytest.mark.parametrize(
    "kind", ["simulated", pytest.param("real", marks=pytest.mark.gpu)]
)
def test_a_loop_has_numbers_with_the_host_where_tiles_are_on_devices(kind):
    matrix = np.random.default_rng(0).standard_normal((401, 401)) / 20
    wanted = np.asarray(ld.linalg.expm(matrix))
    devices = devices_of(kind)
    with running_on(devices):
        found = np.asarray(ld.jit(ld.linalg.expm)(matrix))
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-12)
    assert not take_faults(devices)
