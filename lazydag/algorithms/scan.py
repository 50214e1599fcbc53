"""Running sums, products and extremes over tiles.

Lanes that are short, or many, are scanned each by one task. Long ones are cut: each
tile's total is computed first, then what comes before each tile, and with that its
results. The elements are read twice; no tile waits for the results of another.

References
----------
G. E. Blelloch, *Prefix sums and their applications*, Technical Report CMU-CS-90-190,
Carnegie Mellon University 1990.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lazydag.algorithms.cutting import copy, cut
from lazydag.algorithms.program import Program
from lazydag.algorithms.scratch import empty
from lazydag.backends.cpu.scans import Form
from lazydag.ir.running import Shape, piece_length, strip_of
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import ArrayType
from lazydag.runtime.dynamic import spawn
from lazydag.runtime.regions import In, Out
from lazydag.tiles.natives import WordOperation
from lazydag.tiles.scans import scan_operation

Array: TypeAlias = NDArray[Any]

STREAMED_NBYTES: Final = 1 << 25
"""Results so large are not kept in caches."""

FIRST: Final = {"sum": 0, "prod": 1}
UFUNCS: Final = {"maximum": "amax", "minimum": "amin"}


def fits(types: Sequence[ArrayType], **_: Any) -> bool:
    """Tell whether an array is large, and of numbers that kernels know."""
    (x,) = types
    return x.size > SMALL and x.dtype.kind in "iuf"


def accumulate_fits(types: Sequence[ArrayType], ufunc: str, **_: Any) -> bool:
    """Tell whether it is an extreme of a large array."""
    return ufunc in UFUNCS and fits(types)


def accumulate(
    inputs: Sequence[Array], outputs: Sequence[Array], axis: int, ufunc: str
) -> None:
    """Find the extremes so far along an axis."""
    scan(UFUNCS[ufunc], inputs, outputs, axis)


def scan(
    kind: str,
    inputs: Sequence[Array],
    outputs: Sequence[Array],
    axis: int,
    initial: bool = False,
) -> None:
    """Combine each element along an axis with all before it.

    With `initial` the first result is what combines with any element without change.
    """
    x, out = inputs[0], outputs[0]
    shape = (prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :]))
    results = out.reshape(shape[0], shape[1] + initial, shape[2])
    if initial:
        spawn(np.copyto, Out(results[:, :1]), FIRST[kind])
        results = results[:, 1:]
    if x.flags.c_contiguous:
        lanes = x.reshape(shape)
    else:
        copy(x, out[(slice(None),) * axis + (slice(int(initial), None),)])
        lanes = results
    form: Form = "rows" if shape[2] == 1 else "columns"
    for outer, columns in _strips(shape):
        part = (outer, slice(None), columns)
        _scan_strip(kind, form, lanes[part], results[part], piece_length(shape))


def _scan_strip(kind: str, form: Form, x: Array, out: Array, length: int) -> None:
    """Scan lanes in pieces of a length."""
    run = partial(scan_operation, form=form, kind=kind)
    streamed = out.nbytes >= STREAMED_NBYTES
    if x.shape[1] <= length:
        spawn(run("scan"), In(x), Out(out), streamed=streamed)
        return
    pieces = cut(x.shape[1], length)
    before = _before(kind, x, pieces, run("total"))
    spawn(run("scan"), In(x[:, pieces[0]]), Out(out[:, pieces[0]]), streamed=streamed)
    for number, piece in enumerate(pieces[1:]):
        spawn(
            run("resume"),
            In(x[:, piece]),
            Out(out[:, piece]),
            In(before[:, number]),
            streamed=streamed,
        )


def _before(
    kind: str, x: Array, pieces: Sequence[slice], total: WordOperation
) -> Array:
    """Spawn what finds the result at the end of each piece but the last."""
    totals, before = (
        empty((x.shape[0], len(pieces) - 1, x.shape[2]), x.dtype) for _ in range(2)
    )
    for number, piece in enumerate(pieces[:-1]):
        spawn(total, In(x[:, piece]), Out(totals[:, number]))
    # one after the other, as each tile goes on after the one before
    spawn(scan_operation("scan", "columns", kind), In(totals), Out(before))
    return before


def _strips(shape: Shape) -> Iterator[tuple[slice, slice]]:
    """Yield along the first and the last axis what one kernel takes whole lanes of."""
    lanes, width = strip_of(shape)
    yield from product(cut(shape[0], lanes), cut(shape[2], width))


PROGRAMS: Final = {
    "cumsum": Program(partial(scan, "sum"), fits),
    "cumprod": Program(partial(scan, "prod"), fits),
    "ufunc_accumulate": Program(accumulate, accumulate_fits),
}
"""By function."""
