"""Arrays over slots without memory."""

import numpy as np
import pytest

from lazydag.runtime import Mode, View
from lazydag.runtime.alias import Lower
from lazydag.runtime.placeholders import place_of, placeholder, region_of, view_of

F64 = np.dtype(np.float64)


def test_views_know_their_place():
    array = placeholder(View(3, F64, (10, 8), (64, 8), 128, Mode.INOUT))
    tile = array[2:5, 1:].T
    assert place_of(tile) == (3, 128 + 2 * 64 + 8)
    assert view_of(tile, Mode.IN) == View(3, F64, (7, 3), (8, 64), 264, Mode.IN)


def test_regions_are_counted_from_the_slot():
    array = placeholder(View(2, F64, (4, 4), None, 16, Mode.INOUT))
    assert region_of(array).span() == (16, 144)
    assert region_of(array, Lower()).nbytes == 80
    assert region_of(array[:0]).is_empty


def test_slots_are_apart():
    first, second = (placeholder(View(slot, F64, (4,))) for slot in (0, 1))
    assert region_of(first).space != region_of(second).space


@pytest.mark.parametrize("mode", [Mode.IN, Mode.OUT, Mode.INOUT])
def test_what_is_read_cannot_be_written(mode):
    array = placeholder(View(0, F64, (4,), None, 0, mode))
    assert array.flags.writeable == mode.writes


def test_it_can_be_printed():
    tile = placeholder(View(1, F64, (4, 4)))[1:, ::2]
    assert repr(tile) == str(tile) == f"{tile}" == "<float64[3, 2] in slot 1 at 32>"


def test_arrays_with_memory_are_none():
    with pytest.raises(ValueError, match="with memory"):
        place_of(np.zeros(3))
