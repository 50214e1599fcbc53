"""Programs of every kind on devices: as on the host, bit for bit."""

import numpy as np
import pytest

from lazydag.compiler import plan
from tests.compiler.test_plans import assert_same_bits
from tests.devices.catalogue import PROGRAMS
from tests.devices.machine import attached, devices_of, far_target, take_faults


@pytest.fixture(
    scope="module", params=["simulated", pytest.param("real", marks=pytest.mark.gpu)]
)
def devices(request):
    found = devices_of(request.param)
    with attached(found):
        yield found


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name.replace(" ", "-"))
def test_bits_are_those_of_the_host(devices, program):
    graph, arrays = program.traced()
    with np.errstate(all="ignore"):
        found = plan(graph, target=far_target()).run(arrays)
        wanted = plan(graph).run(arrays)
    assert_same_bits(found, wanted)
    assert not take_faults(devices)
