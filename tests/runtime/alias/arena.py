"""Views over a few hundred bytes, and which of the bytes they have."""

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from lazydag.runtime.alias import Diagonal, Lower, Part, Upper

SIZE = 360

View = NDArray[Any]


def marked(view: View, part: Part, arena: View) -> View:
    """Return which bytes of the arena a part of a view has, found by writing them.

    The arena has 0 everywhere.
    """
    mine = np.ones(view.shape, bool)
    if isinstance(part, Lower):
        mine = np.tril(mine, part.k)
    elif isinstance(part, Upper):
        mine = np.triu(mine, part.k)
    elif isinstance(part, Diagonal):
        rows, columns = np.indices(view.shape)
        mine = columns - rows == part.k
    fill(view, mine, arena)
    found = arena != 0
    arena[...] = 0
    return found


def fill(view: View, mine: View, arena: View) -> None:
    """Set all bytes of the chosen elements, field by field."""
    for name in view.dtype.names or ():
        fill(view[name], mine, arena)
    if view.dtype.names is None and view.size:
        # The same view, but writable even where it repeats itself.
        offset = view.ctypes.data - arena.ctypes.data
        same = np.ndarray(view.shape, view.dtype, arena, offset, view.strides)
        same[mine] = np.frombuffer(b"\1" * view.dtype.itemsize, view.dtype)[0]


record = np.dtype([("a", "i1"), ("b", "<i4"), ("c", "<i2", (2,)), ("d", "i1")])
padded = np.dtype([("a", "i1"), ("b", [("x", "<i2"), ("y", "i1")])], align=True)
dtypes = st.sampled_from(
    [np.dtype(name) for name in ("i1", "i2", "i4", "i8", "c16", "S3")]
    + [record, padded]
)


@st.composite
def bases(draw: st.DrawFn, arena: View) -> View:
    """An array of one to three axes, C- or Fortran-ordered, somewhere in the arena."""
    dtype = draw(dtypes)
    shape = draw(st.lists(st.integers(1, 7), min_size=1, max_size=3))
    while np.prod(shape) * dtype.itemsize > SIZE:
        shape[shape.index(max(shape))] -= 1
    nbytes = int(np.prod(shape)) * dtype.itemsize
    start = draw(st.integers(0, SIZE - nbytes))
    flat = arena[start : start + nbytes].view(dtype)
    return flat.reshape(shape, order=draw(st.sampled_from("CF")))


@st.composite
def strange(draw: st.DrawFn, arena: View) -> View:
    """An array with strides that no slice has."""
    dtype = draw(dtypes)
    axes = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 40)), max_size=3))
    reach = sum((count - 1) * step for count, step in axes) + dtype.itemsize
    start = draw(st.integers(0, max(SIZE - reach, 0)))
    shape, strides = [count for count, _ in axes], [step for _, step in axes]
    while reach > SIZE:
        shape[0], reach = 1, reach - (shape[0] - 1) * strides[0]
        shape, strides = shape[1:] + shape[:1], strides[1:] + strides[:1]
    return np.ndarray(shape, dtype, arena, start, strides)


def sliced(draw: st.DrawFn, view: View) -> View:
    """Slice each axis, with any step."""
    ends = st.none() | st.integers(-8, 8)
    steps = st.sampled_from([None, 1, 2, 3, -1, -2])
    slices = [slice(draw(ends), draw(ends), draw(steps)) for _ in view.shape]
    return view[(*slices, ...)]


def transposed(draw: st.DrawFn, view: View) -> View:
    """Permute the axes."""
    return view.transpose(draw(st.permutations(range(view.ndim))))


def windowed(draw: st.DrawFn, view: View) -> View:
    """Take sliding windows of one axis."""
    if not view.size or not view.ndim:
        return view
    axis = draw(st.integers(0, view.ndim - 1))
    width = draw(st.integers(1, view.shape[axis]))
    return sliding_window_view(view, width, axis=axis)


def broadcast(draw: st.DrawFn, view: View) -> View:
    """Repeat it along a new axis."""
    return np.broadcast_to(view, (draw(st.integers(1, 3)), *view.shape))


def field(draw: st.DrawFn, view: View) -> View:
    """Take a field of a structured array, or several."""
    if view.dtype.names is None:
        return view
    names = draw(st.lists(st.sampled_from(view.dtype.names), min_size=1, unique=True))
    return view[names] if len(names) != 1 else view[names[0]]


Change = Callable[[st.DrawFn, View], View]
changes: list[Change] = [
    sliced,
    sliced,
    transposed,
    windowed,
    broadcast,
    field,
]


@st.composite
def views(draw: st.DrawFn, arena: View) -> View:
    """A view of the arena of any kind that NumPy makes."""
    view = draw(bases(arena) | strange(arena))
    for change in draw(st.lists(st.sampled_from(changes), max_size=3)):
        view = change(draw, view)
    return view


@st.composite
def pieces(draw: st.DrawFn, arena: View) -> tuple[View, Part]:
    """A view, and for matrices sometimes a part of it."""
    view = draw(views(arena))
    if view.ndim != 2:
        return view, None
    kinds = st.sampled_from([Lower, Upper, Diagonal])
    parts = st.builds(lambda kind, k: kind(k), kinds, st.integers(-4, 4))
    return view, draw(st.none() | parts)
