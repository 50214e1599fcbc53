"""Functions of tiles: those of the whole array, whatever the tiles."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lazydag as ld
from lazydag.compiler import plan
from lazydag.ir.boundaries import padded, words

RULES = ["wrap", "clamp", "reflect", "symmetric", "extrapolate", ("constant", 2.0)]


def spread(t: Any) -> Any:
    """Return the sum of elements along each axis within two of each, with the halo."""
    found = np.zeros_like(t)
    for axis in range(t.ndim):
        for step in range(-2, 3):
            found += np.roll(t, step, axis)
    return found


@settings(max_examples=60)
@given(st.data())
def test_tiles_with_halos_make_the_whole(data: st.DataObject) -> None:
    ndim = data.draw(st.integers(1, 3))
    shape = tuple(data.draw(st.integers(2, 12)) for _ in range(ndim))
    tile = tuple(data.draw(st.integers(1, n)) for n in shape)
    boundary = data.draw(st.sampled_from(RULES))
    x = np.random.default_rng(sum(shape)).integers(0, 9, shape)
    wide = padded(x, [2] * ndim, words(boundary, ndim))
    wanted = spread(wide)[(slice(2, -2),) * ndim]
    found = ld.map_tiles(spread, x, tile=tile, halo=2, boundary=boundary)
    assert np.array_equal(np.asarray(found), wanted)


def test_each_tile_is_a_task() -> None:
    x = np.random.default_rng(0).standard_normal((400, 500))
    seen: list[tuple[int, ...]] = []

    def twice(t: Any) -> Any:
        seen.append(t.shape)
        return 2 * t

    def program(x: Any) -> Any:
        return ld.map_tiles(twice, x, tile=(100, 250)) + 1

    planned = plan(ld.jit(program).trace(x))
    assert len(planned.task_graph.tasks) == 9
    assert not seen
    assert np.array_equal(np.asarray(ld.jit(program)(x)), 2 * x + 1)
    assert seen == [(100, 250)] * 8


@pytest.mark.parametrize("releases_gil", [False, True])
@pytest.mark.parametrize("boundary", RULES)
def test_large_arrays_are_cut(boundary: Any, releases_gil: bool) -> None:
    x = np.random.default_rng(1).standard_normal((700, 300))

    def mean(t: Any) -> Any:
        return (t[:-2, 1:-1] + t[2:, 1:-1]) / 2

    found = ld.map_tiles(
        mean,
        x * 2.0,
        tile=(64, 300),
        halo=1,
        boundary=boundary,
        releases_gil=releases_gil,
    )
    wide = padded(x * 2.0, [1, 1], words(boundary, 2))
    assert np.array_equal(np.asarray(found), mean(wide))


def test_tiles_may_shrink_and_change_type() -> None:
    x = np.arange(500 * 300.0).reshape(500, 300)
    found = ld.map_tiles(
        lambda t: t[::2, :1] > 9, x, tile=(50, 100), dtype=bool, shape=halved
    )
    assert found.dtype == bool
    assert np.array_equal(np.asarray(found), x[::2, ::100] > 9)


def halved(tile: tuple[int, ...]) -> tuple[int, ...]:
    return (tile[0] + 1) // 2, 1


def test_several_arrays_go_together() -> None:
    x, y = np.arange(9), np.arange(9) ** 2
    found = ld.map_tiles(lambda a, b: b - a + a[0] * 0, x, y, tile=2)
    assert np.array_equal(np.asarray(found), y - x)


def test_scipy_works_on_tiles() -> None:
    ndimage = pytest.importorskip("scipy.ndimage")
    x = np.random.default_rng(2).standard_normal((300, 400))
    found = ld.map_tiles(
        lambda t: ndimage.median_filter(t, 5),
        x,
        tile=(100, 160),
        halo=2,
        boundary="clamp",
    )
    wanted = ndimage.median_filter(x, 5, mode="nearest")
    assert np.array_equal(np.asarray(found), wanted)


def test_failures_are_those_of_the_function() -> None:
    with pytest.raises(ZeroDivisionError):
        np.asarray(ld.map_tiles(lambda t: 1 // 0, np.zeros(4), tile=2))
    with pytest.raises(ld.errors.ShapeError, match=r"made \[2\] elements of a tile"):
        np.asarray(ld.map_tiles(lambda t: t[:2], np.zeros(300_000), tile=30_000))


@pytest.mark.parametrize(
    ("options", "error", "what"),
    [
        ({"halo": 1}, ld.errors.UsageError, "beyond the ends"),
        ({"tile": 0}, ld.errors.UsageError, "tile=0"),
        ({"tile": (2, 2)}, ld.errors.UsageError, "for 1 axes"),
        ({"halo": 1, "boundary": "warp"}, ld.errors.UsageError, "no boundary"),
        ({"shape": lambda t: (1, 1)}, ld.errors.ShapeError, "as many axes"),
    ],
)
def test_mistakes_are_told(
    options: dict[str, Any], error: type[Exception], what: str
) -> None:
    with pytest.raises(error, match=what):
        ld.map_tiles(np.abs, np.zeros(4), **options)


def test_arrays_of_several_shapes_are_refused() -> None:
    with pytest.raises(ld.errors.ShapeError, match="of one shape"):
        ld.map_tiles(np.add, np.zeros(4), np.zeros(5))
