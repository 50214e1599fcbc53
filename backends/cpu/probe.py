"""Runs one expression over whole arrays: for tests and for measuring.

Kernels have loops over strides and tiles; here is only the shortest loop there can be,
at any width, level and target.
"""

import ctypes
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from lazydag.backends.cpu.module import Module
from lazydag.backends.cpu.objects import Compiler, default_compiler
from lazydag.backends.cpu.vector import ATTRIBUTES, VectorPrinter
from lazydag.backends.scalar.expr import Expr
from lazydag.backends.scalar.types import TYPES, DType

NUMPY: Final[dict[DType, np.dtype[Any]]] = {
    "bool": np.dtype("bool"),
    "i8": np.dtype("int8"),
    "i16": np.dtype("int16"),
    "i32": np.dtype("int32"),
    "i64": np.dtype("int64"),
    "u8": np.dtype("uint8"),
    "u16": np.dtype("uint16"),
    "u32": np.dtype("uint32"),
    "u64": np.dtype("uint64"),
    "f32": np.dtype("float32"),
    "f64": np.dtype("float64"),
}
SCALAR: Final = {dtype: name for name, dtype in NUMPY.items()}


def probe_module(
    root: Expr, params: Sequence[DType], width: int = 8, level: int = 0
) -> Module:
    """Return a kernel ``(inputs..., output, count)``, the count a multiple of width."""
    out = VectorPrinter(width)
    args = {i: out.load(_at(out, f"%p{i}", t), t) for i, t in enumerate(params)}
    (value,) = out.body([root], args)
    out.store(value, _at(out, "%o", root.dtype), root.dtype)
    pointers = "".join(f"ptr %p{i}, " for i in range(len(params)))
    text = f"""define void @kernel({pointers}ptr %o, i64 %n) {ATTRIBUTES} {{
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %loop]
{out.take()}
  %next = add i64 %i, {width}
  %more = icmp slt i64 %next, %n
  br i1 %more, label %loop, label %exit
exit:
  ret void
}}
{out.declarations}
"""
    return Module(text, calls=frozenset(out.calls), level=level)


def _at(out: VectorPrinter, pointer: str, dtype: DType) -> str:
    scalar = "i8" if dtype == "bool" else TYPES[dtype].llvm
    return out.emit(f"getelementptr inbounds {scalar}, ptr {pointer}, i64 %i")


def evaluate(
    root: Expr,
    *arrays: NDArray[Any],
    width: int = 8,
    level: int = 0,
    compiler: Compiler | None = None,
) -> NDArray[Any]:
    """Return the value of `root` for each element; argument i is ``arrays[i]``.

    Parameters
    ----------
    arrays
        One-dimensional, of one length, of the arguments' types.
    width
        Lanes of the vectors.
    level
        Optimisation of instruction selection.
    compiler
        For which target; the process's by default.
    """
    count = arrays[0].size
    padded = -(-count // width) * width
    inputs = [np.append(a, np.zeros(padded - count, a.dtype)) for a in arrays]
    output = np.empty(padded, NUMPY[root.dtype])
    module = probe_module(root, [SCALAR[a.dtype] for a in arrays], width, level)
    (address,) = (compiler or default_compiler()).load(module)
    pointers = [a.ctypes.data for a in (*inputs, output)]
    signature = [ctypes.c_void_p] * len(pointers) + [ctypes.c_int64]
    ctypes.CFUNCTYPE(None, *signature)(address)(*pointers, padded)
    return output[:count]
