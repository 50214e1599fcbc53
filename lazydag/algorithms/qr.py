"""QR factorisation: panels of columns, each by strips of rows that a tree joins.

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

from lazydag.algorithms.scratch import empty
from lazydag.algorithms.tiling import cut, spawn_copy
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, InOut, Out
from lazydag.tiles import gemqrt, geqrt, lacpy, laset, tpmqrt, tpqrt

Array: TypeAlias = NDArray[Any]

# How many columns a panel has, up to so many columns in all: wide ones are multiplied
# faster, narrow ones leave less for one worker alone.
_WIDTHS: Final = ((1024, 64), (2048, 128), (8192, 192))
_WIDEST: Final = 256

# Elements of a strip that is not for many panels: half a megabyte of float64.
_STRIP: Final = 1 << 16

# Reflectors that a pair of triangles is joined by at a time.
_INNER: Final = 32


# Unused elements between columns of the copy that is worked in.
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


def fits(types: Sequence[ArrayType], **_options: object) -> bool:
    """Tell whether a matrix is large enough for tiles."""
    (a,) = types
    return a.ndim == 2 and a.dtype.char in "fd" and a.size >= 100_000


def qr(inputs: Sequence[Array], outputs: Sequence[Array | None], mode: str) -> None:
    """Factorise a matrix (m, n): ``a = q @ r``.

    Parameters
    ----------
    inputs
        The matrix.
    outputs
        An orthogonal matrix of k columns, and an upper triangular one of k rows.
    mode
        `k` is ``min(m, n)`` if this is "reduced", and `m` if it is "complete".

    Notes
    -----
    Householder's reflectors, so ``norm(a - q @ r)`` and ``norm(q.T @ q - 1)`` stay
    within some eps * n. For ``m >= n`` it takes 2 m n² - 2/3 n³ operations, and as many
    for q. Numbers on r's diagonal can be of either sign; where there is one strip they
    have LAPACK's.
    """
    del mode  # the outputs' shapes tell
    (a,), (q, r) = inputs, outputs
    work = _by_columns(a)
    panels = factorise(work)
    if r is not None:
        _write_upper(work, r)
    if q is not None:
        form(panels, q)


def _by_columns(a: Array) -> Array:
    """Return a copy to work in."""
    m, n = a.shape
    # Columns a large power of two apart would meet in few sets of the caches.
    work = empty((m + _APART, n), a.dtype, "F")[:m]
    strips = _strips(*a.shape)
    for columns in _columns(*a.shape):
        for rows in strips:
            spawn_copy(a[rows, columns], work[rows, columns])
    return work


def _panels(m: int, n: int) -> list[slice]:
    """Return the columns that are factorised at a time."""
    return cut(0, min(m, n), _width(m, n))


def _columns(m: int, n: int) -> list[slice]:
    """Return the panels, and tiles of the columns behind the last."""
    return [*_panels(m, n), *cut(m, n, max(_width(m, n), _STRIP // m))]


def _strips(m: int, n: int) -> list[slice]:
    """Return the strips; in the last is what is left over."""
    width = _width(m, n)
    height = max(16, _STRIP // width**2) * width
    starts = range(0, max(1, m // height) * height, height)
    return [slice(at, at + height) for at in starts[:-1]] + [slice(starts[-1], m)]


def _width(m: int, n: int) -> int:
    """Return how many columns a panel has."""
    p = max(1, min(m, n))
    return next((w for most, w in _WIDTHS if p <= most), _WIDEST)


def factorise(a: Array) -> list[Panel]:
    """Overwrite a matrix, by columns, with r above and reflectors below its diagonal.

    Returns
    -------
    list of Panel
        The orthogonal matrix, as a product.
    """
    columns = _columns(*a.shape)
    strips = _strips(*a.shape)
    panels = []
    for k, here in enumerate(_panels(*a.shape)):
        panel = _factorised(a, here, strips)
        for right in columns[k + 1 :]:
            panel.apply(a[:, right], trans=True)
        panels.append(panel)
    return panels


def _factorised(a: Array, columns: slice, strips: Sequence[slice]) -> Panel:
    """Factorise a panel, from the diagonal on."""
    rows = [
        slice(max(each.start, columns.start), each.stop)
        for each in strips
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


def _write_upper(a: Array, r: Array) -> None:
    """Write the upper triangle of `a` to `r`, and zeros below it."""
    columns = _columns(*a.shape)
    for k, here in enumerate(_panels(*a.shape)):
        spawn(laset, Out(r[here.start :, here]))
        spawn(lacpy, In(a[here, here]), InOut(r[here, here]), part="upper")
        for right in columns[k + 1 :]:
            spawn(lacpy, In(a[here, right]), Out(r[here, right]))


def form(panels: Sequence[Panel], q: Array) -> None:
    """Write the first columns of the product of all panels to `q`."""
    strips = _strips(*q.shape)
    for columns in _columns(*q.shape):
        c = q[:, columns]
        for rows in strips:
            spawn(laset, Out(c[rows]))
        spawn(laset, Out(c[columns]), diagonal=1.0)
        for panel in reversed(panels):
            # To the left of it are only zeros.
            if panel.columns.start < columns.stop:
                panel.apply(c, trans=False)
