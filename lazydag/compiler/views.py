"""Views: where the elements of a value lie in its slot. Movement ops cost nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lazydag.ir.attrs import RetileAttrs, ShapeAttrs, SliceAttrs, TransposeAttrs
from lazydag.ir.node import Node
from lazydag.runtime import View


def contiguous_strides(shape: tuple[int, ...], dtype: np.dtype[Any]) -> tuple[int, ...]:
    """Return the strides in bytes of a C-contiguous array.

    >>> contiguous_strides((2, 3), np.dtype("f8"))
    (24, 8)
    """
    strides = []
    step = dtype.itemsize
    for extent in reversed(shape):
        strides.append(step)
        step *= extent
    return tuple(reversed(strides))


def moved(node: Node, view: View) -> View | None:
    """Return the view of movement op `node` on `view`; None if it needs a copy."""
    attrs = node.attrs
    strides = view.strides
    assert strides is not None
    if isinstance(attrs, RetileAttrs):
        return view
    if isinstance(attrs, TransposeAttrs):
        shape = tuple(view.shape[a] for a in attrs.axes)
        return replace(view, shape=shape, strides=tuple(strides[a] for a in attrs.axes))
    if isinstance(attrs, SliceAttrs):
        return sliced(view, attrs)
    assert isinstance(attrs, ShapeAttrs)
    if node.op.name == "broadcast":
        return _broadcast(view, strides, attrs.shape)
    return _reshaped(view, strides, attrs.shape)


def sliced(view: View, attrs: SliceAttrs) -> View:
    """Return the view of a basic slice of what `view` shows."""
    assert view.strides is not None
    each = zip(attrs.starts, view.strides, attrs.counts, strict=True)
    first = sum(start * stride for start, stride, count in each if count)
    steps = tuple(s * k for s, k in zip(view.strides, attrs.steps, strict=True))
    return replace(view, shape=attrs.counts, strides=steps, offset=view.offset + first)


def _broadcast(view: View, strides: tuple[int, ...], shape: tuple[int, ...]) -> View:
    added = len(shape) - len(view.shape)
    own = tuple(
        0 if n == 1 != wanted else s
        for n, s, wanted in zip(view.shape, strides, shape[added:], strict=True)
    )
    return replace(view, shape=shape, strides=(0,) * added + own)


def _reshaped(
    view: View, strides: tuple[int, ...], shape: tuple[int, ...]
) -> View | None:
    """Ask NumPy how an array with these strides is reshaped without a copy."""
    # Without elements strides mean nothing, and may be too large for NumPy.
    if 0 in shape or strides == contiguous_strides(view.shape, view.dtype):
        return replace(view, shape=shape, strides=contiguous_strides(shape, view.dtype))
    dummy = as_strided(np.empty(1, view.dtype), view.shape, strides)
    try:
        found = np.reshape(dummy, shape, copy=False)
    except ValueError:
        return None
    return replace(view, shape=shape, strides=found.strides)
