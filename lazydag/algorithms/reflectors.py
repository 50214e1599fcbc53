"""Reflectors: panels of columns become triangles by strips of rows that a tree joins.

A strip of a panel becomes a triangle by reflectors; pairs of triangles become one, up
to the last. All reflectors are then applied to the columns on the right, strip by strip
and pair by pair. One tall panel alone is known as TSQR, all of it as CAQR.

References
----------
J. Demmel, L. Grigori, M. Hoemmen, J. Langou, *Communication-optimal parallel and
sequential QR and LU factorizations*, SIAM Journal on Scientific Computing 34 (2012),
A206-A239.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from numpy.typing import NDArray

from lazydag.algorithms.panels import column_tiles, panels, strips
from lazydag.algorithms.scratch import empty
from lazydag.algorithms.tiling import spawn_copy
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut, Out
from lazydag.tiles import gemqrt, geqrt, lacpy, laset, tpmqrt, tpqrt

Array: TypeAlias = NDArray[Any]

# Reflectors that a pair of triangles is joined by at a time.
_INNER: Final = 32


# Unused elements between columns of a copy that is worked in.
_APART: Final = 16


@dataclass(frozen=True, slots=True)
class Strip:
    """Reflectors of one strip of a panel.

    Parameters
    ----------
    rows : slice
        The strip.
    v : ndarray, shape (rows, width)
        Their vectors, below the diagonal.
    t : ndarray, shape (width, width)
        Their factor.
    """

    rows: slice
    v: Array
    t: Array

    def apply(self, c: Array, *, trans: bool) -> None:
        """Multiply `c` by the product of the reflectors, or by its transpose."""
        spawn(gemqrt, In(self.v), In(self.t), InOut(c[self.rows]), trans=trans)


@dataclass(frozen=True, slots=True)
class Pair:
    """Reflectors that make one triangle of two.

    Parameters
    ----------
    above, below : slice
        The rows where the triangles lay.
    v : ndarray, shape (width, width)
        Their vectors, in the upper triangle.
    t : ndarray, shape (inner, width)
        Their factors.
    """

    above: slice
    below: slice
    v: Array
    t: Array

    def apply(self, c: Array, *, trans: bool) -> None:
        """Multiply `c` by the product of the reflectors, or by its transpose."""
        above, below = InOut(c[self.above]), InOut(c[self.below])
        width = len(self.v)
        v, t = In(self.v), In(self.t)
        spawn(tpmqrt, v, t, above, below, trans=trans, trapezoid=width)


@dataclass(frozen=True, slots=True)
class Panel:
    """The reflectors of some columns, in the order in which they were made."""

    columns: slice
    steps: tuple[Strip | Pair, ...]

    def apply(self, c: Array, *, trans: bool) -> None:
        """Multiply `c` by the panel's orthogonal matrix, or by its transpose."""
        for step in self.steps if trans else reversed(self.steps):
            step.apply(c, trans=trans)


def by_columns(a: Array) -> Array:
    """Return a copy to work in."""
    m, n = a.shape
    # Columns a large power of two apart would meet in few sets of the caches.
    work = empty((m + _APART, n), a.dtype, "F")[:m]
    for columns in column_tiles(m, n):
        for rows in strips(m, n):
            spawn_copy(a[rows, columns], work[rows, columns])
    return work


def factorise(a: Array) -> list[Panel]:
    """Overwrite a matrix, by columns, with r above and reflectors below its diagonal.

    Returns
    -------
    list of Panel
        The orthogonal matrix, as a product.
    """
    columns = column_tiles(*a.shape)
    product = []
    for k, here in enumerate(panels(*a.shape)):
        panel = _factorised(a, here)
        for right in columns[k + 1 :]:
            panel.apply(a[:, right], trans=True)
        product.append(panel)
    return product


def _factorised(a: Array, columns: slice) -> Panel:
    """Factorise a panel, from the diagonal on."""
    rows = [
        slice(max(each.start, columns.start), each.stop)
        for each in strips(*a.shape)
        if each.stop > columns.start
    ]
    steps = [_reflected(a, each, columns) for each in rows]
    width = columns.stop - columns.start
    tops = [slice(each.start, each.start + width) for each in rows]
    pairs = [_joined(a, *tops, columns) for tops in _tree(tops)]
    return Panel(columns, (*steps, *pairs))


def _reflected(a: Array, rows: slice, columns: slice) -> Strip:
    v = a[rows, columns]
    width = min(v.shape)
    t = empty((width, width), a.dtype, "F")
    spawn(geqrt, InOut(v), InOut(t))
    return Strip(rows, v, t)


def _joined(a: Array, above: slice, below: slice, columns: slice) -> Pair:
    width = columns.stop - columns.start
    v = empty((width, width), a.dtype, "F")
    t = empty((min(_INNER, width), width), a.dtype, "F")
    # Moved away, as the place is read by those who apply the strip's reflectors.
    spawn(lacpy, In(a[below, columns]), Out(v), part="upper")
    spawn(tpqrt, InOut(a[above, columns]), InOut(v), InOut(t), trapezoid=width)
    return Pair(above, below, v, t)


def _tree(leaves: Sequence[slice]) -> Iterator[tuple[slice, slice]]:
    """Yield pairs, of which the first is what both become, until one is left."""
    distance = 1
    while distance < len(leaves):
        for first in range(0, len(leaves) - distance, 2 * distance):
            yield leaves[first], leaves[first + distance]
        distance *= 2


def write_upper(a: Array, r: Array) -> None:
    """Write the upper triangle of `a` to `r`, and zeros below it."""
    columns = column_tiles(*a.shape)
    for k, here in enumerate(panels(*a.shape)):
        spawn(laset, Out(r[here.start :, here]))
        spawn(lacpy, In(a[here, here]), InOut(r[here, here]), part="upper")
        for right in columns[k + 1 :]:
            spawn(lacpy, In(a[here, right]), Out(r[here, right]))


def form(product: Sequence[Panel], q: Array, top: Array | None = None) -> None:
    """Write the first columns of a product to `q`.

    Parameters
    ----------
    product
        What `factorise` returned.
    q
        Array (m, k), written.
    top
        Array (n, n). The first n columns of `q` are multiplied by it.
    """
    filled = 0 if top is None else len(top)
    for columns in column_tiles(*q.shape):
        c = q[:, columns]
        _start(c, columns, top)
        for panel in reversed(product):
            # To the left of it are only zeros.
            if panel.columns.start < max(columns.stop, filled):
                panel.apply(c, trans=False)


def _start(c: Array, columns: slice, top: Array | None) -> None:
    """Write columns of the identity, or of `top` above zeros."""
    for rows in strips(*c.shape):
        spawn(laset, Out(c[rows]))
    spawn(laset, InOut(c[columns]), diagonal=1.0)
    if top is not None and columns.start < len(top):
        source = top[:, columns]
        spawn(lacpy, In(source), InOut(c[: len(top), : source.shape[1]]))
