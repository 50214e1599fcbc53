"""Copies of rows that lie apart, on a simulated driver."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lazydag.backends.cuda.queued import Lane
from lazydag.backends.cuda.rows import ROOM_NBYTES, PutRows, queued_rows
from lazydag.backends.cuda.simulated_device import SimulatedDevice
from lazydag.backends.cuda.streams import Order
from lazydag.runtime import address_of
from lazydag.runtime.engine.memory import call_kernel

sizes = st.integers(1, 20)


def put(device, stream, target, source, put_rows):
    room = np.zeros(ROOM_NBYTES // 8, np.int64)
    bases = np.array([stream, address_of(target), address_of(source), address_of(room)])
    order = Order(0, context=device.context, room=(3, 0))
    task = queued_rows(device, Lane.IN, put_rows, (), None).task(order)
    return call_kernel(task.address, address_of(task.blocks), address_of(bases))


@given(sizes, sizes, st.integers(0, 9), st.integers(0, 9), st.integers(0, 5))
def test_rows_are_copied_and_nothing_else(count, nbytes, gap, other_gap, offset):
    rng = np.random.default_rng(0)
    source = rng.integers(0, 99, offset + count * (nbytes + gap), np.uint8)
    target = np.full(offset + count * (nbytes + other_gap), 100, np.uint8)
    device = SimulatedDevice()
    ends = (1, offset, nbytes + other_gap), (2, offset, nbytes + gap)
    assert not put(
        device, device.stream(), target, source, PutRows(*ends, nbytes, count)
    )
    device.settle()
    wanted = target[offset:].reshape(count, -1)
    given_ = source[offset:].reshape(count, -1)
    np.testing.assert_array_equal(wanted[:, :nbytes], given_[:, :nbytes])
    assert (wanted[:, nbytes:] == 100).all()
    assert not device.faults


def test_rows_between_those_of_another_copy_are_no_hazard():
    device = SimulatedDevice()
    source, target = np.zeros(64, np.uint8), np.zeros(64, np.uint8)
    for first in (0, 4):
        rows = PutRows((1, first, 8), (2, first, 8), 4, 8)
        assert not put(device, device.stream(), target, source, rows)
    rows = PutRows((1, 2, 8), (2, 0, 8), 4, 4)
    assert put(device, device.stream(), target, source, rows)
    assert "does not wait" in device.faults[0]
