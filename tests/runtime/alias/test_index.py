import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lazydag.runtime.alias import Region, overlaps
from lazydag.runtime.alias.axes import extent
from lazydag.runtime.alias.index import Index
from lazydag.runtime.alias.lattice import cover, levels_of
from tests.runtime.alias.arena import SIZE, views


@given(st.data())
def test_whatever_overlaps_is_found(data):
    arena = np.zeros(SIZE, np.uint8)
    regions = [Region.of(view) for view in data.draw(st.lists(views(arena)))]
    index = Index()
    for number, region in enumerate(regions):
        found = index.add(number, region)
        for other, known in enumerate(regions[:number]):
            assert other in found or not overlaps(region, known)


@given(st.data())
def test_the_boxes_of_a_lattice_hold_all_bytes(data):
    arena = np.zeros(SIZE, np.uint8)
    region = Region.of(data.draw(views(arena)))
    levels = data.draw(st.sampled_from([(), (7,), (24,), (24, 8), (48, 24, 3)]))
    boxes = cover(region.start, region.axes, levels)
    lows, highs = np.moveaxis(np.array(boxes), 2, 0)
    for begin, end in region.segments():
        places = np.arange(begin, end)
        digits = []
        for level in levels:
            digits.append(places // level)
            places %= level
        points = np.stack([*digits, places], axis=1)[:, None]
        assert np.all(
            np.any(np.all((lows <= points) & (points < highs), axis=2), axis=1)
        )


def test_tiles_are_found_by_their_place_and_not_by_their_span():
    a = np.zeros((256, 256))
    index = Index()
    most = 0
    for number, (i, j) in enumerate(np.ndindex(64, 64)):
        tile = a[i * 4 : (i + 1) * 4, j * 4 : (j + 1) * 4]
        most = max(most, len(index.add(number, Region.of(tile))))
    assert most == 0
    assert index.add(4096, Region.of(a)) == set(range(4096))
    assert len(index.add(4097, Region.of(a[2:6, 2:6]))) == 5


def test_regions_of_many_strides_are_found():
    arena = np.zeros(10_000)
    index = Index()
    for number, step in enumerate(range(2, 60)):
        index.add(number, Region.of(arena[:: step * 3]))
    assert index.add(99, Region.of(arena[:1])) == set(range(58))


def test_extents_and_levels_of_windows_with_gaps():
    axes = ((1, 2), (5, 3), (7, 4))
    assert extent(axes) == 2 + 10 + 21
    assert levels_of(axes) == ()
