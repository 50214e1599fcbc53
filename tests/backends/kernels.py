"""Runs single kernels on NumPy arrays, without an executor."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from lazydag.backends import Backend
from lazydag.ir.graph import Graph, make_graph, param
from lazydag.ir.node import Node, make
from lazydag.ir.ops import OPS
from lazydag.ir.types import DTYPES, ArrayType
from lazydag.runtime import CallTask, KernelTask, Mode, View

Array = np.ndarray[Any, Any]
KERNEL = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p)

SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, np.inf, -np.inf, np.nan, 5e-324, 1e-310,
           1e308, -1e300, 3.7, -2.5, 1e10, 2.0**31, -(2.0**31) - 1]  # fmt: skip


def base_of(array: Array) -> Array:
    """The array that owns the memory of a view."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def view_of(slot: int, array: Array, mode: Mode = Mode.IN) -> View:
    """A view of `array` in a slot that holds the whole of its memory."""
    start = base_of(array).__array_interface__["data"][0]
    offset = array.__array_interface__["data"][0] - start
    return View(slot, array.dtype, array.shape, array.strides, offset, mode)


def lower(
    backend: Backend,
    body: Graph,
    inputs: Sequence[Array],
    outputs: Sequence[Array],
    tile: tuple[int, ...] = (),
) -> KernelTask | CallTask:
    """Lower a kernel whose slots are the arrays' memory, inputs first."""
    reads = [view_of(k, a) for k, a in enumerate(inputs)]
    writes = [view_of(len(inputs) + k, a, Mode.OUT) for k, a in enumerate(outputs)]
    return backend.lower_kernel("k", body, reads, writes, tile)


def run(
    backend: Backend,
    body: Graph,
    inputs: Sequence[Array],
    outputs: Sequence[Array],
    tile: tuple[int, ...] = (),
) -> None:
    """Compute `outputs`, tile by tile in reverse order."""
    task = lower(backend, body, inputs, outputs, tile)
    arrays = [*inputs, *outputs]
    if isinstance(task, CallTask):
        task.function(*arrays)
        return
    addresses = [base_of(a).__array_interface__["data"][0] for a in arrays]
    bases = (ctypes.c_void_p * len(arrays))(*addresses)
    kernel = KERNEL(task.address)
    for row in reversed(range(task.ntiles)):
        assert kernel(task.blocks[row].ctypes.data, bases) == 0


def params_of(*arrays: Array) -> list[Node]:
    """A parameter for each array."""
    return [param(k, ArrayType(a.shape, a.dtype)) for k, a in enumerate(arrays)]


def graph_of(params: Sequence[Node], *outputs: Node) -> Graph:
    """A kernel's body."""
    return make_graph("k", params, outputs)


def op(name: str, *srcs: Node, attrs: Any = None) -> Node:
    """A node by the name of its op."""
    return make(OPS[name], *srcs, **({} if attrs is None else {"attrs": attrs}))


def samples(dtype: str, shape: tuple[int, ...], seed: int = 0) -> Array:
    """Values with all the special ones among them."""
    rng = np.random.default_rng(seed)
    kind = DTYPES[dtype]
    if kind.kind == "f":
        with np.errstate(over="ignore"):
            values = rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 4, shape)
            mask = rng.random(shape) < 0.3
            return np.where(mask, rng.choice(SPECIAL, shape), values).astype(kind)
    if kind.kind == "c":
        half = "f32" if dtype == "c64" else "f64"
        parts = samples(half, shape, seed), samples(half, shape, seed + 100)
        values = np.empty(shape, kind)
        values.real, values.imag = parts
        return values
    if kind.kind == "b":
        return rng.integers(0, 2, shape).astype(kind)
    info = np.iinfo(kind)
    wide = rng.integers(info.min, info.max, shape, kind, endpoint=True)
    small = rng.integers(max(info.min, -3), 9, shape).astype(kind)
    limits = rng.choice(np.array([info.min, info.max, 0, 1], kind), shape)
    return np.choose(rng.integers(0, 3, shape), [wide, small, limits]).astype(kind)


def same_bits(a: Array, b: Array) -> bool:
    """Equal, with equal signs of zeros; any NaN is as good as another."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind == "c":
        return same_bits(a.real, b.real) and same_bits(a.imag, b.imag)
    if a.dtype.kind != "f":
        return np.array_equal(a, b)
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(
        np.signbit(a)[~np.isnan(a)], np.signbit(b)[~np.isnan(b)]
    )
