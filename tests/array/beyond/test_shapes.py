"""Views, joins, splits and rolls, against NumPy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import lazydag.numpy as lnp
from tests.array.beyond.both import agrees, dispatches, refuses

QUICK = settings(max_examples=30, deadline=None)
DTYPES = st.sampled_from(["?", "i1", "u4", "i8", "f4", "f8", "c16"])
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
arrays = hnp.arrays(DTYPES, SHAPES)
matrices = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=2, max_dims=3, min_side=0))
X = np.arange(24.0).reshape(2, 3, 4)


@QUICK
@given(matrices, st.data())
def test_axes_are_moved(x: Any, data: st.DataObject) -> None:
    axis = st.integers(-x.ndim, x.ndim - 1)
    i, j = data.draw(axis), data.draw(axis)
    order = data.draw(st.permutations(range(x.ndim)))
    agrees(lambda xp, x: xp.swapaxes(x, axis1=i, axis2=j), x)
    agrees(lambda xp, x: xp.moveaxis(x, source=i, destination=j), x)
    agrees(lambda xp, x: xp.rollaxis(x, i, start=j), x)
    agrees(lambda xp, x: xp.transpose(x, axes=order), x)
    agrees(lambda xp, x: xp.expand_dims(x, axis=(0, i) if i > 0 else i), x)
    dispatches(lambda xp, x: xp.rollaxis(x, i), x)


@QUICK
@given(matrices, st.integers(-5, 5), st.permutations([0, 1]))
def test_turns_and_flips(x: Any, k: int, axes: list[int]) -> None:
    agrees(lambda xp, x: xp.rot90(x, k, axes), x)
    agrees(lambda xp, x: (xp.flip(x, axis=1), xp.flipud(x), xp.fliplr(x)), x)
    agrees(lambda xp, x: xp.diagonal(x, offset=k, axis1=axes[0], axis2=axes[1]), x)
    dispatches(lambda xp, x: (xp.rot90(x, k), xp.fliplr(x), xp.diagonal(x, k)), x)


@QUICK
@given(arrays, st.sampled_from(["C", "F"]))
def test_reshapes(x: Any, order: str) -> None:
    agrees(lambda xp, x: xp.ravel(x, order=order), x)
    agrees(lambda xp, x: xp.reshape(x, (1, x.size, 1), order=order), x)
    agrees(lambda xp, x: xp.squeeze(x[None]), x)
    agrees(lambda xp, x: xp.broadcast_to(x, (2, *x.shape)), x)
    agrees(lambda xp, x: xp.broadcast_arrays(x, xp.ones((2, *x.shape))), x)
    dispatches(lambda xp, x: xp.reshape(x, (x.size,), order, copy=True), x)


WRITTEN = {
    "swapaxes": lambda xp, x: xp.swapaxes(x, 0, 2),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, 1),
    "rollaxis": lambda xp, x: xp.rollaxis(x, 2),
    "flip": lambda xp, x: xp.flip(x, (0, 1)),
    "rot90": lambda xp, x: xp.rot90(x),
    "unturned": lambda xp, x: xp.rot90(x, 0),
    "ravel": lambda xp, x: xp.ravel(x),
    "ravel of a part": lambda xp, x: xp.ravel(x[:, ::2]),
    "ravel by columns": lambda xp, x: xp.ravel(x, order="F"),
    "reshape by columns": lambda xp, x: xp.reshape(x, (4, 3, 2), order="F"),
    "copied": lambda xp, x: xp.reshape(x, (4, 6), copy=True),
    "split": lambda xp, x: xp.array_split(x, 3, axis=2)[1],
    "rolled": lambda xp, x: xp.roll(x, 1, axis=1),
    "not rolled": lambda xp, x: xp.roll(x, 0),
    "joined alone": lambda xp, x: xp.concatenate([x]),
    "tiled once": lambda xp, x: xp.tile(x, 1),
    "block": lambda xp, x: xp.block(x),
    "padded by nothing": lambda xp, x: xp.pad(x, 0),
    "grid": lambda xp, x: xp.meshgrid(x[0, 0], copy=False)[0],
    "grid of its own": lambda xp, x: xp.meshgrid(x[0, 0])[0],
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_a_view(name: str) -> None:
    def write(xp: Any, x: Any) -> Any:
        seen = WRITTEN[name](xp, x)
        seen[...] += 100
        x[:, 1] = -1
        return seen

    agrees(write, X)


@QUICK
@given(st.data(), st.integers(1, 3))
def test_joins(data: st.DataObject, count: int) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    some = [data.draw(hnp.arrays(DTYPES, shape)) for _ in range(count)]
    agrees(lambda xp, *a: xp.concatenate(a, axis=axis), *some)
    agrees(lambda xp, *a: xp.concatenate(a, axis=None), *some)
    agrees(lambda xp, *a: xp.stack(a, axis=axis), *some)
    agrees(lambda xp, *a: (xp.vstack(a), xp.dstack(a), xp.column_stack(a)), *some)
    agrees(lambda xp, *a: xp.hstack(a, dtype="c16", casting="safe"), *some)
    agrees(lambda xp, *a: xp.append(a[0], a[-1], axis=axis), *some)
    agrees(lambda xp, *a: xp.block([list(a), list(a)]), *some)
    dispatches(lambda xp, *a: (xp.stack(a), xp.block([*a])), *some)


def test_joins_of_other_things() -> None:
    agrees(lambda xp: (xp.hstack([1, 2.5]), xp.vstack([1, 2]), xp.dstack([1, 2])))
    agrees(lambda xp, x: (xp.stack(x), xp.concatenate(x), xp.append(x, 7)), X)
    agrees(lambda xp, x: xp.block([[x[0], 2 * x[1]], [xp.zeros((1, 8))]]), X)
    agrees(lambda xp, x: (xp.block(3.0), xp.block([1, x[0, 0]])), X)
    agrees(lambda xp, x: xp.concatenate([x, x], 1, out=xp.zeros((2, 6, 4))), X)
    agrees(lambda xp, x: xp.concatenate([x, x], dtype="f4"), X)


MISTAKES = {
    "no arrays": lambda xp, x: xp.concatenate([]),
    "nothing to stack": lambda xp, x: xp.stack([]),
    "other lengths": lambda xp, x: xp.concatenate([x, x[:, :2]]),
    "other shapes": lambda xp, x: xp.stack([x, x[0]]),
    "unsafe": lambda xp, x: xp.concatenate([x, x], dtype="i4", casting="safe"),
    "a number": lambda xp, x: xp.concatenate([x, 1]),
    "tuple in block": lambda xp, x: xp.block([(x, x)]),
    "no block": lambda xp, x: xp.block([[], []]),
    "depths": lambda xp, x: xp.block([x, [x]]),
    "unequal": lambda xp, x: xp.split(x, 2, axis=1),
    "no parts": lambda xp, x: xp.array_split(x, 0),
    "axes to split": lambda xp, x: xp.vsplit(x[0, 0], 2),
    "third axis": lambda xp, x: xp.dsplit(x[0], 2),
    "flip": lambda xp, x: xp.fliplr(x[0, 0]),
    "axis": lambda xp, x: xp.rollaxis(x, 3),
    "start": lambda xp, x: xp.rollaxis(x, 0, 4),
    "two axes": lambda xp, x: xp.rot90(x, 1, (0, 1, 2)),
    "one axis": lambda xp, x: xp.rot90(x, 1, (0, -3)),
    "diagonal": lambda xp, x: xp.diagonal(x[0, 0]),
    "same axis": lambda xp, x: xp.diagonal(x, 0, 1, 1),
    "shifts": lambda xp, x: xp.roll(x, (1, 2), axis=(0, 1, 2)),
    "no axis": lambda xp, x: xp.roll(x, 1, axis=5),
    "resize": lambda xp, x: xp.resize(x, (-1, 2)),
    "copy": lambda xp, x: xp.reshape(x[:, ::2], 16, copy=False),
    "pad mode": lambda xp, x: xp.pad(x, 1, mode="mirror"),
    "pad option": lambda xp, x: xp.pad(x, 1, end_values=3),
    "pad width": lambda xp, x: xp.pad(x, 1.5),
    "negative width": lambda xp, x: xp.pad(x, -1),
    "pad pairs": lambda xp, x: xp.pad(x, ((1, 2), (1, 2))),
    "pad of nothing": lambda xp, x: xp.pad(x[:0], 1, "edge"),
    "stat_length": lambda xp, x: xp.pad(x, 1, "mean", stat_length=-1),
    "diag": lambda xp, x: xp.diag(x),
    "fill": lambda xp, x: xp.fill_diagonal(x, 1),
    "fill a row": lambda xp, x: xp.fill_diagonal(x[0, 0], 1),
    "vander": lambda xp, x: xp.vander(x),
    "negative size": lambda xp, x: xp.eye(-1),
    "samples": lambda xp, x: xp.linspace(x, 1, -3),
    "step": lambda xp, x: xp.arange(1, 3, 0),
    "indexing": lambda xp, x: xp.meshgrid(x[0, 0], indexing="yx"),
    "ix_": lambda xp, x: xp.ix_(x),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(name: str) -> None:
    refuses(MISTAKES[name], X)


@QUICK
@given(arrays, st.data())
def test_splits(x: Any, data: st.DataObject) -> None:
    if not x.ndim:
        return
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    count = data.draw(st.integers(1, 6))
    places = data.draw(st.lists(st.integers(-5, 6), max_size=3))
    agrees(lambda xp, x: xp.array_split(x, count, axis=axis), x)
    agrees(lambda xp, x: xp.split(x, places, axis=axis), x)
    agrees(lambda xp, x: xp.hsplit(x, places), x)
    if x.ndim > 2:
        agrees(lambda xp, x: (xp.vsplit(x, 1), xp.dsplit(x, places)), x)
    dispatches(lambda xp, x: xp.array_split(x, np.array([1, 2]), axis), x)


@QUICK
@given(arrays, st.data())
def test_rolls(x: Any, data: st.DataObject) -> None:
    shift = data.draw(st.integers(-9, 9))
    agrees(lambda xp, x: xp.roll(x, shift), x)
    if x.ndim:
        axes = data.draw(st.lists(st.integers(-x.ndim, x.ndim - 1), max_size=4))
        shifts = tuple(data.draw(st.integers(-9, 9)) for _ in axes)
        agrees(lambda xp, x: xp.roll(x, shifts, axis=tuple(axes)), x)
        agrees(lambda xp, x: xp.roll(x, shift, axis=tuple(axes)), x)
    dispatches(lambda xp, x: xp.roll(x, shift), x)


def test_rolls_of_long_axes() -> None:
    x = np.arange(120.0).reshape(3, 40)
    for by in (1, -1, 3, 20, 39, -45):
        agrees(lambda xp, x, by=by: xp.roll(2 * x, by, axis=1) - xp.roll(x, -by, 1), x)


@QUICK
@given(arrays, st.lists(st.integers(0, 3), max_size=4), SHAPES)
def test_repetitions(x: Any, times: list[int], shape: tuple[int, ...]) -> None:
    agrees(lambda xp, x: xp.tile(x, tuple(times)), x)
    agrees(lambda xp, x: xp.resize(x, shape), x)
    dispatches(lambda xp, x: (xp.tile(x, 2), xp.resize(x, shape)), x)


def test_names_are_numpys() -> None:
    assert lnp.rollaxis.__name__ == "rollaxis"
    assert lnp.concatenate.__module__ == "lazydag.numpy"
