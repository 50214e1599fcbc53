import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lazydag.runtime.alias import Region
from lazydag.runtime.alias.axes import extent
from lazydag.runtime.alias.history import Meeting
from lazydag.runtime.alias.index import Index
from lazydag.runtime.alias.lattice import cover, levels_of
from lazydag.runtime.alias.overlap import meeting
from tests.runtime.alias.arena import SIZE, views


@given(st.data())
def test_whatever_overlaps_is_found(data):
    arena = np.zeros(SIZE, np.uint8)
    regions = [Region.of(view) for view in data.draw(st.lists(views(arena)))]
    index = Index()
    for number, region in enumerate(regions):
        found = index.add(number, region)
        for other, known in enumerate(regions[:number]):
            lie = meeting(region, known)
            if found.get(other) is not None:
                assert found[other] == lie
            else:
                assert lie is None or other in found


@given(st.data())
def test_the_boxes_of_a_lattice_hold_all_bytes(data):
    arena = np.zeros(SIZE, np.uint8)
    region = Region.of(data.draw(views(arena)))
    levels = data.draw(st.sampled_from([(), (7,), (24,), (24, 8), (48, 24, 3)]))
    boxes = cover(region.start, region.axes, levels)
    first, last = np.moveaxis(np.array(boxes), 1, 0)
    for begin, end in region.segments():
        places = np.arange(begin, end)
        digits = []
        for level in levels:
            digits.append(places // level)
            places %= level
        points = np.stack([*digits, places], axis=1)[:, None]
        assert np.all(
            np.any(np.all((first <= points) & (points <= last), axis=2), axis=1)
        )


def test_tiles_are_found_by_their_place_and_not_by_their_span():
    a = np.zeros((256, 256))
    index = Index()
    for number, (i, j) in enumerate(np.ndindex(64, 64)):
        tile = a[i * 4 : (i + 1) * 4, j * 4 : (j + 1) * 4]
        assert not index.add(number, Region.of(tile))
    whole = index.add(4096, Region.of(a))
    assert whole == {number: Meeting(True, False) for number in range(4096)}
    shifted = index.add(4097, Region.of(a[2:6, 2:6]))
    assert set(shifted) == {0, 1, 64, 65, 4096}


def test_rows_and_columns_of_tiles_are_found_by_their_place():
    a = np.zeros((256, 256))
    for order in (1, -1):
        index, found = Index(), {}
        tiles = [a[i : i + 32, j : j + 32] for i in range(0, 256, 32) for j in (0, 32)]
        edges = [view for tile in tiles for view in (tile[0], tile[:, 0])]
        for number, view in enumerate((tiles + edges)[::order]):
            found[number] = index.add(number, Region.of(view))
        assert max(len(each) for each in found.values()) <= 2
        assert sum(len(each) for each in found.values()) == 3 * len(tiles)


def test_regions_of_many_strides_are_found():
    arena = np.zeros(10_000)
    index = Index()
    for number, step in enumerate(range(2, 60)):
        index.add(number, Region.of(arena[:: step * 3]))
    assert set(index.add(99, Region.of(arena[:1]))) == set(range(58))


def test_extents_and_levels_of_windows_with_gaps():
    axes = ((1, 2), (5, 3), (7, 4))
    assert extent(axes) == 2 + 10 + 21
    assert levels_of(axes) == ()
