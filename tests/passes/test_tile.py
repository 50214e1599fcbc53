"""Tiles: whole inner axes, whole blocks, equal, and no more than are worth it."""

from dataclasses import replace
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazydag.ir.graph import Stage
from lazydag.passes.tile import Tile, shape_tile
from lazydag.passes.work import grid_shape
from tests.passes.programs import do, graph_of, inputs, kernels, planned, reduce
from tests.passes.targets import LAPTOP, ONE_CORE, cpu


def tile_of(*types, make, target=LAPTOP):
    """Return the tile of the first kernel and how many there are."""
    params = inputs(*types)
    graph = planned(graph_of(params, make(*params)), target, Stage.TILED)
    attrs = kernels(graph)[0].attrs
    return attrs.tile, prod(grid_shape(attrs.body, attrs.tile)) if attrs.tile else 1


@pytest.mark.parametrize(
    ("type_", "make", "tile"),
    [
        # half of 1 MiB: 16 bytes an element
        ("f64[10000000]", lambda x: do("sqrt", x), (32768,)),
        ("f64[4096,4096]", lambda x: do("sqrt", x), (8, 4096)),
        # rows that are longer than a tile are cut at multiples of a block
        ("f64[3,10000000]", lambda x: do("sqrt", x), (1, 32768)),
        # rows whole, since several make a tile
        ("f64[4096,4096]", lambda x: reduce("sum", x, 1), (16, 4096)),
        ("f64[1000000,20]", lambda x: reduce("sum", x, 1), (3116, 20)),
        # blocks of 64 rows, in long runs
        ("f64[4096,4096]", lambda x: reduce("sum", x, 0), (64, 4096)),
        ("f64[60,100000]", lambda x: reduce("sum", x, 0), (60, 4352)),
        # one run of memory, cut between blocks
        ("f64[10000000]", lambda x: reduce("sum", x), (65536,)),
        ("f64[1000,1000]", lambda x: reduce("sum", x), (63, 1000)),
        # one call
        ("f64[1000,1000]", lambda x: do("matmul", x, x), ()),
    ],
)
def test_tiles(type_, make, tile):
    assert tile_of(type_, make=make)[0] == tile


def test_small_work_is_one_tile():
    assert tile_of("f64[100,100]", make=lambda x: do("add", x, x)) == ((100, 100), 1)


def test_dear_work_is_cut_finer_than_cheap():
    cheap = tile_of("f64[20000]", make=lambda x: do("neg", x))
    dear = tile_of("f64[20000]", make=lambda x: do("pow", x, x))
    assert cheap[1] == 2
    assert dear[1] == 4


@pytest.mark.parametrize("threads", [1, 2, 16, 64])
def test_every_thread_gets_several(threads):
    target = replace(LAPTOP, devices=(cpu(threads),))
    _, count = tile_of("f64[40000000]", make=lambda x: do("sqrt", x), target=target)
    assert count >= 8 * threads


def test_one_core_is_given_what_fits_its_cache():
    tile, _ = tile_of("f64[40000000]", make=lambda x: do("sqrt", x), target=ONE_CORE)
    assert 16 * tile[0] <= ONE_CORE.default.l2_nbytes


def test_reasons_have_units():
    (x,) = inputs("f64[10000000]")
    graph = planned(graph_of([x], do("sqrt", x)), LAPTOP, Stage.TILED)
    (note,) = [n for n in graph.notes if n.by == "tile"]
    assert "306 tiles of 524" in note.reason


def test_empty_work_has_no_tiles():
    (x,) = inputs("f64[0,3]")
    graph = planned(graph_of([x], do("neg", x)), LAPTOP, Stage.TILED)
    attrs = kernels(graph)[0].attrs
    assert grid_shape(attrs.body, attrs.tile) == (0, 1)


def test_fewer_tiles_where_they_would_be_too_short():
    (x,) = inputs("f64[50000]")
    fused = planned(graph_of([x], do("neg", x)), LAPTOP, Stage.FUSED)
    (kernel,) = kernels(fused)
    short, long = (
        Tile(min_seconds=s).choose(kernel, LAPTOP.default)[0] for s in (0.0, 1.0)
    )
    assert short < long == (50000,)


extents = st.integers(1, 3000)


@given(
    st.lists(st.tuples(extents, st.sampled_from((0, 1, 64, 1024))), max_size=4),
    st.integers(1, 100_000),
)
def test_tiles_keep_to_granules_and_are_nearly_equal(axes, wanted):
    shape = tuple(n for n, _ in axes)
    granules = tuple(g for _, g in axes)
    tile = shape_tile(shape, wanted, granules)
    for extent, granule, size in zip(shape, granules, tile, strict=True):
        assert 1 <= size <= extent
        if granule == 0:
            assert size == extent
        elif size < extent:
            assert size % granule == 0
            pieces = -(-extent // size)
            assert size <= -(-extent // pieces) + granule
    # An axis is cut only where those behind it are as small as they may be.
    least = [n if g == 0 else min(n, g) for n, g in axes]
    assert prod(tile) <= max(1.5 * wanted, prod(least)) * 2
