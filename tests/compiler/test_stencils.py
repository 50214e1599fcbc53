"""Tiles of sweeps: each row once in each, after all that it needs; and the cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.compiler.stencils.bands import Rows
from lazydag.compiler.stencils.choose import Shape, choose
from lazydag.cost.target import Device


@given(
    st.integers(20, 400),
    st.integers(0, 3),
    st.booleans(),
    st.integers(1, 8),
    st.integers(1, 6),
    st.integers(1, 50),
    st.booleans(),
)
def test_rows_are_computed_once_when_their_neighbours_are(
    count: int,
    radius: int,
    is_ring: bool,
    sweeps: int,
    wanted: int,
    height: int,
    odd: bool,
) -> None:
    rows = Rows(count, radius, is_ring and radius > 0)
    segments = rows.segments(sweeps, wanted)
    if not segments:
        return
    done = np.zeros(count, int)
    for tile in rows.tiles(rows.cuts(segments, odd=odd), height):
        touched = {
            x % count
            for ends in rows.touched(tile, (sweeps - 1) * radius)
            for x in range(*ends)
        }
        for sweep in range(sweeps):
            skew = sweep * radius
            lower = max(tile.begin - skew, tile.floor + skew)
            upper = tile.end + tile.slope * skew
            if not rows.is_ring:
                lower, upper = max(lower, 0), min(upper, count)
            for x in range(lower, upper):
                near = range(x - radius, x + radius + 1)
                known = [n % count for n in near if rows.is_ring or 0 <= n < count]
                assert done[x % count] == sweep
                # Old values are there until all that needs them is done.
                assert all(done[n] in (sweep, sweep + 1) for n in known)
                assert touched.issuperset(known)
                done[x % count] += 1
    assert (done == sweeps).all()


DEVICE = Device(
    name="cpu:0",
    kind="cpu",
    threads=4,
    space="ram",
    flops_per_s={"f64": 16e9},
    bytes_per_s=20e9,
    stream_bytes_per_s=25e9,
    thread_bytes_per_s=10e9,
    thread_stream_bytes_per_s=12e9,
    task_overhead_seconds=1e-7,
    l1_nbytes=1 << 15,
    l2_nbytes=1 << 20,
    l3_nbytes=1 << 25,
)


def shape(rows: int, columns: int, sweeps: int, flops: float = 5.0) -> Shape:
    nbytes = 8 * columns
    return Shape(rows, 1, sweeps, 3, 2 * nbytes, 2 * nbytes, flops * columns / 4e9)


@pytest.mark.parametrize("rows", [2, 40])
def test_little_work_is_one_task(rows: int) -> None:
    assert choose(shape(rows, 10, 4), DEVICE).height == 0


def test_tiles_of_large_arrays_make_several_sweeps() -> None:
    choice = choose(shape(4096, 4096, 100), DEVICE)
    span = choice.height + choice.sweeps
    assert choice.sweeps > 4
    assert span * 2 * 8 * 4096 * DEVICE.threads <= DEVICE.l3_nbytes


def test_no_more_sweeps_than_there_are() -> None:
    assert choose(shape(4096, 4096, 1), DEVICE).sweeps == 1
    assert choose(shape(4096, 4096, 3), DEVICE).sweeps <= 3


def test_rows_that_no_cache_holds_are_swept_one_by_one() -> None:
    assert choose(shape(64, 1 << 24, 100, flops=1.0), DEVICE).sweeps == 1


def test_there_is_enough_for_all_threads() -> None:
    choice = choose(shape(256, 1 << 12, 100), DEVICE)
    segments = Rows(256, 1, is_ring=False).segments(choice.sweeps + 1, DEVICE.threads)
    assert segments == DEVICE.threads
