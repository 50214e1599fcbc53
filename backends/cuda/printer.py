"""Scalar instructions for GPUs, where they are not spelt as for processors."""

from __future__ import annotations

from typing import Final

from lazydag.backends.cpu.vector import VectorPrinter
from lazydag.backends.scalar.expr import Expr, Function
from lazydag.backends.scalar.types import TYPES, DType

LIBRARY: Final = "lzg"
"""Functions that processors have from the C library."""


class ThreadPrinter(VectorPrinter):
    """Prints scalars; the remainder of floats is a call."""

    def _value(self, node: Expr, names: list[str]) -> str:
        if node.op != "rem" or TYPES[node.dtype].kind != "f":
            return super()._value(node, names)
        symbol = self.need(remainder(node.dtype))
        kind = self.type(node.dtype)
        return self.call(symbol, kind, [(kind, name) for name in names])


def remainder(dtype: DType) -> Function:
    """Return C's ``fmod`` as a function of a library."""
    return Function(LIBRARY, "fmod", (dtype, dtype), dtype)
