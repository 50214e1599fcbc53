"""From a running sum to the kernels that compute it, in the order of the CPU.

Lanes that the CPU cuts into pieces take three: what each piece comes to is written
where its last result will be; these are summed up, one after the other; and each piece
is computed behind the result of the one before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from typing import Final

from lazydag.backends.cpu.folds import lanes
from lazydag.backends.cpu.space import (
    Dimension,
    dimensions,
    merged,
    strides_of,
    views_by_part,
)
from lazydag.backends.cuda.grid import THREADS
from lazydag.backends.cuda.grid_plan import GridPlan, is_narrow
from lazydag.backends.cuda.scan_form import ScanForm, Task, round_size, scan_layout
from lazydag.backends.scalar.types import DType
from lazydag.ir.attrs import FunctionAttrs
from lazydag.ir.graph import Graph
from lazydag.ir.running import Shape, piece_length
from lazydag.ir.sizes import SMALL
from lazydag.ir.types import dtype_name
from lazydag.runtime import Mode, View

KINDS: Final = {"cumsum": "sum", "cumprod": "prod"}
UFUNCS: Final = {
    "add": "sum",
    "multiply": "prod",
    "minimum": "amin",
    "maximum": "amax",
    "logical_or": "any",
    "logical_and": "all",
}
EXTREMES: Final = ("amin", "amax")


@dataclass(frozen=True, slots=True)
class Scan:
    """A running sum.

    Parameters
    ----------
    kind
        Of `folds.RULE_OF`.
    is_exact
        Whether elements can be combined in any order.
    is_cut
        Whether the CPU cuts it.
    """

    kind: str
    axis: int
    has_initial: bool
    is_exact: bool
    is_cut: bool


def scan_of(body: Graph) -> Scan | None:
    """Return the running sum that is all that a kernel computes; None of others."""
    (first, *others), params = body.outputs, body.params
    attrs = first.attrs
    if others or not isinstance(attrs, FunctionAttrs) or first.srcs != tuple(params):
        return None
    options = dict(attrs.options)
    kind = KINDS.get(attrs.name)
    if attrs.name == "ufunc_accumulate":
        kind = UFUNCS.get(options["ufunc"])
    if kind is None:
        return None
    x = first.srcs[0].type
    if x.dtype != first.type.dtype or (x.is_complex and kind != "sum"):
        return None
    return Scan(
        kind,
        options["axis"],
        bool(options.get("initial", False)),
        is_exact=x.dtype.kind not in "fc" or kind in EXTREMES,
        is_cut=attrs.name in KINDS and x.dtype.kind in "iuf" and x.size > SMALL,
    )


def plan_scan(
    scan: Scan, inputs: Sequence[View], outputs: Sequence[View]
) -> list[GridPlan]:
    """Return the kernels of a running sum, in their order."""
    pairs = zip(views_by_part(inputs), views_by_part(outputs), strict=True)
    return [
        plan
        for x, out in pairs
        for plan in _plans(scan, replace(x, mode=Mode.IN), replace(out, mode=Mode.OUT))
    ]


def _plans(scan: Scan, x: View, out: View) -> list[GridPlan]:
    shape, along = _three(x.shape, scan.axis), scan.axis
    is_free = scan.is_cut or scan.is_exact
    length = piece_length(shape) if is_free else shape[1]
    paired = lanes(_name(x)) if is_free and shape[2] == 1 else 1
    step = strides_of(out)[along]
    results = _along(out, along, shape[1], step, scan.has_initial * step)
    made = partial(_plan, scan)
    if length >= shape[1]:
        return [made("scan", paired, length, 1, (x, results), out)]
    pieces = -(-shape[1] // length)
    totals = _along(results, along, pieces - 1, length * step, (length - 1) * step)
    read = replace(totals, mode=Mode.IN)
    return [
        made("total", paired, length, pieces - 1, (x, totals)),
        made("scan", 1, pieces - 1, 1, (read, totals)),
        made("resume", paired, length, pieces, (x, results, read), out),
    ]


def _name(view: View) -> DType:
    name: DType = dtype_name(view.dtype)  # type: ignore[assignment]
    return name


def _three(shape: Sequence[int], axis: int) -> Shape:
    return prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])


def _along(view: View, axis: int, extent: int, step: int, first: int) -> View:
    """Return some elements along an axis of a view."""
    shape, strides = list(view.shape), list(strides_of(view))
    shape[axis], strides[axis] = extent, step
    return replace(
        view,
        shape=tuple(shape),
        strides=tuple(strides),
        offset=view.offset + first,
    )


def _plan(
    scan: Scan,
    task: Task,
    paired: int,
    length: int,
    pieces: int,
    views: tuple[View, ...],
    out: View | None = None,
) -> GridPlan:
    """Return a kernel over pieces of a length; the first view is its operand.

    Parameters
    ----------
    out
        All of the results, of which the first has to be made, too.
    """
    x, has_initial = views[0], out is not None and scan.has_initial
    dtype = _name(x)
    before, along, behind = _dimensions(views, scan.axis)
    outer, _, inner = _three(x.shape, scan.axis)
    narrow = is_narrow(prod(x.shape), [*before, along, *behind])
    sizes = len(before), len(behind), has_initial, narrow
    form = ScanForm(task, scan.kind, dtype, paired, *sizes)
    layout = scan_layout(form)
    width = max(1, min(inner, THREADS))
    rows = round_size(dtype) // width
    rounds, strips = max(1, -(-length // rows)), -(-inner // width)
    groups = outer * pieces * strips
    head = [groups * rounds, rounds, max(1, strips), max(1, pieces), length]
    dims = [*before, along, *behind]
    words = layout.fill(
        [*head, rows, inner, width],
        [dim.extent for dim in dims],
        [[dim.strides[k] for dim in dims] for k in range(len(views))],
    )
    places = tuple(layout.address(k) for k in range(len(views)))
    touched = views if out is None else (x, out, *views[2:])
    words[list(places)] = [
        view.offset - whole.offset for view, whole in zip(views, touched, strict=True)
    ]
    return GridPlan(form, words, places, groups, touched)


def _dimensions(
    views: Sequence[View], axis: int
) -> tuple[list[Dimension], Dimension, list[Dimension]]:
    """Return the dimensions before an axis of the first view, it, and those behind."""
    shape, strides = views[0].shape, [strides_of(view) for view in views]
    before, behind = (
        merged(dimensions(shape[part], (), [each[part] for each in strides]))
        for part in (slice(axis), slice(axis + 1, None))
    )
    along = tuple([each[axis] for each in strides])
    return before, Dimension(shape[axis], shape[axis], along), behind
